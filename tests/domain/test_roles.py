"""Who may what: by name, by group, by channel."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.roles import Access, Named, Role, named_anew

NOBODY: frozenset[str] = frozenset()
SUCCESS = "C0SUCCESS"


def test_who_is_named_in_slack_comes_beside_those_of_the_configuration() -> None:
    named = Named(viewers=frozenset({"U3"}), operators=frozenset({"U4"}))
    access = Access(frozenset({"U0"}), frozenset({"U1"}), frozenset({"U2"}))
    of = access.also(named, frozenset({SUCCESS}))

    assert [of.role(f"U{n}", NOBODY, "") for n in range(6)] == [
        Role.ADMIN,
        Role.OPERATOR,
        Role.VIEWER,
        Role.VIEWER,
        Role.OPERATOR,
        Role.COLLEAGUE,
    ]
    assert of.role("U5", NOBODY, SUCCESS) is Role.VIEWER


def test_where_nothing_is_said_a_colleague_sees_nothing() -> None:
    assert Access().role("U1", NOBODY, SUCCESS) is Role.COLLEAGUE


def test_in_a_channel_with_figures_everybody_may_all_while_nobody_is_named() -> None:
    access = Access(channels=frozenset({SUCCESS}))

    assert access.role("U1", NOBODY, SUCCESS) is Role.ADMIN
    assert access.role("U1", NOBODY, "C0OTHER") is Role.COLLEAGUE
    assert access.role("U1", NOBODY, "") is Role.COLLEAGUE


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"viewers": {"U1"}}, Role.ADMIN),
        ({"viewers": {"U1"}, "admins": {"U9"}}, Role.OPERATOR),
        ({"viewers": {"U1"}, "operators": {"U9"}}, Role.VIEWER),
        ({"viewers": {"U1"}, "operators": {"U8"}, "admins": {"U9"}}, Role.VIEWER),
        ({"operators": {"U1"}}, Role.ADMIN),
        ({"operators": {"U1"}, "admins": {"U9"}}, Role.OPERATOR),
        ({"admins": {"U1"}}, Role.ADMIN),
        ({"admins": {"U1"}, "operators": {"U1"}, "viewers": {"U1"}}, Role.ADMIN),
        ({"admins": {"U9"}}, Role.COLLEAGUE),
    ],
)
def test_the_highest_name_counts_and_who_is_not_named_stands_in(
    named: dict[str, set[str]], expected: Role
) -> None:
    access = Access(
        admins=frozenset(named.get("admins", ())),
        operators=frozenset(named.get("operators", ())),
        viewers=frozenset(named.get("viewers", ())),
    )

    assert access.role("U1", NOBODY, "") is expected


def test_a_group_counts_like_its_people() -> None:
    access = Access(admins=frozenset({"S0CS", "U9"}), viewers=frozenset({"S0ALL"}))

    assert access.groups == {"S0CS", "S0ALL"}
    assert access.role("U1", {"S0CS"}, "") is Role.ADMIN
    assert access.role("U1", {"S0ALL"}, "") is Role.OPERATOR
    assert access.role("U1", {"S0OTHER"}, "") is Role.COLLEAGUE


def test_everybody_means_every_colleague() -> None:
    access = Access(everybody_views=True, operators=frozenset({"U9"}))

    assert access.role("U1", NOBODY, "") is Role.VIEWER


ids = st.frozensets(st.sampled_from(["U1", "U2", "S1", "S2"]))


@given(ids, ids, ids, st.booleans(), ids, ids)
def test_to_be_named_for_more_never_takes_anything_away(
    admins: frozenset[str],
    operators: frozenset[str],
    viewers: frozenset[str],
    everybody: bool,
    groups: frozenset[str],
    more: frozenset[str],
) -> None:
    access = Access(admins, operators, viewers, everybody)

    assert access.role("U1", groups | more, "") >= access.role("U1", groups, "")


def test_the_audit_log_is_told_who_came_and_who_went() -> None:
    was = Named(frozenset({"U1", "U2"}), frozenset({"U3"}))

    assert named_anew(was, was) == ""
    now = Named(frozenset({"U2", "U4"}), channels=frozenset({"C1"}))
    assert was.changed(was, now) == now
    assert was.changed(now, now) == was
    assert Named().changed(was, was) == Named()
    assert named_anew(was, now) == "viewers +U4, viewers -U1, operators -U3, channels +C1"
