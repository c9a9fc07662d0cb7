"""Which job runs when, and which occurrence a run belongs to.

APScheduler only calls; that a thing happens once is the ledger's doing. So a job that is called
late, twice, or by two replicas asks `newest_occurrence` what it is for, and claims that.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

SINCE = "job since: "
"""In the memory, before a job's name: when it was first known."""

_REACH = (
    timedelta(hours=1),
    *(timedelta(days=days) for days in (1, 8, 32, 93, 367, 4 * 366 + 1)),
)
"""How far back to look for the newest occurrence: hourly, daily, weekly, …, 29 February."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One moment at which a cron line says that something is due."""

    at: datetime
    """Aware, in the schedule's zone."""

    key: str
    """What the ledger knows it by: the wall clock without the offset, so that half past two in
    the night when the hour comes twice is one occurrence. What is due every hour is due in both."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do at every occurrence of `cron`; `run` is told which one."""

    name: str
    cron: str
    zone: str
    run: Callable[[Occurrence], Awaitable[None]]

    @property
    def trigger(self) -> CronTrigger:
        return _trigger(self.cron, self.zone)

    @property
    def every_hour(self) -> bool:
        """Whether it looks for what is due, rather than being due at an hour of its own."""
        return "*" in self.cron.split()[1]

    def occurrence(self, at: datetime) -> Occurrence:
        named = at if self.every_hour else at.replace(tzinfo=None)
        return Occurrence(at, named.isoformat(timespec="minutes"))


@lru_cache
def _trigger(cron: str, zone: str) -> CronTrigger:
    """Read once: jobs ask for it at every look."""
    return CronTrigger.from_crontab(cron, timezone=zone)


def newest_occurrence(job: Job, now: datetime) -> Occurrence | None:
    """The last occurrence at or before `now`; None if there was none in four years."""
    trigger = job.trigger
    for reach in _REACH:
        newest = None
        due = trigger.get_next_fire_time(None, now - reach)
        while due is not None and due <= now:
            newest = due
            due = _after(trigger, due)
        if newest is not None:
            return job.occurrence(newest)
    return None


def next_occurrence(job: Job, now: datetime) -> Occurrence | None:
    """The first occurrence after `now`."""
    due = _after(job.trigger, now)
    return None if due is None else job.occurrence(due)


def _after(trigger: CronTrigger, moment: datetime) -> datetime | None:
    """In UTC, because adding to a local time forgets which of two equal hours it was in."""
    later: datetime | None = trigger.get_next_fire_time(
        None, moment.astimezone(UTC) + timedelta(microseconds=1)
    )
    return later


class OnClock(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires when `clock` says that it is time, which need not be the machine's."""

    def __init__(self, job: Job, clock: Callable[[], datetime]) -> None:
        self._job = job
        self._clock = clock

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None:
        """In the machine's time. APScheduler says when the last call was due, if there was one."""
        ahead = self._clock() - datetime.now(UTC)
        since = now if previous_fire_time is None else max(now, previous_fire_time)
        due = next_occurrence(self._job, since + ahead)
        return None if due is None else due.at.astimezone(UTC) - ahead


def scheduler(
    jobs: list[Job], run: Callable[[Job], Awaitable[None]], clock: Callable[[], datetime]
) -> AsyncIOScheduler:
    """A scheduler, not yet started, that calls `run(job)` when a job is due by `clock`.

    Missed calls melt into one (`coalesce`) and are never too late (`misfire_grace_time=None`):
    what is late is still due, and the ledger knows whether it was done.
    """
    made = AsyncIOScheduler(
        timezone=UTC,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for job in jobs:
        made.add_job(run, OnClock(job, clock), args=[job], id=job.name, name=job.name)
    return made


def look_again(running: AsyncIOScheduler) -> None:
    """For a clock that was moved: find anew when each job is due next."""
    for each in running.get_jobs():
        each.reschedule(each.trigger)
