"""What was stored of a failure is said in Dutch: each sentence that the code can make is known.

Not among these are the ValueErrors with which modules refuse settings: whoever starts the bot reads
them in the terminal, which is English. One that comes while a source is read is told as an answer
of a shape that we do not know.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bot
import integrations
from bot.domain.definition import Definition
from bot.domain.pulls import Freshness, Pull, PullState
from bot.errors import OutcomeUnknown, SlackError
from bot.messages import vendors, wording
from bot.messages.failures import _EVERY, failure
from bot.messages.languages import speaking, tr
from bot.slack.errors import _MEANING, refusal
from tests.messages.figures import FRIDAY
from tests.messages.raised import Code, Raised, read

BOT, INTEGRATIONS = Path(bot.__file__).parent, Path(integrations.__file__).parent
SAID_IN = (
    *(BOT / "slack" / f"{name}.py" for name in ("errors", "poster")),
    *(BOT / "jobs" / f"{name}.py" for name in ("pull", "counting", "delivery")),
    *(BOT / "store" / f"{name}.py" for name in ("deliveries", "staging", "counts")),
)
RAISED = re.compile(
    r"SlackRejected|ChannelUnreachable|BlocksRefused|SlackUnavailable|OutcomeUnknown|SlackError"
)
SLACKS = re.compile(r"Slack|ChannelUnreachable|BlocksRefused|OutcomeUnknown")
ERRORS_WORDS = ("error.sentence", "str(error)", "error")

NOBODY_HEARS = {"there is nothing of the kind"}
"""Caught where it is raised."""

ABOUT_SOURCES = (
    *sorted(INTEGRATIONS.glob("*.py")),
    *(path for path in sorted(BOT.rglob("*.py")) if "integrations.errors" in path.read_text()),
)
"""All that may raise why a source was not read."""

NO_PLACES = {"modifiedon ge 7", "one 7", "has no 7", "a list of 7", "give it 7"}
"""A word and a value that do not say where a record stands."""

ENGLISH_WORDS = re.compile(
    r"\b(an|but|column|does|field|for|from|gave|give|has|its?|line|look|mend|no|not|or|pull|put"
    r"|report|row|says|that|the|there|this|to|which|with)\b"
)
"""Those that are no Dutch, and no setting."""

WORDS = re.compile(r"\{\w+\}")
"""Parts the words of a text."""


def dutch(sentence: str) -> str:
    with speaking("nl"):
        return failure(sentence)


def sentences(path: Path) -> Iterator[str]:
    """What the module raises or stores, with stand-ins for its values."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[said, *_]) if RAISED.fullmatch(name):
                yield from _text(said)
            case ast.keyword(arg="sentence", value=said):
                yield from _text(said)
            case ast.Assign(targets=[ast.Name(id="sentence")], value=said):
                yield from _text(said)


_STANDS_FOR = {
    "said": "https://api.example.com/v1 answered 503",
    "what": "posting to C0SUCCESS",
    "then": "begins anew",
    "why": "because the bot was stopped",
    "remedy": "give it crm.read",
    "asked": " and asks to wait 30 seconds",
}


def _text(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(said)) if said:
            yield said
        case ast.JoinedStr(values=parts):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else _value(part)
                for part in parts
            )


def _value(part: ast.expr) -> str:
    assert isinstance(part, ast.FormattedValue)
    match part.value:
        case ast.Name(id=name):
            return _STANDS_FOR.get(name, "crm")
        case _:
            return "7"


EVERY = sorted(
    {said for path in SAID_IN for said in sentences(path)} - NOBODY_HEARS - {"crm", "crm: crm"}
)


@pytest.mark.parametrize("said", EVERY)
def test_every_sentence_that_is_stored_is_said_in_dutch(said: str) -> None:
    assert dutch(said) != said
    assert failure(said) == said, "in English it is as it was stored"


@cache
def code() -> Code:
    return read(ABOUT_SOURCES)


