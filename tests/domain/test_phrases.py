"""What people say who have read no manual, in English and in Dutch."""

import re
from dataclasses import replace
from datetime import date
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.definition import Definition
from bot.domain.period import Kind
from bot.domain.phrases import plain
from bot.domain.questions import (
    CohortQuestion,
    CompareQuestion,
    CrrQuestion,
    ExplainQuestion,
    HelpQuestion,
    JoinedQuestion,
    LeftQuestion,
    LifetimeQuestion,
    Question,
    RecordQuestion,
    as_left,
    is_public,
    is_record,
    read_churn,
    read_crr,
)
from bot.errors import Misunderstood

TODAY = date(2026, 11, 18)
"""A Wednesday."""
NOW = str(TODAY)


SAID = (
    "last", "this", "next", "since", "between", "month", "week", "year", "october", "q3", "w40",
    "2026-10", "2025", "3", "days", "ago", "who", "left", "joined", "why", "explain", "compare",
    "cohort", "lifetime", "as", "stripe", "vs", "and", "to", "plan=pro", "vorige", "maand", "wie",
    "public", "record", "calc", "200", "2026-10-31", "openbaar", "Record", "Public", "please",
)  # fmt: skip
MARKS = ("", " .", " !", "''", "``", '""')


def read(words: str) -> Question:
    return read_crr(words, today=TODAY, definition=Definition())


def days(question: Question) -> str:
    about = question if isinstance(question, CrrQuestion) else getattr(question, "about", None)
    assert isinstance(about, CrrQuestion)
    return f"{about.period.first}..{about.period.last}"


