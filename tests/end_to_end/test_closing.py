"""A month is closed; then the file says something else about it, and the channel is told once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.workspace import Post
from tests.end_to_end import companies
from tests.end_to_end.running import SUCCESS, Place, Running, at, running
from tests.end_to_end.running import told as answered

TRUE = "October 2026: CRR 90.0 % (36 of 40 stayed)"
LATER = "October 2026: CRR 87.5 % (35 of 40 stayed)"


def left_late(*numbers: int, on: str = "2026-10-22") -> list[str]:
    """The file, after somebody has entered that these companies left in October."""
    ends = {f"c{number}": on for number in numbers}
    found = []
    for row in companies.rows():
        id, name, since, until, *fields = row.split(",")
        found.append(",".join([id, name, since, ends.get(id, until), *fields]))
    return found


def restatements(place: Place) -> list[Post]:
    return place.posts(SUCCESS, containing="Restated:")


async def told(place: Place, command: str) -> str:
    """What the lead is answered."""
    return (await answered(place.slack, "U0LEAD", command)).words()


@pytest.fixture
def config(place: Place) -> Path:
    companies.write(place.folder)
    return place.config(sources=[companies.SOURCE])


@pytest.fixture
async def bot(place: Place, config: Path) -> AsyncIterator[Running]:
    """Pulled on Tuesday: all of October is known and closed."""
    async with running(config, at("2026-11-03T08:00")) as bot:
        await bot.pulled()
        await bot.settle()
        yield bot


async def test_a_loss_that_comes_late_is_told_once_with_the_name(
    place: Place, bot: Running
) -> None:
    assert restatements(place) == []
    companies.write(place.folder, left_late(7))

    await bot.move(at("2026-11-04T03:20"))

    [post] = restatements(place)
    changed = "CRR 90.0 % → 87.5 % (36 of 40 → 35 of 40 stayed), 4 → 5 lost; closed on 3 Nov 2026"
    assert changed in post.text
    assert post.text.startswith("Restated: October 2026 and 2 more periods")
    assert "Because of 1 customer:\nCompany 7: kept → lost in October 2026" in post.text
    assert "The pull of crm of Wednesday 4 Nov 2026" in post.text

    answer = await told(place, "/crr 2026-10")
    assert LATER in answer
    assert "Restated on 4 Nov 2026, closed on 3 Nov 2026: CRR 90.0 % → 87.5 %" in answer

    # The same file once more says nothing new.
    await bot.move(at("2026-11-05T03:20"))
    assert len(restatements(place)) == 1


async def test_what_was_known_then_is_answered_still(place: Place, bot: Running) -> None:
    companies.write(place.folder, left_late(7))
    await bot.move(at("2026-11-04T03:20"))

    then = await told(place, "/crr 2026-10 known=2026-11-03")

    assert TRUE in then
    assert "As it was known on Tuesday 3 Nov 2026, 23:59." in then
    assert "crm as of Tuesday 3 Nov 2026, 08:00" in then
    assert "Restated" not in then
    assert LATER in await told(place, "/crr 2026-10 known=2026-11-04")
    assert "Nothing was known of crm" in await told(place, "/crr 2026-10 known=2026-11-02")
    assert "nobody knows yet" in await told(place, "/crr 2026-10 known=2026-11-05")
    assert "36 kept / 40" in await told(place, "/crr explain 2026-10 known=2026-11-03")
    peer = await told(place, "/crr as stripe 2026-10 known=2026-11-03")
    assert "CRR 90.0 % (36 of 40 stayed). As it was known on Tuesday 3 Nov 2026, 23:59." in peer


async def test_a_correction_that_is_taken_back_is_told_back(place: Place, bot: Running) -> None:
    companies.write(place.folder, left_late(7))
    await bot.move(at("2026-11-04T03:20"))
    companies.write(place.folder)
    await bot.move(at("2026-11-05T03:20"))

    _, back = restatements(place)

    assert "CRR 87.5 % → 90.0 % (35 of 40 → 36 of 40 stayed), 5 → 4 lost" in back.text
    assert "Company 7: lost → kept in October 2026" in back.text
    answer = await told(place, "/crr 2026-10")
    assert TRUE in answer
    assert "Restated" not in answer


async def test_a_pull_that_is_held_restates_nothing(place: Place, bot: Running) -> None:
    companies.write(place.folder, companies.rows()[:20])

    await bot.move(at("2026-11-04T03:20"))

    assert restatements(place) == []
    assert TRUE in await told(place, "/crr 2026-10")


async def test_of_two_replicas_one_tells_it(place: Place, config: Path) -> None:
    moment = at("2026-11-03T08:00")
    async with running(config, moment) as one, running(config, moment) as other:
        await one.pulled()
        await one.settle()
        companies.write(place.folder, left_late(7, 8))
        for bot in (one, other):
            bot.clock.offset += at("2026-11-04T03:20") - bot.clock()
        await one.settle()
        await other.settle()
        await one.settle()

    [post] = restatements(place)
    assert "Because of 2 customers:" in post.text


async def test_the_weekly_post_says_what_was_restated(place: Place, bot: Running) -> None:
    companies.write(place.folder, left_late(7))
    await bot.move(at("2026-11-04T03:20"))

    await bot.move(at("2026-11-09T09:00"))

    [post] = place.posts(SUCCESS, containing="Customer retention")
    assert f"{LATER}" in post.text
    assert "Restated on 4 Nov 2026, closed on 3 Nov 2026: CRR 90.0 % → 87.5 %" in post.text


async def test_another_definition_is_announced_on_monday_and_restates_nothing(
    place: Place,
) -> None:
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE])
    async with running(config, at("2026-11-03T08:00")) as bot:
        await bot.pulled()
        await bot.settle()
    zone = {"zone": "Europe/Amsterdam"}
    config = place.config(
        sources=[companies.SOURCE], definition={**zone, "first_weekday": "sunday"}
    )

    async with running(config, at("2026-11-05T12:00")) as bot:
        await bot.settle()
        await bot.move(at("2026-11-09T09:00"))
        [post] = place.posts(SUCCESS, containing="Customer retention")
        assert "The definition changed on 5 Nov 2026: first weekday monday → sunday." in post.text
        assert "the week 1 to 7 Nov 2026" in post.text
        await bot.move(at("2026-11-16T09:00"))

    assert restatements(place) == []
    assert [
        "The definition changed" in post.text
        for post in place.posts(SUCCESS, containing="Customer retention")
    ] == [True, False]


async def test_a_week_whose_end_no_pull_has_seen_is_told_so_far(place: Place, bot: Running) -> None:
    """The file is away from Friday on."""
    await bot.move(at("2026-11-06T03:20"))
    (place.folder / "customers.csv").unlink()

    await bot.move(at("2026-11-09T09:00"))

    [post] = place.posts(SUCCESS, containing="Customer retention")
    assert "in the week 2 to 8 Nov 2026 so far (day 5 of 7)" in post.text
    assert "2 to 8 Nov 2026 so far (day 5 of 7)" in str(post.blocks[0])
    [chart] = [block for block in post.blocks if block["type"] == "data_visualization"]
    assert chart["chart"]["axis_config"]["categories"][-1] == "26 Oct 2026"
    assert "so far (day 6 of 30)" in await told(place, "/crr this month")
    lead = place.slack.person("U0LEAD")
    lead.open_home()
    await lead.wait_for_home(containing="2 to 8 Nov 2026 so far (day 5 of 7)")
