"""The bot's whole story, from an incident to what people are told. Read this page to understand the bot."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never

from checks.catalog import checks
from checks.diagnosis import diagnose
from checks.evidence import Absent, Attributes, Evidence, NotAsked, RegistrySettings, Unreadable
from checks.examination import Instruments, look_at_the_way
from checks.incident import Incident, State, parts_of
from checks.intake.event_grid import Pushed
from checks.intake.overtaken import Overtaken
from checks.model import Cleared, Clock, Diagnosis, FullStorage, LockLevel, Registry, Symptom
from checks.observation import observe
from checks.ports import RegistryReader
from remediations import notices
from remediations.approvals import Approval, Approvals, digest_of
from remediations.approvals import State as Stands
from remediations.catalog import remediations
from remediations.decision import decide
from remediations.drift import Drift
from remediations.execution import TRY_UNDOING_AGAIN, Execution
from remediations.extension import stays_until
from remediations.incidents import UNFINISHED, Incidents
from remediations.journal import Journal, Story
from remediations.lease import Busy, Lease, Leases
from remediations.ledger import Ledger
from remediations.model import (
    Answered,
    AskApproval,
    Asked,
    CameOf,
    Change,
    Commitment,
    Decided,
    Escalate,
    Extended,
    Judged,
    LockChange,
    Looked,
    Moved,
    Notice,
    Reason,
    Rehearsed,
    Released,
    Remediate,
    RuleChange,
    Stage,
    Suppress,
    Undone,
    Unverified,
    Verified,
)
from remediations.outbox import Outbox
from remediations.pauses import EVERY_REGISTRY, Pauses
from remediations.policy import Policy
from remediations.ports import Expire, Queue, Respond, Row, Undo
from remediations.storage_study import StorageStudy
from remediations.undoing import together, undoing

PUSH_SUCCEEDED: Final = "the push has succeeded"
SUCCEEDED_SINCE: Final = "what was refused has succeeded since"
TIME_IS_UP: Final = "its time is up"
_NOT_ENDED_BY_A_PUSH: Final = (Symptom.ADDRESS_DENIED, Symptom.STORAGE_FILLING)
_SEEN_TO: Final = (State.MENDED, State.CLOSED)
_NOT_ANSWERED: Final = (Symptom.UNREACHABLE, Symptom.SERVER_ERROR)
_WAIT_FOR_THE_LEASE: Final = timedelta(seconds=10)
_TRIES_AT_A_MOVING_TARGET: Final = 3


@dataclass(frozen=True)
class Medic:
    """Everything the story needs, made once."""

    registries: Mapping[str, Registry]
    reader: RegistryReader
    # Made when a client cannot reach its registry, and not before.
    instruments: Callable[[], Instruments]
    policy: Policy
    policy_version: str
    incidents: Incidents
    journal: Journal
    ledger: Ledger
    leases: Leases
    pauses: Pauses
    approvals: Approvals
    execution: Execution
    drift: Drift
    storage: StorageStudy
    outbox: Outbox
    queue: Queue
    clock: Clock
    # The address under which an approval's id leads to its page; empty where there is no page.
    approval_page: str = ""


def respond(medic: Medic, command: Respond) -> None:
    """Look into an incident that is open, or waits for a person, and mend it or hand it to people."""
    row = _open(medic, command)
    if row is None:
        return
    registry = medic.registries[row.value.registry]
    seen = _way(medic, registry, row.value)
    try:
        with medic.leases.hold(registry.name) as lease:
            # Whoever held the registry before may have seen to it.
            row = _open(medic, command)
            if row:
                _respond(medic, registry, row, lease, seen)
    except Busy:
        medic.queue.send(command, delay=_WAIT_FOR_THE_LEASE)


def _open(medic: Medic, command: Respond) -> Row[Incident] | None:
    row = medic.incidents.find(command.incident)
    return row if row and row.value.state in UNFINISHED else None


def _way(medic: Medic, registry: Registry, incident: Incident) -> Evidence | None:
    """What there is to see of the way to the registry and of its health, where one of them is what failed.

    Network Watcher takes minutes, and nothing is ever changed for this: nobody else waits for the registry meanwhile.
    """
    if incident.symptom not in _NOT_ANSWERED:
        return None
    evidence = observe(registry, incident.subject, medic.reader, medic.clock())
    return look_at_the_way(evidence, registry, incident.subject, medic.instruments())


def _respond(
    medic: Medic, registry: Registry, row: Row[Incident], lease: Lease, seen: Evidence | None
) -> None:
    incident, story = row.value, medic.journal.of(row.value.id)
    committed = medic.ledger.of_this_attempt(incident)
    if committed:
        _make(medic, registry, incident, committed, story, lease)
        return
    approval = medic.approvals.of(incident.id) if incident.state is State.WAITING else None
    if approval and not _is_agreed(medic, registry, incident, approval, story):
        return
    evidence = seen or observe(registry, incident.subject, medic.reader, medic.clock())
    if _has_no_room(incident, evidence) and _expire(medic, registry, lease):
        evidence = observe(registry, incident.subject, medic.reader, medic.clock())
    diagnosis = diagnose(incident.subject, evidence, checks())
    history = medic.ledger.history(registry.name, medic.pauses.of(registry.name))
    now = medic.clock()
    decision = decide(incident, evidence, diagnosis, medic.policy, history, remediations(), now)
    turn = f"{incident.attempts}"
    story.write(f"{turn}/looked", Looked(evidence))
    story.write(f"{turn}/judged", Judged(diagnosis))
    story.write(f"{turn}/decided", Decided(decision, medic.policy_version))
    match decision:
        case Suppress():
            close(medic, incident, decision.reason, _pushed_at(decision, evidence))
        case Escalate():
            _hand_over(medic, registry, incident, diagnosis, decision)
        case AskApproval() | Remediate() if medic.policy.rehearsal:
            story.write(f"{turn}/rehearsed", CameOf(f"{incident.id}-{turn}", Rehearsed()))
            changed = medic.drift.before(registry.name, incident.began_at)
            rehearsed = Rehearsed()
            _tell(
                medic,
                notices.change_made(incident, decision.change, rehearsed, registry, medic.clock(), changed),
            )
            medic.incidents.settle(incident.id, State.WITH_PEOPLE)
        case AskApproval() if not _covers(approval, decision.change, now):
            asked = medic.approvals.ask(incident, decision.change, decision.because, now)
            medic.incidents.settle(incident.id, State.WAITING)
            _ask(medic, registry, incident, asked, story)
        case AskApproval() | Remediate():
            found_by = next(f.check for f in diagnosis.findings if f.answer == diagnosis.causes[0])
            under = approval.id if approval and _covers(approval, decision.change, now) else ""
            commitment = medic.ledger.commit(incident, found_by, decision.change, under)
            _make(medic, registry, incident, commitment, story, lease)
    void = medic.policy.rehearsal or isinstance(decision, Suppress | Escalate)
    reopened = incident.state is State.OPEN and incident.attempts and isinstance(decision, Remediate)
    if (approval and void) or reopened:
        medic.approvals.end(incident.id)


def _pushed_at(decision: Suppress, evidence: Evidence) -> datetime | None:
    """When the push succeeded for which there is nothing left to do, if that is why."""
    tag = evidence.tag if decision.reason is Reason.PUSHED_SINCE else None
    return tag.updated_at if isinstance(tag, Attributes) else None


def _has_no_room(incident: Incident, evidence: Evidence) -> bool:
    """Whether another network rule is wanted and the quota is full. Then rules whose time is up go first."""
    settings, usage = evidence.settings, evidence.usage
    if isinstance(settings, Unreadable) or isinstance(usage, Unreadable):
        return False
    return incident.symptom is Symptom.ADDRESS_DENIED and usage.is_full_of(settings.ip_rules)


def _covers(approval: Approval | None, change: Change, planned_at: datetime) -> bool:
    """Whether what a person agreed to is what would be done now."""
    return approval is not None and approval.digest == digest_of(change, planned_at)


def _is_agreed(
    medic: Medic, registry: Registry, incident: Incident, approval: Approval, story: Story
) -> bool:
    """Whether a person agreed. One who did not, and nobody who answers, leaves it to people."""
    match stands := approval.at(medic.clock()):
        case Stands.PENDING:
            _ask(medic, registry, incident, approval, story)
            return False
        case Stands.APPROVED:
            story.write(f"{approval.id}/answered", _answered(approval, stands))
            return True
        case Stands.REJECTED:
            decision = Escalate(
                Reason.REJECTED, f"{approval.by} rejected to {approval.change}: {approval.why}"
            )
        case Stands.EXPIRED | Stands.USED:
            decision = Escalate(Reason.APPROVAL_EXPIRED, _lapsed(approval))
        case _:
            assert_never(stands)
    story.write(f"{approval.id}/answered", _answered(approval, stands))
    story.write(f"{incident.attempts}/decided", Decided(decision, medic.policy_version))
    medic.approvals.end(incident.id)
    _hand_over(medic, registry, incident, None, decision)
    return False


def _lapsed(approval: Approval) -> str:
    if approval.by and approval.decided_at:
        return f"{approval.by} agreed at {approval.decided_at:%Y-%m-%d %H:%M} UTC, and that was too long ago"
    return f"nobody agreed to {approval.change} by {approval.expires_at:%Y-%m-%d %H:%M} UTC"


def _answered(approval: Approval, stands: Stands) -> Answered:
    return Answered(
        approval=approval.id,
        plan=approval.digest,
        answer=stands.value,
        by=str(approval.by or ""),
        via=approval.via or "",
        why=approval.why,
        at=approval.decided_at,
    )


def _ask(medic: Medic, registry: Registry, incident: Incident, approval: Approval, story: Story) -> None:
    """Tell people what they are asked. Whatever they were asked before about the incident is void."""
    medic.approvals.end(incident.id, but=approval.id)
    asked = Asked(approval.id, approval.digest, approval.change, approval.expires_at)
    story.write(f"{approval.id}/asked", asked)
    page = f"{medic.approval_page}/{approval.id}" if medic.approval_page else ""
    changed = medic.drift.before(registry.name, incident.began_at)
    _tell(medic, notices.asks_approval(incident, approval, registry, page, changed))


def _make(
    medic: Medic,
    registry: Registry,
    incident: Incident,
    commitment: Commitment,
    story: Story,
    lease: Lease,
) -> None:
    """Make the change, verify it, tell people what came of it."""

    def verify(check: str) -> Verified | Unverified:
        evidence = observe(registry, incident.subject, medic.reader, medic.clock())
        diagnosis = diagnose(incident.subject, evidence, checks())
        answer = diagnosis.by(check)
        if isinstance(answer, Cleared):
            return Verified(saw=answer.saw)
        return Unverified(verdict=f"the check {check} still says: {answer}")

    outcome = medic.execution.make(registry, commitment, story, lease, verify)
    if isinstance(outcome, Moved) and incident.attempts < _TRIES_AT_A_MOVING_TARGET:
        medic.incidents.settle(incident.id, incident.state)
        medic.queue.send(Respond(incident.id))
        return
    approval = medic.approvals.find(commitment.approval)
    if approval:
        approval = medic.approvals.use(approval)
    changed = medic.drift.before(registry.name, incident.began_at)
    _tell(
        medic,
        notices.change_made(incident, commitment.change, outcome, registry, medic.clock(), changed, approval),
    )
    mended = isinstance(outcome, Verified)
    medic.incidents.settle(incident.id, State.MENDED if mended else State.WITH_PEOPLE)


def _hand_over(
    medic: Medic, registry: Registry, incident: Incident, diagnosis: Diagnosis | None, decision: Escalate
) -> None:
    changed = medic.drift.before(registry.name, incident.began_at)
    storage = medic.storage.report(registry) if diagnosis and diagnosis.is_about(FullStorage) else None
    _tell(
        medic, notices.needs_people(incident, diagnosis, decision, registry, medic.clock(), changed, storage)
    )
    medic.incidents.settle(incident.id, State.WITH_PEOPLE)


def undo(medic: Medic, command: Undo) -> None:
    """Take a change back, if it is still as the bot left it."""
    registry = medic.registries[command.registry]
    try:
        with medic.leases.hold(registry.name) as lease:
            commitment = medic.ledger.find(registry.name, command.change)
            if commitment and is_being_made(medic, commitment):
                medic.queue.send(command, delay=_WAIT_FOR_THE_LEASE)
            elif commitment and commitment.open:
                _undo(medic, registry, (commitment,), command.why, lease)
    except Busy:
        medic.queue.send(command, delay=_WAIT_FOR_THE_LEASE)


def expire(medic: Medic, command: Expire) -> None:
    """Take out every network rule of the bot's in the registry whose time is up, in one write."""
    registry = medic.registries[command.registry]
    try:
        with medic.leases.hold(registry.name) as lease:
            _expire(medic, registry, lease)
    except Busy:
        medic.queue.send(command, delay=_WAIT_FOR_THE_LEASE)


