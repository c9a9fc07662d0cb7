"""Who is asked, when, and how often."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest

from bot.domain.surveys import Scale
from bot.messages.asking import ASK_HERE
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Post
from bot.slack.manifest import REPLY_EVENTS
from integrations import records
from tests.end_to_end import companies
from tests.end_to_end.running import (
    SHARED,
    SUCCESS,
    Place,
    Running,
    ask_of,
    asked,
    at,
    clicked,
    running,
    told,
)
from tests.end_to_end.test_surveys import locked

NOW = at("2026-11-02T10:00")
BUDGET = {"person_days": 30, "customer_days": 30}
ACME = f"<#{SHARED}|acme-shared>"


def config(place: Place, **also: Any) -> Any:
    companies.write(place.folder)
    sections = {"sources": [companies.SOURCE], "weekly_post": None, "asking": BUDGET}
    return place.config(**(sections | also))


def direct(slack: Sandbox, person: str = "U0ACME") -> list[str]:
    """What the bot has written to this person alone."""
    return [post.text for post in slack.messages(slack.workspace.direct(person).id)]


@pytest.fixture
async def bot(place: Place) -> AsyncIterator[Running]:
    async with running(config(place), NOW) as bot:
        await bot.pulled()
        yield bot


async def test_who_clicks_twice_has_asked_once(place: Place, slack: Sandbox) -> None:
    """Also where nothing else keeps customers from being asked again."""
    nobody_minds = {"person_days": 0, "customer_days": 0}
    async with running(config(place, asking=nobody_minds), NOW) as bot:
        await bot.pulled()
        preview = await told(slack, "U0LEAD", "/nps", SHARED)
        lead = slack.person("U0LEAD")
        await asyncio.gather(*(lead.click(preview, ASK_HERE) for _ in range(3)))
        async with asyncio.timeout(20):
            while len(again := twice(lead.ephemerals(SHARED))) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await asked(slack)  # which is another time

    assert again[0] == "This was asked with that button already. Nobody was asked again."
    assert len(place.posts(SHARED, "How likely")) == 2


def twice(told: Sequence[Post]) -> list[str]:
    return [each.text for each in told if "Nobody was asked again" in each.text]


async def test_a_customer_is_not_asked_again_so_soon_whatever_the_question(
    bot: Running, slack: Sandbox
) -> None:
    await asked(slack)

    again = await told(slack, "U0LEAD", "/csat ask", SHARED)
    shown = await told(slack, "U0LEAD", "/ces", SHARED)

    for answer in (again, shown):
        assert "Was asked lately" in answer.text
        assert "again from Wednesday 2 Dec" in answer.text
    assert len(slack.messages(SHARED)) == 1

    await bot.move(at("2026-12-02T10:05"))
    assert "How satisfied" in (await asked(slack, "/csat ask", SHARED)).text


async def test_who_tries_a_question_out_before_the_channel_is_linked_is_no_customer(
    place: Place, slack: Sandbox
) -> None:
    """And once it is, a click of ours on what a guest had answered before counts no more."""
    slack.admin.invite(SUCCESS, "U0GUEST")
    async with running(config(place, asking={"person_days": 0, "customer_days": 0}), NOW) as bot:
        await bot.pulled()
        tried, real = (
            await asked(slack, "/nps ask", SUCCESS),
            await asked(slack, "/csat ask", SUCCESS),
        )
        await clicked(slack, "U0OWNER", tried, 10)
        await clicked(slack, "U0GUEST", real, 3)

        await told(slack, "U0LEAD", f"/keeprate link <#{SUCCESS}> c8")
        late = await clicked(slack, "U0OWNER", real, 5)

        answers = bot.bot.kept.surveys.answers
        [of_ours], [of_guest] = await answers(ask_of(tried)), await answers(ask_of(real))
    assert (of_ours.score, of_ours.customer) == (10, None)
    assert (of_guest.score, of_guest.customer is None) == (3, False)
    assert "your click does not count" in late.text


async def test_a_rating_in_the_helpdesk_counts_as_asking(bot: Running, slack: Sandbox) -> None:
    await told(slack, "U0LEAD", f"/keeprate link {ACME} c7")
    rated = records.Rating("r1", NOW - timedelta(days=3), 4, 1, 5, account_name="company 7")
    await bot.bot.kept.tickets.put("zendesk", [rated])

    refused = await told(slack, "U0LEAD", "/nps ask", SHARED)

    assert f"Was asked lately: <#{SHARED}> (Company 7)" in refused.text
    assert "again from Sunday 29 Nov" in refused.text

    # And who gave it is left in peace too, where Slack tells their address.
    address = slack.workspace.users["U0GUEST"].email
    of_guest = records.Rating("r2", NOW - timedelta(days=2), 4, 1, 5, email=address.upper())
    await bot.bot.kept.tickets.put("zendesk", [of_guest])
    people = await told(slack, "U0LEAD", "/nps <@U0GUEST> <@U0OWNER>")
    assert "1 would be asked" in people.text
    assert "Was asked lately: <@U0GUEST> (again from Monday 30 Nov" in people.text


async def test_who_is_asked_alone_reads_the_language_of_their_slack(place: Place) -> None:
    slack = place.slack
    settings = slack.workspace.settings
    locales = {"U0OWNER": "de-DE", "U0LEAD": "ja-JP"}
    users = tuple(replace(u, locale=locales.get(u.id, u.locale)) for u in settings.users)
    for user in users:
        slack.workspace.users[user.id] = user
    async with running(config(place, asking={**BUDGET, "language": "es"}), NOW) as bot:
        await bot.pulled()
        await told(slack, "U0ADMIN", "/nps ask <@U0OWNER> <@U0LEAD>")
        german, spanish = direct(slack, "U0OWNER"), direct(slack, "U0LEAD")
        [question] = slack.messages(slack.workspace.direct("U0OWNER").id)
        thanks = await clicked(slack, "U0OWNER", question, 9)

    assert german[0].startswith("Wie wahrscheinlich ist es")
    assert "9 von 10" in thanks.text
    # In a language that nobody speaks here it is the usual one.
    assert "recomiende" in spanish[0]


async def test_a_channel_that_gets_another_id_is_still_the_customer_s(
    bot: Running, slack: Sandbox
) -> None:
    """As one does that is shared for the first time."""
    await told(slack, "U0LEAD", f"/keeprate link {ACME} c7")
    question, since = await asked(slack), slack.journal.last
    slack.admin.change_id(SHARED, "C0NEW")
    await slack.delivery.settled()
    await bot.settle()

    refused = await told(slack, "U0LEAD", "/csat ask", "C0NEW")
    slack.person("U0ACME").mention("C0NEW", "8", thread_ts=question.ts)
    thanks = await slack.person("U0ACME").wait_for_ephemeral(since=since, timeout=20)
    results = await told(slack, "U0LEAD", "/nps results", "C0NEW")

    assert "Was asked lately: <#C0NEW> (Company 7)" in refused.text
    assert "8 out of 10" in thanks.text
    assert "NPS 0 from 1 answer" in results.text


async def test_where_nothing_reached_the_channel_it_may_be_asked_again(
    bot: Running, slack: Sandbox
) -> None:
    for _ in range(2):
        assert "/invite" in (await told(slack, "U0ADMIN", "/nps ask", "C0BOARD")).text


async def test_people_and_groups_are_asked_in_direct_messages(bot: Running, slack: Sandbox) -> None:
    shown = await told(slack, "U0LEAD", "/csat <@U0OWNER> <@U0GONE> <!subteam^S0CS|@cs> All well?")
    assert "2 would be asked" in shown.text
    assert "Cannot be written to: <@U0GONE>" in shown.text
    since = slack.journal.last
    await slack.person("U0LEAD").click(shown, label="Ask 2 of them")
    answer = await slack.person("U0LEAD").wait_for_ephemeral(since=since, timeout=20)
    assert "The question is with 2 of 2" in answer.text

    direct = slack.workspace.direct("U0OWNER").id
    [question] = slack.messages(direct)
    assert "All well?" in question.text
    since = slack.journal.last
    await slack.person("U0OWNER").click(question, "score:4")
    await slack.person("U0OWNER").wait_for_ephemeral(since=since, timeout=20)
    [row, *_] = [block for block in question.blocks if block["type"] == "actions"]
    ask = row["elements"][0]["value"].partition(":")[0]
    [stored] = await bot.bot.kept.surveys.answers(ask)
    assert (stored.person, stored.score) == ("U0OWNER", 4)


async def test_who_does_not_want_to_be_asked_is_not_until_they_say_so(
    bot: Running, slack: Sandbox
) -> None:
    question = await asked(slack)
    customer = slack.person("U0ACME")
    since = slack.journal.last
    await customer.click(question, "score:2")
    thanks = await customer.wait_for_ephemeral(since=since, timeout=20)
    since = slack.journal.last
    await customer.click(thanks, "survey:opt_out")
    gone = await customer.wait_for_ephemeral(containing="any more", since=since, timeout=20)
    await bot.move(at("2026-12-12T10:00"))

    refused = await told(slack, "U0LEAD", "/nps ask <@U0ACME>")
    assert "Nobody was asked." in refused.text
    assert "Does not want to be asked: <@U0ACME>" in refused.text

    since = slack.journal.last
    await customer.click(gone, "survey:opt_in")
    await customer.wait_for_ephemeral(containing="asked again", since=since, timeout=20)
    assert "is with <@U0ACME>" in (await told(slack, "U0LEAD", "/nps ask <@U0ACME>")).words()


async def test_a_segment_of_customers_is_asked_in_its_channels(
    bot: Running, slack: Sandbox
) -> None:
    await told(slack, "U0LEAD", f"/keeprate link {ACME} c7")

    other = await told(slack, "U0LEAD", "/nps plan=free")
    assert "Nobody would be asked." in other.text
    shown = await told(slack, "U0LEAD", "/nps plan=pro")
    assert f"1 would be asked:\n<#{SHARED}> (Company 7)" in shown.text
    assert "Has no channel that is linked with them: Company 1, Company 2" in shown.text
    assert slack.messages(SHARED) == []
    every = await told(slack, "U0LEAD", "/nps customers")
    lead, since = slack.person("U0LEAD"), slack.journal.last
    await lead.click(every, label="Show everybody")
    everybody = await lead.wait_for_ephemeral(containing="1 would be asked", since=since)
    named = re.findall(r"Company \d+", everybody.text)
    assert named[0] == "Company 7"
    since = slack.journal.last
    await lead.click(everybody, "survey:planned")
    rest = await lead.wait_for_ephemeral(containing="26 to", since=since)
    named += re.findall(r"Company \d+", rest.text)
    assert len(named) == len({*named}) == 36, "each of today's customers once"
    assert slack.messages(SHARED) == []

    done = await told(slack, "U0LEAD", "/nps ask plan=pro Well?")
    assert "The question is with 1 of 1" in done.text
    [question] = slack.messages(SHARED)
    assert "Well?" in question.text
    wrong = await told(slack, "U0LEAD", "/nps ask plan=gold")
    assert "No customer has plan" in wrong.text


async def test_a_round_asks_every_linked_customer_once_over_days(place: Place) -> None:
    survey = {
        "name": "quarterly",
        "scale": "nps",
        "customers": {},
        "spread_days": 2,
        "cron": "0 11 2 * *",
    }
    path = config(place, surveys=[survey])
    slack = place.slack
    async with running(path, NOW) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", f"/keeprate link {ACME} c7")
        await told(slack, "U0LEAD", f"/keeprate link <#{SUCCESS}> c8")
        await bot.move(at("2026-11-02T11:00"))
        first = [len(slack.messages(channel)) for channel in (SHARED, SUCCESS)]
    async with running(path, at("2026-11-02T12:00")) as bot:
        await bot.move(at("2026-11-03T10:59"))
        before = [len(slack.messages(channel)) for channel in (SHARED, SUCCESS)]
        await bot.move(at("2026-11-03T11:01"))
        after = [len(slack.messages(channel)) for channel in (SHARED, SUCCESS)]

    assert sum(first) == sum(before) == 1
    assert after == [1, 1]


async def test_a_round_that_is_taken_out_of_config_goes_on_no_more(place: Place) -> None:
    people = ("U0OWNER", "U0GUEST")
    survey = {"scale": "nps", "people": [*people], "spread_days": 2, "cron": "0 11 2 * *"}
    old, new = ({**survey, "name": name} for name in ("old", "new"))
    slack, asking = place.slack, {"remind_days": 0, "person_days": 0, "customer_days": 0}
    async with running(config(place, surveys=[old], asking=asking), NOW) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-02T11:01"))
        first = [len(direct(slack, person)) for person in people]
    async with running(config(place, surveys=[new], asking=asking), at("2026-11-02T12:00")) as bot:
        await bot.settle()
        await bot.move(at("2026-11-03T11:01"))
        after = [len(direct(slack, person)) for person in people]

    assert sorted(first) == [0, 1]
    assert after == first


async def test_a_channel_is_spoken_to_in_its_language_from_question_to_thanks(
    place: Place,
) -> None:
    slack = place.slack
    path = config(place, asking={"languages": {SHARED: "nl"}})
    async with running(path, NOW) as bot:
        await bot.pulled()
        question = await asked(slack)
        customer, since = slack.person("U0ACME"), slack.journal.last
        await customer.click(question, "score:2")
        thanks = await customer.wait_for_ephemeral(since=since, timeout=20)
        form = await customer.modal(timeout=20)
        results = await told(slack, "U0LEAD", "/nps results", SHARED)

    assert "Hoe waarschijnlijk is het dat u ons aanbeveelt" in question.text
    assert "Open tot 2 december 2026." in question.words()
    assert thanks.text.startswith("Dank u. Uw antwoord, 2 van 10, is bewaard.")
    assert form.content["blocks"][1]["label"]["text"] == "Wat moeten wij beter doen?"
    assert "1 gave 2" in results.text


async def test_what_config_yaml_says_of_a_channel_is_of_it_under_its_new_ids_too(
    place: Place,
) -> None:
    """Its language, and that a survey asks it: as the customer's, within the budget."""
    slack = place.slack
    yearly = {"name": "yearly", "scale": "ces", "channel": SHARED, "cron": "0 11 2 dec *"}
    early = {**yearly, "name": "early", "cron": "0 11 1 dec *"}
    path = config(place, surveys=[yearly, early], asking={**BUDGET, "languages": {SHARED: "nl"}})
    async with running(path, NOW) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", f"/keeprate link {ACME} c7")
        for old, new in ((SHARED, "C0NEW"), ("C0NEW", "C0NEWER")):
            slack.admin.change_id(old, new)
            await slack.delivery.settled()
        await bot.settle()
        question = await asked(slack, "/nps ask", "C0NEWER")
        planned = await told(slack, "U0LEAD", "/ces survey=yearly")
        too_soon = await told(slack, "U0LEAD", "/ces survey=early")

    assert "Hoe waarschijnlijk is het" in question.text
    assert "1 would be asked:\n<#C0NEWER> (Company 7)" in planned.text
    assert "Was asked lately: <#C0NEWER> (Company 7)" in too_soon.text
    # Another process, which Slack told nothing of it.
    async with running(path, at("2026-12-02T10:59")) as bot:
        await bot.move(at("2026-12-02T11:01"))
        *_, second = slack.messages("C0NEWER")
        [row] = [block for block in question.blocks if block["type"] == "actions"]
        row["elements"][5]["value"] = "another:5"
        refused = await clicked(slack, "U0ACME", question, 5)
        ask = await bot.bot.kept.surveys.newest_ask(Scale.CES, "C0NEWER", bot.clock())

    assert "gemakkelijk" in second.text
    assert "niet" in refused.text
    assert ask is not None
    assert ask.customer is not None


