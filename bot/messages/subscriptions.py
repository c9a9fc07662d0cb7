"""What is posted where and when: the list with its buttons, the form, and what is said of both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.domain.definition import Definition
from bot.domain.segments import nearest
from bot.domain.subscriptions import (
    LANGUAGES,
    WEEKDAYS,
    Edition,
    Subscription,
    faults,
    zone_named,
)
from bot.errors import Misunderstood
from bot.messages import wording
from bot.messages.blocks import (
    Block,
    Message,
    actions,
    button,
    channel_input,
    context,
    divider,
    escape,
    header,
    modal,
    plain_input,
    section,
    select_input,
)

NEW, CHANGE, END = "subscription:new", "subscription:change", "subscription:end"
PREVIEW, SEND, PAUSE = "subscription:preview", "subscription:send", "subscription:pause"
"""The action_ids of the buttons; their value is the subscription's id, 0 of that in config.yaml."""
FORM = "subscription:form"
"""The callback_id; private_metadata is the id of the subscription that is changed, or ""."""
_FIELD = "chosen"
_SHOWN = 15

_DAYS = dict(
    zip(
        WEEKDAYS,
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        strict=True,
    )
)
_EDITIONS = {
    Edition.WEEKLY: "weekly: every week",
    Edition.MONTHLY: "monthly: after each month",
    Edition.QUARTERLY: "quarterly: after each quarter",
}
_LANGUAGES = {"en": "English", "nl": "Nederlands"}


@dataclass(frozen=True, slots=True)
class Planned:
    """A subscription and when it comes next."""

    of: Subscription
    next: datetime | None
    """None while it is paused."""


def subscriptions_list(planned: Sequence[Planned], definition: Definition) -> Message:
    """All of them, with buttons; that of config.yaml is changed there."""
    blocks: list[Block] = [header("What is posted where")]
    lines = [_line(each, definition) for each in planned]
    for each, line in list(zip(planned, lines, strict=True))[:_SHOWN]:
        blocks += [
            section(line),
            actions(*_buttons(each.of), block_id=f"subscription:{each.of.id}"),
        ]
    if len(planned) > _SHOWN:
        blocks.append(context(f"and {wording.number(len(planned) - _SHOWN, 'more post')}"))
    if not planned:
        lines = ["Nothing is posted by itself yet."]
        blocks.append(section(lines[0]))
    blocks += [
        divider(),
        actions(
            button("New subscription", action_id=NEW, style="primary"), block_id="subscriptions"
        ),
        context("Or type `/keeprate subscribe weekly` in a channel; `monthly`, `quarterly`."),
    ]
    return Message("\n".join(lines), tuple(blocks))


def subscription_form(of: Subscription | None, channel: str, zone: str) -> Block:
    """For a new one, of `channel` and in this zone, or for one that is changed."""
    known = of or Subscription(channel, zone=zone)
    return modal(
        "Change a subscription" if of else "A new subscription",
        [
            channel_input("Channel", block_id="channel", action_id=_FIELD, chosen=known.channel),
            _menu("Edition", "edition", _EDITIONS, known.edition),
            _menu("On", "weekday", _DAYS, known.weekday),
            plain_input(
                "At",
                block_id="at",
                action_id=_FIELD,
                initial=known.at,
                longest=5,
                hint="A time of the day, as in 09:00. After a month or a quarter it comes on the"
                " first such day.",
            ),
            plain_input(
                "Time zone",
                block_id="zone",
                action_id=_FIELD,
                initial=known.zone,
                longest=60,
                hint="As in Europe/Amsterdam.",
            ),
            _menu("Language", "language", {n: _LANGUAGES[n] for n in LANGUAGES}, known.language),
            plain_input(
                "Only customers with",
                block_id="segment",
                action_id=_FIELD,
                initial=", ".join(f"{name}={label}" for name, label in known.segment),
                optional=True,
                hint="Fields and what they must be: plan=pro, region=EMEA. Nothing for everybody.",
                longest=200,
            ),
        ],
        callback_id=FORM,
        submit="Keep" if of else "Subscribe",
        private_metadata=str(known.id) if of else "",
    )


