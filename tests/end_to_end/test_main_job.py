"""From a customer list to Monday's post, on real purchases."""

from datetime import date

from tests.end_to_end import shop
from tests.end_to_end.running import SUCCESS, Place, at, running

WEEK = shop.counted(date(1998, 6, 22), date(1998, 6, 28))
WEEK_BEFORE = shop.counted(date(1998, 6, 15), date(1998, 6, 21))
MONTH = shop.counted(date(1998, 5, 1), date(1998, 5, 31))
QUARTER = shop.counted(date(1998, 1, 1), date(1998, 3, 31))


async def test_on_monday_at_nine_the_post_comes_once(place: Place, http_port: int) -> None:
    config = place.config(http_port=http_port)

    async with running(config, at("1998-06-29T08:30")) as bot:
        await bot.pulled()
        assert place.posts(SUCCESS) == []
        # The last second passes by itself: it is the bot's own scheduler that posts.
        bot.clock.offset += at("1998-06-29T08:59:59") - bot.clock()
        await bot.bot.clock_moved()
        post = await place.slack.wait_for_message(SUCCESS, timeout=60)
        assert bot.clock() >= at("1998-06-29T09:00")
        await bot.settle()

    assert place.posts(SUCCESS) == [post]
    assert f"{WEEK.kept} of {WEEK.opening} customers stayed" in post.text
    for figure in (WEEK, MONTH, QUARTER):
        assert f"CRR {figure.percent}" in post.text
    change = abs(round(100 * WEEK.crr, 1) - round(100 * WEEK_BEFORE.crr, 1))
    assert f"{change:.1f} points" in post.text
    assert f"{WEEK.lost} lost" in post.text
    assert f"{WEEK.won_back} won back" in post.text
    assert f"and {WEEK.lost - 5} more" in post.text
    assert "cdnow as of Monday 29 Jun 1998" in post.text
    [chart] = [block for block in post.blocks if block["type"] == "data_visualization"]
    line, low, high = chart["chart"]["series"]
    assert len(line["data"]) == 12
    assert line["data"][-1]["value"] == round(100 * WEEK.crr, 1)
    assert low["data"][-1]["value"] < high["data"][-1]["value"]
