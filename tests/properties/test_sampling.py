"""Laws of drawing by emissions: what holds for any rows, sizes and seeds."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hsesg_carbon as hc
from hsesg_carbon.findings import Where
from hsesg_carbon.verification.sampling import Item, Population
from tests.properties.test_market import bought, certificate, ledger, method

amounts = st.integers(-(10**6), 10**6).filter(bool).map(lambda thousandths: Fraction(thousandths, 1000))
qualities = st.sampled_from(["measured", "invoiced", "estimated", ""])
checks = st.sampled_from(["primary", "computed", "inferred", ""])
seeds = st.integers(min_value=-(2**40), max_value=2**40)


@st.composite
def populations(draw: st.DrawFn) -> Population:
    drawn = draw(st.lists(st.tuples(amounts, qualities, checks, st.integers(2022, 2024)), min_size=1, max_size=30))
    return Population(
        tuple(
            Item(f"r{place}", year, "1", amount, quality, check, Where())
            for place, (amount, quality, check, year) in enumerate(drawn)
        )
    )


@given(populations(), st.integers(1, 40), seeds)
def test_a_sample_has_the_size_that_was_asked_for(rows: Population, size: int, seed: int) -> None:
    sample = rows.draw(size, seed)
    assert len({one.item.key for one in sample.drawn}) == len(sample.drawn) == min(size, len(rows.items))


@given(populations(), st.integers(1, 40), seeds)
def test_certain_rows_and_intervals_cover_the_population(rows: Population, size: int, seed: int) -> None:
    """The emissions taken with certainty and one interval for every other draw are all there is, exactly."""
    sample = rows.draw(size, seed)
    certain = [one for one in sample.drawn if one.certain]
    others = len(sample.drawn) - len(certain)
    assert sum(abs(one.item.t_co2e) for one in certain) + others * (sample.interval or 0) == rows.gross
    if sample.interval is not None:
        assert all(abs(one.t_co2e) < sample.interval or one in [two.item for two in certain] for one in rows.items)


@given(populations(), st.integers(1, 40), seeds)
def test_what_is_at_or_above_the_interval_is_always_in(rows: Population, size: int, seed: int) -> None:
    drawn = {one.item.key for one in rows.draw(size, seed).drawn}
    interval = rows.gross / size
    assert {one.key for one in rows.items if abs(one.t_co2e) >= interval} <= drawn


@given(populations(), st.integers(1, 40), seeds, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_choose_them(rows: Population, size: int, seed: int, random: object) -> None:
    shuffled = list(rows.items)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert Population(tuple(shuffled)).draw(size, seed).drawn == rows.draw(size, seed).drawn


@given(populations(), st.integers(1, 40), seeds, st.sampled_from([Fraction(1, 3), Fraction(7, 10), Fraction(1000)]))
def test_the_unit_of_emissions_does_not_choose_rows(rows: Population, size: int, seed: int, scale: Fraction) -> None:
    other = Population(
        tuple(
            Item(one.activity_id, one.year, "1", one.t_co2e * scale, one.quality, one.checked, one.where)
            for one in rows.items
        )
    )
    assert [one.item.key for one in other.draw(size, seed).drawn] == [
        one.item.key for one in rows.draw(size, seed).drawn
    ]


@given(populations(), st.integers(1, 40), seeds)
def test_a_sample_without_errors_projects_none_and_all_wrong_rows_project_everything(
    rows: Population, size: int, seed: int
) -> None:
    sample = rows.draw(size, seed)
    right = {one.item.key: one.item.t_co2e for one in sample.drawn}
    assert all(one.known == one.further == 0 for one in sample.projected(right))
    emissions_only = all(one.t_co2e > 0 for one in rows.items)
    nothing = dict.fromkeys(right, Fraction(0))
    projected = sum(one.known + one.further for one in sample.projected(nothing))
    if emissions_only:  # every draw is wrong by all of itself: so is all that it stands for
        assert projected == rows.net


def test_a_row_with_twice_the_emissions_is_drawn_twice_as_often() -> None:
    """Over 2,000 seeds of 6 draws: a third of them are of the small rows, give or take 0.43 % of all. Fixed seeds."""
    rows = Population(
        (
            *(Item(f"one{n}", 2024, "1", Fraction(1), "", "", Where()) for n in range(10)),
            *(Item(f"two{n}", 2024, "1", Fraction(2), "", "", Where()) for n in range(10)),
        )
    )
    counts = {"one": 0, "two": 0}
    for seed in range(2000):
        for one in rows.draw(6, seed).drawn:
            counts[one.item.activity_id[:3]] += 1
    assert sum(counts.values()) == 12_000
    assert 1.9 < counts["two"] / counts["one"] < 2.1


def test_the_start_is_fair_over_seeds() -> None:
    """Ten equal rows, one draw: each is drawn 200 times in 2,000 seeds, give or take five deviations of 13.4."""
    rows = Population(tuple(Item(f"r{n}", 2024, "1", Fraction(1), "", "", Where()) for n in range(10)))
    counts: dict[str, int] = {}
    for seed in range(2000):
        (one,) = rows.draw(1, seed).drawn
        counts[one.item.activity_id] = counts.get(one.item.activity_id, 0) + 1
    assert len(counts) == 10
    assert all(abs(count - 200) < 67 for count in counts.values())


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> hc.Methodology:
    folder: Path = tmp_path_factory.mktemp("methods")
    return method(folder, residual=True)


@given(
    quantities=st.lists(st.integers(0, 10**6), min_size=1, max_size=15).filter(any),
    covered=st.integers(1, 100),
    share=st.sampled_from(["1", "0.35", "0.5"]),
    view=st.sampled_from(["location", "market"]),
)
def test_rows_add_up_to_the_inventory_whatever_the_view(
    both: hc.Methodology, quantities: list[int], covered: int, share: str, view: str
) -> None:
    """Each row has its part of what certificates cover and of what the owner counts: together all, exactly."""
    volume = -(-bought(quantities) * covered // 100)
    sites = (hc.Site(id="site-0", equity_share=share), hc.Site(id="site-1"))
    made = hc.Inventory(
        ledger(quantities, both),
        hc.Boundary("all", sites, "equity-share"),
        scope2=view,
        instruments=hc.Instruments((certificate("c", str(volume)),), "us", 12),
    )
    total = made.total().value
    if total:
        rows = Population.of(made)
        assert rows.net == total
        assert len(rows.items) + len(rows.silent) == len(quantities)
