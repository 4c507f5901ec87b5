"""A registry's storage as the bot studies it: seen every hour, counted when it matters, and told in one report."""

from datetime import datetime, timedelta
from typing import Final

from checks.contents import Contents
from checks.evidence import Absent, NotAsked, Profile, Unreadable, Usage
from checks.forecast import FEWEST_SAMPLES
from checks.model import Clock, Registry, Value
from checks.ports import ProfileReader, StorageMeter, Surveyor
from remediations.ports import Table
from remediations.storage_history import SHOWN, StorageDay, StorageHistory
from remediations.storage_report import StorageReport, report

_KEY: Final = "contents"
_COUNTED_AGAIN_AFTER: Final = timedelta(hours=20)


class Counted(Value, frozen=True):
    """What a registry held when it was last counted, and how it was set up."""

    at: datetime
    contents: Contents | Unreadable
    profile: Profile | Absent | Unreadable


class StorageStudy:
    """One row for each registry and day, and one for each registry with what it holds."""

    def __init__(
        self,
        history: StorageHistory,
        meter: StorageMeter,
        surveyor: Surveyor,
        profiles: ProfileReader,
        counted: Table[Counted],
        clock: Clock,
    ) -> None:
        self._history = history
        self._meter = meter
        self._surveyor = surveyor
        self._profiles = profiles
        self._counted = counted
        self._clock = clock

    def see(self, registry: Registry, usage: Usage) -> Unreadable | None:
        """Remember today's usage; with the first look of a day, the days that nobody saw as well.

        Those come from the metric. That it could not be read is returned, and costs nothing but those days.
        """
        today = StorageDay(
            day=self._clock().date(),
            used=usage.used,
            ceiling=usage.ceiling,
            ceiling_source=usage.ceiling_from,
        )
        known = self._history.of(registry.name)
        unread = None
        if not known or known[-1].day < today.day or len(known) < FEWEST_SAMPLES:
            unread = self._fill(registry, today)
        self._history.keep(registry.name, today)
        return unread

    def _fill(self, registry: Registry, today: StorageDay) -> Unreadable | None:
        found = self._meter.storage_used(registry, today.day - SHOWN, today.day)
        if isinstance(found, Unreadable):
            return found
        self._history.fill(registry.name, found, like=today)
        return None

    def days(self, registry: Registry) -> tuple[StorageDay, ...]:
        return self._history.of(registry.name)

    def count(self, registry: Registry, *, anew: bool = False) -> None:
        """Count what the registry holds, unless that was done today. It takes as long as the budget allows."""
        row = self._counted.read(registry.name, _KEY)
        if row and not anew and self._clock() - row.value.at < _COUNTED_AGAIN_AFTER:
            return
        found = Counted(
            at=self._clock(),
            contents=self._surveyor.survey(registry),
            profile=self._profiles.profile(registry),
        )
        if row:
            self._counted.replace(registry.name, _KEY, found, row.version)
        else:
            self._counted.insert(registry.name, _KEY, found)

    def report(self, registry: Registry) -> StorageReport:
        """What is known by now. Nothing is read from the registry for it."""
        row = self._counted.read(registry.name, _KEY)
        contents = row.value.contents if row else NotAsked()
        return report(registry, self.days(registry), contents, row.value.profile if row else NotAsked())

    def forget(self, registry: str) -> None:
        """Forget days that are long over."""
        self._history.prune(registry, self._clock().date())
