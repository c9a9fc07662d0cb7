"""config.yaml and the environment, checked once at start. Nothing else reads either."""

import difflib
import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from apscheduler.triggers.cron import CronTrigger
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    InstanceOf,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

import integrations
from bot.domain.asking import EXPIRES_DAYS, Budget, Design, Target
from bot.domain.channels import Uses
from bot.domain.definition import Definition, Parents, Weekday
from bot.domain.detection import Level
from bot.domain.hours import Hours
from bot.domain.lines import Shape
from bot.domain.matching import By, Enriching
from bot.domain.moments import Moment
from bot.domain.period import Kind
from bot.domain.reasons import USUAL
from bot.domain.results import RollUp
from bot.domain.roles import Access
from bot.domain.surveys import TOP_TWO, Band, Direction, Layout, Scale, Style
from bot.domain.watching import Figure, Rule, by_counts, faults_by_counts
from bot.domain.watching import faults as rule_faults
from bot.errors import ConfigError
from bot.messages.channels import alerts_called
from bot.messages.languages import tr
from integrations.base import Settings as SourceSettings

RECORDED = "recorded counts"
"""What counts are called that people record where no source tells any."""

API_URL = "KEEPRATE_SLACK_API_URL"
"""Takes the place of slack.api_url, so that one config.yaml serves the sandbox and Slack."""

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def _cron(text: str) -> str:
    """Five fields, with weekdays by name: APScheduler counts Monday as 0, cron as 1."""
    fields = text.split()
    if len(fields) != 5:
        raise ValueError('needs five fields: minute hour day month weekday, as in "0 9 * * mon"')
    if any(c.isdigit() for c in fields[4]):
        raise ValueError('write weekdays by name, as in "0 9 * * mon" or "0 9 * * mon-fri"')
    try:
        CronTrigger.from_crontab(text, timezone="UTC")
    except ValueError as error:
        raise ValueError(f"is not a schedule: {error}") from None
    return text


def _channel(text: str) -> str:
    if not re.fullmatch(r"[CGD][A-Z0-9]{2,}", text):
        raise ValueError(
            "must be the id of a channel, like C0123ABCD: in Slack, open the channel's details;"
            " the id is at the bottom. Names change, ids stay"
        )
    return text


def _person(text: str) -> str:
    if not re.fullmatch(r"[UWS][A-Z0-9]{2,}", text):
        raise ValueError(
            "must be the id of a person or a user group, like U0123ABCD or S0123ABCD: in Slack,"
            " open the profile, and choose Copy member ID. Names change, ids stay"
        )
    return text


def _one_person(text: str) -> str:
    if not re.fullmatch(r"[UW][A-Z0-9]{2,}", text):
        raise ValueError(
            "must be the id of a person, like U0123ABCD: in Slack, open the profile, and choose"
            " Copy member ID"
        )
    return text


def _is_person(id: str) -> bool:
    return id.startswith(("U", "W"))


