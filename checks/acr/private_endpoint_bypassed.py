"""The name of the login server, which leads past the private endpoint, or to one that is not there."""

from ipaddress import ip_address

from checks.evidence import Evidence, Profile, Resolution
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place, Symptom
from checks.unread import unread


@check(CauseName.DNS_FAILURE, explains=(Symptom.UNREACHABLE,), needs="resolution")
def private_endpoint_bypassed(subject: Subject, evidence: Evidence) -> Answer:
    """The login server's name leads to the wrong side of the registry.

    A registry without public access is reached by a private address only, which the zone
    `privatelink.azurecr.io` gives to the networks it is linked to. Without the link the name leads to the public
    address, where everybody is refused; with a record of an endpoint that is gone it leads nowhere.
    Look: `az network private-dns link vnet list --zone-name privatelink.azurecr.io --resource-group GROUP`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-private-link
    """
    del subject
    seen, profile = evidence.resolution, evidence.profile
    if not isinstance(seen, Resolution):
        return unread("the address of the login server", seen)
    if not seen.addresses:
        return Cleared(saw=f"{seen.host} has no address at all")
    if seen.host.partition(":")[0] in seen.addresses:
        return Cleared(saw=f"the login server is known by its address {seen.host}, not by a name")
    if not isinstance(profile, Profile):
        return unread("whether the registry has private endpoints", profile)
    public = [address for address in seen.addresses if ip_address(address).is_global]
    approved = [link for link in profile.private_links if link.approved]
    leads = f"{seen.host} leads to {', '.join(seen.addresses)}"
    culprit = Place(kind="host name", name=seen.host)
    if public and not profile.public_network_access:
        there = f"its approved private endpoints: {len(approved)}" if approved else "no endpoint is approved"
        return Cause(
            name=CauseName.DNS_FAILURE,
            culprit=culprit,
            saw=f"{leads}, a public address, where the registry takes nobody; {there}",
            advice=_LINK if approved else _APPROVE,
        )
    if not public and not approved:
        return Cause(
            name=CauseName.DNS_FAILURE,
            culprit=culprit,
            saw=f"{leads}, a private address, and the registry has no approved private endpoint",
            advice="Take the record out of the private zone privatelink.azurecr.io, or approve the endpoint.",
        )
    if public and approved:
        return Cleared(saw=f"{leads}, the public address", advice=_PUBLIC)
    return Cleared(saw=f"{leads}, as the registry's network settings ask for")


_LINK = (
    "Link the private zone privatelink.azurecr.io to the network of this machine, and let its DNS server ask "
    "168.63.129.16; or push from a network where that is done."
)
_APPROVE = "Give the registry a private endpoint in the network of those who push, and have it approved."
_PUBLIC = "This machine does not use the registry's private endpoint; the network rules apply to it."
