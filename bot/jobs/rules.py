"""Following a rule: the newest finished period judged once, its incident opened, told and closed.

What is decided and what is told of it are stored together, so that a process that dies in between
has done both or neither; of two replicas the ledger lets one do it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType

import msgspec
import numpy as np
from sqlalchemy import Connection

from bot.domain.audit import Deed
from bot.domain.backtest import BackTest, Suggestion, as_known_now, backtest, suggestion
from bot.domain.columns import Columns
from bot.domain.definition import Definition
from bot.domain.detection import SHORTEST, Data, Past, Verdict, unready
from bot.domain.evaluation import evaluate, history, settings_here
from bot.domain.hours import Hours
from bot.domain.incidents import (
    Evaluation,
    Evidence,
    Incident,
    IncidentState,
    Mark,
    Move,
    Reading,
    asks_whether_normal,
    is_retracted,
    line_moves,
    move,
    reminder_due,
)
from bot.domain.leavers import lost_on
from bot.domain.lines import Point, cross
from bot.domain.period import (
    Kind,
    Period,
    before,
    from_day_number,
    last_finished,
    period_of,
    run_up,
)
from bot.domain.pulls import PullState
from bot.domain.reasons import LossReason
from bot.domain.results import figure_of, value
from bot.domain.retention import Unknown
from bot.domain.segments import segments
from bot.domain.surveys import Scale
from bot.domain.tickets import What
from bot.domain.watching import Figure, Rule
from bot.errors import Misunderstood
from bot.jobs.once import Turn
from bot.jobs.schedule import Occurrence
from bot.messages import alerts
from bot.messages.blocks import Message
from bot.messages.counting import count_not_judged
from bot.messages.rules import backtest_answer, what_it_saw, what_it_sees
from bot.messages.wording import NAMES_SHOWN
from bot.store.count_figures import CountFigures
from bot.store.database import Database
from bot.store.deeds import put as put_deed
from bot.store.deliveries import Delivery
from bot.store.deliveries import Kind as DeliveryKind
from bot.store.deliveries import put as put_delivery
from bot.store.figures import Figures
from bot.store.incidents import Also, Incidents, open_incident, resolve, saw
from bot.store.leavers import leavers
from bot.store.ledger import finish
from bot.store.memory import Memory
from bot.store.pulls import Pulls
from bot.store.reasons import Reasons
from bot.store.results import Results
from bot.store.rules import JUDGED
from bot.store.surveys import Surveys
from bot.store.tickets import Tickets

TOTAL = ""
"""The scope of every incident: segments are told in the one of their rule."""

_REACH = {Kind.WEEK: 156, Kind.MONTH: 60, Kind.QUARTER: 40, Kind.YEAR: 20}
"""How many periods of history a plain rule is given."""
_MARKS = 13


@dataclass(frozen=True, slots=True)
class Places:
    """Where and when alerts may speak."""

    hours: Callable[[str], Hours]
    """Of a channel."""
    notices: Callable[[], Awaitable[str | None]]
    """Where it is told that a period could not be judged; the rule's channel if there is none."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Follows one rule, and tells one channel."""

    rule: Rule
    figures: Figures
    incidents: Incidents
    reasons: Reasons
    results: Results
    surveys: Surveys
    pulls: Pulls
    memory: Memory
    database: Database
    turn: Turn
    places: Places
    satisfied: int
    """From which score on somebody is, of CSAT."""
    counted: CountFigures
    """What is counted of the customers, if anybody does."""
    tickets: Tickets
    rated_in: Sequence[str]
    """The sources of which ratings are read."""

    async def check(self, occurrence: Occurrence) -> None:
        """Judge the last finished period, once for this occurrence; then remind who must be.

        A period of which the newest believed pull has not seen the end, or after which a pull is
        held or failed, is not judged: what looks like a drop may be a pull that is missing. It is
        still to be done, when the data is there.
        """
        if self.rule.paused:
            return

        async def judged() -> bool:
            today = self._day(occurrence.at)
            period = last_finished(
                self.rule.kind,
                today - timedelta(days=self.rule.settle_days),
                self.figures.definition,
            )
            if not await self._can_be_judged(period, today):
                return False
            try:
                await self._judge(period, today)
            except Misunderstood as error:  # a field or a value that the source has no more
                told = alerts.can_not_look(self.rule, error.sentence)
                channel = await self.places.notices() or self.rule.channel
                await self._put(self._post(f"can't look:{self.rule.name}:{error}", channel, told))
                return False
            return True

        await self.turn.once("rule", self.rule.name, occurrence.key, judged)
        await self.remind()

    async def remind(self) -> None:
        """Bring an open incident up again, if it is time."""
        incident = await self.incidents.open_of(self.rule.name, TOTAL)
        now = self.turn.clock()
        if incident is None or not reminder_due(incident, self.rule.remind_days, now):
            return
        if self._opens(now) > now:
            return
        missing = await self._without_reason(incident)
        told = alerts.reminder(incident, missing, woke=incident.snoozed_until is not None)
        also = await self.telling(incident, told, f"reminder:{now.timestamp()}")

        def once(connection: Connection, done: Incident, is_new: bool) -> None:
            if is_new:  # else another process was at it
                also(connection, done, is_new)

        await self.incidents.reminded(incident, now, also=once)

    async def telling(
        self,
        incident: Incident,
        story: Message,
        key: str,
        said: Mapping[int, LossReason] = MappingProxyType({}),
        deed: Deed | None = None,
    ) -> Also:
        """For the transaction that changes the incident: brings its message up to date, and if it
        changed, tells its thread and writes down the deed. `said` is why customers left, as that
        transaction stores it."""
        evidence, rule = incident.evidence, self._rule_of(incident)
        left = await self.leavers(evidence) if evidence else ()
        left = tuple(replace(w, reason=said.get(w.customer, w.reason)) for w in left)

        def also(connection: Connection, done: Incident, changed: bool) -> None:
            alert = alerts.Alert(done, rule, done.evidence, left)
            message = alerts.incident_message(alert, self.figures.definition)
            put_delivery(connection, self._update(done, message))
            if changed:
                put_delivery(connection, self._reply(done, f"{done.delivery}:{key}", story))
            if changed and deed is not None:
                put_deed(connection, deed)

        return also

    async def leavers(
        self, evidence: Evidence, most: int = NAMES_SHOWN
    ) -> tuple[alerts.Leaver, ...]:
        """The first of those who left, with all that is known of them."""
        if not evidence.left:
            return ()
        codes = np.array(evidence.left[:most], np.int32)
        told = self._told_period(evidence)
        return await leavers(self.figures, self.reasons, self.results, codes, told)

    async def explain(
        self,
        incident: Incident,
        said: Sequence[tuple[int, str, str]],
        person: str,
        story: Message,
        deed: Deed,
    ) -> None:
        """Keep why customers left (of each its number, the reason, and words), and tell of it, if
        it was not known."""
        if incident.evidence is None:
            return
        columns = await self.figures.columns()
        period = self._told_period(incident.evidence)
        ended = lost_on(columns, [who for who, _, _ in said], period)
        losses = [
            LossReason(who, ended[who], reason, words, person)
            for who, reason, words in said
            if who in ended
        ]
        now = self.turn.clock()
        known = {each.customer: each for each in losses}
        also = await self.telling(incident, story, f"reasons:{now.timestamp()}", known, deed)
        await self.reasons.put(
            losses, incident=incident.id, now=now, also=lambda c: also(c, incident, True)
        )

    async def evaluate(self, period: Period, today: date) -> tuple[Evaluation, Verdict | None]:
        """What the rule sees in a period now, whether it is time to speak of it or not."""
        if not self.rule.by_luck:
            return await self._by_line(period, today), None
        past = await self._past()
        columns = await self.figures.columns()
        return await asyncio.to_thread(
            evaluate,
            columns,
            self.rule,
            period,
            definition=self.figures.definition,
            past=past,
            background=await self.figures.background(),
        )

    async def sees(self) -> str:
        """What the rule can see of the last finished period, or of a plain rule what it sees there,
        in a sentence.

        Raises Misunderstood for a segment that is not known.
        """
        today = self._day(self.turn.clock())
        if self.rule.by_luck:
            verdict = await self.newest(today)
            return what_it_sees(verdict.sight if verdict else None, self.rule)
        period = last_finished(self.rule.kind, today, self.figures.definition)
        [point] = await self.points([period], today)
        nobody = 0
        if self.rule.only and self.rule.figure.is_of_answers:
            nobody = await self._of_nobody(period)
        return what_it_saw(self.rule, point, nobody)

    async def newest(self, today: date) -> Verdict | None:
        """Of a rule by luck: on everybody, in the last finished period as of `today`."""
        if not self.rule.by_luck:
            return None
        period = last_finished(self.rule.kind, today, self.figures.definition)
        _, verdict = await self.evaluate(period, today)
        return verdict

    async def backtest(self) -> Message:
        """What the rule would have said in the past, by what is known now."""
        today = self._day(self.turn.clock())
        definition = self.figures.definition
        period = last_finished(self.rule.kind, today, definition)
        columns = await self.figures.columns()
        per_year = 52 if self.rule.kind is Kind.WEEK else 12

        background = await self.figures.background()
        settings = settings_here(columns, self.rule, period, definition, background.groups)

        def test() -> tuple[BackTest, Suggestion]:
            if self.rule.kind is Kind.WEEK:
                weeks = run_up(period, 104, definition)
                each = [history(columns, self.rule, week, definition) for week in weeks]
                known = [one for one in each if len(one) > SHORTEST]
            else:
                whole = history(columns, self.rule, period, definition)
                known = list(as_known_now(whole))
            return backtest(known, settings), suggestion(known, settings, per_year=per_year)

        tested, suggested = await asyncio.to_thread(test)
        return backtest_answer(self.rule, tested, suggested, definition)

    def _rule_of(self, incident: Incident) -> Rule:
        """As it was when it saw what the incident shows: it may have been changed since."""
        if not incident.settings:
            return self.rule
        return msgspec.json.decode(incident.settings, type=Rule)

    async def _can_be_judged(self, period: Period, today: date) -> bool:
        if self.rule.figure.is_of_answers:
            known = not self.rule.only or await self._ready(period, today)
            return known and await self._all_rated(period)
        if self.rule.figure is Figure.CRR_BY_COUNTS:
            return await self._is_counted(period, today)
        return await self._ready(period, today)

    async def _is_counted(self, period: Period, today: date) -> bool:
        """Whether its end was counted, so that it is not judged by what is not all of it; if not,
        that is told, once for all rules."""
        found = await self.counted.of(period, today=today)
        if not isinstance(found, Unknown) and found.so_far is None:
            return True
        told = count_not_judged(period, found.sentence if isinstance(found, Unknown) else "")
        channel = await self.places.notices() or self.rule.channel
        key = f"not judged:{self.counted.source}:{period.kind}:{period.first}"
        await self._put(self._post(key, channel, told))
        return False

    async def _all_rated(self, period: Period) -> bool:
        """Whether every helpdesk that gives such scores was read to the end of the period; if not,
        that is told, once for all rules. Answers given in Slack are always there."""
        if self.rule.figure is Figure.ANSWER_RATE:
            return True
        _, ends = self._moments(period)
        for source in self.rated_in:
            last = await self.tickets.last_read(source, What.RATINGS)
            read = last.finished_at is not None and last.finished_at >= ends
            if read or not await self.tickets.may_rate(source, self._scale):
                continue
            told = alerts.not_all_rated(period, last, self.figures.definition)
            channel = await self.places.notices() or self.rule.channel
            key = f"not judged:ratings of {source}:{period.kind}:{period.first}"
            await self._put(self._post(key, channel, told))
            return False
        return True

    async def _ready(self, period: Period, today: date) -> bool:
        """Whether the period may be judged; if not, that is told, once for all rules."""
        columns = await self.figures.columns()
        freshness = (await self.pulls.freshness()).get(self.figures.source)
        bad = (PullState.HELD, PullState.FAILED)
        held = freshness is not None and freshness.newest.state in bad
        data = Data(today, _known_to(columns), held)
        reason = unready(period, data)
        if reason is None:
            return True
        if freshness is not None:
            told = alerts.not_judged(period, reason, freshness, self.figures.definition)
            channel = await self.places.notices() or self.rule.channel
            key = f"not judged:{self.figures.source}:{period.kind}:{period.first}"
            await self._put(self._post(key, channel, told))
        return False

    async def _judge(self, period: Period, today: date) -> None:
        incident = await self.incidents.open_of(self.rule.name, TOTAL)
        was = await self.turn.ledger.done(JUDGED, self.rule.name, period.first.isoformat())
        if was and incident is None:
            return
        seen, verdict = await self.evaluate(period, today)
        if verdict is not None and verdict.looked and verdict.period is not None:
            await self._watched_since(verdict.period.first)
        todo = move(incident, seen, closed=await self._newest_resolved())
        if was and todo not in (Move.UPDATE, Move.WORSEN, Move.RETRACT):
            return
        await self._follow(incident, seen, todo, period)

    async def _newest_resolved(self) -> Incident | None:
        known = await self.incidents.of(self.rule.name)
        return next((each for each in reversed(known) if each.resolved_at is not None), None)

    async def _follow(
        self, incident: Incident | None, seen: Evaluation, todo: Move, period: Period
    ) -> None:
        now = self.turn.clock()
        if todo is Move.OPEN:
            await self._open(seen, now)
            return
        if incident is None or todo is Move.NOTHING:
            await self.database.write(lambda c: self._judged(c, period, now))
            return
        message_of = await self._renderer(seen)
        is_new = seen.reading.period > incident.latest.period
        worse = todo is Move.WORSEN

        def put(connection: Connection) -> None:
            changed = saw(
                connection,
                incident.id,
                seen,
                settings=self._settings(),
                counts=is_new,
                told=now if worse else None,
            )
            if todo in (Move.RESOLVE, Move.RETRACT):
                changed = resolve(connection, incident.id, now)
            put_delivery(connection, self._update(changed, message_of(changed)))
            if todo in (Move.WORSEN, Move.RESOLVE, Move.RETRACT):
                told = alerts.story_of(todo, changed, self.rule)
                key = f"{changed.delivery}:{todo}:{seen.reading.period}"
                key = key if is_new else f"{key}:{now.timestamp()}"
                put_delivery(connection, self._reply(changed, key, told))
            if asks_whether_normal(changed) and not asks_whether_normal(incident):
                key = f"{changed.delivery}:normal:{seen.reading.period}"
                asked = alerts.normal_asked(changed, self.rule)
                put_delivery(connection, self._reply(changed, key, asked))
            self._judged(connection, period, now)

        await self.database.write(put)

    async def _open(self, seen: Evaluation, now: datetime) -> None:
        """The incident and the post about it, stored together."""
        key = f"incident:{self.rule.name}:{seen.reading.period}:{int(now.timestamp())}"
        message_of = await self._renderer(seen)
        period = period_of(self.rule.kind, seen.reading.period, self.figures.definition)

        def put(connection: Connection) -> None:
            incident, is_new = open_incident(
                connection, self.rule.name, TOTAL, seen.reading, delivery=key, now=now
            )
            if is_new:
                changed = saw(
                    connection,
                    incident.id,
                    seen,
                    settings=self._settings(),
                    counts=False,
                    told=now,
                )
                put_delivery(connection, self._post(key, self.rule.channel, message_of(changed)))
            self._judged(connection, period, now)

        await self.database.write(put)

    async def _renderer(self, seen: Evaluation) -> Callable[[Incident], Message]:
        """For use inside of a transaction, where nothing can be looked up."""
        left = await self.leavers(seen.evidence)
        definition = self.figures.definition
        return lambda incident: alerts.incident_message(
            alerts.Alert(incident, self.rule, seen.evidence, left), definition
        )

    async def _past(self) -> Past:
        """How the rule came here: when it began to look, and what was an incident."""
        definition = self.figures.definition
        since = await self.memory.get(_SINCE + self.rule.name)
        known = await self.incidents.of(self.rule.name)
        episodes = [each for each in known if not is_retracted(each)]
        over = [each for each in episodes if each.state is IncidentState.RESOLVED]
        normal = [each.opening.period for each in over if each.is_normal]
        not_before = None
        if over:
            last = period_of(self.rule.kind, over[-1].latest.period, definition)
            # What a person calls over is not raised anew by the very periods that they looked at.
            not_before = last.next if over[-1].resolved_by else before(last, definition).first
        return Past(
            watched_since=None if since is None else date.fromisoformat(since),
            not_before=not_before,
            incidents=tuple(
                (
                    each.opening.period,
                    period_of(self.rule.kind, each.latest.period, definition).last,
                )
                for each in episodes
                if not each.is_normal
            ),
            new_normal=max(normal, default=None),
        )

    async def _watched_since(self, first: date) -> None:
        if await self.memory.get(_SINCE + self.rule.name) is None:
            await self.memory.put(_SINCE + self.rule.name, first.isoformat())

    async def _by_line(self, period: Period, today: date) -> Evaluation:
        """A plain rule, held against the points of its figure."""
        rule, definition = self.rule, self.figures.definition
        incident = await self.incidents.open_of(rule.name, TOTAL)
        periods = run_up(period, _REACH[rule.kind], definition)
        points = await self.points(periods, today)
        opened = incident.opening.period if incident else None
        verdict = cross(rule.line, points, opened=opened)
        dropped, over, silent = line_moves(verdict.reason)
        left: Sequence[int] = ()
        kept = opening = 0
        if rule.figure is Figure.CRR and not silent:
            try:
                found = await self.figures.compared(period, today=today, wanted=rule.wanted)
            except Unknown:
                found = None
            if found is not None:
                left = found.lost.tolist()
                kept, opening = found.now.counts.kept, found.now.counts.opening
        now = points[-1]
        scale = 100 if rule.figure is Figure.CRR else 1
        compared = verdict.compared_with
        return Evaluation(
            Reading(
                period.first,
                None if now.value is None else now.value / scale,
                None if compared is None else compared / scale,
            ),
            Evidence(
                first=period.first,
                next=period.next,
                value=now.value,
                compared_with=compared,
                opening=opening or now.base,
                kept=kept,
                left=tuple(left[:200]),
                left_count=len(left),
                marks=tuple(
                    Mark(p.period.first, p.period.next, round(p.value, 1))
                    for p in points[-_MARKS:]
                    if p.value is not None and p.base >= rule.minimum_base
                ),
            ),
            dropped=dropped,
            over=over,
            silent=silent,
        )

    async def points(self, periods: Sequence[Period], today: date) -> list[Point]:
        """The rule's figure of each period."""
        match self.rule.figure:
            case Figure.CRR:
                return await self._crr(periods, today)
            case Figure.CRR_BY_COUNTS:
                return [await self._by_counts(period, today) for period in periods]
            case Figure.NRR | Figure.GRR:
                return [await self._revenue(period, today) for period in periods]
            case Figure.NPS | Figure.CSAT:
                return [await self._score(period) for period in periods]
            case Figure.ANSWER_RATE:
                return [await self._answer_rate(period) for period in periods]

    async def _crr(self, periods: Sequence[Period], today: date) -> list[Point]:
        if not self.rule.only:
            counts = await self.figures.history(periods, today=today)
        else:
            counts = []
            for period in periods:
                try:
                    found = await self.figures.compared(
                        period, today=today, wanted=self.rule.wanted
                    )
                    counts.append(found.now.counts)
                except Unknown:
                    counts.append(None)
        return [
            Point(period, None, 0)
            if each is None or each.crr is None
            else Point(period, 100 * each.crr, each.opening)
            for period, each in zip(periods, counts, strict=True)
        ]

    async def _by_counts(self, period: Period, today: date) -> Point:
        found = await self.counted.of(period, today=today)
        if isinstance(found, Unknown) or found.crr is None or found.impossible:
            return Point(period, None, 0)  # what no retention can be, none fell from
        return Point(period, 100 * found.crr, found.counts.start)

    async def _revenue(self, period: Period, today: date) -> Point:
        try:
            found = await self.figures.revenue(period, today=today, wanted=self.rule.wanted)
            counted = await self.figures.compared(period, today=today, wanted=self.rule.wanted)
        except Unknown:
            return Point(period, None, 0)
        sums = getattr(found, "sums", None)
        if sums is None:
            return Point(period, None, 0)
        share = sums.nrr if self.rule.figure is Figure.NRR else sums.grr
        value = None if share is None else 100 * share
        return Point(period, value, counted.now.counts.opening)

    async def _of_nobody(self, period: Period) -> int:
        """Answers, or questions, of whom no customer is known."""
        moments = self._moments(period)
        if self.rule.figure is Figure.ANSWER_RATE:
            return sum(who is None for who, _ in await self.results.replies(*moments))
        given = await self.results.given(self._scale, *moments)
        return sum(each.times for each in given if each.customer is None)

    @property
    def _scale(self) -> Scale:
        return Scale.NPS if self.rule.figure is Figure.NPS else Scale.CSAT

    async def _score(self, period: Period) -> Point:
        scale = self._scale
        found = await self.results.given(scale, *self._moments(period))
        within = await self._customers(period)
        of = [each for each in found if within is None or each.customer in within]
        told = figure_of(scale, of, self.satisfied)
        if told is None:
            return Point(period, None, 0)
        points = value(told) if scale is Scale.NPS else 100 * value(told)
        return Point(period, points, told.answers)

    async def _answer_rate(self, period: Period) -> Point:
        within = await self._customers(period)
        if within is None:
            asked, answered = await self.surveys.answered(*self._moments(period))
        else:
            found = await self.results.replies(*self._moments(period))
            replied = [was_answered for customer, was_answered in found if customer in within]
            asked, answered = len(replied), sum(replied)
        return Point(period, 100 * answered / asked if asked else None, asked)

    async def _customers(self, period: Period) -> frozenset[int] | None:
        """Those whose answers count, by what they are on its last day; None for everybody, whom
        nobody knows among them."""
        if not self.rule.only:
            return None
        columns, definition = await self.figures.columns(), self.figures.definition
        within = segments(columns, self.rule.wanted, on=period.last, definition=definition)
        return frozenset() if within is None else frozenset(columns.customer[within].tolist())

    def _moments(self, period: Period) -> tuple[datetime, datetime]:
        zone = self.figures.definition.zone_info
        first, next_ = (
            datetime.combine(d, datetime.min.time(), zone) for d in (period.first, period.next)
        )
        return first, next_

    async def _without_reason(self, incident: Incident) -> int:
        evidence = incident.evidence
        if evidence is None or not evidence.left:
            return 0
        told = self._told_period(evidence)
        known = await self.reasons.of(evidence.left, since=told.first, until=told.next)
        return len(set(evidence.left) - set(known))

    def _told_period(self, evidence: Evidence) -> Period:
        """All days that the message speaks of, as one period."""
        return Period(evidence.begins, evidence.next, Kind.DAYS)

    def _settings(self) -> str:
        return msgspec.json.encode(self.rule).decode()

    def _judged(self, connection: Connection, period: Period, now: datetime) -> None:
        finish(connection, JUDGED, self.rule.name, period.first.isoformat(), now)

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.figures.definition.zone_info).date()

    def _opens(self, now: datetime) -> datetime:
        """When the rule's channel may be spoken in."""
        hours = self.places.hours(self.rule.channel)
        return hours.next_open(now, self.figures.definition.zone_info)

    def _post(self, key: str, channel: str, message: Message) -> Delivery:
        now = self.turn.clock()
        hours = self.places.hours(channel)
        opens = hours.next_open(now, self.figures.definition.zone_info)
        return Delivery(key, channel, message, created_at=now, not_before=opens)

    def _reply(self, incident: Incident, key: str, message: Message) -> Delivery:
        """What is told in the thread; in the channel where the message was posted."""
        channel = incident.channel or self.rule.channel
        return replace(self._post(key, channel, message), answers=incident.delivery)

    def _update(self, incident: Incident, message: Message) -> Delivery:
        """The same message in its new state; the newest of several that wait stands for all."""
        now = self.turn.clock()
        return Delivery(
            key=f"{incident.delivery}:{incident.state}:{now.timestamp()}",
            channel=incident.channel or self.rule.channel,
            message=message,
            created_at=now,
            kind=DeliveryKind.UPDATE,
            edits=incident.delivery,
        )

    async def _put(self, *deliveries: Delivery) -> None:
        def put(connection: Connection) -> None:
            for delivery in deliveries:
                put_delivery(connection, delivery)

        await self.database.write(put)


def opened_in(incident: Incident, definition: Definition) -> Period:
    """The period that opened it; a day, where an older version did not keep the rule."""
    kind = Kind.DAYS
    if incident.settings:
        kind = msgspec.json.decode(incident.settings, type=Rule).kind
    if kind is Kind.DAYS:
        first = incident.opening.period
        return Period(first, first + timedelta(days=1), kind)
    return period_of(kind, incident.opening.period, definition)


_SINCE = "rule watched since: "
"""In the memory, before a rule's name: the first day of the first period that it judged."""


def _known_to(columns: Columns) -> date | None:
    return None if columns.known_to is None else from_day_number(columns.known_to)
