"""Deliveries: put once, claimed by one, and in the end sent, failed or replaced."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Connection

from bot.domain.incidents import Reading
from bot.messages.blocks import PICTURE, Message, Picture, slack_image
from bot.store.database import Database
from bot.store.deliveries import Deliveries, Delivery, DeliveryState, Instead, Kind, put
from bot.store.incidents import Incidents
from tests.store.examples import NOON, later

LEASE = timedelta(minutes=1)
MESSAGE = Message(
    text="Retention 95 % \ud83d",
    blocks=({"type": "section", "text": {"type": "mrkdwn", "text": "*95 %*"}},),
    fallback=({"type": "divider"},),
)
POST = Delivery(key="weekly:C1:2026-11-16", channel="C1", message=MESSAGE, created_at=NOON)
UPDATE = Delivery(
    key="update-1",
    channel="C1",
    message=Message("Retention is back"),
    created_at=NOON,
    kind=Kind.UPDATE,
    edits=POST.key,
)


@pytest.fixture
def deliveries(database: Database) -> Deliveries:
    return Deliveries(database)


async def claim(
    deliveries: Deliveries, holder: str = "one", now: datetime = NOON
) -> Delivery | None:
    return await deliveries.claim_next(holder, now, LEASE)


async def claimed_key(deliveries: Deliveries, now: datetime = NOON) -> str | None:
    delivery = await claim(deliveries, now=now)
    return delivery.key if delivery else None


async def state(deliveries: Deliveries, key: str = POST.key) -> DeliveryState:
    delivery = await deliveries.get(key)
    assert delivery
    return delivery.state


async def post(deliveries: Deliveries, delivery: Delivery = POST, ts: str = "1.0") -> None:
    await deliveries.put(delivery)
    await claim(deliveries)
    await deliveries.sent(delivery.key, ts, NOON)


async def test_a_picture_comes_back_as_it_was_put(deliveries: Deliveries) -> None:
    instead = ({"type": "divider"},)
    picture = Picture("cohorts.png", b"\x89PNG\x00\xff", "A table.", instead)
    message = Message("hello", (slack_image(PICTURE, "A table."),), None, picture)

    await deliveries.put(Delivery("picture", "C1", message, created_at=NOON))

    found = await deliveries.get("picture")
    assert found is not None
    assert found.message == message


async def test_nothing_waits_at_first(deliveries: Deliveries) -> None:
    assert await claim(deliveries) is None
    assert await deliveries.next_due() is None
    assert await deliveries.undelivered() == []
    assert await deliveries.get("weekly") is None


async def test_what_is_put_waits_as_it_is(deliveries: Deliveries) -> None:
    waiting = await deliveries.put(replace(POST, thread_ts="1.1"))

    assert waiting == replace(POST, thread_ts="1.1", not_before=NOON)
    assert await deliveries.undelivered() == [waiting]


async def test_a_key_is_put_once(deliveries: Deliveries) -> None:
    first = await deliveries.put(POST)

    assert await deliveries.put(replace(POST, message=Message("other"))) == first
    assert len(await deliveries.undelivered()) == 1


async def test_a_key_is_put_once_by_many(deliveries: Deliveries, replica: Database) -> None:
    both = (deliveries, Deliveries(replica))

    put_ones = await asyncio.gather(*(each.put(POST) for each in both * 8))

    assert len(set(map(repr, put_ones))) == 1


async def test_it_goes_with_its_cause_or_not_at_all(
    deliveries: Deliveries, database: Database
) -> None:
    def fail_after(connection: Connection) -> None:
        put(connection, POST)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(fail_after)

    assert await deliveries.get(POST.key) is None


async def test_a_claim_names_holder_and_lease(deliveries: Deliveries) -> None:
    await deliveries.put(POST)

    claimed = await claim(deliveries, "one", later(seconds=1))

    assert claimed == replace(
        POST,
        state=DeliveryState.POSTING,
        attempts=1,
        not_before=NOON,
        claimed_by="one",
        claimed_until=later(seconds=61),
    )
    assert await claim(deliveries, "two", later(days=1)) is None


async def test_the_oldest_goes_first(deliveries: Deliveries) -> None:
    for key in "bac":
        await deliveries.put(replace(POST, key=key))

    assert [await claimed_key(deliveries) for _ in range(4)] == ["b", "a", "c", None]


async def test_of_many_that_claim_each_gets_another(
    deliveries: Deliveries, replica: Database
) -> None:
    for n in range(20):
        await deliveries.put(replace(POST, key=f"{n}"))
    both = (deliveries, Deliveries(replica))

    claimed = await asyncio.gather(
        *(claim(each, holder=f"{n}") for n, each in enumerate(both * 15))
    )

    keys = [each.key for each in claimed if each]
    assert len(keys) == len(set(keys)) == 20


async def test_what_is_sent_knows_where_it_stands(deliveries: Deliveries) -> None:
    await post(deliveries, ts="1763.000100")

    sent = await deliveries.get(POST.key)

    assert sent
    assert (sent.state, sent.ts, sent.sent_at) == (DeliveryState.SENT, "1763.000100", NOON)
    assert await deliveries.undelivered() == []
    assert await claim(deliveries, now=later(days=1)) is None


async def test_what_slack_did_not_take_is_due_later(deliveries: Deliveries) -> None:
    await deliveries.put(POST)
    await claim(deliveries)

    assert await deliveries.retry_at(POST.key, later(seconds=30), "rate limited", holder="one")

    assert await deliveries.next_due() == later(seconds=30)
    assert await claim(deliveries, now=later(seconds=29)) is None
    again = await claim(deliveries, now=later(seconds=30))
    assert again
    assert (again.attempts, again.sentence) == (2, "rate limited")


async def test_what_may_not_go_before_a_time_waits_for_it(deliveries: Deliveries) -> None:
    await deliveries.put(replace(POST, not_before=later(hours=1)))

    assert await claimed_key(deliveries, later(minutes=59)) is None
    assert await claimed_key(deliveries, later(minutes=60)) == POST.key


async def test_what_slack_refuses_has_failed_and_says_why(deliveries: Deliveries) -> None:
    await deliveries.put(POST)
    await claim(deliveries)

    assert await deliveries.failed(POST.key, "is_archived", holder="one")

    [failed] = await deliveries.undelivered()
    assert (failed.state, failed.sentence) == (DeliveryState.FAILED, "is_archived")
    assert await claim(deliveries, now=later(days=1)) is None


async def test_a_post_of_unknown_outcome_is_never_simply_repeated(deliveries: Deliveries) -> None:
    await deliveries.put(POST)
    await claim(deliveries)

    assert await deliveries.uncertain(POST.key, NOON, "the connection broke", holder="one")

    assert await state(deliveries) is DeliveryState.UNCERTAIN
    assert await claim(deliveries, now=later(days=1)) is None


async def test_an_expired_lease_makes_a_post_uncertain(deliveries: Deliveries) -> None:
    await deliveries.put(POST)
    await claim(deliveries)

    assert await deliveries.expired(later(seconds=59)) == []
    [expired] = await deliveries.expired(later(seconds=60))

    assert (expired.key, expired.state) == (POST.key, DeliveryState.UNCERTAIN)
    assert "ended before it knew" in expired.sentence
    assert await deliveries.expired(later(days=1)) == []


async def test_what_is_uncertain_is_not_looked_up_before_slack_is_done_with_it(
    deliveries: Deliveries,
) -> None:
    await deliveries.put(POST)
    await deliveries.claim_next("one", NOON, LEASE)
    await deliveries.uncertain(POST.key, later(minutes=1), "timed out", holder="one")

    assert await deliveries.claim_uncertain("two", NOON, LEASE) is None
    assert await deliveries.claim_uncertain("two", later(minutes=1), LEASE) is not None


async def test_one_looks_up_what_is_uncertain(deliveries: Deliveries, replica: Database) -> None:
    await deliveries.put(POST)
    await claim(deliveries, "dead")
    await deliveries.expired(later(minutes=1))
    now = later(minutes=2)
    both = (deliveries, Deliveries(replica))

    looking = await asyncio.gather(
        *(each.claim_uncertain(f"{n}", now, LEASE) for n, each in enumerate(both * 4))
    )

    [one] = [each for each in looking if each]
    assert one.state is DeliveryState.UNCERTAIN
    assert await deliveries.claim_uncertain("next", later(minutes=3), LEASE)


async def test_what_was_looked_for_and_not_found_goes_out_again(deliveries: Deliveries) -> None:
    await deliveries.put(POST)
    await claim(deliveries, "dead")
    await deliveries.expired(later(minutes=1))
    await deliveries.claim_uncertain("two", later(minutes=1), LEASE)

    assert not await deliveries.retry_at(POST.key, later(minutes=1), "", holder="three")
    assert await deliveries.retry_at(POST.key, later(minutes=1), "", holder="two")
    assert await claimed_key(deliveries, later(minutes=1)) == POST.key


async def test_what_was_looked_for_and_found_is_sent(deliveries: Deliveries) -> None:
    await deliveries.put(POST)
    await claim(deliveries, "dead")
    await deliveries.expired(later(minutes=1))

    await deliveries.sent(POST.key, "1.0", later(minutes=2))

    assert await state(deliveries) is DeliveryState.SENT


@pytest.mark.parametrize("word", ["retry_at", "uncertain", "failed"])
async def test_who_lost_its_lease_has_nothing_to_say(deliveries: Deliveries, word: str) -> None:
    await deliveries.put(POST)
    await claim(deliveries, "slow")
    await deliveries.expired(later(minutes=1))
    await deliveries.claim_uncertain("two", later(minutes=1), LEASE)
    await deliveries.retry_at(POST.key, later(minutes=1), "", holder="two")
    await claim(deliveries, "two", later(minutes=1))

    say = {
        "retry_at": deliveries.retry_at(POST.key, NOON, "late", holder="slow"),
        "uncertain": deliveries.uncertain(POST.key, NOON, "late", holder="slow"),
        "failed": deliveries.failed(POST.key, "late", holder="slow"),
    }
    heard = {name: await said for name, said in say.items() if name == word or said.close()}

    assert heard == {word: False}
    assert await state(deliveries) is DeliveryState.POSTING


async def test_what_is_sent_stays_so(deliveries: Deliveries) -> None:
    await post(deliveries)

    await deliveries.sent(POST.key, "2.0", later(hours=1))
    await deliveries.failed(POST.key, "late", holder="one")
    await deliveries.retry_at(POST.key, NOON, "late", holder="one")

    sent = await deliveries.get(POST.key)
    assert sent
    assert (sent.state, sent.ts) == (DeliveryState.SENT, "1.0")


async def test_the_words_of_what_was_delivered_long_ago_are_forgotten(
    deliveries: Deliveries,
) -> None:
    await post(deliveries)

    assert await deliveries.forget(NOON) == 0
    assert await deliveries.forget(later(days=400)) == 1
    assert await deliveries.forget(later(days=400)) == 0

    forgotten = await deliveries.get(POST.key)
    assert forgotten
    assert (forgotten.message, forgotten.ts) == (Message(""), "1.0")


async def test_what_was_not_delivered_is_not_forgotten(deliveries: Deliveries) -> None:
    await deliveries.put(POST)

    assert await deliveries.forget(later(days=4000)) == 0


async def test_a_message_of_long_ago_can_still_be_changed(deliveries: Deliveries) -> None:
    await post(deliveries)
    await deliveries.forget(later(days=400))

    await deliveries.put(UPDATE)

    update = await claim(deliveries)
    assert update
    assert (update.message, update.ts) == (UPDATE.message, "1.0")


async def test_an_update_waits_for_its_message(deliveries: Deliveries) -> None:
    await deliveries.put(POST)
    await deliveries.put(UPDATE)

    assert await claimed_key(deliveries) == POST.key
    assert await claim(deliveries) is None
    assert await deliveries.next_due() is None
    await deliveries.sent(POST.key, "1763.000100", NOON)

    update = await claim(deliveries)
    assert update
    assert (update.key, update.ts) == (UPDATE.key, "1763.000100")


async def test_an_update_of_what_others_posted_carries_its_ts(deliveries: Deliveries) -> None:
    await deliveries.put(replace(UPDATE, edits="", ts="5.5"))

    update = await claim(deliveries)

    assert update
    assert update.ts == "5.5"


async def test_an_update_says_what_it_changes(deliveries: Deliveries) -> None:
    with pytest.raises(ValueError, match="update-1 does not say"):
        await deliveries.put(replace(UPDATE, edits=""))


async def test_of_updates_that_wait_the_newest_wins(deliveries: Deliveries) -> None:
    await post(deliveries)
    for key in ("update-1", "update-2", "update-3"):
        await deliveries.put(replace(UPDATE, key=key))

    assert await claimed_key(deliveries) == "update-3"
    assert await claim(deliveries) is None
    assert await state(deliveries, "update-1") is DeliveryState.REPLACED
    assert [each.key for each in await deliveries.undelivered()] == ["update-3"]


async def test_updates_by_ts_replace_those_of_the_same_message_alone(
    deliveries: Deliveries,
) -> None:
    one = replace(UPDATE, edits="", ts="5.5")
    await deliveries.put(replace(one, key="a"))
    await deliveries.put(replace(one, key="b", ts="6.6"))
    await deliveries.put(replace(one, key="c", channel="C2"))
    await deliveries.put(replace(one, key="d"))

    assert [await claimed_key(deliveries) for _ in range(4)] == ["b", "c", "d", None]


async def test_an_update_waits_for_the_one_on_its_way(deliveries: Deliveries) -> None:
    await post(deliveries)
    await deliveries.put(UPDATE)
    await claim(deliveries)
    await deliveries.put(replace(UPDATE, key="update-2"))

    assert await claim(deliveries) is None
    await deliveries.sent(UPDATE.key, "1.0", NOON)
    assert await claimed_key(deliveries) == "update-2"


@pytest.mark.parametrize("how", ["retry_at", "uncertain", "expired"])
async def test_an_older_update_never_comes_after_a_newer(deliveries: Deliveries, how: str) -> None:
    await post(deliveries)
    await deliveries.put(UPDATE)
    await claim(deliveries)
    await deliveries.put(replace(UPDATE, key="update-2"))

    match how:
        case "retry_at":
            await deliveries.retry_at(UPDATE.key, later(minutes=9), "limited", holder="one")
        case "uncertain":
            await deliveries.uncertain(UPDATE.key, NOON, "broke", holder="one")
        case "expired":
            await deliveries.expired(later(minutes=1))

    assert await state(deliveries, UPDATE.key) is DeliveryState.REPLACED
    assert await claimed_key(deliveries) == "update-2"


async def test_an_update_of_unknown_outcome_is_made_again(deliveries: Deliveries) -> None:
    await post(deliveries)
    await deliveries.put(UPDATE)
    await claim(deliveries)

    await deliveries.uncertain(UPDATE.key, NOON, "the connection broke", holder="one")

    assert await claimed_key(deliveries) == UPDATE.key
    [again] = await deliveries.expired(later(minutes=2))
    assert again.state is DeliveryState.WAITING


@pytest.mark.parametrize("first", ["post fails", "update is put"])
async def test_an_update_of_a_message_that_never_arrived_fails(
    deliveries: Deliveries, first: str
) -> None:
    await deliveries.put(POST)
    await claim(deliveries)
    if first == "update is put":
        await deliveries.put(UPDATE)
    await deliveries.failed(POST.key, "is_archived", holder="one")
    if first == "post fails":
        await deliveries.put(UPDATE)

    assert await state(deliveries, UPDATE.key) is DeliveryState.FAILED


REPLY = replace(POST, key="reply-1", answers=POST.key)


async def test_a_reply_waits_for_the_post_that_begins_its_thread(deliveries: Deliveries) -> None:
    await deliveries.put(POST)
    await deliveries.put(REPLY)

    assert await claimed_key(deliveries) == POST.key
    assert await claimed_key(deliveries) is None
    await deliveries.sent(POST.key, "1.0", NOON)
    reply = await claim(deliveries)
    assert reply is not None
    assert (reply.key, reply.thread_ts) == (REPLY.key, "1.0")


async def test_a_reply_comes_after_what_changed_its_post_before_it(deliveries: Deliveries) -> None:
    await post(deliveries)
    await deliveries.put(UPDATE)
    await deliveries.put(REPLY)
    await deliveries.put(replace(UPDATE, key="update-2", edits="another", ts="2.0"))

    assert await claimed_key(deliveries) == UPDATE.key
    assert await claimed_key(deliveries) is None
    await deliveries.sent(UPDATE.key, "1.0", NOON)
    assert await claimed_key(deliveries) == REPLY.key


async def test_what_a_lost_message_waits_for_is_for_the_one_that_stands_for_it(
    deliveries: Deliveries, database: Database
) -> None:
    incidents = Incidents(database)
    fell = Reading(date(2026, 10, 1), 0.88, 0.95)
    opened, _ = await incidents.open("monthly", "", fell, delivery=POST.key, now=NOON)
    await deliveries.put(POST)
    await claim(deliveries)
    await deliveries.put(UPDATE)
    await deliveries.put(REPLY)
    moved = replace(POST, key=f"{POST.key}@C2", channel="C2")
    instead = Instead((moved,), moved=(POST.key, moved.key))
    assert await deliveries.failed(POST.key, "is_archived", holder="one", instead=instead)

    assert await claimed_key(deliveries) == moved.key
    await deliveries.sent(moved.key, "7.0", NOON)
    told = [await claim(deliveries), None]
    assert told[0] is not None
    await deliveries.sent(UPDATE.key, "7.0", NOON)
    told[1] = await claim(deliveries)
    assert [(each.key, each.channel) for each in told if each] == [
        (UPDATE.key, "C2"),
        (REPLY.key, "C2"),
    ]
    found = await incidents.get(opened.id)
    assert found is not None
    assert (found.delivery, found.channel, found.ts) == (moved.key, "C2", "7.0")


async def test_of_another_s_claim_nothing_is_posted_instead(deliveries: Deliveries) -> None:
    await deliveries.put(POST)
    await claim(deliveries, "two")
    instead = Instead((replace(POST, key="notice"),))

    assert not await deliveries.failed(POST.key, "late", holder="one", instead=instead)
    assert await deliveries.get("notice") is None
