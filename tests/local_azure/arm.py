"""Azure Resource Manager, as far as registries go: read, change, list, usages, long-running operations.

A PATCH answers as recorded in azure-cli's test_acr_network_rule: 200 at once, what is left out is kept,
a supplied array replaces the old one, hidden virtual network rules survive, and there is no ETag.
"""

import ipaddress
import re
from typing import Any
from uuid import uuid4

from werkzeug import Response

from tests.local_azure.calls import Call, RefusedError, Route, caller_of, json_answer
from tests.local_azure.clock import seven_decimals, seven_decimals_with_offset
from tests.local_azure.events import Event, new_id
from tests.local_azure.tokens import ARM_AUDIENCES, TENANT, object_id
from tests.local_azure.world import INCLUDED_STORAGE, REGISTRY_TYPE, Registry

_KNOWN_CASING = (
    (re.compile("/resourcegroups/", re.IGNORECASE), "/resourceGroups/"),
    (
        re.compile("/providers/microsoft.containerregistry/registries", re.IGNORECASE),
        f"/providers/{REGISTRY_TYPE}",
    ),
    (re.compile("/providers/microsoft.insights/", re.IGNORECASE), "/providers/Microsoft.Insights/"),
    (re.compile("^/v1/subscriptions/", re.IGNORECASE), "/v1/subscriptions/"),
)


def usual_casing(path: str) -> str:
    """Give the path with ARM's own words in their usual casing, which ARM does not insist on."""
    for pattern, word in _KNOWN_CASING:
        path = pattern.sub(word, path)
    return path


def arm_error(status: int, code: str, message: str, **headers: str) -> Response:
    """Answer with ARM's kind of error."""
    return json_answer({"error": {"code": code, "message": message}}, status, headers)


_INVALID = {
    "WWW-Authenticate": 'Bearer authorization_uri="https://login.windows.net/", error="invalid_token"'
}


def authorise(call: Call, action: str, scope: str) -> None:
    """Refuse whoever shows no token for ARM, or has not the right to the action."""
    call.action = action
    token = call.bearer
    if token is None:
        message = "Authentication failed. The 'Authorization' header is missing."
        raise RefusedError(
            arm_error(
                401,
                "AuthenticationFailed",
                message,
                **{"WWW-Authenticate": f'Bearer realm="{call.https_origin}"'},
            )
        )
    claims = call.claims(token)
    if claims is None:
        raise RefusedError(
            arm_error(
                401,
                "InvalidAuthenticationToken",
                "The access token is invalid or has expired.",
                **_INVALID,
            )
        )
    call.caller = caller_of(claims)
    accepted = {*ARM_AUDIENCES, call.https_origin}
    if str(claims.get("aud", "")).rstrip("/") not in accepted:
        message = (
            f"The access token has been obtained for wrong audience or resource '{claims.get('aud')}'. It should "
            f"exactly match with one of the allowed audiences '{', '.join(sorted(accepted))}'."
        )
        raise RefusedError(arm_error(401, "InvalidAuthenticationTokenAudience", message, **_INVALID))
    if not call.world.allows(call.caller, action):
        raise RefusedError(
            arm_error(
                403,
                "AuthorizationFailed",
                f"The client '{call.caller.client_id}' with object id '{call.caller.object_id}' does not have "
                f"authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If access "
                "was recently granted, please refresh your credentials.",
            )
        )


def known_registry(call: Call) -> Registry:
    """Give the registry that the path names, or refuse as for one that is not there."""
    wanted = registry_id(call)
    found = call.world.registries.get(wanted.lower())
    if found is None:
        group, name = call.arguments["group"], call.arguments["name"]
        message = (
            f"The Resource '{REGISTRY_TYPE}/{name}' under resource group '{group}' was not found. For more details "
            "please go to https://aka.ms/ARMResourceNotFoundFix"
        )
        raise RefusedError(arm_error(404, "ResourceNotFound", message))
    return found


def registry_id(call: Call) -> str:
    """Give the resource id that the path names."""
    group = f"/subscriptions/{call.arguments['subscription']}/resourceGroups/{call.arguments['group']}"
    return f"{group}/providers/{REGISTRY_TYPE}/{call.arguments['name']}"


def get_registry(call: Call) -> Response:
    """Show a registry."""
    authorise(call, f"{REGISTRY_TYPE}/read", registry_id(call))
    registry = known_registry(call)
    document = registry_document(registry, call.request.args.get("api-version", ""))
    if registry.polls_until_settled:
        registry.polls_until_settled -= 1
        document["properties"]["provisioningState"] = "Updating"
    return _settings(call, document)


