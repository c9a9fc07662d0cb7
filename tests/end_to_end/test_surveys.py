"""Asking customers in their channel, and what they answer."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.surveys import Answer
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Post
from tests.end_to_end import companies
from tests.end_to_end.running import (
    NOTICES,
    SHARED,
    SUCCESS,
    Place,
    Running,
    ask_of,
    asked,
    at,
    clicked,
    free_port,
    running,
    told,
)

NOW = at("2026-11-02T10:00")


@pytest.fixture
async def bot(place: Place) -> AsyncIterator[Running]:
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE], weekly_post=None)
    async with running(config, NOW) as bot:
        await bot.pulled()
        yield bot


async def answers(bot: Running, question: Post) -> list[Answer]:
    return await bot.bot.kept.surveys.answers(ask_of(question))


async def test_a_question_is_asked_answered_and_told(place: Place, http_port: int) -> None:
    """By a guest of ours and by the customer, who is of another workspace, over both ways in."""
    slack = place.slack
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE], http_port=http_port)
    async with running(config, NOW) as bot:
        question = await asked(slack)
        assert "How likely are you to recommend us" in question.text
        [row] = [block for block in question.blocks if block["type"] == "actions"]
        assert [button["text"]["text"] for button in row["elements"]] == [str(n) for n in range(11)]
        assert "No answers yet" in (await told(slack, "U0LEAD", "/nps results", SHARED)).text

        thanks = await clicked(slack, "U0ACME", question, 9)
        assert "9 out of 10" in thanks.text
        form = await slack.person("U0ACME").modal()
        await slack.person("U0ACME").submit(form, {"comment": "You answer fast."})
        await clicked(slack, "U0GUEST", question, 3)
        stored = await answers(bot, question)
        results = await told(slack, "U0LEAD", "/nps results", SHARED)

    assert [(a.person, a.team, a.score, a.comment) for a in stored] == [
        ("U0ACME", "T0ACME", 9, "You answer fast."),
        ("U0GUEST", "T0KEEP", 3, ""),
    ]
    assert "NPS 0 from 2 answers: 1 promoter, 0 passives, 1 detractor." in results.text
    assert "Margin of error" in results.text
    assert "1 gave 9, 1 gave 3" in results.text
    assert "9: “You answer fast.”" in results.words()
    assert results.to == "U0LEAD"


async def test_answering_again_replaces(bot: Running, slack: Sandbox) -> None:
    question = await asked(slack)

    assert "is stored" in (await clicked(slack, "U0ACME", question, 2)).text
    changed = await clicked(slack, "U0ACME", question, 10)

    assert "Your answer is now 10 out of 10" in changed.text
    assert [a.score for a in await answers(bot, question)] == [10]


async def test_a_comment_is_there_to_be_changed(bot: Running, slack: Sandbox) -> None:
    question, customer = await asked(slack), slack.person("U0ACME")
    thanks = await clicked(slack, "U0ACME", question, 7)
    await customer.submit(await customer.modal(), {"comment": "First words"})

    since = slack.journal.last
    await customer.click(thanks, "survey:comment")
    await slack.journal.wait_for(lambda entry: entry.kind == "view_opened", since=since)
    form = await customer.modal(timeout=20)
    # Whoever sends the form as it came keeps what they wrote.
    assert form.state["comment"]["text"]["value"] == "First words"
    await customer.submit(form)
    assert [a.comment for a in await answers(bot, question)] == ["First words"]

    await clicked(slack, "U0ACME", question, 8)
    form = await customer.modal(timeout=20)
    assert form.state["comment"]["text"]["value"] == "First words"
    await customer.close(form)
    assert [(a.score, a.comment) for a in await answers(bot, question)] == [(8, "First words")]


@pytest.mark.parametrize(
    "comment", ["<!channel> <@U0LEAD> *bold* & more", "line\nline", "x" * 2990 + "end", "🙂" * 700]
)
async def test_comments_do_no_harm(bot: Running, slack: Sandbox, comment: str) -> None:
    question, customer = await asked(slack), slack.person("U0ACME")
    await clicked(slack, "U0ACME", question, 1)
    reply = await customer.submit(await customer.modal(), {"comment": comment})
    assert reply.acked
    results = await told(slack, "U0LEAD", "/nps results", SHARED)

    assert [a.comment for a in await answers(bot, question)] == [comment]
    assert "<!channel>" not in results.words()
    assert "<@U0LEAD>" not in results.words()


async def test_a_comment_of_ten_thousand_characters_is_cut(bot: Running, slack: Sandbox) -> None:
    """Slack's own form does not let it through; ours says so to Slack, and does not rely on it."""
    question, customer = await asked(slack), slack.person("U0ACME")
    await clicked(slack, "U0ACME", question, 1)
    form = await customer.modal(timeout=20)
    field = form.content["blocks"][1]["element"]
    assert field["max_length"] == 3000
    field["max_length"] = 20_000
    await customer.submit(form, {"comment": "x" * 10_000})
    results = await told(slack, "U0LEAD", "/nps results", SHARED)

    assert [len(a.comment) for a in await answers(bot, question)] == [3000]
    assert "xxx" in results.words()


