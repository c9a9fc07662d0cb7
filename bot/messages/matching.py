"""How the customers of several sources fit together, and who fits nowhere."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.definition import Definition
from bot.domain.matching import By, Enriching, Report
from bot.messages import wording
from bot.messages.blocks import Message, context, cut, escape, saying, section
from bot.messages.languages import tr, trn

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
