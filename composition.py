"""The bot, put together: what the triggers and the command line call, and nothing below it."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from checks.incident import Incident
from checks.intake.event_grid import Event, Pushed, RegistryWritten
from checks.intake.reported import Explained
from checks.model import Registry, Rejection, Source
from parts import Parts, now
from remediations.ports import Deliver, Expire, Publish, Respond, Undo
from settings import read_settings, settings_to_look

if TYPE_CHECKING:
    import azure.functions as func

    from checks.frame import Caller
    from checks.health import Health
    from checks.intake.diagnostic_logs import Batch
    from checks.intake.overtaken import Overtaken
    from remediations.approval_page import Asking
    from remediations.doctor import Checkup
    from remediations.incidents_page import Known, Looking
    from remediations.overview import Overview
    from remediations.pages import Page
    from remediations.proof import Word
    from remediations.storage_report import StorageReport
    from remediations.support import Support


def build() -> "App":
    """The app for this environment. Raises SettingsError and PolicyError for what cannot work."""
    # The SDKs log every request at INFO, and the host sends INFO to Application Insights.
    logging.getLogger("azure").setLevel(logging.WARNING)
    app = App(read_settings(os.environ))
    app.policy  # noqa: B018 - a wrong policy refuses to start, whatever comes in first
    return app


def to_look_at(resource_id: str) -> "App":
    """An app that can look at one registry and do nothing else, with no setting of an installation.

    Its login server is the one that Resource Manager names; where that says nothing, the one of the public cloud.
    """
    registry = Registry(
        resource_id=resource_id, login_server=f"{resource_id.rpartition('/')[2].lower()}.azurecr.io"
    )
    app = App(settings_to_look(os.environ, registry))
    login_server = app.login_server_of(registry)
    named = replace(registry, login_server=login_server) if login_server else registry
    return App(settings_to_look(os.environ, named))


class App(Parts):
    """The bot, put together. The triggers and the command line call this and nothing below it."""

    # What the triggers call.

    def take_rows(self, bodies: Iterable[bytes]) -> "Batch":
        """Take in rows of the registries' diagnostic logs. Where none of them matters, storage is left alone."""
        batch = self.reception.rows(bodies)
        if batch.signals or batch.rejections:
            self.hearing.note(Source.DIAGNOSTIC_LOGS)
        return batch

    def take_event(self, event: "func.EventGridEvent | func.CloudEvent") -> str:
        """Take in an event of a registry, and say what became of it."""
        news = self.reception.event(_event(event))
        if isinstance(news, Pushed):
            from remediations.responder import pushed

            pushed(self.medic, news)
        if isinstance(news, RegistryWritten):
            self.drift.keep(news)
        self.hearing.note("registry_events")
        return news.reason if isinstance(news, Rejection) else type(news).__name__.lower()

    def take_pipeline_event(self, event: "func.EventGridEvent | func.CloudEvent") -> str:
        """Take in a pipeline's report from the custom topic, and say what became of it."""
        import msgspec

        body = msgspec.json.encode(_event(event).data)
        told = self.reception.report(body, Source.PIPELINE_EVENT)
        self.hearing.note(Source.PIPELINE_EVENT)
        return str(_outcome(told)[1]["outcome"])

    def take_report(
        self, body: bytes, forwarded_for: str, authorization: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """Take in a pipeline's report over HTTP: the status and the JSON to answer with.

        `authorization` is the header in which the job's own token may be.
        """
        word = self.witness.hear(authorization) if authorization else None
        told = self.reception.report(body, Source.PUSH_REPORT, _last_address(forwarded_for), word)
        self.hearing.note(Source.PUSH_REPORT)
        status, answer = _outcome(told)
        receipt = {"receipt": self.receipts.give(told.id)} if isinstance(told, Incident) else {}
        return status, answer | receipt | _heard(word, told)

    def tell_of_report(self, receipt: str) -> tuple[int, dict[str, Any]]:
        """Say what became of a report to whoever has its receipt: the status and the JSON to answer with."""
        import msgspec

        from remediations.standing import standing

        if not self.pace.allows():
            return 429, {"outcome": "asked_too_often"}
        incident = self.incidents.known(self.receipts.find(receipt) or "")
        if incident is None or incident.registry not in self.registries:
            return 404, {"outcome": "not_a_receipt"}
        entries = (record.entry for record in self.journal.read(incident.id))
        stands = standing(incident, entries, self.registries[incident.registry])
        return 200, msgspec.to_builtins(stands)

    def take_approval(self, asking: "Asking") -> "Page | None":
        """The page of an approval, and after a POST that passed everything, the answer. None: there is no page."""
        from remediations.approval_page import ApprovalPage

        settings = self._settings.approval_page
        return ApprovalPage(self.approvals, settings.keys, now).answer(asking) if settings else None

    def take_look(self, looking: "Looking") -> "Page | None":
        """The page on which people look at everything, or at one incident. None: there is no page."""
        from remediations.incidents_page import IncidentsPage, Links

        settings = self._settings
        if not settings.incidents_page:
            return None
        links = Links() if settings.approval_page else Links(approvals="")
        return IncidentsPage(self.overview, self.known, links).answer(looking)

    def overview(self) -> "Overview":
        """Everything that operators want to see at once."""
        from remediations.overview import overview
        from remediations.surveying import Surveyor

        surveyor = Surveyor(
            registries=self.registries,
            incidents=self.incidents,
            journal=self.journal,
            ledger=self.ledger,
            approvals=self.approvals,
            outbox=self.outbox,
            pauses=self.pauses,
            storage=self.storage_history,
            clock=now,
        )
        return overview(surveyor.look())

    def known(self, incident: str) -> "Known":
        """What is known of one incident."""
        from checks.incident import parts_of
        from remediations.incidents_page import Known
        from remediations.journal import broken_at

        records, parts = self.journal.read(incident), parts_of(incident)
        held = self.ledger.held(incident, parts[0]) if parts else None
        return Known(
            records=records,
            row=self.incidents.known(incident),
            in_force=str(held.change) if held else "",
            broken_at=broken_at(records),
        )

    def carry_out(self, message: bytes) -> None:
        """Do what a queued command says. Raises ValueError if that is no command: it ends in the poison queue."""
        from remediations.adapters.queue import decode_command
        from remediations.responder import expire, respond, undo

        command = decode_command(message)
        match command:
            case Respond():
                respond(self.medic, command)
            case Undo():
                undo(self.medic, command)
            case Expire():
                expire(self.medic, command)
            case Deliver(message=message_id):
                self._deliver(message_id)
            case Publish(incident=incident):
                self._publish(incident)
            case None:
                raise ValueError("the message holds no command")

    def give_up(self, message: bytes) -> None:
        """Hand a command that failed again and again to people."""
        from remediations.adapters.queue import decode_command
        from remediations.responder import give_up

        excerpt = message[:500].decode("utf-8", "replace")
        why = "a command failed again and again"
        self.rejected.keep([Rejection(source="queue", reason="poisoned", detail=why, excerpt=excerpt)])
        command = decode_command(message)
        match command:
            case Respond(incident=incident):
                give_up(self.medic, incident, "every try to look into it failed")
            case Undo(change=change):
                give_up(self.medic, change.rpartition("-")[0], f"every try to undo {change} failed")
            case Expire(registry=registry):
                why = "every try to take out network rules whose time is up failed"
                give_up(self.medic, f"rules-of-{registry}", why)
            case Publish(incident=incident):
                give_up(self.medic, f"audit-of-{incident}", "every try to publish its records failed")
            case Deliver(message=message_id):
                give_up(self.medic, f"message-{message_id}", "every try to send a message failed")
            case None:
                give_up(self.medic, "unreadable-command", excerpt)

    def sweep(self) -> int:
        """Put back on the queue what is due; and where the metrics count failed pushes, ask the logs now.

        How many messages have reached nobody, which an alert looks at.
        """
        from remediations.sweep import sweep

        sweep(self.medic)
        self.hearing.note("sweep")
        if self._settings.workspace_id and self.push_gap.is_fresh():
            self.catch_up()
        return self.outbox.unsent()

    def watch_storage(self) -> None:
        """See how full each registry is, and forget what is long over."""
        from remediations.storage_watch import watch_storage
        from remediations.sweep import say_hello, tidy

        self.rejected.keep(watch_storage(self.medic))
        tidy(self.medic)
        say_hello(self.medic)
        if self.audit:
            for registry in self.registries:
                self.audit.catch_up(self.incidents, registry)
        self.witness.forget()
        self._forget_tickets()
        self.receipts.forget()

    def catch_up(self) -> str:
        """Ask Log Analytics for what the stream lost, and say what became of it."""
        if not self._settings.workspace_id:
            return "no workspace is set"
        from checks.evidence import Unreadable
        from remediations.catch_up import CatchUp, Watermark

        def over(failures: "Sequence[Overtaken]") -> None:
            from remediations.responder import withdraw

            withdraw(self.medic, failures)

        marks = self._table("marks", Watermark)
        found = CatchUp(self._logs, marks, self.reception, self.rejected, now, over).run()
        if isinstance(found, Unreadable):
            return found.why
        if found.signals or found.rejections:
            self.hearing.note(Source.LOG_ANALYTICS)
        return f"{len(found.signals)} signals"

    def every_incident(self) -> Iterator[str]:
        """The id of every incident there ever was, with all its rounds."""
        for registry in self.registries:
            for incident in self.incidents.ever(registry):
                for number in range(1, incident.round + 1):
                    yield f"{incident.registry}-{incident.fingerprint}-{number}"

    def flaw(self, incident: str) -> str:
        """What shows that somebody changed the incident's past, or nothing."""
        from remediations.verification import flaw

        published = self.audit.published(incident) if self.audit else 0
        return flaw(self.journal, incident, self.incidents.known(incident), published)

    def check(
        self, registry: str, repository: str | None, origin: str | None, told: Callable[[str], None]
    ) -> "Health":
        """How the registry is, from this machine and, with `origin`, from a machine in Azure.

        Raises ValueError for a repository or a resource id that is none.
        """
        from checks.catalog import checks
        from checks.examination import examine
        from checks.health import asking, health

        known = self.registries[registry]
        subject = asking(repository, origin)
        evidence = examine(known, subject, self._instruments, now(), told)
        if evidence.throttling and self._settings.workspace_id:
            subject = replace(subject, callers=self._throttled_lately(known))
        return health(known, subject, evidence, checks())

    def _throttled_lately(self, registry: Registry) -> "tuple[Caller, ...]":
        """Whose requests the registry refused for their number within the last hour, as far as the logs tell."""
        from checks.evidence import Unreadable
        from checks.incident import callers_of
        from checks.intake.diagnostic_logs import read_bodies
        from checks.model import Symptom
        from checks.ports import Some

        rows = self._logs.failures(now() - timedelta(hours=1), now())
        if isinstance(rows, Unreadable):
            return ()
        bodies = rows.rows if isinstance(rows, Some) else rows
        batch = read_bodies(bodies, {registry.key: registry}, Source.LOG_ANALYTICS)
        return callers_of(signal for signal in batch.signals if signal.symptom is Symptom.THROTTLED)

    def login_server_of(self, registry: Registry) -> str:
        """The registry's login server as Resource Manager names it; empty where it could not be asked."""
        from checks.evidence import Profile

        profile = self._instruments.reader.profile(registry)
        return profile.login_server if isinstance(profile, Profile) else ""

    def study_storage(self, registry: str) -> "tuple[StorageReport, str]":
        """What is known of a registry's storage, looked at and counted now; and why not, where that failed."""
        from checks.evidence import Unreadable

        known = self.registries[registry]
        usage = self.medic.reader.usage(known)
        unread = usage if isinstance(usage, Unreadable) else self.storage.see(known, usage)
        self.storage.count(known, anew=True)
        return self.storage.report(known), unread.why if unread else ""

    def support(self, registry: Registry) -> "Support":
        """Microsoft's support for the registry's subscription, as whoever is logged in on this machine."""
        from remediations.adapters.azure_support import AzureSupport

        return AzureSupport(self._credential(""), self._settings.arm_endpoint, registry.subscription)

    def doctor(self, told: Callable[[str], None], *, send_test: bool) -> "Checkup":
        """Whether the installation can do its work; on request, every channel gets a test message."""
        from remediations.adapters.desks import looks
        from remediations.adapters.queue import AzureBacklogs
        from remediations.doctor import READER_NEEDS, WRITER_NEEDS, Doctor
        from remediations.heard import Heard

        settings = self._settings
        return Doctor(
            registries=self.registries,
            identities=(
                self._identity("Reader", settings.reader_client_id, READER_NEEDS),
                self._identity("Writer", settings.writer_client_id, WRITER_NEEDS),
            ),
            hub=settings.event_hub,
            namespace=settings.event_hub_host.partition(".")[0],
            policy=self.policy[0],
            hearing=self.hearing,
            marks=self._table("heard", Heard),
            backlogs=AzureBacklogs(settings.storage, self._credential),
            channels=self._channels,
            desks=looks(settings.channels.desks, lambda: self._credential(settings.reader_client_id)),
            logs=self._logs if settings.workspace_id else None,
            clock=now,
        ).examine(told, send_test=send_test)

    def _publish(self, incident: str) -> None:
        """Publish an incident's records; what a topic does not take is kept where operators look, and tried again."""
        why = self.audit.publish(incident) if self.audit else ""
        if why:
            self.rejected.keep(
                [Rejection(source="audit", reason="not_published", detail=why, excerpt=incident)]
            )

    def _forget_tickets(self) -> None:
        from remediations.tickets import Tickets

        for channel in self._channels.values():
            if isinstance(channel, Tickets):
                channel.prune()

    def _deliver(self, message_id: str) -> None:
        """Send a message, and write into its incident's journal what came of that."""
        from remediations.outbox import Tried

        tried = self.outbox.deliver(message_id)
        if isinstance(tried, Tried):
            self.journal.of(tried.incident).write(tried.key, tried.told)


def _event(event: "func.EventGridEvent | func.CloudEvent") -> Event:
    """What both schemas have in common."""
    import azure.functions as func

    if isinstance(event, func.CloudEvent):
        topic, kind, at = event.source, event.type, event.time
    else:
        topic, kind, at = event.topic, event.event_type, event.event_time
    return Event(id=event.id or "", topic=topic or "", type=kind or "", at=at or now(), data=event.get_json())


def _outcome(told: Incident | Explained | Rejection) -> tuple[int, dict[str, Any]]:
    """What a reporter is told: the HTTP status and the answer."""
    match told:
        case Incident():
            return 202, {
                "outcome": "incident",
                "incident": told.id,
                "state": told.state.value,
                "proof": told.proof.value,
            }
        case Explained(explanation=explanation):
            from checks.intake.advice import ADVICE

            return 200, {
                "outcome": "explained",
                "cause": explanation.cause.value,
                "advice": ADVICE[explanation.cause],
            }
        case Rejection(reason=reason, detail=detail):
            return _STATUS.get(reason, 422), {"outcome": reason, "detail": detail}


def _heard(word: "Word | None", told: Incident | Explained | Rejection) -> dict[str, str]:
    """What a reporter is told of the token that came with the report."""
    from remediations.proof import Proven, about

    word = about(word, told.registry) if isinstance(told, Incident) else word
    match word:
        case None:
            return {}
        case Proven(job=job):
            return {"token": "verified", "sender": job}
        case refused:
            return {"token": refused.flaw.value, "because": refused.because}


_STATUS = {"not_a_report": 400, "too_large": 413}


def _last_address(forwarded_for: str) -> str | None:
    """The address that App Service itself appended to X-Forwarded-For; what stands before it is anybody's word."""
    last = forwarded_for.rpartition(",")[2].strip()
    host, _, port = last.rpartition(":")
    return (host if host and port.isdecimal() and "." in host else last) or None
