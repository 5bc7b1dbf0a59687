"""Which cell of the cube a row falls into: site, period, activity and unit as they are spelt, and what they mean."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from hsesg_carbon import units
from hsesg_carbon.cube import CellKey
from hsesg_carbon.errors import CarbonError, InputError, UnitError, near
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.periods import Period, day_of, text_of
from hsesg_carbon.records import CatalogueEntry
from hsesg_carbon.sites import Site
from hsesg_carbon.vetting import near_regions

Wrong = tuple[str, str, dict[str, Any]]
"""Code, column and data of what is wrong with a key."""


_LOOKED_UP = 300
"""Strange words of which similar ones are looked for: a hundred faults of a rule are shown, and there are three."""


class Filing:
    """
    Files the distinct keys of rows under cells.

    A table has many more keys than sites, periods and activities, so each of these is looked up once.

    Args:
        columns: The columns of a key, in the order of its values.
        library: Where activities and regions are looked up.
        sites: The sites that rows may name; ``None`` where every site is accepted.
    """

    def __init__(self, columns: Sequence[str], library: FactorLibrary, sites: Mapping[str, Site] | None) -> None:
        self.columns = tuple(columns)
        self.library = library
        self.sites = sites
        self._strange = 0
        self._period_columns = [name for name in self.columns if name.startswith("period")]
        self._period_at = [self.columns.index(name) for name in self._period_columns]
        self._at = {name: place for place, name in enumerate(self.columns)}
        self._measured: Callable[..., tuple[str, str, str, list[Wrong]]] = cache(self._measured_in)
        self._placed: Callable[..., tuple[str, str, list[Wrong]]] = cache(self._region_of)
        self._dated: Callable[..., Period | CarbonError] = cache(self._period_of)
        self._folded: Callable[..., tuple[Period, bool]] = cache(self._folded_of)

    def cell(self, raw: tuple[Any, ...]) -> tuple[CellKey | None, list[Wrong]]:
        """Return the cell of a distinct key as it stands in the frame, or ``None`` and all that is wrong with it."""
        at = self._at
        technology, region, instrument = (
            raw[at[name]] if name in at else None for name in ("technology", "region", "instrument")
        )
        activity, unit, technology, wrong = self._measured(raw[at["activity"]], raw[at["unit"]], technology)
        site, region, misplaced = self._placed(raw[at["site"]], region)
        period = self._dated(*[raw[place] for place in self._period_at])
        wrong = wrong + misplaced
        if isinstance(period, CarbonError):
            wrong = [*wrong, (period.code, self._period_columns[0], period.data)]
        if wrong:
            return None, wrong
        assert isinstance(period, Period)
        period, cut = self._folded(site, period)
        return CellKey(site, period, activity, unit, region, text_of(instrument), technology, cut=cut), []

    def period(self, row: Mapping[str, Any]) -> Period:
        """Return the period that a row states: a label, two days, or both where they agree."""
        found = self._dated(*(row[name] for name in self._period_columns))
        if isinstance(found, CarbonError):
            raise found
        return found

    # ---------------------------------------------------------------------------------------------- inside

    def _measured_in(self, *cells: Any) -> tuple[str, str, str, list[Wrong]]:
        """Return the activity, its canonical unit, its technology, and what is wrong with them."""
        activity, unit, technology = map(text_of, cells)
        entry = self.library.catalogue.get(activity)
        wrong: list[Wrong] = []
        if not activity:
            wrong.append(("cell-blank", "activity", {"column": "activity"}))
        elif entry is None:
            suggestions = self.library.suggest(activity) if self._worth_a_look() else []
            code = "unknown-activity" if suggestions else "unknown-activity-nothing-near"
            wrong.append((code, "activity", {"activity": activity[:80], "suggestions": suggestions}))
        name, unit_wrong = self._unit_of(unit, activity, entry)
        wrong += unit_wrong
        if technology and entry is not None and technology not in (told := self.library.technologies(activity)):
            shown = near(technology, told) or told[:8] or ["-"]
            data = {"technology": technology[:80], "activity": activity, "known": shown}
            wrong.append(("unknown-technology", "technology", data))
        return activity, name, technology, wrong

    def _region_of(self, *cells: Any) -> tuple[str, str, list[Wrong]]:
        """Return the site and its region, its own where the row states none, and what is wrong with them."""
        site, stated = map(text_of, cells)
        if not site:
            return "", "", [("cell-blank", "site", {"column": "site"})]
        if self.sites is not None and site not in self.sites:
            return site, "", [("unknown-site", "site", {"site": site[:80], "known": sorted(self.sites)[:8] or ["-"]})]
        known = self.sites.get(site) if self.sites else None
        region = stated or (known.region if known else None) or ""
        if not region:
            return site, "", [("region-missing", "region", {"site": site})]
        if region not in self.library.regions:
            regions = self.library.regions
            suggestions = near_regions(region, regions) if self._worth_a_look() else sorted(regions)[:8]
            return site, "", [("unknown-region", "region", {"region": region, "known": suggestions})]
        return site, region, []

    def _period_of(self, *cells: Any) -> Period | CarbonError:
        row = dict(zip(self._period_columns, cells, strict=True))
        label = text_of(row.get("period"))
        start, end = row.get("period_start"), row.get("period_end")
        try:
            if not text_of(start) and not text_of(end):
                return Period.parse(label)
            days = Period.of(day_of(start), day_of(end))
            if label and Period.parse(label) != days:
                raise InputError("period-conflict", label=label, start=days.start, end=days.end)
        except CarbonError as error:
            return error
        return days

    def _folded_of(self, site: str, period: Period) -> tuple[Period, bool]:
        """Return the period of the cell, and whether the site joins or leaves within a month of it."""
        known = self.sites.get(site) if self.sites else None
        month = period.folded()
        cut = known is not None and any(known.cuts(one) for one, _ in month.parts())
        return (period if cut else month), cut

    def _worth_a_look(self) -> bool:
        """Say whether what is like a strange word is still looked for, which takes milliseconds: not of thousands."""
        self._strange += 1
        return self._strange <= _LOOKED_UP

    def _unit_of(self, unit: str, activity: str, entry: CatalogueEntry | None) -> tuple[str, list[Wrong]]:
        """Return the canonical unit of a cell and what is wrong with it."""
        if not unit:
            return "", [("cell-blank", "unit", {"column": "unit"})]
        if not units.is_unit(unit) and not self._worth_a_look():
            return "", [("unknown-unit-nothing-near", "unit", {"unit": unit[:80], "suggestions": []})]
        try:
            name = units.canonical(unit)
            units.grid(name)
        except UnitError as error:
            return "", [(error.code, "unit", error.data)]
        if entry is not None and not entry.accepts(name):
            data = {"activity": activity, "unit": unit, "accepted": entry.measured_in}
            return name, [("wrong-dimension", "unit", data)]
        if entry is not None and entry.leaves_open(name):
            return name, [("volume-left-open", "unit", {"activity": activity, "unit": unit})]
        return name, []
