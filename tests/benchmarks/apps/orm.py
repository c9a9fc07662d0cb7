"""The same app with the SQLAlchemy ORM on aiosqlite: the answer is committed, then acknowledged.

Written as its users write it when they take care: WAL, synchronous FULL as ours, one statement
that takes a second answer too, no refresh after the commit, a session for each click.

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html
"""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from sqlalchemy import DateTime, ForeignKey, Integer, String, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.benchmarks.apps.serving import client, options, serve


class Base(DeclarativeBase):
    pass


class Ask(Base):
    __tablename__ = "asks"

    id: Mapped[str] = mapped_column(String, primary_key=True)


class Answer(Base):
    __tablename__ = "answers"

    ask: Mapped[str] = mapped_column(ForeignKey("asks.id"), primary_key=True)
    person: Mapped[str] = mapped_column(String, primary_key=True)
    team: Mapped[str] = mapped_column(String)
    score: Mapped[int] = mapped_column(Integer)
    answered_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


def database(path: str) -> AsyncEngine:
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", connect_args={"timeout": 30})

    def set_up(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine.sync_engine, "connect", set_up)
    return engine


async def make_tables(path: str, ask: str) -> None:
    engine = database(path)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with async_sessionmaker(engine).begin() as session:
        session.add(Ask(id=ask))
    await engine.dispose()


def app(api_url: str, sessions: "async_sessionmaker[AsyncSession]") -> AsyncApp:
    bolt = AsyncApp(client=client(api_url), signing_secret="bench")

    @bolt.action(re.compile(r"score:\d{1,2}"))
    async def on_score(ack: AsyncAck, body: dict[str, Any]) -> None:
        ask, _, score = body["actions"][0]["value"].rpartition(":")
        statement = insert(Answer).values(
            ask=ask,
            person=body["user"]["id"],
            team=body["user"]["team_id"],
            score=int(score),
            answered_at=datetime.now(UTC),
        )
        async with sessions.begin() as session:
            await session.execute(
                statement.on_conflict_do_update(
                    index_elements=[Answer.ask, Answer.person],
                    set_={
                        "score": statement.excluded.score,
                        "answered_at": statement.excluded.answered_at,
                    },
                )
            )
        await ack()

    return bolt


if __name__ == "__main__":
    asked = options()
    asyncio.run(make_tables(asked.database, asked.ask))
    sessions = async_sessionmaker(database(asked.database), expire_on_commit=False)
    serve(app(asked.api_url, sessions), asked)
