"""Records on their way from a source to stays, packed: each with its customer's id before it, so
that they can be sorted without being read."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec

from bot.store.texts import storable
from integrations.records import DatedStay, Moment, Present, Purchase, Record

Entry = tuple[str, msgspec.Raw]
"""The id of a customer, and a record of theirs."""

_When = int | str | None
"""Microseconds since 1970-01-01 UTC of a moment, or a day as it is written."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class _Who(msgspec.Struct, array_like=True):
    customer: str
    name: str
    fields: dict[str, str]
    place: str
    emails: list[str]
    domains: list[str]
    parent: str
    was: list[str]


class _Dated(_Who, tag="dated"):
    since: _When
    until: _When
    monthly: Decimal | None
    currency: str
    as_of_now: bool
    term_ends: list[_When]
    unpaid_since: _When
    paused_since: _When


class _Bought(_Who, tag="bought"):
    on: _When


class _Present(_Who, tag="present"):
    since: _When
    monthly: Decimal | None
    currency: str
    term_ends: list[_When]


def pack(records: Iterable[Record]) -> bytes:
    entries = [(record.customer, _packed(record)) for record in records]
    try:
        return _compressed(entries)
    except UnicodeEncodeError:
        clean = [_packed(_clean(record)) for record in records]
        return _compressed([(each.customer, each) for each in clean])


def entries(packed: bytes) -> list[Entry]:
    return _ENTRIES.decode(zlib.decompress(packed))


def repack(some: Sequence[Entry]) -> bytes:
    return _compressed(some)


def unpack(packed: bytes) -> list[Record]:
    return [_record(each) for _, each in _RECORDS.decode(zlib.decompress(packed))]


_ENCODER = msgspec.msgpack.Encoder()
_ENTRIES = msgspec.msgpack.Decoder(list[Entry])
_RECORDS = msgspec.msgpack.Decoder(list[tuple[str, _Dated | _Bought | _Present]])


def _compressed(rows: Sequence[tuple[str, object]]) -> bytes:
    return zlib.compress(_ENCODER.encode(rows), level=1)


def _packed(record: Record) -> _Dated | _Bought | _Present:
    who = (
        record.customer,
        record.name,
        dict(record.fields),
        record.place,
        list(record.emails),
        list(record.domains),
        record.parent,
        list(record.was),
    )
    match record:
        case DatedStay():
            return _Dated(
                *who,
                _when(record.since),
                _when(record.until),
                record.monthly,
                record.currency,
                record.as_of_now,
                list(map(_when, record.term_ends)),
                _when(record.unpaid_since),
                _when(record.paused_since),
            )
        case Purchase():
            return _Bought(*who, _when(record.on))
        case Present():
            ends = list(map(_when, record.term_ends))
            return _Present(*who, _when(record.since), record.monthly, record.currency, ends)


def _record(of: _Dated | _Bought | _Present) -> Record:
    match of:
        case _Dated():
            return DatedStay(
                of.customer,
                of.name,
                _needed(of.since),
                _moment(of.until),
                of.fields,
                of.place,
                of.monthly,
                of.currency,
                of.as_of_now,
                list(map(_needed, of.term_ends)),
                _moment(of.unpaid_since),
                _moment(of.paused_since),
                emails=of.emails,
                domains=of.domains,
                parent=of.parent,
                was=of.was,
            )
        case _Bought():
            return Purchase(
                of.customer,
                of.name,
                _needed(of.on),
                of.fields,
                of.place,
                emails=of.emails,
                domains=of.domains,
                parent=of.parent,
                was=of.was,
            )
        case _Present():
            return Present(
                of.customer,
                of.name,
                _moment(of.since),
                of.fields,
                of.place,
                of.monthly,
                of.currency,
                list(map(_needed, of.term_ends)),
                emails=of.emails,
                domains=of.domains,
                parent=of.parent,
                was=of.was,
            )


def _when(moment: Moment | None) -> _When:
    if moment is None:
        return None
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return (moment - _EPOCH) // _MICROSECOND
    # A day; or a time without a zone, which whoever makes stays of it refuses in its own words.
    return moment.isoformat()


def _moment(told: _When) -> Moment | None:
    return None if told is None else _needed(told)


def _needed(told: _When) -> Moment:
    match told:
        case int():
            return _EPOCH + timedelta(microseconds=told)
        case str() if "T" in told:
            return datetime.fromisoformat(told)
        case str():
            return date.fromisoformat(told)
    raise ValueError("a record without its day")


def _clean(record: Record) -> Record:
    return replace(
        record,
        customer=storable(record.customer),
        name=storable(record.name),
        fields={storable(name): storable(value) for name, value in record.fields.items()},
        place=storable(record.place),
        emails=list(map(storable, record.emails)),
        domains=list(map(storable, record.domains)),
        parent=storable(record.parent),
        was=list(map(storable, record.was)),
    )
