"""What happened to Brightside, the company of the demo, and what of it was known on which day.

Brightside sells software by the month or by the year: 240 customers in its first 26 months, until
the demo opens, and a year more for those who move the clock. Nothing is real, everything is fixed:
the same seed tells the same story to the last byte. Pure.

In October 2026 the price of plan team rises in region dach, and a third of those who pay it by the
month leave. That is the drop that the demo opens with; in November some of them come back.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

from bot.sandbox.companies import AWKWARD, GROUPS, names
from bot.sandbox.draw import Draw

SEED = 110

BEGINS = date(2024, 9, 1)
OPENS = date(2026, 11, 2)
"""The Monday on which the demo opens."""
ENDS = date(2027, 10, 31)
"""After this day nothing happens."""

PRICE_RISE = date(2026, 10, 1)

OWNERS = {
    "dach": "Omar Haddad",
    "benelux": "Noor Visser",
    "uk": "Noor Visser",
    "nordics": "Lea Lindqvist",
}
"""Who looks after the customers of a region; they are people of the demo's workspace."""

JOINING = (
    *(22, 13, 10, 7, 8, 9, 11, 10, 9, 8, 6, 6),
    *(11, 11, 10, 7, 9, 10, 11, 9, 9, 8, 6, 6),
    *(7, 7),
)
"""New customers in each of the 26 months; afterwards, JOINING_LATER."""
JOINING_LATER = 6

LEAVING = {
    1: 0.045, 2: 0.02, 3: 0.025, 4: 0.02, 5: 0.015, 6: 0.02,
    7: 0.01, 8: 0.01, 9: 0.02, 10: 0.02, 11: 0.015, 12: 0.03,
}  # fmt: skip
"""The share of those who pay by the month that leaves in each month: most with the old year."""
LEAVING_YEARLY = 0.12
"""Of those who pay by the year, when a year is over."""

PLANS = {"starter": 0.30, "team": 0.50, "business": 0.20}
PRICES = {"starter": (49, 120), "team": (240, 640), "business": (900, 3500)}
"""Euros a month, from and to."""
REGIONS = {"dach": 0.42, "benelux": 0.2, "uk": 0.2, "nordics": 0.18}
YEARLY = {"starter": 0.05, "team": 0.15, "business": 0.7}
"""The share of each plan that pays by the year."""

DROP = 13
"""How many leave because of the price."""
RETURNS = 4
"""How many of them come back when they are offered the old price."""
WON_BACK = 0.25
"""The share of all others who left that returns."""
LATE = timedelta(weeks=3)
"""After how long an end stands in the records that somebody forgot to enter."""
LATE_SHARE = 0.1
LATE_MONTHS = frozenset({date(2026, 9, 1), date(2026, 10, 1)})
"""Months in which one end is entered late in any case."""
EARLY_MONTHS = frozenset(
    date(*month, 1)
    for month in ((2024, 11), (2025, 3), (2025, 6), (2025, 10), (2026, 2), (2026, 5), (2026, 10),
                  (2026, 12), (2027, 4))
)  # fmt: skip
"""Months in which one customer joins and is gone before it is over."""

