"""Workbooks filled in by a script, as people fill them in by hand: cells of a template, and the same rows as CSV."""

import calendar
import csv
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from openpyxl import Workbook as Book
from openpyxl import load_workbook

from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.layouts import letter
from hsesg_carbon.report.template import write_template
from hsesg_carbon.sheets import HEADING_ROW, Choices, Sheet, Workbook, shown, tab_name

DESCRIBED = Workbook.described()


@cache
def _template(lang: str, rows: int) -> bytes:
    """Return an empty template: the same for all that fill it in."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "template.xlsx"
        write_template(path, lang, rows=rows)
        return path.read_bytes()


@cache
def _choices(listed: str) -> Choices:
    return DESCRIBED.choices(listed, FactorLibrary.shipped())


class Filling:
    """A template that a script writes into, cell by cell, with what a person would choose from its lists."""

    def __init__(self, path: Path, lang: str, rows: int = 30) -> None:
        self.path, self.lang = path, lang
        self.book: Book = load_workbook(BytesIO(_template(lang, rows)))
        self.next: dict[str, int] = {}

    def page(self, sheet: str) -> Any:
        return self.book[tab_name(self.sheet(sheet).title, self.lang)]

    def sheet(self, name: str) -> Sheet:
        sheet = DESCRIBED.sheet(name)
        assert sheet is not None
        return sheet

    def label(self, listed: str | None, code: Any) -> Any:
        if listed in {None, "site", "unit"}:
            return code
        return _choices(str(listed)).label(code, self.lang)

    def form(self, **entries: Any) -> None:
        """Fill in the form of the organisation."""
        sheet = self.sheet("organisation")
        for place, entry in enumerate(sheet.entries, start=HEADING_ROW + 1):
            if entry.name in entries:
                self.page("organisation").cell(place, 2, self.label(entry.list, entries[entry.name]))

    def row(self, name: str, **cells: Any) -> int:
        """Fill in the next row of a sheet and return its number."""
        sheet = self.sheet(name)
        number = self.next.get(name, HEADING_ROW + 1)
        self.next[name] = number + 1
        for column, value in cells.items():
            place = sheet.names.index(column)
            cell = self.page(name).cell(number, place + 1, self.label(sheet.columns[place].list, value))
            if isinstance(value, str):
                cell.data_type = "s"  # as a text cell takes it, whatever it begins with
        return number

    def letter(self, name: str, column: str) -> str:
        """Return the letter of a column."""
        return letter(self.sheet(name).names.index(column))

    def save(self) -> Path:
        self.book.save(self.path)
        return self.path


FORM = {
    "id": "acme",
    "name_en": "Acme",
    "name_zh": "示例公司",
    "methodology": "ghgp-cn",
    "consolidation": "operational-control",
    "boundary": "all",
    "periods": "2024",
}
"""A made-up organisation."""


def months(year: int = 2024) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of each month."""
    for month in range(1, 13):
        yield date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def fill_year(filling: Filling) -> None:
    """Fill in a made-up year of two sites: every kind of sheet, bills by quantity and by readings."""
    filling.form(**FORM)
    filling.row(
        "sites", id="HQ", name_en="Head office", name_zh="总部", region="CN-ZJ", floor_area=12500.5, persons=640
    )
    filling.row(
        "sites", id="分部", region="CN-BJ", equity_share=0.6, control="operational", **{"from": date(2024, 1, 1)}
    )
    for number, (first, last) in enumerate(months(), start=1):
        days = {"period_start": first, "period_end": last}
        filling.row(
            "electricity", site="HQ", activity="electricity.grid", meter="00123", **days,
            quantity=1000 + number / 8, unit="MWh", quality="invoiced", evidence=f"E-{number:02}",
        )  # fmt: skip
        filling.row(
            "electricity", site="分部", activity="electricity.grid", meter="7", **days, unit="kWh",
            reading_start=1000 * (number - 1), reading_end=1000 * number + (0.5 if number == 12 else 0), multiplier=60,
        )  # fmt: skip
        filling.row(
            "water", site="HQ", kind="withdrawal", source_or_destination="third-party", **days, quantity=310, unit="m3"
        )
        filling.row(
            "water",
            site="HQ",
            kind="discharge",
            source_or_destination="third-party",
            **days,
            quantity=250.25,
            unit="m3",
        )
    year = {"period_start": date(2024, 1, 1), "period_end": date(2024, 12, 31)}
    crossing = {"period_start": date(2024, 2, 16), "period_end": date(2024, 4, 15)}
    filling.row(
        "gas", site="HQ", activity="stationary.natural_gas", **crossing, quantity=4321.5, unit="m3", quality="estimated"
    )
    filling.row("vehicle_fuel", site="HQ", activity="mobile.petrol", **year, quantity=1500, unit="L", note="=1+1")
    filling.row("heat", site="分部", activity="heat.purchased", **year, quantity=88, unit="GJ")
    filling.row(
        "refrigerants", site="HQ", activity="refrigerant.r410a", method="simplified", **year, unit="kg", recharged=3.5
    )
    filling.row("other", site="HQ", activity="fugitive.co2", **year, quantity=20, unit="kg")
    filling.row(
        "waste", site="HQ", material="paper", hazardous="no", treatment="recycling", **year, quantity=2.5, unit="t"
    )
    filling.row(
        "denominators", denominator="revenue", period="2024", value=812.5, unit="million_CNY", source="annual report"
    )
    filling.row(
        "instruments",
        instrument_id="GEC-1",
        instrument_kind="certificate",
        period="2024",
        market="CN",
        volume=500,
        volume_unit="MWh",
        factor=0,
        factor_unit="kgCO2/kWh",
        produced_from=date(2024, 1, 1),
        produced_to=date(2024, 6, 30),
        valid_until=date(2025, 12, 31),
        retired_for="acme",
        retired_on=date(2024, 12, 1),
        conveys_attribute="yes",
        only_claim="yes",
        tracked_and_retired="yes",
    )


