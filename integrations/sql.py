"""SQL: a query on a database of one's own, where a data warehouse already knows the customers.

Customer: whoever stands in the column `customer` of what the SELECT gives. What a row is,
`evidence` says: `stays` (with `since` and `until`, empty or in the year 9999 while they are one),
`purchases` (with `on`) or `today` (each customer once; who is missing next time has left).
Since, until: the columns of those names, or those that the settings name. Days, times with a zone,
or text as `dates` says; a time without a zone needs `zone`.
Revenue: the column that `amount` names, `every` month or year, in `currency`: a code such as EUR
for all, or a column. A `stays` row says what was paid in its days, so a new price is a new row;
`today` says what is paid from the pull's day on. NULL where it is not known.
Terms: the column that `term_ends` names, or several, with the day on which a term ends: the first
day that it does not cover. A cell may hold several days, as a list, or as text with ; between them.
Where a column tells the next end alone, those that have passed since the first pull are remembered.
History: whatever the query tells; `today` has none before the first pull.

Auth: in the URL, of any database that SQLAlchemy knows: postgresql, sqlite, or another whose driver
is installed beside Keeprate. Give the bot a user that may only read: Keeprate takes nothing but a
SELECT, in a transaction that is read-only where the database has such, and never commits.
Limits: rows are streamed, so a query may give millions. One that keeps PostgreSQL, MySQL, MariaDB
or SQLite busy for longer than `longest` is given up.
Traps: a join that gives a customer twice makes two rows of one stay, which does no harm to stays
but doubles their revenue, and is refused for `today`.
Broken off: the query is run anew, for its rows are of one moment, which ends with the connection.

https://docs.sqlalchemy.org/en/20/core/engines.html#database-urls
"""

import re
import time
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import sqlalchemy
from pydantic import Field, SecretStr, field_validator
from sqlalchemy import exc

from integrations.errors import BadRecord, CredentialsRejected, IntegrationError, SourceUnavailable
from integrations.http import Http
from integrations.records import Page
from integrations.rows import Header, Reader, RowSettings, in_a_thread

ROWS = 5_000
"""A page, and how many rows the database sends at once."""

PATIENCE = 10
"""Seconds to wait for PostgreSQL to take the connection."""

STEPS = 100_000
"""Of SQLite's virtual machine, between two looks at the clock: some milliseconds."""

_UNSEEN = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", re.DOTALL)
_WRITES = re.compile(
    r"\b(insert|update|delete|merge|replace|truncate|drop|alter|create|grant|call)\b", re.IGNORECASE
)


class Settings(RowSettings):
    """Which database, and what to ask it."""

    deciding: ClassVar[tuple[str, ...]] = ("evidence", "query")

    url: SecretStr = Field(description="As SQLAlchemy writes it: postgresql://user:secret@host/db.")
    query: str = Field(description="One SELECT. Its columns are named by the settings below.")
    longest: int = Field(
        default=900, gt=0, le=86_400, description="Seconds after which a query is given up."
    )

    @field_validator("url")
    @classmethod
    def _has_a_driver(cls, url: SecretStr) -> SecretStr:
        try:
            parsed = sqlalchemy.make_url(url.get_secret_value())
        except (exc.ArgumentError, ValueError):
            parsed = None
        if parsed is None:  # outside of the except, for the error there shows the URL
            raise ValueError("is not a URL like postgresql://user:secret@host/database")
        try:
            _with_our_driver(parsed).get_dialect().import_dbapi()
        except exc.NoSuchModuleError as error:
            raise ValueError(
                f"names a database that SQLAlchemy does not know ({parsed.drivername});"
                " begin with postgresql:// or sqlite://, or install its dialect"
            ) from error
        except ImportError as error:
            raise ValueError(
                f"needs the Python package {error.name}; install it beside Keeprate"
            ) from error
        return url

    @field_validator("query")
    @classmethod
    def _only_reads(cls, query: str) -> str:
        bare = _UNSEEN.sub(" ", query).strip().rstrip(";").strip()
        first = re.match(r"\(*\s*([a-z]+)", bare, re.IGNORECASE)
        if first is None or first[1].lower() not in ("select", "with"):
            raise ValueError("must be a SELECT (or WITH … SELECT)")
        if ";" in bare:
            raise ValueError("must be one statement, without ; inside")
        if first[1].lower() == "with" and (writing := _WRITES.search(bare)):
            raise ValueError(f"must only read, but has {writing[1].upper()} in it")
        return query


async def customers(settings: Settings, http: Http) -> AsyncGenerator[Page, None]:
    # The drivers block; SQLite wants to be used from one thread.
    async with in_a_thread(_pages(settings)) as pages:
        async for page in pages:
            yield page


