"""Restatements: a closed figure that changed, from what to what, and the customers responsible.

Also the note under a figure that was once told otherwise, and the news of another definition.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from bot.domain.closing import Earlier, Place, Responsible, Restatement
from bot.domain.definition import Definition
from bot.domain.redefinition import Changed
from bot.domain.retention import Counts
from bot.messages import wording
from bot.messages.blocks import Message, bold, context, cut, escape, header, section

PERIODS_SHOWN = 10

_PLACES = {
    Place.NOWHERE: "not a customer",
    Place.KEPT: "kept",
    Place.LOST: "lost",
    Place.NEW: "new",
    Place.WON_BACK: "won back",
    Place.EARLY_LOSS: "early loss",
}


def restatement(
    restatements: Sequence[Restatement],
    responsible: Sequence[tuple[str, Responsible]],
    everybody: int,
    *,
    source: str,
    pulled_at: datetime | None,
    definition: Definition,
    names: Mapping[int, str] = MappingProxyType({}),
) -> Message:
    """The post about all closed figures that one pull, or merging records, changed, the most
    important first.

    `responsible` are customers by name, ten being enough; `everybody` is how many there are.
    `pulled_at` is None where no pull brought it but people who merged records or took that back;
    `names` are those of whom records belong to now, by their numbers.
    """
    pull = f"Records of {escape(source)} that people merged or took apart brought it."
    if pulled_at is not None:
        pull = (
            f"The pull of {escape(source)} of {wording.moment(pulled_at, definition)} brought it."
        )
    early = [each for each in restatements if each.only_early_losses]
    others = [each for each in restatements if not each.only_early_losses]
    small = f"Early losses changed {_early(early)}." if early else ""
    who = _who(responsible, everybody, names)
    closed = f"Closed figures are kept as they were. Days of {definition.zone}."
    if not others:
        told = f"{_early_losses_alone(early)} No rate did."
        return Message(
            text="\n".join((told, small, *who, pull)),
            blocks=(section(told), context(small, f"{who[0]} {'; '.join(who[1:])}", pull, closed)),
        )
    lines = [_line(each, definition) for each in others[:PERIODS_SHOWN]]
    if len(others) > PERIODS_SHOWN:
        lines.append(f"and {wording.number(len(others) - PERIODS_SHOWN, 'more period')}")
    return Message(
        text="\n".join(filter(None, [_title(others), *lines, *who, small, pull])),
        blocks=(
            header(_title(others)),
            section("\n".join([bold(lines[0]), *lines[1:]])),
            section("\n".join([bold(who[0]), *who[1:]])),
            context(*filter(None, (small, pull, closed))),
        ),
    )


def note(was: Earlier | None, now: Counts, definition: Definition) -> str:
    """What was said of a figure before; "" where it always was as it is now."""
    if was is None:
        return ""
    on = wording.day(was.closed.closed_at.astimezone(definition.zone_info).date())
    if was.other_definition:
        return f"Closed on {on} under another definition: {wording.crr(was.closed.counts)}."
    changed = moved(was.closed.counts, now)
    if was.restated_at is None:
        return f"Changed by newer data since it was closed on {on}: {changed}."
    restated = wording.day(was.restated_at.astimezone(definition.zone_info).date())
    if was.by_merges:
        return (
            f"Records became one customer, or several again, on {restated}; closed on {on}:"
            f" {changed}."
        )
    return f"Restated on {restated}, closed on {on}: {changed}."


def redefinition(
    changed: Sequence[Changed], since: datetime, definition: Definition, *, hash: str
) -> str:
    """The news that the numbers mean something else now; "" if they do not. Escaped."""
    if not changed:
        return ""
    on = wording.day(since.astimezone(definition.zone_info).date())
    settings = ", ".join(
        f"{each.setting.replace('_', ' ')} {escape(each.was)} → {escape(each.now)}"
        for each in changed
    )
    return (
        f"The definition changed on {on}: {settings}. Figures are by the new one ({hash}); what was"
        " closed under the old one stays as it was."
    )


def moved(was: Counts, now: Counts) -> str:
    """CRR 93.0 % → 92.5 % (186 of 200 → 185 of 200 stayed), 14 → 15 lost."""
    told = []
    if (was.kept, was.opening) != (now.kept, now.opening):
        before, after = _rate(was), _rate(now)
        rates = f"CRR {before} → {after}" if before != after else f"CRR {after} as before"
        stayed = f"{was.kept:,} of {was.opening:,} → {now.kept:,} of {now.opening:,} stayed"
        told.append(f"{rates} ({stayed})")
    told += [
        f"{before:,} → {after:,} {what}"
        for what, before, after in (
            ("lost", was.lost, now.lost),
            ("new", was.new, now.new),
            ("won back", was.won_back, now.won_back),
            ("early losses", was.early_losses, now.early_losses),
        )
        if before != after
    ]
    return ", ".join(told) or "the same numbers, of other customers"


def _title(restatements: Sequence[Restatement]) -> str:
    first = wording.period(restatements[0].was.period)
    more = len(restatements) - 1
    others = f" and {wording.number(more, 'more period')}" if more else ""
    return f"Restated: {first}{others}"


def _line(of: Restatement, definition: Definition) -> str:
    on = wording.day(of.was.closed_at.astimezone(definition.zone_info).date())
    said = "closed" if of.was.version == 1 else "last restated"
    when = wording.capital(wording.period(of.was.period))
    return f"{when}: {moved(of.was.counts, of.now)}; {said} on {on}."


def _who(
    responsible: Sequence[tuple[str, Responsible]], everybody: int, names: Mapping[int, str]
) -> list[str]:
    told = [f"Because of {wording.number(everybody, 'customer')}:"]
    told += [
        f"{_called(name)}: {_PLACES[each.was]} → {_now(each, names)}"
        f" {wording.in_period(each.period)}"
        for name, each in responsible[: wording.NAMES_SHOWN]
    ]
    more = everybody - (len(told) - 1)
    return [*told, f"and {more:,} more"] if more > 0 else told


def _called(name: str) -> str:
    return escape(cut(name, wording.NAME_LONGEST))


def _now(of: Responsible, names: Mapping[int, str]) -> str:
    if of.merged_into is None:
        return _PLACES[of.now]
    if of.merged_into == of.customer:
        return f"{_PLACES[of.now]}, a customer of its own again,"
    return f"merged into {_called(names.get(of.merged_into, 'another customer'))}"


def _early(restatements: Sequence[Restatement]) -> str:
    """In October 2026 (2 → 3), in November 2026 (0 → 1) and 2 more periods."""
    told = [
        f"{wording.in_period(each.was.period)} ({each.was.counts.early_losses:,} →"
        f" {each.now.early_losses:,})"
        for each in restatements[:PERIODS_SHOWN]
    ]
    more = len(restatements) - len(told)
    return ", ".join(told) + (f" and {wording.number(more, 'more period')}" if more else "")


def _early_losses_alone(restatements: Sequence[Restatement]) -> str:
    periods = wording.number(len(restatements), "closed period")
    return f"In {periods} the early losses changed."


def _rate(counts: Counts) -> str:
    return wording.percent(counts.kept, counts.opening) if counts.opening else "no rate"
