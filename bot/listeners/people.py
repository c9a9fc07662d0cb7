"""Who somebody is, and so what they may."""

import asyncio
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager

import structlog

from bot.domain.roles import Access, Named, Role
from bot.errors import SlackRejected
from bot.messages.languages import ENGLISH, TEAM_LANGUAGES, speak, speaking, spoken
from bot.slack.poster import Slack
from bot.store.naming import asked_by, for_everybody

log = structlog.get_logger()

_REMEMBERED = 600.0
"""Seconds after which Slack is asked again: people become guests, and guests become people."""
_MOST = 10_000


class People:
    """Asks Slack who somebody is, and remembers it for a while."""

    def __init__(
        self, slack: Slack, team: str, access: Access, language: Callable[[], str] = lambda: ENGLISH
    ) -> None:
        """`language` is the company's, as it is now: in it everybody is spoken to at once."""
        self._language = language
        self._slack = slack
        self._team = team
        self._configured = self.access = access
        self._posted: frozenset[str] = frozenset()
        self._named = Named()
        self._ours: dict[str, tuple[float, bool, str]] = {}
        self._by_email: dict[str, tuple[float, str]] = {}
        self._groups: dict[str, tuple[float, frozenset[str]]] = {}

    def post_in(self, channels: Set[str]) -> None:
        """Figures are posted in these too, beside where config.yaml says."""
        self._posted = frozenset(channels)
        self.access = self._configured.also(self._named, self._posted)

    def name(self, named: Named) -> None:
        """These are named in Slack, beside those of config.yaml."""
        self._named = named
        self.access = self._configured.also(named, self._posted)

    @contextmanager
    def in_front_of_all(self, everybody: bool = True) -> Iterator[None]:
        """What is made inside is read by a whole channel, if so: in the company's language, with
        the names that all may read, whoever asked for it."""
        if not everybody:
            yield
            return
        with speaking(self._language()), for_everybody():
            yield

    async def may(self, role: Role, person: str, channel: str = "") -> bool:
        """Whether they are at least that, where they ask (`channel`). Raises as `role`."""
        return await self.role(person, channel) >= role

    async def role(self, person: str, channel: str = "") -> Role:
        """Of who asks: from here on, they are answered in the language that they have set in Slack,
        if it is one of the team's, else in the company's, and names are looked up for them.

        Raises SlackError when Slack does not tell who they are.
        """
        ours, locale = await self._known(person)
        theirs = spoken(locale, "") if ours else ""
        speak(theirs if theirs in TEAM_LANGUAGES else self._language())
        if not ours:
            return Role.OUTSIDE
        groups = {id for id in self.access.groups if person in await self._members(id)}
        role = self.access.role(person, groups, channel)
        asked_by(person, sees_all=role is Role.ADMIN)
        return role

    def may_be_ours(self, team: str) -> bool:
        """Whether somebody of this workspace can be one of ours, without asking Slack."""
        return team in (self._team, "")

    async def are_ours(self, person: str) -> bool:
        """Of our workspace, no guest of it, and still here. Raises SlackError."""
        is_one, _ = await self._known(person)
        return is_one

    async def with_email(self, email: str) -> str:
        """The id of who has this address in our workspace; "" of nobody. Raises SlackError."""
        now = asyncio.get_running_loop().time()
        asked_at, person = self._by_email.get(email.casefold(), (-_REMEMBERED, ""))
        if now - asked_at >= _REMEMBERED:
            person = await self._slack.find_person(email) or ""
            if len(self._by_email) >= _MOST:
                self._by_email.clear()
            self._by_email[email.casefold()] = (now, person)
        return person

    def forget(self, person: str) -> None:
        """Something about them has changed: Slack is asked anew."""
        self._ours.pop(person, None)

    async def _known(self, person: str) -> tuple[bool, str]:
        """Whether they are ours, and their locale."""
        now = asyncio.get_running_loop().time()
        asked_at, is_one, locale = self._ours.get(person, (-_REMEMBERED, False, ""))
        if now - asked_at >= _REMEMBERED:
            found = await self._slack.person_info(person)
            is_one = found.team == self._team and not found.is_guest and not found.is_deleted
            locale = found.locale
            if len(self._ours) >= _MOST:
                self._ours.clear()
            self._ours[person] = (now, is_one, locale)
        return is_one, locale

    async def _members(self, group: str) -> frozenset[str]:
        now = asyncio.get_running_loop().time()
        asked_at, members = self._groups.get(group, (-_REMEMBERED, frozenset()))
        if now - asked_at >= _REMEMBERED:
            try:
                members = await self._slack.group_members(group)
            except SlackRejected as error:
                # Nobody is in a group that is gone or may not be read; `keeprate check` says so.
                log.warning("user group not read", group=group, why=str(error))
                members = frozenset()
            self._groups[group] = (now, members)
        return members
