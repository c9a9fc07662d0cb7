"""A rule by luck in the digest: whether the newest month is as usual, and what would not show."""

from bot.domain.detection import Reason, Sight, Verdict, Window
from bot.domain.period import Kind
from bot.messages import wording


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
        return "Too few months are known yet to tell a bad one from bad luck."
    if verdict.reason is Reason.SMALL_BASE:
        return f"With {base} nobody can tell a bad month from bad luck."
    if verdict.sight is None or verdict.strongest is None:
        return ""
    window = verdict.strongest if verdict.dropped else verdict.windows[0]
    how = "fewer than luck explains" if verdict.dropped else "as usual"
    told = (
        f"{window.kept:,} of {_whom(window)} stayed {_when(window)},"
        f" {window.expected_kept:,} expected: {how}."
    )
    return f"{told} {unseen(verdict.sight)}"


def unseen(sight: Sight) -> str:
    """What the rule can't see in a single month."""
    if sight.blind:
        return "Luck explains even the worst single month, so no drop would show in one."
    points = wording.number_of_points(round(sight.drop, 1))
    return f"Drops under {points} would not show yet."


def _whom(window: Window) -> str:
    """Of several months no customers: each is counted in every one."""
    several = len(window.periods) > 1
    return f"{window.opening:,}" if several else wording.number(window.opening, "customer")


def _when(window: Window) -> str:
    newest = window.periods[-1]
    if len(window.periods) > 1:
        return f"over the last {len(window.periods)} months"
    if newest.kind is Kind.DAYS:
        return f"in the month up to {wording.day(newest.last)}"
    return wording.in_period(newest)
