"""What the fuzzers found, each mended at its root: the case as it was found, cut down."""

from fractions import Fraction
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hsesg_carbon import packs, units
from hsesg_carbon.errors import InputError, UnitError
from hsesg_carbon.tables import read_parquet
from hsesg_carbon.verification import relations
from hsesg_carbon.verification.intervals import point
from tests.sealed import zipped

CELLS = {"a": 2, "b": 3, "c": 7}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a / (a - b + c)", Fraction(2, 6)),
        ("a / (a + -c)", Fraction(2, -5)),
        ("a / (b - a + c)", Fraction(2, 8)),
        ("a / (a + b + c)", Fraction(2, 12)),
        ("a / (0 - b + a)", Fraction(2, -1)),
    ],
)
def test_a_share_of_a_sum_keeps_the_signs_of_its_terms(text: str, wanted: Fraction) -> None:
    found = relations.value(relations.parse(text), lambda ref: point(Fraction(CELLS[ref.row])))
    assert found == point(wanted)


@pytest.mark.parametrize("text", ["-0 / (-0)", "a / -0", "1 / (2 - 2)", "-(0 / -0)"])
def test_what_divides_by_zero_is_refused_however_zero_is_written(text: str) -> None:
    with pytest.raises(InputError) as refused:
        relations.parse(text)
    assert refused.value.code == "relation-divides-by-zero"


def test_a_member_without_a_name_is_a_fault_of_the_pack() -> None:
    raw = zipped(("a", b"x")).replace(b"\x01\x00\x00\x00a", b"\x00\x00\x00\x00a")
    at = raw.index(b"PK\x01\x02")
    raw = raw[: at + 28] + b"\0\0" + raw[at + 30 : at + 46] + raw[at + 47 :]
    size = (len(raw) - at - 22).to_bytes(4, "little")
    raw = raw[:-10] + size + raw[-6:]
    assert "pack-name-odd" in [one.code for one in packs.unpacked(raw, "a.zip").findings]


@pytest.mark.parametrize("unit", ["米^2/万吨", "m**2/万t", "m2/万吨", "平方米/10^4 t"])
def test_a_unit_has_one_name_however_its_power_is_spelt(unit: str) -> None:
    assert units.canonical(unit) == units.canonical(units.canonical(unit)) == "m2/万t"


def test_parquet_whose_notes_for_pandas_are_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.Table.from_pandas(pd.DataFrame({"site": ["hq"]}, index=pd.Index(["r1"])))
    notes = {key: value.replace(b'"name"', b'"nome"') for key, value in table.schema.metadata.items()}
    pq.write_table(table.replace_schema_metadata(notes), path)
    with pytest.raises(InputError) as caught:
        read_parquet(path)
    assert (caught.value.code, caught.value.data["file"]) == ("parquet-broken", "a.parquet")


def test_parquet_whose_text_is_no_text_is_refused_as_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"site": ["hangzhou", "wuhan"]}), path, compression="none")
    read_parquet(path)
    path.write_bytes(path.read_bytes().replace(b"wuhan", b"wu\xb1an"))
    with pytest.raises(InputError) as caught:
        read_parquet(path)
    assert (caught.value.code, caught.value.data["file"]) == ("parquet-broken", "a.parquet")


@pytest.mark.parametrize("text", ["10^٣ 人", "m^٣", "1٣ kg", "١٠ kWh", "t/10^٣"])
def test_digits_of_other_scripts_are_none_of_a_unit(text: str) -> None:
    """They are digits to a pattern and a name to pint, which raised an error of its own."""
    with pytest.raises(UnitError) as refused:
        units.canonical(text)
    assert refused.value.code.startswith("unknown-unit")
    assert not units.is_unit(text)
