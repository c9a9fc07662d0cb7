"""One look of a rule by luck at a company: from columns to what an incident shows.

A month is judged by the months before it; a week by the whole months that end with it, because
books put their leavers at ends of months.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.domain.columns import Codes, Columns
from bot.domain.definition import Definition, Parents
from bot.domain.detection import (
    Expectation,
    Findings,
    Past,
    Settings,
    Split,
    Verdict,
    expectations,
    judge,
)
from bot.domain.expected import clustering
from bot.domain.exposure import Exposure, exposure, in_cells, known_periods, rolling_months
from bot.domain.incidents import Evaluation, Evidence, Group, Mark, Reading
from bot.domain.lateness import Recording
from bot.domain.leavers import largest_account, who_left
from bot.domain.parents import Groups
from bot.domain.period import Kind, Period, day_number, run_up
from bot.domain.revenue import RatesMissing, in_one_currency, mrr
from bot.domain.segments import segments
from bot.domain.watching import Rule
from bot.errors import Misunderstood


@dataclass(frozen=True, eq=False, slots=True)
class Background:
    """What else is known of how customers leave here."""

    recording: Recording | None = None
    """How late it is recorded; None where that is not known yet."""
    groups: Groups | None = None
    """Who leaves together; None where nobody tells."""


NO_BACKGROUND = Background()

REACH = 60
"""Months of history that a rule is given."""
_LEFT = 200
_MARKS = 13


def history(columns: Columns, rule: Rule, period: Period, definition: Definition) -> Exposure:
    """What a rule judges `period` by, which is the last of it; empty where it is not known.

    Raises Misunderstood for a segment that is not known.
    """
    periods = _periods(columns, rule, period, definition)
    if not periods or periods[-1].next != period.next:
        return exposure(columns, ())
    if not rule.only:
        return exposure(columns, periods)
    [(name, label)] = rule.only
    # Raises for a segment that is not known.
    segments(columns, rule.wanted, on=period.eve, definition=definition)
    dimension = columns.dimensions.get(_field(columns, name) or "")
    if dimension is None:
        raise Misunderstood(
            "{rule} watches {name}, which is no field of the source. A rule by luck can watch"
            " segments of its fields alone.",
            rule=rule.name,
            name=name[:40],
        )
    number = [each.casefold() for each in dimension.labels].index(label.casefold())
    pieces = in_cells(columns, dimension)
    counted = exposure(columns, periods, pieces=pieces, cell_count=len(dimension.labels))
    return counted.cell(number)


def splits(columns: Columns, rule: Rule, period: Period, definition: Definition) -> Sequence[Split]:
    """The segments that are judged beside the total; of a field that nobody has, none."""
    periods = _periods(columns, rule, period, definition)
    found = []
    for name in rule.segments:
        known = _field(columns, name)
        if known is None:
            continue
        dimension = columns.dimensions[known]
        count = len(dimension.labels)
        pieces = in_cells(columns, dimension)
        counted = exposure(columns, periods, pieces=pieces, cell_count=count)
        found.append(Split(known, dimension.labels, counted))
    return found


def settings_here(
    columns: Columns, rule: Rule, period: Period, definition: Definition, groups: Groups | None
) -> Settings:
    """The rule's, with how many customers leave together here.

    Where groups are the customers, nobody else belongs together.
    """
    if definition.parents is Parents.TOP:
        return replace(rule.settings, clustering=1.0)
    if groups is None:
        return rule.settings
    eve = day_number(period.eve)
    there = columns.customer[(columns.since <= eve) & (columns.until > eve)]  # each once
    if not len(there):
        return rule.settings
    return replace(rule.settings, clustering=clustering(groups.sizes(there)))


def evaluate(
    columns: Columns,
    rule: Rule,
    period: Period,
    *,
    definition: Definition,
    past: Past,
    background: Background = NO_BACKGROUND,
) -> tuple[Evaluation, Verdict]:
    """What the rule sees in `period`, and the verdict on everybody for those who ask for more."""
    counted = history(columns, rule, period, definition)
    settings = settings_here(columns, rule, period, definition, background.groups)
    findings = judge(
        counted,
        settings,
        past=past,
        recording=background.recording,
        splits=splits(columns, rule, period, definition) if len(counted) else (),
    )
    total = findings.total
    marks: Sequence[Expectation] = ()
    if total.looked:
        marks = expectations(
            counted, settings, past=past, recording=background.recording, newest=_MARKS
        )
    seen = _evaluation(columns, rule, period, definition, findings, marks, background)
    return seen, total


def _evaluation(
    columns: Columns,
    rule: Rule,
    period: Period,
    definition: Definition,
    findings: Findings,
    marks: Sequence[Expectation],
    background: Background,
) -> Evaluation:
    total = findings.total
    dropped = [one for one in findings.segments if one.verdict.dropped]
    parts = tuple(f"{one.dimension}={one.label}" for one in dropped)
    everybody = _group("", total)
    fallen = (_group(part, one.verdict) for part, one in zip(parts, dropped, strict=True))
    groups = [each for each in (everybody, *fallen) if each]
    kept = total.opening - total.lost
    evidence = Evidence(
        first=period.first,
        next=period.next,
        value=100 * kept / total.opening if total.opening else None,
        opening=total.opening,
        kept=kept,
        groups=tuple(groups),
        normal_segments=sum(
            one.verdict.looked and not one.verdict.dropped for one in findings.segments
        ),
        years=total.years if total.dropped else None,
        made_of=total.made_of,
        marks=tuple(map(_mark, marks)),
        recorded=_recorded(background.recording, total.period),
    )
    told = total if total.dropped or not dropped else dropped[0].verdict
    window = told.strongest.periods if told.strongest else (period,)
    wanted = dict(rule.only) if total.dropped or not dropped else dict([parts[0].split("=", 1)])
    evidence = _with_leavers(evidence, columns, window, wanted, definition, background.groups)
    silent = "" if total.looked or dropped else str(total.reason)
    return Evaluation(
        reading=Reading(
            period.first,
            kept / total.opening if total.opening else None,
            1 - everybody.expected / everybody.opening if everybody else None,
        ),
        evidence=evidence,
        dropped=findings.dropped,
        over=total.is_over,
        still=tuple(
            f"{one.dimension}={one.label}"
            for one in findings.segments
            if one.verdict.looked and not one.verdict.is_over
        ),
        chance=min([total.chance, *(one.verdict.chance for one in dropped)]),
        parts=("", *parts) if total.dropped else parts,
        silent=silent,
    )


def _group(label: str, verdict: Verdict) -> Group | None:
    window = verdict.strongest
    if window is None:
        return None
    return Group(
        label,
        window.periods[0].first,
        window.periods[-1].next,
        len(window.periods),
        window.opening,
        window.lost,
        window.expected,
        window.chance,
        verdict.dropped,
    )


def _mark(one: Expectation) -> Mark:
    def stayed(left: float) -> float:
        return round(100 * (1 - left / one.opening), 1) if one.opening else 0.0

    return Mark(
        one.period.first,
        one.period.next,
        stayed(one.lost),
        low=max(0.0, stayed(one.most)),
        high=stayed(one.fewest),
    )


def _with_leavers(
    evidence: Evidence,
    columns: Columns,
    window: Sequence[Period],
    wanted: dict[str, str],
    definition: Definition,
    groups: Groups | None,
) -> Evidence:
    masks = [segments(columns, wanted, on=p.eve, definition=definition) for p in window]
    left = who_left(columns, window, masks)
    shown = by_revenue(columns, left, window[0], definition)[:_LEFT]
    largest = largest_account(left, groups.of(left)) if groups else None
    return replace(
        evidence,
        left=tuple(shown.tolist()),
        left_count=len(left),
        account=(groups.names[largest[0]], largest[1]) if groups and largest else None,
    )


def _recorded(recording: Recording | None, period: Period | None) -> float | None:
    """The share of those who left that is recorded by now, where that is not all."""
    if recording is None or period is None:
        return None
    share = float(recording.shares([period])[0])
    return share if share < 1 else None


def by_revenue(columns: Columns, customers: Codes, period: Period, definition: Definition) -> Codes:
    """Those who paid most on the eve of the period first; as they were where nobody tells."""
    paid = monthly(columns, customers, period, definition)
    return customers if paid is None else customers[np.argsort(-paid[0], kind="stable")]


def monthly(
    columns: Columns, customers: Codes, period: Period, definition: Definition
) -> tuple[NDArray[np.int64], str] | None:
    """What each paid a month on the eve of the period, in parts, and in which currency; None where
    no amounts are told, or they can't be added up."""
    if columns.revenue is None:
        return None
    try:
        revenue = in_one_currency(columns.revenue, definition.currency, dict(definition.rates))
    except RatesMissing:
        return None
    if not revenue.currencies:
        return None
    return mrr(revenue, day_number(period.eve)).of(customers), revenue.currencies[0]


def _periods(
    columns: Columns, rule: Rule, period: Period, definition: Definition
) -> tuple[Period, ...]:
    if rule.kind is Kind.WEEK:
        wanted = rolling_months(period.next, REACH)
    else:
        wanted = run_up(period, REACH, definition)
    return known_periods(columns, wanted)


def _field(columns: Columns, name: str) -> str | None:
    return next((each for each in columns.dimensions if each.casefold() == name.casefold()), None)
