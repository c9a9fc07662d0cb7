"""What a survey of config.yaml asks next: its dry run, which asks nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.config import SurveyConfig
from bot.domain.asking import Coming, NotAsked, Plan, Target, Whom, Why
from bot.domain.moments import Moment, due
from bot.domain.segments import nearest
from bot.errors import Misunderstood
from bot.jobs.asking import Asking, Round
from bot.jobs.at_moments import asked_at_moment, drawn_at_moment, name_of
from bot.jobs.once import Turn
from bot.jobs.schedule import Job, Occurrence, next_occurrence
from bot.jobs.survey_round import drawn
from bot.store.figures import Figures


@dataclass(frozen=True, slots=True)
class ComingRounds:
    """As the jobs will see it, if nothing else happens until then."""

    surveys: Sequence[SurveyConfig]
    jobs: Mapping[str, Job]
    """By their names."""
    asking: Asking
    figures: Figures
    turn: Turn

    async def of(self, name: str) -> Coming:
        """Raises Misunderstood for a name that no survey has."""
        survey = self._named(name)
        design, job = survey.design(), self.jobs.get(f"survey {survey.name}")
        if survey.after_ticket_hours is not None:
            return Coming(design, after_hours=survey.after_ticket_hours)
        occurrence = next_occurrence(job, self.turn.clock()) if job else None
        if occurrence is None:
            return Coming(design)
        if survey.moment is not None:
            moment, days = survey.moment
            plan = await self._of_moment(survey, moment, days, occurrence)
            return Coming(design, occurrence.at, plan)
        round = drawn(Round(share=survey.sample, days=survey.spread_days), design, occurrence)
        plan = await self.asking.preview(survey.target(), round=round, at=occurrence.at)
        return Coming(design, occurrence.at, plan, days=survey.spread_days)

    def _named(self, name: str) -> SurveyConfig:
        known = {survey.name.casefold(): survey for survey in self.surveys}
        if name.casefold() in known:
            return known[name.casefold()]
        if not known:
            raise Misunderstood("There are no surveys in config.yaml; `surveys:` names them.")
        near = ", ".join(nearest(name, [survey.name for survey in self.surveys])[:3])
        raise Misunderstood(
            'config.yaml has no survey "{name}". Near it: {names}.', name=name[:60], names=near
        )

    async def _of_moment(
        self, survey: SurveyConfig, moment: Moment, days: int, occurrence: Occurrence
    ) -> Plan:
        """Those who are due then and were not asked for it."""
        found = due(moment, await self.figures.columns(), today=occurrence.at.date(), days=days)
        channels = await self.asking.of_segment(survey.customers or {})
        plans: list[Plan] = []
        for each in found:
            about = (asked_at_moment(moment), survey.name, name_of(each))
            if each.customer not in channels or await self.turn.ledger.done(*about):
                continue
            target = Target(channels=tuple(channels[each.customer]))
            if target:
                round = drawn_at_moment(survey.design(), each, survey.sample)
                plans.append(await self.asking.preview(target, round=round, at=occurrence.at))
            else:
                nowhere = NotAsked(Whom("", each.customer), Why.NO_CHANNEL)
                plans.append(Plan(not_asked=(nowhere,)))
        return _together(plans)


def _together(plans: Sequence[Plan]) -> Plan:
    return Plan(
        asked=tuple(each for plan in plans for each in plan.asked),
        not_asked=tuple(each for plan in plans for each in plan.not_asked),
        languages=tuple(dict.fromkeys(each for plan in plans for each in plan.languages)),
    )
