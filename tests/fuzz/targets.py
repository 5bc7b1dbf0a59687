"""
What is fuzzed: a reader each, how input for it is damaged, and the law that it keeps.

A law returns whether the input was taken. It may raise ``CarbonError`` and nothing else; what the harness holds for all
is in ``outcome``: a sentence in both languages for every refusal and every finding, in bounded time.
"""

import ast
import csv
import io
import json
import re
import shutil
import unicodedata
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pandas as pd
import pyarrow.parquet as pq

import hsesg_carbon as hc
from hsesg_carbon import derive, packs, units, workbooks
from hsesg_carbon.chain import Link
from hsesg_carbon.errors import CarbonError
from hsesg_carbon.exports import read_export
from hsesg_carbon.findings import Finding
from hsesg_carbon.mappings import ColumnMapping, read_mapping
from hsesg_carbon.methodology import Methodology
from hsesg_carbon.periods import Period, day_of
from hsesg_carbon.report.template import write_template
from hsesg_carbon.stamps import Clock, Pattern
from hsesg_carbon.tables import parse_csv, read_parquet, read_record, read_tables, read_toml
from hsesg_carbon.verification import relations
from hsesg_carbon.verification.intervals import Interval, point
from hsesg_carbon.verification.reported import ReportedTable, read_cell
from hsesg_carbon.workspace import Settings
from tests.commands import run
from tests.fuzz import mutations, whole

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
SITES = [hc.Site(id="hangzhou", region="CN"), hc.Site(id="wuhan", region="CN"), hc.Site(id="hz", region="CN")]
SHELF = TemporaryDirectory(prefix="fuzz-")
_MAX_SENTENCE = 200_000
TWELFTH = Fraction(1, 10**11)
"""What rounding of some numbers that do not end, told to twelve places, may come to."""


class BrokenLawError(AssertionError):
    """A reader took something in another sense than it has."""


@dataclass(frozen=True)
class Target:
    """A reader under test: ``make`` damages input, ``law`` reads it; ``weight`` is its share of a long run."""

    name: str
    weight: float
    make: Callable[[Random], Any]
    law: Callable[[Any], bool]


TARGETS: dict[str, Target] = {}


def target(name: str, weight: float, make: Callable[[Random], Any]) -> Callable[[Callable[[Any], bool]], Any]:
    """Register a law as the target ``name``."""

    def registered(law: Callable[[Any], bool]) -> Callable[[Any], bool]:
        TARGETS[name] = Target(name, weight, make, law)
        return law

    return registered


def outcome(one: Target, given: Any) -> bool:
    """Put input to a reader and return whether it took it; whatever is no refusal in both languages is raised."""
    try:
        return one.law(given)
    except CarbonError as error:
        said(error.problems)
        for lang in ("en", "zh"):
            sentence = error.text(lang)
            hold(bool(sentence.strip()) and len(sentence) < _MAX_SENTENCE, error.code, len(sentence))
        return False


def said(findings: Iterable[Any]) -> None:
    """Every finding has a sentence in both languages."""
    for one in findings:
        hold(all(one.line(lang).strip() for lang in ("en", "zh")), one.code)
        if isinstance(one, Finding):
            one.as_json("zh")


def hold(truth: bool, *told: Any) -> None:
    if not truth:
        raise BrokenLawError(*told)


