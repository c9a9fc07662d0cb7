"""Alerts: a drop opened, updated in place, acknowledged, resolved; and pulls that were held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.definition import Definition
from bot.domain.detection import Level, Reason, one_in
from bot.domain.incidents import (
    Evidence,
    Group,
    Incident,
    IncidentState,
    Mark,
    Move,
    asks_whether_normal,
)
from bot.domain.lines import Shape
from bot.domain.period import Kind, Period, period_of
from bot.domain.pulls import Freshness, Pull, PullState
from bot.domain.reasons import LossReason
from bot.domain.surveys import Scale
from bot.domain.tickets import LastRead
from bot.domain.watching import Figure, Rule
from bot.errors import Misunderstood
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
    line_chart,
    section,
)
from bot.messages.languages import tr

ACKNOWLEDGE = "incident:acknowledge"
ASSIGN, SNOOZE, REASONS = "incident:assign", "incident:snooze", "incident:reasons"
RESOLVE, REOPEN, NEW_NORMAL = "incident:resolve", "incident:reopen", "incident:normal"
"""The action_ids of the buttons under an alert; their value is the incident's id."""
BELIEVE, DISCARD = "pull:believe", "pull:discard"
"""The action_ids of the buttons under a held pull; their value is the pull's id."""


@dataclass(frozen=True, slots=True)
class Leaver:
    """One who left, with all that is known of them."""

    customer: int
    name: str
    owner: str = ""
    monthly: float | None = None
    """What they paid a month on the eve of the period."""
    currency: str = ""
    reason: LossReason | None = None
    scores: Sequence[tuple[Scale, int]] = ()
    """The last one on each scale."""


def known_of(who: Leaver) -> str:
    """1,200 EUR a month, Omar Haddad, last NPS 3; price. Escaped; "" where nothing is known."""
    paid = ""
    if who.monthly:
        amount = f"{wording.decimal(who.monthly, 0)} {who.currency}"
        paid = tr("{amount} a month", amount=amount)
    scores = wording.listed([f"{scale.upper()} {score}" for scale, score in who.scores])
    known = [
        paid,
        escape(cut(who.owner, wording.NAME_LONGEST)),
        tr("last {scores}", scores=scores) if scores else "",
    ]
    why = escape(who.reason.reason) if who.reason else ""
    return "; ".join(filter(None, [", ".join(filter(None, known)), why]))


@dataclass(frozen=True, slots=True)
class Alert:
    """An incident, and all that its one message shows."""

    incident: Incident
    rule: Rule
    evidence: Evidence | None
    """None of an incident that was opened by an older version, which kept two figures."""
    left: Sequence[Leaver] = ()
    """The first of those who left, ten being enough."""


def incident_message(alert: Alert, definition: Definition) -> Message:
    """The one message of an incident, in the state that it is in."""
    told = [_state(alert, definition), *_evidence(alert, definition)]
    people, plain = _people(alert.incident, definition)
    chart, rows = _chart(alert)
    shown = section("\n".join(filter(None, [bold(told[0]), *told[1:], *people])))
    above = (header(_title(alert)), shown)
    below = (context(rule_in_words(alert.rule), f"Days of {definition.zone}."), *_buttons(alert))
    return Message(
        text="\n".join(filter(None, [*told, *plain])),
        blocks=(*above, *chart, *below),
        fallback=(*above, *rows, *below) if chart else None,
    )


def headline(alert: Alert, definition: Definition) -> str:
    """The first sentence of its message; escaped."""
    return _state(alert, definition)


def read_acknowledgement(body: dict[str, Any]) -> tuple[str, str]:
    """The incident's id and the person, of a click on a button under an alert."""
    try:
        return str(body["actions"][0]["value"]), str(body["user"]["id"])
    except (KeyError, IndexError, TypeError) as error:
        raise Misunderstood("This click does not say which alert it is about.") from error


