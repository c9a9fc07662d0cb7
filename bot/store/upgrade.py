"""Brings the tables of a database to what this version of Keeprate knows."""

import time
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import OperationalError

from bot.errors import StoreUnavailable

MIGRATIONS = Path(__file__).parent / "migrations"
_REVISIONS = sorted(p.stem.split("_")[0] for p in MIGRATIONS.glob("versions/[0-9]*.py"))
NEWEST = _REVISIONS[-1]
_ONE_AT_A_TIME = 5_301_893_121_874_620_137
"""Any number, the same in every replica: the lock under which one of them upgrades."""


def upgrade(engine: Engine, name: str) -> None:
    """All of it or nothing. Raises StoreUnavailable for a database newer than this code."""
    with _first_connection(engine) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ONE_AT_A_TIME})
        revision = _revision(connection)
        if revision == NEWEST:
            return
        if revision is not None and revision not in _REVISIONS:
            raise StoreUnavailable(
                f"{name} was written by a newer Keeprate (revision {revision}, this one knows"
                f" {NEWEST}). Start that version again, or put back a copy from before it."
            )
        _run_migrations(connection)


def _first_connection(engine: Engine) -> Connection:
    """Two processes that make the same SQLite file at once: turning the WAL on does not wait."""
    for left in reversed(range(50)):
        try:
            return engine.connect()
        except OperationalError as error:
            if not left or "locked" not in str(error.orig):
                raise
            time.sleep(0.1)
    raise AssertionError("the last try returns or raises")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _run_migrations(connection: Connection) -> None:
    from alembic import command  # a start without anything to upgrade is spared its 150 ms
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
