"""What a person does in Slack: type, click, choose, fill in, read; no more than Slack lets them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox import blocks, payloads
from bot.sandbox.capabilities import ResponseUrl, ResponseUrls, Triggers, visible
from bot.sandbox.delivery import Delivery, Outcome
from bot.sandbox.errors import NotPossible, Refused
from bot.sandbox.journal import PATIENCE
from bot.sandbox.methods.views import checked, pushed
from bot.sandbox.settings import User
from bot.sandbox.workspace import Conversation, Event, Post, View, Workspace

TROUBLE = "We had some trouble connecting. Try again?"
"""Slack's words in a modal whose submission came to nothing."""


@dataclass(slots=True)
class Reply:
    """How the app took what a person did."""

    acked: bool
    ms: float
    """From the envelope to the ack."""
    error: str = ""
    """What the person reads if it did not work."""
    errors: dict[str, str] = field(default_factory=dict)
    """What a modal says under its inputs, by block_id."""
    payload: Any = None
    """What the app put into the ack."""
    url: ResponseUrl | None = None

    @property
    def posts(self) -> list[Post]:
        """What was answered so far, in the ack or through the response URL."""
        return list(self.url.posts) if self.url else []

    @property
    def ephemeral(self) -> Post | None:
        """The newest answer that only this person sees."""
        return next((post for post in reversed(self.posts) if post.to), None)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every person's hands reach."""

    workspace: Workspace
    triggers: Triggers
    response_urls: ResponseUrls
    delivery: Delivery


