"""Seal and replay: accounts and all they rest on as one pack, and the same accounts computed again from it alone."""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from hsesg_carbon.chain import CHAIN, NOTHING_BEFORE, Hash, Link, Time, chain_faults, chain_text, read_chain
from hsesg_carbon.crate import METADATA, crate_metadata, installed
from hsesg_carbon.errors import CarbonError, InputError
from hsesg_carbon.evidence import ABSENT, FACTORS, differences, evidence_of, needed, unpublished, written_once
from hsesg_carbon.factors import FactorLibrary, data_folder
from hsesg_carbon.findings import Finding, Severity, Where, fault
from hsesg_carbon.intake import Engine
from hsesg_carbon.packs import MAX_MEMBERS, Opened, canonical, digest, open_pack, packed, plain, tree_digest
from hsesg_carbon.settings import FILE as SETTINGS
from hsesg_carbon.settings import Organisation
from hsesg_carbon.tables import is_nobodys, misfits, opened_files, read_bytes
from hsesg_carbon.workspace import OUT, SEALS, Workspace
from hsesg_carbon.writing import held, write_whole

FORMAT: Literal["hsesg-carbon-pack/1"] = "hsesg-carbon-pack/1"
MANIFEST, SEAL = "manifest.json", "seal.json"
INPUTS, LIBRARY = "inputs/", "library/"
_UNLISTED = (MANIFEST, SEAL, METADATA)
_LIBRARIES = ("hsesg_carbon", "narwhals", "numpy", "openpyxl", "pandas", "pint", "pydantic")
_DATA = (".csv", ".json", ".toml")
_CODE = (".py", ".csv", ".toml", ".txt")
_DATA_FOLDERS = {"emission_factors", "examples", "__pycache__"}
_LEFT = re.compile(r"\.(\d{4,}-[0-9a-f]{12}\.zip|chain\.csv)\.\d+")
"""What a program that was killed while it sealed left of a file."""
_SHORT = 12
"""Digits of a hash that are enough to tell it by."""

_ROOT = re.compile(r"[0-9a-f]{64}")
M = TypeVar("M", bound=BaseModel)


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Member(_Record):
    """A file of a pack; of inputs ``read`` says whether the accounts rest on it, or it merely lay in the folder."""

    path: Annotated[str, StringConstraints(pattern=r"^(inputs|library|resolved|results)/.")]
    size: int = Field(ge=0)
    sha256: Hash
    read: bool | None = None


class Manifest(_Record):
    """
    What a pack is of, and the hash of everything in it. No time, no machine: equal accounts have equal manifests.

    ``code`` is the hash of all modules and their tables, ``library`` that of the published factors.
    """

    format: Literal["hsesg-carbon-pack/1"]
    organisation: Organisation
    periods: tuple[str, ...]
    methodology: str
    versions: dict[str, str]
    code: Hash
    library: Hash
    members: Annotated[tuple[Member, ...], Field(max_length=MAX_MEMBERS)]

    @field_validator("versions")
    @classmethod
    def _states_its_own(cls, versions: dict[str, str]) -> dict[str, str]:
        if "hsesg_carbon" not in versions:
            msg = "hsesg_carbon is missing"
            raise ValueError(msg)
        return versions

    @property
    def text(self) -> bytes:
        """The manifest as it is written."""
        return canonical(self.model_dump(mode="json", exclude_none=True))

    @property
    def root(self) -> str:
        """The hash of the manifest as it is written, which stands for everything in the pack."""
        return digest(self.text)


class Crate(_Record):
    """The hash of the RO-Crate metadata, and the version of the library that worded it."""

    sha256: Hash
    rocrate: str


class Record(_Record):
    """The content of ``seal.json``: when, of which manifest, and after which other seal."""

    format: Literal["hsesg-carbon-pack/1"]
    number: int | None = Field(default=None, ge=1)
    time: Time
    root: Hash
    previous: Hash | None = None
    metadata: Crate


