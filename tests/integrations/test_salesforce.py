"""Salesforce: what makes an account a customer, changes, cases, and queries in bulk."""

import csv
import io
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
import stamina
from aiohttp import web

from integrations import salesforce
from integrations.errors import (
    CredentialsRejected,
    IntegrationError,
    SourceUnavailable,
    UnexpectedResponse,
)
from integrations.http import Http
from integrations.records import DatedStay, Page, Present, Purchase, Record, Ticket
from tests.integrations.recordings import pages, records
from tests.integrations.vendor import Answer, Asked, says, vendor

DATA = f"/services/data/{salesforce.VERSION}"
SINCE = datetime(2026, 3, 1, 12, tzinfo=UTC)


def settings(url: str = "https://acme.my.salesforce.com", **section: Any) -> salesforce.Settings:
    keys = {"client_id": "3MVG9", "client_secret": "hushhush"}
    return salesforce.Settings.model_validate({"kind": "salesforce", "url": url, **keys, **section})


def organization(tables: Mapping[str, list[dict[str, Any]]], *, page: int = 2) -> Answer:
    """Answers queries as the REST and Bulk 2.0 guides describe it, with small pages. Of conditions
    it knows lists of ids and deleted rows; a table holds what else would match."""
    results: dict[str, list[dict[str, Any]]] = {}

    async def answer(asked: Asked) -> web.StreamResponse:
        path = asked.request.path
        if path == "/services/oauth2/token":
            return await says({"access_token": "00D", "instance_url": "https://x.example"})(asked)
        assert asked.request.headers["Authorization"] == "Bearer 00D"
        if path == f"{DATA}/jobs/query":
            assert asked.body.keys() == {"operation", "query"}
            everything = asked.body["operation"] == "queryAll"
            assert "ORDER BY" not in asked.body["query"], "it would not be cut into parts"
            results["750"] = found(asked.body["query"], everything=everything)[::-1]
            return await says({"id": "750", "state": "UploadComplete"})(asked)
        if path == f"{DATA}/jobs/query/750":
            return await says({"id": "750", "state": "JobComplete"})(asked)
        if path == f"{DATA}/jobs/query/750/results":
            begin = int(asked.request.query.get("locator", "0"))
            rows = results["750"]
            end = begin + page
            more = {"Sforce-Locator": str(end) if end < len(rows) else "null"}
            return web.Response(text=as_csv(rows[begin:end]), headers=more)
        if path in (f"{DATA}/query", f"{DATA}/queryAll"):
            soql = asked.request.query["q"]
            results[soql] = found(soql, everything=path.endswith("All"))
            begin, name = 0, soql
        else:
            begin, name = int(path.rpartition("-")[2]), next(iter([*results][-1:]))
        rows, end = results[name], begin + page
        more = {"nextRecordsUrl": f"{DATA}/query/01g-{end}"} if end < len(rows) else {}
        told = {"totalSize": len(rows), "done": not more, "records": rows[begin:end], **more}
        return await says(told)(asked)

    def found(soql: str, *, everything: bool) -> list[dict[str, Any]]:
        table = soql.partition(" FROM ")[2].split()[0]
        rows = [row for row in tables.get(table, []) if everything or not row.get("IsDeleted")]
        if "IsDeleted = true" in soql:
            rows = [row for row in rows if row.get("MasterRecordId")]
        if ids := re.search(r"\b(Id|AccountId) IN \('([^)]*)'\)", soql):
            rows = [row for row in rows if row[ids[1]] in ids[2].split("', '")]
        return [{"attributes": {"type": table}, **row} for row in rows]

    return answer


def as_csv(rows: list[dict[str, Any]]) -> str:
    flat = [salesforce._flat(row) for row in rows]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([columns, *([row.get(name) for name in columns] for row in flat)])
    return text.getvalue()


def account(id: str, **told: Any) -> dict[str, Any]:
    created = "2020-01-31T09:00:00.000+0000"
    row = {"Name": f"Account {id}", "Website": None, "ParentId": None, "CreatedDate": created}
    return {"Id": id, **row, "Type": "Customer", "MasterRecordId": None, **told}


def won(id: str, account: str, on: str) -> dict[str, Any]:
    return {"Id": id, "AccountId": account, "CloseDate": on}


async def changes(source: salesforce.Settings) -> list[Page]:
    with stamina.set_testing(True, attempts=3):
        async with httpx.AsyncClient() as client:
            http = Http(client, requests_per_second=10_000)
            return [page async for page in salesforce.changes(source, http, SINCE)]


