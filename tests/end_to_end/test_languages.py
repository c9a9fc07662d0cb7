"""Who reads what in which language."""

import re
from dataclasses import replace

import pytest

from bot.sandbox.server import Sandbox
from bot.sandbox.settings import Settings
from tests.end_to_end import companies
from tests.end_to_end.running import SUCCESS, Place, at, running, told, workspace

NOW = at("2026-11-02T10:00")
MONDAY = at("2026-11-09T09:30")


@pytest.fixture
def settings() -> Settings:
    """Lea has set Slack to Dutch, the owner to German, and the admin to English."""
    locales = {"U0LEAD": "nl-NL", "U0OWNER": "de-DE", "U0ADMIN": "en-GB"}
    usual = workspace()
    users = (replace(user, locale=locales.get(user.id, user.locale)) for user in usual.users)
    return replace(usual, users=tuple(users))


@pytest.mark.parametrize(("language", "otherwise"), [("en", "stayed"), ("nl", "gebleven")])
async def test_who_asks_is_answered_in_the_language_of_their_slack(
    place: Place, slack: Sandbox, language: str, otherwise: str
) -> None:
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE], language=language)
    async with running(config, NOW) as bot:
        await bot.pulled()
        lead, owner, admin = [
            (await told(slack, person, "/crr month")).text
            for person in ("U0LEAD", "U0OWNER", "U0ADMIN")
        ]

    assert "Oktober 2026: CRR 90,0% (36 van de 40 gebleven)" in lead
    assert "October 2026: CRR 90.0 % (36 of 40 stayed)" in admin
    assert otherwise in owner


async def test_what_everybody_reads_is_in_the_language_of_the_company(
    place: Place, slack: Sandbox
) -> None:
    """Also when it is made because somebody who reads another one has moved the clock."""
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE], language="nl")
    async with running(config, NOW) as bot:
        await bot.pulled()
        await told(slack, "U0ADMIN", "/crr month")
        await bot.move(MONDAY)
        [post] = place.posts(SUCCESS)

    assert "36 van de 40 gebleven" in post.words()
    assert not re.search(r"\b(stayed|kept|lost|week before|as of|luck)\b", post.words())
