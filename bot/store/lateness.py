"""When we first had it that a customer had left, against when they did."""

from collections import defaultdict

import numpy as np
from sqlalchemy import Connection, exists, func, select

from bot.domain.columns import Days
from bot.domain.pulls import PullState
from bot.store.pull_rows import believed_by
from bot.store.schema import endings, pulls, stays

_SAME = 31
"""Days by which the end of a stay may be corrected and be the same loss."""


def recorded(connection: Connection, source: str, newest: int) -> tuple[Days, Days]:
    """Of each loss that is known after the pull `newest`, the first day no longer a customer and
    the day on which a believed pull first said so.

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
    found = np.array(days, np.int32).reshape(-1, 2)
    return found[:, 0], found[:, 1]
