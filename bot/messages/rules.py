"""The rules: what they watch, what they can see, what they would have said; and their form."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.domain.backtest import BackTest, Suggestion
from bot.domain.definition import Definition
from bot.domain.detection import Level, Sight
from bot.domain.lines import Shape
from bot.domain.period import Kind
from bot.domain.watching import Figure, Rule
from bot.errors import Misunderstood
from bot.messages import wording
from bot.messages.alerts import FIGURES, rule_in_words
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
    plain_input,
    section,
    select_input,
)

NEW, CHANGE, PAUSE = "rule:new", "rule:change", "rule:pause"
REMOVE, BACKTEST = "rule:remove", "rule:backtest"
"""The action_ids of the buttons; their value is the rule's name."""
FORM = "rule:form"
"""The callback_id; private_metadata is the name of the rule that is changed, or ""."""
DETECTION = "detection"
NAME_LONGEST = 60
_FIELD = "chosen"
_SHOWN = 12

_KINDS = {
    DETECTION: "lower than luck explains",
    Shape.BELOW: "below a line",
    Shape.FALL_POINTS: "a fall of points",
    Shape.FALL_PERCENT: "a fall of percent",
}
_LEVELS = {
    Level.SENSITIVE: "sensitive: a false alarm a year",
    Level.NORMAL: "normal: one in two years",
    Level.QUIET: "quiet: one in seven years",
}


def rules_list(fixed: Sequence[Rule], made: Sequence[Rule]) -> Message:
    """All rules; those of config.yaml can't be changed here."""
    blocks: list[Block] = [header("What is watched")]
    for rule in (*fixed, *made)[:_SHOWN]:
        own = rule in made
        state = " (paused)" if rule.paused else ""
        where = "made in Slack" if own else "of config.yaml"
        told = f"{bold(escape(rule.name) + state)} in <#{rule.channel}>, {where}"
        blocks.append(section(f"{told}\n{rule_in_words(rule)}"))
        buttons = [("Back-test", BACKTEST)] if rule.by_luck else []
        if own:
            pause = "Go on" if rule.paused else "Pause"
            buttons += [("Change", CHANGE), (pause, PAUSE), ("Remove", REMOVE)]
        if buttons:
            shown = [
                button(
                    label,
                    action_id=action,
                    value=rule.name,
                    accessibility_label=f"{label}: {rule.name}",
                    confirm="An alert that is open is followed to its end."
                    if action == REMOVE
                    else "",
                )
                for label, action in buttons
            ]
            blocks.append(actions(*shown, block_id=f"rule:{rule.name}"))
    count = len(fixed) + len(made)
    if count > _SHOWN:
        blocks.append(context(f"and {wording.number(count - _SHOWN, 'more rule')}"))
    blocks += [
        divider(),
        actions(button("New rule", action_id=NEW, style="primary"), block_id="rules"),
    ]
    names = [escape(rule.name) for rule in (*fixed, *made)]
    told = f"Watched: {', '.join(names)}." if names else "Nothing is watched yet."
    return Message(told, tuple(blocks) if names else (section(told), *blocks[1:]))


def rule_form(rule: Rule | None, channel: str) -> Block:
    """For a new rule, which is to speak in `channel`, or for one that is changed."""
    known = rule or Rule("", channel)
    blocks = [
        plain_input(
            "Name", block_id="name", action_id=_FIELD, initial=known.name, longest=NAME_LONGEST
        ),
        channel_input("Channel", block_id="channel", action_id=_FIELD, chosen=known.channel),
        _menu(
            "Figure", "figure", {f: wording.capital(t) for f, t in FIGURES.items()}, known.figure
        ),
        _menu("Speaks of", "kind", _KINDS, known.shape or DETECTION),
        _menu("Each", "period", {k: k for k in _PERIODS}, known.kind),
        _menu("How soon, of lower than luck explains", "level", _LEVELS, known.level),
        plain_input(
            "Line, or fall",
            block_id="limit",
            action_id=_FIELD,
            initial="" if known.by_luck else f"{known.limit:g}",
            optional=True,
            hint="A number; not needed for lower than luck explains.",
            longest=12,
        ),
        plain_input(
            "Customers or answers at least",
            block_id="base",
            action_id=_FIELD,
            initial=str(known.minimum_base),
            longest=7,
        ),
        plain_input(
            "Segments",
            block_id="segments",
            action_id=_FIELD,
            initial=", ".join([*known.segments, *(f"{n}={v}" for n, v in known.only)]),
            optional=True,
            hint="Fields to watch beside the total: plan, region. Or one segment alone: plan=pro.",
            longest=200,
        ),
    ]
    return modal(
        "Change the rule" if rule else "A new rule",
        blocks,
        callback_id=FORM,
        submit="Keep" if rule else "Make it",
        private_metadata=known.name,
    )


