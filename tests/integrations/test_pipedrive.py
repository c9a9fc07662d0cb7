"""Pipedrive: won deals, labels and options, and what changed since."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from integrations import pipedrive
from integrations.errors import BadRecord
from integrations.records import DatedStay, Present, Purchase
from tests.integrations.recordings import records
from tests.integrations.vendor import Answer, Asked, says, vendor

KEY = "d4de1c1518b4531717c676029a45911c340390a6"


def settings(url: str = "https://api.pipedrive.com", **section: Any) -> pipedrive.Settings:
    return pipedrive.Settings.model_validate(
        {"kind": "pipedrive", "token": "hushhush", "url": url, **section}
    )


def company(
    organizations: list[dict[str, Any]],
    *,
    deals: list[dict[str, Any]] | None = None,
    archived: list[dict[str, Any]] | None = None,
    options: list[dict[str, Any]] | None = None,
) -> Answer:
    fields: list[dict[str, Any]] = [
        {"field_code": KEY, "options": options},
        {"field_code": "label_ids", "options": [{"id": 7, "label": "Customer"}]},
    ]
    lists: dict[str, list[dict[str, Any]]] = {
        "/api/v2/deals": deals or [],
        "/api/v2/deals/archived": archived or [],
        "/api/v2/organizations": organizations,
        "/api/v2/organizationFields": fields,
    }

    async def answer(asked: Asked) -> web.StreamResponse:
        return await says({"success": True, "data": lists[asked.request.path]})(asked)

    return answer


def deal(id: int, org: int | None, won: str | None, status: str = "won") -> dict[str, Any]:
    return {"id": id, "org_id": org, "won_time": won, "status": status}


def organization(id: int, **told: Any) -> dict[str, Any]:
    return {"id": id, "name": f"Org {id}", "custom_fields": {}, **told}


async def test_without_a_day_they_left_won_deals_tell_who_is_a_customer_now() -> None:
    won = [
        deal(1, 5, "2024-05-29T04:21:51Z"),
        deal(2, 6, None),
        deal(3, 7, "2024-01-01T00:00:00Z", "lost"),
    ]
    old = [deal(4, 5, "2023-05-29T04:21:51Z")]
    there = [organization(5), organization(6), organization(7)]
    async with vendor(company(there, deals=won, archived=old)) as served:
        got = await records(settings(served.url))

    [first] = got
    assert isinstance(first, Present)
    assert (first.customer, first.since) == ("5", datetime(2023, 5, 29, 4, 21, 51, tzinfo=UTC))


async def test_each_won_deal_may_be_a_purchase() -> None:
    won = [deal(1, 5, "2024-05-29T04:21:51Z"), deal(2, 5, "2023-05-29T04:21:51Z")]
    async with vendor(company([organization(5)], deals=won, archived=won[:1])) as served:
        got = await records(settings(served.url, evidence="purchases"))

    assert [r.on.year for r in got if isinstance(r, Purchase)] == [2023, 2024]


async def test_nobody_who_won_nothing_needs_no_more_questions() -> None:
    async with vendor(company([organization(5)])) as served:
        assert await records(settings(served.url)) == []

    assert [asked.request.path for asked in served.asked] == [*pipedrive._DEALS]


@pytest.mark.parametrize("values", [["Customer"], ["7"]])
async def test_a_label_makes_a_customer_by_its_name_or_number(values: list[str]) -> None:
    there = [organization(5, label_ids=[1, 7]), organization(6, label_ids=[1]), organization(8)]
    async with vendor(company(there)) as served:
        got = await records(settings(served.url, evidence="today", values=values))

    assert [r.customer for r in got] == ["5"]


async def test_an_option_of_ones_own_field_makes_a_customer_since_a_day() -> None:
    there = [
        organization(5, custom_fields={KEY: 2, "since": "2024-02-29"}),
        organization(6, custom_fields={KEY: 1, "since": None}),
        organization(7, custom_fields={KEY: [2, 3], "since": None}),
        organization(8, custom_fields={KEY: None}),
    ]
    options = [{"id": 1, "label": "Lead"}, {"id": 2, "label": "Active"}]
    section = {"evidence": "today", "property": KEY, "values": ["Active"], "since": "since"}
    async with vendor(company(there, options=options)) as served:
        got = await records(settings(served.url, **section, fields={"status": KEY}))

    assert [(r.customer, r.since) for r in got if isinstance(r, Present)] == [
        ("5", date(2024, 2, 29)),
        ("7", None),
    ]
    assert [r.fields["status"] for r in got] == ["Active", "Active, 3"]
    asked = next(a for a in served.asked if a.request.path.endswith("organizations"))
    assert asked.request.query["custom_fields"] == f"{KEY},since"


async def test_the_amount_of_a_money_field_is_what_is_paid() -> None:
    there = [organization(5, custom_fields={KEY: {"value": 2300, "currency": "EUR"}, "left": None})]
    won = [deal(1, 5, "2024-05-29T04:21:51Z")]
    section = {"amount": KEY, "currency": "EUR", "until": "left"}
    async with vendor(company(there, deals=won)) as served:
        [stay] = await records(settings(served.url, **section))

    assert isinstance(stay, DatedStay)
    assert (stay.monthly, stay.currency, stay.as_of_now) == (Decimal(2300), "EUR", True)


async def test_a_day_that_is_none_is_named_by_its_organization() -> None:
    there = [organization(5, custom_fields={"left": "soon"})]
    won = [deal(1, 5, "2024-05-29T04:21:51Z")]
    async with vendor(company(there, deals=won)) as served:
        with pytest.raises(BadRecord, match=r"organization 5: the field named in until:"):
            await records(settings(served.url, until="left"))


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"since": "x"}, "since is for evidence: today"),
        ({"until": "x", "evidence": "today"}, "until is for evidence: won"),
        ({"amount": "x", "currency": "EUR", "evidence": "purchases"}, "amount is not for"),
        ({"fields": [f"f{n}" for n in range(16)]}, "at most 15"),
    ],
)
def test_a_setting_that_cannot_be_asked_for_is_refused(section: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        settings(**section)


def test_what_every_organization_has_is_not_asked_for_as_ones_own() -> None:
    own = settings(fields={"site": "website", "segment": KEY, "label": "label_ids"})

    assert pipedrive._wanted(own) == {"custom_fields": KEY}
    assert pipedrive._wanted(settings()) == {}
