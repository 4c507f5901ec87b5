"""A registry as Azure describes it, in; evidence out."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceNotFoundError,
)

from checks.adapters.azure_clients import NOT_LOGGED_IN, AzureClients
from checks.adapters.refusals import OTHER_TENANT, denied_address, is_of_another_tenant, missing_right
from checks.evidence import (
    Absent,
    Attributes,
    CeilingSource,
    PrivateLink,
    Profile,
    Quota,
    Quotas,
    RegistrySettings,
    Unreadable,
    Usage,
)
from checks.model import Registry

if TYPE_CHECKING:
    from checks.adapters.arm import Arm

# Basic, Standard and (until 2026) Premium: learn.microsoft.com/azure/container-registry/container-registry-skus
_ASSUMED_CEILING: Final = 40 * 1024**4
_FORBIDDEN: Final = (401, 403)
_PREVIEW: Final = "2023-11-01-preview"
_NO_REGISTRY: Final = "what Azure answered describes no registry"
_IDENTITY: Final = "2023-01-31"

# azure-mgmt-containerregistry 15.0.0 raises json.JSONDecodeError, a ValueError, for an HTML error page.
AZURE_ERRORS: Final = (AzureError, ValueError)

READ: Final = "Microsoft.ContainerRegistry/registries/read"
LIST_USAGES: Final = "Microsoft.ContainerRegistry/registries/listUsages/read"
IDENTITY_READ: Final = "Microsoft.ManagedIdentity/userAssignedIdentities/read"
METADATA_READ: Final = "Microsoft.ContainerRegistry/registries/metadata/read"


class AzureRegistry:
    """Reads registries through the Azure SDKs. Never raises for what Azure answers: it says why it could not read."""

    def __init__(self, clients: AzureClients, arm: "Arm | None" = None) -> None:
        self._clients = clients
        self._arm = arm

    def settings(self, registry: Registry) -> RegistrySettings | Unreadable:
        """The registry's settings, from the management plane."""
        try:
            found = self._clients.arm(registry).registries.get(registry.resource_group, registry.name)
        except AZURE_ERRORS as error:
            return unreadable(error, READ)
        if not found.sku:
            return Unreadable(_NO_REGISTRY)
        rules = found.network_rule_set
        policies = found.policies
        quarantine = policies.quarantine_policy if policies else None
        arm_tokens = policies.azure_ad_authentication_as_arm_policy if policies else None
        return RegistrySettings(
            sku=str.__str__(found.sku.name),  # an enum of the SDK's, or a name that it does not know yet
            public_network_access=found.public_network_access != "Disabled",
            denies_by_default=rules is not None and rules.default_action == "Deny",
            ip_rules=tuple(rule.ip_address_or_range for rule in (rules.ip_rules if rules else None) or ()),
            quarantine=quarantine is not None and quarantine.status == "enabled",
            anonymous_pull=bool(found.anonymous_pull_enabled),
            admin_user=bool(found.admin_user_enabled),
            abac=found.role_assignment_mode == "AbacRepositoryPermissions",
            arm_tokens=arm_tokens is None or arm_tokens.status != "disabled",
        )

    def usage(self, registry: Registry) -> Usage | Unreadable:
        """How much of its quotas the registry uses."""
        try:
            arm = self._clients.arm(registry)
            entries = arm.registries.list_usages(registry.resource_group, registry.name).value or []
        except AZURE_ERRORS as error:
            return unreadable(error, LIST_USAGES)
        by_name = {str(entry.name): entry for entry in entries}
        if "Size" not in by_name:
            return Unreadable("listUsages has no entry named Size")
        ceiling, ceiling_from = _ceiling(by_name, registry)
        rules = by_name.get("IPRules")
        return Usage(
            used=by_name["Size"].current_value or 0,
            ceiling=ceiling,
            ceiling_from=ceiling_from,
            ip_rule_limit=(rules.limit or 0) if rules else 0,
        )

    def profile(self, registry: Registry) -> Profile | Absent | Unreadable:
        """What else the management plane says of the registry."""
        try:
            found = self._clients.arm(registry).registries.get(registry.resource_group, registry.name)
        except ResourceNotFoundError:
            return Absent()
        except AZURE_ERRORS as error:
            return unreadable(error, READ)
        if not found.sku:
            return Unreadable(_NO_REGISTRY)
        policies, key = found.policies, found.encryption
        links = tuple(_private_link(link) for link in found.private_endpoint_connections or ())
        # With private endpoints layers are fetched from the registry's own data endpoints, whatever is enabled:
        # learn.microsoft.com/azure/container-registry/container-registry-endpoint-reference
        by_name = found.data_endpoint_enabled or any(link.approved for link in links)
        retention = policies.retention_policy if policies else None
        arm_tokens = policies.azure_ad_authentication_as_arm_policy if policies else None
        export = policies.export_policy if policies else None
        trust = policies.trust_policy if policies else None
        properties = key.key_vault_properties if key and key.status == "enabled" else None
        opener = (properties.identity or "system").lower() if properties else None
        holder = self._holder(found.identity, opener)
        return Profile(
            login_server=str(found.login_server or ""),
            sku=str.__str__(found.sku.name),
            state=str.__str__(found.provisioning_state or "unknown"),
            public_network_access=found.public_network_access != "Disabled",
            abac=found.role_assignment_mode == "AbacRepositoryPermissions",
            data_endpoints=tuple(found.data_endpoint_host_names or ()) if by_name else (),
            private_links=links,
            key_identity=opener,
            identities=_identities(found.identity, without=opener if isinstance(holder, Absent) else None),
            key_identity_unread=holder if isinstance(holder, Unreadable) else None,
            arm_tokens=arm_tokens is None or arm_tokens.status != "disabled",
            export=export is None or export.status != "disabled",
            content_trust=trust is not None and trust.status == "enabled",
            retention_days=retention.days if retention and retention.status == "enabled" else None,
            soft_delete_days=self._soft_delete_days(registry),
        )

    def _holder(self, identity: Any, opener: str | None) -> object:  # noqa: ANN401 - the SDK's model
        """The identity that opens the key, itself: a registry goes on naming one that somebody has deleted."""
        assigned = (identity.user_assigned_identities if identity else None) or {}
        named = [name for name, one in assigned.items() if one and (one.client_id or "").lower() == opener]
        return self._arm.find(named[0], _IDENTITY, IDENTITY_READ) if named and self._arm else None

    def _soft_delete_days(self, registry: Registry) -> int | Unreadable | None:
        """For how long what is deleted is kept, which only preview versions of the API say."""
        shown = (
            self._arm.get(registry.resource_id, _PREVIEW, READ) if self._arm else Unreadable("nobody asked")
        )
        if isinstance(shown, Unreadable):
            return shown
        policy = ((shown.get("properties") or {}).get("policies") or {}).get("softDeletePolicy") or {}
        days = policy.get("retentionDays")
        return days if policy.get("status") == "enabled" and isinstance(days, int) else None

    def quotas(self, registry: Registry) -> Quotas | Unreadable:
        """What the registry has of everything that its SKU limits in number."""
        try:
            arm = self._clients.arm(registry)
            entries = arm.registries.list_usages(registry.resource_group, registry.name).value or []
        except AZURE_ERRORS as error:
            return unreadable(error, LIST_USAGES)
        return Quotas(
            tuple(
                Quota(name=str(entry.name), used=entry.current_value or 0, limit=entry.limit or 0)
                for entry in entries
                if entry.unit == "Count"
            )
        )

    def repository(self, registry: Registry, repository: str) -> Attributes | Absent | Unreadable:
        """The changeable attributes of a repository."""
        return self._attributes(registry, lambda client: client.get_repository_properties(repository))

    def tag(self, registry: Registry, repository: str, tag: str) -> Attributes | Absent | Unreadable:
        """The changeable attributes of a tag, and the digest to which it points."""
        return self._attributes(registry, lambda client: client.get_tag_properties(repository, tag))

    def manifest(self, registry: Registry, repository: str, digest: str) -> Attributes | Absent | Unreadable:
        """The changeable attributes of a manifest, and the tags on it."""
        return self._attributes(registry, lambda client: client.get_manifest_properties(repository, digest))

    def _attributes(self, registry: Registry, read: Callable[[Any], Any]) -> Attributes | Absent | Unreadable:
        try:
            with self._clients.data_plane(registry) as client:
                found = read(client)
        except ResourceNotFoundError:
            return Absent()
        except AZURE_ERRORS as error:
            return _refused(error) or unreadable(error, METADATA_READ)
        return Attributes(
            write=found.can_write is not False,
            delete=found.can_delete is not False,
            read=found.can_read is not False,
            list=found.can_list is not False,
            updated_at=_utc(found.last_updated_on),
            digest=getattr(found, "digest", None),
            tags=tuple(getattr(found, "tags", None) or ()),
        )


