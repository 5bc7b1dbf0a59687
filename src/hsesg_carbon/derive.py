"""Activity data that follow from other figures, with the derivation: equipment, carbon, fuel gases, wastewater."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from hsesg_carbon import units
from hsesg_carbon.errors import CarbonError, InputError
from hsesg_carbon.findings import Finding
from hsesg_carbon.percentages import read_share, share_text
from hsesg_carbon.periods import Period
from hsesg_carbon.tables import Row, Table

M = TypeVar("M", bound=BaseModel)

IN_EQUIPMENT = ("refrigerant.*", "fire_suppression.*", "fugitive.sf6", "fugitive.co2")
"""Activities of gases that stand in equipment."""

CARBON_OXIDISED = "process.carbon_oxidised"
WASTEWATER = "wastewater.cod"
GAS_CARBON, GAS_ENERGY = "stationary.gas_carbon", "stationary.gas_energy"

CARBON_ATOMS: Mapping[str, int] = {
    **{"ch4": 1, "c2h6": 2, "c3h8": 3, "c4h10": 4, "i_c4h10": 4, "n_c4h10": 4},
    **{"c5h12": 5, "i_c5h12": 5, "n_c5h12": 5, "c6h14": 6, "c7h16": 7, "c8h18": 8},
    **{"c2h2": 2, "c2h4": 2, "c3h6": 3, "c4h8": 4, "c6h6": 6, "co": 1, "co2": 1},
    **{"h2": 0, "n2": 0, "o2": 0, "ar": 0, "he": 0, "h2s": 0, "h2o": 0},
}
"""Components of fuel gases and the carbon atoms of a molecule."""

CARBON_MASS = 12
"""g/mol, as 44/12 has it: a mole of carbon becomes 44 g of CO2."""

GAS_CONSTANT = Fraction("8.31446261815324")
"""J/(mol K): exact in the SI since 2019, the product of the Boltzmann and the Avogadro constant."""

_STANDARD_PRESSURE = 101325  # Pa
_ZERO_CELSIUS = Fraction("273.15")  # K
_REFERENCES = {"Nm3": ("0",), "Sm3": ("15",), "m3": ("0", "15", "20")}
"""The temperatures in °C, at 101.325 kPa, at which a volume can be stated."""

STAGES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "material-balance": (
        ("stock_start", "stock_end"),
        ("acquired", "disbursed"),
        ("capacity_start", "capacity_end"),
    ),
    "simplified": (("charged_new", "capacity_new"), ("recharged",), ("capacity_retired", "recovered")),
    "screening": (
        ("capacity_new", "installation_rate"),
        ("capacity", "leak_rate"),
        ("capacity_retired", "remaining_rate", "recovery_rate"),
    ),
}
"""The figures of each method, in groups that belong together."""

_RATES = ("installation_rate", "leak_rate", "remaining_rate", "recovery_rate")
_FIGURES = tuple(dict.fromkeys(name for stages in STAGES.values() for stage in stages for name in stage))
_COLUMNS = (
    *("activity_id", "site", "period", "activity", "quantity", "unit"),
    *("technology", "quality", "evidence", "note"),
)
_MONTHS = 12


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    site: str
    period: str
    evidence: str | None = None
    note: str | None = None


class GasInEquipment(_Row):
    """
    A row of ``refrigerants.csv``: what is known of a gas in the equipment of a site, and the method that it serves.

    Masses are in ``unit``; rates are text, a percentage or a fraction (``5%``, ``0.05``), ``leak_rate`` per year of
    use. ``days`` is how long the equipment ran, where that is not the whole period.
    """

    id: str | None = None
    activity: str
    method: Literal["material-balance", "simplified", "screening"]
    unit: str = "kg"
    stock_start: Decimal | None = Field(default=None, ge=0)
    stock_end: Decimal | None = Field(default=None, ge=0)
    acquired: Decimal | None = Field(default=None, ge=0)
    disbursed: Decimal | None = Field(default=None, ge=0)
    capacity_start: Decimal | None = Field(default=None, ge=0)
    capacity_end: Decimal | None = Field(default=None, ge=0)
    charged_new: Decimal | None = Field(default=None, ge=0)
    capacity_new: Decimal | None = Field(default=None, ge=0)
    recharged: Decimal | None = Field(default=None, ge=0)
    capacity_retired: Decimal | None = Field(default=None, ge=0)
    recovered: Decimal | None = Field(default=None, ge=0)
    capacity: Decimal | None = Field(default=None, ge=0)
    days: int | None = Field(default=None, gt=0)
    installation_rate: str | None = None
    leak_rate: str | None = None
    remaining_rate: str | None = None
    recovery_rate: str | None = None
    rate_source: str | None = None


class CarbonStream(_Row):
    """A row of ``process.csv``: a material that brings carbon into a process, or carries it out unoxidised."""

    balance: str
    role: Literal["in", "out"]
    material: str
    quantity: Decimal = Field(ge=0)
    unit: str
    carbon_content: Decimal = Field(ge=0)
    carbon_unit: str = "tC/t"
    content_source: str

    @property
    def per(self) -> tuple[str, str]:
        """The two sides of the carbon content's unit: ``("t", "t")`` of ``tC/t``."""
        above, below = units.sides(self.carbon_unit)
        return units.without_gas(above, "C"), below

    @property
    def carbon(self) -> Fraction:
        """The carbon in tonnes."""
        above, below = self.per
        amount = Fraction(self.quantity) * units.ratio(self.unit, below)
        return amount * Fraction(self.carbon_content) * units.ratio(above, "t")


