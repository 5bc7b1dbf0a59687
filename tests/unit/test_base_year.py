"""The base-year policy, its events, the back-cast and the decision. All figures are made up."""

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

import hsesg_carbon as hc
from hsesg_carbon.base_year import COLUMNS, BaseYearPolicy, Decision
from hsesg_carbon.events import KIND_OF_CAUSE, KINDS, NO_EMISSIONS, OPEN_CAUSES, REAL_CHANGES, BaseYearEvent, backcast
from hsesg_carbon.ledger import Total, Totals
from hsesg_carbon.messages import message

F = Fraction
GRID = F("0.5366")
"""tCO2/MWh that hundsun-2024 applies in every year."""
GAS = F("0.0021840291")
"""tCO2/m3 of natural gas under hundsun-2024: 56.1 t/TJ x 38.931 MJ/m3."""

STATED: dict[str, Any] = {
    "base_years": [2022],
    "threshold": "5 %",
    "comparison": "above",
    "measured_against": ["1+2"],
    "scope2": "location",
    "of": "as-reported",
    "accumulation": "net",
    "cumulative": True,
    "triggers": {one: f"{one} counts" for one in KINDS if one not in REAL_CHANGES},
    "non_triggers": {one: f"{one} does not count" for one in REAL_CHANGES},
}
BASE = {"1": "1000", "2": "9000"}


def policy(**changes: Any) -> BaseYearPolicy:
    return BaseYearPolicy.model_validate(STATED | changes)


def totals(base: dict[str, Any] | None = None, year: int = 2022) -> Totals:
    rows = (base or BASE).items()
    return Totals(
        tuple(Total((("scope", one), ("year", year)), "CO2e", hc.Amount(F(value), "tCO2e")) for one, value in rows)
    )


def event(name: str, day: str, effect: Any = None, kind: str = "error", **more: Any) -> BaseYearEvent:
    cells: dict[str, Any] = {"event": name, "effective": day, "known": day, "kind": kind, "source": "made up", **more}
    if effect is not None:
        cells = {"scope": "2"} | cells | {"effect": effect}
    return BaseYearEvent.model_validate(cells)


def decide(*events: BaseYearEvent, base: Any = None, **changes: Any) -> Decision:
    return policy(**changes).decide(base or totals(), events)


def held(decision: Decision) -> list[Fraction | None]:
    return [one.held for one in decision.weighed]


def accounts(quantities: dict[str, Any], sites: list[dict[str, Any]], approach: Any = "equity-share") -> hc.Inventory:
    """Return an inventory of bills: ``{"plant 2022": MWh}``, or of gas ``{"plant 2022 gas": m3}``."""
    rows = []
    for name, quantity in quantities.items():
        site, period, *gas = name.split()
        activity, unit = ("stationary.natural_gas", "m3") if gas else ("electricity.grid", "MWh")
        rows.append({"activity_id": name, "site": site, "period": period, "activity": activity, "region": "CN"})
        rows[-1] |= {"quantity": str(quantity), "unit": unit}
    acts = hc.Activities(pd.DataFrame(rows))
    plan = hc.Plan.compile(acts, hc.FactorLibrary.shipped(), hc.Methodology.shipped("hundsun-2024"))
    boundary = hc.Boundary("all", tuple(hc.Site.model_validate(one) for one in sites), approach, "us")
    return hc.Inventory(plan.run(acts), boundary)


def code_of(error: ValidationError) -> str:
    return str(error.errors()[0]["ctx"]["error"].code)


# ------------------------------------------------------------------------------------------------------- the policy


@pytest.mark.parametrize(
    ("text", "share"), [("5 %", "1/20"), ("5%", "1/20"), ("0.5 %", "1/200"), ("100％", "1"), (" 5 % ", "1/20")]
)
def test_a_threshold_is_a_percentage(text: str, share: str) -> None:
    assert policy(threshold=text).threshold == F(share)


