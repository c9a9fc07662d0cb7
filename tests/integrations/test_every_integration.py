"""What every integration must do. A new one is tested by adding its recording."""

import base64
import binascii
import json
import logging
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

import integrations
from integrations.errors import (
    BadRecord,
    CredentialsRejected,
    IntegrationError,
    SourceUnavailable,
    UnexpectedResponse,
)
from tests.integrations import recordings
from tests.integrations.recordings import (
    Exchange,
    Instead,
    Reading,
    as_json,
    read,
    readings,
    replay,
    secrets,
    settings,
    without,
)
from tests.integrations.vendor import (
    Answer,
    Asked,
    breaks_off,
    hangs_up,
    says,
    says_nothing,
    vendor,
)

EVERY = [reading for kind in integrations.available() for reading in readings(kind)]
OVER_HTTP = [reading for reading in EVERY if reading.exchanges]

every = pytest.mark.parametrize("kind", integrations.available())
every_reading = pytest.mark.parametrize("reading", EVERY, ids=str)
over_http = pytest.mark.parametrize("reading", OVER_HTTP, ids=str)
of_customers = pytest.mark.parametrize(
    "reading", [reading for reading in OVER_HTTP if reading.name == "customers"], ids=str
)
of_files = pytest.mark.parametrize(
    "kind", sorted(set(integrations.available()) - set(recordings.speak_http()))
)


def some(exchanges: dict[Reading, list[Exchange]]) -> pytest.MarkDecorator:
    """One case for each of these exchanges, called by its reading and number."""
    return pytest.mark.parametrize(
        ("reading", "exchange"),
        [
            pytest.param(reading, exchange, id=f"{reading} {exchange.number}")
            for reading, chosen in exchanges.items()
            for exchange in chosen
        ],
    )


def _each(chosen: Any) -> pytest.MarkDecorator:
    return some({reading: [e for e in reading.exchanges if chosen(e)] for reading in OVER_HTTP})


FIRST_PAGES = {reading: [pages[0] for pages in reading.lists.values()] for reading in OVER_HTTP}
FIRST_TWO = {
    reading: [page for pages in reading.lists.values() for page in pages[:2]]
    for reading in OVER_HTTP
}
TEXTS = {reading: [e for e in reading.exchanges if "text" in e.recorded] for reading in OVER_HTTP}
SOME_PAGES = {reading: [*FIRST_TWO[reading], *TEXTS[reading]] for reading in OVER_HTTP}
first_pages = some(FIRST_PAGES)


def each_with(
    names: str,
    cases: dict[str, Any],
    few: Sequence[str],
    of: dict[Reading, list[Exchange]] = SOME_PAGES,
) -> pytest.MarkDecorator:
    """Every case for the first page of a reading and its last one, and a few for other pages:
    what meets them goes through the same hands, but a module may read refusals of its own."""
    chosen = []
    for reading, pages in of.items():
        for exchange in pages:
            whole = exchange in (pages[0], reading.pages[-1])
            for case in cases if whole else few:
                told = cases[case] if isinstance(cases[case], tuple) else (cases[case],)
                name = f"{reading} {exchange.number} {case}"
                chosen.append(pytest.param(reading, exchange, *told, id=name))
    return pytest.mark.parametrize(("reading", "exchange", *names.split()), chosen)


tokens = _each(lambda exchange: exchange.gives_token)


def instead_of(exchange: Exchange, *answers: Answer, always: bool = False) -> Instead:
    """These answers in turn in place of what was recorded there; the last for ever, or not."""

    def instead(asked: Exchange, before: int, url: str) -> Answer | None:
        if asked.number != exchange.number or (before >= len(answers) and not always):
            return None
        return answers[min(before, len(answers) - 1)]

    return instead


def left_out(got: Sequence[Any]) -> dict[str, int]:
    """What all pages say of what is no record."""
    return dict(sum((Counter(getattr(page, "left_out", {})) for page in got), Counter[str]()))


# What a module says


@every
def test_has_a_recording_that_says_where_it_comes_from(kind: str) -> None:
    assert read(kind)["written_from"]


@every_reading
def test_what_it_offers_is_recorded(reading: Reading) -> None:
    assert "records" in reading.section, f"tests/integrations/{reading.kind}: add {reading.name}"
    assert reading.section["records"]
    if reading.lists:
        assert max(map(len, reading.lists.values())) > 1, "record a first page and a last one"
    for pages in reading.lists.values():
        assert pages[0].empty is not None, "record what an account without a row answers"
        assert pages[0].row_needs or pages[0].page_needs


