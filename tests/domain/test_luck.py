"""How often luck loses so many: against values of other programs, and term by term."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.luck import band, bands, fires_at, luck
from tests.domain import detection_reference as reference

means = st.floats(0.05, 60)
above = st.floats(0.001, 40)


@pytest.mark.parametrize(
    ("left", "expected", "variance", "chance"),
    [
        (9, 3, 3.25, 0.0037620),
        (9, 3, 5.85, 0.0247040),
        (19, 10, 19.8, 0.0364715),
        (600, 500, 3600, 0.0537125),
    ],
)
def test_it_is_what_scipy_says(left: int, expected: float, variance: float, chance: float) -> None:
    assert float(luck(left, expected, variance)) == pytest.approx(chance, abs=5e-8)


@pytest.mark.parametrize(
    ("left", "expected", "phi", "leavers", "one_in"),
    [
        (9, 3, 1, 36, 266),
        (9, 3, 1, 72, 325),
        (9, 3, 1.8, 36, 40),
        (9, 3, 1.8, 72, 44),
        (19, 10, 1.9, 240, 27),
        (22, 10, 1.9, 240, 83),
        (7, 3, 1, 36, 36),
        (600, 500, 6.8, 12_000, 19),
    ],
)
def test_the_chance_of_a_month_by_what_it_was_expected_from(
    left: int, expected: float, phi: float, leavers: float, one_in: int
) -> None:
    variance = phi * expected + expected**2 / (leavers / phi)

    assert round(1 / float(luck(left, expected, variance))) == one_in


@given(st.integers(0, 150), means, above)
def test_it_is_what_the_terms_add_up_to(left: int, expected: float, more: float) -> None:
    slow = reference.luck(left, expected, expected + more)

    assert float(luck(left, expected, expected + more)) == pytest.approx(slow, abs=1e-8)


@given(st.integers(1, 150), means)
def test_without_more_than_chance_it_is_poisson(left: int, expected: float) -> None:
    slow = reference.luck(left, expected, expected)

    assert float(luck(left, expected, expected)) == pytest.approx(slow, abs=1e-5)
    assert luck(left, expected, expected / 2) == luck(left, expected, expected)


@pytest.mark.parametrize("size", [9_999.0, 10_001.0])
def test_both_ways_to_add_up_the_factors_agree(size: float) -> None:
    expected = 500.0
    variance = expected + expected**2 / size

    slow = reference.luck(540, expected, variance)

    assert float(luck(540, expected, variance)) == pytest.approx(slow, rel=1e-9)


def test_nobody_leaving_surprises_nobody() -> None:
    assert luck(0, 3, 4) == 1
    assert luck(0, 0, 0) == 1


def test_somebody_leaving_where_nobody_was_expected_to_is_no_luck() -> None:
    assert luck(1, 0, 0) == 0


def test_far_out_it_is_small_but_not_nothing() -> None:
    assert 0 < float(luck(400, 10, 12)) < 1e-100


@given(st.integers(0, 100), means, above)
def test_more_leavers_are_less_likely(left: int, expected: float, more: float) -> None:
    few, many = luck([left, left + 1], expected, expected + more)

    assert 0 <= many <= few <= 1


def test_arrays_are_judged_element_by_element() -> None:
    left, expected = np.array([[0, 4, 9], [30, 600, 2]]), np.array([3.0, 3.0, 500.0])

    together = luck(left, expected, 2 * expected)

    assert together.shape == (2, 3)
    assert together.ravel().tolist() == [
        float(luck(k, e, 2 * e)) for k, e in np.nditer([left, np.broadcast_to(expected, (2, 3))])
    ]


@given(means, above, st.sampled_from([0.05, 0.02, 0.005, 0.0005]))
def test_it_fires_at_the_least_number_that_is_below_alpha(
    expected: float, more: float, alpha: float
) -> None:
    number = fires_at(expected, expected + more, alpha)

    assert float(luck(number, expected, expected + more)) < alpha
    assert float(luck(number - 1, expected, expected + more)) >= alpha


@given(means, above, st.sampled_from([0.2, 0.05, 0.02, 0.005]))
def test_a_band_holds_what_luck_explains_on_either_side(
    expected: float, more: float, alpha: float
) -> None:
    variance = expected + more

    def so_few(left: int) -> float:
        terms = sum(reference.point(k, expected, variance) for k in range(left))
        return terms + reference.point(left, expected, variance) / 2

    fewest, most = band(expected, variance, alpha)

    assert most == fires_at(expected, variance, alpha) - 1
    assert so_few(fewest) >= alpha
    assert fewest == 0 or so_few(fewest - 1) < alpha


def test_the_bands_of_many_are_those_of_each() -> None:
    mean, variance = [0.4, 3.0, 47.0, 500.0, 3.0], [0.4, 5.9, 90.0, 3600.0, 3.0]
    fewest, most = bands(mean, variance, 0.02)

    each = [band(*one, 0.02) for one in zip(mean, variance, strict=True)]
    assert list(zip(fewest.tolist(), most.tolist(), strict=True)) == each
    assert [m + 1 for m in most.tolist()] == [
        fires_at(*one, 0.02) for one in zip(mean, variance, strict=True)
    ]


def test_of_nothing_there_are_no_bands() -> None:
    fewest, most = bands([], [], 0.02)

    assert (len(fewest), len(most)) == (0, 0)
