"""What answers say of a period, what they are about, and who stays."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain.loops import Rates
from bot.domain.outcomes import GROUPS, Outcome, Stayed, ToSolve
from bot.domain.period import Kind, period_of, run_up
from bot.domain.results import Given, OfAgent, Point, RollUp, Told, Unplaced, result
from bot.domain.surveys import Direction, Scale, csat, nps
from bot.domain.themes import Said, Telling, Theme, Themes
from bot.messages.blocks import Message
from bot.messages.results import (
    duration,
    no_comments,
    outcomes_answer,
    outcomes_piece,
    results_answer,
    scores_piece,
    themes_answer,
    themes_piece,
)
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, FRIDAY, NASTY, read_as_markup

QUARTER = period_of(Kind.QUARTER, date(2026, 11, 1), DEFINITION)


def given(scale: Scale, *scores: int, direction: Direction = Direction.HIGHER) -> list[Given]:
    return [
        Given(scale, score, FRIDAY, direction, customer=n // 2 if n else None)
        for n, score in enumerate(scores)
    ]


NPS = result(Scale.NPS, given(Scale.NPS, 10, 9, 9, 7, 3, 10, 8), asked=9, answered=5)
TREND = [
    Point(period, nps([10] * n + [5]) if n else None)
    for n, period in enumerate(run_up(QUARTER, 6, DEFINITION))
]
RATES = Rates(5, 3, 1, 1, timedelta(hours=7), 2, 1, (("Price or contract", 2), (NASTY, 1)))
found = csat([5] * 9 + [3])
assert found is not None
AGENTS = [
    OfAgent("Ada", found, 41, timedelta(hours=3)),
    OfAgent(NASTY, found, 0, None),
]
SAID = (
    Said("Each invoice needs three e-mails.", True, False, FRIDAY, score=3),
    Said(NASTY * 40, False, True, FRIDAY, score=9),
)
OUTCOMES = [
    Outcome(group, {90: Stayed(9 - n, 10), 180: Stayed(4, 8 - n), 365: Stayed(0, 0)})
    for n, group in enumerate(GROUPS)
]
SPEED = [Outcome(each, {d: Stayed(3, 4) for d in (90, 180, 365)}) for each in ToSolve]
NOBODY = [Outcome(group, {d: Stayed(0, 0) for d in (90, 180, 365)}) for group in GROUPS]

THEMES = Themes(
    12, 7, (Theme("invoices", 5, 4, 2, SAID), Theme(NASTY, 1, 0, 1, ())), 6,
    (Telling("invoice", 2.4, 4, 0), Telling("support", -2.1, 0, 3)),
)  # fmt: skip


def piece(part: Message | None) -> Message:
    assert part is not None
    return part


CASES = {
    "scores-piece": piece(
        scores_piece([NPS, result(Scale.CSAT, given(Scale.CSAT, 5)), result(Scale.CES, [])])
    ),
    "themes-piece": piece(themes_piece(THEMES)),
    "outcomes-piece": piece(outcomes_piece(Scale.NPS, OUTCOMES, SPEED)),
    "results-period-none": results_answer(
        Told(QUARTER, result(Scale.NPS, [], asked=3)), DEFINITION
    ),
    "results-period-one": results_answer(
        Told(QUARTER, result(Scale.NPS, given(Scale.NPS, 9))), DEFINITION
    ),
    "results-period": results_answer(
        Told(QUARTER, NPS, (("plan", "pro"),), "spring", TREND, loops=RATES), DEFINITION
    ),
    "results-agents": results_answer(
        Told(
            QUARTER,
            replace(result(Scale.CSAT, given(Scale.CSAT, 5, 4, 1)), origins={"": 1, "zendesk": 2}),
            agents=AGENTS,
            fewer=2,
            minimum=10,
        ),
        DEFINITION,
    ),
    "results-other-scale": results_answer(
        Told(QUARTER, NPS, unplaced=(Unplaced("desk", -3, 3, 12), Unplaced(NASTY, 1, 3, 1))),
        DEFINITION,
    ),
    "results-other-scale-alone": results_answer(
        Told(QUARTER, result(Scale.CSAT, ()), unplaced=(Unplaced("desk", -3, 3, 12),)), DEFINITION
    ),
    "results-period-effort": results_answer(
        Told(
            QUARTER,
            result(
                Scale.CES,
                [*given(Scale.CES, 1, 2, 7, direction=Direction.LOWER), *given(Scale.CES, 6)],
                rule=RollUp.WORST,
            ),
        ),
        DEFINITION,
    ),
    "results-top-box": results_answer(
        Told(QUARTER, result(Scale.CSAT, given(Scale.CSAT, 5, 4, 4), satisfied=5)), DEFINITION
    ),
    "results-markup": results_answer(
        Told(
            QUARTER,
            replace(NPS, origins={"": 1, NASTY: 6}),
            ((NASTY, NASTY),),
            NASTY,
            loops=RATES,
        ),
        DEFINITION,
    ),
    "themes": themes_answer(
        Scale.NPS,
        QUARTER,
        run_up(QUARTER, 2, DEFINITION)[0],
        THEMES,
    ),
    "themes-none-named": themes_answer(
        Scale.NPS, QUARTER, run_up(QUARTER, 2, DEFINITION)[0], Themes(1, 0, (), 1, ())
    ),
    "no-comments": no_comments(Scale.CSAT, QUARTER),
    "outcomes": outcomes_answer(Scale.NPS, OUTCOMES, SPEED),
    "outcomes-without-tickets": outcomes_answer(Scale.CSAT, OUTCOMES, NOBODY),
    "outcomes-of-tickets-alone": outcomes_answer(Scale.NPS, NOBODY, SPEED),
    "outcomes-too-early": outcomes_answer(Scale.NPS, NOBODY, NOBODY),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


def test_names_and_comments_ring_nobody() -> None:
    for text in read_as_markup(list(CASES.values())):
        assert "<!" not in text
        assert "</b>" not in text


@pytest.mark.parametrize("name", CASES)
def test_the_text_alone_says_every_figure(name: str) -> None:
    """Phones and screen readers have nothing else."""
    told = CASES[name]

    assert isinstance(told, Message)
    for block in told.blocks:
        for row in block.get("rows", [])[1:]:
            for cell in row[1:]:
                said = cell["text"].split(",")[0]
                assert said in told.text or said == "-"


def test_a_post_has_no_part_where_there_is_nothing_to_tell() -> None:
    quiet = replace(THEMES, named=(Theme("invoices", 0, 0, 2, ()),), telling=())

    assert scores_piece([result(Scale.NPS, [], asked=3)]) is None
    assert themes_piece(quiet) is None
    assert outcomes_piece(Scale.NPS, NOBODY, NOBODY) is None


def test_a_part_has_the_most_frequent_themes_alone() -> None:
    many = tuple(Theme(f"theme {n}", 9 - n, 0, 0, ()) for n in range(9))

    told = piece(themes_piece(replace(THEMES, named=many, telling=()), most=3))

    assert "*theme 2*" in told.text
    assert "*theme 3*" not in told.text


@pytest.mark.parametrize(
    ("took", "said"),
    [(0.001, "1 minute"), (0.99, "59 minutes"), (1, "1 hour"), (47, "47 hours"), (48, "2 days")],
)
def test_how_long_something_took(took: float, said: str) -> None:
    assert duration(timedelta(hours=took)) == said
