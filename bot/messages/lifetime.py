"""How long customers stay: when half have left, and how many are there after a year."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.definition import Definition
from bot.domain.lifetime import YEAR, Lifetime, Repeats, Share
from bot.domain.pulls import Freshness
from bot.messages import wording
from bot.messages.blocks import Message, bold, context, header, section
from bot.messages.languages import tr, trn

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
            tr(
                "{segment}: what they were when they first joined.",
                segment=wording.segment(segment),
            )
            if segment
            else "",
            wording.as_known(known_at, definition),
        )
        if note
    ]
    fresh = wording.freshness(freshness, definition) if freshness else tr("No data yet")
    title = tr("How long customers stay") + "".join(f", {name}={label}" for name, label in segment)
    return Message(
        text="\n".join([told, *notes, fresh]),
        blocks=(
            header(title),
            section("\n".join([bold(told), *notes])),
            context(
                fresh,
                tr(
                    "Estimated by Kaplan and Meier, to whom stays that have not ended count for as"
                    " long as they were seen. Intervals of 95 %. Days of {zone}.",
                    zone=definition.zone,
                ),
            ),
        ),
    )


def lifetime_piece(
    found: Lifetime, *, definition: Definition, segment: Sequence[tuple[str, str]] = ()
) -> Message | None:
    """The same as a part of a post; None where no stay was seen."""
    if not found.stays:
        return None
    told = " ".join(
        filter(
            None,
            (_median(found, segment, definition), _after_a_year(found), _few(found, definition)),
        )
    )
    title = tr("How long customers stay")
    return Message(f"{title}: {told}", (section(f"*{title}*\n{told}"),))


def _median(found: Lifetime, segment: Sequence[tuple[str, str]], definition: Definition) -> str:
    of = ""
    if segment:
        of = " " + tr("with {segment}", segment=wording.segment(segment))
    if not found.stays:
        return tr(
            "No stay of a customer{segment} was seen, so how long they last can't be told.",
            segment=of,
        )
    median = found.median()
    if median.days is not None:
        return tr(
            "Half of the customers{segment} have left after {days} ({interval}).",
            segment=of,
            days=_span(median.days),
            interval=_between(median.low, median.high),
        )
    told = tr("Half of the customers{segment} have not left yet", segment=of)
    days = _furthest(found, definition)
    share = found.longer_than(days)
    if share is None:
        return f"{told}."
    longer = tr("{share} stay longer than {days}", share=_percent(share.value), days=_span(days))
    return f"{told}: {longer}{_interval(share)}."


def _furthest(found: Lifetime, definition: Definition) -> int:
    """The length up to which enough stays were seen; of so few, the longest that was seen."""
    enough = found.seen_by(definition.minimum_base)
    return enough if enough > 0 else found.longest


def _between(low: int | None, high: int | None) -> str:
    if low is None and high is None:
        return tr("how sure that is can't be told yet")
    if high is None:
        return tr("interval: {days} or more", days=_span(low or 0))
    return tr("interval: {low} to {days}", low=low or 0, days=wording.number(high, "day"))


def _after_a_year(found: Lifetime) -> str:
    if not found.stays:
        return ""
    share = found.longer_than(YEAR)
    if share is None:
        return tr("How many stay for 12 months can't be told yet: no stay of that length was seen.")
    still = tr(
        "After 12 months {share} are still customers, without a break",
        share=_percent(share.value),
    )
    return f"{still}{_interval(share)}."


def _interval(share: Share) -> str:
    if share.low is None or share.high is None:
        return ""
    interval = tr("(interval: {low} to {high})", low=_percent(share.low), high=_percent(share.high))
    return f" {interval}"


def _made_of(found: Lifetime) -> str:
    if not found.stays:
        return ""
    told = trn(
        "{stays} of {customers}, of which {n} has ended.",
        "{stays} of {customers}, of which {n} have ended.",
        found.ends,
        stays=wording.number(found.stays, "stay"),
        customers=wording.number(found.customers, "customer"),
    )
    if found.stays <= found.customers:
        return told
    return f"{told} {tr('Who comes back begins another.')}"


def _bought_again(found: Repeats | None) -> list[str]:
    """Of everybody who bought, and of those whose first purchase lies far enough back."""
    if found is None or not found.ever.customers:
        return []
    ever, soon, within = found.ever, found.soon, wording.number(found.days, "day")
    told = tr(
        "Of {customers} who bought, {again} bought again on another day ({share}).",
        customers=wording.number(ever.customers, "customer"),
        again=ever.again,
        share=wording.percent(ever.again, ever.customers),
    )
    if not soon.customers:
        return [told, tr("Nobody first bought {days} ago or earlier.", days=within)]
    early = tr(
        "Within {days} of the first purchase it was {again} of {customers} ({share})",
        days=within,
        again=soon.again,
        customers=soon.customers,
        share=wording.percent(soon.again, soon.customers),
    )
    if not soon.too_recent:
        return [told, f"{early}."]
    return [told, f"{early}; {tr('{n} first bought too lately to tell.', n=soon.too_recent)}"]


def _left_out(found: Lifetime) -> str:
    if not found.left_out:
        return ""
    return trn(
        "{n} stay is left out: they were there on the first day that is known, and since when"
        " nobody knows.",
        "{n} stays are left out: they were there on the first day that is known, and since when"
        " nobody knows.",
        found.left_out,
    )


def _few(found: Lifetime, definition: Definition) -> str:
    """That one customer moves what was told by much."""
    if not found.stays:
        return ""
    if found.stays < definition.minimum_base:
        return tr(
            "Small base of {stays}: one is worth {points}.",
            stays=wording.number(found.stays, "stay"),
            points=wording.number_of_points(100 / found.stays),
        )
    median = found.median().days
    lengths = [_furthest(found, definition) if median is None else median, YEAR]
    # Where nobody is left there is nobody to be few.
    told = [days for days in lengths if (share := found.longer_than(days)) and share.value]
    fewest = min((found.fewest(days) for days in told), default=definition.minimum_base)
    if fewest >= definition.minimum_base:
        return ""
    return tr(
        "Small base: of some of these lengths only {stays} could be seen.",
        stays=wording.number(fewest, "stay"),
    )


def _span(days: int) -> str:
    told = wording.number(days, "day")
    if days < _MONTHS_FROM:
        return told
    return tr("{days}, about {months} months", days=told, months=round(days / _MONTH))


def _percent(share: float) -> str:
    """As counts are shown: never rounded to a 0 or a 100 that is not true."""
    return wording.percent(round(share * 1_000_000), 1_000_000)
