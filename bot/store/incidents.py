"""Incidents: at most one of a rule and scope is unresolved, whoever tries to open it.

What people do comes from clicks, which may come twice and from several processes. So each change
says in which states it may be made, and is one statement; what it made is read back after it.
"""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, select, text, update

from bot.domain.audit import Deed
from bot.domain.incidents import Evaluation, Evidence, Incident, IncidentState, Reading
from bot.domain.period import day_number, from_day_number
from bot.store.database import Database
from bot.store.deeds import put as put_deed
from bot.store.schema import deliveries, incidents
from bot.store.times import from_ms, from_ms_or_none, to_ms

Also = Callable[[Connection, Incident, bool], None]
"""Done in the transaction of a change, with the incident after it and whether it changed: what is
told of it is stored with it, so that who dies in between has done both or neither."""

_AGAIN = timedelta(minutes=1)
"""Two snoozes that end within it are one click that came twice."""

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


def saw(
    connection: Connection,
    id: int,
    seen: Evaluation,
    *,
    settings: str,
    counts: bool = True,
    told: datetime | None = None,
) -> Incident:
    """What the rule saw last, for a transaction that also tells it; a resolved incident stays.

    With `counts` it is a further period; with `told` it is what people are told of at that moment.
    """
    values: dict[str, Any] = {
        **_latest(seen.reading),
        "settings": settings,
        "evidence": msgspec.json.encode(seen.evidence).decode(),
    }
    if counts:
        values["periods"] = incidents.c.periods + 1
    if told is not None:
        values |= {"told_chance": seen.chance, "told_parts": json.dumps(seen.parts)}
        values["reminded_at"] = to_ms(told)
    return change(connection, id, _UNRESOLVED, **values)


def resolve(
    connection: Connection, id: int, now: datetime, *, by: str = "", is_normal: bool = False
) -> Incident:
    """Twice is once. It does not sleep any more."""
    ended = _resolution(now, by=by, is_normal=is_normal)
    return change(connection, id, _UNRESOLVED, **ended)


def _resolution(now: datetime, *, by: str, is_normal: bool) -> dict[str, Any]:
    return {
        "state": IncidentState.RESOLVED,
        "resolved_at": to_ms(now),
        "resolved_by": by,
        "snoozed_until": None,
        "is_normal": int(is_normal),
    }


def change(connection: Connection, id: int, where: ColumnElement[bool], **values: Any) -> Incident:
    """The incident after the change, or as it is where the change may not be made."""
    return _changed(connection, id, where, **values)[0]


def _changed(
    connection: Connection, id: int, where: ColumnElement[bool], **values: Any
) -> tuple[Incident, bool]:
    """Also whether it was made. Of two who make it at the same moment one is told so."""
    one = incidents.c.id == id
    made = connection.execute(update(incidents).where(one, where).values(**values)).rowcount == 1
    return _read(connection.execute(_query().where(one)).one()), made


def noting(deed: Deed) -> Also:
    """Writes down who did it, and tells nobody."""

    def also(connection: Connection, incident: Incident, changed: bool) -> None:
        if changed:
            put_deed(connection, deed)

    return also


def _nothing(connection: Connection, incident: Incident, changed: bool) -> None:
    """Nobody is told."""


