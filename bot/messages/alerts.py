"""Alerts: a drop opened, updated in place, acknowledged, resolved; and pulls that were held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.domain.definition import Definition
from bot.domain.pulls import Pull, PullState
from bot.domain.rules import Drop, Observation
from bot.domain.tickets import LastRead
from bot.errors import Misunderstood
from bot.messages import wording
from bot.messages.blocks import (
    Block,
    Message,
    actions,
    bold,
    button,
    context,
    escape,
    header,
    section,
)

ACKNOWLEDGE = "incident:acknowledge"
"""The action_id of the button; its value is the incident's id."""
BELIEVE, DISCARD = "pull:believe", "pull:discard"
"""The action_ids of the buttons under a held pull; their value is the pull's id."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One episode of a rule being broken, as the message about it shows it."""

    id: str
    rule: Drop
    opened: Observation
    """The period that opened it."""
    expected: float
    """The CRR that was expected of it, a fraction."""
    now: Observation
    """The newest finished period, which may be the one that opened it."""
    left: tuple[str, ...] = ()
    """Names of who left in the newest period, ten being enough."""
    acknowledged_by: str = ""
    """A person's id, or "" while nobody has."""
    resolved_on: date | None = None


def incident_message(incident: Incident, definition: Definition) -> Message:
    """The one message of an incident, in the state that it is in."""
    told = [_state(incident)]
    if incident.now.period != incident.opened.period:
        opened = wording.in_period(incident.opened.period)
        told.append(f"It dropped {opened}: {_evidence(incident.opened, incident.expected)}")
    lost = incident.now.counts.lost
    who = f"Left {wording.in_period(incident.now.period)}: {wording.names(incident.left, lost)}."
    if lost and not incident.resolved_on:
        told.append(who)
    told.append(f"{wording.capital(wording.movements(incident.now.counts))}.")
    small = wording.small_base(incident.now.counts, definition)
    if small:
        told.append(small)
    seen = f"Acknowledged by <@{incident.acknowledged_by}>." if incident.acknowledged_by else ""
    plain_seen = "Acknowledged." if incident.acknowledged_by else ""
    return Message(
        text="\n".join(filter(None, [*told, plain_seen])),
        blocks=(
            header(_title(incident)),
            section("\n".join(filter(None, [bold(told[0]), *told[1:], seen]))),
            context(_rule(incident.rule), f"Days of {definition.zone}."),
            *_buttons(incident),
        ),
    )


def read_acknowledgement(body: dict[str, Any]) -> tuple[str, str]:
    """The incident's id and the person, of a click on Acknowledge."""
    try:
        return str(body["actions"][0]["value"]), str(body["user"]["id"])
    except (KeyError, IndexError, TypeError) as error:
        raise Misunderstood("This click does not say which alert it is about.") from error


@dataclass(frozen=True, slots=True)
class Held:
    """A pull that reached the end and is not believed."""

    source: str
    why: str
    """A sentence of ours, with the counts."""
    as_of: datetime | None
    """When the pull that is still believed was believed (aware)."""
    missing: tuple[str, ...] = ()
    """Names of customers who vanished, ten being enough."""
    missing_count: int = 0
    pull: int = 0
    """Its id, which the buttons carry."""


def held_notice(held: Held, definition: Definition) -> Message:
    """Figures stay as they were, and why."""
    source = escape(held.source)
    until = (
        f"Figures stay as of {wording.moment(held.as_of, definition)}."
        if held.as_of
        else "There are no figures until a pull is believed."
    )
    told = f"The pull of {source} was held back: {escape(held.why)}"
    missing = f"Missing: {wording.names(held.missing, held.missing_count)}." if held.missing else ""
    return Message(
        text="\n".join(filter(None, (told, until, missing))),
        blocks=(
            header(f"A pull of {held.source} is not believed"),
            section("\n".join(filter(None, (bold(told), until, missing)))),
            actions(
                button(
                    "Believe it",
                    action_id=BELIEVE,
                    value=str(held.pull),
                    accessibility_label=f"Believe the pull of {held.source}",
                    confirm="The figures will be made of it, and who is missing will have left.",
                ),
                button(
                    "Discard it",
                    action_id=DISCARD,
                    value=str(held.pull),
                    accessibility_label=f"Discard the pull of {held.source}",
                ),
                block_id="held",
            ),
            context("No alert is raised from data that is not believed."),
        ),
    )


