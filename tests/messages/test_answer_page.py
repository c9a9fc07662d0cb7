"""The web page to answer on: in the person's language, harmless, and read where it is written."""

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from bot.domain.surveys import Ask, Scale, Style
from bot.messages import answer_page as pages
from bot.messages.languages import LANGUAGES
from bot.messages.surveys import default_question
from tests.messages.figures import NASTY

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
ASK = Ask("a1", Scale.NPS, default_question(Scale.NPS), "U9", "", NOW, person="U9")


class Seen(HTMLParser):
    """The elements of a page, each with what it has."""

    def __init__(self, page: pages.Page) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [has for name, has in self.found if name == tag]


@pytest.mark.parametrize("scale", Scale)
def test_every_score_is_read_where_it_is_written(scale: Scale) -> None:
    seen = Seen(pages.question_page(replace(ASK, scale=scale)))
    radios = [each for each in seen.all("input") if each.get("type") == "radio"]

    read = [pages.read_form({"score": str(each["value"])}, scale)[0] for each in radios]

    assert read == list(scale.scores)
    assert {each["name"] for each in radios} == {"score"}


@pytest.mark.parametrize("score", ["", "11", "-1", "1e1", "٣", "9.0", "010", " 9"])
def test_a_score_off_the_scale_is_none(score: str) -> None:
    assert pages.read_form({"score": score}, Scale.NPS) == (None, "")


def test_words_are_cut_where_a_comment_ends() -> None:
    _, words = pages.read_form({"score": "1", "comment": "x" * 10_000}, Scale.NPS)

    assert len(words) == 3000


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_in_which_language_it_is(language: str) -> None:
    ask = replace(ASK, question=default_question(Scale.NPS, language), language=language)
    seen = Seen(pages.question_page(ask))

    assert seen.all("html") == [{"lang": language}]
    assert ask.question in seen.words


def test_what_others_wrote_is_text() -> None:
    nasty = f"</textarea><script>alert(1)</script>\"' {NASTY}"
    ask = replace(ASK, question=nasty)
    page = pages.question_page(ask, refused=nasty, typed={"comment": nasty})

    assert Seen(page).all("script") == []
    assert page.status == 422
    assert Seen(pages.told_page("en", nasty)).all("script") == []


def test_it_needs_no_script_and_loads_nothing() -> None:
    seen = Seen(pages.question_page(replace(ASK, scale=Scale.CSAT, style=Style.FACES)))

    assert [has for _, has in seen.found if "src" in has or "href" in has] == []
    assert {form.get("method") for form in seen.all("form")} == {"post"}
    # A face tells a screen reader nothing.
    labels = [each.get("aria-label") for each in seen.all("input") if each.get("type") == "radio"]
    assert labels == [f"{score} out of 5" for score in range(1, 6)]


def test_what_was_typed_is_there_again_where_no_score_was_chosen() -> None:
    page = pages.no_score(ASK, {"comment": "Too slow"})

    assert "Too slow" in "".join(Seen(page).words)
    assert "Please choose a score." in Seen(page).words
    off = pages.no_score(ASK, {"score": "11"})
    assert any("scale from 0 to 10" in words for words in Seen(off).words)
