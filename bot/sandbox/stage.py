"""What a demo adds to the page of a sandbox: time that its visitor moves, and things to try."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Move = Literal["day", "week", "next"]
"""How far: to the same time tomorrow, in a week, or to when the app posts next."""


@dataclass(frozen=True, slots=True)
class Step:
    text: str
    """mrkdwn."""
    done: bool


class Stage(Protocol):
    @property
    def moves(self) -> Sequence[Move]:
        """What the page offers, in this order."""

    @property
    def read_until(self) -> str:
        """The time, as a message's ts, until which everybody has read what was said."""

    def guide(self) -> Sequence[Step]: ...

    async def move(self, to: Move) -> None:
        """Move the sandbox's clock, and return when everything due until then has been done."""
