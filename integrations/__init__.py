"""One module per system. A module named `acme.py` answers to `kind: acme`; no list names it."""

import pkgutil
from collections.abc import AsyncGenerator
from contextlib import aclosing
from importlib import import_module
from typing import cast

from integrations.base import Integration, Settings
from integrations.errors import IntegrationError, UnexpectedResponse
from integrations.http import Http
from integrations.records import Page

_SHARED = {"base", "errors", "http", "records", "rows"}


def available() -> list[str]:
    """The kinds that may appear in config.yaml, in alphabetical order."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _SHARED)


def load(kind: str) -> Integration:
    """The integration called `kind`, which must be one of `available()`."""
    return cast(Integration, import_module(f"integrations.{kind}"))


async def customers(settings: Settings, http: Http) -> AsyncGenerator[Page, None]:
    """All pages of one source. Raises IntegrationError and nothing else.

    Its sentence begins with the source's name. Stopping before the end leaves nothing open if the
    caller closes this generator (`contextlib.aclosing`).
    """
    try:
        async with aclosing(load(settings.kind).customers(settings, http)) as pages:
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
