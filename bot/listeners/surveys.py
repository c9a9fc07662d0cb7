"""/nps, /csat and /ces: asking a channel, taking answers, showing what they say."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, TypeVar

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest

from bot.domain.asking import Coming, Design, Plan, Target
from bot.domain.audit import Deed
from bot.domain.commands import (
    AskNow,
    Close,
    Help,
    LinkFor,
    NextRound,
    Outcomes,
    Preview,
    Results,
    SurveyCommand,
    Themes,
    read_asking,
    read_survey,
    written,
)
from bot.domain.definition import Definition
from bot.domain.roles import Role
from bot.domain.surveys import (
    ANONYMOUS_LEAST,
    Answer,
    Ask,
    Layout,
    Scale,
    band,
    is_nameless,
    nameless,
    read_typed,
)
from bot.errors import Misunderstood, SlackError, StoreUnavailable
from bot.listeners.mentions import Answered, Spoken, Tell, is_repeated
from bot.listeners.people import People
from bot.listeners.results import ResultsDesk
from bot.messages import asking, limits
from bot.messages import surveys as messages
from bot.messages.blocks import Block, Message, unescape
from bot.messages.keeprate import misunderstood, refusal
from bot.messages.languages import ENGLISH, in_force
from bot.slack.poster import Slack
from bot.store.answer_links import AnswerLinks
from bot.store.asked import OptOuts
from bot.store.surveys import Also, Surveys

T = TypeVar("T")

log = structlog.get_logger()

PATIENCE = 2.0
"""Seconds that the store has to take an answer, of the three that Slack gives us."""

_ASKS_KEPT = 1000


class Said(NamedTuple):
    """What somebody wrote in a channel."""

    text: str
    person: str
    team: str
    """Their workspace, "" where Slack does not tell."""
    channel: str
    thread: str
    """The ts of the message that begins the thread, "" outside of threads."""
    to_us: bool = False
    """Whether it mentions the bot."""
    repeats: datetime | None = None
    """When it was written, of what Slack delivers once more: it may have been kept, and something
    newer since then."""


class Taken(NamedTuple):
    """What became of an answer."""

    reply: Message
    """To the person alone."""
    answer: Answer | None = None
    """As it is kept; None where nothing was stored."""
    again: bool = False
    """Whether it took the place of an earlier one, which may have a comment."""
    ask: Ask | None = None
    """What it answers, where it is kept."""


async def _each_time(channel: str, message: str, work: Callable[[], Awaitable[bool]]) -> bool:
    await work()
    return True


@dataclass(frozen=True, slots=True)
class SurveyDesk:
    """Asks, takes answers, and tells results."""

    surveys: Surveys
    opt_outs: OptOuts
    slack: Slack
    people: People
    ask_them: Callable[[Design, Target, str], Awaitable[tuple[list[tuple[Ask, str]], Plan]]]
    """Asks, on the word of this person: the asks, each with why it is not there yet or ""."""
    plan: Callable[[Target], Awaitable[Plan]]
    """Who would be asked."""
    coming: Callable[[str], Awaitable[Coming]]
    """What a survey of config.yaml asks next."""
    called: Callable[[Sequence[int]], Awaitable[Mapping[int, str]]]
    """Customers' names."""
    definition: Definition
    results: ResultsDesk
    clock: Callable[[], datetime]
    language: Callable[[str], str]
    """In a channel, of what is said before it is known which question was answered."""
    comment_for: timedelta = timedelta(days=3)
    """How long after an answer its comment can be written and changed."""
    layout: Layout = Layout.BUTTONS
    """Of questions that somebody types."""
    pages: AnswerLinks | None = None
    """For web pages on which people can answer; None where none are served."""
    asks: dict[str, Ask] = field(default_factory=dict)
    """Those answered lately: what is asked never changes, so a click need not wait for a query.
    Whose they are does, when a channel is linked; then they are to be taken out."""
    once: Callable[[str, str, Callable[[], Awaitable[bool]]], Awaitable[bool]] = _each_time
    """Does something for a message in a channel, if nobody did it before."""

    async def take_typed(self, said: Said) -> Message | None:
        """Keep the number that somebody typed in the thread of a question, and what to tell them
        alone; None for what is no answer. A bare number is taken once: the next one may be about
        something else, "9/10" is not. Raises StoreUnavailable."""
        typed = read_typed(said.text)
        if typed is None or not said.thread:
            return None
        ask = await self.surveys.asked_in(said.channel, said.thread)
        if ask is None:
            return None
        last = ask.scale.scores[-1]
        comment = typed.comment[: limits.TYPED_TEXT]
        answer = Answer(ask.id, said.person, said.team, typed.score, self.clock(), comment)
        if await self._is_for_others(ask, answer):
            return None
        if ask.anonymous:
            return messages.typed_openly(ask.language)
        if typed.of not in (None, last):
            return messages.not_on_scale(ask.scale, ask.language)
        again = await self.surveys.answer(ask.id, said.person)
        if again is not None and said.repeats and said.repeats <= again.answered_at:
            return self._thanks(again, ask, typed=True)
        if typed.of is None and not said.to_us and again is not None:
            return None
        return (await self.take(answer, said.channel, typed=True)).reply

    async def take(
        self, answer: Answer, channel: str, *, typed: bool = False, also: Also | None = None
    ) -> Taken:
        """Keep what was answered in the channel, and `also` this with it."""
        ask = self.asks.get(answer.ask) or await self.surveys.ask(answer.ask)
        if ask is None:
            return Taken(messages.unknown(self.language(channel)))
        if answer.score not in ask.scale.scores:
            return Taken(messages.not_on_scale(ask.scale, ask.language))
        if len(self.asks) >= _ASKS_KEPT:
            self.asks.clear()
        self.asks[ask.id] = ask
        if await self._is_for_others(ask, answer):
            return Taken(asking.not_for_ours())
        now, zone = answer.answered_at, self.definition.zone_info
        kept = replace(answer, language=ask.language)
        if ask.anonymous:
            kept = nameless(kept, secrets.token_urlsafe(12), zone)
            first = await self.surveys.put_nameless(kept, answer.person, now, also)
            if first is False:
                return Taken(messages.already_answered(ask.language))
        else:
            first = await self.surveys.put_answer(kept, also)
        if first is None:
            return Taken(messages.closed(ask.language, expired=ask.has_expired(now)))
        reply = self._thanks(kept, ask, changed=not first, at=now, typed=typed)
        return Taken(reply, kept, again=not first, ask=ask)

    def _thanks(
        self,
        answer: Answer,
        ask: Ask,
        *,
        changed: bool = False,
        at: datetime | None = None,
        typed: bool = False,
    ) -> Message:
        """`at`, where the answer does not tell when it was given."""
        last = (at or answer.answered_at) + self.comment_for
        return messages.thanks(
            answer,
            ask.scale,
            changed=changed,
            comment_until=last.astimezone(self.definition.zone_info).date(),
            layout=ask.layout,
            style=ask.style,
            typed=typed,
        )

    def takes_comment(self, answer: Answer) -> bool:
        """Whether its comment can still be written."""
        return answer.answered_at >= self.comments_since(answer.person)

    def comments_since(self, person: str) -> datetime:
        """From when on an answer must be. Of one without a name only the day is known, all of which
        is theirs."""
        since = self.clock() - self.comment_for
        return since - timedelta(days=1) if is_nameless(person) else since

    def language_of(self, ask: str, channel: str) -> str:
        """Of a question, or where it is not at hand of the channel."""
        known = self.asks.get(ask)
        return known.language if known else self.language(channel)

    async def _is_for_others(self, ask: Ask, answer: Answer) -> bool:
        """One of ours, in a customer's channel. Only who is of our workspace is looked up, so that
        a customer's answer waits for nothing."""
        if not ask.of_customers or not self.people.may_be_ours(answer.team):
            return False
        return await self.people.are_ours(answer.person)

    async def read(self, words: str, *, scale: Scale, channel: str, person: str) -> Message:
        """The answer to what was typed."""
        await self.people.role(person, channel)  # slips are told in their language too
        try:
            command = read_survey(words)
            return await self.answer(command, scale=scale, channel=channel, person=person)
        except Misunderstood as error:
            return misunderstood(error.sentence, help=f"/{scale} help")

    async def answer(
        self, command: SurveyCommand, *, scale: Scale, channel: str, person: str
    ) -> Message:
        """Do what the command says, and say so."""
        match command:
            case Help():
                return asking.help_for(scale)
            case Results() | Themes() | Outcomes():
                needed = Role.VIEWER
            case Preview() | NextRound() | AskNow() | LinkFor() | Close():
                needed = Role.OPERATOR
        role = await self.people.role(person, channel)
        if role < needed:
            return refusal(role, needed)
        match command:
            case Preview():
                return await self._preview(scale, command, channel)
            case NextRound(survey):
                return await self._coming(await self.coming(survey))
            case AskNow():
                return await self.ask(scale, command, channel=channel, person=person)
            case Results(words):
                return await self._results(scale, channel, words)
            case Themes(words):
                return await self.results.about(scale, words)
            case Outcomes():
                return await self.results.stayed(scale)
            case LinkFor(to):
                return await self._link_for(scale, channel, to)
            case Close():
                return await self._close(scale, channel, person)

    async def ask(self, scale: Scale, said: AskNow, *, channel: str, person: str) -> Message:
        """Of the target, or of this channel where none is named."""
        whom = said.target or Target(channels=(channel,))
        design = Design(scale, said.question, layout=self.layout, anonymous=said.anonymous)
        asks, plan = await self.ask_them(design, whom, person)
        if len(asks) == 1 and not plan.not_asked:
            [(ask, problem)] = asks
            return (
                asking.not_asked(problem, ask.channel, ask.person) if problem else asking.asked(ask)
            )
        called = await self._called(plan)
        return asking.asked_several(scale, asks, plan, called=called, definition=self.definition)

    async def _preview(self, scale: Scale, said: Preview, channel: str) -> Message:
        plan = await self.plan(said.target or Target(channels=(channel,)))
        typed = written(said)
        if not said.target and not plan.not_asked:
            return asking.preview(
                scale,
                said.question,
                channel,
                typed=typed,
                anonymous=said.anonymous,
                language=next(iter(plan.languages), ENGLISH),
            )
        return asking.plan_preview(
            scale,
            said.question,
            typed,
            plan,
            anonymous=said.anonymous,
            called=await self._called(plan),
            definition=self.definition,
        )

    async def everybody(
        self, scale: Scale, typed: str, first: int, *, channel: str, person: str
    ) -> Message:
        """Who would be asked, and who not, after the first ones; `typed` is what a preview was
        asked for with."""
        role = await self.people.role(person, channel)
        if role < Role.OPERATOR:
            return refusal(role, Role.OPERATOR)
        match read_survey(f"preview {typed}"):
            case NextRound(survey):
                plan = (await self.coming(survey)).plan
            case Preview(target=target):
                plan = await self.plan(target or Target(channels=(channel,)))
            case _:
                plan = Plan()
        called = await self._called(plan)
        return asking.plan_list(
            scale, typed, plan, first, called=called, definition=self.definition
        )

    async def comments(self, ask_id: str, first: int, *, channel: str, person: str) -> Message:
        """What was said to a question, after the first ones."""
        role = await self.people.role(person, channel)
        if role < Role.VIEWER:
            return refusal(role, Role.VIEWER)
        ask = await self.surveys.ask(ask_id)
        if ask is None:
            return messages.unknown(in_force())
        return asking.comments_list(ask, await self._said_to(ask), first)

    async def _coming(self, coming: Coming) -> Message:
        called = await self._called(coming.plan)
        return asking.coming(coming, called=called, definition=self.definition)

    async def _called(self, plan: Plan) -> Mapping[int, str]:
        whom = (*plan.asked, *(each.whom for each in plan.not_asked))
        customers = {each.customer for each in whom if each.customer is not None}
        return await self.called(sorted(customers)) if customers else {}

    async def _results(self, scale: Scale, channel: str, words: str) -> Message:
        """Where nothing was asked, they are those of all channels."""
        ask = None if words else await self.surveys.newest_ask(scale, channel, self.clock())
        if ask is None:
            return await self.results.period(scale, words)
        answers = await self.surveys.answers(ask.id)
        if _too_few(ask, answers):
            return asking.too_few(ask, len(answers))
        comments = _comments(answers)
        scores, rule = [a.score for a in answers], self.results.scores.satisfied
        return asking.results(ask, scores, comments, satisfied=rule)

    async def _said_to(self, ask: Ask) -> list[tuple[int, str]]:
        answers = await self.surveys.answers(ask.id)
        return [] if _too_few(ask, answers) else _comments(answers)

    async def _link_for(self, scale: Scale, channel: str, person: str) -> Message:
        if self.pages is None:
            return asking.no_pages()
        ask = await self.surveys.newest_ask(scale, channel, self.clock())
        if ask is None:
            return asking.never_asked(scale)
        if not ask.takes_answers(self.clock()):
            return asking.now_closed(ask)
        if await self.opt_outs.among([person]):
            return asking.wants_peace(person)
        sign = await self.pages.signer()
        return asking.page_for(ask, person, sign(ask.id, person))

    async def _close(self, scale: Scale, channel: str, person: str) -> Message:
        now = self.clock()
        ask = await self.surveys.newest_ask(scale, channel, now)
        if ask is None:
            return asking.never_asked(scale)
        deed = Deed(now, person, "question closed", f"{scale} in {channel}")
        await self.surveys.close(ask.id, now, deed)
        return asking.now_closed(ask)