def _expire(medic: Medic, registry: Registry, lease: Lease) -> bool:
    """Whether there were such rules. What is told of again by whoever could prove it stays a while longer."""
    over = tuple(
        one
        for one in medic.ledger.rules_to_end(registry.name)
        if not is_being_made(medic, one) and not _stays(medic, registry, one)
    )
    if over:
        _undo(medic, registry, over, TIME_IS_UP, lease)
    return bool(over)


def _stays(medic: Medic, registry: Registry, commitment: Commitment) -> bool:
    row = medic.incidents.find(commitment.incident)
    if row is None or row.value.state is State.CLOSED:
        return False
    incident, paused = row.value, medic.pauses.of(registry.name)
    until = stays_until(commitment, incident, medic.policy, paused, medic.clock())
    if until is None:
        return False
    story = medic.journal.of(incident.id)
    story.write(f"{commitment.id}/extended/{until:%Y%m%dT%H%M%S}", Extended(commitment.id, until))
    _tell(medic, notices.extended(incident, commitment.change, until, registry, medic.clock()))
    medic.ledger.extend(commitment, until)
    return True


def is_being_made(medic: Medic, commitment: Commitment) -> bool:
    """Whether a worker is at it, or the next one will be. An incident that has ended is seen through by nobody."""
    row = medic.incidents.find(commitment.incident)
    return commitment.begun and row is not None and row.value.state in UNFINISHED