@every
def test_says_who_counts_and_where_that_is_documented(kind: str) -> None:
    told = integrations.load(kind).__doc__ or ""
    offers = integrations.offers(kind)
    wanted = ["Traps:", "https://"]
    wanted += ["Customer:", "Since", "ntil", "History:"] if "customers" in offers else []
    wanted += ["Ticket:"] if "tickets" in offers else []
    wanted += ["Rating:"] if "ratings" in offers else []
    wanted += ["Auth:", "Limits:"] if kind in recordings.speak_http() else []

    assert [word for word in wanted if word not in told] == []


@every
def test_says_what_a_token_must_be_able_to(kind: str) -> None:
    told = integrations.access(kind)

    assert told.endswith(".")
    assert "Limits:" not in told


@every
def test_describes_every_setting(kind: str) -> None:
    fields = integrations.load(kind).Settings.model_fields

    assert [name for name, field in fields.items() if not field.description] == []


@every
def test_refuses_a_setting_that_it_does_not_know(kind: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="chrun"):
        settings(kind, folder=tmp_path, chrun=1)


# Right records


@over_http
async def test_turns_its_recorded_pages_into_records(reading: Reading) -> None:
    async with replay(reading) as served:
        got = await reading.read(reading.settings(url=served.url))

    assert served.strange == []
    assert [as_json(record) for page in got for record in page.records] == reading.section[
        "records"
    ]
    assert served.times == {e.number: e.recorded.get("asked", 1) for e in reading.exchanges}
    trusted = [page.trusted_from for page in got if getattr(page, "trusted_from", None)]
    assert [moment.isoformat() for moment in trusted[-1:]] == [
        moment for moment in [reading.section.get("trusted_from")] if moment
    ]
    assert [id for page in got for id in getattr(page, "gone", ())] == reading.section.get(
        "gone", []
    )
    if reading.name == "customers":
        assert left_out(got) == reading.section.get("left_out", {})


@of_files
async def test_turns_its_recorded_files_into_records(kind: str, tmp_path: Path) -> None:
    recordings.lay_out(kind, tmp_path)

    for reading in readings(kind):
        got = await reading.read(reading.settings(folder=tmp_path))
        assert [as_json(record) for page in got for record in page.records] == reading.section[
            "records"
        ]
        assert left_out(got) == reading.section.get("left_out", {})


@of_files
async def test_says_which_file_or_database_is_not_there(kind: str, tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match=str(tmp_path)):
        await recordings.pages(settings(kind, folder=tmp_path), readings(kind)[0].name)


@over_http
async def test_an_empty_source_has_no_records(reading: Reading) -> None:
    def empty(exchange: Exchange, before: int, url: str) -> Answer | None:
        nothing = exchange.is_page or "empty" in exchange.recorded
        return exchange.answers_nothing(url) if nothing else None

    async with replay(reading, empty) as served:
        assert await reading.records(reading.settings(url=served.url)) == []

    asked = [e for e in reading.pages if served.times.get(e.number)]
    assert len(asked) == sum(served.times[e.number] for e in asked), "nothing is asked twice"


@first_pages
async def test_an_empty_page_that_promises_more_is_not_the_end(
    reading: Reading, exchange: Exchange
) -> None:
    of_list = reading.lists[exchange.of_list]
    if len(of_list) == 1 or exchange.recorded.get("ends_with") == "empty page":
        pytest.skip("nothing promises more there")
    body = exchange.body
    exchange.found(body).clear()

    def instead(asked: Exchange, before: int, url: str) -> Answer | None:
        return exchange.answers(url, body) if asked.number == exchange.number else None

    async with replay(reading, instead) as served:
        try:
            await reading.records(reading.settings(url=served.url))
        except UnexpectedResponse as error:
            assert "empty page" in str(error)  # noqa: PT017  either is right
        else:
            assert all(e.number in served.times for e in of_list), "the other pages are read"


@first_pages
async def test_a_row_that_comes_again_on_the_next_page_is_one_record(
    reading: Reading, exchange: Exchange
) -> None:
    of_list = reading.lists[exchange.of_list]
    if len(of_list) == 1:
        pytest.skip("there is no next page")
    second, body = of_list[1], of_list[1].body
    second.found(body).insert(0, exchange.found(exchange.body)[-1])

    def instead(asked: Exchange, before: int, url: str) -> Answer | None:
        return second.answers(url, body) if asked.number == second.number else None

    async with replay(reading, instead) as served:
        got = await reading.records(reading.settings(url=served.url))

    if reading.name in ("tickets", "ratings"):  # which are kept by their ids
        got = [record for i, record in enumerate(got) if record not in got[:i]]
    assert got == reading.section["records"]


