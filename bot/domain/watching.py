"""What is watched, as people set it: a rule in config.yaml, or one made in Slack."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.domain.detection import Cadence, Level, Settings
from bot.domain.lines import Line, Shape
from bot.domain.period import Kind
from bot.errors import Sentence


class Figure(StrEnum):
    """What a rule looks at."""

    CRR = "crr"
    CRR_BY_COUNTS = "crr_by_counts"
    """(at the end - new) / at the start, of what a source counts or people record: an estimate."""
    NRR = "nrr"
    GRR = "grr"
    NPS = "nps"
    CSAT = "csat"
    ANSWER_RATE = "answer_rate"
    """The share of the questions that somebody answered."""

    @property
    def unit(self) -> str:
        return "" if self is Figure.NPS else " %"

    @property
    def is_of_answers(self) -> bool:
        return self in (Figure.NPS, Figure.CSAT, Figure.ANSWER_RATE)


@dataclass(frozen=True, slots=True)
class Rule:
    """Stored with each of its incidents, so that one whose rule is gone is still followed."""

    name: str
    channel: str
    kind: Kind = Kind.MONTH
    figure: Figure = Figure.CRR
    shape: Shape | None = None
    """None: speaks of what luck does not explain, by `level`."""
    level: Level = Level.NORMAL
    limit: float = 0.0
    """Of a plain rule, as in `lines.Line`."""
    periods: int = 1
    """Of a plain rule: the mean of so many periods before is what it fell from."""
    minimum_base: int = 30
    segments: tuple[str, ...] = ()
    """Fields whose values are watched beside the total: plan, region."""
    only: tuple[tuple[str, str], ...] = ()
    """Customers of these segments alone; of a rule by luck at most one."""
    remind_days: int = 7
    """Days after which an open incident is brought up again; 0 for never."""
    settle_days: int = 0
    """Days to wait after the end of a period, for those who are recorded late."""
    unexplained: float = 0.0
    """How much months differ for no reason that anybody can tell, as the back-test found it."""
    expected_crr: float | None = None
    paused: bool = False
    made_by: str = ""
    """A person's id; "" of a rule in config.yaml."""

    @property
    def by_luck(self) -> bool:
        return self.shape is None

    @property
    def settings(self) -> Settings:
        return Settings(
            level=self.level,
            cadence=Cadence.WEEKLY if self.kind is Kind.WEEK else Cadence.MONTHLY,
            minimum_base=self.minimum_base,
            unexplained=self.unexplained,
            expected_crr=self.expected_crr,
        )

    @property
    def line(self) -> Line:
        """Of a plain rule; ValueError of one by luck."""
        if self.shape is None:
            raise ValueError(f"{self.name} has no line: it speaks of what luck does not explain")
        return Line(self.shape, self.limit, self.minimum_base, self.periods)

    @property
    def wanted(self) -> Mapping[str, str]:
        return dict(self.only)


def of_everybody(rules: Iterable[Rule]) -> Rule:
    """The first by luck that watches all customers and is not paused; the usual one if none does.

    What it sees is what digests speak of.
    """
    watching = (rule for rule in rules if rule.by_luck and not rule.only and not rule.paused)
    return next(watching, Rule("Retention", ""))


def by_counts(rule: Rule) -> Rule:
    """The rule of a company that only counts its customers: of CRR it has the estimate alone."""
    return replace(rule, figure=Figure.CRR_BY_COUNTS) if rule.figure is Figure.CRR else rule


def faults_by_counts(rule: Rule) -> tuple[str, ...]:
    """What is wrong with it in such a company, beside `faults`."""
    if rule.by_luck:
        return (
            Sentence(
                "luck is judged by who left and how long each had been there, and customers are"
                " only counted here: use kind below, fall_points or fall_percent, which take CRR by"
                " counts"
            ),
        )
    if rule.only and rule.figure.is_of_answers:
        return (
            Sentence(
                "customers are only counted here, so nobody knows whose answer it is: leave out"
                " only"
            ),
        )
    if rule.figure in (Figure.NRR, Figure.GRR):
        return (
            Sentence(
                "{figure} is of what each customer pays, and customers are only counted here:"
                " watch crr, or an answer's figure",
                figure=str(rule.figure),
            ),
        )
    return faults(by_counts(rule))


def faults(rule: Rule) -> tuple[str, ...]:
    """What does not fit together, as sentences for who set it."""
    found = []
    if rule.by_luck:
        if rule.figure is not Figure.CRR:
            found.append(
                Sentence(
                    "only CRR can be watched for more than luck explains; for {figure} use kind"
                    " below, fall_points or fall_percent",
                    figure=str(rule.figure),
                )
            )
        if rule.kind not in (Kind.WEEK, Kind.MONTH):
            found.append(
                Sentence(
                    "a detection looks each week or month; a quarter is three of its months already"
                )
            )
        if len(rule.only) > 1:
            found.append(Sentence("a detection watches one segment of only: at most"))
        if rule.only and rule.segments:
            found.append(Sentence("give segments or only, not both"))
        return tuple(found)
    if rule.segments:
        found.append(Sentence("segments are watched by detections; a plain rule takes only:"))
    if rule.figure is Figure.CRR_BY_COUNTS and rule.only:
        found.append(
            Sentence("counts do not say who it is, so they can't be split: leave out only")
        )
    if rule.shape is not Shape.BELOW and rule.limit <= 0:
        found.append(Sentence("the fall must be more than 0"))
    if rule.shape is Shape.FALL_PERCENT and rule.figure is Figure.NPS:
        found.append(
            Sentence("NPS can be 0 or less, of which nothing is a percentage: use fall_points")
        )
    return tuple(found)
