"""Packs: a canonical zip of named bytes, of which there is one spelling only; and the suspicious reading of one."""

import hashlib
import io
import json
import re
import stat
import unicodedata
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from hsesg_carbon.errors import InputError
from hsesg_carbon.findings import Finding, Where, fault
from hsesg_carbon.tables import read_bytes
from hsesg_carbon.workbooks import directory

MAX_MEMBERS = 20_000
MAX_MEMBER = 512 * 1024 * 1024
MAX_PACK = 1024 * 1024 * 1024
"""Bytes of one member, and of a pack: what is larger is refused before it is read."""

_MAX_JSON = 256 * 1024 * 1024
_MAX_NAME = 400
_MAX_VALUES = 4_000_000
_MAX_DEPTH = 50
"""Values of a JSON member, of which each takes a hundred bytes once it is read, and levels: ours have ten."""
_MAX_FAULTS = 100
_MAX_ALIKE = 10
"""Faults of one kind that are told, and names that are alike."""
_MAX_DIRECTORY = MAX_MEMBERS * (46 + 4 * _MAX_NAME)
"""Bytes of the directory of as many members as there may be, with the longest names."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_ZIP_2_0 = 20
_ATTRIBUTES = (stat.S_IFREG | 0o644) << 16
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_ODD = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f-\x9f]|[. ](/|$)|(^|/)(con|prn|aux|nul|com\d|lpt\d)(\.|/|$)', re.IGNORECASE)
"""What some systems cannot have in the name of a file, or take for something else than a name."""


@dataclass(frozen=True)
class Opened:
    """What a pack holds, as far as it could be read safely, and everything about it that a pack does not have."""

    members: Mapping[str, bytes]
    findings: tuple[Finding, ...]


def digest(data: bytes) -> str:
    """Return the SHA-256 of some bytes, in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def tree_digest(files: Mapping[str, bytes]) -> str:
    """
    Return one hash of many files: of the lines ``hash name``, sorted by name, as ``sha256sum`` prints them.

    Example:
        >>> tree_digest({"b": b"2", "a": b"1"}) == tree_digest({"a": b"1", "b": b"2"})
        True
    """
    return digest("".join(f"{digest(data)}  {name}\n" for name, data in sorted(files.items())).encode())


def canonical(document: Any) -> bytes:
    r"""
    Return plain data as JSON of which there is one spelling only: keys sorted, one space deep, UTF-8.

    Example:
        >>> canonical({"b": 1, "a": "甲"}).decode()
        '{\n "a": "甲",\n "b": 1\n}\n'
    """
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def plain(data: bytes) -> Any:
    """
    Return what a JSON member holds.

    Raises:
        InputError: It is no JSON, too large, too deep, or of text that is none.
    """
    if len(data) > _MAX_JSON:
        raise InputError("pack-json", why=f"{len(data)} > {_MAX_JSON}")
    if (values := data.count(b",") + data.count(b"[") + data.count(b"{")) > _MAX_VALUES:  # those in texts among them
        raise InputError("pack-json", why=f"{values} > {_MAX_VALUES}")
    try:
        document = json.loads(data)
        _refuse_deep(document)
        canonical(document)  # what cannot be written again is refused here, not where it is needed
    except (ValueError, RecursionError) as error:
        raise InputError("pack-json", why=str(error)[:200]) from error
    return document


def packed(members: Mapping[str, bytes]) -> bytes:
    """
    Return members as a zip: stored, sorted by name, with fixed dates and attributes and nothing else.

    Raises:
        InputError: A name cannot stand in a pack, or the members are too many or too large.

    Example:
        >>> packed({"b": b"2", "a": b"1"}) == packed({"a": b"1", "b": b"2"})
        True
    """
    if faults := [*_name_faults(list(members)), *_size_faults({name: len(data) for name, data in members.items()})]:
        raise InputError("pack-impossible", faults)
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name, data in sorted(members.items()):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system, info.create_version, info.extract_version = _UNIX, _ZIP_2_0, _ZIP_2_0
            info.external_attr = _ATTRIBUTES
            archive.writestr(info, data, zipfile.ZIP_STORED)
    return whole.getvalue()


def open_pack(path: Path) -> tuple[bytes, Opened]:
    """
    Return the bytes of a pack, and what is in it.

    Raises:
        InputError: There is no such file, it is too large, or it is no zip at all.
    """
    raw = read_bytes(path, MAX_PACK)
    return raw, unpacked(raw, path.name)


