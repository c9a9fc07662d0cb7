"""The command line: `keeprate run`, `demo`, `check`, `pull`, `crr`, and what else there is."""

from bot.cli.commands import main

__all__ = ["main"]
