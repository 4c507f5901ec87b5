"""Changes that wait for a person: what is asked, until when, and the one answer that counts."""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count
from typing import Final, assert_never

import msgspec
from msgspec.structs import replace

from checks.incident import Incident, parts_of
from checks.model import Clock, Value
from remediations.model import Change, LockChange, RuleChange
from remediations.ports import Queue, Respond, Row, Table

# Nobody answered: people were told, and the failure is a day old.
_EXPIRES_AFTER: Final = timedelta(hours=24)
# Whoever agreed did so to what is there now.
_HOLDS_FOR: Final = timedelta(hours=1)
_KEPT_FOR: Final = timedelta(days=30)
LONGEST_WHY: Final = 500
_ID: Final = re.compile(r"[a-z0-9]{5,50}-[0-9a-f]{12}-[0-9]{1,9}-[0-9a-f]{8}")


class State(StrEnum):
    """Where a question stands. `used`: the change was made under it, and it is good for no other."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    USED = "used"


_UNANSWERED: Final = (State.PENDING, State.APPROVED)


class Via(StrEnum):
    """How a person answered."""

    PAGE = "page"
    COMMAND_LINE = "command line"


class Person(Value, frozen=True):
    """Who answered. The object id and the tenant say who that is; the name is only there to be read."""

    name: str
    oid: str = ""
    tenant: str = ""

    def __str__(self) -> str:
        ids = ", ".join(
            f"{what} {value}" for what, value in (("oid", self.oid), ("tenant", self.tenant)) if value
        )
        return f"{self.name} ({ids})" if ids else self.name


class Approval(Value, frozen=True):
    """A plan, the question whether it may be carried out, and the answer.

    `id` is a name for exactly this plan, and no credential. `digest` covers the target, the edit and how long it
    lasts, and no point in time.
    """

    id: str
    incident: str
    change: Change
    because: str
    digest: str
    asked_at: datetime
    expires_at: datetime
    state: State = State.PENDING
    by: Person | None = None
    via: Via | None = None
    why: str = ""
    decided_at: datetime | None = None

    @property
    def registry(self) -> str:
        return self.change.registry

    @property
    def lasts(self) -> timedelta | None:
        """How long the change is in force once it is made."""
        return self.change.until - self.asked_at if self.change.until else None

    def at(self, now: datetime) -> State:
        """Where it stands at that time, whether or not anybody has written down that time is up."""
        answered = self.state is State.APPROVED and self.decided_at
        ends = self.decided_at + _HOLDS_FOR if answered and self.decided_at else self.expires_at
        return State.EXPIRED if self.state in _UNANSWERED and now >= ends else self.state


class Answer(Value, frozen=True):
    """The approval as it stands after somebody answered. Only the answer that `counted` has changed anything."""

    approval: Approval
    counted: bool


class Approvals:
    """One row for each plan that people were asked about, in its registry's partition."""

    def __init__(self, table: Table[Approval], queue: Queue, clock: Clock) -> None:
        self._table = table
        self._queue = queue
        self._clock = clock

    def ask(self, incident: Incident, change: Change, because: str, now: datetime) -> Approval:
        """The approval that waits for an answer, written down. Asked again before there is one, it is the same.

        `now` is the time at which the change was planned.
        """
        digest = digest_of(change, now)
        asked = self.of(incident.id)
        if asked and asked.digest == digest and asked.at(now) is State.PENDING:
            return asked
        for turn in count():
            approval = Approval(
                id=f"{incident.id}-{_short(incident.attempts, turn, digest)}",
                incident=incident.id,
                change=change,
                because=because,
                digest=digest,
                asked_at=now,
                expires_at=now + _EXPIRES_AFTER,
            )
            if self._table.insert(approval.registry, approval.id, approval):
                return approval
        raise AssertionError("count never ends")

    def find(self, approval_id: str) -> Approval | None:
        """The approval of that id, or None where the text is no such id."""
        row = self._read(approval_id)
        return row.value if row else None

    def of(self, incident_id: str) -> Approval | None:
        """What people were asked last about the incident."""
        return max(self._about(incident_id), key=_recency, default=None)

    def pending(self, registry: str) -> Iterator[Approval]:
        """What waits for an answer now."""
        now = self._clock()
        return (r.value for _, r in self._table.rows(registry) if r.value.at(now) is State.PENDING)

    def answer(self, approval_id: str, by: Person, via: Via, why: str, *, agrees: bool) -> Answer | None:
        """The first answer to a question, however often and by whomever it is answered. None: there is no such one.

        Nothing is changed here: the answer is written down on condition that there is none, and work is queued.
        """
        while True:
            row = self._read(approval_id)
            if row is None:
                return None
            now = self._clock()
            stands = row.value.at(now)
            if stands is not State.PENDING:
                return Answer(approval=replace(row.value, state=stands), counted=False)
            answered = replace(
                row.value,
                state=State.APPROVED if agrees else State.REJECTED,
                by=by,
                via=via,
                why=why[:LONGEST_WHY],
                decided_at=now,
            )
            if self._swap(row, answered):
                self._queue.send(Respond(answered.incident))
                return Answer(approval=answered, counted=True)

    def is_settled(self, incident_id: str) -> bool:
        """Whether an incident that waits for an answer waits for nothing any more."""
        approval = self.of(incident_id)
        return approval is None or approval.at(self._clock()) is not State.PENDING

    def use(self, approval: Approval) -> Approval:
        """The approval, which is used up now: the change was made under it."""
        return self._bring(approval.id, State.USED, tuple(State)) or approval

    def end(self, incident_id: str, *, but: str = "") -> None:
        """Let every question about the incident expire that nothing was done under, except one."""
        for approval in tuple(self._about(incident_id)):
            if approval.id != but:
                self._bring(approval.id, State.EXPIRED, _UNANSWERED)

    def prune(self, registry: str) -> None:
        """Forget what is long over. The journal keeps it."""
        before = self._clock() - _KEPT_FOR
        for key, row in tuple(self._table.rows(registry)):
            if row.value.asked_at < before:
                self._table.remove(registry, key)

    def _about(self, incident_id: str) -> Iterator[Approval]:
        parts = parts_of(incident_id)
        rows = self._table.rows(parts[0]) if parts else iter(())
        return (row.value for _, row in rows if row.value.incident == incident_id)

    def _read(self, approval_id: str) -> Row[Approval] | None:
        if not _ID.fullmatch(approval_id):
            return None
        return self._table.read(approval_id.partition("-")[0], approval_id)

    def _bring(self, approval_id: str, state: State, only: tuple[State, ...]) -> Approval | None:
        """The approval in its new state, if it was in one of these."""
        while True:
            row = self._read(approval_id)
            if row is None or row.value.state is state or row.value.state not in only:
                return row.value if row else None
            after = replace(row.value, state=state)
            if self._swap(row, after):
                return after

    def _swap(self, row: Row[Approval], after: Approval) -> bool:
        return self._table.replace(after.registry, after.id, after, row.version)


def digest_of(change: Change, planned_at: datetime) -> str:
    """What two plans share that come to the same: the target, the edit and how long it lasts."""
    match change:
        case LockChange(target=target):
            edit: list[object] = ["lock", target, change.write_enabled]
        case RuleChange():
            edit = ["rules", sorted(change.add), sorted(change.remove)]
        case _:
            assert_never(change)
    lasts = round((change.until - planned_at).total_seconds()) if change.until else None
    return hashlib.sha256(msgspec.json.encode([change.registry, edit, lasts])).hexdigest()


def _recency(approval: Approval) -> tuple[datetime, bool]:
    return approval.asked_at, approval.state is State.PENDING


def _short(attempt: int, turn: int, digest: str) -> str:
    return hashlib.sha256(f"{attempt}\n{turn}\n{digest}".encode()).hexdigest()[:8]
