"""/crr: a figure, the formula with three counts, or what can be asked."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, Protocol

import numpy as np
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.comparison import Figure, same_day
from bot.domain.peers import Peer
from bot.domain.pulls import Freshness
from bot.domain.questions import (
    CalcQuestion,
    CohortQuestion,
    CompareQuestion,
    CrrQuestion,
    ExplainQuestion,
    HelpQuestion,
    JoinedQuestion,
    LeftQuestion,
    LifetimeQuestion,
    PeerQuestion,
    RecordQuestion,
    is_public,
    is_record,
    read_crr,
    without_command,
)
from bot.domain.revenue import RatesMissing
from bot.domain.roles import Role
from bot.domain.segments import labels_on
from bot.errors import ChannelUnreachable, Misunderstood, SlackRejected
from bot.listeners.counting import CountDesk
from bot.listeners.mentions import Spoken, Tell
from bot.listeners.people import People
from bot.listeners.places import is_direct
from bot.messages import (
    closing,
    cohorts,
    compare,
    explain,
    joined,
    keeprate,
    lifetime,
    wording,
)
from bot.messages import crr as messages
from bot.messages.blocks import Block, Message, unescape
from bot.messages.churn import read_more
from bot.messages.counting import beside
from bot.messages.joined import list_buttons as joined_lists
from bot.messages.languages import tr
from bot.messages.matching import match_line
from bot.messages.renewals import renewal_line
from bot.messages.revenue import revenue_line
from bot.messages.wording import NAMES_SHOWN
from bot.slack.poster import Slack
from bot.store.closings import Closings
from bot.store.figures import OWNER, Figures
from bot.store.pulls import Pulls

_SOURCE = re.compile(r"""(?:^|\s)source\s*=\s*("[^"]*"|\S+)""", re.IGNORECASE)
"""Whose customers are meant."""


def register(app: AsyncApp, desk: "Answering", slack: Slack, people: People) -> None:
    app.command("/crr")(partial(on_crr, desk=desk, slack=slack, people=people))
    app.action(messages.SHARE)(partial(on_share, desk=desk, slack=slack, people=people))
    app.action(joined.MORE)(partial(on_joined_more, desk=desk, slack=slack, people=people))


async def on_crr(
    ack: AsyncAck, body: dict[str, Any], desk: "Answering", slack: Slack, people: People
) -> None:
    await ack()
    words, person, channel = unescape(body.get("text", "")), body["user_id"], body["channel_id"]
    message, public = await answer(words, person, channel, desk=desk, slack=slack, people=people)
    await slack.respond(body["response_url"], message, in_channel=public)


async def on_share(
    ack: AsyncAck, body: dict[str, Any], desk: "Answering", slack: Slack, people: People
) -> None:
    """The answer anew: what is shared is what is known now."""
    await ack()
    words = f"{messages.read_share(body)} public"
    person, channel = body["user"]["id"], body["channel"]["id"]
    message, public = await answer(words, person, channel, desk=desk, slack=slack, people=people)
    await slack.respond(body["response_url"], message, in_channel=public)


async def on_joined_more(
    ack: AsyncAck, body: dict[str, Any], desk: "Answering", slack: Slack, people: People
) -> None:
    """The next of who joined, for who asks alone."""
    await ack()
    words, first = read_more(body)
    person, channel = body["user"]["id"], body["channel"]["id"]
    role = await people.role(person, channel)
    if role < Role.VIEWER:
        message = keeprate.refusal(role, Role.VIEWER)
    else:
        message, _ = await desk.answer(words, person, first)
    await slack.respond(body["response_url"], message)


def spoken(desk: "Answering", slack: Slack, people: People) -> Spoken:
    """The command as it is answered after a mention."""

    async def say(words: str, person: str, channel: str, tell: Tell) -> tuple[Message, bool]:
        return await answer(words, person, channel, desk=desk, slack=slack, people=people)

    return say


async def answer(
    words: str, person: str, channel: str, *, desk: "Answering", slack: Slack, people: People
) -> tuple[Message, bool]:
    """The answer, and whether everybody in the channel may see it: if it was asked for, and only
    the company is there. A figure that is for the person alone has a button that shares it."""
    needed = Role.OPERATOR if is_record(words) else Role.VIEWER
    role = await people.role(person, channel)
    if role < needed:
        return keeprate.refusal(role, needed), False
    public = is_public(words)
    if public and (refused := await not_public(channel, slack)):
        return refused, False
    with people.in_front_of_all(public):
        message, asked = await desk.answer(words, person)
    if asked is None:
        return message, False
    return (message, True) if public else (messages.shareable(message, words), False)