DUPLICATES = (
    (date(2025, 2, 10), date(2025, 3, 20)),
    (date(2025, 8, 5), date(2025, 9, 16)),
    (date(2026, 3, 3), date(2026, 4, 22)),
    (date(2026, 8, 18), date(2026, 10, 14)),
    (date(2026, 10, 6), date(2026, 11, 18)),
)
"""When somebody entered a company a second time, and when that was found out."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Company:
    id: str
    name: str
    plan: str
    region: str
    yearly: bool
    """Pays by the year, or else by the month."""
    price: int
    """Euros a month at first."""
    parent: str = ""
    """The id of the company that it belongs to."""

    @property
    def owner(self) -> str:
        return OWNERS[self.region]


@dataclass(frozen=True, slots=True)
class Contract:
    """One time as a customer, and from when on its end was on record."""

    company: Company
    since: date
    until: date | None = None
    """The first day no longer a customer."""
    recorded: date | None = None
    """The day from which on `until` is known."""
    raises: tuple[tuple[date, int], ...] = ()
    """From which day on they pay how much, in euros a month, after the first price."""

    def known_until(self, on: date) -> date | None:
        """The end, if it is known on that day."""
        return self.until if self.recorded is not None and self.recorded <= on else None

    def price(self, on: date) -> int:
        return next((euros for day, euros in reversed(self.raises) if day <= on),
                    self.company.price)  # fmt: skip

    def renews(self, after: date) -> date:
        """The first day after `after` on which it can end: every month, or every year, of it."""
        day = self.since
        while day <= after:
            day = _months_later(day, 12 if self.company.yearly else 1)
        return day


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A second record of a company, until somebody sees that the two are one."""

    id: str
    name: str
    company: Company
    since: date
    found: date


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the export: a time as a customer, as it is known on the day of the export."""

    id: str
    name: str
    since: str
    until: str
    plan: str
    region: str
    owner: str
    mrr_eur: int
    parent: str
    renews: str
    """The next day on which a year is over; none for who pays by the month, or has left."""
    merged: str = ""
    """The id of the second record that this company had, once that was found out."""


@dataclass(frozen=True, slots=True)
class Story:
    contracts: Sequence[Contract]
    duplicates: Sequence[Duplicate]

    @property
    def companies(self) -> list[Company]:
        """In the order in which they became customers."""
        return list({contract.company.id: contract.company for contract in self.contracts}.values())

    def rows(self, as_of: date) -> list[Row]:
        """What the company's own records say on the morning of that day."""
        merged = {d.company.id: d.id for d in self.duplicates if d.found <= as_of}
        known = [
            replace(_row(c, as_of), merged=merged.get(c.company.id, ""))
            for c in self.contracts
            if c.since <= as_of
        ]
        twice = [_second_row(d, as_of) for d in self.duplicates if d.since <= as_of < d.found]
        return sorted([*known, *twice], key=lambda row: (row.id, row.since))

    def export(self, as_of: date) -> bytes:
        """The rows as CSV."""
        file = io.StringIO(newline="")
        columns = [field.name for field in fields(Row)]
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in self.rows(as_of):
            writer.writerow([getattr(row, column) for column in columns])
        return file.getvalue().encode()


def brightside(seed: int = SEED) -> Story:
    """The story, from its first day to its last."""
    draw = Draw(seed)
    arriving = _companies(draw)
    open_: list[Contract] = []
    over: list[Contract] = []
    returning: list[Contract] = []
    for number, month in enumerate(_months()):
        ended = [_left(contract, month, draw) for contract in open_]
        if month == PRICE_RISE:
            ended = _priced_out(open_, ended, month, draw)
        ended = _late(ended, month, draw)
        gone = [contract for contract in ended if contract.until]
        over += gone
        open_ = [contract for contract in ended if not contract.until]
        returning += _returning(gone, month, draw)
        open_ += [c for c in returning if c.since < _months_later(month, 1)]
        returning = [c for c in returning if c.since >= _months_later(month, 1)]
        joined = JOINING[number] if number < len(JOINING) else JOINING_LATER
        new = [Contract(next(arriving), _day_in(month, draw)) for _ in range(joined)]
        if month in EARLY_MONTHS:
            over.append(_early(new.pop(), month))
        open_ += new
    told = [_raised(contract, draw) for contract in (*over, *open_)]
    told.sort(key=lambda contract: (contract.company.id, contract.since))
    return Story(told, _duplicates(told, draw))


def _months() -> Iterator[date]:
    month = BEGINS
    while month <= ENDS:
        yield month
        month = _months_later(month, 1)


