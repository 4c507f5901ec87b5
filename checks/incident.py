"""Signal in, incident out: which signals are the same failure, and what the bot remembers of it."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Final

from checks.frame import Subject
from checks.model import Image, Proof, Signal, Symptom, Value

# Enough to recognise what is delivered again; the journal keeps every signal.
_REMEMBERED_SIGNALS: Final = 40


class State(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    MENDED = "mended"
    WITH_PEOPLE = "with_people"
    CLOSED = "closed"


class Incident(Value, frozen=True):
    """Signals with one fingerprint. A failure that comes back after the end is the next `round` of the same row."""

    registry: str
    fingerprint: str
    round: int
    symptom: Symptom
    state: State
    opened_at: datetime
    last_at: datetime
    moved_at: datetime
    image: Image | None = None
    address: str | None = None
    band: int | None = None
    proof: Proof = Proof.CLAIMED
    signals: tuple[str, ...] = ()
    count: int = 0
    attempts: int = 0
    ended: str = ""

    @property
    def id(self) -> str:
        """What people call it, and what finds it again: registry, fingerprint, round."""
        return f"{self.registry}-{self.fingerprint}-{self.round}"

    @property
    def subject(self) -> Subject:
        return Subject(symptom=self.symptom, image=self.image, address=self.address, band=self.band)


def fingerprint(signal: Signal) -> str:
    """What two signals of the same failure share: the registry, the symptom, and what was refused."""
    same = f"{signal.registry}\n{signal.symptom}\n{_refused(signal)}"
    return hashlib.sha256(same.encode()).hexdigest()[:12]


def _refused(signal: Signal) -> str:
    match signal.symptom:
        case Symptom.PUSH_DISALLOWED:
            return str(signal.image)
        case Symptom.ADDRESS_DENIED:
            return str(signal.address)
        case Symptom.STORAGE_FILLING:
            return f"band {signal.band}"


def opened(signal: Signal, now: datetime, before: Incident | None = None) -> Incident:
    """A new incident, or the next round of one that had ended."""
    return Incident(
        registry=signal.registry,
        fingerprint=fingerprint(signal),
        round=before.round + 1 if before else 1,
        symptom=signal.symptom,
        state=State.OPEN,
        opened_at=now,
        last_at=signal.at,
        moved_at=now,
        image=signal.image,
        address=signal.address,
        band=signal.band,
        proof=signal.proof,
        signals=(signal.id,),
        count=1,
    )


def knows(incident: Incident, signal: Signal) -> bool:
    """Whether the signal brings nothing: it came before, or it tells of a time before the incident ended."""
    late = incident.state is State.CLOSED and signal.at <= incident.moved_at
    return late or signal.id in incident.signals


def parts_of(incident_id: str) -> tuple[str, str, int] | None:
    """Registry, fingerprint and round of an incident id, or None where the text is no such id."""
    parts = incident_id.split("-")
    if len(parts) != len(("registry", "fingerprint", "round")) or not parts[2].isdecimal():
        return None
    return parts[0], parts[1], int(parts[2])


def remembered(signals: tuple[str, ...], signal_id: str) -> tuple[str, ...]:
    """The signal ids with one more, the oldest forgotten past a bound."""
    return (*signals, signal_id)[-_REMEMBERED_SIGNALS:]


_STRENGTH: Final = tuple(Proof)


def stronger(one: Proof, other: Proof) -> Proof:
    """The better of two proofs."""
    return max(one, other, key=_STRENGTH.index)
