"""Cohorts: of those who first joined at the same time, how many are there later; what they pay."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.cohorts import Cohorts
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, so_far
from bot.domain.pulls import Freshness
from bot.domain.revenue import RatesMissing
from bot.messages import wording
from bot.messages.blocks import (
    Align,
    Message,
    bold,
    context,
    escape,
    header,
    saying,
    section,
    table,
)
from bot.messages.languages import grouped, later, retold, tr, trn
from bot.messages.revenue import money, share_of

MONTHS = {Kind.MONTH: 12, Kind.QUARTER: 24, Kind.YEAR: 60}
"""How far a table goes that nobody has said the length of."""

COHORTS_SHOWN = 12

NO_AMOUNTS = later("The source tells no amounts, so what cohorts pay is not known.")

_AGES = (0, 1, 2, 3, 6, 9, 12, 18, 24, 36, 48)
"""Months after which customers are looked at; from five years on every twelve. With the lengths of
`MONTHS` no more than seven stand beside each other, which Slack has room for."""
_BY = {
    Kind.MONTH: later("Cohorts by month"),
    Kind.QUARTER: later("Cohorts by quarter"),
    Kind.YEAR: later("Cohorts by year"),
}
_REVENUE_BY = {
    Kind.MONTH: later("Revenue cohorts by month"),
    Kind.QUARTER: later("Revenue cohorts by quarter"),
    Kind.YEAR: later("Revenue cohorts by year"),
}
_BEGIN_WITH = {
    Kind.MONTH: later(
        "There are no cohorts yet: they begin with the first month of which all who join are known."
    ),
    Kind.QUARTER: later(
        "There are no cohorts yet: they begin with the first quarter of which all who join are"
        " known."
    ),
    Kind.YEAR: later(
        "There are no cohorts yet: they begin with the first year of which all who join are known."
    ),
}
_STEP = {Kind.MONTH: 1, Kind.QUARTER: 3, Kind.YEAR: 12}


def cohort_answer(
    found: Cohorts,
    *,
    freshness: Freshness | None,
    definition: Definition,
    segment: Sequence[tuple[str, str]] = (),
    known_at: datetime | None = None,
    revenue: bool = False,
) -> Message:
    """The newest cohorts as a table, and all of them together.

    `segment` is what they were when they joined, `known_at` the moment of the past as of which it
    was asked for. With `revenue`, what they pay is followed, which `found` must then have.
    """
    of, cohorts = _followed(found, definition, revenue), _joined(found)
    shown = cohorts[-COHORTS_SHOWN:]
    told = of.sentence(segment)
    notes = _notes(found, shown, definition, segment, known_at, revenue=revenue)
    if len(shown) < len(cohorts):
        newest = tr(
            "The newest {shown} of {n} cohorts; `keeprate cohorts` has all.",
            shown=len(shown),
            n=len(cohorts),
        )
        notes.insert(0, newest)
    fresh = wording.freshness(freshness, definition) if freshness else tr("No data yet")
    title = tr((_REVENUE_BY if revenue else _BY)[found.by]) + "".join(
        f", {name}={label}" for name, label in segment
    )
    above = (header(title), section(bold(told)))
    below = (
        *((section("\n".join(notes)),) if notes else ()),
        context(
            fresh,
            f"{_legend(found, revenue=revenue)} {tr('Days of {zone}.', zone=definition.zone)}",
        ),
    )
    lines = [_line(found, cohort, of) for cohort in shown]
    text = "\n".join([told, *lines, *notes, fresh])
    if not cohorts:
        return Message(text, (*above, *below))
    rows = _rows(found, shown, of)
    align: list[Align] = ["right"] * len(rows[0])
    align[0] = "left"
    return Message(
        text=text,
        blocks=(*above, table(rows, align=align), *below),
        fallback=(*above, section("```\n" + "\n".join(_in_letters(rows)) + "\n```"), *below),
    )


def cohort_piece(
    found: Cohorts, *, definition: Definition, segment: Sequence[tuple[str, str]] = ()
) -> Message | None:
    """The same as a part of a post, without its small print; None where nobody has joined."""
    of, cohorts = _followed(found, definition, revenue=False), _joined(found)
    if not cohorts:
        return None
    shown, told = cohorts[-COHORTS_SHOWN:], of.sentence(segment)
    title = section(f"*{tr(_BY[found.by])}*\n{told}")
    rows = _rows(found, shown, of)
    align: list[Align] = ["right"] * len(rows[0])
    align[0] = "left"
    letters = "```\n" + "\n".join(_in_letters(rows)) + "\n```"
    small = context(_legend(found, revenue=False))
    return Message(
        text="\n".join(
            [f"{tr(_BY[found.by])}: {told}", *(_line(found, each, of) for each in shown)]
        ),
        blocks=(title, table(rows, align=align), small),
        fallback=(title, section(letters), small),
    )


def cohorts_in_letters(
    found: Cohorts,
    *,
    freshness: Freshness | None,
    definition: Definition,
    segment: Sequence[tuple[str, str]] = (),
    known_at: datetime | None = None,
    revenue: bool = False,
) -> str:
    """All cohorts, in columns of letters of one width, with what is to be known of them."""
    of = _followed(found, definition, revenue)
    told = [of.sentence(segment)]
    if cohorts := _joined(found):
        rows = _rows(found, cohorts, of)
        told += ["", *_in_letters(rows), "", _legend(found, revenue=revenue)]
    told += _notes(found, _joined(found), definition, segment, known_at, revenue=revenue)
    told.append(wording.freshness(freshness, definition) if freshness else tr("No data yet"))
    return "\n".join(told)


def no_revenue(missing: RatesMissing | None) -> Message:
    """Why there are no cohorts by revenue; None for a source that tells no amounts."""
    why = escape(retold(missing.sentence)) if missing else tr(NO_AMOUNTS)
    return saying(why)


@dataclass(frozen=True, slots=True)
class _Followed:
    """What of cohorts is followed: how many are there, or what they pay."""

    heading: str
    """Over the column of what they began with."""
    ages: Sequence[int]
    base: Callable[[int], str]
    """What one cohort began with."""
    spoken: Callable[[int], str]
    """The same for who hears it, beside how many joined; "" where that is it."""
    all_of_it: str
    """What all of them began with."""
    cell: Callable[[int, int], str]
    """The share of a cohort at an age; "" where there is none."""
    together: Callable[[int], str]
    at_first: str
    """What the share at age 0 is, when it is heard."""
    sentence: Callable[[Sequence[tuple[str, str]]], str]
    """What all cohorts come to together; of a segment."""


def _followed(found: Cohorts, definition: Definition, revenue: bool) -> _Followed:
    ages = _ages(found)
    if not revenue:
        return _Followed(
            heading=tr("Customers"),
            ages=ages,
            base=lambda cohort: grouped(int(found.size[cohort])),
            spoken=lambda cohort: "",
            all_of_it=grouped(int(found.size.sum())),
            cell=lambda cohort, age: _cell(found, cohort, age, definition),
            together=lambda age: _share(*found.together(age), definition),
            at_first=later("{share} at its end"),
            sentence=lambda segment: _sentence(found, ages, segment, definition),
        )
    currency, ages_after = found.currency or "", [age for age in ages if age]
    return _Followed(
        heading=f"MRR {currency}".rstrip(),
        ages=ages_after,
        base=lambda cohort: _began_with(found, cohort, currency),
        spoken=lambda cohort: (
            f"MRR {_began_with(found, cohort, currency)} {currency}".rstrip()
            if found.reached[cohort, 0]
            else ""
        ),
        all_of_it=money(found.revenue_together(0)[1], currency, name=False) if currency else "0",
        cell=lambda cohort, age: _paid(found, cohort, age),
        together=lambda age: _of(*found.revenue_together(age)),
        at_first="",
        sentence=lambda segment: _paid_sentence(found, ages_after, segment, currency),
    )


def _began_with(found: Cohorts, cohort: int, currency: str) -> str:
    """What was paid at age 0; "" where that lies ahead."""
    if found.revenue is None or not found.reached[cohort, 0]:
        return ""
    return money(int(found.revenue[cohort, 0]), currency, name=False) if currency else "0"


def _paid(found: Cohorts, cohort: int, age: int) -> str:
    if found.revenue is None or not found.reached[cohort, age]:
        return ""
    return _of(int(found.revenue[cohort, age]), int(found.revenue[cohort, 0]))


def _of(later: int, at_first: int) -> str:
    return share_of(later, at_first) if at_first else ""


def _paid_sentence(
    found: Cohorts, ages: Sequence[int], segment: Sequence[tuple[str, str]], currency: str
) -> str:
    of = _with(segment)
    if not _joined(found):
        return _nobody(found, of)
    members, began = found.together(0)[1], found.revenue_together(0)[1]
    if not members:
        joined = wording.number(int(found.size.sum()), "customer")
        return tr(
            "{customers}{segment} joined, too lately to tell what becomes of what they pay.",
            customers=joined,
            segment=of,
        )
    if not began:
        return tr(
            "Of those{segment} who joined, nobody paid at the end of {month} they joined in.",
            segment=of,
            month=wording.the(found.by),
        )
    paid = tr(
        "MRR {amount} at the end of {month} in which they joined",
        amount=money(began, currency),
        month=wording.the(found.by),
    )
    shares = _spoken({age: _of(*found.revenue_together(age)) for age in ages}, "")
    joined = f"{wording.number(members, 'customer')}{of}"
    ended = sum(bool(found.reached[cohort, 0]) for cohort in _joined(found))
    cohorts = wording.number(ended, "cohort")
    if not shares:
        return tr(
            "{customers} in {cohorts} paid {paid}, too lately to tell what becomes of it.",
            customers=joined,
            cohorts=cohorts,
            paid=paid,
        )
    return tr(
        "{customers} in {cohorts} paid {paid}; of that there was, as far as they have come,"
        " {shares}.",
        customers=joined,
        cohorts=cohorts,
        paid=paid,
        shares=wording.listed(shares),
    )


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
    of = _with(segment)
    if not (cohorts := _joined(found)):
        return _nobody(found, of)
    joined = wording.number(int(found.size.sum()), "customer")
    shares = _spoken(
        {age: _share(*found.together(age), definition) for age in ages},
        later("{share} were there at the end of {month} in which they joined"),
        wording.the(found.by),
    )
    if not shares:
        return tr(
            "{customers}{segment} joined, too lately to tell who stays.",
            customers=joined,
            segment=of,
        )
    return tr(
        "Of {customers}{segment} in {cohorts}, as far as they have come: {shares}.",
        customers=joined,
        segment=of,
        cohorts=wording.number(len(cohorts), "cohort"),
        shares=wording.listed(shares),
    )


def _with(segment: Sequence[tuple[str, str]]) -> str:
    return " " + tr("with {segment}", segment=wording.segment(segment)) if segment else ""


def _nobody(found: Cohorts, of: str) -> str:
    """Why there are no cohorts."""
    if found.periods:
        since = wording.day(found.periods[0].first)
        return tr(
            "Nobody{segment} has first joined since {day}, so there is nobody to follow.",
            segment=of,
            day=since,
        )
    if found.unplaced:
        return tr(_BEGIN_WITH[found.by])
    return tr("Nobody{segment} has joined yet, so there are no cohorts.", segment=of)


def _spoken(shares: Mapping[int, str], at_first: str, month: str = "") -> list[str]:
    """By age, those that there are; months are named once. `at_first` is said of age 0."""
    told, named = [], False
    for age, share in shares.items():
        if share and not age:
            told.append(tr(at_first, share=share, month=month))
        elif share:
            months = str(age) if named else wording.number(age, "month")
            told.append(tr("{share} after {months}", share=share, months=months))
            named = True
    return told


def _line(found: Cohorts, cohort: int, of: _Followed) -> str:
    """One cohort, for who hears it."""
    period, size = found.periods[cohort], int(found.size[cohort])
    title = f"{wording.capital(wording.period(period))} {_so_far(period, found)}".rstrip()
    shares = _spoken({age: of.cell(cohort, age) for age in of.ages}, of.at_first)
    began = f", {of.spoken(cohort)}" if of.spoken(cohort) else ""
    joined = tr("{period}: {n} joined", period=title, n=size)
    return f"{joined}{began}" + (f"; {', '.join(shares)}" if shares else "")


def _so_far(period: Period, found: Cohorts) -> str:
    return wording.so_far(so_far(period, found.measured_on))


def _rows(found: Cohorts, shown: Sequence[int], of: _Followed) -> list[list[str]]:
    """The heading, a row for each cohort, and one for all of them."""
    rows = [[tr("Joined in"), of.heading, *(tr("{months} mo", months=age) for age in of.ages)]]
    for cohort in shown:
        period = found.periods[cohort]
        label = wording.short(period)
        if _so_far(period, found):
            label = tr("{period} so far", period=label)
        rows.append([label, of.base(cohort), *(of.cell(cohort, age) for age in of.ages)])
    if len(_joined(found)) > 1:
        together = (of.together(age) for age in of.ages)
        rows.append([tr("All {n}", n=len(_joined(found))), of.all_of_it, *together])
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
    *,
    revenue: bool,
) -> list[str]:
    notes = []
    few = [each for each in shown if found.size[each] < definition.minimum_base]
    if revenue and any(
        found.reached[each, -1 if found.reached.shape[1] == 1 else 1] for each in few
    ):
        notes.append(
            tr(
                "In some of these fewer than {minimum} customers joined: one of them may move a"
                " share by much.",
                minimum=definition.minimum_base,
            )
        )
    elif not revenue and any(found.reached[each, 0] for each in few):
        notes.append(
            tr(
                "Where fewer than {minimum} customers joined, their count stands behind the share.",
                minimum=definition.minimum_base,
            )
        )
    if found.periods and found.size[-1] and (going := _so_far(found.periods[-1], found)):
        newest = wording.capital(wording.period(found.periods[-1]))
        notes.append(tr("{period}: more may join.", period=f"{newest} {going}"))
    if found.unplaced:
        notes.append(
            trn(
                "{n} customer is in no cohort: they joined before it was known who joins, and of"
                " that time only who stayed is known.",
                "{n} customers are in no cohort: they joined before it was known who joins, and of"
                " that time only who stayed is known.",
                found.unplaced,
            )
        )
    if segment:
        told = wording.segment(segment)
        notes.append(tr("{segment}: what they were when they first joined.", segment=told))
    if known_at:
        notes.append(wording.as_known(known_at, definition))
    return notes


def _legend(found: Cohorts, *, revenue: bool) -> str:
    month = wording.the(found.by)
    if revenue:
        return tr(
            "MRR is what they paid on the last day of {month} in which they first joined; n mo is"
            " the share of it on the last day of the n-th month after it. Above 100 % those who"
            " are there pay more than all did.",
            month=month,
        )
    return tr(
        "0 mo is the last day of {month} in which they first joined, n mo the last day of the n-th"
        " month after it. Who had left and is back by then is counted.",
        month=month,
    )
