"""Surveys: what is asked, what was answered, and what the answers say."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, tzinfo
from enum import StrEnum
from typing import Final, NamedTuple

Z = 1.959963984540054
"""Standard errors on either side that hold 95 % of a normal distribution."""


class Scale(StrEnum):
    NPS = "nps"
    """0-10: how likely to recommend."""
    CSAT = "csat"
    """1-5: how satisfied."""
    CES = "ces"
    """1-7: how easy, or with Direction.LOWER how much effort."""

    @property
    def scores(self) -> range:
        match self:
            case Scale.NPS:
                return range(11)
            case Scale.CSAT:
                return range(1, 6)
            case Scale.CES:
                return range(1, 8)


class Direction(StrEnum):
    """Which end of the scale is the good one.

    "You made it easy for me" and "how much effort did it take" are both called CES and run in
    opposite directions, so that it is kept with every answer.
    """

    HIGHER = "higher"
    LOWER = "lower"


class Style(StrEnum):
    """What the buttons show; the score that they send is the same."""

    NUMBERS = "numbers"
    STARS = "stars"
    FACES = "faces"
    THUMBS = "thumbs"
    """Down is 1, up is 5: an answer of CSAT with nothing between."""


class Layout(StrEnum):
    """How a score is given."""

    BUTTONS = "buttons"
    """One button a score, in the message."""
    MENU = "menu"
    """A menu, which a phone shows on one line."""
    FORM = "form"
    """One button, which opens a form."""


ANONYMOUS_LEAST = 5
"""With fewer answers than that, nothing of an anonymous survey is shown."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One showing of a question, to a channel or to one person."""

    id: str
    """Unguessable; it travels in the buttons."""
    scale: Scale
    question: str
    channel: str
    asked_by: str
    """The person, or "" for a round that the schedule began."""
    asked_at: datetime
    closed_at: datetime | None = None
    expires_at: datetime | None = None
    """An answer from then on comes too late."""
    survey: str = ""
    """Its name in config.yaml, or "" for a question that somebody typed."""
    customer: int | None = None
    """Whose channel it is: the store's number of the customer; None where no link says so."""
    person: str = ""
    """Who is asked alone, or "" for everybody in the channel."""
    language: str = "en"
    direction: Direction = Direction.HIGHER
    of_customers: bool = False
    """People of our own workspace cannot answer: the channel is a customer's."""
    anonymous: bool = False
    """No person is kept with an answer, and nothing is shown below ANONYMOUS_LEAST."""
    style: Style = Style.NUMBERS
    layout: Layout = Layout.BUTTONS
    follow_ups: tuple[tuple[str, str], ...] = ()
    """By Band, own words for the question that follows the score."""
    agent: str = ""
    """Who solved the ticket that it is about, as the helpdesk calls them; "" without one."""

    def takes_answers(self, now: datetime) -> bool:
        return self.closed_at is None and not self.has_expired(now)

    def has_expired(self, now: datetime) -> bool:
        """Whether its time was over before anybody closed it."""
        if self.expires_at is None or now < self.expires_at:
            return False
        return self.closed_at is None or self.closed_at >= self.expires_at


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person replied to one ask; a second reply takes the place of the first."""

    ask: str
    person: str
    """Of an anonymous survey, a word that no person is found by; see `nameless`."""
    team: str
    """The person's workspace, which for a customer is not ours; "" of an anonymous survey."""
    score: int
    answered_at: datetime
    """Of an anonymous survey, the beginning of the day."""
    comment: str = ""
    scale: Scale | None = None
    """As the ask had it, as the next two; None before the answer is stored."""
    direction: Direction = Direction.HIGHER
    customer: int | None = None
    language: str = "en"
    """In which the person was spoken to."""


_NAMELESS = "nobody-"
"""Begins the words that stand for persons; ids of Slack's have no small letters."""


def nameless(answer: Answer, word: str, zone: tzinfo) -> Answer:
    """The answer as an anonymous survey keeps it: of a word drawn by chance in place of the person,
    of no workspace, and of the day instead of the moment. Who holds the word can add a comment, so
    it goes to the author alone and is stored nowhere beside them."""
    day = answer.answered_at.astimezone(zone).date()
    begin = datetime.combine(day, time(), zone)
    return replace(answer, person=f"{_NAMELESS}{word}", team="", answered_at=begin)


