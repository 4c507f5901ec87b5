"""Machines, their network, and Network Watcher's view of it, which is told by long-running operations.

What it answers has the shape of the examples in the service's specification; the requests are those of
azure-mgmt-network, and each answers 202 with the place of its result.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from werkzeug import Response

from tests.local_azure.arm import arm_error, authorise
from tests.local_azure.calls import Call, RefusedError, Route, json_answer
from tests.local_azure.network import Machine
from tests.local_azure.world import SUBSCRIPTION


def show_machine(call: Call) -> Response:
    """Show a virtual machine."""
    machine = _machine(call, f"Microsoft.Compute/{_kind(call)}/read")
    listed = [
        {"id": interface, "properties": {"primary": interface == machine.interface_id}}
        for interface in (*machine.other_interfaces, machine.interface_id)
    ]
    document: dict[str, Any] = {
        "id": machine.resource_id,
        "name": machine.name,
        "location": machine.location,
        "properties": {"networkProfile": {"networkInterfaces": listed}},
    }
    if call.request.args.get("$expand") == "instanceView":
        state = "running" if machine.running else "deallocated"
        document["properties"]["instanceView"] = {
            "statuses": [{"code": "ProvisioningState/succeeded"}, {"code": f"PowerState/{state}"}]
        }
    return json_answer(document)


def show_interface(call: Call) -> Response:
    """Show a network interface. One of a scale set's instance says no location of its own."""
    kind = f"Microsoft.Compute/{_kind(call)}" if "scale_set" in call.arguments else "Microsoft.Network"
    machine = _machine(call, f"{kind}/networkInterfaces/read")
    document: dict[str, Any] = {
        "id": machine.interface_id,
        "location": machine.location,
        "properties": {
            "ipConfigurations": [
                {
                    "properties": {
                        "primary": True,
                        "privateIPAddress": machine.address,
                        "subnet": {"id": machine.subnet_id},
                    }
                }
            ],
            "virtualMachine": {"id": machine.resource_id},
        },
    }
    if machine.scale_set:
        del document["location"]
    return json_answer(document)


def effective_routes(call: Call) -> Response:
    """Give the routes in force on an interface, for which its machine must run."""
    machine = _machine(call, "Microsoft.Network/networkInterfaces/effectiveRouteTable/action")
    if not machine.running:
        message = "Network interface must be attached to a running virtual machine."
        raise RefusedError(arm_error(400, "NetworkInterfaceNotAttachedToRunningVm", message))
    listed = [
        {
            "source": route.source,
            "state": "Active",
            "addressPrefix": [route.prefix],
            "nextHopType": route.hop,
            "nextHopIpAddress": [route.address] if route.address else [],
        }
        for route in machine.routes
    ]
    return _later(call, {"value": listed})


def list_watchers(call: Call) -> Response:
    """List the watchers of a subscription, one for each region that is watched."""
    subscription = call.arguments["subscription"]
    authorise(call, "Microsoft.Network/networkWatchers/read", f"/subscriptions/{subscription}")
    home = f"/subscriptions/{subscription}/resourceGroups/NetworkWatcherRG/providers/Microsoft.Network"
    watched = sorted(call.world.network.watched)
    found = [
        {"id": f"{home}/networkWatchers/NetworkWatcher_{region}", "location": region} for region in watched
    ]
    return json_answer({"value": found})


def configuration_diagnostic(call: Call) -> Response:
    """Say for each profile which security group allows or denies it."""
    body, machine = _asked(call, "networkConfigurationDiagnostic")
    return _later(call, {"results": [_judged(machine, profile) for profile in body["profiles"]]})


def _judged(machine: Machine, profile: dict[str, str]) -> dict[str, Any]:
    destination, port = profile["destination"], profile["destinationPort"]
    evaluated = []
    for group in machine.groups:
        rule = group.rule_for(destination, port)
        evaluated.append(
            {
                "networkSecurityGroupId": f"{machine.group}/Microsoft.Network/networkSecurityGroups/{group.name}",
                "appliedTo": group.applied_to,
                "matchedRule": {"ruleName": rule.name, "action": rule.action},
                "rulesEvaluationResult": [],
            }
        )
    denied = any(group.rule_for(destination, port).action == "Deny" for group in machine.groups)
    return {
        "profile": profile,
        "networkSecurityGroupResult": {
            "securityRuleAccessResult": "Deny" if denied else "Allow",
            "evaluatedNetworkSecurityGroups": evaluated,
        },
    }


def next_hop(call: Call) -> Response:
    """Say where a packet goes next. "None" is a word of the service, and means that it is dropped."""
    body, machine = _asked(call, "nextHop")
    route = machine.route_to(body["destinationIPAddress"])
    document = {"nextHopType": route.hop if route else "None"}
    if route and route.address:
        document["nextHopIpAddress"] = route.address
    if route and route.source == "User":
        document["routeTableId"] = f"{machine.group}/Microsoft.Network/routeTables/{machine.route_table}"
    else:
        document["routeTableId"] = "System Route"
    return _later(call, document)


def connectivity_check(call: Call) -> Response:
    """Try to connect from the machine, and say at which hop it went wrong."""
    body, machine = _asked(call, "connectivityCheck")
    if not machine.agent:
        message = "The Network Watcher agent extension is not installed on the virtual machine."
        raise RefusedError(arm_error(400, "AgentNotInstalled", message))
    issue = _issue(machine, str(body["destination"]["port"]))
    source = {
        "type": "Source",
        "id": str(uuid4()),
        "address": machine.address,
        "resourceId": f"{machine.interface_id}/ipConfigurations/ipconfig1",
        "nextHopIds": [],
        "issues": [issue] if issue else [],
    }
    there = {
        "type": "Internet",
        "id": str(uuid4()),
        "address": machine.finds,
        "nextHopIds": [],
        "issues": [],
    }
    status = "Unreachable" if issue or not machine.appliance_passes else "Reachable"
    hops = [source, there] if machine.resolves else [source]
    return _later(call, {"hops": hops, "connectionStatus": status, "probesSent": 30, "probesFailed": 0})


