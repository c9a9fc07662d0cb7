"""The two databases that are supported, by URL: how each is connected to, and named in errors."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import ConfigError, StoreUnavailable

WRITERS = 8
READERS = 4
PATIENCE = 30.0
"""Seconds for which a write waits while another process writes to the same SQLite file; others
stand in the URL, as in sqlite:///keeprate.db?timeout=5."""
OLDEST_SQLITE = (3, 35, 0)
"""RETURNING came with it."""

_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}


def read_url(text: str) -> URL:
    """The database's URL with the driver that we use. Raises ConfigError, which never shows it."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ConfigError(
            "The database's URL cannot be read: write sqlite:///keeprate.db"
            " or postgresql://user:password@host/database."
        ) from None
    if url.get_backend_name() not in _DRIVERS:
        raise ConfigError(
            f"The database cannot be {url.get_backend_name()!r}:"
            " write sqlite:///… or postgresql://…."
        )
    if "@" in (url.host or ""):
        raise ConfigError("A password with an @ in it is written with %40 in the database's URL.")
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise ConfigError("SQLite needs a file to keep what was answered: sqlite:///keeprate.db.")
    return url.set(drivername=_DRIVERS[url.get_backend_name()])


def label(url: URL) -> str:
    """How an error names the database: without the user, the password and the options."""
    if url.get_backend_name() == "sqlite":
        return f"The database file {url.database}"
    return f"The PostgreSQL database {url.database or ''} at {url.host or 'this machine'}"


def writing(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, begin="BEGIN IMMEDIATE", connections=1)
    return _postgresql(url, connections=WRITERS)


def reading(url: URL) -> Engine:
    """Every transaction of it sees one moment, and cannot change anything."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, begin="BEGIN", connections=READERS, read_only=True)
    return _postgresql(url, connections=READERS).execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    )


def _sqlite(url: URL, *, begin: str, connections: int, read_only: bool = False) -> Engine:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreUnavailable(
            f"This Python brings SQLite {sqlite3.sqlite_version}; Keeprate needs 3.35 or newer."
        )
    if not Path(url.database or "").absolute().parent.is_dir():
        raise StoreUnavailable(
            f"{label(url)} cannot be made: its folder does not exist."
            " Create the folder, or name another in config.yaml."
        )
    patience = {} if "timeout" in url.query else {"timeout": PATIENCE}
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=connections,
        max_overflow=0,
        connect_args={**patience, "isolation_level": None},
    )

    def set_up(connection: Any, _record: Any) -> None:
        # FULL: a transaction that was acknowledged survives a loss of power, not only of the
        # process. `fullfsync` is what that takes on a Mac and nothing elsewhere.
        pragmas = ["journal_mode = WAL", "synchronous = FULL", "fullfsync = ON"]
        pragmas += ["foreign_keys = ON", "query_only = ON"] if read_only else ["foreign_keys = ON"]
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", start)
    return engine


def _postgresql(url: URL, *, connections: int) -> Engine:
    try:
        return create_engine(
            url,
            hide_parameters=True,
            pool_size=connections,
            max_overflow=0,
            connect_args={"connect_timeout": 10, "application_name": "keeprate"},
        )
    except ModuleNotFoundError:
        raise ConfigError(
            "PostgreSQL needs one more package: pip install 'keeprate[postgres]'."
        ) from None
