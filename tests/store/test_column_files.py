"""Columns on disk: as good as the rows, or not used."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bot.domain.columns import Columns
from bot.domain.pulls import Pull
from bot.store import column_files
from bot.store.customers import Customers
from bot.store.database import Database
from tests.store.examples import NOON, believe, known, later

EVERYONE = [
    known(f"{n}", (1, 5), (9 + n, None), plan="pro" if n % 3 else "free") for n in range(99)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "columns"


def equal(one: Columns, other: Columns) -> bool:
    return (
        (one.source, one.known_at, one.known_from, one.known_to)
        == (other.source, other.known_at, other.known_from, other.known_to)
        and np.array_equal(one.customer, other.customer)
        and np.array_equal(one.since, other.since)
        and np.array_equal(one.until, other.until)
        and one.dimensions.keys() == other.dimensions.keys()
        and all(
            a.labels == b.labels
            and np.array_equal(a.customer, b.customer)
            and np.array_equal(a.since, b.since)
            and np.array_equal(a.label, b.label)
            for a, b in zip(one.dimensions.values(), other.dimensions.values(), strict=True)
        )
    )


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def kept(database: Database, folder: Path) -> tuple[Pull, Columns, Path]:
    """A believed pull, its columns, and the file that they are in."""
    pull = await believe(database, *EVERYONE, known_from=7)
    columns = await Customers(database, folder=folder).columns("crm")
    [file] = files(folder)
    return pull, columns, file


async def test_a_file_gives_back_what_was_kept(database: Database, folder: Path) -> None:
    pull, columns, _ = await kept(database, folder)

    loaded = column_files.load(folder, pull)

    assert loaded
    assert equal(loaded, columns)
    assert loaded.customer.dtype == np.int32


async def test_with_a_file_no_row_is_read(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, columns, _ = await kept(database, folder)

    def refuse(*_: object) -> None:
        raise AssertionError("the rows were read")

    monkeypatch.setattr("bot.store.knowledge.columns", refuse)

    assert equal(await Customers(database, folder=folder).columns("crm"), columns)


async def test_what_the_newest_pull_left_is_kept_whoever_asks_first(
    database: Database, folder: Path
) -> None:
    """Closing asks for one pull's columns, so that a start after it reads no rows."""
    pull = await believe(database, *EVERYONE)

    columns = await Customers(database, folder=folder).columns_after(pull)

    loaded = column_files.load(folder, pull)
    assert loaded
    assert equal(loaded, columns)


async def test_reports_read_no_row_where_no_other_source_is(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await kept(database, folder)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the rows were read")

    monkeypatch.setattr("bot.store.knowledge.columns", refuse)

    assert await Customers(database, folder=folder).reports("crm") == []


async def test_columns_of_nobody_are_kept_too(database: Database, folder: Path) -> None:
    pull = await believe(database)

    await Customers(database, folder=folder).columns("crm")

    loaded = column_files.load(folder, pull)
    assert loaded is not None
    assert (len(loaded), loaded.dimensions) == (0, {})


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flip(content: bytes) -> bytes:
    place = content.index(b"since.npy") + 300  # in the middle of an array
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def empty(content: bytes) -> bytes:
    return b""


def junk(content: bytes) -> bytes:
    return b"id,name\n" * 1000


@pytest.mark.parametrize("damage", [cut, flip, empty, junk])
async def test_a_damaged_file_is_made_anew(
    database: Database, folder: Path, damage: Callable[[bytes], bytes]
) -> None:
    pull, columns, file = await kept(database, folder)
    file.write_bytes(damage(file.read_bytes()))
    assert column_files.load(folder, pull) is None

    assert equal(await Customers(database, folder=folder).columns("crm"), columns)

    loaded = column_files.load(folder, pull)
    assert loaded
    assert equal(loaded, columns)


async def test_the_file_of_another_database_is_not_used(
    database: Database, folder: Path, tmp_path: Path
) -> None:
    pull, _, _ = await kept(database, folder)
    begun_anew = Database.open(f"sqlite:///{tmp_path}/anew.db")
    other = await believe(begun_anew, known("a"), now=later(days=1))

    assert other.id == pull.id
    assert len(await Customers(begun_anew, folder=folder).columns("crm")) == 1
    await begun_anew.close()


async def test_a_newer_pull_takes_the_place_of_the_file(database: Database, folder: Path) -> None:
    _, _, file = await kept(database, folder)
    await believe(database, source="shop")
    customers = Customers(database, folder=folder)
    await customers.columns("shop")
    newer = await believe(database, *EVERYONE[:5], now=later(days=1))

    await customers.columns("crm")

    assert not file.exists()
    assert len(files(folder)) == 2
    assert column_files.load(folder, newer) is not None


async def test_the_past_is_not_kept_in_place_of_the_present(
    database: Database, folder: Path
) -> None:
    _, columns, file = await kept(database, folder)
    await believe(database, known("a"), now=later(days=1))

    past = await Customers(database, folder=folder).columns("crm", NOON)

    assert equal(past, columns)
    assert files(folder) == [file]


async def test_where_no_file_can_be_kept_the_rows_are_read(
    database: Database, tmp_path: Path
) -> None:
    await believe(database, *EVERYONE)
    taken = tmp_path / "taken"
    taken.write_text("not a folder")

    assert len(await Customers(database, folder=taken).columns("crm")) == 198


async def test_beside_an_sqlite_file_is_where_they_are_kept(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    await believe(database, *EVERYONE)

    await Customers(database).columns("crm")

    path = Path(sqlite_url.removeprefix("sqlite:///"))
    assert len(list(path.with_name("keeprate.db.columns").glob("*.npz"))) == 1
    assert not list(path.parent.rglob("*.tmp"))
    await database.close()


async def test_postgresql_keeps_none_unless_it_is_told_where(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    await believe(database, *EVERYONE)

    assert len(await Customers(database).columns("crm")) == 198
    await database.close()
