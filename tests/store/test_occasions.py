"""Ends of terms and purchases: believed, known again, known as they were, and ready in columns."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.domain.columns import Columns, Occasions
from bot.domain.stays import Known
from bot.errors import StoreUnavailable
from bot.store import believing
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.pulls import Pulls
from bot.store.schema import occasion_endings, occasions
from tests.store.examples import NOON, TODAY, believe, everybody, known, later

_numbers = count()


def told(id: str, terms: tuple[int, ...] = (), purchases: tuple[int, ...] = ()) -> Known:
    return replace(known(id), terms=terms, purchases=purchases)


@pytest.fixture
def customers(database: Database) -> Customers:
    return Customers(database)


async def written(database: Database) -> tuple[int | None, int | None]:
    """How many rows say that something befell, and how many that it did not."""
    said, taken_back = [
        select(func.count()).select_from(table) for table in (occasions, occasion_endings)
    ]
    return await database.read(lambda c: (c.scalar(said), c.scalar(taken_back)))


async def days(customers: Customers, found: Occasions | None) -> list[tuple[str, int]]:
    if found is None:
        return []
    ids = await customers.ids(found.customer.tolist())
    return [(ids[who], day) for who, day in zip(found.customer.tolist(), found.day, strict=True)]


async def both(customers: Customers, columns: Columns) -> list[list[tuple[str, int]]]:
    return [await days(customers, found) for found in (columns.terms, columns.purchases)]


async def test_what_befell_is_known_again(customers: Customers, database: Database) -> None:
    everyone = [told("a", (100, 465)), told("b", (), (7, 9)), told("c", (-3,), (9,)), known("d")]
    await believe(database, *everyone)

    assert await customers.known("crm") == everybody(*everyone)


async def test_columns_hold_it_by_kind_typed_and_unchangeable(
    customers: Customers, database: Database
) -> None:
    await believe(database, told("b", (465, 100)), told("a", (100,), (7,)))

    columns = await customers.columns("crm")

    terms, purchases = await both(customers, columns)
    assert sorted(terms) == [("a", 100), ("b", 100), ("b", 465)]
    assert purchases == [("a", 7)]
    assert columns.terms is not None
    assert columns.terms.customer.dtype == columns.terms.day.dtype == np.dtype(np.int32)
    with pytest.raises(ValueError, match="read-only"):
        columns.terms.day[0] = 0


async def test_a_source_that_tells_of_nothing_has_no_columns_of_it(
    customers: Customers, database: Database
) -> None:
    await believe(database, told("a", (), (7,)), source="shop")
    await believe(database, told("b", (8,)), source="crm")

    shop, crm = await customers.columns("shop"), await customers.columns("crm")

    assert (shop.terms, crm.purchases) == (None, None)
    assert await days(customers, crm.terms) == [("b", 8)]


async def test_only_what_differs_is_written(customers: Customers, database: Database) -> None:
    everyone = [told("a", (100,), (7, 9)), told("b", (100,))]
    await believe(database, *everyone)
    await believe(database, *everyone)
    assert await written(database) == (4, 0)

    after = [told("a", (465,), (7, 9, 100)), told("b", (100,))]
    await believe(database, *after)

    assert await written(database) == (6, 1)
    assert await customers.known("crm") == everybody(*after)


async def test_the_past_is_as_it_was_known_then(customers: Customers, database: Database) -> None:
    await believe(database, told("a", (100,), (7,)))
    await believe(database, told("a", (465,), (7, 8)), now=later(days=1))
    await believe(database, known("a"), now=later(days=2))

    then = [await customers.columns("crm", later(days=day)) for day in range(3)]

    assert [await both(customers, each) for each in then] == [
        [[("a", 100)], [("a", 7)]],
        [[("a", 465)], [("a", 7), ("a", 8)]],
        [[], []],
    ]


async def test_a_held_pull_keeps_it_until_it_is_accepted(
    customers: Customers, database: Database
) -> None:
    pulls = Pulls(database)
    everyone = everybody(told("a", (100, 465)), told("b", (), (7,)))
    pull = await pulls.begin("crm", "d41d8cd98f00", NOON)
    waiting = await pulls.hold(
        pull, everyone, today=TODAY, known_from=None, sentence="Too many are gone.", now=NOON
    )

    await pulls.accept(waiting, later(hours=1))

    assert await customers.known("crm") == everyone


async def test_a_pull_whose_process_dies_half_way_leaves_nothing(
    customers: Customers, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await believe(database, told("a", (100,)))

    def die(*_: object, **__: object) -> None:
        raise StoreUnavailable("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr(believing, "_make_true", die)
        with pytest.raises(StoreUnavailable):
            await believe(database, told("a", (465,)))

    assert await customers.known("crm") == everybody(told("a", (100,)))
    await believe(database, told("a", (100,)))
    assert await written(database) == (1, 0)


async def test_columns_on_disk_hold_it(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await believe(database, told("a", (100, 465)), told("b", (), (7,)))
    made = await Customers(database, folder=tmp_path).columns("crm")

    monkeypatch.setattr("bot.store.knowledge.columns", None)
    read = await Customers(database, folder=tmp_path).columns("crm")

    for name in ("terms", "purchases"):
        one, other = getattr(read, name), getattr(made, name)
        assert one.customer.tolist() == other.customer.tolist()
        assert one.day.tolist() == other.day.tolist()
        assert one.day.dtype == np.dtype(np.int32)


async def test_columns_on_disk_of_a_source_that_tells_of_nothing_have_none(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await believe(database, known("a"))
    await Customers(database, folder=tmp_path).columns("crm")

    monkeypatch.setattr("bot.store.knowledge.columns", None)
    read = await Customers(database, folder=tmp_path).columns("crm")

    assert (read.terms, read.purchases) == (None, None)


_days = st.lists(st.integers(-5, 30), max_size=4).map(lambda some: tuple(sorted(set(some))))


@st.composite
def some_pull(draw: st.DrawFn) -> dict[str, Known]:
    ids = draw(st.sets(st.sampled_from("abcd")))
    return {id: told(id, draw(_days), draw(_days)) for id in sorted(ids)}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=st.lists(some_pull(), min_size=1, max_size=5))
async def test_whatever_was_told_in_turn_is_known_now_and_then(
    database: Database, history: list[Mapping[str, Known]]
) -> None:
    source = f"shop {next(_numbers)}"
    customers = Customers(database)
    for turn, everyone in enumerate(history):
        await believe(
            database, *everyone.values(), source=source, today=turn, now=NOON + timedelta(days=turn)
        )

    assert await customers.known(source) == history[-1]
    for turn, everyone in enumerate(history):
        columns = await customers.columns(source, NOON + timedelta(days=turn))
        assert [sorted(each) for each in await both(customers, columns)] == [
            sorted((id, day) for id, each in everyone.items() for day in getattr(each, name))
            for name in ("terms", "purchases")
        ]


async def test_ids_that_are_one_when_they_are_stored_have_each_day_once(
    database: Database,
) -> None:
    await believe(database, told("id", (5,)), told("i\0d", (5, 6)))

    assert await written(database) == (2, 0)
