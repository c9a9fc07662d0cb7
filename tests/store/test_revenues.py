"""What customers pay: believed, known again, known as it was, and ready in columns."""

import asyncio
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.domain.columns import FOREVER, Columns
from bot.domain.paying import Paid, added_up
from bot.domain.pulls import PullState
from bot.domain.stays import Known
from bot.errors import StoreUnavailable
from bot.store import believing, held
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.pulls import Pulls
from bot.store.schema import revenue_endings, revenues
from tests.store.examples import NOON, TODAY, believe, everybody, known, later


def paying(id: str, *rows: Paid, **other: str) -> Known:
    return replace(known(id, **other), revenue=added_up(rows))


_numbers = count()

TEN = (100, None, 10_00000, "EUR")
TWENTY = (100, None, 20_00000, "EUR")


@pytest.fixture
def customers(database: Database) -> Customers:
    return Customers(database)


async def written(database: Database) -> tuple[int | None, int | None]:
    """How many rows say what is paid, and how many say that it is paid no more."""
    said, ended = [select(func.count()).select_from(t) for t in (revenues, revenue_endings)]
    return await database.read(lambda c: (c.scalar(said), c.scalar(ended)))


async def by_id(
    customers: Customers, columns: Columns
) -> list[tuple[str, int, int | None, int, str]]:
    """The revenue of `columns` with ids in place of numbers."""
    paid = columns.revenue
    if paid is None:
        return []
    ids = await customers.ids(paid.customer.tolist())
    return [
        (ids[who], since, None if until == FOREVER else until, amount, paid.currencies[code])
        for who, since, until, amount, code in zip(
            paid.customer.tolist(),
            paid.since.tolist(),
            paid.until.tolist(),
            paid.amount.tolist(),
            paid.currency.tolist(),
            strict=True,
        )
    ]


async def test_what_is_paid_is_known_again(customers: Customers, database: Database) -> None:
    everyone = [
        paying("a", TEN, (100, 130, 5_00000, "USD"), (100, None, 1, "USD")),
        paying("b", (100, None, 10**17, "JPY")),
        known("c"),
    ]
    await believe(database, *everyone)

    assert await customers.known("crm") == everybody(*everyone)


async def test_columns_hold_it_sorted_and_typed(customers: Customers, database: Database) -> None:
    await believe(
        database,
        paying("b", (120, None, 7, "USD"), (100, 120, 5, "EUR")),
        known("c"),
        paying("a", TEN),
    )

    columns = await customers.columns("crm")

    assert sorted(await by_id(customers, columns)) == [
        ("a", *TEN),
        ("b", 100, 120, 5, "EUR"),
        ("b", 120, None, 7, "USD"),
    ]
    assert columns.revenue is not None
    rows = columns.revenue
    assert np.lexsort((rows.since, rows.customer)).tolist() == [0, 1, 2]
    assert rows.currencies == ("EUR", "USD")
    assert rows.amount.dtype == np.int64
    assert {a.dtype for a in (rows.customer, rows.since, rows.until, rows.currency)} == {
        np.dtype(np.int32)
    }
    with pytest.raises(ValueError, match="read-only"):
        rows.amount[0] = 0


async def test_a_source_that_tells_no_amounts_has_no_revenue(
    customers: Customers, database: Database
) -> None:
    await believe(database, known("a"), source="crm")
    await believe(database, paying("a", TEN), source="billing")

    assert (await customers.columns("crm")).revenue is None
    assert await by_id(customers, await customers.columns("billing")) == [("a", *TEN)]


async def test_believing_the_same_again_writes_nothing(database: Database) -> None:
    everyone = [paying("a", TEN, (90, 95, 3, "USD")), paying("b", TWENTY)]
    await believe(database, *everyone)

    await believe(database, *everyone)

    assert await written(database) == (3, 0)


@pytest.mark.parametrize(
    ("now", "rows"),
    [
        pytest.param((100, None, 11_00000, "EUR"), (3, 1), id="amount"),
        pytest.param((100, None, 10_00000, "USD"), (3, 1), id="currency"),
        pytest.param((101, None, 10_00000, "EUR"), (3, 1), id="first day"),
        pytest.param((100, 400, 10_00000, "EUR"), (3, 1), id="end"),
        pytest.param(None, (2, 1), id="nothing any more"),
    ],
)
async def test_only_what_differs_is_written(
    customers: Customers, database: Database, now: Paid | None, rows: tuple[int, int]
) -> None:
    await believe(database, paying("a", TEN), paying("b", TWENTY))

    after = [paying("a", *([now] if now else [])), paying("b", TWENTY)]
    await believe(database, *after)

    assert await written(database) == rows
    assert await customers.known("crm") == everybody(*after)


