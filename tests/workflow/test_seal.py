"""Seal and replay: what is sealed comes out again to the last byte, and whatever was changed is named."""

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.testing import CliRunner

import hsesg_carbon as hc
from hsesg_carbon import crate, intake, seal
from hsesg_carbon.cli import app
from hsesg_carbon.errors import CarbonError
from hsesg_carbon.intake import Engine
from hsesg_carbon.packs import packed
from hsesg_carbon.tables import parse_csv
from tests.conftest import ROOT
from tests.sealed import NOON, everything, few_factors, forged, members, small, zipped

ENGINES = get_args(Engine)


@pytest.fixture(autouse=True)
def _few_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """The packs here hold a part of the published data: let this version of the software be one that has no more."""
    monkeypatch.setattr(seal, "_published", few_factors)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> hc.Seal:
    return hc.Seal.of(everything(tmp_path_factory.mktemp("sealed") / "us"), at=NOON)


@pytest.fixture(scope="module")
def rich(sealed: hc.Seal) -> dict[str, bytes]:
    """The members of a pack of everything."""
    return members(sealed.pack)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hc.Seal.of(small(tmp_path_factory.mktemp("small") / "us"), at=NOON).pack


@pytest.fixture(scope="module")
def parts(pack: Path) -> dict[str, bytes]:
    """The members of a pack of one bill."""
    return members(pack)


@pytest.fixture
def accounts(tmp_path: Path) -> hc.Workspace:
    return small(tmp_path / "us")


def codes(replay: hc.Replay) -> set[str]:
    return {one.code for one in replay.findings}


def replayed(folder: Path, raw: bytes, **options: Any) -> hc.Replay:
    pack = folder / "pack.zip"
    pack.write_bytes(raw)
    return hc.Replay.of(pack, **options)


# ------------------------------------------------------------------------------------ the same comes out again


@pytest.mark.parametrize("engine", ENGINES)
def test_seal_then_replay_is_the_identity_on_every_engine(sealed: hc.Seal, engine: Engine) -> None:
    replay = hc.Replay.of(sealed.pack, engine, root=sealed.root)
    assert (replay.findings, replay.recomputed, replay.identical, replay.ok) == ((), True, True, True)
    assert replay.root == sealed.root


@pytest.mark.parametrize("engine", ENGINES)
def test_a_decision_on_the_base_year_is_sealed_with_the_accounts(tmp_path: Path, engine: Engine) -> None:
    shutil.copytree(ROOT / "examples" / "base-year", tmp_path / "group", ignore=shutil.ignore_patterns("out", "seals"))
    workspace = hc.Workspace(tmp_path / "group", engine=engine)
    pack = hc.Seal.of(workspace, tmp_path / "pack.zip", NOON).pack
    decision = json.loads(members(pack)["results/base_year.json"])
    assert decision == json.loads(json.dumps(workspace.base_year_decision().as_json()))
    assert hc.Replay.of(pack).identical


def test_the_products_add_up_to_the_totals_of_each_method(tmp_path: Path, rich: dict[str, bytes]) -> None:
    table = parse_csv(rich["results/cells.csv"], "cells.csv")
    sums: dict[str, Fraction] = {}
    for row in table.rows:
        one = row.cells
        measured = [Fraction(one[name]) for name in ("quantity", "multiplier")]
        assert measured[0] * measured[1] == Fraction(one["amount"])
        if "t_co2e" in one:
            assert Fraction(one["t_co2e"]) == Fraction(one["amount"]) * Fraction(one["share"]) * Fraction(one["weight"])
            sums[one["method"]] = sums.get(one["method"], Fraction(0)) + Fraction(one["t_co2e"])
    inventory = everything(tmp_path / "us").inventory
    assert sums == {method: inventory.seen(scope2=method).total().value for method in ("location", "market")}
    assert {one.cells["rung"] for one in table.rows if "rung" in one.cells} == {"gec-1"}


def test_a_pack_holds_what_the_accounts_rest_on_and_says_what_merely_lay_there(rich: dict[str, bytes]) -> None:
    manifest = json.loads(rich["manifest.json"])
    inputs = {one["path"]: one["read"] for one in manifest["members"] if one["path"].startswith("inputs/")}
    assert {name for name, read in inputs.items() if not read} == {"inputs/票据/一月.txt"}
    assert {"inputs/口径.toml", "inputs/activity/bulk.parquet", "inputs/factors/自有.csv"} <= inputs.keys()
    assert set(rich) == {one["path"] for one in manifest["members"]} | set(seal._UNLISTED)
    numbers = [one.cells["id"] for one in parse_csv(rich["resolved/factors.csv"], "factors.csv").rows]
    assert {"supplier.heat", "ar6.gwp100.hfc-32", "ar6.gwp100.hfc-125", "ipcc2006.petrol.co2"} <= set(numbers)
    assert json.loads(rich["resolved/methodology.json"])["gwp"] == "AR6"  # inherited by extends
    assert "verification.json" in " ".join(rich)


def test_no_member_but_the_seal_knows_the_time_and_none_the_machine(sealed: hc.Seal, rich: dict[str, bytes]) -> None:
    workspace = str(sealed.pack.parent.parent).encode()
    for name, data in rich.items():
        assert workspace not in data, name
        assert tempfile.gettempdir().encode() not in data, name
        timed = b"2026-01-05T12:00:00Z" in data
        assert timed == (name in {"seal.json", "ro-crate-metadata.json"}), name


def test_the_root_depends_on_nothing_but_the_accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = small(tmp_path / "one")
    root = hc.Seal.of(first, at=NOON).root
    other = tmp_path / "二" / "elsewhere"
    other.parent.mkdir()
    shutil.copytree(first.folder, other, ignore=lambda *_: {"seals"})
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    monkeypatch.setenv("LC_ALL", "C")
    umask = os.umask(0o077)
    listed = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda self: sorted(listed(self), reverse=True))
    try:
        again = hc.Seal.of(replace(first, folder=other), at=NOON + timedelta(days=99))
    finally:
        os.umask(umask)
    assert again.root == root


