"""How long customers stay: when half have left, and how many are there after a year."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.definition import Definition
from bot.domain.lifetime import YEAR, Lifetime, Repeats, Share
from bot.domain.pulls import Freshness
from bot.messages import wording
from bot.messages.blocks import Message, bold, context, header, section

_MONTH = 365.25 / 12
_MONTHS_FROM = 60
"""Days from which people rather think in months."""


def lifetime_answer(
    found: Lifetime,
    *,
    freshness: Freshness | None,
    definition: Definition,
    segment: Sequence[tuple[str, str]] = (),
    known_at: datetime | None = None,
    repeats: Repeats | None = None,
) -> Message:
    """The median and the share after twelve months, with intervals, and what they are made of; of
    purchases, how many buy again.

    `segment` is what customers were when they joined, `known_at` the moment of the past as of
    which it was asked for.
    """
    told = _median(found, segment, definition)
    notes = [
        note
        for note in (
            _after_a_year(found),
            _made_of(found),
            _left_out(found),
            _few(found, definition),
            *_bought_again(repeats),
            f"{wording.segment(segment)}: what they were when they first joined."
            if segment
            else "",
            f"As it was known on {wording.moment(known_at, definition)}." if known_at else "",
        )
        if note
    ]
    fresh = wording.freshness(freshness, definition) if freshness else "No data yet"
    title = "How long customers stay" + "".join(f", {name}={label}" for name, label in segment)
    return Message(
        text="\n".join([told, *notes, fresh]),
        blocks=(
            header(title),
            section("\n".join([bold(told), *notes])),
            context(
                fresh,
                "Estimated by Kaplan and Meier, to whom stays that have not ended count for as long"
                f" as they were seen. Intervals of 95 %. Days of {definition.zone}.",
            ),
        ),
    )


def _median(found: Lifetime, segment: Sequence[tuple[str, str]], definition: Definition) -> str:
    of = f" with {wording.segment(segment)}" if segment else ""
    if not found.stays:
        return f"No stay of a customer{of} was seen, so how long they last can't be told."
    median = found.median()
    if median.days is not None:
        return (
            f"Half of the customers{of} have left after {_span(median.days)}"
            f" ({_between(median.low, median.high)})."
        )
    told = f"Half of the customers{of} have not left yet"
    days = _furthest(found, definition)
    share = found.longer_than(days)
    if share is None:
        return f"{told}."
    return f"{told}: {_percent(share.value)} stay longer than {_span(days)}{_interval(share)}."


def _furthest(found: Lifetime, definition: Definition) -> int:
    """The length up to which enough stays were seen; of so few, the longest that was seen."""
    enough = found.seen_by(definition.minimum_base)
    return enough if enough > 0 else found.longest


def _between(low: int | None, high: int | None) -> str:
    if low is None and high is None:
        return "how sure that is can't be told yet"
    if high is None:
        return f"interval: {_span(low or 0)} or more"
    return f"interval: {low:,} to {wording.number(high, 'day')}"


def _after_a_year(found: Lifetime) -> str:
    if not found.stays:
        return ""
    share = found.longer_than(YEAR)
    if share is None:
        return "How many stay for 12 months can't be told yet: no stay of that length was seen."
    still = f"{_percent(share.value)} are still customers, without a break"
    return f"After 12 months {still}{_interval(share)}."


def _interval(share: Share) -> str:
    if share.low is None or share.high is None:
        return ""
    return f" (interval: {_percent(share.low)} to {_percent(share.high)})"


def _made_of(found: Lifetime) -> str:
    if not found.stays:
        return ""
    stays = wording.number(found.stays, "stay")
    customers = wording.number(found.customers, "customer")
    again = " Who comes back begins another." if found.stays > found.customers else ""
    have = "has" if found.ends == 1 else "have"
    return f"{stays} of {customers}, of which {found.ends:,} {have} ended.{again}"


def _bought_again(found: Repeats | None) -> list[str]:
    """Of everybody who bought, and of those whose first purchase lies far enough back."""
    if found is None or not found.ever.customers:
        return []
    ever, soon, within = found.ever, found.soon, wording.number(found.days, "day")
    told = [
        f"Of {wording.number(ever.customers, 'customer')} who bought, {ever.again:,} bought again"
        f" on another day ({wording.percent(ever.again, ever.customers)})."
    ]
    if not soon.customers:
        return [*told, f"Nobody first bought {within} ago or earlier."]
    told.append(
        f"Within {within} of the first purchase it was {soon.again:,} of {soon.customers:,}"
        f" ({wording.percent(soon.again, soon.customers)})"
        + (f"; {soon.too_recent:,} first bought too lately to tell." if soon.too_recent else ".")
    )
    return told


def _left_out(found: Lifetime) -> str:
    if not found.left_out:
        return ""
    stays = wording.number(found.left_out, "stay is", "stays are")
    return (
        f"{stays} left out: they were there on the first day that is known, and since when nobody"
        " knows."
    )


def _few(found: Lifetime, definition: Definition) -> str:
    """That one customer moves what was told by much."""
    if not found.stays:
        return ""
    if found.stays < definition.minimum_base:
        one = wording.number_of_points(100 / found.stays)
        return f"Small base of {wording.number(found.stays, 'stay')}: one is worth {one}."
    median = found.median().days
    lengths = [_furthest(found, definition) if median is None else median, YEAR]
    # Where nobody is left there is nobody to be few.
    told = [days for days in lengths if (share := found.longer_than(days)) and share.value]
    fewest = min((found.fewest(days) for days in told), default=definition.minimum_base)
    if fewest >= definition.minimum_base:
        return ""
    return (
        f"Small base: of some of these lengths only {wording.number(fewest, 'stay')} could be seen."
    )


def _span(days: int) -> str:
    told = wording.number(days, "day")
    return told if days < _MONTHS_FROM else f"{told}, about {round(days / _MONTH)} months"


def _percent(share: float) -> str:
    """As counts are shown: never rounded to a 0 or a 100 that is not true."""
    return wording.percent(round(share * 1_000_000), 1_000_000)
