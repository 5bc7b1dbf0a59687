"""Laws of meters and exports: sums do not depend on how they were cut, sorted or delivered, and no row is lost."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction as F
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hsesg_carbon.exports import Exported, read_export
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.mappings import ColumnMapping
from hsesg_carbon.readings import Reading, Register, by_month, consumption, uses_of, whole_days
from hsesg_carbon.sites import Site

SITES = [Site(id="hq", region="CN")]
LIBRARY = FactorLibrary.shipped()
CONSTANTS = {"site": "hq", "activity": "electricity.grid", "unit": "kWh"}

steps = st.decimals(min_value=0, max_value=10**5, places=3, allow_nan=False, allow_infinity=False)
multipliers = st.decimals(min_value=Decimal("0.01"), max_value=4000, places=2, allow_nan=False, allow_infinity=False)


def exported(lines: Sequence[str], **mapping: Any) -> Exported:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return read_export(path, ColumnMapping.model_validate({"constants": CONSTANTS, **mapping}), SITES, LIBRARY)


def without_rows(one: Exported) -> list[tuple[tuple[str, str | None], ...]]:
    return sorted(tuple((name, cell) for name, cell in row.items() if name != "origin_row") for row in one.rows)


@given(st.lists(steps, min_size=2, max_size=20), multipliers, st.data())
def test_any_split_into_readings_sums_to_the_same_total(
    used: list[Decimal], multiplier: Decimal, data: st.DataObject
) -> None:
    first = datetime(2024, 1, 1)
    register = Register(multipliers=((datetime.min, F(multiplier)),))
    shown = [sum(map(F, used[:at]), F(0)) for at in range(len(used) + 1)]
    every = [Reading(first + timedelta(hours=9 * at), value) for at, value in enumerate(shown)]
    kept = [every[0], *(one for one in every[1:-1] if data.draw(st.booleans())), every[-1]]
    total = (shown[-1] - shown[0]) * F(multiplier)
    assert sum((one.quantity for one in uses_of(kept, register).uses), F(0)) == total
    whole, left = whole_days(uses_of(every, register).uses)
    assert sum((one.quantity for one in (*whole, *left)), F(0)) == total
    assert sum((one.quantity for one in by_month(whole)), F(0)) == sum((one.quantity for one in whole), F(0))


@given(st.integers(1, 9), multipliers, st.data())
def test_a_rollover_adds_the_range_of_the_register_times_the_multiplier(
    digits: int, multiplier: Decimal, data: st.DataObject
) -> None:
    start = data.draw(st.decimals(Decimal("0.01"), 10**digits - 1, places=2))
    end = data.draw(st.decimals(0, start - Decimal("0.01"), places=2))
    assert consumption(start, end, multiplier, digits) == (F(end) - F(start) + 10**digits) * F(multiplier)
    assert consumption(end, start, multiplier, digits) == consumption(end, start, multiplier)
    around = consumption(start, end, multiplier, digits) + consumption(end, start, multiplier, digits)
    assert around == 10**digits * F(multiplier)


@given(st.lists(steps, min_size=2, max_size=12), st.randoms())
def test_the_order_of_readings_does_not_matter(used: list[Decimal], random: Any) -> None:
    rows = [f"A,{date(2024, 1, 1) + timedelta(days=20 * at)},{sum(used[:at], Decimal(0))}" for at in range(len(used))]
    mapping: dict[str, Any] = {
        "kind": "readings",
        "date_format": "YYYY-MM-DD",
        "readings_at": "start-of-day",
        "columns": {"meter": "m", "date": "d", "reading": "r"},
    }
    mixed = random.sample(rows, len(rows))
    assert without_rows(exported(["m,d,r", *rows], **mapping)) == without_rows(exported(["m,d,r", *mixed], **mapping))


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(["energy", "power"]), st.sampled_from([("15min", 15), ("30min", 30), ("1h", 60)]))
def test_the_sum_of_intervals_is_the_sum_of_months_in_any_order(
    data: st.DataObject, measures: str, interval: tuple[str, int]
) -> None:
    name, minutes = interval
    first = datetime(2024, 1, 30) + timedelta(minutes=minutes * data.draw(st.integers(0, 50)))
    values = data.draw(st.lists(steps, min_size=1, max_size=150))
    gaps = data.draw(st.sets(st.integers(0, 149), max_size=5))
    rows = [f"A,{first + timedelta(minutes=minutes * at)},{value}" for at, value in enumerate(values) if at not in gaps]
    mapping: dict[str, Any] = {
        "kind": "intervals",
        "date_format": "YYYY-MM-DD HH:mm:ss",
        "interval": name,
        "stamp_at": data.draw(st.sampled_from(["start", "end"])),
        "measures": measures,
        "local_time": "+08:00",
        "columns": {"meter": "m", "stamp": "t", "quantity": "q"},
        "constants": CONSTANTS | {"unit": "kW" if measures == "power" else "kWh"},
    }
    total = sum((F(value) for at, value in enumerate(values) if at not in gaps), F(0))
    got = exported(["m,t,q", *rows], **mapping)
    if not rows:
        assert [one.code for one in got.findings] == ["table-without-rows"]
        return
    stated = sum((F(str(one["quantity"])) for one in got.rows), F(0))
    assert stated == total * (F(minutes, 60) if measures == "power" else 1)
    assert stated == sum(got.controls.sums.values())
    random = data.draw(st.randoms())
    assert without_rows(exported(["m,t,q", *random.sample(rows, len(rows))], **mapping)) == without_rows(got)
    assert not got.faulty


CELLS = st.sampled_from(
    [
        "hq",
        "",
        "合计",
        "Total",
        "paris",
        "2024-01",
        "2024-02",
        "2024-03",
        "5",
        "7.25",
        "x",
        "-1",
        "site",
        "month",
        "kWh",
        "void",
        "#REF!",
        "printed by Li",
        "=1+1",
    ]
)


@settings(deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=12))
def test_every_row_is_taken_or_left_aside_with_a_reason(cells: list[tuple[str, str, str]]) -> None:
    mapping: dict[str, Any] = {
        "kind": "bills",
        "period_format": "YYYY-MM",
        "columns": {"site": "site", "period": "month", "quantity": "kWh"},
        "constants": {"activity": "electricity.grid", "unit": "kWh"},
        "skip": [{"column": "site", "equals": ["void"], "reason": "void"}],
    }
    rows = [("site", "month", "kWh"), ("hq", "2023-12", "1"), *cells]
    got = exported([",".join(one) for one in rows], **mapping)
    filled = [one for one in rows if any(one)]
    assert got.controls.read == len(filled)
    assert got.controls.taken + sum(got.controls.left_aside.values()) == len(filled)
    assert got.controls.taken == got.controls.records == len(got.rows)
    faulty = {one.where.row for one in got.findings if one.severity == "error" and one.where}
    taken = {int(str(one["origin_row"])) for one in got.rows}
    assert not faulty & taken
    told = {one.where.row for one in got.findings if one.where}
    silent = {place for place, one in enumerate(rows, start=1) if any(one)} - taken - told
    for place in silent:  # a heading, a total that is met or has no value, or a row that is skipped
        assert rows[place - 1][0] == "void" or rows[place - 1] == rows[0] or rows[place - 1][0] in {"", "合计", "Total"}


@given(st.lists(st.tuples(st.integers(1, 12), steps), min_size=1, max_size=12, unique_by=lambda one: one[0]))
def test_a_wide_table_and_a_list_of_the_same_bills_give_the_same_rows(bills: list[tuple[int, Decimal]]) -> None:
    common: dict[str, Any] = {"kind": "bills", "period_format": "YYYY-MM"}
    months = [f"2024-{month:02d}" for month, _ in bills]
    wide = exported(
        ["meter," + ",".join(months), "A," + ",".join(str(value) for _, value in bills)],
        **common,
        wide=True,
        columns={"meter": "meter"},
    )
    long = exported(
        ["meter,month,q", *(f"A,{month},{value}" for month, (_, value) in zip(months, bills, strict=True))],
        **common,
        columns={"meter": "meter", "period": "month", "quantity": "q"},
    )
    assert Counter(without_rows(wide)) == Counter(without_rows(long))
