"""One process that has collected the tests tries one mutant after another, each in a fork."""

import functools
import gc
import json
import os
import resource
import signal
import sys
import time
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

import coverage
import pytest

from tests.mutation.mutants import PACKAGE, Mutant, mutated

EXAMPLES = 10
"""Of a law per mutant: a law that needs more to notice a fault is a weak one."""
BUDGET = 12.0
"""
Seconds of processor time, clean, of the tests that a mutant is shown to at most, the quick ones first.

With 60, faults that cannot be noticed were: some slower test does not hold in a fork of its own, whatever the fault.
"""
WORDS = "test_what_is_told_is_what_was_told"
PATIENCE = 5
"""A mutant that takes so many times the clean run (and some seconds) runs for ever: a test would notice."""
GRACE = 5
MEMORY = 8 << 30


class Trial:
    """A plugin of pytest: it takes the place of the run, measures a clean one, and then tries the mutants."""

    def __init__(self, mutants: list[Mutant], state: dict[str, str], file: Path) -> None:
        self.mutants, self.state, self.file = mutants, state, file
        self.failed: set[str] = set()
        self.error = ""
        self._modules = {f"hsesg_carbon.{one.module.replace('/', '.')}" for one in mutants}
        self._seconds: dict[str, float] = {}
        self._reached: dict[tuple[str, int], set[str]] = {}

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            self.error = "the tests could not be collected"
            return True
        for item in session.items:
            _fewer_examples(item)
        self._run_clean(session.items)
        functions = _functions()
        items = {item.nodeid: item for item in session.items}
        gc.collect()
        gc.freeze()
        begun = time.monotonic()
        for number, mutant in enumerate(self.mutants, 1):
            self.state[mutant.name] = self._tried(mutant, items, functions)
            _written(self.file, self.state)
            if number % 20 == 0:
                print(f"{number} of {len(self.mutants)}, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
        return True

    def _run_clean(self, items: list[pytest.Item]) -> None:
        """
        Run every test once as it is, in a fork: its time, the lines it reaches, and whether it holds at all.

        The process that collected them runs none itself: a pool of threads (Polars has one) that a test began there
        would be gone in every fork, and its tests would wait for it for ever.
        """
        theirs, ours = os.pipe()
        child = os.fork()
        if not child:
            _silenced()
            try:
                told = self._measured(items)
                with open(ours, "w", encoding="utf-8") as pipe:
                    json.dump(told, pipe)
            finally:
                os._exit(0)
        os.close(ours)
        with open(theirs, encoding="utf-8") as pipe:
            told = json.load(pipe)  # nothing told is an error: then no kill could be believed
        os.waitpid(child, 0)
        self.failed |= set(told["failed"])
        self._seconds = dict(zip([item.nodeid for item in items], told["seconds"], strict=True))
        for file, line, places in told["reached"]:
            self._reached[file, line] = {items[place].nodeid for place in places} - self.failed
        clean = f"clean: {len(items)} tests, {sum(self._seconds.values()):.0f} s, failed {sorted(self.failed)}"
        print(clean, file=sys.stderr, flush=True)

    def _measured(self, items: list[pytest.Item]) -> dict[str, Any]:
        trace = coverage.Coverage(data_file=None, config_file=False, include=[f"{PACKAGE}/*"])
        seconds = []
        kept = [one for one in _caches() if one.__module__ in self._modules and one.__name__ != "_shipped"]
        trace.start()
        for place, item in enumerate(items):
            for one in kept:  # else what they hold would be booked on the first test alone
                one.cache_clear()
            trace.switch_context(str(place))
            begun = time.process_time()
            after = items[place + 1] if place + 1 < len(items) else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            seconds.append(time.process_time() - begun)
        trace.stop()
        data = trace.get_data()
        reached = [
            (file, line, [int(one) for one in set(names) - {""}])
            for file in data.measured_files()
            for line, names in data.contexts_by_lineno(file).items()
        ]
        return {"failed": sorted(self.failed), "seconds": seconds, "reached": reached}

    def _shown(self, names: set[str]) -> tuple[list[str], float]:
        """
        Return the tests that a mutant is shown, and their clean seconds: quick ones for half of the budget, then those
        of what is told word by word, which see most and take a second each, then more of the quick ones.
        """
        quick = sorted(names, key=lambda one: (self._seconds[one], one))
        chosen: list[str] = []
        spent = 0.0
        for some, most in ((quick, BUDGET / 2), ([one for one in quick if WORDS in one], BUDGET), (quick, BUDGET)):
            for name in some:
                if name in chosen:
                    continue
                if chosen and spent + self._seconds[name] > most:
                    break
                chosen.append(name)
                spent += self._seconds[name]
        return chosen, spent

    def _tried(self, mutant: Mutant, items: dict[str, pytest.Item], functions: dict[Any, list[FunctionType]]) -> str:
        path = str(mutant.path)
        names = self._reached.get((path, mutant.line)) or self._reached.get((path, mutant.statement)) or set()
        chosen, spent = self._shown(names)
        if not chosen:
            return "unreached"
        code = mutated(mutant)
        aims = functions.get((path, code.co_qualname, code.co_firstlineno), [])
        if not aims or any(one.__code__.co_freevars != code.co_freevars for one in aims):
            return "invalid"
        child = os.fork()
        if not child:
            _limited(spent)
            _in_the_child(aims, code, [items[name] for name in chosen], self.failed)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            return "timeout" if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL, signal.SIGALRM) else "killed"
        return "survived" if os.WEXITSTATUS(status) == 0 else "killed"


