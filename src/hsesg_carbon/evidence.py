"""What accounts come to, as files that compare byte by byte: the numbers used, every product, totals and findings."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hsesg_carbon import units
from hsesg_carbon.errors import InputError
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.findings import Finding, fault
from hsesg_carbon.inventory import Product
from hsesg_carbon.packs import canonical, plain
from hsesg_carbon.plan import Plan
from hsesg_carbon.records import EmissionFactor, FuelProperty
from hsesg_carbon.tables import csv_cells, parse_csv, table_text
from hsesg_carbon.workspace import Workspace

FACTORS, METHODOLOGY, PLAN = "resolved/factors.csv", "resolved/methodology.json", "resolved/plan.csv"
TOTALS, CELLS, FINDINGS = "results/totals.json", "results/cells.csv", "results/findings.json"
VERIFICATION, BASE_YEAR = "results/verification.json", "results/base_year.json"

ABSENT = "–"
"""What stands for a figure that one side lacks."""

_NUMBER = ("value", "unit", "basis", "region", "valid_from", "valid_to", "published", "source", "locator", "checked")
_KEY = ("activity", "unit", "region", "site", "period", "technology")
_PLANNED = (*_KEY, "flow", "scope2")
_CELL = (
    *("method", "scope", "site", "stated_period", "period", "activity"),
    *("region", "technology", "instrument", "flow", "rung", "unit"),
)
_MEASURED = ("quantity", "multiplier", "amount", "amount_unit", "share", "weight", "t_co2e")
_MOST_TOLD = 50
_OF_A_ROW = ("value", "unit", "basis", "region", "valid_from", "valid_to", "published", "source")
"""What a published row never changes under its id; how it was checked, and where it stands, may be told better."""
_ALWAYS = frozenset({FACTORS, METHODOLOGY, PLAN, TOTALS, CELLS, FINDINGS})
_APART = {FACTORS: ("kind", "id"), PLAN: _PLANNED, CELLS: _CELL}
"""The columns that tell the rows of a table apart."""


def evidence_of(workspace: Workspace) -> dict[str, bytes]:
    """
    Return what a workspace comes to, by the name of the member that holds it; nothing of it knows time or machine.

    Exact numbers are text: decimals where they end, else ``p/q``. Rows and findings are sorted, so that the order in
    which an engine happens to return groups makes no difference.
    """
    footprint = workspace.footprint("en")
    findings = footprint.pop("findings")
    members = {
        FACTORS: _csv(("kind", "id", *_NUMBER), _factors(workspace)),
        METHODOLOGY: canonical(workspace.methodology.model_dump(mode="json")),
        PLAN: _csv(
            (*_PLANNED, "multiplier", "multiplier_unit", "numbers", "rule", "fit", "reason"),
            _plan(workspace.inventory.ledger.plan),
        ),
        TOTALS: canonical(footprint),
        CELLS: _csv((*_CELL, *_MEASURED), _cells(workspace)),
        FINDINGS: canonical(sorted(findings, key=canonical)),
    }
    if workspace.has_reported:
        members[VERIFICATION] = canonical(workspace.verification().as_json("en"))
    if workspace.base_year_policy is not None:
        members[BASE_YEAR] = canonical(workspace.base_year_decision().as_json("en"))
    return members


def exact(value: Fraction) -> str:
    """
    Return an exact number as text that loses nothing.

    Example:
        >>> exact(Fraction(11, 8)), exact(Fraction(-1, 3))
        ('1.375', '-1/3')
    """
    return units.ending_text(value) or str(value)


def needed(member: str) -> bool:
    """Say whether every pack has this member, whatever its accounts are."""
    return member in _ALWAYS


def written_once(member: str, data: bytes) -> bool:
    """
    Say whether a member of ``resolved/`` or ``results/`` is spelt as we spell: what readers see is then what we read.

    Keys that stand twice, lines above a heading or rows out of order show one figure to people and another to programs.

    Example:
        >>> written_once(TOTALS, canonical({"a": 1})), written_once(TOTALS, b'{"a": 2, "a": 1}')
        (True, False)
    """
    try:
        if not member.endswith(".csv"):
            return canonical(plain(data)) == data
        heading, *rows = csv_cells(data, member)
    except InputError:
        return False
    even = 1 < len(heading) == len(set(heading)) and all(len(row) == len(heading) for row in rows)
    return even and _csv(heading, [[_unquoted(cell) for cell in row] for row in rows]) == data


def unpublished(factors: bytes, packed: FactorLibrary, published: FactorLibrary) -> Iterator[Finding]:
    """
    Yield every number that accounts rest on as a published one, and that is not what was published under its id.

    Args:
        factors: The member ``FACTORS``.
        packed: The published numbers as the pack has them.
        published: The same as this version of the software has them.
    """
    theirs, ours = ({one.id: one for one in library.numbers} for library in (packed, published))
    for row in parse_csv(factors, FACTORS).rows:
        number = row.cells.get("id", "")
        if number not in theirs:  # the organisation's own
            continue
        if number not in ours:
            yield Finding(code="replay-number-unknown", severity="warning", data={"number": number})
            continue
        for column in _OF_A_ROW:
            sealed, own = (_text(getattr(one[number], column, None)) for one in (theirs, ours))
            if sealed != own:
                data = {"number": number, "column": column, "sealed": sealed or ABSENT, "own": own or ABSENT}
                yield fault("replay-number-other", **data)


def differences(member: str, sealed: bytes, again: bytes) -> list[Finding]:
    """
    Return in which figures two versions of a member differ, each with what it is and both values; none for spelling.

    Example:
        >>> one, other = (canonical({"totals": [{"year": 2024, "value": value}]}) for value in "12")
        >>> [(found.data["what"], found.data["sealed"], found.data["replayed"])
        ...  for found in differences("results/totals.json", one, other)]
        [('totals: year 2024: value', '1', '2')]
    """
    try:
        sides = [dict(_told(member, one)) for one in (sealed, again)]
    except InputError as error:
        return [fault("replay-member-unread", member=member), fault(error.code, **error.data)]
    found = [
        fault("replay-differs", member=member, what=what, sealed=a, replayed=b)
        for what in sorted({*sides[0], *sides[1]})
        if (a := sides[0].get(what, ABSENT)) != (b := sides[1].get(what, ABSENT))
    ]
    more = [fault("replay-differs-more", member=member, count=len(found) - _MOST_TOLD)]
    return found[:_MOST_TOLD] + (more if len(found) > _MOST_TOLD else [])


# ------------------------------------------------------------------------------------------------------------- private


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    return table_text(columns, sorted(map(tuple, rows))).encode()


def _factors(workspace: Workspace) -> Iterator[tuple[str, ...]]:
    """Yield every published number that some total rests on."""
    ruled = {id(one): one for one in workspace.inventory.ledger.plan.lines.values()}  # thousands of keys share them
    used = [record for lines in ruled.values() for line in lines for record in line.records]
    numbers = [*used, *(one for view in workspace.views.values() for one in view.gwps())]
    for one in {one.id: one for one in numbers}.values():
        kind = {EmissionFactor: "factor", FuelProperty: "property"}.get(type(one), "gwp")
        yield (kind, one.id, *(_text(getattr(one, name, None)) for name in _NUMBER))


def _plan(plan: Plan) -> Iterator[tuple[str, ...]]:
    told: dict[tuple[int, str], tuple[str, ...]] = {}  # a line stands for thousands of keys
    for key, lines in plan.lines.items():
        of_key = key.activity, key.unit, key.region, key.site, key.period.label, key.technology
        for line in lines:
            name = id(line), key.unit
            if name not in told:
                numbers = " ".join(one.id for one in line.records)
                rule = (str(line.rule), " ".join(line.fit), line.reason["en"])
                of = f"{line.flow.unit}/{key.unit}"
                told[name] = (line.flow.flow, line.scope2, exact(line.multiplier), of, numbers, *rule)
            yield of_key + told[name]


def _cells(workspace: Workspace) -> Iterator[tuple[str, ...]]:
    """Yield what each total is the sum of: one product per cell, period, flow, instrument and method of Scope 2."""
    catalogue = workspace.library.catalogue
    for method, view in workspace.views.items():
        told: dict[tuple[int, ...], _Told] = {}  # rates and lines live as long as the view, so their ids are theirs
        for one in view.products():
            cell, line, rate = one.place.cell, one.line, one.place.rate
            alike = id(rate), id(line), one.share.numerator, one.share.denominator
            own = told.get(alike)
            if own is None:
                own = told[alike] = _Told.of(one)
            yield (
                *(method, catalogue[cell.activity].scope, cell.site, cell.period.label, one.place.period.label),
                *(cell.activity, cell.region, cell.technology, cell.instrument, line.flow.flow, one.rung, cell.unit),
                *(own.quantity.text(one.steps), own.multiplier, own.amount.text(one.steps), line.flow.unit),
                *(own.share, own.weight, "" if own.t_co2e is None else own.t_co2e.text(one.steps)),
            )


@dataclass(frozen=True, slots=True)
class _Step:
    """What a step counts for: as it is, and over a power of ten if it is one, for integers are fast to tell."""

    value: Fraction
    whole: int
    places: int | None

    @classmethod
    def of(cls, value: Fraction) -> "_Step":
        whole, places = units.scaled(value) or (0, None)
        return cls(value, whole, places)

    def text(self, steps: int | Fraction) -> str:
        """Return what some steps come to, exact."""
        if self.places is not None and type(steps) is int:
            return units.scaled_text(steps * self.whole, self.places)
        return exact(steps * self.value)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the products of one rate, line and share have in common: thousands do."""

    quantity: _Step
    multiplier: str
    amount: _Step
    share: str
    weight: str
    t_co2e: _Step | None

    @classmethod
    def of(cls, one: Product) -> "_Told":
        step, multiplier = one.place.rate.step, one.line.multiplier
        amount = step * multiplier
        weight, t_co2e = "", None
        if one.weight is not None:
            weight, t_co2e = exact(one.weight), _Step.of(amount * one.share * one.weight)
        return cls(_Step.of(step), exact(multiplier), _Step.of(amount), exact(one.share), weight, t_co2e)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _told(member: str, data: bytes) -> Iterator[tuple[str, str]]:
    """Yield every figure of a member, after a name that tells it apart."""
    if member.endswith(".csv"):
        table = parse_csv(data, member)
        apart = _APART.get(member, ())
        times: Counter[str] = Counter()
        for row in table.rows:
            name = ", ".join(row.cells[one] for one in apart if one in row.cells)
            times[name] += 1
            name += f" ({times[name]})" if times[name] > 1 else ""
            yield from ((f"{name}: {column}", row.cells.get(column, "")) for column in table.columns)
        return
    document = plain(data)
    if member == FINDINGS and isinstance(document, list):  # a sentence that was worded anew is no other judgement
        for one in document:
            kept = {name: part for name, part in one.items() if name != "message"} if isinstance(one, dict) else {}
            yield " ".join(canonical(kept or one).decode().split()), str(kept.get("severity", "✓"))
        return
    yield from _walked("", document)


