"""What the bot is put together from: its clock, what it keeps, what it reads outside, and how
these are joined. The command line uses the same without Slack."""

import asyncio
import hashlib
import json
import secrets
import socket
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
)
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx

import integrations
from bot.config import Config
from bot.domain.commands import MergeRecords, UndoMerge
from bot.domain.tickets import What
from bot.domain.watching import Rule
from bot.errors import (
    ConfigError,
)
from bot.jobs.chosen import Chosen
from bot.jobs.closing import Closing
from bot.jobs.count_closing import CountClosing
from bot.jobs.helpdesks import Helpdesk, Helpdesks
from bot.jobs.once import Turn
from bot.jobs.reading import Reader, Source
from bot.jobs.rules import Places, Watch
from bot.messages.blocks import Message
from bot.messages.languages import speaking
from bot.messages.merges import merged, taken_back
from bot.store.accounts import Accounts
from bot.store.asked import OptOuts
from bot.store.choices import Choices
from bot.store.closings import Closings
from bot.store.count_closings import CountClosings
from bot.store.count_figures import CountFigures
from bot.store.counts import CountStore
from bot.store.customers import Customers
from bot.store.database import Database
from bot.store.deeds import Deeds
from bot.store.definitions import Definitions
from bot.store.deliveries import Deliveries
from bot.store.figures import Figures
from bot.store.identities import kept_keys
from bot.store.incidents import Incidents
from bot.store.ledger import Ledger
from bot.store.links import Links
from bot.store.loops import Loops
from bot.store.memory import Memory
from bot.store.merges import Merges
from bot.store.named import NamedInSlack
from bot.store.pulls import Pulls
from bot.store.reasons import Reasons
from bot.store.refresh_tokens import RefreshTokens
from bot.store.results import Results
from bot.store.rules import Rules
from bot.store.scores import Scores
from bot.store.subscriptions import Subscriptions
from bot.store.surveys import Surveys
from bot.store.tickets import Tickets
from bot.store.words import Words
from integrations.http import Http, trusted
from integrations.records import OtherPage


class Clock:
    """The time, or a time that runs beside it at the same speed."""

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self.offset = offset

    @classmethod
    def beginning(cls, moment: datetime) -> "Clock":
        """Says `moment` (aware) now, and goes on from there."""
        return cls(moment - datetime.now(UTC))

    def __call__(self) -> datetime:
        """Aware, UTC."""
        return datetime.now(UTC) + self.offset


@dataclass(frozen=True)
class Stores:
    """What is kept, by what it holds."""

    database: Database
    customers: Customers
    counts: CountStore
    count_closings: CountClosings
    pulls: Pulls
    closings: Closings
    merges: Merges
    definitions: Definitions
    ledger: Ledger
    deliveries: Deliveries
    surveys: Surveys
    loops: Loops
    results: Results
    accounts: Accounts
    tickets: Tickets
    incidents: Incidents
    rules: Rules
    subscriptions: Subscriptions
    reasons: Reasons
    memory: Memory
    choices: Choices
    named: NamedInSlack
    deeds: Deeds
    links: Links
    opt_outs: OptOuts
    words: Words

    @classmethod
    def of(cls, database: Database, config: Config) -> "Stores":
        customers = Customers(
            database,
            folder=config.store.columns,
            grace_days=config.definition.grace_days,
            enriching=config.enriching(),
        )
        accounts = Accounts(database, customers, config.truth.name, config.helpdesks())
        return cls(
            database=database,
            customers=customers,
            counts=CountStore(database),
            count_closings=CountClosings(database),
            pulls=Pulls(database),
            closings=Closings(database),
            merges=Merges(database),
            definitions=Definitions(database),
            ledger=Ledger(database),
            deliveries=Deliveries(database),
            surveys=Surveys(database),
            loops=Loops(database, accounts),
            results=Results(database, accounts),
            accounts=accounts,
            tickets=Tickets(database),
            incidents=Incidents(database),
            rules=Rules(database),
            subscriptions=Subscriptions(database),
            reasons=Reasons(database),
            memory=Memory(database),
            choices=Choices(database),
            named=NamedInSlack(database),
            deeds=Deeds(database),
            links=Links(database),
            opt_outs=OptOuts(database),
            words=Words(database),
        )


@asynccontextmanager
async def stores(config: Config) -> AsyncIterator[Stores]:
    """Opened and brought up to date; closed when all that was asked for is written."""
    database = await asyncio.to_thread(Database.open, config.store.url.get_secret_value())
    try:
        yield Stores.of(database, config)
    finally:
        await database.close()