def _too_few(ask: Ask, answers: Sequence[Answer]) -> bool:
    """Whether somebody could be known by what is said."""
    return ask.anonymous and len(answers) < ANONYMOUS_LEAST


def _comments(answers: Sequence[Answer]) -> list[tuple[int, str]]:
    """With the score, the newest first."""
    return [(each.score, each.comment) for each in reversed(answers) if each.comment]


def register(app: AsyncApp, desk: SurveyDesk, *, replies: bool = False) -> None:
    """With `replies` numbers that are typed in threads are answers, too."""
    if replies:
        app.event("message")(partial(on_message, desk=desk))
    app.action(messages.SCORE)(partial(on_score, desk=desk))
    app.action(messages.SCORE_MENU)(partial(on_score, desk=desk))
    app.action(messages.OPEN_FORM)(partial(on_open_form, desk=desk))
    app.view(messages.SCORE_FORM)(partial(on_scored, desk=desk))
    app.action(messages.ADD_COMMENT)(partial(on_add_comment, desk=desk))
    app.action(asking.ASK_HERE)(partial(on_ask_here, desk=desk))
    app.action(asking.PLANNED)(partial(on_planned, desk=desk))
    app.action(asking.COMMENTS)(partial(on_comments, desk=desk))
    app.action(messages.OPT_OUT)(partial(on_opt_out, desk=desk))
    app.action(messages.OPT_IN)(partial(on_opt_in, desk=desk))
    app.view(messages.COMMENT_FORM)(partial(on_comment, desk=desk))
    for scale in Scale:
        app.command(f"/{scale}")(partial(on_command, scale=scale, desk=desk))


