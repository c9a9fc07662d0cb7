"""Asking: what a survey is like, and who is asked."""

from dataclasses import dataclass

from bot.domain.surveys import Direction, Scale

EXPIRES_DAYS = 30


@dataclass(frozen=True, slots=True)
class Design:
    """What a survey asks, and how."""

    scale: Scale
    question: str = ""
    """"" for the usual one."""
    name: str = ""
    """In config.yaml; "" for a question that somebody typed."""
    direction: Direction = Direction.HIGHER
    expires_days: float = EXPIRES_DAYS