def _months_later(day: date, months: int) -> date:
    """The same day of a later month; nothing in the story begins after the 28th."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, day.day)


def _day_in(month: date, draw: Draw) -> date:
    """Not the first: who leaves on the first of a month was not lost in it."""
    return month.replace(day=draw.between(2, 28))


def _companies(draw: Draw) -> Iterator[Company]:
    """One after the other, for ever; the two with a shared channel are among the first."""
    ordinary = names(draw)
    special = _special()
    parents: dict[str, str] = {}
    number = 0
    while True:
        id = f"C{1001 + number}"
        name = special.get(number) or next(ordinary)
        group = name.split()[0]
        plan = draw.weighted(PLANS)
        company = Company(
            id, name, plan, draw.weighted(REGIONS), draw.chance(YEARLY[plan]),
            draw.between(*PRICES[plan]), parents.get(group, ""),
        )  # fmt: skip
        if group in GROUPS:
            parents.setdefault(group, id)
        yield replace(company, **_FIXED.get(name, {}))
        number += 1


def _special() -> dict[int, str]:
    """Names with a place of their own in the order in which companies come."""
    found = {1: "Acme", 4: "Globex"}
    found |= {8 + 20 * i: name for i, name in enumerate(AWKWARD)}
    for i, (group, members) in enumerate(GROUPS.items()):
        found |= {10 + 11 * i + 35 * j: f"{group} {member}" for j, member in enumerate(members)}
    return found


_FIXED: Mapping[str, Mapping[str, Any]] = {
    "Acme": {"plan": "business", "region": "dach", "yearly": True, "price": 2400},
    "Globex": {"plan": "business", "region": "benelux", "yearly": True, "price": 1800},
    AWKWARD[0]: {"plan": "team", "region": "dach", "yearly": False, "price": 420},
}
_STAYING = frozenset({"Acme", "Globex", AWKWARD[0]})
"""Those whom chance does not take away."""


def _left(contract: Contract, month: date, draw: Draw) -> Contract:
    """The contract, ended at its term in this month if chance wants it so."""
    term = contract.renews(month - _DAY)
    ends_now = term < _months_later(month, 1) and term > contract.since
    share = LEAVING_YEARLY if contract.company.yearly else LEAVING[month.month]
    leaves = draw.chance(share)
    if not ends_now or not leaves or contract.company.name in _STAYING:
        return contract
    return replace(contract, until=term, recorded=term)


def _priced_out(
    before: Sequence[Contract], ended: Sequence[Contract], month: date, draw: Draw
) -> list[Contract]:
    hit = [c for c in before if _pays_more(c.company) and not c.company.yearly]
    hit = [c for c in hit if c.since < month]
    leaving = {c.company.id for c in draw.shuffled(hit)[:DROP]}
    leaving |= {c.company.id for c in hit if c.company.name in _STAYING}
    terms = {c.company.id: c.renews(month - _DAY) for c in hit}
    return [
        replace(c, until=terms[c.company.id], recorded=terms[c.company.id])
        if c.company.id in leaving
        else c
        for c in ended
    ]


def _pays_more(company: Company) -> bool:
    return company.plan == "team" and company.region == "dach"


def _late(contracts: Sequence[Contract], month: date, draw: Draw) -> list[Contract]:
    """With some of the ends entered weeks after the fact."""
    ends = [contract.until for contract in contracts if contract.until]
    late = {end for end in ends if draw.chance(LATE_SHARE)}
    if month in LATE_MONTHS and ends:
        late.add(max(ends))
    return [
        replace(contract, recorded=contract.until + LATE) if contract.until in late else contract
        for contract in contracts
    ]


def _returning(gone: Sequence[Contract], month: date, draw: Draw) -> list[Contract]:
    """Who comes back, with the contract under which they do."""
    back = []
    angry = 0
    for contract, left in ((contract, contract.until) for contract in gone if contract.until):
        if month == PRICE_RISE and _pays_more(contract.company):
            angry += 1
            after = draw.between(18, 45) if angry <= RETURNS else 0
        else:
            after = draw.between(45, 150) if draw.chance(WON_BACK) else 0
        since = left + timedelta(days=after)
        if after and since <= ENDS:
            back.append(Contract(contract.company, since.replace(day=max(2, min(since.day, 28)))))
    return back


def _early(contract: Contract, month: date) -> Contract:
    gone = month.replace(day=22)
    return replace(contract, since=month.replace(day=4), until=gone, recorded=gone)


def _raised(contract: Contract, draw: Draw) -> Contract:
    """With what they pay more, or less, as their years go by."""
    raises = []
    euros, day = contract.company.price, _months_later(contract.since, 12)
    if _pays_more(contract.company) and contract.since < PRICE_RISE:
        raises.append((PRICE_RISE, round(euros * 1.3)))
    while day <= (contract.until or ENDS):
        share = 1 + draw.between(10, 40) / 100 if draw.chance(0.25) else 1.0
        share = 0.8 if draw.chance(0.06) else share
        raises.append((day, round(euros * share)))
        euros, day = raises[-1][1], _months_later(day, 12)
    return replace(contract, raises=tuple(sorted(raises)))


def _duplicates(contracts: Sequence[Contract], draw: Draw) -> list[Duplicate]:
    made: list[Duplicate] = []
    for since, found in DUPLICATES:
        taken = {duplicate.company.id for duplicate in made}
        fit = [
            c.company
            for c in contracts
            if c.since < since - timedelta(days=60) and (c.until is None or c.until > found)
            and c.company.id not in taken and c.company.name.isascii()
        ]  # fmt: skip
        company = draw.pick(fit)
        made.append(Duplicate(f"C9{len(made):03d}", company.name.upper(), company, since, found))
    return made


def _row(contract: Contract, as_of: date) -> Row:
    company, until = contract.company, contract.known_until(as_of)
    return Row(
        company.id, company.name, contract.since.isoformat(), until.isoformat() if until else "",
        company.plan, company.region, company.owner, contract.price(as_of), company.parent,
        "" if until or not company.yearly else contract.renews(as_of).isoformat(),
    )  # fmt: skip


def _second_row(duplicate: Duplicate, as_of: date) -> Row:
    contract = Contract(duplicate.company, duplicate.since)
    return replace(_row(contract, as_of), id=duplicate.id, name=duplicate.name)
