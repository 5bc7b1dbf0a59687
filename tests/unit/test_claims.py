"""Claims of a report beyond its relations. All figures here are made up for the tests, unless a test says otherwise."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hsesg_carbon as hc
from hsesg_carbon.verification.completeness import expected_sources
from hsesg_carbon.verification.verdict import Discrepancy


def row(one: str, unit: str, *cells: str, **more: str) -> dict[str, Any]:
    periods = [str(2023 + at) for at in range(len(cells))]
    return {"id": one, "unit": unit, "cells": dict(zip(periods, cells, strict=True)), **more}


def verified(*rows: dict[str, Any]) -> hc.Verification:
    periods = list(dict.fromkeys(name for one in rows for name in one["cells"]))
    return hc.verify(hc.ReportedTable.of(rows, periods))


def found(code: str, *rows: dict[str, Any]) -> list[Discrepancy]:
    return [one for one in verified(*rows).findings if one.code == code and isinstance(one, Discrepancy)]


def test_the_same_figure_told_twice_must_meet() -> None:
    first, again = (
        row("ghg.total", "tCO2e", "8,544.84", table="report 2024"),
        row("ghg.total", "万tCO2e", "0.861", table="report 2025"),
    )
    (told,) = found("reported-restated", first, again)
    assert told.severity == "warning"
    assert told.cells == (("ghg.total", "2023"),)
    assert "Restated silently?" in told.message()
    assert told.evidence[0].residual == "60.155"  # 8,605 at least, against 8,544.845 at most


def test_the_same_figure_rounded_otherwise_is_no_restatement() -> None:
    first, again = (
        row("ghg.total", "tCO2e", "8,544.84", table="report 2024"),
        row("ghg.total", "万tCO2e", "0.854", table="report 2025"),
    )
    result = verified(first, again)
    assert (result.checks, result.passed, result.findings) == (1, 1, ())


def test_a_year_that_only_one_table_tells_is_no_restatement() -> None:
    result = verified(row("a", "t", "1", "2", table="one"), row("a", "t", "", "2", table="two"))
    assert (result.checks, result.passed) == (1, 1)


def test_the_same_id_in_units_that_do_not_compare_is_said() -> None:
    first, again = row("a", "t", "1", table="one"), row("a", "kWh", "1", table="two")
    (told,) = found("reported-units-differ", first, again)
    assert "t in table one and in kWh in two" in told.message()


@pytest.mark.parametrize(("one", "two"), [("", "later"), ("first", "")])
def test_pure_numbers_and_tables_without_a_name_are_told_twice_as_well(one: str, two: str) -> None:
    (told,) = found("reported-restated", row("a", "", "0.5", table=one), row("a", "", "0.7", table=two))
    assert f"a[2023] is 0.5 in table {one or '-'} and 0.7 in {two or '-'}." in told.message()
    (told,) = found("reported-units-differ", row("a", "", "1", table=one), row("a", "kWh", "1", table=two))
    assert f"row a is in 1 in table {one or '-'} and in kWh in {two or '-'}:" in told.message()
    (told,) = found("reported-units-differ", row("a", "kWh", "1", table=one), row("a", "", "1", table=two))
    assert f"row a is in kWh in table {one or '-'} and in 1 in {two or '-'}:" in told.message()


@pytest.mark.parametrize(
    ("parts", "severity"),
    [
        (("60", "40"), None),
        (("33.3", "33.3", "33.3"), None),  # 99.75 to 100.05
        (("33.4", "33.4", "33.4"), "warning"),  # 100.05 at least; two breakdowns of one whole do so rightly
        (("60", "30"), "warning"),
        (("60", "不适用"), None),  # what is not said may be the rest
        (("60%", "50%"), "warning"),
    ],
)
def test_shares_of_one_whole_sum_to_100_percent(parts: tuple[str, ...], severity: str | None) -> None:
    rows = [row(f"waste.share.p{at}", "%", cell) for at, cell in enumerate(parts)]
    told = [one for one in verified(*rows).findings if one.code.startswith("reported-shares")]
    assert [one.severity for one in told] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("parts", "side", "lowest", "highest"),
    [(("60", "30"), "below", "89.00", "91.00"), (("60.0", "50.00"), "above", "109.95", "110.06")],
)
def test_what_shares_add_up_to_is_told_at_the_first_of_them(
    parts: tuple[str, str], side: str, lowest: str, highest: str
) -> None:
    (told,) = found(f"reported-shares-{side}", row("x.share.a", "%", parts[0]), row("x.share.b", "%", parts[1]))
    assert told.data == {"base": "x", "period": "2023", "lowest": lowest, "highest": highest}
    assert told.cells == (("x.share.a", "2023"), ("x.share.b", "2023"))
    assert told.where is not None
    assert told.where.row == 2  # the first under the header
    assert f"The parts x.share.* of 2023 add up to {lowest} – {highest} %" in told.message()


def test_one_share_alone_is_not_summed() -> None:
    assert verified(row("waste.share.paper", "%", "60")).checks == 0


# -------------------------------------------------------------------------------------------------- magnitude


@pytest.mark.parametrize(
    ("scope2", "electricity", "unit", "factor"),
    [
        ("5,366", "10,000", "MWh", None),  # 0.5366 kg/kWh
        ("5,366", "10,000", "kWh", "1000"),  # as if 536.6 kg/kWh
        ("5.366", "10,000", "MWh", "0.01"),  # 0.54 g/kWh, and 5.4 is still less than the cleanest grid's 6
        ("0", "10,000", "MWh", None),  # green power may be 0 by the market
    ],
)
def test_scope_2_lies_between_the_cleanest_and_the_dirtiest_grid(
    scope2: str, electricity: str, unit: str, factor: str | None
) -> None:
    told = found("reported-magnitude", row("ghg.scope2", "tCO2e", scope2), row("energy.electricity", unit, electricity))
    assert bool(told) == (factor is not None)
    if told:
        slips = {one.cells[0][0]: one.detail["factor"] for one in told[0].explanations}
        assert told[0].severity == "warning"
        assert slips["ghg.scope2"] == factor
        assert "energy.electricity" in slips


def test_scope_1_is_at_least_what_the_fuels_emit() -> None:
    petrol = row("energy.petrol", "L", "10,000")  # 18 to 25 t
    assert not found("reported-magnitude", row("ghg.scope1", "tCO2e", "22.6"), petrol)
    (low,) = found("reported-magnitude", row("ghg.scope1", "tCO2e", "2.26"), petrol)
    assert low.explanations[0].kind == "power-of-ten"
    assert {one.detail["factor"] for one in low.explanations} == {"0.1", "10"}
    (high,) = found("reported-magnitude", row("ghg.scope1", "tCO2e", "22,600"), petrol)
    assert {one.detail["factor"] for one in high.explanations} == {"1000", "0.001"}


def test_scope_1_may_hold_more_than_the_fuels() -> None:
    petrol = row("energy.petrol", "L", "10,000")
    assert not found("reported-magnitude", row("ghg.scope1", "tCO2e", "60"), petrol)


def test_of_several_fuels_it_is_scope_1_that_is_out_by_a_power_of_ten() -> None:
    fuels = row("energy.petrol", "L", "10,000"), row("energy.diesel", "L", "1,000")  # together 20 to 28 t
    (told,) = found("reported-magnitude", row("ghg.scope1", "tCO2e", "2.48"), *fuels)
    assert [(one.cells, one.detail["factor"]) for one in told.explanations] == [((("ghg.scope1", "2023"),), "0.1")]


@pytest.mark.parametrize(("amount", "unit"), [("0", "L"), ("10,000", "km")])
def test_fuels_that_are_none_or_measured_as_nothing_burnt_hold_scope_1_to_nothing(amount: str, unit: str) -> None:
    assert verified(row("ghg.scope1", "tCO2e", "2"), row("energy.petrol", unit, amount)).checks == 0


def test_a_part_in_another_kind_of_unit_is_no_part() -> None:
    rows = row("energy.electricity", "kWh", "5"), row("energy.electricity.meters", "person", "9")
    assert not found("reported-magnitude", *rows)


def test_a_part_is_not_more_than_its_whole() -> None:
    whole = row("energy.electricity", "kWh", "15,387,360")
    assert not found("reported-magnitude", whole, row("energy.electricity.machine_rooms", "万kWh", "82.54"))
    (told,) = found("reported-magnitude", whole, row("energy.electricity.machine_rooms", "万kWh", "8,254"))
    assert {one.detail["factor"] for one in told.explanations} == {"10", "0.1"}


def test_discharge_is_not_more_than_withdrawal() -> None:
    rows = row("water.withdrawal", "m3", "100"), row("water.discharge", "m3", "120")
    assert [one.cells[0] for one in found("reported-magnitude", *rows)] == [("water.discharge", "2023")]


def test_changes_shares_and_ratios_are_no_parts() -> None:
    rows = (
        row("ghg.total", "tCO2e", "1", "1"),
        row("ghg.total.decrease", "tCO2e", "", "2"),
        row("ghg.total.avoided", "tCO2e", "5", "5"),
    )
    assert not found("reported-magnitude", *rows)


# -------------------------------------------------------------------------------------------------- pictures


def test_a_picture_that_an_edition_gives_stands() -> None:
    amount = row("saved", "tCO2e", "153")
    assert not found("reported-picture", amount, row("saved.as.forest", "m2", "728,434"))  # 153 / 0.85 acres of 2020
    assert not found("reported-picture", amount, row("saved.as.car", "km", "602,000"))  # 153 t / 0.000409 t per mile


def test_a_picture_of_no_edition_names_what_each_would_give() -> None:
    rows = row("saved", "tCO2e", "153"), row("saved.as.car", "km", "604,310"), row("saved.as.forest", "m2", "744,621")
    car, forest = found("reported-picture", *rows)  # figures of Hundsun's report
    assert "253 gCO2e/km" in car.message()
    assert "602,028 km" in car.message()
    assert "0.83 tCO2e/acre/yr" in forest.message()
    assert "584,122 m2" in forest.message()
    assert "728,434 m2" in forest.message()
    assert car.severity == forest.severity == "warning"


def test_a_picture_in_another_unit_is_no_picture() -> None:
    assert not found("reported-picture", row("saved", "tCO2e", "153"), row("saved.as.car", "person", "5"))


# -------------------------------------------------------------------------------------------------- coverage


def test_implied_heads_are_held_to_the_stated_employees() -> None:
    rows = [row("energy.electricity", "kWh", "10,000"), row("energy.electricity.per.person", "kWh/person", "100")]
    assert not found("reported-heads", *rows, row("people.employees", "person", "100"))
    (told,) = found("reported-heads", *rows, row("people.employees", "person", "200"))
    assert "100 / 200 = 50.0 %" in told.message()


def test_heads_are_told_in_the_unit_of_the_employees() -> None:
    rows = [row("energy.electricity", "MWh", "10,000"), row("energy.electricity.per.person", "MWh/person", "0.10")]
    (told,) = found("reported-heads", *rows, row("people.employees", "10^3 person", "200"))
    assert told.data["told"] == ["2023: 100 / 200 = 50.1 %"]


@pytest.mark.parametrize(
    ("power", "each"),
    [("0", "0.1"), ("10,000", "0"), ("10,000", "<0.1")],  # no head at all, any number, and no upper end
)
def test_heads_that_may_be_any_number_are_held_to_nothing(power: str, each: str) -> None:
    rows = [row("energy.electricity", "kWh", power), row("energy.electricity.per.person", "kWh/person", each)]
    assert not found("reported-heads", *rows, row("people.employees", "person", "500"))


def test_heads_on_which_the_rows_disagree_are_held_to_nothing() -> None:
    rows = [row("energy.electricity", "kWh", "10,000"), row("energy.electricity.per.person", "kWh/person", "100")]
    rows += [row("water.total", "m3", "10,000"), row("water.total.per.person", "m3/person", "50")]
    assert not found("reported-heads", *rows, row("people.employees", "person", "500"))


def test_an_index_of_consumption_without_any_water_asks_for_nothing() -> None:
    assert not found("reported-consumption", row("index.gri_303_5", "", "page 12"), row("a", "t", "5"))


def test_consumption_is_not_answered_by_total_use() -> None:
    index = row("index.gri_303_5", "", "page 12")
    assert found("reported-consumption", index, row("water.total", "m3", "5"))
    assert not found("reported-consumption", index, row("water.total", "m3", "5"), row("water.consumption", "m3", "5"))
    assert not found("reported-consumption", row("water.total", "m3", "5"))


def test_silent_sources_are_named_with_the_reason() -> None:
    kind = row("organisation.kind", "", "offices")
    (told,) = found("reported-silent-sources", kind, row("energy.petrol", "L", "100", label="公务车汽油"))
    assert told.data["sources"] == ["refrigerants", "generators", "heat"]
    assert "HFC" in told.message("en")
    assert "制冷剂" in told.message("zh")


def test_panels_that_are_stated_want_a_row() -> None:
    kind, panels = row("organisation.kind", "", "offices"), row("stated.solar_panels", "", "太阳能板")
    (told,) = found("reported-silent-sources", kind, panels)
    assert "solar" in told.data["sources"]
    (told,) = found("reported-silent-sources", kind, panels, row("energy.solar", "kWh", "100"))
    assert "solar" not in told.data["sources"]


def test_without_a_kind_nothing_is_expected_and_an_unknown_kind_is_said() -> None:
    assert verified(row("energy.petrol", "L", "100")).findings == ()
    (told,) = found("reported-kind-unknown", row("organisation.kind", "", "circus"))
    assert "offices" in told.message()


def test_words_are_found_from_their_beginning() -> None:
    kind = row("organisation.kind", "", "offices")
    (told,) = found("reported-silent-sources", kind, row("crops", "t", "100", label="wheat"))
    assert "heat" in told.data["sources"]
    (told,) = found("reported-silent-sources", kind, row("crops", "t", "100", label="District heat"))
    assert "heat" not in told.data["sources"]


@pytest.mark.parametrize("name", ["site.diesel_generator", "emergency_generator", "generators"])
def test_words_are_found_in_an_id(name: str) -> None:
    (told,) = found("reported-silent-sources", row("organisation.kind", "", "offices"), row(name, "t", "100"))
    assert "generators" not in told.data["sources"]


def test_every_expected_source_says_why_in_both_languages() -> None:
    assert len(expected_sources()) >= 5
    for one in expected_sources():
        assert one.why_en
        assert one.why_zh
        assert one.name_en
        assert one.name_zh


def test_a_relation_on_a_supposed_ratio_only_warns() -> None:
    def told(source: str) -> str:
        ratio = row("ratio", "1", "10.000", source=source)
        rows = row("contracts", "1", "123"), ratio, row("sheets", "1", "1,434.5", equals="contracts * ratio")
        return next(one.severity for one in verified(*rows).findings if one.code == "reported-stated")

    assert told("the report, p. 3") == "error"
    assert told("inferred: ten sheets a contract") == "warning"


@given(st.lists(st.integers(1, 10**9), min_size=2, max_size=8))
def test_no_claim_is_made_of_rows_of_no_reserved_id(values: list[int]) -> None:
    rows = [row(f"x{at}", "t", f"{value:,}") for at, value in enumerate(values)]
    result = verified(*rows)
    assert (result.checks, result.findings) == (0, ())