def typed_year(folder: Path) -> Path:
    """Write the year of ``fill_year`` as a person would type it into the files of a workspace."""
    (folder / "activity").mkdir(parents=True)
    (folder / "inventory.toml").write_text(
        """organisation = { id = "acme", name = { en = "Acme", zh = "示例公司" } }
methodology = "ghgp-cn"
consolidation = "operational-control"
boundary = "all"
periods = ["2024"]

[[site]]
id = "HQ"
name = { en = "Head office", zh = "总部" }
region = "CN-ZJ"

[[site]]
id = "分部"
region = "CN-BJ"
equity_share = "0.6"
control = ["operational"]
from = 2024-01-01
""",
        encoding="utf-8",
    )
    rows: list[Mapping[str, Any]] = []
    water: list[Mapping[str, Any]] = []
    for number, (first, _) in enumerate(months(), start=1):
        month = f"{first:%Y-%m}"
        rows.append(
            {
                "site": "HQ",
                "period": month,
                "activity": "electricity.grid",
                "quantity": f"{1000 + number / 8}",
                "unit": "MWh",
                "meter": "00123",
                "quality": "invoiced",
            }
        )
        branch = 60000 + (30 if number == 12 else 0)
        rows.append(
            {
                "site": "分部",
                "period": month,
                "activity": "electricity.grid",
                "quantity": branch,
                "unit": "kWh",
                "meter": "7",
            }
        )
        for kind, quantity in (("withdrawal", "310"), ("discharge", "250.25")):
            water.append(
                {
                    "site": "HQ",
                    "period": month,
                    "kind": kind,
                    "source_or_destination": "third-party",
                    "quantity": quantity,
                    "unit": "m3",
                }
            )
    year = "2024"
    rows += [
        {
            "site": "HQ",
            "period": "2024-02-16/2024-04-15",
            "activity": "stationary.natural_gas",
            "quantity": "4321.5",
            "unit": "m3",
            "quality": "estimated",
        },
        {"site": "HQ", "period": year, "activity": "mobile.petrol", "quantity": "1500", "unit": "L"},
        {"site": "分部", "period": year, "activity": "heat.purchased", "quantity": "88", "unit": "GJ"},
        {"site": "HQ", "period": year, "activity": "fugitive.co2", "quantity": "20", "unit": "kg"},
    ]
    write_csv(
        folder / "activity" / "typed.csv", [{"activity_id": f"r{place}", **row} for place, row in enumerate(rows)]
    )
    write_csv(folder / "water.csv", water)
    write_csv(
        folder / "waste.csv",
        [
            {
                "site": "HQ",
                "period": year,
                "material": "paper",
                "hazardous": "no",
                "treatment": "recycling",
                "quantity": "2.5",
                "unit": "t",
            }
        ],
    )
    write_csv(
        folder / "refrigerants.csv",
        [{"site": "HQ", "period": year, "activity": "refrigerant.r410a", "method": "simplified", "recharged": "3.5"}],
    )
    write_csv(
        folder / "denominators.csv",
        [
            {
                "denominator": "revenue",
                "period": year,
                "value": "812.5",
                "unit": "million_CNY",
                "boundary": "all",
                "source": "annual report",
            }
        ],
    )
    write_csv(
        folder / "instruments.csv",
        [
            {
                "instrument": "GEC-1",
                "kind": "certificate",
                "period": year,
                "market": "CN",
                "volume": "500",
                "unit": "MWh",
                "factor": "0",
                "factor_unit": "kgCO2/kWh",
                "produced_from": "2024-01-01",
                "produced_to": "2024-06-30",
                "valid_until": "2025-12-31",
                "retired_for": "acme",
                "retired_on": "2024-12-01",
                "conveys_attribute": "yes",
                "only_claim": "yes",
                "tracked_and_retired": "yes",
            }
        ],
    )
    return folder


def write_csv(path: Path, rows: list[Mapping[str, Any]]) -> None:
    """Write rows as CSV, columns in the order in which they come up."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


__all__ = ["DESCRIBED", "FORM", "Filling", "fill_year", "months", "shown", "typed_year", "write_csv"]
