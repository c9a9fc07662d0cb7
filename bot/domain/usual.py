"""What is usual of single weeks, months, quarters and years: how many leavers luck explains.

For figures that are told whether they are an alert or not. A rule by luck sees more, because it
takes several periods together; this says of one by itself whether it is out of the ordinary.
"""

from collections.abc import Mapping

from bot.domain.columns import Columns
from bot.domain.definition import Definition
from bot.domain.detection import Expectation, Settings, expectations
from bot.domain.exposure import Exposure, exposure, in_cells, known_periods
from bot.domain.period import Kind, Period, run_up
from bot.domain.segments import segments

REACH = {Kind.WEEK: 160, Kind.MONTH: 60, Kind.QUARTER: 24, Kind.YEAR: 20}
"""How many periods of history are looked at: three years of weeks, for the time of year."""
_A_YEAR = {Kind.WEEK: 52, Kind.MONTH: 12, Kind.QUARTER: 4, Kind.YEAR: 0}


def usual(
    columns: Columns, period: Period, *, definition: Definition, wanted: Mapping[str, str]
) -> tuple[Expectation, ...]:
    """What was expected of `period` and of those before it, 24 at most, the oldest first.

    Of fewer customers than the definition takes to say something nothing is expected, nor of
    `period` where its end is not known. `wanted` may name one field of the source; of other
    segments nothing is known here. Raises Misunderstood for one that does not exist.
    """
    if period.kind not in REACH:
        return ()
    periods = known_periods(columns, run_up(period, REACH[period.kind], definition))
    if not periods or periods[-1] != period:
        return ()
    counted = _counted(columns, periods, definition, wanted)
    if counted is None:
        return ()
    settings = Settings(minimum_base=definition.minimum_base, year=_A_YEAR[period.kind])
    found = expectations(counted, settings)
    return tuple(each for each in found if each.opening >= definition.minimum_base)


def _counted(
    columns: Columns,
    periods: tuple[Period, ...],
    definition: Definition,
    wanted: Mapping[str, str],
) -> Exposure | None:
    if not wanted:
        return exposure(columns, periods)
    # Raises for a segment that is not known.
    segments(columns, wanted, on=periods[-1].eve, definition=definition)
    [(name, label), *others] = wanted.items()
    known = [each for each in columns.dimensions if each.casefold() == name.casefold()]
    if others or not known:
        return None
    dimension = columns.dimensions[name if name in known else known[0]]
    cells = [n for n, each in enumerate(dimension.labels) if each.casefold() == label.casefold()]
    exactly = [n for n in cells if dimension.labels[n] == label]
    if len(exactly or cells) != 1:
        return None
    count = len(dimension.labels)
    counted = exposure(columns, periods, pieces=in_cells(columns, dimension), cell_count=count)
    return counted.cell((exactly or cells)[0])
