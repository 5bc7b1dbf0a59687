"""
Units and exact numbers: our own vocabulary (``units.txt``), grids for integer sums, and the one place that rounds.

pint is imported here and nowhere else, and only when the first unit is measured: each distinct unit text costs one call
of pint, whatever the number of rows.
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, InvalidOperation, localcontext
from fractions import Fraction
from functools import cache, lru_cache
from importlib.resources import files
from typing import Annotated, Any

from pydantic import BeforeValidator

from hsesg_carbon.errors import InputError, UnitError, near
from hsesg_carbon.spelling import nfkc

CO2E = "tCO2e"
"""The unit of every total that weighs gases against each other."""

SHOWN_PLACES = 12
"""Decimal places of a number that does not end as a decimal."""

_DENOMINATORS = 2**12
"""Of how many denominators it is remembered how their decimals end."""

_EXACT = Context(prec=1000, Emax=MAX_EMAX, Emin=MIN_EMIN)
_HALF = Decimal("0.5")
_MAX_TEXT = 80
_NUMBER = re.compile(r"[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}([,'’ \u00a0\u202f]\d{3})+(\.\d+)?")
_SEPARATORS = re.compile(r"[,'’\s]")
_FOLLOWED = re.compile(r"(?P<number>[+-]?\d[\d,'’]*(\.\d+)?)\s*(?P<tens>[万亿]?)\s*(?P<unit>[^\d\s.,%‰].{0,20})?")
_TENS = {"万": 10**4, "亿": 10**8}
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_PLAIN_DIGITS = str.maketrans(_SUPERSCRIPTS, "0123456789")
_FACTOR = re.compile(
    r"(?P<number>[1-9][0-9]{0,14}(\.[0-9]{1,15})?)(\^(?P<tens>-?[0-9]{1,2}))?"
    r"|(?P<name>[^\W\d]\w*)(\^(?P<power>-?[0-9]))?"  # other scripts have digits too, which pint takes for names
)


# -------------------------------------------------------------------------------------------------- numbers


def parse_number(text: str) -> Decimal:
    """
    Return the exact decimal that ``text`` states.

    Full-width digits are understood. Text, NaN, infinities and thousands separators are refused: ``1,234`` is 1234 to
    one reader and 1.234 to another.

    Raises:
        InputError: ``text`` is no plain number; its code says in which way.

    Example:
        >>> parse_number("１２.50")
        Decimal('12.50')
    """
    if len(text) <= _MAX_TEXT and _NUMBER.fullmatch(text):  # what data files hold
        return Decimal(text)
    plain = text.strip()
    if not plain.isascii():
        plain = "".join(unicodedata.normalize("NFKC", one) if _is_wide(one) else one for one in plain)
        plain = plain.strip().replace("\N{MINUS SIGN}", "-")
    if len(plain) <= _MAX_TEXT and _NUMBER.fullmatch(plain):
        return Decimal(plain)
    if _GROUPED.fullmatch(plain):
        raise InputError("number-grouped", value=text, plain=_SEPARATORS.sub("", plain))
    if plain.startswith("#"):
        raise InputError("number-excel-error", value=text)
    if plain.lower().lstrip("+-") in {"nan", "inf", "infinity"}:
        raise InputError("number-not-finite", value=text)
    _refuse_followed(plain)
    raise InputError("number-not-a-number", value=text[:_MAX_TEXT])


def _as_written(value: object) -> object:
    """Return text as the number that it states, by the rules of all numbers, and anything else as it is."""
    return parse_number(value) if isinstance(value, str) else value


Exact = Annotated[Decimal, BeforeValidator(_as_written)]
"""A number of a record that may be text: 1e999999999 is a line of a file, and as a fraction takes all memory."""


def _refuse_followed(text: str) -> None:
    """Say what to write instead of a number with a unit, or with ten thousands (万), behind it."""
    found = _FOLLOWED.fullmatch(text) if len(text) <= _MAX_TEXT else None
    if found is None or not (found["tens"] or found["unit"]):
        return
    if found["unit"] and unicodedata.category(found["unit"][0]).startswith("N"):  # 1① is no number of a unit
        return
    number = Decimal(_SEPARATORS.sub("", found["number"]))
    unit = found["unit"] or ""
    try:
        canonical(unit or "1")
    except UnitError:
        if unit:
            return
    if found["tens"]:
        whole = f"{number * _TENS[found['tens']]:f}"
        plain = whole.rstrip("0").rstrip(".") if "." in whole else whole
        raise InputError("number-in-tens", value=text, tens=found["tens"], plain=plain)
    raise InputError("number-with-unit", value=text, plain=f"{number:f}", unit=unit)


def _is_wide(character: str) -> bool:
    """Say whether a character is a full- or half-width form: a superscript two or a circled one is no such thing."""
    return unicodedata.decomposition(character).startswith(("<wide>", "<narrow>"))


def half_up(value: Fraction, places: int) -> Decimal:
    """
    Return ``value`` rounded to ``places`` decimals, halves away from zero. The one place that rounds for people.

    Example:
        >>> half_up(Fraction(5, 1000), 2), half_up(Fraction(-5, 1000), 2)
        (Decimal('0.01'), Decimal('-0.01'))
    """
    steps = abs(value) * 10**places
    whole = (2 * steps.numerator + steps.denominator) // (2 * steps.denominator)
    signed = -whole if value < 0 else whole
    return _decimal(signed, places)


def exact_text(value: Fraction, places: int = SHOWN_PLACES) -> str:
    """
    Return ``value`` as the decimal that it is, or half up to ``places`` where its decimals never end.

    Example:
        >>> exact_text(Fraction(11, 8)), exact_text(Fraction(1, 3))
        ('1.375', '0.333333333333')
    """
    text = ending_text(value)
    if text is not None:
        return text
    text = f"{half_up(value, places):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def known_text(value: Fraction | None) -> str | None:
    """Return ``value`` as ``exact_text`` does, ``None`` where none is known: data for programs says null."""
    return None if value is None else exact_text(value)


def ending_text(value: Fraction) -> str | None:
    """
    Return ``value`` as the decimal that it is, ``None`` where its decimals never end.

    Example:
        >>> ending_text(Fraction(11, 8)), ending_text(Fraction(1, 3))
        ('1.375', None)
    """
    found = scaled(value)
    return None if found is None else scaled_text(*found)


def scaled_text(whole: int, places: int) -> str:
    """
    Return ``whole`` over 10^``places`` as a decimal without needless zeros.

    Example:
        >>> scaled_text(1375, 3), scaled_text(-50, 1), scaled_text(7, 0)
        ('1.375', '-5', '7')
    """
    # of every quantity that is read: plain text costs a fifth of a Decimal with a context of its own
    if not places:
        return str(whole)
    digits = str(abs(whole)).rjust(places + 1, "0")
    end = len(digits) - places
    return f"{'-' * (whole < 0)}{digits[:end]}.{digits[end:]}".rstrip("0").rstrip(".")


def scaled(value: Fraction) -> tuple[int, int] | None:
    """
    Return ``value`` as an integer over a power of ten, ``None`` where its decimals never end.

    Example:
        >>> scaled(Fraction(11, 8)), scaled(Fraction(1, 3))
        ((1375, 3), None)
    """
    above, below = value.as_integer_ratio()
    places = _ending_places(below)
    return None if places is None else (above * 10**places // below, places)


def _decimal(steps: int, places: int) -> Decimal:
    with localcontext() as context:
        context.prec = max(28, len(str(abs(steps))) + 1)
        return Decimal(steps).scaleb(-places)


@lru_cache(_DENOMINATORS)
def _ending_places(denominator: int) -> int | None:
    """Return how many decimals a fraction with this denominator has, ``None`` if they never end."""
    twos = (denominator & -denominator).bit_length() - 1
    rest, fives = denominator >> twos, 0
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else None


@dataclass(frozen=True, slots=True)
class Amount:
    """
    An exact number and its unit. ``str()`` shows the decimal, ``value`` is the exact ``Fraction``.

    Example:
        >>> str(Amount(Fraction("8301.8496762"), "tCO2e")), Amount(Fraction(1, 8), "t").rounded(2)
        ('8301.8496762 tCO2e', Decimal('0.13'))
    """

    value: Fraction
    unit: str

    def __str__(self) -> str:
        return f"{exact_text(self.value)} {self.unit}"

    def __float__(self) -> float:
        return float(self.value)

    def rounded(self, places: int) -> Decimal:
        """Return the value rounded half up (away from zero) to ``places`` decimals."""
        return half_up(self.value, places)


# -------------------------------------------------------------------------------------------------- vocabulary


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    definition: str
    grid: int | None
    spellings: tuple[str, ...]
    source: str


@cache
def _vocabulary() -> dict[str, _Entry]:
    """Return every entry of units.txt by its name."""
    entries: dict[str, _Entry] = {}
    text = files("hsesg_carbon").joinpath("units.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, definition, grid, spellings, source = (part.strip() for part in line.split("|"))
        others = tuple(normalise(one) for one in spellings.split(",") if one.strip())
        entries[name] = _Entry(name, definition, -Decimal(grid).adjusted() if grid else None, others, source)
    return entries


@cache
def _names() -> dict[str, str]:
    """Return the name of the unit for every spelling."""
    names: dict[str, str] = {}
    for entry in _vocabulary().values():
        for spelling in (normalise(entry.name), *entry.spellings):
            if names.setdefault(spelling, entry.name) != entry.name:
                msg = f"units.txt: {spelling!r} is spelling of both {names[spelling]!r} and {entry.name!r}"
                raise AssertionError(msg)
    return names


@lru_cache(maxsize=4096)
def normalise(unit: str) -> str:
    """
    Return ``unit`` in NFKC with single spaces, ``^`` for powers and ``*`` for products: ``㎥`` becomes ``m3``.

    Example:
        >>> normalise("ＭＷｈ"), normalise("10⁴  ㎥")
        ('MWh', '10^4 m3')
    """
    text = re.sub(f"[{_SUPERSCRIPTS}]+", lambda found: "^" + found[0].translate(_PLAIN_DIGITS), unit)
    text = nfkc(text).replace("**", "^").replace("\N{MIDDLE DOT}", "*")
    text = text.replace("\N{DOT OPERATOR}", "*").replace("\N{MULTIPLICATION SIGN}", "*")
    return re.sub(r" ?([*/^]) ?", r"\1", " ".join(text.split()))


@lru_cache(maxsize=4096)
def canonical(unit: str) -> str:
    """
    Return the name under which units.txt knows ``unit``; a compound keeps its shape.

    Raises:
        UnitError: The unit is unknown; near matches are named.

    Example:
        >>> canonical("度"), canonical("㎥"), canonical("tCO2e/百万元")
        ('kWh', 'm3', 'tCO2e/million_CNY')
    """
    text = normalise(unit)
    if text in _names():
        return _names()[text]
    try:
        return "/".join("*".join(factors) for factors in _parse(text))
    except _StrangeError as error:
        suggestions = near_units(error.word or unit)
        code = "unknown-unit" if suggestions else "unknown-unit-nothing-near"
        raise UnitError(code, unit=unit[:_MAX_TEXT], suggestions=suggestions) from error


def is_unit(unit: str) -> bool:
    """
    Say whether ``unit`` is one; unlike ``canonical``, without looking for those that are like it, which takes time.

    Example:
        >>> is_unit("kgCO2e/kWh"), is_unit("kwhh")
        (True, False)
    """
    try:
        return normalise(unit) in _names() or bool(_parse(normalise(unit)))
    except _StrangeError:
        return False


def grid(unit: str) -> int:
    """
    Return k where quantities of ``unit`` are summed as integers of 10^-k of it.

    Raises:
        UnitError: The unit is unknown or cannot measure an activity.

    Example:
        >>> grid("kWh"), grid("MWh")
        (6, 9)
    """
    entry = _vocabulary().get(canonical(unit))
    if entry is None or entry.grid is None:
        raise UnitError("unit-no-grid", unit=unit)
    return entry.grid


def grids() -> dict[str, int]:
    """Return the grid exponent of every unit that can measure an activity, by every spelling."""
    known = _vocabulary()
    return {spelling: entry.grid for spelling, name in _names().items() if (entry := known[name]).grid is not None}


def ratio(unit: str, target: str) -> Fraction:
    """
    Return how many ``target`` one ``unit`` is, exactly.

    Raises:
        UnitError: A unit is unknown, or the two do not measure the same thing.

    Example:
        >>> ratio("MWh", "MJ"), ratio("GJ/10^4 m3", "MJ/m3")
        (Fraction(3600, 1), Fraction(1, 10))
    """
    size, kind = _measure(canonical(unit))
    target_size, target_kind = _measure(canonical(target))
    if kind != target_kind:
        raise UnitError("units-differ", unit=unit, target=target)
    return size / target_size


def sides(unit: str) -> tuple[str, str]:
    """
    Return what stands above and below the stroke of a ratio; nothing below where there is none.

    Example:
        >>> sides("GJ / 10^4 m3"), sides("kWh")
        (('GJ', '10^4 m3'), ('kWh', ''))
    """
    above, _, below = normalise(unit).partition("/")
    return above, below


def without_gas(above: str, gas: str) -> str:
    """
    Return the numerator of a factor without the gas that it may repeat: ``kgCO2`` of CO2 is ``kg``.

    CO2e is no gas but a unit of its own, and stays.
    """
    return above if gas == "CO2e" else above.removesuffix(gas).strip()


@lru_cache(maxsize=4096)  # a unit that is refused has its near matches looked for, which takes milliseconds
def is_co2e(unit: str) -> bool:
    """
    Say whether ``unit`` counts CO2e, however it is spelt; what is no unit at all does not.

    Example:
        >>> is_co2e("kgCO₂e"), is_co2e("千克二氧化碳当量"), is_co2e("kgCO2")
        (True, True, False)
    """
    try:
        return kind(unit) == kind(CO2E)
    except UnitError:
        return False


def per_co2(unit: str) -> bool:
    """
    Say whether ``unit`` is CO2 or CO2e per something, so that no one need guess which of the two a mass is.

    Example:
        >>> per_co2("kgCO₂/kWh"), per_co2("tCO2e/t"), per_co2("kgCO2"), per_co2("kg/kWh")
        (True, True, False, False)
    """
    above, below = sides(unit)
    return bool(below) and (above.endswith("CO2") or is_co2e(above))


def family(unit: str) -> str:
    """
    Return what units of one kind share that differ by a power of ten only, such as kWh and MWh, or m3 and L.

    Example:
        >>> family("MWh") == family("kWh"), family("mile") == family("km")
        (True, False)
    """
    size, kind = _measure(canonical(unit))
    below = size.denominator
    rest = below
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    power = below.bit_length()  # 10^power holds all twos and fives of the denominator
    digits = str(size.numerator * 10**power * rest // below).rstrip("0")
    return f"{digits}/{rest} {kind}"


def kind(unit: str) -> str:
    """
    Return what ``unit`` measures, as text that compares equal for units of one kind.

    Example:
        >>> kind("kWh") == kind("tce"), kind("Nm3") == kind("m3"), kind("L") == kind("万m3")
        (False, False, True)
    """
    return _measure(canonical(unit))[1]


def measured(unit: str) -> tuple[Fraction, dict[str, int]]:
    """
    Return the size of ``unit`` in base units, and the powers of what it measures.

    Raises:
        UnitError: The unit is unknown.

    Example:
        >>> measured("kgCO2e/MWh") == (Fraction(1, 3_600_000_000), {"[co2e]": 1, "[energy]": -1})
        True
    """
    size, what = _measure(canonical(unit))
    powers = (one.rsplit("^", 1) for one in what.split(" ") if "^" in one)
    return size, {name: int(power) for name, power in powers}


def near_units(unit: str) -> list[str]:
    """Return the units of which some spelling is like ``unit``, or holds it."""
    word = normalise(unit)
    gas = re.fullmatch(r"(.+?) ?co2", word, re.IGNORECASE)
    if gas and gas[1] in _names():  # a factor may repeat its gas, spelt as flows.csv has it; tCO2e is another unit
        return [f"{gas[1]}CO2"]
    spellings = near(word, list(_names()), count=8)
    if len(word) > 2:  # noqa: PLR2004  (one or two letters are in everything)
        spellings += [one for one in _names() if word.lower() in one.lower()]
    return list(dict.fromkeys(_names()[one] for one in spellings))[:5]


class _StrangeError(Exception):
    """A word that is no unit."""

    def __init__(self, word: str) -> None:
        self.word = word
        super().__init__(word)


def _parse(text: str) -> list[list[str]]:
    """Split ``a b/c`` into factors, names resolved: one list per side of each ``/``. A whitelist, never evaluated."""
    sides: list[list[str]] = []
    for side in text.split("/") if 0 < len(text) <= _MAX_TEXT else [""]:
        if side.strip() in _names():
            sides.append([_names()[side.strip()]])
            continue
        factors = []
        for one in re.split(r"[* ]", side):
            match = _FACTOR.fullmatch(one)
            name = match["name"] if match else None
            if match is None or (name is not None and name not in _names()):
                raise _StrangeError(one)
            factors.append(one if name is None else _with_power(_names()[name], match["power"]))
        sides.append(factors)
    return sides


def _with_power(name: str, power: str | None) -> str:
    """Return a unit to a power under the name that it has there: 米^2 is m2, and not m^2."""
    raised = f"{name}^{power}" if power else name
    return _names().get(raised, raised)


@cache
def _registry() -> Any:
    """Build pint's registry from units.txt alone, with exact fractions."""
    import pint  # noqa: PLC0415  (loaded with the first unit, not with the library)

    registry: Any = pint.UnitRegistry(None, non_int_type=Fraction)
    for entry in _vocabulary().values():
        registry.define(f"{entry.name} = {entry.definition}")
    return registry


