"""The lock on one manifest."""

from checks.evidence import Attributes, Evidence
from checks.frame import Subject, check
from checks.locks import lock_answer
from checks.model import Answer, CauseName, Cleared, LockedObject, LockLevel, Symptom


@check(CauseName.LOCKED, explains=(Symptom.PUSH_DISALLOWED,))
def manifest_locked(subject: Subject, evidence: Evidence) -> Answer:
    """The manifest is locked.

    Attributes of a tag and of its manifest are kept separately: with the tag open,
    `writeEnabled: false` on the manifest still refuses to have that digest written again.
    Look: `az acr repository show --name REGISTRY --image REPOSITORY@DIGEST`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-image-lock
    """
    if subject.image is None:
        return Cleared(saw="the signal names no image")
    of_the_tag = evidence.tag.digest if isinstance(evidence.tag, Attributes) else None
    digest = subject.image.digest or of_the_tag
    if digest is None:
        return Cleared(saw="neither the push nor the tag leads to a manifest")
    locked = LockedObject(level=LockLevel.MANIFEST, repository=subject.image.repository, reference=digest)
    return lock_answer(evidence.manifest, locked, evidence.settings)
