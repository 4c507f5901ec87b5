"""Everything that is the case in the local Azure: registries and what is in them, identities, rows, events, mail.

No sockets and no HTTP here. Whoever reads or writes it from another thread holds `lock`.
"""

import base64
import ipaddress
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, Literal
from uuid import uuid4

from werkzeug import Request

from tests.local_azure.desks import DeskTicket
from tests.local_azure.events import Event
from tests.local_azure.faults import Faults
from tests.local_azure.images import digest_of, image
from tests.local_azure.network import Network
from tests.local_azure.signing import Issuer
from tests.local_azure.tokens import SYSTEM_ASSIGNED, TENANT, Caller, Mint

SUBSCRIPTION = "00000000-0000-0000-0000-00000000000a"
TEBIBYTE = 1024**4
GIBIBYTE = 1024**3
REGISTRY_TYPE = "Microsoft.ContainerRegistry/registries"
DOCKER_TOKEN_USER = "00000000-0000-0000-0000-000000000000"

INCLUDED_STORAGE = {"Basic": 10 * GIBIBYTE, "Standard": 100 * GIBIBYTE, "Premium": 500 * GIBIBYTE}
STORAGE_CEILING = {"Basic": 40 * TEBIBYTE, "Standard": 40 * TEBIBYTE, "Premium": 100 * TEBIBYTE}

Access = Literal["Enabled", "Disabled"]
DefaultAction = Literal["Allow", "Deny"]


@dataclass
class Attributes:
    """The changeable attributes of a repository, a tag or a manifest."""

    delete_enabled: bool = True
    write_enabled: bool = True
    read_enabled: bool = True
    list_enabled: bool = True

    def as_wire(self) -> dict[str, bool]:
        """Give them under the service's names, in the order of the recordings."""
        return {
            "deleteEnabled": self.delete_enabled,
            "writeEnabled": self.write_enabled,
            "readEnabled": self.read_enabled,
            "listEnabled": self.list_enabled,
        }

    def change(self, wire: dict[str, Any]) -> None:
        """Change what the body names and nothing else."""
        self.delete_enabled = wire.get("deleteEnabled", self.delete_enabled)
        self.write_enabled = wire.get("writeEnabled", self.write_enabled)
        self.read_enabled = wire.get("readEnabled", self.read_enabled)
        self.list_enabled = wire.get("listEnabled", self.list_enabled)


@dataclass
class Manifest:
    """One manifest of a repository."""

    digest: str
    media_type: str
    content: bytes
    created: datetime
    updated: datetime
    attributes: Attributes = field(default_factory=Attributes)

    @property
    def document(self) -> dict[str, Any]:
        """Give the manifest's own JSON."""
        document: dict[str, Any] = json.loads(self.content)
        return document

    @property
    def image_size(self) -> int:
        """Give what the service calls imageSize: the config and the layers, or just an index's own bytes."""
        parts = [self.document.get("config") or {}, *self.document.get("layers", [])]
        return sum(part.get("size", 0) for part in parts) or len(self.content)


@dataclass
class Tag:
    """One tag of a repository."""

    name: str
    digest: str
    created: datetime
    updated: datetime
    attributes: Attributes = field(default_factory=Attributes)


@dataclass
class Repository:
    """One repository: manifests, the tags on them, and the blobs that it may name."""

    name: str
    created: datetime
    updated: datetime
    attributes: Attributes = field(default_factory=Attributes)
    manifests: dict[str, Manifest] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    blobs: set[str] = field(default_factory=set)

    def resolve(self, reference: str) -> Manifest | None:
        """Give the manifest that a tag or a digest means."""
        tag = self.tags.get(reference)
        return self.manifests.get(tag.digest if tag else reference)

    def tags_of(self, digest: str) -> list[str]:
        """Give the names of the tags on that manifest."""
        return sorted(tag.name for tag in self.tags.values() if tag.digest == digest)


@dataclass(frozen=True)
class Firewall:
    """What the registry's network settings amount to at one moment."""

    public_network_access: Access
    default_action: DefaultAction
    ip_rules: tuple[str, ...]

    def admits(self, address: str) -> bool:
        """Tell whether a client from there may talk to the registry; a private address comes by private endpoint."""
        client = ipaddress.ip_address(address)
        if any(client in network for network in _PRIVATE):
            return True
        if self.public_network_access == "Disabled":
            return False
        return self.default_action == "Allow" or any(
            client in ipaddress.ip_network(rule, strict=False) for rule in self.ip_rules
        )


