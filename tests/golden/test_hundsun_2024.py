"""The first real case: the library reproduces what Hundsun's 2024 report prints, digit for digit."""

import tomllib
from fractions import Fraction
from pathlib import Path

import pytest

import hsesg_carbon as hc
from hsesg_carbon.energy import EnergyAccount
from hsesg_carbon.units import exact_text, half_up, ratio
from tests.conftest import HUNDSUN

PRINTED = tomllib.loads((Path(__file__).parent / "hundsun_2024.toml").read_text(encoding="utf-8"))
YEARS = ["2022", "2023", "2024"]


@pytest.fixture(scope="module")
def accounts() -> hc.Workspace:
    return hc.Workspace(HUNDSUN)


def interval(printed: str) -> tuple[Fraction, Fraction]:
    """Return what a printed number can have been: half a unit of its last digit either side."""
    plain = printed.replace(",", "")
    step = Fraction(1, 10 ** len(plain.partition(".")[2]))
    return Fraction(plain) - step / 2, Fraction(plain) + step / 2


def as_printed(value: Fraction, printed: str) -> str:
    return f"{half_up(value, len(printed.partition('.')[2])):,}"


@pytest.mark.parametrize("year", YEARS)
def test_emissions_round_to_the_printed_figures(accounts: hc.Workspace, year: str) -> None:
    printed = PRINTED["emissions"][year]
    by_scope = accounts.inventory.by("scope", "year")
    for scope in ("1", "2"):
        value = by_scope.value(scope=scope, year=year).value
        assert as_printed(value, printed[f"scope{scope}"]) == printed[f"scope{scope}"]
    total = accounts.inventory.by("year").value(year=year).value
    assert as_printed(total, printed["total"]) == printed["total"]


@pytest.mark.parametrize("year", YEARS)
def test_scope_2_is_exact_to_the_last_digit(accounts: hc.Workspace, year: str) -> None:
    assert (
        exact_text(accounts.inventory.by("scope", "year").value(scope="2", year=year).value)
        == PRINTED["exact_scope2"][year]
    )


@pytest.mark.parametrize("year", YEARS)
def test_intensities_round_to_the_printed_figures(accounts: hc.Workspace, year: str) -> None:
    printed = PRINTED["intensity"][year]
    found = {
        str(dict(row.group).get("scope", "total")): row.amount
        for _, _, rows in accounts.intensities()
        for row in rows
        if str(row["year"]) == year
    }
    for scope, name in (("1", "scope1"), ("2", "scope2"), ("total", "total")):
        assert as_printed(found[scope].value, printed[name]) == printed[name]
        assert found[scope].unit == "tCO2e/million CNY"


@pytest.mark.parametrize("year", YEARS)
def test_the_other_assignment_of_the_first_two_columns_contradicts_the_intensities(
    accounts: hc.Workspace, year: str
) -> None:
    """The evidence for reading the first column as 2023: with 2022 it would miss the printed intensity."""
    swapped = {"2022": "2023", "2023": "2022", "2024": "2024"}[year]
    revenue = {one.period: Fraction(one.value) for one in accounts.denominators}
    total = accounts.inventory.by("year").value(year=swapped).value
    fits = as_printed(total / revenue[year], "0.00") == PRINTED["intensity"][swapped]["total"]
    assert fits == (year == "2024")


def test_the_sentence_on_the_change_holds_only_with_this_assignment(accounts: hc.Workspace) -> None:
    """237.85 t and 2.71 % from 2023; from 2022 it would be 121.87 t and 1.41 %."""
    totals = {year: accounts.inventory.by("year").value(year=year).value for year in YEARS}
    drop = totals["2023"] - totals["2024"]
    assert str(half_up(drop, 0)) == PRINTED["sentence"]["drop"]
    assert str(half_up(100 * drop / totals["2023"], 0)) == PRINTED["sentence"]["percent"]
    assert half_up(totals["2022"] - totals["2024"], 0) == 122


@pytest.mark.parametrize("year", YEARS)
def test_revenue_lies_in_the_interval_that_research_spending_implies(accounts: hc.Workspace, year: str) -> None:
    """Spending in 10^8 CNY over its share of revenue in percent brackets the revenue, in million CNY."""
    low, high = interval(PRINTED["rd"][year]["spending"])
    share_low, share_high = interval(PRINTED["rd"][year]["share"])
    revenue = next(Fraction(one.value) for one in accounts.denominators if one.period == year)
    assert low * 100 / (share_high / 100) <= revenue <= high * 100 / (share_low / 100)


@pytest.mark.parametrize("year", YEARS)
def test_revenue_lies_in_the_interval_that_the_printed_intensities_imply(accounts: hc.Workspace, year: str) -> None:
    revenue = next(Fraction(one.value) for one in accounts.denominators if one.period == year)
    for name in ("total", "scope1", "scope2"):
        low, high = interval(PRINTED["emissions"][year][name])
        ratio_low, ratio_high = interval(PRINTED["intensity"][year][name])
        assert low / ratio_high <= revenue <= high / ratio_low


@pytest.mark.parametrize("year", YEARS)
def test_electricity_is_not_all_of_comprehensive_energy(accounts: hc.Workspace, year: str) -> None:
    share = EnergyAccount(accounts.inventory).share("electricity", "tce.dangliang", int(year))
    assert str(share.rounded(1)) == PRINTED["electricity_share"][year]


def test_coal_equivalent_of_electricity_is_kwh_times_0_1229(accounts: hc.Workspace) -> None:
    account = EnergyAccount(accounts.inventory).by("subject", "year")
    for year, kwh in (("2022", 15471207), ("2023", 15722244), ("2024", 15387360)):
        tce = account.value(flow="tce.dangliang", subject="electricity", year=year)
        assert tce.value == kwh * Fraction("0.1229") / 1000
        assert tce.unit == "tce"
        assert account.value(flow="energy.gj", subject="electricity", year=year).value == kwh * Fraction("0.0036")


def test_only_the_inferred_pair_of_published_heating_value_and_density_reproduces_scope_1(
    accounts: hc.Workspace,
) -> None:
    """Of all net heating values and densities of petrol in the library, one pair fits all three years."""
    library = accounts.library
    batch = accounts.batches[0]
    used = {
        year: {name: Fraction(batch.row(f"{year}-{name}").quantity) for name in ("gas", "petrol")} for year in YEARS
    }
    heating = [one for one in library.properties if one.subject == "petrol" and one.property == "ncv"]
    densities = [one for one in library.properties if one.subject == "petrol" and one.property == "density"]
    fitting = []
    for value in heating:
        for density in densities:
            per_litre = (
                Fraction(value.value) * ratio(value.unit, "TJ/t") * Fraction(density.value) * ratio(density.unit, "t/L")
            )
            fits = []
            for year in YEARS:
                quantity = used[year]
                scope1 = quantity["gas"] * Fraction("38.931") / 10**6 * Fraction("56.1") + quantity[
                    "petrol"
                ] * per_litre * Fraction("69.3")
                fits.append(as_printed(scope1, "0.00") == PRINTED["emissions"][year]["scope1"])
            if all(fits):
                fitting.append((value.id, density.id))
    assert fitting == [("gbt2589-2020.petrol.ncv", "cn-practice.petrol95.density")]
