"""Whether an installation can do its work: everything it rests on is looked at, and each flaw comes with its remedy."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from checks.evidence import Absent, Attributes, Unreadable
from checks.health import Mark
from checks.installation import Granted, InstallationReader, Stream, in_workspace, not_streamed
from checks.looks import Looks, Told
from checks.model import Clock, Registry, Source, Value
from checks.ports import LogReader, RegistryReader, Some
from checks.rights import lacking
from remediations.heard import Heard, Hearing
from remediations.model import Notice, Severity
from remediations.policy import Policy
from remediations.ports import Accepted, Backlog, Backlogs, Channel, Dead, Delivery, Later, Table, Unsure

SWEEP: Final = "sweep"
EVENTS: Final = "registry_events"
_REGISTRIES: Final = "Microsoft.ContainerRegistry/registries"
PERMISSIONS: Final = "Microsoft.Authorization/permissions/read"
READER_NEEDS: Final = (
    f"{_REGISTRIES}/read",
    f"{_REGISTRIES}/listUsages/read",
    f"{_REGISTRIES}/metadata/read",
    f"{_REGISTRIES}/repositories/metadata/read",
    f"{_REGISTRIES}/catalog/read",
    "Microsoft.Insights/metrics/read",
    "Microsoft.Insights/diagnosticSettings/read",
    PERMISSIONS,
)
WRITER_NEEDS: Final = (
    f"{_REGISTRIES}/read",
    f"{_REGISTRIES}/write",
    f"{_REGISTRIES}/metadata/read",
    f"{_REGISTRIES}/metadata/write",
    f"{_REGISTRIES}/operationStatuses/read",
    f"{_REGISTRIES}/repositories/metadata/read",
    f"{_REGISTRIES}/repositories/metadata/write",
    PERMISSIONS,
)
# Asked about in every registry, and there in none: that it is absent is told only to whoever may look.
_NOWHERE: Final = "push-medic/doctor"
_PATIENCE: Final = 40.0
# By more than this the times in tokens and rows mean something else here than there.
_SKEW: Final = timedelta(seconds=60)
_SILENCE: Final = timedelta(minutes=15)
_QUIET: Final = timedelta(hours=24)
_STUCK: Final = timedelta(minutes=15)
_QUEUES: Final = ("push-medic", "push-medic-poison")


class Finding(Value, frozen=True):
    """What was seen of one thing, and what mends it."""

    about: str
    mark: Mark
    saw: str
    mend: str = ""


class Checkup(Value, frozen=True):
    """Everything that was seen."""

    at: datetime
    findings: tuple[Finding, ...]

    def marked(self, mark: Mark) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.mark is mark)

    @property
    def sound(self) -> bool | None:
        """True or false, or None where it could not be told."""
        if self.marked(Mark.WRONG):
            return False
        return None if self.marked(Mark.UNKNOWN) else True


@dataclass(frozen=True)
class Identity:
    """One of the bot's two identities, and what is seen with it. Without a client id it is whoever is logged in."""

    role: str
    client_id: str
    needs: tuple[str, ...]
    installation: InstallationReader
    registry: RegistryReader


