"""
What is written by machine from the data: ``python -m tests.generated`` (or ``make generated``) writes it anew.

- ``emission_factors/datapackage.json``: every table with its checksum, size and columns (Frictionless data package).
- ``docs/reference/factors.md``: publications, rows, licences, how they were checked, what rests on no check.
- ``docs/reference/disclosures.md``: the disclosure standards, and the answers that their indices may ask for.
- ``docs/reference/findings.md`` (and ``.zh.md``): every sentence of the message catalogue by its code, with what to do.
- ``docs/explanation/hundsun-disclosure-index.md``: the indices of Hundsun's own report beside ours.
- ``tests/golden/resolved.csv``: the multiplier of every activity under every shipped methodology. What a change of data
  reaches shows there.

A test holds all of them to the data.
"""

import csv
import hashlib
import io
import json
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import hsesg_carbon as hc
from hsesg_carbon import units
from hsesg_carbon.answers import ANSWERS
from hsesg_carbon.cube import CellKey
from hsesg_carbon.disclose import STATUSES, Disclosed
from hsesg_carbon.indices import VOCABULARY, index, standards
from hsesg_carbon.methodology import shipped_methodologies
from hsesg_carbon.plan import Plan
from hsesg_carbon.records import CatalogueEntry
from hsesg_carbon.report.disclosed import shown
from tests.findings_page import findings_page
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
        ROOT / "docs" / "reference" / "disclosures.md": disclosures_page(),
        ROOT / "docs" / "reference" / "findings.md": findings_page("en"),
        ROOT / "docs" / "reference" / "findings.zh.md": findings_page("zh"),
        ROOT / "docs" / "explanation" / "hundsun-disclosure-index.md": hundsun_index_page(),
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


# ---------------------------------------------------------------------------------------------------------- disclosures


_DISCLOSURES = """\
# Disclosure standards

Written by `make generated`; do not edit. How to use them:
[fill disclosure tables](../how-to/fill-disclosure-tables.md).

What the standards ask for stands in our own words in `src/hsesg_carbon/disclosures/`, one CSV per standard. Most clause
numbers were written from knowledge of the standards, which are not free to copy: the column `checked` of every row says
which were read, and the output repeats it. Compare the numbers to your own copy before you print them.
"""

_COLUMNS = """\
`gri` is the family of all GRI standards that rule in the last reported year. A standard that is not yet in force, or is
being replaced, can be used; a remark says so.

## Columns of an index

| column | meaning |
|---|---|
| `standard`, `edition` | as in `standards.toml`; a row of another one is refused |
| `clause`, `clause_zh` | the number of the clause, article or paragraph, as it is cited |
| `datum` | the id of what is asked, unique within the standard |
| `asked_en`, `asked_zh` | what is asked, in our words |
| `kind` | `quantity`, `text`, `table` or `narrative` |
| `answer` | which figure of the accounts meets it: a name of the next table and its options |
| `unit` | the unit that it is told in; of an intensity the numerator's |
| `obligation` | `mandatory`, `comply-or-explain` or `voluntary`, for who reports under it, on material topics |
| `checked` | what clause and demand rest on: `read`, `from-knowledge`, `unverified` |
| `source` | where it was read, or that it was not |
| `note_en`, `note_zh` | a remark that the output repeats |

## Answers

Nothing else is ever read from an index.
"""

_DISCLOSED_JSON = """\
## The JSON

`disclose --json` (or `--format json`) gives `organisation`, `years`, `methodology`, `standards`, `counts` by status,
`findings`, and `rows`. A row has the columns above (`asked` and `note` in both languages), `status` (`answered`,
`partly`, `missing`, `narrative`), `figures` and `missing`. A figure has `year` (null where it is of no single year),
`what` (of what part), `value` (exact text), `unit`, `text`, `note`, and `from`: `files` of the workspace, `rows` (the
first few) of `rows_in_all`, and `numbers`, the ids of factors and properties.
"""


def disclosures_page() -> str:
    """Return the reference page of the disclosure standards."""
    columns = ["id", "standard", "edition", "rules from", "replaced", "requirements", *_RESTS.values()]
    notes = [f"- `{one.id}`: {one.note['en']}." for one in standards().values() if one.note]
    listed = [*_table(columns, _standards()), "", *notes, ""]
    answers = [*_table(["answer", "options", "what it does"], _answers()), ""]
    return "\n".join([_DISCLOSURES, *listed, _COLUMNS, *answers, _DISCLOSED_JSON])


