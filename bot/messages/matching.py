"""How the customers of several sources fit together, and who fits nowhere."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.definition import Definition
from bot.domain.matching import By, Enriching, Report
from bot.messages import wording
from bot.messages.blocks import (
    Block,
    Message,
    button,
    context,
    cut,
    escape,
    header,
    more_button,
    saying,
    section,
    sections,
)
from bot.messages.languages import tr, trn

UNFIT = "match:unfit"
"""The button that lists who does not fit; its value names the source, and where to begin."""
UNFIT_AT_ONCE = 20
SHOWN = 10
_MAY_BE, _CALLED = 2, 40
"""Of who could be several: how many of these are named, and in how many characters."""

Names = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the whole list."""

    source: str
    number: int
    found: str
    """matched, ambiguous or not found."""
    today: bool
    others: tuple[int, ...] = ()
    """Who of the other source they are, or could be."""


def match_line(of: Report) -> str:
    """In one sentence or two, of those who are customers today. Escaped."""
    first, source = escape(of.first), escape(of.of.source)
    found, lost, doubtful = (len(_today(of, some)) for some in _others(of))
    total = found + lost + doubtful
    told = [
        tr(
            "{source} by {by}: {found} of {customers} today found in {first}",
            source=source,
            by=_by(of.of),
            found=found,
            customers=wording.number(total, "customer"),
            first=first,
        )
    ]
    if lost:
        told.append(tr("{n} not found", n=lost))
    if doubtful:
        told.append(
            trn("{n} could be several and is none", "{n} could be several and are none", doubtful)
        )
    missing, firsts = len(_today(of, of.matched.firsts_unmatched)), len(_firsts(of))
    if not missing:
        return ", ".join(told)
    there = tr(
        "{missing} of {customers} of {first} not there",
        missing=missing,
        customers=wording.number(firsts, "customer"),
        first=first,
    )
    return f"{', '.join(told)}; {there}"


def alone_line(source: str, first: str) -> str:
    """Of a source that is matched with nothing. Escaped."""
    return tr(
        "{source} stands on its own, and is never added to {first}: `/crr source={source}` shows"
        " it",
        source=escape(source),
        first=escape(first),
    )


def match_report(
    reports: Sequence[Report], alone: Sequence[str], names: Names, definition: Definition
) -> Message:
    """All of it, ten names of each list."""
    parts = [_part(each, names, definition) for each in reports]
    lines = [alone_line(source, tr("the first source")) for source in alone]
    if not parts and not lines:
        return saying(tr("There is one source, and nothing to match."))
    texts = ["\n".join(part) for part in parts] + (["\n".join(lines)] if lines else [])
    return Message(
        text="\n\n".join(texts).replace("`", ""),
        blocks=(
            *(section(text) for text in texts),
            context(tr("Everybody, as CSV: `keeprate match --csv FILE`")),
        ),
    )


def rows(of: Report) -> list[Row]:
    """Everybody of both sources, and what was found of them."""
    source = of.of.source
    matched = (
        Row(source, other, "matched", other in of.today, (one,))
        for other, one in of.matched.pairs.items()
    )
    return [*matched, *_not_matched(of)]


def _not_matched(of: Report) -> Iterator[Row]:
    source, first, match = of.of.source, of.first, of.matched
    for each in match.ambiguous:
        for other in each.others:
            yield Row(source, other, "ambiguous", other in of.today, each.firsts)
    for other in match.unmatched:
        yield Row(source, other, "not found", other in of.today)
    for one in match.firsts_unmatched:
        yield Row(first, one, "not found", one in of.today)


def unfit(of: Report) -> list[Row]:
    """Everybody of today who could be several, and then who was not found."""
    return [row for row in _not_matched(of) if row.today]


def all_fit(of: Report) -> bool:
    """Whether everybody of today does."""
    return not any(row.today for row in _not_matched(of))


def unfit_button(source: str) -> Block:
    """Under what is said of a source with which some do not fit."""
    label = tr("List who does not fit")
    read_out = f"{label}: {source}"
    value = _place(source, 0)
    return button(label, action_id=UNFIT, value=value, accessibility_label=read_out)


