"""What is posted where and when: the list with its buttons, the form, and what is said of both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.domain.definition import Definition
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
    advising,
    button,
    channel_input,
    context,
    divider,
    escape,
    header,
    modal,
    more_button,
    plain_input,
    section,
    select_input,
)
from bot.messages.languages import ENGLISH, OWN_NAMES, later, retold, tr, trn

NEW, CHANGE, END = "subscription:new", "subscription:change", "subscription:end"
PREVIEW, SEND, PAUSE = "subscription:preview", "subscription:send", "subscription:pause"
"""The action_ids of the buttons; their value is the subscription's id, 0 of that in config.yaml."""
FORM = "subscription:form"
"""The callback_id; private_metadata is the channel in which the button was pressed, a colon, and
the id of the subscription that is changed; each may be ""."""
_FIELD = "chosen"
SHOWN = 15
MORE = "subscriptions:more"
"""The button that shows the next ones."""

_EDITIONS = {
    Edition.WEEKLY: later("weekly: every week"),
    Edition.MONTHLY: later("monthly: after each month"),
    Edition.QUARTERLY: later("quarterly: after each quarter"),
}
_CALLED = {
    Edition.WEEKLY: later("Weekly post"),
    Edition.MONTHLY: later("Monthly post"),
    Edition.QUARTERLY: later("Quarterly post"),
}
_WHEN = {
    Edition.WEEKLY: later("every {weekday} at {at}"),
    Edition.MONTHLY: later("the first {weekday} after each month at {at}"),
    Edition.QUARTERLY: later("the first {weekday} after each quarter at {at}"),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A subscription and when it comes next."""

    of: Subscription
    next: datetime | None
    """None while it is paused."""


def subscriptions_list(
    planned: Sequence[Planned], definition: Definition, *, first: int = 0, most: int = SHOWN
) -> Message:
    """`most` of them after the `first` ones; that of config.yaml is changed there."""
    blocks: list[Block] = [header(tr("What is posted where"))]
    shown = planned[first : first + most]
    lines = [_line(each, definition) for each in shown]
    for each, line in zip(shown, lines, strict=True):
        blocks += [
            section(line),
            actions(*_buttons(each.of), block_id=f"subscription:{each.of.id}"),
        ]
    if (more := len(planned) - first - most) > 0:
        lines.append(trn("and {n} more post", "and {n} more posts", more))
    blocks += more_button(MORE, first + most, len(planned), at_once=SHOWN)
    if not planned:
        lines = [tr("Nothing is posted by itself yet.")]
        blocks.append(section(lines[0]))
    blocks += [
        divider(),
        actions(
            button(tr("New subscription"), action_id=NEW, style="primary"), block_id="subscriptions"
        ),
        context(tr("Or type `/keeprate subscribe weekly` in a channel; `monthly`, `quarterly`.")),
    ]
    return Message("\n".join(lines).replace("`", ""), tuple(blocks))


def subscription_form(
    of: Subscription | None, channel: str, zone: str, language: str = ENGLISH
) -> Block:
    """For a new one, of `channel` and in this zone and language, or for one that is changed."""
    known = of or Subscription(channel, zone=zone, language=language)
    return modal(
        tr("Change a subscription") if of else tr("A new subscription"),
        [
            channel_input(
                tr("Channel"), block_id="channel", action_id=_FIELD, chosen=known.channel
            ),
            _menu(
                tr("Edition"), "edition", {e: tr(t) for e, t in _EDITIONS.items()}, known.edition
            ),
            _menu(tr("On"), "weekday", _days(), known.weekday),
            plain_input(
                tr("At"),
                block_id="at",
                action_id=_FIELD,
                initial=known.at,
                longest=5,
                hint=tr(
                    "A time of the day, as in 09:00. After a month or a quarter it comes on the"
                    " first such day."
                ),
            ),
            plain_input(
                tr("Time zone"),
                block_id="zone",
                action_id=_FIELD,
                initial=known.zone,
                longest=60,
                hint=tr("As in Europe/Amsterdam."),
            ),
            _menu(tr("Language"), "language", {n: OWN_NAMES[n] for n in LANGUAGES}, known.language),
            plain_input(
                tr("Only customers with"),
                block_id="segment",
                action_id=_FIELD,
                initial=", ".join(f"{name}={label}" for name, label in known.segment),
                optional=True,
                hint=tr(
                    "Fields and what they must be: plan=pro, region=EMEA. Nothing for everybody."
                ),
                longest=200,
            ),
        ],
        callback_id=FORM,
        submit=tr("Keep") if of else tr("Subscribe"),
        private_metadata=f"{channel}:{known.id if of else ''}",
    )


def read_place(body: dict[str, Any]) -> tuple[str, str]:
    """Where the button was pressed that opened a form, and the id of what is changed."""
    channel, _, id = str(body["view"]["private_metadata"]).partition(":")
    return channel, id


def read_subscription_form(
    body: dict[str, Any], before: Subscription | None
) -> Subscription | dict[str, str]:
    """The subscription, or what is wrong by the field of the form."""
    try:
        values = {b: fields[_FIELD] for b, fields in body["view"]["state"]["values"].items()}
        person = str(body["user"]["id"])
    except (KeyError, TypeError) as error:
        raise Misunderstood(tr("This form does not say which subscription it is about.")) from error
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
    wrong = {field: retold(why) for field, why in faults(made).items()}
    if any("=" not in pair for pair in pairs):
        wrong["segment"] = tr("Write a field, =, and what it must be, as in plan=pro.")
    if wrong:
        return wrong
    if before is None:
        return made
    return replace(made, id=before.id, paused=before.paused, made_by=before.made_by)


def read_button(body: dict[str, Any]) -> int:
    """Which subscription a click is about; 0 of that in config.yaml."""
    try:
        return int(str(body["actions"][0]["value"]).partition(":")[0])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise Misunderstood(
            tr("This click does not say which subscription it is about.")
        ) from error


def read_paused(body: dict[str, Any]) -> bool | None:
    """Whether it is to be paused; None of a message from before that stood in the button."""
    wanted = str(body["actions"][0]["value"]).partition(":")[2]
    return wanted == "pause" if wanted else None


def next_posts(planned: Sequence[Planned], most: int) -> list[tuple[datetime, str]]:
    """The `most` that come first, and where, with when that is."""
    coming = sorted(
        ((each.next, each.of) for each in planned if each.next is not None),
        key=lambda each: (each[0], each[1].id),
    )
    return [
        (at, tr("{post} in {channel}", post=_name(of), channel=_place(of)))
        for at, of in coming[:most]
    ]


def subscribed(planned: Planned, definition: Definition) -> Message:
    lists = tr("`/keeprate subscribe` lists all, and changes them.")
    return advising(f"{_line(planned, definition)} {lists}")


def unsubscribed(of: Subscription) -> Message:
    return advising(tr("{post} comes in {channel} no more.", post=_name(of), channel=_place(of)))


def no_such(of: Subscription, others: Sequence[Subscription]) -> Message:
    """There is nothing to end; what there is in that channel."""
    there = [_name(each) for each in others if each.channel == of.channel]
    told = tr("{post}: there is none in {channel}.", post=_name(of), channel=_place(of))
    known = tr("There is: {posts}.", posts="; ".join(there)) if there else ""
    return advising(f"{told} {known}".rstrip())


def gone() -> Message:
    return advising(
        tr("This subscription has ended. `/keeprate subscribe` lists those that there are.")
    )


def in_config() -> Message:
    return advising(
        tr(
            "This one is `weekly_post` in config.yaml: change it there, and start anew. It can be"
            " paused here."
        )
    )


def sent(of: Subscription) -> Message:
    return advising(tr("{post} goes to {channel} now.", post=_name(of), channel=_place(of)))


def just_sent(of: Subscription) -> Message:
    told = tr("{post} went to {channel} just now.", post=_name(of), channel=_place(of))
    return advising(f"{told} {tr('It is not sent twice within a minute.')}")


def not_there(name: str, why: str) -> Message:
    """It cannot be posted in that channel."""
    return advising(tr("Nothing can be posted in {channel}: {why}", channel=name, why=why))


def _line(each: Planned, definition: Definition, name: str = "") -> str:
    of = each.of
    when = tr(_WHEN[of.edition], weekday=_days()[of.weekday], at=of.at)
    if of.cron:
        when = tr("{when}, of config.yaml", when=wording.schedule(of.cron))
    also = [] if of.zone == definition.zone else [escape(of.zone)]
    also += [] if of.language == "en" else [OWN_NAMES.get(of.language, of.language)]
    told = tr("{post} in {channel}: {when}", post=name or _name(of), channel=_place(of), when=when)
    parts = [f"{', '.join([told, *also])}."]
    if of.paused:
        parts.append(tr("It is paused."))
    elif each.next:
        parts.append(tr("Next on {moment}.", moment=wording.moment(each.next, definition)))
    return " ".join(parts)


def _name(of: Subscription) -> str:
    segment = f", {wording.segment(of.segment)}" if of.segment else ""
    return f"{tr(_CALLED[of.edition])}{segment}"


def _place(of: Subscription) -> str:
    return f"<#{of.channel}>"


def _days() -> dict[str, str]:
    return dict(zip(WEEKDAYS, wording.weekdays(), strict=True))


def _buttons(of: Subscription) -> list[Block]:
    shown: list[tuple[str, str, str]] = [
        (tr("Preview"), PREVIEW, ""),
        (tr("Send now"), SEND, tr("It goes to the channel at once, for all to see.")),
        (tr("Go on") if of.paused else tr("Pause"), PAUSE, ""),
    ]
    if of.id:
        shown += [
            (tr("Change"), CHANGE, ""),
            (tr("End"), END, tr("It is posted there no more.")),
        ]
    return [
        button(
            label,
            action_id=action,
            value=f"{of.id}:{'go on' if of.paused else 'pause'}" if action == PAUSE else str(of.id),
            accessibility_label=f"{label}: {_name(of)}, {of.channel}",
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
