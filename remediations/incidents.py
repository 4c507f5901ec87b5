"""Signals in, incidents out: the rows in which the bot remembers what is failing."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from checks.incident import Incident, State, fingerprint, gathered, grown, knows, opened, parts_of
from checks.model import Clock, Signal, Symptom
from remediations.journal import Journal
from remediations.model import Ended, Seen
from remediations.ports import Queue, Respond, Row, Table
from remediations.rows import put

# People who were told are left in peace for this long before the same failure is a new incident.
_WITH_PEOPLE_FOR: Final = timedelta(hours=24)
# A worker has long died when an incident is still open and untouched after this time.
_FORGOTTEN_AFTER: Final = timedelta(minutes=3)
_RECORDED_SIGNALS: Final = 20
# What is over for this long is put away, so that a push that succeeds is held against few incidents.
_PUT_AWAY_AFTER: Final = timedelta(days=30)
_WITH_A_PERSON: Final = (State.WITH_PEOPLE, State.WAITING)
# What may be one failure with others of its kind, or was told before more was known of its push.
_MAY_BELONG_ELSEWHERE: Final = (
    Symptom.UNAUTHORIZED,
    Symptom.UNREACHABLE,
    Symptom.PUSH_DISALLOWED,
    Symptom.UNEXPLAINED,
)
# What a worker may have to do with.
UNFINISHED: Final = (State.OPEN, State.WAITING)


class Incidents:
    """The incident rows. Each is moved by compare-and-swap, so that two workers agree on what happened."""

    def __init__(self, table: Table[Incident], journal: Journal, queue: Queue, clock: Clock) -> None:
        self._table = table
        self._journal = journal
        self._queue = queue
        self._clock = clock

    def report(self, signals: Iterable[Signal]) -> tuple[Incident, ...]:
        """Fold signals into their incidents, and put those that need work on the queue.

        However many signals an incident has, it is written once. The row comes first and the queue second: a
        crash between the two leaves an open row, which the sweep finds. A signal that is known already changes
        nothing.
        """
        by_registry: dict[str, list[Signal]] = {}
        for signal in signals:
            by_registry.setdefault(signal.registry, []).append(signal)
        return tuple(
            self._fold(registry, key, group)
            for registry, told in by_registry.items()
            for key, group in gathered(told, self._known(registry, told)).items()
        )

    def find(self, incident_id: str) -> Row[Incident] | None:
        """The row of exactly this incident, or None where it is unknown or a later round has taken its place."""
        parts = parts_of(incident_id)
        row = self._table.read(parts[0], parts[1]) if parts else None
        return row if row and row.value.id == incident_id else None

    def known(self, incident_id: str) -> Incident | None:
        """The incident as `find` does, and one that was put away as well."""
        row, parts = self.find(incident_id), parts_of(incident_id)
        past = self._past(parts[0], parts[1]) if parts and row is None else None
        return row.value if row else past if past and past.id == incident_id else None

    def of(self, registry: str) -> Iterator[Incident]:
        """The latest round of every incident of a registry that has not been put away."""
        return (row.value for _, row in self._table.rows(registry))

    def ever(self, registry: str) -> Iterator[Incident]:
        """The latest round of every incident that the registry ever had."""
        now = {incident.fingerprint: incident for incident in self.of(registry)}
        yield from now.values()
        past = self._table.rows(_past(registry))
        yield from (row.value for key, row in past if key not in now)

    def put_away(self, registry: str) -> None:
        """Move what is long over out of the way. A failure that comes back all the same is its next round.

        The row is copied first and removed second, and only as it was copied: what was folded into it meanwhile
        stays.
        """
        before = self._clock() - _PUT_AWAY_AFTER
        for key, row in tuple(self._table.rows(registry)):
            if _is_over(row.value) and max(row.value.moved_at, row.value.last_at) < before:
                put(self._table, _past(registry), key, row.value)
                self._table.remove(registry, key, row.version)

    def since(self, registry: str, at: datetime) -> Iterator[Incident]:
        """The latest round of every incident that has a signal, or was moved, at that time or later."""
        return self._table.since(registry, at, "moved_at", "last_at")

    def forgotten(self, registry: str) -> Iterator[Incident]:
        """Incidents that are open or wait for an answer, and that nobody has touched for too long."""
        before = self._clock() - _FORGOTTEN_AFTER
        return (i for i in self.of(registry) if i.state in UNFINISHED and i.moved_at < before)

    def move(
        self, row: Row[Incident], state: State, ended: str = "", over_at: datetime | None = None
    ) -> bool:
        """Whether the row was still as read, and is in `state` now."""
        incident = row.value
        moved = replace(
            incident,
            state=state,
            ended=ended,
            over_at=over_at,
            moved_at=self._clock(),
            attempts=incident.attempts + 1,
        )
        return self._swap(row, moved)

    def settle(
        self, incident_id: str, state: State, ended: str = "", over_at: datetime | None = None
    ) -> None:
        """Bring the incident to `state`, whatever was folded into it meanwhile. Its end is written down first.

        With `over_at`, what has failed since then is not over: such an incident stays as it is.
        """
        while True:
            row = self.find(incident_id)
            if row is None or row.value.state is State.CLOSED:
                return
            if over_at and row.value.last_at > over_at:
                return
            if state is State.CLOSED:
                ended = self._end_of(incident_id, ended)
            if self.move(row, state, ended, over_at):
                return

    def _end_of(self, incident_id: str, why: str) -> str:
        """Why it ended, as it is written down now; what a worker wrote who died before it could do more stays."""
        story = self._journal.of(incident_id)
        earlier = story.find("ended")
        end = earlier if isinstance(earlier, Ended) else Ended(why=why)
        story.write("ended", end)
        return end.why

    def _known(self, registry: str, signals: Iterable[Signal]) -> dict[str, Incident]:
        """The registry's incidents, where it takes all of them to tell to which one a signal belongs."""
        if not any(signal.symptom in _MAY_BELONG_ELSEWHERE for signal in signals):
            return {}
        return {incident.fingerprint: incident for incident in self.of(registry)}

    def _fold(self, registry: str, key: str, signals: Sequence[Signal]) -> Incident:
        while True:
            row = self._table.read(registry, key)
            before = row.value if row else self._past(registry, key)
            ended = before is None or (
                before.state is State.CLOSED and not all(knows(before, signal) for signal in signals)
            )
            if ended and key != fingerprint(signals[0]):
                # What they were to join has ended meanwhile.
                key = fingerprint(signals[0])
                continue
            after, new = before, list[tuple[Incident, Signal]]()
            for signal in {signal.id: signal for signal in signals}.values():
                if before is None or not knows(before, signal):
                    after = _with(after, signal, self._clock())
                    new.append((after, signal))
            if after is None or not new:
                assert before is not None, "there was a signal, so there is an incident"
                return before
            written = self._swap(row, after) if row else self._table.insert(registry, key, after)
            if written:
                self._remember(new)
                if after.state is State.OPEN and (before is None or before.state is not State.OPEN):
                    self._queue.send(Respond(after.id))
                return after

    def _remember(self, new: Iterable[tuple[Incident, Signal]]) -> None:
        told = [(incident.id, signal) for incident, signal in new if incident.count <= _RECORDED_SIGNALS]
        stories = {incident: self._journal.of(incident) for incident, _ in told}
        for incident, signal in told:
            stories[incident].write(f"seen/{signal.id}", Seen(signal))

    def _past(self, registry: str, key: str) -> Incident | None:
        row = self._table.read(_past(registry), key)
        return row.value if row else None

    def _swap(self, row: Row[Incident], after: Incident) -> bool:
        return self._table.replace(after.registry, after.fingerprint, after, row.version)


