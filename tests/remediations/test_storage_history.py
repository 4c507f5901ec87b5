"""One row for each registry and day, whoever looks how often."""

from datetime import date, timedelta

from checks.evidence import CeilingSource
from remediations.storage_history import StorageDay, StorageHistory
from tests.memory import MemoryTable

TODAY = date(2026, 11, 26)
DAY = timedelta(days=1)


def seen(day: date, used: int, ceiling: int = 100) -> StorageDay:
    return StorageDay(day=day, used=used, ceiling=ceiling, ceiling_source=CeilingSource.SERVICE)


def test_the_last_look_of_a_day_is_what_is_remembered_of_it() -> None:
    history = StorageHistory(MemoryTable(StorageDay))
    for used in (40, 41, 41, 39):
        history.keep("contoso", seen(TODAY, used))
    history.keep("contoso", seen(TODAY + DAY, 42))
    assert history.of("contoso") == (seen(TODAY, 39), seen(TODAY + DAY, 42))
    assert history.of("fabrikam") == ()


def test_days_that_nobody_saw_are_filled_in_and_what_was_seen_stays() -> None:
    history = StorageHistory(MemoryTable(StorageDay))
    history.keep("contoso", seen(TODAY - 2 * DAY, 40))
    history.keep("contoso", seen(TODAY, 44))
    metric = {TODAY - number * DAY: 90 - number for number in range(4)}
    history.fill("contoso", metric, like=seen(TODAY, 44))
    expected = (seen(TODAY - 3 * DAY, 87), seen(TODAY - 2 * DAY, 40), seen(TODAY - DAY, 89), seen(TODAY, 44))
    assert history.of("contoso") == expected


def test_eight_weeks_are_shown_and_more_than_a_year_is_kept() -> None:
    table = MemoryTable(StorageDay)
    history = StorageHistory(table)
    for ago in range(500):
        history.keep("contoso", seen(TODAY - ago * DAY, 40))
    history.prune("contoso", TODAY)
    shown = history.of("contoso")
    assert (shown[0].day, shown[-1].day) == (TODAY - 55 * DAY, TODAY)
    assert len(list(table.rows("contoso"))) == 401