async def test_a_round_has_its_own_layout_and_words(place: Place) -> None:
    survey = {
        "name": "onboarding",
        "scale": "csat",
        "style": "faces",
        "layout": "menu",
        "channel": SHARED,
        "cron": "0 11 2 * *",
        "follow_ups": {"high": "What was best?"},
    }
    slack = place.slack
    async with running(config(place, surveys=[survey]), NOW) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-02T11:00"))
        [question] = slack.messages(SHARED)
        customer, since = slack.person("U0ACME"), slack.journal.last
        [menu] = question.blocks[1]["elements"]
        option = menu["options"][0]
        await customer.choose(question, "score:menu", option["value"])
        thanks = await customer.wait_for_ephemeral(since=since, timeout=20)
        form = await customer.modal(timeout=20)
        ask = option["value"].partition(":")[0]
        [stored] = await bot.bot.kept.surveys.answers(ask)

    assert option["text"]["text"] == "😀"
    assert "5 out of 5" in thanks.text
    assert form.content["blocks"][1]["label"]["text"] == "What was best?"
    assert (stored.score, stored.scale) == (5, "csat")


async def test_one_button_opens_a_form_and_the_score_counts_before_the_comment(
    place: Place, http_port: int
) -> None:
    slack = place.slack
    path = config(
        place, asking={"layout": "form", "languages": {SHARED: "de"}}, http_port=http_port
    )
    async with running(path, NOW) as bot:
        await bot.pulled()
        question, customer = await asked(slack), slack.person("U0ACME")
        assert "Ein Klick öffnet ein Formular" in question.words()
        await customer.click(question, "survey:form")
        form = await customer.modal(timeout=20)
        since = slack.journal.last
        reply = await customer.submit(form, {"score": "3"})
        assert reply.acked, reply.error
        thanks = await customer.wait_for_ephemeral(since=since, timeout=20)
        ask = form.content["private_metadata"].partition(":")[0]
        before = [(a.score, a.comment) for a in await bot.bot.kept.surveys.answers(ask)]
        form = await customer.modal(timeout=20)
        await customer.submit(form, {"comment": "Zu langsam"})
        # Who opens it again finds the score that they gave.
        await customer.click(question, "survey:form")
        again = await customer.modal(timeout=20)
        chosen = again.content["blocks"][1]["element"]["initial_option"]["value"]
        # And, when they have changed it, what they wrote.
        await customer.submit(again, {"score": "2"})
        form = await customer.modal(timeout=20)
        words = form.state["comment"]["text"]["value"]
        await customer.close(form)
        await customer.click(question, "survey:form")
        again = await customer.modal(timeout=20)
        refused = await slack.person("U0OWNER").click(question, "survey:form")
        own = await slack.person("U0OWNER").modal(timeout=20)
        refused = await slack.person("U0OWNER").submit(own, {"score": "10"})
        await told(slack, "U0LEAD", "/nps close", SHARED)
        late = await customer.submit(again, {"score": "9"})
        stored = await bot.bot.kept.surveys.answers(ask)

    assert "Ihre Antwort, 3 von 10, ist gespeichert. Um sie zu ändern" in thanks.text
    assert before == [(3, "")]
    assert (chosen, words) == ("3", "Zu langsam")
    assert "does not count" in refused.errors["score"]
    assert "Diese Umfrage ist geschlossen" in late.errors["score"]
    assert [(a.person, a.score, a.comment) for a in stored] == [("U0ACME", 2, "Zu langsam")]


