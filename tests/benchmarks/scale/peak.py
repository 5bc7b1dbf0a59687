"""``python -m tests.benchmarks.scale.peak ENGINE WORK FILE``: do one thing, then print how much memory that took."""

import json
import re
import sys
import time
from pathlib import Path

from tests.benchmarks.scale import ours
from tests.benchmarks.scale.engines import BY_NAME


def main(name: str, work: str, path: str) -> None:
    """Do ``bare``, ``ours`` or ``nothing`` (imports and the factor library alone) with a file."""
    engine = BY_NAME[name]
    start = time.perf_counter()
    if work == "bare":
        engine.bare(engine.open(Path(path)))
    elif work == "ours":
        ours.totals(lambda: engine.open(Path(path)))
    else:
        ours.method()
        ours.shipped()
        engine.open(Path(path))
    spent = time.perf_counter() - start
    print(json.dumps({"mib": high_water(), "seconds": spent}))


def high_water() -> float:
    """Return the most memory that this process has held so far, in MiB, mapped files included, as Linux counts it."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    return int(found[1]) / 1024 if found else float("nan")


if __name__ == "__main__":
    main(*sys.argv[1:4])