async def not_public(channel: str, slack: Slack) -> Message | None:
    """Why nothing may be said in front of everybody in this channel."""
    if is_direct(channel):
        return messages.not_in_a_direct_message()
    try:
        shared = (await slack.channel_info(channel)).is_ext_shared
    except (ChannelUnreachable, SlackRejected):
        return messages.not_in_an_unknown_channel()
    return messages.not_in_front_of_customers() if shared else None


Left = Callable[[CrrQuestion, str], Awaitable[Message]]
"""Tells who left, of a question that was asked in these words."""


class Answering(Protocol):
    """What answers questions about a source, by name or by counts."""

    async def answer(
        self, words: str, person: str, first: int = 0
    ) -> tuple[Message, bool | None]: ...


class Reception:
    """Sends a question to the desk of the source that it names, or of the first one."""

    def __init__(self, first: Answering, others: Mapping[str, Answering]) -> None:
        self._first = first
        self._others = {name.casefold(): desk for name, desk in others.items()}

    async def answer(self, words: str, person: str, first: int = 0) -> tuple[Message, bool | None]:
        """Where no source is called so, `source=` is a segment like any other."""
        if (found := _SOURCE.search(words)) and (
            other := self._others.get(found[1].strip('"').casefold())
        ):
            rest = words[: found.start()] + words[found.end() :]
            return await other.answer(rest, person, first)
        return await self._first.answer(words, person, first)


