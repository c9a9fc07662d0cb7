"""What the databases raise, said as a sentence that names who must look at what."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import StoreUnavailable

_REMEDIES = (
    ("locked", "Another program has kept it locked; end that program or let it finish."),
    (
        "readonly",
        "It may not be written: give the bot's user the right to write it and its folder.",
    ),
    ("unable to open", "Give the bot's user the right to write it and its folder."),
    ("disk is full", "The disk is full: make room."),
    ("not a database", "The file is something else: name another one in config.yaml."),
    ("malformed", "The file is damaged: put back a copy of it."),
    ("authentication failed", "Mend the user or the password in config.yaml."),
    ("does not exist", "Make it, or name another one in config.yaml."),
)
_UNAVAILABLE = {"OperationalError", "InterfaceError", "InternalError"}
"""Names and not classes, because psycopg is there only where it was asked for."""


@contextmanager
def named(name: str) -> Iterator[None]:
    """Raises StoreUnavailable in place of an error of the database `name` itself.

    Errors of what was asked of it (a duplicate, a number that is none) pass as they are. Hence
    the database's own words are shown only where they cannot hold a customer's.
    """
    try:
        yield
    except Exception as error:
        cause = getattr(error, "orig", None) or error
        if not _at_fault(cause):
            raise
        raise StoreUnavailable(_sentence(name, cause)) from error


def _at_fault(cause: BaseException) -> bool:
    kinds = {base.__name__ for base in type(cause).__mro__}
    return (
        isinstance(cause, PoolTimeout)
        or not _UNAVAILABLE.isdisjoint(kinds)
        or type(cause).__name__ == "DatabaseError"  # SQLite: the file is damaged, or something else
    )


def _sentence(name: str, cause: BaseException) -> str:
    reason = (str(cause).splitlines() or [type(cause).__name__])[0].rstrip(".")
    remedy = next(
        (remedy for words, remedy in _REMEDIES if words in reason),
        "Look at whether it runs, at its disk and at the address in config.yaml.",
    )
    return f"{name} is not available ({reason}). {remedy}"


def repeatable(error: Exception) -> bool:
    """Whether PostgreSQL asks for the same transaction once more (deadlock, serialization)."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) in ("40001", "40P01")