@first_pages
async def test_the_same_page_again_and_again_is_refused(
    reading: Reading, exchange: Exchange
) -> None:
    of_list = reading.lists[exchange.of_list]
    if len(of_list) == 1:
        pytest.skip("there is no next page")

    def instead(asked: Exchange, before: int, url: str) -> Answer | None:
        return exchange.answers(url) if asked in of_list else None

    async with replay(reading, instead) as served:
        with pytest.raises(UnexpectedResponse, match=r"again.*thrown away"):
            await reading.records(reading.settings(url=served.url))

    assert len(served.asked) <= len(reading.exchanges) + 3


def truth_of(pages: Sequence[Any]) -> list[Any]:
    """What the pages say of how far back the past is true."""
    return [page.trusted_from for page in pages if page.trusted_from][-1:]


@of_customers
async def test_goes_on_after_a_mark(reading: Reading) -> None:
    async with replay(reading, more=reading.going_on) as served:
        source = reading.settings(url=served.url)
        pages = await reading.read(source)
        for at, page in enumerate(pages):
            if page.mark:
                before = [as_json(r) for earlier in pages[: at + 1] for r in earlier.records]
                rest = [as_json(r) for later in pages[at + 1 :] for r in later.records]
                again = await reading.read(source, after=page.mark)
                got = [as_json(record) for other in again for record in other.records]
                # Some of what came before may come again, as it was.
                assert [record for record in got if record not in before] == rest
                assert not before or [record for record in before if record not in got]
                assert truth_of(again) == truth_of(pages)

    assert served.strange == []


@of_customers
async def test_has_marks_to_go_on_from_or_says_why_not(reading: Reading) -> None:
    async with replay(reading) as served:
        pages = await reading.read(reading.settings(url=served.url))

    assert [page.mark for page in pages if page.mark] or reading.section.get("begins_anew")


@of_customers
async def test_a_mark_that_is_not_known_any_more_is_not_asked_for_again_and_again(
    reading: Reading,
) -> None:
    async with replay(reading) as served:
        pages = await reading.read(reading.settings(url=served.url))
        marks = [page.mark for page in pages if page.mark]
    if not marks:
        pytest.skip("there is none")

    def gone(exchange: Exchange, before: int, url: str) -> Answer | None:
        return says({"message": "no such cursor"}, 400) if exchange.is_page else None

    async with replay(reading, gone, more=reading.going_on) as served:
        with pytest.raises((UnexpectedResponse, CredentialsRejected)):
            await reading.records(reading.settings(url=served.url), after=marks[-1])


@over_http
async def test_nothing_older_comes_after_what_a_page_says_has_come(reading: Reading) -> None:
    async with replay(reading) as served:
        pages = await reading.read(reading.settings(url=served.url))

    for at, page in enumerate(pages):
        if (reached := getattr(page, "up_to", None)) is not None:
            later = [record for other in pages[at + 1 :] for record in other.records]
            assert all(record.changed >= reached for record in later)


@over_http
async def test_gives_pages_one_by_one(reading: Reading) -> None:
    if max((len(pages) for pages in reading.lists.values()), default=0) < 2:
        pytest.skip("there is one page")
    async with replay(reading) as served:
        got = await reading.read(reading.settings(url=served.url))

    assert len(got) > 1 or reading.section.get("gathered"), "say in gathered: why they are gathered"


# Who must act


@each_with(
    "status error remedy",
    {
        "301": (301, UnexpectedResponse, "url:"),
        "400": (400, UnexpectedResponse, "settings"),
        "401": (401, CredentialsRejected, "put a valid one"),
        "403": (403, CredentialsRejected, "scopes"),
        "404": (404, UnexpectedResponse, "settings"),
        "429": (429, SourceUnavailable, "next pull"),
        "500": (500, SourceUnavailable, "next pull"),
        "503": (503, SourceUnavailable, "next pull"),
    },
    few=["403", "503"],
)
async def test_names_who_must_act_and_what_to_do(
    reading: Reading,
    exchange: Exchange,
    status: int,
    error: type[IntegrationError],
    remedy: str,
) -> None:
    broken = says({"message": "no"}, status, Location="https://elsewhere.example/v9")
    async with replay(reading, instead_of(exchange, broken, always=True)) as served:
        with pytest.raises(error, match=rf"^crm: .* {status}.*{remedy}"):
            await reading.records(reading.settings(url=served.url, name="crm"))

    renews = status == 401 and any(e.gives_token for e in reading.exchanges)
    again = 3 if error is SourceUnavailable else 1 + renews
    assert served.times[exchange.number] == again, "only what may pass is asked again"


