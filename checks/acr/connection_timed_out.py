"""Port 443 of the login server, which does not answer."""

from checks.evidence import Contact, End, Evidence
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place, Symptom
from checks.unread import unread


@check(
    CauseName.CONNECTIVITY_TIMEOUT,
    explains=(Symptom.UNREACHABLE,),
    needs="contact",
    code="CONNECTIVITY_CHALLENGE_ERROR",
)
def connection_timed_out(subject: Subject, evidence: Evidence) -> Answer:
    """Nothing answers on port 443 of the login server.

    Something between this machine and the registry drops the packets: a security group, a route, a firewall
    appliance, or a proxy that ought to be used and is not. A registry's own firewall never does this: it answers.
    Look: `az network watcher test-connectivity --source-resource VM --dest-address HOST --dest-port 443`.
    Source: https://learn.microsoft.com/azure/container-registry/container-registry-troubleshoot-access
    """
    del subject
    match evidence.contact:
        case Contact(end=End.TIMED_OUT | End.NO_ROUTE as end) as contact:
            return Cause(
                name=CauseName.CONNECTIVITY_TIMEOUT,
                culprit=Place(kind="host", name=contact.host),
                saw=f"connecting to {contact.address} ended: {end} ({contact.detail})",
                advice=_ADVICE,
            )
        case Contact(address=address, end=None):
            return Cleared(saw=f"{address} takes connections")
        case Contact(address=address):
            return Cleared(saw=f"{address} answers")
        case missing:
            return unread("port 443 of the login server", missing)


_ADVICE = (
    "If the machine that pushes is in Azure, `medic check REGISTRY --from ITS_RESOURCE_ID` names the security "
    "rule or the route. Otherwise ask the owners of its firewall to let port 443 to the login server pass."
)
