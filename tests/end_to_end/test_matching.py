"""A CRM that says who is a customer, and billing and a list of owners that say more about them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sandbox.server import Sandbox
from tests.end_to_end.running import SUCCESS, Place, Running, at, running, told

NOW = at("2026-11-02T10:00")

CRM = """id,name,since,until,region,web,mail
1,Acme,2025-01-01,,EMEA,https://www.acme.com,
2,Globex,2025-01-01,,EMEA,globex.com,
3,Hooli,2025-01-01,2026-10-20,NA,hooli.com,
4,Stark,2025-01-01,,NA,stark.com,
5,Twin One,2025-01-01,,NA,twin.com,
6,Twin Two,2025-01-01,,NA,twin.com,
7,At Gmail,2025-01-01,,NA,,boss@gmail.com
"""
BILLING = """id,name,since,until,plan,mrr,mail
b1,Acme BV,2025-01-01,,pro,100,pay@acme.com
b2,Globex,2025-01-01,,free,40,x@globex.com
b3,Hooli,2025-01-01,2026-10-20,pro,60,x@hooli.com
b4,Twins,2025-01-01,,pro,70,x@twin.com
b5,Gmail too,2025-01-01,,pro,80,else@gmail.com
b6,Umbrella,2025-01-01,,pro,90,x@umbrella.com
"""
OWNERS = """id,owner
1,lea
2,lea
3,tom
9,tom
"""


def table(name: str, evidence: str = "stays", **settings: Any) -> dict[str, Any]:
    return {"kind": "csv", "name": name, "path": f"{name}.csv", "evidence": evidence} | settings


SOURCES = [
    table("crm", customer="id", domains="web", emails="mail", fields=["region"]),
    table(
        "billing",
        customer="id",
        emails="mail",
        amount="mrr",
        currency="EUR",
        fields=["plan"],
        matches="domain",
    ),
    table("owners", "today", customer="id", fields=["owner"], matches="id"),
    table("partners", "today", customer="id"),
]


@pytest.fixture
async def bot(place: Place) -> AsyncIterator[Running]:
    texts = {"crm": CRM, "billing": BILLING, "owners": OWNERS, "partners": "id\np1\np2\n"}
    for name, text in texts.items():
        (place.folder / f"{name}.csv").write_text(text)
    async with running(place.config(sources=SOURCES), NOW) as bot:
        await bot.pulled()
        yield bot


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("2026-10", "CRR 85.7 % (6 of 7 stayed)"),
        ("2026-10 plan=pro", "CRR 50.0 % (1 of 2 stayed)"),
        ("2026-10 plan=free", "CRR 100 % (1 of 1 stayed)"),
        ("2026-10 owner=lea", "CRR 100 % (2 of 2 stayed)"),
        ("2026-10 region=EMEA plan=pro", "CRR 100 % (1 of 1 stayed)"),
        ("2026-10", "NRR 70.0 %"),
        ("2026-10", "billing as of Monday 2 Nov 2026"),
        ("this month source=partners", "Who was a customer on 2026-10-31 is not known"),
        ("2026-10 source=Billing", "CRR 83.3 % (5 of 6 stayed)"),
        ("2026-10 source=nobody", "source"),
    ],
)
async def test_what_other_sources_say_is_split_by_and_added_up_of_whom_it_is_known(
    bot: Running, slack: Sandbox, words: str, expected: str
) -> None:
    assert expected in (await told(slack, "U0LEAD", f"/crr {words}")).text


async def test_what_fits_and_what_does_not_is_told(bot: Running, slack: Sandbox) -> None:
    line = (
        "billing by domain: 2 of 5 customers today found in crm, 2 not found, 1 could be several"
        " and is none; 2 of 6 customers of crm not there"
    )

    status = await told(slack, "U0LEAD", "/keeprate status")
    explained = await told(slack, "U0LEAD", "/crr explain 2026-10")

    assert line in status.text
    assert "partners stands on its own, and is never added to crm" in status.text
    assert line in explained.words()
    assert "owners by id: 3 of 4 customers today found in crm, 1 not found" in explained.words()


async def test_who_does_not_fit_is_listed_from_the_sources(bot: Running, slack: Sandbox) -> None:
    lead = slack.person("U0LEAD")

    listed = await told(slack, "U0LEAD", "/keeprate sources")
    since = slack.journal.last
    await lead.click(listed, label="List who does not fit")
    unfit = await lead.wait_for_ephemeral(SUCCESS, since=since)

    assert unfit.text.splitlines() == [
        "billing and crm: who does not fit. 1 to 5 of 5:",
        "• Twins: in billing, and could be Twin One and Twin Two in crm",
        "• Gmail too: in billing, not in crm",
        "• Umbrella: in billing, not in crm",
        "• Stark: in crm, not in billing",
        "• At Gmail: in crm, not in billing",
        "They fit by domain: once both sources say the same, the next pull finds them.",
    ]

    for block in listed.blocks:
        for each in block.get("elements", ()):
            if "first" in each.get("value", ""):
                each["value"] = '{"of": "billing", "first": 20}'
    since = slack.journal.last
    await lead.click(listed, label="List who does not fit")
    again = await lead.wait_for_ephemeral(SUCCESS, since=since)

    assert again.text == unfit.text, "what has become shorter begins anew"


async def test_what_a_source_says_is_newer_at_its_next_pull(
    bot: Running, place: Place, slack: Sandbox
) -> None:
    (place.folder / "billing.csv").write_text(BILLING.replace("x@umbrella", "x@stark"))

    await bot.move(at("2026-11-03T04:00"))

    status = await told(slack, "U0LEAD", "/keeprate status")
    assert "billing by domain: 3 of 5 customers today found in crm, 1 not found" in status.text
    answer = await told(slack, "U0LEAD", "/crr 2026-10 plan=pro")
    assert "CRR 66.7 % (2 of 3 stayed)" in answer.text
    before = await told(slack, "U0LEAD", "/crr 2026-10 plan=pro known=2026-11-02")
    assert "CRR 50.0 % (1 of 2 stayed)" in before.text
