"""App Home: the figures, the person's own accounts, what waits for them, and what can be set.

Every action_id, callback_id and value of it is written here and read here; buttons that stand under
a message as well are those of that message.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from bot.domain.definition import Definition
from bot.domain.loops import Loop, LoopState
from bot.domain.period import Period
from bot.domain.pulls import Freshness, Pull
from bot.domain.retention import Counts
from bot.domain.roles import Role
from bot.domain.tickets import LastRead
from bot.messages import alerts, limits, loops, wording
from bot.messages.blocks import (
    Block,
    Message,
    actions,
    bold,
    button,
    context,
    cut,
    divider,
    escape,
    header,
    home,
    modal,
    saying,
    section,
    sections,
    static_select,
)
from bot.messages.counting import WHAT_IT_IS
from bot.messages.failures import failure
from bot.messages.keeprate import refusal
from bot.messages.languages import tr, trn
from bot.messages.weekly import Line, against, notes

ACCOUNTS = "home:accounts"
"""The button that lists the person's accounts; its value is how many were shown before."""
ACCOUNTS_VIEW = "home:accounts_view"
"""The callback_id of that list."""
FIGURES_OF = "home:figures"
"""The menu that says whose figures are shown."""
AGAIN, DISMISS = "delivery:again", "delivery:dismiss"
"""The action_ids of the buttons under a message that failed; their value is its key."""
EARLIER, MORE = "home:earlier", "home:more"
"""The buttons below a long list that show another part of it; their value says how many of each
list come before what is shown then."""
EVERYBODY, MINE = "everybody", "mine"
"""What may be chosen in the menu."""

ACCOUNTS_AT_ONCE = 20
_INCIDENTS, _LOOPS, _HELD, _FAILED, _SOURCES = 4, 4, 3, 4, 10
"""How many of each are shown at once, so that all of it has room in a hundred blocks."""
_WHY_LONGEST = 300

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Account:
    """A customer whom the person looks after."""

    name: str
    since: date
    ends: date | None = None
    """The end of their term, if it is soon."""


@dataclass(frozen=True, slots=True)
class Mine:
    """The accounts of the person."""

    customers: int
    """Of today."""
    month: Period
    counts: Counts | None
    left: Sequence[str] = ()
    """Names of who left since that month began, ten being enough."""
    left_count: int = 0
    ending: Sequence[tuple[str, date]] = ()
    """Names of those whose term ends soon, and when."""
    ending_count: int = 0


@dataclass(frozen=True, slots=True)
class Open:
    """An alert that is open."""

    id: int
    rule: str
    said: str
    """Its first sentence, escaped."""
    link: str = ""
    """Where its message stands."""
    acknowledged_by: str = ""
    assigned_to: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A message that did not reach its channel, or of which nobody knows whether it did."""

    key: str
    what: str
    channel: str
    why: str
    since: datetime
    is_uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Home:
    """All that one person is shown."""

    person: str
    role: Role
    lines: Sequence[Line] = ()
    counted: Sequence[str] = ()
    """Lines where customers are only counted (escaped)."""
    figures_of: str = EVERYBODY
    mine: Mine | None = None
    """None where the source says of no customer that they look after them."""
    incidents: Sequence[Open] = ()
    loops: Sequence[Loop] = ()
    """Low scores that are this person's to deal with."""
    names: Mapping[int, str] = field(default_factory=dict)
    """Of their customers, by number."""
    other_loops: int = 0
    freshness: Sequence[Freshness] = ()
    helpdesks: Sequence[LastRead] = ()
    held: Sequence[Pull] = ()
    failed: Sequence[Failed] = ()
    settings: Sequence[Block] = ()
    """Blocks of what can be changed here: rules and the like, a few dozen at most."""
    turned: Mapping[str, int] = field(default_factory=dict)
    """By the name of a list, how many of it come before those that are shown."""


def home_view(told: Home, definition: Definition) -> Block:
    """What somebody sees who may see figures; without lines there is none to see yet."""
    return home(
        (
            header(tr("Are our customers staying?")),
            *_figures(told),
            *_mine(told, definition),
            *_incidents(told),
            *_loops(told, definition),
            *(_held(told, definition) if told.role >= Role.ADMIN else ()),
            *(_failed(told, definition) if told.role >= Role.ADMIN else ()),
            *_sources(told, definition),
            *told.settings,
            divider(),
            context(
                tr("What can be typed: `/keeprate help` lists it, and each command has `help`.")
            ),
        )
    )


