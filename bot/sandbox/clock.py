"""The sandbox's own time: real, and movable forward, so that an hour's limit is tried at once."""

from datetime import UTC, datetime, timedelta


class SandboxClock:
    """Judges triggers, response URLs, rate limits and the times in messages.

    Waiting (for an ack, before a redelivery) goes by the event loop and is not moved.
    """

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Aware, UTC."""
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)
