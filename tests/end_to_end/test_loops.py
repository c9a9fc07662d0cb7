"""A low score: told at once to who looks after the account, followed up, closed."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.loops import Loop, LoopState
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import Post
from tests.end_to_end import companies
from tests.end_to_end.running import (
    NOTICES,
    SHARED,
    SUCCESS,
    Place,
    Running,
    asked,
    at,
    clicked,
    running,
    told,
)

NOW = at("2026-11-02T10:00")
LOOP: dict[str, Any] = {"channel": SUCCESS, "hours": 4, "up": [NOTICES]}


def config(place: Place, **loop: Any) -> Any:
    companies.write(place.folder)
    return place.config(sources=[companies.SOURCE], weekly_post=None, loop={**LOOP, **loop})


async def low_score(slack: Sandbox, bot: Running, score: int = 3) -> Post:
    """The question that was answered so."""
    question = await asked(slack)
    await clicked(slack, "U0ACME", question, score)
    await bot.settle()
    return question


async def loop(bot: Running) -> Loop:
    found = await bot.bot.kept.loops.get(1)
    assert found is not None
    return found


async def test_a_low_score_is_told_taken_and_closed(place: Place, http_port: int) -> None:
    slack = place.slack
    companies.write(place.folder)
    settings = place.config(
        sources=[companies.SOURCE], weekly_post=None, http_port=http_port, loop=LOOP
    )
    owner = slack.person("U0OWNER")
    async with running(settings, NOW) as bot:
        await bot.pulled()
        await low_score(slack, bot)
        customer = slack.person("U0ACME")
        await customer.submit(await customer.modal(), {"comment": "Nobody <!channel> answers."})
        await bot.settle()

        [post] = place.posts(SUCCESS)
        assert "NPS 3 out of 10" in post.text
        assert "Nobody &lt;!channel&gt; answers." in post.words()

        await owner.click(post, "loop:take")
        await slack.wait_for_message(SUCCESS, containing="<@U0OWNER> took it on", timeout=20)
        await owner.click(post, "loop:reply")
        await owner.submit(await owner.modal(timeout=20), {"text": "I call you at two."})
        reply = await slack.wait_for_message(SHARED, containing="I call you at two.", timeout=20)
        assert "3" not in reply.text.replace("U0ACME", "")
        await owner.click(post, "loop:close")
        form = await owner.modal(timeout=20)
        await owner.submit(form, {"cause": "Slow or poor support", "action": "Called them."})
        await slack.wait_for_message(SUCCESS, containing="Closed by <@U0OWNER>", timeout=20)

        closed = await loop(bot)
    assert closed.state is LoopState.CLOSED
    assert (closed.cause, closed.action) == ("Slow or poor support", "Called them.")
    assert place.posts(SUCCESS) == [post]
    assert "Cause: Slow or poor support. Done: Called them." in post.text
    assert "loop:" not in str(post.blocks)


@pytest.mark.parametrize("score", [7, 8, 9, 10])
async def test_nobody_is_told_of_a_score_that_is_not_low(place: Place, score: int) -> None:
    async with running(config(place), NOW) as bot:
        await bot.pulled()
        await low_score(place.slack, bot, score)

    assert place.posts(SUCCESS) == []


async def test_what_nobody_takes_goes_up_once_also_after_a_restart(place: Place) -> None:
    settings = config(place)
    async with running(settings, NOW) as bot:
        await bot.pulled()
        await low_score(place.slack, bot)
        await bot.move(at("2026-11-02T13:59"))
        assert place.posts(NOTICES) == []
    async with running(settings, at("2026-11-02T14:05")) as bot:
        await bot.settle()
        [up] = place.posts(NOTICES)
        await bot.move(at("2026-11-03T14:05"))

        assert place.posts(NOTICES) == [up]
        [first] = place.posts(SUCCESS)
        assert "goes to" not in first.words()
        await place.slack.person("U0ADMIN").click(up, "loop:take")
        await place.slack.wait_for_message(SUCCESS, containing="<@U0ADMIN> took it", timeout=20)
        await bot.settle()
        assert "<@U0ADMIN> took it" in up.words()


async def test_who_closes_what_was_closed_meanwhile_is_told_by_whom(place: Place) -> None:
    people = [place.slack.person(each) for each in ("U0OWNER", "U0ADMIN")]
    async with running(config(place), NOW) as bot:
        await bot.pulled()
        await low_score(place.slack, bot)
        [post] = place.posts(SUCCESS)
        for each in people:
            await each.click(post, "loop:close")
        forms = [await each.modal(timeout=20) for each in people]
        for each, form in zip(people, forms, strict=True):
            await each.submit(form, {"cause": "Hard to use", "action": f"Called by {each.id}."})
        told = await people[1].modal()
        kept = await loop(bot)

    assert "<@U0OWNER> has closed it while you were writing" in told.words()
    assert (kept.closed_by, kept.action) == ("U0OWNER", "Called by U0OWNER.")


async def test_what_somebody_has_taken_does_not_go_up(place: Place) -> None:
    async with running(config(place), NOW) as bot:
        await bot.pulled()
        await low_score(place.slack, bot)
        [post] = place.posts(SUCCESS)
        await place.slack.person("U0OWNER").click(post, "loop:take")
        await bot.move(at("2026-11-04T10:00"))

    assert place.posts(NOTICES) == []


async def test_a_misclick_that_is_mended_needs_nothing_done(place: Place) -> None:
    async with running(config(place), NOW) as bot:
        await bot.pulled()
        question = await low_score(place.slack, bot, 0)
        await clicked(place.slack, "U0ACME", question, 10)
        await bot.move(at("2026-11-04T10:00"))

    [post] = place.posts(SUCCESS)
    assert "not a low one any more" in post.words()
    assert "loop:" not in str(post.blocks)
    assert place.posts(NOTICES) == []


async def test_answers_from_before_it_was_switched_on_are_not_dug_up(place: Place) -> None:
    companies.write(place.folder)
    without = place.config(sources=[companies.SOURCE], weekly_post=None)
    async with running(without, NOW) as bot:
        await bot.pulled()
        await low_score(place.slack, bot)
    async with running(config(place), at("2026-11-02T11:00")) as bot:
        await bot.settle()

    assert place.posts(SUCCESS) == []


async def test_the_owner_of_the_account_hears_of_it_alone_with_what_is_known(
    place: Place,
) -> None:
    settings = config(place, owner="region", people={"emea": "U0OWNER"})
    slack = place.slack
    owner = slack.person("U0OWNER")
    async with running(settings, NOW) as bot:
        await bot.pulled()
        await bot.bot.kept.links.link("crm", SHARED, "c1", by="U0LEAD", now=bot.clock())
        await low_score(slack, bot)
        direct = slack.workspace.direct("U0OWNER").id
        [post] = place.posts(direct)
        assert place.posts(SUCCESS) == []
        assert "NPS 3 out of 10 from Company 1" in post.text
        assert "Customer since 2 Jan 2025 · plan pro" in post.text
        assert "<@U0OWNER>, this is yours." in post.words()

        await owner.click(post, "loop:close")
        form = await owner.modal(timeout=20)
        await owner.submit(form, {"cause": "Invoicing", "action": "One e-mail."})
        await bot.settle()
        assert "Cause: Invoicing. Done: One e-mail." in post.text
    assert place.posts(direct) == [post]


def owned_by(place: Place, email: str, **sections: Any) -> Any:
    """config.yaml, where the field of the first company's owner says so."""
    settings = config(place, owner="region", **sections)
    first, *rest = companies.rows()
    companies.write(place.folder, [first.replace("EMEA", email), *rest])
    return settings