def _unquoted(cell: str) -> str:
    """Return a cell without the sign that keeps a spreadsheet from taking it for a formula."""
    return cell[1:] if cell.startswith(("'=", "'+", "'-", "'@")) else cell


def _walked(name: str, document: Any) -> Iterator[tuple[str, str]]:
    """Yield the leaves of a JSON document; rows of a list bear the words that tell them apart, not a number."""
    if isinstance(document, dict):
        for key, one in document.items():
            yield from _walked(f"{name}: {key}" if name else str(key), one)
    elif isinstance(document, list):
        seen: dict[str, int] = {}
        for one in document:
            own = _row_name(one)
            seen[own] = seen.get(own, 0) + 1
            again = f" ({seen[own]})" if seen[own] > 1 else ""
            yield from _walked(f"{name}: {own}{again}", one)
    else:
        yield name, document if isinstance(document, str) else canonical(document).decode().strip()


def _row_name(row: Any) -> str:
    words = (
        "year",
        "scope",
        "method",
        "consolidation",
        "carrier",
        "item",
        "per",
        "flow",
        "unit",
        "code",
        "id",
        "period",
    )
    if not isinstance(row, dict):
        return ""
    return ", ".join(f"{one} {row[one]}" for one in words if isinstance(row.get(one), str | int))
