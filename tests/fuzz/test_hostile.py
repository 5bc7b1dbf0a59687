"""Input made to exhaust: whatever it claims, a sentence within seconds and in little memory."""

import io
import os
import struct
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from hsesg_carbon.errors import InputError
from hsesg_carbon.packs import open_pack, plain
from hsesg_carbon.report.marked import write_marked
from hsesg_carbon.tables import read_bytes, read_parquet, read_tables, read_toml
from hsesg_carbon.verification.relations import parse
from tests.commands import edit
from tests.fuzz.bounded import Ended, command, reading
from tests.sealed import zipped

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the limits are those of POSIX")

MEGABYTES = 400
"""Beyond those of the libraries."""
SECONDS = 10
"""Of processor time, for what an honest file of that kind needs a fraction of a second for."""

HEAD = "activity_id,site,period,activity,quantity,unit\n"
BILL = "x{at},reporting-boundary,{period},electricity.grid,{quantity},{unit}\n"
SHEET, STRINGS, STYLES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"

Write = Callable[[Path], object]


def text(made: Callable[[], str | bytes]) -> Write:
    """Write what is made only when the case is run."""

    def write(path: Path) -> None:
        told = made()
        path.write_bytes(told if isinstance(told, bytes) else told.encode())

    return write


# ------------------------------------------------------------------------------------------------------ settings, CSV

TOML: dict[str, tuple[str, Write]] = {
    "arrays 100,000 deep": ("toml-too-deep", text(lambda: "a = " + "[" * 100_000)),
    "arrays 150 deep": ("toml-too-deep", text(lambda: "a = " + "[" * 150 + "]" * 150)),
    "inline tables 100,000 deep": ("toml-too-deep", text(lambda: "a = " + "{a=" * 100_000)),
    "a dotted key of 100,000 parts": ("toml-long-key", text(lambda: "a" + ".a" * 100_000 + " = 1")),
    "a dotted key of quoted commas": ("toml-long-key", text(lambda: '"a"' + '.","' * 100_000 + " = 1")),
    "a table header of 100,000 parts": ("toml-long-key", text(lambda: "[" + "a." * 100_000 + "a]\n")),
    "a dotted key of 200 parts": ("toml-too-deep", text(lambda: "a" + ".a" * 200 + " = 1")),
    "five megabytes": ("toml-too-large", text(lambda: "#" * 5_000_000)),
    "an integer of a million digits": ("toml-broken", text(lambda: "a = " + "9" * 1_000_000)),
    "an integer of a million hexadecimal digits": ("toml-long-integer", text(lambda: "a = 0x" + "f" * 1_000_000)),
    "a number of a billion digits": ("toml-broken", text(lambda: "a = 1e999999999")),
    "a number nearer to nothing than any": ("toml-broken", text(lambda: "a = 1e-999999999")),
    "a long list of numbers": ("taken", text(lambda: "a = [" + "1.5, " * 8784 + "2]\nb = [" + '"1.5", ' * 8784 + "]")),
}
CSV: dict[str, tuple[str, Write]] = {
    "a line of forty megabytes": ("csv-broken", text(lambda: HEAD + "k" * 40_000_000)),
    "300,000 columns": ("csv-too-wide", text(lambda: ",".join(f"c{at}" for at in range(300_000)) + "\n1\n")),
    "16,385 columns": ("csv-too-wide", text(lambda: "c," * 16_385 + "\n1\n")),
    "seventeen million cells": ("csv-too-many-cells", text(lambda: HEAD + "," * 17_000_000)),
    "three million lines": ("csv-too-many-rows", text(lambda: "a\n" * 3_000_000)),
    "three million line ends of an old Macintosh": ("csv-too-many-rows", text(lambda: HEAD + "\r" * 3_000_000)),
    "nothing but quotes": ("csv-broken", text(lambda: HEAD + '"' * 5_000_001)),
    "zero bytes": ("file-encoding", text(lambda: HEAD + "\0" * 5_000_000)),
    "cells under no heading": ("taken", text(lambda: "a,b\n" + ("1,2" + ",3" * 1000 + "\n") * 500)),
    "one wide row among many": ("taken", text(lambda: "a,b\n1,2" + ",3" * 16_000 + "\n" + "1,2\n" * 100_000)),
    "signs that combine": ("taken", text(lambda: "a,b\n" + ("１" + "\u0301\u0323" * 60_000 + ",1\n") * 10)),
}

