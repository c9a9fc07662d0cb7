"""How the customers of several sources fit together, and who fits nowhere."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.definition import Definition
from bot.domain.matching import By, Enriching, Report
from bot.messages import wording
from bot.messages.blocks import Message, context, cut, escape, section

SHOWN = 10

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
        f"{source} by {_by(of.of)}: {found:,} of {wording.number(total, 'customer')} today found"
        f" in {first}"
    ]
    if lost:
        told.append(f"{lost:,} not found")
    if doubtful:
        told.append(f"{doubtful:,} could be several and {'is' if doubtful == 1 else 'are'} none")
    missing, firsts = len(_today(of, of.matched.firsts_unmatched)), len(_firsts(of))
    there = f"{missing:,} of {wording.number(firsts, 'customer')} of {first} not there"
    return f"{', '.join(told)}; {there}" if missing else ", ".join(told)


def alone_line(source: str, first: str) -> str:
    """Of a source that is matched with nothing. Escaped."""
    return (
        f"{escape(source)} stands on its own, and is never added to {escape(first)}:"
        f" `/crr source={escape(source)}` shows it"
    )


def match_report(
    reports: Sequence[Report], alone: Sequence[str], names: Names, definition: Definition
) -> Message:
    """All of it, ten names of each list."""
    parts = [_part(each, names, definition) for each in reports]
    lines = [alone_line(source, "the first source") for source in alone]
    if not parts and not lines:
        return _say("There is one source, and nothing to match.")
    texts = ["\n".join(part) for part in parts] + (["\n".join(lines)] if lines else [])
    return Message(
        text="\n\n".join(texts).replace("`", ""),
        blocks=(
            *(section(text) for text in texts),
            context("Everybody, as CSV: `keeprate match --csv FILE`"),
        ),
    )


def rows(of: Report) -> list[Row]:
    """Everybody of both sources, and what was found of them."""
    source, first, match = of.of.source, of.first, of.matched
    told = [
        Row(source, other, "matched", other in of.today, (one,))
        for other, one in match.pairs.items()
    ]
    told += [
        Row(source, other, "ambiguous", other in of.today, each.firsts)
        for each in match.ambiguous
        for other in each.others
    ]
    told += [Row(source, other, "not found", other in of.today) for other in match.unmatched]
    told += [Row(first, one, "not found", one in of.today) for one in match.firsts_unmatched]
    return told


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
        told.append(f"Not found in {escape(of.first)}: {called(lost)}.")
    told += _ambiguities(of, called)
    if of.same:
        several = [*of.same][:SHOWN]
        told.append(
            f"Several records each, whose revenue adds up and whose fields are not taken:"
            f" {called(several)}."
        )
    if missing:
        told.append(f"Not in {escape(of.of.source)}: {called(missing)}.")
    if of.known_at:
        at = wording.moment(of.known_at, definition)
        told.append(f"{escape(of.of.source)} as of {at}.")
    return told


def _ambiguities(of: Report, called: Callable[[Sequence[int]], str]) -> list[str]:
    all_of_them = of.matched.ambiguous
    told = []
    for each in all_of_them[:SHOWN]:
        shared = f", by {', '.join(escape(cut(key, 60)) for key in each.shared[:3])}"
        told.append(
            f"Not told apart{shared if each.shared else ''}: {called(each.others)} in"
            f" {escape(of.of.source)}, {called(each.firsts)} in {escape(of.first)}."
        )
    more = len(all_of_them) - SHOWN
    return [*told, f"and {more:,} more of these."] if more > 0 else told


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
            return f"its field {escape(how.field)}"
        case By.FIRST:
            return f"the first source's field {escape(how.field)}"
        case By.EMAIL:
            return "e-mail"
        case by:
            return by.value


def _say(told: str) -> Message:
    return Message(told, (section(told),))
