"""One tool, in a process of its own, so that its memory is its own: prints what it measured.

python -m tests.benchmarks.comparison MODULE WORK STAYS ANSWER REPEATS SECONDS
"""

import gc
import json
import sys
import time
from importlib import import_module
from pathlib import Path

from tests.benchmarks.comparison.work import Stays
from tests.benchmarks.memory import forget_peak, peak, resident


def main() -> None:
    module, work, given, answer, repeats, seconds = sys.argv[1:]
    compute = getattr(import_module(f"tests.benchmarks.comparison.{module}"), work)(
        Stays.load(Path(given))
    )
    gc.collect()
    loaded = resident()
    forget_peak()  # what it took to load is no part of computing
    compute().save(Path(answer))  # and whatever is compiled or cached is ready from here on
    took: list[float] = []
    while len(took) < int(repeats) and sum(took) < 1e3 * float(seconds):
        began = time.perf_counter()
        compute()
        took.append(1e3 * (time.perf_counter() - began))
    print(json.dumps({"ms": took, "loaded": loaded, "peak": peak()}))


if __name__ == "__main__":
    main()
