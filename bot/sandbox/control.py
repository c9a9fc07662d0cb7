"""The sandbox's own side over HTTP: act as a person, read what they see, follow the journal.

    GET  /sandbox/state              workspaces, people, channels, settings, time, guide
    GET  /sandbox/messages           ?channel=C0SUCCESS&person=U0LEAD
    GET  /sandbox/views              ?person=U0LEAD: modals, topmost last, and the home tab
    GET  /sandbox/journal            ?since=0: entries as JSON; upgraded to a websocket: live
    GET  /sandbox/files/{id}         an uploaded file
    POST /sandbox/act                {"person": "U0LEAD", "do": "command", "command": "/crr", ...}
    POST /sandbox/clock              {"to": "day"}, where a demo has time to move
    POST /sandbox/admin              {"do": "archive", "channel": "C0SUCCESS"}
    POST /sandbox/faults             {"method": "chat.postMessage", "kind": "drop", "done": true}

A page of another origin is turned away, so that no web site can act in somebody's sandbox.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from contextlib import suppress
from ipaddress import ip_address
from mimetypes import guess_type
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

import msgspec
from aiohttp import ClientConnectionError, web

from bot.sandbox.admin import Admin
from bot.sandbox.errors import NotPossible
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.journal import Entry
from bot.sandbox.people import Person, Reply
from bot.sandbox.sockets import Sockets
from bot.sandbox.stage import Stage
from bot.sandbox.workspace import Post, View, Workspace

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PICTURES = frozenset({"image/gif", "image/jpeg", "image/png"})
"""What an image block may show; any other file is only bytes to a browser."""


class Control:
    def __init__(
        self,
        workspace: Workspace,
        *,
        person: Callable[[str], Person],
        admin: Admin,
        faults: Faults,
        sockets: Sockets,
        stage: Callable[[], Stage | None],
    ) -> None:
        self._workspace = workspace
        self._person = person
        self._admin = admin
        self._faults = faults
        self._sockets = sockets
        self._stage = stage
        self._run = token_hex(8)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sandbox/state", self._state),
            web.get("/sandbox/messages", self._messages),
            web.get("/sandbox/views", self._views),
            web.get("/sandbox/journal", self._journal),
            web.get("/sandbox/files/{file}", self._file),
            web.post("/sandbox/act", self._act),
            web.post("/sandbox/clock", self._move),
            web.post("/sandbox/admin", self._administer),
            web.post("/sandbox/faults", self._fault),
        ]

    async def _state(self, request: web.Request) -> web.Response:
        workspace = self._workspace
        app = workspace.settings.app
        stage = self._stage()
        return _json(
            {
                "team": workspace.team,
                "teams": list(workspace.teams.values()),
                "users": list(workspace.users.values()),
                "channels": [
                    {
                        "id": c.id,
                        "name": c.name,
                        "kind": c.kind,
                        "members": sorted(c.members),
                        "archived": c.archived,
                        "shared_with": sorted(c.shared_with),
                        "topic": c.topic,
                        "im_with": c.im_with,
                    }
                    for c in workspace.conversations.values()
                ],
                "app": {
                    "id": app.id,
                    "name": app.name,
                    "bot_user": app.bot_user,
                    "commands": app.commands,
                    "usage": app.usage,
                    "messages_tab_read_only": app.messages_tab_read_only,
                    "scopes": sorted(workspace.scopes),
                    "mode": "http" if workspace.request_url else "socket",
                    "sockets": self._sockets.connected,
                },
                "clock": {
                    "now": workspace.clock.now().isoformat(),
                    "moves": list(stage.moves) if stage else [],
                },
                "guide": list(stage.guide()) if stage else [],
                "read_until": stage.read_until if stage else "",
                "journal": workspace.journal.last,
                # By which a page sees that it holds what is of another sandbox, long ended.
                "run": self._run,
            }
        )

    async def _messages(self, request: web.Request) -> web.Response:
        posts = self._person(_of(request, "person")).messages(_of(request, "channel"))
        return _json({"messages": [_post(post) for post in posts]})

    async def _views(self, request: web.Request) -> web.Response:
        person = self._person(_of(request, "person"))
        stack = self._workspace.modals.get(person.id, [])
        home = person.home
        return _json(
            {
                "modals": [_view(view) for view in stack],
                "home": home.payload() if home else None,
            }
        )

    async def _journal(self, request: web.Request) -> web.StreamResponse:
        since = int(request.query.get("since", "0"))
        if request.headers.get("Upgrade", "").lower() != "websocket":
            entries = self._workspace.journal.since(since)
            return _json({"entries": [_entry(entry) for entry in entries]})
        stream = web.WebSocketResponse(heartbeat=30)
        await stream.prepare(request)
        telling = asyncio.create_task(self._tell(stream, since))
        async for _ in stream:
            """Nothing is expected from a reader but its goodbye."""
        telling.cancel()
        return stream

    async def _tell(self, stream: web.WebSocketResponse, since: int) -> None:
        with suppress(ClientConnectionError):  # the reader went away
            async for batch in self._workspace.journal.follow(since):
                for entry in batch:
                    await stream.send_str(_encoded(_entry(entry)))

    async def _file(self, request: web.Request) -> web.Response:
        file = self._workspace.files.get(request.match_info["file"])
        if file is None or file.content is None:
            raise web.HTTPNotFound
        kind = guess_type(file.name)[0] or ""
        shown = kind if kind in PICTURES else "application/octet-stream"
        return web.Response(body=file.content, content_type=shown)

    async def _act(self, request: web.Request) -> web.Response:
        body = await _body(request)
        person = self._person(str(body.get("person", "")))
        match body:
            case {"do": "command", "command": str(command), "channel": str(channel)}:
                text = str(body.get("text", ""))
                return _reply(await person.command(command, text, channel=channel))
            case {"do": "say", "channel": str(channel), "text": str(text)}:
                thread = str(body.get("thread_ts", ""))
                return _json({"message": _post(person.say(channel, text, thread_ts=thread))})
            case {"do": "click", "action_id": str(action)}:
                where, block = self._where(person, body), str(body.get("block_id", ""))
                return _reply(await person.click(where, action, block_id=block))
            case {"do": "choose", "action_id": str(action), "choice": choice}:
                where, block = self._where(person, body), str(body.get("block_id", ""))
                return _reply(await person.choose(where, action, choice, block_id=block))
            case {"do": "submit", "view_id": str(), "values": dict(values)}:
                return _reply(await person.submit(self._view_of(person, body), values))
            case {"do": "close", "view_id": str()}:
                everything = bool(body.get("everything"))
                view = self._view_of(person, body)
                return _reply(await person.close(view, everything=everything))
            case {"do": "open_home"}:
                person.open_home()
                return _json({"ok": True})
        raise NotPossible(
            "`do` is one of command, say, click, choose, submit, close, open_home, "
            "with the fields that it needs."
        )

    def _where(self, person: Person, body: dict[str, Any]) -> Post | View:
        """A message by channel and ts, or a view by view_id."""
        if "view_id" in body:
            return self._view_of(person, body)
        for post in person.messages(str(body.get("channel", ""))):
            if post.ts == body.get("ts"):
                return post
        raise NotPossible(f"{person.id} sees no message {body.get('ts')} there.")

    def _view_of(self, person: Person, body: dict[str, Any]) -> View:
        view = self._workspace.views.get(str(body["view_id"]))
        if view is None or view.person != person.id:
            raise NotPossible(f"{person.id} sees no view {body['view_id']}.")
        return view

    async def _move(self, request: web.Request) -> web.Response:
        stage = self._stage()
        match await _body(request):
            case {"to": "day" | "week" | "next" as to} if stage and to in stage.moves:
                await stage.move(to)
                return _json({"ok": True, "now": self._workspace.clock.now().isoformat()})
        offered = ", ".join(stage.moves) if stage else ""
        raise NotPossible(f"`to` is one of {offered}." if offered else "Time can't be moved here.")

    async def _administer(self, request: web.Request) -> web.Response:
        body = await _body(request)
        match body:
            case {"do": "archive" | "unarchive" as do, "channel": str(channel)}:
                (self._admin.archive if do == "archive" else self._admin.unarchive)(channel)
            case {"do": "rename", "channel": str(channel), "name": str(name)}:
                self._admin.rename(channel, name)
            case {"do": "share" | "unshare" as do, "channel": str(channel), "team": str(team)}:
                (self._admin.share if do == "share" else self._admin.unshare)(channel, team)
            case {"do": "invite" | "remove" as do, "channel": str(channel), "user": str(user)}:
                (self._admin.invite if do == "invite" else self._admin.remove)(channel, user)
            case {"do": "deactivate", "user": str(user)}:
                self._admin.deactivate(user)
            case {"do": "grant" | "withdraw" as do, "scopes": list(scopes)}:
                (self._admin.grant if do == "grant" else self._admin.withdraw)(*scopes)
            case {"do": "revoke_token"}:
                self._admin.revoke_token()
            case {"do": "uninstall"}:
                self._admin.uninstall()
            case {"do": "reinstall"}:
                self._admin.reinstall()
            case {"do": "disconnect"}:
                await self._sockets.disconnect()
            case _:
                raise NotPossible(
                    "`do` is one of archive, unarchive, rename, share, unshare, invite, remove, "
                    "deactivate, grant, withdraw, revoke_token, uninstall, reinstall, disconnect, "
                    "with the fields that it needs."
                )
        return _json({"ok": True})

    async def _fault(self, request: web.Request) -> web.Response:
        try:
            fault = msgspec.convert(await _body(request), Fault)
        except msgspec.ValidationError as error:
            raise NotPossible(f"That is no fault: {error}.") from None
        self._faults.add(fault)
        return _json({"ok": True})


@web.middleware
async def same_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns away other pages' scripts, and says what was not possible in a sentence."""
    if request.path.startswith("/sandbox/"):
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="A page of another origin may not use the sandbox.")
        if not _local(request.url.host or ""):  # a foreign name that was made to point here
            raise web.HTTPForbidden(text="Use the sandbox by its IP address or as localhost.")
    try:
        return await handler(request)
    except NotPossible as error:
        return _json({"ok": False, "error": str(error)}, status=409)


