"""How far two shares are apart, against the examples of the paper that the interval is from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.difference import difference


@pytest.mark.parametrize(
    ("shares", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_the_intervals_are_those_of_newcombes_table(
    shares: tuple[int, int, int, int], low: float, high: float
) -> None:
    found = difference(*shares)

    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


@given(st.integers(1, 500), st.integers(1, 500), st.data())
def test_it_lies_in_its_interval_and_turns_with_the_order(
    opening: int, then: int, data: st.DataObject
) -> None:
    kept = data.draw(st.integers(0, opening))
    kept_then = data.draw(st.integers(0, then))
    one = difference(kept, opening, kept_then, then)
    other = difference(kept_then, then, kept, opening)

    assert one.low <= one.of <= one.high
    assert one.low == pytest.approx(-other.high)
    assert one.is_luck == other.is_luck


def test_the_same_share_is_luck_and_all_against_none_is_not() -> None:
    assert difference(9, 10, 9, 10).is_luck
    assert not difference(40, 40, 0, 40).is_luck
