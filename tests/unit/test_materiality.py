"""The schedule of differences: what is printed against the inventory, by kind, net and gross, against a threshold."""

from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

import hsesg_carbon as hc
from hsesg_carbon.methodology import PropertyChoice
from hsesg_carbon.verification.materiality import Schedule
from hsesg_carbon.verification.sampling import Population, Projection

from .test_sampling import bill, inventory

F = Fraction
FIVE = F(5, 100)

ROWS = [  # made up: 1,000 MWh are 536.6 t; 100,000 m3 of gas are 218.40291 t
    bill("e", "1000000"),
    bill("g", "100000", activity="stationary.natural_gas", unit="m3"),
]


def table(scope1: str = "218.40", scope2: str = "536.60", total: str = "755.00", **more: str) -> hc.ReportedTable:
    cells = {"ghg.scope1": scope1, "ghg.scope2": scope2, "ghg.total": total}
    rows = [{"id": one, "unit": "tCO2e", "cells": {"2024": text}} for one, text in cells.items()]
    rows += [{"id": f"energy.{one}", "unit": unit, "cells": {"2024": text}} for one, (text, unit) in more.items()]
    return hc.ReportedTable.of(rows, ["2024"])


def schedule(
    reported: hc.ReportedTable, threshold: Fraction = FIVE, made: hc.Inventory | None = None, sampled: tuple = ()
) -> Schedule:
    made = made or inventory(ROWS)
    return Schedule.of(reported, made, hc.verify(reported, made), threshold, sampled)


def entries(found: Schedule) -> list[tuple[str, str, Fraction]]:
    return [(one.row, one.kind, one.amount) for one in found.differences]


def sums(found: Schedule) -> dict[str, tuple[Fraction, Fraction]]:
    return {one.row: (one.net, one.gross) for one in found.sums}


def test_rounding_is_no_difference() -> None:
    found = schedule(table())
    assert entries(found) == []
    assert [one.agrees for one in found.lines] == [True, True, True]
    assert found.lines[0].difference == F("218.40") - F("218.40291")  # still stated, exactly
    assert sums(found) == dict.fromkeys(("ghg.scope1", "ghg.scope2", "ghg.total"), (0, 0))
    assert found.undone is None


def test_a_difference_is_exact_and_measured_by_the_recomputed_amount() -> None:
    found = schedule(table(scope2="540.00", total="758.40"))
    assert entries(found) == [("ghg.scope2", "factual", F("3.4"))]
    scope2 = next(one for one in found.sums if one.row == "ghg.scope2")
    assert scope2.percent(scope2.net) == F("3.4") / F("536.6") * 100
    assert sums(found)["ghg.total"] == (F("3.4"), F("3.4"))  # the total is off by its scope, and no more


def test_differences_of_opposite_sign_make_up_for_each_other_net_but_not_gross() -> None:
    found = schedule(table(scope1="228.40", scope2="526.60"))
    assert entries(found) == [("ghg.scope1", "factual", F("228.40") - F("218.40291")), ("ghg.scope2", "factual", -10)]
    net, gross = sums(found)["ghg.total"]
    assert net == F("-0.00291")
    assert gross == F("19.99709")


def test_what_a_total_is_off_beyond_its_scopes_is_an_entry_of_its_own() -> None:
    found = schedule(table(scope2="546.60", total="800.00"))
    total = F("800") - F("218.40291") - F("536.6")
    assert entries(found) == [("ghg.scope2", "factual", 10), ("ghg.total", "factual", total - 10)]
    assert sums(found)["ghg.total"] == (total, total)


def test_errors_that_only_the_total_does_not_show_are_undone_there() -> None:
    """Both scopes are 10 t too high, the total is right: net nothing, gross 40 t."""
    found = schedule(table(scope1="228.40291", scope2="546.60"))
    assert entries(found) == [
        ("ghg.scope1", "factual", 10),
        ("ghg.scope2", "factual", 10),
        ("ghg.total", "factual", -20),
    ]
    assert sums(found)["ghg.total"] == (0, 40)


@pytest.mark.parametrize(("threshold", "exceeds"), [("0.9999", True), ("1", False), ("1.0001", False)])
def test_exceeding_is_strict(threshold: str, exceeds: bool) -> None:
    """541.966 is 1 % above 536.6: at 1 % it does not exceed."""
    found = schedule(table(scope2="541.966", total="760.369"), F(threshold) / 100)
    scope2 = next(one for one in found.sums if one.row == "ghg.scope2")
    assert scope2.net == F("5.366")
    assert (scope2.net_exceeds, scope2.gross_exceeds) == (exceeds, exceeds)


def test_a_sum_may_exceed_gross_and_not_net() -> None:
    found = schedule(table(scope1="238.40", scope2="516.60"), F(5, 100))
    total = next(one for one in found.sums if one.row == "ghg.total")
    assert (total.net_exceeds, total.gross_exceeds) == (False, True)  # 0.00 and 40 of 755 t: 5.3 %


