"""Judgements on the page: findings and caveats, the gravest first, with the parts of the page that they bear on."""

from collections.abc import Sequence

from hsesg_carbon.report.blocks import Link, Remark, Remarks
from hsesg_carbon.report.reading import Json, Reading

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
}
"""In which section of the page a part of the statement is shown."""


def remarks(read: Reading, rows: Sequence[Json]) -> Remarks:
    """Return findings or caveats, the gravest first."""
    told = (_remark(read, row) for row in rows)
    return Remarks(tuple(sorted(told, key=lambda one: one.gravity)))


def _remark(read: Reading, row: Json) -> Remark:
    """Return a finding or a caveat with its weight in a word and the parts of the page that it bears on."""
    about = [str(one) for one in row.get("figures", ())]
    parts = dict.fromkeys(_NAMED.get(one.split("/")[0].split(".")[0], "") for one in about)
    links = tuple(Link(read.say(f"head-{one}"), f"#{one}") for one in parts if one)
    if len(links) > _ABOUT:
        links = (Link(read.say("most-figures"), "#figures"),)
    return Remark(
        row["severity"],
        read.say(f"severity-{row['severity']}"),
        read.term(row["message"]),
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
