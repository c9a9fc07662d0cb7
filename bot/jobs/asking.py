"""Asking: who is asked, and the asks with the deliveries that show them, stored together."""

import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.domain.asking import (
    Budget,
    Design,
    NotAsked,
    Plan,
    Target,
    Whom,
    Why,
    planned,
    spread_over,
)
from bot.domain.matching import nameless
from bot.domain.surveys import Ask
from bot.errors import ChannelUnreachable, SlackError, SlackRejected
from bot.messages.languages import spoken
from bot.messages.surveys import default_question, question
from bot.slack.poster import Person, Slack
from bot.store.answer_links import AnswerLinks, Sign
from bot.store.asked import last_asks, opted_out
from bot.store.database import Database
from bot.store.deliveries import Audience, Delivery
from bot.store.deliveries import put as put_delivery
from bot.store.dialects import lock
from bot.store.links import customers_of
from bot.store.schema import asks
from bot.store.surveys import put_ask


def delivery_key(ask: str) -> str:
    """Of the delivery that asks it."""
    return f"ask:{ask}"


@dataclass(frozen=True, slots=True)
class Round:
    """How many of those who are meant are asked, and when."""

    name: str = ""
    """Names the drawing of lots."""
    share: float = 1.0
    """The fraction that is drawn."""
    days: int = 1
    """Working days over which they are spread."""


BY_HAND = Round()


@dataclass(frozen=True, slots=True)
class _Meant:
    """Whom a target comes to, before the budget."""

    whom: tuple[Whom, ...]
    shared: frozenset[str]
    """The channels in which there are people from outside."""
    not_asked: tuple[NotAsked, ...] = ()
    locales: Mapping[str, str] = field(default_factory=dict)
    """Slack's locale of each person who is asked alone."""
    languages: Mapping[str, str] = field(default_factory=dict)
    """Of channels of which config.yaml says it."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Of people of whom Slack tells it, as `matching.nameless` leaves them."""


