"""`keeprate cohorts` and `keeprate lifetime`: as /crr tells them, and for programs."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bot.cli.csv_files import write_csv
from bot.cli.figures import as_of, fresh_by, moment_and_day, named, opened, trusted_from
from bot.config import Config
from bot.domain.cohorts import Cohorts
from bot.domain.definition import Definition
from bot.domain.lifetime import YEAR, Lifetime, RepeatPurchase, Repeats
from bot.domain.period import Kind, so_far
from bot.domain.pulls import Freshness
from bot.domain.revenue import RatesMissing
from bot.errors import Misunderstood
from bot.messages import cohorts as cohort_messages
from bot.messages.blocks import unescape
from bot.messages.lifetime import lifetime_answer
from bot.messages.revenue import units
from bot.parts import Clock, stores
from bot.store.figures import Figures

CONFIDENCE = 0.95

_DIGITS = 6
"""Of a share: one of a million customers still shows."""


@dataclass(frozen=True, slots=True)
class About:
    """Of which customers, and as of when."""

    freshness: Freshness
    definition: Definition
    segment: dict[str, str]
    today: date
    known_at: datetime | None
    """None for now."""

    def as_json(self) -> dict[str, Any]:
        return {
            "source": self.freshness.source,
            "segment": self.segment,
            "as_of": as_of(self.freshness),
            "trusted_from": trusted_from(self.freshness),
            "as_known_at": self.known_at.isoformat() if self.known_at else None,
        }


@asynccontextmanager
async def asked(
    config: Config,
    *,
    source: str = "",
    segments: Sequence[str] = (),
    as_known_at: str = "",
    clock: Clock,
) -> AsyncIterator[tuple[Figures, About]]:
    """The figures of a source, the first one if that is "", and what is asked of them.

    Raises ConfigError for a source that is not there or was never pulled, Misunderstood for a
    segment that is not written like plan=pro, or a moment that can't be.
    """
    definition = config.definition.definition()
    segment = named(segments)
    moment, today = moment_and_day(as_known_at, clock=clock, definition=definition)
    async with stores(config) as kept:
        figures, freshness = await opened(config, kept, source)
        if moment:
            freshness = await fresh_by(moment, freshness, kept)
        yield figures, About(freshness, definition, segment, today, moment)


async def cohorts(
    figures: Figures,
    about: About,
    by: Kind,
    months: int | None = None,
    *,
    revenue: bool = False,
) -> Cohorts:
    """The table over so many months, or the usual ones, with `revenue` of what they pay.

    Raises Misunderstood, as `Figures` does and where the source tells no amounts, and RatesMissing
    where these can't be added up.
    """
    ask = figures.revenue_cohorts if revenue else figures.cohorts
    found = await ask(
        by,
        months=cohort_messages.MONTHS[by] if months is None else months,
        today=about.today,
        wanted=about.segment,
        as_known_at=about.known_at,
    )
    if found is None:
        raise Misunderstood(cohort_messages.NO_AMOUNTS)
    if isinstance(found, RatesMissing):
        raise found
    return found


async def lifetime(figures: Figures, about: About) -> tuple[Lifetime, Repeats | None]:
    """With how many buy again, of purchases. Raises Misunderstood, as `Figures` does."""
    found = await figures.lifetime(
        today=about.today, wanted=about.segment, as_known_at=about.known_at
    )
    again = await figures.repeats(
        today=about.today, wanted=about.segment, as_known_at=about.known_at
    )
    return found, again


def cohorts_in_words(found: Cohorts, about: About) -> str:
    """All cohorts in columns."""
    return cohort_messages.cohorts_in_letters(
        found,
        freshness=about.freshness,
        definition=about.definition,
        segment=tuple(about.segment.items()),
        known_at=about.known_at,
        revenue=found.revenue is not None,
    )


def cohorts_as_json(found: Cohorts, about: About) -> dict[str, Any]:
    """For programs: shares are fractions, null where an age lies ahead or nobody joined. What
    is paid is there where it was asked for, in what people count in."""
    ages = range(found.kept.shape[1])
    return {
        **about.as_json(),
        "by": found.by.value,
        "measured_on": found.measured_on.isoformat(),
        "cohorts": [_cohort(found, number) for number in range(len(found.periods))],
        "mean": [_share(found.mean(age)) for age in ages],
        **({} if found.revenue is None else {"currency": found.currency}),
        "unplaced": found.unplaced,
    }


def write_cohorts(path: Path, found: Cohorts) -> None:
    """A line for each cohort and age that it has reached. Raises ConfigError if it can't be."""
    paid = () if found.revenue is None else ("mrr", "mrr_share")
    write_csv(path, ("first", "next", "customers", "months", "kept", "share", *paid), _lines(found))


