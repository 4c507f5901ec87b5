"""How full each registry is, once an hour: a signal where a band was reached, and the end of what is over."""

from collections.abc import Iterator

from checks.evidence import Unreadable
from checks.incident import Incident, State
from checks.model import Proof, Registry, Rejection, Signal, Source, Symptom
from remediations import notices
from remediations.responder import Medic
from remediations.storage_bands import EARLY, is_left, reached
from remediations.storage_history import StorageDay


def watch_storage(medic: Medic) -> tuple[Rejection, ...]:
    """Report each registry that has reached a band, and end the incidents of bands that are left for good.

    What could not be read is returned, so that it is kept where operators look.
    """
    return tuple(unread for registry in medic.registries.values() for unread in _watch(medic, registry))


def _watch(medic: Medic, registry: Registry) -> Iterator[Rejection]:
    usage = medic.reader.usage(registry)
    if isinstance(usage, Unreadable):
        yield _unread(registry, "usage_unreadable", usage)
        return
    missing = medic.storage.see(registry, usage)
    if missing:
        yield _unread(registry, "metrics_unreadable", missing)
    days, bands = medic.storage.days(registry), medic.policy.storage.bands
    there = tuple(
        incident
        for incident in medic.incidents.of(registry.name)
        if incident.symptom is Symptom.STORAGE_FILLING and incident.state is not State.CLOSED
    )
    band = reached(days, bands)
    if band and not any((incident.band or 0) > band for incident in there):
        medic.storage.count(registry)
        medic.incidents.report([_filling(medic, registry, band, days[-1])])
    for incident in there:
        if is_left(days, incident.band or 0, bands):
            _end(medic, registry, incident)


def _end(medic: Medic, registry: Registry, incident: Incident) -> None:
    """Tell people, and then close the incident: a crash between the two tells them nothing twice."""
    report = medic.storage.report(registry)
    why = f"{_left(incident.band or 0)}, and is at {report.days[-1].percent} %"
    medic.outbox.post(notices.storage_eased(incident, why, report, medic.clock()))
    medic.incidents.settle(incident.id, State.CLOSED, why)


def _left(band: int) -> str:
    if band == EARLY:
        return "storage will not be full within 90 days"
    return f"storage has been well below {band} % for a week"


def _filling(medic: Medic, registry: Registry, band: int, today: StorageDay) -> Signal:
    now = medic.clock()
    return Signal(
        id=f"{registry.name}-{band}-{now:%Y-%m-%d}",
        source=Source.STORAGE_WATCH,
        at=now,
        registry=registry.name,
        symptom=Symptom.STORAGE_FILLING,
        band=band,
        proof=Proof.REGISTRY_LOG,
        excerpt=f"storage at {today.percent} %",
    )


def _unread(registry: Registry, reason: str, unread: Unreadable) -> Rejection:
    return Rejection(source=Source.STORAGE_WATCH, reason=reason, detail=f"{registry.name}: {unread.why}")
