"""One tool, in a process of its own, so that its memory is its own: prints what it measured.

python -m tests.benchmarks.comparison MODULE WORK STAYS ANSWER REPEATS SECONDS
"""

import gc
import json
import re
import sys
import time
from importlib import import_module
from pathlib import Path

from tests.benchmarks.comparison.work import Stays


def main() -> None:
    module, work, given, answer, repeats, seconds = sys.argv[1:]
    compute = getattr(import_module(f"tests.benchmarks.comparison.{module}"), work)(
        Stays.load(Path(given))
    )
    gc.collect()
    loaded = _forget_the_peak()
    compute().save(Path(answer))  # and whatever is compiled or cached is ready from here on
    took: list[float] = []
    while len(took) < int(repeats) and sum(took) < 1e3 * float(seconds):
        began = time.perf_counter()
        compute()
        took.append(1e3 * (time.perf_counter() - began))
    print(json.dumps({"ms": took, "loaded": loaded, "peak": _resident("VmHWM")}))


def _forget_the_peak() -> float:
    """What the process has now, in MB; what it took to load is no part of computing."""
    Path("/proc/self/clear_refs").write_text("5")
    return _resident("VmRSS")


def _resident(name: str) -> float:
    """MB, as Linux tells it."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None, f"Linux tells no {name}"
    return int(found[1]) / 1024


if __name__ == "__main__":
    main()
