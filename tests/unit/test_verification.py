"""The verification of reported tables, slip by slip: what was done to a table is the first thing that is told."""

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from fractions import Fraction as F

import pandas as pd
import pytest

import hsesg_carbon as hc
from hsesg_carbon.errors import InputError
from hsesg_carbon.verification import ReportedTable, Verification, verify
from hsesg_carbon.verification.explain import cost
from hsesg_carbon.verification.intervals import Interval
from hsesg_carbon.verification.relations import parse, said
from hsesg_carbon.verification.reported import read_cell

YEARS = ("2021", "2022", "2023")
Rows = dict[str, tuple[str, str, tuple[str, ...]]]

TABLE: Rows = {  # made up; every relation holds to the last printed digit
    "gas": ("tCO2e", "", ("120.4", "131.9", "127.3")),
    "fleet": ("tCO2e", "", ("80.2", "78.6", "91.7")),
    "scope1": ("tCO2e", "gas + fleet", ("200.6", "210.5", "219.0")),
    "power": ("MWh", "", ("1,500.00", "1,610.00", "1,702.50")),
    "factor": ("kgCO2e/kWh", "", ("0.5366", "0.5366", "0.5366")),
    "scope2": ("tCO2e", "power * factor", ("804.9", "863.9", "913.6")),
    "total": ("tCO2e", "scope1 + scope2", ("1,005.5", "1,074.4", "1,132.6")),
    "staff": ("person", "", ("410", "433", "470")),
    "each": ("tCO2e/person", "total / staff", ("2.452", "2.481", "2.410")),
    "each1": ("tCO2e/person", "scope1 / staff", ("0.489", "0.486", "0.466")),
    "change": ("%", "(total - prev(total)) / prev(total)", ("", "6.85", "5.42")),
}


def table(changes: Mapping[tuple[str, str], str] | None = None, rows: Rows = TABLE) -> ReportedTable:
    """Return the table with some cells printed otherwise."""
    made = []
    for name, (unit, equals, cells) in rows.items():
        texts = {year: (changes or {}).get((name, year), text) for year, text in zip(YEARS, cells, strict=True)}
        made.append({"id": name, "unit": unit, "equals": equals, "cells": texts})
    return ReportedTable.of(made, YEARS)


def first(found: Verification) -> tuple[str, set[tuple[str, str]]]:
    (one,) = [finding for finding in found.findings if finding.severity == "error"]
    best = one.explanations[0]
    return best.kind, set(best.cells)


def test_a_consistent_table_has_no_finding() -> None:
    found = verify(table())
    assert found.findings == ()
    assert found.checks == found.passed == 17


@pytest.mark.parametrize(
    ("kind", "cell", "text"),
    [
        ("digits-swapped", ("total", "2022"), "1,047.4"),
        ("digit-wrong", ("scope2", "2023"), "973.6"),
        ("power-of-ten", ("scope1", "2021"), "2,006"),
        ("sign", ("scope1", "2022"), "-210.5"),
        ("energy-unit", ("power", "2022"), "5,796.00"),
        ("copied", ("total", "2023"), "1,074.4"),
        ("left-out", ("total", "2021"), "804.9"),
        ("counted-twice", ("total", "2021"), "1,206.1"),
        ("wrong-label", ("scope1", "2022"), "1,074.4"),
        ("stale-denominator", ("each", "2022"), "2.620"),
        ("factor-vintage", ("scope2", "2022"), "896.4"),
    ],
)
def test_a_slip_in_one_cell_is_told_first(kind: str, cell: tuple[str, str], text: str) -> None:
    found = verify(table({cell: text}))
    if kind in {"wrong-label", "energy-unit"}:  # a copy of the total, or the factor's unit, explain it as well
        told = [one for finding in found.findings for one in finding.explanations]
        assert (kind, {cell}) in [(one.kind, set(one.cells)) for one in told]
    else:
        assert first(found) == (kind, {cell})
    for one in found.findings:
        assert one.message("en") != one.message("zh")
        assert all(other.text("en") != other.text("zh") for other in one.explanations)