async def test_an_owner_is_found_by_e_mail(place: Place) -> None:
    slack = place.slack
    email = slack.workspace.users["U0OWNER"].email
    async with running(owned_by(place, email.upper()), NOW) as bot:
        await bot.pulled()
        await bot.bot.kept.links.link("crm", SHARED, "c1", by="U0LEAD", now=bot.clock())
        await low_score(slack, bot)
        await low_score(slack, bot)

    calls = [each for each in slack.journal.since() if "users.lookupByEmail" in str(each.data)]
    assert len(calls) == 1, "Slack is asked once"
    [post, _] = place.posts(slack.workspace.direct("U0OWNER").id)
    assert "NPS 3 out of 10 from Company 1" in post.text
    assert place.posts(SUCCESS) == []


@pytest.mark.parametrize("person", ["U0ACME", "U0GUEST", "U0NOBODY"])
async def test_an_address_of_somebody_else_is_nobody_s_and_in_no_log(
    place: Place, person: str, capsys: pytest.CaptureFixture[str]
) -> None:
    known = place.slack.workspace.users.get(person)
    email = known.email if known else "gone@example.com"
    async with running(owned_by(place, email), NOW) as bot:
        await bot.pulled()
        await bot.bot.kept.links.link("crm", SHARED, "c1", by="U0LEAD", now=bot.clock())
        await low_score(place.slack, bot)

    assert len(place.posts(SUCCESS)) == 1
    assert email not in capsys.readouterr().out


