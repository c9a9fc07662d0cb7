"""What a pull made of its records, packed, part by part: until it is believed, or a person says
whether it is."""

import zlib
from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, select

from bot.domain.paying import Paid
from bot.domain.stays import Known, Stay
from bot.store.schema import held
from bot.store.texts import storable


class _Packed(msgspec.Struct, array_like=True):
    id: str
    name: str
    stays: tuple[Stay, ...]
    fields: dict[str, str]
    revenue: tuple[Paid, ...] = ()
    """What was held by an older Keeprate has none, nor what follows."""
    was: tuple[str, ...] = ()
    terms: tuple[int, ...] = ()
    purchases: tuple[int, ...] = ()
    keys: tuple[str, ...] = ()
    group: str = ""
    earlier: tuple[tuple[int, dict[str, str]], ...] = ()


PART = 20_000
"""Customers in one row: half a megabyte when packed."""


def pack(customers: list[Known]) -> bytes:
    rows = [
        _Packed(
            storable(known.id),
            storable(known.name),
            known.stays,
            _fields(known.fields),
            known.revenue,
            tuple(map(storable, known.was)),
            known.terms,
            known.purchases,
            tuple(map(storable, known.keys)),
            storable(known.group),
            tuple((day, _fields(told)) for day, told in known.earlier),
        )
        for known in customers
    ]
    return zlib.compress(msgspec.msgpack.encode(rows), level=1)


def _fields(told: Mapping[str, str]) -> dict[str, str]:
    return {storable(name): storable(value) for name, value in told.items()}


def unpack(packed: bytes) -> list[Known]:
    rows = msgspec.msgpack.decode(zlib.decompress(packed), type=list[_Packed])
    return [Known(**msgspec.structs.asdict(each)) for each in rows]


def parts(connection: Connection, pull: int) -> list[int]:
    """Which there are; none of a pull that is not held any more."""
    return list(connection.scalars(select(held.c.part).where(held.c.pull == pull).order_by("part")))


def read(connection: Connection, pull: int, part: int) -> list[Known]:
    query = select(held.c.customers).where(held.c.pull == pull, held.c.part == part)
    packed = connection.scalar(query)
    return [] if packed is None else unpack(packed)


def keep(connection: Connection, pull: int, part: int, packed: bytes) -> None:
    connection.execute(held.insert().values(pull=pull, part=part, customers=packed))
