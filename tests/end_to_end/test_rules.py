"""Every figure can be watched, of everybody or of a segment, in config.yaml and from Slack.

In October 2026 four of forty companies left: one of plan pro, three of plan free. Each pays 100,
but for one of plan free that pays 150 since the 15th.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.surveys import Answer, Ask, Scale
from tests.end_to_end import companies
from tests.end_to_end.running import NOTICES, SHARED, SUCCESS, Place, Running, at, running, told

FREE = {"only": {"plan": "free"}}
RULES: dict[str, dict[str, Any]] = {
    "CRR": {"figure": "crr", "limit": 95},
    "CRR of free": {"figure": "crr", "limit": 95, **FREE},
    "NRR": {"figure": "nrr", "limit": 95},
    "NRR of free": {"figure": "nrr", "limit": 95, **FREE},
    "GRR": {"figure": "grr", "limit": 95},
    "GRR of free": {"figure": "grr", "limit": 95, **FREE},
    "NPS": {"figure": "nps", "limit": 20},
    "CSAT": {"figure": "csat", "limit": 80},
    "answers": {"figure": "answer_rate", "limit": 90},
    "NPS of free": {"figure": "nps", "limit": 20, **FREE},
    "NPS of EMEA": {"figure": "nps", "limit": 20, "only": {"region": "EMEA"}},
    "CSAT of free": {"figure": "csat", "limit": 80, **FREE},
    "answers of free": {"figure": "answer_rate", "limit": 90, **FREE},
}
TOLD = {
    "CRR": "CRR 90.0 % against 95.0 %",
    "CRR of free": "CRR 85.0 % against 95.0 %",
    "NRR": "NRR 91.2 % of 40 customers; the line is 95.0 %",
    "NRR of free": "NRR 87.5 % of 20 customers; the line is 95.0 %",
    "GRR": "GRR 90.0 % of 40 customers; the line is 95.0 %",
    "GRR of free": "GRR 85.0 % of 20 customers; the line is 95.0 %",
    "NPS": "NPS -50.0 of 2 answers; the line is 20.0",
    "CSAT": "CSAT 50.0 % of 2 answers; the line is 80.0 %",
    "answers": "66.7 % of 6 questions; the line is 90.0 %",
    "NPS of free": "NPS -100.0 of 1 answer; the line is 20.0",
    "NPS of EMEA": "NPS -50.0 of 2 answers; the line is 20.0",
    "CSAT of free": "CSAT 0.0 % of 1 answer; the line is 80.0 %",
    "answers of free": "50.0 % of 4 questions; the line is 90.0 %",
}
SOURCE = {**companies.SOURCE, "amount": "pays", "every": "month", "currency": "EUR"}


def write(folder: Path, *, region: str = "EMEA") -> None:
    """`region` is of the company that pays 150."""
    path = companies.write(folder)
    head, *rows = path.read_text().splitlines()
    paid = [f"{row},100" for row in rows if not row.startswith("c30,")]
    paid += [f"c30,Company 30,2025-01-03,2026-10-15,free,{region},100"]
    paid += [f"c30,Company 30,2026-10-15,,free,{region},150"]
    path.write_text("\n".join([f"{head},pays", *paid]) + "\n")


def rule(name: str, **changes: Any) -> dict[str, Any]:
    usual = {"name": name, "channel": SUCCESS, "kind": "below", "minimum_base": 1}
    return {**usual, **RULES[name], **changes}


async def answer(bot: Running) -> None:
    """NPS 3 and 8, CSAT 2 and 5; two questions are not answered. Company 9 is of plan pro, and in
    EMEA, Company 30 of plan free. An NPS of 9 is of November, when it is still October in
    London."""
    surveys, october = bot.bot.kept.surveys, at("2026-10-14T10:00")
    pro, free = await number_of(bot, "c9"), await number_of(bot, "c30")
    scores: list[tuple[Scale, int | None, int | None]] = [
        (Scale.NPS, 3, free),
        (Scale.NPS, 8, pro),
        (Scale.CSAT, 2, free),
        (Scale.CSAT, 5, None),
        (Scale.NPS, None, free),
        (Scale.CSAT, None, free),
    ]
    november = at("2026-11-01T00:30")
    moments = [*(october for _ in scores), november]
    scores.append((Scale.NPS, 9, pro))
    for n, (asked_at, (scale, score, customer)) in enumerate(zip(moments, scores, strict=True)):
        ask = Ask(f"a{n}", scale, "How?", SHARED, "U0LEAD", asked_at, customer=customer)
        await surveys.put_ask(ask)
        if score is not None:
            given_at = asked_at + timedelta(minutes=10)
            await surveys.put_answer(Answer(f"a{n}", "U0ACME", "T0ACME", score, given_at))


async def number_of(bot: Running, id: str) -> int:
    [found] = [each for each in await bot.bot.kept.customers.find("crm", id) if each.id == id]
    return found.number


async def alerts(place: Place, bot: Running) -> dict[str, str]:
    """By the name of the rule, once the first of November has come."""
    await bot.pulled()
    await answer(bot)
    await bot.move(at("2026-11-01T08:31"))
    await bot.settle()
    found = {}
    for post in place.posts(SUCCESS):
        title = str(post.blocks[0]["text"]["text"])
        found[title.removeprefix(":rotating_light: ")] = post.text
    return found


async def test_every_figure_can_be_watched_in_config_yaml(place: Place) -> None:
    """Of a segment, answers count by what their customer was on the last day of the month."""
    write(place.folder, region="North America")
    rules = [rule(name) for name in RULES]
    config = place.config(sources=[SOURCE], rules=rules, weekly_post=None)
    async with running(config, at("2026-10-30T20:00")) as bot:
        await bot.pulled()
        write(place.folder)
        await bot.move(at("2026-10-31T20:00"))
        found = await alerts(place, bot)

    assert set(found) == set(RULES)
    for name, words in TOLD.items():
        assert words in found[name]


async def test_what_is_not_below_its_line_is_not_told(place: Place) -> None:
    write(place.folder)
    limits = {"NPS": -60, "CSAT": 50, "answers": 60}
    limits |= {"NPS of free": -100, "NPS of EMEA": -50, "CSAT of free": 0, "answers of free": 50}
    rules = [rule(name, limit=limits.get(name, 80)) for name in RULES]
    config = place.config(sources=[SOURCE], rules=rules, weekly_post=None)
    async with running(config, at("2026-10-31T20:00")) as bot:
        assert await alerts(place, bot) == {}


@pytest.mark.parametrize("name", ["NRR of free", "NPS", "CSAT of free"])
async def test_and_from_slack(place: Place, name: str) -> None:
    write(place.folder)
    wanted = RULES[name]
    typed = {
        "name": name,
        "figure": wanted["figure"],
        "kind": "below",
        "limit": str(wanted["limit"]),
        "base": "1",
        "segments": "plan=free" if "only" in wanted else "",
    }
    lead = place.slack.person("U0LEAD")
    config = place.config(sources=[SOURCE], weekly_post=None)
    async with running(config, at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        empty = await told(place.slack, "U0LEAD", "/keeprate alerts")
        await lead.click(empty, "rule:new")
        since = place.slack.journal.last
        reply = await lead.submit(await lead.modal(), typed)
        assert reply.acked, reply.error
        await lead.wait_for_ephemeral(SUCCESS, containing="is kept", since=since)
        found = await alerts(place, bot)

    assert TOLD[name] in found[name]


@pytest.mark.parametrize("figure", ["nrr", "csat", "answer_rate"])
async def test_a_segment_that_there_is_not_is_refused_at_its_field(
    place: Place, figure: str
) -> None:
    write(place.folder)
    lead = place.slack.person("U0LEAD")
    config = place.config(sources=[SOURCE], weekly_post=None)
    async with running(config, at("2026-11-02T10:00")) as bot:
        await bot.pulled()
        await answer(bot)
        await lead.click(await told(place.slack, "U0LEAD", "/keeprate alerts"), "rule:new")
        typed = {"name": "x", "figure": figure, "kind": "below", "limit": "9", "base": "1"}
        form = await lead.modal()
        reply = await lead.submit(form, {**typed, "segments": "plan=fee"})
        assert "There is free, pro" in reply.errors["segments"]
        since = place.slack.journal.last
        await lead.submit(form, {**typed, "segments": "plan=free"})
        kept = await lead.wait_for_ephemeral(SUCCESS, containing="is kept", since=since)

    seen = {
        "nrr": "In October 2026: NRR 87.5 % of 20 customers.",
        "csat": "In October 2026: CSAT 0.0 % of 1 answer. 1 more has no known customer",
        "answer_rate": "50.0 % of 4 questions. 1 more has no known customer",
    }
    assert seen[figure] in kept.text


async def test_a_rule_whose_segment_is_no_more_says_so_once(place: Place) -> None:
    write(place.folder)
    gone = rule("NPS of free", only={"plan": "trial"})
    config = place.config(sources=[SOURCE], rules=[gone, rule("CRR")], weekly_post=None)
    async with running(config, at("2026-10-31T20:00")) as bot:
        found = await alerts(place, bot)
        await bot.move(at("2026-11-02T08:31"))
    [notice] = place.posts(NOTICES, "can't look")

    assert set(found) == {"CRR"}
    assert '“NPS of free” can\'t look: No customer has plan "trial". There is pro, free' in (
        notice.text
    )


async def test_what_to_expect_of_a_young_company_is_said_in_slack(place: Place) -> None:
    """Of two hundred who joined in August thirty left in October: nothing tells what is usual."""
    rows = [
        f"n{n},New {n},2026-08-15,{'2026-10-09' if n < 30 else ''},pro,EMEA" for n in range(200)
    ]
    companies.write(place.folder, rows)
    lead = place.slack.person("U0LEAD")
    config = place.config(sources=[companies.SOURCE], weekly_post=None)
    async with running(config, at("2026-10-31T20:00")) as bot:
        await bot.pulled()
        for typed in ({"name": "Unsaid"}, {"name": "Said", "expected": "95", "unexplained": "0.1"}):
            shown = await told(place.slack, "U0LEAD", "/keeprate alerts")
            await lead.click(shown, "rule:new")
            since = place.slack.journal.last
            reply = await lead.submit(await lead.modal(), typed)
            assert reply.acked, reply.error
            await lead.wait_for_ephemeral(SUCCESS, containing="is kept", since=since)
        await bot.move(at("2026-11-01T08:31"))
        kept = {rule.name: rule for rule in await bot.bot.kept.rules.all()}

    assert (kept["Said"].expected_crr, kept["Said"].unexplained) == (0.95, 0.1)
    [alert] = place.posts(SUCCESS)
    assert alert.blocks[0]["text"]["text"] == ":rotating_light: Said"
    assert "170 of 200 customers stayed in October 2026, 190 expected" in alert.text