def _undo(
    medic: Medic, registry: Registry, commitments: Sequence[Commitment], why: str, lease: Lease
) -> None:
    """Take back, with one write, one change or several of the registry's network rules."""
    now = _target_of(commitments[0].change, registry, medic.reader)
    to_do = list[tuple[Commitment, Story, LockChange | RuleChange]]()
    for commitment in commitments:
        story = medic.journal.of(commitment.incident)
        plan = undoing(commitment.change, now, begun=commitment.stage is Stage.UNDOING)
        match plan:
            case LockChange() | RuleChange():
                to_do.append((commitment, story, plan))
            case Released() | Undone():
                _end(medic, registry, commitment, plan, why, story)
            case Unreadable():
                medic.ledger.bring(commitment, commitment.stage, again_in=TRY_UNDOING_AGAIN)
    change = together([plan for _, _, plan in to_do])
    if change is None:
        return
    held = [(commitment, story) for commitment, story, _ in to_do]
    outcome = medic.execution.take_back(registry, held, change, lease)
    for commitment, story in held:
        if isinstance(outcome, Undone):
            _end(medic, registry, commitment, outcome, why, story)
        else:
            _tell(medic, notices.cannot_undo(commitment, outcome, registry, medic.clock()))


def _end(
    medic: Medic,
    registry: Registry,
    commitment: Commitment,
    outcome: Undone | Released,
    why: str,
    story: Story,
) -> None:
    """Tell people that a temporary change is over, and close its incident. The ledger lets go of it last."""
    medic.execution.close(commitment, outcome, story)
    row = medic.incidents.find(commitment.incident)
    closes = row is not None and (row.value.state is not State.WITH_PEOPLE or why == PUSH_SUCCEEDED)
    if row:
        change, approval = commitment.change, medic.approvals.find(commitment.approval)
        ended = notices.change_ended(row.value, change, outcome, why, registry, medic.clock(), approval)
        _tell(medic, ended if closes else notices.still_with_people(ended))
    if closes:
        medic.incidents.settle(commitment.incident, State.CLOSED, why)
    medic.ledger.bring(commitment, Stage.UNDONE if isinstance(outcome, Undone) else Stage.RELEASED)