def test_exchanged_columns_are_one_finding_that_breaks_nothing() -> None:
    exchanged = {
        (name, year): cells[YEARS.index(other)]
        for name, (_, _, cells) in TABLE.items()
        for year, other in (("2022", "2023"), ("2023", "2022"))
        if name not in {"staff", "change"}
    }
    rows = {name: held for name, held in TABLE.items() if name not in {"staff", "change"}}
    made = [
        {
            "table": "a",
            "id": name,
            "unit": unit,
            "equals": equals,
            "cells": {y: exchanged.get((name, y), t) for y, t in zip(YEARS, cells, strict=True)},
        }
        for name, (unit, equals, cells) in rows.items()
    ]
    made += [
        {
            "table": "b",
            "id": name,
            "unit": TABLE[name][0],
            "equals": TABLE[name][1],
            "cells": dict(zip(YEARS, TABLE[name][2], strict=True)),
        }
        for name in ("staff", "change")
    ]
    (one,) = verify(ReportedTable.of(made, YEARS)).findings
    assert one.code == "columns-transposed"
    assert one.explanations[0].breaks == ()
    assert one.explanations[0].detail == {"table": "a", "first": "2022", "second": "2023"}
    assert "total" in one.data["proved"]


def test_an_undisclosed_quantity_is_solved_for_and_convicts_the_odd_one() -> None:
    rows = TABLE | {
        "staff": ("person", "", ("", "", "")),
        "each2": ("kgCO2e/person", "scope2 / staff", ("1,963", "1,995", "1,944")),
    }
    found = verify(table(rows=rows))
    assert found.findings == ()
    (low, high) = next(
        (Fraction(low), Fraction(high)) for row, year, low, high in found.implied if (row, year) == ("staff", "2022")
    )
    assert low <= 433 <= high
    assert high - low < 1
    assert first(verify(table({("each1", "2022"): "0.846"}, rows))) == ("digits-swapped", {("each1", "2022")})


def test_trailing_zeros_may_be_a_coarser_rounding_but_are_not_taken_for_one() -> None:
    rows = {
        "a": ("kg", "", ("1,204", "1,000", "900")),
        "b": ("kg", "", ("731", "844", "600")),
        "c": ("kg", "a + b", ("1,900", "1,844", "1,500")),
    }
    (one,) = verify(table(rows=rows)).findings
    assert one.severity == "warning"
    assert (one.explanations[0].kind, one.explanations[0].detail["step"]) == ("rounded-coarser", "100")


def test_cut_digits_are_told_from_rounded_ones() -> None:
    rows = {
        "a": ("kg", "", ("10.29", "10.31", "10.27")),
        "b": ("kg", "", ("10.29", "10.32", "10.31")),
        "c": ("kg", "a + b", ("20.5", "20.6", "20.6")),
    }
    (one,) = verify(table(rows=rows)).findings
    assert (one.severity, one.explanations[0].kind) == ("warning", "truncated")


def test_two_slips_at_different_places_are_two_findings() -> None:
    found = verify(table({("total", "2022"): "1,047.4", ("scope2", "2023"): "973.6"}))
    assert sorted(one.explanations[0].kind for one in found.findings) == ["digit-wrong", "digits-swapped"]


def test_a_row_in_another_unit_and_a_slip_that_hides_it_in_one_year_are_told_as_a_pair() -> None:
    """Power stands in kWh under MWh; in 2018 the factor is a thousandth, so that only there the product holds."""
    years = [str(year) for year in range(2016, 2022)]
    power = ["1500.00", "1610.00", "1702.50", "1655.20", "1588.40", "1720.10"]
    scope2 = ["804.9", "863.9", "913.6", "888.2", "852.3", "923.0"]
    each = ["3.7500", "4.0250", "4.2563", "4.1380", "3.9710", "4.3003"]
    rows = {
        "power": ("MWh", "", [f"{Decimal(one) * 1000:.0f}" for one in power]),
        "factor": ("kgCO2e/kWh", "", ["0.5366", "0.5366", "0.0005366", *["0.5366"] * 3]),
        "scope2": ("tCO2e", "power * factor", scope2),
        "staff": ("person", "", ["400"] * 6),
        "each": ("MWh/person", "power / staff", each),
    }
    made = [
        {"id": one, "unit": unit, "equals": own, "cells": dict(zip(years, cells, strict=True))}
        for one, (unit, own, cells) in rows.items()
    ]
    (one,) = verify(ReportedTable.of(made, years)).findings
    best = one.explanations[0]
    assert best.kind == "two-edits"
    assert set(best.cells) == {*(("power", year) for year in years), ("factor", "2018")}
    assert (len(best.resolves), len(best.breaks)) == (11, 0)  # six ratios and the five products that do not hold
    assert best.text("en") != best.text("zh")


