"""What explains a table, at the edges: which slips are told of small tables made for one slip each."""

from fractions import Fraction
from itertools import permutations
from pathlib import Path

import pytest

import hsesg_carbon as hc
from hsesg_carbon.errors import InputError
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.verification import Population, ReportedTable, Verification, verify
from hsesg_carbon.verification.checks import Check, Edit, System
from hsesg_carbon.verification.explain import Slip
from hsesg_carbon.verification.intervals import Interval, point
from hsesg_carbon.verification.relations import Constant, Ref, parse, said, value
from hsesg_carbon.verification.reported import read_cell

YEARS = ["2022", "2023"]


def found(*rows: tuple[str, str, str, tuple[str, str]], years: list[str] = YEARS) -> Verification:
    """Verify a table of ``(id, unit, equals, cells)``."""
    return verify(
        ReportedTable.of(
            [
                {"id": name, "unit": unit, "equals": equals, "cells": dict(zip(years, cells, strict=True))}
                for name, unit, equals, cells in rows
            ],
            years,
        )
    )


def told(outcome: Verification) -> set[tuple[str, str]]:
    """Return the kinds and sentences of everything that would explain what was found."""
    return {(one.kind, one.text()) for finding in outcome.findings for one in getattr(finding, "explanations", ())}


def kinds(outcome: Verification) -> set[str]:
    return {kind for kind, _ in told(outcome)}


def test_a_difference_without_its_first_term_is_the_other_with_its_sign() -> None:
    outcome = found(
        ("sold", "t", "", ("100.0", "110.0")),
        ("lost", "t", "", ("30.0", "35.0")),
        ("net", "t", "sold - lost", ("-30.0", "75.0")),
    )
    assert ("left-out", "net (2022): computed without sold.") in told(outcome)


@pytest.mark.parametrize(
    ("printed", "kind", "text"),
    [
        ("75.0", "left-out", "net (2022): computed without sold."),  # 95.0 - 20.0
        ("155.0", "left-out", "net (2022): computed without made."),  # 175.0 - 20.0
        ("270.0", "left-out", "net (2022): computed without lost."),
        ("175.0", "left-out", "net (2022): computed without made, lost."),
        ("425.0", "counted-twice", "net (2022): sold is counted twice."),
        ("230.0", "counted-twice", "net (2022): lost is counted twice."),
    ],
)
def test_a_sum_with_a_term_left_out_or_counted_twice_keeps_the_signs_of_the_others(
    printed: str, kind: str, text: str
) -> None:
    outcome = found(
        ("sold", "t", "", ("175.0", "110.0")),
        ("made", "t", "", ("95.0", "60.0")),
        ("lost", "t", "", ("20.0", "35.0")),
        ("net", "t", "sold + made - lost", (printed, "135.0")),
    )
    assert (kind, text) in told(outcome)


def test_a_row_computed_otherwise_in_some_years_is_told_of_those_years_only() -> None:
    for printed in (("30", "41", "52"), ("40", "29", "52"), ("40", "41", "29")):
        outcome = found(
            ("gas", "t", "", ("100", "110", "130")),
            ("petrol", "t", "", ("40", "41", "52")),
            ("total", "t", "gas + petrol", printed),
            years=["2021", "2022", "2023"],
        )
        left = [
            year
            for year, cell, own in zip(("2021", "2022", "2023"), printed, (40, 41, 52), strict=True)
            if int(cell) == own
        ]
        without = {text for kind, text in told(outcome) if kind == "left-out"}
        assert without == {f"total ({', '.join(left)}): computed without gas."}
        assert len(outcome.findings) == 2


def test_columns_that_are_exchanged_mend_no_check_by_taking_its_cell_away() -> None:
    outcome = found(
        ("gas", "t", "", ("100", "200")),
        ("petrol", "t", "", ("40", "60")),
        ("total", "t", "gas + petrol", ("260", "")),
    )
    assert [finding.code for finding in outcome.findings] == ["reported-stated"]
    assert "columns-transposed" not in kinds(outcome)


