"""The cure for a lock."""

from typing import assert_never

from checks.evidence import Attributes, Evidence
from checks.model import CauseName, Image, LockedObject, LockLevel
from remediations.frame import Case, remediation
from remediations.model import Change, LockChange, Proposed, Reason, Refusal
from remediations.policy import is_protected, protects_within, span, unlock_permit


@remediation(cures=CauseName.LOCKED)
def unlock(case: Case) -> Change | Proposed | Refusal:
    """Unlock the one object that is locked, for a while.

    Sets `writeEnabled` to true at the level where the lock sits and touches no other attribute. The lock is put
    back when the push has succeeded, or when the permit's time is up. A lock is often deliberate, and says
    neither who set it nor why: only what a permit names is unlocked, and what is protected never is.
    """
    locked, image = case.cause.culprit, case.subject.image
    if not isinstance(locked, LockedObject) or image is None:
        return Refusal(Reason.NO_REMEDIATION, f"{case.cause.name} at {locked} is no lock")
    protected = _protected(case, locked, image)
    if protected:
        return Refusal(Reason.PROTECTED, f"{protected} by policy, whatever a permit says")
    permit = unlock_permit(case.policy, case.registry, locked, image)
    if permit is None:
        return Refusal(Reason.NOT_PERMITTED, f"no permit covers unlocking the {locked} for {image}")
    before = _attributes(locked, case.evidence)
    if before is None:
        return Refusal(Reason.EVIDENCE_UNREADABLE, f"the attributes of the {locked} were not read")
    change = LockChange(
        registry=case.registry,
        target=locked,
        before=before,
        write_enabled=True,
        until=case.now + span(permit.lasts),
    )
    return Proposed(change) if permit.approval else change


def _protected(case: Case, locked: LockedObject, image: Image) -> str:
    """What is protected that the lock guards, or nothing. Whoever lifts it opens more than what is pushed to."""
    policy, evidence, repository = case.policy, case.evidence, image.repository
    if locked.level is LockLevel.REPOSITORY:
        within = protects_within(policy, repository)
        return f"the lock of {repository} guards what is protected in it" if within else ""
    on = evidence.manifest.tags if isinstance(evidence.manifest, Attributes) else ()
    pointed_to = evidence.tag.digest if isinstance(evidence.tag, Attributes) else None
    tags = on if locked.level is LockLevel.MANIFEST else ()
    named = is_protected(
        policy,
        repository,
        (image.tag or "", *tags),
        filter(None, (image.digest, pointed_to, locked.reference)),
    )
    return f"{image} is protected" if named else ""


def _attributes(locked: LockedObject, evidence: Evidence) -> Attributes | None:
    match locked.level:
        case LockLevel.REPOSITORY:
            looked = evidence.repository
        case LockLevel.TAG:
            looked = evidence.tag
        case LockLevel.MANIFEST:
            looked = evidence.manifest
        case _:
            assert_never(locked.level)
    return looked if isinstance(looked, Attributes) else None
