"""How what customers pay is said: one line beside a figure of customers."""

from bot.domain.columns import PARTS
from bot.domain.recurring import RevenueFigure
from bot.domain.revenue import RatesMissing, decimals
from bot.messages import wording
from bot.messages.blocks import escape
from bot.messages.languages import retold, tr


def revenue_line(found: RevenueFigure | RatesMissing | None) -> str:
    """The rates, what they are made of, and every movement that there was; "" without amounts."""
    if found is None:
        return ""
    if isinstance(found, RatesMissing):
        return escape(retold(found.sentence))
    sums, currency = found.sums, found.currency
    rates = tr("No NRR: nobody paid at the start")
    if sums.opening:
        kept = sums.opening - sums.contraction - sums.churned
        net, gross = share_of(kept + sums.expansion, sums.opening), share_of(kept, sums.opening)
        rates = tr(
            "NRR {net}, GRR {gross} of MRR {amount} at the start",
            net=net,
            gross=gross,
            amount=money(sums.opening, currency),
        )
    moved = [
        f"{sign}{money(amount, currency, name=False)} {what}"
        for sign, amount, what in (
            ("+", sums.new, tr("new")),
            ("+", sums.reactivated, tr("reactivated")),
            ("+", sums.expansion, tr("expansion")),
            ("-", sums.contraction, tr("contraction")),
            ("-", sums.churned, tr("churned")),
        )
        if amount
    ]
    told = f"{rates}; {tr('MRR {amount} at the end', amount=money(sums.closing, currency))}"
    if found.unattached:
        customers = wording.number(found.unattached, "customer")
        told += f"; {tr('{customers} paid on days without a stay', customers=customers)}"
    if not moved:
        return tr("{mrr}, the same of everybody", mrr=told)
    return f"{told}: {' · '.join(moved)}"


def money(amount: int, currency: str, *, name: bool = True) -> str:
    """1,234.50 EUR, from parts; with as many decimals as the currency has."""
    shown = wording.decimal(units(amount, currency), decimals(currency))
    return f"{shown} {currency}" if name else shown


def units(amount: int, currency: str) -> float:
    """Parts in what people count in, rounded to the currency's smallest unit."""
    return round(amount / PARTS, decimals(currency))


def share_of(part: int, whole: int) -> str:
    """A share with one decimal, never rounded to a 0 or a 100 that is not true."""
    return wording.percent_over(part, whole)