# ------------------------------------------------------------------------------------------------------ workbooks


def plain_workbook() -> dict[str, bytes]:
    raw = io.BytesIO()
    with xlsxwriter.Workbook(raw) as book:
        sheet = book.add_worksheet()
        for row, line in enumerate((HEAD + BILL.format(at=1, period="2024", quantity=1, unit="kWh")).splitlines()):
            sheet.write_row(row, 0, line.split(","))
    with zipfile.ZipFile(raw) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def workbook(part: str, before: bytes, made: Callable[[], Iterable[bytes]]) -> Write:
    """Write a plain workbook with something put in before a tag of a part, packed as Excel packs it."""

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, whole in plain_workbook().items():
                with archive.open(name, "w") as member:
                    head, tag, tail = whole.partition(before) if name == part else (whole, b"", b"")
                    assert bool(tag) == (name == part)
                    member.write(head)
                    for piece in made() if tag else ():
                        member.write(piece)
                    member.write(tag + tail)

    return write


def cell(place: str, row: int) -> bytes:
    return f'<row r="{row}"><c r="{place}{row}"><v>1</v></c></row>'.encode()


def in_sheet(*pieces: bytes, times: int = 1) -> Write:
    return workbook(SHEET, b"</sheetData>", lambda: (b"".join(pieces) for _ in range(times)))


def merged(*blocks: str) -> Write:
    tags = "".join(f'<mergeCell ref="{one}"/>' for one in blocks)
    return workbook(SHEET, b"<pageMargins", lambda: [f"<mergeCells>{tags}</mergeCells>".encode()])


def formatted(code: bytes) -> Write:
    own = b'<numFmts count="1"><numFmt numFmtId="200" formatCode="' + code + b'"/></numFmts>'
    return workbook(STYLES, b"<fonts", lambda: [own])


def lying(path: Path) -> None:
    """Write a workbook whose directory says that a part is small, and unpacks to fifty megabytes."""
    workbook(STRINGS, b"</sst>", lambda: (bytes(1_000_000) for _ in range(50)))(path)
    data = bytearray(path.read_bytes())
    for at in [at for at in range(len(data) - 4) if data[at : at + 4] == b"PK\x01\x02"]:
        length = struct.unpack_from("<H", data, at + 28)[0]
        if data[at + 46 : at + 46 + length].decode() == STRINGS:
            struct.pack_into("<I", data, at + 24, 2_000)
    path.write_bytes(data)


def directory(path: Path) -> None:
    """Write nothing but a directory, of so many entries without a name."""
    entry = b"PK\1\2" + bytes(42)
    count = 120_000
    path.write_bytes(
        entry * count + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, len(entry) * count, 0, 0)
    )


def nested(path: Path) -> None:
    """Write a workbook of workbooks, which nobody unpacks."""
    inner = zipped(*plain_workbook().items())
    for _ in range(20):
        inner = zipped(("xl/workbook.xlsx", inner))
    path.write_bytes(inner)


def growing(encoding: str) -> Write:
    """Write entities that are ten times as long as the one before, in the part of the texts."""
    entities = "".join(f'<!ENTITY a{at} "{f"&a{at - 1};" * 10 if at else "aaaaaaaaaa"}">' for at in range(10))
    made = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE a [{entities}]><sst><si><t>&a9;</t></si></sst>'

    def write(path: Path) -> None:
        path.write_bytes(zipped(*{**plain_workbook(), STRINGS: made.encode(encoding)}.items()))

    return write