def read_subscription_form(
    body: dict[str, Any], before: Subscription | None
) -> Subscription | dict[str, str]:
    """The subscription, or what is wrong by the field of the form."""
    try:
        values = {b: fields[_FIELD] for b, fields in body["view"]["state"]["values"].items()}
        person = str(body["user"]["id"])
    except (KeyError, TypeError) as error:
        raise Misunderstood("This form does not say which subscription it is about.") from error
    pairs = [pair.strip() for pair in _typed(values, "segment").split(",") if pair.strip()]
    typed_zone, at = _typed(values, "zone"), _typed(values, "at")
    made = Subscription(
        channel=str((values.get("channel") or {}).get("selected_conversation") or ""),
        edition=Edition(_option(values, "edition", Edition.WEEKLY)),
        weekday=_option(values, "weekday", "mon"),
        at=at.zfill(5) if ":" in at else at,
        zone=zone_named(typed_zone) or typed_zone,
        language=_option(values, "language", "en"),
        segment=tuple(_pair(pair) for pair in pairs if "=" in pair),
        made_by=person,
    )
    wrong = faults(made)
    if any("=" not in pair for pair in pairs):
        wrong["segment"] = "Write a field, =, and what it must be, as in plan=pro."
    if wrong:
        return wrong
    if before is None:
        return made
    return replace(made, id=before.id, paused=before.paused, made_by=before.made_by)


def read_button(body: dict[str, Any]) -> int:
    """Which subscription a click is about; 0 of that in config.yaml."""
    try:
        return int(body["actions"][0]["value"])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise Misunderstood("This click does not say which subscription it is about.") from error


def subscribed(planned: Planned, definition: Definition) -> Message:
    told = f"{_line(planned, definition)} `/keeprate subscribe` lists all, and changes them."
    return _say(told)


def unsubscribed(of: Subscription) -> Message:
    return _say(f"{_name(of)} comes in <#{of.channel}> no more.")


def no_such(of: Subscription, others: Sequence[Subscription]) -> Message:
    """There is nothing to end; what there is in that channel."""
    there = [each.name for each in others if each.channel == of.channel]
    near = nearest(of.name, there)
    known = f" There is the {escape(near[0])}." if near else ""
    return _say(f"No {escape(of.name)} is subscribed to in <#{of.channel}>.{known}")


def gone() -> Message:
    return _say("This subscription has ended. `/keeprate subscribe` lists those that there are.")


def in_config() -> Message:
    return _say(
        "This one is `weekly_post` in config.yaml: change it there, and start anew. It can be"
        " paused here."
    )


def sent(of: Subscription) -> Message:
    return _say(f"{_name(of)} goes to <#{of.channel}> now.")


def not_there(name: str, why: str) -> Message:
    """It cannot be posted in that channel."""
    return _say(f"Nothing can be posted in {name}: {why}")


def _line(each: Planned, definition: Definition) -> str:
    of = each.of
    when = f"{_DAYS[of.weekday]} at {of.at}" if not of.cron else f"`{of.cron}`"
    if of.edition is not Edition.WEEKLY:
        when = f"the first {when} after each {of.edition.kind}"
    elif not of.cron:
        when = f"every {when}"
    also = [] if of.zone == definition.zone else [of.zone]
    also += [] if of.language == "en" else [_LANGUAGES.get(of.language, of.language)]
    also += ["of config.yaml"] if of.cron else []
    told = ", ".join([f"*{_name(of)}* in <#{of.channel}>: {when}", *map(escape, also)])
    if of.paused:
        return f"{told}. It is paused."
    return f"{told}. Next on {wording.moment(each.next, definition)}." if each.next else f"{told}."


def _name(of: Subscription) -> str:
    segment = f", {wording.segment(of.segment)}" if of.segment else ""
    return f"{wording.capital(f'{of.edition} post')}{segment}"


def _buttons(of: Subscription) -> list[Block]:
    name = f"{of.name} in {of.channel}"
    shown: list[tuple[str, str, str]] = [
        ("Preview", PREVIEW, ""),
        ("Send now", SEND, "It goes to the channel at once, for all to see."),
        ("Go on" if of.paused else "Pause", PAUSE, ""),
    ]
    if of.id:
        shown += [("Change", CHANGE, ""), ("End", END, "It is posted there no more.")]
    return [
        button(
            label,
            action_id=action,
            value=str(of.id),
            accessibility_label=f"{label}: {name}",
            confirm=confirm,
        )
        for label, action, confirm in shown
    ]


def _menu(label: str, block_id: str, options: Mapping[Any, str], chosen: str) -> Block:
    shown = {str(value): told for value, told in options.items()}
    return select_input(label, shown, block_id=block_id, action_id=_FIELD, chosen=str(chosen))


def _pair(word: str) -> tuple[str, str]:
    name, _, label = word.partition("=")
    return name.strip(), label.strip().strip('"')


def _typed(values: Any, block: str) -> str:
    return str((values.get(block) or {}).get("value") or "").strip()


def _option(values: Any, block: str, otherwise: str) -> str:
    chosen = (values.get(block) or {}).get("selected_option") or {}
    return str(chosen.get("value") or otherwise)


def _say(told: str) -> Message:
    return Message(told.replace("`", "").replace("*", ""), (section(told),))
