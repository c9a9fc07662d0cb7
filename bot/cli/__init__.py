"""The command line: `keeprate run`, `check`, `pull`, `crr`, `calc`, `manifest`, `sandbox`."""

from bot.cli.commands import main

__all__ = ["main"]