def is_customers(body: dict[str, Any]) -> bool:
    """Whether customers do such a thing: what they are told then is in their language."""
    [action, *_] = body.get("actions") or [{}]
    return messages.is_customers(str(action.get("action_id", "")))


async def on_score(ack: AsyncAck, body: dict[str, Any], desk: SurveyDesk) -> None:
    """The answer is on disk before Slack is told that the click arrived."""
    try:
        answer = messages.read_answer(body, desk.clock())
    except Misunderstood:
        await ack()
        told = messages.unreadable(desk.language(_channel(body)))
        await desk.slack.respond(body["response_url"], told)
        return
    try:
        taken = await _in_time(desk.take(answer, _channel(body)))
    except (TimeoutError, StoreUnavailable, SlackError) as error:
        log.warning("answer not stored in time", ask=answer.ask, why=type(error).__name__)
        taken = Taken(messages.not_stored(desk.language_of(answer.ask, _channel(body))))
    await ack()
    if (kept := taken.answer) is not None:
        if taken.again:
            kept = await desk.surveys.answer(kept.ask, kept.person) or kept
        await _open_form(body, kept, desk)
    await desk.slack.respond(body["response_url"], taken.reply)


def _channel(body: dict[str, Any]) -> str:
    return str((body.get("channel") or {}).get("id", ""))


