"""Reading a source to the end, and believing it or not, on the real store."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.domain.definition import Definition
from bot.domain.period import day_number
from bot.domain.pulls import PullState
from bot.jobs.once import Turn
from bot.jobs.pull import Outcome, Progress, Pulled, pull
from bot.jobs.reading import Reader
from bot.jobs.schedule import Occurrence
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.deeds import Deeds
from bot.store.deliveries import Deliveries
from bot.store.ledger import Ledger
from bot.store.pulls import Pulls
from integrations.errors import (
    BadRecord,
    CredentialsRejected,
    IntegrationError,
    SourceUnavailable,
    UnexpectedResponse,
)
from integrations.records import DatedStay, Page, Present, Purchase, Record
from tests.fakes import FakeClock, pages

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
DEFINITION = Definition(zone="Europe/Amsterdam")


def stays(count: int, until: date | None = None) -> list[Record]:
    return [DatedStay(f"c{n}", f"Company {n}", date(2025, 1, 1), until) for n in range(count)]


def present(count: int) -> list[Record]:
    return [Present(f"c{n}", f"Company {n}") for n in range(count)]


def bought(count: int, on: date = date(2026, 11, 1)) -> list[Record]:
    return [Purchase(f"c{n}", f"Company {n}", on) for n in range(count)]


@dataclass
class Desk:
    """Pulls what it is given, at the time that it has."""

    database: Database
    clock: FakeClock
    definition: Definition = DEFINITION

    def __post_init__(self) -> None:
        self.pulls, self.customers = Pulls(self.database), Customers(self.database)

    async def pull(
        self, source: AsyncGenerator[Page, None], progress: Progress = lambda read, of: None
    ) -> Pulled:
        return await pull(
            "crm", source, definition=self.definition, clock=self.clock, pulls=self.pulls,
            customers=self.customers, hold_share=0.02, progress=progress,
        )  # fmt: skip

    async def known(self) -> dict[str, Any]:
        return {id: known.stays for id, known in (await self.customers.known("crm")).items()}


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, FakeClock(NOW))


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        (stays(2), (day_number(date(2025, 1, 1)), None)),
        (present(2), (day_number(NOW.date()), None)),
        (bought(2), (day_number(date(2026, 11, 1)), day_number(date(2027, 1, 30)))),
    ],
    ids=["dates", "presence", "purchases"],
)
async def test_each_evidence_becomes_stays(
    desk: Desk, records: list[Record], expected: tuple[int, int | None]
) -> None:
    pulled = await desk.pull(pages(records[:1], records[1:]))

    assert (pulled.outcome, pulled.records, pulled.customers) == (Outcome.BELIEVED, 2, 2)
    assert await desk.known() == {"c0": (expected,), "c1": (expected,)}


async def test_who_is_not_on_todays_list_left_today(desk: Desk) -> None:
    await desk.pull(pages(present(40)))
    desk.clock.move(days=1)
    pulled = await desk.pull(pages(present(38)))

    assert pulled.outcome is Outcome.BELIEVED
    assert (await desk.known())["c39"] == ((day_number(NOW.date()), day_number(NOW.date()) + 1),)


async def test_progress_is_told_page_by_page(desk: Desk) -> None:
    told: list[tuple[int, int | None]] = []
    records = stays(5)
    source = pages(records[:2], records[2:4], records[4:], of=5)
    await desk.pull(source, lambda read, of: told.append((read, of)))

    assert told == [(2, 5), (4, 5), (5, 5)]


@pytest.mark.parametrize("evidence", [stays, present, bought])
async def test_a_pull_that_lost_too_many_is_held_and_changes_nothing(
    desk: Desk, evidence: Any
) -> None:
    await desk.pull(pages(evidence(100)))
    before = await desk.known()
    desk.clock.move(hours=1)
    pulled = await desk.pull(pages(evidence(60)))

    assert pulled.outcome is Outcome.HELD
    assert pulled.missing_count == 40
    assert len(pulled.missing) == 10
    assert "40 of 100 customers are missing" in pulled.sentence
    assert await desk.known() == before


async def test_who_leaves_with_an_end_date_is_believed_however_many_do(desk: Desk) -> None:
    await desk.pull(pages(stays(100)))
    pulled = await desk.pull(pages(stays(100, until=date(2026, 11, 10))))

    assert (pulled.outcome, pulled.customers) == (Outcome.BELIEVED, 0)


async def test_another_definition_holds_nothing(desk: Desk) -> None:
    await desk.pull(pages(bought(100, on=date(2026, 9, 1))))
    desk.definition = replace(DEFINITION, purchase_keeps_days=30)
    pulled = await desk.pull(pages(bought(100, on=date(2026, 9, 1))))

    assert (pulled.outcome, pulled.customers) == (Outcome.BELIEVED, 0)


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (CredentialsRejected("the token is refused"), False),
        (SourceUnavailable("it answered 503"), True),
        (BadRecord("line 17 has no day"), False),
        (UnexpectedResponse("no JSON"), False),
    ],
)
async def test_a_pull_that_breaks_changes_nothing_and_says_why(
    desk: Desk, error: IntegrationError, again: bool
) -> None:
    await desk.pull(pages(stays(10)))
    before = await desk.known()
    pulled = await desk.pull(pages(stays(3), error=error))

    assert (pulled.outcome, pulled.again, pulled.records) == (Outcome.FAILED, again, 3)
    assert pulled.sentence == f"crm: {error}"
    assert pulled.pull.state is PullState.FAILED
    assert await desk.known() == before


@pytest.mark.parametrize("records", [[], [[]], [[], []]])
async def test_nobody_at_all_is_a_failure(desk: Desk, records: Sequence[list[Record]]) -> None:
    pulled = await desk.pull(pages(*records))

    assert pulled.outcome is Outcome.FAILED
    assert "not one customer" in pulled.sentence


async def test_two_kinds_of_evidence_are_a_failure(desk: Desk) -> None:
    pulled = await desk.pull(pages(stays(1), bought(1)))

    assert pulled.outcome is Outcome.FAILED
    assert "2 kinds" in pulled.sentence


async def test_a_fault_of_ours_is_raised_and_noted(desk: Desk) -> None:
    with pytest.raises(ZeroDivisionError):
        await desk.pull(pages(stays(1), error=ZeroDivisionError()))
    newest = await desk.pulls.newest("crm")

    assert newest is not None
    assert newest.state is PullState.FAILED
    assert "broken off (ZeroDivisionError)" in newest.sentence


async def test_a_pull_that_is_cancelled_is_noted_and_leaves_nothing_open(desk: Desk) -> None:
    waiting, closed = asyncio.Event(), asyncio.Event()

    async def endless() -> AsyncGenerator[Page, None]:
        try:
            yield Page(stays(1))
            waiting.set()
            await asyncio.Event().wait()
        finally:
            closed.set()

    task = asyncio.create_task(desk.pull(endless()))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    newest = await desk.pulls.newest("crm")

    assert closed.is_set()
    assert newest is not None
    assert "because the bot was stopped" in newest.sentence


async def test_one_that_a_newer_pull_overtook_is_no_failure(desk: Desk) -> None:
    middle, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncGenerator[Page, None]:
        yield Page(stays(5))
        middle.set()
        await go_on.wait()

    older = asyncio.create_task(desk.pull(slow()))
    await middle.wait()
    newer = await desk.pull(pages(stays(6)))
    go_on.set()

    assert newer.outcome is Outcome.BELIEVED
    assert (await older).outcome is Outcome.OVERTAKEN
    assert len(await desk.known()) == 6


class Sources:
    """What a source gives next, call by call."""

    def __init__(self, *given: AsyncGenerator[Page, None]) -> None:
        self.given = list(given)

    def __call__(self) -> AsyncGenerator[Page, None]:
        return self.given.pop(0)


def reader(database: Database, clock: FakeClock, source: Sources, holder: str = "one") -> Reader:
    return Reader(
        sources={"crm": source},
        definition=DEFINITION,
        customers=Customers(database),
        pulls=Pulls(database),
        deliveries=Deliveries(database),
        deeds=Deeds(database),
        turn=Turn(Ledger(database), holder, clock),
        hold_share=0.02,
        kept_keys=frozenset(),
        notices="C0NOTICES",
    )


async def notices(database: Database) -> list[str]:
    return [delivery.message.text for delivery in await Deliveries(database).undelivered()]


def lost() -> AsyncGenerator[Page, None]:
    return pages(error=SourceUnavailable("it does not answer"))


async def test_a_lost_source_is_told_once_until_it_was_back(database: Database) -> None:
    clock = FakeClock(NOW)
    source = Sources(pages(stays(9)), lost(), lost(), lost(), pages(stays(9)), lost(), lost())
    made = reader(database, clock, source)
    told = []
    for _ in range(7):
        clock.move(hours=1)
        await made.pull("crm")
        told.append(len(await notices(database)))

    assert told == [0, 1, 1, 1, 1, 2, 2]


async def test_what_is_away_is_tried_again_for_the_same_occurrence(database: Database) -> None:
    clock = FakeClock(NOW)
    source = Sources(lost(), pages(stays(9)))
    made = reader(database, clock, source)
    due = Occurrence(NOW, "2026-11-16T12:00")
    for _ in range(3):
        await made.due(due)

    assert source.given == []
    assert await Pulls(database).newest_believed("crm") is not None


async def test_what_a_person_must_mend_is_not_tried_until_the_next_occurrence(
    database: Database,
) -> None:
    source = Sources(pages(error=CredentialsRejected("no")), pages(stays(9)))
    made = reader(database, FakeClock(NOW), source)
    for key in ("one", "one", "two"):
        await made.due(Occurrence(NOW, key))

    assert source.given == []


async def test_of_two_replicas_one_pulls_first(database: Database, replica: Database) -> None:
    source = Sources(pages(stays(9)), pages(stays(9)))
    clock = FakeClock(NOW)
    one, two = reader(database, clock, source), reader(replica, clock, source, "two")
    await asyncio.gather(one.first(), two.first())
    await asyncio.gather(one.first(), two.first())

    assert len(source.given) == 1
    await source.given[0].aclose()


async def test_who_comes_while_a_source_is_read_reads_it_after_that(database: Database) -> None:
    reading: list[int] = []
    most = 0

    async def counted() -> AsyncGenerator[Page, None]:
        nonlocal most
        reading.append(1)
        most = max(most, len(reading))
        await asyncio.sleep(0.01)
        yield Page(stays(3))
        reading.pop()

    made = reader(database, FakeClock(NOW), Sources(counted(), counted(), counted()))
    outcomes = await asyncio.gather(*(made.pull("crm") for _ in range(3)))

    assert most == 1
    assert {pulled.outcome for pulled in outcomes} == {Outcome.BELIEVED}
