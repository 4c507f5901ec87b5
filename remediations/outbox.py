"""Messages to people and to ticket desks: written down first and sent afterwards, so that none is lost.

A message is a row. It waits, is in flight for one attempt, and ends as accepted, dead or unknown. What is not
accepted is told through another channel that reaches people, with the reason.
"""

import traceback
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import PurePath
from typing import Final

from msgspec.structs import replace

from checks.model import Clock, Value
from remediations.model import Notice, Told
from remediations.ports import Accepted, Channel, Dead, Deliver, Delivery, Later, Queue, Row, Table, Unsure

_QUEUED: Final = "queued"
_DONE: Final = "done"

# No channel takes this long: whoever began to send has died.
_STUCK_AFTER: Final = timedelta(minutes=2)
# A command comes this late only if it was lost.
_LOST_AFTER: Final = timedelta(minutes=1)
_TRIES: Final = 3
_SHORTEST_WAIT: Final = 30
_LONGEST_WAIT: Final = 3600
_ASKED_WHEN_UNSURE: Final = 60
# The queue's clock may run a little ahead of ours, and a command that comes early is spent.
_SLACK: Final = timedelta(seconds=1)
_KEPT_FOR: Final = timedelta(days=30)
_LATE_AFTER: Final = timedelta(minutes=30)
_TOLD_FOR: Final = timedelta(hours=1)

_NAMESPACE: Final = uuid.UUID("8f0d6f0e-3e0b-5d53-9a3c-5b3c1b7a0f51")
_TICKETS_FALL_BACK_TO: Final = "email"


class State(StrEnum):
    """Where a message stands. `unknown`: it may have arrived, nobody can tell, and it is not sent again."""

    WAITING = "waiting"
    IN_FLIGHT = "in_flight"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    DEAD = "dead"


class Message(Value, frozen=True):
    """One notice on its way through one channel.

    `id` is the same whenever the same step is told through the same channel. `instead_of` are the channels
    that did not take it before; `then` is the channel that was asked in its place.
    """

    id: str
    channel: str
    notice: Notice
    posted_at: datetime
    next_at: datetime
    state: State = State.WAITING
    attempts: int = 0
    in_flight_since: datetime | None = None
    why: str = ""
    reference: str = ""
    instead_of: tuple[str, ...] = ()
    then: str | None = None


class Tried(Value, frozen=True, tag="tried"):
    """One attempt, for the journal of `incident`; `key` is the step's name there."""

    incident: str
    key: str
    told: Told


class Left(Value, frozen=True, tag="left"):
    """Nothing was sent, and why that is right."""

    why: str


