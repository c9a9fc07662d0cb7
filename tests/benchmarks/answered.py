"""/nps results, themes and outcomes with as many answers in the store as years of asking leave:
from the question to the message, without Slack.

Each customer is asked four times a year, for three years, and four of its people answer.
"""

import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from bot.domain.definition import Definition
from bot.domain.surveys import Scale
from bot.listeners.results import ResultsDesk
from bot.messages.blocks import Message
from bot.store.accounts import Accounts
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.figures import Figures
from bot.store.loops import Loops
from bot.store.results import Results
from bot.store.schema import answers, asks
from bot.store.scores import Scores
from bot.store.times import to_ms
from tests.benchmarks.result import Result, at_most, of_repeats

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_DAYS = 3 * 365
_ROUNDS = 12
_PEOPLE = 4
_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Size:
    answers: tuple[int, ...] = (100_000, 1_000_000)
    repeats: int = 5


async def measure(size: Size) -> list[Result]:
    return [result for number in size.answers for result in await _measure(number, size.repeats)]


async def _measure(number: int, repeats: int) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="keeprate-bench-") as folder:
        database = Database.open(f"sqlite:///{Path(folder) / 'keeprate.db'}")
        try:
            await _fill(database, number)
            desk = _desk(database)
            questions: tuple[tuple[str, Callable[[], Awaitable[Message]], bool], ...] = (
                ("results", lambda: desk.period(Scale.NPS, ""), True),
                ("results of a survey", lambda: desk.period(Scale.NPS, "survey=quarterly"), False),
                ("results of a year", lambda: desk.period(Scale.NPS, "this year"), False),
                ("themes", lambda: desk.about(Scale.NPS, ""), False),
                ("outcomes", lambda: desk.stayed(Scale.NPS), False),
            )
            return [
                of_repeats(
                    f"{number:,} answers, /nps {name}",
                    [await _timed(ask) for _ in range(repeats)],
                    "ms",
                    at_most(700) if has_target else None,
                )
                for name, ask, has_target in questions
            ]
        finally:
            await database.close()


async def _timed(ask: Callable[[], Awaitable[Message]]) -> float:
    begun = time.perf_counter()
    await ask()
    return 1000 * (time.perf_counter() - begun)


def _desk(database: Database) -> ResultsDesk:
    customers, definition = Customers(database), Definition(zone="Europe/Amsterdam")
    accounts = Accounts(database, customers, "crm", {})
    scores = Scores(
        Results(database, accounts),
        Loops(database, accounts),
        Figures("crm", customers, definition),
        named={"speed": ["slow*"], "price": ["dear", "expensive"]},
    )
    return ResultsDesk(scores, lambda: NOW)


async def _fill(database: Database, number: int) -> None:
    drawn = random.Random(number)
    questions = number // _PEOPLE
    for begin in range(0, questions, _AT_ONCE):
        rounds = range(begin, min(questions, begin + _AT_ONCE))
        asked = [_asked(n, questions, drawn) for n in rounds]
        answered = [_answered(ask, n, drawn) for ask in asked for n in range(_PEOPLE)]

        def put(
            connection: Connection, asked: list[Any] = asked, answered: list[Any] = answered
        ) -> None:
            connection.execute(insert(asks), asked)
            connection.execute(insert(answers), answered)

        await database.write(put)


def _asked(n: int, questions: int, drawn: random.Random) -> dict[str, Any]:
    customer = n % max(questions // _ROUNDS, 1) + 1
    return {
        "id": f"{drawn.getrandbits(96):024x}",
        "scale": "nps",
        "question": "How likely are you to recommend us?",
        "channel": f"C{customer}",
        "asked_by": "",
        "asked_at": to_ms(NOW - timedelta(days=_DAYS * drawn.random())),
        "survey": "quarterly",
        "customer": customer,
    }


def _answered(ask: dict[str, Any], n: int, drawn: random.Random) -> dict[str, Any]:
    at = ask["asked_at"] + n * 3_600_000
    return {
        "ask": ask["id"],
        "person": f"U{ask['customer']}P{n}",
        "team": "T2",
        "score": drawn.choice((0, 3, 6, 7, 8, 9, 9, 10, 10)),
        "comment": "Slow, and too expensive" if drawn.random() < 0.2 else "",
        "first_at": at,
        "answered_at": at,
        "scale": "nps",
        "customer": ask["customer"],
    }
