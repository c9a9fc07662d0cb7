"""Loops and results as they are kept: one for an answer, and nothing that was said kept twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot.domain.loops import Loop, LoopState, Low, Rated, closed, taken
from bot.domain.results import Given
from bot.domain.surveys import Answer, Ask, Direction, Scale
from bot.store.accounts import Accounts
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.loops import Loops, get_loop, open_loop, put_loop
from bot.store.merges import Merges
from bot.store.results import Results
from bot.store.surveys import Surveys
from bot.store.tickets import Tickets
from integrations.records import Rating, Ticket
from tests.store.examples import NOON, believe, known, later

ASK = Ask("ask", Scale.NPS, "How likely?", "C1", "U1", NOON, survey="Spring")
ANSWER = Answer("ask", "U7", "T2", 3, NOON)


@pytest.fixture
def loops(database: Database) -> Loops:
    return Loops(database, accounts(database))


@pytest.fixture
def results(database: Database) -> Results:
    return Results(database, accounts(database))


def accounts(database: Database) -> Accounts:
    return Accounts(database, Customers(database), "crm", {})


def times(given: list[Given]) -> int:
    return sum(each.times for each in given)


async def answered(database: Database, ask: Ask = ASK, *answers: Answer) -> None:
    surveys = Surveys(database)
    await surveys.put_ask(ask)
    for answer in answers or (ANSWER,):
        await surveys.put_answer(replace(answer, ask=ask.id))


async def opened(database: Database, loops: Loops) -> Loop:
    [low] = await loops.unheard(NOON)
    loop = await database.write(partial(open_loop, low=low, owner="U1", now=NOON))
    assert loop is not None
    return loop


async def test_an_answer_is_unheard_until_there_is_a_loop_of_it(
    database: Database, loops: Loops
) -> None:
    assert await loops.unheard(NOON) == []
    await answered(database)
    low = Low("ask", "U7", Scale.NPS, 3, Direction.HIGHER, "C1", NOON)
    assert await loops.unheard(NOON) == [low]
    assert await loops.unheard(later(seconds=1)) == []

    loop = await opened(database, loops)

    assert await loops.unheard(NOON) == []
    assert await loops.get(loop.id) == loop == Loop(1, low, NOON, told_at=NOON, owner="U1")
    again = await database.write(partial(open_loop, low=low, owner="U2", now=later(hours=1)))
    assert again is None
    assert await loops.get(2) is None


async def test_who_answered_an_anonymous_question_is_nobodys_to_follow_up(
    database: Database, loops: Loops
) -> None:
    await answered(database, replace(ASK, anonymous=True))

    assert await loops.unheard(NOON) == []


async def test_a_change_is_shown_only_when_somebody_has_shown_it(
    database: Database, loops: Loops
) -> None:
    await answered(database)
    loop = await opened(database, loops)
    await database.write(partial(put_loop, loop=loop, shown="one"))
    assert await loops.going(later(days=1)) == [(loop, "one")]

    change = partial(closed, person="U2", cause="Price", action="Called.", now=later(hours=2))
    done = await loops.change(loop.id, change)

    assert done is not None
    assert done.state is LoopState.CLOSED
    assert await loops.going(later(days=1)) == [(done, "")]
    await database.write(partial(put_loop, loop=done, shown="two"))
    assert await loops.going(later(days=1)) == []
    assert await loops.change(loop.id, partial(taken, person="U3", now=NOON)) == done
    whose = await loops.whose()
    assert await database.write(partial(get_loop, id=loop.id, whose=whose)) == (done, "two")
    assert await loops.change(99, partial(taken, person="U3", now=NOON)) is None


async def test_a_loop_knows_what_its_author_says_now(database: Database, loops: Loops) -> None:
    await answered(database)
    loop = await opened(database, loops)
    await Surveys(database).put_answer(replace(ANSWER, score=9, answered_at=later(hours=1)))
    await Surveys(database).put_comment("ask", "U7", "A misclick", later(hours=1), since=NOON)

    found = await loops.get(loop.id)

    assert found is not None
    assert (found.state, found.of.score, found.of.comment) == (
        LoopState.WITHDRAWN,
        9,
        "A misclick",
    )


async def test_earlier_scores_are_those_before_the_newest_first(
    database: Database, loops: Loops
) -> None:
    await answered(database)
    for n in (1, 2):
        ask = replace(ASK, id=f"before {n}")
        await answered(database, ask, replace(ANSWER, score=n, answered_at=later(days=-n)))
    await answered(database, replace(ASK, id="c", scale=Scale.CSAT), replace(ANSWER, score=5))
    loop = await opened_of(database, loops, "ask")

    assert [low.score for low in await loops.earlier(loop.of, most=5)] == [1, 2]
    assert [low.score for low in await loops.earlier(loop.of, most=1)] == [1]
    assert [low.score for low in await loops.later(Scale.NPS, later(days=-1), [loop.of])] == [1, 3]


async def opened_of(database: Database, loops: Loops, ask: str) -> Loop:
    [low] = [low for low in await loops.unheard(later(days=-9)) if low.ask == ask]
    loop = await database.write(partial(open_loop, low=low, owner="", now=NOON))
    assert loop is not None
    return loop


class TestResults:
    async def test_are_of_a_time_a_scale_and_a_survey(
        self, database: Database, results: Results
    ) -> None:
        await answered(database)
        day = timedelta(days=1)

        given = partial(results.given, Scale.NPS, NOON)
        assert [each.score for each in await given(NOON + day)] == [3]
        assert await given(NOON) == []
        assert await results.given(Scale.CSAT, NOON, NOON + day) == []
        assert len(await given(NOON + day, survey="spring")) == 1
        assert await given(NOON + day, survey="autumn") == []
        assert await results.surveys() == ["Spring"]
        await answered(database, replace(ASK, id="silent"), replace(ANSWER, score=11))
        assert await results.asked(Scale.NPS, NOON, NOON + day, survey="Spring") == (2, 2)

    async def test_tell_those_together_that_are_alike(
        self, database: Database, results: Results
    ) -> None:
        ask = replace(ASK, customer=7, direction=Direction.HIGHER)
        threes = [replace(ANSWER, person=f"p{n}", answered_at=later(hours=n)) for n in range(3)]
        await answered(database, ask, *threes, replace(ANSWER, person="p9", score=9))
        await answered(database, replace(ask, id="other", customer=8), ANSWER)
        given = partial(results.given, Scale.NPS, NOON, later(days=1))

        told = [(each.customer, each.score, each.times, each.at) for each in await given()]
        assert sorted(told) == [
            (7, 3, 3, later(hours=2)),
            (7, 9, 1, NOON),
            (8, 3, 1, NOON),
        ]
        assert {(each.score, each.times) for each in await given(whole=True)} == {(3, 4), (9, 1)}
        assert {each.customer for each in await given(whole=True)} == {None}
        one_by_one = await given(survey="spring")
        assert sorted(one_by_one) == sorted(await given())
        await answered(database, replace(ask, id="agent", agent="Ann"), ANSWER)
        by_agent = {(each.agent, each.customer, each.times) for each in await given()}
        assert by_agent == {("", 7, 3), ("", 7, 1), ("", 8, 1), ("Ann", 7, 1)}

    async def test_ask_of_whom_was_asked_too(self, database: Database, results: Results) -> None:
        await answered(database, replace(ASK, customer=7))
        await Surveys(database).put_ask(replace(ASK, id="silent", customer=8))
        asked = partial(results.asked, Scale.NPS, NOON, later(days=1))

        assert await asked() == (2, 1)
        assert await asked(within={7}) == (1, 1)
        assert await asked(within={8}) == (1, 0)
        assert await asked(within=set()) == (0, 0)

    async def test_of_an_anonymous_question_wait_for_five(
        self, database: Database, results: Results
    ) -> None:
        ask = replace(ASK, anonymous=True)
        four = [replace(ANSWER, person=f"p{n}", comment="x") for n in range(4)]
        await answered(database, ask, *four)
        assert await results.given(Scale.NPS, NOON, later(days=1)) == []
        assert await results.said(Scale.NPS, NOON, later(days=1)) == []
        assert await results.exported(NOON, None) == []

        await Surveys(database).put_answer(replace(ANSWER, person="p5"))

        assert times(await results.given(Scale.NPS, NOON, later(days=1))) == 5
        exported = await results.exported(NOON, Scale.NPS)
        assert {each.person for each in exported} == {""}
        assert len(exported) == 5

    async def test_of_an_anonymous_question_need_five_within_the_time(
        self, database: Database, results: Results
    ) -> None:
        """Or a digest of one day would tell of one answer."""
        six = [replace(ANSWER, person=f"p{n}", comment="x") for n in range(6)]
        six[5] = replace(six[5], answered_at=later(days=1))
        await answered(database, replace(ASK, anonymous=True), *six)
        tomorrow, day_after = later(days=1), later(days=2)

        assert times(await results.given(Scale.NPS, NOON, tomorrow)) == 5
        assert times(await results.given(Scale.NPS, NOON, day_after)) == 6
        assert times(await results.given(Scale.NPS, NOON, tomorrow, whole=True)) == 5
        assert await results.given(Scale.NPS, tomorrow, day_after) == []
        assert await results.said(None, tomorrow, day_after) == []
        assert await results.exported(tomorrow, None) == []

    async def test_have_the_ratings_of_helpdesks_by_the_customers_id(
        self, database: Database, results: Results
    ) -> None:
        await believe(database, known("acme"))
        [acme] = await Customers(database).find("crm", "acme")
        opened = datetime(2026, 11, 16, 8, tzinfo=UTC)
        ticket = Ticket(id="u", requester="r", opened=opened, account="acme")
        rating = partial(Rating, on=NOON, lowest=1, highest=5, scale="csat", requester="r")
        await Tickets(database).put(
            "zendesk",
            [
                rating(id="1", score=2, account="acme", agent="a", agent_name="Ada"),
                rating(id="2", score=4.5),
                Ticket(
                    id="t", requester="r", opened=opened, account="acme", agent="a", solved=NOON
                ),
                ticket,
            ],
        )

        [given] = await results.given(Scale.CSAT, NOON, later(days=1))

        assert (given.score, given.customer) == (2, acme.number)
        assert (given.origin, given.agent) == ("zendesk", "Ada")
        assert await results.open_tickets(acme.number) == 1
        [solved] = await results.solved(NOON, later(days=1))
        assert (solved.agent, solved.took) == ("a", timedelta(hours=4))
        [(customer, day, took)] = await results.solved_for(UTC)
        assert (customer, day, took) == (acme.number, 20_773, timedelta(hours=4))
        assert [each.origin for each in await results.exported(NOON, Scale.CSAT)] == ["zendesk"] * 2

    async def test_of_no_helpdesk_there_are_no_tickets_rather_than_none_open(
        self, results: Results
    ) -> None:
        assert await results.open_tickets(1) is None

    async def test_scored_and_asked_are_of_known_customers(
        self, database: Database, results: Results
    ) -> None:
        await believe(database, known("acme"))
        [acme] = await Customers(database).find("crm", "acme")
        await answered(database)
        theirs = replace(ASK, id="theirs", customer=acme.number)
        await answered(database, theirs, replace(ANSWER, score=9))
        earlier = replace(theirs, id="earlier", asked_at=later(days=-3))
        await Surveys(database).put_ask(earlier)

        [scored] = await results.scored(Scale.NPS, UTC)

        assert (scored.customer, scored.day, scored.score) == (acme.number, 20_773, 9)
        assert await results.first_asked(Scale.NPS, UTC) == {acme.number: 20_770}

    async def test_scored_are_all_answers_to_the_first_question_that_is_not_anonymous(
        self, database: Database, results: Results
    ) -> None:
        """An answer that comes after days to the first question is one to it; the second question
        of the same day may be the first, by its id."""
        await answered(
            database,
            replace(ASK, id="nameless", customer=7, anonymous=True),
            replace(ANSWER, answered_at=later(days=-30)),
        )
        await answered(
            database,
            replace(ASK, id="b", customer=7),
            replace(ANSWER, score=9),
            replace(ANSWER, person="U8", score=2, answered_at=later(days=30)),
        )
        await answered(
            database,
            replace(ASK, id="a", customer=7),
            replace(ANSWER, score=8, answered_at=later(hours=3)),
        )
        await answered(
            database,
            replace(ASK, id="later", customer=7),
            replace(ANSWER, score=0, answered_at=later(days=3)),
        )
        scored = await results.scored(Scale.NPS, UTC)

        told = sorted((each.ask, each.score, each.day) for each in scored)
        assert told == [("a", 8, 20_773), ("b", 2, 20_803), ("b", 9, 20_773)]
        assert {each.customer for each in scored} == {7}

    async def test_scored_are_ratings_of_the_first_day_elsewhere_as_questions_of_their_own(
        self, database: Database, results: Results
    ) -> None:
        """Neither what nobody known rated, nor what is on another scale or of another kind."""
        await believe(database, known("acme"))
        [acme] = await Customers(database).find("crm", "acme")
        rating = partial(Rating, lowest=1, highest=5, scale="csat", account="acme")
        await Tickets(database).put(
            "zendesk",
            [
                rating("late", later(days=2), 1),
                rating("b", later(hours=2), 4),
                rating("a", NOON, 2),
                replace(rating("nobody", NOON, 1), account="globex"),
                replace(rating("thirds", NOON, 1), highest=3),
                replace(rating("effort", NOON, 1), highest=7, scale="ces", direction="lower"),
            ],
        )
        await answered(database, replace(ASK, id="slack", scale=Scale.CSAT, customer=acme.number))

        scored = await results.scored(Scale.CSAT, UTC)
        [effort] = await results.scored(Scale.CES, UTC)

        assert {each.customer for each in scored} == {acme.number}
        assert sorted((each.ask, each.score, each.day) for each in scored) == [
            ("slack", ANSWER.score, 20_773),
            ("zendesk:a", 2, 20_773),
            ("zendesk:b", 4, 20_773),
        ]
        assert (effort.score, effort.direction) == (1, Direction.LOWER)


async def test_a_loop_is_of_who_the_customer_is_now(database: Database, loops: Loops) -> None:
    await believe(database, known("acme"), known("globex"))
    [old] = await Customers(database).find("crm", "globex")
    [now] = await Customers(database).find("crm", "acme")
    await answered(database, replace(ASK, customer=old.number))
    before = replace(ASK, id="before", customer=now.number)
    await answered(database, before, replace(ANSWER, score=1, answered_at=later(days=-1)))
    await Merges(database).merge("crm", "globex", "acme", by="U1", now=NOON)

    [low] = await loops.unheard(NOON)

    assert low.customer == now.number
    assert [each.score for each in await loops.earlier(low, most=5)] == [1]
    newer = replace(low, customer=now.number, ask="newer", at=later(days=1))
    assert [each.score for each in await loops.earlier(newer, most=5)] == [3, 1]


RATED = Rating(
    "5", NOON, 0, 0, 1, requester="7", account="acme", agent_name="Ann", ticket="4711",
    comment="Still broken.", changed=NOON,
)  # fmt: skip


async def rated(database: Database, *ratings: Rating) -> None:
    await Tickets(database).put("desk", ratings)


async def test_a_rating_is_unheard_until_there_is_a_loop_of_it(
    database: Database, loops: Loops
) -> None:
    await believe(database, known("acme"))
    await rated(database, RATED)
    assert await loops.unheard(NOON) == []
    assert await loops.unheard_ratings({}, NOON) == []
    assert await loops.unheard_ratings({"other": NOON}, NOON) == []
    assert await loops.unheard_ratings({"desk": later(seconds=1)}, NOON) == []
    assert await loops.unheard_ratings({"desk": NOON}, later(seconds=1)) == []

    [low] = await loops.unheard_ratings({"desk": NOON}, NOON)
    assert low.is_low
    assert low.customer is not None
    assert low.rated == Rated("desk", "5", 0, 1, "7", "4711", "Ann")
    loop = await database.write(partial(open_loop, low=low, owner="U1", now=NOON))

    assert loop is not None
    assert await loops.unheard_ratings({"desk": NOON}, NOON) == []
    assert await loops.get(loop.id) == loop
    assert await loops.open_ones() == [loop]
    assert await loops.opened(NOON, later(days=1), Scale.CSAT) == [loop]
    assert await loops.opened(NOON, later(days=1), Scale.NPS) == []
    assert await database.write(partial(open_loop, low=low, owner="U2", now=NOON)) is None


async def test_of_a_rating_for_effort_the_high_number_is_low(
    database: Database, loops: Loops
) -> None:
    effort = replace(RATED, lowest=1, highest=7, scale="ces", direction="lower")
    await rated(database, replace(effort, id="6", score=6), replace(effort, id="7", score=2))

    found = await loops.unheard_ratings({"desk": NOON}, NOON)

    assert [(low.score, low.is_low) for low in found] == [(6, True), (2, False)]


async def test_a_rating_that_was_changed_lately_is_heard_however_old(
    database: Database, loops: Loops
) -> None:
    await rated(database, replace(RATED, changed=later(days=9)))

    [low] = await loops.unheard_ratings({"desk": NOON}, later(days=8))
    assert low.rated is not None


async def test_a_loop_knows_what_a_rating_says_now(database: Database, loops: Loops) -> None:
    await rated(database, RATED)
    [low] = await loops.unheard_ratings({"desk": NOON}, NOON)
    loop = await database.write(partial(open_loop, low=low, owner="", now=NOON))
    assert loop is not None
    closing = partial(closed, person="U1", cause="Price", action="Called.", now=NOON)
    done = await loops.change(loop.id, closing)
    assert done is not None
    await database.write(partial(put_loop, loop=done, shown="one"))
    assert await loops.going(later(days=1)) == []
    await rated(database, replace(RATED, score=1, comment="Thanks!", changed=later(days=1)))

    [(found, _)] = await loops.going(later(days=1))

    assert (found.state, found.of.score, found.of.comment) == (LoopState.CLOSED, 1, "Thanks!")
    assert await loops.going(later(days=2)) == []


async def test_what_was_rated_before_and_since_is_found_of_the_account_and_of_the_author(
    database: Database, loops: Loops
) -> None:
    await believe(database, known("acme"), known("globex"))
    [acme] = await Customers(database).find("crm", "acme")
    await answered(
        database, replace(ASK, id="csat", scale=Scale.CSAT, customer=acme.number),
        replace(ANSWER, score=4, answered_at=later(days=-3)),
    )  # fmt: skip
    await rated(
        database,
        RATED,
        replace(RATED, id="1", on=later(days=-2), score=1),
        replace(RATED, id="2", on=later(days=-1), account="globex"),
        replace(RATED, id="3", on=later(days=-1), account="", requester="8"),
        replace(RATED, id="4", on=later(days=1), score=1, account="globex"),
        replace(RATED, id="6", on=later(days=-1), account="", requester=""),
        replace(RATED, id="7", on=later(days=-3), account="", account_name="Globex"),
        replace(RATED, id="8", on=later(days=2), scale="nps", highest=10),
        replace(RATED, id="9", on=later(days=-3), account="", account_name="Acme", score=1),
    )
    lows = await loops.unheard_ratings({"desk": later(days=-9)}, later(days=-9))
    by_id = {low.rated.id: low for low in lows if low.rated}

    told = await loops.earlier(by_id["5"], most=5)
    assert [(low.score, low.rated.id if low.rated else "") for low in told] == [
        (1, "1"),
        (4, ""),
        (1, "9"),
    ]
    [before] = await loops.earlier(replace(by_id["5"], customer=None), most=1)
    assert before.rated is not None
    assert before.rated.id == "2"
    assert await loops.earlier(by_id["6"], most=5) == []
    since = await loops.later(Scale.CSAT, NOON, [by_id["5"], by_id["6"]])
    assert [low.rated.id for low in since if low.rated] == ["5", "4"]
