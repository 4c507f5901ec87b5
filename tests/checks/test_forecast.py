"""A forecast is a range of dates that one purge, one import and one bad sample do not move."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.forecast import Forecast, Full, NotGrowing, Reached, Sample, TooFewSamples, forecast, theil_sen

TODAY = date(2026, 11, 26)
GIB = 1024**3
A_DAY = 100 * GIB
CEILING = 40 * 1024 * GIB
SIX_TIB = 6 * 1024 * GIB


def days(count: int, used: Callable[[int], int]) -> dict[date, int]:
    """That many days up to today; `used` gets the number of days ago."""
    return {TODAY - timedelta(days=ago): used(ago) for ago in range(count)}


def level(ago: int) -> int:
    """Steady growth that is six TiB below the ceiling today, and on a Monday more than on a Sunday."""
    return CEILING - SIX_TIB - ago * A_DAY + (ago % 7) * GIB


def likely(told: Forecast) -> int:
    assert isinstance(told, Reached)
    return (told.likely - TODAY).days


TRUTH = SIX_TIB // A_DAY


def test_steady_growth_is_carried_on_to_the_ceiling() -> None:
    told = forecast(days(56, level), CEILING)
    assert isinstance(told, Reached)
    assert abs(likely(told) - TRUTH) <= 1
    assert told.earliest <= told.likely <= (told.latest or date.max)
    assert abs(told.per_day - A_DAY) < GIB


@pytest.mark.parametrize("ago", [1, 3, 10, 20])
def test_a_purge_moves_the_level_and_not_the_trend(ago: int) -> None:
    told = forecast(days(56, lambda day: level(day) + (3 * SIX_TIB // 2 if day >= ago else 0)), CEILING)
    assert abs(likely(told) - TRUTH) <= 3


@pytest.mark.parametrize("ago", [2, 9, 25])
@pytest.mark.parametrize("read", [0, 1, 2 * CEILING])
def test_one_bad_sample_moves_nothing(ago: int, read: int) -> None:
    told = forecast(days(56, lambda day: read if day == ago else level(day)), CEILING)
    assert abs(likely(told) - TRUTH) <= 3


def test_where_much_goes_every_week_it_is_the_peaks_that_meet_the_ceiling() -> None:
    """Each week brings 2 TiB net on top of 2 TiB that are purged, so the trough of today is far below the peak."""
    week, purged = 2 * 1024 * GIB, 2 * 1024 * GIB

    def saw(ago: int) -> int:
        weeks, day = divmod(55 - ago, 7)
        return 10 * 1024 * GIB + weeks * week + (0 if day == 0 else day * (week + purged) // 6)

    told = forecast(days(56, saw), CEILING)
    assert isinstance(told, Reached)
    peak = TODAY
    room = CEILING - saw(0)
    assert abs((told.likely - peak).days - room * 7 // week) <= 2


def test_what_does_not_grow_is_never_full() -> None:
    assert forecast(days(28, lambda _: CEILING // 2), CEILING) == NotGrowing(per_day=0)
    assert forecast(days(28, lambda ago: CEILING // 2 + ago * GIB), CEILING) == NotGrowing(per_day=-GIB)


def test_growth_that_takes_longer_than_ten_years_is_none() -> None:
    assert forecast(days(28, lambda ago: CEILING // 2 - ago * GIB), CEILING) == NotGrowing(per_day=GIB)


@pytest.mark.parametrize("count", [1, 28])
def test_a_registry_that_is_full_needs_no_forecast(count: int) -> None:
    assert forecast(days(count, lambda ago: CEILING - ago * A_DAY), CEILING) == Full()


@pytest.mark.parametrize("count", [0, 1, 6])
def test_less_than_a_week_is_too_few(count: int) -> None:
    assert forecast(days(count, level), CEILING) == TooFewSamples(days=count)


def test_old_days_do_not_make_up_for_recent_ones() -> None:
    old = {day - timedelta(days=60): used for day, used in days(30, level).items()}
    assert forecast(old | days(3, level), CEILING) == TooFewSamples(days=3)


def test_holes_are_no_zeros() -> None:
    known = {day: used for day, used in days(56, level).items() if day.toordinal() % 3}
    assert abs(likely(forecast(known, CEILING)) - TRUTH) <= 2


def test_the_interval_is_that_of_sen() -> None:
    """Eight samples: 28 slopes, C = 1.645 * sqrt(8 * 7 * 21 / 18), so the 7th and the 22nd slope."""
    samples = [Sample(day, used) for day, used in enumerate((0, 3, 1, 7, 6, 12, 9, 15))]
    slopes = sorted((b.used - a.used) / (b.day - a.day) for a in samples for b in samples if b.day > a.day)
    assert (theil_sen(samples).low, theil_sen(samples).high) == (slopes[6], slopes[21])


@given(
    st.dictionaries(
        st.dates(TODAY - timedelta(days=80), TODAY), st.integers(0, 2 * CEILING), min_size=1, max_size=80
    ),
    st.integers(1, 2 * CEILING),
)
def test_whatever_was_read_a_range_is_a_range_and_nothing_breaks(
    used: Mapping[date, int], ceiling: int
) -> None:
    told = forecast(used, ceiling)
    if isinstance(told, Reached):
        assert told.earliest <= told.likely <= (told.latest or date.max)
