"""What of a delivered workbook goes to which table of a workspace, each row with its origin; and what was counted."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from hsesg_carbon import units
from hsesg_carbon.delivery.form import OF_SITES
from hsesg_carbon.delivery.holding import Taken, as_table
from hsesg_carbon.delivery.pages import Book, Page
from hsesg_carbon.errors import CarbonError
from hsesg_carbon.exports import Controls
from hsesg_carbon.findings import Finding
from hsesg_carbon.intake import ORIGIN
from hsesg_carbon.periods import day_of
from hsesg_carbon.sheets import PERIOD, READINGS

Rows = tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]
"""The columns of a table and its rows, as text."""


def boundary_of(book: Book, form: Mapping[str, str]) -> str:
    """Return the boundary that the form states, else that of the workspace."""
    return form.get("boundary") or (book.workspace.settings.boundary if book.workspace else "")


def tables_of(book: Book, taken: Sequence[Taken], form: Mapping[str, str]) -> dict[str, Rows]:
    """Return what goes to which table, each row with its origin."""
    tables: dict[str, Rows] = {}
    for page in book.pages:
        gives = page.sheet.gives
        if gives in {"inventory", "activity"} or not page.lines:
            continue
        table, _ = as_table(book, page)
        rows = [{**row.cells, **_origin(book, page, row.number)} for row in table.rows]
        tables[gives] = _as_rows((*table.columns, *ORIGIN), rows)
    if taken:
        names = list(dict.fromkeys(name for page, _ in taken for name in page.sheet.names))
        names = ["activity_id", *(one for one in names if one not in (*READINGS, "activity_id"))]
        rows = [{**line.cells, **_origin(book, page, line.number)} for page, line in taken]
        tables["activity"] = _as_rows((*names, *ORIGIN), rows)
    if of_sites := _of_sites(book, form):
        columns, told = tables.get("denominators", ((), ()))
        before = [dict(zip(columns, row, strict=True)) for row in told]
        names = list(dict.fromkeys([*columns, *(name for row in of_sites for name in row)]))
        tables["denominators"] = _as_rows(tuple(names), [*before, *of_sites])
    return tables


def _origin(book: Book, page: Page, number: int) -> dict[str, str]:
    return dict(zip(ORIGIN, (book.name, page.table.sheet or "", str(number)), strict=True))


def _of_sites(book: Book, form: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the floor area and persons of the sites as denominators of every year that is reported."""
    page = book.page("sites")
    if page is None:
        return []
    years = form["periods"].split(";") if form.get("periods") else []
    if not years and book.workspace is not None:
        years = list(book.workspace.settings.periods)
    return [
        {
            "denominator": name,
            "site": line.cells.get("id", ""),
            "period": year,
            "value": line.cells[name],
            "unit": unit,
            "boundary": boundary_of(book, form),
            "source": f"workbook, sheet {page.table.sheet}",  # not its file: a copy says the same
            **_origin(book, page, line.number),
        }
        for line in page.lines
        for name, unit in OF_SITES.items()
        if name in line.cells
        for year in years
    ]


def controls(book: Book, found: Sequence[Finding]) -> Iterator[Controls]:
    """Yield the control totals of each sheet that holds rows of data."""
    for page in book.pages:
        if page.sheet.gives == "inventory":
            continue
        lines = page.lines
        faulty = {
            one.where.row
            for one in found
            if one.severity == "error" and one.where and one.where.sheet == page.table.sheet
        }
        sound = [line for line in lines if line.number not in faulty]
        sums: dict[tuple[str, str], Fraction] = {}
        for line in sound:
            if "quantity" in line.cells and page.sheet.stream + page.sheet.activities + page.sheet.units:
                what = line.cells.get("activity") or line.cells.get("kind") or line.cells.get("material", "")
                key = (what, _unit(line.cells.get("unit", "")))
                sums[key] = sums.get(key, Fraction(0)) + Fraction(line.cells["quantity"])
        days = [day_of(line.cells[name]) for line in sound for name in PERIOD if name in line.cells]
        first, last = (min(days), max(days)) if days else (None, None)
        left = {"fault": len(lines) - len(sound)} if len(sound) < len(lines) else {}
        yield Controls(book.path.name, page.table.sheet, len(lines), len(sound), left, len(sound), sums, first, last)


def _unit(text: str) -> str:
    """Return a unit under its one name: 度 and 千瓦时 are summed with kWh."""
    try:
        return units.canonical(text)
    except CarbonError:
        return text


def _as_rows(columns: tuple[str, ...], rows: Sequence[Mapping[str, str]]) -> Rows:
    """Return rows with the columns that any of them fills."""
    kept = tuple(name for name in columns if any(row.get(name) for row in rows))
    return kept, tuple(tuple(row.get(name) or "" for name in kept) for row in rows)
