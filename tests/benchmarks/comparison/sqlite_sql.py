"""SQLite: one statement over tables in memory, with stays in the order of their primary key."""

import sqlite3

import numpy as np

from tests.benchmarks.comparison import sql
from tests.benchmarks.comparison.moves import (
    calendars,
    cohort_calendar,
    cohorts_from_moves,
    from_moves,
)
from tests.benchmarks.comparison.work import (
    Cohorts,
    CohortTable,
    Figures,
    Retention,
    Stays,
)

_COHORTS = """
SELECT joined.month, moved.month, count(*)
FROM stays
JOIN (SELECT customer, min(since) AS first FROM stays GROUP BY customer) USING (customer)
JOIN days AS joined ON joined.day = max({low}, min({high}, first))
JOIN days AS moved ON moved.day = max({low}, min({high}, stays.{day}))
GROUP BY joined.month, moved.month
"""


def retention(of: Stays) -> Retention:
    database, kinds = _database(of), calendars()
    days = sql.days(kinds)
    database.execute(f"CREATE TABLE days (day INTEGER PRIMARY KEY, {', '.join(kinds)})")
    rows = zip(*(column.tolist() for column in days.values()), strict=True)
    database.executemany("INSERT INTO days VALUES (?, ?, ?, ?)", rows)
    database.execute("ANALYZE")
    statement = sql.statement(kinds, "min", "max")

    def compute() -> Figures:
        rows = database.execute(statement).fetchall()
        return from_moves(sql.moves(kinds, np.array(rows, np.int64).T))

    return compute


def _database(of: Stays) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.execute(
        "CREATE TABLE stays (customer INTEGER, since INTEGER, until INTEGER, cell INTEGER,"
        " mrr INTEGER, PRIMARY KEY (customer, since)) WITHOUT ROWID"
    )
    rows = zip(*(column.tolist() for column in of.arrays().values()), strict=True)
    database.executemany("INSERT INTO stays VALUES (?, ?, ?, ?, ?)", rows)
    return database


def cohort_table(of: Stays) -> Cohorts:
    database, months = _database(of), cohort_calendar()
    database.execute("CREATE TABLE days (day INTEGER PRIMARY KEY, month INTEGER)")
    rows = zip(range(months.low, months.high + 1), months.slot.tolist(), strict=True)
    database.executemany("INSERT INTO days VALUES (?, ?)", rows)
    database.execute("ANALYZE")
    arrived, left = (
        _COHORTS.format(low=months.low, high=months.high, day=day) for day in ("since", "until")
    )

    def compute() -> CohortTable:
        return cohorts_from_moves(
            np.array(database.execute(arrived).fetchall(), np.int64),
            np.array(database.execute(left).fetchall(), np.int64),
        )

    return compute
