"""
What a finder of anomalies makes of made-up sites with known faults: recall, precision, false alarms per site.

A fault is found where any of its months is flagged; further flags in its months count as nothing. Every other flag is a
false alarm, whatever it is called. Precision is faults found over faults found and false alarms.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hsesg_carbon.periods import Period
from tests.benchmarks.anomalies.bounds import Distances, best, fitted, flagged, unweathered
from tests.benchmarks.anomalies.generator import NOISE, MadeUp, Variant, sites

LIMITS = {"weather": 0.9, "neighbours": 0.8}
"""Least recall and precision with degree days, and without them but with neighbours in the same weather."""
FALSE_ALARMS = 0.1
"""Most false alarms per site."""
MODES = ("weather", "neighbours", "alone")
"""What is known of the weather: its degree days; only which sites share it; nothing."""
GROUPS = ("driven by weather", "not driven", "all")


@dataclass(frozen=True)
class Flag:
    """A month, by its place in the series of a site, that a finder thinks wrong, and as what (``group``)."""

    site: str
    place: int
    group: str = "consumption"


Finder = Callable[[Sequence[MadeUp]], Iterable[Flag]]


@dataclass(frozen=True)
class Count:
    """How the faults of some sites fared; ``told`` are those found that a flag calls a fault of the meter."""

    sites: int = 0
    faults: int = 0
    found: int = 0
    told: int = 0
    false_alarms: int = 0

    @property
    def recall(self) -> float:
        """Faults found, of all. [share; NaN without faults]"""
        return self.found / self.faults if self.faults else float("nan")

    @property
    def precision(self) -> float:
        """Faults found, of faults found and false alarms. [share; NaN without flags]"""
        flagged = self.found + self.false_alarms
        return self.found / flagged if flagged else float("nan")

    @property
    def per_site(self) -> float:
        """False alarms per site."""
        return self.false_alarms / self.sites if self.sites else float("nan")

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.sites + other.sites,
            self.faults + other.faults,
            self.found + other.found,
            self.told + other.told,
            self.false_alarms + other.false_alarms,
        )


def score(made_up: Sequence[MadeUp], flags: Iterable[Flag]) -> dict[str, Count]:
    """
    Return the counts by group of sites.

    Raises:
        KeyError: A flag is of a site, or a month, that there is not.
    """
    flagged: dict[str, dict[int, set[str]]] = {site.site: {} for site in made_up}
    lengths = {site.site: len(site.quantities) for site in made_up}
    for one in flags:
        if not 0 <= one.place < lengths[one.site]:
            raise KeyError(one)
        flagged[one.site].setdefault(one.place, set()).add(one.group)
    counts = dict.fromkeys(GROUPS, Count())
    for site in made_up:
        own = _count(site, flagged[site.site])
        for group in (GROUPS[0] if site.driven else GROUPS[1], "all"):
            counts[group] += own
    return counts


def _count(site: MadeUp, flagged: Mapping[int, set[str]]) -> Count:
    names = [set().union(*(flagged.get(month, set()) for month in fault.months)) for fault in site.faults]
    faulty = {month for fault in site.faults for month in fault.months}
    return Count(
        sites=1,
        faults=len(site.faults),
        found=sum(map(bool, names)),
        told=sum("meter-fault" in one for one in names),
        false_alarms=sum(place not in faulty for place in flagged),
    )


# ------------------------------------------------------------------------------------------------- the finder


def series_of(site: MadeUp, mode: str = "weather") -> Any:
    """Return what the finder is shown of a site."""
    from hsesg_carbon import baselines

    weather = tuple((float(heat), float(cold)) for heat, cold in site.weather) if mode == "weather" else None
    return baselines.Series(
        site=site.site,
        carrier=site.carrier,
        unit=site.unit,
        months=tuple(Period.parse(f"{year}-{month:02d}") for year, month in site.months),
        quantities=tuple(map(float, site.quantities)),
        weather=weather,
        region=None if mode == "alone" else site.region,
    )


def found(made_up: Sequence[MadeUp], mode: str = "weather") -> Iterator[Flag]:
    """Yield what ``hsesg_carbon.anomalies.find`` finds."""
    from hsesg_carbon import anomalies

    places = {site.site: {month: place for place, month in enumerate(site.months)} for site in made_up}
    for one in anomalies.find([series_of(site, mode) for site in made_up]):
        day = one.month.start
        yield Flag(one.site, places[one.site][day.year, day.month], one.group)


# --------------------------------------------------------------------------------------------------------- runs

BOUNDS: dict[str, dict[str, Distances]] = {
    "weather": {"best": best, "fitted": fitted},
    "alone": {"best": unweathered},
}
"""What can be had, by what is known of the weather; neighbours tell it, so that theirs is that of the degree days."""


def bound(made_up: Sequence[MadeUp], distances: Distances) -> list[Flag]:
    """Return the flags of one who knows so much, with as many false alarms as are allowed."""
    return [Flag(site, place) for site, place in flagged(made_up, distances, FALSE_ALARMS)]


Key = tuple[str, str, str, str]
"""Who (the finder, or a bound), variant, mode, group of sites."""


def run(
    count: int, months: int, seed: int, noise: tuple[float, float] = NOISE, finder: bool = True
) -> dict[Key, Count]:
    """Return all scores of one seed; without the finder only what can be had."""
    scores: dict[Key, Count] = {}
    plan: list[tuple[Variant, tuple[str, ...]]] = [("changes", MODES), ("clean", MODES), ("meters", MODES[:1])]
    for variant, modes in plan:
        made_up = sites(count, months, seed, variant, noise)
        for mode in modes:
            for name in BOUNDS.get(mode, {}) if variant == "changes" else ():
                _note(scores, (name, variant, mode), score(made_up, bound(made_up, BOUNDS[mode][name])))
            if finder:
                _note(scores, ("finder", variant, mode), score(made_up, found(made_up, mode)))
    return scores


def _note(scores: dict[Key, Count], key: tuple[str, str, str], counts: Mapping[str, Count]) -> None:
    scores.update({(*key, group): one for group, one in counts.items()})


_KNOWN = {"weather": "degree days", "neighbours": "which sites share the weather", "alone": "nothing"}
_WHO = {
    "finder": "`anomalies.find`",
    "best": "*who knows the expected use*",
    "fitted": "*who knows the sound months*",
}


def table(runs: Sequence[Mapping[Key, Count]], heading: str) -> str:
    """Return the scores as Markdown: the mean over all runs and, of several, the range."""
    lines = [heading, "", *_changes(runs)]
    if any(who == "finder" for who, *_ in runs[0]):
        lines += ["", *_clean(runs), "", *_meters(runs)]
    return "\n".join(lines) + "\n"


def _changes(runs: Sequence[Mapping[Key, Count]]) -> Iterator[str]:
    yield "| known of the weather | sites | | recall | precision | false alarms per site |"
    yield "|---|---|---|---|---|---|"
    for who, variant, mode, group in runs[0]:
        if variant == "changes":
            own = [one[who, variant, mode, group] for one in runs]
            parts = [_share([one.recall for one in own]), _share([one.precision for one in own])]
            rate = _number([one.per_site for one in own])
            yield f"| {_KNOWN[mode]} | {group} | {_WHO[who]} | {' | '.join(parts)} | {rate} |"


def _clean(runs: Sequence[Mapping[Key, Count]]) -> Iterator[str]:
    yield "Sites without any fault:"
    yield ""
    yield "| known of the weather | sites | false alarms per site |"
    yield "|---|---|---|"
    for who, variant, mode, group in runs[0]:
        if variant == "clean":
            rate = _number([one[who, variant, mode, group].per_site for one in runs])
            yield f"| {_KNOWN[mode]} | {group} | {rate} |"


def _meters(runs: Sequence[Mapping[Key, Count]]) -> Iterator[str]:
    own = [one["finder", "meters", "weather", "all"] for one in runs]
    told = _share([one.told / one.found if one.found else float("nan") for one in own])
    yield "Faults of the meter or the decimal point (stuck, negative, times ten, a tenth, a hundredth, a hundredfold):"
    yield f"found {_share([one.recall for one in own])}, of these told as faults of the meter {told},"
    yield f"false alarms per site {_number([one.per_site for one in own])}."


def _share(values: Sequence[float]) -> str:
    return _spread([f"{100 * one:.1f}" for one in (_mean(values), min(values), max(values))], len(values)) + " %"


def _number(values: Sequence[float]) -> str:
    return _spread([f"{one:.3f}" for one in (_mean(values), min(values), max(values))], len(values))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _spread(shown: Sequence[str], count: int) -> str:
    mean, least, most = shown
    return f"{mean} ({least} to {most})" if count > 1 else mean