CountSource = Callable[[], AsyncGenerator[OtherPage, None]]
"""Begins to read how many customers there are."""


@dataclass(frozen=True)
class Sources:
    """What can be read outside."""

    customers: dict[str, Source]
    """By the source's name."""
    counts: dict[str, CountSource]
    """By the name of the counts."""
    helpdesks: dict[tuple[str, What], Helpdesk]
    """By the source's name and what is read of it."""
    way_of: dict[str, Http]
    """By the source's name: the way to its account."""


@asynccontextmanager
async def sources(config: Config, memory: Memory | None) -> AsyncIterator[Sources]:
    """They share one HTTP client; all that read one account share its pace. Without `memory`, which
    is None where there is no store, refresh tokens that vendors change are lost."""
    tokens = None if memory is None else RefreshTokens(memory)
    async with httpx.AsyncClient(verify=trusted(), follow_redirects=False) as client:
        https = _by_name(config, partial(Http, client, refresh_tokens=tokens))
        defined = [config.as_defined(each) for each in config.sources]
        begin = {What.TICKETS: integrations.tickets, What.RATINGS: integrations.ratings}
        yield Sources(
            customers={
                each.name: _source(each, https[each.name], config)
                for each in defined
                if "customers" in each.readings()
            },
            counts={
                name: partial(integrations.read_counts, each, https[each.name])
                for name, each in config.counting.items()
            },
            helpdesks={
                (each.name, what): partial(begin[what], each, https[each.name])
                for each in defined
                for what in What
                if what.value in each.readings()
            },
            way_of=https,
        )


def _by_name(config: Config, make: Callable[..., Http]) -> dict[str, Http]:
    """One for each account, by the names of all sources that read it."""
    paces: dict[tuple[str, ...], float] = {}
    for each in config.sources:
        paces[each.seen_as()] = min(each.pace(), paces.get(each.seen_as(), each.pace()))
    by_account = {account: make(requests_per_second=pace) for account, pace in paces.items()}
    return {each.name: by_account[each.seen_as()] for each in config.sources}


def _source(settings: integrations.base.Settings, http: Http, config: Config) -> Source:
    given = settings.model_dump(mode="json", exclude={"requests_per_second"})
    asked = [given, sorted(kept_keys(config.enriching()[config.truth.name]))]
    incremental = integrations.incremental(settings)
    return Source(
        everything=partial(integrations.customers, settings, http),
        changes=partial(integrations.changes, settings, http) if incremental else None,
        asked=hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16],
        after=partial(integrations.customers, settings, http),
    )


@asynccontextmanager
async def at_rest(config: Config, *, clock: Clock) -> AsyncIterator[Stores]:
    """What can be changed without Slack. What is to be told of it waits for the bot that runs."""
    async with stores(config) as kept:
        yield kept
        language = await Chosen(config, kept.choices).language()
        with speaking(language):
            await count_closing(config, kept, clock).close()
        if config.counts_only:
            return
        name = config.truth.name
        figures = Figures(name, kept.customers, config.definition_of(name))
        with speaking(language):
            await closing_of(config, kept, figures, clock).close()
        await figures.load()  # kept beside the database: nobody's question has to wait for them


@asynccontextmanager
async def offline(config: Config, *, clock: Clock) -> AsyncIterator[Reader]:
    """What can be pulled without Slack, as `at_rest`."""
    async with reading(config, clock=clock) as (reader, _):
        yield reader


@asynccontextmanager
async def reading(config: Config, *, clock: Clock) -> AsyncIterator[tuple[Reader, Helpdesks]]:
    """The same, with what can be read of helpdesks."""
    async with at_rest(config, clock=clock) as kept, sources(config, kept.memory) as reads:
        turn = turn_of(kept, clock)
        with speaking(await Chosen(config, kept.choices).language()):  # notices are for a channel
            yield reader_of(config, kept, reads, turn), helpdesks_of(config, kept, reads, turn)


def turn_of(kept: Stores, clock: Clock) -> Turn:
    # Unlike a process number, no other process ever has this name.
    return Turn(kept.ledger, f"{socket.gethostname()}:{secrets.token_hex(4)}", clock)