def held(data: bytes | str, name: str) -> Path:
    """Return a file with this content: the same file again and again."""
    path = Path(SHELF.name) / name
    path.write_bytes(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
    return path


# ------------------------------------------------------------------------------------------------------ numbers, units

NUMBERS = (
    "0",
    "12.5",
    "-0.125",
    "+3",
    "1e3",
    "2.5E-12",
    ".5",
    "7.",
    "１２.50",
    "1,234.5",
    "8,782.69",
    "12 kWh",
    "1.25万",
)


def _text(*seeds: str) -> Callable[[Random], str]:
    return lambda random: mutations.noise(random) if random.random() < 0.1 else mutations.text(random, seeds)


@target("numbers", 300, _text(*NUMBERS))
def number(given: str) -> bool:
    """What is taken as a number is the number that Python reads from the same digits, and finite."""
    found = units.parse_number(given)
    plain = unicodedata.normalize("NFKC", given).strip().replace("\N{MINUS SIGN}", "-")
    hold(found.is_finite() and Fraction(found) == Fraction(plain), given, found)
    return True


@target("rates", 50, _text("3.5%", "0.1", "100%", "12％", "1e-3", "0"))
def rate(given: str) -> bool:
    """A rate is a share of one."""
    hold(0 <= derive.rate(given) <= 1, given)
    return True


@cache
def spellings() -> tuple[str, ...]:
    """Return every unit as it may be spelt."""
    return (*units._names(), "kgCO2e/kWh", "GJ/10^4 m3", "tCO2e/million CNY", "t*km", "m^2", "kg CO2/TJ")


def _unit(random: Random) -> str:
    kind = random.random()
    if kind < 0.55:  # spelt rightly, and put together in any way: the unknown ones have near matches looked for
        parts = [random.choice(spellings()) for _ in range(random.choice((1, 1, 2, 2, 3)))]
        return random.choice(("/", "*", " ", " / ", "·", "^2/")).join(parts)
    return mutations.text(random, spellings(), 2) if kind < 0.97 else mutations.noise(random)


@target("units", 40, _unit)
def unit(given: str) -> bool:
    """A unit is as large as itself in another spelling, and as its name."""
    name = units.canonical(given)
    hold(units.canonical(name) == name, given, name)
    hold(units.ratio(given, name) == 1 and units.ratio(f"  {given} ", given) == 1, given)
    size, powers = units.measured(given)
    hold(size > 0 and all(powers.values()), given, size)
    hold(units.is_co2e(given) is (units.kind(given) == units.kind("tCO2e")), given)
    units.family(given)
    return True


# ------------------------------------------------------------------------------------------------------ periods, stamps

PERIODS = (
    "2024",
    "2024-03",
    "2024-Q1",
    "2024年3月",
    "2024年第一季度",
    "2024-01-16/2024-03-10",
    "2024/3/1-2024/3/31",
    "2024年",
    "202403",
    "2024.10",
    "Mar 2024",
    "2024-02-29",
    "2024-02-29T00:00:00",
    "29 Feb 2024",
    "1-Mar-24",
    "13/12/2024",
    "45352",
    "2024-01-01 to 2024-01-31",
    "2024年1月1日至2024年1月31日",
)


@target("periods", 250, _text(*PERIODS))
def period(given: str) -> bool:
    """A period has its days in order, is what its own label says, and its months make it up."""
    found = Period.parse(given)
    hold(found.start <= found.end and Period.parse(found.label) == found, given, found)
    hold(sum((share for _, share in found.parts()), Fraction(0)) == 1, given, found)
    return True


@target("days", 120, _text(*PERIODS))
def day(given: str) -> bool:
    """A day is the same when it is written as the standard has it."""
    found = day_of(given)
    hold(day_of(found.isoformat()) == found, given, found)
    hold(f"{found.year % 100:02}" in unicodedata.normalize("NFKC", given), given, found)
    return True


PATTERNS = (
    "YYYY-MM-DD HH:mm",
    "D/M/YYYY",
    "YYYY年M月",
    "YYYY-MM-DDTHH:mm:ssZ",
    "YYYYMMDD",
    "YYYY年Q季度",
    "MM-DD",
    "YYYY-MM-DD #",
)
STAMPS = (
    "2024-03-31 24:00",
    "3/4/2024",
    "2024年2月",
    "2024-10-27T02:30:00+01:00",
    "20240229",
    "2024年第一季度",
    "02-29",
    "2024-03-31 96",
    "2024-03-31 02:30",
    "31/12/1999",
)


def _stamp(random: Random) -> tuple[str, str, str]:
    pattern = random.choice(PATTERNS) if random.random() < 0.6 else mutations.text(random, PATTERNS, 2)
    clock = random.choice(("", "Z", "+08:00", "Europe/Berlin", "Asia/Shanghai", "America/New_York"))
    return pattern, mutations.text(random, STAMPS, 2), clock


@target("stamps", 60, _stamp)
def stamp(given: tuple[str, str, str]) -> bool:
    """A moment that is understood exists, and the clock of a place comes back from it; so does a day and a period."""
    pattern, text, clock = Pattern(given[0]), *given[1:]
    fields = pattern.fields
    if not fields or len(set(fields)) < len(fields):
        return False  # no mapping may have it: mappings are fuzzed apart
    if not {"year", "month", "day"} <= set(fields):
        return bool(pattern.period(text, 2024).days)
    if len(fields) == len(("year", "month", "day")):
        hold(str(pattern.day(text).year) in unicodedata.normalize("NFKC", text), given)
    wall, offset = pattern.moment(text)
    if clock and offset is None:
        Clock(clock).check()
        utc = Clock(clock).utc(wall)
        hold(Clock(clock).wall(utc) == wall, given, wall, utc)
    return True


# ------------------------------------------------------------------------------------------------------ expressions

RELATIONS = (
    "ghg.scope1 + ghg.scope2",
    "(a - prev(a)) / prev(a)",
    "a * 1000 / (b + c)",
    "-a",
    "2.5 * (x1 - 3)",
    "prev(prev(a))",
    "energy.electricity*0.1229",
    "((a))",
    "a/b/c - d",
    "a - (b - c)",
)


def _relation(random: Random) -> str:
    if random.random() < 0.4:
        return _grown(random, random.randint(1, 5))
    return mutations.noise(random, 40) if random.random() < 0.1 else mutations.text(random, RELATIONS)


def _grown(random: Random, depth: int) -> str:
    """Return an expression of the grammar."""
    if not depth or random.random() < 0.2:
        return random.choice(("a", "b", "c.d", "prev(a)", "0", "1", "2.5", "1000", "prev(prev(b))"))
    kind = random.random()
    if kind < 0.15:
        return f"-{_grown(random, depth - 1)}"
    if kind < 0.4:
        return f"({_grown(random, depth - 1)})"
    return f"{_grown(random, depth - 1)} {random.choice('+-*/')} {_grown(random, depth - 1)}"


@target("expressions", 200, _relation)
def relation(given: str) -> bool:
    """An expression says the same when it is printed and read again, and has the value that arithmetic gives it."""
    read = relations.parse(given)
    printed = relations.said(read)
    found = relations.value(read, _point_of)
    hold(relations.value(relations.parse(printed), _point_of) == found, given, printed)
    try:
        plain = re.sub(r"(?<=[a-z0-9_])\.(?=[a-z_])", "__", given.strip())
        plain = re.sub(r"(?<![a-z0-9_.])(\d+)(?:\.(\d+))?", _exactly, plain)
        wanted = _computed(ast.parse(plain, mode="eval").body)
    except (ZeroDivisionError, SyntaxError):  # Python has words of its own, such as ``in``
        return True
    hold(found == point(wanted), given, found, wanted)
    return True


def _exactly(found: re.Match[str]) -> str:
    """Return a decimal as a quotient of integers, which no reader of Python rounds."""
    return f"({int(found[1] + (found[2] or ''))}/{10 ** len(found[2] or '')})"


def _size(name: str, back: int) -> Fraction:
    return Fraction(sum(map(ord, name)) % 97 + 1, 7) + 3 * back


def _point_of(ref: relations.Ref) -> Interval:
    return point(_size(ref.row, ref.back))


def _computed(node: Any, back: int = 0) -> Fraction:
    """Return the value of an expression as Python's own grammar has it."""
    if isinstance(node, ast.BinOp):
        left, right = _computed(node.left), _computed(node.right)
        kinds: dict[type, Callable[[], Fraction]] = {
            ast.Add: lambda: left + right,
            ast.Sub: lambda: left - right,
            ast.Mult: lambda: left * right,
            ast.Div: lambda: left / right,
        }
        return kinds[type(node.op)]()
    if isinstance(node, ast.UnaryOp):
        return -_computed(node.operand)
    if isinstance(node, ast.Call):
        return _computed(node.args[0], back + 1)
    if isinstance(node, ast.Constant):
        return Fraction(node.value)
    return _size(node.id.replace("__", "."), back)


@target(
    "cells",
    150,
    _text(
        "8,782.69", "<0.01", "不适用（见注）", "3%", "约1.2万", "10-20", "1.234,5", "—", "≥ 3", "(12)", "1 234", "5e3"
    ),
)
def cell(given: str) -> bool:
    """A printed cell that is a number has an interval in order."""
    found = read_cell(given)
    hold(found.text == given and (found.interval is not None) == (found.state == "number"), given, found)
    if found.interval is not None:
        hold(found.interval.lo <= found.interval.hi, given, found)
    return found.state == "number"


# ------------------------------------------------------------------------------------------------------ TOML


def _files(*patterns: str) -> tuple[str, ...]:
    found = [path for one in patterns for path in sorted(ROOT.glob(one))]
    assert found, patterns
    return tuple(path.read_text(encoding="utf-8-sig") for path in found)


SETTINGS = _files("examples/*/inventory.toml")
MAPPINGS = _files("examples/exports/*.toml")
METHODOLOGIES = _files("emission_factors/methodologies/hundsun-2024.toml", "examples/*/*-basis.toml")
TOML = (
    'a = 1.50\nb = [1, {c = "x"}]\n[t.u]\nd = 2024-01-01\n[[v]]\ne = "\\u4e00"\n',
    *SETTINGS,
    *MAPPINGS,
    *METHODOLOGIES,
)


def _toml(seeds: tuple[str, ...]) -> Callable[[Random], bytes]:
    def make(random: Random) -> bytes:
        made = mutations.text(random, seeds, 3)
        if random.random() < 0.05:
            lines = made.splitlines()
            made = "\n".join(random.sample(lines, len(lines)))
        raw = made.encode("utf-8", "surrogatepass")
        return mutations.data(random, [raw], 2) if random.random() < 0.15 else raw

    return make


@target("toml", 40, _toml(TOML[:1]))
def toml(given: bytes) -> bool:
    """No binary float comes out of TOML."""
    found = read_toml(held(given, "a.toml"))
    hold(not any(isinstance(one, float) for one in _leaves(found)), given)
    return True


def _leaves(document: Any) -> list[Any]:
    """Return every value, without recursion: documents may be deep."""
    found, rest = [], [document]
    while rest:
        one = rest.pop()
        if isinstance(one, dict | list):
            rest += one.values() if isinstance(one, dict) else one
        else:
            found.append(one)
    return found


@target("settings", 8, _toml(SETTINGS))
def settings(given: bytes) -> bool:
    """Settings that are taken can be said again."""
    found = read_record(held(given, "inventory.toml"), Settings)
    hold(bool(found.periods and found.site), found)
    return True


@target("mappings", 8, _toml(MAPPINGS))
def mapping(given: bytes) -> bool:
    """A mapping that is taken has no faults."""
    hold(not read_mapping(held(given, "mapping.toml")).faults())
    return True


@target("methodologies", 5, _toml(METHODOLOGIES))
def methodology(given: bytes) -> bool:
    """A methodology has an id and rules."""
    hold(bool(Methodology.load(held(given, "method.toml")).use))
    return True


# ------------------------------------------------------------------------------------------------------ CSV

ROWS = (
    "activity_id,site,period,activity,quantity,unit,region\n"
    "a1,hz,2024-01,electricity.grid,1000.5,kWh,CN\n"
    "a2,wuhan,2024,stationary.natural_gas,12,m3,\n"
    "a3,hz,2024-01-16/2024-03-10,electricity.grid,0.25,MWh,CN-ZJ\n",
    "activity_id,site,period_start,period_end,activity,quantity,unit,note\n"
    "00123,hz,2024-01-01,2024-01-31,mobile.petrol,33.3,L,甲\n"
    "x,wuhan,2024/2/1,2024-02-29,heat.purchased,1/3,GJ,\n",
)
REFRIGERANTS = _files("examples/*/refrigerants.csv")
REPORTED = _files("examples/*/reported.csv")
CHAIN = (
    ",".join(Link.model_fields)
    + f"\n1,2026-01-05T12:00:00Z,{'a' * 64},0001-{'a' * 12}.zip,{'b' * 64},{'0' * 64},{'c' * 64}\n",
)


def _csv(seeds: tuple[str, ...]) -> Callable[[Random], bytes]:
    return lambda random: mutations.table(random, seeds)


@target("csv", 60, _csv(ROWS))
def read_csv(given: bytes) -> bool:
    """Every cell that Python's own reader finds is in the table, or a problem or remark says why it is not."""
    table = parse_csv(given, "a.csv")
    said((*table.problems, *table.notes))
    if table.problems or table.notes:
        return False
    rows = [[one.strip() for one in row] for row in csv.reader(io.StringIO(_decoded(given), newline=""))]
    wanted = sorted(one for row in rows for one in row if one)
    before = [
        one
        for row in rows[: next((at for at, row in enumerate(rows) if sum(map(bool, row)) > 1), 0)]
        for one in row
        if one
    ]
    found = sorted([*before, *table.columns, *(one for row in table.rows for one in row.cells.values())])
    hold(
        [one.lower() for one in found] == sorted(one.lower() for one in wanted) or _folded(found) == _folded(wanted),
        given,
    )
    return True


def _folded(texts: list[str]) -> list[str]:
    """Return texts without what is taken off cells: letters that nobody sees."""
    plain = (re.sub("[\u00ad\u200b-\u200f\u2060\ufeff]", "", one).strip().lower() for one in texts)
    return sorted(filter(None, plain))


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030")


@target("activities", 0.6, _csv(ROWS))
def activities(given: bytes) -> bool:
    """Activities that are taken have as their total the exact sum of what was written."""
    table = parse_csv(given, "a.csv")
    if table.problems:
        return False
    frame = pd.DataFrame(
        [[row.cells.get(one, "") for one in table.columns] for row in table.rows], columns=table.columns
    )
    taken = hc.Activities(frame, sites=SITES)
    said(taken.findings)
    kwh = units.kind("kWh")
    wanted = _sum(table, kwh)
    found = sum((row_amount(one) for one in taken.rows() if units.kind(one.key.unit) == kwh), Fraction(0))
    hold(found == wanted, given, found, wanted)
    return True


def _sum(table: Any, kind: str) -> Fraction:
    total = Fraction(0)
    for row in table.rows:
        spelt = row.cells["unit"]
        if units.kind(spelt) == kind:
            steps = units.half_up(Fraction(units.parse_number(row.cells["quantity"])), units.grid(spelt))
            total += Fraction(steps) * units.ratio(spelt, "kWh")
    return total


def row_amount(row: Any) -> Fraction:
    """Return the energy of a row in kWh."""
    return Fraction(row.quantity) * units.ratio(row.key.unit, "kWh")


@target("refrigerants", 8, _csv(REFRIGERANTS))
def refrigerants(given: bytes) -> bool:
    """What leaks is no less than nothing."""
    made = derive.refrigerants(parse_csv(given, "refrigerants.csv"))
    said((*made.problems, *made.notes))
    return not made.problems


@target("reported", 4, _csv(REPORTED))
def reported(given: bytes) -> bool:
    """A reported table has a row for every id."""
    table = ReportedTable.read(held(given, "reported.csv"))
    said(table.notes)
    return bool(table.rows)


@target("chains", 10, _csv(CHAIN))
def chain(given: bytes) -> bool:
    """A chain that was damaged is not sound."""
    links, problems = parse_csv(given, "chain.csv").records(Link)
    said(problems)
    hold(not any(one.sound for one in links), given)
    return not problems


def _export(random: Random) -> tuple[bytes, bytes]:
    name = random.choice(("utility-bill", "meter-readings", "hourly-energy"))
    table, told = (
        (EXAMPLES / "exports" / f"{name}.{kind}").read_text(encoding="utf-8-sig") for kind in ("csv", "toml")
    )
    lines = table.splitlines()[:12]
    raw = told.encode() if random.random() < 0.7 else _toml((told,))(random)
    return mutations.table(random, ["\n".join(lines)]), raw


@target("exports", 1.5, _export)
def export(given: tuple[bytes, bytes]) -> bool:
    """An export is taken with findings that can be said."""
    mapped: ColumnMapping = read_mapping(held(given[1], "mapping.toml"))
    told = read_export(held(given[0], "export.csv"), mapped, SITES, hc.FactorLibrary.shipped())
    said(told.findings)
    return not any(one.severity == "error" for one in told.findings)


# ------------------------------------------------------------------------------------------------------ XLSX, Parquet


@cache
def book() -> dict[str, bytes]:
    """Return the parts of a small workbook with dates, formulas, merged and hidden cells, formats and errors."""
    made = openpyxl.Workbook()
    page = made.active
    for row in csv.reader(io.StringIO(ROWS[0])):
        page.append([float(one) if re.fullmatch(r"[\d.]+", one) else one for one in row])
    page["H1"], page["H2"], page["H3"], page["H4"] = "day", pd.Timestamp("2024-03-01"), "=1+1", "#DIV/0!"
    page["H2"].number_format, page["E3"].number_format = "yyyy-mm", "0000-00"
    page.merge_cells("F6:G7")
    page.row_dimensions[3].hidden = True
    made.create_sheet("说明")["A1"] = "notes"
    whole = io.BytesIO()
    made.save(whole)
    with zipfile.ZipFile(whole) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


XML = (
    '<c r="XFD1048576"><v>1</v></c>',
    '<dimension ref="A1:XFD1048576"/>',
    "<!DOCTYPE a>",
    '<c r="B2" t="s"><v>99999</v></c>',
    '<c t="e"><v>#N/A</v></c>',
    '<c r="A2" t="b"><v>1</v></c>',
    '<row r="1048577">',
    "</row>",
    '<c r="A1" s="999"><v>1e400</v></c>',
    '<c r="E2"><f>E3*2</f></c>',
    '<c r="C2" t="d"><v>2024-01-01</v></c>',
    '<mergeCell ref="A1:XFD1048576"/>',
    "&#0;",
    "&amp;",
    '<c r="A1" t="inlineStr"><is><t>x</t></is></c>',
    'hidden="1"',
    'r="0"',
    'r="A0"',
    't="n"',
    "<v>-1</v>",
    "<v></v>",
    "_x000D_",
    '<row r="9999999999"/>',
    '<y:row r="2"><y:c r="A2"/></y:row>',
    '<c r="A2" s="1"><v>99999999999999999999</v></c>',
    '<col min="1" max="16384" hidden="1"/>',
    '<hyperlink ref="A1:XFD1048576" location="A1"/>',
    '<numFmt numFmtId="200" formatCode="[$-"/>',
    "<!-- > -->",
    "<![CDATA[</row>]]>",
    "<si><rPh><t>a</t></rPh></si>",
)


def _damaged(random: Random, part: bytes) -> bytes:
    if random.random() < 0.5:
        made = part.decode("utf-8", "replace")
        tags = [found.span() for found in re.finditer(r"<[^<>]*>|(?<=>)[^<>]+", made)]
        if tags:
            (start, end), (other, to) = random.choice(tags), random.choice(tags)
            put = random.choice((random.choice(XML), made[other:to], mutations.text(random, [made[start:end]], 2), ""))
            return (made[: start if random.random() < 0.6 else end] + put + made[end:]).encode("utf-8", "surrogatepass")
    return mutations.data(random, [part], 3)


def _book(random: Random) -> bytes:
    return mutations.archive(random, book(), _damaged)


@target("xlsx", 1.5, _book)
def xlsx(given: bytes) -> bool:
    """Both readers of workbooks find the same in it."""
    quick = list(workbooks.sheets(given, "a.xlsx"))
    careful = list(workbooks.sheets(given, "a.xlsx", quickly=False))
    hold([(one.name, one.rows) for one in quick] == [(one.name, one.rows) for one in careful], quick, careful)
    for table in read_tables(held(given, "a.xlsx")):
        said((*table.problems, *table.notes))
    return True


@cache
def parquet_bytes() -> bytes:
    """Return a small Parquet file of activities."""
    whole = io.BytesIO()
    rows = [dict(row) for row in csv.DictReader(io.StringIO(ROWS[0]))]
    frame = pd.DataFrame(rows)
    frame.assign(quantity=frame["quantity"].astype(float)).to_parquet(whole, compression="none")
    return whole.getvalue()


@cache
def parquet_notes() -> dict[bytes, bytes]:
    """Return what pandas notes in a Parquet file about its columns."""
    return dict(pq.read_schema(io.BytesIO(parquet_bytes())).metadata or {})


def _parquet(random: Random) -> bytes:
    kind = random.random()
    raw = parquet_bytes()
    if kind < 0.4:
        return mutations.data(random, [raw], 4)
    if kind < 0.7:  # the footer, which says where everything is, and how much of it
        start = len(raw) - 8 - int.from_bytes(raw[-8:-4], "little")
        made = mutations.data(random, [raw[start:-8]], 2)
        return raw[:start] + made + len(made).to_bytes(4, "little") + raw[-4:]
    table = pq.read_table(io.BytesIO(raw))
    notes = {
        name: mutations.text(random, [told.decode("utf-8", "replace")], 3).encode("utf-8", "replace")
        for name, told in parquet_notes().items()
    }
    whole = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(notes), whole)
    return whole.getvalue()


