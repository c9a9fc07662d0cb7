"""Files as people export them, and the mistakes that such files hold."""

import asyncio
import codecs
import gzip
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st
from pydantic import ValidationError

from integrations import csv
from integrations.errors import BadRecord, CredentialsRejected, IntegrationError, SourceUnavailable
from integrations.records import DatedStay, Present, Purchase, Record
from integrations.rows import in_a_thread
from tests.architecture.test_layout import ROOT
from tests.integrations.recordings import SINCE, pages, records

CDNOW = ROOT / "tests/data/cdnow/CDNOW_sample.txt"


def source(path: Path, **section: Any) -> csv.Settings:
    return csv.Settings.model_validate(
        {"kind": "csv", "name": "shop", "path": path, "evidence": "stays", **section}
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "customers.csv"


def write(file: Path, content: str | bytes) -> Path:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def numbered(count: int) -> str:
    """A list of so many customers of today."""
    return "customer\n" + "".join(f"{n}\n" for n in range(count))


async def read(file: Path, content: str | bytes, **section: Any) -> list[Record]:
    write(file, content)
    return await records(source(file, **section))


async def refusal(file: Path, content: str | bytes, **section: Any) -> str:
    """What is said of a file that cannot be believed."""
    with pytest.raises(BadRecord) as caught:
        await read(file, content, **section)
    return str(caught.value)


# What a row is


async def test_the_real_purchases_of_a_shop_without_a_header() -> None:
    shop = source(
        CDNOW, evidence="purchases", header=False, customer=2, on=3, fields={"size": 4},
        dates="%Y%m%d",
    )  # fmt: skip

    got = await records(shop)

    assert len(got) == 6_919
    assert len({record.customer for record in got}) == 2_357
    assert got[0] == Purchase("0001", "0001", date(1997, 1, 1), {"size": "2"}, "line 1")
    assert len({r.on for r in got if isinstance(r, Purchase)}) > 500, "every day is its own"


async def test_a_stay_without_an_end_lasts(file: Path) -> None:
    got = await read(file, "customer,since,until\n1,2026-01-01,\n2,2026-01-01,9999-12-31\n")

    assert got == [
        DatedStay("1", "1", date(2026, 1, 1), None, {}, "line 2"),
        DatedStay("2", "2", date(2026, 1, 1), None, {}, "line 3"),
    ]


async def test_a_stay_may_end_on_the_day_it_begins(file: Path) -> None:
    [stay] = await read(file, "customer,since,until\n1,2024-02-29,2024-02-29\n")

    assert isinstance(stay, DatedStay)
    assert stay.since == stay.until == date(2024, 2, 29)


async def test_todays_customers_need_no_dates(file: Path) -> None:
    got = await read(file, "customer,name\n1,Acme\n2, \n", evidence="today")

    assert got == [
        Present("1", "Acme", None, {}, "line 2"),
        Present("2", "2", None, {}, "line 3"),
    ]


async def test_todays_customers_may_tell_since_when(file: Path) -> None:
    got = await read(file, "customer,since\n1,2026-01-01\n2,\n", evidence="today")

    assert [r.since for r in got if isinstance(r, Present)] == [date(2026, 1, 1), None]


@pytest.mark.parametrize(
    ("evidence", "column"), [("purchases", "since"), ("purchases", "until"), ("stays", "on"),
                             ("today", "until"), ("today", "on")]
)  # fmt: skip
def test_a_column_that_the_evidence_has_no_use_for_is_refused(evidence: str, column: str) -> None:
    with pytest.raises(ValidationError, match=f"{evidence} has no {column}"):
        source(Path("x.csv"), evidence=evidence, **{column: "x"})


# How files are written


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
async def test_finds_out_what_stands_between_columns(file: Path, separator: str) -> None:
    content = 'customer,"na,;|me",since,until\r\n1,Acme,2026-01-01,\r\n'.replace(",", separator)

    got = await read(file, content, customer_name=2)

    assert got == [DatedStay("1", "Acme", date(2026, 1, 1), None, {}, "line 2")]


async def test_a_decimal_comma_is_not_what_stands_between_columns(file: Path) -> None:
    got = await read(
        file, "1;2026-01-01;29,90;1,5\n", evidence="purchases", header=False, customer=1, on=2
    )

    assert [r.customer for r in got] == ["1"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
async def test_reads_what_it_is_told_to(file: Path, encoding: str) -> None:
    content = "customer,name\n1,Café Zoë\n".encode(encoding)
    told = "utf-8-sig" if encoding == "utf-8" else encoding

    [record] = await read(file, content, evidence="today", encoding=told)

    assert record.name == "Café Zoë"


async def test_a_packed_file_is_known_by_what_is_in_it(file: Path) -> None:
    [record] = await read(file, gzip.compress(b"customer\n1\n"), evidence="today")

    assert record.customer == "1"


async def test_lines_may_be_blank_or_lack_the_last_break_or_end_like_windows(file: Path) -> None:
    got = await read(file, "\r\n customer \r\n\r\n1\r\n  \r\n2", evidence="today")

    assert [(r.customer, r.place) for r in got] == [("1", "line 4"), ("2", "line 6")]


async def test_a_cell_may_span_lines_and_errors_still_name_the_right_one(file: Path) -> None:
    content = 'customer,name,since,until\n1,"Acme\nLtd",2026-01-01,\n2,B,2026-13-01,\n'

    assert "line 4, column" in await refusal(file, content)


async def test_a_header_may_be_written_in_another_case(file: Path) -> None:
    [record] = await read(file, "Customer,NAME,Plan\n1,A,pro\n", evidence="today", fields=["plan"])

    assert record == Present("1", "A", None, {"plan": "pro"}, "line 2")


async def test_a_file_longer_than_a_page_comes_in_pages(file: Path) -> None:
    count = 2 * csv.ROWS + 1

    got = await pages(source(write(file, numbered(count)), evidence="today"))

    assert [len(page.records) for page in got] == [csv.ROWS, csv.ROWS, 1]
    assert [r.customer for page in got for r in page.records] == [str(n) for n in range(count)]


async def test_a_header_alone_is_a_source_without_customers(file: Path) -> None:
    assert await read(file, "customer,since,until\n") == []


@budget(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Z"]), min_size=1),
        unique=True,
        max_size=8,
    )
)
async def test_any_name_survives(tmp_path: Path, names: list[str]) -> None:
    quoted = "".join(
        f'{n},"{name.replace(chr(34), chr(34) * 2)}"\n' for n, name in enumerate(names)
    )

    got = await read(tmp_path / "x.csv", "customer,name\n" + quoted, evidence="today")

    assert [r.name for r in got] == [name.strip() or str(n) for n, name in enumerate(names)]


# Days


@pytest.mark.parametrize(
    ("dates", "written", "day"),
    [
        ("iso", "2024-02-29", date(2024, 2, 29)),
        ("%d/%m/%Y", "29/02/2024", date(2024, 2, 29)),
        ("%Y%m%d", "20240229", date(2024, 2, 29)),
        ("%d %b %y", "29 Feb 24", date(2024, 2, 29)),
        ("iso", "2024-02-29T23:30:00Z", datetime(2024, 2, 29, 23, 30, tzinfo=UTC)),
        ("iso", " 2024-02-29 ", date(2024, 2, 29)),
    ],
)
async def test_reads_days_as_they_are_written(
    file: Path, dates: str, written: str, day: date
) -> None:
    [record] = await read(file, f"customer,on\n1,{written}\n", evidence="purchases", dates=dates)

    assert isinstance(record, Purchase)
    assert record.on == day
    assert type(record.on) is type(day)


@pytest.mark.parametrize(
    ("dates", "written", "moment"),
    [
        ("seconds", "1793404800", datetime(2026, 10, 31, tzinfo=UTC)),
        ("seconds", "1793404800.5", datetime(2026, 10, 31, 0, 0, 0, 500_000, UTC)),
        ("milliseconds", "1793404800000", datetime(2026, 10, 31, tzinfo=UTC)),
        ("milliseconds", "-1000", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
async def test_reads_moments_that_are_counted_since_1970(
    file: Path, dates: str, written: str, moment: datetime
) -> None:
    [stay] = await read(file, f"customer,since,until\n1,{written},\n", dates=dates)

    assert isinstance(stay, DatedStay)
    assert stay.since == moment


@pytest.mark.parametrize("written", ["2026-10-31", "soon", "inf", "1e300", "179340480000000"])
async def test_what_is_not_counted_since_1970_is_named(file: Path, written: str) -> None:
    told = await refusal(file, f"customer,since,until\n1,{written},\n", dates="seconds")

    assert 'line 2, column "since"' in told
    assert "1793404800" in told or "in the years" in told


async def test_who_a_customer_is_elsewhere(file: Path) -> None:
    written = "customer,mail,sites,group\n1,a@acme.com b@acme.com,acme.com;acme.de,7\n2,,,\n"
    one, two = await read(
        file, written, evidence="today", emails="mail", domains="sites", parent="group",
        separator=",",
    )  # fmt: skip

    assert one == Present(
        "1", "1", place="line 2", parent="7",
        emails=("a@acme.com", "b@acme.com"), domains=("acme.com", "acme.de"),
    )  # fmt: skip
    assert two == Present("2", "2", place="line 3")


async def test_a_time_without_a_zone_is_read_in_the_one_that_is_set(file: Path) -> None:
    [record] = await read(
        file, "customer,on\n1,2026-10-25 02:30:00\n", evidence="purchases", zone="Europe/Amsterdam"
    )

    assert isinstance(record, Purchase)
    assert record.on == datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Amsterdam"))


async def test_a_time_without_a_zone_is_refused_if_none_is_set(file: Path) -> None:
    said = await refusal(file, "customer,on\n1,2026-10-25 02:30\n", evidence="purchases")

    assert "without a zone; set zone:" in said


@pytest.mark.parametrize("pattern", ["YYYY-MM-DD", "%d/%m", "%H:%M", "", "%Q"])
def test_a_pattern_that_tells_no_whole_day_is_refused(pattern: str) -> None:
    with pytest.raises(ValidationError, match="%d/%m/%Y"):
        source(Path("x.csv"), dates=pattern)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "CET+25"])
def test_a_zone_that_nobody_lives_in_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError, match="Europe/Amsterdam"):
        source(Path("x.csv"), zone=zone)


# Mistakes


async def test_a_bad_date_on_line_17(file: Path) -> None:
    lines = ["customer,since,until", *(f"{n},2026-01-01," for n in range(15)), "16,2026-13-01,"]

    said = await refusal(file, "\n".join(lines))

    assert said == (
        'shop: customers.csv line 17, column "since": "2026-13-01" is not a date like 2026-10-31;'
        " mend the line or set dates:"
    )


@pytest.mark.parametrize(
    ("written", "ways"),
    [
        ("31/10/2026", ' "%d/%m/%Y"'),
        ("03/04/2026", ' "%d/%m/%Y" or "%m/%d/%Y"'),
        ("31.10.2026 23:30", ' "%d.%m.%Y %H:%M"'),
        ('"Oct 31, 2026"', ' "%b %d, %Y"'),
        ("20261031", ' "%Y%m%d"'),
        ("1793404800", ' "seconds"'),
        ("1793404800000", ' "milliseconds"'),
        ("40482", ""),
        ("31/10/0026", ""),
        ("soon", ""),
    ],
)
async def test_a_day_that_is_written_otherwise_is_told_how(
    file: Path, written: str, ways: str
) -> None:
    content = f"customer,since,until\n1,{written},\n"
    said = await refusal(file, content)

    assert said.endswith(f"mend the line or set dates:{ways}")
    if ways and " or " not in ways:
        dates = ways.strip().strip('"')
        [stay] = await read(file, content, dates=dates, zone="UTC")
        assert isinstance(stay, DatedStay)
        assert stay.since.year == 2026


async def test_of_thousands_of_columns_those_that_are_called_alike_are_named(file: Path) -> None:
    names = ["Customer-ID", "parent_customer_nr", *(f"x{number}" for number in range(3000))]
    line = ["7"] * len(names)

    said = await refusal(file, f"{','.join(names)}\n{','.join(line)}\n", customer="customer_id")

    assert "it has Customer-ID, parent_customer_nr and 3,000 more" in said


async def test_thousands_of_columns_are_read_as_one_is(file: Path) -> None:
    names = ["customer", *(f"x{number}" for number in range(5000)), "since", "until"]
    rows = [["a", *["1"] * 5000, "2024-02-29", ""], ["b", *["1"] * 5000, "2025-02-28", ""]]
    content = "\n".join(",".join(row) for row in [names, *rows])

    assert [r.customer for r in await read(file, content, fields=["x4999"])] == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("", "customers.csv is empty", id="no bytes"),
        pytest.param("\ufeff", "customers.csv is empty", id="a mark alone"),
        pytest.param(" \n\n\t\n", "customers.csv is empty", id="blank lines"),
        pytest.param(
            "id,since,until\n1,2026-01-01,\n",
            'has no column "customer"; it has id, since, until',
            id="column missing",
        ),
        pytest.param("customer,since\n1,2026-01-01\n", 'no column "until"', id="no until"),
        pytest.param(
            "customer,since,since,until\n", 'two columns "since"', id="a column twice"
        ),
        pytest.param(
            "customer,since,until\n1,2026-02-03,2026-01-02\n",
            'line 2: "until" (2026-01-02) is before "since" (2026-02-03) of customer 1; mend',
            id="until before since",
        ),
        pytest.param(
            "customer,since,until\n1,2026-01-02T09:00:00+01:00,2026-01-02T07:59:00+00:00\n",
            'line 2: "until" (2026-01-02 07:59:00+00:00) is before "since" (2026-01-02 09:00:00+01',
            id="until before since on one day",
        ),
        pytest.param("customer,since,until\n,2026-01-01,\n", '"customer" is empty', id="no id"),
        pytest.param("customer,since,until\n1,,\n", '"since" is empty', id="no since"),
        pytest.param(
            "customer,since,until\n1,2026-01-01\n",
            "line 2 has 2 columns where the first line has 3",
            id="short row",
        ),
        pytest.param(
            "customer,since,until\n1,2026-01-01,,Ltd\n",
            "line 2 has 4 columns where the first line has 3",
            id="long row",
        ),
        pytest.param("customer,since,until\n1,31/10/2026,\n", "is not a date like", id="slashes"),
        pytest.param("customer,since,until\n1,2026-02-29,\n", "is not a date", id="no leap day"),
        pytest.param("customer,since,until\n1,0206-01-01,\n", "years 1900 to 2199", id="old"),
        pytest.param("customer,since,until\n1,9999-12-31,\n", "years 1900", id="since never"),
        pytest.param("customer,since,until\n1\0,2026-01-01,\n", "line 2 holds a NUL", id="NUL"),
        pytest.param(
            'customer,since,until\n1,2026-01-01,\n"2,2026-01-01,\n3,2026-01-01,\n',
            "line 3 cannot be read as a row",
            id="a quote never closed",
        ),
        pytest.param(
            b"customer,since,until\nCaf\xe9,2026-01-01,\n", "set encoding:", id="wrong encoding"
        ),
        pytest.param("x" * 1_000_001, "line 1 is longer", id="no table"),
        pytest.param(
            gzip.compress(b"customer,since,until\n1,2026-01-01,\n")[:-12],
            "is damaged",
            id="gzip cut off",
        ),
        pytest.param(b"\x1f\x8bno gzip", "is damaged", id="no gzip"),
    ],
)  # fmt: skip
async def test_a_mistake_is_named_with_its_place(
    file: Path, content: str | bytes, said: str
) -> None:
    told = await refusal(file, content)

    assert told.startswith("shop: customers.csv")
    assert said in told


