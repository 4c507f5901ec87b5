"""Which messages are held back, for how long, and how they come out of it again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from checks.model import Clock, Value
from remediations.message import DONE, QUEUED, Message, State
from remediations.model import Kind
from remediations.pacing import Pacing
from remediations.policy import Notices
from remediations.ports import Row, Table
from remediations.routing import Pace, folded, held

_PLACES: Final = "places"


class Manners(Value, frozen=True):
    """What policy says of notices, and how many messages each channel takes."""

    notices: Notices = Notices()
    paces: Mapping[str, Pace] = {}


class Restraint:
    """Holds messages back, and lets go of them when their time has come."""

    def __init__(self, table: Table[Message], clock: Clock, pacing: Pacing, manners: Manners) -> None:
        self._table = table
        self._clock = clock
        self._pacing = pacing
        self._manners = manners

    @property
    def notices(self) -> Notices:
        """What policy says of notices."""
        return self._manners.notices

    def mannered(self, message: Message) -> Message:
        """The message, held back where it would be one too many, or comes at a bad time."""
        now, notice = self._clock(), message.notice
        wait = held(notice, self._manners.notices, now, self._pacing.lately(message.channel))
        pace = self._manners.paces.get(message.channel)
        if wait is None and pace and pace.sparing and not self._has_place(message):
            wait = folded(now, "the incident was told of before")
        return replace(message, held=wait.why, next_at=wait.until) if wait else message

    def _has_place(self, message: Message) -> bool:
        """Whether the message has one of the two places that its incident has in the channel.

        One is for how it begins, the other for what comes next; and the same said again is nothing that comes next.
        """
        if message.notice.kind in (Kind.DIGEST, Kind.HEARTBEAT):
            return True
        first = self._in_place("first", message)
        if first.id == message.id:
            return True
        if (first.notice.kind, first.notice.title) == (message.notice.kind, message.notice.title):
            return False
        return self._in_place("next", message).id == message.id

    def _in_place(self, place: str, message: Message) -> Message:
        """Whose place it is. Whoever takes it first keeps it, so that a message that is posted twice has it still."""
        key = f"{message.channel}-{message.notice.incident}-{place}"
        if self._table.insert(_PLACES, key, message):
            return message
        row = self._table.read(_PLACES, key)
        return row.value if row else message

    def wait(self, channel: str) -> timedelta:
        """For how long the channel has had enough. Without a wait the next message is counted as sent."""
        pace = self._manners.paces.get(channel)
        return self._pacing.wait(channel, pace) if pace else timedelta()

    def due(self) -> dict[str, list[Row[Message]]]:
        """What was held back and is due, by channel."""
        now, due = self._clock(), dict[str, list[Row[Message]]]()
        for _, row in tuple(self._table.rows(QUEUED)):
            if row.value.held and row.value.state is State.WAITING and row.value.next_at <= now:
                due.setdefault(row.value.channel, []).append(row)
        return due

    def prune(self, before: datetime) -> None:
        """Forget the places of what is long over."""
        for key, row in tuple(self._table.rows(_PLACES)):
            if row.value.posted_at < before:
                self._table.remove(_PLACES, key)

    def release(self, row: Row[Message]) -> bool:
        """Whether the message may go out as it is now."""
        return self._table.replace(QUEUED, row.value.id, replace(row.value, held=""), row.version)

    def claim(self, row: Row[Message], digest: str) -> Message | None:
        """The message, promised to that digest; or None where somebody was faster."""
        claimed = replace(row.value, state=State.IN_FLIGHT, in_flight_since=self._clock(), digest=digest)
        return claimed if self._table.replace(QUEUED, claimed.id, claimed, row.version) else None

    def is_folded(self, message: Message) -> bool:
        """Whether the digest that it was promised to holds it. If not, it is free for the next."""
        row = self._table.read(QUEUED, message.digest) or self._table.read(DONE, message.digest)
        if row and message.id in row.value.folds:
            return True
        own = self._table.read(QUEUED, message.id)
        if own and own.value == message:
            free = replace(message, state=State.WAITING, in_flight_since=None, digest="")
            self._table.replace(QUEUED, message.id, free, own.version)
        return False
