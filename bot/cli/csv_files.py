"""Rows for a spreadsheet."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from bot.errors import ConfigError
from bot.messages.spreadsheets import as_csv


def write_csv(path: Path, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Into a new file, in which no cell is a formula. Raises ConfigError if it can't be."""
    try:
        with path.open("x", newline="", encoding="utf-8") as file:
            file.write(as_csv(heading, rows))
    except FileExistsError:
        raise ConfigError(f"{path} is there already; name a new file.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from None