class Outbox:
    """Every message that was ever posted, and the only way to send one."""

    def __init__(
        self, table: Table[Message], queue: Queue, channels: Mapping[str, Channel], clock: Clock
    ) -> None:
        self._table = table
        self._queue = queue
        self._channels = channels
        self._clock = clock

    def post(self, notice: Notice, channels: tuple[str, ...] | None = None) -> tuple[Message, ...]:
        """The messages that are new now: one for each channel, or for each of those named.

        A desk gets only notices that have a ticket key. The row comes first and the command second: a crash
        between the two leaves a row that the sweep finds.
        """
        names = tuple(self._channels) if channels is None else channels
        messages = (self._message(notice, name) for name in names if self._takes(name, notice))
        return tuple(message for message in messages if self._insert(message))

    def deliver(self, message_id: str) -> Tried | Left:
        """What came of it. However many workers are asked, one sends, and it holds no lease meanwhile."""
        row = self._open(message_id)
        if row is None:
            return Left("it is finished, or was never posted")
        if why := _not_now(row.value, self._clock()):
            return Left(why)
        channel = self._channels.get(row.value.channel)
        if channel is None:
            return self._give_up(row.value, State.DEAD, "it is not configured")
        if _is_lost(row.value, channel):
            return self._give_up(row.value, State.UNKNOWN, "the worker stopped while it was being sent")
        claimed = self._claim(row)
        return self._record(claimed, channel, _sent(channel, claimed)) if claimed else Left("another has it")

    def due(self, now: datetime) -> Iterator[Message]:
        """Messages whose command must have been lost: the sweep puts them back on the queue."""
        return (row.value for _, row in self._table.rows(_QUEUED) if _overdue(row.value, now))

    def pending(self) -> tuple[Message, ...]:
        """What is still to be sent, oldest first."""
        return _in_order(row.value for _, row in self._table.rows(_QUEUED))

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the channels that are in use."""
        return tuple(self._channels)

    def since(self, at: datetime) -> Iterator[Message]:
        """Every message that waits, and then those that are over and were posted at that time or later."""
        yield from (row.value for _, row in self._table.rows(_QUEUED))
        yield from self._table.since(_DONE, at, "posted_at")

    def history(self, incident: str) -> tuple[Message, ...]:
        """Every message about an incident, oldest first."""
        both = (row.value for part in (_QUEUED, _DONE) for _, row in self._table.rows(part))
        last = {message.id: message for message in both if message.notice.incident == incident}
        return _in_order(iter(last.values()))

    def undelivered(self) -> tuple[Message, ...]:
        """Messages that ended without being accepted, oldest first. Those with no `then` reached nobody."""
        rows = (row.value for _, row in self._table.rows(_DONE))
        return _in_order(message for message in rows if message.state is not State.ACCEPTED)

    def unsent(self) -> int:
        """How many messages should long have reached somebody, or ended in the last hour without reaching anybody."""
        now = self._clock()
        late = sum(message.posted_at + _LATE_AFTER < now for message in self.pending())
        lost = (m for m in self.undelivered() if m.then is None and m.posted_at + _TOLD_FOR > now)
        return late + sum(1 for _ in lost)

    def prune(self) -> None:
        """Forget accepted messages once nothing can post them again. The journal keeps what was told."""
        before = self._clock() - _KEPT_FOR
        for key, row in tuple(self._table.rows(_DONE)):
            if row.value.state is State.ACCEPTED and row.value.posted_at < before:
                self._table.remove(_DONE, key)

    def _takes(self, name: str, notice: Notice) -> bool:
        channel = self._channels.get(name)
        return channel is None or not channel.desk or notice.ticket_key is not None

    def _message(self, notice: Notice, channel: str, instead_of: tuple[str, ...] = ()) -> Message:
        now = self._clock()
        return Message(
            id=_id(notice, channel, instead_of),
            channel=channel,
            notice=notice,
            posted_at=now,
            next_at=now,
            instead_of=instead_of,
        )

    def _insert(self, message: Message) -> bool:
        """Whether the message was new, and so is on the queue now."""
        if self._table.read(_DONE, message.id) or not self._table.insert(_QUEUED, message.id, message):
            return False
        self._queue.send(Deliver(message.id))
        return True

    def _open(self, message_id: str) -> Row[Message] | None:
        """The row of a message that is not finished. What a crash left behind of a finished one goes."""
        row = self._table.read(_QUEUED, message_id)
        if row and self._table.read(_DONE, message_id):
            self._table.remove(_QUEUED, message_id)
            return None
        return row

    def _claim(self, row: Row[Message]) -> Message | None:
        """The message in flight, or None where another worker was faster."""
        claimed = replace(
            row.value,
            state=State.IN_FLIGHT,
            in_flight_since=self._clock(),
            attempts=row.value.attempts + 1,
        )
        return claimed if self._table.replace(_QUEUED, claimed.id, claimed, row.version) else None

    def _record(self, claimed: Message, channel: Channel, came: Delivery) -> Tried:
        match came:
            case Accepted(reference=reference):
                return self._finish(replace(claimed, state=State.ACCEPTED, reference=reference, why=""))
            case Dead(why=why):
                return self._give_up(claimed, State.DEAD, why)
            case Unsure(why=why) if not channel.repeatable:
                return self._give_up(claimed, State.UNKNOWN, why)
            case Unsure(why=why) | Later(why=why) if claimed.attempts >= _TRIES:
                return self._give_up(
                    claimed, State.DEAD, f"given up after {claimed.attempts} attempts: {why}"
                )
            case Unsure(why=why):
                return self._wait(claimed, _ASKED_WHEN_UNSURE, why)
            case Later(seconds=seconds, why=why):
                return self._wait(claimed, seconds, why)

    def _wait(self, claimed: Message, seconds: int, why: str) -> Tried:
        """The message waits for its next attempt, and no worker waits with it."""
        wait = timedelta(seconds=max(_SHORTEST_WAIT, min(seconds, _LONGEST_WAIT)))
        waiting = replace(
            claimed, state=State.WAITING, in_flight_since=None, next_at=self._clock() + wait, why=why
        )
        row = self._table.read(_QUEUED, claimed.id)
        if row and row.value == claimed and self._table.replace(_QUEUED, claimed.id, waiting, row.version):
            self._queue.send(Deliver(claimed.id), wait + _SLACK)
        return _tried(waiting, f"later: {why}; again at {waiting.next_at:%H:%M:%S} UTC")

    def _give_up(self, message: Message, state: State, why: str) -> Tried:
        """The message is over, and not accepted. First another channel is asked, then this is recorded."""
        other = self._other_than(message)
        if other:
            notice = replace(
                message.notice, paragraphs=(_apology(message, state, why), *message.notice.paragraphs)
            )
            self._insert(self._message(notice, other, (*message.instead_of, message.channel)))
        return self._finish(replace(message, state=state, why=why, then=other))

    def _finish(self, ended: Message) -> Tried:
        """The end of a message. Where two workers reached an end, the first is the one that counts."""
        over = replace(ended, in_flight_since=None)
        self._table.insert(_DONE, over.id, over)
        self._table.remove(_QUEUED, over.id)
        then = f"; told by {over.then} instead" if over.then else ""
        said = ": ".join(filter(None, (over.state.value, over.reference or over.why)))
        return _tried(over, said + then)

    def _other_than(self, message: Message) -> str | None:
        """The next channel that reaches people. What a desk did not take goes by mail if it can."""
        tried = {*message.instead_of, message.channel}
        left = [name for name, channel in self._channels.items() if not channel.desk and name not in tried]
        channel = self._channels.get(message.channel)
        if channel and channel.desk and _TICKETS_FALL_BACK_TO in left:
            return _TICKETS_FALL_BACK_TO
        return left[0] if left else None


def _id(notice: Notice, channel: str, instead_of: tuple[str, ...]) -> str:
    return str(uuid.uuid5(_NAMESPACE, "\n".join((notice.incident, notice.step, channel, *instead_of))))


def _not_now(message: Message, now: datetime) -> str:
    """Why nobody may touch the message now, or nothing."""
    if message.state is State.IN_FLIGHT:
        return "" if _stuck(message, now) else "it is being sent"
    return "" if message.next_at <= now else f"it waits until {message.next_at:%H:%M:%S} UTC"


def _stuck(message: Message, now: datetime) -> bool:
    return message.in_flight_since is not None and message.in_flight_since + _STUCK_AFTER <= now


def _is_lost(message: Message, channel: Channel) -> bool:
    """Whether a message that was found in flight must not be sent again."""
    return message.state is State.IN_FLIGHT and (not channel.repeatable or message.attempts >= _TRIES)


def _overdue(message: Message, now: datetime) -> bool:
    if message.state is State.IN_FLIGHT:
        return _stuck(message, now)
    return message.next_at + _LOST_AFTER <= now


def _sent(channel: Channel, message: Message) -> Delivery:
    """What the channel answers. One that breaks spoils no other, and what it raised may hold a secret."""
    try:
        return channel.send(message.id, message.notice)
    except Exception as surprise:  # noqa: BLE001  one channel is a border
        place = traceback.extract_tb(surprise.__traceback__)[-1]
        where = f"{PurePath(place.filename).name}:{place.lineno}"
        return Unsure(why=f"{type(surprise).__name__} at {where}")


def _apology(message: Message, state: State, why: str) -> str:
    """What people are told of the channel that should have brought them the notice."""
    if state is State.UNKNOWN:
        return f"This may have reached “{message.channel}” already, nobody can tell: {why}."
    return f"“{message.channel}” did not take this message: {why}. Please have a look at that channel, too."


def _tried(message: Message, result: str) -> Tried:
    told = Told(message=message.id, channel=message.channel, result=result)
    return Tried(incident=message.notice.incident, key=f"told/{message.id}/{message.attempts}", told=told)


def _in_order(messages: Iterator[Message]) -> tuple[Message, ...]:
    return tuple(sorted(messages, key=lambda message: (message.posted_at, message.id)))