def list_registries(call: Call) -> Response:
    """List the registries of a subscription, or of one of its groups."""
    subscription, group = call.arguments["subscription"], call.arguments.get("group")
    scope = f"/subscriptions/{subscription}" + (f"/resourceGroups/{group}" if group else "")
    authorise(call, f"{REGISTRY_TYPE}/read", scope)
    found = [
        registry_document(registry, call.request.args.get("api-version", ""))
        for registry in call.world.registries.values()
        if registry.resource_id.lower().startswith(scope.lower() + "/")
    ]
    return json_answer({"value": found})


def list_usages(call: Call) -> Response:
    """Show what is used; `Size` is limited by the included storage only, the ceiling has an entry of its own."""
    authorise(call, f"{REGISTRY_TYPE}/listUsages/read", registry_id(call))
    registry = known_registry(call)
    premium = registry.premium
    entries = [_usage("Size", INCLUDED_STORAGE[registry.sku], registry.usage_bytes, "Bytes")]
    if registry.maximum_storage_capacity is not None:
        maximum = registry.maximum_storage_capacity
        entries.append(_usage("MaximumStorageCapacity", maximum, registry.usage_bytes, "Bytes"))
    entries.append(_usage("Webhooks", {"Basic": 2, "Standard": 10, "Premium": 500}[registry.sku], 0))
    if premium:
        entries += [
            _usage("Geo-replications", -1, max(0, len(registry.geo_locations) - 1)),
            _usage("IPRules", registry.ip_rule_quota, len(registry.ip_rules)),
            _usage("VNetRules", 100, len(registry.virtual_network_rules)),
            _usage("PrivateEndpointConnections", 200, len(registry.private_endpoints)),
        ]
    entries.append(_usage("ScopeMaps", {"Basic": 100, "Standard": 500, "Premium": 50000}[registry.sku], 3))
    tokens = len(registry.scoped_passwords)
    entries.append(_usage("Tokens", {"Basic": 100, "Standard": 500, "Premium": 50000}[registry.sku], tokens))
    return json_answer({"value": entries})


def update_registry(call: Call) -> Response:
    """Change what the body names; answer at once, or as a long-running operation if the world says so."""
    authorise(call, f"{REGISTRY_TYPE}/write", registry_id(call))
    registry = known_registry(call)
    if registry.resource_lock == "ReadOnly":
        message = (
            f"The scope '{registry.resource_id}' cannot perform write operation because following scope(s) are locked: "
            f"'{registry.resource_id}'. Please remove the lock and try again."
        )
        raise RefusedError(arm_error(409, "ScopeLocked", message))
    body = call.body()
    if not isinstance(body, dict):
        raise RefusedError(arm_error(400, "InvalidRequestContent", "The request content was invalid."))
    properties = body.get("properties") or {}
    _check_settings(registry, properties)
    registry.hold_firewall_for(call.world.propagation_delay)
    _change(registry, body, properties)
    registry.modified = call.world.now()
    registry.modified_by = call.caller.name if call.caller else ""
    _tell_of_write(call, registry)
    document = registry_document(registry, call.request.args.get("api-version", ""))
    return _as_operation(call, registry, document)


def operation_status(call: Call) -> Response:
    """Tell how far a long-running operation is."""
    scope = f"/subscriptions/{call.arguments['subscription']}"
    authorise(call, f"{REGISTRY_TYPE}/operationStatuses/read", scope)
    name = call.arguments["operation"]
    left = call.world.operations.get(name)
    if left is None:
        raise RefusedError(arm_error(404, "OperationNotFound", f"The operation '{name}' was not found."))
    call.world.operations[name] = max(0, left - 1)
    state = "InProgress" if left else "Succeeded"
    return json_answer({"id": call.request.path, "name": name, "status": state}, headers={"Retry-After": "0"})


def list_credentials(call: Call) -> Response:
    """Give the admin user's passwords."""
    authorise(call, f"{REGISTRY_TYPE}/listCredentials/action", registry_id(call))
    registry = known_registry(call)
    if not registry.admin_user:
        message = "Admin user is not enabled. Learn more: https://aka.ms/acr/admin-user"
        raise RefusedError(arm_error(400, "UnauthorizedForCredentialOperations", message))
    names = ("password", "password2")
    passwords = [{"name": name, "value": registry.admin_password} for name in names]
    return json_answer({"username": registry.name, "passwords": passwords})


