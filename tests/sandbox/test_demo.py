"""The demo as a visitor finds it, uses it over HTTP, and leaves it."""

import asyncio
import errno
import os
import re
import signal
import socket
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.cli.showing import free_port
from bot.domain.surveys import Scale
from bot.errors import ConfigError
from bot.sandbox import scenes
from bot.sandbox.demo import Demo, Exports, show, staged
from bot.sandbox.guide import is_by_schedule
from bot.sandbox.scenes import (
    ACME_SHARED,
    BOARD,
    CARLA,
    GLOBEX_SHARED,
    LEAD,
    SUCCESS,
    ZONE,
    Answered,
)
from bot.sandbox.story import ENDS, OWNERS

OWNER = "U0OWNER"


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    """Open, at two past nine on the second of November."""
    async with staged() as demo:
        await demo.begin()
        yield demo


@pytest.fixture
async def http(demo: Demo) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=demo.slack.url, timeout=120, trust_env=False) as client:
        yield client


class Visitor:
    """Uses the sandbox as its page does."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def act(self, person: str, do: str, **what: Any) -> dict[str, Any]:
        answer = await self._http.post("/sandbox/act", json={"person": person, "do": do, **what})
        body: dict[str, Any] = answer.json()
        assert body["ok"], body
        return body

    async def command(self, person: str, words: str, channel: str) -> None:
        command, _, text = words.partition(" ")
        await self.act(person, "command", command=command, text=text, channel=channel)

    async def messages(self, person: str, channel: str) -> list[dict[str, Any]]:
        where = {"person": person, "channel": channel}
        answer = await self._http.get("/sandbox/messages", params=where)
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found

    async def button(self, person: str, channel: str, action_id: str) -> dict[str, Any]:
        """The newest message that has it, as soon as there is one."""
        while True:
            posts = await self.messages(person, channel)
            for post in posts[::-1]:
                if any(
                    element.get("action_id") == action_id
                    for block in post.get("blocks", ())
                    for element in block.get("elements", ())
                ):
                    return post
            await asyncio.sleep(0.02)

    async def press(self, person: str, channel: str, action_id: str) -> None:
        post = await self.button(person, channel, action_id)
        await self.act(person, "click", channel=channel, ts=post["ts"], action_id=action_id)

    async def modal(self, person: str) -> dict[str, Any]:
        while True:
            answer = await self._http.get("/sandbox/views", params={"person": person})
            if stack := answer.json()["modals"]:
                view: dict[str, Any] = stack[-1]
                return view
            await asyncio.sleep(0.02)

    async def state(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self._http.get("/sandbox/state")).json()
        return found

    async def done(self) -> list[bool]:
        return [step["done"] for step in (await self.state())["guide"]]

    async def move(self, to: str) -> datetime:
        answer = await self._http.post("/sandbox/clock", json={"to": to})
        return datetime.fromisoformat(answer.json()["now"]).astimezone(ZONE)


@pytest.fixture
def visitor(http: httpx.AsyncClient) -> Visitor:
    return Visitor(http)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def headings(demo: Demo, channel: str) -> list[str]:
    """Of the bot's messages in a channel, oldest first."""
    return [
        post.blocks[0]["text"]["text"]
        for post in demo.slack.messages(channel)
        if post.bot_id and post.blocks[0]["type"] == "header"
    ]


async def test_it_opens_with_the_weekly_post_and_an_alert_that_waits_for_somebody(
    demo: Demo,
) -> None:
    told = headings(demo, SUCCESS)

    assert told[-2:] == [
        ":rotating_light: Retention dropped",
        "Customer retention, week 26 Oct to 1 Nov 2026",
    ]
    assert sum(heading.startswith("Customer retention") for heading in told) == 5
    alert, post = [post for post in demo.slack.messages(SUCCESS) if post.bot_id][-2:]
    assert "Acknowledge" in alert.words()
    assert "Brückner" in alert.words()
    assert at_of(alert.ts) == "2026-11-02 08:30"
    assert at_of(post.ts) == "2026-11-02 09:00"
    now = demo.slack.clock.now().astimezone(ZONE)
    assert timedelta() <= now - scenes.OPENS < timedelta(minutes=1)


async def test_customers_were_asked_in_both_shared_channels_and_clicked(demo: Demo) -> None:
    surveys = demo.bot.kept.surveys
    for channel in (ACME_SHARED, GLOBEX_SHARED):
        ask = await surveys.newest_ask(Scale.NPS, channel, demo.bot.clock())
        assert ask is not None
        answers = await surveys.answers(ask.id)
        expected = [s for s in scenes.SCENES if isinstance(s, Answered) and s.channel == channel]
        assert {(a.person, a.score, a.comment) for a in answers} == {
            (s.person, s.score, s.comment) for s in expected
        }


