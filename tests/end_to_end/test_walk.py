"""Whatever can be typed, pressed, chosen or sent is used, by everybody, and leads somewhere.

What there is is found: the commands of the manifest with the words of their help, what the
listeners are registered for, and what messages show. Each action_id and callback_id has a row here
that says how it is come by; one that is new fails until it has one. People are of every kind, and
each of them is answered in words; who may see no figures is told none.
"""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count
from typing import Any

import msgspec
import pytest

from bot.domain.choices import Setting
from bot.domain.incidents import Evaluation, Evidence, Incident, Reading
from bot.domain.period import Kind, Period
from bot.domain.roles import Named, Role
from bot.domain.subscriptions import Edition, Subscription
from bot.domain.surveys import Answer, Ask, Scale
from bot.domain.watching import Rule
from bot.messages import (
    alerts,
    asking,
    churn,
    closing,
    crr,
    episodes,
    home,
    joined,
    keeprate,
    links,
    loops,
    matching,
    merges,
    named,
    rules,
    sources,
    subscriptions,
    surveys,
    weekly,
)
from bot.messages import settings as choosing
from bot.messages.blocks import Block, Message, actions, button, section, static_select
from bot.sandbox.errors import NotPossible
from bot.sandbox.journal import Entry
from bot.sandbox.server import Sandbox
from bot.sandbox.settings import Channel, Settings, User
from bot.sandbox.workspace import Post, View
from bot.slack.manifest import COMMANDS
from bot.slack.poster import Me
from bot.store.deliveries import Delivery
from bot.store.incidents import saw
from tests.end_to_end import companies
from tests.end_to_end.running import SHARED, SUCCESS, Place, Running, at, running
from tests.listeners.test_every_listener import BUTTONS, FORMS, MENUS

NOW = at("2026-11-02T10:00")
EVERYBODY = {
    "U0ACME": Role.OUTSIDE,
    "U0GUEST": Role.OUTSIDE,
    "U0NEW": Role.COLLEAGUE,
    "U0OWNER": Role.VIEWER,
    "U0LEAD": Role.OPERATOR,
    "U0ADMIN": Role.ADMIN,
}
"""By their ids; the first is of another workspace, the second a guest."""
PEOPLE = {"viewers": ["U0OWNER"], "operators": ["U0LEAD"], "admins": ["U0ADMIN"]}
FIGURES = re.compile(r"\d(?:\.\d)? %|\b\d+ of \d+\b|Company \d|crm as of")
"""What nobody is told who may see no figures."""
REFUSED = ("Figures and surveys are for", "Figures and customers' names are for", "may do that")
"""One of these is told to who may not."""

numbers = count(1)


# What can be pressed, and how it is come by.


async def incident(bot: Running, *, resolved: bool = False) -> Incident:
    """An open alert in Slack, of which somebody has left."""
    kept, now, number = bot.bot.kept, bot.clock(), next(numbers)
    rule, key = Rule(f"drop {number}", SUCCESS), f"incident:{number}"
    october = Period(date(2026, 10, 1), date(2026, 11, 1), Kind.MONTH)
    lost = (await bot.bot.figures.compared(october, today=NOW.date())).lost
    reading = Reading(date(2026, 10, 1), 0.9, 0.97)
    evidence = Evidence(
        date(2026, 10, 1),
        date(2026, 11, 1),
        opening=40,
        kept=36,
        left=(int(lost[number % len(lost)]),),
        left_count=1,
    )
    made, _ = await kept.incidents.open(rule.name, "", reading, delivery=key, now=now)
    seen = Evaluation(reading, evidence, dropped=True)
    settings = msgspec.json.encode(rule).decode()
    await kept.database.write(lambda c: saw(c, made.id, seen, settings=settings, told=now))
    told = Message("A drop.", (section("A drop."),))
    await kept.deliveries.put(Delivery(key, SUCCESS, told, created_at=now))
    await bot.settle()
    if resolved:
        return await kept.incidents.resolve(made.id, now)
    found = await kept.incidents.get(made.id)
    assert found is not None
    return found


async def an_alert(bot: Running) -> str:
    return str((await incident(bot)).id)


async def a_resolved_alert(bot: Running) -> str:
    return str((await incident(bot, resolved=True)).id)