OCTOBER, YEAR = "2026-10-01..2026-10-31", "2026-01-01..2026-12-31"
QUARTER, HALF = "2026-07-01..2026-09-30", "2026-01-01..2026-06-30"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("last month?", OCTOBER),
        ("the last month", OCTOBER),
        ("in October", OCTOBER),
        ("for our customers in october, please", OCTOBER),
        ("what is the crr of october", OCTOBER),
        ("oct 2025", "2025-10-01..2025-10-31"),
        ("oct '25", "2025-10-01..2025-10-31"),
        ("oct-2025", "2025-10-01..2025-10-31"),
        ("2025-oct", "2025-10-01..2025-10-31"),
        ("2026/10", OCTOBER),
        ("10/2026", OCTOBER),
        ("10-2026", OCTOBER),
        ("last october", OCTOBER),
        ("past week", "2026-11-09..2026-11-15"),
        ("prior week", "2026-11-09..2026-11-15"),
        ("week 40", "2026-09-28..2026-10-04"),
        ("week 40 2025", "2025-09-29..2025-10-05"),
        ("W40-2025", "2025-09-29..2025-10-05"),
        ("third quarter", QUARTER),
        ("3rd quarter of 2025", "2025-07-01..2025-09-30"),
        ("quarter 3", QUARTER),
        ("Q3-2026", QUARTER),
        ("H1", HALF),
        ("h2 2025", "2025-07-01..2025-12-31"),
        ("first half of 2026", HALF),
        ("last half year", "2026-05-01..2026-10-31"),
        ("fiscal year", "2025-01-01..2025-12-31"),
        ("fy2025", "2025-01-01..2025-12-31"),
        ("ytd", f"2026-01-01..{NOW}"),
        ("year to date", f"2026-01-01..{NOW}"),
        ("qtd", f"2026-10-01..{NOW}"),
        ("month to date", f"2026-11-01..{NOW}"),
        ("this year so far", YEAR),
        ("Last Month.", OCTOBER),
        ("'last month'", OCTOBER),
        ("`october`", OCTOBER),
        ("q3.", QUARTER),
        ("Q3 2025.", "2025-07-01..2025-09-30"),
        ("since march.", f"2026-03-01..{NOW}"),
        ("/crr october", OCTOBER),
        ("retention rate", OCTOBER),
        ("october last year", "2025-10-01..2025-10-31"),
        ("last year october", "2025-10-01..2025-10-31"),
        ("march this year", "2026-03-01..2026-03-31"),
        ("q3 last year", "2025-07-01..2025-09-30"),
        ("oktober vorig jaar", "2025-10-01..2025-10-31"),
        ("the year 2025", "2025-01-01..2025-12-31"),
        ("2025 year", "2025-01-01..2025-12-31"),
        ("fy25", "2025-01-01..2025-12-31"),
        ("Q3FY26", QUARTER),
        ("sep-oct", "2026-09-01..2026-10-31"),
        ("sep-oct 2025", "2025-09-01..2025-10-31"),
        ("q1-q3", "2026-01-01..2026-09-30"),
        ("1-15 october", "2026-10-01..2026-10-15"),
        ("1 to 15 october 2025", "2025-10-01..2025-10-15"),
        ("between 1 and 15 october", "2026-10-01..2026-10-15"),
        ("october 1-15", "2026-10-01..2026-10-15"),
        ("the week of 12 october", "2026-10-12..2026-10-18"),
        ("week of october 12 2025", "2025-10-06..2025-10-12"),
        ("week 40 of 2025", "2025-09-29..2025-10-05"),
        ("2026-10-01/2026-10-31", OCTOBER),
        ("last full month", OCTOBER),
        ("retentie oktober", OCTOBER),
        ("for plan=pro", OCTOBER),
        ("a week ago", "2026-11-09..2026-11-15"),
        ("een maand geleden", OCTOBER),
        ("90d", "2026-08-20..2026-11-17"),
        ("last 3m", "2026-08-01..2026-10-31"),
        ("12m", "2025-11-01..2026-10-31"),
        ("yesterday", "2026-11-17..2026-11-17"),
        ("today", f"{NOW}..{NOW}"),
        ("monday", "2026-11-16..2026-11-16"),
        ("last wednesday", "2026-11-11..2026-11-11"),
        ("since monday", f"2026-11-16..{NOW}"),
        ("since 1 march", f"2026-03-01..{NOW}"),
        ("since march 2025", f"2025-03-01..{NOW}"),
        ("since march until yesterday", "2026-03-01..2026-11-17"),
        ("march 1st", "2026-03-01..2026-03-01"),
        ("1st of march 2025", "2025-03-01..2025-03-01"),
        ("31-10-2026", "2026-10-31..2026-10-31"),
        ("10/31/2026", "2026-10-31..2026-10-31"),
        ("10.10.2026", "2026-10-10..2026-10-10"),
        ("last three months", "2026-08-01..2026-10-31"),
        ("the past 12 months", "2025-11-01..2026-10-31"),
        ("trailing 12 months", "2025-11-01..2026-10-31"),
        ("ttm", "2025-11-01..2026-10-31"),
        ("90 days", "2026-08-20..2026-11-17"),
        ("3 months ago", "2026-08-01..2026-08-31"),
        ("two weeks ago", "2026-11-02..2026-11-08"),
        ("10 days ago", "2026-11-08..2026-11-08"),
        ("from march to may", "2026-03-01..2026-05-31"),
        ("march to may 2025", "2025-03-01..2025-05-31"),
        ("november to february", "2025-11-01..2026-02-28"),
        ("between march and may", "2026-03-01..2026-05-31"),
        ("1 march to 3 may", "2026-03-01..2026-05-03"),
        ("2026-10-01 through 2026-10-31", OCTOBER),
        ("march until today", f"2026-03-01..{NOW}"),
        ("vorige maand", OCTOBER),
        ("afgelopen kwartaal", QUARTER),
        ("deze week", "2026-11-16..2026-11-22"),
        ("dit jaar", YEAR),
        ("dit jaar tot nu toe", f"2026-01-01..{NOW}"),
        ("sinds maart", f"2026-03-01..{NOW}"),
        ("vanaf 1 maart", f"2026-03-01..{NOW}"),
        ("de laatste drie maanden", "2026-08-01..2026-10-31"),
        ("afgelopen 30 dagen", "2026-10-19..2026-11-17"),
        ("in oktober", OCTOBER),
        ("oktober 2025", "2025-10-01..2025-10-31"),
        ("mei", "2026-05-01..2026-05-31"),
        ("van maart tot en met mei", "2026-03-01..2026-05-31"),
        ("maart t/m mei", "2026-03-01..2026-05-31"),
        ("tussen maart en mei", "2026-03-01..2026-05-31"),
        ("derde kwartaal 2025", "2025-07-01..2025-09-30"),
        ("K3", QUARTER),
        ("eerste halfjaar 2026", HALF),
        ("gisteren", "2026-11-17..2026-11-17"),
        ("maandag", "2026-11-16..2026-11-16"),
        ("3 maanden geleden", "2026-08-01..2026-08-31"),
    ],
)
def test_a_period_is_read_as_it_is_said(words: str, wanted: str) -> None:
    assert days(read(words)) == wanted


