"""Closing what has settled, and telling what newer data changed, on the real store."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.domain.closing import LOOK_BACK, After, Closed
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, day_number, period_of
from bot.domain.pulls import Pull
from bot.domain.stays import Known
from bot.jobs.closing import Closing
from bot.messages.blocks import Message
from bot.messages.closing import note, read_more
from bot.store.closings import Closings
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.definitions import Definitions
from bot.store.deliveries import Deliveries, Delivery
from bot.store.figures import Figures
from bot.store.merges import Merges
from bot.store.pulls import Pulls
from bot.store.times import to_ms
from tests.fakes import always
from tests.store.examples import everybody

DEFINITION = Definition(zone="Europe/Amsterdam")
OTHER = replace(DEFINITION, grace_days=30)
CHANNEL = "C0SUCCESS"
DAY = timedelta(days=1)


def night(month: int, day: int, hour: int = 2) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def month(number: int) -> Period:
    return period_of(Kind.MONTH, date(2026, number, 1), DEFINITION)


OCTOBER = month(10)


def customer(id: str, since: str = "2025-01-01", until: str = "") -> Known:
    days = [None if not text else day_number(date.fromisoformat(text)) for text in (since, until)]
    first, next_ = days
    assert first is not None
    return Known(id=id, name=id.title(), stays=((first, next_),), fields={})


ACME, GLOBEX, HOOLI = customer("acme"), customer("globex"), customer("hooli")
LATE = customer("acme", until="2026-10-20")
"""Acme left in October, and nobody said so until much later."""


@dataclass
class Bot:
    """One process: what it keeps, what it would do, and the time that it has."""

    database: Database
    now: datetime
    definition: Definition = DEFINITION
    settle: timedelta = DAY
    channel: str | None = CHANNEL

    def __post_init__(self) -> None:
        self.customers = Customers(self.database)
        self.pulls = Pulls(self.database)
        self.closings = Closings(self.database)
        self.merges = Merges(self.database)
        self.definitions = Definitions(self.database)
        self.figures = Figures("crm", self.customers, self.definition)
        self.closing = Closing(
            figures=self.figures,
            customers=self.customers,
            pulls=self.pulls,
            closings=self.closings,
            merges=self.merges,
            definitions=self.definitions,
            clock=lambda: self.now,
            settle=self.settle,
            channel=always(self.channel),
        )

    async def pull(self, at: datetime, *known: Known, known_from: int | None = None) -> Pull:
        """Believe that these are all that the source knows, and close what is due."""
        self.now = at
        begun = await self.pulls.begin("crm", self.definition.hash, at)
        today = day_number(at.astimezone(DEFINITION.zone_info).date())
        pull = await self.customers.believe(
            begun, everybody(*known), today=today, known_from=known_from, now=at
        )
        await self.closing.close()
        return pull

    async def closes(self, at: datetime) -> None:
        self.now = at
        await self.closing.close()

    async def versions(self, period: Period = OCTOBER) -> list[Closed]:
        return await self.closings.versions("crm", period)

    async def posts(self) -> list[Delivery]:
        return await Deliveries(self.database).undelivered()


@pytest.fixture
def bot(database: Database) -> Bot:
    return Bot(database, night(11, 3))


async def closed_october(bot: Bot) -> None:
    """Acme, Globex and Hooli were there in October, all of them to its end."""
    await bot.pull(night(11, 3), ACME, GLOBEX, HOOLI)


async def test_without_a_pull_nothing_is_closed(bot: Bot) -> None:
    await bot.closes(night(11, 3))

    assert await bot.versions() == []


async def test_a_first_pull_closes_all_that_is_long_over_in_silence(bot: Bot) -> None:
    pull = await bot.pull(night(11, 3), ACME, GLOBEX, customer("hooli", "2026-10-05"))

    [closed] = await bot.versions()
    assert (closed.version, closed.pull, closed.closed_at) == (1, pull.id, night(11, 3))
    assert (closed.counts.opening, closed.counts.closing, closed.counts.new) == (2, 3, 1)
    kept, after = await bot.closings.newest("crm", DEFINITION.hash)
    assert after == After(pull.id)
    assert {each.period.kind for each in kept} == set(LOOK_BACK)
    assert await bot.posts() == []


async def test_before_the_first_customer_there_is_nothing_to_close(bot: Bot) -> None:
    await closed_october(bot)

    kept, _ = await bot.closings.newest("crm", DEFINITION.hash)

    months = sorted(each.period.first for each in kept if each.period.kind is Kind.MONTH)
    assert months[0] == date(2025, 1, 1)
    assert len(months) == 22


async def test_what_the_source_could_not_tell_of_is_not_closed(bot: Bot) -> None:
    await bot.pull(night(11, 3), ACME, known_from=day_number(date(2026, 9, 30)))

    assert len(await bot.versions()) == 1
    assert await bot.versions(month(9)) == []


async def test_a_month_closes_a_day_after_the_pull_that_saw_its_end(bot: Bot) -> None:
    await bot.pull(night(10, 31), ACME)
    await bot.pull(night(11, 1), ACME)

    await bot.closes(night(11, 1) + DAY - timedelta(seconds=1))
    assert await bot.versions() == []

    await bot.closes(night(11, 1) + DAY)
    assert len(await bot.versions()) == 1


async def test_a_month_does_not_close_while_no_pull_has_seen_its_end(bot: Bot) -> None:
    await bot.pull(night(10, 31), ACME)

    await bot.closes(night(12, 24))

    assert await bot.versions() == []


async def test_what_comes_before_a_month_has_settled_is_part_of_it(bot: Bot) -> None:
    await bot.pull(night(11, 1), ACME, GLOBEX)
    await bot.pull(night(11, 1, 20), customer("acme", until="2026-10-30"), GLOBEX)

    await bot.closes(night(11, 2, 3))

    [closed] = await bot.versions()
    assert closed.counts.lost == 1
    assert await bot.posts() == []


async def test_a_late_loss_is_told_once_with_the_name(bot: Bot) -> None:
    await closed_october(bot)

    pull = await bot.pull(night(11, 9), LATE, GLOBEX, HOOLI)

    first, second = await bot.versions()
    assert (first.counts.kept, first.counts.lost) == (3, 0)
    assert (second.version, second.pull) == (2, pull.id)
    assert (second.counts.kept, second.counts.lost) == (2, 1)
    [post] = await bot.posts()
    assert post.channel == CHANNEL
    assert "October 2026: CRR 100 % → 66.7 % (3 of 3 → 2 of 3 stayed), 0 → 1 lost" in (
        post.message.text
    )
    assert "Because of 1 customer:\nAcme: kept → lost in October 2026" in post.message.text
    assert "The pull of crm of Monday 9 Nov 2026, 03:00 brought it." in post.message.text


async def test_everybody_behind_it_is_listed_also_when_more_has_changed_since(bot: Bot) -> None:
    there = [customer(f"c{number}") for number in range(25)]
    gone = [customer(f"c{number}", until="2026-10-20") for number in range(25)]
    await bot.pull(night(11, 3), *there, HOOLI)
    await bot.pull(night(11, 9), *gone[:23], *there[23:], HOOLI)
    await bot.pull(night(11, 12), *gone, HOOLI)
    [post, _] = await bot.posts()
    assert "and 13 more" in post.message.text
    which, first = button_below(post.message)

    listed = [await bot.closing.listed(which, first)]
    assert "1 to 20 of 26:" in listed[0].text
    which, first = button_below(listed[0])
    listed.append(await bot.closing.listed(which, first))
    told = [line for each in listed for line in each.text.splitlines()]
    assert len([line for line in told if ": CRR 100 % → 11.5 % " in line]) == 2
    named = {line.partition(":")[0] for line in told if ": kept → lost in October" in line}
    assert named == {f"C{number}" for number in range(23)}
    assert not [block for block in listed[-1].blocks if block["type"] == "actions"]


async def test_what_was_restated_under_another_definition_is_not_listed(
    bot: Bot, database: Database
) -> None:
    await closed_october(bot)
    pull = await bot.pull(night(11, 9), LATE, GLOBEX, HOOLI)
    other = Bot(database, night(11, 9), definition=OTHER)

    told = await other.closing.listed({"after": [1, 0], "now": [pull.id, 0], "at": 0}, 0)

    assert "under another definition" in told.text


def button_below(message: Message) -> tuple[dict[str, Any], int]:
    [button] = [each for block in message.blocks for each in block.get("elements", [])
                if each["type"] == "button"]  # fmt: skip
    return read_more({"actions": [button]})


async def test_the_same_data_again_is_told_no_second_time(bot: Bot) -> None:
    await closed_october(bot)
    await bot.pull(night(11, 9), LATE, GLOBEX, HOOLI)

    await bot.pull(night(11, 10), LATE, GLOBEX, HOOLI)
    await bot.closes(night(11, 10, 9))

    assert len(await bot.versions()) == 2
    assert len(await bot.posts()) == 1


async def test_a_correction_that_is_taken_back_is_told_again(bot: Bot) -> None:
    await closed_october(bot)
    await bot.pull(night(11, 9), LATE, GLOBEX, HOOLI)

    await bot.pull(night(11, 10), ACME, GLOBEX, HOOLI)

    first, _, third = await bot.versions()
    assert third.version == 3
    assert third.counts == first.counts
    assert [("100 % → 66.7 %" in p.message.text) for p in await bot.posts()] == [True, False]
    assert "Acme: lost → kept in October 2026" in (await bot.posts())[1].message.text
    assert "last restated on 9 Nov 2026" in (await bot.posts())[1].message.text


async def test_what_happened_after_the_period_is_no_restatement(bot: Bot) -> None:
    await closed_october(bot)

    await bot.pull(night(11, 9), customer("acme", until="2026-11-05"), GLOBEX, HOOLI)

    assert len(await bot.versions()) == 1
    assert await bot.posts() == []


async def test_what_changed_while_we_were_down_is_told_at_the_next_start(
    bot: Bot, database: Database
) -> None:
    """Two pulls were made by hand meanwhile; both are compared with what was closed."""
    await closed_october(bot)
    silent = Bot(database, night(11, 9))
    for at, known in ((night(11, 8), (ACME, GLOBEX)), (night(11, 9), (LATE, GLOBEX))):
        begun = await silent.pulls.begin("crm", DEFINITION.hash, at)
        await silent.customers.believe(
            begun, everybody(*known), today=day_number(at.date()), known_from=None, now=at
        )

    await Bot(database, night(11, 9)).closes(night(11, 9, 8))

    [post] = await bot.posts()
    assert "Because of 2 customers:" in post.message.text
    assert "Hooli: kept → not a customer" in post.message.text


async def test_a_held_pull_changes_nothing_until_it_is_believed(bot: Bot) -> None:
    await closed_october(bot)
    at = night(11, 9)
    begun = await bot.pulls.begin("crm", DEFINITION.hash, at)
    held = await bot.pulls.hold(
        begun,
        everybody(LATE, GLOBEX, HOOLI),
        today=day_number(at.date()),
        known_from=None,
        sentence="Too many are missing.",
        now=at,
    )
    await bot.closes(at)
    assert len(await bot.versions()) == 1
    assert await bot.posts() == []

    await bot.pulls.accept(held, night(11, 10))
    await bot.closes(night(11, 10))

    assert len(await bot.versions()) == 2
    assert len(await bot.posts()) == 1


async def test_of_two_replicas_one_tells_it(
    bot: Bot, database: Database, replica: Database
) -> None:
    await closed_october(bot)
    at = night(11, 9)
    begun = await bot.pulls.begin("crm", DEFINITION.hash, at)
    await bot.customers.believe(
        begun,
        everybody(LATE, GLOBEX, HOOLI),
        today=day_number(at.date()),
        known_from=None,
        now=at,
    )

    await asyncio.gather(*(Bot(each, at).closes(at) for each in (database, replica, database)))

    assert [each.version for each in await bot.versions()] == [1, 2]
    assert len(await bot.posts()) == 1


async def test_who_is_behind_another_process_leaves_everything_to_it(bot: Bot) -> None:
    """It has read which pull is the newest, and then the other one has compared a newer one."""
    pull = await bot.pull(night(11, 1), ACME)
    await bot.closings.record(
        "crm", DEFINITION.hash, [], after=After(pull.id), now=After(pull.id + 1)
    )

    await bot.closes(night(11, 9))

    assert await bot.versions() == []
    assert (await bot.closings.newest("crm", DEFINITION.hash))[1] == After(pull.id + 1)


async def test_with_nobody_to_tell_the_versions_are_kept(database: Database) -> None:
    bot = Bot(database, night(11, 3), channel=None)
    await closed_october(bot)

    await bot.pull(night(11, 9), LATE, GLOBEX, HOOLI)

    assert len(await bot.versions()) == 2
    assert await bot.posts() == []


async def test_a_closed_figure_beyond_the_look_back_is_still_compared(bot: Bot) -> None:
    await closed_october(bot)
    at = datetime(2033, 1, 10, tzinfo=UTC)

    await bot.pull(at, LATE, GLOBEX, HOOLI)

    assert [each.version for each in await bot.versions()] == [1, 2]


class TestAnotherDefinition:
    async def test_closes_all_anew_and_rewrites_nothing(self, bot: Bot, database: Database) -> None:
        await closed_october(bot)
        redefined = Bot(database, night(11, 9), OTHER)

        await redefined.pull(night(11, 9), LATE, GLOBEX, HOOLI)

        old, new = await bot.versions()
        assert (old.definition, old.version, old.counts.lost) == (DEFINITION.hash, 1, 0)
        assert (new.definition, new.version, new.counts.lost) == (OTHER.hash, 1, 1)
        assert await bot.posts() == []

    async def test_waits_for_a_pull_that_was_made_under_it(
        self, bot: Bot, database: Database
    ) -> None:
        await closed_october(bot)

        await Bot(database, night(11, 9), OTHER).closes(night(11, 9))

        assert [each.definition for each in await bot.versions()] == [DEFINITION.hash]

    async def test_is_news_with_what_changed(self, bot: Bot, database: Database) -> None:
        await closed_october(bot)
        assert await bot.definitions.news() is None

        await Bot(database, night(11, 9), OTHER).closes(night(11, 9))

        news = await bot.definitions.news()
        assert news is not None
        assert (news[0].hash, news[1].hash) == (DEFINITION.hash, OTHER.hash)
        assert news[1].since == night(11, 9)

    async def test_and_back_compares_with_what_was_closed_under_the_first(
        self, bot: Bot, database: Database
    ) -> None:
        await closed_october(bot)
        await Bot(database, night(11, 9), OTHER).pull(night(11, 9), ACME, GLOBEX, HOOLI)

        await bot.pull(night(11, 10), LATE, GLOBEX, HOOLI)

        mine = [each for each in await bot.versions() if each.definition == DEFINITION.hash]
        assert [each.version for each in mine] == [1, 2]
        assert len(await bot.posts()) == 1


async def test_a_merge_of_two_who_were_there_all_the_time_is_no_news(bot: Bot) -> None:
    await closed_october(bot)

    await bot.pull(night(11, 5), ACME, replace(GLOBEX, was=("acme",)), HOOLI)

    assert await bot.posts() == []
    first, second = await bot.versions()
    assert (second.by_merges, second.counts.opening, second.counts.lost) == (True, 2, 0)
    was = await bot.closings.earlier("crm", OCTOBER, second.counts, DEFINITION.hash)
    assert was is not None
    assert note(was, second.counts, DEFINITION) == (
        "Records became one customer, or several again, on 5 Nov 2026; closed on 3 Nov 2026: CRR"
        " 100 % as before (3 of 3 → 2 of 2 stayed)."
    )
    assert (first.by_merges, first.counts.opening) == (False, 3)


async def test_a_loss_that_was_published_and_was_a_merge_is_restated_once(bot: Bot) -> None:
    reborn = customer("acme2", "2026-10-20")
    await bot.pull(night(11, 3), LATE, GLOBEX, HOOLI, reborn)
    [closed] = await bot.versions()
    assert (closed.counts.lost, closed.counts.new) == (1, 1)

    bot.now = night(11, 4)
    await bot.merges.merge("crm", "acme", "acme2", by="U1", now=bot.now)
    await bot.closing.close()
    await bot.closing.close()

    [post] = await bot.posts()
    assert post.message.text == (
        "Restated: October 2026 and 1 more period\n"
        "October 2026: CRR 66.7 % → 100 % (2 of 3 → 3 of 3 stayed), 1 → 0 lost, 1 → 0 new; closed"
        " on 3 Nov 2026.\n"
        "The week 19 to 25 Oct 2026: CRR 66.7 % → 100 % (2 of 3 → 3 of 3 stayed), 1 → 0 lost,"
        " 1 → 0 new; closed on 3 Nov 2026.\n"
        "Because of 2 customers:\n"
        "Acme2: new → kept in October 2026\n"
        "Acme: lost → merged into Acme2 in October 2026\n"
        "Records of crm that people merged or took apart brought it."
    )
    assert [each.counts.lost for each in await bot.versions()] == [1, 0]


async def test_a_merge_that_is_taken_back_is_restated_back(bot: Bot) -> None:
    reborn = customer("acme2", "2026-10-20")
    await bot.pull(night(11, 3), LATE, GLOBEX, HOOLI, reborn)
    for hour, work in ((4, bot.merges.merge), (5, None)):
        bot.now = night(11, hour)
        if work is not None:
            await work("crm", "acme", "acme2", by="", now=bot.now)
        else:
            await bot.merges.undo("crm", "acme", by="", now=bot.now)
        await bot.closing.close()

    _, post = await bot.posts()
    assert "Acme: not a customer → lost, a customer of its own again, in October 2026" in (
        post.message.text
    )
    assert [each.counts.lost for each in await bot.versions()] == [1, 0, 1]


async def test_a_merge_and_a_late_loss_in_one_pull_tell_of_the_loss_alone(bot: Bot) -> None:
    await bot.pull(night(11, 3), ACME, GLOBEX, HOOLI, customer("stark"))

    pull = await bot.pull(
        night(11, 5), LATE, GLOBEX, replace(HOOLI, was=("stark",)), customer("stark")
    )

    [post] = await bot.posts()
    at = to_ms(post.created_at)
    which = {"after": [pull.id - 1, 0], "now": [pull.id, 0], "at": at}
    listed = (await bot.closing.listed(which, 0)).text
    assert "October 2026: CRR" in listed
    assert "September 2026" not in listed, "which the merge alone changed"
    assert "Acme: kept → lost" in post.message.text
    assert "Stark" not in post.message.text.partition("Because of")[0]
    september = await bot.versions(month(9))
    assert [each.by_merges for each in september] == [False, True]
