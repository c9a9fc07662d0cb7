"""Reading one source to the end, all of it or what changed, and believing it or not.

All or nothing: records are staged in the store first, and what it knows changes in one step, when
the last page has come and the result is plausible. Whatever else happens, it keeps what it knew.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence, Set
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import cast

import numpy as np
import structlog

from bot.domain.definition import Definition, Parents
from bot.domain.matching import By, keys_by_customer
from bot.domain.merges import with_merged, without_listed
from bot.domain.not_counted import NotCounted, not_counted
from bot.domain.parents import groups_of, known_under, tops, tops_of, under
from bot.domain.period import day_number, from_day_number
from bot.domain.pulls import Pull, PullState
from bot.domain.stays import (
    Evidence,
    Known,
    Tally,
    from_dates,
    from_presence,
    from_purchases,
    local_day,
)
from bot.errors import StoreUnavailable
from bot.store.customers import Customers
from bot.store.pulls import Pulls
from bot.store.staging import Reading, TakenOver, Unfinished
from integrations.errors import (
    BadRecord,
    IntegrationError,
    SourceUnavailable,
    UnexpectedResponse,
)
from integrations.records import DatedStay, Page, Present, Purchase, Record

log = structlog.get_logger()


class Outcome(StrEnum):
    BELIEVED = "believed"
    HELD = "held"
    FAILED = "failed"
    OVERTAKEN = "overtaken"
    """A newer one of the source was believed first, so nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """How a pull ended."""

    pull: Pull
    outcome: Outcome
    records: int
    customers: int = 0
    """Who is a customer today, as this pull has it."""
    sentence: str = ""
    """Why it was held or failed, and what to do."""
    again: bool = False
    """Whether it may go better soon, with nobody doing anything."""
    missing: tuple[str, ...] = ()
    """Names of customers who are known and not in a held pull, ten at most."""
    missing_count: int = 0
    lost_its_place: bool = False
    """Whether it could not go on with what another pull had read: not one page came."""


Progress = Callable[[int, int | None], None]
"""Told how many records came before, of what a broken off pull has read, and then after every page:
records so far, and how many there are if the source says so."""


async def pull(
    source: str,
    pages: AsyncGenerator[Page, None],
    *,
    definition: Definition,
    clock: Callable[[], datetime],
    pulls: Pulls,
    customers: Customers,
    hold_share: float,
    progress: Progress = lambda read, of: None,
    kept_keys: Set[By] = frozenset(),
    base: Pull | None = None,
    asked: str = "",
    note: str = "",
    left: Unfinished | None = None,
) -> Pulled:
    """Read `pages` to the end. Failing and being held are results, not errors.

    With `base`, the newest believed pull, the pages are what changed since it began. `asked` stands
    for the source's settings; `note` is what to say of the pull if it is believed. With `left`, of
    a pull that was broken off, the pages are those that come after what it has read.
    """
    started_at = clock() if left is None else left.begun_at
    begun = await pulls.begin(source, definition.hash, started_at, base=base, asked=asked)
    reading: Reading | None = None
    records, pages_came = 0, 0
    try:
        reading = await pulls.reading(begun, clock(), left)
        progress(reading.records, None)
        async with aclosing(pages):
            async for page in pages:
                told = page.trusted_from
                trusted = None if told is None else local_day(told, definition.zone_info)
                await reading.add(page, clock(), trusted)
                pages_came += 1
                records = reading.records
                progress(records, page.of)
        await reading.finish(clock())
        records = reading.records
        evidence = _one_kind(reading.kinds, base)
        before = await pulls.newest_believed(source)
        work = _Work(
            begun,
            reading,
            definition=definition,
            # Under another definition the same evidence makes other stays.
            same_definition=before is not None and before.definition == definition.hash,
            evidence=evidence,
            today=clock().astimezone(definition.zone_info).date(),
            base=base,
            pulls=pulls,
            customers=customers,
            kept_keys=kept_keys,
        )
        await work.make()
    except IntegrationError as error:
        said = str(error)
        # Errors about a record name the customer and the line, and do not know the source.
        sentence = said if said.startswith(source) else f"{source}: {said}"
        failed = await pulls.fail(begun, sentence, clock(), records=records)
        log.warning("pull failed", source=source, records=records, why=sentence)
        again = isinstance(error, SourceUnavailable)
        await _leave(reading, clock(), for_another=again)
        lost = left is not None and not pages_came
        return Pulled(
            failed,
            Outcome.FAILED,
            records,
            sentence=sentence,
            again=again,
            lost_its_place=lost,
        )
    except TakenOver:
        sentence = f"{source}: another process went on with the pull."
        ended = await pulls.fail(begun, sentence, clock(), records=records)
        log.info("pull taken over", source=source, records=records)
        return Pulled(ended, Outcome.OVERTAKEN, records, sentence=sentence)
    except BaseException as error:
        stopped = isinstance(error, asyncio.CancelledError)
        why = "because the bot was stopped" if stopped else f"({type(error).__name__})"
        with suppress(TakenOver, StoreUnavailable):
            await asyncio.shield(_leave(reading, clock(), for_another=stopped))
        goes_on = stopped and reading is not None and reading.can_go_on
        then = "goes on with it" if goes_on else "begins anew"
        sentence = f"{source}: the pull was broken off {why}; the next one {then}."
        await asyncio.shield(pulls.fail(begun, sentence, clock(), records=records))
        raise
    doubt = None
    # Whom another definition does not count did not vanish.
    if before is not None and work.same_definition:
        doubt = work.tally.doubt(
            last_pull=None if before.today is None else from_day_number(before.today),
            share=hold_share,
        )
    pulled = await _believe_or_hold(begun, work, doubt, records, clock(), note)
    await reading.forget()
    return pulled


