"""What can be typed in a terminal, and what it prints."""

import asyncio
import gc
import json
import logging
import signal
import sys
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import stamina
import structlog
import typer
import yaml
from rich.console import Console
from rich.markup import escape

from bot import config as configuration
from bot.app import Keeprate
from bot.cli import answering, auditing, counting, explaining, matching, merging, scoring, staying
from bot.cli import init as beginning
from bot.cli.check import findings
from bot.cli.csv_files import write_csv
from bot.cli.figures import as_json, figure, in_words
from bot.cli.pulling import decide_all, pull_all
from bot.cli.showing import USUAL_PORT, free_port, open_page
from bot.config import Config, LogConfig
from bot.domain.commands import MergeRecords, UndoMerge
from bot.domain.period import Kind
from bot.domain.surveys import Scale
from bot.errors import KeeprateError
from bot.messages.blocks import unescape
from bot.messages.crr import calc_answer
from bot.messages.rules import in_letters
from bot.parts import Clock, backtests
from bot.process import run as run_bot
from bot.sandbox.demo import show
from bot.sandbox.server import Sandbox, serve
from bot.sandbox.settings import Settings, as_installed
from bot.slack.manifest import manifest as slack_manifest
from bot.store.figures import Figures

T = TypeVar("T")

cli = typer.Typer(
    name="keeprate",
    help="Are our customers staying? A Slack bot that knows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

ConfigFile = Annotated[
    Path, typer.Option("--config", "-c", help="The settings; see config.example.yaml.")
]
HERE = Path("config.yaml")
Segments = Annotated[list[str] | None, typer.Option(help="Only these customers, such as plan=pro.")]
Source = Annotated[str, typer.Option(help="By default the first one.")]
AsKnownAt = Annotated[
    str, typer.Option(help="As it was known at the end of 2026-10-05, or at 2026-10-05T12:00.")
]
ForPrograms = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def main() -> None:
    """The command `keeprate`: errors are sentences, and only faults of ours are tracebacks."""
    try:
        cli()
    except KeeprateError as error:
        for sentence in str(error).splitlines():
            err.print(f"[red]{escape(sentence)}[/red]")
        sys.exit(1)


@cli.command()
def run(
    config: ConfigFile = HERE,
    at: Annotated[
        str, typer.Option(help="Begin at this local time instead of now, to try old data.")
    ] = "",
) -> None:
    """Serve until stopped: pulls, posts, alerts, commands, surveys."""
    settings = configuration.load(config)
    set_up_logging(settings.log)

    def ready(bot: Keeprate) -> None:
        # All that was imported stays; a garbage collector that looks through it again and again
        # keeps clicks waiting for a fifth of a second.
        gc.collect()
        gc.freeze()
        out.print(f"Keeprate is connected ({settings.slack.mode} mode). Ctrl-C stops it.")

    async def serving() -> None:
        stop = _stopped_by_signals()
        await run_bot(settings, stop=stop, clock=_clock(at, settings), ready=ready)

    _run(serving())


@cli.command()
def check(config: ConfigFile = HERE) -> None:
    """Try every token, scope, channel and source, and print a line for each."""
    settings = configuration.load(config)
    log_for_who_types(settings.log)

    async def checking() -> bool:
        well = True
        async for finding in findings(settings):
            mark = "[green]ok[/green]  " if finding.ok else "[red]FAIL[/red]"
            if not finding.ok and not finding.needed:
                mark = "[yellow]note[/yellow]"
            out.print(f"{mark}  {escape(finding.what)}: {escape(finding.sentence)}")
            well = well and (finding.ok or not finding.needed)
        return well

    if not _run(checking()):
        raise typer.Exit(1)


@cli.command()
def init(config: ConfigFile = HERE) -> None:
    """Ask where your customers stand, pull them, print the first CRR, and write config.yaml."""

    def ask(question: str, hidden: bool) -> str:
        typed: str = typer.prompt(question, default="", hide_input=hidden, show_default=False)
        return typed

    set_up_logging(LogConfig(level="error"))
    if not _run(beginning.init(config, ask=ask, clock=Clock(), out=out, err=err)):
        raise typer.Exit(1)


@cli.command()
def pull(
    config: ConfigFile = HERE,
    source: Annotated[str, typer.Option(help="Only this source, by its name.")] = "",
    at: Annotated[str, typer.Option(help="As if it were this local time.")] = "",
    believe: Annotated[
        bool | None,
        typer.Option(
            "--believe-held/--discard-held",
            help="Read nothing: say whether what was held back is to be believed.",
        ),
    ] = None,
) -> None:
    """Read the sources to the end, and believe what is plausible."""
    settings = configuration.load(config)
    log_for_who_types(settings.log)
    clock = _clock(at, settings)
    work = (
        pull_all(settings, source, clock=clock, out=out, err=err)
        if believe is None
        else decide_all(settings, source, believe=believe, clock=clock, out=out)
    )
    if not _run(work):
        raise typer.Exit(1)


@cli.command()
def crr(
    config: ConfigFile = HERE,
    period: Annotated[
        Literal["week", "month", "quarter", "year"], typer.Option(help="How long a period.")
    ] = "month",
    ending: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="A day in it; by default the last finished one."),
    ] = None,
    segment: Segments = None,
    source: Source = "",
    as_known_at: AsKnownAt = "",
    json_: ForPrograms = False,
) -> None:
    """The customer retention rate of one period, from what was pulled."""
    settings = configuration.load(config)
    log_for_who_types(settings.log)
    if counting.is_counted(settings, source):
        told_of = _run(
            counting.count_figure(
                settings,
                source,
                Kind(period),
                ending.date() if ending else None,
                segment or [],
                clock=Clock(),
                as_known_at=as_known_at,
                as_json=json_,
            )
        )
        _tell(json.dumps(told_of) if json_ else str(told_of), json_)
        return
    found = _run(
        figure(
            settings,
            source,
            Kind(period),
            ending.date() if ending else None,
            segment or [],
            clock=Clock(),
            as_known_at=as_known_at,
        )
    )
    if json_:
        told = json.dumps(as_json(found))
    else:
        told = in_words(found, settings.definition.definition())
    _tell(told, json_)


