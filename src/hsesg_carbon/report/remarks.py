"""Judgements on the page: findings and caveats, the gravest first, with the parts of the page that they bear on."""

from collections.abc import Sequence
from dataclasses import replace

from hsesg_carbon.report.blocks import Link, Remark, Remarks
from hsesg_carbon.report.reading import Json, Reading

_FEW = 3  # findings of a kind that are told one by one
_WHO = ("site", "meter")
_WHEN = ("year", "years", "month", "months", "period", "periods")
_ABOUT = 3  # parts of the page that a caveat is linked to; with more it bears on nearly all
_NAMED = {
    "totals": "scopes",
    "sources": "sources",
    "sites": "sites",
    "gases": "gases",
    "intensities": "intensities",
    "energy": "energy",
    "targets": "targets",
    "restatement": "restatement",
    "verification": "verification",
    "uncertainty": "uncertainty",
    "seal": "verify",
    "memo": "gases",
    "change_percent": "scopes",
    "since_base_percent": "scopes",
    "low": "uncertainty",
    "high": "uncertainty",
    "energy_totals": "energy",
    "completeness": "quality",
    "calculation": "calculation",
    "factors": "factors",
    "quality": "quality",
    "drivers": "drivers",
    "water": "water",
    "waste": "waste",
    "measures": "beside",
    "offsets": "beside",
    "consolidations": "boundaries",
    "national": "boundaries",
}
"""In which section of the page a part of the statement is shown."""


def remarks(read: Reading, rows: Sequence[Json]) -> Remarks:
    """Return findings or caveats, the gravest first; many findings of one kind are one with all their places."""
    kinds: dict[tuple[str, str], list[Json]] = {}
    for place, row in enumerate(rows):
        own = str(place) if "figures" in row else str(row["code"])  # a caveat stands for its kind already
        kinds.setdefault((own, row["severity"]), []).append(row)
    told = [
        one
        for own in kinds.values()
        for one in ([_alike(read, own)] if len(own) > _FEW else [_remark(read, row) for row in own])
    ]
    return Remarks(tuple(sorted(told, key=lambda one: one.gravity)))


def _alike(read: Reading, rows: Sequence[Json]) -> Remark:
    """Return many findings of one kind: the first in words, and every one by what tells it from the others."""
    alike = read.say("alike", count=len(rows))
    return replace(_remark(read, rows[0]), count=len(rows), alike=alike, each=_each(read, rows))


def _each(read: Reading, rows: Sequence[Json]) -> tuple[str, ...]:
    """Return the places and times of findings that differ in nothing else; else their sentences."""
    shared = [{name: one for name, one in row["data"].items() if name not in (*_WHO, *_WHEN)} for row in rows]
    if any(one != shared[0] for one in shared):
        sentences = [(read.term(read.sentence(row)), _place(read, row.get("where"))) for row in rows]
        return tuple(f"{said} ({place})" if place else said for said, place in sentences)
    times: dict[str, list[str]] = {}
    for row in rows:
        place = (*_who(read, row["data"]), _place(read, row.get("where")))
        own = times.setdefault(read.say("comma").join(one for one in place if one), [])
        own += [one for name in _WHEN for one in _listed(row["data"].get(name))]
    comma = read.say("comma")
    return tuple(
        read.say("each", place=place, times=comma.join(own)) if place and own else place or comma.join(own)
        for place, own in times.items()
    )


def _who(read: Reading, data: Json) -> list[str]:
    site, meter = data.get("site"), data.get("meter")
    return [*([read.site(str(site))] if site else []), *([read.say("where-meter", value=meter)] if meter else [])]


def _listed(value: str | list[str] | None) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []


def _remark(read: Reading, row: Json) -> Remark:
    """Return a finding or a caveat with its weight in a word and the parts of the page that it bears on."""
    about = [str(one) for one in row.get("figures", ())]
    parts = dict.fromkeys(_NAMED.get(one.split("/")[0].split(".")[0], "") for one in about)
    links = tuple(Link(read.say(f"head-{one}"), f"#{one}") for one in parts if one and read.applies(one))
    if len(links) > _ABOUT:
        links = (Link(read.say("most-figures"), "#figures"),)
    return Remark(
        row["severity"],
        read.say(f"severity-{row['severity']}"),
        read.term(read.sentence(row)),
        _place(read, row.get("where")),
        links,
    )


def _place(read: Reading, where: Json | None) -> str:
    """Return where a finding is, in words."""
    if not where:
        return ""
    said = [str(where["file"])] if where.get("file") else []
    said += [read.say(f"where-{one}", value=where[one]) for one in ("sheet", "row", "column") if where.get(one)]
    if where.get("activity_id") and len(said) < 2:  # noqa: PLR2004 - a file alone does not say which row
        said.append(str(where["activity_id"]))
    return read.say("comma").join(said)
