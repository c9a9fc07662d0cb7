"""The parameters of a question that config.yaml describes."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.paths import NOTHING
from integrations.rows import SINCE_1970, Dates

SINCE = "{since}"
"""Stands for the moment from which on changes are asked for."""

OVERLAP = timedelta(minutes=5)
"""Asked for again, because what changed a moment ago may not be in the API's index yet."""


def asking_from(
    params: Mapping[str, Any], since: datetime | None, since_as: Dates
) -> dict[str, Any]:
    """The parameters, with `{since}` filled in or without those that have it."""
    if since is None:
        filled = _without_since(params)
        return filled if isinstance(filled, dict) else {}
    begins = (since - OVERLAP).astimezone(UTC)
    match since_as:
        case "iso":
            told = f"{begins:%Y-%m-%dT%H:%M:%SZ}"
        case "seconds" | "milliseconds" as unit:
            told = str(int(begins.timestamp()) * SINCE_1970[unit])
        case pattern:
            told = begins.strftime(pattern)
    filled = _filled_in(params, told)
    return dict(filled)


def _filled_in(value: Any, told: str) -> Any:
    match value:
        case str():
            return value.replace(SINCE, told)
        case dict():
            return {name: _filled_in(inner, told) for name, inner in value.items()}
        case list() | tuple():
            return [_filled_in(inner, told) for inner in value]
        case _:
            return value


def _without_since(value: Any) -> Any:
    match value:
        case dict():
            kept = ((name, _without_since(inner)) for name, inner in value.items())
            return {name: inner for name, inner in kept if inner is not NOTHING}
        case list() | tuple():
            kept_all = [_without_since(inner) for inner in value]
            return [inner for inner in kept_all if inner is not NOTHING]
        case str() if SINCE in value:
            return NOTHING
        case _:
            return value


def plus(params: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    """The parameters with one more; `variables.after` is inside another."""
    told = deepcopy(dict(params))
    *way, last = name.split(".") if "." in name and name.split(".")[0] in told else [name]
    inner = told
    for step in way:
        inner = inner.setdefault(step, {})
    inner[last] = value
    return told