def test_the_root_is_the_same_in_any_process(tmp_path: Path) -> None:
    """Another order of sets, another zone, language and mask: hash seeds are those that a process cannot change."""
    script = "import sys; import hsesg_carbon as hc; print(hc.Seal.of(hc.Workspace(sys.argv[1])).root)"
    environment = {**os.environ, "PYTHONHASHSEED": "1", "TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", script, everything(tmp_path / "there").folder]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    here = replace(everything(tmp_path / "here"), shipped=None)
    assert done.stdout.strip() == hc.Seal.of(here).root


def test_a_library_that_is_more_than_its_folder_is_refused(accounts: hc.Workspace, tmp_path: Path) -> None:
    own = everything(tmp_path / "own").folder / "factors"
    more = replace(accounts, shipped=hc.FactorLibrary.shipped().overlay(own))
    with pytest.raises(CarbonError, match="not what its folder holds"):
        hc.Seal.of(more)
    with pytest.raises(CarbonError, match="not what its folder holds"):
        hc.Seal.of(replace(accounts, shipped=replace(hc.FactorLibrary.shipped(), home=None)))


def test_the_same_accounts_at_the_same_time_make_the_same_bytes(tmp_path: Path) -> None:
    packs = [
        hc.Seal.of(small(tmp_path / name), at=NOON.astimezone(timezone(timedelta(hours=8)))).pack.read_bytes()
        for name in ("a", "b")
    ]
    assert packs[0] == packs[1]


def test_out_hidden_files_and_seals_are_no_part_of_the_accounts(accounts: hc.Workspace) -> None:
    root = hc.Seal.of(accounts, at=NOON).root
    footprint = accounts.footprint()
    (accounts.folder / ".git").mkdir()
    (accounts.folder / ".git" / "HEAD").write_text("ref", encoding="utf-8")
    accounts.write(footprint)
    again = hc.Workspace(accounts.folder, shipped=accounts.shipped)
    assert hc.Seal.of(again, at=NOON).root == root
    assert again.footprint() == footprint
    (accounts.folder / "note.txt").write_text("a bill", encoding="utf-8")
    assert hc.Seal.of(again, at=NOON).root != root


@pytest.mark.parametrize("name", [".kept.csv", "~$open.csv"])
def test_no_figure_rests_on_a_file_that_is_not_sealed(tmp_path: Path, name: str) -> None:
    """Own factors in the shipped layout: what is passed over when sealing is passed over when computing."""
    workspace = everything(tmp_path / "us")
    own = workspace.folder / "factors"
    (own / "factors").mkdir()
    row = (own / "自有.csv").read_text(encoding="utf-8").replace("supplier.heat", "supplier.other")
    (own / "factors" / name).write_text(row, encoding="utf-8")
    (own / name).write_text(row, encoding="utf-8")
    assert "supplier.other" not in {one.id for one in hc.Workspace(workspace.folder).library.factors}
    made = hc.Seal.of(workspace, tmp_path / "pack.zip")
    assert not [one for one in members(made.pack) if one.endswith(name)]
    assert json.loads(members(made.pack)["results/totals.json"])["totals"] == workspace.footprint()["totals"]


def test_the_demo_does_not_copy_seals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = tmp_path / "examples" / "hundsun-2024"
    example.mkdir(parents=True)
    (example / "inventory.toml").write_text("", encoding="utf-8")
    (example / "seals").mkdir()
    monkeypatch.setattr("hsesg_carbon.workspace.files", lambda _: tmp_path / "examples")
    assert not (hc.Workspace.demo(tmp_path / "new").folder / "seals").exists()


def test_a_pack_replays_with_the_factors_of_its_day(tmp_path: Path) -> None:
    """Whatever library is installed: here one in which a published factor has another value."""
    older = tmp_path / "older"
    shutil.copytree(Path(str(seal.data_folder())), older, ignore=shutil.ignore_patterns("__pycache__"))
    (path,) = older.glob("factors/cn_mee_2024_33.csv")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(",0.5366,", ",0.5366001,", 1), encoding="utf-8")
    extra = (older / "methodologies" / "hundsun-2024.toml").read_text(encoding="utf-8")
    (older / "methodologies" / "ours.toml").write_text(extra.replace('"hundsun-2024"', '"ours"'), encoding="utf-8")
    accounts = small(tmp_path / "us")
    settings = accounts.folder / "inventory.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("hundsun-2024", "ours"), encoding="utf-8")
    workspace = hc.Workspace(accounts.folder, shipped=hc.FactorLibrary.load(older))
    made = hc.Seal.of(workspace, at=NOON)
    shutil.rmtree(older)
    totals = json.loads(members(made.pack)["results/totals.json"])["totals"]
    assert {one["value"] for one in totals} == {"0.5366001"}
    assert hc.Replay.of(made.pack).identical


# ------------------------------------------------------------------------------------ whatever was changed


def test_a_root_published_elsewhere_tells_one_pack_from_another(pack: Path, parts: dict[str, bytes]) -> None:
    root = seal.digest(parts["manifest.json"])
    assert hc.Replay.of(pack, root=f" {root[:32].upper()} {root[32:]}\n").ok
    assert "replay-root-other" in codes(hc.Replay.of(pack, root="0" * 64))
    with pytest.raises(CarbonError, match="64 digits"):
        hc.Replay.of(pack, root="0123")


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        (lambda p: p.pop("inputs/activity/bill.csv"), "replay-member-missing", "inputs/activity/bill.csv"),
        (lambda p: p.pop("manifest.json"), "replay-member-missing", "manifest.json"),
        (lambda p: p.pop("ro-crate-metadata.json"), "replay-member-missing", "ro-crate-metadata.json"),
        (lambda p: p.update({"inputs/more.csv": b"a"}), "replay-member-unknown", "inputs/more.csv"),
        (lambda p: p.update({"run.py": b"a"}), "replay-member-unknown", "run.py"),
        (lambda p: p.update({"inputs/activity/bill.csv": b"a"}), "replay-member-changed", "inputs/activity/bill.csv"),
        (lambda p: p.update({"library/gwp.csv": p["library/gwp.csv"] + b"\n"}), "replay-member-changed", "gwp.csv"),
        (lambda p: p.update({"ro-crate-metadata.json": b"{}"}), "replay-member-changed", "ro-crate-metadata.json"),
        (lambda p: p.update({"manifest.json": p["manifest.json"] + b" "}), "replay-root", ""),
        (lambda p: p.update({"manifest.json": b"[" * 90000}), "pack-json", ""),
        (lambda p: p.update({"manifest.json": b"[1]"}), "pack-format", ""),
        (lambda p: p.update({"seal.json": b'{"format": "hsesg-carbon-pack/2"}'}), "pack-format", "pack/2"),
        (lambda p: p.update({"seal.json": b'{"format": "hsesg-carbon-pack/1"}'}), "key-missing", "root"),
        (
            lambda p: p.update({"library/flows.csv": p["library/gwp.csv"], "library/gwp.csv": p["library/flows.csv"]}),
            "replay-member-changed",
            "library/gwp.csv",
        ),
    ],
)
def test_a_changed_member_is_named(
    tmp_path: Path, parts: dict[str, bytes], change: Callable[[dict[str, bytes]], object], code: str, named: str
) -> None:
    changed = dict(parts)
    change(changed)
    replay = replayed(tmp_path, packed(changed))
    assert code in codes(replay)
    assert named in " ".join(one.line() for one in replay.findings if one.code == code)
    assert not replay.ok
    assert not replay.identical