@cli.command()
def explain(
    words: Annotated[
        list[str] | None, typer.Argument(help="As after /crr: 2026-10 plan=pro, as stripe 2026-Q3.")
    ] = None,
    config: ConfigFile = HERE,
    source: Source = "",
    csv: Annotated[
        Path | None, typer.Option(help="A new file for all customers behind the numbers.")
    ] = None,
) -> None:
    """How a figure came to be, or what another product would say of it."""
    settings = configuration.load(config)
    log_for_who_types(settings.log)
    told = explaining.explain(settings, words or [], source=source, lists=csv, clock=Clock())
    out.print(escape(_run(told)))


def _asked(
    config: Path, source: str, segment: list[str] | None, as_known_at: str
) -> AbstractAsyncContextManager[tuple[Figures, staying.About]]:
    settings = configuration.load(config)
    log_for_who_types(settings.log)
    return staying.asked(
        settings,
        source=source,
        segments=segment or [],
        as_known_at=as_known_at,
        clock=Clock(),
    )


@cli.command()
def cohorts(
    config: ConfigFile = HERE,
    by: Annotated[
        Literal["month", "quarter", "year"], typer.Option(help="Who joined in the same.")
    ] = "month",
    months: Annotated[
        int | None,
        typer.Option(min=0, max=600, help="How far to follow them; 12, by quarter 24, by year 60."),
    ] = None,
    revenue: Annotated[
        bool, typer.Option("--revenue", help="What they pay, not how many they are.")
    ] = False,
    segment: Segments = None,
    source: Source = "",
    as_known_at: AsKnownAt = "",
    csv: Annotated[Path | None, typer.Option(help="A new file for every cohort and month.")] = None,
    json_: ForPrograms = False,
) -> None:
    """Of those who joined at the same time, how many are there later."""
    asked = _asked(config, source, segment, as_known_at)

    async def telling() -> str:
        async with asked as (figures, about):
            found = await staying.cohorts(figures, about, Kind(by), months, revenue=revenue)
        if csv is not None:
            staying.write_cohorts(csv, found)
        if json_:
            return json.dumps(staying.cohorts_as_json(found, about))
        return staying.cohorts_in_words(found, about)

    _tell(_run(telling()), json_)


@cli.command()
def lifetime(
    config: ConfigFile = HERE,
    segment: Segments = None,
    source: Source = "",
    as_known_at: AsKnownAt = "",
    json_: ForPrograms = False,
) -> None:
    """How long customers stay."""
    asked = _asked(config, source, segment, as_known_at)

    async def telling() -> str:
        async with asked as (figures, about):
            found, again = await staying.lifetime(figures, about)
        if json_:
            return json.dumps(staying.lifetime_as_json(found, again, about))
        return staying.lifetime_in_words(found, again, about)

    _tell(_run(telling()), json_)