@dataclass(frozen=True)
class Doctor:
    """Everything that is looked at. An empty name of hub or namespace is any."""

    registries: Mapping[str, Registry]
    identities: tuple[Identity, ...]
    hub: str
    namespace: str
    policy: Policy
    hearing: Hearing
    marks: Table[Heard]
    backlogs: Backlogs
    channels: Mapping[str, Channel]
    desks: Mapping[str, Callable[[], Delivery]]
    logs: LogReader | None
    clock: Clock
    patience: float = _PATIENCE

    def examine(self, told: Told, *, send_test: bool) -> Checkup:
        """What each look found, in the order in which a failure meets it. All of them go on side by side."""
        looks = Looks(told, self.patience)
        begun = [(name, looks.begin(name, look)) for name, look in self._looks(send_test=send_test)]
        found: list[Finding] = [self._policy()]
        for name, look in begun:
            seen = look()
            found += [_unseen(name, seen)] if isinstance(seen, Unreadable) else seen
        return Checkup(at=self.clock(), findings=tuple(found))

    def _looks(self, *, send_test: bool) -> Iterator[tuple[str, Callable[[], tuple[Finding, ...]]]]:
        for identity in self.identities:
            for registry in self.registries.values():
                yield f"{identity.role} in {registry.name}", partial(self._rights, identity, registry)
        for registry in self.registries.values():
            yield f"logs of {registry.name}", partial(self._logs_of, registry)
        yield "workspace", self._workspace
        yield "tables", self._tables
        yield "queues", self._queues
        yield "sources", self._sources
        yield "channels", self._channels
        for name, desk in self.desks.items():
            yield f"ticket desk {name}", partial(_desk, name, desk)
        if send_test:
            for name, channel in self.channels.items():
                if not channel.desk:
                    yield f"test to {name}", partial(self._test, name, channel)

    def _policy(self) -> Finding:
        permits = len(self.policy.permits)
        if self.policy.rehearsal:
            mend = "Write `rehearsal: false` into the policy when the rehearsals have convinced you."
            return Finding("policy", Mark.NOTED, f"it has {permits} permits and only rehearses them", mend)
        return Finding("policy", Mark.FINE, f"it acts, under {permits} permits")

    def _rights(self, identity: Identity, registry: Registry) -> tuple[Finding, ...]:
        granted = identity.installation.granted(registry)
        probed = identity.registry.repository(registry, _NOWHERE)
        return (*rights(identity, registry, granted), probe(identity, registry, probed), *skew(granted))

    def _logs_of(self, registry: Registry) -> tuple[Finding, ...]:
        reader = self.identities[0]
        return tuple(
            streams(registry, reader, reader.installation.streams(registry), self.hub, self.namespace)
        )

    def _workspace(self) -> tuple[Finding, ...]:
        if self.logs is None:
            return (Finding("workspace", Mark.NOTED, "none is set: rows that the stream loses stay lost"),)
        now = self.clock()
        rows = self.logs.failures(now - timedelta(minutes=5), now)
        match rows:
            case Unreadable(why=why, missing_right=right):
                mend = "Give the reader the role of `azd provision` on the workspace."
                mark = Mark.WRONG if right else Mark.UNKNOWN
                return (Finding("workspace", mark, f"it could not be asked: {why}", mend),)
            case Some(why=why):
                return (Finding("workspace", Mark.NOTED, f"it answers in part: {why}"),)
            case _:
                return (Finding("workspace", Mark.FINE, "it answers"),)

    def _tables(self) -> tuple[Finding, ...]:
        self.marks.remove("doctor", "doctor")
        written = self.marks.insert("doctor", "doctor", Heard(self.clock()))
        self.marks.remove("doctor", "doctor")
        if written:
            return (Finding("tables", Mark.FINE, "a row was written and removed"),)
        return (Finding("tables", Mark.UNKNOWN, "somebody else is looking, too; run it again"),)

    def _queues(self) -> tuple[Finding, ...]:
        work, poison = (self.backlogs.of(name) for name in _QUEUES)
        return tuple(queues(work, poison, self.clock()))

    def _sources(self) -> tuple[Finding, ...]:
        now = self.clock()
        heard = {name: self.hearing.last(name) for name in (*_SOURCES, SWEEP)}
        return (running(heard.pop(SWEEP), now), *(source(name, last, now) for name, last in heard.items()))

    def _channels(self) -> tuple[Finding, ...]:
        if not self.channels:
            mend = "Set one, as docs/install.md says under Settings, and run `azd provision`."
            return (Finding("channels", Mark.WRONG, "none is set: nobody is told of anything", mend),)
        return (Finding("channels", Mark.FINE, f"set are {', '.join(self.channels)}"),)

    def _test(self, name: str, channel: Channel) -> tuple[Finding, ...]:
        now = self.clock()
        return (sent(name, channel.send(f"doctor-{now:%Y%m%d%H%M%S}", trial(now))),)


