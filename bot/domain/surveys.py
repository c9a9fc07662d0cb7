"""Surveys: what is asked, what was answered, and what the answers say."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scale(StrEnum):
    NPS = "nps"
    """0-10: how likely to recommend."""
    CSAT = "csat"
    """1-5: how satisfied."""

    @property
    def scores(self) -> range:
        return range(11) if self is Scale.NPS else range(1, 6)


@dataclass(frozen=True, slots=True)
class Ask:
    """One showing of a question to a channel."""

    id: str
    """Unguessable; it travels in the buttons."""
    scale: Scale
    question: str
    channel: str
    asked_by: str
    """The person, or "" for a round that the schedule began."""
    asked_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person replied to one ask; a second reply takes the place of the first."""

    ask: str
    person: str
    team: str
    """The person's workspace, which for a customer is not ours."""
    score: int
    answered_at: datetime
    comment: str = ""
