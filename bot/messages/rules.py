"""The rules: what they watch, what they can see, what they would have said; and their form."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.domain.backtest import BackTest, Suggestion
from bot.domain.definition import Definition
from bot.domain.detection import Level, Sight
from bot.domain.lines import Point, Shape
from bot.domain.period import Kind
from bot.domain.watching import Figure, Rule
from bot.errors import Misunderstood
from bot.messages import wording
from bot.messages.alerts import FIGURES, figure_told, rule_in_words
from bot.messages.blocks import (
    Block,
    Message,
    actions,
    bold,
    button,
    channel_input,
    context,
    divider,
    escape,
    header,
    line_chart,
    modal,
    more_button,
    plain_input,
    saying,
    section,
    select_input,
)
from bot.messages.languages import later, tr, trn

NEW, CHANGE, PAUSE, GO_ON = "rule:new", "rule:change", "rule:pause", "rule:go-on"
REMOVE, BACKTEST = "rule:remove", "rule:backtest"
"""The action_ids of the buttons; their value is the rule's name."""
TAKE = "rule:take"
"""Of the button that sets what a back-test suggests, which is its value."""
FORM = "rule:form"
"""The callback_id; private_metadata is the channel in which the button was pressed, a colon, and
the name of the rule that is changed; each may be ""."""
DETECTION = "detection"
NAME_LONGEST = 60
_FIELD = "chosen"
SHOWN = 12
MORE = "rules:more"
"""The button that shows the next ones."""

_KINDS = {
    DETECTION: later("lower than luck explains"),
    Shape.BELOW: later("below a line"),
    Shape.FALL_POINTS: later("a fall of points"),
    Shape.FALL_PERCENT: later("a fall of percent"),
}
_LEVELS = {
    Level.SENSITIVE: later("sensitive: a false alarm a year"),
    Level.NORMAL: later("normal: one in two years"),
    Level.QUIET: later("quiet: one in seven years"),
}


def rules_list(
    fixed: Sequence[Rule], made: Sequence[Rule], *, first: int = 0, most: int = SHOWN
) -> Message:
    """`most` of the rules after the `first` ones; those of config.yaml can't be changed here."""
    lines: list[str] = []
    blocks: list[Block] = [header(tr("What is watched"))]
    for rule in (*fixed, *made)[first : first + most]:
        own = rule in made
        name = escape(rule.name)
        if rule.paused:
            name = tr("{rule} (paused)", rule=name)
        place = f"<#{rule.channel}>"
        told = tr("{rule} in {channel}, of config.yaml", rule=bold(name), channel=place)
        if own:
            told = tr("{rule} in {channel}, made in Slack", rule=bold(name), channel=place)
        blocks.append(section(f"{told}\n{rule_in_words(rule)}"))
        lines.append(f"{name}. {rule_in_words(rule)}")
        buttons = [(tr("Back-test"), BACKTEST)] if rule.by_luck else []
        if own:
            pause = (tr("Go on"), GO_ON) if rule.paused else (tr("Pause"), PAUSE)
            buttons += [(tr("Change"), CHANGE), pause, (tr("Remove"), REMOVE)]
        if buttons:
            shown = [
                button(
                    label,
                    action_id=action,
                    value=rule.name,
                    accessibility_label=f"{label}: {rule.name}",
                    confirm=tr("An alert that is open is followed to its end.")
                    if action == REMOVE
                    else "",
                )
                for label, action in buttons
            ]
            blocks.append(actions(*shown, block_id=f"rule:{rule.name}"))
    count = len(fixed) + len(made)
    if (left := count - first - most) > 0:
        lines.append(trn("and {n} more rule", "and {n} more rules", left))
    blocks += more_button(MORE, first + most, count, at_once=SHOWN)
    blocks += [
        divider(),
        actions(button(tr("New rule"), action_id=NEW, style="primary"), block_id="rules"),
    ]
    if not count:
        told = tr("Nothing is watched yet.")
        return Message(told, (section(told), *blocks[1:]))
    return Message("\n".join([f"{tr('What is watched')}:", *lines]), tuple(blocks))


def read_place(body: dict[str, Any]) -> tuple[str, str]:
    """Where the button was pressed that opened a form, and the rule that is changed."""
    channel, _, name = str(body["view"]["private_metadata"]).partition(":")
    return channel, name


