"""The command line and scripts as people run them, within the process of the tests: starting one takes a second."""

import gc
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hsesg_carbon import cli


def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line as its process does, from ``main`` on."""
    return _within(["hsesg-carbon", *map(str, arguments)], cli.main, cwd)


def script(text: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run Python as ``python -c`` does."""

    def main() -> None:
        exec(compile(text, "<string>", "exec"), {"__name__": "__main__"})
        raise SystemExit(0)

    return _within(["-c"], main, cwd)


def _within(command: list[str], main: Callable[[], None], cwd: Path | None) -> subprocess.CompletedProcess[str]:
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    collected = gc.get_threshold()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", command)
        patch.setattr(sys, "stdout", streams[0])
        patch.setattr(sys, "stderr", streams[1])
        patch.setenv("COLUMNS", "120")
        if cwd is not None:
            patch.chdir(cwd)
        try:
            with pytest.raises(SystemExit) as left:
                main()
        finally:
            gc.set_threshold(*collected)
    said = []
    for stream in streams:
        stream.flush()
        said.append(stream.buffer.getvalue().decode("utf-8").replace(os.linesep, "\n"))  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(command, int(str(left.value.code or 0)), *said)


def process(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    environment = {**os.environ, "COLUMNS": "120", "PYTHONWARNINGS": "error"}
    return subprocess.run(
        [sys.executable, "-m", "hsesg_carbon.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env=environment,
        check=False,
    )


def as_json(*arguments: str | Path) -> Any:
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(*arguments: str | Path) -> str:
    """Run a command that must fail with a sentence: exit code 2, nothing on stdout, no traceback."""
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "Unexpected" not in done.stderr
    return done.stderr


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