def test_another_vintage_of_a_factor_makes_a_difference_judgemental() -> None:
    """556.8 t is 1,000 MWh at 0.5568 kg/kWh, the national average of 2021."""
    found = schedule(table(scope2="556.80", total="775.20"))
    (one,) = found.differences
    assert (one.kind, one.amount) == ("judgemental", F("20.2"))
    assert one.number == "mee2021.electricity.cn.average"


def test_another_published_heating_value_makes_a_difference_judgemental(library: hc.FactorLibrary) -> None:
    """Gas at 35.544 MJ/m3, as other Chinese accounts count it, in place of 38.931."""
    found = schedule(table(scope1="199.40", total="736.00"))
    (one,) = found.differences
    assert one.kind == "judgemental"
    assert library.find(one.number).property == "ncv"  # type: ignore[union-attr]


def test_another_gwp_set_makes_a_difference_judgemental(multigas_library: hc.FactorLibrary) -> None:
    import pandas as pd

    from hsesg_carbon.methodology import Methodology
    from tests.conftest import FIXTURES

    row = bill("g", "1000000", activity="stationary.natural_gas", unit="m3") | {"site": "hq", "region": "CN"}
    acts = hc.Activities(pd.DataFrame([row]), library=multigas_library)
    plan = hc.Plan.compile(acts, multigas_library, Methodology.load(FIXTURES / "multigas.toml"))
    made = hc.Inventory(plan.run(acts))
    assert made.gwp != "SAR"
    printed = str(made.seen(gwp="SAR").total().rounded(3))
    assert printed != str(made.total().rounded(3))
    rows = [{"id": "ghg.scope1", "unit": "tCO2e", "cells": {"2024": printed}}]
    reported = hc.ReportedTable.of(rows, ["2024"])
    (one,) = Schedule.of(reported, made, hc.verify(reported, made, library=multigas_library), FIVE).differences
    assert (one.kind, one.number) == ("judgemental", "SAR")


def test_no_published_number_makes_a_factual_difference() -> None:
    (one,) = schedule(table(scope2="577.77", total="796.17")).differences
    assert (one.kind, one.number) == ("factual", "")


def test_what_an_explanation_undoes_is_shown_undone() -> None:
    found = schedule(table(scope2="563.60", electricity=("1,000,000", "kWh")))  # 6 and 3 put for each other
    assert entries(found)[0] == ("ghg.scope2", "factual", 27)
    assert found.undone is not None
    assert found.undone.differences == ()
    assert [one.printed for one in found.undone.lines] == ["218.40", "536.6", "755.00"]


def test_bounds_and_ranges_differ_by_what_lies_between() -> None:
    found = schedule(table(scope1=">300", scope2="500 – 530", total="不适用"))
    assert entries(found) == [
        ("ghg.scope1", "factual", F("300") - F("218.40291")),
        ("ghg.scope2", "factual", F("530.5") - F("536.6")),
    ]
    assert found.missing == (("ghg.total", "2024", "report"),)


def test_only_what_both_sides_have_is_compared_and_the_rest_is_named() -> None:
    cells = {"2023": "5", "2024": "218.40"}
    rows = [{"id": "ghg.scope1", "unit": "tCO2e", "cells": cells}, {"id": "ghg.total", "unit": "MWh", "cells": cells}]
    found = schedule(hc.ReportedTable.of(rows, ["2023", "2024"]))
    assert [(one.row, one.period) for one in found.lines] == [("ghg.scope1", "2024")]
    assert found.missing == (
        ("ghg.scope1", "2023", "inventory"),
        ("ghg.scope2", "2024", "report"),
        ("ghg.total", "2024", "report"),
    )


def test_kilograms_are_compared_as_tonnes() -> None:
    rows = [{"id": "ghg.scope2", "unit": "kgCO2e", "cells": {"2024": "53.65万"}}]
    found = schedule(hc.ReportedTable.of(rows, ["2024"]))
    assert found.lines[0].reported == F("536.5")
    assert entries(found) == [("ghg.scope2", "factual", F("-0.1"))]  # 536.45 to 536.55 t


def test_a_sample_adds_its_known_and_its_projected_errors() -> None:
    found = schedule(table(), sampled=(Projection("2", 2024, F(3), F(20)), Projection("3", 2024, F(1), F(0))))
    assert entries(found) == [
        ("ghg.scope2", "factual", 3),
        ("ghg.scope2", "projected", 20),
        ("ghg.total", "factual", 1),
    ]
    assert sums(found) == {"ghg.scope1": (0, 0), "ghg.scope2": (23, 23), "ghg.total": (24, 24)}
    with pytest.raises(hc.InputError) as error:
        schedule(table(), sampled=(Projection("2", 2020, F(3), F(20)),))
    assert error.value.code == "schedule-sample-year"


def test_entries_add_up_to_the_difference_of_the_total() -> None:
    found = schedule(table(scope1="300.00", scope2="500.00", total="900.00"))
    (total,) = [one for one in found.lines if one.row == "ghg.total"]
    assert sum(one.amount for one in found.differences) == total.difference


