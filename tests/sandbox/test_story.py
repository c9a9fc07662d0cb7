"""Brightside's story: what is in it, and that nobody knows of it before its time."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import integrations
from bot.domain.definition import Definition
from bot.domain.lines import Line, LineReason, Point, Shape, cross
from bot.domain.period import Kind, Period, last_finished, run_up
from bot.domain.retention import Counts
from bot.domain.stays import Evidence, from_dates, implausible
from bot.sandbox.companies import AWKWARD, GROUPS
from bot.sandbox.draw import Draw
from bot.sandbox.story import (
    BEGINS,
    ENDS,
    JOINING,
    LATE,
    OPENS,
    OWNERS,
    PRICE_RISE,
    SEED,
    Row,
    Story,
    brightside,
)
from integrations.csv import Settings
from integrations.http import Http
from integrations.records import DatedStay

BERLIN = Definition(zone="Europe/Berlin")
DAY = timedelta(days=1)
RULE = Line(Shape.FALL_POINTS, 5, minimum_base=30, periods=6)

DAYS = st.dates(BEGINS, ENDS + timedelta(days=40))


@pytest.fixture(scope="module")
def story() -> Story:
    return brightside()


def there(rows: Iterable[Row], day: date) -> set[str]:
    """Who is a customer on a day, by the plainest reading of the export."""
    text = day.isoformat()
    return {row.id for row in rows if row.since <= text and (not row.until or text < row.until)}


def counts(rows: Iterable[Row], period: Period) -> Counts:
    rows = list(rows)
    opening, closing = there(rows, period.eve), there(rows, period.last)
    before = {row.id for row in rows if row.since < period.first.isoformat()}
    gained = closing - opening
    return Counts(
        opening=len(opening),
        closing=len(closing),
        kept=len(opening & closing),
        lost=len(opening - closing),
        new=len(gained - before),
        won_back=len(gained & before),
        early_losses=0,
    )


def months(rows: Iterable[Row], today: date) -> list[Point]:
    """Every finished month on a day."""
    rows = list(rows)
    periods = run_up(last_finished(Kind.MONTH, today, BERLIN), 60, BERLIN)
    found = [(month, counts(rows, month)) for month in periods if month.first >= BEGINS]
    return [
        Point(month, None if each.crr is None else 100 * each.crr, each.opening)
        for month, each in found
    ]


def first_days(first: date, last: date) -> list[date]:
    """The first of every month from one to the other."""
    return sorted({(first + n * DAY).replace(day=1) for n in range((last - first).days)})[1:]


def test_240_customers_join_in_the_26_months_before_the_demo_opens(story: Story) -> None:
    firsts: dict[str, date] = {}
    for contract in sorted(story.contracts, key=lambda contract: contract.since):
        firsts.setdefault(contract.company.id, contract.since)
    before = [since for since in firsts.values() if since < OPENS]

    assert len(before) == 240
    assert {(since.year, since.month) for since in before} == {
        (2024 + (8 + n) // 12, (8 + n) % 12 + 1) for n in range(26)
    }
    assert len(JOINING) == 26


def test_the_same_seed_tells_the_same_story_to_the_last_byte(story: Story) -> None:
    export = story.export(OPENS)

    assert export == brightside(SEED).export(OPENS)
    assert export != brightside(SEED + 1).export(OPENS)
    # Of this very story; another Python must tell no other.
    assert sha256(export).hexdigest() == (
        "0999cd7bb8147d83d5e4f16e65abc7dad9ab4a66b0714a640a9f57e515dba3ad"
    )


def test_chance_keeps_within_its_bounds_and_loses_nothing() -> None:
    draw = Draw(1)

    assert {draw.between(2, 4) for _ in range(100)} == {2, 3, 4}
    assert {draw.below(3) for _ in range(100)} == {0, 1, 2}
    assert sorted(draw.shuffled(range(50))) == list(range(50))
    assert draw.shuffled(range(50)) != list(range(50))
    assert not any(draw.chance(0.0) for _ in range(100))
    assert all(draw.chance(1.0) for _ in range(100))
    often = Counter(draw.weighted({"often": 3.0, "seldom": 1.0, "never": 0.0}) for _ in range(4000))
    assert often["never"] == 0
    assert 2800 < often["often"] < 3200


def test_october_drops_by_more_than_the_rule_allows_and_no_month_before_it(story: Story) -> None:
    fired = [
        today - DAY
        for today in first_days(BEGINS, OPENS)
        if cross(RULE, months(story.rows(today), today)).reason is LineReason.CROSSED
    ]

    assert fired == [date(2026, 10, 31)]


def test_the_drop_is_of_plan_team_in_dach_where_the_price_rose(story: Story) -> None:
    rows = story.rows(OPENS)
    october = last_finished(Kind.MONTH, OPENS, BERLIN)
    inside = [row for row in rows if (row.plan, row.region) == ("team", "dach")]
    outside = [row for row in rows if (row.plan, row.region) != ("team", "dach")]

    assert counts(inside, october).crr < 0.75  # type: ignore[operator]
    assert counts(outside, october).crr > 0.96  # type: ignore[operator]
    raised = [c for c in story.contracts if (PRICE_RISE, round(c.company.price * 1.3)) in c.raises]
    assert {(c.company.plan, c.company.region) for c in raised} == {("team", "dach")}


def test_in_november_retention_is_back_and_some_of_those_who_left_with_it(story: Story) -> None:
    today = date(2026, 12, 1)
    history = months(story.rows(today), today)

    verdict = cross(RULE, history, opened=PRICE_RISE)

    assert verdict.reason is LineReason.BACK
    left = {
        c.company.id for c in story.contracts if c.until and c.until.replace(day=1) == PRICE_RISE
    }
    assert 2 <= len({c.company.id for c in story.contracts if c.since > OPENS} & left) <= 8


def test_customers_are_won_back_after_more_than_a_week(story: Story) -> None:
    stays = defaultdict(list)
    for contract in story.contracts:
        stays[contract.company.id].append(contract)
    gaps = [
        later.since - earlier.until
        for own in stays.values()
        for earlier, later in pairwise(own)
        if earlier.until
    ]

    assert len(gaps) >= 10
    assert min(gaps) > timedelta(days=BERLIN.grace_days)


def test_some_join_and_are_gone_before_their_month_is_over(story: Story) -> None:
    early = [
        c for c in story.contracts if c.until and c.until.replace(day=1) == c.since.replace(day=1)
    ]

    assert len(early) >= 5
    assert any(c.since.replace(day=1) == PRICE_RISE for c in early)


def test_two_records_turn_out_to_be_one_company(story: Story) -> None:
    for twice in story.duplicates:
        before, after = (
            {row.id for row in story.rows(day)} for day in (twice.found - DAY, twice.found)
        )
        assert {twice.id, twice.company.id} <= before
        assert before - after == {twice.id}
        # The company was a customer all the while, so a merge is no loss.
        assert twice.company.id in there(story.rows(ENDS), twice.since)
        assert twice.company.id in there(story.rows(ENDS), twice.found)
    assert any(d.found > OPENS for d in story.duplicates)
    assert any(PRICE_RISE < d.found < OPENS for d in story.duplicates)


def test_a_loss_that_is_recorded_late_changes_a_month_that_was_told(story: Story) -> None:
    late = [c for c in story.contracts if c.until and c.recorded == c.until + LATE]

    assert len(late) >= 5
    september, october = run_up(last_finished(Kind.MONTH, OPENS, BERLIN), 2, BERLIN)
    told = counts(story.rows(date(2026, 10, 5)), september)
    assert counts(story.rows(OPENS), september).kept < told.kept
    assert (
        counts(story.rows(date(2026, 11, 20)), october).kept
        < counts(story.rows(OPENS), october).kept
    )


def test_more_leave_with_the_old_year_than_in_summer(story: Story) -> None:
    left = Counter(c.until.month for c in story.contracts if c.until)

    assert left[1] + left[12] > 2 * (left[7] + left[8])


def test_the_week_before_the_opening_has_somebody_who_left_and_somebody_won_back(
    story: Story,
) -> None:
    rows = story.rows(OPENS)
    week = last_finished(Kind.WEEK, OPENS, BERLIN)
    opening, closing = there(rows, week.eve), there(rows, week.last)

    assert 2 <= len(opening - closing) <= 9
    assert closing - opening


def test_there_are_companies_that_belong_to_others_and_contracts_by_month_and_year(
    story: Story,
) -> None:
    rows = story.rows(OPENS)
    ids = {row.id for row in rows}
    children = [row for row in rows if row.parent]

    assert {row.parent for row in children} <= ids
    assert len({row.parent for row in children}) == len(GROUPS)
    assert all(row.name.split()[0] in GROUPS for row in children)
    terms = [row.renews for row in rows if row.renews]
    assert min(terms) == "2026-11-24"
    assert "2027-10" < max(terms) < "2027-11-03"
    assert len(rows) / 6 < len(terms) < len(rows) / 2, "most pay by the month"
    assert not any(row.renews for row in rows if row.until)


def test_everybody_pays_and_has_an_owner_and_no_two_have_a_name(story: Story) -> None:
    rows = story.rows(OPENS)
    names = [company.name for company in story.companies]

    assert all(row.mrr_eur > 0 for row in rows)
    assert {row.owner for row in rows} == set(OWNERS.values())
    assert len(set(names)) == len(names)
    assert set(AWKWARD) <= set(names)
    assert {"Acme", "Globex"} <= set(names[:10])


def test_what_they_pay_changes_with_time(story: Story) -> None:
    then, now = ({row.id: row.mrr_eur for row in story.rows(day)} for day in (
        date(2025, 9, 1), OPENS))  # fmt: skip
    both = then.keys() & now.keys()

    assert any(now[id] > then[id] for id in both)
    assert any(now[id] < then[id] for id in both)


@given(DAYS)
def test_no_export_knows_of_a_day_to_come(day: date) -> None:
    for row in STORY.rows(day):
        assert row.since <= day.isoformat()
        assert not row.until or row.since < row.until <= day.isoformat()


@given(DAYS)
def test_from_one_day_to_the_next_only_ends_are_added_and_duplicates_taken_away(day: date) -> None:
    before = {(row.id, row.since): row for row in STORY.rows(day)}
    after = {(row.id, row.since): row for row in STORY.rows(day + DAY)}

    gone = {id for id, _ in before.keys() - after.keys()}
    assert gone <= {duplicate.id for duplicate in STORY.duplicates}
    for key in before.keys() & after.keys():
        old, new = before[key], after[key]
        assert old.until in ("", new.until)
        assert replace(old, until="", renews="", mrr_eur=0) == replace(
            new, until="", renews="", mrr_eur=0
        )


def test_the_bot_reads_the_export_as_it_is_and_believes_every_week_of_it(
    story: Story, tmp_path: Path
) -> None:
    known = from_dates(records(story, BEGINS + DAY), BERLIN)
    day = BEGINS + 8 * DAY
    while day < ENDS:
        seen = from_dates(records(story, day), BERLIN)
        assert implausible(known, seen, day, Evidence.DATES) is None
        known, day = seen, day + timedelta(days=7)


async def test_the_csv_source_reads_every_line(story: Story, tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_bytes(story.export(OPENS))
    settings = Settings.model_validate(
        {"kind": "csv", "name": "brightside", "path": path, "evidence": "stays", "customer": "id",
         "customer_name": "name", "fields": ["plan", "region", "owner"]}
    )  # fmt: skip

    async with httpx.AsyncClient() as client:
        pages = integrations.customers(settings, Http(client, requests_per_second=100.0))
        found = [record async for page in pages for record in page.records]

    expected = records(story, OPENS)
    assert [replace(r, place="") for r in found if isinstance(r, DatedStay)] == expected
    assert {r.name for r in expected} >= {AWKWARD[0], AWKWARD[1]}


def records(story: Story, day: date) -> list[DatedStay]:
    """What a source should make of the rows of a day."""
    return [
        DatedStay(
            row.id,
            row.name,
            date.fromisoformat(row.since),
            date.fromisoformat(row.until) if row.until else None,
            {"plan": row.plan, "region": row.region, "owner": row.owner},
        )
        for row in story.rows(day)
    ]


STORY = brightside()
"""For tests that hypothesis calls many times."""
