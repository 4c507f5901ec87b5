"""What the clock brings: changes past their time, work that a dead worker left, messages that are still to be sent."""

from datetime import timedelta
from typing import Final

from checks.incident import State
from remediations.digest import heartbeat
from remediations.model import Commitment, LockChange, RuleChange
from remediations.ports import Command, Deliver, Expire, Respond, Undo
from remediations.responder import TIME_IS_UP, Medic, is_being_made

_MORNING: Final = 9
_WEEK: Final = timedelta(days=7)


def sweep(medic: Medic) -> None:
    """Put everything that is due back on the queue. Nothing is done here, so that nothing is done twice."""
    for registry in medic.registries:
        due = (_comes_next(medic, commitment) for commitment in medic.ledger.overdue(registry))
        for command in dict.fromkeys(due):
            medic.queue.send(command)
        for incident in medic.incidents.forgotten(registry):
            if incident.state is State.OPEN or medic.approvals.is_settled(incident.id):
                medic.queue.send(Respond(incident.id))
    for tried in medic.outbox.fold():
        medic.journal.of(tried.incident).write(tried.key, tried.told)
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


def say_hello(medic: Medic) -> None:
    """Once a week, from Monday morning on, say through every channel that the bot is at work."""
    now = medic.clock()
    if not medic.policy.notices.heartbeat or (now.weekday() == 0 and now.hour < _MORNING):
        return
    lately = [i for name in medic.registries for i in medic.incidents.of(name) if i.opened_at > now - _WEEK]
    facts = (
        ("Registries watched", f"{len(medic.registries)}"),
        ("Incidents in seven days", f"{len(lately)}"),
        ("With people now", f"{sum(i.state is State.WITH_PEOPLE for i in lately)}"),
        ("Temporary changes", f"{sum(c.open for name in medic.registries for c in medic.ledger.of(name))}"),
        ("Acts", "no, it rehearses" if medic.policy.rehearsal else "yes, within policy"),
    )
    medic.outbox.post_everywhere(heartbeat(f"{now:%G-W%V}", facts, now))
