# Auditing somebody else's printed table, without their accounts: what in it cannot be true, and why.
#
#     python examples/audit_a_table.py
#
# The company and every figure are MADE UP. Three slips are planted: two digits swapped in a sum, one cell in MWh in
# a row of kWh, and a decrease that was computed on the wrong year.

# %% Copy the table cell by cell, as printed: "1,204.50" is not "1,204.5", because digits say how far it was rounded.
import tempfile
from pathlib import Path

import hsesg_carbon as hc

PRINTED = """\
table,id,label,unit,equals,2022,2023,2024
key figures,ghg.scope1,Scope 1,tCO2e,,"1,204.50","1,150.20","1,098.40"
key figures,ghg.scope2,Scope 2,tCO2e,,"8,310.00","8,002.70","7,655.10"
key figures,ghg.total,Total,tCO2e,,"9,514.50","9,125.90","8,753.50"
key figures,revenue,Revenue,million CNY,,"4,120","4,395","4,610"
key figures,ghg.total.per.revenue,Intensity,tCO2e/million CNY,,2.31,2.08,1.90
key figures,energy.electricity,Electricity,MWh,,"14,571.3","14,032.4","13,422.9"
buildings,electricity.hq,of which headquarters,kWh,,"9,020,100","8,730,400","8,355"
buildings,electricity.others,of which others,kWh,energy.electricity - electricity.hq,"5,551,200","5,302,000","5,067,900"
letter,ghg.total.decrease,lower than in the year before by,%,(prev(ghg.total) - ghg.total) / prev(ghg.total),,,8.0
"""

# %% One call. A relation that was printed nowhere is written in `equals`; ids such as ghg.total bring theirs with them.
path = Path(tempfile.mkdtemp()) / "printed.csv"
path.write_text(PRINTED, encoding="utf-8")
verification = hc.verify(hc.ReportedTable.read(path))
print(verification.passed, "of", verification.checks, "checks passed")

# %% What was found: the cells, what is printed, what the other figures imply, and the likeliest slips, best first.
for finding in verification.findings:
    print(f"\n{finding.severity}: {finding.line()}")
    for proof in getattr(finding, "evidence", ()):
        print(
            f"  {proof.check}: printed {' to '.join(proof.printed)}, implied {' to '.join(proof.implied)} {proof.unit}"
        )
    for place, explanation in enumerate(getattr(finding, "explanations", ())[:3], start=1):
        print(
            f"  {place}. {explanation.text()} (resolves {len(explanation.resolves)}, breaks {len(explanation.breaks)})"
        )

# %% For a script or a spreadsheet: everything as plain data.
data = verification.as_json()
errors = [one["code"] for one in data["findings"] if one["severity"] == "error"]
print("\nerrors:", errors)
