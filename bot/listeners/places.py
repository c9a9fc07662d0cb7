"""Whether something that is for the company alone can be posted in a channel."""

from bot.errors import ChannelUnreachable, SlackError
from bot.messages.failures import failure
from bot.messages.languages import tr
from bot.slack.poster import Slack


def is_direct(channel: str) -> bool:
    """Whether it is a conversation of two, of which we may look up nothing."""
    return channel.startswith("D")


async def why_not(channel: str, slack: Slack) -> str:
    """Why nothing can, and what to do about it, as the end of a sentence; "" where it can."""
    if is_direct(channel):
        return tr("it is a direct message. Name a channel, such as #board.")
    try:
        found = await slack.channel_info(channel)
    except ChannelUnreachable:
        return tr("I am not in it. Type /invite @Keeprate there.")
    except SlackError as error:
        return failure(error.sentence, of=f"looking at {channel}")
    if found.is_ext_shared:
        return tr("it is shared with people from outside, who must not see figures.")
    if found.is_archived:
        return tr("it is archived.")
    return "" if found.is_member else tr("I am not in it. Type /invite @Keeprate there.")
