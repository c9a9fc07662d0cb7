"""What customers wrote, which is let go of after a time; what they scored stays."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, tuple_, update
from sqlalchemy.sql.schema import Column

from bot.store.database import Database
from bot.store.schema import answers, ratings, tickets
from bot.store.times import to_ms

AT_ONCE = 5_000
"""Rows in one transaction, so that a click never waits for long."""


class Words:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget(self, before: datetime) -> int:
        """Comments to scores that were given and last edited before then, here and in helpdesks,
        and subjects of tickets that were last touched before then. Says how many."""
        ms = to_ms(before)
        edited = or_(answers.c.commented_at.is_(None), answers.c.commented_at < ms)
        touched = func.coalesce(tickets.c.changed, tickets.c.solved, tickets.c.opened)
        return (
            await self._forget(answers.c.comment, answers.c.answered_at < ms, edited)
            + await self._forget(ratings.c.comment, ratings.c.on < ms)
            + await self._forget(tickets.c.subject, touched < ms)
        )

    async def _forget(self, words: "Column[Any]", *old: ColumnElement[bool]) -> int:
        table = words.table
        key = tuple_(*table.primary_key.columns)
        some = select(*table.primary_key.columns).where(words != "", *old).limit(AT_ONCE)
        query = update(table).where(key.in_(some)).values({words: ""})
        forgotten, last = 0, AT_ONCE
        while last == AT_ONCE:
            last = await self._database.write(lambda c: int(c.execute(query).rowcount))
            forgotten += last
        return forgotten
