"""Incidents: at most one of a rule and scope is unresolved, whoever tries to open it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select, text, update

from bot.domain.incidents import Incident, IncidentState, Reading
from bot.domain.period import day_number, from_day_number
from bot.store.database import Database
from bot.store.schema import deliveries, incidents
from bot.store.times import from_ms, from_ms_or_none, to_ms

_OPEN = text("""
    INSERT INTO incidents (rule, scope, state, opened_at, delivery,
        opened_period, opening_observed, opening_expected,
        latest_period, latest_observed, latest_expected)
    VALUES (:rule, :scope, 'open', :now, :delivery,
        :period, :observed, :expected, :period, :observed, :expected)
    ON CONFLICT (rule, scope) WHERE state <> 'resolved' DO NOTHING
    RETURNING id
""")


def open_incident(
    connection: Connection,
    rule: str,
    scope: str,
    reading: Reading,
    *,
    delivery: str,
    now: datetime,
) -> tuple[Incident, bool]:
    """The unresolved incident of this rule and scope, and whether it was opened just now.

    For a transaction that, if it was, also puts the delivery with the key `delivery`.
    """
    values = {"rule": rule, "scope": scope, "now": to_ms(now), "delivery": delivery}
    opened = connection.scalar(_OPEN, {**values, **_values(reading)})
    one = (incidents.c.rule == rule) & (incidents.c.scope == scope) & _UNRESOLVED
    return _read(connection.execute(_query().where(one)).one()), opened is not None


class Incidents:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(
        self, rule: str, scope: str, reading: Reading, *, delivery: str, now: datetime
    ) -> tuple[Incident, bool]:
        """See `open_incident`."""
        return await self._database.write(
            lambda c: open_incident(c, rule, scope, reading, delivery=delivery, now=now)
        )

    async def update(self, id: int, reading: Reading) -> Incident:
        """What the rule saw last; a resolved incident stays as it was."""
        values = {f"latest_{name}": value for name, value in _values(reading).items()}
        return await self._change(id, _UNRESOLVED, **values)

    async def acknowledge(self, id: int, person: str, now: datetime) -> Incident:
        """The first person stays; one that is acknowledged or resolved is returned as it is."""
        return await self._change(
            id,
            incidents.c.state == IncidentState.OPEN,
            state=IncidentState.ACKNOWLEDGED,
            acknowledged_by=person,
            acknowledged_at=to_ms(now),
        )

    async def resolve(self, id: int, now: datetime, reading: Reading | None = None) -> Incident:
        """With what the rule saw last. Twice is once."""
        values: dict[str, Any] = {"state": IncidentState.RESOLVED, "resolved_at": to_ms(now)}
        if reading is not None:
            values |= {f"latest_{name}": value for name, value in _values(reading).items()}
        return await self._change(id, _UNRESOLVED, **values)

    async def get(self, id: int) -> Incident | None:
        return await self._first(_query().where(incidents.c.id == id))

    async def open_of(self, rule: str, scope: str) -> Incident | None:
        """The one that is not resolved, acknowledged or not."""
        of = (incidents.c.rule == rule) & (incidents.c.scope == scope)
        return await self._first(_query().where(of, _UNRESOLVED))

    async def open_ones(self) -> list[Incident]:
        """All that are not resolved, oldest first."""
        query = _query().where(_UNRESOLVED).order_by(incidents.c.id)
        return await self._database.read(lambda c: [_read(row) for row in c.execute(query)])

    async def _change(self, id: int, where: ColumnElement[bool], **values: Any) -> Incident:
        def change(connection: Connection) -> Incident:
            one = incidents.c.id == id
            connection.execute(update(incidents).where(one, where).values(**values))
            return _read(connection.execute(_query().where(one)).one())

        return await self._database.write(change)

    async def _first(self, query: Select[Any]) -> Incident | None:
        row = await self._database.read(lambda c: c.execute(query).first())
        return None if row is None else _read(row)


_UNRESOLVED = incidents.c.state != IncidentState.RESOLVED


def _query() -> Select[Any]:
    """Where its message stands is known to the delivery, and to nobody twice."""
    return select(incidents, deliveries.c.channel, deliveries.c.ts).outerjoin(
        deliveries, deliveries.c.key == incidents.c.delivery
    )


def _values(reading: Reading) -> dict[str, Any]:
    return {
        "period": day_number(reading.period),
        "observed": reading.observed,
        "expected": reading.expected,
    }


def _read(row: Row[Any]) -> Incident:
    return Incident(
        id=row.id,
        rule=row.rule,
        scope=row.scope,
        state=IncidentState(row.state),
        opened_at=from_ms(row.opened_at),
        opening=Reading(
            from_day_number(row.opened_period), row.opening_observed, row.opening_expected
        ),
        latest=Reading(
            from_day_number(row.latest_period), row.latest_observed, row.latest_expected
        ),
        acknowledged_by=row.acknowledged_by,
        acknowledged_at=from_ms_or_none(row.acknowledged_at),
        resolved_at=from_ms_or_none(row.resolved_at),
        delivery=row.delivery,
        channel=row.channel or "",
        ts=row.ts or "",
    )
