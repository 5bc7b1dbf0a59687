"""Why emissions moved from one year to another: additive drivers by LMDI-I, adding up to the last digit."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from hsesg_carbon import units
from hsesg_carbon.errors import InventoryError
from hsesg_carbon.findings import Finding
from hsesg_carbon.intensity import Denominator, ruling_denominators
from hsesg_carbon.inventory import Inventory, Pool
from hsesg_carbon.ledger import Place, Totals, chosen, grouped
from hsesg_carbon.messages import both, message
from hsesg_carbon.periods import Period
from hsesg_carbon.plan import ENERGY_FLOW, PlanLine
from hsesg_carbon.units import CO2E

if TYPE_CHECKING:
    import pandas as pd

PLACES = 9
"""Decimals of a tonne to which a part is rounded, half up, before the residue is closed."""

ACTIVITY, INTENSITY, SITES, MIX, WEATHER = "activity", "intensity", "sites", "mix", "weather"
REAL, CHOICE, INSTRUMENTS = "factor-real", "factor-choice", "instruments"
ORDER = (ACTIVITY, INTENSITY, SITES, MIX, WEATHER, REAL, CHOICE, INSTRUMENTS)
"""The drivers, in the order of the identity; of equally large parts the first takes the residue."""

_LOGS = Context(prec=80)
_ZERO = Fraction(0)


class DegreeDays(BaseModel):
    """
    Degree days of a year for a carrier that heats (``heating``) or cools (``cooling``) and little else.

    ``carrier`` is the catalogue's subject, ``natural_gas`` or ``heat``: all of it is taken to follow the degree days.
    ``base`` is the base temperature in degrees Celsius. A row with ``site`` rules there before one without.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    carrier: str = Field(min_length=1)
    period: str
    kind: Literal["heating", "cooling"]
    value: Decimal = Field(gt=0)
    base: Decimal
    site: str | None = None
    source: str = Field(min_length=1)

    @property
    def year(self) -> int | None:
        """The calendar year that the value is of, ``None`` if it is of another period."""
        return Period.parse(self.period).calendar_year

    def check(self) -> None:
        """Raise ``InventoryError`` where the value is not of a whole year."""
        if self.year is None:
            raise InventoryError("drivers-weather-not-a-year", carrier=self.carrier, period=self.period)


@dataclass(frozen=True, slots=True)
class Effect:
    """
    What one driver did to one activity at one site, in tCO2e, exactly: the cell of which every figure is a sum.

    ``group`` is ``energy``, or ``other`` for emissions without energy (refrigerants, processes, travel by distance).
    ``residue`` is the part of ``amount`` that rounding left over and that was closed here.
    """

    site: str
    scope: str
    carrier: str
    activity: str
    group: str
    driver: str
    amount: Fraction
    residue: Fraction = _ZERO


_CELL = ("site", "scope", "carrier", "activity", "group", "driver")
_OF_EFFECT: Mapping[str, Callable[[Effect], str | int]] = {
    "site": lambda one: one.site,
    "scope": lambda one: one.scope,
    "carrier": lambda one: one.carrier,
    "activity": lambda one: one.activity,
    "group": lambda one: one.group,
    "driver": lambda one: one.driver,
}


def lmdi(before: Sequence[Fraction], after: Sequence[Fraction]) -> tuple[list[Fraction], Fraction, int]:
    """
    Split the change of a product among its factors by additive LMDI-I, exactly.

    Args:
        before: The levels of the first year: the product of the first factor, of the first two, and so on; the last
            level is what is explained. None may be negative, and none may be 0 before one that is not.
        after: The levels of the last year.

    Returns:
        One part for each level, what rounding left over, and the place of the part that took it. A factor that did not
        change has exactly 0. The others have L(before, after) x ln(ratio of the factor), L the logarithmic mean,
        rounded half up to 1e-9; the largest of them unrounded (the first of equals) takes what is left, so that the
        parts add up to the change.

        Where the product comes from 0 or goes to 0, the factor that is 0 takes the whole change, the limit to which the
        formula tends. A 0 in both years gives 0.

    Source:
        B. W. Ang, The LMDI approach to decomposition analysis: a practical guide, Energy Policy 33 (2005) 867-871;
        B. W. Ang and N. Liu, Handling zero values in the logarithmic mean Divisia index decomposition approach, Energy
        Policy 35 (2007) 238-246.

    Example:
        >>> parts, residue, _ = lmdi([Fraction(10), Fraction(20)], [Fraction(10), Fraction(0)])
        >>> parts, residue
        ([Fraction(0, 1), Fraction(-20, 1)], Fraction(0, 1))
    """
    change = after[-1] - before[-1]
    if not before[-1] or not after[-1]:
        gone = before if not before[-1] else after
        place = next(place for place, level in enumerate(gone) if not level)
        return [change if one == place else _ZERO for one in range(len(gone))], _ZERO, place
    raw = _unrounded(before, after)
    parts = [Fraction(units.half_up(one, PLACES)) for one in raw]
    residue = change - sum(parts, _ZERO)
    place = max(range(len(raw)), key=lambda one: (abs(raw[one]), -one))
    parts[place] += residue
    return parts, residue, place


