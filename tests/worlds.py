"""Worlds to break one thing in: a healthy registry, and the whole bot around it, all in memory.

One registry stands behind the port that reads and the port that writes, so what a test sees verified was read back.

    bot = Bot()
    bot.registry.lock(LockLevel.TAG)
    bot.refused()                   # somebody's push is refused, and the registry's log says so
    bot.work()
    assert bot.registry.writes == [...]
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from checks.contents import Contents, Tally
from checks.evidence import (
    Absent,
    Attributes,
    CeilingSource,
    Evidence,
    Profile,
    RegistrySettings,
    Unreadable,
    Usage,
)
from checks.frame import Subject
from checks.incident import Incident, State
from checks.intake.event_grid import Pushed
from checks.model import CauseName, Image, LockedObject, LockLevel, Proof, Registry, Signal, Source, Symptom
from remediations.approvals import Answer, Approval, Approvals, Person, Via
from remediations.drift import Drift, Writes
from remediations.execution import Execution
from remediations.incidents import Incidents
from remediations.journal import Journal
from remediations.lease import Holding, Leases
from remediations.ledger import Ledger
from remediations.message import Message
from remediations.model import (
    AboutTo,
    Applied,
    CameOf,
    Change,
    Commitment,
    Ended,
    Entry,
    Failed,
    LockChange,
    Moved,
    Notice,
    Outcome,
    Record,
    RuleChange,
)
from remediations.outbox import Outbox, Tried
from remediations.pacing import Pacing, Sent
from remediations.pauses import Paused, Pauses
from remediations.policy import Policy
from remediations.policy_file import parse_policy
from remediations.ports import Accepted, Channel, Command, Deliver, Delivery, Expire, Publish, Respond, Undo
from remediations.responder import Medic, expire, pushed, respond, undo
from remediations.restraint import Manners, Restraint
from remediations.storage_history import StorageDay, StorageHistory
from remediations.storage_study import Counted, StorageStudy
from remediations.sweep import sweep
from remediations.tickets import Ticket, Tickets
from tests.desk import MemoryDesk
from tests.memory import START, Clock, Crash, Fuse, MemoryQueue, MemoryTable
from tests.surroundings import AROUND, Seen

SUBSCRIPTION: Final = "00000000-0000-0000-0000-00000000000a"
CONTOSO: Final = Registry(
    resource_id=f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg1/providers"
    "/Microsoft.ContainerRegistry/registries/contoso",
    login_server="contoso.azurecr.io",
)
OLD: Final = f"sha256:{'a' * 64}"
NEW: Final = f"sha256:{'b' * 64}"
APP: Final = Image("team/app", "v1")
ADDRESS: Final = "52.138.231.5"
COLLEAGUE: Final = "20.50.1.1"
PIPELINE: Final = "33333333-3333-3333-3333-000000000001"
BOT: Final = "11111111-1111-1111-1111-00000000000b"
ANN: Final = Person(name="ann@contoso.com", oid=f"{'a' * 8}-0000-0000-0000-000000000001", tenant=SUBSCRIPTION)
LAST_YEAR: Final = datetime(2025, 6, 1, tzinfo=UTC)
TEBIBYTE: Final = 1024**4

OPEN: Final = Attributes(write=True, delete=True, read=True, list=True, updated_at=LAST_YEAR)
SETTINGS: Final = RegistrySettings(
    sku="Premium",
    public_network_access=True,
    denies_by_default=False,
    ip_rules=(),
    quarantine=False,
    anonymous_pull=False,
    admin_user=False,
)
USAGE: Final = Usage(
    used=TEBIBYTE, ceiling=100 * TEBIBYTE, ceiling_from=CeilingSource.SERVICE, ip_rule_limit=200
)
PROFILE: Final = Profile(
    login_server=CONTOSO.login_server,
    sku="Premium",
    state="Succeeded",
    public_network_access=True,
    abac=False,
)
HELD: Final = Contents(
    read_at=START,
    tallies=(
        Tally("team/models", manifests=900, size=60 * TEBIBYTE, untagged=300, untagged_size=20 * TEBIBYTE),
        Tally("team/app", manifests=40, size=TEBIBYTE, untagged=0, untagged_size=0),
    ),
    listed=2,
    counted=2,
    untagged=300,
    untagged_size=20 * TEBIBYTE,
    indexes=0,
)
HEALTHY: Final = Evidence(
    read_at=START,
    settings=SETTINGS,
    usage=USAGE,
    repository=OPEN,
    tag=replace(OPEN, digest=OLD),
    manifest=replace(OPEN, digest=OLD),
)
FORBIDDEN: Final = Unreadable("Azure answered 403", "the.right/that/is/missing")

PUSH: Final = Subject(symptom=Symptom.PUSH_DISALLOWED, image=APP)
DENIAL: Final = Subject(symptom=Symptom.ADDRESS_DENIED, address=ADDRESS)
FILLING: Final = Subject(symptom=Symptom.STORAGE_FILLING, band=80)
REFUSED: Final = Subject(symptom=Symptom.UNAUTHORIZED, image=APP, identity=PIPELINE)
THROTTLED: Final = Subject(symptom=Symptom.THROTTLED)
CUT_OFF: Final = Subject(symptom=Symptom.UNREACHABLE)
FAULTY: Final = Subject(symptom=Symptom.SERVER_ERROR)
ODD: Final = Subject(symptom=Symptom.UNEXPLAINED, image=APP)
# What signals say of the cause themselves.
TOLD: Final = (
    *(
        replace(REFUSED, said=said)
        for said in (
            CauseName.PERMISSION_DENIED,
            CauseName.AUTHENTICATION_FAILED,
            CauseName.AUTHENTICATION_REQUIRED,
        )
    ),
    *(
        replace(CUT_OFF, said=said)
        for said in (
            CauseName.CONNECTIVITY_TIMEOUT,
            CauseName.DNS_FAILURE,
            CauseName.CONNECTION_REFUSED_OR_RESET,
            CauseName.TLS_ERROR,
            CauseName.PROXY_ERROR,
        )
    ),
    replace(FAULTY, said=CauseName.SERVER_ERROR),
    replace(THROTTLED, said=CauseName.THROTTLED),
)

OBJECTS: Final = {
    LockLevel.REPOSITORY: LockedObject(LockLevel.REPOSITORY, "team/app"),
    LockLevel.TAG: LockedObject(LockLevel.TAG, "team/app", "v1"),
    LockLevel.MANIFEST: LockedObject(LockLevel.MANIFEST, "team/app", OLD),
}

PERMISSIVE: Final = """
version: 1
rehearsal: false
permits:
  - remediation: unlock
    registries: [contoso]
    repositories: ["team/*"]
    tags: ["*"]
    levels: [repository, tag, manifest]
    lasts: 2h
  - remediation: allow_address
    registries: [contoso]
    addresses: [52.138.231.0/24]
    lasts: 8h
    proof: [registry_log, same_address]
