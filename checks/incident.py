"""Signal in, incident out: which signals are the same failure, and what the bot remembers of it."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from typing import Final

from msgspec.structs import replace

from checks.frame import Caller, Subject
from checks.model import CauseName, Image, Proof, Signal, Symptom, Value
from checks.names import place_of

# Enough to recognise what is delivered again; the journal keeps every signal.
_REMEMBERED_SIGNALS: Final = 40
_NAMED_CALLERS: Final = 8
# More refused identities and repositories than this within the time are one failure: a new role assignment mode,
# a policy, or somebody who tries names. So are machines that cannot connect. Each would be a notice of its own.
_MANY: Final = 5
_MANY_WITHIN: Final = timedelta(hours=1)
# A report comes at once, the registry's row of the same refusal up to this much later.
_SAME_REFUSAL: Final = timedelta(minutes=30)


class State(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    WAITING = "waiting"
    MENDED = "mended"
    WITH_PEOPLE = "with_people"
    CLOSED = "closed"


class Incident(Value, frozen=True):
    """Signals with one fingerprint. A failure that comes back after the end is the next `round` of the same row.

    `image` and `identity` are what its signals have in common; `several` says that they are about several images.
    `origin` is the machine in Azure that pushed, by resource id. `told` is what the first signal said. `proven_at` is
    the time of the last signal behind which stands as much as behind the whole. Signals of before `not_before` belong
    to an earlier round. What ended it happened at `over_at`, where that is known, and may be heard of much later.
    """

    registry: str
    fingerprint: str
    round: int
    symptom: Symptom
    state: State
    opened_at: datetime
    last_at: datetime
    moved_at: datetime
    first_at: datetime | None = None
    proven_at: datetime | None = None
    not_before: datetime | None = None
    image: Image | None = None
    address: str | None = None
    identity: str | None = None
    band: int | None = None
    said: CauseName | None = None
    several: bool = False
    callers: tuple[Caller, ...] = ()
    origin: str | None = None
    told: str = ""
    proof: Proof = Proof.CLAIMED
    signals: tuple[str, ...] = ()
    count: int = 0
    attempts: int = 0
    ended: str = ""
    over_at: datetime | None = None

    @property
    def id(self) -> str:
        """What people call it, and what finds it again: registry, fingerprint, round."""
        return f"{self.registry}-{self.fingerprint}-{self.round}"

    @property
    def ended_at(self) -> datetime:
        """Since when it is over, for one that has ended: what fails after that is another failure."""
        return self.over_at or self.moved_at

    @property
    def began_at(self) -> datetime:
        """When the first of its signals was given, which is before anybody heard of it."""
        return min(self.first_at or self.opened_at, self.opened_at)

    @property
    def subject(self) -> Subject:
        return Subject(
            symptom=self.symptom,
            image=self.image,
            address=self.address,
            band=self.band,
            identity=self.identity,
            said=self.said,
            callers=self.callers,
            origin=self.origin,
        )


def fingerprint(signal: Signal) -> str:
    """What two signals of the same failure share: the registry, the symptom, and what was refused."""
    same = f"{signal.registry}\n{signal.symptom}\n{_refused(signal)}"
    return hashlib.sha256(same.encode("utf-8", "replace")).hexdigest()[:12]


def _refused(signal: Signal) -> str:
    match signal.symptom:
        case Symptom.PUSH_DISALLOWED | Symptom.UNEXPLAINED:
            return str(signal.image)
        case Symptom.ADDRESS_DENIED:
            return str(signal.address)
        case Symptom.STORAGE_FILLING:
            return f"band {signal.band}"
        case Symptom.UNAUTHORIZED if signal.many:
            return "many"
        case Symptom.UNAUTHORIZED:
            return f"{signal.identity}\n{_repository(signal)}"
        case Symptom.UNREACHABLE if signal.origin and not signal.many:
            return f"{signal.said}\n{place_of(signal.origin)}"
        case Symptom.UNREACHABLE:
            return str(signal.said)
        case Symptom.THROTTLED | Symptom.SERVER_ERROR:
            return "everything"


def gathered(signals: Iterable[Signal], known: Mapping[str, Incident]) -> dict[str, list[Signal]]:
    """The signals of one registry by the fingerprint of the incident they belong to. `known` are its incidents.

    A refused identity is told of twice: by the client's text, which knows the repository, and by the registry's
    row, which knows the identity as well. Whichever comes second joins the first. And a crowd of refusals, or of
    machines that cannot reach the registry, is one failure, so that a storm of them is one notice. What is delivered
    again stays where it was, also if more is known of its push by now.
    """
    homes: dict[str, list[Signal]] = defaultdict(list)
    fresh: dict[str, list[Signal]] = defaultdict(list)
    before = {told: incident.fingerprint for incident in known.values() for told in incident.signals}
    for signal in signals:
        key = before.get(signal.id) or fingerprint(signal)
        if signal.id in before or _crowd(signal) is None or _is_alive(known.get(key)):
            homes[key].append(signal)
            continue
        same = next((i.fingerprint for i in known.values() if _takes(i, signal)), None)
        (homes if same else fresh)[same or key].append(signal)
    for key, new in _crowded(fresh, [i for i in known.values() if _is_alive(i)]).items():
        homes[key] += new
    return dict(homes)


def _crowd(one: Signal | Incident) -> tuple[Symptom, CauseName | None] | None:
    """What it would be one of, if there were many; None for what is always a failure of its own."""
    if one.symptom is Symptom.UNAUTHORIZED:
        return one.symptom, None
    return (one.symptom, one.said) if one.symptom is Symptom.UNREACHABLE and one.origin else None


def _crowded(fresh: Mapping[str, list[Signal]], alive: Sequence[Incident]) -> dict[str, list[Signal]]:
    """The new ones each on its own, or all of a kind as one where there are too many of them."""
    kinds: dict[object, dict[str, list[Signal]]] = defaultdict(dict)
    for key, new in fresh.items():
        kinds[_crowd(new[0])][key] = new
    homes: dict[str, list[Signal]] = defaultdict(list)
    for kind, apart in kinds.items():
        for key, new in _together(apart, [one for one in alive if _crowd(one) == kind]).items():
            homes[key] += new
    return homes


def _together(apart: dict[str, list[Signal]], there: Sequence[Incident]) -> dict[str, list[Signal]]:
    crowd = [replace(signal, many=True) for new in apart.values() for signal in new]
    key, latest = fingerprint(crowd[0]), max(signal.at for signal in crowd)
    lately = [incident for incident in there if latest - incident.opened_at < _MANY_WITHIN]
    goes_on = any(i.fingerprint == key and latest - i.last_at < _MANY_WITHIN for i in there)
    return {key: crowd} if goes_on or len(lately) + len(apart) > _MANY else apart


def _takes(incident: Incident, signal: Signal) -> bool:
    """Whether the signal joins it. What was said before it ended begins nothing when it comes afterwards."""
    return (_is_alive(incident) or knows(incident, signal)) and _is_same_refusal(incident, signal)


def _is_same_refusal(incident: Incident, signal: Signal) -> bool:
    """Whether both are the refusal of one identity in one repository, of which one of them only knows less."""
    parts = (
        (incident.identity, signal.identity),
        (incident.image and incident.image.repository, _repository(signal)),
    )
    return (
        signal.symptom is incident.symptom is Symptom.UNAUTHORIZED
        and abs(signal.at - incident.last_at) <= _SAME_REFUSAL
        and any(one and one == other for one, other in parts)
        and all(one is None or other is None or one == other for one, other in parts)
    )


def _repository(signal: Signal) -> str | None:
    return signal.image.repository if signal.image else None


def _is_alive(incident: Incident | None) -> bool:
    return incident is not None and incident.state is not State.CLOSED


def opened(signal: Signal, now: datetime, before: Incident | None = None) -> Incident:
    """A new incident, or the next round of one that had ended: of the same row, whatever joined it."""
    return Incident(
        registry=signal.registry,
        fingerprint=before.fingerprint if before else fingerprint(signal),
        round=before.round + 1 if before else 1,
        symptom=signal.symptom,
        state=State.OPEN,
        opened_at=now,
        last_at=signal.at,
        moved_at=now,
        first_at=signal.at,
        proven_at=signal.at,
        not_before=max(before.ended_at, before.last_at) if before else None,
        image=None if signal.many else signal.image,
        address=signal.address,
        identity=None if signal.many else signal.identity,
        band=signal.band,
        said=signal.said,
        several=signal.many,
        callers=_counted((), signal),
        origin=signal.origin,
        told=signal.excerpt,
        proof=signal.proof,
        signals=(signal.id,),
        count=1,
    )


def grown(incident: Incident, signal: Signal) -> Incident:
    """The incident with one more of its signals. What the stronger proof says of the cause stays."""
    proof = stronger(incident.proof, signal.proof)
    image = _shared_image(incident, signal)
    return replace(
        incident,
        first_at=min(incident.began_at, signal.at),
        last_at=max(incident.last_at, signal.at),
        proven_at=_proven_at(incident, signal),
        image=image,
        identity=_shared_identity(incident, signal),
        several=incident.several or image != (incident.image or signal.image),
        said=signal.said if signal.said and proof is not incident.proof else incident.said or signal.said,
        callers=_counted(incident.callers, signal),
        origin=incident.origin or signal.origin,
        proof=proof,
        signals=remembered(incident.signals, signal.id),
        count=incident.count + 1,
    )


def _proven_at(incident: Incident, signal: Signal) -> datetime | None:
    """When it was last told of with all that stands behind it. Whoever can only claim it keeps nothing alive."""
    if stronger(incident.proof, signal.proof) is not signal.proof:
        return incident.proven_at
    known = incident.proven_at if incident.proof is signal.proof else None
    return max(known or signal.at, signal.at)


def _shared_image(incident: Incident, signal: Signal) -> Image | None:
    """The image that every signal is about; less of it, or none, as soon as two of them differ."""
    one, other = incident.image, signal.image
    if incident.several or one is None or other is None or str(one) == str(other):
        return one if incident.several else one or other
    if one.repository == other.repository:
        return Image(repository=one.repository)
    return None


def _shared_identity(incident: Incident, signal: Signal) -> str | None:
    one, other = incident.identity, signal.identity
    if one is None and not incident.callers:
        return other
    return one if other in (None, one) else None


def _counted(callers: tuple[Caller, ...], signal: Signal) -> tuple[Caller, ...]:
    """The callers with one more refusal; past a bound, nobody new is named."""
    name = signal.identity or signal.address
    if name is None:
        return callers
    known = {caller.name: caller.count for caller in callers}
    if name in known or len(known) < _NAMED_CALLERS:
        known[name] = known.get(name, 0) + 1
    most = sorted(known.items(), key=lambda item: -item[1])
    return tuple(Caller(name=name, count=count) for name, count in most)


def callers_of(signals: Iterable[Signal]) -> tuple[Caller, ...]:
    """Whom these signals saw refused, most often first; past a bound, nobody new is named."""
    return reduce(_counted, signals, ())


def knows(incident: Incident, signal: Signal) -> bool:
    """Whether the signal brings nothing: it came before, or it tells of a time before this round.

    Where more signals came than are remembered, one that is not newer than all of them counts as seen.
    """
    if signal.id in incident.signals:
        return True
    if incident.state is State.CLOSED and signal.at <= incident.ended_at:
        return True
    if incident.not_before and signal.at <= incident.not_before:
        return True
    return len(incident.signals) >= _REMEMBERED_SIGNALS and signal.at <= incident.last_at


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
