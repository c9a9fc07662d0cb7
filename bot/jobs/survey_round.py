"""Asking on schedule."""

from bot.domain.asking import Design
from bot.jobs.asking import Asking
from bot.jobs.once import Turn
from bot.jobs.schedule import Occurrence


async def survey_round(
    occurrence: Occurrence, *, design: Design, channel: str, asking: Asking, turn: Turn
) -> None:
    """Ask once for this occurrence."""

    async def put() -> bool:
        await asking.ask_channel(design, channel, asked_by="")
        return True

    await turn.once("survey round", f"{design.name} {channel}", occurrence.key, put)