class GasByComposition(_Row):
    """
    A row of ``gas_composition.csv``: a volume of a fuel gas and the mole fractions of its components.

    Fractions are text, a percentage or a fraction (``95.2%``, ``0.952``), and add up to 1; of an ideal gas, mole and
    volume fractions are the same. ``reference`` is the temperature of the volume in °C, at 101.325 kPa: needed for
    ``m3``, known for ``Nm3`` and ``Sm3``. ``oxidation`` is the share of the carbon that is burnt. ``ncv`` is the net
    heating value of the gas per volume at the same state, with its unit and source, or all three are blank.
    """

    id: str | None = None
    quantity: Decimal = Field(ge=0)
    unit: str
    reference: str | None = None
    oxidation: str
    composition_source: str = Field(min_length=1)
    ncv: Decimal | None = Field(default=None, gt=0)
    ncv_unit: str | None = None
    ncv_source: str | None = None
    ch4: str | None = None
    c2h6: str | None = None
    c3h8: str | None = None
    c4h10: str | None = None
    i_c4h10: str | None = None
    n_c4h10: str | None = None
    c5h12: str | None = None
    i_c5h12: str | None = None
    n_c5h12: str | None = None
    c6h14: str | None = None
    c7h16: str | None = None
    c8h18: str | None = None
    c2h2: str | None = None
    c2h4: str | None = None
    c3h6: str | None = None
    c4h8: str | None = None
    c6h6: str | None = None
    co: str | None = None
    co2: str | None = None
    h2: str | None = None
    n2: str | None = None
    o2: str | None = None
    ar: str | None = None
    he: str | None = None
    h2s: str | None = None
    h2o: str | None = None

    @property
    def fractions(self) -> dict[str, str]:
        """The components that are stated, as they are written."""
        return {name: text for name in CARBON_ATOMS if (text := getattr(self, name)) is not None}

    @property
    def state(self) -> str:
        """The unit whose kind of volume this is: ``Nm3``, ``Sm3`` or ``m3``; any other raises."""
        kinds = {units.kind(one): one for one in _REFERENCES}
        return kinds[units.kind(self.unit)]


