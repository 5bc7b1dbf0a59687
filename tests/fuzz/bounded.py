"""A command or a reader in a process of its own that may use so much memory and time, and what it used."""

import multiprocessing
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

MEMORY = 6 << 30
"""Bytes of addresses: a guard of the machine; what was used is what the tests look at."""
SECONDS = 30
"""Of processor time: what takes longer runs for ever."""
LOADED = ("tests.commands", "hsesg_carbon.workspace", "hsesg_carbon.seal", "openpyxl", "pandas", "pyarrow.parquet")
"""What the server has imported that all children are forks of: imports are no part of what is measured."""


@dataclass(frozen=True)
class Ended:
    """How it ended: its code (``None``: it was stopped), what it said, its seconds, and megabytes beyond the start."""

    code: str | int | None
    said: str
    seconds: float = 0.0
    megabytes: float = 0.0


def command(*arguments: str | Path) -> Ended:
    """Run the command line under limits."""
    return _bounded(_command, *map(str, arguments))


def reading(reader: Callable[[Path], Any], path: Path) -> Ended:
    """Let a reader read a file under limits; the code is that of the refusal, ``taken`` where there is none."""
    return _bounded(_reading, reader, path)


def _bounded(work: Callable[..., tuple[str | int, str]], *arguments: Any) -> Ended:
    """Run something in a fork of a server that has imported the library and run nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.fuzz.bounded", *LOADED])
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_run, args=(theirs, work, arguments))
    child.start()
    theirs.close()
    try:
        ended = ours.recv() if ours.poll(4 * SECONDS) else Ended(None, "it neither ended nor used its time")
    except EOFError:
        ended = Ended(None, "it was stopped")
    if child.is_alive():
        child.join(1)
        child.kill()
    child.join()
    return ended


def _run(answers: Connection, work: Callable[..., tuple[str | int, str]], arguments: tuple[Any, ...]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    before, seconds = _used()
    try:
        code, said = work(*arguments)
    except BaseException:  # pytest's own failures are no Exception; all of them are told
        code, said = -1, traceback.format_exc()
    after, now = _used()
    answers.send(Ended(code, said, now - seconds, after - before))


def _used() -> tuple[float, float]:
    """Return the most megabytes that this process ever had, and its seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    kilobytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return kilobytes / 1024, used.ru_utime + used.ru_stime


def _command(*arguments: str) -> tuple[str | int, str]:
    from tests.commands import run

    done = run(*arguments)
    return done.returncode, done.stdout + done.stderr


def _reading(reader: Callable[[Path], Any], path: Path) -> tuple[str | int, str]:
    from hsesg_carbon.errors import CarbonError

    try:
        reader(path)
    except CarbonError as error:
        return error.code, error.text("en") + error.text("zh")
    return "taken", ""
