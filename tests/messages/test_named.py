"""Who may what, as App Home tells it to admins, and the form that names people."""

from typing import Any

import pytest

from bot.domain.roles import Access, Named
from bot.messages import named
from bot.messages.blocks import Block, Message, home
from tests.messages.conftest import Golden

SOME = Access(
    admins=frozenset({"U0ADMIN"}),
    operators=frozenset({"S0CS", "U0LEAD"}),
    viewers=frozenset({"U0OWNER"}),
    channels=frozenset({"C0SUCCESS", "C0GENERAL"}),
)
CASES: dict[str, Message | Block] = {
    "named": home(named.named_blocks(SOME)),
    "named-nobody": home(named.named_blocks(Access())),
    "named-everybody": home(named.named_blocks(Access(everybody_views=True))),
    "named-form": named.named_form(
        Named(frozenset({"U0OWNER", "U0LEAD"}), channels=frozenset({"C0GENERAL"}))
    ),
    "named-kept": named.kept(SOME),
    "named-admins-first": named.admins_first(),
}


@pytest.mark.parametrize("name", CASES)
def test_looks_as_it_did(name: str, golden: Golden) -> None:
    golden(name, CASES[name])


def sent(**chosen: list[str] | None) -> dict[str, Any]:
    values = {name: {"people": {"selected_users": ids}} for name, ids in chosen.items()}
    return {"view": {"state": {"values": values}}}


def test_what_was_chosen_is_read() -> None:
    people = sent(viewers=["U1", "U2"], operators=None)
    assert named.read_named(people) == Named(frozenset({"U1", "U2"}), frozenset())
    values = people["view"]["state"]["values"]
    values["channels"] = {"channels": {"selected_conversations": ["C1"]}}
    assert named.read_named(people).channels == frozenset({"C1"})
    values["channels"] = {"channels": {"selected_conversations": None}}
    assert not named.read_named(people).channels


@pytest.mark.parametrize(
    "shown", [Named(), Named(frozenset({"U1", "U2"}), frozenset({"U3"}), frozenset({"C1"}))]
)
def test_what_the_form_showed_is_read(shown: Named) -> None:
    assert named.read_shown({"view": named.named_form(shown)}) == shown
