"""Evidence becomes stays: three pure functions, one for each kind that a source can give.

Everything after this sees stays only: `(since, until)` day numbers, the first day as a customer
and the first day no longer one (None while there is none).
"""

import math
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from enum import StrEnum
from operator import itemgetter
from types import MappingProxyType
from typing import TypeVar

from bot.domain.definition import Definition, Parents
from bot.domain.paying import Paid, added_up, parts, paying_now, with_past_prices
from bot.domain.period import day_number, from_day_number
from bot.domain.terms import ends_of_terms
from integrations.errors import BadRecord
from integrations.records import DatedStay, Moment, Present, Purchase, Record

Stay = tuple[int, int | None]
Told = tuple[int, Mapping[str, str]]
"""A day, and what was told of a customer from it on."""

R = TypeVar("R", bound=Record)

ORDINARY_CHURN = 0.05
"""A share of the customers leaving within a month that surprises nobody."""

_NOTHING = (0, "")
"""What somebody pays who pays nothing, or of whom the source does not tell it."""

MISSING_NAMED = 10
"""How many of the customers that a pull misses are named."""

_WHERE_TO_LOOK = "Check the filter of the source and the rights of its token."


class Evidence(StrEnum):
    """What a source can tell about the past."""

    DATES = "dates"
    PURCHASES = "purchases"
    PRESENCE = "presence"


@dataclass(frozen=True, slots=True)
class Known:
    """One customer as a pull, or the store, knows them."""

    id: str
    name: str
    stays: tuple[Stay, ...]
    """Sorted, not overlapping."""
    fields: Mapping[str, str]
    """What figures can be split by, as of the newest record."""
    revenue: tuple[Paid, ...] = ()
    """What they pay and paid, as `paying.added_up` gives it; empty where the source tells none."""
    was: tuple[str, ...] = ()
    """Ids of records that were merged into this one, as a pull tells them; sorted. The store keeps
    them apart (see `bot.domain.merges`)."""
    terms: tuple[int, ...] = ()
    """The days on which a term of theirs ended or ends, each once, ascending."""
    purchases: tuple[int, ...] = ()
    """The days on which they bought, each once, ascending."""
    keys: tuple[str, ...] = ()
    """What finds them in other sources (see `bot.domain.matching`); sorted, and empty where nothing
    is matched by it."""
    group: str = ""
    """The id of the record that they belong to in the end, with others; "" where they are alone, or
    where groups are the customers."""
    earlier: tuple[Told, ...] = ()
    """What they were by records of before, and since which day, ascending, where that was something
    else; the last of them is what they are. Empty where it was not, and of what the store knows."""

    def is_there(self, day: int) -> bool:
        """Whether they are a customer on that day."""
        return any(since <= day and (until is None or day < until) for since, until in self.stays)


NOBODY_KNOWN: Mapping[str, Known] = MappingProxyType({})
_NOBODY = Known("", "", (), {})


def evidence_of(record: Record) -> Evidence:
    match record:
        case DatedStay():
            return Evidence.DATES
        case Purchase():
            return Evidence.PURCHASES
        case Present():
            return Evidence.PRESENCE


def local_day(moment: Moment, zone: tzinfo) -> int:
    """The day number of a date, or of an aware moment as the clocks in `zone` show it.

    A moment without a zone is refused with ValueError: its day would depend on who reads it.
    """
    if isinstance(moment, datetime):
        if moment.utcoffset() is None:
            raise ValueError("a time without a zone does not say which day it is")
        moment = moment.astimezone(zone).date()
    return day_number(moment)


