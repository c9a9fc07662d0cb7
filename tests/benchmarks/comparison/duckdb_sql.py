"""DuckDB: one statement over tables in memory, with all cores."""

import duckdb
import numpy as np

from tests.benchmarks.comparison import sql
from tests.benchmarks.comparison.moves import calendars, from_moves
from tests.benchmarks.comparison.work import Figures, Retention, Stays


def retention(of: Stays) -> Retention:
    database, kinds = duckdb.connect(), calendars()
    for name, arrays in (("stays", of.arrays()), ("days", sql.days(kinds))):
        database.register("loaded", arrays)
        database.execute(f"CREATE TABLE {name} AS SELECT * FROM loaded")
        database.unregister("loaded")
    statement = sql.statement(kinds, "least", "greatest")

    def compute() -> Figures:
        columns = database.execute(statement).fetchnumpy().values()
        return from_moves(sql.moves(kinds, np.stack([c.astype(np.int64) for c in columns])))

    return compute