def test_what_nothing_explains_is_said_to_be_so() -> None:
    rows = {"a": ("kg", "", ("<5", "", "")), "b": ("kg", "a", (">7", "", ""))}
    (one,) = verify(table(rows=rows)).findings
    assert one.explanations == ()
    assert "explains it" in one.message("en")


@pytest.mark.parametrize(
    ("text", "state", "low", "high"),
    [
        ("8,782.69", "number", "8782.685", "8782.695"),
        ("８，７８２．６９", "number", "8782.685", "8782.695"),
        ("8 782.69", "number", "8782.685", "8782.695"),
        ("1.30", "number", "1.295", "1.305"),
        ("3%", "number", "0.025", "0.035"),
        ("(1,234)", "number", "-1234.5", "-1233.5"),
        ("−12", "number", "-12.5", "-11.5"),
        ("<0.01", "number", "0", "0.01"),
        ("12–15", "number", "11.5", "15.5"),
        ("137.8万", "number", "1377500", "1378500"),
        ("346.13¹", "number", "346.125", "346.135"),
        ("346.13 (2)", "number", "346.125", "346.135"),
        ("346.13*", "number", "346.125", "346.135"),
        ("约120", "number", "115", "125"),
        ("1.2e3", "number", "1150", "1250"),
        ("不适用（2024年的设备累计至2025年回收）", "absent", None, None),
        ("n/a", "absent", None, None),
        ("—", "absent", None, None),
        ("", "blank", None, None),
        ("installed", "text", None, None),
        ("8.782,69", "unreadable", None, None),
        ("1,23", "unreadable", None, None),
        ("1..2", "unreadable", None, None),
    ],
)
def test_a_cell_is_read_as_it_is_printed(text: str, state: str, low: str | None, high: str | None) -> None:
    cell = read_cell(text)
    assert cell.state == state
    if low is not None and high is not None:
        assert cell.interval is not None
        assert (cell.interval.lo, cell.interval.hi) == (Fraction(low), Fraction(high))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a +", "relation-not-grammar"),
        ("a b", "relation-not-grammar"),
        ("(a", "relation-not-grammar"),
        ("a)", "relation-not-grammar"),
        ("prev(1)", "relation-not-grammar"),
        ("__import__('os')", "relation-not-grammar"),
        ("a.b.", "relation-not-grammar"),
        ("a ** 9", "relation-not-grammar"),
        ("a / 0", "relation-divides-by-zero"),
        ("((((" * 20 + "a" + "))))" * 20, "relation-too-deep"),
        ("a + " * 600 + "a", "relation-too-long"),
    ],
)
def test_what_is_not_of_the_grammar_is_refused(text: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert caught.value.code == code


def test_a_range_down_to_zero_divides_to_one_without_an_upper_end() -> None:
    assert Interval(F(1), F(2)) / Interval(F(0), F(4)) == Interval(F(1, 4), math.inf)
    assert Interval(F(1), F(2)) / Interval(F(-4), F(0)) == Interval(-math.inf, F(-1, 4))
    assert Interval(F(1), F(2)) / Interval(F(-4), F(4)) == Interval(-math.inf, math.inf)


def test_relations_are_simplified_so_that_no_cell_stands_twice() -> None:
    assert said(parse("(a - prev(a)) / prev(a)")) == "a / prev(a) - 1"
    assert said(parse("a / (a + b + c)")) == "1 / (1 + (b + c) / a)"


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ({"a": ("kg", "b", ("1", "1", "1"))}, "relation-unknown-row"),
        ({"a": ("kg", "b", ("1", "1", "1")), "b": ("m2", "", ("1", "1", "1"))}, "relation-unit"),
        ({"a": ("kg", "a + b", ("1", "1", "1")), "b": ("m2", "", ("1", "1", "1"))}, "relation-adds-unlike"),
        ({"A B": ("kg", "", ("1", "1", "1"))}, "reported-id"),
        ({"a": ("kg", "a + b", ("1", "1", "1")), "b": ("kg", "", ("1", "1", "1"))}, "relation-itself"),
    ],
)
def test_a_relation_that_cannot_be_checked_is_an_error_with_its_place(rows: Rows, code: str) -> None:
    with pytest.raises(InputError) as caught:
        verify(table(rows=rows))
    assert [one.code for one in caught.value.problems] == [code]


