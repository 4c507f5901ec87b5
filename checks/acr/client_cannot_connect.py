"""A connection that Azure tries from the client itself."""

from checks.evidence import Connection, Evidence
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place, Symptom
from checks.unread import unread


@check(CauseName.CONNECTIVITY_TIMEOUT, explains=(Symptom.UNREACHABLE,), needs="connection")
def client_cannot_connect(subject: Subject, evidence: Evidence) -> Answer:
    """The client cannot connect to the registry, as Azure's own agent on it has tried.

    Network Watcher's agent connects from the machine itself to port 443 of the login server, by the address that the
    machine's own DNS gives, and notes at which hop it went wrong.
    Look: `az network watcher test-connectivity --source-resource VM --dest-address HOST --dest-port 443`.
    Source: https://learn.microsoft.com/azure/network-watcher/connection-troubleshoot-overview
    """
    connection = evidence.connection
    if not isinstance(connection, Connection):
        return unread("whether the client can connect", connection)
    issues = "; ".join(
        f"{issue.type} at {issue.at}" + (f" ({issue.detail})" if issue.detail else "")
        for issue in connection.issues
    )
    saw = f"from the client, {connection.host}:443 is {connection.status}"
    if connection.made:
        return Cleared(saw=saw + (f"; noted: {issues}" if issues else ""))
    return Cause(
        name=CauseName.CONNECTIVITY_TIMEOUT,
        culprit=Place(kind="machine", name=subject.origin or "the client"),
        saw=f"{saw}: {issues or 'no hop says why'}",
        advice=_next({issue.type for issue in connection.issues}),
    )


def _next(types: set[str]) -> str:
    """What the first of the known issues asks for."""
    return next((step for type_, step in _STEPS.items() if type_ in types), _OTHERWISE)


_STEPS = {
    "DnsResolution": "Mend DNS on the machine: its network must reach a DNS server that knows the login server.",
    "GuestFirewall": "Let TCP 443 pass in the firewall of the machine itself.",
    "NetworkSecurityRule": "Have the security rule changed that is named above.",
    "UserDefinedRoute": "Have the route changed that is named above.",
    "PortThrottled": "The machine has used up its outbound ports: give its network a NAT gateway.",
    "AgentStopped": "Start the Network Watcher agent on the machine, and ask again.",
}
_OTHERWISE = "Look at the firewall of the machine itself, and at the appliances on its way."
