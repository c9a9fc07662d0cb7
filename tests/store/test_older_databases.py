"""A database that an earlier Keeprate wrote is brought up to date, with all that is in it."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, select, text

from bot.store.database import Database
from bot.store.schema import memory, metadata
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
