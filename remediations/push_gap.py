"""The metrics know within a minute that a push failed, though not which: reason enough to ask the logs early."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from checks.evidence import Unreadable
from checks.model import Clock, Registry, Rejection, Value
from checks.ports import MetricReader
from remediations.ports import Table
from remediations.rejected import Rejected

_PARTITION: Final = "push-gap"
_LOOK_BACK: Final = timedelta(minutes=30)
# A row is in the workspace 3 to 10 minutes after the push (learn.microsoft.com/azure/azure-monitor/logs/
# data-ingestion-time), the metric after one: so the logs are asked again until the row must have come.
_ROWS_ARE_LATE_BY: Final = timedelta(minutes=10)


class Gap(Value, frozen=True):
    """How many pushes of a registry failed in which minutes, and when that was last more than before."""

    failed: tuple[tuple[datetime, int], ...]
    grew_at: datetime | None = None


class PushGap:
    """TotalPushCount minus SuccessfulPushCount, watched: one GET and one row for each registry."""

    def __init__(
        self,
        metrics: MetricReader,
        registries: Iterable[Registry],
        gaps: Table[Gap],
        rejected: Rejected,
        clock: Clock,
    ) -> None:
        self._metrics = metrics
        self._registries = tuple(registries)
        self._gaps = gaps
        self._rejected = rejected
        self._clock = clock

    def is_fresh(self) -> bool:
        """Whether pushes have failed whose rows may be in the workspace by now, or will be soon."""
        return any({registry.name: self._look(registry) for registry in self._registries}.values())

    def _look(self, registry: Registry) -> bool:
        now = self._clock()
        found = self._metrics.failed_pushes(registry, now - _LOOK_BACK, now)
        if isinstance(found, Unreadable):
            detail = f"{registry.name}: {found.why}"
            self._rejected.keep([Rejection(source="metrics", reason="metrics_unreadable", detail=detail)])
            found = {}
        row = self._gaps.read(_PARTITION, registry.name)
        before = row.value if row else Gap(failed=())
        known = dict(before.failed)
        grew = any(count > known.get(minute, 0) for minute, count in found.items())
        after = Gap(
            failed=tuple(sorted((known | dict(found)).items())[-int(_LOOK_BACK.total_seconds() // 60) :]),
            grew_at=now if grew else before.grew_at,
        )
        if grew and row:
            self._gaps.replace(_PARTITION, registry.name, after, row.version)
        elif grew:
            self._gaps.insert(_PARTITION, registry.name, after)
        return after.grew_at is not None and now - after.grew_at <= _ROWS_ARE_LATE_BY
