"""What an admin of the workspace does to channels and to the app, and the events that it makes."""

from dataclasses import replace

from bot.sandbox.errors import NotPossible
from bot.sandbox.settings import User
from bot.sandbox.workspace import Conversation, Workspace


class Admin:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def archive(self, channel: str) -> None:
        self._set_archived(channel, archived=True)

    def unarchive(self, channel: str) -> None:
        self._set_archived(channel, archived=False)

    def rename(self, channel: str, name: str) -> None:
        found = self._channel(channel)
        found.name = name
        self._tell("channel_rename", channel={"id": found.id, "name": name, "created": 0})

    def share(self, channel: str, team: str) -> None:
        """Share a channel with another workspace (Slack Connect)."""
        if team not in self._workspace.teams:
            raise NotPossible(f"There is no workspace {team}.")
        self._channel(channel).shared_with.add(team)
        self._tell("channel_shared", channel=channel, connected_team_id=team)

    def unshare(self, channel: str, team: str) -> None:
        """Its people leave with it."""
        found = self._channel(channel)
        found.shared_with.discard(team)
        for user in [u for u in found.members if self._workspace.users[u].team == team]:
            found.members.discard(user)
        self._tell(
            "channel_unshared",
            channel=channel,
            previously_connected_team_id=team,
            is_ext_shared=bool(found.shared_with),
        )

    def change_id(self, channel: str, new: str) -> None:
        """What sharing does to some channels: the old id is not known any more."""
        found = self._channel(channel)
        del self._workspace.conversations[channel]
        found.id = new
        for post in [*found.posts.values(), *found.ephemerals]:
            post.channel = new
        self._workspace.conversations[new] = found
        self._tell("channel_id_changed", old_channel_id=channel, new_channel_id=new)

    def invite(self, channel: str, user: str) -> None:
        """A person, or the app by its bot user."""
        found = self._channel(channel)
        member = self._workspace.user(user)
        if member is None:
            raise NotPossible(f"There is nobody called {user}.")
        if self._workspace.foreign(member) and member.team not in found.shared_with:
            raise NotPossible(f"#{found.name} is not shared with the workspace of {user}.")
        self._workspace.join(found, user)

    def remove(self, channel: str, user: str) -> None:
        self._workspace.leave(self._channel(channel), user)

    def add_user(self, user: User) -> None:
        self._workspace.users[user.id] = user

    def deactivate(self, user: str) -> None:
        """Who has left the company."""
        left = self._workspace.user(user)
        if left is None:
            raise NotPossible(f"There is nobody called {user}.")
        self._workspace.users[user] = replace(left, deleted=True)
        self._tell("user_change", user={"id": user, "team_id": left.team, "deleted": True})

    def grant(self, *scopes: str) -> None:
        """Install the app again with more scopes."""
        self._workspace.scopes.update(scopes)

    def withdraw(self, *scopes: str) -> None:
        self._workspace.scopes.difference_update(scopes)

    def revoke_token(self) -> None:
        """The bot token opens nothing from now on."""
        app = self._workspace.settings.app
        self._workspace.revoked = "token_revoked"
        self._tell("tokens_revoked", tokens={"oauth": [], "bot": [app.bot_user]})

    def uninstall(self) -> None:
        self.revoke_token()
        self._workspace.revoked = "account_inactive"
        self._tell("app_uninstalled")

    def reinstall(self) -> None:
        self._workspace.revoked = ""
        self._workspace.journal.add("reinstalled")

    def _set_archived(self, channel: str, *, archived: bool) -> None:
        found = self._channel(channel)
        found.archived = archived
        kind = "group" if found.private else "channel"
        self._tell(f"{kind}_archive" if archived else f"{kind}_unarchive", channel=channel)

    def _channel(self, channel: str) -> Conversation:
        found = self._workspace.conversations.get(channel)
        if found is None:
            raise NotPossible(f"There is no channel {channel}.")
        return found

    def _tell(self, type: str, **event: object) -> None:
        self._workspace.journal.add(type, **event)
        self._workspace.emit({"type": type, "event_ts": self._workspace.ts(), **event})