def test_every_kind_of_slip_has_a_cost_and_unexplained_the_highest() -> None:
    assert cost("unexplained") > cost("two-edits") > cost("digit-wrong") > cost("columns-transposed")


def standing(rows: dict[str, tuple[str, tuple[str, ...]]], periods: tuple[str, ...]) -> Verification:
    """Verify rows of reserved ids."""
    made = [
        {"id": name, "unit": unit, "cells": dict(zip(periods, cells, strict=True))}
        for name, (unit, cells) in rows.items()
    ]
    return verify(ReportedTable.of(made, periods))


def test_a_scope_3_that_is_left_blank_does_not_excuse_the_total() -> None:
    scopes = {"ghg.total": ("tCO2e", ("987.6",)), "ghg.scope1": ("tCO2e", ("234.5",))}
    found = standing(scopes | {"ghg.scope2": ("tCO2e", ("1000.1",)), "ghg.scope3": ("tCO2e", ("",))}, ("2024",))
    assert [one.code for one in found.findings] == ["reported-footing"]


THREE_SCOPES = {
    "ghg.scope1": ("tCO2e", ("100", "110", "120")),
    "ghg.scope2": ("tCO2e", ("900", "910", "920")),
    "ghg.scope3": ("tCO2e", ("5,000", "5,100", "5,200")),
}


@pytest.mark.parametrize(
    ("totals", "failing"),
    [
        (("1,000", "1,020", "1,040"), []),  # of Scopes 1 and 2
        (("6,000", "6,120", "6,240"), []),  # of all three
        (("6,000", "6,210", "6,240"), [("ghg.total[2022] = ghg.scope1 + ghg.scope2 + ghg.scope3", "6120")]),
        (("1,000", "1,200", "1,040"), [("ghg.total[2022] = ghg.scope1 + ghg.scope2", "1020")]),
    ],
)
def test_a_total_is_held_to_the_reading_with_or_without_scope_3_that_fits_more_years(
    totals: tuple[str, ...], failing: list[tuple[str, str]]
) -> None:
    found = standing({"ghg.total": ("tCO2e", totals), **THREE_SCOPES}, YEARS)
    assert found.checks == 3
    assert {one.code for one in found.findings} == ({"reported-footing"} if failing else set())
    compared = [two for one in found.findings for two in getattr(one, "evidence", ())]
    assert [one.check for one in compared] == [relation for relation, _ in failing]
    for one, (_, amount) in zip(compared, failing, strict=True):
        assert Fraction(one.implied[0]) < Fraction(amount) < Fraction(one.implied[1])


@pytest.mark.parametrize(("base", "unit"), [("%", "%"), ("t", "个百分点")])
def test_a_change_that_may_be_of_percent_or_of_points_is_not_checked(base: str, unit: str) -> None:
    rows = {"x.share": (base, ("6", "8")), "x.share.change": (unit, ("", "500"))}
    assert standing(rows, ("2023", "2024")).checks == 0


def test_figures_of_unlike_units_are_not_held_to_each_other() -> None:
    scopes = {
        "ghg.total": ("万吨CO2e", ("1.2",)),
        "ghg.scope1": ("tCO2e", ("2,123",)),
        "ghg.scope2": ("tCO2e", ("9,877",)),
    }
    found = standing(scopes, ("2023",))
    assert (found.checks, [one.code for one in found.findings]) == (0, ["reported-unit"])


def test_percentage_points_are_a_difference() -> None:
    rows = {"x.share": ("%", ("6", "8")), "x.share.change": ("个百分点", ("", "2"))}
    found = standing(rows, ("2023", "2024"))
    assert (found.checks, found.clean) == (1, True)


@pytest.mark.parametrize("periods", [("2019", "2023"), ("2024-12", "2025"), ("2024-01", "2024-03")])
def test_a_change_is_only_against_the_period_just_before(periods: tuple[str, ...]) -> None:
    rows = {"ghg.total": ("tCO2e", ("1003", "807")), "ghg.total.change": ("%", ("", "-3.0"))}
    assert standing(rows, periods).checks == 0