def test_a_figure_that_was_changed_is_named_with_both_values_though_all_hashes_fit(
    tmp_path: Path, parts: dict[str, bytes]
) -> None:
    table = parse_csv(parts["results/cells.csv"], "c")
    cell = next(row.cells for row in table.rows if row.cells["flow"] == "CO2")
    assert cell["t_co2e"] == "0.5366"
    name = "results/cells.csv"
    raw = forged({**parts, name: parts[name].replace(b",0.5366,t", b",0.5367,t")})
    replay = replayed(tmp_path, raw)
    (first, *_) = [one for one in replay.findings if one.code == "replay-differs"]
    assert (first.data["sealed"], first.data["replayed"]) == ("0.5367", "0.5366")
    assert "electricity.grid" in first.line()
    assert "amount" in first.line()


def test_an_input_that_was_changed_shows_in_the_figures_though_all_hashes_fit(
    tmp_path: Path, parts: dict[str, bytes]
) -> None:
    bills = parts["inputs/activity/bill.csv"].replace(b"electricity.grid,1000", b"electricity.grid,1001")
    replay = replayed(tmp_path, forged({**parts, "inputs/activity/bill.csv": bills}))
    told = [one.data for one in replay.findings if one.code == "replay-differs"]
    assert any((one["sealed"], one["replayed"]) == ("0.5366", "0.5371366") for one in told)


def test_a_factor_that_was_changed_shows_in_the_figures(tmp_path: Path, rich: dict[str, bytes]) -> None:
    own = rich["inputs/factors/自有.csv"].replace(b",0.07,", b",0.08,")
    told = [one.data for one in replayed(tmp_path, forged({**rich, "inputs/factors/自有.csv": own})).findings]
    assert {"member": "resolved/factors.csv", "what": "factor, supplier.heat: value"}.items() <= told[0].items()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"2026-01-05T12", b"2025-01-05T12"),
        (b'"number": 1', b'"number": 7'),
        (b'"previous": "0', b'"previous": "1'),
        (b'"number": 1', b'"number": 1.0'),
        (b'"number": 1', b'"number":  1'),
    ],
)
def test_a_seal_that_says_something_else_is_named(
    tmp_path: Path, parts: dict[str, bytes], old: bytes, new: bytes
) -> None:
    assert old in parts["seal.json"]
    replay = replayed(tmp_path, packed({**parts, "seal.json": parts["seal.json"].replace(old, new)}))
    assert codes(replay) in ({"replay-crate-differs"}, {"replay-rebuild"})


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"versions": {}}, "key-misfit"),
        ({"extra": 1}, "key-unknown"),
        ({"periods": ["2022"]}, "replay-manifest"),
        ({"organisation": {"id": "x", "name": {}}}, "replay-manifest"),
        ({"methodology": "m"}, "replay-manifest"),
        ({"library": "0" * 64}, "replay-manifest"),
        ({"members": []}, "replay-member-unknown"),
        ({"members": "twice"}, "replay-manifest"),
    ],
)
def test_a_manifest_that_states_something_else_is_named(
    tmp_path: Path, parts: dict[str, bytes], fields: dict[str, Any], code: str
) -> None:
    stated = json.loads(parts["manifest.json"])
    if fields.get("members") == "twice":
        fields = {"members": [*stated["members"], stated["members"][0]]}
    manifest = seal.canonical({**stated, **fields})
    record = {**json.loads(parts["seal.json"]), "root": seal.digest(manifest)}
    replay = replayed(tmp_path, packed({**parts, "manifest.json": manifest, "seal.json": seal.canonical(record)}))
    assert code in codes(replay)
    assert not replay.ok


@pytest.mark.parametrize("name", ["results/totals.json", "results/findings.json", "results/cells.csv"])
@pytest.mark.parametrize("data", [b"", b"[" * 5000, b'[1, [2], {"code": 3}]'])
def test_results_that_are_none_are_named(tmp_path: Path, parts: dict[str, bytes], name: str, data: bytes) -> None:
    replay = replayed(tmp_path, forged({**parts, name: data}))
    assert {"replay-differs", "replay-member-unread"} & codes(replay)
    assert all("\n" not in one.line("zh") for one in replay.findings)


def test_accounts_that_cannot_be_computed_are_said_to_be_so(tmp_path: Path, parts: dict[str, bytes]) -> None:
    replay = replayed(tmp_path, forged({**parts, "inputs/inventory.toml": b"x"}))
    assert codes(replay) == {"replay-refused", "toml-broken"}
    assert not replay.recomputed


@pytest.mark.parametrize("away", ["../outside.toml", "/etc/outside.toml", "../../hsesg.toml"])
def test_a_pack_cannot_read_files_of_the_machine(tmp_path: Path, rich: dict[str, bytes], away: str) -> None:
    settings = rich["inputs/inventory.toml"].replace("口径.toml".encode(), away.encode())
    replay = replayed(tmp_path, forged({**rich, "inputs/inventory.toml": settings}))
    assert "outside" in " ".join(one.line() for one in replay.findings)
    assert not replay.recomputed