def test_a_whole_row_with_its_sign_turned_is_told_without_a_factor() -> None:
    outcome = found(
        ("gas", "t", "", ("-100", "-90")),
        ("petrol", "t", "", ("47", "41")),
        ("total", "t", "gas + petrol", ("147", "131")),
    )
    (finding,) = outcome.findings
    best = finding.explanations[0]  # type: ignore[attr-defined]
    assert (best.kind, best.detail) == ("sign", {})
    assert best.text() == "gas (2022, 2023): the sign is the wrong way round."
    outcome = found(
        ("gas", "t", "", ("100000", "90000")),
        ("petrol", "t", "", ("47", "41")),
        ("total", "t", "gas + petrol", ("147", "131")),
    )
    assert outcome.findings[0].explanations[0].detail == {"factor": "1000"}  # type: ignore[attr-defined]


def test_two_rows_are_put_for_each_other_in_a_table_of_nothing_else() -> None:
    outcome = found(("heat", "t", "", ("6",)), ("power", "t", "heat * 2", ("3",)), years=["2022"])
    (finding,) = outcome.findings
    assert finding.explanations[0].text() == (  # type: ignore[attr-defined]
        "heat (2022), power (2022): the rows heat and power are put for each other."
    )


def test_what_an_explanation_breaks_counts_twice_what_it_mends() -> None:
    def slip(mends: int, breaks: int, kind: str = "sign") -> Slip:
        return Slip(kind, (("a", 0),), {}, Edit(), frozenset(range(mends)), frozenset(range(mends, mends + breaks)))

    assert slip(3, 1).merit == slip(1, 0).merit
    assert slip(4, 1).rank < slip(1, 0).rank < slip(2, 1).rank
    assert slip(5, 2).merit == slip(3, 1).merit


def test_undisclosed_quantities_are_narrowed_until_nothing_moves() -> None:
    def failing(cells: dict[str, tuple[int, int]], *relations: tuple[str, str]) -> frozenset[int]:
        values = {(name, 0): Interval(*map(Fraction, held)) for name, held in cells.items()}
        checks = [Check("stated", name, 0, parse(relation)) for name, relation in relations]
        return System(values, [("x", 0), ("y", 0)], checks).failing

    parts = (("total", "x + y"), ("first", "x"), ("second", "y"))  # the sum says nothing before its parts do
    assert failing({"total": (9, 10), "first": (4, 5), "second": (5, 5)}, *parts) == frozenset()
    assert failing({"total": (11, 12), "first": (4, 5), "second": (5, 5)}, *parts) == {0}
    # All of the first round moves something; that the difference is then too great shows in the second.
    rows = (("x0", "x"), ("y0", "y"), ("gap", "x - y"), ("x1", "x"), ("y1", "y"))
    cells = {"x0": (0, 10), "y0": (0, 10), "gap": (5, 6), "x1": (4, 6), "y1": (0, 2)}
    assert failing(cells, *rows) == frozenset()
    assert failing(cells | {"x1": (4, 6), "y1": (4, 6)}, *rows) != frozenset()


def test_the_order_of_checks_does_not_choose_which_of_them_is_wrong() -> None:
    values = {(name, 0): point(Fraction(held)) for name, held in {"a": 8, "b": 6, "c": 9, "d": 2}.items()}
    relations = {"a": "x + y", "b": "x", "c": "x", "d": "y"}  # 8 = 6 + 2: it is c that is wrong
    for order in permutations(relations):
        checks = [Check("stated", name, 0, parse(relations[name])) for name in order]
        failing = System(values, [("x", 0), ("y", 0)], checks).failing
        assert [order[place] for place in failing] == ["c"]