"""
_WHERE: Final = {
    LockLevel.REPOSITORY: "repository",
    LockLevel.TAG: "tag",
    LockLevel.MANIFEST: "manifest",
}


def permissive(more: str = "") -> Policy:
    """A policy that permits both cures, with more lines at its end."""
    return parse_policy(PERMISSIVE + more, "policy.yaml")


def asking(more: str = "") -> Policy:
    """The same policy, but a person is asked before each change."""
    return parse_policy(
        PERMISSIVE.replace("    lasts:", "    approval: true\n    lasts:") + more, "policy.yaml"
    )


def locked(level: LockLevel, evidence: Evidence = HEALTHY) -> Evidence:
    """The evidence with a lock on that level."""
    match level:
        case LockLevel.REPOSITORY:
            return replace(evidence, repository=replace(OPEN, write=False))
        case LockLevel.TAG:
            return replace(evidence, tag=replace(OPEN, write=False, digest=OLD))
        case LockLevel.MANIFEST:
            return replace(evidence, manifest=replace(OPEN, write=False, digest=OLD))


def set_to(evidence: Evidence = HEALTHY, **settings: object) -> Evidence:
    """The evidence with other settings of the registry."""
    assert isinstance(evidence.settings, RegistrySettings)
    return replace(evidence, settings=replace(evidence.settings, **settings))


def used(percent: int, evidence: Evidence = HEALTHY) -> Evidence:
    """The evidence with that much of the ceiling used."""
    return replace(evidence, usage=replace(USAGE, used=percent * TEBIBYTE))


def unreadable(part: str, evidence: Evidence = HEALTHY) -> Evidence:
    """The evidence without one of its parts."""
    return replace(evidence, **{part: FORBIDDEN})


_DENYING: Final = set_to(denies_by_default=True)
WORLDS: Final = {
    "healthy": HEALTHY,
    **{f"{level} locked": locked(level) for level in LockLevel},
    "repository and tag locked": locked(LockLevel.TAG, locked(LockLevel.REPOSITORY)),
    "nothing pushed yet": replace(HEALTHY, repository=Absent(), tag=Absent(), manifest=Absent()),
    "default deny": _DENYING,
    "default deny, full quota": set_to(_DENYING, ip_rules=tuple(f"20.0.0.{n}" for n in range(200))),
    "default deny, address let in": set_to(_DENYING, ip_rules=(ADDRESS,)),
    "default deny, range let in": set_to(_DENYING, ip_rules=("52.138.231.0/24",)),
    "default deny, anonymous pull": set_to(_DENYING, anonymous_pull=True),
    "default deny, admin user": set_to(_DENYING, admin_user=True),
    "default deny, standard": set_to(_DENYING, sku="Standard"),
    "public access off": set_to(public_network_access=False),
    "quarantine": set_to(quarantine=True),
    "eighty percent": used(80),
    "full": used(99),
    "full and locked": used(99, locked(LockLevel.TAG)),
    **{
        f"{part} unreadable": unreadable(part)
        for part in ("settings", "usage", "repository", "tag", "manifest")
    },
}


class Lost(Exception):
    """A service did not answer, and nobody expected that."""


class Mortal(Fuse):
    """A worker that fails at its nth step, just before it is done; which is just after the one before.

    One that dies does nothing more, not even tidy up, until another one is started.
    """

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0
        self.dead = False
        self._last: int | None = None
        self._surprise: type[BaseException] = Crash

    def fail(self, *, at: int, surprise: type[BaseException] = Crash) -> None:
        """Fail at that step, counted from now."""
        self.steps, self._last, self._surprise = 0, at, surprise

    def start(self) -> None:
        """Another worker takes over, and does not fail."""
        self.dead, self._last = False, None

    def beginning(self) -> None:
        self.steps += 1
        if self.dead or self.steps == self._last:
            self.dead = self._surprise is Crash
            raise self._surprise

    def done(self) -> None:
        """Nobody dies between the end of one step and the beginning of the next."""


class MemoryRegistry:
    """One registry, healthy at first, behind both the reader's port and the writer's.

    `meanwhile` happens between the bot's reading and its writing, and `afterwards` right after a write; each may
    be set by a test. `refusal` is what a write gets that is not carried out. With `answers_lost` it is carried
    out, and nobody hears of it.
    """

    def __init__(self, clock: Clock, fuse: Fuse | None = None) -> None:
        self.clock = clock
        self.fuse = fuse or Fuse()
        self.shown = SETTINGS
        self.used = USAGE
        self.objects = {
            LockLevel.REPOSITORY: {OBJECTS[LockLevel.REPOSITORY]: OPEN},
            LockLevel.TAG: {OBJECTS[LockLevel.TAG]: replace(OPEN, digest=OLD)},
            LockLevel.MANIFEST: {OBJECTS[LockLevel.MANIFEST]: replace(OPEN, digest=OLD)},
        }
        self.metered: dict[date, int] = {}
        self.held = HELD
        self.surveys = 0
        self.unreadable: dict[str, Unreadable] = {}
        self.writes: list[Change] = []
        self.reads = 0
        self.meanwhile: Callable[[], None] = _nothing
        self.afterwards: Callable[[], None] = _nothing
        self.refusal: Failed | None = None
        self.answers_lost = False
        self._mutex = threading.RLock()

    # What a test does to it.

    def lock(self, level: LockLevel, *, write: bool = False) -> None:
        """Somebody sets `writeEnabled` of the healthy world's object at that level."""
        target = OBJECTS[level]
        self.objects[level][target] = replace(self.objects[level][target], write=write)

    def deny(self, *rules: str) -> None:
        """Let only these addresses in."""
        self.shown = replace(self.shown, denies_by_default=True, ip_rules=rules)

    def rule(self, rule: str) -> None:
        """A colleague adds a rule."""
        self.shown = replace(self.shown, ip_rules=(*self.shown.ip_rules, rule))

    def is_open(self, level: LockLevel) -> bool:
        """Whether the healthy world's object at that level may be written."""
        return self.objects[level][OBJECTS[level]].write

    def push(self, image: Image = APP, digest: str = NEW) -> Pushed:
        """Somebody pushes, and it must succeed; the news of it."""
        assert image.tag, "a push in these worlds has a tag"
        tag = LockedObject(LockLevel.TAG, image.repository, image.tag)
        manifest = LockedObject(LockLevel.MANIFEST, image.repository, digest)
        repository = LockedObject(LockLevel.REPOSITORY, image.repository)
        touched = {LockLevel.REPOSITORY: repository, LockLevel.TAG: tag, LockLevel.MANIFEST: manifest}
        for level, target in touched.items():
            before = self.objects[level].get(target, OPEN)
            assert before.write, f"{target} is locked"
            self.objects[level][target] = replace(before, updated_at=self.clock(), digest=digest)
        return Pushed(CONTOSO.name, replace(image, digest=digest), self.clock())

    # The reader's port.

    def settings(self, registry: Registry) -> RegistrySettings | Unreadable:
        return self._read(registry, "settings") or self.shown

    def usage(self, registry: Registry) -> Usage | Unreadable:
        return self._read(registry, "usage") or self.used

    def repository(self, registry: Registry, repository: str) -> Attributes | Absent | Unreadable:
        return self._attributes(registry, LockedObject(LockLevel.REPOSITORY, repository))

    def tag(self, registry: Registry, repository: str, tag: str) -> Attributes | Absent | Unreadable:
        return self._attributes(registry, LockedObject(LockLevel.TAG, repository, tag))

    def manifest(self, registry: Registry, repository: str, digest: str) -> Attributes | Absent | Unreadable:
        return self._attributes(registry, LockedObject(LockLevel.MANIFEST, repository, digest))

    def _attributes(self, registry: Registry, target: LockedObject) -> Attributes | Absent | Unreadable:
        there: Attributes | Absent = self.objects[target.level].get(target, Absent())
        return self._read(registry, _WHERE[target.level]) or there

    def _read(self, registry: Registry, part: str) -> Unreadable | None:
        assert registry == CONTOSO, "nothing is ever sent to any other registry"
        self.fuse.beginning()
        self.reads += 1
        return self.unreadable.get(part)

    # What the storage study reads.

    def storage_used(self, registry: Registry, since: date, until: date) -> Mapping[date, int] | Unreadable:
        known = {day: used for day, used in self.metered.items() if since <= day <= until}
        return self._read(registry, "metrics") or known

    def survey(self, registry: Registry) -> Contents | Unreadable:
        self.surveys += 1
        return self._read(registry, "contents") or self.held

    def profile(self, registry: Registry) -> Profile | Absent | Unreadable:
        return self._read(registry, "profile") or PROFILE

    # The writer's port.

    def apply(
        self, registry: Registry, change: Change, hold: Callable[[], None], *, may_be_made: bool
    ) -> Applied | Moved | Failed:
        hold()
        assert registry == CONTOSO, "nothing is ever sent to any other registry"
        self.fuse.beginning()
        self.meanwhile()
        with self._mutex:
            came_of = self._apply(change, hold, may_be_made=may_be_made)
        self.afterwards()
        self.fuse.done()
        if self.answers_lost and isinstance(came_of, Applied):
            return Failed("Azure took none of three tries, or lost its answers", settled=False)
        return came_of

    def _apply(
        self, change: Change, hold: Callable[[], None], *, may_be_made: bool
    ) -> Applied | Moved | Failed:
        is_made, is_as_before = self._looked(change)
        if is_made:
            return Applied() if may_be_made else Moved("somebody has made this very change")
        if not is_as_before:
            return Moved("somebody has changed it")
        hold()
        if self.refusal:
            return self.refusal
        match change:
            case LockChange(target=target, write_enabled=write):
                now = self.objects[target.level][target]
                self.objects[target.level][target] = replace(now, write=write)
            case RuleChange():
                self.shown = replace(self.shown, ip_rules=change.after)
        self.writes.append(change)
        return Applied()

    def _looked(self, change: Change) -> tuple[bool, bool]:
        """Whether the target is as the change would leave it, and whether it is as the change found it."""
        match change:
            case LockChange(target=target):
                now = self.objects[target.level].get(target)
                if now is None:
                    return False, False
                return now.same_locks(change.after), now.same_locks(change.before)
            case RuleChange():
                rules = self.shown.ip_rules
                made = all(rule in rules for rule in change.add) and not set(change.remove) & set(rules)
                return made, rules == change.before


