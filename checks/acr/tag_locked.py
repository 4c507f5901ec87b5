"""The lock on one tag."""

from checks.evidence import Evidence
from checks.frame import Subject, check
from checks.locks import lock_answer
from checks.model import Answer, CauseName, Cleared, LockedObject, LockLevel, Symptom


@check(CauseName.LOCKED, explains=(Symptom.PUSH_DISALLOWED,))
def tag_locked(subject: Subject, evidence: Evidence) -> Answer:
    """The tag is locked.

    `writeEnabled: false` on a tag refuses a push to that tag with
    405 REGISTRY_DISALLOWED_OPERATION, whatever digest it brings.
    Look: `az acr repository show --name REGISTRY --image REPOSITORY:TAG`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-image-lock
    """
    if subject.image is None or subject.image.tag is None:
        return Cleared(saw="the signal names no tag")
    locked = LockedObject(
        level=LockLevel.TAG, repository=subject.image.repository, reference=subject.image.tag
    )
    return lock_answer(evidence.tag, locked, evidence.settings)
