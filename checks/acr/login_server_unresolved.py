"""The name of the login server, which leads to no address."""

from checks.evidence import Contact, Evidence, Resolution
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place, Symptom
from checks.unread import unread


@check(
    CauseName.DNS_FAILURE,
    explains=(Symptom.UNREACHABLE,),
    needs="resolution",
    code="CONNECTIVITY_DNS_ERROR",
)
def login_server_unresolved(subject: Subject, evidence: Evidence) -> Answer:
    """The login server's name has no address.

    The name is misspelt, the registry is in another cloud or gone, or the DNS that this machine asks does not
    answer, or answers from a private zone `privatelink.azurecr.io` that has no record for the registry.
    Look: `az acr show --name REGISTRY --query loginServer`, then `nslookup` that name.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-health-error-reference
    """
    del subject
    match evidence.resolution:
        case Resolution(host=host, addresses=()) if proxy := _by_proxy(evidence):
            return Cleared(saw=f"this machine finds no address for {host}, and its proxy {proxy} does")
        case Resolution(host=host, addresses=(), detail=detail):
            return Cause(
                name=CauseName.DNS_FAILURE,
                culprit=Place(kind="host name", name=host),
                saw=f"{host} has no address: {detail}",
            )
        case Resolution(host=host, addresses=addresses):
            return Cleared(saw=f"{host} is {', '.join(addresses)}")
        case missing:
            return unread("the address of the login server", missing)


def _by_proxy(evidence: Evidence) -> str | None:
    """The proxy that connected to the login server, and so found its address, if one did."""
    contact = evidence.contact
    return contact.proxy if isinstance(contact, Contact) and contact.end is None else None
