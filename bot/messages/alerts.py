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
    is_retracted,
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
    divider,
    escape,
    header,
    line_chart,
    more_button,
    saying,
    section,
    sections,
)
from bot.messages.failures import failure
from bot.messages.languages import grouped, later, retold, tr, trn
from bot.messages.reasons import named

ACKNOWLEDGE = "incident:acknowledge"
ASSIGN, SNOOZE, REASONS = "incident:assign", "incident:snooze", "incident:reasons"
RESOLVE, REOPEN = "incident:resolve", "incident:reopen"
NEW_NORMAL, NOT_NORMAL = "incident:normal", "incident:not-normal"
"""The action_ids of the buttons under an alert; their value is the incident's id."""
LEFT = "incident:left"
"""The same of the list of who left; after a colon, how many come before those that are listed."""
LEFT_AT_ONCE = 20
BELIEVE, DISCARD, MISSING = "pull:believe", "pull:discard", "pull:missing"
"""The action_ids of the buttons under a held pull; their value is the pull's id, and of the last
one, after a colon, how many come before those that are listed."""
MISSING_AT_ONCE = 40


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
    why = escape(named(who.reason.reason)) if who.reason else ""
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
    months = _chart_in_words(alert)
    shown = section("\n".join(filter(None, [bold(told[0]), *told[1:], *people])))
    above = (header(_title(alert)), shown)
    zone = tr("Days of {zone}.", zone=definition.zone)
    below = (context(rule_in_words(alert.rule), zone), *_buttons(alert))
    return Message(
        text="\n".join(filter(None, [*told, months, *plain])),
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
        raise Misunderstood(tr("This click does not say which alert it is about.")) from error


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
        tr("Figures stay as of {moment}.", moment=wording.moment(held.as_of, definition))
        if held.as_of
        else tr("There are no figures until a pull is believed.")
    )
    told = tr(
        "The pull of {source} was held back: {why}", source=source, why=escape(failure(held.why))
    )
    missing = ""
    more = held.missing_count > min(len(held.missing), wording.NAMES_SHOWN)
    if held.missing:
        names = wording.names(held.missing, held.missing_count)
        missing = tr("Missing: {names}.", names=names)
    return Message(
        text="\n".join(filter(None, (told, until, missing))),
        blocks=(
            header(tr("A pull of {source} is not believed", source=held.source)),
            section("\n".join(filter(None, (bold(told), until, missing)))),
            held_buttons(held.source, held.pull, missing=more),
            context(tr("No alert is raised from data that is not believed.")),
        ),
    )


def held_buttons(source: str, pull: int, *, missing: bool, block_id: str = "held") -> Block:
    """Accept it or discard it: nobody is asked twice about what changes nothing. `missing`: also
    list who is."""
    who = tr("List who is missing")
    return actions(
        button(
            tr("Accept it"),
            action_id=BELIEVE,
            value=str(pull),
            accessibility_label=tr("Accept the pull of {source}", source=source),
            confirm=tr("The figures will be made of it, and who is missing will have left."),
        ),
        button(
            tr("Discard it"),
            action_id=DISCARD,
            value=str(pull),
            accessibility_label=tr("Discard the pull of {source}", source=source),
        ),
        *([button(who, action_id=MISSING, value=str(pull))] if missing else []),
        block_id=block_id,
    )


def missing_list(pull: Pull, names: Sequence[str], count: int, first: int) -> Message:
    """Some of those who are missing from a held pull, of whom there are so many; `first` come
    before those."""
    title = tr("Missing from the pull of {source}", source=pull.source)
    last = first + len(names)
    told = tr("{first} to {last} of {n}:", first=first + 1, last=last, n=count)
    if not names:
        told = tr("Nobody is missing from it.")
    lines = [told, *(f"• {escape(cut(name, wording.NAME_LONGEST))}" for name in names)]
    following = f"{pull.id}:{last}"
    return Message(
        text="\n".join([f"{escape(title)}. {lines[0]}", *lines[1:]]),
        blocks=(
            header(title),
            *sections(lines),
            *more_button(MISSING, last, count, at_once=MISSING_AT_ONCE, value=following),
        ),
    )


