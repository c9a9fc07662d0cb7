"""Asks and answers: kept once, replaced, found again."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from sqlalchemy import select

from bot.domain.answer_links import AnswerLink
from bot.domain.surveys import Answer, Ask, Direction, Layout, Scale, Style, nameless
from bot.store import schema
from bot.store.answer_links import AnswerLinks, LinkUsed
from bot.store.database import Database
from bot.store.surveys import Surveys
from tests.store.examples import NOON, later

ASK = Ask(
    id="a1",
    scale=Scale.NPS,
    question="How likely are you to recommend us?",
    channel="C1",
    asked_by="U1",
    asked_at=NOON,
)
ANSWER = Answer(
    ask="a1", person="U9", team="T9", score=9, answered_at=later(minutes=1), scale=Scale.NPS
)


@pytest.fixture
async def surveys(database: Database) -> Surveys:
    surveys = Surveys(database)
    await surveys.put_ask(ASK)
    return surveys


async def test_an_ask_comes_back_as_it_was_put(surveys: Surveys) -> None:
    assert await surveys.ask("a1") == ASK
    assert await surveys.ask("a2") is None


async def test_an_ask_that_is_closed_says_since_when(surveys: Surveys) -> None:
    await surveys.close("a1", later(days=7))

    assert await surveys.ask("a1") == replace(ASK, closed_at=later(days=7))


async def test_an_ask_knows_its_message_once_slack_has_it(surveys: Surveys) -> None:
    assert await surveys.message("a1") is None

    await surveys.posted("a1", "C2", "1763.000100")

    assert await surveys.message("a1") == ("C2", "1763.000100")
    assert await surveys.newest_ask(Scale.NPS, "C2", NOON) == replace(ASK, channel="C2")


async def test_the_newest_ask_is_that_of_the_scale_and_channel(surveys: Surveys) -> None:
    newer = replace(ASK, id="a2", asked_at=later(hours=1))
    for ask in (
        newer,
        replace(ASK, id="a3", asked_at=later(hours=2), scale=Scale.CSAT),
        replace(ASK, id="a4", asked_at=later(hours=3), channel="C2"),
    ):
        await surveys.put_ask(ask)

    assert await surveys.newest_ask(Scale.NPS, "C1", later(hours=4)) == newer
    assert await surveys.newest_ask(Scale.CSAT, "C2", later(hours=4)) is None
    # What is to be asked later, on another day of a round, nobody has seen yet.
    assert await surveys.newest_ask(Scale.NPS, "C1", later(minutes=59)) == ASK


async def test_an_ask_keeps_what_it_is_for_whom(surveys: Surveys) -> None:
    whole = replace(
        ASK,
        id="a2",
        scale=Scale.CES,
        expires_at=later(days=14),
        survey="after a ticket",
        customer=4,
        person="U9",
        language="nl",
        direction=Direction.LOWER,
        of_customers=True,
        anonymous=True,
        style=Style.FACES,
        layout=Layout.MENU,
        follow_ups=(("low", "Wat ging er mis?"),),
    )
    await surveys.put_ask(whole)

    assert await surveys.ask("a2") == whole


async def test_an_answer_keeps_the_scale_direction_and_customer_of_its_ask(
    surveys: Surveys,
) -> None:
    lower = replace(ASK, id="a2", scale=Scale.CES, direction=Direction.LOWER, customer=4)
    await surveys.put_ask(lower)
    await surveys.put_answer(replace(ANSWER, ask="a2", score=2, language="nl", scale=None))

    [answer] = await surveys.answers("a2")

    assert (answer.scale, answer.direction) == (Scale.CES, Direction.LOWER)
    assert (answer.customer, answer.language) == (4, "nl")


async def test_an_answer_after_the_expiry_is_too_late(surveys: Surveys) -> None:
    await surveys.put_ask(replace(ASK, id="a2", expires_at=later(days=14)))
    late = replace(ANSWER, ask="a2", answered_at=later(days=14))

    assert await surveys.put_answer(late) is None
    assert await surveys.put_answer(replace(late, answered_at=later(days=13))) is True
    assert await surveys.put_answer(replace(late, score=1)) is None
    assert [a.score for a in await surveys.answers("a2")] == [9]


async def test_nobody_has_answered_yet(surveys: Surveys) -> None:
    assert await surveys.answers("a1") == []


async def test_a_first_answer_is_one(surveys: Surveys) -> None:
    assert await surveys.put_answer(ANSWER)
    assert await surveys.answers("a1") == [ANSWER]


async def test_a_second_answer_of_a_person_replaces_the_first(surveys: Surveys) -> None:
    await surveys.put_answer(ANSWER)
    second = replace(ANSWER, score=2, answered_at=later(minutes=2))

    assert not await surveys.put_answer(second)
    assert await surveys.answers("a1") == [second]


async def test_answers_are_in_the_order_in_which_they_were_given(surveys: Surveys) -> None:
    early = replace(ANSWER, person="U8", answered_at=NOON)
    for answer in (ANSWER, early):
        await surveys.put_answer(answer)

    assert await surveys.answers("a1") == [early, ANSWER]


async def test_a_corrected_click_keeps_the_comment(surveys: Surveys) -> None:
    await surveys.put_answer(replace(ANSWER, comment="Quick and kind"))
    await surveys.put_answer(replace(ANSWER, score=10))

    [answer] = await surveys.answers("a1")

    assert (answer.score, answer.comment) == (10, "Quick and kind")


async def test_a_new_comment_takes_the_place_of_the_old(surveys: Surveys) -> None:
    await surveys.put_answer(replace(ANSWER, comment="Quick"))
    await surveys.put_answer(replace(ANSWER, comment="Slow"))

    assert (await surveys.answers("a1"))[0].comment == "Slow"


async def test_a_comment_is_put_on_its_answer_alone(surveys: Surveys) -> None:
    await surveys.put_answer(ANSWER)
    await surveys.put_answer(replace(ANSWER, person="U8"))

    assert await surveys.put_comment("a1", "U9", "x\0" + "y" * 10_000, later(minutes=2), since=NOON)

    comments = {answer.person: answer.comment for answer in await surveys.answers("a1")}
    assert comments == {"U9": "x" + "y" * 10_000, "U8": ""}


async def test_a_comment_needs_an_answer(surveys: Surveys) -> None:
    assert not await surveys.put_comment("a1", "U9", "hello", NOON, since=NOON)
    assert not await surveys.put_comment("a2", "U9", "hello", NOON, since=NOON)


async def test_a_comment_can_be_taken_away(surveys: Surveys) -> None:
    await surveys.put_answer(replace(ANSWER, comment="Oops"))

    await surveys.put_comment("a1", "U9", "", later(minutes=2), since=NOON)

    assert await surveys.answers("a1") == [ANSWER]


async def test_an_answer_to_an_unknown_ask_is_not_stored_and_others_are(surveys: Surveys) -> None:
    stored, forged, other = await asyncio.gather(
        surveys.put_answer(ANSWER),
        surveys.put_answer(replace(ANSWER, ask="forged")),
        surveys.put_answer(replace(ANSWER, person="U8")),
    )

    assert (stored, forged, other) == (True, None, True)
    assert len(await surveys.answers("a1")) == 2


async def test_a_closed_ask_takes_no_more_answers_and_keeps_those_it_has(surveys: Surveys) -> None:
    await surveys.put_answer(ANSWER)
    await surveys.close("a1", later(minutes=2))

    assert await surveys.put_answer(replace(ANSWER, score=0)) is None
    assert await surveys.put_answer(replace(ANSWER, person="U8")) is None
    assert await surveys.answers("a1") == [ANSWER]


async def test_a_double_click_at_two_replicas_is_first_once(
    surveys: Surveys, replica: Database
) -> None:
    both = (surveys, Surveys(replica))

    for person in range(20):
        answer = replace(ANSWER, person=f"U{person}")
        first = await asyncio.gather(*(each.put_answer(answer) for each in both))

        assert set(first) == {False, True}


async def test_answers_of_a_scale_are_those_given_within_the_time(surveys: Surveys) -> None:
    await surveys.put_ask(replace(ASK, id="csat", scale=Scale.CSAT))
    await surveys.put_ask(replace(ASK, id="far", channel="C2"))
    for ask, person, minute in (
        ("a1", "before", -1),
        ("a1", "first", 0),
        ("far", "elsewhere", 1),
        ("csat", "other scale", 1),
        ("a1", "last", 59),
        ("a1", "after", 60),
    ):
        at = later(minutes=minute)
        await surveys.put_answer(replace(ANSWER, ask=ask, person=person, answered_at=at))

    everywhere = await surveys.answers_of(Scale.NPS, NOON, later(hours=1))
    here = await surveys.answers_of(Scale.NPS, NOON, later(hours=1), channel="C1")

    assert [answer.person for answer in everywhere] == ["first", "elsewhere", "last"]
    assert [answer.person for answer in here] == ["first", "last"]


NAMELESS = nameless(replace(ANSWER, comment="Slow"), "Zk_1-x", UTC)


async def test_an_anonymous_answer_is_kept_apart_from_who_gave_it(
    surveys: Surveys, database: Database
) -> None:
    await surveys.put_ask(replace(ASK, id="a2", anonymous=True))
    given = replace(NAMELESS, ask="a2")

    assert await surveys.put_nameless(given, "U9", later(minutes=1)) is True
    assert await surveys.put_nameless(replace(given, person="nobody-2"), "U9", NOON) is False
    assert await surveys.put_nameless(replace(given, person="nobody-3"), "U8", NOON) is True

    stored = await surveys.answers("a2")
    assert [(a.person, a.team, a.answered_at.hour) for a in stored] == [
        ("nobody-3", "", 0),
        ("nobody-Zk_1-x", "", 0),
    ]
    rows = await database.read(lambda c: str(c.execute(select(schema.answers)).all()))
    assert "U9" not in rows


async def test_clicks_at_the_same_moment_give_one_anonymous_answer(surveys: Surveys) -> None:
    await surveys.put_ask(replace(ASK, id="a2", anonymous=True))
    several = [replace(NAMELESS, ask="a2", person=f"nobody-{n}") for n in range(8)]

    put = [surveys.put_nameless(each, "U9", later(minutes=1)) for each in several]

    assert sorted(map(bool, await asyncio.gather(*put))) == [False] * 7 + [True]
    assert len(await surveys.answers("a2")) == 1


async def test_an_anonymous_answer_comes_too_late_or_to_nothing(surveys: Surveys) -> None:
    await surveys.put_ask(replace(ASK, id="a2", anonymous=True, expires_at=later(days=1)))
    given = replace(NAMELESS, ask="a2")

    assert await surveys.put_nameless(given, "U9", later(days=1)) is None
    assert await surveys.put_nameless(replace(given, ask="a3"), "U9", NOON) is None
    assert await surveys.put_nameless(given, "U9", later(hours=23)) is True
    assert await surveys.put_nameless(given, "U9", later(days=1)) is None


async def test_a_comment_without_a_name_says_nothing_of_when(
    surveys: Surveys, database: Database
) -> None:
    await surveys.put_ask(replace(ASK, id="a2", anonymous=True))
    given, since = replace(NAMELESS, ask="a2"), later(days=-1)
    await surveys.put_nameless(given, "U9", later(minutes=1))

    assert await surveys.put_comment("a2", given.person, "Fast", later(hours=1), since=since)

    moments = select(schema.answers.c.commented_at, schema.answers.c.first_at)
    [(commented, first)] = await database.read(lambda c: c.execute(moments).all())
    assert commented == first


async def test_a_comment_comes_too_late(surveys: Surveys) -> None:
    await surveys.put_answer(ANSWER)
    since = ANSWER.answered_at

    assert await surveys.put_comment("a1", "U9", "In time", later(days=3), since=since)
    assert not await surveys.put_comment(
        "a1", "U9", "Late", later(days=3), since=since + timedelta(milliseconds=1)
    )
    assert await surveys.comment("a1", "U9") == "In time"


async def test_with_one_link_one_answer_is_stored_however_many_come_at_once(
    database: Database, surveys: Surveys
) -> None:
    await surveys.put_ask(replace(ASK, id="a2", anonymous=True))
    links = AnswerLinks(database, "https://keeprate.example.com")
    for ask in ("a1", "a2"):
        link, given = AnswerLink(ask, "U9", "once"), replace(ANSWER, ask=ask)

        def put(n: int, link: AnswerLink = link, given: Answer = given) -> Awaitable[bool | None]:
            also, answer = links.use(link, NOON), replace(given, score=n)
            if given.ask == "a1":
                return surveys.put_answer(answer, also)
            nobody = nameless(answer, f"word{n}", UTC)
            return surveys.put_nameless(nobody, f"U{n}", NOON, also)

        told = await asyncio.gather(*map(put, range(8)), return_exceptions=True)

        assert sum(isinstance(each, LinkUsed) for each in told) == 7
        [kept] = await surveys.answers(ask)
        assert kept.score == told.index(True)
        assert await links.was_used(link)
    query = select(schema.answers.c.times)
    assert await database.read(lambda c: c.scalars(query).all()) == [1, 1]
    taking_part = select(schema.participants.c.person)
    assert await database.read(lambda c: c.scalars(taking_part).all()) == [f"U{kept.score}"]


async def test_what_was_not_taken_leaves_the_link_as_it_was(
    database: Database, surveys: Surveys
) -> None:
    links, link = AnswerLinks(database, "https://k.example.com"), AnswerLink("a1", "U9", "once")
    await surveys.close("a1", NOON)

    assert await surveys.put_answer(ANSWER, links.use(link, NOON)) is None
    assert not await links.was_used(link)
