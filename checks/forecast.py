"""When a registry that fills up will be full: a trend that one purge, one import or one bad sample does not bend.

Least squares, which is what `predict_linear` of Prometheus does, answers "in ten years" after a purge or after one
sample that was read wrong. So the trend is a median of slopes (Theil 1950, Sen 1968), taken where no drop lies.
`python -m bench --only forecasts` shows how far off each of them is.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import combinations, pairwise
from math import sqrt
from statistics import fmean, median, pstdev
from typing import Final

from checks.model import Value

WINDOW: Final = 28
FEWEST_SAMPLES: Final = 7
_A_DROP: Final = 0.02
_WEEKS_OF_PEAKS: Final = 8
_FEWEST_PEAKS: Final = 3
_SHARE_TRIMMED: Final = 0.1
# The standard normal quantile that leaves 5 % on each side.
_NINETY_PERCENT: Final = 1.645
_HORIZON: Final = 3650


class Reached(Value, frozen=True, tag="reached"):
    """The ceiling will be reached between two days, with a chance of 90 %, and most likely on one between them.

    Without `latest` it may also take more than ten years. `per_day` is the growth in bytes.
    """

    earliest: date
    likely: date
    latest: date | None
    per_day: int


class Full(Value, frozen=True, tag="full"):
    """It is at its ceiling."""


class NotGrowing(Value, frozen=True, tag="not_growing"):
    """It does not grow, or so slowly that it would take more than ten years. `per_day` is in bytes."""

    per_day: int


class TooFewSamples(Value, frozen=True, tag="too_few_samples"):
    """There are not enough days yet to tell a trend from chance."""

    days: int


type Forecast = Reached | Full | NotGrowing | TooFewSamples


class Sample(Value, frozen=True):
    """The bytes in use on one day, which is a number: its ordinal."""

    day: int
    used: int


class Slope(Value, frozen=True):
    """Bytes a day: what is most likely, and bounds of it that hold with a chance of 90 %."""

    low: float
    middle: float
    high: float


class Trend(Value, frozen=True):
    """The growth from a sample on."""

    start: Sample
    slope: Slope


def forecast(used: Mapping[date, int], ceiling: int) -> Forecast:
    """When the ceiling will be reached, from the bytes in use on each day that is known. A hole is no zero."""
    samples = [Sample(day.toordinal(), used[day]) for day in sorted(used)]
    if samples and samples[-1].used >= ceiling:
        return Full()
    known = len(_recent(samples))
    if known < FEWEST_SAMPLES:
        return TooFewSamples(days=known)
    seen = trend(samples)
    room = max(0, ceiling - seen.start.used)
    slope = _kept(seen.slope, samples, room)
    earliest, likely, latest = (
        _when(seen.start, room, per_day) for per_day in (slope.high, slope.middle, slope.low)
    )
    if likely is None or earliest is None:
        return NotGrowing(per_day=round(slope.middle))
    return Reached(earliest=earliest, likely=likely, latest=latest, per_day=round(slope.middle))


def _when(start: Sample, room: int, per_day: float) -> date | None:
    """The day on which that much room is used up, or None if that is too far away to be told."""
    if per_day <= 0 or room / per_day > _HORIZON:
        return None
    return date.fromordinal(start.day + round(room / per_day))


def trend(samples: Sequence[Sample]) -> Trend:
    """The growth that the samples show, in the order of their days.

    Where much goes every week, the ceiling is first met by a peak: then it is the peaks that grow.
    """
    recent = _recent(samples)
    drops = _drops(recent)
    since = recent[drops[-1] :] if drops else recent
    peaks = _weekly_peaks(samples)
    if len(drops) > 1 and len(peaks) >= _FEWEST_PEAKS:
        return Trend(start=peaks[-1], slope=theil_sen(peaks))
    if len(drops) > 1 or len(since) < FEWEST_SAMPLES:
        return Trend(start=recent[-1], slope=_between(recent, drops))
    return Trend(start=recent[-1], slope=theil_sen(since))


def theil_sen(samples: Sequence[Sample]) -> Slope:
    """The median of the slopes between every two samples, with Sen's interval from their order."""
    slopes = sorted((b.used - a.used) / (b.day - a.day) for a, b in combinations(samples, 2))
    count = len(samples)
    spread = _NINETY_PERCENT * sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = max(0, round((len(slopes) - spread) / 2) - 1)
    high = min(len(slopes) - 1, round((len(slopes) + spread) / 2))
    return Slope(low=slopes[low], middle=median(slopes), high=slopes[high])


def _recent(samples: Sequence[Sample]) -> Sequence[Sample]:
    return [sample for sample in samples if sample.day > samples[-1].day - WINDOW]


def _drops(samples: Sequence[Sample]) -> list[int]:
    """The places at which more than 2 % had gone since the sample before, and had not come back in the next."""
    places = []
    for place in range(1, len(samples)):
        floor = samples[place - 1].used * (1 - _A_DROP)
        came_back = place + 1 < len(samples) and samples[place + 1].used >= floor
        if samples[place].used < floor and not came_back:
            places.append(place)
    return places


def _weekly_peaks(samples: Sequence[Sample]) -> Sequence[Sample]:
    """The highest sample of each of the last weeks; the last week ends with the last sample."""
    peaks: dict[int, Sample] = {}
    for sample in samples:
        week = (samples[-1].day - sample.day) // 7
        if week < _WEEKS_OF_PEAKS and (week not in peaks or sample.used > peaks[week].used):
            peaks[week] = sample
    return [peaks[week] for week in sorted(peaks, reverse=True)]


def _between(samples: Sequence[Sample], drops: Iterable[int]) -> Slope:
    """The mean growth from one day to the next where nothing was dropped, without the extremes."""
    steps = _steps(samples, drops)
    cut = _cut(steps)
    middle = fmean(steps[cut : len(steps) - cut])
    error = _NINETY_PERCENT * _deviation(steps) / sqrt(len(steps))
    return Slope(low=middle - error, middle=middle, high=middle + error)


def _kept(slope: Slope, samples: Sequence[Sample], room: int) -> Slope:
    """The slope with bounds that the days to come will keep, too.

    Sen's interval takes what lies beside the trend for noise that is forgotten the next day. What a registry stores
    is not forgotten: each day adds to all before it. So the bounds are at least as far apart as the days differ,
    over the days that were seen and over those until the ceiling.
    """
    if slope.middle <= 0:
        return slope
    steps = _steps(_recent(samples))
    ahead = max(1.0, room / slope.middle)
    error = _NINETY_PERCENT * _deviation(steps) * sqrt(1 / len(steps) + 1 / ahead)
    return Slope(
        low=min(slope.low, slope.middle - error),
        middle=slope.middle,
        high=max(slope.high, slope.middle + error),
    )


def _steps(samples: Sequence[Sample], without: Iterable[int] = ()) -> Sequence[float]:
    """The growth of a day between each sample and the next, the smallest first."""
    left_out = set(without)
    return sorted(
        (b.used - a.used) / (b.day - a.day)
        for place, (a, b) in enumerate(pairwise(samples), start=1)
        if place not in left_out
    )


def _cut(steps: Sequence[float]) -> int:
    """How many on each side are extremes."""
    return int(len(steps) * _SHARE_TRIMMED)


def _deviation(steps: Sequence[float]) -> float:
    """By how much one day differs from another, however far out the extremes are (Tukey and McLaughlin 1963)."""
    cut = _cut(steps)
    low, high = steps[cut], steps[len(steps) - 1 - cut]
    return pstdev([min(high, max(low, step)) for step in steps]) / (1 - 2 * _SHARE_TRIMMED)
