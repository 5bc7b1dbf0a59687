"""What answers to a disclosure index are made of: the accounts they are taken from, figures, and what is missing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from hsesg_carbon import units
from hsesg_carbon.energy import ENERGY_KINDS, EnergyAccount
from hsesg_carbon.findings import Finding
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.ledger import Totals
from hsesg_carbon.messages import LANGUAGES, named
from hsesg_carbon.plan import plan_keys
from hsesg_carbon.records import COUNTED
from hsesg_carbon.workspace import Workspace

Texts = Mapping[str, str]
"""A text in each language: ``{"en": ..., "zh": ...}``."""

ACTIVITY_COLUMNS = ("activity_id", "site", "period", "activity", "quantity", "unit")
ACTIVITY = "activity/"
"""The folder of activity data, as files are named."""
EXAMPLES = {"1": "stationary.natural_gas", "2": "electricity.grid", "3": "travel.flight", "1+2": "electricity.grid"}
"""An activity of each scope, for who has to look for rows of it."""
_SHOWN = 5
"""Rows that are named one by one behind a figure; of more the first are named, and all are counted."""
_KINDS = {**dict.fromkeys(COUNTED, "emissions"), **dict.fromkeys(ENERGY_KINDS, "energy")}


@dataclass(frozen=True, slots=True)
class Origin:
    """
    Where a figure is from: files of the workspace, rows of activity data, factors and properties by their ids.

    ``rows`` are the first few of ``count``.
    """

    files: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    count: int = 0
    numbers: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "files": list(self.files),
            "rows": list(self.rows),
            "rows_in_all": self.count,
            "numbers": list(self.numbers),
        }


@dataclass(frozen=True, slots=True)
class Figure:
    """
    One figure of an answer, or one text: of a year or of all, and of what part (``what``), in ``unit``.

    ``value`` is exact, ``None`` where a text answers. ``note`` says what must be known beside it.
    """

    year: int | None = None
    what: Texts = field(default_factory=dict)
    value: Fraction | None = None
    unit: str | None = None
    text: Texts | None = None
    note: Texts | None = None
    origin: Origin = Origin()

    def as_json(self) -> dict[str, Any]:
        """Return plain data; the number as text."""
        return {
            "year": self.year,
            "what": dict(self.what) or None,
            "value": units.known_text(self.value),
            "unit": self.unit,
            "text": dict(self.text) if self.text else None,
            "note": dict(self.note) if self.note else None,
            "from": self.origin.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """Figures or texts that meet a requirement, and what the workspace lacks for the rest."""

    figures: tuple[Figure, ...] = ()
    missing: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Accounts:
    """
    The accounts that answers are taken from: a workspace, and the version reported before, if one is asked for.

    Example: ``Accounts(Workspace("examples/hundsun-2024")).years``.
    """

    workspace: Workspace
    before: Workspace | None = None

    @cached_property
    def years(self) -> tuple[int, ...]:
        """The reported years."""
        return tuple(sorted(self.workspace.settings.years))

    @cached_property
    def views(self) -> Mapping[str, Inventory]:
        """The inventory by each method of Scope 2 that the methodology has; ``""`` is that of the totals."""
        own = self.workspace.inventory
        views = self.workspace.views
        return {**views, "": views.get(own.scope2, own)}

    @cached_property
    def energy(self) -> EnergyAccount:
        """The energy account."""
        return EnergyAccount(self.workspace.inventory)

    @cached_property
    def energy_by_activity(self) -> Totals:
        """The energy used by activity and year, summed once."""
        return self.energy.by("activity", "year")

    @cached_property
    def renewable(self) -> Totals:
        """Energy in GJ by ``renewable`` and year, under the market-based method where there is one: of contracts."""
        view = self.views.get("market", self.views[""])
        return EnergyAccount(view).renewable("year", unit="GJ")

    def emissions(self, method: str, dimension: str = "") -> Totals | None:
        """Return emissions by year and scope, and a dimension, summed once; ``None`` without the method of Scope 2."""
        if method not in self.views:
            return None
        if (method, dimension) not in self._emissions:
            names = ("year", "scope", *((dimension,) if dimension else ()))
            self._emissions[method, dimension] = self.views[method].by(*names)
        return self._emissions[method, dimension]

    @cached_property
    def _emissions(self) -> dict[tuple[str, str], Totals]:
        """What has been summed of the emissions, by method and dimension."""
        return {}

    def file(self, stem: str) -> str:
        """Return the name of a table of the workspace: as it is there, or as it would be."""
        return next(iter(self.there(stem)), f"{stem}.csv")

    def there(self, stem: str) -> list[str]:
        """Return the names of a table in the workspace: one, or none."""
        return [name for name in (f"{stem}.csv", f"{stem}.xlsx") if (self.workspace.folder / name).is_file()]

    def site(self, site_id: str) -> Texts:
        """Return the name of a site; its id where none is stated."""
        one = self.workspace.boundary.site(site_id)
        return named(one.name if one else {}, site_id)

    def activity(self, code: str) -> Texts:
        """Return the name of an activity."""
        entry = self.workspace.library.catalogue[code]
        return {"en": entry.name_en, "zh": entry.name_zh}

    def origin(
        self, year: int, of: Callable[[str], bool], kind: str = "emissions", further: Sequence[str] = ()
    ) -> Origin:
        """Return the rows of a year whose activity is wanted, their files, and the numbers used for a kind of flow."""
        rows = [one for (code, when), own in self._rows.items() if when == year and of(code) for one in own]
        numbers = {
            name: None
            for (code, when, what), own in self._numbers.items()
            if when == year and what == kind and of(code)
            for name in own
        }
        files = dict.fromkeys([*(file for _, file in rows if file), *further])
        names = tuple(name for name, _ in rows[:_SHOWN])
        return Origin(tuple(files), names, len(rows), tuple(numbers))

    def of_scope(self, scopes: Iterable[str]) -> Callable[[str], bool]:
        """Return what says whether an activity is of one of some scopes; of any where none is named."""
        wanted, catalogue = set(scopes), self.workspace.library.catalogue
        return lambda code: (not wanted and catalogue[code].scope != "beside") or catalogue[code].scope in wanted

    @cached_property
    def _rows(self) -> Mapping[tuple[str, int], list[tuple[str, str]]]:
        """The rows that count, with their file, by activity and year; those of bulk data are not listed."""
        found: dict[tuple[str, int], list[tuple[str, str]]] = {}
        for batch in self.workspace.batches:
            if batch.quantity_kind != "text":
                continue
            for row in batch.rows():
                file = self._place(row.where.file or "")
                for year in self._counted_years(row.key):
                    found.setdefault((row.key.activity, year), []).append((row.activity_id, file))
        return found

    def _place(self, file: str) -> str:
        """Return a file by its path within the workspace."""
        return f"activity/{file}" if (self.workspace.folder / "activity" / file).is_file() else file

    def _counted_years(self, cell: Any) -> Iterable[int]:
        boundary = self.workspace.boundary
        keys = (key for key, _ in plan_keys(cell) if boundary.share(cell.site, key.period))
        return dict.fromkeys(key.period.start.year for key in keys)

    @cached_property
    def _numbers(self) -> Mapping[tuple[str, int, str], dict[str, None]]:
        """The ids of factors and properties by activity, year and kind of flow, under every method of Scope 2."""
        found: dict[tuple[str, int, str], dict[str, None]] = {}
        for method in self.workspace.methodology.scope2:
            for entry, _ in self.views[method].weighed():
                kind = _KINDS.get(entry.line.flow.kind, entry.line.flow.kind)
                own = found.setdefault((entry.cell.activity, entry.period.start.year, kind), {})
                own.update(dict.fromkeys(one.id for one in entry.line.records))
        return found


def lacking(code: str, /, **data: Any) -> Finding:
    """Return what says that something is missing, and what would answer it."""
    return Finding(code=code, severity="warning", data=data)


def plain(text: str) -> dict[str, str]:
    """Return a text that is the same in both languages."""
    return dict.fromkeys(LANGUAGES, text)


def by_year(figures: Iterable[Figure], years: Sequence[int], file: str) -> Answer:
    """Return figures as an answer; years of which there is none are named as missing, with the file to look at."""
    found = tuple(one for one in figures if one.year in years)
    told = {one.year for one in found}
    gone = [year for year in years if year not in told]
    return Answer(found, (lacking("disclose-missing-years", years=gone, file=file),) if gone and found else ())
