"""Writing files so that an interruption leaves what was there: each stands in its place whole, or as it was before."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """
    Give the path of a file to write, which takes the place of ``path`` once it is written and has reached the disk.

    Whoever fails, or is interrupted, leaves the old file; two that write at once do not mix.

    Raises:
        OSError: It cannot be written.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     with whole(Path(folder, "a.txt")) as beside:
        ...         _ = beside.write_text("figures")
        ...     Path(folder, "a.txt").read_text()
        'figures'
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield beside
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_whole(path: Path, data: str | bytes) -> None:
    """Write a file whole, text in UTF-8 with the line ends that it has."""
    with whole(path) as beside:
        beside.write_bytes(data.encode() if isinstance(data, str) else data)


@contextmanager
def held(folder: Path, *, alone: bool) -> Iterator[None]:
    """
    Hold a folder while several of its files are written (``alone``), or read as they belong together.

    Others that hold it wait their turn. It is the system that holds it: nothing is left of a program that was killed.
    Where the system cannot (Windows, some network drives), nothing is held.
    """
    handle = _locked(folder, alone=alone)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _locked(folder: Path, *, alone: bool) -> int | None:
    """Return the handle that holds a folder, ``None`` where the system has no such thing."""
    try:
        import fcntl  # noqa: PLC0415  (not on Windows)

        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
    except OSError:
        os.close(handle)
        return None
    return handle