def from_dates(
    records: Iterable[DatedStay],
    definition: Definition,
    *,
    known: Mapping[str, Known] = NOBODY_KNOWN,
    today: date | None = None,
    same_definition: bool = True,
) -> dict[str, Known]:
    """Customers by id, from records that say when each stay began and ended.

    All records of one id are one customer. Stays that overlap or touch are one, and so are two
    with a gap of at most `grace_days`, which is counted in days without being a customer: `until`
    on the 1st and `since` on the 8th is a gap of 7 days, the 1st to the 7th. The days of a joined
    gap count as days as a customer.

    `until` before `since` raises BadRecord. `until` on `since` is a stay of no days: its customer
    is in no list, and an early loss. Days to come are kept as they are: who has signed for January
    is a customer from then on, and who has given notice is one until then. Name and fields are
    those of the record with the latest `since`, the last of several; the fields of the others hold
    from their `since` until the next one's.

    Who owes or has paused is a customer for as many days as the definition says. Sources tell the
    newest period that is not paid, so an end that was `known` before stays until they pay; unless
    it was made under another definition, which `same_definition` says.

    What is paid holds for the days of its own record: overlapping records add up, and in a gap that
    was joined nothing is paid. Amounts `as_of_now` hold from `today` on where `known` tells of
    others before, and for all of their days if `today` is not given.

    The end of a term that lies behind the end of its own record never came for who is a customer
    for another reason; of who left in the middle of it, it is kept. What is remembered of ends that
    are not told any more, `terms.ends_of_terms` says.
    """
    zone = definition.zone_info
    stays: dict[str, list[Stay]] = {}
    newest: dict[str, tuple[int, DatedStay]] = {}
    changes: dict[str, list[Told]] = {}
    paid: dict[str, list[Paid]] = {}
    terms: dict[str, list[tuple[int | None, list[int]]]] = {}
    as_of_now = set()
    for record in records:
        since = _day(record, record.since, zone)
        until = None if record.until is None else _day(record, record.until, zone)
        if until is not None and until < since:
            raise BadRecord(
                f"{_who(record)} ends on {from_day_number(until)}, before it begins on"
                f" {from_day_number(since)}. Correct one of the two dates at the source."
            )
        before = known.get(record.customer, _NOBODY) if same_definition else _NOBODY
        kept = _kept_until(record, definition, before, since)
        if kept is not None:
            until = kept if until is None else min(until, kept)
        own = stays.setdefault(record.customer, [])
        _keep_newest(newest, record, since, changes)
        if until is not None and until < since:
            continue  # a piece of a stay that was over before this piece
        own.append((since, until))
        if record.monthly is not None:
            paid.setdefault(record.customer, []).append((since, until, *_pays(record)))
            if record.as_of_now:
                as_of_now.add(record.customer)
        if record.term_ends:
            days = [_day(record, end, zone) for end in record.term_ends]
            terms.setdefault(record.customer, []).append((until, days))
    revenue = {id: added_up(rows) for id, rows in paid.items()}
    if today is not None:
        for id in as_of_now & known.keys():
            revenue[id] = with_past_prices(paid[id], known[id].revenue, day_number(today))
    now = None if today is None else day_number(today)
    found = {}
    for id, spans in stays.items():
        if not spans:  # over before it began: a stay of no days
            first = _day(newest[id][1], newest[id][1].since, zone)
            spans.append((first, first))
        whole = joined(spans, definition.grace_days)
        told = [
            [day for day in days if until is None or day <= until or not _reaches(whole, day)]
            for until, days in terms.get(id, ())
        ]
        found[id] = _known(
            newest[id][1],
            whole,
            earlier=_ascending(changes.get(id, ())),
            revenue=revenue.get(id, ()),
            terms=ends_of_terms(told, known.get(id, _NOBODY).terms, now),
        )
    return found


def _kept_until(record: DatedStay, definition: Definition, before: Known, since: int) -> int | None:
    """The first day on which who owes or has paused is a customer no longer; None if that does not
    come, or neither is so."""
    zone = definition.zone_info
    ends = [
        _day(record, moment, zone) + days
        for moment, days in (
            (record.unpaid_since, definition.past_due_days),
            (record.paused_since, definition.paused_days),
        )
        if moment is not None and days is not None
    ]
    if not ends:
        return None
    known = before.stays[-1][1] if before.stays else None
    if known is not None and known >= since:
        ends.append(known)
    return min(ends)


