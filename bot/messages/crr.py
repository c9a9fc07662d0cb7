"""What `/crr` answers: a figure with the numbers that it is made of, or why there is none."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.domain.comparison import Compared, Figure
from bot.domain.definition import Definition
from bot.domain.pulls import Freshness
from bot.domain.retention import crr_from_counts
from bot.messages import limits, wording
from bot.messages.blocks import (
    Block,
    Message,
    actions,
    advising,
    bold,
    button,
    context,
    header,
    saying,
    section,
)
from bot.messages.languages import later, tr

HELP = (
    ("/crr", later("CRR of the last finished month")),
    ("/crr week", later("of the last finished week; also month, quarter, year")),
    ("/crr 2026-10-01..2026-10-31", later("of any two dates, both included")),
    ("/crr month plan=pro", later("of the customers whose plan was pro when the month began")),
    ("/crr tenure=0-2", later("of those who joined less than 3 months before; also size=100-1000")),
    ("/crr 2026-10 known=2026-11-05", later("as it was known at the end of that day")),
    ("/crr month source=billing", later("of the customers of another source, by its name")),
    ("/crr explain 2026-10", later("how that figure came to be, with everybody behind it")),
    (
        "/crr as stripe 2026-10",
        later("what Stripe would say of it; also chartmogul, baremetrics and more"),
    ),
    ("/crr who left 2026-10", later("who left, why, and what they paid, as /churn")),
    ("/crr who joined 2026-10", later("who is new, and who came back")),
    (
        "/crr compare 2026-10 2026-09",
        later("two periods side by side, and whether luck explains the difference"),
    ),
    ("/crr compare plan=pro plan=free q3", later("the same of two segments")),
    (
        "/crr cohort",
        later(
            "of those who joined in a month, how many are there later; also cohort quarter, year"
        ),
    ),
    ("/crr cohort revenue", later("what they pay later, of what they paid at first")),
    ("/crr lifetime plan=pro", later("how long customers stay, who joined with plan pro")),
    (
        "/crr record 2026-10-31 200 customers 80 new",
        later("keeps a count of that day, to compare with"),
    ),
    (
        "/crr calc 150 200 80",
        later("by the formula: 150 at the start, 200 at the end, 80 of them new"),
    ),
    ("/crr help", later("this list")),
)
"""Each command and what it answers."""


def crr_answer(
    found: Compared,
    *,
    freshness: Freshness | None,
    definition: Definition,
    left: Sequence[str] = (),
    segment: Sequence[tuple[str, str]] = (),
    known_at: datetime | None = None,
    note: str = "",
    revenue: str = "",
    renewals: str = "",
    others: Sequence[Freshness] = (),
    counted: str = "",
    lists: Sequence[Block] = (),
) -> Message:
    """The figure, against the one before it: of an unfinished period, the same days of that.

    `left` are names of who left, ten being enough. `known_at` is the moment of the past as of
    which it was asked for, `note` what was said of the figure before, `revenue` what the same
    customers pay, `renewals` how many of them renewed (all escaped). `others` are the sources that
    say more about these customers, and `counted` what was counted of them (escaped). `lists` are
    buttons that name all of them.
    """
    figure = found.now
    counts, when = figure.counts, wording.period(figure.period)
    of = f", {wording.segment(segment)}" if segment else ""
    title = f"{when} {wording.so_far(figure.so_far)}".rstrip()
    told = _sentence(figure, found.before, of)
    notes = [
        each
        for each in (
            wording.formula(counts),
            wording.movements(counts),
            renewals,
            revenue,
            tr("Left: {names}", names=wording.names(left, counts.lost))
            if counts.lost and left
            else "",
            wording.small_base(counts, definition),
            counted,
            note,
            wording.as_known(known_at, definition),
        )
        if each
    ]
    eve = min(each.period.eve for each in (figure, found.before or figure))
    known = [*([freshness] if freshness else []), *others]
    told_of = [wording.freshness(each, definition, reaching=eve) for each in known]
    fresh = "; ".join(told_of if freshness else [tr("No data yet"), *told_of])
    return Message(
        text="\n".join([told, *notes, fresh]),
        blocks=(
            header(wording.capital(title)),
            section("\n".join([bold(told), *notes])),
            context(fresh, tr("CRR = kept / opening. Days of {zone}.", zone=definition.zone)),
            *lists,
        ),
    )


def calc_answer(start: int, end: int, new: int) -> Message:
    """The formula of the trade with the numbers in it. Raises Misunderstood for impossible ones."""
    found = crr_from_counts(start, end, new)
    if found is None:
        told = tr("Nobody was there at the start, so there is no rate.")
        return saying(told)
    share = tr("{number} %", number=wording.trimmed(100 * found))
    formula = tr(
        "({end} - {new}) / {start} x 100 = {share}", end=end, new=new, start=start, share=share
    )
    told = tr(
        "CRR {share}: of {customers} at the start, {stayed} of the {end} at the end are not new.",
        share=share,
        customers=wording.number(start, "customer"),
        stayed=end - new,
        end=end,
    )
    warning = ""
    if found > 1:
        warning = tr(
            "More than 100 % can't be: some of those at the end were neither there at the start"
            " nor counted as new, such as customers who came back."
        )
    return Message(
        text="\n".join(filter(None, (told, formula, warning))),
        blocks=(
            section("\n".join(filter(None, (bold(told), f"`{formula}`", warning)))),
            context(
                tr(
                    "CRR = (customers at the end - new customers) / customers at the start. It is"
                    " exact only if everybody at the end who was not there at the start counts as"
                    " new."
                )
            ),
        ),
    )


SHARE = "crr_share"
"""The button that shows an answer to everybody in the channel."""


def shareable(answer: Message, words: str) -> Message:
    """With a button below that gives the same answer in front of everybody.

    What was typed travels in the button; what is too long for it is not shared by one.
    """
    if len(words) > limits.BUTTON_VALUE:
        return answer
    share = actions(button(tr("Share in channel"), action_id=SHARE, value=words or "month"))
    fallback = None if answer.fallback is None else (*answer.fallback, share)
    return Message(answer.text, (*answer.blocks, share), fallback)


def read_share(body: dict[str, Any]) -> str:
    """What was typed for the answer."""
    return str(body["actions"][0]["value"])


def not_in_front_of_customers() -> Message:
    told = tr(
        "This channel is shared with people from outside, who must not see figures. Ask without"
        " `public`, and only you will see the answer."
    )
    return advising(told)


def not_in_a_direct_message() -> Message:
    told = tr(
        "This is a direct message, in which nothing is shown to others. Ask in a channel to show it"
        " there, or without `public`, and only you will see the answer."
    )
    return advising(told)


def not_in_an_unknown_channel() -> Message:
    told = tr(
        "The bot can't see who reads along here, so it shows no figures to everybody. Type"
        " `/invite @Keeprate` first, or ask without `public`, and only you will see the answer."
    )
    return advising(told)


def crr_help() -> Message:
    lines = [(command, tr(what)) for command, what in HELP]
    title = tr("What {command} answers", command="/crr")
    shown = tr("What {command} answers", command="`/crr`")
    return Message(
        text="\n".join([f"{title}:", *(f"{command}: {what}" for command, what in lines)]),
        blocks=(
            section("\n".join([f"*{shown}*", *(f"`{c}`  {what}" for c, what in lines)])),
            context(tr("Only you see the answers.")),
        ),
    )


def _sentence(figure: Figure, before: Figure | None, of: str) -> str:
    counts = figure.counts
    if not counts.opening:
        return tr(
            "Nobody was a customer on {day}{segment}, so there is no rate.",
            day=wording.day(figure.period.eve, weekday=True),
            segment=of,
        )
    when = wording.capital(wording.period(figure.period))
    if figure.so_far:
        when += f" {wording.so_far(figure.so_far)}"
    told = f"{when}{of}: {wording.crr(counts)}"
    if before:
        label = wording.in_period(before.period)
        if before.so_far:
            label = tr("{period} by day {day}", period=label, day=before.so_far.day)
        changed = wording.change(counts, before.counts, label)
        told += f"; {changed}" if changed else ""
    return told + "."
