"""When a loss was first known, against when it happened."""

from bot.domain.stays import Stay
from bot.store.customers import Customers
from bot.store.database import Database
from tests.store.examples import TODAY, believe, known, later


async def pulled(database: Database, day: int, *stays: Stay) -> None:
    """The stay of each customer, as known so many days after the first pull."""
    everyone = [known(f"c{n}", stay) for n, stay in enumerate(stays)]
    await believe(database, *everyone, today=TODAY + day, now=later(days=day))


async def recorded(database: Database) -> list[tuple[int, int, int]]:
    """Of each loss, the day that it happened on, the first on which it can have been entered, and
    the one on which it was known, as days after the first pull."""
    found = await Customers(database).recorded("crm")
    return sorted(zip(*((days - TODAY).tolist() for days in found), strict=True))


HERE: Stay = (100, None)


def gone(day: int) -> Stay:
    return 100, TODAY + day


async def test_before_any_pull_nothing_is_known(database: Database) -> None:
    assert await recorded(database) == []


async def test_of_who_had_left_before_the_first_pull_only_the_source_knows(
    database: Database,
) -> None:
    await pulled(database, 0, gone(-5), gone(0), HERE)

    assert await recorded(database) == []


async def test_a_loss_is_known_from_the_first_pull_that_says_so(database: Database) -> None:
    await pulled(database, 0, HERE, HERE, HERE)
    await pulled(database, 10, gone(4), HERE, HERE)
    await pulled(database, 20, gone(4), gone(19), HERE)

    assert await recorded(database) == [(4, 4, 10), (19, 19, 20)]


async def test_what_a_pull_did_not_say_yet_was_entered_after_it(database: Database) -> None:
    await pulled(database, 0, HERE, HERE)
    await pulled(database, 10, HERE, HERE)
    await pulled(database, 20, gone(4), gone(10))

    assert await recorded(database) == [(4, 11, 20), (10, 11, 20)]


async def test_an_end_that_is_corrected_is_the_same_loss(database: Database) -> None:
    await pulled(database, 0, HERE)
    await pulled(database, 10, gone(4))
    await pulled(database, 60, gone(9))

    assert await recorded(database) == [(9, 9, 10)]


async def test_who_stayed_after_all_did_not_leave(database: Database) -> None:
    await pulled(database, 0, HERE)
    await pulled(database, 10, gone(4))
    await pulled(database, 20, HERE)

    assert await recorded(database) == []


async def test_an_end_in_another_season_is_another_loss(database: Database) -> None:
    await pulled(database, 0, HERE)
    await pulled(database, 10, gone(4))
    await pulled(database, 200, gone(190))

    assert await recorded(database) == [(190, 190, 200)]


async def test_an_end_that_is_known_before_it_comes_was_not_late(database: Database) -> None:
    await pulled(database, 0, gone(30))

    assert await recorded(database) == [(30, 0, 0)]
