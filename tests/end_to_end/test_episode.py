"""An episode from its beginning to its end: what a rule by luck sees, and what people do.

Two hundred companies, of whom four leave each month; in October 2026 thirty leave, twenty-four of
them in region dach.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bot.sandbox.workspace import Post
from tests.end_to_end.running import NOTICES, SUCCESS, Place, at, running

SOURCE: dict[str, Any] = {
    "kind": "csv",
    "name": "crm",
    "path": "customers.csv",
    "evidence": "stays",
    "customer": "id",
    "customer_name": "name",
    "since": "since",
    "until": "until",
    "fields": ["region", "owner"],
}
RULE: dict[str, Any] = {
    "name": "Retention dropped",
    "channel": SUCCESS,
    "cron": "30 8 * * *",
    "segments": ["region"],
}
BAD = {date(2026, 10, 1): 30, date(2026, 11, 1): 40, date(2026, 12, 1): 1, date(2027, 1, 1): 1}
"""Months in which not four leave."""


def months(first: date, count: int) -> list[date]:
    ends = [first.year * 12 + first.month - 1 + n for n in range(count)]
    return [date(end // 12, end % 12 + 1, 1) for end in ends]


def write(folder: Path, bad: dict[date, int], *, known: date) -> None:
    """As the source has it on the day `known`: who left later is still there."""
    rows = ["id,name,since,until,region,owner"]
    number = 0
    for month in months(date(2024, 9, 1), 32):
        leaving = bad.get(month, 4)
        for n in range(leaving):
            number += 1
            until = month + timedelta(days=3 + n % 20)
            region = "dach" if n % 5 or leaving < 4 or (leaving == 4 and month.month % 2) else "uk"
            rows.append(_row(number, region, until if until <= known else None))
    rows += [_row(number + n + 1, "dach" if n % 2 else "uk", None) for n in range(160)]
    (folder / "customers.csv").write_text("\n".join(rows) + "\n")


def _row(number: int, region: str, until: date | None) -> str:
    day = until.isoformat() if until else ""
    return f"c{number},Company {number},2023-0{number % 9 + 1}-05,{day},{region},Omar Haddad"


def config(place: Place, **sections: Any) -> Path:
    return place.config(**{"sources": [SOURCE], "rules": [RULE], "weekly_post": None, **sections})


def alerts(place: Place) -> list[Post]:
    """Outside of threads."""
    return [post for post in place.posts(SUCCESS) if not post.thread_ts]


def thread(place: Place) -> list[str]:
    return [post.text for post in place.posts(SUCCESS) if post.thread_ts]


async def test_a_drop_that_luck_does_not_explain_is_told_and_is_over_when_it_is_over(
    place: Place,
) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    async with running(config(place), at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-01T08:31"))
        [alert] = alerts(place)
        opened = alert.text
        assert "Retention dropped: " in opened
        assert "stayed in October 2026" in opened
        assert "Chance of this by luck: 1 in " in opened
        assert "region=dach" in opened
        assert "Omar Haddad" in opened
        await bot.move(at("2026-11-02T08:31"))
        assert alert.text == opened

        write(place.folder, BAD, known=date(2026, 12, 1))
        await bot.move(at("2026-12-01T08:31"))
        assert "still down in November 2026" in alert.text
    write(place.folder, BAD, known=date(2027, 1, 1))
    async with running(config(place), at("2026-12-31T20:00")) as bot:
        await bot.move(at("2027-01-01T08:31"))
        assert "Retention was as expected in December 2026" in alert.text
        write(place.folder, BAD, known=date(2027, 2, 1))
        await bot.move(at("2027-02-01T08:31"))
        assert "Resolved: Retention dropped" in alert.words()
        assert "Retention is back in January 2027" in alert.text

    assert alerts(place) == [alert]
    assert any("is resolved" in told for told in thread(place))


async def test_months_as_usual_are_not_told(place: Place) -> None:
    write(place.folder, {}, known=date(2026, 12, 1))
    async with running(config(place), at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-01T08:31"))
        await bot.move(at("2026-12-01T08:31"))

    assert place.posts(SUCCESS) == []


async def test_a_month_whose_pull_failed_is_told_as_not_judged_and_judged_when_it_is_there(
    place: Place,
) -> None:
    write(place.folder, BAD, known=date(2026, 11, 1))
    file = place.folder / "customers.csv"
    async with running(config(place), at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        file.rename(place.folder / "away.csv")
        await bot.move(at("2026-11-01T08:31"))
        assert place.posts(SUCCESS) == []
        [notice] = place.posts(NOTICES, "No alert can be raised for October 2026")
        assert "did not reach its end" in notice.text
        await bot.move(at("2026-11-02T08:31"))
        assert len(place.posts(NOTICES, "No alert can be raised")) == 1

        (place.folder / "away.csv").rename(file)
        await bot.move(at("2026-11-02T08:45"))
        assert len(alerts(place)) == 1
