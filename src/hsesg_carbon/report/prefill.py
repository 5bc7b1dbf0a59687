"""What a workspace puts into the workbook before people go on from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from hsesg_carbon import units
from hsesg_carbon.activities import CREDIT_WORDS
from hsesg_carbon.delivery import settings_cells
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.intake import ORIGIN, stated_tables
from hsesg_carbon.periods import Period
from hsesg_carbon.settings import FILE as SETTINGS
from hsesg_carbon.sheets import PERIOD, Sheet, Workbook
from hsesg_carbon.tables import Table
from hsesg_carbon.workspace import OUT, SEALS, Workspace

Row = Mapping[str, str]

_OWN = {SETTINGS, "activity", OUT, SEALS, "deliveries", "deliveries.csv"}
_SIDE = ("refrigerants", "water", "waste", "denominators", "instruments")


@dataclass(frozen=True)
class Prefill:
    """The rows of each sheet and the lines of the form, as codes; ``findings`` name what the workbook cannot hold."""

    library: FactorLibrary
    year: int
    rows: Mapping[str, list[Row]] = field(default_factory=dict)
    entries: Row = field(default_factory=dict)
    origin: str = ""
    findings: tuple[Finding, ...] = ()

    @classmethod
    def empty(cls) -> "Prefill":
        """Return what an empty workbook knows: the shipped lists, and the year before this one."""
        return cls(FactorLibrary.shipped(), date.today().year - 1)

    @classmethod
    def of(cls, workspace: Workspace) -> "Prefill":
        """
        Return all that the sheets can hold of a workspace, numbers as they are written there.

        Raises:
            InputError: The workspace has faults.
        """
        settings, described = workspace.settings, Workbook.described()
        assert workspace.batches  # a workspace with faults is refused before anything is copied from it
        told = settings_cells(settings)
        rows: dict[str, list[Row]] = {name: list(told[name]) for name in ("sites", "entities", "accept")}
        unheld: set[str] = set()
        for stem in ("activity", *_SIDE):
            for table in stated_tables(workspace.folder, stem):
                for sheet, row in _rows(table, stem, described):
                    rows.setdefault(sheet.id, []).append(row)
                    unheld |= {f"{table.file}: {name}" for name in row.keys() - set(sheet.names)}
        return cls(
            workspace.library,
            max(settings.years),
            rows,
            told["organisation"][0],
            workspace.folder.resolve().name,
            tuple(_left_out(workspace.folder, unheld)),
        )


def _rows(table: Table, stem: str, described: Workbook) -> Iterable[tuple[Sheet, dict[str, str]]]:
    """Yield each row of a table with the sheet on which it stands, its columns named as there."""
    for row in table.rows:
        cells = {name: text for name, text in row.cells.items() if name not in ORIGIN}
        sheet = described.of_activity(cells["activity"]) if stem == "activity" else described.sheet(stem)
        assert sheet is not None
        spelt = {described.table_name(name): name for name in sheet.names}
        cells = {spelt.get(name, name): text for name, text in cells.items()}
        if "period_start" in sheet.names and (label := cells.pop("period", "")):
            period = Period.parse(label)
            cells |= dict(zip(PERIOD, (period.start.isoformat(), period.end.isoformat()), strict=True))
        if stem == "activity":
            cells["unit"] = units.canonical(cells["unit"])
            if cells.get("credit", "").lower() in CREDIT_WORDS:
                cells["credit"] = "yes"
        yield sheet, cells


def _left_out(folder: Path, unheld: set[str]) -> Iterable[Finding]:
    """Name what of a workspace has no place in the workbook; it stays where it is."""
    held = {f"{stem}{suffix}" for stem in _SIDE for suffix in (".csv", ".xlsx", ".xlsm")}
    others = [
        one.name for one in sorted(folder.iterdir()) if one.name not in _OWN | held and not one.name.startswith(".")
    ]
    others += [f"activity/{one.name}" for one in sorted((folder / "activity").glob("*.parquet"))]
    place = Where(file=folder.resolve().name)
    if others:
        yield Finding(code="template-files-left-out", severity="info", where=place, data={"files": others})
    if unheld:
        data = {"columns": sorted(unheld)}
        yield Finding(code="template-columns-left-out", severity="warning", where=place, data=data)