def _past(registry: str) -> str:
    """The partition of what was put away. No registry's name has a hyphen."""
    return f"{registry}-past"


def _is_over(incident: Incident) -> bool:
    """Whether nothing is to come of it. A registry that is filling is over when there is room again."""
    left = incident.state is State.WITH_PEOPLE and incident.symptom is not Symptom.STORAGE_FILLING
    return left or incident.state is State.CLOSED


def _with(incident: Incident | None, signal: Signal, now: datetime) -> Incident:
    """The incident once it knows of the signal. An ended one begins its next round."""
    if incident is None or incident.state is State.CLOSED or _is_old(incident, signal):
        return opened(signal, now, incident)
    failed_again = incident.state is State.MENDED and signal.at > incident.moved_at + _takes_effect(signal)
    more = grown(incident, signal)
    again = failed_again or _is_better_proven(incident, more)
    return replace(more, state=State.OPEN, moved_at=now) if again else more


def _is_better_proven(incident: Incident, more: Incident) -> bool:
    """Whether people were asked about an address behind which more stands now.

    Whoever was first to claim it must not be in the way of who can prove it.
    """
    waits = incident.symptom is Symptom.ADDRESS_DENIED and incident.state in _WITH_A_PERSON
    return waits and more.proof is not incident.proof


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
