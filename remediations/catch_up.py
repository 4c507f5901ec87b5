"""What the stream lost, found again: failures that Log Analytics knows of since the last time it was asked."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from checks.evidence import Unreadable
from checks.intake.diagnostic_logs import Batch
from checks.intake.overtaken import Overtaken
from checks.model import Clock, Rejection, Source, Value
from checks.ports import LogReader, Some
from remediations.ports import Row, Table
from remediations.reception import Reception
from remediations.rejected import Rejected

# Rows reach the workspace 3 to 20 minutes late (learn.microsoft.com/azure/azure-monitor/logs/data-ingestion-time),
# so each question looks back behind the last one. What is found twice is the same signal.
_OVERLAP: Final = timedelta(minutes=30)
# On a bad day they are hours late, so once an hour it looks back as far as that, too.
_BAD_DAY: Final = timedelta(hours=6)
_FIRST_LOOK: Final = timedelta(hours=1)
_LONGEST_LOOK: Final = timedelta(hours=24)
_PARTITION: Final = "watermark"
_KEY: Final = "log-analytics"


class Watermark(Value, frozen=True):
    """Until when the rows have been asked for, and since when anybody asks."""

    until: datetime
    began: datetime | None = None


class CatchUp:
    """Asks, hands the rows to reception, and only then moves the watermark."""

    def __init__(
        self,
        logs: LogReader,
        marks: Table[Watermark],
        reception: Reception,
        rejected: Rejected,
        clock: Clock,
        withdraw: Callable[[Sequence[Overtaken]], None],
    ) -> None:
        """`withdraw` is told of failures that something succeeded after, which the stream may have brought before."""
        self._logs = logs
        self._marks = marks
        self._reception = reception
        self._rejected = rejected
        self._clock = clock
        self._withdraw = withdraw

    def run(self) -> Batch | Unreadable:
        """What was found since the last time.

        Where the question fails, or is answered in part, the next one asks for the same time. A time longer ago
        than is ever asked for is given up, and operators are told.
        """
        now = self._clock()
        mark = self._marks.read(_PARTITION, _KEY)
        # Another worker's clock may have been fast: what it calls asked for is then yet to come.
        since = min(mark.value.until, now) - _OVERLAP if mark else now - _FIRST_LOOK
        oldest = now - _LONGEST_LOOK
        rows = self._logs.failures(max(since, oldest), now)
        found = self._take(rows)
        if isinstance(rows, Unreadable | Some):
            return found
        if since < oldest:
            self._tell(
                "given_up", f"nobody asked for the rows from {since:%Y-%m-%d %H:%M} to {oldest:%H:%M} UTC"
            )
        if self._move(mark, now) and mark and mark.value.until.hour != now.hour:
            self._look_for_the_late(mark.value.began, now)
        return found

    def _move(self, mark: Row[Watermark] | None, now: datetime) -> bool:
        """Whether the watermark was moved. Where somebody else has moved it meanwhile, that is as good."""
        if mark:
            moved = Watermark(until=now, began=mark.value.began)
            return self._marks.replace(_PARTITION, _KEY, moved, mark.version)
        return self._marks.insert(_PARTITION, _KEY, Watermark(until=now, began=now))

    def _look_for_the_late(self, began: datetime | None, now: datetime) -> None:
        """Take in what came too late for any question, but nothing of before the first one."""
        since = now - _BAD_DAY
        self._take(self._logs.failures(max(since, began - _FIRST_LOOK) if began else since, now))

    def _take(self, rows: Sequence[bytes] | Some | Unreadable) -> Batch | Unreadable:
        """Take in what was answered, and tell operators of what was not."""
        match rows:
            case Unreadable():
                self._tell("query_failed", rows.why)
                return rows
            case Some():
                self._tell("part_of_the_rows", rows.why)
                return self._hand_over(rows.rows)
            case Sequence():
                return self._hand_over(rows)

    def _hand_over(self, rows: Sequence[bytes]) -> Batch:
        batch = self._reception.rows(rows, Source.LOG_ANALYTICS)
        if batch.overtaken:
            self._withdraw(batch.overtaken)
        return batch

    def _tell(self, reason: str, detail: str) -> None:
        self._rejected.keep([Rejection(source=Source.LOG_ANALYTICS, reason=reason, detail=detail)])
