"""What a process has in memory, in MB of 1,000,000 bytes, as Linux tells it."""

import re
from pathlib import Path


def resident(pid: int | str = "self") -> float:
    """Now."""
    return _told(pid, "VmRSS")


def peak(pid: int | str = "self") -> float:
    """The most that it had since it began, or since `forget_peak`."""
    return _told(pid, "VmHWM")


def forget_peak(pid: int | str = "self") -> None:
    """From now on `peak` knows nothing of what was before."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _told(pid: int | str, name: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    return int(found[1]) * 1024 / 1e6 if found else 0.0  # none where the process has just ended
