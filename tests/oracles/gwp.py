"""
Global warming potentials against the package ``globalwarmingpotentials`` (CC0), value by value, and blends.

The package transcribes the reports gas by gas. The UK government prints the GWP of blends, so that compositions and the
GWPs of their parts are checked by another publisher.
"""

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

import globalwarmingpotentials  # type: ignore[import-untyped]

from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.records import EmissionFactor
from tests.oracles import Check, Values
from tests.oracles.harness import stated

SETS = {"SAR": "SAR", "TAR": "TAR", "AR4": "AR4", "AR5": "AR5", "AR5CCF": "AR5-ccf", "AR6": "AR6"}

KNOWN_DIFFERENCES = {
    ("AR6", "GWP100", "CH4"): "27.9 of Table 7.SM.7, without the origin of its carbon; Table 7.15 ships",
    ("AR6", "GWP20", "CH4"): "81.2 without origin; left out",
    ("AR6", "GWP500", "CH4"): "7.95 without origin; left out",
    ("AR6", "GTP100", "CH4"): "5.38 without origin; left out",
}
"""What the package states and the library does not, with the reason."""

METHANE_BY_ORIGIN = {"ar6.gwp100.ch4.fossil": "29.8", "ar6.gwp100.ch4.non-fossil": "27.0"}
"""GHG Protocol, IPCC Global Warming Potential Values, August 2024, after Table 7.15 of AR6."""

UK_BLENDS = {  # UK government conversion factors 2025, AR5
    "r404a": 3943,
    "r406a": 1780,
    "r407a": 1923,
    "r407b": 2547,
    "r407c": 1624,
    "r407d": 1487,
    "r409a": 1485,
    "r410a": 1924,
    "r410b": 2048,
    "r414b": 1274,
    "r417a": 2127,
    "r422a": 2847,
    "r422d": 2473,
    "r424a": 2212,  # the EPA hub is transcribed with 3104, which its own composition contradicts
    "r426a": 1371,
    "r428a": 3417,
    "r434a": 3075,
    "r507a": 3985,
    "r508a": 11607,
    "r508b": 11698,
}
"""Known difference, so not in the list: R-414A is printed as 1375, its parts give 1374.495."""

WITHOUT_GWP = {"propane", "butane", "isobutane", "isopentane", "propylene"}
"""Hydrocarbons, of which no report states a GWP here: they count as nothing."""


def checks(library: FactorLibrary) -> Iterator[Check]:
    yield from _values(library)
    yield from (stated(f"{one.id}: CO2 is the reference", one.id, "1") for one in library.gwps if one.flow == "CO2")
    yield from (stated(f"{row} as the GHG Protocol states it", row, value) for row, value in METHANE_BY_ORIGIN.items())
    yield from _pure(library)
    yield from _blends(library)


@cache
def stated_elsewhere() -> dict[tuple[str, str, str], Decimal]:
    """Return the values of the package by set, metric and gas (without hyphens), the known differences left out."""
    found = {}
    columns: dict[str, dict[str, Any]] = globalwarmingpotentials.data
    for column, gases in columns.items():
        name, metric = re.fullmatch(r"([A-Z]+\d?(?:CCF)?)(G[WT]P\d+)", column).groups()  # type: ignore[union-attr]
        for gas, value in gases.items():
            found[SETS[name], metric, gas.replace("-", "")] = Decimal(str(value))
    return {key: value for key, value in found.items() if key not in KNOWN_DIFFERENCES}


def _values(library: FactorLibrary) -> Iterator[Check]:
    for one in library.gwps:
        value = stated_elsewhere().get((one.gwp_set, one.metric, one.flow.replace("-", "")))
        if value is not None:
            yield stated(f"{one.id} as the package has it", one.id, str(value))


def _pure(library: FactorLibrary) -> Iterator[Check]:
    for one in library.factors:
        if one.source == "definition" and one.activity.startswith("electricity."):
            yield stated(f"{one.id}: nothing burns", one.id, "0")
        elif one.source == "definition":
            yield stated(f"{one.id}: a pure gas released is that gas", one.id, "1")


def _blends(library: FactorLibrary) -> Iterator[Check]:
    known = {one.flow: one.id for one in library.gwps if (one.gwp_set, one.metric) == ("AR5", "GWP100")}
    blends: dict[str, list[EmissionFactor]] = {}
    for one in library.factors:
        if re.fullmatch(r"refrigerant\.r[45]\d\d[a-z]", one.activity):
            blends.setdefault(one.activity.removeprefix("refrigerant."), []).append(one)
    for blend, parts in blends.items():
        yield _whole(blend, tuple(part.id for part in parts))
        if blend in UK_BLENDS:
            yield _printed(blend, [(part.id, known.get(part.flow)) for part in parts])


def _whole(blend: str, ids: tuple[str, ...]) -> Check:
    return Check(f"mass fractions of {blend} sum to one", ids, lambda v: sum(map(v, ids)) == 1)


def _printed(blend: str, parts: list[tuple[str, str | None]]) -> Check:
    ids = tuple(one for pair in parts for one in pair if one)

    def holds(v: Values) -> bool:
        total = sum((v(part) * v(gas) for part, gas in parts if gas), Decimal(0))
        return total.quantize(Decimal(1), ROUND_HALF_UP) == UK_BLENDS[blend]

    return Check(f"composition of {blend} and AR5 give the GWP that the UK government prints", ids, holds)
