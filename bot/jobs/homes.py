"""What App Home shows one person, read from the store when it is drawn."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime

import msgspec
import numpy as np
import structlog

from bot.domain.audit import Deed
from bot.domain.incidents import Incident
from bot.domain.loops import Loop, LoopState
from bot.domain.owners import Colleague, meant
from bot.domain.period import from_day_number
from bot.domain.portfolio import Portfolio, of_owner
from bot.domain.retention import Unknown
from bot.domain.roles import Role
from bot.domain.watching import Rule
from bot.errors import SlackError
from bot.messages import alerts, home
from bot.messages.blocks import Block, Message
from bot.messages.weekly import Line
from bot.messages.wording import NAMES_SHOWN
from bot.slack.poster import Person
from bot.store.deeds import Deeds
from bot.store.deliveries import Deliveries, DeliveryState
from bot.store.figures import Figures
from bot.store.incidents import Incidents
from bot.store.loops import Loops
from bot.store.memory import Memory
from bot.store.pulls import Pulls
from bot.store.tickets import Tickets

log = structlog.get_logger()

AHEAD = 30
"""Days in which the end of a term is soon."""

_CHOICE = "home of: "
"""In the memory, before a person's id: whose figures they want to see."""


@dataclass(frozen=True, slots=True)
class Homes:
    figures: Figures
    pulls: Pulls
    tickets: Tickets
    incidents: Incidents
    loops: Loops
    deliveries: Deliveries
    memory: Memory
    deeds: Deeds
    lines: Callable[[date, Mapping[str, str]], Awaitable[Sequence[Line]]]
    """The figures of a day, of the customers of these segments; none where nobody is followed."""
    counted: Callable[[date], Awaitable[Sequence[str]]]
    """The same where customers are only counted, as they are said."""
    settings: Callable[[Role], Awaitable[Sequence[Block]]]
    """What can be changed here by a person of this role."""
    person: Callable[[str], Awaitable[Person]]
    """As Slack knows them. Raises SlackError."""
    concerns: Callable[[Loop, str], bool]
    """Whether a low score is this person's to deal with, though they did not take it."""
    what: Callable[[str], str]
    """What a delivery is called, by its key."""
    url: str
    """Of the workspace, for links: https://brightside.slack.com/."""
    owner_field: str
    known: Mapping[str, str]
    """Who is meant by what that field says."""
    clock: Callable[[], datetime]

    async def draw(self, person: str, role: Role, turned: Mapping[str, int]) -> Block:
        """The view of somebody who may see figures, with these parts of its lists."""
        today = self._today()
        labels = await self.labels(person)
        mine = await self._mine(labels, today) if labels else None
        chosen = await self.memory.get(_CHOICE + person, home.EVERYBODY) if mine else home.EVERYBODY
        wanted = {self.owner_field: labels[0]} if chosen == home.MINE and labels else {}
        going = await self.loops.open_ones()
        own = [loop for loop in going if self._is_theirs(loop, person)]
        told = home.Home(
            person=person,
            role=role,
            lines=await self.lines(today, wanted),
            counted=await self.counted(today),
            figures_of=chosen,
            mine=mine,
            incidents=[self._open(each) for each in await self.incidents.open_ones()],
            loops=own,
            names=await self.figures.named(each.of.customer for each in own),
            other_loops=len(going) - len(own),
            freshness=list((await self.pulls.freshness()).values()),
            helpdesks=await self.tickets.last_reads(),
            settings=await self.settings(role),
            turned=turned,
        )
        if role >= Role.ADMIN:
            told = replace(told, held=await self.pulls.all_held(), failed=await self._failed())
        return home.home_view(told, self.figures.definition)

    async def prepare(self) -> None:
        """Have ready what everybody's begins with, so that who comes first does not wait."""
        today = self._today()
        await self.lines(today, {})
        with suppress(Unknown):
            await self.figures.owners(self.owner_field, today=today)

    async def accounts(self, person: str, first: int) -> Block:
        """Some of the customers whom the person looks after."""
        today = self._today()
        found = await self._portfolio(await self.labels(person), today)
        if found is None:
            return home.accounts_view((), 0, 0)
        names = await self.figures.names(found.customers, len(found.customers))
        since = dict(zip(found.customers.tolist(), found.since.tolist(), strict=True))
        ends = dict(zip(found.ending.tolist(), found.ends.tolist(), strict=True))
        named = zip(names, found.customers.tolist(), strict=True)
        ordered = sorted(named, key=lambda each: (each[0].casefold(), each[1]))
        shown = [
            home.Account(
                name=name,
                since=from_day_number(since[who]),
                ends=from_day_number(ends[who]) if who in ends else None,
            )
            for name, who in ordered[first : first + home.ACCOUNTS_AT_ONCE]
        ]
        return home.accounts_view(shown, first, len(ordered))

    async def labels(self, person: str, *, by_name: bool = True) -> tuple[str, ...]:
        """What the field of owners says where it means this person."""
        try:
            _, _, labels = await self.figures.owners(self.owner_field, today=self._today())
            if not labels:
                return ()
            return meant(labels, await self._colleague(person), self.known, by_name=by_name)
        except Unknown:
            return ()

    async def owned(self, person: str, customers: Iterable[int]) -> frozenset[int]:
        """Those whom the person surely looks after: not by a name, which anybody may take."""
        labels = await self.labels(person, by_name=False)
        if not labels:
            return frozenset()
        every = await self.figures.owners(self.owner_field, today=self._today())
        mine = of_owner(*every, wanted=labels)
        asked = np.array(list(customers), np.int32)
        return frozenset(asked[np.isin(asked, mine)].tolist())

    async def choose(self, person: str, choice: str) -> None:
        """Whose figures are shown from now on."""
        await self.memory.put(_CHOICE + person, choice)

    async def decide(self, key: str, again: bool, person: str) -> Message:
        """Send a message that failed again, or dismiss it; whoever says it first is heard."""
        now = self.clock()
        done = await (self.deliveries.again(key, now) if again else self.deliveries.dismiss(key))
        if done is None:
            return home.not_waiting()
        what = "message sent again" if again else "message dismissed"
        await self.deeds.put(Deed(now, person, what, key))
        return home.decided(self.what(key), done.channel, again=again)

    async def version(self) -> object:
        """Differs when something has changed that somebody may be shown."""
        return (
            self._today(),
            await self.pulls.freshness(),
            await self.tickets.last_reads(),
            await self.incidents.open_ones(),
            await self.loops.open_ones(),
            [(each.key, each.state, each.sentence) for each in await self.deliveries.undelivered()],
            await self.deeds.newest(),
        )

    async def _mine(self, labels: Sequence[str], today: date) -> home.Mine | None:
        found = await self._portfolio(labels, today)
        if found is None:
            return None
        left, ending = found.left[:NAMES_SHOWN], found.ending[:NAMES_SHOWN]
        days = map(from_day_number, found.ends[:NAMES_SHOWN].tolist())
        return home.Mine(
            customers=len(found.customers),
            month=found.month,
            counts=found.counts,
            left=await self.figures.names(left, NAMES_SHOWN),
            left_count=len(found.left),
            ending=list(zip(await self.figures.names(ending, NAMES_SHOWN), days, strict=False)),
            ending_count=len(found.ending),
        )

    async def _portfolio(self, labels: Sequence[str], today: date) -> Portfolio | None:
        if not labels:
            return None
        try:
            return await self.figures.portfolio(self.owner_field, labels, today=today, ahead=AHEAD)
        except Unknown:
            return None

    async def _colleague(self, person: str) -> Colleague:
        try:
            found = await self.person(person)
        except SlackError as error:
            log.info("accounts of a person not looked up", person=person, why=str(error))
            return Colleague(person)
        return Colleague(person, found.email, (found.name, found.real_name))

    def _is_theirs(self, loop: Loop, person: str) -> bool:
        if loop.state is LoopState.TAKEN:
            return loop.taken_by == person
        return self.concerns(loop, person)

    def _open(self, incident: Incident) -> home.Open:
        said = ""
        if incident.settings:
            rule = msgspec.json.decode(incident.settings, type=Rule)
            alert = alerts.Alert(incident, rule, incident.evidence)
            said = alerts.headline(alert, self.figures.definition)
        link = ""
        if self.url and incident.ts:
            link = f"{self.url}archives/{incident.channel}/p{incident.ts.replace('.', '')}"
        return home.Open(
            id=incident.id,
            rule=incident.rule,
            said=said,
            link=link,
            acknowledged_by=incident.acknowledged_by,
            assigned_to=incident.assigned_to,
        )

    async def _failed(self) -> list[home.Failed]:
        """The newest first."""
        wanted = (DeliveryState.FAILED, DeliveryState.UNCERTAIN)
        return [
            home.Failed(
                key=each.key,
                what=self.what(each.key),
                channel=each.channel,
                why=each.sentence,
                since=each.created_at,
                is_uncertain=each.state is DeliveryState.UNCERTAIN,
            )
            for each in reversed(await self.deliveries.undelivered())
            if each.state in wanted
        ]

    def _today(self) -> date:
        return self.clock().astimezone(self.figures.definition.zone_info).date()