class _Rated(NamedTuple):
    """When something was last rated in a helpdesk."""

    customers: Mapping[int, datetime]
    people: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks channels, people, and customers in their channels, within the budget."""

    database: Database
    slack: Slack
    last_rated: Callable[[datetime], Awaitable[Mapping[int, datetime]]]
    """By customer, when it last rated something in a helpdesk since then."""
    last_rated_by: Callable[[Collection[str], datetime], Awaitable[Mapping[str, datetime]]]
    """The same by address, of these, as `matching.nameless` leaves them."""
    budget: Budget
    zone: ZoneInfo
    clock: Callable[[], datetime]
    where: Callable[[str], Awaitable[str]]
    """Under which id Slack knows a channel now."""
    languages: Callable[[], Awaitable[Mapping[str, str]]]
    """By channel, where config.yaml names one."""
    language: str
    """Of everybody of whom nothing else is known."""
    replies: bool
    """Whether a number typed in the thread of a question is an answer."""
    pages: AnswerLinks | None
    """For web pages on which people can answer; None where none are served."""
    of_segment: Callable[[Mapping[str, str]], Awaitable[Mapping[int, Sequence[str]]]]
    """By customer of today with these fields, the channels that are linked with them."""

    async def preview(
        self, target: Target, *, round: Round = BY_HAND, at: datetime | None = None
    ) -> Plan:
        """Who would be asked now, or at that moment if nobody is asked until then, and who not."""
        meant, now = await self._meant(target), at or self.clock()
        rated = await self._rated(meant, now)
        plan = await self.database.read(lambda c: self._plan(c, meant, round, rated, now))
        whom = plan.asked or [each.whom for each in plan.not_asked if each.whom.channel]
        spoken_in = Counter(self._language(each, meant) for each in whom)
        languages = tuple(language for language, _ in spoken_in.most_common())
        return Plan(plan.asked, plan.not_asked + meant.not_asked, languages)

    async def ask(
        self,
        design: Design,
        target: Target,
        *,
        asked_by: str,
        round: Round = BY_HAND,
        agent: str = "",
    ) -> tuple[list[Ask], Plan]:
        """Asks and deliveries that show them; neither is stored without the other. What was asked
        at the same moment elsewhere counts. `agent` solved what it is about."""
        meant = await self._meant(target)
        now = self.clock()
        rated = await self._rated(meant, now)
        sign = await self.pages.signer() if self.pages and meant.locales else None

        def put(connection: Connection) -> tuple[list[Ask], Plan]:
            lock(connection, asks)
            plan = self._plan(connection, meant, round, rated, now)
            begin = now.astimezone(self.zone)
            moments = spread_over(plan.asked, round.days, begin=begin) if plan.asked else []
            made = [
                _ask(design, whom, moment, asked_by, meant.shared, self._language(whom, meant))
                for whom, moment in zip(plan.asked, moments, strict=True)
            ]
            for ask in made:
                put_ask(connection, replace(ask, agent=agent))
                put_delivery(connection, _delivery(ask, now, replies=self.replies, sign=sign))
            return made, Plan(plan.asked, plan.not_asked + meant.not_asked)

        return await self.database.write(put)

    def _language(self, whom: Whom, meant: _Meant) -> str:
        """By the channel, then by the person's Slack locale, then the usual one."""
        return meant.languages.get(whom.channel) or spoken(
            meant.locales.get(whom.person, ""), self.language
        )

    @property
    def _longest(self) -> timedelta:
        """How long anything that was asked counts."""
        return timedelta(days=max(self.budget.person_days, self.budget.customer_days))

    async def _rated(self, meant: _Meant, now: datetime) -> _Rated:
        since, addresses = now - self._longest, set(meant.addresses.values())
        by = await self.last_rated_by(addresses, since)
        people = {who: by[address] for who, address in meant.addresses.items() if address in by}
        return _Rated(await self.last_rated(since), people)

    def _plan(
        self,
        connection: Connection,
        meant: _Meant,
        round: Round,
        rated: _Rated,
        now: datetime,
    ) -> Plan:
        return planned(
            meant.whom,
            last_asks(connection, now - self._longest, *rated),
            now=now,
            budget=self.budget,
            opted_out=opted_out(connection, [w.person for w in meant.whom if w.person]),
            share=round.share,
            draw=round.name,
        )

    async def _meant(self, target: Target) -> _Meant:
        languages = await self.languages()
        if target.segment is not None:
            return replace(await self._customers(target.segment), languages=languages)
        channels = [await self.where(channel) for channel in target.channels]
        owners = await self.database.read(lambda c: customers_of(c, channels))
        shared = {c for c in channels if c in owners or await self._is_shared(c)}
        people = dict.fromkeys(target.people)
        for group in target.groups:
            people |= dict.fromkeys(sorted(await self.slack.group_members(group)))
        whom = [Whom(channel, owners.get(channel)) for channel in channels]
        reached, not_reached = await self._reached(people)
        locales = {person: found.locale for person, found in reached.items()}
        addresses = {person: nameless(found.email) for person, found in reached.items()}
        return _Meant(
            whom=(*whom, *(Whom(person, person=person) for person in locales)),
            shared=frozenset(shared),
            not_asked=tuple(
                NotAsked(Whom(person, person=person), Why.NOT_REACHED) for person in not_reached
            ),
            locales=locales,
            languages=languages,
            addresses={person: each for person, each in addresses.items() if each},
        )

    async def _customers(self, segment: Mapping[str, str]) -> _Meant:
        channels = await self.of_segment(segment)
        whom = [Whom(c, customer) for customer, several in channels.items() for c in several]
        return _Meant(
            whom=tuple(whom),
            shared=frozenset(each.channel for each in whom),
            not_asked=tuple(
                NotAsked(Whom("", customer), Why.NO_CHANNEL)
                for customer, several in channels.items()
                if not several
            ),
        )

    async def _reached(self, people: Iterable[str]) -> tuple[dict[str, Person], list[str]]:
        """Those who can be written to, and the others: bots, and who is gone."""
        reached: dict[str, Person] = {}
        others: list[str] = []
        for person in people:
            try:
                found = await self.slack.person_info(person)
            except (SlackRejected, ChannelUnreachable):
                others.append(person)
                continue
            if found.is_bot or found.is_deleted:
                others.append(person)
            else:
                reached[person] = found
        return reached, others

    async def _is_shared(self, channel: str) -> bool:
        """Where Slack does not tell, as if it were: nobody of ours then answers for a customer."""
        try:
            return (await self.slack.channel_info(channel)).is_ext_shared
        except SlackError:
            return True


def _ask(
    design: Design,
    whom: Whom,
    moment: datetime,
    asked_by: str,
    shared: frozenset[str],
    language: str,
) -> Ask:
    return Ask(
        id=secrets.token_urlsafe(12),
        scale=design.scale,
        question=design.question or default_question(design.scale, language),
        channel=whom.channel,
        asked_by=asked_by,
        asked_at=moment,
        expires_at=moment + timedelta(days=design.expires_days),
        survey=design.name,
        customer=whom.customer,
        person=whom.person,
        of_customers=whom.channel in shared,
        language=language,
        direction=design.direction,
        style=design.style,
        layout=design.layout,
        follow_ups=design.follow_ups,
        anonymous=design.anonymous,
    )


def _delivery(ask: Ask, now: datetime, *, replies: bool, sign: Sign | None) -> Delivery:
    page = sign(ask.id, ask.person) if sign and ask.person else ""
    return Delivery(
        key=delivery_key(ask.id),
        channel=ask.channel,
        message=question(ask, replies=replies and not ask.person, page=page),
        created_at=now,
        audience=Audience.CUSTOMERS,
        not_before=ask.asked_at,
    )
