"""All rules as they are followed: those of config.yaml, those made in Slack, and those that are
gone while their incident is open."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

import msgspec

from bot.domain.audit import Deed
from bot.domain.incidents import Incident
from bot.domain.watching import Rule, of_everybody
from bot.jobs.rules import Watch
from bot.jobs.schedule import Occurrence
from bot.jobs.working import guarded
from bot.messages.alerts import Leaver
from bot.messages.blocks import Message
from bot.messages.episodes import Said
from bot.messages.sight import sight_sentence
from bot.store.incidents import Also, Incidents, noting
from bot.store.rules import Rules


@dataclass(frozen=True, slots=True)
class Watches:
    fixed: Mapping[str, Watch]
    """By the names of the rules of config.yaml."""
    rules: Rules
    incidents: Incidents
    follow: Callable[[Rule], Watch]
    clock: Callable[[], datetime]

    async def check_others(self, occurrence: Occurrence) -> None:
        """Rules that were made in Slack, and open incidents of rules that are gone."""
        made = {rule.name: self.follow(rule) for rule in await self.rules.all()}
        watches = [watch for name, watch in made.items() if name not in self.fixed]
        watches += [
            self.follow(_rule_of(incident))
            for incident in await self.incidents.open_ones()
            if incident.rule not in (*self.fixed, *made) and incident.settings
        ]
        for watch in watches:
            await guarded(f"rule {watch.rule.name}", partial(watch.check, occurrence))

    def of(self, incident: Incident) -> Watch | None:
        """Of an incident whose rule is gone: as the rule was."""
        if (known := self.fixed.get(incident.rule)) is not None:
            return known
        return self.follow(_rule_of(incident)) if incident.settings else None

    async def telling(self, incident: Incident, person: str, what: str, story: Message) -> Also:
        """What is stored with a person's change of an incident: who did it, the message as it is
        then, and what its thread is told."""
        now, watch = self.clock(), self.of(incident)
        deed = _deed(incident, person, what, now)
        if watch is None:
            return noting(deed)
        return await watch.telling(incident, story, f"{what}:{now.timestamp()}", deed=deed)

    async def left_in(self, incident: Incident) -> Sequence[Leaver]:
        """Everybody who left, as far as the incident keeps them."""
        watch = self.of(incident)
        if watch is None or incident.evidence is None:
            return ()
        return await watch.leavers(incident.evidence, most=len(incident.evidence.left))

    async def explain(
        self, incident: Incident, said: Sequence[Said], person: str, story: Message
    ) -> None:
        """Keep why customers left, as this person said it, and tell of it."""
        if (watch := self.of(incident)) is not None:
            each = [(one.customer, one.reason, one.words) for one in said]
            deed = _deed(incident, person, "reasons of losses said", self.clock())
            await watch.explain(incident, each, person, story, deed)

    async def sight(self, today: date) -> str:
        """For a digest of that day: whether the newest month is as usual, and what would not show
        yet; "" where there is nothing to say. Escaped."""
        known = [*(watch.rule for watch in self.fixed.values()), *await self.rules.all()]
        return sight_sentence(await self.follow(of_everybody(known)).newest(today))


def _rule_of(incident: Incident) -> Rule:
    return msgspec.json.decode(incident.settings, type=Rule)


def _deed(incident: Incident, person: str, what: str, now: datetime) -> Deed:
    return Deed(now, person, what, f"incident {incident.id} of {incident.rule}")
