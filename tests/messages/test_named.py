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
)
CASES: dict[str, Message | Block] = {
    "named": home(named.named_blocks(SOME)),
    "named-nobody": home(named.named_blocks(Access())),
    "named-everybody": home(named.named_blocks(Access(everybody_views=True))),
    "named-form": named.named_form(Named(frozenset({"U2", "U1"}))),
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
    found = named.read_named(sent(viewers=["U1", "U2"], operators=None))

    assert found == Named(frozenset({"U1", "U2"}), frozenset())


def test_the_audit_log_is_told_who_came_and_who_went() -> None:
    was = Named(frozenset({"U1", "U2"}), frozenset({"U3"}))

    assert named.changed(was, was) == ""
    assert named.changed(was, Named(frozenset({"U2", "U4"}))) == (
        "viewers +U4, viewers -U1, operators -U3"
    )
