"""Restatement: two versions of one inventory side by side, and the change between them split by cause, exactly."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, overload

from hsesg_carbon import percentages, units
from hsesg_carbon.attribution import Game, effective, switched, times
from hsesg_carbon.boundary import Boundary
from hsesg_carbon.counterfactual import BIT, CAUSES, Counterfactual, Term
from hsesg_carbon.errors import InputError, InventoryError, near
from hsesg_carbon.findings import Finding
from hsesg_carbon.intensity import Denominator, ruling_denominators
from hsesg_carbon.inventory import Inventory
from hsesg_carbon.ledger import Group, place_of
from hsesg_carbon.messages import both
from hsesg_carbon.percentages import share_text
from hsesg_carbon.periods import Period
from hsesg_carbon.plan import PlanLine
from hsesg_carbon.records import COUNTED, EmissionFactor, FuelProperty
from hsesg_carbon.units import CO2E

if TYPE_CHECKING:
    import pandas as pd

Attribution = Literal["shapley", "sequential"]
ATTRIBUTIONS: tuple[Attribution, ...] = ("shapley", "sequential")
MOST_CAUSES = 8
"""So many causes at once can be shared out in all orders."""

_OF_FACTOR = ("factor-value", "factor-choice", "unit", "property")
_PLACES = units.SHOWN_PLACES
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Change:
    """
    How one total became another. ``parts`` add up to the difference, to the last digit.

    ``alone`` is what each cause would have changed as the only one. Where causes meet (more litres, and a higher factor
    for all of them) these do not add up; ``interaction`` is what is then left.
    """

    group: Group
    unit: str
    before: Fraction
    after: Fraction
    parts: dict[str, Fraction] = field(hash=False)
    alone: dict[str, Fraction] = field(hash=False)

    def __getitem__(self, name: str) -> str | int:
        return dict(self.group)[name]

    @property
    def difference(self) -> Fraction:
        """After less before."""
        return self.after - self.before

    @property
    def percent(self) -> Fraction | None:
        """The difference in percent of what was before; ``None`` where that was nothing."""
        return percentages.change(self.after, self.before)

    @property
    def interaction(self) -> Fraction:
        """What the causes change together beyond what each changes alone."""
        return self.difference - sum(self.alone.values(), Fraction(0))

    def rounded(self, places: int) -> dict[str, Decimal]:
        """
        Return ``before``, every part and ``after`` rounded half up, so that the column still foots.

        Rounding can leave a digit over; it is put on the part that is the largest, the first of these by order.
        """
        shown = {name: units.half_up(part, places) for name, part in self.parts.items()}
        before, after = units.half_up(self.before, places), units.half_up(self.after, places)
        if shown:
            largest = max(shown, key=lambda name: abs(self.parts[name]))
            shown[largest] += after - before - sum(shown.values(), Decimal(0))
        return {"before": before, **shown, "after": after}

    def texts(self) -> dict[str, str]:
        """Return the same as text: the decimals that they are, or all rounded to 12 places where one does not end."""
        values = {"before": self.before, **self.parts, "after": self.after}
        ends = all(Fraction(units.exact_text(one)) == one for one in values.values())
        shown = self.rounded(_PLACES)
        return {name: units.exact_text(one if ends else Fraction(shown[name])) for name, one in values.items()}

    def as_json(self) -> dict[str, Any]:
        """Return the change as plain data; numbers as text."""
        texts = self.texts()
        return {
            **dict(self.group),
            "unit": self.unit,
            "before": texts["before"],
            "after": texts["after"],
            "difference": units.exact_text(Fraction(texts["after"]) - Fraction(texts["before"])),
            "percent": units.known_text(self.percent),
            "parts": [
                {"cause": cause, "value": texts[cause], "alone": units.exact_text(self.alone[cause])}
                for cause in self.parts
            ],
            "interaction": units.exact_text(self.interaction),
        }


@dataclass(frozen=True)
class Bridge(Sequence[Change]):
    """
    Changes, one for each group, split in one way: ``shapley``, or ``sequential`` in the order of ``causes``.

    ``causes`` are those that changed anything, whatever the group.
    """

    rows: tuple[Change, ...]
    method: Attribution
    causes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> Change: ...
    @overload
    def __getitem__(self, place: slice) -> "Bridge": ...
    def __getitem__(self, place: "int | slice") -> "Change | Bridge":
        return self.rows[place] if isinstance(place, int) else Bridge(self.rows[place], self.method, self.causes)

    def of(self, **group: str | int) -> Change:
        """
        Return the one change of a group.

        Raises:
            InventoryError: None or several fit.
        """
        return self.rows[place_of([dict(row.group) for row in self.rows], group)]

    def frame(self, places: int = _PLACES) -> "pd.DataFrame":
        """
        Return a table that is ready for a waterfall chart: for each group the start, a row per cause, and the end.

        Columns: the group's, ``step``, ``kind`` (``total`` or ``part``), ``value`` (Decimal, so rounded that the
        parts foot: see ``Change.rounded``), ``start`` and ``end`` between which the bar stands, and ``unit``.
        """
        import pandas as pd  # noqa: PLC0415

        rows = []
        for change in self.rows:
            reached = Decimal(0)
            for step, value in change.rounded(places).items():
                total = step in {"before", "after"}
                start = Decimal(0) if total else reached
                reached = start + value
                bar = {"kind": "total" if total else "part", "value": value, "start": start, "end": reached}
                rows.append({**dict(change.group), "step": step, **bar, "unit": change.unit})
        return pd.DataFrame(rows)


@dataclass(frozen=True, slots=True)
class NumberChange:
    """
    Numbers that stood behind an activity before and after, and what the exchange changed, in tCO2e.

    ``gas`` is blank where they are properties, which stand behind all gases.
    """

    year: int
    activity: str
    gas: str
    cause: str
    before: tuple[EmissionFactor | FuelProperty, ...]
    after: tuple[EmissionFactor | FuelProperty, ...]
    amount: Fraction


@dataclass(frozen=True)
class Restatement:
    """
    An inventory as it was reported, and as it is restated (重述).

    Each version has its own activity data, factors (and the day on which they were known), methodology, boundary, GWP
    set and Scope 2 method: ``Inventory`` holds all of them. Years that only one version has are ``unpaired`` and stand
    in no bridge.

    Args:
        before: The inventory as reported.
        after: The inventory as restated.
        years: The years to compare; those that both versions have by default.

    Raises:
        InventoryError: One version was computed with dimensions of its own, or the versions have no year in common.
        InputError: Rows that differ cannot be paired, because their ids repeat.
    """

    before: Inventory
    after: Inventory
    years: tuple[int, ...] = ()
    _versions: Counterfactual = field(init=False, repr=False, compare=False)
    _empty: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_versions", Counterfactual(self.before, self.after))
        own = self._years
        object.__setattr__(self, "_empty", tuple(sorted(set(self.years) - own[0] - own[1])))
        common = sorted(own[0] & own[1] & set(self.years or own[0]))
        if not common:
            raise InventoryError("restate-no-year", before=sorted(own[0]) or ["-"], after=sorted(own[1]) or ["-"])
        object.__setattr__(self, "years", tuple(common))
        self._check_ends()

    def bridge(self, *by: str, method: Attribution = "shapley", order: Iterable[str] = ()) -> Bridge:
        """
        Return the change of each year, split into its causes; the parts add up exactly.

        Args:
            by: Dimensions to keep apart besides the year: ``scope``, ``site``, ``gas``, ``activity`` and all others of
                a ledger.
            method: ``shapley`` (the mean over all orders, at most eight causes at once) or ``sequential``.
            order: Causes in the order in which they are changed one after the other; others follow as in ``CAUSES``.

        Raises:
            InventoryError: More causes changed than can be shared out in all orders.
            InputError: A dimension, a cause or a method is unknown.
        """
        names = tuple(dict.fromkeys(("year", *by)))
        games = self._games(names)
        rows = {tuple(zip(names, key, strict=True)): game for key, game in games.items()}
        return _bridge(rows, CO2E, method, order, self.causes)

    def intensity(
        self,
        before: Iterable[Denominator],
        after: Iterable[Denominator],
        per: str,
        *,
        method: Attribution = "shapley",
        order: Iterable[str] = (),
        accept_boundary: Iterable[str] = (),
    ) -> Bridge:
        """
        Return the change of an intensity, split into its causes and that of the denominator.

        Args:
            before: Denominators of the version as reported.
            after: Denominators of the version as restated.
            per: Which denominator, e.g. ``revenue``. Years without a value on either side are left out.
            method: As for ``bridge``.
            order: As for ``bridge``.
            accept_boundary: Boundaries of denominators that may differ from their inventory's.

        Raises:
            InventoryError: No version has such a denominator, or its boundary differs and was not accepted.
        """
        before, after = tuple(before), tuple(after)
        sides = [
            _denominators(own, per, view.boundary, set(accept_boundary))
            for own, view in ((before, self.before), (after, self.after))
        ]
        if not sides[0] and not sides[1]:
            known = sorted({one.denominator for one in (*before, *after)})
            raise InventoryError("unknown-denominator", denominator=per, known=known or ["-"])
        rows: dict[Group, Game] = {}
        unit, other = "", False
        for (year,), game in self._games(("year",)).items():
            if (old := sides[0].get(int(year))) is None or (new := sides[1].get(int(year))) is None:
                continue
            unit = f"{CO2E}/{new.unit}"
            first = Fraction(old.value) * units.ratio(old.unit, new.unit)
            table = switched(BIT["denominator"], 1 / first, 1 / Fraction(new.value))
            other = other or table[0] != 0
            divided = Game()
            for term in game.terms:
                divided.add(times(term, table))
            rows[("year", year),] = divided
        return _bridge(rows, unit, method, order, (*self.causes, *(("denominator",) if other else ())))

    def numbers(self, method: Attribution = "shapley", order: Iterable[str] = ()) -> tuple[NumberChange, ...]:
        """Return the factors and properties that were exchanged, with what each exchange changed, the largest first."""
        games: dict[tuple[int, str, str, str, tuple[Any, ...], tuple[Any, ...]], Game] = {}
        paired = {term.entry.key: term.lines for term in self._terms if None not in term.lines}
        for term in self._terms:
            for cause in _OF_FACTOR:
                if not term.table[0] >> BIT[cause] & 1:
                    continue
                line, whole = term.entry.line, cause == "property"  # one heating value stands behind all gases
                sides = _numbers_of(paired.get(term.entry.key, term.lines) if whole else term.lines, cause)
                if sides is not None:
                    gas = "" if whole else line.flow.flow
                    key = (term.entry.period.start.year, term.entry.key.activity, gas, cause, sides[0], sides[1])
                    games.setdefault(key, Game()).add(term.table)
        found = []
        for key, game in games.items():
            amount = _attributed(game, method, order).get(BIT[key[3]], Fraction(0))
            found.append(NumberChange(*key, amount))
        ordered = sorted(found, key=lambda one: (one.year, -abs(one.amount), one.activity, one.gas, one.cause))
        return tuple(ordered)

    @cached_property
    def causes(self) -> tuple[str, ...]:
        """The causes that change anything in the years compared, even where in the sum it comes to nothing."""
        found: set[int] = set()
        for term in self._terms:
            found |= effective(term.table)
        return tuple(CAUSES[bit] for bit in sorted(found))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Say what differs between the versions, what could not be compared, and what the new basis gives rise to."""
        found = [
            Finding(code="restated-rows", severity="info", data={"cause": _label(cause), "rows": count})
            for cause, rows in self._versions.corrections.rows.items()
            if (count := sum(own for years, own in rows.items() if years & set(self.years)))
        ]
        plans = [one.ledger.plan.findings for one in (self.before, self.after)]
        new = [one for one in plans[1] if one not in plans[0]]
        return (*found, *self._differing_rules(), *self._unpaired(), *self._versions.findings, *new)

    def lines(self) -> "pd.DataFrame":
        """
        Return the lines of the years compared side by side, those that differ, the largest difference first.

        One line per row, period, gas and rung: ``quantity``, ``unit``, ``factor_id``, ``property_ids``, ``counted``
        and ``t_co2e`` before and after (floats, for people and spreadsheets), ``difference``, and ``changed``: which
        of them differ. Blank on one side where only the other version has the line.

        Raises:
            InputError: The frame's engine cannot join (named), or rows share an id.
        """
        import pandas as pd  # noqa: PLC0415

        keys = ["activity_id", "line_period", "flow", "rung"]
        sides = [_lines_of(view, self.years) for view in (self.before, self.after)]
        for side in sides:
            if (repeated := side.loc[side.duplicated(keys), "activity_id"].unique()).size:
                raise InputError("restate-ids-repeat", ids=sorted(repeated)[:_SHOWN], count=len(repeated))
        both = sides[0].merge(sides[1], on=keys, how="outer", suffixes=("_before", "_after"))
        old, new = (both[f"t_co2e_{side}"].fillna(0.0) for side in ("before", "after"))
        both["difference"] = new - old
        changed = pd.Series("", index=both.index)
        for name in ("site", "activity", "quantity", "unit", "factor_id", "property_ids", "counted", "weight"):
            one, other = (both[f"{name}_{side}"] for side in ("before", "after"))
            differs = (one != other) & ~(one.isna() & other.isna())
            changed = changed.where(~differs, changed + " " + name)
        both["changed"] = changed.str.strip()
        kept = both[(both["changed"] != "") | (both["difference"] != 0)]
        size = kept["difference"].abs()
        kept = kept.assign(_size=size).sort_values(["_size", *keys], ascending=[False, *[True] * len(keys)])
        return kept.drop(columns="_size").reset_index(drop=True)

    # ---------------------------------------------------------------------------------------------- inside

    @cached_property
    def _totals(self) -> tuple[dict[tuple[str | int, ...], Fraction], ...]:
        """What the inventories themselves say, by year and scope."""
        views = (view.by("year", "scope") for view in (self.before, self.after))
        return tuple({(row["year"], row["scope"]): row.amount.value for row in view} for view in views)

    @property
    def _years(self) -> list[set[int]]:
        """The years of either version."""
        return [{int(year) for year, _ in totals} for totals in self._totals]

    @cached_property
    def _formed(self) -> dict[tuple[str, ...], dict[tuple[str | int, ...], Game]]:
        """The games by their dimensions: a report asks for the same ones to print, to write and as JSON."""
        return {}

    @cached_property
    def _terms(self) -> tuple[Term, ...]:
        return tuple(one for one in self._versions.terms if one.entry.period.start.year in self.years)

    def _games(self, names: Sequence[str]) -> dict[tuple[str | int, ...], Game]:
        """Return the game of every group, formed once; dimensions are told as the later version tells them."""
        held = self._formed.get(tuple(names))
        if held is not None:
            return held
        tells = self.after.dimensions(names)
        games: dict[tuple[str | int, ...], Game] = {}
        for term in self._terms:
            key = tuple(tell(term.entry) for tell in tells.values())
            games.setdefault(key, Game()).add(term.table)
        self._formed[tuple(names)] = dict(sorted(games.items(), key=lambda item: [str(one) for one in item[0]]))
        return self._formed[tuple(names)]

    def _check_ends(self) -> None:
        """Hold both ends of the bridge to the totals of the inventories themselves: a bridge that is open is no use."""
        games = self._games(("year", "scope"))
        for place, stated in enumerate(self._totals):
            for key in {*games, *(one for one in stated if one[0] in self.years)}:
                game = games.get(key, Game())
                value, own = (game.start, game.end)[place], stated.get(key, Fraction(0))
                if value != own:
                    bridge, inventory = units.exact_text(value), units.exact_text(own)
                    raise InventoryError("restate-open", year=key[0], scope=key[1], bridge=bridge, stated=inventory)

    def _unpaired(self) -> Iterator[Finding]:
        """Yield the years that no bridge can be of: only one version has them, or none though they were asked for."""
        if self._empty:
            yield Finding(code="restate-years-empty", severity="warning", data={"years": self._empty})
        own = self._years
        for view, years, others in zip((self.before, self.after), own, reversed(own), strict=True):
            if only := sorted(years - others):
                data = {"methodology": view.ledger.plan.methodology.id, "years": only}
                yield Finding(code="restate-years-left", severity="info", data=data)

    def _differing_rules(self) -> Iterator[Finding]:
        """Yield what differs between the rules of the versions, by its own name."""
        first, second = self.before.ledger.plan.methodology, self.after.ledger.plan.methodology
        pairs: list[tuple[str, Any, Any]] = [
            ("methodology", first.id, second.id),
            ("gases", ", ".join(first.gases), ", ".join(second.gases)),
            ("gwp", self.before.gwp, self.after.gwp),
            ("combustion-methane", first.combustion_methane or "-", second.combustion_methane or "-"),
            ("scope2", self.before.scope2, self.after.scope2),
            *_boundary_pairs(self.before.boundary, self.after.boundary),
            ("instruments", *_instrument_texts(self.before, self.after)),
        ]
        for what, before, after in pairs:
            if before != after:
                data = {"what": _label(f"version-{what}", ""), "before": before, "after": after}
                yield Finding(code="restated-basis", severity="info", data=data)