def test_at_most_six_pairs_of_slips_are_looked_for() -> None:
    """Every year flights and gas stand in each other's rows, and the gas burnt is printed ten times too great."""
    years = [str(2017 + at) for at in range(7)]
    rows = [
        ("gas", "MWh", "", "1000.0"),
        ("gas.factor", "tCO2e/MWh", "", "0.202"),
        ("gas.ghg", "tCO2e", "gas * gas.factor", "202.0"),
        ("flights", "tCO2e", "", "20.2"),
        ("oil", "MWh", "", "250.0"),
        ("oil.factor", "tCO2e/MWh", "", "0.268"),
        ("oil.ghg", "tCO2e", "oil * oil.factor", "67.0"),
        ("total", "tCO2e", "gas.ghg + oil.ghg", "87.2"),
        ("each", "tCO2e", "total / 40", "2.18"),
    ]
    for some in (years[:1], years):
        outcome = found(*((*row, (cell,) * len(some)) for *row, cell in rows), years=some)  # type: ignore[arg-type, misc]
        pairs = [finding.explanations[0] for finding in outcome.findings if finding.explanations]  # type: ignore[attr-defined]
        assert [(one.kind, one.detail) for one in pairs] == [
            ("two-edits", {"first": "labels-exchanged", "second": "power-of-ten"})
        ] * min(len(some), 6)
        assert len(outcome.findings) == len(some)
    assert "No single slip, and no pair of slips, explains it." in outcome.findings[-1].message()


def test_another_row_of_the_same_kind_may_be_what_was_divided_by_and_no_row_of_another() -> None:
    rows = [
        ("total", "tCO2e", "", ("1000", "1100")),
        ("staff", "person", "", ("400", "430")),
        ("contractors", "person", "", ("50", "60")),
        ("area", "m2", "", ("800", "900")),
    ]
    outcome = found(*rows, ("each", "tCO2e/person", "total / staff", ("20.0", "2.56")))
    assert ("stale-denominator", "each (2022): divided by contractors[2022].") in told(outcome)
    outcome = found(*rows, ("each", "tCO2e/person", "total / staff", ("1.25", "2.56")))
    assert "stale-denominator" not in kinds(outcome)  # 1.25 is per m2


def test_digits_that_would_begin_with_a_needless_nought_are_no_misprint_of_a_number() -> None:
    outcome = found(
        ("gas", "t", "", ("100.0", "90.0")),
        ("petrol", "t", "", ("47.4", "41.0")),
        ("total", "t", "gas + petrol", ("1,047.4", "131.0")),
    )
    assert "digits-swapped" not in kinds(outcome)
    outcome = found(
        ("gas", "t", "", ("0.3", "0.2")),
        ("petrol", "t", "", ("0.3", "0.2")),
        ("total", "t", "gas + petrol", ("6.0", "0.4")),
    )
    assert "digits-swapped" in kinds(outcome)  # 0.6


def test_two_rows_of_one_ratio_may_be_put_for_each_other() -> None:
    outcome = found(
        ("part", "t", "", ("80", "21")),
        ("whole", "t", "", ("20", "84")),
        ("share", "%", "part / whole", ("25.0", "25.0")),
    )
    assert ("labels-exchanged", "part (2022), whole (2022): the rows part and whole are put for each other.") in told(
        outcome
    )


def test_a_row_that_is_printed_in_one_column_only_is_a_cell_and_no_row() -> None:
    outcome = found(
        ("gas", "t", "", ("100000", "")),
        ("petrol", "t", "", ("47.4", "")),
        ("total", "t", "gas + petrol", ("147.4", "")),
    )
    (finding,) = outcome.findings
    assert finding.explanations[0].text() == (  # type: ignore[attr-defined]
        "gas (2022): printed 1000 times what it should be (a power of ten: 万, 亿, k, M)."
    )


def test_a_sign_that_is_turned_is_told_without_a_factor() -> None:
    outcome = found(
        ("gas", "t", "", ("-100", "90")),
        ("petrol", "t", "", ("47", "41")),
        ("total", "t", "gas + petrol", ("147", "131")),
    )
    (finding,) = outcome.findings
    assert finding.explanations[0].kind == "sign"  # type: ignore[attr-defined]
    assert finding.explanations[0].detail == {}  # type: ignore[attr-defined]


@pytest.mark.parametrize("unit", ["%", ""])
def test_a_share_of_a_share_in_percent_does_not_say_what_a_change_of_it_is(unit: str) -> None:
    outcome = found(("share", "%", "", ("20", "25")), ("share.change", unit, "", ("", "5")), years=["2022", "2023"])
    assert outcome.checks == (0 if unit == "%" else outcome.checks)
    assert outcome.findings == () or unit == ""