@pytest.fixture
def hearing(slack: Sandbox) -> Sandbox:
    """A Slack that tells the bot what is written in channels."""
    settings = slack.workspace.settings
    app = replace(settings.app, events=settings.app.events | set(REPLY_EVENTS))
    slack.workspace.settings = replace(settings, app=app)
    return slack


async def test_who_cannot_click_types_a_number_in_the_thread(
    place: Place, hearing: Sandbox, http_port: int
) -> None:
    slack, customer = hearing, hearing.person("U0ACME")
    path = config(place, asking={"replies": True, "languages": {SHARED: "fr"}}, http_port=http_port)
    async with running(path, NOW) as bot:
        await bot.pulled()
        question = await asked(slack)
        assert "Ou écrivez votre note dans le fil" in question.words()
        ask = question.blocks[1]["elements"][0]["value"].partition(":")[0]

        async def typed(text: str, person: str = "U0ACME") -> None:
            slack.person(person).say(SHARED, text, thread_ts=question.ts)
            await slack.delivery.settled()

        async def stored() -> list[tuple[str, str, int, str]]:
            found = await bot.bot.kept.surveys.answers(ask)
            return [(a.person, a.team, a.score, a.comment) for a in found]

        await typed("How many seats have we?")
        await typed("10", "U0OWNER")
        customer.say(SHARED, "9")
        await slack.delivery.settled()
        assert await stored() == []

        since = slack.journal.last
        await typed("4, <!channel> &lt;too slow&gt;")
        thanks = await customer.wait_for_ephemeral(since=since, timeout=20)
        assert "4 sur 10" in thanks.text
        assert "écrivez 10/10 dans le fil" in thanks.text
        assert thanks.thread_ts == question.ts
        kept = ("U0ACME", "T0ACME", 4, "<!channel> <too slow>")
        assert await stored() == [kept]

        await typed("12")
        await typed("5")  # they talk about something else
        assert await stored() == [kept]
        since = slack.journal.last
        await typed("11/10")
        refused = await customer.wait_for_ephemeral(since=since, timeout=20)
        assert "échelle de 0 à 10" in refused.text
        await typed("2/10")
        assert await stored() == [("U0ACME", "T0ACME", 2, "<!channel> <too slow>")]