# -------------------------------------------------------------------------------------------------- private


def _bridge(
    rows: Mapping[Group, Game], unit: str, method: Attribution, order: Iterable[str], causes: Sequence[str]
) -> Bridge:
    """Attribute every group's change; all groups list the same causes, in the order in which they are changed."""
    changed = [bit for bit in _ordered(order) if CAUSES[bit] in causes]
    changes = []
    for group, game in rows.items():
        parts, alone = _attributed(game, method, order), game.alone()
        changes.append(
            Change(
                group,
                unit,
                game.start,
                game.end,
                {CAUSES[bit]: parts.get(bit, Fraction(0)) for bit in changed},
                {CAUSES[bit]: alone.get(bit, Fraction(0)) for bit in changed},
            )
        )
    return Bridge(tuple(changes), method, tuple(CAUSES[bit] for bit in changed))


def known_cause(name: str) -> str:
    """Return a cause by its name; one that is not known raises ``InputError``."""
    if name not in BIT:
        raise InputError("restate-cause", cause=name, known=near(name, CAUSES) or list(CAUSES))
    return name


def attribution(name: str) -> Attribution:
    """Return a method of attribution by its name; one that is not known raises ``InputError``."""
    if name not in ATTRIBUTIONS:
        raise InputError("restate-method", method=name, known=ATTRIBUTIONS)
    return ATTRIBUTIONS[ATTRIBUTIONS.index(name)]


