"""How far off forecasts of a full registry are: least squares, Theil and Sen, and ours, on the same made-up growth.

Each pattern is grown 300 times, from numbers that are always the same; then the day on which it really reaches the
ceiling is known. A forecast of more than ten years counts as ten years.
"""

from collections.abc import Callable, Sequence
from datetime import date
from random import Random
from statistics import fmean, median, quantiles
from typing import Final

from bench.table import table
from checks.forecast import (
    WINDOW,
    Forecast,
    Full,
    NotGrowing,
    Reached,
    Sample,
    TooFewSamples,
    forecast,
    theil_sen,
)
from checks.model import Value

SIMULATIONS: Final = 300
_SEEN: Final = 56
_AT_MOST: Final = 4000
_TEN_YEARS: Final = 3650
_TERABYTE: Final = 10**12
_START: Final = 24 * _TERABYTE
_ROOM: Final = 6 * _TERABYTE
_A_DAY: Final = 0.1 * _TERABYTE
# What a day of the week adds, as a share of the mean: five working days, and two that are none.
_WEEK: Final = (1.22, 1.22, 1.22, 1.22, 1.22, 0.45, 0.45)


class Spread(Value, frozen=True):
    """Predicted over true days until the ceiling: the median, and between what 80 % of them lie."""

    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.middle:.2f} [{self.low:.2f}-{self.high:.2f}]"


class Forecasts(Value, frozen=True):
    """How far off the three are on one pattern, and how often the truth is within our range."""

    pattern: str
    least_squares: Spread
    theil_sen: Spread
    ours: Spread
    within: float


class _Moment(Value, frozen=True):
    """A day, counted from the last that is seen, and which day of its week it is."""

    day: int
    weekday: int


# What a day adds besides the usual, in days of usual growth.
type _Step = Callable[[Random, _Moment], float]


def measure() -> tuple[Forecasts, ...]:
    """Every pattern, in the order of the table."""
    return tuple(_measured(pattern, step) for pattern, step in _PATTERNS.items())


def shown(measured: Sequence[Forecasts]) -> str:
    """The table: 1.00 is right, 2.00 is twice too late."""
    head = ("predicted / true days", "least squares", "Theil-Sen", "ours", "truth in our range")
    rows = [
        (one.pattern, str(one.least_squares), str(one.theil_sen), str(one.ours), f"{one.within:.0%}")
        for one in measured
    ]
    return (
        f"{table(head, rows)}\nMedian [10th-90th percentile] of {SIMULATIONS} simulations. Least squares and "
        f"Theil-Sen see {WINDOW} days, ours sees {_SEEN}.\nOur range is meant to hold the truth in 90 %. Growth that "
        "gets ever faster is a blind spot of all three."
    )


def _measured(pattern: str, step: _Step) -> Forecasts:
    least_squares, robust, ours = list[float](), list[float](), list[float]()
    within = 0
    for number in range(SIMULATIONS):
        chance = Random(number)  # noqa: S311 - that it can be foretold is the point
        levels = _levels(step, chance)
        ceiling = levels[_SEEN - 1] + _ROOM
        truth = next(day for day, level in enumerate(levels[_SEEN:], start=1) if level >= ceiling)
        seen = _read(levels[:_SEEN], chance, misread=pattern == _ONE_BAD_SAMPLE)
        recent, room = seen[-WINDOW:], ceiling - seen[-1].used
        told = forecast({date.fromordinal(one.day): one.used for one in seen}, ceiling)
        least_squares.append(_days(room, _least_squares(recent)) / truth)
        robust.append(_days(room, theil_sen(recent).middle) / truth)
        ours.append(_told(told, seen[-1].day) / truth)
        within += _holds(told, seen[-1].day + truth)
    return Forecasts(pattern, _spread(least_squares), _spread(robust), _spread(ours), within / SIMULATIONS)


def _levels(step: _Step, chance: Random) -> list[int]:
    """What is really stored on each day; the last day that is seen is number _SEEN - 1."""
    level, levels = float(_START), list[int]()
    first = chance.randrange(7)
    for day in range(_AT_MOST):
        moment = _Moment(day=day - _SEEN + 1, weekday=(first + day) % 7)
        usual = _WEEK[moment.weekday] * chance.lognormvariate(0, 0.25)
        level += _A_DAY * (usual + step(chance, moment))
        levels.append(round(level))
    return levels


def _read(levels: Sequence[int], chance: Random, *, misread: bool) -> list[Sample]:
    """What the metric says of those days: the truth, or once nearly nothing."""
    wrong = len(levels) - chance.randrange(2, 8) if misread else None
    return [
        Sample(day=_FIRST_DAY + place, used=level // 20 if place == wrong else level)
        for place, level in enumerate(levels)
    ]


_FIRST_DAY: Final = date(2026, 1, 1).toordinal()


def _least_squares(samples: Sequence[Sample]) -> float:
    """What `predict_linear` does."""
    day, used = fmean(one.day for one in samples), fmean(one.used for one in samples)
    return sum((one.day - day) * (one.used - used) for one in samples) / sum(
        (one.day - day) ** 2 for one in samples
    )


def _days(room: int, per_day: float) -> float:
    return min(_TEN_YEARS, room / per_day) if per_day > 0 else _TEN_YEARS


def _told(told: Forecast, today: int) -> float:
    match told:
        case Reached(likely=likely):
            return likely.toordinal() - today
        case Full() | NotGrowing() | TooFewSamples():
            return _TEN_YEARS


def _holds(told: Forecast, truth: int) -> bool:
    match told:
        case Reached(earliest=earliest, latest=latest):
            return earliest.toordinal() <= truth and (latest is None or truth <= latest.toordinal())
        case Full() | NotGrowing() | TooFewSamples():
            return False


def _spread(ratios: Sequence[float]) -> Spread:
    deciles = quantiles(ratios, n=10)
    return Spread(middle=median(ratios), low=deciles[0], high=deciles[-1])


def _nothing(_: Random, __: _Moment) -> float:
    return 0


def _purged(days_ago: int, amount: float) -> _Step:
    return lambda _, moment: -amount if moment.day == -days_ago else 0


def _imported(_: Random, moment: _Moment) -> float:
    return 9 if moment.day == -_IMPORTED_AGO else 0


def _purged_weekly(share: float, usual: float) -> _Step:
    """Each Sunday that share of what `usual` times the growth of a week brought is gone again."""

    def step(chance: Random, moment: _Moment) -> float:
        gone = share * usual * 7 * chance.uniform(0.85, 1.15) if moment.weekday == _SUNDAY else 0
        return usual - 1 - gone

    return step


def _faster(_: Random, moment: _Moment) -> float:
    return moment.day / 300


_SUNDAY: Final = 6
_IMPORTED_AGO: Final = 5
_ONE_BAD_SAMPLE: Final = "one bad sample"
_PATTERNS: Final[dict[str, _Step]] = {
    "steady, weekday cycle": _nothing,
    "one big purge 10 days ago": _purged(10, 22),
    "purge 3 days ago": _purged(3, 22),
    "bulk import": _imported,
    _ONE_BAD_SAMPLE: _nothing,
    "big weekly purge (saw-tooth)": _purged_weekly(0.78, 4.5),
    "small weekly purge": _purged_weekly(0.3, 1.2),
    "accelerating": _faster,
}
