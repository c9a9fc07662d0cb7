"""Opened, written to and read from; many at once, several processes, cut off at any moment."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from bot.errors import ConfigError, StoreUnavailable
from bot.store import upgrade
from bot.store.database import Database
from bot.store.schema import memory, metadata

ROOT = Path(__file__).parents[2]


def keep(key: str, value: str = "1") -> Callable[[Connection], str]:
    def work(connection: Connection) -> str:
        connection.execute(insert(memory).values(key=key, value=value))
        return key

    return work


async def kept(database: Database) -> list[str]:
    query = select(memory.c.key).order_by(memory.c.key)
    return await database.read(lambda c: list(c.scalars(query)))


async def test_what_was_written_is_read(database: Database) -> None:
    assert await database.write(keep("a")) == "a"
    assert await kept(database) == ["a"]


async def test_the_migrations_make_exactly_the_tables_of_the_schema(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection)
        return list(compare_metadata(context, metadata))

    assert await database.read(differences) == []


async def test_opening_again_changes_nothing(database: Database, database_url: str) -> None:
    await database.write(keep("a"))

    again = Database.open(database_url)

    assert await kept(again) == ["a"]
    await again.close()


async def test_one_failing_work_fails_alone(database: Database) -> None:
    await database.write(keep("taken"))

    results = await asyncio.gather(
        database.write(keep("a")),
        database.write(keep("taken")),
        database.write(keep("b")),
        return_exceptions=True,
    )

    assert results[0] == "a"
    assert isinstance(results[1], IntegrityError)
    assert results[2] == "b"
    assert await kept(database) == ["a", "b", "taken"]


async def test_a_work_that_raises_leaves_nothing_behind(database: Database) -> None:
    def half(connection: Connection) -> None:
        keep("half")(connection)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(half)

    assert await kept(database) == []


async def test_a_thousand_at_once_are_all_kept(database: Database) -> None:
    keys = [f"{n:04}" for n in range(1_000)]

    assert await asyncio.gather(*(database.write(keep(key)) for key in keys)) == keys
    assert await kept(database) == keys


async def test_a_caller_that_is_cancelled_breaks_nothing(database: Database) -> None:
    tasks = [asyncio.create_task(database.write(keep(f"{n:02}"))) for n in range(30)]
    await asyncio.sleep(0)  # all have asked

    for task in tasks[::3]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert [isinstance(r, asyncio.CancelledError) for r in results] == [True, False, False] * 10
    await database.write(keep("after"))
    assert {f"{n:02}" for n in range(30) if n % 3} | {"after"} <= set(await kept(database))


async def test_what_waits_is_written_before_the_database_closes(
    database: Database, replica: Database
) -> None:
    tasks = [asyncio.create_task(database.write(keep(f"{n:03}"))) for n in range(300)]
    await asyncio.sleep(0)

    await database.close()

    assert len(await asyncio.gather(*tasks)) == 300
    assert len(await kept(replica)) == 300


async def test_a_closed_database_says_so(database: Database) -> None:
    await database.close()
    await database.close()

    with pytest.raises(StoreUnavailable, match="has been closed"):
        await database.write(keep("late"))
    with pytest.raises(StoreUnavailable, match="has been closed"):
        await kept(database)


async def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(StoreUnavailable, match=r"readonly|read-only"):
        await database.read(keep("a"))

    assert await kept(database) == []


async def test_a_read_sees_one_moment(database: Database) -> None:
    loop = asyncio.get_running_loop()
    count = select(func.count()).select_from(memory)

    def twice(connection: Connection) -> tuple[int | None, int | None]:
        before = connection.scalar(count)
        asyncio.run_coroutine_threadsafe(database.write(keep("between")), loop).result(10)
        return before, connection.scalar(count)

    assert await database.read(twice) == (0, 0)
    assert await kept(database) == ["between"]


async def test_two_processes_write_to_the_same_database(
    database: Database, replica: Database
) -> None:
    await asyncio.gather(
        *(database.write(keep(f"a{n}")) for n in range(200)),
        *(replica.write(keep(f"b{n}")) for n in range(200)),
    )

    assert len(await kept(database)) == 400


async def test_a_write_waits_for_another_process_to_finish_its_own(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    writing = asyncio.create_task(database.write(keep("a")))
    done, _ = await asyncio.wait([writing], timeout=0.2)
    other.execute("COMMIT")
    other.close()

    assert not done
    assert await writing == "a"
    await database.close()


async def test_a_commit_that_fails_is_not_acknowledged(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    await database.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1").close())

    results = await asyncio.gather(
        *(database.write(keep(f"{n}", "x" * 500_000)) for n in range(3)), return_exceptions=True
    )

    assert all(isinstance(result, StoreUnavailable) for result in results)
    assert "The disk is full: make room." in str(results[0])
    assert await kept(database) == []
    await database.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 100000").close())
    assert await database.write(keep("again")) == "again"
    await database.close()


async def test_a_deadlock_is_tried_again(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    for key in "ab":
        await database.write(keep(key, "0"))
    count_up = text("UPDATE memory SET value = CAST(value AS int) + 1 WHERE key = :key")
    sleep = text("SELECT pg_sleep(0.1)")

    def both(first: str, second: str) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            connection.execute(count_up, {"key": first})
            connection.execute(sleep)
            connection.execute(count_up, {"key": second})

        return work

    await asyncio.gather(database.write(both("a", "b")), database.write(both("b", "a")))

    values = await database.read(lambda c: list(c.scalars(select(memory.c.value))))
    assert values == ["2", "2"]
    await database.close()


async def test_connections_that_postgresql_has_closed_are_made_anew(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    await asyncio.gather(*(database.write(keep(f"{n}")) for n in range(20)))
    others = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await database.write(lambda c: c.execute(others).all())

    await asyncio.gather(*(database.write(keep(f"again {n}")) for n in range(20)))

    assert len(await kept(database)) == 40
    await database.close()


CHILD = """
import asyncio, sys
from sqlalchemy import insert
from bot.store.database import Database
from bot.store.schema import memory

