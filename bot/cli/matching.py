"""`keeprate match`: who of one source is who of another, and who is nobody."""

from pathlib import Path

from bot.cli.auditing import note
from bot.cli.csv_files import write_csv
from bot.config import Config
from bot.messages.blocks import unescape
from bot.messages.matching import match_report, numbers, rows
from bot.parts import Clock, stores

HEADING = ("source", "customer", "name", "is", "today", "of the other source", "their names")


async def match(config: Config, *, lists: Path | None, clock: Clock) -> str:
    """The report in words; everybody is written to `lists`, one line each. Raises ConfigError for
    a file that is there already."""
    async with stores(config) as kept:
        reports = await kept.customers.reports(config.truth.name)
        who = numbers(reports)
        names = await kept.customers.names(who)
        if lists is not None:
            ids = await kept.customers.ids(who)
            told = [
                (
                    row.source,
                    ids[row.number],
                    names[row.number],
                    row.found,
                    "yes" if row.today else "no",
                    " ".join(ids[each] for each in row.others),
                    ", ".join(names[each] for each in row.others),
                )
                for report in reports
                for row in rows(report)
            ]
            await note(kept, clock, "customers exported", f"match, {len(told)} rows")
            write_csv(lists, HEADING, told)
    report = match_report(reports, config.alone, names, config.definition.definition())
    return unescape(report.text)