def unnamed_view(role: Role) -> Block:
    """The view for whoever may see no figures."""
    told = (
        tr("Here you can answer questions that are asked in your channels.")
        if role is Role.OUTSIDE
        else refusal(role, Role.VIEWER).text
    )
    return home((header("Keeprate"), section(told)))


def accounts_view(shown: Sequence[Account], first: int, total: int) -> Block:
    """Some of the person's accounts, in the order of their names; `first` come before those."""
    lines = [_account(each) for each in shown]
    last = first + len(shown)
    buttons = [
        button(label, action_id=ACCOUNTS, value=str(at))
        for label, at in (
            (tr("Earlier"), max(first - ACCOUNTS_AT_ONCE, 0) if first else -1),
            (tr("More"), last if last < total else -1),
        )
        if at >= 0
    ]
    # Slack takes two buttons of one action_id only if they stand in blocks of their own.
    return modal(
        tr("Your accounts"),
        (
            *sections(lines or [tr("There are none.")]),
            *(actions(each, block_id=f"accounts:{each['value']}") for each in buttons),
            *(
                [context(tr("{first} to {last} of {n}.", first=first + 1, last=last, n=total))]
                if shown
                else []
            ),
        ),
        callback_id=ACCOUNTS_VIEW,
    )


def not_waiting() -> Message:
    """Somebody else has decided, or it has arrived after all."""
    told = tr("This message does not wait for a decision any more.")
    return saying(told)


def decided(what: str, channel: str, *, again: bool) -> Message:
    """What became of a message that had not arrived."""
    of = tr(what)
    if again:
        shown = tr("{what} for {place} is sent again.", what=escape(of), place=_place(channel))
        return Message(tr("{what} is sent again.", what=escape(of)), (section(shown),))
    shown = tr("{what} for {place} is dismissed.", what=escape(of), place=_place(channel))
    return Message(tr("{what} is dismissed.", what=escape(of)), (section(shown),))


def read_first(body: dict[str, Any]) -> int:
    """From which account on to show, of a click on the button."""
    value = str(body["actions"][0].get("value", ""))
    return int(value) if value.isdigit() else 0


def read_turned(body: dict[str, Any]) -> dict[str, int]:
    """Which parts of its lists to show, of a click on a button below one."""
    value = json.loads(body["actions"][0]["value"])
    return {str(name): int(first) for name, first in value.items()}


def read_figures_of(body: dict[str, Any]) -> str:
    """What was chosen in the menu."""
    chosen = body["actions"][0].get("selected_option") or {}
    return MINE if chosen.get("value") == MINE else EVERYBODY


def _figures(told: Home) -> tuple[Block, ...]:
    fields = [_field(line) for line in told.lines] or list(told.counted)
    none = (
        tr("There are no figures of your accounts yet.")
        if told.figures_of == MINE
        else tr("There are no figures yet.")
    )
    shown = section(fields=fields) if fields else section(none)
    estimate = (context(tr(WHAT_IT_IS)),) if told.counted else ()
    return (shown, *notes(told.lines), *estimate, *_menu(told))


def _menu(told: Home) -> tuple[Block, ...]:
    """Only who has accounts can choose them."""
    if told.mine is None:
        return ()
    options = {EVERYBODY: tr("Figures of all customers"), MINE: tr("Figures of your accounts")}
    menu = static_select(tr("Whose figures"), options, action_id=FIGURES_OF, chosen=told.figures_of)
    return (actions(menu, block_id="figures of"),)


def _mine(told: Home, definition: Definition) -> tuple[Block, ...]:
    mine = told.mine
    if mine is None:
        return ()
    month, begun = wording.period(mine.month), wording.day(mine.month.first)
    left = wording.names(mine.left, mine.left_count)
    lines = [
        tr("You look after {customers}.", customers=wording.number(mine.customers, "customer")),
        f"{wording.capital(month)}: {wording.crr(mine.counts)}." if mine.counts else "",
        tr("Left since {day}: {names}.", day=begun, names=left)
        if mine.left_count
        else tr("Nobody left since {day}.", day=begun),
        _ending(mine),
    ]
    listed = button(
        tr("List them"),
        action_id=ACCOUNTS,
        value="0",
        accessibility_label=tr("List your accounts"),
    )
    return (
        header(tr("Your accounts")),
        section("\n".join(filter(None, lines))),
        *((actions(listed, block_id="accounts"),) if mine.customers else ()),
    )


