"""What comments are about, and the words that tell unhappy from happy."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.themes import PRIOR, STOP_WORDS, Said, folded, telling, themes, words

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)


def low(text: str, *, days: int = 0, language: str = "en") -> Said:
    return Said(text, True, False, NOON + timedelta(days=days), language, 2)


def high(text: str) -> Said:
    return Said(text, False, True, NOON, "en", 10)


def test_nothing_is_told_of_nothing() -> None:
    found = themes([], [], {"price": ["price"]})

    assert (found.comments, found.named, found.other, found.telling) == (0, (), 0, ())


class TestNamedThemes:
    @pytest.mark.parametrize(
        ("word", "text", "is_in"),
        [
            ("invoice", "The INVOICE is late", True),
            ("invoice", "Our invoices", False),
            ("invoic*", "Our invoices are late", True),
            ("invoic*", "reinvoiced", False),
            ("too  slow", "It is too\nslow for us", True),
            ("too slow", "too very slow", False),
            ("reunion", "La réunion", True),
            ("réunion", "La reunion", True),
            ("c++", "we use c++ here", True),
            ("a.c", "abc", False),
        ],
    )
    def test_are_found_by_words_beginnings_and_rows_of_words(
        self, word: str, text: str, is_in: bool
    ) -> None:
        found = themes([low(text)], [], {"theme": [word]})

        assert bool(found.named) == is_in
        assert found.other == int(not is_in)

    def test_count_a_comment_once_and_say_how_it_was_before(self) -> None:
        now = [low("invoice invoice bill"), high("a fine bill"), low("slow")]
        before = [low("invoice"), low("bill"), high("nothing")]

        found = themes(
            now, before, {"invoices": ["invoice", "bill"], "speed": ["slow"], "x": ["y"]}
        )

        told = [(theme.name, theme.comments, theme.low, theme.before) for theme in found.named]
        assert told == [("invoices", 2, 1, 2), ("speed", 1, 1, 0)]
        assert found.other == 0

    def test_one_that_nobody_speaks_of_any_more_is_still_told(self) -> None:
        [theme] = themes([], [low("slow")], {"speed": ["slow"]}).named

        assert (theme.comments, theme.before, theme.examples) == (0, 1, ())

    def test_are_shown_with_the_unhappiest_then_the_newest(self) -> None:
        said = [high("slow 1"), low("slow 2"), low("slow 3", days=1), low("slow 4", days=-1)]

        [theme] = themes(said, [], {"speed": ["slow"]}).named

        assert [each.text for each in theme.examples] == ["slow 3", "slow 2"]


class TestTellingWords:
    def test_are_those_of_one_side(self) -> None:
        said = [low(f"the invoice came late again number{n}") for n in range(12)]
        said += [high("the support is wonderful and answers") for n in range(12)]

        found = {each.word: each.z for each in telling(said)}

        assert found["invoice"] > 0 > found["wonderful"]
        assert "the" not in found

    def test_need_both_sides(self) -> None:
        assert telling([low("invoice"), low("invoice")]) == []

    def test_are_not_one_persons(self) -> None:
        said = [low("zebra " * 50)] + [high("wonderful support") for _ in range(20)]

        assert "zebra" not in {each.word for each in telling(said)}

    def test_are_of_two_comments_at_least_however_sure_one_is(self) -> None:
        kind = [high("wonderful support helpful quick kind") for _ in range(200)]
        usual = [high("zebra") for _ in range(20)]

        assert "zebra" not in {each.word for each in telling([low("zebra"), *kind], usual)}
        twice = telling([low("zebra"), low("zebra"), *kind], usual)
        assert "zebra" in {each.word for each in twice}

    def test_have_the_z_that_is_computed_by_hand(self) -> None:
        """Of 40 words, 10 of them usual ones, 16 are "kind": a is 50 * 16 / 40 = 20. Low scores
        have 20 words, none of them that, so 20 to 50; high ones have 10 and 8, so 28 to 32."""
        said = [low("late bill")] * 8 + [low("bill cost")] * 2
        said += [high("late")] * 2 + [high("kind")] * 8
        usual = [low("late")] * 2 + [high("kind")] * 8

        [kind] = telling(said, usual)

        z = (math.log(20 / 50) - math.log(28 / 32)) / math.sqrt(1 / 20 + 1 / 28)
        assert (kind.word, kind.low, kind.high) == ("kind", 0, 8)
        assert kind.z == pytest.approx(z)
        assert z == pytest.approx(-2.674, abs=0.001)

    def test_that_everybody_uses_tell_nothing(self) -> None:
        said = [low("platform slow") for _ in range(10)] + [high("platform fast")] * 10

        assert "platform" not in {each.word for each in telling(said)}

    @given(
        st.lists(st.sampled_from(["price slow", "price", "support fast", "fast"]), min_size=2),
        st.lists(st.sampled_from(["price", "support fast", "support"]), min_size=2),
    )
    def test_have_the_z_of_the_formula(self, lows: list[str], highs: list[str]) -> None:
        """Written down a second time, from the paper."""
        lows, highs = lows * 9, highs * 9
        y = {
            "low": Counter(w for text in lows for w in text.split()),
            "high": Counter(w for text in highs for w in text.split()),
        }
        mix = y["low"] + y["high"]

        for each in telling([*map(low, lows), *map(high, highs)]):
            a = PRIOR * mix[each.word] / mix.total()
            odds, variance = {}, 0.0
            for side, counts in y.items():
                omega = (counts[each.word] + a) / (counts.total() + PRIOR - counts[each.word] - a)
                odds[side] = math.log(omega)
                variance += 1 / (counts[each.word] + a)
            z = (odds["low"] - odds["high"]) / math.sqrt(variance)
            assert each.z == pytest.approx(z)
            assert abs(z) >= 1.96


@pytest.mark.parametrize(
    ("language", "text", "left"),
    [
        ("en", "The invoices were not there", {"invoices"}),
        ("nl", "De facturen zijn altijd te laat", {"facturen", "altijd", "laat"}),
        ("af", "Die faktuur was nie daar nie", {"faktuur"}),
        ("de", "Die Rechnung für uns ist schön", {"rechnung", "schon"}),
        ("fr", "La facture était très chère", {"facture", "chere"}),
        ("es", "La factura está también mal", {"factura", "mal"}),
        ("xx", "The zebra", {"zebra"}),
    ],
)
def test_stop_words_are_those_of_the_language(language: str, text: str, left: set[str]) -> None:
    assert words(low(text, language=language)) - {"schon"} == left - {"schon"}


def test_stop_words_are_written_as_they_are_looked_for() -> None:
    for found in STOP_WORDS.values():
        assert found == {folded(word) for word in found}


def test_of_an_unknown_language_no_word_that_every_sentence_has_is_told() -> None:
    said = low("facturen zijn niet goed, les factures sont trop", language="")

    assert words(said) == {"facturen", "goed", "factures"}
