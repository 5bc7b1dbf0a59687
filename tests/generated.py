"""
What is written by machine from the data: ``python -m tests.generated`` (or ``make generated``) writes it anew.

- ``emission_factors/datapackage.json``: every table with its checksum, size and columns (Frictionless data package).
- ``docs/reference/factors.md``: publications, rows, licences, how they were checked, what rests on no check.
- ``tests/golden/resolved.csv``: the multiplier of every activity under every shipped methodology. What a change of data
  reaches shows there.

A test holds all three to the data.
"""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import hsesg_carbon as hc
from hsesg_carbon import units
from hsesg_carbon.cube import CellKey
from hsesg_carbon.methodology import shipped_methodologies
from hsesg_carbon.plan import Plan
from hsesg_carbon.records import CatalogueEntry
from tests.oracles import harness

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "emission_factors"
CHECKED = ("primary", "two-transcriptions", "one-transcription", "computed", "inferred")

WHERE = {  # methodology: regions and years that its publications speak of
    "hundsun-2024": (("CN",), ("2022", "2023", "2024")),
    "ghgp-cn": (("CN", "CN-ZJ-hangzhou", "CN-grid-south"), ("2021", "2022", "2024")),
    "cn-public-building": (("CN", "CN-BJ"), ("2021", "2024")),
    "us-epa-2025": (("US", "US-egrid-CAMX", "US-egrid-NYCW"), ("2024", "2025")),
    "uk-desnz-2025": (("GB", "CN"), ("2025",)),
}


def main() -> None:
    """Write everything anew."""
    for path, text in everything().items():
        path.write_text(text, encoding="utf-8", newline="\n")


def everything() -> dict[Path, str]:
    """Return the text of every file that is written by machine."""
    return {
        ROOT / "tests" / "golden" / "resolved.csv": resolved(),
        ROOT / "docs" / "reference" / "factors.md": factors_page(),
        DATA / "datapackage.json": data_package(),
    }


# --------------------------------------------------------------------------------------------------------- data package


def data_package() -> str:
    """Return the Frictionless description of the tables: checksum, size and columns of each."""
    resources = []
    for path in sorted(DATA.rglob("*.csv")):
        raw = path.read_bytes()
        header = next(csv.reader(io.StringIO(raw.decode("utf-8"))))
        resources.append(
            {
                "name": path.relative_to(DATA).with_suffix("").as_posix().replace("/", "-").replace("_", "-"),
                "path": path.relative_to(DATA).as_posix(),
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": len(raw),
                "hash": f"sha256:{hashlib.sha256(raw).hexdigest()}",
                "schema": {"fields": [{"name": name, "type": "string"} for name in header]},
            }
        )
    package = {
        "profile": "tabular-data-package",
        "name": "hsesg-carbon-emission-factors",
        "title": "Emission factors, fuel properties and global warming potentials of hsesg_carbon",
        "description": "Values as printed, as text, each with its source; licences by source in sources.toml.",
        "resources": resources,
    }
    return json.dumps(package, indent=2, ensure_ascii=False) + "\n"


# ------------------------------------------------------------------------------------------------------------ docs page


def factors_page() -> str:
    """Return the reference page of the factor library."""
    library = hc.FactorLibrary.shipped()
    total = len(library.numbers)
    unchecked = harness.unchecked_by_file(library)
    alone = sum(map(len, unchecked.values()))
    return "\n".join(
        [
            "# The factor library",
            "",
            "Written by `make generated`; do not edit.",
            "",
            f"{total:,} numbers ship: {len(library.factors):,} emission factors, {len(library.properties):,} fuel "
            f"properties and {len(library.gwps):,} global warming potentials, from {len(library.sources)} sources. "
            f"{len(library.catalogue)} activities can be accounted for in {len(library.regions)} regions.",
            "",
            "## Publications",
            "",
            "How a number was checked: see [emission_factors](../../emission_factors/README.md).",
            "",
            *_table(["source", "publication", "rows", "licence", "checked"], _publications(library)),
            "",
            "## What rests on no second look",
            "",
            f"{total - alone:,} numbers stand in a relation to others or to independent data that the tests hold "
            f"(`tests/oracles/`), so that most swapped digits would show. {alone} rows rest on their transcription "
            "alone:",
            "",
            *_table(["file", "rows without a check", "of"], _alone(unchecked)),
            "",
            "## Methodologies",
            "",
            *(line for name in shipped_methodologies() for line in _methodology(name, library)),
        ]
    )


