"""What people type to have a post come, and when it then does."""

from datetime import UTC, date, datetime

import pytest
from apscheduler.triggers.cron import CronTrigger

from bot.domain.subscriptions import (
    Edition,
    ListSubscriptions,
    Subscribe,
    Subscription,
    Unsubscribe,
    faults,
    read_subscription,
    read_unsubscription,
)
from bot.errors import Misunderstood


@pytest.mark.parametrize("words", ["", "  ", "list", "LIST"])
def test_nothing_lists(words: str) -> None:
    assert read_subscription(words) == ListSubscriptions()


def test_an_edition_is_enough() -> None:
    assert read_subscription("Weekly") == Subscribe(Edition.WEEKLY)


def test_all_of_it_in_any_order() -> None:
    wanted = Subscribe(
        Edition.MONTHLY,
        channel="C0BOARD",
        segment=(("plan", "pro"), ("region", "North Sea")),
        weekday="fri",
        at="08:30",
        zone="Europe/Amsterdam",
        language="nl",
    )

    for words in (
        'monthly <#C0BOARD|board> friday 08:30 Europe/Amsterdam nl plan=pro region="North Sea"',
        "plan=pro region=“North Sea” nl europe/amsterdam 8:30 fridays <#C0BOARD> monthly",
        "post plan=pro region=“North Sea” every Friday at 08:30 in Europe/Amsterdam, in Dutch, to"
        " <#C0BOARD|board> monthly",
    ):
        assert read_subscription(words) == wanted


@pytest.mark.parametrize(
    ("word", "at"),
    [
        ("9", "09:00"),
        ("09:00", "09:00"),
        ("17h", "17:00"),
        ("0:05", "00:05"),
        ("14.30", "14:30"),
        ("10h30", "10:30"),
        ("9am", "09:00"),
        ("at 2:30 PM here", "14:30"),
        ("9 a.m.", "09:00"),
        ("12am", "00:00"),
        ("12pm", "12:00"),
    ],
)
def test_an_hour_is_read_as_people_write_it(word: str, at: str) -> None:
    said = read_subscription(f"weekly {word}")

    assert isinstance(said, Subscribe)
    assert said.at == at


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("weekli", 'Did you mean "weekly"?'),
        ("weekly mnday", 'Did you mean "monday"?'),
        ("weekly Europe/Amsterdm", 'Did you mean "Europe/Amsterdam"?'),
        ("weekly Amsterdam", 'Did you mean "Europe/Amsterdam"?'),
        ("weekly 13pm", 'I can\'t read "13pm". For example'),
        ("weekly #board", "Choose one of those that it offers"),
        ("weekly 25:00", 'I can\'t read "25:00". For example'),
        ("monday", "Say which edition: weekly, monthly, quarterly"),
        ("weekly monthly", "is the second of its kind"),
        ("weekly mon fri", "is the second of its kind"),
    ],
)
def test_what_cannot_be_read_says_what_could(words: str, told: str) -> None:
    with pytest.raises(Misunderstood, match=told.replace("?", r"\?")):
        read_subscription(words)


def test_the_same_said_twice_is_said_once() -> None:
    assert read_subscription("weekly mon monday") == Subscribe(Edition.WEEKLY, weekday="mon")


def test_ending_takes_an_edition_and_a_place() -> None:
    assert read_unsubscription("weekly") == Unsubscribe(Edition.WEEKLY)
    assert read_unsubscription("monthly <#C0BOARD> plan=pro") == Unsubscribe(
        Edition.MONTHLY, "C0BOARD", (("plan", "pro"),)
    )


@pytest.mark.parametrize("words", ["", "list", "weekly monday", "nothing"])
def test_ending_takes_nothing_else(words: str) -> None:
    with pytest.raises(Misunderstood):
        read_unsubscription(words)


def test_what_is_not_said_stays_as_it_was() -> None:
    before = Subscription("C1", weekday="fri", at="08:00", zone="Asia/Tokyo", language="nl")

    after = Subscribe(Edition.WEEKLY, at="10:00").over(before)

    assert (after.weekday, after.at, after.zone, after.language) == (
        "fri",
        "10:00",
        "Asia/Tokyo",
        "nl",
    )


def next_day(of: Subscription, after: date, fiscal_year_start: int = 1) -> date:
    trigger = CronTrigger.from_crontab(of.schedule(fiscal_year_start), timezone="UTC")
    found = trigger.get_next_fire_time(
        None, datetime(after.year, after.month, after.day, tzinfo=UTC)
    )
    assert found is not None
    day: date = found.date()
    return day


def test_weekly_comes_each_week_on_its_day() -> None:
    of = Subscription("C1", weekday="thu")

    assert next_day(of, date(2026, 11, 2)) == date(2026, 11, 5)
    assert next_day(of, date(2026, 11, 6)) == date(2026, 11, 12)


def test_monthly_comes_on_the_first_such_day_of_the_month_after() -> None:
    of = Subscription("C1", Edition.MONTHLY)

    assert next_day(of, date(2026, 10, 6)) == date(2026, 11, 2)
    assert next_day(of, date(2026, 11, 3)) == date(2026, 12, 7)
    assert next_day(of, date(2027, 1, 30)) == date(2027, 2, 1)  # a Monday itself


@pytest.mark.parametrize(
    ("begins", "comes"), [(1, date(2027, 1, 4)), (2, date(2027, 2, 1)), (12, date(2026, 12, 7))]
)
def test_quarterly_comes_after_each_quarter_of_the_fiscal_year(begins: int, comes: date) -> None:
    of = Subscription("C1", Edition.QUARTERLY)

    assert next_day(of, date(2026, 11, 8), begins) == comes


def test_that_of_config_keeps_its_own_schedule() -> None:
    assert Subscription("C1", cron="0 9 * * mon-fri").schedule() == "0 9 * * mon-fri"


def test_what_cannot_be_is_told_by_its_field() -> None:
    assert faults(Subscription("C1")) == {}
    wrong = faults(Subscription("C1", at="9", weekday="monday", zone="Mars", language="xx"))
    assert wrong.keys() == {"at", "weekday", "zone", "language"}
