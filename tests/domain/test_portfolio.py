"""The customers of one person."""

from datetime import date

import numpy as np

from bot.domain.columns import FOREVER, Codes, Columns, Dimension, Occasions
from bot.domain.definition import Definition
from bot.domain.period import day_number
from bot.domain.portfolio import of_owner, owners, portfolio

TODAY = date(2026, 11, 4)


def codes(*numbers: int) -> Codes:
    return np.array(numbers, np.int32)


def on(*days: tuple[int, int, int]) -> Codes:
    return codes(*(day_number(date(*day)) for day in days))


LEFT = day_number(date(2026, 10, 9))
COLUMNS = Columns(
    customer=codes(1, 2, 3, 4),
    since=on((2025, 1, 1), (2025, 1, 1), (2025, 1, 1), (2026, 10, 20)),
    until=codes(int(FOREVER), LEFT, int(FOREVER), int(FOREVER)),
    dimensions={
        "owner": Dimension(
            labels=("Omar", "Lea"),
            customer=codes(1, 2, 3),
            since=codes(0, 0, 0),
            label=codes(0, 0, 1),
        )
    },
    terms=Occasions(codes(1, 3), on((2026, 11, 20), (2026, 11, 20))),
    known_to=day_number(TODAY),
)


def test_each_customer_has_its_owner_or_none() -> None:
    each, owner, labels = owners(COLUMNS, "owner", TODAY)

    assert each.tolist() == [1, 2, 3, 4]
    assert owner.tolist() == [0, 0, 1, -1]
    assert of_owner(each, owner, labels, ("Omar",)).tolist() == [1, 2]
    assert of_owner(each, owner, labels, ()).tolist() == []
    assert owners(COLUMNS, "nothing", TODAY)[1].tolist() == [-1] * 4


def test_who_stayed_who_left_and_whose_term_ends() -> None:
    found = portfolio(COLUMNS, codes(1, 2), today=TODAY, definition=Definition(), ahead=30)

    assert found.customers.tolist() == [1]
    assert found.counts is not None
    assert (found.counts.opening, found.counts.kept) == (2, 1)
    assert found.left.tolist() == [2]
    assert found.ending.tolist() == [1]
    assert found.ends.tolist() == on((2026, 11, 20)).tolist()


def test_who_has_nobody_has_nothing() -> None:
    found = portfolio(COLUMNS, codes(), today=TODAY, definition=Definition(), ahead=30)

    assert not len(found.customers)
    assert not len(found.left)
    assert found.counts is not None
    assert found.counts.opening == 0
