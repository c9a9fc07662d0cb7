"""Which customer each channel is of. Nothing is changed: the newest word about a channel counts.

A customer whose record was merged into another's since then is that other one, in all that is read.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, insert, or_, select, update

from bot.domain.audit import Deed
from bot.domain.links import Candidate, Link, telling
from bot.domain.surveys import is_nameless
from bot.errors import Misunderstood
from bot.store.database import Database
from bot.store.deeds import put as put_deed
from bot.store.dialects import having
from bot.store.merges import ends_of, found
from bot.store.schema import answers, asks, customers, deliveries, links, participants, profiles
from bot.store.surveys import ASKS
from bot.store.times import from_ms, to_ms

_LIKE = 50
"""Customers that are compared with a channel, for each word of its name."""


def customer_of(connection: Connection, channel: str) -> int | None:
    """The store's number of the customer whose channel it is."""
    return customers_of(connection, [channel]).get(channel)


def customers_of(connection: Connection, channels: Sequence[str]) -> dict[str, int]:
    """By channel, whose it is; those that are nobody's are not in it."""
    newest = select(func.max(links.c.id)).group_by(links.c.channel)
    query = select(links.c.channel, links.c.customer).where(
        links.c.id.in_(newest), links.c.customer.is_not(None), links.c.channel.in_(channels)
    )
    owners = {channel: customer for channel, customer in connection.execute(query)}
    ends = ends_of(connection, owners.values())
    return {channel: ends.get(customer, customer) for channel, customer in owners.items()}