def _attributed(game: Game, method: Attribution, order: Iterable[str]) -> dict[int, Fraction]:
    if attribution(method) == "sequential":
        return game.sequential(_ordered(order))
    if len(causes := game.causes) > MOST_CAUSES:
        raise InventoryError("restate-too-many", count=len(causes), most=MOST_CAUSES)
    return game.shapley()


def _ordered(order: Iterable[str]) -> list[int]:
    """Return all causes, those of ``order`` first."""
    first = [known_cause(one) for one in dict.fromkeys(order)]
    return [BIT[one] for one in (*first, *(cause for cause in CAUSES if cause not in first))]


def _denominators(
    own: Iterable[Denominator], per: str, boundary: Boundary | None, accepted: set[str]
) -> dict[int, Denominator]:
    found = ruling_denominators(own, per)
    name = boundary.id if boundary else "-"
    for one in found.values():
        if one.boundary != name and one.boundary not in accepted:
            raise InventoryError("denominator-boundary-differs", denominator=per, stated=one.boundary, boundary=name)
    return found


def _numbers_of(
    lines: tuple[PlanLine | None, PlanLine | None], cause: str
) -> tuple[tuple[EmissionFactor | FuelProperty, ...], ...] | None:
    """Return the numbers of each side that a cause is about; nothing where they are the same (it is about the rows)."""
    wanted = FuelProperty if cause == "property" else (EmissionFactor, FuelProperty)
    sides = tuple(tuple(one for one in line.records if isinstance(one, wanted)) if line else () for line in lines)
    return sides if sides[0] != sides[1] else None


