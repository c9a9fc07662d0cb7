"""How renewals are said: of those whose term ended, how many stayed; and whose ends soon."""

from collections.abc import Sequence

from bot.domain.renewals import Ending, RenewalCounts
from bot.messages import wording
from bot.messages.blocks import cut, escape
from bot.messages.languages import tr, trn


def renewal_line(found: RenewalCounts | None) -> str:
    """Of the 31 whose term ended, 28 renewed (90.3 %), and who had none to end; "" where the
    source tells no ends of terms, or there was nobody to renew."""
    if found is None or not found.opening:
        return ""
    if not found.eligible:
        told = [tr("No term ended, so nobody was to renew")]
    elif found.eligible == 1:
        renewed = tr("The one whose term ended renewed")
        told = [renewed if found.kept else tr("The one whose term ended left")]
    else:
        told = [
            tr(
                "Of the {eligible} whose term ended, {renewed} renewed ({share})",
                eligible=found.eligible,
                renewed=found.kept,
                share=wording.percent(found.kept, found.eligible),
            )
        ]
    if found.lost_early:
        told.append(tr("{n} left in the middle of a term", n=found.lost_early))
    if found.without_term:
        told.append(trn("{n} has no known term", "{n} have no known term", found.without_term))
    return f"{'; '.join(told)}."


def upcoming_line(endings: Sequence[Ending], count: int, days: int) -> str:
    """Renewals in the next 14 days: Acme (4 Nov, Lena), Globex (9 Nov, leaving) and 3 more; ""
    where there are none. Escaped."""
    if not count:
        return ""
    first = [_ending(each) for each in endings[: wording.NAMES_SHOWN]]
    coming = wording.and_more(first, count - len(first))
    return tr("In the next {days} days: {customers}", days=days, customers=coming)


def _ending(of: Ending) -> str:
    name, owner = (escape(cut(text, wording.NAME_LONGEST)) for text in (of.name, of.owner))
    about = [wording.day_of_month(of.day), owner, tr("leaving") if of.leaving else ""]
    return f"{name} ({', '.join(filter(None, about))})"
