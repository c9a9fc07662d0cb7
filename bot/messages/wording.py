"""How all messages say numbers, days, periods and lists, in the language in force."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal

from bot.domain.audit import TERMINAL
from bot.domain.definition import Definition, Weekday
from bot.domain.not_counted import NotCounted
from bot.domain.period import Kind, Period, SoFar, from_day_number
from bot.domain.pulls import Freshness, PullState
from bot.domain.retention import Counts
from bot.domain.tickets import LastRead, What
from bot.messages.blocks import cut, escape
from bot.messages.failures import failure
from bot.messages.languages import ENGLISH, grouped, in_force, later, tr, trn
from integrations.records import LeftOut

NAMES_SHOWN = 10
NAME_LONGEST = 80


def number(count: int, noun: str, plural: str = "") -> str:
    """1 customer, 1,204 customers: English words that have a row as "{n} customer"."""
    return trn(f"{{n}} {noun}", f"{{n}} {plural or noun + 's'}", count)


def decimal(value: float, places: int = 1) -> str:
    """3.5; in Dutch 3,5."""
    # Rounded by Python, so that every language shows the same digits.
    shown = Decimal(f"{value:.{places}f}")
    pattern = f"#,##0.{places * '0'}" if places else "#,##0"
    return format_decimal(shown, pattern, locale=in_force())


def in_words(
    title: str, labels: Sequence[str], values: Sequence[float], beside: Sequence[str] = ()
) -> str:
    """A chart for those who only have the text: CRR in %: Sep 98.9 (expected 95 to 100); Oct 97.4.

    What stands `beside` each value is "" where there is nothing to say of it.
    """
    told = []
    for at, (label, value) in enumerate(zip(labels, values, strict=True)):
        more = f" ({beside[at]})" if beside and beside[at] else ""
        told.append(f"{label} {trimmed(value)}{more}")
    return f"{title}: {'; '.join(told)}."


def trimmed(value: float) -> str:
    """3.5, and 3 for 3.0."""
    return decimal(value, 0 if f"{value:.1f}".endswith(".0") else 1)


def plain(value: float) -> str:
    """3.25, 3.5 and 3: with the decimals that it has."""
    shown = f"{value:g}"
    return decimal(value, len(shown.partition(".")[2])) if "e" not in shown else shown


def _share(percentage: float) -> str:
    shown = "100" if percentage == 100 else decimal(percentage)
    return tr("{number} %", number=shown)


def percent(part: int, whole: int) -> str:
    """A share with one decimal, never rounded to a 0 or a 100 that is not true."""
    return _share(_shown(part, whole)) if part else tr("{number} %", number=0)


def rate(fraction: float) -> str:
    """A fraction that is no count of anything, such as an expectation."""
    return _share(100 * fraction)


def crr(counts: Counts) -> str:
    """CRR with the counts that it is made of, or why there is none."""
    if not counts.opening:
        return tr("no CRR: nobody was a customer at the start")
    return tr(
        "CRR {share} ({kept} of {opening} stayed)",
        share=percent(counts.kept, counts.opening),
        kept=counts.kept,
        opening=counts.opening,
    )


def formula(counts: Counts) -> str:
    """CRR with its numbers in it; "" where there is none."""
    if not counts.opening:
        return ""
    return tr(
        "{kept} kept / {opening} at opening = {share}",
        kept=counts.kept,
        opening=counts.opening,
        share=percent(counts.kept, counts.opening),
    )


def change(now: Counts, before: Counts | None, period: str) -> str:
    """In points against the period before; "" where either has no rate."""
    if before is None or now.crr is None or before.crr is None:
        return ""
    points = _shown(now.kept, now.opening) - _shown(before.kept, before.opening)
    was = f"{percent(before.kept, before.opening)} {period}"
    if abs(points) < 0.05:
        return tr("unchanged from {was}", was=was)
    by = number_of_points(abs(points))
    if points > 0:
        return tr("up {points} from {was}", points=by, was=was)
    return tr("down {points} from {was}", points=by, was=was)


def number_of_points(points: float) -> str:
    shown = trimmed(points)
    return tr("{points} point" if shown == "1" else "{points} points", points=shown)


def movements(counts: Counts) -> str:
    """Everybody who came or went."""
    told = [
        tr("{n} kept", n=counts.kept),
        tr("{n} lost", n=counts.lost),
        tr("{n} new", n=counts.new),
        tr("{n} won back", n=counts.won_back),
    ]
    if counts.early_losses:
        told.append(number(counts.early_losses, "early loss", "early losses"))
    return " · ".join(told)


def month(of: int) -> str:
    """January for 1."""
    return format_date(date(2000, of, 1), "LLLL", locale=in_force())


def weekdays() -> list[str]:
    """Monday to Sunday."""
    return [format_date(date(2024, 1, day), "EEEE", locale=in_force()) for day in range(1, 8)]


_CRON_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def schedule(cron: str) -> str:
    """every Monday at 09:00, of "0 9 * * mon"; the line itself, in code, where it says more than
    can be told in few words."""
    minute, hour, day, month, days = (*cron.casefold().split(), *[""] * 5)[:5]
    plain = f"`{escape(cron)}`"
    if minute.startswith("*/") and (hour, day, month, days) == ("*",) * 4:
        return tr("every {minutes} minutes", minutes=minute[2:])
    if not (minute.isdigit() and month == "*"):
        return plain
    if (hour, day, days) == ("*",) * 3:
        return tr("every hour, {minutes} minutes past", minutes=minute)
    if not hour.isdigit():
        return plain
    at = f"{int(hour):02}:{int(minute):02}"
    if day.isdigit() and days == "*":
        return tr("on day {day} of each month at {at}", day=day, at=at)
    if day != "*":
        return plain
    if days == "*":
        return tr("every day at {at}", at=at)
    names = dict(zip(_CRON_DAYS, weekdays(), strict=True))
    first, dash, last = days.partition("-")
    if dash and first in names and last in names:
        return tr("{first} to {last} at {at}", first=names[first], last=names[last], at=at)
    said = days.split(",")
    if not all(each in names for each in said):
        return plain
    return tr("every {weekday} at {at}", weekday=listed([names[each] for each in said]), at=at)


def weekday(of: Weekday) -> str:
    """Monday."""
    return format_date(date(2024, 1, 1 + of), "EEEE", locale=in_force())


def day(of: date, *, weekday: bool = False) -> str:
    """9 Nov 2026, or Monday 9 Nov 2026."""
    return format_date(of, "EEEE d MMM y" if weekday else "d MMM y", locale=in_force())


def day_of_month(of: date) -> str:
    """9 Nov, where the year is clear."""
    return format_date(of, "d MMM", locale=in_force())


def moment(at: datetime, definition: Definition) -> str:
    """Friday 20 Nov 2026, 03:15, in the configured zone."""
    local = at.astimezone(ZoneInfo(definition.zone))
    return f"{day(local, weekday=True)}, {local:%H:%M}"


def period(of: Period) -> str:
    """The week 9-15 Nov 2026, October 2026, July-September 2026, 2026, or two dates."""
    first, last = of.first, of.last
    match of.kind:
        case Kind.WEEK:
            return tr("the week {days}", days=_days(first, last))
        case Kind.MONTH:
            return _month_and_year(first)
        case Kind.YEAR if first.month == 1:
            return str(first.year)
        case Kind.QUARTER | Kind.YEAR:
            begins = month(first.month) if first.year == last.year else _month_and_year(first)
            return tr("{first} to {last}", first=begins, last=_month_and_year(last))
        case Kind.DAYS:
            return _days(first, last)


def capital(text: str) -> str:
    """With a capital at the beginning, and nothing else changed."""
    return text[:1].upper() + text[1:]


def in_period(of: Period) -> str:
    """The period as a sentence goes on: in October 2026, from 1 to 9 Nov 2026, on 29 Feb 2028."""
    if of.kind is not Kind.DAYS:
        return tr("in {period}", period=period(of))
    if of.first == of.last:
        return tr("on {day}", day=day(of.first))
    return tr("from {period}", period=period(of))


def short(of: Period) -> str:
    """A label for a chart, of at most 20 characters."""
    first, last = of.first, of.last
    match of.kind:
        case Kind.MONTH:
            return format_date(first, "LLL y", locale=in_force())
        case Kind.QUARTER:
            begins = format_date(first, "LLL", locale=in_force())
            return f"{begins}-{format_date(last, 'LLL y', locale=in_force())}"
        case Kind.YEAR:
            return str(first.year) if first.month == 1 else f"{first.year}/{last.year}"
        case _:
            return day(first)


_THE = {
    Kind.WEEK: later("the week"),
    Kind.MONTH: later("the month"),
    Kind.QUARTER: later("the quarter"),
    Kind.YEAR: later("the year"),
    Kind.DAYS: later("the days"),
}


def the(kind: Kind) -> str:
    """The month: with its article, which in other languages is not always the same."""
    return tr(_THE[kind])


_UNITS = {
    Kind.WEEK: later("Week"),
    Kind.MONTH: later("Month"),
    Kind.QUARTER: later("Quarter"),
    Kind.YEAR: later("Year"),
    Kind.DAYS: later("Days"),
}


def unit(kind: Kind) -> str:
    """Month, as under the axis of a chart."""
    return tr(_UNITS[kind])


def titled(of: Period) -> str:
    """The period in a title, where a week stands without its article."""
    if of.kind is Kind.WEEK:
        return tr("week {days}", days=_days(of.first, of.last))
    return period(of)


def midnight(of: date, definition: Definition) -> str:
    """When a day begins, with the offset, which on two days a year is another one than the day
    before: Friday 20 Nov 2026, 00:00 (UTC+01:00)."""
    at = datetime.combine(of, time(), definition.zone_info)
    minutes = round((at.utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"{day(of, weekday=True)}, 00:00 (UTC{sign}{hours:02}:{rest:02})"


def so_far(of: SoFar | None) -> str:
    """So far (day 9 of 31); "" of a whole period."""
    return tr("so far (day {day} of {of})", day=of.day, of=of.of) if of else ""


def percent_over(part: int, whole: int) -> str:
    """The same of a share that can be more than all."""
    if part <= whole:
        return percent(part, whole)
    return tr("{number} %", number=decimal(max(100 * part / whole, 100.1)))


def who(person: str) -> str:
    """Who did something: a person in Slack, or who typed it in a terminal."""
    if person.startswith(TERMINAL):
        return tr("{name} in a terminal", name=escape(person.removeprefix(TERMINAL)))
    return f"<@{escape(person)}>"


def unnamed() -> str:
    """Stands for the name of a customer where it may not be told."""
    return tr("a customer")


def names(shown: Sequence[str], total: int) -> str:
    """Acme, Globex and 7 more. Escaped; each name cut, and at most ten of them; who may not be
    named is counted."""
    named = [name for name in shown if name != unnamed()]
    first = [escape(cut(name, NAME_LONGEST)) for name in named[:NAMES_SHOWN]]
    more = max(total - len(first), 0)
    if more and not first:
        return number(more, "customer")
    return and_more(first, more)


def listed(told: Sequence[str]) -> str:
    """One, two and three."""
    # Without a comma before "and", as in all that we say.
    return format_list(told, locale="en_GB" if in_force() == ENGLISH else in_force())


def and_more(told: Sequence[str], more: int) -> str:
    """Acme, Globex and 7 more."""
    if not more:
        return listed(told)
    return tr("{names} and {more} more", names=", ".join(told), more=more)


def freshness(of: Freshness, definition: Definition, *, reaching: date | None = None) -> str:
    """Hubspot as of Friday 20 Nov 2026, 03:15, and what is wrong if something is. Escaped.

    Since when its history is trusted is said too, but for a message that reaches back no further
    than to the end of the day `reaching`, which may be after that.
    """
    source = escape(of.source)
    believed_at = of.believed.finished_at if of.believed else None
    told = (
        tr("{source} as of {moment}", source=source, moment=moment(believed_at, definition))
        if believed_at
        else tr("{source}: no data yet", source=source)
    )
    since = trusted_since(of)
    if since is not None and (reaching is None or reaching < since):
        told = tr(
            "{known} (its history is trusted since {day}, and figures of days before may be wrong)",
            known=told,
            day=day(since),
        )
    why = escape(failure(of.newest.sentence, of=of.source))
    match of.newest.state:
        case PullState.FAILED:
            return tr("{known}. The newest pull failed: {why}", known=told, why=why)
        case PullState.HELD:
            return tr("{known}. The newest pull is held: {why}", known=told, why=why)
        case _:
            return told


def trusted_since(of: Freshness) -> date | None:
    """The first day of which what the source tells is true; None where all of it is."""
    told = of.believed.trusted_from if of.believed else None
    return None if told is None else from_day_number(told)


LEFT_OUT = {
    LeftOut.TRIAL: later("trial"),
    LeftOut.FREE: later("free plan"),
    LeftOut.NEVER_PAID: later("first payment never came"),
    LeftOut.NOT_BEGUN: later("not begun yet"),
    LeftOut.NO_TIME: later("over as it began"),
    LeftOut.STATUS: later("status that does not count"),
    LeftOut.NO_CUSTOMER: later("not a customer"),
    LeftOut.NO_DATE: later("no date"),
    LeftOut.TEST: later("test"),
    LeftOut.CANCELED: later("canceled or given back"),
    LeftOut.NO_BUYER: later("nobody's"),
    LeftOut.MOVED: later("moved to another account"),
    LeftOut.FILTERED: later("filtered by the settings"),
}
NOT_COUNTED = {
    NotCounted.OWES: later("owes for too long"),
    NotCounted.PAUSED: later("paused for too long"),
    NotCounted.GAP: later("gap that is no leaving"),
    NotCounted.GROUP: later("part of a group"),
}


def left_out(of: Freshness, definition: Definition) -> list[str]:
    """What is no customer of all that was read, and why; none where it was not written down."""
    if of.full is None or of.full.left_out is None or of.full.finished_at is None:
        return []
    when = moment(of.full.finished_at, definition)
    by_source = reasons(LEFT_OUT, of.full.left_out)
    told = tr("Nothing was left out when all was read ({moment})", moment=when)
    if by_source:
        told = tr(
            "Left out when all was read ({moment}): {reasons}", moment=when, reasons=by_source
        )
    by_definition = reasons(NOT_COUNTED, of.full.left_out)
    if not by_definition:
        return [told]
    return [told, tr("Not counted by the definition: {reasons}", reasons=by_definition)]


def reasons(words: Mapping[Any, str], counts: Mapping[Any, int]) -> str:
    """`trial (12), free plan (3)`, the most first; "" where there are none."""
    found = [(counts[why], tr(word)) for why, word in words.items() if counts.get(why)]
    return ", ".join(f"{word} ({grouped(n)})" for n, word in sorted(found, key=lambda of: -of[0]))


def as_known(at: datetime | None, definition: Definition) -> str:
    """As it was known on Friday 20 Nov 2026, 03:15; "" of what is known now."""
    if at is None:
        return ""
    return tr("As it was known on {moment}.", moment=moment(at, definition))


def read_of(of: LastRead) -> str:
    """Tickets of zendesk. Escaped."""
    match of.what:
        case What.TICKETS:
            return tr("Tickets of {source}", source=escape(of.source))
        case What.RATINGS:
            return tr("Ratings of {source}", source=escape(of.source))


def helpdesk(of: LastRead, definition: Definition) -> str:
    """The same of tickets or ratings."""
    source = read_of(of)
    told = (
        tr("{source} as of {moment}", source=source, moment=moment(of.finished_at, definition))
        if of.finished_at
        else tr("{source}: none so far", source=source)
    )
    if of.failed_at is None:
        return told
    why = escape(failure(of.sentence, of=of.source))
    return tr("{known}. They cannot be read: {why}", known=told, why=why)


def small_base(counts: Counts, definition: Definition) -> str:
    """A warning that a rate of so few says little; "" where they are enough, or none."""
    if not 0 < counts.opening < definition.minimum_base:
        return ""
    return tr(
        "Small base of {customers}: one is worth {points}.",
        customers=number(counts.opening, "customer"),
        points=number_of_points(100 / counts.opening),
    )


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
        begins = str(first.day)
    elif first.year == last.year:
        begins = day_of_month(first)
    else:
        begins = day(first)
    return tr("{first} to {last}", first=begins, last=day(last))


def _month_and_year(of: date) -> str:
    return format_date(of, "LLLL y", locale=in_force())
