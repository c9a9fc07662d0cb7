"""The Block Kit shapes we use, as plain dicts, cut to Slack's limits."""

from dataclasses import dataclass
from typing import Any

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted. `text` is what phones and screen readers show, so it says the whole thing."""

    text: str
    blocks: tuple[Block, ...] = ()
    fallback: tuple[Block, ...] | None = None
    """The same in older blocks, for a Slack that refuses charts or tables."""
