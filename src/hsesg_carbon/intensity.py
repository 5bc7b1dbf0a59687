"""Intensities: what totals are divided by, and which value of it rules in which year."""

from collections.abc import Container, Iterable
from decimal import Decimal
from fractions import Fraction

from pydantic import BaseModel, ConfigDict, Field

from hsesg_carbon import units
from hsesg_carbon.errors import InventoryError
from hsesg_carbon.findings import Finding
from hsesg_carbon.ledger import Total, Totals
from hsesg_carbon.periods import Period
from hsesg_carbon.units import Amount


class Denominator(BaseModel):
    """
    What emissions are divided by: revenue, floor area, headcount.

    ``boundary`` says of whom; with a ``site`` it is of that site alone, and may be of a month. A higher ``version`` of
    the same period replaces a lower one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    denominator: str = Field(min_length=1)
    period: str
    value: Decimal = Field(gt=0)
    unit: str
    boundary: str
    version: int = Field(default=1, ge=1)
    source: str
    site: str | None = Field(default=None, min_length=1)

    @property
    def year(self) -> int | None:
        """The calendar year that the value is of, ``None`` if it is of another period."""
        return Period.parse(self.period).calendar_year


def divided(
    totals: Iterable[Total],
    denominators: Iterable[Denominator],
    per: str,
    boundary: str,
    *,
    accept_boundary: Iterable[str] = (),
    years: Container[int] | None = None,
) -> Totals:
    """
    Return yearly totals (with a group ``year``) over the denominator of their year, in their unit per its unit.

    A year without a value is left out: ``denominators_missing`` says so as a finding.

    Args:
        totals: Emissions, energy, water or waste by year.
        denominators: Values by period; only whole years divide yearly totals.
        per: Which denominator, e.g. ``revenue``.
        boundary: The id of the boundary that the totals are of.
        accept_boundary: Boundaries that may differ from it: the caller knows and says so.
        years: The years wanted; all that have totals by default.

    Raises:
        InventoryError: Nothing has such a denominator, a year has two values, units differ, or a boundary differs and
            was not accepted.
    """
    denominators = tuple(denominators)
    by_year = ruling_denominators(denominators, per)
    if not by_year:
        known = sorted({one.denominator for one in denominators})
        raise InventoryError("unknown-denominator", denominator=per, known=known or ["-"])
    accepted = set(accept_boundary)
    rows = []
    for row in totals:
        if years is not None and row["year"] not in years:
            continue
        one = by_year.get(int(row["year"]))
        if one is None:
            continue
        if one.boundary != boundary and one.boundary not in accepted:
            raise InventoryError(
                "denominator-boundary-differs", denominator=per, stated=one.boundary, boundary=boundary
            )
        ratio = row.amount.value / Fraction(one.value)
        rows.append(Total(row.group, row.flow, Amount(ratio, f"{row.amount.unit}/{one.unit}")))
    return Totals(tuple(rows))


def denominators_missing(denominators: Iterable[Denominator], years: Iterable[int]) -> list[Finding]:
    """Name every denominator that has no value in one of the years: no intensity is computed there, of any account."""
    denominators, years = tuple(denominators), sorted(set(years))
    found = []
    for per in dict.fromkeys(one.denominator for one in denominators):
        known = ruling_denominators(denominators, per)
        found += [
            Finding(
                code="denominator-missing",
                severity="warning",
                data={"denominator": per, "year": year, "known": sorted(known)},
            )
            for year in years
            if year not in known
        ]
    return found


def ruling_denominators(denominators: Iterable[Denominator], per: str) -> dict[int, Denominator]:
    """
    Return the value of a denominator that rules in each year: the one of the highest version.

    Raises:
        InventoryError: A value is not of a whole year, a version stands there twice, or units differ between years.
    """
    by_year: dict[int, Denominator] = {}
    for one in sorted((one for one in denominators if one.denominator == per), key=lambda one: one.version):
        year = one.year
        if year is None:
            raise InventoryError("denominator-not-a-year", denominator=per, period=one.period)
        if year in by_year and by_year[year].version == one.version:
            raise InventoryError("denominator-twice", denominator=per, period=one.period, version=one.version)
        by_year[year] = one
    spelt = sorted({one.unit for one in by_year.values()})
    if len({units.canonical(unit) for unit in spelt}) > 1:
        raise InventoryError("denominator-units-differ", denominator=per, units=spelt)
    return by_year