def _nothing() -> None:
    """What a colleague does most of the time."""


class MemoryChannel:
    """People who are reached, and what they were told. A notice that comes twice is one."""

    name = "people"
    desk = False
    repeatable = True

    def __init__(self) -> None:
        self._sent: dict[str, Notice] = {}

    @property
    def notices(self) -> tuple[Notice, ...]:
        return tuple(self._sent.values())

    def send(self, message_id: str, notice: Notice) -> Delivery:
        self._sent.setdefault(message_id, notice)
        return Accepted()


def restraint(
    table: MemoryTable[Message], clock: Clock, manners: Manners | None = None, fuse: Fuse | None = None
) -> Restraint:
    """What holds messages of that table back; nothing, unless policy or a pace says so."""
    return Restraint(table, clock, Pacing(MemoryTable(Sent, fuse), clock), manners or Manners())


class Bot:
    """The bot with everything that it needs, and Azure around it, in memory. Time moves when it is told to."""

    def __init__(self, policy: Policy | None = None, *, desk: bool = False) -> None:
        self.clock = Clock()
        self.fuse = Mortal()
        self.registry = MemoryRegistry(self.clock, self.fuse)
        self.queue = MemoryQueue(self.clock, self.fuse)
        self.people = MemoryChannel()
        self.around = Seen(replace(HEALTHY, **AROUND))
        self.desk = MemoryDesk(self.clock, self.fuse)
        tickets = Tickets(self.desk, MemoryTable(Ticket, self.fuse), self.clock)
        self.channels: dict[str, Channel] = {"people": self.people} | ({"desk": tickets} if desk else {})
        self.records = MemoryTable(Record, self.fuse)
        self.rows = MemoryTable(Incident, self.fuse)
        self.changes = MemoryTable(Commitment, self.fuse)
        self.leases = MemoryTable(Holding, self.fuse)
        self.messages = MemoryTable(Message, self.fuse)
        self.journal = Journal(self.records, self.clock)
        self.ledger = Ledger(self.changes, self.clock)
        self.pauses = Pauses(MemoryTable(Paused, self.fuse), self.clock)
        self.asked = MemoryTable(Approval, self.fuse)
        self.approvals = Approvals(self.asked, self.queue, self.clock)
        self.drift = Drift(MemoryTable(Writes, self.fuse), BOT)
        self.days = StorageHistory(MemoryTable(StorageDay, self.fuse))
        counted = MemoryTable(Counted, self.fuse)
        self.storage = StorageStudy(
            self.days, self.registry, self.registry, self.registry, counted, self.clock
        )
        self._in_hand: list[Command] = []
        self.medic = self._medic(policy or permissive())

    def _medic(self, policy: Policy) -> Medic:
        return Medic(
            registries={CONTOSO.name: CONTOSO},
            reader=self.registry,
            instruments=self.around.instruments,
            policy=policy,
            policy_version="a-version",
            incidents=Incidents(self.rows, self.journal, self.queue, self.clock),
            journal=self.journal,
            ledger=self.ledger,
            leases=Leases(self.leases, self.clock),
            pauses=self.pauses,
            approvals=self.approvals,
            execution=Execution(self.ledger, self.registry),
            drift=self.drift,
            storage=self.storage,
            outbox=Outbox(
                self.messages,
                self.queue,
                self.channels,
                self.clock,
                restraint(self.messages, self.clock, Manners(policy.notices), self.fuse),
            ),
            queue=self.queue,
            clock=self.clock,
        )

    def obey(self, policy: Policy) -> None:
        """The operator installs another policy."""
        self.medic = self._medic(policy)

    # What happens to it.

    def report(self, *signals: Signal) -> Incident:
        """Signals come in; the incident of the last."""
        return self.medic.incidents.report(signals)[-1]

    def refused(self, **changes: object) -> Incident:
        """A push is refused with 405 and the registry's log says so."""
        return self.report(push_refused(self.clock(), **changes))

    def denied(self, **changes: object) -> Incident:
        """A client is refused by the firewall and the registry's log says so."""
        return self.report(address_denied(self.clock(), **changes))

    def pushed(self, news: Pushed) -> None:
        """Event Grid tells of a push that succeeded."""
        pushed(self.medic, news)

    def answered(self, *, agrees: bool, why: str = "", by: Person = ANN) -> Answer:
        """A person answers what was asked last."""
        approval = self.approvals.of(self.incident.id)
        assert approval, "nothing was asked"
        answer = self.approvals.answer(approval.id, by, Via.PAGE, why, agrees=agrees)
        assert answer, "what was asked can be answered"
        return answer

    def work(self) -> None:
        """Do what waits on the queue and is due. What a dead worker had in hand is delivered again."""
        while ready := [*self._in_hand, *self.queue.take()]:
            self._in_hand = ready
            while self._in_hand:
                self.carry_out(self._in_hand[0])
                del self._in_hand[0]

    def restart(self, delivered_after: int) -> None:
        """Start another worker. What the dead one had in hand is delivered again after that many minutes."""
        self.fuse.start()
        self._in_hand, hidden = [], self._in_hand
        self.pass_time(delivered_after)
        self._in_hand = hidden

    def carry_out(self, command: Command) -> None:
        """Do what one command says, as the queue's trigger does."""
        match command:
            case Respond():
                respond(self.medic, command)
            case Undo():
                undo(self.medic, command)
            case Expire():
                expire(self.medic, command)
            case Publish():
                raise AssertionError("nothing is published in these worlds")
            case Deliver(message=message):
                tried = self.medic.outbox.deliver(message)
                if isinstance(tried, Tried):
                    self.journal.of(tried.incident).write(tried.key, tried.told)

    def sweep(self) -> None:
        """The sweep's timer goes off."""
        sweep(self.medic)

    def pass_time(self, minutes: int) -> None:
        """Minutes pass, with a sweep and the work of each."""
        for _ in range(minutes):
            self.clock.advance(timedelta(minutes=1))
            self.sweep()
            self.work()

    # What a test looks at.

    @property
    def incidents(self) -> tuple[Incident, ...]:
        return tuple(self.medic.incidents.of(CONTOSO.name))

    @property
    def incident(self) -> Incident:
        """The only incident there is."""
        [incident] = self.incidents
        return incident

    @property
    def states(self) -> tuple[State, ...]:
        return tuple(incident.state for incident in self.incidents)

    @property
    def commitments(self) -> tuple[Commitment, ...]:
        return tuple(self.ledger.of(CONTOSO.name))

    def story(self, incident: Incident | None = None) -> tuple[Entry, ...]:
        """What the journal says of the incident, in order."""
        return tuple(record.entry for record in self.journal.read((incident or self.incident).id))

    def outcomes(self) -> tuple[Outcome, ...]:
        """What came of every change, in order."""
        return tuple(entry.outcome for entry in self.story() if isinstance(entry, CameOf))

    def ends(self) -> tuple[str, ...]:
        """Why the journal says that the incident is over."""
        return tuple(entry.why for entry in self.story() if isinstance(entry, Ended))

    def titles(self) -> tuple[str, ...]:
        """The titles of what people were told."""
        return tuple(notice.title for notice in self.people.notices)


