"""Closing what is over and has settled, and telling when newer data changes what was closed."""

import asyncio
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.domain.closing import (
    After,
    Closed,
    Regrouped,
    Responsible,
    Restatement,
    changed,
    finished,
    is_settled,
    most_important_first,
    responsible,
    restated,
)
from bot.domain.columns import Columns
from bot.domain.period import Period, day_number
from bot.domain.pulls import Pull
from bot.domain.redefinition import settings_of
from bot.domain.retention import Counts, retentions
from bot.messages.blocks import Message
from bot.messages.closing import restated_lines, restated_list, restatement
from bot.messages.wording import NAMES_SHOWN
from bot.store.closings import Closings
from bot.store.customers import Customers
from bot.store.definitions import Definitions
from bot.store.deliveries import Delivery
from bot.store.figures import Figures
from bot.store.merges import Merges
from bot.store.pulls import Pulls
from bot.store.times import from_ms, to_ms

log = structlog.get_logger()

MOST_LISTED = 10_000
"""Customers behind a restatement who are named when somebody wants all."""


@dataclass(frozen=True, slots=True)
class Closing:
    """Closes the figures of one source, and tells one channel of restatements."""

    figures: Figures
    customers: Customers
    pulls: Pulls
    closings: Closings
    merges: Merges
    definitions: Definitions
    clock: Callable[[], datetime]
    settle: timedelta
    channel: Callable[[], Awaitable[str | None]]
    """None where there is none to tell; the new figures are kept all the same."""
    noted: set[str] = field(default_factory=set)
    """Hashes of definitions that this process has said to be in force."""

    async def close(self) -> None:
        """Compare what is closed with the newest believed pull, and close what is due.

        It may run at any time, as often as one likes, and in several processes side by side: what
        one of them has written, no other writes again. What a pull brought that was made under
        another definition is not compared, because its stays are others for that reason alone;
        once a pull is made under the new one, everything is closed under it anew, in silence.
        """
        definition, source = self.figures.definition, self.figures.source
        now = self.clock()
        if definition.hash not in self.noted:
            await self.definitions.note(definition.hash, settings_of(definition), now)
            self.noted.add(definition.hash)
        pull = await self.pulls.newest_believed(source)
        if pull is None or pull.finished_at is None or pull.definition != definition.hash:
            return
        newest = After(pull.id, await self.merges.newest(source))
        closed, after = await self.closings.newest(source, definition.hash)
        due = await self._due(closed, pull.finished_at, now)
        if after == newest and not due:
            return
        if after is not None and (after.pull > pull.id or after.last_merge > newest.last_merge):
            return  # another process knows of something newer
        restatements = await self._restatements(closed, after, pull, newest)
        columns = await self.customers.columns_after(pull, newest.last_merge)
        counted = await asyncio.to_thread(_counted, columns, due)
        if after == newest and not counted:
            return
        fresh = [
            Closed(source, period, definition.hash, 1, counts, pull.id, now)
            for period, counts in counted
        ]
        newer = [
            Closed(
                source,
                of.was.period,
                definition.hash,
                of.was.version + 1,
                of.now,
                pull.id,
                now,
                by_merges=of.only_merges,
            )
            for of in restatements
        ]
        post = [of for of in restatements if not of.only_merges]
        written = await self.closings.record(
            source,
            definition.hash,
            [*fresh, *newer],
            after=after,
            now=newest,
            told=await self._told(post, after, newest, pull, now),
        )
        if written:
            log.info("figures closed", source=source, new=len(fresh), restated=len(newer))

    async def listed(self, which: Mapping[str, Any], first: int) -> Message:
        """All that a restatement was about, after the first lines; it is found anew from what was
        known then."""
        source, definition = self.figures.source, self.figures.definition
        after, newest = After(*which["after"]), After(*which["now"])
        pull = await self.pulls.get(newest.pull)
        if pull.definition != definition.hash:
            return restated_list((), which, first)
        at = from_ms(which["at"])
        closed, _ = await self.closings.newest(source, definition.hash, before=at)
        found = await self._restatements(closed, after, pull, newest)
        restatements = [of for of in found if not of.only_merges]
        behind, _ = responsible(restatements, MOST_LISTED)
        names = await self._names(behind)
        lines = restated_lines(restatements, behind, definition, names)
        return restated_list(lines, which, first)

    async def _names(self, behind: Sequence[Responsible]) -> Mapping[int, str]:
        """Of those behind a restatement, and of whom their records belong to now."""
        others = [each.merged_into for each in behind if each.merged_into is not None]
        return await self.customers.names([*(each.customer for each in behind), *others])

    async def _due(self, closed: Sequence[Closed], newest: datetime, now: datetime) -> list[Period]:
        """What has settled and is not closed yet."""
        definition = self.figures.definition
        known = {each.period for each in closed}
        pulled = await self.pulls.first_believed(self.figures.source)
        days = [day for day, _ in pulled]
        today = now.astimezone(definition.zone_info).date()

        def covered(period: Period) -> datetime | None:
            place = bisect_left(days, day_number(period.next))
            return pulled[place][1] if place < len(days) else None

        return [
            period
            for period in finished(today, definition)
            if period not in known
            and is_settled(
                period,
                covered=covered(period),
                newest=newest,
                now=now,
                settle=self.settle,
                definition=definition,
            )
        ]

    async def _restatements(
        self, closed: Sequence[Closed], after: After | None, pull: Pull, newest: After
    ) -> list[Restatement]:
        """What became known since that after which all of `closed` was so."""
        if after is None or after == newest:
            return []
        then = await self.pulls.get(after.pull)
        before = await self.customers.columns_after(then, after.last_merge)
        # The newest are made ready for everybody else by the way.
        await self.customers.columns(pull.source)
        now = await self.customers.columns_after(pull, newest.last_merge)
        regrouped = Regrouped.between(
            await self.customers.merged_into(then, after.last_merge),
            await self.customers.merged_into(pull, newest.last_merge),
        )
        return await asyncio.to_thread(_restatements, closed, before, now, regrouped)

    async def _told(
        self,
        restatements: Sequence[Restatement],
        after: After | None,
        newest: After,
        pull: Pull,
        now: datetime,
    ) -> Delivery | None:
        channel = await self.channel()
        if not restatements or channel is None or pull.finished_at is None:
            return None
        behind, everybody = responsible(restatements, NAMES_SHOWN)
        names = await self._names(behind)
        by_hand = after is not None and after.pull == newest.pull
        message = restatement(
            restatements,
            [(names[each.customer], each) for each in behind],
            everybody,
            source=pull.source,
            pulled_at=None if by_hand else pull.finished_at,
            definition=self.figures.definition,
            names=names,
            which={"after": after, "now": newest, "at": to_ms(now)} if after else {},
        )
        key = f"restatement:{pull.source}:{self.figures.definition.hash}:{pull.id}"
        if by_hand:
            key += f":{newest.last_merge}"
        return Delivery(key, channel, message, created_at=now)


def _restatements(
    closed: Sequence[Closed], before: Columns, now: Columns, regrouped: Regrouped
) -> list[Restatement]:
    before, now = changed(before, now)
    if not len(before) and not len(now):
        return []
    found = (restated(each, before, now, regrouped) for each in closed)
    return most_important_first([each for each in found if each is not None])


def _counted(columns: Columns, periods: Sequence[Period]) -> list[tuple[Period, Counts]]:
    """Of the periods of which anything is known, and in which anybody was a customer."""
    grid = retentions(columns, periods)
    found = ((period, grid.counts(index)) for index, period in enumerate(periods))
    return [
        (period, counts)
        for period, counts in found
        if counts is not None and (counts.opening or counts.closing or counts.early_losses)
    ]
