"""The line of a post about what a source counts of those whom we know one by one."""

from datetime import date

from bot.domain.period import last_finished
from bot.domain.retention import Unknown
from bot.domain.subscriptions import Edition
from bot.jobs.weekly_post import KINDS
from bot.messages.counting import bridge_line
from bot.store.count_figures import CountFigures
from bot.store.figures import Figures


async def counted_beside(
    figures: Figures, counted: CountFigures, *, edition: Edition, today: date
) -> str:
    """Of the first period of the edition that was counted and comes to another rate; "" if there
    is none."""
    for kind in KINDS[edition]:
        period = last_finished(kind, today, figures.definition)
        told = await counted.beside(period, today=today)
        if told is None:
            continue
        try:
            found = await figures.explained(period, today=today, reported=told.counts)
        except Unknown:
            continue  # the post says why
        if found.of.so_far is None and (line := bridge_line(found.bridge, counted.source)):
            return line
    return ""
