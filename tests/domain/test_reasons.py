"""Why customers left, added up."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.reasons import UNKNOWN, Cause, LossReason, table

DAY = date(2026, 10, 12)


def because(customer: int, reason: str) -> LossReason:
    return LossReason(customer, DAY, reason)


def test_the_most_frequent_comes_first_and_whom_nobody_knows_last() -> None:
    said = [because(1, "price"), because(2, "product"), because(3, "product")]

    assert table(said, [1, 2, 3, 4, 5, 6]) == [
        Cause("product", 2, None),
        Cause("price", 1, None),
        Cause(UNKNOWN, 3, None),
    ]


def test_reasons_as_frequent_as_each_other_come_by_name() -> None:
    said = [because(1, "service"), because(2, "price")]

    assert [cause.reason for cause in table(said, [1, 2])] == ["price", "service"]


def test_what_they_paid_is_added_up_and_who_paid_nothing_adds_nothing() -> None:
    said = [because(1, "price"), because(2, "price")]

    assert table(said, [1, 2, 3], {1: 1200.5, 3: 80.0}) == [
        Cause("price", 2, 1200.5),
        Cause(UNKNOWN, 1, 80.0),
    ]


def test_of_nobody_there_is_no_row() -> None:
    assert table([], []) == []


def test_what_was_said_of_others_is_not_counted() -> None:
    assert table([because(9, "price")], [1]) == [Cause(UNKNOWN, 1, None)]


@given(
    st.dictionaries(st.integers(0, 50), st.sampled_from(["price", "product", "other"])),
    st.sets(st.integers(0, 50)),
)
def test_every_customer_who_left_is_in_one_row(said: dict[int, str], lost: set[int]) -> None:
    rows = table([because(who, why) for who, why in said.items()], sorted(lost))

    assert sum(row.customers for row in rows) == len(lost)
    assert len({row.reason for row in rows}) == len(rows)
    assert [row for row in rows if row.reason == UNKNOWN] == rows[-1:] or not (lost - set(said))