@target("parquet", 2, _parquet)
def parquet(given: bytes) -> bool:
    """A frame comes out of it that the activities take or refuse."""
    frame = read_parquet(held(given, "a.parquet"))
    said(hc.Activities(frame, sites=SITES).findings)
    return True


# ------------------------------------------------------------------------------------------------------ packs

MEMBERS = {
    "inputs/a.csv": b"a,b\n1,2\n",
    "library/c.toml": b"x = 1\n",
    "manifest.json": b"{}\n",
    "seal.json": b'{"a": 1}\n',
}


def _pack(random: Random) -> bytes:
    if random.random() < 0.6:
        return mutations.data(random, [packs.packed(MEMBERS)], 2)
    return mutations.archive(random, MEMBERS, lambda one, part: mutations.data(one, [part], 2))


@target("packs", 25, _pack)
def pack(given: bytes) -> bool:
    """A pack without findings has one spelling: that of its members."""
    opened = packs.unpacked(given, "a.zip")
    said(opened.findings)
    hold(bool(opened.findings) or packs.packed(opened.members) == given, given)
    return not opened.findings


@cache
def sealed_members() -> dict[str, bytes]:
    """Return what a seal of one bill holds."""
    from tests.sealed import NOON, members, small

    home = Path(SHELF.name) / "sealed"
    hc.Seal.of(small(home), to=Path(SHELF.name) / "sealed.zip", at=NOON)
    return members(Path(SHELF.name) / "sealed.zip")


