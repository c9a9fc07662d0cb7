"""Which customers a figure is about: those with `plan=pro`, by what they were at opening.

Besides the fields of the source there are bands: `tenure=3-11` (months since they first joined)
and `size=100-1000` (what they pay a month). A field of the same name hides the bands.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import numpy as np

from bot.domain.bands import SIZE, bands, in_band
from bot.domain.columns import Codes, Columns, Days, Dimension, Mask
from bot.domain.definition import Definition
from bot.domain.period import day_number
from bot.errors import Misunderstood, Sentence, one_after_another

_SHOWN = 10
"""How many of the known names an error lists."""


def segment(columns: Columns, name: str, label: str, *, on: date, definition: Definition) -> Mask:
    """Whether each stay's customer is in the segment; the same for all stays of a customer.

    What counts is the value on the day `on`, which for a figure is the eve of its period: who
    changes plan inside the period stays in the segment of the opening, so that a change is neither
    a loss nor a gain. For a customer who was not there on that day it is the value on the day when
    they next joined. Where nothing was known of a customer yet, the first value known after counts.

    Names and labels are found without regard to case, unless one is written exactly so. Raises
    Misunderstood with the known ones, nearest first, for a name or label that does not exist.
    """
    split = {**bands(columns, definition), **columns.dimensions}
    known = _known_name(columns, split, name)
    dimension = columns.dimensions.get(known)
    known_labels = bands(columns, definition)[known] if dimension is None else dimension.labels
    wanted = _known_labels(known_labels, name, label)
    if not len(columns):
        return np.zeros(0, np.bool_)
    starts = np.flatnonzero(np.append(True, columns.customer[1:] != columns.customer[:-1]))
    days = _days(columns, starts, day_number(on))
    if dimension is None:
        labels = in_band(known, columns, days, definition)
    else:
        labels = _labels(dimension, columns.customer[starts], days)
    is_wanted = np.zeros(len(known_labels) + 1, np.bool_)  # the last is for no label, -1
    is_wanted[wanted] = True
    return np.repeat(is_wanted[labels], np.diff(np.append(starts, len(columns))))


def segments(
    columns: Columns, wanted: Mapping[str, str], *, on: date, definition: Definition
) -> Mask | None:
    """Whether each stay's customer is in all of the segments; None if there are none to be in."""
    within = None
    for name, label in wanted.items():
        one = segment(columns, name, label, on=on, definition=definition)
        within = one if within is None else within & one
    return within


def of_today(
    columns: Columns, wanted: Mapping[str, str], *, today: date, definition: Definition
) -> frozenset[int]:
    """The customers of that day who are in all of the segments. Raises as `segment`."""
    day = day_number(today)
    there = (columns.since <= day) & (columns.until > day)
    within = segments(columns, wanted, on=today, definition=definition)
    return frozenset(columns.customer[there if within is None else there & within].tolist())


def joined_as(
    columns: Columns, wanted: Mapping[str, str], *, definition: Definition
) -> Mask | None:
    """As `segments`, by what each customer was on the day they first joined.

    Lifetimes and cohorts look at all of a customer's time: by what somebody became later, those
    who stayed long enough to become it would be told apart by having stayed.
    """
    return segments(columns, wanted, on=date.min, definition=definition)


def labels_on(columns: Columns, name: str, customers: Codes, on: date) -> list[str]:
    """What the field was for each of the customers on that day; "" where nothing is known."""
    dimension = columns.dimensions.get(name)
    labels = (*dimension.labels, "") if dimension else ("",)  # the last is for no label, -1
    return [labels[label] for label in codes_on(columns, name, customers, on).tolist()]


def codes_on(columns: Columns, name: str, customers: Codes, on: date) -> Codes:
    """The same as an index into the labels of the field, -1 where nothing is known."""
    dimension = columns.dimensions.get(name)
    if dimension is None:
        return np.full(len(customers), -1, np.int32)
    days = np.full(len(customers), day_number(on), np.int32)
    return _labels(dimension, customers, days)


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """The known words, those most like `word` first."""
    folded = word.casefold()
    return sorted(
        known,
        key=lambda name: (
            -difflib.SequenceMatcher(None, folded, name.casefold()).ratio(),
            name.casefold(),
        ),
    )