@cache
def raised() -> dict[str, list[Raised]]:
    """By the name of the file."""
    found: dict[str, list[Raised]] = {}
    for each in code().raised():
        found.setdefault(each.file, []).append(each)
    return found


def in_english(sentences: Iterable[Raised]) -> list[str]:
    """What is not, or not all, said in Dutch."""
    return [
        f"{each.file}:{each.line}: {each.sentence}\n    {dutch(each.sentence)}"
        for each in sentences
        if each.sentence not in NOBODY_HEARS
        and (dutch(each.sentence) == each.sentence or ENGLISH_WORDS.search(dutch(each.sentence)))
    ]


@pytest.mark.parametrize("file", [path.name for path in ABOUT_SOURCES])
def test_all_that_is_raised_about_a_source_is_said_in_dutch(file: str) -> None:
    told = in_english(raised().get(file, ()))

    assert not told, "\n".join(["write into bot/messages/vendors.py and vendors.po:", *told])


def test_every_place_of_a_record_is_said_in_dutch() -> None:
    """Also those that are written as in English."""
    known = {text.partition("{")[0] for text in vendors.PLACES}

    assert {
        place for place in code().places() - NO_PLACES if place.rstrip("7") not in known
    } == set()


@pytest.mark.parametrize(
    ("written", "english"),
    [
        ('raise BadRecord(f"{url} gave an id that is none; report it to us")', []),
        ('raise BadRecord(f"{url} has a full moon; wait")', ["7 has a full moon; wait"]),
        ('raise BadRecord("a moon: " + (f"{url} is full; wait"))', ["a moon: 7 is full; wait"]),
        ("raise BadRecord(MOON)", ["the moon is full; wait"]),
        ("raise BadRecord(moon(url))", ["7 is full; wait"]),
        ('raise told(url, "full moon")', ["a full moon at 7; wait"]),
        ("said = MOON if url else url; raise BadRecord(said)", ["the moon is full; wait"]),
        ("raise partial(told, what='new moon')(url)", ["a new moon at 7; wait"]),
        ("raise BadRecord(night.moon)", ["the night has a moon", "no moon for us"]),
        ("raise OfTheMoon(f'{url} is full; wait')", ["7 is full; wait"]),
    ],
)
def test_a_new_module_that_speaks_english_alone_is_found_out(
    tmp_path: Path, written: str, english: list[str]
) -> None:
    module = tmp_path / "integrations" / "acme.py"
    module.parent.mkdir()
    module.write_text(
        f"""
from integrations.errors import BadRecord

MOON = "the moon is full; wait"

class OfTheMoon(BadRecord):
    pass

@dataclass
class Night:
    moon: str = "the night has a moon"

def night():
    return Night(moon="no moon for us")

def moon(url):
    return f"{{url}} is full; wait"

def told(url, what):
    return BadRecord(f"a {{what}} at {{url}}; wait")

def page(url, night: Night):
    {written}
""",
        encoding="utf-8",
    )

    found = in_english(read([INTEGRATIONS / "errors.py", module]).raised())

    told = {each.partition(": ")[2].partition("\n")[0] for each in found}
    assert told - {"7", "a 7 at 7; wait"} == set(english), "but for what nothing is told of"
    assert all(each.startswith("acme.py:") for each in found)


def test_what_no_module_says_any_more_is_not_kept() -> None:
    domain = read([BOT / "domain" / "paying.py", BOT / "domain" / "stays.py"])
    said = {each.sentence for some in raised().values() for each in some}
    said |= {each.sentence for each in domain.raised(also=["ValueError"])}
    said |= {f"{place} has no" for place in code().places()}

    assert [
        text
        for group in (vendors.SENTENCES, *vendors.WITHIN.values())
        for text in group
        if not any(all(words in one for words in WORDS.split(text)) for one in said)
    ] == []


