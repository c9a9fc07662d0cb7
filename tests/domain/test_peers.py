"""Other products' rules: one month of facts by all of them, and what always holds."""

from datetime import date

import pytest
from hypothesis import given

from bot.domain.peers import Facts, Peer, PeerFigure, Span, by_rule, facts, peer_named
from bot.domain.period import Period
from bot.domain.retention import Unknown, retention
from bot.errors import Misunderstood
from tests.domain.companies import Company, columns_of, companies, periods
from tests.domain.test_retention import OCTOBER, a_month_of_everything

the_month = facts(columns_of(a_month_of_everything()), OCTOBER)


def figure(peer: Peer, of: Facts = the_month) -> PeerFigure:
    return by_rule(peer, of)


def percent(span: Span | None) -> tuple[float, float] | None:
    return None if span is None else (round(span.low * 100, 1), round(span.high * 100, 1))


class TestOneMonthByEveryRule:
    """100 at the start; 8 leave, 2 leave and return, 20 join, 3 of them leave, 4 are won back."""

    def test_the_facts_are_those_of_the_month(self) -> None:
        assert the_month == Facts(
            start=100,
            end=113,
            lost=8,
            joined=20,
            early_losses=3,
            left_and_back=2,
            left=13,
            departures=13,
        )

    @pytest.mark.parametrize(
        ("peer", "churn", "kept", "formula"),
        [
            (Peer.CHARTMOGUL, (8.0, 8.0), (92.0, 92.0), "8 churned / 100 at the start"),
            (Peer.STRIPE, (10.8, 10.8), None, "13 churned / (100 at the start + 20 new)"),
            (Peer.BAREMETRICS, (11.0, 13.0), None, "11 to 13 cancelled / 100 at the start"),
            (Peer.PROFITWELL, (10.0, 10.0), None, "10 churned / 100 at the start"),
            (Peer.RECURLY, (8.0, 13.0), None, "8 to 13 churned / 100 at the start"),
            (Peer.MAXIO, (8.0, 10.0), None, "8 to 10 churned / 100 at the start"),
            (Peer.COUNTS, None, (93.0, 93.0), "(113 at the end - 20 new) / 100 at the start"),
        ],
    )
    def test_each_rule_gives_its_own_number(
        self,
        peer: Peer,
        churn: tuple[float, float] | None,
        kept: tuple[float, float] | None,
        formula: str,
    ) -> None:
        found = figure(peer)

        assert percent(found.churn) == churn
        assert percent(found.retention) == kept
        assert found.formula == formula

    @pytest.mark.parametrize("peer", Peer)
    def test_each_product_is_cited_and_says_how_it_differs(self, peer: Peer) -> None:
        found = figure(peer)

        assert found.peer is peer
        assert all(source.startswith("https://") for source in found.sources)
        assert bool(found.sources) == (peer is not Peer.COUNTS)
        assert found.note.endswith(".")


def test_chartmogul_gives_what_its_own_example_gives() -> None:
    """100 customers, 12 churned: one reactivated, and one had joined during the period: 10 %."""
    company: Company = {number: [(date(2025, 1, 1), None)] for number in range(89)}
    company |= {100 + number: [(date(2025, 1, 1), date(2026, 10, 9))] for number in range(10)}
    company[200] = [(date(2025, 1, 1), date(2026, 10, 9)), (date(2026, 10, 12), None)]
    company[201] = [(date(2026, 10, 2), date(2026, 10, 9))]
    of = facts(columns_of(company), OCTOBER)

    assert of.departures == 12
    assert figure(Peer.CHARTMOGUL, of).churn == Span(0.1, 0.1)


def test_without_anybody_at_the_start_only_stripe_has_something_to_divide_by() -> None:
    of = facts(columns_of({1: [(date(2026, 10, 3), date(2026, 10, 9))]}), OCTOBER)

    assert figure(Peer.STRIPE, of).churn == Span(1, 1)
    for peer in set(Peer) - {Peer.STRIPE}:
        assert figure(peer, of).churn is None
        assert figure(peer, of).retention is None


def test_who_leaves_twice_counts_twice_with_stripe() -> None:
    of = facts(
        columns_of(
            {
                1: [
                    (date(2026, 9, 1), date(2026, 10, 3)),
                    (date(2026, 10, 5), date(2026, 10, 9)),
                ]
            }
        ),
        OCTOBER,
    )

    assert figure(Peer.STRIPE, of).churn == Span(2, 2)
    assert figure(Peer.RECURLY, of).churn == Span(1, 1)
    assert figure(Peer.COUNTS, of).retention == Span(0, 0)


@given(companies, periods())
def test_what_holds_for_any_company(company: Company, period: Period) -> None:
    columns = columns_of(company)
    of, counts = facts(columns, period), retention(columns, period).counts

    chartmogul = figure(Peer.CHARTMOGUL, of)
    if counts.crr is None:
        assert chartmogul.retention is None
    else:
        assert chartmogul.retention is not None
        assert chartmogul.retention.low == pytest.approx(counts.crr)
        assert chartmogul.retention.exact
    for peer in Peer:
        for span in (figure(peer, of).churn, figure(peer, of).retention):
            assert span is None or span.low <= span.high
    assert of.lost + of.early_losses <= of.left <= of.departures
    assert of.left == of.lost + of.early_losses + of.left_and_back + gone_and_back(company, period)


def gone_and_back(company: Company, period: Period) -> int:
    """Who was not at the start, came and left inside the period, and is there at its end."""
    columns = columns_of(company)
    found = retention(columns, period)
    gained = set(found.new.tolist()) | set(found.won_back.tolist())
    left = {
        who
        for who in gained
        for since, until in company[who]
        if until is not None and period.first <= until <= period.last
        if not any(again == until and later != until for again, later in company[who])
    }
    return len(left)


def test_a_period_that_is_not_known_has_no_facts() -> None:
    with pytest.raises(Unknown):
        facts(columns_of({}, known_from=date(2026, 10, 5)), OCTOBER)


def test_a_peer_is_found_by_what_people_type() -> None:
    assert peer_named("ChartMogul") is Peer.CHARTMOGUL
    with pytest.raises(Misunderstood, match=r'"chartmongul".*There is chartmogul, '):
        peer_named("chartmongul")
