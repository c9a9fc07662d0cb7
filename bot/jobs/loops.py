"""Bringing low scores to who looks after the account, and up where nobody does.

Everything is found in the store: which answers nobody has heard of, which loops wait for too long,
which messages no longer say what is so. So a look repeats nothing, and a start forgets nothing.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
import structlog
from sqlalchemy import Connection

from bot.domain.accounts import Portrait, portrait
from bot.domain.loops import Loop, Low, goes_up
from bot.errors import ChannelUnreachable, SlackRejected
from bot.messages import wording
from bot.messages.blocks import Message
from bot.messages.loops import Account, low_score, reply
from bot.store.database import Database
from bot.store.deliveries import Audience, Deliveries, Delivery, Kind, place_of
from bot.store.deliveries import put as put_delivery
from bot.store.figures import Figures
from bot.store.loops import Loops, get_loop, open_loop, put_loop
from bot.store.memory import Memory
from bot.store.naming import for_one
from bot.store.results import Results
from bot.store.surveys import Surveys

log = structlog.get_logger()

EARLIER = 4
"""How many earlier scores are shown."""

_TOLD, _REPLIED = "low score:", "loop-reply:"
"""Begin the keys of deliveries."""

_LOOKS_BACK = timedelta(days=7)
"""An answer is found within seconds; this is for a bot that was stopped in between."""

_SINCE = "loops since"
"""In the memory: answers before that are not told of, because nobody was to be. With the name of a
helpdesk, the same of its ratings."""


@dataclass(frozen=True, slots=True)
class Route:
    """Who hears of a low score."""

    channel: str
    """Where it goes if nobody is known to look after the account."""
    owner_field: str = "owner"
    """The field of the customer that says who does."""
    people: Mapping[str, str] = field(default_factory=dict)
    """Who is meant by what the customer's field says: {"omar@example.com": "U0OMAR"}."""
    after: timedelta = timedelta(hours=24)
    """How long it waits for somebody before it goes up a step."""
    up: Sequence[str] = ()
    """Channels or people, one step after the other."""

    def place(self, loop: Loop) -> str:
        """Where it is told, of the step that it is on."""
        return self.up[loop.step - 1] if loop.step else loop.owner or self.channel

    def next_place(self, loop: Loop) -> str:
        """A channel or person as Slack writes it; "" where it goes no higher."""
        if loop.step >= len(self.up):
            return ""
        place = self.up[loop.step]
        return f"<@{place}>" if place.startswith(_PEOPLE) else f"<#{place}>"


_PEOPLE = ("U", "W")
"""Begin the ids of people; those of channels begin otherwise."""

_ID = re.compile(r"[UW][A-Z0-9]{2,}")

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class _Known:
    """What is told with a low score."""

    everybody: Account
    owner: Account
    """The same for its owner's eyes, who may be told more names than others."""
    question: str


