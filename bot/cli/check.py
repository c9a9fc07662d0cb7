"""`keeprate check`: every token, scope, channel and source tried once, a line each."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

import integrations
from bot.config import Config
from bot.domain.choices import Setting
from bot.domain.period import from_day_number
from bot.domain.stays import local_day
from bot.domain.tickets import What
from bot.errors import KeeprateError, SlackError
from bot.jobs.helpdesks import Helpdesk
from bot.messages.wording import LEFT_OUT, day, reasons, trusted_since
from bot.parts import sources, stores
from bot.slack.connection import fresh_socket
from bot.slack.manifest import OPTIONAL_SCOPES, SCOPES
from bot.slack.poster import Me, Slack, web_client
from integrations.errors import CredentialsRejected, IntegrationError
from integrations.records import Moment, OtherPage, Page


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of trying one thing."""

    what: str
    ok: bool
    sentence: str
    """What was found, or what is wrong and what to do."""
    needed: bool = True
    """Whether the bot can't do its work without it."""
    setting: str = ""
    """The source's setting that would mend it, where it is clear which."""
    refused: bool = False
    """Whether the source does not take the token, or what else it is asked with."""


async def findings(config: Config) -> AsyncIterator[Finding]:
    """Try everything that config.yaml names; what fails does not keep the rest from being tried."""
    trusted: dict[str, date] = {}
    store, notices = await _store(config, trusted)
    yield store
    async with AsyncExitStack() as open_:
        token = config.slack.bot_token.get_secret_value()
        client = await open_.enter_async_context(web_client(token, api_url=config.slack.api_url))
        slack = Slack(client)
        try:
            me = await slack.me()
        except SlackError as error:
            yield Finding("slack.bot_token", ok=False, sentence=str(error))
        else:
            yield Finding("slack.bot_token", ok=True, sentence=f"is of {me.team_name}")
            for finding in _scopes(me):
                yield finding
            for channel, use in _channels(config, notices):
                yield await _channel(slack, channel, use)
        if config.slack.app_token is not None and config.slack.mode == "socket":
            app_token = config.slack.app_token.get_secret_value()
            try:
                await fresh_socket(client, app_token)
            except SlackError as error:
                yield Finding("slack.app_token", ok=False, sentence=str(error))
            else:
                yield Finding("slack.app_token", ok=True, sentence="opens a socket")
    async for finding in sources_tried(config, trusted):
        yield finding


async def sources_tried(
    config: Config, trusted: Mapping[str, date] = MappingProxyType({})
) -> AsyncIterator[Finding]:
    """All that is read of each source, of which no more than a page is asked for; and since when
    its history is `trusted`, by its name, as the newest pull says."""
    zone = config.definition.definition().zone_info
    kinds = {each.name: each.kind for each in config.sources}
    async with AsyncExitStack() as open_:
        memory = None
        # A refresh token that is replaced while it is tried must not be lost.
        if any(getattr(each, "refresh_token", None) for each in config.sources):
            with suppress(KeeprateError):  # which was said of the store
                memory = (await open_.enter_async_context(stores(config))).memory
        reads = await open_.enter_async_context(sources(config, memory))
        for name, source in reads.customers.items():
            found, told = await _source(name, kinds[name], source.everything(), "customers")
            since = trusted.get(name)
            if told is not None:
                since = from_day_number(local_day(told, zone))
            if found.ok and since is not None:
                sentence = f"{found.sentence}; its history is trusted since {day(since)}"
                found = replace(found, sentence=sentence)
            yield found
        for name, counts in reads.counts.items():
            yield (await _source(name, kinds.get(name, "counts"), counts(), "counts"))[0]
        for (name, what), helpdesk in reads.helpdesks.items():
            yield await _helpdesk(name, kinds[name], what, helpdesk)


async def _store(config: Config, trusted: dict[str, date]) -> tuple[Finding, str | None]:
    """Notes as well since when sources are trusted that were pulled; and tells the channel for
    notices, which an admin may have chosen."""
    notices = config.slack.notices
    try:
        async with stores(config) as kept:
            for name, fresh in (await kept.pulls.freshness()).items():
                if (since := trusted_since(fresh)) is not None:
                    trusted[name] = since
            if chosen := (await kept.choices.all()).get(Setting.NOTICES):
                notices = chosen.value
            up_to_date = f"{kept.database.name} is up to date"
            return Finding("store", ok=True, sentence=up_to_date), notices
    except KeeprateError as error:
        return Finding("store", ok=False, sentence=str(error)), notices


