"""What a workspace has taken in: the register of delivered files, and how one becomes tables, all or nothing."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hsesg_carbon import units
from hsesg_carbon.delivery import Delivery, Rows, read_mapped, read_workbook, settings_cells
from hsesg_carbon.errors import CarbonError, InputError
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.intake import ORIGIN, stated_tables
from hsesg_carbon.messages import LANGUAGES
from hsesg_carbon.periods import Period, day_of
from hsesg_carbon.settings import FILE as SETTINGS
from hsesg_carbon.settings import Settings
from hsesg_carbon.sheets import Workbook
from hsesg_carbon.tables import is_nobodys, read_bytes, read_toml, table_text
from hsesg_carbon.workbooks import Progress
from hsesg_carbon.workspace import OUT, SEALS, Workspace
from hsesg_carbon.writing import held

REGISTER = "deliveries.csv"
FOLDER = "deliveries"
COLUMNS = ("file", "sha256", "taken_in", "kind", "rows", "note")
_MADE = "inventory.toml sha256:"
_ADDED = "added to inventory.toml sha256:"
_PERIOD = ("period", "period_start", "period_end")
_TABLES = ("site", "entity", "accept")
_YEARS = "organisation periods"
_NUMBERS = ("quantity", "value", "volume", "factor", "version")
_MOST = 100


@dataclass(frozen=True)
class Taken:
    """What became of a delivery: the files that were written, and how many rows each table got of it."""

    written: tuple[str, ...]
    rows: Mapping[str, int] = field(default_factory=dict)


def received(file: Path, folder: Path, mapping: Path | None = None, progress: Progress | None = None) -> Delivery:
    """
    Read a file for the workspace at ``folder``: a filled workbook, or an export by its mapping.

    Raises:
        InputError: The file cannot be read; or it is an export and there is no workspace whose sites it could name.
    """
    accounts = Workspace(folder) if (folder / SETTINGS).is_file() else None
    if mapping is None:
        return read_workbook(file, accounts, progress)
    return read_mapped(file, mapping, accounts or Workspace(folder), progress)


def take_in(
    folder: Path, delivery: Delivery, source: Path, *, only_look: bool = False
) -> tuple[Delivery, Taken | None]:
    """
    Put a delivery into the workspace at ``folder``; a new folder becomes one.

    What a file of the same name gave before is replaced, rows that other files hold already are left aside, everything
    else stays as it is. The accounts that would result are read before anything is written; with ``only_look`` that
    is all.

    Returns:
        The delivery with what was found on the way, and what was written: ``None`` where something is wrong. Sites or
        settings may differ from those of the workspace, a row from the one of the same id, or the accounts could not
        be read afterwards.

    Raises:
        InputError: The file's name, or a table that is there, does not allow it; or the workspace changed meanwhile.
    """
    if delivery.faults:
        return delivery, None
    before = _state(folder)
    try:
        taking = _TakingIn(folder, delivery)
        files = taking.files()
        files[f"{FOLDER}/{delivery.file}"] = read_bytes(source)
        _rehearse(folder, files)
    except InputError as error:
        if not error.problems:
            raise
        found = tuple(_in_file(delivery, one, source.name) for one in error.problems if isinstance(one, Finding))
        return replace(delivery, findings=(*delivery.findings, *found)), None
    if only_look:
        return replace(delivery, findings=(*delivery.findings, *taking.findings)), None
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder, alone=True):  # two that looked at the same time would each write over what the other wrote
        if _state(folder) != before:
            raise InputError("delivery-meanwhile", folder=str(folder))
        _write(folder, files)
    taken = Taken(tuple(name for name, text in files.items() if text is not None), taking.rows)
    return replace(delivery, findings=(*delivery.findings, *taking.findings)), taken


def register(folder: Path) -> list[dict[str, str]]:
    """Return what a workspace has taken in, by the register; nothing where there is none."""
    return [dict(row.cells) for table in stated_tables(folder, "deliveries") for row in table.rows]


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    """Return how the files of a workspace lie there, so that what another intake writes meanwhile is not lost."""
    found = [*folder.glob("*"), *(folder / "activity").glob("*")] if folder.is_dir() else []
    states = {str(one): one.stat() for one in found if one.is_file()}
    return {name: (one.st_mtime_ns, one.st_size) for name, one in states.items()}


def _in_file(delivery: Delivery, one: Finding, name: str) -> Finding:
    """Return a finding at its cell of the file that lies there: a corrected copy counts under the name of another."""
    placed = delivery.at_cell(one)
    if placed.where is None or placed.where.file != delivery.file:
        return placed
    return placed.model_copy(update={"where": placed.where.model_copy(update={"file": name})})


class _TakingIn:
    """One delivery on its way into a workspace."""

    def __init__(self, folder: Path, delivery: Delivery) -> None:
        self.folder, self.delivery = folder, delivery
        self.stem = delivery.file.rpartition(".")[0]
        self.findings: list[Finding] = []
        self.rows: dict[str, int] = {}
        if is_nobodys(self.delivery.file) or not self.stem:
            raise InputError("delivery-name-hidden", file=delivery.file)
        self.before = {row["file"]: row for row in register(folder)}

    def files(self) -> dict[str, bytes | None]:
        """Return every file to write, and ``None`` for one to remove."""
        files: dict[str, bytes | None] = {}
        note = self._inventory(files)
        tables = {name: self._without_known(name, rows) for name, rows in self.delivery.tables.items()}
        own = f"activity/{self.stem}.csv"
        columns, rows = tables.pop("activity", ((), ()))
        self._hold_own(own)
        if rows:
            files[own] = table_text(columns, rows).encode()
        elif (self.folder / own).is_file():
            files[own] = None
        for name in ("refrigerants", "water", "waste", "denominators", "instruments"):
            self._side(name, tables.get(name, ((), ())), files)
        self.rows = {name: len(rows) for name, (_, rows) in [*tables.items(), ("activity", (columns, rows))] if rows}
        files[REGISTER] = self._registered(note)
        return files

    def _registered(self, note: str) -> bytes:
        now = datetime.now(UTC).replace(microsecond=0).isoformat()
        count = str(sum(self.rows.values()))
        row = dict(
            zip(COLUMNS, (self.delivery.file, self.delivery.sha256, now, self.delivery.kind, count, note), strict=True)
        )
        rows = (self.before | {self.delivery.file: row}).values()
        return table_text(COLUMNS, [[one.get(name, "") for name in COLUMNS] for one in rows]).encode()

    def _hold_own(self, own: str) -> None:
        """Refuse to write over a table that did not come of a file of this name."""
        others = [name for name in self.before if name != self.delivery.file and name.rpartition(".")[0] == self.stem]
        is_there = [one.name for one in (self.folder / "activity").glob("*") if one.stem == self.stem]
        if others or (is_there and self.delivery.file not in self.before and not self._is_left(is_there)):
            raise InputError("delivery-name-taken", file=self.delivery.file, own=own)

    def _is_left(self, names: Sequence[str]) -> bool:
        """Say whether what is there came of this file: an intake that was cut off wrote it and not yet the register."""
        tables = [one for one in stated_tables(self.folder, "activity") if one.file in names]
        origins = {row.cells.get("origin_file") for table in tables for row in table.rows}
        return [f"{self.stem}.csv"] == list(names) and origins == {self.delivery.file}

    # ------------------------------------------------------------------------------------------ settings and sites

    def _inventory(self, files: dict[str, bytes | None]) -> str:
        """Plan ``inventory.toml`` where it is new or this file's; hold it to what is there. Return the note to keep."""
        path, told = self.folder / SETTINGS, self.delivery.inventory
        made_before = self.before.get(self.delivery.file, {}).get("note", "")
        if not path.is_file():
            if told is None:
                raise InputError("no-workspace", folder=str(self.folder))
            return self._made(files, told)
        if told is None:
            return made_before
        differences = list(_differences(Workspace(self.folder).settings, told))
        there = sha256(read_bytes(path)).hexdigest()
        by_others = [one["note"] for name, one in self.before.items() if name != self.delivery.file and one.get("note")]
        if differences and made_before == f"{_MADE}{there}" and not by_others:
            return self._made(files, told)
        differences = [one for one in differences if not _is_part(one)]
        if not differences:
            return made_before
        is_maker = made_before.startswith(_MADE)
        by_hand = not any(note.endswith(there) for note in (made_before, *by_others) if note)
        refused = differences if by_hand else [one for one in differences if not (is_maker or _is_addition(one))]
        if refused:
            place = Where(file=self.delivery.file)
            code = "delivery-setting-differs"
            problems = [Finding(code=code, severity="error", where=place, data=one) for one in refused]
            raise InputError("delivery-settings-differ", problems, file=self.delivery.file, count=len(problems))
        added = [one for one in differences if _is_addition(one)]
        if added:
            names = {lang: [f"{one['name'][lang]} {one['stated']}" for one in added] for lang in LANGUAGES}
            place = Where(file=self.delivery.file)
            self.findings.append(
                Finding(code="delivery-inventory-added", severity="warning", where=place, data={"added": names})
            )
        return self._made(files, _joined(read_toml(path), told), _MADE if is_maker else _ADDED)

    def _made(self, files: dict[str, bytes | None], told: Mapping[str, Any], note: str = _MADE) -> str:
        text = _toml(told, self.delivery.file).encode()
        files[SETTINGS] = text
        return f"{note}{sha256(text).hexdigest()}"

    # ------------------------------------------------------------------------------------------ rows

    def _without_known(self, name: str, told: Rows) -> Rows:
        """Leave aside rows that the workspace has from elsewhere; a row that has the id of another one is a fault."""
        columns, rows = told
        known: dict[str, dict[str, str]] = {}
        same: Counter[frozenset[tuple[str, str]]] = Counter()  # of equal receipts some may be known, some not
        mine: Counter[frozenset[tuple[str, str]]] = Counter()  # what this file gave before stays its own
        word_by_word: set[frozenset[tuple[str, str]]] = set()
        for table in stated_tables(self.folder, name) if self.folder.is_dir() else ():
            for row in table.rows:
                own = row.cells.get("origin_file") == self.delivery.file
                own = own or (name == "activity" and table.file == f"{self.stem}.csv")
                named = _named(row.cells)
                if not own:
                    same[_compared(named)] += 1
                    known[row.cells.get("activity_id", "")] = row.cells
                    word_by_word.add(_compared(row.cells))
                elif named is not row.cells:
                    mine[_compared(named)] += 1
        kept, faults, left = [], list[Finding](), 0
        at = columns.index("activity_id") if "activity_id" in columns else None
        for values in rows:
            own_id = "" if at is None else values[at]
            other = known.get(own_id)
            if not same or (at is not None and other is None and not own_id.startswith(f"{self.stem}-")):
                kept.append(values)
                continue
            cells = {column: text for column, text in zip(columns, values, strict=True) if text}
            named = _named(cells)
            said = _compared(named)
            mine[said] -= 1
            if _compared(cells) in word_by_word or (named is not cells and mine[said] < 0 < same[said]):
                same[said] -= 1
                left += 1
            elif at is not None and other is not None:
                faults.append(self._differs(cells, other))
            else:
                kept.append(values)
        if faults:
            raise InputError("delivery-broken", faults[:_MOST], count=len(faults), file=self.delivery.file)
        if left:
            data = {"count": left, "table": name}
            place = Where(file=self.delivery.file)
            self.findings.append(Finding(code="delivery-rows-known", severity="info", where=place, data=data))
        return columns, tuple(kept)

    def _differs(self, cells: Mapping[str, str], other: Mapping[str, str]) -> Finding:
        one, two = dict(_compared(cells)), dict(_compared(other))
        columns = sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))
        place = Where(file=cells["origin_file"], sheet=cells.get("origin_sheet") or None, row=int(cells["origin_row"]))
        data = {"activity_id": cells["activity_id"], "columns": columns}
        return Finding(code="delivery-row-elsewhere", severity="error", where=place, data=data)

    def _side(self, name: str, told: Rows, files: dict[str, bytes | None]) -> None:
        """Plan a table beside the activity data: rows of others stay, those of this file are replaced."""
        tables = stated_tables(self.folder, name) if self.folder.is_dir() else []
        columns, rows = told
        before = [row.cells for table in tables for row in table.rows]
        others = [one for one in before if one.get("origin_file") != self.delivery.file]
        if not rows and len(others) == len(before):
            return
        if any(not one.file.lower().endswith(".csv") for one in tables):
            raise InputError("delivery-table-excel", file=tables[0].file, table=name)
        if problems := [problem for table in tables for problem in table.problems]:
            raise InputError("table-broken", problems, file=tables[0].file)
        names = list(dict.fromkeys([*(one for table in tables for one in table.columns), *columns]))
        names = [*(one for one in names if one not in ORIGIN), *(one for one in ORIGIN if one in names)]
        new = [dict(zip(columns, values, strict=True)) for values in rows]
        lines = [[one.get(column, "") for column in names] for one in (*others, *new)]
        files[f"{name}.csv"] = table_text(names, lines).encode() if lines else None


