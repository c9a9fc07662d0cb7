"""What a rule can see, by the number of customers and their CRR."""

import pytest

from bot.domain.detection import Level, Settings
from bot.domain.sight import sight


@pytest.mark.parametrize(
    ("base", "crr", "alone", "points", "grouped", "points_grouped"),
    [
        (30, 0.95, 5, 11.7, 7, 18.3),
        (50, 0.95, 7, 9.0, 9, 13.0),
        (100, 0.95, 11, 6.0, 13, 8.0),
        (200, 0.95, 18, 4.0, 21, 5.5),
        (1_000, 0.95, 72, 2.2, 77, 2.7),
        (10_000, 0.95, 642, 1.4, 651, 1.5),
        (200, 0.90, 32, 6.0, 36, 8.0),
        (200, 0.98, 9, 2.5, 12, 4.0),
        (1_000, 0.98, 32, 1.2, 36, 1.6),
    ],
)
def test_a_month_fires_by_itself_when_so_many_leave(
    base: int, crr: float, alone: int, points: float, grouped: int, points_grouped: float
) -> None:
    without, within = (sight(base, crr, Settings(clustering=g)) for g in (1.0, 1.8))

    assert without is not None
    assert within is not None
    assert (without.fires_at, round(without.drop, 1)) == (alone, points)
    assert (within.fires_at, round(within.drop, 1)) == (grouped, points_grouped)
    assert not within.blind


def test_so_few_customers_show_nothing() -> None:
    assert sight(29, 0.95) is None
    assert sight(100, 1.0) is None
    assert sight(100, 0.95, history=0) is None


def test_where_even_everybody_is_too_few_it_is_blind() -> None:
    seen = sight(30, 0.3, Settings(level=Level.QUIET, clustering=4))

    assert seen is not None
    assert seen.blind


def test_less_history_and_a_quieter_level_see_less() -> None:
    def fires(level: Level, history: int) -> int:
        seen = sight(200, 0.95, Settings(level=level), history=history)
        assert seen is not None
        return seen.fires_at

    assert fires(Level.SENSITIVE, 24) < fires(Level.NORMAL, 24) < fires(Level.QUIET, 24)
    assert fires(Level.NORMAL, 36) <= fires(Level.NORMAL, 12) < fires(Level.NORMAL, 3)