@pytest.mark.parametrize(
    ("since", "until", "refused"),
    [
        ("2026-01-02T10:00:00Z", "2026-01-02T09:59:00Z", True),
        ("2026-01-02T10:00:00Z", "2026-01-02T10:00:00Z", False),
        ("2026-01-02T00:30:00+02:00", "2026-01-01T23:00:00Z", False),
        ("2026-01-02T00:30:00+02:00", "2026-01-01", False),
        ("2026-01-02", "2026-01-01T23:00:00-05:00", False),
        ("2026-01-03", "2026-01-01T23:00:00-05:00", True),
    ],
)
async def test_a_day_beside_a_time_is_given_the_benefit_of_the_zone(
    file: Path, since: str, until: str, refused: bool
) -> None:
    content = f"customer,since,until\n1,{since},{until}\n"
    if refused:
        assert "is before" in await refusal(file, content)
    else:
        assert len(await read(file, content)) == 1


async def test_a_duplicate_id_names_both_lines(file: Path) -> None:
    said = await refusal(file, "customer\n7\n8\n 7\n", evidence="today")

    assert 'line 4 has the same "customer" as line 2' in said
    assert "7" not in said.replace("line", ""), "an id may be an e-mail address"


async def test_a_duplicate_id_is_noticed_on_another_page_too(file: Path) -> None:
    content = numbered(csv.ROWS) + "0\n"

    assert f"line {csv.ROWS + 2} has the same" in await refusal(file, content, evidence="today")