def unresolved(connection: Connection, rule: str) -> Incident | None:
    row = connection.execute(_query().where(incidents.c.rule == rule, _UNRESOLVED)).first()
    return None if row is None else _read(row)


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
        return await self._change(id, _UNRESOLVED, **_latest(reading))

    async def acknowledge(
        self, id: int, person: str, now: datetime, *, also: Also = _nothing
    ) -> Incident:
        """The first person stays; one that is acknowledged or resolved is returned as it is."""
        return await self._change(
            id,
            incidents.c.state == IncidentState.OPEN,
            also,
            state=IncidentState.ACKNOWLEDGED,
            acknowledged_by=person,
            acknowledged_at=to_ms(now),
        )

    async def snooze(self, id: int, until: datetime, *, also: Also = _nothing) -> Incident:
        """No reminder comes before then."""
        ends, column = (to_ms(until - _AGAIN), to_ms(until + _AGAIN)), incidents.c.snoozed_until
        is_another = column.is_(None) | ~column.between(*ends)
        return await self._change(id, _UNRESOLVED & is_another, also, snoozed_until=to_ms(until))

    async def assign(self, id: int, person: str, *, also: Also = _nothing) -> Incident:
        """The last one who was named looks after it."""
        is_another = incidents.c.assigned_to != person
        return await self._change(id, _UNRESOLVED & is_another, also, assigned_to=person)

    async def not_normal(self, id: int, *, also: Also = _nothing) -> Incident:
        """It is not how things are from now on; said twice of the same periods it is said once."""
        column, periods = incidents.c.not_normal_at, incidents.c.periods
        return await self._change(id, _UNRESOLVED & (column < periods), also, not_normal_at=periods)

    async def reminded(
        self, incident: Incident, now: datetime, *, also: Also = _nothing
    ) -> Incident:
        """A snooze is over with the reminder at its end. Unless it was reminded of, or snoozed,
        since it was read as `incident`."""
        unchanged = [
            column.is_not_distinct_from(None if moment is None else to_ms(moment))
            for column, moment in (
                (incidents.c.reminded_at, incident.reminded_at),
                (incidents.c.snoozed_until, incident.snoozed_until),
            )
        ]
        values = {"reminded_at": to_ms(now), "snoozed_until": None}
        return await self._change(incident.id, and_(_UNRESOLVED, *unchanged), also, **values)

    async def resolve(
        self,
        id: int,
        now: datetime,
        reading: Reading | None = None,
        *,
        by: str = "",
        is_normal: bool = False,
        also: Also = _nothing,
    ) -> Incident:
        """With what the rule saw last. Twice is once."""

        def work(connection: Connection) -> Incident:
            if reading is not None:
                change(connection, id, _UNRESOLVED, **_latest(reading))
            ended = _resolution(now, by=by, is_normal=is_normal)
            done, is_new = _changed(connection, id, _UNRESOLVED, **ended)
            also(connection, done, is_new)
            return done

        return await self._database.write(work)

    async def reopen(self, id: int, *, also: Also = _nothing) -> Incident:
        """As it was before it was resolved; one beside which another is open stays resolved."""

        def work(connection: Connection) -> Incident:
            done, is_new = (
                _read(connection.execute(_query().where(incidents.c.id == id)).one()),
                False,
            )
            if unresolved(connection, done.rule) is None:
                seen = IncidentState.ACKNOWLEDGED if done.acknowledged_by else IncidentState.OPEN
                done, is_new = _changed(
                    connection,
                    id,
                    incidents.c.state == IncidentState.RESOLVED,
                    state=seen,
                    resolved_at=None,
                    resolved_by="",
                    is_normal=0,
                )
            also(connection, done, is_new)
            return done

        return await self._database.write(work)

    async def get(self, id: int) -> Incident | None:
        return await self._first(_query().where(incidents.c.id == id))

    async def open_of(self, rule: str, scope: str) -> Incident | None:
        """The one that is not resolved, acknowledged or not."""
        of = (incidents.c.rule == rule) & (incidents.c.scope == scope)
        return await self._first(_query().where(of, _UNRESOLVED))

    async def open_ones(self) -> list[Incident]:
        """All that are not resolved, oldest first."""
        return await self._all(_query().where(_UNRESOLVED).order_by(incidents.c.id))

    async def of(self, rule: str, *, resolved_since: date | None = None) -> Sequence[Incident]:
        """All of a rule, oldest first."""
        query = _query().where(incidents.c.rule == rule).order_by(incidents.c.id)
        if resolved_since is not None:
            query = query.where(incidents.c.latest_period >= day_number(resolved_since))
        return await self._all(query)

    async def _change(
        self, id: int, where: ColumnElement[bool], also: Also = _nothing, **values: Any
    ) -> Incident:
        def work(connection: Connection) -> Incident:
            done, made = _changed(connection, id, where, **values)
            also(connection, done, made)
            return done

        return await self._database.write(work)

    async def _first(self, query: Select[Any]) -> Incident | None:
        row = await self._database.read(lambda c: c.execute(query).first())
        return None if row is None else _read(row)

    async def _all(self, query: Select[Any]) -> list[Incident]:
        return await self._database.read(lambda c: [_read(row) for row in c.execute(query)])


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


def _latest(reading: Reading) -> dict[str, Any]:
    return {f"latest_{name}": value for name, value in _values(reading).items()}


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
        settings=row.settings,
        evidence=msgspec.json.decode(row.evidence, type=Evidence) if row.evidence else None,
        periods=row.periods,
        told_chance=row.told_chance,
        told_parts=tuple(json.loads(row.told_parts)),
        assigned_to=row.assigned_to,
        snoozed_until=from_ms_or_none(row.snoozed_until),
        reminded_at=from_ms_or_none(row.reminded_at),
        resolved_by=row.resolved_by,
        is_normal=bool(row.is_normal),
        not_normal_at=row.not_normal_at,
    )