BOOKS: dict[str, tuple[str, Write]] = {
    "a sheet that claims every cell": (
        "taken",
        workbook(SHEET, b"<sheetViews", lambda: [b'<dimension ref="A1:XFD1048576"/>']),
    ),
    "a cell at the last corner": ("taken", in_sheet(cell("XFD", 1_048_576))),
    "a row that Excel has not": ("excel-broken", in_sheet(cell("A", 9_999_999))),
    "a row beyond all numbers": ("excel-broken", in_sheet(b'<row r="99999999999"><c><v>1</v></c></row>')),
    "rows in a second namespace": ("excel-broken", in_sheet(b'<y:row r="9999999999"/>')),
    "more rows than Excel has": ("excel-too-large", in_sheet(b"<row></row>" * 10_000, times=110)),
    "merged blocks over each other": ("excel-broken", merged(*[f"A{at}:XFD1000000" for at in range(3, 103)])),
    "11,000 merged blocks": ("excel-too-large", merged(*[f"A{at}:XFD{at}" for at in range(3, 11_003)])),
    "a block over all cells": ("taken", merged("A1:XFD1048576")),
    "columns hidden again and again": (
        "taken",
        workbook(
            SHEET, b"<sheetData", lambda: [b"<cols>", b'<col min="1" max="16384" hidden="1"/>' * 50_000, b"</cols>"]
        ),
    ),
    "texts of six hundred megabytes": (
        "file-too-large",
        workbook(STRINGS, b"</sst>", lambda: (b"<si><t>" + b"a" * 4_000_000 + b"</t></si>" for _ in range(150))),
    ),
    "tags within tags": ("excel-broken", workbook(STRINGS, b"</sst>", lambda: [b"<si>" * 2_000_000])),
    "tags within tags, with a sign of greater": (
        "excel-broken",
        workbook(STRINGS, b"</sst>", lambda: [b"<si>/>" * 200_000]),
    ),
    "styles of ten megabytes": ("excel-broken", workbook(STYLES, b"</styleSheet>", lambda: [b"<a/>" * 2_500_000])),
    "styles of a million tags": ("excel-broken", workbook(STYLES, b"</styleSheet>", lambda: [b"<a/>" * 1_000_000])),
    "a number format of a million zeros": ("excel-broken", formatted(b"0" * 1_000_000)),
    "a number format of open brackets": ("excel-broken", formatted(b"[$-" * 100_000)),
    "100,000 sheets of one part": (
        "excel-broken",
        workbook("xl/workbook.xml", b"</sheets>", lambda: [b'<sheet name="x" sheetId="9" r:id="rId1"/>' * 100_000]),
    ),
    "a number of a million digits": (
        "excel-broken",
        in_sheet(b'<row r="3"><c r="A3"><v>' + b"9" * 1_000_000 + b"</v></c></row>"),
    ),
    "a number of a billion digits": ("excel-broken", in_sheet(b'<row r="3"><c r="A3"><v>1e999999999</v></c></row>')),
    "entities that grow": ("excel-broken", growing("utf-8")),
    "entities that grow, in two bytes a letter": ("excel-broken", growing("utf-16")),
    "a directory that lies about a size": ("excel-broken", lying),
    "a directory of 120,000 entries": ("excel-too-large", directory),
    "workbooks within workbooks": ("excel-broken", nested),
}
COPIES: dict[str, tuple[str, Write]] = {
    "a block over all cells": ("excel-too-large-to-copy", merged("A1:XFD1048576")),
    "a link over all cells": (
        "excel-too-large-to-copy",
        workbook(
            SHEET, b"<pageMargins", lambda: [b'<hyperlinks><hyperlink ref="A1:XFD1048576" location="A1"/></hyperlinks>']
        ),
    ),
}


def copied(path: Path) -> Any:
    return write_marked(path, [], {}, path.with_name("copy.xlsx"))


# ------------------------------------------------------------------------------------------------------ Parquet


def alike(rows: int, columns: int, word: str = "x") -> Write:
    """Write rows that are all alike: many of them fit into a few kilobytes."""

    def write(path: Path) -> None:
        words = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), rows), [word])
        pq.write_table(pa.table({f"c{at}": words for at in range(columns)}), path, compression="zstd")

    return write


def parquet(made: Callable[[], dict[str, Any]]) -> Write:
    return lambda path: pq.write_table(pa.table(made()), path, compression="zstd", use_dictionary=False)


def footer(rows: int, levels: int) -> Write:
    """Write a Parquet file that is a footer only: so many rows, of a column so deep."""

    def number(value: int) -> bytes:
        return bytes([value & 127 | 128]) + number(value >> 7) if value > 127 else bytes([value])

    inner, last = b"\x48\x01a\x15\x02\0", b"\x15\x02\x25\0\x18\x01a\0"
    schema = b"\x19\xfc" + number(levels + 1) + inner * levels + last
    raw = b"\x15\x02" + schema + b"\x16" + number(2 * rows) + b"\x19\x0c\0"
    return text(lambda: b"PAR1" + raw + struct.pack("<I", len(raw)) + b"PAR1")