async def test_a_number_after_a_mention_needs_no_further_rights(
    bot: Running, slack: Sandbox
) -> None:
    question, customer = await asked(slack), slack.person("U0ACME")
    since = slack.journal.last
    customer.mention(SHARED, "8", thread_ts=question.ts)
    thanks = await customer.wait_for_ephemeral(since=since, timeout=20)
    since = slack.journal.last
    customer.mention(SHARED, "9", thread_ts=question.ts)
    changed = await customer.wait_for_ephemeral(since=since, timeout=20)

    assert "8 out of 10, is stored" in thanks.text
    assert "is now 9 out of 10" in changed.text


async def test_a_number_that_all_can_read_is_no_anonymous_answer(
    bot: Running, slack: Sandbox
) -> None:
    since = slack.journal.last
    await told(slack, "U0LEAD", "/nps ask anonymous", SHARED)
    question = await slack.wait_for_message(SHARED, since=since, timeout=20)
    since = slack.journal.last
    slack.person("U0ACME").mention(SHARED, "8", thread_ts=question.ts)
    refused = await slack.person("U0ACME").wait_for_ephemeral(since=since, timeout=20)
    ask = question.blocks[1]["elements"][0]["value"].partition(":")[0]

    assert "your number was not taken" in refused.text
    assert await bot.bot.kept.surveys.answers(ask) == []


