"""Columns kept beside the database, because reading rows costs ten times the computing.

A file is only ever a copy. One that is damaged, cut short, of another database or of another
FORMAT is as good as none, and the rows are read.
"""

import hashlib
import json
import os
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from bot.domain.columns import Columns, Dimension, Occasions, Revenue
from bot.domain.pulls import Pull
from bot.store.times import to_ms

FORMAT = 3
"""Count up when the arrays, or how they are made of the rows, change."""

_REVENUE = ("customer", "since", "until", "amount", "currency")
_OCCASIONS = ("terms", "purchases")

_log = structlog.get_logger(__name__)


def load(folder: Path, pull: Pull, state: str = "") -> Columns | None:
    """The columns as of `pull`, or None. Every array's checksum is verified in reading.

    `state` (letters, digits, dashes) is all else that they depend on.
    """
    try:
        with (
            (folder / _name(pull, state)).open("rb") as file,
            np.load(file, allow_pickle=False) as arrays,
        ):
            return _columns(pull, arrays)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        _log.warning("columns_file_ignored", file=_name(pull, state), reason=type(error).__name__)
        return None


def keep(folder: Path, pull: Pull, columns: Columns, state: str = "") -> None:
    """In place of those of older pulls. Without room on the disk we read rows next time."""
    arrays: dict[str, NDArray[Any]] = {
        "about": np.frombuffer(json.dumps(_about(pull, columns)).encode(), dtype=np.uint8),
        "customer": columns.customer,
        "since": columns.since,
        "until": columns.until,
    }
    for index, dimension in enumerate(columns.dimensions.values()):
        arrays[f"customer.{index}"] = dimension.customer
        arrays[f"since.{index}"] = dimension.since
        arrays[f"label.{index}"] = dimension.label
    if columns.revenue is not None:
        arrays |= {f"revenue.{name}": getattr(columns.revenue, name) for name in _REVENUE}
    for name in _OCCASIONS:
        if (found := getattr(columns, name)) is not None:
            arrays |= {f"{name}.customer": found.customer, f"{name}.day": found.day}
    target = folder / _name(pull, state)
    unfinished = target.with_suffix(f".{os.getpid()}.tmp")
    try:
        folder.mkdir(exist_ok=True)
        with unfinished.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        unfinished.replace(target)
        for other in folder.glob(f"{_prefix(pull)}-*.npz"):
            if other != target:
                other.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("columns_file_not_kept", file=target.name, reason=error.strerror)
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _prefix(pull: Pull) -> str:
    return hashlib.sha256(pull.source.encode()).hexdigest()[:16]


def _name(pull: Pull, state: str) -> str:
    also = f"-{state}" if state else ""
    return f"{_prefix(pull)}-{pull.id}{also}-{FORMAT}.npz"


def _about(pull: Pull, columns: Columns) -> dict[str, Any]:
    return {
        **_identity(pull),
        "dimensions": [[name, each.labels] for name, each in columns.dimensions.items()],
        "currencies": None if columns.revenue is None else columns.revenue.currencies,
    }


def _identity(pull: Pull) -> dict[str, Any]:
    """Of the pull, and so of the database: one that was begun anew counts from 1 again."""
    believed_at = None if pull.finished_at is None else to_ms(pull.finished_at)
    return {"source": pull.source, "pull": pull.id, "believed_at": believed_at}


def _columns(pull: Pull, arrays: Any) -> Columns:
    about = json.loads(arrays["about"].tobytes())
    if {key: about.pop(key) for key in _identity(pull)} != _identity(pull):
        raise ValueError("of another database")
    return Columns(
        customer=arrays["customer"],
        since=arrays["since"],
        until=arrays["until"],
        source=pull.source,
        known_at=pull.finished_at,
        known_from=pull.known_from,
        trusted_from=pull.trusted_from,
        known_to=pull.today,
        dimensions={
            name: Dimension(
                labels=tuple(labels),
                customer=arrays[f"customer.{index}"],
                since=arrays[f"since.{index}"],
                label=arrays[f"label.{index}"],
            )
            for index, (name, labels) in enumerate(about["dimensions"])
        },
        revenue=None
        if about["currencies"] is None
        else Revenue(
            **{name: arrays[f"revenue.{name}"] for name in _REVENUE},
            currencies=tuple(about["currencies"]),
        ),
        **{
            name: Occasions(arrays[f"{name}.customer"], arrays[f"{name}.day"])
            for name in _OCCASIONS
            if f"{name}.day" in arrays
        },
    )
