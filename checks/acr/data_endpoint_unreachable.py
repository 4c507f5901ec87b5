"""The hosts from which the registry has layers fetched."""

from checks.evidence import DataEndpoints, Evidence
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place, Symptom
from checks.unread import unread


@check(CauseName.CONNECTIVITY_TIMEOUT, explains=(Symptom.UNREACHABLE,), needs="data_endpoints")
def data_endpoint_unreachable(subject: Subject, evidence: Evidence) -> Answer:
    """The login server is reached, and a host from which it has layers fetched is not.

    Layers are fetched from `REGISTRY.REGION.data.azurecr.io` with dedicated data endpoints, else from a storage
    account under `*.blob.core.windows.net`. A login works without them, and then pulls fail, and pushes that
    mount or check layers.
    Look: `az acr show-endpoints --name REGISTRY`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-firewall-access-rules
    """
    del subject
    found = evidence.data_endpoints
    if not isinstance(found, DataEndpoints):
        return unread("the data endpoints", found)
    blocked = [(way.resolution.host, way.obstacle) for way in found.ways if way.obstacle]
    hosts = ", ".join(way.resolution.host for way in found.ways)
    if not blocked:
        return Cleared(saw=f"reached: {hosts}" if hosts else "the registry has no data endpoints of its own")
    return Cause(
        name=CauseName.CONNECTIVITY_TIMEOUT,
        culprit=Place(kind="host", name=blocked[0][0]),
        saw="; ".join(f"{host} is not reached ({obstacle})" for host, obstacle in blocked),
        advice=f"Let port 443 to {', '.join(host for host, _ in blocked)} pass, as to the login server.",
    )
