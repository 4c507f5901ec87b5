"""Microsoft's support, by Resource Manager: it wants a right and a plan, and makes a ticket in its own time."""

from typing import Any

from werkzeug import Response

from tests.local_azure.arm import arm_error, authorise
from tests.local_azure.calls import Call, RefusedError, Route, json_answer
from tests.local_azure.desks import DeskTicket

SERVICE = "/providers/Microsoft.Support/services/b6f0c0de-0000-4000-8000-0000000000ac"
_ANOTHER = "/providers/Microsoft.Support/services/b6f0c0de-0000-4000-8000-000000000001"
_TOPICS = ("Push and pull", "Storage quota and limits", "Networking")
_ELIGIBLE = ("ProDirect", "Premier", "Unified")
_REQUIRED = (
    "serviceId",
    "problemClassificationId",
    "title",
    "description",
    "severity",
    "advancedDiagnosticConsent",
    "contactDetails",
)


def services(call: Call) -> Response:
    """List the services."""
    authorise(call, "Microsoft.Support/services/read", "/")
    rows = (
        (_ANOTHER, "Virtual Machine running Linux", ["MICROSOFT.COMPUTE/VIRTUALMACHINES"]),
        (SERVICE, "Container Registry", ["MICROSOFT.CONTAINERREGISTRY/REGISTRIES"]),
    )
    value = [
        {
            "id": id_,
            "name": id_.rpartition("/")[2],
            "properties": {"displayName": name, "resourceTypes": kinds},
        }
        for id_, name, kinds in rows
    ]
    return json_answer({"value": value})


def topics(call: Call) -> Response:
    """List what a ticket of a service may be about."""
    authorise(call, "Microsoft.Support/services/problemClassifications/read", "/")
    value = [
        {"id": f"{SERVICE}/problemClassifications/{place}", "properties": {"displayName": name}}
        for place, name in enumerate(_TOPICS)
    ]
    return json_answer({"value": value})


def permissions(call: Call) -> Response:
    """Tell what the caller may."""
    authorise(call, "Microsoft.Authorization/permissions/read", _scope(call))
    assert call.caller is not None, "it was authorised"
    rights = call.world.rights.get(call.caller.client_id)
    return json_answer({"value": [{"actions": sorted(rights or {"*"}), "notActions": []}]})


def tickets(call: Call) -> Response:
    """List tickets, the latest first."""
    authorise(call, "Microsoft.Support/supportTickets/read", _scope(call))
    return json_answer(
        {"value": [_document(call, one) for one in reversed(_all(call)) if _is_there(call, one)]}
    )


def show(call: Call) -> Response:
    """Show a ticket, once it is there."""
    authorise(call, "Microsoft.Support/supportTickets/read", _scope(call))
    for one in _all(call):
        if one.fields["name"] == call.arguments["name"] and _is_there(call, one):
            return json_answer(_document(call, one))
    return arm_error(404, "ResourceNotFound", "The support ticket was not found.")


def availability(call: Call) -> Response:
    """Tell whether a name is free."""
    authorise(call, "Microsoft.Support/checkNameAvailability/action", _scope(call))
    body = call.body()
    taken = isinstance(body, dict) and body.get("name") in {one.fields["name"] for one in _all(call)}
    return json_answer({"nameAvailable": not taken, "reason": "AlreadyExists" if taken else None})


def create(call: Call) -> Response:
    """Take a ticket on; it is there a little later."""
    authorise(call, "Microsoft.Support/supportTickets/write", _scope(call))
    body = call.body()
    properties: dict[str, Any] = body.get("properties", {}) if isinstance(body, dict) else {}
    missing = [name for name in _REQUIRED if not properties.get(name)]
    if missing:
        raise RefusedError(arm_error(400, "InvalidParameter", f"Missing: {', '.join(missing)}"))
    if call.world.support_plan not in _ELIGIBLE:
        raise RefusedError(arm_error(403, "SupportPlanNotEligible", "The plan does not cover this."))
    name = call.arguments["name"]
    if name in {one.fields["name"] for one in _all(call)}:
        raise RefusedError(arm_error(409, "Conflict", "The support ticket exists already."))
    number = len(_all(call)) + 1
    _all(call).append(DeskTicket(number, {"name": name, **properties}, call.world.now()))
    where = f"{call.https_origin}{_scope(call)}/providers/Microsoft.Support/operationsStatus/{number}"
    return Response(status=202, headers={"Azure-AsyncOperation": where, "Location": where})


def _all(call: Call) -> list[DeskTicket]:
    return call.world.tickets["support"]


def _is_there(call: Call, ticket: DeskTicket) -> bool:
    return call.world.is_indexed(ticket.created_at)


def _scope(call: Call) -> str:
    return f"/subscriptions/{call.arguments['subscription']}"


def _document(call: Call, ticket: DeskTicket) -> dict[str, Any]:
    name = ticket.fields["name"]
    return {
        "id": f"{_scope(call)}/providers/Microsoft.Support/supportTickets/{name}",
        "name": name,
        "type": "Microsoft.Support/supportTickets",
        "properties": {
            **ticket.fields,
            "supportTicketId": f"1191{ticket.number:011}",
            "status": "Open",
            "supportPlanType": call.world.support_plan,
        },
    }


_SUPPORT = "/subscriptions/<subscription>/providers/Microsoft.Support"

ROUTES = (
    Route("GET", "/providers/Microsoft.Support/services", services),
    Route("GET", "/providers/Microsoft.Support/services/<service>/problemClassifications", topics),
    Route("GET", "/subscriptions/<subscription>/providers/Microsoft.Authorization/permissions", permissions),
    Route("GET", f"{_SUPPORT}/supportTickets", tickets),
    Route("GET", f"{_SUPPORT}/supportTickets/<name>", show),
    Route("PUT", f"{_SUPPORT}/supportTickets/<name>", create),
    Route("POST", f"{_SUPPORT}/checkNameAvailability", availability),
)
