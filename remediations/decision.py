"""Diagnosis and policy in, a decision with a named reason out. Nothing here reads or writes anything."""

from collections.abc import Iterable
from datetime import datetime

from checks.evidence import Attributes, Evidence
from checks.incident import Incident
from checks.model import Cause, Diagnosis, LockedObject, LockLevel, Value
from remediations.frame import Case, Remediation
from remediations.model import (
    AskApproval,
    Change,
    Decision,
    Escalate,
    Proposed,
    Reason,
    Refusal,
    Remediate,
    Suppress,
)
from remediations.pauses import Paused
from remediations.policy import Policy, span


class Attempt(Value, frozen=True):
    """A change that the bot made to a registry earlier."""

    fingerprint: str
    at: datetime
    verified: bool


class History(Value, frozen=True):
    """What the bot did to this registry before, how many changes are open, and who has stopped it."""

    attempts: tuple[Attempt, ...] = ()
    open_changes: int = 0
    unlocked: tuple[LockedObject, ...] = ()
    paused: Paused | None = None


def decide(
    incident: Incident,
    evidence: Evidence,
    diagnosis: Diagnosis,
    policy: Policy,
    history: History,
    remediations: Iterable[Remediation],
    now: datetime,
) -> Decision:
    """What to do about an incident. The first reason not to act wins; without one, the planned change is made.

    A change for which the permit asks a person first passes every brake before anybody is asked.
    """
    cures = tuple(remediations)
    unclear = (
        _settled(incident, evidence)
        or _mended(incident, diagnosis, history)
        or _incurable(diagnosis, cures)
        or _unclear(diagnosis)
    )
    if unclear:
        return unclear
    cause = diagnosis.causes[0]
    cure = next(one for one in cures if one.cures is cause.name)
    planned = cure.plan(
        Case(incident.registry, incident.subject, incident.proof, cause, evidence, policy, now)
    )
    if isinstance(planned, Refusal):
        return Escalate(planned.reason, planned.because)
    return _held(incident, policy, history, now) or _chosen(cause, planned)


def _chosen(cause: Cause, planned: Change | Proposed) -> Decision:
    if isinstance(planned, Proposed):
        change = planned.change
        because = f"{cause.saw}, and policy permits to {change} if a person agrees"
        return AskApproval(change, Reason.APPROVAL_NEEDED, because)
    return Remediate(planned, Reason.PERMITTED, f"{cause.saw}, and policy permits to {planned}")


def _settled(incident: Incident, evidence: Evidence) -> Decision | None:
    """A tag that was pushed to after the failure needs nothing: a push moves its time, a lock does not."""
    tag = evidence.tag
    if isinstance(tag, Attributes) and tag.updated_at and tag.updated_at > incident.last_at:
        return Suppress(Reason.PUSHED_SINCE, f"{incident.image} was pushed at {tag.updated_at:%H:%M:%S} UTC")
    return None


def _mended(incident: Incident, diagnosis: Diagnosis, history: History) -> Decision | None:
    """One push can be refused twice, for a child manifest and for its tag: one unlock serves both."""
    image = incident.image
    failed_again = any(attempt.fingerprint == incident.fingerprint for attempt in history.attempts)
    if image is None or failed_again or diagnosis.causes or diagnosis.unknowns:
        return None
    serves = (o for o in history.unlocked if o.repository == image.repository)
    lifted = next((o for o in serves if o.level is LockLevel.REPOSITORY or o.reference == image.tag), None)
    return Suppress(Reason.MENDED_ALREADY, f"{lifted} is unlocked by the bot already") if lifted else None


def _incurable(diagnosis: Diagnosis, cures: Iterable[Remediation]) -> Decision | None:
    """Causes none of which anything mends are for people, however many there are and whatever is unknown besides."""
    curable = {cure.cures for cure in cures}
    if not diagnosis.causes or any(cause.name in curable for cause in diagnosis.causes):
        return None
    found = "; ".join(cause.saw for cause in diagnosis.causes)
    return Escalate(Reason.NO_REMEDIATION, f"{found}; nothing is changed for this automatically")


def _unclear(diagnosis: Diagnosis) -> Decision | None:
    """Anything but one certain cause is for people."""
    if diagnosis.unknowns:
        why = "; ".join(unknown.why for unknown in diagnosis.unknowns)
        return Escalate(Reason.EVIDENCE_UNREADABLE, why)
    match diagnosis.causes:
        case () if not diagnosis.findings:
            return Escalate(Reason.NO_CAUSE_FOUND, "no check knows a failure like this")
        case ():
            looked = "; ".join(finding.check for finding in diagnosis.findings)
            return Escalate(Reason.NO_CAUSE_FOUND, f"nothing explains it any more; looked at: {looked}")
        case (_,):
            return None
        case several:
            found = "; ".join(cause.saw for cause in several)
            return Escalate(Reason.SEVERAL_CAUSES, found)


def _held(incident: Incident, policy: Policy, history: History, now: datetime) -> Decision | None:
    """The brakes, strongest first."""
    brakes = policy.brakes
    own = [attempt for attempt in history.attempts if attempt.fingerprint == incident.fingerprint]
    recent = [a for a in history.attempts if now - a.at < span(brakes.storm.within)]
    paused = policy.pause or history.paused
    if paused:
        return Escalate(Reason.PAUSED, f"paused by {paused.by}: {paused.why}")
    if any(not attempt.verified for attempt in own):
        return Escalate(
            Reason.VERIFICATION_FAILED_BEFORE, "an earlier change for this failure could not be verified"
        )
    if any(now - attempt.at < span(brakes.cooldown) for attempt in own):
        return Escalate(Reason.COOLDOWN, f"it was changed for this failure less than {brakes.cooldown} ago")
    if len(recent) >= brakes.storm.changes:
        return Escalate(Reason.STORM, f"{len(recent)} changes to this registry within {brakes.storm.within}")
    if history.open_changes >= brakes.open_changes:
        return Escalate(
            Reason.TOO_MANY_OPEN_CHANGES,
            f"{history.open_changes} temporary changes are open in this registry",
        )
    return None
