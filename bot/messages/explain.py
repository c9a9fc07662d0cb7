"""How a figure came to be, and what other products would make of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from bot.domain.bridge import Bridge, Cause, Step
from bot.domain.definition import Definition, Parents
from bot.domain.explanation import Explanation
from bot.domain.peers import PeerFigure, Span
from bot.domain.period import Period
from bot.domain.pulls import Freshness
from bot.domain.renewals import RenewalCounts
from bot.messages import wording
from bot.messages.blocks import Block, Message, context, cut, divider, escape, header, section
from bot.messages.renewals import renewal_line

LISTS = ("lost", "new", "won_back", "early_losses")
"""The lists of a figure whose customers are named."""

RENEWAL_LISTS = ("lost", "lost_early")
"""The lists of renewals whose customers are named."""

_TITLES = {
    "lost": "Lost",
    "new": "New",
    "won_back": "Won back",
    "early_losses": "Joined and left within the period",
}
_CAUSES = {
    Cause.WON_BACK: "won back, whom counting takes for kept",
    Cause.JOINED_AND_LEFT: "joined and left again, each of whom takes a kept one away in counting",
    Cause.MERGED: "merged, so that records of the start are gone",
    Cause.MERGED_SINCE: "merged since, so that records are counted twice at the end",
    Cause.END_DIFFERS: "that the source counts otherwise at the end",
    Cause.NEW_DIFFERS: "that the source counts otherwise as new",
    Cause.START_DIFFERS: "that the source counts otherwise at the start",
}


@dataclass(frozen=True, slots=True)
class Named:
    """Names of the customers behind the numbers; ten of each list are enough."""

    lists: Mapping[str, Sequence[str]]
    steps: Sequence[Sequence[str]]
    """For each step of the bridge."""
    merged: Sequence[tuple[str, str]] = ()
    """Of records that were merged in the period, and of the customers that they belong to."""
    renewals: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By the names in `RENEWAL_LISTS`."""


def explanation_message(
    found: Explanation,
    named: Named,
    *,
    freshness: Freshness | None,
    definition: Definition,
    segment: Sequence[tuple[str, str]] = (),
    renewals: RenewalCounts | None = None,
    others: Sequence[str] = (),
    counted_by: str = "",
) -> Message:
    """Everything behind one figure, from the formula to the age of the data.

    `others` tell how other sources fit to this one (escaped); `counted_by` is who counted, where
    somebody did.
    """
    period, counts = found.of.period, found.of.counts
    of = f" of {wording.segment(segment)}" if segment else ""
    title = f"How CRR{of} {wording.in_period(period)} came to be"
    parts = [
        ("The formula", [wording.formula(counts), wording.movements(counts)]),
        ("The days", _days(period, found, definition)),
        ("The customers", _lists(found, named)),
        ("Merged records", _merged(found, named)),
        ("Renewals", _renewals(renewals, named)),
        ("By counts alone", _bridge(found.bridge, named, counted_by)),
        ("The definition", _definition(definition)),
        ("The data", [*_data(found, freshness, definition), *others]),
    ]
    told = [(name, [line for line in lines if line]) for name, lines in parts]
    return Message(
        text="\n".join([title, *(line for name, lines in told for line in _under(name, lines))]),
        blocks=(
            header(_plain_title(period, segment)),
            *_sections(told),
            context("All customers behind these numbers, as CSV: `keeprate explain --csv FILE`"),
        ),
    )


def peer_message(
    figure: PeerFigure, own: str, *, period: Period, definition: Definition
) -> Message:
    """The same period under another product's published rule; `own` is our sentence about it."""
    result = _peer_result(figure)
    told = f"{figure.name} would say {wording.in_period(period)}: {result}"
    where = ", ".join(f"<{url}|{_host(url)}>" for url in figure.sources)
    plain = ", ".join(figure.sources)
    return Message(
        text="\n".join(
            filter(
                None, (told, figure.formula, own, figure.note, f"Rule: {plain}" if plain else "")
            )
        ),
        blocks=(
            section(f"*{escape(told)}*\n`{figure.formula}`"),
            section(f"{escape(own)}\n{escape(figure.note)}"),
            context(
                f"Rule: {where}" if where else "Rule: ((E - N) / S) x 100, new as first joined",
                f"Days of {definition.zone}.",
            ),
        ),
    )


def _under(name: str, lines: Sequence[str]) -> list[str]:
    return [f"{name}: {lines[0]}", *lines[1:]] if lines else []


def _sections(told: Sequence[tuple[str, Sequence[str]]]) -> list[Block]:
    blocks: list[Block] = []
    for name, lines in told:
        if lines:
            blocks += [divider()] if blocks else []
            blocks.append(section("\n".join([f"*{name}*", *lines])))
    return blocks


def _plain_title(period: Period, segment: Sequence[tuple[str, str]]) -> str:
    of = ", ".join(f"{name}={label}" for name, label in segment)
    return f"Explained: CRR {wording.in_period(period)}" + (f", {of}" if of else "")


def _days(period: Period, found: Explanation, definition: Definition) -> list[str]:
    first, after = _edge(period.first, definition), _edge(period.next, definition)
    told = [
        f"From {first} until before {after}, {definition.zone}.",
        f"At the start means on {wording.day(period.eve, weekday=True)}, at the end on"
        f" {wording.day(found.of.measured_on, weekday=True)}.",
    ]
    if found.of.so_far:
        so_far = wording.so_far(found.of.so_far)
        told.append(f"The period is not over or not known to its end: {so_far}.")
    return told


