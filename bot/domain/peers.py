"""The same period by the rules that other products publish, each with its source.

Only what a product's own pages say is computed. Where they leave open whether somebody counts, the
result is a span from leaving them out to counting them. Rules that look at the last 30 days are
applied to the days of the period instead, and say so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from bot.domain.columns import Columns, Mask
from bot.domain.events import events
from bot.domain.period import Period
from bot.domain.retention import retention
from bot.domain.segments import nearest
from bot.errors import Misunderstood, Sentence


class Peer(StrEnum):
    CHARTMOGUL = "chartmogul"
    STRIPE = "stripe"
    BAREMETRICS = "baremetrics"
    PROFITWELL = "profitwell"
    RECURLY = "recurly"
    MAXIO = "maxio"
    COUNTS = "counts"
    """No product: the formula of the trade, with "new" as most systems report it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A fraction, or the two between which it lies where a rule leaves something open."""

    low: float
    high: float

    @property
    def exact(self) -> bool:
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class PeerFigure:
    """One period under one product's rule."""

    peer: Peer
    name: str
    formula: str
    """With its numbers, as people read it: "8 churned / 100 at the start". This, the name and the
    note can be said in another language."""
    churn: Span | None
    """None where there is nobody to divide by, or the rule has no churn rate."""
    retention: Span | None
    """None where the rule's churn is no share of the opening, so that 1 - churn means nothing."""
    sources: tuple[str, ...]
    """Where the rule is published."""
    note: str
    """How it differs from the CRR by identity."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules are made of: numbers of customers, but for `departures`."""

    start: int
    end: int
    lost: int
    joined: int
    """Joined for the first time ever, wherever they are at the end."""
    early_losses: int
    left_and_back: int
    """Of those at the start, who left and is back by the end."""
    left: int
    """Who left at least once."""
    departures: int
    """How many times somebody left."""


def facts(
    columns: Columns, period: Period, *, today: date | None = None, within: Mask | None = None
) -> Facts:
    """Of the same customers and days as `retention`. Raises Unknown as it does."""
    of = retention(columns, period, today=today, within=within)
    moves = events(columns, of, within=within)
    return Facts(
        start=len(of.opening),
        end=len(of.closing),
        lost=len(of.lost),
        joined=len(moves.joined),
        early_losses=len(of.early_losses),
        left_and_back=len(np.intersect1d(of.kept, moves.left, assume_unique=True)),
        left=len(moves.left),
        departures=len(moves.departures),
    )


def by_rule(peer: Peer, of: Facts) -> PeerFigure:
    """What the peer would show for these facts."""
    return _RULES[peer](of)


def peer_named(word: str) -> Peer:
    """What somebody typed after "as". Raises Misunderstood with the known ones, nearest first."""
    try:
        return Peer(word.casefold())
    except ValueError:
        known = ", ".join(nearest(word, list(Peer)))
        raise Misunderstood(
            'No rule of "{word}" is known here. There is {known}.', word=word[:40], known=known
        ) from None


def _chartmogul(of: Facts) -> PeerFigure:
    churn = _span(of.lost, of.lost, of.start)
    return PeerFigure(
        Peer.CHARTMOGUL,
        Sentence("ChartMogul (standard formula)"),
        Sentence("{left} churned / {start} at the start", left=of.lost, start=of.start),
        churn,
        _complement(churn),
        ("https://help.chartmogul.com/hc/en-us/articles/207340419-Churn-rate-formulas",),
        Sentence(
            "The same as ours: who joins and leaves, or leaves and is back, within the period is"
            " left out of both numbers."
        ),
    )


def _stripe(of: Facts) -> PeerFigure:
    return PeerFigure(
        Peer.STRIPE,
        "Stripe Billing",
        Sentence(
            "{left} churned / ({start} at the start + {joined} new)",
            left=of.departures,
            start=of.start,
            joined=of.joined,
        ),
        _span(of.departures, of.departures, of.start + of.joined),
        None,
        (
            "https://support.stripe.com/questions/calculating-subscriber-churn-rate-in-billing",
            "https://support.stripe.com/questions/calculating-churn-rate-in-billing",
        ),
        Sentence(
            "Who joins and leaves within the period counts above and below the line, and everybody"
            " once for each time they leave, so 1 - churn is not the share that was kept. Stripe"
            " looks at the last 30 days; here it is the period."
        ),
    )


