"""Whom the names of customers are looked up for, where names are for owners alone.

Whoever asks is set once, where their role is looked up; what is made for a channel is made for
everybody, who are told no name. Where nobody is set, as in jobs, nobody is told one either.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Set
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asker:
    person: str
    sees_all: bool
    """Admins do."""


_ASKER: ContextVar[Asker | None] = ContextVar("asker", default=None)

Allowed = Callable[[Iterable[int]], Awaitable[Set[int]]]
"""Of these customers, those whose names may be told now."""


def asked_by(person: str, *, sees_all: bool) -> None:
    """From here on, names are looked up for this person."""
    _ASKER.set(Asker(person, sees_all))


def asker() -> Asker | None:
    """Whom they are looked up for; None for everybody."""
    return _ASKER.get()


@contextmanager
def for_everybody() -> Iterator[None]:
    """What is made inside is read by others than who asks."""
    token = _ASKER.set(None)
    try:
        yield
    finally:
        _ASKER.reset(token)


@contextmanager
def for_one(person: str) -> Iterator[None]:
    """What is made inside is read by this person alone; by everybody where that is ""."""
    token = _ASKER.set(Asker(person, sees_all=False) if person else None)
    try:
        yield
    finally:
        _ASKER.reset(token)
