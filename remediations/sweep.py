"""What the clock brings: changes past their time, work that a dead worker left, messages that are still to be sent."""

from checks.incident import State
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
        medic.storage.forget(registry)
    medic.outbox.prune()
