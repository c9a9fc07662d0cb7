"""One module per system. A module named `acme.py` answers to `kind: acme`; no list names it."""

import pkgutil
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime
from importlib import import_module
from typing import TypeVar, cast

from integrations import base
from integrations.base import Integration, Settings
from integrations.errors import IntegrationError, UnexpectedResponse
from integrations.http import Http
from integrations.records import OtherPage, Page

AnyPage = TypeVar("AnyPage", Page, OtherPage)

_PARAGRAPH = re.DOTALL | re.MULTILINE
_SHARED = {
    "base",
    "billing",
    "crm",
    "errors",
    "helpdesk",
    "http",
    "paging",
    "parameters",
    "paths",
    "records",
    "refusals",
    "rows",
    "shop",
}


def available() -> list[str]:
    """The kinds that may appear in config.yaml, in alphabetical order."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _SHARED)


def load(kind: str) -> Integration:
    """The integration called `kind`, which must be one of `available()`.

    Raises TypeError if the module does not define what an integration must.
    """
    module = import_module(f"integrations.{kind}")
    if not issubclass(getattr(module, "Settings", object), Settings) or not base.offered(module):
        raise TypeError(
            f"integrations/{kind}.py must define Settings, a subclass of base.Settings, and one of"
            f" {', '.join(base.READINGS)}"
        )
    return cast(Integration, module)


def offers(kind: str) -> tuple[str, ...]:
    """What a source of this kind can be asked for: some of `base.READINGS`, and `changes`."""
    module = load(kind)
    return (*base.offered(module), *(["changes"] if hasattr(module, "changes") else []))


def access(kind: str) -> str:
    """What a source of this kind wants to be asked with, and the scopes that it takes: in the words
    of its docs."""
    told = re.search(
        r"^Auth: (.+?)(?=\n\n|\n[A-Z][\w, ]*: |\Z)", load(kind).__doc__ or "", _PARAGRAPH
    )
    return " ".join(told[1].split()) if told is not None else ""


def incremental(settings: Settings) -> bool:
    """Whether a source can be asked for the `changes` of its customers."""
    return "changes" in offers(settings.kind) and settings.incremental()


def customers(settings: Settings, http: Http, after: str = "") -> AsyncGenerator[Page, None]:
    """All pages of one source, or those after a page with the mark `after`.

    This and the other readings raise IntegrationError and nothing else; its sentence begins with
    the source's name. Stopping before the end leaves nothing open if the caller closes the
    generator (`contextlib.aclosing`).
    """
    reading: Callable[..., AsyncGenerator[Page, None]] = load(settings.kind).customers
    return _told_by(settings, reading(settings, http, *([after] if after else [])))


def changes(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[Page, None]:
    """What changed since a moment (aware); only of a kind that offers it."""
    return _told_by(settings, load(settings.kind).changes(settings, http, since))


def read_counts(settings: Settings, http: Http) -> AsyncGenerator[OtherPage, None]:
    """Every count that a source tells. `integrations.counts` is the module of that kind."""
    return _told_by(settings, load(settings.kind).counts(settings, http))


def tickets(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[OtherPage, None]:
    """Tickets, and ratings of them, that changed since a moment (aware)."""
    return _told_by(settings, load(settings.kind).tickets(settings, http, since))


def ratings(settings: Settings, http: Http, since: datetime) -> AsyncGenerator[OtherPage, None]:
    """Ratings given or changed since a moment (aware)."""
    return _told_by(settings, load(settings.kind).ratings(settings, http, since))


async def _told_by(
    settings: Settings, reading: AsyncGenerator[AnyPage, None]
) -> AsyncGenerator[AnyPage, None]:
    """The pages; what goes wrong begins with the source's name."""
    try:
        async with aclosing(reading) as pages:
            async for page in pages:
                yield page
    except IntegrationError as error:
        error.source = settings.name
        raise
    except (AttributeError, LookupError, TypeError, ValueError, OverflowError) as error:
        # Not the error's own words: they may hold a customer's.
        unknown = UnexpectedResponse(
            f"an answer of a shape we do not know ({type(error).__name__}); report it to us"
        )
        unknown.source = settings.name
        raise unknown from error
