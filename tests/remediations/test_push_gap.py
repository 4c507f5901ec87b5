"""Failed pushes that the metrics count wake the catch-up, until their rows must have come."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from checks.evidence import Unreadable
from checks.model import Registry
from remediations.push_gap import Gap, PushGap
from remediations.rejected import Kept, Rejected
from tests.memory import START, Clock, Fuse, MemoryTable
from tests.worlds import CONTOSO

MINUTE = timedelta(minutes=1)


class Metrics:
    """Azure Monitor, which counts these failed pushes."""

    def __init__(self) -> None:
        self.failed: Mapping[datetime, int] | Unreadable = {}
        self.asked: list[tuple[datetime, datetime]] = []

    def failed_pushes(
        self, registry: Registry, since: datetime, until: datetime
    ) -> Mapping[datetime, int] | Unreadable:
        assert registry == CONTOSO
        self.asked.append((since, until))
        return self.failed


class Watch:
    """The gap, watched."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.metrics = Metrics()
        self.writes = Fuse()
        self.rejected = Rejected(MemoryTable(Kept), self.clock)
        gaps = MemoryTable(Gap, self.writes)
        self.gap = PushGap(self.metrics, [CONTOSO], gaps, self.rejected, self.clock)

    def after(self, minutes: int) -> bool:
        self.clock.advance(minutes * MINUTE)
        return self.gap.is_fresh()


def test_without_failed_pushes_there_is_nothing_to_ask_for() -> None:
    watch = Watch()
    assert not watch.after(0)
    assert watch.metrics.asked == [(START - 30 * MINUTE, START)]


def test_a_failed_push_is_asked_for_until_its_row_must_have_come() -> None:
    watch = Watch()
    watch.metrics.failed = {START - MINUTE: 1}
    assert [watch.after(minutes) for minutes in (0, 1, 8, 1, 1, 1)] == [True, True, True, True, False, False]


def test_only_more_failed_pushes_begin_it_anew() -> None:
    watch = Watch()
    watch.metrics.failed = {START: 2}
    assert watch.after(0)
    assert not watch.after(11)
    watch.metrics.failed = {START: 1}
    assert not watch.after(1)
    watch.metrics.failed = {START: 3}
    assert watch.after(1)


def test_a_push_that_fails_while_another_is_forgotten_is_a_failed_push_too() -> None:
    watch = Watch()
    watch.metrics.failed = {START: 1}
    assert watch.after(0)
    watch.metrics.failed = {START + 20 * MINUTE: 1}
    assert watch.after(21)


@pytest.mark.parametrize("times", [1, 3])
def test_metrics_that_cannot_be_read_are_kept_where_operators_look(times: int) -> None:
    watch = Watch()
    watch.metrics.failed = Unreadable("Azure answered 403", "Microsoft.Insights/metrics/read")
    assert [watch.after(1) for _ in range(times)] == [False] * times
    [kept] = watch.rejected.recent()
    assert (kept.rejection.reason, kept.rejection.detail, kept.count) == (
        "metrics_unreadable",
        "contoso: Azure answered 403",
        times,
    )


def test_what_was_begun_goes_on_while_metrics_cannot_be_read() -> None:
    watch = Watch()
    watch.metrics.failed = {START: 1}
    assert watch.after(0)
    watch.metrics.failed = Unreadable("no answer from Azure")
    assert [watch.after(5), watch.after(6)] == [True, False]
