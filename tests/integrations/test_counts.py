"""Counts in a file: every line, and none that can't be one."""

from pathlib import Path
from typing import Any

import pytest

from integrations import counts
from integrations.errors import BadRecord, SourceUnavailable
from integrations.records import Count
from tests.integrations import recordings


def settings(folder: Path, **section: Any) -> counts.Settings:
    given = {"kind": "counts", "path": "counts.csv", **section}
    return counts.Settings.model_validate(given, context={"folder": folder})


async def read(folder: Path, text: str | bytes, **section: Any) -> list[Count]:
    content = text if isinstance(text, bytes) else text.encode()
    (folder / "counts.csv").write_bytes(content)
    pages = await recordings.pages(settings(folder, **section), "counts")
    return [record for page in pages for record in page.records]


@pytest.mark.parametrize(
    "text",
    [
        "date,customers,new\n2026-10-31,200,80\n",
        "\ufeffdate;customers;new\r\n2026-10-31;200;80\r\n\r\n",
        "date\tcustomers\tnew\n2026-10-31\t200\t80",
        'New, "Customers", DATE\n80, 200, 2026-10-31\n',
    ],
    ids=["commas", "as Excel saves it", "tabs", "in another order"],
)
async def test_a_table_is_read_however_it_was_saved(tmp_path: Path, text: str) -> None:
    [count] = await read(tmp_path, text)

    assert (str(count.on), count.customers, count.new) == ("2026-10-31", 200, 80)


async def test_columns_and_days_may_be_called_and_written_otherwise(tmp_path: Path) -> None:
    [count] = await read(
        tmp_path,
        "Tag;Kunden;Neue\n31.10.2026;200;80\n",
        on="tag",
        customers="Kunden",
        new="Neue",
        dates="%d.%m.%Y",
    )

    assert (str(count.on), count.customers, count.new) == ("2026-10-31", 200, 80)


async def test_new_ones_need_not_be_told(tmp_path: Path) -> None:
    assert [c.new for c in await read(tmp_path, "date,customers\n2026-10-31,200\n")] == [None]


async def test_without_a_file_people_record_what_they_count(tmp_path: Path) -> None:
    assert await recordings.pages(settings(tmp_path, path=None), "counts") != []
    assert [
        record
        for page in await recordings.pages(settings(tmp_path, path=None), "counts")
        for record in page.records
    ] == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "counts.csv is empty"),
        ("\n \n", "counts.csv is empty"),
        ("day,customers\n2026-10-31,1\n", 'no column "date"; it has day, customers'),
        ("date,count\n2026-10-31,1\n", 'no column "customers"'),
        ("date,customers\n31.10.2026,1\n", 'line 2, column "date": "31.10.2026" is not a date'),
        ("date,customers\n2026-02-30,1\n", "is not a date"),
        ("date,customers\n2026-10-31,\n", 'line 2, column "customers" is empty'),
        ("date,customers\n2026-10-31,1.200\n", '"1.200" is no count'),
        ("date,customers\n2026-10-31,-5\n", '"-5" is no count'),
        ("date,customers,new\n2026-10-31,5,many\n", '"many" is no count'),
        ("date,customers\n2026-10-31,1,2\n", "line 2 has 3 columns where the first line has 2"),
        ('date,customers\n"2026-10-31,1\n', "mend its quotes"),
        (b"date,customers\n2026-10-31,\xff\n", "is not written in UTF-8"),
    ],
)
async def test_what_is_no_table_of_counts_says_where_and_what_to_do(
    tmp_path: Path, text: str | bytes, sentence: str
) -> None:
    with pytest.raises(BadRecord) as caught:
        await read(tmp_path, text)

    assert sentence in str(caught.value)


async def test_a_file_too_large_for_counts_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "LARGEST", 20)

    with pytest.raises(BadRecord, match="too large for a line a day"):
        await read(tmp_path, "date,customers\n2026-10-31,1\n")


async def test_a_file_that_is_a_folder_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "counts.csv").mkdir()

    with pytest.raises(SourceUnavailable, match=r"cannot be opened"):
        await recordings.pages(settings(tmp_path), "counts")
