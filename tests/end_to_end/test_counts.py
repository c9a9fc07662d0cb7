"""A company that counts its customers, and one that counts them beside knowing who they are."""

from collections.abc import AsyncIterator

import pytest

from bot.config import load
from bot.errors import ConfigError
from bot.sandbox.server import Sandbox
from tests.end_to_end import companies
from tests.end_to_end.running import NOTICES, SUCCESS, Place, Running, at, running, told

NOW = at("2026-11-02T08:30")
COUNTS = (
    "date,customers,new\n2026-07-31,120,\n2026-08-31,140,40\n2026-09-30,150,40\n2026-10-31,200,80\n"
)
SOURCE = {"kind": "counts", "name": "spreadsheet", "path": "counts.csv"}


@pytest.fixture
async def counting(place: Place) -> AsyncIterator[Running]:
    (place.folder / "counts.csv").write_text(COUNTS)
    config = place.config(
        sources=[SOURCE], people={"operators": ["U0ADMIN"], "viewers": "everybody"}
    )
    async with running(config, NOW) as bot:
        await bot.pulled()
        yield bot


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", "October 2026: CRR 80.0 % by counts, an estimate (150 at the start, 200 at the end"),
        ("", "up 1.4 points from 78.6 % in September 2026"),
        ("2026-10", "(200 - 80) / 150 x 100 = 80.0 %"),
        ("2026-Q3", "Nobody counted the customers at the end of 2026-06-30"),
        ("2026-08-01..2026-10-31", "(200 - 160) / 120 x 100 = 33.3 %"),
        ("week", "Nobody counted the customers at the end of 2026-10-25"),
        ("2026-10 plan=pro", "they can't be split"),
        ("explain 2026-10", "Saturday 31 Oct 2026: 200 customers, 80 new"),
        ("cohort", "says how many customers there are and not who"),
        ("lifetime", "says how many customers there are and not who"),
        ("as stripe", "says how many customers there are and not who"),
        ("calc 150 200 80", "(200 - 80) / 150 x 100 = 80 %"),
        ("help", "/crr record 2026-10-31 200 customers 80 new"),
        ("record 2026-10-31 200 customers 80 new", "Only an operator of Keeprate may do that"),
        ("Record 2026-10-31 200", "Only an operator of Keeprate may do that"),
        ("please record 2026-10-31 200", "Only an operator of Keeprate may do that"),
        ("2026-10 source=spreadsheet", "CRR 80.0 % by counts"),
    ],
)
async def test_every_question_has_an_answer(
    counting: Running, slack: Sandbox, words: str, expected: str
) -> None:
    answer = await told(slack, "U0LEAD", f"/crr {words}".strip())

    assert expected in answer.words()


async def test_a_count_is_recorded_corrected_and_known_as_it_was(
    counting: Running, place: Place, slack: Sandbox
) -> None:
    await counting.move(at("2026-11-02T10:00"))
    recorded = await told(slack, "U0ADMIN", "/crr record 2026-10-31 198 customers 80 new")
    answer = await told(slack, "U0LEAD", "/crr 2026-10")
    explained = await told(slack, "U0LEAD", "/crr explain 2026-10")
    before = await told(slack, "U0LEAD", "/crr 2026-10 known=2026-11-02T09:00")

    assert "It was 200 customers, 80 new, which is kept" in recorded.text
    assert "CRR 78.7 % by counts" in answer.text
    assert "Corrected: on 31 Oct 2026 200 customers, 80 new → 198 customers, 80 new." in answer.text
    assert "Restated on 2 Nov 2026, closed on 2 Nov 2026: CRR 80.0 % → 78.7 %." in answer.text
    assert "recorded by <@U0ADMIN>" in explained.words()
    await counting.settle()
    [post] = place.posts(SUCCESS, "Restated, by counts")
    assert "October 2026: CRR 80.0 % → 78.7 %" in post.text
    assert "recorded by <@U0ADMIN>" in post.text
    assert "CRR 80.0 % by counts" in before.text
    await counting.move(at("2026-11-03T04:00"))
    assert "CRR 78.7 %" in (await told(slack, "U0LEAD", "/crr 2026-10")).text, "it stands"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("record", "record takes a day"),
        ("record 2026-10-31", "record takes a day"),
        ("record 31.10.2026 200", "record takes a day"),
        ("record 2026-10-31 80 new", "record takes a day"),
        ("record 2026-10-31 80 new 200 customers", "record takes a day"),
        ("record 2026-12-31 200 customers", "nobody knows yet"),
        ("record 2026-10-31 1,200 customers 80 new", "1,200 customers, 80 new"),
        ("record 2026-10-30 200", "Recorded for Friday 30 Oct 2026: 200 customers, under"),
        ("record 2026-10-31 200 80", "were known already"),
    ],
)
async def test_what_is_recorded_is_read_with_care(
    counting: Running, slack: Sandbox, words: str, expected: str
) -> None:
    assert expected in (await told(slack, "U0ADMIN", f"/crr {words}")).text


