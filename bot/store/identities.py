"""What finds customers in other sources, and who was found there."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection, select

from bot.domain.columns import Columns
from bot.domain.matching import By, Enriching, Matched, keys_for, match, newest_labels
from bot.domain.merges import Into
from bot.store.dialects import having, stream
from bot.store.pull_rows import believed_by
from bot.store.schema import customers, identities

NO_KEYS = "[]"


def written(keys: Iterable[str]) -> str:
    return json.dumps(list(keys), separators=(",", ":"))


def key_rows(
    connection: Connection, source: str, newest: int, of: Collection[int] | None = None
) -> dict[int, str]:
    """The keys of each customer, or of some by their numbers, as they are written, after the pull
    `newest` of the source."""
    query = (
        select(identities.c.customer, identities.c.found_by)
        .where(identities.c.known_from.in_(believed_by(source, newest)))
        .order_by(identities.c.known_from)
    )
    if of is None:
        return {row.customer: row.found_by for row in connection.execute(query)}
    rows = having(connection, query, identities.c.customer, of)
    return {row.customer: row.found_by for row in rows}


def new_keys(
    connection: Connection, source: str, newest: int, seen: Mapping[int, Sequence[str]]
) -> list[tuple[int, str]]:
    """Of those that a pull has seen, whose keys are others than are known."""
    known = key_rows(connection, source, newest, seen)
    found = ((number, written(keys)) for number, keys in seen.items())
    return [(number, keys) for number, keys in found if known.get(number, NO_KEYS) != keys]


class Side:
    """One of two sources that are compared, as known after a pull."""

    def __init__(self, connection: Connection, columns: Columns, newest: int, into: Into) -> None:
        self.columns, self.into = columns, into
        self._connection, self._newest = connection, newest

    def keys(self, how: Enriching, *, is_first: bool) -> dict[int, set[str]]:
        source, known = self.columns.source, set(self.columns.customer.tolist())
        table = customers.c
        query = select(table.number, table.id).where(table.source == source)
        told: dict[int, Sequence[str]] = {}
        if not how.by.is_told:
            rows = key_rows(self._connection, source, self._newest)
            told = {number: json.loads(text) for number, text in rows.items()}
        return keys_for(
            how,
            ids={
                number: id
                for number, id in stream(self._connection, query)
                if self.into.get(number, number) in known
            },
            keys=told,
            fields=newest_labels(self.columns.dimensions.get(how.field)),
            into=self.into,
            is_first=is_first,
        )


def matched(first: Side, other: Side, how: Enriching) -> Matched:
    """As `bot.domain.matching.match`, of what is known of both."""
    return match(
        first.keys(how, is_first=True), other.keys(how, is_first=False), told=how.by.is_told
    )


def kept_keys(enriching: Iterable[Enriching]) -> frozenset[By]:
    """What has to be kept of customers, for somebody is looked for by it."""
    return frozenset(how.by for how in enriching) & {By.DOMAIN, By.EMAIL}