async def a_rule(bot: Running) -> str:
    rule = Rule(f"rule {next(numbers)}", SUCCESS, made_by="U0LEAD")
    await bot.bot.kept.rules.put(rule, by="U0LEAD", now=bot.clock())
    return rule.name


async def advice(bot: Running) -> str:
    return json.dumps({"rule": await a_rule(bot), "level": "quiet", "unexplained": 0.01})


async def a_subscription(bot: Running) -> str:
    edition = Edition.MONTHLY
    made = await bot.bot.kept.subscriptions.put(
        Subscription(SUCCESS, edition, segment=(("plan", f"pro{next(numbers)}"),)),
        by="U0LEAD",
        now=bot.clock(),
    )
    return str(made.id)


async def a_whole_subscription(bot: Running) -> str:
    made = await bot.bot.kept.subscriptions.put(
        Subscription(SUCCESS, Edition.QUARTERLY), by="U0LEAD", now=bot.clock()
    )
    return str(made.id)


async def a_held_pull(bot: Running) -> str:
    """Half of the companies are gone."""
    path = bot.bot.config.truth.model_dump()["path"]
    there = path.read_text()
    path.write_text("\n".join(there.splitlines()[:20]) + "\n")
    await bot.bot.reader.pull("crm")
    path.write_text(there)
    held = await bot.bot.kept.pulls.held("crm")
    assert held is not None
    return str(held.id)


async def a_lost_message(bot: Running) -> str:
    deliveries, now, key = bot.bot.kept.deliveries, bot.clock(), f"news:{next(numbers)}"
    told = Message("Late news.", (section("Late news."),))
    later = now + timedelta(days=1)  # so that the outbox leaves it to us
    await deliveries.put(Delivery(key, SUCCESS, told, created_at=now, not_before=later))
    claimed = await deliveries.claim_next("walk", later, timedelta(minutes=2))
    assert claimed is not None
    await deliveries.failed(key, "The channel is archived.", holder="walk")
    return key


async def a_question(bot: Running) -> str:
    ask = Ask(f"q{next(numbers)}", Scale.NPS, "How likely?", SHARED, "U0LEAD", bot.clock())
    await bot.bot.kept.surveys.put_ask(ask)
    return ask.id


async def a_score(bot: Running) -> str:
    return f"{await a_question(bot)}:9"


async def an_answer(bot: Running) -> str:
    """Of everybody."""
    ask = await a_question(bot)
    for person in EVERYBODY:
        await bot.bot.kept.surveys.put_answer(Answer(ask, person, "T0KEEP", 3, bot.clock()))
    return ask


async def comments(bot: Running) -> str:
    return json.dumps({"of": await an_answer(bot), "first": 0})


async def a_low_score(bot: Running) -> str:
    ask = await a_question(bot)
    await bot.bot.kept.surveys.put_answer(Answer(ask, "U0ACME", "T0ACME", 2, bot.clock()))
    await bot.bot.follow_low_scores()
    await bot.settle()
    found = [each for each in await bot.bot.kept.loops.open_ones() if each.of.ask == ask]
    return str(found[0].id)


def always(value: str) -> Callable[[Running], Awaitable[str]]:
    async def given(bot: Running) -> str:
        return value

    return given


nothing = always("")


@dataclass(frozen=True)
class Press:
    needed: Role
    """Who is less is told that they may not."""
    value: Callable[[Running], Awaitable[str]] = nothing
    """What stands in the button, made anew for each who presses it."""
    menu: bool = False


