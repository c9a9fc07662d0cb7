"""A scheduled pull asks a system that tells it for what changed, and forgets nobody."""

from tests.end_to_end.running import Place, at, running
from tests.integrations.vendor import says, vendor


def rows(*ids: str) -> list[dict[str, str]]:
    return [{"id": id, "name": f"Company {id}"} for id in ids]


async def test_the_nightly_pull_adds_what_changed_to_what_was_known(place: Place) -> None:
    async with vendor(says(rows("a", "b")), says(rows("c"))) as served:
        source = {
            "kind": "json",
            "name": "crm",
            "url": served.url,
            "auth": "none",
            "customers": {
                "path": "/companies",
                "params": {"updated": "{since}"},
                "evidence": "today",
                "customer": "id",
                "customer_name": "name",
            },
        }
        config = place.config(sources=[source], weekly_post=None)
        async with running(config, at("2026-10-30T10:00")) as bot:
            await bot.pulled()
            await bot.move(at("2026-10-31T04:00"))
            newest = await bot.bot.kept.pulls.newest_believed("crm")
            known = await bot.bot.kept.customers.known("crm")

    assert newest is not None
    assert newest.base is not None
    assert newest.customers == 3
    assert set(known) == {"a", "b", "c"}
    # A quarter of an hour before the first pull began: our overlap, and that of the module.
    assert served.asked[1].question["updated"].startswith("2026-10-30T08:45:0")