def no_children(call: Call) -> Response:
    """List the replications or private endpoint connections of a registry."""
    registry = known_registry(call)
    kind = call.request.path.rpartition("/")[2]
    authorise(call, f"{REGISTRY_TYPE}/{kind}/read", registry_id(call))
    return json_answer({"value": registry.private_endpoints if kind == "privateEndpointConnections" else []})


def registry_document(registry: Registry, api_version: str) -> dict[str, Any]:
    """Give the registry as ARM shows it in that API version."""
    assigned = {
        name: {"principalId": str(uuid4()), "clientId": client_id}
        for name, client_id in registry.managed_identities.items()
    }
    identity = {"identity": {"type": "userAssigned", "userAssignedIdentities": assigned}} if assigned else {}
    return identity | {
        "sku": {"name": registry.sku, "tier": registry.sku},
        "type": REGISTRY_TYPE,
        "id": registry.resource_id,
        "name": registry.name,
        "location": registry.location,
        "tags": registry.tags,
        "systemData": {
            "createdBy": "operator@example.com",
            "createdByType": "User",
            "createdAt": seven_decimals_with_offset(registry.created),
            "lastModifiedBy": registry.modified_by,
            "lastModifiedByType": "User" if "@" in registry.modified_by else "Application",
            "lastModifiedAt": seven_decimals_with_offset(registry.modified),
        },
        "properties": _properties(registry, api_version),
    }


def _properties(registry: Registry, api_version: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "loginServer": registry.login_server,
        "creationDate": seven_decimals(registry.created),
        "provisioningState": "Succeeded",
        "adminUserEnabled": registry.admin_user,
        "networkRuleSet": _network_rule_set(registry, api_version),
        "policies": _policies(registry, api_version),
        "encryption": {"status": "disabled"},
        "dataEndpointEnabled": registry.data_endpoint_enabled,
        "dataEndpointHostNames": [],
        "privateEndpointConnections": registry.private_endpoints,
        "publicNetworkAccess": registry.public_network_access,
        "networkRuleBypassOptions": registry.bypass_options,
        "zoneRedundancy": registry.zone_redundancy,
        "anonymousPullEnabled": registry.anonymous_pull,
    }
    if not registry.premium:
        del shown["networkRuleSet"]
    if api_version >= "2025":
        shown["networkRuleBypassAllowedForTasks"] = registry.bypass_for_tasks
        shown["roleAssignmentMode"] = registry.role_assignment_mode
        shown["autoGeneratedDomainNameLabelScope"] = "Unsecure"
    return shown | registry.unknown_properties


def _network_rule_set(registry: Registry, api_version: str) -> dict[str, Any]:
    """Virtual network rules left the API with 2021-09-01 and came back in 2026-09-01-preview."""
    rules: dict[str, Any] = {"defaultAction": registry.default_action}
    if api_version < "2021-09" or api_version >= "2026-09":
        rules["virtualNetworkRules"] = registry.virtual_network_rules
    return rules | {"ipRules": [{"action": "Allow", "value": value} for value in registry.ip_rules]}


def _policies(registry: Registry, api_version: str) -> dict[str, Any]:
    set_at = seven_decimals_with_offset(registry.created)
    policies: dict[str, Any] = {
        "quarantinePolicy": {"status": _switch(registry.quarantine)},
        "trustPolicy": {"type": "Notary", "status": "disabled"},
        "retentionPolicy": {
            "days": registry.retention_days or 7,
            "lastUpdatedTime": set_at,
            "status": _switch(registry.retention_days is not None),
        },
        "exportPolicy": {"status": "enabled"},
    }
    if api_version >= "2023":
        policies["azureADAuthenticationAsArmPolicy"] = {"status": _switch(registry.arm_tokens_accepted)}
    if api_version >= "2023" and "preview" in api_version:
        policies["softDeletePolicy"] = {
            "retentionDays": registry.soft_delete_days or 7,
            "lastUpdatedTime": set_at,
            "status": _switch(registry.soft_delete_days is not None),
        }
    return policies


def _switch(on: object) -> str:
    return "enabled" if on else "disabled"


def _usage(name: str, limit: int, current: int, unit: str = "Count") -> dict[str, Any]:
    return {"name": name, "limit": limit, "currentValue": current, "unit": unit}


