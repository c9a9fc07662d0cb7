"""A database that an earlier Keeprate wrote is brought up to date, with all that is in it."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, select, text

from bot.domain.matching import nameless
from bot.store.database import Database
from bot.store.schema import memory, metadata, tickets
from bot.store.upgrade import MIGRATIONS

REVISIONS = sorted(path.stem.split("_")[0] for path in MIGRATIONS.glob("versions/[0-9]*.py"))


def written_by(revision: str, path: Path) -> str:
    """The URL of a database with the tables of that revision, and a row."""
    url = f"sqlite:///{path}"
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.execute(text("INSERT INTO memory (key, value) VALUES ('a', '1')"))
    engine.dispose()
    return url


@pytest.mark.parametrize("revision", REVISIONS)
async def test_every_earlier_revision_becomes_the_newest(revision: str, tmp_path: Path) -> None:
    database = Database.open(written_by(revision, tmp_path / "old.db"))

    def look(connection: Connection) -> tuple[list[object], list[str]]:
        context = MigrationContext.configure(connection)
        return list(compare_metadata(context, metadata)), list(
            connection.scalars(select(memory.c.key))
        )

    assert await database.read(look) == ([], ["a"])
    await database.close()


async def test_addresses_that_were_kept_become_what_stands_for_them(tmp_path: Path) -> None:
    url = written_by("0016", tmp_path / "old.db")
    engine = create_engine(url)
    told = {"1": "Ann@acme.example", "2": "", "3": "no address@", "4": "ann@acme.example"}
    with engine.begin() as connection:
        for id, email in told.items():
            connection.execute(
                text("INSERT INTO tickets (source, id, requester, opened, email)"
                     " VALUES ('desk', :id, :email, 0, :email)"),
                {"id": id, "email": email},
            )  # fmt: skip
    engine.dispose()

    database = Database.open(url)
    rows = await database.read(lambda c: list(c.execute(select(tickets).order_by(tickets.c.id))))

    ann = nameless("ann@acme.example")
    assert [row.email for row in rows] == [row.requester for row in rows] == [ann, "", "", ann]
    await database.close()
