"""What every integration must do. A new one is tested by adding its recording."""

import logging
import traceback
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

import integrations
from integrations.errors import (
    CredentialsRejected,
    IntegrationError,
    SourceUnavailable,
    UnexpectedResponse,
)
from tests.integrations import recordings
from tests.integrations.recordings import as_json, bodies, pages, read, records, settings, without
from tests.integrations.vendor import Answer, breaks_off, hangs_up, says, says_nothing, vendor

every = pytest.mark.parametrize("kind", integrations.available())
over_http = pytest.mark.parametrize("kind", recordings.speak_http())
of_files = pytest.mark.parametrize(
    "kind", sorted(set(integrations.available()) - set(recordings.speak_http()))
)


@every
def test_has_a_recording_that_says_where_it_comes_from(kind: str) -> None:
    assert read(kind)["written_from"]


@every
def test_says_what_counts_as_a_customer_and_where_that_is_documented(kind: str) -> None:
    told = integrations.load(kind).__doc__ or ""

    assert "Customer:" in told
    assert "Since" in told
    assert "Until" in told or "until" in told
    assert "History:" in told
    assert "Traps:" in told
    assert "https://" in told


@every
def test_describes_every_setting(kind: str) -> None:
    fields = integrations.load(kind).Settings.model_fields

    assert [name for name, field in fields.items() if not field.description] == []


@every
def test_refuses_a_setting_that_it_does_not_know(kind: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="chrun"):
        settings(kind, folder=tmp_path, chrun=1)


@over_http
async def test_turns_its_recorded_pages_into_records(kind: str) -> None:
    recording = read(kind)
    async with vendor(*(says(body) for body in bodies(kind))) as served:
        got = await records(settings(kind, url=served.url))

    assert [as_json(record) for record in got] == recording["records"]
    assert len(served.asked) == len(recording["exchanges"]), "every page is asked for once"
    for asked, exchange in zip(served.asked, recording["exchanges"], strict=True):
        assert asked.request.method == exchange["ask"]["method"]
        assert asked.request.path == exchange["ask"]["path"]
        assert {name: asked.question.get(name) for name in exchange["with"]} == exchange["with"]
        assert not asked.question.keys() & set(exchange.get("without", []))


@of_files
async def test_turns_its_recorded_files_into_records(kind: str, tmp_path: Path) -> None:
    recordings.lay_out(kind, tmp_path)

    got = await records(settings(kind, folder=tmp_path))

    assert [as_json(record) for record in got] == read(kind)["records"]


@of_files
async def test_says_which_file_or_database_is_not_there(kind: str, tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match=str(tmp_path)):
        await records(settings(kind, folder=tmp_path))


@over_http
async def test_an_empty_source_has_no_records(kind: str) -> None:
    async with vendor(says(read(kind)["empty"])) as served:
        assert await records(settings(kind, url=served.url)) == []

    assert len(served.asked) == 1


@over_http
async def test_an_empty_page_that_promises_more_is_not_the_end(kind: str) -> None:
    first = next(bodies(kind))
    first[read(kind)["rows"]] = []
    async with vendor(says(first)) as served:
        with pytest.raises(UnexpectedResponse, match=r"empty page .* there is more"):
            await records(settings(kind, url=served.url))

    assert len(served.asked) == 1


@over_http
async def test_a_row_that_comes_again_on_the_next_page_is_one_record(kind: str) -> None:
    rows = read(kind)["rows"]
    first, second, *rest = bodies(kind)
    second[rows] = [first[rows][-1], *second[rows]]
    async with vendor(*(says(body) for body in (first, second, *rest))) as served:
        got = await records(settings(kind, url=served.url))

    assert [as_json(record) for record in got] == read(kind)["records"]


@over_http
async def test_the_same_page_again_and_again_is_refused(kind: str) -> None:
    async with vendor(says(next(bodies(kind)))) as served:
        with pytest.raises(UnexpectedResponse, match=r"again.*thrown away"):
            await records(settings(kind, url=served.url))

    assert len(served.asked) <= 3


@over_http
@pytest.mark.parametrize(
    ("status", "error", "remedy"),
    [
        (301, UnexpectedResponse, "url:"),
        (400, UnexpectedResponse, "settings"),
        (401, CredentialsRejected, "put a valid one"),
        (403, CredentialsRejected, "scopes"),
        (404, UnexpectedResponse, "settings"),
        (429, SourceUnavailable, "next pull"),
        (500, SourceUnavailable, "next pull"),
        (503, SourceUnavailable, "next pull"),
    ],
)
@pytest.mark.parametrize("page", [0, 1])
async def test_names_who_must_act_and_what_to_do(
    kind: str, page: int, status: int, error: type[IntegrationError], remedy: str
) -> None:
    broken = says({"message": "no"}, status, Location="https://elsewhere.example/v9")
    async with vendor(*(says(body) for body in list(bodies(kind))[:page]), broken) as served:
        with pytest.raises(error, match=rf"^crm: .* {status}.*{remedy}"):
            await records(settings(kind, url=served.url, name="crm"))

    again = 3 if error is SourceUnavailable else 1
    assert len(served.asked) == page + again, "only what may pass is asked again"