def from_purchases(records: Iterable[Purchase], definition: Definition) -> dict[str, Known]:
    """Customers by id, from what they bought.

    A purchase on day d keeps its customer for the days d, …, d + n - 1, where n is
    `purchase_keeps_days`; purchases whose days overlap or touch make one stay, and no grace is
    added to that. A stay ends in the days to come while its last purchase still keeps it. Name and
    fields are those of the latest purchase, the last of several; the fields of the others hold from
    their day until the next one's.
    """
    zone, keeps = definition.zone_info, definition.purchase_keeps_days
    days: dict[str, set[int]] = {}
    newest: dict[str, tuple[int, Purchase]] = {}
    changes: dict[str, list[Told]] = {}
    for record in records:
        on = _day(record, record.on, zone)
        days.setdefault(record.customer, set()).add(on)
        _keep_newest(newest, record, on, changes)
    return {
        id: _known(
            newest[id][1],
            joined(((on, on + keeps) for on in bought), 0),
            earlier=_ascending(changes.get(id, ())),
            purchases=tuple(sorted(bought)),
        )
        for id, bought in days.items()
    }


def from_presence(
    records: Iterable[Present], known: Mapping[str, Known], today: date, definition: Definition
) -> dict[str, Known]:
    """Customers by id, from the list of today and what was known before it.

    The list is all there is: who is not on it left today, which is their first day as no customer.
    Who is on it and was not a customer begins today, or on the day the source tells, unless that
    lies after today or before the end of their stay before. Who returns after a gap of at most
    `grace_days` never left: a list read every day misses somebody now and then.

    A `since` earlier than the known one moves the beginning back (somebody filled the field in); a
    later one is ignored, because we saw them before it, and in many CRMs the field moves on with
    every renewal. An id that comes again is the same customer, as its last record says: pages move
    while they are read; where groups are the customers (see `parents.under`), each is a member, and
    what they pay adds up. That holds from today, and ends on the day on which another amount or
    none is told. Ends of terms are remembered as in `from_dates`. The result holds the customers of
    `known` that are not on the list too.
    """
    zone, now = definition.zone_info, day_number(today)
    listed: dict[str, list[Present]] = {}
    for record in records:
        own = listed.setdefault(record.customer, [])
        if own and definition.parents is not Parents.TOP:
            own.clear()
        own.append(record)
    found = {
        id: customer if id in listed else gone(customer, now) for id, customer in known.items()
    }
    for id, own in listed.items():
        since = [_day(record, record.since, zone) for record in own if record.since is not None]
        before = known.get(id, _NOBODY)
        found[id] = _known(
            own[-1],
            _present(before.stays, min(since, default=None), now, definition.grace_days),
            revenue=paying_now(before.revenue, map(_pays, own), now),
            terms=ends_of_terms(
                [[_day(record, end, zone) for end in record.term_ends] for record in own],
                before.terms,
                now,
            ),
        )
    return found


def joined(stays: Iterable[Stay], grace_days: int) -> tuple[Stay, ...]:
    """The stays sorted, with those made one that overlap or lie at most `grace_days` apart."""
    whole: list[Stay] = []
    for since, until in sorted(stays, key=_order):
        if whole:
            begun, ended = whole[-1]
            if ended is None:
                break
            if since - ended <= grace_days:
                whole[-1] = (begun, None if until is None else max(ended, until))
                continue
        whole.append((since, until))
    return tuple(whole)


def gone(customer: Known, today: int) -> Known:
    """The customer, of whose stay that has not ended today is the first day no longer."""
    if not customer.stays or customer.stays[-1][1] is not None:
        return customer
    *earlier, (since, _) = customer.stays
    return replace(
        customer,
        stays=(*earlier, (since, max(since, today))),
        revenue=paying_now(customer.revenue, (), today),
    )


