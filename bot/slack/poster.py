"""The way out: every call of Slack's Web API that the bot makes of its own accord.

Slack knows no idempotency key, and slack_sdk by default sends a post again when the connection
breaks, which posts it twice. So nothing is sent again here unless Slack said that it did not take
it; what may have been taken leaves as OutcomeUnknown, and can be looked up with `find`.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
import msgspec
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BlocksRefused, SlackError, SlackRejected, SlackUnavailable
from bot.messages import limits
from bot.messages.blocks import Block, Message, Picture, cut, notice
from bot.messages.limits import Surface
from bot.slack.errors import named, refusal
from bot.slack.validation import Problem, problems, view_problems

log = structlog.get_logger()

EVENT_TYPE = "keeprate_delivery"
"""Of the metadata of our posts. Every app of the workspace can read it: only a key is in it."""

SLACK = "https://slack.com/api/"

_CLOCKS_APART = timedelta(minutes=5)
"""How far Slack's clock and ours may differ when we look for a post of ours."""

SECONDS_BETWEEN_POSTS = 1.0
"""Into one channel, as Slack allows."""

_PATIENCE = 30.0
"""Seconds to wait, at most, when Slack says after how many it will listen again."""

_DIRECT_KEPT = 10_000
_FILES_KEPT = 1_000

_LOOKING_AT_FILES = (0.5, 1.0, 2.0, 4.0)
"""Seconds to wait for Slack to have looked at a file that was uploaded."""

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Me:
    """Who we are in the workspace, and what we may do there."""

    team: str
    team_name: str
    person: str
    """The bot's own user id."""
    bot: str
    url: str
    enterprise: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as the bot sees it."""

    id: str
    name: str
    is_ext_shared: bool
    """People from other workspaces read along, or have been invited to."""
    is_archived: bool
    is_member: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the workspace, or in a channel shared with us."""

    id: str
    name: str
    team: str
    is_bot: bool
    is_guest: bool
    is_deleted: bool
    zone: str
    locale: str
    email: str = ""
    """"" where the app may not read it."""
    real_name: str = ""


class Poster(Protocol):
    """What a job needs of Slack."""

    async def post(
        self, channel: str, message: Message, *, key: str, thread_ts: str | None = None
    ) -> str: ...

    async def update(self, channel: str, ts: str, message: Message) -> None: ...

    async def find(
        self, channel: str, key: str, since: datetime, *, thread_ts: str | None = None
    ) -> str | None: ...

    async def channel_info(self, channel: str) -> Channel: ...

    async def channels(self) -> list[Channel]: ...


@asynccontextmanager
async def web_client(
    token: str, *, api_url: str = SLACK, timeout: float = 30.0
) -> AsyncIterator[AsyncWebClient]:
    """A client on one session that stays open, and that sends nothing twice by itself.

    A Slack on this machine (the sandbox) is reached without the proxy of the environment.
    """
    limit = aiohttp.ClientTimeout(total=timeout, sock_connect=min(timeout, 10.0))
    async with aiohttp.ClientSession(
        timeout=limit, json_serialize_bytes=msgspec.json.encode
    ) as session:
        client = AsyncWebClient(token=token, base_url=api_url, session=session, retry_handlers=[])
        if urlsplit(api_url).hostname in _LOOPBACK:
            client.proxy = None
        yield client


