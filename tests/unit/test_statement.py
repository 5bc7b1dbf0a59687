"""The statement: its figures are those of the footprint, its calculation adds up to them, its caveats are all there."""

import inspect
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import hsesg_carbon as hc
from hsesg_carbon.caveats import Caveat, Facts, SealState, caveats
from hsesg_carbon.errors import MethodologyError
from hsesg_carbon.evidence import evidence_of
from hsesg_carbon.findings import Finding
from hsesg_carbon.methodology import shipped_methodologies
from hsesg_carbon.seal import Seal
from hsesg_carbon.versions import stated
from tests.sealed import NOON, everything, small

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAMES = ("hundsun-2024", "campus-monthly", "lost-bills", "base-year")
TINY = Fraction(1, 10**9)


@cache
def statement(name: str) -> hc.Statement:
    return hc.Statement.of(hc.Workspace(EXAMPLES / name))


@cache
def document(name: str) -> dict[str, Any]:
    return statement(name).as_json()


def leaves(document: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every value of a document with the keys that lead to it."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from leaves(value, (*path, key))
    elif isinstance(document, list):
        for one in document:
            yield from leaves(one, path)
    else:
        yield path, document


# --------------------------------------------------------------------------------------------------- figures


@pytest.mark.parametrize("name", NAMES)
def test_every_total_is_the_footprints_to_the_last_digit(name: str) -> None:
    footprint = hc.Workspace(EXAMPLES / name).footprint()
    told = document(name)
    headline = told["basis"]["headline_scope2"]
    own = {(one["year"], one["scope"]): one["value"] for one in told["totals"] if one["method"] in {None, headline}}
    assert own == {(one["year"], one["scope"]): one["value"] for one in footprint["totals"]}
    both = {(one["method"], one["year"]): one["value"] for one in told["totals"] if one["scope"] == "2"}
    assert both == {(one["method"], one["year"]): one["value"] for one in footprint["scope2"]}
    shares = {(one["year"], one["scope"]): one["percent"] for one in footprint["estimated"]}
    assert {
        (one["year"], one["scope"]): one["estimated_percent"]
        for one in told["totals"]
        if one["method"] in {None, headline}
    } == shares


@pytest.mark.parametrize("name", NAMES)
def test_the_calculation_adds_up_to_every_total_exactly(name: str) -> None:
    accounts = statement(name)
    sums: dict[tuple[int, str, str | None], Fraction] = {}
    for row in accounts.calculation:
        place = row.key.year, row.key.scope, row.key.method
        sums[place] = sums.get(place, Fraction(0)) + (row.t_co2e or 0)
    scopes = {place: amount for place, amount in accounts.amounts.items() if place[1] != "total"}
    assert sums == scopes
    for (year, scope, method), amount in accounts.amounts.items():
        if scope == "total":
            assert amount == sum(
                part for (of, one, by), part in scopes.items() if of == year and (by == method or one != "2")
            )


def test_the_calculation_adds_up_with_shares_instruments_split_bills_and_parquet(tmp_path: Path) -> None:
    accounts = hc.Statement.of(everything(tmp_path / "all"))
    rows = accounts.calculation
    for method, view in accounts.views.items():
        total = sum((row.t_co2e or Fraction(0) for row in rows if row.key.method in {None, method}), Fraction(0))
        assert total == view.total().value
    assert {row.share for row in rows} == {Fraction(1), Fraction("0.415")}
    assert [row for row in rows if row.key.instrument]
    assert len({row.id for row in rows}) == len(rows)


@pytest.mark.parametrize("name", NAMES)
def test_a_row_multiplies_out_in_the_digits_that_it_shows(name: str) -> None:
    rows = document(name)["calculation"]
    for row in rows:
        quantity, multiplier, amount = (Fraction(row[key]) for key in ("quantity", "multiplier", "amount"))
        shown = quantity * multiplier - amount
        assert shown == 0 if not {"quantity", "multiplier", "amount"} & set(row["rounded"]) else abs(shown) < TINY
        product = amount * Fraction(row["share"]) * Fraction(row["gwp"])
        assert abs(product - Fraction(row["tco2e"])) < (TINY if row["rounded"] else Fraction(1, 10**18))
        assert row["steps"][0] == f"{row['quantity']} {row['unit']}"
        assert row["steps"][-1].endswith(f"= {row['tco2e']} tCO2e")
    assert len({row["id"] for row in rows}) == len(rows)


@pytest.mark.parametrize("name", NAMES)
def test_parts_add_up_to_their_totals(name: str) -> None:
    told = document(name)
    wholes = {(one["year"], one["scope"], one["method"]): Fraction(one["value"]) for one in told["totals"]}
    for part in ("gases", "sites", "sources"):
        sums: dict[tuple[int, str, str | None], Fraction] = {}
        for one in told[part]:
            place = one["year"], one["scope"], one["method"]
            sums[place] = sums.get(place, Fraction(0)) + Fraction(one["value"])
        assert sums.keys() == {place for place in wholes if place[1] != "total"}
        assert all(abs(wholes[place] - value) < TINY for place, value in sums.items())


@pytest.mark.parametrize("name", NAMES)
def test_every_factor_and_property_of_the_calculation_is_listed_with_its_source(name: str) -> None:
    told = document(name)
    known = {one["id"]: one for one in told["factors"]}
    for row in told["calculation"]:
        for number in [row["factor"], row["gwp_id"], *row["properties"]]:
            if number is not None:
                assert row["id"] in known[number]["used_by"]
    assert all(one["source"]["title"]["en"] and one["locator"] for one in known.values())


@pytest.mark.parametrize("name", NAMES)
def test_floats_stand_only_where_something_is_a_statistic(name: str) -> None:
    found = {path[0] + "." + path[-1] for path, value in leaves(document(name)) if isinstance(value, float)}
    allowed = {"totals.low", "totals.high"}
    assert {one for one in found if not one.startswith("uncertainty.")} <= allowed


@pytest.mark.parametrize("name", NAMES)
def test_texts_stand_in_both_languages(name: str) -> None:
    for part in ("caveats", "findings"):
        for one in document(name)[part]:
            assert sorted(one["message"]) == ["en", "zh"]
            assert all(one["message"].values())
    for path, value in leaves(document(name)["basis"]):
        if path[-1] in {"en", "zh"}:
            assert value


def test_a_second_run_gives_the_same_bytes() -> None:
    again = hc.Statement.of(hc.Workspace(EXAMPLES / "hundsun-2024")).as_json()
    assert json.dumps(again, ensure_ascii=False) == json.dumps(document("hundsun-2024"), ensure_ascii=False)


def test_what_is_not_known_is_null_and_never_0() -> None:
    first = [one for one in document("hundsun-2024")["totals"] if one["year"] == 2022]
    assert {one["change_percent"] for one in first} == {None}
    assert {one["since_base_percent"] for one in first} == {None}
    assert {one["estimated_percent"] for one in first} == {None}  # no row states a quality
    assert document("lost-bills")["uncertainty"] is None
    assert {one["low"] for one in document("lost-bills")["totals"]} == {None}
    assert document("campus-monthly")["verification"] is None


def test_credits_make_no_share_of_estimates_negative_or_more_than_all(tmp_path: Path) -> None:
    folder = tmp_path / "accounts"
    (folder / "activity").mkdir(parents=True)
    (folder / "inventory.toml").write_text(
        'organisation = { id = "us", name = { en = "us" } }\nmethodology = "ghgp-cn"\nboundary = "all"\n'
        'consolidation = "operational-control"\nperiods = ["2023"]\n\n[[site]]\nid = "a"\nregion = "CN"\n',
        encoding="utf-8",
    )
    (folder / "activity" / "bills.csv").write_text(
        "activity_id,site,period,activity,quantity,unit,credit,quality\n"
        "e,a,2023-05,mobile.petrol,300,L,,estimated\nc,a,2023-05,mobile.petrol,-100,L,yes,invoiced\n",
        encoding="utf-8",
    )
    accounts = hc.Workspace(folder)
    told = hc.Statement.of(accounts).as_json()
    assert {(one["scope"], one["estimated_percent"]) for one in told["totals"]} >= {("1", "75"), ("total", "75")}
    shares = {one["quality"]: one["percent"] for one in told["quality"] if one["scope"] == "1"}
    assert shares == {"estimated": "75", "invoiced": "25"}
    assert {one["percent"] for one in accounts.footprint()["estimated"] if one["scope"] == "1"} == {"75"}


SHARED = """organisation = { id = "us", name = { en = "us" } }
methodology = "ghgp-cn"
boundary = "all"
consolidation = "equity-share"
periods = ["2023"]
keep_published = true

[[site]]
id = "a"
region = "CN-ZJ"
from = 2023-07-01
equity_share = "0.333333"
"""


def shared(folder: Path) -> dict[str, Any]:
    """Return the statement of a third of a site that joined in July: power of the year, and a refill; made up."""
    (folder / "activity").mkdir(parents=True)
    (folder / "inventory.toml").write_text(SHARED, encoding="utf-8")
    (folder / "activity" / "bills.csv").write_text(
        "activity_id,site,period,activity,quantity,unit,quality,meter\n"
        "e1,a,2023-01-01/2023-06-30,electricity.grid,100,MWh,invoiced,m\n"
        "e2,a,2023-07-01/2023-10-31,electricity.grid,60,MWh,invoiced,m\ne3,a,2023-12,electricity.grid,20,MWh,,m\n"
        "r,a,2023-08,refrigerant.r410a,3,kg,measured,\nh,a,2023-08,refrigerant.r32,1,kg,measured,\n",
        encoding="utf-8",
    )
    return hc.Statement.of(hc.Workspace(folder)).as_json()


def test_months_in_which_no_bill_is_expected_make_no_accounts_more_complete(tmp_path: Path) -> None:
    """Six months count. Refills happen when they happen, and of the months before July nothing is looked for."""
    told = shared(tmp_path / "accounts")
    found = {"expected_months": 6, "complete": 5, "estimated": 0, "partial": 0, "overlapping": 0, "missing": 1}
    assert told["completeness"] == found
    (caveat,) = (one for one in told["caveats"] if one["code"] == "caveat-months-missing")
    assert caveat["message"]["en"].startswith("Of 6 months in which bills are expected")


def test_of_two_scope_2_methods_the_larger_share_of_unstated_quality_is_told(tmp_path: Path) -> None:
    """Of 80 MWh 20 say nothing: market-based power weighs more beside the refills than location-based."""
    told = shared(tmp_path / "accounts")
    other = Fraction("1.5") * (771 + 3740) / 1000 + Fraction(771, 1000)
    shares = [100 * 20 * one / (80 * one + other) for one in (Fraction("0.4974"), Fraction("0.6096"))]
    (caveat,) = (one for one in told["caveats"] if one["code"] == "caveat-quality-unstated")
    assert f"(2023: {float(max(shares)):.2f} %)" in caveat["message"]["en"]
    assert f"{float(max(shares)):.2f}" != f"{float(min(shares)):.2f}"


def test_a_target_stands_beside_what_the_year_counts_unless_bills_are_missing() -> None:
    told = document("campus-monthly")
    totals = {
        one["year"]: one["value"] for one in told["totals"] if (one["scope"], one["method"]) == ("total", "location")
    }
    plans = {one["year"]: one for one in told["targets"] if one["target"] == "plan-emissions"}
    assert plans[2022]["actual"] == totals[2022]
    assert (plans[2023]["actual"], plans[2023]["complete"]) == (None, False)  # Shenzhen lacks a bill
    power = {one["year"]: one["actual"] for one in told["targets"] if one["target"] == "plan-electricity"}
    used = {one["year"]: one["mwh"] for one in told["energy"] if one["carrier"] == "electricity"}
    assert Fraction(power[2024]) == 1000 * Fraction(used[2024])
    path = [one for one in told["targets"] if one["kind"] == "trajectory"]
    assert [one["year"] for one in path] == list(range(2022, 2061))
    assert Fraction(next(one["value"] for one in path if one["year"] == 2055)) == 1050


def test_energy_agrees_with_itself_in_all_its_units() -> None:
    for name in NAMES:
        told = document(name)
        for whole in told["energy_totals"]:
            own = [one for one in told["energy"] if one["year"] == whole["year"]]
            assert abs(sum(Fraction(one["gj"]) for one in own) - Fraction(whole["gj"])) < TINY
            assert abs(sum(Fraction(one["share_percent"]) for one in own) - 100) < TINY
            assert abs(Fraction(whole["mwh"]) * Fraction("3.6") - Fraction(whole["gj"])) < TINY


# ----------------------------------------------------------------------------------------------- restatement


def test_hundsuns_two_restated_years_are_there_and_2024_is_not() -> None:
    told = document("hundsun-2024")["restatement"]
    assert (told["before"]["id"], told["after"]["id"]) == ("earlier-basis", "hundsun-2024")
    by_hand = {
        2022: Fraction(15471207) * (Fraction("0.5366") - Fraction("0.5703")) / 1000,
        2023: Fraction(15722244) * (Fraction("0.5366") - Fraction("0.5703")) / 1000,
    }
    assert {one["year"]: Fraction(one["difference"]) for one in told["years"]} == by_hand
    for one in told["years"]:
        assert sum(Fraction(part["amount"]) for part in one["causes"]) == Fraction(one["difference"])
    assert "hypothesis" in told["reason"]["en"]
    assert document("campus-monthly")["restatement"] is None


def test_an_earlier_version_outside_the_workspace_is_refused(tmp_path: Path) -> None:
    other, own = tmp_path / "other", tmp_path / "own"
    small(other)
    workspace = small(own)
    path = own / "inventory.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + f'\n[restated]\nbefore = "{other.as_posix()}"\nreason = "why"\n', encoding="utf-8")
    with pytest.raises(hc.InputError, match="no part of this workspace"):
        stated(hc.Workspace(own, shipped=workspace.shipped))


def test_an_earlier_version_kept_in_the_workspace_is_compared(tmp_path: Path) -> None:
    workspace = small(tmp_path / "own")
    kept = workspace.folder / "versions" / "first"
    small(kept)
    bill = kept / "activity" / "bill.csv"
    bill.write_text(bill.read_text(encoding="utf-8").replace("1000,kWh", "900,kWh"), encoding="utf-8")
    path = workspace.folder / "inventory.toml"
    head, sites = path.read_text(encoding="utf-8").split("[[site]]", 1)
    path.write_text(f'{head}[restated]\nbefore = "first"\nreason = "a bill"\n\n[[site]]{sites}', encoding="utf-8")
    told = hc.Statement.of(hc.Workspace(workspace.folder, shipped=workspace.shipped)).as_json()
    (year,) = told["restatement"]["years"]
    assert Fraction(year["difference"]) == 100 * Fraction("0.5366") / 1000
    assert [(one["cause"], one["amount"]) for one in year["causes"]] == [("activity", year["difference"])]
    assert "caveat-restated" in {one["code"] for one in told["caveats"]}


# ------------------------------------------------------------------------------------------------------ seal


def test_the_root_is_that_of_a_seal_made_now_and_a_change_shows(tmp_path: Path) -> None:
    pytest.importorskip("rocrate", reason="sealing needs the extra provenance")
    workspace = everything(tmp_path / "all")
    never = hc.Statement.of(workspace)
    assert never.seal.as_json()["sealed"] is None
    seal = Seal.of(hc.Workspace(workspace.folder, shipped=workspace.shipped), at=NOON)
    assert never.seal.root == seal.root
    now = hc.Statement.of(hc.Workspace(workspace.folder, shipped=workspace.shipped)).seal
    assert now.as_json() == {
        "root": seal.root,
        "sealed": {"number": 1, "time": seal.time, "root": seal.root, "same": True},
        "problem": None,
    }
    bills = workspace.folder / "activity" / "账单.csv"
    bills.write_text(bills.read_text(encoding="utf-8").replace("33.3", "33.4"), encoding="utf-8")
    later = hc.Statement.of(hc.Workspace(workspace.folder, shipped=workspace.shipped))
    assert not later.seal.same
    assert later.seal.root != seal.root
    assert "caveat-changed" in {one.code for one in later.caveats}
    assert not [one for one in later.caveats if one.code == "caveat-not-sealed"]


def test_a_file_that_changes_while_it_is_read_leaves_no_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = small(tmp_path / "own")

    def evidence(accounts: hc.Workspace) -> dict[str, bytes]:
        (workspace.folder / "note.txt").write_text("somebody else", encoding="utf-8")
        return evidence_of(accounts)

    monkeypatch.setattr("hsesg_carbon.seal.evidence_of", evidence)
    seal = hc.Statement.of(workspace).seal
    assert seal.root is None
    assert "changed while" in (seal.problem or {})["en"]


def test_a_version_of_accounts_has_a_statement_but_no_root(tmp_path: Path) -> None:
    workspace = small(tmp_path / "own")
    told = hc.Statement.of(workspace.version("ghgp-cn")).as_json()
    assert told["basis"]["methodology"]["id"] == "ghgp-cn"
    assert told["seal"]["root"] is None
    assert told["seal"]["problem"]["en"]
    assert "caveat-seal-none" in {one["code"] for one in told["caveats"]}


# --------------------------------------------------------------------------------------------------- caveats


@pytest.mark.parametrize("name", NAMES)
def test_no_error_or_warning_is_without_its_caveat(name: str) -> None:
    accounts = statement(name)
    grave = {one.code for one in accounts.findings if one.severity != "info"}
    assert grave <= {one.code for one in accounts.caveats}
    assert all(one.figures for one in accounts.caveats)


def test_nothing_that_can_be_asked_of_a_statement_leaves_a_caveat_out() -> None:
    assert list(inspect.signature(hc.Statement.of).parameters) == ["workspace"]
    assert list(inspect.signature(hc.Statement.as_json).parameters) == ["self"]
    assert len(document("campus-monthly")["caveats"]) == len(statement("campus-monthly").caveats)


@cache
def clean() -> Facts:
    """Return facts of which nothing is to be said, made from those of real accounts."""
    kept: dict[str, Any] = {}

    def keep(facts: Facts) -> tuple[Caveat, ...]:
        kept["facts"] = facts
        return ()

    patch = pytest.MonkeyPatch()
    patch.setattr("hsesg_carbon.statement.caveats", keep)
    assert hc.Statement.of(hc.Workspace(EXAMPLES / "base-year")).caveats == ()
    patch.undo()
    method = hc.Methodology.shipped("ghgp-cn").model_copy(update={"notes": (), "notes_zh": ()})
    verified = hc.Verification(3, 3, ())
    seal = SealState("a" * 64, 1, "2026-01-05T12:00:00Z", "a" * 64)
    return replace(
        kept["facts"],
        methodology=method,
        scopes=("1", "2", "3"),
        findings=(),
        estimated={},
        unstated={},
        completeness={"expected_months": 12, "complete": 12, "missing": 0, "partial": 0},
        memo=[],
        numbers={"one": "primary"},
        covered=(),
        shared=(),
        verification=verified,
        uncertain=True,
        restated=None,
        decision=None,
        seal=seal,
    )


def finding(code: str, severity: str = "info", **data: Any) -> Finding:
    return Finding(code=code, severity=severity, data=data)  # type: ignore[arg-type]


FIT = {"number": "n", "periods": ["2023", "2024-01"], "activity": "a", "region": "CN", "subject": "-", "year": 2022}
SILENT = finding(
    "reported-silent-sources", "warning", kind="offices", sources=["refrigerants"], told={"en": [], "zh": []}
)
RESTATED = {
    "before": {"id": "a", "title": {"en": "old", "zh": "旧"}},
    "after": {"id": "b", "title": {"en": "new", "zh": "新"}},
    "years": [{"year": 2022}],
    "reason": {"en": "why", "zh": "因"},
}
MADE: dict[str, Callable[[Facts], Facts]] = {
    "caveat-estimated": lambda one: replace(one, estimated={(2024, "2", "location"): Fraction(1, 3)}),
    "caveat-quality-unstated": lambda one: replace(one, unstated={(2024, "total"): Fraction(100)}),
    "caveat-months-missing": lambda one: replace(one, completeness={"expected_months": 12, "missing": 1, "partial": 0}),
    "caveat-numbers-not-primary": lambda one: replace(one, numbers={"one": "two-transcriptions"}),
    "caveat-numbers-inferred": lambda one: replace(one, numbers={"one": "inferred"}),
    "caveat-fit-fixed-year": lambda one: replace(one, findings=(finding("fit-fixed-year", **FIT),)),
    "caveat-fit-earlier-year": lambda one: replace(one, findings=(finding("fit-earlier-year", **FIT),)),
    "caveat-fit-other-time": lambda one: replace(one, findings=(finding("fit-other-time", **FIT),)),
    "caveat-fit-region-parent": lambda one: replace(one, findings=(finding("fit-region-parent", **FIT),)),
    "caveat-methodology-note": lambda one: replace(
        one, methodology=one.methodology.model_copy(update={"notes": ("a guess",), "notes_zh": ("推测",)})
    ),
    "caveat-co2-only": lambda one: replace(one, methodology=one.methodology.model_copy(update={"gases": ("CO2",)})),
    "caveat-no-scope-3": lambda one: replace(one, scopes=("1", "2")),
    "caveat-location-only": lambda one: replace(
        one, methodology=one.methodology.model_copy(update={"scope2": ("location",)})
    ),
    "caveat-market-only": lambda one: replace(
        one, methodology=one.methodology.model_copy(update={"scope2": ("market",)})
    ),
    "caveat-instruments": lambda one: replace(one, covered=("gec-1",)),
    "caveat-instruments-shared": lambda one: replace(one, shared=(("gec-1", Fraction(3, 5)),)),
    "caveat-biogenic": lambda one: replace(one, memo=[{"kind": "biogenic"}]),
    "caveat-ozone-depleting": lambda one: replace(one, memo=[{"kind": "ozone-depleting"}]),
    "caveat-no-uncertainty": lambda one: replace(one, uncertain=False),
    "caveat-not-verified": lambda one: replace(one, verification=None),
    "caveat-verification": lambda one: replace(one, verification=hc.Verification(3, 2, (SILENT,))),
    "reported-silent-sources": lambda one: replace(one, verification=hc.Verification(3, 2, (SILENT,))),
    "caveat-restated": lambda one: replace(one, restated=RESTATED),
    "caveat-base-year-recalculate": lambda one: replace(one, decision=statement("base-year").decision),
    "caveat-not-sealed": lambda one: replace(one, seal=SealState("a" * 64)),
    "caveat-changed": lambda one: replace(one, seal=replace(one.seal, root="b" * 64)),
    "caveat-seal-none": lambda one: replace(one, seal=SealState(None, problem={"en": "why", "zh": "因"})),
    "caveat-chain-broken": lambda one: replace(one, seal=replace(one.seal, faults=(finding("chain-spelt", "error"),))),
    "gaps-filled": lambda one: replace(one, findings=statement("lost-bills").findings),
    "year-partly-covered": lambda one: replace(one, findings=statement("lost-bills").findings),
    "meter-overlap": lambda one: replace(one, findings=statement("campus-monthly").findings),
    "residual-mix-used": lambda one: replace(one, findings=statement("campus-monthly").findings),
    "site-outside-boundary": lambda one: replace(one, findings=statement("base-year").findings),
    "site-share-applied": lambda one: replace(one, findings=statement("base-year").findings),
    "gases-left-out": lambda one: replace(one, findings=statement("hundsun-2024").findings),
    "denominator-boundary-accepted": lambda one: replace(one, findings=statement("hundsun-2024").findings),
}


@pytest.mark.parametrize("code", sorted(MADE))
def test_a_caveat_stands_where_it_must_and_not_elsewhere(code: str) -> None:
    assert code not in {one.code for one in caveats(clean())}
    found = [one for one in caveats(MADE[code](clean())) if one.code == code]
    assert len(found) == 1
    assert found[0].figures
    told = found[0].as_json()["message"]
    assert told["en"] != told["zh"]


def test_of_clean_accounts_only_the_limits_of_scope_3_are_said() -> None:
    assert [one.code for one in caveats(clean())] == ["caveat-scope-3-partial"]


def test_events_that_the_base_year_has_not_taken_in_are_a_caveat() -> None:
    decision = statement("base-year").decision
    assert decision is not None
    waiting = replace(decision, recalculations=(), pending=("plant-sold",))
    found = {one.code: one for one in caveats(replace(clean(), decision=waiting))}
    assert "plant-sold" in found["caveat-base-year-pending"].text("en")
    assert "caveat-base-year-recalculate" not in found


def test_caveats_of_one_kind_are_told_once_with_their_number() -> None:
    data = {"meter": "7", "first": "a", "second": "b", "days": 3}
    three = tuple(finding("meter-overlap", "warning", **{**data, "first": name}) for name in "xyz")
    (found,) = [one for one in caveats(replace(clean(), findings=three)) if one.code == "meter-overlap"]
    assert found.count == 3
    assert "2 more" in found.text("en")


def test_the_years_of_a_number_that_stands_in_are_all_those_of_its_spans() -> None:
    spans = finding("fit-earlier-year", **(FIT | {"periods": ["2022-01–2024-12"]}))
    (found,) = [one for one in caveats(replace(clean(), findings=(spans,))) if one.code == "caveat-fit-earlier-year"]
    assert "2022, 2023, 2024" in found.text("en")


def test_the_gravest_caveats_come_first() -> None:
    for name in NAMES:
        gravity = [("error", "warning", "info").index(one["severity"]) for one in document(name)["caveats"]]
        assert gravity == sorted(gravity)


@pytest.mark.parametrize("name", shipped_methodologies())
def test_a_shipped_methodology_has_its_notes_in_both_languages(name: str) -> None:
    notes = hc.Methodology.shipped(name).noted
    for one in notes:
        assert re.search("[\u4e00-\u9fff]", one["zh"]), one
        assert not re.search("[\u4e00-\u9fff]", one["en"]), one
    assert notes


def test_notes_without_chinese_are_told_in_english_and_sealed_as_before_there_was_any() -> None:
    method = hc.Methodology.shipped("hundsun-2024").model_copy(update={"notes": ("a guess",), "notes_zh": ()})
    assert method.noted == ({"en": "a guess", "zh": "a guess"},)
    assert "notes_zh" not in method.model_dump(mode="json")


def test_notes_in_chinese_that_are_not_one_for_each_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    head = 'id = "ours"\nextends = "hundsun-2024"\ntitle = { en = "ours", zh = "本公司" }\n'
    path.write_text(head + 'notes = ["one", "two"]\nnotes_zh = ["一"]\n', encoding="utf-8")
    with pytest.raises(MethodologyError, match="notes_zh"):
        hc.Methodology.load(path)
    path.write_text(head + 'notes = ["one"]\n', encoding="utf-8")
    assert hc.Methodology.load(path).noted == ({"en": "one", "zh": "one"},)  # none of the Chinese is inherited
