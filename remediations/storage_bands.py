"""How full is too full, and when it is over: the days of a registry in, the band that it has reached out. Pure.

One day is not enough, because a figure may be wrong for a day. And what is over must have been over for a week, so
that a registry at the edge of a band is not told of again and again.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from checks.forecast import Full, NotGrowing, Reached, TooFewSamples, forecast
from remediations.storage_history import StorageDay

# A registry that is at least this full, and full within 60 days at the earliest, is in the band below all others.
EARLY: Final = 50
_SOON: Final = timedelta(days=60)
_LATER: Final = timedelta(days=90)
_MARGIN: Final = 5
_OVER_FOR: Final = 7
_DAY: Final = timedelta(days=1)


def reached(days: Sequence[StorageDay], bands: Sequence[int]) -> int | None:
    """The highest band that was reached today and the day before, or None.

    The last band needs no second day: pushes are about to be refused.
    """
    today = days[-1]
    if today.percent >= max(bands):
        return max(bands)
    if len(days) == 1 or today.day - days[-2].day != _DAY:
        return None
    both = min(today.percent, days[-2].percent)
    early = (EARLY,) if both >= EARLY and _is_soon(days) and _is_soon(days[:-1]) else ()
    return max((band for band in (*bands, *early) if band <= both), default=None)


def is_left(days: Sequence[StorageDay], band: int, bands: Sequence[int]) -> bool:
    """Whether the band has been left for a whole week, and by some margin.

    The lowest, which ends it all, is left only where the ceiling is more than 90 days away as well.
    """
    week = [place for place, one in enumerate(days) if days[-1].day - one.day < _OVER_FOR * _DAY]
    if len(week) < _OVER_FOR:
        return False
    below = band == EARLY or all(days[place].percent < band - _MARGIN for place in week)
    lowest = band <= min(bands)
    return below and (not lowest or all(_is_far(days[: place + 1]) for place in week))


def _is_soon(days: Sequence[StorageDay]) -> bool:
    match _forecast(days):
        case Full():
            return True
        case Reached(earliest=earliest):
            return earliest - days[-1].day <= _SOON
        case NotGrowing() | TooFewSamples():
            return False


def _is_far(days: Sequence[StorageDay]) -> bool:
    match _forecast(days):
        case Full():
            return False
        case Reached(earliest=earliest):
            return earliest - days[-1].day > _LATER
        case NotGrowing() | TooFewSamples():
            return True


def _forecast(days: Sequence[StorageDay]) -> Full | Reached | NotGrowing | TooFewSamples:
    return forecast({one.day: one.used for one in days}, days[-1].ceiling)
