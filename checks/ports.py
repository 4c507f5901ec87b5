"""What the knowing half needs from outside, as it would like to be answered."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from checks.contents import Contents
from checks.evidence import (
    Absent,
    Attributes,
    Challenge,
    Connection,
    Groups,
    Hops,
    Login,
    NoAnswer,
    NotAsked,
    Profile,
    Quotas,
    RegistrySettings,
    Routes,
    Unreadable,
    Usage,
    Vantage,
    Way,
)
from checks.model import Registry, Value


class RegistryReader(Protocol):
    """Reads of one registry. Each answers with facts or with why there are none; none of them raises."""

    def settings(self, registry: Registry) -> RegistrySettings | Unreadable: ...

    def usage(self, registry: Registry) -> Usage | Unreadable: ...

    def repository(self, registry: Registry, repository: str) -> Attributes | Absent | Unreadable: ...

    def tag(self, registry: Registry, repository: str, tag: str) -> Attributes | Absent | Unreadable: ...

    def manifest(
        self, registry: Registry, repository: str, digest: str
    ) -> Attributes | Absent | Unreadable: ...


class Some(Value, frozen=True):
    """A part of the rows that were asked for, and why it is not all of them."""

    rows: tuple[bytes, ...]
    why: str


class LogReader(Protocol):
    """Diagnostic rows that have reached Log Analytics, shaped as the records of the stream."""

    def failures(self, since: datetime, until: datetime) -> Sequence[bytes] | Some | Unreadable:
        """Every row of a push or login that failed in that time, and of one that made good for it."""


class MetricReader(Protocol):
    """What Azure Monitor counts of a registry."""

    def failed_pushes(
        self, registry: Registry, since: datetime, until: datetime
    ) -> Mapping[datetime, int] | Unreadable:
        """How many pushes failed in each minute of that time, the minutes without one left out."""


class ProfileReader(Protocol):
    """What the management plane says of a registry besides its settings."""

    def profile(self, registry: Registry) -> Profile | Absent | Unreadable: ...


class RegistryExaminer(RegistryReader, ProfileReader, Protocol):
    """What is read of a registry besides, when somebody asks for its health."""

    def quotas(self, registry: Registry) -> Quotas | Unreadable: ...


class Probes(Protocol):
    """Attempts from this very machine to reach a registry and to log in to it. None of them raises.

    A token goes to the registry's own login server and to nobody else.
    """

    def way(self, host: str) -> Way: ...

    def challenge(self, registry: Registry) -> Challenge | NoAnswer | Unreadable: ...

    def login(self, registry: Registry, repository: str | None) -> Login | Unreadable: ...


class NetworkWatcher(Protocol):
    """Azure's own view of the network around one of its machines. It looks, and changes nobody's network."""

    def vantage(self, origin: str) -> Vantage | Unreadable: ...

    def groups(self, vantage: Vantage, destinations: Sequence[str]) -> Groups | Unreadable: ...

    def hops(self, vantage: Vantage, destinations: Sequence[str]) -> Hops | Unreadable: ...

    def routes(self, vantage: Vantage) -> Routes | Unreadable | NotAsked: ...

    def connection(self, vantage: Vantage, host: str) -> Connection | Unreadable: ...


class StorageMeter(Protocol):
    """What Azure Monitor knows of a registry's storage."""

    def storage_used(self, registry: Registry, since: date, until: date) -> Mapping[date, int] | Unreadable:
        """The bytes in use on each day of that time, the days without a figure left out."""


class Surveyor(Protocol):
    """Counts what a registry holds, repository by repository, and stops when its budget is spent."""

    def survey(self, registry: Registry) -> Contents | Unreadable: ...
