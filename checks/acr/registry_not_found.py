"""A registry that Resource Manager does not know."""

from checks.evidence import Absent, Evidence, Profile
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, RegistryItself, Symptom
from checks.unread import unread


@check(
    CauseName.REGISTRY_NOT_FOUND,
    explains=(Symptom.UNREACHABLE,),
    needs="profile",
    code="LOGIN_SERVER_ERROR",
)
def registry_not_found(subject: Subject, evidence: Evidence) -> Answer:
    """There is no such registry.

    It was deleted or moved to another group or subscription, or it is in another cloud; or whoever asks may not
    see that it is there.
    Look: `az acr list --query "[].id" --output tsv`, `az cloud show --query name`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-health-error-reference
    """
    del subject
    match evidence.profile:
        case Absent():
            return Cause(
                name=CauseName.REGISTRY_NOT_FOUND,
                culprit=RegistryItself(),
                saw="Azure knows no registry by that resource id",
                advice="Correct the resource id in PUSH_MEDIC_REGISTRIES, or find out who deleted or moved it: "
                "`az monitor activity-log list --resource-group GROUP`.",
            )
        case Profile():
            return Cleared(saw="Azure knows the registry")
        case missing:
            return unread("the registry", missing)