async def test_nothing_is_left_over_from_what_happened_before(demo: Demo) -> None:
    assert await demo.bot.kept.deliveries.undelivered() == []
    assert not any(demo.slack.workspace.modals.values())
    assert not any(c.ephemerals for c in demo.slack.workspace.conversations.values())
    refused = [
        entry.data
        for entry in demo.slack.journal.since(0, "call")
        if not entry.data.get("answer", {"ok": True}).get("ok")
    ]
    assert refused == []


async def test_who_follows_the_guide_ticks_off_every_step_of_it(
    demo: Demo, visitor: Visitor
) -> None:
    assert await visitor.done() == [False] * 10

    before = demo.slack.journal.last
    await visitor.command(LEAD, "/crr public", SUCCESS)
    # It answers in front of everybody, which is no post of the schedule's.
    await demo.slack.wait_for_message(SUCCESS, containing="October", since=before, timeout=20)
    assert await visitor.done() == [True] + [False] * 9
    await visitor.command(LEAD, "/crr plan=team region=dach", SUCCESS)
    assert await visitor.done() == [True] * 2 + [False] * 8
    await visitor.command(LEAD, "/crr explain", SUCCESS)
    assert await visitor.done() == [True] * 3 + [False] * 7
    await visitor.press(OWNER, SUCCESS, "incident:acknowledge")
    assert await visitor.done() == [True] * 4 + [False] * 6
    await visitor.command(LEAD, "/nps", ACME_SHARED)
    assert await visitor.done() == [True] * 4 + [False] * 6
    asked = demo.slack.journal.last
    await visitor.press(LEAD, ACME_SHARED, "survey:ask_here")
    await demo.slack.wait_for_message(ACME_SHARED, containing="recommend", since=asked)
    assert await visitor.done() == [True] * 5 + [False] * 5
    await visitor.press(CARLA, ACME_SHARED, "score:3")
    assert await visitor.done() == [True] * 6 + [False] * 4
    view = await visitor.modal(CARLA)
    [field] = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    await visitor.act(CARLA, "submit", view_id=view["id"], values={field: "Too dear by now."})
    assert await visitor.done() == [True] * 7 + [False] * 3
    await visitor.press(LEAD, SUCCESS, "loop:close")
    view = await visitor.modal(LEAD)
    said = {"cause": "Price or contract", "action": "The old price for a year."}
    await visitor.act(LEAD, "submit", view_id=view["id"], values=said)
    assert await visitor.done() == [True] * 8 + [False] * 2
    await demo.slack.wait_for_message(SUCCESS, containing="The old price for a year.", timeout=20)
    await visitor.command(LEAD, "/nps results", ACME_SHARED)
    assert await visitor.done() == [True] * 9 + [False]
    await visitor.move("next")
    assert await visitor.done() == [True] * 10

    results = await demo.slack.person(LEAD).wait_for_ephemeral(ACME_SHARED, containing="Too dear")
    assert "1 detractor" in results.words()
    alert = next(p for p in demo.slack.messages(SUCCESS) if "Retention dropped" in p.words())
    assert f"<@{OWNER}>" in alert.words()


async def test_the_split_shows_where_the_drop_comes_from(demo: Demo, visitor: Visitor) -> None:
    lea = demo.slack.person(LEAD)
    await visitor.command(LEAD, "/crr plan=team region=dach", SUCCESS)
    inside = await lea.wait_for_ephemeral(SUCCESS, containing="dach")
    await visitor.command(LEAD, "/crr region=nordics", SUCCESS)
    outside = await lea.wait_for_ephemeral(SUCCESS, containing="nordics")

    assert rate(inside.words()) < 75
    assert rate(outside.words()) > 95


async def test_a_week_later_the_next_weekly_post_is_there_and_every_night_was_pulled(
    demo: Demo, visitor: Visitor
) -> None:
    before = demo.slack.journal.last
    now = await visitor.move("week")

    assert f"{now:%F %H:%M}" == "2026-11-09 09:02"
    assert headings(demo, SUCCESS)[-1] == "Customer retention, week 2 to 8 Nov 2026"
    posts = [entry.data["post"] for entry in demo.slack.journal.since(before, "message")]
    assert at_of(posts[-1].ts) == "2026-11-09 09:00"
    newest = await demo.bot.kept.pulls.newest_believed("brightside")
    assert newest is not None
    assert newest.finished_at is not None
    assert f"{newest.finished_at.astimezone(ZONE):%F %H:%M}" == "2026-11-09 03:15"
    for night in range(3, 10):
        assert await demo.bot.kept.ledger.done("pull", "brightside", f"2026-11-{night:02}T03:15")
    for morning in (3, 4, 5, 6, 9):
        at = f"2026-11-{morning:02}T08:30"
        assert await demo.bot.kept.ledger.done("rule", "Retention dropped", at)


