"""How what customers pay is said: one line beside a figure of customers."""

from bot.domain.columns import PARTS
from bot.domain.recurring import RevenueFigure
from bot.domain.revenue import RatesMissing, decimals
from bot.messages import wording
from bot.messages.blocks import escape


def revenue_line(found: RevenueFigure | RatesMissing | None) -> str:
    """The rates, what they are made of, and every movement that there was; "" without amounts."""
    if found is None:
        return ""
    if isinstance(found, RatesMissing):
        return escape(str(found))
    sums, currency = found.sums, found.currency
    rates = "No NRR: nobody paid at the start"
    if sums.opening:
        kept = sums.opening - sums.contraction - sums.churned
        net, gross = share_of(kept + sums.expansion, sums.opening), share_of(kept, sums.opening)
        rates = f"NRR {net}, GRR {gross} of MRR {money(sums.opening, currency)} at the start"
    moved = [
        f"{sign}{money(amount, currency, name=False)} {what}"
        for sign, amount, what in (
            ("+", sums.new, "new"),
            ("+", sums.reactivated, "reactivated"),
            ("+", sums.expansion, "expansion"),
            ("-", sums.contraction, "contraction"),
            ("-", sums.churned, "churned"),
        )
        if amount
    ]
    told = f"{rates}; MRR {money(sums.closing, currency)} at the end"
    if found.unattached:
        told += f"; {wording.number(found.unattached, 'customer')} paid on days without a stay"
    return f"{told}: {' · '.join(moved)}" if moved else f"{told}, the same of everybody"


def money(amount: int, currency: str, *, name: bool = True) -> str:
    """1,234.50 EUR, from parts; with as many decimals as the currency has."""
    shown = f"{units(amount, currency):,.{decimals(currency)}f}"
    return f"{shown} {currency}" if name else shown


def units(amount: int, currency: str) -> float:
    """Parts in what people count in, rounded to the currency's smallest unit."""
    return round(amount / PARTS, decimals(currency))


def share_of(part: int, whole: int) -> str:
    """A share with one decimal, never rounded to a 0 or a 100 that is not true."""
    if part <= whole:
        return wording.percent(part, whole)
    return f"{max(100 * part / whole, 100.1):,.1f} %"