def _alike(word: str) -> float:
    """Of the letters of two words, the share that must be the same for one to be meant by the
    other: of a short word there is little to go by."""
    return 0.55 if len(word) <= 4 else 0.6


def like(word: str, known: Iterable[str]) -> str:
    """The known word that is probably meant, or "" where none is anything like it."""
    near = nearest(word, known)[:1]
    folded = word.casefold()
    return next(
        (
            name
            for name in near
            if difflib.SequenceMatcher(None, folded, name.casefold()).ratio() >= _alike(folded)
        ),
        "",
    )


def _days(columns: Columns, starts: np.ndarray[tuple[int], np.dtype[np.intp]], on: int) -> Days:
    """For each customer the day whose label counts: `on`, or the next on which they join."""
    later = columns.since > on
    there = (columns.since <= on) & (columns.until > on)
    joins = np.where(there, on, np.where(later, columns.since, np.iinfo(np.int32).max))
    days = np.minimum.reduceat(joins, starts)
    gone = days == np.iinfo(np.int32).max
    return np.where(gone, on, days).astype(np.int32)


def _labels(dimension: Dimension, customers: Codes, days: Days) -> Codes:
    """The label of each customer on their day; -1 for one of whom the dimension knows nothing."""
    rows = len(dimension.customer)
    if not rows:
        return np.full(len(customers), -1, np.int32)
    place = np.flatnonzero(np.append(True, dimension.customer[1:] != dimension.customer[:-1]))
    # Mostly something is known of each of them, and then nobody needs to be looked for.
    if not np.array_equal(dimension.customer[place], customers):
        place = np.minimum(np.searchsorted(dimension.customer, customers), rows - 1)
    own = dimension.customer[place] == customers
    # Only who has changed needs to be looked up by day as well; before the first row it counts.
    changed = np.flatnonzero(
        own & (dimension.customer[np.minimum(place + 1, rows - 1)] == customers)
    )
    by_day = np.searchsorted(
        _key(dimension.customer, dimension.since),
        _key(customers[changed], days[changed]),
        side="right",
    )
    place[changed] = np.maximum(by_day - 1, place[changed])
    return np.where(own, dimension.label[place], np.int32(-1))


def _key(customers: Codes, days: Days) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """One number that sorts by customer, then day."""
    key: np.ndarray[tuple[int], np.dtype[np.int64]] = customers.astype(np.int64) << 32
    key += days.astype(np.int64) + 2**31
    return key


def _known_name(columns: Columns, split: Iterable[str], name: str) -> str:
    fields = columns.dimensions
    for known in (*[n for n in split if n == name], *fields, *split):
        if known.casefold() == name.casefold():
            return known
    if name.casefold() == SIZE:
        raise Misunderstood("Customers have no size, because the source tells no amounts.")
    why = Sentence(
        'Customers can\'t be split by "{name}". There is {known}.',
        name=name[:40],
        known=_list(name, split),
    )
    how = Sentence("Name the columns to split by in the source's settings, under fields.")
    raise Misunderstood(why if fields else one_after_another(why, how))


def _known_labels(known: Sequence[str], name: str, label: str) -> list[int]:
    if label in known:
        return [known.index(label)]
    folded = label.casefold()
    found = [code for code, each in enumerate(known) if each.casefold() == folded]
    if found:
        return found
    raise Misunderstood(
        'No customer has {name} "{label}". There is {known}.',
        name=name[:40],
        label=label[:40],
        known=_list(label, known),
    )


def _list(word: str, known: Iterable[str]) -> str:
    names = nearest(word, known)
    shown = ", ".join(names[:_SHOWN])
    more = len(names) - _SHOWN
    if more > 0:
        return Sentence("{names} and {more} more", names=shown, more=more)
    return shown or Sentence("nothing yet")