async def test_to_the_next_post_stops_when_it_is_there(demo: Demo, visitor: Visitor) -> None:
    stops: list[str] = []
    while not stops or stops[-1] < "2026-11-16 09:00":
        before = demo.slack.journal.last
        now = await visitor.move("next")
        stops.append(f"{now:%F %H:%M}")
        came = [entry.data["post"] for entry in demo.slack.journal.since(before, "message")]
        [post] = [post for post in came if is_by_schedule(post)]
        assert at_of(post.ts) == stops[-1]

    assert {"2026-11-09 09:00", "2026-11-16 09:00"} <= set(stops)


@pytest.mark.timeout(600)  # for a busy machine
async def test_in_ten_weeks_october_changes_the_alert_ends_and_the_board_reads_of_each_month(
    demo: Demo, visitor: Visitor
) -> None:
    [october] = await visitor.messages(LEAD, BOARD)
    alert = next(p for p in demo.slack.messages(SUCCESS) if "Retention dropped" in p.words())
    at_first = rate(alert.text)
    for _ in range(3):
        await visitor.move("week")
    later = rate(alert.text)
    for _ in range(2):
        await visitor.move("week")
    november = alert.text
    for _ in range(5):
        await visitor.move("week")
    board = [post["text"] for post in await visitor.messages(LEAD, BOARD)]

    assert later < at_first
    assert november.startswith("Retention was as expected in November 2026")
    assert alert.text.startswith("Retention is back in December 2026")
    assert headings(demo, SUCCESS).count("Resolved: Retention dropped") == 1
    assert "stayed in October 2026" in october["text"]
    assert [text.partition(": CRR")[0].partition(" in ")[2] for text in board] == [
        "October 2026",
        "November 2026",
        "December 2026",
        "October to December 2026",
    ]


async def test_after_a_move_the_bot_s_own_scheduler_posts_when_its_hour_comes(
    demo: Demo, visitor: Visitor
) -> None:
    await visitor.move("day")
    clock = demo.slack.clock
    almost = local("2026-11-09T08:59:59.500000")
    clock.advance((almost - clock.now()).total_seconds())
    since = demo.slack.journal.last
    await demo.bot.clock_moved()

    post = await demo.slack.wait_for_message(
        SUCCESS, containing="week 2 to 8 Nov 2026", since=since, timeout=60
    )

    assert at_of(post.ts) == "2026-11-09 09:00"


async def test_nine_o_clock_stays_nine_o_clock_when_summer_begins(
    demo: Demo, visitor: Visitor
) -> None:
    before = local("2027-03-27T09:00")
    demo.slack.clock.advance((before - demo.slack.clock.now()).total_seconds())

    assert f"{await visitor.move('day'):%F %H:%M %z}" == "2027-03-28 09:00 +0200"


async def test_two_moves_at_once_are_made_one_after_the_other(demo: Demo, visitor: Visitor) -> None:
    moments = await asyncio.gather(visitor.move("day"), visitor.move("day"))

    assert [f"{moment:%F %H:%M}" for moment in sorted(moments)] == [
        "2026-11-03 09:02",
        "2026-11-04 09:02",
    ]


async def test_when_the_story_is_over_time_cannot_be_moved(demo: Demo, visitor: Visitor) -> None:
    assert (await visitor.state())["clock"]["moves"] == ["day", "week", "next"]
    last = datetime.combine(ENDS, datetime.min.time(), ZONE) - timedelta(hours=9)
    demo.slack.clock.advance((last - demo.slack.clock.now()).total_seconds())
    await visitor.move("week")

    assert (await visitor.state())["clock"]["moves"] == []
    assert f"{demo.slack.clock.now().astimezone(ZONE):%F}" == ENDS.isoformat()


async def test_before_it_is_open_there_is_neither_a_guide_nor_time_to_move() -> None:
    async with staged() as demo:
        assert not demo.guide()
        assert not demo.moves


def test_every_owner_and_everybody_in_a_scene_is_in_the_workspace_and_in_the_channel() -> None:
    workspace = scenes.workspace()
    people = {user.id: user for user in workspace.users}
    channels = {channel.id: channel for channel in workspace.channels}

    assert set(OWNERS.values()) <= {user.real_name for user in workspace.users}
    for channel in workspace.channels:
        assert set(channel.members) <= {*people, "U0KEEP"}
    for scene in scenes.SCENES:
        assert scene.person in channels[scene.channel].members
    assert list(scenes.SCENES) == sorted(scenes.SCENES, key=lambda scene: scene.at)
    assert scenes.SCENES[0].at > scenes.INSTALLED
    assert scenes.SCENES[-1].at < scenes.OPENS


