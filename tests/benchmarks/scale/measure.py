"""Measuring: rounds in which the contenders take turns, and the peak memory of a process of its own."""

import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROUNDS = 5
MANY = 50_000_000
"""From so many rows on there are three rounds and no warm-up: each takes minutes."""


def interleaved(tasks: Mapping[str, Callable[[], Any]], rounds: int, rows: int = 0) -> dict[str, list[float]]:
    """
    Return the seconds of every task in every round.

    Each round runs every task once, and begins with another one than the round before, so that whatever else the
    machine does hits all alike. One round before them is not counted: it fills the file cache, and imports what is
    imported late.
    """
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    names = list(tasks)
    for place in range(-1 if rows < MANY else 0, rounds_of(rounds, rows)):
        shift = place % len(names)
        for name in [*names[shift:], *names[:shift]]:
            gc.collect()
            start = time.perf_counter()
            result = tasks[name]()
            spent = time.perf_counter() - start
            del result  # what it takes to free it is nobody's time
            if place >= 0:
                seconds[name].append(spent)
    return seconds


def rounds_of(rounds: int, rows: int) -> int:
    """Return how many rounds are counted at a size."""
    return min(rounds, 3) if rows >= MANY else rounds


def medians(seconds: Mapping[str, list[float]]) -> dict[str, float]:
    """Return the median of every task."""
    return {name: statistics.median(times) for name, times in seconds.items() if times}


def peak(engine: str, work: str, path: Path) -> dict[str, float]:
    """Return the peak memory in MiB and the seconds of a process that does nothing else (``peak.py``)."""
    command = [sys.executable, "-m", "tests.benchmarks.scale.peak", engine, work, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