async def test_the_past_is_as_it_was_known_then(customers: Customers, database: Database) -> None:
    await believe(database, paying("a", TEN))
    await believe(database, paying("a", TWENTY), now=later(days=1))
    await believe(database, known("a"), now=later(days=2))

    then = [await customers.columns("crm", later(days=day)) for day in range(3)]

    assert [await by_id(customers, each) for each in then] == [
        [("a", *TEN)],
        [("a", *TWENTY)],
        [],
    ]
    assert then[2].revenue is None


async def test_a_held_pull_keeps_what_is_paid_until_it_is_accepted(
    customers: Customers, database: Database
) -> None:
    pulls = Pulls(database)
    everyone = everybody(paying("a", TEN, (90, 95, 3, "USD")), known("b"))
    pull = await pulls.begin("crm", "d41d8cd98f00", NOON)
    waiting = await pulls.hold(
        pull, everyone, today=TODAY, known_from=None, sentence="Too many are gone.", now=NOON
    )

    await pulls.accept(waiting, later(hours=1))

    assert await customers.known("crm") == everyone


def test_what_was_held_before_amounts_were_read_can_still_be_accepted() -> None:
    packed = zlib.compress(msgspec.msgpack.encode([("a", "A", ((100, None),), {"plan": "pro"})]))

    assert held.unpack(packed) == [known("a", plan="pro")]


def test_what_is_held_keeps_what_customers_were_before() -> None:
    one = replace(known("a", plan="pro"), earlier=((1, {"plan": "free"}), (5, {"plan": "pro"})))

    assert held.unpack(held.pack([one])) == [one]


async def test_a_pull_whose_process_dies_half_way_leaves_nothing_paid(
    customers: Customers, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await believe(database, paying("a", TEN))

    def die(*_: object, **__: object) -> None:
        raise StoreUnavailable("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr(believing, "_make_true", die)
        with pytest.raises(StoreUnavailable):
            await believe(database, paying("a", TWENTY))

    assert await written(database) == (2, 1)
    assert await customers.known("crm") == everybody(paying("a", TEN))
    assert await by_id(customers, await customers.columns("crm")) == [("a", *TEN)]
    await believe(database, paying("a", TEN))
    assert await written(database) == (1, 0)


async def test_replicas_that_believe_at_the_same_time_do_not_mix_amounts(
    customers: Customers, database: Database, replica: Database
) -> None:
    both = (customers, Customers(replica))
    pulls = Pulls(database)
    for turn in range(5):
        begun = [await pulls.begin("crm", "d41d8cd98f00", NOON) for _ in both]
        told = [
            everybody(*(paying(f"{n}", (turn, None, k, "EUR")) for n in range(50))) for k in (1, 2)
        ]

        ended = await asyncio.gather(
            *(
                each.believe(pull, who, today=TODAY, known_from=None, now=NOON)
                for each, pull, who in zip(both, begun, told, strict=True)
            )
        )

        assert ended[1].state is PullState.BELIEVED
        assert await customers.known("crm") == told[1]


async def test_columns_on_disk_hold_what_is_paid(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await believe(database, paying("a", TEN, (90, 95, 3, "USD")), paying("b", TWENTY))
    made = (await Customers(database, folder=tmp_path).columns("crm")).revenue

    monkeypatch.setattr("bot.store.knowledge.columns", None)
    read = (await Customers(database, folder=tmp_path).columns("crm")).revenue

    assert made is not None
    assert read is not None
    assert read.currencies == made.currencies == ("EUR", "USD")
    for name in ("customer", "since", "until", "amount", "currency"):
        one, other = getattr(read, name), getattr(made, name)
        assert one.dtype == other.dtype
        assert one.tolist() == other.tolist()


@st.composite
def some_paying(draw: st.DrawFn, id: str) -> Known:
    rows = st.tuples(
        st.integers(0, 30),
        st.none() | st.integers(0, 40),
        st.sampled_from([0, 1, 500, 10**12]),
        st.sampled_from(["EUR", "USD", "JPY"]),
    )
    return paying(id, *draw(st.lists(rows, max_size=4)))


@st.composite
def some_pull(draw: st.DrawFn) -> dict[str, Known]:
    ids = draw(st.sets(st.sampled_from("abcd")))
    return {id: draw(some_paying(id)) for id in sorted(ids)}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=st.lists(some_pull(), min_size=1, max_size=5))
async def test_whatever_was_told_in_turn_is_known_now_and_then(
    database: Database, history: list[Mapping[str, Known]]
) -> None:
    source = f"source {next(_numbers)}"
    customers = Customers(database)
    for turn, everyone in enumerate(history):
        await believe(
            database, *everyone.values(), source=source, today=turn, now=NOON + timedelta(days=turn)
        )

    assert await customers.known(source) == history[-1]
    for turn, everyone in enumerate(history):
        columns = await customers.columns(source, NOON + timedelta(days=turn))
        assert sorted(await by_id(customers, columns), key=str) == sorted(
            ((each.id, *row) for each in everyone.values() for row in each.revenue), key=str
        )
