"""Whose customers they are: what the source says of who looks after each, and people in Slack."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person as Slack knows them."""

    id: str
    email: str = ""
    """"" where the app may not read it."""
    names: tuple[str, ...] = ()
    """What they are called: anybody may call themselves anything."""


def meant(
    labels: Iterable[str],
    person: Colleague,
    known: Mapping[str, str],
    *,
    by_name: bool = True,
) -> tuple[str, ...]:
    """Those of the labels that mean this person.

    A label that `known` (label to id) has means whom it says there. Any other means the person
    whose id or e-mail it is, or, `by_name`, who is called so; all without regard to case. What must
    not be had by taking another's name is asked for without `by_name`.
    """
    said = {label.strip().casefold(): id for label, id in known.items()}
    own = {person.id.casefold(), person.email.casefold()} - {""}
    if by_name:
        own |= {name.strip().casefold() for name in person.names} - {""}
    return tuple(
        label
        for label in labels
        if (word := label.strip().casefold())
        and (said[word] == person.id if word in said else word in own)
    )