_PRIVATE = tuple(ipaddress.ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


@dataclass
class ScopedPassword:
    """A user name and password of the registry: the admin user, or a token with a scope map."""

    password: str
    scope: dict[str, set[str]] | None = None

    def permits(self, repository: str, action: str) -> bool:
        """Tell whether the holder may do that; without a scope map, everything."""
        if self.scope is None:
            return True
        return any(
            action in actions for pattern, actions in self.scope.items() if fnmatchcase(repository, pattern)
        )


def streaming(
    hub: str = "registry-logs",
    namespace: str = "push-medic-hubs",
    categories: tuple[str, ...] = ("ContainerRegistryRepositoryEvents", "ContainerRegistryLoginEvents"),
) -> dict[str, Any]:
    """Give a diagnostic setting that sends logs to a hub, and to no workspace."""
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/push-medic"
    return {
        "name": "push-medic",
        "properties": {
            "eventHubName": hub,
            "eventHubAuthorizationRuleId": f"{group}/providers/Microsoft.EventHub/namespaces/{namespace}"
            "/authorizationRules/diagnostics",
            "workspaceId": None,
            "logs": [
                {"category": category, "categoryGroup": None, "enabled": True} for category in categories
            ],
            "metrics": [],
        },
    }


@dataclass
class Registry:
    """One registry, with what a test wants to say about it."""

    world: "World" = field(repr=False)
    name: str
    login_server: str
    sku: str
    resource_group: str
    subscription: str
    location: str
    public_network_access: Access
    default_action: DefaultAction
    ip_rules: list[str]
    virtual_network_rules: list[dict[str, Any]]
    usage_bytes: int
    maximum_storage_capacity: int | None
    ceiling_bytes: int
    anonymous_pull: bool
    admin_user: bool
    role_assignment_mode: str
    quarantine: bool
    tags: dict[str, str]
    created: datetime
    modified: datetime
    modified_by: str = "operator@example.com"
    bypass_options: str = "AzureServices"
    bypass_for_tasks: bool = False
    data_endpoint_enabled: bool = False
    zone_redundancy: str = "Disabled"
    arm_tokens_accepted: bool = True
    retention_days: int | None = None
    soft_delete_days: int | None = None
    unknown_properties: dict[str, Any] = field(default_factory=dict)
    private_endpoints: list[dict[str, Any]] = field(default_factory=list)
    managed_identities: dict[str, str] = field(default_factory=dict)
    ip_rule_quota: int = 200
    resource_lock: Literal["ReadOnly", "CanNotDelete"] | None = None
    connected_registry: str | None = None
    geo_locations: list[str] = field(default_factory=list)
    polls_until_settled: int = 0
    admin_password: str = field(default_factory=lambda: uuid4().hex)
    diagnostic_settings: list[dict[str, Any]] = field(default_factory=lambda: [streaming()])
    scoped_passwords: dict[str, ScopedPassword] = field(default_factory=dict)
    repositories: dict[str, Repository] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)
    quarantined: set[str] = field(default_factory=set)
    storage_history: list[tuple[datetime, int]] = field(default_factory=list)
    pushes: list[tuple[datetime, bool]] = field(default_factory=list)
    throttled: int = 0
    retry_after: int = 1
    _firewall_before: tuple[datetime, Firewall] | None = None

    @property
    def resource_id(self) -> str:
        """Give the registry's id in ARM."""
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
        return f"{group}/providers/{REGISTRY_TYPE}/{self.name}"

    @property
    def endpoint(self) -> str:
        """Give the address for SDK clients."""
        return f"https://{self.login_server}"

    @property
    def premium(self) -> bool:
        """Tell whether the registry has the features of Premium."""
        return self.sku == "Premium"

    @property
    def firewall(self) -> Firewall:
        """Give the network settings in force, which lag behind a change by the world's propagation delay."""
        now = Firewall(self.public_network_access, self.default_action, tuple(self.ip_rules))
        if self._firewall_before is None:
            return now
        until, before = self._firewall_before
        return before if self.world.now() < until else now

    @property
    def full(self) -> bool:
        """Tell whether the storage ceiling is reached."""
        return self.usage_bytes >= self.ceiling_bytes

    def admits(self, address: str) -> bool:
        """Tell whether the registry's firewall lets that address in."""
        return not self.premium or self.firewall.admits(address)

    def push(
        self,
        repository: str,
        tag: str | None,
        content: bytes = b"layer",
        *,
        manifest: bytes | None = None,
        media_type: str | None = None,
    ) -> str:
        """Put an image there as if it had been pushed long ago, without rows or events; give its digest."""
        made = image(content)
        with self.world.lock:
            for blob in made.blobs if manifest is None else ():
                self.keep_blob(repository, blob)
            return self.keep_manifest(
                repository,
                tag,
                made.manifest if manifest is None else manifest,
                media_type or made.media_type,
            ).digest

    def keep_blob(self, repository: str, content: bytes) -> str:
        """Store a blob and let that repository name it; storage is used only once for the same bytes."""
        digest = digest_of(content)
        if digest not in self.blobs:
            self.blobs[digest] = content
            self.usage_bytes += len(content)
        self.repository(repository).blobs.add(digest)
        return digest

    def keep_manifest(self, repository: str, tag: str | None, content: bytes, media_type: str) -> Manifest:
        """Store a manifest and put the tag on it."""
        now = self.world.now()
        home = self.repository(repository)
        digest = digest_of(content)
        manifest = home.manifests.get(digest)
        if manifest is None:
            manifest = home.manifests[digest] = Manifest(digest, media_type, content, now, now)
            self.usage_bytes += len(content)
            if self.quarantine:
                self.quarantined.add(digest)
        manifest.updated = home.updated = now
        if tag is not None:
            mark = home.tags.setdefault(tag, Tag(tag, digest, now, now))
            mark.digest, mark.updated = digest, now
        return manifest

    def repository(self, name: str) -> Repository:
        """Give the repository of that name, made if it was not there."""
        now = self.world.now()
        return self.repositories.setdefault(name, Repository(name, now, now))

    def attributes(self, repository: str, tag: str | None = None, digest: str | None = None) -> Attributes:
        """Give the changeable attributes of the repository, of the tag, or of the manifest."""
        home = self.repositories[repository]
        if tag is not None:
            return home.tags[tag].attributes
        return home.attributes if digest is None else home.manifests[digest].attributes

    def lock(
        self,
        repository: str,
        tag: str | None = None,
        digest: str | None = None,
        *,
        write: bool = False,
        delete: bool | None = None,
    ) -> None:
        """Lock that level: no writing, and no deleting either if so said."""
        with self.world.lock:
            attributes = self.attributes(repository, tag, digest)
            attributes.write_enabled = write
            if delete is not None:
                attributes.delete_enabled = delete

    def unlock(self, repository: str, tag: str | None = None, digest: str | None = None) -> None:
        """Allow writing and deleting again on that level."""
        self.lock(repository, tag, digest, write=True, delete=True)

    def fill_to(self, fraction: float) -> None:
        """Use that much of the ceiling."""
        self.usage_bytes = int(self.ceiling_bytes * fraction)

    def grew(self, days: int, bytes_per_day: int) -> None:
        """Remember hourly storage figures of that many days, ending now at the present usage."""
        now = self.world.now().replace(minute=0, second=0, microsecond=0)
        self.storage_history = [
            (now - timedelta(hours=ago), max(0, self.usage_bytes - bytes_per_day * ago // 24))
            for ago in range(days * 24, -1, -1)
        ]

    def throttle(self, count: int, retry_after: int = 1) -> None:
        """Answer the next `count` data-plane calls with 429."""
        with self.world.lock:
            self.throttled, self.retry_after = count, retry_after

    def add_token(self, name: str, password: str, scope: dict[str, set[str]]) -> None:
        """Add a non-Entra token with a scope map: repository pattern to `pull`, `push`, and so on."""
        self.scoped_passwords[name] = ScopedPassword(password, scope)

    def login(self, client_id: str = "ci-pipeline") -> tuple[str, str]:
        """Give the user and password that `az acr login` hands to Docker for that application."""
        return DOCKER_TOKEN_USER, self.refresh_token(Caller(client_id))

    def refresh_token(self, caller: Caller) -> str:
        """Give a refresh token of this registry, good for about three hours unless the world says otherwise."""
        return self.world.mint.token(
            self.world.now(),
            self.world.refresh_token_lifetime,
            aud=self.login_server,
            iss="Azure Container Registry",
            sub=caller.object_id,
            appid=caller.client_id,
            tenant=TENANT,
            grant_type="refresh_token",
            **({"upn": caller.claims["upn"]} if "upn" in caller.claims else {}),
        )

    def hold_firewall_for(self, delay: float) -> None:
        """Let the network settings of now stay in force that many seconds longer."""
        if delay:
            self._firewall_before = (self.world.now() + timedelta(seconds=delay), self.firewall)

    def azure_action(self, permission: str) -> str:
        """Give Azure's name for a data-plane permission, which depends on how roles are assigned here."""
        names = _ABAC_ACTIONS if self.role_assignment_mode == "AbacRepositoryPermissions" else _LEGACY_ACTIONS
        return f"{REGISTRY_TYPE}/{names[permission]}"


_LEGACY_ACTIONS = {
    "pull": "pull/read",
    "push": "push/write",
    "delete": "artifacts/delete",
    "metadata_read": "metadata/read",
    "metadata_write": "metadata/write",
    "catalog": "catalog/read",
}
_ABAC_ACTIONS = {
    "pull": "repositories/content/read",
    "push": "repositories/content/write",
    "delete": "repositories/content/delete",
    "metadata_read": "repositories/metadata/read",
    "metadata_write": "repositories/metadata/write",
    "catalog": "catalog/read",
}


@dataclass(frozen=True)
class Recorded:
    """One call that somebody made, and what came of it."""

    method: str
    host: str
    path: str
    query: dict[str, str]
    status: int
    identity: str | None
    action: str | None
    body: bytes
    user_agent: str
    at: datetime
    address: str
    carried_out: bool = True
    answered: bool = True

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the caller sent
        """Give the body as what it says."""
        return json.loads(self.body)


@dataclass(frozen=True)
class TeamsPost:
    """One POST to the channel's workflow; an oversize one was answered 202 all the same, and never became a card."""

    body: dict[str, Any]
    size: int
    oversize: bool
    at: datetime

    @property
    def card(self) -> dict[str, Any]:
        """Give the adaptive card in it."""
        content: dict[str, Any] = self.body["attachments"][0]["content"]
        return content


@dataclass(frozen=True)
class Mail:
    """One mail that was taken on for sending."""

    operation_id: str
    message: dict[str, Any]
    at: datetime


@dataclass
class WorkItem:
    """One work item on the ticket desk."""

    id: int
    project: str
    fields: dict[str, Any]
    rev: int = 1
    comments: list[str] = field(default_factory=list)


class World:
    """All state and every dial. Tests set plain attributes; `reset` brings back a fresh, healthy world."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.mint = Mint()
        self.faults = Faults()
        self.reset()

    def reset(self) -> None:
        """Forget everything: no registries, nothing recorded, every dial where it was at the start."""
        with self.lock:
            self.faults.clear()
            self._forget()

    def _forget(self) -> None:
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.registries: dict[str, Registry] = {}

        self.client_address = "52.138.231.5"
        self.bot_address = "10.1.0.4"
        self.address_of: Callable[[Request], str] = self._address_by_user_agent

        self.rights: dict[str, set[str]] = {}
        self.secrets: dict[str, str] = {}
        self.identities: set[str] | None = None
        self.deleted: set[str] = set()
        self.system_assigned = SYSTEM_ASSIGNED
        self.identity_header = "s3cret-identity-header"

        self.issuer = Issuer()
        # What a running job shows to be given its own token.
        self.request_token = "s3cret-request-token"

        self.latency = 0.0
        self.log_firewall_denials = False
        self.log_challenges = False
        self.firewall_body_nested = False
        self.refuse_uploads_when_full = True
        self.tag_patch_refused_under_repository_lock = False
        self.propagation_delay = 0.0
        self.refresh_token_lifetime = timedelta(hours=3)
        self.access_token_lifetime = timedelta(minutes=75)

        self.arm_async: Literal["updating", "201", "202"] | None = None
        self.arm_polls = 2
        self.operations: dict[str, int] = {}
        self.network = Network()

        self.workspace_id = "aaaaaaaa-0000-4000-8000-00000000000a"
        self.ingestion_delay = 0.0
        self.diagnostic_records: list[dict[str, Any]] = []
        self._delivered_records = 0
        self._events: list[Event] = []

        self.event_grid_key = base64.b64encode(b"local event grid key").decode()
        self.published_events: list[dict[str, Any]] = []

        self.teams_signature = "SECRET"
        self.teams_status = 202
        self.teams_posts: list[TeamsPost] = []

        self.acs_key = base64.b64encode(b"local communication key").decode()
        self.mails: list[Mail] = []
        self.mail_status: dict[str, str] = {}

        self.devops_organisation = "contoso"
        self.devops_pat = "personal-access-token"
        self.work_items: list[WorkItem] = []
        self.tickets: dict[str, list[DeskTicket]] = defaultdict(list)
        self.desk_user = "push-medic@contoso.com"
        self.desk_secret = "desk-secret-0123456789"
        self.pagerduty_key = "R0123456789ABCDEFGHIJKLMNOPQRSTU"
        self.search_lag = 0.0
        self.support_plan = "Premier"

        self.requests: list[Recorded] = []
        self.crashes: list[BaseException] = []

    def now(self) -> datetime:
        """Give the moment by this world's clock."""
        return self.clock()

    def is_indexed(self, created_at: datetime) -> bool:
        """Tell whether a ticket desk's search knows of what was created then."""
        return created_at + timedelta(seconds=self.search_lag) <= self.now()

    def add_registry(
        self,
        name: str,
        *,
        sku: str = "Premium",
        resource_group: str = "rg1",
        subscription: str = SUBSCRIPTION,
        location: str = "westeurope",
        login_server: str | None = None,
        public_network_access: Access = "Enabled",
        default_action: DefaultAction = "Allow",
        ip_rules: Iterable[str] = (),
        virtual_network_rules: Iterable[str] = (),
        usage_bytes: int = 0,
        maximum_storage_capacity: int | None = None,
        ceiling_bytes: int | None = None,
        anonymous_pull: bool = False,
        admin_user: bool = False,
        role_assignment_mode: str = "LegacyRegistryPermissions",
        quarantine: bool = False,
        tags: dict[str, str] | None = None,
    ) -> Registry:
        """Add a registry; it is served at once, on a loopback address of its own unless a login server is named."""
        with self.lock:
            registry = Registry(
                world=self,
                name=name,
                login_server=login_server or self._login_server(name),
                sku=sku,
                resource_group=resource_group,
                subscription=subscription,
                location=location,
                public_network_access=public_network_access,
                default_action=default_action,
                ip_rules=list(ip_rules),
                virtual_network_rules=[{"action": "Allow", "id": subnet} for subnet in virtual_network_rules],
                usage_bytes=usage_bytes,
                maximum_storage_capacity=maximum_storage_capacity,
                ceiling_bytes=ceiling_bytes or maximum_storage_capacity or STORAGE_CEILING[sku],
                anonymous_pull=anonymous_pull,
                admin_user=admin_user,
                role_assignment_mode=role_assignment_mode,
                quarantine=quarantine,
                tags=dict(tags or {}),
                created=self.now(),
                modified=self.now(),
            )
            self.registries[registry.resource_id.lower()] = registry
            return registry

    def _login_server(self, name: str) -> str:
        return f"{name}.azurecr.io"

    def registry_at(self, host: str) -> Registry | None:
        """Give the registry that answers to that Host header."""
        wanted = host.lower().removesuffix(":443")
        for registry in self.registries.values():
            if registry.login_server.lower().removesuffix(":443") == wanted:
                return registry
        return None

    def allows(self, caller: Caller, action: str) -> bool:
        """Tell whether the caller may; one that `rights` does not name may do everything."""
        rights = self.rights.get(caller.client_id)
        return rights is None or any(fnmatchcase(action.lower(), right.lower()) for right in rights)

    def token(self, client_id: str, audience: str, **claims: object) -> str:
        """Give an Entra token for that application and audience."""
        return self.mint.entra(self.now(), client_id, audience, **claims)

    def emit(self, event: Event) -> None:
        """Raise an event."""
        self._events.append(event)

    def take_events(self) -> list[Event]:
        """Give the events raised since the last call."""
        with self.lock:
            taken, self._events = self._events, []
            return taken

    def take_hub_bodies(self, max_records_per_body: int = 100) -> list[str]:
        """Give the diagnostic records since the last call, as the bodies that Event Hubs would carry."""
        with self.lock:
            fresh = self.diagnostic_records[self._delivered_records :]
            self._delivered_records = len(self.diagnostic_records)
        return [
            json.dumps({"records": fresh[start : start + max_records_per_body]}, separators=(",", ":"))
            for start in range(0, len(fresh), max_records_per_body)
        ]

    def writes(self) -> list[Recorded]:
        """Give the calls that really changed a registry: settings in ARM, locks on the data plane."""
        with self.lock:
            return [
                call
                for call in self.requests
                if call.method == "PATCH"
                and call.carried_out
                and call.status < 300
                and (REGISTRY_TYPE.lower() in call.path.lower() or call.path.startswith("/acr/v1/"))
            ]

    @property
    def teams_cards(self) -> list[dict[str, Any]]:
        """Give the cards that the channel shows."""
        with self.lock:
            return [post.card for post in self.teams_posts if not post.oversize]

    def _address_by_user_agent(self, request: Request) -> str:
        """Tell the bot's own calls from clients' by the mark of the Azure SDK in the user agent."""
        return self.bot_address if "azsdk-" in request.headers.get("User-Agent", "") else self.client_address
