"""Closing figures by counts that have settled, and telling when a count of them is corrected."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.domain.count_closing import CountClosed, corrections, due, restatements
from bot.domain.definition import Definition
from bot.messages.counting import count_restatement
from bot.store.count_closings import CountClosings, Decided, Known
from bot.store.deliveries import Delivery

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
    channel: str | None
    """None where there is none to tell; the new figures are kept all the same."""

    async def close(self) -> None:
        """Compare what is closed with the counts of now, and close what is due: at any time, as
        often as one likes, in several processes side by side."""
        for name in self.names:
            decided = await self.closings.bring_up_to_date(
                name, self.definition.hash, partial(self._decide, name)
            )
            if decided.versions:
                new = sum(each.version == 1 for each in decided.versions)
                restated = len(decided.versions) - new
                log.info("counted figures closed", source=name, new=new, restated=restated)

    def _decide(self, name: str, known: Known) -> Decided:
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
        if not changed or self.channel is None:
            return Decided(versions)
        message = count_restatement(
            changed, corrections(before, counts, changed), source=name, definition=definition
        )
        key = f"restatement:{name}:{definition.hash}:{now.isoformat()}"
        return Decided(versions, Delivery(key, self.channel, message, created_at=now))