def _pages(settings: Settings) -> Generator[Page, None, None]:
    url = _with_our_driver(sqlalchemy.make_url(settings.url.get_secret_value()))
    with _our_errors(url, settings.longest), _connected(url, settings.longest) as connection:
        # no_parameters: a % in the query is a %. exec_driver_sql: a :word in it is no parameter.
        streamed = connection.execution_options(
            stream_results=True, yield_per=ROWS, no_parameters=True
        )
        result = streamed.exec_driver_sql(settings.query.strip().rstrip(";"))
        header = Header("the query", len(result.keys()), list(result.keys()))
        reader = Reader(settings, header)
        number = 0
        for rows in result.partitions(ROWS):
            yield Page(
                reader.records((f"row {at}", row) for at, row in enumerate(rows, number + 1))
            )
            number += len(rows)


@contextmanager
def _connected(url: sqlalchemy.URL, longest: int) -> Iterator[sqlalchemy.Connection]:
    """A connection on which nothing is ever written or committed, nor asked for longer."""
    arguments: dict[str, object] = {}
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or ":memory:")
        if not url.query and str(path) != ":memory:" and not path.is_file():
            raise SourceUnavailable(  # SQLite would make an empty one
                f"there is no database {path}; set url: to it, the next pull tries again",
                setting="url",
            )
    if url.drivername == "postgresql+psycopg" and "connect_timeout" not in url.query:
        arguments["connect_timeout"] = PATIENCE
    engine = sqlalchemy.create_engine(
        url, poolclass=sqlalchemy.NullPool, connect_args=arguments, hide_parameters=True
    )
    try:
        with engine.connect() as connection:
            match engine.dialect.name:
                case "sqlite":
                    connection.exec_driver_sql("PRAGMA query_only = ON")
                    _stop_after(connection, longest)
                case "postgresql":
                    connection = connection.execution_options(postgresql_readonly=True)
                case "mysql":
                    connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
                    connection.exec_driver_sql(f"SET SESSION max_execution_time = {longest * 1000}")
                case "mariadb":
                    connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
                    connection.exec_driver_sql(f"SET SESSION max_statement_time = {longest}")
            connection.rollback()  # what was set holds from the next transaction on
            if engine.dialect.name == "postgresql":  # of each time that it gives rows
                connection.exec_driver_sql(f"SET LOCAL statement_timeout = {longest * 1000}")
            yield connection
            connection.rollback()
    finally:
        engine.dispose()


def _stop_after(connection: sqlalchemy.Connection, longest: int) -> None:
    """SQLite asks now and then, between two of its steps, whether to go on."""
    driver = connection.connection.driver_connection
    if driver is not None:
        ends = time.monotonic() + longest
        driver.set_progress_handler(lambda: time.monotonic() > ends, STEPS)


@contextmanager
def _our_errors(url: sqlalchemy.URL, longest: int) -> Iterator[None]:
    try:
        yield
    except exc.DBAPIError as error:
        if _took_too_long(error.orig):
            raise SourceUnavailable(
                f"the query took longer than {longest} seconds; make it quicker, or set longest:"
            ) from None
        raise _named(error, url) from None
    except exc.SQLAlchemyError as error:
        raise SourceUnavailable(
            f"the database cannot be asked ({type(error).__name__}); look at url: and the driver"
        ) from None


def _took_too_long(error: BaseException | None) -> bool:
    """PostgreSQL says it by state, MySQL and MariaDB by number, SQLite in a word."""
    if getattr(error, "sqlstate", None) == "57014" or str(error) == "interrupted":
        return True
    return error is not None and bool(error.args) and error.args[0] in (3024, 1969)


def _named(error: exc.DBAPIError, url: sqlalchemy.URL) -> IntegrationError:
    """Our name for the database's error, in its own words but for secrets and values."""
    original = error.orig
    state = str(getattr(original, "sqlstate", None) or "")
    said = type(original).__name__
    if not isinstance(error, exc.DataError):  # of which the words quote what could not be read
        said = _without_secrets(str(original), url) or said
    if state.startswith("28") or "authentication failed" in str(original):
        return CredentialsRejected(f"the database refuses us ({said}); mend url:", setting="url")
    if state == "42501":
        return CredentialsRejected(
            f"the database refuses the query ({said}); grant SELECT to the user in url:"
        )
    if isinstance(error, exc.DataError):
        return BadRecord(
            f"the query meets a value it cannot read ({said}); mend query:", setting="query"
        )
    # PostgreSQL tells by state (42: syntax and names, 25: would write), SQLite by its words.
    by_words = r"no such|near \"|incomplete input|ambiguous|attempt to write|not authorized"
    if (
        isinstance(error, exc.ProgrammingError)
        or state[:2] in ("42", "25")
        or re.match(by_words, said)
    ):
        return BadRecord(
            f"the database does not take the query ({said}); mend query:", setting="query"
        )
    return SourceUnavailable(
        f"the database does not answer ({said}); look at url:, the next pull tries again"
    )


def _without_secrets(said: str, url: sqlalchemy.URL) -> str:
    line = next((line.strip() for line in said.splitlines() if line.strip()), "")
    for secret in (url.password, url.query.get("password")):
        if secret:
            line = line.replace(str(secret), "***")
    return line[:200]


def _with_our_driver(url: sqlalchemy.URL) -> sqlalchemy.URL:
    """psycopg 3, which comes with Keeprate, where the URL leaves the driver open."""
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    return url