class Desk:
    """Answers questions about one source."""

    def __init__(
        self,
        figures: Figures,
        pulls: Pulls,
        closings: Closings,
        clock: Callable[[], datetime],
        counting: CountDesk,
        left: Left | None = None,
    ) -> None:
        """`counting` knows what was counted of the same customers; `left` tells who left."""
        self._left = left
        self._figures = figures
        self._pulls = pulls
        self._closings = closings
        self._clock = clock
        self._counting = counting

    async def answer(self, words: str, person: str, first: int = 0) -> tuple[Message, bool | None]:
        """The answer, and whether it was asked for in front of everybody; None for what is for
        nobody else, such as help. `first` is how many of a long list were shown before."""
        definition = self._figures.definition
        try:
            question = read_crr(words, today=self._today(), definition=definition)
            match question:
                case CalcQuestion(start, end, new, public):
                    return messages.calc_answer(start, end, new), public
                case CrrQuestion():
                    return await self._figure(question, words), question.public
                case ExplainQuestion(about):
                    return await self._explanation(about, words), about.public
                case PeerQuestion(peer, about):
                    return await self._as_peer(peer, about), about.public
                case CohortQuestion():
                    return await self._cohorts(question), question.public
                case LifetimeQuestion():
                    return await self._lifetime(question), question.public
                case LeftQuestion(about, said):
                    return await self._who_left(about, said), about.public
                case JoinedQuestion(about):
                    return await self._joined(about, words, first), about.public
                case CompareQuestion(one, other):
                    return await self._compared(one, other), one.public
                case RecordQuestion():
                    return await self._counting.record(question, person), None
                case HelpQuestion():
                    return messages.crr_help(), None
        except Misunderstood as error:
            return keeprate.misunderstood(error.sentence, help="/crr help"), None

    async def _figure(self, question: CrrQuestion, words: str) -> Message:
        found = await self._figures.compared(
            question.period,
            today=self._today(question.known_at),
            wanted=question.segments,
            as_known_at=question.known_at,
        )
        return messages.crr_answer(
            found,
            freshness=await self._freshness(question.known_at),
            definition=self._figures.definition,
            left=await self._figures.names(found.lost, NAMES_SHOWN),
            segment=tuple(question.segments.items()),
            known_at=question.known_at,
            note=await self._note(found.now, question),
            revenue=revenue_line(
                await self._figures.revenue(
                    question.period,
                    today=self._today(question.known_at),
                    wanted=question.segments,
                    as_known_at=question.known_at,
                )
            ),
            renewals=renewal_line(
                await self._figures.renewals(
                    question.period,
                    today=self._today(question.known_at),
                    wanted=question.segments,
                    as_known_at=question.known_at,
                )
            ),
            others=[] if question.known_at else await self._other_freshness(),
            counted=await self._counted(question),
            lists=self._lists(words, left=len(found.lost)),
        )

    def _lists(self, words: str, *, left: int, joined: int = 0) -> tuple[Block, ...]:
        """Who left is told of the first source alone."""
        left = left if self._left is not None else 0
        joined = joined if self._left is not None else 0
        return joined_lists(without_command(words), left=left, joined=joined)

    async def _who_left(self, question: CrrQuestion, words: str) -> Message:
        if self._left is None:
            raise Misunderstood(
                "Who left is known of the first source. Ask without source=, such as /crr who left"
                " october."
            )
        return await self._left(question, words)

    async def _joined(self, question: CrrQuestion, words: str, first: int) -> Message:
        figures, today = self._figures, self._today(question.known_at)
        of = await figures.joined(
            question.period,
            today=today,
            wanted=question.segments,
            as_known_at=question.known_at,
        )
        codes = np.concatenate([of.new, of.won_back])
        shown = codes[first : first + joined.AT_ONCE]
        names = await figures.names(shown, len(shown))
        since = await figures.since(shown, of.measured_on, question.known_at)
        owners = labels_on(await figures.columns(), OWNER, shown, of.measured_on)
        told = joined.Joined(
            period=question.period,
            so_far=of.so_far,
            new=len(of.new),
            won_back=len(of.won_back),
            early=len(of.early_losses),
            shown=[
                joined.Joiner(*each, came_back=first + n >= len(of.new))
                for n, each in enumerate(zip(names, since, owners, strict=True))
            ],
            first=first,
        )
        return joined.joined_answer(
            told,
            words=words,
            freshness=await self._freshness(question.known_at),
            definition=figures.definition,
            segment=tuple(question.segments.items()),
            known_at=question.known_at,
        )

    async def _compared(self, one: CrrQuestion, other: CrrQuestion) -> Message:
        async def figure(of: CrrQuestion, today: date) -> Figure:
            found = await self._figures.compared(
                of.period, today=today, wanted=of.segments, as_known_at=of.known_at
            )
            return found.now

        first = await figure(one, self._today(one.known_at))
        second = await figure(other, self._today(other.known_at))
        if (day := same_day(first, second)) is not None:
            first = await figure(one, day)
        elif (day := same_day(second, first)) is not None:
            second = await figure(other, day)
        return compare.compare_answer(
            compare.Side(first, tuple(one.segments.items())),
            compare.Side(second, tuple(other.segments.items())),
            freshness=await self._freshness(one.known_at),
            definition=self._figures.definition,
            known_at=one.known_at,
        )

    async def _counted(self, question: CrrQuestion) -> str:
        """What was counted of all of them; "" where nobody did."""
        if question.segments:
            return ""
        figure = await self._counting.figures.beside(
            question.period,
            today=self._today(question.known_at),
            as_known_at=question.known_at,
        )
        return beside(figure, self._counting.figures.source) if figure else ""

    async def _other_freshness(self) -> list[Freshness]:
        fresh = await self._pulls.freshness()
        enriching = [report.of.source for report in await self._figures.reports()]
        return [fresh[name] for name in enriching if name in fresh]

    async def _note(self, figure: Figure, question: CrrQuestion) -> str:
        """What was said of the figure of all customers before."""
        if figure.so_far or question.segments or question.known_at:
            return ""
        source, definition = self._figures.source, self._figures.definition
        was = await self._closings.earlier(source, figure.period, figure.counts, definition.hash)
        return closing.note(was, figure.counts, definition)

    async def _freshness(self, known_at: datetime | None) -> Freshness | None:
        """Of the data now, or of what was the newest at that moment."""
        source = self._figures.source
        if known_at is None:
            return (await self._pulls.freshness()).get(source)
        return await self._pulls.freshness_at(source, known_at)

    async def _explanation(self, question: CrrQuestion, words: str) -> Message:
        figures, today = self._figures, self._today(question.known_at)
        counted = None
        if not question.segments:
            counted = await self._counting.figures.beside(
                question.period, today=today, as_known_at=question.known_at
            )
        found = await figures.explained(
            question.period,
            today=today,
            wanted=question.segments,
            as_known_at=question.known_at,
            reported=counted.counts if counted else None,
        )
        renewed = await figures.who_renewed(
            question.period,
            today=today,
            wanted=question.segments,
            as_known_at=question.known_at,
        )
        named = explain.Named(
            {
                name: await figures.names(getattr(found.of, name), NAMES_SHOWN)
                for name in explain.LISTS
            },
            [await figures.names(step.customers, NAMES_SHOWN) for step in found.bridge.steps],
            await figures.both_names(found.merged[:NAMES_SHOWN]),
            {
                name: await figures.names(getattr(renewed, name), NAMES_SHOWN)
                for name in explain.RENEWAL_LISTS
                if renewed is not None
            },
        )
        return explain.explanation_message(
            found,
            named,
            freshness=await self._freshness(question.known_at),
            definition=figures.definition,
            segment=tuple(question.segments.items()),
            renewals=renewed.counts if renewed else None,
            others=[] if question.known_at else await self._fit(),
            counted_by=self._counting.figures.source if counted else "",
            known_at=question.known_at,
            revenue=revenue_line(
                await figures.revenue(
                    question.period,
                    today=today,
                    wanted=question.segments,
                    as_known_at=question.known_at,
                )
            ),
            lists=self._lists(
                words, left=len(found.of.lost), joined=len(found.of.new) + len(found.of.won_back)
            ),
        )

    async def _fit(self) -> list[str]:
        """How other sources fit to this one, and how old they are."""
        fresh = await self._pulls.freshness()
        told = []
        for report in await self._figures.reports():
            of = fresh.get(report.of.source)
            how_old = f" ({wording.freshness(of, self._figures.definition)})" if of else ""
            told.append(f"{match_line(report)}{how_old}.")
        return told

    async def _as_peer(self, peer: Peer, question: CrrQuestion) -> Message:
        figures, today = self._figures, self._today(question.known_at)
        theirs = await figures.as_peer(
            peer,
            question.period,
            today=today,
            wanted=question.segments,
            as_known_at=question.known_at,
        )
        ours = await figures.compared(
            question.period,
            today=today,
            wanted=question.segments,
            as_known_at=question.known_at,
        )
        own = tr("By identity: {crr}.", crr=wording.crr(ours.now.counts))
        if question.known_at:
            at = wording.moment(question.known_at, figures.definition)
            own = f"{own} {tr('As it was known on {moment}.', moment=at)}"
        return explain.peer_message(
            theirs,
            own,
            freshness=await self._freshness(question.known_at),
            period=question.period,
            so_far=ours.now.so_far,
            definition=figures.definition,
        )

    async def _cohorts(self, question: CohortQuestion) -> Message:
        ask = self._figures.revenue_cohorts if question.revenue else self._figures.cohorts
        found = await ask(
            question.by,
            months=cohorts.MONTHS[question.by],
            today=self._today(question.known_at),
            wanted=question.segments,
            as_known_at=question.known_at,
        )
        if found is None or isinstance(found, RatesMissing):
            return cohorts.no_revenue(found)
        return cohorts.cohort_answer(
            found,
            freshness=await self._freshness(question.known_at),
            definition=self._figures.definition,
            segment=tuple(question.segments.items()),
            known_at=question.known_at,
            revenue=question.revenue,
        )

    async def _lifetime(self, question: LifetimeQuestion) -> Message:
        found = await self._figures.lifetime(
            today=self._today(question.known_at),
            wanted=question.segments,
            as_known_at=question.known_at,
        )
        repeats = await self._figures.repeats(
            today=self._today(question.known_at),
            wanted=question.segments,
            as_known_at=question.known_at,
        )
        return lifetime.lifetime_answer(
            found,
            repeats=repeats,
            freshness=await self._freshness(question.known_at),
            definition=self._figures.definition,
            segment=tuple(question.segments.items()),
            known_at=question.known_at,
        )

    def _today(self, known_at: datetime | None = None) -> date:
        """The local day; of the past, the day on which it was known so."""
        moment = known_at or self._clock()
        return moment.astimezone(self._figures.definition.zone_info).date()
