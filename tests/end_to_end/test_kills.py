"""`kill -9` at every step: one message in Slack, and no answer lost.

A process is ended before or after its first, second, third … COMMIT until one lives to the end. In
between it posts, so that every step lies between two of these deaths: the claim, Slack's yes, our
mark. Then another process goes on, three minutes later.
"""

import asyncio
import shutil
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from bot.sandbox.server import Sandbox
from bot.sandbox.settings import CUSTOMER, Settings, User
from bot.sandbox.workspace import Post
from tests.end_to_end import companies
from tests.end_to_end.mortal import CLAIM, MARK, Death, Moment, begin, ended
from tests.end_to_end.running import (
    NOTICES,
    SHARED,
    SUCCESS,
    Place,
    ask_of,
    asked,
    at,
    clicked,
    running,
    without_history,
    workspace,
)
from tests.end_to_end.shop import WEEKLY_DROP

MORE = ("U0ADAM", "U0BEA")
"""More people of the customer's, so that many click at once."""

pytestmark = pytest.mark.timeout(240)

MOST = 40
"""Commits, at most, until the work is done."""

Prepare = Callable[[Place], Awaitable[Path]]


async def before_the_post(place: Place) -> Path:
    """All but the post is done: what is killed begins at nine."""
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE])
    async with running(config, at("2026-11-02T08:50")) as bot:
        await bot.pulled()
    return config


async def before_the_alert(place: Place) -> Path:
    config = place.config(rules=[{**WEEKLY_DROP, "cron": "5 8 * * *"}], weekly_post=None)
    async with running(config, at("1997-09-22T08:00")) as bot:
        await bot.pulled()
    return config


async def copies(folder: Path, prepare: Prepare, empty: Path) -> Path:
    """A folder as it is before the deaths, made once."""
    made = folder / "prepared"
    made.mkdir()
    shutil.copy(empty, made / "keeprate.db")
    async with Sandbox(workspace()) as slack:
        await prepare(Place(made, f"sqlite:///{made}/keeprate.db", slack))
    return made


@dataclass(frozen=True, slots=True)
class Fate:
    """What came of one process."""

    code: int
    stood: int
    """Messages in Slack when it ended."""
    messages: int
    """In the end, when another process had gone on."""
    notices: tuple[str, ...]


async def die_and_go_on(place: Place, config: Path, moment: datetime, death: Death) -> Fate:
    code = await ended(begin(config, moment, death, sent=1))
    stood = len(place.posts(SUCCESS))
    later = moment + timedelta(minutes=3)
    async with running(config, later) as bot:
        await bot.settle()
        # A post of which nobody knows is looked for when Slack has surely finished with it.
        await bot.move(later + timedelta(minutes=1))
    notices = tuple(notice.text for notice in place.posts(NOTICES))
    return Fate(code, stood, len(place.posts(SUCCESS)), notices)


async def every_fate(
    tmp_path: Path,
    empty: Path,
    prepare: Prepare,
    moment: datetime,
    when: Moment,
) -> list[Fate]:
    """Of one process for each COMMIT, until two in a row live to the end."""
    prepared = await copies(tmp_path, prepare, empty)

    async def one(number: int) -> Fate:
        folder = tmp_path / str(number)
        shutil.copytree(prepared, folder)
        async with Sandbox(workspace()) as slack:
            place = Place(folder, f"sqlite:///{folder}/keeprate.db", slack)
            config = configured(place, prepare)
            return await die_and_go_on(place, config, moment, Death(number, when))

    fates: list[Fate] = []
    for number in range(1, MOST, 2):
        pair = await asyncio.gather(one(number), one(number + 1))
        fates += pair
        # How many works share a commit differs, so one that lived does not say that all would.
        if all(fate.code == 0 for fate in pair):
            return fates
    pytest.fail("the work was never done")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("prepare", "moment"),
    [
        (before_the_post, at("2026-11-02T09:00:01")),
        (before_the_alert, at("1997-09-22T08:05:01")),
    ],
    ids=["weekly post", "alert"],
)
async def test_killed_at_any_commit_it_is_one_message(
    tmp_path: Path, empty_sqlite: Path, prepare: Prepare, moment: datetime, when: Moment
) -> None:
    fates = await every_fate(tmp_path, empty_sqlite, prepare, moment, when)

    assert {fate.code for fate in fates} == {-signal.SIGKILL, 0}
    assert {(fate.messages, fate.notices) for fate in fates} == {(1, ())}