def _check_settings(registry: Registry, properties: dict[str, Any]) -> None:
    """Refuse as the service does; the wording of the quota's refusal was seen, that of the others is partly guessed."""
    rules = properties.get("networkRuleSet")
    values = [str(rule.get("value", "")) for rule in (rules or {}).get("ipRules") or []]
    if not registry.premium and rules is not None:
        raise RefusedError(_too_many(0, registry.sku))
    if not registry.premium and properties.get("publicNetworkAccess") == "Disabled":
        message = (
            f"Disabling public network access is not supported for the SKU {registry.sku}. For more information, "
            "please visit https://aka.ms/acr/private-link."
        )
        raise RefusedError(arm_error(400, "DisablingPublicNetworkAccessNotSupported", message))
    for value in values:
        if not _ipv4_network(value):
            raise RefusedError(_bad_rule(f"The IP address or range '{value}' is not valid."))
    networks = [ipaddress.IPv4Network(value) for value in values]
    for network in networks:
        if networks.count(network) > 1:
            raise RefusedError(_bad_rule(f"Found duplicate IP rule '{network}'."))
    if len(values) > registry.ip_rule_quota:
        raise RefusedError(_too_many(registry.ip_rule_quota, registry.sku))
    action = (rules or {}).get("defaultAction", "Allow")
    if action not in {"Allow", "Deny"}:
        raise RefusedError(_bad_rule(f"The default action '{action}' is not valid."))


def _ipv4_network(value: str) -> bool:
    try:
        ipaddress.IPv4Network(value)
    except ValueError:
        return False
    return True


def _bad_rule(why: str) -> Response:
    return arm_error(400, "NetworkRuleValidationError", f"Could not validate network rule - {why}")


def _too_many(quota: int, sku: str) -> Response:
    return arm_error(
        400,
        "QuotaExceeded",
        f"The requested feature IP rule exceeds allowed quota {quota} for the SKU {sku}.",
    )


def _change(registry: Registry, body: dict[str, Any], properties: dict[str, Any]) -> None:
    registry.tags = body.get("tags", registry.tags)
    registry.sku = (body.get("sku") or {}).get("name", registry.sku)
    rules = properties.get("networkRuleSet") or {}
    registry.default_action = rules.get("defaultAction", registry.default_action)
    if rules.get("ipRules") is not None:
        registry.ip_rules = [rule["value"] for rule in rules["ipRules"]]
    if rules.get("virtualNetworkRules") is not None:
        registry.virtual_network_rules = rules["virtualNetworkRules"]
    registry.public_network_access = properties.get("publicNetworkAccess", registry.public_network_access)
    registry.admin_user = properties.get("adminUserEnabled", registry.admin_user)
    registry.anonymous_pull = properties.get("anonymousPullEnabled", registry.anonymous_pull)
    registry.bypass_options = properties.get("networkRuleBypassOptions", registry.bypass_options)
    registry.bypass_for_tasks = properties.get("networkRuleBypassAllowedForTasks", registry.bypass_for_tasks)
    registry.data_endpoint_enabled = properties.get("dataEndpointEnabled", registry.data_endpoint_enabled)
    registry.role_assignment_mode = properties.get("roleAssignmentMode", registry.role_assignment_mode)
    policies = properties.get("policies") or {}
    if "quarantinePolicy" in policies:
        registry.quarantine = policies["quarantinePolicy"].get("status") == "enabled"
    if "azureADAuthenticationAsArmPolicy" in policies:
        registry.arm_tokens_accepted = policies["azureADAuthenticationAsArmPolicy"].get("status") == "enabled"


def _as_operation(call: Call, registry: Registry, document: dict[str, Any]) -> Response:
    kind = call.world.arm_async
    if kind is None:
        return _settings(call, document)
    document["properties"]["provisioningState"] = "Updating"
    if kind == "updating":
        registry.polls_until_settled = call.world.arm_polls
        return _settings(call, document)
    name = f"registries-{uuid4()}"
    call.world.operations[name] = call.world.arm_polls
    where = f"{call.https_origin}/subscriptions/{registry.subscription}/providers/Microsoft.ContainerRegistry"
    version = call.request.args.get("api-version", "")
    answer = _settings(call, document)
    answer.headers["Azure-AsyncOperation"] = (
        f"{where}/locations/{registry.location}/operationStatuses/{name}?api-version={version}"
    )
    answer.headers["Retry-After"] = "0"
    answer.status_code = int(kind)
    return answer


def _settings(call: Call, document: dict[str, Any]) -> Response:
    kind = "reads" if call.request.method == "GET" else "writes"
    headers = {"Cache-Control": "no-cache", f"x-ms-ratelimit-remaining-subscription-{kind}": "1199"}
    return json_answer(document, headers=headers)


