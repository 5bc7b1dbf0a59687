"""Running a target for so many seeded cases, in this process, each in bounded time; and what came of it."""

import signal
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

from tests.fuzz.targets import TARGETS, Target, outcome

LIMIT = 20.0
"""Seconds of this process's time after which a case of a few kilobytes counts as one that does not end."""

_KEPT = 20


@dataclass
class Ran:
    """How many cases of a target were run, how many were taken, how long they took; and those that broke a law."""

    executions: int = 0
    taken: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    slowest_case: int = 0
    failures: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, plain: dict[str, Any]) -> "Ran":
        return cls(**plain)

    def plain(self) -> dict[str, Any]:
        return asdict(self)

    def shown(self) -> dict[str, Any]:
        """Return what stands in the results."""
        return {
            "executions": self.executions,
            "taken": self.taken,
            "cpu_seconds": round(self.seconds, 1),
            "rate_per_second": round(self.executions / max(self.seconds, 1e-9)),
            "slowest_ms": round(self.slowest * 1000),
            "failures": len(self.failures),
        }


class TooLongError(BaseException):
    """A case that does not end: no reader may catch this."""


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Stop what takes longer than so much time of this process."""

    def stop(*_: Any) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def ran(target: Target, seed: int, count: int, so_far: Ran | None = None) -> Ran:
    """Run ``count`` cases more of a target."""
    told = so_far or Ran()
    for number in range(told.executions, told.executions + count):
        given = target.make(Random(f"{seed}:{target.name}:{number}"))
        start = time.process_time()
        try:
            with bounded(LIMIT):
                told.taken += outcome(target, given)
        except (Exception, TooLongError) as error:
            if len(told.failures) < _KEPT:
                place = traceback.extract_tb(error.__traceback__)[-1]
                why = f"{type(error).__name__} at {place.name}:{place.lineno}: {error}"[:400]
                told.failures.append({"case": number, "why": why, "given": repr(given)[:400]})
        took = time.process_time() - start
        told.seconds += took
        if took > told.slowest:
            told.slowest, told.slowest_case = took, number
        told.executions += 1
    return told


def shares(executions: int, names: Iterable[str] = TARGETS) -> dict[str, int]:
    """Return how many executions each target gets of a run, in proportion to its weight and at least a few."""
    chosen = [TARGETS[name] for name in names]
    weights = {one.name: one.weight for one in chosen}
    made = {name: max(2, int(executions * weight / sum(weights.values()))) for name, weight in weights.items()}
    largest = max(made, key=lambda name: made[name])
    made[largest] += executions - sum(made.values())
    return made
