"""A reading of one source to its end, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
    trusted_from: int | None = None
    """As in Columns."""
    sentence: str = ""
    """Why it failed or is held."""
    base: int | None = None
    """The believed pull that it adds changes to; None where it read everything."""
    evidence: str = ""
    """Which of `stays.Evidence` it gave; "" where that was not written down yet."""
    asked: str = ""
    """Stands for the settings with which the source was read."""
    note: str = ""
    """What an admin should know of a believed one."""
    left_out: Mapping[str, int] | None = field(default=None, hash=False)
    """How many of what was read make no customer, by the word for why (`records.LeftOut`), and what
    the definition does not count (`stays.NotCounted`); None where it was not written down."""


OVERLAP = timedelta(minutes=10)
"""Changes are asked for from so long before a pull began: two clocks are never the same."""


def to_add_to(
    believed: Pull | None,
    full: Pull | None,
    *,
    definition: str,
    asked: str,
    now: datetime,
    full_every: timedelta,
) -> Pull | None:
    """The pull to which changes can be added; None where everything must be read.

    `believed` is the newest believed pull, `full` the newest believed one that read everything.
    Changes say nothing of most customers: what is known of these must have come about under the
    same definition, from the same settings. And few systems tell of everything that is deleted,
    so everything is read when `full` is as old as `full_every`, give or take an hour, because no
    two pulls begin at the same second of the day.
    """
    if believed is None or full is None or not believed.evidence:
        return None
    if believed.definition != definition or believed.asked != asked:
        return None
    age = now - full.started_at
    if now < believed.started_at or age >= full_every - timedelta(hours=1):
        return None
    return believed


@dataclass(frozen=True, slots=True)
class Running:
    """How far a reading has come."""

    source: str
    records: int = 0
    of: int | None = None
    """How many there are, where the source says so."""
    seconds: float = 0.0
    """Since it began, or since it went on where another one was broken off."""
    before: int = 0
    """Records that had come by then."""

    @property
    def a_second(self) -> float | None:
        """Records; None while nothing can be said."""
        came = self.records - self.before
        return came / self.seconds if came and self.seconds > 0 else None

    @property
    def seconds_left(self) -> float | None:
        if self.of is None or self.a_second is None:
            return None
        return max(0.0, self.of - self.records) / self.a_second


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the figures of a source are, and whether its newest pull is the reason."""

    source: str
    newest: Pull
    believed: Pull | None
    full: Pull | None = None
    """The newest believed one that read everything: only such a one has seen all that is left
    out."""
