"""Slack's Web API methods, as far as the bot uses them, by family: a table of functions each."""

from bot.sandbox.methods import apps, chat, conversations, files, users, views
from bot.sandbox.methods.call import Method

METHODS: dict[str, Method] = {
    **apps.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **users.METHODS,
    **views.METHODS,
}