def held_decided(pull: Pull, person: str) -> Message:
    """In the place of the notice, once somebody has said what to do, or a newer pull has."""
    source, why = escape(pull.source), escape(failure(pull.sentence))
    match pull.state:
        case PullState.BELIEVED:
            told = tr("The pull of {source} that was held back was believed.", source=source)
            by = later("The pull of {source} that was held back was believed by {who}.")
            then = tr("The figures are made of it now.")
        case PullState.DISCARDED:
            told = tr("The pull of {source} that was held back was discarded.", source=source)
            by = later("The pull of {source} that was held back was discarded by {who}.")
            then = tr("The figures stay as they were.")
        case _:
            told, by = tr("The pull of {source} is not held any more.", source=source), ""
            then = ""
    shown = plain = told
    if by and person:
        shown = tr(by, source=source, who=f"<@{escape(person)}>")
        plain = tr(by, source=source, who=tr("a person"))
    reason = tr("It was held back because of this: {why}", why=why) if why else ""
    return Message(
        text=" ".join(filter(None, (plain, then, reason))),
        blocks=(
            section(" ".join(filter(None, (shown, then)))),
            *((context(reason),) if reason else ()),
        ),
    )


def read_decision(body: dict[str, Any]) -> tuple[int, str]:
    """The id of the held pull and the person, of a click under a notice."""
    try:
        return int(body["actions"][0]["value"]), str(body["user"]["id"])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise Misunderstood(tr("This click does not say which pull it is about.")) from error


def failed_notice(source: str, why: str, as_of: datetime | None, definition: Definition) -> Message:
    """A pull that did not reach the end, told when a source is lost."""
    until = (
        tr(
            "Figures stay as of {moment}; the next pull tries again.",
            moment=wording.moment(as_of, definition),
        )
        if as_of
        else tr("There are no figures until a pull reaches the end.")
    )
    told = tr(
        "{source} could not be pulled: {why}",
        source=escape(source),
        why=escape(failure(why, of=source)),
    )
    return Message(
        text=f"{told}\n{until}",
        blocks=(
            header(tr("{source} could not be pulled", source=source)),
            section(f"{told}\n{until}"),
        ),
    )


def not_read_notice(last: LastRead, definition: Definition) -> Message:
    """Tickets or ratings that can't be read, told when that begins."""
    title = tr("{source} could not be read", source=wording.read_of(last))
    until = (
        tr(
            "The newest are as of {moment}; it is tried again.",
            moment=wording.moment(last.finished_at, definition),
        )
        if last.finished_at
        else tr("None were read so far; it is tried again.")
    )
    told = f"{title}: {escape(failure(last.sentence, of=last.source))}\n{until}"
    return Message(text=told, blocks=(header(title), section(told)))


def undelivered_notice(
    what: str, channel: str, why: str, *, of: Message | None = None, goes_on: bool = False
) -> Message:
    """A message that did not reach its channel, told elsewhere: with its words (`of`), or where it
    `goes_on` below."""

    told = tr(
        "{message} could not be posted in {channel}: {why}",
        message=escape(tr(what)),
        channel=f"<#{escape(channel)}>",
        why=escape(failure(why, of=f"posting to {channel}")),
    )
    more = tr("It follows here, and goes on here.") if goes_on else ""
    said = [block for block in of.blocks if block["type"] in _SAID] if of else []
    return Message(
        text="\n".join(filter(None, [told, more, of.text if of else ""])),
        blocks=(
            header(tr("A message could not be posted")),
            section("\n".join(filter(None, [told, more]))),
            *([divider(), *said] if said else []),
        ),
    )


def not_judged(
    period: Period, reason: Reason, freshness: Freshness, definition: Definition
) -> Message:
    """No alert is raised from data that may be wrong; instead this."""
    why = {
        Reason.HELD: tr("the newest pull is not believed, or did not reach its end"),
        Reason.STALE: tr("no pull has seen its end yet"),
    }.get(reason, tr("it has not ended"))
    told = tr(
        "No alert can be raised for {period} yet, because {why}. It is judged as soon as a pull is"
        " believed.",
        period=wording.period(period),
        why=why,
    )
    seen = wording.freshness(freshness, definition)
    return Message(text=f"{told}\n{seen}", blocks=(section(told), context(seen)))


def not_all_rated(period: Period, last: LastRead, definition: Definition) -> Message:
    """No alert is raised from scores of which some are not read yet."""
    told = tr(
        "No alert on scores can be raised for {period} yet, because not all ratings are read. It"
        " is judged as soon as they are.",
        period=wording.period(period),
    )
    seen = wording.helpdesk(last, definition)
    return Message(text=f"{told}\n{seen}", blocks=(section(told), context(seen)))


