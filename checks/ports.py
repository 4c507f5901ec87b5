"""What the knowing half needs from outside, as it would like to be answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from checks.evidence import Absent, Attributes, RegistrySettings, Unreadable, Usage
from checks.model import Registry


class RegistryReader(Protocol):
    """Reads of one registry. Each answers with facts or with why there are none; none of them raises."""

    def settings(self, registry: Registry) -> RegistrySettings | Unreadable: ...

    def usage(self, registry: Registry) -> Usage | Unreadable: ...

    def repository(self, registry: Registry, repository: str) -> Attributes | Absent | Unreadable: ...

    def tag(self, registry: Registry, repository: str, tag: str) -> Attributes | Absent | Unreadable: ...

    def manifest(
        self, registry: Registry, repository: str, digest: str
    ) -> Attributes | Absent | Unreadable: ...


class LogReader(Protocol):
    """Diagnostic rows that have reached Log Analytics, shaped as the records of the stream."""

    def failures(self, since: datetime, until: datetime) -> Sequence[bytes] | Unreadable: ...