@dataclass(frozen=True)
class Seal:
    """
    Accounts that were sealed: ``root`` stands for every input, factor, figure and line of code behind them.

    ``number`` is the place in the workspace's chain, ``None`` for a pack that was written elsewhere. ``unchanged`` says
    that nothing was written, because the last seal has the same root. ``findings`` are remarks on the chain that do not
    break it.

    Example: ``Seal.of(Workspace("examples/hundsun-2024")).root``.
    """

    root: str
    time: str
    number: int | None
    pack: Path
    members: int
    unchanged: bool = False
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, workspace: Workspace, to: Path | None = None, at: datetime | None = None) -> "Seal":
        """
        Seal the accounts of a workspace: into its ``seals/`` and their chain, or as a single pack to the file ``to``.

        The files are read once, and the figures are computed from what was read: nothing can change in between.

        Args:
            workspace: The accounts.
            to: Where a pack beside the chain is written; the file must not be there yet.
            at: The time that the seal states, with its zone; by default now.

        Raises:
            InputError: The accounts cannot be computed, a file leaves the folder, the chain is broken, somebody else
                is sealing, the library rocrate is missing, or ``to`` is there already or among the accounts.
        """
        if installed() is None:
            raise InputError("provenance-missing")
        _need_no_version(workspace)
        if to is not None and Path(to).exists():
            raise InputError("seal-exists", file=str(to))
        if to is not None and _among_inputs(workspace.folder, Path(to)):
            raise InputError("seal-inside", file=str(to), folder=str(workspace.folder))
        time = _stated(at)
        with held(workspace.folder, alone=False):  # an intake writes several files that belong together
            inputs = _inputs(workspace.folder)
        made = _Made.of(inputs, _library(workspace.shipped), workspace.engine)
        manifest = made.manifest(_versions(), tree_digest(_code()))
        if to is not None:
            write_whole(Path(to), _sealed(made.members, manifest, time, None, None))
            return cls(manifest.root, time, None, Path(to), len(made.members) + len(_UNLISTED))
        with _locked(workspace.folder / SEALS) as folder:
            return cls._appended(folder, made, manifest, time)

    @classmethod
    def _appended(cls, folder: Path, made: "_Made", manifest: Manifest, time: str) -> "Seal":
        """Add a seal to the chain in a folder that is locked, unless the last one is of the same accounts."""
        for left in (path for path in folder.iterdir() if _LEFT.fullmatch(path.name)):
            left.unlink()  # of a seal that was interrupted: nobody else writes here now
        links = read_chain(folder)
        found = chain_faults(folder, links)
        if faults := [one for one in found if one.severity == "error"]:
            raise InputError("chain-broken", faults, folder=str(folder))
        root, count = manifest.root, len(made.members) + len(_UNLISTED)
        if links and links[-1].root == root:
            last = links[-1]
            return cls(root, last.time, last.number, folder / last.pack, count, True, tuple(found))
        number, before = len(links) + 1, links[-1].link if links else NOTHING_BEFORE
        raw = _sealed(made.members, manifest, time, number, before)
        name = f"{number:04}-{root[:_SHORT]}.zip"
        link = Link.made(number=number, time=time, root=root, pack=name, sha256=digest(raw), previous=before)
        there = (folder / name).exists()
        write_whole(folder / name, raw)
        write_whole(folder / CHAIN, chain_text((*links, link)).encode())
        found = [one for one in found if one.data.get("packs") != [name]]
        if there:
            found.append(_note("chain-pack-replaced", "warning", pack=name))
        if links and time < links[-1].time:
            data = {"number": number, "time": time, "before": links[-1].time}
            found.append(_note("chain-time", "warning", **data))
        return cls(root, time, number, folder / name, count, findings=tuple(found))

    @staticmethod
    def now(workspace: Workspace) -> tuple[str, Workspace]:
        """
        Return the root that a seal of the accounts would have now, and these accounts, computed; nothing is written.

        The accounts are read anew, so that it is known which files they rest on.

        Raises:
            InputError: The accounts cannot be sealed (see ``of``), or a file changed meanwhile.
        """
        _need_no_version(workspace)
        inputs, library = _inputs(workspace.folder), _library(workspace.shipped)
        with opened_files() as opened:
            accounts = replace(workspace)
            evidence = evidence_of(accounts)
        if _inputs(workspace.folder) != inputs:
            raise InputError("seal-moving", folder=str(workspace.folder))
        read = {INPUTS + name for name in inputs if str(accounts.folder / name) in opened}
        named = {INPUTS + name: data for name, data in inputs.items()}
        named |= {LIBRARY + name: data for name, data in library.items()}
        made = _Made.of_evidence(accounts, named, evidence, read)
        return made.manifest(_versions(), tree_digest(_code())).root, accounts

    @staticmethod
    def check(workspace: Workspace) -> tuple[tuple[Link, ...], tuple[Finding, ...]]:
        """
        Return the chain of a workspace and all that is wrong with it or with a pack in it; nothing is recomputed.

        Files of the folder that are not those of the last seal are a warning: the chain is whole all the same.

        Raises:
            InputError: There is no chain, or its file cannot be read.
        """
        folder = workspace.folder / SEALS
        links = read_chain(folder)
        found = chain_faults(folder, links)
        if not links and not found:
            raise InputError("chain-missing", folder=str(folder))
        broken = {one.data.get("pack") for one in found}
        manifest: Manifest | None = None
        for link in links:
            if link.pack not in broken:
                wrong, manifest = _pack_of_link(folder / link.pack, link)
                found += wrong
        unsure = any(one.severity == "error" or one.code == "chain-pack-unlisted" for one in found)
        if manifest is not None and not unsure:  # else this link need not be the last that was made
            found += _since(workspace.folder, manifest, links[-1])
        return links, tuple(found)

    def as_json(self, lang: str = "en") -> dict[str, Any]:
        """Return plain data."""
        return {
            "root": self.root,
            "number": self.number,
            "time": self.time,
            "pack": str(self.pack),
            "members": self.members,
            "unchanged": self.unchanged,
            "findings": [one.as_json(lang) for one in self.findings],
        }


