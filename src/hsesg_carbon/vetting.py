"""What is wrong with a number or a word of the library, beyond what its own row can tell: own data is held to it."""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Protocol

from hsesg_carbon import units
from hsesg_carbon.errors import FactorError, UnitError, near
from hsesg_carbon.records import CatalogueEntry, EmissionFactor, Flow, FuelProperty, Gwp, Region

Fault = tuple[str, dict[str, Any]]
"""Code and data of a finding."""

LINKS = {  # property: what it may link, numerator over denominator
    "ncv": (("GJ", "t"), ("GJ", "m3"), ("GJ", "Nm3"), ("GJ", "Sm3"), ("GJ", "scf")),
    "gcv": (("GJ", "t"), ("GJ", "m3"), ("GJ", "Nm3"), ("GJ", "Sm3"), ("GJ", "scf")),
    "density": (("t", "m3"), ("t", "Nm3"), ("t", "Sm3"), ("t", "scf")),
    "carbon-content": (("t", "GJ"), ("t", "t"), ("t", "m3"), ("t", "Nm3")),
    "coal-equivalent": (("kgce", "t"), ("kgce", "m3"), ("kgce", "Nm3"), ("kgce", "kWh"), ("GJ", "kgce")),
}
BASES = {"ncv": "net", "gcv": "gross"}
PURE = ("oxidation", "net-to-gross")
NO_FUELS = ("electricity", "electricity_onsite", "heat", "cooling")
"""Carriers whose energy is neither net nor gross."""

_FIRST = 8
"""How many words are named where none is like the one that is not known."""

_MOST_INSIDE = 30
"""How many regions of a country are named: the United States have 27 parts of the grid."""

_METRIC = re.compile(r"(GWP|GTP)\d{2,3}")


class Words(Protocol):
    """The vocabulary that numbers are held to: what a factor library knows."""

    @property
    def flows(self) -> dict[str, Flow]:
        """Flows by name."""

    @property
    def catalogue(self) -> dict[str, CatalogueEntry]:
        """Activities by code."""

    @property
    def regions(self) -> dict[str, Region]:
        """Regions by code."""

    @property
    def gwp_sets(self) -> frozenset[str]:
        """Names of GWP sets."""

    def suggest(self, words: str) -> list[str]:
        """Return activities that may have been meant."""

    def region_path(self, region: str) -> list[str]:
        """Return a region and its parents, or raise ``FactorError``."""


def faults(one: EmissionFactor | FuelProperty | Gwp, words: Words) -> Iterator[Fault]:
    """Yield what is wrong with a number."""
    try:
        if isinstance(one, Gwp):
            yield from _of_gwp(one, words)
            return
        if one.region not in words.regions:
            yield _unknown_region(one.region, words)
        if one.supersedes == one.id:
            yield "supersedes-itself", {"id": one.id}
        yield from _of_factor(one, words) if isinstance(one, EmissionFactor) else _of_property(one, words)
    except UnitError as error:
        yield error.code, error.data


def word_faults(entry: CatalogueEntry | Region, words: Words) -> Iterator[Fault]:
    """Yield what is wrong with an activity or a region."""
    if isinstance(entry, Region):
        try:
            words.region_path(entry.code)
        except FactorError as error:
            yield error.code, error.data
        return
    for flow in entry.flows:
        if flow not in words.flows:
            yield "unknown-flow", {"flow": flow, "known": _like_flows(flow, words)}
    for unit in entry.measured_in:
        try:
            units.grid(unit)
        except UnitError as error:
            yield error.code, error.data


