"""What `/crr` answers: a figure with the numbers that it is made of, or why there is none."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.domain.comparison import Compared, Figure
from bot.domain.definition import Definition
from bot.domain.pulls import Freshness
from bot.domain.retention import crr_from_counts
from bot.messages import limits, wording
from bot.messages.blocks import Message, actions, bold, button, context, header, section

HELP = (
    ("/crr", "CRR of the last finished month"),
    ("/crr week", "of the last finished week; also month, quarter, year"),
    ("/crr 2026-10-01..2026-10-31", "of any two dates, both included"),
    ("/crr month plan=pro", "of the customers whose plan was pro when the month began"),
    ("/crr tenure=0-2", "of those who joined less than 3 months before; also size=100-1000"),
    ("/crr 2026-10 known=2026-11-05", "as it was known at the end of that day"),
    ("/crr month source=billing", "of the customers of another source, by its name"),
    ("/crr explain 2026-10", "how that figure came to be, with everybody behind it"),
    (
        "/crr as stripe 2026-10",
        "what Stripe would say of it; also chartmogul, baremetrics and more",
    ),
    (
        "/crr cohort",
        "of those who joined in a month, how many are there later; also cohort quarter, year",
    ),
    ("/crr cohort revenue", "what they pay later, of what they paid at first"),
    ("/crr lifetime plan=pro", "how long customers stay, who joined with plan pro"),
    ("/crr record 2026-10-31 200 customers 80 new", "keeps a count of that day, to compare with"),
    ("/crr calc 150 200 80", "by the formula: 150 at the start, 200 at the end, 80 of them new"),
    ("/crr help", "this list"),
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
) -> Message:
    """The figure, against the one before it: of an unfinished period, the same days of that.

    `left` are names of who left, ten being enough. `known_at` is the moment of the past as of
    which it was asked for, `note` what was said of the figure before, `revenue` what the same
    customers pay, `renewals` how many of them renewed (all escaped). `others` are the sources that
    say more about these customers, and `counted` what was counted of them (escaped).
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
            f"Left: {wording.names(left, counts.lost)}" if counts.lost and left else "",
            wording.small_base(counts, definition),
            counted,
            note,
            f"As it was known on {wording.moment(known_at, definition)}." if known_at else "",
        )
        if each
    ]
    fresh = wording.freshness(freshness, definition) if freshness else "No data yet"
    fresh = "; ".join([fresh, *(wording.freshness(each, definition) for each in others)])
    return Message(
        text="\n".join([told, *notes, fresh]),
        blocks=(
            header(wording.capital(title)),
            section("\n".join([bold(told), *notes])),
            context(fresh, f"CRR = kept / opening. Days of {definition.zone}."),
        ),
    )


def calc_answer(start: int, end: int, new: int) -> Message:
    """The formula of the trade with the numbers in it. Raises Misunderstood for impossible ones."""
    found = crr_from_counts(start, end, new)
    if found is None:
        told = "Nobody was there at the start, so there is no rate."
        return Message(told, (section(told),))
    shown = f"{100 * found:.1f}".removesuffix(".0")
    formula = f"({end:,} - {new:,}) / {start:,} x 100 = {shown} %"
    told = f"CRR {shown} %: of {wording.number(start, 'customer')} at the start, "
    told += f"{end - new:,} of the {end:,} at the end are not new."
    warning = ""
    if found > 1:
        warning = (
            "More than 100 % can't be: some of those at the end were neither there at the start"
            " nor counted as new, such as customers who came back."
        )
    return Message(
        text="\n".join(filter(None, (told, formula, warning))),
        blocks=(
            section("\n".join(filter(None, (bold(told), f"`{formula}`", warning)))),
            context(
                "CRR = (customers at the end - new customers) / customers at the start. It is exact"
                " only if everybody at the end who was not there at the start counts as new."
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
    share = actions(button("Share in channel", action_id=SHARE, value=words or "month"))
    fallback = None if answer.fallback is None else (*answer.fallback, share)
    return Message(answer.text, (*answer.blocks, share), fallback)


def read_share(body: dict[str, Any]) -> str:
    """What was typed for the answer."""
    return str(body["actions"][0]["value"])


def not_in_front_of_customers() -> Message:
    told = (
        "This channel is shared with people from outside, who must not see figures. Ask without"
        " `public`, and only you will see the answer."
    )
    return Message(told.replace("`", ""), (section(told),))


def not_in_an_unknown_channel() -> Message:
    told = (
        "The bot can't see who reads along here, so it shows no figures to everybody. Type"
        " `/invite @Keeprate` first, or ask without `public`, and only you will see the answer."
    )
    return Message(told.replace("`", ""), (section(told),))


def crr_help() -> Message:
    lines = [f"`{command}`  {what}" for command, what in HELP]
    return Message(
        text="What /crr answers:\n" + "\n".join(f"{c}: {what}" for c, what in HELP),
        blocks=(
            section("*What `/crr` answers*\n" + "\n".join(lines)),
            context("Only you see the answers."),
        ),
    )


def _sentence(figure: Figure, before: Figure | None, of: str) -> str:
    counts = figure.counts
    if not counts.opening:
        eve = wording.day(figure.period.eve, weekday=True)
        return f"Nobody was a customer on {eve}{of}, so there is no rate."
    when = wording.capital(wording.period(figure.period))
    if figure.so_far:
        when += f" {wording.so_far(figure.so_far)}"
    told = f"{when}{of}: {wording.crr(counts)}"
    if before:
        reached = f" by day {before.so_far.day}" if before.so_far else ""
        label = wording.in_period(before.period) + reached
        changed = wording.change(counts, before.counts, label)
        told += f"; {changed}" if changed else ""
    return told + "."
