"""The web page for those who cannot click in Slack: shown as often as it is opened, taken once."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from bot.domain.answer_links import AnswerLink
from bot.domain.surveys import Answer, Ask
from bot.errors import SlackError, StoreUnavailable
from bot.listeners.surveys import SurveyDesk
from bot.messages import answer_page as pages
from bot.messages import surveys as messages
from bot.messages.answer_page import Page
from bot.store.answer_links import AnswerLinks, LinkUsed

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class AnswerPages:
    """What the web server shows under /answer/."""

    desk: SurveyDesk
    links: AnswerLinks

    async def show(self, text: str) -> Page:
        """The question of the link. Changes nothing."""
        found = await self._open(text)
        return found if isinstance(found, Page) else pages.question_page(found[1])

    async def take(self, text: str, form: Mapping[str, str]) -> Page:
        """Keep what was sent. The answer is on disk before the page says so."""
        try:
            found = await self._open(text)
            return found if isinstance(found, Page) else await self._take(*found, form)
        except (StoreUnavailable, SlackError) as error:
            log.warning("answer not stored", why=type(error).__name__)
            language = self.desk.language("")
            return pages.said_page(language, messages.went_wrong(language), status=503)

    async def _open(self, text: str) -> Page | tuple[AnswerLink, Ask]:
        link = await self.links.read(text)
        ask = None if link is None else await self.desk.surveys.ask(link.ask)
        if link is None or ask is None:
            return pages.wrong_page(self.desk.language(""))
        if not ask.takes_answers(now := self.desk.clock()):
            return pages.over_page(ask, expired=ask.has_expired(now))
        if await self.links.was_used(link):
            return pages.used_page(ask.language)
        return link, ask

    async def _take(self, link: AnswerLink, ask: Ask, form: Mapping[str, str]) -> Page:
        now = self.desk.clock()
        if pages.is_refusal(form):
            await self.desk.opt_outs.put(link.person, now)
            return pages.said_page(ask.language, messages.opted_out(ask.language))
        score, comment = pages.read_form(form, ask.scale)
        if score is None:
            return pages.no_score(ask, form)
        answer = Answer(ask.id, link.person, "", score, now, comment)
        try:
            taken = await self.desk.take(answer, ask.channel, also=self.links.use(link, now))
        except LinkUsed:
            return pages.used_page(ask.language)
        if taken.answer is None:
            return pages.said_page(ask.language, taken.reply, status=409)
        return pages.thanks_page(taken.answer, ask)
