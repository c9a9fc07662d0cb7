"""Links to answer with on a web page: the key that signs them, and which ones were used."""

import secrets
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from bot.domain.answer_links import AnswerLink, read_signed, signed
from bot.store.database import Database
from bot.store.ledger import Ledger, first
from bot.store.memory import Memory
from bot.store.surveys import Also

_KEY = "key of answer links"
_USED = "answer link"
"""What the ledger knows them by."""

PATH = "/answer/"

Sign = Callable[[str, str], str]
"""From an ask and a person to an address that is theirs alone."""


class LinkUsed(Exception):
    """Somebody answered with it before."""


class AnswerLinks:
    def __init__(self, database: Database, address: str) -> None:
        """`address` is where the web server is reached from outside."""
        self._memory = Memory(database)
        self._ledger = Ledger(database)
        self._address = address.rstrip("/")

    async def signer(self) -> Sign:
        key = await self._key()

        def sign(ask: str, person: str) -> str:
            link = AnswerLink(ask, person, secrets.token_urlsafe(9))
            return f"{self._address}{PATH}{signed(link, key)}"

        return sign

    async def read(self, text: str) -> AnswerLink | None:
        """None for one that is not ours."""
        return read_signed(text, await self._key())

    async def was_used(self, link: AnswerLink) -> bool:
        return await self._ledger.done(_USED, link.ask, link.once)

    def use(self, link: AnswerLink, now: datetime) -> Also:
        """For the transaction that stores the answer: of two at the same moment one is stored."""

        def once(connection: Connection) -> None:
            if not first(connection, _USED, link.ask, link.once, now):
                raise LinkUsed

        return once

    async def _key(self) -> bytes:
        """The same for all processes, from the first link on."""
        known = await self._memory.get(_KEY)
        if known is None:
            known = await self._memory.put_first(_KEY, secrets.token_hex(32))
        return bytes.fromhex(known)
