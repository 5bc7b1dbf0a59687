"""What hypothesis draws for restatements: one version of an inventory, and another with some causes changed."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from hypothesis import strategies as st

import hsesg_carbon as hc
from hsesg_carbon.instruments import Instrument, Instruments
from hsesg_carbon.sites import Site

FIXTURES = Path(__file__).parent / "fixtures"
CAUSES = (
    *("activity", "lines", "unit", "factor-value", "factor-choice", "property"),
    *("gases", "gwp", "boundary", "ownership", "scope2"),
)
KINDS = [("electricity.grid", "kWh"), ("stationary.natural_gas", "m3"), ("mobile.petrol", "L")]
PERIODS = {
    "north": ["2022", "2023", "2023-02", "2023-Q3", "2023-01-20/2023-02-12"],
    "south": ["2022", "2023-01", "2023-02-01/2023-02-05", "2023-02-06/2023-02-28", "2023-Q3"],
}
JOINED = [date(2023, 1, 1), date(2023, 2, 6), date(2023, 10, 1)]
"""Days on which the south may have joined: no row of it crosses them, one of them lies within a month."""

LARGER = {"kWh": "MWh", "m3": "万m3", "L": "m3"}
"""Another unit of the same kind: what a row says by mistake, or how it is spelt."""


@dataclass(frozen=True)
class Drawn:
    """Rows of one version and the causes in which the other differs from it."""

    rows: list[dict[str, Any]]
    causes: frozenset[str]
    respelt: bool
    numbers: tuple[int, ...]
    """Where the changes hit, and how hard."""
    market: bool = False
    """Whether both versions are market-based, and differ in the volume of a certificate; else in the method."""

    @property
    def before(self) -> hc.Inventory:
        return self.version(())

    @property
    def after(self) -> hc.Inventory:
        return self.version(self.causes)

    def version(self, changed: Collection[str]) -> hc.Inventory:
        """Return the inventory in which the causes in ``changed`` are as after."""
        library = corrected() if "factor-value" in changed else shipped()
        sites = tuple(self.sites(changed))
        boundary = hc.Boundary("all", sites, "equity-share")
        acts = hc.Activities(pd.DataFrame(self.table(changed)), boundary.sites, library)
        plan = hc.Plan.compile(acts, library, method(frozenset(changed)))
        gwp, other = "AR5" if "gwp" in changed else "AR6", "scope2" in changed
        return hc.Inventory(
            plan.run(acts),
            boundary,
            gwp=gwp,
            scope2="market" if self.market or other else "location",
            instruments=certificate("10" if self.market and not other else "20"),
        )

    def sites(self, changed: Collection[str]) -> Any:
        share = Decimal("0.8") if "ownership" in changed else Decimal("0.5")
        joined = JOINED[self.numbers[0] % 3] if "boundary" in changed else None
        for name, own, first in (("north", share, None), ("south", Decimal(1), joined)):
            yield Site.model_validate({"id": name, "region": "CN", "equity_share": own, "from": first})

    def table(self, changed: Collection[str]) -> list[dict[str, Any]]:
        rows = [dict(row) for row in self.rows]
        hit = [row for place, row in enumerate(rows) if (place + self.numbers[1]) % 3 == 0]
        for row in hit if "activity" in changed else ():
            row["quantity"] += self.numbers[2]
            if row["activity"] == "mobile.petrol":  # burnt in a generator instead
                row["activity"] = "stationary.petrol"
        others = [row for row in rows if row not in hit]
        for row in others[:2] if "unit" in changed else ():
            row["unit"] = LARGER[row["unit"]]
        if self.respelt and changed == self.causes:
            for row in rows:
                if row["unit"] == "kWh":
                    row |= {"unit": "MWh", "quantity": row["quantity"] / 1000}
        if "lines" in changed:
            gone = others[2:][self.numbers[0] % 3 :][:1]  # a row that no other cause hits
            rows = [row for row in rows if row not in gone]
            site, kind = ("north", "south")[self.numbers[1] % 2], KINDS[self.numbers[0] % 3]
            rows.append(row_of("new", site, "2023-Q3", kind, Decimal(self.numbers[2])))
        return rows


@st.composite
def pairs(draw: st.DrawFn, most: int = 5, least: int = 1) -> Drawn:
    """Draw two versions with ``least`` to ``most`` causes changed."""
    quantities = st.decimals(min_value=1, max_value=10**6, places=3, allow_nan=False, allow_infinity=False)
    drawn = draw(
        st.lists(
            st.tuples(
                st.sampled_from([(site, one) for site, own in PERIODS.items() for one in own]),
                st.sampled_from(KINDS),
                quantities,
            ),
            min_size=2,
            max_size=8,
        )
    )
    # what every version has, whatever is changed: a year in common, and enough electricity for the certificate
    certain = [(("north", "2023"), KINDS[0], Decimal(40_000)), (("north", "2022"), KINDS[1], Decimal(1))]
    rows = [row_of(f"r{place}", *at, *one) for place, (at, *one) in enumerate(certain + drawn)]
    causes = draw(st.lists(st.sampled_from(CAUSES), min_size=least, max_size=most, unique=True))
    numbers = draw(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 1000)))
    numbers = (numbers[0] + 2, *numbers[1:])
    return Drawn(rows, frozenset(causes), draw(st.booleans()), numbers, draw(st.booleans()))


def row_of(name: str, site: str, period: str, kind: tuple[str, str], quantity: Decimal) -> dict[str, Any]:
    return {
        "activity_id": name,
        "site": site,
        "period": period,
        "activity": kind[0],
        "quantity": quantity,
        "unit": kind[1],
    }


@cache
def shipped() -> hc.FactorLibrary:
    """Return the library with the made-up CH4 and N2O factors of the tests."""
    return hc.FactorLibrary.shipped().overlay(FIXTURES / "factors")


@cache
def corrected() -> hc.FactorLibrary:
    """Return the same library with another value of one factor: a row that somebody has corrected."""
    wrong = "ipcc2006.petrol.co2"
    factors = tuple(
        one.model_copy(update={"value": one.value + 1}) if one.id.startswith(wrong) else one
        for one in shipped().factors
    )
    assert factors != shipped().factors
    return replace(shipped(), factors=factors)


@cache
def method(changed: frozenset[str]) -> hc.Methodology:
    """Return the methodology of a version."""
    base = hc.Methodology.load(FIXTURES / "multigas.toml")
    rules = list(base.use)
    electricity, gas = rules[0], rules[1]
    if "factor-choice" in changed:
        rules[0] = electricity.model_copy(update={"source": ("mee-2024-33",), "vintage": _fixed(2022)})
    if "property" in changed:
        other = gas.properties[0].model_copy(update={"id": "gbt2589-2020.natural_gas.ncv"})
        rules[1:3] = [one.model_copy(update={"properties": (other,)}) for one in rules[1:3]]
    update: dict[str, Any] = {"use": tuple(rules), "scope2": ("location", "market"), "instrument_months": 12}
    if "gases" in changed:
        update["gases"] = ("CO2",)
    return base.model_copy(update={**update, "id": "-".join(["multigas", *sorted(changed)])})


def _fixed(year: int) -> Any:
    return hc.Methodology.shipped("hundsun-2024").use[0].vintage.model_copy(update={"fixed": year})


@cache
def certificate(volume: str) -> Instruments:
    """Return a certificate that meets every criterion."""
    stated = {
        "instrument": "gec-1",
        "kind": "certificate",
        "period": "2023",
        "market": "CN",
        "volume": volume,
        "unit": "MWh",
        "factor": "0",
        "factor_unit": "kgCO2/kWh",
        "produced_from": "2023-01-01",
        "produced_to": "2023-12-31",
        "retired_for": "us",
        "retired_on": "2024-02-01",
        "conveys_attribute": "yes",
        "only_claim": "yes",
        "tracked_and_retired": "yes",
        "ccer": "no",
    }
    return Instruments((Instrument.model_validate(stated),), "us", 12)
