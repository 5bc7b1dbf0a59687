"""What is measured of ours: the way from a frame to exact totals, and what costs no pass over the rows."""

import time
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import pyarrow as pa

import hsesg_carbon as hc
from tests.benchmarks.scale.data import METHODOLOGY, SITES, each_key

STEPS = ("open", "checks", "compile", "sums", "totals")
BY = ("scope", "year")


@cache
def method() -> hc.Methodology:
    return hc.Methodology.shipped(METHODOLOGY)


def shipped() -> hc.FactorLibrary:
    return hc.FactorLibrary.shipped()


def ledger(frame: Any) -> hc.Ledger:
    """Return the ledger of a frame."""
    activities = hc.Activities(frame)
    return hc.Plan.compile(activities, shipped(), method()).run(activities)


def totals(frame: Callable[[], Any], steps: dict[str, float] | None = None) -> Any:
    """Return exact totals of a frame, end to end; ``steps`` takes the seconds of each step."""
    marks = [time.perf_counter()]

    def done(result: Any) -> Any:
        marks.append(time.perf_counter())
        return result

    opened = done(frame())
    activities = done(hc.Activities(opened))
    plan = done(hc.Plan.compile(activities, shipped(), method()))
    book = done(plan.run(activities))
    found = done(book.totals(*BY))
    if steps is not None:
        steps |= {name: after - before for name, before, after in zip(STEPS, marks, marks[1:], strict=False)}
    return found


def digits(book: hc.Ledger) -> dict[tuple[Any, ...], Fraction]:
    """Return the finest totals as exact fractions: what has to be the same on every engine."""
    finest = book.totals("site", "activity", "period")
    return {(*one.group, one.flow, one.amount.unit): one.amount.value for one in finest}


def co2(book: hc.Ledger) -> dict[tuple[str, int], Fraction]:
    """Return tonnes of CO2 by site and year, Scope 2 by location: what the other contenders compute."""
    found: dict[tuple[str, int], Fraction] = {}
    for one in book.totals("site", "year", "scope2"):
        group = dict(one.group)
        if one.flow == "CO2" and group["scope2"] in {"", "location"}:
            key = str(group["site"]), int(group["year"])
            found[key] = found.get(key, Fraction(0)) + one.amount.value
    return found


@cache
def multipliers() -> pa.Table:
    """Return one row for every distinct key and flow, with all that lines say of it: what a bare join needs."""
    return ledger(each_key()).lines().drop_columns(["activity_id", "quantity", "amount"])


def boundaries() -> tuple[hc.Boundary, hc.Boundary]:
    """Return two boundaries around the made-up sites: all that is controlled, and half of each by equity share."""
    sites = tuple(hc.Site(id=one, region="CN", equity_share=Decimal("0.5")) for one in SITES)
    return hc.Boundary("controlled", sites, "operational-control"), hc.Boundary("held", sites, "equity-share")
