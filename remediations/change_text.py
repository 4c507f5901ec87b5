"""A change and what came of it, in; the words in which people are told of it, out. Plain text."""

from datetime import timedelta
from typing import assert_never

from checks.model import CauseName
from remediations.approvals import Approval
from remediations.model import (
    Change,
    Failed,
    Kind,
    LockChange,
    Moved,
    Outcome,
    Rehearsed,
    Released,
    RuleChange,
    Severity,
    Undone,
    Unverified,
    Verified,
)


def plan(approval: Approval) -> tuple[tuple[str, str], ...]:
    """What would be changed, from what to what, for how long and why."""
    until = _lasting(approval.lasts)
    if isinstance(approval.change, LockChange):
        until += ", or until the push has succeeded"
    return (*before_and_after(approval.change, until), ("Why", approval.because))


def agreed(approval: Approval | None) -> tuple[tuple[str, str], ...]:
    """Who agreed, when, how and why; nothing where nobody was asked."""
    if approval is None or approval.decided_at is None:
        return ()
    said = f": {approval.why}" if approval.why else ""
    return (
        ("Approved", f"by {approval.by} at {approval.decided_at:%Y-%m-%d %H:%M} UTC, {approval.via}{said}"),
    )


def _lasting(span: timedelta | None) -> str:
    if span is None:
        return "for good"
    minutes = round(span.total_seconds() / 60)
    if minutes < 1:
        return f"{round(span.total_seconds())} s from when it is made"
    hours, rest = divmod(minutes, 60)
    words = " ".join(f"{number} {unit}" for number, unit in ((hours, "h"), (rest, "min")) if number)
    return f"{words} from when it is made"


def before_and_after(change: Change, until: str = "") -> tuple[tuple[str, str], ...]:
    """What is changed, from what to what, and until when."""
    match change:
        case LockChange():
            before, after = (
                f"writeEnabled {str(one.write).lower()}" for one in (change.before, change.after)
            )
        case RuleChange():
            before, after = _rules(change.before), _rules(change.after)
        case _:
            assert_never(change)
    until = until or (f"{change.until:%Y-%m-%d %H:%M} UTC" if change.until else "for good")
    return (("Change", str(change)), ("Before", before), ("After", after), ("Until", until))


def _rules(rules: tuple[str, ...]) -> str:
    return ", ".join(rules) if rules else "no rules"


def cured(change: Change) -> CauseName:
    """The cause that such a change is for."""
    match change:
        case LockChange():
            return CauseName.LOCKED
        case RuleChange():
            return CauseName.FIREWALL_IP_DENIED


def kind_of(outcome: Outcome) -> Kind:
    """The kind of notice that tells of it."""
    match outcome:
        case Verified():
            return Kind.MENDED
        case Rehearsed():
            return Kind.REHEARSED
        case Undone() | Released():
            return Kind.OVER
        case Unverified() | Failed() | Moved():
            return Kind.FAILED


def severity_of(outcome: Outcome) -> Severity:
    """How soon somebody has to read of it."""
    match outcome:
        case Verified():
            return Severity.GOOD
        case Rehearsed():
            return Severity.WARNING
        case Unverified() | Failed() | Moved() | Undone() | Released():
            return Severity.URGENT


def result(change: Change, outcome: Outcome) -> str:
    """The beginning of a title: what was done, before anything else."""
    match outcome:
        case Verified():
            return f"Push mended, {done(change)}"
        case Unverified():
            return f"Changed, but it did not help: {done(change)}"
        case Failed():
            return f"The repair was refused: could not {change}"
        case Moved():
            return f"Not repaired, somebody else is changing it: could not {change}"
        case Rehearsed():
            return f"Rehearsal, nothing was changed: would {change}"
        case Undone() | Released():
            return taken_back(change)


def done(change: Change) -> str:
    """What was done, in the words of a title."""
    match change:
        case LockChange():
            return f"{change.target} unlocked"
        case RuleChange():
            return f"{', '.join(change.add)} allowed"


def taken_back(change: Change) -> str:
    """What it is to have undone it."""
    match change:
        case LockChange():
            return f"{change.target} is locked again"
        case RuleChange():
            return f"the network rule for {', '.join(change.add)} is removed"


def next_step(change: Change, outcome: Outcome) -> str:
    """What to do now, and why."""
    match outcome:
        case Verified(saw=saw):
            when = (
                "when the push has succeeded, or at the time under “Until”"
                if isinstance(change, LockChange)
                else "at the time under “Until”"
            )
            return f"Push again now. Verified: {saw}. It is undone {when}."
        case Unverified(verdict=verdict):
            return f"The change is in place and will be undone at its time, but {verdict}. Nothing more is tried."
        case Failed(why=why, missing_right=right):
            return f"Azure refused it: {why}." + (f" The bot's writer lacks {right}." if right else "")
        case Moved(saw=saw):
            return f"Nothing was written: {saw}."
        case Rehearsed():
            return "The policy only rehearses, so nothing was written. Set `rehearsal: false` to let it act."
        case Undone() | Released():
            return "It is over."
