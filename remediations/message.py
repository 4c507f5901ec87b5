"""One notice on its way through one channel: a row of the outbox."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Final

from checks.model import Value
from remediations.model import Notice

# Where the rows are: those that are still to be sent, and those that are over.
QUEUED: Final = "queued"
DONE: Final = "done"
_NAMESPACE: Final = uuid.UUID("8f0d6f0e-3e0b-5d53-9a3c-5b3c1b7a0f51")


class State(StrEnum):
    """Where a message stands. `unknown`: it may have arrived, nobody can tell, and it is not sent again."""

    WAITING = "waiting"
    IN_FLIGHT = "in_flight"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    DEAD = "dead"
    FOLDED = "folded"


TOLD: Final = (State.ACCEPTED, State.FOLDED)


class Message(Value, frozen=True):
    """One notice on its way through one channel.

    `id` is the same whenever the same step is told through the same channel. `instead_of` are the channels
    that did not take it before; `then` is the channel that was asked in its place. One that is `held` waits for
    the digest, and says why; `digest` is the id of the one it goes into, and a digest's `folds` are those in it.
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
    held: str = ""
    digest: str = ""
    folds: tuple[str, ...] = ()


def id_of(notice: Notice, channel: str, instead_of: tuple[str, ...] = ()) -> str:
    """The id of the message with that notice, whoever posts it and however often."""
    return str(uuid.uuid5(_NAMESPACE, "\n".join((notice.incident, notice.step, channel, *instead_of))))
