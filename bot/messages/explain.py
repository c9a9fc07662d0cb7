"""How a figure came to be, and what other products would make of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.bridge import Bridge, Cause, Step
from bot.domain.definition import Definition, Parents
from bot.domain.explanation import Explanation
from bot.domain.peers import PeerFigure, Span
from bot.domain.period import Period, SoFar
from bot.domain.pulls import Freshness
from bot.domain.renewals import RenewalCounts
from bot.domain.retention import Counts
from bot.messages import wording
from bot.messages.blocks import (
    Block,
    Message,
    context,
    cut,
    divider,
    escape,
    header,
    section,
    sections,
)
from bot.messages.languages import grouped, later, retold, tr, trn
from bot.messages.renewals import renewal_line

LISTS = ("lost", "new", "won_back", "early_losses")
"""The lists of a figure whose customers are named."""

RENEWAL_LISTS = ("lost", "lost_early")
"""The lists of renewals whose customers are named."""

_TITLES = {
    "lost": later("Lost"),
    "new": later("New"),
    "won_back": later("Won back"),
    "early_losses": later("Joined and left within the period"),
}
_CAUSES = {
    Cause.WON_BACK: later("{by} by {customers} won back, whom counting takes for kept"),
    Cause.JOINED_AND_LEFT: later(
        "{by} by {customers} joined and left again, each of whom takes a kept one away in counting"
    ),
    Cause.MERGED: later("{by} by {customers} merged, so that records of the start are gone"),
    Cause.MERGED_SINCE: later(
        "{by} by {customers} merged since, so that records are counted twice at the end"
    ),
    Cause.END_DIFFERS: later("{by} by {customers} that the source counts otherwise at the end"),
    Cause.NEW_DIFFERS: later("{by} by {customers} that the source counts otherwise as new"),
    Cause.START_DIFFERS: later("{by} by {customers} that the source counts otherwise at the start"),
}


_COUNTED = {
    (True, True): later("Trials and those who never paid anything count"),
    (False, False): later("Trials and those who never paid anything do not count"),
    (True, False): later("Trials count, who never paid anything do not count"),
    (False, True): later("Trials do not count, who never paid anything count"),
}
"""By whether trials count, and whether those do who never paid anything."""


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
    known_at: datetime | None = None,
    revenue: str = "",
    lists: Sequence[Block] = (),
) -> Message:
    """Everything behind one figure, from the formula to the age of the data.

    `others` tell how other sources fit to this one (escaped); `counted_by` is who counted, where
    somebody did, and `known_at` the moment of the past as of which it was asked. `revenue` is what
    the same customers pay, or why that can't be added up (escaped).
    """
    period, counts = found.of.period, found.of.counts
    when = f"{wording.in_period(period)} {wording.so_far(found.of.so_far)}".rstrip()
    title = tr("How CRR {period} came to be", period=when)
    if segment:
        told = wording.segment(segment)
        title = tr("How CRR of {segment} {period} came to be", segment=told, period=when)
    parts = [
        (tr("The formula"), [wording.formula(counts), _churn(counts), wording.movements(counts)]),
        (tr("The days"), _days(period, found, definition)),
        (tr("The customers"), _lists(found, named)),
        (tr("Merged records"), _merged(found, named)),
        (tr("Renewals"), _renewals(renewals, named)),
        (tr("Revenue"), [revenue]),
        (tr("By counts alone"), _bridge(found.bridge, named, counted_by)),
        (tr("The definition"), _definition(definition)),
        (
            tr("The data"),
            [wording.as_known(known_at, definition), *_data(found, freshness, definition), *others],
        ),
    ]
    shown = [(name, [line for line in lines if line]) for name, lines in parts]
    return Message(
        text="\n".join([title, *(line for name, lines in shown for line in _under(name, lines))]),
        blocks=(
            header(_plain_title(when, segment)),
            *_sections(shown),
            context(
                tr("All customers behind these numbers, as CSV: `keeprate explain --csv FILE`")
            ),
            *lists,
        ),
    )


def peer_message(
    figure: PeerFigure,
    own: str,
    *,
    freshness: Freshness | None,
    period: Period,
    so_far: SoFar | None,
    definition: Definition,
) -> Message:
    """The same period under another product's published rule; `own` is our sentence about it."""
    fresh = tr("No data yet")
    if freshness is not None:
        fresh = wording.freshness(freshness, definition, reaching=period.eve)
    result = _peer_result(figure)
    formula, note = retold(figure.formula), retold(figure.note)
    told = tr(
        "{product} would say {period}: {result}",
        product=retold(figure.name),
        period=f"{wording.in_period(period)} {wording.so_far(so_far)}".rstrip(),
        result=result,
    )
    where = ", ".join(f"<{url}|{_host(url)}>" for url in figure.sources)
    plain = ", ".join(figure.sources)
    return Message(
        text="\n".join(
            filter(
                None,
                (
                    told,
                    formula,
                    own,
                    note,
                    tr("Rule: {sources}", sources=plain) if plain else "",
                    fresh,
                ),
            )
        ),
        blocks=(
            section(f"*{escape(told)}*\n`{formula}`"),
            section(f"{escape(own)}\n{escape(note)}"),
            context(
                tr("Rule: {sources}", sources=where)
                if where
                else tr("Rule: ((E - N) / S) x 100, new as first joined"),
                fresh,
                tr("Days of {zone}.", zone=definition.zone),
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
            blocks += sections([f"*{name}*", *lines])
    return blocks


def _plain_title(when: str, segment: Sequence[tuple[str, str]]) -> str:
    of = ", ".join(f"{name}={label}" for name, label in segment)
    title = tr("Explained: CRR {period}", period=when)
    return f"{title}, {of}" if of else title


def _churn(counts: Counts) -> str:
    """The other side of CRR; "" where there is no rate."""
    if not counts.opening:
        return ""
    return tr(
        "Churn rate: {lost} lost / {opening} at opening = {share}",
        lost=counts.lost,
        opening=counts.opening,
        share=wording.percent(counts.lost, counts.opening),
    )


def _days(period: Period, found: Explanation, definition: Definition) -> list[str]:
    told = [
        tr(
            "From {first} until before {after}, {zone}.",
            first=wording.midnight(period.first, definition),
            after=wording.midnight(period.next, definition),
            zone=definition.zone,
        ),
        tr(
            "At the start means on {eve}, at the end on {last}.",
            eve=wording.day(period.eve, weekday=True),
            last=wording.day(found.of.measured_on, weekday=True),
        ),
    ]
    if found.of.so_far:
        so_far = wording.so_far(found.of.so_far)
        told.append(tr("The period is not over or not known to its end: {so_far}.", so_far=so_far))
    return told


def _lists(found: Explanation, named: Named) -> list[str]:
    return [
        f"{tr(_TITLES[name])} ({grouped(len(getattr(found.of, name)))}): "
        + wording.names(named.lists.get(name, ()), len(getattr(found.of, name)))
        for name in LISTS
        if len(getattr(found.of, name))
    ] or [tr("Nobody came and nobody went.")]


def _merged(found: Explanation, named: Named) -> list[str]:
    """They are no customers who left, though a count of records is smaller by them."""
    if not found.merged:
        return []
    count = len(found.merged)
    told = [
        tr(
            "{old} is {new}",
            old=escape(cut(old, wording.NAME_LONGEST)),
            new=escape(cut(new, wording.NAME_LONGEST)),
        )
        for old, new in named.merged[: wording.NAMES_SHOWN]
    ]
    more = count - len(told)
    shown = wording.and_more(told, more) if more > 0 else ", ".join(told)
    return [
        trn(
            "{n} record became part of another customer in these days, which is no loss:"
            " {records}.",
            "{n} records became part of another customer in these days, which is no loss:"
            " {records}.",
            count,
            records=shown,
        )
    ]


def _renewals(found: RenewalCounts | None, named: Named) -> list[str]:
    told = renewal_line(found)
    if found is None or not told:
        return []
    lists = (
        ("lost", tr("Did not renew"), found.lost),
        ("lost_early", tr("Left in the middle of a term"), found.lost_early),
    )
    return [
        told,
        *(
            f"{title} ({grouped(count)}): {wording.names(named.renewals.get(name, ()), count)}"
            for name, title, count in lists
            if count
        ),
    ]


def _bridge(bridge: Bridge, named: Named, counted_by: str = "") -> list[str]:
    if bridge.by_counts is None:
        return []
    counts = bridge.counts
    told = (
        f"((E - N) / S) x 100 = ({grouped(counts.end)} - {grouped(counts.new)}) /"
        f" {grouped(counts.start)} x 100 = {wording.rate(bridge.by_counts)}"
    )
    of = tr("with N as everybody who first joined")
    if counted_by:
        of = tr("as {source} has it", source=escape(counted_by))
    if bridge.by_identity is None:
        return [
            tr(
                "{formula}: an estimate, where by identity there is no rate.",
                formula=f"{told}, {of}",
            )
        ]
    if not bridge.steps:
        return [tr("{formula}: the same.", formula=f"{told}, {of}" if counted_by else told)]
    lines = [tr("{formula}. The difference:", formula=f"{told}, {of}")]
    lines += [_step(step, names) for step, names in zip(bridge.steps, named.steps, strict=True)]
    if bridge.impossible:
        lines.append(tr("No retention can be that: counts alone do not give it here."))
    return lines


def _step(step: Step, names: Sequence[str]) -> str:
    sign = "+" if step.change >= 0 else "-"
    points = wording.number_of_points(abs(100 * step.change))
    who = f": {wording.names(names, len(step.customers))}" if len(step.customers) else ""
    customers = wording.number(abs(step.by), "customer")
    return tr(_CAUSES[step.cause], by=f"{sign}{points}", customers=customers) + who


def _definition(definition: Definition) -> list[str]:
    return [
        tr(
            "Weeks begin on {weekday}, years in {month}. Stays up to {grace} apart are one; a"
            " purchase makes a customer for {keeps}. {who} Hash {hash}.",
            weekday=wording.weekday(definition.first_weekday),
            month=wording.month(definition.fiscal_year_start),
            grace=wording.number(definition.grace_days, "day"),
            keeps=wording.number(definition.purchase_keeps_days, "day"),
            who=_who_counts(definition),
            hash=definition.hash,
        )
    ]


def _who_counts(definition: Definition) -> str:
    """Who is a customer, where sources differ."""
    told = [tr(_COUNTED[definition.trials, definition.free])]
    for what, days in (
        (later("Who owes counts {how_long}"), definition.past_due_days),
        (later("Who has paused counts {how_long}"), definition.paused_days),
    ):
        how_long = tr("until they leave")
        if days is not None:
            how_long = tr("for {days}", days=wording.number(days, "day"))
        told.append(tr(what, how_long=how_long))
    if definition.parents is Parents.TOP:
        told.append(tr("A group with its parent is one customer"))
    own = "; ".join(f"{escape(name)} {escape(value)}" for name, value in definition.counting)
    if own:
        told.append(tr("The source's own settings: {settings}", settings=own))
    return ". ".join(told) + "."


def _data(found: Explanation, freshness: Freshness | None, definition: Definition) -> list[str]:
    told = [wording.freshness(freshness, definition)] if freshness else []
    return [
        *told,
        *(f"{line}." for line in (wording.left_out(freshness, definition) if freshness else ())),
        tr(
            "It knows {stays} of {customers}, ever.",
            stays=wording.number(found.stays, "stay"),
            customers=wording.number(found.customers, "customer"),
        ),
    ]


def _peer_result(figure: PeerFigure) -> str:
    told = []
    if figure.churn is not None:
        told.append(tr("churn {share}", share=_span(figure.churn)))
    if figure.retention is not None:
        told.append(tr("retention {share}", share=_span(figure.retention)))
    return ", ".join(told) or tr("nothing, for there is nobody to divide by")


def _span(of: Span) -> str:
    if of.exact:
        return wording.rate(of.low)
    return tr("between {low} and {high}", low=wording.rate(of.low), high=wording.rate(of.high))


def _host(url: str) -> str:
    return url.split("/")[2]
