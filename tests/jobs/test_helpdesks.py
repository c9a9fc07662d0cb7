"""Reading helpdesks: each change once, going on from the newest, on the real store."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.definition import Definition
from bot.domain.tickets import OVERLAP, LastRead, What
from bot.jobs.helpdesks import Helpdesks, Read
from bot.jobs.once import Turn
from bot.jobs.schedule import Occurrence
from bot.store.database import Database
from bot.store.deliveries import Deliveries
from bot.store.ledger import Ledger
from bot.store.tickets import Tickets
from integrations.errors import CredentialsRejected, SourceUnavailable
from integrations.records import Other, OtherPage, Rating, Ticket
from tests.fakes import FakeClock, always

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
BACK = timedelta(days=90)


def ticket(id: str, hour: float, **other: Any) -> Ticket:
    at = NOW - timedelta(hours=hour)
    return Ticket(id, "ann", NOW - timedelta(days=9), solved=at, changed=at, **other)


@dataclass
class Desk:
    """A helpdesk that gives pages in turn, and remembers from when on it was asked."""

    database: Database
    pages: list[Sequence[Other] | OtherPage | Exception] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)
    notices: str | None = "C0NOTICES"

    def __post_init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.tickets = Tickets(self.database)
        self.helpdesks = Helpdesks(
            helpdesks={("desk", What.TICKETS): self._begin},
            tickets=self.tickets,
            deliveries=Deliveries(self.database),
            definition=Definition(zone="Europe/Amsterdam"),
            turn=Turn(Ledger(self.database), "me", self.clock),
            back=BACK,
            notices=always(self.notices),
        )

    def _begin(self, since: datetime) -> AsyncGenerator[OtherPage, None]:
        self.asked.append(since)
        return self._give()

    async def _give(self) -> AsyncGenerator[OtherPage, None]:
        for page in self.pages:
            if isinstance(page, Exception):
                raise page
            yield page if isinstance(page, OtherPage) else OtherPage(page)

    async def read(self, *pages: Sequence[Other] | OtherPage | Exception) -> Read:
        self.pages = list(pages)
        return await self.helpdesks.read("desk", What.TICKETS)

    async def solved(self) -> list[str]:
        found = await self.tickets.solved(NOW - BACK, NOW + timedelta(days=1))
        return [one.id for one in found]

    async def told(self) -> list[str]:
        waiting = await Deliveries(self.database).undelivered()
        return [one.message.text for one in waiting]


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


async def test_the_first_reading_goes_back_as_far_as_it_should(desk: Desk) -> None:
    read = await desk.read([ticket("1", 2)], [ticket("2", 1)])

    assert desk.asked == [NOW - BACK]
    assert (read.ok, read.records) == (True, 2)
    assert await desk.solved() == ["1", "2"]


async def test_later_ones_go_on_from_the_newest_change(desk: Desk) -> None:
    await desk.read([ticket("1", 2)])
    desk.clock.now = NOW + timedelta(hours=1)
    await desk.read([ticket("1", 2), ticket("2", 1)])
    await desk.read()

    newest = [NOW - timedelta(hours=2), NOW - timedelta(hours=1)]
    assert desk.asked == [NOW - BACK, *(moment - OVERLAP for moment in newest)]
    assert await desk.solved() == ["1", "2"]


async def test_what_came_before_it_failed_is_kept_and_asked_for_again(desk: Desk) -> None:
    read = await desk.read([ticket("1", 2)], SourceUnavailable("desk: 503"))
    await desk.read([ticket("1", 2), ticket("2", 1)])

    assert (read.ok, read.again, read.records) == (False, True, 1)
    assert desk.asked == [NOW - BACK] * 2, "the end was not reached, so nothing is skipped"
    assert await desk.solved() == ["1", "2"]


async def test_a_source_that_tells_changes_in_their_order_is_gone_on_with(desk: Desk) -> None:
    in_order = OtherPage([ticket("1", 50)], up_to=NOW - timedelta(hours=50))

    read = await desk.read(in_order, [ticket("2", 40)], SourceUnavailable("desk fell silent"))
    await desk.read(OtherPage([], up_to=NOW - timedelta(hours=60)), SourceUnavailable("again"))
    ahead = OtherPage([ticket("3", 1)], up_to=NOW + timedelta(days=1))
    await desk.read(ahead, SourceUnavailable("again"))
    await desk.read()

    assert not read.ok
    gone_on = NOW - timedelta(hours=50) - OVERLAP
    assert desk.asked[:3] == [NOW - BACK, gone_on, gone_on], "never back, and no page is skipped"
    assert desk.asked[3] <= NOW - OVERLAP, "a clock that is ahead leaves no gap"


async def test_ratings_that_come_with_tickets_do_not_move_where_it_goes_on(desk: Desk) -> None:
    rated = Rating("r", NOW, 5, 1, 5, changed=NOW)
    await desk.read([ticket("1", 2), rated])
    await desk.read()

    assert desk.asked[1] == NOW - timedelta(hours=2) - OVERLAP
    assert [one.id for one in await desk.tickets.given(NOW, NOW + timedelta(days=1))] == ["r"]


async def test_a_source_that_is_lost_is_told_once_until_it_is_back(desk: Desk) -> None:
    for _ in range(2):
        await desk.read(CredentialsRejected("desk: answered 403; give it tickets.read"))
    told = await desk.told()
    last = await desk.tickets.last_read("desk", What.TICKETS)

    assert len(told) == 1
    assert "give it tickets.read" in told[0]
    assert last.sentence == "desk: answered 403; give it tickets.read"
    assert last.failed_at == NOW

    await desk.read([ticket("1", 2)])
    back = await desk.tickets.last_read("desk", What.TICKETS)
    assert (back.failed_at, back.sentence, back.finished_at) == (None, "", NOW)
    await desk.read(SourceUnavailable("desk: 503"))
    assert len(await desk.told()) == 2


async def test_without_a_channel_nobody_is_told(database: Database) -> None:
    desk = Desk(database, notices=None)
    await desk.read(SourceUnavailable("desk: 503"))

    assert await desk.told() == []


async def test_each_occurrence_is_read_once_and_again_only_if_it_may_go_better(desk: Desk) -> None:
    occurrence = Occurrence(NOW, "2026-11-16T12:00")
    desk.pages = [SourceUnavailable("desk: 503")]
    await desk.helpdesks.due(occurrence)
    await desk.helpdesks.due(occurrence)
    desk.pages = [CredentialsRejected("desk: 401")]
    await desk.helpdesks.due(occurrence)
    await desk.helpdesks.due(occurrence)

    assert len(desk.asked) == 3


async def test_the_first_reading_is_made_until_it_ends_well(desk: Desk) -> None:
    desk.pages = [CredentialsRejected("desk: 401")]
    await desk.helpdesks.first()
    desk.pages = []
    await desk.helpdesks.first()
    await desk.helpdesks.first()

    assert len(desk.asked) == 2
    assert (await desk.tickets.last_reads())[0].newest == NOW


async def test_tells_how_far_it_is(desk: Desk) -> None:
    seen: list[tuple[int, int | None]] = []
    desk.pages = [[ticket("1", 2)], [ticket("2", 1), ticket("3", 1)]]
    await desk.helpdesks.read("desk", What.TICKETS, lambda read, of: seen.append((read, of)))

    assert seen == [(1, None), (3, None)]
    assert desk.helpdesks.of("desk") == [What.TICKETS]
    assert desk.helpdesks.of("shop") == []


async def test_a_reading_that_is_broken_off_has_not_been(desk: Desk) -> None:
    with pytest.raises(RuntimeError):
        await desk.read([ticket("1", 2)], RuntimeError("stopped"))

    assert await desk.tickets.last_read("desk", What.TICKETS) == LastRead("desk", What.TICKETS)