def test_two_carriers_are_enough_for_a_share_of_energy() -> None:
    rows = [
        ("energy.electricity", "MWh", "", ("1,500", "1,610")),
        ("energy.natural_gas", "m3", "", ("56,000", "61,000")),
    ]
    assert found(*rows, ("energy.electricity.share", "%", "", ("99.9", "74"))).findings != ()
    assert found(rows[0], ("energy.electricity.share", "%", "", ("99.9", "74"))).checks == 0


def test_scope_2_without_emissions_may_be_bought_green_and_too_much_of_it_is_told_as_it_is_printed() -> None:
    power = ("energy.electricity", "MWh", "", ("1,000", "1,000"))
    green = found(power, ("ghg.scope2", "tCO2e", "", ("0", "0")))
    assert green.findings == ()
    assert green.checks == 0
    much = ("ghg.scope2", "tCO2e", "", ("4,321", "500"))
    (finding,) = found(power, much).findings
    assert finding.code == "reported-magnitude"
    assert finding.data["printed"] == "4,321 tCO2e"


def test_brackets_and_signs_within_each_other_are_counted_to_forty() -> None:
    for deep in ("(" * 40 + "a" + ")" * 40, "-" * 40 + "a", "prev(" * 40 + "a" + ")" * 40):
        parse(deep)
    for deeper in ("(" * 41 + "a" + ")" * 41, "-" * 41 + "a", "prev(" * 41 + "a" + ")" * 41):
        with pytest.raises(InputError) as refused:
            parse(deeper)
        assert refused.value.code == "relation-too-deep"
    minus = parse("-3")
    assert isinstance(minus, Constant) or value(minus, lambda _: (_ for _ in ()).throw(AssertionError)).lo == -3


def test_no_more_cells_than_two_hundred_letters_are_read() -> None:
    assert read_cell("1" * 200).state == "number"
    assert read_cell("1" * 201).state != "number"
    assert read_cell("a" * 10).state != "number"


def test_a_reported_table_without_a_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        ReportedTable.of([{"id": "a b", "unit": "t", "cells": {"2023": "1"}}], ["2023"])
    assert refused.value.data["file"] == "-"
    with pytest.raises(InputError) as refused:
        verify(ReportedTable.of([{"id": "a", "unit": "t", "equals": "b", "cells": {"2023": "1"}}], ["2023"]))
    assert refused.value.data["file"] == "-"
    note = ReportedTable.of([{"id": "a", "unit": "t", "cells": {"2023": "1.2.3"}}], ["2023"]).notes[0]
    assert note.where is not None
    assert (note.where.column, note.where.value) == ("2023", "1.2.3")