@cli.command()
def audit(
    config: ConfigFile = HERE,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From this local day on.")
    ] = None,
    by: Annotated[
        str, typer.Option(help="Only of this person: a Slack id, or terminal:NAME.")
    ] = "",
    csv: Annotated[Path | None, typer.Option(help="A new file for it, a line each.")] = None,
) -> None:
    """Who changed or exported what, and when."""
    settings = configuration.load(config)
    log_for_who_types(settings.log)
    day = since.date() if since else None
    found = _run(auditing.deeds(settings, since=day, person=by))
    if csv is not None:
        write_csv(csv, ("at", "person", "what", "about"), auditing.as_rows(found))
    out.print(escape(auditing.in_words(found, settings)))


@cli.command()
def results(
    scale: Annotated[Scale, typer.Argument(help="Which one.")],
    words: Annotated[
        list[str] | None,
        typer.Argument(help="As after /nps: last quarter plan=pro, themes 2026-10, outcomes."),
    ] = None,
    config: ConfigFile = HERE,
    csv: Annotated[Path | None, typer.Option(help="A new file for the figures.")] = None,
    json_: ForPrograms = False,
) -> None:
    """What customers answered, what it is about, and who of them stayed."""
    settings = configuration.load(config)
    log_for_who_types(settings.log)
    exported = json_ or csv is not None
    found = _run(scoring.results(settings, scale, words or [], clock=Clock(), exported=exported))
    if csv is not None:
        rows = [["" if cell is None else str(cell) for cell in row] for row in found.rows]
        write_csv(csv, found.heading, rows)
    _tell(json.dumps(found.json) if json_ else found.text, json_)


@cli.command()
def answers(
    config: ConfigFile = HERE,
    scale: Annotated[Scale | None, typer.Option(help="Only those on this scale.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From this local day on.")
    ] = None,
    format: Annotated[
        answering.Format, typer.Option(help="For a spreadsheet, or a JSON object a line.")
    ] = "csv",
    to: Annotated[Path | None, typer.Option(help="A new file for it.")] = None,
) -> None:
    """What was answered in Slack and in helpdesks, with score, comment and customer."""
    settings = configuration.load(config)
    log_for_who_types(settings.log)
    day = since.date() if since else None
    found = _run(answering.answers(settings, scale=scale, since=day, clock=Clock()))
    text = answering.as_text(found, format)
    if to is None:
        sys.stdout.write(text)
    else:
        answering.write(to, text)
        out.print(f"{len(found):,} answers are in {escape(str(to))}.")


@cli.command()
def merge(
    old: Annotated[str, typer.Argument(help="The record, by its id or name.")],
    new: Annotated[str, typer.Argument(help="The customer that it is, by id or name.")] = "",
    config: ConfigFile = HERE,
    undo: Annotated[
        bool, typer.Option("--undo", help="OLD is a customer of its own again.")
    ] = False,
) -> None:
    """Say that one record of the first source is another customer, or take that back."""
    settings = configuration.load(config)
    log_for_who_types(settings.log)
    if undo == bool(new):
        raise KeeprateError("Name two customers, OLD and NEW, or one after --undo.")
    said = UndoMerge(old) if undo else MergeRecords(old, new)
    out.print(escape(_run(merging.merge(settings, said, clock=Clock()))))


@cli.command()
def merges(config: ConfigFile = HERE) -> None:
    """Which records are part of another customer."""
    settings = configuration.load(config)
    log_for_who_types(settings.log)
    out.print(escape(_run(merging.merges(settings))))


@cli.command()
def match(
    config: ConfigFile = HERE,
    csv: Annotated[Path | None, typer.Option(help="A new file for everybody, a line each.")] = None,
) -> None:
    """Who of the other sources is who of the first one, and who was not found."""
    settings = configuration.load(config)
    log_for_who_types(settings.log)
    out.print(escape(_run(matching.match(settings, lists=csv, clock=Clock()))))


@cli.command()
def record(
    words: Annotated[list[str], typer.Argument(help="As 2026-10-31 200 customers 80 new.")],
    config: ConfigFile = HERE,
) -> None:
    """Keep how many customers there were at the end of a day, and how many were new."""
    settings = configuration.load(config)
    log_for_who_types(settings.log)
    out.print(escape(_run(counting.record(settings, words, clock=Clock()))))


@cli.command()
def calc(start: int, end: int, new: int) -> None:
    """The formula with three counts: at the start, at the end, and how many of those are new."""
    out.print(escape(calc_answer(start, end, new).text))