_MORE = json.dumps({"words": "2026-10", "first": 0})
PRESSED: dict[str, Press] = {
    "score:9": Press(Role.OUTSIDE, a_score),
    surveys.SCORE_MENU: Press(Role.OUTSIDE, a_score, menu=True),
    surveys.OPEN_FORM: Press(Role.OUTSIDE, a_question),
    surveys.ADD_COMMENT: Press(Role.OUTSIDE, an_answer),
    asking.ASK_HERE: Press(Role.OPERATOR, always("nps:")),
    asking.PLANNED: Press(
        Role.OPERATOR,
        always(json.dumps({"scale": "nps", "typed": f"<#{SHARED}|acme>", "first": 0})),
    ),
    asking.COMMENTS: Press(Role.VIEWER, comments),
    surveys.OPT_OUT: Press(Role.OUTSIDE, always("en")),
    surveys.OPT_IN: Press(Role.OUTSIDE, always("en")),
    crr.SHARE: Press(Role.VIEWER, always("2026-10")),
    joined.MORE: Press(
        Role.VIEWER, always(json.dumps({"words": "who joined 2026-10", "first": 0}))
    ),
    churn.MORE: Press(Role.VIEWER, always(_MORE)),
    sources.PULL: Press(Role.OPERATOR, always("crm")),
    sources.MORE: Press(Role.VIEWER, always("0")),
    matching.UNFIT: Press(Role.VIEWER, always('{"of": "billing", "first": 0}')),
    alerts.ACKNOWLEDGE: Press(Role.OPERATOR, an_alert),
    alerts.LEFT: Press(Role.VIEWER, an_alert),
    alerts.REOPEN: Press(Role.OPERATOR, a_resolved_alert),
    alerts.NEW_NORMAL: Press(Role.OPERATOR, an_alert),
    alerts.NOT_NORMAL: Press(Role.OPERATOR, an_alert),
    alerts.ASSIGN: Press(Role.OPERATOR, an_alert),
    alerts.SNOOZE: Press(Role.OPERATOR, an_alert),
    alerts.REASONS: Press(Role.OPERATOR, an_alert),
    alerts.RESOLVE: Press(Role.OPERATOR, an_alert),
    alerts.BELIEVE: Press(Role.ADMIN, a_held_pull),
    alerts.DISCARD: Press(Role.ADMIN, a_held_pull),
    alerts.MISSING: Press(Role.ADMIN, a_held_pull),
    rules.NEW: Press(Role.OPERATOR),
    rules.CHANGE: Press(Role.OPERATOR, a_rule),
    rules.PAUSE: Press(Role.OPERATOR, a_rule),
    rules.GO_ON: Press(Role.OPERATOR, a_rule),
    rules.REMOVE: Press(Role.OPERATOR, a_rule),
    rules.BACKTEST: Press(Role.OPERATOR, a_rule),
    rules.TAKE: Press(Role.OPERATOR, advice),
    rules.MORE: Press(Role.OPERATOR, always("0")),
    subscriptions.MORE: Press(Role.OPERATOR, always("0")),
    merges.MORE: Press(Role.VIEWER, always("0")),
    links.MORE: Press(Role.VIEWER, always("0")),
    subscriptions.NEW: Press(Role.OPERATOR),
    subscriptions.CHANGE: Press(Role.OPERATOR, a_subscription),
    subscriptions.PREVIEW: Press(Role.OPERATOR, a_whole_subscription),
    subscriptions.SEND: Press(Role.OPERATOR, a_whole_subscription),
    subscriptions.PAUSE: Press(Role.OPERATOR, a_subscription),
    subscriptions.END: Press(Role.OPERATOR, a_subscription),
    closing.MORE: Press(
        Role.VIEWER, always('{"after": [1, 0], "now": [1, 0], "at": 0, "first": 0}')
    ),
    weekly.REST: Press(Role.VIEWER, always('["monthly","2026-11-02",[]]')),
    loops.TAKE: Press(Role.OPERATOR, a_low_score),
    loops.REPLY: Press(Role.OPERATOR, a_low_score),
    loops.CLOSE: Press(Role.OPERATOR, a_low_score),
    home.ACCOUNTS: Press(Role.VIEWER, always("0")),
    home.FIGURES_OF: Press(Role.VIEWER, always("mine"), menu=True),
    named.CHANGE: Press(Role.ADMIN),
    choosing.CHANGE: Press(Role.ADMIN),
    choosing.BACK: Press(Role.ADMIN, always("notices")),
    home.EARLIER: Press(Role.VIEWER, always('{"alerts": 0}')),
    home.MORE: Press(Role.VIEWER, always('{"alerts": 4}')),
    home.AGAIN: Press(Role.ADMIN, a_lost_message),
    home.DISMISS: Press(Role.ADMIN, a_lost_message),
}
"""By action_id."""


# What can be filled in and sent.


async def comment(bot: Running) -> Block:
    return surveys.comment_form(Answer(await an_answer(bot), "U0ACME", "T0ACME", 3, bot.clock()))


