"""What the definition leaves out of the evidence that a pull brought. Pure.

What the source itself left out, its pages tell (`integrations.records.LeftOut`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum

from bot.domain.definition import Definition
from bot.domain.period import day_number
from bot.domain.stays import Known, Stay, joined, local_day
from integrations.records import DatedStay, Record


class NotCounted(StrEnum):
    """Why what a source tells makes no customer, or no leaving."""

    OWES = "owes for too long"
    PAUSED = "paused for too long"
    GAP = "gap that is no leaving"
    GROUP = "part of a group"


def not_counted(
    records: Iterable[Record], made: Mapping[str, Known], definition: Definition, today: date
) -> Counter[str]:
    """Customers whom their source still counts and the definition does not, and gaps between two
    stays that are short enough to be none; of evidence with dates, from which `made` was made."""
    now, zone = day_number(today), definition.zone_info
    out: dict[NotCounted, set[str]] = {NotCounted.OWES: set(), NotCounted.PAUSED: set()}
    several: dict[str, list[Stay]] = defaultdict(list)
    for record in records:
        if not isinstance(record, DatedStay):
            continue
        until = None if record.until is None else local_day(record.until, zone)
        several[record.customer].append((local_day(record.since, zone), until))
        in_doubt = record.unpaid_since or record.paused_since
        if in_doubt is not None and (until is None or until > now):
            why = NotCounted.OWES if record.unpaid_since else NotCounted.PAUSED
            customer = made.get(record.customer)
            if customer is not None and not customer.is_there(now):
                out[why].add(record.customer)
    counts = Counter({str(why): len(ids) for why, ids in out.items()})
    counts[str(NotCounted.GAP)] = sum(
        len(joined(stays, 0)) - len(joined(stays, definition.grace_days))
        for stays in several.values()
        if len(stays) > 1
    )
    return +counts
