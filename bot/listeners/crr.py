"""/crr: a figure, the formula with three counts, or what can be asked."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.peers import Peer
from bot.domain.questions import (
    CalcQuestion,
    CrrQuestion,
    ExplainQuestion,
    HelpQuestion,
    PeerQuestion,
    read_crr,
)
from bot.errors import ChannelUnreachable, Misunderstood, SlackRejected
from bot.listeners.colleagues import Colleagues
from bot.messages import crr as messages
from bot.messages import explain, keeprate, wording
from bot.messages.blocks import Message
from bot.messages.wording import NAMES_SHOWN
from bot.slack.poster import Slack
from bot.store.figures import Figures
from bot.store.pulls import Pulls


def register(app: AsyncApp, desk: "Desk", slack: Slack, colleagues: Colleagues) -> None:
    app.command("/crr")(partial(on_crr, desk=desk, slack=slack, colleagues=colleagues))


async def on_crr(
    ack: AsyncAck, body: dict[str, Any], desk: "Desk", slack: Slack, colleagues: Colleagues
) -> None:
    await ack()
    message, public = keeprate.only_colleagues(), False
    if await colleagues.have(body["user_id"]):
        message, public = await desk.answer(body.get("text", ""))
    if public and (refusal := await _not_public(body["channel_id"], slack)):
        message, public = refusal, False
    await slack.respond(body["response_url"], message, in_channel=public)


async def _not_public(channel: str, slack: Slack) -> Message | None:
    """Why nothing may be said in front of everybody in this channel."""
    try:
        shared = (await slack.channel_info(channel)).is_ext_shared
    except (ChannelUnreachable, SlackRejected):
        return messages.not_in_an_unknown_channel()
    return messages.not_in_front_of_customers() if shared else None


class Desk:
    """Answers questions about one source."""

    def __init__(self, figures: Figures, pulls: Pulls, clock: Callable[[], datetime]) -> None:
        self._figures = figures
        self._pulls = pulls
        self._clock = clock

    async def answer(self, words: str) -> tuple[Message, bool]:
        """The answer, and whether it was asked for in front of everybody."""
        definition = self._figures.definition
        try:
            question = read_crr(words, today=self._today(), definition=definition)
            match question:
                case CalcQuestion(start, end, new, public):
                    return messages.calc_answer(start, end, new), public
                case CrrQuestion():
                    return await self._figure(question), question.public
                case ExplainQuestion(about):
                    return await self._explanation(about), about.public
                case PeerQuestion(peer, about):
                    return await self._as_peer(peer, about), about.public
                case HelpQuestion():
                    return messages.crr_help(), False
        except Misunderstood as error:
            return keeprate.misunderstood(str(error), help="/crr help"), False

    async def _figure(self, question: CrrQuestion) -> Message:
        found = await self._figures.compared(
            question.period, today=self._today(), wanted=question.segments
        )
        freshness = await self._pulls.freshness()
        return messages.crr_answer(
            found,
            freshness=freshness.get(self._figures.source),
            definition=self._figures.definition,
            left=await self._figures.names(found.lost, NAMES_SHOWN),
            segment=tuple(question.segments.items()),
        )

    async def _explanation(self, question: CrrQuestion) -> Message:
        figures, today = self._figures, self._today()
        found = await figures.explained(question.period, today=today, wanted=question.segments)
        named = explain.Named(
            {
                name: await figures.names(getattr(found.of, name), NAMES_SHOWN)
                for name in explain.LISTS
            },
            [await figures.names(step.customers, NAMES_SHOWN) for step in found.bridge.steps],
        )
        freshness = await self._pulls.freshness()
        return explain.explanation_message(
            found,
            named,
            freshness=freshness.get(figures.source),
            definition=figures.definition,
            segment=tuple(question.segments.items()),
        )

    async def _as_peer(self, peer: Peer, question: CrrQuestion) -> Message:
        figures, today = self._figures, self._today()
        theirs = await figures.as_peer(peer, question.period, today=today, wanted=question.segments)
        ours = await figures.compared(question.period, today=today, wanted=question.segments)
        return explain.peer_message(
            theirs,
            f"By identity: {wording.crr(ours.now.counts)}.",
            period=question.period,
            definition=figures.definition,
        )

    def _today(self) -> date:
        return self._clock().astimezone(self._figures.definition.zone_info).date()
