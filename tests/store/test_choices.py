"""What admins chose, and what is written down of it."""

from datetime import UTC, datetime

import pytest

from bot.domain.choices import Choice, Setting
from bot.store.choices import Choices
from bot.store.database import Database
from bot.store.memory import Memory
from tests.store.examples import deeds

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
NOTICES = Setting.NOTICES


@pytest.fixture
def choices(database: Database) -> Choices:
    return Choices(database)


async def test_the_newest_choice_holds_and_each_is_written_down(
    choices: Choices, database: Database
) -> None:
    assert await choices.all() == {}
    await choices.put(NOTICES, "C1", by="U1", now=NOW)
    await choices.put(NOTICES, "C2", by="U2", now=NOW)

    assert await choices.all() == {NOTICES: Choice("C2", "U2")}
    assert await deeds(database) == [
        ("U1", "setting chosen", "notices C1"),
        ("U2", "setting chosen", "notices C2, was C1"),
    ]


async def test_what_is_chosen_already_is_no_new_choice(
    choices: Choices, database: Database
) -> None:
    await choices.put(NOTICES, "C1", by="U1", now=NOW)
    await choices.put(NOTICES, "C1", by="U2", now=NOW)

    assert await choices.all() == {NOTICES: Choice("C1", "U1")}
    assert len(await deeds(database)) == 1


async def test_a_choice_is_taken_back_once(choices: Choices, database: Database) -> None:
    await choices.put(NOTICES, "C1", by="U1", now=NOW)
    await choices.end(NOTICES, by="U2", now=NOW)
    await choices.end(NOTICES, by="U2", now=NOW)

    assert await choices.all() == {}
    assert (await deeds(database))[1:] == [("U2", "setting as in config.yaml", "notices, was C1")]


async def test_a_channel_that_was_chosen_is_followed_to_its_new_id(
    choices: Choices, database: Database
) -> None:
    await choices.follow("C1", "C2")
    assert await choices.all() == {}
    await choices.put(NOTICES, "C1", by="U1", now=NOW)
    await choices.follow("C0", "C3")
    assert (await choices.all())[NOTICES].value == "C1"
    await choices.follow("C1", "C2")

    assert await choices.all() == {NOTICES: Choice("C2", "U1")}
    assert len(await deeds(database)) == 1, "nobody did that"


async def test_other_small_facts_are_no_choices(choices: Choices, database: Database) -> None:
    await Memory(database).put("chosen: tea", {"value": "green", "by": "U1"})

    assert await choices.all() == {}
