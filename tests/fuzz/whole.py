"""
A small workspace that keeps every table there is, for tests that damage any of its files; all figures are made up.

Damage is what people do: a cell blank, doubled, swapped or of another column, a row or a column lost, another year.
"""

import csv
import io
from collections.abc import Mapping
from random import Random

from tests.fuzz import mutations

VALUES = ("0", "-1", "2023", "true", "[]", '["1"]', "{}", "1.5", "2024-03-01")
"""What may stand behind a key."""
SITES = ("hq", "plant", "shop")
YEARS = (2023, 2024)


def _bills() -> str:
    rows = ["activity_id,site,period,activity,quantity,unit,meter,quality,part_of,role,evidence,note"]
    for year in YEARS:
        for place, site in enumerate(SITES):
            if site == "shop" and year == 2023:
                continue
            for month in range(1, 13):
                if (site, year, month) == ("plant", 2024, 7):
                    continue  # lost, and filled
                used = 1000 + 371 * place + 17 * month + 100 * (year - 2023)
                rows.append(
                    f"e-{site}-{year}-{month},{site},{year}-{month:02},electricity.grid,{used},kWh,m-{site},,,,,"
                )
            rows.append(f"g-{site}-{year},{site},{year},stationary.natural_gas,{400 + 9 * place}.5,m3,,measured,,,,")
        rows.append(f"p-{year},hq,{year},mobile.petrol,{700 + year % 7},L,,estimated,,,,")
        rows.append(f"h-{year},plant,{year},heat.purchased,12.25,GJ,,invoiced,,,,")
        rows.append(f"s-{year},plant,{year},electricity.sold,100,kWh,,,,,,")
        rows.append(f"r-{year},hq,{year}-01,electricity.grid,40,kWh,sub,,e-hq-{year}-1,it,,")
    return "\n".join(rows) + "\n"


def _monthly(header: str, row: str) -> str:
    months = [f"{year}-{month:02}" for year in YEARS for month in range(1, 13)]
    return (
        "\n".join([header, *(row.format(month=month, n=place * 13 % 300) for place, month in enumerate(months))]) + "\n"
    )


