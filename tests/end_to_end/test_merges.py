"""Records that are merged: in the CRM, which tells it with a pull, and by people in Slack."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.server import Sandbox
from tests.end_to_end import companies
from tests.end_to_end.running import NOTICES, SUCCESS, Place, Running, at, running, told

NOW = at("2026-11-02T10:00")
SOURCE = {**companies.SOURCE, "was": "was", "name": "crm"}


def write(place: Place, gone: int = 0) -> None:
    """The companies, of which `gone` were merged into the one after the last of them."""
    rows = [f"{line}," for line in companies.rows()]
    into = rows[gone]
    was = " ".join(f"c{number}" for number in range(1, gone + 1))
    lines = [f"{into}{was}", *rows[gone + 1 :]]
    path = place.folder / "customers.csv"
    path.write_text("\n".join([f"{companies.HEADER},was", *lines]) + "\n")


@pytest.fixture
async def bot(place: Place) -> AsyncIterator[Running]:
    write(place)
    config = place.config(sources=[SOURCE], people={"admins": ["U0ADMIN"]})
    async with running(config, NOW) as bot:
        await bot.pulled()
        yield bot


async def test_a_merge_in_the_crm_is_no_loss_and_holds_no_pull(
    bot: Running, place: Place, slack: Sandbox
) -> None:
    write(place, gone=12)

    await bot.move(at("2026-11-03T04:00"))

    assert place.posts(NOTICES) == []
    answer = await told(slack, "U0LEAD", "/crr this month")
    assert "CRR 100 % (27 of 27 stayed)" in answer.text
    answer = await told(slack, "U0LEAD", "/crr explain this month")
    assert "12 records became part of another customer in these days" in answer.words()
    assert "Company 12 is Company 13" in answer.words()
    merges = await told(slack, "U0LEAD", "/keeprate merges")
    assert "12 records part of another customer" in merges.text
    assert "said by the source on 3 Nov 2026" in merges.text


async def test_a_person_says_that_a_loss_was_a_merge(bot: Running, slack: Sandbox) -> None:
    before = await told(slack, "U0LEAD", "/crr 2026-10")
    assert "CRR 90.0 % (36 of 40 stayed)" in before.text

    since = slack.journal.last
    said = await told(slack, "U0ADMIN", '/keeprate merge "company 3" c41')
    post = await slack.wait_for_message(SUCCESS, since=since, timeout=20)

    assert "Company 3 (c3) is Young One from now on" in said.text
    assert "October 2026: CRR 90.0 % → 92.5 % (36 of 40 → 37 of 40 stayed)" in post.text
    assert "Company 3: lost → merged into Young One in October 2026" in post.text
    after = await told(slack, "U0LEAD", "/crr 2026-10")
    assert "CRR 92.5 % (37 of 40 stayed)" in after.text
    listed = await told(slack, "U0LEAD", "/keeprate merges")
    assert "Company 3 (c3) is Young One: said by <@U0ADMIN> on 2 Nov 2026" in listed.text

    since = slack.journal.last
    await told(slack, "U0ADMIN", "/keeprate merge undo c3")
    undone = await slack.wait_for_message(SUCCESS, since=since, timeout=20)
    assert "October 2026: CRR 92.5 % → 90.0 % (37 of 40 → 36 of 40 stayed)" in undone.text
    assert "Records of crm that people merged or took apart brought it." in undone.text
    back = await told(slack, "U0LEAD", "/crr 2026-10")
    assert "CRR 90.0 % (36 of 40 stayed)" in back.text


@pytest.mark.parametrize(
    ("person", "words", "expected"),
    [
        ("U0LEAD", "merge c3 c41", "Only an admin of Keeprate may do that"),
        ("U0ADMIN", "merge c3", "merge takes two customers, by id or name"),
        ("U0ADMIN", 'merge "c3 c41', "A quotation mark is missing"),
        ("U0ADMIN", "merge c3 c99", 'crm knows no customer "c99"'),
        ("U0ADMIN", "merge undo c3", '"c3" belongs to no other customer'),
        ("U0LEAD", "merges", "No record is part of another customer."),
    ],
)
async def test_what_can_not_be_done_is_told_why(
    bot: Running, slack: Sandbox, person: str, words: str, expected: str
) -> None:
    assert expected in (await told(slack, person, f"/keeprate {words}")).text
