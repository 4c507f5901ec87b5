"""A ticket desk in memory, which behaves as the real ones do where our code can tell: its search may lag."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from remediations.model import Notice
from remediations.ports import Closed, NoAnswer, Ref
from tests.memory import Clock, Fuse


@dataclass
class DeskTicket:
    """One ticket, and the titles of what was told on it by the messages that brought them."""

    key: str
    created_at: datetime
    told: dict[str, str] = field(default_factory=dict)
    open: bool = True
    resolved: int = 0

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(self.told.values())


class MemoryDesk:
    """Tickets by their place in the list. `lost` is what the next creation answers although it was carried out."""

    name = "desk"
    repeatable = True
    lag = 60

    def __init__(self, clock: Clock, fuse: Fuse | None = None) -> None:
        self.tickets: list[DeskTicket] = []
        self.lost: NoAnswer | None = None
        self._clock = clock
        self._fuse = fuse or Fuse()

    def find(self, key: str) -> Ref | None:
        indexed = self._clock() - timedelta(seconds=self.lag)
        for place, ticket in enumerate(self.tickets):
            if ticket.key == key and ticket.open and ticket.created_at <= indexed:
                return Ref(str(place), f"desk/{place}")
        return None

    def create(self, key: str, message_id: str, notice: Notice) -> Ref | NoAnswer:
        self._fuse.beginning()
        self.tickets.append(DeskTicket(key, self._clock(), {message_id: notice.title}))
        lost, self.lost = self.lost, None
        self._fuse.done()
        return lost or Ref(str(len(self.tickets) - 1), f"desk/{len(self.tickets) - 1}")

    def comment(self, ref: Ref, message_id: str, notice: Notice) -> Ref | Closed:
        self._fuse.beginning()
        ticket = self.tickets[int(ref.id)]
        if not ticket.open:
            return Closed()
        ticket.told.setdefault(message_id, notice.title)
        self._fuse.done()
        return ref

    def resolve(self, ref: Ref, message_id: str, notice: Notice) -> Ref | Closed:
        told = self.comment(ref, message_id, notice)
        if isinstance(told, Closed):
            return told
        ticket = self.tickets[int(ref.id)]
        ticket.open, ticket.resolved = False, ticket.resolved + 1
        return ref
