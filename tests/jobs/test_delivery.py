"""The outbox: each way that a post can end, on the real store."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import (
    BlocksRefused,
    ChannelUnreachable,
    OutcomeUnknown,
    SlackError,
    SlackRejected,
    SlackUnavailable,
)
from bot.jobs.delivery import LEASE, SETTLE, Outbox
from bot.messages.blocks import Message, section
from bot.store.database import Database
from bot.store.deliveries import Audience, Deliveries, Delivery, DeliveryState, Instead, Kind
from tests.fakes import SUCCESS, FakeClock, FakePoster
from tests.store.examples import NOON

MESSAGE = Message("Retention is 90 %.", (section("Retention is 90 %."),))
POST = Delivery("weekly-post:C1:1", "C1", MESSAGE, NOON)


class Office:
    """An outbox, its Slack, and who was told of what is lost."""

    def __init__(self, database: Database, holder: str = "one") -> None:
        self.clock = FakeClock(NOON)
        self.poster = FakePoster()
        self.deliveries = Deliveries(database)
        self.lost: list[tuple[str, str]] = []
        self.outbox = Outbox(
            self.deliveries, self.poster, holder=holder, clock=self.clock, lost=self._tell
        )

    async def _tell(self, delivery: Delivery, why: str) -> Instead:
        self.lost.append((delivery.key, why))
        return Instead()

    async def state(self, key: str = POST.key) -> DeliveryState:
        delivery = await self.deliveries.get(key)
        assert delivery is not None
        return delivery.state

    async def after(self, pause: timedelta = timedelta()) -> DeliveryState:
        """The state of the post when it was tried again after the pause."""
        self.clock.now += pause
        await self.outbox.deliver_waiting()
        return await self.state()


@pytest.fixture
async def office(database: Database) -> Office:
    office = Office(database)
    await office.deliveries.put(POST)
    return office


async def test_nothing_to_do_is_nothing_done(database: Database) -> None:
    office = Office(database)
    await office.outbox.deliver_waiting()

    assert office.poster.posts == []


async def test_a_post_is_sent_once(office: Office) -> None:
    assert await office.after() is DeliveryState.SENT
    assert await office.after(LEASE * 10) is DeliveryState.SENT
    [post] = office.poster.posts
    assert (post.channel, post.key, post.message.text) == ("C1", POST.key, MESSAGE.text)


async def test_two_outboxes_at_once_send_each_post_once(office: Office, replica: Database) -> None:
    other = Office(replica, "two")
    other.poster = office.poster
    other.outbox = Outbox(
        other.deliveries, office.poster, holder="two", clock=office.clock, lost=other._tell
    )
    keys = [f"post:{number}" for number in range(20)]
    for key in keys:
        await office.deliveries.put(replace(POST, key=key))
    await asyncio.gather(office.outbox.deliver_waiting(), other.outbox.deliver_waiting())

    assert sorted(post.key for post in office.poster.posts) == sorted([POST.key, *keys])


async def test_what_slack_did_not_take_is_tried_again_later(office: Office) -> None:
    office.poster.trouble.extend([SlackUnavailable("busy"), SlackUnavailable("busy")])

    assert await office.after() is DeliveryState.WAITING
    assert await office.after(timedelta(seconds=4)) is DeliveryState.WAITING
    assert len(office.poster.trouble) == 1
    assert await office.after(timedelta(seconds=2)) is DeliveryState.WAITING
    assert not office.poster.trouble
    assert await office.after(timedelta(seconds=14)) is DeliveryState.WAITING
    assert await office.after(timedelta(seconds=2)) is DeliveryState.SENT
    assert office.lost == []


async def test_slack_says_when(office: Office) -> None:
    office.poster.trouble.append(SlackUnavailable("busy", retry_after=100))

    await office.after()
    assert await office.after(timedelta(seconds=99)) is DeliveryState.WAITING
    assert await office.after(timedelta(seconds=1)) is DeliveryState.SENT


@pytest.mark.parametrize("taken", [True, False])
async def test_an_unknown_outcome_is_looked_up_when_slack_has_finished(
    office: Office, taken: bool
) -> None:
    office.poster.trouble.append(OutcomeUnknown("broke"))
    office.poster.takes_it = taken

    assert await office.after() is DeliveryState.UNCERTAIN
    assert await office.after(SETTLE - timedelta(seconds=1)) is DeliveryState.UNCERTAIN
    assert office.poster.looks == 0
    assert await office.after(timedelta(seconds=1)) is DeliveryState.SENT
    assert [post.key for post in office.poster.posts] == [POST.key]
    assert office.lost == []


async def test_a_look_that_fails_in_passing_is_made_again(office: Office) -> None:
    office.poster.trouble.append(OutcomeUnknown("broke"))
    office.poster.takes_it, office.poster.blind = True, SlackUnavailable("busy")
    await office.after()

    assert await office.after(SETTLE) is DeliveryState.UNCERTAIN
    office.poster.blind = None
    assert await office.after(LEASE) is DeliveryState.SENT
    assert len(office.poster.posts) == 1


async def test_where_nobody_may_look_a_person_is_told_once(office: Office) -> None:
    office.poster.trouble.append(OutcomeUnknown("broke"))
    office.poster.takes_it = True
    office.poster.blind = SlackRejected("no scope", code="missing_scope")
    await office.after()

    assert await office.after(SETTLE) is DeliveryState.FAILED
    assert await office.after(LEASE * 2) is DeliveryState.FAILED
    [(key, why)] = office.lost
    assert key == POST.key
    assert "look yourself" in why
    assert len(office.poster.posts) == 1


@pytest.mark.parametrize(
    "error", [ChannelUnreachable("archived"), SlackRejected("scope"), BlocksRefused("too long")]
)
async def test_what_slack_will_never_take_is_given_up_and_told(
    office: Office, error: SlackError
) -> None:
    office.poster.trouble.append(error)

    assert await office.after() is DeliveryState.FAILED
    assert await office.after(LEASE * 2) is DeliveryState.FAILED
    assert office.lost == [(POST.key, str(error))]
    assert office.poster.posts == []


async def test_a_claim_of_one_that_died_is_looked_up(office: Office) -> None:
    claimed = await office.deliveries.claim_next("dead", NOON, LEASE)
    assert claimed is not None
    await office.poster.post("C1", MESSAGE, key=POST.key)

    assert await office.after(LEASE - timedelta(seconds=1)) is DeliveryState.POSTING
    assert await office.after(timedelta(seconds=1)) is DeliveryState.SENT
    assert len(office.poster.posts) == 1


async def test_figures_are_not_posted_where_strangers_read(office: Office) -> None:
    office.poster.channel = replace(office.poster.channel, is_ext_shared=True)

    assert await office.after() is DeliveryState.FAILED
    assert office.poster.posts == []
    assert "shared with people from outside" in office.lost[0][1]


async def test_what_customers_are_asked_is(office: Office) -> None:
    office.poster.channel = replace(office.poster.channel, is_ext_shared=True)
    await office.deliveries.put(replace(POST, key="ask:1", audience=Audience.CUSTOMERS))
    await office.outbox.deliver_waiting()

    assert await office.state("ask:1") is DeliveryState.SENT


async def test_an_update_follows_its_post(office: Office) -> None:
    newer = Message("Retention is back.", (section("Retention is back."),))
    update = replace(POST, key="update:1", message=newer, kind=Kind.UPDATE, edits=POST.key)
    await office.deliveries.put(update)
    await office.after()
    await office.after()

    [(ts, message)] = office.poster.updates
    assert (ts, message.text) == (office.poster.posts[0].ts, newer.text)


async def test_an_update_does_not_show_figures_where_strangers_came_to_read(
    office: Office,
) -> None:
    await office.after()
    office.poster.channel = replace(office.poster.channel, is_ext_shared=True)
    await office.deliveries.put(replace(POST, key="update:1", kind=Kind.UPDATE, edits=POST.key))
    await office.after()

    assert office.poster.updates == []
    assert await office.state("update:1") is DeliveryState.FAILED


async def test_an_update_with_an_unknown_outcome_is_made_again(office: Office) -> None:
    await office.after()
    await office.deliveries.put(replace(POST, key="update:1", kind=Kind.UPDATE, edits=POST.key))
    office.poster.trouble.append(OutcomeUnknown("broke"))
    await office.after()
    await office.after(SETTLE)

    assert len(office.poster.updates) == 1
    assert len(office.poster.posts) == 1


async def put_many(office: Office, count: int) -> None:
    for n in range(count):
        delivery = Delivery(f"k{n}", f"C{n + 10}", Message("hello"), created_at=NOON)
        await office.deliveries.put(delivery)


async def test_of_many_channels_slack_is_asked_once(office: Office) -> None:
    office.poster.listed = [replace(SUCCESS, id=f"C{n + 10}") for n in range(11)]
    await put_many(office, 12)

    await office.outbox.deliver_waiting()

    assert len(office.poster.posts) == 13
    assert office.poster.listings == 1
    assert sorted(office.poster.looked_at) == ["C1", "C21"]  # which is not in the list


async def test_of_few_channels_slack_is_asked_one_by_one(office: Office) -> None:
    await put_many(office, 3)

    await office.outbox.deliver_waiting()

    assert office.poster.listings == 0
    assert sorted(office.poster.looked_at) == ["C1", "C10", "C11", "C12"]


async def test_a_channel_that_is_listed_as_shared_gets_no_figures(office: Office) -> None:
    listed = [replace(SUCCESS, id=f"C{n + 10}", is_ext_shared=n == 3) for n in range(12)]
    office.poster.listed = listed
    await put_many(office, 12)

    await office.outbox.deliver_waiting()

    assert "C13" not in {post.channel for post in office.poster.posts}
    assert len(office.poster.posts) == 12


async def test_after_something_became_of_a_channel_it_is_looked_at_anew(office: Office) -> None:
    office.poster.listed = [replace(SUCCESS, id=f"C{n + 10}") for n in range(12)]
    await put_many(office, 12)
    await office.outbox.deliver_waiting()
    late = Delivery("late", "C13", Message("hello"), created_at=NOON)
    await office.deliveries.put(late)

    office.outbox.look_anew()
    await office.outbox.deliver_waiting()

    assert office.poster.looked_at[-1] == "C13"