@dataclass(frozen=True)
class Replay:
    """
    What came of computing a pack again: ``findings`` name every difference, ``ok`` says that there is none.

    ``identical`` says that the pack, built anew of what was recomputed, is the same to the last byte; ``recomputed`` is
    false where the pack was not fit to be computed with.

    Example: ``Replay.of("seals/0001-0123456789ab.zip").ok``.
    """

    pack: Path
    engine: Engine
    root: str | None
    members: int
    recomputed: bool
    identical: bool
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether no finding is an error."""
        return all(one.severity != "error" for one in self.findings)

    @classmethod
    def of(cls, pack: Path | str, engine: Engine = "pandas", root: str | None = None) -> "Replay":
        """
        Compute a pack again, from itself alone, and compare every figure, then every byte.

        Args:
            pack: The file; it may come from anybody.
            engine: What sums the activity data: another one than the maker's is a check of its own.
            root: The root as it was published elsewhere, to be compared.

        Raises:
            InputError: There is no such file, it is no zip, or the engine is not installed.
        """
        wanted = _root(root)
        path = Path(pack)
        raw, opened = open_pack(path)
        found, read = _examined(opened)
        if read is None:
            return cls(
                path, engine, None, len(opened.members), recomputed=False, identical=False, findings=tuple(found)
            )
        manifest, record = read
        own = digest(opened.members[MANIFEST])
        if wanted is not None and wanted != own:
            found.append(fault("replay-root-other", root=own, wanted=wanted))
        fit = not [one for one in found if str(one.data.get("member", "")).startswith((INPUTS, LIBRARY))]
        identical, recomputed = False, False
        if fit:
            again = _Again(opened.members, manifest, record)
            recomputed = again.compute(engine)
            found += again.findings
            identical = recomputed and again.rebuilt() == raw
        if recomputed and not identical and not [one for one in found if one.code in _UNLIKE]:
            found.append(fault("replay-rebuild"))
        return cls(path, engine, own, len(opened.members), recomputed, identical, tuple(found))

    def as_json(self, lang: str = "en") -> dict[str, Any]:
        """Return plain data."""
        return {
            "ok": self.ok,
            "identical": self.identical,
            "recomputed": self.recomputed,
            "root": self.root,
            "engine": self.engine,
            "members": self.members,
            "findings": [one.as_json(lang) for one in self.findings],
        }


@contextmanager
def unsealed(pack: Path) -> Iterator[Workspace]:
    """
    Give the accounts of a pack, on the factors inside it, for as long as the context lasts.

    Nothing is recomputed here but what is asked of the accounts: ``Replay`` says whether the sealed figures come out.

    Raises:
        InputError: There is no such file, it is no zip, or something in it is not as it was sealed: all of it named.
    """
    opened = open_pack(pack)[1]
    found, read = _examined(opened)
    if read is None or any(one.severity == "error" for one in found):
        raise InputError("pack-unsound", found, file=pack.name)
    with _laid_out(opened.members, "pandas") as workspace:
        yield workspace


# ------------------------------------------------------------------------------------------------------------- private


@contextmanager
def _laid_out(members: Mapping[str, bytes], engine: Engine) -> Iterator[Workspace]:
    """Write the inputs and the library of a pack to a folder of their own and give the accounts that they are."""
    with TemporaryDirectory(prefix="hsesg-carbon-") as place:
        folder = Path(place).resolve()
        for name, data in members.items():
            if name.startswith((INPUTS, LIBRARY)):
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        workspace = Workspace(folder / INPUTS, engine=engine, shipped=FactorLibrary.load(folder / LIBRARY))
        stated = workspace.settings.methodology
        if not (workspace.folder / stated).resolve().is_relative_to(workspace.folder):
            raise InputError("seal-outside", file=stated)
        yield workspace


_UNLIKE = {
    *("replay-differs", "replay-member-changed", "replay-member-missing", "replay-member-unknown", "replay-spelt"),
    *("replay-member-unread", "replay-root", "replay-crate-differs", "replay-manifest", "replay-two-faced"),
}
"""Findings after which a pack that is built anew cannot be the same."""


@dataclass(frozen=True)
class _Made:
    """What a set of files comes to: all members but the three that speak of the others."""

    members: dict[str, bytes]
    read: frozenset[str]
    organisation: Organisation
    periods: tuple[str, ...]
    methodology: str
    library: FactorLibrary

    @classmethod
    def of(cls, inputs: Mapping[str, bytes], library: Mapping[str, bytes], engine: Engine) -> "_Made":
        """Compute the accounts in a folder of their own, from these files and nothing else."""
        named = {INPUTS + name: data for name, data in inputs.items()}
        named |= {LIBRARY + name: data for name, data in library.items()}
        with opened_files() as opened, _laid_out(named, engine) as workspace:
            evidence = evidence_of(workspace)
            read = {one for one in named if str(workspace.folder.parent / one) in opened and one.startswith(INPUTS)}
            return cls.of_evidence(workspace, named, evidence, read)

    @classmethod
    def of_evidence(
        cls, workspace: Workspace, named: Mapping[str, bytes], evidence: Mapping[str, bytes], read: Iterable[str]
    ) -> "_Made":
        """Return the members of accounts that are computed: their files, and what they come to."""
        settings, published = workspace.settings, workspace.shipped or FactorLibrary.shipped()
        about = settings.organisation, settings.periods, settings.methodology, published
        return cls({**named, **evidence}, frozenset(read), *about)

    def manifest(self, versions: dict[str, str], code: str) -> Manifest:
        """Return the manifest of these members."""
        library = {name: data for name, data in self.members.items() if name.startswith(LIBRARY)}
        return Manifest(
            format=FORMAT,
            organisation=self.organisation,
            periods=self.periods,
            methodology=self.methodology,
            versions=versions,
            code=code,
            library=tree_digest(library),
            members=tuple(
                Member(
                    path=name,
                    size=len(data),
                    sha256=digest(data),
                    read=name in self.read if name.startswith(INPUTS) else None,
                )
                for name, data in sorted(self.members.items())
            ),
        )


class _Again:
    """A pack that is computed again, and what differs."""

    def __init__(self, sealed: Mapping[str, bytes], manifest: Manifest, record: Record) -> None:
        self.sealed, self.written, self.record = sealed, manifest, record
        self.findings: list[Finding] = []
        self.code = tree_digest(_code())
        self.own_code = manifest.code == self.code
        self._made: _Made | None = None

    def compute(self, engine: Engine) -> bool:
        """Recompute and compare; whether it could be done at all."""
        inputs, library = (
            {name.removeprefix(part): data for name, data in self.sealed.items() if name.startswith(part)}
            for part in (INPUTS, LIBRARY)
        )
        try:
            self._made = _Made.of(inputs, library, engine)
        except InputError as error:
            if error.code.startswith("engine-"):
                raise
            self.findings += _refused(error)
        except CarbonError as error:
            self.findings += _refused(error)
        except OSError as error:  # names that this system cannot have
            data = {"file": Path(str(error.filename or "-")).name, "why": error.strerror or str(error)}
            self.findings += [fault("replay-refused"), fault("file-system", **data)]
        if self._made is None:
            return False
        self._compare_code()
        self._compare_library(self._made)
        self._compare_figures(self._made.members)
        again = self._made.manifest(self.written.versions, self.written.code)
        apart = [name for name in Manifest.model_fields if getattr(again, name) != getattr(self.written, name)]
        if set(apart) - {"members"} or (apart and not self.findings):
            self.findings.append(fault("replay-manifest", fields=apart))
        return True

    def rebuilt(self) -> bytes:
        """Return the pack built anew, with the versions and the time that the sealed one states."""
        assert self._made is not None  # compute() came first
        manifest = self._made.manifest(self.written.versions, self.written.code)
        metadata = self.sealed.get(METADATA, b"")
        if installed() == self.record.metadata.rocrate:
            metadata = _crate(manifest, self.record.time, self.record.number, self.record.previous)
        written = canonical(self.record.model_dump(mode="json", exclude_none=True))
        return packed({**self._made.members, MANIFEST: manifest.text, SEAL: written, METADATA: metadata})

    def _compare_code(self) -> None:
        if not self.own_code:
            data = {"sealed": self.written.versions["hsesg_carbon"], "own": version("hsesg_carbon")}
            data |= {"sealed_code": self.written.code[:_SHORT], "own_code": self.code[:_SHORT]}
            self.findings.append(_note("replay-other-code", "warning", **data))
        own, theirs = _versions(), self.written.versions
        apart = [
            f"{name} {theirs.get(name, '–')} / {own.get(name, '–')}"
            for name in sorted({*own, *theirs})
            if own.get(name) != theirs.get(name)
        ]
        if apart:
            self.findings.append(_note("replay-other-versions", "info", apart=apart))

    def _compare_library(self, made: _Made) -> None:
        """Hold what the pack takes for published to what this version of the software knows as published."""
        published = _published()
        ours = dict(_files(published.home or data_folder(), _DATA, {"__pycache__"}))
        theirs = {name.removeprefix(LIBRARY): data for name, data in self.sealed.items() if name.startswith(LIBRARY)}
        apart = sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
        if apart:
            self.findings.append(_note("replay-other-library", "warning", files=apart))
            self.findings += unpublished(made.members[FACTORS], made.library, published)

    def _compare_figures(self, made: Mapping[str, bytes]) -> None:
        """Name what differs; a figure that only other code knows is a remark, for the pack could not have it."""
        lesser: Severity = "error" if self.own_code else "warning"
        listed = {one.path for one in self.written.members}
        self.findings += [fault("replay-member-unknown", member=name) for name in sorted(listed - made.keys())]
        new = sorted(made.keys() - listed)
        self.findings += [
            _note("replay-member-missing", "error" if needed(name) else lesser, member=name) for name in new
        ]
        for name in sorted(listed & made.keys() & self.sealed.keys()):
            if self.sealed[name] != made[name]:
                told = differences(name, self.sealed[name], made[name])
                if not told and not written_once(name, self.sealed[name]):
                    told = [fault("replay-two-faced", member=name)]
                told = told or [_note("replay-spelt", lesser, member=name)]
                self.findings += [
                    one.model_copy(update={"severity": lesser}) if one.data.get("sealed") == ABSENT else one
                    for one in told
                ]


def _need_no_version(workspace: Workspace) -> None:
    """Refuse accounts that are seen otherwise than their files state: a pack holds the files."""
    if workspace.basis or workspace.known:
        raise InputError("seal-version", basis=workspace.basis or "-", known=str(workspace.known or "-"))


def _note(code: str, severity: Severity, **data: Any) -> Finding:
    return Finding(code=code, severity=severity, data=data)


def _refused(error: CarbonError) -> list[Finding]:
    """Return why accounts cannot be computed, as findings."""
    problems = [one for one in error.problems if isinstance(one, Finding)]
    return [fault("replay-refused"), fault(error.code, **error.data), *problems]


def _stated(at: datetime | None) -> str:
    """Return a time as seals state it: UTC, to the second."""
    if at is not None and at.tzinfo is None:
        raise InputError("seal-time", time=at.isoformat())
    return (at or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _root(text: str | None) -> str | None:
    """Return a root as somebody typed it from a page, or refuse what is none."""
    if text is None:
        return None
    root = "".join(text.split()).lower()
    if not _ROOT.fullmatch(root):
        raise InputError("root-none", root=text)
    return root


def _versions() -> dict[str, str]:
    python = ".".join(map(str, sys.version_info[:3]))
    return {"python": python, **{name: version(name) for name in _LIBRARIES}}


def _code() -> dict[str, bytes]:
    """Return every file of this package that a figure or a sentence can depend on, but for the published data."""
    return dict(_files(files("hsesg_carbon"), _CODE, _DATA_FOLDERS))


def _published() -> FactorLibrary:
    """Return what this version of the software knows as published."""
    return FactorLibrary.shipped()


def _library(shipped: FactorLibrary | None) -> dict[str, bytes]:
    """Return the files of the published data; a library that is more than its files cannot be put into a pack."""
    home = data_folder() if shipped is None else shipped.home
    if home is None or (shipped is not None and FactorLibrary.load(home) != shipped):
        raise InputError("seal-library")
    return dict(_files(home, _DATA, {"__pycache__"}))


def _files(folder: Traversable, suffixes: tuple[str, ...], but: set[str]) -> Iterator[tuple[str, bytes]]:
    for one in folder.iterdir():
        if one.is_dir() and one.name not in but:
            yield from ((f"{one.name}/{name}", data) for name, data in _files(one, suffixes, set()))
        elif one.is_file() and one.name.endswith(suffixes):
            yield one.name, read_bytes(one)


def _inputs(folder: Path) -> dict[str, bytes]:
    """Return every file of a workspace but what the software wrote and what is hidden; nothing from elsewhere."""
    if not (folder / SETTINGS).is_file():
        raise InputError("no-workspace", folder=str(folder))
    top = folder.resolve()
    return {path.relative_to(top).as_posix(): read_bytes(path) for path in _walked(top, top)}


def _among_inputs(folder: Path, file: Path) -> bool:
    """Say whether a file would be one of the inputs of the next seal, or lie among the seals."""
    top, place = folder.resolve(), file.resolve()
    return place.is_relative_to(top) and not place.is_relative_to(top / OUT)


def _walked(top: Path, folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        name = path.name.lower()
        if is_nobodys(name) or name == "__pycache__" or path in {top / OUT, top / SEALS}:
            continue
        told = path.relative_to(top).as_posix()
        if path.is_symlink() and not _points_to_a_file_of(top, path):
            raise InputError("seal-link", file=told, to=os.readlink(path))
        if path.is_dir():
            yield from _walked(top, path)
        elif path.is_file():
            yield path
        else:
            raise InputError("seal-no-file", file=told)


def _points_to_a_file_of(top: Path, link: Path) -> bool:
    """Say whether a link leads to a file of the same folder, and not elsewhere, nowhere or in a circle."""
    try:
        return link.is_file() and link.resolve().is_relative_to(top)
    except RuntimeError:  # a circle, before Python 3.13
        return False


def _crate(manifest: Manifest, time: str, number: int | None, before: str | None) -> bytes:
    about = {"time": time, "number": number, "previous": before, "root": manifest.root}
    return crate_metadata(manifest.model_dump(mode="json", exclude_none=True), about, (MANIFEST, SEAL))


def _sealed(
    members: Mapping[str, bytes], manifest: Manifest, time: str, number: int | None, before: str | None
) -> bytes:
    """Return the bytes of a pack."""
    metadata = _crate(manifest, time, number, before)
    crate = Crate(sha256=digest(metadata), rocrate=installed() or "")
    record = Record(format=FORMAT, number=number, time=time, root=manifest.root, previous=before, metadata=crate)
    written = canonical(record.model_dump(mode="json", exclude_none=True))
    return packed({**members, MANIFEST: manifest.text, SEAL: written, METADATA: metadata})


def _examined(opened: Opened) -> tuple[list[Finding], tuple[Manifest, Record] | None]:
    """Return what a pack shows without computing anything: its form, its three records, the hash of every member."""
    found = list(opened.findings)
    if found:
        return found, None
    found = [fault("replay-member-missing", member=name) for name in _UNLISTED if name not in opened.members]
    manifest = _record(opened.members, MANIFEST, Manifest, found)
    record = _record(opened.members, SEAL, Record, found)
    if manifest is None or record is None:
        return found, None
    found += _hash_faults(opened.members, manifest, record)
    return found, (manifest, record)


def _record(members: Mapping[str, bytes], name: str, model: type[M], found: list[Finding]) -> M | None:
    """Return one of the records of a pack, or note why it is none."""
    if name not in members:
        return None
    place = Where(file=name)
    try:
        document = plain(members[name])
        stated = document.get("format") if isinstance(document, dict) else None
        if stated != FORMAT:
            found.append(fault("pack-format", member=name, stated=str(stated), known=FORMAT))
            return None
        return model.model_validate(document)
    except InputError as error:
        found.append(Finding(code=error.code, severity="error", where=place, data=error.data))
    except ValidationError as error:
        found += [one.model_copy(update={"where": place}) for one in misfits(error, model)]
    return None


def _hash_faults(members: Mapping[str, bytes], manifest: Manifest, record: Record) -> Iterator[Finding]:
    listed = {one.path: one for one in manifest.members}
    if len(listed) < len(manifest.members):
        yield fault("replay-manifest", fields=["members"])
    for name in sorted(members.keys() - listed.keys() - set(_UNLISTED)):
        yield fault("replay-member-unknown", member=name)
    for name in sorted(listed.keys() - members.keys()):
        yield fault("replay-member-missing", member=name)
    for name in sorted(listed.keys() & members.keys()):
        if (listed[name].size, listed[name].sha256) != (len(members[name]), digest(members[name])):
            yield fault("replay-member-changed", member=name)
    root = digest(members[MANIFEST])
    if record.root != root:
        yield fault("replay-root", root=root, stated=record.root)
    if METADATA in members:
        yield from _crate_faults(members[METADATA], manifest, record)


def _crate_faults(metadata: bytes, manifest: Manifest, record: Record) -> Iterator[Finding]:
    """Yield what is wrong with the RO-Crate metadata: its hash, then its words, if the library is there to say them."""
    if digest(metadata) != record.metadata.sha256:
        yield fault("replay-member-changed", member=METADATA)
    elif installed() is None:
        yield _note("replay-crate-unchecked", "info")
    elif installed() != record.metadata.rocrate:
        data = {"sealed": record.metadata.rocrate, "own": installed()}
        yield _note("replay-crate-other", "info", **data)
    elif metadata != _crate(manifest, record.time, record.number, record.previous):
        yield fault("replay-crate-differs")


def _since(folder: Path, manifest: Manifest, link: Link) -> Iterator[Finding]:
    """Yield which files of the accounts are not those that were sealed last."""
    sealed = {one.path.removeprefix(INPUTS): one.sha256 for one in manifest.members if one.path.startswith(INPUTS)}
    try:
        here = {name: digest(data) for name, data in _inputs(folder).items()}
    except InputError as error:  # the chain can be held to itself even where the folder could not be sealed again
        yield _note(error.code, "warning", **error.data)
        return
    changed = [name for name in sorted(sealed.keys() & here.keys()) if sealed[name] != here[name]]
    added, gone = sorted(here.keys() - sealed.keys()), sorted(sealed.keys() - here.keys())
    if changed or added or gone:
        data = {"number": link.number, "pack": f"{SEALS}/{link.pack}", "changed": changed, "added": added, "gone": gone}
        yield _note("seal-since-changed", "warning", **data)


def _pack_of_link(path: Path, link: Link) -> tuple[list[Finding], Manifest | None]:
    """Return what is wrong with a pack of the chain, each time with its name, and its manifest."""
    _, opened = open_pack(path)
    found, read = _examined(opened)
    if read is not None:
        record = read[1]
        stated = (record.number, record.time, record.root, record.previous)
        if stated != (link.number, link.time, link.root, link.previous):
            found.append(fault("chain-pack-other", number=link.number, pack=link.pack))
    told = [one.model_copy(update={"where": Where(file=link.pack)}) for one in found]
    return told, read[0] if read is not None else None


@contextmanager
def _locked(folder: Path) -> Iterator[Path]:
    """Hold the folder of the seals for oneself: two who append at once would fork the chain."""
    folder.mkdir(exist_ok=True)
    lock = folder / ".lock"
    try:
        handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError as error:
        raise InputError("seal-locked", file=str(lock)) from error
    try:
        yield folder
    finally:
        os.close(handle)
        lock.unlink(missing_ok=True)
