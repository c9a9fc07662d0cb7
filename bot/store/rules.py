"""Rules that were made in Slack; those of config.yaml are not here."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from bot.domain.audit import Deed
from bot.domain.watching import Rule
from bot.store.database import Database
from bot.store.deeds import put as put_deed
from bot.store.schema import incidents, ledger, rules
from bot.store.texts import storable
from bot.store.times import to_ms

JUDGED = "judged"
"""What the ledger calls it that a rule has judged a period."""


class Rules:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, rule: Rule, *, by: str, now: datetime, instead_of: str = "") -> None:
        """In the place of the one of this name, if there is one, and who did it, together.

        With `instead_of` in the place of the one of that name too, which is called otherwise now:
        its incidents, and what it has judged, are those of the new name.
        """

        def work(connection: Connection) -> None:
            known = delete(rules).where(rules.c.name.in_({rule.name, instead_of}))
            gone = connection.execute(known).rowcount
            connection.execute(insert(rules).values(_row(rule, by, now))).close()
            if instead_of and instead_of != rule.name:
                _rename(connection, instead_of, rule.name)
            what = "rule changed" if gone else "rule made"
            put_deed(connection, Deed(now, by, what, rule.name))

        await self._database.write(work)

    async def change(
        self, name: str, how: Callable[[Rule], Rule], *, by: str, now: datetime
    ) -> Rule | None:
        """The rule as it is after it; None where it was removed, which it stays."""

        def work(connection: Connection) -> Rule | None:
            one = rules.c.name == name
            found = connection.scalar(select(rules.c.settings).where(one).with_for_update())
            if found is None:
                return None
            before = msgspec.json.decode(found, type=Rule)
            changed = how(before)
            if changed != before:
                connection.execute(update(rules).where(one).values(_row(changed, by, now))).close()
                put_deed(connection, Deed(now, by, "rule changed", name))
            return changed

        return await self._database.write(work)

    async def remove(self, name: str, *, by: str, now: datetime) -> bool:
        """Whether it was there. Its open incident is followed to its end."""

        def work(connection: Connection) -> bool:
            gone = connection.execute(delete(rules).where(rules.c.name == name)).rowcount == 1
            if gone:
                put_deed(connection, Deed(now, by, "rule removed", name))
            return gone

        return await self._database.write(work)

    async def all(self) -> Sequence[Rule]:
        """By name."""
        query = select(rules.c.settings).order_by(rules.c.name)
        found = await self._database.read(lambda c: c.scalars(query).all())
        return [msgspec.json.decode(settings, type=Rule) for settings in found]


def _row(rule: Rule, by: str, now: datetime) -> dict[str, Any]:
    return {
        "name": rule.name,
        "settings": storable(msgspec.json.encode(rule).decode()),
        "changed_by": by,
        "changed_at": to_ms(now),
    }


def _rename(connection: Connection, was: str, name: str) -> None:
    connection.execute(update(incidents).where(incidents.c.rule == was).values(rule=name)).close()
    judged = (ledger.c.what == JUDGED) & (ledger.c.place == was)
    of_the_new = select(ledger.c.period).where(ledger.c.what == JUDGED, ledger.c.place == name)
    connection.execute(delete(ledger).where(judged, ledger.c.period.in_(of_the_new))).close()
    connection.execute(update(ledger).where(judged).values(place=name)).close()
