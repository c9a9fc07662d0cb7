"""Closing figures by counts that have settled, and telling when a count of them is corrected."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bot.domain.count_closing import CountClosed, corrections, due, restatements
from bot.domain.definition import Definition
from bot.messages.blocks import Message
from bot.messages.closing import restated_list
from bot.messages.counting import count_restated_lines, count_restatement
from bot.store.count_closings import CountClosings, Decided, Known
from bot.store.deliveries import Delivery
from bot.store.times import from_ms, to_ms

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CountClosing:
    """Closes the figures of all that is counted, and tells one channel of restatements."""

    names: Sequence[str]
    """What the counts are called."""
    closings: CountClosings
    definition: Definition
    clock: Callable[[], datetime]
    settle: timedelta
    channel: Callable[[], Awaitable[str | None]]
    """None where there is none to tell; the new figures are kept all the same."""

    async def close(self) -> None:
        """Compare what is closed with the counts of now, and close what is due: at any time, as
        often as one likes, in several processes side by side."""
        channel = await self.channel()
        for name in self.names:
            decided = await self.closings.bring_up_to_date(
                name, self.definition.hash, partial(self._decide, name, channel)
            )
            if decided.versions:
                new = sum(each.version == 1 for each in decided.versions)
                restated = len(decided.versions) - new
                log.info("counted figures closed", source=name, new=new, restated=restated)

    async def listed(self, which: Mapping[str, Any], first: int) -> Message:
        """All that a restatement was about, after the first lines; it is found anew from what was
        known then."""
        at, definition = from_ms(which["at"]), self.definition
        known = await self.closings.known_when(which["counts"], definition.hash, at)
        before, counts, closed = known
        today = at.astimezone(definition.zone_info).date()
        changed = restatements(counts, closed, today=today)
        found = corrections(before, counts, changed)
        return restated_list(count_restated_lines(changed, found, definition), which, first)

    def _decide(self, name: str, channel: str | None, known: Known) -> Decided:
        before, counts, closed = known
        now, definition = self.clock(), self.definition
        today = now.astimezone(definition.zone_info).date()
        fresh = due(counts, closed, now=now, settle=self.settle, definition=definition)
        changed = restatements(counts, closed, today=today)
        versions = [
            CountClosed(name, figure.period, definition.hash, 1, figure.counts, now)
            for figure in fresh
        ]
        versions += [
            CountClosed(name, of.was.period, definition.hash, of.was.version + 1, of.now, now)
            for of in changed
        ]
        if not changed or channel is None:
            return Decided(versions)
        message = count_restatement(
            changed,
            corrections(before, counts, changed),
            source=name,
            definition=definition,
            which={"counts": name, "at": to_ms(now)},
        )
        key = f"restatement:{name}:{definition.hash}:{now.isoformat()}"
        return Decided(versions, Delivery(key, channel, message, created_at=now))
