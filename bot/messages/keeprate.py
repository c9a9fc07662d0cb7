"""What `/keeprate` answers, and the answers that every command shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.definition import Definition
from bot.domain.pulls import Freshness, Running
from bot.domain.roles import Role
from bot.domain.tickets import LastRead
from bot.messages import wording
from bot.messages.blocks import Message, advising, context, escape, header, saying, section
from bot.messages.failures import failure
from bot.messages.languages import later, retold, tr, trn
from bot.messages.subscriptions import Planned, next_posts

HELP = (
    ("/keeprate status", later("how fresh the data is, what happens next, what is stuck")),
    ("/keeprate sources", later("what is read, how it stands, and when it is read next")),
    ("/keeprate settings", later("what is in force, and where it is changed")),
    (
        "/keeprate export 2026-10",
        later(
            "sends you the customers behind a figure as a file; export answers, or answers jsonl,"
            " what was said"
        ),
    ),
    ("/keeprate pull", later("reads the sources now; /keeprate pull NAME one of them")),
    ("/keeprate alerts", later("what is watched; makes, changes, pauses and tests rules")),
    (
        "/keeprate subscribe",
        later("what is posted where; weekly, monthly or quarterly posts it here"),
    ),
    ("/keeprate unsubscribe weekly", later("ends that; a channel may be named in both")),
    (
        "/keeprate merge OLD NEW",
        later("says that OLD is the customer NEW; merge undo OLD takes it back"),
    ),
    ("/keeprate merges", later("which records are part of another customer")),
    (
        "/keeprate link #channel NAME",
        later("says whose channel it is; unlink #channel takes it back"),
    ),
    ("/keeprate links", later("which channel is whose, and which shared ones are nobody's yet")),
    ("/crr", later("the customer retention rate; /crr help for periods and segments")),
    ("/churn", later("who left, why, and what they paid; /churn help")),
    ("/nps", later("asks how likely people are to recommend you; /nps help")),
    ("/csat", later("asks how satisfied people are; /csat help")),
    ("/ces", later("asks how easy you made it; /ces help")),
    ("/keeprate help", later("this list")),
)
"""Each command and what it does."""


_RUNS = {
    "pull": later("pull"),
    "tickets": later("tickets"),
    "weekly post": later("weekly post"),
    "other rules": later("other rules"),
    "reminders": later("reminders"),
    "digest": later("digest"),
}
"""Jobs, by their names in the ledger."""


_POSTS_SHOWN = 3


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
    posts: Sequence[Planned] = ()
    """That channels are subscribed to."""


def keeprate_help() -> Message:
    title, lines = tr("What Keeprate does"), [(command, tr(what)) for command, what in HELP]
    return Message(
        text="\n".join([f"{title}:", *(f"{command}: {what}" for command, what in lines)]),
        blocks=(
            section("\n".join([f"*{title}*", *(f"`{c}`  {what}" for c, what in lines)])),
            context(
                tr("Only you see the answers. Questions to customers are asked in the channel.")
            ),
        ),
    )


def status_answer(status: Status, definition: Definition) -> Message:
    sources = [wording.freshness(f, definition) for f in status.sources] or [
        tr("none is configured; name one under `sources` in config.yaml")
    ]
    sources += [
        f"{escape(f.source)}: {escape(failure(f.believed.note))}"
        for f in status.sources
        if f.believed and f.believed.note
    ]
    sources += [wording.helpdesk(last, definition) for last in status.helpdesks]
    sources += [_running(each) for each in status.pulling]
    runs = [
        f"{what}: {wording.moment(at, definition)}"
        for at, what in sorted(
            [
                *((run.at, _run(run.what)) for run in status.next_runs),
                *next_posts(status.posts, _POSTS_SHOWN),
            ]
        )
    ]
    coming = sum(each.next is not None for each in status.posts)
    if coming > _POSTS_SHOWN:
        runs.append(tr("and {n} more posts (/keeprate subscribe)", n=coming - _POSTS_SHOWN))
    parts = [
        (tr("Sources"), sources),
        *([(tr("Customers"), list(status.matching))] if status.matching else []),
        (tr("Next"), runs or [tr("nothing is scheduled")]),
        (tr("Messages"), [_deliveries(status)]),
    ]
    return Message(
        text="\n".join(f"{title}: {'; '.join(lines).rstrip('.')}." for title, lines in parts),
        blocks=(
            header("Keeprate"),
            *(section("\n".join([f"*{title}*", *lines])) for title, lines in parts),
            context(
                tr(
                    "Times in {zone}. Definition {hash}.",
                    zone=definition.zone,
                    hash=definition.hash,
                )
            ),
        ),
    )


def only_colleagues() -> Message:
    return saying(
        tr(
            "Figures and surveys are for the people of this workspace, not for its guests. A"
            " colleague can ask for you."
        )
    )


def refusal(role: Role, needed: Role) -> Message:
    """What to say to somebody of this role who wants what a higher one may."""
    if role is Role.OUTSIDE:
        return only_colleagues()
    if role is Role.COLLEAGUE:
        return saying(
            tr(
                "Figures and customers' names are for people and channels that are named. Ask in"
                " one of these channels, or ask an admin of Keeprate to name you, in App Home or"
                " under `people.viewers` in config.yaml."
            )
        )
    who, setting = {
        Role.OPERATOR: (tr("an operator"), "people.operators"),
        Role.ADMIN: (tr("an admin"), "people.admins"),
    }[needed]
    return saying(
        tr(
            "Only {who} of Keeprate may do that: `{setting}` in config.yaml names them.",
            who=who,
            setting=setting,
        )
    )


def mention_help(commands: Sequence[str], guess: str = "") -> Message:
    """After a mention that says nothing that we can read; `guess` is what it may have been."""
    if guess:
        meant = f"`@Keeprate {escape(guess)}`"
        return advising(f"{tr('Did you mean {words}?', words=meant)} {_known(commands)}")
    example = tr("Write a command behind my name, such as `@Keeprate crr month`.")
    return advising(f"{example} {_known(commands)}")


def _known(commands: Sequence[str]) -> str:
    known = ", ".join(f"`{command.removeprefix('/')}`" for command in commands)
    return tr("There is {commands}; each of them knows `help`.", commands=known)


def pull_started(sources: Sequence[str]) -> Message:
    return saying(
        tr("Pulling {sources}. You will be told when it is done.", sources=_list(sources))
    )


def pull_running(sources: Sequence[str]) -> Message:
    """Asked for again while it runs."""
    return saying(tr("A pull of {sources} is running already.", sources=_list(sources)))


def pull_finished(source: str, records: int, customers: int, seconds: float) -> Message:
    return saying(
        tr(
            "{source} was pulled: {records}, {customers}, in {time}.",
            source=escape(source),
            records=wording.number(records, "record"),
            customers=wording.number(customers, "customer"),
            time=_duration(seconds),
        )
    )


def helpdesk_read(last: LastRead, records: int, definition: Definition) -> Message:
    """Somebody asked for it to be read, and it was, or was not."""
    if last.failed_at is not None:
        return saying(wording.helpdesk(last, definition))
    return saying(
        tr(
            "{source} were read: {records} came, new or changed.",
            source=wording.read_of(last),
            records=wording.number(records, "record"),
        )
    )


def pull_failed(
    source: str, sentence: str, as_of: datetime | None, definition: Definition
) -> Message:
    """Not believed, or not read to the end; the figures stay."""
    until = (
        tr("Figures stay as of {moment}.", moment=wording.moment(as_of, definition))
        if as_of
        else tr("There are no figures until a pull is believed.")
    )
    why = escape(failure(sentence, of=source))
    return saying(f"{tr('{source} was not pulled: {why}', source=escape(source), why=why)} {until}")


def misunderstood(sentence: str, *, did_you_mean: Sequence[str] = (), help: str = "") -> Message:
    """What was typed can't be read: why, what is near it, and where the list is."""
    line = escape(retold(sentence))
    line = line if line.endswith((".", "?", "!")) else f"{line}."
    near = tr(" or ").join(f"`{escape(word)}`" for word in did_you_mean[:3])
    parts = [
        line,
        tr("Did you mean {words}?", words=near) if near else "",
        tr("{command} lists all.", command=f"`{help}`") if help else "",
    ]
    line = " ".join(filter(None, parts))
    return advising(line)


