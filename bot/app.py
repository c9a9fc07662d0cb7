"""Everything is put together here, and only here."""

import asyncio
import ctypes
from collections.abc import (
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    Set,
)
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import partial, wraps
from itertools import chain, repeat
from time import monotonic
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Config
from bot.domain.audit import Deed
from bot.domain.channels import Fate
from bot.domain.commands import MergeRecords, UndoMerge
from bot.domain.incidents import Incident
from bot.domain.roles import Named, Role
from bot.domain.surveys import Ask, Scale
from bot.domain.watching import Rule
from bot.errors import (
    KeeprateError,
    Misunderstood,
    SlackError,
)
from bot.jobs import once, reminders, weekly_post
from bot.jobs.asked_by_hand import AskedByHand
from bot.jobs.asking import Asking
from bot.jobs.chosen import Chosen
from bot.jobs.coming import ComingRounds
from bot.jobs.delivery import Outbox
from bot.jobs.digest import post_digest
from bot.jobs.editions import Editions
from bot.jobs.elsewhere import Elsewhere, called
from bot.jobs.exports import Exports
from bot.jobs.health import Health
from bot.jobs.homes import Homes
from bot.jobs.in_force import in_force
from bot.jobs.linking import Linking
from bot.jobs.loops import LowScores, Route
from bot.jobs.pull import Outcome
from bot.jobs.reminders import Reminders
from bot.jobs.rules import Watch
from bot.jobs.schedule import (
    SINCE,
    Job,
    Occurrence,
    look_again,
    newest_occurrence,
    scheduler,
)
from bot.jobs.subscribed import FIXED, Subscribed
from bot.jobs.survey_jobs import SurveyJobs
from bot.jobs.watches import Watches
from bot.jobs.working import Working, again_and_again, guarded
from bot.listeners import (
    alerts,
    channels,
    churn,
    crr,
    home,
    keeprate,
    loops,
    mentions,
    named,
    pulls,
    restatements,
    rules,
    settings,
    subscriptions,
    surveys,
)
from bot.listeners.answer_pages import AnswerPages
from bot.listeners.counting import CountDesk
from bot.listeners.people import People
from bot.listeners.results import ResultsDesk
from bot.messages import causes
from bot.messages import keeprate as messages
from bot.messages import surveys as survey_messages
from bot.messages.blocks import Block, Message
from bot.messages.counting import home_lines
from bot.messages.episodes import Said
from bot.messages.languages import speaking
from bot.messages.merges import merges_list
from bot.messages.named import named_blocks
from bot.messages.settings import settings_blocks
from bot.messages.sources import settings_answer
from bot.messages.weekly import Line
from bot.parts import (
    Clock,
    Sources,
    Stores,
    closing_of,
    count_closing,
    counts_called,
    counts_of,
    helpdesks_of,
    merge,
    reader_of,
    scores_of,
    turn_of,
    watch_of,
)
from bot.slack.bolt import InFlight
from bot.slack.poster import Me, Slack
from bot.store import naming
from bot.store.answer_links import AnswerLinks
from bot.store.count_figures import CountFigures
from bot.store.deliveries import Delivery, DeliveryState, Instead
from bot.store.figures import Figures
from bot.store.incidents import Also

log = structlog.get_logger()

CATCH_UP_EVERY = 600.0
"""Seconds between looks for what is due and was not done, such as a source that was away."""

CATCH_UP_SOON = once.LEASE.total_seconds() + 10.0
"""Seconds to the second look: who died before us may have left a claim, which has run out then."""

OTHER_RULES = "other rules"
"""The job that follows what is not in config.yaml."""

DOINGS_KEPT = timedelta(days=5 * 366)
"""How long we know what was done. The rarest of schedules comes every four years."""

_LOW_SCORES_EVERY = 2.0
"""Seconds between looks for low scores that nobody was told of."""

_HOMES_EVERY = 2.0
"""Seconds between looks whether App Home shows what is so."""

_HOME_LISTED = 4
"""Posts and rules that App Home shows; commands show more."""

_OUTBOX_EVERY = 5.0
"""Seconds between looks for deliveries that another process put there."""


