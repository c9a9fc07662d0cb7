"""What `/crr who joined` answers: the new ones and those who came back, a part at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.definition import Definition
from bot.domain.period import Period, SoFar
from bot.domain.pulls import Freshness
from bot.messages import limits, wording
from bot.messages.blocks import (
    Block,
    Message,
    actions,
    bold,
    button,
    context,
    cut,
    escape,
    header,
    more_button,
    section,
    sections,
)
from bot.messages.churn import MORE as LEFT
from bot.messages.churn import part_of
from bot.messages.languages import tr, trn

MORE = "joined_more"
"""The button that shows the next of who joined."""
AT_ONCE = 20
"""How many are shown together."""


@dataclass(frozen=True, slots=True)
class Joiner:
    name: str
    since: date
    owner: str = ""
    came_back: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    period: Period
    so_far: SoFar | None
    new: int
    won_back: int
    early: int
    """Who joined and left inside of the period, and so is in none of the lists."""
    shown: Sequence[Joiner]
    first: int
    """How many come before those shown."""


def joined_answer(
    found: Joined,
    *,
    words: str,
    freshness: Freshness | None,
    definition: Definition,
    segment: Sequence[tuple[str, str]] = (),
    known_at: datetime | None = None,
) -> Message:
    """`words` are what was typed, for the button that shows more; `known_at` is the moment of the
    past as of which it was asked."""
    title = f"{wording.period(found.period)} {wording.so_far(found.so_far)}".rstrip()
    of = f", {wording.segment(segment)}" if segment else ""
    total = found.new + found.won_back
    told = _told(wording.capital(title) + of, found)
    early = trn(
        "{n} more joined and left again in these days.",
        "{n} more joined and left again in these days.",
        found.early,
    )
    people = [_joiner(each) for each in found.shown]
    last = found.first + len(people)
    which = tr("{first} to {last} of {n}:", first=found.first + 1, last=last, n=total)
    listed = [*([which] if found.first or last < total else []), *people] if people else []
    # Who is new, and who came back, is told by all of the past.
    fresh = wording.freshness(freshness, definition) if freshness else tr("No data yet")
    as_known = wording.as_known(known_at, definition)
    lines = [told, *([early] if found.early else []), *([as_known] if as_known else [])]
    return Message(
        text="\n".join([*lines, *listed, fresh]),
        blocks=(
            header(tr("Who joined: {period}", period=title)),
            section("\n".join([bold(lines[0]), *lines[1:]])),
            *sections(listed),
            context(fresh, tr("Days of {zone}.", zone=definition.zone)),
            *more_button(MORE, last, total, at_once=AT_ONCE, value=part_of(words, last)),
        ),
    )


def _told(period: str, found: Joined) -> str:
    """How many they are; those of one kind alone are counted once."""
    new, back = found.new, found.won_back
    if not new + back:
        stayed = tr("{period}: nobody joined and stayed.", period=period)
        return stayed if found.early else tr("{period}: nobody joined.", period=period)
    customers = wording.number(new + back, "customer")
    if not back:
        return tr("{period}: {customers} joined.", period=period, customers=customers)
    if not new:
        return tr(
            "{period}: {customers} came back, nobody is new.", period=period, customers=customers
        )
    return tr(
        "{period}: {customers} joined, {new} of them new and {back} who came back.",
        period=period,
        customers=customers,
        new=new,
        back=back,
    )


def list_buttons(words: str, *, left: int, joined: int) -> tuple[Block, ...]:
    """Below a figure that names some of them: buttons that list who left and who joined, of the
    question in these words; nothing where all of them are named."""
    shown = [
        button(label, action_id=action, value=value)
        for label, action, value, count in (
            (tr("List who left"), LEFT, part_of(words, 0), left),
            (
                tr("List who joined"),
                MORE,
                part_of(f"who joined {words}".rstrip(), 0),
                joined,
            ),
        )
        if count > wording.NAMES_SHOWN and len(value) <= limits.BUTTON_VALUE
    ]
    return (actions(*shown, block_id="lists"),) if shown else ()


def _joiner(who: Joiner) -> str:
    """• Acme, since 9 Nov 2026; Omar Haddad; came back."""
    name = escape(cut(who.name, wording.NAME_LONGEST))
    told = [
        tr("{customer}, since {day}", customer=name, day=wording.day(who.since)),
        escape(cut(who.owner, wording.NAME_LONGEST)),
        tr("came back") if who.came_back else "",
    ]
    return f"• {'; '.join(filter(None, told))}"
