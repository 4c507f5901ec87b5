"""The whole bot, installed: our app in the real worker, Azurite for state, and Azure on loopback around it."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient
from msgspec.structs import replace

import composition
from remediations.model import Record
from tests.host.minihost import MiniHost
from tests.local_azure import LocalAzure

READER: Final = "11111111-1111-1111-1111-00000000000a"
WRITER: Final = "11111111-1111-1111-1111-00000000000b"

PERMISSIVE: Final = """
version: 1
rehearsal: false
permits:
  - remediation: unlock
    registries: ["*"]
    repositories: ["team/*"]
    tags: ["*"]
    levels: [repository, tag, manifest]
    lasts: 2h
  - remediation: allow_address
    registries: ["*"]
    addresses: [52.138.231.0/24]
    lasts: 8h
    proof: [registry_log, same_address]
"""


def environment(azure: LocalAzure, storage: str, policy: Path) -> dict[str, str]:
    """The app settings of an installation whose Azure is `azure`."""
    registries = [
        {"resourceId": registry.resource_id, "loginServer": registry.login_server}
        for registry in azure.registries.values()
    ]
    return {
        **azure.environment(),
        "AzureWebJobsStorage": storage,
        "PUSH_MEDIC_REGISTRIES": json.dumps(registries),
        "PUSH_MEDIC_POLICY": str(policy),
        "PUSH_MEDIC_READER_CLIENT_ID": READER,
        "PUSH_MEDIC_WRITER_CLIENT_ID": WRITER,
        "PUSH_MEDIC_ARM_ENDPOINT": azure.arm_url,
        "PUSH_MEDIC_LOGS_ENDPOINT": azure.logs_url,
        "PUSH_MEDIC_WORKSPACE_ID": azure.workspace_id,
        "PUSH_MEDIC_EVENT_HUB": "registry-logs",
        "PushMedicEventHub__fullyQualifiedNamespace": "push-medic-hubs.servicebus.windows.net",
        "PUSH_MEDIC_TEAMS_URL": azure.teams_url,
        "PUSH_MEDIC_EMAIL_ENDPOINT": azure.acs_url,
        "PUSH_MEDIC_EMAIL_KEY": azure.acs_key,
        "PUSH_MEDIC_EMAIL_SENDER": "push-medic@notify.contoso.com",
        "PUSH_MEDIC_EMAIL_RECIPIENTS": "ops@contoso.com",
        "PUSH_MEDIC_DEVOPS_ORGANIZATION": azure.devops_url,
        "PUSH_MEDIC_DEVOPS_PROJECT": "ops",
    }


@contextmanager
def applied(settings: Mapping[str, str]) -> Iterator[None]:
    """The settings in this process's environment, where the worker and the SDKs look for them."""
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class Installation:
    """An installed bot, and what a test or a demonstration does to it."""

    def __init__(self, azure: LocalAzure, host: MiniHost) -> None:
        self.azure = azure
        self.host = host

    @property
    def app(self) -> composition.App:
        """The same composition as the worker's, for looking at what was kept."""
        return composition.build()

    def stream(self) -> None:
        """Let Azure Monitor stream the rows that there are."""
        bodies = self.azure.take_hub_bodies()
        if bodies:
            self.host.stream("diagnostic_logs", [body.encode() for body in bodies])

    def events(self, *, cloud: bool = False) -> None:
        """Let Event Grid deliver the events that there are, in one of its two schemas."""
        events = self.azure.take_events()
        shaped = [event.as_cloud_event() if cloud else event.as_event_grid() for event in events]
        assert self.host.deliver("registry_events", shaped) == 202

    def report(self, sent_from: str = "", *, token: str = "", **report: str) -> tuple[int, dict[str, str]]:
        """Let a pipeline report what its client printed; the status and the answer that it gets.

        `token` is the one with which its job proves who it is.
        """
        headers = {"x-functions-key": "a-function-key", "x-forwarded-for": f"{sent_from}:44321"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        body = json.dumps(report).encode()
        answer = self.host.answer("POST", "/api/push-reports", body, headers)
        return answer.status, answer.json()

    def work(self) -> None:
        """Let the queue's functions do what waits for them."""
        self.host.drain()

    def days_pass(self, registry: str, count: int = 1) -> None:
        """Let it have been on an earlier day that the storage watch looked."""
        history = self.app.storage_history
        for seen in history.of(registry):
            history.keep(registry, replace(seen, day=seen.day - timedelta(days=count)))

    def journal(self, incident: str) -> tuple[Record, ...]:
        """What happened to an incident."""
        return self.app.journal.read(incident)


def emptied(storage: str) -> None:
    """Forget all state, so that the next test begins with an empty account."""
    with TableServiceClient.from_connection_string(storage) as tables:
        for table in tables.list_tables():
            tables.delete_table(table.name)
    with QueueServiceClient.from_connection_string(storage) as queues:
        for queue in queues.list_queues():
            queues.get_queue_client(queue.name).clear_messages()
