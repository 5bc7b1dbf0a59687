"""The chain of seals: each link holds the hash of the one before, so that none can be changed alone."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from hsesg_carbon.errors import InputError
from hsesg_carbon.findings import Finding, Where
from hsesg_carbon.packs import MAX_PACK, canonical, digest
from hsesg_carbon.tables import read_bytes, read_tables, table_text

CHAIN = "chain.csv"
NOTHING_BEFORE = "0" * 64
"""The hash that the first link names as the one before."""

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def _that_is(time: str) -> str:
    """Refuse a time of which there is none, such as the 31st of June."""
    datetime.fromisoformat(time)
    return time


Time = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"),
    AfterValidator(_that_is),
]


class Link(BaseModel):
    """
    One line of ``chain.csv``: the pack ``pack`` with hash ``sha256``, its ``root``, and the ``link`` before.

    ``link`` is the hash of the other fields.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(ge=1)
    time: Time
    root: Hash
    pack: Annotated[str, StringConstraints(pattern=r"^[0-9]{4,}-[0-9a-f]{12}\.zip$")]
    sha256: Hash
    previous: Hash
    link: Hash

    @classmethod
    def made(cls, **fields: Any) -> "Link":
        """Return a link of its other fields, with its own hash."""
        return cls(**fields, link=_hash(fields))

    @property
    def sound(self) -> bool:
        """Whether the hash is that of the fields."""
        return self.link == _hash(self.model_dump(exclude={"link"}))


def read_chain(folder: Path) -> tuple[Link, ...]:
    """
    Return the links of ``chain.csv``, none where there is no such file.

    Raises:
        InputError: The file cannot be read as a chain; every fault with its row.
    """
    path = folder / CHAIN
    if not path.exists():
        return ()
    (table,) = read_tables(path)
    links, problems = table.records(Link)
    if problems:
        raise InputError("table-broken", problems, file=path.name)
    return tuple(links)


def chain_text(links: Sequence[Link]) -> str:
    """Return the chain as it is written."""
    return table_text(list(Link.model_fields), [[str(one) for one in link.model_dump().values()] for link in links])


def chain_faults(folder: Path, links: Sequence[Link]) -> list[Finding]:
    """
    Return everything by which a chain shows that it is not as it grew: links, their order, packs, the file itself.

    What cannot be seen: that the last links were cut off, or that the whole chain was written anew.
    """
    there = {path.name for path in folder.glob("*.zip")} if folder.is_dir() else set()
    found = [*_link_faults(links), *_pack_faults(folder, links, there)]
    if links and not found and read_bytes(folder / CHAIN) != chain_text(links).encode():
        found.append(_fault("chain-spelt", None))
    unlisted = sorted(there - {one.pack for one in links})
    if unlisted and not links:
        found.append(_fault("chain-gone", None, packs=unlisted))
    elif unlisted:
        found.append(Finding(code="chain-pack-unlisted", severity="warning", data={"packs": unlisted}))
    return found


# ------------------------------------------------------------------------------------------------------------- private


def _hash(fields: Mapping[str, Any]) -> str:
    return digest(canonical(dict(fields)))


def _fault(code: str, row: int | None, **data: Any) -> Finding:
    return Finding(code=code, severity="error", where=Where(file=CHAIN, row=row), data=data)


def _link_faults(links: Sequence[Link]) -> Iterator[Finding]:
    before: Link | None = None
    for place, link in enumerate(links, start=1):
        if not link.sound:
            yield _fault("chain-link-changed", place + 1, number=link.number)
        if link.number != place:
            yield _fault("chain-number", place + 1, number=link.number, wanted=place)
        if link.previous != (before.link if before else NOTHING_BEFORE):
            yield _fault("chain-previous", place + 1, number=link.number, before=before.number if before else 0)
        if before and link.time < before.time:
            data = {"number": link.number, "time": link.time, "before": before.time}
            yield Finding(code="chain-time", severity="warning", where=Where(file=CHAIN, row=place + 1), data=data)
        before = link


def _pack_faults(folder: Path, links: Sequence[Link], there: set[str]) -> Iterator[Finding]:
    for place, link in enumerate(links, start=1):
        if link.pack not in there:
            yield _fault("chain-pack-missing", place + 1, number=link.number, pack=link.pack)
        elif digest(read_bytes(folder / link.pack, MAX_PACK)) != link.sha256:
            yield _fault("chain-pack-changed", place + 1, number=link.number, pack=link.pack)
