"""How one figure came to be: everything behind it, for people who must defend the number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from bot.domain.bridge import Bridge, Counted, bridge
from bot.domain.columns import Columns
from bot.domain.comparison import EVERYBODY
from bot.domain.definition import Definition
from bot.domain.merges import Merge, counted_more_than_once
from bot.domain.peers import Peer, PeerFigure, by_rule, facts
from bot.domain.period import Period, day_number
from bot.domain.retention import Retention, refuse_before_all
from bot.domain.segments import segments


@dataclass(frozen=True, eq=False, slots=True)
class Explanation:
    """A figure, the customers behind each of its numbers, and what counting makes of them."""

    of: Retention
    bridge: Bridge
    stays: int
    """How many stays the source knows, of whomever and whenever."""
    customers: int
    """How many customers it ever knew."""
    merged: tuple[Merge, ...] = ()
    """Records that became part of another customer inside the period."""


def explanation(
    columns: Columns,
    period: Period,
    *,
    today: date,
    definition: Definition,
    wanted: Mapping[str, str] = EVERYBODY,
    merges: Sequence[Merge] = (),
    reported: Counted | None = None,
) -> Explanation:
    """Raises Unknown where the source can't tell, Misunderstood for an unknown segment.

    `merges` are all that are known; `reported` is what was counted elsewhere.
    """
    refuse_before_all(columns, period)
    within = segments(columns, wanted, on=period.eve, definition=definition)
    zone = definition.zone_info
    last = min(period.last, today)
    said = [(each, each.at.astimezone(zone).date()) for each in merges]
    inside = tuple(each for each, on in said if period.first <= on < period.next)
    # Whoever counts records counts each until it is merged.
    at_start = counted_more_than_once(
        (each for each, on in said if on >= period.first), day_number(period.eve)
    )
    at_end = counted_more_than_once((each for each, on in said if on > last), day_number(last))
    found = bridge(
        columns,
        period,
        reported=reported,
        merged=np.array(at_start, dtype=np.int32),
        merged_since=np.array(at_end, dtype=np.int32),
        today=today,
        within=within,
    )
    newcomers = int((columns.customer[1:] != columns.customer[:-1]).sum()) + bool(len(columns))
    return Explanation(found.of, found, len(columns), newcomers, inside)


def as_peer(
    columns: Columns,
    period: Period,
    *,
    peer: Peer,
    today: date,
    definition: Definition,
    wanted: Mapping[str, str] = EVERYBODY,
) -> PeerFigure:
    """What another product would show for the same customers and days. Raises as `explanation`."""
    refuse_before_all(columns, period)
    within = segments(columns, wanted, on=period.eve, definition=definition)
    return by_rule(peer, facts(columns, period, today=today, within=within))
