"""How all messages say numbers, days, periods and lists. English."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.domain.audit import TERMINAL
from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, SoFar
from bot.domain.pulls import Freshness, PullState
from bot.domain.retention import Counts
from bot.domain.tickets import LastRead
from bot.messages.blocks import cut, escape

NAMES_SHOWN = 10
NAME_LONGEST = 80

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def number(count: int, noun: str, plural: str = "") -> str:
    """1 customer, 1,204 customers."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def percent(part: int, whole: int) -> str:
    """A share with one decimal, never rounded to a 0 or a 100 that is not true."""
    return f"{_shown(part, whole):.1f} %".replace("100.0", "100") if part else "0 %"


def rate(fraction: float) -> str:
    """A fraction that is no count of anything, such as an expectation."""
    return "100 %" if fraction == 1 else f"{100 * fraction:.1f} %"


def crr(counts: Counts) -> str:
    """CRR with the counts that it is made of, or why there is none."""
    if not counts.opening:
        return "no CRR: nobody was a customer at the start"
    shown = percent(counts.kept, counts.opening)
    return f"CRR {shown} ({counts.kept:,} of {counts.opening:,} stayed)"


def formula(counts: Counts) -> str:
    """CRR with its numbers in it; "" where there is none."""
    if not counts.opening:
        return ""
    shown = percent(counts.kept, counts.opening)
    return f"{counts.kept:,} kept / {counts.opening:,} at opening = {shown}"


def change(now: Counts, before: Counts | None, period: str) -> str:
    """In points against the period before; "" where either has no rate."""
    if before is None or now.crr is None or before.crr is None:
        return ""
    points = _shown(now.kept, now.opening) - _shown(before.kept, before.opening)
    was = f"{percent(before.kept, before.opening)} {period}"
    if abs(points) < 0.05:
        return f"unchanged from {was}"
    return f"{'up' if points > 0 else 'down'} {number_of_points(abs(points))} from {was}"


def number_of_points(points: float) -> str:
    shown = f"{points:.1f}".removesuffix(".0")
    return f"{shown} {'point' if shown == '1' else 'points'}"


def movements(counts: Counts) -> str:
    """Everybody who came or went."""
    told = [
        f"{counts.kept:,} kept",
        f"{counts.lost:,} lost",
        f"{counts.new:,} new",
        f"{counts.won_back:,} won back",
    ]
    if counts.early_losses:
        told.append(number(counts.early_losses, "early loss", "early losses"))
    return " · ".join(told)


def month(of: int) -> str:
    """January for 1."""
    return _MONTHS[of - 1]


def day(of: date, *, weekday: bool = False) -> str:
    """9 Nov 2026, or Monday 9 Nov 2026."""
    told = f"{of.day} {_MONTHS[of.month - 1][:3]} {of.year}"
    return f"{_DAYS[of.weekday()]} {told}" if weekday else told


def day_of_month(of: date) -> str:
    """9 Nov, where the year is clear."""
    return f"{of.day} {_MONTHS[of.month - 1][:3]}"


def moment(at: datetime, definition: Definition) -> str:
    """Friday 20 Nov 2026, 03:15, in the configured zone."""
    local = at.astimezone(ZoneInfo(definition.zone))
    return f"{day(local, weekday=True)}, {local:%H:%M}"


def period(of: Period) -> str:
    """The week 9-15 Nov 2026, October 2026, July-September 2026, 2026, or two dates."""
    first, last = of.first, of.last
    match of.kind:
        case Kind.WEEK:
            return f"the week {_days(first, last)}"
        case Kind.MONTH:
            return f"{_MONTHS[first.month - 1]} {first.year}"
        case Kind.YEAR if first.month == 1:
            return str(first.year)
        case Kind.QUARTER | Kind.YEAR:
            begins = _MONTHS[first.month - 1] + (
                f" {first.year}" if first.year != last.year else ""
            )
            return f"{begins} to {_MONTHS[last.month - 1]} {last.year}"
        case Kind.DAYS:
            return _days(first, last)


def capital(text: str) -> str:
    """With a capital at the beginning, and nothing else changed."""
    return text[:1].upper() + text[1:]


