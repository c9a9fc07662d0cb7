"""However somebody answers: it counts once, works after a restart and an upgrade, and ends.

A way is what one person does to give a score: the buttons, the menu, the form, a number in the
thread, the web page, and the reminder that came in a direct message.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import create_engine, text

from bot.domain.surveys import Answer
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Post
from tests.end_to_end import companies
from tests.end_to_end.running import (
    SHARED,
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
from tests.end_to_end.test_asking import direct
from tests.sandbox.conftest import impatient
from tests.store.test_older_databases import written_by

NOW = at("2026-11-02T10:00")
LATE = NOW + timedelta(days=30, minutes=5)
MUCH = "<!channel> <@U0LEAD> *bold* " + "x" * 10_000


@dataclass(frozen=True, slots=True)
class Question:
    """As it stands before the person."""

    slack: Sandbox
    post: Post
    page: str = ""
    """Their own address for it."""


Way = Callable[[Question, str, int], Awaitable[str]]
"""What the person is told, when they give this score."""


async def _buttons(question: Question, person: str, score: int) -> str:
    return (await clicked(question.slack, person, question.post, score)).text


async def _menu(question: Question, person: str, score: int) -> str:
    hands, since = question.slack.person(person), question.slack.journal.last
    await hands.choose(question.post, "score:menu", f"{ask_in(question.post)}:{score}")
    return (await hands.wait_for_ephemeral(since=since, timeout=20)).text


async def _form(question: Question, person: str, score: int) -> str:
    """Where the form does not open, what they are told instead; what stands in it as an error."""
    hands, since = question.slack.person(person), question.slack.journal.last
    if hands.open_modal:
        await hands.close(hands.open_modal, everything=True)
    await hands.click(question.post, "survey:form")
    with suppress(TimeoutError):
        return (await hands.wait_for_ephemeral(since=since, timeout=0.5)).text
    since = question.slack.journal.last
    reply = await hands.submit(await hands.modal(timeout=20), {"score": str(score)})
    if reply.errors:
        return str(reply.errors["score"])
    return (await hands.wait_for_ephemeral(since=since, timeout=20)).text


async def _thread(question: Question, person: str, score: int) -> str:
    hands, since = question.slack.person(person), question.slack.journal.last
    hands.mention(SHARED, f"{score}/10", thread_ts=question.post.ts)
    return (await hands.wait_for_ephemeral(since=since, timeout=20)).text


async def _page(question: Question, person: str, score: int) -> str:
    form = {"score": str(score)}
    async with aiohttp.ClientSession() as web, web.post(question.page, data=form) as answer:
        return await answer.text()


WAYS: dict[str, Way] = {
    "buttons": _buttons,
    "menu": _menu,
    "form": _form,
    "thread": _thread,
    "page": _page,
    "reminder": _buttons,
}


def ask_in(post: Post) -> str:
    """As `ask_of`, of any layout."""
    [row, *_] = [block for block in post.blocks if block["type"] == "actions"]
    [first, *_] = row["elements"]
    value = first["options"][0]["value"] if "options" in first else first["value"]
    return str(value).rpartition(":")[0]


def config(place: Place, way: str, **also: Any) -> Path:
    companies.write(place.folder)
    asking: dict[str, Any] = {"layout": way if way in ("menu", "form") else "buttons", **also}
    port = free_port()
    if way == "page":
        asking["web_url"] = f"http://127.0.0.1:{port}"
    return place.config(
        slack={"health_port": port} if way == "page" else {},
        sources=[companies.SOURCE],
        weekly_post=None,
        asking={"person_days": 0, "customer_days": 0, **asking},
    )


async def put(bot: Running, slack: Sandbox, way: str) -> Question:
    """The question, put before Carla, who is the customer."""
    if way == "reminder":
        await told(slack, "U0LEAD", "/nps ask <@U0ACME>")
        await bot.move(NOW + timedelta(days=7, minutes=11))
        [_, reminder] = slack.messages(slack.workspace.direct("U0ACME").id)
        return Question(slack, reminder)
    post = await asked(slack)
    return Question(slack, post, await page_for(slack) if way == "page" else "")


async def page_for(slack: Sandbox, person: str = "U0ACME") -> str:
    handed = await told(slack, "U0LEAD", f"/nps link <@{person}>", SHARED)
    [found] = re.findall(r"http://\S+/answer/[\w.-]+", handed.text)
    return str(found)


async def answers(bot: Running, question: Question) -> list[Answer]:
    return await bot.bot.kept.surveys.answers(ask_in(question.post))


def sent(slack: Sandbox, since: int) -> list[tuple[Any, Any]]:
    """What Slack has told the app of what people did."""
    return [
        (entry.data["type"], entry.data["payload"])
        for entry in slack.journal.since(since)
        if entry.kind == "envelope" and entry.data["attempt"] == 0
    ]


@pytest.mark.parametrize("way", WAYS)
async def test_what_comes_twice_counts_once_and_still_works_after_a_restart(
    place: Place, slack: Sandbox, way: str
) -> None:
    """Twice: because Slack repeats what it thinks was lost, or both at the same moment."""
    path, give = config(place, way), WAYS[way]
    async with running(path, NOW) as bot:
        await bot.pulled()
        question = await put(bot, slack, way)
        moment, since = bot.clock(), slack.journal.last
        assert "4 out of 10, is stored" in await give(question, "U0ACME", 4)
        repeated = sent(slack, since)
        await asyncio.gather(*(slack.delivery.deliver(*each) for each in repeated * 2))
        if way == "page":
            await asyncio.gather(*(give(question, "U0ACME", 4) for _ in range(2)))
        assert [(a.person, a.score) for a in await answers(bot, question)] == [("U0ACME", 4)]

    async with running(path, moment) as bot:
        if way == "page":  # it was used
            assert "takes no second answer" in await give(question, "U0ACME", 9)
            question = Question(slack, question.post, await page_for(slack))
        told_ = await give(question, "U0ACME", 9)
        assert "9 out of 10" in told_
        assert [(a.person, a.score) for a in await answers(bot, question)] == [("U0ACME", 9)]
        assert [a.team for a in await answers(bot, question)] == ["" if way == "page" else "T0ACME"]


async def test_a_number_that_slack_sends_once_more_does_not_undo_what_was_said_since(
    place: Place, slack: Sandbox
) -> None:
    async with running(config(place, "thread"), NOW) as bot:
        await bot.pulled()
        question, since = await put(bot, slack, "thread"), slack.journal.last
        await _thread(question, "U0ACME", 4)
        [(kind, payload)] = sent(slack, since)
        payload["event"]["ts"] = f"{bot.clock().timestamp() - 60:.6f}"
        await _buttons(question, "U0ACME", 9)
        for attempt, score in ((1, 9), (0, 4)):
            since = slack.journal.last
            await slack.delivery.deliver(kind, payload, attempt=attempt)
            answer = await slack.person("U0ACME").wait_for_ephemeral(since=since, timeout=20)
            assert f"{score} out of 10" in answer.text
            assert [a.score for a in await answers(bot, question)] == [score]


@pytest.mark.parametrize("way", WAYS)
async def test_after_its_time_and_when_it_is_closed_everybody_is_told_so(
    place: Place, slack: Sandbox, way: str
) -> None:
    give = WAYS[way]
    async with running(config(place, way), NOW) as bot:
        await bot.pulled()
        question = await put(bot, slack, way)
        await bot.move(LATE)
        late = await give(question, "U0ACME", 4)
        stored = await answers(bot, question)

        if way != "reminder":  # of which nobody has another
            other = await put(bot, slack, way)
            await told(slack, "U0LEAD", "/nps close", SHARED)
            closed = await give(other, "U0ACME", 4)
            assert "This survey is closed" in closed
            assert await answers(bot, other) == []

    assert "The time to answer this survey is over" in late
    assert stored == []


@pytest.mark.parametrize("way", [way for way in WAYS if way not in ("thread", "reminder")])
async def test_ours_are_refused_in_a_customer_s_channel(
    place: Place, slack: Sandbox, way: str
) -> None:
    """In a thread they are not answered at all: colleagues may well write a number there."""
    async with running(config(place, way), NOW) as bot:
        await bot.pulled()
        question = await put(bot, slack, way)
        if way == "page":
            question = Question(slack, question.post, await page_for(slack, "U0OWNER"))
        assert "does not count" in await WAYS[way](question, "U0OWNER", 10)
        assert await answers(bot, question) == []


async def test_buttons_that_an_older_version_posted_still_work(
    place: Place, slack: Sandbox
) -> None:
    """The words in them are those of the first version, and never change: the messages stand in
    Slack for good. So does what its database holds."""
    url = written_by("0001", place.folder / "older.db")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO asks (id, scale, question, channel, asked_by, asked_at)"
                 " VALUES ('q7-Zk_1', 'nps', 'How likely?', :channel, 'U0LEAD', :at)"),
            {"channel": SHARED, "at": int(NOW.timestamp() * 1000)},
        )  # fmt: skip
    engine.dispose()
    post = post_as_it_was(
        slack,
        *(
            {"type": "button", "action_id": f"score:{n}", "value": f"q7-Zk_1:{n}"}
            for n in range(11)
        ),
    )
    path = config(Place(place.folder, url, slack), "buttons")
    async with running(path, NOW) as bot:
        await bot.pulled()
        thanks = await clicked(slack, "U0ACME", post, 7)
        [found] = await bot.bot.kept.surveys.answers("q7-Zk_1")

    assert "7 out of 10, is stored" in thanks.text
    assert (found.person, found.score) == ("U0ACME", 7)


@pytest.mark.parametrize(
    "element",
    [
        {"type": "button", "action_id": "survey:form", "value": "{ask}:form"},
        {
            "type": "static_select",
            "action_id": "score:menu",
            "options": [{"value": "{ask}:7", "text": {"type": "plain_text", "text": "7"}}],
        },
    ],
    ids=["form", "menu"],
)
async def test_and_so_do_the_other_layouts(
    place: Place, slack: Sandbox, element: dict[str, Any]
) -> None:
    async with running(config(place, "buttons"), NOW) as bot:
        await bot.pulled()
        ask = ask_of(await asked(slack))
        filled = {key: each for key, each in element.items() if key != "options"}
        if "value" in element:
            filled["value"] = element["value"].format(ask=ask)
        if "options" in element:
            [option] = element["options"]
            filled["options"] = [{**option, "value": option["value"].format(ask=ask)}]
        question = Question(slack, post_as_it_was(slack, filled))
        give = _menu if "options" in filled else _form
        assert "7 out of 10, is stored" in await give(question, "U0ACME", 7)
        assert [a.score for a in await bot.bot.kept.surveys.answers(ask)] == [7]


def post_as_it_was(slack: Sandbox, *elements: dict[str, Any]) -> Post:
    """A message of ours, with such elements in it."""
    whole = [
        {"text": {"type": "plain_text", "text": each["value"]}, **each} if "value" in each else each
        for each in elements
    ]
    settings = slack.workspace.settings.app
    return slack.workspace.add(
        Post(
            slack.workspace.ts(),
            SHARED,
            settings.bot_user,
            "How likely?",
            blocks=[{"type": "actions", "block_id": "ask:q7-Zk_1", "elements": whole}],
            bot_id=settings.bot_id,
            app_id=settings.id,
        )
    )


async def test_a_forged_form_stores_nothing_and_does_no_harm(place: Place, slack: Sandbox) -> None:
    """What Slack would never send: scores that are none, of questions that nobody asked."""
    async with running(config(place, "form"), NOW) as bot:
        await bot.pulled()
        question = await put(bot, slack, "form")
        hands, ask = slack.person("U0ACME"), ask_in(question.post)
        since = slack.journal.last
        await _form(question, "U0ACME", 4)
        [kind, payload] = next(each for each in sent(slack, since) if each[1].get("view"))
        for score in ("11", "99"):
            await slack.delivery.deliver(kind, forged(payload, score=score))
        patient = slack.workspace.settings
        impatient(slack)  # for what cannot be read is not acked
        for unreadable in ("-1", "", "٣", "4 OR 1=1", None):
            await slack.delivery.deliver(kind, forged(payload, score=unreadable))
        slack.workspace.settings = patient
        for metadata in ("", ":", "another:C0ACME", f"{ask}' --:C0ACME", f"{ask}"):
            await slack.delivery.deliver(kind, forged(payload, score="9", metadata=metadata))
        stored = await answers(bot, question)
        # And one that is as it should be is taken after all of that.
        assert "8 out of 10" in await _form(question, "U0ACME", 8)
        if hands.open_modal:
            await hands.close(hands.open_modal, everything=True)

    assert [(a.person, a.score) for a in stored] in ([("U0ACME", 4)], [("U0ACME", 9)])


def forged(payload: dict[str, Any], *, score: str | None, metadata: str | None = None) -> Any:
    view = payload["view"]
    chosen = {"selected_option": None if score is None else {"value": score}}
    values = {"score": {"score": {"type": "static_select", **chosen}}}
    changed = {**view, "state": {"values": values}}
    if metadata is not None:
        changed["private_metadata"] = metadata
    return {**payload, "view": changed}


@pytest.mark.parametrize("way", ["form", "thread", "reminder"])
async def test_words_of_ten_thousand_characters_and_marks_do_no_harm(
    place: Place, slack: Sandbox, way: str
) -> None:
    """Those of the buttons and of the page are tested beside these."""
    async with running(config(place, way), NOW) as bot:
        await bot.pulled()
        question, hands = await put(bot, slack, way), slack.person("U0ACME")
        if way == "thread":
            since = slack.journal.last
            words = f"3, {MUCH.replace('<', '&lt;').replace('>', '&gt;')}"
            hands.mention(SHARED, words, thread_ts=question.post.ts)
            await hands.wait_for_ephemeral(since=since, timeout=20)
        else:
            await WAYS[way](question, "U0ACME", 3)
            form = await hands.modal(timeout=20)
            [field] = [b["element"] for b in form.content["blocks"] if b["type"] == "input"]
            field["max_length"] = 20_000
            await hands.submit(form, {"comment": MUCH})
        [answer] = await answers(bot, question)
        results = await told(slack, "U0LEAD", "/nps results this quarter")
        themes = await told(slack, "U0LEAD", "/nps themes this quarter")

    assert answer.score == 3
    assert 2990 <= len(answer.comment) <= 3000
    assert answer.comment.startswith("<!channel> <@U0LEAD> *bold*")
    for shown in (results, themes):
        assert "<!channel>" not in shown.words()
        assert "<@U0LEAD>" not in shown.words()


@pytest.mark.parametrize("typed", ["11/10", "99", "-1", "4,5", "٣", "0x9", "9" * 4000, "9/1", "/"])
async def test_a_number_that_is_no_score_stores_nothing(
    place: Place, slack: Sandbox, typed: str
) -> None:
    async with running(config(place, "thread"), NOW) as bot:
        await bot.pulled()
        question = await put(bot, slack, "thread")
        slack.person("U0ACME").mention(SHARED, typed, thread_ts=question.post.ts)
        await slack.delivery.settled()
        assert await answers(bot, question) == []


async def test_a_forged_reminder_stores_nothing(place: Place, slack: Sandbox) -> None:
    async with running(config(place, "reminder"), NOW) as bot:
        await bot.pulled()
        question = await put(bot, slack, "reminder")
        [row, *_] = [block for block in question.post.blocks if block["type"] == "actions"]
        row["elements"][5]["value"] = f"{ask_in(question.post)}:55"
        told_ = await _buttons(question, "U0ACME", 5)
        row["elements"][5]["value"] = "55"
        unread = await _buttons(question, "U0ACME", 5)
        stored = await answers(bot, question)

    assert "scale from 0 to 10" in told_
    assert "could not be read" in unread
    assert stored == []
    assert len(direct(slack)) == 2
