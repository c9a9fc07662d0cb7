"""What people type after /nps, /csat and /keeprate."""

from dataclasses import replace

import pytest

from bot.domain.asking import Target
from bot.domain.commands import (
    AskNow,
    Close,
    Help,
    KeeprateCommand,
    NextRound,
    Outcomes,
    Preview,
    PullNow,
    Results,
    Status,
    SurveyCommand,
    Themes,
    read_asking,
    read_keeprate,
    read_survey,
    written,
)
from bot.errors import Misunderstood

NORTH = {"plan": "pro", "region": "North America"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", Preview()),
        ("   ", Preview()),
        ("ask", AskNow()),
        ("Ask  How was\nonboarding?", AskNow("How was onboarding?")),
        ("How was it?", Preview("How was it?")),
        ("Well?", Preview("Well?")),
        ("tell us what you think", Preview("tell us what you think")),
        ("<#C0ACME|acme>", Preview(target=Target(channels=("C0ACME",)))),
        ("preview <#C0ACME> Well?", Preview("Well?", Target(channels=("C0ACME",)))),
        ("ask <#C100> <#G200|x> Well?", AskNow("Well?", Target(channels=("C100", "G200")))),
        ("ask <@U100|lea> <!subteam^S100|@cs>", AskNow("", Target((), ("U100",), ("S100",)))),
        ("ask plan=pro region=“North America”", AskNow("", Target(segment=NORTH))),
        ("ask customers", AskNow("", Target(segment={}))),
        ("ask customers How was it?", AskNow("How was it?", Target(segment={}))),
        ("ask Customers first?", AskNow("Customers first?")),
        ("Is <@U100|lea> kind?", Preview("Is @lea kind?")),
        ("ask Is <#C100|acme> the place?", AskNow("Is #acme the place?")),
        ("Was <https://a.b/c?d=1|a.b> of use?", Preview("Was https://a.b/c?d=1 of use?")),
        ("How are we, <!channel>?", Preview("How are we, @channel?")),
        ("results", Results()),
        ("RESULTS ", Results()),
        ("close", Close()),
        ("help", Help()),
        ("?", Help()),
        ("hulp", Help()),
        ("help?", Help()),
        ("Results.", Results()),
        ("themes?", Themes()),
        ("`ask`", AskNow()),
        ("ask Customers", AskNow("", Target(segment={}))),
        ("plan = pro", Preview(target=Target(segment={"plan": "pro"}))),
        ("<@U100>, how was it?", Preview("how was it?", Target((), ("U100",)))),
        ("results last quarter plan=pro", Results("last quarter plan=pro")),
        ("results were fine?", Preview("results were fine?")),
        ("themes", Themes()),
        ("themes 2026", Themes("2026")),
        ("outcomes", Outcomes()),
        ("survey=quarterly", NextRound("quarterly")),
        ('preview survey="after a ticket"', NextRound("after a ticket")),
        ("Survey=“after a ticket”", NextRound("after a ticket")),
        ("survey=after a ticket", NextRound("after a ticket")),
    ],
)
def test_reads_a_survey_command(words: str, expected: SurveyCommand) -> None:
    assert read_survey(words) == expected


def test_nothing_that_is_not_the_word_ask_asks_at_once() -> None:
    for words in ("", "a", "asked", "asks our customers", "NPS?"):
        try:
            command = read_survey(words)
        except Misunderstood:
            continue
        assert not isinstance(command, AskNow)


@pytest.mark.parametrize(
    ("words", "guess"),
    [
        ("ask now", ""),
        ("ask 9", ""),
        ("ask <#C100> please", ""),
        ("ask customers today", ""),
        ("ask custmers", "ask customers"),
        ("ask anonimous", "ask anonymous"),
    ],
)
def test_a_slip_after_ask_stands_before_no_customer(words: str, guess: str) -> None:
    with pytest.raises(Misunderstood, match="is no question, so nobody was asked") as refused:
        read_survey(words)
    assert (f'Did you mean "{guess}"?' in str(refused.value)) == bool(guess)


def test_words_that_may_be_no_question_are_shown_before_they_are_asked() -> None:
    target = Target(("C100",))
    assert read_survey("ask <#C100> all of them please") == Preview("all of them please", target)
    assert read_survey("ask anonymous all of them now") == Preview(
        "all of them now", anonymous=True
    )


@pytest.mark.parametrize("name", ["<@U100>", "<#C100|>", "<!subteam^S100>"])
def test_no_customer_reads_an_id_in_a_question(name: str) -> None:
    with pytest.raises(Misunderstood, match="Write names in it as words"):
        read_survey(f"ask Was {name} of help?")


@pytest.mark.parametrize("words", ["ask?", "close?"])
def test_what_cannot_be_taken_back_is_not_done_on_a_question(words: str) -> None:
    with pytest.raises(Misunderstood, match=f'Did you mean "{words[:-1]}"'):
        read_survey(words)


