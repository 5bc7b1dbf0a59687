"""Workspaces and packs for the tests of seal and replay; all figures are made up."""

import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

import hsesg_carbon as hc
from hsesg_carbon.crate import crate_metadata
from hsesg_carbon.factors import data_folder
from hsesg_carbon.packs import canonical, digest, packed
from tests.workflow.test_instruments import GOOD, HEADER

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
EVERYTHING = """organisation = { id = "us", name = { en = "Us", zh = "我们" } }
methodology = "口径.toml"
consolidation = "equity-share"
boundary = "all"
periods = ["2023"]

[[entity]]
id = "venture"
equity_share = "0.415"
control = ["joint-financial"]

[[site]]
id = "hq"
region = "CN-ZJ-hangzhou"

[[site]]
id = "plant"
region = "CN"
entity = "venture"
"""
METHODOLOGY = """id = "ours"
extends = "ghgp-cn"
title = { en = "Ours", zh = "本公司口径" }

[[use]]
activity = "heat.purchased"
flow = "CO2"
source = ["supplier"]
reason = "as the supplier states"
"""
SOURCES = """[supplier]
title = "Supplier statement"
publisher = "our supplier"
licence = "for our own use"
licence_class = "own"
"""
FACTORS = """id,activity,flow,value,unit,region,valid_from,published,source,locator,checked
supplier.heat,heat.purchased,CO2,0.07,tCO2/GJ,CN,2023-01-01,2023-06,supplier,letter,primary
"""
BILLS = """activity_id,site,period,activity,quantity,unit,note
e1,hq,2023-01-16/2023-03-10,electricity.grid,100.0000001,MWh,a bill that crosses months
e2,plant,2023,electricity.grid,33.3,万kWh,
g1,plant,2023,stationary.natural_gas,"1234.567",m3,
h1,hq,2023,heat.purchased,12,GJ,
r1,hq,2023,refrigerant.r410a,1.5,kg,
"""


KEPT = {"us_epa_hub_2025.csv": "r410a", "ipcc_2006_v2_stationary.csv": "natural_gas"}
"""Large files of which a few rows are enough."""

STARTS = ("cn_", "definition", "fuel_", "ipcc_", *KEPT)
SHELF = TemporaryDirectory(prefix="few-factors-")


@cache
def few_factors() -> hc.FactorLibrary:
    """Return the published data that these accounts need, in a folder of its own: packs are small, and read at once."""
    home = Path(SHELF.name)
    for path in sorted(Path(str(data_folder())).rglob("*.csv")) + sorted(Path(str(data_folder())).rglob("*.toml")):
        name = path.relative_to(str(data_folder()))
        if name.parts[0] in {"factors", "fuel_properties"} and not path.name.startswith(STARTS):
            continue
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        wanted = KEPT.get(path.name, "") if name.parts[0] == "factors" else ""
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("".join([lines[0], *(one for one in lines[1:] if wanted in one)]), encoding="utf-8")
    return hc.FactorLibrary.load(home)


def everything(folder: Path) -> hc.Workspace:
    """Return a workspace with entities, instruments, own factors, a methodology of its own, Parquet, Chinese names."""
    (folder / "activity").mkdir(parents=True)
    (folder / "factors").mkdir()
    (folder / "票据").mkdir()
    texts = {
        "inventory.toml": EVERYTHING,
        "口径.toml": METHODOLOGY,
        "activity/账单.csv": BILLS,
        "factors/sources.toml": SOURCES,
        "factors/自有.csv": FACTORS,
        "instruments.csv": HEADER + GOOD,
        "denominators.csv": "denominator,period,value,unit,boundary,source\nrevenue,2023,7,百万元,all,report\n",
        "water.csv": "site,period,kind,source_or_destination,quantity,unit\nhq,2023,withdrawal,third-party,40,m3\n",
        "reported.csv": "id,label,unit,2023\nghg.total,total,tCO2e,1\n",
        "票据/一月.txt": "a scanned bill",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    bulk = {"activity_id": ["p1", "p2"], "site": ["hq", "plant"], "period": ["2023-04", "2023-05"]}
    bulk |= {"activity": ["mobile.petrol"] * 2, "quantity": [10.25, 3.5], "unit": ["L", "L"]}
    pd.DataFrame(bulk).to_parquet(folder / "activity" / "bulk.parquet")
    return hc.Workspace(folder, shipped=few_factors())


def small(folder: Path) -> hc.Workspace:
    """Return a workspace of one bill."""
    (folder / "activity").mkdir(parents=True)
    text = EVERYTHING[: EVERYTHING.index("[[entity]]")].replace("口径.toml", "hundsun-2024")
    (folder / "inventory.toml").write_text(f'{text}[[site]]\nid = "hq"\nregion = "CN"\n', encoding="utf-8")
    bill = "activity_id,site,period,activity,quantity,unit\ne1,hq,2023,electricity.grid,1000,kWh\n"
    (folder / "activity" / "bill.csv").write_text(bill, encoding="utf-8")
    return hc.Workspace(folder, shipped=few_factors())


def members(pack: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(pack) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forged(changed: Mapping[str, bytes]) -> bytes:
    """Return a pack whose members were changed by somebody who knows the format: every hash is written anew."""
    parts = dict(changed)
    manifest = json.loads(parts["manifest.json"])
    for one in manifest["members"]:
        one |= {"size": len(parts[one["path"]]), "sha256": digest(parts[one["path"]])}
    library = {one["path"]: parts[one["path"]] for one in manifest["members"] if one["path"].startswith("library/")}
    lines = "".join(f"{digest(data)}  {name}\n" for name, data in sorted(library.items()))
    manifest["library"] = digest(lines.encode())
    parts["manifest.json"] = canonical(manifest)
    record = json.loads(parts["seal.json"])
    record["root"] = digest(parts["manifest.json"])
    about = {name: record.get(name) for name in ("time", "number", "previous", "root")}
    parts["ro-crate-metadata.json"] = crate_metadata(manifest, about, ("manifest.json", "seal.json"))
    record["metadata"]["sha256"] = digest(parts["ro-crate-metadata.json"])
    parts["seal.json"] = canonical(record)
    return packed(parts)


def zipped(*entries: tuple[zipfile.ZipInfo | str, bytes]) -> bytes:
    """Return a zip of entries as they are, for names and attributes that no pack has."""
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for info, data in entries:
            archive.writestr(info, data)
    return whole.getvalue()
