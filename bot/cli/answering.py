"""`keeprate answers`: what was answered, a line each, for a spreadsheet or a program."""

from dataclasses import fields
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Literal

from bot.cli.auditing import note
from bot.config import Config
from bot.domain.surveys import Scale
from bot.errors import ConfigError
from bot.messages.spreadsheets import as_csv, as_json_lines
from bot.parts import Clock, stores
from bot.store.results import Exported

Format = Literal["csv", "jsonl"]


async def answers(
    config: Config, *, scale: Scale | None, since: date | None, clock: Clock
) -> list[Exported]:
    """From the beginning of that local day on, the oldest first. It is written down that they were
    exported, and by whom."""
    zone = config.definition.definition().zone_info
    moment = datetime.combine(since or date(1970, 1, 2), time.min, zone).astimezone(UTC)
    async with stores(config) as kept:
        found = await kept.results.exported(moment, scale)
        await note(kept, clock, "answers exported", f"{scale or 'all scales'}, {len(found)} rows")
    return found


def as_text(found: list[Exported], how: Format) -> str:
    """With a line for each; CSV has a heading, and no cell that a spreadsheet would run."""
    rows = [each.told() for each in found]
    if how == "jsonl":
        return as_json_lines(rows)
    heading = [field.name for field in fields(Exported)]
    return as_csv(heading, ([str(value) for value in row.values()] for row in rows))


def write(path: Path, text: str) -> None:
    """Into a new file. Raises ConfigError if it can't be."""
    try:
        with path.open("x", newline="", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError(f"{path} is there already; name a new file.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from None
