"""What becomes of an alert whose channel is not what it was: none dies silently."""

from collections.abc import Callable
from datetime import date

import pytest

from bot.sandbox.server import Sandbox
from tests.end_to_end.running import NOTICES, SUCCESS, Place, at, running, told
from tests.end_to_end.test_episode import BAD, alerts, config, fields, form, send, write

SATURDAY, SUNDAY = at("2026-10-31T20:00"), at("2026-11-01T08:31")


@pytest.mark.parametrize(
    ("befalls", "news", "why"),
    [
        pytest.param(
            lambda slack: slack.admin.archive(SUCCESS),
            "was archived", "is_archived", id="archived",
        ),
        pytest.param(
            lambda slack: slack.admin.remove(SUCCESS, "U0KEEP"),
            "taken out of", "not_in_channel", id="lost",
        ),
        pytest.param(
            lambda slack: slack.admin.share(SUCCESS, "T0ACME"),
            "shared with people from outside now", "outside", id="shared",
        ),
    ],
)  # fmt: skip
async def test_it_is_told_to_the_admins_and_the_alert_goes_on_elsewhere(
    place: Place, befalls: Callable[[Sandbox], object], news: str, why: str
) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    async with running(config(place), SATURDAY) as bot:
        await bot.pulled()
        befalls(place.slack)
        await place.slack.wait_for_message(NOTICES, containing=news, timeout=20)
        await bot.move(SUNDAY)
        await bot.settle()
        [alert] = place.posts(NOTICES, "Chance of this by luck")
        reply = await place.slack.person("U0ADMIN").click(alert, "incident:acknowledge")
        assert reply.acked, reply.error
        await bot.settle()
        await bot.move(at("2026-11-08T08:45"))

    assert alerts(place) == []
    [notice] = place.posts(NOTICES, "An alert could not be posted")
    assert why in notice.text
    assert "Acknowledged by <@U0ADMIN>" in alert.words()
    [_, reminder] = [post.words() for post in place.posts(NOTICES) if post.thread_ts == alert.ts]
    assert "This is still open" in reminder


async def test_another_name_changes_nothing(place: Place) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    async with running(config(place), SATURDAY) as bot:
        await bot.pulled()
        place.slack.admin.rename(SUCCESS, "success-of-customers")
        await bot.move(SUNDAY)

    assert len(alerts(place)) == 1
    assert place.posts(NOTICES) == []


async def test_another_id_is_followed(place: Place) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    async with running(config(place), SATURDAY) as bot:
        await bot.pulled()
        place.slack.admin.change_id(SUCCESS, "C0NEW")
        await place.slack.wait_for_message(NOTICES, containing="C0NEW", timeout=20)
        await bot.move(SUNDAY)

    assert len(place.posts("C0NEW", "Chance of this by luck")) == 1


async def test_what_slack_does_not_take_for_a_while_arrives_when_it_does(place: Place) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    async with running(config(place), SATURDAY) as bot:
        await bot.pulled()
        place.slack.faults.status("chat.postMessage", 503, times=2)
        await bot.move(SUNDAY)
        await bot.move(at("2026-11-01T09:31"))
        await bot.move(at("2026-11-01T10:31"))

    assert len(alerts(place)) == 1


async def test_why_customers_left_is_a_table_in_the_monthly_post(place: Place) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    reasons = {"reasons": ["too dear", "price"]}
    async with running(config(place, alerts=reasons), SATURDAY) as bot:
        await bot.pulled()
        await bot.move(SUNDAY)
        shown = await form(place, "incident:reasons")
        first, second, third, *_ = fields(shown, "why:")
        said = {first: "too dear", second: "too dear"}
        await send(place, shown, {**said, third.replace("why:", "words:"): "moved abroad"})
        await bot.settle()
        await told(place.slack, "U0LEAD", "/keeprate subscribe monthly")
        await bot.move(at("2026-11-02T09:01"))
        [post] = place.posts(SUCCESS, "stayed in October 2026: CRR")

    assert "Why customers left: too dear 2, other 1, not known yet 27." in post.text
    assert "moved abroad" not in str(place.posts(SUCCESS))
    assert [block["type"] for block in post.blocks if "too dear" in str(block)] == ["table"]
