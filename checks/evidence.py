"""What was read of a registry before anybody judged it. Each part is facts, or says why it could not be read."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from checks.model import Value


class Unreadable(Value, frozen=True, tag="unreadable"):
    """A part that could not be read, and the Azure action that was missing if that is why.

    `advice` is the next step for whoever looked, where it is another.
    """

    why: str
    missing_right: str | None = None
    advice: str = ""


class Absent(Value, frozen=True, tag="absent"):
    """The registry answered that there is no such object."""


class NotAsked(Value, frozen=True, tag="not_asked"):
    """The signal names nothing to read here."""


class RegistrySettings(Value, frozen=True, tag="settings"):
    """What the management plane says of the registry."""

    sku: str
    public_network_access: bool
    denies_by_default: bool
    ip_rules: tuple[str, ...]
    quarantine: bool
    anonymous_pull: bool
    admin_user: bool
    abac: bool = False
    arm_tokens: bool = True


class CeilingSource(StrEnum):
    """Who says how much the registry can hold."""

    SERVICE = "the service's own MaximumStorageCapacity"
    SETTING = "the operator's setting"
    ASSUMED = "assumed; Premium's documented ceiling is 100 TiB since 2026"


class Usage(Value, frozen=True, tag="usage"):
    """How much of its quotas the registry uses. Sizes in bytes; `ip_rule_limit` in rules.

    The ceiling is never `Size.limit`, which is only the storage that the SKU includes.
    """

    used: int
    ceiling: int
    ceiling_from: CeilingSource
    ip_rule_limit: int

    def is_full_of(self, rules: tuple[str, ...]) -> bool:
        """Whether there is no room for another network rule beside these."""
        return len(rules) >= self.ip_rule_limit


class Attributes(Value, frozen=True, tag="attributes"):
    """The changeable attributes of a repository, tag or manifest, and when it was last pushed to.

    `updated_at` moves with pushes, not with changes of these attributes. `tags` are those on a manifest.
    """

    write: bool
    delete: bool
    read: bool
    list: bool
    updated_at: datetime | None = None
    digest: str | None = None
    tags: tuple[str, ...] = ()

    def same_locks(self, other: "Attributes") -> bool:
        """Whether both allow the same."""
        mine = (self.write, self.delete, self.read, self.list)
        return mine == (other.write, other.delete, other.read, other.list)


type Looked = Attributes | Absent | Unreadable | NotAsked


class PrivateLink(Value, frozen=True):
    """One private endpoint connection of a registry. Only an approved one carries traffic."""

    name: str
    status: str

    @property
    def approved(self) -> bool:
        return self.status == "Approved"


class Profile(Value, frozen=True, tag="profile"):
    """What else the management plane says of the registry, which only somebody who asks wants to know.

    `key_identity` is the client id of the identity that opens the registry's own encryption key, and `identities`
    are those that the registry has and that are there; both may be "system". `key_identity_unread` says why nobody
    knows whether the one that opens the key is. A number of days is None where the policy is off.
    """

    login_server: str
    sku: str
    state: str
    public_network_access: bool
    abac: bool
    data_endpoints: tuple[str, ...] = ()
    private_links: tuple[PrivateLink, ...] = ()
    key_identity: str | None = None
    identities: tuple[str, ...] = ()
    key_identity_unread: Unreadable | None = None
    arm_tokens: bool = True
    export: bool = True
    content_trust: bool = False
    retention_days: int | None = None
    soft_delete_days: int | Unreadable | None = None


class Quota(Value, frozen=True):
    """One thing that a registry of its SKU may have so many of; a limit below zero is none."""

    name: str
    used: int
    limit: int


class Quotas(Value, frozen=True, tag="quotas"):
    """Everything that listUsages counts, but for bytes."""

    counted: tuple[Quota, ...]


class Resolution(Value, frozen=True, tag="resolution"):
    """Which addresses a host has, seen from this machine. Without any, `detail` says why."""

    host: str
    addresses: tuple[str, ...] = ()
    detail: str = ""


class End(StrEnum):
    """Where an attempt to connect ended."""

    TIMED_OUT = "timed out"
    NO_ROUTE = "no route"
    REFUSED = "refused"
    PROXY = "refused by the proxy"


class Contact(Value, frozen=True, tag="contact"):
    """An attempt to open a TCP connection from this machine, through the proxy that its environment names if any."""

    host: str
    address: str
    proxy: str | None = None
    end: End | None = None
    detail: str = ""


class Flaw(StrEnum):
    """What is wrong with a TLS handshake."""

    BROKEN = "broken off"
    UNTRUSTED = "an authority that this machine does not trust"
    OTHER_NAME = "a certificate for another name"
    OUT_OF_DATE = "a certificate that is not valid now"


class Certificate(Value, frozen=True):
    """The certificate that a host showed. `public` means that an authority on the public list vouches for it."""

    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    public: bool


class Handshake(Value, frozen=True, tag="handshake"):
    """A TLS handshake from this machine, judged by the authorities that this machine trusts."""

    host: str
    flaw: Flaw | None = None
    detail: str = ""
    certificate: Certificate | None = None


class Way(Value, frozen=True):
    """The way from this machine to a host, as far as it led."""

    resolution: Resolution
    contact: Contact | NotAsked = NotAsked()
    handshake: Handshake | NotAsked = NotAsked()

    @property
    def obstacle(self) -> str | None:
        """What ends the way, in words; None if it leads there."""
        match self:
            case Way(handshake=Handshake(flaw=None)):
                return None
            case Way(handshake=Handshake(flaw=flaw, detail=detail)):
                return f"TLS: {flaw}: {detail}"
            case Way(contact=Contact(end=End() as end, detail=detail)):
                return f"port 443 {end}: {detail}"
            case _:
                return f"DNS: {self.resolution.detail or 'no address'}"


class DataEndpoints(Value, frozen=True, tag="data_endpoints"):
    """The ways to the hosts from which the registry has layers fetched."""

    ways: tuple[Way, ...]


class Challenge(Value, frozen=True, tag="challenge"):
    """How `GET /v2/` was answered to a stranger.

    `at_home` means that the realm, where tokens are to be had, is at the login server itself. `denied` is the
    client address that a refusal named.
    """

    status: int
    by_registry: bool
    scheme: str = ""
    realm: str = ""
    at_home: bool = False
    denied: str | None = None
    retry_after: str = ""


class NoAnswer(Value, frozen=True, tag="no_answer"):
    """A request that went out over a good connection and was not answered, and how that ended."""

    why: str


class Login(Value, frozen=True, tag="login"):
    """What became of this identity's login: the exchange for a refresh token, then the access token.

    `actions` are those that the access token holds for the repository, None where none was asked for.
    `blob_host` is where the registry sends whoever fetches a layer. `arm_token` means that the token that was
    shown is one for Resource Manager.
    """

    identity: str
    exchange: int
    token: int | None = None
    actions: tuple[str, ...] | None = None
    detail: str = ""
    retry_after: str = ""
    blob_host: str | None = None
    arm_token: bool = False


class Vantage(Value, frozen=True):
    """The machine in Azure from whose place in the network is looked, and the watcher that looks."""

    origin: str
    machine: str | None
    interface: str
    address: str
    watcher: str
    stopped: bool = False


class Denial(Value, frozen=True):
    """A security rule that denies, the group that holds it, and the subnet or interface it is applied to."""

    group: str
    rule: str
    applied_to: str


class Verdict(Value, frozen=True):
    """What the security groups say of connections to one destination."""

    destination: str
    allowed: bool
    denials: tuple[Denial, ...] = ()


class Groups(Value, frozen=True, tag="groups"):
    """What the security groups on the way out of a machine say."""

    source: str
    verdicts: tuple[Verdict, ...]


class Hop(Value, frozen=True):
    """Where the machine's network sends a packet for that destination next. The type "None" means: nowhere."""

    destination: str
    type: str
    address: str | None = None
    table: str | None = None


