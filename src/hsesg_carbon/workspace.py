"""A workspace: one folder that holds one organisation's accounts. Reads its files, writes ``out/``."""

import csv
import io
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hsesg_carbon import units
from hsesg_carbon.activities import OPTIONAL, REQUIRED, Activities, Period, Site
from hsesg_carbon.energy import EnergyAccount
from hsesg_carbon.errors import CarbonError, InputError, near
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.inventory import Boundary, Consolidation, Denominator, Inventory
from hsesg_carbon.ledger import Ledger, Totals
from hsesg_carbon.methodology import Methodology
from hsesg_carbon.plan import Plan
from hsesg_carbon.tables import EXCEL_ERRORS, Table, read_parquet, read_tables, read_toml

if TYPE_CHECKING:
    import pandas as pd

OUT = "out"
_KNOWN = (*REQUIRED, *OPTIONAL)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Organisation(_Record):
    """Who reports."""

    id: str
    name: dict[str, str]


class Accepted(_Record):
    """A boundary of a denominator that differs from the inventory's and is divided by all the same, with the reason."""

    denominator: str
    boundary: str
    reason: str
    reason_zh: str | None = None


class Settings(_Record):
    """
    The content of ``inventory.toml``.

    ``boundary`` names the inventory's boundary: denominators must state the same name, or be listed under ``accept``.
    """

    organisation: Organisation
    methodology: str
    consolidation: Consolidation
    boundary: str
    base_year: int | None = None
    periods: tuple[str, ...] = Field(min_length=1)
    site: tuple[Site, ...] = Field(min_length=1)
    accept: tuple[Accepted, ...] = ()


