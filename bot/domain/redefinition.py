"""Which settings differ between the definition that was in force and the one that is."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import IntEnum
from typing import Any

from bot.domain.definition import Definition


@dataclass(frozen=True, slots=True)
class Changed:
    """One setting, its values as config.yaml has them."""

    setting: str
    was: str
    now: str


def settings_of(definition: Definition) -> dict[str, Any]:
    """What JSON can hold of it, to be kept beside its hash."""
    settings: dict[str, Any] = json.loads(json.dumps(asdict(definition)))
    return settings


def changed_settings(was: Mapping[str, Any], now: Definition) -> list[Changed]:
    """The settings of which `was`, made by `settings_of`, says something else than `now`.

    A setting that was not there yet had the value that it has by default, and one that is not
    there any more means nothing: so a newer Keeprate does not by itself change a definition. What
    the source's own settings said was not kept by an older one, so nothing is told of them then.
    """
    current, usual = settings_of(now), settings_of(Definition())
    return [
        Changed(
            each.name, _shown(before, each.name, now), _shown(current[each.name], each.name, now)
        )
        for each in fields(now)
        if (before := was.get(each.name, usual[each.name])) != current[each.name]
        and not (each.name == "counting" and each.name not in was)
    ]


def _pair(pair: list[Any]) -> str:
    """A currency and its rate: EUR 1."""
    return " ".join(f"{each:g}" if isinstance(each, float) else str(each) for each in pair)


def _shown(value: Any, name: str, definition: Definition) -> str:
    kind = type(getattr(definition, name))
    if value is None:
        return "none"
    if issubclass(kind, IntEnum):
        return str(kind(value).name).lower()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in sorted(value.items())) or "none"
    if isinstance(value, list):
        return ", ".join(
            _pair(each) if isinstance(each, list) else str(each) for each in value
        ) or ("none")
    return str(value)
