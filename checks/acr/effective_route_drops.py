"""Routes in force on the client's interface, where next hop cannot be asked."""

from checks.evidence import Evidence, Hops, Routes
from checks.frame import Subject, check
from checks.model import Answer, Cause, CauseName, Cleared, Place, Symptom
from checks.routes import registrys_address, route_to
from checks.unread import unread


@check(CauseName.CONNECTIVITY_TIMEOUT, explains=(Symptom.UNREACHABLE,), needs="routes")
def effective_route_drops(subject: Subject, evidence: Evidence) -> Answer:
    """The route in force for the registry's address leads nowhere.

    The effective routes of the client's interface say so where next hop could not be asked. They are those of the
    system, of route tables and of gateways together, and are shown only while the machine runs.
    Look: `az network nic show-effective-route-table --name INTERFACE --resource-group GROUP --output table`.
    Source: https://learn.microsoft.com/azure/virtual-network/diagnose-network-routing-problem
    """
    del subject
    routes, there = evidence.routes, registrys_address(evidence.connection, evidence.resolution)
    if not isinstance(routes, Routes):
        return unread("the effective routes of the client's interface", routes)
    route = route_to(there, routes) if there else None
    if route is None:
        return Cleared(saw=f"none of {len(routes.routes)} effective routes is known to be for the registry")
    way = f"the effective route to {there} is that for {', '.join(route.prefixes)}, to {route.hop}"
    if route.hop == "None" and not isinstance(evidence.hops, Hops):
        return Cause(
            name=CauseName.CONNECTIVITY_TIMEOUT,
            culprit=Place(kind="route", name=", ".join(route.prefixes)),
            saw=f"{way}: it is dropped",
            advice="Ask the owner of the client's route table or gateway for a route for the service tag "
            "AzureContainerRegistry with next hop Internet, or through the appliance that may carry it.",
        )
    return Cleared(saw=way + (f" at {', '.join(route.addresses)}" if route.addresses else ""))
