"""What the customers of one period pay, as it is told: sums of money, and the rates of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.domain.columns import Columns
from bot.domain.comparison import EVERYBODY
from bot.domain.definition import Definition
from bot.domain.period import Period, SoFar
from bot.domain.revenue import RevenueSums, movements
from bot.domain.segments import segments


@dataclass(frozen=True, slots=True)
class RevenueFigure:
    """The revenue beside the counts of the same period, customers and days."""

    period: Period
    sums: RevenueSums
    currency: str
    unattached: int
    """How many pay on the eve or the last day and are no customers on it: in none of the sums."""
    so_far: SoFar | None = None


def revenue_figure(
    columns: Columns,
    period: Period,
    *,
    today: date,
    definition: Definition,
    wanted: Mapping[str, str] = EVERYBODY,
) -> RevenueFigure | None:
    """None where the source tells no amounts.

    Raises RatesMissing where amounts can't be added up, and as `comparison.compared`.
    """
    within = segments(columns, wanted, on=period.eve, definition=definition)
    found = movements(
        columns,
        period,
        today=today,
        currency=definition.currency,
        rates=dict(definition.rates),
        within=within,
    )
    if found is None or found.currency is None:
        return None
    return RevenueFigure(period, found.sums, found.currency, len(found.unattached), found.of.so_far)
