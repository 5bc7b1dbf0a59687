"""Laws of the energy account: its units agree, its parts add up, and it ties to the rows of the emissions."""

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hsesg_carbon as hc
from hsesg_carbon.equivalences import equivalent

LIBRARY = hc.FactorLibrary.shipped()
METHOD = hc.Methodology.shipped("ghgp-cn")
MJ_PER_KGCE = Decimal("29.3076")
HALF_OF_THE_LAST_DIGIT = Decimal("0.00005"), Decimal("0.5")
"""Of kgce per unit, and of kJ per unit, as the editions print them."""


def pairs(edition: str) -> dict[str, tuple[Decimal, Decimal]]:
    """Return heating value in kJ and coal equivalent in kgce of every fuel that an edition gives both of."""
    held = {(one.subject, one.property): one.value for one in LIBRARY.properties if one.source == f"gbt2589-{edition}"}
    return {
        subject: (value, held[subject, "coal-equivalent"])
        for (subject, kind), value in held.items()
        if kind == "ncv" and (subject, "coal-equivalent") in held
    }


def agrees(kilojoules: Decimal, coal: Decimal) -> bool:
    of_coal, of_heat = HALF_OF_THE_LAST_DIGIT
    return abs(coal * MJ_PER_KGCE * 1000 - kilojoules) <= of_coal * MJ_PER_KGCE * 1000 + of_heat


@pytest.mark.parametrize("subject", sorted(pairs("2020")))
@given(st.decimals(min_value=0, max_value=10**6, places=3))
def test_tce_times_29_3076_is_gj_in_the_edition_of_2020_within_the_printed_digits(subject: str, mass: Decimal) -> None:
    kilojoules, coal = pairs("2020")[subject]
    assert agrees(kilojoules, coal)
    of_coal, of_heat = HALF_OF_THE_LAST_DIGIT
    spread = Fraction(mass) * Fraction(of_coal * MJ_PER_KGCE * 1000 + of_heat)
    assert abs(Fraction(mass) * Fraction(coal * MJ_PER_KGCE * 1000 - kilojoules)) <= spread


def test_the_edition_of_2008_differs_but_for_refinery_dry_gas() -> None:
    """Its heating values are multiples of 4.1816 kJ, its coal equivalents of kcal over 7000: petrol gives 1.4696."""
    assert {subject for subject, own in pairs("2008").items() if agrees(*own)} == {"refinery_dry_gas"}
    kilojoules, coal = pairs("2008")["petrol"]
    assert (kilojoules, coal) == (Decimal("43070"), Decimal("1.4714"))
    assert (kilojoules / 1000 / MJ_PER_KGCE).quantize(Decimal("0.0001")) == Decimal("1.4696")


ACTIVITIES = [("electricity.grid", "kWh"), ("stationary.natural_gas", "m3"), ("stationary.biodiesels", "t")]
bills = st.lists(
    st.tuples(
        st.sampled_from(
            [("electricity.grid", "kWh"), ("stationary.natural_gas", "m3"), ("stationary.biodiesels", "t")]
        ),
        st.integers(min_value=0, max_value=10**9),
        st.sampled_from(["2022", "2023-03", "2023"]),
    ),
    min_size=1,
    max_size=12,
)


def inventory(rows: list[tuple[tuple[str, str], int, str]]) -> hc.Inventory:
    frame = pd.DataFrame(
        [
            {
                "activity_id": str(place),
                "site": "hq",
                "region": "CN",
                "period": period,
                "activity": activity,
                "quantity": quantity,
                "unit": unit,
            }
            for place, ((activity, unit), quantity, period) in enumerate(rows)
        ]
    )
    acts = hc.Activities(frame)
    return hc.Inventory(hc.Plan.compile(acts, LIBRARY, METHOD).run(acts))