def _tell_of_write(call: Call, registry: Registry) -> None:
    """Raise the subscription's event, which names who did it and never what was changed."""
    caller = call.caller
    assert caller is not None, "a write was authorised without a caller"
    subscription = f"/subscriptions/{registry.subscription}"
    data = {
        "authorization": {
            "scope": registry.resource_id,
            "action": f"{REGISTRY_TYPE}/write",
            "evidence": {
                "role": "Contributor",
                "roleAssignmentScope": subscription,
                "roleAssignmentId": object_id(f"assignment/{caller.client_id}").replace("-", ""),
                "roleDefinitionId": "b24988ac618042a0ab8820f7382dd24c",
                "principalId": caller.object_id.replace("-", ""),
                "principalType": "ServicePrincipal",
            },
        },
        "claims": {
            "appid": caller.client_id,
            "http://schemas.microsoft.com/identity/claims/objectidentifier": caller.object_id,
            "http://schemas.microsoft.com/identity/claims/tenantid": TENANT,
            "ver": "1.0",
        },
        "correlationId": call.correlation_id,
        "httpRequest": {
            "clientRequestId": call.request.headers.get("x-ms-client-request-id", str(uuid4())),
            "clientIpAddress": call.address,
            "method": call.request.method,
            "url": f"https://management.azure.com{call.request.path}?{call.request.query_string.decode()}",
        },
        "resourceProvider": "Microsoft.ContainerRegistry",
        "resourceUri": registry.resource_id,
        "operationName": f"{REGISTRY_TYPE}/write",
        "status": "Succeeded",
        "subscriptionId": registry.subscription,
        "tenantId": TENANT,
    }
    call.world.emit(
        Event(
            id=new_id(),
            type="Microsoft.Resources.ResourceWriteSuccess",
            subject=registry.resource_id,
            topic=subscription,
            time=call.world.now(),
            data=data,
            data_version="2",
        )
    )


_REGISTRIES = f"/subscriptions/<subscription>/resourceGroups/<group>/providers/{REGISTRY_TYPE}"
_REGISTRY = f"{_REGISTRIES}/<name>"
_IDENTITY = (
    "/subscriptions/<subscription>/resourceGroups/<group>/providers"
    "/Microsoft.ManagedIdentity/userAssignedIdentities/<identity>"
)
_PROVIDER = "/subscriptions/<subscription>/providers/Microsoft.ContainerRegistry"


def permissions(call: Call) -> Response:
    """Say what the caller may do with a registry."""
    authorise(call, "Microsoft.Authorization/permissions/read", registry_id(call))
    known_registry(call)
    assert call.caller is not None, "whoever is authorised has a name"
    rights = sorted(call.world.rights.get(call.caller.client_id) or {"*"})
    grant = {"actions": rights, "notActions": [], "dataActions": rights, "notDataActions": []}
    return json_answer({"value": [grant]})


def diagnostic_settings(call: Call) -> Response:
    """Show where a registry's logs go."""
    authorise(call, "Microsoft.Insights/diagnosticSettings/read", registry_id(call))
    return json_answer({"value": known_registry(call).diagnostic_settings})


def show_identity(call: Call) -> Response:
    """Show a managed identity; a registry goes on naming one that was deleted."""
    authorise(call, "Microsoft.ManagedIdentity/userAssignedIdentities/read", call.request.path)
    known = {
        name.lower(): client_id
        for registry in call.world.registries.values()
        for name, client_id in registry.managed_identities.items()
        if name not in call.world.deleted
    }
    client_id = known.get(call.request.path.lower())
    if client_id is None:
        raise RefusedError(arm_error(404, "ResourceNotFound", f"'{call.request.path}' was not found."))
    return json_answer({"id": call.request.path, "properties": {"clientId": client_id}})


ROUTES = (
    Route("GET", _IDENTITY, show_identity),
    Route("GET", f"{_REGISTRY}/providers/Microsoft.Authorization/permissions", permissions),
    Route("GET", f"{_REGISTRY}/providers/Microsoft.Insights/diagnosticSettings", diagnostic_settings),
    Route("GET", _REGISTRY, get_registry),
    Route("PATCH", _REGISTRY, update_registry),
    Route("GET", f"{_REGISTRY}/listUsages", list_usages),
    Route("POST", f"{_REGISTRY}/listCredentials", list_credentials),
    Route("GET", f"{_REGISTRY}/replications", no_children),
    Route("GET", f"{_REGISTRY}/privateEndpointConnections", no_children),
    Route("GET", _REGISTRIES, list_registries),
    Route("GET", f"{_PROVIDER}/registries", list_registries),
    Route("GET", f"{_PROVIDER}/locations/<location>/operationStatuses/<operation>", operation_status),
)
