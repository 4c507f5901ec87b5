"""What the acting half needs from outside, as it would like to be answered."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from checks.model import Registry, Value
from remediations.model import Applied, Change, Failed, Moved, Notice, Record
from remediations.policy import TrustedIssuer
from remediations.proof import Refused, Token


class Row[T](Value, frozen=True):
    """A stored value, and the version that a write must still find."""

    value: T
    version: str


class Table[T](Protocol):
    """Rows of one type. Every write is conditional, and says whether the condition held."""

    def insert(self, partition: str, key: str, value: T) -> bool:
        """Whether the row is new now; False if there was one already."""

    def read(self, partition: str, key: str) -> Row[T] | None: ...

    def replace(self, partition: str, key: str, value: T, version: str) -> bool:
        """Whether the row still had that version, and has the value now."""

    def remove(self, partition: str, key: str, version: str = "") -> None:
        """Forget the row, if it is there; with a version, only if it still has that."""

    def rows(self, partition: str) -> Iterator[tuple[str, Row[T]]]:
        """Every row of a partition with its key, in the order of the keys."""

    def since(self, partition: str, at: datetime, *fields: str) -> Iterator[T]:
        """The values of a partition that name a time of `at` or later in one of these fields, to the second."""


class Respond(Value, frozen=True, tag="respond", tag_field="command"):
    """Look into an incident."""

    incident: str


class Undo(Value, frozen=True, tag="undo", tag_field="command"):
    """Take a change back. `why` is for the record."""

    registry: str
    change: str
    why: str


class Expire(Value, frozen=True, tag="expire", tag_field="command"):
    """Take out a registry's network rules whose time is up."""

    registry: str


class Deliver(Value, frozen=True, tag="deliver", tag_field="command"):
    """Send one message of the outbox."""

    message: str


class Publish(Value, frozen=True, tag="publish", tag_field="command"):
    """Publish what an incident's journal holds that is not published yet."""

    incident: str


type Command = Respond | Undo | Expire | Deliver | Publish


class Queue(Protocol):
    """Work that is to be done at least once."""

    def send(self, command: Command, delay: timedelta = timedelta()) -> None: ...


class Backlog(Value, frozen=True):
    """How many messages wait on a queue, and since when the first that can be seen does."""

    waiting: int
    oldest: datetime | None = None


class Backlogs(Protocol):
    """What waits on queues."""

    def of(self, queue: str) -> Backlog: ...


class RegistryWriter(Protocol):
    """The only door through which a registry is changed."""

    def apply(
        self, registry: Registry, change: Change, hold: Callable[[], None], *, may_be_made: bool
    ) -> Applied | Moved | Failed:
        """Make the change if the target is still as the change says it was, and read it again afterwards.

        `hold` is called right before each write: it renews the caller's lease, or raises where that is lost.
        `may_be_made` says that an earlier worker may have made this very change: then a target that is already
        as it should be counts as Applied and is not written again. Otherwise it was somebody else: Moved.
        """


class AuditTopic(Protocol):
    """Where others who keep an audit take the bot's records from."""

    def publish(self, incident: str, records: Sequence[Record]) -> str:
        """Why the records were not taken, or nothing."""


class IssuerKeys(Protocol):
    """The keys of those who issue tokens."""

    def doubt(self, token: Token, issuer: TrustedIssuer) -> Refused | None:
        """Why it is not shown that a key of that issuer signed the token, or None if it is."""


class Accepted(Value, frozen=True):
    """The channel took the message. `reference` finds it again there."""

    reference: str = ""


class Later(Value, frozen=True):
    """The channel asks to wait, or could not be reached."""

    seconds: int
    why: str


class Dead(Value, frozen=True):
    """The channel will not take this message, now or later."""

    why: str


class Unsure(Value, frozen=True):
    """The message may have got there, or not: the answer was lost."""

    why: str


type Delivery = Accepted | Later | Dead | Unsure


class Channel(Protocol):
    """One way to reach people. A ticket desk is one too."""

    @property
    def name(self) -> str: ...

    @property
    def desk(self) -> bool:
        """Whether it opens tickets, and so takes only notices that have a ticket key."""

    @property
    def repeatable(self) -> bool:
        """Whether a message that is sent to it twice arrives once."""

    def send(self, message_id: str, notice: Notice) -> Delivery: ...


class Ref(Value, frozen=True):
    """A ticket as its desk knows it; `link` leads people there."""

    id: str
    link: str = ""


class Closed(Value, frozen=True):
    """The ticket is closed already, or gone: people have done so."""


type NoAnswer = Later | Dead | Unsure


class Desk(Protocol):
    """Where tickets are, found by a key. It keeps no state: `remediations.tickets` makes one ticket of one key.

    What it is given to write carries the message's id, so that the same message is written once.
    """

    @property
    def name(self) -> str: ...

    @property
    def repeatable(self) -> bool:
        """Whether what is written twice is there once: because it can be looked up, or because the desk sees to it."""

    @property
    def lag(self) -> int:
        """The seconds after which a ticket that was created is sure to be found by its key."""

    def find(self, key: str) -> Ref | NoAnswer | None:
        """The open ticket with that key, or None where there is none, or none yet."""

    def create(self, key: str, message_id: str, notice: Notice) -> Ref | NoAnswer: ...

    def comment(self, ref: Ref, message_id: str, notice: Notice) -> Ref | Closed | NoAnswer: ...

    def resolve(self, ref: Ref, message_id: str, notice: Notice) -> Ref | Closed | NoAnswer: ...
