"""One module per system. A module named `acme.py` answers to `kind: acme`; no list names it."""

import pkgutil
from collections.abc import AsyncIterator
from importlib import import_module
from typing import cast

from integrations.base import Integration, Settings
from integrations.errors import UnexpectedResponse
from integrations.http import Http
from integrations.records import Page

_SHARED = {"base", "errors", "http", "records"}


def available() -> list[str]:
    """The kinds that may appear in config.yaml, in alphabetical order."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _SHARED)


def load(kind: str) -> Integration:
    """The integration called `kind`, which must be one of `available()`."""
    return cast(Integration, import_module(f"integrations.{kind}"))


async def customers(settings: Settings, http: Http) -> AsyncIterator[Page]:
    """All pages of one source. Raises IntegrationError and nothing else."""
    try:
        async for page in load(settings.kind).customers(settings, http):
            yield page
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnexpectedResponse(
            f"{settings.name}: an answer of a shape we do not know"
            f" ({type(error).__name__}: {error})"
        ) from error
