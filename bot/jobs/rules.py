"""Checking a rule: its history in, an incident opened, followed and closed."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from bot.domain.incidents import Incident, Reading
from bot.domain.period import Kind, Period, day_number, last_finished, period_of, run_up
from bot.domain.retention import Unknown
from bot.domain.rules import Drop, Observation, Reason, Verdict, judge
from bot.jobs.once import Turn
from bot.jobs.schedule import Occurrence
from bot.messages import alerts
from bot.messages.blocks import Message
from bot.messages.wording import NAMES_SHOWN
from bot.store.database import Database
from bot.store.deliveries import Delivery
from bot.store.deliveries import Kind as DeliveryKind
from bot.store.deliveries import put as put_delivery
from bot.store.figures import Figures
from bot.store.incidents import Incidents, open_incident

TOTAL = ""
"""The scope of a rule over all customers."""

_REACH = {Kind.WEEK: 156, Kind.MONTH: 60, Kind.QUARTER: 40, Kind.YEAR: 20}
"""How many periods of history a rule is given."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Follows one rule over all customers, and tells one channel."""

    rule: Drop
    channel: str
    figures: Figures
    incidents: Incidents
    database: Database
    turn: Turn

    async def check(self, occurrence: Occurrence) -> None:
        """Judge the last finished period, once for this occurrence.

        A period of which the newest believed pull has not seen the end is not judged: what looks
        like a drop may be a pull that is missing. It is still to be done, when the data is there.
        """

        async def judged() -> bool:
            definition = self.figures.definition
            today = occurrence.at.astimezone(definition.zone_info).date()
            newest = last_finished(self.rule.kind, today, definition)
            columns = await self.figures.columns()
            if columns.known_to is None or columns.known_to <= day_number(newest.last):
                return False
            await self._follow(await self._history(newest, today))
            return True

        await self.turn.once("rule", self.rule.name, occurrence.key, judged)

    async def show(self, incident: Incident) -> None:
        """Bring the incident's message up to date."""
        definition = self.figures.definition
        today = self.turn.clock().astimezone(definition.zone_info).date()
        seen = period_of(self.rule.kind, incident.latest.period, definition)
        history = await self._history(seen, today)
        if history:
            await self._put_update(incident, await self._message(incident, history))

    async def _history(self, newest: Period, today: date) -> list[Observation]:
        """As much as is known of the periods up to `newest`, oldest first."""
        periods = run_up(newest, _REACH[self.rule.kind], self.figures.definition)
        counts = await self.figures.history(periods, today=today)
        return [Observation(p, c) for p, c in zip(periods, counts, strict=True) if c is not None]

    async def _follow(self, history: list[Observation]) -> None:
        incident = await self.incidents.open_of(self.rule.name, TOTAL)
        verdict = judge(
            self.rule,
            history,
            is_open=incident is not None,
            opened=incident.opening.period if incident else None,
        )
        reading = _reading(verdict)
        if reading is None:
            return
        now = self.turn.clock()
        match verdict.reason:
            case Reason.DROPPED:
                await self._open(reading, history)
            case Reason.STILL_DOWN if incident and reading != incident.latest:
                changed = await self.incidents.update(incident.id, reading)
                await self._put_update(changed, await self._message(changed, history))
            case Reason.RECOVERED if incident:
                changed = await self.incidents.resolve(incident.id, now, reading)
                await self._put_update(changed, await self._message(changed, history))
            case _:
                pass

    async def _open(self, reading: Reading, history: list[Observation]) -> None:
        """The incident and the post about it, stored together."""
        now, left = self.turn.clock(), await self._left(reading.period)
        key = f"incident:{self.rule.name}:{reading.period}:{int(now.timestamp())}"

        def put(connection: Connection) -> None:
            incident, is_new = open_incident(
                connection, self.rule.name, TOTAL, reading, delivery=key, now=now
            )
            if is_new:
                message = self._render(incident, history, left)
                put_delivery(connection, Delivery(key, self.channel, message, created_at=now))

        await self.database.write(put)

    async def _message(self, incident: Incident, history: list[Observation]) -> Message:
        left = await self._left(incident.latest.period)
        return self._render(incident, history, left)

    def _render(
        self, incident: Incident, history: list[Observation], left: tuple[str, ...]
    ) -> Message:
        zone = self.figures.definition.zone_info
        resolved = incident.resolved_at
        return alerts.incident_message(
            alerts.Incident(
                id=str(incident.id),
                rule=self.rule,
                opened=_observation(history, incident.opening),
                expected=incident.opening.expected or 0.0,
                now=_observation(history, incident.latest),
                left=left,
                acknowledged_by=incident.acknowledged_by,
                resolved_on=resolved.astimezone(zone).date() if resolved else None,
            ),
            self.figures.definition,
        )

    async def _left(self, day: date) -> tuple[str, ...]:
        """Names of who left in the period with this day in it, ten being enough."""
        period = period_of(self.rule.kind, day, self.figures.definition)
        try:
            found = await self.figures.compared(period, today=period.last)
        except Unknown:
            return ()
        return tuple(await self.figures.names(found.lost, NAMES_SHOWN))

    async def _put_update(self, incident: Incident, message: Message) -> None:
        """The same message in its new state; the newest of several that wait stands for all."""
        now = self.turn.clock()
        state = f"{incident.state}:{incident.latest.period}:{incident.latest.observed}"
        delivery = Delivery(
            key=f"{incident.delivery}:{state}:{now.timestamp()}",
            channel=self.channel,
            message=message,
            created_at=now,
            kind=DeliveryKind.UPDATE,
            edits=incident.delivery,
        )
        await self.database.write(lambda connection: put_delivery(connection, delivery))


def _reading(verdict: Verdict) -> Reading | None:
    if verdict.observed is None:
        return None
    observed = verdict.observed
    return Reading(observed.period.first, observed.counts.crr, verdict.expected)


def _observation(history: list[Observation], reading: Reading) -> Observation:
    """The period of a reading with its counts as they are known now."""
    for observation in history:
        if observation.period.first == reading.period:
            return observation
    return history[-1]
