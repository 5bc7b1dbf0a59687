"""Which rows a verifier's sample takes, how large it is, and what its errors come to. All amounts are made up."""

from fractions import Fraction

import pandas as pd
import pytest

import hsesg_carbon as hc
from hsesg_carbon.findings import Where
from hsesg_carbon.verification.sampling import Item, Population, poisson_factor

F = Fraction

PUBLISHED = {  # risk of 5, 10, 20 and 50 %: AICPA Audit Guide "Audit Sampling", factors for 0, 1, 2, 5 and 20 errors,
    F(95, 100): ["3.00", "4.75", "6.30", "10.52", "29.07"],  # as a textbook reprints them, rounded up there
    F(90, 100): ["2.31", "3.89", "5.33", "9.28", "27.05"],
    F(80, 100): ["1.61", "3.00", "4.28", "7.91", "24.73"],
    F(50, 100): ["0.70", "1.68", "2.68", "5.68", "20.67"],
}


def item(name: str, amount: object, quality: str = "", checked: str = "primary") -> Item:
    return Item(name, 2024, "1", F(str(amount)), quality, checked, Where())


def population(*amounts: object) -> Population:
    return Population(tuple(item(f"r{place}", amount) for place, amount in enumerate(amounts)))


@pytest.mark.parametrize("confidence", PUBLISHED)
def test_confidence_factors_are_those_of_the_published_table(confidence: Fraction) -> None:
    for errors, printed in zip((0, 1, 2, 5, 20), PUBLISHED[confidence], strict=True):
        exact = poisson_factor(errors, confidence)
        assert 0 <= F(printed) - exact < F(1, 100), (errors, float(exact))


@pytest.mark.parametrize(
    ("threshold", "expected", "size"),
    [("5", "0", 60), ("10", "0", 30), ("5", "1", 95), ("5", "2", 184)],  # a textbook's table has 181 for the last
)
def test_the_size_is_that_of_monetary_unit_sampling(threshold: str, expected: str, size: int) -> None:
    """Whole errors in place of interpolated ones make it the same or slightly larger."""
    found = population(*range(1, 50)).size_for(F(threshold) / 100, F(95, 100), F(expected) / 100)
    assert found == size


def test_the_size_is_the_least_that_meets_its_own_condition() -> None:
    rows = population(*range(1, 50))
    size = rows.size_for(F(5, 100), F(95, 100), F(1, 100))
    errors = 1
    assert poisson_factor(errors, F(95, 100)) <= size * F(5, 100)
    assert poisson_factor(errors, F(95, 100)) > (size - 1) * F(5, 100)
    assert size * F(1, 100) <= errors
    assert rows.size_for(F(5, 100), F(95, 100)) * F(1, 100) > 0  # no error allowed would be too few


def test_credits_make_the_sample_larger_because_less_is_tolerable() -> None:
    plain, with_credit = population(60, 40), population(80, -20)
    assert with_credit.net == 60
    assert with_credit.gross == 100
    assert plain.size_for(F(5, 100), F(95, 100)) == 60
    assert with_credit.size_for(F(5, 100), F(95, 100)) == 100  # 2.995733 / (0.05 x 60 / 100), rounded up


@pytest.mark.parametrize(
    ("threshold", "confidence", "expected", "code"),
    [
        (F(0), F(95, 100), F(0), "share-out-of-range"),
        (F(5, 100), F(1), F(0), "share-out-of-range"),
        (F(5, 100), F(95, 100), F(5, 100), "sample-expected"),
        (F(5, 100), F(95, 100), F(-1, 100), "sample-expected"),
        (F(5, 10000), F(95, 100), F(499, 1000000), "sample-too-large"),
    ],
)
def test_sizes_that_mean_nothing_are_refused(
    threshold: Fraction, confidence: Fraction, expected: Fraction, code: str
) -> None:
    with pytest.raises(hc.InputError) as error:
        population(1, 2).size_for(threshold, confidence, expected)
    assert error.value.code == code
    assert error.value.text("zh") != error.value.text("en")


def test_large_rows_are_certain_and_the_interval_shrinks_without_them() -> None:
    sample = population(700, 100, 100, 50, 50).draw(size=3, seed=1)
    assert [one.item.activity_id for one in sample.drawn if one.certain] == ["r0"]  # 700 >= 1000 / 3
    assert sample.interval == 150  # 300 left, two draws left: r1 and r2 stay below it
    assert len(sample.drawn) == 3
    assert sample.drawn[1].chance in {F(100, 150), F(50, 150)}


def test_a_row_of_exactly_the_interval_is_certain() -> None:
    sample = population(50, 25, 25).draw(size=2, seed=3)
    assert sample.drawn[0].certain
    assert sample.interval == 50


