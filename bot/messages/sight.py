"""A rule by luck in the digest: whether the newest month is as usual, and what would not show."""

from bot.domain.detection import Reason, Sight, Verdict, Window
from bot.domain.period import Kind
from bot.messages import wording
from bot.messages.languages import grouped, tr


def sight_sentence(verdict: Verdict | None) -> str:
    """48 of 50 customers stayed in October 2026, 47 expected: as usual. Drops under 13 points would
    not show yet.

    Never that all is well: what can't be seen is said with it. Where there are too few customers or
    months, that is what is said; "" where there is no month to speak of.
    """
    if verdict is None or verdict.period is None or not verdict.opening:
        return ""
    base = wording.number(verdict.opening, "customer")
    if verdict.reason is Reason.SHORT_HISTORY:
        return tr("Too few months are known yet to tell a bad one from bad luck.")
    if verdict.reason is Reason.SMALL_BASE:
        return tr("With {customers} nobody can tell a bad month from bad luck.", customers=base)
    if verdict.sight is None or verdict.strongest is None:
        return ""
    window = verdict.strongest if verdict.dropped else verdict.windows[0]
    told = tr(
        "{kept} of {customers} stayed {when}, {expected} expected: fewer than luck explains."
        if verdict.dropped
        else "{kept} of {customers} stayed {when}, {expected} expected: as usual.",
        kept=window.kept,
        customers=_whom(window),
        when=_when(window),
        expected=window.expected_kept,
    )
    return f"{told} {unseen(verdict.sight)}"


def unseen(sight: Sight) -> str:
    """What the rule can't see in a single month."""
    if sight.blind:
        return tr("Luck explains even the worst single month, so no drop would show in one.")
    points = wording.number_of_points(round(sight.drop, 1))
    return tr("Drops under {points} would not show yet.", points=points)


def _whom(window: Window) -> str:
    """Of several months no customers: each is counted in every one."""
    several = len(window.periods) > 1
    return grouped(window.opening) if several else wording.number(window.opening, "customer")


def _when(window: Window) -> str:
    newest, months = window.periods[-1], len(window.periods)
    if months > 1:
        return tr("over the last {n} months", n=months)
    if newest.kind is Kind.DAYS:
        return tr("in the month up to {day}", day=wording.day(newest.last))
    return wording.in_period(newest)
