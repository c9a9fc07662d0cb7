"""The sandbox's own time: real, and movable forward, so that an hour's limit is tried at once."""

from datetime import UTC, datetime, timedelta
from typing import Self


class SandboxClock:
    """Judges triggers, response URLs, rate limits and the times in messages.

    Waiting (for an ack, before a redelivery) goes by the event loop and is not moved.
    """

    def __init__(self) -> None:
        self._ahead = timedelta()

    @classmethod
    def beginning(cls, moment: datetime) -> Self:
        """Says `moment` (aware) now, and goes on from there at the speed of real time."""
        clock = cls()
        clock._ahead = moment - datetime.now(UTC)
        return clock

    def now(self) -> datetime:
        """Aware, UTC."""
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)
