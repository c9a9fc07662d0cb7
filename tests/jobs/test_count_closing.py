"""Closing what was counted and has settled, and telling which count changed it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.bridge import Counted
from bot.domain.count_closing import CountClosed
from bot.domain.counting import CountOn, count_figure
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, day_number, period_of
from bot.jobs.count_closing import CountClosing
from bot.messages.closing import read_more
from bot.store.count_closings import CountClosings
from bot.store.counts import CountStore
from bot.store.database import Database
from bot.store.deliveries import Deliveries
from bot.store.pulls import Pulls
from tests.fakes import always

DEFINITION = Definition(zone="Europe/Amsterdam")
SEPTEMBER, OCTOBER, QUARTER = (
    period_of(kind, date(2026, month, 1), DEFINITION)
    for kind, month in ((Kind.MONTH, 9), (Kind.MONTH, 10), (Kind.QUARTER, 7))
)


def moment(month: int, day: int, hour: int = 2) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@dataclass
class Bot:
    database: Database
    now: datetime
    channel: str | None = "C0SUCCESS"
    definition: Definition = DEFINITION

    def __post_init__(self) -> None:
        self.counts = CountStore(self.database)
        self.closings = CountClosings(self.database)

    async def records(self, on: str, customers: int, new: int | None, *, at: datetime) -> None:
        self.now = at
        day = day_number(date.fromisoformat(on))
        await self.counts.record("sheet", CountOn(day, customers, new, "U0ADMIN"), at)
        await self.closes(at)

    async def tells(self, *told: tuple[str, int, int | None], at: datetime) -> None:
        """The source tells these counts, and no others."""
        self.now = at
        pulls = Pulls(self.database)
        pull = await pulls.begin("sheet", self.definition.hash, at)
        counts = [CountOn(day_number(date.fromisoformat(on)), n, new) for on, n, new in told]
        await self.counts.believe(pull, counts, today=day_number(at.date()), now=at)
        await self.closes(at)

    async def closes(self, at: datetime) -> None:
        self.now = at
        await self.closing.close()

    @property
    def closing(self) -> CountClosing:
        return CountClosing(
            names=["sheet"],
            closings=self.closings,
            definition=self.definition,
            clock=lambda: self.now,
            settle=timedelta(hours=24),
            channel=always(self.channel),
        )

    async def versions(self, period: Period = OCTOBER) -> list[Counted | None]:
        return [each.counts for each in await self.closings.versions("sheet", period)]

    async def posts(self) -> list[str]:
        return [each.message.text for each in await Deliveries(self.database).undelivered()]


TOLD = [("2026-09-30", 150, 40), ("2026-10-31", 200, 80)]


@pytest.fixture
async def bot(database: Database) -> Bot:
    """The sheet told of October on 2 November."""
    bot = Bot(database, moment(11, 2))
    await bot.tells(*TOLD, at=moment(11, 2))
    return bot


async def test_nothing_is_closed_where_nobody_counted(database: Database) -> None:
    bot = Bot(database, moment(11, 2))

    await bot.closes(moment(11, 2))

    assert await bot.versions() == []


async def test_a_period_is_closed_a_day_after_its_last_count_became_known(bot: Bot) -> None:
    # Amsterdam's October ends at 23:00 UTC, so the count came 27 hours after it: at once.
    assert await bot.versions() == [Counted(150, 200, 80)]
    assert await bot.posts() == []


async def test_a_count_that_came_soon_waits_for_its_corrections(database: Database) -> None:
    bot = Bot(database, moment(11, 1))
    await bot.tells(*TOLD, at=moment(11, 1))
    assert await bot.versions() == []

    await bot.records("2026-10-31", 198, 80, at=moment(11, 1, 20))
    await bot.closes(moment(11, 2, 19))
    assert await bot.versions() == [], "a day after the correction, not after the first word"
    await bot.closes(moment(11, 2, 20))

    assert await bot.versions() == [Counted(150, 198, 80)]
    assert await bot.posts() == []


async def test_a_count_that_is_corrected_later_is_restated_once(bot: Bot) -> None:
    await bot.records("2026-10-31", 198, 80, at=moment(11, 9))
    await bot.closes(moment(11, 10))

    assert await bot.versions() == [Counted(150, 200, 80), Counted(150, 198, 80)]
    [post] = await bot.posts()
    lines = post.splitlines()
    assert lines[:4] == [
        "Restated, by counts: October 2026",
        "October 2026: CRR 80.0 % → 78.7 % ((200 - 80) / 150 → (198 - 80) / 150); closed on"
        " 2 Nov 2026.",
        "Because of 1 count of sheet:",
        "31 Oct 2026: 200 customers, 80 new → 198 customers, 80 new, recorded by <@U0ADMIN> on"
        " Monday 9 Nov 2026, 03:00",
    ]


async def test_one_count_of_two_periods_makes_one_post(bot: Bot) -> None:
    counts = [("2026-06-30", 100, 1), ("2026-07-31", 120, 30), ("2026-08-31", 140, 40), *TOLD]
    await bot.tells(*counts, at=moment(11, 3))
    assert await bot.versions(QUARTER) == [Counted(100, 150, 110)]

    await bot.records("2026-09-30", 145, 40, at=moment(11, 9))

    [post] = await bot.posts()
    assert post.startswith("Restated, by counts: ")
    assert "and 2 more periods" in post.splitlines()[0]
    assert "July to September 2026: CRR 40.0 % → 35.0 %" in post
    assert post.count("30 Sep 2026: 150 customers, 40 new → 145 customers, 40 new") == 1


async def test_all_counts_behind_it_are_listed_also_when_more_were_corrected(bot: Bot) -> None:
    daily = [(f"2026-10-{day:02}", 200, day) for day in range(1, 32)]
    await bot.tells(TOLD[0], *daily, at=moment(11, 3))
    fewer = [(on, 190, new) for on, _, new in daily]
    await bot.tells(TOLD[0], *fewer, at=moment(11, 9))
    await bot.records("2026-10-31", 180, 80, at=moment(11, 12))
    [*_, message, _] = [each.message for each in await Deliveries(bot.database).undelivered()]
    assert "and 21 more counts" in message.text
    [button] = [each for block in message.blocks for each in block.get("elements", [])
                if each["type"] == "button"]  # fmt: skip
    which, first = read_more({"actions": [button]})

    listed = [await bot.closing.listed(which, at) for at in (first, 20, 40)]
    told = "\n".join(each.text for each in listed)
    assert told.count("200 customers, ") == told.count(" → 190 customers, ") == 31
    assert "180" not in told


async def test_a_second_correction_is_told_against_the_first(bot: Bot) -> None:
    await bot.records("2026-10-31", 198, 80, at=moment(11, 9))
    await bot.records("2026-10-31", 197, 80, at=moment(11, 12))

    assert len(await bot.versions()) == 3
    [_, second] = await bot.posts()
    assert "CRR 78.7 % → 78.0 %" in second
    assert "last restated on 9 Nov 2026" in second
    assert "198 customers, 80 new → 197 customers, 80 new" in second


async def test_a_count_that_is_taken_away_leaves_no_figure_and_says_so(bot: Bot) -> None:
    await bot.tells(("2026-09-30", 150, 40), at=moment(11, 9))

    assert await bot.versions() == [Counted(150, 200, 80), None]
    [post] = await bot.posts()
    assert "CRR 80.0 % → no rate ((200 - 80) / 150 → not counted)" in post
    assert "31 Oct 2026: 200 customers, 80 new → not counted" in post

    await bot.tells(*TOLD, at=moment(11, 10))
    assert await bot.versions() == [Counted(150, 200, 80), None, Counted(150, 200, 80)]


async def test_counts_of_other_days_are_not_named(bot: Bot) -> None:
    day = day_number(date(2026, 11, 5))
    await bot.counts.record("sheet", CountOn(day, 210, 4, "U0ADMIN"), moment(11, 8))

    await bot.records("2026-10-31", 198, 80, at=moment(11, 9))

    [post] = await bot.posts()
    assert "Because of 1 count of sheet:" in post
    assert "5 Nov" not in post


async def test_a_count_that_changes_no_closed_period_tells_nobody(bot: Bot) -> None:
    await bot.records("2026-11-05", 210, 4, at=moment(11, 9))
    await bot.records("2026-11-05", 211, 4, at=moment(11, 9, 3))

    assert await bot.posts() == []


async def test_two_processes_tell_it_once(bot: Bot) -> None:
    other = Bot(bot.database, moment(11, 9))
    day = day_number(date(2026, 10, 31))
    await bot.counts.record("sheet", CountOn(day, 198, 80, "U0ADMIN"), moment(11, 9))

    await bot.closes(moment(11, 9))
    await other.closes(moment(11, 9))

    assert len(await bot.posts()) == 1
    assert len(await bot.versions()) == 2


async def test_without_a_channel_the_new_figures_are_kept_all_the_same(bot: Bot) -> None:
    bot.channel = None

    await bot.records("2026-10-31", 198, 80, at=moment(11, 9))

    assert len(await bot.versions()) == 2
    assert await bot.posts() == []


async def test_another_definition_closes_anew_in_silence(bot: Bot) -> None:
    other = Bot(bot.database, moment(11, 9), definition=Definition(zone="UTC"))

    await other.closes(moment(11, 9))

    closed = await bot.closings.versions("sheet", OCTOBER)
    assert [each.version for each in closed] == [1, 1]
    assert await bot.posts() == []


async def test_what_was_said_before_is_known(bot: Bot) -> None:
    async def before() -> tuple[CountClosed, datetime | None] | None:
        counts = await bot.counts.known("sheet")
        figure = count_figure(counts, OCTOBER, today=bot.now.date())
        found = await bot.closings.before("sheet", figure, DEFINITION.hash)
        return (found.closed, found.restated_at) if found else None

    assert await before() is None
    await bot.counts.record(
        "sheet", CountOn(day_number(date(2026, 10, 31)), 198, 80, "U0ADMIN"), moment(11, 9)
    )
    found = await before()
    assert found is not None
    assert (found[0].counts, found[1]) == (Counted(150, 200, 80), None)

    await bot.closes(moment(11, 10))

    found = await before()
    assert found is not None
    assert found[1] == moment(11, 10)