P = ParamSpec("P")
T = TypeVar("T")
_Method = Callable[Concatenate["Keeprate", P], Coroutine[Any, Any, T]]


def _to_everybody(method: _Method[P, T]) -> _Method[P, T]:
    """What it makes is for a channel: in the company's language, and with the names that everybody
    may read, whoever pressed the button."""

    @wraps(method)
    async def spoken(bot: "Keeprate", /, *args: P.args, **kwargs: P.kwargs) -> T:
        with speaking(bot.language), naming.for_everybody():
            return await method(bot, *args, **kwargs)

    return spoken


class Keeprate:
    """The running bot: what it keeps, what it does when, and how it speaks."""

    def __init__(
        self,
        config: Config,
        kept: Stores,
        slack: Slack,
        reads: Sources,
        *,
        client: AsyncWebClient,
        clock: Clock,
    ) -> None:
        self.config = config
        self.kept = kept
        self.slack = slack
        self.client = client
        self.clock = clock
        self.definition = config.definition_of(config.truth.name)
        self.figures = Figures(
            config.truth.name, kept.customers, self.definition, counts_only=config.counts_only
        )
        self.turn = turn_of(kept, clock)
        self._wake = asyncio.Event()
        self._subscriptions_changed = asyncio.Event()
        self.chosen = Chosen(config, kept.choices)
        self.language: str = config.language
        """Of what everybody reads; see `follow_settings`."""
        self.elsewhere = Elsewhere(
            config,
            kept.deliveries,
            kept.subscriptions,
            kept.rules,
            kept.memory,
            self.chosen.notices,
            clock,
            self._wake.set,
        )
        self.outbox = Outbox(
            kept.deliveries,
            slack,
            holder=self.turn.holder,
            clock=clock,
            lost=self._instead,
            where=self.elsewhere.where,
        )
        web_url = config.asking.web_url
        self.pages = AnswerLinks(kept.database, web_url) if web_url else None
        self.answer_pages: AnswerPages | None = None
        """Once it listens, where pages are served."""
        self.answered_lately: dict[str, Ask] = {}
        """See `SurveyDesk.asks`."""
        self.linking = self._linking()
        self.asking = Asking(
            database=kept.database,
            slack=slack,
            last_rated=kept.results.last_rated,
            last_rated_by=kept.results.last_rated_by,
            budget=config.asking.budget(),
            zone=self.definition.zone_info,
            clock=clock,
            where=self.elsewhere.where,
            languages=self.elsewhere.languages,
            language=config.asking.language,
            replies=config.asking.replies,
            pages=self.pages,
            of_segment=self.linking.channels_of,
        )
        self.reader = reader_of(config, kept, reads, self.turn)
        self.helpdesks = helpdesks_of(config, kept, reads, self.turn)
        self.closing = closing_of(config, kept, self.figures, clock)
        self.counts_closing = count_closing(config, kept, clock)
        self.low_scores = self._low_scores()
        self.editions = self._editions()
        self.subscribed = Subscribed(
            config,
            kept.subscriptions,
            kept.memory,
            self.editions,
            clock,
            self.note,
            self._spoken,
            self._wake.set,
        )
        if config.people.names == "owners":
            kept.customers.limit_names(self._names_allowed)
        self._people: People | None = None
        self._subscribed_in: frozenset[str] = frozenset()
        """The channels that are subscribed to something."""
        self._home: home.HomeDesk | None = None
        self._homes_of: Homes | None = None
        self.watches = Watches(
            {rule.name: self._watch(rule) for rule in config.watched},
            kept.rules,
            kept.incidents,
            self._watch,
            clock,
        )
        self.in_flight = InFlight()
        """The listeners that run now: people wait for what they answer."""
        self.jobs = list(self._jobs())
        self.coming = ComingRounds(
            config.surveys,
            {job.name: job for job in self.jobs},
            self.asking,
            self.figures,
            self.turn,
        )
        self._catching_up = asyncio.Lock()
        self._languages: Mapping[str, str] = config.asking.languages
        """By channel, as `Elsewhere.languages`: what is said at once cannot wait for the store."""
        self._clockwork: AsyncIOScheduler | None = None
        self._working = Working()

    def listen(self, app: AsyncApp, me: Me, removed: Callable[[str], None]) -> None:
        """Give every feature its listeners; clicks on scores first, because they cannot wait.

        `removed` is told when the workspace has taken the app out.
        """
        people = self._people = People(self.slack, me.team, self.config.access(), self._spoken)
        asked = AskedByHand(
            self.asking, self.kept.deliveries, self.slack, self.outbox.deliver_waiting, self.note
        )
        asking = surveys.SurveyDesk(
            self.kept.surveys,
            self.kept.opt_outs,
            self.slack,
            people,
            asked.ask,
            self.asking.preview,
            self.coming.of,
            self.kept.customers.names,
            self.definition,
            ResultsDesk(scores_of(self.config, self.kept, self.figures), self.clock),
            self.clock,
            self._language_in,
            timedelta(hours=self.config.asking.comment_hours),
            self.config.asking.layout,
            self.pages,
            self.answered_lately,
            once=partial(self.turn.once, "asked with a button"),
        )
        if self.pages is not None:
            self.answer_pages = AnswerPages(asking, self.pages)
        surveys.register(app, asking, replies=self.config.asking.replies)
        churning = churn.ChurnDesk(
            self.figures,
            self.kept.pulls,
            self.kept.reasons,
            self.kept.results,
            self.slack,
            people,
            self.clock,
        )
        desks: dict[str, crr.Answering] = {}
        desks |= {name: self._desk(name, churning) for name in self.config.with_customers}
        desks |= {name: self._count_desk(name) for name in self.config.counting}
        desk = crr.Reception(desks[self.config.truth.name], desks)
        crr.register(app, desk, self.slack, people)
        churn.register(app, churning)
        alerts.register(
            app,
            alerts.AlertDesk(
                incidents=self.kept.incidents,
                slack=self.slack,
                people=people,
                definition=self.definition,
                clock=self.clock,
                telling=self.telling,
                left=self.watches.left_in,
                explain=self.explain_losses,
                told=self._wake.set,
                reasons=self.config.alerts.reasons,
            ),
        )
        rule_desk = rules.RuleDesk(
            rules=self.kept.rules,
            fixed=self.config.watched,
            slack=self.slack,
            people=people,
            clock=self.clock,
            sees=lambda rule: self._watch(rule).sees(),
            backtest=lambda rule: self._watch(rule).backtest(),
            counts_only=self.config.counts_only,
        )
        rules.register(app, rule_desk)
        subscribing = self._subscription_desk(people)
        subscriptions.register(app, subscribing)
        health = self._health()
        running = keeprate.KeeprateDesk(
            slack=self.slack,
            people=people,
            sources=self.config.pulled,
            definition=self.definition,
            status=health.status,
            pull=self.pull_and_tell,
            rules=rule_desk.list,
            note=self.note,
            merge=self.merge,
            merges=self.merges,
            link=self.linking.change,
            links=self.linking.listed,
            subscribe=subscribing.answer,
            listed=health.listed,
            unfit=health.unfit,
            settings=self.show_settings,
            export=self._exports().send,
            lists=Role.VIEWER if self.config.people.names == "viewers" else Role.ADMIN,
        )
        keeprate.register(app, running)
        pulls.register(
            app,
            pulls.PullDesk(self.slack, people, self.decide_held, self.reader.missing),
        )
        named.register(
            app, named.NamedDesk(self.slack, people, self.kept.named.all, self.name_people)
        )
        settings.register(
            app,
            settings.SettingsDesk(
                slack=self.slack,
                people=people,
                choices=self.kept.choices,
                value=self.chosen.value,
                configured=self.chosen.configured,
                follow=self.follow_settings,
                where=self.elsewhere.where,
                clock=self.clock,
            ),
        )
        restatements.register(
            app, restatements.RestatementDesk(self.slack, people, self.list_restated)
        )
        loops.register(
            app,
            loops.LoopDesk(
                loops=self.kept.loops,
                slack=self.slack,
                people=people,
                causes=(self.config.loop and self.config.loop.causes) or causes.USUAL,
                concerns=self.low_scores.concerns,
                reply=self.low_scores.reply,
                show=self.follow_low_scores,
                note=self.note,
                clock=self.clock,
            ),
        )
        homes = self._homes(me, partial(self._home_settings, subscribing, rule_desk))
        self._homes_of = homes
        self._home = home.HomeDesk(
            slack=self.slack,
            people=people,
            draw=homes.draw,
            version=homes.version,
            accounts=homes.accounts,
            choose=homes.choose,
            decide=partial(self._decide_failed, homes),
        )
        home.register(app, self._home)
        commands = {
            "/crr": crr.spoken(desk, self.slack, people),
            "/churn": churn.spoken(churning),
            "/keeprate": keeprate.spoken(running),
            **{f"/{scale}": surveys.spoken(asking, scale) for scale in Scale},
        }
        mentions.register(app, self.slack, people, me.person, commands, surveys.answered(asking))
        channels.register(app, people, me.person, self.channel_befell, removed)
        app.error(self._on_error)

    def _desk(self, source: str, churning: churn.ChurnDesk) -> crr.Answering:
        figures = self.figures
        left: crr.Left | None = churning.left
        if source != figures.source:
            left = None
            figures = Figures(source, self.kept.customers, self.config.definition_of(source))
        counting = self._count_desk(counts_of(self.config, source))
        return crr.Desk(figures, self.kept.pulls, self.kept.closings, self.clock, counting, left)

    def _beside(self, source: str) -> CountFigures:
        return self._counts_called(counts_of(self.config, source))

    def _count_desk(self, name: str) -> CountDesk:
        return CountDesk(
            self._counts_called(name),
            self.kept.counts,
            self.kept.pulls,
            self.clock,
            self._close_counts,
        )

    async def keep_going(self, stop: asyncio.Event) -> None:
        """Run the schedule and the outbox until `stop`. What runs then is for `finish` to end."""
        self._working.start(guarded("loading figures", self._load_figures))
        await guarded("planned questions", self._withdraw_planned)
        clockwork = self._clockwork = scheduler(self.jobs, self._start_job, self.clock)
        clockwork.start()
        looks = chain([CATCH_UP_SOON], repeat(CATCH_UP_EVERY))
        self._working.start(again_and_again(self.catch_up, looks, stop))
        self._working.start(
            again_and_again(self.outbox.deliver_waiting, repeat(_OUTBOX_EVERY), stop, self._wake)
        )
        self._working.start(
            again_and_again(
                self.post_subscribed,
                self.subscribed.until_next(),
                stop,
                self._subscriptions_changed,
            )
        )
        every = repeat(_LOW_SCORES_EVERY)
        self._working.start(again_and_again(self.follow_low_scores, every, stop))
        self._working.start(again_and_again(self._follow_homes, repeat(_HOMES_EVERY), stop))
        await stop.wait()
        clockwork.shutdown(wait=False)

    async def finish(self, seconds: float) -> None:
        """Let everything that runs end; what takes longer is broken off, and done another time."""
        self.reader.break_off()
        await self._working.end(seconds)

    @_to_everybody
    async def catch_up(self) -> None:
        """Do what is due and was not done, whether we were down or it went wrong.

        Returns when it is done, by this call or by one before it.
        """
        async with self._catching_up:
            await self.reader.first()
            await self.helpdesks.first()
            await self._close()
            for job in self.jobs:
                await self.run_job(job)
            await guarded("subscriptions", partial(self.post_subscribed, missed=True))
            await guarded("low scores", self.follow_low_scores)
            await guarded("languages", self._follow_languages)

    async def clock_moved(self) -> None:
        """For who set the clock forward: return when what is due by now was done and posted."""
        self.slack.clock_moved()
        if self._clockwork is not None:
            # First, so that what falls due while we catch up is the scheduler's.
            look_again(self._clockwork)
        await self.catch_up()
        await self.outbox.deliver_waiting()
        while await self._is_posting():  # who posts it may be another process
            await asyncio.sleep(0.01)
            await self.outbox.deliver_waiting()

    @_to_everybody
    async def run_job(self, job: Job) -> None:
        """Do what `job` is due for, unless it was done or was due before we knew the job."""
        now = self.clock()
        occurrence = newest_occurrence(job, now)
        if occurrence is not None and occurrence.at >= await self._known_since(job, now):
            await guarded(job.name, partial(job.run, occurrence))
            self._wake.set()

    async def _withdraw_planned(self) -> None:
        """Of rounds that somebody took out of config.yaml while they went on."""
        names = [survey.name for survey in self.config.surveys]
        if withdrawn := await self.kept.surveys.withdraw_all_but(names):
            log.info("planned questions withdrawn", questions=withdrawn)

    @_to_everybody
    async def decide_held(self, pull: int, believe: bool, person: str) -> Message:
        """Believe or discard a held pull; the message says what it has become."""
        told = await self.reader.decide(pull, believe=believe, person=person)
        await guarded("closing", self.closing.close)
        self._wake.set()
        return told

    async def list_restated(self, which: Mapping[str, Any], first: int) -> Message:
        """All that a restatement was about, from this line on."""
        closing = self.counts_closing if "counts" in which else self.closing
        return await closing.listed(which, first)

    async def note(self, person: str, what: str, about: str) -> None:
        """Write down who did what, to what."""
        await self.kept.deeds.put(Deed(self.clock(), person, what, about))

    @_to_everybody
    async def telling(self, incident: Incident, person: str, what: str, story: Message) -> Also:
        return await self.watches.telling(incident, person, what, story)

    @_to_everybody
    async def explain_losses(
        self, incident: Incident, said: Sequence[Said], person: str, story: Message
    ) -> None:
        await self.watches.explain(incident, said, person, story)

    @_to_everybody
    async def follow_low_scores(self) -> None:
        """Tell of new ones, send up what waited, and bring messages up to date."""
        if await self.low_scores.look():
            self._wake.set()

    async def sight(self, today: date) -> str:
        """As `Watches.sight`; "" where luck cannot be judged, because nobody knows who left."""
        return "" if self.config.counts_only else await self.watches.sight(today)

    def _watch(self, rule: Rule) -> Watch:
        return watch_of(rule, self.config, self.kept, self.figures, self.turn)

    async def pull_and_tell(self, names: Sequence[str], tell: mentions.Tell) -> Message:
        busy = [name for name in names if name in self.reader.running]
        if busy:
            return messages.pull_running(busy)
        self.reader.running.update(names)
        self._working.start(guarded("pull", partial(self._pull_and_tell, names, tell)))
        return messages.pull_started(names)

    async def merge(self, said: MergeRecords | UndoMerge, person: str) -> Message:
        """Of the first source: what a customer is elsewhere is only matched with it."""
        told = await merge(self.config, self.kept, said, by=person, clock=self.clock)
        await self._close()
        return told

    async def merges(self, first: int) -> Message:
        known = await self.kept.merges.known(self.config.truth.name)
        return merges_list(known, self.definition, first=first)

    async def post_subscribed(self, *, missed: bool = False) -> None:
        """As `Subscribed.look`; where figures are posted, people may ask for them too. And what
        another process was told of people and channels meanwhile holds here from now on."""
        self._subscribed_in = await self.subscribed.look(missed=missed)
        await self.follow_settings()
        self.answered_lately.clear()  # in another process a channel may have been linked

    def _subscription_desk(self, people: People) -> subscriptions.SubscriptionDesk:
        return subscriptions.SubscriptionDesk(
            subscriptions=self.kept.subscriptions,
            fixed=self.subscribed.fixed,
            slack=self.slack,
            people=people,
            definition=self.definition,
            language=self._spoken,
            clock=self.clock,
            planned=self.subscribed.planned,
            known=self.subscribed.known,
            preview=self.subscribed.preview,
            rest=self.editions.rest,
            send=self.subscribed.send,
            pause_fixed=self.subscribed.pause_fixed,
            where=self.elsewhere.where,
            changed=self._subscriptions_changed.set,
            note=self.note,
        )

    def _editions(self) -> Editions:
        material = weekly_post.Material(
            figures=self.figures,
            pulls=self.kept.pulls,
            closings=self.kept.closings,
            reasons=self.kept.reasons,
            scores=scores_of(self.config, self.kept, self.figures),
            incidents=self.kept.incidents,
            loops=self.kept.loops,
            sight=self.sight,
        )
        return Editions(
            material=material,
            definitions=self.kept.definitions,
            deliveries=self.kept.deliveries,
            turn=self.turn,
            counted=self._counted() if self.config.counts_only else None,
            beside=self._beside(self.config.truth.name),
        )

    async def show_settings(self, role: Role) -> Message:
        access = self._people.access if self._people else self.config.access()
        return settings_answer(
            in_force(self.config, access, await self.kept.choices.all()),
            may_change=role >= Role.OPERATOR,
            may_choose=role >= Role.ADMIN,
            may_name=role >= Role.ADMIN and bool(access.admins),
        )

    async def name_people(self, shown: Named, wanted: Named, person: str) -> None:
        """As `NamedInSlack.put`; whoever has App Home open sees what they may."""
        await self.kept.named.put(wanted, shown=shown, by=person, at=self.clock())
        await self.follow_settings()

    def _spoken(self) -> str:
        return self.language

    async def follow_settings(self) -> None:
        """As they are kept: another process may have been told."""
        self.language = await self.chosen.language()
        if self._people is not None:
            self._people.name(await self.kept.named.all())
            notices = await self.chosen.notices()
            self._people.post_in(self._subscribed_in | ({notices} if notices else set()))

    def _exports(self) -> Exports:
        kept = self.kept
        return Exports(
            self.figures, kept.customers, kept.results, self.slack, self.clock, self.note
        )

    def _health(self) -> Health:
        return Health(
            self.config,
            self.definition,
            self.kept.pulls,
            self.kept.tickets,
            self.kept.deliveries,
            self.kept.customers,
            self.figures,
            self.jobs,
            self.reader.so_far,
            self.clock,
            self.subscribed.every,
        )

    def _linking(self) -> Linking:
        return Linking(
            self.figures,
            self.kept.links,
            self.slack,
            self._is_ours,
            self.clock,
            self.answered_lately.clear,
        )

    def _homes(self, me: Me, settings: Callable[[Role], Awaitable[Sequence[Block]]]) -> Homes:
        return Homes(
            figures=self.figures,
            pulls=self.kept.pulls,
            tickets=self.kept.tickets,
            incidents=self.kept.incidents,
            loops=self.kept.loops,
            deliveries=self.kept.deliveries,
            memory=self.kept.memory,
            deeds=self.kept.deeds,
            lines=self._home_lines,
            counted=self._home_counts,
            settings=settings,
            person=self.slack.person_info,
            concerns=self.low_scores.concerns,
            what=called,
            url=me.url,
            owner_field=self.config.owner_field,
            known=self.config.owners,
            clock=self.clock,
        )

    async def _home_lines(self, today: date, wanted: Mapping[str, str]) -> Sequence[Line]:
        if self.config.counts_only:
            return ()
        return await weekly_post.lines(self.figures, self.kept.closings, today=today, wanted=wanted)

    async def _home_counts(self, today: date) -> Sequence[str]:
        if not self.config.counts_only:
            return ()
        return home_lines(await weekly_post.count_lines(self._counted(), today=today))

    async def _home_settings(
        self, subscribing: subscriptions.SubscriptionDesk, watching: rules.RuleDesk, role: Role
    ) -> Sequence[Block]:
        """What is posted and what is watched, for who may change it."""
        if role < Role.OPERATOR:
            return ()
        subscribed = await subscribing.list(most=_HOME_LISTED)
        access = subscribing.people.access
        shown = [*subscribed.blocks, *(await watching.list(most=_HOME_LISTED)).blocks]
        if role >= Role.ADMIN:
            shown += settings_blocks(await self.kept.choices.all(), self.chosen.configured)
            shown += named_blocks(access) if access.admins else ()
        return shown

    async def _decide_failed(self, homes: Homes, key: str, again: bool, person: str) -> Message:
        told = await homes.decide(key, again, person)
        self._wake.set()
        return told

    async def _names_allowed(self, customers: Iterable[int]) -> Set[int]:
        """To admins all, to others their own, and to everybody none."""
        who = naming.asker()
        if who is None or self._homes_of is None:
            return frozenset()
        if who.sees_all:
            return frozenset(customers)
        return await self._homes_of.owned(who.person, customers)

    async def _load_figures(self) -> None:
        """No question, and no App Home, waits for what all of them begin with."""
        await self.figures.load()
        if self._homes_of is not None:
            await self._homes_of.prepare()
        await asyncio.to_thread(_give_back)

    async def _follow_homes(self) -> None:
        """Bring App Home up to date for who looks at it."""
        if self._home is not None:
            await self._home.follow()

    def _low_scores(self) -> LowScores:
        settings = self.config.loop
        return LowScores(
            database=self.kept.database,
            loops=self.kept.loops,
            results=self.kept.results,
            surveys=self.kept.surveys,
            deliveries=self.kept.deliveries,
            memory=self.kept.memory,
            figures=self.figures,
            route=Route(
                channel=settings.channel,
                owner_field=settings.owner,
                people=self.config.owners,
                after=timedelta(hours=settings.hours),
                up=settings.up,
            )
            if settings
            else None,
            helpdesks=sorted({name for name, _ in self.helpdesks.helpdesks}),
            is_ours=self._is_ours,
            with_email=self._with_email,
            clock=self.clock,
        )

    async def _is_ours(self, person: str) -> bool:
        return self._people is not None and await self._people.are_ours(person)

    async def _with_email(self, email: str) -> str:
        return await self._people.with_email(email) if self._people is not None else ""

    def _counted(self) -> CountFigures:
        return self._counts_called(self.config.counted_as)

    def _counts_called(self, name: str) -> CountFigures:
        return counts_called(name, self.config, self.kept)

    def _jobs(self) -> Iterator[Job]:
        config, zone = self.config, self.config.definition.zone
        yield Job("pull", config.pull.cron, zone, self._pull_due)
        if self.helpdesks.helpdesks:
            yield Job("tickets", config.tickets.cron, zone, self._tickets_due)
        for rule in config.rules:
            yield Job(f"rule {rule.name}", rule.cron, zone, self.watches.fixed[rule.name].check)
        yield Job(OTHER_RULES, "30 8 * * *", zone, self.watches.check_others)
        if config.weekly_post:
            yield Job(FIXED, config.weekly_post.cron, zone, self.subscribed.post_fixed)
        if config.digest:
            digest = partial(
                post_digest,
                cron=config.digest.cron,
                channel=config.digest.channel,
                scores=scores_of(config, self.kept, self.figures),
                customers=self.kept.customers,
                deliveries=self.kept.deliveries,
                memory=self.kept.memory,
                turn=self.turn,
            )
            yield Job("digest", config.digest.cron, zone, digest)
        if config.asking.remind_days:
            reminding = Reminders(
                database=self.kept.database,
                days=config.asking.remind_days,
                zone=self.definition.zone_info,
                clock=self.clock,
                pages=self.pages,
            )
            yield Job("reminders", reminders.EVERY, zone, reminding.remind)
        yield from SurveyJobs(
            config.surveys,
            zone,
            asking=self.asking,
            figures=self.figures,
            tickets=self.kept.tickets,
            links=self.kept.links,
            whose=self.kept.accounts.whose,
            turn=self.turn,
        )

    async def _known_since(self, job: Job, now: datetime) -> datetime:
        """When this job was first in config.yaml: nothing was missed before that."""
        key = f"{SINCE}{job.name}"
        since = await self.kept.memory.get(key)
        if since is None:
            await self.kept.memory.put(key, now.isoformat())
            return now
        return datetime.fromisoformat(since)

    async def _is_posting(self) -> bool:
        """Whether something is on its way, or waited behind what was and is due now."""
        # In this order: what is claimed between the two looks is seen by one of them.
        due = await self.kept.deliveries.next_due()
        waiting = await self.kept.deliveries.undelivered()
        is_due = due is not None and due <= self.clock()
        return is_due or any(delivery.state is DeliveryState.POSTING for delivery in waiting)

    async def _pull_due(self, occurrence: Occurrence) -> None:
        await self.reader.due(occurrence)
        await self._close()
        await guarded("forgetting", self.forget)

    async def forget(self) -> None:
        """Let go of what nobody will ask for again."""
        now = self.clock()
        long_ago = now - timedelta(days=self.config.store.words_days)
        messages = await self.kept.deliveries.forget(long_ago)
        words = await self.kept.words.forget(long_ago)
        doings = await self.kept.ledger.forget(now - DOINGS_KEPT)
        if messages or words or doings:
            log.info("forgotten", messages=messages, words=words, doings=doings)

    async def _tickets_due(self, occurrence: Occurrence) -> None:
        await self.helpdesks.due(occurrence)
        self._wake.set()

    @_to_everybody
    async def _close(self) -> None:
        """After a pull, because of what it brought; and now and then, because data has settled."""
        await self._close_counts()
        if self.config.counts_only:
            return
        await guarded("closing", self.closing.close)
        await guarded("loading figures", self._load_figures)
        self._wake.set()

    @_to_everybody
    async def _close_counts(self) -> None:
        """After a pull, and when a person has recorded a count."""
        await guarded("closing counts", self.counts_closing.close)
        self._wake.set()

    async def _start_job(self, job: Job) -> None:
        """Apart from the scheduler, which would cancel it when it is told to stop."""
        self._working.start(self.run_job(job))

    async def _pull_and_tell(self, names: Sequence[str], tell: mentions.Tell) -> None:
        try:
            for name in names:
                if name in self.reader.sources or name in self.reader.counting:
                    told = await self._pull_by_hand(name)
                    await self._close()
                    with suppress(SlackError):  # after half an hour there is nobody to tell
                        await tell(told)
                for what in self.helpdesks.of(name):
                    with speaking(self.language):
                        read = await self.helpdesks.read(name, what)
                    with suppress(SlackError):
                        await tell(messages.helpdesk_read(read.last, read.records, self.definition))
        except Exception:
            with suppress(SlackError):
                await tell(messages.failed())
            raise
        finally:
            self.reader.running.difference_update(names)

    async def _pull_by_hand(self, name: str) -> Message:
        """Pull, and say how it went."""
        begun = monotonic()
        with speaking(self.language):  # it may have to tell of what went wrong
            pulled = await self.reader.pull(name)
        if pulled.outcome is Outcome.BELIEVED:
            seconds = monotonic() - begun
            return messages.pull_finished(name, pulled.records, pulled.customers, seconds)
        believed = await self.kept.pulls.newest_believed(name)
        as_of = believed.finished_at if believed else None
        return messages.pull_failed(name, pulled.sentence, as_of, self.definition)

    @_to_everybody
    async def _instead(self, delivery: Delivery, why: str) -> Instead:
        return await self.elsewhere.instead(delivery, why)

    @_to_everybody
    async def channel_befell(self, channel: str, fate: Fate, new: str, event: str) -> None:
        """Something happened to a channel that Keeprate may speak in."""
        self.outbox.look_anew()
        if fate is Fate.MOVED:
            await self.kept.links.follow(channel, new)
        await self.elsewhere.channel_befell(channel, fate, new, event)
        if fate is Fate.MOVED:  # only now, for it was the old id that served for notices
            await self.kept.choices.follow(channel, new)
            await self.kept.named.follow(channel, new)
            await self.follow_settings()
        await self._follow_languages()

    async def _follow_languages(self) -> None:
        self._languages = await self.elsewhere.languages()

    def _language_in(self, channel: str) -> str:
        """In which customers are spoken to there."""
        return self._languages.get(channel, self.config.asking.language)

    async def _on_error(self, error: Exception, body: dict[str, Any]) -> None:
        """The other of two places: whatever a listener raises. The person is told."""
        kind = body.get("command") or body.get("type")
        told = messages.failed()
        if isinstance(error, Misunderstood):
            log.info("not understood", kind=kind)
            told = messages.not_here(error.sentence)
        elif isinstance(error, KeeprateError):
            log.warning("listener failed", kind=kind, why=str(error))
        else:
            log.error("listener failed", kind=kind, exc_info=error)
        if surveys.is_customers(body):
            language = self._language_in((body.get("channel") or {}).get("id", ""))
            told = survey_messages.went_wrong(language)
        if "response_url" in body or kind == "block_actions":
            with suppress(SlackError):
                await self.slack.answer(body, told)


def _give_back() -> None:
    """Let the system have what was freed: glibc keeps tens of MB of what a pull or a figure took,
    for what never comes. Other C libraries have no such call, and need none."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