def _of_factor(one: EmissionFactor, words: Words) -> Iterator[Fault]:
    fitting = [entry for code, entry in words.catalogue.items() if fnmatchcase(code, one.activity)]
    if not fitting:
        suggestions = words.suggest(one.activity)
        yield "factor-without-activity", {"id": one.id, "activity": one.activity, "suggestions": suggestions}
    if one.gwp_set is not None and one.gwp_set not in words.gwp_sets:  # none stated is kept, and never reweighed
        yield "co2e-of-unknown-set", {"id": one.id, "gwp_set": one.gwp_set, "known": sorted(words.gwp_sets)}
    flow = words.flows.get(one.flow)
    if flow is None:
        yield "unknown-flow", {"flow": one.flow, "known": _like_flows(one.flow, words)}
    elif units.kind(units.sides(one.plain_unit)[0]) != units.kind(flow.unit):
        yield "factor-unit-not-of-flow", {"id": one.id, "unit": one.unit, "flow": one.flow}
    per = units.kind(one.per)
    energy = units.kind("GJ")
    for entry in fitting[:1]:
        accepted = [*entry.measured_in, *(() if entry.subject in NO_FUELS else ("GJ",))]
        if per not in {units.kind(unit) for unit in accepted}:
            yield "factor-per-what", {"id": one.id, "unit": one.unit, "activity": entry.activity, "accepted": accepted}
        elif per == energy and entry.subject not in NO_FUELS and entry.scope != "2" and one.basis is None:
            yield "factor-without-basis", {"id": one.id, "unit": one.unit}


def _of_property(one: FuelProperty, words: Words) -> Iterator[Fault]:
    above, below = units.sides(one.unit)
    if one.property in PURE:
        if one.unit != "1" or one.value > 1:
            yield "property-not-pure", {"id": one.id, "property": one.property}
        return
    kinds = (units.kind(above), units.kind(below))
    linked = {(units.kind(a), units.kind(b)) for a, b in LINKS[one.property]}
    if kinds not in linked and kinds[::-1] not in linked:  # L/t links as well as kg/m3
        shown = [f"{a}/{b}" for a, b in LINKS[one.property]]
        yield "property-links-other", {"id": one.id, "property": one.property, "unit": one.unit, "expected": shown}
    if one.property in BASES and one.basis not in {None, BASES[one.property]}:
        yield "property-basis", {"id": one.id, "property": one.property, "basis": one.basis}


def _of_gwp(one: Gwp, words: Words) -> Iterator[Fault]:
    if one.flow not in words.flows:
        yield "unknown-flow", {"flow": one.flow, "known": _like_flows(one.flow, words)}
    if not _METRIC.fullmatch(one.metric):
        yield "gwp-metric", {"id": one.id, "metric": one.metric}
    above, below = units.sides(one.unit)
    if (units.kind(above), units.kind(below or "one")) != (units.kind("tCO2e"), units.kind("t")) or one.value < 0:
        yield "gwp-unit", {"id": one.id, "value": one.value, "unit": one.unit}


def _unknown_region(code: str, words: Words) -> Fault:
    return "unknown-region", {"region": code, "known": near_regions(code, words.regions)}


def near_regions(word: str, regions: Mapping[str, Region]) -> list[str]:
    """
    Return the codes of regions that are meant by ``word``: their name or a code like it, else countries.

    Where a code begins with one that is known, only what lies in that is near: no other country.

    Example:
        >>> from hsesg_carbon.factors import FactorLibrary
        >>> regions = FactorLibrary.shipped().regions
        >>> near_regions("CN-Zhejiang", regions)[0], near_regions("GB-Leeds", regions)
        ('CN-ZJ', ['GB-LND', 'GB'])
        >>> near_regions("US-TX", regions)[:2]
        ['US', 'US-egrid-AKGD']
    """
    parts = word.casefold().split("-")
    called = [
        one.code for one in regions.values() if {one.name_en.casefold(), one.name_zh} & {word.casefold(), parts[-1]}
    ]
    begun = ["-".join(word.split("-")[:end]) for end in range(len(parts) - 1, 0, -1)]
    within = next((code for code in begun if code in regions), None)
    inside = [code for code in regions if code.startswith(f"{within}-")] if within else list(regions)
    alike = list(dict.fromkeys([*called, *near(word, inside)]))[:4]
    if within:  # whatever was meant, the larger region holds it
        return [*alike, within] if alike else [within, *inside][:_MOST_INSIDE]
    return alike or [code for code, one in regions.items() if one.parent in {None, "world"}][:_MOST_INSIDE]


def _like_flows(word: str, words: Words) -> list[str]:
    """Return the flows like a word, else the first: there are more than a hundred."""
    return near(word, list(words.flows)) or list(words.flows)[:_FIRST]