async def test_without_the_scope_it_goes_to_the_channel(place: Place) -> None:
    place.slack.admin.withdraw("users:read.email")
    email = place.slack.workspace.users["U0OWNER"].email
    async with running(owned_by(place, email), NOW) as bot:
        await bot.pulled()
        await bot.bot.kept.links.link("crm", SHARED, "c1", by="U0LEAD", now=bot.clock())
        await low_score(place.slack, bot)

    assert len(place.posts(SUCCESS)) == 1


async def test_nobody_of_another_workspace_is_told_as_an_owner(place: Place) -> None:
    settings = config(place, owner="region", people={"EMEA": "U0ACME"})
    async with running(settings, NOW) as bot:
        await bot.pulled()
        await bot.bot.kept.links.link("crm", SHARED, "c1", by="U0LEAD", now=bot.clock())
        await low_score(place.slack, bot)

    assert len(place.posts(SUCCESS)) == 1


async def test_results_tell_what_became_of_low_scores(place: Place) -> None:
    slack = place.slack
    async with running(config(place), NOW) as bot:
        await bot.pulled()
        await low_score(slack, bot)
        [post] = place.posts(SUCCESS)
        await slack.person("U0OWNER").click(post, "loop:close")
        form = await slack.person("U0OWNER").modal(timeout=20)
        await slack.person("U0OWNER").submit(form, {"cause": "Invoicing", "action": "Done."})
        await bot.move(at("2026-11-20T10:00"))
        await clicked(slack, "U0ACME", await asked(slack), 9)
        found = await told(slack, "U0LEAD", "/nps results this quarter")

    assert "1 of 1 low score followed up to the end (100 %)" in found.text
    assert "Of 1 author who answered again, 1 no longer gives a low score." in found.text
    assert "Causes: Invoicing 1." in found.text


async def test_two_replicas_tell_once_by_themselves_and_send_up_once(place: Place) -> None:
    settings, slack = config(place), place.slack
    async with running(settings, NOW) as one, running(settings, NOW) as other:
        await one.pulled()
        await other.pulled()
        await clicked(slack, "U0ACME", await asked(slack), 3)
        post = await slack.wait_for_message(SUCCESS, containing="NPS 3 out of 10", timeout=20)
        for bot in (one, other):
            bot.clock.offset += timedelta(hours=5)
        await asyncio.gather(one.settle(), other.settle())
        await one.settle()
        [up] = place.posts(NOTICES)
        await slack.person("U0OWNER").click(post, "loop:take")
        await slack.wait_for_message(NOTICES, containing="took it on", timeout=20)

    assert place.posts(SUCCESS) == [post]
    assert place.posts(NOTICES) == [up]


async def test_the_context_has_the_open_tickets_of_the_account_found_by_domain(
    place: Place,
) -> None:
    companies.write(place.folder)
    lines = [f"{row},{'acme.example' if row.startswith('c1,') else ''}" for row in companies.rows()]
    (place.folder / "customers.csv").write_text(
        "\n".join([f"{companies.HEADER},web", *lines]) + "\n"
    )
    desk = {"kind": "csv", "name": "desk", "path": "tickets.csv", "matches": "domain",
            "tickets": {"id": "id", "requester": "mail", "email": "mail", "opened": "opened",
                        "solved": "solved"}}  # fmt: skip
    (place.folder / "tickets.csv").write_text(
        "id,mail,opened,solved\n"
        "1,ann@acme.example,2026-11-01T09:00:00Z,\n"
        "2,bo@acme.example,2026-11-01T09:00:00Z,\n"
        "3,bo@acme.example,2026-11-01T09:00:00Z,2026-11-01T10:00:00Z\n"
        "4,x@other.example,2026-11-01T09:00:00Z,\n"
    )
    crm = {**companies.SOURCE, "domains": "web"}
    settings = place.config(sources=[crm, desk], weekly_post=None, loop=LOOP)
    async with running(settings, NOW) as bot:
        await bot.settle()
        await bot.bot.kept.links.link("crm", SHARED, "c1", by="U0LEAD", now=bot.clock())
        await low_score(place.slack, bot)

    [post] = place.posts(SUCCESS)
    assert "2 open tickets" in post.text