def _issue(machine: Machine, port: str) -> dict[str, Any] | None:
    if not machine.resolves:
        return {"origin": "Local", "severity": "Error", "type": "DnsResolution", "context": []}
    for group in machine.groups:
        rule = group.rule_for(machine.finds, port)
        if rule.action == "Deny":
            told = [{"key": "RuleName", "value": rule.name}]
            return {"origin": "Local", "severity": "Error", "type": "NetworkSecurityRule", "context": told}
    route = machine.route_to(machine.finds)
    if route is None or route.hop == "None":
        return {"origin": "Local", "severity": "Error", "type": "UserDefinedRoute", "context": []}
    return None


def operation_result(call: Call) -> Response:
    """Give the result of a long-running operation, or say that there is none yet."""
    authorise(call, "Microsoft.Network/locations/operationResults/read", "/subscriptions")
    left, document = call.world.network.pending[call.arguments["operation"]]
    if left or call.world.network.never_done:
        call.world.network.pending[call.arguments["operation"]] = max(0, left - 1), document
        return Response(
            status=202,
            headers={"Location": call.request.url, "Retry-After": str(call.world.network.retry_after)},
        )
    return json_answer(document)


def operation_status(call: Call) -> Response:
    """Tell how far a long-running operation is."""
    authorise(call, "Microsoft.Network/locations/operations/read", "/subscriptions")
    name = call.arguments["operation"]
    left, document = call.world.network.pending[name]
    call.world.network.pending[name] = max(0, left - 1), document
    going_on = left or call.world.network.never_done
    return json_answer(
        {"status": "InProgress" if going_on else "Succeeded"},
        headers={"Retry-After": str(call.world.network.retry_after)},
    )


def _later(call: Call, document: dict[str, Any]) -> Response:
    """Answer as Network Watcher does: accepted, and two places to ask again."""
    name = str(uuid4())
    call.world.network.pending[name] = call.world.network.polls, document
    home = call.world.network.result_elsewhere or call.https_origin
    where = f"{home}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/locations/westeurope"
    version = call.request.args.get("api-version", "")
    return Response(
        status=202,
        headers={
            "Azure-AsyncOperation": f"{where}/operations/{name}?api-version={version}",
            "Location": f"{where}/operationResults/{name}?api-version={version}",
            "Retry-After": str(call.world.network.retry_after),
        },
    )


def _asked(call: Call, operation: str) -> tuple[dict[str, Any], Machine]:
    """Give what was asked, and the machine that it is about."""
    authorise(call, f"Microsoft.Network/networkWatchers/{operation}/action", call.request.path)
    body = call.body()
    if not isinstance(body, dict):
        raise RefusedError(arm_error(400, "InvalidRequestContent", "The request content was invalid."))
    target = body.get("targetResourceId") or body["source"]["resourceId"]
    machine = call.world.network.named(target)
    region = call.arguments["watcher"].removeprefix("NetworkWatcher_")
    here = machine is not None and machine.subscription == call.arguments["subscription"]
    if machine is None or not here or machine.location != region:
        raise RefusedError(arm_error(400, "InvalidResource", f"There is no machine {target} in {region}."))
    return body, machine


def _machine(call: Call, action: str) -> Machine:
    authorise(call, action, call.request.path)
    machine = call.world.network.named(call.request.path.removesuffix("/effectiveRouteTable"))
    if machine is None:
        raise RefusedError(
            arm_error(404, "ResourceNotFound", f"The resource '{call.request.path}' was not found.")
        )
    return machine


def _kind(call: Call) -> str:
    return "virtualMachineScaleSets/virtualMachines" if "scale_set" in call.arguments else "virtualMachines"


_PROVIDERS = "/subscriptions/<subscription>/resourceGroups/<group>/providers"
_INSTANCE = f"{_PROVIDERS}/Microsoft.Compute/virtualMachineScaleSets/<scale_set>/virtualMachines/<name>"
_WATCHER = f"{_PROVIDERS}/Microsoft.Network/networkWatchers/<watcher>"
_RESULTS = "/subscriptions/<subscription>/providers/Microsoft.Network/locations/<location>"
_OPERATIONS: dict[str, Callable[[Call], Response]] = {
    "networkConfigurationDiagnostic": configuration_diagnostic,
    "nextHop": next_hop,
    "connectivityCheck": connectivity_check,
}

ROUTES = (
    Route("GET", f"{_PROVIDERS}/Microsoft.Compute/virtualMachines/<name>", show_machine),
    Route("GET", _INSTANCE, show_machine),
    Route("GET", f"{_INSTANCE}/networkInterfaces/<interface>", show_interface),
    Route("GET", f"{_PROVIDERS}/Microsoft.Network/networkInterfaces/<interface>", show_interface),
    Route(
        "POST",
        f"{_PROVIDERS}/Microsoft.Network/networkInterfaces/<interface>/effectiveRouteTable",
        effective_routes,
    ),
    Route("GET", "/subscriptions/<subscription>/providers/Microsoft.Network/networkWatchers", list_watchers),
    *(Route("POST", f"{_WATCHER}/{name}", handle) for name, handle in _OPERATIONS.items()),
    Route("GET", f"{_RESULTS}/operationResults/<operation>", operation_result),
    Route("GET", f"{_RESULTS}/operations/<operation>", operation_status),
)
