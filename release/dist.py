"""
Write wheel and source distribution to ``dist/``, the same bytes from the same commit.

They are built from a copy of what git knows of, so that nothing that lies about gets into them. All times in them are
``SOURCE_DATE_EPOCH``, or else the time of the last commit.
"""

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def build(out: Path, when: int) -> list[Path]:
    """Build both into ``out``, as of ``when`` [s since 1970], and return their paths: the source, then the wheel."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "source"
        for name in known_to_git():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
        command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(copy)]
        # A wheel can hold no time before 1980. PYTHONPATH could show the backend another copy of the package.
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            command, env=kept | {"SOURCE_DATE_EPOCH": str(when)}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
    source, wheel = sorted(out.glob("hsesg_carbon-*.tar.gz"))[-1], sorted(out.glob("hsesg_carbon-*.whl"))[-1]
    source.write_bytes(_settled(source.read_bytes(), when))
    return [source, wheel]


def known_to_git() -> list[str]:
    """Return the files of the checkout but those that git ignores, whether they are committed yet or not."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted({name for name in listed.split("\0") if name and (ROOT / name).is_file()})


def _settled(data: bytes, when: int) -> bytes:
    """Return a .tar.gz with its members in order, of one time and of nobody; setuptools writes those of the machine."""
    plain = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as old,
        tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda one: one.name):
            member.mtime, member.pax_headers = when, {}
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mode = 0o755 if member.isdir() else 0o644
            new.addfile(member, old.extractfile(member))
    return gzip.compress(plain.getvalue(), mtime=when)


def _when() -> int:
    told = os.environ.get("SOURCE_DATE_EPOCH")
    if told:
        return int(told)
    command = ["git", "log", "-1", "--format=%ct"]
    return int(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    for path in build(ROOT / "dist", _when()):
        print(path.relative_to(ROOT))