def test_other_code_is_named_and_figures_are_compared_all_the_same(
    pack: Path, parts: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = seal._code()
    monkeypatch.setattr(seal, "_code", lambda: {**code, "plan.py": b"# another version"})
    replay = hc.Replay.of(pack)
    assert codes(replay) == {"replay-other-code"}
    assert (replay.ok, replay.identical) == (True, True)
    name = "results/cells.csv"
    wrong = replayed(tmp_path, forged({**parts, name: parts[name].replace(b",0.5366,t", b",0.5367,t")}))
    assert {"replay-other-code", "replay-differs"} <= codes(wrong)
    assert not wrong.ok


def test_a_sentence_worded_anew_by_other_code_is_no_difference_of_figures(
    tmp_path: Path, parts: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = json.loads(parts["results/findings.json"])
    findings[0]["message"] = "as it was said then"
    raw = forged({**parts, "results/findings.json": seal.canonical(findings)})
    assert not replayed(tmp_path, raw).ok
    code = seal._code()
    monkeypatch.setattr(seal, "_code", lambda: {**code, "messages.toml": b""})
    replay = replayed(tmp_path, raw)
    assert (replay.ok, replay.identical) == (True, False)
    assert codes(replay) == {"replay-other-code", "replay-spelt"}


def test_a_figure_that_only_other_code_knows_is_remarked(
    tmp_path: Path, parts: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    totals = json.loads(parts["results/totals.json"])
    del totals["biogenic"], totals["energy_mwh"]
    raw = forged({**parts, "results/totals.json": seal.canonical(totals)})
    assert not replayed(tmp_path, raw).ok
    code = seal._code()
    monkeypatch.setattr(seal, "_code", lambda: {**code, "workspace.py": b""})
    replay = replayed(tmp_path, raw)
    assert (replay.ok, replay.identical) == (True, False)
    assert {one.severity for one in replay.findings} == {"warning"}


def test_other_versions_of_the_libraries_are_remarked(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = seal._versions()
    monkeypatch.setattr(seal, "_versions", lambda: {**versions, "pint": "9.9"})
    (remark,) = hc.Replay.of(pack).findings
    assert (remark.code, remark.severity) == ("replay-other-versions", "info")
    assert "/ 9.9" in remark.line()


def of_other_code(parts: dict[str, bytes], **changed: bytes) -> bytes:
    """Return a pack that claims to be of code that nobody has, so that differences of wording are remarks."""
    manifest = {**json.loads(parts["manifest.json"]), "code": "1" * 64}
    return forged({**parts, "manifest.json": seal.canonical(manifest), **changed})


def test_a_published_number_that_was_changed_is_named_though_all_replays(tmp_path: Path) -> None:
    """Whoever changes the published data and seals anew has a pack that is sound by itself."""
    library = tmp_path / "library"
    shutil.copytree(Path(str(few_factors().home)), library)
    path = library / "factors" / "cn_mee_2024_33.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",0.5366,", ",0.4,"), encoding="utf-8")
    accounts = small(tmp_path / "us")
    made = hc.Seal.of(hc.Workspace(accounts.folder, shipped=hc.FactorLibrary.load(library)), at=NOON)
    replay = hc.Replay.of(made.pack)
    assert (replay.identical, replay.ok) == (True, False)
    (apart, number) = replay.findings
    assert (apart.code, apart.data["files"]) == ("replay-other-library", ["factors/cn_mee_2024_33.csv"])
    assert (number.code, number.data["sealed"], number.data["own"]) == ("replay-number-other", "0.4", "0.5366")


def test_published_data_that_the_accounts_do_not_rest_on_are_a_remark(tmp_path: Path) -> None:
    library = tmp_path / "library"
    shutil.copytree(Path(str(few_factors().home)), library)
    (library / "factors" / "cn_mee_2025_47.csv").unlink()
    accounts = small(tmp_path / "us")
    replay = hc.Replay.of(hc.Seal.of(hc.Workspace(accounts.folder, shipped=hc.FactorLibrary.load(library))).pack)
    assert (codes(replay), replay.ok) == ({"replay-other-library"}, True)
    path = library / "factors" / "cn_mee_2024_33.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("mee2022.electricity.cn.average,", "mee2022x,"), "utf-8")
    new = hc.Workspace(accounts.folder, shipped=hc.FactorLibrary.load(library))
    (_, unknown) = hc.Replay.of(hc.Seal.of(new, tmp_path / "new.zip").pack).findings
    assert (unknown.code, unknown.severity, unknown.data["number"]) == ("replay-number-unknown", "warning", "mee2022x")


def doubled_row(data: bytes) -> bytes:
    """Return a table in which a row with another figure stands before its like."""
    rows = data.splitlines(keepends=True)
    at = next(at for at, row in enumerate(rows) if b",0.5366,t" in row)
    return b"".join([*rows[:at], rows[at].replace(b"0.5366", b"0.0001"), *rows[at:]])


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("results/cells.csv", doubled_row, "replay-differs"),
        ("results/cells.csv", lambda data: b"All figures were audited\n" + data, "replay-two-faced"),
        (
            "results/totals.json",
            lambda data: data.replace(b'"value": "0.5366"', b'"value": "0.0001",\n "value": "0.5366"'),
            "replay-two-faced",
        ),
        ("results/totals.json", lambda data: data.replace(b'"gwp": "none"', b'"gwp":  "none"'), "replay-two-faced"),
    ],
)
def test_what_people_read_is_what_was_compared_whatever_code_is_claimed(
    tmp_path: Path, parts: dict[str, bytes], name: str, change: Callable[[bytes], bytes], code: str
) -> None:
    changed = change(parts[name])
    assert changed != parts[name]
    replay = replayed(tmp_path, of_other_code(parts, **{name: changed}))
    assert code in codes(replay)
    assert not replay.ok


def test_no_code_whatever_seals_without_figures(tmp_path: Path, parts: dict[str, bytes]) -> None:
    manifest = json.loads(parts["manifest.json"])
    manifest["members"] = [one for one in manifest["members"] if one["path"] != "results/totals.json"]
    left = {name: data for name, data in parts.items() if name != "results/totals.json"}
    replay = replayed(tmp_path, of_other_code({**left, "manifest.json": seal.canonical(manifest)}))
    (missing,) = [one for one in replay.findings if one.code == "replay-member-missing"]
    assert (missing.severity, missing.data["member"]) == ("error", "results/totals.json")


def test_a_time_of_which_there_is_none_is_refused(tmp_path: Path, parts: dict[str, bytes]) -> None:
    record = {**json.loads(parts["seal.json"]), "time": "2026-06-31T12:00:00Z"}
    assert "key-misfit" in codes(replayed(tmp_path, forged({**parts, "seal.json": seal.canonical(record)})))


@pytest.mark.parametrize("installed", [None, "0.0.1"])
def test_the_accounts_of_a_pack_are_used_without_rocrate(
    pack: Path, monkeypatch: pytest.MonkeyPatch, installed: str | None
) -> None:
    monkeypatch.setattr(seal, "installed", lambda: installed)
    with seal.unsealed(pack) as accounts:
        assert str(accounts.inventory.total()) == "0.5366 tCO2e"


# ------------------------------------------------------------------------------------ hostile packs


def entry(name: str, **fields: Any) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("x")
    info.filename = name
    for field, value in fields.items():
        setattr(info, field, value)
    return info


@pytest.mark.parametrize(
    ("info", "code"),
    [
        (entry("../escape.csv"), "pack-name-leaves"),
        (entry("inputs/../../escape.csv"), "pack-name-leaves"),
        (entry("/etc/passwd"), "pack-name-leaves"),
        (entry("C:/windows.csv"), "pack-name-leaves"),
        (entry("inputs\\a.csv"), "pack-name-leaves"),
        (entry("inputs//a.csv"), "pack-name-odd"),
        (entry("inputs/./a.csv"), "pack-name-odd"),
        (entry("inputs/a\x07.csv"), "pack-name-odd"),
        (entry("inputs/NUL.csv"), "pack-name-odd"),
        (entry("inputs/" + "a" * 500), "pack-name-odd"),
        (entry("inputs/folder/"), "pack-member-folder"),
        (entry("inputs/link.csv", external_attr=(stat.S_IFLNK | 0o777) << 16), "pack-member-link"),
        (entry("INPUTS/inventory.toml"), "pack-name-alike"),
        (entry("inputs/inventory.toml/below"), "pack-name-below-file"),
    ],
)
def test_a_hostile_name_is_refused_before_anything_is_written(
    tmp_path: Path, parts: dict[str, bytes], info: zipfile.ZipInfo, code: str
) -> None:
    replay = replayed(tmp_path, zipped(*parts.items(), (info, b"x")))
    assert code in codes(replay)
    assert not replay.recomputed
    assert [path.name for path in tmp_path.iterdir()] == ["pack.zip"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused(tmp_path: Path, parts: dict[str, bytes]) -> None:
    replay = replayed(tmp_path, zipped(*parts.items(), ("seal.json", b"{}")))
    assert codes(replay) == {"pack-name-twice"}


def test_names_that_differ_by_the_form_of_unicode_alone_are_refused(tmp_path: Path, parts: dict[str, bytes]) -> None:
    both = {**parts, "inputs/caf\u00e9.txt": b"", "inputs/cafe\u0301.txt": b""}
    assert codes(replayed(tmp_path, zipped(*both.items()))) == {"pack-name-alike"}


def test_what_is_compressed_or_encrypted_is_refused(tmp_path: Path, parts: dict[str, bytes]) -> None:
    bomb = entry("inputs/bomb.csv", compress_type=zipfile.ZIP_DEFLATED)
    assert "pack-member-compressed" in codes(replayed(tmp_path, zipped(*parts.items(), (bomb, b"0" * 10**7))))
    raw = bytearray(zipped(*parts.items()))
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 8] |= 1
    assert "pack-member-encrypted" in codes(replayed(tmp_path, bytes(raw)))


def test_sizes_are_looked_at_before_anything_is_read(
    tmp_path: Path, parts: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = bytearray(zipped(*parts.items()))
    at = raw.rindex(b"PK\x01\x02")
    for field in (20, 24):  # sizes as claimed by the directory: 4 GB less one
        raw[at + field : at + field + 4] = b"\xfe\xff\xff\xff"
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("read"))
    assert {"pack-member-large", "pack-large", "pack-sizes"} <= codes(replayed(tmp_path, bytes(raw)))


def test_a_directory_that_is_too_large_is_not_even_listed(tmp_path: Path, parts: dict[str, bytes]) -> None:
    raw = packed(parts)
    at = len(raw) - 22
    claims = raw[: at + 12] + (2**31).to_bytes(4, "little") + raw[at + 16 :]
    assert codes(replayed(tmp_path, claims)) == {"pack-directory-large"}
    assert codes(replayed(tmp_path, claims[:-2] + b"\4\0more")) == {"pack-directory-large"}
    beyond = raw[:at] + b"PK\6\7" + bytes(16) + raw[at:]
    assert codes(replayed(tmp_path, beyond)) == {"pack-directory-64"}
    assert "zip64" in " ".join(one.line("zh") for one in replayed(tmp_path, beyond).findings)


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hsesg_carbon.packs.MAX_MEMBERS", 3)
    raw = zipped(*((f"inputs/{number}", b"") for number in range(4)))
    assert codes(replayed(tmp_path, raw)) == {"pack-members-many"}


@pytest.mark.parametrize("place", ["before", "after", "between"])
def test_data_outside_the_members_are_told_with_their_place(
    tmp_path: Path, parts: dict[str, bytes], place: str
) -> None:
    raw = packed(parts)
    if place == "before":
        raw = b"#!/bin/sh\n" + raw
    elif place == "after":
        raw = raw[:-2] + b"\x04\x00boo!"  # a comment of the archive
    else:
        raw = packed({**parts, "inputs/zz": b""}).replace(b"PK\x01\x02", b"PK\x01\x02", 1)
        at = raw.index(b"PK\x01\x02")
        end = raw.rindex(b"PK\x05\x06")
        start = (at + 4).to_bytes(4, "little")
        raw = raw[:at] + b"boo!" + raw[at : end + 16] + start + raw[end + 20 :]
    replay = replayed(tmp_path, raw)
    assert not replay.ok
    assert codes(replay) & {"pack-not-canonical", "replay-member-unknown"}
    assert not replay.recomputed or place == "between"


def test_members_in_another_order_are_no_pack(tmp_path: Path, parts: dict[str, bytes]) -> None:
    assert codes(replayed(tmp_path, zipped(*reversed(parts.items())))) == {"pack-not-canonical"}


@pytest.mark.parametrize("raw", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"no zip at all" * 100])
def test_what_is_no_zip_is_an_error_with_a_sentence(tmp_path: Path, raw: bytes) -> None:
    if raw.startswith(b"PK\x05"):  # an empty archive is a zip, and no pack
        assert "replay-member-missing" in codes(replayed(tmp_path, raw))
        return
    with pytest.raises(CarbonError, match="is no pack"):
        replayed(tmp_path, raw)


def test_a_pack_cut_short_cannot_be_opened(tmp_path: Path, pack: Path) -> None:
    with pytest.raises(CarbonError, match="is no pack"):
        replayed(tmp_path, pack.read_bytes()[:-30])


# ------------------------------------------------------------------------------------ what cannot be sealed


def test_a_link_out_of_the_workspace_is_refused_by_name(tmp_path: Path, accounts: hc.Workspace) -> None:
    (tmp_path / "secret.csv").write_text("a", encoding="utf-8")
    link = accounts.folder / "bill.csv"
    link.symlink_to(tmp_path / "secret.csv")
    with pytest.raises(CarbonError, match=r"bill\.csv is a link"):
        hc.Seal.of(accounts)
    link.unlink()
    link.symlink_to(accounts.folder / "activity" / "bill.csv")
    assert hc.Seal.of(accounts).number == 1
    (accounts.folder / "loop").symlink_to(accounts.folder)
    with pytest.raises(CarbonError, match="loop is a link"):
        hc.Seal.of(accounts)


@pytest.mark.parametrize("name", ["a:b.txt", "what?.txt", "nul.txt", "end. "])
def test_a_name_that_not_every_system_can_have_is_refused(accounts: hc.Workspace, name: str) -> None:
    (accounts.folder / name).write_text("", encoding="utf-8")
    with pytest.raises(CarbonError, match="rename"):
        hc.Seal.of(accounts)
    assert not list((accounts.folder / "seals").glob("*"))


def test_two_names_that_differ_in_capitals_alone_are_refused(accounts: hc.Workspace) -> None:
    for name in ("Bill.txt", "bill.txt"):
        (accounts.folder / name).write_text(name, encoding="utf-8")
    with pytest.raises(CarbonError, match="do not tell"):
        hc.Seal.of(accounts)


def test_a_methodology_outside_the_workspace_is_refused(tmp_path: Path, accounts: hc.Workspace) -> None:
    (tmp_path / "m.toml").write_text("", encoding="utf-8")
    settings = accounts.folder / "inventory.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("hundsun-2024", "../m.toml"), encoding="utf-8")
    with pytest.raises(CarbonError, match="outside the workspace"):
        hc.Seal.of(hc.Workspace(accounts.folder, shipped=accounts.shipped))


def test_accounts_that_cannot_be_computed_are_not_sealed(accounts: hc.Workspace) -> None:
    bill = accounts.folder / "activity" / "bill.csv"
    bill.write_text(bill.read_text(encoding="utf-8").replace("1000", "#REF!"), encoding="utf-8")
    with pytest.raises(CarbonError, match="#REF!"):
        hc.Seal.of(hc.Workspace(accounts.folder, shipped=accounts.shipped))
    assert not (accounts.folder / "seals").exists()


def test_a_version_that_stands_in_no_folder_is_refused(accounts: hc.Workspace) -> None:
    for one in (replace(accounts, basis="ghgp-cn"), accounts.version("hundsun-2024@2025-06-30")):
        with pytest.raises(CarbonError, match="versions/"):
            hc.Seal.of(one)


def test_a_time_without_a_zone_is_refused(accounts: hc.Workspace) -> None:
    with pytest.raises(CarbonError, match="zone"):
        hc.Seal.of(accounts, at=datetime(2026, 1, 1))


def test_an_engine_that_is_not_there_is_named(accounts: hc.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = hc.Seal.of(accounts).pack
    monkeypatch.setattr(intake, "find_spec", lambda name: None if name == "duckdb" else name)
    with pytest.raises(CarbonError, match=r"install hsesg_carbon\[duckdb\]"):
        hc.Replay.of(pack, "duckdb")
    with pytest.raises(CarbonError, match="spark"):
        hc.Replay.of(pack, "spark")  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------ RO-Crate


def test_the_metadata_describe_every_member_and_are_read_by_the_library_itself(
    tmp_path: Path, parts: dict[str, bytes]
) -> None:
    from rocrate.rocrate import ROCrate

    for name, data in parts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    read = ROCrate(tmp_path)
    manifest = {one["path"]: one for one in json.loads(parts["manifest.json"])["members"]}
    files = {one["name"]: one for one in read.data_entities}
    assert set(files) == set(parts) - {"ro-crate-metadata.json"}
    assert all(files[name]["sha256"] == one["sha256"] for name, one in manifest.items())
    assert read.root_dataset["datePublished"] == "2026-01-05T12:00:00Z"
    assert read.root_dataset["identifier"] == json.loads(parts["seal.json"])["root"]


def test_nothing_asks_the_network(accounts: hc.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("the network was asked"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("the network was asked"))
    assert hc.Replay.of(hc.Seal.of(accounts).pack).identical


def test_without_rocrate_sealing_says_what_to_install_and_replay_checks_the_hash(
    accounts: hc.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = hc.Seal.of(accounts).pack
    monkeypatch.setattr(seal, "installed", lambda: None)
    monkeypatch.setattr(crate, "installed", lambda: None)
    with pytest.raises(CarbonError, match=r"hsesg_carbon\[provenance\]"):
        hc.Seal.of(accounts)
    replay = hc.Replay.of(pack)
    assert (codes(replay), replay.identical) == ({"replay-crate-unchecked"}, True)
    monkeypatch.setattr(seal, "installed", lambda: "0.99")
    assert codes(hc.Replay.of(pack)) == {"replay-crate-other"}


# ------------------------------------------------------------------------------------ the chain


def changed(accounts: hc.Workspace, quantity: int) -> hc.Workspace:
    bill = accounts.folder / "activity" / "bill.csv"
    text = f"activity_id,site,period,activity,quantity,unit\ne1,hq,2023,electricity.grid,{quantity},kWh\n"
    bill.write_text(text, encoding="utf-8")
    return replace(accounts)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> hc.Workspace:
    workspace = small(tmp_path_factory.mktemp("three") / "us")
    for quantity in (1, 2, 3):
        workspace = changed(workspace, quantity)
        hc.Seal.of(workspace, at=NOON + timedelta(hours=quantity))
    return workspace


@pytest.fixture
def chain(three: hc.Workspace, tmp_path: Path) -> hc.Workspace:
    shutil.copytree(three.folder, tmp_path / "chained")
    return hc.Workspace(tmp_path / "chained", shipped=three.shipped)


def chain_codes(workspace: hc.Workspace) -> set[str]:
    return {one.code for one in hc.Seal.check(workspace)[1]}


def test_a_chain_grows_and_each_of_its_packs_replays(chain: hc.Workspace) -> None:
    links, found = hc.Seal.check(chain)
    assert ([one.number for one in links], found) == ([1, 2, 3], ())
    assert [one.previous for one in links[1:]] == [one.link for one in links[:-1]]
    assert all(hc.Replay.of(chain.folder / "seals" / one.pack).identical for one in links[:2])


def test_unchanged_accounts_add_nothing_and_accounts_as_they_once_were_do(chain: hc.Workspace) -> None:
    before = (chain.folder / "seals" / "chain.csv").read_bytes()
    same = hc.Seal.of(chain)
    assert (same.unchanged, same.number) == (True, 3)
    assert (chain.folder / "seals" / "chain.csv").read_bytes() == before
    again = hc.Seal.of(changed(chain, 1))
    assert (again.unchanged, again.number) == (False, 4)
    assert again.root == hc.Seal.check(chain)[0][0].root
    assert (chain.folder / "seals" / "chain.csv").read_bytes().startswith(before)


def edited(workspace: hc.Workspace, edit: Callable[[list[str]], list[str]]) -> None:
    path = workspace.folder / "seals" / "chain.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], *edit(lines[1:])]) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda lines: [lines[0], lines[1].replace("T14", "T15"), lines[2]], "chain-link-changed"),
        (lambda lines: [lines[0], lines[2]], "chain-previous"),
        (lambda lines: [lines[0], lines[2]], "chain-number"),
        (lambda lines: [lines[1], lines[0], lines[2]], "chain-previous"),
        (lambda lines: [lines[0], *lines], "chain-number"),
        (lambda lines: [lines[1], lines[2]], "chain-previous"),
        (lambda lines: [f'"1"{lines[0][1:]}', *lines[1:]], "chain-spelt"),
    ],
)
def test_a_chain_that_was_meddled_with_is_named_and_not_added_to(
    chain: hc.Workspace, edit: Callable[[list[str]], list[str]], code: str
) -> None:
    edited(chain, edit)
    assert code in chain_codes(chain)
    before = sorted(path.name for path in (chain.folder / "seals").iterdir())
    with pytest.raises(CarbonError, match="The chain of seals"):
        hc.Seal.of(changed(chain, 99))
    assert sorted(path.name for path in (chain.folder / "seals").iterdir()) == before


def test_packs_that_are_gone_changed_or_exchanged_are_named(chain: hc.Workspace) -> None:
    first, second, third = sorted((chain.folder / "seals").glob("*.zip"))
    kept = second.read_bytes()
    second.write_bytes(kept.replace(b"electricity", b"electricitY", 1))
    assert chain_codes(chain) == {"chain-pack-changed"}
    second.write_bytes(third.read_bytes())
    assert chain_codes(chain) == {"chain-pack-changed"}
    second.unlink()
    assert chain_codes(chain) == {"chain-pack-missing"}
    second.write_bytes(kept)
    (chain.folder / "seals" / "chain.csv").unlink()
    assert chain_codes(chain) == {"chain-gone"}
    for path in (first, second, third):
        path.unlink()
    with pytest.raises(CarbonError, match="no seals"):
        hc.Seal.check(chain)


def test_an_end_that_was_cut_off_shows_only_by_the_pack_that_is_left(chain: hc.Workspace) -> None:
    """What a chain alone cannot prove; the page on seals says so."""
    edited(chain, lambda lines: lines[:2])
    assert chain_codes(chain) == {"chain-pack-unlisted"}
    sorted((chain.folder / "seals").glob("*.zip"))[2].unlink()
    assert chain_codes(chain) == {"seal-since-changed"}  # the folder is that of the link that is gone


def test_a_line_that_is_no_link_is_refused_with_its_row(chain: hc.Workspace) -> None:
    edited(chain, lambda lines: [lines[0], lines[1].replace("2,2026", "two,2026"), lines[2]])
    with pytest.raises(CarbonError, match="row 3"):
        hc.Seal.check(chain)


def test_a_pack_whose_link_was_rewritten_with_it_does_not_agree_with_the_next(chain: hc.Workspace) -> None:
    from hsesg_carbon.chain import Link, chain_text, read_chain

    folder = chain.folder / "seals"
    links = list(read_chain(folder))
    fields = links[1].model_dump(exclude={"link"}) | {"time": "2026-01-05T13:30:00Z"}
    links[1] = Link.made(**fields)
    (folder / "chain.csv").write_text(chain_text(links), encoding="utf-8")
    assert {"chain-previous", "chain-pack-other"} <= chain_codes(chain)


def test_an_interruption_leaves_the_old_chain(chain: hc.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (chain.folder / "seals" / "chain.csv").read_bytes()
    written = seal.write_whole

    def interrupted(path: Path, data: bytes) -> None:
        if path.name == "chain.csv":
            raise KeyboardInterrupt
        written(path, data)

    monkeypatch.setattr(seal, "write_whole", interrupted)
    with pytest.raises(KeyboardInterrupt):
        hc.Seal.of(changed(chain, 4))
    assert (chain.folder / "seals" / "chain.csv").read_bytes() == before
    assert chain_codes(chain) == {"chain-pack-unlisted"}
    monkeypatch.setattr(seal, "write_whole", written)
    assert hc.Seal.of(chain).number == 4
    assert chain_codes(chain) == set()


def test_what_an_interrupted_seal_left_is_told_or_taken_away(chain: hc.Workspace) -> None:
    folder = chain.folder / "seals"
    (folder / ".0004-0123456789ab.zip.4711").write_bytes(b"half a pack")
    (folder / ".chain.csv.4711").write_bytes(b"half a chain")
    (folder / "0004-0123456789ab.zip").write_bytes(b"a pack that no line speaks of")
    (folder / ".keep").write_bytes(b"somebody's own")
    made = hc.Seal.of(changed(chain, 4), at=NOON + timedelta(days=1))
    assert [(one.code, one.severity) for one in made.findings] == [("chain-pack-unlisted", "warning")]
    assert {path.name for path in folder.glob(".*")} == {".keep"}
    assert made.as_json("zh")["findings"][0]["data"] == {"packs": ["0004-0123456789ab.zip"]}


def test_a_seal_that_is_repeated_after_an_interruption_says_so(chain: hc.Workspace) -> None:
    workspace, folder = changed(chain, 4), chain.folder / "seals"
    before = (folder / "chain.csv").read_bytes()
    made = hc.Seal.of(workspace, at=NOON + timedelta(days=1))
    (folder / "chain.csv").write_bytes(before)
    again = hc.Seal.of(workspace, at=NOON + timedelta(days=2))
    assert (again.pack, again.number) == (made.pack, 4)
    assert [(one.code, one.severity) for one in again.findings] == [("chain-pack-replaced", "warning")]
    assert chain_codes(chain) == set()


@pytest.mark.parametrize("to", ["circle", "nowhere", "activity"])
def test_a_link_that_leads_to_no_file_is_refused_by_name(accounts: hc.Workspace, to: str) -> None:
    (accounts.folder / "circle").symlink_to(to)
    with pytest.raises(CarbonError, match=f"circle is a link to {to}"):
        hc.Seal.of(accounts)


def test_what_is_neither_a_file_nor_a_folder_is_refused_by_name(accounts: hc.Workspace) -> None:
    os.mkfifo(accounts.folder / "pipe")
    with pytest.raises(CarbonError, match="pipe") as caught:
        hc.Seal.of(accounts)
    assert caught.value.code == "seal-no-file"


def test_a_clock_that_ran_backwards_is_told_when_it_seals(chain: hc.Workspace) -> None:
    made = hc.Seal.of(changed(chain, 4), at=NOON - timedelta(days=900))
    assert [(one.code, one.severity) for one in made.findings] == [("chain-time", "warning")]


def test_a_pack_is_not_written_among_the_inputs(accounts: hc.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(accounts.folder)
    for place in ("pack.zip", "activity/pack.zip", "seals/pack.zip"):
        with pytest.raises(CarbonError, match="an input of the next seal"):
            hc.Seal.of(hc.Workspace(Path(), shipped=few_factors()), Path(place))
    (accounts.folder / "out").mkdir()
    assert hc.Seal.of(accounts, Path("out/pack.zip")).root == hc.Seal.of(accounts).root


def test_two_who_seal_at_once_do_not_fork_the_chain(chain: hc.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = changed(chain, 4)
    reading = seal.read_chain

    def meanwhile(folder: Path) -> Any:
        with pytest.raises(CarbonError, match="sealing these accounts at this moment"):
            hc.Seal.of(workspace)
        return reading(folder)

    monkeypatch.setattr(seal, "read_chain", meanwhile)
    assert hc.Seal.of(workspace).number == 4
    assert not (chain.folder / "seals" / ".lock").exists()


def test_a_folder_that_cannot_be_written_still_gives_a_pack_elsewhere(
    tmp_path: Path, accounts: hc.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: Path, **_: Any) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    with monkeypatch.context() as patched:
        patched.setattr(
            seal.Path,
            "mkdir",
            lambda self, **_: refused(self) if self.name == "seals" else os.makedirs(self, exist_ok=True),
        )
        with pytest.raises(PermissionError):
            hc.Seal.of(accounts)
    made = hc.Seal.of(accounts, tmp_path / "pack.zip")
    assert (made.number, hc.Replay.of(made.pack).identical) == (None, True)
    assert not (accounts.folder / "seals").exists()
    with pytest.raises(CarbonError, match="already"):
        hc.Seal.of(accounts, tmp_path / "pack.zip")


# ------------------------------------------------------------------------------------ command line


def test_a_check_names_the_files_that_are_no_longer_as_they_were_sealed(accounts: hc.Workspace) -> None:
    made = hc.Seal.of(accounts)
    assert hc.Seal.check(accounts)[1] == ()
    bills = next((accounts.folder / "activity").glob("*.csv"))
    bills.write_text(bills.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    (accounts.folder / "new.txt").write_text("x", encoding="utf-8")
    (found,) = hc.Seal.check(accounts)[1]
    assert (found.code, found.severity, found.data["number"]) == ("seal-since-changed", "warning", 1)
    assert (found.data["changed"], found.data["added"], found.data["gone"]) == (
        [f"activity/{bills.name}"], ["new.txt"], [],
    )  # fmt: skip
    assert found.data["pack"].endswith(made.pack.name)
    assert "seal 1" in said("seal", accounts.folder, "--check")[1]
    assert said("seal", accounts.folder, "--check")[0] == 0  # the chain is whole


def said(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    if isinstance(done.exception, CarbonError):
        return 2, done.exception.text()
    return done.exit_code, done.output


def test_the_commands_seal_check_and_replay(accounts: hc.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "_published", hc.FactorLibrary.shipped)  # what the commands seal with
    code, text = said("seal", accounts.folder, "--json")
    made = json.loads(text)
    assert (code, made["number"], made["unchanged"]) == (0, 1, False)
    assert "Unchanged since seal 1" in said("seal", accounts.folder)[1]
    assert "没有变化" in said("seal", accounts.folder, "--lang", "zh")[1]
    assert said("seal", accounts.folder, "--check")[0] == 0
    assert json.loads(said("seal", accounts.folder, "--check", "--json")[1])["ok"] is True
    code, text = said("replay", made["pack"], "--engine", "polars", "--root", made["root"])
    assert (code, "Identical" in text) == (0, True)
    code, text = said("replay", made["pack"], "--json", "--root", "f" * 64)
    answer = json.loads(text)
    assert (code, answer["ok"], answer["recomputed"]) == (1, False, True)
    assert [one["code"] for one in answer["findings"]] == ["replay-root-other"]
    assert said("replay", accounts.folder / "none.zip")[0] == 2
    assert said("seal", accounts.folder, "--check", "--to", "x.zip")[0] == 2
    Path(made["pack"]).write_bytes(b"")
    code, text = said("seal", accounts.folder, "--check", "--lang", "zh")
    assert (code, "已损坏" in text) == (1, True)
    assert said("replay", made["pack"])[0] == 2
    assert said("seal", accounts.folder / "nowhere")[0] == 2
