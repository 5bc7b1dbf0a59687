"""The command line end to end, as scripts and people use it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from tests.commands import as_json, edit, process, refused, run
from tests.conftest import ROOT


def test_a_process_of_its_own_says_what_main_says(workspace: Path, tmp_path: Path) -> None:
    """Results, sentences of errors and mistakes in the command: what the other tests see, a script sees."""
    for arguments in (
        ("footprint", workspace, "--json"),
        ("footprint", workspace, "--lang", "zh"),
        ("footprint", tmp_path),
        ("demo", workspace, "--lang", "zh"),
        ("factors", "search", "natural gsa"),
    ):
        alone, here = process(*arguments), run(*arguments)
        assert (alone.returncode, alone.stdout, alone.stderr) == (here.returncode, here.stdout, here.stderr)
    assert process("nonsense").returncode == run("nonsense").returncode == 2


def test_demo_then_footprint_gives_the_reported_figures_exactly(tmp_path: Path) -> None:
    assert run("demo", tmp_path / "new").returncode == 0
    result = as_json("footprint", tmp_path / "new")
    totals = {(one["year"], one["scope"]): one["value"] for one in result["totals"]}
    assert {one["unit"] for one in result["totals"]} == {"tCO2e"}
    assert [totals[year, "2"] for year in (2022, 2023, 2024)] == ["8301.8496762", "8436.5561304", "8256.857376"]
    assert [round(float(totals[year, "1"]), 2) for year in (2022, 2023, 2024)] == [364.86, 346.13, 287.98]
    assert [round(float(totals[year, "total"]), 2) for year in (2022, 2023, 2024)] == [8666.71, 8782.69, 8544.84]
    intensities = {(one["year"], one["scope"]): one for one in result["intensities"]}
    assert [round(float(intensities[year, "total"]["value"]), 2) for year in (2022, 2023, 2024)] == [1.33, 1.21, 1.30]
    assert intensities[2024, "1"]["denominator"] == {"value": "6581", "unit": "million CNY"}
    energy = {(one["year"], one["carrier"], one["flow"]): one["value"] for one in result["energy"]}
    assert energy[2024, "electricity", "tce.dangliang"] == "1891.106544"
    assert energy[2024, "petrol", "energy.gj"] == "270.404557104"
    assert {one["code"] for one in result["findings"]} == {
        "fit-fixed-year",
        "fit-other-time",
        "gases-left-out",
        "numbers-weakly-checked",
        "denominator-boundary-accepted",
    }
    assert all(set(one) >= {"code", "severity", "message"} for one in result["findings"])


def test_footprint_writes_its_results_and_replaces_them_whole(workspace: Path) -> None:
    first = run("footprint", workspace, "--json").stdout
    written = json.loads((workspace / "out" / "footprint.json").read_text(encoding="utf-8"))
    assert written == json.loads(first)
    lines = (workspace / "out" / "lines.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 9 * 3  # nine rows, as CO2, GJ and tce
    plan = (workspace / "out" / "plan.csv").read_text(encoding="utf-8")
    assert "0.0005366" in plan
    assert run("footprint", workspace, "--json").stdout == first
    assert sorted(path.name for path in (workspace / "out").iterdir()) == ["footprint.json", "lines.csv", "plan.csv"]


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ["Scope 1", "Total", "8,544.84", "1.30", "91.6 %", "note:", "warning:", "revenue"]),
        ("zh", ["范围一", "合计", "8,544.84", "1.30", "91.6 %", "说明：", "注意：", "恒生电子"]),
    ],
)
def test_footprint_prints_tables_and_findings_in_both_languages(workspace: Path, lang: str, words: list[str]) -> None:
    done = run("footprint", workspace, "--lang", lang)
    assert done.returncode == 0
    for word in words:
        assert word in done.stdout
    assert "footprint.json" in done.stderr


def test_explain_shows_every_step_from_litres_to_tonnes_with_its_source(workspace: Path) -> None:
    (co2,) = [one for one in as_json("explain", workspace, "2024-petrol")["lines"] if one["flow"] == "CO2"]
    steps = [(one["op"], one["value"], one["value_unit"], one["result"], one["unit"]) for one in co2["steps"]]
    assert steps == [
        ("×", "0.737", "kg/L", "6270.396", "kg"),
        ("×", "43124", "kJ/kg", "270404557.104", "kJ"),
        ("×", "0.000000001", "TJ/kJ", "0.270404557104", "TJ"),
        ("×", "69300", "kgCO2/TJ", "18739.0358073072", "kg"),
        ("×", "0.001", "t/kg", "18.7390358073072", "t"),
    ]
    assert (co2["amount"], co2["unit"]) == ("18.7390358073072", "t")
    records = [one["record"] for one in co2["steps"] if one["record"]]
    assert [one["id"] for one in records] == [
        "cn-practice.petrol95.density",
        "gbt2589-2020.petrol.ncv",
        "ipcc2006.petrol.co2",
    ]
    for record in records:
        assert all(record[name] for name in ("source", "title", "locator", "checked"))
    assert "Table 1.4" in records[2]["locator"]
    assert "pp. 1.23-1.24" in records[2]["locator"]
    assert "inferred" in co2["reason"]
    printed = run("explain", workspace, "2024-petrol").stdout
    for word in (
        "8508 L",
        "43124 kJ/kg",
        "ipcc2006.petrol.co2",
        "Table 1.4",
        "energy.csv, row 10",
        "third value column",
    ):
        assert word in printed


def test_factors_are_found_in_both_languages_and_shown_with_their_terms() -> None:
    codes = [
        [one["activity"] for one in as_json("factors", "search", words)["hits"] if "aliases" in one]
        for words in ("天然气", "natural gas")
    ]
    assert codes[0][0] == codes[1][0] == "stationary.natural_gas"
    record = as_json("factors", "show", "mee2022.electricity.cn.average")
    assert (record["value"], record["unit"], record["region"]) == ("0.5366", "kgCO2/kWh", "CN")
    assert (record["valid_from"], record["valid_to"], record["published"]) == ("2022-01-01", "2022-12-31", "2024-12-26")
    assert record["checked"] == "two-transcriptions"
    assert record["licence_class"] == "official-document"
    assert "0.5366" in run("factors", "search", "0.5366").stdout
    shown = run("factors", "show", "ipcc2006.petrol.co2", "--lang", "zh").stdout
    assert "69300" in shown
    assert "Table 1.4" in shown


def test_a_search_without_hits_suggests_and_is_no_error() -> None:
    done = run("factors", "search", "natural gsa")
    assert done.returncode == 0
    assert "natural_gas" in done.stderr


def test_errors_are_sentences_and_exit_2(workspace: Path, tmp_path: Path) -> None:
    assert "inventory.toml" in refused("footprint", tmp_path)
    assert "2024-elec" in refused("explain", workspace, "2024-elecc")
    assert "mee2022.electricity.cn.average" in refused("factors", "show", "mee2022.electricity.cn.averag")
    assert "not empty" in refused("demo", workspace)
    assert "不为空" in refused("demo", workspace, "--lang", "zh")
    assert "hundsun-2024" in refused("demo", workspace / "new", "--example", "../hundsun-2024")
    assert run("footprint").returncode == 2
    assert run("nonsense").returncode == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("15471207,kWh", "15471207,kWhh", ["energy.csv, row 2, column unit", "'kWhh'", "kWh"]),
        ("15471207,kWh", "15471207,m3", ["row 2, column unit", "does not measure electricity.grid"]),
        ("15471207,kWh", "many,kWh", ["row 2, column quantity", "'many'"]),
        ("15471207,kWh", '"15,471,207",kWh', ["row 2, column quantity", "15471207"]),
        ("15471207,kWh", ",kWh", ["row 2, column quantity", "not zero"]),
        ("15471207,kWh", "-15471207,kWh", ["row 2, column quantity", "credit"]),
        ("2022-elec,", "2022-gas,", ["row 2", "row 3", "stands on 2 rows"]),
        ("2022-elec,reporting-boundary", "2022-elec,moon-base", ["row 2, column site", "[[site]]"]),
        ("electricity.grid", "electricity.gird", ["column activity", "electricity.grid"]),
        ("mobile.petrol", "mobile.diesel", ["no rule", "mobile.diesel", "[[use]]"]),
    ],
)
def test_a_broken_activity_file_is_refused_with_place_and_advice(
    workspace: Path, old: str, new: str, words: list[str]
) -> None:
    edit(workspace / "activity" / "energy.csv", old, new)
    for arguments in (("footprint", workspace), ("explain", workspace, "2024-petrol")):
        said = refused(*arguments)
        for word in words:
            assert word in said
    assert not (workspace / "out").exists()


def test_a_workbook_works_like_csv_and_its_broken_cells_are_named(workspace: Path) -> None:
    rows = [
        line.split(",")[:6] for line in (workspace / "activity" / "energy.csv").read_text(encoding="utf-8").splitlines()
    ]
    expected = as_json("footprint", workspace)
    (workspace / "activity" / "energy.csv").unlink()
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "能源"
    for row in rows:
        sheet.append([float(cell) if place == 4 and cell[0].isdigit() else cell for place, cell in enumerate(row)])
    notes = book.create_sheet("read me")
    notes.append(["Dear colleague"])
    book.save(workspace / "activity" / "energy.xlsx")
    found = as_json("footprint", workspace)
    assert found["totals"] == expected["totals"]
    assert [one["where"]["sheet"] for one in found["findings"] if one["code"] == "sheet-skipped"] == ["read me"]
    sheet["E3"], sheet["F4"], sheet["E5"] = "#DIV/0!", "#REF!", "=1/0"
    book.save(workspace / "activity" / "energy.xlsx")
    said = refused("footprint", workspace)
    for place in ("row 3, column quantity", "row 4, column unit", "row 5, column quantity", "sheet 能源"):
        assert place in said


def test_an_unaccepted_boundary_of_a_denominator_is_refused(workspace: Path) -> None:
    text = (workspace / "inventory.toml").read_text(encoding="utf-8")
    (workspace / "inventory.toml").write_text(text[: text.index("[[accept]]")], encoding="utf-8")
    assert "[[accept]]" in refused("footprint", workspace)


def test_hostile_names_are_harmless(workspace: Path) -> None:
    hostile = "=cmd|' /C calc'!A0"
    edit(workspace / "activity" / "energy.csv", "2022-elec,", f"{hostile},")
    edit(workspace / "inventory.toml", "Hundsun Technologies Inc.", "[red]x[/red] <script>alert(1)</script>")
    done = run("footprint", workspace)
    assert done.returncode == 0
    assert "[red]x[/red]" in done.stdout
    lines = (workspace / "out" / "lines.csv").read_text(encoding="utf-8")
    assert f"'{hostile}" in lines
    assert f"\n{hostile}" not in lines


def test_own_factors_rule_where_the_methodology_names_them(workspace: Path) -> None:
    own = workspace / "factors" / "factors"
    own.mkdir(parents=True)
    sources = workspace / "factors" / "sources.toml"
    sources.write_text(
        sources.read_text(encoding="utf-8")
        + '[supplier-2024]\ntitle = "Supplier statement"\npublisher = "our supplier"\nlicence = "own"\n'
        'licence_class = "open"\n',
        encoding="utf-8",
    )
    (own / "supplier.csv").write_text(
        "id,activity,flow,variant,technology,value,unit,basis,gwp_set,lifecycle,region,valid_from,valid_to,published,"
        "source,locator,checked,lower95,upper95,supersedes,note\n"
        "supplier.elec,electricity.grid,CO2,,,0.5,kgCO2/kWh,,,,CN,2022-01-01,,2022-01-01,supplier-2024,letter,primary,,,,\n",
        encoding="utf-8",
    )
    before = as_json("footprint", workspace)["totals"]
    assert before[1]["value"] == "8301.8496762"
    (workspace / "ours.toml").write_text(
        'id = "ours"\nextends = "hundsun-2024"\ntitle = { en = "Ours", zh = "自有" }\n'
        '[[use]]\nactivity = "electricity.*"\nflow = "CO2"\nsource = ["supplier-2024"]\nreason = "supplier letter"\n',
        encoding="utf-8",
    )
    edit(workspace / "inventory.toml", 'methodology = "hundsun-2024"', 'methodology = "ours.toml"')
    after = as_json("footprint", workspace)
    assert after["totals"][1] == {
        "year": 2022,
        "scope": "2",
        "flow": "CO2e",
        "value": "7735.6035",
        "unit": "tCO2e",
    }
    assert after["totals"][0] == before[0]
    (own / "clash.csv").write_text((own / "supplier.csv").read_text(encoding="utf-8"), encoding="utf-8")
    assert "supplier.elec" in refused("footprint", workspace)


def test_a_parquet_file_is_a_batch_of_its_own(workspace: Path) -> None:
    import pandas as pd

    source = workspace / "activity" / "energy.csv"
    frame = pd.read_csv(source)
    expected = as_json("footprint", workspace)["totals"]
    frame[:4].to_csv(source, index=False)
    frame[4:].astype({"period": str}).to_parquet(workspace / "activity" / "more.parquet")
    assert as_json("footprint", workspace)["totals"] == expected
    assert as_json("explain", workspace, "2024-petrol")["lines"][0]["amount"] == "18.7390358073072"


def test_a_wheel_works_outside_the_repository(tmp_path: Path) -> None:
    """Build a wheel, unpack it somewhere, and run it with nothing else of the checkout on the path."""
    site, checkout = tmp_path / "site", tmp_path / "checkout"
    for name in ("pyproject.toml", "README.md", "LICENSE", "src", "emission_factors", "examples"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        checkout.mkdir(exist_ok=True)
        copy(ROOT / name, checkout / name)
    build = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--target",
        str(site),
        str(checkout),
    ]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    import pandas as pd

    dependencies = Path(pd.__file__).parent.parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(dependencies)])}
    environment.pop("PYTHONSAFEPATH", None)

    def installed(*arguments: str) -> subprocess.CompletedProcess[str]:
        # -S: no .pth files, so the editable install of this checkout is out of reach
        return subprocess.run(
            [sys.executable, "-S", "-m", "hsesg_carbon.cli", *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=tmp_path,
            env=environment,
            check=False,
        )

    assert installed("demo", "x").returncode == 0
    assert "8,301.85" in installed("disclose", "x", "--standard", "gri-305").stdout
    footprint = installed("footprint", "x", "--json")
    assert footprint.returncode == 0, footprint.stderr
    assert json.loads(footprint.stdout)["totals"][1]["value"] == "8301.8496762"
    assert (
        str(site)
        in subprocess.run(
            [sys.executable, "-S", "-c", "import hsesg_carbon; print(hsesg_carbon.__file__)"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            check=True,
        ).stdout
    )
    assert not list(site.glob("tests*"))
    assert not list(site.rglob("out"))


def test_years_that_are_partly_covered_and_sums_beside_their_parts_are_named(workspace: Path) -> None:
    edit(
        workspace / "activity" / "energy.csv",
        "2024-gas,reporting-boundary,2024,",
        "2024-gas,reporting-boundary,2024-03,",
    )
    edit(
        workspace / "activity" / "energy.csv",
        "2023-gas,",
        "2023-more,reporting-boundary,2023-01,mobile.petrol,1,L,,\n2023-gas,",
    )
    findings = {one["code"]: one for one in as_json("footprint", workspace)["findings"]}
    assert findings["year-partly-covered"]["data"]["days"] == "31"
    assert findings["periods-within-periods"]["data"]["inner"] == ["2023-01"]


def test_extra_columns_of_any_name_do_no_harm(workspace: Path) -> None:
    source = workspace / "activity" / "energy.csv"
    heading, *lines = source.read_text(encoding="utf-8").splitlines()
    source.write_text(
        "\n".join([f"{heading},amount,flow", *(f"{line},12.5,x" for line in lines)]) + "\n", encoding="utf-8"
    )
    result = as_json("footprint", workspace)
    assert {one["data"]["column"] for one in result["findings"] if one["code"] == "column-not-used"} == {
        "amount",
        "flow",
    }
    assert (workspace / "out" / "lines.csv").exists()


def test_nothing_in_the_activity_folder_is_passed_over(workspace: Path) -> None:
    """A file that cannot be read as activity data stops the run: its emissions would be missing without a word."""
    folder = workspace / "activity"
    good = (folder / "energy.csv").read_text(encoding="utf-8")
    for name, content, words in (
        ("semicolons.csv", good.replace(",", ";"), "none of the columns"),
        ("chinese.csv", "编号,地点,期间,能源,用量,单位\n1,总部,2024,电,5,度\n", "none of the columns"),
        ("notes.txt", "hello", ".csv, .xlsx, .parquet"),
        ("again.csv", good, "stands on 2 rows"),
    ):
        (folder / name).write_text(content, encoding="utf-8")
        said = refused("footprint", workspace)
        assert words in said, name
        (folder / name).unlink()
    (folder / "2024").mkdir()
    assert "folder 2024" in refused("footprint", workspace)
    (folder / "2024").rmdir()
    (folder / "gone.csv").symlink_to(workspace / "nowhere.csv")
    assert "not there" in refused("footprint", workspace)


def test_the_same_bill_in_a_table_and_in_parquet_is_refused(workspace: Path) -> None:
    import pandas as pd

    frame = pd.read_csv(workspace / "activity" / "energy.csv").astype({"period": str})
    frame.to_parquet(workspace / "activity" / "copy.parquet")
    assert "several files" in refused("footprint", workspace)


def test_a_hidden_sheet_counts_and_is_named(workspace: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["activity_id", "site", "period", "activity", "quantity", "unit"])
    book.active.append(["x1", "reporting-boundary", "2024", "electricity.grid", 1000, "kWh"])
    book.create_sheet("front").append(["notes"])
    book.active.sheet_state = "hidden"
    book.save(workspace / "activity" / "more.xlsx")
    result = as_json("footprint", workspace)
    assert "sheet-hidden" in {one["code"] for one in result["findings"]}
    totals = {(one["year"], one["scope"]): one["value"] for one in result["totals"]}
    assert totals[2024, "2"] == "8257.393976"


def test_sites_outside_the_boundary_are_named(workspace: Path) -> None:
    edit(workspace / "inventory.toml", "from = 2022-01-01", "from = 2024-01-01")
    found = [one for one in as_json("footprint", workspace)["findings"] if one["code"] == "site-outside-boundary"]
    assert sorted(one["data"]["year"] for one in found) == ["2022", "2023"]


def test_a_total_of_zero_is_shown_and_stops_nothing(workspace: Path) -> None:
    path = workspace / "activity" / "energy.csv"
    heading = path.read_text(encoding="utf-8").splitlines()[0]
    rows = [f"{year}-e,reporting-boundary,{year},electricity.grid,0,kWh,," for year in (2022, 2023, 2024)]
    path.write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
    result = as_json("footprint", workspace)
    assert {one["value"] for one in result["totals"]} == {"0"}
    assert result["energy_shares"] == []


def test_a_closed_pipe_and_an_ascii_terminal_are_no_errors(workspace: Path) -> None:
    command = [sys.executable, "-m", "hsesg_carbon.cli", "explain", str(workspace), "2024-elec"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == 0
    plain = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "hsesg_carbon.cli", "footprint", str(workspace)]
    for extra in ([], ["--lang", "zh"], ["--json"]):
        done = subprocess.run([*command, *extra], capture_output=True, env=plain, check=False)
        assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.decode("utf-8"))["organisation"]["name"]["zh"] == "恒生电子股份有限公司"
