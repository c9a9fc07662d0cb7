"""A reading of one source to its end, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PullState(StrEnum):
    RUNNING = "running"
    """Also that of a process that died; a newer pull never waits for it."""
    BELIEVED = "believed"
    """The figures are made of it."""
    HELD = "held"
    """Too much vanished to be believed without a person's word; its evidence is kept."""
    FAILED = "failed"
    """It did not reach the end, or a newer one was believed first."""
    DISCARDED = "discarded"
    """Was held, and a person, or a newer believed pull, said no."""


@dataclass(frozen=True, slots=True)
class Pull:
    id: int
    """Later pulls have higher ones."""
    source: str
    definition: str
    """Hash of the definition under which its evidence became stays."""
    started_at: datetime
    state: PullState = PullState.RUNNING
    finished_at: datetime | None = None
    """When it came to its state; of a believed one, when it was believed."""
    records: int = 0
    customers: int = 0
    vanished: int = 0
    """Customers that the pull before knew and this one does not."""
    today: int | None = None
    """The local day (its number) that the evidence speaks of."""
    known_from: int | None = None
    """As in Columns; of the first believed pull of them that lead to this one."""
    sentence: str = ""
    """Why it failed or is held."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the figures of a source are, and whether its newest pull is the reason."""

    source: str
    newest: Pull
    believed: Pull | None
