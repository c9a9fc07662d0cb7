"""What the sandbox says no with.

Refused       Slack's answer to the app: {"ok": false, "error": code, ...}
NotPossible   what Slack's own client would not let a person do
"""

from typing import Any


class Refused(Exception):
    """A Web API method that did not do it."""

    def __init__(self, code: str, *, messages: list[str] | None = None, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.body: dict[str, Any] = {"ok": False, "error": code, **more}
        if messages:
            self.body["response_metadata"] = {"messages": messages}


class NotPossible(Exception):
    """Carries a sentence: who can't do what, and why."""