def _ending(mine: Mine) -> str:
    if not mine.ending_count:
        return ""
    shown = [
        tr("{customer} on {day}", customer=name, day=wording.day_of_month(day))
        for name, day in (
            (escape(cut(name, wording.NAME_LONGEST)), day)
            for name, day in mine.ending[: wording.NAMES_SHOWN]
        )
    ]
    more = mine.ending_count - len(shown)
    if more:
        listed = (
            tr("{names} and {more} more", names=", ".join(shown), more=more)
            if shown
            else wording.number(more, "customer")
        )
    else:
        listed = wording.listed(shown)
    return tr("Terms that end soon: {names}.", names=listed)


def _account(of: Account) -> str:
    """• Acme, since 1 Mar 2024; the term ends on 9 Dec 2026."""
    name, since = escape(cut(of.name, wording.NAME_LONGEST)), wording.day(of.since)
    if of.ends is None:
        return "• " + tr("{customer}, since {day}", customer=name, day=since)
    return "• " + tr(
        "{customer}, since {day}; the term ends on {end}",
        customer=name,
        day=since,
        end=wording.day(of.ends),
    )


def _incidents(told: Home) -> tuple[Block, ...]:
    """Theirs first, then those that nobody looks after."""
    if not told.incidents:
        return (header(tr("Open alerts")), section(tr("None.")))
    person = told.person

    def rank(each: Open) -> int:
        if person in (each.assigned_to, each.assigned_to or each.acknowledged_by):
            return 0
        return 1 if not (each.assigned_to or each.acknowledged_by) else 2

    blocks: list[Block] = [header(tr("Open alerts"))]
    shown, turning = _part(told, "alerts", sorted(told.incidents, key=rank), _INCIDENTS)
    for each in shown:
        name = f"<{each.link}|{escape(each.rule)}>" if each.link else escape(each.rule)
        who = each.assigned_to or each.acknowledged_by
        whose = _whose(who, person)
        blocks.append(section("\n".join(filter(None, (bold(name), whose, each.said)))))
        if told.role >= Role.OPERATOR:
            blocks.append(_incident_buttons(each))
    return (*blocks, *turning)


def _whose(who: str, person: str) -> str:
    if not who:
        return ""
    return tr("Yours.") if who == person else tr("{person} looks after it.", person=f"<@{who}>")


def _incident_buttons(of: Open) -> Block:
    seen = [(tr("Acknowledge"), alerts.ACKNOWLEDGE)] if not of.acknowledged_by else []
    shown = [
        *seen,
        (tr("Assign"), alerts.ASSIGN),
        (tr("Snooze"), alerts.SNOOZE),
        (tr("Resolve"), alerts.RESOLVE),
    ]
    return actions(
        *(
            button(
                label,
                action_id=action,
                value=str(of.id),
                accessibility_label=f"{label}: {of.rule}",
            )
            for label, action in shown
        ),
        block_id=f"alert:{of.id}",
    )


def _loops(told: Home, definition: Definition) -> tuple[Block, ...]:
    if not told.loops and not told.other_loops:
        return ()
    blocks: list[Block] = [header(tr("Low scores that wait for an answer"))]
    if not told.loops:
        blocks.append(section(tr("None of them is yours.")))
    shown, turning = _part(told, "loops", told.loops, _LOOPS)
    for each in shown:
        low = each.of
        moment = wording.moment(each.opened_at, definition)
        if low.rated:
            said = f"{loops.rated(low.rated, loops.score(low))}, {moment}."
        else:
            said = tr(
                "{person} gave {score} in {channel}, {moment}.",
                person=f"<@{escape(low.person)}>",
                score=loops.score(low),
                channel=f"<#{escape(low.channel)}>",
                moment=moment,
            )
        whose = tr("Yours.") if each.state is LoopState.TAKEN else ""
        name = told.names.get(low.customer or 0, "")
        named = bold(f"{escape(name)}:") if name else ""
        blocks.append(section(" ".join(filter(None, (whose, named, said)))))
        blocks += loops.buttons(each, block_id=f"loop:{each.id}")
    blocks += turning
    if told.other_loops:
        others = trn(
            "{n} low score is for others to answer.",
            "{n} low scores are for others to answer.",
            told.other_loops,
        )
        blocks.append(context(others))
    return tuple(blocks)