PARQUET: dict[str, tuple[str, Write]] = {
    "thirty million rows of four columns": ("parquet-too-many-cells", alike(30_000_000, 4)),
    "a million times a long text": ("parquet-too-many-bytes", alike(1_000_000, 1, "x" * 100_000)),
    "a claim of a trillion rows": ("parquet-too-many-cells", footer(10**12, 1)),
    "a column a hundred thousand deep": ("parquet-broken", footer(1, 100_000)),
    "lists of a million": ("parquet-nested", parquet(lambda: {"a": pa.array([[1] * 1_000_000])})),
    "17,000 columns": ("parquet-too-many-columns", parquet(lambda: {f"c{at}": [1] for at in range(17_000)})),
}

# ------------------------------------------------------------------------------------------------------ packs, places


def json_member(path: Path) -> Any:
    return plain(path.read_bytes())


def sound_pack(path: Path) -> None:
    """Open a pack, and refuse it as its users do."""
    if found := open_pack(path)[1].findings:
        raise InputError(found[0].code, found, **found[0].data)


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("manifest.json", "w") as member:
        for _ in range(100):
            member.write(bytes(1_000_000))


def linked_member(path: Path) -> None:
    info = zipfile.ZipInfo("inputs/a.csv")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    path.write_bytes(zipped((info, b"/dev/zero")))


PACKS: dict[str, tuple[str, Write]] = {
    "a member that unpacks to much": ("pack-member-compressed", bomb),
    "a member that leaves the pack": ("pack-name-leaves", text(lambda: zipped(("../../etc/cron.d/x", b"x")))),
    "a member that is a link": ("pack-member-link", linked_member),
    "names of 30,000 folders": (
        "pack-name-odd",
        text(lambda: zipped(*[(f"{'a/' * 30_000}{at}", b"") for at in range(20)])),
    ),
    "thousands of names that are alike": (
        "pack-name-alike",
        text(lambda: zipped(*[(f"{at:012b}".translate({48: "a", 49: "A"}), b"") for at in range(2**12)])),
    ),
    "a directory of 120,000 entries": ("pack-members-many", directory),
}
JSON: dict[str, tuple[str, Write]] = {
    "lists a million deep": ("pack-json", text(lambda: "[" * 1_000_000)),
    "lists 60 deep": ("pack-json", text(lambda: "[" * 60 + "]" * 60)),
    "ten million lists": ("pack-json", text(lambda: "[" + "[]," * 10_000_000 + "[]]")),
    "an integer of a million digits": ("pack-json", text(lambda: "9" * 1_000_000)),
}
PLACES: dict[str, tuple[str, Write]] = {
    "a pipe that nobody writes to": ("file-not-plain", os.mkfifo),
    "a device without an end": ("file-not-plain", lambda path: path.symlink_to("/dev/zero")),
    "a folder": ("file-not-plain", lambda path: path.mkdir()),
    "a circle of links": ("file-missing", lambda path: path.symlink_to(path.name)),
}


def expression(path: Path) -> Any:
    return parse(path.read_text(encoding="utf-8"))


RELATIONS: dict[str, tuple[str, Write]] = {
    "brackets 100,000 deep": ("relation-too-long", text(lambda: "(" * 100_000)),
    "brackets 200 deep": ("relation-too-deep", text(lambda: "(" * 200 + "a" + ")" * 200)),
    "shares of shares": ("taken", text(lambda: "(" * 38 + "a" + "+b)/b" * 38)),
    "a thousand terms": ("relation-too-long", text(lambda: "+".join(["a"] * 900))),
}

READERS: dict[str, tuple[Callable[[Path], Any], str, dict[str, tuple[str, Write]]]] = {
    "settings": (read_toml, "x.toml", TOML),
    "CSV": (read_tables, "x.csv", CSV),
    "workbook": (read_tables, "x.xlsx", BOOKS),
    "copy": (copied, "x.xlsx", COPIES),
    "Parquet": (read_parquet, "x.parquet", PARQUET),
    "pack": (sound_pack, "x.zip", PACKS),
    "JSON": (json_member, "x.json", JSON),
    "relation": (expression, "x.txt", RELATIONS),
    "file": (read_bytes, "x.csv", PLACES),
    "place of Parquet": (read_parquet, "x.parquet", PLACES),
}
CASES = [(kind, name) for kind, (_, _, cases) in READERS.items() for name in cases]


