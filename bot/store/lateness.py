"""When we first had it that a customer had left, against when they did."""

from collections import defaultdict
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, exists, func, select

from bot.domain.columns import Days
from bot.domain.pulls import PullState
from bot.store.pull_rows import believed_by
from bot.store.schema import endings, pulls, stays

_SAME = 31
"""Days by which the end of a stay may be corrected and be the same loss."""


class Recorded(NamedTuple):
    """Losses, and when we had them."""

    left: Days
    """The first day no longer a customer."""
    earliest: Days
    """The first day on which it can have been entered: no pull before that says so."""
    said: Days
    """The day on which a believed pull first said so."""


def recorded(connection: Connection, source: str, newest: int) -> Recorded:
    """Of each loss that is known after the pull `newest`, when it was entered.

    Of those alone who left after the first pull: of the others only the source knows when it was
    entered.
    """
    believed = believed_by(source, newest)
    first = select(func.min(pulls.c.today)).where(
        pulls.c.source == source, pulls.c.state == PullState.BELIEVED
    )
    is_over = exists().where(endings.c.stay == stays.c.id, endings.c.known_to.in_(believed))
    query = (
        select(stays.c.customer, stays.c.until, pulls.c.today, is_over.label("is_over"))
        .join(pulls, pulls.c.id == stays.c.known_from)
        .where(stays.c.known_from.in_(believed), stays.c.until > first.scalar_subquery())
    )
    told: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    known = []
    for customer, until, today, over in connection.execute(query):
        told[customer].append((until, today))
        if not over:
            known.append((customer, until))
    days = [
        (until, min(today for end, today in told[who] if abs(end - until) <= _SAME))
        for who, until in known
    ]
    left, said = np.array(days, np.int32).reshape(-1, 2).T
    looked = connection.scalars(select(pulls.c.today).where(pulls.c.id.in_(believed)).distinct())
    pulled = np.sort(np.array(looked.all(), np.int32))
    place = np.searchsorted(pulled, said)
    not_yet = np.where(place > 0, pulled[np.maximum(place - 1, 0)] + 1, left) if len(said) else left
    earliest = np.minimum(said, np.maximum(left, not_yet)).astype(np.int32)
    return Recorded(left, earliest, said)
