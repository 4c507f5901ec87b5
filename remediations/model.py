"""The words of the acting half: change, decision, outcome, record, notice."""

import hashlib
from datetime import datetime
from enum import StrEnum

import msgspec

from checks.evidence import Attributes, Evidence
from checks.model import CauseName, Diagnosis, LockedObject, Signal, Value


class LockChange(Value, frozen=True, tag="lock"):
    """One object's `writeEnabled`, and nothing else of it. `before` is all four attributes as they were read."""

    registry: str
    target: LockedObject
    before: Attributes
    write_enabled: bool
    until: datetime | None = None

    @property
    def after(self) -> Attributes:
        return msgspec.structs.replace(self.before, write=self.write_enabled)

    def __str__(self) -> str:
        return f"{'unlock' if self.write_enabled else 'lock'} {self.target}"


class RuleChange(Value, frozen=True, tag="rules"):
    """Addresses added to and taken from the registry's network rules.

    There is no way to say anything about the default action, public access or any other property.
    `before` is every rule as it was read, because the write replaces the whole array.
    """

    registry: str
    before: tuple[str, ...]
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    until: datetime | None = None

    @property
    def after(self) -> tuple[str, ...]:
        kept = tuple(rule for rule in self.before if rule not in self.remove)
        return kept + tuple(rule for rule in self.add if rule not in kept)

    def __str__(self) -> str:
        parts = [f"add network rule {rule}" for rule in self.add]
        return ", ".join(parts + [f"remove network rule {rule}" for rule in self.remove])


type Change = LockChange | RuleChange


class Proposed(Value, frozen=True, tag="proposed"):
    """A change that a person has to agree to before it is made."""

    change: Change


class Refusal(Value, frozen=True, tag="refusal"):
    """Why a remediation will not change anything."""

    reason: "Reason"
    because: str


class Reason(StrEnum):
    """Every way not to act, and the one way to. People are told the name and the sentence beside it."""

    PERMITTED = "permitted"
    APPROVAL_NEEDED = "approval_needed"
    REJECTED = "rejected"
    APPROVAL_EXPIRED = "approval_expired"
    PAUSED = "paused"
    PUSHED_SINCE = "pushed_since"
    MENDED_ALREADY = "mended_already"
    NO_CAUSE_FOUND = "no_cause_found"
    SEVERAL_CAUSES = "several_causes"
    EVIDENCE_UNREADABLE = "evidence_unreadable"
    NO_REMEDIATION = "no_remediation"
    NOT_PERMITTED = "not_permitted"
    PROTECTED = "protected"
    ADDRESS_NOT_PUBLIC = "address_not_public"
    ADDRESS_UNPROVEN = "address_unproven"
    ANONYMOUS_OR_ADMIN_ACCESS = "anonymous_or_admin_access"
    NOT_PREMIUM = "not_premium"
    RULE_QUOTA_FULL = "rule_quota_full"
    COOLDOWN = "cooldown"
    STORM = "storm"
    TOO_MANY_OPEN_CHANGES = "too_many_open_changes"
    VERIFICATION_FAILED_BEFORE = "verification_failed_before"
    TARGET_MOVED = "target_moved"
    WRITE_FAILED = "write_failed"
    UNVERIFIED = "unverified"
    COULD_NOT_BE_HANDLED = "could_not_be_handled"


class Suppress(Value, frozen=True, tag="suppress"):
    """Nothing to do, and nobody to tell."""

    reason: Reason
    because: str


class Escalate(Value, frozen=True, tag="escalate"):
    """For people."""

    reason: Reason
    because: str


class AskApproval(Value, frozen=True, tag="ask_approval"):
    """The policy permits this change if a person agrees to it."""

    change: Change
    reason: Reason
    because: str


class Remediate(Value, frozen=True, tag="remediate"):
    """The policy permits this change."""

    change: Change
    reason: Reason
    because: str


type Decision = Suppress | Escalate | AskApproval | Remediate


class Applied(Value, frozen=True, tag="applied"):
    """The target was read again after the write and is as the change says."""


class Moved(Value, frozen=True, tag="moved"):
    """The target is not as it was read, or the lease was lost. Nothing was written."""

    saw: str


class Failed(Value, frozen=True, tag="failed"):
    """The write was refused; or, where `settled` is false, nobody can say whether it was carried out."""

    why: str
    missing_right: str | None = None
    settled: bool = True


class Verified(Value, frozen=True, tag="verified"):
    """The check that found the cause does not find it any more."""

    saw: str


class Unverified(Value, frozen=True, tag="unverified"):
    """The change was made, and the check that found the cause still does, or could not tell."""

    verdict: str


class Rehearsed(Value, frozen=True, tag="rehearsed"):
    """What would have been done. Nothing was written."""


class Undone(Value, frozen=True, tag="undone"):
    """What the bot had changed is as it was before."""


class Released(Value, frozen=True, tag="released"):
    """Somebody changed it meanwhile: it is theirs, and the bot lets go."""

    saw: str


type Outcome = Verified | Unverified | Failed | Rehearsed | Undone | Released | Moved


