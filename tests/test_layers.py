"""Imports point only downward (design section 3), and the heavy libraries have one door each."""

import ast
import tomllib
from functools import cache
from pathlib import Path

import pytest

from tests.quality import sizes

SOURCE = Path(__file__).resolve().parent.parent / "src" / "hsesg_carbon"
REASONS = Path(__file__).parent / "quality.toml"

LAYERS = [
    ["__main__"],
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
    ["printing.accounts", "printing.changes", "printing.delivered", "printing.explained", "printing.verified"],
    ["printing.console"],
    ["printing"],
    ["statement"],
    ["attainment", "calculation", "caveats"],
    ["disclose"],
    ["answers"],
    ["basis_answers"],
    ["answering"],
    ["deliveries", "monitor", "seal", "versions"],
    ["delivery", "detection", "recharges", "targets"],
    ["delivery.rows"],
    ["delivery.holding"],
    ["delivery.form"],
    ["delivery.cells"],
    ["delivery.pages"],
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
    ["base_year", "counterfactual"],
    [
        "consolidations",
        "drivers",
        "energy",
        "events",
        "gaps",
        "measures",
        "settings",
        "submeters",
        "uncertainty",
        "waste",
        "water",
    ],
    ["inventory"],
    ["boundary", "instruments", "intensity"],
    ["ledger"],
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
    ["percentages", "periods", "shown"],
    ["propagation", "units", "workbooks"],
    ["common_factors", "disturbances", "spreads"],
    ["errors", "findings"],
    ["attribution", "categories", "messages", "spelling", "writing"],
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
    assert sorted(name for layer in LAYERS for name in layer) == MODULES


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
        (
            "rich",
            {f"printing.{one}" for one in ("accounts", "changes", "console", "delivered", "explained", "verified")},
        ),
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


def test_what_is_long_has_its_reason_and_no_reason_is_left_over() -> None:
    """The page docs/reference/quality.md prints these reasons."""
    found, reasons = sizes(SOURCE), tomllib.loads(REASONS.read_text(encoding="utf-8"))
    for kind in ("functions", "modules"):
        assert sorted(one["name"] for one in found[f"long_{kind}"]) == sorted(reasons[kind]), kind
        assert all(reasons[kind].values()), kind


FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "breakpoint"}
FORBIDDEN_MODULES = {
    *("pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle", "ctypes", "code", "codeop", "runpy", "pty"),
    *("subprocess", "multiprocessing", "socket", "socketserver", "ssl", "asyncio", "urllib", "http", "ftplib"),
    *("smtplib", "telnetlib", "xmlrpc", "webbrowser", "requests", "httpx", "aiohttp", "yaml"),
}
FORBIDDEN_ATTRIBUTES = {
    "os.system",
    "os.popen",
    "os.fork",
    "os.posix_spawn",
    "pd.read_pickle",
    "pandas.read_pickle",
    "np.load",
    "pd.eval",
    "builtins.eval",
    "builtins.exec",
    "builtins.compile",
}


@pytest.mark.parametrize("module", MODULES)
def test_nothing_dangerous_is_used(module: str) -> None:
    """No code out of data, no other program, no network: in no module, by no name."""
    for node in nodes(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in FORBIDDEN_CALLS, f"{module}:{node.lineno} calls {node.func.id}"
        if isinstance(node, ast.Attribute):
            spelt = ast.unparse(node)
            assert spelt not in FORBIDDEN_ATTRIBUTES, f"{module}:{node.lineno} uses {spelt}"
            assert not spelt.startswith(("os.exec", "os.spawn")), f"{module}:{node.lineno} uses {spelt}"
            assert node.attr not in {"to_pickle", "read_pickle"}, f"{module}:{node.lineno} uses {spelt}"
        if isinstance(node, ast.Import):
            assert not {one.name.split(".")[0] for one in node.names} & FORBIDDEN_MODULES, f"{module}:{node.lineno}"
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in FORBIDDEN_MODULES, f"{module}:{node.lineno}"
            names = {f"{node.module}.{one.name}" for one in node.names}
            assert not names & FORBIDDEN_ATTRIBUTES, f"{module}:{node.lineno}"
