"""Carbonates against atomic weights of another transcription; methane of wastewater against the product it must be."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from hsesg_carbon.factors import FactorLibrary
from tests.oracles import Check, Values, half_a_digit
from tests.oracles.harness import stated

WEIGHTS = {
    name: Decimal(weight)
    for name, weight in {
        "C": "12.01074",
        "O": "15.999405",
        "Ca": "40.078",
        "Mg": "24.3051",
        "Na": "22.98976928",
    }.items()
}
"""NIST, as the package molmass 2026.1.8 has them: means over isotopes, not IUPAC's abridged values."""

CARBONATES = {
    "caco3": ("C", "Ca", "O", "O", "O"),
    "mgco3": ("C", "Mg", "O", "O", "O"),
    "dolomite": ("C", "C", "Ca", "Mg", *("O",) * 6),
    "na2co3": ("C", "Na", "Na", "O", "O", "O"),
}
CORRECTION = {  # methane correction factors, tenths
    "sea-river-lake": 1,
    "aerobic-well-managed": 0,
    "aerobic-overloaded": 3,
    "sludge-digester": 8,
    "anaerobic-reactor": 8,
    "shallow-lagoon": 2,
    "deep-lagoon": 8,
}


def checks(_library: FactorLibrary) -> Iterator[Check]:
    for name, atoms in CARBONATES.items():
        row = f"iupac2021.carbonate_{name}.co2"
        yield Check(f"{row}: CO2 by the weights of NIST", (row,), _by_weights(row, atoms))
    for treatment, tenths in CORRECTION.items():
        row = f"ndrc-other-industry-2015.wastewater.{treatment}"
        yield stated(f"{row}: 0.25 times the correction factor", row, str(Decimal("0.25") * tenths / 10))
    for name in ("carbon-content", "oxidation"):
        yield stated(f"definition.carbon.{name}: carbon is carbon", f"definition.carbon.{name}", "1")


def _by_weights(row: str, atoms: tuple[str, ...]) -> Callable[[Values], bool]:
    co2 = WEIGHTS["C"] + 2 * WEIGHTS["O"]
    share = atoms.count("C") * co2 / sum(WEIGHTS[one] for one in atoms)
    return lambda values: abs(values(row) - share) <= half_a_digit(values(row))
