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
    slots = np.stack([kind.slot_of(days) for kind in kinds], axis=1)
    most = max(kind.slots for kind in kinds)

    def compute() -> Figures:
        counted = np.zeros((len(kinds), most, CELLS, 8), np.int64)
        _count(of.customer, of.since, of.until, of.cell, of.mrr, slots, low, counted)
        by_kind = (counted[row, : kind.slots] for row, kind in enumerate(kinds))
        return from_moves([Moves(*np.moveaxis(each, -1, 0)) for each in by_kind])

    return compute


@numba.njit
def _count(
    customer: Codes,
    since: Days,
    until: Days,
    cell: Codes,
    mrr: Codes,
    slots: Any,
    low: int,
    counted: Counts,
) -> None:
    days, kinds = slots.shape
    joined, left_in = np.zeros(kinds, np.int64), np.zeros(kinds, np.int64)
    left_before = np.zeros(kinds, np.int64)
    for row in range(len(customer)):
        begins = slots[min(max(since[row] - low, 0), days - 1)]
        ends = slots[min(max(until[row] - low, 0), days - 1)]
        newcomer = row == 0 or customer[row] != customer[row - 1]
        for kind in range(kinds):
            begin, end = begins[kind], ends[kind]
            if newcomer:
                joined[kind], left_in[kind] = begin, -1
            if begin == end:
                continue
            arrived = counted[kind, begin, cell[row]]
            arrived[0] += 1
            arrived[1] += mrr[row]
            arrived[2] += joined[kind] == begin
            left = counted[kind, end, cell[row]]
            left[3] += 1
            left[4] += mrr[row]
            if left_in[kind] == begin:
                arrived[5] += 1
                arrived[6] += mrr[row]
                arrived[7] += min(mrr[row], left_before[kind])
            left_in[kind], left_before[kind] = end, mrr[row]
