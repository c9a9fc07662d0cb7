"""How records that are one customer are told of."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.definition import Definition
from bot.domain.merges import Merge, Merged
from bot.messages.blocks import Message
from bot.messages.merges import merged, merges_list, taken_back
from tests.messages.conftest import Golden

SAID = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)
AMSTERDAM = Definition(zone="Europe/Amsterdam")


def said(number: int, name: str = "Acme Inc", *, by: str = "", pull: int | None = None) -> Merged:
    at = SAID - timedelta(days=number)
    return Merged(Merge(number, 99, at, pull, by), f"c{number}", name, "Acme & <Sons>")


MESSAGES = {
    "merged": merged(said(1, by="U1")),
    "merge-taken-back": taken_back(said(1, by="U1")),
    "merges-none": merges_list([], AMSTERDAM),
    "merges": merges_list(
        [said(1, by="U0ADMIN"), said(2, by="terminal:lea"), said(3, "<!here>", pull=7)], AMSTERDAM
    ),
    "merges-many": merges_list([said(n, "N" * 200, pull=1) for n in range(30)], AMSTERDAM),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, MESSAGES[name])


def test_every_message_is_complete_as_text() -> None:
    assert all(isinstance(each, Message) and each.text for each in MESSAGES.values())