async def test_more_than_can_be_comes_with_a_warning(counting: Running, slack: Sandbox) -> None:
    await told(slack, "U0ADMIN", "/crr record 2026-10-31 200 customers 20 new")

    answer = await told(slack, "U0LEAD", "/crr 2026-10")

    assert "CRR 120.0 % by counts" in answer.text
    assert "More than 100 % can't be" in answer.text


async def test_the_weekly_post_and_the_home_tab_tell_the_estimate(
    counting: Running, place: Place, slack: Sandbox
) -> None:
    await counting.move(at("2026-11-09T09:01"))

    [post] = place.posts(SUCCESS, "by counts")
    assert "October 2026: CRR 80.0 % by counts, an estimate" in post.text
    assert "An estimate: (at the end - new) / at the start is exact only if" in post.text
    assert "Nobody" not in post.text
    lead = slack.person("U0LEAD")
    lead.open_home()
    shown = await lead.wait_for_home(containing="October 2026: CRR 80.0 % by counts")
    assert "An estimate: (at the end - new) / at the start" in shown.words()
    since = slack.journal.last
    await told(slack, "U0ADMIN", "/crr record 2026-10-31 198 customers 80 new")
    await lead.wait_for_home(containing="October 2026: CRR 78.7 % by counts", since=since)
    status = await told(slack, "U0LEAD", "/keeprate status")
    assert "spreadsheet as of" in status.text


async def test_a_file_that_can_not_be_read_is_told_and_changes_nothing(
    counting: Running, place: Place, slack: Sandbox
) -> None:
    (place.folder / "counts.csv").write_text(COUNTS + "2026-10-31,1,1\n")

    await counting.move(at("2026-11-03T04:00"))

    [notice] = place.posts(NOTICES)
    assert "counts.csv line 6: 2026-10-31 is counted twice" in notice.text
    assert "CRR 80.0 %" in (await told(slack, "U0LEAD", "/crr 2026-10")).text


async def test_counts_stand_beside_who_it_was_and_the_difference_is_named(
    place: Place, slack: Sandbox
) -> None:
    # Of forty, four left in October and two joined. The CRM's own report counts 42 at the start,
    # because two of its records were merged on 1 November, and one win-back as no new one.
    lines = [*companies.rows(), "c50,Back Again,2025-01-01,2026-01-01,pro,EMEA"]
    lines += ["c50,Back Again,2026-10-12,,pro,EMEA", "c51,Twin,2025-01-01,,pro,EMEA"]
    companies.write(place.folder, lines)
    async with running(place.config(sources=[companies.SOURCE]), NOW) as bot:
        await bot.pulled()
        await told(slack, "U0LEAD", "/keeprate merge c51 c1")
        await told(slack, "U0LEAD", "/crr record 2026-09-30 41 customers")
        await told(slack, "U0LEAD", "/crr record 2026-10-31 40 customers 2 new")

        answer = await told(slack, "U0LEAD", "/crr 2026-10")
        explained = (await told(slack, "U0LEAD", "/crr explain 2026-10")).words()
        await bot.move(at("2026-11-09T09:01"))

    [post] = place.posts(SUCCESS, "By counts:")
    assert (
        "By counts: recorded counts gives 92.7 % in October 2026, an estimate, where it is 90.0 %"
        " by identity: 1 came back (+2.5 points), 1 merged record"
    ) in post.text
    assert "CRR 90.0 % (36 of 40 stayed)" in answer.text
    assert "By recorded counts: 92.7 %, an estimate" in answer.text
    assert "(40 - 2) / 41 x 100 = 92.7 %, as recorded counts has it. The difference:" in explained
    assert "1 customer won back, whom counting takes for kept: Back Again" in explained
    assert "1 customer merged since, so that records are counted twice at the end: Company 1" in (
        explained
    )
    assert "1 customer merged, so that records of the start are gone: Company 1" in explained
    assert "otherwise" not in explained