def is_nameless(person: str) -> bool:
    """Whether it is a word that stands for somebody, and no person's id."""
    return re.fullmatch(rf"{_NAMELESS}[\w-]+", person, re.ASCII) is not None


class Typed(NamedTuple):
    """A score that somebody typed."""

    score: int
    of: int | None = None
    """What they took for the highest score, as in 9/10."""
    comment: str = ""


_TYPED = re.compile(
    r"\s*([0-9]{1,2})(?:\s*/\s*([0-9]{1,2}))?\s*(?:[.!]*\s*$|[,;:]\s+(\S.*)|\n\s*(\S.*))", re.DOTALL
)


def read_typed(text: str) -> Typed | None:
    """The score in "9", "9/10", "9!" or "9, because you are fast"; None for anything else, as a
    thread is also there to talk in."""
    found = _TYPED.fullmatch(text.strip())
    if found is None:
        return None
    score, of, *comments = found.groups()
    return Typed(int(score), int(of) if of else None, (comments[0] or comments[1] or "").strip())


class Band(StrEnum):
    """Where on its scale a score lies: what follows it depends on that."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


def band(scale: Scale, score: int, direction: Direction = Direction.HIGHER) -> Band:
    """NPS: detractors, passives, promoters. CSAT: 1-2, 3, 4-5. CES: 1-3, 4, 5-7; with
    Direction.LOWER the other way around, so that LOW is always the unhappy end."""
    scores = scale.scores
    if direction is Direction.LOWER:
        score = scores[0] + scores[-1] - score
    low, high = {Scale.NPS: (6, 9), Scale.CSAT: (2, 4), Scale.CES: (3, 5)}[scale]
    if score <= low:
        return Band.LOW
    return Band.HIGH if score >= high else Band.MIDDLE


def on_our_scale(score: float, lowest: float, highest: float, scale: Scale) -> int | None:
    """A score that was given elsewhere, from `lowest` to `highest`; None where it has no place on
    ours. Good and bad are the ends. What lies between them on another scale is not stretched: a 2
    of 3 is no 3 of 5."""
    ours = scale.scores
    if (lowest, highest) == (ours[0], ours[-1]):
        whole = int(score)
        return whole if whole == score and whole in ours else None
    if highest - lowest == 1 and score in (lowest, highest):
        return ours[-1] if score == highest else ours[0]
    return None


@dataclass(frozen=True, slots=True)
class Nps:
    """What 0-10 answers say: promoters gave 9 or 10, passives 7 or 8, detractors 0 to 6."""

    promoters: int
    passives: int
    detractors: int
    margin: float
    """Half of the width of the 95 % interval, in points."""
    low: float
    high: float
    """The ends of the 95 % interval, in points from -100 to 100. With few answers its middle lies
    nearer to 0 than the score."""

    @property
    def answers(self) -> int:
        return self.promoters + self.passives + self.detractors

    @property
    def score(self) -> float:
        """The share of promoters less the share of detractors, in points from -100 to 100."""
        return 100 * (self.promoters - self.detractors) / self.answers


TOP_TWO: Final = 4
"""From which score of 1 to 5 somebody is satisfied, by the rule that most follow."""


@dataclass(frozen=True, slots=True)
class Csat:
    """What 1-5 answers say: who gave `least` or more is satisfied."""

    satisfied: int
    answers: int
    mean: float
    margin: float
    """Half of the width of the 95 % interval of the share, a fraction."""
    low: float
    high: float
    """The ends of the 95 % interval of the share, fractions."""
    least: int = TOP_TWO

    @property
    def share(self) -> float:
        """satisfied / answers, a fraction."""
        return self.satisfied / self.answers


@dataclass(frozen=True, slots=True)
class Ces:
    """What 1-7 answers say: who gave 5 to 7 found it easy, with Direction.LOWER who gave 1 to 3."""

    easy: int
    answers: int
    mean: float
    """On the scale as it was shown."""
    margin: float
    """Half of the width of the 95 % interval of the share, a fraction."""
    low: float
    high: float
    """The ends of the 95 % interval of the share, fractions."""
    direction: Direction

    @property
    def share(self) -> float:
        """easy / answers, a fraction."""
        return self.easy / self.answers


def nps(scores: Iterable[int]) -> Nps | None:
    """The Net Promoter Score of answers from 0 to 10; None when there are none.

    The interval is the adjusted Wald one: 3/4 of a promoter, 3/4 of a detractor and 3/2 passives
    are added, then the normal interval of a variable that is 1, 0 or -1 is taken, whose variance
    is p + d - (p - d)^2. Without the addition, five promoters would be "100, give or take 0". The
    interval is widened to the score itself where that lies outside, as it does for one answer.
    Of the methods compared in B. Rocks, Interval Estimation for the Net Promoter Score, The
    American Statistician 70 (2016) 365-372, variants of this one cover best; with these numbers it
    is recommended by J. Lewis and J. Sauro, https://measuringu.com/nps-confidence-intervals/.
    """
    return nps_of(spread(Scale.NPS, scores))


def nps_of(counts: Sequence[int]) -> Nps | None:
    """The same of how many gave each score, the lowest first."""
    answers = sum(counts)
    if not answers:
        return None
    detractors, passives, promoters = sum(counts[:7]), sum(counts[7:9]), sum(counts[9:])
    p, d, n = promoters + 0.75, detractors + 0.75, answers + 3
    middle = (p - d) / n
    half = Z * math.sqrt(((p + d) / n - middle**2) / n)
    score = (promoters - detractors) / answers
    return Nps(
        promoters=promoters,
        passives=passives,
        detractors=detractors,
        margin=100 * half,
        low=100 * min(max(middle - half, -1.0), score),
        high=100 * max(min(middle + half, 1.0), score),
    )


def csat(scores: Iterable[int], least: int = TOP_TWO) -> Csat | None:
    """The share of satisfied, who gave `least` or more, among answers from 1 to 5, and their mean;
    None without answers.

    The interval of the share is that of E. B. Wilson, Probable Inference, the Law of Succession,
    and Statistical Inference, Journal of the American Statistical Association 22 (1927) 209-212.
    """
    return csat_of(spread(Scale.CSAT, scores), least)


def csat_of(counts: Sequence[int], least: int = TOP_TWO) -> Csat | None:
    """The same of how many gave each score, the lowest first."""
    answers = sum(counts)
    if not answers:
        return None
    satisfied = sum(counts[least - 1 :])
    low, high = wilson(satisfied, answers)
    return Csat(
        satisfied=satisfied,
        answers=answers,
        mean=sum(map(math.prod, zip(counts, Scale.CSAT.scores, strict=True))) / answers,
        margin=(high - low) / 2,
        low=low,
        high=high,
        least=least,
    )


def ces(scores: Iterable[int], direction: Direction = Direction.HIGHER) -> Ces | None:
    """The share of those who found it easy among answers from 1 to 7, and their mean; None without
    answers. All of them must have been asked in the same direction. The interval is that of
    `csat`."""
    return ces_of(spread(Scale.CES, scores), direction)


def ces_of(counts: Sequence[int], direction: Direction = Direction.HIGHER) -> Ces | None:
    """The same of how many gave each score, the lowest first."""
    answers = sum(counts)
    if not answers:
        return None
    easy = sum(counts[4:] if direction is Direction.HIGHER else counts[:3])
    low, high = wilson(easy, answers)
    return Ces(
        easy=easy,
        answers=answers,
        mean=sum(map(math.prod, zip(counts, Scale.CES.scores, strict=True))) / answers,
        margin=(high - low) / 2,
        low=low,
        high=high,
        direction=direction,
    )


def spread(scale: Scale, scores: Iterable[int]) -> tuple[int, ...]:
    """How many gave each score of the scale, lowest first.

    A score outside the scale raises ValueError: what a button sent was to be checked before.
    """
    return tally(scale, ((score, 1) for score in scores))


def tally(scale: Scale, counted: Iterable[tuple[int, int]]) -> tuple[int, ...]:
    """The same of scores with how many gave them; one may come several times."""
    possible: Sequence[int] = scale.scores
    counts = dict.fromkeys(possible, 0)
    for score, count in counted:
        if score not in counts:
            raise ValueError(
                f"{score} is not on the scale from {possible[0]} to {possible[-1]} of {scale}"
            )
        counts[score] += count
    return tuple(counts.values())


def wilson(chosen: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of the share `chosen` / `of`; `of` is at least 1."""
    share = chosen / of
    scaled = Z * Z / of
    middle = (share + scaled / 2) / (1 + scaled)
    half = Z * math.sqrt(share * (1 - share) / of + scaled / (4 * of)) / (1 + scaled)
    return max(middle - half, 0.0), min(middle + half, 1.0)
