"""A registry in the middle of a change, or left over from one that failed."""

from checks.evidence import Evidence, Profile
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, RegistryItself, Symptom
from checks.unread import unread


@check(CauseName.SERVER_ERROR, explains=(Symptom.UNREACHABLE, Symptom.SERVER_ERROR), needs="profile")
def registry_not_ready(subject: Subject, evidence: Evidence) -> Answer:
    """The registry's last change has not succeeded.

    While its provisioning state is not Succeeded, settings may be in force only in part, and pushes may fail.
    Look: `az acr show --name REGISTRY --query provisioningState`.
    Source: https://learn.microsoft.com/rest/api/containerregistry/registries/get
    """
    del subject
    match evidence.profile:
        case Profile(state="Succeeded"):
            return Cleared(saw="the provisioning state is Succeeded")
        case Profile(state=state):
            return Cause(
                name=CauseName.SERVER_ERROR,
                culprit=RegistryItself(),
                saw=f"the provisioning state is {state}",
                advice="Wait if somebody is changing it; if it stays, change any setting again, or ask Azure support.",
            )
        case missing:
            return unread("the provisioning state", missing)
