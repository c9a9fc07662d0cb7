"""Groups: all who belong to the same record, in the end, as one customer, or as customers that
leave together.

The first is done to the records, before stays are made of them, so that everything after it (grace,
what is paid, ends of terms) sees the group alone: its stays are the union of its members'. Where
each record is a customer of its own, it is kept which group it is of, for those of one group
leave together.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from bot.domain.columns import Codes
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
    return tops_of(
        {
            record.customer: record.parent
            for record in records
            if record.parent and record.parent != record.customer
        }
    )


def tops_of(parent: Mapping[str, str]) -> dict[str, str]:
    """The same, of whom each belongs to."""
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


def groups_of(records: Sequence[Record], known: Mapping[str, Known]) -> dict[str, str]:
    """The group of each of these customers that is in one, or was; "" of who is in none any more.

    The records may be some of all: what they belong to is followed on in what is known. The top of
    a group belongs to it too.
    """
    told = {record.customer for record in records}
    found: dict[str, str] = {}
    for id, top in tops(records).items():
        beyond = known[top].group if top in known and top not in told else ""
        found[id] = beyond or top
        if found[id] in told:
            found[found[id]] = found[id]
    for id in told:
        before = known[id].group if id in known else ""
        if before and id not in found:
            found[id] = before if before == id else ""
    return found


@dataclass(frozen=True, eq=False, slots=True)
class Groups:
    """Which customers belong together, where each of them is a customer of its own."""

    customer: Codes
    """Ascending."""
    group: Codes
    """Of each: an index into `names`."""
    names: tuple[str, ...]

    def of(self, customers: Codes) -> dict[int, int]:
        """The group of those of them that are in one."""
        place = np.searchsorted(self.customer, customers)
        place = np.minimum(place, len(self.customer) - 1)
        known = self.customer[place] == customers
        pairs = zip(customers[known].tolist(), self.group[place[known]].tolist(), strict=True)
        return dict(pairs)

    def sizes(self, customers: Codes) -> Codes:
        """How many of these customers each group has; who is in none is one by itself."""
        inside = np.isin(self.customer, customers, assume_unique=True)
        counts = np.bincount(self.group[inside], minlength=len(self.names))
        alone = np.ones(len(customers) - int(inside.sum()), np.int32)
        return np.concatenate([counts[counts > 0].astype(np.int32), alone])