async def read(tables: Mapping[str, list[dict[str, Any]]], **section: Any) -> list[Record]:
    async with vendor(organization(tables)) as served:
        return await records(settings(served.url, **section))


def dates(got: list[Record]) -> list[tuple[str, Any, Any]]:
    return [(r.customer, r.since, r.until) for r in got if isinstance(r, DatedStay)]


async def test_accounts_of_a_customers_type_are_customers_now() -> None:
    accounts = [
        account("001A", Website="https://www.acme.com", Owner={"Name": "Ada"}, MRR__c=1200),
        account("001B", ParentId="001A", Owner=None, MRR__c=None, Since__c="2024-02-29"),
        account("001C", Name=None, Owner={"Name": None}, MRR__c=0),
    ]
    got = await read(
        {"Account": accounts},
        since="Since__c",
        amount="MRR__c",
        currency="EUR",
        every="year",
        fields={"owner": "Owner.Name"},
    )

    first = Present("001A", "Account 001A", None, {"owner": "Ada"}, "account 001A", Decimal(100),
                    "EUR", domains=("acme.com",), was=[])  # fmt: skip
    assert got[0] == first
    assert isinstance(got[1], Present)
    assert (got[1].since, got[1].parent, got[1].currency) == (date(2024, 2, 29), "001A", "")
    assert (got[2].name, got[2].fields) == ("001C", {})


async def test_an_account_that_others_were_merged_into_was_these_too() -> None:
    merged = {"IsDeleted": True, "Name": "Gone"}
    accounts = [
        account("001A"),
        account("001B", MasterRecordId="001C", **merged),
        account("001C", MasterRecordId="001A", **merged),
        account("001D", **merged),
    ]
    got = await read({"Account": accounts})

    assert [(r.customer, sorted(r.was)) for r in got] == [("001A", ["001B", "001C"])]


async def test_won_opportunities_make_a_customer_until_the_account_says_they_left() -> None:
    tables = {
        "Account": [account("001A", Left__c="2025-07-01"), account("001B", Left__c=None)],
        "Opportunity": [
            won("006A", "001A", "2024-02-29"),
            won("006B", "001A", "2023-12-31"),
            won("006C", "001B", "2024-01-01"),
            won("006D", "001A", "2026-01-01"),
            won("006E", "001Z", "2026-01-01"),
        ],
    }
    assert dates(await read(tables, evidence="won", until="Left__c")) == [
        ("001A", date(2023, 12, 31), date(2025, 7, 1)),
        ("001A", date(2026, 1, 1), None),
        ("001B", date(2024, 1, 1), None),
    ]
    today = await read(tables, evidence="won")
    assert [(type(r), r.customer) for r in today] == [(Present, "001A"), (Present, "001B")]
    bought = await read(tables, evidence="purchases")
    assert [r.customer for r in bought if isinstance(r, Purchase)] == ["001A"] * 3 + ["001B"]


def contract(id: str, since: str, end: str | None, **told: Any) -> dict[str, Any]:
    return {"Id": id, "AccountId": "001A", "StartDate": since, "EndDate": end, **told}


async def test_a_contract_covers_its_last_day() -> None:
    tables = {
        "Account": [account("001A", MRR__c=99)],
        "Contract": [
            contract("800A", "2023-03-01", "2024-02-28", Over__c=None, MRR__c=1200),
            contract("800B", "2024-02-29", "2025-02-28", Over__c="2024-08-01", MRR__c=2400),
            contract("800C", "2025-03-01", None, Over__c=None, MRR__c=None),
            contract("800D", "2025-05-01", "2025-05-01", Over__c="2025-04-01", MRR__c=1),
        ],
    }
    got = await read(
        tables, evidence="contracts", until="Over__c", amount="MRR__c", currency="EUR", every="year"
    )

    assert dates(got) == [
        ("001A", date(2023, 3, 1), date(2024, 2, 29)),
        ("001A", date(2024, 2, 29), date(2024, 8, 1)),
        ("001A", date(2025, 3, 1), None),
    ]
    stays = [r for r in got if isinstance(r, DatedStay)]
    assert [r.monthly for r in stays] == [Decimal(100), Decimal(200), None]
    assert [r.as_of_now for r in stays] == [False] * 3
    assert [list(r.term_ends) for r in stays] == [[date(2024, 2, 29)], [date(2025, 3, 1)], []]
    assert stays[1].place == "contract 800B"


def change(id: str, account: str, on: str, old: str | None, new: str | None) -> dict[str, Any]:
    when = f"{on}T10:00:00.000+0000"
    return {"Id": id, "AccountId": account, "CreatedDate": when, "OldValue": old, "NewValue": new}