def _named(cells: Mapping[str, str]) -> Mapping[str, str]:
    """Return a row without an id that was only made of its file, sheet and row: a copy of the file makes another."""
    stem, row = cells.get("origin_file", "").rpartition(".")[0], cells.get("origin_row", "")
    made = [
        name
        for name in ("activity_id", "id")
        if stem and cells.get(name, "").startswith(f"{stem}-") and cells[name].endswith(f"-{row}")
    ]
    return {name: text for name, text in cells.items() if name not in made} if made else cells


def _compared(cells: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Return what a row says, however it is spelt: periods as days, numbers without needless zeros, units by name."""
    said = {name: text for name, text in cells.items() if name not in (*ORIGIN, *_PERIOD) and text}
    try:
        if "period" in cells:
            period = Period.parse(cells["period"])
        else:
            period = Period.of(*(day_of(cells.get(name, "")) for name in _PERIOD[1:]))
        said["period"] = f"{period.start}/{period.end}"
        said |= {name: f"{Decimal(said[name]).normalize():f}" for name in _NUMBERS if name in said}
        said |= {name: units.canonical(said[name]) for name in ("unit",) if name in said}
    except (CarbonError, ArithmeticError):
        return frozenset((name, text) for name, text in cells.items() if name not in ORIGIN)
    return frozenset(said.items())


def _joined(there: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with what a workbook says of them; years and sites that it does not name stay."""
    document = {**there, **{name: value for name, value in told.items() if value or name not in _TABLES}}
    document["periods"] = sorted({*there.get("periods", ()), *told.get("periods", ())})
    for table in ("site", "entity"):
        rows = {one["id"]: one for one in (*there.get(table, ()), *told.get(table, ()))}
        document |= {table: list(rows.values())} if rows else {}
    accepted = there.get("accept", [])
    accepted = [*accepted, *(one for one in told.get("accept", ()) if one not in accepted)]
    return document | ({"accept": accepted} if accepted else {})


def _is_part(one: Mapping[str, Any]) -> bool:
    """Say whether a workbook reports some of the years of the workspace and no others."""
    return one["key"] == _YEARS and _years(one["stated"]) <= _years(one["there"])


def _is_addition(one: Mapping[str, Any]) -> bool:
    """Say whether a difference adds years, a site or a company, and changes none that is there."""
    return one["key"] in {_YEARS, f"sites {one['stated']}", f"entities {one['stated']}"}


def _years(text: str) -> set[str]:
    return {one.strip() for one in text.split(";")}


def _differences(settings: Settings, told: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Yield what a workbook says otherwise than the workspace; what it leaves blank is no difference."""
    candidate = settings.model_dump(by_alias=True) | {
        name: value for name, value in told.items() if name not in _TABLES or value
    }
    there = settings_cells(settings)
    stated = settings_cells(Settings.model_validate(candidate))
    for sheet, key in (("organisation", "id"), ("entities", "entity_id"), ("sites", "id")):
        if sheet == "organisation" and "organisation" not in told:
            continue
        old = {("" if sheet == "organisation" else one[key]): one for one in there[sheet]}
        for row in stated[sheet]:
            name = "" if sheet == "organisation" else row[key]
            if name not in old:
                yield {"key": f"{sheet} {name}", "name": _named_place(sheet), "stated": name, "there": "–"}
                continue
            for column, text in row.items():
                if old[name].get(column, text) != text or (column not in old[name] and sheet != "organisation"):
                    yield {
                        "key": f"{sheet} {name} {column}".replace("  ", " "),
                        "name": _named_place(sheet, name, column),
                        "stated": text,
                        "there": old[name].get(column, "–"),
                    }


def _named_place(sheet: str, row: str = "", column: str = "") -> dict[str, str]:
    """Return what a setting is called in the workbook, by language."""
    page = Workbook.described().sheet(sheet)
    assert page is not None
    known = next((one for one in (*page.columns, *page.entries) if one.name == column), None)
    parts = {lang: [page.title[lang], row, known.title[lang] if known else column] for lang in LANGUAGES}
    return {lang: " · ".join(filter(None, one)) for lang, one in parts.items()}


def _rehearse(folder: Path, files: Mapping[str, bytes | None]) -> None:
    """Read the accounts as they would be, in a folder beside, and raise what is wrong with them."""
    with TemporaryDirectory() as made:
        stage = Path(made) / (folder.name or "workspace")
        stage.mkdir()
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            name = path.name
            if name == "activity":
                (stage / name).mkdir()
                for one in path.iterdir():
                    _mirror(one, stage / name / one.name)
            elif name not in {OUT, SEALS, FOLDER}:
                _mirror(path, stage / name)
        for name, text in files.items():
            target = stage / name
            target.unlink(missing_ok=True)
            if text is not None and not name.startswith(FOLDER + "/"):
                target.parent.mkdir(exist_ok=True)
                target.write_bytes(text)
        accounts = Workspace(stage)
        if any((stage / "activity").glob("*")) or (stage / "refrigerants.csv").is_file():
            assert accounts.batches
        for table in ("settings", "denominators", "water", "waste", "instruments"):
            getattr(accounts, table)


def _mirror(path: Path, target: Path) -> None:
    """Make a file or folder appear at another place without copying it, where the system allows that."""
    try:
        target.symlink_to(path.resolve(), target_is_directory=path.is_dir())
    except OSError:
        if path.is_dir():
            shutil.copytree(path, target)
        else:
            shutil.copy2(path, target)


def _write(folder: Path, files: Mapping[str, bytes | None]) -> None:
    """Write all files beside their places first, then move each into place: an interruption leaves whole files."""
    ready: list[tuple[Path, Path]] = []
    try:
        for name, text in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if text is not None:
                beside = target.with_name(f".{target.name}.{os.getpid()}")
                ready.append((beside, target))
                beside.write_bytes(text)
        for beside, target in ready:
            beside.replace(target)
        for name, text in files.items():
            if text is None:
                (folder / name).unlink(missing_ok=True)
    finally:
        for beside, _ in ready:
            beside.unlink(missing_ok=True)


# ------------------------------------------------------------------------------------------------- inventory.toml


def _toml(document: Mapping[str, Any], file: str) -> str:
    """Return the text of ``inventory.toml``."""
    lines = [
        f"# Taken in from {_one_line(file)}; change it there and take it in again, or here and no longer there.",
        "",
    ]
    lines += [f"{name} = {_value(one)}" for name, one in document.items() if name not in _TABLES]
    for table in _TABLES:
        for row in document.get(table, ()):
            lines += ["", f"[[{table}]]", *(f"{name} = {_value(one)}" for name, one in row.items())]
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)


def _value(value: Any) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_value(one)}" for name, one in value.items()) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_value, value)) + "]"
    return (
        str(value) if isinstance(value, int) else json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    )
