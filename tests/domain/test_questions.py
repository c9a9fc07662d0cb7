"""What people type after /crr, and what they are told when it can't be read."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.definition import Definition, Weekday
from bot.domain.peers import Peer
from bot.domain.period import Kind, period_of
from bot.domain.questions import (
    CalcQuestion,
    CohortQuestion,
    CompareQuestion,
    CrrQuestion,
    ExplainQuestion,
    HelpQuestion,
    JoinedQuestion,
    LeftQuestion,
    LifetimeQuestion,
    PeerQuestion,
    Question,
    read_churn,
    read_crr,
    read_results,
)
from bot.errors import Misunderstood

TODAY = date(2026, 11, 4)
"""A Wednesday."""


def read(words: str, definition: Definition | None = None) -> Question:
    return read_crr(words, today=TODAY, definition=definition or Definition())


def asked(words: str, definition: Definition | None = None) -> tuple[Kind, str, str]:
    """The period asked for: its kind, its first and its last day."""
    question = read(words, definition)
    assert isinstance(question, CrrQuestion)
    return question.period.kind, str(question.period.first), str(question.period.last)


def refused(words: str) -> str:
    with pytest.raises(Misunderstood) as error:
        read(words)
    return str(error.value)


MONTH = (Kind.MONTH, "2026-10-01", "2026-10-31")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("", MONTH),
        ("   ", MONTH),
        ("month", MONTH),
        ("MONTH", MONTH),
        ("last month", MONTH),
        ("previous month", MONTH),
        ("2026-10", MONTH),
        ("month 2026-10", MONTH),
        ("month 2026-10-31", MONTH),
        ("this month", (Kind.MONTH, "2026-11-01", "2026-11-30")),
        ("week", (Kind.WEEK, "2026-10-26", "2026-11-01")),
        ("this week", (Kind.WEEK, "2026-11-02", "2026-11-08")),
        ("week 2026-10-25", (Kind.WEEK, "2026-10-19", "2026-10-25")),
        ("2026-W40", (Kind.WEEK, "2026-09-28", "2026-10-04")),
        ("2026w40", (Kind.WEEK, "2026-09-28", "2026-10-04")),
        ("quarter", (Kind.QUARTER, "2026-07-01", "2026-09-30")),
        ("2026-Q3", (Kind.QUARTER, "2026-07-01", "2026-09-30")),
        ("2026q3", (Kind.QUARTER, "2026-07-01", "2026-09-30")),
        ("year", (Kind.YEAR, "2025-01-01", "2025-12-31")),
        ("2026", (Kind.YEAR, "2026-01-01", "2026-12-31")),
        ("2026-11-04", (Kind.DAYS, "2026-11-04", "2026-11-04")),
        ("2026-10-01..2026-10-31", (Kind.DAYS, "2026-10-01", "2026-10-31")),
        ("2026-10-01 .. 2026-10-31", (Kind.DAYS, "2026-10-01", "2026-10-31")),
        ("2026-10-01...2026-10-31", (Kind.DAYS, "2026-10-01", "2026-10-31")),
        ("2026-10-01…2026-10-31", (Kind.DAYS, "2026-10-01", "2026-10-31")),
        ("2026-10-01 \N{EN DASH} 2026-10-31", (Kind.DAYS, "2026-10-01", "2026-10-31")),
        ("2026-10-01 - 2026-10-31", (Kind.DAYS, "2026-10-01", "2026-10-31")),
        ("2026-10-01 to 2026-10-31", (Kind.DAYS, "2026-10-01", "2026-10-31")),
        ("2026-10-31..2026-10-31", (Kind.DAYS, "2026-10-31", "2026-10-31")),
        ("2026-08..2026-W44", (Kind.DAYS, "2026-08-01", "2026-11-01")),
        ("2024-02-29..2024-02-29", (Kind.DAYS, "2024-02-29", "2024-02-29")),
        ("2026-10-05..2026-12-31", (Kind.DAYS, "2026-10-05", "2026-12-31")),
    ],
)
def test_periods_are_read(words: str, wanted: tuple[Kind, str, str]) -> None:
    assert asked(words) == wanted


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("quarter", (Kind.QUARTER, "2026-08-01", "2026-10-31")),
        ("year", (Kind.YEAR, "2025-02-01", "2026-01-31")),
        ("2026", (Kind.YEAR, "2026-02-01", "2027-01-31")),
        ("2025-Q4", (Kind.QUARTER, "2025-11-01", "2026-01-31")),
        ("week", (Kind.WEEK, "2026-10-25", "2026-10-31")),
        ("2026-W44", (Kind.WEEK, "2026-10-25", "2026-10-31")),
    ],
)
def test_periods_are_of_the_company_s_calendar(words: str, wanted: tuple[Kind, str, str]) -> None:
    definition = Definition(first_weekday=Weekday.SUNDAY, fiscal_year_start=2)

    assert asked(words, definition) == wanted


@pytest.mark.parametrize(
    ("words", "segments"),
    [
        ("plan=pro", {"plan": "pro"}),
        ("2026-10 plan=pro region=EU", {"plan": "pro", "region": "EU"}),
        ("plan = pro", {"plan": "pro"}),
        ("plan=pro plan=pro", {"plan": "pro"}),
        ('region="North  America"', {"region": "North  America"}),
        ("region=“North America” month", {"region": "North America"}),
        ('"account owner"="Ann Lee"', {"account owner": "Ann Lee"}),
        ('note="a..b"', {"note": "a..b"}),
        ("size=a=b", {"size": "a=b"}),
    ],
)
def test_segments_are_read(words: str, segments: dict[str, str]) -> None:
    question = read(words)

    assert isinstance(question, CrrQuestion)
    assert question.segments == segments
    assert (question.period.kind, str(question.period.first)) == MONTH[:2]
    assert not question.public


@pytest.mark.parametrize("words", ["public", "PUBLIC month", "2026-10 plan=pro public"])
def test_public_is_read_anywhere(words: str) -> None:
    question = read(words)

    assert isinstance(question, CrrQuestion)
    assert question.public
    assert question.period.kind is Kind.MONTH


@pytest.mark.parametrize("words", ["help", "HELP", "?", "month help"])
def test_help_is_read_anywhere(words: str) -> None:
    assert read(words) == HelpQuestion()


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("calc 150 200 80", CalcQuestion(150, 200, 80)),
        ("calc 0 0 0", CalcQuestion(0, 0, 0)),
        ("CALC 1,500 2.000 80 public", CalcQuestion(1500, 2000, 80, public=True)),
        ("public calc 1 2 1", CalcQuestion(1, 2, 1, public=True)),
    ],
)
def test_calc_is_read(words: str, wanted: CalcQuestion) -> None:
    assert read(words) == wanted


@pytest.mark.parametrize(
    "words",
    [
        "calc",
        "calc 1 2",
        "calc 1 2 3 4",
        "calc 1 2 -3",
        "calc 1.5 2 1",
        "calc a b c",
        f"calc {'9' * 5_000} 1 1",
    ],
)
def test_calc_says_what_it_takes(words: str) -> None:
    assert "For example: /crr calc 150 200 80" in refused(words)


@pytest.mark.parametrize(
    ("words", "guess"),
    [
        ("mnth", "month"),
        ("wekly", "week"),
        ("quater", "quarter"),
        ("last mnth", "last month"),
        ("last", "last week"),
        ("hlep", "help"),
        ("calculate 150 200 80", "calc 150 200 80"),
        ("month wek", "week"),
    ],
)
def test_unknown_words_are_answered_with_the_nearest_and_an_example(words: str, guess: str) -> None:
    sentence = refused(words)

    assert f'Did you mean "{guess}"?' in sentence
    assert "For example: /crr month, /crr 2026-10" in sentence
    for example in sentence.partition("For example: ")[2].rstrip(".").split(", "):
        read(example.removeprefix("/crr "))


@pytest.mark.parametrize("words", ["💥", "%%%", "ÿ"])
def test_what_is_like_nothing_is_answered_without_a_guess(words: str) -> None:
    assert refused(words).startswith(f'I can\'t read "{words}". For example: /crr month')


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("mnth", 'Did you mean "month"? For example: /churn month, /churn 2026-10,'),
        ("month week", "For example: /churn month"),
        ("2026-10..", "For example: /churn 2026-10-01..2026-10-31 plan=pro."),
        ("last 3 moons", 'Did you mean "last 3 months"? For example: /churn'),
        ("calc 150 200 80", "For example: /churn"),
        ("cohort", "For example: /churn"),
    ],
)
def test_slips_after_churn_are_answered_with_what_churn_can_read(words: str, told: str) -> None:
    with pytest.raises(Misunderstood) as slip:
        read_churn(words, today=TODAY, definition=Definition())

    assert told in str(slip.value)
    assert "/crr" not in str(slip.value)
    assert '"calc"' not in str(slip.value).replace('read "calc', "")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("2026-13", '"2026-13" is not in the calendar'),
        ("2026-02-29", '"2026-02-29" is not in the calendar'),
        ("2025-W53", '"2025-W53" is not in the calendar'),
        ("2026-Q5", '"2026-Q5" is not in the calendar'),
        ("1899", "from 1900 to 2199"),
        ("0000-01-01..2026-01-01", "from 1900 to 2199"),
        ("2026-12", "2026-12-01 to 2026-12-31 has not begun: it is 2026-11-04"),
        ("2026-11-05..2026-11-06", "has not begun"),
        ("2026-10-31..2026-10-01", "2026-10-31 comes after 2026-10-01"),
        ("2026-10-02..2026-10-01", "2026-10-02 comes after 2026-10-01"),
        ("2026-10..", "only one end"),
        ("..2026-10", "only one end"),
        ("month week", "Only one period"),
        ("2026-10 2026-09", "Only one period"),
        ("month 2026", 'After "month" comes a day of it'),
        ("plan=", "plan=pro"),
        ("=pro", "plan=pro"),
        ("plan=pro plan=free", "plan is given twice"),
        ('region="North', "quotation mark is missing"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(words: str, part: str) -> None:
    assert part in refused(words)


@given(st.text(max_size=40) | st.from_regex(r"[0-9a-z.= \"WQ-]{0,30}", fullmatch=True))
def test_anything_typed_is_a_question_or_gets_a_sentence(words: str) -> None:
    try:
        question = read(words)
    except Misunderstood as error:
        sentence = str(error)
    else:
        sentence = ""
        assert isinstance(question, Question)
    assert sentence == "" or sentence.endswith((".", "80"))


OCTOBER = period_of(Kind.MONTH, date(2026, 10, 1), Definition())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("explain 2026-10", ExplainQuestion(CrrQuestion(OCTOBER))),
        (
            "Explain plan=pro 2026-10 public",
            ExplainQuestion(CrrQuestion(OCTOBER, {"plan": "pro"}, public=True)),
        ),
        ("as stripe 2026-10", PeerQuestion(Peer.STRIPE, CrrQuestion(OCTOBER))),
        ("AS Counts 2026-10", PeerQuestion(Peer.COUNTS, CrrQuestion(OCTOBER))),
    ],
)
def test_a_figure_can_be_explained_and_told_as_others_would(words: str, expected: Question) -> None:
    assert read_crr(words, today=date(2026, 11, 9), definition=Definition()) == expected


@pytest.mark.parametrize("words", ["as", "as strpe", "as 2026-10"])
def test_as_whom_is_answered_with_the_known_ones(words: str) -> None:
    with pytest.raises(Misunderstood, match="stripe"):
        read_crr(words, today=date(2026, 11, 9), definition=Definition())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("cohort", CohortQuestion(Kind.MONTH)),
        ("Cohorts", CohortQuestion(Kind.MONTH)),
        ("cohort quarter", CohortQuestion(Kind.QUARTER)),
        ("cohort by YEAR", CohortQuestion(Kind.YEAR)),
        ("cohort revenue", CohortQuestion(Kind.MONTH, revenue=True)),
        ("cohort by Revenue", CohortQuestion(Kind.MONTH, revenue=True)),
        (
            "cohort revenue quarter plan=pro",
            CohortQuestion(Kind.QUARTER, {"plan": "pro"}, revenue=True),
        ),
        ("cohort by quarter revenue", CohortQuestion(Kind.QUARTER, revenue=True)),
        (
            "cohort plan=pro quarter region=EU public",
            CohortQuestion(Kind.QUARTER, {"plan": "pro", "region": "EU"}, public=True),
        ),
        ("lifetime", LifetimeQuestion()),
        ("LIFETIMES public plan = Pro", LifetimeQuestion({"plan": "Pro"}, public=True)),
    ],
)
def test_cohorts_and_lifetimes_are_read(words: str, expected: Question) -> None:
    assert read(words) == expected


def test_both_can_be_asked_as_of_a_moment_of_the_past() -> None:
    for words in ("cohort month known=2026-10-05T12:00", "lifetime known=2026-10-05T12:00"):
        question = read(words)

        assert isinstance(question, CohortQuestion | LifetimeQuestion)
        assert str(question.known_at) == "2026-10-05 12:00:00+00:00"


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("cohort week", "by month, quarter or year of first joining"),
        ("cohort quater", 'Did you mean "/crr cohort quarter"?'),
        ("cohort 2026-10", "/crr cohort quarter plan=pro"),
        ("cohort month quarter", 'can\'t read "month quarter"'),
        ("cohort by", "by month, quarter or year of first joining"),
        ("cohort revenue week", "by month, quarter or year of first joining"),
        ("cohort plan=", "plan=pro"),
        ("cohort known=2026-12-01", "nobody knows yet"),
        ("lifetime 2026-10", "a figure of no period"),
        ("lifetime plan=pro plan=free", "plan is given twice"),
        ("lifetime known=2026-10-01 known=2026-10-02", "Only one moment"),
        ("cohrt", 'Did you mean "cohort"?'),
        ("liftime", 'Did you mean "lifetime"?'),
    ],
)
def test_what_is_no_cohort_and_no_lifetime_is_refused_with_the_reason(
    words: str, part: str
) -> None:
    assert part in refused(words)


DAYS = Kind.DAYS


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("october", MONTH),
        ("Oct", MONTH),
        ("oct 2025", (Kind.MONTH, "2025-10-01", "2025-10-31")),
        ("2025 october", (Kind.MONTH, "2025-10-01", "2025-10-31")),
        ("november", (Kind.MONTH, "2026-11-01", "2026-11-30")),
        ("december", (Kind.MONTH, "2025-12-01", "2025-12-31")),
        ("sept", (Kind.MONTH, "2026-09-01", "2026-09-30")),
        ("q3", (Kind.QUARTER, "2026-07-01", "2026-09-30")),
        ("Q4", (Kind.QUARTER, "2026-10-01", "2026-12-31")),
        ("q4 2025", (Kind.QUARTER, "2025-10-01", "2025-12-31")),
        ("w40", (Kind.WEEK, "2026-09-28", "2026-10-04")),
        ("w50", (Kind.WEEK, "2025-12-08", "2025-12-14")),
        ("since march", (DAYS, "2026-03-01", "2026-11-04")),
        ("since 2026-10-15", (DAYS, "2026-10-15", "2026-11-04")),
        ("since december", (DAYS, "2025-12-01", "2026-11-04")),
        ("since last month", (DAYS, "2026-10-01", "2026-11-04")),
        ("last 3 months", (DAYS, "2026-08-01", "2026-10-31")),
        ("last 1 month", MONTH),
        ("past 2 weeks", (DAYS, "2026-10-19", "2026-11-01")),
        ("last 2 quarters", (DAYS, "2026-04-01", "2026-09-30")),
        ("last 30 days", (DAYS, "2026-10-05", "2026-11-03")),
    ],
)
def test_periods_are_read_as_people_say_them(words: str, wanted: tuple[Kind, str, str]) -> None:
    assert asked(words) == wanted


def test_week_53_is_that_of_the_last_year_that_had_one() -> None:
    question = read_crr("w53", today=date(2027, 3, 1), definition=Definition())

    assert isinstance(question, CrrQuestion)
    assert str(question.period.first) == "2026-12-28"


def test_the_first_week_may_begin_in_the_year_before() -> None:
    question = read_crr("w1", today=date(2025, 12, 31), definition=Definition())

    assert isinstance(question, CrrQuestion)
    assert str(question.period.first) == "2025-12-29"


def test_quarters_without_a_year_are_of_the_fiscal_year() -> None:
    april = Definition(fiscal_year_start=4)

    assert asked("q4", april) == (Kind.QUARTER, "2026-01-01", "2026-03-31")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("since 2026-11-05", "has not come yet"),
        ("since", "Did you mean"),
        ("last 0 months", "From 1 to 600"),
        ("last 3 moons", 'Did you mean "last 3 months"?'),
        ("octobre", 'Did you mean "october"?'),
        ("w53 2025", "not in the calendar"),
        ("q5", '"2026-Q5" is not in the calendar'),
    ],
)
def test_what_people_say_and_cannot_be_is_refused_with_the_reason(words: str, part: str) -> None:
    assert part in refused(words)


def test_may_is_a_month_and_ma_is_not() -> None:
    assert asked("may") == (Kind.MONTH, "2026-05-01", "2026-05-31")
    assert "Did you mean" in refused("ma")


def pair(words: str) -> tuple[CrrQuestion, CrrQuestion]:
    question = read(words)
    assert isinstance(question, CompareQuestion)
    return question.first, question.second


@pytest.mark.parametrize(
    ("words", "first", "second"),
    [
        ("compare 2026-10 2026-09", "2026-10-01", "2026-09-01"),
        ("compare october september", "2026-10-01", "2026-09-01"),
        ("compare october 2025 with october 2026", "2026-10-01", "2025-10-01"),
        ("compare last month this month", "2026-11-01", "2026-10-01"),
        ("compare q3 vs q2", "2026-07-01", "2026-04-01"),
        ("compare", "2026-10-01", "2026-09-01"),
        ("compare q3", "2026-07-01", "2026-04-01"),
        ("compare 2026-09-01..2026-09-10 and 2026-08-01..2026-08-10", "2026-09-01", "2026-08-01"),
    ],
)
def test_two_periods_are_compared_or_one_with_the_one_before(
    words: str, first: str, second: str
) -> None:
    one, other = pair(words)

    assert (str(one.period.first), str(other.period.first)) == (first, second)


def test_two_values_of_a_field_are_compared_over_one_period() -> None:
    one, other = pair("compare plan=pro plan=free q3 region=EMEA public")

    assert one.segments == {"plan": "pro", "region": "EMEA"}
    assert other.segments == {"plan": "free", "region": "EMEA"}
    assert one.period == other.period
    assert one.public


def test_segments_go_with_both_of_two_periods() -> None:
    one, other = pair("compare 2026-10 2026-09 plan=pro known=2026-11-02")

    assert one.segments == other.segments == {"plan": "pro"}
    assert one.known_at == other.known_at is not None


@pytest.mark.parametrize("words", ["compare 2026-10 nonsense", "compare 2026-10 2026-09 2026-08"])
def test_what_cannot_be_compared_is_answered_with_what_can_be_read(words: str) -> None:
    assert "For example: /crr" in refused(words)


def test_who_left_and_who_joined_are_questions_about_a_period() -> None:
    left, joined = read('who left october region="North America"'), read("who joined q3 public")

    assert isinstance(left, LeftQuestion)
    assert left.about.period.first == date(2026, 10, 1)
    again = read_churn(left.words, today=TODAY, definition=Definition())
    assert again == left.about, "the words can be read as those after /churn"
    assert isinstance(joined, JoinedQuestion)
    assert joined.about.public
    assert "Who left, or who joined?" in refused("who")
    assert "For example" in refused("who cares")


def of_answers(words: str) -> tuple[str, str, dict[str, str], str]:
    """The first and the last day, the segments and the survey."""
    question, survey = read_results(
        words, command="/nps results", today=TODAY, definition=Definition()
    )
    period = question.period
    return str(period.first), str(period.last), dict(question.segments), survey


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("", ("2026-10-01", "2026-12-31", {}, "")),
        ("plan=pro", ("2026-10-01", "2026-12-31", {"plan": "pro"}, "")),
        (
            'region="North America" survey=“Spring round”',
            ("2026-10-01", "2026-12-31", {"region": "North America"}, "Spring round"),
        ),
        ("quarter", ("2026-07-01", "2026-09-30", {}, "")),
        ("survey=x 2026-10", ("2026-10-01", "2026-10-31", {}, "x")),
        ("SURVEY = Q4 last 30 days", ("2026-10-05", "2026-11-03", {}, "Q4")),
    ],
)
def test_answers_are_asked_for_by_period_segment_and_survey(
    words: str, asked: tuple[str, str, dict[str, str], str]
) -> None:
    assert of_answers(words) == asked


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("lastt month", 'I can\'t read "lastt". Did you mean "last month"?'),
        ("month public", "is told to you alone: leave out public"),
        ("month week", "Only one period can be asked for at a time."),
        ("explain", 'I can\'t read "explain".'),
        ("month known=2026-10-05", "leave out known="),
        ("survey=a survey=b", "Only one survey can be asked for"),
        ("plan=", "names no segment"),
        ("2027", "has not begun"),
    ],
)
def test_a_slip_in_asking_for_answers_is_answered_with_examples_of_them(
    words: str, sentence: str
) -> None:
    with pytest.raises(Misunderstood) as caught:
        of_answers(words)

    assert sentence in str(caught.value)
    assert "/crr" not in str(caught.value)
    if "For example" in str(caught.value):
        assert "/nps results survey=NAME" in str(caught.value)
