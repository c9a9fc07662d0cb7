"""What the numbers mean here: one frozen value, whose hash is stamped on every figure."""

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import IntEnum, StrEnum
from zoneinfo import ZoneInfo


class Weekday(IntEnum):
    """As `date.weekday()` counts them."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


class Parents(StrEnum):
    OWN = "own"
    """Each record is a customer of its own."""
    TOP = "top"
    """All who belong to the same record, in the end, are one customer with it."""


@dataclass(frozen=True, slots=True)
class Definition:
    """How evidence becomes stays, and days become periods."""

    zone: str = "UTC"
    """IANA name. A moment becomes a day, and a period begins, in this zone."""
    first_weekday: Weekday = Weekday.MONDAY
    fiscal_year_start: int = 1
    """The month (1-12) in which years and quarters begin."""
    grace_days: int = 7
    """Two dated stays with at most so many days between them are one."""
    purchase_keeps_days: int = 90
    """A purchase on day d makes a customer of d, d + 1, …, d + n - 1."""
    minimum_base: int = 30
    """Below so many customers at opening, a rate is shown with the counts and never alerted on."""
    rates: tuple[tuple[str, float], ...] = ()
    """What one of each currency is worth in the one whose rate is 1, in which revenue is added up.
    Empty where there is one currency alone."""
    tenure_bands: tuple[int, ...] = (3, 12)
    """Whole months since joining at which a new band of customers begins."""
    size_bands: tuple[int, ...] = (100, 1_000, 10_000)
    """Revenue a month, in the units that people say, at which a new band of customers begins."""
    trials: bool = False
    """Whether somebody on a trial is a customer already."""
    free: bool = False
    """Whether somebody who never paid is a customer: on a free plan, or with 100 % off."""
    past_due_days: int | None = None
    """Who owes for longer than so many days is a customer no longer; None while they are kept."""
    paused_days: int | None = None
    """The same of who has paused."""
    parents: Parents = Parents.OWN
    """What a customer is where a source says who belongs to whom."""
    counting: tuple[tuple[str, str], ...] = ()
    """What the settings of the source itself say of who is a customer, in words."""

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def currency(self) -> str | None:
        """In which revenue is added up; None for the only one that there is."""
        return next((name for name, rate in self.rates if rate == 1), None)

    @property
    def hash(self) -> str:
        """Twelve hex digits that change when any setting does.

        Settings that came later count where they are not as they are by default: a newer Keeprate
        does not by itself change a definition.
        """
        settings = asdict(self)
        for name in _CAME_LATER:
            if settings[name] == getattr(_USUAL, name):
                del settings[name]
        canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]


_CAME_LATER = (
    "rates",
    "tenure_bands",
    "size_bands",
    "trials",
    "free",
    "past_due_days",
    "paused_days",
    "parents",
    "counting",
)
_USUAL = Definition()
