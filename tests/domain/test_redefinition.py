"""What is said to have changed when a definition has."""

from dataclasses import fields, replace

from bot.domain.definition import Definition, Parents, Weekday
from bot.domain.redefinition import Changed, changed_settings, settings_of

AMSTERDAM = Definition(zone="Europe/Amsterdam")


def test_nothing_changes_between_a_definition_and_itself() -> None:
    assert changed_settings(settings_of(AMSTERDAM), AMSTERDAM) == []


def test_each_setting_is_told_in_the_words_of_the_configuration() -> None:
    sunday = replace(AMSTERDAM, first_weekday=Weekday.SUNDAY, grace_days=30)

    assert changed_settings(settings_of(AMSTERDAM), sunday) == [
        Changed("first_weekday", "monday", "sunday"),
        Changed("grace_days", "7", "30"),
    ]


def test_every_setting_can_be_kept_and_told() -> None:
    settings = settings_of(Definition())

    assert set(settings) == {field.name for field in fields(Definition)}
    assert changed_settings(settings, AMSTERDAM) == [Changed("zone", "UTC", "Europe/Amsterdam")]


def test_a_newer_version_with_a_setting_more_changes_nothing() -> None:
    older = settings_of(AMSTERDAM)
    del older["grace_days"]

    assert changed_settings(older, AMSTERDAM) == []
    [told] = changed_settings(older, replace(AMSTERDAM, grace_days=0))
    assert told == Changed("grace_days", "7", "0")


def test_a_setting_that_is_gone_is_not_told() -> None:
    assert changed_settings({**settings_of(AMSTERDAM), "moon": "full"}, AMSTERDAM) == []


def test_who_is_a_customer_is_told_in_words() -> None:
    now = replace(
        AMSTERDAM,
        trials=True,
        past_due_days=30,
        parents=Parents.TOP,
        counting=(("property", "lifecyclestage"), ("values", "customer partner")),
    )

    assert changed_settings(settings_of(AMSTERDAM), now) == [
        Changed("trials", "no", "yes"),
        Changed("past_due_days", "none", "30"),
        Changed("parents", "own", "top"),
        Changed("counting", "none", "property lifecyclestage, values customer partner"),
    ]
    assert changed_settings(settings_of(now), AMSTERDAM)[1] == Changed(
        "past_due_days", "30", "none"
    )


def test_an_older_version_did_not_keep_what_the_source_says() -> None:
    older = settings_of(AMSTERDAM)
    del older["counting"]

    assert changed_settings(older, replace(AMSTERDAM, counting=(("evidence", "stays"),))) == []