@pytest.mark.parametrize("other", ["0.05", "5", 5, 0.05, "5 percent", "-5 %", "101 %", "", "٥ %"])
def test_any_other_threshold_is_refused_with_the_form_wanted(other: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        policy(threshold=other)
    assert code_of(caught.value) == "base-year-threshold"


@pytest.mark.parametrize("key", STATED)
def test_no_key_has_a_default(key: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError) as caught:
        BaseYearPolicy.model_validate({name: value for name, value in STATED.items() if name != key})
    assert (caught.value.errors()[0]["type"], caught.value.errors()[0]["loc"]) == ("missing", (key,))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"base_years": [2022, 2022]}, "base-year-years-twice"),
        ({"measured_against": ["1 and 2"]}, "base-year-measure"),
        ({"measured_against": ["1+1"]}, "base-year-measure"),
        ({"measured_against": ["4"]}, "base-year-measure"),
        ({"measured_against": ["1+2", "2+1"]}, "base-year-measure-twice"),
        ({"triggers": STATED["triggers"] | {"aquisition": "x"}}, "base-year-kind-unknown"),
        ({"triggers": STATED["triggers"] | {"opening": "x"}}, "base-year-kind-twice"),
        ({"non_triggers": {}}, "base-year-kinds-missing"),
        ({"non_triggers": STATED["non_triggers"] | {"opening": " "}}, "base-year-reason"),
        ({"non_triggers": STATED["non_triggers"] | {"opening": {"en": "x"}}}, "base-year-reason"),
    ],
)
def test_what_a_policy_leaves_open_or_says_twice_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        policy(**changes)
    assert code_of(caught.value) == code


def test_a_policy_that_departs_from_the_standard_is_told() -> None:
    triggers = {name: one for name, one in STATED["triggers"].items() if name != "merger"} | {"opening": "ours"}
    others = {name: one for name, one in STATED["non_triggers"].items() if name != "opening"} | {"merger": "ours"}
    found = {one.code: one for one in decide(triggers=triggers, non_triggers=others).findings}
    assert set(found) == {"base-year-trigger-unusual", "base-year-trigger-left-out"}
    assert "recalculates the base year for opening" in found["base-year-trigger-unusual"].message()
    assert "不因合并重新计算" in found["base-year-trigger-left-out"].message("zh")
    assert not decide().findings


# ----------------------------------------------------------------------------------------------------- the decision


@pytest.mark.parametrize(
    ("effect", "comparison", "recalculate"),
    [
        ("500.18", "above", True),  # 5.0018 %
        ("500.000001", "above", True),
        ("500", "above", False),  # 5.0000 %
        ("500", "at-or-above", True),
        ("499.999999", "at-or-above", False),
        ("-500.18", "above", True),  # up and down alike
        ("-500", "above", False),
        ("-500", "at-or-above", True),
    ],
)
def test_the_threshold_is_exact(effect: str, comparison: str, recalculate: bool) -> None:
    decision = decide(event("e", "2023-05-01", effect), comparison=comparison)
    assert decision.recalculate is recalculate
    assert decision.weighed[0].share(decision.weighed[0].effect) == F(effect) / 10000


def test_a_share_that_does_not_end_as_a_decimal_is_exact_too() -> None:
    base = totals({"1": F(1, 3), "2": F(1, 3)})
    assert not decide(event("e", "2023-05-01", F(2, 3) / 20), base=base).recalculate
    assert decide(event("e", "2023-05-01", F(2, 3) / 20 + F(1, 10**30)), base=base).recalculate


def test_opposite_effects_cancel_net_and_do_not_absolute() -> None:
    events = event("up", "2023-01-01", "400"), event("down", "2023-02-01", "-400"), event("more", "2023-03-01", "450")
    net, absolute = decide(*events), decide(*events, accumulation="absolute")
    assert held(net) == [400, 0, 450]
    assert not net.recalculate
    assert net.pending == ("up", "down", "more")
    assert held(absolute) == [400, 800, 450]  # -400 made it 8 %; then it began anew
    assert absolute.since == ("down",)
    assert [one.takes_in for one in absolute.recalculations] == [("up", "down")]
    assert absolute.pending == ("more",)


def test_small_changes_add_up_only_where_the_policy_is_cumulative() -> None:
    events = [event(f"e{month}", f"2023-0{month}-01", "180") for month in (1, 2, 3)]
    together, alone = decide(*events), decide(*events, cumulative=False)
    assert held(together) == [180, 360, 540]
    assert together.since == ("e3",)
    assert together.recalculations[0].takes_in == ("e1", "e2", "e3")
    assert held(alone) == [180, 180, 180]
    assert not alone.recalculate


def test_a_recalculation_takes_in_what_was_too_small_by_itself() -> None:
    events = event("small", "2023-01-01", "100"), event("large", "2023-02-01", "700")
    decision = decide(*events, cumulative=False)
    assert decision.recalculations[0].by == ("large",)
    assert decision.recalculations[0].takes_in == ("small", "large")
    assert decision.restated.value(scope="2").value == 9800


