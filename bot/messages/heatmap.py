"""Cohorts as a picture: the darker, the more of those who joined are there.

One hue from light to dark, which colour-blind people tell apart as well as others, and the share is
written in each field. Pillow is imported when the first picture is drawn.
"""

from collections.abc import Sequence
from io import BytesIO

from bot.domain.cohorts import Cohorts
from bot.domain.period import Kind
from bot.messages import wording
from bot.messages.languages import grouped, tr, trn

NEWEST = 12
"""Cohorts in a picture."""
_AGES = {Kind.MONTH: range(13), Kind.QUARTER: range(0, 25, 3), Kind.YEAR: range(0, 61, 12)}
_LIGHT, _DARK = (239, 246, 252), (8, 48, 107)
_INK, _PAPER, _GREY = (29, 28, 29), (255, 255, 255), (97, 96, 97)
_WIDTHS = (190, 100, 76)
"""Pixels: of the name of a cohort, of how many joined, of a share."""
_ROW, _HEAD, _EDGE, _SIZE = 46, 60, 16, 20


def drawable(found: Cohorts) -> bool:
    """A picture needs two cohorts, and an age at which they can be compared."""
    return len(_shown(found)) > 1 and len(_ages(found)) > 1


def draw(found: Cohorts) -> bytes:
    """The newest cohorts as PNG, in the language in force."""
    from PIL import Image, ImageDraw, ImageFont

    cohorts = _shown(found)
    ages = _ages(found)
    label, joined, cell = _WIDTHS
    size = (
        2 * _EDGE + label + joined + cell * len(ages),
        2 * _EDGE + _HEAD + _ROW * len(cohorts),
    )
    image = Image.new("RGB", size, _PAPER)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(_SIZE)

    def write(left: int, top: int, width: int, height: int, told: str, ink: Sequence[int]) -> None:
        """In the middle of a field; a name at its left."""
        place = (left + width / 2, top + height / 2)
        pen.text(place, told, fill=tuple(ink), font=font, anchor="mm")

    top = _EDGE
    write(_EDGE + label, top, joined, _HEAD, tr("joined"), _GREY)
    for n, age in enumerate(ages):
        left = _EDGE + label + joined + n * cell
        write(left, top, cell, _HEAD, tr("{age} mo", age=str(age)), _GREY)
    for row, cohort in enumerate(cohorts):
        top = _EDGE + _HEAD + row * _ROW
        name = wording.short(found.periods[cohort])
        pen.text((_EDGE, top + _ROW / 2), name, fill=_INK, font=font, anchor="lm")
        write(_EDGE + label, top, joined, _ROW, grouped(int(found.size[cohort])), _INK)
        for n, age in enumerate(ages):
            share = found.share(cohort, age)
            if share is None:
                continue
            left = _EDGE + label + joined + n * cell
            field = (left + 1, top + 1, left + cell - 2, top + _ROW - 2)
            pen.rectangle(field, fill=colour(share))
            ink = _PAPER if share > 0.5 else _INK
            write(left, top, cell, _ROW, str(round(100 * share)), ink)
    drawn = BytesIO()
    image.quantize(64).save(drawn, "PNG", optimize=True)
    return drawn.getvalue()


def colour(share: float) -> tuple[int, int, int]:
    """Of a share from 0 to 1, light to dark."""
    red, green, blue = (
        round(light + (dark - light) * share) for light, dark in zip(_LIGHT, _DARK, strict=True)
    )
    return red, green, blue


def in_words(found: Cohorts, told: str) -> str:
    """For those who cannot see the picture; `told` is what all cohorts come to together."""
    shown = _shown(found)
    what = trn(
        "A table of {n} cohort: for each, the percentage that is there after so many months,"
        " darker where it is more.",
        "A table of {n} cohorts: for each, the percentage that is there after so many months,"
        " darker where it is more.",
        len(shown),
    )
    return f"{what} {told}"


def _shown(found: Cohorts) -> list[int]:
    """The newest in which there is anybody and that have ended, oldest first."""
    ended = found.reached[:, 0]
    return [cohort for cohort, size in enumerate(found.size) if size and ended[cohort]][-NEWEST:]


def _ages(found: Cohorts) -> list[int]:
    """The months that one of these has reached."""
    shown, longest = _shown(found), found.kept.shape[1]
    ages = _AGES[found.by]
    return [age for age in ages if age < longest and found.reached[shown, age].any()]
