"""The verdict: when it speaks, why it keeps quiet, and all that a message says of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.definition import Definition
from bot.domain.detection import (
    MOST_SEGMENTS,
    Cadence,
    Data,
    Findings,
    Level,
    Past,
    Reason,
    Settings,
    Split,
    Verdict,
    Window,
    expectations,
    judge,
    one_in,
    unready,
)
from bot.domain.expected import expected
from bot.domain.exposure import Exposure, rolling_months
from bot.domain.lateness import Recording
from bot.domain.period import Kind, Period, day_number, period_of, run_up
from bot.domain.scan import of_single_periods, scan

OCTOBER = period_of(Kind.MONTH, date(2026, 10, 1), Definition())
USUAL = Settings(clustering=1.0)


def history(*lost: int, opening: int = 100, newest: int | None = None) -> Exposure:
    """Months that end with October, each with so many settled customers, of whom so many left."""
    return cells([lost], opening=[opening], newest=newest)


def cells(
    lost: Sequence[Sequence[int]], *, opening: Sequence[int], newest: int | None = None
) -> Exposure:
    count = len(lost[0])
    there = np.zeros((len(lost), count, 4), np.int64)
    there[..., 2] = np.array(opening)[:, np.newaxis]
    if newest is not None:
        there[:, -1, 2] = newest
    left = np.zeros_like(there)
    left[..., 2] = np.array(lost)
    return Exposure(run_up(OCTOBER, count, Definition()) if count else (), there, left)


def verdict(of: Exposure, settings: Settings = USUAL, past: Past | None = None) -> Verdict:
    return judge(of, settings, past=past).total


YEARS = [5] * 27


def test_a_usual_month_is_normal() -> None:
    told = verdict(history(*YEARS, 5))

    assert told.reason is Reason.NORMAL
    assert (told.period, told.opening, told.lost) == (OCTOBER, 100, 5)
    assert (told.history, told.made_of) == (27, 24)
    assert told.chance > 0.3


def test_a_bad_month_dropped_and_says_how_sure_it_is() -> None:
    told = verdict(history(*YEARS, 14))
    window = told.strongest

    assert told.dropped
    assert window is not None
    assert window.periods == (OCTOBER,)
    assert (window.opening, window.kept, window.expected_kept) == (100, 86, 95)
    assert window.crr == pytest.approx(0.86)
    assert window.expected_crr == pytest.approx(0.95, abs=0.005)
    assert told.chance < told.alpha == 0.02
    assert window.one_in == one_in(told.chance)
    assert told.years is not None
    assert told.years > 2.2


def test_a_drop_that_is_small_but_lasts_is_found_over_several_months() -> None:
    past = Past(watched_since=date(2026, 5, 1))

    told = verdict(history(*YEARS[:22], 8, 8, 9, 8, 9, 8), past=past)

    assert told.dropped
    assert told.strongest is not None
    assert len(told.strongest.periods) == 6
    assert told.strongest.opening == 600
    assert told.windows[0].chance > told.alpha


def test_the_chance_in_the_facts_is_said_as_one_in_270() -> None:
    assert one_in(0.00376) == 270
    assert one_in(0.0247) == 40
    assert one_in(0.3) == 3
    assert one_in(0.000012345) == 81_000
    assert one_in(1) == 1
    assert one_in(0) == 1_000_000_000


@pytest.mark.parametrize(
    ("chance", "cadence", "years"),
    [
        (0.02, Cadence.MONTHLY, 2.27),
        (0.05, Cadence.MONTHLY, 1.13),
        (0.00376, Cadence.MONTHLY, 8.1),
        (0.010, Cadence.WEEKLY, 2.27),
        (0.008, Cadence.DAILY, 2.27),
    ],
)
def test_a_signal_is_a_false_alarm_once_in_so_many_years(
    chance: float, cadence: Cadence, years: float
) -> None:
    assert Settings(cadence=cadence).years(chance) == pytest.approx(years, abs=0.02)
    assert Settings().years(0) == float("inf")


@pytest.mark.parametrize(
    ("level", "cadence", "alpha"),
    [
        (Level.SENSITIVE, Cadence.MONTHLY, 0.05),
        (Level.NORMAL, Cadence.MONTHLY, 0.02),
        (Level.QUIET, Cadence.MONTHLY, 0.005),
        (Level.NORMAL, Cadence.WEEKLY, 0.01),
        (Level.NORMAL, Cadence.DAILY, 0.008),
    ],
)
def test_who_looks_more_often_asks_more_of_each_look(
    level: Level, cadence: Cadence, alpha: float
) -> None:
    assert Settings(level=level, cadence=cadence).alpha == pytest.approx(alpha)


def test_levels_speak_one_after_the_other() -> None:
    def first_to_speak(level: Level) -> int:
        settings = replace(USUAL, level=level)
        return next(n for n in range(100) if verdict(history(*YEARS, n), settings).dropped)

    sensitive, normal, quiet = map(first_to_speak, Level)
    assert 5 < sensitive < normal < quiet


def test_what_could_not_be_seen_is_told() -> None:
    told = verdict(history(*YEARS, 5))

    assert told.sight is not None
    assert told.sight.drop == pytest.approx(told.sight.fires_at - told.sight.expected)
    assert not verdict(history(*YEARS, told.sight.fires_at - 1)).dropped
    assert verdict(history(*YEARS, told.sight.fires_at)).dropped


def test_no_history_at_all_is_no_data() -> None:
    nobody = Exposure((), np.zeros((1, 0, 4), np.int64), np.zeros((1, 0, 4), np.int64))

    assert verdict(nobody).reason is Reason.NO_DATA
    assert verdict(history(0, 0, 0, 0, opening=0)).reason is Reason.NO_DATA
    assert verdict(history(5, 5, 5, 5, 0, newest=0)).reason is Reason.NO_DATA


def test_fewer_than_three_periods_before_are_a_short_history() -> None:
    assert verdict(history(50)).reason is Reason.SHORT_HISTORY
    assert verdict(history(5, 5, 50)).reason is Reason.SHORT_HISTORY
    assert verdict(history(5, 5, 5, 50)).reason is Reason.DROPPED


def test_months_before_there_were_customers_are_no_history() -> None:
    of = history(0, 0, 0, 0, 5, 5, 50)
    of.opening[:, :4] = 0

    assert verdict(of).reason is Reason.SHORT_HISTORY


def test_in_a_short_history_a_given_crr_is_what_is_expected() -> None:
    settings = replace(USUAL, expected_crr=0.95)

    few, many = (verdict(history(5, 5, lost), settings) for lost in (6, 30))

    assert few.reason is Reason.NORMAL
    assert many.reason is Reason.DROPPED
    assert many.strongest is not None
    assert many.strongest.expected == pytest.approx(5)
    assert many.strongest.variance == pytest.approx((1 + 0.05 * 5) * 5 + 25 / 12)
    assert many.made_of == 0
    assert verdict(history(50), settings).reason is Reason.DROPPED


def test_once_there_is_a_history_a_given_crr_is_forgotten() -> None:
    settings = replace(USUAL, expected_crr=0.5)

    assert verdict(history(*YEARS, 14), settings) == verdict(history(*YEARS, 14))


def test_a_small_base_never_alerts() -> None:
    told = verdict(history(*YEARS, 29, newest=29))

    assert told.reason is Reason.SMALL_BASE
    assert (told.opening, told.lost, told.windows) == (29, 29, ())
    assert verdict(history(*YEARS, 29, newest=30)).reason is Reason.DROPPED


def test_where_hardly_anybody_ever_leaves_the_month_is_held_to_one_leaver() -> None:
    """More than is usual there: a few are luck, and 300 of 400 are not."""
    told = {
        lost: verdict(history(*[0] * 27, lost, opening=400)).reason for lost in (0, 1, 3, 5, 300)
    }

    assert told == {
        0: Reason.NORMAL,
        1: Reason.NORMAL,
        3: Reason.NORMAL,
        5: Reason.DROPPED,
        300: Reason.DROPPED,
    }


def test_of_so_few_leavers_one_month_is_looked_at_and_one_is_expected() -> None:
    told = verdict(history(*[0] * 27, 5, opening=400))

    [window] = told.windows
    assert (window.opening, window.lost, window.expected) == (400, 5, 1)
    assert window.variance == pytest.approx(1 + 0.05 + 1 / 12)
    assert told.made_of == 0
    assert told.sight is not None


@given(st.integers(30, 500), st.integers(1, 20))
def test_whoever_leaves_of_those_who_never_do_is_never_less_of_an_alert_than_one_fewer(
    opening: int, lost: int
) -> None:
    chance = [
        verdict(history(*[0] * 14, number, opening=opening)).windows[0].chance
        for number in (lost, lost + 1)
    ]

    assert chance[1] <= chance[0]


def test_a_window_does_not_reach_back_before_what_was_resolved() -> None:
    past = Past(watched_since=date(2025, 1, 1))
    of = history(*YEARS[:22], 9, 9, 9, 9, 9, 9)

    free = verdict(of, past=past)
    held = verdict(of, past=replace(past, not_before=date(2026, 9, 1)))

    assert [len(w.periods) for w in free.windows] == [1, 2, 3, 6, 12]
    assert [len(w.periods) for w in held.windows] == [1, 2]
    assert verdict(of, past=replace(past, not_before=date(2030, 1, 1))).windows


def test_a_new_normal_is_what_is_expected_from_then_on() -> None:
    of = history(*[5] * 20, *[10] * 10)

    old = verdict(of, past=Past(watched_since=date(2025, 1, 1)))
    new = verdict(of, past=Past(watched_since=date(2025, 1, 1), new_normal=date(2026, 1, 1)))

    assert old.dropped
    assert new.reason is Reason.NORMAL
    assert new.history == 9


def test_an_incident_does_not_become_what_is_expected() -> None:
    of = history(*[5] * 15, *[25] * 6, *[5] * 5, 12)
    incident = (date(2025, 11, 1), date(2026, 4, 30))

    absorbed, left_out = (verdict(of, past=Past(incidents=i)) for i in ((), (incident,)))

    assert absorbed.reason is Reason.NORMAL
    assert left_out.dropped
    assert left_out.made_of == 17  # of the 23 that it would have been


@pytest.mark.parametrize(
    ("newest", "over"), [((5, 5), True), ((7, 4), True), ((5, 9), False), ((12, 5), False)]
)
def test_an_incident_is_over_when_two_months_together_and_the_last_are_good(
    newest: tuple[int, int], over: bool
) -> None:
    told = verdict(history(*YEARS[:24], 14, 14, *newest), past=Past(date(2025, 1, 1)))

    assert told.is_over is over


@pytest.mark.parametrize(
    ("pair", "last", "over"),
    [
        ((0.3, 20, 10.0), 0.15, True),
        ((0.29, 20, 10.0), 0.15, False),
        ((0.01, 114, 100.0), 0.15, True),  # about as expected, though luck says otherwise
        ((0.01, 116, 100.0), 0.15, False),
        ((0.9, 10, 10.0), 0.14, False),  # the last month by itself is not good
    ],
)
def test_the_pair_may_be_likely_or_about_as_expected_but_the_last_must_be_good(
    pair: tuple[float, int, float], last: float, over: bool
) -> None:
    chance, lost, expected = pair
    months = run_up(OCTOBER, 2, Definition())
    windows = (
        Window(months[1:], 100, 5, 5.0, 5.0, last),
        Window(months, 200, lost, expected, expected, chance),
    )

    assert Verdict(Reason.NORMAL, OCTOBER, windows=windows).is_over is over


def test_an_alert_is_strictly_below_alpha() -> None:
    near = 0
    for opening in range(60, 260, 4):
        for lost in range(4, 24):
            told = verdict(history(*YEARS, lost, newest=opening))
            assert told.dropped == (told.chance < told.alpha)
            near += told.alpha <= told.chance < 1.2 * told.alpha
    assert near


def test_nothing_is_over_while_nothing_can_be_seen() -> None:
    assert not verdict(history(*YEARS, 0, newest=10)).is_over


def test_ten_times_less_likely_is_clearly_worse() -> None:
    told = verdict(history(*YEARS, 20))

    assert told.clearly_worse(told.chance * 10)
    assert not told.clearly_worse(told.chance * 9.9)
    assert not verdict(history(*YEARS, 5)).clearly_worse(1)


NOVEMBER = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (Data(date(2026, 10, 31), date(2026, 10, 31)), Reason.UNFINISHED),
        (Data(NOVEMBER, None), Reason.STALE),
        (Data(NOVEMBER, date(2026, 10, 31)), Reason.STALE),
        (Data(NOVEMBER, NOVEMBER), None),
        (Data(NOVEMBER, NOVEMBER, held=True), Reason.HELD),
        (Data(NOVEMBER, date(2026, 10, 31), held=True), Reason.HELD),
    ],
)
def test_bad_data_are_not_judged(data: Data, reason: Reason | None) -> None:
    assert unready(OCTOBER, data) is reason


def family(*newest: int, size: int = 100, total: int | None = None) -> Findings:
    """Segments whose last month lost so many, and their total."""
    lost = [[*YEARS, left] for left in newest]
    split = cells(lost, opening=[size] * len(newest))
    everybody = split.total()
    if total is not None:
        everybody.lost[0, -1, 2] = total
    labels = tuple(f"s{number}" for number in range(len(newest)))
    return judge(everybody, USUAL, splits=[Split("plan", labels, split)])


def test_total_and_segments_share_alpha_by_halves() -> None:
    found = family(5, 5, 5, 5)

    assert found.total.alpha == 0.01
    assert [s.verdict.alpha for s in found.segments] == [0.01 / 4] * 4
    assert not found.dropped


def test_the_segment_that_dropped_comes_first() -> None:
    found = family(5, 5, 22, 5)

    assert (found.segments[0].dimension, found.segments[0].label) == ("plan", "s2")
    assert [s.verdict.dropped for s in found.segments] == [True, False, False, False]
    assert found.dropped


def test_each_next_segment_is_held_to_one_fewer() -> None:
    found = family(30, 25, 5, 5)

    assert [round(0.01 / s.verdict.alpha) for s in found.segments] == [4, 3, 2, 2]
    assert [s.verdict.dropped for s in found.segments] == [True, True, False, False]


def test_among_many_segments_each_must_be_less_likely() -> None:
    lone = family(13)
    among_many = family(13, *[5] * 7)

    assert lone.segments[0].verdict.dropped
    assert not among_many.segments[0].verdict.dropped


def test_segments_that_cannot_be_seen_do_not_count() -> None:
    lost = [[*YEARS, 5], [*YEARS, 5]]
    split = cells(lost, opening=[100, 20])

    found = judge(split.total(), USUAL, splits=[Split("plan", ("a", "b"), split)])

    told = {s.label: s.verdict for s in found.segments}
    assert told["a"].alpha == 0.01
    assert told["b"].reason is Reason.SMALL_BASE


def test_a_segment_that_is_new_has_a_short_history() -> None:
    split = cells([[*YEARS, 5], [*YEARS, 50]], opening=[100, 100])
    split.opening[1, :-2] = split.lost[1, :-2] = 0

    found = judge(split.total(), USUAL, splits=[Split("plan", ("old", "new"), split)])

    told = {s.label: s.verdict.reason for s in found.segments}
    assert told == {"old": Reason.NORMAL, "new": Reason.SHORT_HISTORY}


def test_of_many_segments_the_largest_are_judged() -> None:
    count = MOST_SEGMENTS + 3
    split = cells([[*YEARS, 5]] * count, opening=range(100, 100 + count))
    labels = tuple(str(number) for number in range(count))

    found = judge(split.total(), USUAL, splits=[Split("plan", labels, split)])

    assert {s.label for s in found.segments} == set(labels[3:])


def test_rolling_months_have_windows_of_their_own() -> None:
    of = replace_periods(history(*YEARS, 5), rolling_months(date(2026, 11, 11), 28))
    weekly = replace(USUAL, cadence=Cadence.WEEKLY)

    told = verdict(of, weekly, Past(watched_since=date(2025, 1, 1)))

    assert [len(w.periods) for w in told.windows] == [1, 2, 3, 6]
    assert told.alpha == 0.01


def replace_periods(of: Exposure, periods: tuple[Period, ...]) -> Exposure:
    return Exposure(periods, of.opening, of.lost)


def test_churn_that_is_recorded_late_is_not_waited_for() -> None:
    october_half = np.full(200, 0.5)
    late = Recording(october_half, day_number(date(2026, 11, 1)))
    of = history(*YEARS, 8)

    plain = judge(of, USUAL).total
    corrected = judge(of, USUAL, recording=late).total

    assert corrected.windows[0].expected == pytest.approx(plain.windows[0].expected / 2, rel=0.05)
    assert not plain.dropped
    assert corrected.dropped
    assert corrected.sight == plain.sight


def test_the_chart_has_a_band_that_an_alert_leaves() -> None:
    points = expectations(history(*YEARS, 14), USUAL)

    assert len(points) == 24
    last = points[-1]
    assert (last.period, last.opening, last.lost) == (OCTOBER, 100, 14)
    assert last.fewest < last.expected < last.most < 14
    assert all(p.fewest <= p.lost <= p.most for p in points[:-1])
    assert expectations(history(*YEARS, 14), USUAL, newest=13) == points[-13:]
    assert expectations(history(5, 5, 5), USUAL) == ()


def test_single_periods_stray_as_windows_of_one_do() -> None:
    year = (12, 4, 4, 4, 5, 4, 4, 6, 4, 4, 4, 5)
    of = history(*year, *year, *year, 9)
    made, share = expected(of.opening, of.lost, first=3), np.linspace(1, 0.4, len(of))

    mean, variance = of_single_periods(made, share)

    for t in range(3, len(of)):
        window = scan(of.lost, made, t, lengths=(1,), recorded=share)
        assert mean[0, t] == pytest.approx(window.expected[0, 0])
        assert variance[0, t] == pytest.approx(window.variance[0, 0])


def test_the_chart_expects_no_more_than_can_be_recorded_by_now() -> None:
    late = Recording(np.full(200, 0.5), day_number(date(2026, 11, 1)))
    of = history(*YEARS, 8)

    [plain] = expectations(of, USUAL, newest=1)
    [corrected] = expectations(of, USUAL, recording=late, newest=1)
    [window, *_] = judge(of, USUAL, recording=late).total.windows

    assert corrected.expected == pytest.approx(window.expected)
    assert corrected.most < 8 <= plain.most


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=40),
    st.sampled_from(Level),
    st.booleans(),
)
def test_a_verdict_always_holds_together(
    pairs: list[tuple[int, int]], level: Level, given_crr: bool
) -> None:
    of = history(*[min(pair) for pair in pairs])
    of.opening[0, :, 2] = [max(pair) for pair in pairs]
    settings = Settings(level=level, expected_crr=0.9 if given_crr else None)

    told = verdict(of, settings)

    assert told.looked == bool(told.windows) == (told.sight is not None)
    assert told.dropped == (told.looked and told.chance < told.alpha)
    assert told.lost == of.lost[0, -1, 2]
    for window in told.windows:
        assert 0 <= window.chance <= 1
        assert window.kept + window.lost == window.opening


@given(st.lists(st.integers(0, 40), min_size=5, max_size=30), st.integers(0, 39))
def test_one_more_leaver_is_never_better_news(lost: list[int], newest: int) -> None:
    fewer, more = (verdict(history(*lost, n)) for n in (newest, newest + 1))

    if fewer.looked:
        assert more.windows[0].chance <= fewer.windows[0].chance