def _scopes(me: Me) -> Iterator[Finding]:
    for scope, why in SCOPES.items():
        if scope not in me.scopes:
            yield Finding(
                f"scope {scope}",
                ok=False,
                sentence=f"is missing; it is needed {why}. Add it under OAuth & Permissions and"
                " install the app again.",
            )
    for scope, why in OPTIONAL_SCOPES.items():
        if scope not in me.scopes:
            sentence = f"is not given; it would serve {why}"
            yield Finding(f"scope {scope}", ok=False, sentence=sentence, needed=False)


def _channels(config: Config, notices: str | None) -> Iterator[tuple[str, str]]:
    """Each channel once, with the first thing that it is for."""
    named = [
        *([(notices, "notices")] if notices else []),
        *([(config.weekly_post.channel, "weekly post")] if config.weekly_post else []),
        *((rule.channel, f"rule {rule.name}") for rule in config.rules),
        *([(config.digest.channel, "digest")] if config.digest else []),
        *((place, "low scores") for place in _told_low_scores(config)),
    ]
    figures = dict(reversed(named))
    yield from figures.items()
    for survey in config.surveys:
        if survey.channel is not None and survey.channel not in figures:
            yield survey.channel, f"survey {survey.name}"


def _told_low_scores(config: Config) -> Iterator[str]:
    """The channels, and not the people."""
    if config.loop is not None:
        places = (config.loop.channel, *config.loop.up)
        yield from (place for place in places if not place.startswith(("U", "W")))


async def _channel(slack: Slack, channel: str, use: str) -> Finding:
    what = f"channel {channel} ({use})"
    try:
        info = await slack.channel_info(channel)
    except SlackError as error:
        return Finding(what, ok=False, sentence=str(error))
    if info.is_archived:
        return Finding(what, ok=False, sentence=f"#{info.name} is archived; name another")
    if info.is_ext_shared and not use.startswith("survey"):
        return Finding(
            what,
            ok=False,
            sentence=f"#{info.name} is shared with people from outside, who must not see figures;"
            " name another",
        )
    if not info.is_member:
        sentence = f"the bot is not in #{info.name}; type /invite @Keeprate there"
        return Finding(what, ok=False, sentence=sentence)
    return Finding(what, ok=True, sentence=f"is #{info.name}")


async def _source(
    name: str, kind: str, reading: AsyncGenerator[Page | OtherPage, None], what_of: str
) -> tuple[Finding, Moment | None]:
    """The first page is enough to see that the token, the file or the query is right; and what it
    tells of how far back its history is true."""
    what, since = f"source {name}", None
    try:
        async with aclosing(reading) as pages:
            async for page in pages:
                more = " and more to come" if isinstance(page, Page) and page.mark else ""
                empty = f"answers, with an empty first page{more}"
                found = f"gives {what_of}" if page.records else empty
                since = page.trusted_from if isinstance(page, Page) else None
                return Finding(what, ok=True, sentence=f"{found}{_left_out(page)}"), since
        return Finding(what, ok=False, sentence="has no customers; check its filter"), since
    except IntegrationError as error:
        return _failed(what, error, kind), since


def _left_out(page: Page | OtherPage) -> str:
    if not isinstance(page, Page) or not page.left_out:
        return ""
    return f"; of the first page, left out: {reasons(LEFT_OUT, page.left_out)}"


async def _helpdesk(name: str, kind: str, what: What, helpdesk: Helpdesk) -> Finding:
    """What changed in the last day: enough to see that the token may read it."""
    about = f"source {name}, {what}"
    try:
        async with aclosing(helpdesk(datetime.now(UTC) - timedelta(days=1))) as pages:
            async for page in pages:
                given = f"gives {what}" if page.records else "answers, with an empty first page"
                return Finding(about, ok=True, sentence=given)
        return Finding(about, ok=True, sentence="answers; nothing changed in the last day")
    except IntegrationError as error:
        return _failed(about, error, kind)


def _failed(what: str, error: IntegrationError, kind: str) -> Finding:
    refused = isinstance(error, CredentialsRejected)
    said = _said(error, kind)
    return Finding(what, ok=False, sentence=said, setting=error.setting, refused=refused)


def _said(error: IntegrationError, kind: str) -> str:
    """Without the source's name, which stands before it already; with what the token must be, where
    it was refused."""
    said = str(error).removeprefix(f"{error.source}: ")
    wanted = integrations.access(kind) if isinstance(error, CredentialsRejected) else ""
    return f"{said}. What it takes: {wanted}" if wanted else said
