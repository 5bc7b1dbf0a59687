"""What is released: the same bytes each time, all that the library needs and nothing of the tests, and it computes."""

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from release import changelog, dependencies, dist

from hsesg_carbon import units

pytest.importorskip("build", reason="the wheel is built by the package build, of the extra dev")

ROOT = Path(__file__).resolve().parent.parent
WHEN = 1_700_000_000
HOMES = {
    "src/hsesg_carbon": "hsesg_carbon",
    "emission_factors": "hsesg_carbon/emission_factors",
    "examples": "hsesg_carbon/examples",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return dist.build(tmp_path_factory.mktemp("dist"), WHEN)


def names_in(path: Path) -> set[str]:
    if path.suffix == ".whl":
        return set(zipfile.ZipFile(path).namelist())
    with tarfile.open(path) as file:
        return {name.partition("/")[2] for name in file.getnames()}


def test_two_builds_of_one_commit_are_the_same_bytes(built: list[Path], tmp_path: Path) -> None:
    again = dist.build(tmp_path, WHEN)
    assert [one.name for one in again] == [one.name for one in built]
    assert [one.read_bytes() for one in again] == [one.read_bytes() for one in built]


def test_wheel_and_source_hold_every_file_of_the_library_and_its_data_and_no_test(built: list[Path]) -> None:
    source, wheel = map(names_in, built)
    needed = [name for name in dist.known_to_git() if name.startswith(tuple(f"{home}/" for home in HOMES))]
    assert len(needed) > 250
    assert {"src/hsesg_carbon/py.typed", "src/hsesg_carbon/report/page/report.css"} <= set(needed)
    assert set(needed) <= source
    homed = {
        there + name.removeprefix(here) for name in needed for here, there in HOMES.items() if name.startswith(here)
    }
    own = {name for name in wheel if name.startswith("hsesg_carbon/")}
    assert own == homed
    assert not [name for name in source if name.startswith("tests")]
    assert {name.partition("/")[0].partition("-")[0] for name in wheel} == {"hsesg_carbon"}
    assert any(name.endswith("licenses/LICENSE") for name in wheel)


def test_the_installed_wheel_computes_what_hundsun_reported(built: list[Path], tmp_path: Path) -> None:
    place = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    python = place / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", str(python)]
    subprocess.run([*pip, "install", "--no-index", "--no-deps", str(built[1])], check=True)
    (library,) = place.glob("lib/python*/site-packages")
    # The libraries that we stand on are those of this environment, which come after what is installed in the new one.
    (library / "around.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")

    def told(*words: str) -> str:
        clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(
            [str(python), *words], cwd=tmp_path, env=clean, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert Path(told("-c", "import hsesg_carbon; print(hsesg_carbon.__file__)")).is_relative_to(place)
    assert told("-m", "hsesg_carbon", "--version") == f"hsesg-carbon {built[1].name.split('-')[1]}\n"
    for example in ("hundsun-2024", "campus-monthly", "base-year", "lost-bills"):
        told("-m", "hsesg_carbon", "demo", example, "--example", example)
    found = json.loads(told("-m", "hsesg_carbon", "footprint", "hundsun-2024", "--json"))
    totals = {
        row["year"]: units.half_up(Fraction(row["value"]), 2) for row in found["totals"] if row["scope"] == "total"
    }
    printed = tomllib.loads((ROOT / "tests" / "golden" / "hundsun_2024.toml").read_text(encoding="utf-8"))["emissions"]
    assert totals == {int(year): Decimal(row["total"].replace(",", "")) for year, row in printed.items()}


def test_every_licence_of_what_is_installed_is_one_of_the_allowed() -> None:
    tools, shipped = dependencies.closure(dependencies.TOOLS), dependencies.closure(dependencies.SHIPPED)
    assert {"numpy", "pint", "polars", "rocrate", "pytest"} <= set(tools)
    assert "pytest" not in shipped
    assert dependencies.refused(tools.values(), shipped) == []


@pytest.mark.parametrize(
    ("said", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("GNU General Public License v3 or later (GPLv3+)", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_a_licence_is_allowed_where_one_of_its_alternatives_is(said: str, allowed: bool) -> None:
    one = dependencies.Package("docutils", "1", said, ())
    assert one.allowed is allowed
    assert bool(dependencies.refused([one], ["docutils"])) is not allowed
    assert not dependencies.refused([one], [])


@pytest.mark.parametrize(
    ("told", "classifiers", "expected"),
    [
        ({"License-Expression": "MIT", "License": "BSD"}, ["License :: OSI Approved :: BSD License"], "MIT"),
        ({"License": "Copyright (c) 2025\nRedistribution ..."}, ["License :: OSI Approved :: BSD License"], "BSD"),
        ({"License": "BSD-3-Clause"}, ["License :: OSI Approved :: BSD License"], "BSD-3-Clause"),
        ({"License": "MIT"}, ["License :: OSI Approved :: GNU Affero General Public License v3"], None),
        ({}, [], "unknown"),
    ],
)
def test_a_licence_is_read_from_whatever_metadata_tell_it(
    told: dict[str, str], classifiers: list[str], expected: str | None
) -> None:
    assert dependencies.licence(told, classifiers) == (expected or "GNU Affero General Public License v3")


def test_the_bill_of_materials_names_each_package_once_and_leads_from_the_library_to_all_of_them() -> None:
    told = dependencies.sbom()
    assert told == dependencies.sbom()
    parts = {one["bom-ref"]: one for one in told["components"]}
    assert len(parts) == len(told["components"]) == len(dependencies.closure(dependencies.SHIPPED)) - 1
    needs = {one["ref"]: one["dependsOn"] for one in told["dependencies"]}
    own = told["metadata"]["component"]["bom-ref"]
    reached, waiting = set(), [own]
    while waiting:
        one = waiting.pop()
        reached.add(one)
        waiting += [other for other in needs[one] if other not in reached]
    assert reached == {own, *parts}
    scopes = {one["name"]: one["scope"] for one in parts.values()}
    assert (scopes["numpy"], scopes["polars"]) == ("required", "optional")


def test_every_fragment_of_the_changelog_has_a_kind_and_a_sentence() -> None:
    for one in changelog.fragments(ROOT / "changelog.d"):
        assert one.text.endswith("."), one.path.name


def test_fragments_become_lines_of_the_newest_version_breaking_ones_first(tmp_path: Path) -> None:
    (tmp_path / "b.fix.md").write_text("It works.\n", encoding="utf-8")
    (tmp_path / "a.breaking.md").write_text("Totals\nchange.\n", encoding="utf-8")
    told = changelog.joined("# Changelog\n\n## 0.2.0\n\n- Old.\n", changelog.fragments(tmp_path))
    assert told == "# Changelog\n\n## 0.2.0\n\n- **breaking** Totals\n  change.\n- It works.\n- Old.\n"
    (tmp_path / "c.joke.md").write_text("Ha.\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"c\.joke\.md"):
        changelog.fragments(tmp_path)
