"""What the bot is made of: each part is made once, and only when it is first needed."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

from checks.incident import Incident
from checks.model import Registry
from checks.ports import LogReader
from remediations.incidents import Incidents
from remediations.journal import Journal
from remediations.ledger import Ledger
from remediations.pauses import Pauses
from remediations.ports import Channel, Queue, Table
from remediations.reception import Reception
from remediations.rejected import Rejected
from settings import Settings

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from checks.adapters.azure_clients import AzureClients
    from checks.examination import Instruments
    from remediations.approvals import Approvals
    from remediations.audit import Audit
    from remediations.doctor import Identity
    from remediations.drift import Drift
    from remediations.heard import Hearing
    from remediations.outbox import Outbox
    from remediations.policy import Policy
    from remediations.push_gap import PushGap
    from remediations.receipts import Pace, Receipts
    from remediations.responder import Medic
    from remediations.storage_history import StorageHistory
    from remediations.storage_study import StorageStudy
    from remediations.witness import Witness


log = logging.getLogger("push_medic")

# Together under three minutes: an invocation ends after five.
_PATIENCE: Final = 15.0
_WATCHERS_PATIENCE: Final = 90.0


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class Parts:
    """Every part, put together as the settings say."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.registries: Mapping[str, Registry] = {r.name: r for r in settings.registries}

    @cached_property
    def reception(self) -> Reception:
        return Reception(self.registries, lambda: self.incidents, lambda: self.rejected, now)

    @cached_property
    def incidents(self) -> Incidents:
        return Incidents(self._table("incidents", Incident), self.journal, self.queue, now)

    @cached_property
    def rejected(self) -> Rejected:
        from remediations.rejected import Kept

        return Rejected(self._table("rejected", Kept), now)

    @cached_property
    def witness(self) -> "Witness":
        from remediations.adapters.oidc import OidcKeys
        from remediations.witness import Used, Witness

        return Witness(self.policy[0].issuers, OidcKeys(), self._table("tokens", Used), now)

    @cached_property
    def receipts(self) -> "Receipts":
        from functools import partial
        from secrets import token_urlsafe

        from remediations.receipts import Receipt, Receipts

        return Receipts(self._table("receipts", Receipt), partial(token_urlsafe, 32), now)

    @cached_property
    def pace(self) -> "Pace":
        from remediations.receipts import Pace

        return Pace(200, timedelta(seconds=10), now)

    @cached_property
    def hearing(self) -> "Hearing":
        from remediations.heard import Heard, Hearing

        return Hearing(self._table("heard", Heard), now)

    @cached_property
    def journal(self) -> Journal:
        from remediations.model import Record

        def told(incident: str) -> None:
            from remediations.audit import announce

            announce(self.queue, incident)

        records = self._table("journal", Record)
        return Journal(records, now, told) if self._settings.audit_topic else Journal(records, now)

    @cached_property
    def audit(self) -> "Audit | None":
        """What publishes the journals, where a topic is configured for them."""
        from remediations.audit import Audit, Published

        settings = self._settings
        if not settings.audit_topic:
            return None
        from remediations.adapters.audit_topic import EventGridTopic

        topic = EventGridTopic(settings.audit_topic, self._credential(settings.reader_client_id))
        return Audit(self.journal, self._table("published", Published), topic, self.queue, now)

    @cached_property
    def pauses(self) -> Pauses:
        from remediations.pauses import Paused

        return Pauses(self._table("pauses", Paused), now, self._settings.paused)

    @cached_property
    def ledger(self) -> Ledger:
        from remediations.model import Commitment

        return Ledger(self._table("changes", Commitment), now)

    @cached_property
    def approvals(self) -> "Approvals":
        from remediations.approvals import Approval, Approvals

        return Approvals(self._table("approvals", Approval), self.queue, now)

    @cached_property
    def drift(self) -> "Drift":
        from remediations.drift import Drift, Writes

        return Drift(self._table("drift", Writes), self._settings.writer_client_id)

    @cached_property
    def storage_history(self) -> "StorageHistory":
        from remediations.storage_history import StorageDay, StorageHistory

        return StorageHistory(self._table("storage", StorageDay))

    @cached_property
    def storage(self) -> "StorageStudy":
        from checks.adapters.arm import Arm
        from checks.adapters.azure_contents import AzureSurveyor
        from checks.adapters.azure_metrics import AzureMetrics
        from checks.adapters.azure_registry import AzureRegistry
        from remediations.storage_study import Counted, StorageStudy

        settings = self._settings
        clients = self._clients(settings.reader_client_id)
        arm = Arm(self._credential(settings.reader_client_id), settings.arm_endpoint)
        return StorageStudy(
            self.storage_history,
            AzureMetrics(clients),
            AzureSurveyor(clients, now),
            AzureRegistry(clients, arm),
            self._table("contents", Counted),
            now,
        )

    @cached_property
    def push_gap(self) -> "PushGap":
        from checks.adapters.azure_metrics import AzureMetrics
        from remediations.push_gap import Gap, PushGap

        metrics = AzureMetrics(self._clients(self._settings.reader_client_id))
        return PushGap(metrics, self.registries.values(), self._table("gaps", Gap), self.rejected, now)

    @cached_property
    def medic(self) -> "Medic":
        from checks.adapters.azure_registry import AzureRegistry
        from remediations.adapters.registry_writer import AzureRegistryWriter
        from remediations.execution import Execution
        from remediations.lease import Holding, Leases
        from remediations.responder import Medic

        policy, version = self.policy
        page = self._settings.approval_page
        return Medic(
            registries=self.registries,
            reader=AzureRegistry(self._clients(self._settings.reader_client_id)),
            instruments=lambda: replace(
                self._instruments, patience=_PATIENCE, watchers_patience=_WATCHERS_PATIENCE
            ),
            policy=policy,
            policy_version=version,
            incidents=self.incidents,
            journal=self.journal,
            ledger=self.ledger,
            pauses=self.pauses,
            approvals=self.approvals,
            approval_page=page.address if page else "",
            leases=Leases(self._table("leases", Holding), now),
            execution=Execution(
                self.ledger, AzureRegistryWriter(self._clients(self._settings.writer_client_id))
            ),
            drift=self.drift,
            storage=self.storage,
            outbox=self.outbox,
            queue=self.queue,
            clock=now,
        )

    @cached_property
    def policy(self) -> "tuple[Policy, str]":
        """The policy and its version. Raises PolicyError, with file, line and reason, for a wrong one."""
        from remediations.policy_file import parse_policy, policy_version

        file = self._settings.policy_file
        text = file.read_text(encoding="utf-8")
        return parse_policy(text, file.name), policy_version(text)

    @cached_property
    def queue(self) -> Queue:
        from remediations.adapters.queue import AzureQueue

        return AzureQueue.connect(self._settings.storage, "push-medic", self._credential)

    @cached_property
    def outbox(self) -> "Outbox":
        from remediations.adapters.channels import paces
        from remediations.message import Message
        from remediations.outbox import Outbox
        from remediations.pacing import Pacing, Sent
        from remediations.restraint import Manners, Restraint

        if not self._channels:
            log.warning("No channel is configured: nobody is told of anything.")
        table = self._table("outbox", Message)
        manners = Manners(self.policy[0].notices, paces(self._settings.channels))
        restraint = Restraint(table, now, Pacing(self._table("paces", Sent), now), manners)
        return Outbox(table, self.queue, self._channels, now, restraint)

    @cached_property
    def _channels(self) -> "Mapping[str, Channel]":
        from remediations.adapters.channels import channels
        from remediations.tickets import Ticket, Tickets

        settings = self._settings
        return channels(
            settings.channels,
            lambda: self._credential(settings.reader_client_id),
            lambda desk: Tickets(desk, self._table("tickets", Ticket), now),
        )

    def _table[T](self, name: str, kind: type[T]) -> Table[T]:
        from remediations.adapters.tables import AzureTable

        return AzureTable.connect(self._settings.storage, f"pushmedic{name}", kind, self._credential)

    @cached_property
    def _logs(self) -> LogReader:
        from azure.monitor.query import LogsQueryClient

        from checks.adapters.log_analytics import LogAnalytics

        settings = self._settings
        client = LogsQueryClient(
            self._credential(settings.reader_client_id),
            endpoint=settings.logs_endpoint,
            connection_timeout=5,
            read_timeout=60,
            retry_total=2,
        )
        return LogAnalytics(client, settings.workspace_id, self.registries.values())

    @cached_property
    def _instruments(self) -> "Instruments":
        from checks.adapters.arm import Arm
        from checks.adapters.azure_registry import AzureRegistry
        from checks.adapters.network_watcher import AzureNetworkWatcher
        from checks.adapters.probes import MachineProbes
        from checks.examination import Instruments

        settings = self._settings
        credential = self._credential(settings.reader_client_id)
        return Instruments(
            reader=AzureRegistry(
                self._clients(settings.reader_client_id), Arm(credential, settings.arm_endpoint)
            ),
            probes=MachineProbes(credential, settings.registry_audience),
            watcher=AzureNetworkWatcher(credential, settings.arm_endpoint),
        )

    def _identity(self, role: str, client_id: str, needs: tuple[str, ...]) -> "Identity":
        from checks.adapters.azure_installation import AzureInstallation
        from checks.adapters.azure_registry import AzureRegistry
        from remediations.doctor import Identity

        clients = self._clients(client_id)
        return Identity(role, client_id, needs, AzureInstallation(clients), AzureRegistry(clients))

    def _clients(self, client_id: str) -> "AzureClients":
        from checks.adapters.azure_clients import AzureClients

        settings = self._settings
        return AzureClients(self._credential(client_id), settings.arm_endpoint, settings.registry_audience)

    def _credential(self, client_id: str) -> "TokenCredential":
        """The identity of that client id; on an operator's own machine, whoever is logged in to Azure."""
        from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

        if client_id:
            return ManagedIdentityCredential(client_id=client_id)
        return DefaultAzureCredential()
