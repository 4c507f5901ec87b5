"""When each source was heard of last: one row for each, and seldom a write."""

from datetime import datetime, timedelta
from typing import Final

from checks.model import Clock, Value
from remediations.ports import Table

# How old a row may be while its source is heard of all the time. In between, noting costs nothing.
SELDOM: Final = timedelta(minutes=5)
_PARTITION: Final = "heard"


class Heard(Value, frozen=True):
    """The last time that anything that mattered came from a source."""

    at: datetime


class Hearing:
    """The rows, and in this worker's memory what it wrote last."""

    def __init__(self, table: Table[Heard], clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._written: dict[str, datetime] = {}

    def note(self, source: str) -> None:
        """Something came from that source. Where another worker writes the same at the same time, that is as good."""
        now = self._clock()
        if source in self._written and now - self._written[source] < SELDOM:
            return
        row = self._table.read(_PARTITION, source)
        if row is None:
            self._table.insert(_PARTITION, source, Heard(now))
        elif now - row.value.at >= SELDOM:
            self._table.replace(_PARTITION, source, Heard(now), row.version)
        self._written[source] = now

    def last(self, source: str) -> datetime | None:
        """When it was heard of last, give or take five minutes; None if never."""
        row = self._table.read(_PARTITION, source)
        return row.value.at if row else None