@dataclass(frozen=True)
class Workspace:
    """
    One organisation's accounts in a folder: ``inventory.toml``, ``activity/``, ``denominators.csv``, own factors.

    Example: ``Workspace("examples/hundsun-2024").inventory.by("scope", "year")``.
    """

    folder: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder))

    @classmethod
    def demo(cls, folder: Path) -> "Workspace":
        """
        Write the Hundsun example to ``folder`` and return it.

        Raises:
            InputError: ``folder`` is there and not empty.
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError("folder-not-empty", folder=str(folder))
        with as_file(files("hsesg_carbon.examples").joinpath("hundsun-2024")) as example:
            shutil.copytree(example, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(OUT, "__pycache__"))
        return cls(folder)

    @cached_property
    def settings(self) -> Settings:
        """The content of ``inventory.toml``; every key that does not fit is named in one error."""
        path = self.folder / "inventory.toml"
        if not path.is_file():
            raise InputError("no-workspace", folder=str(self.folder))
        try:
            settings = Settings.model_validate(read_toml(path))
        except ValidationError as error:
            problems = [
                Finding(
                    code="key-misfit",
                    severity="error",
                    where=Where(file=path.name),
                    data={"key": ".".join(str(part) for part in one["loc"]), "why": one["msg"]},
                )
                for one in error.errors()
            ]
            raise InputError("settings-broken", problems, file=path.name) from error
        repeated = sorted({one.id for one in settings.site if [s.id for s in settings.site].count(one.id) > 1})
        if repeated:
            raise InputError("site-twice", file=path.name, sites=repeated)
        for one in settings.periods:
            if len(one) != len("2024") or Period.parse(one).label != one:
                raise InputError("period-not-a-year", file=path.name, value=one)
        return settings

    @cached_property
    def library(self) -> FactorLibrary:
        """The shipped factors, with the organisation's own from ``factors/`` added."""
        own = self.folder / "factors"
        shipped = FactorLibrary.shipped()
        return shipped.overlay(own) if own.is_dir() and any(own.iterdir()) else shipped

    @cached_property
    def methodology(self) -> Methodology:
        """The methodology that ``inventory.toml`` names: a shipped one, or a file of the workspace."""
        name = self.settings.methodology
        return Methodology.load(self.folder / name) if name.endswith(".toml") else Methodology.shipped(name)

    @cached_property
    def batches(self) -> tuple[Activities, ...]:
        """
        All activity data: the tables of people as one batch, each Parquet file as one more.

        Raises:
            InputError: Everything that is wrong in all tables, with file, sheet, row and column.
        """
        sites = self.settings.site
        folder = self.folder / "activity"
        paths = (
            sorted(path for path in folder.glob("*") if not path.name.startswith((".", "~$")))
            if folder.is_dir()
            else []
        )
        paths = [path for path in paths if path.is_file()]
        if not paths:
            raise InputError("no-activity-files", folder=str(folder))
        problems: list[Finding] = []
        tables: list[Table] = []
        frames: list[Any] = []
        for path in paths:
            try:
                if path.suffix.lower() == ".parquet":
                    frames.append(read_parquet(path))
                else:
                    tables += read_tables(path)
            except InputError as error:
                problems += _as_findings(error, path.name)
        text, notes, wrong = _frame_of(tables)
        problems += wrong
        batches = []
        for frame in ([] if text is None else [text]) + frames:
            try:
                batches.append(Activities(frame, sites, self.library, unique_ids=True))
            except InputError as error:
                problems += _as_findings(error, None)
        if problems:
            raise InputError("activities-broken", problems, count=len(problems))
        batches[0].findings[:0] = notes
        return tuple(batches)

    @cached_property
    def boundary(self) -> Boundary:
        """Whose emissions count."""
        return Boundary(self.settings.boundary, self.settings.site, self.settings.consolidation)

    @cached_property
    def inventory(self) -> Inventory:
        """The inventory of all activity data under the workspace's methodology."""
        first, *others = self.batches
        keys = [key for batch in (first, *others) for key in batch.keys]
        plan = Plan.compile(keys, self.library, self.methodology)
        ledger = Ledger.of(plan, first)
        for batch in others:
            ledger = ledger + Ledger.of(plan, batch)
        return Inventory(ledger, self.boundary)

    @cached_property
    def denominators(self) -> tuple[Denominator, ...]:
        """The denominators of intensities, from ``denominators.csv``; none if there is no such file."""
        path = self.folder / "denominators.csv"
        if not path.is_file():
            return ()
        records, problems = read_tables(path)[0].records(Denominator)
        if problems:
            raise InputError("table-broken", problems, file=path.name)
        for one in records:
            units.kind(one.unit)
        return tuple(records)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Every judgement about the data, the factors and the view, without repetitions."""
        found = [one for batch in self.batches for one in batch.check()]
        found += [*self.inventory.findings, *self._period_findings(), *self._accepted_findings()]
        return tuple({one.model_dump_json(): one for one in found}.values())

    def intensities(self) -> list[tuple[str, Denominator, Totals]]:
        """Return each denominator of each year with the intensities per scope and in total on it."""
        results = []
        for per in dict.fromkeys(one.denominator for one in self.denominators):
            accepted = [one.boundary for one in self.settings.accept if one.denominator == per]
            rows = []
            for by in (("scope",), ()):
                rows += list(self.inventory.intensity(self.denominators, per, by, accepted))
            for one in (d for d in self.denominators if d.denominator == per):
                own = tuple(
                    row for row in rows if str(row["year"]) == one.period and one.period in self.settings.periods
                )
                if own:
                    results.append((per, one, Totals(own)))
        return results

    def footprint(self, lang: str = "en") -> dict[str, Any]:
        """
        Return the footprint as plain data for JSON: totals, intensities, energy and findings, exact numbers as text.

        The keys are the contract of ``footprint --json``; ``scope`` is ``1``, ``2`` or ``total``.
        """
        inventory, energy = self.inventory, EnergyAccount(self.inventory)
        years = set(self.settings.periods)
        carriers = {self.library.catalogue[cell.activity].subject for cell in inventory.ledger.cube.steps}
        totals = [
            {"year": row["year"], "scope": dict(row.group).get("scope", "total"), **_exact(row.amount)}
            for by in (("scope", "year"), ("year",))
            for row in inventory.by(*by)
            if str(row["year"]) in years
        ]
        account = [
            {
                "year": row["year"],
                "carrier": dict(row.group).get("subject", "total"),
                "flow": row.flow,
                **_exact(row.amount),
            }
            for by in (("subject", "year"), ("year",))
            for row in energy.by(*by)
            if str(row["year"]) in years
        ]
        flows = sorted({str(row["flow"]) for row in account})
        shares = [
            {"year": int(year), "carrier": carrier, "flow": flow, **_exact(energy.share(carrier, flow, int(year)))}
            for year in sorted(years)
            for flow in flows
            for carrier in sorted(carriers)
            if any(str(row["year"]) == year and row["flow"] == flow for row in account)
        ]
        biogenic = [
            {"year": row["year"], **_exact(row.amount)}
            for row in inventory.biogenic("year")
            if str(row["year"]) in years
        ]
        return {
            "organisation": self.settings.organisation.model_dump(),
            "methodology": self.methodology.id,
            "gases": list(self.methodology.gases),
            "gwp": inventory.gwp,
            "scope2_method": inventory.scope2,
            "consolidation": self.settings.consolidation,
            "boundary": self.settings.boundary,
            "totals": sorted(totals, key=lambda one: (one["year"], one["scope"])),
            "intensities": [
                {
                    "year": row["year"],
                    "scope": dict(row.group).get("scope", "total"),
                    "per": per,
                    **_exact(row.amount),
                    "denominator": _exact(units.Amount(Fraction(one.value), one.unit)),
                    "denominator_boundary": one.boundary,
                    "denominator_source": one.source,
                }
                for per, one, rows in self.intensities()
                for row in rows
            ],
            "energy": sorted(account, key=lambda one: (one["year"], one["flow"], one["carrier"] == "total")),
            "energy_shares": shares,
            "biogenic": biogenic,
            "findings": [one.as_json(lang) for one in self.findings],
        }

    def write(self, footprint: Mapping[str, Any]) -> list[Path]:
        """
        Write ``out/footprint.json``, ``out/plan.csv`` and ``out/lines.csv``; an interrupted write leaves the old files.

        ``lines.csv`` holds the rows of people's tables; Parquet batches are too large for it and stay in the library.
        """
        out = self.folder / OUT
        plan = self.inventory.ledger.plan
        lines = [Ledger.of(plan, batch).lines() for batch in self.batches if batch.quantity_kind == "text"]
        texts = {
            "footprint.json": json.dumps(footprint, ensure_ascii=False, indent=2) + "\n",
            "plan.csv": _csv_text(plan.table()),
            **({"lines.csv": _csv_text(lines[0])} if lines else {}),
        }
        out.mkdir(exist_ok=True)
        for name, text in texts.items():
            _write(out / name, text)
        return [out / name for name in texts]

    def _period_findings(self) -> list[Finding]:
        """Name years with data that are not reported, and reported years without data: missing is not zero."""
        present = {str(entry.period.start.year) for entry in self.inventory.ledger.entries()}
        wanted = set(self.settings.periods)
        return [
            Finding(code="period-not-reported", severity="warning", data={"year": one})
            for one in sorted(present - wanted)
        ] + [
            Finding(code="period-without-data", severity="warning", data={"year": one})
            for one in sorted(wanted - present)
        ]

    def _accepted_findings(self) -> list[Finding]:
        """Show every denominator whose boundary differs from the inventory's and was accepted."""
        differing = {
            (one.denominator, one.boundary) for one in self.denominators if one.boundary != self.settings.boundary
        }
        return [
            Finding(
                code="denominator-boundary-accepted",
                severity="warning",
                data={
                    "denominator": one.denominator,
                    "stated": one.boundary,
                    "boundary": self.settings.boundary,
                    "reason": {"en": one.reason, "zh": one.reason_zh or one.reason},
                },
            )
            for one in self.settings.accept
            if (one.denominator, one.boundary) in differing
        ]


