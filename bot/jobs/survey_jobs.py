"""When customers are asked: the jobs of the surveys in config.yaml."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from bot.config import SurveyConfig
from bot.domain.moments import Moment
from bot.domain.whose import Whose
from bot.jobs.after_tickets import EVERY, ask_after_tickets
from bot.jobs.asking import Asking, Round
from bot.jobs.at_moments import ask_at_moments
from bot.jobs.once import Turn
from bot.jobs.schedule import Job
from bot.jobs.survey_round import survey_round
from bot.store.figures import Figures
from bot.store.links import Links
from bot.store.tickets import Tickets

BY_DAY = "0 10 * * mon-fri"
"""When customers are asked who joined or renew, unless config.yaml says."""


@dataclass(frozen=True, slots=True)
class SurveyJobs:
    surveys: Sequence[SurveyConfig]
    zone: str
    asking: Asking
    figures: Figures
    tickets: Tickets
    links: Links
    whose: Callable[[], Awaitable[Whose]]
    turn: Turn

    def __iter__(self) -> Iterator[Job]:
        """Of a survey without a moment none: people ask it themselves."""
        for survey in self.surveys:
            if survey.after_ticket_hours is not None:
                yield self._after_tickets(survey, survey.after_ticket_hours)
            if survey.moment is not None:
                yield self._at_moments(survey, *survey.moment)
            elif survey.cron is not None:
                yield self._rounds(survey, survey.cron)

    def _after_tickets(self, survey: SurveyConfig, hours: float) -> Job:
        look = partial(
            ask_after_tickets,
            design=survey.design(),
            hours=hours,
            tickets=self.tickets,
            links=self.links,
            whose=self.whose,
            asking=self.asking,
            turn=self.turn,
        )
        return Job(f"survey {survey.name}", EVERY, self.zone, look)

    def _at_moments(self, survey: SurveyConfig, moment: Moment, days: int) -> Job:
        look = partial(
            ask_at_moments,
            design=survey.design(),
            moment=moment,
            days=days,
            segment=survey.customers or {},
            share=survey.sample,
            figures=self.figures,
            asking=self.asking,
            turn=self.turn,
        )
        return Job(f"survey {survey.name}", survey.cron or BY_DAY, self.zone, look)

    def _rounds(self, survey: SurveyConfig, cron: str) -> Job:
        look = partial(
            survey_round,
            design=survey.design(),
            target=survey.target(),
            round=Round(share=survey.sample, days=survey.spread_days),
            asking=self.asking,
            turn=self.turn,
        )
        return Job(f"survey {survey.name}", cron, self.zone, look)
