"""The factor library: published emission factors and fuel properties, each row with its source, table and page."""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hsesg_carbon import units
from hsesg_carbon.errors import CarbonError, FactorError, InputError, near
from hsesg_carbon.findings import Finding, Where, fault
from hsesg_carbon.records import (
    COUNTED,
    CatalogueEntry,
    Choice,
    EmissionFactor,
    Equivalence,
    Flow,
    FuelProperty,
    Gwp,
    Region,
    Source,
    Wanted,
    last_day,
)
from hsesg_carbon.spelling import nfkc
from hsesg_carbon.tables import Table, is_nobodys, misfits, read_tables, read_toml
from hsesg_carbon.vetting import faults, near_regions, word_faults

_SHOWN = 12
"""How many candidates an error names."""

_SPLIT = frozenset({"measured_in", "flows", "aliases"})
"""Columns whose cells hold several values."""

_WORDS = frozenset({"flows.csv", "catalogue.csv", "regions.csv", "gwp.csv", "sources.toml"})
"""Files of what numbers refer to."""


@dataclass(frozen=True)
class FactorLibrary:
    """
    Published numbers and the vocabulary they are filed under.

    Example:
        >>> library = FactorLibrary.shipped()
        >>> library.factor("mee2022.electricity.cn.average").value
        Decimal('0.5366')
    """

    factors: tuple[EmissionFactor, ...] = field(repr=False)
    properties: tuple[FuelProperty, ...] = field(repr=False)
    gwps: tuple[Gwp, ...] = field(repr=False)
    flows: dict[str, Flow] = field(repr=False)
    catalogue: dict[str, CatalogueEntry] = field(repr=False)
    regions: dict[str, Region] = field(repr=False)
    sources: dict[str, Source] = field(repr=False)
    known: date | None = field(default=None)
    places: dict[str, Where] = field(repr=False, default_factory=dict)
    """File and row of every number by its id, where the numbers are an organisation's own."""
    home: "Traversable | None" = field(repr=False, default=None, compare=False)
    """The folder that the shipped part was read from; methodologies and equivalences stand there too."""

    @classmethod
    def shipped(cls) -> "FactorLibrary":
        """Return the library that comes with this version; it is read once."""
        return _shipped()

    @classmethod
    def load(cls, folder: Path | Traversable) -> "FactorLibrary":
        """
        Read a folder in the format of ``emission_factors/``.

        Raises:
            InputError: Rows that do not fit, ids used twice, sources that ``sources.toml`` lacks: all with their place.
        """
        library, problems = cls._read(folder, (folder / "factors",), (folder / "fuel_properties",))
        problems += library._misfiled(())
        if problems:
            raise InputError("table-broken", problems, file=folder.name)
        return replace(library, home=folder)

    @classmethod
    def _read(
        cls, folder: Path | Traversable, factors: Sequence[Traversable], properties: Sequence[Traversable]
    ) -> "tuple[FactorLibrary, list[Finding]]":
        """Return what of a folder could be read, and everything that could not."""
        problems: list[Finding] = []
        places: dict[str, Where] = {}
        flows = _rows((folder / "flows.csv",), Flow, problems)
        catalogue = _rows((folder / "catalogue.csv",), CatalogueEntry, problems)
        regions = _rows((folder / "regions.csv",), Region, problems)
        library = cls(
            gwps=tuple(_rows((folder / "gwp.csv",), Gwp, problems, places)),
            factors=tuple(_rows(factors, EmissionFactor, problems, places)),
            properties=tuple(_rows(properties, FuelProperty, problems, places)),
            flows={one.flow: one for one in flows},
            catalogue={one.activity: one for one in catalogue},
            regions={one.code: one for one in regions},
            sources=_sources(folder / "sources.toml", problems),
            places=places,
        )
        return library, problems

    def overlay(self, own: "FactorLibrary | Path | str") -> "FactorLibrary":
        """
        Return this library with an organisation's own numbers added. They rule only where a methodology names them.

        Raises:
            FactorError: A row or a file cannot be read, an own id or source is already used here, an own row supersedes
                a published one: everything that is wrong, each with its file and row.
        """
        other, problems = (own, []) if isinstance(own, FactorLibrary) else FactorLibrary._own(Path(own))
        problems += [
            fault("overlay-clash", kind=name, ids=clash)
            for name, mine, theirs in (
                ("source", self.sources, other.sources),
                ("activity", self.catalogue, other.catalogue),
                ("flow", self.flows, other.flows),
                ("region", self.regions, other.regions),
            )
            if (clash := sorted(mine.keys() & theirs.keys()))
        ]
        library = replace(
            self,
            factors=self.factors + other.factors,
            properties=self.properties + other.properties,
            gwps=self.gwps + other.gwps,
            flows={**self.flows, **other.flows},
            catalogue={**self.catalogue, **other.catalogue},
            regions={**self.regions, **other.regions},
            sources={**self.sources, **other.sources},
        )
        # A word that could not be read would be missing in every number that uses it: those wait till it is mended.
        if not any((one.where.file if one.where else one.data.get("file")) in _WORDS for one in problems):
            problems += other._misfiled(self._by_id, taken=self.sources)
            problems += [
                Finding(code=code, severity="error", where=other.places.get(one.id), data=data)
                for one in other.numbers
                for code, data in (*faults(one, library), *_clashes(one, library, shipped=self))
            ]
            vocabulary: list[CatalogueEntry | Region] = [*other.catalogue.values(), *other.regions.values()]
            problems += [fault(code, **data) for word in vocabulary for code, data in word_faults(word, library)]
        if problems:
            raise FactorError("overlay-broken", problems, count=len(problems))
        return library

    def _misfiled(self, used: Container[str], taken: Container[str] = ()) -> Iterator[Finding]:
        """Yield numbers whose id is another one's, here or among those used, and those of a source nobody described."""
        seen: set[str] = set()
        for one in self.numbers:
            place = self.places.get(one.id)
            if one.id in seen or one.id in used:
                yield Finding(code="duplicate-id-factor", severity="error", where=place, data={"id": one.id})
            seen.add(one.id)
            if one.source in self.sources:
                continue
            if one.source in taken:  # a number of one's own does not speak in the name of a publication
                data = {"kind": "source", "ids": [one.source]}
                yield Finding(code="overlay-clash", severity="error", where=place, data=data)
            else:
                error = self._unknown_source(one.source)
                yield Finding(code=error.code, severity="error", where=place, data=error.data)

    @classmethod
    def _own(cls, folder: Path) -> "tuple[FactorLibrary, list[Finding]]":
        """Read an organisation's folder: the shipped format, or its factor and property files beside each other."""
        if not folder.is_dir():
            raise InputError("file-missing", file=str(folder))
        factors: list[Traversable] = [folder / "factors"]
        properties: list[Traversable] = [folder / "fuel_properties"]
        unknown: list[Finding] = []
        for path in sorted(folder.iterdir()):
            kind = path.suffix.lower()
            if path.name in {"factors", "fuel_properties", *_WORDS} or is_nobodys(path.name) or kind in {".md", ".txt"}:
                continue
            tables = _tables(path, unknown) if kind in {".csv", ".xlsx"} else []
            if tables is None:
                continue
            columns = {column for table in tables for column in table.columns}
            if columns & {"flow", "property"}:
                (factors if "flow" in columns else properties).append(path)
            else:
                unknown.append(fault("own-file-unknown", file=path.name))
        library, problems = cls._read(folder, factors, properties)
        return library, [*unknown, *problems]

    def known_at(self, day: date) -> "FactorLibrary":
        """
        Return the library as it was known on ``day``: rows published later are not in it.

        Rows that nobody dated stay: a methodology can only name them by id.
        """
        return replace(
            self,
            factors=tuple(one for one in self.factors if one.known_from <= day),
            properties=tuple(one for one in self.properties if one.known_from <= day),
            gwps=tuple(one for one in self.gwps if last_day(one.published) <= day),
            known=day,
        )

    # ------------------------------------------------------------------------------------------------------- look-ups

    @property
    def numbers(self) -> "tuple[EmissionFactor | FuelProperty | Gwp, ...]":
        """Everything published: factors, properties, GWPs."""
        return (*self.factors, *self.properties, *self.gwps)

    def factor(self, factor_id: str) -> EmissionFactor:
        """Return a factor by id, or raise ``FactorError`` with near ids."""
        found = self._by_id.get(factor_id)
        if not isinstance(found, EmissionFactor):
            raise FactorError("unknown-id", id=factor_id, suggestions=near(factor_id, [one.id for one in self.factors]))
        return found

    def fuel_property(self, property_id: str) -> FuelProperty:
        """Return a fuel property by id, or raise ``FactorError`` with near ids."""
        found = self._by_id.get(property_id)
        if not isinstance(found, FuelProperty):
            known = [one.id for one in self.properties]
            raise FactorError("unknown-id", id=property_id, suggestions=near(property_id, known))
        return found

    def find(self, one_id: str) -> "EmissionFactor | FuelProperty | Gwp | CatalogueEntry":
        """Return whatever has this id: a factor, a property, a GWP or an activity."""
        found = self._by_id.get(one_id) or self.catalogue.get(one_id)
        if found is None:
            raise FactorError("unknown-id", id=one_id, suggestions=near(one_id, [*self._by_id, *self.catalogue]))
        return found

    def property_of(self, source: str, subject: str, kind: str) -> FuelProperty:
        """
        Return the one property of a subject that a publication states.

        Raises:
            FactorError: There is none, or more than one; the message names the candidates.
        """
        self._known_source(source)
        candidates = self._stated.get((source, subject, kind), [])
        if len(candidates) != 1:
            others = sorted({one.id for one in self.properties if one.subject == subject and one.property == kind})
            code = "property-tie" if candidates else "property-missing" if others else "property-none"
            ids = [one.id for one in candidates] or others
            raise FactorError(code, source=source, subject=subject, property=kind, candidates=ids)
        chosen: FuelProperty = candidates[0]
        return chosen

    def gwp(self, gwp_set: str, flow: str, origin: str | None = None, metric: str = "GWP100") -> Gwp:
        """
        Return the GWP of a gas; ``origin`` (fossil, non-fossil) chooses where the report states two values.

        Raises:
            FactorError: The set is unknown, or states none or several values for this gas.
        """
        if gwp_set not in self.gwp_sets:
            raise FactorError("unknown-gwp-set", gwp_set=gwp_set, known=sorted(self.gwp_sets))
        named = "non-fossil" if origin == "biogenic" else origin
        found = [one for one in self.gwps if (one.gwp_set, one.flow, one.metric) == (gwp_set, flow, metric)]
        found = [one for one in found if one.origin in {None, named} and one.id not in self.superseded]
        if len(found) != 1:
            raise FactorError("gwp-missing", gwp_set=gwp_set, flow=flow, origin=origin or "-", metric=metric)
        return found[0]

    def carrier_name(self, subject: str) -> dict[str, str]:
        """
        Return a carrier (a subject of the catalogue) as people call it: in Chinese by its first Chinese alias.

        Example:
            >>> FactorLibrary.shipped().carrier_name("natural_gas")
            {'en': 'natural gas', 'zh': '天然气'}
        """
        aliases = [alias for one in self.catalogue.values() if one.subject == subject for alias in one.aliases]
        english = subject.replace("_", " ")
        return {"en": english, "zh": next((one for one in aliases if not one.isascii()), english)}

    def region_path(self, region: str) -> list[str]:
        """Return ``region`` and its parents up to the world."""
        path = []
        while region:
            if region in path:
                raise FactorError("region-circular", region=region)
            if region not in self.regions:
                raise FactorError("unknown-region", region=region, known=near_regions(region, self.regions))
            path.append(region)
            region = self.regions[region].parent or ""
        return path

    def choose(self, wanted: Wanted) -> Choice:
        """
        Return the factor that rules for ``wanted``: by source in order, then region upwards, then vintage.

        The latest known factor is looked for in all sources together; their order decides between equally late ones.

        Raises:
            FactorError: None fits, or several do. The candidates are named; nothing near is taken instead.
        """
        ruling, fit = self._ruling(wanted, self._fitting(_wherever(wanted)))
        if not ruling:
            near_misses = self._near_misses(wanted, self._pool(wanted))
            code = "factor-missing" if near_misses else "factor-none"
            raise FactorError(code, **_described(wanted), candidates=near_misses)
        if len(ruling) > 1:
            raise _tie(ruling, wanted)
        return Choice(ruling[0], fit)

    def unsaid(self, wanted: Wanted) -> EmissionFactor | None:
        """
        Return the factor that would rule for ``wanted`` if its row stated what the rule asks for; mostly there is none.

        A row whose ``variant``, ``technology`` or ``lifecycle`` is blank may be of any: it is not taken where a rule
        names one, and whoever left the cell blank should hear of it. Where a row that states it stands in the same
        place, the blank one is of another kind.
        """
        blank = self._blank(_wherever(wanted))
        if not blank:
            return None
        ruling, _ = self._ruling(wanted, [*self._fitting(_wherever(wanted)), *blank])
        silent = {one.id for one in blank}
        return ruling[0] if ruling and all(one.id in silent for one in ruling) else None

    def _ruling(
        self, wanted: Wanted, fitting: Sequence[EmissionFactor]
    ) -> tuple[list[EmissionFactor], tuple[str, ...]]:
        """Return what rules of those that fit in all but place, time and unit, and its fit: one, unless several tie."""
        # one publication after the other, except that the latest known is looked for in all of them together
        together = wanted.vintage == "latest-known"
        for sources in (wanted.sources,) if together else ((source,) for source in wanted.sources):
            for step, region in enumerate(self.region_path(wanted.region)):
                here = [one for one in fitting if one.source in sources and one.region == region]
                current, fit = _current(here, wanted)
                first = min((sources.index(one.source) for one in current), default=0)
                current = _stated_in([one for one in current if one.source == sources[first]], wanted.units)
                if current:
                    technology = current[0].technology
                    other = wanted.stated_technology is not None and technology not in {None, wanted.stated_technology}
                    fit = (("region-parent",) if step else ()) + fit + (("other-technology",) if other else ())
                    return current, fit or ("exact",)
        return [], ()

    def search(
        self, words: str, limit: int | None = None
    ) -> list[CatalogueEntry | EmissionFactor | FuelProperty | Gwp]:
        """
        Return activities, factors, properties and GWPs that every word of ``words`` fits, in English or Chinese.

        Words that are the name of a fuel or carrier find what is of it, the same in both languages; others are looked
        for in ids, names, regions and titles.

        Example:
            >>> [hit.activity for hit in FactorLibrary.shipped().search("外购电力")[:1]]
            ['electricity.grid']
        """
        wanted = fold(words).split()
        named = {
            entry.subject
            for entry in self.catalogue.values()
            if fold(words) in {fold(name) for name in (entry.subject.replace("_", " "), *entry.aliases)}
        }
        scored = []
        for order, (text, exact, subject, one) in enumerate(self._search_index):
            if subject in named if named else wanted and all(word in text for word in wanted):
                scored.append((fold(words) not in exact, order, one))
        return [one for _, _, one in sorted(scored, key=lambda hit: hit[:2])[:limit]]

    def gases(self, names: Iterable[str]) -> tuple[str, ...]:
        """
        Return the gases that are named, or whose group is: ``HFCs`` are all of them.

        Raises:
            FactorError: A name is neither.

        Example:
            >>> FactorLibrary.shipped().gases(["CO2", "PFCs"])[:3]
            ('CO2', 'CF4', 'C2F6')
        """
        known = [one for one in self.flows.values() if one.kind in COUNTED]
        found: list[str] = []
        for name in names:
            own = [one.flow for one in known if name == one.flow] or [one.flow for one in known if name == one.group]
            if not own:
                groups = list(dict.fromkeys(one.group or one.flow for one in known))
                raise FactorError("unknown-gas", gas=name, known=groups)
            found += own
        return tuple(dict.fromkeys(found))

    def technologies(self, activity: str) -> list[str]:
        """Return the technologies that some publication tells apart for an activity."""
        return self._technologies(activity)

    def suggest(self, words: str) -> list[str]:
        """Return activity codes whose code, name or alias is like ``words``."""
        folded, names = fold(words), self._by_name
        close = [folded] if folded in names else near(folded, list(names))
        return list(dict.fromkeys(code for name in close for code in names[name]))[:6]

    @cached_property
    def equivalences(self) -> dict[str, Equivalence]:
        """Amounts of CO2e as pictures, by id; read when first asked for, and no part of any inventory."""
        problems: list[Finding] = []
        found = _rows(((self.home or data_folder()) / "equivalences.csv",), Equivalence, problems)
        if problems:
            raise InputError("table-broken", problems, file="equivalences.csv")
        return {one.id: one for one in found}

    # ---------------------------------------------------------------------------------------------- inside

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """Return activity codes by what they may be called."""
        names: dict[str, list[str]] = {}
        for entry in self.catalogue.values():
            for name in (entry.activity, entry.name_en, entry.name_zh, *entry.aliases):
                names.setdefault(fold(name), []).append(entry.activity)
        return names

    @cached_property
    def _by_id(self) -> "dict[str, EmissionFactor | FuelProperty | Gwp]":
        return {one.id: one for one in self.numbers}

    @cached_property
    def gwp_sets(self) -> frozenset[str]:
        """The names of the GWP sets that the library has."""
        return frozenset(one.gwp_set for one in self.gwps)

    @cached_property
    def superseded(self) -> frozenset[str]:
        """The ids that a known row corrects: they stay addressable, and are never chosen."""
        return frozenset(one.supersedes for one in self.numbers if one.supersedes)

    @cached_property
    def _technologies(self) -> "Callable[[str], list[str]]":
        told = sorted({(one.activity, one.technology) for one in self.factors if one.technology})
        return cache(lambda activity: sorted({name for pattern, name in told if fnmatchcase(activity, pattern)}))

    @cached_property
    def _filed(self) -> "Callable[[str, str, str], tuple[EmissionFactor, ...]]":
        """Return what finds the factors of a flow and a source that hold for an activity."""
        filed: dict[tuple[str, str], list[EmissionFactor]] = {}
        for one in self.factors:
            filed.setdefault((one.flow, one.source), []).append(one)

        @cache
        def found(flow: str, source: str, activity: str) -> tuple[EmissionFactor, ...]:
            return tuple(one for one in filed.get((flow, source), ()) if fnmatchcase(activity, one.activity))

        return found

    @cached_property
    def _stated(self) -> dict[tuple[str, str, str], list[FuelProperty]]:
        """Properties that none supersedes, by source, subject and kind."""
        found: dict[tuple[str, str, str], list[FuelProperty]] = {}
        for one in self.properties:
            if one.id not in self.superseded:
                found.setdefault((one.source, one.subject, one.property), []).append(one)
        return found

    def _pool(self, wanted: Wanted) -> list[EmissionFactor]:
        return [
            one
            for source in wanted.sources
            for one in self._filed(wanted.flow, self._known_source(source), wanted.activity)
        ]

    @cached_property
    def _fitting(self) -> "Callable[[Wanted], list[EmissionFactor]]":
        """Return what finds the factors that fit in all but place, time and unit: the same for many keys of a plan."""

        @cache
        def found(wanted: Wanted) -> list[EmissionFactor]:
            fitting = [one for one in self._pool(wanted) if one.id not in self.superseded and _meets(one, wanted)]
            return _of_technology(fitting, wanted)

        return found

    @cached_property
    def _blank(self) -> "Callable[[Wanted], list[EmissionFactor]]":
        """Return what finds the factors that would fit like those of ``_fitting`` but for cells that are blank."""

        @cache
        def found(wanted: Wanted) -> list[EmissionFactor]:
            asked = asked_of(wanted)
            pool = (one for one in self._pool(wanted) if asked and one.id not in self.superseded)
            silent = [
                one
                for one in pool
                if any(getattr(one, name) is None for name in asked)
                and all(getattr(one, name) in {None, asked[name]} for name in asked)
                and one.basis in {None, wanted.basis or one.basis}
            ]
            return _of_technology(silent, wanted) if wanted.stated_technology else silent

        return found

    @cached_property
    def _search_index(self) -> list[tuple[str, set[str], str, "CatalogueEntry | EmissionFactor | FuelProperty | Gwp"]]:
        """Return the folded text, the exact names, the fuel or carrier and the object, activities first."""
        index: list[tuple[str, set[str], str, CatalogueEntry | EmissionFactor | FuelProperty | Gwp]] = []
        for entry in self.catalogue.values():
            names = [entry.activity, entry.subject.replace("_", " "), entry.name_en, entry.name_zh, *entry.aliases]
            index.append((fold(" ".join(names)), {fold(name) for name in names}, entry.subject, entry))
        by_subject: dict[str, str] = {}
        for entry in self.catalogue.values():
            names = [entry.subject, entry.subject.replace("_", " "), *entry.aliases]
            by_subject[entry.subject] = f"{by_subject.get(entry.subject, '')} {' '.join(names)}"
        for one in self.numbers:
            subject = one.subject if isinstance(one, FuelProperty) else getattr(one, "activity", "").rsplit(".", 1)[-1]
            if isinstance(one, EmissionFactor) and one.activity in self.catalogue:
                subject = self.catalogue[one.activity].subject
            source = self.sources[one.source]
            what = [
                one.id,
                subject,
                by_subject.get(subject, ""),
                getattr(one, "flow", ""),
                getattr(one, "property", ""),
                getattr(one, "variant", None) or "",
                getattr(one, "technology", None) or "",
                self._region_names(getattr(one, "region", "")),
                str(one.value),
                source.title,
                source.title_zh or "",
            ]
            index.append((fold(" ".join(what)), {fold(one.id)}, subject, one))
        return index

    def _region_names(self, code: str) -> str:
        region = self.regions.get(code)
        return f"{code} {region.name_en} {region.name_zh}" if region else code

    def _known_source(self, source: str) -> str:
        if source not in self.sources:
            raise self._unknown_source(source)
        return source

    def _unknown_source(self, source: str) -> FactorError:
        return FactorError("unknown-source", source=source, suggestions=near(source, list(self.sources)) or ["-"])

    def _near_misses(self, wanted: Wanted, pool: Sequence[EmissionFactor]) -> list[str]:
        """Return what came closest, so that the user sees which criterion excludes it."""
        others = pool or [
            one for one in self.factors if one.flow == wanted.flow and fnmatchcase(wanted.activity, one.activity)
        ]
        path = self.region_path(wanted.region)
        nearest = sorted(
            others,
            key=lambda one: (
                path.index(one.region) if one.region in path else len(path),
                not _meets(one, wanted),
                abs((one.valid_from - wanted.start).days),
            ),
        )
        return [f"{one.id} ({one.source}, {one.region}, {_years(one)}, {one.variant or '-'})" for one in nearest[:8]]


