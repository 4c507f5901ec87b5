"""Quarantine, which refuses with the same status as a lock."""

from checks.evidence import Evidence, Unreadable
from checks.frame import Subject, check
from checks.model import Answer, CauseName, Cleared, Symptom, Unknown
from checks.unread import unread


@check(CauseName.UNKNOWN, explains=(Symptom.PUSH_DISALLOWED,))
def quarantined(subject: Subject, evidence: Evidence) -> Answer:
    """The registry holds images in quarantine.

    With the quarantine policy on, the registry refuses operations on images that no scanner has released,
    in the same words as for a lock. Nothing that can be read tells for which image, so people must look.
    Look: `az acr show --name REGISTRY --query policies.quarantinePolicy`.
    Source: https://github.com/Azure/acr/tree/main/docs/preview/quarantine
    """
    del subject
    settings = evidence.settings
    if isinstance(settings, Unreadable):
        return unread("settings", settings)
    if settings.quarantine:
        return Unknown(why="the quarantine policy is on, and may be what refuses")
    return Cleared(saw="the quarantine policy is off")