def _edge(day: date, definition: Definition) -> str:
    """Midnight with its offset, which on two days a year is another one than the day before."""
    at = datetime.combine(day, time(), definition.zone_info)
    offset = at.utcoffset() or timedelta()
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"{wording.day(day, weekday=True)}, 00:00 (UTC{sign}{hours:02}:{rest:02})"


def _lists(found: Explanation, named: Named) -> list[str]:
    return [
        f"{_TITLES[name]} ({len(getattr(found.of, name)):,}): "
        + wording.names(named.lists.get(name, ()), len(getattr(found.of, name)))
        for name in LISTS
        if len(getattr(found.of, name))
    ] or ["Nobody came and nobody went."]


def _merged(found: Explanation, named: Named) -> list[str]:
    """They are no customers who left, though a count of records is smaller by them."""
    if not found.merged:
        return []
    count = len(found.merged)
    told = [
        f"{escape(cut(old, wording.NAME_LONGEST))} is {escape(cut(new, wording.NAME_LONGEST))}"
        for old, new in named.merged[: wording.NAMES_SHOWN]
    ]
    more = f" and {count - len(told):,} more" if count > len(told) else ""
    return [
        f"{wording.number(count, 'record')} became part of another customer in these days, which"
        f" is no loss: {', '.join(told)}{more}."
    ]


def _renewals(found: RenewalCounts | None, named: Named) -> list[str]:
    told = renewal_line(found)
    if found is None or not told:
        return []
    lists = (
        ("lost", "Did not renew", found.lost),
        ("lost_early", "Left in the middle of a term", found.lost_early),
    )
    return [
        told,
        *(
            f"{title} ({count:,}): {wording.names(named.renewals.get(name, ()), count)}"
            for name, title, count in lists
            if count
        ),
    ]


def _bridge(bridge: Bridge, named: Named, counted_by: str = "") -> list[str]:
    if bridge.by_counts is None:
        return []
    counts = bridge.counts
    told = (
        f"((E - N) / S) x 100 = ({counts.end:,} - {counts.new:,}) / {counts.start:,} x 100 ="
        f" {wording.rate(bridge.by_counts)}"
    )
    of = f"as {escape(counted_by)} has it" if counted_by else "with N as everybody who first joined"
    if bridge.by_identity is None:
        return [f"{told}, {of}: an estimate, where by identity there is no rate."]
    if not bridge.steps:
        return [f"{told}, {of}: the same." if counted_by else f"{told}: the same."]
    lines = [f"{told}, {of}. The difference:"]
    lines += [_step(step, names) for step, names in zip(bridge.steps, named.steps, strict=True)]
    if bridge.impossible:
        lines.append("No retention can be that: counts alone do not give it here.")
    return lines


def _step(step: Step, names: Sequence[str]) -> str:
    sign = "+" if step.change >= 0 else "-"
    points = wording.number_of_points(abs(100 * step.change))
    who = f": {wording.names(names, len(step.customers))}" if len(step.customers) else ""
    customers = wording.number(abs(step.by), "customer")
    return f"{sign}{points} by {customers} {_CAUSES[step.cause]}{who}"


def _definition(definition: Definition) -> list[str]:
    return [
        f"Weeks begin on {definition.first_weekday.name.capitalize()}, years in"
        f" {wording.month(definition.fiscal_year_start)}. Stays up to"
        f" {wording.number(definition.grace_days, 'day')} apart are one; a purchase makes a"
        f" customer for {wording.number(definition.purchase_keeps_days, 'day')}."
        f" {_who_counts(definition)} Hash {definition.hash}."
    ]


def _who_counts(definition: Definition) -> str:
    """Who is a customer, where sources differ."""
    trials = "count" if definition.trials else "do not count"
    free = "count" if definition.free else "do not count"
    told = [f"Trials {trials}, who never paid anything {free}" if trials != free
            else f"Trials and those who never paid anything {trials}"]  # fmt: skip
    for what, days in (
        ("Who owes", definition.past_due_days),
        ("Who has paused", definition.paused_days),
    ):
        kept = "until they leave" if days is None else f"for {wording.number(days, 'day')}"
        told.append(f"{what} counts {kept}")
    if definition.parents is Parents.TOP:
        told.append("A group with its parent is one customer")
    own = "; ".join(f"{escape(name)} {escape(value)}" for name, value in definition.counting)
    if own:
        told.append(f"The source's own settings: {own}")
    return ". ".join(told) + "."


def _data(found: Explanation, freshness: Freshness | None, definition: Definition) -> list[str]:
    told = [wording.freshness(freshness, definition)] if freshness else []
    return [
        *told,
        f"It knows {wording.number(found.stays, 'stay')} of"
        f" {wording.number(found.customers, 'customer')}, ever.",
    ]


def _peer_result(figure: PeerFigure) -> str:
    told = []
    if figure.churn is not None:
        told.append(f"churn {_span(figure.churn)}")
    if figure.retention is not None:
        told.append(f"retention {_span(figure.retention)}")
    return ", ".join(told) or "nothing, for there is nobody to divide by"


def _span(of: Span) -> str:
    if of.exact:
        return wording.rate(of.low)
    return f"between {wording.rate(of.low)} and {wording.rate(of.high)}"


def _host(url: str) -> str:
    return url.split("/")[2]
