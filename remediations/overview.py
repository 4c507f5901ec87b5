"""Everything that operators want to see at once: what was read of the bot's tables in, one value out. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Final, assert_never

from msgspec.structs import replace

from checks.forecast import Forecast, Full, Reached, forecast
from checks.incident import Incident, State
from checks.model import Registry, Symptom, Value
from remediations import notices
from remediations.approvals import Approval
from remediations.episodes import Action, Ending, Episode, Mark
from remediations.message import Message
from remediations.message import State as Sent
from remediations.model import Commitment, Severity, Stage
from remediations.pauses import Paused
from remediations.storage_history import StorageDay
from remediations.storage_pictures import outlook

_MOST_ACTIONS: Final = 50
_MOST_SHOWN: Final = 50
# The sweep comes every minute, and a worker takes no longer.
_LATE_AFTER: Final = timedelta(minutes=10)
_SOON: Final = timedelta(days=60)
EVERY_CAUSE: Final = "all causes"
STATES: Final = {
    State.OPEN: "the bot is at it",
    State.WAITING: "waits for an answer",
    State.MENDED: "mended; the change is in force",
    State.WITH_PEOPLE: "left to people",
    State.CLOSED: "over",
}


@dataclass(frozen=True)
class Survey:
    """What was read of the bot's own tables, within bounds.

    `since` is how far back the incidents go. `episodes` are those whose journals were read, the latest.
    """

    at: datetime
    since: datetime
    registries: Mapping[str, Registry]
    incidents: Sequence[Incident] = ()
    episodes: Sequence[Episode] = ()
    commitments: Sequence[Commitment] = ()
    approvals: Sequence[Approval] = ()
    messages: Sequence[Message] = ()
    channels: Sequence[str] = ()
    pauses: Mapping[str, Paused] = field(default_factory=dict)
    storage: Mapping[str, Sequence[StorageDay]] = field(default_factory=dict)


class Need(Value, frozen=True):
    """Something that waits for a person. `do` are the steps, `approval` is what the page to decide on is about."""

    title: str
    since: datetime
    urgent: bool
    do: tuple[str, ...] = ()
    incident: str = ""
    approval: str = ""


class Standing(Value, frozen=True):
    """An incident that is not over: what failed, where it stands, and since when."""

    incident: str
    registry: str
    what: str
    about: str
    state: State
    opened_at: datetime
    last_at: datetime
    count: int


class Repairs(Value, frozen=True):
    """How incidents of one cause went. The times are from the first signal to the verified change, in seconds."""

    cause: str
    ended: int
    alone: int
    agreed: int
    p50: int | None = None
    p90: int | None = None

    @property
    def share(self) -> int | None:
        """The percentage that was mended without people; None where there is nothing to take a share of."""
        return round(100 * self.alone / self.ended) if self.ended else None


class Channel(Value, frozen=True):
    """How a channel is, as far as the messages of the last week show.

    `accepted_at` and `failed_at` are when the last message that it took, and that it did not, was posted.
    """

    name: str
    in_use: bool
    mark: Mark
    accepted_at: datetime | None = None
    failed_at: datetime | None = None
    accepted: int = 0
    waiting: int = 0
    dead: int = 0
    unknown: int = 0
    why: str = ""


class Storage(Value, frozen=True):
    """How full a registry is, and when it will be full. Without days, nobody has seen it yet."""

    registry: str
    days: tuple[StorageDay, ...]
    forecast: Forecast


class Overview(Value, frozen=True):
    """What operators want to see, in their order."""

    at: datetime
    since: datetime
    needs: tuple[Need, ...]
    standing: tuple[Standing, ...]
    open: int
    actions: tuple[Action, ...]
    repairs: tuple[Repairs, ...]
    judged: int
    storage: tuple[Storage, ...]
    channels: tuple[Channel, ...]


def headline(seen: Overview) -> str:
    """How much waits for people, in three words."""
    match len(seen.needs):
        case 0:
            return "Nothing needs you"
        case 1:
            return "One thing needs you"
        case several:
            return f"{several} things need you"


def overview(seen: Survey) -> Overview:
    """What operators want to see of it."""
    still = sorted((i for i in seen.incidents if i.state is not State.CLOSED), key=lambda i: i.opened_at)
    return Overview(
        at=seen.at,
        since=seen.since,
        needs=_needs(seen),
        standing=tuple(map(_standing, still[-_MOST_SHOWN:][::-1])),
        open=len(still),
        actions=_actions(seen),
        repairs=_repairs(seen.episodes),
        judged=len(seen.episodes),
        storage=_storage(seen),
        channels=_channels(seen),
    )


# What needs people.


def _needs(seen: Survey) -> tuple[Need, ...]:
    needs = (
        *_questions(seen.approvals),
        *_left_to_people(seen),
        *_soon_full(seen),
        *_forgotten(seen),
        *_still_in_force(seen),
        *_deaf(seen),
        *_paused(seen),
    )
    # A question first, since it lapses; then what is urgent, and of that what waits longest.
    return tuple(sorted(needs, key=lambda need: (not need.approval, not need.urgent, need.since)))


def _questions(approvals: Iterable[Approval]) -> Iterable[Need]:
    for asked in approvals:
        yield Need(
            title=f"May the bot {asked.change} in {asked.registry}?",
            since=asked.asked_at,
            urgent=True,
            do=(
                f"Because {asked.because}.",
                f"Answer by {asked.expires_at:%Y-%m-%d %H:%M} UTC; then it is left to people.",
                f"medic approve {asked.id}",
                f'medic reject {asked.id} --why "..."',
            ),
            incident=asked.incident,
            approval=asked.id,
        )


def _left_to_people(seen: Survey) -> Iterable[Need]:
    known = {episode.incident: episode for episode in seen.episodes}
    for incident in seen.incidents:
        if incident.state is State.WITH_PEOPLE and incident.registry in seen.registries:
            yield _left(incident, known.get(incident.id), seen)


def _left(incident: Incident, episode: Episode | None, seen: Survey) -> Need:
    """What people were told of it; where its journal was not read, where they can read it."""
    failed = f"{notices.what_failed(incident.symptom)} in {incident.registry}"
    since, look = incident.opened_at, (f"Look at it: medic show {incident.id}",)
    if episode and episode.left:
        registry = seen.registries[incident.registry]
        told = notices.needs_people(incident, episode.diagnosis, episode.left, registry, seen.at)
        return Need(told.title, since, told.severity is Severity.URGENT, told.paragraphs, incident.id)
    if episode and episode.actions:
        last = episode.actions[-1]
        return Need(
            f"{failed}: {last.what}",
            since,
            last.mark is Mark.BAD,
            (f"What came of it: {last.outcome}", *look),
            incident.id,
        )
    return Need(failed, since, urgent=False, do=look, incident=incident.id)


def _soon_full(seen: Survey) -> Iterable[Need]:
    """Registries that will be full soon, unless an incident says so already."""
    known = {i.registry for i in seen.incidents if i.symptom is Symptom.STORAGE_FILLING}
    for one in _storage(seen):
        match one.forecast:
            case Full():
                soon = True
            case Reached(earliest=earliest):
                soon = earliest - seen.at.date() <= _SOON
            case _:
                soon = False
        if soon and one.registry not in known:
            yield Need(
                title=f"Storage of {one.registry} is at {one.days[-1].percent} %",
                since=seen.at,
                urgent=isinstance(one.forecast, Full),
                do=(outlook(one.forecast), f"See what could go: medic storage {one.registry}"),
            )


def _forgotten(seen: Survey) -> Iterable[Need]:
    for incident in seen.incidents:
        if incident.state is State.OPEN and incident.moved_at + _LATE_AFTER < seen.at:
            yield Need(
                title=f"Nobody has looked into {incident.id} yet",
                since=incident.moved_at,
                urgent=True,
                do=("Is the function app running? The sweep puts it back on the queue every three minutes.",),
                incident=incident.id,
            )


def _still_in_force(seen: Survey) -> Iterable[Need]:
    for held in seen.commitments:
        # Each try at undoing puts its time off a little.
        due = held.change.until if held.stage is Stage.UNDOING else held.due_at
        if held.open and due and due + _LATE_AFTER < seen.at:
            yield Need(
                title=f"A temporary change in {held.change.registry} is still in force: {held.change}",
                since=due,
                urgent=True,
                do=("The bot goes on trying to undo it.", f"See why: medic show {held.incident}"),
                incident=held.incident,
            )


def _deaf(seen: Survey) -> Iterable[Need]:
    if not seen.channels:
        yield Need(
            title="Nobody is told of anything: no channel is set up",
            since=seen.at,
            urgent=True,
            do=("Set up Teams or mail; infra/README.md lists the settings.",),
        )
    for channel in _channels(seen):
        if channel.mark is Mark.BAD and channel.failed_at:
            yield Need(
                title=f"The channel “{channel.name}” does not take what it is sent",
                since=channel.failed_at,
                urgent=True,
                do=(f"It said: {channel.why}",) if channel.why else (),
            )


def _paused(seen: Survey) -> Iterable[Need]:
    held = defaultdict[Paused, list[str]](list)
    for registry, paused in seen.pauses.items():
        held[paused].append(registry)
    for paused, registries in held.items():
        everything = set(registries) == set(seen.registries)
        one = f"medic resume {registries[0]}" if len(registries) == 1 else ""
        resume = " or ".join(filter(None, ("medic resume" if everything else "", one)))
        where = "every registry" if everything and not one else ", ".join(sorted(registries))
        yield Need(
            title=f"The bot is paused for {where}",
            since=paused.since or seen.at,
            urgent=False,
            do=(
                f"By {paused.by}: {paused.why}",
                f"Let it act again: {resume}"
                if paused.since
                else "It acts again once that setting is empty.",
            ),
        )


# What is open, and what was done.


def _standing(incident: Incident) -> Standing:
    about = incident.image or incident.address or incident.identity
    return Standing(
        incident=incident.id,
        registry=incident.registry,
        what=notices.what_failed(incident.symptom),
        about=str(about or (f"band {incident.band} %" if incident.band else "")),
        state=incident.state,
        opened_at=incident.opened_at,
        last_at=incident.last_at,
        count=incident.count,
    )


def _actions(seen: Survey) -> tuple[Action, ...]:
    """The latest changes, and those that are in force however old they are, the latest first."""
    known = {action.id: action for episode in seen.episodes for action in episode.actions}
    for held in seen.commitments:
        known.setdefault(held.id, _committed(held))
    in_force = {held.id for held in seen.commitments if held.open and not held.begun}
    latest = sorted(known.values(), key=lambda action: action.at, reverse=True)
    return tuple(
        replace(action, undo=f"medic undo {action.incident}") if action.id in in_force else action
        for place, action in enumerate(latest)
        if place < _MOST_ACTIONS or action.id in in_force
    )


def _committed(held: Commitment) -> Action:
    """What the ledger alone knows of a change whose journal was not read."""
    outcome, mark = _stage(held.stage)
    return Action(
        id=held.id,
        incident=held.incident,
        at=held.made_at,
        what=str(held.change),
        outcome=outcome,
        mark=mark,
        until=held.change.until,
    )


def _stage(stage: Stage) -> tuple[str, Mark]:
    match stage:
        case Stage.INTENDED | Stage.MAKING | Stage.APPLIED:
            return "being made", Mark.WARNING
        case Stage.VERIFIED:
            return "mended and verified", Mark.GOOD
        case Stage.UNVERIFIED:
            return "made, but it did not help", Mark.BAD
        case Stage.UNDOING:
            return "being undone", Mark.WARNING
        case Stage.UNDONE:
            return "undone, as it was before", Mark.QUIET
        case Stage.RELEASED:
            return "let go", Mark.WARNING
        case Stage.NOT_MADE:
            return "not made", Mark.WARNING
        case _:
            assert_never(stage)


# How it goes.


def _repairs(episodes: Iterable[Episode]) -> tuple[Repairs, ...]:
    """How it went, by cause, the most frequent first; all of them in the first line if there are several."""
    of_cause = defaultdict[str, list[Episode]](list)
    for episode in episodes:
        if episode.ending in (Ending.ALONE, Ending.AGREED, Ending.PEOPLE):
            of_cause[episode.cause].append(episode)
    each = sorted((_repair(cause, of_cause[cause]) for cause in of_cause), key=lambda r: (-r.ended, r.cause))
    every = [episode for those in of_cause.values() for episode in those]
    return (*((_repair(EVERY_CAUSE, every),) if len(each) > 1 else ()), *each)


def _repair(cause: str, episodes: Sequence[Episode]) -> Repairs:
    took = sorted((e.mended_at - e.began_at).total_seconds() for e in episodes if e.mended_at)
    return Repairs(
        cause=cause,
        ended=len(episodes),
        alone=sum(episode.ending is Ending.ALONE for episode in episodes),
        agreed=sum(episode.ending is Ending.AGREED for episode in episodes),
        p50=_percentile(took, 50),
        p90=_percentile(took, 90),
    )


def _percentile(ordered: Sequence[float], percent: int) -> int | None:
    """The smallest value that so many percent of all do not exceed."""
    return round(ordered[ceil(percent * len(ordered) / 100) - 1]) if ordered else None


def _storage(seen: Survey) -> tuple[Storage, ...]:
    """Every registry of which something is known, the fullest first."""
    known = (_store(name, tuple(days)) for name, days in seen.storage.items() if days)
    return tuple(sorted(known, key=lambda one: (-one.days[-1].percent, one.registry)))


def _store(registry: str, days: tuple[StorageDay, ...]) -> Storage:
    used = {one.day: one.used for one in days}
    return Storage(registry, days, forecast(used, days[-1].ceiling))


# How people are reached.


def _channels(seen: Survey) -> tuple[Channel, ...]:
    """Those in use, in their order; then those that messages still speak of."""
    of = defaultdict[str, list[Message]](list)
    for message in seen.messages:
        of[message.channel].append(message)
    names = dict.fromkeys((*seen.channels, *sorted(of)))
    return tuple(_channel(name, of[name], in_use=name in seen.channels) for name in names)


def _channel(name: str, messages: Sequence[Message], *, in_use: bool) -> Channel:
    taken = [m.posted_at for m in messages if m.state is Sent.ACCEPTED]
    failed = [m for m in messages if m.state in (Sent.DEAD, Sent.UNKNOWN)]
    last = max(failed, key=lambda m: m.posted_at, default=None)
    is_deaf = last is not None and in_use and last.posted_at >= max(taken, default=last.posted_at)
    return Channel(
        name=name,
        in_use=in_use,
        mark=Mark.BAD if is_deaf else Mark.GOOD if taken and in_use else Mark.QUIET,
        accepted_at=max(taken, default=None),
        failed_at=last.posted_at if last else None,
        accepted=len(taken),
        waiting=sum(m.state in (Sent.WAITING, Sent.IN_FLIGHT) for m in messages),
        dead=sum(m.state is Sent.DEAD for m in messages),
        unknown=sum(m.state is Sent.UNKNOWN for m in messages),
        why=last.why if last else "",
    )