@dataclass(frozen=True, slots=True)
class Held:
    """A pull that reached the end and is not believed."""

    source: str
    why: str
    """A sentence of ours, with the counts."""
    as_of: datetime | None
    """When the pull that is still believed was believed (aware)."""
    missing: tuple[str, ...] = ()
    """Names of customers who vanished, ten being enough."""
    missing_count: int = 0
    pull: int = 0
    """Its id, which the buttons carry."""


def held_notice(held: Held, definition: Definition) -> Message:
    """Figures stay as they were, and why."""
    source = escape(held.source)
    until = (
        f"Figures stay as of {wording.moment(held.as_of, definition)}."
        if held.as_of
        else "There are no figures until a pull is believed."
    )
    told = f"The pull of {source} was held back: {escape(held.why)}"
    missing = f"Missing: {wording.names(held.missing, held.missing_count)}." if held.missing else ""
    return Message(
        text="\n".join(filter(None, (told, until, missing))),
        blocks=(
            header(f"A pull of {held.source} is not believed"),
            section("\n".join(filter(None, (bold(told), until, missing)))),
            held_buttons(held.source, held.pull),
            context("No alert is raised from data that is not believed."),
        ),
    )


def held_buttons(source: str, pull: int, *, block_id: str = "held") -> Block:
    """Believe it or discard it: nobody is asked twice about what changes nothing."""
    return actions(
        button(
            "Believe it",
            action_id=BELIEVE,
            value=str(pull),
            accessibility_label=f"Believe the pull of {source}",
            confirm="The figures will be made of it, and who is missing will have left.",
        ),
        button(
            "Discard it",
            action_id=DISCARD,
            value=str(pull),
            accessibility_label=f"Discard the pull of {source}",
        ),
        block_id=block_id,
    )


def held_decided(pull: Pull, person: str) -> Message:
    """In the place of the notice, once somebody has said what to do, or a newer pull has."""
    source, why = escape(pull.source), escape(pull.sentence)
    by, plain = (f" by <@{escape(person)}>", " by a person") if person else ("", "")
    match pull.state:
        case PullState.BELIEVED:
            told = f"The pull of {source} that was held back was believed"
        case PullState.DISCARDED:
            told = f"The pull of {source} that was held back was discarded"
        case _:
            told, by, plain = f"The pull of {source} is not held any more", "", ""
    return Message(
        text=f"{told}{plain}. {why}".strip(),
        blocks=(section(f"{told}{by}."), *((context(why),) if why else ())),
    )


def read_decision(body: dict[str, Any]) -> tuple[int, str]:
    """The id of the held pull and the person, of a click under a notice."""
    try:
        return int(body["actions"][0]["value"]), str(body["user"]["id"])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise Misunderstood("This click does not say which pull it is about.") from error


def failed_notice(source: str, why: str, as_of: datetime | None, definition: Definition) -> Message:
    """A pull that did not reach the end, told when a source is lost."""
    until = (
        f"Figures stay as of {wording.moment(as_of, definition)}; the next pull tries again."
        if as_of
        else "There are no figures until a pull reaches the end."
    )
    told = f"{escape(source)} could not be pulled: {escape(why)}"
    return Message(
        text=f"{told}\n{until}",
        blocks=(header(f"{source} could not be pulled"), section(f"{told}\n{until}")),
    )


def not_read_notice(last: LastRead, definition: Definition) -> Message:
    """Tickets or ratings that can't be read, told when that begins."""
    title = f"{last.what.capitalize()} of {last.source} could not be read"
    until = (
        f"The newest are as of {wording.moment(last.finished_at, definition)}; it is tried again."
        if last.finished_at
        else "None were read so far; it is tried again."
    )
    told = f"{escape(title)}: {escape(last.sentence)}\n{until}"
    return Message(text=told, blocks=(header(title), section(told)))


def undelivered_notice(what: str, channel: str, why: str) -> Message:
    """A message that did not reach its channel, told elsewhere."""
    told = f"{escape(what)} could not be posted in <#{escape(channel)}>: {escape(why)}"
    return Message(
        text=f"{escape(what)} could not be posted in {escape(channel)}: {escape(why)}",
        blocks=(header("A message could not be posted"), section(told)),
    )


