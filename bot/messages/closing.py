"""Restatements: a closed figure that changed, from what to what, and the customers responsible.

Also the note under a figure that was once told otherwise, and the news of another definition.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bot.domain.closing import Earlier, Place, Responsible, Restatement
from bot.domain.definition import Definition
from bot.domain.redefinition import Changed
from bot.domain.retention import Counts
from bot.messages import wording
from bot.messages.blocks import (
    Block,
    Message,
    actions,
    bold,
    button,
    context,
    cut,
    escape,
    header,
    more_button,
    saying,
    section,
    sections,
)
from bot.messages.languages import grouped, later, tr, trn

MORE = "restatement:more"
"""The button that lists all periods of a restatement, and who is behind it; its value says which
restatement."""
PERIODS_SHOWN = 10
AT_ONCE = 20
"""How many lines such a list has at once."""

_PLACES = {
    Place.NOWHERE: later("not a customer"),
    Place.KEPT: later("kept"),
    Place.LOST: later("lost"),
    Place.NEW: later("new"),
    Place.WON_BACK: later("won back"),
    Place.EARLY_LOSS: later("early loss"),
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
    which: Mapping[str, Any] = MappingProxyType({}),
) -> Message:
    """The post about all closed figures that one pull, or merging records, changed, the most
    important first.

    `responsible` are customers by name, ten being enough; `everybody` is how many there are.
    `pulled_at` is None where no pull brought it but people who merged records or took that back;
    `names` are those of whom records belong to now, by their numbers. `which` is what the list of
    all is found again by.
    """
    pull = tr(
        "Records of {source} that people merged or took apart brought it.", source=escape(source)
    )
    if pulled_at is not None:
        pull = tr(
            "The pull of {source} of {moment} brought it.",
            source=escape(source),
            moment=wording.moment(pulled_at, definition),
        )
    early = [each for each in restatements if each.only_early_losses]
    others = [each for each in restatements if not each.only_early_losses]
    small = tr("Early losses changed {periods}.", periods=_early(early)) if early else ""
    who = _who(responsible, everybody, names)
    listed: tuple[Block, ...] = ()
    if len(restatements) > PERIODS_SHOWN or everybody > wording.NAMES_SHOWN:
        listed = list_button(which)
    closed = tr("Closed figures are kept as they were. Days of {zone}.", zone=definition.zone)
    if not others:
        told = trn(
            "In {n} closed period the early losses changed. No rate did.",
            "In {n} closed periods the early losses changed. No rate did.",
            len(early),
        )
        return Message(
            text="\n".join((told, small, *who, pull)),
            blocks=(
                section(told),
                context(small, f"{who[0]} {'; '.join(who[1:])}", pull, closed),
                *listed,
            ),
        )
    lines = [_line(each, definition) for each in others[:PERIODS_SHOWN]]
    if len(others) > PERIODS_SHOWN:
        lines.append(_more_periods(len(others) - PERIODS_SHOWN))
    return Message(
        text="\n".join(filter(None, [_title(others), *lines, *who, small, pull])),
        blocks=(
            header(_title(others)),
            section("\n".join([bold(lines[0]), *lines[1:]])),
            section("\n".join([bold(who[0]), *who[1:]])),
            context(*filter(None, (small, pull, closed))),
            *listed,
        ),
    )


def restated_lines(
    restatements: Sequence[Restatement],
    responsible: Sequence[Responsible],
    definition: Definition,
    names: Mapping[int, str],
) -> list[str]:
    """A line for each period and, after them, for each customer behind them; `names` are of all
    customers in them."""
    return [
        *(_line(each, definition) for each in restatements),
        *(_behind(names[each.customer], each, names) for each in responsible),
    ]


def restated_list(lines: Sequence[str], which: Mapping[str, Any], first: int) -> Message:
    """Some of the lines of a restatement; `first` come before those. Where it is not known any
    more, because figures mean something else now, it says that."""
    title = tr("All that was restated")
    shown = lines[first : first + AT_ONCE]
    if not shown:
        told = tr("This restatement was made under another definition, and can't be listed now.")
        return saying(told)
    last = first + len(shown)
    where = tr("{first} to {last} of {n}:", first=first + 1, last=last, n=len(lines))
    return Message(
        text="\n".join([title, where, *shown]),
        blocks=(
            header(title),
            context(where),
            *sections(shown),
            *more_button(MORE, last, len(lines), at_once=AT_ONCE, value=_which(which, last)),
        ),
    )


def list_button(which: Mapping[str, Any], label: str = "") -> tuple[Block, ...]:
    """Below what does not tell all; nothing where it could not be found again."""
    if not which:
        return ()
    shown = button(label or tr("Show everybody"), action_id=MORE, value=_which(which, 0))
    return (actions(shown, block_id=MORE),)


def _which(of: Mapping[str, Any], first: int) -> str:
    return json.dumps({**of, "first": first})


def read_more(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Which restatement, and from which line on to show."""
    value = json.loads(body["actions"][0]["value"])
    first = int(value.pop("first"))
    return value, first


