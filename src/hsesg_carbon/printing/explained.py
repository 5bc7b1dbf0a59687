"""What a terminal shows of one row or one number, and the same as a plain document."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hsesg_carbon.messages import message, visible
from hsesg_carbon.printing.console import changed, print_table

if TYPE_CHECKING:
    from rich.console import Console

    from hsesg_carbon.editions import Difference
    from hsesg_carbon.factors import FactorLibrary
    from hsesg_carbon.findings import Finding
    from hsesg_carbon.inventory import Rung
    from hsesg_carbon.ledger import ExplainedLine, Explanation
    from hsesg_carbon.records import CatalogueEntry, EmissionFactor, FuelProperty, Gwp


def print_explanation(
    console: "Console", found: "Explanation", rungs: "Sequence[Rung]", remarks: "Sequence[Finding]", lang: str
) -> None:
    """Print every step from a row to its emissions, how it counts, and its rungs of the market-based ladder."""
    from hsesg_carbon.units import exact_text  # noqa: PLC0415

    row = found.row
    place = row.where.model_copy(update={"activity_id": None}).text(lang)
    heading = f"{row.activity_id}: {exact_text(row.quantity)} {row.key.unit} {row.key.activity}"
    console.print(visible(heading), style="bold", markup=False)
    console.print(
        message(
            "label.row-of", lang, site=row.key.site, region=row.key.region, period=row.period.label, place=place or "-"
        ),
        markup=False,
    )
    for key, text in (("field.evidence", row.evidence), ("field.note", row.note)):
        if text:
            console.print(visible(f"{message(key, lang)}: {text}"), markup=False)
    if row.part_of:
        code = "label.part-of-feedstock" if row.role == "feedstock" else "label.part-of"
        console.print(visible(message(code, lang, part_of=row.part_of, role=row.role or "–")), markup=False)
    if row.rounded:
        console.print(message("row-rounded", lang), markup=False)
    for line in found.lines:
        _print_line(console, found, line, lang)
    for remark in remarks:
        console.print(visible(remark.message(lang)), markup=False)
    if rungs:
        rows = [(one.period.label, one.stands_for, str(one.quantity), f"{one.amount} {one.flow}") for one in rungs]
        print_table(console, lang, message("label.ladder", lang), ("period", "rung", "quantity", "result"), rows)


def _print_line(console: "Console", found: "Explanation", line: "ExplainedLine", lang: str) -> None:
    from hsesg_carbon.units import exact_text  # noqa: PLC0415

    amount = f"{exact_text(line.amount.value)} {line.amount.unit}"
    name = line.flow.name_zh if lang == "zh" else line.flow.name_en
    rows = [
        (
            "",
            "",
            str(line.start),
            ""
            if line.share == 1
            else message("label.share-of-days", lang, share=exact_text(line.share), period=line.period.label),
        )
    ]
    for step in line.steps:
        origin = message("label.unit-change", lang)
        if step.record:
            parts = [
                step.record["id"],
                f"{(lang == 'zh' and step.record['title_zh']) or step.record['title']}, {step.record['locator']}",
                f"{message('field.checked', lang)}: {step.record['checked']}",
                step.record["note"],
            ]
            origin = "\n".join(str(part) for part in parts if part)
        rows.append((step.op, f"{exact_text(step.value)} {step.value_unit}", str(step.quantity), origin))
    method = f", {message(f'label.scope2-{line.scope2}', lang)}" if line.scope2 else ""
    title = f"{line.flow.flow} ({name}{method}): {amount}"
    print_table(console, lang, title, ("step", "value", "result", "source"), rows)
    console.print(
        message(
            "label.rule",
            lang,
            methodology=found.methodology,
            rule=line.rule or "–",
            reason=line.reason.get(lang) or "-",
            fit=list(line.fit),
        ),
        markup=False,
    )


def explanation_json(
    found: "Explanation", rungs: "Sequence[Rung]", remarks: "Sequence[Finding]", lang: str
) -> dict[str, Any]:
    """Return an explanation as plain data."""
    from hsesg_carbon.units import exact_text  # noqa: PLC0415

    return {
        "activity_id": found.row.activity_id,
        "activity": found.row.key.activity,
        "site": found.row.key.site,
        "region": found.row.key.region,
        "period": found.row.period.label,
        "quantity": exact_text(found.row.quantity),
        "unit": found.row.key.unit,
        "where": found.row.where.model_dump(exclude_none=True),
        "evidence": found.row.evidence,
        "note": found.row.note,
        "part_of": found.row.part_of,
        "role": found.row.role,
        "methodology": found.methodology,
        "lines": [
            {
                "period": line.period.label,
                "share": exact_text(line.share),
                "flow": line.flow.flow,
                "scope2": line.scope2,
                "amount": exact_text(line.amount.value),
                "unit": line.amount.unit,
                "rule": line.rule,
                "reason": line.reason[lang],
                "fit": list(line.fit),
                "steps": [
                    {
                        "op": step.op,
                        "value": exact_text(step.value),
                        "value_unit": step.value_unit,
                        "result": exact_text(step.quantity.value),
                        "unit": step.quantity.unit,
                        "record": step.record,
                    }
                    for step in line.steps
                ],
            }
            for line in found.lines
        ],
        "ladder": [
            {
                "period": rung.period.label,
                "stands_for": rung.stands_for,
                "quantity": exact_text(rung.quantity.value),
                "unit": rung.quantity.unit,
                "flow": rung.flow,
                "amount": exact_text(rung.amount.value),
                "amount_unit": rung.amount.unit,
            }
            for rung in rungs
        ],
        "counted": [one.message(lang) for one in remarks],
    }


def record_json(
    one: "CatalogueEntry | EmissionFactor | FuelProperty | Gwp", library: "FactorLibrary"
) -> dict[str, Any]:
    """Return a record with what stands behind its source: title, licence, address."""
    record: dict[str, Any] = one.model_dump(mode="json")
    source = library.sources.get(record.get("source", ""))
    if source is not None:
        record |= {
            "title": source.title,
            "title_zh": source.title_zh,
            "publisher": source.publisher,
            "edition": source.edition,
            "address": source.address,
            "licence": source.licence,
            "licence_class": source.licence_class,
        }
    return record


def print_record(console: "Console", record: Mapping[str, Any], lang: str) -> None:
    """Print what ``record_json`` returns, as far as there is something to tell."""
    rows = [
        (message(f"field.{name}", lang), "; ".join(value) if isinstance(value, list) else str(value))
        for name, value in record.items()
        if value not in (None, "", [])
    ]
    print_table(console, lang, "", (), rows)


def print_differences(console: "Console", found: "Sequence[Difference]", lang: str) -> None:
    """Print what changed between two editions, largest changes first; nothing where nothing did."""
    rows = [
        (
            changed(one.percent),
            *(f"{side.value} {side.unit}" if side else "–" for side in (one.before, one.after)),
            one.about,
        )
        for one in found
    ]
    if rows:
        print_table(console, lang, "", ("change", "before", "after", "number"), rows)


def print_hits(
    console: "Console",
    hits: "Sequence[CatalogueEntry | EmissionFactor | FuelProperty | Gwp]",
    library: "FactorLibrary",
    lang: str,
) -> None:
    """Print what a search found: activities, then numbers with where they hold and who publishes them."""
    from hsesg_carbon.records import CatalogueEntry  # noqa: PLC0415

    activities = [
        (one.activity, one.scope, one.name_zh if lang == "zh" else one.name_en, ", ".join(one.aliases))
        for one in hits
        if isinstance(one, CatalogueEntry)
    ]
    numbers = [
        (
            *(one.id, f"{one.value} {one.unit}", getattr(one, "region", ""), validity(one)),
            library.sources[one.source].titles[lang],
        )
        for one in hits
        if not isinstance(one, CatalogueEntry)
    ]
    if activities:
        print_table(console, lang, "", ("activity", "scope", "name", "aliases"), activities)
    if numbers:
        print_table(console, lang, "", ("id", "value", "region", "validity", "source"), numbers)


def validity(one: Any) -> str:
    """Return from when to when a number holds."""
    start, end = getattr(one, "valid_from", None), getattr(one, "valid_to", None)
    if start and end and start.year == end.year:
        return f"{start.year}"
    return f"{start.year if start else ''}–{end.year if end else ''}" if start or end else ""
