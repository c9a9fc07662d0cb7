"""QuestionPro's answers as ratings: which question, on which scale, at what time."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from integrations import questionpro
from integrations.errors import BadRecord, UnexpectedResponse
from integrations.records import Rating
from tests.integrations.recordings import pages
from tests.integrations.vendor import says, vendor


def settings(**section: Any) -> questionpro.Settings:
    return questionpro.Settings.model_validate(
        {"kind": "questionpro", "token": "hush", "survey": 7, "question": "Q1", **section}
    )


def row(*questions: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {
        "responseID": 1,
        "timestamp": "05 Oct, 2020 02:51:51 PM PDT",
        "responseStatus": "Completed",
        "responseSet": list(questions),
        **other,
    }


def question(text: str, scale: str = "", code: str = "Q1", words: str = "") -> dict[str, Any]:
    value = {"scale": scale, "text": words}
    return {"questionID": 99, "questionCode": code,
            "answerValues": [{"answerText": text, "value": value}]}  # fmt: skip


def answer(*rows: dict[str, Any], page: int = 1, of: int = 1) -> dict[str, Any]:
    return {"response": list(rows), "pagination": {"currentPage": page, "totalPages": of}}


async def read(*answers: dict[str, Any], **section: Any) -> list[Rating]:
    async with vendor(*(says(each) for each in answers)) as served:
        got = await pages(settings(url=served.url, **section), "ratings")
    return [record for page in got for record in page.records]


async def one(*questions: dict[str, Any], **section: Any) -> Rating:
    [found] = await read(answer(row(*questions)), **section)
    return found


async def test_the_score_is_what_the_answer_says_or_its_place() -> None:
    # The tenth of eleven buttons says 9.
    nine = question("9", scale="10")
    happy = question("Very satisfied", scale="5")

    assert (await one(nine)).score == 9
    assert (await one(happy, score="scale", scale="csat", lowest=1, highest=5)).score == 5


async def test_a_question_for_effort_says_that_its_low_end_is_the_good_one() -> None:
    effort = {"scale": "ces", "lowest": 1, "highest": 7}

    assert (await one(question("2"), **effort)).direction == "higher"
    assert (await one(question("2"), **effort, direction="lower")).direction == "lower"
    with pytest.raises(ValidationError, match="direction: lower is for scale ces"):
        await one(question("2"), direction="lower")


@pytest.mark.parametrize("score", ["Very satisfied", "", "11", "-1", "nan"])
async def test_what_is_no_score_on_that_scale_is_refused_and_not_shown(score: str) -> None:
    with pytest.raises(BadRecord, match="response 1 has no score from 0 to 10") as caught:
        await one(question(score))

    assert "satisfied" not in str(caught.value)


async def test_a_question_is_found_by_its_code_or_its_number() -> None:
    other = question("1", code="Q2")

    assert (await one(other | {"questionID": 98}, question("8"))).score == 8
    assert (await one(other | {"questionID": 98}, question("8"), question="99")).score == 8


async def test_who_left_the_question_out_gave_no_rating() -> None:
    skipped = question("8") | {"answerValues": []}

    assert await read(answer(row(skipped), row())) == []


@pytest.mark.parametrize("status", ["Started", "Terminated"])
async def test_what_is_not_completed_is_no_rating(status: str) -> None:
    assert await read(answer(row(question("8"), responseStatus=status))) == []


async def test_who_answers_is_in_the_variable_or_the_reference() -> None:
    told = row(question("8"), externalReference="ref", customVariables={"custom1": "ann"})

    [by_reference] = await read(answer(told))
    [by_variable] = await read(answer(told), requester="custom1")
    [unknown] = await read(answer(told), email="custom9")

    assert (by_reference.requester, by_variable.requester) == ("ref", "ann")
    assert unknown.email == ""


async def test_a_comment_may_be_words_or_a_choice() -> None:
    words = question("", code="Q2", words="Slow")
    choice = question("Price", code="Q2")

    assert (await one(question("8"), words, comment="Q2")).comment == "Slow"
    assert (await one(question("8"), choice, comment="Q2")).comment == "Price"
    assert (await one(question("8"), words)).comment == ""


PACIFIC = ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize(
    ("told", "utc"),
    [
        ("05 Oct, 2020 02:51:51 PM PDT", "2020-10-05T21:51:51+00:00"),
        ("29 Feb, 2024 12:00:00 AM PST", "2024-02-29T08:00:00+00:00"),
        ("29 Feb, 2024 12:00:00 PM PST", "2024-02-29T20:00:00+00:00"),
        # The hour that comes twice in autumn.
        ("01 Nov, 2026 01:30:00 AM PDT", "2026-11-01T08:30:00+00:00"),
        ("01 Nov, 2026 01:30:00 AM PST", "2026-11-01T09:30:00+00:00"),
    ],
)
def test_times_are_told_in_the_zone_of_the_account(told: str, utc: str) -> None:
    assert questionpro.moment(told, PACIFIC, "response 1") == datetime.fromisoformat(utc)


def test_letters_of_another_zone_are_refused() -> None:
    with pytest.raises(BadRecord, match="set zone:"):
        questionpro.moment("15 Jan, 2020 03:54:44 PM IST", PACIFIC, "response 1")

    kolkata = questionpro.moment("15 Jan, 2020 03:54:44 PM IST", ZoneInfo("Asia/Kolkata"), "it")
    assert kolkata == datetime(2020, 1, 15, 10, 24, 44, tzinfo=UTC)


@pytest.mark.parametrize("told", ["", "yesterday", "2020-10-05T14:51:51Z", "31 Feb, 2026 01:00:00"])
def test_a_time_of_another_form_is_refused(told: str) -> None:
    with pytest.raises(UnexpectedResponse, match="response 1"):
        questionpro.moment(told, PACIFIC, "response 1")


async def test_rows_without_paging_are_not_taken_for_all_of_them() -> None:
    with pytest.raises(UnexpectedResponse, match="pagination"):
        await read({"response": [row(question("8"))]})

    assert await read({"response": []}) == []


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ({"zone": "PST"}, "zone"),
        ({"zone": "/etc"}, "zone"),
        ({"lowest": 5, "highest": 5}, "lowest"),
        ({"question": ""}, "question"),
        ({"survey": 0}, "survey"),
    ],
)
def test_settings_that_cannot_be_are_refused(section: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        settings(**section)
