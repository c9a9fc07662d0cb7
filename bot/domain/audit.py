"""What people did here, for whoever asks later: changes and exports, never a customer's words."""

from dataclasses import dataclass
from datetime import datetime

TERMINAL = "terminal:"
"""Begins the name of who typed it in a terminal; anybody else is a Slack id."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One change or export, done by one person."""

    at: datetime
    person: str
    what: str
    """A few words that do not change: "pull believed", "customers exported"."""
    about: str = ""
    """What it was done to, in ids and names of settings."""
