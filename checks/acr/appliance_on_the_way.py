"""An appliance through which the client's packets must go."""

from checks.evidence import Connection, Evidence, Hops
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place, Symptom
from checks.unread import unread


@check(CauseName.CONNECTIVITY_TIMEOUT, explains=(Symptom.UNREACHABLE,), needs="hops")
def appliance_on_the_way(subject: Subject, evidence: Evidence) -> Answer:
    """A firewall appliance stands on the client's way, and the way does not lead through.

    The next hop is a virtual appliance or a gateway; what it does with the packets Azure cannot see. Its owner
    must look, at the address that is named here.
    Look: `az network watcher show-next-hop --vm VM --source-ip ADDRESS --dest-ip ADDRESS --resource-group GROUP`.
    Source: https://learn.microsoft.com/azure/network-watcher/network-watcher-next-hop-overview
    """
    del subject
    hops, connection = evidence.hops, evidence.connection
    if not isinstance(hops, Hops):
        return unread("the next hop of the client's packets", hops)
    through = [hop for hop in hops.hops if hop.type.startswith("VirtualAppliance")]
    through += [hop for hop in hops.hops if hop.type == "VirtualNetworkGateway"]
    if not through:
        return Cleared(saw=f"no appliance stands between {hops.source} and the registry")
    hop = through[0]
    at = hop.address or hop.type
    saw = f"packets from {hops.source} to {hop.destination} go through {at} ({hop.type})"
    advice = (
        f"Check the firewall at {at}: it must let TCP 443 from {hops.source} pass, to the login server and to the "
        "data endpoints."
    )
    if isinstance(connection, Connection) and not connection.made:
        return Cause(
            name=CauseName.CONNECTIVITY_TIMEOUT,
            culprit=Place(kind="appliance", name=at),
            saw=f"{saw}, and a connection by that way is {connection.status}",
            advice=advice,
        )
    return Cleared(saw=saw, advice=advice)
