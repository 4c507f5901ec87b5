"""How fast a channel may be used, by all workers together."""

import threading
from datetime import timedelta

from remediations.pacing import Pacing, Sent
from remediations.routing import Pace
from tests.memory import Clock, MemoryTable

PACE = Pace(per_minute=2, per_hour=5)
AT_ONCE = timedelta()


def test_a_channel_takes_so_many_a_minute_and_then_says_how_long_to_wait() -> None:
    clock = Clock()
    pacing = Pacing(MemoryTable(Sent), clock)
    assert [pacing.wait("teams", PACE) for _ in range(2)] == [AT_ONCE, AT_ONCE]
    clock.advance(20)
    assert pacing.wait("teams", PACE) == timedelta(seconds=40)
    assert pacing.wait("email", PACE) == AT_ONCE
    clock.advance(40)
    assert pacing.wait("teams", PACE) == AT_ONCE


def test_a_channel_takes_so_many_an_hour() -> None:
    clock = Clock()
    pacing = Pacing(MemoryTable(Sent), clock)
    for _ in range(5):
        assert pacing.wait("teams", PACE) == AT_ONCE
        clock.advance(timedelta(minutes=1))
    assert pacing.lately("teams") == 5
    assert pacing.wait("teams", PACE) == timedelta(minutes=55)
    clock.advance(timedelta(minutes=55))
    assert pacing.wait("teams", PACE) == AT_ONCE
    assert pacing.lately("teams") == 5


def test_waiting_is_not_counted() -> None:
    clock = Clock()
    pacing = Pacing(MemoryTable(Sent), clock)
    for _ in range(10):
        pacing.wait("teams", PACE)
    assert pacing.lately("teams") == 2


def test_workers_that_ask_at_the_same_time_get_no_more_together_than_one_alone() -> None:
    pacing = Pacing(MemoryTable(Sent), Clock())
    at_once: list[bool] = []
    workers = [
        threading.Thread(target=lambda: at_once.append(pacing.wait("teams", PACE) == AT_ONCE))
        for _ in range(8)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(at_once) == [False] * 6 + [True] * 2
