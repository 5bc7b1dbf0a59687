"""Imports point only downward (design section 3), and the heavy libraries have one door each."""

import ast
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "hsesg_carbon"

LAYERS = [
    ["cli"],
    [
        "report.dashboard",
        "report.disclosed",
        "report.html",
        "report.marked",
        "report.template",
        "report.workpapers",
    ],
    ["report.annex", "report.schedules", "report.sections"],
    ["report.accounts", "report.assurance", "report.changes", "report.emissions", "report.underlying"],
    ["report.remarks"],
    ["report.reading"],
    ["report.blocks"],
    ["report.drawings"],
    ["report.binder", "report.charts", "report.inlined", "report.prefill", "report.traced"],
    ["report"],
    ["printing"],
    ["statement"],
    ["attainment", "calculation", "caveats"],
    ["disclose"],
    ["answers"],
    ["basis_answers"],
    ["answering"],
    ["deliveries", "monitor", "seal", "versions"],
    ["delivery", "detection", "recharges", "targets"],
    ["evidence"],
    ["workspace"],
    ["exports", "intake", "verification"],
    ["billing", "metering", "verification.materiality"],
    ["takings", "verification.verdict"],
    ["verification.against", "verification.claims", "verification.explain"],
    ["verification.completeness", "verification.magnitude"],
    ["verification.judgement"],
    ["verification.standard"],
    ["verification.checks", "verification.published"],
    ["verification.reported"],
    ["verification.relations"],
    ["verification.intervals", "verification.sampling"],
    ["monthly", "restate"],
    ["base_year", "counterfactual", "monitoring"],
    [
        "consolidations",
        "drivers",
        "energy",
        "events",
        "gaps",
        "measures",
        "submeters",
        "uncertainty",
        "waste",
        "water",
    ],
    ["inventory"],
    ["instruments", "ledger"],
    ["lines", "monitoring", "months"],
    ["corrections", "coverage", "plan"],
    ["sheets"],
    ["activities", "derive", "methodology", "editions", "equivalences", "indices", "ranges"],
    ["cells"],
    ["cube", "factors", "sites"],
    ["quantities", "vetting"],
    ["chain", "crate"],
    ["packs"],
    ["layouts"],
    ["mappings"],
    ["readings"],
    ["stamps"],
    ["anomalies", "records", "tables"],
    ["baselines"],
    ["periods", "shown"],
    ["propagation", "units", "workbooks"],
    ["common_factors", "disturbances", "spreads"],
    ["errors", "findings"],
    ["attribution", "categories", "messages", "writing"],
]
HEIGHT = {name: len(LAYERS) - place for place, layer in enumerate(LAYERS) for name in layer}
FILES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in SOURCE.rglob("*.py")
    if path != SOURCE / "__init__.py"
}
MODULES = sorted(FILES)

UPWARD = {("plan", "ledger")}
"""plan.run(activities) is the contract of the design and returns a Ledger (docs/decisions/0001-layers.md)."""


@cache
def nodes(module: str) -> tuple[ast.AST, ...]:
    """Return everything in a module; they are parsed once for all tests."""
    return tuple(ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))))


def imports_of(module: str) -> set[str]:
    """Return the modules of this package that a module imports, wherever in it the import stands."""
    found = set()
    for node in nodes(module):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("hsesg_carbon"):
            if node.module == "hsesg_carbon":
                found |= {alias.name for alias in node.names}
            else:
                found.add(node.module.removeprefix("hsesg_carbon."))
        elif isinstance(node, ast.Import):
            names = (alias.name for alias in node.names if alias.name.startswith("hsesg_carbon."))
            found |= {name.removeprefix("hsesg_carbon.") for name in names}
    return found


def test_every_module_has_its_place_in_the_layers() -> None:
    assert sorted(HEIGHT) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_only_downward(module: str) -> None:
    for other in imports_of(module):
        assert HEIGHT[other] < HEIGHT[module] or (module, other) in UPWARD, f"{module} imports {other}"


@pytest.mark.parametrize(
    ("library", "door"),
    [
        ("pint", {"units"}),
        ("openpyxl", {"workbooks", "report.marked"}),
        ("python_calamine", {"workbooks"}),
        ("csv", {"tables"}),
        ("typer", {"cli"}),
        ("rich", {"printing"}),
        ("rocrate", {"crate"}),
        ("altair", {"report.charts", "report.drawings"}),
        ("vl_convert", {"report.charts", "report.drawings"}),
        ("xlsxwriter", {"report.binder", "report.disclosed", "report.template"}),
    ],
)
def test_a_library_is_imported_in_one_place(library: str, door: set[str]) -> None:
    importers = set()
    for module in MODULES:
        for node in nodes(module):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name == library or name.startswith(f"{library}.") for name in names):
                importers.add(module)
    assert importers == door


@pytest.mark.parametrize("word", ["eval", "exec", "pickle", "subprocess", "socket", "urllib", "requests", "yaml"])
def test_nothing_dangerous_is_used(word: str) -> None:
    for module in MODULES:
        for node in nodes(module):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != word, f"{module} calls {word}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
                assert word not in [name.split(".")[0] for name in names], f"{module} imports {word}"
