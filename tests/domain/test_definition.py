"""The definition: a value whose hash changes with it."""

from dataclasses import fields, replace

import pytest

from bot.domain.definition import Definition, Parents, Weekday

CHANGES = {
    "zone": "Europe/Amsterdam",
    "first_weekday": Weekday.SUNDAY,
    "fiscal_year_start": 4,
    "grace_days": 0,
    "purchase_keeps_days": 30,
    "minimum_base": 10,
    "rates": (("EUR", 1.0), ("USD", 0.92)),
    "tenure_bands": (6,),
    "size_bands": (50, 500),
    "trials": True,
    "free": True,
    "past_due_days": 0,
    "paused_days": 30,
    "parents": Parents.TOP,
    "counting": (("statuses", "active"),),
}


def test_the_same_settings_have_the_same_hash() -> None:
    assert Definition().hash == Definition().hash
    assert Definition(first_weekday=Weekday(0)).hash == Definition().hash


@pytest.mark.parametrize("name", [field.name for field in fields(Definition)])
def test_every_setting_changes_the_hash(name: str) -> None:
    assert replace(Definition(), **{name: CHANGES[name]}).hash != Definition().hash  # type: ignore[arg-type]
