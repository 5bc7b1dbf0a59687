# A company with several sites, green certificates, and a daughter that was bought in the middle of the year.
#
#     python examples/multi_site.py
#
# The company and every figure are MADE UP. It has its headquarters in Hangzhou, an office in Beijing that is heated by
# the city, and bought 80 % of a plant in Shenzhen on 1 July 2024.

# %% Who: sites, the company through which one of them is held, and how much of it counts.
from datetime import date
from decimal import Decimal

import pandas as pd

import hsesg_carbon as hc

boundary = hc.Boundary(
    id="group",
    sites=(
        hc.Site(id="hangzhou", region="CN-ZJ-hangzhou"),
        hc.Site(id="beijing", region="CN-BJ"),
        hc.Site(id="shenzhen", region="CN-GD-shenzhen", entity="plant-ltd"),
    ),
    consolidation="operational-control",
    entity="holding",
    entities=(hc.Entity(id="plant-ltd", equity_share=Decimal("0.8"), first=date(2024, 7, 1)),),
)

# %% What: bills. One of Shenzhen runs from 16 June to 15 July: it is divided by days, and only those from 1 July count.
bills = pd.DataFrame(
    [
        ("hz-elec-23", "hangzhou", "2023", "electricity.grid", "5200", "MWh"),
        ("hz-elec-24", "hangzhou", "2024", "electricity.grid", "5000", "MWh"),
        ("hz-gas-23", "hangzhou", "2023", "stationary.natural_gas", "61000", "m3"),
        ("hz-gas-24", "hangzhou", "2024", "stationary.natural_gas", "58000", "m3"),
        ("bj-elec-23", "beijing", "2023", "electricity.grid", "81.0", "万千瓦时"),
        ("bj-elec-24", "beijing", "2024", "electricity.grid", "79.5", "万千瓦时"),
        ("bj-heat-23", "beijing", "2023", "heat.purchased", "3100", "GJ"),
        ("bj-heat-24", "beijing", "2024", "heat.purchased", "2950", "GJ"),
        ("sz-elec-23", "shenzhen", "2023", "electricity.grid", "3000", "MWh"),  # from the seller's books
        ("sz-elec-24-06", "shenzhen", "2024-06-16/2024-07-15", "electricity.grid", "240", "MWh"),
        ("sz-elec-24-h2", "shenzhen", "2024-07-16/2024-12-31", "electricity.grid", "1310", "MWh"),
    ],
    columns=["activity_id", "site", "period", "activity", "quantity", "unit"],
)
activities = hc.Activities(bills, sites=boundary.sites)

# %% By which rules: GHG Protocol in China. The plan has one exact multiplier for each kind of bill.
plan = hc.Plan.compile(activities, hc.FactorLibrary.shipped(), hc.Methodology.shipped("ghgp-cn"))
ledger = plan.run(activities)

# %% Certificates (绿证): 2,000 MWh of 2024 are claimed for Hangzhou. A quality criterion without an answer is not met.
certificates = hc.Instruments(
    (
        hc.Instrument(
            instrument="gec-1", kind="certificate", period="2024", market="CN", site="hangzhou",
            volume=Decimal(2000), unit="MWh", factor=Decimal(0), factor_unit="kgCO2/kWh",
            produced_from=date(2024, 2, 1), produced_to=date(2024, 10, 31), valid_until=date(2026, 10, 31),
            retired_for="holding", retired_on=date(2024, 12, 20),
            conveys_attribute="yes", only_claim="yes", tracked_and_retired="yes", note="made up",
        ),
    ),
    reporter="holding",
    months=12,
)  # fmt: skip

# %% Both methods of Scope 2 stand side by side and are never added. A certificate changes the market-based one alone.
inventory = hc.Inventory(ledger, boundary, scope2="location", instruments=certificates)
market = inventory.seen(scope2="market")
for year in (2023, 2024):
    location_based, market_based = (
        view.by("scope", "year").value(scope="2", year=year) for view in (inventory, market)
    )
    print(f"{year}: Scope 1 {inventory.by('scope', 'year').value(scope='1', year=year).rounded(2)}, Scope 2 "
          f"{location_based.rounded(2)} by location, {market_based.rounded(2)} by market, tCO2e")  # fmt: skip

# %% By site. Shenzhen has no 2023: those bills are of the seller, and a finding says that they do not count.
for row in inventory.by("site", "year"):
    print(row["site"], row["year"], row.amount.rounded(2), row.amount.unit)

# %% Under equity share 80 % of Shenzhen counts. It is the same ledger, seen another way; no row is read again.
shares = hc.Boundary("group", boundary.sites, "equity-share", boundary.entity, boundary.entities)
equity = inventory.seen(boundary=shares)
for name, view in {"operational control": inventory, "equity share": equity}.items():
    print(name, view.by("site", "year").value(site="shenzhen", year=2024).rounded(2), "tCO2e from Shenzhen in 2024")

# %% 2024 against 2023: growth, or only the purchase? The year before as if the plant had belonged to the group already.
purchase = hc.BaseYearEvent(
    event="plant", effective=date(2024, 7, 1), known=date(2024, 3, 11), kind="acquisition", site="shenzhen",
    source="contract, made up",
)  # fmt: skip
pro_forma = hc.backcast(inventory, [purchase], [2023])
print("2023 as counted", inventory.by("year").value(year=2023).rounded(2), "tCO2e")
whole = hc.Amount(inventory.by("year").value(year=2023).value + pro_forma.change.value, "tCO2e")
print("2023 with the plant", whole.rounded(2), whole.unit)

# %% What has to be known beside the figures: nothing is left out silently. Those of severity `info`, here mostly
# factors that stand in for others, are counted only.
for finding in market.findings:
    if finding.severity != "info":
        print(f"{finding.severity}: {finding.line()}")
print(len(market.findings), "findings in all")