def can_not_look(rule: Rule, why: str) -> Message:
    """A rule that watches what the source does not tell any more would be silent for ever."""
    told = tr(
        "The rule “{rule}” can't look: {why} No alert comes from it until it is changed, or the"
        " source tells that again.",
        rule=escape(rule.name),
        why=escape(retold(why)),
    )
    return saying(told)


def normal_asked(incident: Incident, rule: Rule) -> Message:
    """Once in the thread, when it has lasted so long; who looks after it is called."""
    told = _is_it_normal(incident, rule)
    answer = tr("Two buttons under the alert answer that.")
    return _said(f"{told} {answer}", called=_called(incident))


def _is_it_normal(incident: Incident, rule: Rule) -> str:
    return tr(
        "It has lasted for {periods}: is it how things are from now on?",
        periods=_lasted(rule.kind, incident.periods),
    )


def _lasted(kind: Kind, periods: int) -> str:
    match kind:
        case Kind.WEEK:
            return wording.number(periods, "week")
        case Kind.QUARTER:
            return wording.number(periods, "quarter")
        case Kind.YEAR:
            return wording.number(periods, "year")
        case _:
            return wording.number(periods, "month")


def _called(incident: Incident) -> str:
    who = incident.assigned_to or incident.acknowledged_by
    return f"<@{who}> " if who else ""


def story_of(todo: Move, incident: Incident, rule: Rule) -> Message:
    """What the thread is told of an evaluation; who looks after it is called."""
    if todo is Move.RESOLVE:
        return _said(
            tr(
                "{rule} is resolved: the figure is back to what was expected.",
                rule=escape(rule.name),
            )
        )
    if todo is Move.RETRACT:
        return _said(
            tr(
                "{rule} is resolved: by what is known now the figure did not drop.",
                rule=escape(rule.name),
            )
        )
    told = tr("It got clearly worse.")
    if incident.told_parts and incident.told_parts != ("",):
        parts = [escape(part) if part else tr("all customers") for part in incident.told_parts]
        told = f"{told} {tr('It shows in {parts} now.', parts=wording.listed(parts))}"
    return _said(told, called=_called(incident))


def reminder(incident: Incident, missing: int, *, woke: bool) -> Message:
    """An open incident is brought up again in its thread. `missing` reasons are not known yet."""
    called = _called(incident)
    told = [
        tr("The snooze is over, and this is still open.") if woke else tr("This is still open.")
    ]
    if not called:
        told.append(tr("Nobody has acknowledged it yet."))
    if missing:
        left = wording.number(missing, "customer")
        told.append(tr("Of {customers} who left the reason is not known yet.", customers=left))
    return _said(" ".join(told), called=called)


def rule_in_words(rule: Rule) -> str:
    """What it watches and when it speaks."""
    name, least = tr(FIGURES[rule.figure]), _based_on(rule, rule.minimum_base)
    if rule.only:
        name = tr("{figure} of {segment}", figure=name, segment=wording.segment(rule.only))
    if rule.shape is None:
        months = tr(_EACH.get(rule.kind, _EACH[Kind.MONTH]))
        if rule.segments:
            fields = wording.listed(list(map(escape, rule.segments)))
            months = tr("{each}, and by {fields}", each=months, fields=fields)
        return tr(
            "Rule: {figure} lower than luck explains, {each}; {often}, with at least {least}.",
            figure=name,
            each=months,
            often=tr(_OFTEN[rule.level]),
            least=least,
        )
    before = tr(_BEFORE[rule.kind])
    if rule.periods != 1:
        before = tr(_MEAN_BEFORE[rule.kind], n=rule.periods)
    match rule.shape:
        case Shape.BELOW:
            told = tr("below {limit}", limit=_with_unit(rule, wording.plain(rule.limit)))
        case Shape.FALL_POINTS:
            points = wording.number_of_points(rule.limit)
            told = tr("more than {fall} under {before}", fall=points, before=before)
        case Shape.FALL_PERCENT:
            fall = tr("{number} %", number=wording.plain(rule.limit))
            told = tr("more than {fall} under {before}", fall=fall, before=before)
    return tr("Rule: {figure} {told}, with at least {least}.", figure=name, told=told, least=least)


