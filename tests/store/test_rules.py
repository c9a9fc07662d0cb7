"""Rules that were made in Slack: one of a name, as it was set, and who did it."""

from datetime import datetime

import pytest

from bot.domain.detection import Level
from bot.domain.lines import Shape
from bot.domain.period import Kind
from bot.domain.watching import Figure, Rule
from bot.store.database import Database
from bot.store.deeds import Deeds
from bot.store.rules import Rules
from tests.store.examples import NOON, later

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


async def deeds(database: Database, since: datetime = NOON) -> list[tuple[str, str, str]]:
    return [(deed.person, deed.what, deed.about) for deed in await Deeds(database).since(since)]


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