def test_after_a_recalculation_what_has_accumulated_begins_at_zero() -> None:
    events = [event(f"e{month}", f"2023-0{month}-01", "300") for month in (1, 2, 3)]
    decision = decide(*events)
    assert held(decision) == [300, 600, 300]
    assert [(one.day, one.by, one.takes_in) for one in decision.recalculations] == [
        (date(2023, 2, 1), ("e2",), ("e1", "e2"))
    ]
    assert decision.pending == ("e3",)
    assert decision.restated.value(scope="2").value == 9600  # e3 is not in it


def test_shares_are_of_the_base_that_the_policy_names() -> None:
    """After +1,000 the base is 11,000: 530 are 5.3 % of the base as reported, 4.8 % of the one as restated."""
    events = event("first", "2023-01-01", "1000"), event("second", "2024-01-01", "530")
    reported, restated = decide(*events), decide(*events, of="as-restated")
    assert [one.base for one in reported.weighed] == [10000, 10000]
    assert len(reported.recalculations) == 2
    assert [one.base for one in restated.weighed] == [10000, 11000]
    assert len(restated.recalculations) == 1
    assert restated.pending == ("second",)


def test_scopes_are_held_to_the_threshold_together_or_each_by_itself() -> None:
    small = event("e", "2023-01-01", "60", scope="1")  # 6 % of Scope 1, 0.6 % of both
    assert not decide(small).recalculate
    apart = decide(small, measured_against=["1", "2"])
    assert [(one.measure, one.base, one.exceeds) for one in apart.weighed] == [("1", 1000, True)]
    both = decide(small, measured_against=["1+2", "1"])
    assert [(one.measure, one.exceeds) for one in both.weighed] == [("1+2", False), ("1", True)]


def test_an_event_in_several_rows_is_weighed_as_one() -> None:
    rows = event("e", "2023-01-01", "300", scope="1"), event("e", "2023-01-01", "-280")
    decision = decide(*rows, accumulation="absolute", cumulative=False)
    assert [one.effect for one in decision.weighed] == [20]


def test_an_event_counts_from_the_day_on_which_it_holds_and_is_known() -> None:
    late = event("found-late", "2022-01-01", "10", known="2024-05-06")
    signed = event("signed", "2024-01-01", "10", known="2023-05-06")
    assert [(one.event, one.day) for one in decide(late, signed).weighed] == [
        ("signed", date(2024, 1, 1)),
        ("found-late", date(2024, 5, 6)),
    ]


def test_events_of_one_day_are_taken_together() -> None:
    """+600 and -600 of one day cancel net, in whatever order they stand; on two days the first already exceeds."""
    one_day = event("a", "2023-01-01", "600"), event("b", "2023-01-01", "-600")
    assert held(decide(*one_day)) == held(decide(*reversed(one_day))) == [0, 0]
    assert not decide(*one_day).recalculate
    assert decide(one_day[0], event("b", "2023-01-02", "-600")).recalculate


@pytest.mark.parametrize("kind", REAL_CHANGES)
def test_a_real_change_is_no_trigger(kind: str) -> None:
    decision = decide(event("e", "2023-01-01", "9999", kind), event("f", "2023-01-01", None, kind))
    assert not decision.recalculate
    assert [(one.status, one.effect, one.held) for one in decision.weighed] == [
        ("non-trigger", 9999, None),
        ("non-trigger", None, None),
    ]
    assert decision.weighed[0].reason["en"] == f"{kind} does not count"
    assert decision.pending == ()


@pytest.mark.parametrize(("kind", "effect"), [("insourcing", "900"), ("outsourcing", "-900")])
def test_what_is_reported_in_another_scope_is_no_change_of_structure(kind: str, effect: str) -> None:
    elsewhere = event("e", "2023-01-01", effect, kind, other_scope="3", quality="measured")
    assert decide(elsewhere).weighed[0].status == "reported-elsewhere"
    assert not decide(elsewhere).recalculate
    assert decide(event("e", "2023-01-01", effect, kind, other_scope="none", quality="measured")).recalculate


def test_a_scope_that_is_not_measured_has_no_part() -> None:
    decision = decide(event("e", "2023-01-01", "99999", scope="3"))
    assert decision.weighed[0].status == "not-measured"
    assert not decision.recalculate


def test_the_base_is_told_in_the_scopes_that_are_measured() -> None:
    """Scope 3 is neither measured nor known here: what becomes of it is not told as if it had been 0."""
    rows = event("e", "2023-01-01", "700"), event("e", "2023-01-01", "50", scope="3")
    decision = decide(*rows, base=totals({"1": 1000, "2": 9000, "3": 77777}))
    assert decision.weighed[0].base == 10000
    assert [dict(row.group)["scope"] for row in decision.restated] == ["1", "2"]
    assert "10,000.00 tCO2e become 10,700.00" in str(decision)
    assert sum(one.amount for one in decision.effects) == 750


