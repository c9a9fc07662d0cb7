"""What is true in the sandbox right now: workspaces, people, conversations, messages, views, files.

State and its rules only: no HTTP, no sockets, no waiting. What happens is told to the journal and,
where Slack would send an event, to `emit`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from bot.sandbox.blocks import Block, State, initial, words
from bot.sandbox.clock import SandboxClock
from bot.sandbox.journal import Journal
from bot.sandbox.settings import Channel, Settings, Team, User

Event = dict[str, Any]


@dataclass(slots=True, eq=False)
class Post:
    """A message, as everybody in a conversation or (ephemeral) one person sees it."""

    ts: str
    channel: str
    user: str
    text: str = ""
    blocks: list[Block] = field(default_factory=list)
    attachments: list[Any] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    thread_ts: str = ""
    bot_id: str = ""
    app_id: str = ""
    team: str = ""
    edited: str = ""
    """The time of the newest edit."""
    to: str = ""
    """Who alone sees it, if it is ephemeral."""
    deleted: bool = False
    reactions: dict[str, set[str]] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    """Per person, what they chose in the message and did not send."""

    def payload(self, *, metadata: Literal["none", "type", "all"] = "none") -> dict[str, Any]:
        """The message object of the Web API."""
        found: dict[str, Any] = {
            "type": "message",
            "user": self.user,
            "ts": self.ts,
            "text": self.text,
            "team": self.team,
        }
        if self.bot_id:
            found |= {"bot_id": self.bot_id, "app_id": self.app_id}
        if self.blocks:
            found["blocks"] = self.blocks
        if self.attachments:
            found["attachments"] = self.attachments
        if self.files:
            found["files"] = self.files
        if self.thread_ts:
            found["thread_ts"] = self.thread_ts
        if self.edited:
            found["edited"] = {"user": self.user, "ts": self.edited}
        if self.reactions:
            found["reactions"] = [
                {"name": name, "users": sorted(who), "count": len(who)}
                for name, who in self.reactions.items()
            ]
        if self.metadata and metadata == "all":
            found["metadata"] = self.metadata
        elif self.metadata and metadata == "type":
            found["metadata"] = {"event_type": self.metadata["event_type"]}
        return found

    def words(self) -> str:
        """All text that a reader may meet: the message's own and that of its blocks."""
        return "\n".join(filter(None, (self.text, words(self.blocks))))


@dataclass(slots=True, eq=False)
class Conversation:
    """A channel, private or public, or a direct message with the app."""

    id: str
    name: str
    members: set[str]
    private: bool = False
    archived: bool = False
    shared_with: set[str] = field(default_factory=set)
    topic: str = ""
    im_with: str = ""
    """The person, if it is a direct message."""
    posts: dict[str, Post] = field(default_factory=dict)
    ephemerals: list[Post] = field(default_factory=list)

    @classmethod
    def of(cls, channel: Channel) -> "Conversation":
        return cls(
            channel.id, channel.name, set(channel.members), channel.private, channel.archived,
            set(channel.shared_with), channel.topic,
        )  # fmt: skip

    @property
    def kind(self) -> Literal["public_channel", "private_channel", "im"]:
        if self.im_with:
            return "im"
        return "private_channel" if self.private else "public_channel"


@dataclass(slots=True, eq=False)
class View:
    """A modal that is or was open, or a published home tab."""

    id: str
    person: str
    content: dict[str, Any]
    team: str
    app: tuple[str, str]
    """App id and bot id."""
    hash: str
    root: str
    previous: str = ""
    state: State = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    """What the client shows under inputs, by block_id."""
    open: bool = True

    @property
    def blocks(self) -> list[Block]:
        return list(self.content["blocks"])

    def words(self) -> str:
        return words([self.content.get("title"), self.content["blocks"]])

    def payload(self) -> dict[str, Any]:
        """The view object of the Web API."""
        given = self.content
        return {
            "id": self.id,
            "team_id": self.team,
            "type": given["type"],
            "blocks": given["blocks"],
            "private_metadata": given.get("private_metadata", ""),
            "callback_id": given.get("callback_id", ""),
            "external_id": given.get("external_id", ""),
            "state": {"values": self.state},
            "hash": self.hash,
            "title": given.get("title"),
            "submit": given.get("submit"),
            "close": given.get("close"),
            "clear_on_close": bool(given.get("clear_on_close")),
            "notify_on_close": bool(given.get("notify_on_close")),
            "submit_disabled": bool(given.get("submit_disabled")),
            "root_view_id": self.root,
            "previous_view_id": self.previous or None,
            "app_id": self.app[0],
            "bot_id": self.app[1],
            "app_installed_team_id": self.team,
        }


