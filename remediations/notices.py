"""What happened, in; what people are told of it, out. Pure, and plain text: each channel escapes its own way."""

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from checks.forecast import Reached
from checks.incident import Incident, parts_of
from checks.model import CauseName, Diagnosis, FullStorage, Registry, Symptom
from remediations.approvals import Approval
from remediations.change_text import (
    agreed,
    before_and_after,
    cured,
    done,
    kind_of,
    next_step,
    plan,
    result,
    severity_of,
    taken_back,
)
from remediations.drift import Written
from remediations.model import (
    Change,
    Commitment,
    Escalate,
    Failed,
    Kind,
    Moved,
    Notice,
    Outcome,
    Reason,
    Rehearsed,
    Released,
    Severity,
    TicketStep,
    Unverified,
    Verified,
)
from remediations.next_steps import advice, where
from remediations.storage_pictures import outlook
from remediations.storage_report import StorageReport, facts, shares

_WHAT_FAILED: Final = {
    Symptom.PUSH_DISALLOWED: "A push was refused",
    Symptom.ADDRESS_DENIED: "A client address was refused",
    Symptom.STORAGE_FILLING: "Storage is filling up",
    Symptom.UNAUTHORIZED: "A client was refused",
    Symptom.THROTTLED: "Requests were throttled",
    Symptom.UNREACHABLE: "A client could not reach the registry",
    Symptom.SERVER_ERROR: "The registry answered with errors",
    Symptom.UNEXPLAINED: "A push failed",
}
# What passes by itself more often than not, or what nobody knows to be one's own.
_NOT_URGENT: Final = (Symptom.THROTTLED, Symptom.SERVER_ERROR, Symptom.UNEXPLAINED)


def what_failed(symptom: Symptom) -> str:
    """What failed, as every title begins."""
    return _WHAT_FAILED[symptom]


def needs_people(
    incident: Incident,
    diagnosis: Diagnosis | None,
    decision: Escalate,
    registry: Registry,
    now: datetime,
    changed: Written | None = None,
    storage: StorageReport | None = None,
) -> Notice:
    """Why the bot leaves it to people, and what they can do.

    `changed` is who changed the registry before; `storage` is there where the cause is that it is full.
    """
    filling = incident.symptom is Symptom.STORAGE_FILLING and (incident.band or 0) < _URGENT_BAND
    urgent = not filling and incident.symptom not in _NOT_URGENT
    return Notice(
        incident=incident.id,
        step=f"needs-you-{incident.attempts}",
        severity=Severity.URGENT if urgent else Severity.WARNING,
        title=(
            f"{_WHAT_FAILED[incident.symptom]} in {incident.registry}: "
            f"{_why_people(incident, diagnosis, decision)}{_full_about(storage)}"
        ),
        at=now,
        cause=_cause(incident, diagnosis),
        facts=(
            *(facts(storage) if storage else ()),
            *_facts(incident, registry, now),
            *_drift(incident, changed),
            *_refused(decision),
        ),
        paragraphs=(*_seen(diagnosis), *advice(incident, diagnosis, registry, storage)),
        quoted=incident.told if incident.symptom not in _TOLD_BY_FACTS else "",
        ticket_key=_ticket_key(incident, diagnosis),
        trend=shares(storage) if storage else (),
    )


def storage_eased(incident: Incident, why: str, storage: StorageReport, now: datetime) -> Notice:
    """That a registry has left a band for good, and why it may be said to."""
    return Notice(
        incident=incident.id,
        step=_FINAL,
        severity=Severity.GOOD,
        title=f"It is over in {incident.registry}: {why}",
        at=now,
        kind=Kind.OVER,
        cause=CauseName.STORAGE_LIMIT,
        facts=(*facts(storage), *_facts(incident, storage.registry, now)),
        paragraphs=(outlook(storage.forecast),),
        ticket_key=_storage_ticket(incident.registry),
        ticket_step=TicketStep.RESOLVE,
        trend=shares(storage),
    )