def held_decided(pull: Pull, person: str) -> Message:
    """In the place of the notice, once somebody has said what to do, or a newer pull has."""
    source, why = escape(pull.source), escape(pull.sentence)
    by, plain = (f" by <@{escape(person)}>", " by a person") if person else ("", "")
    match pull.state:
        case PullState.BELIEVED:
            told = f"The pull of {source} that was held back was believed"
        case PullState.DISCARDED:
            told = f"The pull of {source} that was held back was discarded"
        case _:
            told, by, plain = f"The pull of {source} is not held any more", "", ""
    return Message(
        text=f"{told}{plain}. {why}".strip(),
        blocks=(section(f"{told}{by}."), *((context(why),) if why else ())),
    )


def read_decision(body: dict[str, Any]) -> tuple[int, str]:
    """The id of the held pull and the person, of a click under a notice."""
    try:
        return int(body["actions"][0]["value"]), str(body["user"]["id"])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise Misunderstood("This click does not say which pull it is about.") from error


def failed_notice(source: str, why: str, as_of: datetime | None, definition: Definition) -> Message:
    """A pull that did not reach the end, told when a source is lost."""
    until = (
        f"Figures stay as of {wording.moment(as_of, definition)}; the next pull tries again."
        if as_of
        else "There are no figures until a pull reaches the end."
    )
    told = f"{escape(source)} could not be pulled: {escape(why)}"
    return Message(
        text=f"{told}\n{until}",
        blocks=(header(f"{source} could not be pulled"), section(f"{told}\n{until}")),
    )


def not_read_notice(last: LastRead, definition: Definition) -> Message:
    """Tickets or ratings that can't be read, told when that begins."""
    title = f"{last.what.capitalize()} of {last.source} could not be read"
    until = (
        f"The newest are as of {wording.moment(last.finished_at, definition)}; it is tried again."
        if last.finished_at
        else "None were read so far; it is tried again."
    )
    told = f"{escape(title)}: {escape(last.sentence)}\n{until}"
    return Message(text=told, blocks=(header(title), section(told)))


def undelivered_notice(what: str, channel: str, why: str) -> Message:
    """A message that did not reach its channel, told elsewhere."""
    told = f"{escape(what)} could not be posted in <#{escape(channel)}>: {escape(why)}"
    return Message(
        text=f"{escape(what)} could not be posted in {escape(channel)}: {escape(why)}",
        blocks=(header("A message could not be posted"), section(told)),
    )


def _title(incident: Incident) -> str:
    if incident.resolved_on:
        return f"Resolved: {incident.rule.name}"
    return f":rotating_light: {incident.rule.name}"


def _state(incident: Incident) -> str:
    now = incident.now.counts
    when = wording.in_period(incident.now.period)
    if incident.resolved_on:
        return f"Retention is back {when}: {wording.crr(now)}."
    if incident.now.period == incident.opened.period:
        return f"Retention dropped {when}: {_evidence(incident.opened, incident.expected)}"
    return f"Retention is still down {when}: {wording.crr(now)}."


def _evidence(opened: Observation, expected: float) -> str:
    counts = opened.counts
    return (
        f"{counts.kept:,} of {wording.number(counts.opening, 'customer')} stayed,"
        f" {round(expected * counts.opening):,} were expected"
        f" (CRR {wording.percent(counts.kept, counts.opening)} against {wording.rate(expected)})."
    )


def _rule(rule: Drop) -> str:
    points = wording.number_of_points(rule.points)
    return (
        f"Rule: CRR more than {points} under the mean of the {rule.periods} {rule.kind}s before,"
        f" with at least {wording.number(rule.minimum_base, 'customer')}."
    )


def _buttons(incident: Incident) -> Sequence[Block]:
    if incident.resolved_on or incident.acknowledged_by:
        return ()
    return (
        actions(
            button(
                "Acknowledge",
                action_id=ACKNOWLEDGE,
                value=incident.id,
                style="primary",
                accessibility_label="Acknowledge this alert",
            ),
            block_id="incident",
        ),
    )
