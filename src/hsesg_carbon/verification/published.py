"""What published numbers a print could be of: heating values, densities, factors and their other vintages."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, cached_property

from hsesg_carbon import units
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.units import CO2E
from hsesg_carbon.verification.intervals import Interval
from hsesg_carbon.verification.relations import Dimensions, ratio_of

Family = tuple[str | None, ...]
"""What editions and vintages of one number share: activity, flow, region and the like; of a GWP the gas."""

_POTENTIAL = "gwp"
_HEATS = frozenset({"ncv", "gcv"})


@dataclass(frozen=True, slots=True)
class Number:
    """A published factor or GWP in base units."""

    value: Fraction
    dimensions: tuple[tuple[str, int], ...]
    family: Family
    id: str

    @property
    def slip(self) -> str:
        """The kind of slip by which another of its family is used."""
        return "gwp-set" if self.family[0] == _POTENTIAL else "factor-vintage"


@dataclass(frozen=True)
class Published:
    """The numbers of a library as the verification looks them up."""

    library: FactorLibrary = field(repr=False)

    @classmethod
    def of(cls, library: FactorLibrary) -> "Published":
        """Return the numbers of a library; those of the shipped one are sorted once."""
        return _shipped() if library is FactorLibrary.shipped() else cls(library)

    @cached_property
    def numbers(self) -> tuple[Number, ...]:
        """Every factor of CO2 or CO2e (1 kg of CO2 counts as 1 kgCO2e) and every GWP, by value."""
        found = []
        for one in self.library.factors:
            if one.flow in {"CO2", "CO2e"}:
                above, below = (units.measured(side) for side in units.sides(one.plain_unit))
                size, kind = above[0] / below[0], ratio_of({"[co2e]": 1}, below[1])
                family: Family = (one.activity, one.flow, one.region, one.lifecycle)
                found.append(Number(Fraction(one.value) * size, tuple(sorted(kind.items())), family, one.id))
        size, kind = units.measured(f"{CO2E}/t")
        for gwp in self.library.gwps:
            gas: Family = (_POTENTIAL, gwp.flow, gwp.metric)
            found.append(Number(Fraction(gwp.value) * size, tuple(sorted(kind.items())), gas, gwp.id))
        return tuple(sorted(found, key=lambda one: (one.value, one.id)))

    def alternatives(self, held: Interval, dimensions: Dimensions) -> Iterator[Number]:
        """Yield the other numbers of every family of which one lies in an interval; a bare number may be any GWP."""
        kind = tuple(sorted(dimensions.items()))
        told: set[tuple[str, Fraction]] = set()
        for at in range(bisect_left(self._values, held.lo), len(self.numbers)):
            one = self.numbers[at]
            if one.value > held.hi:
                break
            if one.dimensions == kind or (not kind and one.slip == "gwp-set"):
                for other in self._families[one.family]:
                    if other.value not in held and (other.slip, other.value) not in told:
                        told.add((other.slip, other.value))
                        yield other

    @cached_property
    def _values(self) -> list[Fraction]:
        return [one.value for one in self.numbers]

    @cached_property
    def _families(self) -> dict[Family, list[Number]]:
        families: dict[Family, list[Number]] = {}
        for one in self.numbers:
            families.setdefault(one.family, []).append(one)
        return families

    def densities(self, subjects: frozenset[str]) -> list[Fraction]:
        """Return the published densities of some fuels in kg/L, each once."""
        kind = units.kind("kg/L")
        found = {
            Fraction(one.value) * units.ratio(one.unit, "kg/L")
            for one in self.library.properties
            if one.property == "density" and one.subject in subjects and units.kind(one.unit) == kind
        }
        return sorted(found)

    def energy_per(self, subject: str, kind: Dimensions) -> list[Fraction]:
        """
        Return every published heating value of a fuel in joule per base unit of ``kind``.

        Per volume also by way of every published density, where the heating value is per mass.
        """
        held = [one for one in self.library.properties if one.subject == subject]
        densities = [Fraction(one.value) * units.measured(one.unit)[0] for one in held if one.property == "density"]
        energy, volume, mass = (units.measured(one)[1] for one in ("J", "L", "kg"))
        found = []
        for one in held:
            if one.property in _HEATS:
                size, what = units.measured(one.unit)
                if what == ratio_of(energy, kind):
                    found.append(Fraction(one.value) * size)
                elif kind == volume and what == ratio_of(energy, mass):
                    found += [Fraction(one.value) * size * density for density in densities]
        return found


@cache
def _shipped() -> Published:
    return Published(FactorLibrary.shipped())
