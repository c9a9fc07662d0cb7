"""What /nps, /csat and /ces tell of answers: results of a period, themes, and outcomes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.period import Period, before
from bot.domain.questions import CrrQuestion, read_results
from bot.domain.segments import nearest
from bot.domain.surveys import Scale
from bot.domain.themes import Themes
from bot.errors import Misunderstood
from bot.messages import results as messages
from bot.messages.blocks import Message
from bot.store.scores import Scores


def in_slack(scale: Scale, about: str) -> str:
    """What stands before the words."""
    return f"/{scale} {about}"


@dataclass(frozen=True, slots=True)
class ResultsDesk:
    scores: Scores
    clock: Callable[[], datetime]
    typed: Callable[[Scale, str], str] = in_slack
    """What stands before the words, of a scale and what is asked of it: for examples."""

    async def period(self, scale: Scale, words: str) -> Message:
        """Raises Misunderstood for words that name no period, segment or survey."""
        question, survey = await self.question(scale, words)
        told = await self.scores.told(
            scale, question.period, survey=survey, wanted=question.segments
        )
        return messages.results_answer(told, self.scores.figures.definition)

    async def about(self, scale: Scale, words: str) -> Message:
        """Themes. Raises as `period`."""
        return self.themes_in_words(scale, *await self.themes(scale, words))

    async def themes(self, scale: Scale, words: str) -> tuple[Period, Themes]:
        """Raises as `period`."""
        question, survey = await self.question(scale, words, "themes")
        period = question.period
        wanted = question.segments
        return period, await self.scores.themes(scale, period, survey=survey, wanted=wanted)

    def themes_in_words(self, scale: Scale, period: Period, found: Themes) -> Message:
        if not found.comments:
            return messages.no_comments(scale, period)
        earlier = before(period, self.scores.figures.definition)
        return messages.themes_answer(scale, period, earlier, found)

    async def stayed(self, scale: Scale) -> Message:
        """Outcomes."""
        return messages.outcomes_answer(scale, *await self.scores.outcomes(scale))

    async def question(
        self, scale: Scale, words: str, about: str = "results"
    ) -> tuple[CrrQuestion, str]:
        """The period, which is the quarter that runs if none is named, and the survey or ""."""
        definition = self.scores.figures.definition
        question, survey = read_results(
            words,
            command=self.typed(scale, about),
            today=self.clock().astimezone(definition.zone_info).date(),
            definition=definition,
        )
        return question, await self._survey(survey) if survey else ""

    async def _survey(self, name: str) -> str:
        known = await self.scores.results.surveys()
        for each in known:
            if each.casefold() == name.casefold():
                return each
        shown = ", ".join(nearest(name, known)[:10]) or "none yet"
        raise Misunderstood(
            'Nothing was asked under the name "{name}". There is {known}.',
            name=name[:40],
            known=shown,
        )
