"""Asking on schedule."""

from dataclasses import replace

from bot.domain.asking import Design, Target
from bot.jobs.asking import Asking, Round
from bot.jobs.once import Turn
from bot.jobs.schedule import Occurrence


async def survey_round(
    occurrence: Occurrence,
    *,
    design: Design,
    target: Target,
    round: Round,
    asking: Asking,
    turn: Turn,
) -> None:
    """Ask once for this occurrence."""
    drawn = replace(round, name=f"{design.name}:{occurrence.key}")

    async def put() -> bool:
        await asking.ask(design, target, asked_by="", round=drawn)
        return True

    place = " ".join((*target.channels, *target.people, *target.groups)) or "customers"
    await turn.once("survey round", f"{design.name} {place}", occurrence.key, put)