def unfit_list(
    of: Report, shown: Sequence[Row], names: Names, *, first: int, total: int
) -> Message:
    """Some of those who do not fit, of whom there are so many; `first` come before those."""
    source = of.of.source
    title = tr("{source} and {first}: who does not fit", source=source, first=of.first)
    if not shown:
        return saying(tr("Everybody of {source} fits.", source=escape(source)))
    last = first + len(shown)
    part = tr("{first} to {last} of {n}:", first=first + 1, last=last, n=total)
    lines = [f"• {_unfit(row, of, names)}" for row in shown]
    how = tr(
        "They fit by {by}: once both sources say the same, the next pull finds them.", by=_by(of.of)
    )
    return Message(
        text="\n".join([f"{escape(title)}. {part}", *lines, how]),
        blocks=(
            header(title),
            *sections([part, *lines]),
            context(how),
            *more_button(UNFIT, last, total, at_once=UNFIT_AT_ONCE, value=_place(source, last)),
        ),
    )


def read_unfit(body: dict[str, Any]) -> tuple[str, int]:
    """The source, and how many come before those to be listed."""
    value = json.loads(body["actions"][0]["value"])
    return str(value["of"]), int(value["first"])


def _place(source: str, first: int) -> str:
    return json.dumps({"of": source, "first": first})


def _unfit(row: Row, of: Report, names: Names) -> str:
    name = escape(cut(names[row.number], wording.NAME_LONGEST))
    other = of.of.source if row.source == of.first else of.first
    if not row.others:
        return tr(
            "{name}: in {source}, not in {other}",
            name=name,
            source=escape(row.source),
            other=escape(other),
        )
    called = [cut(names[each], _CALLED) for each in row.others[:_MAY_BE]]
    return tr(
        "{name}: in {source}, and could be {names} in {other}",
        name=name,
        source=escape(row.source),
        other=escape(other),
        names=wording.names(called, len(row.others)),
    )


def numbers(reports: Iterable[Report]) -> set[int]:
    """Whose names are needed."""
    return {
        number for each in reports for row in rows(each) for number in (row.number, *row.others)
    }


def _part(of: Report, names: Names, definition: Definition) -> list[str]:
    match = of.matched

    def called(some: Sequence[int]) -> str:
        return wording.names([names[each] for each in some[:SHOWN]], len(some))

    lost, missing = _today(of, match.unmatched), _today(of, match.firsts_unmatched)
    told = [f"{match_line(of)}."]
    if lost:
        told.append(
            tr("Not found in {source}: {names}.", source=escape(of.first), names=called(lost))
        )
    told += _ambiguities(of, called)
    if of.same:
        several = [*of.same][:SHOWN]
        told.append(
            tr(
                "Several records each, whose revenue adds up and whose fields are not taken:"
                " {names}.",
                names=called(several),
            )
        )
    if missing:
        told.append(
            tr("Not in {source}: {names}.", source=escape(of.of.source), names=called(missing))
        )
    if of.known_at:
        at = wording.moment(of.known_at, definition)
        told.append(f"{tr('{source} as of {moment}', source=escape(of.of.source), moment=at)}.")
    return told


def _ambiguities(of: Report, called: Callable[[Sequence[int]], str]) -> list[str]:
    all_of_them = of.matched.ambiguous
    told = []
    for each in all_of_them[:SHOWN]:
        shared = ", ".join(escape(cut(key, 60)) for key in each.shared[:3])
        apart = tr("Not told apart, by {keys}", keys=shared) if shared else tr("Not told apart")
        told.append(
            tr(
                "{reason}: {others} in {source}, {names} in {first}.",
                reason=apart,
                others=called(each.others),
                source=escape(of.of.source),
                names=called(each.firsts),
                first=escape(of.first),
            )
        )
    more = len(all_of_them) - SHOWN
    return [*told, tr("and {more} more of these.", more=more)] if more > 0 else told


def _others(of: Report) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
    match = of.matched
    doubtful = sorted({number for each in match.ambiguous for number in each.others})
    return sorted(match.pairs), match.unmatched, doubtful


def _firsts(of: Report) -> list[int]:
    match = of.matched
    spoken_of = {*match.pairs.values(), *(n for each in match.ambiguous for n in each.firsts)}
    return _today(of, [*spoken_of, *match.firsts_unmatched])


def _today(of: Report, some: Iterable[int]) -> list[int]:
    return [number for number in some if number in of.today]


def _by(how: Enriching) -> str:
    match how.by:
        case By.FIELD:
            return tr("its field {field}", field=escape(how.field))
        case By.FIRST:
            return tr("the first source's field {field}", field=escape(how.field))
        case By.EMAIL:
            return tr("e-mail")
        case By.DOMAIN:
            return tr("domain")
        case By.ID:
            return tr("id")