class Links:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def customer_of(self, channel: str) -> int | None:
        """See the function of this name."""
        return await self._database.read(lambda c: customer_of(c, channel))

    async def link(
        self,
        source: str,
        channel: str,
        customer: str,
        *,
        by: str,
        now: datetime,
        ours: Collection[str] = (),
    ) -> Link:
        """The channel is this customer's, by id or name. What was asked in it since it was last
        somebody else's becomes theirs too, with the answers; but for questions that people of
        `ours` answered, as one does who tries it out.

        Raises Misunderstood for a customer who is not known, or is not called so alone.
        """

        def write(connection: Connection) -> None:
            record = found(connection, source, customer)
            ends = ends_of(connection, [record.number])
            if customer_of(connection, channel) == ends.get(record.number, record.number):
                raise Misunderstood(
                    'This channel is "{customer}"\'s already.', customer=record.name[:60]
                )
            _say(connection, channel, record.number, by, now)
            unclaimed = _unclaimed(connection, channel)
            for table in (answers, participants):
                by_ours = select(table.c.ask).where(table.c.person.in_(ours))
                unclaimed = unclaimed.where(asks.c.id.not_in(by_ours))
            connection.execute(
                update(answers)
                .where(answers.c.ask.in_(unclaimed), answers.c.customer.is_(None))
                .values(customer=record.number)
            )
            connection.execute(
                update(asks)
                .where(asks.c.id.in_(unclaimed))
                .values(customer=record.number, of_customers=1)
            )
            about = f"{channel}: {source} {record.id}"
            put_deed(connection, Deed(now, by, "channel linked", about))

        await self._database.write(write)
        [link] = await self._links(_all().where(links.c.channel == channel))
        return link

    async def answered(self, channel: str) -> set[str]:
        """The people who answered what would become a customer's, were the channel linked."""

        def read(connection: Connection) -> set[str]:
            unclaimed = _unclaimed(connection, channel)
            people = set[str]()
            for table in (answers, participants):
                query = select(table.c.person).where(table.c.ask.in_(unclaimed))
                people.update(connection.scalars(query))
            return {person for person in people if not is_nameless(person)}

        return await self._database.read(read)

    async def unlink(self, channel: str, *, by: str, now: datetime) -> Link:
        """The channel is nobody's from now on; what it was. What was answered in it stays with the
        customer that it was of. Raises Misunderstood where it is nobody's."""
        known = await self._links(_all().where(links.c.channel == channel))
        if not known:
            raise Misunderstood("This channel is not linked with a customer.")

        def write(connection: Connection) -> None:
            _say(connection, channel, None, by, now)
            put_deed(connection, Deed(now, by, "channel unlinked", f"{channel}: {known[0].id}"))

        await self._database.write(write)
        return known[0]

    async def follow(self, old: str, new: str) -> None:
        """Slack knows the channel by another id from now on, as it does when a private channel is
        shared: whose it is, and what was asked in it, goes with it."""

        def write(connection: Connection) -> None:
            asking = deliveries.c.key.startswith(ASKS)
            for table, rows in (
                (links, links.c.channel == old),
                (asks, asks.c.channel == old),
                (deliveries, and_(deliveries.c.channel == old, asking)),
            ):
                connection.execute(update(table).where(rows).values(channel=new))

        await self._database.write(write)

    async def all(self) -> Sequence[Link]:
        """As they are now, by the customers' names."""
        linked = await self._links(_all())
        return sorted(linked, key=lambda link: (link.name.lower(), link.channel))

    async def of(self, channel: str) -> Sequence[Link]:
        """All that was said about one channel, the oldest first."""
        return await self._links(
            select(links).where(links.c.channel == channel).order_by(links.c.id)
        )

    async def channel_of(self, customer: int) -> str | None:
        """The channel of a customer, by the store's number. The newest, if there are several."""
        linked = await self._links(_all().order_by(links.c.id.desc()))
        return next((link.channel for link in linked if link.customer == customer), None)

    async def like(self, source: str, channel: str) -> Sequence[Candidate]:
        """Customers in whose names or domains there is a word of this channel's name."""
        words = telling(channel)
        if not words:
            return []
        table = customers.c
        named = select(table.number, table.id, table.name).where(table.source == source)

        def read(connection: Connection) -> list[Candidate]:
            some: dict[int, Candidate] = {}
            domains: dict[int, str] = {}
            for word in words:
                query = (
                    select(profiles.c.customer, profiles.c.fields)
                    .join(customers, table.number == profiles.c.customer)
                    .where(table.source == source, profiles.c.fields.icontains(word))
                )
                for number, fields in connection.execute(query.limit(_LIKE)):
                    told = {k.casefold(): v for k, v in json.loads(fields).items()}
                    domains[number] = str(told.get("domain") or told.get("website") or "")
                like = or_(
                    table.name.icontains(word, autoescape=True),
                    table.number.in_(list(domains)),
                )
                for row in connection.execute(named.where(like).order_by(table.name).limit(_LIKE)):
                    some[row.number] = Candidate(row.id, row.name, domains.get(row.number, ""))
            return list(some.values())

        return await self._database.read(read)

    async def _links(self, query: Select[Any]) -> list[Link]:
        def read(connection: Connection) -> list[Link]:
            rows = connection.execute(query).all()
            numbers = {row.customer for row in rows if row.customer is not None}
            ends = ends_of(connection, numbers)
            table = customers.c
            who = select(table.number, table.id, table.name)
            called = {
                row.number: row
                for row in having(connection, who, table.number, {*numbers, *ends.values()})
            }
            return [_read(row, ends.get(row.customer, row.customer), called) for row in rows]

        return await self._database.read(read)


def _all() -> Select[Any]:
    newest = select(func.max(links.c.id)).group_by(links.c.channel)
    return select(links).where(links.c.id.in_(newest), links.c.customer.is_not(None))


def _unclaimed(connection: Connection, channel: str) -> Select[tuple[str]]:
    """What was asked in it since it was last somebody's."""
    return select(asks.c.id).where(
        asks.c.channel == channel,
        asks.c.customer.is_(None),
        asks.c.asked_at >= _nobodys_since(connection, channel),
    )


def _nobodys_since(connection: Connection, channel: str) -> int:
    """When the channel was last unlinked; before that, what was asked was another's."""
    return (
        connection.scalar(
            select(func.max(links.c.said_at)).where(
                links.c.channel == channel, links.c.customer.is_(None)
            )
        )
        or 0
    )


def _say(
    connection: Connection, channel: str, customer: int | None, by: str, now: datetime
) -> None:
    connection.execute(
        insert(links).values(channel=channel, customer=customer, said_at=to_ms(now), said_by=by)
    )


def _read(row: Row[Any], customer: int | None, called: Mapping[int, Any]) -> Link:
    who = None if customer is None else called[customer]
    return Link(
        channel=row.channel,
        customer=customer,
        id=who.id if who else "",
        name=who.name if who else "",
        said_at=from_ms(row.said_at),
        said_by=row.said_by,
    )