def _unrounded(before: Sequence[Fraction], after: Sequence[Fraction]) -> list[Fraction]:
    """Return the parts of levels above 0, to the digits of the logarithms."""
    whole = _ln(after[-1] / before[-1])
    change = _LOGS.divide(*_decimals(after[-1] - before[-1]))
    mean = _LOGS.divide(change, whole) if whole else _LOGS.divide(*_decimals(before[-1]))
    steps = [now / then for then, now in zip(before, after, strict=True)]
    ratios = [step / below for step, below in zip(steps, [Fraction(1), *steps], strict=False)]
    return [Fraction(_LOGS.multiply(mean, _ln(ratio))) for ratio in ratios]


def _ln(ratio: Fraction) -> Decimal:
    return _LOGS.ln(_LOGS.divide(*_decimals(ratio)))


def _decimals(value: Fraction) -> tuple[Decimal, Decimal]:
    return Decimal(value.numerator), Decimal(value.denominator)


@dataclass(frozen=True)
class Drivers:
    """
    The change of an inventory's emissions between two years, split among its drivers, exactly.

    With energy, E = A x Q'/A x Q'(site)/Q' x Q'(i)/Q'(site) x W x E(i)/Q(i) of every carrier in one use, i, at every
    site: ``activity`` A (a denominator), ``intensity``, ``sites``, ``mix``, ``weather`` W, and the emission factor. Q
    is energy in GJ, Q' the same without the weather (Q = Q' x W). Without a denominator the use of energy is itself the
    activity. Emissions without energy (``group`` ``other``) have their quantity in its place: E = A x q/A x E/q, and
    no mix.

    The emission factor is told apart, one by one:

    - ``factor-real``: every number used in either year describes that year, and comes from the same series of
      publications by the same rule, for the same region, technology, unit and properties. So what changed is what it
      describes: a grid that got cleaner.
    - ``factor-choice``: any of these differs, or a number stands in for a year that it does not describe (the latest
      known factor of an earlier year). The figure moved because another number was taken, or several were taken in
      other shares that cannot be told apart as mix.
    - ``instruments``: what certificates and contracts made of the factor that the rules give (market-based only).

    A factor of one fixed year is the same in both: it has neither. What rests on another basis must be restated first:
    both years are of one inventory, one methodology, one boundary, one GWP set. ``published`` is what the first year
    was published as; its restatement then comes before the drivers.

    Example: ``Drivers.of(inventory, 2022, 2024, denominators, per="revenue").by("driver")``.
    """

    first_year: int
    last_year: int
    start: Fraction
    end: Fraction
    per: str
    scope2: str
    effects: tuple[Effect, ...] = field(repr=False)
    findings: tuple[Finding, ...] = field(repr=False)
    published: Fraction | None = None

    @classmethod
    def of(
        cls,
        inventory: Inventory,
        first_year: int,
        last_year: int,
        denominators: Iterable[Denominator] = (),
        per: str = "",
        *,
        accept_boundary: Iterable[str] = (),
        weather: Iterable[DegreeDays] = (),
        published: Inventory | None = None,
    ) -> "Drivers":
        """
        Explain the change of an inventory's emissions from one year to another.

        Args:
            inventory: Both years, on one basis.
            first_year: The year from which.
            last_year: The year to which; an earlier one is allowed, and turns every sign.
            denominators: Values by year.
            per: Which of them is the activity, e.g. ``revenue``; without it energy use is.
            accept_boundary: Boundaries of the denominator that may differ from the inventory's: the caller says so.
            weather: Degree days of the carriers that follow the weather.
            published: The inventory as the first year was published; its restatement comes first.

        Raises:
            InventoryError: A year has no emissions or no denominator, a level is below 0, a carrier has emissions
                without energy in one year only, or degree days are missing, repeated or of two kinds.
        """
        if first_year == last_year:
            raise InventoryError("drivers-one-year", year=first_year)
        years = (first_year, last_year)
        carriers = _Account(inventory, years).carriers()
        use = _Use(carriers, years, tuple(weather))
        activity = _activity(inventory, years, tuple(denominators), per, set(accept_boundary)) if per else None
        effects, notes = list[Effect](), use.findings()
        for one in carriers:
            if any(sums.emitted for sums in one.own):  # what emits nothing in both years is in the energy use alone
                change = one.factor_change(inventory)
                own = tuple(_Term.of(one, use, activity, change.driver).effects())
                effects += own
                notes += change.findings(one, years, own)
        notes += [] if per else [Finding(code="drivers-energy-is-activity", severity="info")]
        residue = sum((one.residue for one in effects), _ZERO)
        data = {"places": PLACES, "residue": units.exact_text(residue, 2 * PLACES)}
        return cls(
            first_year,
            last_year,
            sum((one.own[0].emitted for one in carriers), _ZERO),
            sum((one.own[1].emitted for one in carriers), _ZERO),
            per,
            inventory.scope2,
            tuple(effects),
            (*notes, Finding(code="drivers-rounded", severity="info", data=data)),
            None if published is None else published.by("year").value(year=first_year).value,
        )

    @property
    def change(self) -> Fraction:
        """The last year less the first, in tCO2e."""
        return self.end - self.start

    @property
    def residue(self) -> Fraction:
        """What rounding the parts left over in all; it stands in the largest part of each activity at each site."""
        return sum((one.residue for one in self.effects), _ZERO)

    @property
    def restatement(self) -> Fraction | None:
        """The first year on this basis less what was published; ``None`` where nothing published is given."""
        return None if self.published is None else self.start - self.published

    def by(self, *dimensions: str) -> Totals:
        """
        Return the parts by any of ``driver``, ``carrier``, ``activity``, ``site``, ``scope`` and ``group``.

        Every view adds up to ``change``; what carriers, sites or scopes have adds up to their own change.

        Raises:
            InputError: A dimension is unknown.
        """
        totals = grouped(((one, "CO2e", CO2E, one.amount) for one in self.effects), chosen(dimensions, _OF_EFFECT))
        if "driver" not in dimensions:
            return totals
        others = [name for name in dimensions if name != "driver"]
        return Totals(
            tuple(sorted(totals, key=lambda row: (*(row[name] for name in others), ORDER.index(str(row["driver"])))))
        )

    def frame(self) -> "pd.DataFrame":
        """Return all parts as a table: site, scope, carrier, activity, group, driver, flow, value (Decimal), unit."""
        return self.by(*_CELL).frame()

    def steps(self, lang: str = "en") -> list[tuple[str, Fraction, Fraction, Fraction]]:
        """Return the bars of a waterfall: label, value, from, to. The first and the last stand on 0."""
        names = [(message(f"label.driver-{row['driver']}", lang), row.amount.value) for row in self.by("driver")]
        first = str(self.first_year)
        bars = [(first, self.start, _ZERO, self.start)]
        if self.published is not None:
            bars = [(message("label.drivers-published", lang, year=first), self.published, _ZERO, self.published)]
            names.insert(0, (message("label.drivers-restatement", lang), self.start - self.published))
        for name, value in names:
            bars.append((name, value, bars[-1][3], bars[-1][3] + value))
        return [*bars, (str(self.last_year), self.end, _ZERO, self.end)]

    def waterfall(self, lang: str = "en") -> "pd.DataFrame":
        """Return the bars of a waterfall as a table: label, value, from, to (Decimal, in tCO2e)."""
        import pandas as pd  # noqa: PLC0415

        rows = [(label, *(Decimal(units.exact_text(one)) for one in numbers)) for label, *numbers in self.steps(lang)]
        return pd.DataFrame(rows, columns=["label", "value", "from", "to"])

    def as_json(self, lang: str = "en") -> dict[str, Any]:
        """Return the drivers as plain data, exact numbers as text."""
        restatement = self.restatement
        return {
            "first_year": self.first_year,
            "last_year": self.last_year,
            "per": self.per or None,
            "scope2_method": self.scope2,
            "unit": CO2E,
            "start": units.exact_text(self.start),
            "end": units.exact_text(self.end),
            "change": units.exact_text(self.change),
            "published": units.known_text(self.published),
            "restatement": units.known_text(restatement),
            "residue": units.exact_text(self.residue, 2 * PLACES),
            "drivers": [
                {
                    "driver": row["driver"],
                    "name": message(f"label.driver-{row['driver']}", lang),
                    "value": units.exact_text(row.amount.value),
                }
                for row in self.by("driver")
            ],
            "effects": [{**dict(row.group), "value": units.exact_text(row.amount.value)} for row in self.by(*_CELL)],
            "waterfall": [
                {"label": label, **dict(zip(("value", "from", "to"), map(units.exact_text, numbers), strict=True))}
                for label, *numbers in self.steps(lang)
            ],
            "findings": [one.as_json(lang) for one in self.findings],
        }


