"""Brightside's helpdesk: what is in its files, and that nobody knows of it before its time."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.demo import RATINGS, TICKETS, Exports
from bot.sandbox.scenes import OPENS
from bot.sandbox.story import ENDS, brightside
from bot.sandbox.support import BEGINS, Request, ratings, requests, tickets

MOMENTS = st.datetimes(
    datetime.combine(BEGINS, datetime.min.time()), datetime.combine(ENDS, datetime.max.time())
)

_TOLD = requests(brightside())


@pytest.fixture(scope="module")
def told() -> list[Request]:
    return _TOLD


def test_the_same_seed_tells_the_same_and_another_one_does_not(told: list[Request]) -> None:
    assert requests(brightside()) == told
    assert requests(brightside(), 7) != told


def test_whoever_asks_is_a_customer_that_day(told: list[Request]) -> None:
    there = brightside().contracts
    for request in told:
        day = request.opened.date()
        assert any(
            c.company == request.company and c.since <= day and (c.until is None or day < c.until)
            for c in there
        )


def test_help_is_given_in_its_order_and_at_work(told: list[Request]) -> None:
    for request in told:
        assert request.opened < request.first_reply <= request.solved < request.rated
        for moment in (request.opened, request.first_reply, request.solved):
            assert (8 <= moment.hour < 18, moment.weekday() < 5) == (True, True)


def test_who_waits_longer_is_less_content(told: list[Request]) -> None:
    def mean(least: int, most: int) -> float:
        scores = [
            r.score
            for r in told
            if r.score and timedelta(hours=least) <= r.solved - r.opened < timedelta(hours=most)
        ]
        assert len(scores) > 10
        return sum(scores) / len(scores)

    assert mean(0, 8) > mean(8, 48) > mean(48, 500)


def test_the_tickets_that_people_talk_about_are_there(told: list[Request]) -> None:
    found = {r.number: r for r in told if r.number in (4711, 4760)}

    assert {number: r.company.name for number, r in found.items()} == {
        4711: "Acme",
        4760: "Globex",
    }
    numbers = [request.number for request in told]
    assert numbers == sorted(set(numbers))


@given(MOMENTS)
def test_a_file_knows_nothing_of_what_is_to_come(now: datetime) -> None:
    written = f"{now:%Y-%m-%d %H:%M}"
    for file in (tickets(_TOLD, now), ratings(_TOLD, now)):
        moments = [
            cell
            for line in file.decode().splitlines()[1:]
            for cell in line.split(",")
            if cell[:2] == "20" and cell[4:5] == "-"
        ]
        assert max(moments, default="") <= written


def test_the_files_are_those_of_the_moment(tmp_path: Path) -> None:
    Exports(tmp_path).write(OPENS)

    opened = (tmp_path / TICKETS).read_text().splitlines()
    rated = (tmp_path / RATINGS).read_text().splitlines()
    assert len(opened) > len(rated) > 30
    assert tickets(_TOLD, OPENS.replace(tzinfo=None)).decode().splitlines() == opened
