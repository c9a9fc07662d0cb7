"""When a channel may be spoken in: quiet hours and days off. What comes in between waits."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Hours:
    """Working hours of one channel, in the configured zone."""

    begins: time = time(0)
    ends: time | None = None
    """The first moment that is quiet again; None for midnight."""
    days: frozenset[int] = EVERY_DAY
    """Weekdays, Monday being 0; never empty."""

    def next_open(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """`moment` (aware) where it lies in the hours, else the next at which they begin.

        On a day that has no such hour because clocks are set forward, they begin when that hour
        would have been.
        """
        local = moment.astimezone(zone)
        for day in _days_from(local.date()):
            if day.weekday() not in self.days:
                continue
            begins = datetime.combine(day, self.begins, zone)
            if local <= begins:
                return begins
            if day == local.date() and (self.ends is None or local.time() < self.ends):
                return moment
        raise AssertionError("a week has no working day")


def _days_from(first: date) -> Iterator[date]:
    for number in range(9):
        yield first + timedelta(days=number)