def unpacked(raw: bytes, file: str) -> Opened:
    """
    Read a zip that may have been made to do harm: in memory, by its directory, nothing before it was looked at.

    Nothing is decompressed, because members of a pack are stored. What the directory allows is read and put together
    again: a byte more, less or other than that makes, wherever it stands, is told.

    Raises:
        InputError: It is no zip at all.
    """
    place = Where(file=file)
    if faults := [*_directory_faults(raw)]:
        return Opened({}, tuple(one.model_copy(update={"where": place}) for one in faults))
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
        entries = archive.infolist()
    except Exception as error:  # the module raises whatever a damaged part of the archive happens to provoke
        raise InputError("pack-no-zip", file=file, why=f"{type(error).__name__}: {error}"[:200]) from error
    faults = [
        *islice(_size_faults({f"{number}": one.file_size for number, one in enumerate(entries)}, entries), _MAX_FAULTS)
    ]
    if len(entries) <= MAX_MEMBERS:  # names are held against each other
        told = (*_entry_faults(entries), *_name_faults([one.orig_filename for one in entries]))
        faults = [*told[:_MAX_FAULTS], *faults]
    if sum(one.file_size for one in entries) > len(raw):  # members that overlap would be read again and again
        faults.append(fault("pack-sizes", claimed=sum(one.file_size for one in entries), size=len(raw)))
    if faults:
        return Opened({}, tuple(one.model_copy(update={"where": place}) for one in faults))
    members: dict[str, bytes] = {}
    for one in entries:
        try:
            members[one.filename] = archive.read(one)
        except Exception as error:  # as above
            faults.append(fault("pack-member-broken", member=one.filename, why=str(error)[:200]))
    if not faults and (again := packed(members)) != raw:
        at = next((at for at, pair in enumerate(zip(raw, again, strict=False)) if pair[0] != pair[1]), None)
        at = min(len(raw), len(again)) if at is None else at
        before = [one.filename for one in entries if one.header_offset <= at]
        data = {"at": at, "size": len(raw), "wanted": len(again), "member": before[-1] if before else "-"}
        faults.append(fault("pack-not-canonical", **data))
    return Opened(members, tuple(one.model_copy(update={"where": place}) for one in faults))


def folded(name: str) -> str:
    """Return a name as systems compare it that tell neither capitals nor forms of Unicode apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


# ------------------------------------------------------------------------------------------------------------- private


def _refuse_deep(document: Any) -> None:
    """Refuse what is so deep that it is many times as long once it is written with a space for each level."""
    level = [document]
    for _ in range(_MAX_DEPTH):
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict | list):
                inner += one.values() if isinstance(one, dict) else one
        if not inner:
            return
        level = inner
    msg = f"deeper than {_MAX_DEPTH} levels"
    raise ValueError(msg)


def _name_faults(names: list[str]) -> Iterator[Finding]:
    """Yield every name that leaves the pack, means something else elsewhere, or is that of another member."""
    for name in names:
        parts = name.split("/")
        if name.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", name) or "\\" in name:
            yield fault("pack-name-leaves", member=name)
        elif "" in parts or "." in parts or len(name) > _MAX_NAME or _ODD.search(name) or not _encodable(name):
            yield fault("pack-name-odd", member=name.encode("utf-8", "backslashreplace").decode())
    alike: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if len(name) <= _MAX_NAME:  # to fold takes the square of signs that combine
            alike[folded(name)].append(name)
    for same in alike.values():
        for name, count in sorted(Counter(same).items())[:_MAX_ALIKE]:
            if count > 1:
                yield fault("pack-name-twice", member=name, count=count)
            elif len(same) > 1:
                yield fault("pack-name-alike", member=name, others=same[:_MAX_ALIKE])
    for plain_name, same in alike.items():
        if any(plain_name[:at] in alike for at, letter in enumerate(plain_name) if letter == "/"):
            yield from (fault("pack-name-below-file", member=one) for one in same)


def _directory_faults(raw: bytes) -> Iterator[Finding]:
    """Yield why the directory must not even be listed: of a gigabyte of entries the list takes ten."""
    size, wide = directory(raw)
    if wide:
        yield fault("pack-directory-64")
    elif size > _MAX_DIRECTORY:
        yield fault("pack-directory-large", size=size, limit=_MAX_DIRECTORY)


def _encodable(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _entry_faults(entries: list[zipfile.ZipInfo]) -> Iterator[Finding]:
    """Yield what an entry of the directory has that a stored plain file has not."""
    for one in entries:
        kind = stat.S_IFMT(one.external_attr >> 16)
        if one.flag_bits & _ENCRYPTED:
            yield fault("pack-member-encrypted", member=one.orig_filename)
        if one.compress_type != zipfile.ZIP_STORED or one.compress_size != one.file_size:
            yield fault("pack-member-compressed", member=one.orig_filename)
        if one.filename.endswith("/"):  # is_dir() falls over a name of nothing
            yield fault("pack-member-folder", member=one.orig_filename)
        elif kind not in {0, stat.S_IFREG}:
            yield fault("pack-member-link", member=one.orig_filename)


def _size_faults(sizes: Mapping[str, int], entries: list[zipfile.ZipInfo] | None = None) -> Iterator[Finding]:
    if len(sizes) > MAX_MEMBERS:
        yield fault("pack-members-many", count=len(sizes), limit=MAX_MEMBERS)
    for name, size in sizes.items():
        if size > MAX_MEMBER:
            told = entries[int(name)].orig_filename if entries else name
            yield fault("pack-member-large", member=told, size=size, limit=MAX_MEMBER)
    if sum(sizes.values()) > MAX_PACK:
        yield fault("pack-large", size=sum(sizes.values()), limit=MAX_PACK)
