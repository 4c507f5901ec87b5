"""How full each registry was, day by day: what a forecast rests on and Azure Monitor forgets after three months."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from checks.evidence import CeilingSource
from checks.model import Value
from remediations.ports import Table
from remediations.rows import put

# What a picture shows and a forecast looks at: eight whole weeks.
SHOWN: Final = timedelta(days=56)
_KEPT: Final = timedelta(days=400)


class StorageDay(Value, frozen=True):
    """The bytes that a registry used on a day, as they were last seen; of how many, and who says so."""

    day: date
    used: int
    ceiling: int
    ceiling_source: CeilingSource

    @property
    def percent(self) -> int:
        return self.used * 100 // self.ceiling


class StorageHistory:
    """One row for each registry and day. A day that nobody saw has none."""

    def __init__(self, table: Table[StorageDay]) -> None:
        self._table = table

    def of(self, registry: str) -> tuple[StorageDay, ...]:
        """The days of the last eight weeks that are known, in their order."""
        days = tuple(row.value for _, row in self._table.rows(registry))
        return tuple(one for one in days if one.day > days[-1].day - SHOWN)

    def keep(self, registry: str, seen: StorageDay) -> None:
        """Remember what was seen just now. It takes the place of what was seen earlier on that day."""
        put(self._table, registry, seen.day.isoformat(), seen)

    def fill(self, registry: str, used: Mapping[date, int], like: StorageDay) -> None:
        """Remember days that nobody has seen here, as the metric counted them; the ceiling is that of `like`."""
        known = {one.day for one in self.of(registry)}
        for day in sorted(used.keys() - known - {like.day}):
            one = StorageDay(
                day=day, used=used[day], ceiling=like.ceiling, ceiling_source=like.ceiling_source
            )
            self._table.insert(registry, day.isoformat(), one)

    def prune(self, registry: str, today: date) -> None:
        """Forget what is older than a year and a month."""
        for key, row in self._table.rows(registry):
            if row.value.day < today - _KEPT:
                self._table.remove(registry, key)
