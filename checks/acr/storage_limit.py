"""The ceiling on a registry's storage."""

from typing import Final

from checks.evidence import Evidence, Unreadable
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, FullStorage, Symptom
from checks.sizes import size
from checks.unread import unread

# The service's own figure lags behind the pushes, so a registry this full may already refuse.
_FULL_ENOUGH_TO_REFUSE: Final = 95


@check(CauseName.STORAGE_LIMIT, explains=(Symptom.PUSH_DISALLOWED, Symptom.STORAGE_FILLING))
def storage_limit(subject: Subject, evidence: Evidence) -> Answer:
    """The registry's storage is at or near its ceiling.

    A full registry refuses a push with the very text of a locked one. The ceiling is what the service
    itself says (`MaximumStorageCapacity`), else the operator's setting, else an assumed 40 TiB.
    Look: `az acr show-usage --name REGISTRY`. Nothing is ever deleted for this: people decide what goes.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-skus
    """
    usage = evidence.usage
    if isinstance(usage, Unreadable):
        return unread("usage", usage)
    storage = FullStorage(used=usage.used, ceiling=usage.ceiling, ceiling_is=usage.ceiling_from.value)
    amount = f"{size(storage.used)} of {size(storage.ceiling)} used"
    saw = f"{amount}, {storage.percent} % (ceiling: {storage.ceiling_is})"
    if storage.percent >= (subject.band or _FULL_ENOUGH_TO_REFUSE):
        return Cause(name=CauseName.STORAGE_LIMIT, culprit=storage, saw=saw)
    return Cleared(saw=saw)
