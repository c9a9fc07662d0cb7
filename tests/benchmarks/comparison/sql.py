"""One statement for both databases: every stay is placed in all calendars, then grouped by each."""

from collections.abc import Mapping

import numpy as np

from bot.domain.columns import Codes
from tests.benchmarks.comparison.moves import Calendar, Moves
from tests.benchmarks.comparison.work import Counts

_STATEMENT = """
WITH firsts AS (SELECT customer, min(since) AS since FROM stays GROUP BY customer),
placed AS MATERIALIZED (
  SELECT stays.customer, stays.cell, stays.mrr, {slots}
  FROM stays
  JOIN firsts ON firsts.customer = stays.customer
  JOIN days AS begun ON begun.day = {since}
  JOIN days AS ended ON ended.day = {until}
  JOIN days AS joined ON joined.day = {first}
)
{moves}
"""
_SLOTS = (
    "begun.{kind} AS {kind}_begun, ended.{kind} AS {kind}_ended, joined.{kind} AS {kind}_joined"
)
_MOVES = """
SELECT {number}, 0, {kind}_begun, cell, count(*), sum(mrr),
  sum(CASE WHEN {kind}_begun = {kind}_joined THEN 1 ELSE 0 END)
FROM placed WHERE {kind}_begun <> {kind}_ended GROUP BY {kind}_begun, cell
UNION ALL
SELECT {number}, 1, {kind}_ended, cell, count(*), sum(mrr), 0
FROM placed WHERE {kind}_begun <> {kind}_ended GROUP BY {kind}_ended, cell
UNION ALL
SELECT {number}, 2, one.{kind}_ended, one.cell, count(*),
  sum(next.mrr), sum({least}(one.mrr, next.mrr))
FROM placed AS one JOIN placed AS next
  ON next.customer = one.customer AND next.{kind}_begun = one.{kind}_ended
WHERE one.{kind}_begun <> one.{kind}_ended AND next.{kind}_begun <> next.{kind}_ended
GROUP BY one.{kind}_ended, one.cell
"""


def statement(kinds: Mapping[str, Calendar], least: str, greatest: str) -> str:
    """Rows of kind, what, slot, cell and three values; least and greatest as the dialect says."""
    low, high = _reach(kinds)

    def day(name: str) -> str:
        return f"{greatest}({low}, {least}({high}, {name}))"

    return _STATEMENT.format(
        slots=", ".join(_SLOTS.format(kind=kind) for kind in kinds),
        since=day("stays.since"),
        until=day("stays.until"),
        first=day("firsts.since"),
        moves="UNION ALL".join(
            _MOVES.format(kind=kind, number=number, least=least)
            for number, kind in enumerate(kinds)
        ),
    )


def days(kinds: Mapping[str, Calendar]) -> dict[str, Codes]:
    """The columns of the table `days`: the slot of each day in each calendar."""
    low, high = _reach(kinds)
    day = np.arange(low, high + 1, dtype=np.int32)
    return {"day": day, **{kind: calendar.slot_of(day) for kind, calendar in kinds.items()}}


def moves(kinds: Mapping[str, Calendar], columns: Counts) -> list[Moves]:
    """Of the rows of the statement, turned into columns."""
    number, what, slot, cell, *values = columns
    found = []
    for of, calendar in enumerate(kinds.values()):
        made = Moves.none(calendar)
        tables = (
            (made.arrived, made.arrived_paying, made.new),
            (made.left, made.left_paying),
            (made.back, made.back_paying, made.back_at_most),
        )
        for code, filled in enumerate(tables):
            rows = (number == of) & (what == code)
            for table, value in zip(filled, values, strict=False):
                table[slot[rows], cell[rows]] = value[rows]
        found.append(made)
    return found


def _reach(kinds: Mapping[str, Calendar]) -> tuple[int, int]:
    lows, highs = zip(*((kind.low, kind.high) for kind in kinds.values()), strict=True)
    return min(lows), max(highs)