def unreadable(error: Exception, right: str) -> Unreadable:
    """Why a read failed, in words that hold no secret, and the right that it needs if it was refused."""
    if isinstance(error, HttpResponseError) and error.status_code:
        if is_of_another_tenant(error):
            return OTHER_TENANT
        refused = error.status_code in _FORBIDDEN
        return Unreadable(
            f"Azure answered {error.status_code}", missing_right(error, right) if refused else None
        )
    if isinstance(error, ClientAuthenticationError):
        return NOT_LOGGED_IN
    if isinstance(error, ValueError):
        return Unreadable("what answered for Azure is no JSON; a proxy's page, perhaps")
    return Unreadable(f"no answer from Azure ({type(error).__name__})")


def _refused(error: Exception) -> Unreadable | None:
    """A refusal by the registry's firewall or of the login as such, neither of which is a matter of one right."""
    response: Any = error.response if isinstance(error, HttpResponseError) else None
    if response is None:
        return None
    denied = denied_address(response.text())
    if denied:
        return Unreadable(f"the registry's firewall refuses {denied}, from where it was asked")
    if urlsplit(response.request.url).path.startswith("/oauth2/"):
        return Unreadable(f"the login was answered with {response.status_code}")
    return None


def _ceiling(by_name: dict[str, Any], registry: Registry) -> tuple[int, CeilingSource]:
    """The service's own word, else the operator's, else the documented figure."""
    of_service = by_name.get("MaximumStorageCapacity")
    if of_service and of_service.limit and of_service.limit > 0:
        return of_service.limit, CeilingSource.SERVICE
    if registry.storage_ceiling_bytes:
        return registry.storage_ceiling_bytes, CeilingSource.SETTING
    return _ASSUMED_CEILING, CeilingSource.ASSUMED


def _private_link(link: Any) -> PrivateLink:  # noqa: ANN401 - the SDK's model, whose parts may all be missing
    state = link.private_link_service_connection_state
    endpoint = link.private_endpoint.id if link.private_endpoint and link.private_endpoint.id else link.name
    return PrivateLink(
        name=str(endpoint or "").rsplit("/", 1)[-1],
        status=str.__str__(state.status) if state and state.status else "Unknown",
    )


def _identities(identity: Any, *, without: str | None) -> tuple[str, ...]:  # noqa: ANN401 - as above
    """The client ids of a registry's own identities; its system-assigned one is called "system"."""
    if identity is None:
        return ()
    assigned = (identity.user_assigned_identities or {}).values()
    own = ("system",) if identity.principal_id else ()
    named = [str(one.client_id).lower() for one in assigned if one and one.client_id]
    return (*own, *(client_id for client_id in named if client_id != without))


def _utc(at: datetime | None) -> datetime | None:
    if at is None:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
