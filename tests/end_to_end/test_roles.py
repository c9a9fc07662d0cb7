"""Who sees figures, and who is told why not."""

import pytest

from bot.sandbox.server import Sandbox
from tests.end_to_end import companies
from tests.end_to_end.running import SUCCESS, Place, at, running, told

NOW = at("2026-11-02T10:00")


async def said(place: Place, slack: Sandbox, people: dict[str, object], *asked: str) -> list[str]:
    """What /crr answers to U0LEAD in each of these channels."""
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE], people=people)
    async with running(config, NOW) as bot:
        await bot.pulled()
        return [(await told(slack, "U0LEAD", "/crr", channel=channel)).text for channel in asked]


async def test_where_nobody_is_named_figures_stay_in_their_channels(
    place: Place, slack: Sandbox
) -> None:
    there, elsewhere = await said(place, slack, {}, SUCCESS, "C0GENERAL")

    assert "CRR 90.0 %" in there
    assert "people.viewers" in elsewhere
    assert "90.0" not in elsewhere


@pytest.mark.parametrize("id", ["U0LEAD", "S0CS"])
async def test_who_is_named_alone_or_in_a_group_sees_them_anywhere(
    place: Place, slack: Sandbox, id: str
) -> None:
    [elsewhere] = await said(place, slack, {"viewers": [id]}, "C0GENERAL")

    assert "CRR 90.0 %" in elsewhere


async def test_a_group_that_is_gone_has_nobody_in_it(place: Place, slack: Sandbox) -> None:
    [elsewhere] = await said(place, slack, {"viewers": ["S0GONE"]}, "C0GENERAL")

    assert "people.viewers" in elsewhere