_EACH = {
    Kind.WEEK: later("months back from each week"),
    Kind.MONTH: later("each month"),
    Kind.QUARTER: later("each quarter"),
    Kind.YEAR: later("each year"),
}
_BEFORE = {
    Kind.WEEK: later("the week before"),
    Kind.MONTH: later("the month before"),
    Kind.QUARTER: later("the quarter before"),
    Kind.YEAR: later("the year before"),
}
_MEAN_BEFORE = {
    Kind.WEEK: later("the mean of the {n} weeks before"),
    Kind.MONTH: later("the mean of the {n} months before"),
    Kind.QUARTER: later("the mean of the {n} quarters before"),
    Kind.YEAR: later("the mean of the {n} years before"),
}
_OFTEN = {
    Level.SENSITIVE: later("about one false alarm a year"),
    Level.NORMAL: later("about one false alarm in two years"),
    Level.QUIET: later("about one false alarm in seven years"),
}
FIGURES = {
    Figure.CRR: "CRR",
    Figure.CRR_BY_COUNTS: later("CRR by counts (an estimate)"),
    Figure.NRR: "NRR",
    Figure.GRR: "GRR",
    Figure.NPS: "NPS",
    Figure.CSAT: "CSAT",
    Figure.ANSWER_RATE: later("the share of questions that are answered"),
}


def figure_told(rule: Rule, value: float, base: int) -> str:
    """NPS -50.0 of 2 answers."""
    return tr(
        "{figure} {value} of {base}",
        figure=tr(FIGURES[rule.figure]),
        value=_with_unit(rule, wording.decimal(value)),
        base=_based_on(rule, base),
    )


def _based_on(rule: Rule, count: int) -> str:
    """Of so many customers, answers or questions."""
    if rule.figure is Figure.ANSWER_RATE:
        return wording.number(count, "question")
    if rule.figure.is_of_answers:
        return wording.number(count, "answer")
    return wording.number(count, "customer")


def _said(told: str, *, called: str = "") -> Message:
    return Message(told, (section(f"{called}{told}"),))


def _title(alert: Alert) -> str:
    if alert.incident.state is IncidentState.RESOLVED:
        return tr("Resolved: {rule}", rule=alert.rule.name)
    return f":rotating_light: {alert.rule.name}"


def _state(alert: Alert, definition: Definition) -> str:
    """The first sentence: what is, in counts first."""
    incident, evidence = alert.incident, alert.evidence
    what = (
        tr("Retention")
        if alert.rule.figure is Figure.CRR
        else wording.capital(tr(FIGURES[alert.rule.figure]))
    )
    now = period_of(alert.rule.kind, incident.latest.period, definition)
    when = wording.in_period(now)
    if incident.state is IncidentState.RESOLVED:
        if incident.is_normal:
            since = period_of(alert.rule.kind, incident.opening.period, definition)
            return tr(
                "{figure} is as it is from {period} on: that is what is expected.",
                figure=what,
                period=wording.period(since),
            )
        if incident.resolved_by:
            done = tr("{figure} dropped, and that is dealt with.", figure=what)
            return f"{done} {wording.capital(when)}: {_value(alert)}."
        if is_retracted(incident):
            return tr(
                "{figure} did not drop {period}, by what is known now: {value}.",
                figure=what,
                period=when,
                value=_value(alert),
            )
        return tr(
            "{figure} is back {period}: {value}.", figure=what, period=when, value=_value(alert)
        )
    if incident.latest.period > incident.opening.period:
        if _was_good(evidence):
            return tr(
                "{figure} was as expected {period}: {value}. This is over when it stays so.",
                figure=what,
                period=when,
                value=_value(alert),
            )
        return tr(
            "{figure} is still down {period}: {value}.",
            figure=what,
            period=when,
            value=_value(alert),
        )
    if evidence is None:
        told = f"{_value(alert)}."
        return tr("{figure} dropped {period}: {told}", figure=what, period=when, told=told)
    group = next((each for each in evidence.groups if each.dropped), None)
    if group is None and alert.rule.by_luck:
        return tr(
            "{figure} dropped {period}, and by what is known now luck may explain it: {value}.",
            figure=what,
            period=when,
            value=_value(alert),
        )
    if group is None:
        told = _plain_evidence(alert)
        return tr("{figure} dropped {period}: {told}", figure=what, period=when, told=told)
    told = _counts(group, now, evidence)
    if not group.label:
        return tr("{figure} dropped: {told}", figure=what, told=told)
    segment = escape(group.label)
    return tr("{figure} dropped for {segment}: {told}", figure=what, segment=segment, told=told)


