"""What every source's section of config.yaml may hold."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

import integrations
from integrations.base import Address, Fields, Settings, Token, monthly, same_price, term_end, unit
from integrations.errors import UnexpectedResponse
from integrations.http import Http
from tests.architecture.test_layout import ROOT

address: TypeAdapter[str] = TypeAdapter(Address)
token: TypeAdapter[Token] = TypeAdapter(Token)
fields: TypeAdapter[dict[str, str]] = TypeAdapter(Fields)


def test_every_module_is_an_integration_or_shared_by_them() -> None:
    shared = {
        "__init__",
        "base",
        "billing",
        "crm",
        "errors",
        "helpdesk",
        "http",
        "paging",
        "parameters",
        "paths",
        "records",
        "refusals",
        "rows",
        "shop",
    }
    modules = {path.stem for path in (ROOT / "integrations").glob("*.py")}

    assert set(integrations.available()) == modules - shared
    assert {"csv", "hubspot", "sql", "stripe"} <= set(integrations.available())


def test_a_kind_offers_the_readings_that_its_module_defines() -> None:
    assert integrations.offers("stripe") == ("customers", "changes")


NEITHER = "from integrations.base import Settings\n"
SETTINGS = '"""A helpdesk."""\nfrom integrations import base\nclass Settings(base.Settings): ...\n'
READING = "async def {}(settings, http, since):\n    raise RuntimeError\n    yield\n"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Makes a module of one's own and gives its kind."""
    monkeypatch.setattr(integrations, "__path__", [*integrations.__path__, str(tmp_path)])

    def write(text: str) -> str:
        (tmp_path / "acme.py").write_text(text)
        return "acme"

    yield write
    sys.modules.pop("integrations.acme", None)


@pytest.mark.parametrize("text", ["", NEITHER, SETTINGS, READING.format("tickets")])
def test_a_module_without_settings_or_without_a_reading_is_none(
    text: str, module: Callable[..., str]
) -> None:
    with pytest.raises(TypeError, match=r"acme\.py must define Settings.* customers, counts"):
        integrations.load(module(text))


def test_all_that_a_module_offers_is_read_but_counts(module: Callable[..., str]) -> None:
    readings = ("counts", "tickets", "ratings", "changes")
    kind = module(SETTINGS + "".join(READING.format(name) for name in readings))
    settings = integrations.load(kind).Settings

    assert kind in integrations.available()
    assert integrations.offers(kind) == ("counts", "tickets", "ratings", "changes")
    assert settings(kind=kind).readings() == ("tickets", "ratings")
    assert settings(kind=kind, reads=("counts",)).readings() == ("counts",)
    with pytest.raises(ValidationError, match="no customers here, but counts and tickets and rat"):
        settings(kind=kind, reads=("tickets", "customers"))
    for wrong in ((), ("changes",), ("everything",)):
        with pytest.raises(ValidationError):
            settings(kind=kind, reads=wrong)


def test_counts_are_read_where_there_is_nothing_else(module: Callable[..., str]) -> None:
    kind = module(SETTINGS + READING.format("counts"))

    assert integrations.load(kind).Settings(kind=kind).readings() == ("counts",)


def test_a_module_may_say_what_is_read_at_first(module: Callable[..., str]) -> None:
    text = SETTINGS.replace("...", '\n    reads_default = ("customers",)')
    kind = module(text + READING.format("customers") + READING.format("tickets"))
    settings = integrations.load(kind).Settings

    assert settings(kind=kind).readings() == ("customers",)
    assert settings(kind=kind, reads=("tickets",)).readings() == ("tickets",)


@pytest.mark.parametrize("reading", ["changes", "tickets", "ratings"])
async def test_what_goes_wrong_in_any_reading_begins_with_the_sources_name(
    reading: str, module: Callable[..., str]
) -> None:
    fails = READING.format(reading).replace("RuntimeError", 'KeyError("Acme")')
    kind = module(SETTINGS + fails + READING.format("customers"))
    settings = integrations.load(kind).Settings(kind=kind, name="desk")
    async with httpx.AsyncClient() as client:
        out = Http(client, requests_per_second=1)
        with pytest.raises(UnexpectedResponse, match=r"^desk: .*KeyError") as caught:
            await anext(getattr(integrations, reading)(settings, out, datetime.now(UTC)))

    assert "Acme" not in str(caught.value)


def test_a_source_is_called_by_its_kind_until_it_has_a_name() -> None:
    assert Settings(kind="stripe").name == "stripe"
    assert Settings(kind="stripe", name="").name == "stripe"
    assert Settings(kind="stripe", name="billing").name == "billing"


def test_the_pace_is_the_vendors_until_another_is_set() -> None:
    assert Settings(kind="x").pace() == Settings.requests_per_second_default
    assert Settings(kind="x", requests_per_second=0.5).pace() == 0.5
    for wrong in (0, -1, 100_000):
        with pytest.raises(ValidationError):
            Settings(kind="x", requests_per_second=wrong)


@pytest.mark.parametrize(
    "good",
    [
        "https://api.example.com",
        "https://api.example.com:8443/base/",
        "http://127.0.0.1:8420",
        "http://localhost:8420",
        "http://localstripe:8420",
    ],
)
def test_an_address_loses_nothing_but_its_last_slash(good: str) -> None:
    assert address.validate_python(good) == good.rstrip("/")


