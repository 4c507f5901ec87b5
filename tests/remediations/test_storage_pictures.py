"""A picture says what it shows to eyes, to ears and to whoever sees no colours."""

from collections.abc import Sequence
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from checks.evidence import CeilingSource
from checks.forecast import Forecast, Full, NotGrowing, Reached, TooFewSamples, forecast
from remediations.storage_history import StorageDay
from remediations.storage_pictures import condensed, day_by_day, outlook, sparkline, trend_svg

TODAY = date(2026, 11, 26)
DAY = timedelta(days=1)
TIB = 1024**4
SVG = "{http://www.w3.org/2000/svg}"


def seen(ago: int, used: float, source: CeilingSource = CeilingSource.SERVICE) -> StorageDay:
    return StorageDay(day=TODAY - ago * DAY, used=int(used * TIB), ceiling=40 * TIB, ceiling_source=source)


GROWING = [seen(ago, 33 - ago / 8) for ago in range(55, -1, -1)]


def told(days: Sequence[StorageDay]) -> Forecast:
    return forecast({one.day: one.used for one in days}, 40 * TIB)


def drawn(days: Sequence[StorageDay]) -> ET.Element:
    return ET.fromstring(trend_svg("contoso", days, told(days)))  # noqa: S314 - our own


def words(picture: ET.Element) -> list[str]:
    return [text.text or "" for text in picture.iter(f"{SVG}text")]


def test_a_sparkline_goes_from_the_lowest_to_the_highest_and_leaves_holes_open() -> None:
    assert sparkline([1, 2, 3, 4, 5, 6, 7, 8]) == "▁▂▃▄▅▆▇█"
    assert sparkline([8, None, 1]) == "█ ▁"
    assert sparkline([5, 5, 5]) == "▄▄▄"
    assert sparkline([]) == sparkline([None]) == ""


def test_many_days_are_condensed_to_their_peaks_and_the_last_group_is_whole() -> None:
    assert condensed([1, 9, 2, 3, None, None, 7], 3) == (1, 9, 7)
    assert condensed([None, None, 4, 5], 2) == (None, 5)
    assert condensed([1, 2], 28) == (1, 2)
    assert len(condensed(range(56), 28)) == 28
    assert condensed([], 28) == ()


def test_days_that_nobody_saw_are_holes() -> None:
    days = [seen(4, 1), seen(3, 2), seen(0, 3)]
    assert day_by_day(days) == (TIB, 2 * TIB, None, None, 3 * TIB)
    assert day_by_day([]) == ()


def test_the_picture_says_to_ears_what_it_shows_to_eyes() -> None:
    picture = drawn(GROWING)
    assert picture.get("role") == "img"
    names = {part.get("id"): part.text for part in picture if part.get("id")}
    assert list(names) == (picture.get("aria-labelledby") or "").split()
    assert names["storage-contoso"] == "Storage of contoso"
    assert names["storage-contoso-told"] == (
        "33.0 TiB of 40.0 TiB used on 2026-11-26, 82 %. Full about 2027-01-21, at 128.0 GiB a day."
    )


def test_it_brings_nothing_that_a_strict_page_would_refuse() -> None:
    text = trend_svg("contoso", GROWING, told(GROWING))
    for refused in ("<script", "<style", "style=", "href", "url(", " on"):
        assert refused not in text.partition("<desc")[0] + text.partition("</desc>")[2]


def test_it_takes_the_colour_of_the_text_around_it_and_tells_lines_apart_without_colour() -> None:
    picture = drawn(GROWING)
    assert picture.get("fill") == "currentColor"
    dashed = [line for line in picture.iter(f"{SVG}polyline") if line.get("stroke-dasharray")]
    assert len(dashed) == 1
    assert "Ceiling 40.0 TiB" in words(picture)
    assert "33.0 TiB, 82 %" in words(picture)


def test_a_ceiling_that_nobody_told_is_said_to_be_assumed() -> None:
    days = [seen(ago, 20, CeilingSource.ASSUMED) for ago in range(9, -1, -1)]
    assert "Ceiling 40.0 TiB, assumed" in words(drawn(days))


def test_a_hole_in_the_days_is_a_hole_in_the_line() -> None:
    days = [one for one in GROWING if not 10 < (TODAY - one.day).days < 20]
    solid = [line for line in drawn(days).iter(f"{SVG}polyline") if not line.get("stroke-dasharray")]
    assert len(solid) == 2


@pytest.mark.parametrize("days", [GROWING[-1:], GROWING[-3:], [seen(1, 20), seen(0, 45)], [seen(0, 0)]])
def test_whatever_is_known_everything_is_within_the_picture(days: Sequence[StorageDay]) -> None:
    picture = drawn(days)
    for shape in picture.iter():
        for point in (shape.get("points") or "").split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= 640
            assert 0 <= y <= 240


def test_without_a_day_there_is_no_picture() -> None:
    assert trend_svg("contoso", [], TooFewSamples(days=0)) == ""


@pytest.mark.parametrize(
    ("forecast", "sentence"),
    [
        (
            Reached(earliest=TODAY, likely=TODAY + 9 * DAY, latest=None, per_day=5 * 1024**3),
            "Full 2026-11-26 or later, most likely about 2026-12-05, at 5.0 GiB a day.",
        ),
        (Full(), "Full."),
        (
            NotGrowing(per_day=3),
            "Not growing, or so slowly that it would take more than ten years to fill.",
        ),
        (
            TooFewSamples(days=3),
            "Too early for a forecast: 3 of the seven days are known that it takes at least.",
        ),
    ],
)
def test_a_forecast_is_a_sentence(forecast: Forecast, sentence: str) -> None:
    assert outlook(forecast) == sentence
