"""What customers pay: made of dates for slow computations, of columns for the product."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
from hypothesis import strategies as st

from bot.domain.columns import FOREVER, Revenue
from bot.domain.period import day_number
from tests.domain.companies import days

Paid = tuple[date, date | None, int]
"""The first day paid for, the first day no longer, and how much a month."""
Payments = Mapping[int, Sequence[Paid]]


def revenue_of(paid: Payments, currency: str = "EUR") -> Revenue:
    """The rows, all in one currency."""
    rows = sorted(
        (
            customer,
            day_number(since),
            int(FOREVER) if until is None else day_number(until),
            amount,
        )
        for customer, own in paid.items()
        for since, until, amount in own
    )
    customer, since, until, amount = np.array(rows, dtype=np.int64).reshape(-1, 4).T.copy()
    return Revenue(
        customer.astype(np.int32),
        since.astype(np.int32),
        until.astype(np.int32),
        amount,
        np.zeros(len(rows), dtype=np.int32),
        (currency,),
    )


@st.composite
def _rows(draw: st.DrawFn) -> list[Paid]:
    """Rows that overlap, stand outside of any stay, cost nothing, or cover no day."""
    found: list[Paid] = []
    for _ in range(draw(st.integers(0, 3))):
        since = draw(days)
        length = draw(st.none() | st.integers(0, 200))
        until = None if length is None else since + timedelta(days=length)
        found.append((since, until, draw(st.sampled_from([0, 1, 500, 500, 900, 2_000]))))
    return found


payments: st.SearchStrategy[dict[int, list[Paid]]] = st.dictionaries(
    st.integers(0, 60), _rows(), max_size=20
)
