"""What does not go on as it was when something becomes of a channel."""

import pytest

from bot.domain.channels import Fate, Uses

BOTH = Uses(figures=("the weekly post",), questions=("“quarterly nps”",))


@pytest.mark.parametrize("fate", Fate)
def test_a_channel_that_is_for_nothing_is_no_loss(fate: Fate) -> None:
    assert Uses().hurt_by(fate) == ()


@pytest.mark.parametrize("fate", [Fate.ARCHIVED, Fate.MOVED, Fate.LEFT])
def test_what_is_lost_or_moved_takes_all_with_it(fate: Fate) -> None:
    assert BOTH.hurt_by(fate) == ("the weekly post", "“quarterly nps”")


def test_customers_who_come_drive_figures_out_and_who_leave_answer_nothing() -> None:
    assert BOTH.hurt_by(Fate.SHARED) == ("the weekly post",)
    assert BOTH.hurt_by(Fate.UNSHARED) == ("“quarterly nps”",)
