"""What the stream lost, found again: failures that Log Analytics knows of since the last time it was asked."""

from datetime import datetime, timedelta
from typing import Final

from checks.evidence import Unreadable
from checks.intake.diagnostic_logs import Batch
from checks.model import Clock, Rejection, Source, Value
from checks.ports import LogReader, Some
from remediations.ports import Row, Table
from remediations.reception import Reception
from remediations.rejected import Rejected

# Rows reach the workspace 3 to 20 minutes late (learn.microsoft.com/azure/azure-monitor/logs/data-ingestion-time),
# so each question looks back behind the last one. What is found twice is the same signal.
_OVERLAP: Final = timedelta(minutes=30)
_FIRST_LOOK: Final = timedelta(hours=1)
_LONGEST_LOOK: Final = timedelta(hours=24)
_PARTITION: Final = "watermark"
_KEY: Final = "log-analytics"


class Watermark(Value, frozen=True):
    """Until when the rows have been asked for."""

    until: datetime


class CatchUp:
    """Asks, hands the rows to reception, and only then moves the watermark."""

    def __init__(
        self, logs: LogReader, marks: Table[Watermark], reception: Reception, rejected: Rejected, clock: Clock
    ) -> None:
        self._logs = logs
        self._marks = marks
        self._reception = reception
        self._rejected = rejected
        self._clock = clock

    def run(self) -> Batch | Unreadable:
        """What was found since the last time.

        Where the question fails, or is answered in part, the next one asks for the same time. A time longer ago
        than is ever asked for is given up, and operators are told.
        """
        now = self._clock()
        mark = self._marks.read(_PARTITION, _KEY)
        since = mark.value.until - _OVERLAP if mark else now - _FIRST_LOOK
        oldest = now - _LONGEST_LOOK
        rows = self._logs.failures(max(since, oldest), now)
        if isinstance(rows, Unreadable):
            self._tell("query_failed", rows.why)
            return rows
        if isinstance(rows, Some):
            self._tell("part_of_the_rows", rows.why)
            return self._reception.rows(rows.rows, Source.LOG_ANALYTICS)
        batch = self._reception.rows(rows, Source.LOG_ANALYTICS)
        if since < oldest:
            self._tell(
                "given_up", f"nobody asked for the rows from {since:%Y-%m-%d %H:%M} to {oldest:%H:%M} UTC"
            )
        self._move(mark, now)
        return batch

    def _move(self, mark: Row[Watermark] | None, now: datetime) -> None:
        """Move the watermark. Where somebody else has moved it meanwhile, that is as good."""
        if mark:
            self._marks.replace(_PARTITION, _KEY, Watermark(now), mark.version)
        else:
            self._marks.insert(_PARTITION, _KEY, Watermark(now))

    def _tell(self, reason: str, detail: str) -> None:
        self._rejected.keep([Rejection(source=Source.LOG_ANALYTICS, reason=reason, detail=detail)])
