"""Messages to people and to ticket desks: written down first and sent afterwards, so that none is lost.

A message is a row. It waits, is in flight for one attempt, and ends as accepted, dead or unknown. What is not
accepted is told through another channel that reaches people, with the reason. What is not urgent may be held back:
then it ends as folded, into the digest of its channel.
"""

import traceback
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Final

from msgspec.structs import replace

from checks.model import Clock, Value
from remediations.digest import digest
from remediations.message import DONE, QUEUED, TOLD, Message, State, id_of
from remediations.model import Notice, Told
from remediations.ports import Accepted, Channel, Dead, Deliver, Delivery, Later, Queue, Row, Table, Unsure
from remediations.restraint import Restraint
from remediations.routing import routed

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

_TICKETS_FALL_BACK_TO: Final = "email"


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
        self,
        table: Table[Message],
        queue: Queue,
        channels: Mapping[str, Channel],
        clock: Clock,
        restraint: Restraint,
    ) -> None:
        self._table = table
        self._queue = queue
        self._channels = channels
        self._clock = clock
        self._restraint = restraint

    def post(self, notice: Notice, channels: tuple[str, ...] | None = None) -> tuple[Message, ...]:
        """The messages that are new now: one for each channel that policy says, or for each of those named.

        A desk gets only notices that have a ticket key. The row comes first and the command second: a crash
        between the two leaves a row that the sweep finds.
        """
        names = self._routed(notice) if channels is None else channels
        messages = (self._message(notice, name) for name in names if self._takes(name, notice))
        return tuple(message for message in map(self._mannered, messages) if self._insert(message))

    def post_everywhere(self, notice: Notice) -> tuple[Message, ...]:
        """The messages that are new now, one for each channel that reaches people, whatever policy says."""
        return self.post(notice, tuple(name for name, channel in self._channels.items() if not channel.desk))

    def deliver(self, message_id: str) -> Tried | Left:
        """What came of it. However many workers are asked, one sends, and it holds no lease meanwhile."""
        row = self._open(message_id)
        if row is None:
            return Left("it is finished, or was never posted")
        if why := _not_now(row.value, self._clock()):
            return Left(why)
        if row.value.digest:
            return self._settled(row.value)
        channel = self._channels.get(row.value.channel)
        if channel is None:
            return self._give_up(row.value, State.DEAD, "it is not configured")
        if _is_lost(row.value, channel):
            return self._give_up(row.value, State.UNKNOWN, "the worker stopped while it was being sent")
        if wait := self._restraint.wait(row.value.channel):
            return self._let_wait(row, wait)
        claimed = self._claim(row)
        return self._record(claimed, channel, _sent(channel, claimed)) if claimed else Left("another has it")

    def fold(self) -> tuple[Tried, ...]:
        """Put what was held back, and is due, into one digest for each channel. One alone goes out as it is."""
        due = self._restraint.due()
        return tuple(tried for name, rows in due.items() for tried in self._folded(name, rows))

    def due(self, now: datetime) -> Iterator[Message]:
        """Messages whose command must have been lost: the sweep puts them back on the queue."""
        return (row.value for _, row in self._table.rows(QUEUED) if _overdue(row.value, now))

    def pending(self) -> tuple[Message, ...]:
        """What is still to be sent, oldest first."""
        return _in_order(row.value for _, row in self._table.rows(QUEUED))

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the channels that are in use."""
        return tuple(self._channels)

    def since(self, at: datetime) -> Iterator[Message]:
        """Every message that waits, and then those that are over and were posted at that time or later."""
        yield from (row.value for _, row in self._table.rows(QUEUED))
        yield from self._table.since(DONE, at, "posted_at")

    def history(self, incident: str) -> tuple[Message, ...]:
        """Every message about an incident, oldest first."""
        both = (row.value for part in (QUEUED, DONE) for _, row in self._table.rows(part))
        last = {message.id: message for message in both if message.notice.incident == incident}
        return _in_order(iter(last.values()))

    def undelivered(self) -> tuple[Message, ...]:
        """Messages that ended without being accepted, oldest first. Those with no `then` reached nobody."""
        rows = (row.value for _, row in self._table.rows(DONE))
        return _in_order(message for message in rows if message.state not in TOLD)

    def unsent(self) -> int:
        """How many messages should long have reached somebody, or ended in the last hour without reaching anybody."""
        now = self._clock()
        late = sum(_begun_at(message) + _LATE_AFTER < now for message in self.pending())
        lost = (m for m in self.undelivered() if m.then is None and m.posted_at + _TOLD_FOR > now)
        return late + sum(1 for _ in lost)

    def prune(self) -> None:
        """Forget accepted messages once nothing can post them again. The journal keeps what was told."""
        before = self._clock() - _KEPT_FOR
        self._restraint.prune(before)
        for key, row in tuple(self._table.rows(DONE)):
            if row.value.state in TOLD and row.value.posted_at < before:
                self._table.remove(DONE, key)

    def _takes(self, name: str, notice: Notice) -> bool:
        channel = self._channels.get(name)
        return channel is None or not channel.desk or notice.ticket_key is not None

    def _message(self, notice: Notice, channel: str, instead_of: tuple[str, ...] = ()) -> Message:
        now = self._clock()
        return Message(
            id=id_of(notice, channel, instead_of),
            channel=channel,
            notice=notice,
            posted_at=now,
            next_at=now,
            instead_of=instead_of,
        )

    def _insert(self, message: Message) -> bool:
        """Whether the message was new, and so is on the queue now."""
        if self._table.read(DONE, message.id) or not self._table.insert(QUEUED, message.id, message):
            return False
        if not message.held:
            self._queue.send(Deliver(message.id))
        return True

    def _routed(self, notice: Notice) -> tuple[str, ...]:
        desks = tuple(name for name, channel in self._channels.items() if channel.desk)
        return routed(notice, self._restraint.notices, tuple(self._channels), desks)

    def _mannered(self, message: Message) -> Message:
        """The message, held back where that is better. A ticket never is."""
        channel = self._channels.get(message.channel)
        return message if channel is None or channel.desk else self._restraint.mannered(message)

    def _let_wait(self, row: Row[Message], wait: timedelta) -> Left:
        """The channel has had enough for now. That is no attempt."""
        waiting = replace(row.value, state=State.WAITING, in_flight_since=None, next_at=self._clock() + wait)
        if self._table.replace(QUEUED, waiting.id, waiting, row.version):
            self._queue.send(Deliver(waiting.id), wait + _SLACK)
        return Left(f"the channel has had enough until {waiting.next_at:%H:%M:%S} UTC")

    def _folded(self, name: str, rows: Sequence[Row[Message]]) -> Iterator[Tried]:
        """One alone is released. Of several each is claimed, and over once the digest that holds it is posted."""
        if len(rows) == 1:
            if self._restraint.release(rows[0]):
                self._queue.send(Deliver(rows[0].value.id))
            return
        now = self._clock()
        step = f"{now:%Y-%m-%dT%H:%M}-{rows[0].value.id}"
        promised = id_of(digest(name, step, [row.value.notice for row in rows], "", now), name)
        claimed = [message for row in rows if (message := self._restraint.claim(row, promised))]
        if not claimed:
            return
        told = digest(name, step, [message.notice for message in claimed], claimed[0].held, now)
        self._insert(replace(self._message(told, name), folds=tuple(message.id for message in claimed)))
        for message in claimed:
            settled = self._settled(message)
            if isinstance(settled, Tried):
                yield settled

    def _settled(self, message: Message) -> Tried | Left:
        """What became of a message that was promised to a digest."""
        if self._restraint.is_folded(message):
            return self._finish(replace(message, state=State.FOLDED, why=f"in the digest {message.digest}"))
        return Left("it waits for the next digest")

    def _open(self, message_id: str) -> Row[Message] | None:
        """The row of a message that is not finished. What a crash left behind of a finished one goes."""
        row = self._table.read(QUEUED, message_id)
        if row and self._table.read(DONE, message_id):
            self._table.remove(QUEUED, message_id)
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
        return claimed if self._table.replace(QUEUED, claimed.id, claimed, row.version) else None

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
        row = self._table.read(QUEUED, claimed.id)
        if row and row.value == claimed and self._table.replace(QUEUED, claimed.id, waiting, row.version):
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
        self._table.insert(DONE, over.id, over)
        self._table.remove(QUEUED, over.id)
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


def _begun_at(message: Message) -> datetime:
    """Since when the message could have been on its way."""
    return message.next_at if message.held else message.posted_at


def _not_now(message: Message, now: datetime) -> str:
    """Why nobody may touch the message now, or nothing."""
    if message.held and not message.digest:
        return f"it waits for the digest: {message.held}"
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
    return not message.held and message.next_at + _LOST_AFTER <= now


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