def test_a_sample_of_more_rows_than_there_are_takes_them_all() -> None:
    sample = population(5, 4, "0.001").draw(size=50, seed=3)
    assert [one.chance for one in sample.drawn] == [1, 1, 1]
    assert sample.interval is None


def test_a_credit_is_drawn_like_the_emissions_that_it_takes_back() -> None:
    sample = population(-700, 100, 100, 50, 50).draw(size=3, seed=1)
    assert sample.drawn[0].item.t_co2e == -700
    assert sample.drawn[0].certain


def test_the_same_seed_draws_the_same_rows_for_ever() -> None:
    """Literal ids: a change of the hashing or of the order would void samples that people have drawn."""
    sample = population(*range(1, 41)).draw(size=6, seed=2024)
    assert [one.item.activity_id for one in sample.drawn] == SEED_2024
    assert population(*range(1, 41)).draw(size=6, seed=2025).drawn != sample.drawn


SEED_2024 = ["r37", "r34", "r32", "r10", "r9", "r3"]


def test_every_stratum_is_drawn_from_in_proportion_to_its_emissions() -> None:
    rows = [item(f"e{n}", 1, "estimated") for n in range(40)]
    rows += [item(f"m{n}", 1, "measured") for n in range(20)]
    rows += [item(f"w{n}", 1, "measured", "inferred") for n in range(20)]
    for seed in range(20):
        strata = Population(tuple(rows)).draw(size=8, seed=seed).strata()
        assert [(quality, checked, items, drawn) for quality, checked, items, _, drawn in strata] == [
            ("estimated", "primary", 40, 4),
            ("measured", "inferred", 20, 2),
            ("measured", "primary", 20, 2),
        ]


def test_weights_draw_denser_and_are_stated() -> None:
    rows = Population((*(item(f"e{n}", 1, "estimated") for n in range(20)), *(item(f"m{n}", 1) for n in range(20))))
    strata = rows.draw(size=8, seed=1, weights={"estimated": F(3)}).strata()
    assert [(quality, drawn) for quality, _, _, _, drawn in strata] == [("estimated", 6), ("", 2)]
    assert rows.draw(size=8, seed=1, weights={"estimated": F(3)}).as_json()["weights"] == {"estimated": "3"}


@pytest.mark.parametrize(
    ("weights", "size", "code"),
    [
        ({"guessed": F(2)}, 3, "sample-weight-word"),
        ({"estimated": F(0)}, 3, "sample-weight"),
        ({}, 0, "sample-size"),
    ],
)
def test_draws_that_mean_nothing_are_refused(weights: dict[str, Fraction], size: int, code: str) -> None:
    with pytest.raises(hc.InputError) as error:
        population(1, 2).draw(size, 1, weights)
    assert error.value.code == code


def test_errors_are_projected_by_the_chance_of_their_row() -> None:
    sample = population(700, 100, 100, 50, 50).draw(size=3, seed=1)
    audited = {one.item.key: one.item.t_co2e for one in sample.drawn}
    assert [(one.known, one.further) for one in sample.projected(audited)] == [(0, 0)]
    audited["r0", 2024] -= 7  # certain: counts once
    other = sample.drawn[1]
    audited[other.item.key] -= 10  # a tenth of a row, or a fifth: stands for as much of an interval of 150
    (found,) = sample.projected(audited)
    assert (found.scope, found.year, found.known) == ("1", 2024, 17)
    assert found.known + found.further == 7 + 150 * F(10) / other.item.t_co2e


def test_results_of_another_sample_are_refused_with_the_rows_that_differ() -> None:
    sample = population(700, 100, 100, 50, 50).draw(size=3, seed=1)
    with pytest.raises(hc.InputError) as error:
        sample.projected({("r0", 2024): F(1), ("zz", 2024): F(1)})
    assert error.value.code == "sample-results"
    assert error.value.data["surplus"] == "zz (2024)"
    assert error.value.data["missing"].count("(2024)") == 2


# ------------------------------------------------------------------------------------- rows of an inventory


def inventory(rows: list[dict[str, object]], method: str = "hundsun-2024") -> hc.Inventory:
    activities = hc.Activities(pd.DataFrame([{"site": "hq", "region": "CN", **row} for row in rows]))
    plan = hc.Plan.compile(activities, hc.FactorLibrary.shipped(), hc.Methodology.shipped(method))
    return hc.Inventory(plan.run(activities))


def bill(name: str, quantity: str, period: str = "2024", **more: object) -> dict[str, object]:
    return {
        "activity_id": name,
        "period": period,
        "activity": "electricity.grid",
        "quantity": quantity,
        "unit": "kWh",
        **more,
    }


