"""Editions: what changed between two publications of one series, or between what was known on two days."""

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from hsesg_carbon import units
from hsesg_carbon.errors import FactorError, InputError, near
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.percentages import change
from hsesg_carbon.records import EmissionFactor, FuelProperty, Gwp

Number = EmissionFactor | FuelProperty | Gwp


@dataclass(frozen=True, slots=True)
class Difference:
    """One number before and after; ``None`` where only the other side states it."""

    about: str
    before: Number | None
    after: Number | None

    @property
    def percent(self) -> Fraction | None:
        """The change in percent of the number before; ``None`` where one is missing or the first is 0."""
        if self.before is None or self.after is None:
            return None
        scale = units.ratio(_plain_unit(self.after), _plain_unit(self.before))
        return change(Fraction(self.after.value) * scale, Fraction(self.before.value))

    def as_json(self) -> dict[str, Any]:
        """Return plain data: both numbers as they are printed, and the change in percent, half up to 4 places."""
        return {
            "about": self.about,
            "before": self.before and self.before.model_dump(mode="json", include={"id", "value", "unit"}),
            "after": self.after and self.after.model_dump(mode="json", include={"id", "value", "unit"}),
            "percent": None if self.percent is None else str(units.half_up(self.percent, 4)),
        }

    @property
    def changed(self) -> bool:
        """Whether the two sides differ in value; the same number in another unit does not."""
        if self.before is None or self.after is None:
            return True
        scale = units.ratio(_plain_unit(self.after), _plain_unit(self.before))
        return Fraction(self.after.value) * scale != Fraction(self.before.value)


def differences(library: FactorLibrary, before: str, after: str) -> list[Difference]:
    """
    Compare two publications by the ids of their sources, or the library as known on two days (``2025-01-15``).

    Numbers pair off by what they are about (activity, flow, variant, technology, unit, region ...), whatever their
    ids. Only what differs is returned, the largest change first, then what one side lacks. On two days each series of
    editions speaks with its latest one.

    Raises:
        FactorError: A source is unknown.
        InputError: One side is a day and the other a source.

    Example:
        >>> found = differences(FactorLibrary.shipped(), "mee-2024-12", "mee-2024-33")
        >>> found[0].about, f"{float(found[0].percent):.2f} %"
        ('electricity.grid CO2 average CN-GX direct kWh', '-21.54 %')
    """
    days = [_day(side) for side in (before, after)]
    if (days[0] is None) != (days[1] is None):
        raise InputError("diff-day-and-source", before=before, after=after)
    first, second = (
        _of_source(library, side) if day is None else _known(library, day)
        for side, day in zip((before, after), days, strict=True)
    )
    keys = dict.fromkeys([*first, *second])
    found = [Difference(_words(key), first.get(key), second.get(key)) for key in keys]
    return sorted((one for one in found if one.changed), key=_weight)


def _day(text: str) -> date | None:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError("date-broken", value=text) from error


def _of_source(library: FactorLibrary, source: str) -> dict[tuple[str, ...], Number]:
    if source not in library.sources:
        raise FactorError("unknown-source", source=source, suggestions=near(source, list(library.sources)) or ["-"])
    return _latest([one for one in library.numbers if one.source == source])


def _known(library: FactorLibrary, day: date) -> dict[tuple[str, ...], Number]:
    """Return the latest number of every series of publications, as known on a day."""
    series = {name: source.series or name for name, source in library.sources.items()}
    by_series: dict[str, list[Number]] = {}
    for one in library.known_at(day).numbers:
        by_series.setdefault(series[one.source], []).append(one)
    return {(*key, name): one for name, own in by_series.items() for key, one in _latest(own).items()}


def _latest(numbers: list[Number]) -> dict[tuple[str, ...], Number]:
    """Return the number that describes the latest time for everything that the numbers are about."""
    corrected = {one.supersedes for one in numbers}
    ordered = sorted((one for one in numbers if one.id not in corrected), key=lambda one: (_begins(one), one.id))
    found: dict[tuple[str, ...], Number] = {}
    for one in ordered:
        key = _about(one)
        while key in found and _begins(found[key]) == _begins(one):  # told apart by the id alone
            key = (*key, one.id)
        found[key] = one
    return found


def _about(one: Number) -> tuple[str, ...]:
    """Return everything that tells one number of a publication from another, its year excepted."""
    if isinstance(one, Gwp):
        return (one.gwp_set.partition("-")[2], one.metric, one.flow, one.origin or "")  # AR5-ccf stays apart from AR5
    if isinstance(one, FuelProperty):
        told: tuple[str | None, ...] = (one.subject, one.property, one.region, one.basis)
    else:
        told = (one.activity, one.flow, one.variant, one.technology, one.region, one.basis, one.lifecycle)
    return (*(part or "" for part in told), units.sides(_plain_unit(one))[1])


def _begins(one: Number) -> date:
    return getattr(one, "valid_from", None) or date.min


def _words(key: tuple[str, ...]) -> str:
    return " ".join(part for part in key if part)


def _plain_unit(one: Number) -> str:
    return one.unit if isinstance(one, Gwp) else one.plain_unit


def _weight(one: Difference) -> tuple[bool, Fraction, str]:
    return one.percent is None, -abs(one.percent or Fraction(0)), one.about
