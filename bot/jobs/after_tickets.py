"""Asking how it went, some hours after a ticket was solved and stayed so."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from bot.domain.asking import Design, Target
from bot.domain.whose import Account, Whose
from bot.jobs.asking import Asking
from bot.jobs.once import Turn
from bot.jobs.schedule import Occurrence
from bot.store.links import Links
from bot.store.tickets import Tickets

EVERY = "*/10 * * * *"
"""When it is looked whose time has come."""

_LATE = timedelta(days=1)
"""So long after its time a question that was missed is still asked; later nobody remembers."""


async def ask_after_tickets(
    occurrence: Occurrence,
    *,
    design: Design,
    hours: float,
    tickets: Tickets,
    links: Links,
    whose: Callable[[], Awaitable[Whose]],
    asking: Asking,
    turn: Turn,
) -> None:
    """Ask in the channel of the account, once for each time that a ticket was solved.

    One that was opened again is not among the solved, and so is not asked about; solved anew, its
    hours begin anew. Who is within the budget of being asked is passed over, not put off.
    """
    ends, known = turn.clock() - timedelta(hours=hours), await whose()
    for ticket in await tickets.solved(ends - _LATE, ends):
        account = Account(ticket.source, ticket.account, ticket.account_name, ticket.email)
        customer = known.customer(account)
        channel = await links.channel_of(customer) if customer is not None else None
        if channel is None or ticket.solved is None:
            continue
        name = f"{ticket.source} {ticket.id} {ticket.solved.isoformat()}"
        work = partial(_ask, asking, design, channel, ticket.agent_name or ticket.agent)
        await turn.once("survey after ticket", design.name, name, work)


async def _ask(asking: Asking, design: Design, channel: str, agent: str) -> bool:
    await asking.ask(design, Target(channels=(channel,)), asked_by="", agent=agent)
    return True