async def test_counts_are_pulled_when_somebody_asks(
    counting: Running, place: Place, slack: Sandbox
) -> None:
    (place.folder / "counts.csv").write_text(COUNTS.replace("200", "195"))

    since = slack.journal.last
    await told(slack, "U0ADMIN", "/keeprate pull spreadsheet")
    admin = slack.person("U0ADMIN")
    done = await admin.wait_for_ephemeral(SUCCESS, containing="was pulled", since=since, timeout=20)

    assert "spreadsheet was pulled: 4 records, 195 customers" in done.text
    assert "CRR 76.7 %" in (await told(slack, "U0LEAD", "/crr 2026-10")).text


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("/churn", "spreadsheet counts customers and does not say who they are"),
        ("/keeprate merges", "No record is part of another customer."),
        ("/keeprate merge a b", 'spreadsheet knows no customer "a"'),
        ("/keeprate help", "/keeprate status"),
    ],
)
async def test_other_commands_say_what_counting_can_not_tell(
    counting: Running, slack: Sandbox, command: str, expected: str
) -> None:
    assert expected in (await told(slack, "U0ADMIN", command)).text


LINE = {
    "name": "Below 79",
    "channel": SUCCESS,
    "kind": "below",
    "limit": 79,
    "cron": "30 8 * * *",
    "minimum_base": 10,
}


async def test_a_line_is_watched_by_counts_and_the_alert_calls_it_an_estimate(
    place: Place, slack: Sandbox
) -> None:
    (place.folder / "counts.csv").write_text(COUNTS)
    rule = {**LINE, "minimum_base": 130}
    config = place.config(sources=[SOURCE], rules=[rule], weekly_post=None)
    async with running(config, NOW) as bot:
        await bot.pulled()
        await bot.move(at("2026-11-02T08:31"))
        assert place.posts(SUCCESS) == [], "80.0 % is above the line"

        (place.folder / "counts.csv").write_text(COUNTS + "2026-11-30,210,60\n")
        await bot.move(at("2026-12-02T08:31"))
        [alert] = place.posts(SUCCESS)
        opened, shown = alert.words(), str(alert.blocks)

        more = "2026-11-30,210,60\n2026-12-31,230,0\n"
        (place.folder / "counts.csv").write_text(COUNTS + more)
        await bot.move(at("2027-01-02T08:31"))
        assert "resolved" not in str(place.posts(SUCCESS)).lower(), "109.5 % can't be"

        (place.folder / "counts.csv").write_text(COUNTS + more + "2027-01-31,240,30\n")
        await bot.move(at("2027-02-02T08:31"))

    assert "Sep" in shown
    assert "Aug" not in shown, "it began with too few"
    assert "CRR by counts (an estimate) 75.0 % of 200 customers; the line is 79.0 %" in opened
    assert "Rule: CRR by counts (an estimate) below 79 %" in opened
    assert "Why they left" not in opened, "nobody knows who did"
    assert "resolved" in " ".join(post.words() for post in place.posts(SUCCESS)).lower()


async def test_a_month_that_was_not_counted_is_told_and_not_judged(
    place: Place, slack: Sandbox
) -> None:
    (place.folder / "counts.csv").write_text(COUNTS)
    config = place.config(sources=[SOURCE], rules=[LINE], weekly_post=None)
    async with running(config, NOW) as bot:
        await bot.pulled()
        await bot.move(at("2026-12-02T08:31"))
        await bot.move(at("2026-12-03T08:31"))

        [notice] = place.posts(NOTICES, "No alert can be raised")
        await told(slack, "U0ADMIN", "/crr record 2026-11-30 210 customers 60 new")
        await bot.move(at("2026-12-04T08:31"))

    assert "No alert can be raised for November 2026 yet" in notice.text
    assert "Nobody counted from 2026-11-01 to 2026-11-30" in notice.text
    assert "75.0 %" in place.posts(SUCCESS)[0].words()


def test_a_rule_by_luck_is_refused_with_what_works_instead(place: Place) -> None:
    path = place.config(sources=[SOURCE], rules=[{"name": "Dropped", "channel": SUCCESS}])

    with pytest.raises(ConfigError) as refused:
        load(path, {})

    assert "rule Dropped: luck is judged by who left" in str(refused.value)
    assert "use kind below, fall_points or fall_percent" in str(refused.value)