_SOURCES: Final = (
    Source.DIAGNOSTIC_LOGS,
    Source.LOG_ANALYTICS,
    EVENTS,
    Source.PUSH_REPORT,
    Source.PIPELINE_EVENT,
)


def rights(identity: Identity, registry: Registry, granted: Granted | Unreadable) -> Iterator[Finding]:
    """Which of the actions that the identity needs it has not, each by name."""
    about = f"{identity.role} in {registry.name}"
    if isinstance(granted, Unreadable):
        yield _refused(about, f"its rights could not be read: {granted.why}", granted, identity, registry)
        return
    missing = lacking(identity.needs, granted.grants)
    for action in missing:
        yield Finding(about, Mark.WRONG, f"it lacks {action}", _give_role(identity, registry))
    if not missing:
        yield Finding(about, Mark.FINE, f"it has all {len(identity.needs)} actions that it needs")
    if not identity.client_id:
        saw = "these are the rights of whoever is logged in here, not those of the bot's own identity"
        yield Finding(about, Mark.NOTED, saw)


def probe(identity: Identity, registry: Registry, seen: Attributes | Absent | Unreadable) -> Finding:
    """Whether the identity gets in where images are, which no permission of the management plane shows."""
    about = f"{identity.role} at {registry.login_server}"
    if isinstance(seen, Unreadable):
        return _refused(about, f"it does not get in: {seen.why}", seen, identity, registry)
    return Finding(about, Mark.FINE, "it gets in")


def skew(granted: Granted | Unreadable) -> Iterator[Finding]:
    """What is to be said of this machine's clock, which is nothing while it is right."""
    ahead = granted.clock_ahead if isinstance(granted, Granted) else None
    if ahead is not None and abs(ahead) > _SKEW.total_seconds():
        way = "ahead of" if ahead > 0 else "behind"
        saw = f"this machine's is {abs(ahead):.0f} s {way} Azure's: tokens and times will be misjudged"
        yield Finding(
            "clock", Mark.WRONG, saw, "Let the machine follow a time server: `timedatectl set-ntp true`"
        )


def streams(
    registry: Registry,
    reader: Identity,
    found: tuple[Stream, ...] | Unreadable,
    hub: str,
    namespace: str,
) -> Iterator[Finding]:
    """Whether both of the registry's logs reach the hub."""
    about = f"logs of {registry.name}"
    if isinstance(found, Unreadable):
        saw = f"its diagnostic settings could not be read: {found.why}"
        yield _refused(about, saw, found, reader, registry)
        return
    missing = tuple(not_streamed(found, hub, namespace))
    if not missing:
        yield Finding(about, Mark.FINE, "both reach the hub")
    elif in_workspace(found):
        saw = "they reach the workspace alone: failures are known some minutes late"
        yield Finding(
            about, Mark.NOTED, saw, "Azure Monitor streams to a hub only within the registry's region."
        )
    else:
        logs = ",".join(f'{{"category":"{category}","enabled":true}}' for category in missing)
        mend = (
            f"az monitor diagnostic-settings create --name push-medic --resource {registry.resource_id} "
            f"--logs '[{logs}]' --event-hub {hub or 'HUB'} --event-hub-rule RULE_ID"
        )
        yield Finding(about, Mark.WRONG, f"{' and '.join(missing)} go nowhere that the bot listens", mend)


def queues(work: Backlog, poison: Backlog, now: datetime) -> Iterator[Finding]:
    """Whether work is done as it comes."""
    if poison.waiting:
        mend = f"Look: `az storage message peek --queue-name {_QUEUES[1]} --account-name ACCOUNT --auth-mode login`"
        yield Finding(_QUEUES[1], Mark.WRONG, f"{poison.waiting} messages failed again and again", mend)
    else:
        yield Finding(_QUEUES[1], Mark.FINE, "it is empty")
    if work.oldest and now - work.oldest > _STUCK:
        saw = f"{work.waiting} messages wait, the first since {work.oldest:%Y-%m-%d %H:%M} UTC"
        yield Finding(_QUEUES[0], Mark.WRONG, saw, _RESTART)
    else:
        yield Finding(_QUEUES[0], Mark.FINE, f"{work.waiting} messages wait")