class Person:
    def __init__(self, user: User, around: Surroundings) -> None:
        self.user = user
        self._around = around
        self._workspace = around.workspace

    @property
    def id(self) -> str:
        return self.user.id

    # reading

    def messages(self, channel: str) -> list[Post]:
        """What this person sees in a channel, oldest first."""
        return visible(self._inside(channel), self.id)

    def ephemerals(self, channel: str) -> list[Post]:
        return [post for post in self.messages(channel) if post.to]

    async def wait_for_ephemeral(
        self, channel: str = "", *, containing: str = "", since: int = 0, timeout: float = PATIENCE
    ) -> Post:
        """A message that only this person sees, new or changed after `since` in the journal."""
        entry = await self._workspace.journal.wait_for(
            lambda entry: (
                entry.kind in ("ephemeral", "message_changed")
                and entry.data["post"].to == self.id
                and channel in ("", entry.data["post"].channel)
                and containing in entry.data["post"].words()
            ),
            since=since,
            timeout=timeout,
        )
        post: Post = entry.data["post"]
        return post

    @property
    def open_modal(self) -> View | None:
        """The modal in front."""
        stack = self._workspace.modals.get(self.id)
        return stack[-1] if stack else None

    async def modal(self, *, timeout: float = PATIENCE) -> View:
        """The modal in front, as soon as there is one. Raises TimeoutError."""
        since = self._workspace.journal.last
        if self.open_modal is None:
            await self._workspace.journal.wait_for(
                lambda entry: entry.kind == "view_opened" and entry.data["person"] == self.id,
                since=since,
                timeout=timeout,
            )
        found = self.open_modal
        if found is None:
            raise TimeoutError(f"{self.id} has no modal open.")
        return found

    @property
    def home(self) -> View | None:
        """The app's home tab. Nobody from another workspace is shown one."""
        return None if self._foreign else self._workspace.homes.get(self.id)

    # typing

    async def command(self, command: str, text: str = "", *, channel: str) -> Reply:
        """Type a slash command and wait until the app acknowledged it or did not."""
        workspace = self._workspace
        if self._foreign:
            raise NotPossible(
                f"{command} is not a command of {workspace.teams[self.user.team].name}: slash "
                "commands are for the workspace that installed the app."
            )
        if "commands" not in workspace.scopes or command not in workspace.settings.app.commands:
            raise NotPossible(f"{command} is not a command of this workspace.")
        conversation = self._inside(channel)
        url = self._around.response_urls.issue(self.id, conversation.id)
        payload = payloads.slash_command(
            workspace,
            user=self.user,
            conversation=conversation,
            command=command,
            text=text,
            response_url=url.url,
            trigger_id=self._around.triggers.issue(self.id),
        )
        outcome = await self._around.delivery.deliver("slash_commands", payload)
        if not outcome.acked:
            code = "operation_timeout" if "timeout" in outcome.reason else "dispatch_failed"
            return self._failed(outcome, f'{command} failed with the error "{code}"', url)
        return self._answered(outcome, url)

    def say(self, channel: str, text: str, *, thread_ts: str = "") -> Post:
        """Write a message. `<@U0KEEP>` mentions the app."""
        conversation = self._inside(channel)
        if conversation.archived:
            raise NotPossible(f"#{conversation.name} is archived.")
        if thread_ts and thread_ts not in conversation.posts:
            raise NotPossible("That thread is gone.")
        if text.startswith("/") and thread_ts:
            raise NotPossible("Slash commands can't be run in threads.")
        return self._workspace.add(
            Post(
                self._workspace.ts(), conversation.id, self.id, text, thread_ts=thread_ts,
                team=self.user.team,
            )
        )  # fmt: skip

    def mention(self, channel: str, text: str, *, thread_ts: str = "") -> Post:
        bot = self._workspace.settings.app.bot_user
        return self.say(channel, f"<@{bot}> {text}", thread_ts=thread_ts)

    # clicking

    async def click(
        self, where: Post | View, action_id: str = "", *, label: str = "", block_id: str = ""
    ) -> Reply:
        """Press a button, found by its action_id or by what stands on it.

        `block_id` tells which, where several blocks have one of that action_id.
        """
        for block, element in self._elements(where):
            if element["type"] not in ("button", "icon_button"):
                continue
            if block_id not in ("", block["block_id"]):
                continue
            if action_id == element["action_id"] or (label and label == element["text"]["text"]):
                return await self._act(where, block, element, None)
        raise NotPossible(f"There is no button {action_id or label!r} here.")

    async def choose(
        self, where: Post | View, action_id: str, choice: Any, *, block_id: str = ""
    ) -> Reply:
        """Choose in a menu, radio group, checkboxes or picker: an option's value or its label."""
        for block, element in self._elements(where):
            if action_id != element["action_id"] or block_id not in ("", block["block_id"]):
                continue
            if element["type"] == "overflow":
                chosen = {"selected_option": blocks.option(element, choice)}
            elif element["type"] == "feedback_buttons" and choice in _feedback(element):
                chosen = {"value": choice}
            elif blocks.is_input(element):
                state = blocks.filled(element, choice)
                self._state(where).setdefault(block["block_id"], {})[action_id] = state
                chosen = {key: value for key, value in state.items() if key != "type"}
            else:
                break
            if block["type"] == "input" and not block.get("dispatch_action"):
                return Reply(True, 0.0)
            return await self._act(where, block, element, chosen)
        raise NotPossible(f"There is nothing to choose at {action_id!r} here.")

    async def _act(
        self, where: Post | View, block: blocks.Block, element: blocks.Block, chosen: Any
    ) -> Reply:
        ts = self._workspace.ts()
        action = payloads.action(block, element, chosen, ts=ts)
        if isinstance(where, View):
            trigger = self._around.triggers.issue(self.id, where)
            payload = payloads.view_action(
                self._workspace, user=self.user, view=where, action=action, trigger_id=trigger
            )
            url = None
        else:
            url = self._around.response_urls.issue(self.id, where.channel, where)
            payload = payloads.message_action(
                self._workspace,
                user=self.user,
                post=where,
                action=action,
                state=self._state(where),
                response_url=url.url,
                trigger_id=self._around.triggers.issue(self.id),
            )
        outcome = await self._around.delivery.deliver("interactive", payload)
        if not outcome.acked:
            return self._failed(outcome, "This app did not respond. Try again.", url)
        return Reply(True, outcome.ms, payload=outcome.payload, url=url)

    # modals

    async def submit(self, view: View, values: Mapping[str, Any] | None = None) -> Reply:
        """Fill in `"block/action"` or `"block"` and press the submit button."""
        self._in_front(view)
        for place, value in (values or {}).items():
            self._fill(view, place, value)
        view.errors = self._complaints(view)
        if view.errors:
            return Reply(False, 0.0, errors=view.errors)
        payload = payloads.view_submission(
            self._workspace,
            user=self.user,
            view=view,
            trigger_id=self._around.triggers.issue(self.id, view),
        )
        outcome = await self._around.delivery.deliver("interactive", payload)
        if not outcome.acked:
            return self._failed(outcome, TROUBLE)
        try:
            self._take(view, outcome.payload)
        except Refused as refused:
            return self._failed(outcome, f"{TROUBLE} ({refused.code})")
        return Reply(True, outcome.ms, errors=view.errors, payload=outcome.payload)

    async def close(self, view: View, *, everything: bool = False) -> Reply:
        """Press cancel, or the cross (which closes the whole stack)."""
        self._in_front(view)
        everything = everything or bool(view.content.get("clear_on_close"))
        reply = Reply(True, 0.0)
        for closed in reversed(self._workspace.close_modal(view, everything=everything)):
            if closed.content.get("notify_on_close"):
                payload = payloads.view_closed(
                    self._workspace, user=self.user, view=closed, cleared=everything
                )
                outcome = await self._around.delivery.deliver("interactive", payload)
                reply = Reply(outcome.acked, outcome.ms)
        return reply

    def _take(self, view: View, said: Any) -> None:
        """What the app's answer to a submission does to the modals. Raises Refused."""
        workspace = self._workspace
        answer = said if isinstance(said, dict) else {}
        if not view.open:  # the app closed or replaced it while it thought
            return
        match answer.get("response_action"):
            case None:
                workspace.close_modal(view)
            case "clear":
                workspace.close_modal(view, everything=True)
            case "update":
                workspace.change_view(view, checked(workspace, answer.get("view"), but=view))
            case "push":
                pushed(workspace, view, checked(workspace, answer.get("view")))
            case "errors":
                view.errors = self._known_errors(view, answer.get("errors"))
                workspace.journal.add("view_changed", view=view, person=self.id)
            case _:
                raise Refused("invalid_response_action")

    def _known_errors(self, view: View, errors: Any) -> dict[str, str]:
        inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors or not inputs.issuperset(errors):
            raise Refused("invalid_errors")
        return {block: str(sentence) for block, sentence in errors.items()}

    def _fill(self, view: View, place: str, value: Any) -> None:
        wanted, _, action_id = place.partition("/")
        for block, element in blocks.elements(view.blocks):
            fits = block["block_id"] == wanted and action_id in ("", element["action_id"])
            if fits and blocks.is_input(element):
                state = blocks.filled(element, value)
                view.state[wanted][element["action_id"]] = state
                return
        raise NotPossible(f"There is no input {place!r} in this modal.")

    def _complaints(self, view: View) -> dict[str, str]:
        found = {}
        for block in view.blocks:
            if block["type"] == "input":
                state = view.state[block["block_id"]][block["element"]["action_id"]]
                if sentence := blocks.complaint(block, state):
                    found[block["block_id"]] = sentence
        return found

    # the app's home

    def open_home(self) -> None:
        """Look at the app's home tab; the app is told and may publish it."""
        if self._foreign:
            raise NotPossible(f"{self.id} is of another workspace and has no home tab of this app.")
        event: Event = {
            "type": "app_home_opened",
            "user": self.id,
            "channel": self._workspace.direct(self.id).id,
            "tab": "home",
            "event_ts": self._workspace.ts(),
        }
        if self.home is not None:
            event["view"] = self.home.payload()
        self._workspace.emit(event)

    async def wait_for_home(
        self, *, containing: str = "", since: int = 0, timeout: float = PATIENCE
    ) -> View:
        """The home tab, when it is published after `since`. Raises TimeoutError."""
        entry = await self._workspace.journal.wait_for(
            lambda entry: (
                entry.kind == "home"
                and entry.data["person"] == self.id
                and containing in entry.data["view"].words()
            ),
            since=since,
            timeout=timeout,
        )
        view: View = entry.data["view"]
        return view

    # what all of these rest on

    @property
    def _foreign(self) -> bool:
        return self._workspace.foreign(self.user)

    def _inside(self, channel: str) -> Conversation:
        every = self._workspace.conversations
        name = channel.removeprefix("#")
        found = every.get(channel) or next((c for c in every.values() if c.name == name), None)
        if found is None or (self.id not in found.members and found.kind != "public_channel"):
            raise NotPossible(f"{self.id} sees no channel {channel}.")
        if self.id not in found.members and (self._foreign or self.user.guest):
            raise NotPossible(f"{self.id} is not in {channel}.")
        return found

    def _elements(self, where: Post | View) -> list[tuple[blocks.Block, blocks.Block]]:
        if isinstance(where, View):
            if where.person != self.id or not where.open:
                raise NotPossible(f"{self.id} does not see this view.")
        elif where.deleted or where.to not in ("", self.id):
            raise NotPossible(f"{self.id} does not see this message.")
        else:
            self._inside(where.channel)
        return list(blocks.elements(where.blocks))

    def _state(self, where: Post | View) -> blocks.State:
        if isinstance(where, View):
            return where.state
        where.states[self.id] = blocks.initial(where.blocks, where.states.get(self.id))
        return where.states[self.id]

    def _in_front(self, view: View) -> None:
        if view is not self.open_modal:
            raise NotPossible(f"This modal is not in front of {self.id}.")

    def _answered(self, outcome: Outcome, url: ResponseUrl) -> Reply:
        """Say what the app put into its ack."""
        said = outcome.payload
        if isinstance(said, dict) and (said.get("text") or said.get("blocks")):
            try:
                self._around.response_urls.answer(url, said)
            except Refused as refused:
                return self._failed(outcome, f'failed with the error "{refused.code}"', url)
        return Reply(True, outcome.ms, payload=said, url=url)

    def _failed(self, outcome: Outcome, sentence: str, url: ResponseUrl | None = None) -> Reply:
        self._workspace.journal.add("error_shown", person=self.id, sentence=sentence)
        return Reply(outcome.acked, outcome.ms, error=sentence, payload=outcome.payload, url=url)


def _feedback(element: blocks.Block) -> tuple[str, str]:
    return element["positive_button"]["value"], element["negative_button"]["value"]
