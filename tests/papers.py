"""Made-up accounts for the tests of the workpapers: shares, leases, days within months, names that mean harm."""

from pathlib import Path

from hsesg_carbon.workspace import Workspace

TOP = """organisation = { id = "us", name = { en = "=1+1", zh = "@我们" } }
methodology = "ghgp-cn"
consolidation = "equity-share"
boundary = "all"
base_year = 2022
periods = ["2022", "2023"]
"""
SHARED = """
[[site]]
id = "whole"
region = "CN-ZJ"

[[site]]
id = "third"
region = "CN-BJ"
equity_share = "0.333"
from = 2022-03-11

[[site]]
id = "sold"
region = "CN-SH"
equity_share = "0.5"
to = 2023-06-20

[[site]]
id = "floor"
region = "CN-GD"
lease = { basis = "occupancy", area = "200", building_area = "2000", occupied = "0.75", note = "contract" }

[[site]]
id = "partner"
region = "CN-GD"
equity_share = "0"
"""
INSTRUMENTS = "\n".join(
    (
        "instrument,kind,period,market,site,volume,unit,factor,factor_unit,produced_from,produced_to,retired_for,"
        "retired_on,conveys_attribute,only_claim,tracked_and_retired,delivered_mix",
        "gec-1,certificate,2022,CN,whole,7,MWh,0,kgCO2/kWh,2022-01-01,2022-12-31,us,2022-12-20,yes,yes,yes,",
        "gec-2,certificate,2022,CN,,3.5,MWh,0.01,kgCO2/kWh,2022-01-01,2022-12-31,us,2022-12-20,yes,yes,yes,",
        "rate,supplier,2023,CN,,,,0.4,kgCO2/kWh,,,,,yes,yes,,yes",
        "",
    )
)
HEAD = "activity_id,site,period_start,period_end,activity,quantity,unit,credit,quality,evidence\n"
NAMES = ("=cmd|' /C calc'!A0", "*", "HQ", "hq", "<r><t>x</t></r>", ">5")


def shared_sites(folder: Path) -> Workspace:
    """Return accounts with shares, a lease, sites that join and leave within months, credits and instruments."""
    rows = []
    for site, power, gas in (("whole", "10000.125", "33.333"), ("third", "2000", "7"), ("floor", "500.5", "1.25")):
        for year in (2022, 2023):
            start = f"{year}-04-01"
            rows.append(
                f"{site}-e{year},{site},{start},{year}-06-30,electricity.grid,{power},kWh,,invoiced,invoice {site}"
            )
            rows.append(f"{site}-x{year},{site},{year}-07-16,{year}-08-20,electricity.grid,77.777,kWh,,estimated,")
            rows.append(f"{site}-g{year},{site},{start},{year}-04-30,stationary.natural_gas,{gas},m3,,measured,")
    rows.append("third-before,third,2022-03-01,2022-03-10,electricity.grid,100,kWh,,,")
    rows.append("third-cut,third,2022-03-11,2022-04-30,electricity.grid,610,kWh,,,")
    rows.append("sold-cut,sold,2023-06-01,2023-06-20,electricity.grid,6.1,万kWh,,,")
    rows.append("sold-after,sold,2023-06-21,2023-07-31,electricity.grid,410,kWh,,,")
    rows.append("partner-e,partner,2022-05-01,2022-05-31,electricity.grid,999,kWh,,,")
    rows.append("whole-credit,whole,2022-05-01,2022-05-31,electricity.grid,-100,kWh,yes,,credit note")
    rows.append("whole-wood,whole,2022-05-01,2022-05-31,stationary.wood_wood_waste,2.5,t,,,")
    rows.append("whole-r22,whole,2022-05-01,2022-05-31,refrigerant.r22,1.5,kg,,,")
    rows.append("whole-petrol,whole,2023-05-01,2023-05-31,mobile.petrol,1234567.123456,L,,,")
    return _written(folder, TOP + SHARED, HEAD + "\n".join(rows) + "\n", {"instruments.csv": INSTRUMENTS})


def hostile(folder: Path) -> Workspace:
    """Return accounts of which every name is a formula, a pattern, markup, or differs only in its case."""
    sites, rows = "", []
    for number, name in enumerate(NAMES):
        sites += f"\n[[site]]\nid = '''{name}'''\nname = {{ en = '''{name}''', zh = '''{name}''' }}\nregion = 'CN'\n"
        told = name.replace('"', '""')
        for year in (2022, 2023):
            day = f"{year}-05-01,{year}-05-31"
            rows.append(f'"{told}-{year}","{told}",{day},stationary.natural_gas,{10**number}.5,m3,,,"=HYPERLINK(1)"')
    return _written(folder, TOP + sites, HEAD + "\n".join(rows) + "\n", {})


def _written(folder: Path, settings: str, bills: str, more: dict[str, str]) -> Workspace:
    (folder / "activity").mkdir(parents=True)
    for name, text in {"inventory.toml": settings, "activity/bills.csv": bills, **more}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return Workspace(folder)
