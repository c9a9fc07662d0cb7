"""Who left in the window of a drop, and whether they were many accounts or one."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import numpy as np

from bot.domain.columns import Codes, Columns, Mask
from bot.domain.period import Period, day_number, from_day_number
from bot.domain.retention import retention


def who_left(
    columns: Columns, periods: Sequence[Period], within: Sequence[Mask | None] | None = None
) -> Codes:
    """Sorted codes of the customers who were lost in any of the periods, each once.

    `within` says for each period which stays are of the segment, as `segments` gives them. Who was
    lost and came back in a later period is among them, as in the counts.
    """
    masks = within or [None] * len(periods)
    found = [
        retention(columns, period, within=mask).lost
        for period, mask in zip(periods, masks, strict=True)
    ]
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int32)


def largest_account(left: Codes, account_of: Mapping[int, int]) -> tuple[int, int] | None:
    """The account that most of those who left belong to, and how many; None if none has two.

    `account_of` knows the account of the customers that have one.
    """
    accounts = [account_of[int(customer)] for customer in left if int(customer) in account_of]
    if not accounts:
        return None
    numbers, counts = np.unique(accounts, return_counts=True)
    most = int(np.argmax(counts))
    return (int(numbers[most]), int(counts[most])) if counts[most] > 1 else None


def lost_on(columns: Columns, customers: Iterable[int], period: Period) -> dict[int, date]:
    """The first day no longer of each who left in the period; of several, the last."""
    found = {}
    low, high = day_number(period.first), day_number(period.next)
    for customer in customers:
        first, last = np.searchsorted(columns.customer, [customer, customer + 1])
        ends = columns.until[first:last]
        ends = ends[(ends >= low) & (ends < high)]
        if len(ends):
            found[int(customer)] = from_day_number(int(ends.max()))
    return found
