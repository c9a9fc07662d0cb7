"""Rules that were made in Slack: one of a name, as it was set, and who did it."""

from dataclasses import replace
from datetime import date

import pytest

from bot.domain.detection import Level
from bot.domain.incidents import Reading
from bot.domain.lines import Shape
from bot.domain.period import Kind
from bot.domain.watching import Figure, Rule
from bot.store.database import Database
from bot.store.incidents import Incidents
from bot.store.ledger import Ledger
from bot.store.rules import JUDGED, Rules
from tests.store.examples import NOON, deeds, later

DETECTION = Rule(
    "Retention dropped",
    "C0SUCCESS",
    kind=Kind.WEEK,
    level=Level.QUIET,
    segments=("region", "plan"),
    remind_days=3,
    settle_days=2,
    unexplained=0.0625,
    expected_crr=0.95,
    made_by="U0LEAD",
)
LINE = Rule(
    "NPS below 20",
    "C0OTHER",
    figure=Figure.NPS,
    shape=Shape.BELOW,
    limit=20,
    minimum_base=10,
    only=(("plan", "pro"),),
    paused=True,
)


@pytest.fixture
def rules(database: Database) -> Rules:
    return Rules(database)


async def test_at_first_there_is_none(rules: Rules) -> None:
    assert await rules.all() == []


async def test_they_come_back_as_they_were_set_by_name(rules: Rules) -> None:
    await rules.put(DETECTION, by="U0LEAD", now=NOON)
    await rules.put(LINE, by="U0LEAD", now=NOON)

    assert await rules.all() == [LINE, DETECTION]


async def test_one_of_the_same_name_takes_the_place_of_the_one_before(
    rules: Rules, database: Database
) -> None:
    await rules.put(LINE, by="U0LEAD", now=NOON)
    changed = Rule("NPS below 20", "C0OTHER", figure=Figure.NPS, shape=Shape.BELOW, limit=10)
    await rules.put(changed, by="U0OWNER", now=later(minutes=1))

    assert await rules.all() == [changed]
    assert await deeds(database) == [
        ("U0LEAD", "rule made", "NPS below 20"),
        ("U0OWNER", "rule changed", "NPS below 20"),
    ]


async def test_one_that_is_removed_is_gone_and_that_is_written_down(
    rules: Rules, database: Database
) -> None:
    await rules.put(LINE, by="U0LEAD", now=NOON)

    assert await rules.remove(LINE.name, by="U0OWNER", now=later(minutes=1))
    assert await rules.all() == []
    assert (await deeds(database))[-1] == ("U0OWNER", "rule removed", LINE.name)


async def test_what_is_not_there_cannot_be_removed_and_nobody_did_it(
    rules: Rules, database: Database
) -> None:
    assert not await rules.remove("nothing", by="U0LEAD", now=NOON)
    assert await deeds(database) == []


async def test_what_was_removed_is_not_brought_back_by_a_change(
    rules: Rules, database: Database
) -> None:
    assert await rules.change("gone", lambda rule: rule, by="U0LEAD", now=NOON) is None
    assert await rules.all() == []
    assert await deeds(database) == []


async def test_a_change_that_comes_twice_is_written_down_once(
    rules: Rules, database: Database
) -> None:
    await rules.put(DETECTION, by="U0LEAD", now=NOON)
    for minute in (1, 2):
        changed = await rules.change(
            DETECTION.name,
            lambda rule: replace(rule, paused=True),
            by="U0OWNER",
            now=later(minutes=minute),
        )
        assert changed == replace(DETECTION, paused=True)

    assert await rules.all() == [replace(DETECTION, paused=True)]
    assert [what for _, what, _ in await deeds(database)] == ["rule made", "rule changed"]


async def test_under_another_name_it_goes_on_where_it_was(rules: Rules, database: Database) -> None:
    """Its incident, and what it has judged."""
    await rules.put(LINE, by="U0LEAD", now=NOON)
    incidents, ledger = Incidents(database), Ledger(database)
    opened, _ = await incidents.open(
        LINE.name, "", Reading(date(2026, 10, 1), 12.0, 20.0), delivery="key", now=NOON
    )
    for name in (LINE.name, "NPS"):
        await ledger.finish(JUDGED, name, "2026-10-01", now=NOON)
    await ledger.finish(JUDGED, LINE.name, "2026-09-01", now=NOON)
    renamed = replace(LINE, name="NPS")
    await rules.put(renamed, by="U0LEAD", now=NOON, instead_of=LINE.name)

    assert await rules.all() == [renamed]
    assert await incidents.open_of(LINE.name, "") is None
    followed = await incidents.open_of("NPS", "")
    assert followed is not None
    assert followed.id == opened.id
    assert await ledger.done(JUDGED, "NPS", "2026-09-01")
    assert not await ledger.done(JUDGED, LINE.name, "2026-10-01")
    assert (await deeds(database))[-1] == ("U0LEAD", "rule changed", "NPS")
