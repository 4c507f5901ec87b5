"""How a registry and an identity are connected to the bot, in; whether that is as it should be, out."""

from collections.abc import Iterator
from typing import Final, Protocol

from checks.evidence import Unreadable
from checks.model import Registry, Value
from checks.rights import Grant

CATEGORIES: Final = ("ContainerRegistryRepositoryEvents", "ContainerRegistryLoginEvents")
# A setting may name groups instead: https://learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings
_EVERYTHING: Final = ("allLogs", "audit")


class Granted(Value, frozen=True):
    """What an identity may do, and by how many seconds this machine's clock is ahead of Azure's."""

    grants: tuple[Grant, ...]
    clock_ahead: float | None = None


class Stream(Value, frozen=True):
    """One diagnostic setting of a registry: which logs go where. What is empty is not sent there."""

    name: str
    categories: tuple[str, ...]
    hub: str = ""
    namespace: str = ""
    workspace: str = ""

    def carries(self, category: str) -> bool:
        return category in self.categories or any(group in self.categories for group in _EVERYTHING)


class InstallationReader(Protocol):
    """Reads with one identity. Each answers with facts or with why there are none; none of them raises."""

    def granted(self, registry: Registry) -> Granted | Unreadable: ...

    def streams(self, registry: Registry) -> tuple[Stream, ...] | Unreadable: ...


def not_streamed(streams: tuple[Stream, ...], hub: str, namespace: str) -> Iterator[str]:
    """The categories of which nothing reaches the hub. An empty name of hub or namespace is any."""
    here = [
        stream
        for stream in streams
        if stream.namespace
        and (not hub or stream.hub.casefold() == hub.casefold())
        and (not namespace or stream.namespace == namespace.casefold())
    ]
    return (category for category in CATEGORIES if not any(stream.carries(category) for stream in here))


def in_workspace(streams: tuple[Stream, ...]) -> bool:
    """Whether at least everything is in a workspace, where it is found some minutes later."""
    kept = [stream for stream in streams if stream.workspace]
    return all(any(stream.carries(category) for stream in kept) for category in CATEGORIES)
