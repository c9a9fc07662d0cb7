"""To the admins: something has become of a channel that we speak in."""

from collections.abc import Sequence

from bot.domain.channels import Fate
from bot.domain.subscriptions import Edition, Subscription
from bot.messages import wording
from bot.messages.blocks import Message, escape, saying
from bot.messages.languages import later, tr

_TOLD = {
    Fate.ARCHIVED: later(
        "<#{channel}> was archived, so {what} cannot go there. Unarchive it, or name another"
        " channel, in config.yaml, in App Home or with /keeprate subscribe."
    ),
    Fate.SHARED: later(
        "<#{channel}> is shared with people from outside now, who must not see figures: {what} will"
        " not be posted there. Name another channel, in config.yaml, in App Home or with /keeprate"
        " subscribe. They may read what was posted there before: delete what is not for them."
    ),
    Fate.UNSHARED: later(
        "<#{channel}> is not shared with another company any more, so nobody from outside is there"
        " to answer {what}."
    ),
    Fate.MOVED: later(
        "Slack has given the channel {channel} the new id {new}. What was to go there goes to"
        " <#{new}>: {what}. Write the new id into config.yaml"
        " where the old one stands there."
    ),
    Fate.LEFT: later(
        "I was taken out of <#{channel}>, so {what} cannot go there. Type /invite @Keeprate there,"
        " or name another channel, in config.yaml, in App Home or with /keeprate subscribe."
    ),
}


_POSTS = {
    Edition.WEEKLY: later("the weekly post"),
    Edition.MONTHLY: later("the monthly post"),
    Edition.QUARTERLY: later("the quarterly post"),
}


def post_called(of: Subscription) -> str:
    """As a notice calls what the channel is subscribed to; escaped."""
    segment = f" ({wording.segment(of.segment)})" if of.segment else ""
    return f"{tr(_POSTS[of.edition])}{segment}"


def alerts_called(rule: str) -> str:
    """The same of what a rule tells."""
    return tr("the alerts of “{rule}”", rule=escape(rule))


def channel_notice(fate: Fate, channel: str, what: Sequence[str], new: str = "") -> Message:
    """`what` names what went there, at least one thing; `new` is its id now, if it has moved."""
    told = tr(_TOLD[fate], channel=channel, what=wording.listed(what), new=new)
    return saying(told)
