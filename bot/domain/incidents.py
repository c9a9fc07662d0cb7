"""One episode of a rule being broken, from open to resolved."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class IncidentState(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    """A person looks after it; still not resolved."""
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the rule saw in one finished period."""

    period: date
    """Its first day."""
    observed: float | None
    """The figure; a CRR is a fraction."""
    expected: float | None
    """What the history led to expect."""


@dataclass(frozen=True, slots=True)
class Incident:
    id: int
    rule: str
    scope: str
    """"" for all customers, or a segment such as "plan=pro"."""
    state: IncidentState
    opened_at: datetime
    opening: Reading
    """Why it was opened; what came before it is the expectation until it is resolved."""
    latest: Reading
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    delivery: str = ""
    """Key of the delivery of its one message, which is updated in place."""
    channel: str = ""
    ts: str = ""
    """Where that message stands; "" until Slack has it."""
