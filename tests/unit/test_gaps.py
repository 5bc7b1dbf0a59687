"""Which months bills cover, and how gaps are filled: by hand-computed figures, all of them made up."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest

from hsesg_carbon.errors import InputError
from hsesg_carbon.gaps import Fill, GapFilling, GapRules, Method, half_width
from hsesg_carbon.monitoring import Weather
from hsesg_carbon.months import Expected, SeriesKey
from hsesg_carbon.periods import Period
from hsesg_carbon.sites import Site
from tests.billed import GRID, bill, filling, matrix, months, statuses, steady

# ------------------------------------------------------------------------------------------- completeness


def test_a_year_of_monthly_bills_is_complete() -> None:
    found = matrix(steady(*months(2023)), 2023)
    assert set(statuses(found).values()) == {"complete"}
    assert not found.findings
    assert not list(found.missing())


def test_a_bill_of_a_whole_year_covers_its_months() -> None:
    assert set(statuses(matrix([bill("2023")], 2023)).values()) == {"complete"}


def test_every_kind_of_month_is_told_apart() -> None:
    bills = [
        *(one for one in steady(*months(2023)) if one.period.start.month not in {3, 5, 7, 9}),
        bill("2023-05-01/2023-05-20"),
        bill("2023-07"),
        bill("2023-07-30/2023-07-31"),
        bill("2023-09", quality="estimated"),
    ]
    found = {one.month.label: one for one in matrix(bills, 2023).matrix}
    kept = {
        label: (one.status, one.days, one.of, one.twice) for label, one in found.items() if one.status != "complete"
    }
    assert kept == {
        "2023-03": ("missing", 0, 31, 0),
        "2023-05": ("partial", 20, 31, 0),
        "2023-07": ("overlapping", 31, 31, 2),
        "2023-09": ("estimated", 30, 30, 0),
    }


def test_a_credit_note_is_no_second_bill() -> None:
    bills = [*steady(*months(2023)), bill("2023-04", -20)]
    assert statuses(matrix(bills, 2023))["2023-04"] == "complete"


def test_fuel_is_bought_in_many_bills_and_power_is_not() -> None:
    twice = steady("2023-01", activity="mobile.petrol") * 2
    assert statuses(matrix(twice, 2023))["2023-01"] == "complete"
    power = [bill("2023-01", count=2)]
    assert statuses(matrix(power, 2023))["2023-01"] == "overlapping"
    assert [one.code for one in matrix(power, 2023).findings] == ["bills-overlap"]


def test_a_year_beside_its_months_is_not_told_a_second_time() -> None:
    found = matrix([bill("2023"), *steady(*months(2023))], 2023)
    assert set(statuses(found).values()) == {"overlapping"}
    assert not found.findings  # "periods-within-periods" says it


def test_nothing_is_expected_of_a_site_before_it_joins_or_after_it_leaves() -> None:
    site = Site.model_validate({"id": "hq", "region": "CN", "from": date(2023, 3, 16), "to": date(2023, 10, 31)})
    bills = [bill("2023-03-16/2023-03-31"), *steady(*months(2023)[3:9]), *steady("2023-12", site="other")]
    found = matrix(bills, 2023, sites=[site, Site(id="other", region="CN")])
    told = statuses(found)
    assert [told[one] for one in ("2023-01", "2023-03", "2023-10", "2023-11")] == [
        "not-expected", "complete", "missing", "not-expected",
    ]  # fmt: skip
    assert [one.of for one in found.matrix if one.key.site == "hq"][2] == 16


def test_a_heating_season_is_complete_without_bills_in_summer() -> None:
    heat = [bill(one, activity="heat.purchased", unit="GJ") for one in ("2023-01", "2023-02", "2023-11", "2023-12")]
    heat.append(bill("2023-03-01/2023-03-15", activity="heat.purchased", unit="GJ"))
    season = Expected(activity="heat.*", season="11-15/03-15", note="city heating")
    told = statuses(matrix(heat, 2023, exceptions=[season]))
    assert {one for one, status in told.items() if status == "complete"} == {
        "2023-01", "2023-02", "2023-03", "2023-11", "2023-12",
    }  # fmt: skip
    assert set(told.values()) == {"complete", "not-expected"}
    march = matrix(heat, 2023, exceptions=[season]).cell(SeriesKey("hq", "heat.purchased", ""), Period.parse("2023-03"))
    assert march is not None
    assert (march.days, march.of) == (15, 15)
    assert statuses(matrix(heat, 2023))["2023-07"] == "missing"


@pytest.mark.parametrize("season", ["winter", "13/03", "11-31/03", "00/02", ""])
def test_a_season_that_is_none_is_refused(season: str) -> None:
    with pytest.raises(InputError):
        Expected(activity="heat.*", season=season, note="x").check()


def test_nothing_is_expected_before_a_contract_or_where_bills_come_when_they_come() -> None:
    stated = Expected.model_validate({"activity": GRID, "first_day": date(2023, 3, 16), "note": "contract"})
    stated.check()
    found = matrix([bill("2023-03-16/2023-03-31"), *steady(*months(2023)[3:10])], 2023, exceptions=[stated])
    told = statuses(found)
    assert [told[one] for one in ("2023-02", "2023-03", "2023-04", "2023-10")] == [
        "not-expected", "complete", "complete", "complete",
    ]  # fmt: skip
    never = Expected(activity="mobile.*", season="none", note="bought when the tank is empty")
    fuel = [bill("2023-05", activity="mobile.petrol", unit="L"), *steady(*months(2023))]
    cells = [one for one in matrix(fuel, 2023, exceptions=[never]).matrix if one.key.activity == "mobile.petrol"]
    assert {one.month.label for one in cells if one.status != "not-expected"} == {"2023-05"}
    assert not matrix(fuel, 2023, exceptions=[never]).findings


def test_a_contract_that_ends_before_it_begins_is_refused() -> None:
    days = {"first_day": date(2023, 3, 2), "last_day": date(2023, 3, 1)}
    with pytest.raises(InputError) as raised:
        Expected.model_validate({"activity": "*", "note": "x", **days}).check()
    assert (raised.value.code, raised.value.data["end"]) == ("period-reversed", date(2023, 3, 1))


def test_refills_of_refrigerant_are_expected_in_no_month() -> None:
    found = matrix([bill("2023-05", activity="refrigerant.r410a", unit="kg"), *steady(*months(2023))], 2023)
    told = {one.month.label: one.status for one in found.matrix if one.key.activity != GRID}
    assert {one for one, status in told.items() if status != "not-expected"} == {"2023-05"}
    assert not found.findings


def test_a_meter_that_took_anothers_place_leaves_no_gap() -> None:
    bills = [*steady(*months(2023)[:6], meter="old"), *steady(*months(2023)[6:], meter="new")]
    found = matrix(bills, 2023)
    assert not found.findings
    assert not list(found.missing())
    assert statuses(found, meter="old")["2023-07"] == "not-expected"


def test_a_meter_that_falls_silent_beside_another_is_named() -> None:
    bills = [*steady(*months(2023), meter="a"), *steady(*months(2023)[:9], meter="b")]
    (one,) = matrix(bills, 2023).findings
    assert (one.code, one.data["meter"], one.data["months"]) == ("bills-missing", "b", ["2023-10–2023-12"])


def test_bills_without_a_meter_cover_the_gaps_of_one() -> None:
    bills = [*steady(*months(2023)[:6], meter="a"), *steady(*months(2023)[6:])]
    assert not list(matrix(bills, 2023).missing())


def test_months_after_the_last_bill_of_all_sites_are_not_looked_at() -> None:
    found = matrix([*steady(*months(2023)), *steady("2024-01", "2024-02", site="lab")], 2023, 2024)
    assert found.months[-1].label == "2024-02"
    assert statuses(found)["2024-02"] == "missing"


def test_a_whole_year_that_is_missing_at_one_site_is_named() -> None:
    bills = [*steady(*months(2022), *months(2024)), *steady(*months(2022, 2023, 2024), site="lab")]
    (one,) = matrix(bills, 2022, 2023, 2024).findings
    assert (one.data["site"], one.data["months"]) == ("hq", ["2023-01–2023-12"])


def test_carriers_that_a_site_does_not_have_are_in_the_matrix_as_not_expected() -> None:
    bills = [
        *steady(*months(2023)),
        *[bill(one, site="lab", activity="heat.purchased", unit="GJ") for one in months(2023)],
    ]
    rows = matrix(bills, 2023).rows()
    absent = [one for one in rows if (one["site"], one["carrier"]) == ("hq", "heat")]
    assert len(absent) == 12
    assert {one["status"] for one in absent} == {"not-expected"}


# ------------------------------------------------------------------------------------------- the methods


def without(labels: list[str], *gone: str) -> list[str]:
    return [one for one in labels if one not in gone]


def only(found: GapFilling) -> Fraction:
    (one,) = found.filled
    return one.quantity


def test_interpolation_goes_by_day_from_middle_to_middle() -> None:
    bills = [*steady("2023-01", per_day=10), *steady("2023-03", per_day=16)]
    # from the middle of January (16th) to that of March (16th) are 59 days, to that of February (14.5th) 29.5
    (one,) = filling(bills, [2023], "interpolation").filled
    assert one.quantity == 13 * 28
    assert one.id == f"gap:hq:{GRID}:2023-02"
    assert [one.cells()[name] for name in ("quantity", "quality")] == ["364", "estimated"]
    assert "2023-01 (10 kWh/day)" in one.note["en"]
    assert "2023-03每天16 kWh" in one.note["zh"]


def test_interpolation_needs_a_neighbour_on_both_sides_and_no_other_method_steps_in() -> None:
    bills = [*steady("2023-02", "2023-03"), *steady("2023-03", site="lab")]
    with pytest.raises(InputError) as error:
        _ = filling(bills, [2023], "interpolation", site="hq").filled
    assert error.value.code == "gaps-broken"
    assert "known month on both sides" in error.value.text()
    assert "前后" in error.value.text("zh")


def test_same_month_last_year_is_scaled_by_the_months_of_both_years() -> None:
    bills = [*steady(*months(2022), per_day=10), *steady(*without(months(2023), "2023-06"), per_day=12)]
    bills = [one for one in bills if one.period.label != "2022-06"] + steady("2022-06", per_day=20)
    assert only(filling(bills, [2022, 2023], "same-month-last-year")) == 24 * 30


def test_same_month_last_year_without_that_month_is_an_error() -> None:
    bills = steady(*without(months(2023), "2023-06"))
    with pytest.raises(InputError, match="2022-06 is not known"):
        _ = filling(bills, [2023], "same-month-last-year").filled


def test_per_area_takes_what_the_other_sites_used_per_square_metre() -> None:
    bills = [
        *steady(*without(months(2023), "2023-06"), per_day=7),
        *steady(*months(2023), per_day=20, site="a"),
        *steady(*months(2023), per_day=40, site="b"),
    ]
    found = filling(bills, [2023], "per-area", areas={"hq": 100, "a": 1000, "b": 2000})
    assert only(found) == 2 * 30  # 60 a day on 3000 m2, so 2 a day on 100 m2
    with pytest.raises(InputError, match="has no floor_area of 2023"):
        _ = filling(bills, [2023], "per-area", areas={"a": 1000}).filled


def test_a_meter_that_nothing_is_expected_of_does_not_keep_its_site_from_being_a_peer() -> None:
    bills = [
        *steady(*without(months(2023), "2023-06"), per_day=7),
        *steady(*months(2023)[:6], per_day=20, site="a", meter="old"),
        *steady(*months(2023)[6:], per_day=30, site="a", meter="new"),
    ]
    found = filling(bills, [2023], "per-area", areas={"hq": 100, "a": 1000})
    assert only(found) == 2 * 30  # what the old meter read in June


def test_with_few_months_of_its_own_a_site_takes_the_error_of_its_peers_among_themselves() -> None:
    areas = {"hq": 100, "a": 1000, "b": 2000, "c": 1000}
    bills = steady("2023-05", per_day=2)
    for site, per_day in (("a", 20), ("b", 40), ("c", 20)):
        bills += steady(*months(2023)[:6], per_day=per_day, site=site)
    *_, one = filling(bills, [2023], "per-area", areas=areas, site="hq").filled
    assert (one.quantity, one.half_width) == (60, 0)  # each uses what the others say: 0.02 a day per m2
    bills[-1] = bill("2023-06", 660, site="c")
    *_, one = filling(bills, [2023], "per-area", areas=areas, site="hq").filled
    # per m2 of June, the others against a site itself: 1860/3000 and 0.6, 1260/2000 and 0.6, 1800/3000 and 0.66
    pairs = [(Fraction(62), Fraction(60)), (Fraction(63), Fraction(60)), (Fraction(60), Fraction(66))]
    assert one.half_width == half_width(pairs)
    *_, one = filling([one for one in bills if one.cell.site in {"hq", "a"}], [2023], "per-area", areas=areas).filled
    assert (one.quantity, one.half_width) == (60, None)  # one peer alone has none to be tried on


def test_per_area_says_nothing_of_one_of_two_meters() -> None:
    bills = [
        *steady(*without(months(2023), "2023-06"), meter="1"),
        *steady(*months(2023), meter="2"),
        *steady(*months(2023), site="a"),
    ]
    with pytest.raises(InputError, match="several meters"):
        _ = filling(bills, [2023], "per-area", areas={"hq": 100, "a": 100}).filled


WEATHER = {one: (abs(7 - place % 12) * 30, (place % 5) * 11) for place, one in enumerate(months(2022, 2023))}


def follows_weather(label: str) -> Fraction:
    heating, cooling = WEATHER[label]
    return Fraction(5) * Period.parse(label).days + Fraction("0.3") * heating + 2 * cooling


def test_degree_days_find_base_load_and_both_slopes_exactly() -> None:
    bills = [bill(one, follows_weather(one)) for one in without(months(2022, 2023), "2023-04")]
    found = filling(bills, [2022, 2023], "degree-days", weather=WEATHER)
    assert only(found) == follows_weather("2023-04")
    (one,) = found.filled
    assert one.half_width == 0
    assert "0.3 × " in one.note["en"]


def test_a_slope_below_zero_is_left_out() -> None:
    bills = [
        bill(one, 5 * Period.parse(one).days + WEATHER[one][0] - Fraction(WEATHER[one][1], 10))
        for one in without(months(2022, 2023), "2023-04")
    ]
    (one,) = filling(bills, [2022, 2023], "degree-days", weather=WEATHER).filled
    assert "+ 0 × " in one.note["en"]


def test_degree_days_refuse_what_does_not_follow_the_weather() -> None:
    bills = steady(*without(months(2022, 2023), "2023-04"))
    with pytest.raises(InputError, match="does not rise with degree days"):
        _ = filling(bills, [2022, 2023], "degree-days", weather=WEATHER).filled
    with pytest.raises(InputError, match="no degree days of site hq"):
        _ = filling(bills, [2022, 2023], "degree-days").filled
    few = [bill(one, follows_weather(one)) for one in ("2022-01", "2022-02", "2022-04")]
    with pytest.raises(InputError, match="only 3 known months"):
        _ = filling(few, [2022], "degree-days", weather=WEATHER).filled


def test_degree_days_refuse_a_use_below_zero_and_months_that_are_all_alike() -> None:
    weather = {one: (1000 if place % 2 else 600, 0) for place, one in enumerate(months(2023))}
    weather["2023-04"] = (0, 0)
    lost = without(months(2023), "2023-04")
    bills = [bill(one, Fraction(weather[one][0]) - 10 * Period.parse(one).days) for one in lost]
    with pytest.raises(InputError, match="gives -10 per day, and use cannot be below zero"):
        _ = filling(bills, [2023], "degree-days", weather=weather).filled
    weather = {one: (20 * Period.parse(one).days, 0) for one in months(2023)}
    with pytest.raises(InputError, match="do not differ enough"):
        _ = filling(steady(*lost), [2023], "degree-days", weather=weather).filled


def test_the_weather_of_a_site_comes_before_that_of_its_region() -> None:
    bills = [bill(one, follows_weather(one)) for one in without(months(2022, 2023), "2023-04")]
    found = filling(bills, [2022, 2023], "degree-days", weather=WEATHER)
    none = next(one for one in found.weather if one.month == "2023-04").model_dump() | {"region": None, "site": "hq"}
    own = Weather(**none | {"heating_degree_days": 0, "cooling_degree_days": 0})
    other = GapFilling(found.completeness, found.rules, found.sites, weather=[own, *found.weather])
    assert only(other) == 5 * 30


# ------------------------------------------------------------------------------------------- what is filled


def test_only_the_days_without_a_bill_are_filled() -> None:
    bills = [*steady(*without(months(2023), "2023-06")), bill("2023-06-11/2023-06-20")]
    found = filling(bills, [2023], "interpolation").filled
    assert [(one.id.rsplit(":", 1)[1], one.quantity) for one in found] == [("2023-06-01", 100), ("2023-06-21", 100)]


def test_each_meter_is_filled_by_itself() -> None:
    bills = [*steady(*without(months(2023), "2023-06"), meter="a"), *steady(*months(2023), per_day=99, meter="b")]
    (one,) = filling(bills, [2023], "interpolation").filled
    assert (one.id, one.quantity, one.cells()["meter"]) == (f"gap:hq:{GRID}:a:2023-06", 300, "a")


def test_the_first_rule_that_fits_a_month_rules() -> None:
    bills = [*steady(*months(2022)), *steady(*without(months(2023), "2023-02", "2023-06"))]
    base = filling(bills, [2022, 2023], "interpolation")
    rules = GapRules(
        fill=(
            Fill(activity="*", month="2023-02", method="same-month-last-year", reason="x"),
            Fill(activity="electricity.*", method="interpolation", reason="x"),
            Fill(activity="*", site="lab", method="interpolation", reason="x"),
        )
    )
    found = GapFilling(base.completeness, rules, base.sites)
    assert [(one.month.label, one.rule) for one in found.filled] == [("2023-02", 1), ("2023-06", 2)]
    assert [(one.code, one.data["rule"]) for one in found.findings] == [
        ("gaps-filled", 1), ("gaps-filled", 2), ("gap-rule-idle", 3),
    ]  # fmt: skip


def test_the_finding_names_count_quantity_share_and_uncertainty() -> None:
    found = filling(steady(*without(months(2023), "2023-06", "2023-07")), [2023], "interpolation")
    (one,) = found.findings
    told = {name: one.data[name] for name in ("count", "months", "quantity", "percent", "uncertainty")}
    assert told == {
        "count": 2,
        "months": ["2023-06–2023-07"],
        "quantity": "610",
        "percent": "16.71",  # 61 of 365 days
        "uncertainty": "±0 %",
    }


def test_what_was_estimated_is_no_basis_of_an_estimate() -> None:
    bills = [bill(one.period.label, one.quantity, quality="estimated") if one.period.start.month == 5 else one
             for one in steady(*without(months(2023), "2023-06"))]  # fmt: skip
    bills = [bill("2023-05", 9999, quality="estimated") if one.quality == "estimated" else one for one in bills]
    assert only(filling(bills, [2023], "interpolation")) == 300


def test_a_bill_of_a_quarter_says_nothing_of_its_months() -> None:
    bills = [bill("2023-Q1", 900), *steady("2023-05", "2023-06")]
    with pytest.raises(InputError, match="known month on both sides"):
        _ = filling(bills, [2023], "interpolation").filled


def test_bills_in_other_units_are_added_exactly() -> None:
    bills = [bill("2023-01", "0.31", unit="MWh"), *steady("2023-03", per_day=10)]
    assert only(filling(bills, [2023], "interpolation")) == 280


def test_the_error_is_that_of_months_left_out_in_turn() -> None:
    # each month is held to the line between its neighbours: 10 against 12 (five times), 12 against 10 (four times)
    labels = without(months(2023), "2023-12")
    bills = [one for place, label in enumerate(labels) for one in steady(label, per_day=12 if place % 2 else 10)]
    bills += steady("2024-01")
    (one,) = filling(bills, [2023, 2024], "interpolation").filled
    assert one.checks == 9
    pairs = [(Fraction(10), Fraction(12))] * 5 + [(Fraction(12), Fraction(10))] * 4
    assert one.half_width == half_width(pairs) == Decimal("42.1")  # 2.262 x sqrt((5 x 0.2^2 + 4 x (1/6)^2) / 9)
    assert one.spread is not None
    assert one.spread.upper == pytest.approx(1.421)


def test_without_three_months_to_try_it_on_the_error_is_not_known() -> None:
    found = filling([*steady("2023-01"), *steady("2023-03")], [2023], "interpolation")
    (one,) = found.filled
    assert (one.half_width, one.spread) == (None, None)
    (told,) = found.findings
    assert "not known" in told.message("en")
    assert "未知" in told.message("zh")


def test_all_gaps_that_cannot_be_filled_are_told_at_once() -> None:
    bills = [*steady("2023-02", "2023-03"), *steady(*months(2023), site="lab")]
    with pytest.raises(InputError) as error:
        _ = filling(bills, [2023], "interpolation", site="hq").filled
    assert error.value.data["count"] == 10


@pytest.mark.parametrize(
    ("method", "spread"), [("interpolation", 0.05), ("same-month-last-year", 0.05), ("degree-days", 0.05)]
)
def test_the_truth_lies_within_the_stated_interval_nineteen_times_in_twenty(method: Method, spread: float) -> None:
    """On 120 made-up sites with independent errors; of 120, 95 % are 114, and 107 are more than two sigma fewer."""
    random = Random(8)
    within = 0
    for number in range(120):
        gone = months(2022, 2023)[random.randrange(13, 23)]
        truth = {
            one: Fraction(
                round(100 * float(follows_weather(one) if method == "degree-days" else 300) * random.gauss(1, spread)),
                100,
            )
            for one in months(2022, 2023)
        }
        bills = [bill(one, used, site=f"s{number}") for one, used in truth.items() if one != gone]
        (one,) = filling(bills, [2022, 2023], method, weather=WEATHER).filled
        assert one.half_width is not None
        within += abs(truth[gone] / one.quantity - 1) <= Fraction(one.half_width) / 100
    assert 107 <= within <= 120
