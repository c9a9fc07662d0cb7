"""How a figure came to be, and what other products would say of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType

import pytest

from bot.domain.columns import Columns
from bot.domain.definition import Definition
from bot.domain.explanation import as_peer, explanation
from bot.domain.peers import Peer
from bot.domain.period import Kind, SoFar, period_of
from bot.domain.pulls import Freshness, Pull, PullState
from bot.domain.renewals import RenewalCounts
from bot.domain.retention import retention
from bot.messages import wording
from bot.messages.blocks import Message
from bot.messages.explain import LISTS, Named, explanation_message, peer_message
from bot.messages.languages import tr
from tests.domain.companies import columns_of
from tests.domain.test_retention import a_month_of_everything
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, FRESH, FRIDAY, NASTY

OCTOBER = period_of(Kind.MONTH, date(2026, 10, 1), DEFINITION)
EVERYTHING = columns_of(a_month_of_everything())
LATER = date(2026, 11, 9)


def explained(
    columns: Columns = EVERYTHING,
    *,
    today: date = LATER,
    segment: tuple[tuple[str, str], ...] = (),
    definition: Definition = DEFINITION,
    renewals: RenewalCounts | None = None,
    known_at: datetime | None = None,
    revenue: str = "",
    left: Mapping[str, list[str]] = MappingProxyType({}),
    freshness: Freshness = FRESH,
) -> Message:
    found = explanation(columns, OCTOBER, today=today, definition=DEFINITION)
    lists: Mapping[str, list[str]] = {
        name: [f"Customer {code}" for code in getattr(found.of, name)[:10]] for name in LISTS
    }
    steps = [[f"Customer {code}" for code in step.customers[:10]] for step in found.bridge.steps]
    return explanation_message(
        found,
        Named(lists, steps, renewals=left),
        freshness=freshness,
        definition=definition,
        segment=segment,
        renewals=renewals,
        known_at=known_at,
        revenue=revenue,
    )


def as_told_by(
    peer: Peer,
    columns: Columns = EVERYTHING,
    *,
    today: date = LATER,
    so_far: SoFar | None = None,
) -> Message:
    found = as_peer(columns, OCTOBER, peer=peer, today=today, definition=DEFINITION)
    own = tr("By identity: {crr}.", crr=wording.crr(retention(columns, OCTOBER).counts))
    return peer_message(
        found, own, freshness=FRESH, period=OCTOBER, so_far=so_far, definition=DEFINITION
    )


def left_out(**of: int) -> Freshness:
    """Of a source of which everything was read a day before the newest changes."""
    counts = {name.replace("_", " "): count for name, count in of.items()}
    believed_at = FRIDAY - timedelta(days=1)
    full = Pull(
        1, "stripe", "", FRIDAY, PullState.BELIEVED, finished_at=believed_at, left_out=counts
    )
    return replace(FRESH, full=full)


LEFT_OUT = left_out(trial=12, free_plan=1204, not_a_customer=3, gap_that_is_no_leaving=5)
CASES = {
    "explain": explained(),
    "explain-left-out": explained(freshness=LEFT_OUT),
    "explain-revenue": explained(revenue="NRR 103.5 %, GRR 96.5 % of MRR 570.00 EUR at the start"),
    "explain-of-the-past": explained(known_at=FRIDAY),
    "explain-so-far": explained(today=date(2026, 10, 9)),
    "explain-renewals": explained(
        renewals=RenewalCounts(OCTOBER, 100, 31, 28, 5, 9),
        left={"lost": ["Acme", "Globex", "Hooli"], "lost_early": ["Stark", "Wayne"]},
    ),
    "explain-no-term-ended": explained(renewals=RenewalCounts(OCTOBER, 100, 0, 0, 0, 9)),
    "explain-nobody": explained(columns_of({})),
    "explain-nothing-happened": explained(columns_of({1: [(date(2026, 1, 1), None)]})),
    "explain-segment": explained(segment=(("plan", NASTY),)),
    **{f"as-{peer}": as_told_by(peer) for peer in Peer},
    "as-stripe-so-far": as_told_by(
        Peer.STRIPE, today=date(2026, 10, 9), so_far=SoFar(day=9, of=31)
    ),
    "as-stripe-nobody": as_told_by(Peer.STRIPE, columns_of({})),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


def test_the_formula_has_its_numbers_in_it() -> None:
    assert "92 kept / 100 at opening = 92.0 %" in explained().text


def test_what_is_left_out_is_told_with_its_reasons_the_most_first() -> None:
    text = explained(freshness=LEFT_OUT).text

    assert (
        "Left out when all was read (Thursday 19 Nov 2026, 03:15): free plan (1,204), trial (12),"
        " not a customer (3)." in text
    )
    assert "Not counted by the definition: gap that is no leaving (5)." in text


def test_that_nothing_is_left_out_is_said_and_that_it_is_not_known_is_not() -> None:
    assert "Nothing was left out when all was read" in explained(freshness=left_out()).text
    assert "left out" not in explained().text


def test_what_is_not_over_is_marked_in_the_first_words() -> None:
    told = explained(today=date(2026, 10, 9)).text
    theirs = as_told_by(Peer.STRIPE, today=date(2026, 10, 9), so_far=SoFar(day=9, of=31)).text

    assert told.startswith("How CRR in October 2026 so far (day 9 of 31) came to be")
    assert theirs.startswith("Stripe Billing would say in October 2026 so far (day 9 of 31): churn")


def test_the_past_is_told_as_what_was_known_of_it() -> None:
    told = explained(known_at=FRIDAY).text

    assert "As it was known on Friday 20 Nov 2026, 03:15." in told


def test_the_edges_tell_the_offset_that_changes_inside_october() -> None:
    text = explained().text

    assert "From Thursday 1 Oct 2026, 00:00 (UTC+02:00)" in text
    assert "until before Sunday 1 Nov 2026, 00:00 (UTC+01:00), Europe/Amsterdam" in text


def test_half_an_hour_west_is_told_as_it_is() -> None:
    text = explained(definition=Definition(zone="America/St_Johns")).text

    assert "(UTC-02:30)" in text


def test_counting_is_bridged_to_identity_customer_by_customer() -> None:
    text = explained().text

    assert "(113 - 20) / 100 x 100 = 93.0 %" in text
    assert "+4 points by 4 customers won back" in text
    assert "-3 points by 3 customers joined and left again" in text
    assert "Customer 117" in text


def test_a_rule_is_told_with_its_result_and_where_it_is_published() -> None:
    text = as_told_by(Peer.STRIPE).text

    assert "churn 10.8 %" in text
    assert "13 churned / (100 at the start + 20 new)" in text
    assert "https://support.stripe.com/" in text