def _target_of(
    change: Change, registry: Registry, reader: RegistryReader
) -> Attributes | RegistrySettings | Absent | NotAsked | Unreadable:
    """What the change's target is like now."""
    match change:
        case RuleChange():
            return reader.settings(registry)
        case LockChange(target=target):
            reference = target.reference or ""
            match target.level:
                case LockLevel.REPOSITORY:
                    return reader.repository(registry, target.repository)
                case LockLevel.TAG:
                    return reader.tag(registry, target.repository, reference)
                case LockLevel.MANIFEST:
                    return reader.manifest(registry, target.repository, reference)


def pushed(medic: Medic, news: Pushed) -> None:
    """The last word: a push that succeeded ends its incident, and the unlock that was made for it."""
    for incident in tuple(medic.incidents.of(news.registry)):
        if not _is_older(incident, news):
            continue
        held = medic.ledger.held(incident.id, news.registry)
        if not _is_same_push(incident, news, held):
            continue
        if held:
            medic.queue.send(Undo(news.registry, held.id, PUSH_SUCCEEDED))
        else:
            close(medic, incident, PUSH_SUCCEEDED, news.at)


def withdraw(medic: Medic, overtaken: Collection[Overtaken]) -> None:
    """What a log tells later than any event, or alone: what was refused has succeeded since, so it is over.

    An incident is over where that is so of each of its signals, and not because one of several clients got through.
    """
    since = {one.signal.id: one.at for one in overtaken}
    for registry in {one.signal.registry for one in overtaken}:
        for incident in tuple(medic.incidents.of(registry)):
            if incident.state in _SEEN_TO or not since.keys() >= set(incident.signals):
                continue
            if medic.ledger.held(incident.id, registry):
                continue
            close(medic, incident, SUCCEEDED_SINCE, max(since[one] for one in incident.signals))