def not_judged(
    period: Period, reason: Reason, freshness: Freshness, definition: Definition
) -> Message:
    """No alert is raised from data that may be wrong; instead this."""
    why = {
        Reason.HELD: "the newest pull is not believed, or did not reach its end",
        Reason.STALE: "no pull has seen its end yet",
    }.get(reason, "it has not ended")
    told = (
        f"No alert can be raised for {wording.period(period)} yet, because {why}."
        " It is judged as soon as a pull is believed."
    )
    seen = wording.freshness(freshness, definition)
    return Message(text=f"{told}\n{seen}", blocks=(section(told), context(seen)))


def story_of(todo: Move, incident: Incident, rule: Rule) -> Message:
    """What the thread is told of an evaluation; who looks after it is called."""
    who = incident.assigned_to or incident.acknowledged_by
    called = f"<@{who}> " if who else ""
    if todo is Move.RESOLVE:
        return _said(f"{rule.name} is resolved: the figure is back to what was expected.")
    told = "It got clearly worse."
    if incident.told_parts and incident.told_parts != ("",):
        told += (
            f" Now in {wording.listed([escape(part or 'total') for part in incident.told_parts])}."
        )
    return _said(told, called=called)


def reminder(incident: Incident, missing: int, *, woke: bool) -> Message:
    """An open incident is brought up again in its thread. `missing` reasons are not known yet."""
    who = incident.assigned_to or incident.acknowledged_by
    called = f"<@{who}> " if who else ""
    told = "The snooze is over, and this is still open." if woke else "This is still open."
    if not who:
        told += " Nobody has acknowledged it yet."
    if missing:
        left = wording.number(missing, "customer")
        told += f" Of {left} who left the reason is not known yet."
    return _said(told, called=called)


def rule_in_words(rule: Rule) -> str:
    """What it watches and when it speaks."""
    who = f" of {escape(wording.segment(rule.only))}" if rule.only else ""
    least = f"with at least {wording.number(rule.minimum_base, _base(rule))}"
    name = FIGURES[rule.figure]
    if rule.shape is None:
        months = "months back from each week" if rule.kind is Kind.WEEK else f"each {rule.kind}"
        also = (
            f", and by {wording.listed(list(map(escape, rule.segments)))}" if rule.segments else ""
        )
        often = {
            Level.SENSITIVE: "about one false alarm a year",
            Level.NORMAL: "about one false alarm in two years",
            Level.QUIET: "about one false alarm in seven years",
        }[rule.level]
        return f"Rule: {name}{who} lower than luck explains, {months}{also}; {often}, {least}."
    limit = f"{rule.limit:g}"
    before = (
        f"the {rule.kind} before"
        if rule.periods == 1
        else f"the mean of the {rule.periods} {rule.kind}s before"
    )
    match rule.shape:
        case Shape.BELOW:
            told = f"below {limit}{rule.figure.unit}"
        case Shape.FALL_POINTS:
            told = f"more than {wording.number_of_points(rule.limit)} under {before}"
        case Shape.FALL_PERCENT:
            told = f"more than {limit} % under {before}"
    return f"Rule: {name}{who} {told}, {least}."


FIGURES = {
    Figure.CRR: "CRR",
    Figure.NRR: "NRR",
    Figure.GRR: "GRR",
    Figure.NPS: "NPS",
    Figure.CSAT: "CSAT",
    Figure.ANSWER_RATE: "the share of questions that are answered",
}


def _base(rule: Rule) -> str:
    if rule.figure is Figure.ANSWER_RATE:
        return "question"
    return "answer" if rule.figure.is_of_answers else "customer"


def _said(told: str, *, called: str = "") -> Message:
    return Message(told, (section(f"{called}{told}"),))


def _title(alert: Alert) -> str:
    if alert.incident.state is IncidentState.RESOLVED:
        return f"Resolved: {alert.rule.name}"
    return f":rotating_light: {alert.rule.name}"