async def test_csat_has_five_buttons_and_its_own_results(bot: Running, slack: Sandbox) -> None:
    question = await asked(slack, "/csat ask How was the onboarding?", SUCCESS)
    for person, score in (("U0LEAD", 5), ("U0OWNER", 4), ("U0ADMIN", 2)):
        await clicked(slack, person, question, score)
    results = await told(slack, "U0LEAD", "/csat results", SUCCESS)

    assert "How was the onboarding?" in question.text
    assert "CSAT 66.7 %: 2 of 3 answers gave 4 or 5, mean 3.7." in results.text
    assert "no answers" in (await told(slack, "U0LEAD", "/nps results", SUCCESS)).text


async def test_a_preview_asks_nobody_until_its_button_is_pressed(
    bot: Running, slack: Sandbox
) -> None:
    preview = await told(slack, "U0LEAD", "/nps Would you choose us again?", SHARED)
    assert slack.messages(SHARED) == []

    await slack.person("U0LEAD").click(preview, label="Ask it here")
    question = await slack.wait_for_message(SHARED)

    assert "Would you choose us again?" in question.text
    assert len(slack.messages(SHARED)) == 1


async def test_a_closed_survey_takes_no_answers(bot: Running, slack: Sandbox) -> None:
    question = await asked(slack)
    await clicked(slack, "U0ACME", question, 6)
    await told(slack, "U0LEAD", "/nps close", SHARED)

    late = await clicked(slack, "U0GUEST", question, 10)
    changed = await clicked(slack, "U0ACME", question, 10)

    assert "This survey is closed" in late.text
    assert "This survey is closed" in changed.text
    assert [a.score for a in await answers(bot, question)] == [6]
    [*_, deed] = await bot.bot.kept.deeds.since(NOW)
    assert (deed.person, deed.what, deed.about) == (
        "U0LEAD",
        "question closed",
        f"nps in {SHARED}",
    )


async def test_who_is_of_the_team_that_asks_cannot_vote_for_the_customer(
    bot: Running, slack: Sandbox
) -> None:
    question = await asked(slack)

    refused = await clicked(slack, "U0OWNER", question, 10)
    taken = await clicked(slack, "U0ACME", question, 3)

    assert "your click does not count" in refused.text
    assert slack.person("U0OWNER").open_modal is None
    assert "3 out of 10" in taken.text
    assert [(a.person, a.score) for a in await answers(bot, question)] == [("U0ACME", 3)]


async def test_an_answer_after_the_time_is_over_is_told_so(bot: Running, slack: Sandbox) -> None:
    question = await asked(slack)
    await clicked(slack, "U0ACME", question, 6)
    await bot.move(NOW + timedelta(days=30, minutes=5))

    late = await clicked(slack, "U0ACME", question, 10)

    assert "The time to answer this survey is over" in late.text
    assert [a.score for a in await answers(bot, question)] == [6]


async def test_a_channel_is_linked_with_its_customer_and_the_answers_are_theirs(
    bot: Running, slack: Sandbox
) -> None:
    """Those of before too, as nobody else's channel it was."""
    before = await asked(slack)
    await clicked(slack, "U0ACME", before, 6)
    channel = f"<#{SHARED}|acme-shared>"

    told_of = await told(slack, "U0LEAD", f"/keeprate link {channel} company 7", SHARED)
    after = await asked(slack, "/csat ask", SHARED)
    await clicked(slack, "U0ACME", after, 4)
    listed = await told(slack, "U0LEAD", "/keeprate links")
    [link] = await bot.bot.kept.links.all()

    assert "is Company 7's channel from now on" in told_of.text
    assert (link.id, link.said_by) == ("c7", "U0LEAD")
    assert "is Company 7: said by <@U0LEAD> on 2 Nov 2026" in listed.text
    assert [a.customer for a in await answers(bot, before)] == [link.customer]
    assert [a.customer for a in await answers(bot, after)] == [link.customer]

    await told(slack, "U0LEAD", f"/keeprate unlink {channel}", SHARED)
    listed = await told(slack, "U0LEAD", "/keeprate links")
    assert f"<#{SHARED}>: no customer is called like it" in listed.text
    deeds = await bot.bot.kept.deeds.since(NOW)
    assert [d.what for d in deeds if d.what.startswith("channel")] == [
        "channel linked",
        "channel unlinked",
    ]


