"""HTTP mode: signed requests to the app's URL, which has three seconds to answer."""

import hashlib
import hmac
import time
from typing import Any
from urllib.parse import urlencode

import msgspec
from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientSession,
    ClientTimeout,
    TooManyRedirects,
)

from bot.sandbox.delivery import Envelope, Outcome
from bot.sandbox.faults import Faults
from bot.sandbox.workspace import Workspace

FORM = "application/x-www-form-urlencoded"


class Webhooks:
    def __init__(self, workspace: Workspace, *, faults: Faults) -> None:
        self._workspace = workspace
        self._faults = faults
        self._session: ClientSession | None = None

    def start(self) -> None:
        self._session = ClientSession()

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def carry(self, envelope: Envelope) -> Outcome:
        kind, body = _body(envelope)
        headers = {"Content-Type": kind}
        if envelope.attempt:
            headers["x-slack-retry-num"] = str(envelope.attempt)
            headers["x-slack-retry-reason"] = envelope.reason
        return await self._send(body, headers)

    async def verify(self) -> bool:
        """Whether the app's URL answers the challenge that Slack asks before it accepts it."""
        challenge = "sandbox-challenge"
        body = {"type": "url_verification", "token": "", "challenge": challenge}
        outcome = await self._send(msgspec.json.encode(body), {"Content-Type": "application/json"})
        said = outcome.payload
        return outcome.acked and isinstance(said, dict) and challenge in said.values()

    async def _send(self, body: bytes, headers: dict[str, str]) -> Outcome:
        if self._session is None:
            raise RuntimeError("Webhooks.start() comes before anything is sent.")
        try:
            async with self._session.post(
                self._workspace.request_url,
                data=body,
                headers=headers | self._signature(body),
                max_redirects=2,
                timeout=ClientTimeout(total=self._workspace.settings.timing.ack),
            ) as response:
                text = await response.text()
                final = response.headers.get("x-slack-no-retry") == "1"
                if response.status // 100 != 2:
                    return Outcome(False, reason="http_error", final=final)
                return Outcome(True, _said(text, response.content_type))
        except TimeoutError:
            return Outcome(False, reason="http_timeout")
        except TooManyRedirects:
            return Outcome(False, reason="too_many_redirects")
        except ClientConnectionError:
            return Outcome(False, reason="connection_failed")
        except ClientError:
            return Outcome(False, reason="unknown_error")

    def _signature(self, body: bytes) -> dict[str, str]:
        # By the wall clock and not by the sandbox's: the app compares with its own.
        sent = str(int(time.time() - self._faults.signature_age))
        secret = self._workspace.settings.app.signing_secret
        if self._faults.wrong_signature:
            secret += "-wrong"
        signed = f"v0:{sent}:".encode() + body
        digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": sent, "X-Slack-Signature": f"v0={digest}"}


def _body(envelope: Envelope) -> tuple[str, bytes]:
    match envelope.type:
        case "events_api":
            return "application/json", msgspec.json.encode(envelope.payload)
        case "slash_commands":
            return FORM, urlencode(envelope.payload).encode()
        case "interactive":
            payload = msgspec.json.encode(envelope.payload).decode()
            return FORM, urlencode({"payload": payload}).encode()


def _said(text: str, content_type: str) -> Any:
    if not text:
        return None
    if content_type != "application/json":
        return {"text": text}
    return msgspec.json.decode(text)