WHOLE: Mapping[str, str] = {
    "inventory.toml": """organisation = { id = "us", name = { en = "Us", zh = "我们" } }
methodology = "ours.toml"
consolidation = "operational-control"
boundary = "all"
base_year = 2023
periods = ["2023", "2024"]

[[entity]]
id = "venture"
equity_share = "0.6"
control = ["joint-financial", "operational"]

[[site]]
id = "hq"
name = { en = "Head office", zh = "总部" }
region = "CN-ZJ-hangzhou"
control = ["financial", "operational"]
lease = { basis = "area", area = 200, building_area = 400, note = "contract 7" }

[[site]]
id = "plant"
region = "CN-BJ"
entity = "venture"

[[site]]
id = "shop"
region = "CN"
from = 2024-01-01
control = ["financial", "operational"]

[[accept]]
denominator = "persons"
boundary = "group"
reason = "nearly the same"

[restated]
before = "first"
reason = "meters were read again"
""",
    "ours.toml": """id = "ours"
extends = "ghgp-cn"
title = { en = "Ours", zh = "本公司口径" }

[[use]]
activity = "heat.purchased"
flow = "CO2"
source = ["supplier"]
reason = "as the supplier states"
""",
    "activity/bills.csv": _bills(),
    "factors/sources.toml": """[supplier]
title = "Supplier statement"
publisher = "our supplier"
licence = "for our own use"
licence_class = "own"
""",
    "factors/own.csv": "id,activity,flow,value,unit,region,valid_from,published,source,locator,checked\n"
    "supplier.heat,heat.purchased,CO2,0.07,tCO2/GJ,CN,2023-01-01,2023-06,supplier,letter,primary\n",
    "denominators.csv": "denominator,site,period,value,unit,boundary,version,source\n"
    "revenue,,2023,7,百万元,all,1,report\nrevenue,,2024,8.5,百万元,all,1,report\nrevenue,,2024,8.4,百万元,all,2,report\n"
    "persons,,2023,120,person,group,1,list\npersons,,2024,130,person,group,1,list\n"
    "floor_area,hq,2023,200,m2,all,1,plan\n"
    "floor_area,plant,2023,900,m2,all,1,plan\nfloor_area,hq,2024-03,210,m2,all,1,plan\n",
    "instruments.csv": "instrument,kind,period,market,site,volume,unit,factor,factor_unit,produced_from,produced_to,"
    "valid_until,retired_for,retired_on,conveys_attribute,only_claim,tracked_and_retired,"
    "delivered_mix,claim_transferred,ccer,note\n"
    "gec-1,certificate,2024,CN,hq,3,MWh,0,kgCO2/kWh,2024-01-01,2024-09-30,2025-12-31,us,2024-12-20,"
    "yes,yes,yes,,,,\n"
    "ppa-1,ppa,2024,CN,plant,1000,kWh,0.01,kgCO2/kWh,2024-01-01,2024-12-31,2025-12-31,us,2024-12-20,"
    "yes,yes,yes,,yes,no,\n"
    "sup-1,supplier,2023,CN,,,,0.4,kgCO2/kWh,,,,,,yes,yes,yes,yes,,,\n",
    "refrigerants.csv": "id,site,period,activity,method,unit,recharged,capacity,leak_rate,"
    "rate_source,stock_start,stock_end,"
    "acquired,disbursed,capacity_start,capacity_end,days\n"
    "f1,hq,2023,refrigerant.r410a,simplified,kg,1.5,,,,,,,,,,\n"
    "f2,plant,2024,refrigerant.r134a,screening,kg,,20,5%,handbook,,,,,,,200\n"
    "f3,plant,2023,refrigerant.r134a,material-balance,kg,,,,,5,3,2,1,20,20,\n",
    "process.csv": "balance,site,period,role,material,quantity,unit,carbon_content,content_source\n"
    "b1,plant,2023,in,coke,10,t,0.86,analysis\nb1,plant,2023,out,steel,20,t,0.002,analysis\n",
    "gas_composition.csv": "id,site,period,quantity,unit,ch4,c2h6,n2,oxidation,composition_source,"
    "ncv,ncv_unit,ncv_source\n"
    "biogas,plant,2024,1000,Nm3,95.2%,3.8%,1%,99%,analysis,35.5,MJ/Nm3,analysis\n",
    "wastewater.csv": "id,site,period,treatment,cod_in,cod_out,cod_sludge,unit\n"
    "w1,plant,2023,aerobic-overloaded,500,50,20,kg\n",
    "water.csv": "site,period,kind,source_or_destination,quantity,unit,stressed\n"
    "hq,2023,withdrawal,third-party,400,m3,yes\nhq,2023,discharge,third-party,300,m3,\n"
    "plant,2023-11-16/2024-02-15,withdrawal,ground,40,m3,no\nplant,2024,recycled,,4,ML,\n",
    "waste.csv": "site,period,material,hazardous,treatment,on_site,quantity,unit,avoided_factor,"
    "avoided_factor_unit,avoided_source\n"
    "hq,2023,paper,no,recycling,no,2.5,t,1.1,tCO2e/t,study\nplant,2024,oil,yes,incineration-with-energy,,300,kg,,,\n"
    "hq,2024,laptops,no,preparation-for-reuse,,3,台,,,\n",
    "measures.csv": "measure,period,scope,quantity,unit,factor,factor_unit,source\n"
    "LED,2024,2,1000,kWh,0.5366,kgCO2/kWh,made up\n",
    "offsets.csv": "credit,registry,kind,vintage,volume,retired_for,retired_on\n"
    "c1,CCER,CCER,2021,60,us,2023-06-30\nc2,VCS,VCU,2022,40,,\nc3,CCER,CCER,2021,5,them,2023-06-30\n",
    "expected.csv": "activity,site,meter,season,first_day,last_day,note\n"
    "heat.*,plant,,11-15/03-15,,,the heating season\nelectricity.grid,shop,,,2024-01-01,,opened\n",
    "gaps.toml": """[[fill]]
activity = "electricity.*"
site = "plant"
method = "interpolation"
reason = "the bill was lost"
""",
    "weather.csv": _monthly(
        "region,month,heating_degree_days,cooling_degree_days,base_heating,base_cooling,source",
        "CN-BJ,{month},{n}.5,{n},18,26,made up",
    ),
    "degree_days.csv": "carrier,period,kind,value,base,site,source\nnatural_gas,2023,heating,1500,18,,made up\n"
    "natural_gas,2024,heating,1450,18,,made up\n",
    "targets.csv": "target,site,what,period,value,unit,kind,source\n"
    "plan,,electricity,2024,60000,kWh,plan,board\npath,,emissions,2023,40,tCO2e,trajectory,board\n"
    "path,,emissions,2030,20,tCO2e,trajectory,board\nsave,hq,energy,2024,5,tce,plan,board\n",
    "tenants.csv": "tenant,site,activity,basis,share,meter,from,to,note\n"
    "cafe,hq,electricity.grid,share,6%,,2023-04-01,2024-03-10,\nlab,hq,electricity.grid,meter,,sub,2023-01-01,,\n",
    "meter_checks.csv": "site,activity,meter,period,quantity,unit,note\nhq,electricity.grid,m-hq,2024-01,1110,kWh,\n",
    "buildings.csv": "site,building,climate_zone,source\nhq,office-a,hot-summer-cold-winter,plan\n",
    "uncertainty.toml": """published = "lognormal"

[[activity]]
activity = "electricity.*"
quality = "invoiced"
below = "2 %"
above = "2 %"
shape = "normal"
shared = "meter"
origin = "class of the meter"

[[activity]]
activity = "*"
below = "5 %"
above = "10 %"
shape = "lognormal"
shared = "period"
origin = "judgement"

[[denominator]]
denominator = "revenue"
below = "3 %"
above = "3 %"
shape = "uniform"
origin = "accounts"
""",
    "base_year.toml": """base_years = [2023]
threshold = "5 %"
comparison = "above"
measured_against = ["1", "1+2"]
scope2 = "location"
of = "as-reported"
accumulation = "net"
cumulative = true

[triggers]
acquisition = "structure"
divestment = "structure"
merger = "structure"
insourcing = "structure"
outsourcing = "structure"
method = "comparability"
factor-correction = "comparability"
activity-correction = { en = "an error", zh = "差错" }
error = "an error"

[non_triggers]
organic-growth = "real"
organic-decline = "real"
opening = "real"
closure = "real"
grid-change = "real"
scope-shift = "real"
""",
    "base_year_events.csv": "event,effective,known,kind,site,effect,scope,share_after,other_scope,"
    "in_base_year,quality,source,note\n"
    "sold,2024-07-01,2024-06-30,divestment,plant,,,20%,,,,contract,\n"
    "slip,2024-08-01,2024-08-02,error,,-1.5,2,,,,,audit,\n"
    "bought,2024-03-01,2024-03-01,acquisition,,2.5,1,,,,estimated,contract,from its own report\n",
    "reported.csv": "table,id,label,unit,equals,2023,2024\n"
    "1,ghg.scope1,scope 1,tCO2e,,15.2,8\n1,ghg.scope2,scope 2,tCO2e,,10.1,17.35\n1,ghg.total,total,tCO2e,,25.3,25.4\n"
    "1,ghg.total.per.revenue,intensity,tCO2e/百万元,,3.6,3.0\n1,revenue,revenue,百万元,,7,8.5\n"
    "1,energy.electricity,power,kWh,,\"30,112\",48000\n1,people.employees,staff,person,,120,130\n"
    "1,ghg.total.change,change,%,,,0.4%\n1,stated.goal,goal,,,we will be carbon neutral by 2030,\n",
    "versions/first/inventory.toml": """organisation = { id = "us", name = { en = "Us" } }
methodology = "hundsun-2024"
consolidation = "operational-control"
boundary = "all"
periods = ["2023"]

[[site]]
id = "hq"
region = "CN"
control = ["operational"]

[[site]]
id = "plant"
region = "CN"
control = ["operational"]
""",
    "versions/first/activity/bills.csv": "activity_id,site,period,activity,quantity,unit\n"
    "e-hq,hq,2023,electricity.grid,13000,kWh\ng-hq-2023,hq,2023,stationary.natural_gas,400.5,m3\n"
    "g-plant-2023,plant,2023,stationary.natural_gas,409.5,m3\np-2023,hq,2023,mobile.petrol,700,L\n",
}  # fmt: skip

