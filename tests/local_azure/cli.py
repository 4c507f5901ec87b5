"""What azure-cli asks for besides: the description of its cloud, the subscriptions, registries by a filter."""

import re

from werkzeug import Response

from tests.local_azure.arm import authorise, registry_document
from tests.local_azure.calls import Call, Route, json_answer
from tests.local_azure.tokens import TENANT
from tests.local_azure.world import SUBSCRIPTION


def cloud(call: Call) -> Response:
    """Describe the cloud. One object: a list makes `az cloud register` crash."""
    origin = call.https_origin
    return json_answer(
        {
            "portal": origin,
            "authentication": {
                "loginEndpoint": origin,
                "audiences": [
                    origin,
                    "https://management.core.windows.net/",
                    "https://management.azure.com/",
                ],
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "media": origin,
            "graphAudience": origin,
            "graph": origin,
            "name": "LocalAzure",
            "suffixes": {
                "acrLoginServer": "azurecr.io",
                "keyVaultDns": "vault.azure.net",
                "storage": "core.windows.net",
                "sqlServerHostname": "database.windows.net",
            },
            "batch": origin,
            "resourceManager": origin,
            "vmImageAliasDoc": origin,
            "activeDirectoryDataLake": origin,
            "sqlManagement": origin,
            "microsoftGraphResourceId": origin,
            "appInsightsResourceId": origin,
            "attestationResourceId": origin,
            "synapseAnalyticsResourceId": origin,
            "logAnalyticsResourceId": origin,
            "ossrDbmsResourceId": origin,
        }
    )


def subscriptions(call: Call) -> Response:
    """List the subscriptions that have registries, and the usual one."""
    authorise(call, "Microsoft.Resources/subscriptions/read", "/subscriptions")
    known = sorted({SUBSCRIPTION, *(registry.subscription for registry in call.world.registries.values())})
    described = [
        {
            "id": f"/subscriptions/{subscription}",
            "subscriptionId": subscription,
            "displayName": "local",
            "state": "Enabled",
            "tenantId": TENANT,
            "authorizationSource": "RoleBased",
            "subscriptionPolicies": {
                "locationPlacementId": "Public_2014-09-01",
                "quotaId": "PayAsYouGo_2014-09-01",
            },
            "managedByTenants": [],
        }
        for subscription in known
    ]
    return json_answer({"value": described, "count": {"type": "Total", "value": len(described)}})


def resources(call: Call) -> Response:
    """List the registries of a subscription, as az does to find a registry's group; `name eq` narrows it."""
    scope = f"/subscriptions/{call.arguments['subscription']}"
    authorise(call, "Microsoft.Resources/subscriptions/resources/read", scope)
    named = re.search(r"name eq '([^']*)'", call.request.args.get("$filter", ""))
    found = [
        registry_document(registry, "2024-11-01")
        for registry in call.world.registries.values()
        if registry.resource_id.lower().startswith(f"{scope}/".lower())
        and (named is None or registry.name.lower() == named[1].lower())
    ]
    brief = ("id", "name", "type", "sku", "location", "tags")
    return json_answer({"value": [{name: document[name] for name in brief} for document in found]})


def check_name(call: Call) -> Response:
    """Tell whether a registry's name is still free."""
    scope = f"/subscriptions/{call.arguments['subscription']}"
    authorise(call, "Microsoft.ContainerRegistry/checkNameAvailability/read", scope)
    body = call.body()
    wanted = str(body.get("name", "")).lower() if isinstance(body, dict) else ""
    taken = any(registry.name.lower() == wanted for registry in call.world.registries.values())
    answer = {"nameAvailable": not taken}
    problem = {"reason": "AlreadyExists", "message": f"The registry {wanted} is already in use."}
    return json_answer(answer | (problem if taken else {}))


ROUTES = (
    Route("GET", "/metadata/endpoints", cloud),
    Route("GET", "/subscriptions", subscriptions),
    Route("GET", "/subscriptions/<subscription>/resources", resources),
    Route(
        "POST",
        "/subscriptions/<subscription>/providers/Microsoft.ContainerRegistry/checkNameAvailability",
        check_name,
    ),
)
