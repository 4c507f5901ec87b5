"""What the clock brings: changes past their time, work that a dead worker left, messages that are still to be sent."""

from checks.evidence import Unreadable
from checks.incident import State
from checks.model import FullStorage, Proof, Rejection, Signal, Source, Symptom
from remediations.model import Commitment, LockChange, RuleChange
from remediations.ports import Command, Deliver, Expire, Respond, Undo
from remediations.responder import TIME_IS_UP, Medic, is_being_made


def sweep(medic: Medic) -> None:
    """Put everything that is due back on the queue. Nothing is done here, so that nothing is done twice."""
    for registry in medic.registries:
        due = (_comes_next(medic, commitment) for commitment in medic.ledger.overdue(registry))
        for command in dict.fromkeys(due):
            medic.queue.send(command)
        for incident in medic.incidents.forgotten(registry):
            if incident.state is State.OPEN or medic.approvals.is_settled(incident.id):
                medic.queue.send(Respond(incident.id))
    for message in tuple(medic.outbox.due(medic.clock())):
        medic.queue.send(Deliver(message.id))


def _comes_next(medic: Medic, commitment: Commitment) -> Command:
    """What a change that is due needs. All of a registry's rules go in one write."""
    if is_being_made(medic, commitment):
        return Respond(commitment.incident)
    match commitment.change:
        case RuleChange(registry=registry):
            return Expire(registry)
        case LockChange(registry=registry):
            return Undo(registry, commitment.id, TIME_IS_UP)


def tidy(medic: Medic) -> None:
    """Forget what is long over. The journal keeps it."""
    for registry in medic.registries:
        medic.ledger.prune(registry)
        medic.approvals.prune(registry)
        medic.incidents.put_away(registry)
    medic.outbox.prune()


def watch_storage(medic: Medic) -> tuple[Rejection, ...]:
    """Report each registry whose storage has reached a band, and end the incidents of bands it has left.

    What could not be read is returned, so that it is kept where operators look.
    """
    unread = []
    for registry in medic.registries.values():
        usage = medic.reader.usage(registry)
        if isinstance(usage, Unreadable):
            unread.append(
                Rejection(
                    source=Source.STORAGE_WATCH,
                    reason="usage_unreadable",
                    detail=f"{registry.name}: {usage.why}",
                )
            )
            continue
        storage = FullStorage(used=usage.used, ceiling=usage.ceiling, ceiling_is=usage.ceiling_from)
        band = max((b for b in medic.policy.storage.bands if b <= storage.percent), default=None)
        if band:
            medic.incidents.report([_filling(medic, registry.name, band, storage)])
        for incident in tuple(medic.incidents.of(registry.name)):
            left = incident.symptom is Symptom.STORAGE_FILLING and (incident.band or 0) > storage.percent
            if left and incident.state is not State.CLOSED:
                medic.incidents.settle(incident.id, State.CLOSED, f"storage is down to {storage.percent} %")
    return tuple(unread)


def _filling(medic: Medic, registry: str, band: int, storage: FullStorage) -> Signal:
    now = medic.clock()
    return Signal(
        id=f"{registry}-{band}-{now:%Y-%m-%d}",
        source=Source.STORAGE_WATCH,
        at=now,
        registry=registry,
        symptom=Symptom.STORAGE_FILLING,
        band=band,
        proof=Proof.REGISTRY_LOG,
        excerpt=str(storage),
    )