# -------------------------------------------------------------------------------------------------- the accounts


@dataclass(frozen=True, slots=True, order=True)
class _Piece:
    """A use of a carrier that one factor describes; ``measure`` is what kind of unit its quantity is in."""

    site: str
    scope: str
    carrier: str
    activity: str
    region: str
    technology: str
    measure: str


@dataclass(slots=True)
class _Sums:
    """What a piece has in one year: GJ, quantity in base units, tCO2e, and tCO2e by the rules alone."""

    energy: Fraction = _ZERO
    quantity: Fraction = _ZERO
    emitted: Fraction = _ZERO
    ruled: Fraction = _ZERO
    lines: dict[int, PlanLine] = field(default_factory=dict)
    stand_ins: bool = False
    """Whether a factor is used for a time that it does not describe."""

    def __add__(self, other: "_Sums") -> "_Sums":
        return _Sums(
            self.energy + other.energy,
            self.quantity + other.quantity,
            self.emitted + other.emitted,
            self.ruled + other.ruled,
            self.lines | other.lines,
            self.stand_ins or other.stand_ins,
        )


@dataclass(frozen=True, slots=True)
class _Carrier:
    """What is explained as one product, in both years; ``covered`` where instruments are in the view."""

    piece: _Piece
    own: tuple[_Sums, _Sums]
    energy: bool
    covered: bool

    @property
    def sizes(self) -> tuple[Fraction, Fraction]:
        """Energy, or the quantity of what has none."""
        first, last = self.own
        return (first.energy, last.energy) if self.energy else (first.quantity, last.quantity)

    @property
    def ruled(self) -> tuple[Fraction, Fraction]:
        """Emissions by the rules alone; where these are 0 and an instrument emits, all of the factor is its doing."""
        first, last = self.own
        emitting = any(one.emitted and not one.ruled for one in self.own)
        return self.sizes if emitting else (first.ruled, last.ruled)

    def check(self, years: tuple[int, int]) -> None:
        """Refuse what has no logarithm: amounts below 0, emissions of nothing in one year of two."""
        for year, size, sums in zip(years, self.sizes, self.own, strict=True):
            data: dict[str, Any] = {"site": self.piece.site, "carrier": self.piece.carrier, "year": year}
            if min(size, sums.emitted, sums.ruled) < 0:
                raise InventoryError("drivers-negative", **data)
            if sums.emitted and not size:
                raise InventoryError("drivers-energy-missing", **data)

    def factor_change(self, inventory: Inventory) -> "_FactorChange":
        """Hold the numbers of both years against each other."""
        lines = [list(sums.lines.values()) for sums in self.own]
        first, last = ({one.id for line in side for one in line.records} for side in lines)
        numbers = tuple(sorted(first - last)), tuple(sorted(last - first))
        if not first or not last:
            return _FactorChange((), numbers)
        bases = [{_basis(inventory, line) for line in side} for side in lines]
        if bases[0] == bases[1] and any(len({one.flow for one in side}) < len(side) for side in bases):
            return _FactorChange(("shares",), numbers)  # several for one flow: it may be they that changed places
        if first == last:
            return _FactorChange((), numbers)
        apart = [
            name
            for name in (one.name for one in fields(_Basis))
            if {getattr(one, name) for one in bases[0]} != {getattr(one, name) for one in bases[1]}
        ]
        if not apart and bases[0] != bases[1]:
            apart = ["rule"]
        if any(sums.stand_ins for sums in self.own):
            apart.append("stand-in")
        return _FactorChange(tuple(apart), numbers)


