"""Asking customers so many days after they joined, or before they renew."""

from collections.abc import Mapping
from functools import partial

from bot.domain.asking import Design, Target
from bot.domain.moments import Due, Moment, due
from bot.jobs.asking import Asking, Round
from bot.jobs.once import Turn
from bot.jobs.schedule import Occurrence
from bot.store.figures import Figures


async def ask_at_moments(
    occurrence: Occurrence,
    *,
    design: Design,
    moment: Moment,
    days: int,
    segment: Mapping[str, str],
    share: float,
    figures: Figures,
    asking: Asking,
    turn: Turn,
) -> None:
    """Ask in the customer's channel, once for each time that they joined or renew. Who is within
    the budget of being asked, or was not drawn, is passed over, not put off."""
    found = due(moment, await figures.columns(), today=occurrence.at.date(), days=days)
    if not found:
        return
    channels = await asking.of_segment(segment)
    for each in found:
        if of_them := channels.get(each.customer):
            target = Target(channels=tuple(of_them))
            work = partial(_ask, asking, design, target, drawn_at_moment(design, each, share))
            await turn.once(asked_at_moment(moment), design.name, name_of(each), work)


def asked_at_moment(moment: Moment) -> str:
    """What the ledger calls it."""
    return f"survey {moment}"


def name_of(each: Due) -> str:
    """What the ledger calls this time of this customer."""
    return f"{each.customer} {each.day}"


def drawn_at_moment(design: Design, each: Due, share: float) -> Round:
    return Round(name=f"{design.name}:{each.day}", share=share)


async def _ask(asking: Asking, design: Design, target: Target, round: Round) -> bool:
    await asking.ask(design, target, asked_by="", round=round)
    return True
