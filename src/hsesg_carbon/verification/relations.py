"""The relations of a reported table: a small grammar, read by a whitelist, units checked, turned around when needed."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from hsesg_carbon.errors import InputError
from hsesg_carbon.verification.intervals import EVERYTHING, Interval, point

ROW_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_TOKEN = re.compile(r"\s*(?:(?P<number>\d{1,30}(\.\d{1,30})?)|(?P<name>[a-z][a-z0-9_.]*)|(?P<sign>[-+*/()]))", re.ASCII)
_MAX_TEXT = 2000
_MAX_DEPTH = 40
_MAX_TOKENS = 500
"""A sum of 250 rows; longer ones are split by a subtotal."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, or all that a number can be; ``name`` says what it is of."""

    value: Interval
    name: str


@dataclass(frozen=True, slots=True)
class Ref:
    """The cell of a row, so many periods back (``prev``: 1)."""

    row: str
    back: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    """``left`` and ``right`` with ``+``, ``-``, ``*`` or ``/`` between them."""

    sign: Literal["+", "-", "*", "/"]
    left: "Expression"
    right: "Expression"


Expression = Constant | Ref | Operation
Lookup = Callable[[Ref], Interval]
Dimensions = Mapping[str, int]


def parse(text: str) -> Expression:
    """
    Read one relation. Nothing is ever evaluated as code.

    Raises:
        InputError: A character, a name or the order of things is not of the grammar; the message says where.

    Example:
        >>> said(parse("(a - prev(a)) / prev(a)"))
        'a / prev(a) - 1'
    """
    if len(text) > _MAX_TEXT:
        raise InputError("relation-too-long", text=text[: _MAX_TEXT // 25], most=_MAX_TEXT)
    tokens = []
    place = 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if found is None:
            raise InputError("relation-not-grammar", text=text, at=text[place:].strip()[:20])
        tokens.append(found[found.lastgroup or 0])
        if len(tokens) > _MAX_TOKENS:
            raise InputError("relation-too-long", text=text[:80], most=_MAX_TEXT)
        place = found.end()
    reader = _Reader(text, tokens)
    parsed = reader.sum(0)
    reader.end()
    return simplified(parsed)


class _Reader:
    """Recursive descent over the tokens of one relation."""

    def __init__(self, text: str, tokens: list[str]) -> None:
        self.text = text
        self.tokens = tokens
        self.place = 0

    def sum(self, depth: int) -> Expression:
        left = self.product(depth)
        while self.peek() in {"+", "-"}:
            sign: Literal["+", "-"] = "+" if self.take() == "+" else "-"
            left = Operation(sign, left, self.product(depth))
        return left

    def product(self, depth: int) -> Expression:
        left = self.single(depth)
        while self.peek() in {"*", "/"}:
            sign: Literal["*", "/"] = "*" if self.take() == "*" else "/"
            right = self.single(depth)
            if sign == "/" and next(refs(right), None) is None and value(right, _no_cell) == point(0):
                raise InputError("relation-divides-by-zero", text=self.text[:80])
            left = Operation(sign, left, right)
        return left

    def single(self, depth: int) -> Expression:
        if depth > _MAX_DEPTH:
            raise InputError("relation-too-deep", text=self.text[:80], most=_MAX_DEPTH)
        token = self.take()
        if token == "-":
            return Operation("-", Constant(point(0), "0"), self.single(depth + 1))
        if token == "(":
            inner = self.sum(depth + 1)
            self.expect(")")
            return inner
        if token == "prev" and self.peek() == "(":
            self.take()
            inner = self.single(depth + 1)
            self.expect(")")
            if not isinstance(inner, Ref):
                raise InputError("relation-not-grammar", text=self.text, at="prev(")
            return replace(inner, back=inner.back + 1)
        if token[:1].isdigit():
            return Constant(point(Fraction(token)), token)
        if ROW_ID.fullmatch(token):
            return Ref(token)
        raise InputError("relation-not-grammar", text=self.text, at=token or "…")

    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.place += 1
        return token

    def expect(self, token: str) -> None:
        if self.take() != token:
            raise InputError("relation-not-grammar", text=self.text, at=token)

    def end(self) -> None:
        if self.peek():
            raise InputError("relation-not-grammar", text=self.text, at=self.peek())


# -------------------------------------------------------------------------------------------------- shape


def simplified(expression: Expression) -> Expression:
    """
    Return the same value with fewer repetitions: an interval that stands twice is counted as if it were two.

    ``(a - b) / b`` becomes ``a / b - 1``, and ``a / (a + b)`` becomes ``1 / (1 + b / a)``.
    """
    if not isinstance(expression, Operation):
        return expression
    left, right = simplified(expression.left), simplified(expression.right)
    if expression.sign == "/" and left == right:
        return _ONE
    if (
        expression.sign == "/"
        and isinstance(left, Operation)
        and left.sign in {"+", "-"}
        and right in (left.left, left.right)
    ):
        parts = (simplified(Operation("/", side, right)) for side in (left.left, left.right))
        return Operation(left.sign, *parts)
    if expression.sign == "/" and isinstance(right, Operation) and right.sign == "+" and left != _ONE:
        terms = added(right)
        if [term for _, term in terms].count(left) == 1 and (1, left) in terms:
            rest = [one for one in terms if one != (1, left)]
            return Operation("/", _ONE, Operation("+", _ONE, Operation("/", summed(rest), left)))
    return Operation(expression.sign, left, right)


_ONE = Constant(point(1), "1")


def added(expression: Expression, sign: int = 1) -> list[tuple[int, Expression]]:
    """Return the terms of a sum with their signs; anything else is its own only term."""
    if isinstance(expression, Operation) and expression.sign in {"+", "-"}:
        other = sign if expression.sign == "+" else -sign
        return [*added(expression.left, sign), *added(expression.right, other)]
    return [(sign, expression)]


def summed(terms: Sequence[tuple[int, Expression]]) -> Expression:
    """Return the sum of terms with their signs: what ``added`` takes apart."""
    (sign, first), *others = terms
    whole = first if sign == 1 else Operation("-", Constant(point(0), "0"), first)
    for sign, one in others:
        whole = Operation("+" if sign == 1 else "-", whole, one)
    return whole


def refs(expression: Expression) -> Iterator[Ref]:
    """Yield every cell that an expression names, as often as it does."""
    if isinstance(expression, Ref):
        yield expression
    elif isinstance(expression, Operation):
        yield from refs(expression.left)
        yield from refs(expression.right)


def replaced(expression: Expression, old: Expression, new: Expression) -> Expression:
    """Return the expression with one part put in the place of another, wherever it stands."""
    if expression == old:
        return new
    if isinstance(expression, Operation):
        left, right = (replaced(side, old, new) for side in (expression.left, expression.right))
        return Operation(expression.sign, left, right)
    return expression


def said(expression: Expression) -> str:
    """Return the expression as a person would write it."""
    if isinstance(expression, Constant):
        return expression.name
    if isinstance(expression, Ref):
        text = expression.row
        for _ in range(expression.back):
            text = f"prev({text})"
        return text
    left, right = said(expression.left), said(expression.right)
    if isinstance(expression.left, Operation) and expression.sign in {"*", "/"} and expression.left.sign in {"+", "-"}:
        left = f"({left})"
    if isinstance(expression.right, Operation) and (
        expression.sign == "/" or (expression.sign in {"*", "-"} and expression.right.sign in {"+", "-"})
    ):
        right = f"({right})"
    return f"-{right}" if left == "0" and expression.sign == "-" else f"{left} {expression.sign} {right}"


# -------------------------------------------------------------------------------------------------- value


def value(expression: Expression, of: Lookup) -> Interval:
    """Return all that an expression can be."""
    if isinstance(expression, Ref):
        return of(expression)
    if isinstance(expression, Constant):
        return expression.value
    left, right = value(expression.left, of), value(expression.right, of)
    if expression.sign == "+":
        return left + right
    if expression.sign == "-":
        return left - right
    return left * right if expression.sign == "*" else left / right


def _no_cell(ref: Ref) -> Interval:
    """Look up a cell in an expression that names none."""
    raise InputError("relation-not-grammar", text=ref.row, at=ref.row)


def solved(expression: Expression, result: Interval, wanted: Ref, of: Lookup) -> Interval:
    """
    Return all that ``wanted`` can be where the expression is ``result``: everything, where it stands there twice.

    Example:
        >>> revenue = solved(parse("ghg / revenue"), point(2), Ref("revenue"), {Ref("ghg"): point(6)}.__getitem__)
        >>> revenue == point(3)
        True
    """
    if list(refs(expression)).count(wanted) != 1:
        return EVERYTHING
    while isinstance(expression, Operation):
        if wanted in refs(expression.left):
            other = value(expression.right, of)
            result = _LEFT[expression.sign](result, other)
            expression = expression.left
        else:
            other = value(expression.left, of)
            result = _RIGHT[expression.sign](result, other)
            expression = expression.right
    return result


_LEFT: Mapping[str, Callable[[Interval, Interval], Interval]] = {
    "+": lambda result, right: result - right,
    "-": lambda result, right: result + right,
    "*": lambda result, right: result / right,
    "/": lambda result, right: EVERYTHING if right == point(0) else result * right,  # over 0 nothing is known
}
_RIGHT: Mapping[str, Callable[[Interval, Interval], Interval]] = {
    "+": lambda result, left: result - left,
    "-": lambda result, left: left - result,
    "*": lambda result, left: result / left,
    "/": lambda result, left: left / result,
}


def dimensions(expression: Expression, of: Callable[[Ref], Dimensions | None]) -> Dimensions | None:
    """
    Return what an expression measures, ``None`` where it depends on a quantity whose unit nobody states.

    Raises:
        InputError: Things of different kinds are added.
    """
    if isinstance(expression, Ref):
        return of(expression)
    if isinstance(expression, Constant):
        return {}
    left, right = dimensions(expression.left, of), dimensions(expression.right, of)
    if expression.sign in {"+", "-"}:
        if left is not None and right is not None and left != right and not _is_zero(expression.left):
            raise InputError("relation-adds-unlike", left=said(expression.left), right=said(expression.right))
        return right if left is None or _is_zero(expression.left) else left
    if left is None or right is None:
        return None
    return ratio_of(left, right) if expression.sign == "/" else ratio_of(left, ratio_of({}, right))


def ratio_of(above: Dimensions, below: Dimensions) -> Dimensions:
    """
    Return what the ratio of two things measures.

    Example:
        >>> ratio_of({"[energy]": 1}, {"[mass]": 1, "[energy]": 1})
        {'[mass]': -1}
    """
    powers = {name: above.get(name, 0) - below.get(name, 0) for name in {*above, *below}}
    return {name: power for name, power in powers.items() if power}


def _is_zero(expression: Expression) -> bool:
    return isinstance(expression, Constant) and expression.value == point(0)
