"""A busy month of three registries, as it stands in the bot's tables: what the overview is shown with.

Every incident is told by its journal, and every journal is sealed record by record as the bot writes it.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from checks.evidence import Attributes, CeilingSource, Evidence, NotAsked, RegistrySettings, Usage
from checks.incident import Incident, State, opened
from checks.model import (
    Cause,
    CauseName,
    Cleared,
    DeniedAddress,
    Diagnosis,
    Finding,
    FullStorage,
    Image,
    LockedObject,
    LockLevel,
    Proof,
    RefusedIdentity,
    Registry,
    Signal,
    Source,
    Symptom,
    Unknown,
)
from remediations.approvals import Approval, digest_of
from remediations.episodes import Episode, episode
from remediations.message import Message
from remediations.message import State as Sent
from remediations.model import (
    AboutTo,
    Answered,
    AskApproval,
    Asked,
    CameOf,
    Change,
    Commitment,
    Decided,
    Ended,
    Entry,
    Escalate,
    Judged,
    LockChange,
    Looked,
    Notice,
    Reason,
    Record,
    Remediate,
    RuleChange,
    Seen,
    Severity,
    Stage,
    Told,
    Undone,
    Unverified,
    Verified,
)
from remediations.overview import Survey
from remediations.pauses import Paused
from remediations.storage_history import StorageDay
from tests.worlds import ANN, SUBSCRIPTION

AT: Final = datetime(2026, 11, 26, 14, 2, tzinfo=UTC)
NAMES: Final = ("contosoapps", "contosoml", "contosoedge")
REGISTRIES: Final = {
    name: Registry(
        resource_id=f"/subscriptions/{SUBSCRIPTION}/resourceGroups/registries/providers"
        f"/Microsoft.ContainerRegistry/registries/{name}",
        login_server=f"{name}.azurecr.io",
    )
    for name in NAMES
}
LOCKED: Final = Attributes(write=False, delete=True, read=True, list=True)
RULES: Final = ("20.50.1.0/24", "52.138.231.0/26", "40.74.28.0/23")


def ago(**span: float) -> datetime:
    return AT - timedelta(**span)


class Past:
    """What has happened, as far as it is told. Each verb adds one incident with its journal."""

    def __init__(self) -> None:
        self.incidents: list[Incident] = []
        self.journals: dict[str, tuple[Record, ...]] = {}
        self.commitments: list[Commitment] = []
        self.approvals: list[Approval] = []
        self.messages: list[Message] = []
        self.pauses: dict[str, Paused] = {}
        self.storage: dict[str, tuple[StorageDay, ...]] = {}

    def survey(self) -> Survey:
        """Everything, as it is read."""
        return Survey(
            at=AT,
            since=ago(days=30),
            registries=REGISTRIES,
            incidents=self.incidents,
            episodes=self.episodes(),
            commitments=self.commitments,
            approvals=self.approvals,
            messages=self.messages,
            channels=("teams", "email", "azure_devops"),
            pauses=self.pauses,
            storage=self.storage,
        )

    def episodes(self) -> Sequence[Episode]:
        told = (episode(incident, records) for incident, records in self.journals.items())
        return [one for one in told if one]

    def began(self, signal: Signal, state: State, moved_at: datetime, count: int = 1) -> Incident:
        incident = replace(
            opened(signal, signal.at + timedelta(seconds=4)),
            state=state,
            moved_at=moved_at,
            count=count,
            last_at=max(signal.at, moved_at - timedelta(minutes=1)) if count > 1 else signal.at,
        )
        self.incidents.append(incident)
        return incident

    def wrote(self, incident: Incident, entries: Iterable[tuple[datetime, Entry]]) -> None:
        """The journal of it, sealed."""
        records: list[Record] = []
        for seq, (at, entry) in enumerate(entries, start=1):
            prev = records[-1].digest if records else "0" * 64
            records.append(Record(seq, f"step-{seq}", at, entry, prev).sealed())
        self.journals[incident.id] = tuple(records)

    def mended(
        self, signal: Signal, change: Change, took: float, *, agreed: bool = False, undone: float = 0
    ) -> Incident:
        """A push that was refused, and mended so many seconds later; undone again after so many minutes."""
        at = signal.at
        done = at + timedelta(seconds=took)
        over = done + timedelta(minutes=undone)
        incident = self.began(signal, State.CLOSED if undone else State.MENDED, over if undone else done)
        key = f"{incident.id}-0"
        diagnosis = found(signal)
        asked = (
            (
                at + timedelta(seconds=8),
                Asked(f"{incident.id}-0f", "9d31c0ffee12aa55", change, at + timedelta(days=1)),
            ),
            (
                done - timedelta(seconds=4),
                Answered(f"{incident.id}-0f", "9d31c0ffee12aa55", "approved", str(ANN), "page", "hotfix"),
            ),
        )
        decision = (
            AskApproval(change, Reason.APPROVAL_NEEDED, saw(signal))
            if agreed
            else Remediate(change, Reason.PERMITTED, saw(signal))
        )
        self.wrote(
            incident,
            (
                (at + timedelta(seconds=4), Seen(signal)),
                (at + timedelta(seconds=6), Looked(evidence(at, signal))),
                (at + timedelta(seconds=6), Judged(diagnosis)),
                (at + timedelta(seconds=7), Decided(decision, "4f1c2d9e")),
                *(asked if agreed else ()),
                (done - timedelta(seconds=2), AboutTo(key, change)),
                (done, CameOf(key, Verified(_CLEARED[signal.symptom]))),
                (done + timedelta(seconds=1), Told("m", "teams", "accepted")),
                *(((over, AboutTo(f"{key}/undo", _back(change))),) if undone else ()),
                *(((over, CameOf(f"{key}/undo", Undone())),) if undone else ()),
                *(((over, Ended("the push has succeeded")),) if undone else ()),
            ),
        )
        stage = Stage.UNDONE if undone else Stage.VERIFIED
        check = diagnosis.findings[0].check
        self.commitments.append(
            Commitment(
                key,
                incident.id,
                incident.fingerprint,
                check,
                change,
                stage,
                done - timedelta(seconds=2),
                change.until,
            )
        )
        return incident

    def left(self, signal: Signal, reason: Reason, because: str, count: int = 1) -> Incident:
        """Something that is for people."""
        at = signal.at + timedelta(seconds=6)
        incident = self.began(signal, State.WITH_PEOPLE, at + timedelta(minutes=count), count)
        self.wrote(
            incident,
            (
                (signal.at + timedelta(seconds=4), Seen(signal)),
                (at, Looked(evidence(at, signal))),
                (at, Judged(found(signal))),
                (at, Decided(Escalate(reason, because), "4f1c2d9e")),
                (at + timedelta(seconds=2), Told("m", "teams", "accepted")),
            ),
        )
        return incident

    def asked(self, signal: Signal, change: Change) -> Approval:
        """Something that waits for an answer."""
        at = signal.at + timedelta(seconds=9)
        incident = self.began(signal, State.WAITING, at)
        approval = Approval(
            id=f"{incident.id}-0b5e7712",
            incident=incident.id,
            change=change,
            because=saw(signal),
            digest=digest_of(change, at),
            asked_at=at,
            expires_at=at + timedelta(hours=24),
        )
        self.approvals.append(approval)
        self.wrote(
            incident,
            (
                (signal.at + timedelta(seconds=4), Seen(signal)),
                (at, Looked(evidence(at, signal))),
                (at, Judged(found(signal))),
                (at, Decided(AskApproval(change, Reason.APPROVAL_NEEDED, saw(signal)), "4f1c2d9e")),
                (at, Asked(approval.id, approval.digest, change, approval.expires_at)),
            ),
        )
        return approval

    def unhelped(self, signal: Signal, change: Change) -> Incident:
        """A change that did not help."""
        at = signal.at + timedelta(seconds=14)
        incident = self.began(signal, State.WITH_PEOPLE, at)
        key = f"{incident.id}-0"
        self.wrote(
            incident,
            (
                (signal.at + timedelta(seconds=4), Seen(signal)),
                (at, Judged(found(signal))),
                (at, Decided(Remediate(change, Reason.PERMITTED, saw(signal)), "4f1c2d9e")),
                (at, AboutTo(key, change)),
                (
                    at,
                    CameOf(
                        key, Unverified("the check firewall_ip_denied still says: the address is in no rule")
                    ),
                ),
            ),
        )
        self.commitments.append(
            Commitment(
                key,
                incident.id,
                incident.fingerprint,
                "firewall_ip_denied",
                change,
                Stage.UNVERIFIED,
                at,
                change.until,
            )
        )
        return incident

    def posted(self, channel: str, at: datetime, state: Sent = Sent.ACCEPTED, why: str = "") -> None:
        notice = Notice("contosoapps-000000000000-1", f"step-{at}", Severity.INFO, "Anything", at, ())
        self.messages.append(Message(f"{channel}-{at}", channel, notice, at, at, state, why=why))


def refused(registry: str, image: str, at: datetime) -> Signal:
    """A push that was answered with 405."""
    repository, _, tag = image.partition(":")
    return Signal(
        id=f"405-{at}",
        source=Source.DIAGNOSTIC_LOGS,
        at=at,
        registry=registry,
        symptom=Symptom.PUSH_DISALLOWED,
        image=Image(repository, tag or None),
        address="52.138.231.5",
        proof=Proof.REGISTRY_LOG,
        excerpt=f"PutManifest of {image} was answered with 405 DENIED",
    )


def denied(registry: str, address: str, at: datetime, proof: Proof = Proof.REGISTRY_LOG) -> Signal:
    """A client that the firewall refused."""
    return Signal(
        id=f"403-{address}-{at}",
        source=Source.DIAGNOSTIC_LOGS if proof is Proof.REGISTRY_LOG else Source.PUSH_REPORT,
        at=at,
        registry=registry,
        symptom=Symptom.ADDRESS_DENIED,
        address=address,
        proof=proof,
        excerpt=f"denied: client with IP '{address}' is not allowed access. Refer https://aka.ms/acr/firewall",
    )


def refused_identity(registry: str, repository: str, at: datetime) -> Signal:
    """An identity that may not push there."""
    return Signal(
        id=f"401-{at}",
        source=Source.DIAGNOSTIC_LOGS,
        at=at,
        registry=registry,
        symptom=Symptom.UNAUTHORIZED,
        image=Image(repository),
        identity="33333333-3333-3333-3333-000000000001",
        said=CauseName.PERMISSION_DENIED,
        excerpt="unauthorized: authentication required",
    )


def filling(registry: str, band: int, at: datetime) -> Signal:
    """A registry whose storage reached a band."""
    return Signal(
        id=f"{registry}-{band}",
        source=Source.STORAGE_WATCH,
        at=at,
        registry=registry,
        symptom=Symptom.STORAGE_FILLING,
        band=band,
        excerpt=f"storage at {band} %",
    )


def saw(signal: Signal) -> str:
    match signal.symptom:
        case Symptom.PUSH_DISALLOWED:
            return f"writeEnabled is false on tag {signal.image}"
        case Symptom.ADDRESS_DENIED:
            return f"{signal.address} is in none of the {len(RULES)} network rules"
        case Symptom.STORAGE_FILLING:
            return (
                f"{signal.band}.2 TiB of 100.0 TiB used, {signal.band} % (ceiling: {CeilingSource.SERVICE})"
            )
        case _:
            return "identity 33333333-3333-3333-3333-000000000001 has no role that lets it push"


def found(signal: Signal) -> Diagnosis:
    """What the checks say of it."""
    match signal.symptom:
        case Symptom.PUSH_DISALLOWED:
            assert signal.image
            target = LockedObject(LockLevel.TAG, signal.image.repository, signal.image.tag)
            cause = Finding("tag_locked", Cause(CauseName.LOCKED, target, saw(signal)))
            other = Finding("repository_locked", Cleared("writeEnabled is true on the repository"))
            more = Finding("storage_limit", Cleared("41.0 TiB of 100.0 TiB used, 41 %"))
        case Symptom.ADDRESS_DENIED:
            address = DeniedAddress(str(signal.address))
            cause = Finding("firewall_ip_denied", Cause(CauseName.FIREWALL_IP_DENIED, address, saw(signal)))
            other = Finding("public_access_disabled", Cleared("public network access is enabled"))
            more = Finding("data_endpoint_unreachable", Unknown("nobody looked from the client's network"))
        case Symptom.STORAGE_FILLING:
            tebibyte = 1024**4
            full = FullStorage((signal.band or 0) * tebibyte, 100 * tebibyte, CeilingSource.SERVICE)
            cause = Finding("storage_limit", Cause(CauseName.STORAGE_LIMIT, full, saw(signal)))
            return Diagnosis(signal.symptom, (cause,))
        case _:
            cause = Finding(
                "push_not_permitted",
                Cause(
                    CauseName.PERMISSION_DENIED,
                    RefusedIdentity(signal.identity),
                    saw(signal),
                    "Assign Container Registry Repository Writer to it.",
                ),
            )
            return Diagnosis(signal.symptom, (cause,))
    return Diagnosis(signal.symptom, (cause, other, more))


def evidence(at: datetime, signal: Signal) -> Evidence:
    """What was read of the registry."""
    settings = RegistrySettings(
        "Premium",
        public_network_access=True,
        denies_by_default=True,
        ip_rules=RULES,
        quarantine=False,
        anonymous_pull=False,
        admin_user=False,
    )
    usage = Usage(41 * 1024**4, 100 * 1024**4, CeilingSource.SERVICE, 200)
    locks = signal.symptom is Symptom.PUSH_DISALLOWED
    return Evidence(
        read_at=at,
        settings=settings,
        usage=usage,
        repository=replace(LOCKED, write=True) if locks else NotAsked(),
        tag=LOCKED if locks else NotAsked(),
        manifest=NotAsked(),
    )


_CLEARED: Final = {
    Symptom.PUSH_DISALLOWED: "writeEnabled is true on the tag",
    Symptom.ADDRESS_DENIED: "the address is in the network rules",
}


def unlock(registry: str, image: str, until: datetime) -> LockChange:
    repository, _, tag = image.partition(":")
    target = LockedObject(LockLevel.TAG, repository, tag)
    return LockChange(registry, target, LOCKED, write_enabled=True, until=until)


def allow(registry: str, address: str, until: datetime) -> RuleChange:
    return RuleChange(registry, RULES, add=(address,), until=until)


def _back(change: Change) -> Change:
    match change:
        case LockChange():
            return replace(change, before=change.after, write_enabled=False, until=None)
        case RuleChange():
            return RuleChange(change.registry, change.after, remove=change.add)


def busy() -> Past:
    """A month in which much happened, and some of it waits for people."""
    past = Past()
    apps, ml, edge = NAMES
    past.asked(
        denied(edge, "52.138.231.77", ago(minutes=12), Proof.SAME_ADDRESS),
        allow(edge, "52.138.231.77", AT + timedelta(hours=1)),
    )
    past.left(
        refused(apps, "payments/api:release-7.4", ago(minutes=38)),
        Reason.PROTECTED,
        "payments/api:release-* is protected by policy",
        count=3,
    )
    past.left(
        filling(ml, 90, ago(days=2, hours=5)), Reason.NO_REMEDIATION, "nothing mends a full registry", count=9
    )
    past.left(
        refused_identity(ml, "training/vision", ago(hours=6)),
        Reason.NO_REMEDIATION,
        "nobody but its owner grants a role",
        count=14,
    )
    past.mended(
        refused(apps, "web/storefront:2.19.0", ago(minutes=25)),
        unlock(apps, "web/storefront:2.19.0", AT + timedelta(hours=1, minutes=35)),
        31,
    )
    past.mended(
        denied(edge, "52.138.231.20", ago(hours=3)),
        allow(edge, "52.138.231.20", AT + timedelta(hours=5)),
        38,
    )
    past.unhelped(
        denied(edge, "52.138.231.9", ago(hours=20)), allow(edge, "52.138.231.9", AT + timedelta(hours=4))
    )
    images = ("web/storefront", "web/search", "payments/ledger", "team/batch", "team/mailer")
    for number in range(1, 31):
        image = f"{images[number % 5]}:{number % 4 + 1}.{number}.0"
        at = ago(days=number * 0.9, minutes=number * 7)
        took = 24 + number * 11 % 37 + (number % 9 == 0) * 240
        past.mended(refused(apps, image, at), unlock(apps, image, at + timedelta(hours=2)), took, undone=6)
    for number in range(1, 13):
        address = f"52.138.231.{100 + number}"
        at = ago(days=number * 2.1, minutes=number * 11)
        agreed = number % 3 == 0
        took = 420 + number * 90 if agreed else 35 + number * 5
        past.mended(
            denied(edge, address, at),
            allow(edge, address, at + timedelta(hours=8)),
            took,
            agreed=agreed,
            undone=480,
        )
    for number in range(40):
        past.posted("teams", ago(hours=number * 4 + 1))
        past.posted("email", ago(hours=number * 4 + 1))
    past.posted("azure_devops", ago(days=2, hours=5))
    past.posted("azure_devops", ago(minutes=38), Sent.DEAD, "the organization answered 401")
    past.posted("email", ago(minutes=1), Sent.WAITING)
    past.storage = grown()
    past.pauses[ml] = Paused("the storage team is moving images", "bea@contoso.com", ago(hours=4))
    return past


# From how many TiB, by how many a day, up to what ceiling.
_GROWTH: Final = {
    "contosoml": (68.0, 0.41, 100),
    "contosoapps": (17.3, 0.05, 100),
    "contosoedge": (6.2, 0.0, 40),
}


def grown() -> dict[str, tuple[StorageDay, ...]]:
    """How full each registry was in the last eight weeks."""
    return {name: _filled(*grows) for name, grows in _GROWTH.items()}


def _filled(start: float, per_day: float, ceiling: int) -> tuple[StorageDay, ...]:
    """Eight weeks of a registry: it grows on weekdays, and what was purged once is gone."""
    tebibyte, days = 1024**4, []
    source = CeilingSource.ASSUMED if ceiling < 100 else CeilingSource.SERVICE
    used = start
    for number in range(56):
        day = (AT - timedelta(days=55 - number)).date()
        used += per_day * (0.3 if day.weekday() > 4 else 1.2) - (per_day * 12 if number == 24 else 0)
        days.append(StorageDay(day, int(used * tebibyte), ceiling * tebibyte, source))
    return tuple(days)


def story_of(past: Past, symptom: Symptom) -> str:
    """The id of the latest mended incident with that symptom."""
    return next(i.id for i in past.incidents if i.symptom is symptom and i.state is State.MENDED)