def _boundary_pairs(before: Boundary | None, after: Boundary | None) -> Iterator[tuple[str, str, str]]:
    """Yield what differs between two boundaries: the approach, and what is said of each site."""
    first, second = (one.consolidation if one else "-" for one in (before, after))
    yield "consolidation", first, second
    if before is not None and after is not None:
        for name in dict.fromkeys(sorted(site.id for one in (before, after) for site in one.sites)):
            shown = [_site_text(one, name) for one in (before, after)]
            yield "site", f"{name} {shown[0]}", f"{name} {shown[1]}"


def _site_text(boundary: Boundary, name: str) -> str:
    """Return what a boundary says of a site: share and control down its chain of entities, days, and leased part."""
    site, held = boundary.site(name), boundary.holding(name)
    if site is None or held is None:
        return "–"
    control = [
        word if share == 1 else f"{word} {share_text(share)}"
        for word, share in (("financial", held.financial), ("operational", held.operational))
        if share
    ]
    days = f"{site.first or ''}/{site.last or ''}" if site.first or site.last else ""
    part = f"× {share_text(site.used)}" if site.used != 1 else ""
    own = share_text(held.equity)
    belongs = (site.entity or "", site.legal_entity or "", site.region or "")
    return ", ".join(one for one in (own, "+".join(control) or "-", days, part, *belongs) if one)