def not_here(sentence: str) -> Message:
    """Something that must not be done in this channel, or by this person, and why."""
    return saying(escape(retold(sentence)))


def failed() -> Message:
    """The last resort, when something broke that nobody foresaw."""
    return saying(tr("That did not work, and the reason is in the bot's log. Please try again."))


def _deliveries(status: Status) -> str:
    told = [
        trn("{n} message waiting", "{n} messages waiting", status.waiting)
        if status.waiting
        else "",
        trn(
            "{n} message uncertain: Slack may have taken them, please look in the channel",
            "{n} messages uncertain: Slack may have taken them, please look in the channel",
            status.uncertain,
        )
        if status.uncertain
        else "",
        trn("{n} message could not be posted", "{n} messages could not be posted", status.failed)
        if status.failed
        else "",
    ]
    return "; ".join(filter(None, told)) or tr("all were delivered")


def _run(name: str) -> str:
    """A job as people call it. Escaped."""
    kind, _, of = name.partition(" ")
    match kind:
        case "rule":
            return tr("rule {name}", name=escape(of))
        case "survey":
            return tr("survey {name}", name=escape(of))
        case _:
            return tr(_RUNS[name]) if name in _RUNS else escape(name)


def _running(of: Running) -> str:
    came = wording.number(of.records, "record") if of.records else ""
    if came and of.of is not None:
        came = tr("{came} of {records}", came=of.records, records=wording.number(of.of, "record"))
    rate = "" if of.a_second is None else tr("{n} a second", n=round(of.a_second))
    left = ""
    if of.seconds_left is not None:
        left = tr("{time} left", time=_duration(of.seconds_left))
    told = ", ".join(filter(None, (came, rate, left)))
    now = tr("{source} is being pulled now", source=escape(of.source))
    return f"{now}: {told}" if told else now


def _duration(seconds: float) -> str:
    if seconds < 60:
        return wording.number(max(round(seconds), 1), "second")
    return wording.number(round(seconds / 60), "minute")


def _list(names: Sequence[str]) -> str:
    return wording.names(names, len(names))
