"""The words of the knowing half: registry, signal, symptom, finding, diagnosis.

Every value is frozen, compares by value, and reads back strictly from what was written of it.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

import msgspec


class Value(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A frozen record that refuses fields it does not know."""


class CauseName(StrEnum):
    """Why a push failed, in the vocabulary that every text, record and report shares."""

    LOCKED = "locked"
    STORAGE_LIMIT = "storage_limit"
    FIREWALL_IP_DENIED = "firewall_ip_denied"
    PUBLIC_ACCESS_DISABLED = "public_access_disabled"
    CONNECTIVITY_TIMEOUT = "connectivity_timeout"
    DNS_FAILURE = "dns_failure"
    CONNECTION_REFUSED_OR_RESET = "connection_refused_or_reset"
    TLS_ERROR = "tls_error"
    PROXY_ERROR = "proxy_error"
    AUTHENTICATION_REQUIRED = "authentication_required"
    AUTHENTICATION_FAILED = "authentication_failed"
    PERMISSION_DENIED = "permission_denied"
    THROTTLED = "throttled"
    REGISTRY_NOT_FOUND = "registry_not_found"
    REPOSITORY_OR_MANIFEST_INVALID = "repository_or_manifest_invalid"
    SERVER_ERROR = "server_error"
    CLIENT_SIDE = "client_side"
    OTHER_REGISTRY = "other_registry"
    NOT_A_PUSH = "not_a_push"
    UNKNOWN = "unknown"


class Registry(Value, frozen=True, rename="camel"):
    """A registry that the bot is configured for; nothing is ever sent to any other.

    `storage_ceiling_bytes` is what the operator says the ceiling is, for a service that does not say it.
    """

    resource_id: str
    login_server: str
    storage_ceiling_bytes: int | None = None

    @property
    def key(self) -> str:
        """The resource id as it is compared and stored: Azure changes its case at will."""
        return self.resource_id.lower()

    @property
    def subscription(self) -> str:
        return self.resource_id.split("/")[2]

    @property
    def resource_group(self) -> str:
        return self.resource_id.split("/")[4]

    @property
    def name(self) -> str:
        return self.resource_id.rsplit("/", 1)[-1].lower()


class Image(Value, frozen=True):
    """What a push wrote, or tried to: a repository and, as far as it is known, the tag and the digest."""

    repository: str
    tag: str | None = None
    digest: str | None = None

    def __str__(self) -> str:
        if self.tag:
            return f"{self.repository}:{self.tag}"
        return f"{self.repository}@{self.digest}" if self.digest else self.repository


class Symptom(StrEnum):
    """What the failing side saw. Several causes can hide behind one symptom."""

    PUSH_DISALLOWED = "push_disallowed"
    ADDRESS_DENIED = "address_denied"
    STORAGE_FILLING = "storage_filling"
    UNAUTHORIZED = "unauthorized"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    SERVER_ERROR = "server_error"
    UNEXPLAINED = "unexplained"


class Source(StrEnum):
    """Who told us."""

    DIAGNOSTIC_LOGS = "diagnostic_logs"
    LOG_ANALYTICS = "log_analytics"
    PUSH_REPORT = "push_report"
    PIPELINE_EVENT = "pipeline_event"
    STORAGE_WATCH = "storage_watch"


class Proof(StrEnum):
    """What stands behind the address that a signal names, weakest first."""

    CLAIMED = "claimed"
    SAME_ADDRESS = "same_address"
    REGISTRY_LOG = "registry_log"
    VERIFIED_JOB = "oidc"


class Signal(Value, frozen=True):
    """One sign that a push failed. `id` is the same whenever the same sign arrives again.

    `said` is the cause that the sign itself names, where the registry's settings need not be asked for it.
    `many` says that it is one of so many of its kind that they are one failure. `sender` is what a report's
    token shows of who sent it. `origin` is the resource id of the machine in Azure that pushed, where
    somebody said which.
    """

    id: str
    source: Source
    at: datetime
    registry: str
    symptom: Symptom
    image: Image | None = None
    address: str | None = None
    identity: str | None = None
    band: int | None = None
    said: CauseName | None = None
    many: bool = False
    proof: Proof = Proof.CLAIMED
    sender: str = ""
    origin: str | None = None
    excerpt: str = ""