def _baremetrics(of: Facts) -> PeerFigure:
    low, high = of.lost + of.early_losses, of.departures
    return PeerFigure(
        Peer.BAREMETRICS,
        "Baremetrics",
        Sentence(
            "{left} cancelled / {start} at the start", left=_between(low, high), start=of.start
        ),
        _span(low, high, of.start),
        None,
        (
            "https://help.baremetrics.com/en/articles/5380347-user-and-revenue-churn",
            "https://changelog.baremetrics.com/churn-update-4pqo9O",
        ),
        Sentence(
            "Who joins and leaves within the period counts as cancelled without having been there"
            " at the start; whether those count who leave and are back is not published."
            " Baremetrics looks at the last 30 days (365 for annual plans); here it is the period."
        ),
    )


def _profitwell(of: Facts) -> PeerFigure:
    churned = of.lost + of.left_and_back
    return PeerFigure(
        Peer.PROFITWELL,
        "ProfitWell Metrics",
        Sentence("{left} churned / {start} at the start", left=churned, start=of.start),
        _span(churned, churned, of.start),
        None,
        (
            "https://www.paddle.com/help/profitwell-metrics/measure/subscription-retention/"
            "are-cancellations-in-the-first-month-counted-as-churn",
            "https://learn.profitwell.com/article/"
            "3xteyrvof6-why-are-my-metrics-in-profit-well-different-than-chargify",
        ),
        Sentence(
            "Who leaves and is back within the period has churned and is reactivated; who joins and"
            " leaves within it is ignored. What ProfitWell divides by is not published: the"
            " customers at the start are taken here."
        ),
    )


def _recurly(of: Facts) -> PeerFigure:
    low, high = of.lost, of.left
    return PeerFigure(
        Peer.RECURLY,
        "Recurly",
        Sentence("{left} churned / {start} at the start", left=_between(low, high), start=of.start),
        _span(low, high, of.start),
        None,
        ("https://recurly.com/blog//key-terms-related-to-churn-defined/",),
        Sentence(
            "Whether those count who join and leave, or leave and are back, within the month is not"
            " published."
        ),
    )


def _maxio(of: Facts) -> PeerFigure:
    low, high = of.lost, of.lost + of.left_and_back
    return PeerFigure(
        Peer.MAXIO,
        "Maxio (Chargify)",
        Sentence("{left} churned / {start} at the start", left=_between(low, high), start=of.start),
        _span(low, high, of.start),
        None,
        ("https://help.chargify.com/reports/churn-analytics.html",),
        Sentence(
            "Only customers of the start are looked at; whether those of them count who leave and"
            " are back within the period is not published."
        ),
    )


def _counts(of: Facts) -> PeerFigure:
    return PeerFigure(
        Peer.COUNTS,
        Sentence("Counts only"),
        Sentence(
            "({end} at the end - {joined} new) / {start} at the start",
            end=of.end,
            joined=of.joined,
            start=of.start,
        ),
        None,
        _span(of.end - of.joined, of.end - of.joined, of.start),
        (),
        Sentence(
            "New is who joined for the first time. It takes who was won back for kept, and takes"
            " one kept customer away for each who joins and leaves within the period, so it can"
            " pass 100 % and fall below 0 %."
        ),
    )


_RULES: dict[Peer, Callable[[Facts], PeerFigure]] = {
    Peer.CHARTMOGUL: _chartmogul,
    Peer.STRIPE: _stripe,
    Peer.BAREMETRICS: _baremetrics,
    Peer.PROFITWELL: _profitwell,
    Peer.RECURLY: _recurly,
    Peer.MAXIO: _maxio,
    Peer.COUNTS: _counts,
}


def _span(low: int, high: int, base: int) -> Span | None:
    return Span(low / base, high / base) if base else None


def _complement(churn: Span | None) -> Span | None:
    return None if churn is None else Span(1 - churn.high, 1 - churn.low)


def _between(low: int, high: int) -> str | int:
    return low if low == high else Sentence("{low} to {high}", low=low, high=high)