def implausible(
    known: Mapping[str, Known],
    seen: Mapping[str, Known],
    today: date,
    evidence: Evidence,
    *,
    last_pull: date | None = None,
    share: float = 0.02,
    merged: Container[str] = (),
) -> str | None:
    """Why the customers that a pull made should not be believed; None if they may be.

    A pull that reached the end can still be half of the truth: a filter was changed, a token lost
    a scope, a file was cut off. What shows it is customers who vanish without a close event:

    - dated stays: a customer of today who has no record any more. One who has an end date left in
      the open, however many do.
    - purchases: a customer of today who is none any more. Their purchase keeps them, so nobody can
      leave before its days are over. (Who shortens `purchase_keeps_days` makes many leave at once:
      the caller should not compare customers made under two definitions.)
    - presence: whoever is not on the list any more. Here leaving and being lost look the same.

    Too many is more than 3 and more than `share` of the customers of today. For presence, those who
    leave in the ordinary way are added to the share: 5 % a month for the days since `last_pull`
    (a day, if it is not given), and three times its square root for luck. At 5 % a month, read
    daily, that lets 3 of 40, 13 of 500 and 1,110 of 50,000 go at once; read once a month 7, 50 and
    3,653. Where contracts end together, on the last of the month, many really leave in a day: half
    more than have left on the worst day of the past year is believed as well.

    Who is among `merged` became part of another customer and vanished in none of these ways.

    A pull without any customers is never believed once there were some; a first pull always is.
    """
    tally = Tally(day_number(today), evidence)
    tally.add(known, seen, merged)
    return tally.doubt(last_pull=last_pull, share=share)


@dataclass(slots=True)
class Tally:
    """What was known and what a pull made of it, counted: some customers after the others, each of
    them once. `implausible` says what is made of it."""

    today: int
    evidence: Evidence
    known: int = 0
    of_today: int = 0
    """Of those known, who is a customer today."""
    seen: int = 0
    there: int = 0
    """Of those whom the pull has, who is there as the evidence says it."""
    present: int = 0
    """Customers of today, as the pull has it."""
    vanished: int = 0
    unseen: int = 0
    """Who is known and not in the pull, whenever they were a customer."""
    missing: int = 0
    """Customers of today who would be none any more, and belong to nobody else."""
    names: list[str] = field(default_factory=list)
    """Of some of the missing."""
    left: Counter[int] = field(default_factory=Counter)
    """How many left on each day of the past year."""

    def add(
        self, known: Mapping[str, Known], seen: Mapping[str, Known], merged: Container[str] = ()
    ) -> None:
        """All that is known and made of some customers."""
        present = _there(seen, self.today)
        there: Container[str] = seen if self.evidence is Evidence.DATES else present
        self.known += len(known)
        self.seen += len(seen)
        self.present += len(present)
        self.there += len(seen) if self.evidence is Evidence.DATES else len(present)
        for id, customer in known.items():
            self.unseen += id not in seen
            if customer.is_there(self.today):
                self.of_today += 1
                self.vanished += id not in there and id not in merged
                if id not in present and id not in merged:
                    self.missing += 1
                    if len(self.names) < MISSING_NAMED:
                        self.names.append(customer.name)
            for _, until in customer.stays:
                if until is not None and self.today - 366 < until <= self.today:
                    self.left[until] += 1

    def doubt(self, *, last_pull: date | None = None, share: float = 0.02) -> str | None:
        """See `implausible`."""
        if not self.known:
            return None
        if not self.seen or (self.of_today and not self.there):
            return (
                f"The pull has none of the {self.of_today or self.known:,} customers that were"
                f" known. {_WHERE_TO_LOOK}"
            )
        allowed = max(3.0, share * self.of_today)
        if self.evidence is Evidence.PRESENCE:
            days = max(self.today - day_number(last_pull), 1) if last_pull else 1
            ordinary = self.of_today * ORDINARY_CHURN * days / 30
            allowed = max(
                allowed,
                share * self.of_today + ordinary + 3 * math.sqrt(ordinary),
                1.5 * max(self.left.values(), default=0),
            )
        if self.vanished <= allowed:
            return None
        return (
            f"{self.vanished:,} of {self.of_today:,} customers are missing from the pull; more than"
            f" {math.floor(allowed):,} at once are not believed. {_WHERE_TO_LOOK}"
        )