def _seal(random: Random) -> bytes:
    made = dict(sealed_members())
    name = random.choice(("manifest.json", "seal.json", "ro-crate-metadata.json", *made))
    change = random.random()
    if change < 0.1:
        del made[name]
    elif change < 0.6:
        made[name] = mutations.text(random, [made[name].decode()], 2).encode("utf-8", "surrogatepass")
    else:
        made[name] = mutations.data(random, [made[name]], 2)
    return packs.packed(made)


@target("seals", 0.2, _seal)
def seal(given: bytes) -> bool:
    """A seal of which a byte is another one is never found to be identical and in order."""
    found = hc.Replay.of(held(given, "seal.zip"))
    said(found.findings)
    hold(found.ok == (given == packs.packed(sealed_members())), found)
    return found.ok


@cache
def form() -> dict[str, bytes]:
    """Return the parts of an empty template, which is what teams send back."""
    path = Path(SHELF.name) / "form.xlsx"
    write_template(path, "zh", rows=3)
    with zipfile.ZipFile(path) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


@target("forms", 0.08, lambda random: mutations.archive(random, form(), _damaged))
def filled_form(given: bytes) -> bool:
    """A workbook that comes back is a delivery, whatever is wrong with it."""
    from hsesg_carbon.delivery import read_workbook

    delivery = read_workbook(held(given, "form.xlsx"))
    said(delivery.findings)
    return not delivery.faults


