"""Laws of the base year: parts add up, a stricter policy never decides less, and the order within a day is nothing."""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hsesg_carbon.base_year import BaseYearPolicy, Decision
from hsesg_carbon.events import STRUCTURAL, BaseYearEvent, backcast
from tests.unit.test_base_year import GAS, GRID, accounts, event, policy, totals

FIRST = date(2023, 1, 1)
SITES: list[dict[str, Any]] = [
    {"id": "hq"},
    {"id": "early", "equity_share": "0.7", "from": date(2023, 2, 1)},
    {"id": "late", "equity_share": "0.35", "from": date(2024, 7, 15)},
    {"id": "gone", "equity_share": "0.9", "to": date(2023, 9, 30)},
]
DAYS = {"early": "2023-02-01", "late": "2024-07-15", "gone": "2023-10-01"}

amounts = st.fractions(min_value=-900, max_value=900, max_denominator=1000)
stated = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from(["1", "2", "3"]), amounts, st.sampled_from(["error", "opening"])),
    max_size=8,
)
policies: st.SearchStrategy[Callable[..., BaseYearPolicy]] = st.builds(
    lambda **changes: lambda **more: policy(**(changes | more)),
    comparison=st.sampled_from(["above", "at-or-above"]),
    measured_against=st.sampled_from([["1+2"], ["1", "2"], ["1", "2", "1+2"]]),
    of=st.sampled_from(["as-reported", "as-restated"]),
    accumulation=st.sampled_from(["net", "absolute"]),
    cumulative=st.booleans(),
    threshold=st.integers(0, 20).map(lambda tenths: f"{tenths / 2} %"),
)
quantities = st.integers(min_value=1, max_value=10**6)


def events_of(drawn: list[tuple[int, str, Fraction, str]]) -> list[BaseYearEvent]:
    return [
        event(f"e{place}", (FIRST + timedelta(days=days)).isoformat(), effect, kind, scope=scope)
        for place, (days, scope, effect, kind) in enumerate(drawn)
    ]


def structural(shares: dict[str, str | None]) -> list[BaseYearEvent]:
    return [
        event(
            name,
            DAYS[name],
            kind="divestment" if name == "gone" else "acquisition",
            site=name,
            **({"share_after": share} if share else {}),
        )
        for name, share in shares.items()
    ]


def told(decision: Decision) -> Any:
    """Everything but the order of the rows of one day."""
    rows = sorted(decision.as_json()["events"], key=lambda one: (one["date"], one["event"], one["measure"] or ""))
    return rows, decision.recalculations, decision.pending, decision.restated


