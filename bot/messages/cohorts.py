"""Cohorts: of those who first joined at the same time, how many are there later."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain.cohorts import Cohorts
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, so_far
from bot.domain.pulls import Freshness
from bot.messages import wording
from bot.messages.blocks import Align, Message, bold, context, header, section, table

MONTHS = {Kind.MONTH: 12, Kind.QUARTER: 24, Kind.YEAR: 60}
"""How far a table goes that nobody has said the length of."""

COHORTS_SHOWN = 12

_AGES = (0, 1, 2, 3, 6, 9, 12, 18, 24, 36, 48)
"""Months after which customers are looked at; from five years on every twelve. With the lengths of
`MONTHS` no more than seven stand beside each other, which Slack has room for."""
_STEP = {Kind.MONTH: 1, Kind.QUARTER: 3, Kind.YEAR: 12}


def cohort_answer(
    found: Cohorts,
    *,
    freshness: Freshness | None,
    definition: Definition,
    segment: Sequence[tuple[str, str]] = (),
    known_at: datetime | None = None,
) -> Message:
    """The newest cohorts as a table, and all of them together.

    `segment` is what they were when they joined, `known_at` the moment of the past as of which it
    was asked for.
    """
    ages, cohorts = _ages(found), _joined(found)
    shown = cohorts[-COHORTS_SHOWN:]
    told = _sentence(found, ages, segment, definition)
    notes = _notes(found, shown, definition, segment, known_at)
    if len(shown) < len(cohorts):
        newest = f"The newest {len(shown)} of {len(cohorts):,} cohorts; `keeprate cohorts` has all."
        notes.insert(0, newest)
    fresh = wording.freshness(freshness, definition) if freshness else "No data yet"
    title = f"Cohorts by {found.by}" + "".join(f", {name}={label}" for name, label in segment)
    above = (header(title), section(bold(told)))
    below = (
        *((section("\n".join(notes)),) if notes else ()),
        context(fresh, f"{_legend(found)} Days of {definition.zone}."),
    )
    lines = [_line(found, cohort, ages, definition) for cohort in shown]
    text = "\n".join([told, *lines, *notes, fresh])
    if not cohorts:
        return Message(text, (*above, *below))
    rows = _rows(found, shown, ages, definition)
    align: list[Align] = ["right"] * len(rows[0])
    align[0] = "left"
    return Message(
        text=text,
        blocks=(*above, table(rows, align=align), *below),
        fallback=(*above, section("```\n" + "\n".join(_in_letters(rows)) + "\n```"), *below),
    )


def cohorts_in_letters(
    found: Cohorts,
    *,
    freshness: Freshness | None,
    definition: Definition,
    segment: Sequence[tuple[str, str]] = (),
    known_at: datetime | None = None,
) -> str:
    """All cohorts, in columns of letters of one width, with what is to be known of them."""
    ages = _ages(found)
    told = [_sentence(found, ages, segment, definition)]
    if cohorts := _joined(found):
        rows = _rows(found, cohorts, ages, definition)
        told += ["", *_in_letters(rows), "", _legend(found)]
    told += _notes(found, _joined(found), definition, segment, known_at)
    told.append(wording.freshness(freshness, definition) if freshness else "No data yet")
    return "\n".join(told)


def _joined(found: Cohorts) -> list[int]:
    """The cohorts in which there is anybody, oldest first."""
    return [cohort for cohort, size in enumerate(found.size) if size]


def _ages(found: Cohorts) -> list[int]:
    """The months to show, of those that anybody has reached; the first at least."""
    longest = found.kept.shape[1] - 1
    wanted = [*_AGES, *range(60, longest + 1, 12)]
    step = _STEP[found.by]
    reached = [age for age in wanted if age <= longest and age % step == 0]
    return [age for age in reached if age == 0 or found.together(age)[1]]


def _sentence(
    found: Cohorts,
    ages: Sequence[int],
    segment: Sequence[tuple[str, str]],
    definition: Definition,
) -> str:
    """What all cohorts come to together."""
    of = f" with {wording.segment(segment)}" if segment else ""
    if not (cohorts := _joined(found)):
        if found.periods:
            since = wording.day(found.periods[0].first)
            return f"Nobody{of} has first joined since {since}, so there is nobody to follow."
        if found.unplaced:
            return (
                "There are no cohorts yet: they begin with the first"
                f" {found.by} of which all who join are known."
            )
        return f"Nobody{of} has joined yet, so there are no cohorts."
    joined = wording.number(int(found.size.sum()), "customer")
    shares = _spoken(
        {age: _share(*found.together(age), definition) for age in ages},
        f"were there at the end of the {found.by} in which they joined",
    )
    if not shares:
        return f"{joined}{of} joined, too lately to tell who stays."
    return (
        f"Of {joined}{of} in {wording.number(len(cohorts), 'cohort')}, as far as they have come:"
        f" {_listed(shares)}."
    )


def _spoken(shares: Mapping[int, str], at_first: str) -> list[str]:
    """By age, those that there are; months are named once."""
    told, named = [], False
    for age, share in shares.items():
        if share and not age:
            told.append(f"{share} {at_first}")
        elif share:
            told.append(f"{share} after {age if named else wording.number(age, 'month')}")
            named = True
    return told


def _listed(shares: Sequence[str]) -> str:
    return f"{', '.join(shares[:-1])} and {shares[-1]}" if len(shares) > 1 else shares[0]


def _line(found: Cohorts, cohort: int, ages: Sequence[int], definition: Definition) -> str:
    """One cohort, for who hears it."""
    period, size = found.periods[cohort], int(found.size[cohort])
    title = f"{wording.capital(wording.period(period))} {_so_far(period, found)}".rstrip()
    shares = _spoken({age: _cell(found, cohort, age, definition) for age in ages}, "at its end")
    return f"{title}: {size:,} joined" + (f"; {', '.join(shares)}" if shares else "")


def _so_far(period: Period, found: Cohorts) -> str:
    return wording.so_far(so_far(period, found.measured_on))


def _rows(
    found: Cohorts, shown: Sequence[int], ages: Sequence[int], definition: Definition
) -> list[list[str]]:
    """The heading, a row for each cohort, and one for all of them."""
    rows = [["Joined in", "Customers", *(f"{age} mo" for age in ages)]]
    for cohort in shown:
        period = found.periods[cohort]
        label = wording.short(period) + (" so far" if _so_far(period, found) else "")
        cells = [_cell(found, cohort, age, definition) for age in ages]
        rows.append([label, f"{int(found.size[cohort]):,}", *cells])
    if len(_joined(found)) > 1:
        together = [_share(*found.together(age), definition) for age in ages]
        rows.append([f"All {len(_joined(found)):,}", f"{int(found.size.sum()):,}", *together])
    return rows


def _cell(found: Cohorts, cohort: int, age: int, definition: Definition) -> str:
    """A share; "" where that age lies ahead, or nobody joined."""
    if not found.reached[cohort, age]:
        return ""
    return _share(int(found.kept[cohort, age]), int(found.size[cohort]), definition)


def _share(kept: int, size: int, definition: Definition) -> str:
    """With the count where there are so few that one of them moves it by points."""
    if not size:
        return ""
    count = f" ({kept})" if size < definition.minimum_base else ""
    return wording.percent(kept, size) + count


def _in_letters(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
            ]
        ).rstrip()
        for row in rows
    ]


def _notes(
    found: Cohorts,
    shown: Sequence[int],
    definition: Definition,
    segment: Sequence[tuple[str, str]],
    known_at: datetime | None,
) -> list[str]:
    notes = []
    if any(found.reached[each, 0] and found.size[each] < definition.minimum_base for each in shown):
        notes.append(
            f"Where fewer than {definition.minimum_base} customers joined, their count stands"
            " behind the share."
        )
    if found.periods and found.size[-1] and (going := _so_far(found.periods[-1], found)):
        newest = wording.capital(wording.period(found.periods[-1]))
        notes.append(f"{newest} {going}: more may join.")
    if found.unplaced:
        are = f"customer{' is' if found.unplaced == 1 else 's are'}"
        notes.append(
            f"{found.unplaced:,} {are} in no cohort: they joined before it was known who joins, and"
            " of that time only who stayed is known."
        )
    if segment:
        notes.append(f"{wording.segment(segment)}: what they were when they first joined.")
    if known_at:
        notes.append(f"As it was known on {wording.moment(known_at, definition)}.")
    return notes


def _legend(found: Cohorts) -> str:
    return (
        f"0 mo is the last day of the {found.by} in which they first joined, n mo the last day of"
        " the n-th month after it. Who had left and is back by then is counted."
    )
