"""What every source's section of config.yaml may hold."""

import pytest
from pydantic import TypeAdapter, ValidationError

import integrations
from integrations.base import Address, Fields, Settings, Token
from tests.architecture.test_layout import ROOT

address: TypeAdapter[str] = TypeAdapter(Address)
token: TypeAdapter[Token] = TypeAdapter(Token)
fields: TypeAdapter[dict[str, str]] = TypeAdapter(Fields)


def test_every_module_is_an_integration_or_shared_by_them() -> None:
    shared = {"__init__", "base", "errors", "http", "records", "rows"}
    modules = {path.stem for path in (ROOT / "integrations").glob("*.py")}

    assert set(integrations.available()) == modules - shared
    assert {"csv", "hubspot", "sql", "stripe"} <= set(integrations.available())


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
