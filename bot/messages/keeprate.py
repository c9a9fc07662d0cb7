"""What `/keeprate` answers, and the answers that every command shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.definition import Definition
from bot.domain.pulls import Freshness, Running
from bot.domain.roles import Role
from bot.domain.tickets import LastRead
from bot.messages import wording
from bot.messages.blocks import Message, context, escape, header, section

HELP = (
    ("/keeprate status", "how fresh the data is, what happens next, what is stuck"),
    ("/keeprate pull", "reads the sources now; /keeprate pull NAME one of them"),
    ("/keeprate alerts", "what is watched; makes, changes, pauses and tests rules"),
    ("/keeprate subscribe", "what is posted where; weekly, monthly or quarterly posts it here"),
    ("/keeprate unsubscribe weekly", "ends that; a channel may be named in both"),
    ("/keeprate merge OLD NEW", "says that OLD is the customer NEW; merge undo OLD takes it back"),
    ("/keeprate merges", "which records are part of another customer"),
    ("/keeprate link #channel NAME", "says whose channel it is; unlink #channel takes it back"),
    ("/keeprate links", "which channel is whose, and which shared ones are nobody's yet"),
    ("/crr", "the customer retention rate; /crr help for periods and segments"),
    ("/churn", "who left, why, and what they paid; /churn help"),
    ("/nps", "asks how likely people are to recommend you; /nps help"),
    ("/csat", "asks how satisfied people are; /csat help"),
    ("/ces", "asks how easy you made it; /ces help"),
    ("/keeprate help", "this list"),
)
"""Each command and what it does."""


@dataclass(frozen=True, slots=True)
class Run:
    """Something that the schedule will do."""

    what: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """What somebody wants to know who asks whether the bot is well."""

    sources: Sequence[Freshness]
    next_runs: Sequence[Run]
    waiting: int = 0
    """Messages that are to be posted and have not been."""
    uncertain: int = 0
    """Messages of which we do not know whether Slack took them."""
    failed: int = 0
    """Messages that were given up."""
    pulling: Sequence[Running] = ()
    """Sources that are being read now."""
    helpdesks: Sequence[LastRead] = ()
    matching: Sequence[str] = ()
    """How sources fit to the first one, and which stand on their own; escaped."""


def keeprate_help() -> Message:
    return Message(
        text="What Keeprate does:\n" + "\n".join(f"{c}: {what}" for c, what in HELP),
        blocks=(
            section("*What Keeprate does*\n" + "\n".join(f"`{c}`  {what}" for c, what in HELP)),
            context("Only you see the answers. Questions to customers are asked in the channel."),
        ),
    )


def status_answer(status: Status, definition: Definition) -> Message:
    sources = [wording.freshness(f, definition) for f in status.sources] or [
        "none is configured; name one under `sources` in config.yaml"
    ]
    sources += [
        f"{escape(f.source)}: {escape(f.believed.note)}"
        for f in status.sources
        if f.believed and f.believed.note
    ]
    sources += [wording.helpdesk(last, definition) for last in status.helpdesks]
    sources += [_running(each) for each in status.pulling]
    runs = [
        f"{escape(run.what)}: {wording.moment(run.at, definition)}"
        for run in sorted(status.next_runs, key=lambda run: run.at)
    ]
    parts = [
        ("Sources", sources),
        *([("Customers", list(status.matching))] if status.matching else []),
        ("Next", runs or ["nothing is scheduled"]),
        ("Messages", [_deliveries(status)]),
    ]
    return Message(
        text="\n".join(f"{title}: {'; '.join(lines).rstrip('.')}." for title, lines in parts),
        blocks=(
            header("Keeprate"),
            *(section("\n".join([f"*{title}*", *lines])) for title, lines in parts),
            context(f"Times in {definition.zone}. Definition {definition.hash}."),
        ),
    )


def only_colleagues() -> Message:
    return _say(
        "Figures and surveys are for the people of this workspace, not for its guests. A colleague"
        " can ask for you."
    )


def refusal(role: Role, needed: Role) -> Message:
    """What to say to somebody of this role who wants what a higher one may."""
    if role is Role.OUTSIDE:
        return only_colleagues()
    if role is Role.COLLEAGUE:
        return _say(
            "Figures and customers' names are for the people and channels that config.yaml names."
            " Ask in one of these channels, or ask an admin of Keeprate to name you under"
            " `people.viewers`."
        )
    who, setting = {
        Role.OPERATOR: ("an operator", "people.operators"),
        Role.ADMIN: ("an admin", "people.admins"),
    }[needed]
    return _say(f"Only {who} of Keeprate may do that: `{setting}` in config.yaml names them.")


def mention_help(commands: Sequence[str]) -> Message:
    """After a mention that says nothing that we can read."""
    known = ", ".join(f"`{command.removeprefix('/')}`" for command in commands)
    return _say(
        f"Write a command behind my name, such as `@Keeprate crr month`. There is {known}; each of"
        " them knows `help`."
    )


def pull_started(sources: Sequence[str]) -> Message:
    return _say(f"Pulling {_list(sources)}. You will be told when it is done.")


def pull_running(sources: Sequence[str]) -> Message:
    """Asked for again while it runs."""
    return _say(f"A pull of {_list(sources)} is running already.")


def pull_finished(source: str, records: int, customers: int, seconds: float) -> Message:
    return _say(
        f"{escape(source)} was pulled: {wording.number(records, 'record')},"
        f" {wording.number(customers, 'customer')}, in {_duration(seconds)}."
    )


def helpdesk_read(last: LastRead, records: int, definition: Definition) -> Message:
    """Somebody asked for it to be read, and it was, or was not."""
    of = f"{last.what.capitalize()} of {escape(last.source)}"
    if last.failed_at is not None:
        return _say(wording.helpdesk(last, definition))
    return _say(f"{of} were read: {wording.number(records, 'record')} came, new or changed.")


def pull_failed(
    source: str, sentence: str, as_of: datetime | None, definition: Definition
) -> Message:
    """Not believed, or not read to the end; the figures stay."""
    until = (
        f"Figures stay as of {wording.moment(as_of, definition)}."
        if as_of
        else "There are no figures until a pull is believed."
    )
    return _say(f"{escape(source)} was not pulled: {escape(sentence)} {until}")


def misunderstood(sentence: str, *, did_you_mean: Sequence[str] = (), help: str = "") -> Message:
    """What was typed can't be read: why, what is near it, and where the list is."""
    told = escape(sentence)
    told = told if told.endswith((".", "?", "!")) else f"{told}."
    near = " or ".join(f"`{escape(word)}`" for word in did_you_mean[:3])
    parts = [told, f"Did you mean {near}?" if near else "", f"`{help}` lists all." if help else ""]
    line = " ".join(filter(None, parts))
    return Message(line.replace("`", ""), (section(line),))