def _local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(await request.read())
    except msgspec.DecodeError:
        raise NotPossible("The body must be JSON.") from None
    if not isinstance(body, dict):
        raise NotPossible("The body must be a JSON object.")
    return body


def _of(request: web.Request, name: str) -> str:
    value = request.query.get(name)
    if value is None:
        raise NotPossible(f"Say ?{name}=… in the address.")
    return value


def _reply(reply: Reply) -> web.Response:
    return _json(
        {
            "ok": reply.acked and not reply.error and not reply.errors,
            "acked": reply.acked,
            "error": reply.error,
            "errors": reply.errors,
            "ms": reply.ms,
            "messages": [_post(post) for post in reply.posts],
        }
    )


def _post(post: Post) -> dict[str, Any]:
    return {**post.payload(metadata="all"), "channel": post.channel, "to": post.to}


def _view(view: View) -> dict[str, Any]:
    return {**view.payload(), "errors": view.errors}


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "kind": entry.kind,
        **{name: _shown(value) for name, value in entry.data.items()},
    }


def _shown(value: Any) -> Any:
    match value:
        case Post():
            return _post(value)
        case View():
            return _view(value)
        case _:
            return value


def _json(body: Any, *, status: int = 200) -> web.Response:
    return web.Response(text=_encoded(body), status=status, content_type="application/json")


def _encoded(body: Any) -> str:
    return msgspec.json.encode(body, enc_hook=_odd).decode()


def _odd(value: Any) -> Any:
    """What JSON has no word for: an argument of a call that a form uploaded."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return f"({type(value).__name__})"