def test_only_sheets_with_an_id_are_tables_of_a_workbook(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "reported.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, heading in (("figures", "id"), ("notes", "remark")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, [heading, "unit", "2023"])
            sheet.write_row(1, 0, ["total", "t", "5"])
    assert [one.table for one in ReportedTable.read(path).rows] == ["figures"]


def test_an_inventory_is_agreed_with_by_scope_and_without_scope_3(multigas_inventory: Inventory) -> None:
    totals = {str(row["scope"]): row.amount.value for row in multigas_inventory.by("scope")}
    printed = {f"ghg.scope{scope}": f"{float(totals[scope]):.6f}" for scope in ("1", "2")}
    table = ReportedTable.of(
        [{"id": name, "unit": "tCO2e", "cells": {"2024": text}} for name, text in printed.items()], ["2024"]
    )
    outcome = verify(table, multigas_inventory)
    assert outcome.findings == ()
    assert outcome.checks == outcome.passed == 3  # each scope, and what the power comes to
    wrong = ReportedTable.of([{"id": "ghg.scope1", "unit": "tCO2e", "cells": {"2024": "1"}}], ["2024"])
    (finding,) = verify(wrong, multigas_inventory).findings
    assert finding.code == "reported-agreed"


@pytest.fixture
def multigas_inventory(multigas_library: hc.FactorLibrary, multigas: hc.Methodology) -> Inventory:
    import pandas as pd

    bills = [
        {
            "activity_id": name,
            "site": "hq",
            "region": "CN",
            "period": "2024",
            "activity": name,
            "quantity": "1000",
            "unit": unit,
        }
        for name, unit in (("electricity.grid", "kWh"), ("stationary.natural_gas", "m3"))
    ]
    activities = hc.Activities(pd.DataFrame(bills), library=multigas_library)
    return Inventory(hc.Plan.compile(activities, multigas_library, multigas).run(activities), gwp="AR6")


def test_of_weights_of_words_that_say_nothing_a_row_is_as_dense_as_any() -> None:
    from hsesg_carbon.verification.sampling import _laxity  # what no published number backs is checked best

    assert _laxity("") == -1
    assert [_laxity(one) for one in ("primary", "inferred")] == sorted(_laxity(one) for one in ("primary", "inferred"))
    assert Fraction(_laxity("primary")) > _laxity("")


def test_a_cell_may_hold_several_other_terms_as_well() -> None:
    outcome = found(
        ("gas", "t", "", ("175.0", "90.0")),
        ("petrol", "t", "", ("50.0", "41.0")),
        ("diesel", "t", "", ("25.0", "21.0")),
        ("total", "t", "gas + petrol + diesel", ("175.0", "152.0")),
    )
    assert ("wrong-label", "gas (2022): holds petrol, diesel as well.") in told(outcome)


def test_relations_have_at_most_five_hundred_signs_and_words() -> None:
    longest = "-" + "a+" * 249 + "a"
    assert said(parse(longest)).endswith("+ a")
    with pytest.raises(InputError) as refused:
        parse("-" + longest)
    assert refused.value.code == "relation-too-long"
    with pytest.raises(InputError) as refused:
        parse("a +")
    assert refused.value.data["at"] == "…"


@pytest.mark.parametrize(
    ("relation", "text"),
    [
        ("a - (b - c)", "a - (b - c)"),
        ("-(a + b)", "-(a + b)"),
        ("a / (b * c)", "a / (b * c)"),
        ("(a - b) * (c + d)", "(a - b) * (c + d)"),
        ("prev(prev(a)) / b", "prev(prev(a)) / b"),
        ("0 - a", "-a"),
        ("0 + a", "0 + a"),
        ("a / (a - b - c)", "a / (a - b - c)"),
        ("a / (b - c + a)", "1 / (1 + (b - c) / a)"),
        ("a / (-b + a)", "1 / (1 + (-b) / a)"),
    ],
)
def test_relations_are_told_as_they_are_meant(relation: str, text: str) -> None:
    expression = parse(relation)
    assert value(parse(text), points) == value(expression, points)
    assert value(parse(said(expression)), points) == value(expression, points)
    assert said(expression) == text


def points(ref: Ref) -> Interval:
    return point({"a": 7, "b": 3, "c": 2, "d": 5}[ref.row] + 11 * ref.back)


def test_every_relation_of_a_row_that_is_wrong_is_named() -> None:
    row = {"id": "a", "unit": "t", "equals": "b; c * 2; a + 1", "cells": {"2023": "1"}}
    with pytest.raises(InputError) as refused:
        verify(ReportedTable.of([row], ["2023"]))
    assert len(refused.value.problems) >= 3


def test_a_unit_that_nobody_knows_is_told_at_its_column() -> None:
    (note,) = ReportedTable.of([{"id": "a", "unit": "furlong", "cells": {"2023": "1"}}], ["2023"]).notes
    assert note.where is not None
    assert note.where.column == "unit"


@pytest.mark.parametrize(("shares", "word"), [((2, Fraction(1, 2)), "threshold"), ((Fraction(1, 20), 1), "confidence")])
def test_a_share_of_a_plan_that_is_none_is_named(
    multigas_inventory: Inventory, shares: tuple[Fraction, Fraction], word: str
) -> None:
    population = Population.of(multigas_inventory, [2024])
    with pytest.raises(InputError) as refused:
        population.size_for(*map(Fraction, shares))
    assert word in refused.value.text()


def test_rows_may_be_drawn_as_densely_as_any_but_not_less_than_never(multigas_inventory: Inventory) -> None:
    population = Population.of(multigas_inventory, [2024])
    assert population.draw(2, 1, weights={"estimated": Fraction(1, 2)}).size == 2
    with pytest.raises(InputError) as refused:
        population.draw(2, 1, weights={"estimated": Fraction(0)})
    assert refused.value.code == "sample-weight"