async def score(bot: Running) -> Block:
    ask = await bot.bot.kept.surveys.ask(await a_question(bot))
    assert ask is not None
    return surveys.score_form(ask, SHARED)


async def rule(bot: Running) -> Block:
    return rules.rule_form(None, SHARED)


async def subscription(bot: Running) -> Block:
    return subscriptions.subscription_form(None, SHARED, "Europe/Amsterdam")


async def naming(bot: Running) -> Block:
    return named.named_form(Named())


async def choice(bot: Running) -> Block:
    return choosing.settings_form({each: "" for each in Setting})


async def assign(bot: Running) -> Block:
    return episodes.assign_form(await incident(bot))


async def snooze(bot: Running) -> Block:
    return episodes.snooze_form(await incident(bot))


async def reasons(bot: Running) -> Block:
    return await _reasons(bot, resolves=False)


async def resolve(bot: Running) -> Block:
    return await _reasons(bot, resolves=True)


async def _reasons(bot: Running, *, resolves: bool) -> Block:
    of = await incident(bot)
    left = await bot.bot.watches.left_in(of)
    return episodes.reasons_form(of, left, bot.bot.config.alerts.reasons, resolves=resolves)


async def reply(bot: Running) -> Block:
    found = await bot.bot.kept.loops.get(int(await a_low_score(bot)))
    assert found is not None
    return loops.reply_form(found, SHARED)


async def close(bot: Running) -> Block:
    found = await bot.bot.kept.loops.get(int(await a_low_score(bot)))
    assert found is not None
    return loops.close_form(found, SHARED, ["Price"])


@dataclass(frozen=True)
class Send:
    needed: Role
    form: Callable[[Running], Awaitable[Block]]
    filled: dict[str, Any] = field(default_factory=dict)
    says: bool = True
    """Whether something is said when it is sent; else the form closes, and that is all."""


SENT: dict[str, Send] = {
    surveys.COMMENT_FORM: Send(Role.OUTSIDE, comment, {"comment": "All well."}, says=False),
    surveys.SCORE_FORM: Send(Role.OUTSIDE, score),
    rules.FORM: Send(Role.OPERATOR, rule, {"name": "new one", "channel": SUCCESS}),
    subscriptions.FORM: Send(Role.OPERATOR, subscription, {"channel": SUCCESS}),
    named.FORM: Send(Role.ADMIN, naming, {"viewers": ["U0NEW"], "operators": ["U0LEAD"]}),
    choosing.FORM: Send(Role.ADMIN, choice, {"notices": SUCCESS}),
    episodes.ASSIGN_FORM: Send(Role.OPERATOR, assign, {"person": "U0LEAD"}),
    episodes.SNOOZE_FORM: Send(Role.OPERATOR, snooze),
    episodes.REASONS_FORM: Send(Role.OPERATOR, reasons),
    episodes.RESOLVE_FORM: Send(Role.OPERATOR, resolve),
    loops.REPLY_FORM: Send(Role.OPERATOR, reply, {"text": "I call you."}),
    loops.CLOSE_FORM: Send(Role.OPERATOR, close, {"cause": "Price", "action": "Called."}),
}
"""By callback_id."""


