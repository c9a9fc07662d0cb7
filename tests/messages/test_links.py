"""Which channel is whose, as it is told."""

from datetime import UTC, datetime

import pytest

from bot.domain.definition import Definition
from bot.domain.links import Candidate, Link, Unlinked
from bot.messages import links
from bot.messages.blocks import Message
from tests.messages.conftest import Golden
from tests.messages.figures import NASTY, read_as_markup

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
LINK = Link("C0123", 4, "A-4", "Acme", NOW, "U01LEAD")
MARKUP = Link("C0124", 5, "A-5", NASTY, NOW, "terminal:ada")
OPEN = [
    Unlinked("C1", "acme-shared", (Candidate("A-4", "Acme"), Candidate("A-5", "Acme Labs"))),
    Unlinked("C2", "nobody"),
    Unlinked("C3", "nasty", (Candidate("A-6", NASTY),)),
]

CASES: dict[str, Message] = {
    "linked": links.linked(LINK),
    "linked-markup": links.linked(MARKUP),
    "unlinked": links.unlinked(LINK),
    "links-none": links.links_list([], [], Definition()),
    "links": links.links_list([LINK, MARKUP], OPEN, Definition()),
    "links-many": links.links_list([LINK] * 40, OPEN * 20, Definition()),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_never_rings_anybody(name: str) -> None:
    assert not any("<!" in text for text in read_as_markup(CASES[name]))
