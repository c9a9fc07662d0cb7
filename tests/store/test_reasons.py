"""Why customers left: the last word on each loss, and of which loss it is."""

from datetime import date, timedelta

import pytest

from bot.domain.reasons import LossReason
from bot.store.database import Database
from bot.store.reasons import Reasons
from tests.store.examples import NOON, later

LEFT = date(2026, 10, 12)
OCTOBER = {"since": date(2026, 10, 1), "until": date(2026, 11, 1)}
PRICE = LossReason(7, LEFT, "price", "too dear for us", "U0LEAD")


@pytest.fixture
def reasons(database: Database) -> Reasons:
    return Reasons(database)


async def test_of_whom_nobody_said_anything_nothing_is_known(reasons: Reasons) -> None:
    assert await reasons.of([7], **OCTOBER) == {}
    assert await reasons.of([], **OCTOBER) == {}


async def test_what_was_said_comes_back_with_its_words_and_who_said_it(reasons: Reasons) -> None:
    await reasons.put([PRICE], incident=1, now=NOON)

    assert await reasons.of([6, 7, 8], **OCTOBER) == {7: PRICE}


async def test_the_last_who_says_it_is_believed(reasons: Reasons) -> None:
    await reasons.put([PRICE], incident=1, now=NOON)
    product = LossReason(7, LEFT, "product", "", "U0OWNER")
    await reasons.put([product], incident=2, now=later(hours=1))

    assert await reasons.of([7], **OCTOBER) == {7: product}


async def test_a_customer_who_left_twice_has_a_reason_of_each_loss(reasons: Reasons) -> None:
    again = LossReason(7, date(2026, 12, 5), "competitor")
    await reasons.put([PRICE, again], incident=1, now=NOON)

    assert await reasons.of([7], **OCTOBER) == {7: PRICE}
    december = await reasons.of([7], since=date(2026, 12, 1), until=date(2027, 1, 1))
    assert december == {7: again}
    both = await reasons.of([7], since=date(2026, 10, 1), until=date(2027, 1, 1))
    assert both == {7: again}


async def test_the_first_day_is_of_the_time_and_the_day_after_it_is_not(reasons: Reasons) -> None:
    await reasons.put([PRICE], incident=1, now=NOON)
    day = timedelta(days=1)

    assert await reasons.of([7], since=LEFT, until=LEFT + day) == {7: PRICE}
    assert await reasons.of([7], since=LEFT - day, until=LEFT) == {}
    assert await reasons.of([7], since=LEFT + day, until=LEFT + 2 * day) == {}


async def test_all_of_a_form_are_kept_or_none(reasons: Reasons) -> None:
    broken = LossReason(8, LEFT, None)  # type: ignore[arg-type]  # what no form sends
    with pytest.raises(TypeError):
        await reasons.put([PRICE, broken], incident=1, now=NOON)

    assert await reasons.of([7, 8], **OCTOBER) == {}


async def test_a_thousand_customers_are_asked_for_at_once(reasons: Reasons) -> None:
    said = [LossReason(n, LEFT, "price") for n in range(0, 1200, 3)]
    await reasons.put(said, incident=1, now=NOON)

    assert await reasons.of(range(1200), **OCTOBER) == {each.customer: each for each in said}


async def test_what_a_database_cannot_hold_is_left_out_of_the_words(reasons: Reasons) -> None:
    await reasons.put([LossReason(7, LEFT, "other", "a\0b")], incident=1, now=NOON)

    assert "\0" not in (await reasons.of([7], **OCTOBER))[7].words