_RESTART: Final = (
    "az functionapp restart --resource-group GROUP --name APP, and look for exceptions in its logs"
)


def running(last: datetime | None, now: datetime) -> Finding:
    """Whether the bot's own timer goes, without which nothing is undone in time."""
    if last is None:
        return Finding("bot", Mark.WRONG, "its timer has never gone off in this storage account", _RESTART)
    if now - last > _SILENCE:
        return Finding("bot", Mark.WRONG, f"its timer went off last at {last:%Y-%m-%d %H:%M} UTC", _RESTART)
    return Finding("bot", Mark.FINE, "its timer goes")


def source(name: str, last: datetime | None, now: datetime) -> Finding:
    """When a source was heard of. A quiet one may be a healthy one, so silence is only noted."""
    about = f"source {name}"
    if last is None:
        return Finding(about, Mark.NOTED, "nothing that mattered has ever come from it")
    saw = f"something that mattered came at {last:%Y-%m-%d %H:%M} UTC, give or take five minutes"
    return Finding(about, Mark.NOTED if now - last > _QUIET else Mark.FINE, saw)


def sent(name: str, delivery: Delivery) -> Finding:
    """What became of a test message."""
    about = f"test to {name}"
    match delivery:
        case Accepted():
            return Finding(about, Mark.FINE, "it was taken; see whether it arrived")
        case Later(why=why) | Dead(why=why):
            return Finding(about, Mark.WRONG, f"it was not taken: {why}", _CHANNEL)
        case Unsure(why=why):
            return Finding(about, Mark.UNKNOWN, f"it may have arrived: {why}", _CHANNEL)


_CHANNEL: Final = "Compare the channel's address and secret with docs/install.md, and run `azd provision`."


def trial(now: datetime) -> Notice:
    """What a channel is tried with. It says aloud that it is a test."""
    return Notice(
        incident="doctor",
        step=f"test-{now:%Y%m%d%H%M%S}",
        severity=Severity.INFO,
        title="Test: Push Medic can reach you here",
        at=now,
        facts=(("Asked for by", "medic doctor --send-test"),),
        paragraphs=("This is a test. Nothing has failed, and nothing was changed.",),
    )


def _desk(name: str, look: Callable[[], Delivery]) -> tuple[Finding, ...]:
    about = f"ticket desk {name}"
    match look():
        case Accepted():
            return (Finding(about, Mark.FINE, "it lets its work items be read"),)
        case Later(why=why) | Unsure(why=why):
            return (Finding(about, Mark.UNKNOWN, f"it did not answer: {why}", _CHANNEL),)
        case Dead(why=why):
            return (Finding(about, Mark.WRONG, f"it refuses: {why}", _CHANNEL),)


def _unseen(name: str, seen: Unreadable) -> Finding:
    mend = _STORAGE.get(name, "")
    return Finding(name, Mark.WRONG if mend else Mark.UNKNOWN, seen.why, mend)


# What holds the bot's memory: where it cannot be reached, nothing works.
_STORAGE: Final = {
    name: (
        f"az role assignment create --assignee CLIENT_ID --scope ACCOUNT_ID --role 'Storage {kind} Data "
        "Contributor', if the account is there and its firewall lets this machine in"
    )
    for name, kind in (("tables", "Table"), ("queues", "Queue"), ("sources", "Table"))
}


def _refused(about: str, saw: str, seen: Unreadable, identity: Identity, registry: Registry) -> Finding:
    if seen.missing_right:
        return Finding(
            about, Mark.WRONG, f"{saw}; it lacks {seen.missing_right}", _give_role(identity, registry)
        )
    return Finding(about, Mark.UNKNOWN, saw)


def _give_role(identity: Identity, registry: Registry) -> str:
    assignee = identity.client_id or "CLIENT_ID"
    return (
        f"az role assignment create --assignee {assignee} --role 'Push Medic {identity.role} (ENVIRONMENT)' "
        f"--scope {registry.resource_id}, or `azd provision`"
    )
