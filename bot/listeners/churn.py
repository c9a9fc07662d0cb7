"""/churn: who left, why, and what they paid."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.pulls import Freshness
from bot.domain.questions import CrrQuestion, HelpQuestion, as_left, read_churn
from bot.domain.roles import Role
from bot.errors import Misunderstood
from bot.listeners.crr import not_public
from bot.listeners.mentions import Spoken, Tell
from bot.listeners.people import People
from bot.messages import churn as messages
from bot.messages import keeprate
from bot.messages.blocks import Message, unescape
from bot.messages.crr import shareable
from bot.slack.poster import Slack
from bot.store.figures import Figures
from bot.store.leavers import causes, leavers
from bot.store.pulls import Pulls
from bot.store.reasons import Reasons
from bot.store.results import Results


@dataclass(frozen=True, slots=True)
class ChurnDesk:
    figures: Figures
    pulls: Pulls
    reasons: Reasons
    results: Results
    slack: Slack
    people: People
    clock: Callable[[], datetime]

    async def answer(
        self, words: str, person: str, channel: str, first: int = 0
    ) -> tuple[Message, bool]:
        """The answer, and whether everybody in the channel may see it. `first` is how many of who
        left were shown before."""
        role = await self.people.role(person, channel)
        if role < Role.VIEWER:
            return keeprate.refusal(role, Role.VIEWER), False
        try:
            question = read_churn(words, today=self._today(), definition=self.figures.definition)
            if isinstance(question, HelpQuestion):
                return messages.churn_help(), False
            if question.public and (refused := await not_public(channel, self.slack)):
                return refused, False
            with self.people.in_front_of_all(question.public):
                message = await self.left(question, words, first)
        except Misunderstood as error:
            return keeprate.misunderstood(error.sentence, help="/churn help"), False
        if question.public or first:
            return message, question.public
        return shareable(message, as_left(words)), False

    async def left(self, question: CrrQuestion, words: str, first: int = 0) -> Message:
        """The answer to a question, which was asked in these words. Raises Misunderstood."""
        figures, today = self.figures, self._today(question.known_at)
        found = await figures.compared(
            question.period,
            today=today,
            wanted=question.segments,
            as_known_at=question.known_at,
        )
        left = sorted(
            await leavers(figures, self.reasons, self.results, found.lost, question.period),
            key=lambda who: (who.name.casefold(), who.customer),
        )
        counted = [who.monthly for who in left if who.monthly is not None]
        told = messages.Churn(
            figure=found.now,
            before=found.before,
            shown=left[first : first + messages.AT_ONCE],
            first=first,
            causes=(await causes(figures, self.reasons, found.lost, question.period))[0],
            lost_monthly=sum(counted) if counted else None,
            currency=left[0].currency if left else "",
        )
        return messages.churn_answer(
            told,
            words=words,
            freshness=await self._freshness(question.known_at),
            definition=figures.definition,
            segment=tuple(question.segments.items()),
            known_at=question.known_at,
        )

    async def _freshness(self, known_at: datetime | None) -> Freshness | None:
        source = self.figures.source
        if known_at is None:
            return (await self.pulls.freshness()).get(source)
        return await self.pulls.freshness_at(source, known_at)

    def _today(self, known_at: datetime | None = None) -> date:
        moment = known_at or self.clock()
        return moment.astimezone(self.figures.definition.zone_info).date()


def register(app: AsyncApp, desk: ChurnDesk) -> None:
    app.command("/churn")(partial(on_churn, desk=desk))
    app.action(messages.MORE)(partial(on_more, desk=desk))


async def on_churn(ack: AsyncAck, body: dict[str, Any], desk: ChurnDesk) -> None:
    await ack()
    words = unescape(body.get("text", ""))
    message, public = await desk.answer(words, body["user_id"], body["channel_id"])
    await desk.slack.respond(body["response_url"], message, in_channel=public)


async def on_more(ack: AsyncAck, body: dict[str, Any], desk: ChurnDesk) -> None:
    """The next of who left, for who asks alone, also below an answer that all see."""
    await ack()
    words, first = messages.read_more(body)
    person, channel = body["user"]["id"], body["channel"]["id"]
    message, _ = await desk.answer(words, person, channel, first)
    await desk.slack.respond(body["response_url"], message)


def spoken(desk: ChurnDesk) -> Spoken:
    """The command as it is answered after a mention."""

    async def say(words: str, person: str, channel: str, tell: Tell) -> tuple[Message, bool]:
        return await desk.answer(words, person, channel)

    return say
