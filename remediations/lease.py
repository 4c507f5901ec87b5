"""One writer at a time for each registry, across all instances: a row that whoever holds it keeps renewing."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from checks.model import Clock, Value
from remediations.ports import Table

_PARTITION: Final = "lease"
# Longer than one write and its reads may take with every time-out, shorter than people would wait.
_HELD_FOR: Final = timedelta(seconds=90)


class Holding(Value, frozen=True):
    """Who holds a registry, and until when. A new holder takes it when that time has passed."""

    holder: str
    until: datetime


class Busy(Exception):
    """Somebody else holds the registry."""


class Lease:
    """A registry that is held by this worker."""

    def __init__(self, table: Table[Holding], clock: Clock, registry: str, holder: str) -> None:
        self._table = table
        self._clock = clock
        self._registry = registry
        self._holder = holder

    def renew(self) -> None:
        """The registry is ours for a full time from now. Raises Busy if somebody else has taken it."""
        row = self._table.read(_PARTITION, self._registry)
        mine = Holding(holder=self._holder, until=self._clock() + _HELD_FOR)
        ours = row is not None and row.value.holder == self._holder
        if row is None or not ours or not self._table.replace(_PARTITION, self._registry, mine, row.version):
            raise Busy


class Leases:
    """The leases on registries."""

    def __init__(self, table: Table[Holding], clock: Clock) -> None:
        self._table = table
        self._clock = clock

    @contextmanager
    def hold(self, registry: str) -> Iterator[Lease]:
        """Hold a registry for the length of the block. Raises Busy if somebody else does."""
        holder = str(uuid.uuid4())
        now = self._clock()
        mine = Holding(holder=holder, until=now + _HELD_FOR)
        row = self._table.read(_PARTITION, registry)
        if row is None:
            taken = self._table.insert(_PARTITION, registry, mine)
        elif row.value.until <= now:
            taken = self._table.replace(_PARTITION, registry, mine, row.version)
        else:
            taken = False
        if not taken:
            raise Busy
        try:
            yield Lease(self._table, self._clock, registry, holder)
        finally:
            self._give_back(registry, holder)

    def _give_back(self, registry: str, holder: str) -> None:
        row = self._table.read(_PARTITION, registry)
        if row and row.value.holder == holder:
            free = Holding(holder="", until=self._clock())
            self._table.replace(_PARTITION, registry, free, row.version)
