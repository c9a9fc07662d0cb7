"""What `/churn` answers: who left, why, and what they paid."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.comparison import Figure
from bot.domain.definition import Definition
from bot.domain.pulls import Freshness
from bot.domain.reasons import Cause
from bot.messages import wording
from bot.messages.alerts import Leaver, known_of
from bot.messages.blocks import (
    Message,
    bold,
    context,
    cut,
    escape,
    header,
    more_button,
    section,
    sections,
)
from bot.messages.languages import later, tr
from bot.messages.reasons import (
    reasons_in_letters,
    reasons_sentence,
    reasons_table,
    reasons_told,
)

MORE = "churn_more"
"""The button that shows the next of who left."""

AT_ONCE = 20
"""How many of who left are shown together."""

HELP = (
    ("/churn", later("who left in the last finished month, why, and what they paid")),
    ("/churn week", later("in the last finished week; any period that /crr knows")),
    ("/churn q3 plan=pro", later("of the customers whose plan was pro when the quarter began")),
    ("/churn help", later("this list")),
)


@dataclass(frozen=True, slots=True)
class Churn:
    """Who left in a period, with all that is known of them."""

    figure: Figure
    before: Figure | None
    shown: Sequence[Leaver]
    """Some of who left, in the order of their names."""
    first: int
    """How many of who left come before those shown."""
    causes: Sequence[Cause]
    """Why all of them left, as far as somebody said it."""
    lost_monthly: float | None
    """What all of them paid a month on the eve of the period; None where that is not told."""
    currency: str = ""


def churn_answer(
    found: Churn,
    *,
    words: str,
    freshness: Freshness | None,
    definition: Definition,
    segment: Sequence[tuple[str, str]] = (),
    known_at: datetime | None = None,
) -> Message:
    """`words` are what was typed, for the button that shows more; `known_at` is the moment of the
    past as of which it was asked."""
    counts, when = found.figure.counts, wording.period(found.figure.period)
    of = f", {wording.segment(segment)}" if segment else ""
    told = _sentence(found, when, of)
    notes = [
        _paid(found),
        wording.small_base(counts, definition),
        wording.as_known(known_at, definition),
    ]
    people = [_leaver(each) for each in found.shown]
    last = found.first + len(people)
    which = ""
    if found.first or last < counts.lost:
        which = tr(
            "{first} to {last} of {lost}:", first=found.first + 1, last=last, lost=counts.lost
        )
    listed = [which, *people] if people else []
    eve = min(each.period.eve for each in (found.figure, found.before or found.figure))
    fresh = tr("No data yet")
    if freshness:
        fresh = wording.freshness(freshness, definition, reaching=eve)
    lines = [line for line in (told, *notes) if line]
    title = f"{when} {wording.so_far(found.figure.so_far)}".rstrip()
    above = (
        header(tr("Who left: {period}", period=title)),
        section("\n".join([bold(lines[0]), *lines[1:]])),
    )
    unknown = _not_known(found)
    below = (
        *sections(filter(None, listed)),
        *([context(" ".join(unknown))] if unknown else []),
        context(fresh, tr("Churn rate = lost / opening. Days of {zone}.", zone=definition.zone)),
        *more_button(MORE, last, counts.lost, at_once=AT_ONCE, value=part_of(words, last)),
    )
    table = reasons_table(found.causes, found.currency)
    letters = reasons_in_letters(found.causes, found.currency)
    return Message(
        text="\n".join(
            filter(
                None,
                [
                    *lines,
                    reasons_sentence(found.causes, found.currency),
                    *listed,
                    *unknown,
                    fresh,
                ],
            )
        ),
        blocks=(*above, *table, *below),
        fallback=(*above, *letters, *below) if table else None,
    )


def churn_help() -> Message:
    told = "\n".join(f"`{command}`  {tr(what)}" for command, what in HELP)
    return Message(told.replace("`", ""), (header("/churn"), section(told)))


def part_of(words: str, first: int) -> str:
    """What a button says that lists more of what was asked for in these words, from there on."""
    return json.dumps({"words": words, "first": first})


def read_more(body: dict[str, Any]) -> tuple[str, int]:
    """What was typed, and from where on to show."""
    value = json.loads(body["actions"][0]["value"])
    return str(value["words"]), int(value["first"])


def _sentence(found: Churn, when: str, of: str) -> str:
    counts = found.figure.counts
    title = f"{wording.capital(when)} {wording.so_far(found.figure.so_far)}".rstrip()
    if not counts.opening:
        return tr(
            "{period}: nobody was there at the start, so nobody could leave.", period=title + of
        )
    told = tr(
        "{period}: {lost} of {opening} left (churn rate {rate})",
        period=title + of,
        lost=counts.lost,
        opening=counts.opening,
        rate=wording.percent(counts.lost, counts.opening),
    )
    before = found.before
    if before is None or not before.counts.opening:
        return f"{told}."
    earlier = wording.percent(before.counts.lost, before.counts.opening)
    days = wording.period(before.period)
    if before.so_far:
        days = tr("the same days of {period}", period=days)
    return f"{told}; {days}: {earlier}."


def _paid(found: Churn) -> str:
    if not found.lost_monthly:
        return ""
    amount = f"{wording.decimal(found.lost_monthly, 0)} {found.currency}"
    return tr("They paid {amount} a month.", amount=amount)


def _not_known(found: Churn) -> list[str]:
    """What is asked for here and nobody told, and who can tell it."""
    if not found.figure.counts.lost:
        return []
    return [
        *(
            []
            if reasons_told(found.causes)
            else [tr("Nobody has said why they left: the button under an alert takes reasons.")]
        ),
        *(
            [tr("What they paid is not known: the source tells no amounts.")]
            if found.lost_monthly is None
            else []
        ),
    ]


def _leaver(who: Leaver) -> str:
    """• Acme: 1,200 EUR a month, Omar Haddad; price: too dear."""
    name, told = escape(cut(who.name, wording.NAME_LONGEST)), known_of(who)
    return f"• {name}: {told}" if told else f"• {name}"
