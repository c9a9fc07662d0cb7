"""Accounts and guests: whose an order is when people buy with and without logging in."""

from collections.abc import AsyncGenerator, Sequence
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from integrations import shop
from integrations.records import Purchase


def purchase(place: int, account: str, email: str) -> Purchase:
    emails = (email,) if email else ()
    return Purchase(account, "Ann", date(2026, 10, 31), place=str(place), emails=emails)


orders = st.lists(
    st.tuples(st.sampled_from(["", "1", "2", "3"]), st.sampled_from(["", "a@x", "b@x", "c@x"])),
    max_size=12,
)


@given(orders)
def test_every_order_that_tells_a_buyer_is_somebodys_once(rows: list[tuple[str, str]]) -> None:
    buyers = shop.Buyers()
    told = [purchase(at, *row) for at, row in enumerate(rows) if shop.who(*row)]
    known = buyers.with_account(told)
    got = [*known, *buyers.guests()]

    assert sorted(record.place for record in got) == sorted(record.place for record in told)
    assert all(record.customer for record in got)
    for record in got:
        account, email = rows[int(record.place)]
        owners = {own for own, address in rows if own and address == email}
        if account:
            assert record.customer == account
        elif owners:
            assert record.customer in owners
            assert record.was == (email,)
        else:
            assert (record.customer, record.was) == (email, ())


@given(orders, st.sets(st.integers(0, 11)))
async def test_changes_say_of_a_buyer_what_reading_all_would_say(
    rows: list[tuple[str, str]], touched: set[int]
) -> None:
    def who(at: int) -> Sequence[str]:
        return shop.who(*rows[at])

    async def orders_of(names: Sequence[str]) -> AsyncGenerator[list[int], None]:
        yield [at for at in range(len(rows)) if not set(who(at)).isdisjoint(names)]

    changed = [at for at in touched if at < len(rows)]
    found, wanted = await shop.all_orders(changed, who, orders_of)
    each = sorted(set(found))
    page = shop.changes((purchase(at, *rows[at]) for at in each), map(who, each), wanted)

    buyers = shop.Buyers()
    known = buyers.with_account(purchase(at, *row) for at, row in enumerate(rows) if shop.who(*row))
    whole = [record for record in [*known, *buyers.guests()] if record.customer in wanted]
    assert sorted(map(repr, page.records)) == sorted(map(repr, whole))
    assert page.gone == []


def test_an_address_is_the_same_however_it_is_typed() -> None:
    assert shop.address(" Ann@Example.COM ") == "ann@example.com"
    assert shop.address("at the counter") == shop.address(None) == ""