@over_http
@pytest.mark.parametrize(
    "stumble",
    [
        pytest.param(says({}, 429, Retry_After="0"), id="429 with a wait"),
        pytest.param(says({}, 429), id="429 without"),
        pytest.param(says({}, 500), id="500"),
        pytest.param(says(b"<html>Bad gateway</html>", 502), id="502"),
        pytest.param(hangs_up, id="no answer"),
        pytest.param(breaks_off, id="half an answer"),
    ],
)
async def test_goes_on_after_a_stumble_in_the_middle(kind: str, stumble: Answer) -> None:
    first, *rest = (says(body) for body in bodies(kind))
    async with vendor(first, stumble, *rest) as served:
        got = await records(settings(kind, url=served.url))

    assert [as_json(record) for record in got] == read(kind)["records"]


@over_http
async def test_a_vendor_that_falls_silent_in_the_middle_is_unavailable(kind: str) -> None:
    async with vendor(says(next(bodies(kind))), says_nothing) as served:
        with pytest.raises(SourceUnavailable, match="did not answer in time"):
            await records(settings(kind, url=served.url), timeout=httpx.Timeout(0.2))


@over_http
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Please log in</html>",
        b"[]",
        b"{}",
        b"null",
        b'{"results": [{}], "data": [{}], "has_more": false, "total": 1}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
    ids=lambda body: body[:20].decode(errors="replace") or "nothing",
)
async def test_a_surprising_answer_is_not_taken_for_an_empty_list(kind: str, body: bytes) -> None:
    async with vendor(says(body)) as served:
        with pytest.raises(UnexpectedResponse):
            await records(settings(kind, url=served.url))

    assert len(served.asked) == 1, "asking again would not mend it"


@over_http
async def test_half_a_page_is_not_believed(kind: str) -> None:
    whole = httpx.Response(200, json=next(bodies(kind))).content
    async with vendor(says(whole[: len(whole) // 2])) as served:
        with pytest.raises(UnexpectedResponse, match="only the beginning"):
            await records(settings(kind, url=served.url))


def needed() -> list[Any]:
    return [
        pytest.param(kind, part, path, id=f"{kind} {part} {path}")
        for kind in recordings.speak_http()
        for part in ("page", "row")
        for path in read(kind)[f"{part}_needs"]
    ]


@pytest.mark.parametrize(("kind", "part", "path"), needed())
async def test_names_the_field_that_is_missing(kind: str, part: str, path: str) -> None:
    rows = read(kind)["rows"]
    body = next(bodies(kind))
    if part == "page":
        body = without(body, path)
    else:
        body[rows][0] = without(body[rows][0], path)
    async with vendor(says(body)) as served:
        with pytest.raises(UnexpectedResponse, match=path.rpartition(".")[2]):
            await records(settings(kind, url=served.url))


@over_http
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 429, 500])
async def test_the_token_is_in_a_header_and_nowhere_else(
    kind: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = read(kind)["settings"]["token"]
    echo = {"error": f"bad token {token}", "scopes": [token], "data": token}
    async with vendor(says(echo, status, Location="/login")) as served:
        source = settings(kind, url=served.url)
        with pytest.raises(IntegrationError) as caught:
            await records(source)

    seen = served.asked[0].request
    assert token in seen.headers["Authorization"]
    assert token not in str(seen.url)
    assert token not in "".join(traceback.format_exception(caught.value))
    assert token not in caplog.text
    assert token not in repr(source)


@over_http
async def test_a_redirect_does_not_carry_the_token_to_another_host(kind: str) -> None:
    async with (
        vendor(says({})) as thief,
        vendor(says({}, 307, Location=f"{thief.url}/v1")) as served,
    ):
        with pytest.raises(UnexpectedResponse, match=r"moved to 127\.0\.0\.1"):
            await records(settings(kind, url=served.url))

    assert thief.asked == []


@over_http
async def test_what_customers_are_called_is_in_no_error(kind: str) -> None:
    body = next(bodies(kind))
    row = body[read(kind)["rows"]][0]
    spoilt = httpx.Response(200, json={**row, **dict.fromkeys(row, "Acme Secret Ltd")}).json()
    body[read(kind)["rows"]][0] = spoilt
    async with vendor(says(body)) as served:
        with pytest.raises(UnexpectedResponse) as caught:
            await records(settings(kind, url=served.url))

    assert "Acme" not in str(caught.value)


@over_http
async def test_gives_pages_one_by_one(kind: str) -> None:
    async with vendor(*(says(body) for body in bodies(kind))) as served:
        assert len(await pages(settings(kind, url=served.url))) == len(read(kind)["exchanges"])


@every
def test_no_secret_is_in_what_settings_print(kind: str, tmp_path: Path) -> None:
    source = settings(kind, folder=tmp_path)
    for value in dict(source).values():
        if isinstance(value, SecretStr):
            assert value.get_secret_value() not in repr(source)
            assert value.get_secret_value() not in str(source.model_dump_json())
