"""The survivors that no test can kill, and why: read from survivors.toml."""

import tomllib
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "survivors.toml"


@cache
def explained() -> dict[str, str]:
    """Return the reason of each explained mutant, by its name."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8")).get("survivor", [])
    return {row["mutant"]: row["why"] for row in rows}
