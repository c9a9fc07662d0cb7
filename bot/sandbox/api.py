"""The Web API over HTTP: tokens, scopes, rate limits, faults, and then the method itself."""

import asyncio
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from bot.sandbox.capabilities import ResponseUrls, Triggers
from bot.sandbox.errors import Refused
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.limits import Limits
from bot.sandbox.methods import METHODS
from bot.sandbox.methods.call import Call, Method
from bot.sandbox.methods.files import receive
from bot.sandbox.sockets import Sockets
from bot.sandbox.workspace import Workspace


@dataclass(slots=True)
class Answer:
    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        if isinstance(self.body, str):
            return web.Response(text=self.body, status=self.status, headers=self.headers)
        return web.Response(
            body=msgspec.json.encode(self.body),
            status=self.status,
            headers=self.headers,
            content_type="application/json",
            charset="utf-8",
        )


class Api:
    def __init__(
        self,
        workspace: Workspace,
        *,
        triggers: Triggers,
        response_urls: ResponseUrls,
        sockets: Sockets,
        limits: Limits,
        faults: Faults,
    ) -> None:
        self._workspace = workspace
        self._triggers = triggers
        self._response_urls = response_urls
        self._sockets = sockets
        self._limits = limits
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/api/{method}", self._method),
            web.post("/upload/v1/{secret}", self._upload),
            web.post("/response/{kind}/{team}/{secret}", self._respond),
        ]

    async def _method(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        try:
            arguments = await arguments_of(request)
        except Refused as refused:
            return Answer(refused.body).response()
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        in_body = str(arguments.pop("token", None) or "")
        return await self._answered(
            request, name, arguments, lambda: self.answer(name, token or in_body, arguments)
        )

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        content = await _content(request)

        def take() -> Answer:
            call = self._call({})
            try:
                file = receive(call, request.match_info["secret"], content)
            except Refused as refused:
                return Answer(refused.code, status=400)
            return Answer(f"OK - {file.length}")

        return await self._answered(request, "upload", {"length": len(content)}, take)

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        body = await arguments_of(request)

        def take() -> Answer:
            try:
                self._response_urls.use(request.match_info["secret"], body)
            except Refused as refused:
                gone = refused.code in ("used_url", "expired_url", "invalid_url")
                return Answer(refused.body, status=404 if gone else 400)
            return Answer("ok")

        return await self._answered(request, "response_url", body, take)

    async def _answered(
        self, request: web.Request, name: str, arguments: dict[str, Any], act: Any
    ) -> web.StreamResponse:
        """Do it, with the fault that is due, and write it down."""
        started = perf_counter()
        fault = self._faults.take(name)
        if fault is not None and not fault.done:
            if fault.kind == "delay":
                await asyncio.sleep(fault.seconds)
            else:
                return self._failed(request, name, arguments, fault)
        answer: Answer = act()
        self._workspace.journal.add(
            "call",
            method=name,
            arguments=arguments,
            status=answer.status,
            response=answer.body,
            ms=(perf_counter() - started) * 1000,
        )
        if fault is not None and fault.done:
            if fault.kind == "delay":
                await asyncio.sleep(fault.seconds)
            else:
                return _broken(request, fault)
        return answer.response()

    def _failed(
        self, request: web.Request, name: str, arguments: dict[str, Any], fault: Fault
    ) -> web.StreamResponse:
        response = _broken(request, fault)
        self._workspace.journal.add(
            "call",
            method=name,
            arguments=arguments,
            status=0 if fault.kind == "drop" else response.status,
            response=None,
            ms=0.0,
        )
        return response

    def answer(self, name: str, token: str, arguments: dict[str, Any]) -> Answer:
        """What Slack answers, whichever way the call came in."""
        method = METHODS.get(name)
        if method is None:
            return Answer({"ok": False, "error": "unknown_method", "req_method": name})
        headers = {
            "x-oauth-scopes": ",".join(sorted(self._workspace.scopes)),
            "x-accepted-oauth-scopes": ",".join(method.scopes),
        }
        try:
            self._admit(method, token)
            call = self._call(arguments)
            if method.scopes:
                call.need(*method.scopes)
            wait = self._limits.retry_after(name, method.tier, self._place(arguments))
            if wait is not None:
                headers["Retry-After"] = str(wait)
                return Answer({"ok": False, "error": "ratelimited"}, 429, headers)
            return Answer({"ok": True, **method.act(call)}, headers=headers)
        except Refused as refused:
            return Answer(refused.body, headers=headers)

    def _admit(self, method: Method, token: str) -> None:
        app = self._workspace.settings.app
        if not token:
            raise Refused("not_authed")
        if token not in (app.bot_token, app.app_token):
            raise Refused("invalid_auth")
        if (token == app.app_token) != method.app_token:
            raise Refused("not_allowed_token_type")
        if token == app.bot_token and self._workspace.revoked:
            raise Refused(self._workspace.revoked)

    def _place(self, arguments: dict[str, Any]) -> str:
        """One name for a channel, however it is written."""
        reference = str(arguments.get("channel") or "")
        if reference in self._workspace.users:
            return reference
        found = self._workspace.conversation(reference)
        return found.im_with or found.id if found else reference

    def _call(self, arguments: dict[str, Any]) -> Call:
        return Call(
            arguments,
            workspace=self._workspace,
            triggers=self._triggers,
            open_socket=self._sockets.ticket,
            base=self._response_urls.base,
        )


async def arguments_of(request: web.Request) -> dict[str, Any]:
    """Query, form or JSON body as one. Raises Refused for JSON that is none."""
    found: dict[str, Any] = dict(request.query)
    body = await request.read() if request.content_type != "multipart/form-data" else b""
    if request.content_type == "application/json" and body:
        try:
            given = msgspec.json.decode(body)
        except msgspec.DecodeError:
            raise Refused("invalid_json") from None
        if not isinstance(given, dict):
            raise Refused("json_not_object")
        return found | given
    if request.content_type == "multipart/form-data":
        return found | dict(await request.post())
    return found | dict(parse_qsl(body.decode(), keep_blank_values=True))


async def _content(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    for value in (await request.post()).values():
        if isinstance(value, web.FileField):
            return value.file.read()
    return b""


def _broken(request: web.Request, fault: Fault) -> web.Response:
    match fault.kind:
        case "drop":
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=499)
        case "rate_limited":
            headers = {"Retry-After": f"{fault.seconds:g}"}
            return Answer({"ok": False, "error": "ratelimited"}, 429, headers).response()
        case "error":
            return Answer({"ok": False, "error": fault.code}).response()
        case _:
            text = "<html>upstream error</html>"
            return web.Response(text=text, status=fault.status, content_type="text/html")
