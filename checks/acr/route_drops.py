"""Routes that lead nowhere."""

from checks.addresses import covered_by, network_of
from checks.evidence import Evidence, Hops, Route, Routes
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place, Symptom
from checks.unread import unread


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
    table = f"route table {hop.table.rsplit('/', 1)[-1]}" if hop.table else "no route table that was named"
    owned = table if hop.table else "client's network"
    route = _route_to(hop.destination, evidence.routes)
    prefix = f", by the route for {', '.join(route.prefixes)}" if route else ""
    return Cause(
        name=CauseName.CONNECTIVITY_TIMEOUT,
        culprit=Place(kind="route table", name=hop.table or "unknown"),
        saw=f"packets from {hops.source} to {hop.destination} are dropped (next hop None, {table}{prefix})",
        advice=f"Ask the owner of the {owned} for a route for the service tag AzureContainerRegistry with next hop "
        "Internet, or through the appliance that may carry it.",
    )


def _route_to(destination: str, routes: object) -> Route | None:
    """The effective route that holds the address, the narrowest first."""
    if not isinstance(routes, Routes):
        return None
    holding = [
        (network_of(prefix).prefixlen, route)
        for route in routes.routes
        for prefix in route.prefixes
        if route.active and covered_by(destination, (prefix,))
    ]
    return max(holding, key=lambda one: one[0])[1] if holding else None