async def on_message(
    ack: AsyncAck, event: dict[str, Any], request: AsyncBoltRequest, desk: SurveyDesk
) -> None:
    """A number in the thread of a question is on disk before Slack is told that the message
    arrived; where the store does not take it, Slack sends the message again."""
    said = read_said(event, repeated=is_repeated(request))
    if said is None:
        await ack()
        return
    reply = await _in_time(desk.take_typed(said))
    await ack()
    if reply is not None:
        await desk.slack.ephemeral(said.channel, said.person, reply, thread_ts=said.thread)


def read_said(event: dict[str, Any], *, repeated: bool) -> Said | None:
    """What a person wrote; None of a bot, and of what is no new message, such as an edit."""
    if event.get("bot_id") or event.get("subtype") not in (None, "thread_broadcast"):
        return None
    if not event.get("user"):
        return None
    return Said(
        text=messages.read_text(event),
        person=event["user"],
        team=event.get("user_team") or event.get("team") or "",
        channel=event["channel"],
        thread=event.get("thread_ts", ""),
        repeats=datetime.fromtimestamp(float(event["ts"]), UTC) if repeated else None,
    )


async def on_open_form(ack: AsyncAck, body: dict[str, Any], desk: SurveyDesk) -> None:
    """With the score that they gave before, if it is known to be theirs."""
    await ack()
    channel, person = _channel(body), body["user"]["id"]
    ask = await desk.surveys.ask(messages.read_form_request(body))
    if ask is None:
        await desk.slack.respond(body["response_url"], messages.unknown(desk.language(channel)))
        return
    if not ask.takes_answers(now := desk.clock()):
        told = messages.closed(ask.language, expired=ask.has_expired(now))
        await desk.slack.respond(body["response_url"], told)
        return
    before = None if ask.anonymous else await desk.surveys.answer(ask.id, person)
    form = messages.score_form(ask, channel, before)
    try:
        await desk.slack.open_view(body["trigger_id"], form)
    except SlackError as error:
        log.info("form for a score not opened", ask=ask.id, why=error.code)
        await desk.slack.respond(body["response_url"], messages.went_wrong(ask.language))


