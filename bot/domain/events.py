"""What happened inside a period move by move, for rules that count moves and not who is there."""

from dataclasses import dataclass

import numpy as np

from bot.domain.columns import Codes, Columns, Mask
from bot.domain.period import day_number
from bot.domain.retention import Retention


@dataclass(frozen=True, eq=False, slots=True)
class Events:
    """Sorted codes of customers."""

    joined: Codes
    """Whose first stay ever began inside the period, wherever they are at its end."""
    departures: Codes
    """One entry for every time that somebody left inside the period."""

    @property
    def left(self) -> Codes:
        """Who left at least once."""
        return np.unique(self.departures)


def events(columns: Columns, of: Retention, *, within: Mask | None = None) -> Events:
    """The moves behind a figure, from the first day of its period to the day it is measured on.

    Leaving on the day on which another stay begins is no departure: nobody was without them for a
    day. `within` must be the mask that the figure was made with.
    """
    first, last = day_number(of.period.first), day_number(of.measured_on)
    customer, since, until = columns.customer, columns.since, columns.until
    newcomer = np.ones(len(customer), np.bool_)
    newcomer[1:] = customer[1:] != customer[:-1]
    goes_on = np.zeros(len(customer), np.bool_)
    goes_on[:-1] = ~newcomer[1:] & (until[:-1] == since[1:])

    joined = newcomer & (since >= first) & (since <= last)
    departed = ~goes_on & (until >= first) & (until <= last)
    if within is not None:
        joined &= within
        departed &= within
    return Events(customer[joined], customer[departed])