@dataclass(slots=True, eq=False)
class File:
    id: str
    name: str
    length: int
    secret: str
    """The unguessable end of its upload URL."""
    title: str = ""
    alt_text: str = ""
    content: bytes | None = None
    shared: list[str] = field(default_factory=list)
    usable_at: float = 0.0
    """When Slack has looked at it, as a timestamp; 0 before it was completed."""


class Workspace:
    def __init__(self, settings: Settings, *, clock: SandboxClock, journal: Journal) -> None:
        self.settings = settings
        self.clock = clock
        self.journal = journal
        self.emit: Callable[[Event], None] = lambda event: None
        """Takes the events that Slack would send to the app."""
        app = settings.app
        self.teams = {team.id: team for team in (settings.team, *settings.other_teams)}
        self.users = {user.id: user for user in settings.users}
        self.users[app.bot_user] = User(
            app.bot_user, app.name.lower(), app.name, settings.team.id, bot=True
        )
        self.conversations = {c.id: Conversation.of(c) for c in settings.channels}
        self.scopes = set(app.scopes)
        self.request_url = app.request_url
        self.native_blocks = settings.native_blocks
        self.revoked: Literal["", "token_revoked", "account_inactive"] = ""
        """Why the bot token no longer opens anything."""
        self.files: dict[str, File] = {}
        self.views: dict[str, View] = {}
        self.homes: dict[str, View] = {}
        """The home tab of each person, as last published."""
        self.modals: dict[str, list[View]] = {}
        """The stack of modals of each person, topmost last."""
        self._numbers = count(1)
        self._micros = 0

    # who and where

    @property
    def team(self) -> Team:
        return self.settings.team

    def user(self, user: str) -> User | None:
        return self.users.get(user)

    def foreign(self, user: User) -> bool:
        return user.team != self.team.id

    def stranger(self, user: User) -> bool:
        """From another workspace and in no channel that the app sees."""
        bot = self.settings.app.bot_user
        return self.foreign(user) and not any(
            user.id in c.members and (not c.private or bot in c.members)
            for c in self.conversations.values()
        )

    def conversation(self, reference: str) -> Conversation | None:
        """By id or `#name`, as the app sees them: no private channel that it was not invited to."""
        found = self.conversations.get(reference)
        if found is None and reference:
            name = reference.removeprefix("#")
            found = next((c for c in self.conversations.values() if name == c.name), None)
        if found is not None and found.kind == "private_channel" and not self.invited(found):
            return None
        return found

    def invited(self, conversation: Conversation) -> bool:
        return self.settings.app.bot_user in conversation.members

    def direct(self, user: str) -> Conversation:
        """The direct message between the app and a person, opened if need be."""
        for one in self.conversations.values():
            if one.im_with == user:
                return one
        made = Conversation(
            f"D{user[1:]}", "", {user, self.settings.app.bot_user}, True, im_with=user
        )
        self.conversations[made.id] = made
        return made

    # messages

    def ts(self) -> str:
        """A time that no other message has: it is a message's name in its channel."""
        self._micros = max(self._micros + 1, int(self.clock.now().timestamp() * 1_000_000))
        return f"{self._micros // 1_000_000}.{self._micros % 1_000_000:06d}"

    def fresh(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers):08d}"

    def by_app(self, conversation: Conversation, **content: Any) -> Post:
        app = self.settings.app
        return self.add(
            Post(
                self.ts(), conversation.id, app.bot_user, bot_id=app.bot_id, app_id=app.id,
                team=self.team.id, **content,
            )
        )  # fmt: skip

    def add(self, post: Post) -> Post:
        conversation = self.conversations[post.channel]
        if post.to:
            conversation.ephemerals.append(post)
            self.journal.add("ephemeral", post=post)
        else:
            conversation.posts[post.ts] = post
            self.journal.add("message", post=post)
            self._tell(post)
        return post

    def changed(self, post: Post) -> None:
        post.edited = self.ts()
        self.journal.add("message_changed", post=post)

    def remove(self, post: Post) -> None:
        post.deleted = True
        conversation = self.conversations[post.channel]
        if post.to:
            conversation.ephemerals.remove(post)
        else:
            del conversation.posts[post.ts]
        self.journal.add("message_deleted", post=post)

    def _tell(self, post: Post) -> None:
        """The events that a new message makes for the app."""
        conversation = self.conversations[post.channel]
        if not self.invited(conversation):
            return
        kinds = {"public_channel": "channel", "private_channel": "group", "im": "im"}
        event = {
            **post.payload(),
            "channel": post.channel,
            "event_ts": post.ts,
            "channel_type": kinds[conversation.kind],
        }
        if conversation.shared_with:
            event["user_team"] = event["source_team"] = post.team
        mention = f"<@{self.settings.app.bot_user}>"
        if mention in post.text and not post.bot_id and not conversation.im_with:
            self.emit({**event, "type": "app_mention"})
        self.emit(event)

    # membership

    def join(self, conversation: Conversation, user: str, *, inviter: str = "") -> None:
        if user in conversation.members:
            return
        conversation.members.add(user)
        self.journal.add("joined", channel=conversation.id, user=user)
        member = self.users[user]
        event = {
            "type": "member_joined_channel",
            "user": user,
            "channel": conversation.id,
            "channel_type": "G" if conversation.private else "C",
            "team": member.team,
            "event_ts": self.ts(),
        }
        self.emit(event | ({"inviter": inviter} if inviter else {}))

    def leave(self, conversation: Conversation, user: str) -> None:
        if user not in conversation.members:
            return
        if user == self.settings.app.bot_user:
            left = "group_left" if conversation.private else "channel_left"
            self.emit({"type": left, "channel": conversation.id, "event_ts": self.ts()})
        else:
            self.emit(
                {
                    "type": "member_left_channel",
                    "user": user,
                    "channel": conversation.id,
                    "channel_type": "G" if conversation.private else "C",
                    "team": self.users[user].team,
                    "event_ts": self.ts(),
                }
            )
        conversation.members.discard(user)
        self.journal.add("left", channel=conversation.id, user=user)

    # views

    def make_view(self, person: str, content: dict[str, Any], *, below: View | None = None) -> View:
        """A view that is in nobody's sight yet."""
        app = self.settings.app
        number = self.fresh("V")
        made = View(
            number, person, content, self.team.id, (app.id, app.bot_id), self._hash(),
            root=below.root if below else number, previous=below.id if below else "",
            state=initial(content["blocks"]),
        )  # fmt: skip
        self.views[number] = made
        return made

    def show_modal(self, view: View, *, onto: bool) -> None:
        """Open `view` for its person: on top of what is open, or in its place."""
        stack = self.modals.setdefault(view.person, [])
        if not onto:
            self.forget(stack)
            stack.clear()
        stack.append(view)
        self.journal.add("view_opened", view=view, person=view.person)

    def change_view(self, view: View, content: dict[str, Any]) -> None:
        """What was typed stays, where block_id, action_id and type are the same."""
        view.content = content
        view.state = initial(content["blocks"], view.state)
        view.errors = {}
        view.hash = self._hash()
        self.journal.add("view_changed", view=view, person=view.person)

    def close_modal(self, view: View, *, everything: bool = False) -> list[View]:
        """Those that closed: it and what lies on it, or the whole stack."""
        stack = self.modals.get(view.person, [])
        at = 0 if everything else stack.index(view)
        closed = stack[at:]
        del stack[at:]
        self.forget(closed)
        return closed

    def forget(self, views: Iterable[View]) -> None:
        for view in views:
            view.open = False
            self.views.pop(view.id, None)
            self.journal.add("view_closed", view=view, person=view.person)

    def publish(self, person: str, content: dict[str, Any]) -> View:
        view = self.homes.get(person)
        if view is None:
            view = self.homes[person] = self.make_view(person, content)
        else:
            self.change_view(view, content)
        self.journal.add("home", view=view, person=person)
        return view

    def _hash(self) -> str:
        return f"{int(self.clock.now().timestamp())}.{next(self._numbers):08x}"

    # files

    def file_ready(self, file: str) -> bool:
        """Whether a `slack_file` block may show it."""
        found = self.files.get(file)
        return bool(found and found.usable_at and found.usable_at <= self.clock.now().timestamp())
