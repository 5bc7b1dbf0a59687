"""What changed between editions and between days, and checking an organisation's own factors."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

import hsesg_carbon as hc
from hsesg_carbon.editions import differences
from hsesg_carbon.units import half_up

HEADER = "id,activity,flow,value,unit,region,valid_from,published,source,locator,checked\n"
SOURCES = '[own]\ntitle = "Own"\npublisher = "us"\nlicence = "own"\nlicence_class = "own"\n'


def own(folder: Path, rows: str) -> Path:
    (folder / "sources.toml").write_text(SOURCES, encoding="utf-8")
    (folder / "own.csv").write_text(HEADER + rows, encoding="utf-8")
    return folder


def test_two_editions_pair_off_by_what_their_numbers_are_about(library: hc.FactorLibrary) -> None:
    """0.5568 to 0.5366 is -3.63 %: 0.0202 / 0.5568."""
    found = {one.about: one for one in differences(library, "mee-2024-12", "mee-2024-33")}
    national = found["electricity.grid CO2 average CN direct kWh"]
    assert national.before
    assert national.after
    assert (national.before.value, national.after.value) == (Decimal("0.5568"), Decimal("0.5366"))
    assert national.percent is not None
    assert half_up(national.percent, 2) == Decimal("-3.63")
    assert len(found) == 40
    assert all(one.before and one.after for one in found.values())


def test_two_days_differ_by_what_was_published_between_them(library: hc.FactorLibrary) -> None:
    found = differences(library, "2024-12-25", "2024-12-26")
    sources = {(one.before and one.before.source, one.after and one.after.source) for one in found}
    assert sources == {("mee-2024-12", "mee-2024-33")}
    assert len(found) == 40
    assert differences(library, "2025-01-15", "2025-01-15") == []


def test_a_source_is_the_same_as_itself(library: hc.FactorLibrary) -> None:
    for source in library.sources:
        assert differences(library, source, source) == []


def test_a_sink_that_grew_changed_upwards_in_percent_of_its_size(library: hc.FactorLibrary) -> None:
    """From -2 to -1 kg more is emitted: half of its size."""
    one = differences(library, "mee-2024-12", "mee-2024-33")[0]
    assert one.before
    assert one.after
    before, after = (
        side.model_copy(update={"value": Decimal(value)}) for side, value in ((one.before, -2), (one.after, -1))
    )
    assert replace(one, before=before, after=after).percent == 50
    assert replace(one, before=before.model_copy(update={"value": Decimal(0)})).percent is None


def test_the_same_number_in_another_unit_is_no_difference(library: hc.FactorLibrary, tmp_path: Path) -> None:
    rows = (
        "own.a,electricity.grid,CO2,0.5,kgCO2/kWh,CN,2024-01-01,2024,own,x,primary\n"
        "own.b,electricity.grid,CO2,0.5,tCO2/MWh,CN-ZJ,2024-01-01,2024,own,x,primary\n"
    )
    (tmp_path / "a").mkdir()
    extended = library.overlay(own(tmp_path / "a", rows))
    other = SOURCES.replace("[own]", "[other]")
    (tmp_path / "b").mkdir()
    folder = own(tmp_path / "b", rows.replace("own", "other").replace("0.5,kgCO2/kWh", "500,gCO2/kWh"))
    (folder / "sources.toml").write_text(other, encoding="utf-8")
    assert differences(extended.overlay(folder), "own", "other") == []


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("2024-06-30", "mee-2024-33", "diff-day-and-source"),
        ("2024-02-30", "2024-03-01", "date-broken"),
        ("mee-2024-12", "mee-2024-34", "unknown-source"),
    ],
)
def test_what_cannot_be_compared_is_said(library: hc.FactorLibrary, before: str, after: str, code: str) -> None:
    with pytest.raises(hc.CarbonError) as caught:
        differences(library, before, after)
    assert caught.value.code == code


def test_faults_of_own_factors_are_named_with_file_and_row(library: hc.FactorLibrary, tmp_path: Path) -> None:
    rows = (
        "own.a,electricity.grid,CO2,0.5,kg/kWh,CN,2024-01-01,2024,own,meter,primary\n"
        "own.b,electricity.gird,CO2,0.5,kg/kWx,CX,2024-01-01,2024,own,meter,primary\n"
    )
    with pytest.raises(hc.FactorError) as caught:
        library.overlay(own(tmp_path, rows))
    assert {one.code for one in caught.value.problems} == {"unknown-unit", "unknown-region", "factor-without-activity"}
    assert {(one.where.file, one.where.row) for one in caught.value.problems} == {("own.csv", 3)}  # type: ignore[attr-defined]