def lifetime_in_words(found: Lifetime, again: Repeats | None, about: About) -> str:
    """The same sentences as in Slack."""
    told = lifetime_answer(
        found,
        freshness=about.freshness,
        definition=about.definition,
        segment=tuple(about.segment.items()),
        known_at=about.known_at,
        repeats=again,
    )
    return unescape(told.text)


def lifetime_as_json(found: Lifetime, again: Repeats | None, about: About) -> dict[str, Any]:
    """For programs: lengths in days, shares as fractions, null where it can't be told."""
    median, year = found.median(confidence=CONFIDENCE), found.longer_than(YEAR)
    return {
        **about.as_json(),
        "stays": found.stays,
        "customers": found.customers,
        "ended": found.ends,
        "left_out": found.left_out,
        "longest": found.longest if found.stays else None,
        "confidence": CONFIDENCE,
        "median": {"days": median.days, "low": median.low, "high": median.high},
        "after_12_months": year
        and {
            "days": YEAR,
            "share": _share(year.value),
            "low": _share(year.low),
            "high": _share(year.high),
        },
        "repeat_purchase": again
        and {"ever": _again(again.ever), "soon": {"days": again.days, **_again(again.soon)}},
    }


def _again(found: RepeatPurchase) -> dict[str, Any]:
    return {
        "customers": found.customers,
        "again": found.again,
        "rate": _share(found.rate),
        "too_recent": found.too_recent,
    }


def _cohort(found: Cohorts, number: int) -> dict[str, Any]:
    period, ages = found.periods[number], range(found.kept.shape[1])
    going = so_far(period, found.measured_on)
    reached = found.reached[number]
    return {
        "first": period.first.isoformat(),
        "next": period.next.isoformat(),
        "so_far": {"day": going.day, "of": going.of} if going else None,
        "customers": int(found.size[number]),
        "kept": [int(found.kept[number, age]) if reached[age] else None for age in ages],
        "share": [_share(found.share(number, age)) for age in ages],
        **_paid(found, number),
    }


def _paid(found: Cohorts, number: int) -> dict[str, Any]:
    """What one cohort pays a month at each age; empty where that was not asked for."""
    if found.revenue is None:
        return {}
    amounts, reached = found.revenue[number].tolist(), found.reached[number].tolist()
    return {
        "mrr": [
            units(amount, found.currency or "") if there else None
            for amount, there in zip(amounts, reached, strict=True)
        ],
        "mrr_share": [_share(found.revenue_share(number, age)) for age in range(len(amounts))],
    }


def _lines(found: Cohorts) -> Iterator[tuple[str, ...]]:
    for number, period in enumerate(found.periods):
        paid = _paid(found, number)
        for age, reached in enumerate(found.reached[number]):
            if reached:
                share = _share(found.share(number, age))
                yield (
                    period.first.isoformat(),
                    period.next.isoformat(),
                    str(found.size[number]),
                    str(age),
                    str(found.kept[number, age]),
                    "" if share is None else str(share),
                    *("" if of[age] is None else str(of[age]) for of in paid.values()),
                )


def _share(of: float | None) -> float | None:
    return None if of is None else round(of, _DIGITS)