def test_a_scope_without_emissions_is_told_and_nothing_at_all_is_refused() -> None:
    base = totals({"2": "9000"})
    found = decide(event("e", "2023-01-01", "449"), base=base).findings
    assert [(one.code, one.data) for one in found] == [("base-year-scope-missing", {"scope": "1", "year": 2022})]
    with pytest.raises(hc.InventoryError, match="no emissions of Scope 1,"):
        decide(base=base, measured_against=["1"])
    with pytest.raises(hc.InventoryError, match="no emissions of base year 2022"):
        decide(base=totals(year=2021))


def test_of_a_base_of_zero_anything_is_too_much_and_no_share_is_told() -> None:
    decision = decide(event("e", "2023-01-01", "0.001"), base=totals({"1": 0, "2": 0}))
    assert decision.recalculate
    assert decision.weighed[0].share(F(1)) is None
    assert "–" in decision.rows()[0]
    nothing = event("e", "2023-01-01", "0")
    assert not decide(nothing, threshold="0 %", comparison="at-or-above").recalculate


def test_several_base_years_are_averaged() -> None:
    base = Totals((*totals({"1": 1000, "2": 9000}), *totals({"1": 2000, "2": 10000}, 2023)))
    decision = decide(event("e", "2024-01-01", "551"), base=base, base_years=[2022, 2023])
    assert decision.weighed[0].base == 11000
    assert decision.recalculate
    with pytest.raises(hc.InventoryError, match="2021"):
        decide(base=base, base_years=[2021, 2022])


def test_totals_by_anything_else_are_refused() -> None:
    by_year = Totals((Total((("year", 2022),), "CO2e", hc.Amount(F(1), "tCO2e")),))
    with pytest.raises(hc.InputError, match="by scope and year"):
        decide(base=by_year)


def test_the_decision_is_told_in_rows_sentences_and_json() -> None:
    events = event("slip", "2023-02-01", "500.18"), event("grid", "2023-01-01", None, "grid-change")
    decision = decide(*events)
    assert str(decision).splitlines() == [
        "The base year 2022 is to be recalculated from 2023-02-01 on, by slip. It takes in slip: 10,000.00 tCO2e "
        "become 10,500.18.",
        "grid (real change of the grid, 2023-01-01) has no part in it: grid-change does not count.",
        "slip (error, 2023-02-01): +500.18 tCO2e of Scope 1+2, +5.0018 % of 10,000.00; since the base was last set "
        "+500.18, +5.0018 %: above 5 %.",
    ]
    assert "超过5 %" in decision.sentences("zh")[-1]
    assert decision.rows()[1] == (
        *("2023-02-01", "slip", "error", "1+2", "+500.18", "+5.0018 %", "+5.0018 %", "above 5 %"),
    )
    assert all(len(row) == len(COLUMNS) for row in decision.rows("zh"))
    assert all(message(f"field.{name}", "zh") for name in COLUMNS)
    told = decision.as_json("zh")
    assert (told["recalculate"], told["since"], told["policy"]["threshold_percent"]) == (True, ["slip"], "5")
    assert told["events"][1]["percent"] == "5.0018"
    assert told["restated"] == {"1": "1000", "2": "9500.18"}
    assert told["events"][0] | {"effect": None, "held": None} == told["events"][0]
    frame = decision.frame()
    assert [str(one) for one in frame["effect"]] == ["None", "500.18"]
    assert list(frame["exceeds"]) == [False, True]
    assert str(decide(events[0], cumulative=False)).splitlines()[1] == (
        "slip (error, 2023-02-01): +500.18 tCO2e of Scope 1+2, +5.0018 % of 10,000.00: above 5 %."
    )


@pytest.mark.parametrize(
    ("effect", "shown", "verdict"),
    [
        ("500", "+5.0000 %", "exactly 5 %, which is not above it"),
        ("500.0001", "+5.000001 %", "above 5 %"),  # it must not look like 5.0000 %
        ("-499.9999", "-4.999999 %", "not above 5 %"),
        ("123.456", "+1.2346 %", "not above 5 %"),
    ],
)
def test_a_share_is_told_apart_from_the_threshold(effect: str, shown: str, verdict: str) -> None:
    assert decide(event("e", "2023-01-01", effect)).rows()[0][5::2] == (shown, verdict)