@each_with(
    "stumble",
    {
        "429 with a wait": says({}, 429, Retry_After="0"),
        "429 without": says({}, 429),
        "500": says({}, 500),
        "502": says(b"<html>Bad gateway</html>", 502),
        "no answer": hangs_up,
        "half an answer": breaks_off,
    },
    few=["429 without"],
)
async def test_goes_on_after_a_stumble_in_the_middle(
    reading: Reading, exchange: Exchange, stumble: Answer
) -> None:
    if "text" in exchange.recorded and stumble is breaks_off:
        pytest.skip("half a text is streamed before it breaks off")
    async with replay(reading, instead_of(exchange, stumble)) as served:
        got = await reading.records(reading.settings(url=served.url))

    assert got == reading.section["records"]


@over_http
async def test_a_vendor_that_falls_silent_in_the_middle_is_unavailable(reading: Reading) -> None:
    last = reading.pages[-1]
    async with replay(reading, instead_of(last, says_nothing, always=True)) as served:
        source = reading.settings(url=served.url)
        with pytest.raises(SourceUnavailable, match="did not answer in time"):
            await reading.read(source, timeout=httpx.Timeout(0.2))


# Surprising answers


@each_with(
    "body",
    {
        "nothing": b"",
        "a page for people": b"<html>Please log in</html>",
        "an empty list": b"[]",
        "an empty object": b"{}",
        "null": b"null",
        "another list": b'{"results": [{}], "data": [{}], "has_more": false, "total": 1}',
        "no text": b"\xff\xfe\x00",
        "without an end": b"[" * 100_000,
    },
    few=["an empty object"],
    of=FIRST_PAGES,
)
async def test_a_surprising_answer_is_not_taken_for_an_empty_list(
    reading: Reading, exchange: Exchange, body: bytes
) -> None:
    if exchange.rows == "" and body == b"[]":
        pytest.skip("that is an empty list there")
    async with replay(reading, instead_of(exchange, says(body), always=True)) as served:
        with pytest.raises(UnexpectedResponse):
            await reading.records(reading.settings(url=served.url))

    assert served.times[exchange.number] == 1, "asking again would not mend it"


@_each(lambda exchange: "text" in exchange.recorded)
@pytest.mark.parametrize("body", [b"<html>Please log in</html>", b"\xff\xfe\x00", b"null"])
async def test_a_surprising_text_is_not_taken_for_an_empty_list(
    reading: Reading, exchange: Exchange, body: bytes
) -> None:
    async with replay(reading, instead_of(exchange, says(body), always=True)) as served:
        with pytest.raises(UnexpectedResponse):
            await reading.records(reading.settings(url=served.url))


@first_pages
async def test_half_a_page_is_not_believed(reading: Reading, exchange: Exchange) -> None:
    whole = httpx.Response(200, json=exchange.body).content
    half = says(whole[: len(whole) // 2])
    async with replay(reading, instead_of(exchange, half, always=True)) as served:
        with pytest.raises(UnexpectedResponse, match="only the beginning"):
            await reading.records(reading.settings(url=served.url))


def needed() -> Iterator[Any]:
    for reading, pages in FIRST_PAGES.items():
        for page in pages:
            for path in page.page_needs:
                yield pytest.param(reading, page, False, path, id=f"{reading} page {path}")
            for path in page.row_needs:
                yield pytest.param(reading, page, True, path, id=f"{reading} row {path}")


@pytest.mark.parametrize(("reading", "exchange", "of_row", "path"), list(needed()))
async def test_names_the_field_that_is_missing(
    reading: Reading, exchange: Exchange, of_row: bool, path: str
) -> None:
    body = exchange.body
    if of_row:
        exchange.found(body)[0] = without(exchange.found(body)[0], path)
    else:
        body = without(body, path)
    spoilt = instead_of(exchange, says(body), always=True)
    async with replay(reading, spoilt) as served:
        with pytest.raises((UnexpectedResponse, BadRecord), match=path.rpartition(".")[2]):
            await reading.records(reading.settings(url=served.url))


# Access


@tokens
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (says({"error": "invalid_client"}, 401), CredentialsRejected),
        (says({"error": "invalid_grant"}, 400), CredentialsRejected),
        (says({}, 503), SourceUnavailable),
        (says({}), UnexpectedResponse),
        (says(b"<html>"), UnexpectedResponse),
    ],
)
async def test_names_who_must_act_where_there_is_no_access(
    reading: Reading, exchange: Exchange, answer: Answer, error: type[IntegrationError]
) -> None:
    async with replay(reading, instead_of(exchange, answer, always=True)) as served:
        source = reading.settings(url=served.url, name="crm")
        with pytest.raises(error, match=r"^crm: ") as caught:
            await reading.records(source)

    told = "".join(traceback.format_exception(caught.value))
    assert not any(secret in told for secret in secrets(source))
    assert not any(served.times.get(page.number) for page in reading.pages)


