"""What is expected of a period: worked examples, and the formulas in loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.domain.expected import Model, baseline, clustering, expected, unexplained
from bot.domain.scan import MONTHS, earliest_start, scan
from tests.domain import detection_reference as reference

Grid = NDArray[np.int64]

EVERY = (20, 60, 110, 10)
USUAL, HIGH = (1, 4, 4, 1), (2, 6, 6, 1)


def seasonal() -> tuple[Grid, Grid]:
    """28 months; those at the same time of the year are high, and the last is bad."""
    lost = np.tile(USUAL, (28, 1))
    lost[[0, 12, 24]] = HIGH
    lost[27] = (2, 8, 7, 2)
    return np.tile(EVERY, (28, 1)), lost


def short() -> tuple[Grid, Grid]:
    lost = np.tile(USUAL, (7, 1))
    lost[6] = (3, 8, 8, 2)
    return np.tile(EVERY, (7, 1)), lost


@pytest.mark.parametrize(
    ("t", "m", "phi0", "h", "f", "E", "phi", "A", "f_error"),
    [
        (
            *(26, 23, 1.604348, (0.054585, 0.069604, 0.038437, 0.093874)),
            *(0.987398, 10.303279, 1, 240, 0.856147),
        ),
        (
            *(27, 24, 1.604167, (0.054402, 0.069485, 0.038353, 0.094075)),
            *(0.987915, 10.290785, 1, 250, 0.853805),
        ),
    ],
)
def test_the_worked_example(
    t: int,
    m: int,
    phi0: float,
    h: tuple[float, ...],
    f: float,
    E: float,
    phi: float,
    A: float,
    f_error: float,
) -> None:
    found = expected(*seasonal())

    assert found.used[t] == m
    assert found.prior_dispersion[t] == pytest.approx(phi0, abs=5e-7)
    assert found.rates[t] == pytest.approx(h, abs=5e-7)
    assert found.season[t] == pytest.approx(f, abs=5e-7)
    assert found.leavers[t] == pytest.approx(E, abs=5e-7)
    assert found.dispersion[t] == pytest.approx(phi)
    assert found.evidence[t] == pytest.approx(A)
    assert found.season_error[t] == pytest.approx(f_error, abs=5e-7)


@pytest.mark.parametrize(
    ("t", "windows"),
    [
        (
            26,
            [
                (1, 10, 10.3033, 11.6017, 0.511332),
                (2, 20, 20.6202, 24.1837, 0.532233),
                (3, 35, 32.4682, 40.1076, 0.333317),
                (6, 65, 63.7807, 92.2900, 0.436860),
            ],
        ),
        (
            27,
            [
                (1, 19, 10.2908, 11.5682, 0.010804),
                (2, 29, 20.5941, 24.0712, 0.051001),
                (3, 39, 30.9110, 37.6339, 0.098268),
                (6, 74, 63.6107, 90.4839, 0.138613),
            ],
        ),
    ],
)
def test_the_windows_of_the_worked_example(
    t: int, windows: list[tuple[int, int, float, float, float]]
) -> None:
    opening, lost = seasonal()

    found = scan(lost, expected(opening, lost), t, start=18)

    assert found.lengths == (1, 2, 3, 6)
    for number, (_, observed, mean, variance, chance) in enumerate(windows):
        assert found.observed[number] == observed
        assert found.expected[number] == pytest.approx(mean, abs=5e-5)
        assert found.variance[number] == pytest.approx(variance, abs=5e-5)
        assert found.chance[number] == pytest.approx(chance, abs=5e-7)
    assert found.least == min(found.chance)


def test_a_short_history_expects_with_less_confidence() -> None:
    opening, lost = short()

    made = expected(opening, lost)
    found = scan(lost, made, 6)

    assert (made.used[6], made.season[6], made.leavers[6]) == (5, 1, pytest.approx(10))
    assert made.prior_dispersion[6] == pytest.approx(2)
    assert made.rates[6] == pytest.approx((0.051287, 0.066271, 0.038173, 0.079892), abs=5e-7)
    assert made.dispersion[6] == pytest.approx(1.714286)
    assert made.evidence[6] == pytest.approx(29.166667)
    assert found.lengths == (1, 2, 3)
    assert found.variance == pytest.approx((20.5714, 52.0635, 106.8132), abs=5e-5)
    assert found.chance == pytest.approx((0.019355, 0.075525, 0.143432), abs=5e-7)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Grid, Grid]:
    """A company of 3 to 45 months, with groups that may be empty."""
    periods = draw(st.integers(3, 45))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.sampled_from([1, 10, 200]))
    opening = random.integers(0, size + 1, (periods, 4))
    return opening, random.binomial(opening, draw(st.sampled_from([0.0, 0.03, 0.3])))


@given(histories(), st.sampled_from([1.0, 1.5, 3.0]), st.data())
def test_it_is_what_the_formulas_in_loops_make(
    history: tuple[Grid, Grid], phi_g: float, data: st.DataObject
) -> None:
    opening, lost = history
    t = data.draw(st.integers(2, len(opening) - 1))

    found = scan(lost, expected(opening, lost, Model(phi_g)), t)

    assert found.lengths == tuple(w for w in MONTHS if t - w + 1 >= 2)
    for number, length in enumerate(found.lengths):
        slow = reference.window(opening.tolist(), lost.tolist(), t, length, phi_g)
        assert found.observed[number] == slow[0]
        assert found.expected[number] == pytest.approx(slow[1])
        assert found.variance[number] == pytest.approx(slow[2])
        assert found.chance[number] == pytest.approx(slow[3], abs=1e-6)


@given(st.lists(histories(), min_size=1, max_size=3), st.sampled_from([1.0, 2.5]))
def test_many_companies_at_once_are_each_as_by_itself(
    several: list[tuple[Grid, Grid]], phi_g: float
) -> None:
    length = min(len(opening) for opening, _ in several)
    opening, lost = (np.stack([each[n][:length] for each in several]) for n in (0, 1))

    together = expected(opening, lost, Model(phi_g))
    scanned = scan(lost, together, length - 1)

    for number in range(len(several)):
        alone = expected(opening[number], lost[number], Model(phi_g))
        assert together.leavers[number] == pytest.approx(alone.leavers, nan_ok=True)
        chance = scan(lost[number], alone, length - 1).chance
        assert scanned.chance[number] == pytest.approx(chance)


@given(histories())
def test_what_comes_later_changes_no_expectation(history: tuple[Grid, Grid]) -> None:
    opening, lost = history
    t = len(opening) - 1
    changed = lost.copy()
    changed[t] = opening[t]

    made, after = (expected(opening, each) for each in (lost, changed))

    assert made.leavers == pytest.approx(after.leavers, nan_ok=True)


@given(histories())
def test_every_baseline_expects_what_it_had(history: tuple[Grid, Grid]) -> None:
    opening, lost = history
    t = len(opening) - 1
    start, stop = baseline(t)

    made = expected(opening, lost)

    if lost[start:stop].sum():
        again = (opening[start:stop] * made.rates[t]).sum()
        assert again == pytest.approx(lost[start:stop].sum())


@pytest.mark.parametrize(
    ("t", "periods"),
    [
        (1, (0, 1)),
        (2, (0, 1)),
        (3, (0, 2)),
        (8, (0, 7)),
        (9, (0, 6)),
        (27, (0, 24)),
        (40, (13, 37)),
    ],
)
def test_a_baseline_leaves_out_the_newest_periods(t: int, periods: tuple[int, int]) -> None:
    assert baseline(t) == periods


@pytest.mark.parametrize(
    ("t", "kappa"), [(3, 0.05), (11, 0.05), (12, 0.02), (23, 0.02), (24, 0.01), (60, 0.01)]
)
def test_less_history_is_taken_to_vary_more(t: int, kappa: float) -> None:
    assert unexplained(t) == kappa


def test_a_variation_that_was_found_counts_where_it_is_more() -> None:
    opening, lost = short()

    usual, more = (
        expected(opening, lost, Model(unexplained=k)).prior_dispersion[6] for k in (0.05, 0.0625)
    )

    assert usual == pytest.approx(1.5 + 0.05 * 10)
    assert more == pytest.approx(1.5 + 0.0625 * 10)


def test_accounts_that_leave_together_spread_luck() -> None:
    assert clustering([1, 1, 1]) == 1
    assert clustering([1] * 92 + [3] * 6 + [6] * 2) == pytest.approx(2.18 / 1.22)
    assert clustering([]) == 1.5


def test_an_incident_is_left_out_of_what_is_expected() -> None:
    opening, lost = seasonal()
    lost[10:14] = (10, 20, 20, 5)

    kept, left_out = (expected(opening, lost, without=numbers) for numbers in ((), range(10, 14)))

    assert kept.rates[27].sum() > 1.2 * left_out.rates[27].sum()
    assert left_out.used[27] == 20
    assert left_out.season[26] > 0.98


def test_without_enough_other_periods_an_incident_is_used_all_the_same() -> None:
    opening, lost = short()

    left_out = expected(opening, lost, without=range(2, 6))

    assert left_out.used[6] == 5


@pytest.mark.parametrize(("first", "start"), [(3, 2), (8, 2), (9, 3), (24, 18)])
def test_windows_reach_six_periods_before_the_first_evaluation(first: int, start: int) -> None:
    assert earliest_start(first) == start


def test_where_no_window_fits_there_is_none() -> None:
    opening, lost = short()

    found = scan(lost, expected(opening, lost), 6, start=7)

    assert found.lengths == ()
    assert found.least == 1


def test_of_churn_that_is_half_recorded_half_is_expected() -> None:
    opening, lost = short()
    made, share = expected(opening, lost), np.array([1, 1, 1, 1, 1, 1, 0.5])

    whole, half = (scan(lost, made, 6, recorded=each) for each in (None, share))

    assert half.expected == pytest.approx(whole.expected - 5)
    assert half.chance[0] < whole.chance[0]


def test_a_past_incident_does_not_blunt_the_rule() -> None:
    opening, lost = seasonal()
    lost[5] = (20, 60, 110, 10)  # everybody left

    made = expected(opening, lost)

    phi0 = made.prior_dispersion[27]
    nu = 6 + 18  # some 20 leave in a period
    most = (nu * phi0 + 9 * phi0 + (lost.sum(axis=1)[3:24] ** 2).max()) / (nu + 23)
    assert phi0 < made.dispersion[27] < most


def test_not_knowing_the_season_counts_for_what_is_recorded_alone() -> None:
    opening, lost = seasonal()
    made, half = expected(opening, lost), np.full(28, 0.5)

    (one,) = scan(lost, made, 27, lengths=(1,), recorded=half).variance

    E = made.leavers[27] / 2
    assert one == pytest.approx(
        made.dispersion[27] * E + E**2 / made.evidence[27] + made.season_error[27] / 4
    )
