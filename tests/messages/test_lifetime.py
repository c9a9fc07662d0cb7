"""How long customers stay, in sentences."""

from datetime import date, timedelta

import pytest

from bot.domain.columns import Columns
from bot.domain.lifetime import RepeatPurchase, Repeats, lifetime
from bot.messages.blocks import Message
from bot.messages.lifetime import lifetime_answer
from tests.domain.companies import columns_of
from tests.domain.reference import Stay
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, FRESH, FRIDAY, NASTY

TODAY = date(2026, 11, 20)
Lengths = dict[int, list[Stay]]


def lasting(*lengths: int, seen: int = 800, still: int = 0) -> Lengths:
    """Stays that began `seen` days ago and lasted so long, and `still` more that last."""
    since = TODAY - timedelta(days=seen)
    untils = [*(since + timedelta(days=each) for each in lengths), *[None] * still]
    return {number: [(since, until)] for number, until in enumerate(untils)}


def answer(columns: Columns, **also: object) -> Message:
    found = lifetime(columns, today=TODAY)
    return lifetime_answer(found, **{"freshness": FRESH, "definition": DEFINITION, **also})  # type: ignore[arg-type]


def told(company: Lengths) -> str:
    return answer(columns_of(company)).text


SEEN_FROM = date(2026, 1, 15)
PRESENCE = columns_of(
    {
        **{number: [(SEEN_FROM, None)] for number in range(60)},
        **{100 + n: [(SEEN_FROM + timedelta(days=n), None)] for n in range(1, 45)},
        200: [(SEEN_FROM + timedelta(days=9), SEEN_FROM + timedelta(days=70))],
    },
    known_from=SEEN_FROM,
    known_to=date(2026, 11, 19),
)

CASES = {
    "lifetime": answer(columns_of(lasting(*range(100, 700, 5), still=40))),
    "lifetime-purchases": answer(
        columns_of(lasting(*range(100, 700, 5), still=40)),
        repeats=Repeats(RepeatPurchase(160, 71, 0), RepeatPurchase(150, 52, 10), 90),
    ),
    "lifetime-first-purchases": answer(
        columns_of(lasting(still=1, seen=9)),
        repeats=Repeats(RepeatPurchase(1, 0, 0), RepeatPurchase(0, 0, 1), 90),
    ),
    "lifetime-nobody": answer(columns_of({}), freshness=None),
    "lifetime-one-customer": answer(columns_of(lasting(40))),
    "lifetime-nobody-left": answer(columns_of(lasting(still=50))),
    "lifetime-everybody-left": answer(columns_of(lasting(*[30, 45] * 20))),
    "lifetime-presence": answer(PRESENCE),
    "lifetime-presence-first-pull": answer(
        columns_of({1: [(SEEN_FROM, None)]}, known_from=SEEN_FROM, known_to=SEEN_FROM)
    ),
    "lifetime-segment-of-the-past": answer(
        columns_of(lasting(200, still=50)), segment=[("plan", NASTY)], known_at=FRIDAY
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


def test_the_median_is_told_in_days_and_months_with_its_interval() -> None:
    text = told(lasting(*[300] * 20, *[430] * 20, *[500] * 20))

    assert "Half of the customers have left after 430 days, about 14 months (interval: 430" in text
    assert "After 12 months 66.7 % are still customers, without a break (interval: 53" in text
    assert "60 stays of 60 customers, of which 60 have ended." in text


def test_a_length_of_days_is_no_month() -> None:
    assert "after 45 days (interval" in told(lasting(*[45] * 40))


def test_a_year_with_a_leap_day_that_was_not_renewed_did_not_last() -> None:
    """366 days are 12 months too."""
    assert "After 12 months 60.0 % are" in told(lasting(*[366] * 20, still=30))
    assert "After 12 months 100 % are" in told(lasting(*[367] * 20, still=30))


def test_a_median_that_is_not_reached_is_not_invented() -> None:
    text = told(lasting(*[300] * 10, still=50))

    assert "Half of the customers have not left yet: 83.3 % stay longer than 800 days" in text


def test_no_share_is_told_of_a_length_that_nobody_was_seen_for() -> None:
    text = told(lasting(*[30] * 10, still=50, seen=200))

    assert "How many stay for 12 months can't be told yet" in text


def test_what_is_told_of_a_young_company_is_of_lengths_that_enough_were_seen_for() -> None:
    """One has been there for 800 days, 40 for 100."""
    company = lasting(still=1)
    company |= {100 + n: [(TODAY - timedelta(days=100), None)] for n in range(40)}

    text = told(company)

    assert "100 % stay longer than 100 days" in text
    assert "of some of these lengths only 1 stay could be seen" in text


def test_few_stays_say_what_one_is_worth() -> None:
    assert "Small base of 3 stays: one is worth 33.3 points." in told(lasting(5, 6, still=1))
    assert "Small base" not in told(lasting(*range(100, 700, 5), still=40))


def test_everybody_left_is_not_few() -> None:
    assert "Small base" not in told(lasting(*[30, 45] * 20))


def test_who_comes_back_begins_another_stay() -> None:
    company = lasting(*[300] * 30)
    company[0].append((date(2026, 3, 1), None))

    assert "31 stays of 30 customers, of which 30 have ended. Who comes back" in told(company)


def test_stays_that_began_unseen_are_left_out_and_told() -> None:
    text = CASES["lifetime-presence"].text

    assert "45 stays of 45 customers, of which 1 has ended." in text
    assert "60 stays are left out" in text
