"""What was read of a registry before anybody judged it. Each part is facts, or says why it could not be read."""

from datetime import datetime
from enum import StrEnum

from checks.model import Value


class Unreadable(Value, frozen=True, tag="unreadable"):
    """A part that could not be read, and the Azure action that was missing if that is why."""

    why: str
    missing_right: str | None = None


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


class Attributes(Value, frozen=True, tag="attributes"):
    """The changeable attributes of a repository, tag or manifest, and when it was last pushed to.

    `updated_at` moves with pushes, not with changes of these attributes.
    """

    write: bool
    delete: bool
    read: bool
    list: bool
    updated_at: datetime | None = None
    digest: str | None = None

    def same_locks(self, other: "Attributes") -> bool:
        """Whether both allow the same."""
        mine = (self.write, self.delete, self.read, self.list)
        return mine == (other.write, other.delete, other.read, other.list)


type Looked = Attributes | Absent | Unreadable | NotAsked


class Evidence(Value, frozen=True):
    """Everything a diagnosis may rest on, as it was at `read_at`."""

    read_at: datetime
    settings: RegistrySettings | Unreadable
    usage: Usage | Unreadable
    repository: Looked = NotAsked()
    tag: Looked = NotAsked()
    manifest: Looked = NotAsked()
