"""What a report's sender gets in hand to ask what became of it. Nobody can guess one, and it opens nothing else."""

import hashlib
import re
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from checks.model import Clock, Value
from remediations.ports import Table

_GOOD_FOR: Final = timedelta(hours=24)
_KEPT_DAYS: Final = 3
_LOOKED_BACK_DAYS: Final = 10
# The day on which it was given, and 256 bits of chance.
_RECEIPT: Final = re.compile(r"[0-9]{8}-[A-Za-z0-9_-]{43}")


class Receipt(Value, frozen=True):
    """The incident that a report was folded into."""

    incident: str
    at: datetime


class Receipts:
    """The rows of receipts. Each is kept under its digest: whoever reads the table can ask nothing with it."""

    def __init__(self, table: Table[Receipt], draw: Callable[[], str], clock: Clock) -> None:
        self._table = table
        self._draw = draw
        self._clock = clock

    def give(self, incident: str) -> str:
        """A receipt that nobody else has."""
        now = self._clock()
        receipt = f"{now:%Y%m%d}-{self._draw()}"
        self._table.insert(f"{now:%Y%m%d}", _digest(receipt), Receipt(incident=incident, at=now))
        return receipt

    def find(self, receipt: str) -> str | None:
        """The incident that it is good for, or None where the text is no receipt, or was one for too long."""
        if not _RECEIPT.fullmatch(receipt):
            return None
        row = self._table.read(receipt.partition("-")[0], _digest(receipt))
        return row.value.incident if row and self._clock() - row.value.at < _GOOD_FOR else None

    def forget(self) -> None:
        """Remove those that are good for nothing any more."""
        today = self._clock()
        for ago in range(_KEPT_DAYS, _LOOKED_BACK_DAYS):
            day = f"{today - timedelta(days=ago):%Y%m%d}"
            for key, _ in tuple(self._table.rows(day)):
                self._table.remove(day, key)


class Pace:
    """So many questions in so much time, and no more: whoever asks in a hurry costs the storage nothing."""

    def __init__(self, most: int, within: timedelta, clock: Clock) -> None:
        self._within = within
        self._clock = clock
        self._asked: deque[datetime] = deque(maxlen=most)

    def allows(self) -> bool:
        """Whether there is room for one more now; if so, it is taken."""
        now = self._clock()
        if len(self._asked) == self._asked.maxlen and now - self._asked[0] < self._within:
            return False
        self._asked.append(now)
        return True


def _digest(receipt: str) -> str:
    return hashlib.sha256(receipt.encode()).hexdigest()