def _state(alert: Alert, definition: Definition) -> str:
    """The first sentence: what is, in counts first."""
    incident, evidence = alert.incident, alert.evidence
    what = (
        "Retention"
        if alert.rule.figure is Figure.CRR
        else wording.capital(FIGURES[alert.rule.figure])
    )
    now = period_of(alert.rule.kind, incident.latest.period, definition)
    when = wording.in_period(now)
    if incident.state is IncidentState.RESOLVED:
        if incident.is_normal:
            since = period_of(alert.rule.kind, incident.opening.period, definition)
            return f"{what} is as it is from {wording.period(since)} on: that is what is expected."
        if incident.resolved_by:
            return (
                f"{what} dropped, and that is dealt with. {wording.capital(when)}: {_value(alert)}."
            )
        return f"{what} is back {when}: {_value(alert)}."
    if incident.latest.period > incident.opening.period:
        if _was_good(evidence):
            again = "This is over when it stays so."
            return f"{what} was as expected {when}: {_value(alert)}. {again}"
        return f"{what} is still down {when}: {_value(alert)}."
    if evidence is None:
        return f"{what} dropped {when}: {_value(alert)}."
    group = next((each for each in evidence.groups if each.dropped), None)
    if group is None:
        return f"{what} dropped {when}: {_plain_evidence(alert)}"
    return f"{what} dropped{_where(group)}: {_counts(group, now, evidence)}"


def _evidence(alert: Alert, definition: Definition) -> list[str]:
    """The sentences after the first: since when, how sure, where, and who left."""
    incident, evidence, rule = alert.incident, alert.evidence, alert.rule
    told: list[str] = []
    over = incident.state is IncidentState.RESOLVED
    if incident.latest.period > incident.opening.period:
        opened = period_of(rule.kind, incident.opening.period, definition)
        told.append(f"It dropped {wording.in_period(opened)}: {_opening(alert)}.")
    if evidence is None:
        return told
    dropped = [group for group in evidence.groups if group.dropped]
    now = period_of(rule.kind, incident.latest.period, definition)
    good = incident.latest.period > incident.opening.period and _was_good(evidence)
    dropped = [] if good else dropped
    if incident.latest.period > incident.opening.period and dropped and not over:
        told.append(f"{wording.capital(_counts(dropped[0], now, evidence))}")
    if dropped and not over:
        told.append(_luck(dropped[0], evidence))
        told += [f"• {escape(each.label)}: {_kept(each)} ({_odds(each)})" for each in dropped[1:]]
        if evidence.normal_segments:
            others = "other segment" if len(dropped) > 1 or dropped[0].label else "segment"
            told.append(f"{wording.number(evidence.normal_segments, others)} as expected.")
    if evidence.recorded is not None and evidence.recorded < _ALL and dropped and not over:
        told.append(
            tr(
                "Usually {share} of those who left are recorded by now, and only so many were"
                " expected.",
                share=wording.rate(evidence.recorded),
            )
        )
    if evidence.left_count and not over and not good:
        told.append(_who_left(alert, evidence, dropped[0] if dropped else None, now))
    if evidence.account and not over:
        name, count = evidence.account
        told.append(f"{count} of them are of one account: {escape(name)}.")
    return told


def _was_good(evidence: Evidence | None) -> bool:
    """Whether the newest period lies where it was expected, by itself."""
    mark = evidence.marks[-1] if evidence and evidence.marks else None
    return mark is not None and mark.low is not None and mark.value >= mark.low


def _where(group: Group) -> str:
    return f" for {escape(group.label)}" if group.label else ""


def _counts(group: Group, now: Period, evidence: Evidence) -> str:
    """41 of 50 customers stayed in October, 47 expected from the last 24 months (CRR …)."""
    when = wording.in_period(now)
    if group.periods > 1:
        when = f"over the last {group.periods} months"
    elif now.kind is Kind.WEEK:
        when = f"in the month up to {wording.day(now.last)}"
    whom = wording.number(group.opening, "customer")
    if group.periods > 1:
        whom = f"{group.opening:,}"
    expected = round(group.opening - group.expected)
    made_of = (
        f" from the last {wording.number(evidence.made_of, 'month')}" if evidence.made_of else ""
    )
    kept = group.opening - group.lost
    usual = wording.rate(1 - group.expected / group.opening)
    return (
        f"{kept:,} of {whom} stayed {when}, {expected:,} expected{made_of}"
        f" (CRR {wording.percent(kept, group.opening)} against {usual})."
    )