@pytest.mark.parametrize(
    "words",
    [
        "who left",
        "who left last month?",
        "who cancelled in october",
        "who did we lose",
        "how many customers left in october",
        "lost",
        "gone",
        "lost customers october",
        "wie vertrok vorige maand",
        "wie is er weg",
        "wie zijn we kwijt in oktober",
        "verloren klanten oktober",
    ],
)
def test_who_left_has_many_names(words: str) -> None:
    question = read(words)

    assert isinstance(question, LeftQuestion)
    assert days(question) == OCTOBER
    again = read_churn(question.words, today=TODAY, definition=Definition())
    assert isinstance(again, CrrQuestion)
    assert days(again) == OCTOBER


@pytest.mark.parametrize(
    "words",
    ["who joined", "new customers october", "new", "who came back", "who signed up last month",
     "nieuwe klanten oktober", "wie werd klant in oktober", "wie kwam erbij"],
)  # fmt: skip
def test_who_joined_has_many_names(words: str) -> None:
    question = read(words)

    assert isinstance(question, JoinedQuestion)
    assert days(question) == OCTOBER


@pytest.mark.parametrize(
    "words",
    [
        "october vs september",
        "september vs october",
        "compare 2026-09 2026-10",
        "compare october and september",
        "october compared to september",
        "vergelijk oktober met september",
        "oktober vergeleken met september",
    ],
)
def test_the_later_of_two_periods_is_held_against_the_earlier_one(words: str) -> None:
    question = read(words)

    assert isinstance(question, CompareQuestion)
    assert days(question.first) == OCTOBER
    assert days(question.second) == "2026-09-01..2026-09-30"


def test_other_questions_have_dutch_names_too() -> None:
    assert isinstance(read("waarom oktober"), ExplainQuestion)
    assert isinstance(read("leg uit oktober"), ExplainQuestion)
    assert read("cohort per kwartaal") == CohortQuestion(Kind.QUARTER)
    assert read("levensduur plan=pro") == LifetimeQuestion({"plan": "pro"})
    assert isinstance(read("hulp"), HelpQuestion)
    asked = read("oktober openbaar")
    assert isinstance(asked, CrrQuestion)
    assert asked.public


@pytest.mark.parametrize(
    "words", ["who left october", "why october", "revenue october", "wie vertrok in oktober"]
)
def test_churn_takes_what_it_tells_anyhow(words: str) -> None:
    question = read_churn(words, today=TODAY, definition=Definition())

    assert isinstance(question, CrrQuestion)
    assert days(question) == OCTOBER


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("01/10/2026", "Write 2026-10-01 or 2026-01-10."),
        ("next month", "has not begun"),
        ("lsat month", 'Did you mean "last month"?'),
        ("sicne march", 'Did you mean "since march"?'),
        ("whoo left", 'Did you mean "who left"?'),
        ("gon", 'Did you mean "who left"?'),
        ("joned", 'Did you mean "who joined"?'),
        ("0 months ago", "From 1 to 600 can be counted back"),
        ("3 moths ago", 'Did you mean "3 months ago"?'),
        ("31 february", "is not in the calendar"),
        ("march to may to june", "Only one period"),
        ("tomorrow", "has not begun"),
        ("last 3\u00b2 months", "I can't read"),
        ("october vs last october", "Both are the period 2026-10-01 to 2026-10-31"),
        ("month vs last month", "Both are the period"),
        ("2026-10-01 2026-10-31", 'Did you mean "2026-10-01..2026-10-31"?'),
        ("region=\u2018North America\u2019", 'For example: /crr region="North America".'),
        ("since Marhc", 'Did you mean "since march"?'),
        ("who left last mnth", 'Did you mean "who left last month"?'),
        ("who left last 3 moths", 'Did you mean "who left last 3 months"?'),
        ("explain octobre plan=pro", 'Did you mean "explain october plan=pro"?'),
        ("month plan:pro", 'Did you mean "month plan=pro"?'),
        ("month region=North America", 'For example: /crr region="North America".'),
        ("month <@U0LEAD|lea>", "Leave @lea out"),
        ("month <#C0ACME>", "Leave #… out"),
        ("month <!subteam^S1|@team>", "Leave @team out"),
    ],
)
def test_what_has_two_meanings_or_none_is_asked_about(words: str, told: str) -> None:
    with pytest.raises(Misunderstood) as unread:
        read(words)

    assert told in str(unread.value)


