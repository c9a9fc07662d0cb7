"""`keeprate audit`: who changed or exported what; and who sits at this terminal."""

import getpass
from datetime import date, datetime, time

from bot.config import Config
from bot.domain.audit import TERMINAL, Deed
from bot.parts import Clock, Stores, stores

NOTHING = "Nothing was changed or exported."


def whoever_types() -> str:
    """Who gives the commands of this terminal, as the audit log calls them."""
    try:
        return f"{TERMINAL}{getpass.getuser()}"
    except (OSError, KeyError):  # in a container the user may have no name
        return f"{TERMINAL}?"


async def note(kept: Stores, clock: Clock, what: str, about: str) -> None:
    """Write down what is done at this terminal."""
    await kept.deeds.put(Deed(clock(), whoever_types(), what, about))


async def deeds(config: Config, *, since: date | None, person: str) -> list[Deed]:
    """From the beginning of that local day on, the oldest first."""
    zone = config.definition.definition().zone_info
    moment = datetime.combine(since or date(1970, 1, 2), time.min, zone)
    async with stores(config) as kept:
        return list(await kept.deeds.since(moment, person=person))


def in_words(found: list[Deed], config: Config) -> str:
    """A line each, with local times."""
    zone = config.definition.definition().zone_info
    lines = [
        f"{deed.at.astimezone(zone):%Y-%m-%d %H:%M}  {deed.person:<16}  {deed.what}"
        + (f": {deed.about}" if deed.about else "")
        for deed in found
    ]
    return "\n".join(lines) or NOTHING


def as_rows(found: list[Deed]) -> list[tuple[str, str, str, str]]:
    return [(deed.at.isoformat(), deed.person, deed.what, deed.about) for deed in found]