async def test_a_typed_number_waits_for_a_store_that_is_stuck(
    place: Place, slack: Sandbox, bot: Running
) -> None:
    """Slack sends it again until it is taken, and it counts once."""
    question, customer = await asked(slack), slack.person("U0ACME")
    since = slack.journal.last
    with locked(place):
        customer.mention(SHARED, "8", thread_ts=question.ts)
        await asyncio.sleep(2.2)
    thanks = await customer.wait_for_ephemeral(since=since, timeout=20)
    ask = question.blocks[1]["elements"][0]["value"].partition(":")[0]

    assert "8 out of 10" in thanks.text
    assert [a.score for a in await bot.bot.kept.surveys.answers(ask)] == [8]


async def test_after_a_ticket_the_account_is_asked_unless_it_is_open_again(place: Place) -> None:
    survey = {"name": "after a ticket", "scale": "ces", "after_ticket_hours": 4}
    slack = place.slack
    solved = records.Ticket(
        id="t1",
        requester="r1",
        opened=NOW,
        account_name="company 7",
        solved=NOW,
        changed=NOW,
    )
    reopened = replace(solved, id="t2", account_name="Company 8")
    of_nobody = replace(solved, id="t3", account_name="Unknown")
    async with running(config(place, surveys=[survey]), NOW) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", f"/keeprate link {ACME} c7")
        await told(slack, "U0LEAD", f"/keeprate link <#{SUCCESS}> c8")
        tickets = bot.bot.kept.tickets
        await tickets.put("zendesk", [solved, reopened, of_nobody])
        await bot.move(NOW + timedelta(hours=3, minutes=50))
        assert slack.messages(SHARED) == []
        await tickets.put(
            "zendesk", [replace(reopened, solved=None, changed=NOW + timedelta(hours=1))]
        )

        await bot.move(NOW + timedelta(hours=4, minutes=10))
        await bot.move(NOW + timedelta(hours=4, minutes=20))

    [question] = slack.messages(SHARED)
    assert "You made it easy for me" in question.text
    assert slack.messages(SUCCESS) == []