class Wastewater(_Row):
    """A row of ``wastewater.csv``: organic matter (COD) that reaches a treatment, and what leaves it otherwise."""

    id: str | None = None
    treatment: str
    unit: str = "kg"
    cod_in: Decimal = Field(ge=0)
    cod_out: Decimal | None = Field(default=None, ge=0)
    cod_sludge: Decimal | None = Field(default=None, ge=0)


@dataclass(frozen=True, slots=True)
class Term:
    """A part of a derived quantity: as it is written with its numbers, and its exact value."""

    text: str
    value: Fraction


@dataclass(frozen=True, slots=True)
class Derived:
    """
    A quantity that follows from others: its terms, their unit, and what the figures rest on.

    Example:
        >>> Derived("COD", (Term("cod_in 9", Fraction(9)), Term("−cod_sludge 2", Fraction(-2))), "kg").note
        'COD: cod_in 9 − cod_sludge 2 = 7 kg'
    """

    label: str
    terms: tuple[Term, ...]
    unit: str
    basis: str = ""

    @property
    def total(self) -> Fraction:
        """The exact sum of the terms."""
        return sum((term.value for term in self.terms), Fraction(0))

    @property
    def formula(self) -> str:
        """The terms as a sum."""
        return " + ".join(term.text for term in self.terms).replace(" + −", " − ")

    @property
    def quantity(self) -> str:
        """The total as a decimal: exactly, or half up on the grid of its unit where it does not end."""
        return units.exact_text(self.total, units.grid(self.unit))

    @property
    def ends(self) -> bool:
        """Whether the quantity is the exact total."""
        return Fraction(self.quantity) == self.total

    @property
    def note(self) -> str:
        """The derivation in one line."""
        basis = f" [{self.basis}]" if self.basis else ""
        return f"{self.label}: {self.formula} {'=' if self.ends else '≈'} {self.quantity} {self.unit}{basis}"


def rate(text: str) -> Fraction:
    """
    Return the exact share that ``text`` states, as a percentage or a fraction.

    Raises:
        InputError: It is no number, or not between 0 and 1.

    Example:
        >>> rate("3.5%"), rate("0.1")
        (Fraction(7, 200), Fraction(1, 10))
    """
    share = read_share(text)
    if not 0 <= share <= 1:
        raise InputError("rate-out-of-range", value=text)
    return share


def years(period: Period, days: int | None = None) -> Fraction:
    """
    Return the length of a period in years, or of so many days of it.

    Whole months are twelfths; other days count as 365ths, in a leap year as 366ths.

    Example:
        >>> years(Period.parse("2024-Q1")), years(Period.parse("2024"), 61)
        (Fraction(1, 4), Fraction(1, 6))
    """
    after = period.end + timedelta(days=1)
    if days is None and period.start.day == after.day == 1:
        return Fraction((after.year - period.start.year) * _MONTHS + after.month - period.start.month, _MONTHS)
    length = Fraction(0)
    for year in range(period.start.year, period.end.year + 1):
        whole = Period.parse(str(year))
        inside = Period(max(period.start, whole.start), min(period.end, whole.end))
        length += Fraction(inside.days, whole.days)
    return length if days is None else length * Fraction(days, period.days)


# --------------------------------------------------------------------------------------------------- gases in equipment


def refrigerants(table: Table) -> Table:
    """
    Return the activity rows of ``refrigerants.csv``: what was lost, in the unit of the row, by the method of the row.

    Raises:
        InputError: Every figure that is missing, does not fit or makes a loss negative, with its row and column.
    """
    rows, notes, problems = [], list[Finding](), list[Finding]()
    for row, one in _records(table, GasInEquipment):
        wrong = _equipment_faults(one, table, row)
        if not wrong:
            basis = one.rate_source or ""
            made = Derived(one.method, tuple(_lost(one)), units.canonical(one.unit), basis)
            wrong = _negative(made, table, row, each=one.method == "simplified")
        problems += wrong
        if wrong:
            continue
        cells = _cells(one, one.id or f"refrigerants-{row.number}", one.activity, made)
        if one.method == "screening":
            cells["quality"] = "estimated"
        rows.append(Row(row.number, cells))
        notes += _rounded(made, table, row)
    return _made(table, rows, notes, problems)


