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
    of_this = drawn(round, design, occurrence)

    async def put() -> bool:
        await asking.ask(design, target, asked_by="", round=of_this)
        return True

    place = " ".join((*target.channels, *target.people, *target.groups)) or "customers"
    await turn.once("survey round", f"{design.name} {place}", occurrence.key, put)


def drawn(round: Round, design: Design, occurrence: Occurrence) -> Round:
    """With the name by which lots are drawn, the same whenever somebody looks."""
    return replace(round, name=f"{design.name}:{occurrence.key}")
