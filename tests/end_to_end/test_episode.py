"""An episode from its beginning to its end: what a rule by luck sees, and what people do.

Two hundred companies, of whom four leave each month; in October 2026 thirty leave, twenty-four of
them in region dach.
"""

import asyncio
import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bot import config as configuration
from bot.parts import stores
from bot.sandbox.workspace import Post, View
from tests.end_to_end.running import (
    NOTICES,
    SHARED,
    SUCCESS,
    Place,
    asked,
    at,
    clicked,
    running,
    told,
)

SOURCE: dict[str, Any] = {
    "kind": "csv",
    "name": "crm",
    "path": "customers.csv",
    "evidence": "stays",
    "customer": "id",
    "customer_name": "name",
    "since": "since",
    "until": "until",
    "fields": ["region", "owner"],
}
RULE: dict[str, Any] = {
    "name": "Retention dropped",
    "channel": SUCCESS,
    "cron": "30 8 * * *",
    "segments": ["region"],
}
BAD = {date(2026, 10, 1): 30, date(2026, 11, 1): 40, date(2026, 12, 1): 1, date(2027, 1, 1): 1}
"""Months in which not four leave."""


def months(first: date, count: int) -> list[date]:
    ends = [first.year * 12 + first.month - 1 + n for n in range(count)]
    return [date(end // 12, end % 12 + 1, 1) for end in ends]


def write(folder: Path, bad: dict[date, int], *, known: date, stay: int = 160) -> None:
    """As the source has it on the day `known`: who left later is still there."""
    rows = ["id,name,since,until,region,owner"]
    number = 0
    for month in months(date(2024, 9, 1), 32):
        leaving = bad.get(month, 4)
        for n in range(leaving):
            number += 1
            until = month + timedelta(days=3 + n % 20)
            region = "dach" if n % 5 or leaving < 4 or (leaving == 4 and month.month % 2) else "uk"
            rows.append(_row(number, region, until if until <= known else None))
    rows += [_row(number + n + 1, "dach" if n % 2 else "uk", None) for n in range(stay)]
    (folder / "customers.csv").write_text("\n".join(rows) + "\n")


def _row(number: int, region: str, until: date | None) -> str:
    day = until.isoformat() if until else ""
    return f"c{number},Company {number},2023-0{number % 9 + 1}-05,{day},{region},Omar Haddad"


def write_late(folder: Path, *, on: date) -> None:
    """Of a thousand ten leave each month, but thirty in November 2026; all are entered twelve days
    after they left."""
    rows, number = ["id,name,since,until,region,owner"], 0
    for month in months(date(2023, 9, 1), 40):
        leaving = 30 if month == date(2026, 11, 1) else 10
        for n in range(leaving):
            number += 1
            until = month + timedelta(days=27 * n // leaving)
            day = until.isoformat() if until + timedelta(days=12) <= on else ""
            rows.append(f"c{number},Company {number},2022-03-05,{day},uk,")
    rows += [f"s{n},Stays {n},2022-03-05,,uk," for n in range(1000)]
    (folder / "customers.csv").write_text("\n".join(rows) + "\n")


def config(place: Place, **sections: Any) -> Path:
    return place.config(**{"sources": [SOURCE], "rules": [RULE], "weekly_post": None, **sections})


def alerts(place: Place) -> list[Post]:
    """Outside of threads."""
    return [post for post in place.posts(SUCCESS) if not post.thread_ts]


def thread(place: Place) -> list[str]:
    return [post.text for post in place.posts(SUCCESS) if post.thread_ts]


async def test_a_drop_that_luck_does_not_explain_is_told_and_is_over_when_it_is_over(
    place: Place,
) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    async with running(config(place), at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-01T08:31"))
        [alert] = alerts(place)
        opened = alert.text
        assert "Retention dropped: " in opened
        assert "stayed in October 2026" in opened
        assert "Chance of this by luck: less than 1 in 1,000,000;" in opened
        assert "region=dach" in opened
        assert "Omar Haddad" in opened
        await bot.move(at("2026-11-02T08:31"))
        assert alert.text == opened

        write(place.folder, BAD, known=date(2026, 12, 1))
        await bot.move(at("2026-12-01T08:31"))
        assert "still down in November 2026" in alert.text
    write(place.folder, BAD, known=date(2027, 1, 1))
    async with running(config(place), at("2026-12-31T20:00")) as bot:
        await bot.move(at("2027-01-01T08:31"))
        assert "Retention was as expected in December 2026" in alert.text
        write(place.folder, BAD, known=date(2027, 2, 1))
        await bot.move(at("2027-02-01T08:31"))
        since = await bot.bot.kept.memory.get("rule watched since: Retention dropped")
        assert since == "2026-10-01", "the first month that it judged, and no later one"
        assert "Resolved: Retention dropped" in alert.words()
        assert "Retention is back in January 2027" in alert.text

    assert alerts(place) == [alert]
    assert any("is resolved" in said for said in thread(place))


async def test_months_as_usual_are_not_told(place: Place) -> None:
    write(place.folder, {}, known=date(2026, 12, 1))
    async with running(config(place), at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-01T08:31"))
        await bot.move(at("2026-12-01T08:31"))

    assert place.posts(SUCCESS) == []


async def test_a_month_whose_pull_failed_is_told_as_not_judged_and_judged_when_it_is_there(
    place: Place,
) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    file = place.folder / "customers.csv"
    async with running(config(place), at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        file.rename(place.folder / "away.csv")
        await bot.move(at("2026-11-01T08:31"))
        assert place.posts(SUCCESS) == []
        [notice] = place.posts(NOTICES, "No alert can be raised for October 2026")
        assert "did not reach its end" in notice.text
        await bot.move(at("2026-11-02T08:31"))
        assert len(place.posts(NOTICES, "No alert can be raised")) == 1

        (place.folder / "away.csv").rename(file)
        await bot.move(at("2026-11-02T08:45"))
        assert len(alerts(place)) == 1


async def press(place: Place, action: str, person: str = "U0LEAD") -> None:
    [alert] = alerts(place)
    reply = await place.slack.person(person).click(alert, action)
    assert reply.acked, reply.error


async def form(place: Place, action: str) -> View:
    """The one that a button under the alert opens."""
    await press(place, action)
    return await place.slack.person("U0LEAD").modal()


async def send(place: Place, form: View, values: Mapping[str, Any]) -> None:
    reply = await place.slack.person("U0LEAD").submit(form, values)
    assert reply.acked, reply.error


def fields(form: View, prefix: str) -> list[str]:
    return [b["block_id"] for b in form.blocks if b.get("block_id", "").startswith(prefix)]


async def test_an_episode_is_carried_to_its_end_and_survives_a_restart_at_every_step(
    place: Place,
) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    settings = config(place)
    async with running(settings, at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-01T08:31"))
    [alert] = alerts(place)
    async with running(settings, at("2026-11-01T09:00")) as bot:
        await press(place, "incident:acknowledge")
        await bot.settle()
        assert "Acknowledged by <@U0LEAD>" in alert.words()
    async with running(settings, at("2026-11-01T09:10")) as bot:
        await send(place, await form(place, "incident:assign"), {"person": "U0OWNER"})
        await bot.settle()
        assert "<@U0OWNER> looks after it" in alert.words()
    async with running(settings, at("2026-11-01T09:20")) as bot:
        await send(place, await form(place, "incident:snooze"), {"days": "14"})
        await bot.settle()
        assert "Snoozed until Sunday 15 Nov 2026" in alert.words()
        await bot.move(at("2026-11-14T08:31"))
        assert not any("still open" in said for said in thread(place))
    async with running(settings, at("2026-11-15T10:00")) as bot:
        await bot.settle()
        assert any("The snooze is over" in said for said in thread(place))
        assert "Snoozed" not in alert.words()
    async with running(settings, at("2026-11-15T10:10")) as bot:
        shown = await form(place, "incident:reasons")
        first, second, *_ = fields(shown, "why:")
        words = second.replace("why:", "words:")
        await send(place, shown, {first: "price", words: "went quiet in spring"})
        await bot.settle()
        assert any("said why customers left" in post.words() for post in place.posts(SUCCESS))
        assert "; price)" in alert.words()
        assert "went quiet" not in str(place.posts(SUCCESS))
        again = await form(place, "incident:reasons")
        assert "went quiet in spring" in str(again.blocks)
        await place.slack.person("U0LEAD").close(again)
    write(place.folder, BAD, known=date(2026, 12, 1))
    async with running(settings, at("2026-12-01T08:31")) as bot:
        await bot.move(at("2026-12-01T08:32"))
        assert "still down in November 2026" in alert.text
        assert any("clearly worse" in said for said in thread(place))
        assert "; price)" in alert.text, "of who left in the month before"
    async with running(settings, at("2026-12-01T09:00")) as bot:
        await send(place, await form(place, "incident:resolve"), {})
        await bot.settle()
        assert "Resolved by <@U0LEAD>" in alert.words()
    async with running(settings, at("2026-12-01T09:10")) as bot:
        await press(place, "incident:reopen", "U0OWNER")
        await bot.settle()
        assert ":rotating_light:" in alert.words()
        assert "Acknowledged by <@U0LEAD>" in alert.words()
    deeds = await deeds_of(settings)
    assert deeds == [
        "alert acknowledged",
        "alert assigned",
        "alert snoozed",
        "reasons of losses said",
        "alert resolved",
        "alert reopened",
    ]
    assert alerts(place) == [alert]


async def lasting(place: Place, settings: Path) -> Post:
    """An alert of six months, told anew by each of three processes."""
    bad = {month: 30 for month in months(date(2026, 10, 1), 7)}
    judged = [date(2026, 11, 1), date(2026, 12, 1), *months(date(2027, 1, 1), 4)]
    for some in (judged[:1], judged[1:5], judged[5:]):
        write(place.folder, bad, known=some[0], stay=1_000)
        async with running(settings, at(f"{some[0] - timedelta(days=1)}T20:00")) as bot:
            await bot.pulled()
            for first in some:
                assert not any("from now on?" in said for said in thread(place))
                write(place.folder, bad, known=first, stay=1_000)
                await bot.move(at(f"{first}T08:31"))
    write(place.folder, bad, known=date(2027, 5, 1), stay=1_000)
    [alert] = alerts(place)
    assert "It has lasted for 6 months: is it how things are from now on?" in alert.text
    assert sum("from now on?" in said for said in thread(place)) == 1
    return alert


async def test_what_lasts_half_a_year_is_the_new_normal_if_a_person_says_so(place: Place) -> None:
    settings = config(place)
    alert = await lasting(place, settings)
    async with running(settings, at("2027-04-02T09:00")) as bot:
        await press(place, "incident:normal")
        await bot.settle()
        assert "Retention is as it is from October 2026 on" in alert.text
        assert any("said that this is the new normal" in said for said in thread(place))
    async with running(settings, at("2027-04-30T20:00")) as bot:
        await bot.move(at("2027-05-01T08:31"))
        expected = await bot.bot.watches.fixed["Retention dropped"].newest(date(2027, 5, 1))

    assert alerts(place) == [alert]
    assert expected is not None
    assert expected.windows[0].expected > 20
    assert await deeds_of(settings) == ["new normal"]


async def test_or_stays_a_drop_if_a_person_says_that(place: Place) -> None:
    settings = config(place)
    alert = await lasting(place, settings)
    async with running(settings, at("2027-04-30T20:00")) as bot:
        await bot.move(at("2027-05-01T08:31"))
        assert "It has lasted for 7 months" in alert.text
        await press(place, "incident:not-normal")
        await bot.settle()
        assert "from now on?" not in alert.text
        assert "incident:not-normal" not in str(alert.blocks)
        assert any("not how it should be" in said for said in thread(place))
        await bot.move(at("2027-06-01T08:31"))

    assert "in May 2027" in alert.text
    assert "from now on?" not in alert.text
    assert sum("from now on?" in said for said in thread(place)) == 1
    assert await deeds_of(settings) == ["not the new normal"]


async def deeds_of(settings: Path) -> list[str]:
    async with stores(configuration.load(settings, {})) as kept:
        found = await kept.deeds.since(at("2026-01-01T00:00"))
        return [deed.what for deed in found]


async def test_who_left_is_told_with_their_account_and_their_last_score(place: Place) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    file = place.folder / "customers.csv"
    head, *rows = file.read_text().splitlines()
    left = [row for row in rows if ",2026-10-" in row]
    # Seven of those who left were branches of one company, which is no customer itself.
    parents = dict.fromkeys(left[:7], "Hooli Holding")
    file.write_text("\n".join([f"{head},of", *(f"{row},{parents.get(row, '')}" for row in rows)]))
    source = {**SOURCE, "parent": "of"}
    async with running(config(place, sources=[source]), at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        id = left[0].partition(",")[0]
        await bot.bot.kept.links.link("crm", SHARED, id, by="U0LEAD", now=bot.clock())
        question = await asked(place.slack)
        await clicked(place.slack, "U0ACME", question, 3)
        await bot.move(at("2026-11-01T08:31"))
    [alert] = alerts(place)

    assert "7 of them are of one account: Hooli Holding." in alert.text
    assert "Omar Haddad, last NPS 3)" in alert.text


async def test_what_is_recorded_late_is_counted_as_far_as_it_can_be_known(place: Place) -> None:
    """Of November's losses those are known on 1 December that were before the 20th, and no more are
    expected. How late losses are entered is seen from April to July."""
    write_late(place.folder, on=date(2026, 4, 1))
    async with running(config(place), at("2026-04-01T20:00")) as bot:
        await bot.pulled()
        halves = [
            month.replace(day=day) for month in months(date(2026, 4, 1), 5) for day in (1, 16)
        ]
        for on in [*halves[1:], date(2026, 12, 1)]:
            write_late(place.folder, on=on)
            await bot.move(at(f"{on}T08:31"))
    [alert] = alerts(place)

    assert "stayed in November 2026" in alert.text
    assert re.search(r"Usually \d\d\.\d % of those who left are recorded by now", alert.text)


async def test_two_replicas_speak_once(place: Place) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    settings = config(place)
    async with (
        running(settings, at("2026-10-31T20:00")) as one,
        running(settings, at("2026-10-31T20:00")) as other,
    ):
        await one.pulled()
        await other.pulled()
        later = at("2026-11-01T08:31")
        await asyncio.gather(one.move(later), other.move(later))
        await asyncio.gather(one.settle(), other.settle())
        assert len(alerts(place)) == 1
        later = at("2026-11-08T08:41")
        await asyncio.gather(one.move(later), other.move(later))
        await asyncio.gather(one.settle(), other.settle())
        await send(place, await form(place, "incident:snooze"), {"days": "1"})
        later = at("2026-11-09T08:51")
        await asyncio.gather(one.move(later), other.move(later))
        await asyncio.gather(one.settle(), other.settle())

    assert len(alerts(place)) == 1
    told = thread(place)
    assert sum("This is still open" in said for said in told) == 1
    assert sum("has snoozed it" in said for said in told) == 1
    assert sum("The snooze is over" in said for said in told) == 1


async def test_two_replicas_carry_an_episode_to_its_end_and_never_speak_twice(
    place: Place,
) -> None:
    """Both look at the same moment, and what a person does comes to either."""
    write(place.folder, BAD, known=date(2026, 11, 1))
    settings = config(place)
    async with (
        running(settings, at("2026-10-31T20:00")) as one,
        running(settings, at("2026-10-31T20:00")) as other,
    ):
        await one.pulled()
        await other.pulled()

        async def both(to: str) -> None:
            await asyncio.gather(one.move(at(to)), other.move(at(to)))
            await asyncio.gather(one.settle(), other.settle())

        async def settled() -> None:
            await asyncio.gather(one.settle(), other.settle())

        await both("2026-11-01T08:31")
        await asyncio.gather(press(place, "incident:acknowledge"), settled())
        await send(place, await form(place, "incident:assign"), {"person": "U0OWNER"})
        shown = await form(place, "incident:reasons")
        await send(place, shown, {fields(shown, "why:")[0]: "price"})
        await settled()
        for known, to in (
            (date(2026, 12, 1), "2026-12-01T08:31"),
            (date(2027, 1, 1), "2027-01-01T08:31"),
            (date(2027, 2, 1), "2027-02-01T08:31"),
        ):
            write(place.folder, BAD, known=known)
            await both(to)
        await press(place, "incident:reopen")
        await settled()
        await send(place, await form(place, "incident:resolve"), {})
        await settled()

    assert len(alerts(place)) == 1
    told = [post.words() for post in place.posts(SUCCESS) if post.thread_ts]
    for once in (
        "has acknowledged it",
        "to look after it",
        "said why customers left",
        "It got clearly worse",
        "is resolved: the figure is back",
        "has reopened it",
        "has resolved it",
    ):
        assert sum(once in said for said in told) == 1, once


async def test_a_drop_that_never_was_is_taken_back(place: Place) -> None:
    """All but two of October's leavers had been entered by mistake; then a pull says so."""
    write(place.folder, BAD, known=date(2026, 11, 1))
    settings = config(place)
    async with running(settings, at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-01T08:31"))
    [alert] = alerts(place)
    file = place.folder / "customers.csv"
    head, *rows = file.read_text().splitlines()
    left = [row for row in rows if ",2026-10-" in row][2:]
    undone = [",".join([*row.split(",")[:3], "", *row.split(",")[4:]]) for row in left]
    kept = [row for row in rows if row not in left]
    file.write_text("\n".join([head, *kept, *undone]) + "\n")
    async with running(settings, at("2026-11-03T08:20")) as bot:
        await bot.move(at("2026-11-03T08:31"))
        await bot.move(at("2026-11-04T08:31"))
        seen = await bot.bot.watches.fixed["Retention dropped"].newest(date(2026, 11, 4))

    assert seen is not None
    assert len(seen.windows) > 2, "it was no episode: windows reach behind it"
    assert alerts(place) == [alert]
    assert "Retention did not drop in October 2026, by what is known now" in alert.text
    assert "It was told as CRR" in alert.text
    assert sum("the figure did not drop" in said for said in thread(place)) == 1


async def test_a_drop_that_gets_deeper_by_late_data_shows_both_figures(place: Place) -> None:
    write(place.folder, BAD, known=date(2026, 10, 8))
    settings = config(place)
    async with running(settings, at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-01T08:31"))
        [alert] = alerts(place)
        told = re.search(r"CRR ([\d.]+ %)", alert.text)
        assert told
        for judged, known in (("02", date(2026, 10, 12)), ("03", date(2026, 11, 1))):
            write(place.folder, BAD, known=known)
            await bot.move(at(f"2026-11-{judged}T08:31"))
        incident = await bot.bot.watches.fixed["Retention dropped"].incidents.open_of(
            "Retention dropped", ""
        )

    assert alerts(place) == [alert]
    assert f"It was told as CRR {told[1]}" in alert.text
    assert sum("clearly worse" in said for said in thread(place)) == 2
    assert incident is not None
    assert incident.periods == 1, "it is the same month"


async def test_a_rule_waits_for_who_is_entered_late_as_long_as_it_is_told(place: Place) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    settings = config(place, rules=[{**RULE, "settle_days": 3}])
    async with running(settings, at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-03T08:31"))
        assert alerts(place) == []
        await bot.move(at("2026-11-04T08:31"))

    assert "stayed in October 2026" in alerts(place)[0].text


async def test_what_a_person_resolves_is_not_raised_anew_by_the_weeks_that_they_saw(
    place: Place,
) -> None:
    bad = {date(2026, 10, 1): 30}
    write(place.folder, bad, known=date(2026, 11, 1))
    weekly = {**RULE, "period": "week", "segments": []}
    async with running(config(place, rules=[weekly]), at("2026-11-01T20:00")) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-02T08:31"))
        await send(place, await form(place, "incident:resolve"), {})
        write(place.folder, bad, known=date(2026, 11, 9))
        await bot.move(at("2026-11-09T08:31"))

    [alert] = alerts(place)
    assert "Resolved by <@U0LEAD>" in alert.words()


async def test_what_a_person_reopens_is_not_closed_by_a_month_that_was_judged_before(
    place: Place,
) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    settings = config(place)
    async with running(settings, at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        for month in (date(2026, 11, 1), date(2026, 12, 1)):
            write(place.folder, BAD, known=month)
            await bot.move(at(f"{month}T08:31"))
        await send(place, await form(place, "incident:resolve"), {})
        for month in (date(2027, 1, 1), date(2027, 2, 1)):
            write(place.folder, BAD, known=month)
            await bot.move(at(f"{month}T08:31"))
        await press(place, "incident:reopen")
        await bot.move(at("2027-02-02T08:31"))

    [alert] = alerts(place)
    assert ":rotating_light:" in alert.words()


async def test_in_quiet_hours_an_alert_waits(place: Place) -> None:
    """The first of November 2026 is a Sunday."""
    write(place.folder, BAD, known=date(2026, 11, 1))
    weekdays = ["mon", "tue", "wed", "thu", "fri"]
    hours = [{"channel": SUCCESS, "begins": "09:30", "ends": "17:00", "days": weekdays}]
    async with running(config(place, hours=hours), at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-01T08:31"))
        await bot.move(at("2026-11-02T09:29"))
        assert alerts(place) == []
        await bot.move(at("2026-11-02T09:31"))
        assert len(alerts(place)) == 1


async def test_in_quiet_hours_a_reminder_waits_and_a_click_is_seen_at_once(place: Place) -> None:
    """The eighth of November 2026 is a Sunday."""
    write(place.folder, BAD, known=date(2026, 11, 1))
    weekdays = ["mon", "tue", "wed", "thu", "fri"]
    async with running(config(place), at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-01T08:31"))
    hours = [{"channel": SUCCESS, "begins": "09:30", "ends": "17:00", "days": weekdays}]
    async with running(config(place, hours=hours), at("2026-11-07T20:00")) as bot:
        await bot.move(at("2026-11-08T10:31"))
        assert not any("still open" in said for said in thread(place))
        await press(place, "incident:acknowledge")
        await bot.settle()
        [alert] = alerts(place)
        assert "Acknowledged by <@U0LEAD>" in alert.words()
        assert thread(place) == []
        await bot.move(at("2026-11-09T09:31"))
        assert [said for said in thread(place) if "acknowledged" in said]
        await bot.move(at("2026-11-15T10:31"))
        assert not any("still open" in said for said in thread(place))
        form_ = await form(place, "incident:reasons")
        first, *_ = fields(form_, "why:")
        await send(place, form_, {first: "price"})
        await bot.move(at("2026-11-16T09:31"))

    [reminder] = [said for said in thread(place) if "still open" in said]
    assert "Of 29 customers who left the reason is not known yet" in reminder, "of one it is"


async def test_an_alert_whose_rule_is_gone_is_still_followed(place: Place) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    async with running(config(place), at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-01T08:31"))
    [alert] = alerts(place)
    write(place.folder, BAD, known=date(2026, 12, 1))
    async with running(config(place, rules=[]), at("2026-11-30T20:00")) as bot:
        await press(place, "incident:acknowledge")
        await bot.settle()
        assert "Acknowledged by <@U0LEAD>" in alert.words()
        await bot.move(at("2026-12-01T08:31"))
        assert "still down in November 2026" in alert.text


async def test_a_rule_is_made_in_slack_tested_paused_and_removed(place: Place) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    settings = config(place, rules=[])
    lead = place.slack.person("U0LEAD")
    async with running(settings, at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        empty = await told(place.slack, "U0LEAD", "/keeprate alerts")
        assert "Nothing is watched yet" in empty.text
        await lead.click(empty, "rule:new")
        since = place.slack.journal.last
        await send(place, await lead.modal(), {"name": "By hand", "segments": "region"})
        kept = await lead.wait_for_ephemeral(SUCCESS, containing="is kept", since=since)
        assert "this fires when " in kept.text
        assert "would not show yet" in kept.text
        await bot.move(at("2026-11-01T08:31"))
        assert [post.blocks[0]["text"]["text"] for post in alerts(place)] == [
            ":rotating_light: By hand"
        ]
    async with running(settings, at("2026-11-01T09:00")) as bot:
        shown = await told(place.slack, "U0LEAD", "/keeprate alerts")
        assert "made in Slack" in shown.words()
        since = place.slack.journal.last
        await lead.click(shown, "rule:backtest")
        tested = await lead.wait_for_ephemeral(SUCCESS, containing="Back-test of", since=since)
        assert "it would have spoken once" in tested.text
        await lead.click(shown, "rule:pause")
        await lead.wait_for_ephemeral(SUCCESS, containing="(paused)", since=since)
        write(place.folder, BAD, known=date(2026, 12, 1))
        await bot.move(at("2026-12-01T08:31"))
        assert "November" not in alerts(place)[0].text, "nobody looks"
        since = place.slack.journal.last
        await lead.click(shown, "rule:remove")
        await lead.wait_for_ephemeral(SUCCESS, containing="Nothing is watched", since=since)
        gone = await told(place.slack, "U0LEAD", "/keeprate alerts")
        assert "Nothing is watched yet" in gone.text
        assert (await deeds_of(settings))[-3:] == ["rule made", "rule changed", "rule removed"]


async def test_an_alert_whose_channel_is_lost_goes_on_in_the_notices_channel(place: Place) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    settings = config(place)
    async with running(settings, at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        place.slack.admin.archive(SUCCESS)
        await bot.settle()
        await bot.move(at("2026-11-01T08:31"))
        await bot.settle()
    assert alerts(place) == []
    [notice] = place.posts(NOTICES, "An alert could not be posted")
    assert "is_archived" in notice.text
    [alert] = place.posts(NOTICES, "Chance of this by luck")
    assert "stayed in October 2026" in alert.text
    async with running(settings, at("2026-11-01T09:00")) as bot:
        reply = await place.slack.person("U0ADMIN").click(alert, "incident:acknowledge")
        assert reply.acked, reply.error
        await bot.settle()
        assert "Acknowledged by <@U0ADMIN>" in alert.words()
        [said] = [post for post in place.posts(NOTICES) if post.thread_ts == alert.ts]
        assert "has acknowledged it" in said.words()
    assert len(place.posts(NOTICES, "Chance of this by luck")) == 1


async def test_an_alert_whose_channel_is_lost_later_goes_on_there_too(place: Place) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    settings = config(place)
    async with running(settings, at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-01T08:31"))
        place.slack.admin.archive(SUCCESS)
        write(place.folder, BAD, known=date(2026, 12, 1))
        await bot.move(at("2026-12-01T08:31"))
        await bot.settle()
    [alert] = place.posts(NOTICES, "still down in November 2026")
    [worse] = [post for post in place.posts(NOTICES) if post.thread_ts == alert.ts]

    assert "clearly worse" in worse.text


async def test_without_a_notices_channel_each_admin_has_the_alert_as_it_is(place: Place) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    people = {"viewers": "everybody", "admins": ["U0ADMIN"]}
    settings = config(place, people=people, slack={"notices": None})
    async with running(settings, at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        place.slack.admin.archive(SUCCESS)
        await bot.move(at("2026-11-01T08:31"))
        await bot.settle()
        await bot.move(at("2026-11-02T08:31"))
    direct = place.slack.workspace.direct("U0ADMIN").id
    [told] = place.posts(direct, "Chance of this by luck")

    assert "An alert could not be posted in <#C0SUCCESS>" in told.text
    assert "stayed in October 2026" in told.text
    assert "incident:acknowledge" not in str(told.blocks)