def _in_the_child(aims: list[FunctionType], code: Any, items: list[pytest.Item], failed: set[str]) -> None:
    """Put the fault in, run the tests till one notices, and end the process without any leave-taking."""
    _silenced()
    found = 1
    try:
        for one in aims:
            one.__code__ = code
        _without_what_was_kept()
        before = len(failed)
        for place, item in enumerate(items):
            item.config.hook.pytest_runtest_protocol(
                item=item, nextitem=items[place + 1] if place + 1 < len(items) else None
            )
            if len(failed) > before:
                break
        found = int(len(failed) > before)
    finally:
        os._exit(found)


def _silenced() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nothing, stream)


def _without_what_was_kept() -> None:
    """Empty the caches: what was kept while the tests were collected would hide the fault."""
    for one in _caches():
        one.cache_clear()


def _caches() -> list[Any]:
    return [one for one in gc.get_objects() if isinstance(one, functools._lru_cache_wrapper)]


def _limited(seconds: float) -> None:
    """Limit the processor time, so that a busy machine kills no mutant, and the memory of what runs away."""
    most = int(PATIENCE * seconds + GRACE)
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.alarm(20 * most)


def _functions() -> dict[Any, list[FunctionType]]:
    """Return every function of the package by file, name and line, wherever it hangs: decorated ones too."""
    for path in PACKAGE.rglob("*.py"):
        if path.stem not in ("__init__", "__main__"):
            import_module(".".join(["hsesg_carbon", *path.relative_to(PACKAGE).with_suffix("").parts]))
    found: dict[Any, list[FunctionType]] = {}
    for one in gc.get_objects():
        if type(one) is FunctionType:
            code = one.__code__
            found.setdefault((code.co_filename, code.co_qualname, code.co_firstlineno), []).append(one)
    return found


def _fewer_examples(item: pytest.Item) -> None:
    from hypothesis import Phase, settings  # pytest rewrites it, and wants to be the first to import it

    law = getattr(item, "obj", None)
    law = getattr(law, "__func__", law)
    if hasattr(law, "hypothesis"):
        had = getattr(law, "_hypothesis_internal_use_settings", None) or settings.default
        law._hypothesis_internal_use_settings = settings(
            had,
            max_examples=min(EXAMPLES, had.max_examples),
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
        )


def _written(file: Path, state: dict[str, str]) -> None:
    half = file.with_suffix(".half")
    half.write_text(json.dumps(state, indent=0, sort_keys=True), encoding="utf-8")
    half.replace(file)
