"""Port 443 of the login server, which refuses."""

from checks.evidence import Contact, End, Evidence
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place, Symptom
from checks.unread import unread


@check(
    CauseName.CONNECTION_REFUSED_OR_RESET,
    explains=(Symptom.UNREACHABLE,),
    needs="contact",
    code="CONNECTIVITY_CHALLENGE_ERROR",
)
def connection_refused(subject: Subject, evidence: Evidence) -> Answer:
    """The connection to port 443 is refused.

    A registry never refuses a connection, so something else answers at that address: a firewall appliance that
    rejects instead of dropping, or a name that leads to the wrong machine (a hosts file, a private zone).
    Look: `az acr check-health --name REGISTRY --yes`, and compare its address with the one seen here.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-troubleshoot-access
    """
    del subject
    match evidence.contact:
        case Contact(end=End.REFUSED) as contact:
            return Cause(
                name=CauseName.CONNECTION_REFUSED_OR_RESET,
                culprit=Place(kind="host", name=contact.host),
                saw=f"{contact.address} refused the connection ({contact.detail})",
                advice=f"Find out who answers at {contact.address}: it is not the registry.",
            )
        case Contact(address=address):
            return Cleared(saw=f"{address} did not refuse")
        case missing:
            return unread("port 443 of the login server", missing)