class _Account:
    """The two years of an inventory, piece by piece."""

    def __init__(self, inventory: Inventory, years: tuple[int, int]) -> None:
        self._years = years
        self._inventory = inventory
        self._catalogue = inventory.ledger.plan.library.catalogue
        self._pieces: dict[_Piece, tuple[_Sums, _Sums]] = {}
        self._covered = bool(inventory.matching.parts)
        present = set()
        ruling = replace(inventory, instruments=None) if self._covered else inventory
        for pool, sums in self._pools(ruling):
            place = pool.places[0]
            sums.quantity += pool.quantity * pool.share * units.measured(place.cell.unit)[0]
            periods = {one.period for one in pool.places}
            for one in pool.lines:
                if one.line.flow.flow == ENERGY_FLOW:
                    sums.energy += one.quantity * one.line.multiplier * pool.share
                if one.weight is not None:
                    present.add(place.period.start.year)
                    sums.ruled += one.quantity * one.line.multiplier * pool.share * one.weight
                    sums.lines[id(one.line)] = one.line  # the same object many times, and slow to compare
                    sums.stand_ins = sums.stand_ins or not _describes(one.line, periods)
        if missing := [year for year in years if year not in present]:
            known = {int(row["year"]) for row in inventory.by("year")}
            raise InventoryError("drivers-year-empty", year=missing[0], known=sorted(known) or ["-"])
        for pool, sums in self._pools(inventory) if self._covered else ():
            for one in pool.lines:
                if one.weight is not None:
                    sums.emitted += one.quantity * one.line.multiplier * pool.share * one.weight
        for sums in (one for own in self._pieces.values() for one in own if not self._covered):
            sums.emitted = sums.ruled

    def _pools(self, view: Inventory) -> Iterator[tuple[Pool, _Sums]]:
        """Yield what counts of both years with the sums that it adds to; nothing that stands beside the scopes."""
        for pool in view.pools(_alike, self._years):
            year, cell = pool.places[0].period.start.year, pool.places[0].cell
            entry = self._catalogue[cell.activity]
            if entry.scope != "beside":
                what = (entry.scope, entry.subject, cell.activity, cell.region, cell.technology, units.kind(cell.unit))
                own = self._pieces.setdefault(_Piece(cell.site, *what), (_Sums(), _Sums()))
                yield pool, own[self._years.index(year)]

    def carriers(self) -> list[_Carrier]:
        """
        Return what is explained as one: an activity at a site; where it has no energy, by the kind of its unit.

        Its regions, technologies and units stand apart where each is there in both years, so that a shift between them
        is mix; if not, those under one factor are one (a city and its province); and where that is no help either, all
        of them, so that a change of region or technology shows in the factor.
        """
        families: dict[tuple[str, ...], list[_Carrier]] = {}
        energetic = {(one.site, one.activity) for one, own in self._pieces.items() if any(sums.energy for sums in own)}
        for one in sorted(self._pieces):
            energy = (one.site, one.activity) in energetic
            key = (one.site, one.activity, "" if energy else one.measure)
            families.setdefault(key, []).append(_Carrier(one, self._pieces[one], energy, self._covered))
        found = []
        for members in families.values():
            found += next(ways for ways in self._ways(members) if len(ways) == 1 or _in_both_years(ways))
        found = [one for one in found if one.energy or any(sums.emitted for sums in one.own)]
        for carrier in found:
            carrier.check(self._years)
        return found

    def _ways(self, members: list[_Carrier]) -> Iterator[list[_Carrier]]:
        """Yield the ways of telling the regions, technologies and units of an activity apart, the finest first."""
        yield members
        alike: dict[frozenset[_Basis], list[_Carrier]] = {}
        for one in members:
            key = frozenset(_basis(self._inventory, line) for sums in one.own for line in sums.lines.values())
            alike.setdefault(key, []).append(one)
        yield [_merged(group) for group in alike.values()]
        yield [_merged(members)]


