"""Reading a source to the end, and believing it or not, on the real store."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from sqlalchemy import select

from bot.domain.columns import FOREVER
from bot.domain.definition import Definition, Parents
from bot.domain.period import day_number
from bot.domain.pulls import OVERLAP, PullState, Running
from bot.jobs.once import Turn
from bot.jobs.pull import Outcome, Progress, Pulled, pull
from bot.jobs.reading import Reader, Source
from bot.jobs.schedule import Occurrence
from bot.store.counts import CountStore
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.deeds import Deeds
from bot.store.deliveries import Deliveries
from bot.store.ledger import Ledger
from bot.store.pulls import Pulls
from bot.store.schema import held, readings, staged
from bot.store.staging import GOES_ON, PART
from integrations.errors import (
    BadRecord,
    CredentialsRejected,
    IntegrationError,
    SourceUnavailable,
    UnexpectedResponse,
)
from integrations.records import DatedStay, LeftOut, Page, Present, Purchase, Record
from tests.fakes import FakeClock, always, pages

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
    part: int = PART

    def __post_init__(self) -> None:
        self.pulls, self.customers = Pulls(self.database, part=self.part), Customers(self.database)

    async def pull(
        self, source: AsyncGenerator[Page, None], progress: Progress = lambda read, of: None
    ) -> Pulled:
        return await pull(
            "crm", source, definition=self.definition, clock=self.clock, pulls=self.pulls,
            customers=self.customers, hold_share=0.02, progress=progress,
        )  # fmt: skip

    async def known(self) -> dict[str, Any]:
        return {id: known.stays for id, known in (await self.customers.known("crm")).items()}


@pytest.fixture(params=[PART, 3], ids=["whole", "in parts"])
def desk(database: Database, request: pytest.FixtureRequest) -> Desk:
    return Desk(database, FakeClock(NOW), part=request.param)


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

    assert told == [(0, None), (2, 5), (4, 5), (5, 5)]


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
    gone = await desk.customers.names(await desk.customers.missing_from(pulled.pull))
    assert len(gone) == 40
    assert set(pulled.missing) < set(gone.values())
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


async def told_from(*moments: date | datetime | None) -> AsyncGenerator[Page, None]:
    """A stay a page, and how far back the source says that its history is true."""
    for n, moment in enumerate(moments):
        yield Page(stays(n + 1)[n:], trusted_from=moment)


async def test_the_past_is_trusted_from_the_latest_day_that_a_page_tells(desk: Desk) -> None:
    late = datetime(2025, 1, 1, 23, 30, tzinfo=UTC)  # it is the 2nd in Amsterdam
    pulled = await desk.pull(told_from(date(2024, 5, 1), late, None, date(2023, 1, 1)))

    assert pulled.pull.trusted_from == day_number(date(2025, 1, 2))
    columns = await desk.customers.columns("crm")
    assert columns.trusted_from == day_number(date(2025, 1, 2))


async def test_a_past_that_no_page_limits_is_trusted_as_a_whole(desk: Desk) -> None:
    await desk.pull(told_from(date(2024, 5, 1)))
    pulled = await desk.pull(told_from(None))

    assert pulled.pull.trusted_from is None


async def test_a_held_pull_that_is_accepted_is_trusted_as_it_said(desk: Desk) -> None:
    await desk.pull(pages(stays(100)))
    pulled = await desk.pull(told_from(date(2024, 5, 1)))
    accepted = await desk.pulls.accept(pulled.pull, NOW)

    assert (pulled.outcome, accepted.state) == (Outcome.HELD, PullState.BELIEVED)
    assert accepted.trusted_from == day_number(date(2024, 5, 1))


class Sources:
    """What a source gives next, call by call; `asked` since when, None for everything."""

    def __init__(self, *given: AsyncGenerator[Page, None]) -> None:
        self.given = list(given)
        self.asked: list[datetime | None] = []

    def __call__(self, since: datetime | None = None) -> AsyncGenerator[Page, None]:
        self.asked.append(since)
        return self.given.pop(0)


def reader(
    database: Database,
    clock: FakeClock,
    source: Sources,
    holder: str = "one",
    *,
    incremental: bool = False,
    asked: str = "",
    definition: Definition = DEFINITION,
    part: int = PART,
    after: Callable[[str], AsyncGenerator[Page, None]] | None = None,
) -> Reader:
    return Reader(
        sources={"crm": Source(source, source if incremental else None, asked, after)},
        counting={},
        counts=CountStore(database),
        definition=definition,
        definitions={"crm": definition},
        customers=Customers(database),
        pulls=Pulls(database, part=part),
        deliveries=Deliveries(database),
        deeds=Deeds(database),
        turn=Turn(Ledger(database), holder, clock),
        hold_share=0.02,
        full_every=timedelta(days=7),
        kept_keys=frozenset(),
        notices=always("C0NOTICES"),
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


# What changed


async def changed(
    *records: Record, gone: Sequence[str] = (), error: BaseException | None = None
) -> AsyncGenerator[Page, None]:
    yield Page(list(records), gone=gone)
    if error:
        raise error


async def scheduled(made: Reader) -> Pulled:
    return await made.pull("crm", changes=True)


async def known(database: Database) -> dict[str, Any]:
    return {id: each.stays for id, each in (await Customers(database).known("crm")).items()}


SINCE = day_number(date(2025, 1, 1))
TODAY = day_number(NOW.date())
OPEN = ((SINCE, None),)


async def test_changes_take_the_place_of_what_was_known_of_a_customer(database: Database) -> None:
    clock = FakeClock(NOW)
    left = DatedStay("c1", "Company 1", date(2025, 1, 1), date(2026, 11, 1))
    new = DatedStay("c9", "Company 9", date(2026, 11, 1))
    source = Sources(pages(stays(3)), changed(left, new))
    made = reader(database, clock, source, incremental=True)
    await made.pull("crm")
    clock.move(days=1)
    pulled = await scheduled(made)

    assert source.asked == [None, NOW - OVERLAP]
    assert (pulled.outcome, pulled.records, pulled.customers) == (Outcome.BELIEVED, 2, 3)
    ended, begun = day_number(date(2026, 11, 1)), day_number(date(2026, 11, 1))
    assert await known(database) == {
        "c0": OPEN, "c1": ((SINCE, ended),), "c2": OPEN, "c9": ((begun, None),),
    }  # fmt: skip


async def test_no_change_is_a_pull_like_any_other(database: Database) -> None:
    clock = FakeClock(NOW)
    source = Sources(pages(stays(3)), changed(), changed())
    made = reader(database, clock, source, incremental=True)
    await made.pull("crm")
    clock.move(days=1)
    assert (await scheduled(made)).outcome is Outcome.BELIEVED
    clock.move(days=1)
    await scheduled(made)

    assert source.asked[2] == NOW + timedelta(days=1) - OVERLAP
    assert await known(database) == {"c0": OPEN, "c1": OPEN, "c2": OPEN}


async def test_who_is_gone_from_todays_list_left_today_and_strangers_do_not_count(
    database: Database,
) -> None:
    clock = FakeClock(NOW)
    source = Sources(
        pages(present(3)), changed(Present("c3", "Company 3"), gone=["c1", "stranger", "c3"])
    )
    made = reader(database, clock, source, incremental=True)
    await made.pull("crm")
    clock.move(days=1)
    pulled = await scheduled(made)

    assert (pulled.outcome, pulled.customers) == (Outcome.BELIEVED, 3)
    assert await known(database) == {
        "c0": ((TODAY, None),),
        "c1": ((TODAY, TODAY + 1),),
        "c2": ((TODAY, None),),
        "c3": ((TODAY + 1, None),),
    }


@pytest.mark.parametrize("evidence", [stays, bought])
async def test_who_is_gone_and_has_no_dated_record_is_not_known_any_more(
    database: Database, evidence: Any
) -> None:
    clock = FakeClock(NOW)
    source = Sources(pages(evidence(3)), changed(gone=["c1"]))
    made = reader(database, clock, source, incremental=True)
    await made.pull("crm")
    clock.move(days=1)
    await scheduled(made)

    assert set(await known(database)) == {"c0", "c2"}


async def test_changes_leave_the_past_as_trusted_as_it_was(database: Database) -> None:
    clock = FakeClock(NOW)
    source = Sources(told_from(date(2024, 5, 1)), told_from(date(2026, 1, 1)))
    made = reader(database, clock, source, incremental=True)
    await made.pull("crm")
    clock.move(days=1)
    pulled = await scheduled(made)

    assert pulled.pull.base is not None
    assert pulled.pull.trusted_from == day_number(date(2024, 5, 1))


async def test_changes_that_lose_too_many_are_held_and_can_be_accepted(database: Database) -> None:
    clock = FakeClock(NOW)
    source = Sources(pages(stays(100)), changed(gone=[f"c{n}" for n in range(40)]))
    made = reader(database, clock, source, incremental=True)
    await made.pull("crm")
    clock.move(days=1)
    pulled = await scheduled(made)

    assert pulled.outcome is Outcome.HELD
    assert "40 of 100 customers are missing" in pulled.sentence
    assert len(await known(database)) == 100
    listed = [await made.missing(pulled.pull.id, first) for first in (0, 40)]
    assert "1 to 40 of 40:" in listed[0].text
    assert "Nobody is missing" in listed[1].text
    await made.decide(pulled.pull.id, believe=True, person="U0ADMIN")
    assert "was believed" in (await made.missing(pulled.pull.id, 0)).text
    assert len(await known(database)) == 60


async def test_who_was_merged_away_ends_and_did_not_leave(database: Database) -> None:
    clock = FakeClock(NOW)
    into = Present("c0", "Company 0", was=["c1"])
    source = Sources(pages(present(3)), changed(into))
    made = reader(database, clock, source, incremental=True)
    await made.pull("crm")
    clock.move(days=1)
    pulled = await scheduled(made)

    assert pulled.customers == 2
    assert (await known(database))["c1"] == ((TODAY, TODAY + 1),)
    assert await made.customers.merged("crm") == {"c1"}


@pytest.mark.parametrize(
    ("days", "more", "full"),
    [
        pytest.param(6, {}, False, id="not yet"),
        pytest.param(7, {}, True, id="a week later"),
        pytest.param(1, {"asked": "other settings"}, True, id="other settings"),
        pytest.param(1, {"definition": replace(DEFINITION, grace_days=30)}, True, id="definition"),
        pytest.param(-1, {}, True, id="a clock that went back"),
    ],
)
async def test_everything_is_read_when_changes_are_not_enough(
    database: Database, days: int, more: Any, full: bool
) -> None:
    clock = FakeClock(NOW)
    await reader(database, clock, Sources(pages(stays(3))), incremental=True).pull("crm")
    clock.move(days=days)
    source = Sources(pages(stays(2)))
    await scheduled(reader(database, clock, source, incremental=True, **more))

    assert source.asked == [None if full else NOW - OVERLAP]
    assert len(await known(database)) == (2 if full else 3)


async def test_the_week_begins_with_the_newest_pull_that_read_everything(
    database: Database,
) -> None:
    clock = FakeClock(NOW)
    source = Sources(pages(stays(3)), *(changed() for _ in range(6)), pages(stays(3)), changed())
    made = reader(database, clock, source, incremental=True)
    await made.pull("crm")
    for _ in range(8):
        clock.move(days=1)
        await scheduled(made)

    assert [since is None for since in source.asked] == [True, *[False] * 6, True, False]


async def test_a_person_who_pulls_reads_everything(database: Database) -> None:
    source = Sources(pages(stays(3)), pages(stays(3)))
    made = reader(database, FakeClock(NOW), source, incremental=True)
    await made.pull("crm")
    await made.pull("crm")

    assert source.asked == [None, None]


async def test_changes_that_may_not_be_read_are_said_and_everything_is_read(
    database: Database,
) -> None:
    clock = FakeClock(NOW)
    refused = changed(error=CredentialsRejected("give it rak_event_read"))
    source = Sources(pages(stays(3)), refused, pages(stays(2)))
    made = reader(database, clock, source, incremental=True)
    await made.pull("crm")
    clock.move(days=1)
    pulled = await scheduled(made)

    assert pulled.outcome is Outcome.BELIEVED
    assert "its changes cannot be. crm: give it rak_event_read" in pulled.sentence
    assert pulled.pull.note == pulled.sentence
    assert set(await known(database)) == {"c0", "c1"}
    assert await notices(database) == []


async def test_a_source_that_is_away_is_not_asked_for_everything(database: Database) -> None:
    clock = FakeClock(NOW)
    source = Sources(pages(stays(3)), lost())
    made = reader(database, clock, source, incremental=True)
    await made.pull("crm")
    clock.move(days=1)
    pulled = await scheduled(made)

    assert (pulled.outcome, pulled.again) == (Outcome.FAILED, True)
    assert len(source.asked) == 2


async def test_changes_to_what_is_not_the_newest_any_more_are_not_believed(
    desk: Desk,
) -> None:
    await desk.pull(pages(stays(3)))
    base = await desk.pulls.newest_believed("crm")
    desk.clock.move(days=1)
    await desk.pull(pages(stays(2)))
    pulled = await pull(
        "crm", changed(DatedStay("c9", "Company 9", date(2026, 11, 1))), definition=DEFINITION,
        clock=desk.clock, pulls=desk.pulls, customers=desk.customers, hold_share=0.02, base=base,
    )  # fmt: skip

    assert pulled.outcome is Outcome.OVERTAKEN
    assert set(await desk.known()) == {"c0", "c1"}


ONE = st.sampled_from([f"c{n}" for n in range(4)])
"""So few that not even all of them but one are too many to vanish."""


@budget(deadline=None, max_examples=20)
@given(
    before=st.dictionaries(ONE, st.integers(0, 40), min_size=1),
    after=st.dictionaries(ONE, st.integers(0, 40), min_size=1),
    evidence=st.sampled_from([DatedStay, Purchase, Present]),
)
def test_changes_come_to_what_reading_everything_would(
    before: dict[str, int], after: dict[str, int], evidence: Any
) -> None:
    def records(of: dict[str, int]) -> list[Record]:
        return [evidence(id, id, date(2026, 9, 1) + timedelta(n)) for id, n in of.items()]

    async def both(folder: str) -> tuple[Any, ...]:
        found = []
        for incremental in (True, False):
            database = Database.open(f"sqlite:///{folder}/{incremental}.db")
            clock = FakeClock(NOW)
            told = [each for each in after.items() if before.get(each[0]) != each[1]]
            gone = sorted(before.keys() - after.keys())
            second = changed(*records(dict(told)), gone=gone)
            source = Sources(
                pages(records(before)), second if incremental else pages(records(after))
            )
            part = 2 if incremental else PART
            made = reader(database, clock, source, incremental=incremental, part=part)
            await made.pull("crm")
            clock.move(days=1)
            assert (await scheduled(made)).outcome is Outcome.BELIEVED
            found.append(await Customers(database).known("crm"))
            await database.close()
        return tuple(found)

    with TemporaryDirectory() as folder:
        changes, everything = asyncio.run(both(folder))
    assert changes == everything


async def test_how_far_a_pull_has_come_can_be_asked_while_it_runs(database: Database) -> None:
    clock = FakeClock(NOW)
    seen = []

    async def source() -> AsyncGenerator[Page, None]:
        seen.append(made.so_far())
        clock.move(seconds=4)
        yield Page(stays(2), of=6)
        seen.append(made.so_far())

    made = reader(database, clock, Sources(source()))
    await made.pull("crm")

    assert seen == [[Running("crm")], [Running("crm", 2, 6, 4.0)]]
    assert made.so_far() == []


@pytest.mark.parametrize("dated", [True, False], ids=["dates", "presence"])
async def test_records_that_became_one_new_record_are_no_loss_and_hold_nothing(
    desk: Desk, dated: bool
) -> None:
    make = stays if dated else present
    await desk.pull(pages(make(40)))
    desk.clock.move(days=1)
    was = [f"c{number}" for number in range(20)]
    since = date(2026, 11, 17)
    one = DatedStay("m", "M", since, was=was) if dated else Present("m", "M", was=was)

    pulled = await desk.pull(pages([*make(40)[20:], one]))

    assert (pulled.outcome, pulled.customers) == (Outcome.BELIEVED, 21)
    columns = await desk.customers.columns("crm")
    assert len(columns) == 21
    assert (columns.until == FOREVER).all()
    assert (columns.since < day_number(since)).all(), "M is a customer since the first of them was"


# What is left out


async def test_what_the_pages_and_the_definition_leave_out_is_counted(desk: Desk) -> None:
    desk.definition = replace(DEFINITION, past_due_days=10, paused_days=0)
    since, long_ago = date(2025, 1, 1), date(2026, 9, 1)
    told = [
        DatedStay("a", "A", since),
        DatedStay("b", "B", since, unpaid_since=long_ago),
        DatedStay("c", "C", since, paused_since=long_ago),
        DatedStay("c", "C", since, paused_since=long_ago),
        DatedStay("d", "D", since, unpaid_since=date(2026, 11, 10)),
        DatedStay("e", "E", since, date(2026, 1, 1), unpaid_since=long_ago),
        DatedStay("f", "F", since, date(2026, 1, 1)),
        DatedStay("f", "F", date(2026, 1, 8), date(2026, 2, 1)),
        DatedStay("f", "F", date(2026, 2, 10)),
    ]
    left_out = {LeftOut.TRIAL: 2, LeftOut.FREE: 1}
    pulled = await desk.pull(pages(told[:4], told[4:], left_out=left_out))

    assert pulled.pull.left_out == {
        "trial": 4,
        "free plan": 2,
        "owes for too long": 1,
        "paused for too long": 1,
        "gap that is no leaving": 1,
    }
    assert pulled.pull == await desk.pulls.newest_full("crm")


async def test_where_nothing_is_left_out_that_is_known(desk: Desk) -> None:
    pulled = await desk.pull(pages(stays(3)))

    assert pulled.pull.left_out == {}


async def test_what_a_held_pull_left_out_is_known_when_it_is_accepted(desk: Desk) -> None:
    await desk.pull(pages(stays(100), left_out={LeftOut.TEST: 1}))
    desk.clock.move(hours=1)
    pulled = await desk.pull(pages(stays(60), left_out={LeftOut.TEST: 41}))

    assert pulled.outcome is Outcome.HELD
    accepted = await desk.pulls.accept(pulled.pull, desk.clock())
    assert (accepted.state, accepted.left_out) == (PullState.BELIEVED, {"test": 41})


async def test_changes_say_nothing_of_all_that_is_left_out(database: Database) -> None:
    clock = FakeClock(NOW)
    first = pages(stays(3), left_out={LeftOut.FREE: 7})
    source = Sources(first, pages(stays(1), left_out={LeftOut.FREE: 1}))
    made = reader(database, clock, source, incremental=True)
    await made.pull("crm")
    clock.move(days=1)
    pulled = await scheduled(made)
    fresh = (await made.pulls.freshness())["crm"]

    assert pulled.pull.left_out is None
    assert fresh.believed == pulled.pull
    assert fresh.full is not None
    assert fresh.full.left_out == {"free plan": 7}
    before = await made.pulls.freshness_at("crm", NOW + timedelta(hours=1))
    assert before is not None
    assert before.believed == before.full == fresh.full


# Groups, and who owes


GROUPS = replace(DEFINITION, parents=Parents.TOP)


def owned(*ids: str, by: str = "") -> list[Record]:
    return [Present(id, id.title(), parent=by) for id in ids]


async def test_groups_are_pulled_as_one_customer_each(desk: Desk) -> None:
    desk.definition = GROUPS
    pulled = await desk.pull(pages(owned("a", "b", by="t"), owned("t", "z"), owned("a", by="t")))

    assert (pulled.outcome, pulled.records, pulled.customers) == (Outcome.BELIEVED, 5, 2)
    assert pulled.pull.left_out == {"part of a group": 2}
    assert set(await desk.known()) == {"t", "z"}


async def test_who_comes_under_a_parent_is_neither_lost_nor_missing(desk: Desk) -> None:
    desk.definition = GROUPS
    ids = [f"c{n}" for n in range(20)]
    await desk.pull(pages(owned(*ids, "t")))
    before = await desk.known()
    desk.clock.move(days=1)

    pulled = await desk.pull(pages(owned(*ids, by="t"), owned("t")))

    assert pulled.outcome is Outcome.BELIEVED
    assert await desk.known() == {"t": before["t"]}


async def test_groups_that_become_customers_of_their_own_are_held_back_by_nobody(
    desk: Desk,
) -> None:
    await desk.pull(pages(owned(*[f"c{n}" for n in range(20)], by="t")))
    desk.definition = GROUPS
    pulled = await desk.pull(pages(owned(*[f"c{n}" for n in range(20)], by="t")))

    assert pulled.outcome is Outcome.BELIEVED
    assert set(await desk.known()) == {"t"}


async def test_who_owes_for_long_leaves_and_is_back_when_they_pay(desk: Desk) -> None:
    desk.definition = replace(DEFINITION, past_due_days=10)
    paying = DatedStay("a", "A", date(2026, 1, 1))
    since = day_number(date(2026, 1, 1))

    async def after(record: Record) -> Any:
        await desk.pull(pages([record]))
        return (await desk.known())["a"]

    november, december = date(2026, 11, 1), date(2026, 12, 1)
    assert await after(replace(paying, unpaid_since=november)) == (
        (since, day_number(november) + 10),
    )
    desk.clock.move(days=20)
    assert await after(replace(paying, unpaid_since=december)) == (
        (since, day_number(november) + 10),
    )
    assert await after(paying) == ((since, None),)
    assert await after(replace(paying, unpaid_since=december)) == (
        (since, day_number(december) + 10),
    )
    desk.definition = replace(DEFINITION, past_due_days=20)
    assert await after(replace(paying, unpaid_since=december)) == (
        (since, day_number(december) + 20),
    )


async def test_of_groups_everything_is_read_because_one_member_says_nothing_of_others(
    database: Database,
) -> None:
    clock = FakeClock(NOW)
    source = Sources(pages(owned("a", "b", by="t")), pages(owned("b", by="t")))
    made = reader(database, clock, source, incremental=True, definition=GROUPS)
    await made.pull("crm")
    clock.move(days=1)
    await scheduled(made)

    assert source.asked == [None, None]
    assert await known(database) == {"t": ((TODAY, None),)}


# Going on after a restart


def marked(
    *marks: str, of: Callable[[int], list[Record]] = stays, error: BaseException | None = None
) -> AsyncGenerator[Page, None]:
    """Three records a page; the mark of each says up to which number."""

    async def read() -> AsyncGenerator[Page, None]:
        for mark in marks:
            last = int(mark.removeprefix("-"))
            records, then = of(last)[last - 3 : last], "" if mark.startswith("-") else mark
            yield Page(records, mark=then, left_out={LeftOut.TRIAL: 1})
        if error is not None:
            raise error

    return read()


class TestGoesOn:
    """With what another pull of the source has read."""

    def reader(
        self, database: Database, *given: AsyncGenerator[Page, None], **told: Any
    ) -> tuple[Reader, list[str]]:
        asked: list[str] = []
        source = Sources(*given)

        def after(mark: str) -> AsyncGenerator[Page, None]:
            asked.append(mark)
            return source()

        clock = FakeClock(NOW)
        return reader(database, clock, source, part=4, after=after, **told), asked

    async def test_after_the_last_page_that_came(self, database: Database) -> None:
        made, asked = self.reader(
            database,
            marked("3", "6", error=SourceUnavailable("it does not answer")),
            marked("9", "-12"),
        )
        first = await made.pull("crm")
        second = await made.pull("crm")

        assert (first.outcome, second.outcome) == (Outcome.FAILED, Outcome.BELIEVED)
        assert asked == ["6"]
        assert (second.records, second.customers) == (12, 12)
        assert second.pull.left_out == {"trial": 4}, "of the two pages before too"
        assert set(await Customers(database).known("crm")) == {f"c{n}" for n in range(12)}

    async def test_counts_as_begun_when_the_first_did(self, database: Database) -> None:
        """What changed meanwhile on a page that was read is among the next changes."""
        made, _ = self.reader(
            database, marked("3", error=SourceUnavailable("it is down")), marked("-6")
        )
        await made.pull("crm")
        clock = made.turn.clock
        assert isinstance(clock, FakeClock)
        clock.move(hours=1)

        assert (await made.pull("crm")).pull.started_at == NOW

    async def test_when_it_was_told_to_stop(self, database: Database) -> None:
        made, asked = self.reader(
            database, marked("3", error=asyncio.CancelledError()), marked("-6")
        )
        with pytest.raises(asyncio.CancelledError):
            await made.pull("crm")
        stopped = await made.pulls.newest("crm")
        pulled = await made.pull("crm")

        assert stopped is not None
        assert "the next one goes on with it" in stopped.sentence
        assert (pulled.outcome, asked) == (Outcome.BELIEVED, ["3"])

    @pytest.mark.parametrize(
        "reason", ["too long ago", "other settings", "believed since", "no mark", "cannot be asked"]
    )
    async def test_but_begins_anew(self, database: Database, reason: str) -> None:
        broken = marked("-3" if reason == "no mark" else "3", error=SourceUnavailable("no"))
        made, asked = self.reader(database, broken, marked("-3"), marked("-3"))
        await made.pull("crm")
        clock = made.turn.clock
        assert isinstance(clock, FakeClock)
        source = made.sources["crm"]
        match reason:
            case "too long ago":
                clock.move(seconds=GOES_ON.total_seconds())
            case "other settings":
                made = replace(made, sources={"crm": replace(source, asked="others")})
            case "cannot be asked":
                made = replace(made, sources={"crm": replace(source, after=None)})
            case "believed since":
                begun = await made.pulls.begin("crm", DEFINITION.hash, clock())
                await made.customers.believe(begun, {}, today=1, known_from=None, now=clock())
        pulled = await made.pull("crm")

        assert (pulled.outcome, pulled.records, asked) == (Outcome.BELIEVED, 3, [])

    async def test_and_its_pace_is_of_what_it_has_read_itself(self, database: Database) -> None:
        seen: list[list[Running]] = []

        async def rest() -> AsyncGenerator[Page, None]:
            clock = made.turn.clock
            assert isinstance(clock, FakeClock)
            clock.move(seconds=2)
            yield Page(stays(9)[3:], of=9)
            seen.append(made.so_far())

        made, _ = self.reader(database, marked("3", error=SourceUnavailable("it is down")), rest())
        await made.pull("crm")
        await made.pull("crm")

        assert seen == [[Running("crm", 9, 9, 2.0, before=3)]]
        assert seen[0][0].a_second == 3

    async def test_with_what_the_pages_told_of_the_past(self, database: Database) -> None:
        async def broken() -> AsyncGenerator[Page, None]:
            yield Page(stays(3), trusted_from=date(2024, 5, 1), mark="3")
            raise SourceUnavailable("it does not answer")

        made, _ = self.reader(database, broken(), marked("-6"))
        await made.pull("crm")
        pulled = await made.pull("crm")

        assert (pulled.records, pulled.pull.trusted_from) == (6, day_number(date(2024, 5, 1)))

    @pytest.mark.parametrize("of", [stays, present])
    async def test_a_row_that_comes_again_across_the_seam_is_one_customer(
        self, database: Database, of: Any
    ) -> None:
        async def rest() -> AsyncGenerator[Page, None]:
            yield Page(of(6)[1:])  # what was the last of the page before is the first of this one

        made, _ = self.reader(
            database, marked("3", of=of, error=SourceUnavailable("it is down")), rest()
        )
        await made.pull("crm")
        pulled = await made.pull("crm")

        assert (pulled.outcome, pulled.customers) == (Outcome.BELIEVED, 6)
        found = await Customers(database).known("crm")
        assert {id: len(known.stays) for id, known in found.items()} == {
            f"c{n}": 1 for n in range(6)
        }

    async def test_begins_anew_where_the_source_does_not_know_the_mark(
        self, database: Database
    ) -> None:
        made, asked = self.reader(
            database,
            marked("3", error=SourceUnavailable("no")),
            marked(error=UnexpectedResponse("there is no such cursor")),
            marked("3", "-6"),
        )
        await made.pull("crm")
        pulled = await made.pull("crm")

        assert (pulled.outcome, pulled.records, asked) == (Outcome.BELIEVED, 6, ["3"])

    async def test_with_a_reading_that_was_at_its_end_and_asks_for_nothing(
        self, database: Database
    ) -> None:
        """Its process died while it made customers of what had come."""
        made, asked = self.reader(database)
        begun = await made.pulls.begin("crm", DEFINITION.hash, NOW)
        reading = await made.pulls.reading(begun, NOW)
        await reading.add(Page(stays(6)), NOW)
        await reading.finish(NOW)
        pulled = await made.pull("crm")

        assert (pulled.outcome, pulled.customers, asked) == (Outcome.BELIEVED, 6, [])

    async def test_when_the_source_is_there_again_and_not_before(self, database: Database) -> None:
        down = SourceUnavailable("it is down")
        made, asked = self.reader(
            database, marked("3", error=down), marked(error=down), marked("-6")
        )
        outcomes = [(await made.pull("crm")).outcome for _ in range(3)]

        assert outcomes == [Outcome.FAILED, Outcome.FAILED, Outcome.BELIEVED]
        assert asked == ["3", "3"]

    async def test_and_where_a_later_page_is_bad_the_mark_was_not(self, database: Database) -> None:
        made, asked = self.reader(
            database,
            marked("3", error=SourceUnavailable("no")),
            marked("6", error=UnexpectedResponse("no JSON")),
            marked("-3"),
        )
        await made.pull("crm")
        pulled = await made.pull("crm")

        assert (pulled.outcome, pulled.records, asked) == (Outcome.FAILED, 6, ["3"])

    async def test_nothing_is_kept_of_what_has_ended(self, database: Database) -> None:
        made, _ = self.reader(
            database, marked("3", error=SourceUnavailable("no")), marked("-6"), marked("-3")
        )
        await made.pull("crm")
        await made.pull("crm")

        def rows(connection: Any) -> int:
            return sum(len(connection.execute(select(t)).all()) for t in (readings, staged, held))

        assert await database.read(rows) == 0