def _clock(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d|24:00", text):
        raise ValueError("must be a time of the day, as in 08:00")
    return text


Clock = Annotated[str, AfterValidator(_clock)]
WeekdayName = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[WeekdayName, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Cron = Annotated[str, AfterValidator(_cron)]
Channel = Annotated[str, AfterValidator(_channel)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SlackConfig(Section):
    bot_token: SecretStr = Field(description="Begins with xoxb-; of the app's page OAuth.")
    app_token: SecretStr | None = Field(
        default=None, description="Begins with xapp-; needed for mode socket."
    )
    mode: Literal["socket", "http"] = "socket"
    signing_secret: SecretStr | None = Field(default=None, description="Needed for mode http.")
    host: str = "127.0.0.1"
    port: int = Field(default=3000, ge=0, le=65535)
    health_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="Mode socket: where /healthz answers, if anywhere; mode http has it on port.",
    )
    api_url: str = Field(
        default="https://slack.com/api/", description="Another Slack, such as the sandbox."
    )
    notices: Channel | None = Field(
        default=None, description="Where held pulls and failed deliveries are told."
    )

    @model_validator(mode="after")
    def _has_what_its_mode_needs(self) -> "SlackConfig":
        if self.mode == "socket" and self.app_token is None:
            raise ValueError("mode socket needs app_token (xapp-…)")
        if self.mode == "http" and self.signing_secret is None:
            raise ValueError("mode http needs signing_secret")
        return self


Id = Annotated[str, AfterValidator(_person)]
Person = Annotated[str, AfterValidator(_one_person)]


class PeopleConfig(Section):
    admins: tuple[Id, ...] = Field(
        default=(), description="Decide about held pulls and merges, and name people in App Home."
    )
    operators: tuple[Id, ...] = Field(
        default=(),
        description="Ask customers, start pulls, change posts and rules, follow up.",
    )
    viewers: Literal["everybody"] | tuple[Id, ...] = Field(
        default=(), description="See figures and names wherever they ask."
    )
    channels: tuple[Channel, ...] = Field(
        default=(), description="In these every colleague sees figures, beside where they go."
    )
    names: Literal["viewers", "owners"] = Field(
        default="viewers",
        description="Who is told customers' names; owners: each of their own, and admins of all.",
    )
    owners: dict[str, Person] = Field(
        default_factory=dict,
        description="Who looks after whom, by what the customer's owner field says.",
    )


class StoreConfig(Section):
    url: SecretStr = SecretStr("sqlite:///keeprate.db")
    columns: Path | None = Field(
        default=None, description="Folder for ready figures; beside a SQLite file if not given."
    )
    words_days: int = Field(
        default=400,
        ge=30,
        le=36600,
        description="How long it is known what customers wrote and what messages said.",
    )


class DefinitionConfig(Section):
    zone: str = "UTC"
    first_weekday: Literal[
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
    ] = "monday"
    fiscal_year_start: int = Field(default=1, ge=1, le=12)
    grace_days: int = Field(default=7, ge=0, le=365)
    purchase_keeps_days: int = Field(default=90, ge=1, le=3650)
    minimum_base: int = Field(default=30, ge=1)
    settle_hours: float = Field(
        default=24,
        ge=0,
        le=24 * 90,
        description="When a finished period is closed after a pull has seen all of it.",
    )

    rates: dict[str, Annotated[float, Field(gt=0, lt=1e9, allow_inf_nan=False)]] = Field(
        default_factory=dict,
        description="What one of each currency is worth in the one whose rate is 1.",
    )
    tenure_bands: tuple[Annotated[int, Field(ge=1, le=1200)], ...] = Field(
        default=(3, 12), description="Months since joining at which a new band begins."
    )
    size_bands: tuple[Annotated[int, Field(ge=1, le=10**9)], ...] = Field(
        default=(100, 1_000, 10_000), description="Revenue a month at which a new band begins."
    )

    trials: bool = Field(
        default=False, description="Whether somebody on a trial is a customer already."
    )
    free: bool = Field(
        default=False,
        description="Whether who never paid is a customer: on a free plan, or with 100 % off.",
    )
    past_due_days: int | None = Field(
        default=None,
        ge=0,
        le=3650,
        description="Who owes for longer is no customer; by default they are until they leave.",
    )
    paused_days: int | None = Field(
        default=None, ge=0, le=3650, description="The same of who has paused."
    )
    parents: Parents = Field(
        default=Parents.OWN,
        description="own: each record is a customer. top: a group with its parent is one.",
    )

    def definition(self) -> Definition:
        """Without what the settings of a source say; see Config.definition_of."""
        return Definition(
            trials=self.trials,
            free=self.free,
            past_due_days=self.past_due_days,
            paused_days=self.paused_days,
            parents=self.parents,
            rates=tuple(sorted(self.rates.items())),
            tenure_bands=self.tenure_bands,
            size_bands=self.size_bands,
            zone=self.zone,
            first_weekday=Weekday[self.first_weekday.upper()],
            fiscal_year_start=self.fiscal_year_start,
            grace_days=self.grace_days,
            purchase_keeps_days=self.purchase_keeps_days,
            minimum_base=self.minimum_base,
        )

    @field_validator("rates")
    @classmethod
    def _one_currency_is_the_measure(cls, rates: dict[str, float]) -> dict[str, float]:
        wrong = [name for name in rates if not re.fullmatch("[A-Z]{3}", name)]
        if wrong:
            raise ValueError(f'"{wrong[0][:20]}" is not a currency; write it like EUR')
        if rates and list(rates.values()).count(1) != 1:
            raise ValueError(
                "one currency must have the rate 1, to say what the others are worth in it, as in"
                " {EUR: 1, USD: 0.92}"
            )
        return rates

    @field_validator("tenure_bands", "size_bands")
    @classmethod
    def _bands_rise(cls, cuts: tuple[int, ...]) -> tuple[int, ...]:
        if list(cuts) != sorted(set(cuts)):
            raise ValueError("must rise from one number to the next, as in [3, 12]")
        return cuts

    @model_validator(mode="after")
    def _zone_exists(self) -> "DefinitionConfig":
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(
                f'zone "{self.zone}" is not known; write it like Europe/Amsterdam'
            ) from None
        return self


class PullConfig(Section):
    cron: Cron = "15 3 * * *"
    hold_share: float = Field(
        default=0.02,
        gt=0,
        le=1,
        description="A pull in which more than 3 customers and this share vanish is held.",
    )
    full_every_days: int = Field(
        default=7,
        ge=1,
        le=90,
        description="How often all is read of a source that can be asked for changes alone.",
    )


class TicketsConfig(Section):
    cron: Cron = "*/15 * * * *"
    back_days: int = Field(
        default=90, ge=1, le=3650, description="How far the first reading goes back."
    )


class WeeklyPostConfig(Section):
    channel: Channel
    cron: Cron = "0 9 * * mon"


class DigestConfig(Section):
    channel: Channel = Field(description="Where it goes; never one that is shared.")
    cron: Cron = Field(
        default="0 9 * * mon-fri",
        description="When: each is of the days since the one before; 0 9 * * mon is one a week.",
    )


class RuleConfig(Section):
    name: str = Field(min_length=1, max_length=60)
    channel: Channel
    cron: Cron = "30 8 * * *"
    kind: Literal["detection", "below", "fall_points", "fall_percent"] | None = Field(
        default=None, description="detection, unless points or limit are given."
    )
    figure: Figure = Figure.CRR
    period: Literal["week", "month", "quarter", "year"] = "month"
    level: Level | None = Field(default=None, description="Of a detection: normal if not given.")
    limit: float | None = Field(default=None, description="Of a plain rule: its line, or its fall.")
    points: float | None = Field(default=None, gt=0, le=100)
    periods: int | None = Field(default=None, ge=1, le=60)
    minimum_base: int = Field(default=30, ge=1)
    segments: tuple[str, ...] = Field(default=(), max_length=4)
    only: dict[str, str] = Field(default_factory=dict)
    remind_days: int = Field(default=7, ge=0, le=366)
    settle_days: int = Field(default=0, ge=0, le=60)
    unexplained: float = Field(default=0.0, ge=0, le=1)
    expected_crr: float | None = Field(default=None, gt=0, lt=1)

    @model_validator(mode="after")
    def _fits_together(self) -> "RuleConfig":
        faults = rule_faults(self.rule)
        if self.points is not None and self.limit is not None:
            faults = ("points is the limit of kind fall_points: give one of them",)
        if self.kind == "detection" and (self.points or self.limit or self.periods):
            faults = ("a detection has a level, and no points, limit or periods",)
        if self.shape is not None and self.level is not None:
            faults = (f"level is of kind detection; this rule is {self.shape}",)
        if self.shape is not None and self.points is None and self.limit is None and self.kind:
            faults = (f"kind {self.kind} needs limit",)
        if faults:
            raise ValueError(faults[0])
        return self

    @property
    def shape(self) -> Shape | None:
        if self.kind is not None:
            return None if self.kind == "detection" else Shape(self.kind)
        plain = self.points is not None or self.limit is not None or self.periods is not None
        return Shape.FALL_POINTS if plain else None

    @property
    def rule(self) -> Rule:
        limit = next((n for n in (self.points, self.limit) if n is not None), 5.0)
        usual = 6 if self.kind is None else 1
        return Rule(
            name=self.name,
            channel=self.channel,
            kind=Kind(self.period),
            figure=self.figure,
            shape=self.shape,
            level=self.level or Level.NORMAL,
            limit=limit if self.shape else 0.0,
            periods=self.periods or usual,
            minimum_base=self.minimum_base,
            segments=self.segments,
            only=tuple(self.only.items()),
            remind_days=self.remind_days,
            settle_days=self.settle_days,
            unexplained=self.unexplained,
            expected_crr=self.expected_crr,
        )


class HoursConfig(Section):
    channel: Channel
    begins: Clock = "00:00"
    ends: Clock = "24:00"
    days: tuple[WeekdayName, ...] = Field(default=WEEKDAYS, min_length=1)

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "HoursConfig":
        if self.begins >= self.ends:
            raise ValueError("ends must come after begins, as in 08:00 and 18:00")
        return self

    @property
    def hours(self) -> Hours:
        return Hours(
            begins=time.fromisoformat(self.begins),
            ends=None if self.ends == "24:00" else time.fromisoformat(self.ends),
            days=frozenset(WEEKDAYS.index(day) for day in self.days),
        )


class AlertsConfig(Section):
    """What all alerts share."""

    reasons: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = Field(
        default=USUAL, min_length=1, max_length=20
    )


Language = Literal["en", "nl", "af", "de", "fr", "es"]


class AskingConfig(Section):
    person_days: float = Field(
        default=30, ge=0, le=3660, description="How long nobody is asked again, whatever the scale."
    )
    customer_days: float = Field(
        default=30, ge=0, le=3660, description="The same for a customer, and for a channel."
    )

    language: Language = Field(
        default="en", description="Of questions to people of whom no other is known."
    )
    languages: dict[Channel, Language] = Field(
        default_factory=dict, description="By channel, the language in which it is asked."
    )

    layout: Layout = Field(
        default=Layout.BUTTONS, description="Of questions that are typed; as surveys.layout."
    )
    remind_days: float = Field(
        default=7,
        ge=0,
        le=366,
        description="When who was asked alone is reminded, once; 0 for never.",
    )
    web_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+(/[^\s?#]*)?$",
        description="Where the web server is reached from outside, for those who cannot click.",
    )
    replies: bool = Field(
        default=False, description="Takes a number typed in the thread of a question."
    )
    comment_hours: float = Field(
        default=72,
        gt=0,
        le=24 * 366,
        description="How long after an answer its comment can be written and changed.",
    )

    def budget(self) -> Budget:
        return Budget(person_days=self.person_days, customer_days=self.customer_days)


class SurveyConfig(Section):
    name: str = Field(min_length=1, max_length=60)
    scale: Scale
    channel: Channel | None = Field(default=None, description="One that it asks.")
    customers: dict[str, str] | None = Field(
        default=None, description="Those it asks, in their linked channels; {} for all."
    )
    after_ticket_hours: float | None = Field(
        default=None,
        gt=0,
        le=24 * 30,
        description="Asks the account's channel so long after a ticket was solved and stayed so.",
    )
    after_joining_days: int | None = Field(
        default=None, ge=0, le=3650, description="Asks customers so long after they joined."
    )
    before_renewal_days: int | None = Field(
        default=None, ge=1, le=366, description="Asks customers so long before their term ends."
    )
    people: tuple[Id, ...] = Field(
        default=(), description="People and user groups, whom it asks one by one."
    )
    sample: float = Field(default=1.0, gt=0, le=1, description="The share of them that is drawn.")
    spread_days: int = Field(
        default=1, ge=1, le=90, description="Working days over which a round is spread."
    )
    cron: Cron | None = None
    question: str | None = Field(default=None, min_length=1, max_length=1000)
    direction: Direction = Field(
        default=Direction.HIGHER,
        description="Of ces: whether a high score is the good one, or a low one.",
    )
    style: Style = Field(default=Style.NUMBERS, description="Of csat: what its buttons show.")
    layout: Layout = Field(
        default=Layout.BUTTONS,
        description="A button a score, one menu, as for phones, or a button for a form.",
    )
    follow_ups: dict[Band, Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default_factory=dict, description="Own words for what is asked after a score."
    )
    anonymous: bool = Field(
        default=False,
        description="Keeps no person with an answer, and shows nothing below five.",
    )
    expires_days: float = Field(
        default=EXPIRES_DAYS, gt=0, le=366, description="Answers come too late after that."
    )

    @model_validator(mode="after")
    def _asks_somebody(self) -> "SurveyConfig":
        days = (self.after_joining_days, self.before_renewal_days)
        by_day = any(each is not None for each in days)
        given = (self.channel, self.people or None, self.after_ticket_hours, *days)
        customers = None if by_day else self.customers  # those of them, with joining and renewal
        if sum(each is not None for each in (*given, customers)) != 1:
            raise ValueError(
                "name one of channel:, people:, customers: (all of them are {}),"
                " after_ticket_hours:, after_joining_days: and before_renewal_days:"
            )
        if self.after_ticket_hours is not None and self.cron is not None:
            raise ValueError("after_ticket_hours: says when to ask: leave cron: out")
        if self.cron is None and self.after_ticket_hours is None and not by_day:
            raise ValueError("cron: says when to ask")
        return self

    @model_validator(mode="after")
    def _without_names_in_channels_alone(self) -> "SurveyConfig":
        if self.anonymous and self.people:
            raise ValueError(
                "anonymous: is for channels: in a direct message it would be known who answered"
            )
        return self

    @property
    def moment(self) -> tuple[Moment, int] | None:
        """Of what it asks by so many days."""
        if self.after_joining_days is not None:
            return Moment.JOINED, self.after_joining_days
        if self.before_renewal_days is not None:
            return Moment.RENEWAL, self.before_renewal_days
        return None

    @model_validator(mode="after")
    def _only_effort_runs_down(self) -> "SurveyConfig":
        if self.direction is Direction.LOWER and (self.scale is not Scale.CES or not self.question):
            raise ValueError(
                "direction: lower is for scale ces, with a question: of its own that says so, as in"
                ' "How much effort did it take you?"'
            )
        return self

    @model_validator(mode="after")
    def _only_csat_has_pictures(self) -> "SurveyConfig":
        if self.style is not Style.NUMBERS and self.scale is not Scale.CSAT:
            raise ValueError(f"style: {self.style} is for scale csat")
        return self

    def target(self) -> Target:
        return Target(
            channels=(self.channel,) if self.channel else (),
            people=tuple(id for id in self.people if _is_person(id)),
            groups=tuple(id for id in self.people if not _is_person(id)),
            segment=self.customers,
        )

    def design(self) -> Design:
        return Design(
            scale=self.scale,
            question=self.question or "",
            name=self.name,
            direction=self.direction,
            expires_days=self.expires_days,
            style=self.style,
            layout=self.layout,
            follow_ups=tuple(self.follow_ups.items()),
            anonymous=self.anonymous,
        )


class LoopConfig(Section):
    channel: Channel = Field(
        description="Where a low score goes if nobody is known to look after the account."
    )
    owner: str = Field(
        default="owner",
        min_length=1,
        description="The field of the first source that says who looks after a customer.",
    )
    people: dict[str, Person] = Field(
        default_factory=dict,
        description="Whom the field means, by what it says: {omar@example.com: U0123ABCD}.",
    )
    hours: float = Field(
        default=24, gt=0, le=24 * 90, description="How long nobody may take it before it goes up."
    )
    up: tuple[Channel | Person, ...] = Field(
        default=(), description="Channels or people to which it goes up, one after the other."
    )
    causes: tuple[Annotated[str, Field(min_length=1, max_length=75)], ...] = Field(
        default=(),
        max_length=100,
        description="From which one is chosen when a loop is closed.",
    )


class ResultsConfig(Section):
    account_speaks_by: RollUp = Field(
        default=RollUp.MEAN, description="mean, worst or newest: how an account's answers are one."
    )
    agent_minimum: int = Field(
        default=10, ge=2, le=1000, description="Answers that an agent needs to be shown."
    )
    csat_from: Literal[3, 4, 5] = Field(
        default=TOP_TWO, description="From which score on somebody is satisfied, of csat."
    )
    themes: dict[str, tuple[Annotated[str, Field(min_length=2)], ...]] = Field(
        default_factory=dict,
        description="Theme to its words: {invoices: [invoic*, bill, too expensive]}.",
    )


class LogConfig(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    json_lines: bool = False


class Config(Section):
    slack: SlackConfig
    language: Literal["en", "nl"] = Field(
        default="en",
        description="Of what everybody reads, and of answers to people who use another in Slack.",
    )
    people: PeopleConfig = PeopleConfig()
    sources: tuple[InstanceOf[SourceSettings], ...] = Field(min_length=1)
    store: StoreConfig = StoreConfig()
    definition: DefinitionConfig = DefinitionConfig()
    pull: PullConfig = PullConfig()
    tickets: TicketsConfig = TicketsConfig()
    weekly_post: WeeklyPostConfig | None = None
    rules: tuple[RuleConfig, ...] = ()
    alerts: AlertsConfig = AlertsConfig()
    hours: tuple[HoursConfig, ...] = ()
    asking: AskingConfig = AskingConfig()
    surveys: tuple[SurveyConfig, ...] = ()
    loop: LoopConfig | None = None
    digest: DigestConfig | None = None
    results: ResultsConfig = ResultsConfig()
    log: LogConfig = LogConfig()

    @model_validator(mode="after")
    def _the_first_source_has_customers(self) -> "Config":
        reads = self.truth.readings()
        if reads and not {"customers", "counts"} & set(reads):
            raise ValueError(
                f"the first source says who is a customer, but of {self.truth.name}"
                f" {' and '.join(reads)} are read; put one with customers before it"
            )
        return self

    @model_validator(mode="after")
    def _names_are_different(self) -> "Config":
        for what, names in (
            ("sources", [source.name for source in self.sources]),
            ("rules", [rule.name for rule in self.rules]),
            ("surveys", [survey.name for survey in self.surveys]),
            ("hours", [each.channel for each in self.hours]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f'two {what} are called "{twice[0]}"; give each its own name')
        return self

    @model_validator(mode="after")
    def _the_first_source_is_matched_with(self) -> "Config":
        first, *others = self.sources
        for source in self.sources:
            if source.gives is not None and source.matches is None:
                raise ValueError(f"{source.name} gives nothing as long as matches: is not set")
        if first.matches is not None:
            raise ValueError(
                f"{first.name} is the first source, with which others are matched; it cannot be"
                " matched with itself: leave out its matches:, or put another source first"
            )
        for source in others:
            reads, how = source.readings(), source.matches
            if how is not None and how.by == "field" and "customers" not in reads:
                raise ValueError(
                    f"{source.name} has no customers to tell the field {how.field}: of it"
                    f" {' and '.join(reads)} are read. Match it by domain, email or id, by a field"
                    " of the first source ({first: desk_id}), or let it read customers too"
                )
        given: dict[str, str] = {}
        for source in others:
            for name in source.gives or ():
                if name in given:
                    raise ValueError(
                        f'{given[name]} and {source.name} both give "{name}"; one of them must be'
                        " the truth for it"
                    )
                given[name] = source.name
        return self

    @property
    def with_customers(self) -> tuple[str, ...]:
        """Names of the sources that know customers by name."""
        return tuple(s.name for s in self.sources if "customers" in s.readings())

    @property
    def pulled(self) -> tuple[str, ...]:
        """Names of all that is pulled."""
        names = tuple(source.name for source in self.sources)
        return (*names, *(name for name in self.counting if name not in names))

    @property
    def counting(self) -> dict[str, SourceSettings]:
        """The sources that tell counts, by what their counts are called: as the source, or where
        that knows customers too, as its counts."""
        named = ((s, "customers" in s.readings()) for s in self.sources if "counts" in s.readings())
        return {f"{s.name} counts" if too else s.name: s for s, too in named}

    @property
    def counted_as(self) -> str:
        """What counts that people record are called."""
        return next(iter(self.counting), RECORDED)

    @property
    def counts_only(self) -> bool:
        """Whether nobody knows who the customers are: the first source only counts them."""
        return self.truth.name not in self.with_customers

    @property
    def alone(self) -> tuple[str, ...]:
        """Those of them that are neither the first nor matched with it."""
        matched = {source.name for source in self.sources if source.matches is not None}
        return tuple(n for n in self.with_customers if n != self.truth.name and n not in matched)

    @model_validator(mode="after")
    def _pages_are_served(self) -> "Config":
        if self.asking.web_url and self.slack.mode == "socket" and self.slack.health_port is None:
            raise ValueError(
                "asking.web_url needs a web server: mode http, or in mode socket slack.health_port"
            )
        return self

    @model_validator(mode="after")
    def _the_first_source_knows_customers(self) -> "Config":
        first = self.truth
        if first.kind != _ANY_KIND and first.name not in (*self.with_customers, *self.counting):
            raise ValueError(
                f"{first.name} is the first source and reads neither customers nor counts: put one"
                " first that does"
            )
        return self

    @model_validator(mode="after")
    def _rules_know_who(self) -> "Config":
        if self.sources[0].kind == _ANY_KIND or not self.counts_only:
            return self
        for each in self.rules:
            if wrong := faults_by_counts(each.rule):
                raise ValueError(f"rule {each.name}: {wrong[0]}")
        return self

    @property
    def watched(self) -> tuple[Rule, ...]:
        """The rules, of what can be known of these customers."""
        rules = (each.rule for each in self.rules)
        return tuple(map(by_counts, rules) if self.counts_only else rules)

    def enriching(self) -> dict[str, tuple[Enriching, ...]]:
        """By the first source's name, how others are matched with it."""
        return {self.truth.name: tuple(filter(None, map(_enriching, self.sources)))}

    def helpdesks(self) -> dict[str, Enriching | None]:
        """By the names of sources that tell tickets or ratings, how their accounts are matched."""
        told = {"tickets", "ratings"}
        return {s.name: _enriching(s) for s in self.sources if told & set(s.readings())}

    @property
    def notices(self) -> str | None:
        """Where held pulls and failed deliveries are told, unless an admin has chosen another."""
        return self.slack.notices or (self.weekly_post.channel if self.weekly_post else None)

    def hours_of(self, channel: str) -> Hours:
        """When alerts may speak in a channel."""
        return next((h.hours for h in self.hours if h.channel == channel), Hours())

    @property
    def owner_field(self) -> str:
        """The field of the first source that says who looks after a customer."""
        return self.loop.owner if self.loop else "owner"

    @property
    def owners(self) -> Mapping[str, str]:
        """Who is meant by what that field says."""
        return {**(self.loop.people if self.loop else {}), **self.people.owners}

    def uses(self, channel: str, *, notices: str | None) -> Uses:
        """What this channel is for, in the language in force; `notices` is the one for them."""
        figures = [alerts_called(rule.name) for rule in self.rules if rule.channel == channel]
        if self.weekly_post and self.weekly_post.channel == channel:
            figures.insert(0, tr("the weekly post"))
        if self.loop and channel in (self.loop.channel, *self.loop.up):
            figures.append(tr("low scores"))
        if self.digest and self.digest.channel == channel:
            figures.append(tr("the digest of answers"))
        if notices == channel:
            figures.append(tr("notices like this one"))
        return Uses(
            figures=tuple(figures),
            questions=tuple(f"“{s.name}”" for s in self.surveys if s.channel == channel),
        )

    def access(self) -> Access:
        """Who may see and do what. Where figures are posted, colleagues may ask for them; in the
        channel for notices too, which is not among these, because an admin may choose another."""
        posted = [rule.channel for rule in self.rules]
        if self.weekly_post:
            posted.append(self.weekly_post.channel)
        if self.digest:
            posted.append(self.digest.channel)
        if self.loop:
            posted += [id for id in (self.loop.channel, *self.loop.up) if not _is_person(id)]
        viewers = self.people.viewers
        return Access(
            admins=frozenset(self.people.admins),
            operators=frozenset(self.people.operators),
            viewers=frozenset() if viewers == "everybody" else frozenset(viewers),
            everybody_views=viewers == "everybody",
            channels=frozenset((*self.people.channels, *posted)),
        )

    def definition_of(self, source: str) -> Definition:
        """What the figures of that source mean, with what its own settings say of it."""
        [settings] = (each for each in self.sources if each.name == source)
        return replace(self.definition.definition(), counting=settings.counting())

    def as_defined(self, settings: SourceSettings) -> SourceSettings:
        """The source with what the definition says where it says nothing itself."""
        return settings.completed({"trials": self.definition.trials, "free": self.definition.free})

    @property
    def truth(self) -> SourceSettings:
        """The source that says who is a customer: the first one."""
        return self.sources[0]


def _enriching(source: SourceSettings) -> Enriching | None:
    if source.matches is None:
        return None
    gives = None if source.gives is None else frozenset(source.gives)
    return Enriching(source.name, By(source.matches.by), source.matches.field, gives)


def load(path: Path, environment: Mapping[str, str] | None = None) -> Config:
    """The checked configuration. Raises ConfigError with a line for every fault.

    Without `environment` it is that of the process, with what `.env` beside the file has more.
    """
    if environment is None:
        environment = {**_dot_env(path.parent / ".env"), **os.environ}
    raw = _fill_in(_read(path), environment, path)
    if not isinstance(raw, dict):
        raise ConfigError(f"{path} must be a mapping of sections; see config.example.yaml.")
    if API_URL in environment and isinstance(raw.get("slack"), dict):
        raw["slack"]["api_url"] = environment[API_URL]
    sources, faults = _sources(raw.get("sources"), path.parent)
    try:
        config = Config.model_validate({**raw, "sources": sources or [_ANY]})
    except ValidationError as error:
        faults += [_sentence(fault, Config) for fault in error.errors(include_input=False)]
    if faults:
        raise ConfigError("\n".join(f"{path}: {fault}" for fault in faults))
    return config


_ANY_KIND = "none"
_ANY = SourceSettings(kind=_ANY_KIND)
"""Stands for sources with faults, so that the faults of other sections are told as well."""


class _Yaml(yaml.SafeLoader):
    """YAML 1.1 takes `on`, `no` and `y` for truth values; a column is called so, and Norway is."""

    yaml_implicit_resolvers = {  # noqa: RUF012  PyYAML looks it up on the class
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Yaml.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("true|false|True|False"), list("tfTF")
)


def _read(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Yaml)  # noqa: S506  a SafeLoader
    except FileNotFoundError:
        raise ConfigError(
            f"{path} is not there. Copy config.example.yaml to {path.name} and fill it in."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ConfigError(f"{path}{where} is not YAML: {error.problem}.") from None


def _dot_env(path: Path) -> dict[str, str]:
    """Lines of NAME=value as a shell reads them; none where the file is not there."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read ({type(error).__name__}).") from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            words = shlex.split(line.strip().removeprefix("export "))
        except ValueError:
            words = [""]
        name, given, value = words[0].partition("=")
        if not given or not name.isidentifier() or (words[1:] and not words[1].startswith("#")):
            # Nothing of the line, which is likely to hold a secret.
            raise ConfigError(
                f"{path} line {number} is not NAME=value. A value with blanks or quotes in it must"
                " stand between quotes."
            )
        found[name] = value
    return found


def _fill_in(value: Any, environment: Mapping[str, str], path: Path, at: str = "") -> Any:
    """Replace ${NAME} after parsing, so that a secret with quotes or # cannot break the YAML."""
    match value:
        case str():
            missing = [n for n in _VARIABLE.findall(value) if n not in environment]
            if missing:
                raise ConfigError(
                    f"{path}: {at} mentions ${{{missing[0]}}}, which is not set in the environment,"
                    f" nor in {path.parent / '.env'}."
                )
            return _VARIABLE.sub(lambda found: environment[found[1]], value)
        case dict():
            return {k: _fill_in(v, environment, path, f"{at}.{k}" if at else str(k))
                    for k, v in value.items()}  # fmt: skip
        case list():
            return [_fill_in(v, environment, path, f"{at}.{i}") for i, v in enumerate(value)]
        case _:
            return value


def _sources(sections: Any, folder: Path) -> tuple[list[SourceSettings], list[str]]:
    """Let the integration that `kind` names check each section; the faults as sentences."""
    if not isinstance(sections, list) or not sections:
        return [], ["sources must be a list with at least one source"]
    settings: list[SourceSettings] = []
    faults: list[str] = []
    for i, section in enumerate(sections):
        at = ("sources", i)
        kind = section.get("kind") if isinstance(section, dict) else None
        if kind not in integrations.available():
            known = ", ".join(integrations.available())
            near = _nearest(str(kind), integrations.available())
            faults.append(f"{_dotted((*at, 'kind'))} must be one of {known}{near}")
            continue
        model = integrations.load(str(kind)).Settings
        try:
            settings.append(model.model_validate(section, context={"folder": folder}))
        except ValidationError as error:
            faults += [_sentence(f, model, at) for f in error.errors(include_input=False)]
    return settings, faults


def _sentence(fault: ErrorDetails, model: type[BaseModel], at: tuple[int | str, ...] = ()) -> str:
    where = _dotted((*at, *fault["loc"])) or "the file"
    match fault["type"]:
        case "extra_forbidden":
            known = _known_keys(model, fault["loc"][:-1])
            near = _nearest(str(fault["loc"][-1]), known)
            return f"{where} is not a setting{near or '; known: ' + ', '.join(known)}"
        case "missing":
            return f"{where} is missing"
        case "value_error":
            return f"{where}: {fault['msg'].removeprefix('Value error, ')}"
        case _:
            return f"{where}: {fault['msg'][:1].lower()}{fault['msg'][1:]}"


def _known_keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The settings of the section at `loc`, found by following the models' annotations."""
    section: Any = model
    for part in loc:
        if isinstance(part, int):
            continue
        annotation = section.model_fields[part].annotation
        found = _models_in(annotation)
        if not found:
            return []
        section = found[0]
    return sorted(section.model_fields)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for inner in getattr(annotation, "__args__", ()) for m in _models_in(inner)]


def _nearest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _dotted(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc)