async def _leave(reading: Reading | None, now: datetime, *, for_another: bool) -> None:
    """What was read stays for the next pull, or is deleted."""
    if reading is None:
        return
    await reading.put_aside(now)
    if not (for_another and reading.can_go_on):
        await reading.forget()


@dataclass(eq=False)
class _Work:
    """Making customers of what was read, some after the others, and putting them into the store."""

    pull: Pull
    reading: Reading
    definition: Definition
    same_definition: bool
    evidence: Evidence
    today: date
    base: Pull | None
    pulls: Pulls
    customers: Customers
    kept_keys: Set[By]
    parts: int = 0
    tally: Tally = field(init=False)
    not_counted: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.tally = Tally(day_number(self.today), self.evidence)

    async def make(self) -> None:
        source = self.pull.source
        in_groups = self.definition.parents is Parents.TOP
        into = tops_of(self.reading.parents)
        was = await self._merged_now(into if in_groups else {})
        merged = await self.customers.merged(source)
        merged |= set().union(*was.values())
        known = await self.customers.snapshot(source)
        done = np.zeros(int(known.everyone().max(initial=0)) + 1, dtype=bool)
        async with aclosing(self.reading.parts(into)) as parts:
            async for records, left in parts:
                ids = {record.customer for record in records} | left
                ids.update(into[id] for id in ids & into.keys())
                theirs = await self.customers.known_by_ids(source, known, ids)
                done[list(theirs)] = True
                await self._make(records, left, _by_id(theirs), was, merged)
        # Who is known and has no record any more.
        rest = known.everyone()
        rest = rest[~done[rest]]
        for first in range(0, len(rest), self.pulls.part):
            numbers = rest[first : first + self.pulls.part].tolist()
            theirs = await self.customers.known_by_numbers(source, known, numbers)
            await self._make([], set(), _by_id(theirs), was, merged)

    async def _merged_now(self, into: Mapping[str, str]) -> dict[str, set[str]]:
        """What the records tell of others that were merged into them: see `merges.told_by`."""
        was: dict[str, set[str]] = {}
        for id, ids in self.reading.was.items():
            was.setdefault(into.get(id, id), set()).update(ids)
        named = set().union(*was.values())
        if not named:
            return {}
        if into:
            # A member is no record of its own there; what it belongs to is.
            listed = named & set(into.values())
            listed |= await self.reading.listed(named) - into.keys()
        else:
            listed = await self.reading.listed(named)
        return without_listed(was, listed)

    async def _make(
        self,
        records: list[Record],
        left: Set[str],
        known: Mapping[str, Known],
        was: Mapping[str, set[str]],
        merged: Set[str],
    ) -> None:
        made = partial(self._made, records, left, known, was, merged)
        seen, known, out = await asyncio.to_thread(made)
        self.not_counted += out
        await asyncio.to_thread(self.tally.add, known, seen, merged)
        await self.pulls.keep(self.pull, self.parts, seen)
        self.parts += 1

    def _made(
        self,
        records: list[Record],
        left: Set[str],
        known: Mapping[str, Known],
        was: Mapping[str, set[str]],
        merged: Set[str],
    ) -> tuple[dict[str, Known], Mapping[str, Known], Counter[str]]:
        """The customers of a part, and what was known of them, of groups, where groups count; and
        what the definition does not count of the part."""
        told: Sequence[Record] = records
        out = Counter[str]()
        if self.definition.parents is Parents.TOP:
            told, known = _in_groups(records, known, self.definition)
            apart = len({record.customer for record in records})
            out[NotCounted.GROUP] = apart - len({record.customer for record in told})
        stays = partial(
            _stays,
            evidence=self.evidence,
            today=self.today,
            definition=self.definition,
            same_definition=self.same_definition,
        )
        if self.pull.base is None:
            made = stays(told, known=known)
            out += not_counted(told, made, self.definition, self.today)
        else:
            made = _with_changes(told, left, known, stays)
            # Who was merged just now is no longer as they were known; see with_merged.
            for id in set().union(*was.values()):
                made.pop(id, None)
        own = {id: ids for id, ids in was.items() if id in made}
        gone = merged & known.keys()
        seen = with_merged(made, own, known, gone, day_number(self.today))
        for id, keys in keys_by_customer(told, self.kept_keys).items():
            seen[id] = replace(seen[id], keys=keys)
        if self.definition.parents is Parents.OWN:
            for id, group in groups_of(told, known).items():
                if id in seen:
                    seen[id] = replace(seen[id], group=group)
        return seen, known, out

    @property
    def left_out(self) -> dict[str, int] | None:
        """As of `Pull`; None of changes, which show but some of it."""
        if self.pull.base is not None:
            return None
        return dict(self.reading.left_out + self.not_counted)


