"""Hands the months of bills to the baselines and the search for anomalies, and their answers back as plain data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from hsesg_carbon.messages import LANGUAGES
from hsesg_carbon.monitoring import Weather, weather_of
from hsesg_carbon.monthly import Monthly, Place
from hsesg_carbon.months import BY_WIRE_AND_PIPE, SeriesKey, is_any
from hsesg_carbon.periods import Period
from hsesg_carbon.sites import Site

Json = dict[str, Any]


@dataclass(frozen=True)
class Detection:
    """Models (EnB), their band by month, and anomalies, as plain data: floats, for they are statistics."""

    models: list[Json] = field(default_factory=list)
    baselines: list[Json] = field(default_factory=list)
    anomalies: list[Json] = field(default_factory=list)


def detect(monthly: Monthly, sites: Sequence[Site], weather: Sequence[Weather]) -> Detection:
    """
    Return the baselines of every carrier at a site, and the anomalies of each of its meters.

    Only what comes by wire and pipe has a use in every month; fuel is bought when the tank is empty.
    """
    from hsesg_carbon.anomalies import find  # noqa: PLC0415  (numpy and scipy are slow to load)
    from hsesg_carbon.baselines import Series, fit_all  # noqa: PLC0415

    known = {one.id: one for one in sites}
    places = [one for one in monthly.places if _is_steady(monthly, one)]
    only = {place: streams[0] for place, streams in monthly.streams.items() if len(streams) == 1}
    wholes = [one for place in places for one in _series(monthly, place, only.get(place), known, weather)]
    meters = [
        one
        for place in places
        for stream in monthly.streams[place]
        for one in _series(monthly, place, stream, known, weather)
    ]
    fitted = fit_all([Series(**one) for one in wholes])
    found = find([Series(**one) for one in meters], baselines=fitted if wholes == meters else None)
    return Detection(
        models=[_model(one) for one in fitted if one.training is not None],
        baselines=[row for one in fitted for row in _band(one)],
        anomalies=[_anomaly(one) for one in found if one.kind != "missing" or _is_due(monthly, one)],
    )


# -------------------------------------------------------------------------------------------------- private


def _is_steady(monthly: Monthly, place: Place) -> bool:
    return monthly.measured("quantity", place) and all(
        is_any(one.activity, BY_WIRE_AND_PIPE) for one in monthly.streams[place]
    )


def _series(
    monthly: Monthly, place: Place, stream: SeriesKey | None, sites: dict[str, Site], weather: Sequence[Weather]
) -> Iterator[Json]:
    """Yield a series from the first month that is known to the last in which bills are expected."""
    site = sites[place.site]
    own = weather_of(weather, site)
    amounts = {
        month: monthly.of_stream(stream, month) if stream else monthly.value("quantity", place, month)
        for month in monthly.months
    }
    known = [month for month, amount in amounts.items() if amount is not None]
    if known:
        last = max((month for month in monthly.months if _goes_on(monthly, place, stream, month)), default=known[-1])
        months = tuple(month for month in monthly.months if known[0] <= month <= max(last, known[-1]))
        yield {
            "site": place.site,
            "carrier": place.carrier,
            "unit": monthly.carriers[place.carrier],
            "months": months,
            "quantities": tuple(_float(amounts[month]) for month in months),
            "weather": tuple(_floats(own.get(month)) for month in months) if own else None,
            "region": site.region,
            "meter": (stream.meter or None) if stream else None,
        }


def _goes_on(monthly: Monthly, place: Place, stream: SeriesKey | None, month: Period) -> bool:
    return monthly.expected(place, month) if stream is None else monthly.stream_expected(stream, month)


def _is_due(monthly: Monthly, anomaly: Any) -> bool:
    """Say whether a bill was due in any month of a gap: none is in a summer without heating."""
    for place, streams in monthly.streams.items():
        for one in streams if place == (anomaly.site, anomaly.carrier) else ():
            if (one.meter or None) == anomaly.meter:
                for month in (month for month in monthly.months if month >= anomaly.month):
                    if monthly.of_stream(one, month) is not None:
                        break
                    if monthly.stream_expected(one, month):
                        return True
    return False


def _float(amount: Fraction | None) -> float | None:
    return None if amount is None else float(amount)


def _floats(days: tuple[Fraction, Fraction] | None) -> tuple[float, float] | None:
    return None if days is None else (float(days[0]), float(days[1]))


def _model(one: Any) -> Json:
    first, last = one.training
    return {
        "site": one.site,
        "carrier": one.carrier,
        "kind": one.kind,
        "training": [first.label, last.label],
        "r2": one.r2,
        "cv_rmse": one.cv_rmse,
        "months": one.trained,
    }


def _band(one: Any) -> Iterator[Json]:
    for month, expected, low, high in zip(one.months, one.expected, one.low, one.high, strict=True):
        if expected is not None:
            place = {"site": one.site, "carrier": one.carrier, "month": month.label}
            yield {**place, "expected": expected, "low": low, "high": high}


def _anomaly(one: Any) -> Json:
    return {
        "site": one.site,
        "carrier": one.carrier,
        "meter": one.meter,
        "month": one.month.label,
        "kind": one.kind,
        "group": one.group,
        "actual": one.actual,
        "expected": one.expected,
        "low": one.low,
        "high": one.high,
        "deviation_percent": one.deviation_percent,
        "reason": {lang: one.reason(lang) for lang in LANGUAGES},
    }
