"""How an installation is connected to its registries: rights, diagnostic settings, and Azure's clock."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec
from azure.core.rest import HttpRequest

from checks.adapters.azure_clients import AzureClients
from checks.adapters.azure_registry import AZURE_ERRORS, unreadable
from checks.evidence import Unreadable
from checks.installation import Granted, Stream
from checks.model import Registry
from checks.rights import Grant

PERMISSIONS_READ: Final = "Microsoft.Authorization/permissions/read"
SETTINGS_READ: Final = "Microsoft.Insights/diagnosticSettings/read"


class _Grants(msgspec.Struct):
    value: tuple[Grant, ...]


class _Log(msgspec.Struct, rename="camel"):
    enabled: bool
    category: str | None = None
    category_group: str | None = None


class _Properties(msgspec.Struct, rename="camel"):
    logs: tuple[_Log, ...] = ()
    event_hub_name: str | None = None
    event_hub_authorization_rule_id: str | None = None
    workspace_id: str | None = None


class _Setting(msgspec.Struct):
    name: str
    properties: _Properties


class _Settings(msgspec.Struct):
    value: tuple[_Setting, ...]


class AzureInstallation:
    """Reads with one identity. Never raises for what Azure answers."""

    def __init__(self, clients: AzureClients) -> None:
        self._clients = clients

    def granted(self, registry: Registry) -> Granted | Unreadable:
        """What the identity may do with the registry, by Azure's own account."""
        path = f"{registry.resource_id}/providers/Microsoft.Authorization/permissions"
        try:
            answer = self._clients.arm(registry).send_request(_get(path, "2022-04-01"))
            answer.raise_for_status()
            here, there = datetime.now(UTC), answer.headers.get("Date")
            grants = msgspec.json.decode(answer.content, type=_Grants).value
        except AZURE_ERRORS as error:
            return unreadable(error, PERMISSIONS_READ)
        skew = (here - parsedate_to_datetime(there)).total_seconds() if there else None
        return Granted(grants=grants, clock_ahead=skew)

    def streams(self, registry: Registry) -> tuple[Stream, ...] | Unreadable:
        """Where the registry's logs go."""
        path = f"{registry.resource_id}/providers/Microsoft.Insights/diagnosticSettings"
        try:
            answer = self._clients.arm(registry).send_request(_get(path, "2021-05-01-preview"))
            answer.raise_for_status()
            settings = msgspec.json.decode(answer.content, type=_Settings).value
        except AZURE_ERRORS as error:
            return unreadable(error, SETTINGS_READ)
        return tuple(_stream(setting) for setting in settings)


def _get(path: str, version: str) -> HttpRequest:
    return HttpRequest("GET", path, params={"api-version": version})


def _stream(setting: _Setting) -> Stream:
    properties = setting.properties
    rule = (properties.event_hub_authorization_rule_id or "").casefold()
    return Stream(
        name=setting.name,
        categories=tuple(log.category or log.category_group or "" for log in properties.logs if log.enabled),
        hub=properties.event_hub_name or "",
        namespace=rule.partition("/namespaces/")[2].partition("/")[0],
        workspace=properties.workspace_id or "",
    )
