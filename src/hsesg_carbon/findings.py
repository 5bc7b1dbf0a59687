"""Findings: judgements about data, kept as data."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from hsesg_carbon.messages import message, visible

_MAX_VALUE = 80

Severity = Literal["error", "warning", "info"]
GRAVITY: tuple[Severity, ...] = ("error", "warning", "info")
"""The severities, the gravest first."""


class Where(BaseModel):
    """A place in the user's own material: file, sheet, row (as a spreadsheet counts them, heading is 1) and column."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    activity_id: str | None = None

    def text(self, lang: str = "en") -> str:
        """Return the place in words, e.g. ``energy.csv, row 7, column unit``."""
        parts = [self.file] if self.file else []
        for name in ("sheet", "row", "column", "activity_id"):
            value = getattr(self, name)
            if value is not None:
                parts.append(message(f"where.{name}", lang, value=value))
        return visible(", ".join(parts))


class Finding(BaseModel):
    """
    A judgement about data: ``code`` names it, ``where`` places it, ``data`` holds the facts its sentence mentions.

    Example:
        >>> Finding(code="rounded-to-grid", severity="info", data={"count": 2, "unit": "kWh", "grid": "1e-6"}).message()
        '2 quantities in kWh are finer than the grid of 1e-6 kWh and were rounded half up to it.'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    severity: Severity
    where: Where | None = None
    data: dict[str, Any] = Field(default_factory=dict)

    def message(self, lang: str = "en") -> str:
        """Return the sentence in ``lang``, without the place."""
        return message(self.code, lang, **self.data)

    def line(self, lang: str = "en") -> str:
        """Return place, value and sentence in one line."""
        if self.where is None:
            return self.message(lang)
        place, sentence = self.where.text(lang), self.message(lang)
        value = "" if self.where.value is None else repr(self.where.value[:_MAX_VALUE])
        shown = f"{value} " if value and value not in sentence else ""
        return f"{place}: {shown}{sentence}" if place else sentence

    def as_json(self, lang: str = "en") -> dict[str, Any]:
        """Return a plain dict for JSON output."""
        where = None if self.where is None else self.where.model_dump(exclude_none=True)
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message(lang),
            "where": where,
            "data": plain_data(self.data),
        }


def plain_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the facts of a sentence as JSON holds them: numbers as text, lists and texts by language as they are.

    Example:
        >>> plain_data({"days": 3, "months": ("2024-01", "2024-02")})
        {'days': '3', 'months': ['2024-01', '2024-02']}
    """
    return {name: _plain(value) for name, value in data.items()}


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold: lists and texts by language as they are, everything else as text."""
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    return value if isinstance(value, dict) else str(value)


def fault(code: str, /, **data: Any) -> Finding:
    """Return what is wrong with something that has no place in the user's own tables."""
    return Finding(code=code, severity="error", data=data)