@pytest.mark.parametrize("module", ["paying", "stays"])
def test_what_is_said_within_an_error_is_said_in_dutch(module: str) -> None:
    """The words of a ValueError, of which the sentence around it is made."""
    inner = read([BOT / "domain" / f"{module}.py"]).raised(also=["ValueError"])
    wrong = [each.sentence for each in inner if "Customer" not in each.sentence]

    assert wrong
    for said in wrong:
        told = dutch(f"Customer '7': {said}. Correct what they pay at the source.")
        assert told.startswith("Klant '7': ")
        assert said not in told


def test_what_slack_said_is_shown_by_failure() -> None:
    """Its errors are English that does not know how it was put together, which `retold` needs."""
    found = [
        f"{path.name}:{said.lineno}"
        for path in BOT.rglob("*.py")
        for handler in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(handler, ast.ExceptHandler)
        and SLACKS.search(ast.unparse(handler.type or ast.Constant(None)))
        for said in ast.walk(handler)
        if isinstance(said, ast.Call)
        and getattr(said.func, "id", "") in ("retold", "tr")
        and any(ast.unparse(each) in ERRORS_WORDS for each in said.args)
    ]

    assert found == []


@pytest.mark.parametrize("code", _MEANING)
def test_every_word_of_slacks_is_explained_in_dutch(code: str) -> None:
    said = refusal("posting to C0OLD", 200, {"error": code}, {}).sentence
    told = dutch(said)

    assert told.startswith("plaatsen in C0OLD: Slack ")
    assert said.rpartition(": ")[2] not in told


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("", ""),
        ("Nobody knows this.", "Nobody knows this."),
        ("crm: nobody knows this.", "crm: nobody knows this."),
        (
            "1,204 of 90,000 customers are missing from the pull; more than 1,800 at once are not"
            " believed. Check the filter of the source and the rights of its token.",
            "1.204 van 90.000 klanten ontbreken in wat is opgehaald; meer dan 1.800 tegelijk worden"
            " niet geloofd. Controleer het filter van de bron en de rechten van haar token.",
        ),
        (
            "All was read, because its changes cannot be. crm: https://api.example.com answered"
            " 429 and asks to wait 30 seconds; the next pull tries again",
            "Alles is gelezen, omdat alleen de wijzigingen niet te lezen zijn. crm:"
            " https://api.example.com antwoordde 429 en vraagt 30 seconden te wachten; de volgende"
            " keer wordt het opnieuw geprobeerd",
        ),
        (
            "posting to C0OLD: Slack says missing_scope (needs chat:write): add the scope to the"
            " app and install it again",
            "plaatsen in C0OLD: Slack zegt missing_scope (needs chat:write): geef de app de scope"
            " en installeer haar opnieuw",
        ),
        (
            "crm: another process went on with the pull.",
            "crm: een ander proces ging verder met ophalen.",
        ),
        (
            "crm: account 0017: the field named in since: does not hold a date; mend it there, or"
            " name another field",
            "crm: account 0017: het veld dat since: noemt bevat geen datum; herstel het daar, of"
            " noem een ander veld",
        ),
        (
            "counted: counts.csv line 3: 2026-10-31 is counted twice; keep one of the two",
            "counted: counts.csv regel 3: 2026-10-31 is twee keer geteld; houd een van de twee",
        ),
        (
            'crm: old: new.csv line 7, column "since": "31/10/2026" is not a date like 2026-10-31;'
            ' mend the line or set dates: "%d/%m/%Y" or "iso"',
            'crm: old: new.csv regel 7, kolom "since": "31/10/2026" is geen datum zoals 2026-10-31;'
            ' herstel de regel of zet dates: "%d/%m/%Y" of "iso"',
        ),
        (
            "shop: Customer '7' (order 1204): 'E' is not a currency like EUR. Correct what they pay"
            " at the source.",
            "shop: Klant '7' (bestelling 1204): 'E' is geen valuta zoals EUR. Verbeter in de bron"
            " wat deze klant betaalt.",
        ),
        (
            "api: https://api.example.com row 9 has an object with id, name and 1,204 more where a"
            " row should be",
            "api: https://api.example.com rij 9 heeft een object met id, name en nog 1.204 waar een"
            " rij hoort te staan",
        ),
        (
            "billing: sub_1 is canceled but has no ended_at; look at it in Stripe",
            "billing: sub_1 heeft status canceled maar geen ended_at; kijk ernaar in Stripe",
        ),
        (
            "erp: invoice SINV-1 of customer 7 ends on 2026-01-02, before it begins on 2026-01-03;"
            " look at it in ERPNext",
            "erp: factuur SINV-1 van klant 7 eindigt op 2026-01-02, voordat het begint op"
            " 2026-01-03; kijk ernaar in ERPNext",
        ),
        (
            "billing: sub_1 of customer Customer 7 ends on 2026-01-02, before it begins on"
            " 2026-01-03; look at it in Stripe",
            "billing: sub_1 van klant Customer 7 eindigt op 2026-01-02, voordat het begint op"
            " 2026-01-03; kijk ernaar in Stripe",
        ),
    ],
)
def test_values_stay_what_they_were(stored: str, told: str) -> None:
    assert dutch(stored) == told