def _equipment_faults(one: GasInEquipment, table: Table, row: Row) -> list[Finding]:
    """Return what a row lacks for its method, and what it states without use."""
    stages = STAGES[one.method]
    wrong = _unfit(one.unit, "kg", table, row, "unit") + _no_period(one.period, table, row)
    if not any(fnmatchcase(one.activity, pattern) for pattern in IN_EQUIPMENT):
        wrong.append(_fault("derive-activity", table, row, "activity", activity=one.activity, known=IN_EQUIPMENT))
    for stage in stages:
        blank = [name for name in stage if getattr(one, name) is None]
        if len(blank) < len(stage) or one.method == "material-balance":
            wrong += [
                _fault("derive-cell-missing", table, row, name, column=name, method=one.method, together=stage)
                for name in blank
            ]
    used = {name for stage in stages for name in stage}
    stated = {name for name in _FIGURES if getattr(one, name) is not None}
    if not used & stated and one.method != "material-balance":
        wrong.append(_fault("derive-nothing-stated", table, row, None, method=one.method, columns=sorted(used)))
    unused = sorted(stated - used)
    if one.days is not None and "capacity" not in stated & used:
        unused.append("days")
    if one.rate_source is not None and one.method != "screening":
        unused.append("rate_source")
    wrong += [_fault("derive-cell-unused", table, row, name, column=name, method=one.method) for name in unused]
    if one.method == "screening" and one.rate_source is None:
        wrong.append(_fault("derive-rate-source-missing", table, row, "rate_source"))
    for name in _RATES:
        wrong += _unread(rate, getattr(one, name), table, row, name)
    if not wrong and one.days is not None and one.days > (whole := Period.parse(one.period).days):
        wrong.append(_fault("derive-days-too-many", table, row, "days", days=one.days, of=whole))
    return wrong


def _lost(one: GasInEquipment) -> list[Term]:
    """Return the terms of a loss, one for each group of figures that the row states."""
    terms = []
    for stage in STAGES[one.method]:
        first, *others = (getattr(one, name) for name in stage)
        if first is None:
            continue
        name, *names = stage
        if one.method != "screening":
            text = "".join(f" − {other} {_shown(value)}" for other, value in zip(names, others, strict=True))
            text = f"({name} {_shown(first)}{text})" if names else f"{name} {_shown(first)}"
            terms.append(Term(text, Fraction(first) - sum(map(Fraction, others), Fraction(0))))
            continue
        value, text = Fraction(first) * rate(others[0]), f"{name} {_shown(first)} × {names[0]} {others[0]}"
        if name == "capacity":
            length = years(Period.parse(one.period), one.days)
            value, text = value * length, f"{text}/year × {length} year"
        if name == "capacity_retired":
            value, text = value * (1 - rate(others[1])), f"{text} × (1 − {names[1]} {others[1]})"
        terms.append(Term(text, value))
    return terms


# -------------------------------------------------------------------------------------------------- carbon, wastewater


def process(table: Table) -> Table:
    """
    Return the activity rows of ``process.csv``: the carbon, in t, that each balance oxidises (what goes in less out).

    The row of a balance is found under its name, at the place of its first stream.

    Raises:
        InputError: Streams that do not fit, or a balance that gives out more carbon than it takes in.
    """
    balances: dict[str, list[tuple[Row, CarbonStream]]] = {}
    problems: list[Finding] = []
    for row, one in _records(table, CarbonStream):
        wrong = _stream_faults(one, table, row)
        streams = balances.setdefault(one.balance, [])
        for name in ("site", "period") if streams else ():
            if getattr(streams[0][1], name) != (found := getattr(one, name)):
                stated = {"balance": one.balance, "column": name, "found": found}
                wrong.append(_fault("balance-differs", table, row, name, **stated))
        streams.append((row, one))
        problems += wrong
    rows, notes = [], list[Finding]()
    for name, streams in balances.items() if not problems else ():
        row, first = streams[0]
        sources = "; ".join(dict.fromkeys(f"{one.material}: {one.content_source}" for _, one in streams))
        made = Derived("carbon in − carbon out", tuple(_carbon_term(one) for _, one in streams), "t", sources)
        wrong = _negative(made, table, row, each=False)
        problems += wrong
        if wrong:
            continue
        told = {
            column: "; ".join(dict.fromkeys(text for _, one in streams if (text := getattr(one, column))))
            for column in ("evidence", "note")
        }
        cells = _cells(first.model_copy(update=told), name, CARBON_OXIDISED, made)
        rows.append(Row(row.number, cells))
        notes += _rounded(made, table, row)
    return _made(table, rows, notes, problems)


