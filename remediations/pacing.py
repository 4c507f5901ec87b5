"""How fast each channel may be used, by all workers together: one row for each, written only on condition."""

from datetime import datetime, timedelta
from typing import Final

from checks.model import Clock, Value
from remediations.ports import Table
from remediations.routing import Pace

_PARTITION: Final = "pace"
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)


class Sent(Value, frozen=True):
    """When a channel was last used, within an hour, the oldest first."""

    times: tuple[datetime, ...] = ()


class Pacing:
    """Counts what goes through each channel."""

    def __init__(self, table: Table[Sent], clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def lately(self, channel: str) -> int:
        """How many messages went through the channel within the last hour."""
        row = self._table.read(_PARTITION, channel)
        return len(_since(self._clock() - _HOUR, row.value.times)) if row else 0

    def wait(self, channel: str, pace: Pace) -> timedelta:
        """For how long a message has to wait. Without a wait it is counted, and must be sent now."""
        while True:
            now = self._clock()
            row = self._table.read(_PARTITION, channel)
            times = _since(now - _HOUR, row.value.times) if row else ()
            if until := _free_at(times, pace, now):
                return until - now
            sent = Sent((*times, now))
            if (
                self._table.replace(_PARTITION, channel, sent, row.version)
                if row
                else self._table.insert(_PARTITION, channel, sent)
            ):
                return timedelta()


def _since(begin: datetime, times: tuple[datetime, ...]) -> tuple[datetime, ...]:
    return tuple(at for at in times if at > begin)


def _free_at(times: tuple[datetime, ...], pace: Pace, now: datetime) -> datetime | None:
    """When the channel takes the next message, or None if it does now."""
    in_minute = _since(now - _MINUTE, times)
    waits = []
    if len(in_minute) >= pace.per_minute:
        waits.append(in_minute[-pace.per_minute] + _MINUTE)
    if len(times) >= pace.per_hour:
        waits.append(times[-pace.per_hour] + _HOUR)
    return max(waits, default=None)
