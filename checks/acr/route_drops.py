"""Routes that lead nowhere."""

from checks.evidence import Evidence, Hop, Hops
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place, Symptom
from checks.routes import route_to
from checks.unread import unread

# What the service names where it is none that somebody wrote.
_NO_TABLE = "System Route"


@check(CauseName.CONNECTIVITY_TIMEOUT, explains=(Symptom.UNREACHABLE,), needs="hops")
def route_drops(subject: Subject, evidence: Evidence) -> Answer:
    """A route sends the client's packets nowhere.

    The next hop of the registry's address is None: a route table of the client's subnet, or one learnt from a
    gateway, drops what goes there.
    Look: `az network watcher show-next-hop --vm VM --source-ip ADDRESS --dest-ip ADDRESS --resource-group GROUP`.
    Source: https://learn.microsoft.com/azure/network-watcher/network-watcher-next-hop-overview
    """
    del subject
    hops = evidence.hops
    if not isinstance(hops, Hops):
        return unread("the next hop of the client's packets", hops)
    dropped = [hop for hop in hops.hops if hop.type == "None"]
    if not dropped:
        ways = ", ".join(dict.fromkeys(f"{hop.destination} by {hop.type}" for hop in hops.hops))
        return Cleared(saw=f"packets from {hops.source} are sent on: {ways}")
    hop = dropped[0]
    route = route_to(hop.destination, evidence.routes)
    by = f", by the route for {', '.join(route.prefixes)}" if route else ""
    table = _table(hop)
    where = f"route table {table.rsplit('/', 1)[-1]}" if table else "no route table that was named"
    return Cause(
        name=CauseName.CONNECTIVITY_TIMEOUT,
        culprit=Place(kind="route table", name=table or "unknown"),
        saw=f"packets from {hops.source} to {hop.destination} are dropped (next hop None, {where}{by})",
        advice=f"Ask the owner of the {where} for a route for the service tag AzureContainerRegistry with next hop "
        "Internet, or through the appliance that may carry it."
        if table
        else _UNROUTED,
    )


def _table(hop: Hop) -> str | None:
    """The route table that somebody wrote, if it is one of those."""
    return hop.table if hop.table != _NO_TABLE else None


_UNROUTED = (
    "Ask the owner of the client's network: nothing there leads to that address. To a private endpoint the two "
    "networks must be peered, or a gateway must announce the way."
)