def push_refused(at: datetime, **changes: object) -> Signal:
    """The registry's own row of a push that it refused with 405."""
    signal = Signal(
        id=f"405-{at:%H:%M:%S}",
        source=Source.DIAGNOSTIC_LOGS,
        at=at,
        registry=CONTOSO.name,
        symptom=Symptom.PUSH_DISALLOWED,
        image=APP,
        address=ADDRESS,
        proof=Proof.REGISTRY_LOG,
        excerpt="Push team/app:v1 was answered with 405",
    )
    return replace(signal, **changes)


def address_denied(at: datetime, **changes: object) -> Signal:
    """The registry's own row of a client that its firewall refused."""
    signal = Signal(
        id=f"403-{at:%H:%M:%S}",
        source=Source.DIAGNOSTIC_LOGS,
        at=at,
        registry=CONTOSO.name,
        symptom=Symptom.ADDRESS_DENIED,
        address=ADDRESS,
        proof=Proof.REGISTRY_LOG,
        excerpt=f"Login from {ADDRESS} was answered with 403",
    )
    return replace(signal, **changes)


def storage_filling(at: datetime, band: int, **changes: object) -> Signal:
    """The storage watch's finding that a band was reached."""
    signal = Signal(
        id=f"contoso-{band}-{at:%Y-%m-%d}",
        source=Source.STORAGE_WATCH,
        at=at,
        registry=CONTOSO.name,
        symptom=Symptom.STORAGE_FILLING,
        band=band,
        proof=Proof.REGISTRY_LOG,
    )
    return replace(signal, **changes)


def in_pairs(story: Iterable[Entry]) -> bool:
    """Whether each change in a journal was announced before it was said what came of it, and none twice."""
    announced: set[str] = set()
    settled: set[str] = set()
    for entry in story:
        match entry:
            case AboutTo(change_id=change):
                if change in settled:
                    return False
                announced.add(change)
            case CameOf(change_id=change):
                if change not in announced or change in settled:
                    return False
                settled.add(change)
            case _:
                pass
    return announced == settled