@dataclass(frozen=True, slots=True)
class LowScores:
    """Low scores on their way to people."""

    database: Database
    loops: Loops
    results: Results
    surveys: Surveys
    deliveries: Deliveries
    memory: Memory
    figures: Figures
    route: Route | None
    """None where nobody is to hear of them; what was told before can still be followed up."""
    helpdesks: Sequence[str]
    """Names of those whose ratings are heard, from when on this was first asked for."""
    is_ours: Callable[[str], Awaitable[bool]]
    """Whether this id is of a colleague. Raises SlackError."""
    with_email: Callable[[str], Awaitable[str]]
    """The id of who has this address in the workspace, or "". Raises SlackError."""
    clock: Callable[[], datetime]

    async def look(self) -> bool:
        """Tell what nobody was told, send up what waited, and bring messages up to date. Whether
        there is something to be delivered."""
        now, said = self.clock(), False
        if self.route is not None:
            back = now - _LOOKS_BACK
            lows = await self.loops.unheard(max(await self._since(_SINCE, now), back))
            of = {name: await self._since(f"{_SINCE}: {name}", now) for name in self.helpdesks}
            lows += await self.loops.unheard_ratings(of, touched=back)
            for low in lows:
                if low.is_low:
                    said |= await self._open(self.route, low, now)
        for loop, shown in await self.loops.going(now - _LOOKS_BACK):
            said |= await self._follow(loop, shown, now)
        return said

    async def reply(self, loop: Loop, person: str, text: str, key: str) -> None:
        """To the customer, once for each `key`."""
        delivery = Delivery(
            key=f"{_REPLIED}{loop.id}:{key}",
            channel=loop.of.channel,
            message=reply(loop, person, text),
            created_at=self.clock(),
            audience=Audience.CUSTOMERS,
        )
        await self.deliveries.put(delivery)

    def concerns(self, loop: Loop, person: str) -> bool:
        """Whether they were told of it themselves, and so may do something about it."""
        return person == loop.owner or (self.route is not None and person in self.route.up)

    async def _since(self, key: str, now: datetime) -> datetime:
        known = await self.memory.get(key)
        if known is None:
            await self.memory.put(key, now.isoformat())
            return now
        return datetime.fromisoformat(known)

    async def _open(self, route: Route, low: Low, now: datetime) -> bool:
        seen = await self._portrait(low, now)
        owner = await self._owner(route, seen)
        known = await self._known(low, seen, owner)

        def put(connection: Connection) -> bool:
            loop = open_loop(connection, low, owner=owner, now=now)
            if loop is None:
                return False
            self._tell(connection, route, loop, known, now)
            put_loop(connection, loop, shown=self._version(loop))
            return True

        return await self.database.write(put)

    async def _follow(self, loop: Loop, shown: str, now: datetime) -> bool:
        if self._up(loop, now) is None and self._version(loop) == shown:
            return False
        seen = await self._portrait(loop.of, now)
        known = await self._known(loop.of, seen, loop.owner)
        whose = await self.loops.whose()

        def put(connection: Connection) -> bool:
            found = get_loop(connection, loop.id, whose)
            if found is None or found[1] != shown:
                return False  # another process was at it; the next look sees what it left
            current = found[0]
            up = self._up(current, now)
            for step in range(current.step + 1):
                self._show(connection, up or current, step, known, now)
            if up is not None and self.route is not None:
                self._tell(connection, self.route, up, known, now)
            put_loop(connection, up or current, shown=self._version(up or current))
            return True

        return await self.database.write(put)

    def _up(self, loop: Loop, now: datetime) -> Loop | None:
        if self.route is None:
            return None
        return goes_up(loop, after=self.route.after, steps=len(self.route.up), now=now)

    def _tell(
        self, connection: Connection, route: Route, loop: Loop, known: _Known, now: datetime
    ) -> None:
        place = route.place(loop)
        message = self._message(loop, loop.step, known)
        put_delivery(connection, Delivery(_key(loop, loop.step), place, message, created_at=now))

    def _show(
        self, connection: Connection, loop: Loop, step: int, known: _Known, now: datetime
    ) -> None:
        """The message of one step, as it is to be now; the newest of several stands for all."""
        delivery = Delivery(
            key=f"{_key(loop, step)}:{self._version(loop)}:{now.timestamp()}",
            channel=place_of(connection, _key(loop, step)),
            message=self._message(loop, step, known),
            created_at=now,
            kind=Kind.UPDATE,
            edits=_key(loop, step),
        )
        put_delivery(connection, delivery)

    def _message(self, loop: Loop, step: int, known: _Known) -> Message:
        """At one step of its way: the first is the owner's alone, where there is one."""
        return low_score(
            loop,
            known.everybody if step else known.owner,
            question=known.question,
            up_to=self.route.next_place(loop) if self.route else "",
            definition=self.figures.definition,
        )

    def _version(self, loop: Loop) -> str:
        """Differs where the message would: not by what is known of the account, which changes every
        day and need not ring."""
        said = (
            loop.of.score,
            loop.of.comment,
            loop.state,
            loop.step,
            loop.taken_by,
            loop.replied_at,
            loop.closed_by,
            loop.cause,
            loop.action,
        )
        return hashlib.sha256(repr(said).encode()).hexdigest()[:16]

    async def _portrait(self, low: Low, now: datetime) -> Portrait | None:
        if low.customer is None:
            return None
        today = now.astimezone(self.figures.definition.zone_info).date()
        return portrait(await self.figures.columns(), low.customer, today)

    async def _known(self, low: Low, seen: Portrait | None, owner: str) -> _Known:
        everybody = await self._account(low, seen)
        with for_one(owner):
            to_owner = replace(everybody, name=await self._name(low)) if seen else everybody
        ask = None if low.rated else await self.surveys.ask(low.ask)
        return _Known(everybody, to_owner, ask.question if ask else "")

    async def _name(self, low: Low) -> str:
        [name] = await self.figures.names(np.array([low.customer], np.int32), 1)
        return name

    async def _account(self, low: Low, seen: Portrait | None) -> Account:
        earlier = tuple(await self.loops.earlier(low, most=EARLIER))
        if low.customer is None or seen is None:
            return Account(earlier=earlier)
        owner = self.route.owner_field if self.route else ""
        shown = [(n, label) for n, label in seen.fields.items() if n != owner]
        return Account(
            name=await self._name(low),
            since=seen.since,
            fields=tuple(shown),
            revenue=wording.listed(
                [f"{wording.decimal(paid, 0)} {code}" for code, paid in seen.revenue.items()]
            ),
            tickets=await self.results.open_tickets(low.customer),
            earlier=earlier,
        )

    async def _owner(self, route: Route, seen: Portrait | None) -> str:
        """The id of a colleague, or "" where the field names none."""
        said = seen.fields.get(route.owner_field, "").strip() if seen else ""
        known = {name.casefold(): id for name, id in route.people.items()}
        person = known.get(said.casefold(), said if _ID.fullmatch(said) else "")
        try:
            if not person and _EMAIL.fullmatch(said):
                person = await self.with_email(said)
            return person if person and await self.is_ours(person) else ""
        except (SlackRejected, ChannelUnreachable) as error:
            log.warning("owner not found in Slack", person=person, why=str(error))
            return ""


def _key(loop: Loop, step: int) -> str:
    return f"{_TOLD}{loop.id}:{step}"
