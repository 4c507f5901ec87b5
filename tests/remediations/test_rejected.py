"""What could not be used, counted and kept where operators look."""

import threading
from datetime import timedelta

from checks.model import Rejection, Source
from remediations.rejected import Kept, Rejected
from tests.memory import START, Clock, MemoryTable

NOT_JSON = Rejection(source=Source.DIAGNOSTIC_LOGS, reason="not_json", detail="at byte 0", excerpt="<html>")
UNKNOWN = Rejection(source="event_grid", reason="unknown_registry", detail="'x'")


def kept() -> tuple[Rejected, Clock]:
    clock = Clock()
    return Rejected(MemoryTable(Kept), clock), clock


def test_rejections_that_are_alike_are_one_row_with_a_count_and_the_first_example() -> None:
    rejected, clock = kept()
    rejected.keep([NOT_JSON, UNKNOWN, NOT_JSON])
    clock.advance(60)
    rejected.keep([Rejection(NOT_JSON.source, NOT_JSON.reason, NOT_JSON.detail, "another example")])
    later = START + timedelta(minutes=1)
    assert set(rejected.recent()) == {Kept(NOT_JSON, 3, START, later), Kept(UNKNOWN, 1, START, START)}


def test_the_latest_come_first() -> None:
    rejected, clock = kept()
    rejected.keep([NOT_JSON])
    clock.advance(1)
    rejected.keep([UNKNOWN])
    assert [one.rejection for one in rejected.recent()] == [UNKNOWN, NOT_JSON]


def test_each_day_counts_for_itself_and_thirty_days_are_shown() -> None:
    rejected, clock = kept()
    for _ in range(40):
        rejected.keep([NOT_JSON])
        clock.advance(timedelta(days=1))
    clock.advance(timedelta(days=-1))
    assert [one.count for one in rejected.recent()] == [1] * 30


def test_a_flood_of_different_rubbish_is_no_flood_of_rows_and_all_of_it_is_counted() -> None:
    rejected, _ = kept()
    rejected.keep([Rejection("a test", "rubbish", f"{number}") for number in range(1000)])
    rows = rejected.recent()
    assert len(rows) <= 51
    assert sum(one.count for one in rows) == 1000
    assert "many_kinds" in {one.rejection.reason for one in rows}


def test_two_who_count_at_once_lose_nothing() -> None:
    rejected, _ = kept()
    together = threading.Barrier(8)

    def keep() -> None:
        together.wait()
        rejected.keep([NOT_JSON])

    threads = [threading.Thread(target=keep) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.count for one in rejected.recent()] == [8]


def test_text_that_no_encoding_knows_is_kept_too() -> None:
    rejected, _ = kept()
    rejected.keep([Rejection("a test", "illegal_name", "'\\udc80'")])
    assert [one.count for one in rejected.recent()] == [1]
