"""Who stopped the bot, and why: for one registry or for all, until somebody lets it go on."""

from datetime import datetime
from typing import Final

from checks.model import Clock, Value
from remediations.ports import Table

EVERY_REGISTRY: Final = "all"
_PARTITION: Final = "pause"


class Paused(Value, frozen=True):
    """That no change is made. Diagnosis, notices and the undoing of what is in force go on."""

    why: str
    by: str
    since: datetime | None = None


class Pauses:
    """The pauses that people set. `switch` is the app setting that stops everything without a deployment."""

    def __init__(self, table: Table[Paused], clock: Clock, switch: str = "") -> None:
        self._table = table
        self._clock = clock
        self._switch = switch

    def of(self, registry: str) -> Paused | None:
        """What holds the bot back from this registry, or None."""
        if self._switch:
            return Paused(why=self._switch, by="the app setting PUSH_MEDIC_PAUSED")
        for key in (EVERY_REGISTRY, registry):
            row = self._table.read(_PARTITION, key)
            if row:
                return row.value
        return None

    def pause(self, registry: str, why: str, by: str) -> Paused:
        """Stop. Where it is stopped already, the first who did it stays on record."""
        paused = Paused(why=why, by=by, since=self._clock())
        if self._table.insert(_PARTITION, registry, paused):
            return paused
        row = self._table.read(_PARTITION, registry)
        return row.value if row else paused

    def resume(self, registry: str) -> bool:
        """Go on. Whether it was stopped."""
        row = self._table.read(_PARTITION, registry)
        if row:
            self._table.remove(_PARTITION, registry)
        return row is not None