@given(bills)
def test_gj_are_mwh_and_renewable_and_not_add_up(rows: list[tuple[tuple[str, str], int, str]]) -> None:
    energy = hc.EnergyAccount(inventory(rows))
    whole = {row.group: row.amount.value for row in energy.by("subject", "year") if row.flow == "energy.gj"}
    in_mwh = {row.group: row.amount.value for row in energy.by("subject", "year", unit="MWh")}
    assert in_mwh == {group: value / Fraction("3.6") for group, value in whole.items()}
    parts: dict[object, Fraction] = {}
    for row in energy.renewable("subject", "year"):
        if row.flow == "energy.gj":
            parts[row.group[1:]] = parts.get(row.group[1:], Fraction(0)) + row.amount.value
            assert row["renewable"] == ("yes" if row["subject"] == "biodiesels" else "no") or row.amount.value == 0
    assert parts == whole


@given(bills)
def test_energy_and_emissions_tie_to_the_same_rows(rows: list[tuple[tuple[str, str], int, str]]) -> None:
    book = inventory(rows)
    emitting = {(entry.cell, entry.period) for entry in book.entries() if entry.line.flow.kind in {"gas", "biogenic"}}
    using = {(entry.cell, entry.period) for entry in book.entries() if entry.line.flow.flow == "energy.gj"}
    assert emitting == using


@given(bills, st.integers(min_value=0, max_value=10**9), st.integers(min_value=0, max_value=10**9))
def test_what_is_sold_leaves_the_net_account_only(
    rows: list[tuple[tuple[str, str], int, str]], power: int, heat: int
) -> None:
    """Gross energy does not move; net energy falls by what is sold, in GJ, tce and MWh."""
    sold = [(("electricity.sold", "kWh"), power, "2023"), (("heat.sold", "GJ"), heat, "2023")]
    before, after = hc.EnergyAccount(inventory(rows)), hc.EnergyAccount(inventory([*rows, *sold]))
    assert after.by("subject", "year") == before.by("subject", "year")
    assert after.renewable("year") == before.renewable("year")
    assert before.comprehensive("year") == before.by("year")

    def net(account: hc.EnergyAccount, unit: str | None = None) -> dict[str, Fraction]:
        return {row.flow: row.amount.value for row in account.comprehensive(unit=unit)}

    exported = power * Fraction("0.0036") + heat
    assert net(before)["energy.gj"] - net(after)["energy.gj"] == exported
    assert net(before, "MWh")["energy"] - net(after, "MWh")["energy"] == exported / Fraction("3.6")
    coal = net(before)["tce.dangliang"] - net(after)["tce.dangliang"]
    assert coal == power * Fraction("0.0001229") + heat * Fraction("0.03412")


def test_coal_equivalent_is_no_energy_to_convert() -> None:
    energy = hc.EnergyAccount(inventory([(("electricity.grid", "kWh"), 1000, "2023")]))
    assert str(energy.by("year", unit="万kWh").value(year=2023)) == "0.1 万kWh"
    with pytest.raises(hc.UnitError):
        energy.by(unit="tce")


@given(st.sampled_from(sorted(LIBRARY.equivalences)), st.integers(min_value=0, max_value=10**9))
def test_an_equivalence_times_its_value_gives_the_amount_back(one: str, tonnes: int) -> None:
    count = equivalent(hc.Amount(Fraction(tonnes), "tCO2e"), one)
    assert count.value * Fraction(LIBRARY.equivalences[one].value) == tonnes
    assert count == equivalent(hc.Amount(Fraction(tonnes * 1000), "kgCO2e"), one)


def test_equivalences_agree_with_the_sentences_of_the_agency() -> None:
    """1,000,000 kg are 2,546,560 miles, 112,524 US gallons and 208 homes (to the printed digits)."""
    thousand = hc.Amount(Fraction(1000), "tCO2e")
    assert round(float(equivalent(thousand, "epa-equiv.vehicle-mile.2024")), -1) == 2546560
    assert abs(float(equivalent(thousand, "epa-equiv.gasoline-gallon.2020")) - 112524) < 1
    assert round(float(equivalent(thousand, "epa-equiv.home-electricity.2024"))) == 208
    with pytest.raises(hc.FactorError, match=r"epa-equiv\.seedling10"):
        equivalent(thousand, "epa-equiv.seedling")
    assert all(one.source in LIBRARY.sources and one.locator for one in LIBRARY.equivalences.values())
    assert not LIBRARY.equivalences.keys() & {one.id for one in LIBRARY.numbers}