def _stream_faults(one: CarbonStream, table: Table, row: Row) -> list[Finding]:
    """Return what is wrong with a stream: units that do not fit, more carbon than mass."""
    above, below = one.per
    wrong = _no_period(one.period, table, row)
    if not (above and below):
        return [*wrong, _fault("carbon-unit-broken", table, row, "carbon_unit", unit=one.carbon_unit)]
    wrong += _unfit(above, "t", table, row, "carbon_unit") or _unfit(one.unit, below, table, row, "unit")
    if not wrong and units.kind(below) == units.kind("t"):
        share = Fraction(one.carbon_content) * units.ratio(f"{above}/{below}", "t/t")
        if share > 1:
            data = {"value": _shown(one.carbon_content), "unit": one.carbon_unit}
            wrong.append(_fault("carbon-content-above-one", table, row, "carbon_content", **data))
    return wrong


def _carbon_term(one: CarbonStream) -> Term:
    sign = "" if one.role == "in" else "−"
    text = f"{sign}{one.material} {_shown(one.quantity)} {one.unit} × {_shown(one.carbon_content)} {one.carbon_unit}"
    return Term(text, one.carbon if one.role == "in" else -one.carbon)


def molar_volume(celsius: str) -> Fraction:
    """
    Return the volume of a mole of ideal gas at a temperature and 101.325 kPa, exactly.

    Returns:
        The volume. [m3/mol]

    Example:
        >>> [str(units.half_up(1000 * molar_volume(celsius), 6)) for celsius in ("0", "15", "20")]
        ['22.413970', '23.644830', '24.055117']
    """
    return GAS_CONSTANT * (_ZERO_CELSIUS + int(celsius)) / _STANDARD_PRESSURE


def gas_composition(table: Table) -> Table:
    """
    Return the activity rows of ``gas_composition.csv``: the carbon burnt in t, and the energy in GJ where it is known.

    Energy follows where a heating value is stated.
    Carbon is volume over molar volume times the carbon atoms of the mixture times 12 g/mol times the share oxidised:
    a balance of the ideal gas, compressibility left aside. CO2 that the gas holds already counts with it.

    Raises:
        InputError: Figures that do not fit, or fractions that do not add up to 1, with their sum.
    """
    rows, notes, problems = [], list[Finding](), list[Finding]()
    for row, one in _records(table, GasByComposition):
        wrong = _gas_faults(one, table, row)
        problems += wrong
        if wrong:
            continue
        name, made = one.id or f"gas-{row.number}", _gas_carbon(one)
        rows.append(Row(row.number, _cells(one, name, GAS_CARBON, made)))
        notes += _rounded(made, table, row)
        if one.ncv is None:
            notes.append(Finding(code="gas-energy-unknown", severity="warning", where=table.where(row)))
            continue
        above, below = units.sides(one.ncv_unit or "")
        energy = Fraction(one.quantity) * units.ratio(one.unit, below) * Fraction(one.ncv) * units.ratio(above, "GJ")
        text = f"{_shown(one.quantity)} {one.unit} × {_shown(one.ncv)} {one.ncv_unit}"
        made = Derived("net energy", (Term(text, energy),), "GJ", one.ncv_source or "")
        rows.append(Row(row.number, _cells(one, f"{name}-energy", GAS_ENERGY, made)))
        notes += _rounded(made, table, row)
    return _made(table, rows, notes, problems)