def asks_approval(
    incident: Incident, approval: Approval, registry: Registry, page: str, changed: Written | None = None
) -> Notice:
    """What a person is asked to agree to, and how to answer. `page` is where, if there is a page."""
    on_page = "Decide on the page, or on the command line" if page else "Decide on the command line"
    return Notice(
        incident=incident.id,
        step=f"asked-{approval.id}",
        severity=Severity.URGENT,
        title=f"{_WHAT_FAILED[incident.symptom]} in {incident.registry}: may the bot {approval.change}?",
        at=approval.asked_at,
        kind=Kind.ASKS,
        cause=cured(approval.change),
        facts=(
            *_facts(incident, registry, approval.asked_at),
            *_drift(incident, changed),
            *plan(approval),
            ("Answer until", f"{approval.expires_at:%Y-%m-%d %H:%M} UTC"),
        ),
        paragraphs=(
            f"Nothing is changed before a person agrees. {on_page}:",
            f"medic approve {approval.id}",
            f'medic reject {approval.id} --why "..."',
        ),
        quoted=incident.told if incident.symptom not in _TOLD_BY_FACTS else "",
        page=page,
    )


def change_made(
    incident: Incident,
    change: Change,
    outcome: Outcome,
    registry: Registry,
    now: datetime,
    changed: Written | None = None,
    approval: Approval | None = None,
) -> Notice:
    """What was done about it and what came of it. `changed` is who changed the registry before."""
    to_people = not isinstance(outcome, Verified | Rehearsed)
    return Notice(
        incident=incident.id,
        step=f"outcome-{incident.attempts}",
        severity=severity_of(outcome),
        title=f"{result(change, outcome)} in {incident.registry}",
        at=now,
        kind=kind_of(outcome),
        cause=cured(change),
        facts=(
            *_facts(incident, registry, now),
            *_drift(incident, changed),
            *before_and_after(change),
            *agreed(approval),
        ),
        paragraphs=(
            next_step(change, outcome),
            *_way_back(incident, outcome),
            f"Look at it: medic show {incident.id}",
        ),
        ticket_key=_ticket_of(incident.id) if to_people or incident.attempts else None,
        ticket_step=TicketStep.OPEN if to_people else TicketStep.COMMENT,
    )


def change_ended(
    incident: Incident,
    change: Change,
    outcome: Outcome,
    why: str,
    registry: Registry,
    now: datetime,
    approval: Approval | None = None,
) -> Notice:
    """That a temporary change is over, and its incident with it."""
    theirs = isinstance(outcome, Released)
    what = f"{outcome.saw}, so the bot lets go" if isinstance(outcome, Released) else taken_back(change)
    return Notice(
        incident=incident.id,
        step=_FINAL,
        severity=Severity.WARNING if theirs else Severity.INFO,
        title=f"It is over in {incident.registry}: {what}",
        at=now,
        kind=Kind.OVER,
        cause=cured(change),
        facts=(*_facts(incident, registry, now), *agreed(approval), ("Ended because", why)),
        paragraphs=(f"The whole story: medic show {incident.id}",),
        ticket_key=_ticket_of(incident.id),
        ticket_step=TicketStep.RESOLVE,
    )


def still_with_people(ended: Notice) -> Notice:
    """The end of a change whose incident is not over: people have it, and its ticket stays open."""
    return replace(ended, step="change-over", ticket_step=TicketStep.COMMENT)


def is_over(incident: Incident, why: str, registry: Registry, now: datetime) -> Notice:
    """That an incident of which people were told has ended without the bot, and why."""
    return Notice(
        incident=incident.id,
        step=_FINAL,
        severity=Severity.GOOD,
        title=f"It is over in {incident.registry}: {why}",
        at=now,
        kind=Kind.OVER,
        cause=incident.said or CauseName.UNKNOWN,
        facts=(*_facts(incident, registry, now), ("Ended because", why)),
        paragraphs=(f"Nothing is left to do. The whole story: medic show {incident.id}",),
        ticket_key=_ticket_of(incident.id),
        ticket_step=TicketStep.RESOLVE,
    )


