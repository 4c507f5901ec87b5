"""Signals in, incidents out: the rows in which the bot remembers what is failing."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from checks.incident import (
    Incident,
    State,
    fingerprint,
    knows,
    opened,
    parts_of,
    remembered,
    stronger,
)
from checks.model import Clock, Signal, Symptom
from remediations.journal import Journal
from remediations.model import Ended, Seen
from remediations.ports import Queue, Respond, Row, Table

# People who were told are left in peace for this long before the same failure is a new incident.
_WITH_PEOPLE_FOR: Final = timedelta(hours=24)
# A worker has long died when an incident is still open and untouched after this time.
_FORGOTTEN_AFTER: Final = timedelta(minutes=3)
_RECORDED_SIGNALS: Final = 20


class Incidents:
    """The incident rows. Each is moved by compare-and-swap, so that two workers agree on what happened."""

    def __init__(self, table: Table[Incident], journal: Journal, queue: Queue, clock: Clock) -> None:
        self._table = table
        self._journal = journal
        self._queue = queue
        self._clock = clock

    def report(self, signals: Iterable[Signal]) -> tuple[Incident, ...]:
        """Fold signals into their incidents, and put those that need work on the queue.

        The row comes first and the queue second: a crash between the two leaves an open row, which the sweep
        finds. A signal that is known already changes nothing.
        """
        folded = {}
        for signal in signals:
            incident = self._fold(signal)
            folded[incident.id] = incident
        return tuple(folded.values())

    def find(self, incident_id: str) -> Row[Incident] | None:
        """The row of exactly this incident, or None where it is unknown or a later round has taken its place."""
        parts = parts_of(incident_id)
        row = self._table.read(parts[0], parts[1]) if parts else None
        return row if row and row.value.id == incident_id else None

    def of(self, registry: str) -> Iterator[Incident]:
        """The latest round of every incident of a registry."""
        return (row.value for _, row in self._table.rows(registry))

    def forgotten(self, registry: str) -> Iterator[Incident]:
        """Incidents that are open, and that nobody has touched for too long."""
        before = self._clock() - _FORGOTTEN_AFTER
        return (i for i in self.of(registry) if i.state is State.OPEN and i.moved_at < before)

    def move(self, row: Row[Incident], state: State, ended: str = "") -> bool:
        """Whether the row was still as read, and is in `state` now."""
        incident = row.value
        moved = replace(
            incident, state=state, ended=ended, moved_at=self._clock(), attempts=incident.attempts + 1
        )
        return self._swap(row, moved)

    def settle(self, incident_id: str, state: State, ended: str = "") -> None:
        """Bring the incident to `state`, whatever was folded into it meanwhile. Its end is written down first."""
        while True:
            row = self.find(incident_id)
            if row is None or row.value.state is State.CLOSED:
                return
            if state is State.CLOSED:
                self._journal.of(incident_id).write("ended", Ended(why=ended))
            if self.move(row, state, ended):
                return

    def _fold(self, signal: Signal) -> Incident:
        key = fingerprint(signal)
        while True:
            row = self._table.read(signal.registry, key)
            before = row.value if row else None
            if before and knows(before, signal):
                return before
            now = self._clock()
            after = _with(before, signal, now)
            written = self._swap(row, after) if row else self._table.insert(signal.registry, key, after)
            if written:
                self._remember(after, signal)
                if after.state is State.OPEN and (before is None or before.state is not State.OPEN):
                    self._queue.send(Respond(after.id))
                return after

    def _remember(self, incident: Incident, signal: Signal) -> None:
        if incident.count <= _RECORDED_SIGNALS:
            self._journal.of(incident.id).write(f"seen/{signal.id}", Seen(signal))

    def _swap(self, row: Row[Incident], after: Incident) -> bool:
        return self._table.replace(after.registry, after.fingerprint, after, row.version)


def _with(incident: Incident | None, signal: Signal, now: datetime) -> Incident:
    """The incident once it knows of the signal. An ended one begins its next round."""
    if incident is None or incident.state is State.CLOSED or _is_old(incident, signal):
        return opened(signal, now, incident)
    failed_again = incident.state is State.MENDED and signal.at > incident.moved_at + _takes_effect(signal)
    return replace(
        incident,
        state=State.OPEN if failed_again else incident.state,
        last_at=max(incident.last_at, signal.at),
        moved_at=now if failed_again else incident.moved_at,
        image=incident.image or signal.image,
        proof=stronger(incident.proof, signal.proof),
        signals=remembered(incident.signals, signal.id),
        count=incident.count + 1,
    )


def _takes_effect(signal: Signal) -> timedelta:
    """How long after a repair the same failure may still be seen.

    "Wait a few minutes for the rule to take effect":
    https://learn.microsoft.com/azure/container-registry/container-registry-access-selected-networks
    """
    return timedelta(minutes=5) if signal.symptom is Symptom.ADDRESS_DENIED else timedelta()


def _is_old(incident: Incident, signal: Signal) -> bool:
    """Whether people have had it for so long that the failure counts as new. A filling registry never does."""
    waited = signal.at - incident.moved_at > _WITH_PEOPLE_FOR
    return waited and incident.state is State.WITH_PEOPLE and signal.symptom is not Symptom.STORAGE_FILLING
