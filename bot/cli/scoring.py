"""`keeprate results`: what answers say, in the words of /nps, /csat and /ces, or for programs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.cli.auditing import note
from bot.config import Config
from bot.domain.commands import Outcomes, Results, SurveyCommand, Themes, read_survey
from bot.domain.outcomes import Outcome
from bot.domain.period import Period
from bot.domain.questions import requoted
from bot.domain.results import ByAccount, Found, OfAgent, Told, value
from bot.domain.surveys import Scale
from bot.domain.themes import Themes as FoundThemes
from bot.errors import Misunderstood
from bot.listeners.results import ResultsDesk
from bot.messages import results as messages
from bot.messages.blocks import Message, unescape
from bot.parts import Clock, scores_of, stores
from bot.store.figures import Figures

Row = Sequence[str | int | float | None]


@dataclass(frozen=True, slots=True)
class Answered:
    """The same three times: for people, for programs, and as a table."""

    text: str
    json: Mapping[str, Any]
    heading: Sequence[str]
    rows: Sequence[Row]


async def results(
    config: Config, scale: Scale, words: Sequence[str], *, clock: Clock, exported: bool
) -> Answered:
    """What is asked for by `words`, as after the command in Slack: a period, segments and
    survey=NAME, after `themes` these too, or `outcomes`. Comments that are `exported` are written
    down. Raises Misunderstood for other words."""
    text = " ".join(map(requoted, words))
    command = _command(text)
    definition = config.definition_of(config.truth.name)
    async with stores(config) as kept:
        figures = Figures(config.truth.name, kept.customers, definition)
        desk = ResultsDesk(scores_of(config, kept, figures), clock, _typed)
        match command:
            case Themes(rest):
                period, themes = await desk.themes(scale, rest)
                if exported:
                    await note(kept, clock, "comments exported", f"{scale} {text}")
                return _themes(scale, period, themes, desk.themes_in_words(scale, period, themes))
            case Outcomes():
                return _outcomes(scale, *await desk.scores.outcomes(scale))
            case Results(rest):
                question, survey = await desk.question(scale, rest)
                told = await desk.scores.told(
                    scale, question.period, survey=survey, wanted=question.segments
                )
                return _results(told, messages.results_answer(told, definition))
            case _:
                raise Misunderstood("In a terminal answers are read, and nothing is asked.")


def _typed(scale: Scale, about: str) -> str:
    return (
        f"keeprate results {scale}" if about == "results" else f"keeprate results {scale} {about}"
    )


def _command(text: str) -> SurveyCommand:
    first = text.partition(" ")[0].casefold()
    known = ("results", "themes", "outcomes")
    return read_survey(text if first in known else f"results {text}".strip())


def _results(told: Told, message: Message) -> Answered:
    of = told.result
    shown = {
        "scale": of.scale.value,
        "direction": of.direction.value,
        "period": _period(told.period),
        "segment": dict(told.segment),
        "survey": told.survey,
        **_found(of.found),
        "counts": {str(n): c for n, c in zip(of.scale.scores, of.counts, strict=False)},
        "by_account": _by_account(of.by_account),
        "asked": of.asked,
        "answered": of.answered,
        "of_unknown_accounts": of.unknown,
        "turned_around": of.turned,
        "origins": {name or "slack": count for name, count in of.origins.items()},
        "trend": [{"period": _period(p.period), **_found(p.found)} for p in told.trend],
        "agents": [_agent(each) for each in told.agents],
        "agents_with_fewer": told.fewer,
        "agent_minimum": told.minimum,
        "low_scores": _low_scores(told),
        "on_other_scales": [asdict(each) for each in told.unplaced],
    }
    points = told.trend or ()
    rows = [
        (each["period"]["first"], each["period"]["next"], *(each[n] for n in _FIGURES))
        for each in ([{"period": _period(p.period), **_found(p.found)} for p in points] or [shown])
    ]
    return Answered(_plain(message), shown, ("first", "next", *_FIGURES), rows)


def _themes(scale: Scale, period: Period, found: FoundThemes, message: Message) -> Answered:
    shown = {
        "scale": scale.value,
        "period": _period(period),
        "comments": found.comments,
        "comments_before": found.before,
        "about_none": found.other,
        "themes": [
            {
                "theme": each.name,
                "comments": each.comments,
                "low": each.low,
                "before": each.before,
                "examples": [
                    {"score": said.score, "highest": said.highest, "text": said.text}
                    for said in each.examples
                ],
            }
            for each in found.named
        ],
        "words": [asdict(each) for each in found.telling],
    }
    rows = [(each.name, each.comments, each.low, each.before) for each in found.named]
    return Answered(_plain(message), shown, ("theme", "comments", "low", "before"), rows)


def _outcomes(scale: Scale, by_score: Sequence[Outcome], by_speed: Sequence[Outcome]) -> Answered:
    rows = [
        (by, each.group, days, stayed.stayed, stayed.of, stayed.share, *(stayed.interval or _NO))
        for by, outcomes in (("score", by_score), ("time to solve", by_speed))
        for each in outcomes
        for days, stayed in each.after.items()
    ]
    heading = ("by", "group", "days", "stayed", "of", "share", "low", "high")
    shown = {"scale": scale.value, "outcomes": [dict(zip(heading, r, strict=True)) for r in rows]}
    message = messages.outcomes_answer(scale, by_score, by_speed)
    return Answered(_plain(message), shown, heading, rows)


def _plain(message: Message) -> str:
    """Without Slack's marks."""
    return unescape(re.sub(r"\*([^*\n]+)\*", r"\1", message.text))


_FIGURES = ("answers", "value", "margin", "low", "high")
_NO = (None, None)


def _found(found: Found | None) -> dict[str, Any]:
    """NPS in points, the others as fractions; None where nobody answered."""
    if found is None:
        return {**dict.fromkeys(_FIGURES), "answers": 0}
    return {
        "answers": found.answers,
        "value": value(found),
        "margin": found.margin,
        "low": found.low,
        "high": found.high,
    }


def _by_account(found: ByAccount | None) -> dict[str, Any] | None:
    return None if found is None else {**asdict(found), "rule": found.rule.value}


def _agent(each: OfAgent) -> dict[str, Any]:
    hours = each.to_solve.total_seconds() / 3600 if each.to_solve else None
    return {
        "agent": each.agent,
        **_found(each.found),
        "solved": each.solved,
        "hours_to_solve": hours,
    }


def _low_scores(told: Told) -> dict[str, Any] | None:
    if told.loops is None:
        return None
    hours = told.loops.to_close.total_seconds() / 3600 if told.loops.to_close else None
    return {**asdict(told.loops), "to_close": hours, "causes": dict(told.loops.causes)}


def _period(of: Period) -> dict[str, str]:
    return {"kind": of.kind.value, "first": of.first.isoformat(), "next": of.next.isoformat()}