async def test_a_round_is_seen_before_it_comes_and_is_then_as_it_was_seen(place: Place) -> None:
    """Each in its language, with lots drawn as they will be."""
    survey = {
        "name": "Quarterly check",
        "scale": "nps",
        "customers": {},
        "sample": 0.5,
        "cron": "0 11 9 * *",
    }
    slack, channels = place.slack, (SHARED, SUCCESS, "C0GENERAL", "C0BOARD")
    path = config(place, surveys=[survey], asking={**BUDGET, "languages": {SHARED: "nl"}})
    async with running(path, NOW) as bot:
        await bot.pulled()
        slack.admin.invite("C0BOARD", "U0KEEP")
        slack.admin.invite("C0GENERAL", "U0KEEP")
        for number, channel in enumerate(channels, 7):
            await told(slack, "U0LEAD", f"/keeprate link <#{channel}> c{number}")
        shown = await told(slack, "U0LEAD", '/nps survey="quarterly check"')
        wrong = await told(slack, "U0LEAD", "/nps survey=quartely")
        by_hand = await told(slack, "U0LEAD", "/nps ask survey=quarterly")
        before = [len(slack.messages(channel)) for channel in channels]
        await bot.move(at("2026-11-09T11:00"))
        asked_now = {channel for channel in channels if slack.messages(channel)}

    assert before == [0, 0, 0, 0]
    assert "Quarterly check comes Monday 9 Nov 2026, 11:00." in shown.text
    would, _, not_drawn = shown.text.partition("Not asked:")
    assert {channel for channel in channels if channel in would} == asked_now
    assert {channel for channel in channels if channel in not_drawn} == {*channels} - asked_now
    assert 0 < len(asked_now) < 4
    assert 'no survey "quartely". Near it: Quarterly check.' in wrong.text
    assert "asks by itself" in by_hand.text


async def test_who_is_due_next_is_seen_before_they_are_asked(place: Place) -> None:
    after = {"name": "after a ticket", "scale": "ces", "after_ticket_hours": 4}
    slack, path = place.slack, config(place, surveys=[JOINING, after])
    async with running(path, at("2026-10-29T10:00")) as bot:
        await bot.pulled()
        await linked(slack)
        first = await told(slack, "U0LEAD", "/csat survey=onboarding")
        await bot.move(at("2026-10-30T02:31"))
        second = await told(slack, "U0LEAD", "/csat survey=onboarding")
        tickets = await told(slack, "U0LEAD", '/ces survey="after a ticket"')

    assert "1 would be asked:\n<#C0ACME> (Young One)" in first.text
    assert "Not asked:" not in first.text
    assert "1 would be asked:\n<#C0SUCCESS> (" in second.text
    assert "Young One" not in second.text  # who was asked, and not refused
    assert "4 h after a ticket was solved" in tickets.text