def _evidence(alert: Alert, definition: Definition) -> list[str]:
    """The sentences after the first: since when, how sure, where, and who left."""
    incident, evidence, rule = alert.incident, alert.evidence, alert.rule
    told: list[str] = []
    over = incident.state is IncidentState.RESOLVED
    if incident.latest.period > incident.opening.period:
        opened = period_of(rule.kind, incident.opening.period, definition)
        told.append(
            tr(
                "It dropped {period}: {value}.",
                period=wording.in_period(opened),
                value=_opening(alert),
            )
        )
    elif _shown(rule, incident.opening.observed) != _shown(rule, incident.latest.observed):
        told.append(tr("It was told as {value}.", value=_opening(alert)))
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
            if len(dropped) > 1 or dropped[0].label:
                told.append(
                    trn(
                        "{n} other segment as expected.",
                        "{n} other segments as expected.",
                        evidence.normal_segments,
                    )
                )
            else:
                told.append(
                    trn(
                        "{n} segment as expected.",
                        "{n} segments as expected.",
                        evidence.normal_segments,
                    )
                )
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
        told.append(tr("{n} of them are of one account: {account}.", n=count, account=escape(name)))
    if asks_whether_normal(incident):
        told.append(_is_it_normal(incident, rule))
    return told


def _was_good(evidence: Evidence | None) -> bool:
    """Whether the newest period lies where it was expected, by itself."""
    mark = evidence.marks[-1] if evidence and evidence.marks else None
    return mark is not None and mark.low is not None and mark.value >= mark.low


def _counts(group: Group, now: Period, evidence: Evidence) -> str:
    """41 of 50 customers stayed in October, 47 expected from the last 24 months (CRR …)."""
    when = wording.in_period(now)
    if group.periods > 1:
        when = tr("over the last {n} months", n=group.periods)
    elif now.kind is Kind.WEEK:
        when = tr("in the month up to {day}", day=wording.day(now.last))
    whom = wording.number(group.opening, "customer")
    if group.periods > 1:
        whom = grouped(group.opening)
    expected = tr("{n} expected", n=round(group.opening - group.expected))
    if evidence.made_of:
        months = wording.number(evidence.made_of, "month")
        expected = tr("{expected} from the last {months}", expected=expected, months=months)
    kept = group.opening - group.lost
    return tr(
        "{kept} of {customers} stayed {period}, {expected} (CRR {share} against {usual}).",
        kept=kept,
        customers=whom,
        period=when,
        expected=expected,
        share=wording.percent(kept, group.opening),
        usual=wording.rate(1 - group.expected / group.opening),
    )


def _kept(group: Group) -> str:
    stayed = tr(
        "{kept} of {opening} stayed", kept=group.opening - group.lost, opening=group.opening
    )
    if group.periods > 1:
        stayed = tr("{stayed} over {n} months", stayed=stayed, n=group.periods)
    return f"{stayed}, {tr('{n} expected', n=round(group.opening - group.expected))}"


def _odds(group: Group) -> str:
    odds = one_in(group.chance)
    if odds > _RARE:
        return tr("less than 1 in {n}", n=_RARE)
    return tr("1 in {n}", n=odds)


def _luck(group: Group, evidence: Evidence) -> str:
    told = tr("Chance of this by luck: {odds}", odds=_odds(group))
    if evidence.years is None or evidence.years < 1:
        return f"{told}."
    years = min(round(evidence.years), 1000)
    often = wording.number(years, "year")
    if evidence.years > 1000:
        often = tr("more than {years}", years=often)
    rare = tr("a signal this strong is a false alarm about once in {years}.", years=often)
    return f"{told}; {rare}"


def _plain_evidence(alert: Alert) -> str:
    """Of a plain rule: what it is, and what it is held against."""
    rule, evidence = alert.rule, alert.evidence
    if evidence is None or evidence.value is None or evidence.compared_with is None:
        return tr("below its line.")
    if rule.figure is not Figure.CRR or not evidence.kept:
        value = figure_told(rule, evidence.value, evidence.opening)
        against = _with_unit(rule, wording.decimal(evidence.compared_with))
        if rule.shape is Shape.BELOW:
            return tr("{value}; the line is {against}.", value=value, against=against)
        return tr("{value}; before it was {against}.", value=value, against=against)
    return tr(
        _AGAINST_LINE if rule.shape is Shape.BELOW else _AGAINST_EXPECTED,
        kept=evidence.kept,
        customers=wording.number(evidence.opening, "customer"),
        n=round(evidence.compared_with * evidence.opening / 100),
        share=wording.percent(evidence.kept, evidence.opening),
        usual=wording.rate(evidence.compared_with / 100),
    )