@cli.command()
def alerts(
    what: Annotated[Literal["backtest"], typer.Argument(help="What to do.")],
    rule: Annotated[str, typer.Option(help="By default every detection.")] = "",
    config: ConfigFile = HERE,
    at: Annotated[str, typer.Option(help="As if it were this local time.")] = "",
) -> None:
    """Which past periods a rule would have spoken of, before it is switched on."""
    settings = configuration.load(config)
    log_for_who_types(settings.log)
    for told in _run(backtests(settings, rule, clock=_clock(at, settings))):
        out.print(escape(unescape(told.text)))
        for rows in in_letters(told):
            out.print(escape(unescape(rows)))


@cli.command()
def manifest(
    url: Annotated[
        str, typer.Option(help="For HTTP mode: the address at which Slack reaches the bot.")
    ] = "",
    replies: Annotated[
        bool, typer.Option(help="For asking.replies: Slack tells the bot what is written.")
    ] = False,
) -> None:
    """The Slack app to create at api.slack.com/apps, "From a manifest"."""
    app = slack_manifest(url, replies=replies)
    sys.stdout.write(yaml.safe_dump(app, sort_keys=False, allow_unicode=True))


@cli.command()
def sandbox(
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes any free one.")] = 4700,
) -> None:
    """A local Slack to try things in; it says what to put into config.yaml."""

    def started(slack: Sandbox) -> None:
        out.print(f"A Slack of your own is at {slack.url}. Ctrl-C stops it.")
        out.print("In config.yaml: bot_token xoxb-sandbox, app_token xapp-sandbox; then")
        out.print(f"  {configuration.API_URL}={slack.api_url} keeprate run")

    settings = Settings(app=as_installed())
    _run(serve(host=host, port=port, settings=settings, started=started))


@cli.command()
def demo(
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    port: Annotated[
        int | None, typer.Option(help=f"By default {USUAL_PORT}, or a free one if that is taken.")
    ] = None,
) -> None:
    """See all of it, with an invented company: no account, no token, no internet."""

    def opened(url: str) -> None:
        out.print(f"The demo is at {url} - a Slack of your own, with Keeprate in it.")
        out.print("It is Monday, 2 November 2026. The page says what to try. Ctrl-C stops it.")
        if browser and not open_page(url):
            out.print("No browser was found here; please open that address in one.")

    async def showing() -> None:
        await show(
            port=free_port() if port is None else port,
            stop=_stopped_by_signals(),
            configured=lambda settings: set_up_logging(settings.log),
            opened=opened,
        )

    out.print("Starting Slack, and a month of work for the bot …")
    _run(showing())


def _tell(told: str, is_json: bool) -> None:
    if is_json:
        out.print_json(told)
    else:
        out.print(escape(told))


def log_for_who_types(log: LogConfig) -> None:
    """At a terminal a command tells itself what it did, and what went wrong: of what is logged as
    well, only faults are shown there, unless config.yaml wants to know everything."""
    if sys.stderr.isatty() and log.level != "debug":
        log = log.model_copy(update={"level": "error"})
    set_up_logging(log)


def set_up_logging(log: LogConfig) -> None:
    """Structured lines on standard error; what libraries log comes through the same way."""
    level = logging.getLevelName(log.level.upper())
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if log.json_lines
        # Plain: the pretty tracebacks show what variables held, secrets and customers' words too.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*before, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    formatter = structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=before)
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    handler.setLevel(level)  # libraries give their loggers levels of their own
    logging.basicConfig(handlers=[handler], level=max(level, logging.INFO), force=True)
    if log.level != "debug":
        stamina.instrumentation.set_on_retry_hooks([])  # a source's hiccup that passes is no news
    # They tell every request and every run of a job, with addresses.
    for noisy in ("httpx", "httpcore", "apscheduler", "alembic", "aiohttp.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _stopped_by_signals() -> asyncio.Event:
    """Set by Ctrl-C, or when the process is asked to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


def _clock(at: str, settings: Config) -> Clock:
    """Now, or the local time `at` and counting."""
    if not at:
        return Clock()
    try:
        local = datetime.fromisoformat(at)
    except ValueError:
        raise KeeprateError(
            f'--at "{at:.40}" is no time; write it like 2026-11-02T08:59.'
        ) from None
    zone = settings.definition.definition().zone_info
    return Clock.beginning(local if local.tzinfo else local.replace(tzinfo=zone))


def _run(work: Coroutine[Any, Any, T]) -> T:
    """On uvloop where it is installed; it takes a tenth off every event."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)
