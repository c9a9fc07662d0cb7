"""What /crr answers where customers are only counted; and counts that people record."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime

from bot.domain.counting import CountOn, one_count
from bot.domain.period import day_number
from bot.domain.pulls import Freshness
from bot.domain.questions import (
    CalcQuestion,
    CrrQuestion,
    ExplainQuestion,
    HelpQuestion,
    RecordQuestion,
    read_crr,
)
from bot.errors import Misunderstood
from bot.messages import crr, keeprate
from bot.messages.blocks import Message
from bot.messages.counting import count_answer, count_explanation, recorded
from bot.store.count_figures import CountFigures
from bot.store.counts import CountStore
from bot.store.pulls import Pulls


class CountDesk:
    """Answers questions about counts that go by one name."""

    def __init__(
        self,
        figures: CountFigures,
        counts: CountStore,
        pulls: Pulls,
        clock: Callable[[], datetime],
        recorded: Callable[[], Awaitable[object]],
    ) -> None:
        """`recorded` is called when a person has recorded a count, which may change a figure."""
        self.figures = figures
        self._counts = counts
        self._pulls = pulls
        self._clock = clock
        self._recorded = recorded

    async def answer(self, words: str, person: str, first: int = 0) -> tuple[Message, bool | None]:
        """The answer, and whether it was asked for in front of everybody; None for what is for
        nobody else."""
        definition = self.figures.definition
        try:
            question = read_crr(words, today=self._today(), definition=definition)
            match question:
                case CalcQuestion(start, end, new, public):
                    return crr.calc_answer(start, end, new), public
                case CrrQuestion():
                    return await self._figure(question), question.public
                case ExplainQuestion(about):
                    return await self._explanation(about), about.public
                case RecordQuestion():
                    return await self.record(question, person), None
                case HelpQuestion():
                    return crr.crr_help(), None
                case _:
                    raise Misunderstood(
                        "{source} says how many customers there are and not who, so nobody can be"
                        " followed. Ask for a period, such as /crr month.",
                        source=self.figures.source,
                    )
        except Misunderstood as error:
            return keeprate.misunderstood(error.sentence, help="/crr help"), None

    async def record(self, question: RecordQuestion, person: str) -> Message:
        """Raises Misunderstood for a day to come."""
        told = one_count(question.on, question.customers, question.new, today=self._today())
        count = CountOn(day_number(told.on), told.customers, told.new, person)
        was = await self._counts.record(self.figures.source, count, self._clock())
        await self._recorded()
        return recorded(count, was, source=self.figures.source)

    async def _figure(self, question: CrrQuestion) -> Message:
        self._no_segments(question)
        found = await self.figures.compared(
            question.period,
            today=self._today(question.known_at),
            as_known_at=question.known_at,
        )
        return count_answer(
            found,
            source=self.figures.source,
            freshness=await self._freshness(),
            definition=self.figures.definition,
            corrected=[] if question.known_at else await self.figures.corrected(found.now),
            known_at=question.known_at,
            closed=None if question.known_at else await self.figures.before(found.now),
        )

    async def _explanation(self, question: CrrQuestion) -> Message:
        self._no_segments(question)
        found = await self.figures.compared(
            question.period,
            today=self._today(question.known_at),
            as_known_at=question.known_at,
        )
        used, before = await self.figures.behind(found.now, question.known_at)
        return count_explanation(
            found.now,
            used,
            before,
            source=self.figures.source,
            freshness=await self._freshness(),
            definition=self.figures.definition,
        )

    def _no_segments(self, question: CrrQuestion) -> None:
        if question.segments:
            raise Misunderstood(
                "{source} says how many customers there are and not who, so they can't be split."
                " Ask without segments.",
                source=self.figures.source,
            )

    async def _freshness(self) -> Freshness | None:
        return (await self._pulls.freshness()).get(self.figures.source)

    def _today(self, known_at: datetime | None = None) -> date:
        moment = known_at or self._clock()
        return moment.astimezone(self.figures.definition.zone_info).date()
