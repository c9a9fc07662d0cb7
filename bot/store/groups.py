"""Which customers belong to one group, as pulls tell it."""

from collections.abc import Collection, Mapping

import numpy as np
from sqlalchemy import Connection, select

from bot.domain.columns import Codes
from bot.domain.parents import Groups
from bot.store.dialects import having, stream
from bot.store.pull_rows import believed_by
from bot.store.schema import customers, groups


def group_rows(
    connection: Connection, source: str, newest: int, of: Collection[int] | None = None
) -> dict[int, str]:
    """The group of each customer, or of some by their numbers, that is in one, after the pull
    `newest` of the source."""
    query = (
        select(groups.c.customer, groups.c.belongs_to)
        .where(groups.c.known_from.in_(believed_by(source, newest)))
        .order_by(groups.c.known_from)
    )
    if of is None:
        rows = stream(connection, query)
    else:
        rows = having(connection, query, groups.c.customer, of)
    newest_of = {row.customer: row.belongs_to for row in rows}
    return {customer: group for customer, group in newest_of.items() if group}


def new_groups(
    connection: Connection, source: str, newest: int, seen: Mapping[int, str], everybody: Codes
) -> list[tuple[int, str]]:
    """Who is in another group than is known, or in none any more. `seen` are those in one, and
    `everybody` all that a pull has seen."""
    known = group_rows(connection, source, newest, everybody.tolist())
    moved = [(who, group) for who, group in seen.items() if known.get(who) != group]
    return moved + [(who, "") for who in known if who not in seen]


def read(connection: Connection, source: str, newest: int) -> Groups | None:
    """None where nobody belongs to anybody. A group has the name of its top record, or the id
    of it where that is no customer."""
    found = group_rows(connection, source, newest)
    if not found:
        return None
    ids = sorted(set(found.values()))
    names = {
        row.id: row.name
        for row in having(
            connection,
            select(customers.c.id, customers.c.name).where(customers.c.source == source),
            customers.c.id,
            ids,
        )
    }
    number = {id: index for index, id in enumerate(ids)}
    who = sorted(found)
    return Groups(
        np.array(who, np.int32),
        np.array([number[found[each]] for each in who], np.int32),
        tuple(names.get(id, id) for id in ids),
    )
