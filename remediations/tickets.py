"""One ticket for one key: what stands between the outbox and every ticket desk.

Our own row comes first: reserved, then being opened, then open under the desk's own name for it. What the desk finds
by the key is only the second net, for a worker that died or an answer that was lost: a search may lag, so nothing is
created again before the desk had its time to show what is there.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

from msgspec.structs import replace

from checks.incident import parts_of
from checks.model import Clock, Value
from remediations.model import Notice, TicketStep
from remediations.ports import Accepted, Closed, Dead, Delivery, Desk, Later, Ref, Row, Table, Unsure

# A key goes into tags, labels, subjects, queries and table keys, so it is nothing but this.
_KIND: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
# Whoever began this long ago to write to the desk has died.
_STUCK_AFTER: Final = timedelta(minutes=2)
_SOON: Final = 30
# Long enough that the outbox's last try comes after a dead worker's time is up.
_ANOTHER_IS_AT_IT: Final = 60
# The outbox has made its last try by then, however long the desk asked it to wait between.
_GIVEN_UP_AFTER: Final = timedelta(hours=4)
_KEPT_FOR: Final = timedelta(days=90)


class Stage(StrEnum):
    """How far a ticket has come. Only in `opening` is it not known whether the desk has it."""

    RESERVED = "reserved"
    OPENING = "opening"
    OPEN = "open"
    RESOLVING = "resolving"
    RESOLVED = "resolved"


class Ticket(Value, frozen=True):
    """What the bot knows of the ticket for one kind of trouble.

    `epoch` rises with every ticket that follows one that is over. `by` is the message that opens it, and `about`
    are the incidents that it is there for: when the last of them is over, it is resolved.
    """

    kind: str
    since: datetime
    about: tuple[str, ...]
    epoch: int = 1
    stage: Stage = Stage.RESERVED
    by: str = ""
    ref: Ref | None = None

    @property
    def key(self) -> str:
        """What the ticket is found by at the desk."""
        return self.kind if self.epoch == 1 else f"{self.kind}.{self.epoch}"


class Tickets:
    """A desk as a channel of the outbox."""

    desk: Final = True

    def __init__(self, desk: Desk, table: Table[Ticket], clock: Clock) -> None:
        self._desk = desk
        self._table = table
        self._clock = clock
        self._over = f"{desk.name}-over"

    @property
    def name(self) -> str:
        return self._desk.name

    @property
    def repeatable(self) -> bool:
        return self._desk.repeatable

    def send(self, message_id: str, notice: Notice) -> Delivery:
        """Let the notice have its effect on its ticket, once."""
        kind = notice.ticket_key
        if kind is None or not _KIND.fullmatch(kind):
            return Dead("the notice has no ticket key that a desk could carry")
        match notice.ticket_step:
            case TicketStep.OPEN:
                return self._ensure(kind, message_id, notice)
            case TicketStep.COMMENT:
                return self._comment(kind, message_id, notice)
            case TicketStep.RESOLVE:
                return self._resolve(kind, message_id, notice)

    def prune(self) -> None:
        """Forget what has long been resolved."""
        before = self._clock() - _KEPT_FOR
        for partition in (self.name, self._over):
            for key, row in tuple(self._table.rows(partition)):
                if row.value.stage is Stage.RESOLVED and row.value.since < before:
                    self._table.remove(partition, key)

    def _ensure(self, kind: str, message_id: str, notice: Notice) -> Delivery:
        """Let there be a ticket with this message on it, unless its incident is over already."""
        if self._is_over(notice):
            return Accepted("its incident is over already")
        row = self._reserved(kind, notice.incident)
        # Whoever ends the incident writes that down first and looks for tickets second.
        if self._is_over(notice):
            return self._leave(row, _of(notice.incident, row.value.about), message_id, notice)
        ticket = row.value
        match ticket.stage:
            case Stage.OPEN:
                return self._add(ticket, message_id, notice)
            case Stage.RESERVED:
                return self._open(row, message_id, notice)
            case Stage.OPENING if self._may_take_over(ticket, message_id):
                return self._settle(row, message_id, notice)
            case Stage.OPENING | Stage.RESOLVING | Stage.RESOLVED:
                return Later(_ANOTHER_IS_AT_IT, "another message is at the ticket")
            case _:
                assert_never(ticket.stage)

    def _reserved(self, kind: str, incident: str) -> Row[Ticket]:
        """The row of the ticket for this kind of trouble and this incident; a new one after one that is over."""
        while True:
            row = self._table.read(self.name, kind)
            if row is None:
                self._table.insert(self.name, kind, Ticket(kind, self._clock(), (incident,)))
                continue
            ticket = row.value
            if ticket.stage is Stage.RESOLVED or self._was_given_up(ticket):
                wanted = self._next(ticket, (incident,))
            elif incident not in ticket.about:
                wanted = replace(ticket, about=(*ticket.about, incident))
            else:
                return row
            self._swap(row, wanted)

    def _next(self, ticket: Ticket, about: tuple[str, ...]) -> Ticket:
        return Ticket(ticket.kind, self._clock(), about, epoch=ticket.epoch + 1)

    def _open(self, row: Row[Ticket], message_id: str, notice: Notice) -> Delivery:
        """Look for the ticket, which another bot or a lost table may have left, and create it if it is not there."""
        opening = replace(row.value, stage=Stage.OPENING, by=message_id, since=self._clock())
        if not self._swap(row, opening):
            return Later(_ANOTHER_IS_AT_IT, "another message is opening the ticket")
        found = self._desk.find(opening.key)
        match found:
            case Ref():
                return self._add(self._opened(opening, found), message_id, notice)
            case None:
                return self._create(opening, message_id, notice)
            case _:
                self._back(opening)
                return found

    def _create(self, opening: Ticket, message_id: str, notice: Notice) -> Delivery:
        created = self._desk.create(opening.key, message_id, notice)
        if isinstance(created, Unsure) and self._desk.repeatable:
            found = self._desk.find(opening.key)
            created = found if isinstance(found, Ref) else created
        match created:
            case Ref(link=link):
                self._opened(opening, created)
                return Accepted(link)
            case Unsure() if self._desk.repeatable:
                wait = max(_SOON, self._desk.lag)
                return Later(wait, "its answer was lost, and the ticket is not there yet")
            case Unsure():
                return created
            case Later() | Dead():
                self._back(opening)
                return created
            case _:
                assert_never(created)

    def _settle(self, row: Row[Ticket], message_id: str, notice: Notice) -> Delivery:
        """What became of an opening that nobody saw the end of."""
        found = self._desk.find(row.value.key)
        match found:
            case Ref(link=link):
                opened = self._opened(row.value, found)
                return Accepted(link) if opened.by == message_id else self._add(opened, message_id, notice)
            case None:
                wait = self._unseen_for(row.value)
                return wait or self._open(row, message_id, notice)
            case _:
                return found

    def _unseen_for(self, ticket: Ticket) -> Later | None:
        """How long the desk may still need to show a ticket that was created."""
        shown_at = ticket.since + timedelta(seconds=self._desk.lag)
        seconds = int((shown_at - self._clock()).total_seconds())
        return (
            Later(max(seconds, _SOON), "the ticket may be there and not be found yet")
            if seconds > 0
            else None
        )

    def _add(self, ticket: Ticket, message_id: str, notice: Notice) -> Delivery:
        """Comment on the ticket; where people have closed it, open the next one."""
        assert ticket.ref is not None, "it is open"
        match came := self._desk.comment(ticket.ref, message_id, notice):
            case Ref(link=link):
                return Accepted(link)
            case Closed():
                self._bring(ticket, lambda now: self._next(now, now.about), Stage.OPEN)
                return self._ensure(ticket.kind, message_id, notice)
            case _:
                return came

    def _comment(self, kind: str, message_id: str, notice: Notice) -> Delivery:
        row = self._table.read(self.name, kind)
        if row is None or row.value.ref is None or row.value.stage is not Stage.OPEN:
            return Accepted("no ticket is open")
        match came := self._desk.comment(row.value.ref, message_id, notice):
            case Ref(link=link):
                return Accepted(link)
            case Closed():
                return Accepted("people have closed the ticket")
            case _:
                return came

    def _resolve(self, kind: str, message_id: str, notice: Notice) -> Delivery:
        """Take the incident off every ticket that is there for it, and resolve what is left with none.

        A push that a full registry had refused succeeds, and the registry may be as full as before.
        """
        self._table.insert(self._over, notice.incident, Ticket(kind, self._clock(), (), stage=Stage.RESOLVED))
        rows = tuple(row for _, row in self._table.rows(self.name))
        ours = ((row, _of(notice.incident, row.value.about)) for row in rows)
        came = [self._leave(row, ended, message_id, notice) for row, ended in ours if ended]
        return next((one for one in came if not isinstance(one, Accepted)), None) or (
            came[0] if came else Accepted("no ticket is open")
        )

    def _leave(self, row: Row[Ticket], ours: tuple[str, ...], message_id: str, notice: Notice) -> Delivery:
        """Let the ticket be no longer about these incidents."""
        ticket = row.value
        rest = tuple(one for one in ticket.about if one not in ours)
        match ticket.stage:
            case Stage.RESERVED | Stage.RESOLVED:
                stage = ticket.stage if rest else Stage.RESOLVED
                over = self._swap(row, replace(ticket, about=rest, stage=stage))
                return Accepted("no ticket was opened") if over else Later(_SOON, "another message is at it")
            case Stage.OPENING:
                return self._leave_unseen(row, ours, message_id, notice)
            case Stage.OPEN if rest:
                came = self._comment(ticket.kind, message_id, notice)
                if isinstance(came, Accepted):
                    self._bring(ticket, lambda now: replace(now, about=_without(now, ours)), Stage.OPEN)
                return came
            case Stage.OPEN:
                ending = replace(ticket, stage=Stage.RESOLVING, since=self._clock())
                if not self._swap(row, ending):
                    return Later(_SOON, "another message is at the ticket")
                return self._end(ending, message_id, notice)
            case Stage.RESOLVING:
                return self._end(ticket, message_id, notice)
            case _:
                assert_never(ticket.stage)

    def _leave_unseen(
        self, row: Row[Ticket], ours: tuple[str, ...], message_id: str, notice: Notice
    ) -> Delivery:
        """Resolve a ticket of which nobody knows whether it was opened."""
        ticket = row.value
        if ticket.since + _STUCK_AFTER > self._clock():
            return Later(_ANOTHER_IS_AT_IT, "the ticket is being opened")
        found = self._desk.find(ticket.key)
        match found:
            case Ref():
                self._opened(ticket, found)
            case None:
                if wait := self._unseen_for(ticket):
                    return wait
                self._back(ticket)
            case _:
                return found
        known = self._table.read(self.name, ticket.kind)
        if known is None or known.value.stage is Stage.OPENING:
            return Later(_SOON, "another message is at the ticket")
        return self._leave(known, ours, message_id, notice)

    def _end(self, ticket: Ticket, message_id: str, notice: Notice) -> Delivery:
        assert ticket.ref is not None, "it was open"
        match came := self._desk.resolve(ticket.ref, message_id, notice):
            case Ref() | Closed():
                self._let_go(ticket)
                return Accepted(ticket.ref.link)
            case Dead():
                # People are told; what fails next must not wait for a ticket that we cannot close.
                self._let_go(ticket)
                return came
            case _:
                return came

    def _let_go(self, ticket: Ticket) -> None:
        resolved = replace(ticket, stage=Stage.RESOLVED, about=(), since=self._clock())
        self._bring(ticket, lambda _: resolved, Stage.RESOLVING)

    def _opened(self, opening: Ticket, ref: Ref) -> Ticket:
        """The ticket, which is open now under the desk's name for it."""
        self._bring(opening, lambda now: replace(now, stage=Stage.OPEN, ref=ref), Stage.OPENING)
        return replace(opening, stage=Stage.OPEN, ref=ref)

    def _back(self, opening: Ticket) -> None:
        """Nothing was created: the ticket is only reserved again."""
        self._bring(opening, lambda now: replace(now, stage=Stage.RESERVED, by=""), Stage.OPENING)

    def _bring(self, ticket: Ticket, change: Callable[[Ticket], Ticket], only: Stage) -> None:
        """Change the row, whatever was added to it meanwhile, as long as it is the same ticket at that stage."""
        while True:
            row = self._table.read(self.name, ticket.kind)
            if row is None or row.value.epoch != ticket.epoch or row.value.stage is not only:
                return
            if self._swap(row, change(row.value)):
                return

    def _swap(self, row: Row[Ticket], after: Ticket) -> bool:
        return self._table.replace(self.name, after.kind, after, row.version)

    def _is_over(self, notice: Notice) -> bool:
        return self._table.read(self._over, notice.incident) is not None

    def _was_given_up(self, ticket: Ticket) -> bool:
        """Whether nobody tries any more to resolve it."""
        return ticket.stage is Stage.RESOLVING and ticket.since + _GIVEN_UP_AFTER <= self._clock()

    def _may_take_over(self, ticket: Ticket, message_id: str) -> bool:
        return ticket.by == message_id or ticket.since + _STUCK_AFTER <= self._clock()


def _of(incident: str, about: Iterable[str]) -> tuple[str, ...]:
    """Those of the incidents that are this one, or an earlier round of it, which this one took the place of."""
    mine = parts_of(incident)
    return tuple(one for one in about if one == incident or (mine and _is_earlier(parts_of(one), mine)))


def _is_earlier(one: tuple[str, str, int] | None, than: tuple[str, str, int]) -> bool:
    return one is not None and one[:2] == than[:2] and one[2] <= than[2]


def _without(ticket: Ticket, ours: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in ticket.about if one not in ours)
