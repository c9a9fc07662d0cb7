"""App Home: what this is, the newest figures, and what can be typed."""

from collections.abc import Sequence

from bot.domain.definition import Definition
from bot.domain.pulls import Freshness
from bot.domain.roles import Role
from bot.messages import wording
from bot.messages.blocks import Block, context, divider, escape, header, home, section
from bot.messages.keeprate import HELP, refusal
from bot.messages.weekly import Line, against, notes


def home_view(
    lines: Sequence[Line],
    freshness: Sequence[Freshness],
    definition: Definition,
    counted: Sequence[str] = (),
) -> Block:
    """The view for somebody who may see figures; without lines there is none to see yet.

    `counted` are lines where customers are only counted (escaped).
    """
    fields = [_field(line) for line in lines] or list(counted)
    return home(
        (
            header("Are our customers staying?"),
            section(
                "Keeprate computes the share of customers who stay, posts it every week, and asks"
                " customers how it goes."
            ),
            *([section(fields=fields)] if fields else [section("There are no figures yet.")]),
            *notes(lines),
            context(
                *([wording.freshness(f, definition) for f in freshness[:10]] or ["No source."])
            ),
            divider(),
            section("\n".join(f"`{command}`  {what}" for command, what in HELP)),
        )
    )


def unnamed_view(role: Role) -> Block:
    """The view for whoever may see no figures."""
    told = (
        "Here you can answer questions that are asked in your channels."
        if role is Role.OUTSIDE
        else refusal(role, Role.VIEWER).text
    )
    return home((header("Keeprate"), section(told)))


def _field(line: Line) -> str:
    title = wording.period(line.period).removeprefix("the ")
    title = f"{wording.capital(title)} {wording.so_far(line.so_far)}".rstrip()
    told = wording.crr(line.counts) if line.counts else escape(line.why)
    return "\n".join(filter(None, (f"*{title}*", told, against(line))))