@tokens
async def test_goes_on_with_a_new_token_when_the_first_has_run_out(
    reading: Reading, exchange: Exchange
) -> None:
    last = reading.pages[-1]
    async with replay(reading, instead_of(last, says({}, 401))) as served:
        got = await reading.records(reading.settings(url=served.url))

    assert got == reading.section["records"]
    assert served.times[exchange.number] == 2


# Secrets


def carried(asked: Asked) -> str:
    """All that travels in headers, unpacked where it is packed; and in the form for a token."""
    told = list(asked.request.headers.values())
    for value in asked.request.headers.getall("Authorization", []):
        with suppress(binascii.Error, UnicodeDecodeError):
            told.append(base64.b64decode(value.rpartition(" ")[2], validate=True).decode())
    if asked.request.content_type == "application/x-www-form-urlencoded":
        told += (asked.body or {}).values()
    return "\n".join(told)


@over_http
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 429, 500])
async def test_secrets_are_in_headers_and_nowhere_else(
    reading: Reading, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    given = [e.body["access_token"] for e in reading.exchanges if e.gives_token]

    def echo(exchange: Exchange, before: int, url: str) -> Answer | None:
        if not exchange.is_page:
            return None
        told = " ".join([*secrets(source), *given])
        body = {"error": told, "message": told, "scopes": [*secrets(source), *given], "data": told}
        # Not in a header too: what is received is logged by the HTTP library, if it is asked to.
        return says(body, status, Location="/login")

    async with replay(reading, echo) as served:
        source = reading.settings(url=served.url)
        with pytest.raises(IntegrationError) as caught:
            await reading.records(source)

    assert secrets(source), "there is no secret that could be kept"
    sent = "\n".join(carried(asked) for asked in served.asked)
    told = "".join(traceback.format_exception(caught.value)) + caplog.text + repr(source)
    urls = " ".join(str(asked.request.url) for asked in served.asked)
    for secret in [*secrets(source), *given]:
        assert secret in sent
        assert secret not in urls
        assert secret not in told


@first_pages
async def test_a_redirect_does_not_carry_the_token_to_another_host(
    reading: Reading, exchange: Exchange
) -> None:
    async with vendor(says({})) as thief:
        moved = says({}, 307, Location=f"{thief.url}/v1")
        async with replay(reading, instead_of(exchange, moved, always=True)) as served:
            with pytest.raises(UnexpectedResponse, match=r"moved to 127\.0\.0\.1"):
                await reading.records(reading.settings(url=served.url))

    assert thief.asked == []


@_each(lambda exchange: exchange.leads_on)
async def test_the_address_of_a_next_page_elsewhere_is_not_followed(
    reading: Reading, exchange: Exchange
) -> None:
    async with vendor(says({})) as thief:
        astray = instead_of(exchange, exchange.answers(thief.url), always=True)
        async with replay(reading, astray) as served:
            with suppress(UnexpectedResponse):  # an address that is no page's is not followed
                await reading.records(reading.settings(url=served.url))

    assert thief.asked == []


@first_pages
async def test_what_customers_are_called_is_in_no_error(
    reading: Reading, exchange: Exchange
) -> None:
    body = exchange.body
    row = exchange.found(body)[0]
    exchange.found(body)[0] = {**row, **dict.fromkeys(row, "Acme Secret Ltd")}
    async with replay(reading, instead_of(exchange, says(body), always=True)) as served:
        try:
            got = await reading.read(reading.settings(url=served.url))
        except IntegrationError as error:
            assert "Acme" not in str(error)  # noqa: PT017  it may be refused or taken as it is
        else:
            told = [as_json(record) for page in got for record in page.records]
            gone = [id for page in got for id in getattr(page, "gone", ())]
            assert "Acme" in json.dumps([told, gone])


@every
def test_no_secret_is_in_what_settings_print(kind: str, tmp_path: Path) -> None:
    source = settings(kind, folder=tmp_path)
    for _, value in source:
        if isinstance(value, SecretStr):
            assert value.get_secret_value() not in repr(source)
            assert value.get_secret_value() not in str(source.model_dump_json())
