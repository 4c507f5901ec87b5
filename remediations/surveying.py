"""The bot's own tables, read within bounds: what the overview is made of.

However many incidents there are, one look reads so many rows and journals at most, and says how far back they go.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from checks.incident import Incident
from checks.model import Clock, Registry
from remediations.approvals import Approvals
from remediations.episodes import Episode, episode
from remediations.incidents import Incidents
from remediations.journal import Journal
from remediations.ledger import Ledger
from remediations.model import Commitment
from remediations.outbox import Outbox
from remediations.overview import Survey
from remediations.pauses import Pauses
from remediations.storage_history import StorageHistory

MOST_INCIDENTS: Final = 500
MOST_STORIES: Final = 100
MOST_MESSAGES: Final = 1000
# The widest that holds no more rows than this is taken.
_WINDOWS: Final = (timedelta(days=30), timedelta(days=7), timedelta(days=1), timedelta(hours=1))
_MESSAGES_OF: Final = (timedelta(days=8), timedelta(days=1), timedelta(hours=1))
# As many connections as the SDK's pool keeps.
_AT_ONCE: Final = 8


@dataclass(frozen=True)
class Surveyor:
    """Everything that is read."""

    registries: Mapping[str, Registry]
    incidents: Incidents
    journal: Journal
    ledger: Ledger
    approvals: Approvals
    outbox: Outbox
    pauses: Pauses
    storage: StorageHistory
    clock: Clock

    def look(self) -> Survey:
        """What there is to see now."""
        now, names = self.clock(), tuple(self.registries)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            messages = pool.submit(_widest, _MESSAGES_OF, now, self.outbox.since, MOST_MESSAGES)
            pauses = pool.map(self.pauses.of, names)
            approvals = pool.map(lambda name: tuple(self.approvals.pending(name)), names)
            storage = pool.map(self.storage.of, names)
            ledgers = pool.map(lambda name: tuple(self.ledger.of(name)), names)
            since, incidents = _widest(_WINDOWS, now, self._incidents, MOST_INCIDENTS)
            commitments = [held for ledger in ledgers for held in ledger]
            told = pool.map(self._episode, _worth_reading(incidents, commitments))
            return Survey(
                at=now,
                since=since,
                registries=self.registries,
                incidents=incidents,
                episodes=[one for one in told if one],
                commitments=commitments,
                approvals=[one for those in approvals for one in those],
                messages=messages.result()[1],
                channels=self.outbox.channels,
                pauses={name: paused for name, paused in zip(names, pauses, strict=True) if paused},
                storage=dict(zip(names, storage, strict=True)),
            )

    def _incidents(self, since: datetime) -> Iterator[Incident]:
        return (incident for name in self.registries for incident in self.incidents.since(name, since))

    def _episode(self, incident: str) -> Episode | None:
        return episode(incident, self.journal.read(incident))


def _widest[T](
    windows: Sequence[timedelta], now: datetime, read: Callable[[datetime], Iterator[T]], most: int
) -> tuple[datetime, list[T]]:
    """Everything in the widest window that holds no more than so many; of the narrowest so many, if need be."""
    since, found = now, list[T]()
    for window in windows:
        since = now - window
        found = list(islice(read(since), most + 1))
        if len(found) <= most:
            break
    return since, found[:most]


def _worth_reading(incidents: Sequence[Incident], commitments: Sequence[Commitment]) -> list[str]:
    """The incidents whose journals are read: the latest, and those with a change among the latest."""
    when = {incident.id: max(incident.moved_at, incident.last_at) for incident in incidents}
    for held in commitments:
        when[held.incident] = max(held.made_at, when.get(held.incident, held.made_at))
    return sorted(when, key=lambda incident: when[incident], reverse=True)[:MOST_STORIES]
