"""Where pictures are kept, and where they are taken to be compared with those."""

from pathlib import Path

ROOT = Path(__file__).parents[3]
KEPT = ROOT / "docs" / "pictures"
TAKEN = ROOT / "build" / "pictures"
