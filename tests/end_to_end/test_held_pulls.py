"""A person says what becomes of a pull that was held back."""

from datetime import timedelta

import pytest
from rich.console import Console

from bot.cli.pulling import decide_all
from bot.config import load
from bot.domain.pulls import PullState
from bot.parts import Clock
from tests.end_to_end import companies
from tests.end_to_end.running import NOTICES, Place, running, told
from tests.end_to_end.test_pulls import MONDAY, friday, newest


async def test_a_held_pull_is_believed_by_a_click_and_figures_follow(place: Place) -> None:
    async with friday(place) as bot:
        companies.write(place.folder, companies.rows()[:10])
        await bot.move(MONDAY)
        [notice] = place.posts(NOTICES)
        reply = await place.slack.person("U0ADMIN").click(notice, label="Accept it")
        answer = await place.slack.person("U0ADMIN").wait_for_ephemeral(NOTICES)
        await bot.settle()
        figure = await told(place.slack, "U0LEAD", "/crr 2026-10-01..2026-10-31")
        believed = await bot.bot.kept.pulls.newest("crm")
        assert believed is not None
        late = await bot.bot.decide_held(believed.id, False, "U0LEAD")
        assert await newest(bot) is PullState.BELIEVED
        deeds = await bot.bot.kept.deeds.since(MONDAY)

    assert reply.acked
    assert [(deed.person, deed.what, deed.about) for deed in deeds] == [
        ("U0ADMIN", "held pull believed", f"crm, pull {believed.id}")
    ]
    assert late.text.startswith("The pull of crm that was held back was believed")
    assert "was believed by a person" in answer.text
    [settled] = place.posts(NOTICES)
    assert "was believed by <@U0ADMIN>" in settled.words()
    assert "Accept it" not in settled.words()
    assert "as of Monday 2 Nov 2026" in figure.text


async def test_a_held_pull_is_discarded_by_a_click_and_figures_stay(place: Place) -> None:
    async with friday(place) as bot:
        companies.write(place.folder, companies.rows()[:10])
        await bot.move(MONDAY)
        [notice] = place.posts(NOTICES)
        await place.slack.person("U0ADMIN").click(notice, label="List who is missing")
        missing = await place.slack.person("U0ADMIN").wait_for_ephemeral(NOTICES)
        await place.slack.person("U0ADMIN").click(notice, label="Discard it")
        await place.slack.person("U0ADMIN").wait_for_ephemeral(NOTICES, containing="discarded")
        await bot.settle()
        figure = await told(place.slack, "U0LEAD", "/crr 2026-10-01..2026-10-29")
        assert await newest(bot) is PullState.DISCARDED

    assert "CRR 92.5 % (37 of 40 stayed)" in figure.text
    assert "1 to 29 of 29:" in missing.text
    [settled] = place.posts(NOTICES)
    assert "was discarded by <@U0ADMIN>" in settled.words()


async def test_the_buttons_of_a_held_pull_outlive_the_process(place: Place) -> None:
    async with friday(place) as bot:
        companies.write(place.folder, companies.rows()[:10])
        await bot.move(MONDAY)
    async with running(place.folder / "config.yaml", MONDAY + timedelta(minutes=5)) as bot:
        [notice] = place.posts(NOTICES, "was held back")
        status = await told(place.slack, "U0LEAD", "/keeprate status")
        await place.slack.person("U0ADMIN").click(notice, label="Accept it")
        answer = await place.slack.person("U0ADMIN").wait_for_ephemeral(NOTICES)
        await bot.settle()
        figure = await told(place.slack, "U0LEAD", "/crr 2026-10-01..2026-10-31")
        assert await newest(bot) is PullState.BELIEVED

    assert "The newest pull is held" in status.text
    assert "The figures are made of it now." in answer.text
    assert "of 10 stayed" in figure.text
    assert "as of Monday 2 Nov 2026, 09:05" in figure.text
    [settled] = place.posts(NOTICES, "crm")
    assert "Accept it" not in settled.words()


async def test_only_admins_decide_where_admins_are_named(place: Place) -> None:
    async with friday(place, people={"viewers": "everybody", "admins": ["U0ADMIN"]}) as bot:
        companies.write(place.folder, companies.rows()[:10])
        await bot.move(MONDAY)
        [notice] = place.posts(NOTICES)
        place.slack.admin.invite(NOTICES, "U0LEAD")
        await place.slack.person("U0LEAD").click(notice, label="Accept it")
        refused = await place.slack.person("U0LEAD").wait_for_ephemeral(NOTICES)
        assert await newest(bot) is PullState.HELD

    assert "Only an admin" in refused.text


@pytest.mark.parametrize(
    ("believe", "state"), [(True, PullState.BELIEVED), (False, PullState.DISCARDED)]
)
async def test_a_held_pull_is_decided_in_a_terminal_and_slack_hears_of_it(
    place: Place, believe: bool, state: PullState
) -> None:
    async with friday(place) as bot:
        companies.write(place.folder, companies.rows()[:10])
        await bot.move(MONDAY)
        config = load(place.folder / "config.yaml", {})
        clock, out = Clock.beginning(MONDAY), Console(record=True, quiet=True)
        assert await decide_all(config, "crm", believe=believe, clock=clock, out=out)
        assert not await decide_all(config, "", believe=believe, clock=clock, out=out)
        await bot.settle()
        assert await newest(bot) is state

    [settled] = place.posts(NOTICES)
    assert f"was {state}" in settled.words()