def rule_form(rule: Rule | None, channel: str) -> Block:
    """For a new rule, which is to speak in `channel`, or for one that is changed."""
    known = rule or Rule("", channel)
    blocks = [
        plain_input(
            tr("Name"), block_id="name", action_id=_FIELD, initial=known.name, longest=NAME_LONGEST
        ),
        channel_input(tr("Channel"), block_id="channel", action_id=_FIELD, chosen=known.channel),
        _menu(
            tr("Figure"),
            "figure",
            {f: wording.capital(tr(t)) for f, t in FIGURES.items()},
            known.figure,
        ),
        _menu(
            tr("Speaks of"),
            "kind",
            {kind: tr(told) for kind, told in _KINDS.items()},
            known.shape or DETECTION,
        ),
        _menu(tr("Each"), "period", {k: wording.unit(k).lower() for k in _PERIODS}, known.kind),
        _menu(
            tr("How soon, of lower than luck explains"),
            "level",
            {level: tr(told) for level, told in _LEVELS.items()},
            known.level,
        ),
        plain_input(
            tr("Line, or fall"),
            block_id="limit",
            action_id=_FIELD,
            initial="" if known.by_luck else f"{known.limit:g}",
            optional=True,
            hint=tr("A number; not needed for lower than luck explains."),
            longest=12,
        ),
        plain_input(
            tr("Periods that a fall is measured from"),
            block_id="periods",
            action_id=_FIELD,
            initial=str(known.periods),
            optional=True,
            hint=tr("1: from the period before; 6: from the mean of the six before."),
            longest=2,
        ),
        plain_input(
            tr("Customers or answers at least"),
            block_id="base",
            action_id=_FIELD,
            initial=str(known.minimum_base),
            longest=7,
        ),
        plain_input(
            tr("Segments"),
            block_id="segments",
            action_id=_FIELD,
            initial=", ".join([*known.segments, *(f"{n}={v}" for n, v in known.only)]),
            optional=True,
            hint=tr(
                "Fields to watch beside the total: plan, region. Or one segment alone: plan=pro."
            ),
            longest=200,
        ),
        plain_input(
            tr("Remind of an open alert after days"),
            block_id="remind",
            action_id=_FIELD,
            initial=str(known.remind_days),
            optional=True,
            hint=tr("0: never."),
            longest=3,
        ),
        plain_input(
            tr("Days to wait after the end of a period"),
            block_id="settle",
            action_id=_FIELD,
            initial=str(known.settle_days),
            optional=True,
            hint=tr("For customers who are entered late as having left."),
            longest=2,
        ),
        plain_input(
            tr("Months differ for no reason, of lower than luck explains"),
            block_id="unexplained",
            action_id=_FIELD,
            initial=f"{known.unexplained:.10g}",
            optional=True,
            hint=tr("From 0 to 1: 0.0625 where months differ by 25 %. The back-test suggests it."),
            longest=12,
        ),
        plain_input(
            tr("CRR to expect, in %, of lower than luck explains"),
            block_id="expected",
            action_id=_FIELD,
            initial="" if known.expected_crr is None else f"{100 * known.expected_crr:.10g}",
            optional=True,
            hint=tr("Counts while the history is shorter than three periods; 95 for 95 %."),
            longest=12,
        ),
    ]
    return modal(
        tr("Change the rule") if rule else tr("A new rule"),
        blocks,
        callback_id=FORM,
        submit=tr("Keep") if rule else tr("Make it"),
        private_metadata=f"{channel}:{known.name}",
    )


def read_rule(body: dict[str, Any], before: Rule | None) -> Rule | dict[str, str]:
    """The rule, or what is wrong by the field of the form.

    What the form does not show stays as it was `before`, and so does who made it.
    """
    try:
        values = {b: fields[_FIELD] for b, fields in body["view"]["state"]["values"].items()}
        person = str(body["user"]["id"])
    except (KeyError, TypeError) as error:
        raise Misunderstood(tr("This form does not say which rule it is about.")) from error
    name = " ".join(_typed(values, "name").split())[:NAME_LONGEST]
    kind = _option(values, "kind", DETECTION)
    shape = None if kind == DETECTION else Shape(kind)
    wrong = {} if name else {"name": tr("Give the rule a name.")}
    limit = 0.0 if shape is None else _number(_typed(values, "limit"))
    if limit is None:
        wrong["limit"] = tr("Write a number, such as 95.")
    numbers = {block: _whole(_typed(values, block), *range_) for block, range_ in _WHOLE.items()}
    for block, (low, high, _) in _WHOLE.items():
        if numbers[block] is None:
            wrong[block] = tr("Write a whole number from {low} to {high}.", low=low, high=high)
    unexplained = _number(_typed(values, "unexplained") or "0")
    if unexplained is None or not 0 <= unexplained <= 1:
        wrong["unexplained"] = tr("Write a number from 0 to 1, such as 0.06.")
    typed = _typed(values, "expected")
    expected = _number(typed) if typed else None
    if typed and (expected is None or not 0 < expected < 100):
        wrong["expected"] = tr("Write a number between 0 and 100, such as 95.")
    if wrong or limit is None or unexplained is None:
        return wrong
    words = [word.strip() for word in _typed(values, "segments").split(",") if word.strip()]
    return replace(
        before or Rule(name, "", made_by=person),
        name=name,
        channel=str((values.get("channel") or {}).get("selected_conversation") or ""),
        kind=Kind(_option(values, "period", Kind.MONTH)),
        figure=Figure(_option(values, "figure", Figure.CRR)),
        shape=shape,
        level=Level(_option(values, "level", Level.NORMAL)),
        limit=limit,
        periods=numbers["periods"] or 1,
        minimum_base=numbers["base"] or 1,
        segments=tuple(word for word in words if "=" not in word),
        only=tuple(_pair(word) for word in words if "=" in word),
        remind_days=numbers["remind"] or 0,
        settle_days=numbers["settle"] or 0,
        unexplained=unexplained,
        expected_crr=None if expected is None else round(expected / 100, 12),
    )


