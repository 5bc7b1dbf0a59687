"""LibreOffice, made to compute every formula of a workbook again: it trusts stored values unless it is told not to."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from openpyxl import load_workbook

SOFFICE = shutil.which("soffice")
NEEDS_OFFICE = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


class Cell(NamedTuple):
    """A formula, the value that stood in the file, and what LibreOffice makes of it."""

    sheet: str
    place: str
    formula: str
    stored: Any
    computed: Any


def recalculated(book: Path, profiles: Path) -> Path:
    """Return a copy of a workbook in which every formula was computed anew."""
    settings = profiles / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(ALWAYS, encoding="utf-8")
    out = book.parent / "recalculated"
    profile = f"-env:UserInstallation=file://{profiles / 'profile'}"
    command = [str(SOFFICE), profile, "--headless", "--convert-to", "xlsx", "--outdir", str(out), str(book)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return out / book.name


def formulas(book: Path, copy: Path) -> Iterator[Cell]:
    """Yield every formula of a workbook with both values."""
    written, stored, computed = (
        load_workbook(book),
        load_workbook(book, data_only=True),
        load_workbook(copy, data_only=True),
    )
    for page in written.worksheets:
        for row in page.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    values = (one[page.title][cell.coordinate].value for one in (stored, computed))
                    yield Cell(page.title, cell.coordinate, str(cell.value), *values)
