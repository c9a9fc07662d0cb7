"""What the demo suggests to try; each step ticks itself off when the journal says it was done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.messages.alerts import ACKNOWLEDGE
from bot.messages.loops import CLOSE_FORM
from bot.messages.surveys import COMMENT_FORM, SCORE
from bot.sandbox.journal import Entry, Journal
from bot.sandbox.scenes import ACME_SHARED, CARLA, LEAD
from bot.sandbox.settings import CUSTOMER
from bot.sandbox.stage import Step
from bot.sandbox.workspace import Post


@dataclass(frozen=True, slots=True)
class Task:
    """Something to try, and the entry of the journal by which it shows."""

    text: str
    """mrkdwn."""
    seen: Callable[[Entry], bool]


def _sent(entry: Entry, kind: str) -> dict[str, Any]:
    """What a person sent to the app; nothing if this is another entry."""
    payload: dict[str, Any] = entry.data["payload"] if entry.kind == "envelope" else {}
    return payload if payload.get("command") == kind or payload.get("type") == kind else {}


def _typed(command: str, *, having: str = "", channel: str = "") -> Callable[[Entry], bool]:
    def seen(entry: Entry) -> bool:
        sent = _sent(entry, command)
        return bool(sent) and having in sent["text"] and channel in ("", sent["channel_id"])

    return seen


def _acknowledged(entry: Entry) -> bool:
    sent = _sent(entry, "block_actions")
    return bool(sent) and sent["actions"][0]["action_id"] == ACKNOWLEDGE


def _asks(post: Post) -> bool:
    elements = (element for block in post.blocks for element in block.get("elements", ()))
    return any(SCORE.fullmatch(element.get("action_id", "")) for element in elements)


def _asked(entry: Entry) -> bool:
    return (
        entry.kind == "message"
        and entry.data["post"].channel == ACME_SHARED
        and _asks(entry.data["post"])
    )


def _posted(entry: Entry) -> bool:
    return entry.kind == "message" and is_by_schedule(entry.data["post"])


def is_by_schedule(post: Post) -> bool:
    """And not in a thread: what follows a click, an answer or a rating is no such post."""
    payload = (post.metadata or {}).get("event_payload", {})
    is_ours = bool(payload) and not post.thread_ts
    return is_ours and not payload["key"].startswith(_FOLLOWING)


_FOLLOWING = ("ask", "low score:", "loop-reply:")
"""Begin the keys of what follows a command or an answer."""


def _scored(entry: Entry) -> bool:
    sent = _sent(entry, "block_actions")
    return (
        bool(sent)
        and sent["user"]["team_id"] == CUSTOMER
        and bool(SCORE.fullmatch(sent["actions"][0]["action_id"]))
    )


def _commented(entry: Entry) -> bool:
    sent = _sent(entry, "view_submission")
    return (
        bool(sent)
        and sent["user"]["team_id"] == CUSTOMER
        and sent["view"]["callback_id"] == COMMENT_FORM
    )


def _closed(entry: Entry) -> bool:
    sent = _sent(entry, "view_submission")
    return bool(sent) and sent["view"]["callback_id"] == CLOSE_FORM


TASKS: Sequence[Task] = (
    # Not as a link: for the customer that would be a private channel.
    Task("October was bad: the alert in *#customer-success* says so, above Monday's weekly post."
         " Type `/crr` to see the month.", _typed("/crr")),
    Task("Where did it happen? Type `/crr plan=team region=dach`.",
         _typed("/crr", having="=")),
    Task("How does the figure come to be? Type `/crr explain`.", _typed("/crr", having="explain")),
    Task("Press *Acknowledge* under the alert, so that the others know.", _acknowledged),
    Task(f"Ask a customer: in <#{ACME_SHARED}> type `/nps` and press *Ask it here*.", _asked),
    Task(f"Become <@{CARLA}>, who is the customer (the menu in the corner), and click a low score,"
         " such as *3*.", _scored),
    Task("Write a sentence in the form that opens, and send it.", _commented),
    Task(f"Be <@{LEAD}> again: *#customer-success* was told within seconds. Press *Done …* under"
         " the score, and say what the cause was and what was done.", _closed),
    Task(f"Type `/nps results` in <#{ACME_SHARED}>.",
         _typed("/nps", having="results", channel=ACME_SHARED)),
    Task("Move the clock *to the next post*: the bot does all that is due until then.",
         _posted),
)  # fmt: skip


class Guide:
    """The tasks, and which of them were done since this was made."""

    def __init__(self, journal: Journal, tasks: Sequence[Task] = TASKS) -> None:
        self._journal = journal
        self._tasks = tasks
        self._read = journal.last
        self._done: set[Task] = set()

    def steps(self) -> list[Step]:
        entries = self._journal.since(self._read)
        self._read = self._journal.last
        for task in self._tasks:
            if task not in self._done and any(task.seen(entry) for entry in entries):
                self._done.add(task)
        return [Step(task.text, task in self._done) for task in self._tasks]