def close(medic: Medic, incident: Incident, why: str, over_at: datetime | None = None) -> None:
    """End an incident in which nothing is left to undo. People who were told of it, and its ticket, learn why.

    What a person was asked about it is void.
    `over_at` is when it was over, for news that comes late: a failure after that is another one.
    """
    if incident.state is State.WAITING:
        medic.approvals.end(incident.id)
    if incident.attempts and incident.state is not State.CLOSED:
        registry = medic.registries[incident.registry]
        _tell(medic, notices.is_over(incident, why, registry, medic.clock()))
    medic.incidents.settle(incident.id, State.CLOSED, why, over_at)


def _is_older(incident: Incident, news: Pushed) -> bool:
    """Whether it is a failed push into that repository, from before."""
    if incident.symptom in _NOT_ENDED_BY_A_PUSH or incident.image is None or incident.state is State.CLOSED:
        return False
    return incident.image.repository == news.image.repository and news.at >= incident.last_at


def _is_same_push(incident: Incident, news: Pushed, held: Commitment | None) -> bool:
    """Whether it is the push that had failed: of that tag, or of that digest, or into that repository.

    The last is all that is known where a layer was refused and the push got no further; and a lock on a whole
    repository may have met a manifest of an index first, of whose digest no event ever tells.
    """
    image = incident.image or news.image
    if image.tag:
        return image.tag == news.image.tag
    change = held.change if held else None
    whole = isinstance(change, LockChange) and change.target.level is LockLevel.REPOSITORY
    return whole or image.digest in (None, news.image.digest)


def give_up(medic: Medic, incident_id: str, why: str) -> None:
    """Hand to people what the bot failed to handle again and again."""
    _tell(medic, notices.could_not_be_handled(incident_id, why, medic.clock()))
    medic.approvals.end(incident_id)
    medic.incidents.settle(incident_id, State.WITH_PEOPLE)
    story = medic.journal.of(incident_id)
    decision = Escalate(Reason.COULD_NOT_BE_HANDLED, why)
    story.write("could-not-be-handled", Decided(decision, medic.policy_version))


def _tell(medic: Medic, notice: Notice) -> None:
    """Tell people. As long as somebody holds the bot back, everything that it says says so."""
    parts = parts_of(notice.incident)
    paused = medic.policy.pause or medic.pauses.of(parts[0] if parts else EVERY_REGISTRY)
    medic.outbox.post(notices.while_paused(notice, paused.by, paused.why) if paused else notice)