async def on_scored(ack: AsyncAck, body: dict[str, Any], desk: SurveyDesk) -> None:
    """The answer is on disk before the form asks why; where it was not taken, the form says so."""
    answer, channel = messages.read_scored(body, desk.clock())
    try:
        taken = await _in_time(desk.take(answer, channel))
    except (TimeoutError, StoreUnavailable, SlackError) as error:
        log.warning("answer not stored in time", ask=answer.ask, why=type(error).__name__)
        taken = Taken(messages.not_stored(desk.language_of(answer.ask, channel)))
    if (kept := taken.answer) is None or taken.ask is None:
        await ack(response_action="errors", errors=messages.not_taken(taken.reply))
        return
    if taken.again:
        kept = await desk.surveys.answer(kept.ask, kept.person) or kept
    form = _comment_form(taken.ask, kept)
    await ack(response_action="update", view=form)
    try:
        await desk.slack.ephemeral(channel, answer.person, taken.reply)
    except SlackError as error:
        log.info("thanks not shown", ask=answer.ask, why=error.code)


async def _in_time(storing: Coroutine[Any, Any, T]) -> T:
    """Raises TimeoutError when the store is too slow.

    What it takes late is still taken, though the person is told to repeat it.
    """
    task = asyncio.ensure_future(storing)
    # Where nobody waits for it any more, nobody need hear how it failed.
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    return await asyncio.wait_for(asyncio.shield(task), PATIENCE)


async def on_add_comment(ack: AsyncAck, body: dict[str, Any], desk: SurveyDesk) -> None:
    await ack()
    answer = await desk.surveys.answer(*messages.read_comment_request(body))
    if answer is None:
        return
    if desk.takes_comment(answer):
        await _open_form(body, answer, desk)
    else:
        await desk.slack.respond(body["response_url"], messages.comment_is_over(answer.language))


async def on_comment(ack: AsyncAck, body: dict[str, Any], desk: SurveyDesk) -> None:
    """Stored before the form closes; where it can't be, it stays open with what was typed."""
    ask, person, _, text = messages.read_comment(body)
    language = desk.language_of(ask, "")
    since = desk.comments_since(person)
    try:
        put = desk.surveys.put_comment(ask, person, text, desk.clock(), since=since)
        is_kept = await _in_time(put)
    except (TimeoutError, StoreUnavailable) as error:
        log.warning("comment not stored in time", ask=ask, why=type(error).__name__)
        await ack(response_action="errors", errors=messages.comment_not_stored(language))
    else:
        if is_kept:
            await ack()
        else:
            await ack(response_action="errors", errors=messages.comment_too_late(language))


