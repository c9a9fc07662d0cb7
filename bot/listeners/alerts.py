"""The buttons under an alert, and the forms that they open.

What is pressed is stored together with what is told of it: a click that Slack repeats, or that two
people make at once, changes nothing, and tells the thread nothing twice.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.definition import Definition
from bot.domain.incidents import Incident, IncidentState
from bot.domain.roles import Role
from bot.errors import SlackError
from bot.listeners.people import People
from bot.messages import alerts, episodes
from bot.messages.blocks import Block, Message, notice
from bot.messages.keeprate import refusal
from bot.messages.languages import later, tr
from bot.slack.poster import Slack
from bot.store.incidents import Also, Incidents

log = structlog.get_logger()

Telling = Callable[[Incident, str, str, Message], Awaitable[Also]]
"""Of an incident, a person, and what they do: what is stored with it, so that it is told."""


@dataclass(frozen=True, slots=True)
class AlertDesk:
    incidents: Incidents
    slack: Slack
    people: People
    definition: Definition
    clock: Callable[[], datetime]
    telling: Telling
    left: Callable[[Incident], Awaitable[Sequence[alerts.Leaver]]]
    """All who left, as far as the incident names them."""
    explain: Callable[[Incident, Sequence[episodes.Said], str, Message], Awaitable[None]]
    """Stores why customers left, as this person says, and tells of it."""
    told: Callable[[], None]
    """Called when there is something to post."""
    reasons: Sequence[str]
    """To choose from."""

    async def acknowledge(self, incident: Incident, person: str) -> None:
        told = episodes.acknowledged(person)
        also = await self.telling(incident, person, "alert acknowledged", told)
        await self.incidents.acknowledge(incident.id, person, self.clock(), also=also)
        self.told()

    async def reopen(self, incident: Incident, person: str) -> bool:
        also = await self.telling(incident, person, "alert reopened", episodes.reopened(person))
        done = await self.incidents.reopen(incident.id, also=also)
        self.told()
        return done.state is not IncidentState.RESOLVED

    async def resolve(self, incident: Incident, person: str, *, is_normal: bool = False) -> None:
        if is_normal:
            what, told = "new normal", episodes.is_normal(person)
        else:
            what, told = "alert resolved", episodes.resolved(person)
        also = await self.telling(incident, person, what, told)
        await self.incidents.resolve(
            incident.id, self.clock(), by=person, is_normal=is_normal, also=also
        )
        self.told()

    async def refuse_as_normal(self, incident: Incident, person: str) -> None:
        told = episodes.is_not_normal(person)
        also = await self.telling(incident, person, "not the new normal", told)
        await self.incidents.not_normal(incident.id, also=also)
        self.told()

    async def assign(self, incident: Incident, person: str, to: str) -> None:
        told = episodes.assigned(person, to)
        also = await self.telling(incident, person, "alert assigned", told)
        await self.incidents.assign(incident.id, to, also=also)
        self.told()

    async def snooze(self, incident: Incident, person: str, days: int) -> None:
        until = self.clock() + timedelta(days=days)
        told = episodes.snoozed(person, until, self.definition)
        also = await self.telling(incident, person, "alert snoozed", told)
        await self.incidents.snooze(incident.id, until, also=also)
        self.told()

    async def say_why(self, incident: Incident, person: str, said: Sequence[episodes.Said]) -> None:
        """Only what is new, or is another than before, is told."""
        left = {who.customer: who for who in await self.left(incident)}
        new = []
        for each in said:
            before = left[each.customer].reason if each.customer in left else None
            known = (before.reason, before.words) if before else None
            if each.customer in left and known != (each.reason, each.words):
                new.append(each)
        if not new:
            return
        named = [(left[each.customer].name, each) for each in new]
        await self.explain(incident, new, person, episodes.reasons_told(person, named))
        self.told()


def register(app: AsyncApp, desk: AlertDesk) -> None:
    for action in (alerts.ACKNOWLEDGE, alerts.REOPEN, alerts.NEW_NORMAL, alerts.NOT_NORMAL):
        app.action(action)(partial(on_button, action=action, desk=desk))
    for action in (alerts.ASSIGN, alerts.SNOOZE, alerts.REASONS, alerts.RESOLVE):
        app.action(action)(partial(on_form_wanted, action=action, desk=desk))
    app.action(alerts.LEFT)(partial(on_left, desk=desk))
    for form in (
        episodes.ASSIGN_FORM,
        episodes.SNOOZE_FORM,
        episodes.REASONS_FORM,
        episodes.RESOLVE_FORM,
    ):
        app.view(form)(partial(on_form, form=form, desk=desk))


async def on_button(ack: AsyncAck, body: dict[str, Any], action: str, desk: AlertDesk) -> None:
    """Stored, then acknowledged to Slack."""
    incident, person = await _asked(ack, body, desk)
    if incident is None:
        return
    told: Message | None = None
    if action == alerts.ACKNOWLEDGE:
        await desk.acknowledge(incident, person)
    elif action == alerts.NEW_NORMAL:
        await desk.resolve(incident, person, is_normal=True)
    elif action == alerts.NOT_NORMAL:
        await desk.refuse_as_normal(incident, person)
    elif not await desk.reopen(incident, person):
        told = episodes.another_is_open()
    await ack()
    if told is not None:
        await desk.slack.answer(body, told)


async def on_left(ack: AsyncAck, body: dict[str, Any], desk: AlertDesk) -> None:
    """For who asks alone: all whom the alert is about, a part at a time."""
    await ack()
    (id, first), person = alerts.read_part(body), body["user"]["id"]
    role = await desk.people.role(person, body.get("channel", {}).get("id", ""))
    incident = await desk.incidents.get(int(id)) if id.isdigit() else None
    if role < Role.VIEWER:
        told = refusal(role, Role.VIEWER)
    elif incident is None or incident.evidence is None:
        told = episodes.gone()
    else:
        left = await desk.left(incident)
        told = alerts.left_list(incident.id, left, incident.evidence.left_count, first)
    await desk.slack.answer(body, told)


async def on_form_wanted(ack: AsyncAck, body: dict[str, Any], action: str, desk: AlertDesk) -> None:
    incident, _ = await _asked(ack, body, desk)
    if incident is None:
        return
    await ack()
    form: Block
    match action:
        case alerts.ASSIGN:
            form = episodes.assign_form(incident)
        case alerts.SNOOZE:
            form = episodes.snooze_form(incident)
        case _:
            resolves = action == alerts.RESOLVE
            left = await desk.left(incident)
            form = episodes.reasons_form(incident, left, desk.reasons, resolves=resolves)
    try:
        await desk.slack.open_view(body["trigger_id"], form)
    except SlackError as error:
        log.info("form of an alert not opened", action=action, why=error.code)


async def on_form(ack: AsyncAck, body: dict[str, Any], form: str, desk: AlertDesk) -> None:
    sent = episodes.read_form(body)
    incident = await desk.incidents.get(sent.incident)
    role = await desk.people.role(sent.person, incident.channel if incident else "")
    if incident is None or role < Role.OPERATOR:
        told = episodes.gone() if incident is None else refusal(role, Role.OPERATOR)
        await ack(response_action="update", view=notice(told))
        return
    match form:
        case episodes.ASSIGN_FORM:
            to = episodes.read_person(sent)
            if not to or not await desk.people.are_ours(to):
                await ack(response_action="errors", errors={"person": tr(_NOT_OURS)})
                return
            await desk.assign(incident, sent.person, to)
        case episodes.SNOOZE_FORM:
            await desk.snooze(incident, sent.person, episodes.read_days(sent))
        case _:
            await desk.say_why(incident, sent.person, episodes.read_reasons(sent))
            if form == episodes.RESOLVE_FORM:
                await desk.resolve(incident, sent.person)
    await ack()


async def _asked(
    ack: AsyncAck, body: dict[str, Any], desk: AlertDesk
) -> tuple[Incident | None, str]:
    """The incident that a click is about, where there is one and the person may."""
    id, person = alerts.read_acknowledgement(body)
    role = await desk.people.role(person, body.get("channel", {}).get("id", ""))
    incident = await desk.incidents.get(int(id)) if id.isdigit() else None
    if role >= Role.OPERATOR and incident is not None:
        return incident, person
    await ack()
    told = refusal(role, Role.OPERATOR) if role < Role.OPERATOR else episodes.gone()
    await desk.slack.answer(body, told)
    return None, person


_NOT_OURS = later("Choose a colleague: guests and people of other companies see no figures.")
