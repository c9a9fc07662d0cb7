"""What customers pay, from records to the rows that are kept: days, amount, currency."""

from collections.abc import Iterable, Sequence
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


def paying_now(
    before: tuple[Paid, ...], told: Iterable[tuple[int, str]], today: int
) -> tuple[Paid, ...]:
    """The rows of somebody of whom we only learn what they pay today: `told`, amounts and
    currencies that add up.

    What they paid before ends today if it is another amount or currency. Of the days before the
    first that we saw nothing is known, so nothing is paid on them.
    """
    now = added_up((today, None, *pays) for pays in told)
    if sorted(row[2:] for row in before if row[1] is None) == sorted(row[2:] for row in now):
        return before
    ended = [
        (since, today if until is None else until, amount, currency)
        for since, until, amount, currency in before
    ]
    return added_up([*ended, *now])


def with_past_prices(told: Sequence[Paid], before: Sequence[Paid], today: int) -> tuple[Paid, ...]:
    """`told` by a source that only knows today's prices, with what was known of the past.

    Rows that begin on one day belong together: a subscription, or several. Where they once cost
    something else, what was known counts for the days before today, as long as it is still told
    that they were subscribed to; and what is told counts from today on. What was not known of
    before, such as a subscription that is new to us, is taken as it is told. That something cost
    nothing for a time is forgotten once it costs what it did before.
    """
    begins = {since for since, *_ in told}
    rows: list[Paid] = []
    for since in sorted(begins):
        own = [row for row in told if row[0] == since]
        past = _chain(before, since, begins)
        changed = any(begun != since for begun, *_ in past) or _sums(past) != _sums(own)
        if not past or not changed:
            rows += own
            continue
        ended = max(today if until is None else until for _, until, *_ in own)
        last = min(today, ended)
        then = [
            (begun, last if until is None else min(last, until), amount, currency)
            for begun, until, amount, currency in past
        ]
        now = [(max(since, today), until, amount, currency) for _, until, amount, currency in own]
        rows += _joined([*then, *now])
    return added_up(rows)


def _chain(before: Sequence[Paid], since: int, begins: set[int]) -> list[Paid]:
    """The rows from `since` on, and those that took over on the day on which one of them ended."""
    found: list[Paid] = []
    days = {since}
    for row in before:  # sorted by their first day
        begun, until, *_ = row
        if begun in days and (begun == since or begun not in begins):
            found.append(row)
            if until is not None:
                days.add(until)
    return found


def _sums(rows: Iterable[Paid]) -> dict[str, int]:
    """By currency; without those that are 0."""
    sums: dict[str, int] = {}
    for _, _, amount, currency in rows:
        if amount:
            sums[currency] = sums.get(currency, 0) + amount
    return sums


def _joined(rows: Iterable[Paid]) -> list[Paid]:
    """Two rows become one where the second goes on as the first one ended."""
    whole: list[Paid] = []
    for since, until, amount, currency in sorted(rows, key=_order):
        if until is not None and until <= since:
            continue
        before = [row for row in whole if row[1:] == (since, amount, currency)]
        if before:
            whole.remove(before[0])
            since = before[0][0]
        whole.append((since, until, amount, currency))
    return whole


def _order(row: Paid) -> tuple[int, bool, int, str]:
    since, until, _, currency = row
    return since, until is None, until or 0, currency
