"""Dull figures to make messages of, and what of a message Slack reads as markup."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from bot.domain.definition import Definition
from bot.domain.period import Kind, Period, day_number, period_of, run_up
from bot.domain.pulls import Freshness, Pull, PullState
from bot.domain.retention import Counts
from bot.messages.blocks import Block, Message
from bot.messages.weekly import Line, Point

DEFINITION = Definition(zone="Europe/Amsterdam")
FRIDAY = datetime(2026, 11, 20, 2, 15, tzinfo=UTC)
NASTY = "<!channel> *Bobby* & `Tables`\n</b> @here"
NAMES = ("Acme", "Globex", "Initech", "Umbrella", "Hooli", "Stark", "Wayne", "Tyrell", "Cyberdyne")


def fresh(
    source: str = "hubspot",
    as_of: datetime | None = FRIDAY,
    problem: str = "",
    state: PullState = PullState.HELD,
) -> Freshness:
    """Of a source whose newest pull is believed, or is `state` because of `problem`."""
    believed = Pull(1, source, "", FRIDAY, PullState.BELIEVED, as_of) if as_of else None
    newest = believed or Pull(2, source, "", FRIDAY)
    if problem:
        newest = Pull(3, source, "", FRIDAY, state, FRIDAY, sentence=problem)
    return Freshness(source, newest, believed)


FRESH = fresh()


def trusted(since: date, source: str = "hubspot") -> Freshness:
    """Of a source whose history is true from a day on."""
    of = fresh(source)
    assert of.believed is not None
    believed = replace(of.believed, trusted_from=day_number(since))
    return replace(of, newest=believed, believed=believed)


def counts(
    opening: int = 1204,
    lost: int = 8,
    *,
    new: int = 12,
    won_back: int = 1,
    early_losses: int = 0,
) -> Counts:
    kept = opening - lost
    closing = kept + new + won_back
    return Counts(
        opening=opening,
        closing=closing,
        kept=kept,
        lost=lost,
        new=new,
        won_back=won_back,
        early_losses=early_losses,
    )


def period(kind: Kind = Kind.WEEK, on: date = date(2026, 11, 11)) -> Period:
    return period_of(kind, on, DEFINITION)


def line(kind: Kind = Kind.WEEK, now: Counts | None = None, before: Counts | None = None) -> Line:
    on = {Kind.WEEK: date(2026, 11, 11), Kind.MONTH: date(2026, 10, 1)}.get(kind, date(2026, 8, 1))
    return Line(period(kind, on), now or counts(), before or counts(1190, 10))


LINES = (
    line(),
    line(Kind.MONTH, counts(1180, 31, new=70, won_back=4, early_losses=2), counts(1150, 28)),
    line(Kind.QUARTER, counts(1100, 100, new=160, won_back=9), counts(1050, 90)),
)


def history(length: int = 12) -> list[Point]:
    periods = run_up(period(), length, DEFINITION)
    return [Point(p, counts(1100 + 8 * i, 5 + i % 4)) for i, p in enumerate(periods)]


def read_as_markup(shown: Any) -> Iterator[str]:
    """Every text in which Slack would see `<!channel>` and ring everybody."""
    match shown:
        case Message():
            yield shown.text
            yield from read_as_markup([*shown.blocks, *(shown.fallback or ())])
        case {"type": "mrkdwn", "text": text}:
            yield text
        case dict():
            for inner in shown.values():
                yield from read_as_markup(inner)
        case list() | tuple():
            for inner in shown:
                yield from read_as_markup(inner)


def clicked(element: Block, **also: Any) -> dict[str, Any]:
    """What Slack sends of a click on it, by somebody of another workspace."""
    return {
        "type": "block_actions",
        "user": {"id": "U09", "team_id": "T09"},
        "team": {"id": "T01"},
        "actions": [element],
        **also,
    }
