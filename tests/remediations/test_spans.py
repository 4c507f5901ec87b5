"""Lengths of time, as people say them."""

from datetime import timedelta

import pytest

from remediations.spans import seconds, span


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(), "0 s"),
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=59.4), "59 s"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(seconds=95), "1 min 35 s"),
        (timedelta(minutes=12, seconds=40), "12 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=47, minutes=59), "47 h 59 min"),
        (timedelta(days=2, hours=23), "2 d"),
    ],
)
def test_a_length_is_said_in_the_units_that_matter(length: timedelta, said: str) -> None:
    assert span(length) == said


def test_what_nobody_knows_is_a_dash() -> None:
    assert (seconds(None), seconds(0), seconds(61)) == ("-", "0 s", "1 min 1 s")