def test_a_year_after_a_gap_is_checked_but_not_against_the_one_before_the_gap() -> None:
    rows = [("a", "", ("100", "200", "300")), ("b", "", ("10", "20", "30")), ("total", "a + b", ("110", "230", "330"))]
    rows += [("more", "total - prev(total)", ("", "5", "100"))]
    periods = ("2019", "2021", "2022")
    outcome = verify(
        ReportedTable.of(
            [
                {"id": name, "unit": "t", "equals": equals, "cells": dict(zip(periods, cells, strict=True))}
                for name, equals, cells in rows
            ],
            periods,
        )
    )
    assert outcome.checks == 4  # the sum of each year, and what 2022 has more
    assert [one.check for finding in outcome.findings for one in getattr(finding, "evidence", ())] == [
        "total[2021] = a + b"
    ]


def test_months_of_unlike_length_follow_on_each_other() -> None:
    rows = {"ghg.total": ("tCO2e", ("100", "90")), "ghg.total.change": ("%", ("", "-10"))}
    assert standing(rows, ("2024-01", "2024-02")).checks == 1


def test_a_formula_that_was_never_calculated_is_named() -> None:
    assert read_cell("#UNCALCULATED").state == read_cell("#REF!").state == "unreadable"


def accounts() -> hc.Inventory:
    """Return two years of power, petrol by litre and by mass, and gas that a credit note takes back."""
    base = {"site": "hq", "region": "CN", "period": "2024"}
    rows = [
        {"activity": "electricity.grid", "quantity": "1000", "unit": "MWh"},
        {"activity": "electricity.grid", "quantity": "900", "unit": "MWh", "period": "2023"},
        {"activity": "mobile.petrol", "quantity": "1", "unit": "t"},
        {"activity": "mobile.petrol", "quantity": "500", "unit": "L"},
        {"activity": "stationary.natural_gas", "quantity": "100", "unit": "m3"},
        {"activity": "stationary.natural_gas", "quantity": "-100", "unit": "m3", "credit": "yes"},
    ]
    frame = pd.DataFrame([{"activity_id": f"a{at}", **base, **one} for at, one in enumerate(rows)])
    library = hc.FactorLibrary.shipped()
    acts = hc.Activities(frame, library=library)
    return hc.Inventory(hc.Plan.compile(acts, library, hc.Methodology.shipped("hundsun-2024")).run(acts))


def against(*rows: tuple[str, str, str, str]) -> Verification:
    made = [{"id": name, "unit": unit, "equals": own, "cells": {"2024": cell}} for name, unit, own, cell in rows]
    heads = [
        hc.Denominator(
            denominator="staff", period=str(year), value=value, unit="person", boundary="all", source="made up"
        )
        for year, value in ((2023, 400), (2024, 500))
    ]
    return verify(ReportedTable.of(made, ["2024"]), accounts(), heads)


def test_only_the_years_of_the_table_are_held_to_the_accounts() -> None:
    rows = ("ghg.scope2", "tCO2e", "", "536.60"), ("energy.electricity", "MWh", "", "1,000")
    each = ("each", "tCO2e/person", "ghg.scope2 / staff", "1.0732")  # the table has no row of that name
    found = against(*rows, each)
    assert ([one.code for one in found.findings], found.checks, found.passed) == (["reported-gases"], 6, 5)
    (wrong,) = [one for one in against(*rows, (*each[:3], "1.3415")).findings if one.severity == "error"]  # over 400
    assert [one.check for one in wrong.evidence] == ["each[2024] = ghg.scope2 / staff"]  # type: ignore[attr-defined]
    printed = against(*rows, ("staff", "person", "", "400"))
    assert [one.code for one in printed.findings if one.severity == "error"] == ["reported-agreed"]


def test_carriers_that_are_measured_in_two_ways_or_taken_back_are_not_recomputed() -> None:
    """4.08975 t of CO2 come of 1.3685 t of petrol, not of 77, but its litres stand in the accounts as well."""
    rows = (
        ("ghg.scope1", "tCO2", "", "4.08975"),
        ("energy.petrol", "t", "", "77"),
        ("energy.natural_gas", "m3", "", "0"),
    )
    found = against(*rows)
    assert [one.code for one in found.findings if one.severity == "error"] == []
    assert [one.code for one in against(rows[0], ("energy.natural_gas", "m3", "", "9")).findings] == ["reported-agreed"]
