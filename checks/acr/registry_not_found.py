"""A registry that Resource Manager does not know."""

from checks.evidence import Absent, Evidence, Profile, Resolution
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
                advice=_of_its_cloud(evidence.resolution) or _ADVICE,
            )
        case Profile():
            return Cleared(saw="Azure knows the registry")
        case missing:
            return unread("the registry", missing)


_ADVICE = (
    "Correct the resource id in PUSH_MEDIC_REGISTRIES, or find out who deleted or moved it: "
    "`az monitor activity-log list --resource-group GROUP`."
)
# The clouds beside the public one: az's name of each, its Resource Manager, and where one logs in.
# https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure
# https://learn.microsoft.com/azure/china/resources-developer-guide
_CLOUDS = {
    ".azurecr.cn": ("AzureChinaCloud", "management.chinacloudapi.cn", "login.chinacloudapi.cn"),
    ".azurecr.us": ("AzureUSGovernment", "management.usgovcloudapi.net", "login.microsoftonline.us"),
}


def _of_its_cloud(resolution: object) -> str:
    """Where a registry of such a name is asked about, if it is not in the public cloud."""
    host = resolution.host.partition(":")[0].lower() if isinstance(resolution, Resolution) else ""
    for suffix, (cloud, manager, login) in _CLOUDS.items():
        if host.endswith(suffix):
            return (
                f"{host} is of {cloud}: see that PUSH_MEDIC_ARM_ENDPOINT is https://{manager} and AZURE_AUTHORITY_HOST "
                f"{login}, and that the Azure CLI is there (`az cloud set --name {cloud}`). If so, correct the "
                "resource id in PUSH_MEDIC_REGISTRIES."
            )
    return ""