_AGAINST_LINE = later(
    "{kept} of {customers} stayed, {n} would be the line (CRR {share} against {usual})."
)
_AGAINST_EXPECTED = later(
    "{kept} of {customers} stayed, {n} were expected (CRR {share} against {usual})."
)


def _value(alert: Alert) -> str:
    """The figure of the newest period."""
    evidence, rule = alert.evidence, alert.rule
    if evidence is not None and rule.figure is Figure.CRR and evidence.opening:
        return tr(
            "CRR {share} ({kept} of {opening} stayed)",
            share=wording.percent(evidence.kept, evidence.opening),
            kept=evidence.kept,
            opening=evidence.opening,
        )
    return _reading(rule, alert.incident.latest.observed)


def _opening(alert: Alert) -> str:
    opening, rule = alert.incident.opening, alert.rule
    told = _reading(rule, opening.observed)
    if opening.expected is None:
        return told
    return tr("{value} against {usual}", value=told, usual=_number(rule, opening.expected))


def _shown(rule: Rule, value: float | None) -> str:
    return "" if value is None else _number(rule, value)


def _reading(rule: Rule, value: float | None) -> str:
    name = tr(FIGURES[rule.figure])
    return tr("no {figure}", figure=name) if value is None else f"{name} {_number(rule, value)}"


def _number(rule: Rule, value: float) -> str:
    if rule.figure is Figure.CRR:
        return wording.rate(value)
    return _with_unit(rule, wording.decimal(value))


def _with_unit(rule: Rule, number: str) -> str:
    return tr("{number} %", number=number) if rule.figure.unit else number


def _who_left(alert: Alert, evidence: Evidence, group: Group | None, now: Period) -> str:
    when = wording.in_period(now)
    if group is not None and group.periods > 1:
        when = tr("in these {n} months", n=group.periods)
    named = [each for each in alert.left if each.name != wording.unnamed()]
    shown = [_leaver(each) for each in named[: wording.NAMES_SHOWN]]
    more = evidence.left_count - len(shown)
    told = wording.and_more(shown, max(more, 0))
    if not shown:
        told = wording.number(more, "customer")
    return tr("Left {period}: {names}.", period=when, names=told)


def left_list(incident: int, left: Sequence[Leaver], count: int, first: int) -> Message:
    """Some of those whom an alert is about, of whom so many are kept; `count` is how many left."""
    shown = left[first : first + LEFT_AT_ONCE]
    last = first + len(shown)
    told = tr("{first} to {last} of {n}:", first=first + 1, last=last, n=count)
    if not shown:
        told = tr("Who left is not known any more.")
    lines = [told, *(f"• {_leaver(each)}" for each in shown)]
    if last == len(left) < count:
        lines.append(tr("The others are in the list of `/churn`."))
    title = tr("Who left")
    following = f"{incident}:{last}"
    return Message(
        text="\n".join([f"{title}. {lines[0]}", *lines[1:]]).replace("`", ""),
        blocks=(
            header(title),
            *sections(lines),
            *more_button(LEFT, last, len(left), at_once=LEFT_AT_ONCE, value=following),
        ),
    )


def read_part(body: dict[str, Any]) -> tuple[str, int]:
    """The incident or the pull, and how many come before those to be listed."""
    id, _, first = str(body["actions"][0].get("value", "")).partition(":")
    return id, int(first) if first.isdigit() else 0


def _leaver(who: Leaver) -> str:
    """Acme (1,200 EUR a month, Omar Haddad; price)."""
    name, told = escape(cut(who.name, wording.NAME_LONGEST)), known_of(who)
    return f"{name} ({told})" if told else name