async def test_a_viewer_may_not_take_what_is_not_theirs_and_an_owner_may(place: Place) -> None:
    slack = place.slack
    companies.write(place.folder)
    settings = place.config(
        sources=[companies.SOURCE],
        weekly_post=None,
        loop={**LOOP, "owner": "region", "people": {"EMEA": "U0OWNER"}},
        people={"viewers": "everybody", "operators": ["U0LEAD"], "admins": ["U0LEAD"]},
    )
    owner = slack.person("U0OWNER")
    async with running(settings, NOW) as bot:
        await bot.pulled()
        await low_score(slack, bot)
        [post] = place.posts(SUCCESS)
        since = slack.journal.last
        await owner.click(post, "loop:take")
        refused = await owner.wait_for_ephemeral(SUCCESS, since=since, timeout=20)
        untouched = await loop(bot)
        await bot.bot.kept.links.link("crm", SHARED, "c1", by="U0LEAD", now=bot.clock())
        await low_score(slack, bot, 2)
        [own] = place.posts(slack.workspace.direct("U0OWNER").id)
        await owner.click(own, "loop:take")
        await slack.wait_for_message(own.channel, containing="<@U0OWNER> took it", timeout=20)

    assert "Only the account's owner and the operators" in refused.text
    assert untouched.state is LoopState.OPEN


async def test_it_is_followed_up_though_the_bot_starts_anew_after_each_step(place: Place) -> None:
    slack, settings = place.slack, config(place)
    owner = slack.person("U0OWNER")
    async with running(settings, NOW) as bot:
        await bot.pulled()
        await low_score(slack, bot)
        [post] = place.posts(SUCCESS)
    async with running(settings, NOW + timedelta(minutes=5)):
        await owner.click(post, "loop:take")
        await slack.wait_for_message(SUCCESS, containing="<@U0OWNER> took it on", timeout=20)
    async with running(settings, NOW + timedelta(minutes=10)):
        await owner.click(post, "loop:reply")
        form = await owner.modal(timeout=20)
    async with running(settings, NOW + timedelta(minutes=15)) as bot:
        await owner.submit(form, {"text": "I call you at two."})
        await slack.wait_for_message(SHARED, containing="I call you at two.", timeout=20)
        await bot.settle()
    async with running(settings, NOW + timedelta(minutes=20)):
        await owner.click(post, "loop:close")
        form = await owner.modal(timeout=20)
    async with running(settings, NOW + timedelta(minutes=25)) as bot:
        await owner.submit(form, {"cause": "Invoicing", "action": "Called."})
        await slack.wait_for_message(SUCCESS, containing="Cause: Invoicing", timeout=20)
    async with running(settings, NOW + timedelta(days=2)) as bot:
        await bot.settle()

    assert place.posts(SUCCESS) == [post]
    assert len(place.posts(SHARED, "I call you at two.")) == 1
    assert place.posts(NOTICES) == []


HEADING = "id,on,score,who,company,agent,ticket,comment"
DESK: dict[str, Any] = {
    "kind": "csv", "name": "desk", "path": "ratings.csv",
    "ratings": {
        "id": "id", "on": "on", "score": "score", "lowest": 1, "highest": 5, "requester": "who",
        "account": "company", "agent_name": "agent", "ticket": "ticket", "comment": "comment",
    },
}  # fmt: skip
OLD = "1,2026-11-02T08:59:00Z,1,7,c1,Ann,17,Old grief"
LOW = "2,2026-11-02T09:10:00Z,2,7,c1,Ann,18,Nobody <!channel> answers"
FINE = "3,2026-11-02T09:11:00Z,4,8,c2,Ann,19,Fine"


def with_helpdesk(place: Place, **loop: Any) -> Any:
    companies.write(place.folder)
    rated(place, OLD)
    return place.config(sources=[companies.SOURCE, DESK], weekly_post=None, loop={**LOOP, **loop})


def rated(place: Place, *rows: str) -> None:
    """What the helpdesk says from now on."""
    new = place.folder / "ratings.new"
    new.write_text("\n".join([HEADING, *rows]) + "\n")
    new.replace(place.folder / "ratings.csv")