def asked_of(wanted: Wanted) -> dict[str, str]:
    """Return what a rule asks a factor to state, by the column in which it does."""
    asked = {"variant": wanted.variant, "lifecycle": wanted.lifecycle}
    if wanted.stated_technology is None:  # else the activity asks, and sources need not tell technologies apart
        asked["technology"] = wanted.technology
    return {name: value for name, value in asked.items() if value is not None}


def fold(text: str) -> str:
    """Return ``text`` as it is compared in searches: NFKC, lower case, single spaces."""
    return re.sub(r"\s+", " ", nfkc(text).casefold()).strip()


def data_folder() -> Traversable:
    """Return the shipped ``emission_factors`` folder, in a wheel or a checkout."""
    return files("hsesg_carbon.emission_factors")


@cache
def _shipped() -> FactorLibrary:
    return FactorLibrary.load(data_folder())


def _rows(
    found_in: Iterable[Traversable],
    model: type[Any],
    problems: list[Finding],
    places: dict[str, Where] | None = None,
) -> list[Any]:
    """Read files, or all tables of folders, as records; a missing one is empty (an overlay rarely has all)."""
    paths: list[Traversable] = []
    for place in found_in:
        if place.is_dir():
            inside = [path for path in place.iterdir() if path.name.lower().endswith((".csv", ".xlsx"))]
            inside = [path for path in inside if not is_nobodys(path.name)]
            paths += sorted(inside, key=lambda path: path.name)
        elif place.is_file():
            paths.append(place)
    records: list[Any] = []
    for path in paths:
        for table in _tables(path, problems) or ():
            found, wrong = table.records(model, split=_SPLIT, check=_check_row)
            records += found
            problems += wrong
            if places is not None:
                places |= {row.cells["id"]: table.where(row) for row in table.rows if "id" in row.cells}
    return records