def note(was: Earlier | None, now: Counts, definition: Definition) -> str:
    """What was said of a figure before; "" where it always was as it is now."""
    if was is None:
        return ""
    on = wording.day(was.closed.closed_at.astimezone(definition.zone_info).date())
    if was.other_definition:
        return tr(
            "Closed on {day} under another definition: {crr}.",
            day=on,
            crr=wording.crr(was.closed.counts),
        )
    changed = moved(was.closed.counts, now)
    if was.restated_at is None:
        return tr(
            "Changed by newer data since it was closed on {day}: {change}.", day=on, change=changed
        )
    restated = wording.day(was.restated_at.astimezone(definition.zone_info).date())
    if was.by_merges:
        return tr(
            "Records became one customer, or several again, on {restated}; closed on {day}:"
            " {change}.",
            restated=restated,
            day=on,
            change=changed,
        )
    return tr(
        "Restated on {restated}, closed on {day}: {change}.",
        restated=restated,
        day=on,
        change=changed,
    )


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
    return tr(
        "The definition changed on {day}: {settings}. Figures are by the new one ({hash}); what was"
        " closed under the old one stays as it was.",
        day=on,
        settings=settings,
        hash=hash,
    )


def moved(was: Counts, now: Counts) -> str:
    """CRR 93.0 % → 92.5 % (186 of 200 → 185 of 200 stayed), 14 → 15 lost."""
    told = []
    if (was.kept, was.opening) != (now.kept, now.opening):
        before, after = _rate(was), _rate(now)
        rates = f"CRR {before} → {after}"
        if before == after:
            rates = tr("CRR {share} as before", share=after)
        stayed = tr(
            "{kept_before} of {opening_before} → {kept} of {opening} stayed",
            kept_before=was.kept,
            opening_before=was.opening,
            kept=now.kept,
            opening=now.opening,
        )
        told.append(f"{rates} ({stayed})")
    told += [
        f"{grouped(before)} → {grouped(after)} {what}"
        for what, before, after in (
            (tr("lost"), was.lost, now.lost),
            (tr("new"), was.new, now.new),
            (tr("won back"), was.won_back, now.won_back),
            (tr("early losses"), was.early_losses, now.early_losses),
        )
        if before != after
    ]
    return ", ".join(told) or tr("the same numbers, of other customers")


def _title(restatements: Sequence[Restatement]) -> str:
    first = wording.period(restatements[0].was.period)
    more = len(restatements) - 1
    title = tr("Restated: {period}", period=first)
    return f"{title} {_more_periods(more)}" if more else title


def _more_periods(more: int) -> str:
    return trn("and {n} more period", "and {n} more periods", more)


def _line(of: Restatement, definition: Definition) -> str:
    on = wording.day(of.was.closed_at.astimezone(definition.zone_info).date())
    said = tr("last restated on {day}", day=on)
    if of.was.version == 1:
        said = tr("closed on {day}", day=on)
    when = wording.capital(wording.period(of.was.period))
    return f"{when}: {moved(of.was.counts, of.now)}; {said}."


def _who(
    responsible: Sequence[tuple[str, Responsible]], everybody: int, names: Mapping[int, str]
) -> list[str]:
    told = [tr("Because of {customers}:", customers=wording.number(everybody, "customer"))]
    told += [_behind(name, each, names) for name, each in responsible[: wording.NAMES_SHOWN]]
    more = everybody - (len(told) - 1)
    return [*told, tr("and {more} more", more=more)] if more > 0 else told


def _behind(name: str, of: Responsible, names: Mapping[int, str]) -> str:
    """Acme: kept → lost in October 2026."""
    return (
        f"{_called(name)}: {tr(_PLACES[of.was])} → {_now(of, names)} {wording.in_period(of.period)}"
    )


def _called(name: str) -> str:
    return escape(cut(name, wording.NAME_LONGEST))


def _now(of: Responsible, names: Mapping[int, str]) -> str:
    if of.merged_into is None:
        return tr(_PLACES[of.now])
    if of.merged_into == of.customer:
        return tr("{place}, a customer of its own again,", place=tr(_PLACES[of.now]))
    into = names.get(of.merged_into, tr("another customer"))
    return tr("merged into {customer}", customer=_called(into))


def _early(restatements: Sequence[Restatement]) -> str:
    """In October 2026 (2 → 3), in November 2026 (0 → 1) and 2 more periods."""
    told = [
        f"{wording.in_period(each.was.period)} ({grouped(each.was.counts.early_losses)} →"
        f" {grouped(each.now.early_losses)})"
        for each in restatements[:PERIODS_SHOWN]
    ]
    more = len(restatements) - len(told)
    return ", ".join(told) + (f" {_more_periods(more)}" if more else "")


def _rate(counts: Counts) -> str:
    return wording.percent(counts.kept, counts.opening) if counts.opening else tr("no rate")