@given(stated, policies, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_decides_nothing(
    drawn: list[Any], made: Callable[..., BaseYearPolicy], random: Random
) -> None:
    events = events_of(drawn)
    shuffled = random.sample(events, len(events))
    assert told(made().decide(totals(), events)) == told(made().decide(totals(), shuffled))


@given(stated, policies, st.permutations(range(8)))
def test_the_names_of_events_of_one_day_decide_nothing(
    drawn: list[Any], made: Callable[..., BaseYearPolicy], order: list[int]
) -> None:
    events = events_of(drawn)
    names = {f"e{place}": f"e{order[place]}" for place in range(8)}
    renamed = [one.model_copy(update={"event": names[one.event]}) for one in events]
    first, second = made().decide(totals(), events), made().decide(totals(), renamed)
    assert [one.day for one in first.recalculations] == [one.day for one in second.recalculations]
    assert [{names[name] for name in one.takes_in} for one in first.recalculations] == [
        set(one.takes_in) for one in second.recalculations
    ]
    assert first.restated == second.restated


@given(stated, policies, st.integers(0, 20))
def test_a_lower_threshold_never_decides_for_less(
    drawn: list[Any], made: Callable[..., BaseYearPolicy], tenths: int
) -> None:
    events = events_of(drawn)
    higher = made()
    lower = higher.model_copy(update={"threshold": min(higher.threshold, Fraction(tenths, 200))})
    strict, lax = lower.decide(totals(), events), higher.decide(totals(), events)
    assert strict.recalculate or not lax.recalculate
    if lax.recalculate:
        assert strict.recalculations[0].day <= lax.recalculations[0].day


@given(stated, policies)
def test_what_exceeds_net_exceeds_absolute_and_what_exceeds_above_exceeds_at(
    drawn: list[Any], made: Callable[..., BaseYearPolicy]
) -> None:
    events = events_of(drawn)
    for key, less, more in (("accumulation", "net", "absolute"), ("comparison", "above", "at-or-above")):
        lax, strict = (made(**{key: one}).decide(totals(), events) for one in (less, more))
        assert strict.recalculate or not lax.recalculate


@given(stated, policies)
def test_until_the_first_recalculation_net_is_never_more_than_absolute(
    drawn: list[Any], made: Callable[..., BaseYearPolicy]
) -> None:
    events = events_of(drawn)
    net, absolute = (
        made(accumulation=one, threshold="100 %").decide(totals({"1": 10**6, "2": 10**6}), events)
        for one in ("net", "absolute")
    )
    for one, other in zip(net.weighed, absolute.weighed, strict=True):
        assert (one.event, one.measure) == (other.event, other.measure)
        if one.held is not None:
            assert other.held is not None
            assert abs(one.held) <= abs(other.held)


@given(stated, policies)
def test_every_event_that_counts_is_taken_in_or_pending_and_the_amounts_add_up(
    drawn: list[Any], made: Callable[..., BaseYearPolicy]
) -> None:
    decision = made().decide(totals(), events_of(drawn))
    taken = [name for one in decision.recalculations for name in one.takes_in]
    counting = {one.event for one in decision.weighed if one.status == "counts"}
    assert sorted([*taken, *decision.pending]) == sorted(counting)
    measured = [one for one in decision.effects if one.event in taken and one.scope in decision.policy.scopes]
    change = sum((one.amount for one in measured), Fraction(0))
    before, after = (sum(row.amount.value for row in side) for side in (decision.reported, decision.restated))
    assert after - before == change
    for earlier, later in zip(decision.recalculations, decision.recalculations[1:], strict=False):
        assert earlier.after == later.before


@given(
    st.lists(quantities, min_size=8, max_size=8),
    st.fixed_dictionaries(
        {}, optional={name: st.sampled_from([None, "0.4", "100%"] if name != "gone" else [None, "0"]) for name in DAYS}
    ),
    st.sampled_from(["equity-share", "operational-control"]),
)
def test_the_effects_of_a_back_cast_are_its_difference_and_what_they_must_be(
    drawn: list[int], shares: dict[str, str | None], approach: str
) -> None:
    bills = {}
    for place, site in enumerate(one["id"] for one in SITES):
        bills |= {f"{site} 2022": drawn[2 * place], f"{site} 2022 gas": drawn[2 * place + 1]}
    found = backcast(accounts(bills, SITES, approach), structural(shares), [2022])
    before, after = (sum((row.amount.value for row in side), Fraction(0)) for side in (found.before, found.after))
    assert after - before == found.change.value == sum((one.amount for one in found.effects), Fraction(0))
    own = {one["id"]: Fraction(one.get("equity_share", "1")) if approach == "equity-share" else 1 for one in SITES}
    expected = Fraction(0)
    for place, site in enumerate(one["id"] for one in SITES):
        whole = drawn[2 * place] * GRID + drawn[2 * place + 1] * GAS
        counted = own[site] if site in {"hq", "gone"} else 0
        if site in shares:
            share = {None: own[site], "0.4": Fraction(2, 5), "100%": Fraction(1), "0": Fraction(0)}[shares[site]]
            counted = Fraction(0) if site == "gone" else share
        expected += whole * counted
    assert after == expected


@given(st.lists(quantities, min_size=8, max_size=8), policies)
def test_the_decision_weighs_what_the_back_cast_shows(drawn: list[int], made: Callable[..., BaseYearPolicy]) -> None:
    bills = {f"{one['id']} 2022": amount for one, amount in zip(SITES, drawn, strict=False)}
    bills |= {f"{one['id']} 2022 gas": amount for one, amount in zip(SITES, drawn[4:], strict=False)}
    inventory, events = accounts(bills, SITES), structural(dict.fromkeys(DAYS))
    assert all(one.kind in STRUCTURAL for one in events)
    decision, shown = made().decide(inventory, events), backcast(inventory, events, [2022])
    assert decision.effects == shown.effects