def _publications(library: hc.FactorLibrary) -> Iterator[list[str]]:
    counts = Counter(one.source for one in library.numbers)
    checked = Counter((one.source, one.checked) for one in library.numbers)
    for name, source in library.sources.items():
        states = "; ".join(f"{how} {checked[name, how]}" for how in CHECKED if checked[name, how])
        edition = f", {source.edition}" if source.edition and source.edition not in source.title else ""
        licence = f"{source.licence_class}: {source.licence}"
        yield [f"`{name}`", f"{source.publisher}: {source.title}{edition}", str(counts[name]), licence, states]


def _alone(unchecked: dict[str, tuple[str, ...]]) -> Iterator[list[str]]:
    sizes = {file: len(ids) for file, ids in harness.ids_by_file().items()}
    for file, ids in sorted(unchecked.items(), key=lambda item: -len(item[1])):
        yield [f"`{file}`", str(len(ids)), str(sizes[file])]


def _methodology(name: str, library: hc.FactorLibrary) -> Iterator[str]:
    method = hc.Methodology.shipped(name)
    used = dict.fromkeys(source for use in method.use for source in use.source)
    stated = (choice for use in method.use for choice in use.properties)
    used |= dict.fromkeys(
        one.source or library.fuel_property(one.id or "").source for one in stated if one.source or one.id
    )
    yield f"### `{name}`: {method.title['en']} ({method.title['zh']})"
    yield ""
    sources = ", ".join(f"`{one}`" for one in used)
    yield f"Gases {', '.join(method.gases)}; GWP {method.gwp}; {len(method.use)} rules on {sources}."
    yield ""
    if method.notes:
        yield from (f"- {note}" for note in method.notes)
        yield ""


def _table(columns: list[str], rows: Iterator[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"


# ------------------------------------------------------------------------------------------------------------- snapshot


def resolved() -> str:
    """Return what every activity resolves to: methodology, key, flow, exact multiplier, numbers used; or which tie."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = ["methodology", "activity", "technology", "unit", "region", "year", "flow", "multiplier", "numbers"]
    writer.writerow(columns)
    library = hc.FactorLibrary.shipped()
    for name in shipped_methodologies():
        method = hc.Methodology.shipped(name)
        regions, years = WHERE[name]
        for entry in library.catalogue.values():
            electric = entry.subject == "electricity"
            for region in regions if electric or entry.activity == "travel.hotel_stay" else regions[:1]:
                for year in years if electric else years[-1:]:
                    for unit in entry.measured_in:
                        rows = _by_technology(
                            entry,
                            library,
                            method,
                            CellKey("", hc.Period.parse(year), entry.activity, units.canonical(unit), region, ""),
                        )
                        writer.writerows([name, *row] for row in rows)
    return text.getvalue()


def _by_technology(
    entry: CatalogueEntry, library: hc.FactorLibrary, method: hc.Methodology, cell: CellKey
) -> Iterator[list[str]]:
    """Yield the rows of a cell, and those of every technology that changes them."""
    plain = list(_outcome(cell, library, method))
    yield from plain
    for technology in library.technologies(entry.activity):
        rows = list(_outcome(replace(cell, technology=technology), library, method))
        if [row[5:] for row in rows] != [row[5:] for row in plain]:
            yield from rows


def _outcome(cell: CellKey, library: hc.FactorLibrary, method: hc.Methodology) -> Iterator[list[str]]:
    told = [cell.activity, cell.technology, cell.unit, cell.region, cell.period.label]
    try:
        plan = Plan.compile([cell], library, method)
    except hc.CarbonError as error:
        codes = sorted({error.code, *(one.code for one in error.problems)} - {"plan-broken"})
        if any("tie" in code for code in codes):  # nothing published is no news, a tie is
            yield [*told, "", "", " ".join(codes)]
        return
    for line in plan.lines_of(plan.keys[0]):
        multiplier = f"{units.exact_text(line.multiplier, 24)} {line.flow.unit}/{cell.unit}"
        yield [*told, line.flow.flow, multiplier, " ".join(one.id for one in line.records)]


if __name__ == "__main__":
    main()