@given(st.lists(st.sampled_from(SAID), min_size=1, max_size=4), st.sampled_from(MARKS))
def test_what_all_may_see_and_what_is_kept_is_known_before_it_is_read(
    words: list[str], mark: str
) -> None:
    typed = " ".join(f"{mark[:1]}{word}{mark[1:]}" for word in words)
    try:
        question = read(typed)
    except Misunderstood:
        return
    about = question.first if isinstance(question, CompareQuestion) else question
    about = getattr(about, "about", about)
    if hasattr(about, "public"):
        assert is_public(typed) is about.public
    assert is_record(typed) is isinstance(question, RecordQuestion)


@pytest.mark.parametrize("words", ["Record", "/crr record", "public record", "please record"])
def test_a_count_is_kept_however_that_is_said(words: str) -> None:
    assert isinstance(read(f"{words} 2026-10-31 200"), RecordQuestion)
    assert is_record(f"{words} 2026-10-31 200")


@given(st.lists(st.sampled_from(SAID), min_size=1, max_size=4), st.integers(0, 7))
def test_whatever_is_guessed_can_be_typed(words: list[str], dropped: int) -> None:
    typed = " ".join(words)
    slip = typed[:dropped] + typed[dropped + 1 :]
    for readable in (read, partial(read_churn, today=TODAY, definition=Definition())):
        try:
            readable(slip)
        except Misunderstood as unread:
            if found := re.search(r'Did you mean "([^"/]*)"\?', str(unread)):
                readable(found[1])


@pytest.mark.parametrize(
    "words",
    ["", "october", "why october", "who left q3 plan=pro", "revenue week public", 'x="a b"'],
)
def test_churn_is_shared_as_the_same_question(words: str) -> None:
    asked = read_churn(words, today=TODAY, definition=Definition())
    shared = read(as_left(words))

    assert isinstance(asked, CrrQuestion)
    assert isinstance(shared, LeftQuestion)
    assert shared.about == replace(asked, public=False)


def test_nothing_is_answered_with_itself() -> None:
    with pytest.raises(Misunderstood) as unread:
        read("since lifetime")

    assert 'mean "lifetime"' not in str(unread.value)


def test_a_slip_in_an_export_is_answered_with_what_can_be_exported() -> None:
    with pytest.raises(Misunderstood, match="For example: /keeprate export month, /keeprate"):
        read_churn("answers q3", command="/keeprate export", today=TODAY, definition=Definition())


@pytest.mark.parametrize(
    "words", ["same month last year", "last few weeks", "until october", "pro"]
)
def test_what_nobody_can_know_is_not_guessed(words: str) -> None:
    with pytest.raises(Misunderstood) as unread:
        read(words)

    assert "Did you mean" not in str(unread.value)


def test_values_of_fields_are_nobody_s_phrases() -> None:
    assert plain(["laatste", "maand", "Plan=De Nieuwe"]) == ["last", "month", "Plan=De Nieuwe"]


def test_counts_that_are_told_are_left_alone() -> None:
    said = ["record", "2026-10-31", "200", "customers", "80", "new"]

    assert plain(said) == said