def _gas_faults(one: GasByComposition, table: Table, row: Row) -> list[Finding]:
    """Return what is wrong with a gas: its period, volume, fractions or heating value."""
    wrong = _no_period(one.period, table, row)
    for name, text in {**one.fractions, "oxidation": one.oxidation}.items():
        wrong += _unread(rate, text, table, row, name)
    try:
        allowed = _REFERENCES[one.state]
        if (one.reference is None and len(allowed) > 1) or one.reference not in {None, *allowed}:
            data = {"unit": one.unit, "known": allowed}
            wrong.append(_fault("gas-reference", table, row, "reference", **data))
    except (KeyError, CarbonError):
        wrong.append(_fault("gas-unit", table, row, "unit", unit=one.unit))
    if not wrong and (total := sum(map(rate, one.fractions.values()), Fraction(0))) != 1:
        shown = share_text(total)
        wrong.append(_fault("gas-fractions-sum", table, row, None, total=shown, columns=list(one.fractions)))
    stated = [name for name in ("ncv", "ncv_unit", "ncv_source") if getattr(one, name) is not None]
    if stated and len(stated) < len(("ncv", "ncv_unit", "ncv_source")):
        wrong.append(_fault("gas-ncv-incomplete", table, row, stated[0]))
    elif one.ncv_unit is not None and not wrong:
        above, below = units.sides(one.ncv_unit)
        wrong += _unfit(above, "GJ", table, row, "ncv_unit") or _unfit(below or "-", one.unit, table, row, "ncv_unit")
    return wrong


def _gas_carbon(one: GasByComposition) -> Derived:
    """Return the carbon of a gas that is burnt, one term for each component that holds some."""
    celsius = one.reference or _REFERENCES[one.state][0]
    moles = Fraction(one.quantity) * units.ratio(one.unit, one.state) / molar_volume(celsius)
    tonnes = moles * CARBON_MASS * rate(one.oxidation) * units.ratio("g", "t")
    litres = units.half_up(molar_volume(celsius) * 1000, 9)
    scale = f"{_shown(one.quantity)} {one.unit} ÷ {litres} L/mol ({celsius} °C, 101.325 kPa) × {CARBON_MASS} g/mol"
    terms = tuple(
        Term(f"{name} {text} × {CARBON_ATOMS[name]}", tonnes * rate(text) * CARBON_ATOMS[name])
        for name, text in one.fractions.items()
        if CARBON_ATOMS[name]
    )
    return Derived(f"carbon, {scale} × oxidised {one.oxidation} × sum of", terms, "t", one.composition_source)


def wastewater(table: Table) -> Table:
    """
    Return the activity rows of ``wastewater.csv``: COD that the treatment removes from the water, less what is sludge.

    ``cod_out`` and ``cod_sludge`` may be blank: then nothing is deducted.

    Raises:
        InputError: Figures that do not fit, or more COD that leaves than arrives.
    """
    rows, notes, problems = [], list[Finding](), list[Finding]()
    for row, one in _records(table, Wastewater):
        wrong = _unfit(one.unit, "kg", table, row, "unit") + _no_period(one.period, table, row)
        terms = [Term(f"cod_in {_shown(one.cod_in)}", Fraction(one.cod_in))]
        for name in ("cod_out", "cod_sludge"):
            if (value := getattr(one, name)) is not None:
                terms.append(Term(f"−{name} {_shown(value)}", -Fraction(value)))
        if not wrong:
            made = Derived("COD", tuple(terms), units.canonical(one.unit))
            wrong = _negative(made, table, row, each=False)
        problems += wrong
        if wrong:
            continue
        cells = _cells(one, one.id or f"wastewater-{row.number}", WASTEWATER, made)
        cells["technology"] = one.treatment
        rows.append(Row(row.number, cells))
        notes += _rounded(made, table, row)
    return _made(table, rows, notes, problems)


