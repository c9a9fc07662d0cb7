"""Reading one source to the end, all of it or what changed, and believing it or not.

All or nothing: records are gathered first, and what the store knows changes in one step, when the
last page has come and the result is plausible. Whatever else happens, the store keeps what it knew.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence, Set
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import cast

import structlog

from bot.domain.definition import Definition, Parents
from bot.domain.matching import By, keys_by_customer
from bot.domain.merges import told_by, with_merged
from bot.domain.parents import groups_of, known_under, tops, under
from bot.domain.period import day_number, from_day_number
from bot.domain.pulls import Pull, PullState
from bot.domain.stays import (
    Evidence,
    Known,
    evidence_of,
    from_dates,
    from_presence,
    from_purchases,
    implausible,
)
from bot.store.customers import Customers
from bot.store.pulls import Pulls
from integrations.errors import (
    BadRecord,
    IntegrationError,
    SourceUnavailable,
    UnexpectedResponse,
)
from integrations.records import DatedStay, Page, Present, Purchase, Record

log = structlog.get_logger()

MISSING_NAMED = 10
"""How many of the customers that a held pull misses are named."""


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


Progress = Callable[[int, int | None], None]
"""Told after every page: records so far, and how many there are if the source says so."""


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
) -> Pulled:
    """Read `pages` to the end. Failing and being held are results, not errors.

    With `base`, the newest believed pull, the pages are what changed since it began. `asked` stands
    for the source's settings; `note` is what to say of the pull if it is believed.
    """
    begun = await pulls.begin(source, definition.hash, clock(), base=base, asked=asked)
    records: list[Record] = []
    left: set[str] = set()
    try:
        async with aclosing(pages):
            async for page in pages:
                records.extend(page.records)
                left.update(page.gone)
                progress(len(records), page.of)
        evidence = _one_kind(records, base)
        known = await customers.known(source)
        before = await pulls.newest_believed(source)
        # Under another definition the same evidence makes other stays.
        same_definition = before is not None and before.definition == definition.hash
        told: Sequence[Record] = records
        if definition.parents is Parents.TOP:
            told, known = await asyncio.to_thread(_in_groups, records, known, definition)
        now = clock()
        today = now.astimezone(definition.zone_info).date()
        merged = await customers.merged(source)
        was = await asyncio.to_thread(told_by, told)
        stays = partial(
            _stays,
            evidence=evidence,
            today=today,
            definition=definition,
            same_definition=same_definition,
        )
        if base is None:
            made = await asyncio.to_thread(stays, told, known=known)
        else:
            made = await asyncio.to_thread(_with_changes, told, left, known, stays)
            # Who was merged just now is no longer as they were known; see with_merged.
            for id in set().union(*was.values()):
                made.pop(id, None)
        seen = with_merged(made, was, known, merged, day_number(today))
        merged = merged.union(*was.values())
        for id, keys in (await asyncio.to_thread(keys_by_customer, told, kept_keys)).items():
            seen[id] = replace(seen[id], keys=keys)
        if definition.parents is Parents.OWN:
            for id, group in (await asyncio.to_thread(groups_of, told, known)).items():
                if id in seen:
                    seen[id] = replace(seen[id], group=group)
    except IntegrationError as error:
        said = str(error)
        # Errors about a record name the customer and the line, and do not know the source.
        sentence = said if said.startswith(source) else f"{source}: {said}"
        failed = await pulls.fail(begun, sentence, clock(), records=len(records))
        log.warning("pull failed", source=source, records=len(records), why=sentence)
        again = isinstance(error, SourceUnavailable)
        return Pulled(failed, Outcome.FAILED, len(records), sentence=sentence, again=again)
    except BaseException as error:
        stopped = isinstance(error, asyncio.CancelledError)
        why = "because the bot was stopped" if stopped else f"({type(error).__name__})"
        sentence = f"{source}: the pull was broken off {why}; the next one begins anew."
        await asyncio.shield(pulls.fail(begun, sentence, clock(), records=len(records)))
        raise
    doubt = None
    # Whom another definition does not count did not vanish.
    if before is not None and same_definition:
        doubt = await asyncio.to_thread(
            implausible,
            known,
            seen,
            today,
            evidence,
            last_pull=None if before.today is None else from_day_number(before.today),
            share=hold_share,
            merged=merged,
        )
    return await _believe_or_hold(
        begun,
        seen,
        known,
        merged,
        doubt,
        evidence=evidence,
        records=len(records),
        today=today,
        now=now,
        pulls=pulls,
        customers=customers,
        note=note,
    )


async def _believe_or_hold(
    begun: Pull,
    seen: Mapping[str, Known],
    known: Mapping[str, Known],
    merged: Set[str],
    doubt: str | None,
    *,
    evidence: Evidence,
    records: int,
    today: date,
    now: datetime,
    pulls: Pulls,
    customers: Customers,
    note: str,
) -> Pulled:
    day = day_number(today)
    present = {id for id, customer in seen.items() if customer.is_there(day)}
    missing = [customer.name for id, customer in known.items()
               if customer.is_there(day) and id not in present and id not in merged]  # fmt: skip
    # Dates tell all of the past; a list of today says nothing about the days before it.
    known_from = day if evidence is Evidence.PRESENCE else None
    vanished = sum(id not in seen for id in known)
    if doubt is not None:
        held = await pulls.hold(
            begun,
            seen,
            today=day,
            known_from=known_from,
            sentence=doubt,
            now=now,
            records=records,
            vanished=vanished,
            evidence=evidence,
        )
        log.warning("pull held", source=begun.source, records=records, why=doubt)
        return Pulled(
            held,
            Outcome.HELD,
            records,
            customers=len(present),
            sentence=doubt,
            missing=tuple(missing[:MISSING_NAMED]),
            missing_count=len(missing),
        )
    ended = await customers.believe(
        begun,
        seen,
        today=day,
        known_from=known_from,
        now=now,
        records=records,
        vanished=vanished,
        evidence=evidence,
        note=note,
    )
    if ended.state is not PullState.BELIEVED:
        log.info("pull overtaken", source=begun.source, records=records)
        return Pulled(ended, Outcome.OVERTAKEN, records, sentence=ended.sentence)
    log.info("pull believed", source=begun.source, records=records, customers=len(present))
    return Pulled(ended, Outcome.BELIEVED, records, customers=len(present), sentence=note)


def _one_kind(records: Sequence[Record], base: Pull | None) -> Evidence:
    """Of the records and, where they are changes, of what they are added to as well."""
    kinds = {evidence_of(record) for record in records}
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
