"""The annex of the report: the basis, the calculation of every total, the published numbers, how to check it all."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from hsesg_carbon.percentages import percent_text
from hsesg_carbon.report.blocks import (
    Block,
    Cell,
    Facts,
    Heading,
    Note,
    Row,
    Section,
    Table,
    whole_number,
)
from hsesg_carbon.report.reading import TOTAL, Json, Reading
from hsesg_carbon.report.remarks import remarks

_LINKS = 24  # rows of the calculation that a factor leads back to; their number says the rest


def annex(read: Reading) -> tuple[Section, ...]:
    """Return the sections that explain the figures."""
    made = {
        "basis": _basis,
        "calculation": _calculation,
        "factors": _factors,
        "findings": _findings,
        "verify": _verify,
    }
    return tuple(Section(id, read.say(f"head-{id}"), tuple(draw(read))) for id, draw in made.items())


# ---------------------------------------------------------------------------------------------------------- the basis


def _basis(read: Reading) -> Iterable[Block]:
    basis, base = read.statement["basis"], read.statement["base_year"]
    method, coal = basis["methodology"], basis["coal_equivalent"]
    named = (read.word(f"scope2-{one}", one) for one in read.methods)
    facts = {
        "methodology": read.say("with-id", name=read.name(method["title"], method["id"]), id=method["id"]),
        "gases": read.say("comma").join(basis["gases"]),
        "gwp": gwp(read),
        "scope2": read.say("comma").join(named),
        "consolidation": read.word(f"consolidation-{basis['consolidation']}", str(basis["consolidation"])),
        "base-year": read.say("none-stated") if base is None else str(base),
        "boundary": read.boundary(basis.get("boundary_id") or "") or read.say("none-stated"),
        "known-at": basis.get("known_at") or read.say("known-today"),
    }
    if coal:
        facts["coal"] = read.say("with-id", name=read.say(f"coal-{coal['electricity'] or 'none'}"), id=coal["source"])
    yield Facts(tuple((read.say(f"basis-{one}"), Cell(text)) for one, text in facts.items()))
    yield from (Note(read.name(one)) for one in basis.get("notes") or ())
    yield Heading(read.say("head-boundary"), "boundary")
    rows = [_site(read, one) for one in basis["boundary"]]
    columns = read.heads("site", "region", "held", "control", "from", "to")
    yield Table(read.say("boundary-caption"), columns, tuple(rows), frozenset({2}))


def gwp(read: Reading) -> str:
    """Return which set weighs the gases, in words."""
    found = read.statement["basis"]["gwp"]
    return read.say("gwp-none") if found == "none" else read.say("gwp-set", gwp=found)


def _site(read: Reading, row: Json) -> Row:
    share = row["share"]
    return Row(
        (
            Cell(read.name(row["name"], row["site"]), "head", note=None),
            Cell(row["region"] or ""),
            read.percent(None if share is None else percent_text(Fraction(share))),
            Cell(read.say("comma").join(read.word(f"report-control-{one}", one) for one in row["control"])),
            Cell(row["from"] or read.say("always")),
            Cell(row["to"] or read.say("still")),
        )
    )


# ------------------------------------------------------------------------------------------------------ the calculation


def _calculation(read: Reading) -> Iterable[Block]:
    there = bool(read.statement["calculation"])
    yield Note(read.say("calculation-note")) if there else Note(read.say("no-calculation"), "nothing")
    if read.energy_calculations:
        yield Note(read.say("energy-calculation-note"))
    for year in reversed(read.years):
        if there or any(of == year for of, _ in read.energy_calculations):
            yield Heading(read.say("calculation-of", year=year), f"calc-{year}")
        for method in read.methods if there else ():
            yield _added_up(read, year, method)
        for scope, by in read.lines():
            rows = read.calculations.get((year, scope, by))
            if scope != TOTAL and rows:
                yield _products(read, year, scope, by, rows)
        for measure, unit in (("gj", "GJ"), ("tce", "tce")):
            if found := read.energy_calculations.get((year, measure)):
                yield _energy_products(read, year, measure, unit, found)


def _added_up(read: Reading, year: int, method: str) -> Table:
    """Return how the scopes add up to a total."""
    unit, rows = read.statement["unit"], []
    for scope, by in read.lines():
        own = read.totals.get((year, scope, by))
        if scope != TOTAL and by in {None, method} and own:
            rows.append(
                Row(
                    (
                        Cell(read.scope(scope, by), "head"),
                        read.number(own["value"], unit, None, read.explained(year, scope, by)),
                    )
                )
            )
    whole = read.totals.get((year, TOTAL, method))
    rows.append(
        Row((Cell(read.scope(TOTAL, method), "head"), read.number(whole and whole["value"], unit)), None, "sum")
    )
    caption = read.say("added-up", year=year, name=read.scope(TOTAL, method), unit=unit)
    return Table(caption, read.heads("scope", "tco2e"), tuple(rows), frozenset({1}), id=f"calc-{year}-total-{method}")


def _products(read: Reading, year: int, scope: str, method: str | None, found: Sequence[tuple[str, Json]]) -> Table:
    """Return the products that a scope is the sum of, each with its steps below it."""
    rows: list[Row] = []
    for number, row in found:
        rows += _product(read, number, row)
    total = read.totals.get((year, scope, method))
    sums = read.number(total and total["value"], read.statement["unit"])
    rows.append(Row((Cell(read.scope(scope, method), "head", span=6), sums), None, "sum"))
    columns = read.heads("number", "source-of", "quantity", "multiplier", "amount", "weight", "tco2e")
    caption = read.say("products-caption", year=year, name=read.scope(scope, method))
    return Table(
        caption, columns, tuple(rows), frozenset({2, 3, 4, 5, 6}), "products", f"calc-{year}-{scope}-{method or 'only'}"
    )


def _product(read: Reading, number: str, row: Json) -> tuple[Row, Row]:
    unit = row.get("flow_unit") or "t"
    share = row.get("share", "1")
    held = "" if share == "1" else f" × {read.percent(percent_text(Fraction(share))).text} %"
    weight = read.number(None, "")
    if row["gwp"]:
        at = read.factor_link(row["gwp_id"]).href if row.get("gwp_id") else ""
        weight = Cell(f"{whole_number(row['gwp'])}{held}", "number", row["gwp"], href=at or None)
    cells = (
        *_multiplied(read, number, row, unit),
        Cell(f"{whole_number(row['amount'])} {unit} {row['flow']}", "number", row["amount"]),
        weight,
        read.number(row["tco2e"], read.statement["unit"], f"calculation/{row['id']}"),
    )
    return Row(cells, number), _steps(read, row)


def _multiplied(read: Reading, number: str, row: Json, unit: str) -> tuple[Cell, Cell, Cell, Cell]:
    """Return what every product begins with: its number, what it is of, its quantity and what that is multiplied by."""
    return (
        Cell(number, "head"),
        _source_of(read, row),
        Cell(f"{whole_number(row['quantity'])} {row['unit']}", "number", row["quantity"]),
        Cell(f"{whole_number(row['multiplier'])} {unit}/{row['unit']}", "number", row["multiplier"]),
    )


def _source_of(read: Reading, row: Json) -> Cell:
    """Return what a product is of, and where."""
    where = [one for one in (row.get("region"), row.get("technology"), row.get("instrument")) if one]
    if row["sites"] > 1:
        where.append(read.say("sites-of", count=row["sites"]))
    return Cell(read.name(row["name"], row["activity"]), note=read.say("comma").join(where))


def _steps(read: Reading, row: Json) -> Row:
    """Return the steps of a product, over the whole width, with links to the numbers used."""
    links = tuple(read.factor_link(one) for one in dict.fromkeys([row["factor"], *row["properties"]]) if one)
    reason = read.name(row.get("reason"))
    steps = Cell(" ".join(str(one) for one in row["steps"]), links=links, note=reason or None)
    return Row((steps,), None, "steps")


def _energy_products(read: Reading, year: int, measure: str, unit: str, found: Sequence[tuple[str, Json]]) -> Table:
    """Return the products that the energy of a year is the sum of, in one measure."""
    rows: list[Row] = []
    for number, row in found:
        cells = (
            *_multiplied(read, number, row, unit),
            Cell(f"{whole_number(row['amount'])} {unit}", "number", row["amount"]),
            read.percent(percent_text(Fraction(row["share"]))),
            read.number(row["counted"], unit, f"energy_calculation/{row['id']}"),
        )
        rows += [Row(cells, number), _steps(read, row)]
    total = next((one for one in read.statement["energy_totals"] if one["year"] == year), None)
    sums = read.number(total and total[measure], unit)
    rows.append(Row((Cell(read.say("all"), "head", span=6), sums), None, "sum"))
    columns = (
        *read.heads("number", "what", "quantity", "multiplier", "energy", "held"),
        read.say("column-counted", unit=unit),
    )
    caption = read.say("energy-products-caption", year=year, unit=unit)
    return Table(caption, columns, tuple(rows), frozenset({2, 3, 4, 5, 6}), "products", f"calc-{year}-energy-{measure}")


# ---------------------------------------------------------------------------------------------------------- the numbers


def _factors(read: Reading) -> Iterable[Block]:
    if not read.statement["factors"]:
        yield Note(read.say("no-factors"), "nothing")
        return
    yield Note(read.say("factors-note"))
    rows = [one for row in read.statement["factors"] for one in _factor(read, row)]
    columns = read.heads("number", "what", "value", "valid", "checked", "used")
    yield Table(read.say("factors-caption"), columns, tuple(rows), frozenset({2}), "factors")


def _factor(read: Reading, row: Json) -> tuple[Row, Row]:
    """Return the row of a number and, over its whole width, where it is published."""
    source, number = row["source"], read.factors[row["id"]]
    basis = read.word(f"report-heating-{row['basis']}", "")
    titled = [read.name(source["title"], source["id"]), source["publisher"], source["edition"], source["published"]]
    told = [read.name(one) for one in dict.fromkeys(one for one in titled if one)]
    links = read.calculation_links(list(row.get("used_by") or ()))
    cells = (
        Cell(number, "head"),
        Cell(read.term(row["what"], row["id"]), note=row["id"]),
        Cell(
            f"{whole_number(str(row['value']))} {row['unit']}",
            "number",
            str(row["value"]),
            f"factors/{row['id']}",
            note=basis,
        ),
        Cell(read.say("comma").join(one for one in (row["region"], _span(read, row["valid"])) if one)),
        Cell(read.word(f"report-checked-{row['checked']}", str(row["checked"]))),
        Cell(_besides(read, len(links)), links=links[:_LINKS]),
    )
    place = read.say("stop").join(one for one in (row["locator"], row["note"]) if one)
    return Row(cells, number), Row((Cell(read.say("comma").join(told), note=place),), None, "steps")


def _besides(read: Reading, count: int) -> str:
    """Return what the links to rows of the calculation leave out."""
    if count == 0:
        return read.say("used-not")
    return read.say("more-rows", count=count - _LINKS) if count > _LINKS else ""


def _span(read: Reading, valid: str | None) -> str:
    """Return the time that a number describes: ``2022-01-01/2022-12-31`` as the year that it is."""
    first, _, last = (valid or "").partition("/")
    if first[4:] == "-01-01" and last == f"{first[:4]}-12-31":
        return first[:4]
    if first and not last and "/" in (valid or ""):
        return read.say("valid-from", first=first)
    return f"{first}–{last}" if last else first


# ------------------------------------------------------------------------------------------------------ what was found


def _findings(read: Reading) -> Iterable[Block]:
    rows = read.statement["findings"]
    if rows:
        yield Note(read.say("findings-note"))
        yield remarks(read, rows)
    else:
        yield Note(read.say("findings-none"), "nothing")


def _verify(read: Reading) -> Iterable[Block]:
    seal = read.statement["seal"]
    facts = [(read.say("seal-state"), Cell(seal_state(read)[1]))]
    if seal["root"]:
        facts.append((read.say("seal-root"), Cell(seal["root"], exact=seal["root"], figure="seal/root", code=True)))
    if seal["sealed"] and not seal["sealed"]["same"]:
        facts.append((read.say("seal-before"), Cell(str(seal["sealed"]["root"]), code=True)))
    if seal.get("problem"):
        facts.append((read.say("seal-problem"), Cell(read.name(seal["problem"]))))
    facts += [(name, Cell(version)) for name, version in sorted(read.statement["versions"].items())]
    yield Facts(tuple(facts))
    yield Note(read.say("verify-how"))
    commands = ("footprint WORKSPACE --json", "seal WORKSPACE", "replay PACK")
    rows = [
        Row((Cell(f"hsesg-carbon {command}", "head", code=True), Cell(read.say(f"command-{command.split()[0]}"))))
        for command in commands
    ]
    yield Table(read.say("commands-caption"), read.heads("command", "does"), tuple(rows))
    yield Note(read.say("verify-trace"))


def seal_state(read: Reading) -> tuple[str, str]:
    """Return whether the accounts are sealed: ``same``, ``changed`` or ``none``, and the sentence that says so."""
    sealed = read.statement["seal"]["sealed"]
    if not sealed:
        return "none", read.say("seal-none")
    state = "same" if sealed["same"] else "changed"
    return state, read.say(f"seal-{state}", number=sealed["number"], time=str(sealed["time"])[:10])
