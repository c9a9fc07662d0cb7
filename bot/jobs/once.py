"""Doing a thing once: claimed in the ledger, held while it lasts, marked when it is done."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import StoreUnavailable
from bot.store.ledger import Ledger

LEASE = timedelta(minutes=2)
"""A claim that was not extended for so long is of a process that died."""
_EXTEND_EVERY = 30.0


@dataclass(frozen=True, slots=True)
class Turn:
    """Makes each happening once, for this process among its replicas."""

    ledger: Ledger
    holder: str
    """Names this process, and no other, ever."""
    clock: Callable[[], datetime]

    async def once(
        self, what: str, where: str, period: str, work: Callable[[], Awaitable[bool]]
    ) -> bool:
        """Whether `work` ran here. If it returns False or raises, it is still to be done.

        Nobody runs it if it was done before, or while another holder does it.
        """
        name = (what, where, period)
        if await self.ledger.done(*name):
            return False
        if not await self.ledger.claim(*name, holder=self.holder, now=self.clock(), lease=LEASE):
            return False
        heartbeat = asyncio.create_task(self._keep(*name))
        done = False
        try:
            done = await work()
        finally:
            heartbeat.cancel()
            with suppress(asyncio.CancelledError):
                await heartbeat
            if done:
                await self.ledger.finish(*name, now=self.clock())
            else:
                await self.ledger.release(*name, holder=self.holder)
        return True

    async def _keep(self, what: str, where: str, period: str) -> None:
        while True:
            await asyncio.sleep(_EXTEND_EVERY)
            with suppress(StoreUnavailable):  # the work will meet it too, if it lasts
                await self.ledger.extend(
                    what, where, period, holder=self.holder, now=self.clock(), lease=LEASE
                )