def _standards() -> Iterator[list[str]]:
    for one in standards().values():
        checked = Counter(row.checked for row in index(one.id))
        told = [f"`{one.id}`", one.title["en"], one.edition, one.first.isoformat()]
        by = ", ".join(f"`{name}`" for name in one.replaced_by)
        told.append(f"{one.replaced_from.isoformat()} by {by}" if one.replaced_from else "")
        yield [*told, *(str(count) for count in (len(index(one.id)), *(checked[how] for how in _RESTS)))]


_RESTS = {"read": "read", "from-knowledge": "from knowledge", "unverified": "unverified"}


def _answers() -> Iterator[list[str]]:
    for name, options in VOCABULARY.items():
        told = "; ".join(f"`{option}=` {', '.join(values)}" for option, values in options.items())
        meaning = (ANSWERS[name].__doc__ or "").strip().splitlines()[0]
        meaning = meaning.rstrip(".").removeprefix("Return ").replace("``", "`")
        yield [f"`{name}`", told, meaning]


_HUNDSUN_INDEX = """\
# Hundsun's disclosure index, item by item

Written by `make generated` from the [Hundsun example](../../examples/hundsun-2024/README.md); do not edit.

Hundsun's 2024 sustainability report (恒生电子可持续发展报告 2024) ends with two indices. Each names an item and the
chapter to look in; a reader then has to find the figure there. Below stand all their environmental items with what
`hsesg-carbon disclose examples/hundsun-2024` gives for each: how much is answered, the figures of 2024, and what the
printed figures do not suffice for. The workspace holds what the report prints about energy and emissions. Water and
waste are printed as totals without source, destination or treatment, so the accounts do not compute them; the output
names the printed rows instead. The tables themselves say, for every figure, from which row and factor it is.

Places are paired with items by their order in the text of the report, whose layout was lost; see
`tests/golden/hundsun_index.toml`. That the articles and clauses ask for what stands here is from knowledge; their
numbers were not compared to the texts.
"""


def hundsun_index_page() -> str:
    """Return the page that compares the indices of Hundsun's report with ours, item by item."""
    items = tomllib.loads((ROOT / "tests" / "golden" / "hundsun_index.toml").read_text(encoding="utf-8"))["item"]
    accounts = hc.Workspace(ROOT / "examples" / "hundsun-2024")
    lines = [_HUNDSUN_INDEX]
    for name, title in (("sse-14", "SSE Guideline No. 14"), ("gri", "GRI")):
        rows = hc.Disclosure.of(accounts, name).rows
        own = [one for one in items if one["index"] == name]
        columns = ["item", "the company's index points to", "answered", "in part", "missing", "for people", "2024"]
        lines += [f"## {title}", "", *_table(columns, (_compared(one, rows) for one in own)), ""]
        lines += [line for one in own for line in _lacking(one, rows)]
    return "\n".join(lines)


def _compared(item: dict[str, Any], rows: Sequence[Disclosed]) -> list[str]:
    """Return an item with how far it is answered, and the figures of 2024 that stand alone."""
    own = [row for row in rows if row.requirement.clause in item["clauses"]]
    counts, figures = Counter(row.status for row in own), []
    for row in own:
        last = [one for one in row.answer.figures if one.year == 2024 and one.value is not None and one.unit != "%"]
        if len(last) == 1 and row.requirement.question.name != "denominators":
            value = shown(units.exact_text(last[0].value or 0))
            figures.append(f"`{row.requirement.datum}` {value} {last[0].unit}")
    told = [f"{item['code']} {item['title']}", item["place"], *(str(counts[one]) for one in STATUSES)]
    return [*told, "; ".join(figures) or "–"]


def _lacking(item: dict[str, Any], rows: Sequence[Disclosed]) -> Iterator[str]:
    """Yield what is missing of an item, each sentence once with the data that it is about."""
    said: dict[str, list[str]] = {}
    for row in rows:
        if row.requirement.clause in item["clauses"] and row.status != "narrative":
            for one in row.answer.missing:
                said.setdefault(one.message().removeprefix("missing: "), []).append(row.requirement.datum)
    if said:
        yield f"### What is missing of {item['code']} {item['title']}"
        yield ""
        yield from (f"- {', '.join(f'`{one}`' for one in data)}: {text}" for text, data in said.items())
        yield ""


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