class LockLevel(StrEnum):
    """Where a lock sits, in the order in which it is looked for."""

    REPOSITORY = "repository"
    TAG = "tag"
    MANIFEST = "manifest"


class LockedObject(Value, frozen=True, tag="lock"):
    """The one object whose `writeEnabled` is false."""

    level: LockLevel
    repository: str
    reference: str | None = None

    def __str__(self) -> str:
        match self.level:
            case LockLevel.REPOSITORY:
                return f"repository {self.repository}"
            case LockLevel.TAG:
                return f"tag {self.repository}:{self.reference}"
            case LockLevel.MANIFEST:
                return f"manifest {self.repository}@{self.reference}"


class DeniedAddress(Value, frozen=True, tag="address"):
    """A client address that no network rule lets in."""

    address: str

    def __str__(self) -> str:
        return f"address {self.address}"


class FullStorage(Value, frozen=True, tag="storage"):
    """Storage at or near its ceiling: `used` of `ceiling` bytes, which is `percent` rounded down."""

    used: int
    ceiling: int
    ceiling_is: str

    @property
    def percent(self) -> int:
        return self.used * 100 // self.ceiling

    def __str__(self) -> str:
        return f"storage at {self.percent} %"


class ClosedToPublic(Value, frozen=True, tag="closed"):
    """A registry that takes no public traffic at all."""

    def __str__(self) -> str:
        return "public network access"


class RefusedIdentity(Value, frozen=True, tag="identity"):
    """Who was not let in, or may not push; without a name, a client that did not say who it is."""

    identity: str | None = None

    def __str__(self) -> str:
        return f"identity {self.identity}" if self.identity else "a client without a login"


class RegistryItself(Value, frozen=True, tag="registry"):
    """The service: its limits, or a fault of its own."""

    def __str__(self) -> str:
        return "the registry itself"


class WayThere(Value, frozen=True, tag="way"):
    """What lies between the client and the registry: names, routes, proxies, certificates."""

    def __str__(self) -> str:
        return "the way to the registry"


class Place(Value, frozen=True, tag="place"):
    """Where on the way to a push it goes wrong, by the name under which its owner knows it.

    `kind` says what it is: a host, a certificate, a role, a network security group, a route.
    """

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


type Culprit = (
    LockedObject
    | DeniedAddress
    | FullStorage
    | ClosedToPublic
    | RefusedIdentity
    | RegistryItself
    | WayThere
    | Place
)


class Cause(Value, frozen=True, tag="cause"):
    """The check found what it looks for: `culprit`, and in words what was seen.

    `advice` is the next step for exactly this, where the general advice on such a cause says too little.
    """

    name: CauseName
    culprit: Culprit
    saw: str
    advice: str = ""


class Cleared(Value, frozen=True, tag="cleared"):
    """The check looked, and it is not this. `advice` is there where it is worth knowing all the same."""

    saw: str
    advice: str = ""


class Unknown(Value, frozen=True, tag="unknown"):
    """The check could not tell: what could not be read, and the right that is missing if that is why.

    `advice` is what whoever looked can do about it, where it is no right that is missing.
    """

    why: str
    missing_right: str | None = None
    advice: str = ""


type Answer = Cause | Cleared | Unknown


class Finding(Value, frozen=True):
    """What one check answered."""

    check: str
    answer: Answer


class Diagnosis(Value, frozen=True):
    """What every check that can explain the symptom answered."""

    symptom: Symptom
    findings: tuple[Finding, ...]

    @property
    def causes(self) -> tuple[Cause, ...]:
        return tuple(f.answer for f in self.findings if isinstance(f.answer, Cause))

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        return tuple(f.answer for f in self.findings if isinstance(f.answer, Unknown))

    def is_about(self, kind: type[Culprit]) -> bool:
        """Whether a cause was found that lies with such a thing."""
        return any(isinstance(cause.culprit, kind) for cause in self.causes)

    def by(self, check: str) -> Answer | None:
        """What the check of that name answered, or None if it was not asked."""
        return next((f.answer for f in self.findings if f.check == check), None)


class Rejection(Value, frozen=True):
    """A record that became no signal although somebody might miss it: kept, counted, shown to operators."""

    source: str
    reason: str
    detail: str
    excerpt: str = ""


type Clock = Callable[[], datetime]