def hold_bounds(ended: Ended) -> None:
    assert ended.code is not None, ended.said
    assert ended.code != -1, ended.said[-2000:]
    assert ended.megabytes < MEGABYTES
    assert ended.seconds < SECONDS
    assert len(ended.said) < 100_000


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_what_is_made_to_exhaust_is_refused_or_read_in_bounds(tmp_path: Path, kind: str, name: str) -> None:
    reader, file, cases = READERS[kind]
    wanted, write = cases[name]
    write(tmp_path / file)
    ended = reading(reader, tmp_path / file)
    hold_bounds(ended)
    assert ended.code == wanted, ended.said[:500]


@pytest.mark.parametrize(
    ("limit", "reader", "write", "file", "wanted"),
    [
        (
            "workbooks._MAX_TAGGED",
            read_tables,
            in_sheet(b'<row r="3">' + b"<c/>" * 100 + b"</row>"),
            "x.xlsx",
            "more than 90 cells",
        ),
        (
            "workbooks._MAX_TAGGED",
            read_tables,
            workbook(STRINGS, b"</sst>", lambda: [b"<y/>" * 100]),
            "x.xlsx",
            "more than 90 texts",
        ),
        ("tables.MAX_BYTES", read_parquet, parquet(lambda: {"a": [bytes(20_000)]}), "x.parquet", "bytes or more"),
        ("tables.MAX_BYTES", read_parquet, alike(1000, 1, "x" * 40), "x.parquet", "bytes or more"),
    ],
)
def test_a_limit_holds_where_it_is_smaller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, limit: str, reader: Any, write: Write, file: str, wanted: str
) -> None:
    write(tmp_path / file)
    reader(tmp_path / file)
    module, name = limit.split(".")
    monkeypatch.setattr(f"hsesg_carbon.{module}.{name}", 90 if module == "workbooks" else 15_000)
    with pytest.raises(InputError, match=wanted):
        reader(tmp_path / file)


# ------------------------------------------------------------------------------------------------------ commands


def bills(**cells: str) -> Callable[[Path], object]:
    told = {"at": "1", "period": "2024", "quantity": "1", "unit": "kWh", **cells}
    return lambda folder: (folder / "activity" / "x.csv").write_text(HEAD + BILL.format(**told), encoding="utf-8")


def strange_bills(folder: Path) -> None:
    rows = (BILL.format(at=at, period="2024", quantity=1, unit=f"kWx{at}") for at in range(10_000))
    (folder / "activity" / "x.csv").write_text(HEAD + "".join(rows), encoding="utf-8")


def settings(old: str, new: str) -> Callable[[Path], object]:
    return lambda folder: edit(folder / "inventory.toml", old, new)


WORKSPACES: dict[str, Callable[[Path], object]] = {
    "10,000 units that nobody knows": strange_bills,
    "a quantity of a billion digits": bills(quantity="1e999999999"),
    "a unit to the power of a billion": bills(unit="m**999999999"),
    "a unit of 10,000 brackets": bills(unit="(" * 10_000),
    "a unit of signs that combine": bills(unit="k" + "\u0301\u0323" * 60_000),
    "ten thousand years": bills(period="0001-01-01/9999-12-31"),
    "the year 99999": bills(period="99999"),
    "an equity share nearer to nothing than any": settings("equity_share", 'equity_share = "1e-999999999" #'),
    "keys that nobody knows": settings(
        "organisation =", "".join(f"a{at} = 1\n" for at in range(5_000)) + "organisation ="
    ),
    "settings that are a pipe": lambda folder: (
        (folder / "inventory.toml").unlink(),
        os.mkfifo(folder / "inventory.toml"),
    ),
    "a pipe among the bills": lambda folder: os.mkfifo(folder / "activity" / "x.parquet"),
}


@pytest.mark.parametrize("name", WORKSPACES)
def test_a_command_ends_soon_with_a_sentence(workspace: Path, name: str) -> None:
    WORKSPACES[name](workspace)
    ended = command("footprint", workspace)
    hold_bounds(ended)
    assert ended.code == 2, ended.said[:500]
    assert "Traceback" not in ended.said
    assert "Unexpected" not in ended.said


def test_what_is_refused_can_be_told_from_what_is_read(workspace: Path) -> None:
    assert command("footprint", workspace).code == 0