def test_rows_of_one_cell_share_its_emissions_exactly() -> None:
    made = inventory([bill("a", "1000.123456", quality="estimated"), bill("b", "0.000001"), bill("c", "7", "2023")])
    rows = Population.of(made)
    assert {one.activity_id: one.t_co2e for one in rows.items}["b"] == F("0.5366") / 1000 / 10**6
    assert rows.net == made.total().value
    assert [one.quality for one in rows.items] == ["estimated", "", ""]
    assert {one.checked for one in rows.items} == {"two-transcriptions"}
    assert [one.activity_id for one in Population.of(made, [2023]).items] == ["c"]


def test_a_bill_across_two_years_is_two_items() -> None:
    made = inventory([bill("a", "60", "2023-12-02/2024-01-30"), bill("b", "1", "2024-06")])
    rows = Population.of(made)
    assert [(one.activity_id, one.year) for one in rows.items] == [("a", 2023), ("a", 2024), ("b", 2024)]
    assert rows.net == made.total().value
    assert rows.items[0].t_co2e == rows.items[1].t_co2e == F("0.5366") * 30 / 1000


def test_a_bill_and_its_credit_are_both_drawn_although_they_cancel() -> None:
    made = inventory([bill("a", "500"), bill("credit", "-500", credit="yes")])
    rows = Population.of(made)
    assert rows.net == 0
    assert rows.gross == F("0.5366")
    with pytest.raises(hc.InputError) as error:
        rows.size_for(F(5, 100), F(95, 100))  # nothing is tolerable of a total of nothing
    assert error.value.code == "sample-too-large"


def test_rows_that_emit_nothing_are_named_not_dropped() -> None:
    sites = (hc.Site(id="hq"), hc.Site(id="let", control=()))
    made = inventory([bill("a", "500"), bill("zero", "0"), bill("tenant", "9", site="let")])
    counted = hc.Inventory(made.ledger, hc.Boundary("all", sites, "operational-control"))
    assert Population.of(counted).silent == (("zero", 2024), ("tenant", 2024))
    assert Population.of(made).silent == (("zero", 2024),)


def test_nothing_to_draw_from_is_said() -> None:
    with pytest.raises(hc.InputError) as error:
        Population.of(inventory([bill("a", "500")]), [2020])
    assert error.value.code == "sample-nothing"


def test_an_id_in_two_batches_is_refused() -> None:
    made = inventory([bill("a", "500")])
    other = hc.Activities(pd.DataFrame([{"site": "hq", "region": "CN", **bill("a", "1")}]))
    ledger = made.ledger + made.ledger.plan.run(other)
    with pytest.raises(hc.InputError) as error:
        Population.of(hc.Inventory(ledger))
    assert error.value.code == "activity-id-repeated"


def test_weights_of_quality_and_of_checking_multiply() -> None:
    """Six rows of 1 t, weighed 2 x 3, 2, 3 and 1: 6 + 2 + 3 + 3 make 14, of which a draw of 2 takes every 7th."""
    rows = Population(
        (
            item("both", 1, "estimated", "inferred"),
            item("one", 1, "estimated"),
            item("other", 1, "measured", "inferred"),
            *(item(f"plain{at}", 1, "measured") for at in range(3)),
        )
    )
    sample = rows.draw(size=2, seed=1, weights={"estimated": F(2), "inferred": F(3)})
    assert sample.interval == 7


@pytest.mark.parametrize(
    ("threshold", "confidence", "named"), [("0", "0.95", "threshold"), ("0.05", "1", "confidence")]
)
def test_a_share_that_is_out_of_range_is_named(threshold: str, confidence: str, named: str) -> None:
    with pytest.raises(hc.InputError) as error:
        population(1, 2).size_for(F(threshold), F(confidence))
    assert error.value.data["name"] == named


def test_results_that_only_lack_rows_or_only_have_too_many_say_so() -> None:
    sample = population(700).draw(size=1, seed=1)
    for audited, told in (({}, ("r0 (2024)", "–")), ({("r0", 2024): F(1), ("x", 2024): F(1)}, ("–", "x (2024)"))):
        with pytest.raises(hc.InputError) as error:
            sample.projected(audited)
        assert (error.value.data["missing"], error.value.data["surplus"]) == told


@pytest.mark.parametrize(("years", "told"), [([2021, 2020], [2020, 2021]), (None, ["–"])])
def test_the_years_with_nothing_to_draw_from_are_named(years: list[int] | None, told: list[object]) -> None:
    made = inventory([bill("a", "500" if years else "0")])
    with pytest.raises(hc.InputError) as error:
        Population.of(made, years)
    assert error.value.data["years"] == told


def test_rows_that_emit_nothing_stand_in_the_document() -> None:
    sample = Population.of(inventory([bill("a", "500"), bill("zero", "0")])).draw(size=1, seed=1)
    assert sample.as_json()["population"]["silent"] == [{"activity_id": "zero", "year": 2024}]