def not_here(sentence: str) -> Message:
    """Something that must not be done in this channel, or by this person, and why."""
    return _say(escape(sentence))


def failed() -> Message:
    """The last resort, when something broke that nobody foresaw."""
    return _say("That did not work, and the reason is in the bot's log. Please try again.")


def _deliveries(status: Status) -> str:
    told = [
        f"{wording.number(status.waiting, 'message')} waiting" if status.waiting else "",
        f"{wording.number(status.uncertain, 'message')} uncertain: Slack may have taken them,"
        " please look in the channel"
        if status.uncertain
        else "",
        f"{wording.number(status.failed, 'message')} could not be posted" if status.failed else "",
    ]
    return "; ".join(filter(None, told)) or "all were delivered"


def _running(of: Running) -> str:
    came = wording.number(of.records, "record") if of.records else ""
    if came and of.of is not None:
        came = f"{of.records:,} of {wording.number(of.of, 'record')}"
    rate = "" if of.a_second is None else f"{of.a_second:,.0f} a second"
    left = "" if of.seconds_left is None else f"{_duration(of.seconds_left)} left"
    told = ", ".join(filter(None, (came, rate, left)))
    return f"{escape(of.source)} is being pulled now{f': {told}' if told else ''}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return wording.number(max(round(seconds), 1), "second")
    return wording.number(round(seconds / 60), "minute")


def _list(names: Sequence[str]) -> str:
    return wording.names(names, len(names))


def _say(told: str) -> Message:
    return Message(told, (section(told),))