@lru_cache(maxsize=4096)
def _measure(unit: str) -> tuple[Fraction, str]:
    """Return the size of a canonical unit in base units, and what it measures."""
    return _ask_pint(unit)


def _ask_pint(unit: str) -> tuple[Fraction, str]:
    """Measure ``unit`` with pint: its size in base units and its dimensions as text. Called once per distinct unit."""
    registry = _registry()
    first, *rest = unit.split("/")
    expression = first + "".join(f"/({side})" for side in rest)
    quantity = registry.Quantity(Fraction(1)) * registry.parse_expression(expression.replace("^", "**"))
    base = quantity.to_base_units()
    dimensions = {name: int(power) for name, power in base.dimensionality.items() if name != "[one]"}
    return Fraction(base.magnitude), " ".join(f"{name}^{dimensions[name]}" for name in sorted(dimensions)) or "[one]"


# -------------------------------------------------------------------------------------------------- grids


def to_grid(value: Decimal, exponent: int) -> tuple[int, bool]:
    """
    Return ``value`` in whole steps of 10^-``exponent``, and whether it had to be rounded (half away from zero).

    Example:
        >>> to_grid(Decimal("33.3333335"), 6), to_grid(Decimal("-1.5"), 0)
        ((33333334, True), (-2, True))
    """
    moved = value.scaleb(exponent, _EXACT)
    steps = int(moved)
    if steps == moved:
        return steps, False
    if abs(_EXACT.subtract(moved, Decimal(steps))) >= _HALF:
        steps += -1 if value < 0 else 1
    return steps, True


def decimal_of(value: object) -> Decimal | None:
    """
    Return the exact decimal of a cell: text, int, Decimal, or a float as its shortest text. ``None`` if there is none.

    Raises:
        InputError: Text that is no plain number, NaN or an infinity.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        raise InputError("number-not-a-number", value=str(value))
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise InputError("number-not-finite", value=str(value))
        return value
    try:
        return parse_number(repr(float(value)) if isinstance(value, float) else str(value))  # numpy floats are floats
    except InvalidOperation as problem:
        raise InputError("number-not-a-number", value=str(value)[:_MAX_TEXT]) from problem