async def test_in_a_linked_channel_that_is_not_shared_ours_cannot_vote_either(
    bot: Running, slack: Sandbox
) -> None:
    await told(slack, "U0LEAD", f"/keeprate link <#{SUCCESS}|x> c7")
    question = await asked(slack, "/nps ask", SUCCESS)

    assert "does not count" in (await clicked(slack, "U0OWNER", question, 10)).text
    assert await answers(bot, question) == []


async def test_an_anonymous_question_keeps_nobody_and_shows_nothing_below_five(
    bot: Running, slack: Sandbox
) -> None:
    shown = await told(slack, "U0LEAD", "/nps anonymous", SUCCESS)
    assert "nobody can change theirs" in shown.words()
    since = slack.journal.last
    await slack.person("U0LEAD").click(shown, label="Ask it here")
    question = await slack.wait_for_message(SUCCESS, since=since, timeout=20)
    assert "without your name" in question.words()

    thanks = await clicked(slack, "U0OWNER", question, 2)
    form = await slack.person("U0OWNER").modal(timeout=20)
    await slack.person("U0OWNER").submit(form, {"comment": "Too slow"})
    assert "is stored without your name" in thanks.text
    again = await clicked(slack, "U0OWNER", question, 9)
    assert "You have answered already" in again.text
    # What they wrote can be changed by the button that they alone have, for as long as by others,
    # though nobody knows at which time of that day they answered.
    await bot.move(NOW + timedelta(hours=71))
    await slack.person("U0OWNER").click(thanks, "survey:comment")
    form = await slack.person("U0OWNER").modal(timeout=20)
    assert form.state["comment"]["text"]["value"] == "Too slow"
    await slack.person("U0OWNER").submit(form, {"comment": "Too slow, still"})

    stored = await answers(bot, question)
    assert [(a.score, a.team, a.comment) for a in stored] == [(2, "", "Too slow, still")]
    assert "U0OWNER" not in repr(stored)
    for words in ("results", "results this quarter"):
        results = await told(slack, "U0LEAD", f"/nps {words}", SUCCESS)
        assert "Too slow" not in results.words()
        assert "detractor" not in results.words()

    for number in range(4):
        given = Answer(stored[0].ask, f"nobody-{number}", "", 9, NOW)
        await bot.bot.kept.surveys.put_nameless(given, f"U0{number}", NOW)
    assert "NPS +60 from 5 answers" in (await told(slack, "U0LEAD", "/nps results", SUCCESS)).text


async def test_a_comment_can_be_changed_for_a_while(bot: Running, slack: Sandbox) -> None:
    question, customer = await asked(slack), slack.person("U0ACME")
    thanks = await clicked(slack, "U0ACME", question, 7)
    assert "until 5 November 2026" in thanks.words()
    form = await customer.modal(timeout=20)
    await bot.move(NOW + timedelta(hours=72, minutes=1))

    reply = await customer.submit(form, {"comment": "Late words"})
    assert "The time to add or change a comment is over" in reply.errors["comment"]
    await customer.close(form)
    since = slack.journal.last
    await customer.click(thanks, "survey:comment")
    late = await customer.wait_for_ephemeral(since=since, timeout=20)

    assert "The time to add or change a comment is over" in late.text
    assert [a.comment for a in await answers(bot, question)] == [""]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("link", "No channel is linked"),
        ("link #acme Acme", "is not a channel"),
        (f"link <#{SHARED}|acme>", "takes a channel and a customer"),
        (f"link <#{SHARED}|acme> Compny 7", "knows no customer"),
        (f"unlink <#{SHARED}|acme>", "not linked"),
    ],
)
async def test_a_link_that_cannot_be_made_says_why(
    bot: Running, slack: Sandbox, words: str, why: str
) -> None:
    assert why in (await told(slack, "U0LEAD", f"/keeprate {words}")).text
    assert await bot.bot.kept.links.all() == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{ask}:11", "scale from 0 to 10"),
        ("{ask}:99", "scale from 0 to 10"),
        ("{ask}:-1", "could not be read"),
        ("{ask}:", "could not be read"),
        ("", "could not be read"),
        (":5", "could not be read"),
        ("another:5", "not known any more"),
        ("{ask}' OR 1=1 --:5", "not known any more"),
        ("{ask}:5:5", "not known any more"),
        ("{ask}:٣", "could not be read"),
    ],
)
async def test_a_forged_click_stores_nothing_and_is_answered(
    bot: Running, slack: Sandbox, value: str, expected: str
) -> None:
    question = await asked(slack)
    ask = ask_of(question)
    [row] = [block for block in question.blocks if block["type"] == "actions"]
    row["elements"][5]["value"] = value.format(ask=ask)
    since = slack.journal.last
    await slack.person("U0ACME").click(question, "score:5")
    answer = await slack.person("U0ACME").wait_for_ephemeral(since=since)

    assert expected in answer.text
    assert await bot.bot.kept.surveys.answers(ask) == []