@pytest.mark.parametrize("words", ["link", "link carla", "link <#C0ACME>"])
def test_a_link_is_for_one_person(words: str) -> None:
    with pytest.raises(Misunderstood, match="link @person"):
        read_survey(words)


@pytest.mark.parametrize(("words", "guess"), [("reslts", "results"), ("hlep", "help")])
def test_a_typo_is_answered_with_what_is_near(words: str, guess: str) -> None:
    with pytest.raises(Misunderstood, match=f'Did you mean "{guess}"'):
        read_survey(words)


@pytest.mark.parametrize(
    "target",
    [
        Target(),
        Target(channels=("C100", "G200")),
        Target(("C100",), ("U100", "W200"), ("S100",)),
        Target(segment={}),
        Target(segment=NORTH),
    ],
    ids=str,
)
def test_what_is_to_be_asked_is_read_as_it_is_written(target: Target) -> None:
    asking = AskNow("How was it?", target)

    assert read_asking(written(asking)) == asking
    if not (target.people or target.groups):
        assert read_asking(written(replace(asking, anonymous=True))).anonymous


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ask anonymous", AskNow(anonymous=True)),
        ("ask Anonymous", AskNow(anonymous=True)),
        ("Anonymous", Preview(anonymous=True)),
        ("anonymous", Preview(anonymous=True)),
        ("anonymous <#C100> All well?", Preview("All well?", Target(("C100",)), anonymous=True)),
        ("preview anonymous Well?", Preview("Well?", anonymous=True)),
        ("Anonymous or not: happy?", Preview("Anonymous or not: happy?")),
    ],
)
def test_a_question_without_names(words: str, expected: SurveyCommand) -> None:
    assert read_survey(words) == expected


@pytest.mark.parametrize("words", ["ask anonymous <@U100>", "anonymous <!subteam^S100>"])
def test_who_is_asked_alone_cannot_answer_without_a_name(words: str) -> None:
    with pytest.raises(Misunderstood, match="it would be known who"):
        read_survey(words)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("ask #nowhere", "#nowhere"),
        ("#nowhere How do you like it?", "#nowhere"),
        ("preview @nobody.there", "@nobody.there"),
        ("ask <#C100> #nowhere", "#nowhere"),
        ("ask anonymous #nowhere", "#nowhere"),
    ],
)
def test_a_name_that_slack_left_as_typed_is_no_question(words: str, name: str) -> None:
    with pytest.raises(Misunderstood, match=f'"{name}" is neither a channel nor anybody'):
        read_survey(words)


def test_a_question_may_have_signs_in_it() -> None:
    question = "#1 for support, would you say?"
    assert read_survey(f"ask {question}") == AskNow(question)
    assert read_survey("Is #acme the right place?") == Preview("Is #acme the right place?")


def test_a_segment_is_not_asked_together_with_others() -> None:
    with pytest.raises(Misunderstood, match="either a segment"):
        read_survey("ask <#C100> plan=pro")


def test_a_question_that_nobody_would_read_is_refused() -> None:
    assert read_survey("ask " + "x" * 999 + "?") == AskNow("x" * 999 + "?")
    with pytest.raises(Misunderstood, match="1,001 characters"):
        read_survey("ask " + "x" * 1001)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", Help()),
        ("help", Help()),
        ("Hulp!", Help()),
        ("?", Help()),
        ("status", Status()),
        ("Status.", Status()),
        ("status?", Status()),
        ("pull", PullNow()),
        ("pull Shop", PullNow("shop")),
        ("PULL my crm", PullNow("My CRM")),
    ],
)
def test_reads_a_keeprate_command(words: str, expected: KeeprateCommand) -> None:
    assert read_keeprate(words, ["shop", "My CRM"]) == expected


def test_an_unknown_source_is_answered_with_the_known_ones_nearest_first() -> None:
    with pytest.raises(Misunderstood, match=r'no source "shp"\. There is shop, billing\.'):
        read_keeprate("pull shp", ["billing", "shop"])


def test_an_unknown_word_is_answered_with_what_is_near() -> None:
    with pytest.raises(Misunderstood, match='Did you mean "status"'):
        read_keeprate("statsu", ["shop"])


def test_a_word_that_is_like_none_is_answered_with_all() -> None:
    with pytest.raises(Misunderstood, match=r'read "💥"\. There is status, sources, .*, help\.'):
        read_keeprate("💥", ["shop"])


def test_unlink_alone_is_answered_with_what_it_takes() -> None:
    with pytest.raises(Misunderstood, match="unlink takes a channel"):
        read_keeprate("unlink", ["shop"])


def test_who_wants_the_audit_log_is_told_where_it_is() -> None:
    with pytest.raises(Misunderstood, match="`keeprate audit` in a terminal"):
        read_keeprate("audit", ["shop"])
    with pytest.raises(Misunderstood, match=r"There is ask, preview, results, .*, help\."):
        read_survey("💥")
