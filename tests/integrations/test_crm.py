"""What the CRMs have in common: deals, histories, days, amounts and sites of companies."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations import crm
from integrations.errors import BadRecord, UnexpectedResponse
from integrations.records import DatedStay, Moment, Present, Purchase

ACME = crm.Company(id="1", name="Acme", place="company 1", monthly=Decimal(10), currency="EUR")


def stays(
    won: list[Moment], left: date | None, *, company: crm.Company = ACME
) -> list[tuple[Moment, Moment | None]]:
    found = crm.from_deals(company, won, "won", ends=True, left=left)
    return [(r.since, r.until) for r in found if isinstance(r, DatedStay)]


def test_the_first_won_deal_makes_a_customer_until_the_day_they_left() -> None:
    won: list[Moment] = [date(2024, 5, 1), date(2023, 2, 28), date(2024, 2, 29)]

    assert stays(won, None) == [(date(2023, 2, 28), None)]
    assert stays(won, date(2024, 6, 1)) == [(date(2023, 2, 28), date(2024, 6, 1))]
    assert stays([], date(2024, 6, 1)) == stays([], None) == []


@pytest.mark.parametrize("again", [date(2024, 6, 1), date(2025, 1, 1)])
def test_who_wins_on_the_day_they_left_or_later_is_won_back(again: date) -> None:
    assert stays([again, date(2023, 1, 1)], date(2024, 6, 1)) == [
        (date(2023, 1, 1), date(2024, 6, 1)),
        (again, None),
    ]
    assert stays([again], date(2024, 6, 1)) == [(again, None)]


def test_days_and_moments_are_compared_by_their_days() -> None:
    noon = datetime(2024, 6, 1, 12, tzinfo=UTC)

    assert stays([noon, date(2024, 6, 1)], None) == [(date(2024, 6, 1), None)]
    assert stays([noon - timedelta(days=1)], date(2024, 6, 1))[0][1] == date(2024, 6, 1)


def test_without_a_day_they_left_deals_tell_who_is_a_customer_now() -> None:
    won = [date(2024, 5, 1), date(2023, 2, 28)]
    found = list(crm.from_deals(ACME, won, "won", ends=False, left=None))

    assert found == [Present("1", "Acme", date(2023, 2, 28), {}, "company 1", Decimal(10), "EUR")]


def test_each_won_deal_may_be_a_purchase() -> None:
    won = [date(2024, 5, 1), date(2023, 2, 28)]
    found = list(crm.from_deals(ACME, won, "purchases", ends=False, left=None))

    assert found == [
        Purchase("1", "Acme", date(2023, 2, 28), {}, "company 1"),
        Purchase("1", "Acme", date(2024, 5, 1), {}, "company 1"),
    ]


def test_what_is_paid_now_is_not_told_of_a_stay_that_is_over() -> None:
    over, running = crm.from_deals(
        ACME, [date(2023, 1, 1), date(2025, 1, 1)], "won", ends=True, left=date(2024, 1, 1)
    )

    assert isinstance(over, DatedStay)
    assert isinstance(running, DatedStay)
    assert (over.monthly, over.currency, over.as_of_now) == (None, "", False)
    assert (running.monthly, running.currency, running.as_of_now) == (Decimal(10), "EUR", True)


def held(*changes: tuple[int, str]) -> list[tuple[int, int | None]]:
    """The stays that changes on days of January make, by their days."""
    told = [(date(2024, 1, day), value) for day, value in changes]
    return [
        (r.since.day, r.until.day if r.until else None)
        for r in crm.from_history(ACME, told, ["customer", "evangelist"])
    ]


def test_a_history_tells_when_the_field_held_a_counted_value() -> None:
    assert held() == held((1, "lead")) == []
    assert held((1, "customer")) == [(1, None)]
    assert held((1, "lead"), (5, "customer"), (9, "lost"), (12, "customer")) == [(5, 9), (12, None)]


def test_going_from_one_counted_value_to_another_is_no_end() -> None:
    assert held((2, "customer"), (5, "evangelist"), (9, "")) == [(2, 9)]


def test_of_two_values_at_one_moment_the_later_one_holds() -> None:
    assert held((2, "customer"), (2, "lead")) == []
    assert held((2, "lead"), (2, "customer")) == [(2, None)]
    assert held((1, "customer"), (2, "lead"), (2, "customer")) == [(1, 2), (2, None)]


@given(st.lists(st.tuples(st.integers(1, 28), st.sampled_from(["customer", "lead"]))))
def test_stays_of_a_history_never_touch_backwards(changes: list[tuple[int, str]]) -> None:
    found = held(*sorted(changes, key=lambda change: change[0]))

    ends = [day for stay in found for day in stay if day is not None]
    assert ends == sorted(ends)
    assert all(until is None or since < until for since, until in found)


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("2024-02-29", date(2024, 2, 29)),
        ("2024-02-29T10:00:00.000+0000", datetime(2024, 2, 29, 10, tzinfo=UTC)),
        ("2024-02-29T10:00:00Z", datetime(2024, 2, 29, 10, tzinfo=UTC)),
        (
            "2024-02-29T23:30:00+05:30",
            datetime(2024, 2, 29, 23, 30, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        ),
        ("1709200800000", datetime(2024, 2, 29, 10, tzinfo=UTC)),
    ],
)
def test_reads_a_day_in_each_of_their_ways(told: str, read: Moment) -> None:
    moment = crm.moment(told, "company 1", "the field named in since:")

    assert moment == read
    assert moment.isoformat() == read.isoformat(), "its zone is kept"
    assert crm.optional(told, "company 1", "since") == read


def test_an_empty_day_is_none() -> None:
    assert (
        crm.optional("", "company 1", "since") is crm.optional(None, "company 1", "since") is None
    )


@pytest.mark.parametrize("told", ["soon", "2023-02-29", "2024-02-29T10:00:00", "9" * 30, "12", ""])
def test_what_is_no_day_is_named_by_its_place_and_not_shown(told: str) -> None:
    with pytest.raises(BadRecord, match=r"^company 1: CloseDate does not hold a date") as caught:
        crm.moment(told, "company 1", "CloseDate")

    assert not told or told not in str(caught.value)


def settings(**section: Any) -> crm.CompanySettings:
    return crm.CompanySettings.model_validate({"kind": "x", **section})


@pytest.mark.parametrize(
    ("told", "every", "month"),
    [
        ("1200.50", "month", Decimal("1200.50")),
        (1200, "year", Decimal(100)),
        (12.5, "month", Decimal("12.5")),
        (0, "month", Decimal(0)),
        (None, "month", None),
        ("", "year", None),
    ],
)
def test_reads_what_is_paid_a_month(told: Any, every: str, month: Decimal | None) -> None:
    own = settings(amount="mrr", currency="EUR", every=every)

    assert crm.monthly(told, own, "company 1") == month


@pytest.mark.parametrize("told", ["a lot", "1,200", "-1", "NaN", "Infinity", True])
def test_what_is_no_amount_is_named_by_its_place_and_not_shown(told: Any) -> None:
    with pytest.raises(BadRecord, match=r"^company 1: .*amount:.*mend it there") as caught:
        crm.monthly(told, settings(amount="mrr", currency="EUR"), "company 1")

    assert str(told) not in str(caught.value)


def test_an_amount_without_a_currency_is_refused() -> None:
    for section in ({"amount": "mrr"}, {"currency": "EUR"}):
        with pytest.raises(ValueError, match="amount and currency go together"):
            settings(**section)


@pytest.mark.parametrize(
    ("site", "found"),
    [
        ("acme.com", ("acme.com",)),
        ("https://www.Acme.com/about?x=1", ("acme.com",)),
        ("http://shop.acme.co.uk:8080", ("shop.acme.co.uk",)),
        (" WWW.acme.com. ", ("acme.com",)),
        ("https://müller.de#top", ("müller.de",)),
        ("n/a", ()),
        ("ask Acme", ()),
        ("localhost", ()),
        ("10.0.0.1", ()),
        ("", ()),
        (None, ()),
    ],
)
def test_finds_the_domain_of_a_site(site: str | None, found: tuple[str, ...]) -> None:
    assert crm.domains(site) == crm.domains(site, site) == found


def test_leaves_out_what_figures_cannot_be_split_by() -> None:
    told = {"Industry": "Media", "Rating": None, "Region": "", "Seats": 0}
    fields = {"industry": "Industry", "rating": "Rating", "region": "Region", "seats": "Seats"}

    assert crm.split({**fields, "plan": "Plan"}, told) == {"industry": "Media", "seats": "0"}


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (4, [2, 2]), (5, [2, 2, 1])])
def test_asks_for_some_ids_at_a_time(count: int, sizes: list[int]) -> None:
    ids = [str(n) for n in range(count)]
    parts = list(crm.some(ids, 2))

    assert [len(part) for part in parts] == sizes
    assert [id for part in parts for id in part] == ids


@given(st.dictionaries(st.sampled_from("abcdefg"), st.sampled_from("abcdefg")))
def test_ids_that_merge_in_a_circle_are_followed_to_an_end(into: dict[str, str]) -> None:
    found = crm.absorbed(into)

    assert sorted(id for ids in found.values() for id in ids) == sorted(into)


def test_who_was_merged_twice_is_found_in_the_last_one() -> None:
    assert crm.absorbed({"a": "b", "b": "c", "x": "c"}) == {"c": ["a", "b", "x"]}


def test_a_row_that_lacks_what_was_asked_for_is_refused() -> None:
    crm.whole([{"id": "5f1a-0c", "name": None}], ["id", "name"], "https://x.example")
    with pytest.raises(UnexpectedResponse, match=r"^https://x\.example gave a row without tier"):
        crm.whole([{"id": "1", "name": "Acme"}], ["id", "name", "tier"], "https://x.example")


@pytest.mark.parametrize("id", ["Acme Ltd", "", "1" * 65])
def test_an_id_that_may_be_a_name_is_refused_without_being_shown(id: str) -> None:
    with pytest.raises(UnexpectedResponse, match="gave an id that is none") as caught:
        crm.whole([{"id": id}], ["id"], "https://x.example")
    assert "Acme" not in str(caught.value)