def read_suggestion(body: Mapping[str, Any]) -> tuple[str, Level, float]:
    """The name of a rule, and the level and unexplained variation that somebody takes for it."""
    try:
        value = json.loads(body["actions"][0]["value"])
        return str(value["rule"]), Level(value["level"]), float(value["unexplained"])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise Misunderstood(tr("This click does not say what to set.")) from error


def rule_kept(rule: Rule, sight: str) -> Message:
    """What was made, and what it can see."""
    told = f"{tr('“{rule}” is kept.', rule=escape(rule.name))} {rule_in_words(rule)}"
    return Message(
        f"{told}\n{sight}".strip(), (section(told), *([section(sight)] if sight else []))
    )


def rule_gone(name: str) -> Message:
    told = tr("“{rule}” is no rule that was made in Slack, or not any more.", rule=escape(name))
    return saying(told)


def what_it_sees(sight: Sight | None, rule: Rule) -> str:
    """With 50 customers this fires when 7 or more leave in a month; "" of a plain rule."""
    if not rule.by_luck:
        return ""
    if sight is None:
        return tr(
            "It can't see anything yet: there are too few customers, or fewer than three finished"
            " periods before this one."
        )
    base = wording.number(sight.opening, "customer")
    if sight.blind:
        return tr(
            "With {customers} it can't see anything in a single month: luck explains even the"
            " worst.",
            customers=base,
        )
    return tr(
        "With {customers} this fires when {n} or more leave in a month; drops under {points} would"
        " not show yet.",
        customers=base,
        n=sight.fires_at,
        points=wording.number_of_points(round(sight.drop, 1)),
    )


def what_it_saw(rule: Rule, point: Point, nobody: int) -> str:
    """In October 2026: NPS -50.0 of 2 answers. Of a plain rule. `nobody` is of how many more no
    customer is known, and so no segment."""
    when = wording.in_period(point.period)
    if point.value is None:
        told = [tr("There is nothing to see {period}.", period=when)]
    else:
        told = [f"{wording.capital(when)}: {figure_told(rule, point.value, point.base)}."]
        if point.base < rule.minimum_base:
            told.append(tr("That is too few to judge."))
    if nobody:
        told.append(
            trn(
                "{n} more has no known customer, and is in no segment.",
                "{n} more have no known customer, and are in no segment.",
                nobody,
            )
        )
    return " ".join(told)


