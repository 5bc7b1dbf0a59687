"""The records of the factor library: sources, flows, activities, regions and published numbers."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from hsesg_carbon import units
from hsesg_carbon.periods import YEARS

LIQUEFIED = frozenset(
    {
        *("lpg", "propane", "butane", "isobutane", "biopropane", "lng", "other_petroleum_gas"),
        *("ethylene", "propylene", "butylene", "isobutylene"),
    }
)
"""Fuels that are sold as liquids and metered as gases: one cubic metre of liquid is hundreds of gas."""

WELL_CHECKED = ("primary", "two-transcriptions")
"""How a number was checked that others may be built on."""

COUNTED = ("gas", "co2e")
"""Kinds of flows that add up to tCO2e."""

_EITHER = ("m3", "万m3", "亿m3", "ft3")
"""Units of volume that do not say which of the two is meant."""

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=120)]


@lru_cache(maxsize=1024)
def last_day(partial: str) -> date:
    """
    Return the last day that a partial date covers.

    Example:
        >>> last_day("2024-02"), last_day("2006"), last_day("2024-12-26")
        (datetime.date(2024, 2, 29), datetime.date(2006, 12, 31), datetime.date(2024, 12, 26))
    """
    year, month, day = (*(int(part) for part in partial.split("-")), 0, 0)[:3]
    if day:
        return date(year, month, day)
    following = date(year + 1, 1, 1) if month in {0, 12} else date(year, month + 1, 1)
    return following - timedelta(days=1)


def _is_a_day(partial: str) -> str:
    if not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", partial):
        msg = "write a day, a month or a year, such as 2025-02-10, 2025-02 or 2025"
        raise ValueError(msg)
    if int(partial[:4]) not in YEARS:
        msg = f"the year {partial[:4]} is none of 1900 to 2200"
        raise ValueError(msg)
    last_day(partial)
    return partial


PartialDate = Annotated[str, AfterValidator(_is_a_day)]
Checked = Literal["primary", "two-transcriptions", "one-transcription", "computed", "inferred"]
PropertyKind = Literal["ncv", "gcv", "density", "carbon-content", "oxidation", "coal-equivalent", "net-to-gross"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Record):
    """
    A publication: where numbers come from, and on what terms they may be passed on.

    ``licence_class`` is ``open``, ``official-document``, ``facts-only``, or ``own`` for an organisation's own numbers.
    ``series`` is shared by the editions of one publication, of which the latest speaks for what is known.
    """

    id: str
    title: str
    title_zh: str | None = None
    publisher: str
    edition: str | None = None
    series: str | None = None
    date: str | None = None
    address: str | None = None
    licence: str
    licence_class: Literal["open", "official-document", "facts-only", "own"]
    retrieved: str | None = None
    note: str | None = None

    @property
    def titles(self) -> dict[str, str]:
        """The title by language; in Chinese the one it has, where no Chinese one is stated."""
        return {"en": self.title, "zh": self.title_zh or self.title}


class Flow(_Record):
    """
    What a line yields: a gas, published CO2e, energy or coal equivalent, and the unit in which it is counted.

    ``group`` is under what the standards report a gas: CO2, CH4, N2O, HFCs, PFCs, SF6, NF3. Biogenic CO2 and the gases
    of the Montreal Protocol (``ozone-depleting``) stand beside the scopes, never in a total.
    """

    flow: str
    kind: Literal["gas", "co2e", "biogenic", "ozone-depleting", "energy", "coal-equivalent"]
    unit: str
    name_en: str
    name_zh: str
    group: str | None = None


class CatalogueEntry(_Record):
    """
    A kind of activity that a user can name.

    ``flows`` are those that must resolve; ``measured_in`` holds one example unit for every kind of quantity accepted;
    ``scope`` ``beside`` is for what is sold or recovered: never in a total by scopes. ``origin`` says whether carbon is
    fossil or biogenic, which decides the GWP of its CH4; ``released`` is fossil methane that escapes unburnt.
    """

    activity: Id
    scope: Literal["1", "2", "3", "beside"]
    iso14064: Literal["1", "2", "3", "4", "5", "6", "-"]
    subject: str
    origin: Literal["fossil", "biogenic", "released"] | None = None
    measured_in: tuple[str, ...]
    flows: tuple[str, ...]
    name_en: str
    name_zh: str
    aliases: tuple[str, ...] = ()

    def accepts(self, unit: str) -> bool:
        """Say whether a quantity of this activity can be given in ``unit``."""
        return units.kind(unit) in {units.kind(one) for one in self.measured_in}

    def leaves_open(self, unit: str) -> bool:
        """Say whether ``unit`` leaves open if the volume is of the liquid or of the gas."""
        return self.subject in LIQUEFIED and units.canonical(unit) in _EITHER


class Equivalence(_Record):
    """
    So much CO2e as a picture: a mile by car, an acre of forest for a year. For illustration, never in an inventory.

    ``unit`` is printed as tonnes per thing: ``tCO2e/mile``, ``tCO2/acre/yr``; ``per`` is that thing.
    """

    id: Id
    name_en: str
    name_zh: str
    value: Decimal = Field(gt=0)
    unit: Annotated[str, StringConstraints(pattern=r"^tCO2e?/[a-z]+(/yr)?$|^tCO2e?/kWh$")]
    edition: str
    source: str
    locator: str
    checked: Checked
    note: str | None = None

    @property
    def per(self) -> str:
        """What is counted: ``mile``, ``acre yr``."""
        return self.unit.partition("/")[2].replace("/", " ")


class Region(_Record):
    """A place in the tree of regions; ``parent`` is empty for the world."""

    code: str
    parent: str | None = None
    name_en: str
    name_zh: str


class _Published(_Record):
    """
    What every published number has.

    ``valid_from`` to ``valid_to`` is the time that the value describes (open where it describes any time),
    ``published`` the day on which it became known (empty where nobody dated it).
    """

    id: Id
    value: Decimal
    unit: str
    basis: Literal["net", "gross"] | None = None
    region: str
    valid_from: date | None = None
    valid_to: date | None = None
    published: PartialDate | None = None
    source: str
    locator: str = Field(min_length=1)
    checked: Checked
    lower95: Decimal | None = None
    upper95: Decimal | None = None
    supersedes: Id | None = None
    note: str | None = None

    @property
    def known_from(self) -> date:
        """The first day on which the number was surely public: the last day of a partial date."""
        return last_day(self.published) if self.published else date.min

    def fault(self) -> str | None:
        """Return the code of what contradicts itself in this row."""
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            return "validity-reversed"
        if self.lower95 is not None and self.lower95 > self.value:
            return "limits-reversed"
        return "limits-reversed" if self.upper95 is not None and self.upper95 < self.value else None

    @property
    def plain_unit(self) -> str:
        """The unit without what is no unit of its own."""
        return self.unit

    def covers(self, start: date, end: date) -> bool:
        """Say whether the value describes the whole time from ``start`` to ``end``."""
        begun = self.valid_from is None or self.valid_from <= start
        return begun and (self.valid_to is None or end <= self.valid_to)


class EmissionFactor(_Published):
    """
    Amount of one flow per unit of activity, as printed.

    ``value`` is in ``unit``, numerator first: 0.5366 with unit ``kgCO2/kWh``. The gas stands in ``flow``; in ``unit``
    it may be repeated as it is printed. ``activity`` is a catalogue code or a pattern (``*.petrol``: whatever the use).
    """

    valid_from: date
    published: PartialDate
    activity: str
    value: Decimal = Field(ge=0)
    flow: str
    variant: str | None = None
    technology: str | None = None
    gwp_set: str | None = None
    lifecycle: Literal["direct", "well-to-tank", "losses"] | None = None

    @property
    def per(self) -> str:
        """The unit of the quantity that the factor multiplies: ``kWh`` of ``kgCO2/kWh``."""
        return units.sides(self.plain_unit)[1]

    @property
    def plain_unit(self) -> str:
        """The unit without the gas: ``kgCO2/kWh`` of flow CO2 is ``kg/kWh``."""
        above, below = units.sides(self.unit)
        above = units.without_gas(above, self.flow)
        return f"{above}/{below}" if below else above


class FuelProperty(_Published):
    """
    A ratio that links two ways of measuring one fuel.

    ``value`` is in ``unit``, numerator first: 43.0 with unit ``TJ/kt`` reads "43.0 TJ per kt". ``basis`` says whether a
    heating value is net (LHV) or gross (HHV); a density has none.
    """

    subject: str
    property: PropertyKind
    value: Decimal = Field(gt=0)


class Gwp(_Record):
    """A global warming potential of one gas in one assessment report; CH4 may differ by the origin of its carbon."""

    id: Id
    gwp_set: str
    flow: str
    origin: Literal["fossil", "non-fossil"] | None = None
    metric: str
    value: Decimal
    unit: str
    published: PartialDate
    source: str
    locator: str
    checked: Checked
    supersedes: Id | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The factor chosen and how it fits: ``exact``, or of ``region-parent``, ``earlier-year``, ``fixed-year``."""

    factor: EmissionFactor
    fit: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    What a factor is wanted for: the criteria of a methodology's rule. ``None`` does not choose, so it may tie.

    ``stated_technology`` is what the activity itself says; a source that does not tell technologies apart, or not this
    one, answers with the rule's ``technology``. ``units`` are those in which the quantity can be stated, its own first:
    a publication may print one factor per litre, per tonne and per kWh, and the nearest to the bill rules.
    """

    activity: str
    flow: str
    region: str
    start: date
    end: date
    sources: tuple[str, ...]
    variant: str | None = None
    technology: str | None = None
    stated_technology: str | None = None
    basis: str | None = None
    lifecycle: str | None = None
    vintage: str | int = "activity-year"
    units: tuple[str, ...] = ()