def _in_both_years(carriers: Iterable[_Carrier]) -> bool:
    return all(size > 0 for one in carriers for size in one.sizes)


def _merged(members: Sequence[_Carrier]) -> _Carrier:
    first, last = (sum((one.own[side] for one in members), _Sums()) for side in (0, 1))
    return replace(members[0], own=(first, last))


def _activity(
    inventory: Inventory, years: tuple[int, int], denominators: tuple[Denominator, ...], per: str, accepted: set[str]
) -> tuple[Fraction, Fraction]:
    """Return the denominator of both years."""
    ruling = ruling_denominators(denominators, per)
    if not ruling:
        known = sorted({one.denominator for one in denominators})
        raise InventoryError("unknown-denominator", denominator=per, known=known or ["-"])
    own = inventory.boundary.id if inventory.boundary else "-"
    values = []
    for year in years:
        one = ruling.get(year)
        if one is None:
            raise InventoryError("drivers-denominator-missing", denominator=per, year=year, known=sorted(ruling))
        if one.boundary != own and one.boundary not in accepted:
            raise InventoryError("denominator-boundary-differs", denominator=per, stated=one.boundary, boundary=own)
        values.append(Fraction(one.value))
    return values[0], values[1]


class _Use:
    """Energy use without the weather, in both years: of everything, of each site, of each carrier."""

    def __init__(self, carriers: Iterable[_Carrier], years: tuple[int, int], weather: tuple[DegreeDays, ...]) -> None:
        self._years = years
        self.weather = weather
        self._used: dict[tuple[str | None, str], tuple[DegreeDays, DegreeDays]] = {}
        self.whole = (_ZERO, _ZERO)
        self.sites: dict[str, tuple[Fraction, Fraction]] = {}
        for one in carriers:
            if one.energy:
                (first, last), before = self.own(one), self.sites.get(one.piece.site, (_ZERO, _ZERO))
                self.sites[one.piece.site] = before[0] + first, before[1] + last
                self.whole = self.whole[0] + first, self.whole[1] + last

    def own(self, one: _Carrier) -> tuple[Fraction, Fraction]:
        """Return the energy of a carrier as it would have been with the mean degree days of both years."""
        first, last = one.sizes
        if (pair := self._days(one.piece)) is None:
            return first, last
        days = [Fraction(each.value) for each in pair]
        mean = sum(days, _ZERO) / 2  # neither year is the norm: so backwards every sign turns, and nothing else
        return first * mean / days[0], last * mean / days[1]

    def _days(self, piece: _Piece) -> tuple[DegreeDays, DegreeDays] | None:
        """Return the degree days of both years for a carrier at a site, ``None`` where none are stated."""
        rows = [one for one in self.weather if one.carrier == piece.carrier and one.site in {None, piece.site}]
        rows = [one for one in rows if one.site is not None] or rows
        if not rows:
            return None
        found = []
        for year in self._years:
            of_year = [one for one in rows if one.year == year]
            if len(of_year) != 1:
                code = "drivers-weather-twice" if of_year else "drivers-weather-missing"
                raise InventoryError(code, carrier=piece.carrier, site=piece.site, year=year)
            found += of_year
        if (found[0].kind, found[0].base) != (found[1].kind, found[1].base):
            raise InventoryError("drivers-weather-differs", carrier=piece.carrier, site=piece.site)
        self._used[rows[0].site, piece.carrier] = found[0], found[1]
        return found[0], found[1]

    def findings(self) -> list[Finding]:
        """Name the degree days that were applied, and those of carriers that no site has."""
        found = []
        for (site, carrier), pair in self._used.items():
            data: dict[str, Any] = {"carrier": carrier, "site": site or "*", "kind": _both(f"degree-{pair[0].kind}")}
            data |= {"base": str(pair[0].base), "before": str(pair[0].value), "after": str(pair[1].value)}
            found.append(Finding(code="drivers-weather", severity="info", data=data | {"source": pair[0].source}))
        idle = sorted({one.carrier for one in self.weather} - {carrier for _, carrier in self._used})
        return found + [
            Finding(code="drivers-weather-unused", severity="warning", data={"carrier": one}) for one in idle
        ]


