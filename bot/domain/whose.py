"""Which customer somebody is who wrote to a helpdesk, or rated it."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.domain.matching import By, Enriching, domain_of


class Account(NamedTuple):
    """A person there, and the company that they belong to, as the helpdesk tells it."""

    source: str
    id: str = ""
    """Of the company, in the helpdesk."""
    name: str = ""
    """Of the company."""
    email: str = ""
    """Of the person, as `bot.domain.matching.nameless` leaves it."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Finds the first source's customers. What could be two belongs to nobody, as everywhere."""

    hows: Mapping[str, Enriching | None] = field(default_factory=dict)
    """By helpdesk, what `matches:` says; None for nothing, then by id, or else by name."""
    holders: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By helpdesk, whom each key finds; under "" of those that config.yaml does not name."""
    records: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By helpdesk that knows customers too, by their ids there, who they were found to be."""
    into: Mapping[int, int] = field(default_factory=dict)
    """Of records that belong to another customer now, which one."""

    def customer(self, account: Account) -> int | None:
        """The store's number; None where nobody can be found."""
        known = self.records.get(account.source, {}).get(account.id)
        if known is not None:
            return known
        holders = self.holders.get(account.source, self.holders.get("", {}))
        keys = account_keys(account, self.hows.get(account.source))
        return next((holders[key] for key in keys if key in holders), None)

    def now(self, number: int | None) -> int | None:
        """Who a customer is now, of whom the number was written down some time ago."""
        return None if number is None else self.into.get(number, number)

    def records_of(self, customer: int) -> list[int]:
        """The numbers under which it may have been written down."""
        return [customer, *sorted(old for old, now in self.into.items() if now == customer)]


def account_keys(account: Account, how: Enriching | None) -> Sequence[str]:
    """What finds the customer; a later one counts where the earlier ones find nobody."""
    person, _, host = account.email.partition("@")
    match how.by if how else None:
        case None:
            name = account.name.strip().casefold()
            return [f"id:{account.id}"] * bool(account.id) + [f"name:{name}"] * bool(name)
        case By.ID | By.FIRST:
            return [account.id] * bool(account.id)
        case By.DOMAIN:
            domain = domain_of(host) if host else None
            return [f"domain:{domain}"] if domain else []
        case By.EMAIL:
            return [f"email:{person}"] if host else []
        case By.FIELD:
            return []  # of a field only the helpdesk's own customers tell


def held_alone(keys: Mapping[int, Set[str]]) -> dict[str, int]:
    """By key, whose it is; without those that two share."""
    found: dict[str, int | None] = {}
    for number, own in keys.items():
        for key in own:
            found[key] = number if found.get(key, number) == number else None
    return {key: number for key, number in found.items() if number is not None}


def by_id_or_name(
    ids: Mapping[int, str], names: Mapping[int, str], into: Mapping[int, int]
) -> dict[int, set[str]]:
    """What customers are found by where config.yaml does not say how. A merged record still has
    its id, and no longer its name."""
    found: dict[int, set[str]] = {}
    for number, id in ids.items():
        own = found.setdefault(into.get(number, number), set())
        own.add(f"id:{id}")
        name = names.get(number, "").strip().casefold()
        if name and number not in into:
            own.add(f"name:{name}")
    return found