def _tables(path: Traversable, problems: list[Finding]) -> list[Table] | None:
    """Return the tables of a file; why it cannot be read (then there are none) is one problem among the others."""
    try:
        return read_tables(path)
    except CarbonError as error:
        problems.append(_unreadable(error, path.name))
        return None


def _unreadable(error: CarbonError, file: str) -> Finding:
    place = None if "file" in error.data else Where(file=file)
    return Finding(code=error.code, severity="error", where=place, data=error.data)


def _check_row(one: Any) -> None:
    """Hold a row to what it can be held to on its own."""
    if isinstance(one, EmissionFactor | FuelProperty):
        if code := one.fault():
            raise FactorError(code, id=one.id)
        if "/" not in one.unit and one.unit != "1":
            raise FactorError("factor-unit-no-ratio", id=one.id, unit=one.unit)


def _clashes(
    one: EmissionFactor | FuelProperty | Gwp, library: FactorLibrary, shipped: FactorLibrary
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield where an organisation's own number meddles with shipped ones."""
    if one.supersedes in shipped._by_id:
        yield "overlay-supersedes", {"id": one.id, "superseded": one.supersedes}
    elif one.supersedes and one.supersedes not in library._by_id:
        yield "unknown-id", {"id": one.supersedes, "suggestions": near(one.supersedes, list(library._by_id))}
    if isinstance(one, Gwp) and one.gwp_set in shipped.gwp_sets:
        yield "overlay-gwp-set", {"id": one.id, "gwp_set": one.gwp_set}


def _sources(path: Traversable, problems: list[Finding]) -> dict[str, Source]:
    if not path.is_file():
        return {}
    try:
        described = read_toml(path)
    except CarbonError as error:
        problems.append(_unreadable(error, path.name))
        return {}
    sources = {}
    for name, body in described.items():
        entry = body if isinstance(body, dict) else {}
        try:
            sources[name] = Source.model_validate({"id": name, **entry})
        except ValidationError as error:
            where = Where(file=path.name, value=name)
            problems += [one.model_copy(update={"where": where}) for one in misfits(error, Source)]
    return sources


def _wherever(wanted: Wanted) -> Wanted:
    """Return what is wanted but for place, time and unit: it is the same for many keys of a plan."""
    return replace(wanted, region="", start=date.min, end=date.min, vintage="", units=())


def _meets(one: EmissionFactor, wanted: Wanted) -> bool:
    if wanted.basis is not None and one.basis not in {None, wanted.basis}:
        return False
    pairs = ((wanted.variant, one.variant), (wanted.lifecycle, one.lifecycle))
    return all(wish is None or wish == has for wish, has in pairs)


def _of_technology(fitting: list[EmissionFactor], wanted: Wanted) -> list[EmissionFactor]:
    """Return the factors of the technology that the activity states, else of the rule's, else of none."""
    stated = [one for one in fitting if wanted.stated_technology and one.technology == wanted.stated_technology]
    if stated or (wanted.technology is None and wanted.stated_technology is None):
        return stated or fitting
    return [one for one in fitting if one.technology == wanted.technology]


def _stated_in(candidates: list[EmissionFactor], names: Sequence[str]) -> list[EmissionFactor]:
    """Return, of one factor printed per several units, the one per the first of ``names``, or per its kind."""
    for name in names if len(candidates) > 1 else ():
        alike = [one for one in candidates if units.kind(one.per) == units.kind(name)]
        same = [one for one in alike if units.family(one.per) == units.family(name)]
        if alike:
            return same or alike
    return candidates


def _tie(candidates: Sequence[EmissionFactor], wanted: Wanted) -> FactorError:
    """Return the error for several factors that fit: what tells them apart, and in which column to say it."""
    reachable = {units.kind(name) for name in wanted.units}
    printed = sorted({one.per for one in candidates})
    if reachable and not reachable & {units.kind(one) for one in printed}:
        return FactorError("factor-per-other-unit", **_described(wanted), units=wanted.units[:1], printed=printed)
    apart = {
        name: sorted({str(getattr(one, name) or "-") for one in candidates})
        for name in ("variant", "technology", "basis", "lifecycle", "per", "valid_from")
    }
    told = [f"{name}: {', '.join(values[:_SHOWN])}" for name, values in apart.items() if len(values) > 1]
    ids = [one.id for one in candidates]
    more = [f"... {len(ids) - _SHOWN} more"] if len(ids) > _SHOWN else []
    return FactorError(
        "factor-tie", **_described(wanted), candidates=[*ids[:_SHOWN], *more], apart="; ".join(told) or "-"
    )


def _current(candidates: list[EmissionFactor], wanted: Wanted) -> tuple[list[EmissionFactor], tuple[str, ...]]:
    """Return the candidates of the right vintage and how they fit in time."""
    if wanted.vintage == "latest-known":
        begun = [one for one in candidates if one.valid_from <= wanted.start]
        newest = max((one.valid_from for one in begun), default=None)
        chosen = [one for one in begun if one.valid_from == newest]
        covering = all(one.covers(wanted.start, wanted.end) for one in chosen)
        return chosen, () if covering else ("earlier-year",)
    if isinstance(wanted.vintage, int):
        first, last = date(wanted.vintage, 1, 1), date(wanted.vintage, 12, 31)
        same = first <= wanted.start and wanted.end <= last
        return [one for one in candidates if one.covers(first, last)], () if same else ("fixed-year",)
    return [one for one in candidates if one.covers(wanted.start, wanted.end)], ()


def _described(wanted: Wanted) -> dict[str, Any]:
    return {
        "activity": wanted.activity,
        "flow": wanted.flow,
        "region": wanted.region,
        "period": f"{wanted.start}/{wanted.end}",
        "sources": wanted.sources,
        "vintage": wanted.vintage,
        "variant": wanted.variant or "-",
    }


def _years(one: EmissionFactor) -> str:
    return f"{one.valid_from.year}-{one.valid_to.year if one.valid_to else ''}"
