"""How renewals are said: of those whose term ended, how many stayed; and whose ends soon."""

from collections.abc import Sequence

from bot.domain.renewals import Ending, RenewalCounts
from bot.messages import wording
from bot.messages.blocks import cut, escape


def renewal_line(found: RenewalCounts | None) -> str:
    """Of the 31 whose term ended, 28 renewed (90.3 %), and who had none to end; "" where the
    source tells no ends of terms, or there was nobody to renew."""
    if found is None or not found.opening:
        return ""
    if not found.eligible:
        told = "No term ended, so nobody was to renew"
    elif found.eligible == 1:
        told = f"The one whose term ended {'renewed' if found.kept else 'left'}"
    else:
        rate = wording.percent(found.kept, found.eligible)
        told = f"Of the {found.eligible:,} whose term ended, {found.kept:,} renewed ({rate})"
    if found.lost_early:
        told += f"; {found.lost_early:,} left in the middle of a term"
    if found.without_term:
        have = "has" if found.without_term == 1 else "have"
        told += f"; {found.without_term:,} {have} no known term"
    return f"{told}."


def upcoming_line(endings: Sequence[Ending], count: int, days: int) -> str:
    """Renewals in the next 14 days: Acme (4 Nov, Lena), Globex (9 Nov, leaving) and 3 more; ""
    where there are none. Escaped."""
    if not count:
        return ""
    first = [_ending(each) for each in endings[: wording.NAMES_SHOWN]]
    more = count - len(first)
    told = f"{', '.join(first)} and {more:,} more" if more else wording.listed(first)
    return f"In the next {days} days: {told}"


def _ending(of: Ending) -> str:
    name, owner = (escape(cut(text, wording.NAME_LONGEST)) for text in (of.name, of.owner))
    about = [wording.day_of_month(of.day), owner, "leaving" if of.leaving else ""]
    return f"{name} ({', '.join(filter(None, about))})"
