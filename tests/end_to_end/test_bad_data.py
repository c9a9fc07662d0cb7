"""No alert comes from a pull that is held, failed or too old, nor from a period that goes on.

A notice comes instead, once; and the alert, as soon as the data are there. Of four kinds of rules:
what luck does not explain, a line under what customers do, under counts, and under scores.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end import companies, test_counts, test_episode
from tests.end_to_end.running import NOTICES, SUCCESS, Place, at, running
from tests.end_to_end.test_loops import DESK, HEADING, read_once

LUCK = {**test_episode.RULE, "name": "luck"}
LINE = {"name": "line", "channel": SUCCESS, "kind": "below", "limit": 90}
SCORES = {**LINE, "name": "scores", "figure": "csat", "limit": 80, "minimum_base": 2}
SUNDAY = at("2026-11-01T08:31")
NOT_BELIEVED = "the newest pull is not believed, or did not reach its end"
NOT_SEEN = "no pull has seen its end yet"


def customers(folder: Path, known: date = date(2026, 11, 1)) -> Path:
    test_episode.write(folder, test_episode.BAD, known=known)
    return folder / "customers.csv"


def cut_short(folder: Path) -> None:
    """Nine of ten customers are missing."""
    file = customers(folder)
    head, *rows = file.read_text().splitlines()
    file.write_text("\n".join([head, *rows[::10]]) + "\n")


def away(folder: Path) -> None:
    (folder / "customers.csv").unlink()


def nothing(folder: Path) -> None:
    """What is there is right, and nobody has read it."""


def config(place: Place, *rules: dict[str, Any], **sections: Any) -> Path:
    usual = {"sources": [test_episode.SOURCE], "rules": list(rules), "weekly_post": None}
    return place.config(**{**usual, **sections})


@pytest.mark.parametrize(
    ("bad", "pulled", "why"),
    [
        pytest.param(cut_short, "15 3 * * *", NOT_BELIEVED, id="held"),
        pytest.param(away, "15 3 * * *", NOT_BELIEVED, id="failed"),
        pytest.param(nothing, "0 12 * * *", NOT_SEEN, id="stale"),
    ],
)
async def test_what_customers_do_is_judged_by_good_pulls_alone(
    place: Place, bad: Callable[[Path], None], pulled: str, why: str
) -> None:
    customers(place.folder, known=date(2026, 10, 31))
    settings = config(place, LUCK, LINE, pull={"cron": pulled})
    async with running(settings, at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        bad(place.folder)
        await bot.move(SUNDAY)
        await bot.move(at("2026-11-01T09:31"))
        assert place.posts(SUCCESS) == []
        [notice] = place.posts(NOTICES, "No alert can be raised")
        customers(place.folder)
        await bot.move(at("2026-11-02T12:31"))

    assert "for October 2026 yet" in notice.text
    assert why in notice.text
    assert {post.blocks[0]["text"]["text"] for post in place.posts(SUCCESS)} == {
        ":rotating_light: luck",
        ":rotating_light: line",
    }


async def test_a_month_that_goes_on_is_not_judged(place: Place) -> None:
    """Twenty-three of thirty have left by the 25th, which would be an alert."""
    customers(place.folder, known=date(2026, 10, 25))
    async with running(config(place, LUCK, LINE), at("2026-10-24T20:00")) as bot:
        await bot.pulled()
        await bot.move(at("2026-10-25T08:31"))

    assert place.posts(SUCCESS) == place.posts(NOTICES) == []


async def test_counts_that_cannot_be_read_are_not_judged(place: Place) -> None:
    """A count of the middle of the month is none of its end."""
    file = place.folder / "counts.csv"
    file.write_text(test_counts.COUNTS + "2026-11-15,150,20\n")
    settings = config(place, test_counts.LINE, sources=[test_counts.SOURCE])
    async with running(settings, at("2026-11-16T10:00")) as bot:
        await bot.pulled()
        file.rename(place.folder / "away.csv")
        await bot.move(at("2026-12-01T08:31"))
        await bot.move(at("2026-12-02T08:31"))
        assert place.posts(SUCCESS) == []
        [notice] = place.posts(NOTICES, "No alert can be raised")
        file.write_text(test_counts.COUNTS + "2026-11-15,150,20\n2026-11-30,210,40\n")
        await bot.move(at("2026-12-03T08:31"))

    assert "for November 2026 yet" in notice.text
    [alert] = place.posts(SUCCESS)
    assert "75.0 %" in alert.text


def rated(folder: Path) -> None:
    """CSAT 50 % in October, of the customers c3 and c24, and 0 % on the first of November."""
    rows = ["1,2026-10-09T09:00:00Z,5,7,c3,Ann,1,", "2,2026-10-30T09:00:00Z,2,7,c24,Ann,2,"]
    rows.append("3,2026-11-01T02:00:00Z,1,7,c3,Ann,3,")
    (folder / "ratings.csv").write_text("\n".join([HEADING, *rows]) + "\n")


@pytest.mark.parametrize("read", ["*/15 * * * *", "0 12 * * *"], ids=["failed", "stale"])
async def test_scores_are_not_judged_before_all_are_read(place: Place, read: str) -> None:
    companies.write(place.folder)
    rated(place.folder)
    sources = [companies.SOURCE, DESK]
    settings = config(place, SCORES, sources=sources, tickets={"cron": read})
    async with running(settings, at("2026-10-31T20:00")) as bot:
        await read_once(bot)
        if read.startswith("*"):
            (place.folder / "ratings.csv").unlink()
        await bot.move(SUNDAY)
        await bot.move(at("2026-11-01T09:31"))
        assert place.posts(SUCCESS) == []
        [notice] = place.posts(NOTICES, "No alert on scores can be raised")
        rated(place.folder)
        await bot.move(at("2026-11-02T12:31"))

    assert "for October 2026 yet" in notice.text
    assert "Ratings of desk as of Saturday 31 Oct 2026" in notice.text
    [alert] = place.posts(SUCCESS)
    assert "CSAT 50.0 % of 2 answers; the line is 80.0 %" in alert.text


async def test_scores_of_a_segment_wait_for_who_is_in_it(place: Place) -> None:
    companies.write(place.folder)
    rated(place.folder)
    desk = {**DESK, "matches": "id"}
    rule = {**SCORES, "only": {"plan": "free"}, "minimum_base": 1}
    settings = config(place, SCORES, rule | {"name": "free"}, sources=[companies.SOURCE, desk])
    async with running(settings, at("2026-10-31T20:00")) as bot:
        await read_once(bot)
        companies.write(place.folder, companies.rows()[:10])
        await bot.move(SUNDAY)
        [everybody] = place.posts(SUCCESS)
        assert len(place.posts(NOTICES, "No alert can be raised for October 2026")) == 1
        companies.write(place.folder)
        await bot.move(at("2026-11-02T12:31"))

    [of_free] = [post for post in place.posts(SUCCESS) if post is not everybody]
    assert "CSAT 50.0 % of 2 answers" in everybody.text
    assert "CSAT 0.0 % of 1 answer" in of_free.text


async def test_scores_of_a_month_that_goes_on_are_not_judged(place: Place) -> None:
    companies.write(place.folder)
    rated(place.folder)
    settings = config(place, SCORES, sources=[companies.SOURCE, DESK])
    async with running(settings, at("2026-10-30T20:00")) as bot:
        await read_once(bot)
        await bot.move(at("2026-10-31T08:31"))

    assert place.posts(SUCCESS) == place.posts(NOTICES) == []