@pytest.mark.parametrize("threshold", [F(0), F(1), F(-1, 20), F(5)])
def test_a_threshold_is_a_share(threshold: Fraction) -> None:
    with pytest.raises(hc.InputError) as error:
        schedule(table(), threshold)
    assert error.value.code == "share-out-of-range"


def test_nothing_to_compare_is_said() -> None:
    rows = [{"id": "energy.petrol", "unit": "L", "cells": {"2024": "5"}}]
    with pytest.raises(hc.InputError) as error:
        schedule(hc.ReportedTable.of(rows, ["2024"]))
    assert error.value.code == "schedule-nothing"


def test_json_holds_exact_text() -> None:
    document = schedule(table(scope2="540.00", total="758.40")).as_json()
    assert document["threshold_percent"] == "5"
    assert document["entries"] == [
        {
            "id": "ghg.scope2",
            "period": "2024",
            "kind": "factual",
            "amount": "3.4",
            "source": "printed",
            "number": "",
            "percent": "0.633619083116",
            "percent_of_total": "0.450329390121",
        }
    ]


def test_the_errors_of_a_drawn_sample_reach_the_schedule() -> None:
    made = inventory([*ROWS, bill("e2", "10000"), bill("e3", "10000")])
    sample = Population.of(made).draw(size=3, seed=5)
    audited = {one.item.key: one.item.t_co2e * F(9, 10) for one in sample.drawn}
    found = schedule(table(), made=made, sampled=sample.projected(audited))
    kinds = {(one.row, one.kind): one.amount for one in found.differences if one.source == "sample"}
    assert kinds["ghg.scope1", "factual"] == F("21.840291")
    assert kinds["ghg.scope2", "factual"] + kinds["ghg.scope2", "projected"] == F("54.7332")


def test_a_heating_value_per_mass_is_no_other_one_of_gas_by_volume() -> None:
    """48.0 MJ/kg over 38.931 MJ/m3 would give 269.28 t: as numbers alone, and of nothing."""
    (one,) = schedule(table(scope1="269.28", total="805.88")).differences
    assert (one.kind, one.number) == ("factual", "")


def test_a_number_that_divides_is_exchanged_the_other_way_round(tmp_path: Path) -> None:
    """
    Petrol by mass, burnt by volume: t / (0.737 t/m3) x GJ/m3 x 69.3 kgCO2/GJ.

    At 0.753 t/m3, the density of another grade, the same tonnes are fewer litres.
    """
    (tmp_path / "sources.toml").write_text(
        '[own]\ntitle = "Own"\npublisher = "us"\nlicence = "own"\nlicence_class = "own"\n', encoding="utf-8"
    )
    (tmp_path / "own.csv").write_text(
        "id,subject,property,value,unit,basis,region,source,locator,checked\n"
        "own.petrol.ncv,petrol,ncv,32,GJ/m3,net,CN,own,x,primary\n",
        encoding="utf-8",
    )
    library = hc.FactorLibrary.shipped().overlay(tmp_path)
    method = hc.Methodology.shipped("hundsun-2024")
    grades = [PropertyChoice(property="ncv", id="own.petrol.ncv")]
    grades.append(PropertyChoice(property="density", id="cn-practice.petrol95.density"))
    use = method.use[2].model_copy(update={"activity": "mobile.petrol", "properties": tuple(grades)})
    energy = [one for one in method.use if one.activity not in {"*.petrol", "mobile.petrol"}]
    method = method.model_copy(update={"use": (use, *energy)})
    rows = [{"site": "hq", "region": "CN", **bill("p", "1000", activity="mobile.petrol", unit="t")}]
    acts = hc.Activities(pd.DataFrame(rows), library=library)
    made = hc.Inventory(hc.Plan.compile(acts, library, method).run(acts))
    assert made.total().value == 1000 / F("0.737") * 32 * F("69.3") / 1000
    other = made.total().value * F("0.737") / F("0.753")
    reported = hc.ReportedTable.of(
        [{"id": "ghg.scope1", "unit": "tCO2e", "cells": {"2024": f"{float(other):.2f}"}}], ["2024"]
    )
    (one,) = Schedule.of(reported, made, hc.verify(reported, made, library=library), FIVE).differences
    assert (one.kind, one.number) == ("judgemental", "cn-practice.petrol98.density")


def test_a_total_with_scope_3_is_not_held_to_an_inventory_without_it() -> None:
    """Its scopes are; what they are of a total that nobody recomputed is not said."""
    more = {"ghg.scope3": "100.00", "ghg.scope2": "540.00", "ghg.scope1": "218.40", "ghg.total": "858.40"}
    reported = hc.ReportedTable.of(
        [{"id": one, "unit": "tCO2e", "cells": {"2024": text}} for one, text in more.items()], ["2024"]
    )
    found = schedule(reported)
    assert found.missing == (("ghg.scope3", "2024", "inventory"), ("ghg.total", "2024", "inventory"))[1:]
    (entry,) = found.as_json()["entries"]
    assert (entry["id"], entry["amount"], entry["percent_of_total"]) == ("ghg.scope2", "3.4", None)