async def write(database, worker):
    for n in range(1_000_000):
        key = f"{worker}-{n}"
        await database.write(
            lambda c: c.execute(insert(memory).values(key=key, value="1")).close()
        )
        print(key, flush=True)

async def main():
    database = Database.open(sys.argv[1])
    await asyncio.gather(*(write(database, worker) for worker in range(8)))

asyncio.run(main())
"""


async def test_nothing_that_was_acknowledged_is_lost_when_the_process_is_killed(
    database: Database, database_url: str
) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, database_url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout
    acknowledged = [(await child.stdout.readline()).decode().strip() for _ in range(200)]
    child.send_signal(signal.SIGKILL)
    acknowledged += (await child.stdout.read()).decode().split("\n")[:-1]

    assert await child.wait() == -signal.SIGKILL
    assert set(acknowledged) <= set(await kept(database))


OPEN = """
import asyncio, sys
from bot.store.database import Database
asyncio.run(Database.open(sys.argv[1]).close())
"""


def test_processes_that_start_together_make_the_tables_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"

    children = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, url],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]

    assert [child.communicate(timeout=60)[1] for child in children] == [""] * 4
    assert [child.returncode for child in children] == [0] * 4


async def test_a_database_of_a_newer_version_is_left_alone(
    database: Database, database_url: str
) -> None:
    await database.write(
        lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")).close()
    )

    with pytest.raises(StoreUnavailable, match=r"written by a newer Keeprate \(revision 9999"):
        Database.open(database_url)


def test_the_newest_migration_is_the_head_that_alembic_sees() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(upgrade.MIGRATIONS))
    config.set_main_option("path_separator", "os")

    assert ScriptDirectory.from_config(config).get_heads() == [upgrade.NEWEST]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("keeprate.db", "cannot be read: write sqlite:///keeprate.db"),
        ("", "cannot be read"),
        ("postgresql://bot:geheim@host:port/db", "cannot be read"),
        ("mysql://bot:geheim@host/db", "The database cannot be 'mysql'"),
        ("sqlite://", "SQLite needs a file"),
        ("sqlite:///:memory:", "SQLite needs a file"),
        ("postgresql://bot:ge@heim@host/db", "written with %40"),
    ],
)
def test_a_url_that_cannot_be_is_refused_without_showing_it(url: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Database.open(url)

    assert sentence in str(caught.value)
    assert "heim" not in str(caught.value)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"gone/keeprate.db cannot be made: its folder"):
        Database.open(f"sqlite:///{tmp_path}/gone/keeprate.db")


CLOSED = "/System" if sys.platform == "darwin" else "/proc"
"""A folder in which not even root can make a file."""


def test_a_folder_that_may_not_be_written_is_named() -> None:
    with pytest.raises(StoreUnavailable, match="Give the bot's user the right"):
        Database.open(f"sqlite:///{CLOSED}/keeprate.db")


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("id,name\n1,Acme\n" * 100)

    with pytest.raises(StoreUnavailable, match="The file is something else"):
        Database.open(f"sqlite:///{path}")

    assert path.read_text() == "id,name\n1,Acme\n" * 100


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    with pytest.raises(StoreUnavailable) as caught:
        Database.open("postgresql://bot:geheim@127.0.0.1:1/keeprate")

    assert "The PostgreSQL database keeprate at 127.0.0.1 is not available" in str(caught.value)
    assert "geheim" not in str(caught.value)


async def test_an_error_of_the_database_shows_no_values(database: Database) -> None:
    await database.write(keep("a"))

    with pytest.raises(IntegrityError) as caught:
        await database.write(keep("a", "what a customer wrote"))

    assert "what a customer wrote" not in str(caught.value)