# ------------------------------------------------------------------------------------------------------- the events


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"kind": "error"}, "base-year-effect-missing"),
        ({"kind": "error", "effect": "3", "scope": None}, "base-year-effect-scope"),
        ({"kind": "error", "scope": "1"}, "base-year-effect-scope"),
        ({"kind": "error", "effect": "3", "scope": "1", "share_after": "50%"}, "base-year-cell-unused"),
        ({"kind": "error", "effect": "3", "scope": "1", "in_base_year": "no"}, "base-year-cell-unused"),
        ({"kind": "opening", "other_scope": "3"}, "base-year-cell-unused"),
        ({"kind": "acquisition"}, "base-year-structure-silent"),
        ({"kind": "insourcing", "site": "x"}, "base-year-other-scope"),
        ({"kind": "acquisition", "effect": "-3", "scope": "1", "quality": "measured"}, "base-year-direction"),
        ({"kind": "divestment", "effect": "3", "scope": "1", "quality": "measured"}, "base-year-direction"),
        ({"kind": "acquisition", "effect": "3", "scope": "1"}, "base-year-estimate-unsaid"),
        ({"kind": "acquisition", "effect": "3", "scope": "1", "quality": "estimated"}, "base-year-estimate-unsaid"),
        ({"kind": "merger", "effect": "3", "scope": "1", "in_base_year": "no"}, "base-year-not-there-effect"),
        ({"kind": "error", "effect": 0.1, "scope": "1"}, "base-year-float"),
        ({"kind": "error", "effect": "1,000", "scope": "1"}, "number-grouped"),
        ({"kind": "acquisition", "site": "x", "share_after": "1.5"}, "rate-out-of-range"),
    ],
)
def test_an_event_says_what_it_must_and_nothing_that_means_nothing(cells: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        event("e", "2023-01-01", **cells)
    assert code_of(caught.value) == code


def test_rows_of_one_event_agree_and_do_not_repeat() -> None:
    with pytest.raises(hc.InputError, match="known is 2023-01-02 here and 2023-01-01 further up"):
        decide(event("e", "2023-01-01", "3"), event("e", "2023-01-01", "3", known="2023-01-02", scope="1"))
    with pytest.raises(hc.InputError, match="has this site and scope twice"):
        decide(event("e", "2023-01-01", "3"), event("e", "2023-01-01", "4"))


def test_parts_of_a_restatement_are_events_by_their_cause() -> None:
    parts = [("factor-value", "2", F(-1, 3)), ("factor-value", "1", F(2)), ("unit", "1", F(0)), ("gwp", "1", F(5))]
    rows = BaseYearEvent.of_parts([*parts, ("denominator", "1", F(9))], "r", date(2024, 1, 1), "made up")
    assert [(one.event, one.kind, one.scope, one.effect) for one in rows] == [
        ("r-factor-value", "factor-correction", "1", 2),
        ("r-factor-value", "factor-correction", "2", F(-1, 3)),
        ("r-gwp", "method", "1", 5),
    ]
    assert [one.effect for one in decide(*rows).weighed] == [F(5, 3), 5]


def test_causes_of_a_restatement_are_all_told_or_refused() -> None:
    causes = "activity lines unit factor-value factor-choice property gases gwp boundary ownership scope2 denominator"
    assert {*KIND_OF_CAUSE, *OPEN_CAUSES, *NO_EMISSIONS} == set(causes.split())
    of_parts, day = BaseYearEvent.of_parts, date(2024, 1, 1)
    for cause in OPEN_CAUSES:
        assert of_parts([(cause, "1", F(0))], "r", day, "made up") == ()
        with pytest.raises(hc.InputError, match="only you know"):
            of_parts([(cause, "1", F(1))], "r", day, "made up")
        told = of_parts([(cause, "1", F(1))], "r", day, "made up", kinds={cause: "acquisition"}, quality="measured")
        assert told[0].kind == "acquisition"
    with pytest.raises(hc.InputError, match="no cause of a restatement; near: factor-value"):
        of_parts([("factor-valu", "1", F(1))], "r", day, "made up")
    with pytest.raises(hc.InputError, match="the sign is the wrong way round"):
        of_parts([("boundary", "1", F(1))], "r", day, "made up", kinds={"boundary": "divestment"}, quality="measured")


# ----------------------------------------------------------------------------------------------------- the back-cast

SITES: list[dict[str, Any]] = [
    {"id": "hq"},
    {"id": "plant", "equity_share": "0.6", "from": date(2024, 7, 1)},
    {"id": "lab", "equity_share": "0.8", "to": date(2023, 6, 30)},
]
BILLS = {"hq 2022": 1000, "plant 2022": 100, "plant 2022 gas": 5000, "lab 2022": 50, "plant 2024-09": 3}
BOUGHT = event("bought", "2024-07-01", kind="acquisition", site="plant")
SOLD = event("sold", "2023-07-01", kind="divestment", site="lab")


def of(totals_: Totals) -> dict[tuple[str, str], Fraction]:
    return {(str(row["site"]), str(row["scope"])): row.amount.value for row in totals_}


def test_what_is_bought_in_the_middle_of_a_year_is_added_for_the_whole_base_year_at_the_share_held() -> None:
    found = backcast(accounts(BILLS, SITES), [BOUGHT, SOLD], [2022])
    assert of(found.before) == {("hq", "2"): 1000 * GRID, ("lab", "2"): 40 * GRID}
    assert of(found.after) == {
        ("hq", "2"): 1000 * GRID,
        ("lab", "2"): 0,
        ("plant", "1"): 3000 * GAS,
        ("plant", "2"): 60 * GRID,
    }
    assert found.change.value == 20 * GRID + 3000 * GAS
    assert [(one.event, one.scope, one.amount) for one in found.effects] == [
        ("sold", "2", -40 * GRID),
        ("bought", "1", 3000 * GAS),
        ("bought", "2", 60 * GRID),
    ]
    assert found.findings == ()


def test_the_decision_computes_structural_events_from_the_rows() -> None:
    decision = decide(BOUGHT, SOLD, base=accounts(BILLS, SITES))
    assert [one.effect for one in decision.weighed] == [-40 * GRID, 60 * GRID + 3000 * GAS]
    assert [one.base for one in decision.weighed] == [1040 * GRID] * 2


def test_what_is_bought_within_the_base_year_is_made_whole() -> None:
    bills = {"hq 2022": 1000, **{f"plant 2022-{month:02d}": month for month in range(1, 13)}}
    sites = [{"id": "hq"}, {"id": "plant", "from": date(2022, 7, 1)}]
    found = backcast(accounts(bills, sites), [event("e", "2022-07-01", kind="merger", site="plant")], [2022])
    assert [(one.before, one.after) for one in found.effects] == [((7 + 8 + 9 + 10 + 11 + 12) * GRID, 78 * GRID)]


@pytest.mark.parametrize(
    ("approach", "control", "share"),
    [
        ("equity-share", ["operational"], "0.6"),
        ("operational-control", ["operational"], "1"),
        ("financial-control", ["joint-financial"], "0.6"),
    ],
)
def test_the_share_is_the_one_that_the_consolidation_counts_afterwards(
    approach: str, control: list[str], share: str
) -> None:
    sites = [{"id": "hq"}, SITES[1] | {"control": control}]
    found = backcast(accounts({"hq 2022": 10, "plant 2022": 100}, sites, approach), [BOUGHT], [2022])
    assert found.change.value == F(share) * 100 * GRID


def test_a_lease_stays_applied() -> None:
    lease = {"basis": "area", "share": "0.25", "note": "made up"}
    sites = [{"id": "hq"}, SITES[1] | {"lease": lease}]
    found = backcast(accounts({"hq 2022": 10, "plant 2022": 100}, sites), [BOUGHT], [2022])
    assert found.change.value == F("0.6") * 25 * GRID


def test_a_share_that_is_stated_holds_and_a_contradiction_is_told() -> None:
    """60 % become 80 %, of which the boundary knows nothing."""
    more = event("more", "2024-07-01", kind="acquisition", site="plant", share_after="80%")
    sites = [{"id": "hq"}, {"id": "plant", "equity_share": "0.6"}]
    found = backcast(accounts(BILLS | {"lab 2022": 0}, [*sites, {"id": "lab"}]), [more], [2022])
    assert [one.amount for one in found.effects] == [F("0.2") * 5000 * GAS, 20 * GRID]
    assert [one.code for one in found.findings] == ["base-year-share-differs"]
    assert "80 % of site plant" in found.findings[0].message()


def test_a_part_that_is_sold_leaves_the_rest() -> None:
    sites = [{"id": "hq"}, {"id": "lab", "equity_share": "0.8"}]
    part = event("part", "2023-07-01", kind="divestment", site="lab", share_after="0.3")
    found = backcast(accounts({"hq 2022": 10, "lab 2022": 50}, sites), [part], [2022])
    assert (found.effects[0].before, found.effects[0].after) == (40 * GRID, 15 * GRID)


def test_one_event_after_another_on_a_site() -> None:
    """Bought in 2023, and all of it sold again: nothing is left, and nothing counts twice."""
    sites = [{"id": "hq"}, {"id": "plant", "from": date(2023, 1, 1), "to": date(2024, 12, 31)}]
    events = [
        event("in", "2023-01-01", kind="acquisition", site="plant"),
        event("out", "2025-01-01", kind="divestment", site="plant"),
    ]
    inventory = accounts({"hq 2022": 1000, "plant 2022": 100}, sites)
    assert [one.amount for one in backcast(inventory, events, [2022]).effects] == [100 * GRID, -100 * GRID]
    assert held(decide(*events, base=inventory, threshold="50 %")) == [100 * GRID, 0]
    sold_only = {name: one for name, one in STATED["triggers"].items() if name != "acquisition"}
    others = STATED["non_triggers"] | {"acquisition": "ours"}
    found = decide(*events, base=inventory, triggers=sold_only, non_triggers=others)
    assert [one.effect for one in found.weighed] == [None, 0]  # what never came in cannot leave


def test_a_corrected_site_that_is_sold_leaves_with_its_correction() -> None:
    """1,000 MWh of hq and 100 of the lab, of which 10 were an error. Rows as reported, or already corrected: as one."""
    slip = event("slip", "2023-01-01", -10 * GRID, site="lab")
    sites = [{"id": "hq"}, {"id": "lab", "to": date(2023, 6, 30)}]
    reported, corrected = (accounts({"hq 2022": 1000, "lab 2022": one}, sites) for one in (100, 90))
    rule = policy(threshold="1 %", measured_against=["2"])
    first = rule.decide(reported, [slip, SOLD])
    second = rule.decide(reported, [slip, SOLD], corrected)
    for one in (first, second):
        assert one.restated.value(scope="2").value == 1000 * GRID
        assert [weighed.effect for weighed in one.weighed] == [-10 * GRID, -90 * GRID]


def test_a_correction_goes_with_the_share_of_its_site() -> None:
    """80 % of 100 MWh count, of which 10 % were an error; half of it is sold, and later the rest."""
    inventory = accounts({"hq 2022": 1000, "lab 2022": 100}, [{"id": "hq"}, {"id": "lab", "equity_share": "0.8"}])
    events = [
        event("slip", "2023-01-01", -8 * GRID, site="lab"),
        event("half", "2023-07-01", kind="divestment", site="lab", share_after="0.4"),
        event("rest", "2024-07-01", kind="divestment", site="lab"),
    ]
    decision = decide(*events, base=inventory, threshold="100 %")
    assert [one.effect for one in decision.weighed] == [-8 * GRID, -36 * GRID, -36 * GRID]


def test_within_a_day_a_site_is_corrected_before_it_is_sold() -> None:
    inventory = accounts({"hq 2022": 1000, "lab 2022": 100}, [{"id": "hq"}, {"id": "lab", "to": date(2023, 6, 30)}])
    slip = event("zz", "2023-01-01", -10 * GRID, site="lab", known="2023-07-01")
    decision = decide(SOLD, slip, base=inventory, measured_against=["2"])
    assert {one.event: one.effect for one in decision.weighed} == {"zz": -10 * GRID, "sold": -90 * GRID}
    assert not decision.findings
    late = decide(SOLD, slip.model_copy(update={"known": date(2024, 1, 1)}), base=inventory, measured_against=["2"])
    assert [one.code for one in late.findings] == ["base-year-corrects-nothing"]


def test_shares_of_a_site_change_in_the_order_in_which_they_took_effect() -> None:
    """60 % are bought in 2023 and 20 % more in 2024; the first is found out only after the second."""
    sites = [{"id": "hq"}, {"id": "plant", "equity_share": "0.8", "from": date(2023, 1, 1)}]
    inventory = accounts({"hq 2022": 1000, "plant 2022": 100}, sites)
    first = event("first", "2023-01-01", kind="acquisition", site="plant", share_after="0.6")
    more = event("more", "2024-01-01", kind="acquisition", site="plant")
    assert [one.amount for one in backcast(inventory, [more, first], [2022]).effects] == [60 * GRID, 20 * GRID]
    same_day = [one.model_copy(update={"known": date(2024, 5, 1)}) for one in (more, first)]
    assert [one.amount for one in backcast(inventory, same_day, [2022]).effects] == [60 * GRID, 20 * GRID]
    with pytest.raises(hc.InputError, match="more and first both change the share of site plant"):
        backcast(inventory, [more, first.model_copy(update={"known": date(2024, 5, 1)})], [2022])
    with pytest.raises(hc.InputError, match="both change the share"):
        backcast(inventory, [more, more.model_copy(update={"event": "again"})], [2022])


def test_structure_from_before_the_base_year_is_questioned() -> None:
    old = event("old", "2022-01-01", "60", "acquisition", quality="measured")
    assert [one.code for one in decide(old).findings] == ["base-year-before", "base-year-stated"]
    assert not decide(event("slip", "2022-01-01", "60")).findings


def test_rows_that_leave_the_base_year_open_are_told() -> None:
    bills = {"hq 2022": 10, "hq 2021": 10, "plant 2022-03": 100}
    found = backcast(accounts(bills, SITES[:2]), [BOUGHT], [2021, 2022])
    assert {one.code: one.data for one in found.findings} == {
        "base-year-rows-missing": {"site": "plant", "year": 2021},
        "base-year-rows-partly": {
            "site": "plant",
            "activity": "electricity.grid",
            "year": 2022,
            "days": 31,
            "of": 365,
            "months": ["2022-01–2022-02", "2022-04–2022-12"],
        },
    }
    assert found.change.value == 30 * GRID  # 60 in one of two years


def test_a_site_without_rows_of_the_base_year_needs_an_effect_or_was_not_there() -> None:
    inventory = accounts({"hq 2022": 1000, "plant 2024-09": 3}, SITES)
    with pytest.raises(hc.InventoryError, match="site plant has no emissions of 2022 in the accounts"):
        decide(BOUGHT, base=inventory)
    new = event("bought", "2024-07-01", kind="acquisition", site="plant", in_base_year="no")
    assert decide(new, base=inventory).weighed[0].status == "not-there"
    assert backcast(inventory, [new], [2022]).effects == ()
    told = {"kind": "acquisition", "site": "plant", "quality": "estimated", "note": "by floor area"}
    stated = event("bought", "2024-07-01", "60", **told)
    decision = decide(stated, base=inventory)
    assert decision.recalculate
    assert [(one.code, one.severity) for one in decision.findings if one.data.get("event")] == [
        ("base-year-estimated", "warning")
    ]
    assert "by floor area" in decision.findings[-1].message()
    out = event("out", "2025-01-01", kind="divestment", site="plant", share_after="0")
    assert [one.amount for one in backcast(inventory, [stated, out], [2022]).effects] == [60, -60]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"effect": "60", "scope": "2", "quality": "measured"}, "has rows of the base year that give it"),
        ({"in_base_year": "no"}, "in_base_year is no, but site plant has rows of 2022"),
        ({"effective": "2024-06-30"}, "nothing of site plant counts on 2024-06-30"),
        ({"site": "elsewhere"}, "site 'elsewhere' is not in the boundary"),
    ],
)
def test_what_contradicts_the_accounts_is_refused(changes: dict[str, Any], said: str) -> None:
    wrong = event("e", "2024-07-01", **{"kind": "acquisition", "site": "plant", **changes})
    with pytest.raises(hc.InventoryError, match=said):
        decide(wrong, base=accounts(BILLS, SITES))