def in_period(of: Period) -> str:
    """The period as a sentence goes on: in October 2026, from 1 to 9 Nov 2026, on 29 Feb 2028."""
    if of.kind is not Kind.DAYS:
        return f"in {period(of)}"
    return f"{'on' if of.first == of.last else 'from'} {period(of)}"


def short(of: Period) -> str:
    """A label for a chart, of at most 20 characters."""
    first, last = of.first, of.last
    match of.kind:
        case Kind.MONTH:
            return f"{_MONTHS[first.month - 1][:3]} {first.year}"
        case Kind.QUARTER:
            return f"{_MONTHS[first.month - 1][:3]}-{_MONTHS[last.month - 1][:3]} {last.year}"
        case Kind.YEAR:
            return str(first.year) if first.month == 1 else f"{first.year}/{last.year}"
        case _:
            return f"{first.day} {_MONTHS[first.month - 1][:3]} {first.year}"


def so_far(of: SoFar | None) -> str:
    """So far (day 9 of 31); "" of a whole period."""
    return f"so far (day {of.day} of {of.of})" if of else ""


def who(person: str) -> str:
    """Who did something: a person in Slack, or who typed it in a terminal."""
    if person.startswith(TERMINAL):
        return f"{escape(person.removeprefix(TERMINAL))} in a terminal"
    return f"<@{escape(person)}>"


def names(shown: Sequence[str], total: int) -> str:
    """Acme, Globex and 7 more. Escaped; each name cut, and at most ten of them."""
    first = [escape(cut(name, NAME_LONGEST)) for name in shown[:NAMES_SHOWN]]
    more = max(total - len(first), 0)
    if more:
        return f"{', '.join(first)} and {more:,} more" if first else number(more, "customer")
    return listed(first)


def listed(told: Sequence[str]) -> str:
    """One, two and three."""
    return f"{', '.join(told[:-1])} and {told[-1]}" if len(told) > 1 else "".join(told)


def freshness(of: Freshness, definition: Definition) -> str:
    """Hubspot as of Friday 20 Nov 2026, 03:15, and what is wrong if something is. Escaped."""
    source = escape(of.source)
    believed_at = of.believed.finished_at if of.believed else None
    told = (
        f"{source} as of {moment(believed_at, definition)}"
        if believed_at
        else f"{source}: no data yet"
    )
    match of.newest.state:
        case PullState.FAILED:
            return f"{told}. The newest pull failed: {escape(of.newest.sentence)}"
        case PullState.HELD:
            return f"{told}. The newest pull is held: {escape(of.newest.sentence)}"
        case _:
            return told


def helpdesk(of: LastRead, definition: Definition) -> str:
    """The same of tickets or ratings."""
    source = f"{of.what.capitalize()} of {escape(of.source)}"
    told = (
        f"{source} as of {moment(of.finished_at, definition)}"
        if of.finished_at
        else f"{source}: none so far"
    )
    if of.failed_at is None:
        return told
    return f"{told}. They cannot be read: {escape(of.sentence)}"


def small_base(counts: Counts, definition: Definition) -> str:
    """A warning that a rate of so few says little; "" where they are enough, or none."""
    if not 0 < counts.opening < definition.minimum_base:
        return ""
    one = number_of_points(100 / counts.opening)
    return f"Small base of {number(counts.opening, 'customer')}: one is worth {one}."


def segment(of: Sequence[tuple[str, str]]) -> str:
    """plan=pro, region=EMEA; escaped."""
    return ", ".join(f"{escape(name)}={escape(label)}" for name, label in of)


def _shown(part: int, whole: int) -> float:
    """The percentage as it is shown: a change is the difference of what the reader sees."""
    if part in (0, whole):
        return 100.0 if part else 0.0
    return round(min(max(100 * part / whole, 0.1), 99.9), 1)


def _days(first: date, last: date) -> str:
    if first == last:
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day(last)}"
    if first.year == last.year:
        return f"{first.day} {_MONTHS[first.month - 1][:3]} to {day(last)}"
    return f"{day(first)} to {day(last)}"
