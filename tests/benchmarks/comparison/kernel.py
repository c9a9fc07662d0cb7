"""One pass of compiled code over the rows: the floor, not a choice."""

from typing import Any

import numba
import numpy as np

from bot.domain.columns import Codes, Days
from tests.benchmarks.comparison.moves import Moves, calendars, from_moves
from tests.benchmarks.comparison.work import CELLS, Counts, Figures, Retention, Stays


def retention(of: Stays) -> Retention:
    kinds = list(calendars().values())
    low, high = min(kind.low for kind in kinds), max(kind.high for kind in kinds)
    days = np.arange(low, high + 1, dtype=np.int32)
    by_day = np.stack([kind.slot_of(days) for kind in kinds], axis=1)
    # Slots in which no day is in another week, month or quarter than the others.
    cut = np.append(False, (by_day[1:] != by_day[:-1]).any(axis=1))
    slot = np.cumsum(cut).astype(np.int32)
    slots = by_day[np.append(True, cut[1:])]
    most = max(kind.slots for kind in kinds)

    def compute() -> Figures:
        all_moves = np.zeros((len(slots), CELLS, 5), np.int64)
        moves = np.zeros((len(kinds), most, CELLS, 8), np.int64)
        _compiled(
            of.customer, of.since, of.until, of.cell, of.mrr, slot, slots, low, all_moves, moves
        )
        for number in range(len(kinds)):
            np.add.at(moves[number, :, :, :5], slots[:, number], all_moves)
        by_kind = (moves[number, : kind.slots] for number, kind in enumerate(kinds))
        return from_moves([Moves(*np.moveaxis(each, -1, 0)) for each in by_kind])

    return compute


def _count(
    customer: Codes,
    since: Days,
    until: Days,
    cell: Codes,
    mrr: Codes,
    slot: Codes,
    slots: Codes,
    low: int,
    all_moves: Counts,
    moves: Counts,
) -> None:
    """The first five of `Moves`, as if no stay began and ended in one slot of any calendar; and
    what those that do, and those who come back, add to or take from all eight."""
    last, kinds = slots.shape[0] - 1, slots.shape[1]
    joined, left_in = np.zeros(kinds, np.int64), np.zeros(kinds, np.int64)
    left_before = np.zeros(kinds, np.int64)
    for row in range(len(customer)):
        begins = slot[min(max(since[row] - low, 0), len(slot) - 1)]
        ends = slot[min(max(until[row] - low, 0), len(slot) - 1)]
        newcomer = row == 0 or customer[row] != customer[row - 1]
        where, paid = cell[row], mrr[row]
        arrived = all_moves[begins, where]
        arrived[0] += 1
        arrived[1] += paid
        arrived[2] += newcomer
        left = all_moves[ends, where]
        left[3] += 1
        left[4] += paid
        if newcomer and ends == last:
            continue
        for kind in range(kinds):
            begin, end = slots[begins, kind], slots[ends, kind]
            own = moves[kind, begin, where]
            if newcomer:
                joined[kind], left_in[kind] = begin, -1
            if begin == end:
                own[0] -= 1
                own[1] -= paid
                own[2] -= newcomer
                own[3] -= 1
                own[4] -= paid
                continue
            if not newcomer:
                own[2] += joined[kind] == begin
                if left_in[kind] == begin:
                    own[5] += 1
                    own[6] += paid
                    own[7] += min(paid, left_before[kind])
            left_in[kind], left_before[kind] = end, paid


_compiled: Any = numba.njit(_count)
