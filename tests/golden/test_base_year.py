"""Decisions of base-year policies that were worked out by hand (``base_year.toml``; every figure is made up)."""

import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_base_year import event, policy, totals

DATA = tomllib.loads((Path(__file__).parent / "base_year.toml").read_text(encoding="utf-8"))
CASES: dict[str, dict[str, Any]] = DATA["case"]


@pytest.mark.parametrize("case_name", CASES)
def test_a_decision_comes_out_as_worked_by_hand(case_name: str) -> None:
    case = CASES[case_name]
    made = policy(**DATA["policy"] | case.get("policy", {}))
    events = [
        event(one, day, effect, kind, scope=scope, quality="measured")
        for one, day, kind, scope, effect in case["events"]
    ]
    decision = made.decide(totals(case["base"]), events)
    assert [one.held for one in decision.weighed if one.held is not None] == [Fraction(one) for one in case["held"]]
    assert [one.day.isoformat() for one in decision.recalculations] == case["recalculated"]
    assert decision.recalculate is bool(case["recalculated"])
    assert {str(row["scope"]): row.amount.value for row in decision.restated} == {
        scope: Fraction(value) for scope, value in case["restated"].items()
    }
