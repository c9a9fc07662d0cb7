"""What leaves as a file: the customers behind a figure, and every answer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from functools import partial

from bot.domain.commands import Export
from bot.domain.questions import HelpQuestion, read_churn
from bot.errors import Misunderstood, SlackRejected
from bot.messages.blocks import Message
from bot.messages.sources import exported, not_exported
from bot.messages.spreadsheets import as_csv, as_json_lines
from bot.slack.poster import Slack
from bot.store.customers import Customers
from bot.store.figures import Figures
from bot.store.results import Exported, Results

_FIRST = datetime(1970, 1, 2, tzinfo=UTC)
"""Before any answer, and a day that every zone can write."""


@dataclass(frozen=True, slots=True)
class Exports:
    figures: Figures
    customers: Customers
    results: Results
    slack: Slack
    clock: Callable[[], datetime]
    note: Callable[[str, str, str], Awaitable[None]]
    """Writes down who did what, to what."""

    async def send(self, said: Export, person: str) -> Message:
        """Send what was asked for to this person, and write down that it was."""
        if said.answers:
            what, about = "answers exported", "all scales"
            told = [each.told() for each in await self.results.exported(_FIRST, None)]
            rows = [[str(value) for value in each.values()] for each in told]
            columns = [each.name for each in fields(Exported)]
            name, written = "answers.csv", partial(as_csv, columns, rows)
            if said.json_lines:
                name, written = "answers.jsonl", partial(as_json_lines, told)
        else:
            zone = self.figures.definition.zone_info
            rows, about = await self._behind(said.words, self.clock().astimezone(zone).date())
            what = "customers exported"
            columns = ["list", "customer", "name"]
            name, written = "customers.csv", partial(as_csv, columns, rows)
        try:
            # Written in a thread: clicks go on beside a hundred thousand rows.
            await self.slack.send_file(person, name, await asyncio.to_thread(written))
        except SlackRejected as error:
            if error.code != "missing_scope":
                raise
            return not_exported()
        await self.note(person, what, f"{about}, {len(rows)} rows")
        return exported(name, len(rows))

    async def _behind(self, words: str, today: date) -> tuple[list[list[str]], str]:
        """Everybody behind a figure. Raises Misunderstood for words that name no period."""
        asked = read_churn(
            words, command="/keeprate export", today=today, definition=self.figures.definition
        )
        if isinstance(asked, HelpQuestion):
            raise Misunderstood("Name a period, such as: export 2026-10 plan=pro.")
        of = await self.figures.joined(
            asked.period, today=today, wanted=asked.segments, as_known_at=asked.known_at
        )
        rows = []
        for listed, codes in (
            ("kept", of.kept),
            ("lost", of.lost),
            ("new", of.new),
            ("won back", of.won_back),
        ):
            numbers = [int(code) for code in codes]
            ids = await self.customers.ids(numbers)
            names = await self.customers.names(numbers)
            rows += [[listed, ids[number], names[number]] for number in numbers]
        return rows, f"{self.figures.source} {asked.period.first} to {asked.period.last}"
