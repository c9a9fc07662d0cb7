"""What customers pay, from records to the rows that are kept: days, amount, currency."""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal

from bot.domain.columns import PARTS

Paid = tuple[int, int | None, int, str]
"""The first day paid for, the first day no longer (None while there is none), parts a month (see
`columns.PARTS`) and the currency. The rows that cover a day add up, so subscriptions side by side
are several of these."""

MOST = 10**12
"""A month's worth beyond this is a slip of the keyboard, and sums of it would not fit."""


def parts(monthly: Decimal, currency: str) -> int:
    """A month's worth in parts, half to even. Raises ValueError for what nobody can pay."""
    if not monthly.is_finite() or not 0 <= monthly <= MOST:
        raise ValueError(f"{monthly} is not an amount from 0 to {MOST:,}")
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()) or (
        currency != currency.upper()
    ):
        raise ValueError(f"{currency[:20]!r} is not a currency like EUR")
    return int((monthly * PARTS).to_integral_value(ROUND_HALF_EVEN))


def added_up(rows: Iterable[Paid]) -> tuple[Paid, ...]:
    """One row for the same days and currency, sorted; none for no days or for nothing."""
    sums: dict[tuple[int, int | None, str], int] = {}
    for since, until, amount, currency in rows:
        if amount and (until is None or since < until):
            days = since, until, currency
            sums[days] = sums.get(days, 0) + amount
    whole = [
        (since, until, sums[since, until, currency], currency) for since, until, currency in sums
    ]
    return tuple(sorted(whole, key=_order))


def paying_now(before: tuple[Paid, ...], told: tuple[int, str], today: int) -> tuple[Paid, ...]:
    """The rows of somebody of whom we only learn what they pay today: `told`, (0, "") for nothing.

    What they paid before ends today if it is another amount or currency. Of the days before the
    first that we saw nothing is known, so nothing is paid on them.
    """
    open_ended = [row for row in before if row[1] is None]
    if [row[2:] for row in open_ended] == ([told] if told[0] else []):
        return before
    ended = [
        (since, today if until is None else until, amount, currency)
        for since, until, amount, currency in before
    ]
    return added_up([*ended, (today, None, *told)])


def _order(row: Paid) -> tuple[int, bool, int, str]:
    since, until, _, currency = row
    return since, until is None, until or 0, currency