# -------------------------------------------------------------------------------------------------- the terms


@dataclass(frozen=True, slots=True)
class _Term:
    """One product to be explained: the levels of both years, and the driver that leads to each."""

    piece: _Piece
    group: str
    names: tuple[str, ...]
    levels: tuple[tuple[Fraction, ...], tuple[Fraction, ...]]

    @classmethod
    def of(cls, one: _Carrier, use: _Use, activity: tuple[Fraction, Fraction] | None, factor: str) -> "_Term":
        """Return the chain of levels from the activity to the emissions; ``factor`` names what its factor is."""
        first, last = one.own
        chain = [(ACTIVITY, activity)] if activity else []
        size = INTENSITY if activity else ACTIVITY
        if one.energy:
            chain += [(size, use.whole)]
            chain += [(SITES, use.sites[one.piece.site])] if len(use.sites) > 1 else []
            chain += [(MIX, use.own(one))]
            chain += [(WEATHER, one.sizes)] if use.weather else []
        else:
            chain += [(size, one.sizes)]
        chain += [(factor, one.ruled)]
        chain += [(INSTRUMENTS, (first.emitted, last.emitted))] if one.covered else []
        before, after = zip(*(pair for _, pair in chain), strict=True)
        return cls(one.piece, "energy" if one.energy else "other", tuple(name for name, _ in chain), (before, after))

    def effects(self) -> Iterator[Effect]:
        """Yield the part of every driver; the kind of change that the factor did not have, with 0."""
        parts, residue, place = lmdi(*self.levels)
        found = {REAL: _ZERO, CHOICE: _ZERO, **dict(zip(self.names, parts, strict=True))}
        for name in (name for name in ORDER if name in found):
            closed = residue if self.names[place] == name else _ZERO
            where = (self.piece.site, self.piece.scope, self.piece.carrier, self.piece.activity, self.group)
            yield Effect(*where, name, found[name], closed)