def test_totals_alone_cannot_tell_of_sites() -> None:
    with pytest.raises(hc.InventoryError, match="give the inventory as well"):
        decide(BOUGHT)
    found = policy().decide(totals(), [BOUGHT], accounts(BILLS, SITES))
    assert found.weighed[0].effect == 60 * GRID + 3000 * GAS


def test_an_event_that_changes_nothing_or_the_other_way_is_told() -> None:
    always = accounts({"hq 2022": 10, "plant 2022": 100}, [{"id": "hq"}, {"id": "plant"}])
    assert [one.code for one in backcast(always, [BOUGHT], [2022]).findings] == ["base-year-unchanged"]
    less = event("less", "2024-07-01", kind="acquisition", site="plant", share_after="0.5")
    codes = [one.code for one in backcast(always, [less], [2022]).findings]
    assert codes == ["base-year-share-differs", "base-year-other-way"]


def test_without_a_boundary_every_site_counts_wholly() -> None:
    inventory = hc.Inventory(accounts({"hq 2022": 10, "plant 2022": 100}, SITES[:2]).ledger)
    gone = event("gone", "2023-01-01", kind="divestment", site="plant")
    assert backcast(inventory, [gone], [2022]).change.value == -100 * GRID


def test_scope_2_is_by_the_method_of_the_policy() -> None:
    with pytest.raises(hc.InventoryError, match="market"):
        decide(base=accounts(BILLS, SITES), scope2="market")
