"""The name of a data endpoint, which leads past the private endpoint."""

from ipaddress import ip_address

from checks.evidence import DataEndpoints, Evidence, Profile, Resolution
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place, Symptom
from checks.unread import unread


@check(CauseName.DNS_FAILURE, explains=(Symptom.UNREACHABLE,), needs="data_endpoints")
def data_endpoint_bypassed(subject: Subject, evidence: Evidence) -> Answer:
    """A data endpoint has no record in the private zone, and the login server has.

    A private endpoint has an address for the login server and one for each data endpoint, and the zone
    `privatelink.azurecr.io` needs a record of each. Where that of a data endpoint is missing, a login succeeds and
    every layer is refused; a registry that gets a replica needs one more record.
    Look: `az acr show-endpoints --name REGISTRY`, then `nslookup` each name.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-private-link
    """
    del subject
    found, profile = evidence.data_endpoints, evidence.profile
    if not isinstance(found, DataEndpoints):
        return unread("the data endpoints", found)
    private = isinstance(evidence.resolution, Resolution) and _is_private(evidence.resolution)
    public = [
        way.resolution.host
        for way in found.ways
        if way.resolution.addresses and not _is_private(way.resolution)
    ]
    if not private or not public:
        return Cleared(saw="the data endpoints are reached on the same side as the login server")
    if not isinstance(profile, Profile):
        return unread("whether the registry takes public traffic", profile)
    hosts = ", ".join(public)
    saw = f"the login server leads to a private address, and {hosts} to a public one"
    if profile.public_network_access:
        return Cleared(saw=saw, advice=_RECORD.format(hosts=hosts))
    return Cause(
        name=CauseName.DNS_FAILURE,
        culprit=Place(kind="host name", name=public[0]),
        saw=f"{saw}, where the registry takes nobody",
        advice=_RECORD.format(hosts=hosts),
    )


_RECORD = (
    "Add the private endpoint's address for {hosts} to the zone privatelink.azurecr.io: "
    "`az network private-endpoint show` names its interface, and that has one address for each name."
)


def _is_private(resolution: Resolution) -> bool:
    """Whether the name leads to private addresses and to no other."""
    addresses = resolution.addresses
    return bool(addresses) and not any(ip_address(address).is_global for address in addresses)
