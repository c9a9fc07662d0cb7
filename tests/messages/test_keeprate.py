"""What /keeprate answers, and answers to what we can't read."""

from datetime import UTC, datetime

import pytest

from bot.domain.pulls import Running
from bot.domain.roles import Role
from bot.domain.subscriptions import Edition, Subscription
from bot.domain.tickets import LastRead, What
from bot.messages import keeprate
from bot.messages.blocks import Message
from bot.messages.keeprate import Run, Status
from bot.messages.subscriptions import Planned
from tests.messages.conftest import Golden
from tests.messages.figures import DEFINITION, FRESH, FRIDAY, NASTY, read_as_markup

READ = LastRead("zendesk", What.TICKETS, FRIDAY, FRIDAY, 12)
NOT_READ = LastRead("zendesk", What.RATINGS, failed_at=FRIDAY, sentence=NASTY)
NINE = datetime(2026, 11, 23, 8, tzinfo=UTC)
CASES: dict[str, Message] = {
    "keeprate-help": keeprate.keeprate_help(),
    "status": keeprate.status_answer(
        Status(
            sources=[FRESH],
            next_runs=[Run("weekly post", NINE), Run("pull of hubspot", FRIDAY)],
            waiting=1,
            uncertain=2,
            failed=1,
            pulling=[Running("stripe"), Running("crm", 12_300, 98_000, 49.2), Running("sql", 1)],
            helpdesks=[READ, NOT_READ],
        ),
        DEFINITION,
    ),
    "status-posts": keeprate.status_answer(
        Status(
            sources=[FRESH],
            next_runs=[Run("pull", FRIDAY)],
            posts=[
                Planned(Subscription("C0BOARD", Edition.MONTHLY, id=2), NINE),
                Planned(Subscription("C0TEAM", segment=(("plan", NASTY),), id=1), FRIDAY),
                Planned(Subscription("C0PAUSED", id=3), None),
                *(Planned(Subscription(f"C{n}", id=n), NINE) for n in range(4, 7)),
            ],
        ),
        DEFINITION,
    ),
    "status-empty": keeprate.status_answer(Status(sources=[], next_runs=[]), DEFINITION),
    "only-admins": keeprate.refusal(Role.OPERATOR, Role.ADMIN),
    "only-operators": keeprate.refusal(Role.VIEWER, Role.OPERATOR),
    "only-viewers": keeprate.refusal(Role.COLLEAGUE, Role.ADMIN),
    "mention-help": keeprate.mention_help(["/crr", "/keeprate", "/nps"]),
    "pull-started": keeprate.pull_started(["hubspot", "stripe"]),
    "pull-running": keeprate.pull_running(["hubspot"]),
    "pull-finished": keeprate.pull_finished("hubspot", 1, 1, 0.2),
    "pull-finished-large": keeprate.pull_finished("hubspot", 120_000, 98_321, 754.0),
    "pull-failed": keeprate.pull_failed("hubspot", NASTY, FRIDAY, DEFINITION),
    "helpdesk-read": keeprate.helpdesk_read(READ, 12, DEFINITION),
    "helpdesk-not-read": keeprate.helpdesk_read(NOT_READ, 0, DEFINITION),
    "misunderstood": keeprate.misunderstood(
        f"There is no period called {NASTY}.", did_you_mean=["month", "week"], help="/crr help"
    ),
    "not-here": keeprate.not_here("Figures are not shown in a channel shared with others."),
    "failed": keeprate.failed(),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_never_rings_anybody(name: str) -> None:
    assert not any("<!" in text for text in read_as_markup(CASES[name]))


def test_what_comes_next_comes_first() -> None:
    status = CASES["status"]

    assert status.text.index("pull of hubspot") < status.text.index("weekly post")
