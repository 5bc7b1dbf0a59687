"""Completeness: the sources that an organisation of its kind is expected to have, and that no row mentions."""

import re
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from hsesg_carbon.errors import InputError
from hsesg_carbon.messages import LANGUAGES
from hsesg_carbon.tables import read_tables
from hsesg_carbon.verification.judgement import INDEX, STATED, Basis, Judgement, Tests
from hsesg_carbon.verification.reported import ReportedRow

KIND = "organisation.kind"
"""The row whose cell says what kind of organisation reports; without it nothing is expected."""


class ExpectedSource(BaseModel):
    """
    A row of ``expected_sources.csv``.

    ``words`` in an id or a label mention the source, ``activities`` are its patterns in an inventory; ``stated`` names
    a row without which it is not expected.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    source: str
    name_en: str
    name_zh: str
    words: tuple[str, ...] = Field(min_length=1)
    activities: tuple[str, ...] = ()
    stated: str | None = None
    why_en: str
    why_zh: str


@cache
def expected_sources() -> tuple[ExpectedSource, ...]:
    """Return what is expected by kind of organisation."""
    found: list[ExpectedSource] = []
    for table in read_tables(files("hsesg_carbon.verification").joinpath("expected_sources.csv")):
        records, problems = table.records(ExpectedSource, split=frozenset({"words", "activities"}))
        if problems:
            raise InputError("table-broken", problems, file=table.file)
        found += records
    return tuple(found)


def silent_sources(basis: Basis) -> Tests:
    """Sources that are expected and neither reported nor in the inventory: one judgement for all of them."""
    row = basis.rows.get(KIND)
    if row is None or not basis.said(row):
        return
    column, cell = max(basis.said(row).items())
    kind = cell.text.strip().casefold()
    known = {one.kind for one in expected_sources()}
    if kind not in known:
        data = {"kind": cell.text.strip(), "known": sorted(known)}
        yield Judgement("reported-kind-unknown", "warning", row, ((KIND, column),), data)
        return
    told = [one for one in basis.table.rows if not one.id.startswith((STATED, INDEX, "organisation."))]
    activities = set(_activities(basis))
    expected = [one for one in expected_sources() if one.kind == kind and _is_expected(basis, one)]
    silent = [one for one in expected if not _is_mentioned(one, told, activities)]
    yield from (None for _ in range(len(expected) - len(silent)))
    if silent:
        named = {
            lang: [f"{getattr(one, f'name_{lang}')} ({getattr(one, f'why_{lang}')})" for one in silent]
            for lang in LANGUAGES
        }
        cells = (
            (KIND, column),
            *((one.stated, at) for one in silent if one.stated for at in basis.said(basis.rows[one.stated])),
        )
        found: dict[str, Any] = {"kind": kind, "sources": [one.source for one in silent], "told": named}
        yield Judgement("reported-silent-sources", "warning", row, cells, found, count=len(silent))


def _is_expected(basis: Basis, one: ExpectedSource) -> bool:
    return one.stated is None or (one.stated in basis.rows and bool(basis.said(basis.rows[one.stated])))


def _is_mentioned(one: ExpectedSource, rows: list[ReportedRow], activities: set[str]) -> bool:
    if any(fnmatchcase(name, pattern) for pattern in one.activities for name in activities):
        return True
    texts = [f"{row.id} {row.label}".casefold() for row in rows]
    return any(_holds(text, word.casefold()) for word in one.words for text in texts)


def _holds(text: str, word: str) -> bool:
    """Say whether a text has a word: Latin ones from their beginning, so that heat is not in wheat."""
    return re.search(rf"(?<![a-z]){re.escape(word)}", text) is not None if word.isascii() else word in text


def _activities(basis: Basis) -> list[str]:
    if basis.inventory is None:
        return []
    return [cell.activity for cell, _, _ in basis.inventory.ledger.quantities()]
