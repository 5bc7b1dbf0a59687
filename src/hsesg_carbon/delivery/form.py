"""The form, the sites and the companies of a delivered workbook, and what ``inventory.toml`` is made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from hsesg_carbon.delivery.cells import listed, plain, read_page
from hsesg_carbon.delivery.pages import SHOWN, Book, Line, Page
from hsesg_carbon.errors import CarbonError
from hsesg_carbon.findings import Finding
from hsesg_carbon.periods import day_of, is_year, iso_day
from hsesg_carbon.settings import Settings
from hsesg_carbon.sheets import Column
from hsesg_carbon.sites import Entity, Held, Site
from hsesg_carbon.tables import FORMULA_STARTS, misfits

OF_SITES = {"floor_area": "m2", "persons": "person"}
"""Columns of the sheet of sites that are denominators, with the unit that they are asked in."""
_QUOTED_STARTS = (*FORMULA_STARTS, "'")
"""What a name cannot start with: a formula, or the quote that a CSV file puts before one."""


@dataclass(frozen=True)
class Known:
    """The sites that the other sheets may name; ``stated``: whether anything says which there are."""

    sites: Sequence[Site]
    stated: bool
    of_no_region: frozenset[str | None] = field(default_factory=frozenset)
    """Sites whose region could not be read: that was told, and is not told again at every bill."""

    @property
    def ids(self) -> list[str]:
        """Their ids in order."""
        return sorted(one.id for one in self.sites)


def read_form(book: Book) -> dict[str, str]:
    """Return what the form says, by its lines."""
    page = book.page("organisation")
    entries: dict[str, str] = {}
    if page is None:
        return entries
    asked: dict[str, int] = {}
    for number, cells in page.filled():
        entry = page.sheet.entry(cells.get("item", ""))
        if entry is None:
            if "entry" in cells:
                book.more.append(
                    Finding(
                        code="delivery-line-unknown",
                        severity="error",
                        where=page.where(number, "item", cells.get("item", "")),
                        data={"value": cells["entry"]},
                    )
                )
            continue
        asked[entry.name] = number
        if text := cells.get("entry", ""):
            entries[entry.name] = _entry(book, page, number, entry, text)
    if entries or book.workspace is None:
        for entry in page.sheet.entries:
            if entry.required and entry.name not in entries:
                book.tell_entry(page, asked.get(entry.name), "cell-blank", column=entry.title)
        if not {"name_en", "name_zh"} & entries.keys():
            title = next(one.title for one in page.sheet.entries if one.name == "name_zh")
            book.tell_entry(page, asked.get("name_zh"), "cell-blank", column=title)
    return entries


def _entry(book: Book, page: Page, number: int, entry: Column, text: str) -> str:
    try:
        stated = plain(book, entry, text)
    except CarbonError as error:
        book.tell_entry(page, number, error.code, **error.data)
        return text
    if entry.name in {"periods", "base_year"}:
        years = [
            one.strip().removesuffix("年")
            for one in text.replace("；", ";").replace("，", ";").replace(",", ";").split(";")
        ]
        wrong = [one for one in years if not is_year(one)]
        if wrong:
            book.tell_entry(page, number, "delivery-not-a-year", value=wrong[0][:SHOWN])
            return ""
        return ";".join(years)
    if entry.list and not entry.open and book.choices(entry.list).code(text) is None:
        known = listed(text, book.choices(entry.list))
        book.tell_entry(page, number, "delivery-not-listed", value=text[:SHOWN], known=known)
    if entry.name == "methodology" and stated not in book.choices("methodology").labels:
        own = book.workspace is not None and (book.workspace.folder / stated).is_file() and stated.endswith(".toml")
        if not own:
            shipped = list(book.choices("methodology").labels)
            book.tell_entry(page, number, "delivery-not-listed", value=stated[:SHOWN], known=shipped)
    return stated


def read_sites(book: Book) -> Known:
    """Read the companies and the sites; without the sheet of sites those of the workspace are known."""
    sites = list(book.workspace.settings.site) if book.workspace else []
    if companies := book.page("entities"):
        read_page(book, companies)
        for line in companies.lines:
            _held(book, companies, line, Entity)
    page = book.page("sites")
    if page is None:
        return Known(sites, stated=bool(sites))
    read_page(book, page)
    made = [_held(book, page, line, Site) for line in page.lines]
    if made and page.whole:
        sites = [one for one in made if isinstance(one, Site)]
    for line in page.lines:
        for name in OF_SITES:
            if name in line.cells and not book.is_told(page, line, name) and Decimal(line.cells[name]) <= 0:
                book.tell(page, line.number, name, "delivery-not-above-zero", column=name)
    return Known(
        list({one.id: one for one in sites}.values()),  # of repeated ones the last: that was told
        stated=bool(sites) or page.whole,
        of_no_region=frozenset(one.cells.get("id") for one in page.lines if book.is_told(page, one, "region")),
    )


def _held(book: Book, page: Page, line: Line, model: type[Held]) -> Held:
    """Return the site or company of a row, and tell what does not fit; then as far as its id goes."""
    key = "id" if model is Site else "entity_id"
    name = line.cells.get(key, "")
    seen = [one for one in page.lines if one.number < line.number and one.cells.get(key) == name]
    if name and seen:
        book.tell(page, line.number, key, "delivery-site-twice", site=name, row=seen[0].number)
    if name.startswith(_QUOTED_STARTS):
        book.tell(page, line.number, key, "delivery-site-formula", site=name)
    cells = {one: text for one, text in line.cells.items() if not book.is_told(page, line, one)}
    try:
        return model.model_validate(held_document(cells, key) | {"id": name or "-"})
    except ValidationError as error:
        for one in misfits(error, model):
            column = str(one.data.get("key", "")).replace("lease.", "lease_").replace("lease", "lease_basis", 1)
            column = column.replace("lease_basis_", "lease_")
            told = column if column in page.sheet.names else None
            leased = [own for own in page.sheet.names if own.startswith("lease_")]
            if column.startswith("lease_") and book.is_told(page, line, *leased):
                continue  # what it lacks may stand in the cell that could not be read
            book.tell(page, line.number, told, one.code, **one.data)
        where = {"region": cells["region"]} if "region" in cells and model is Site else {}
        return model.model_validate({"id": name or "-"} | where)  # its bills shall not be told to lack a region


def inventory_document(book: Book, told: Mapping[str, str]) -> Mapping[str, Any] | None:
    """Return what ``inventory.toml`` is made of, ``None`` where the workbook says nothing of it."""
    sites = [line for line in book.lines("sites") if line.cells.get("id")]
    if not told and not sites:
        return None
    name = {lang: told[f"name_{lang}"] for lang in ("en", "zh") if f"name_{lang}" in told}
    both = {lang: name.get(lang) or next(iter(name.values())) for lang in ("en", "zh")} if name else {}
    document: dict[str, Any] = {"organisation": {"id": told.get("id", ""), "name": both}} if told else {}
    document |= {one: told[one] for one in ("methodology", "consolidation", "boundary") if told.get(one)}
    if told.get("base_year"):
        document["base_year"] = int(told["base_year"])
    if told.get("known_at") and not book.any_told:
        document["known_at"] = day_of(told["known_at"])
    if told.get("keep_published") == "yes":
        document["keep_published"] = True
    if told.get("periods"):
        document["periods"] = told["periods"].split(";")
    document["site"] = [held_document(line.cells, "id") for line in sites]
    for name_, key in (("entities", "entity"), ("accept", "accept")):
        if lines := book.lines(name_):
            made = [held_document(one.cells, "entity_id") if key == "entity" else dict(one.cells) for one in lines]
            document[key] = made
    return document


def held_document(cells: Mapping[str, str], key: str) -> dict[str, Any]:
    """Return the row of a site or company as ``inventory.toml`` has it."""
    names = {lang: cells[f"name_{lang}"] for lang in ("en", "zh") if f"name_{lang}" in cells}
    document: dict[str, Any] = {"id": cells.get(key, "")} | ({"name": names} if names else {})
    plain = ("held_by", "region", "equity_share", "entity", "legal_entity", "accounting_group")
    document |= {name: cells[name] for name in plain if name in cells}
    if "control" in cells:
        document["control"] = [] if cells["control"] == "none" else cells["control"].split(";")
    document |= {name: day for name in ("from", "to") if (day := iso_day(cells.get(name, "")))}
    lease = {name.removeprefix("lease_"): text for name, text in cells.items() if name.startswith("lease_")}
    return document | ({"lease": lease} if lease else {})


def settings_cells(settings: Settings) -> dict[str, list[dict[str, str]]]:
    """Return what the sheets of the workbook say of an inventory: the form (one row), sites, companies, exceptions."""
    organisation = settings.organisation
    form = _filled(
        id=organisation.id,
        name_en=organisation.name.get("en"),
        name_zh=organisation.name.get("zh"),
        methodology=settings.methodology,
        consolidation=settings.consolidation,
        boundary=settings.boundary,
        periods="; ".join(settings.periods),
        base_year=settings.base_year,
        known_at=settings.known_at,
        keep_published="yes" if settings.keep_published else None,
    )
    return {
        "organisation": [form],
        "sites": [_site_cells(one) for one in settings.site],
        "entities": [_held_cells(one) | _filled(entity_id=one.id, held_by=one.held_by) for one in settings.entity],
        "accept": [_filled(**one.model_dump()) for one in settings.accept],
    }


def _site_cells(one: Site) -> dict[str, str]:
    lease = one.lease.model_dump() if one.lease else {}
    group = one.accounting_group if "accounting_group" in one.model_fields_set else None
    told = {"id": one.id, "region": one.region, "entity": one.entity, "legal_entity": one.legal_entity}
    return _held_cells(one) | _filled(
        **told, accounting_group=group, **{f"lease_{name}": value for name, value in lease.items()}
    )


def _held_cells(one: Held) -> dict[str, str]:
    """Return what a site and a company have in common, as far as it is stated."""
    stated = one.model_fields_set
    return _filled(
        name_en=one.name.get("en"),
        name_zh=one.name.get("zh"),
        equity_share=one.equity_share if "equity_share" in stated else None,
        control=(";".join(sorted(one.control)) or "none") if "control" in stated else None,
        **{"from": one.first, "to": one.last},
    )


def _filled(**values: Any) -> dict[str, str]:
    """Return what is stated, as text."""
    return {
        name: f"{value:f}" if isinstance(value, Decimal) else str(value)
        for name, value in values.items()
        if value is not None
    }