class Seen(Value, frozen=True, tag="seen"):
    """A signal came in."""

    signal: Signal


class Looked(Value, frozen=True, tag="looked"):
    """The registry was read."""

    evidence: Evidence


class Judged(Value, frozen=True, tag="judged"):
    """The checks answered."""

    diagnosis: Diagnosis


class Decided(Value, frozen=True, tag="decided"):
    """It was decided what to do, under the policy of that version."""

    decision: Decision
    policy: str


class AboutTo(Value, frozen=True, tag="about_to"):
    """The change is about to be made."""

    change_id: str
    change: Change


class CameOf(Value, frozen=True, tag="came_of"):
    """What came of a change."""

    change_id: str
    outcome: Outcome


class Asked(Value, frozen=True, tag="asked"):
    """A person is asked to agree to a change. `plan` is the digest of what they are asked to agree to."""

    approval: str
    plan: str
    change: Change
    expires_at: datetime


class Answered(Value, frozen=True, tag="answered"):
    """What came of asking: who answered, when, how and why; or that nobody did."""

    approval: str
    plan: str
    answer: str
    by: str = ""
    via: str = ""
    why: str = ""
    at: datetime | None = None


class Extended(Value, frozen=True, tag="extended"):
    """A temporary change stays until then, because what it was made for goes on."""

    change_id: str
    until: datetime


class Told(Value, frozen=True, tag="told"):
    """A message went out, or did not."""

    message: str
    channel: str
    result: str


class Ended(Value, frozen=True, tag="ended"):
    """The incident is over."""

    why: str


type Entry = Seen | Looked | Judged | Decided | Asked | Answered | AboutTo | CameOf | Extended | Told | Ended


class Record(Value, frozen=True):
    """One line of an incident's journal. `key` is the same whenever the same step is written again.

    `digest` covers the record before, so that an edited past shows.
    """

    seq: int
    key: str
    at: datetime
    entry: Entry
    prev: str
    digest: str = ""

    def sealed(self) -> "Record":
        """This record with the digest of itself."""
        bare = msgspec.structs.replace(self, digest="")
        return msgspec.structs.replace(self, digest=hashlib.sha256(msgspec.json.encode(bare)).hexdigest())


class Stage(StrEnum):
    """How far a change has come."""

    INTENDED = "intended"
    MAKING = "making"
    APPLIED = "applied"
    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    UNDOING = "undoing"
    UNDONE = "undone"
    RELEASED = "released"
    NOT_MADE = "not_made"


BEGUN_STAGES = frozenset({Stage.INTENDED, Stage.MAKING, Stage.APPLIED})
OPEN_STAGES = BEGUN_STAGES | {Stage.VERIFIED, Stage.UNVERIFIED, Stage.UNDOING}


class Commitment(Value, frozen=True):
    """A change that the bot answers for, from before the write until it is undone or released.

    `approval` is the id of what a person agreed to, where one was asked.
    """

    id: str
    incident: str
    fingerprint: str
    check: str
    change: Change
    stage: Stage
    made_at: datetime
    due_at: datetime | None = None
    approval: str = ""

    @property
    def begun(self) -> bool:
        """Whether a worker is making it, or died while it did."""
        return self.stage in BEGUN_STAGES

    @property
    def open(self) -> bool:
        """Whether the bot answers for it."""
        return self.stage in OPEN_STAGES


class Severity(StrEnum):
    """How much a notice wants of its reader."""

    GOOD = "good"
    INFO = "info"
    WARNING = "warning"
    URGENT = "urgent"


class TicketStep(StrEnum):
    """What a notice is to its ticket."""

    OPEN = "open"  # Let there be a ticket, with this on it.
    COMMENT = "comment"  # Add this to the ticket, if there is one.
    RESOLVE = "resolve"  # The incident is over, and with the last of its incidents the ticket.


class Kind(StrEnum):
    """What a notice says of its incident, by which policy sends it one way or another."""

    NEEDS_YOU = "needs_you"
    ASKS = "asks"
    MENDED = "mended"
    REHEARSED = "rehearsed"
    FAILED = "failed"
    EXTENDED = "extended"
    OVER = "over"
    DIGEST = "digest"
    HEARTBEAT = "heartbeat"


class Notice(Value, frozen=True):
    """What people are told of one step of an incident. Every text is plain; each channel escapes it its own way.

    `ticket_key` names the ticket that it is about, and a notice without one is nothing for a desk.
    `page` is where a person is asked to decide something; its address is all that anybody gets by it. `trend` is a
    share in percent, day by day, for channels that can draw; a day that nobody saw is None.
    """

    incident: str
    step: str
    severity: Severity
    title: str
    at: datetime
    facts: tuple[tuple[str, str], ...]
    paragraphs: tuple[str, ...] = ()
    quoted: str = ""
    ticket_key: str | None = None
    page: str = ""
    trend: tuple[int | None, ...] = ()
    ticket_step: TicketStep = TicketStep.OPEN
    kind: Kind = Kind.NEEDS_YOU
    cause: CauseName = CauseName.UNKNOWN