async def read_once(bot: Running) -> None:
    """Returns when the customers and the helpdesk were read."""
    async with asyncio.timeout(20):
        while await bot.bot.kept.pulls.newest_believed("crm") is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        while not await bot.bot.kept.tickets.last_reads():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await bot.settle()


async def test_a_low_rating_of_the_helpdesk_is_told_once_and_older_ones_are_not(
    place: Place,
) -> None:
    settings = with_helpdesk(place, owner="region", people={"EMEA": "U0OWNER"})
    slack = place.slack
    async with running(settings, NOW) as bot:
        await read_once(bot)
        rated(place, OLD, LOW, FINE)
        await bot.move(at("2026-11-02T10:16"))
        await bot.move(at("2026-11-02T10:31"))
    async with running(settings, at("2026-11-02T10:46")) as bot:
        await bot.settle()
        [post] = place.posts(slack.workspace.direct("U0OWNER").id)
        owner = slack.person("U0OWNER")
        await owner.click(post, "loop:take")
        await slack.wait_for_message(post.channel, containing="took it on", timeout=20)
        await owner.click(post, "loop:close")
        form = await owner.modal(timeout=20)
        await owner.submit(form, {"cause": "Invoicing", "action": "Called."})
        await bot.settle()
        found = await told(slack, "U0LEAD", "/csat results this quarter")

    assert "CSAT 2 out of 5 from Company 1 in desk, for ticket 18, which Ann looked after" in (
        post.text
    )
    assert "Nobody &lt;!channel&gt; answers" in post.words()
    assert "before: 1 out of 5 on 2 Nov 2026" in post.text
    assert "Cause: Invoicing. Done: Called." in post.text
    assert "loop:reply" not in str(place.slack.journal.since())
    assert place.posts(SUCCESS) == []
    assert "1 of 1 low score followed up to the end" in found.text


async def test_a_rating_that_is_mended_needs_nothing_done_and_one_left_goes_up(
    place: Place,
) -> None:
    settings = with_helpdesk(place)
    other = LOW.replace("2,2026", "9,2026", 1).replace("c1", "c2")
    async with running(settings, NOW) as bot:
        await read_once(bot)
        rated(place, OLD, LOW, other)
        await bot.move(at("2026-11-02T10:16"))
        rated(place, OLD, LOW.replace("Z,2,", "Z,5,"), other)
        await bot.move(at("2026-11-02T15:16"))

    told = {"c2" if "Company 2" in post.text else "c1": post for post in place.posts(SUCCESS)}
    assert "not a low one any more" in told["c1"].words()
    assert "took it" not in told["c2"].words()
    [up] = place.posts(NOTICES)
    assert "Company 2" in up.text


async def test_two_replicas_tell_of_a_rating_once_and_its_comment_is_forgotten_in_time(
    place: Place,
) -> None:
    settings = with_helpdesk(place, up=[])
    async with running(settings, NOW) as one, running(settings, NOW) as other:
        await asyncio.gather(read_once(one), read_once(other))
        rated(place, OLD, LOW)
        for bot in (one, other):
            bot.clock.offset += timedelta(minutes=16)
        await asyncio.gather(one.settle(), other.settle())
        await one.settle()
        [post] = place.posts(SUCCESS)
        assert "Nobody &lt;!channel&gt; answers" in post.words()
        rated(place, OLD)
        for bot in (one, other):
            bot.clock.offset += timedelta(days=402)
        await asyncio.gather(one.settle(), other.settle())
        await one.settle()

    assert "Nobody" not in post.words().replace("Nobody has", "")
    assert place.posts(SUCCESS) == [post]


async def test_what_was_given_in_the_helpdesk_is_not_replied_to_in_slack(place: Place) -> None:
    """Not even by a form that was opened for another score."""
    settings, slack = with_helpdesk(place), place.slack
    owner = slack.person("U0OWNER")
    async with running(settings, NOW) as bot:
        await read_once(bot)
        await low_score(slack, bot)
        [post] = place.posts(SUCCESS)
        rated(place, OLD, LOW)
        await bot.move(at("2026-11-02T10:16"))
        await owner.click(post, "loop:reply")
        form = await owner.modal(timeout=20)
        form.content["private_metadata"] = f"2:{SUCCESS}"
        reply = await owner.submit(form, {"text": "I call you at two."})
        await bot.settle()

    assert "reply to it there" in str(reply.payload)
    assert place.posts(SHARED, "I call you at two.") == []
