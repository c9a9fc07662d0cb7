"""Who may see figures and names: people of our workspace who are no guests of it."""

import asyncio

from bot.slack.poster import Slack

_REMEMBERED = 600.0
"""Seconds after which Slack is asked again: people become guests, and guests become people."""
_MOST = 10_000


class Colleagues:
    """Asks Slack who somebody is, and remembers it for a while."""

    def __init__(self, slack: Slack, team: str) -> None:
        self._slack = slack
        self._team = team
        self._known: dict[str, tuple[float, bool]] = {}

    async def have(self, person: str) -> bool:
        """Raises SlackError when Slack does not tell."""
        now = asyncio.get_running_loop().time()
        asked_at, is_one = self._known.get(person, (-_REMEMBERED, False))
        if now - asked_at >= _REMEMBERED:
            found = await self._slack.person_info(person)
            is_one = found.team == self._team and not found.is_guest
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[person] = (now, is_one)
        return is_one
