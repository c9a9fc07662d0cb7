"""Whose a channel is: linked with a customer by a person, and what may be linked."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.commands import LinkChannel, UnlinkChannel
from bot.domain.links import Unlinked, suggestions
from bot.messages.blocks import Message
from bot.messages.links import linked, links_list, unlinked
from bot.slack.poster import Slack
from bot.store.figures import Figures
from bot.store.links import Links


@dataclass(frozen=True, slots=True)
class Linking:
    figures: Figures
    """Of the first source, whose customers they are."""
    links: Links
    slack: Slack
    is_ours: Callable[[str], Awaitable[bool]]
    """Whether this Slack id is a colleague's."""
    clock: Callable[[], datetime]
    changed: Callable[[], None]
    """Called when a channel was linked: what was answered there may be somebody's now."""

    async def change(self, said: LinkChannel | UnlinkChannel, person: str) -> Message:
        """Say whose channel it is, or that it is nobody's."""
        now = self.clock()
        if isinstance(said, UnlinkChannel):
            return unlinked(await self.links.unlink(said.channel, by=person, now=now))
        answered = await self.links.answered(said.channel)
        ours = {each for each in answered if await self.is_ours(each)}
        link = await self.links.link(
            self.figures.source, said.channel, said.customer, by=person, now=now, ours=ours
        )
        self.changed()
        return linked(link)

    async def listed(self, first: int) -> Message:
        """What is linked, and with whom the shared channels that are not may be linked; after so
        many."""
        known = await self.links.all()
        done = {link.channel for link in known}
        return links_list(
            known,
            [
                Unlinked(
                    channel.id,
                    channel.name,
                    tuple(
                        suggestions(
                            channel.name, await self.links.like(self.figures.source, channel.name)
                        )
                    ),
                )
                for channel in await self.slack.channels()
                if channel.is_ext_shared and channel.id not in done
            ],
            self.figures.definition,
            first=first,
        )

    async def channels_of(self, segment: Mapping[str, str]) -> dict[int, list[str]]:
        """By customer of today with these fields, the channels that are linked with them."""
        today = self.clock().astimezone(self.figures.definition.zone_info).date()
        found: dict[int, list[str]] = {
            customer: [] for customer in sorted(await self.figures.of_today(segment, today=today))
        }
        for link in await self.links.all():
            if link.customer in found:
                found[link.customer].append(link.channel)
        return found