def backtest_answer(
    rule: Rule, tested: BackTest, suggested: Suggestion, definition: Definition
) -> Message:
    """Which past months would have alerted, with a chart, and what that suggests to set."""
    opened = [wording.period(each) for each in tested.opened]
    if not tested.judged:
        told = tr("There is too little history to test this rule with.")
    else:
        told = trn(
            "In {n} look back {spoken}",
            "In {n} looks back {spoken}",
            tested.judged,
            spoken=_spoken(len(opened)),
        )
        told += f": {wording.listed(opened)}." if opened else "."
    advice = _advice(suggested)
    looks = [v for v in tested.verdicts if v.period is not None and v.opening]
    above = (
        header(tr("Back-test of {rule}", rule=rule.name)),
        section("\n".join(filter(None, [told, advice]))),
    )
    below = (
        *_take(rule, suggested),
        context(
            rule_in_words(rule),
            tr("By what is known today. Days of {zone}.", zone=definition.zone),
        ),
    )
    if len(looks) < 2:
        return Message("\n".join(filter(None, [told, advice])), (*above, *below))
    labels = [wording.day(v.period.last) if v.period.kind is Kind.DAYS else wording.short(v.period)
              for v in looks if v.period]  # fmt: skip
    stayed = [round(100 * (1 - v.lost / v.opening), 1) for v in looks]
    fires = [
        round(100 * (1 - min(v.sight.fires_at, v.opening) / v.opening), 1) if v.sight else 0.0
        for v in looks
    ]
    chart = line_chart(
        tr("CRR, and where a single month fires"),
        {tr("CRR in %"): stayed, tr("fires at"): fires},
        labels,
        y_label=tr("% of customers kept"),
    )
    rows = "\n".join(
        f"{label:<12} {wording.decimal(rate):>6}   {tr('fires at')} {wording.decimal(at)}"
        for label, rate, at in list(zip(labels, stayed, fires, strict=True))[-20:]
    )
    limits = [f"{tr('fires at')} {wording.trimmed(at)}" for at in fires]
    in_words = wording.in_words(tr("CRR in %"), labels, stayed, limits)
    return Message(
        "\n".join(filter(None, [told, advice, in_words])),
        (*above, chart, *below),
        fallback=(*above, section(f"```\n{rows}\n```"), *below),
    )


def _take(rule: Rule, suggested: Suggestion) -> tuple[Block, ...]:
    """Sets what is suggested; a rule of config.yaml is changed there."""
    if not rule.made_by or not suggested.changes:
        return ()
    settings = suggested.settings
    value = {"rule": rule.name, "level": settings.level, "unexplained": settings.unexplained}
    set_so = button(
        tr("Set it so"),
        action_id=TAKE,
        value=json.dumps(value),
        accessibility_label=tr("Set {rule} as the back-test suggests", rule=rule.name),
    )
    return (actions(set_so, block_id="suggested"),)


def _advice(suggested: Suggestion) -> str:
    if not suggested.changes:
        return ""
    settings, told, why = suggested.settings, [], ""
    if settings.unexplained != suggested.before.settings.unexplained:
        told.append(f"`unexplained: {settings.unexplained:g}`")
        why = tr(
            "Months differ here by {share} for no reason that anybody can tell, more than the rule"
            " assumes.",
            share=tr("{number} %", number=f"{100 * suggested.variation:.0f}"),
        )
    if settings.level is not suggested.before.settings.level:
        told.append(f"`level: {settings.level}`")
        why = why or tr("That is more often than it should be.")
    spoken = _spoken(len(suggested.after.episodes))
    better = tr("With {settings} {spoken}.", settings=wording.listed(told), spoken=spoken)
    right = tr("Where what it would have said is true, leave it as it is.")
    return f"{why} {better} {right}"


def _spoken(count: int) -> str:
    match count:
        case 0:
            return tr("it would not have spoken once")
        case 1:
            return tr("it would have spoken once")
        case 2:
            return tr("it would have spoken twice")
        case _:
            return tr("it would have spoken {n} times", n=count)


_PERIODS = (Kind.WEEK, Kind.MONTH, Kind.QUARTER, Kind.YEAR)


_WHOLE = {
    "periods": (1, 60, 1),
    "base": (1, 1_000_000, None),
    "remind": (0, 366, 7),
    "settle": (0, 60, 0),
}
"""Fields of the form that are whole numbers: the least, the most, and what an empty one means."""


def _whole(typed: str, low: int, high: int, usual: int | None) -> int | None:
    """None for what is no such number."""
    if not typed:
        return usual
    return int(typed) if typed.isdecimal() and low <= int(typed) <= high else None


def _number(typed: str) -> float | None:
    try:
        number = float(typed.replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _menu(label: str, block_id: str, options: Any, chosen: str) -> Block:
    shown = {str(value): str(told) for value, told in options.items()}
    return select_input(label, shown, block_id=block_id, action_id=_FIELD, chosen=str(chosen))


def _pair(word: str) -> tuple[str, str]:
    name, _, label = word.partition("=")
    return name.strip(), label.strip()


def _typed(values: Any, block: str) -> str:
    return str((values.get(block) or {}).get("value") or "").strip()


def _option(values: Any, block: str, otherwise: str) -> str:
    chosen = (values.get(block) or {}).get("selected_option") or {}
    return str(chosen.get("value") or otherwise)


def in_letters(shown: Message) -> list[str]:
    """The charts of a message as a terminal shows them."""
    texts = (str(block.get("text", {}).get("text", "")) for block in shown.fallback or ())
    return [text.strip("`\n") for text in texts if text.startswith("```")]