@pytest.mark.parametrize(
    "stored",
    [
        "some of 90 customers are missing from the pull; more than 3 at once are not believed."
        " Check the filter of the source and the rights of its token.",
        "a: " * 2000,
        "the pull was broken off (",
    ],
)
def test_what_is_nearly_known_is_told_as_it_is(stored: str) -> None:
    assert dutch(stored) == stored


def test_as_much_as_there_may_be_within_is_told() -> None:
    ways = " or ".join(["iso"] * 2000)
    told = dutch(f"x: y is not a date like 7; mend the line or set dates: {ways}")

    assert told.startswith("x: y is geen datum zoals 7; herstel de regel of zet dates: iso of iso")
    assert told.endswith(" or iso"), "and the rest as it is"


@given(st.text())
def test_whatever_is_stored_is_told(stored: str) -> None:
    told = dutch(stored)
    assert bool(told) == bool(stored)


ODD = (
    "7", "1,204", "crm", "a, b", "a: b", "x; y", "(z)", "[b*]+?$", "\\n", "two\nlines", "and", "is",
    'a "quoted" one', "503 (invalid_grant)", "https://api.example.com:8443/v2/x", "C:\\old (2).csv",
    "é 漢", "{braces}", "%s", "", " ",
)  # fmt: skip
"""What vendors and files may be called, and may say."""


@settings(max_examples=30)
@given(st.lists(st.sampled_from(ODD), min_size=6, max_size=6), st.integers(0, 10**9))
def test_no_sentence_is_taken_for_another(odd: list[str], number: int) -> None:
    """Whatever its values are: a wide one would tell half of a narrow one."""
    for text in _EVERY:
        names = dict.fromkeys(re.findall(r"\{(\w+)\}", text))
        values: dict[str, str | int] = {
            name: number if name in ("n", "n_all", "n_most") else value
            for name, value in zip(names, odd, strict=False)
        }
        told = {n: f"{v:,}" if isinstance(v, int) else v for n, v in values.items()}
        with speaking("nl"):
            assert failure(text.format(**told)) == tr(text, **values), text


def test_status_says_it_in_dutch() -> None:
    why = "crm: https://api.example.com answered 401: the token is not accepted; put a valid one"
    failed = Pull(
        5, "crm", "d", FRIDAY, PullState.FAILED, FRIDAY, sentence=f"{why} into config.yaml"
    )
    with speaking("nl"):
        told = wording.freshness(Freshness("crm", failed, None), Definition())

    assert "het token wordt niet aanvaard" in told
    assert "answered" not in told


def test_slack_that_does_not_tell_is_said_in_dutch() -> None:
    unsure: SlackError = refusal("posting to C0OLD", 503, {}, {})

    assert isinstance(unsure, OutcomeUnknown)
    assert dutch(unsure.sentence) == (
        "plaatsen in C0OLD: Slack antwoordde 503, en kan het hebben aangenomen"
    )