def extended(
    incident: Incident, change: Change, until: datetime, registry: Registry, now: datetime
) -> Notice:
    """That a temporary change stays a while longer."""
    return Notice(
        incident=incident.id,
        step=f"extended-{until:%Y%m%dT%H%M%S}",
        severity=Severity.INFO,
        title=f"Still needed in {incident.registry}, so it stays a while longer: {done(change)}",
        at=now,
        kind=Kind.EXTENDED,
        cause=cured(change),
        facts=(*_facts(incident, registry, now), ("Change", str(change)), ("Until", _at(until))),
        paragraphs=(
            "The same failure was told of again, with the same proof, and policy permits to wait for it.",
            f"Take it back now: medic undo {incident.id}",
        ),
    )


def _cause(incident: Incident, diagnosis: Diagnosis | None) -> CauseName:
    """The one cause that is certain; else what the client's own words told."""
    causes = {cause.name for cause in diagnosis.causes} if diagnosis else set()
    return causes.pop() if len(causes) == 1 else incident.said or CauseName.UNKNOWN


def _way_back(incident: Incident, outcome: Outcome) -> tuple[str, ...]:
    """How a person takes the change back at once, where it is in force."""
    in_force = isinstance(outcome, Verified | Unverified)
    return (f"Take it back now: medic undo {incident.id}",) if in_force else ()


