"""The lock on a whole repository."""

from checks.evidence import Evidence
from checks.frame import Subject, check
from checks.locks import lock_answer
from checks.model import Answer, CauseName, Cleared, LockedObject, LockLevel, Symptom


@check(CauseName.LOCKED, explains=(Symptom.PUSH_DISALLOWED,))
def repository_locked(subject: Subject, evidence: Evidence) -> Answer:
    """The repository is locked.

    `writeEnabled: false` on a repository refuses every push into it with
    405 REGISTRY_DISALLOWED_OPERATION, whatever its tags allow.
    Look: `az acr repository show --name REGISTRY --repository REPOSITORY`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-image-lock
    """
    if subject.image is None:
        return Cleared(saw="the signal names no repository")
    locked = LockedObject(level=LockLevel.REPOSITORY, repository=subject.image.repository)
    return lock_answer(evidence.repository, locked, evidence.settings)