# -------------------------------------------------------------------------------------------------- private


def _exact(amount: units.Amount) -> dict[str, str]:
    return {"value": units.exact_text(amount.value), "unit": amount.unit}


def _as_findings(error: CarbonError, file: str | None) -> list[Finding]:
    """Return an error as findings: its own problems, or itself."""
    if error.problems:
        return [one for one in error.problems if isinstance(one, Finding)]
    return [Finding(code=error.code, severity="error", where=Where(file=file), data=error.data)]


def _frame_of(tables: Sequence[Table]) -> "tuple[pd.DataFrame | None, list[Finding], list[Finding]]":
    """Return all tables as one frame of text with the origin of each row, remarks, and what is wrong."""
    import pandas as pd  # noqa: PLC0415

    notes: list[Finding] = []
    problems: list[Finding] = []
    used: list[Table] = []
    for table in tables:
        place = Where(file=table.file, sheet=table.sheet)
        if not set(table.columns) & set(REQUIRED):
            notes.append(Finding(code="sheet-skipped", severity="warning", where=place))
            continue
        missing = [name for name in REQUIRED if name not in table.columns]
        if not ("period" in table.columns or {"period_start", "period_end"} <= set(table.columns)):
            missing.append("period")
        problems += [
            Finding(code="column-missing", severity="error", where=place, data={"column": name, "found": table.columns})
            for name in missing
        ]
        notes += [
            Finding(
                code="column-not-used",
                severity="warning",
                where=place,
                data={"column": name, "known": near(name, _KNOWN) or ["-"]},
            )
            for name in table.columns
            if name not in _KNOWN
        ]
        problems += [
            Finding(code="number-excel-error", severity="error", where=table.where(row, column), data={"value": value})
            for row in table.rows
            for column, value in row.cells.items()
            if column != "quantity" and value in EXCEL_ERRORS
        ]
        if not missing:
            used.append(table)
        if not table.rows:
            problems.append(Finding(code="table-without-rows", severity="error", where=place))
    columns = list(dict.fromkeys(column for table in used for column in table.columns))
    rows = [(table, row) for table in used for row in table.rows]
    if not rows:
        return None, notes, problems
    data: dict[str, list[Any]] = {name: [row.cells.get(name) for _, row in rows] for name in columns}
    data["origin_file"] = [table.file for table, _ in rows]
    data["origin_sheet"] = [table.sheet for table, _ in rows]
    data["origin_row"] = [row.number for _, row in rows]
    data = {
        name: values for name, values in data.items() if any(value is not None for value in values) or name in REQUIRED
    }
    return (
        pd.DataFrame(
            {name: pd.Series(values, dtype=None if name == "origin_row" else "str") for name, values in data.items()}
        ),
        notes,
        problems,
    )


def _csv_text(frame: "pd.DataFrame") -> str:
    """Return a table as CSV in which no cell can become a formula when a spreadsheet opens it."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(frame.columns)
    for row in frame.itertuples(index=False):
        writer.writerow([_harmless(cell) for cell in row])
    return buffer.getvalue()


def _harmless(cell: Any) -> Any:
    if cell is None or cell != cell:  # noqa: PLR0124  (NaN differs from itself)
        return ""
    if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) and not _is_number(cell):
        return "'" + cell
    return cell


def _is_number(cell: str) -> bool:
    try:
        units.parse_number(cell)
    except InputError:
        return False
    return True


def _write(path: Path, text: str) -> None:
    """Write beside the file, then move into place."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
