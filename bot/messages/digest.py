"""What customers answered since the last digest, in one post instead of a ping for each answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.definition import Definition
from bot.domain.loops import Loop, LoopState
from bot.domain.period import Period
from bot.domain.results import Result
from bot.domain.themes import Said
from bot.messages import causes, wording
from bot.messages.blocks import Block, Message, context, cut, escape, header, section
from bot.messages.languages import tr, trn
from bot.messages.loops import score as low_score
from bot.messages.results import out_of, scores_piece

SHOWN = 10
"""Low scores, and comments, that are shown of more."""

_QUOTE_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Digest:
    period: Period
    results: Sequence[Result]
    low: Sequence[Loop]
    """Low scores of these days that are low still, the oldest first."""
    comments: Sequence[Said]
    """Without those of the low scores."""
    waiting: int
    """Low scores from before that are not closed yet."""
    names: Mapping[int, str]
    """Of customers, by the store's numbers."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be told."""
        return not any((self.waiting, self.low, self.comments)) and not any(
            each.found for each in self.results
        )


def digest_post(digest: Digest, definition: Definition) -> Message:
    title = tr("What customers answered {when}", when=wording.in_period(digest.period))
    scores = scores_piece(digest.results)
    told = scores.text if scores else tr("No answers.")
    low = [_low(loop, digest.names) for loop in digest.low[:SHOWN]]
    said = [_comment(each, digest.names) for each in digest.comments[:SHOWN]]
    parts = [told]
    for count, shown, of in (
        (_low_scores(len(digest.low)), low, len(digest.low)),
        (_comments(len(digest.comments)), said, len(digest.comments)),
    ):
        if shown:
            more = of - len(shown)
            also = [tr("{n} more are in the export.", n=more)] if more else []
            parts += [f"*{count}*", *shown, *also]
    if digest.waiting:
        parts.append(
            trn(
                "{n} low score from before is not closed yet.",
                "{n} low scores from before are not closed yet.",
                digest.waiting,
            )
        )
    days = tr("Days of {zone}.", zone=definition.zone)
    if digest.low:
        days += " " + tr("Low scores were told at once.")
    blocks: list[Block] = [header(cut(title, 150)), *map(section, parts), context(days)]
    return Message("\n".join([f"{title}:", *parts]), tuple(blocks))


def _low_scores(count: int) -> str:
    return trn("{n} low score", "{n} low scores", count)


def _comments(count: int) -> str:
    return trn("{n} comment", "{n} comments", count)


def _low(loop: Loop, names: Mapping[int, str]) -> str:
    low = loop.of
    told = tr(
        "*{scale} {score}* from {who}: {state}",
        scale=low.scale.upper(),
        score=low_score(low),
        who=_who(low.customer, names, low.channel),
        state=_state(loop),
    )
    return "\n".join([told, *_quoted(low.comment)])


def _comment(said: Said, names: Mapping[int, str]) -> str:
    told = tr(
        "*{score}* from {who}:",
        score=out_of(said.score, said.highest),
        who=_who(said.customer, names, ""),
    )
    return "\n".join([told, *_quoted(said.text)])


def _quoted(words: str) -> list[str]:
    shown = cut(escape(words), _QUOTE_LONGEST)  # in this order: & alone becomes five characters
    return [f">{shown}"] if shown else []


def _who(customer: int | None, names: Mapping[int, str], channel: str) -> str:
    if customer is not None and (name := names.get(customer)):
        return escape(cut(name, wording.NAME_LONGEST))
    return f"<#{escape(channel)}>" if channel else tr("an unknown account")


def _state(loop: Loop) -> str:
    if loop.state is LoopState.OPEN:
        return tr("nobody has taken it yet.")
    if loop.state is LoopState.TAKEN and loop.replied_at:
        return tr("<@{person}> has replied.", person=escape(loop.taken_by))
    if loop.state is LoopState.TAKEN:
        return tr("<@{person}> has taken it.", person=escape(loop.taken_by))
    return tr(
        "closed by <@{person}>. Cause: {cause}.",
        person=escape(loop.closed_by),
        cause=escape(causes.named(loop.cause)),
    )
