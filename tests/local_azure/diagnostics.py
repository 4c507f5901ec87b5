"""The resource-log records that a registry writes, in the shape of the only real one ever published.

The Go fixture `TestParse_ACR` shows it: `resultType` is a constant, the status is text in
`resultDescription`, what is missing reads `<nil>`, and the resource id is upper-case.
"""

from typing import Any

from tests.local_azure.calls import Call
from tests.local_azure.clock import seven_decimals
from tests.local_azure.tokens import TENANT

MISSING = "<nil>"
_REGION_STAMPS = {"westeurope": "weu-3", "eastus": "eus-1", "northeurope": "neu-2"}


def repository_row(
    call: Call,
    operation: str,
    status: int,
    *,
    repository: str,
    tag: str | None = None,
    digest: str | None = None,
    media_type: str | None = None,
    size: int | None = None,
) -> None:
    """Write a record of a push, a pull or a removal."""
    properties: dict[str, Any] = {
        "tag": tag or MISSING,
        "digest": digest or MISSING,
        "mediaType": media_type or MISSING,
        "repository": repository,
        "artifactType": "acr.docker",
        "tenantId": TENANT,
        "loginServer": call.registry.login_server,
        "userAgent": call.user_agent,
    }
    if size is not None:
        properties["size"] = str(size)
    _write(call, "ContainerRegistryRepositoryEvents", operation, status, properties)


def login_row(call: Call, status: int, jwt_id: str | None = None) -> None:
    """Write a record of somebody who asked for a token."""
    properties = {
        "tenantId": TENANT,
        "loginServer": call.registry.login_server,
        "userAgent": call.user_agent,
        "jwtId": jwt_id or MISSING,
    }
    _write(call, "ContainerRegistryLoginEvents", "Login", status, properties)


def _write(call: Call, category: str, operation: str, status: int, properties: dict[str, Any]) -> None:
    registry = call.registry
    call.world.diagnostic_records.append(
        {
            "time": seven_decimals(call.world.now()),
            "category": category,
            "resourceId": registry.resource_id.upper(),
            "operationName": operation,
            "identity": call.caller.name if call.caller else MISSING,
            "location": registry.location,
            "resultType": "HttpStatusCode",
            "resultDescription": str(status),
            "durationMs": f"{call.duration_ms:.6f}",
            "callerIpAddress": call.address,
            "correlationId": call.correlation_id,
            "properties": properties,
            "RegionStamp": _REGION_STAMPS.get(registry.location, f"{registry.location}-1"),
        }
    )