async def on_ask_here(ack: AsyncAck, body: dict[str, Any], desk: SurveyDesk) -> None:
    await ack()
    scale, typed = asking.read_ask_here(body)
    channel, person = body["channel"]["id"], body["user"]["id"]
    role = await desk.people.role(person, channel)
    if role < Role.OPERATOR:
        await desk.slack.respond(body["response_url"], refusal(role, Role.OPERATOR))
        return
    reply: Message | None = None

    async def ask() -> bool:
        nonlocal reply
        reply = await desk.ask(scale, read_asking(typed), channel=channel, person=person)
        return True

    # Who clicks twice before the button is gone has not asked customers twice.
    await desk.once(channel, str(body["container"]["message_ts"]), ask)
    if reply is None:
        await desk.slack.respond(body["response_url"], asking.asked_before())
    else:
        await desk.slack.respond(body["response_url"], reply, replace_original=True)


async def on_planned(ack: AsyncAck, body: dict[str, Any], desk: SurveyDesk) -> None:
    await ack()
    scale, typed, first = asking.read_planned(body)
    channel, person = body["channel"]["id"], body["user"]["id"]
    reply = await desk.everybody(scale, typed, first, channel=channel, person=person)
    await desk.slack.respond(body["response_url"], reply)


async def on_comments(ack: AsyncAck, body: dict[str, Any], desk: SurveyDesk) -> None:
    """For who asks alone."""
    await ack()
    ask, first = asking.read_more_comments(body)
    channel, person = body["channel"]["id"], body["user"]["id"]
    reply = await desk.comments(ask, first, channel=channel, person=person)
    await desk.slack.respond(body["response_url"], reply)


def spoken(desk: SurveyDesk, scale: Scale) -> Spoken:
    """The command as it is answered after a mention."""

    async def say(words: str, person: str, channel: str, tell: Tell) -> tuple[Message, bool]:
        return await desk.read(words, scale=scale, channel=channel, person=person), False

    return say


def answered(desk: SurveyDesk) -> Answered:
    """A number after a mention, in the thread of a question: whoever can write can answer."""

    async def take(event: dict[str, Any], words: str, repeated: bool) -> Message | None:
        said = read_said(event, repeated=repeated)
        if said is None:
            return None
        return await _in_time(desk.take_typed(said._replace(text=words, to_us=True)))

    return take


async def on_opt_out(ack: AsyncAck, body: dict[str, Any], desk: SurveyDesk) -> None:
    """Stored before Slack is told; whoever may answer may also ask for peace."""
    language = messages.read_language(body)
    try:
        await _in_time(desk.opt_outs.put(body["user"]["id"], desk.clock()))
        told = messages.opted_out(language)
    except (TimeoutError, StoreUnavailable) as error:
        log.warning("wish not to be asked not stored in time", why=type(error).__name__)
        told = messages.went_wrong(language)
    await ack()
    await desk.slack.respond(body["response_url"], told)


async def on_opt_in(ack: AsyncAck, body: dict[str, Any], desk: SurveyDesk) -> None:
    await desk.opt_outs.take_back(body["user"]["id"])
    await ack()
    reply = messages.opted_in(messages.read_language(body))
    await desk.slack.respond(body["response_url"], reply, replace_original=True)


async def on_command(ack: AsyncAck, body: dict[str, Any], scale: Scale, desk: SurveyDesk) -> None:
    await ack()
    words, person, channel = unescape(body.get("text", "")), body["user_id"], body["channel_id"]
    reply = await desk.read(words, scale=scale, channel=channel, person=person)
    await desk.slack.respond(body["response_url"], reply)


def _comment_form(ask: Ask, answer: Answer) -> Block:
    where = band(ask.scale, answer.score, ask.direction)
    return messages.comment_form(answer, of=where, follow_ups=dict(ask.follow_ups))


async def _open_form(body: dict[str, Any], answer: Answer, desk: SurveyDesk) -> None:
    """With the comment of before in it, and a question that depends on the score. The score counts
    without it, and the thanks have a button for it, so it may fail."""
    ask = desk.asks.get(answer.ask) or await desk.surveys.ask(answer.ask)
    if ask is None:
        return
    try:
        await desk.slack.open_view(body["trigger_id"], _comment_form(ask, answer))
    except SlackError as error:
        log.info("comment form not opened", ask=ask.id, why=error.code)
