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