class Slack:
    """Posts, updates, views and questions about channels and people; one for the process.

    Every method raises SlackError and nothing else when Slack does not do what is asked.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        *,
        draws_charts: bool = True,
        charts_refused: Callable[[], Awaitable[None]] | None = None,
        seconds_between_posts: float = SECONDS_BETWEEN_POSTS,
    ) -> None:
        """`charts_refused` is called once, when this workspace turns out to refuse charts;
        `draws_charts=False` says that it did before."""
        if client.session is None:
            raise ValueError("the client needs a session that stays open, as web_client() gives it")
        self._client = client
        self._session = client.session
        self._draws_charts = draws_charts
        self._charts_refused = charts_refused
        self._pace = seconds_between_posts
        self._turns: dict[str, float] = {}
        self._direct: dict[str, str] = {}
        self._files: dict[str, str] = {}
        """Ids of uploaded pictures, by their content."""

    async def post(
        self, channel: str, message: Message, *, key: str, thread_ts: str | None = None
    ) -> str:
        """The timestamp by which Slack knows the message. `key` travels with it for `find`."""

        async def send(blocks: Sequence[Block]) -> Any:
            await self._turn(channel)
            return await self._client.chat_postMessage(
                channel=channel,
                text=_text(message),
                blocks=list(blocks),
                thread_ts=thread_ts,
                metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}},
                unfurl_links=False,
                unfurl_media=False,
            )

        what = f"posting to {channel}"
        file_id = await self._uploaded(message.picture)
        shown = message.showing(file_id)
        for pause in _LOOKING_AT_FILES if file_id else ():
            try:
                return str((await self._with_fallback(what, shown, send))["ts"])
            except BlocksRefused as refused:
                if not _is_of_file(refused):
                    raise
                await asyncio.sleep(pause)  # Slack looks at a file before it may be shown
        answer = await self._with_fallback(what, message.showing(None), send)
        return str(answer["ts"])

    async def update(self, channel: str, ts: str, message: Message) -> None:
        """Put `message` in the place of one of our own. Doing it twice does no harm."""
        place = await self._place(channel)

        async def send(blocks: Sequence[Block]) -> Any:
            return await self._client.chat_update(
                channel=place, ts=ts, text=_text(message), blocks=list(blocks)
            )

        await self._with_fallback(f"updating a message in {channel}", message, send)

    async def ephemeral(
        self, channel: str, person: str, message: Message, *, thread_ts: str | None = None
    ) -> None:
        """Say it to one person in a channel. Slack does not promise that it arrives."""

        async def send(blocks: Sequence[Block]) -> Any:
            return await self._client.chat_postEphemeral(
                channel=channel,
                user=person,
                text=_text(message),
                blocks=list(blocks),
                thread_ts=thread_ts,
            )

        await self._with_fallback(f"telling {person} in {channel}", message, send)

    async def respond(
        self,
        response_url: str,
        message: Message,
        *,
        in_channel: bool = False,
        replace_original: bool = False,
    ) -> None:
        """Answer a command or a click: five times within half an hour, to the person alone."""

        async def send(blocks: Sequence[Block]) -> Any:
            answer = {
                "text": _text(message),
                "blocks": list(blocks),
                "response_type": "in_channel" if in_channel else "ephemeral",
                "replace_original": replace_original,
            }
            proxy = self._client.proxy
            async with self._session.post(response_url, json=answer, proxy=proxy) as taken:
                body = await taken.text()
            if taken.status != 200 or '"ok":false' in body.replace(" ", ""):
                raise refusal("answering", taken.status, {"error": _word(body)}, taken.headers)

        await self._with_fallback("answering", message, send)

    async def open_view(self, trigger_id: str, view: Block) -> str:
        """Open a form within three seconds of the click; the view's id."""
        _refuse(_same_view_problems(msgspec.json.encode(view)), "a view")
        asked = {"trigger_id": trigger_id, "view": view}
        answer = await self._call(
            "opening a view",
            lambda: self._send("opening a view", "views.open", asked),
            patience=0.0,
        )
        return str(answer["view"]["id"])

    async def update_view(self, view_id: str, view: Block) -> None:
        """Put `view` in the place of a form or notice that somebody looks at."""
        _refuse(view_problems(view), "a view")
        asked = {"view_id": view_id, "view": view}
        await self._call(
            "changing a view", lambda: self._send("changing a view", "views.update", asked)
        )

    async def answer(
        self, click: dict[str, Any], message: Message, *, replace_original: bool = False
    ) -> None:
        """Answer a click: where it was made, or, of one in App Home, in a notice before the person.

        A click in a notice is answered in its place. What is to stand in the place of a list is
        shown by App Home itself. Where the click is too old for a notice, the person is written to.
        """
        view = click.get("view") or {}
        if response_url := click.get("response_url"):
            await self.respond(response_url, message, replace_original=replace_original)
        elif view.get("type") == "modal":
            await self.update_view(view["id"], notice(message))
        elif not replace_original:
            try:
                await self.open_view(click["trigger_id"], notice(message))
            except SlackError:
                key = f"answer:{click['trigger_id']}"
                await self.post(click["user"]["id"], message, key=key)

    async def send_file(self, person: str, name: str, content: str) -> None:
        """Into the conversation with this person alone. Raises SlackRejected, code
        `missing_scope`, where the app may send no files."""
        what, data = f"sending {name} to {person}", content.encode()
        place = await self._place(person)
        got = await self._call(
            what,
            lambda: self._client.files_getUploadURLExternal(filename=name, length=len(data)),
        )

        async def send() -> None:
            proxy = self._client.proxy
            async with self._session.post(got["upload_url"], data=data, proxy=proxy) as taken:
                if taken.status != 200:
                    raise refusal(what, taken.status, {}, taken.headers)

        await self._call(what, send)
        await self._call(
            what,
            lambda: self._client.files_completeUploadExternal(
                files=[{"id": got["file_id"], "title": name}], channel_id=place
            ),
        )

    async def publish_home(self, person: str, view: Block) -> None:
        """What `person` sees in App Home."""
        _refuse(view_problems(view), "App Home")
        await self._call(
            f"showing App Home to {person}",
            lambda: self._client.views_publish(user_id=person, view=view),
        )

    async def find(
        self, channel: str, key: str, since: datetime, *, thread_ts: str | None = None
    ) -> str | None:
        """The timestamp of our post with this key, made since (an aware datetime).

        None says that it surely is not there. Raises SlackRejected, code `missing_scope`, when the
        app may not read the channel's history.
        """
        window: dict[str, Any] = {
            "channel": await self._place(channel),
            "oldest": f"{(since - _CLOCKS_APART).timestamp():.6f}",
            "limit": 200,
            "include_all_metadata": True,
        }
        while True:
            page = await self._call(
                f"looking for a post in {channel}", partial(self._past, window, thread_ts)
            )
            if page["messages"] is None:
                raise SlackUnavailable(f"looking for a post in {channel}: no list of messages came")
            for message in page["messages"]:
                metadata = message.get("metadata") or {}
                payload = metadata.get("event_payload") or {}
                if metadata.get("event_type") == EVENT_TYPE and payload.get("key") == key:
                    return str(message["ts"])
            window["cursor"] = (page["response_metadata"] or {}).get("next_cursor")
            if not window["cursor"]:
                return None

    async def channel_info(self, channel: str) -> Channel:
        answer = await self._call(
            f"looking at {channel}", lambda: self._client.conversations_info(channel=channel)
        )
        return _channel(answer["channel"])

    async def channels(self) -> list[Channel]:
        """Those that the bot is in and that are not archived."""
        asked: dict[str, Any] = {
            "types": "public_channel,private_channel",
            "exclude_archived": True,
            "limit": 200,
        }
        found: list[Channel] = []
        while True:
            page = await self._call(
                "looking at the bot's channels",
                lambda: self._client.users_conversations(**asked),
            )
            found += [_channel(each) for each in page["channels"]]
            asked["cursor"] = (page.get("response_metadata") or {}).get("next_cursor")
            if not asked["cursor"]:
                return found

    async def me(self) -> Me:
        """Who the bot token belongs to. Slack tells the granted scopes beside every answer."""
        answer = await self._call("checking slack.bot_token", self._client.auth_test)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        scopes = headers.get("x-oauth-scopes", "").split(",")
        return Me(
            team=answer["team_id"],
            team_name=answer["team"] or "",
            person=answer["user_id"],
            bot=answer["bot_id"] or "",
            url=answer["url"] or "",
            enterprise=answer["enterprise_id"] or "",
            scopes=frozenset(s.strip() for s in scopes if s.strip()),
        )

    async def person_info(self, person: str) -> Person:
        answer = await self._call(
            f"looking at {person}",
            lambda: self._client.users_info(user=person, include_locale=True),
        )
        found = answer["user"]
        profile = found.get("profile") or {}
        return Person(
            id=found["id"],
            name=profile.get("display_name") or found.get("real_name") or found.get("name", ""),
            team=found.get("team_id", ""),
            is_bot=bool(found.get("is_bot")),
            is_guest=bool(found.get("is_restricted") or found.get("is_ultra_restricted")),
            is_deleted=bool(found.get("deleted")),
            zone=found.get("tz") or "",
            locale=found.get("locale") or "",
            email=profile.get("email") or "",
            real_name=profile.get("real_name") or found.get("real_name") or "",
        )

    async def find_person(self, email: str) -> str | None:
        """The id of who has this address in our workspace; None of nobody. Raises SlackRejected
        where the scope users:read.email is not given."""
        try:
            answer = await self._call(
                "looking for somebody by e-mail",
                lambda: self._client.users_lookupByEmail(email=email),
            )
        except SlackRejected as error:
            if error.code == "users_not_found":
                return None
            raise
        return str(answer["user"]["id"])

    async def group_members(self, group: str) -> frozenset[str]:
        """Ids of the people in a user group. Raises SlackRejected where it is gone, or the scope
        usergroups:read is not given."""
        answer = await self._call(
            f"looking at the user group {group}",
            lambda: self._client.usergroups_users_list(usergroup=group),
        )
        return frozenset(answer["users"])

    async def _place(self, channel: str) -> str:
        """The channel itself. Slack takes a person's id for one only where something is posted."""
        if not channel.startswith(("U", "W")):
            return channel
        if channel not in self._direct:
            answer = await self._call(
                f"opening the conversation with {channel}",
                lambda: self._client.conversations_open(users=channel),
            )
            if len(self._direct) >= _DIRECT_KEPT:
                self._direct.clear()
            self._direct[channel] = str(answer["channel"]["id"])
        return self._direct[channel]

    def clock_moved(self) -> None:
        """Time was set forward, in which every channel's turn has come."""
        self._turns.clear()

    async def _with_fallback(
        self, what: str, message: Message, send: Callable[[Sequence[Block]], Awaitable[Any]]
    ) -> Any:
        """Charts and tables first; the same in older blocks where Slack refuses those."""
        message = message.showing(None)
        _refuse(_same_message_problems(msgspec.json.encode(message)), what)
        if message.fallback is None:
            return await self._call(what, lambda: send(message.blocks))
        if self._draws_charts:
            try:
                return await self._call(what, lambda: send(message.blocks))
            except BlocksRefused as refused:
                if refused.code != "invalid_blocks" or _is_of_file(refused):
                    raise
        answer = await self._call(what, lambda: send(message.fallback or ()))
        if self._draws_charts:
            self._draws_charts = False
            if self._charts_refused:
                await self._charts_refused()
        return answer

    async def _call(
        self, what: str, send: Callable[[], Awaitable[Any]], *, patience: float = _PATIENCE
    ) -> Any:
        """Send, and again when Slack said that it did not take it and when it will."""
        while True:
            try:
                with named(what):
                    return await send()
            except SlackUnavailable as error:
                wait = error.retry_after
                if wait is None or wait > patience:
                    raise
                patience -= max(wait, 1.0)
                await asyncio.sleep(wait)

    async def _send(self, what: str, method: str, asked: dict[str, Any]) -> dict[str, Any]:
        """What slack_sdk does, for what follows every click: slack_sdk takes longer over a call
        than the rest of the click takes."""
        async with self._session.post(
            f"{self._client.base_url}{method}",
            json=asked,
            headers={"Authorization": f"Bearer {self._client.token}"},
            proxy=self._client.proxy,
        ) as taken:
            raw = await taken.read()
        try:
            body = msgspec.json.decode(raw, type=dict[str, Any])
        except msgspec.DecodeError:
            body = {}
        if taken.status != 200 or body.get("ok") is not True:
            raise refusal(what, taken.status, body, taken.headers)
        return body

    async def _uploaded(self, picture: Picture | None) -> str | None:
        """The id of the file, which is uploaded once however often it is shown; None where that
        cannot be done, because a post with a table is better than none."""
        if picture is None:
            return None
        known = hashlib.sha256(picture.content).hexdigest()
        if known in self._files:
            return self._files[known]
        what = "uploading a picture"
        try:
            place = await self._call(
                what,
                lambda: self._client.files_getUploadURLExternal(
                    filename=picture.name,
                    length=len(picture.content),
                    alt_txt=cut(picture.alt_text, limits.FILE_ALT_TEXT),
                ),
            )
            with named(what):
                async with self._session.post(
                    place["upload_url"], data=picture.content, proxy=self._client.proxy
                ) as taken:
                    if taken.status != 200:
                        raise refusal(what, taken.status, {}, taken.headers)
            await self._call(
                what,
                lambda: self._client.files_completeUploadExternal(
                    files=[{"id": place["file_id"], "title": picture.name}]
                ),
            )
        except SlackError as error:
            log.info("picture not uploaded", why=str(error))
            return None
        if len(self._files) >= _FILES_KEPT:
            self._files.clear()
        self._files[known] = str(place["file_id"])
        return self._files[known]

    async def _turn(self, channel: str) -> None:
        """Wait for this channel's turn: Slack takes about one message a second in each."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if len(self._turns) > 1000:
            self._turns = {c: at for c, at in self._turns.items() if at > now}
        at = max(now, self._turns.get(channel, now))
        self._turns[channel] = at + self._pace
        await asyncio.sleep(at - now)

    def _past(self, window: dict[str, Any], thread_ts: str | None) -> Awaitable[Any]:
        if thread_ts is None:
            return self._client.conversations_history(**window)
        return self._client.conversations_replies(**window, ts=thread_ts)


def _channel(found: dict[str, Any]) -> Channel:
    return Channel(
        id=found["id"],
        name=found.get("name", ""),
        is_ext_shared=bool(found.get("is_ext_shared") or found.get("is_pending_ext_shared")),
        is_archived=bool(found.get("is_archived")),
        is_member=bool(found.get("is_member")),
    )


def message_problems(message: Message) -> list[Problem]:
    """What Slack would refuse about a message and its fallback, which has its own pointers."""
    surface: Surface = "message"
    found = problems(list(message.blocks), surface=surface)
    if not message.text.strip():
        found.append(Problem("/text", "must be more than 0 characters"))
    for problem in problems(list(message.fallback or ()), surface=surface):
        found.append(Problem(f"/fallback{problem.pointer}", problem.message))
    return found


@lru_cache(maxsize=128)
def _same_view_problems(view: bytes) -> list[Problem]:
    """Forms and thanks are the same for everybody: each is looked through once."""
    return view_problems(msgspec.json.decode(view))


@lru_cache(maxsize=128)
def _same_message_problems(message: bytes) -> list[Problem]:
    return message_problems(msgspec.json.decode(message, type=Message))


def _is_of_file(refused: BlocksRefused) -> bool:
    """Of a picture that cannot be shown yet, or at all: charts have nothing to do with it."""
    return "slack_file" in str(refused)


def _word(body: str) -> str:
    """Slack's word in the answer of a response_url, which is JSON or that word alone."""
    found = re.search(r'"error":\s*"(\w+)"|^(\w+)$', body.strip())
    return (found[1] or found[2]) if found else ""


def _text(message: Message) -> str:
    return cut(message.text, limits.MESSAGE_TEXT)


def _refuse(found: Sequence[Problem], what: str) -> None:
    if found:
        told = "; ".join(map(str, found[:5]))
        raise BlocksRefused(f"{what}: Slack would refuse this: {told}", code="not_sent")
