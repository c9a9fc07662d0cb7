"""Cohorts and lifetimes of the real purchases, as people are told them and as counted by hand."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, timedelta
from fractions import Fraction

import pytest

from bot.sandbox.server import Sandbox
from tests.end_to_end import companies, shop
from tests.end_to_end.running import SHARED, SUCCESS, Place, Running, at, running, told

TODAY = date(1998, 7, 1)
MONTHS = ("January", "February", "March")
ENDS = [date(1997 + month // 12, month % 12 + 1, 1) - timedelta(days=1) for month in range(1, 19)]
"""The last day of each month from January 1997 on."""


@pytest.fixture
async def bot(place: Place) -> AsyncIterator[Running]:
    async with running(place.config(), at("1998-07-01T10:00")) as bot:
        await bot.pulled()
        yield bot


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %".replace("100.0", "100")


def still_there(who: set[str], day: date) -> int:
    return len(who & shop.customers_on(day))


def stays() -> list[tuple[date, date]]:
    """Of each customer, the runs of days on which an earlier purchase keeps them."""
    found = []
    for days in shop.bought().values():
        begin, until = min(days), min(days)
        for day in sorted(days):
            if day > until:
                found.append((begin, until))
                begin = day
            until = day + timedelta(days=shop.KEEPS)
        found.append((begin, until))
    return found


async def test_the_cohorts_are_those_of_the_file(bot: Running, slack: Sandbox) -> None:
    answer = await told(slack, "U0LEAD", "/crr cohort")
    [table] = [block for block in answer.blocks if block["type"] == "table"]
    rows = [[cell["text"] for cell in row] for row in table["rows"]]

    joined = [
        {who for who, days in shop.bought().items() if min(days).month == month + 1}
        for month in range(3)
    ]
    ages = (0, 1, 2, 3, 6, 9, 12)
    assert rows[0] == ["Joined in", "Customers", *(f"{age} mo" for age in ages)]
    for month, who in enumerate(joined):
        shares = [percent(still_there(who, ENDS[month + age]), len(who)) for age in ages]
        assert rows[month + 1] == [f"{MONTHS[month][:3]} 1997", f"{len(who)}", *shares]
        assert f"{MONTHS[month]} 1997: {len(who)} joined; {shares[0]} at its end" in answer.text
        assert f"{shares[3]} after 3" in answer.text
    everybody = sum(map(len, joined))
    together = [
        percent(sum(still_there(who, ENDS[month + age]) for month, who in enumerate(joined)),
                everybody)
        for age in ages
    ]  # fmt: skip
    assert rows[4:] == [["All 3", f"{everybody:,}", *together]]


async def test_the_cohort_of_a_quarter_is_that_of_the_file(bot: Running, slack: Sandbox) -> None:
    answer = await told(slack, "U0LEAD", "/crr cohort quarter")

    everybody = set(shop.bought())
    for age in (3, 6, 9, 12):
        share = percent(still_there(everybody, ENDS[2 + age]), len(everybody))
        assert f"{share} after {age}" in answer.text


async def test_the_lifetime_is_that_of_the_file(bot: Running, slack: Sandbox) -> None:
    answer = await told(slack, "U0LEAD", "/crr lifetime")

    found = stays()
    ages = {each: (min(each[1], TODAY) - each[0]).days for each in found}
    lasted = Counter(ages[each] for each in found)
    ended = Counter(ages[each] for each in found if each[1] <= TODAY)
    survival, median, year = Fraction(1), 0, Fraction(1)
    for age in sorted(ended):
        at_risk = sum(count for other, count in lasted.items() if other >= age)
        survival *= 1 - Fraction(ended[age], at_risk)
        median = median or (age if survival <= Fraction(1, 2) else 0)
        year = survival if age <= 366 else year
    assert f"Half of the customers have left after {median} days" in answer.text
    assert f"After 12 months {100 * float(year):.1f} % are still customers" in answer.text
    assert (
        f"{len(found):,} stays of {len(shop.bought()):,} customers, of which"
        f" {sum(ended.values()):,} have ended."
    ) in answer.text


async def test_they_are_asked_as_every_figure_is(place: Place, slack: Sandbox) -> None:
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE])
    async with running(config, at("2026-11-02T10:00")) as bot:
        await bot.pulled()
        for words, part in (
            ("cohort plan=pro", "with plan=pro in 2 cohorts"),
            ("cohort region=EMEA known=2026-11-02", "As it was known on Monday 2 Nov 2026, 23:59"),
            ("cohorts by year", "2026 so far (day 306 of 365): 2 joined"),
            ("lifetime plan=free", "with plan=free"),
            ("lifetime known=2026-11-01", "had not been pulled yet"),
            ("cohort plan=gold", "pro"),
            ("cohort weekly", 'Did you mean "/crr cohort'),
            ("lifetime 2026-10", "/crr lifetime plan=pro"),
        ):
            answer = await told(slack, "U0LEAD", f"/crr {words}")
            assert part in answer.text

        for words in ("cohort public", "lifetime public"):
            answer = await told(slack, "U0LEAD", f"/crr {words}", SHARED)
            assert "shared with people from outside" in answer.text
            await slack.person("U0LEAD").command("/crr", words, channel=SUCCESS)
        await slack.wait_for_message(SUCCESS, containing="cohort")
        await slack.wait_for_message(SUCCESS, containing="not left yet")
        assert slack.messages(SHARED) == []


async def test_before_any_data_nothing_is_known(place: Place) -> None:
    config = place.config(sources=[companies.SOURCE])
    async with running(config, at("2026-11-02T10:00")):
        for words in ("cohort", "lifetime"):
            answer = await told(place.slack, "U0LEAD", f"/crr {words}")

            assert "Nothing is known of crm yet" in answer.text
            assert "%" not in answer.text
