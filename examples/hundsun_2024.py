# The case of Hundsun (恒生电子) as a script with cells: run it whole, or cell by cell in an editor that knows `# %%`.
#
#     python examples/hundsun_2024.py
#
# Quantities, factors and revenue are printed ones; what is inferred says so in examples/hundsun-2024/README.md.

# %% The accounts: a folder of text files. `demo` writes a copy, so that nothing of yours is written over.
import tempfile
from pathlib import Path

import hsesg_carbon as hc

accounts = hc.Workspace.demo(Path(tempfile.mkdtemp()) / "hundsun")
inventory = accounts.inventory

# %% Emissions by scope and year. A total is exact; it is rounded only when it is shown.
emissions = inventory.by("scope", "year")
for year in (2022, 2023, 2024):
    scope1, scope2 = (emissions.value(scope=scope, year=year) for scope in ("1", "2"))
    total = inventory.by("year").value(year=year)
    print(year, "Scope 1", scope1.rounded(2), "Scope 2", scope2.rounded(2), "total", total.rounded(2), total.unit)

print("exactly, 2024:", inventory.by("year").value(year=2024))

# %% Where one of them comes from: each step with the published number, its source and its table.
print(accounts.explain("2024-elec"))

# %% What the report prints against what can be true. Nobody told the program that two columns are exchanged.
verification = hc.verify(accounts.reported, inventory, accounts.denominators)
print(verification.passed, "of", verification.checks, "checks passed")
exchanged = verification.findings[0]
print(exchanged.severity, exchanged.code, "->", exchanged.explanations[0].text())

# %% Why were 2022 and 2023 restated? The report says: onto 0.5366 kgCO2/kWh. It does not say from what. The version
# before is a stated hypothesis, the 0.5703 of the emission-trading scheme at the time; the arithmetic is exact all the
# same.
restatement = hc.Restatement(
    before=accounts.version("earlier-basis.toml").inventory, after=inventory, years=(2022, 2023)
)
bridge = restatement.bridge("scope")
for step in bridge.frame(2).to_dict("records"):
    print(step["year"], "scope", step["scope"], step["step"], step["value"], step["unit"])

# %% Which number did it? One, and only for electricity: petrol and gas are as they were.
for change in restatement.numbers():
    old, new, amount = change.before[0], change.after[0], hc.Amount(change.amount, "tCO2e")
    print(
        change.year,
        change.activity,
        old.value,
        "->",
        new.value,
        new.unit,
        f"({new.id}):",
        amount.rounded(2),
        amount.unit,
    )
