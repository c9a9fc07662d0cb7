"""What people do about an alert: its forms, and what its thread is told of it.

What a form sends is read here as well, where it is made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.definition import Definition
from bot.domain.incidents import Incident
from bot.domain.reasons import OTHER
from bot.errors import Misunderstood
from bot.messages import wording
from bot.messages.alerts import Leaver
from bot.messages.blocks import (
    Block,
    Message,
    cut,
    escape,
    modal,
    person_input,
    plain_input,
    saying,
    section,
    select_input,
)
from bot.messages.languages import later, tr, trn
from bot.messages.reasons import named

ASSIGN_FORM, SNOOZE_FORM = "incident:assign-form", "incident:snooze-form"
REASONS_FORM, RESOLVE_FORM = "incident:reasons-form", "incident:resolve-form"
"""The callback_ids of the forms; their private_metadata is the incident's id."""

ASKED_AT_ONCE = 40
"""Customers in one form about reasons; of more, those without a reason come first."""
WORDS_LONGEST = 300

_SNOOZES = {
    1: later("a day"),
    3: later("three days"),
    7: later("a week"),
    14: later("two weeks"),
    30: later("a month"),
}
_WHY, _WORDS, _FIELD = "why:", "words:", "chosen"


@dataclass(frozen=True, slots=True)
class Said:
    """Why one customer left, as the form has it."""

    customer: int
    reason: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A form about an incident that somebody sent."""

    incident: int
    person: str
    values: Mapping[str, Any]


def assign_form(incident: Incident) -> Block:
    return modal(
        tr("Who looks after it?"),
        [
            person_input(
                tr("A colleague"),
                block_id="person",
                action_id=_FIELD,
                chosen=incident.assigned_to or incident.acknowledged_by,
            )
        ],
        callback_id=ASSIGN_FORM,
        submit=tr("Assign"),
        private_metadata=str(incident.id),
    )


def snooze_form(incident: Incident) -> Block:
    return modal(
        tr("Snooze the alert"),
        [
            select_input(
                tr("Bring it up again in"),
                {str(days): tr(told) for days, told in _SNOOZES.items()},
                block_id="days",
                action_id=_FIELD,
                chosen="7",
            )
        ],
        callback_id=SNOOZE_FORM,
        submit=tr("Snooze"),
        private_metadata=str(incident.id),
    )


def reasons_form(
    incident: Incident, left: Sequence[Leaver], reasons: Sequence[str], *, resolves: bool
) -> Block:
    """Why each customer left; with `resolves`, sending it resolves the incident."""
    options = {reason: named(reason) for reason in (*reasons, OTHER)}
    shown = sorted(left, key=lambda who: who.reason is not None)[:ASKED_AT_ONCE]
    told = tr("Why did they leave? What you leave out can be said later.")
    if not left:
        told = tr("The alert is over, whatever the figure says.")
    blocks = [section(told)]
    for who in shown:
        known = who.reason
        chosen = known.reason if known else ""
        blocks += [
            select_input(
                cut(who.name, wording.NAME_LONGEST),
                # A reason that is not on the list any more stays what was said.
                options if chosen in ("", *options) else {chosen: named(chosen), **options},
                block_id=f"{_WHY}{who.customer}",
                action_id=_FIELD,
                chosen=chosen,
                placeholder=tr("Not known yet"),
                optional=True,
            ),
            plain_input(
                tr("In words"),
                block_id=f"{_WORDS}{who.customer}",
                action_id=_FIELD,
                initial=known.words if known else "",
                optional=True,
                longest=WORDS_LONGEST,
            ),
        ]
    if len(left) > len(shown):
        blocks.append(
            section(
                trn(
                    "Of {n} more customer you can say it when these are known.",
                    "Of {n} more customers you can say it when these are known.",
                    len(left) - len(shown),
                )
            )
        )
    return modal(
        tr("Resolve the alert") if resolves else tr("Why they left"),
        blocks,
        callback_id=RESOLVE_FORM if resolves else REASONS_FORM,
        submit=tr("Resolve") if resolves else tr("Keep"),
        private_metadata=str(incident.id),
    )


def read_form(body: dict[str, Any]) -> Sent:
    try:
        view = body["view"]
        values = {block: fields[_FIELD] for block, fields in view["state"]["values"].items()}
        return Sent(int(view["private_metadata"]), str(body["user"]["id"]), values)
    except (KeyError, TypeError, ValueError) as error:
        raise Misunderstood(tr("This form does not say which alert it is about.")) from error


def read_person(sent: Sent) -> str:
    return str((sent.values.get("person") or {}).get("selected_user") or "")


def read_days(sent: Sent) -> int:
    """How long to snooze; Misunderstood for what the form never offers."""
    days = _option(sent, "days")
    if not days.isdigit() or int(days) not in _SNOOZES:
        raise Misunderstood(tr("This form does not say for how long."))
    return int(days)


def read_reasons(sent: Sent) -> list[Said]:
    """Of whom something is said; words without a choice are another reason."""
    said = []
    for block in sent.values:
        if not block.startswith(_WHY):
            continue
        customer = block.removeprefix(_WHY)
        typed = (sent.values.get(f"{_WORDS}{customer}") or {}).get("value") or ""
        words = " ".join(str(typed).split())[:WORDS_LONGEST]
        reason = _option(sent, block) or (OTHER if words else "")
        if reason and customer.isdigit():
            said.append(Said(int(customer), reason, words))
    return said


def acknowledged(person: str) -> Message:
    return _story(person, later("{who} has acknowledged it."))


def assigned(person: str, to: str) -> Message:
    if person == to:
        return _story(person, later("{who} looks after it."))
    told = tr(
        "{who} has asked {colleague} to look after it.",
        who=f"<@{escape(person)}>",
        colleague=f"<@{escape(to)}>",
    )
    return Message(tr("Somebody was asked to look after it."), (section(told),))


def snoozed(person: str, until: datetime, definition: Definition) -> Message:
    return _story(
        person,
        later("{who} has snoozed it until {moment}."),
        moment=wording.moment(until, definition),
    )


def reasons_told(person: str, said: Sequence[tuple[str, Said]]) -> Message:
    """By name; the words of people stay in the form and in the table."""
    told = "; ".join(
        f"{escape(cut(name, wording.NAME_LONGEST))}: {escape(named(each.reason))}"
        for name, each in said
    )
    return _story(person, later("{who} said why customers left: {reasons}."), reasons=told)


def resolved(person: str) -> Message:
    return _story(person, later("{who} has resolved it."))


def reopened(person: str) -> Message:
    return _story(person, later("{who} has reopened it."))


def is_normal(person: str) -> Message:
    return _story(
        person,
        later("{who} said that this is the new normal: it is what is expected from now on."),
    )


def is_not_normal(person: str) -> Message:
    return _story(
        person,
        later("{who} said that this is not how it should be: what was before stays expected."),
    )


def gone() -> Message:
    told = tr("This alert is not known any more.")
    return saying(told)


def another_is_open() -> Message:
    told = tr("It can't be reopened, because a newer alert of the same rule is open.")
    return saying(told)


def _story(person: str, told: str, **values: str) -> Message:
    """Of {who}; for small screens without the name, which rings there."""
    return Message(
        tr(told, who=tr("Somebody"), **values),
        (section(tr(told, who=f"<@{escape(person)}>", **values)),),
    )


def _option(sent: Sent, block: str) -> str:
    chosen = (sent.values.get(block) or {}).get("selected_option") or {}
    return str(chosen.get("value") or "")
