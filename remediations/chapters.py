"""An incident's journal in; what its page tells, chapter by chapter, out. Pure, and plain text."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, assert_never

from checks.evidence import (
    Absent,
    Attributes,
    Evidence,
    NotAsked,
    RegistrySettings,
    Unreadable,
    Usage,
)
from checks.model import Cause, Cleared, Diagnosis, Signal, Unknown, Value
from checks.sizes import size
from remediations.episodes import Mark, mark, said
from remediations.model import (
    AboutTo,
    Answered,
    AskApproval,
    Asked,
    CameOf,
    Change,
    Decided,
    Decision,
    Ended,
    Escalate,
    Extended,
    Judged,
    LockChange,
    Looked,
    Record,
    Remediate,
    RuleChange,
    Seen,
    Suppress,
    Told,
    Verified,
)


class Found(Value, frozen=True):
    """What one check answered."""

    check: str
    answer: str
    saw: str
    mark: Mark


class Row(Value, frozen=True):
    """One line of a change: a name, its value before and its value after."""

    name: str
    before: str
    after: str


class Chapter(Value, frozen=True):
    """One step of the story. `ruled_out` is what the checks cleared, which few want to read."""

    title: str
    at: datetime
    mark: Mark = Mark.QUIET
    text: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    found: tuple[Found, ...] = ()
    ruled_out: tuple[Found, ...] = ()
    change: tuple[Row, ...] = ()
    quoted: str = ""


def chapters(records: Iterable[Record]) -> tuple[Chapter, ...]:
    """The story in the order in which it was written."""
    return tuple(_chapter(record) for record in records)


def _chapter(record: Record) -> Chapter:
    at = record.at
    match record.entry:
        case Seen(signal=signal):
            return Chapter("A signal came in", at, facts=_signal(signal), quoted=signal.excerpt)
        case Looked(evidence=evidence):
            return Chapter("The registry was read", at, facts=_evidence(evidence))
        case Judged(diagnosis=diagnosis):
            return _judged(diagnosis, at)
        case Decided(decision=decision, policy=policy):
            return _decided(decision, policy, at)
        case Asked() | Answered():
            return _consent(record.entry, at)
        case AboutTo() | CameOf():
            return _deed(record.entry, at)
        case Extended() | Told() | Ended():
            return _news(record.entry, at)


def _signal(signal: Signal) -> tuple[tuple[str, str], ...]:
    facts = (
        ("From", signal.source.value.replace("_", " ")),
        ("Given", f"{signal.at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Image", str(signal.image or "")),
        ("Client address", signal.address or ""),
        ("Identity", signal.identity or ""),
        ("Band", f"{signal.band} %" if signal.band else ""),
        ("Proof", signal.proof.value.replace("_", " ")),
        ("Sender", signal.sender),
    )
    return tuple(fact for fact in facts if fact[1])


def _evidence(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    parts = (
        ("Settings", _settings(evidence.settings)),
        ("Storage", _usage(evidence.usage)),
        ("Repository", _attributes(evidence.repository)),
        ("Tag", _attributes(evidence.tag)),
        ("Manifest", _attributes(evidence.manifest)),
    )
    return tuple(part for part in parts if part[1])


def _settings(settings: RegistrySettings | Unreadable) -> str:
    if isinstance(settings, Unreadable):
        return _unread(settings)
    access = "on" if settings.public_network_access else "off"
    default = "denies" if settings.denies_by_default else "allows"
    return f"{settings.sku}, public access {access}, {default} by default, {len(settings.ip_rules)} network rules"


def _usage(usage: Usage | Unreadable) -> str:
    if isinstance(usage, Unreadable):
        return _unread(usage)
    amount = f"{size(usage.used)} of {size(usage.ceiling)}"
    return f"{amount}, {usage.used * 100 // usage.ceiling} % (ceiling: {usage.ceiling_from})"


def _attributes(read: Attributes | Absent | Unreadable | NotAsked) -> str:
    match read:
        case NotAsked():
            return ""
        case Absent():
            return "there is none"
        case Unreadable():
            return _unread(read)
        case Attributes():
            digest = f", {read.digest}" if read.digest else ""
            return f"writeEnabled {_word(read.write)}, deleteEnabled {_word(read.delete)}{digest}"
        case _:
            assert_never(read)


def _unread(part: Unreadable) -> str:
    right = f"; the bot lacks {part.missing_right}" if part.missing_right else ""
    return f"could not be read: {part.why}{right}"


def _word(value: bool) -> str:  # noqa: FBT001 - it is the value that is shown
    return str(value).lower()


def _judged(diagnosis: Diagnosis, at: datetime) -> Chapter:
    found = tuple(_found(finding.check, finding.answer) for finding in diagnosis.findings)
    causes = len(diagnosis.causes)
    text = "One cause explains it." if causes == 1 else f"{causes or 'No'} causes were found."
    return Chapter(
        "The checks answered",
        at,
        text=text,
        found=tuple(one for one in found if one.mark is not Mark.QUIET),
        ruled_out=tuple(one for one in found if one.mark is Mark.QUIET),
    )


def _found(check: str, answer: Cause | Cleared | Unknown) -> Found:
    name = check.replace("_", " ")
    match answer:
        case Cause(saw=saw):
            return Found(name, "yes", saw, Mark.BAD)
        case Unknown(why=why):
            return Found(name, "cannot tell", why, Mark.WARNING)
        case Cleared(saw=saw):
            return Found(name, "no", saw, Mark.QUIET)
        case _:
            assert_never(answer)


def _decided(decision: Decision, policy: str, at: datetime) -> Chapter:
    facts = (("Reason", decision.reason.value.replace("_", " ")), ("Policy", policy))
    match decision:
        case Suppress():
            return Chapter("Decided: there is nothing to do", at, text=decision.because, facts=facts)
        case Escalate():
            title = "Decided: this is for people"
            return Chapter(title, at, Mark.WARNING, decision.because, facts)
        case AskApproval(change=change):
            title = f"Decided: ask a person whether to {change}"
            return Chapter(title, at, Mark.WARNING, decision.because, facts)
        case Remediate(change=change):
            title = f"Decided: {change}"
            return Chapter(title, at, Mark.GOOD, decision.because, facts)
        case _:
            assert_never(decision)


def rows(change: Change) -> tuple[Row, ...]:
    """What the change changes, line by line."""
    until = Row("Until", "", f"{change.until:%Y-%m-%d %H:%M} UTC" if change.until else "for good")
    match change:
        case LockChange(before=before, after=after):
            return Row("writeEnabled", _word(before.write), _word(after.write)), until
        case RuleChange(before=before, after=after):
            rules = dict.fromkeys((*before, *after))
            shown = (
                Row(rule, _NAMED[rule in before], _NAMED[rule in after])
                for rule in rules
                if (rule in before) is not (rule in after)
            )
            kept = sum(rule in before and rule in after for rule in rules)
            return *shown, Row("Other network rules", f"{kept}", f"{kept}"), until
        case _:
            assert_never(change)


_NAMED: Final = {True: "allowed", False: "not named"}


def _consent(entry: Asked | Answered, at: datetime) -> Chapter:
    if isinstance(entry, Asked):
        until = f"{entry.expires_at:%Y-%m-%d %H:%M} UTC"
        facts = (("Answer until", until), ("Question", entry.approval), ("Plan", entry.plan[:12]))
        title = f"A person was asked: {entry.change}"
        return Chapter(title, at, Mark.WARNING, facts=facts, change=rows(entry.change))
    agreed = Mark.GOOD if entry.answer == "approved" else Mark.WARNING
    by = (("By", entry.by), ("How", entry.via), ("Question", entry.approval))
    known = tuple(fact for fact in by if fact[1])
    return Chapter(f"The answer: {entry.answer}", entry.at or at, agreed, entry.why, known)


def _deed(entry: AboutTo | CameOf, at: datetime) -> Chapter:
    if isinstance(entry, AboutTo):
        return Chapter(f"About to {entry.change}", at, change=rows(entry.change))
    saw = entry.outcome.saw if isinstance(entry.outcome, Verified) else ""
    return Chapter(f"Outcome: {said(entry.outcome)}", at, mark(entry.outcome), saw)


def _news(entry: Extended | Told | Ended, at: datetime) -> Chapter:
    match entry:
        case Extended(until=until):
            return Chapter(f"The change stays until {until:%Y-%m-%d %H:%M} UTC", at, text=_GOES_ON)
        case Told(channel=channel, result=result):
            return Chapter(f"People were told by {channel}", at, text=result)
        case Ended(why=why):
            return Chapter("The incident is over", at, Mark.GOOD, why)
        case _:
            assert_never(entry)


_GOES_ON: Final = "What it was made for goes on."
