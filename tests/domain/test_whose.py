"""Which customer somebody is who wrote to a helpdesk."""

import pytest

from bot.domain.matching import By, Enriching, fingerprint, nameless
from bot.domain.whose import Account, Whose, account_keys, by_id_or_name, held_alone

DESK = Account("desk", "9", "Acme", nameless("ann@acme.com"))


def whose(by: By | None, holders: dict[str, int], **also: object) -> Whose:
    how = None if by is None else Enriching("desk", by)
    return Whose({"desk": how}, {"desk": holders}, **also)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("by", "key"),
    [
        (By.ID, "9"),
        (By.FIRST, "9"),
        (By.DOMAIN, "domain:acme.com"),
        (By.EMAIL, f"email:{fingerprint('Ann@Acme.com')}"),
        (None, "id:9"),
        (None, "name:acme"),
    ],
)
def test_an_account_is_found_by_what_matches_says_alone(by: By | None, key: str) -> None:
    assert whose(by, {key: 3, "domain:hooli.com": 4}).customer(DESK) == 3
    assert whose(by, {f"{key}x": 3}).customer(DESK) is None


def test_without_a_word_of_how_the_id_counts_before_the_name() -> None:
    assert whose(None, {"id:9": 3, "name:acme": 4}).customer(DESK) == 3
    assert whose(None, {"name:acme": 4}).customer(DESK._replace(name=" ACME ")) == 4


@pytest.mark.parametrize("email", ["", "ann@gmail.com", "acme.com", "@", "ann b@acme.com"])
def test_nobody_is_found_by_an_address_that_anybody_can_have(email: str) -> None:
    told = whose(By.DOMAIN, {"domain:gmail.com": 1, "domain:acme.com": 2})

    assert told.customer(DESK._replace(email=nameless(email))) is None


@pytest.mark.parametrize("by", [None, *By])
def test_who_tells_nothing_of_themselves_is_nobody(by: By | None) -> None:
    told = whose(by, {"": 1, "id:": 1, "name:": 1, "domain:": 1, "email:": 1})
    assert account_keys(Account("desk"), told.hows["desk"]) == []

    assert told.customer(Account("desk")) is None


def test_what_the_helpdesk_itself_matched_counts_first() -> None:
    told = whose(By.FIELD, {}, records={"desk": {"9": 7}})

    assert told.customer(DESK) == 7
    assert told.customer(DESK._replace(id="8")) is None


def test_a_helpdesk_that_is_not_configured_any_more_is_matched_by_id_or_name() -> None:
    told = Whose({}, {"": {"id:9": 3}})

    assert told.customer(DESK) == 3
    assert Whose().customer(DESK) is None


def test_a_key_that_two_have_finds_nobody() -> None:
    assert held_alone({1: {"a", "b"}, 2: {"b"}, 3: {"b", "c"}}) == {"a": 1, "c": 3}


def test_a_merged_record_is_found_by_its_id_and_its_customer_by_its_own_name() -> None:
    found = by_id_or_name({1: "a", 2: "b"}, {1: "Acme", 2: "Acme Ltd"}, {2: 1})

    assert found == {1: {"id:a", "id:b", "name:acme"}}


def test_who_a_customer_is_now() -> None:
    told = Whose(into={2: 1})

    assert [told.now(number) for number in (2, 1, None)] == [1, 1, None]


@pytest.mark.parametrize("email", ["Ann@Acme.com", " ann@acme.COM "])
def test_of_an_address_nobody_reads_who_it_is(email: str) -> None:
    kept = nameless(email)

    assert kept == f"{fingerprint('ann@acme.com')}@acme.com"
    assert "ann" not in kept.partition("@")[0]
