"""Who reads what in which language."""

import asyncio
import re
from dataclasses import replace

import pytest

from bot.sandbox.server import Sandbox
from bot.sandbox.settings import Settings
from tests.end_to_end import companies
from tests.end_to_end.running import NOTICES, SUCCESS, Place, at, running, told, workspace
from tests.end_to_end.test_walk import PRESSED, answered, pressed, shown_to, stood_for, typed
from tests.integrations.vendor import says, vendor

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
    """Also when it is made because somebody who reads another one has moved the clock, and what
    a vendor's module says of why it was refused."""
    companies.write(place.folder)
    async with vendor(says({"code": "woocommerce_rest_cannot_view"}, 401)) as shop:
        keys = {"url": shop.url, "key": "ck_hush", "secret": "cs_hush"}
        sources = [companies.SOURCE, {"kind": "woocommerce", "name": "winkel", **keys}]
        async with running(place.config(sources=sources, language="nl"), NOW) as bot:
            notice = await slack.wait_for_message(NOTICES, containing="winkel", timeout=30)
            await bot.settle()
            await told(slack, "U0ADMIN", "/crr month")
            sources_of = (await told(slack, "U0LEAD", "/keeprate sources")).text
            await bot.move(MONDAY)
            [post] = place.posts(SUCCESS)

    refused = (
        "/wp-json/wc/v3/orders antwoordde 401: de sleutels worden niet aanvaard; zet geldige"
        " sleutels in config.yaml, of laat de webserver de header Authorization doorgeven aan"
        " WordPress"
    )
    assert "winkel kon niet opgehaald worden: http" in notice.text
    assert refused in notice.text
    assert refused in sources_of
    assert "36 van de 40 gebleven" in post.words()
    assert not re.search(r"\b(stayed|kept|lost|week before|as of|luck)\b", post.words())


@pytest.mark.parametrize("words", ["/crr month public", "/churn oktober openbaar"])
async def test_what_is_shared_is_in_the_language_of_the_company(
    place: Place, slack: Sandbox, words: str
) -> None:
    """Lea reads Dutch; those who read her answer with her may not."""
    companies.write(place.folder)
    async with running(place.config(sources=[companies.SOURCE], language="en"), NOW) as bot:
        await bot.pulled()
        before = len(place.posts(SUCCESS))
        await slack.person("U0LEAD").command(*words.split(" ", 1), channel=SUCCESS)
        async with asyncio.timeout(20):
            while len(place.posts(SUCCESS)) == before:  # noqa: ASYNC110  the sandbox tells nobody
                await asyncio.sleep(0.02)
        shared = place.posts(SUCCESS)[-1]

    assert "October 2026" in shared.words()
    assert "klant" not in shared.words()


ENGLISH = re.compile(
    r"\b(an|and|are|but|does|for|from|gave|has|its?|know[ns]?|more|nobody|none|not|nothing|or"
    r"|shown|than|that|the|their|there|they|this|to|when|which|who|why|will|with|you|your)\b",
    re.IGNORECASE,
)
"""Words that are no Dutch."""
PASSED_OVER = ("survey:", "score:", "subscription:preview", "pull:")
"""Buttons whose answer is in the language of the question or of the subscription, and those of held
pulls, which are for admins."""
TYPED = re.compile(r"`[^`]*`|^/[^:]*:|“[^”]*”|\"[^\"]*\"|<[^>]*>", re.MULTILINE)
"""What stays as it is typed, and what is a name."""


async def test_who_reads_dutch_is_told_nothing_in_english(place: Place, slack: Sandbox) -> None:
    """Whatever they type or press, and in App Home."""
    companies.write(place.folder)
    asking = {"person_days": 0, "customer_days": 0, "language": "nl"}
    found: dict[str, str] = {}

    def read(since: int, what: str) -> None:
        for shown in shown_to(slack, "U0LEAD", since):
            for line in TYPED.sub("", shown).splitlines():
                if ENGLISH.search(line):
                    found[line] = what

    config = place.config(
        sources=[companies.SOURCE], language="nl", asking=asking, loop={"channel": SUCCESS}
    )
    async with running(config, NOW) as bot:
        await bot.pulled()
        lead = slack.person("U0LEAD")
        for name, words in typed():
            since = slack.journal.last
            in_dutch = stood_for(words).replace("Your own question?", "Gaat het goed?")
            await lead.command(name, in_dutch, channel=SUCCESS)
            await answered(slack, "U0LEAD", since, to_all=False)
            read(since, f"{name} {words}")
        for action in (each for each in PRESSED if not each.startswith(PASSED_OVER)):
            since, _ = await pressed(bot, slack, "U0LEAD", action, PRESSED[action])
            read(since, action)
            lead._workspace.modals.clear()
        since = slack.journal.last
        lead.open_home()
        await answered(slack, "U0LEAD", since, to_all=False)
        read(since, "App Home")

    assert found == {}


async def test_a_slip_is_told_in_the_language_of_who_made_it(place: Place, slack: Sandbox) -> None:
    companies.write(place.folder)
    async with running(place.config(sources=[companies.SOURCE], language="en"), NOW) as bot:
        await bot.pulled()
        slip = (await told(slack, "U0LEAD", "/crr plan=pr")).text
        unknown = (await told(slack, "U0LEAD", "/crr mand")).text
        others = [
            (await told(slack, "U0LEAD", words)).text
            for words in ("/nps resultat", "/nps help", "/keeprate stauts", "/keeprate help")
        ]
        since, lead = slack.journal.last, slack.person("U0LEAD")
        lead.mention(SUCCESS, "dankjewel")
        others.append((await lead.wait_for_ephemeral(SUCCESS, since=since, timeout=20)).text)

    assert 'Geen klant heeft plan "pr". Er is pro' in slip
    assert "/crr help geeft de hele lijst" in slip
    assert '"mand" begrijp ik niet.' in unknown
    assert not [each for each in others if ENGLISH.search(TYPED.sub("", each))]