async def test_a_value_is_shown_short_and_harmless(file: Path) -> None:
    said = await refusal(file, f"customer,on\n1,\x1b[31m{'9' * 60}\n", evidence="purchases")

    assert "\x1b" not in said
    assert "\\x1b[31m999" in said
    assert "9" * 41 not in said


async def test_positions_beyond_the_row_and_names_without_a_header_are_refused(file: Path) -> None:
    row = "1,2026-01-01\n"

    assert "no column 3" in await refusal(
        file, row, evidence="purchases", header=False, customer=1, on=3
    )
    assert "has no header" in await refusal(file, row, evidence="purchases", header=False, on=2)
    for wrong in (0, -1, "", True, 1.5):
        with pytest.raises(ValidationError):
            source(file, customer=wrong)


def test_pages_before_a_mistake_are_given_so_only_the_end_proves_a_pull(file: Path) -> None:
    reading = csv._pages(source(write(file, numbered(csv.ROWS) + "a,b\n"), evidence="today"))

    assert len(next(reading).records) == csv.ROWS
    with pytest.raises(BadRecord):
        next(reading)


# The file itself


def test_a_relative_path_counts_from_the_folder_of_the_config(tmp_path: Path) -> None:
    section = {"kind": "csv", "path": "data/x.csv", "evidence": "today"}

    here = csv.Settings.model_validate(section, context={"folder": tmp_path})
    absolute = csv.Settings.model_validate(
        {**section, "path": "/data/x.csv"}, context={"folder": tmp_path}
    )

    assert here.path == tmp_path / "data/x.csv"
    assert absolute.path == Path("/data/x.csv")
    assert csv.Settings.model_validate(section).path == Path("data/x.csv")


