"""What admins choose in Slack, over what config.yaml says."""

from dataclasses import dataclass
from enum import StrEnum


class Setting(StrEnum):
    """Which settings can be chosen; closed figures depend on none of them."""

    NOTICES = "notices"
    """The id of the channel for what went wrong."""
    LANGUAGE = "language"
    """Of what everybody reads, and of answers to people who use another in Slack."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose."""

    value: str
    by: str
    """Their id."""