STEPS = [
    (Death(1, "before", CLAIM), 0),
    (Death(1, "after", CLAIM), 0),
    (Death(1, "before", MARK), 1),
    (Death(1, "after", MARK), 1),
]
"""Deaths around the claim and the mark of the post, and how many messages stand in Slack then."""


@pytest.mark.parametrize(("death", "stood"), STEPS)
async def test_between_claim_yes_and_mark_it_is_one_message(
    place: Place, death: Death, stood: int
) -> None:
    config = await before_the_post(place)
    fate = await die_and_go_on(place, config, at("2026-11-02T09:00:01"), death)

    assert fate == Fate(-signal.SIGKILL, stood, 1, ())


class TestWhereTheBotMayNotLook:
    """Without channels:history. Never twice, and never lost without a word."""

    @pytest.fixture
    def settings(self) -> Settings:
        return without_history(workspace())

    @pytest.mark.parametrize(("death", "stood"), STEPS[1:3])
    async def test_a_person_is_asked_to(self, place: Place, death: Death, stood: int) -> None:
        config = await before_the_post(place)
        fate = await die_and_go_on(place, config, at("2026-11-02T09:00:01"), death)

        assert (fate.code, fate.stood, fate.messages) == (-signal.SIGKILL, stood, stood)
        [notice] = fate.notices
        assert "The weekly post could not be posted" in notice
        assert "look yourself" in notice
        assert "channels:history" in notice

    @pytest.mark.parametrize(("death", "stood"), [STEPS[0], STEPS[3]])
    async def test_what_is_sure_is_told_to_nobody(
        self, place: Place, death: Death, stood: int
    ) -> None:
        config = await before_the_post(place)
        fate = await die_and_go_on(place, config, at("2026-11-02T09:00:01"), death)

        assert fate == Fate(-signal.SIGKILL, stood, 1, ())


@pytest.mark.parametrize("when", ["before", "after"])
async def test_every_click_that_slack_saw_acknowledged_is_stored(
    tmp_path: Path, empty_sqlite: Path, when: Moment
) -> None:
    """Four people click again and again, until the process dies; each has the last score that was
    acknowledged, or one that came after it."""
    settings = workspace()
    died = 0
    for number in (1, 2, 3, 5, 8, 13):
        folder = tmp_path / str(number)
        folder.mkdir()
        shutil.copy(empty_sqlite, folder / "keeprate.db")
        async with Sandbox(settings) as slack:
            for person in MORE:
                slack.admin.add_user(User(person, person.lower(), person, CUSTOMER))
                slack.admin.invite(SHARED, person)
            place = Place(folder, f"sqlite:///{folder}/keeprate.db", slack)
            companies.write(folder)
            config = place.config(sources=[companies.SOURCE], weekly_post=None)
            async with running(config, at("2026-11-02T08:50")) as bot:
                await bot.pulled()
                question = await asked(slack)
            process = begin(config, at("2026-11-02T08:55"), Death(number, when))
            impatient(slack, 1.0)
            acknowledged = await click_until_dead(slack, question, process)
            impatient(slack, 10.0)
            died += await ended(process) == -signal.SIGKILL

            async with running(config, at("2026-11-02T09:00")) as bot:
                answers = await bot.bot.kept.surveys.answers(ask_of(question))
                stored = {answer.person: answer.score for answer in answers}
                for person, score in acknowledged.items():
                    assert stored.get(person, -1) >= score
                assert "10 out of 10" in (await clicked(slack, "U0ACME", question, 10)).text

    assert died == 6


def impatient(slack: Sandbox, seconds: float) -> None:
    """From now on an ack is late after so long: where nobody lives, none is to come."""
    settings = slack.workspace.settings
    slack.workspace.settings = replace(settings, timing=replace(settings.timing, ack=seconds))


async def click_until_dead(slack: Sandbox, question: Post, process: BaseProcess) -> dict[str, int]:
    """The last score of each person that was acknowledged."""
    await slack.sockets.wait_until_connected(1)
    acknowledged: dict[str, int] = {}

    async def click(person: str) -> None:
        for score in range(11):
            if process.exitcode is not None:
                return
            reply = await slack.person(person).click(question, f"score:{score}")
            if reply.acked:
                acknowledged[person] = score
            if view := slack.person(person).open_modal:
                await slack.person(person).close(view)

    await asyncio.gather(*map(click, ("U0ACME", "U0GUEST", *MORE)))
    return acknowledged


def configured(place: Place, prepare: Prepare) -> Path:
    """The same settings for another folder and Slack."""
    if prepare is before_the_post:
        return place.config(sources=[companies.SOURCE])
    return place.config(rules=[{**WEEKLY_DROP, "cron": "5 8 * * *"}], weekly_post=None)
