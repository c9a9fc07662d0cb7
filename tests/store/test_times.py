"""Moments and texts, as both databases keep them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.texts import storable
from bot.store.times import from_ms, to_ms


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_comes_back_to_the_millisecond(moment: datetime) -> None:
    assert timedelta(0) <= moment - from_ms(to_ms(moment)) < timedelta(milliseconds=1)


def test_a_moment_of_any_zone_is_kept_in_utc() -> None:
    summer_in_amsterdam = datetime(2026, 7, 1, 9, tzinfo=timezone(timedelta(hours=2)))

    assert from_ms(to_ms(summer_in_amsterdam)) == datetime(2026, 7, 1, 7, tzinfo=UTC)


def test_before_1970_it_is_cut_downwards_too() -> None:
    assert to_ms(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        to_ms(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "kept"),
    [("Café ☕", "Café ☕"), ("a\0b", "ab"), ("half \ud83d!", "half ?!"), ("", "")],
    ids=["ordinary", "nul", "half a surrogate pair", "empty"],
)
def test_a_text_is_changed_only_where_a_database_would_refuse_it(text: str, kept: str) -> None:
    assert storable(text) == kept