async def test_the_history_of_a_field_tells_when_it_made_a_customer() -> None:
    tables = {
        "Account": [
            account("001A", Type="Former"),
            account("001B", CreatedDate="2025-06-01T00:00:00.000+0000"),
            account("001C", Type=None),
        ],
        "AccountHistory": [
            change("017A", "001A", "2025-01-02", "Prospect", "Customer"),
            change("017B", "001A", "2025-03-04", "Customer", "Former"),
            change("017C", "001C", "2025-02-01", "Customer", None),
        ],
    }
    async with vendor(organization(tables, page=9)) as served:
        source = settings(served.url, evidence="history")
        async with httpx.AsyncClient() as client:
            http = Http(client, requests_per_second=10_000)
            [page] = [page async for page in salesforce.customers(source, http)]

    assert dates(list(page.records)) == [
        ("001A", datetime(2025, 1, 2, 10, tzinfo=UTC), datetime(2025, 3, 4, 10, tzinfo=UTC)),
        ("001B", datetime(2025, 6, 1, tzinfo=UTC), None),
        ("001C", datetime(2020, 1, 31, 9, tzinfo=UTC), datetime(2025, 2, 1, 10, tzinfo=UTC)),
    ]
    assert page.trusted_from == datetime(2025, 1, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize("bulk_above", [0, 100])
async def test_the_history_is_in_order_however_it_is_read(bulk_above: int) -> None:
    changed = [
        change("017A", "001A", "2025-01-02", "Prospect", "Customer"),
        change("017B", "001A", "2025-03-04", "Customer", "Former"),
        change("017C", "001A", "2025-04-05", "Former", "Customer"),
    ]
    tables = {"Account": [account("001A")], "AccountHistory": changed}
    async with vendor(organization(tables)) as served:
        got = await records(settings(served.url, evidence="history", bulk_above=bulk_above))

    assert [(since.month, until and until.month) for _, since, until in dates(got)] == [
        (1, 3),
        (4, None),
    ]


async def test_a_field_without_a_history_says_what_to_turn_on() -> None:
    with pytest.raises(UnexpectedResponse, match="Type: turn on field history tracking"):
        await read({"Account": [account("001A")]}, evidence="history")


# Changes


async def test_changes_tell_all_of_whom_anything_changed_and_who_is_gone() -> None:
    deleted = {"IsDeleted": True}
    tables = {
        "Account": [
            account("001A"),
            account("001B", **deleted),
            account("001C", **deleted, MasterRecordId="001A"),
        ],
    }
    async with vendor(organization(tables)) as served:
        got = await changes(settings(served.url))

    assert [r.customer for page in got for r in page.records] == ["001A"]
    assert [id for page in got for id in page.gone] == ["001B"], "001C lives on in 001A"
    asked = [a.request.query["q"] for a in served.asked if "q" in a.request.query]
    assert "SystemModstamp >= 2026-03-01T11:55:00Z" in asked[0], "with some overlap"
    assert "Type IN ('Customer'" in asked[-1]
    assert "Id IN ('001A', '001B', '001C')" in asked[-1]


async def test_a_deal_that_changed_brings_its_account() -> None:
    tables = {
        "Account": [],
        "Opportunity": [won("006A", "001A", "2024-02-29"), won("006B", "001A", "2023-01-01")],
    }
    late = account("001A", Left__c=None)

    async def answer(asked: Asked) -> web.StreamResponse:
        by_id = "Id IN ('001A')" in asked.request.query.get("q", "")
        tables["Account"] = [late] if by_id else []
        return await organization_of_deals(asked)

    organization_of_deals = organization(tables)
    async with vendor(answer) as served:
        got = await changes(settings(served.url, evidence="won", until="Left__c"))

    assert dates([r for page in got for r in page.records]) == [("001A", date(2023, 1, 1), None)]
    assert got[-1].gone == []


async def test_nothing_changed_is_no_page_and_needs_two_questions() -> None:
    async with vendor(organization({})) as served:
        assert await changes(settings(served.url)) == []

    assert len(served.asked) == 2, "a token and what changed"


# In bulk


@pytest.mark.parametrize("count", [1, 2, 3, 5])
async def test_many_rows_are_read_in_bulk(count: int) -> None:
    ids = [f"001{n}" for n in range(count)]
    accounts = [account(id, Name='Acme, "the" Ltd', Owner={"Name": "Ada"}) for id in ids]
    async with vendor(organization({"Account": accounts})) as served:
        source = settings(served.url, bulk_above=0, fields={"owner": "Owner.Name"})
        got = await records(source)

    assert sorted(r.customer for r in got) == ids
    assert {(r.name, r.fields["owner"]) for r in got} == {('Acme, "the" Ltd', "Ada")}
    in_bulk = any("jobs" in asked.request.path for asked in served.asked)
    assert in_bulk == (count > 2), "one page needs no job"


async def test_a_result_without_a_second_header_is_read_too() -> None:
    token = says({"access_token": "00D"})
    first = {"totalSize": 3, "done": False, "nextRecordsUrl": f"{DATA}/query/01g-1"}
    more = {**first, "records": [account("001A")]}
    job = {"id": "750", "state": "JobComplete"}
    header = b'"Id","Name","Website","ParentId"\n'
    async with vendor(
        token,
        says({"totalSize": 0, "done": True, "records": []}),
        says(more),
        says(job),
        says(job),
        says(header + b'"001A","A","",""\n"001B","B\nC","",""\n', Sforce_Locator="MTAw"),
        says(b'"001C","C","",""\n', Sforce_Locator="null"),
    ) as served:
        got = await records(settings(served.url, bulk_above=0))

    assert [(r.customer, r.name) for r in got] == [("001A", "A"), ("001B", "B\nC"), ("001C", "C")]
    assert served.asked[-1].request.query["locator"] == "MTAw"


async def test_what_was_broken_off_in_bulk_goes_on_with_the_same_job() -> None:
    accounts = [account(f"001{n}") for n in range(5)]
    async with vendor(organization({"Account": accounts})) as served:
        source = settings(served.url, bulk_above=0)
        whole = await pages(source)
        jobs = [asked.body for asked in served.asked if asked.body and "query" in asked.body]
        rest = [await records(source, after=page.mark) for page in whole if page.mark]
        asked_anew = [asked.body for asked in served.asked if asked.body and "query" in asked.body]

    told = [len(page.records) for page in whole]
    assert told == [0, 2, 2, 1], "the job alone can be gone on with too: it may take an hour"
    assert [len(some) for some in rest] == [5, 3, 1]
    assert asked_anew == jobs, "no other job was made"
    assert whole[-1].mark == ""


@pytest.mark.parametrize(
    ("state", "error", "told"),
    [
        ("Failed", SourceUnavailable, r"is over \(Failed\)"),
        ("Aborted", SourceUnavailable, r"is over \(Aborted\)"),
        ("Asleep", UnexpectedResponse, "'Asleep'"),
    ],
)
async def test_a_job_that_does_not_end_well_is_told(
    state: str, error: type[IntegrationError], told: str
) -> None:
    empty = says({"totalSize": 0, "done": True, "records": []})
    page = {"totalSize": 3, "done": False, "nextRecordsUrl": "/x", "records": [account("001A")]}
    job = says({"id": "750", "state": state})
    async with vendor(says({"access_token": "00D"}), empty, says(page), job) as served:
        with pytest.raises(error, match=told):
            await records(settings(served.url, bulk_above=0))


# Refusals


NO_SUCH = "ERROR at Row:1:Column:12\nNo such column 'MRR__c' on entity 'Account'. If you are"


@pytest.mark.parametrize(
    ("status", "code", "message", "error", "told"),
    [
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit", SourceUnavailable, "limit of API"),
        (400, "QUERY_TIMEOUT", "", SourceUnavailable, "bulk_above: 0"),
        (400, "INVALID_FIELD", NO_SUCH, CredentialsRejected, "no field MRR__c of Account"),
        (400, "INVALID_FIELD", "Acme Ltd", CredentialsRejected, "mend the settings"),
        (400, "INVALID_TYPE", "sObject type 'Contract'", CredentialsRejected, "the user may not"),
        (403, "API_DISABLED_FOR_ORG", "Acme", CredentialsRejected, "API Enabled"),
        (401, "INVALID_SESSION_ID", "Session expired", CredentialsRejected, "not accepted"),
        (400, "MALFORMED_QUERY", "unexpected token: Acme", UnexpectedResponse, "400"),
    ],
)
async def test_says_who_must_act_by_salesforces_own_code(
    status: int, code: str, message: str, error: type[IntegrationError], told: str
) -> None:
    async def answer(asked: Asked) -> web.StreamResponse:
        if asked.request.path.endswith("/token"):
            return await says({"access_token": "00D"})(asked)
        return await says([{"message": message, "errorCode": code}], status)(asked)

    async with vendor(answer) as served:
        with pytest.raises(error, match=told) as caught:
            await records(settings(served.url))

    assert "Acme" not in str(caught.value)


async def test_a_next_page_on_another_host_is_refused() -> None:
    page = {
        "totalSize": 3,
        "done": False,
        "records": [account("001A")],
        "nextRecordsUrl": "https://evil.example/services/data/v62.0/query/01g",
    }
    async with vendor(says({"access_token": "00D"}), says(page)) as served:
        with pytest.raises(UnexpectedResponse, match="another host"):
            await records(settings(served.url))

    assert len(served.asked) == 2


# Cases


async def test_a_case_is_a_ticket_with_its_account_and_who_answers() -> None:
    told: dict[str, Any] = {
        "Id": "500A",
        "Subject": "No light",
        "CreatedDate": "2026-03-01T10:00:00.000+0000",
        "ClosedDate": "2026-03-02T10:00:00.000+0000",
        "SystemModstamp": "2026-03-02T10:00:01.000+0000",
        "ContactId": "003A",
        "Contact": {"Email": "ada@acme.com"},
        "SuppliedEmail": "other@acme.com",
        "AccountId": "001A",
        "Account": {"Name": "Acme"},
        "OwnerId": "005A",
        "Owner": {"Name": "Bo"},
    }
    nobody: dict[str, Any] = dict.fromkeys(
        ("ContactId", "Contact", "AccountId", "Account", "Subject", "ClosedDate")
    )
    cases = {"Case": [told, {**told, "Id": "500B", **nobody}]}
    async with vendor(organization(cases)) as served, httpx.AsyncClient() as client:
        http = Http(client, requests_per_second=10_000)
        [page] = [p async for p in salesforce.tickets(settings(served.url), http, SINCE)]

    first, second = (ticket for ticket in page.records if isinstance(ticket, Ticket))
    assert first == Ticket(
        "500A",
        "003A",
        datetime(2026, 3, 1, 10, tzinfo=UTC),
        account="001A",
        account_name="Acme",
        email="ada@acme.com",
        agent="005A",
        agent_name="Bo",
        subject="No light",
        solved=datetime(2026, 3, 2, 10, tzinfo=UTC),
        changed=datetime(2026, 3, 2, 10, 0, 1, tzinfo=UTC),
        place="case 500A",
    )
    assert (second.requester, second.account, second.subject) == ("other@acme.com", "", "")
    assert second.solved is None, "it is open, or open again"
    asked = served.asked[-1].request.query["q"]
    assert "SystemModstamp >= 2026-03-01T11:55:00Z ORDER BY SystemModstamp" in asked


@pytest.mark.parametrize(("bulk_above", "minutes"), [(100, [2, None]), (0, [None] * 3)])
async def test_only_cases_that_come_in_order_say_how_far_they_have_come(
    bulk_above: int, minutes: list[int | None]
) -> None:
    case: dict[str, Any] = dict.fromkeys(
        ("Subject", "ClosedDate", "ContactId", "Contact", "AccountId", "Account", "OwnerId")
    )
    case |= {"CreatedDate": "2026-03-01T10:00:00.000+0000", "SuppliedEmail": None, "Owner": None}
    cases = [
        {**case, "Id": f"500{n}", "SystemModstamp": f"2026-03-02T10:0{n}:00.000+0000"}
        for n in (1, 2, 3)
    ]
    async with vendor(organization({"Case": cases})) as served, httpx.AsyncClient() as client:
        http = Http(client, requests_per_second=10_000)
        source = settings(served.url, bulk_above=bulk_above)
        got = [page async for page in salesforce.tickets(source, http, SINCE)]

    assert [page.up_to and page.up_to.minute for page in got] == minutes


# Settings


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"fields": ["Industry; DELETE"]}, "name fields such as Industry"),
        ({"amount": "MRR__c)", "currency": "EUR"}, "name fields such as Industry"),
        ({"property": "Type = 'x' OR Id"}, "pattern"),
        ({"until": "Left__c"}, "until is for evidence: won or contracts"),
        ({"since": "Since__c", "evidence": "won"}, "since is for evidence: today"),
        ({"evidence": "purchases", "amount": "A", "currency": "EUR"}, "amount is not for"),
    ],
)
def test_a_setting_that_cannot_be_asked_for_is_refused(section: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        settings(**section)


def test_a_value_is_quoted_as_soql_writes_it() -> None:
    asked = salesforce._accounts(settings(values=["O'Hara \\ Sons"]))

    assert asked.endswith(r"WHERE Type IN ('O\'Hara \\ Sons')")