def read_rule(body: dict[str, Any], before: Rule | None) -> Rule | dict[str, str]:
    """The rule, or what is wrong by the field of the form."""
    try:
        values = {b: fields[_FIELD] for b, fields in body["view"]["state"]["values"].items()}
        person = str(body["user"]["id"])
    except (KeyError, TypeError) as error:
        raise Misunderstood("This form does not say which rule it is about.") from error
    name = " ".join(_typed(values, "name").split())
    kind = _option(values, "kind", DETECTION)
    shape = None if kind == DETECTION else Shape(kind)
    wrong = {} if name else {"name": "Give the rule a name."}
    try:
        limit = 0.0 if shape is None else float(_typed(values, "limit").replace(",", "."))
    except ValueError:
        limit, wrong["limit"] = 0.0, "Write a number, such as 95."
    base = _typed(values, "base")
    if not base.isdigit() or int(base) < 1:
        wrong["base"] = "Write a whole number, such as 30."
    words = [word.strip() for word in _typed(values, "segments").split(",") if word.strip()]
    if wrong:
        return wrong
    made = Rule(
        name=name[:NAME_LONGEST],
        channel=str((values.get("channel") or {}).get("selected_conversation") or ""),
        kind=Kind(_option(values, "period", Kind.MONTH)),
        figure=Figure(_option(values, "figure", Figure.CRR)),
        shape=shape,
        level=Level(_option(values, "level", Level.NORMAL)),
        limit=limit,
        minimum_base=int(base),
        segments=tuple(word for word in words if "=" not in word),
        only=tuple(_pair(word) for word in words if "=" in word),
        made_by=person,
    )
    return replace(made, paused=before.paused) if before else made


def rule_kept(rule: Rule, sight: str) -> Message:
    """What was made, and what it can see."""
    told = f"“{escape(rule.name)}” is kept. {rule_in_words(rule)}"
    return Message(
        f"{told}\n{sight}".strip(), (section(told), *([section(sight)] if sight else []))
    )


def rule_gone(name: str) -> Message:
    told = f"“{escape(name)}” is no rule that was made in Slack, or not any more."
    return Message(told, (section(told),))


def what_it_sees(sight: Sight | None, rule: Rule) -> str:
    """With 50 customers this fires when 7 or more leave in a month; "" of a plain rule."""
    if not rule.by_luck:
        return ""
    if sight is None:
        return (
            "It can't see anything yet: there are too few customers, or fewer than three finished"
            " periods before this one."
        )
    base = wording.number(sight.opening, "customer")
    if sight.blind:
        return f"With {base} it can't see anything in a single month: luck explains even the worst."
    points = wording.number_of_points(round(sight.drop, 1))
    return (
        f"With {base} this fires when {sight.fires_at:,} or more leave in a month; drops under"
        f" {points} would not show yet."
    )


def backtest_answer(
    rule: Rule, tested: BackTest, suggested: Suggestion, definition: Definition
) -> Message:
    """Which past months would have alerted, with a chart, and what that suggests to set."""
    opened = [wording.period(each) for each in tested.opened]
    looked = wording.number(tested.judged, "look")
    if not tested.judged:
        told = "There is too little history to test this rule with."
    elif opened:
        when = wording.listed(opened)
        told = f"In {looked} back it would have spoken {_times(len(opened))}: {when}."
    else:
        told = f"In {looked} back it would not have spoken once."
    advice = _advice(suggested)
    looks = [v for v in tested.verdicts if v.period is not None and v.opening]
    above = (header(f"Back-test of {rule.name}"), section("\n".join(filter(None, [told, advice]))))
    below = (context(rule_in_words(rule), f"By what is known today. Days of {definition.zone}."),)
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
        "CRR, and where a single month fires",
        {"CRR in %": stayed, "fires at": fires},
        labels,
        y_label="% of customers kept",
    )
    rows = "\n".join(
        f"{label:<12} {rate:>6.1f}   fires at {at:.1f}"
        for label, rate, at in list(zip(labels, stayed, fires, strict=True))[-20:]
    )
    return Message(
        "\n".join(filter(None, [told, advice])),
        (*above, chart, *below),
        fallback=(*above, section(f"```\n{rows}\n```"), *below),
    )


def _advice(suggested: Suggestion) -> str:
    if not suggested.changes:
        return ""
    settings, told = suggested.settings, []
    if settings.unexplained != suggested.before.settings.unexplained:
        told.append(f"`unexplained: {settings.unexplained:g}`")
    if settings.level is not suggested.before.settings.level:
        told.append(f"`level: {settings.level}`")
    quieter = len(suggested.after.episodes)
    return (
        "Months differ here more than the rule assumes. With"
        f" {wording.listed(told)} it would have spoken {_times(quieter)}."
    )


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count:,} times")


_PERIODS = (Kind.WEEK, Kind.MONTH, Kind.QUARTER, Kind.YEAR)


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
