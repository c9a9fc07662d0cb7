"""What admins read when something became of a channel."""

import pytest

from bot.domain.channels import Fate
from bot.messages.channels import channel_notice
from bot.messages.languages import tr
from tests.messages.conftest import Golden

WHAT = (
    tr("the weekly post"),
    tr("the alerts of “{rule}”", rule="Monthly drop"),
    tr("notices like this one"),
)


@pytest.mark.parametrize("fate", Fate)
def test_each_says_what_goes_there_no_more_and_what_to_do(fate: Fate, golden: Golden) -> None:
    golden(f"channel-{fate}", channel_notice(fate, "C0SUCCESS", WHAT, new="C0NEW"))


def test_one_thing_is_not_a_list() -> None:
    told = channel_notice(Fate.LEFT, "C0SUCCESS", ("the weekly post",)).text

    assert "so the weekly post cannot go there" in told