async def test_where_the_bot_is_not_the_person_is_told(bot: Running, slack: Sandbox) -> None:
    answer = await told(slack, "U0ADMIN", "/nps ask", "C0BOARD")

    assert "/invite" in answer.text
    assert slack.messages("C0BOARD") == []


async def test_a_round_is_asked_once_when_it_is_due(place: Place) -> None:
    companies.write(place.folder)
    survey = {"name": "monthly", "scale": "csat", "channel": SHARED, "cron": "0 11 2 * *"}
    config = place.config(sources=[companies.SOURCE], surveys=[survey], weekly_post=None)
    for moment in ("2026-11-02T11:00", "2026-11-02T11:20"):
        async with running(config, NOW) as bot:
            await bot.pulled()
            await bot.move(at(moment))

    [question] = place.slack.messages(SHARED)
    assert "How satisfied are you with us?" in question.text


@contextmanager
def locked(place: Place) -> Iterator[None]:
    """Another program writes to the SQLite file and does not come to an end."""
    path = place.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_who_clicks_while_the_store_is_stuck_is_told_and_clicks_again(
    bot: Running, slack: Sandbox, place: Place
) -> None:
    question = await asked(slack)
    with locked(place):
        told = await clicked(slack, "U0ACME", question, 9)
        assert "could not be stored. Please click again" in told.text
        assert slack.person("U0ACME").open_modal is None
        assert await answers(bot, question) == []
    again = await clicked(slack, "U0ACME", question, 9)

    assert "9 out of 10" in again.text
    assert [a.score for a in await answers(bot, question)] == [9]


async def test_who_wants_peace_while_the_store_is_stuck_is_told_and_says_it_again(
    bot: Running, slack: Sandbox, place: Place
) -> None:
    thanks = await clicked(slack, "U0ACME", await asked(slack), 9)
    customer = slack.person("U0ACME")
    for words in ("That did not work", "will not be asked any more"):
        since = slack.journal.last
        with locked(place) if "not work" in words else nullcontext():
            assert (await customer.click(thanks, "survey:opt_out")).acked
            assert words in (await customer.wait_for_ephemeral(since=since, timeout=20)).text

    assert await bot.bot.kept.opt_outs.among(["U0ACME"]) == {"U0ACME"}


async def test_a_comment_that_the_store_does_not_take_stays_in_the_form(
    bot: Running, slack: Sandbox, place: Place
) -> None:
    question, customer = await asked(slack), slack.person("U0ACME")
    await clicked(slack, "U0ACME", question, 9)
    form = await customer.modal(timeout=20)
    with locked(place):
        reply = await customer.submit(form, {"comment": "Much to say"})
        assert "could not be stored" in reply.errors["comment"]
        assert customer.open_modal is form
    await customer.submit(form, {"comment": "Much to say"})

    assert customer.open_modal is None
    assert [a.comment for a in await answers(bot, question)] == ["Much to say"]


async def test_a_click_that_slack_delivers_twice_counts_once(place: Place) -> None:
    """Over HTTP, as Slack repeats what it thinks was not taken."""
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE], http_port=free_port())
    async with running(config, NOW) as bot:
        question = await asked(place.slack)
        for _ in range(2):
            await clicked(place.slack, "U0ACME", question, 8)
        found: list[Any] = await answers(bot, question)

    assert [a.score for a in found] == [8]
    assert place.posts(NOTICES) == []