@pytest.mark.parametrize("encoding", ["klingon", "", "utf-8\0", "hex"])
def test_an_encoding_that_no_text_is_written_in_is_refused(encoding: str) -> None:
    with pytest.raises(ValidationError, match="cp1252"):
        source(Path("x.csv"), encoding=encoding)


@pytest.mark.parametrize("content", ['""', '""\n', '""\n \n""'])
async def test_a_file_of_empty_cells_has_nothing_in_it(file: Path, content: str) -> None:
    assert "export it again" in await refusal(file, content)


async def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(BadRecord, match="is not a file"):
        await records(source(tmp_path))


async def test_a_file_that_is_not_there_yet_may_come(file: Path) -> None:
    with pytest.raises(SourceUnavailable, match=r"there is no file .*customers\.csv"):
        await records(source(file))


@pytest.fixture
def no_root() -> Iterator[None]:
    """Nothing is forbidden to root, so that for the time of a test it is somebody else."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


async def test_a_file_that_may_not_be_read(file: Path, request: pytest.FixtureRequest) -> None:
    os.chmod(write(file, numbered(1)), 0)
    request.getfixturevalue("no_root")

    with pytest.raises(CredentialsRejected, match="may not be read"):
        await records(source(file))


def test_a_file_that_grows_while_it_is_read_is_not_believed(file: Path) -> None:
    reading = csv._pages(source(write(file, numbered(csv.ROWS + 1)), evidence="today"))
    next(reading)
    with file.open("a") as end:
        end.write("x\n")

    with pytest.raises(SourceUnavailable, match="changed while it was read"):
        list(reading)


async def test_stopping_halfway_closes_what_was_read(file: Path) -> None:
    reading = csv._pages(source(write(file, numbered(3 * csv.ROWS)), evidence="today"))
    async with in_a_thread(reading) as running:
        await anext(running)
        [thread] = [t for t in threading.enumerate() if t.name.startswith("rows")]
    await asyncio.to_thread(thread.join)

    with pytest.raises(StopIteration):
        next(reading)


@budget(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150
)
@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda b: codecs.BOM_UTF8 + b)
       | st.text(st.sampled_from('a1,;\n\r"-\t 2026'), max_size=60).map(str.encode)
       | st.binary(max_size=60).map(lambda b: b"\x1f\x8b\x08" + b))  # fmt: skip
async def test_no_file_brings_more_than_an_error_of_ours(tmp_path: Path, content: bytes) -> None:
    for section in ({}, {"evidence": "today", "header": False, "customer": 1}):
        with suppress(IntegrationError):
            await read(tmp_path / "x.csv", content, **section)


# Tickets and ratings

TICKETS: dict[str, Any] = {"evidence": None, "tickets": {"id": "no", "zone": "Europe/Berlin"}}
RATINGS: dict[str, Any] = {"evidence": None, "ratings": {"lowest": 1, "highest": 5}}


def told(**section: Any) -> dict[str, Any]:
    return {name: value for name, value in section.items() if value is not None}


async def others(file: Path, content: str, since: datetime = SINCE, **section: Any) -> list[Any]:
    write(file, content)
    settings = csv.Settings.model_validate(told(kind="csv", path=file, **section))
    [reading] = settings.readings()
    return [r for page in await pages(settings, reading, since) for r in page.records]


async def test_a_file_of_tickets(file: Path) -> None:
    rows = "No,requester_id,created_at\n4711,ben,2026-10-08 14:20\n"

    [ticket] = await others(file, rows, **TICKETS)

    assert (ticket.id, ticket.requester) == ("4711", "ben")
    assert ticket.opened.isoformat() == "2026-10-08T14:20:00+02:00"


async def directions(file: Path, cells: str, *, scale: str = "ces", **also: Any) -> list[str]:
    """Of ratings, with a column "way"."""
    rows = "".join(f"{n},4,2026-01-01T00:00Z,{cell}\n" for n, cell in enumerate(cells.split("|")))
    section = {**RATINGS["ratings"], "highest": 7, "scale": scale, **also}
    told = await others(file, "id,score,created_at,way\n" + rows, evidence=None, ratings=section)
    return [rating.direction for rating in told]


async def test_which_end_of_a_rating_is_the_good_one_is_told_for_all_or_by_each_row(
    file: Path,
) -> None:
    assert await directions(file, "lower") == ["higher"]
    assert await directions(file, "higher", direction="lower") == ["lower"]
    told = await directions(file, "higher| Lower|", direction="way")
    assert told == ["higher", "lower", "higher"]


@pytest.mark.parametrize(
    ("cell", "scale", "way", "said"),
    [
        ("Acme", "ces", "way", 'line 2, column "way" says neither higher nor lower'),
        ("lower", "nps", "way", 'line 2, column "way" says lower, which only ces may be'),
        ("lower", "ces", "sense", 'no column "sense"'),
    ],
)
async def test_a_direction_that_cannot_be_is_named(
    file: Path, cell: str, scale: str, way: str, said: str
) -> None:
    with pytest.raises(BadRecord) as caught:
        await directions(file, cell, scale=scale, direction=way)

    assert said in str(caught.value)
    assert "Acme" not in str(caught.value)


async def test_what_is_known_to_have_changed_before_is_not_told_again(file: Path) -> None:
    rows = "id,score,created_at,seen\n" + "".join(
        f"{n},4,2026-01-01T00:00Z,{seen}\n"
        for n, seen in enumerate(["2026-10-07T23:59Z", "2026-10-08T00:00Z", ""])
    )
    settings = {**RATINGS, "ratings": {**RATINGS["ratings"], "changed": "seen"}}

    told = await others(file, rows, datetime(2026, 10, 8, tzinfo=UTC), **settings)

    assert [rating.id for rating in told] == ["1", "2"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("id,created_at\n", 'no column "score"'),
        ("id,score,created_at\nr1,Acme,2026-10-08T00:00Z\n", 'line 2, column "score": what stands'),
        ("id,score,created_at\nr1,6,2026-10-08T00:00Z\n", "not a score from 1 to 5"),
        ("id,score,created_at\n,4,2026-10-08T00:00Z\n", 'line 2, column "id" is empty'),
        ("id,score,created_at\nr1,4,Acme\n", 'line 2, column "created_at" holds no moment'),
        ("id,score,created_at\nr1,4,2026-10-08T00:00\n", "a time without a zone: set zone:"),
        ("id,score,created_at\nr1,4\n", "line 2 has 2 columns"),
    ],
)
async def test_a_rating_that_cannot_be_true_is_named(file: Path, rows: str, said: str) -> None:
    with pytest.raises(BadRecord) as caught:
        await others(file, rows, **RATINGS)

    assert said in str(caught.value)
    assert "Acme" not in str(caught.value)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({}, "Field required"),
        ({"evidence": "stays", "tickets": {}}, "needs one of evidence:"),
        ({"ratings": {"lowest": 1, "highest": 5}, "tickets": {}}, "needs one of evidence:"),
        ({"tickets": {}, "customer": "id"}, "is a file of tickets, which has no customer"),
        ({"tickets": {}, "reads": ["customers"]}, "is a file of tickets; leave reads: out"),
        ({"evidence": "stays", "reads": ["tickets"]}, "is a file of customers; leave reads: out"),
    ],
)
def test_a_file_is_one_list(section: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        csv.Settings.model_validate({"kind": "csv", "path": "a.csv", **section})


def test_a_file_of_tickets_says_nothing_of_who_is_a_customer() -> None:
    section = {"kind": "csv", "path": "a.csv"}

    assert csv.Settings.model_validate({**section, "tickets": {}}).counting() == ()
    assert csv.Settings.model_validate({**section, "evidence": "stays"}).counting() == (
        ("evidence", "stays"),
    )


async def test_what_a_file_does_not_have_is_not_read(file: Path) -> None:
    with pytest.raises(BadRecord, match="tickets: is not described"):
        await pages(source(file), "tickets")
    with pytest.raises(BadRecord, match="ratings: is not described"):
        await pages(source(file), "ratings")