# ------------------------------------------------------------------------------------------------- whole workspaces

QUESTIONS = (
    ("footprint", "--json"),
    ("footprint", "--lang", "zh", "--uncertainty"),
    ("verify",),
    ("verify", "--json", "--threshold", "5", "--sample", "5", "--seed", "1"),
    ("completeness",),
    ("drivers", "--from", "2023", "--to", "2024", "--per", "revenue"),
    ("uncertainty", "--draws", "500"),
    ("monitor", "--json"),
    ("disclose", "--standard", "sse-14"),
    ("disclose", "--standard", "gri", "--lang", "zh"),
    ("restate", "--before", "first", "--json"),
    ("restate", "--before", "ghgp-cn"),
    ("report", "--json"),
    ("explain", "e-hq-2023-1"),
)


@target("workspaces", 0.6, lambda random: (whole.damaged(random), random.choice(QUESTIONS)))
def workspace(given: tuple[dict[str, str], tuple[str, ...]]) -> bool:
    """Whatever is wrong in whichever file, every command answers or says why; what it answers adds up."""
    files, (command, *options) = given
    home = Path(SHELF.name) / "whole"
    shutil.rmtree(home, ignore_errors=True)
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    done = run(command, home, *options)
    hold(done.returncode in {0, 1, 2} and "Unexpected" not in done.stderr, done.stderr[-300:])
    if done.returncode == 2:
        hold(bool(done.stderr.strip()) and not done.stdout.strip(), command, done.stdout[:300])
        return False
    hold(bool(done.stdout.strip()), command)
    if "--json" in options:
        answer = json.loads(done.stdout, parse_constant=lambda word: hold(False, "no number of JSON", word))
        if command in {"footprint", "restate"}:
            _hold_sums(command, answer)
    return True


def _hold_sums(command: str, answer: Any) -> None:
    """Scopes add up to the total, and the parts of a restatement to its difference: exactly, digit by digit."""
    if command == "restate":
        for one in answer["totals"]:
            parts = sum(Fraction(part["value"]) for part in one["parts"])
            change = Fraction(one["after"]) - Fraction(one["before"])
            hold(abs(parts - change) < TWELFTH and abs(Fraction(one["difference"]) - change) < TWELFTH, one)
        return
    by_year: dict[int, list[Fraction]] = {}
    for one in answer["totals"]:
        sign = -1 if one["scope"] == "total" else 1
        by_year.setdefault(one["year"], []).append(sign * Fraction(one["value"]))
    for year, values in by_year.items():
        hold(abs(sum(values)) < TWELFTH, year, values)