def _held(told: Home, definition: Definition) -> tuple[Block, ...]:
    if not told.held:
        return ()
    blocks: list[Block] = [header(tr("Held pulls"))]
    shown, turning = _part(told, "held", told.held, _HELD)
    for pull in shown:
        when = wording.moment(pull.finished_at or pull.started_at, definition)
        why = cut(escape(failure(pull.sentence)), _WHY_LONGEST)
        blocks.append(section(f"{bold(escape(pull.source))}, {when}: {why}"))
        blocks.append(
            alerts.held_buttons(pull.source, pull.id, missing=True, block_id=f"held:{pull.id}")
        )
    return (*blocks, *turning)


def _failed(told: Home, definition: Definition) -> tuple[Block, ...]:
    if not told.failed:
        return ()
    blocks: list[Block] = [header(tr("Messages that did not arrive"))]
    shown, turning = _part(told, "failed", told.failed, _FAILED)
    for each in shown:
        what = tr(
            "{what} for {place}, {moment}:",
            what=bold(escape(tr(each.what))),
            place=_place(each.channel),
            moment=wording.moment(each.since, definition),
        )
        doubt = tr("Slack may have it: look there first.") if each.is_uncertain else ""
        why = cut(escape(failure(each.why, of=f"posting to {each.channel}")), _WHY_LONGEST)
        blocks.append(section(" ".join(filter(None, (what, doubt, why)))))
        blocks.append(failed_buttons(each.key, each.what))
    return (*blocks, *turning)


def _place(id: str) -> str:
    return f"<@{id}>" if id.startswith(("U", "W")) else f"<#{id}>"


def failed_buttons(key: str, what: str) -> Block:
    """Send again, or say that it need not be sent."""
    return actions(
        button(
            tr("Send again"),
            action_id=AGAIN,
            value=key,
            accessibility_label=tr("Send again: {what}", what=tr(what)),
        ),
        button(
            tr("Dismiss"),
            action_id=DISMISS,
            value=key,
            accessibility_label=tr("Dismiss: {what}", what=tr(what)),
            confirm=tr("It is not sent any more."),
        ),
        block_id=cut(f"delivery:{key}", limits.BLOCK_ID),
    )


def _sources(told: Home, definition: Definition) -> tuple[Block, ...]:
    lines = [wording.freshness(each, definition) for each in told.freshness]
    lines += [wording.helpdesk(each, definition) for each in told.helpdesks]
    shown, turning = _part(told, "sources", lines, _SOURCES)
    listed = "\n".join(cut(line, _WHY_LONGEST) for line in shown)
    return (
        header(tr("Sources")),
        section(listed or tr("No source was pulled yet.")),
        *turning,
    )


def _part(
    told: Home, name: str, every: Sequence[T], at_once: int
) -> tuple[Sequence[T], tuple[Block, ...]]:
    """What of a list is shown, and the buttons below it; of a list that has become shorter, its
    last part."""
    total = len(every)
    last_part = max(total - 1, 0) // at_once * at_once
    first = min(max(told.turned.get(name, 0), 0), last_part)
    after = first + at_once
    buttons = [
        button(label, action_id=action, value=json.dumps({**told.turned, name: at}))
        for label, action, at in (
            (tr("Earlier"), EARLIER, max(first - at_once, 0) if first else -1),
            (
                tr("Show {n} more", n=min(at_once, total - after)),
                MORE,
                after if after < total else -1,
            ),
        )
        if at >= 0
    ]
    turning = (actions(*buttons, block_id=f"turn {name}"),) if buttons else ()
    return every[first:after], turning


def _field(line: Line) -> str:
    title = wording.titled(line.period)
    title = f"{wording.capital(title)} {wording.so_far(line.so_far)}".rstrip()
    told = wording.crr(line.counts) if line.counts else escape(line.why)
    return "\n".join(filter(None, (f"*{title}*", told, against(line))))
