"""Every HTTP call that this process makes, whatever library makes it, and where each of them goes.

The calls are heard through CPython's own audit events (docs.python.org/3/library/audit_events.html), which
http.client raises for whatever is built on it: requests and urllib3, and so all of the Azure SDKs.
"""

import re
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

_REQUEST_LINE: Final = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.1\r\n")


class Place(StrEnum):
    """Whom a call is made to."""

    ARM = "ARM"
    REGISTRY = "registry"
    TOKENS = "tokens"
    TABLES = "tables"
    QUEUES = "queues"


STATE: Final = (Place.TABLES, Place.QUEUES)


@dataclass(frozen=True)
class Call:
    """One HTTP call: when it was sent, on the monotonic clock, and where to."""

    at: float
    method: str
    host: str
    port: int
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Ports:
    """By which port a call is to the tables, to the queues, and to the identity endpoint."""

    tables: int
    queues: int
    identity: int


class Wire:
    """What was heard so far. An audit hook stays for as long as the process lives, so there is one of these."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.connections = 0
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "http.client.connect":
            self.connections += 1
        if event != "http.client.send":
            return
        connection, sent = arguments
        line = _REQUEST_LINE.match(sent) if isinstance(sent, bytes) else None
        if line:
            method, path = line[1].decode(), line[2].decode()
            self.calls.append(Call(time.perf_counter(), method, connection.host, connection.port, path))


def place_of(call: Call, ports: Ports) -> Place:
    """Whom the call was made to. Tokens come from the identity endpoint and from the registry's own /oauth2."""
    if call.port == ports.tables:
        return Place.TABLES
    if call.port == ports.queues:
        return Place.QUEUES
    if call.port == ports.identity or call.path.startswith("/oauth2/"):
        return Place.TOKENS
    return Place.REGISTRY if call.path.startswith(("/acr/v1/", "/v2/")) else Place.ARM


def counted(calls: Iterable[Call], ports: Ports) -> Counter[Place]:
    """How many calls went where."""
    return Counter(place_of(call, ports) for call in calls)
