"""What becomes of the channels that we speak in."""

from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """What Slack tells about a channel, where it matters to us."""

    ARCHIVED = "archived"
    SHARED = "shared"
    """With another company: figures go there no more."""
    UNSHARED = "unshared"
    """No other company is in it any more: there is nobody to ask."""
    MOVED = "moved"
    """It has another id, which sharing does to some."""
    LEFT = "left"
    """The bot was taken out of it."""


@dataclass(frozen=True, slots=True)
class Uses:
    """What a channel is for, in words ("the weekly post")."""

    figures: tuple[str, ...] = ()
    """For the company alone."""
    questions: tuple[str, ...] = ()
    """For customers."""

    def hurt_by(self, fate: Fate) -> tuple[str, ...]:
        """What does not go on as it was."""
        match fate:
            case Fate.SHARED:
                return self.figures
            case Fate.UNSHARED:
                return self.questions
            case Fate.ARCHIVED | Fate.MOVED | Fate.LEFT:
                return self.figures + self.questions
