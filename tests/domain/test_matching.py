"""Customers of one source found again in another, and never guessed."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.columns import FOREVER, Columns, Dimension, Revenue
from bot.domain.matching import (
    PUBLIC_MAIL,
    By,
    Enriching,
    domain_of,
    enriched,
    fingerprint,
    keys_by_customer,
    keys_for,
    match,
)
from integrations.records import Present

ALWAYS = int(FOREVER)
BILLING = Enriching("billing", By.DOMAIN)


def array(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(values, dtype=np.int32)


def columns(*customers: int) -> Columns:
    everyone = array(*customers)
    return Columns(everyone, np.zeros_like(everyone), np.full_like(everyone, ALWAYS), source="crm")


def dimension(**labels: int) -> Dimension:
    """Of the customer with that number, from the first day on."""
    names = sorted(labels)
    order = sorted(names, key=lambda name: labels[name])
    return Dimension(
        tuple(names),
        array(*(labels[name] for name in order)),
        array(*(0 for _ in order)),
        array(*(names.index(name) for name in order)),
    )


def paid(**amounts: int) -> Revenue:
    """By `c7=50`: what customer 7 pays."""
    who = sorted((int(name[1:]), amount) for name, amount in amounts.items())
    return Revenue(
        customer=array(*(number for number, _ in who)),
        since=array(*(0 for _ in who)),
        until=array(*(ALWAYS for _ in who)),
        amount=np.array([amount for _, amount in who], dtype=np.int64),
        currency=array(*(0 for _ in who)),
        currencies=("EUR",),
    )


@pytest.mark.parametrize(
    ("told", "domain"),
    [
        ("acme.com", "acme.com"),
        (" ACME.com. ", "acme.com"),
        ("https://www.acme.com/about?x=1", "acme.com"),
        ("www.acme.co.uk:8080", "acme.co.uk"),
        ("lea@mail.acme.com", "mail.acme.com"),
        ("https://user:secret@acme.com/", "acme.com"),
        ("bücher.de", "xn--bcher-kva.de"),
        ("gmail.com", None),
        ("lea@googlemail.com", None),
        ("", None),
        ("acme", None),
        ("n/a", None),
        ("acme..com", None),
        ("-", None),
        ("x" * 300 + ".com", None),
    ],
)
def test_a_domain_is_read_as_people_write_it(told: str, domain: str | None) -> None:
    assert domain_of(told) == domain


@pytest.mark.parametrize("domain", sorted(PUBLIC_MAIL))
def test_where_anybody_can_have_an_address_says_nothing(domain: str) -> None:
    assert domain_of(domain) is None


def test_a_fingerprint_is_the_same_however_the_address_is_written() -> None:
    one = fingerprint(" Lea@Acme.com ")

    assert one == fingerprint("lea@acme.com") != fingerprint("lee@acme.com")
    assert one is not None
    assert "lea" not in one
    assert len(one) == 32


@pytest.mark.parametrize("told", ["", "lea", "@acme.com", "lea@acme", "lea b@acme.com"])
def test_what_is_no_address_has_no_fingerprint(told: str) -> None:
    assert fingerprint(told) is None


def test_only_what_is_looked_for_is_kept() -> None:
    records = [Present("a", "A", emails=["lea@acme.com", "x@gmail.com"], domains=["acme.nl"])]

    assert keys_by_customer(records, frozenset()) == {}
    assert keys_by_customer(records, {By.ID}) == {}
    assert keys_by_customer(records, {By.DOMAIN}) == {"a": ("domain:acme.nl",)}
    assert all(key.startswith("email:") for key in keys_by_customer(records, {By.EMAIL})["a"])


def test_addresses_stand_in_for_domains_where_there_are_none() -> None:
    records = [
        Present("a", "A", emails=["lea@acme.com"]),
        Present("a", "A", emails=["lea@acme.nl"]),
        Present("b", "B", emails=["b@gmail.com"]),
    ]

    assert keys_by_customer(records, {By.DOMAIN}) == {"a": ("domain:acme.com", "domain:acme.nl")}


def test_everybody_is_found_by_what_they_share() -> None:
    found = match({1: {"x"}, 2: {"y", "z"}, 3: set()}, {7: {"z"}, 8: {"x"}, 9: {"q"}}, told=False)

    assert found.pairs == {7: 2, 8: 1}
    assert found.unmatched == (9,)
    assert found.firsts_unmatched == (3,)
    assert found.ambiguous == ()


def test_who_could_be_two_is_neither() -> None:
    firsts = {1: {"domain:acme.com"}, 2: {"domain:acme.com", "domain:acme.nl"}}

    found = match(firsts, {7: {"domain:acme.com"}, 8: {"domain:acme.nl"}}, told=False)

    assert found.pairs == {8: 2}
    [doubt] = found.ambiguous
    assert (doubt.others, doubt.firsts, doubt.shared) == ((7,), (1, 2), ("acme.com",))
    assert found.firsts_unmatched == ()


@pytest.mark.parametrize("told", [True, False])
def test_two_records_are_one_customer_only_where_somebody_wrote_it_down(told: bool) -> None:
    found = match({1: {"x"}}, {7: {"x"}, 8: {"x"}}, told=told)

    assert found.pairs == ({7: 1, 8: 1} if told else {})
    assert [each.others for each in found.ambiguous] == ([] if told else [(7, 8)])


def test_addresses_are_never_shown() -> None:
    found = match({1: {"email:f1"}, 2: {"email:f1"}}, {7: {"email:f1"}}, told=False)

    assert [each.shared for each in found.ambiguous] == [()]


keys = st.dictionaries(st.integers(1, 6), st.frozensets(st.sampled_from("abcd")), max_size=6)


@given(keys, keys, st.booleans())
def test_everybody_is_in_exactly_one_list_and_pairs_share_a_key_that_nobody_else_has(
    firsts: dict[int, frozenset[str]], others: dict[int, frozenset[str]], told: bool
) -> None:
    found = match(firsts, others, told=told)

    doubtful = [number for each in found.ambiguous for number in each.others]
    assert sorted([*found.pairs, *doubtful, *found.unmatched]) == sorted(others)
    for other, first in found.pairs.items():
        holders = {one for one in firsts if firsts[one] & others[other]}
        assert holders == {first}
        if not told:
            assert [each for each in found.pairs if found.pairs[each] == first] == [other]
    for one in found.firsts_unmatched:
        assert not any(firsts[one] & others[each] for each in others)


@pytest.mark.parametrize(
    ("how", "first", "other"),
    [
        (Enriching("b", By.ID), {1: {"A"}, 2: {"B"}}, {7: {"A"}}),
        (Enriching("b", By.FIELD, "crm"), {1: {"A"}, 2: {"B"}}, {7: {"B"}}),
        (Enriching("b", By.FIRST, "stripe"), {1: {"cus"}, 2: set()}, {7: {"A"}}),
        (Enriching("b", By.DOMAIN), {1: {"domain:a"}, 2: set()}, {7: {"domain:b"}}),
        (Enriching("b", By.EMAIL), {1: {"email:a"}, 2: set()}, {7: set()}),
    ],
)
def test_each_way_to_match_compares_something_else(
    how: Enriching, first: dict[int, set[str]], other: dict[int, set[str]]
) -> None:
    def side(
        ids: dict[int, str], told: list[str], fields: dict[int, str], is_first: bool
    ) -> object:
        return keys_for(
            how, ids=ids, keys={min(ids): told}, fields=fields, into={}, is_first=is_first
        )

    assert side({1: "A", 2: "B"}, ["domain:a", "email:a"], {1: "cus"}, True) == first
    assert side({7: "A"}, ["domain:b"], {7: "B"}, False) == other


def test_a_merged_record_is_found_by_what_any_of_its_records_has() -> None:
    found = keys_for(
        BILLING,
        ids={1: "A", 2: "B"},
        keys={1: ["domain:a"], 2: ["domain:b"]},
        fields={},
        into={1: 2},
        is_first=True,
    )

    assert found == {2: {"domain:a", "domain:b"}}


def test_fields_and_revenue_come_over_and_stays_never_do() -> None:
    other = replace(
        columns(7, 8, 9), dimensions={"plan": dimension(pro=7, free=9)}, revenue=paid(c7=50, c8=9)
    )

    made = enriched(columns(1, 2), other, {7: 2, 8: 1}, BILLING)

    assert (made.customer.tolist(), len(made)) == ([1, 2], 2)
    assert made.dimensions["plan"].customer.tolist() == [2]
    assert made.dimensions["plan"].labels[made.dimensions["plan"].label[0]] == "pro"
    assert made.revenue is not None
    assert made.revenue.customer.tolist() == [1, 2]
    assert made.revenue.amount.tolist() == [9, 50]


@pytest.mark.parametrize(
    ("gives", "plan", "revenue"),
    [(None, "own", 1), (["plan"], "theirs", 1), (["revenue"], "own", 50), ([], "own", 1)],
)
def test_what_the_first_source_has_stays_unless_another_is_named_the_truth_for_it(
    gives: list[str] | None, plan: str, revenue: int
) -> None:
    first = replace(columns(1), dimensions={"plan": dimension(own=1)}, revenue=paid(c1=1))
    other = replace(columns(7), dimensions={"plan": dimension(theirs=7)}, revenue=paid(c7=50))
    how = replace(BILLING, gives=None if gives is None else frozenset(gives))

    made = enriched(first, other, {7: 1}, how)

    assert made.dimensions["plan"].labels == (plan,)
    assert made.revenue is not None
    assert made.revenue.amount.tolist() == [revenue]


def test_of_several_records_what_is_paid_adds_up_and_fields_are_not_taken() -> None:
    other = replace(
        columns(7, 8, 9),
        dimensions={"plan": dimension(free=7, pro=8, gold=9)},
        revenue=paid(c7=50, c8=9),
    )

    made = enriched(columns(1, 2), other, {7: 1, 8: 1, 9: 2}, Enriching("b", By.ID))

    assert made.revenue is not None
    assert made.revenue.customer.tolist() == [1, 1]
    assert made.dimensions["plan"].customer.tolist() == [2]


def test_the_field_that_matches_is_no_dimension() -> None:
    other = replace(columns(7), dimensions={"crm": dimension(A=7), "plan": dimension(pro=7)})

    made = enriched(columns(1), other, {7: 1}, Enriching("b", By.FIELD, "crm"))

    assert set(made.dimensions) == {"plan"}


def test_of_nobody_nothing_is_known() -> None:
    nobody = columns()

    assert enriched(nobody, columns(7), {7: 1}, BILLING) is nobody
    assert len(enriched(columns(1), nobody, {}, BILLING)) == 1
