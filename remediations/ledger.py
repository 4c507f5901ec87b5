"""The changes that the bot answers for: written down before they are made, kept until they are undone."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from checks.incident import Incident
from checks.model import Clock
from remediations.decision import Attempt, History
from remediations.model import Change, Commitment, LockChange, RuleChange, Stage
from remediations.pauses import Paused
from remediations.ports import Table

# A worker has long died when a change is still half-made after this time.
_STUCK_AFTER: Final = timedelta(minutes=3)
# Longer than every brake looks back.
_KEPT_FOR: Final = timedelta(days=7)
_FAILED: Final = (Stage.UNVERIFIED,)


class Ledger:
    """One row for each change, in its registry's partition."""

    def __init__(self, table: Table[Commitment], clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def commit(self, incident: Incident, check: str, change: Change, approval: str = "") -> Commitment:
        """The commitment to make this change, written down. A second one for the same attempt is the first."""
        commitment = Commitment(
            id=_id(incident),
            incident=incident.id,
            fingerprint=incident.fingerprint,
            check=check,
            change=change,
            stage=Stage.INTENDED,
            made_at=self._clock(),
            due_at=change.until,
            approval=approval,
        )
        if self._table.insert(change.registry, commitment.id, commitment):
            return commitment
        found = self.find(change.registry, commitment.id)
        return found or commitment

    def find(self, registry: str, change_id: str) -> Commitment | None:
        row = self._table.read(registry, change_id)
        return row.value if row else None

    def bring(self, commitment: Commitment, stage: Stage, *, again_in: timedelta | None = None) -> Commitment:
        """The commitment at its new stage; with `again_in`, the sweep comes back to it after that time.

        Whoever holds the registry's lease is the only one to call this.
        """
        while True:
            row = self._table.read(commitment.change.registry, commitment.id)
            if row is None:
                return replace(commitment, stage=stage)
            due_at = self._clock() + again_in if again_in else row.value.due_at
            after = replace(row.value, stage=stage, due_at=due_at)
            if self._table.replace(commitment.change.registry, commitment.id, after, row.version):
                return after

    def extend(self, commitment: Commitment, until: datetime) -> None:
        """It is due later. Whoever holds the registry's lease is the only one to call this."""
        row = self._table.read(commitment.change.registry, commitment.id)
        if row:
            later = replace(row.value, due_at=until)
            self._table.replace(commitment.change.registry, commitment.id, later, row.version)

    def of(self, registry: str) -> Iterator[Commitment]:
        return (row.value for _, row in self._table.rows(registry))

    def history(self, registry: str, paused: Paused | None) -> History:
        """What the brakes look at."""
        rows = tuple(self.of(registry))
        made = (row for row in rows if row.stage is not Stage.NOT_MADE)
        return History(
            attempts=tuple(
                Attempt(fingerprint=row.fingerprint, at=row.made_at, verified=row.stage not in _FAILED)
                for row in made
            ),
            open_changes=sum(row.open for row in rows),
            unlocked=tuple(
                row.change.target for row in rows if row.open and isinstance(row.change, LockChange)
            ),
            paused=paused,
        )

    def of_this_attempt(self, incident: Incident) -> Commitment | None:
        """The change that an earlier worker committed to, and died before it could say what came of it."""
        return self.find(incident.registry, _id(incident))

    def held(self, incident_id: str, registry: str) -> Commitment | None:
        """The change of this incident that is in force now."""
        rows = self.of(registry)
        return next((row for row in rows if row.incident == incident_id and row.open), None)

    def overdue(self, registry: str) -> Iterator[Commitment]:
        """Changes whose time is up, and changes that were begun and that nobody has touched for too long."""
        now = self._clock()
        return (row for row in self.of(registry) if _is_due(row, now) or _is_stuck(row, now))

    def rules_to_end(self, registry: str) -> Iterator[Commitment]:
        """Overdue network rules, and those that a worker began to take out, even if it is not their turn yet."""
        now = self._clock()
        rules = (row for row in self.of(registry) if isinstance(row.change, RuleChange))
        return (r for r in rules if _is_due(r, now) or _is_stuck(r, now) or r.stage is Stage.UNDOING)

    def prune(self, registry: str) -> None:
        """Forget what is long over. The journal keeps it."""
        before = self._clock() - _KEPT_FOR
        for row in tuple(self.of(registry)):
            if not row.open and row.made_at < before:
                self._table.remove(registry, row.id)


def _is_due(row: Commitment, now: datetime) -> bool:
    return row.open and row.due_at is not None and row.due_at <= now


def _is_stuck(row: Commitment, now: datetime) -> bool:
    return row.begun and row.made_at + _STUCK_AFTER < now


def _id(incident: Incident) -> str:
    return f"{incident.id}-{incident.attempts}"
