"""Customers of one source found again in another: by id, by a field, by domain or by e-mail.

Whoever could be two is reported and belongs to nobody: a guess would put one company's revenue on
another. What cannot be found is listed, on both sides, and never added up.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import numpy as np

from bot.domain.columns import Codes, Columns, Dimension, Revenue
from integrations.records import Record

REVENUE = "revenue"
"""What a source can give beside its fields."""

PUBLIC_MAIL = frozenset(  # one string, to be read and added to
    """
    126.com 163.com aim.com aol.com aol.de arcor.de bigpond.com bluewin.ch btinternet.com
    comcast.net cox.net duck.com earthlink.net fastmail.com free.fr freenet.de gmail.com gmx.at
    gmx.ch gmx.com gmx.de gmx.net googlemail.com hey.com home.nl hotmail.be hotmail.co.uk
    hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it hotmail.nl icloud.com kpnmail.nl
    laposte.net libero.it live.co.uk live.com live.fr live.nl mac.com mail.com mail.ru me.com
    msn.com naver.com orange.fr outlook.com outlook.de outlook.es outlook.fr pm.me proton.me
    protonmail.ch protonmail.com qq.com rediffmail.com rocketmail.com sbcglobal.net seznam.cz
    sfr.fr sky.com skynet.be t-online.de telenet.be tutanota.com verizon.net virgilio.it
    wanadoo.fr web.de wp.pl xs4all.nl yahoo.ca yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.br
    yahoo.de yahoo.es yahoo.fr yahoo.in yahoo.it yandex.ru ymail.com ziggo.nl zoho.com zonnet.nl
    """.split()  # noqa: SIM905
)
"""Where anybody can have an address, so that two who share one have nothing in common."""

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z0-9-]{2,}")


class By(StrEnum):
    """What is compared."""

    ID = "id"
    FIELD = "field"
    """A field of the source that holds the id of the first source's customer."""
    FIRST = "first"
    """A field of the first source that holds the id of this one's customer."""
    DOMAIN = "domain"
    EMAIL = "email"

    @property
    def is_told(self) -> bool:
        """Whether somebody wrote down who it is, so that two records may both be one customer."""
        return self in (By.ID, By.FIELD, By.FIRST)


@dataclass(frozen=True, slots=True)
class Enriching:
    """A source that says more about the customers of the first one."""

    source: str
    by: By
    field: str = ""
    """Which one, of `FIELD` and `FIRST`."""
    gives: frozenset[str] | None = None
    """Names of fields, and `REVENUE`, of which this source is the truth; None for all that the
    first source, and those before, do not have."""


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """Records that cannot be told apart by what is compared."""

    others: tuple[int, ...]
    """Customers of the source, by the store's numbers."""
    firsts: tuple[int, ...]
    """Those of the first source that they could be."""
    shared: tuple[str, ...] = ()
    """Domains or ids that they share; never addresses."""


@dataclass(frozen=True, slots=True)
class Matched:
    """Who was found, and who was not; numbers sorted."""

    pairs: Mapping[int, int]
    """The first source's customer of each customer that was found."""
    ambiguous: tuple[Ambiguity, ...]
    unmatched: tuple[int, ...]
    """Customers of the source of whom the first source knows nothing."""
    firsts_unmatched: tuple[int, ...]
    """Customers of the first source of whom this one knows nothing."""


@dataclass(frozen=True, slots=True)
class Report:
    """How one source fits to the first, of whoever is a customer as far as is known."""

    of: Enriching
    first: str
    known_at: datetime | None
    """When the source was last believed; None before."""
    matched: Matched
    today: frozenset[int] = frozenset()
    """Who is a customer today, of both sources."""
    same: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """Customers of the first source as whom several records were found: what these pay adds up,
    and their fields are not taken."""


def domain_of(told: str) -> str | None:
    """acme.com for https://www.Acme.com/about; None for what is no domain, or is anybody's."""
    host = told.strip().casefold().partition("://")[2] or told.strip().casefold()
    host = re.split(r"[/?#:]", host.rpartition("@")[2], maxsplit=1)[0]
    host = host.removeprefix("www.").rstrip(".")
    try:
        host = host.encode("idna").decode()
    except UnicodeError:
        return None
    return host if _HOST.fullmatch(host) and host not in PUBLIC_MAIL else None


def fingerprint(email: str) -> str | None:
    """What stands for an address: the same for the same one, and not to be read back from it.

    Who guesses an address can see whether it is the one. None for what is no address.
    """
    name, at, host = email.strip().casefold().rpartition("@")
    if not at or not name or " " in name or "." not in host:
        return None
    return hashlib.sha256(f"keeprate:{name}@{host}".encode()).hexdigest()[:32]


def nameless(email: str) -> str:
    """The address with its fingerprint in the place of the person: whose it is can be found by it,
    and who it is cannot be read from it. "" for what is no address."""
    of = fingerprint(email)
    return f"{of}@{email.rpartition('@')[2].strip().casefold()}" if of else ""


def keys_by_customer(records: Iterable[Record], by: Set[By]) -> dict[str, tuple[str, ...]]:
    """By id, what a customer is found by in other sources; only what is asked for is kept.

    A record that names domains is found by these; one that does not, by those of its addresses.
    """
    found: dict[str, set[str]] = {}
    if not by & {By.DOMAIN, By.EMAIL}:
        return {}
    for record in records:
        own = found.setdefault(record.customer, set())
        if By.DOMAIN in by:
            domains = map(domain_of, record.domains or record.emails)
            own.update(f"domain:{each}" for each in domains if each)
        if By.EMAIL in by:
            own.update(f"email:{each}" for each in map(fingerprint, record.emails) if each)
    return {id: tuple(sorted(keys)) for id, keys in found.items() if keys}