PLAUSIBLE = (
    *("", "0", "-1", "-250.5", "1e6", "1", "2", "3", "0.5", "100%", "1,234", "0.0000001", "99999999999", "x", "*"),
    *("2023", "2024", "2025", "2023-02", "2024-12", "2023-12-31", "2024-02-29", "2023-01/2024-12"),
    *("hq", "plant", "shop", "venture", "us", "总部", "all", "CN", "CN-BJ", "yes", "no", "location", "market"),
    *("kWh", "MWh", "m3", "t", "kg", "L", "tCO2e", "GJ"),
    *("electricity.grid", "stationary.natural_gas", "mobile.petrol", "electricity.*"),
)
"""What may stand in the wrong cell."""


def damaged(random: Random) -> dict[str, str]:
    """Return the workspace with one to three of its files damaged, or lost."""
    files = dict(WHOLE)
    for _ in range(random.choice((1, 1, 2, 3))):
        name = random.choice(sorted(files))
        if random.random() < 0.06:
            del files[name]
        else:
            files[name] = (_table if name.endswith(".csv") else _settings)(random, files[name])
    return files


def _table(random: Random, text: str) -> str:
    rows = list(csv.reader(io.StringIO(text)))
    for _ in range(random.randint(1, 2)):
        row, other = random.choice(rows), random.choice(rows)
        at, to = random.randrange(len(row) or 1), random.randrange(len(other) or 1)
        change = random.randrange(10)
        if not row or not other:
            continue
        if change <= 2:
            row[at] = random.choice(PLAUSIBLE)
        elif change == 3:
            row[at] = random.choice([one[at] for one in rows if len(one) > at])
        elif change == 4:
            row[at], other[to] = other[to], row[at]
        elif change == 5:
            rows.insert(rows.index(row), list(row))
        elif change == 6 and len(rows) > 1:
            rows.remove(row)
        elif change == 7:
            for one in rows:
                del one[at : at + 1]
        elif change == 8:
            cell = random.choice(PLAUSIBLE)
            for one in rows[1:]:
                one[at : at + 1] = [cell]
        else:
            del rows[random.randint(1, len(rows)) :]
    made = io.StringIO()
    csv.writer(made, lineterminator="\n").writerows(rows)
    return made.getvalue()


def _settings(random: Random, text: str) -> str:
    lines = text.splitlines()
    for _ in range(random.randint(1, 2)):
        at, to = random.randrange(len(lines) or 1), random.randrange(len(lines) or 1)
        change = random.randrange(6)
        if not lines:
            break
        if change == 0:
            del lines[at]
        elif change == 1:
            lines.insert(at, lines[at])
        elif change <= 3 and "=" in lines[at]:
            stated = f'"{random.choice(PLAUSIBLE)}"' if random.random() < 0.6 else random.choice(VALUES)
            lines[at] = f"{lines[at].partition('=')[0]}= {stated}"
        elif change == 4:
            lines[at], lines[to] = lines[to], lines[at]
        else:
            lines[at] = mutations.text(random, [lines[at]], 1)
    return "\n".join(lines)
