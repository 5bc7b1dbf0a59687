"""
Small faults in the source, one at a time: what a mutant is, which there are, and the changed code of one.

Only what stands in the body of a function or method is changed: its code is exchanged in the running process, so that
the imports are paid once (docs/decisions/0018-mutation-testing.md). Constants of a module, defaults of arguments and
annotations stay as they are.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import CodeType

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "src" / "hsesg_carbon"

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
RECKONED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Div,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}


@dataclass(frozen=True)
class Mutant:
    """One fault: the file, the outermost function, the place of the node in it, and what is done there."""

    module: str
    function: str
    node: int
    change: str
    line: int
    statement: int
    """The first line of the statement, for a line that the tracer does not see by itself."""
    first: int
    """The first line of the function, decorators with it, as its code object has it."""
    digest: str
    """Of the function's source: a function that was rewritten has new mutants."""

    @property
    def name(self) -> str:
        return f"{self.module}:{self.function}:{self.node}:{self.change}:{self.digest}"

    @property
    def path(self) -> Path:
        return PACKAGE / f"{self.module}.py"


def sample(modules: list[str], number: int, seed: int) -> list[Mutant]:
    """Return so many of the mutants of the modules, by the hash of seed and name: an edit elsewhere changes no draw."""
    every = [one for module in modules for one in mutants(module)]
    return sorted(every, key=lambda one: sha256(f"{seed}:{one.name}".encode()).hexdigest())[:number]


def mutants(module: str) -> Iterator[Mutant]:
    text = (PACKAGE / f"{module}.py").read_text(encoding="utf-8")
    for function, node in _functions(ast.parse(text)):
        digest = sha256((ast.get_source_segment(text, node) or "").encode()).hexdigest()[:8]
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        for number, (one, statement) in enumerate(_nodes(node)):
            for change in _changes(one):
                at = (one.lineno, statement.lineno) if isinstance(one, ast.expr | ast.stmt) else (0, 0)
                yield Mutant(module, function, number, change, *at, first, digest)


def mutated(mutant: Mutant) -> CodeType:
    """Return the code of the mutant's outermost function with its fault in it."""
    tree = ast.parse(mutant.path.read_text(encoding="utf-8"))
    function = next(node for name, node in _functions(tree) if name == mutant.function and _first(node) == mutant.first)
    node = next(one for number, (one, _) in enumerate(_nodes(function)) if number == mutant.node)
    _change(node, mutant.change)
    code = compile(ast.fix_missing_locations(tree), str(mutant.path), "exec", dont_inherit=True)
    return next(
        one for one in _codes(code) if one.co_qualname == mutant.function and one.co_firstlineno == mutant.first
    )


def shown(mutant: Mutant) -> str:
    """Return the statement before and after, for who has to explain a survivor."""
    tree = ast.parse(mutant.path.read_text(encoding="utf-8"))
    function = next(node for name, node in _functions(tree) if name == mutant.function and _first(node) == mutant.first)
    node, _ = next(pair for number, pair in enumerate(_nodes(function)) if number == mutant.node)
    before = ast.unparse(node)
    after = copy.deepcopy(node)
    _change(after, mutant.change)
    return f"{before}  ->  {ast.unparse(ast.fix_missing_locations(after))}"


def _first(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])


def _functions(tree: ast.AST, within: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{within}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{within}{node.name}.")
        elif isinstance(node, ast.If | ast.Try):
            yield from _functions(node, within)


def _nodes(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[ast.AST, ast.stmt]]:
    """Yield every node of the body with its statement: no docstring, annotation, default or type of a cast."""
    for statement in function.body:
        yield from _within(statement, statement)


def _within(node: ast.AST, statement: ast.stmt) -> Iterator[tuple[ast.AST, ast.stmt]]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    yield node, statement
    if isinstance(node, ast.JoinedStr):
        parts: list[ast.AST] = [each for each in node.values if isinstance(each, ast.FormattedValue)]
    elif isinstance(node, ast.FormattedValue):
        parts = [node.value]
    elif isinstance(node, ast.AnnAssign):
        parts = [node.value] if node.value else []
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        parts = list(node.body)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "cast":
        parts = list(node.args[1:])
    else:
        parts = list(ast.iter_child_nodes(node))
    for each in parts:
        yield from _within(each, each if isinstance(each, ast.stmt) else statement)


def _changes(node: ast.AST) -> list[str]:  # noqa: PLR0911 one kind of node, one answer
    match node:
        case ast.Compare():
            return [f"compare{number}" for number in range(len(node.ops))]
        case ast.BinOp() | ast.AugAssign() if type(node.op) in RECKONED:
            return ["reckon"]
        case ast.BoolOp():
            return ["andor"]
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            return ["drop"]
        case ast.Constant(value=bool() | int() | float() | str()):
            return ["constant"]
        case ast.Assign() | ast.AnnAssign(value=ast.expr()) if not _none(node.value):
            return ["none"]
        case ast.Return(value=ast.expr()) if not _none(node.value):
            return ["none"]
        case ast.Break() | ast.Continue():
            return ["leave"]
        case ast.If() | ast.While() | ast.IfExp():
            return ["negate"]
    return []


def _none(value: ast.AST | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _change(node: ast.AST, change: str) -> None:
    """Put the fault in: the node itself is changed, in its place."""
    match node:
        case ast.Compare():
            at = int(change.removeprefix("compare"))
            node.ops[at] = COMPARED[type(node.ops[at])]()
        case ast.BinOp() | ast.AugAssign():
            node.op = RECKONED[type(node.op)]()
        case ast.BoolOp():
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case ast.UnaryOp():
            node.op = ast.UAdd() if isinstance(node.op, ast.USub) else ast.Not()
            if isinstance(node.op, ast.Not):
                node.operand = ast.UnaryOp(ast.Not(), node.operand)
        case ast.Constant(value=bool()):
            node.value = not node.value
        case ast.Constant(value=str()):
            node.value = f"{node.value}XX"
        case ast.Constant():
            node.value = node.value + 1  # type: ignore[operator]
        case ast.Assign() | ast.AnnAssign() | ast.Return():
            node.value = ast.Constant(None)
        case ast.Break() | ast.Continue():
            # Both have no fields: the one becomes the other.
            node.__class__ = ast.Continue if isinstance(node, ast.Break) else ast.Break  # type: ignore[assignment]
        case ast.If() | ast.While() | ast.IfExp():
            node.test = ast.UnaryOp(ast.Not(), node.test)


def _codes(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _codes(one)