def _kept(group: Group) -> str:
    over = f" over {group.periods} months" if group.periods > 1 else ""
    kept, expected = group.opening - group.lost, round(group.opening - group.expected)
    return f"{kept:,} of {group.opening:,} stayed{over}, {expected:,} expected"


def _odds(group: Group) -> str:
    return f"1 in {one_in(group.chance):,}"


def _luck(group: Group, evidence: Evidence) -> str:
    told = f"Chance of this by luck: {_odds(group)}"
    if evidence.years is None or evidence.years < 1:
        return f"{told}."
    years = min(round(evidence.years), 1000)
    more = "more than " if evidence.years > 1000 else ""
    return (
        f"{told}; a signal this strong is a false alarm about once in"
        f" {more}{wording.number(years, 'year')}."
    )


def _plain_evidence(alert: Alert) -> str:
    """Of a plain rule: what it is, and what it is held against."""
    rule, evidence = alert.rule, alert.evidence
    if evidence is None or evidence.value is None or evidence.compared_with is None:
        return "below its line."
    unit = rule.figure.unit
    if rule.figure is not Figure.CRR or not evidence.kept:
        against = "the line is" if rule.shape is Shape.BELOW else "before it was"
        base = wording.number(evidence.opening, _base(rule))
        return (
            f"{FIGURES[rule.figure]} {evidence.value:.1f}{unit} of {base};"
            f" {against} {evidence.compared_with:.1f}{unit}."
        )
    expected = round(evidence.compared_with * evidence.opening / 100)
    line = "line" if rule.shape is Shape.BELOW else "expected"
    return (
        f"{evidence.kept:,} of {wording.number(evidence.opening, 'customer')} stayed,"
        f" {expected:,} {'would be the line' if line == 'line' else 'were expected'}"
        f" (CRR {wording.percent(evidence.kept, evidence.opening)} against"
        f" {wording.rate(evidence.compared_with / 100)})."
    )


def _value(alert: Alert) -> str:
    """The figure of the newest period."""
    evidence, rule = alert.evidence, alert.rule
    if evidence is not None and rule.figure is Figure.CRR and evidence.opening:
        shown = wording.percent(evidence.kept, evidence.opening)
        return f"CRR {shown} ({evidence.kept:,} of {evidence.opening:,} stayed)"
    return _reading(rule, alert.incident.latest.observed)


def _opening(alert: Alert) -> str:
    opening, rule = alert.incident.opening, alert.rule
    told = _reading(rule, opening.observed)
    if opening.expected is None:
        return told
    return f"{told} against {_number(rule, opening.expected)}"


def _reading(rule: Rule, value: float | None) -> str:
    name = FIGURES[rule.figure]
    return f"no {name}" if value is None else f"{name} {_number(rule, value)}"


def _number(rule: Rule, value: float) -> str:
    return wording.rate(value) if rule.figure is Figure.CRR else f"{value:.1f}{rule.figure.unit}"


def _who_left(alert: Alert, evidence: Evidence, group: Group | None, now: Period) -> str:
    when = wording.in_period(now)
    if group is not None and group.periods > 1:
        when = f"in these {group.periods} months"
    shown = [_leaver(each) for each in alert.left[: wording.NAMES_SHOWN]]
    more = evidence.left_count - len(shown)
    if more > 0:
        told = (
            f"{', '.join(shown)} and {more:,} more" if shown else wording.number(more, "customer")
        )
    else:
        told = wording.listed(shown)
    return f"Left {when}: {told}."


def _leaver(who: Leaver) -> str:
    """Acme (1,200 EUR a month, Omar Haddad; price)."""
    name, told = escape(cut(who.name, wording.NAME_LONGEST)), known_of(who)
    return f"{name} ({told})" if told else name