def _at(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def cannot_undo(commitment: Commitment, outcome: Moved | Failed, registry: Registry, now: datetime) -> Notice:
    """That a temporary change is still in force, because taking it back was refused."""
    return Notice(
        incident=commitment.incident,
        step=f"cannot-undo-{commitment.id}",
        severity=Severity.URGENT,
        title=f"{commitment.change.registry}: a temporary change could not be undone ({commitment.change})",
        at=now,
        kind=Kind.FAILED,
        cause=cured(commitment.change),
        facts=(("Registry", registry.login_server), *before_and_after(commitment.change)),
        paragraphs=(next_step(commitment.change, outcome), "The bot goes on trying."),
        ticket_key=_ticket_of(commitment.incident),
    )


def could_not_be_handled(incident_id: str, why: str, now: datetime) -> Notice:
    """That the bot itself failed, again and again, on one piece of work."""
    return Notice(
        incident=incident_id,
        step="could-not-be-handled",
        severity=Severity.URGENT,
        title=f"Push Medic could not handle {incident_id}",
        at=now,
        kind=Kind.FAILED,
        facts=(("Why", why),),
        paragraphs=(f"Nothing more is tried for it. Look at it: medic show {incident_id}",),
        ticket_key=_ticket_of(incident_id),
    )


def while_paused(notice: Notice, by: str, why: str) -> Notice:
    """The same notice, which also says that the bot is held back, by whom and why."""
    return replace(notice, facts=(*notice.facts, ("The bot is paused", f"by {by}: {why}")))


_FINAL: Final = "final"
_URGENT_BAND: Final = 95


def _facts(incident: Incident, registry: Registry, now: datetime) -> tuple[tuple[str, str], ...]:
    facts = [("Registry", registry.login_server)]
    if incident.image:
        facts.append(("Image", str(incident.image)))
    if incident.address:
        facts.append(("Client address", incident.address))
    if incident.callers and incident.symptom not in _TOLD_BY_FACTS:
        facts.append(("Refused", ", ".join(str(caller) for caller in incident.callers)))
    if incident.origin:
        facts.append(("Client machine", _machine(incident.origin)))
    if incident.band:
        facts.append(("Band", f"{incident.band} %"))
    minutes = int((now - incident.opened_at).total_seconds() // 60)
    since = f"{incident.count} seen, first at {incident.opened_at:%Y-%m-%d %H:%M} UTC"
    facts.append(("Signals", f"{since}, {minutes} min ago" if minutes else since))
    facts.append(("Incident", incident.id))
    return tuple(facts)


def _machine(resource_id: str) -> str:
    """A machine as people know it: its name, its group, its subscription. A whole id is too wide for a card."""
    parts = resource_id.split("/")
    return f"{'/'.join(parts[8::2])} in {parts[4]}, subscription {parts[2]}"


def _drift(incident: Incident, changed: Written | None) -> tuple[tuple[str, str], ...]:
    """Who changed the registry's settings shortly before, which may be why; not for what fills up over weeks."""
    if changed is None or incident.symptom is Symptom.STORAGE_FILLING:
        return ()
    minutes = int((incident.began_at - changed.at).total_seconds() // 60)
    ago = f"{minutes} min before" if minutes < _AN_HOUR else f"{minutes // _AN_HOUR} h before"
    return (("Settings changed", f"by {changed}, {ago} the first failure"),)


_AN_HOUR: Final = 60
_TOLD_BY_FACTS: Final = (Symptom.PUSH_DISALLOWED, Symptom.ADDRESS_DENIED, Symptom.STORAGE_FILLING)


def _seen(diagnosis: Diagnosis | None) -> tuple[str, ...]:
    if diagnosis is None:
        return ()
    causes = tuple(f"Found: {cause.saw}." for cause in diagnosis.causes)
    unknown = tuple(
        f"Could not tell: {unknown.why}."
        + (f" The bot lacks {unknown.missing_right}." if unknown.missing_right else "")
        for unknown in diagnosis.unknowns
    )
    return causes + unknown


def _refused(decision: Escalate) -> tuple[tuple[str, str], ...]:
    """Why it was not mended, unless that is only that nothing ever mends such a cause."""
    if decision.reason is Reason.NO_REMEDIATION:
        return ()
    return (("Not mended because", decision.because),)


def _ticket_key(incident: Incident, diagnosis: Diagnosis | None) -> str:
    """One ticket for each trouble, whichever round of it; but one for each registry where storage is the cause."""
    full = any(isinstance(cause.culprit, FullStorage) for cause in (diagnosis.causes if diagnosis else ()))
    storage = full or incident.symptom is Symptom.STORAGE_FILLING
    return _storage_ticket(incident.registry) if storage else _ticket_of(incident.id)


def _ticket_of(incident_id: str) -> str:
    parts = parts_of(incident_id)
    return f"{parts[0]}-{parts[1]}" if parts else incident_id


def _storage_ticket(registry: str) -> str:
    """One ticket, however many bands are reached and pushes refused until there is room again."""
    return f"{registry}-storage"


def _full_about(storage: StorageReport | None) -> str:
    """The last words of a title: when a registry that fills up is likely to be full."""
    if storage and isinstance(storage.forecast, Reached):
        return f", full about {storage.forecast.likely:%Y-%m-%d}"
    return ""


def _why_people(incident: Incident, diagnosis: Diagnosis | None, decision: Escalate) -> str:
    """The end of a title: why it is for people, in as few words as say it."""
    reason = decision.reason
    if incident.symptom is Symptom.STORAGE_FILLING:
        return f"above {incident.band} %"
    if incident.symptom is Symptom.UNEXPLAINED and reason is Reason.NO_CAUSE_FOUND:
        return "nothing that the bot knows explains it"
    cause = diagnosis.causes[0].name if diagnosis and diagnosis.causes else incident.said
    if cause and reason is Reason.NO_REMEDIATION:
        return cause.value.replace("_", " ") + where(diagnosis)
    return _WHY_PEOPLE.get(reason, reason.value.replace("_", " "))


_WHY_PEOPLE: Final = {
    Reason.PAUSED: "the bot is paused",
    Reason.REJECTED: "a person rejected the repair",
    Reason.APPROVAL_EXPIRED: "nobody agreed to the repair in time",
    Reason.NO_CAUSE_FOUND: "nothing explains it any more",
    Reason.SEVERAL_CAUSES: "several causes at once",
    Reason.EVIDENCE_UNREADABLE: "the bot could not see enough to act",
    Reason.NO_REMEDIATION: "this one is for people",
    Reason.NOT_PERMITTED: "policy does not permit the repair",
    Reason.PROTECTED: "the image is protected by policy",
    Reason.ADDRESS_NOT_PUBLIC: "no network rule may name that address",
    Reason.ADDRESS_UNPROVEN: "nobody has proved whose address it is",
    Reason.ANONYMOUS_OR_ADMIN_ACCESS: "the network is its only guard",
    Reason.NOT_PREMIUM: "network rules need the Premium tier",
    Reason.RULE_QUOTA_FULL: "there is no room for another network rule",
    Reason.COOLDOWN: "it failed again soon after it was mended",
    Reason.STORM: "too many repairs in a short time",
    Reason.TOO_MANY_OPEN_CHANGES: "too many temporary changes are open",
    Reason.VERIFICATION_FAILED_BEFORE: "an earlier repair did not help",
}