async def test_a_preview_is_in_the_language_of_the_channel(place: Place) -> None:
    languages = {SHARED: "nl", SUCCESS: "de"}
    slack, path = place.slack, config(place, asking={**BUDGET, "languages": languages})
    async with running(path, NOW) as bot:
        await bot.pulled()
        here = await told(slack, "U0LEAD", "/nps", SHARED)
        there = await told(slack, "U0LEAD", f"/nps {ACME} <#{SUCCESS}> <#C0GENERAL>")
        own = await told(slack, "U0LEAD", f"/nps {ACME} Alles goed daar?")
        await asked(slack)
        lately = await told(slack, "U0LEAD", "/nps", SHARED)

    assert "Hoe waarschijnlijk is het dat u ons aanbeveelt" in here.text
    for words in ("Hoe waarschijnlijk", "Wie wahrscheinlich", "How likely"):
        assert words in there.words()
    assert "Alles goed daar?" in own.text
    # Also where nobody is asked now.
    assert "Nobody would be asked." in lately.text
    assert "Hoe waarschijnlijk" in lately.text
    assert "Hoe waarschijnlijk" not in own.words()


async def test_who_opts_out_while_a_round_goes_on_is_not_asked_by_it(place: Place) -> None:
    survey = {
        "name": "contacts",
        "scale": "nps",
        "people": ["U0OWNER", "U0ACME", "U0GUEST"],
        "spread_days": 3,
        "cron": "0 11 2 * *",
    }
    slack = place.slack
    people = ("U0OWNER", "U0ACME", "U0GUEST")
    async with running(config(place, surveys=[survey]), NOW) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-02T11:01"))
        first, *others = sorted(people, key=lambda person: -len(direct(slack, person)))
        await bot.bot.kept.opt_outs.put(others[0], bot.clock())
        await bot.move(at("2026-11-10T11:01"))

    assert len(direct(slack, first)) == 2  # the question, and a reminder
    assert direct(slack, others[0]) == []
    assert len(direct(slack, others[1])) == 1


JOINING = {"name": "onboarding", "scale": "csat", "after_joining_days": 20, "cron": "30 2 * * *"}
LINKED = ((SHARED, "c41"), (SUCCESS, "c42"))
"""Who joined on 10 and 11 October: their days are 30 and 31 October."""


async def linked(slack: Sandbox) -> None:
    for channel, customer in LINKED:
        await told(slack, "U0LEAD", f"/keeprate link <#{channel}> {customer}")


async def test_so_long_after_joining_each_is_asked_once_whatever_restarts(place: Place) -> None:
    slack, path = place.slack, config(place, surveys=[JOINING])
    async with running(path, at("2026-10-29T10:00")) as bot:
        await bot.pulled()
        await linked(slack)
        await bot.move(at("2026-10-30T02:29"))
        before = [len(slack.messages(channel)) for channel, _ in LINKED]
        await bot.move(at("2026-10-30T02:31"))
        first = [len(slack.messages(channel)) for channel, _ in LINKED]
    async with running(path, at("2026-10-30T02:40")) as bot, running(path, NOW) as other:
        await bot.move(at("2026-10-31T03:00"))
        await asyncio.gather(bot.move(at("2026-11-01T03:00")), other.move(NOW))
        after = [len(slack.messages(channel)) for channel, _ in LINKED]

    assert (before, first, after) == ([0, 0], [1, 0], [1, 1])
    assert "How satisfied" in slack.messages(SHARED)[0].text


@pytest.mark.parametrize(
    ("night", "joined"), [("2027-03-28", "2027-03-08"), ("2026-10-25", "2026-10-05")]
)
async def test_the_night_in_which_clocks_are_set_asks_once(
    place: Place, night: str, joined: str
) -> None:
    """Half past two is not there in spring, and comes twice in autumn."""
    slack, path = place.slack, config(place, surveys=[JOINING])
    companies.write(place.folder, [f"c1,Acme,{joined},,pro,EMEA"])
    async with running(path, at(f"{night}T00:30")) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", f"/keeprate link {ACME} c1")
        for hours in (1, 2, 3, 4, 5):
            await bot.move(at(f"{night}T00:30").astimezone(UTC) + timedelta(hours=hours))

    assert len(slack.messages(SHARED)) == 1


async def test_before_a_term_ends_those_of_the_segment_are_asked(place: Place) -> None:
    survey = {
        "name": "before renewal",
        "scale": "nps",
        "before_renewal_days": 30,
        "customers": {"plan": "pro"},
    }
    slack = place.slack
    path = config(place, surveys=[survey], sources=[{**companies.SOURCE, "term_ends": ["region"]}])
    companies.write(
        place.folder,
        [
            "c1,Acme,2025-01-01,,pro,2026-12-05",
            "c2,Globex,2025-01-01,,free,2026-12-05",
            "c3,Initech,2025-01-01,2026-12-05,pro,2026-12-05",
        ],
    )
    async with running(path, NOW) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", f"/keeprate link {ACME} c1")
        await told(slack, "U0LEAD", f"/keeprate link <#{SUCCESS}> c2")
        await told(slack, "U0LEAD", "/keeprate link <#C0GENERAL> c3")
        await bot.move(at("2026-11-04T10:01"))
        too_early = len(slack.messages(SHARED))
        await bot.move(at("2026-11-05T10:01"))
        await bot.move(at("2026-11-06T10:01"))

    assert too_early == 0
    assert len(slack.messages(SHARED)) == 1
    assert slack.messages(SUCCESS) == []
    assert slack.messages("C0GENERAL") == []


