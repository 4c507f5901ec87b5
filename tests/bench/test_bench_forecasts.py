"""What the forecast promises is measured, and holds: this is the table that `make bench` prints."""

from functools import cache

import pytest

from bench import forecasts
from bench.forecasts import Forecasts


@cache
def measured() -> dict[str, Forecasts]:
    return {one.pattern: one for one in forecasts.measure()}


STRAIGHT = (
    "steady, weekday cycle",
    "one big purge 10 days ago",
    "purge 3 days ago",
    "bulk import",
    "one bad sample",
    "big weekly purge (saw-tooth)",
    "small weekly purge",
)


@pytest.mark.parametrize("pattern", STRAIGHT)
def test_the_median_forecast_is_right_within_a_tenth_and_the_range_holds_the_truth(pattern: str) -> None:
    one = measured()[pattern]
    assert 0.9 < one.ours.middle < 1.1
    assert one.ours.low > 0.7
    assert one.ours.high < 1.3
    assert one.within >= 0.9


def test_least_squares_says_ten_years_after_one_purge_and_after_one_bad_sample() -> None:
    for pattern in ("one big purge 10 days ago", "one bad sample"):
        assert measured()[pattern].least_squares.middle > 50


def test_theil_and_sen_alone_is_led_astray_by_a_purge() -> None:
    assert measured()["one big purge 10 days ago"].theil_sen.middle > 2


def test_growth_that_gets_faster_is_a_blind_spot_and_said_to_be_one() -> None:
    assert measured()["accelerating"].ours.middle > 1.05
    assert "blind spot" in forecasts.shown(tuple(measured().values()))
