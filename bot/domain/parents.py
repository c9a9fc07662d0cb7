"""Groups: all who belong to the same record, in the end, as one customer.

It is done to the records, before stays are made of them, so that everything after it (grace, what
is paid, ends of terms) sees the group alone: its stays are the union of its members'.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from bot.domain.paying import added_up
from bot.domain.stays import Known, joined
from integrations.records import Record

R = TypeVar("R", bound=Record)

Tops = Mapping[str, str]
"""The id of the group of each record that is not its own."""


def tops(records: Iterable[Record]) -> dict[str, str]:
    """Where each record ends up that belongs to another one.

    A parent that is no record itself, because it is no customer or was left out, still makes one
    group of those who name it. Of records that belong to each other in a circle, the one whose id
    sorts first is the top.
    """
    parent = {
        record.customer: record.parent
        for record in records
        if record.parent and record.parent != record.customer
    }
    found: dict[str, str] = {}
    for id in parent:
        path: list[str] = []
        at = id
        while at in parent and at not in found and at not in path:
            path.append(at)
            at = parent[at]
        top = min(path[path.index(at) :]) if at in path else found.get(at, at)
        found.update(dict.fromkeys(path, top))
    return {id: top for id, top in found.items() if id != top}


def under(records: Sequence[R], into: Tops) -> list[R]:
    """The records as those of their groups.

    A group is called as its top, and split by what its top is. Where that is no record, it has the
    name of the member whose id sorts first, and each member keeps its own fields.
    """
    heads = {record.customer: record for record in records if record.customer not in into}
    names: dict[str, tuple[str, str]] = {}
    for record in records:
        if (top := into.get(record.customer)) is not None:
            own = (record.customer, record.name)
            names[top] = min(names.get(top, own), own)
    grouped = []
    for record in records:
        top = into.get(record.customer)
        if top is None:
            grouped.append(record)
            continue
        head = heads.get(top)
        name, fields = (names[top][1], record.fields) if head is None else (head.name, head.fields)
        grouped.append(replace(record, customer=top, name=name, fields=fields))
    return grouped


def known_under(known: Mapping[str, Known], into: Tops, grace_days: int) -> dict[str, Known]:
    """What was known of members, as known of their groups: nobody vanished who is in one now."""
    found = {id: customer for id, customer in known.items() if id not in into}
    for id, customer in known.items():
        if id in into:
            top = into[id]
            group = found.get(top, replace(customer, id=top, stays=()))
            found[top] = replace(
                group,
                stays=joined((*group.stays, *customer.stays), grace_days),
                revenue=added_up((*group.revenue, *customer.revenue))
                if group.stays
                else customer.revenue,
                terms=tuple(sorted({*group.terms, *customer.terms})),
                purchases=tuple(sorted({*group.purchases, *customer.purchases})),
            )
    return found