def match(firsts: Mapping[int, Set[str]], others: Mapping[int, Set[str]], *, told: bool) -> Matched:
    """Who of `others` is who of `firsts`, by the keys that they share.

    Somebody who shares keys with two is ambiguous. Where the keys are `told`, several others may be
    one of the first; where they are not, that is ambiguous too.
    """
    holders: dict[str, list[int]] = {}
    for number in sorted(firsts):
        for key in firsts[number]:
            holders.setdefault(key, []).append(number)
    pairs: dict[int, int] = {}
    ambiguous: list[Ambiguity] = []
    unmatched: list[int] = []
    for number in sorted(others):
        found = {each for key in others[number] for each in holders.get(key, ())}
        if len(found) == 1:
            pairs[number] = found.pop()
        elif found:
            shared = {key for key in others[number] if key in holders}
            ambiguous.append(Ambiguity((number,), tuple(sorted(found)), _shown(shared)))
        else:
            unmatched.append(number)
    same: dict[int, list[int]] = {}
    for other, first in pairs.items():
        same.setdefault(first, []).append(other)
    for first, several in same.items():
        if len(several) > 1 and not told:
            shared = {key for each in several for key in others[each] if key in firsts[first]}
            ambiguous.append(Ambiguity(tuple(several), (first,), _shown(shared)))
            for each in several:
                del pairs[each]
    spoken_of = {*pairs.values(), *(each for a in ambiguous for each in a.firsts)}
    return Matched(
        pairs=pairs,
        ambiguous=tuple(ambiguous),
        unmatched=tuple(unmatched),
        firsts_unmatched=tuple(each for each in sorted(firsts) if each not in spoken_of),
    )


def _shown(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(k.partition(":")[2] for k in keys if not k.startswith("email:")))


def several(pairs: Mapping[int, int]) -> dict[int, tuple[int, ...]]:
    """The customers of the first source that more than one record was found to be."""
    same: dict[int, list[int]] = {}
    for other in sorted(pairs):
        same.setdefault(pairs[other], []).append(other)
    return {first: tuple(others) for first, others in same.items() if len(others) > 1}


def enriched(columns: Columns, other: Columns, pairs: Mapping[int, int], how: Enriching) -> Columns:
    """The columns with what another source says of their customers.

    Stays are never taken: who is a customer, and since when, is for the first source to say.
    """
    if not len(columns):
        return columns
    highest = max([int(other.customer.max(initial=0)), *pairs])
    for each in other.dimensions.values():
        highest = max(highest, int(each.customer.max(initial=0)))
    if other.revenue is not None:
        highest = max(highest, int(other.revenue.customer.max(initial=0)))
    number = np.full(highest + 1, -1, dtype=np.int32)
    number[list(pairs)] = list(pairs.values())
    single = number.copy()
    single[np.isin(number, list(several(pairs)))] = -1

    dimensions = dict(columns.dimensions)
    for name, dimension in other.dimensions.items():
        given = name not in dimensions if how.gives is None else name in how.gives
        if given and not (how.by is By.FIELD and name == how.field):
            dimensions[name] = _dimension(dimension, single)
    revenue = columns.revenue
    if other.revenue is not None and (
        revenue is None if how.gives is None else REVENUE in how.gives
    ):
        revenue = _revenue(other.revenue, number)
    return replace(columns, dimensions=dimensions, revenue=revenue)


def _dimension(dimension: Dimension, number: Codes) -> Dimension:
    customer = number[dimension.customer]
    rows = np.flatnonzero(customer >= 0)
    rows = rows[np.lexsort((dimension.since[rows], customer[rows]))]
    return replace(
        dimension,
        customer=customer[rows],
        since=dimension.since[rows],
        label=dimension.label[rows],
    )


def _revenue(revenue: Revenue, number: Codes) -> Revenue:
    customer = number[revenue.customer]
    rows = np.flatnonzero(customer >= 0)
    rows = rows[np.lexsort((revenue.until[rows], revenue.since[rows], customer[rows]))]
    return replace(
        revenue,
        customer=customer[rows],
        since=revenue.since[rows],
        until=revenue.until[rows],
        amount=revenue.amount[rows],
        currency=revenue.currency[rows],
    )


def newest_labels(dimension: Dimension | None) -> dict[int, str]:
    """What each customer is now, by number."""
    if dimension is None:
        return {}
    labels = dimension.labels
    return {
        who: labels[label]
        for who, label in zip(dimension.customer.tolist(), dimension.label.tolist(), strict=True)
        if labels[label]
    }


def keys_for(
    how: Enriching,
    *,
    ids: Mapping[int, str],
    keys: Mapping[int, Sequence[str]],
    fields: Mapping[int, str],
    into: Mapping[int, int],
    is_first: bool,
) -> dict[int, set[str]]:
    """By number, what the customers of one side are found by.

    `ids`, `keys` and `fields` (of the field in question) are of records, and `into` says which of
    these are one customer (see `bot.domain.merges`).
    """
    found: dict[int, set[str]] = {into.get(number, number): set() for number in ids}
    for number, id in ids.items():
        own = found[into.get(number, number)]
        match how.by:
            case By.ID:
                own.add(id)
            case By.FIELD | By.FIRST if is_first == (how.by is By.FIELD):
                own.add(id)
            case By.FIELD | By.FIRST:
                if told := fields.get(number):
                    own.add(told)
            case By.DOMAIN | By.EMAIL:
                own.update(key for key in keys.get(number, ()) if key.startswith(f"{how.by}:"))
    return found