def _present(
    before: tuple[Stay, ...], told: int | None, today: int, grace: int
) -> tuple[Stay, ...]:
    """The stays of a customer who is on today's list."""
    if before and before[-1][1] is None:
        *earlier, (since, _) = before
        floor = earlier[-1][1] if earlier else None
        begins = since if told is None else min(since, told)
        if floor is not None and begins < floor:
            begins = since
        return joined((*earlier, (begins, None)), grace)
    ended = before[-1][1] if before else None
    if told is None or told > today or (ended is not None and told < ended):
        told = today
    return joined((*before, (told, None)), grace)


def _reaches(stays: tuple[Stay, ...], day: int) -> bool:
    """Whether the last of the stays has not ended before that day."""
    until = stays[-1][1]
    return until is None or day <= until


def _there(customers: Mapping[str, Known], day: int) -> set[str]:
    return {id for id, customer in customers.items() if customer.is_there(day)}


def _known(
    record: Record,
    stays: tuple[Stay, ...],
    *,
    earlier: tuple[Told, ...] = (),
    revenue: tuple[Paid, ...] = (),
    terms: tuple[int, ...] = (),
    purchases: tuple[int, ...] = (),
) -> Known:
    name = record.name or record.customer
    return Known(
        id=record.customer,
        name=name,
        stays=stays,
        fields=record.fields,
        earlier=earlier,
        revenue=revenue,
        terms=terms,
        purchases=purchases,
    )


def _pays(record: DatedStay | Present) -> tuple[int, str]:
    """Parts a month and the currency."""
    if not record.monthly:
        return _NOTHING
    try:
        return parts(record.monthly, record.currency), record.currency
    except ValueError as error:
        raise BadRecord(f"{_who(record)}: {error}. Correct what they pay at the source.") from error


def _keep_newest(
    newest: dict[str, tuple[int, R]], record: R, day: int, changes: dict[str, list[Told]]
) -> None:
    """Into `changes` goes what each record says of who has several."""
    best = newest.get(record.customer)
    if best is None or best[0] <= day:
        newest[record.customer] = (day, record)
    if best is not None:
        own = changes.setdefault(record.customer, [(best[0], best[1].fields)])
        own.append((day, record.fields))


def _ascending(told: Iterable[Told]) -> tuple[Told, ...]:
    """By day, the last word of each, where it is another than of the day before."""
    found: list[Told] = []
    for day, fields in sorted(told, key=itemgetter(0)):
        if found and found[-1][0] == day:
            found.pop()
        if not found or found[-1][1] != fields:
            found.append((day, fields))
    return tuple(found) if len(found) > 1 else ()


def _order(stay: Stay) -> tuple[int, float]:
    since, until = stay
    return since, math.inf if until is None else until


def _day(record: Record, moment: Moment, zone: tzinfo) -> int:
    try:
        return local_day(moment, zone)
    except (ValueError, OverflowError) as error:
        raise BadRecord(
            f"{_who(record)}: {moment} is no day in {zone} ({error}). Give a date such as"
            " 2026-10-31, or a time with its offset such as 2026-10-31T09:00:00+02:00."
        ) from error


def _who(record: Record) -> str:
    place = f" ({record.place})" if record.place else ""
    return f"Customer {record.customer!r:.60}{place}"
