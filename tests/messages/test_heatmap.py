"""Cohorts as a picture: what is drawn where, in colours that are told apart by their lightness."""

from datetime import date
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.domain.cohorts import Cohorts
from bot.domain.definition import Definition
from bot.domain.period import Kind, period_of, run_up
from bot.messages.cohorts import cohort_piece
from bot.messages.heatmap import colour, draw, drawable, in_words
from bot.messages.languages import speaking

MONTH = period_of(Kind.MONTH, date(2026, 10, 1), Definition())


def cohorts(count: int, *, ages: int = 12, size: int = 100) -> Cohorts:
    """The older, the more ages each has reached; a tenth leaves in each month."""
    reached = np.array(
        [[age <= count - 1 - n for age in range(ages + 1)] for n in range(count)], np.bool_
    )
    kept = np.array([[int(size * 0.9**age) for age in range(ages + 1)] for _ in range(count)])
    return Cohorts(
        by=Kind.MONTH,
        periods=run_up(MONTH, count, Definition()),
        measured_on=date(2026, 11, 1),
        size=np.full(count, size, np.int64),
        reached=reached.reshape(count, ages + 1),
        kept=np.where(reached, kept, 0).reshape(count, ages + 1).astype(np.int64),
        revenue=None,
        unplaced=0,
    )


def opened(found: Cohorts) -> Image.Image:
    return Image.open(BytesIO(draw(found))).convert("RGB")


def lightness(of: tuple[int, ...]) -> float:
    """Relative luminance, as WCAG 2.2 has it."""
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in of)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_share_stands_in_its_colour_and_what_lies_ahead_is_left_white() -> None:
    drawn = opened(cohorts(6))

    def field(row: int, age: int) -> tuple[int, ...]:
        x, y = 16 + 190 + 100 + age * 76 + 6, 16 + 60 + row * 46 + 6
        found = drawn.getpixel((x, y))
        assert isinstance(found, tuple)
        return found

    def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
        return max(abs(a - b) for a, b in zip(one, other, strict=True)) < 8

    assert near(field(0, 0), colour(1.0))
    assert near(field(0, 5), colour(0.59))
    assert near(field(5, 0), colour(1.0))
    assert near(field(5, 1), (255, 255, 255))


def test_it_is_as_large_as_what_it_shows_and_light_to_send() -> None:
    assert opened(cohorts(6)).size == (32 + 190 + 100 + 6 * 76, 32 + 60 + 6 * 46)
    assert opened(cohorts(40)).size == (32 + 190 + 100 + 12 * 76, 32 + 60 + 12 * 46)
    assert len(draw(cohorts(40))) < 60_000


@given(st.floats(0, 0.95))
def test_more_is_darker(share: float) -> None:
    assert lightness(colour(share)) > lightness(colour(share + 0.05))


@given(st.floats(0, 1))
def test_what_is_written_in_a_field_can_be_read(share: float) -> None:
    """At least 3 to 1, as WCAG 2.2 asks of large letters."""
    ink = (255, 255, 255) if share > 0.5 else (29, 28, 29)
    one, other = sorted((lightness(ink), lightness(colour(share))), reverse=True)

    assert (one + 0.05) / (other + 0.05) >= 3


@pytest.mark.parametrize(("count", "is_one"), [(0, False), (1, False), (2, True)])
def test_a_picture_needs_something_to_compare(count: int, is_one: bool) -> None:
    assert drawable(cohorts(count)) is is_one


def test_those_who_cannot_see_it_are_told_what_it_is() -> None:
    told = in_words(cohorts(6), "Of 600 customers 90 % are there after 1 month.")

    assert told.startswith("A table of 6 cohorts")
    assert told.endswith("after 1 month.")


def test_it_is_drawn_in_the_language_in_force() -> None:
    with speaking("nl"):
        dutch = draw(cohorts(6))

    assert dutch != draw(cohorts(6))


def test_the_part_of_a_post_has_a_title_a_table_and_small_print() -> None:
    piece = cohort_piece(cohorts(6), definition=Definition())

    assert piece is not None
    assert [block["type"] for block in piece.blocks] == ["section", "table", "context"]
    assert cohort_piece(cohorts(1, size=0), definition=Definition()) is None


# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", IEEE Transactions on Visualization and Computer Graphics 15 (2009), table 1, severity
# 1.0: rows for red, green and blue, applied to linear light.
BLIND = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
                   (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
                     (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
                   (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def linear(of: tuple[int, ...]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """sRGB without its gamma, from 0 to 1 (IEC 61966-2-1)."""
    c = np.array(of, np.float64) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[Any, Any]:
    """CIE L*a*b* under D65 of linear sRGB."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    x, y, z = to_xyz @ np.clip(light, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = [t ** (1 / 3) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29 for t in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("kind", [*BLIND, "none of these"])
def test_colour_blind_people_tell_ten_points_apart(kind: str) -> None:
    """A difference of CIE 1976 of 2.3 is just seen (Mahy et al. 1994); side by side three times
    that is seen without looking for it."""
    seen = np.array(BLIND.get(kind, np.eye(3)))
    fields = [lab(seen @ linear(colour(tenth / 10))) for tenth in range(11)]

    steps = [float(np.linalg.norm(b - a)) for a, b in pairwise(fields)]

    assert min(steps) > 3 * 2.3
    assert [each[0] for each in fields] == sorted((each[0] for each in fields), reverse=True)