class Hops(Value, frozen=True, tag="hops"):
    """The next hop for each destination."""

    source: str
    hops: tuple[Hop, ...]


class Route(Value, frozen=True):
    """One effective route of a network interface."""

    prefixes: tuple[str, ...]
    hop: str
    addresses: tuple[str, ...] = ()
    source: str = ""
    active: bool = True


class Routes(Value, frozen=True, tag="routes"):
    """The effective routes of a network interface."""

    interface: str
    routes: tuple[Route, ...]


class Issue(Value, frozen=True):
    """What Network Watcher noted at one hop of a connection."""

    type: str
    at: str
    detail: str = ""


class Connection(Value, frozen=True, tag="connection"):
    """What came of connecting from the machine itself, by the name that it resolves itself, to `address`."""

    host: str
    status: str
    issues: tuple[Issue, ...] = ()
    address: str | None = None

    @property
    def made(self) -> bool:
        # "Connected" is in the model; "Reachable" is what the service was also seen to say.
        return self.status in {"Connected", "Reachable", "Degraded"}


class Evidence(Value, frozen=True):
    """Everything a diagnosis may rest on, as it was at `read_at`. What nobody looked at is NotAsked."""

    read_at: datetime
    settings: RegistrySettings | Unreadable
    usage: Usage | Unreadable
    repository: Looked = NotAsked()
    tag: Looked = NotAsked()
    manifest: Looked = NotAsked()
    profile: Profile | Absent | Unreadable | NotAsked = NotAsked()
    resolution: Resolution | Unreadable | NotAsked = NotAsked()
    contact: Contact | NotAsked = NotAsked()
    handshake: Handshake | NotAsked = NotAsked()
    challenge: Challenge | NoAnswer | Unreadable | NotAsked = NotAsked()
    login: Login | Unreadable | NotAsked = NotAsked()
    data_endpoints: DataEndpoints | Unreadable | NotAsked = NotAsked()
    quotas: Quotas | Unreadable | NotAsked = NotAsked()
    groups: Groups | Unreadable | NotAsked = NotAsked()
    hops: Hops | Unreadable | NotAsked = NotAsked()
    routes: Routes | Unreadable | NotAsked = NotAsked()
    connection: Connection | Unreadable | NotAsked = NotAsked()

    @property
    def throttling(self) -> Challenge | Login | None:
        """The answer by which the registry said that it is asked too much, if it did."""
        challenge, login = self.challenge, self.login
        if isinstance(challenge, Challenge) and challenge.status == _TOO_MANY:
            return challenge
        refused = isinstance(login, Login) and _TOO_MANY in (login.exchange, login.token)
        return login if refused and isinstance(login, Login) else None


_TOO_MANY: Final = 429
