"""A workspace through a long life: rows come, change and go, exports are taken in, seals are made and replayed."""

import shutil
from fractions import Fraction
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import hsesg_carbon as hc
from hsesg_carbon.deliveries import received, register, take_in
from hsesg_carbon.versions import compared
from tests.fuzz.exported import MAPPING
from tests.sealed import few_factors, small

HEADING = "activity_id,site,period,activity,quantity,unit\n"
QUANTITIES = st.integers(1, 10**9)
"""Thousandths of a kWh."""


class LongLife(RuleBasedStateMachine):
    """What the accounts must hold is kept beside them, as plain numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(mkdtemp(prefix="life-"))
        self.folder = small(self.home / "us").folder
        (self.home / "map.toml").write_text(MAPPING, encoding="utf-8")
        self.typed = {"e1": 10**6}
        self.taken: dict[str, dict[str, int]] = {}
        self.sealed: dict[Path, tuple[str, bytes]] = {}
        self.next = 2

    def teardown(self) -> None:
        shutil.rmtree(self.home)

    def accounts(self) -> hc.Workspace:
        return hc.Workspace(self.folder, shipped=few_factors())

    def write(self) -> None:
        rows = (f"{one},hq,2023,electricity.grid,{text(size)},kWh\n" for one, size in self.typed.items())
        (self.folder / "activity" / "bill.csv").write_text(HEADING + "".join(rows), encoding="utf-8")

    def kwh(self) -> Fraction:
        every = [*self.typed.values(), *(size for one in self.taken.values() for size in one.values())]
        return Fraction(sum(every), 1000)

    @rule(size=QUANTITIES)
    def add_a_row(self, size: int) -> None:
        self.typed[f"e{self.next}"] = size
        self.next += 1
        self.write()

    @rule(size=QUANTITIES, place=st.integers(0, 99))
    def correct_a_row(self, size: int, place: int) -> None:
        self.typed[sorted(self.typed)[place % len(self.typed)]] = size
        self.write()

    @precondition(lambda self: len(self.typed) > 1)
    @rule(place=st.integers(0, 99))
    def remove_a_row(self, place: int) -> None:
        del self.typed[sorted(self.typed)[place % len(self.typed)]]
        self.write()

    @rule(name=st.sampled_from("abc"), sizes=st.lists(QUANTITIES, min_size=1, max_size=3))
    def take_in_an_export_twice(self, name: str, sizes: list[int]) -> None:
        rows = {f"2023-{month:02}": size for month, size in enumerate(sizes, start=1 + 3 * "abc".index(name))}
        file = self.home / f"{name}.csv"
        lines = (f"{month},hq,{text(size)}\n" for month, size in rows.items())
        file.write_text("month,site,kWh\n" + "".join(lines), encoding="utf-8")
        self.take(file)
        self.taken[name] = rows
        before = self.activity()
        self.take(file)  # a second time changes nothing
        assert self.activity() == before
        assert {row["file"] for row in register(self.folder)} == {f"{one}.csv" for one in self.taken}

    def take(self, file: Path) -> None:
        delivery, taken = take_in(self.folder, received(file, self.folder, self.home / "map.toml"), file)
        assert taken is not None, [one.line() for one in delivery.findings]

    def activity(self) -> dict[str, bytes]:
        return {one.name: one.read_bytes() for one in sorted((self.folder / "activity").iterdir())}

    @precondition(lambda self: len(self.sealed) < 3)
    @rule()
    def seal(self) -> None:
        seal = hc.Seal.of(self.accounts())
        self.sealed[seal.pack] = (seal.root, seal.pack.read_bytes())
        assert hc.Seal.of(self.accounts()).unchanged
        assert hc.Replay.of(seal.pack, root=seal.root).identical

    @precondition(lambda self: self.sealed)
    @rule()
    def look_at_the_chain(self) -> None:
        _, found = hc.Seal.check(self.accounts())
        assert [one for one in found if one.severity == "error"] == []

    @rule(size=QUANTITIES)
    def restate(self, size: int) -> None:
        """The bridge from a copy with one row more holds exactly what that row emits."""
        copy = self.home / "before"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.folder, copy, ignore=shutil.ignore_patterns("seals", "out"))
        more = f"{HEADING}more,hq,2023,electricity.grid,{text(size)},kWh\n"
        (copy / "activity" / "more.csv").write_text(more, encoding="utf-8")
        earlier, now = hc.Workspace(copy, shipped=few_factors()), self.accounts()
        (change,) = compared(now, earlier, now, years=[2023]).bridge("year")
        assert change.before - change.after == Fraction(size, 1000) * self.factor
        assert sum(change.parts.values(), Fraction(0)) == change.difference

    factor = Fraction("0.5366") / 1000
    """t CO2 per kWh: what the methodology of Hundsun's report takes for every year."""

    @invariant()
    def totals_are_those_of_the_rows(self) -> None:
        accounts = self.accounts()
        assert accounts.inventory.total().value == self.kwh() * self.factor
        ids = {row.activity_id for batch in accounts.batches for row in batch.rows()}
        assert set(self.typed) <= ids
        assert len(ids) == len(self.typed) + sum(map(len, self.taken.values()))

    @invariant()
    def what_was_sealed_stays(self) -> None:
        assert all(path.read_bytes() == raw for path, (_, raw) in self.sealed.items())


def text(thousandths: int) -> str:
    return f"{thousandths // 1000}.{thousandths % 1000:03}"


TestLongLife = LongLife.TestCase
TestLongLife.settings = settings(max_examples=4, stateful_step_count=6, deadline=None)