# The workspace.


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Everybody is in the channel that is shared with Acme, where asking makes nobody more."""
    everybody = (*EVERYBODY, "U0KEEP")
    channels = [replace(c, members=everybody) if c.id == SHARED else c for c in settings.channels]
    users = (*settings.users, User("U0NEW", "noa", "Noa New"))
    walls = (*channels, Channel("C0NEW", "new", everybody[1:]))
    return replace(settings, users=users, channels=walls)


@pytest.fixture
async def bot(place: Place) -> AsyncIterator[Running]:
    companies.write(place.folder)
    config = place.config(sources=[companies.SOURCE], people=PEOPLE, loop={"channel": SUCCESS})
    async with running(config, NOW) as bot:
        await bot.pulled()
        yield bot


class Ears:
    """Told what the bot listens to, in the place of a Bolt app."""

    def __init__(self) -> None:
        self.heard: dict[str, set[Any]] = {}

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        def register(what: Any, *_: Any, **__: Any) -> Callable[..., None]:
            self.heard.setdefault(kind, set()).add(what)
            return lambda *_, **__: None

        return register


def listened_to(bot: Running, kind: str) -> set[Any]:
    ears: Any = Ears()
    me = Me("T0KEEP", "Brightside", "U0KEEP", "B0KEEP", "", "", frozenset())
    bot.bot.listen(ears, me, removed=lambda sentence: None)
    found: set[Any] = ears.heard[kind]
    return found


# What they see.


def words_for(entry: Entry, person: str) -> str:
    """What of it this person alone is told."""
    match entry.kind:
        case "ephemeral" | "message_changed" if entry.data["post"].to == person:
            post: Post = entry.data["post"]
            return post.words()
        case "view_opened" | "view_changed" | "home" if entry.data["person"] == person:
            view: View = entry.data["view"]
            return view.words()
        case "message" if entry.data["post"].channel in _alone(entry, person):
            return str(entry.data["post"].words())
    return ""


def _alone(entry: Entry, person: str) -> set[str]:
    """Conversations between the bot and one person have ids of their own."""
    channel = entry.data["post"].channel
    return {channel} if channel.startswith("D") else set()


def said_to_all(entry: Entry) -> str:
    if entry.kind in ("message", "message_changed") and not entry.data["post"].to:
        return str(entry.data["post"].words())
    return ""


async def answered(slack: Sandbox, person: str, since: int, *, to_all: bool) -> str:
    """The first words that follow; `to_all`, also those that everybody reads."""
    entry = await slack.journal.wait_for(
        lambda entry: bool(words_for(entry, person) or (to_all and said_to_all(entry))),
        since=since,
        timeout=15,
    )
    return words_for(entry, person) or said_to_all(entry)


def shown_to(slack: Sandbox, person: str, since: int) -> Iterator[str]:
    """All that they alone were shown since then."""
    for entry in slack.journal.since(since):
        if words := words_for(entry, person):
            yield words


async def pressed(
    bot: Running, slack: Sandbox, person: str, action: str, how: Press
) -> tuple[int, str]:
    """From where on the journal tells of it, and what was answered."""
    value = await how.value(bot)
    element = button("Walk", action_id=action, value=value)
    if how.menu:
        element = static_select("Walk", {value: "Walk"}, action_id=action)
    told = Message("A walk.", (actions(element, block_id="walk"),))
    ts = await bot.bot.slack.post(SHARED, told, key=f"walk:{next(numbers)}")
    [post] = [post for post in slack.messages(SHARED) if post.ts == ts]
    since = slack.journal.last
    who = slack.person(person)
    done = await (who.choose(post, action, value) if how.menu else who.click(post, action))
    assert done.acked, f"{person} pressed {action}: {done.error}"
    may = EVERYBODY[person] >= how.needed
    return since, await answered(slack, person, since, to_all=may)


def chosen(view: View) -> dict[str, Any]:
    """In each menu of a form the first that is offered."""
    return {
        block["block_id"]: block["element"]["options"][0]["value"]
        for block in view.blocks
        if block.get("element", {}).get("type") == "static_select"
    }


# The walk.


def test_whatever_is_shown_has_its_row() -> None:
    assert {*BUTTONS, *MENUS} - {each for each in BUTTONS if each.startswith("score:")} <= {
        *PRESSED
    }
    assert {*FORMS} <= {*SENT}


async def test_whatever_is_listened_to_has_its_row(bot: Running) -> None:
    exact = {each for each in listened_to(bot, "action") if isinstance(each, str)}
    patterns = [each for each in listened_to(bot, "action") if not isinstance(each, str)]
    by_pattern = {each for each in PRESSED if any(p.fullmatch(each) for p in patterns)}

    assert exact == {*PRESSED} - by_pattern
    assert len(by_pattern) == len(patterns)
    assert listened_to(bot, "view") == {*SENT}
    assert listened_to(bot, "command") == {name for name, _, _ in COMMANDS}


@pytest.mark.parametrize("action", PRESSED)
async def test_every_button_answers_everybody(bot: Running, slack: Sandbox, action: str) -> None:
    how = PRESSED[action]
    for person, role in EVERYBODY.items():
        since, told = await pressed(bot, slack, person, action, how)
        assert told.strip(), f"{person} pressed {action}"
        if role < how.needed:
            assert any(each in told for each in REFUSED), told
        if role < Role.VIEWER:
            for words in shown_to(slack, person, since):
                assert not FIGURES.search(words), f"{person} pressed {action} and saw {words}"
        slack.person(person)._workspace.modals.clear()


@pytest.mark.parametrize("callback", SENT)
async def test_every_form_answers_everybody(bot: Running, slack: Sandbox, callback: str) -> None:
    how = SENT[callback]
    for person, role in EVERYBODY.items():
        who = slack.person(person)
        form = await how.form(bot)  # which may take longer than a trigger lives
        trigger = who._around.triggers.issue(person)
        await bot.bot.slack.open_view(trigger, form)
        view = await who.modal()
        since = slack.journal.last
        done = await who.submit(view, {**chosen(view), **how.filled})
        assert done.acked, f"{person} sent {callback}: {done.error} {done.errors}"
        if role < how.needed:
            told = await answered(slack, person, since, to_all=False)
            assert any(each in told for each in REFUSED), told
        elif how.says and not done.errors:
            assert (await answered(slack, person, since, to_all=True)).strip()
        if role < Role.VIEWER:
            for words in shown_to(slack, person, since):
                assert not FIGURES.search(words), f"{person} sent {callback} and saw {words}"
        who._workspace.modals.clear()


def typed() -> Iterator[tuple[str, str]]:
    """Every command, alone and with each of the words that its help shows."""
    helps = [
        *(each for each, _ in keeprate.HELP),
        *(each for each, _ in crr.HELP),
        *(each for each, _ in churn.HELP),
        *(each for scale in Scale for each, _ in asking.help_lines(scale)),
    ]
    known = [name for name, _, _ in COMMANDS]
    for line in dict.fromkeys([*known, *(f"{name} help" for name in known), *helps]):
        name, _, words = line.partition(" ")
        yield name, words


_STAND_FOR = {
    "OLD NEW": '"Company 1" "Company 2"',
    "#channel NAME": f'<#{SHARED}|acme> "Company 7"',
    "#channel": f"<#{SHARED}|acme>",
    "NAME": "crm",
    "@person": "<@U0ACME>",
}


def stood_for(words: str) -> str:
    """With somebody and something where the help has a word for all of them."""
    for general, meant in _STAND_FOR.items():
        words = words.replace(general, meant)
    return words


@pytest.mark.parametrize(("name", "words"), list(typed()))
async def test_every_command_answers_everybody(
    bot: Running, slack: Sandbox, name: str, words: str
) -> None:
    words = stood_for(words)
    for person, role in EVERYBODY.items():
        who = slack.person(person)
        if person == "U0ACME":
            with pytest.raises(NotPossible, match="is not a command of Acme"):
                await who.command(name, words, channel=SHARED)
            continue
        since = slack.journal.last
        done = await who.command(name, words, channel=SHARED)
        assert done.acked, f"{person} typed {name} {words}: {done.error}"
        told = await answered(slack, person, since, to_all=False)
        assert told.strip()
        assert "did not work" not in told, f"{person} typed {name} {words}: {told}"
        if role < Role.VIEWER:
            for shown in shown_to(slack, person, since):
                assert not FIGURES.search(shown), f"{person} typed {name} {words}, saw {shown}"


@pytest.mark.parametrize("name", [name for name, _, _ in COMMANDS])
async def test_every_command_answers_after_a_mention(
    bot: Running, slack: Sandbox, name: str
) -> None:
    for person, role in EVERYBODY.items():
        since = slack.journal.last
        slack.person(person).mention(SHARED, f"{name.removeprefix('/')} help")
        assert (await answered(slack, person, since, to_all=False)).strip()
        since = slack.journal.last
        slack.person(person).mention(SHARED, name.removeprefix("/"))
        told = await answered(slack, person, since, to_all=False)
        if role < Role.VIEWER:
            assert not FIGURES.search(told), f"{person} saw {told}"


async def test_app_home_answers_everybody(bot: Running, slack: Sandbox) -> None:
    for person, role in EVERYBODY.items():
        if person == "U0ACME":
            with pytest.raises(NotPossible, match="another workspace"):
                slack.person(person).open_home()
            continue
        since = slack.journal.last
        slack.person(person).open_home()
        told = await answered(slack, person, since, to_all=False)
        assert bool(FIGURES.search(told)) == (role >= Role.VIEWER)
