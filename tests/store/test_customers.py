"""Customers: believed, known again, known as they were, and found by name."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.domain import columns as domain_columns
from bot.domain.columns import Columns
from bot.domain.pulls import PullState
from bot.domain.stays import Known
from bot.errors import StoreUnavailable
from bot.store import believing
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.dialects import chunks
from bot.store.pulls import Pulls
from bot.store.schema import customers as customers_table
from bot.store.schema import endings, profiles, stays
from tests.store.examples import NOON, TODAY, believe, everybody, known, later


@pytest.fixture
def customers(database: Database) -> Customers:
    return Customers(database)


FOREVER = int(domain_columns.FOREVER)


async def rows_written(database: Database) -> dict[str, int | None]:
    async def count(name: str) -> int | None:
        return await database.read(
            lambda c: c.scalar(select(func.count()).select_from(tables[name]))
        )

    tables = {t.name: t for t in (customers_table, stays, endings, profiles)}
    return {name: await count(name) for name in tables}


async def by_name(customers: Customers, columns: Columns) -> list[tuple[str, int, int]]:
    """The rows of `columns` with names in place of numbers."""
    names = await customers.names(columns.customer.tolist())
    return sorted(
        (names[customer], since, until)
        for customer, since, until in zip(
            columns.customer.tolist(), columns.since.tolist(), columns.until.tolist(), strict=True
        )
    )


async def labels(customers: Customers, columns: Columns, name: str) -> list[tuple[str, int, str]]:
    dimension = columns.dimensions[name]
    names = await customers.names(dimension.customer.tolist())
    return [
        (names[customer], since, dimension.labels[label])
        for customer, since, label in zip(
            dimension.customer.tolist(),
            dimension.since.tolist(),
            dimension.label.tolist(),
            strict=True,
        )
    ]


async def test_nobody_is_known_at_first(customers: Customers) -> None:
    columns = await customers.columns("crm")

    assert await customers.known("crm") == {}
    assert (len(columns), columns.source, columns.known_at) == (0, "crm", None)
    assert await customers.find("crm", "a") == []
    assert await customers.names([1, 2]) == {}


async def test_who_is_believed_is_known(customers: Customers, database: Database) -> None:
    everyone = (
        known("a", plan="pro", region="eu"),
        known("b", (1, 5), (7, 7), (9, None), name="Bø & <!channel> ☕"),
    )

    pull = await believe(database, *everyone)

    assert pull.state is PullState.BELIEVED
    assert (pull.customers, pull.today, pull.finished_at) == (2, TODAY, NOON)
    assert await customers.known("crm") == everybody(*everyone)


async def test_a_pull_of_nobody_is_believed_too(customers: Customers, database: Database) -> None:
    await believe(database, known("a"))

    pull = await believe(database)

    assert pull.state is PullState.BELIEVED
    assert await customers.known("crm") == {}
    assert len(await customers.columns("crm")) == 0


async def test_believing_the_same_again_writes_nothing(
    customers: Customers, database: Database
) -> None:
    everyone = [known("a", plan="pro"), known("b", (1, 5), (9, None)), known("c", (3, 3))]
    await believe(database, *everyone)
    before = await rows_written(database)

    await believe(database, *everyone)

    assert before == {"customers": 3, "stays": 4, "endings": 0, "profiles": 1}
    assert await rows_written(database) == before


async def test_only_what_differs_is_written(customers: Customers, database: Database) -> None:
    same = [known(f"{n}", plan="pro") for n in range(10)]
    await believe(database, *same, known("x", plan="pro"))
    before = await rows_written(database)

    await believe(database, *same, known("x", (100, 300), plan="free"), known("y"))

    after = await rows_written(database)
    added = {name: (after[name] or 0) - (before[name] or 0) for name in after}
    assert added == {"customers": 1, "stays": 2, "endings": 1, "profiles": 1}


async def test_who_is_not_in_the_pull_is_not_known_any_more(
    customers: Customers, database: Database
) -> None:
    await believe(database, known("a"), known("b"))
    await believe(database, known("b"))

    assert set(await customers.known("crm")) == {"b"}


async def test_who_comes_back_is_the_same_customer(
    customers: Customers, database: Database
) -> None:
    await believe(database, known("a", plan="pro"))
    [number] = (await customers.columns("crm")).customer.tolist()
    await believe(database)
    await believe(database, known("a", plan="pro"))

    assert (await customers.columns("crm")).customer.tolist() == [number]
    assert await customers.known("crm") == everybody(known("a", plan="pro"))


async def test_a_customer_without_a_stay_is_none(customers: Customers, database: Database) -> None:
    await believe(database, Known("a", "A", (), {}), known("b"))

    assert set(await customers.known("crm")) == {"b"}


async def test_a_new_name_is_the_name(customers: Customers, database: Database) -> None:
    await believe(database, known("a", name="Old"))
    await believe(database, known("a", name="New"))

    assert (await customers.known("crm"))["a"].name == "New"
    assert await rows_written(database) == {
        "customers": 1,
        "stays": 1,
        "endings": 0,
        "profiles": 0,
    }


async def test_sources_do_not_know_of_each_other(customers: Customers, database: Database) -> None:
    await believe(database, known("a", plan="pro"), source="crm")
    await believe(database, known("a", (7, 8), name="Other"), source="shop")
    await believe(database, source="crm")

    assert await customers.known("crm") == {}
    assert await customers.known("shop") == everybody(known("a", (7, 8), name="Other"))
    numbers = (await customers.columns("shop")).customer
    assert await customers.ids(numbers.tolist()) == {numbers[0]: "a"}


async def test_texts_that_a_database_refuses_cost_no_pull(
    customers: Customers, database: Database
) -> None:
    odd = Known("i\0d", "na\0me \ud83d", ((1, None),), {"pl\0an": "\ud83d"})

    await believe(database, odd)
    await believe(database, odd)

    assert await customers.known("crm") == {
        "id": Known("id", "name ?", ((1, None),), {"plan": "?"})
    }


async def test_columns_are_sorted_by_customer_then_since(
    customers: Customers, database: Database
) -> None:
    await believe(database, known("b", (9, None)), known("a", (1, 5)), known_from=3)
    pull = await believe(
        database, known("a", (1, 5), (20, None)), known("b", (2, 3), (9, None)), now=later(days=1)
    )

    columns = await customers.columns("crm")

    assert columns.customer.tolist() == sorted(columns.customer.tolist())
    assert await by_name(customers, columns) == [
        ("A", 1, 5),
        ("A", 20, FOREVER),
        ("B", 2, 3),
        ("B", 9, FOREVER),
    ]
    order = np.lexsort((columns.since, columns.customer))
    assert order.tolist() == [0, 1, 2, 3]
    assert {a.dtype for a in (columns.customer, columns.since, columns.until)} == {
        np.dtype(np.int32)
    }
    assert columns.source == "crm"
    assert columns.known_at == pull.finished_at == later(days=1)
    assert columns.known_to == TODAY
    assert columns.known_from is None


async def test_presence_is_known_from_the_first_of_its_pulls(
    customers: Customers, database: Database
) -> None:
    await believe(database, known("a"), known_from=TODAY)
    await believe(database, known("a"), known_from=TODAY + 7, today=TODAY + 7)

    columns = await customers.columns("crm")

    assert (columns.known_from, columns.known_to) == (TODAY, TODAY + 7)


async def test_the_past_is_as_it_was_known_then(customers: Customers, database: Database) -> None:
    await believe(database, known("a", (1, None)), known("b", (5, None)), now=NOON)
    await believe(database, known("a", (1, 9)), known("b", (5, None)), now=later(days=1))
    await believe(database, known("a", (1, 7)), known("c", (6, None)), now=later(days=2))

    async def then(**amount: float) -> list[tuple[str, int, int]]:
        return await by_name(customers, await customers.columns("crm", later(**amount)))

    first = [("A", 1, FOREVER), ("B", 5, FOREVER)]
    assert await then(microseconds=-1) == []
    assert await then(seconds=0) == first
    assert await then(hours=23.99) == first
    assert await then(days=1) == [("A", 1, 9), ("B", 5, FOREVER)]
    assert await then(days=2) == [("A", 1, 7), ("C", 6, FOREVER)]
    assert await then(days=900) == await by_name(customers, await customers.columns("crm"))
    past = await customers.columns("crm", later(days=1, hours=5))
    assert past.known_at == later(days=1)


async def test_a_field_has_the_value_of_its_time(customers: Customers, database: Database) -> None:
    before = await believe(database, known("a", (100, None), plan="free"), today=200)
    await believe(database, known("a", (100, None), plan="pro"), today=300, now=later(days=1))

    columns = await customers.columns("crm")
    then = await customers.columns("crm", before.finished_at)

    # The first value that we ever saw holds from the first day as a customer.
    assert await labels(customers, columns, "plan") == [("A", 100, "free"), ("A", 300, "pro")]
    assert await labels(customers, then, "plan") == [("A", 100, "free")]


FREE_THEN_PRO = replace(
    known("a", (100, None), plan="pro"), earlier=((100, {"plan": "free"}), (150, {"plan": "pro"}))
)


async def test_who_is_seen_first_was_what_their_older_records_say(
    customers: Customers, database: Database
) -> None:
    for _ in range(2):
        await believe(database, FREE_THEN_PRO, known("b", (100, None), plan="pro"), today=200)

    columns = await customers.columns("crm")
    assert await labels(customers, columns, "plan") == [
        ("A", 100, "free"),
        ("A", 150, "pro"),
        ("B", 100, "pro"),
    ]
    assert (await customers.known("crm"))["a"].fields == {"plan": "pro"}


async def test_what_was_seen_of_somebody_is_not_changed_by_older_records(
    customers: Customers, database: Database
) -> None:
    await believe(database, known("a", (100, None), plan="basic"), today=200)
    await believe(database, FREE_THEN_PRO, today=300)

    columns = await customers.columns("crm")
    assert await labels(customers, columns, "plan") == [("A", 100, "basic"), ("A", 300, "pro")]


async def test_a_field_that_is_split_by_from_now_on_is_known_of_the_past(
    customers: Customers, database: Database
) -> None:
    """Whose fields nobody had read before has nothing remembered of them."""
    await believe(database, known("a", (100, None)), today=200)
    await believe(database, FREE_THEN_PRO, today=300)

    columns = await customers.columns("crm")
    assert await labels(customers, columns, "plan") == [("A", 100, "free"), ("A", 150, "pro")]


async def test_what_somebody_becomes_on_a_day_to_come_they_are_not_yet(
    customers: Customers, database: Database
) -> None:
    signed = replace(FREE_THEN_PRO, earlier=((100, {"plan": "free"}), (250, {"plan": "pro"})))
    for today in (200, 201):
        await believe(database, signed, today=today)

    columns = await customers.columns("crm")
    assert await labels(customers, columns, "plan") == [("A", 100, "free"), ("A", 250, "pro")]


async def test_a_field_that_changes_twice_in_a_day_has_the_last_value(
    customers: Customers, database: Database
) -> None:
    for plan in ("free", "pro", "max"):
        await believe(database, known("a", (100, None), plan=plan), today=200)

    assert await labels(customers, await customers.columns("crm"), "plan") == [("A", 100, "max")]
    assert (await customers.known("crm"))["a"].fields == {"plan": "max"}


async def test_a_day_that_goes_back_does_not_hide_a_change(
    customers: Customers, database: Database
) -> None:
    await believe(database, known("a", plan="free"), today=200)
    await believe(database, known("a", plan="pro"), today=199)

    assert (await customers.known("crm"))["a"].fields == {"plan": "pro"}


async def test_a_field_that_was_taken_away_has_no_value_since(
    customers: Customers, database: Database
) -> None:
    await believe(database, known("a", (100, None), plan="pro", region="eu"), today=200)
    await believe(database, known("a", (100, None), region="eu"), today=300)

    columns = await customers.columns("crm")

    assert await labels(customers, columns, "plan") == [("A", 100, "pro"), ("A", 300, "")]
    assert await labels(customers, columns, "region") == [("A", 100, "eu")]


async def test_who_never_had_a_field_is_not_in_its_dimension(
    customers: Customers, database: Database
) -> None:
    await believe(database, known("a", plan="pro"), known("b", region="eu"), known("c"))

    dimensions = (await customers.columns("crm")).dimensions

    assert {name: each.labels for name, each in dimensions.items()} == {
        "plan": ("pro",),
        "region": ("eu",),
    }


async def test_columns_are_made_once_and_cannot_be_changed(
    customers: Customers, database: Database
) -> None:
    await believe(database, known("a", plan="pro"))

    first, second = await asyncio.gather(*(customers.columns("crm") for _ in range(2)))

    assert first is second
    assert await customers.columns("crm", later(days=1)) is first
    with pytest.raises(ValueError, match="read-only"):
        first.since[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        first.dimensions["plan"].label[0] = 0


async def test_columns_follow_what_another_replica_believes(
    customers: Customers, database: Database, replica: Database
) -> None:
    await believe(database, known("a"))
    assert len(await customers.columns("crm")) == 1

    await believe(replica, known("a"), known("b"))

    assert len(await customers.columns("crm")) == 2


async def test_names_are_told_for_more_than_a_query_takes(
    customers: Customers, database: Database
) -> None:
    await believe(database, *(known(f"{n}") for n in range(10_500)))

    numbers = (await customers.columns("crm")).customer

    assert len(await customers.names(numbers)) == 10_500


async def test_a_customer_is_found_by_id_or_part_of_the_name(
    customers: Customers, database: Database
) -> None:
    await believe(
        database,
        known("1", name="Acme Holding"),
        known("2", name="100% Acme_"),
        known("3", name="Zeta"),
    )
    await believe(database, known("1", name="Acme"), source="shop")

    async def found(text: str, limit: int = 20) -> list[str]:
        return [each.name for each in await customers.find("crm", text, limit=limit)]

    assert await found("ACME") == ["100% Acme_", "Acme Holding"]
    assert await found("acme", limit=1) == ["100% Acme_"]
    assert await found("0%") == ["100% Acme_"]
    assert await found("e_") == ["100% Acme_"]
    assert await found("3") == ["Zeta"]
    assert await found("nobody") == []


async def test_a_pull_that_a_newer_one_has_overtaken_changes_nothing(
    customers: Customers, database: Database
) -> None:
    slow = await Pulls(database).begin("crm", "d41d8cd98f00", NOON)
    await believe(database, known("new"))

    ended = await customers.believe(
        slow, everybody(known("old")), today=TODAY, known_from=None, now=later(hours=1)
    )

    assert ended.state is PullState.FAILED
    assert "newer" in ended.sentence
    assert set(await customers.known("crm")) == {"new"}


async def test_pulls_that_are_believed_at_the_same_time_do_not_mix(
    customers: Customers, database: Database, replica: Database
) -> None:
    pulls = Pulls(database)
    both = (customers, Customers(replica))
    await believe(database, *(known(f"{n}") for n in range(50)))
    for turn in range(5):
        begun = [await pulls.begin("crm", "d41d8cd98f00", NOON) for _ in both]
        new = [everybody(*(known(f"{n}", (turn, k)) for n in range(50))) for k in (1_000, 2_000)]

        ended = await asyncio.gather(
            *(
                each.believe(pull, who, today=TODAY, known_from=None, now=NOON)
                for each, pull, who in zip(both, begun, new, strict=True)
            )
        )

        newest = max(
            (pull for pull in ended if pull.state is PullState.BELIEVED), key=lambda p: p.id
        )
        assert newest.id == begun[1].id
        assert await customers.known("crm") == new[1]


async def test_sources_that_are_believed_at_the_same_time_get_different_numbers(
    customers: Customers, database: Database, replica: Database
) -> None:
    await asyncio.gather(
        *(
            believe(where, *(known(f"{n}") for n in range(300)), source=f"{where is replica}{k}")
            for where in (database, replica)
            for k in range(3)
        )
    )

    assert (await rows_written(database))["customers"] == 1_800


async def test_a_pull_whose_process_dies_half_way_never_happened(
    customers: Customers, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = [known(f"{n}", plan="pro") for n in range(20)]
    await believe(database, *everyone)
    changed = [known(f"{n}", (100, 300), plan="free") for n in range(20)]
    before = await rows_written(database)

    def die(*_: object, **__: object) -> None:
        raise StoreUnavailable("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr(believing, "_make_true", die)
        with pytest.raises(StoreUnavailable, match="the power is gone"):
            await believe(database, *changed)

    assert await rows_written(database) != before
    assert await customers.known("crm") == everybody(*everyone)
    assert len(await customers.columns("crm")) == 20

    await believe(database, *everyone)
    assert await rows_written(database) == before
    await believe(database, *changed)
    assert await customers.known("crm") == everybody(*changed)


async def test_much_is_written_in_many_small_transactions(
    customers: Customers, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = [known(f"{n}", (1, 5), (9, None), plan="pro") for n in range(100)]
    monkeypatch.setattr(believing, "chunks", partial(chunks, size=7))

    await believe(database, *everyone)

    assert await customers.known("crm") == everybody(*everyone)


days = st.integers(0, 30)


@st.composite
def some_known(draw: st.DrawFn, id: str) -> Known:
    edges = sorted(draw(st.sets(days, min_size=1, max_size=6)))
    spans = tuple(
        (edges[n], edges[n + 1] if n + 1 < len(edges) else None) for n in range(0, len(edges), 2)
    )
    fields = draw(st.dictionaries(st.sampled_from("pq"), st.sampled_from("xyz"), max_size=2))
    return Known(id, draw(st.sampled_from(("Acme", "Zeta"))), spans, fields)


@st.composite
def some_pull(draw: st.DrawFn) -> dict[str, Known]:
    ids = draw(st.sets(st.sampled_from("abcde")))
    return {id: draw(some_known(id)) for id in sorted(ids)}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=st.lists(some_pull(), min_size=1, max_size=5), salt=st.uuids())
async def test_whatever_was_believed_in_turn_is_known_now_and_then(
    database: Database, history: list[Mapping[str, Known]], salt: object
) -> None:
    source = f"{salt}"
    customers = Customers(database)
    for turn, everyone in enumerate(history):
        await believe(
            database, *everyone.values(), source=source, today=turn, now=NOON + timedelta(days=turn)
        )

    assert await customers.known(source) == history[-1]
    for turn, everyone in enumerate(history):
        columns = await customers.columns(source, NOON + timedelta(days=turn))
        ids = await customers.ids(columns.customer.tolist())
        seen = {
            (ids[customer], since, until)
            for customer, since, until in zip(
                columns.customer.tolist(),
                columns.since.tolist(),
                columns.until.tolist(),
                strict=True,
            )
        }
        assert seen == {
            (each.id, since, FOREVER if until is None else until)
            for each in everyone.values()
            for since, until in each.stays
        }
        assert len(columns) == len(seen)