def _people(incident: Incident, definition: Definition) -> tuple[list[str], list[str]]:
    """Who looks after it, with names that ring and, for small screens, without."""
    told: list[str] = []
    plain: list[str] = []
    if incident.acknowledged_by:
        told.append(f"Acknowledged by <@{incident.acknowledged_by}>.")
        plain.append("Acknowledged.")
    if incident.assigned_to:
        told.append(f"<@{incident.assigned_to}> looks after it.")
        plain.append("Somebody looks after it.")
    if incident.snoozed_until is not None:
        until = f"Snoozed until {wording.moment(incident.snoozed_until, definition)}."
        told.append(until)
        plain.append(until)
    if incident.resolved_by:
        told.append(f"Resolved by <@{incident.resolved_by}>.")
        plain.append("Resolved by a person.")
    return told, plain


def _chart(alert: Alert) -> tuple[list[Block], list[Block]]:
    """The figure and the band in which it was expected; and the same in letters."""
    evidence = alert.evidence
    if evidence is None or len(evidence.marks) < 2:
        return [], []
    marks = evidence.marks
    kind = Kind.DAYS if alert.rule.by_luck and alert.rule.kind is Kind.WEEK else alert.rule.kind
    labels = [_short(mark, kind) for mark in marks]
    name = f"{alert.rule.figure.upper()}{alert.rule.figure.unit}".replace("_", " ")
    series: dict[str, list[float]] = {name: [mark.value for mark in marks]}
    lines = [f"{label:<12} {mark.value:>6.1f}" for label, mark in zip(labels, marks, strict=True)]
    bands = [(mark.low, mark.high) for mark in marks]
    known = [(low, high) for low, high in bands if low is not None and high is not None]
    if len(known) == len(marks):
        series["expected at least"] = [low for low, _ in known]
        series["expected at most"] = [high for _, high in known]
        lines = [
            f"{line}   expected {low:.1f} to {high:.1f}"
            for line, (low, high) in zip(lines, known, strict=True)
        ]
    title = f"{name} and what was expected" if len(series) > 1 else name
    chart = line_chart(title, series, labels, y_label=name)
    return [chart], [section(f"*{title}*\n```\n" + "\n".join(lines) + "\n```")]


def _short(mark: Mark, kind: Kind) -> str:
    if kind is Kind.DAYS:
        return wording.day(mark.next)
    return wording.short(Period(mark.first, mark.next, kind))


def _buttons(alert: Alert) -> Sequence[Block]:
    """What may be done next; the first thing is to say that somebody is at it."""
    incident = alert.incident
    names = alert.evidence is not None and alert.evidence.left_count
    why = [("Why they left", REASONS, "Say why customers left")] if names else []
    if incident.state is IncidentState.RESOLVED:
        shown = [*why, ("Reopen", REOPEN, "Reopen this alert")]
    else:
        seen = [] if incident.acknowledged_by else [("Acknowledge", ACKNOWLEDGE, _ACKNOWLEDGE)]
        normal = [("This is the new normal", NEW_NORMAL, "Expect this from now on")]
        shown = [
            *seen,
            ("Assign", ASSIGN, "Say who looks after this alert"),
            ("Snooze", SNOOZE, "Hear of this alert again later"),
            *why,
            *(normal if asks_whether_normal(incident) else []),
            ("Resolve", RESOLVE, "Resolve this alert"),
        ]
    buttons = [
        button(
            label,
            action_id=action,
            value=str(incident.id),
            style="primary" if action == ACKNOWLEDGE else None,
            accessibility_label=told,
            confirm=_SURE if action == NEW_NORMAL else "",
        )
        for label, action, told in shown
    ]
    return (actions(*buttons, block_id=f"alert {incident.state}"),)


_ALL = 0.995
"""The share of losses that is as good as all."""

_ACKNOWLEDGE = "Acknowledge this alert"
_SURE = "What was before the drop is not expected any more, and the alert is over."