@dataclass(frozen=True, slots=True)
class Derivation:
    """How the rows of a table become activity rows; ``model`` is what a row must hold."""

    model: type[BaseModel]
    activity_rows: Callable[[Table], Table]

    def __call__(self, table: Table) -> Table:
        """Return the activity rows of a table."""
        return self.activity_rows(table)


DERIVATIONS: Mapping[str, Derivation] = {
    "refrigerants": Derivation(GasInEquipment, refrigerants),
    "process": Derivation(CarbonStream, process),
    "gas_composition": Derivation(GasByComposition, gas_composition),
    "wastewater": Derivation(Wastewater, wastewater),
}
"""What makes activity rows of a table, by the name of its file."""

# ------------------------------------------------------------------------------------------------------------- private


def _records(table: Table, model: type[M]) -> list[tuple[Row, M]]:
    records, problems = table.records(model)
    if problems:
        raise InputError("table-broken", problems, file=table.file)
    return list(zip(table.rows, records, strict=True))


def _made(table: Table, rows: list[Row], notes: list[Finding], problems: list[Finding]) -> Table:
    if problems:
        raise InputError("table-broken", problems, file=table.file)
    return Table(table.file, table.sheet, _COLUMNS, tuple(rows), (), (*table.notes, *notes))


def _cells(one: _Row, name: str, activity: str, made: Derived) -> dict[str, str]:
    """Return an activity row, with the derivation before the row's own note."""
    note = "; ".join(filter(None, (made.note, one.note)))
    cells = {"activity_id": name, "site": one.site, "period": one.period, "activity": activity}
    cells |= {"quantity": made.quantity, "unit": made.unit, "note": note}
    return cells | ({"evidence": one.evidence} if one.evidence else {})


def _shown(value: Decimal) -> str:
    return units.exact_text(Fraction(value))


def _rounded(made: Derived, table: Table, row: Row) -> list[Finding]:
    """Say so where a derived quantity never ends as a decimal and was rounded to the grid of its unit."""
    if made.ends:
        return []
    data = {"quantity": made.quantity, "unit": made.unit}
    return [Finding(code="derived-rounded", severity="info", where=table.where(row), data=data)]


def _negative(made: Derived, table: Table, row: Row, *, each: bool) -> list[Finding]:
    """Return a fault where a quantity is below zero: every such term, or the sum with the term that pulls it down."""
    below = [term for term in made.terms if term.value < 0] if each else []
    if not below and made.total >= 0:
        return []
    code, terms = "derive-term-negative", below
    if not below:
        code, terms = "derive-negative", [min(made.terms, key=lambda term: term.value)]
    common = {"formula": made.formula, "total": units.exact_text(made.total), "unit": made.unit}
    return [
        _fault(code, table, row, None, term=term.text, value=units.exact_text(term.value), **common) for term in terms
    ]


def _unfit(unit: str, wanted: str, table: Table, row: Row, column: str) -> list[Finding]:
    """Return a fault where a unit is unknown or measures something else than ``wanted``."""
    return _unread(lambda one: units.ratio(one, wanted), unit, table, row, column)


def _no_period(period: str, table: Table, row: Row) -> list[Finding]:
    return _unread(Period.parse, period, table, row, "period")


def _unread(read: Callable[[str], Any], text: str | None, table: Table, row: Row, column: str) -> list[Finding]:
    """Return what ``read`` says against a cell, at its place; a blank cell is another matter."""
    if text is None:
        return []
    try:
        read(text)
    except CarbonError as error:
        return [_fault(error.code, table, row, column, **error.data)]
    return []


def _fault(code: str, table: Table, row: Row, column: str | None, /, **data: Any) -> Finding:
    return Finding(code=code, severity="error", where=table.where(row, column), data=data)
