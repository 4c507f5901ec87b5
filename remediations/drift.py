"""Who changed a registry's settings, and when: what a failure right after it may have to do with."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from checks.intake.event_grid import RegistryWritten
from checks.model import Value
from remediations.ports import Table

_KEY: Final = "writes"
_KEPT: Final = 20
# What was changed longer ago than this would have been noticed before.
_LATELY: Final = timedelta(hours=24)


class Written(Value, frozen=True):
    """One change of a registry's settings: by whom, as object id and application id, and whether that was the bot."""

    event: str
    at: datetime
    by: str
    app: str
    ours: bool

    def __str__(self) -> str:
        return f"{self.by}, with the application {self.app}" if self.app and self.app != self.by else self.by


class Writes(Value, frozen=True):
    """The latest changes of one registry's settings, in order."""

    latest: tuple[Written, ...]


class Drift:
    """One row for each registry. `own` is the client id or object id with which the bot itself writes."""

    def __init__(self, table: Table[Writes], own: str) -> None:
        self._table = table
        self._own = own.casefold()

    def keep(self, news: RegistryWritten) -> None:
        """Remember the change. The same event a second time changes nothing."""
        written = Written(
            event=news.event_id,
            at=news.at,
            by=news.by,
            app=news.app,
            ours=bool(self._own) and self._own in (news.by.casefold(), news.app.casefold()),
        )
        while True:
            row = self._table.read(news.registry, _KEY)
            known = row.value.latest if row else ()
            if any(other.event == written.event for other in known):
                return
            latest = _latest((*known, written))
            if self._put(news.registry, Writes(latest=latest), row.version if row else None):
                return

    def before(self, registry: str, at: datetime) -> Written | None:
        """The last change that somebody else made in the day before `at`."""
        row = self._table.read(registry, _KEY)
        others = (one for one in (row.value.latest if row else ()) if not one.ours)
        return max(
            (one for one in others if at - _LATELY <= one.at <= at), key=lambda one: one.at, default=None
        )

    def _put(self, registry: str, writes: Writes, version: str | None) -> bool:
        if version is None:
            return self._table.insert(registry, _KEY, writes)
        return self._table.replace(registry, _KEY, writes, version)


def _latest(writes: Iterable[Written]) -> tuple[Written, ...]:
    """So many of the bot's own and as many of others', in order: its own are no reason to forget theirs."""
    ordered = sorted(writes, key=lambda one: one.at)
    kept = (
        *[one for one in ordered if one.ours][-_KEPT:],
        *[one for one in ordered if not one.ours][-_KEPT:],
    )
    return tuple(sorted(kept, key=lambda one: one.at))
