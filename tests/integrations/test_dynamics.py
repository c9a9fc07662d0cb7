"""Dynamics 365: what makes an account a customer, whatever it says of counts; and cases."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from integrations import dynamics
from integrations.errors import CredentialsRejected, UnexpectedResponse
from integrations.records import Present, Purchase
from tests.integrations.recordings import read, records
from tests.integrations.vendor import says, vendor

TOKEN = says({"access_token": "eyJ", "expires_in": 3599})
NONE = says({"value": []})


def guid(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-00155d000001"


def settings(url: str = "https://acme.crm4.dynamics.com", **section: Any) -> dynamics.Settings:
    keys = {"tenant": "acme", "client_id": "1", "client_secret": "hush", "login": url}
    return dynamics.Settings.model_validate({"kind": "dynamics", "url": url, **keys, **section})


def account(number: int, **told: Any) -> dict[str, Any]:
    row = {"name": f"Account {number}", "websiteurl": None, "emailaddress1": None}
    return {
        "accountid": guid(number),
        "_parentaccountid_value": None,
        "statecode": 0,
        **row,
        **told,
    }


def won(number: int, account: int, on: str | None) -> dict[str, Any]:
    row = {"_parentaccountid_value": guid(account), "_customerid_value": None}
    return {"opportunityid": guid(number), "actualclosedate": on, **row}


async def test_active_accounts_of_a_customers_type_are_customers_now() -> None:
    rows = [account(1, new_since="2024-02-29"), account(2, name=None, new_since=None)]
    # A count that ends at 5,000 beside a page is nobody's count.
    page = says({"value": rows, "@odata.count": 5000})
    async with vendor(TOKEN, NONE, page) as served:
        source = settings(served.url, since="new_since", values=["3", "O'Hara"])
        got = await records(source)

    assert [(r.name, r.since) for r in got if isinstance(r, Present)] == [
        ("Account 1", date(2024, 2, 29)),
        (guid(2), None),
    ]
    asked = served.asked[-1].request.query
    assert served.asked[0].question["scope"] == f"{served.url}/.default"
    assert asked["$filter"] == (
        "statecode eq 0 and (customertypecode eq 3 or customertypecode eq 'O''Hara')"
    )
    assert "$count" not in asked


async def test_without_a_day_they_left_active_accounts_with_a_won_deal_are_customers_now() -> None:
    deals = says({"value": [won(7, 1, "2024-02-29"), won(8, 1, "2023-01-01"), won(9, 2, None)]})
    accounts = says({"value": [account(1), account(2)]})
    async with vendor(TOKEN, deals, NONE, accounts) as served:
        got = await records(settings(served.url, evidence="won"))

    assert [(r.customer, r.since) for r in got if isinstance(r, Present)] == [
        (guid(1), date(2023, 1, 1))
    ]
    assert served.asked[-1].request.query["$filter"] == "statecode eq 0"


async def test_each_won_deal_may_be_a_purchase_of_inactive_accounts_too() -> None:
    deals = says({"value": [won(7, 1, "2024-02-29"), won(8, 1, "2023-01-01")]})
    accounts = says({"value": [account(1, statecode=1)]})
    async with vendor(TOKEN, deals, NONE, accounts) as served:
        got = await records(settings(served.url, evidence="purchases"))

    assert [r.on for r in got if isinstance(r, Purchase)] == [date(2023, 1, 1), date(2024, 2, 29)]
    assert "$filter" not in served.asked[-1].request.query


async def test_a_next_page_on_another_host_is_refused() -> None:
    page = {"value": [account(1)], "@odata.nextLink": "https://evil.example/api/data/v9.2/accounts"}
    async with vendor(TOKEN, NONE, says(page)) as served:
        with pytest.raises(UnexpectedResponse, match="another host"):
            await records(settings(served.url))


async def test_a_user_without_the_role_says_what_to_do() -> None:
    said = {"error": {"code": "0x80040220", "message": "Principal user is missing prvReadAccount"}}
    async with vendor(TOKEN, says(said, 403)) as served:
        with pytest.raises(CredentialsRejected, match="security role"):
            await records(settings(served.url))


def case(**told: Any) -> dict[str, Any]:
    [page] = [e for e in read("dynamics")["tickets"]["exchanges"] if "$orderby" in e["with"]]
    return {**page["answer"]["value"][0], **told}


def test_a_case_that_was_resolved_without_a_resolution_was_so_when_it_last_changed() -> None:
    ticket = dynamics.to_ticket(case(Incident_IncidentResolutions=[]))

    assert ticket.solved == ticket.changed == datetime(2026, 1, 6, 10, 0, 5, tzinfo=UTC)
    assert ticket.times_solved is None


@pytest.mark.parametrize("state", [0, 2])
def test_a_case_that_is_open_again_or_canceled_is_not_solved(state: int) -> None:
    ticket = dynamics.to_ticket(case(statecode=state))

    assert (ticket.solved, ticket.times_solved) == (None, 2)


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"fields": ["name eq 'x'"]}, "logical names"),
        ({"property": "a,b"}, "logical names"),
        ({"since": "x", "evidence": "won"}, "since is for evidence: today"),
        ({"until": "x"}, "until is for evidence: won"),
        ({"amount": "x", "currency": "EUR", "evidence": "purchases"}, "amount is not for"),
        ({"tenant": "../x"}, "pattern"),
    ],
)
def test_a_setting_that_cannot_be_asked_for_is_refused(section: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        settings(**section)