def helpdesks_of(config: Config, kept: Stores, reads: Sources, turn: Turn) -> Helpdesks:
    return Helpdesks(
        helpdesks=reads.helpdesks,
        tickets=kept.tickets,
        deliveries=kept.deliveries,
        definition=config.definition.definition(),
        turn=turn,
        back=timedelta(days=config.tickets.back_days),
        notices=Chosen(config, kept.choices).notices,
    )


def reader_of(config: Config, kept: Stores, reads: Sources, turn: Turn) -> Reader:
    return Reader(
        sources=reads.customers,
        counting=reads.counts,
        counts=kept.counts,
        definition=config.definition.definition(),
        definitions={name: config.definition_of(name) for name in reads.customers},
        customers=kept.customers,
        pulls=kept.pulls,
        deliveries=kept.deliveries,
        deeds=kept.deeds,
        turn=turn,
        names=config.people.names == "viewers",
        hold_share=config.pull.hold_share,
        full_every=timedelta(days=config.pull.full_every_days),
        kept_keys=kept_keys(config.enriching()[config.truth.name]),
        notices=Chosen(config, kept.choices).notices,
    )


def closing_of(config: Config, kept: Stores, figures: Figures, clock: Clock) -> Closing:
    return Closing(
        figures=figures,
        customers=kept.customers,
        pulls=kept.pulls,
        closings=kept.closings,
        merges=kept.merges,
        definitions=kept.definitions,
        clock=clock,
        settle=timedelta(hours=config.definition.settle_hours),
        channel=Chosen(config, kept.choices).restatements,
    )


def counts_called(name: str, config: Config, kept: Stores) -> CountFigures:
    return CountFigures(name, kept.counts, kept.count_closings, config.definition.definition())


def count_closing(config: Config, kept: Stores, clock: Clock) -> CountClosing:
    names = {*config.counting, config.counted_as, counts_of(config, config.truth.name)}
    return CountClosing(
        names=sorted(names),
        closings=kept.count_closings,
        definition=config.definition.definition(),
        clock=clock,
        settle=timedelta(hours=config.definition.settle_hours),
        channel=Chosen(config, kept.choices).restatements,
    )


def watch_of(rule: Rule, config: Config, kept: Stores, figures: Figures, turn: Turn) -> Watch:
    return Watch(
        rule=rule,
        figures=figures,
        incidents=kept.incidents,
        reasons=kept.reasons,
        results=kept.results,
        surveys=kept.surveys,
        pulls=kept.pulls,
        memory=kept.memory,
        database=kept.database,
        turn=turn,
        places=Places(config.hours_of, Chosen(config, kept.choices).notices),
        satisfied=config.results.csat_from,
        counted=counts_called(counts_of(config, config.truth.name), config, kept),
        tickets=kept.tickets,
        rated_in=[each.name for each in config.sources if "ratings" in each.readings()],
    )


async def backtests(config: Config, name: str, *, clock: Clock) -> list[Message]:
    """What each rule that speaks of more than luck would have said, or the one of this name.

    Raises ConfigError if there is none.
    """
    async with stores(config) as kept:
        figures = Figures(config.truth.name, kept.customers, config.definition.definition())
        known = [*config.watched, *await kept.rules.all()]
        by_luck = [rule for rule in known if rule.by_luck and name in ("", rule.name)]
        if not by_luck:
            names = ", ".join(rule.name for rule in known if rule.by_luck) or "none"
            raise ConfigError(f"There is no such detection to test; there is {names}.")
        turn = turn_of(kept, clock)
        return [await watch_of(rule, config, kept, figures, turn).backtest() for rule in by_luck]


async def merge(
    config: Config, kept: Stores, said: MergeRecords | UndoMerge, *, by: str, clock: Clock
) -> Message:
    """Say which customer a record is, or take that back; `by` is as in the audit."""
    source = config.truth.name
    if isinstance(said, UndoMerge):
        return taken_back(await kept.merges.undo(source, said.old, by=by, now=clock()))
    return merged(await kept.merges.merge(source, said.old, said.new, by=by, now=clock()))


def scores_of(config: Config, kept: Stores, figures: Figures) -> Scores:
    """What answers say, as config.yaml wants it told."""
    settings = config.results
    return Scores(
        results=kept.results,
        loops=kept.loops,
        figures=figures,
        rule=settings.account_speaks_by,
        agent_minimum=settings.agent_minimum,
        satisfied=settings.csat_from,
        named=settings.themes,
    )


def counts_of(config: Config, source: str) -> str:
    """What the counts are called that stand beside the figures of a source."""
    own = f"{source} counts"
    return own if own in config.counting else config.counted_as
