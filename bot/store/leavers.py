"""Who left, with all that is known of them."""

from bot.domain.columns import PARTS, Codes
from bot.domain.evaluation import monthly
from bot.domain.period import Period
from bot.domain.reasons import Cause, table
from bot.domain.segments import labels_on
from bot.messages.alerts import Leaver
from bot.store.figures import OWNER, Figures
from bot.store.reasons import Reasons
from bot.store.results import Results


async def leavers(
    figures: Figures, reasons: Reasons, results: Results, customers: Codes, period: Period
) -> tuple[Leaver, ...]:
    """These customers in the order in which they come, as they were on the eve of the period."""
    columns = await figures.columns()
    names = await figures.names(customers, len(customers))
    owners = labels_on(columns, OWNER, customers, period.eve)
    money = monthly(columns, customers, period, figures.definition)
    why = await reasons.of(map(int, customers), since=period.first, until=period.next)
    scores = await results.last_of(map(int, customers))
    return tuple(
        Leaver(
            customer=int(who),
            name=names[n],
            owner=owners[n],
            monthly=money[0][n] / PARTS if money else None,
            currency=money[1] if money else "",
            reason=why.get(int(who)),
            scores=tuple((given.scale, given.score) for given in scores.get(int(who), ())),
        )
        for n, who in enumerate(customers)
    )


async def causes(
    figures: Figures, reasons: Reasons, customers: Codes, period: Period
) -> tuple[list[Cause], str]:
    """Why these customers left in the period, and the currency of what they paid, "" if none."""
    columns = await figures.columns()
    money = monthly(columns, customers, period, figures.definition)
    lost = [int(who) for who in customers]
    why = await reasons.of(lost, since=period.first, until=period.next)
    paid = dict(zip(lost, (money[0] / PARTS).tolist(), strict=True)) if money else {}
    return table(why.values(), lost, paid), money[1] if money else ""
