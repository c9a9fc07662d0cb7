"""Rules made, changed, paused and removed in Slack, and tested against the past."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.roles import Role
from bot.domain.watching import Rule, by_counts, faults, faults_by_counts
from bot.errors import Misunderstood
from bot.listeners.people import People
from bot.listeners.places import why_not
from bot.messages import rules as messages
from bot.messages.blocks import Message, notice, read_first
from bot.messages.keeprate import refusal
from bot.messages.languages import retold, tr
from bot.slack.poster import Slack
from bot.store.rules import Rules


@dataclass(frozen=True, slots=True)
class RuleDesk:
    rules: Rules
    fixed: Sequence[Rule]
    """Those of config.yaml."""
    slack: Slack
    people: People
    clock: Callable[[], datetime]
    sees: Callable[[Rule], Awaitable[str]]
    """What a rule can see, in a sentence."""
    backtest: Callable[[Rule], Awaitable[Message]]
    counts_only: bool = False
    """Whether customers are only counted, so that of CRR there is an estimate alone."""

    async def list(self, *, first: int = 0, most: int = messages.SHOWN) -> Message:
        return messages.rules_list(self.fixed, await self.rules.all(), first=first, most=most)

    async def made(self, name: str) -> Rule | None:
        return next((rule for rule in await self.rules.all() if rule.name == name), None)

    async def any(self, name: str) -> Rule | None:
        fixed = next((rule for rule in self.fixed if rule.name == name), None)
        return fixed or await self.made(name)


def register(app: AsyncApp, desk: RuleDesk) -> None:
    for action in (messages.NEW, messages.CHANGE):
        app.action(action)(partial(on_form_wanted, desk=desk))
    for action in (messages.PAUSE, messages.GO_ON, messages.REMOVE, messages.BACKTEST):
        app.action(action)(partial(on_button, action=action, desk=desk))
    app.action(messages.TAKE)(partial(on_suggestion, desk=desk))
    app.action(messages.MORE)(partial(on_more, desk=desk))
    app.view(messages.FORM)(partial(on_form, desk=desk))


async def on_form_wanted(ack: AsyncAck, body: dict[str, Any], desk: RuleDesk) -> None:
    await ack()
    name, channel = str(body["actions"][0].get("value", "")), _channel(body)
    if await _may(body, desk):
        form = messages.rule_form(await desk.made(name), channel)
        await desk.slack.open_view(body["trigger_id"], form)


async def on_more(ack: AsyncAck, body: dict[str, Any], desk: RuleDesk) -> None:
    await ack()
    if await _may(body, desk):
        await desk.slack.answer(body, await desk.list(first=read_first(body)))


async def on_button(ack: AsyncAck, body: dict[str, Any], action: str, desk: RuleDesk) -> None:
    await ack()
    name, person = str(body["actions"][0].get("value", "")), body["user"]["id"]
    if not await _may(body, desk):
        return
    if action == messages.BACKTEST:
        rule = await desk.any(name)
        told = await desk.backtest(rule) if rule else messages.rule_gone(name)
        await desk.slack.answer(body, told)
        return
    found: object
    if action == messages.REMOVE:
        found = await desk.rules.remove(name, by=person, now=desk.clock())
    else:
        paused = action == messages.PAUSE
        found = await desk.rules.change(
            name, lambda rule: replace(rule, paused=paused), by=person, now=desk.clock()
        )
    if not found:
        await desk.slack.answer(body, messages.rule_gone(name))
        return
    await desk.slack.answer(body, await desk.list(), replace_original=True)


async def on_suggestion(ack: AsyncAck, body: dict[str, Any], desk: RuleDesk) -> None:
    """What a back-test suggests, set in a rule that was made in Slack."""
    await ack()
    if not await _may(body, desk):
        return
    name, level, unexplained = messages.read_suggestion(body)
    changed = await desk.rules.change(
        name,
        lambda rule: replace(rule, level=level, unexplained=unexplained),
        by=body["user"]["id"],
        now=desk.clock(),
    )
    if changed is None:
        await desk.slack.answer(body, messages.rule_gone(name))
        return
    await desk.slack.answer(body, messages.rule_kept(changed, await desk.sees(changed)))


async def on_form(ack: AsyncAck, body: dict[str, Any], desk: RuleDesk) -> None:
    """Kept before the form closes; what is wrong is told at its field."""
    (channel, name), person = messages.read_place(body), body["user"]["id"]
    before, role = await desk.made(name), await desk.people.role(person, channel)
    if role < Role.OPERATOR:
        await ack(response_action="update", view=notice(refusal(role, Role.OPERATOR)))
        return
    rule = messages.read_rule(body, before)
    if isinstance(rule, Rule):
        rule = by_counts(rule) if desk.counts_only else rule
        wrong = await _wrong(rule, before, desk)
        if not wrong:
            was = before.name if before else ""
            await desk.rules.put(rule, by=person, now=desk.clock(), instead_of=was)
            await ack()
            told = messages.rule_kept(rule, await desk.sees(rule))
            await desk.slack.ephemeral(rule.channel, person, told)
            return
        rule = wrong
    await ack(response_action="errors", errors=rule)


async def _wrong(rule: Rule, before: Rule | None, desk: RuleDesk) -> dict[str, str]:
    """What can't be, by the field of the form."""
    if found := faults_by_counts(rule) if desk.counts_only else faults(rule):
        return {"kind": retold(found[0])[:150]}
    known = await desk.any(rule.name)
    if known is not None and (before is None or known.name != before.name):
        return {"name": tr("There is a rule of this name; give it another.")}
    if why := await why_not(rule.channel, desk.slack):
        return {"channel": tr("Nothing can be posted there: {why}", why=why)[:150]}
    try:
        await desk.sees(rule)
    except Misunderstood as error:
        return {"segments": retold(error.sentence)[:150]}
    return {}


async def _may(body: dict[str, Any], desk: RuleDesk) -> bool:
    role = await desk.people.role(body["user"]["id"], _channel(body))
    if role < Role.OPERATOR:
        await desk.slack.answer(body, refusal(role, Role.OPERATOR))
    return role >= Role.OPERATOR


def _channel(body: dict[str, Any]) -> str:
    """Where the button was pressed; "" in App Home."""
    return str(body.get("channel", {}).get("id", ""))