@pytest.mark.parametrize(
    ("bad", "because"),
    [
        ("api.example.com", "not an address"),
        ("ftp://api.example.com", "not an address"),
        ("https://", "not an address"),
        ("https://api.example.com:99999999", "not an address"),
        ("http://api.example.com", "https://"),
        ("https://me:secret@api.example.com", "alone"),
        ("https://api.example.com?key=secret", "alone"),
        ("https://api.example.com/#x", "alone"),
    ],
)
def test_an_address_that_would_leak_or_fail_is_refused(bad: str, because: str) -> None:
    with pytest.raises(ValidationError, match=because):
        address.validate_python(bad)


def test_a_token_may_have_blanks_around_it_but_not_inside() -> None:
    assert token.validate_python(" sk_1\n").get_secret_value() == "sk_1"
    for broken in ("", "  ", "sk 1", "sk\n1", "sk_é", "sk\x001"):
        with pytest.raises(ValidationError):
            token.validate_python(broken)


def test_a_broken_token_is_not_repeated_in_the_error() -> None:
    with pytest.raises(ValidationError) as caught:
        integrations.load("stripe").Settings.model_validate(
            {"kind": "stripe", "token": "sk_live hushhush"}
        )

    assert "hushhush" not in str(caught.value)


def test_a_list_of_fields_is_short_for_fields_of_the_same_names() -> None:
    assert fields.validate_python(["plan"]) == {"plan": "plan"}
    assert fields.validate_python({"plan": "Plan__c"}) == {"plan": "Plan__c"}
    with pytest.raises(ValidationError):
        fields.validate_python("plan")


@pytest.mark.parametrize(
    ("currency", "units"), [("USD", 100), ("eur", 100), ("JPY", 1), ("KWD", 1000), ("ISK", 1)]
)
def test_how_many_of_the_smallest_unit_make_one(currency: str, units: int) -> None:
    assert unit(currency) == units


@pytest.mark.parametrize(
    ("interval", "count", "a_month"),
    [("month", 1, "12"), ("month", 3, "4"), ("year", 1, "1"), ("week", 2, "26"), ("day", 30, None)],
)
def test_a_months_worth_of_an_interval(interval: str, count: int, a_month: str | None) -> None:
    worth = monthly(Decimal(12), interval, count)

    assert worth == (Decimal(365) / 30 if a_month is None else Decimal(a_month))


@pytest.mark.parametrize(
    ("begins", "ends", "is_one"),
    [("01-01", "02-01", False), ("01-31", "03-01", False), ("01-01", "03-01", True)],
)
def test_a_term_is_longer_than_a_month(begins: str, ends: str, is_one: bool) -> None:
    first, last = (datetime.fromisoformat(f"2026-{day}T00:00:00Z") for day in (begins, ends))

    assert term_end(first, last) == ([last] if is_one else [])
    assert term_end(None, last) == term_end(first, None) == []


@pytest.mark.parametrize(("interval", "count"), [("decade", 1), ("month", 0)])
def test_an_interval_that_cannot_be_is_not_guessed_at(interval: str, count: int) -> None:
    with pytest.raises(UnexpectedResponse, match="an interval that we do not know"):
        monthly(Decimal(1), interval, count)


@given(
    since=st.integers(0, 9),
    lasts=st.none() | st.integers(1, 9),
    changes=st.lists(st.none() | st.integers(-2, 20)),
    paid=st.lists(st.sampled_from([None, Decimal(0), Decimal(5)]), min_size=40, max_size=40),
)
def test_a_time_is_cut_where_the_price_changes_and_nowhere_else(
    since: int, lasts: int | None, changes: list[int | None], paid: list[Decimal | None]
) -> None:
    until = None if lasts is None else since + lasts

    pieces = list(same_price(since, until, changes, lambda at: paid[at]))

    assert (pieces[0][0], pieces[-1][1]) == (since, until)
    for one, other in pairwise(pieces):
        assert one[1] == other[0]
        assert one[2] != other[2]
    for begins, ends, price in pieces:
        assert ends is None or begins < ends
        inside = [at for at in changes if at is not None and begins <= at]
        for at in [begins, *(at for at in inside if at < (until or 99) and at < (ends or 99))]:
            assert paid[at] == price


class Billing(Settings):
    trials: bool = False
    free: bool = False
    statuses: tuple[str, ...] = ("active", "paused")
    property: str = "stage"
    unrelated: int = 1


def test_a_section_has_its_own_word_or_that_of_the_definition() -> None:
    said, unsaid = Billing(kind="x", trials=False), Billing(kind="x")
    defined = {"trials": True, "free": True, "unknown": 1}

    assert (said.completed(defined).trials, said.completed(defined).free) == (False, True)
    assert unsaid.completed(defined).trials
    assert unsaid.completed({}) == unsaid
    assert Settings(kind="x").completed(defined) == Settings(kind="x")


def test_what_a_section_says_of_who_is_a_customer_is_told_in_words() -> None:
    long = "SELECT " + "x" * 60

    assert Billing(kind="x", unrelated=2, name="y").counting() == ()
    assert Billing(kind="x", property="stage").counting() == ()
    assert Billing(kind="x", property="status", statuses=("active",), trials=True).counting() == (
        ("property", "status"),
        ("trials", "yes"),
        ("statuses", "active"),
    )
    assert Billing(kind="x", free=False).counting() == (("free", "no"),), "whatever is defined"
    [(_, mark)] = Billing(kind="x", property=long).counting()
    assert len(mark) == 8
    assert [(_, mark)] != list(Billing(kind="x", property=f"{long}y").counting())


def test_what_the_definition_says_is_not_the_sections_own_word() -> None:
    assert Billing(kind="x").counting() == ()
    assert "free" not in dict(Billing(kind="x", trials=True).counting())
