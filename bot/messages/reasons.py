"""Why customers left, added up: a sentence, and a table for those who want to see it."""

from collections.abc import Sequence

from bot.domain.reasons import UNKNOWN, Cause
from bot.messages import wording
from bot.messages.blocks import Align, Block, escape, escape_lines, section, table
from bot.messages.languages import grouped, later, tr

_USUAL = (
    later("price"),
    later("product"),
    later("service"),
    later("champion left"),
    later("out of business"),
    later("competitor"),
    later("other"),
)
"""Those of domain.reasons, which stand there where nobody speaks."""

_SHOWN = 12
"""Rows of the table; a list of reasons that was changed often has more."""
_ALIGN: tuple[Align, ...] = ("left", "right", "right")


def reasons_sentence(causes: Sequence[Cause], currency: str = "") -> str:
    """Why: price 3, product 1, not known yet 4; "" where nobody has said anything. With a currency,
    also what they paid: price 3 (4,200 EUR a month). Escaped."""
    told = reasons_told(causes, currency)
    return tr("Why: {causes}.", causes=told) if told else ""


def reasons_told(causes: Sequence[Cause], currency: str = "") -> str:
    """The same without its beginning."""
    if not _said(causes):
        return ""
    return ", ".join(
        f"{escape(_named(each))} {grouped(each.customers)}{_paid(each, currency)}"
        for each in _fewer(causes)
    )


def reasons_table(causes: Sequence[Cause], currency: str = "") -> tuple[Block, ...]:
    """Reason, customers, and what they paid a month; no block where nobody has said anything."""
    if not _said(causes):
        return ()
    rows = _rows(causes, currency)
    return (table(rows, align=_ALIGN[: len(rows[0])]),)


def reasons_in_letters(causes: Sequence[Cause], currency: str = "") -> tuple[Block, ...]:
    """The same for a Slack that takes no tables."""
    if not _said(causes):
        return ()
    rows = _rows(causes, currency)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]
    shown = escape_lines("\n".join(lines))
    return (section(f"```\n{shown}\n```"),)


def _paid(cause: Cause, currency: str) -> str:
    if not currency or not cause.monthly:
        return ""
    amount = f"{wording.decimal(cause.monthly, 0)} {currency}"
    return f" ({tr('{amount} a month', amount=amount)})"


def _said(causes: Sequence[Cause]) -> bool:
    return any(each.reason != UNKNOWN for each in causes)


def _rows(causes: Sequence[Cause], currency: str) -> list[list[str]]:
    amounts = bool(currency) and any(each.monthly is not None for each in causes)
    monthly = [tr("{amount} a month", amount=currency)] if amounts else []
    rows = [[tr("Why they left"), tr("Customers"), *monthly]]
    for each in _fewer(causes):
        amount = [wording.decimal(each.monthly or 0, 0)] if amounts else []
        # Three of these would end the letters of one width.
        reason = " ".join(_named(each).replace("`", "'").split())
        rows.append([reason, grouped(each.customers), *amount])
    return rows


def _fewer(causes: Sequence[Cause]) -> list[Cause]:
    """The most frequent, the others as one, and last of whom nobody knows."""
    known = [each for each in causes if each.reason != UNKNOWN]
    missing = [each for each in causes if each.reason == UNKNOWN]
    if len(known) > _SHOWN:
        others = known[_SHOWN - 1 :]
        amounts = [each.monthly for each in others if each.monthly is not None]
        customers = sum(each.customers for each in others)
        rest = Cause(tr("all other reasons"), customers, sum(amounts) if amounts else None)
        known = [*known[: _SHOWN - 1], rest]
    return [*known, *missing]


def named(reason: str) -> str:
    """As people read it: a usual one in the language in force, all others as config.yaml has
    them."""
    return tr(reason) if reason in _USUAL else reason


def _named(cause: Cause) -> str:
    return tr("not known yet") if cause.reason == UNKNOWN else named(cause.reason)
