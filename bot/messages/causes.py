"""What low scores come from: the usual causes, and each as people read it."""

from bot.messages.languages import later, tr

USUAL = (
    later("Price or contract"),
    later("Missing feature"),
    later("Fault in the product"),
    later("Hard to use"),
    later("Slow or poor support"),
    later("Invoicing"),
    later("Expectations"),
    later("Clicked by mistake"),
    later("Something else"),
)
"""Of a low score, where config.yaml lists no others."""


def named(cause: str) -> str:
    """A usual one in the language in force; all others are as config.yaml has them."""
    return tr(cause) if cause in USUAL else cause
