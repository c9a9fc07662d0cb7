"""Faults on demand: what Slack or the way to it does wrong, for the next calls of a method."""

from dataclasses import dataclass
from typing import Literal

from bot.sandbox.journal import Journal

Kind = Literal["drop", "delay", "status", "error", "rate_limited"]


@dataclass(slots=True)
class Fault:
    """`method` is a Web API method, `upload`, `response_url`, or `*` for any of these."""

    method: str
    kind: Kind
    times: int = 1
    done: bool = False
    """Whether Slack did what was asked before the fault: only the answer is lost or late."""
    seconds: float = 0.0
    """Of a delay, or in Retry-After."""
    status: int = 500
    code: str = ""


class Faults:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: list[Fault] = []
        self.signature_age = 0.0
        """Seconds by which HTTP deliveries are signed in the past."""
        self.wrong_signature = False

    def drop_before(self, method: str, *, times: int = 1) -> None:
        """The connection breaks and nothing was done."""
        self.add(Fault(method, "drop", times))

    def drop_after(self, method: str, *, times: int = 1) -> None:
        """Slack did it, and the connection breaks before it says so."""
        self.add(Fault(method, "drop", times, done=True))

    def delay(self, method: str, seconds: float, *, times: int = 1, done: bool = False) -> None:
        self.add(Fault(method, "delay", times, done, seconds=seconds))

    def status(self, method: str, status: int, *, times: int = 1, done: bool = False) -> None:
        """An HTTP status with a body that is no JSON."""
        self.add(Fault(method, "status", times, done, status=status))

    def error(self, method: str, code: str, *, times: int = 1) -> None:
        self.add(Fault(method, "error", times, code=code))

    def rate_limited(self, method: str, *, retry_after: float = 1, times: int = 1) -> None:
        self.add(Fault(method, "rate_limited", times, seconds=retry_after))

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting.clear()
        self.signature_age = 0.0
        self.wrong_signature = False

    def take(self, method: str) -> Fault | None:
        """The fault that this call meets, which has one time less to come."""
        for fault in self._waiting:
            if fault.method in (method, "*"):
                fault.times -= 1
                if fault.times < 1:
                    self._waiting.remove(fault)
                self._journal.add("fault", method=method, fault=fault.kind, done=fault.done)
                return fault
        return None