def test_a_file_is_only_written_when_something_has_changed(tmp_path: Path) -> None:
    def written() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}

    exports = Exports(tmp_path)
    exports.write(local("2026-11-02T00:00"))
    first = written()
    exports.write(local("2026-11-02T07:59"))
    assert written() == first
    exports.write(local("2026-12-02T00:00"))

    assert sorted(first) == ["customers.csv", "ratings.csv", "tickets.csv"]
    assert written().keys() == first.keys()
    assert set(written().values()).isdisjoint(first.values())


async def test_stopped_before_it_is_open_it_never_says_that_it_is() -> None:
    stop = asyncio.Event()
    opened: list[str] = []

    await show(port=0, stop=stop, configured=lambda config: stop.set(), opened=opened.append)

    assert opened == []


async def test_a_taken_port_is_told_in_a_sentence() -> None:
    with taken_port() as port, pytest.raises(ConfigError, match=f"can't use 127.0.0.1:{port}"):
        async with staged(port=port):
            pass


async def test_without_a_folder_to_write_in_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not there"))

    with pytest.raises(ConfigError, match=r"No such file or directory\. Name one"):
        async with staged():
            pass


def test_where_no_folder_is_writable_it_says_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(path: object, mode: int = 0o777) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "mkdir", nowhere)

    async def open_it() -> None:
        async with staged():
            pass

    with pytest.raises(ConfigError, match=r"Read-only file system\. Name one"):
        asyncio.run(open_it())


def test_the_usual_port_is_left_to_who_has_it() -> None:
    with taken_port() as port:
        assert free_port(port) == 0
    assert free_port(port) == port


async def test_ctrl_c_leaves_no_process_no_port_and_no_file(tmp_path: Path) -> None:
    async with keeprate_demo(tmp_path, "--port", "0") as (process, url):
        async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
            page = await http.get("/")
            state = (await http.get("/sandbox/state")).json()
        assert "text/html" in page.headers["content-type"]
        assert state["app"]["sockets"] == 1
        assert len(state["guide"]) == 10
        assert os.listdir(tmp_path) != []

        process.send_signal(signal.SIGINT)
        _, wrong = await asyncio.wait_for(process.communicate(), 30)

    assert process.returncode == 0, wrong
    assert wrong == b""
    assert os.listdir(tmp_path) == []
    with closing(socket.socket()) as probe:
        assert probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) != 0
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


async def test_a_second_demo_has_an_address_of_its_own(tmp_path: Path) -> None:
    async with (
        keeprate_demo(tmp_path) as (_, first),
        keeprate_demo(tmp_path) as (_, second),
    ):
        assert first != second


async def test_what_cannot_work_ends_with_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    with taken_port() as port:
        process = await started(tmp_path, "--port", str(port))
        _, wrong = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert f"can't use 127.0.0.1:{port}" in wrong.decode()
    assert "choose another port" in wrong.decode()
    assert "Traceback" not in wrong.decode()
    assert os.listdir(tmp_path) == []


def at_of(ts: str) -> str:
    return f"{datetime.fromtimestamp(float(ts), ZONE):%F %H:%M}"


def rate(text: str) -> float:
    """The first CRR in a text, in percent."""
    found = re.search(r"CRR ([\d.]+) %", text)
    assert found, text
    return float(found[1])


class taken_port:
    """A port that somebody listens on."""

    def __enter__(self) -> int:
        self._listening = socket.socket()
        self._listening.bind(("127.0.0.1", 0))
        self._listening.listen()
        port: int = self._listening.getsockname()[1]
        return port

    def __exit__(self, *_: object) -> None:
        self._listening.close()


async def started(folder: Path, *words: str) -> Process:
    """`keeprate demo` as a process of its own, with `folder` for what it writes."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--no-browser", *words),
        stdout=PIPE,
        stderr=PIPE,
        env={**os.environ, "TMPDIR": str(folder)},
        start_new_session=True,
    )


@asynccontextmanager
async def keeprate_demo(folder: Path, *words: str) -> AsyncIterator[tuple[Process, str]]:
    """The process and the address that it prints when everything is there."""
    process = await started(folder, *words)
    assert process.stdout is not None
    try:
        url = ""
        while not url:
            line = await asyncio.wait_for(process.stdout.readline(), 60)
            assert line, (await process.communicate())[1].decode()
            found = re.search(r"http://[\d.]+:\d+", line.decode())
            url = found[0] if found else ""
        yield process, url
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()