def _people(incident: Incident, definition: Definition) -> tuple[list[str], list[str]]:
    """Who looks after it, with names that ring and, for small screens, without."""
    told: list[str] = []
    plain: list[str] = []
    if incident.acknowledged_by:
        told.append(tr("Acknowledged by {who}.", who=f"<@{incident.acknowledged_by}>"))
        plain.append(tr("Acknowledged."))
    if incident.assigned_to:
        told.append(tr("{who} looks after it.", who=f"<@{incident.assigned_to}>"))
        plain.append(tr("{who} looks after it.", who=tr("Somebody")))
    if incident.snoozed_until is not None:
        moment = wording.moment(incident.snoozed_until, definition)
        until = tr("Snoozed until {moment}.", moment=moment)
        told.append(until)
        plain.append(until)
    if incident.resolved_by:
        told.append(tr("Resolved by {who}.", who=f"<@{incident.resolved_by}>"))
        plain.append(tr("Resolved by {who}.", who=tr("a person")))
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
    lines = [
        f"{label:<12} {wording.decimal(mark.value):>6}"
        for label, mark in zip(labels, marks, strict=True)
    ]
    bands = [(mark.low, mark.high) for mark in marks]
    known = [(low, high) for low, high in bands if low is not None and high is not None]
    if len(known) == len(marks):
        series[tr("expected at least")] = [low for low, _ in known]
        series[tr("expected at most")] = [high for _, high in known]
        lines = [
            f"{line}   "
            + tr("expected {low} to {high}", low=wording.decimal(low), high=wording.decimal(high))
            for line, (low, high) in zip(lines, known, strict=True)
        ]
    title = tr("{figure} and what was expected", figure=name) if len(series) > 1 else name
    chart = line_chart(title, series, labels, y_label=name)
    return [chart], [section(f"*{title}*\n```\n" + "\n".join(lines) + "\n```")]


def _chart_in_words(alert: Alert) -> str:
    """For those who only have the text; "" where there is no chart."""
    [*chart], _ = _chart(alert)
    if not chart or alert.evidence is None:
        return ""
    marks = alert.evidence.marks
    return wording.in_words(
        chart[0]["title"],
        chart[0]["chart"]["axis_config"]["categories"],
        [mark.value for mark in marks],
        [_expected(mark) for mark in marks],
    )


def _expected(mark: Mark) -> str:
    if mark.low is None or mark.high is None:
        return ""
    low, high = wording.decimal(mark.low), wording.decimal(mark.high)
    return tr("expected {low} to {high}", low=low, high=high)


def _short(mark: Mark, kind: Kind) -> str:
    if kind is Kind.DAYS:
        return wording.day(mark.next)
    return wording.short(Period(mark.first, mark.next, kind))


def _buttons(alert: Alert) -> Sequence[Block]:
    """What may be done next; the first thing is to say that somebody is at it."""
    incident = alert.incident
    names = alert.evidence is not None and alert.evidence.left_count
    why = [(tr("Why they left"), REASONS, tr("Say why customers left"))] if names else []
    if incident.state is IncidentState.RESOLVED:
        shown = [*why, (tr("Reopen"), REOPEN, tr("Reopen this alert"))]
    else:
        seen = [(tr("Acknowledge"), ACKNOWLEDGE, tr("Acknowledge this alert"))]
        normal = [
            (tr("This is the new normal"), NEW_NORMAL, tr("Expect this from now on")),
            (tr("This is not normal"), NOT_NORMAL, tr("Expect what was before the drop")),
        ]
        shown = [
            *([] if incident.acknowledged_by else seen),
            (tr("Assign"), ASSIGN, tr("Say who looks after this alert")),
            (tr("Snooze"), SNOOZE, tr("Hear of this alert again later")),
            *why,
            *(normal if asks_whether_normal(incident) else []),
            (tr("Resolve"), RESOLVE, tr("Resolve this alert")),
        ]
    if alert.evidence is not None and alert.evidence.left_count > wording.NAMES_SHOWN:
        shown.append((tr("List who left"), LEFT, tr("List who left")))
    buttons = [
        button(
            label,
            action_id=action,
            value=str(incident.id),
            style="primary" if action == ACKNOWLEDGE else None,
            accessibility_label=told,
            confirm=tr(_SURE) if action == NEW_NORMAL else "",
        )
        for label, action, told in shown
    ]
    return (actions(*buttons, block_id=f"alert {incident.state}"),)


_SAID = ("header", "section", "context")
"""Blocks of words: buttons of a message that did not arrive would change nothing that is seen."""

_RARE = 1_000_000
"""Nobody believes that the odds of anything in business are known better than that."""

_ALL = 0.995
"""The share of losses that is as good as all."""

_SURE = later("What was before the drop is not expected any more, and the alert is over.")
