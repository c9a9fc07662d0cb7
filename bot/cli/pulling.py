"""`keeprate pull`: the sources, one after the other, with progress."""

from functools import partial

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from bot.cli.auditing import whoever_types
from bot.config import Config
from bot.domain.audit import Deed
from bot.errors import ConfigError
from bot.jobs.helpdesks import Read
from bot.jobs.pull import Outcome, Pulled
from bot.messages.blocks import unescape
from bot.messages.wording import number
from bot.parts import Clock, offline, reading


async def pull_all(
    config: Config, source: str, *, clock: Clock, out: Console, err: Console
) -> bool:
    """Whether every source, or the one that is named, was believed."""
    well = True
    async with reading(config, clock=clock) as (reader, helpdesks):
        names = _named(config, source)
        deed = Deed(clock(), whoever_types(), "pull started", source or "all sources")
        await reader.deeds.put(deed)
        for name in names:
            if name in reader.sources or name in reader.counting:
                with _progress(err) as progress:
                    task = progress.add_task(name, total=None)
                    pulled = await reader.pull(name, partial(_advance, progress, task))
                out.print(_line(pulled))
                well = well and pulled.outcome is Outcome.BELIEVED
            for what in helpdesks.of(name):
                with _progress(err) as progress:
                    task = progress.add_task(f"{name}, {what}", total=None)
                    read = await helpdesks.read(name, what, partial(_advance, progress, task))
                out.print(_of_helpdesk(read))
                well = well and read.ok
    return well


async def decide_all(
    config: Config, source: str, *, believe: bool, clock: Clock, out: Console
) -> bool:
    """Believe or discard what is held of every source, or of the one named; whether any was."""
    decided = False
    async with offline(config, clock=clock) as reader:
        for name in _named(config, source):
            if held := await reader.pulls.held(name):
                told = await reader.decide(held.id, believe=believe, person=whoever_types())
                out.print(escape(unescape(told.text)))
                decided = True
    if not decided:
        out.print("No pull is held.")
    return decided


def _named(config: Config, source: str) -> list[str]:
    """That source, or all of them if it is "". Raises ConfigError if it is not there."""
    names = list(config.pulled)
    if source and source not in names:
        raise ConfigError(f'There is no source "{source:.40}". There is {", ".join(names)}.')
    return [source] if source else names


def _progress(console: Console) -> Progress:
    """Records, how many a second, and the time; a bar where the source says how many there are."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} records"),
        _Rate(),
        TimeRemainingColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


def _advance(progress: Progress, task: TaskID, read: int, of: int | None) -> None:
    if not progress.tasks[task].fields.get("began"):
        # What a pull before it has read says nothing of how fast this one is.
        progress.reset(task, completed=read, began=True)
    progress.update(task, completed=read, total=of)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


def _of_helpdesk(read: Read) -> str:
    source = escape(read.last.source)
    why = escape(read.last.sentence.removeprefix(f"{read.last.source}: "))
    if not read.ok:
        return f"[red]failed[/red]    {source}, {read.last.what}: {why}"
    came = f"{number(read.records, 'record')}, new or changed"
    return f"[green]read[/green]      {source}, {read.last.what}: {came}"


def _line(pulled: Pulled) -> str:
    source = escape(pulled.pull.source)
    why = escape(pulled.sentence.removeprefix(f"{pulled.pull.source}: "))
    counted = f"{number(pulled.records, 'record')}, {number(pulled.customers, 'customer')} today"
    match pulled.outcome:
        case Outcome.BELIEVED:
            return f"[green]believed[/green]  {source}: {counted}"
        case Outcome.HELD:
            how = "keeprate pull --believe-held or --discard-held decides."
            return f"[yellow]held[/yellow]      {source}: {why} {how}"
        case Outcome.FAILED | Outcome.OVERTAKEN:
            return f"[red]failed[/red]    {source}: {why}"
