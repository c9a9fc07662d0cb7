"""A figure of days before the source's history is true says so, wherever it stands."""

from collections.abc import Callable
from datetime import date, timedelta
from types import MappingProxyType

import numpy as np
import pytest

from bot.domain.cohorts import cohorts
from bot.domain.comparison import Compared, Figure
from bot.domain.explanation import as_peer, explanation
from bot.domain.lifetime import lifetime
from bot.domain.peers import Peer
from bot.domain.period import Kind
from bot.domain.pulls import Freshness
from bot.messages import wording
from bot.messages.blocks import Message
from bot.messages.churn import Churn, churn_answer
from bot.messages.cohorts import cohort_answer, cohorts_in_letters
from bot.messages.compare import Side, compare_answer
from bot.messages.crr import crr_answer
from bot.messages.explain import Named, explanation_message, peer_message
from bot.messages.keeprate import Status, status_answer
from bot.messages.languages import speaking
from bot.messages.lifetime import lifetime_answer
from bot.messages.sources import Source, sources_list
from bot.messages.weekly import Point, Post, line, post
from tests.domain.companies import columns_of
from tests.messages.figures import DEFINITION, FRESH, counts, period, trusted

SEPTEMBER = period(Kind.MONTH, date(2026, 9, 1))
OCTOBER = period(Kind.MONTH, date(2026, 10, 1))
SAID = "(its history is trusted since {}, and figures of days before may be wrong)"
NOBODY = columns_of({})


def crr(fresh: Freshness, before: Figure | None = None) -> Message:
    found = Compared(Figure(OCTOBER, counts()), before, np.array([], np.int32))
    return crr_answer(found, freshness=fresh, definition=DEFINITION)


def weekly(fresh: Freshness, *history: Point) -> Message:
    found = Compared(Figure(OCTOBER, counts()), None, np.array([], np.int32))
    of = Post(lines=[line(OCTOBER, found)], freshness=[fresh], history=history)
    return post(of, DEFINITION)


REACHING: dict[str, Callable[[Freshness], Message]] = {
    "crr": crr,
    "churn": lambda fresh: churn_answer(
        Churn(Figure(OCTOBER, counts()), None, (), 0, (), None),
        words="", freshness=fresh, definition=DEFINITION,
    ),
    "compare": lambda fresh: compare_answer(
        Side(Figure(period(), counts())), Side(Figure(OCTOBER, counts())),
        freshness=fresh, definition=DEFINITION,
    ),
    "as another product": lambda fresh: peer_message(
        as_peer(NOBODY, OCTOBER, peer=Peer.STRIPE, today=date(2026, 12, 1), definition=DEFINITION),
        "", freshness=fresh, period=OCTOBER, so_far=None, definition=DEFINITION,
    ),
}  # fmt: skip
"""What tells of October and of nothing before."""

ALWAYS: dict[str, Callable[[Freshness], Message]] = {
    "explain": lambda fresh: explanation_message(
        explanation(NOBODY, OCTOBER, today=date(2026, 12, 1), definition=DEFINITION),
        Named(MappingProxyType({}), ()), freshness=fresh, definition=DEFINITION,
    ),
    "cohorts": lambda fresh: cohort_answer(
        cohorts(NOBODY, by=Kind.MONTH, months=3, today=date(2026, 12, 1), definition=DEFINITION),
        freshness=fresh, definition=DEFINITION,
    ),
    "lifetime": lambda fresh: lifetime_answer(
        lifetime(NOBODY, today=date(2026, 12, 1)), freshness=fresh, definition=DEFINITION
    ),
    "status": lambda fresh: status_answer(Status([fresh], ()), DEFINITION),
    "sources": lambda fresh: sources_list(
        [Source("hubspot", "hubspot", is_first=True, freshness=fresh)], DEFINITION, may_pull=False
    ),
}  # fmt: skip
"""What tells of all of the past, or of the source."""


@pytest.mark.parametrize("name", REACHING)
def test_what_reaches_further_back_says_so_and_nothing_else_does(name: str) -> None:
    eve = OCTOBER.eve
    after, on, before = (REACHING[name](trusted(eve + timedelta(days))).text for days in (1, 0, -1))

    assert SAID.format("1 Oct 2026") in after
    assert "trusted" not in on + before + REACHING[name](FRESH).text


@pytest.mark.parametrize("name", ALWAYS)
def test_what_is_of_all_of_the_past_says_it_always(name: str) -> None:
    made = ALWAYS[name]

    assert SAID.format("3 Mar 2001") in made(trusted(date(2001, 3, 3))).text
    assert "trusted" not in made(FRESH).text


def test_the_period_before_counts_where_it_is_told() -> None:
    since = trusted(OCTOBER.eve)

    assert "trusted" in crr(since, Figure(SEPTEMBER, counts())).text


def test_a_post_reaches_to_the_period_before_its_first_and_to_the_oldest_of_its_chart() -> None:
    eve = SEPTEMBER.eve

    assert "trusted" not in weekly(trusted(eve)).text
    assert "trusted" in weekly(trusted(eve + timedelta(1))).text
    august = period(Kind.MONTH, date(2026, 8, 1))
    assert "trusted" in weekly(trusted(eve), Point(august, counts())).text
    assert "trusted" not in weekly(trusted(eve), Point(august, None)).text


def test_cohorts_in_letters_say_it_too() -> None:
    found = cohorts(NOBODY, by=Kind.MONTH, months=3, today=date(2026, 12, 1), definition=DEFINITION)
    told = cohorts_in_letters(found, freshness=trusted(date(2020, 1, 1)), definition=DEFINITION)

    assert SAID.format("1 Jan 2020") in told


def test_it_is_said_in_dutch() -> None:
    with speaking("nl"):
        told = wording.freshness(trusted(date(2024, 3, 3)), DEFINITION)

    assert "klopt vanaf 3 mrt 2024" in told