async def test_a_round_asks_people_one_by_one(place: Place) -> None:
    survey = {
        "name": "contacts",
        "scale": "nps",
        "people": ["U0ACME", "S0CS"],
        "cron": "0 11 2 * *",
    }
    slack = place.slack
    async with running(config(place, surveys=[survey]), NOW) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-02T11:01"))

    for person in ("U0ACME", "U0LEAD"):
        assert len(slack.messages(slack.workspace.direct(person).id)) == 1


WEEK_LATER = at("2026-11-09T10:01")


async def test_who_did_not_answer_is_reminded_once_and_can_answer_there(place: Place) -> None:
    slack, path = place.slack, config(place)
    async with running(path, NOW) as bot:
        await bot.pulled()
        await asked(slack)  # in a channel, where nobody is reminded
        await told(slack, "U0LEAD", "/nps ask <@U0GUEST> <@U0OWNER>")
        await bot.move(at("2026-11-09T09:59"))
        before = direct(slack, "U0OWNER")
    async with running(path, WEEK_LATER) as bot, running(path, WEEK_LATER) as other:
        await asyncio.gather(bot.move(WEEK_LATER), other.move(WEEK_LATER))
        await bot.move(at("2026-11-09T10:11"))
        await bot.move(at("2026-11-20T10:11"))
        after = direct(slack, "U0OWNER")
        [_, reminder] = slack.messages(slack.workspace.direct("U0OWNER").id)
        thanks = await clicked(slack, "U0OWNER", reminder, 8)
        # What reminds them counts as asking: the month begins anew.
        again = await told(slack, "U0LEAD", "/csat <@U0GUEST>")

    assert (len(before), len(after)) == (1, 2)
    assert after[1].startswith("A reminder, and the only one")
    assert len(slack.messages(SHARED)) == 1
    assert "8 out of 10" in thanks.text
    assert "again from Wednesday 9 Dec" in again.text


@pytest.mark.parametrize(("back", "messages"), [("2026-11-12T09:50", 2), ("2026-11-12T10:10", 1)])
async def test_a_reminder_that_is_three_days_late_is_none(
    place: Place, slack: Sandbox, back: str, messages: int
) -> None:
    """The bot was switched off when its time came."""
    async with running(config(place), NOW) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/nps ask <@U0ACME>")
    async with running(config(place), at(back)) as bot:
        await bot.settle()
        await bot.move(at(back) + timedelta(minutes=11))

    assert len(direct(slack)) == messages


async def test_a_reminder_tells_the_same_last_day_as_the_question(
    place: Place, slack: Sandbox
) -> None:
    """Where it is tomorrow already when it is today in Greenwich."""
    path = config(place, definition={"zone": "Pacific/Auckland"})
    async with running(path, at("2026-11-02T00:30")) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/nps ask <@U0ACME>")
        await bot.move(at("2026-11-09T00:31"))
        asked_, reminded = slack.messages(slack.workspace.direct("U0ACME").id)

    assert "Open until 2 December 2026." in asked_.words()
    assert "Open until 2 December 2026." in reminded.words()


@pytest.mark.parametrize(
    "what", ["answered", "opted out", "closed", "asked anew", "answered since", "expired"]
)
async def test_who_is_done_with_a_question_is_not_reminded(
    place: Place, slack: Sandbox, what: str
) -> None:
    days = 31 if what == "expired" else 7
    path = config(place, asking={"person_days": 1, "customer_days": 0, "remind_days": days})
    async with running(path, NOW) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/nps ask <@U0ACME>")
        [question] = slack.messages(slack.workspace.direct("U0ACME").id)
        ask = ask_of(question)
        match what:
            case "answered":
                await clicked(slack, "U0ACME", question, 8)
            case "opted out":
                await bot.bot.kept.opt_outs.put("U0ACME", NOW)
            case "closed":
                await bot.bot.kept.surveys.close(ask, NOW)
            case "asked anew":
                await bot.move(at("2026-11-08T12:00"))
                await told(slack, "U0LEAD", "/csat ask <@U0ACME>")
            case "answered since":  # of another question, in the channel
                await bot.move(at("2026-11-03T12:00"))
                await clicked(slack, "U0ACME", await asked(slack, "/csat ask"), 4)
            case "expired":
                await bot.move(at("2026-12-03T10:01"))
        await bot.move(max(WEEK_LATER, bot.clock()))

    assert [text for text in direct(slack) if text.startswith("A reminder")] == []