def _by_id(known: Mapping[int, Known]) -> dict[str, Known]:
    return {customer.id: customer for customer in known.values()}


async def _believe_or_hold(
    begun: Pull, work: _Work, doubt: str | None, records: int, now: datetime, note: str
) -> Pulled:
    day, tally = day_number(work.today), work.tally
    # Dates tell all of the past; a list of today says nothing about the days before it.
    known_from = day if work.evidence is Evidence.PRESENCE else None
    # Changes hold the history of whom they are about; all of it is as old as it was.
    trusted_from = work.reading.trusted_from if work.base is None else work.base.trusted_from
    if doubt is not None:
        held = await work.pulls.hold(
            begun,
            today=day,
            known_from=known_from,
            trusted_from=trusted_from,
            sentence=doubt,
            now=now,
            records=records,
            vanished=tally.unseen,
            evidence=work.evidence,
            count=tally.seen,
            left_out=work.left_out,
        )
        log.warning("pull held", source=begun.source, records=records, why=doubt)
        return Pulled(
            held,
            Outcome.HELD,
            records,
            customers=tally.present,
            sentence=doubt,
            missing=tuple(tally.names),
            missing_count=tally.missing,
        )
    ended = await work.customers.believe(
        begun,
        today=day,
        known_from=known_from,
        trusted_from=trusted_from,
        now=now,
        records=records,
        vanished=tally.unseen,
        evidence=work.evidence,
        note=note,
        left_out=work.left_out,
    )
    if ended.state is not PullState.BELIEVED:
        log.info("pull overtaken", source=begun.source, records=records)
        return Pulled(ended, Outcome.OVERTAKEN, records, sentence=ended.sentence)
    log.info("pull believed", source=begun.source, records=records, customers=tally.present)
    return Pulled(ended, Outcome.BELIEVED, records, customers=tally.present, sentence=note)


def _one_kind(of: Set[Evidence], base: Pull | None) -> Evidence:
    """Of the records and, where they are changes, of what they are added to as well."""
    kinds = set(of)
    if base is not None:
        kinds.add(Evidence(base.evidence))
    if not kinds:
        raise BadRecord(
            "there is not one customer in it. Check the filter of the source and the rights of"
            " its token; what was known is kept."
        )
    if len(kinds) > 1:
        raise UnexpectedResponse(f"it gave evidence of {len(kinds)} kinds at once.")
    return kinds.pop()


def _with_changes(
    records: Sequence[Record],
    left: Set[str],
    known: Mapping[str, Known],
    stays: Callable[..., dict[str, Known]],
) -> dict[str, Known]:
    """Everybody who is known, with what `records` (all there are of each customer in them) say
    instead, and without those of whom the source has nothing left.

    It comes to what reading everything would: who left a list of today ended today, and who has no
    dated record any more is not known any more.
    """
    touched = {record.customer for record in records}
    touched |= left
    before = {id: known[id] for id in touched if id in known}
    untouched = {id: customer for id, customer in known.items() if id not in touched}
    return untouched | stays(records, known=before)


def _in_groups(
    records: Sequence[Record], known: Mapping[str, Known], definition: Definition
) -> tuple[list[Record], dict[str, Known]]:
    """Both as those of groups."""
    if any(isinstance(record, Present) for record in records):
        # Pages move while they are read: an id that comes again is no second member, and the order
        # in which members come says nothing.
        once = {record.customer: record for record in records}
        records = [once[id] for id in sorted(once)]
    into = tops(records)
    return under(records, into), known_under(known, into, definition.grace_days)


def _stays(
    records: Sequence[Record],
    evidence: Evidence,
    known: Mapping[str, Known],
    today: date,
    definition: Definition,
    same_definition: bool,
) -> dict[str, Known]:
    match evidence:
        case Evidence.DATES:
            dated = cast(Sequence[DatedStay], records)
            return from_dates(
                dated, definition, known=known, today=today, same_definition=same_definition
            )
        case Evidence.PURCHASES:
            return from_purchases(cast(Sequence[Purchase], records), definition)
        case Evidence.PRESENCE:
            return from_presence(cast(Sequence[Present], records), known, today, definition)
