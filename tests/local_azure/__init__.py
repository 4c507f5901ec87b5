"""Azure on loopback, for the real clients: registries, Resource Manager, Entra ID, Monitor, Event Grid and channels.

    with LocalAzure() as azure:
        registry = azure.add_registry("contoso")
        registry.push("team/app", "v1")
        registry.lock("team/app", tag="v1")
        ...                                     # let real clients meet it
        assert azure.writes() == []

What it answers has the shape of recordings of the real service (tests/fixtures/acr); where nothing public says how the
real service behaves there is a dial, and its default is the assumption that asks more of the caller.
"""

from tests.local_azure.clock import moment_of, nine_decimals, seven_decimals
from tests.local_azure.events import Event
from tests.local_azure.faults import (
    Fault,
    answer_late,
    cut_after,
    cut_before,
    cut_within,
    delay,
    html,
    retry_after,
    status,
)
from tests.local_azure.pushing import PushOutcome
from tests.local_azure.server import LocalAzure, LocalCredential
from tests.local_azure.silence import silence
from tests.local_azure.tokens import SYSTEM_ASSIGNED, TENANT
from tests.local_azure.world import (
    SUBSCRIPTION,
    Attributes,
    Mail,
    Recorded,
    Registry,
    TeamsPost,
    WorkItem,
    World,
    streaming,
)

__all__ = [
    "SUBSCRIPTION",
    "SYSTEM_ASSIGNED",
    "TENANT",
    "Attributes",
    "Event",
    "Fault",
    "LocalAzure",
    "LocalCredential",
    "Mail",
    "PushOutcome",
    "Recorded",
    "Registry",
    "TeamsPost",
    "WorkItem",
    "World",
    "answer_late",
    "cut_after",
    "cut_before",
    "cut_within",
    "delay",
    "html",
    "moment_of",
    "nine_decimals",
    "retry_after",
    "seven_decimals",
    "silence",
    "status",
    "streaming",
]