def _instrument_texts(before: Inventory, after: Inventory) -> tuple[str, str]:
    """Return the instruments that differ between two market-based versions, with volume and factor."""
    if (before.scope2, after.scope2) != ("market", "market"):
        return "-", "-"
    sides = [one.instruments.items if one.instruments else () for one in (before, after)]
    texts = [
        [
            f"{one.instrument} ({one.volume or '–'} {one.unit or ''}, {one.factor} {one.factor_unit})"
            for one in side
            if one not in other
        ]
        for side, other in zip(sides, reversed(sides), strict=True)
    ]
    return ", ".join(texts[0]) or "-", ", ".join(texts[1]) or "-"


def _lines_of(view: Inventory, years: Sequence[int]) -> "pd.DataFrame":
    """Return the lines of one version that count in its totals of some years, in tCO2e."""
    import narwhals as nw  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    columns = ["activity_id", "site", "activity", "quantity", "unit", "line_period", "flow", "scope2", "rung"]
    columns += ["factor_id", "property_ids", "counted", "amount"]
    frames = []
    flows = view.ledger.plan.library.flows
    for batch in view.ledger.activities:
        native = nw.from_native(view.lines(batch))
        eager = native.collect() if isinstance(native, nw.LazyFrame) else native
        frame = pd.DataFrame({name: eager[name].to_list() for name in columns})
        frame["quantity"] = [float(units.decimal_of(one) or 0) for one in frame["quantity"]]  # 1000 is 1000.0
        counted = frame["flow"].map(lambda flow: flow in flows and flows[flow].kind in COUNTED)
        counted &= frame["scope2"].isin(["", view.scope2])
        counted &= frame["line_period"].map(lambda period: Period.parse(period).start.year in years)
        frame = frame[counted].drop(columns="scope2")
        frame["activity_id"] = (
            frame["activity_id"].map(str).str.strip()
        )  # numbers there may be text in the other version
        pairs = list(zip(frame["flow"], frame["activity"], strict=True))
        known = {pair: float(view.weight(flows[pair[0]], pair[1])) for pair in set(pairs)}
        weights = [known[pair] for pair in pairs]
        frames.append(frame.assign(weight=weights, t_co2e=frame["amount"] * frame["counted"] * weights))
    return pd.concat(frames, ignore_index=True).drop(columns="amount")


def _label(name: str, prefix: str = "cause-") -> dict[str, str]:
    return both(f"label.{prefix}{name}")