@dataclass(frozen=True, slots=True)
class _Basis:
    """All that makes a factor the same number of another year, but its value and its validity."""

    flow: str
    rule: int
    source: str
    region: str
    technology: tuple[str | None, ...]
    unit: str
    properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _FactorChange:
    """In what the numbers behind a carrier's factor differ between two years, and those that only one year has."""

    apart: tuple[str, ...]
    numbers: tuple[tuple[str, ...], tuple[str, ...]]

    @property
    def driver(self) -> str:
        """Real where nothing has changed but what the numbers describe."""
        return CHOICE if self.apart else REAL

    def findings(self, one: _Carrier, years: tuple[int, int], effects: Iterable[Effect]) -> Iterator[Finding]:
        """Yield which numbers made a carrier's emissions change, where they did."""
        amount = next(each.amount for each in effects if each.driver == self.driver)
        if amount:
            data: dict[str, Any] = {"carrier": one.piece.carrier, "site": one.piece.site}
            data |= {"first": years[0], "last": years[1], "amount": f"{units.half_up(amount, 2):+}"}
            data |= {"before": self.numbers[0], "after": self.numbers[1]}
            data |= {"apart": [_both(f"basis-{name}") for name in self.apart]}
            code = "drivers-factor-choice" if self.apart else "drivers-factor-real"
            code = "drivers-factor-shares" if "shares" in self.apart else code
            yield Finding(code=code, severity="warning" if self.apart else "info", data=data)


def _basis(inventory: Inventory, line: PlanLine) -> _Basis:
    one = line.factor
    properties = tuple(used.id for used in line.properties)
    if one is None:
        return _Basis(line.flow.flow, line.rule, "", "", (), "", properties)
    source = inventory.ledger.plan.library.sources[one.source]
    technology = (one.activity, one.variant, one.technology, one.basis, one.lifecycle, one.gwp_set)
    unit = units.family(one.per)
    return _Basis(line.flow.flow, line.rule, source.series or source.id, one.region, technology, unit, properties)


def _alike(one: Place) -> tuple[str | int, ...]:
    """Return what makes a place part of a piece in a year."""
    cell = one.cell
    return cell.site, cell.activity, cell.unit, cell.region, cell.technology, one.period.start.year


def _describes(line: PlanLine, periods: Iterable[Period]) -> bool:
    """Say whether the factor of a line describes the times that it is used for."""
    factor = line.factor
    return factor is None or all(factor.covers(one.start, one.end) for one in periods)


def _both(code: str) -> dict[str, str]:
    return both(f"label.drivers-{code}")
