"""An incident's journal in, its telling out: what the bot saw, why it decided what it decided, and what it did."""

from collections.abc import Sequence
from typing import assert_never

from checks.evidence import (
    Absent,
    Attributes,
    Evidence,
    Looked,
    NotAsked,
    RegistrySettings,
    Unreadable,
    Usage,
)
from checks.model import Answer, Cause, Cleared, Diagnosis, Unknown
from demo.telling import Story
from remediations import model
from remediations.model import (
    AboutTo,
    AskApproval,
    CameOf,
    Change,
    Decided,
    Decision,
    Entry,
    Judged,
    LockChange,
    Record,
    Remediate,
    RuleChange,
    Seen,
    Suppress,
    Undone,
    Verified,
)

_TIB = 1024**4


class Casebook:
    """One incident, read from its journal."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records

    def last[E: Entry](self, kind: type[E]) -> E | None:
        """The last entry of that kind."""
        entries = (record.entry for record in reversed(self._records))
        return next((entry for entry in entries if isinstance(entry, kind)), None)

    @property
    def reason(self) -> str:
        """The name of the reason for the last decision."""
        decided = self.last(Decided)
        return decided.decision.reason if decided else ""

    @property
    def verified(self) -> bool:
        """Whether a change was verified by the check that had found the cause."""
        return any(
            isinstance(r.entry, CameOf) and isinstance(r.entry.outcome, Verified) for r in self._records
        )

    @property
    def undone(self) -> bool:
        """Whether the bot took a change back itself."""
        return any(isinstance(r.entry, CameOf) and isinstance(r.entry.outcome, Undone) for r in self._records)

    def tell_what_was_seen(self, story: Story) -> None:
        """The signals, and the registry as it was read."""
        signals = [record.entry.signal for record in self._records if isinstance(record.entry, Seen)]
        for signal in signals:
            story.says(
                f"Signal: {signal.symptom} in {signal.registry}, told by {signal.source} ({signal.proof})"
            )
        looked = self.last(model.Looked)
        if looked:
            story.facts(*_evidence(looked.evidence))

    def tell_the_decision(self, story: Story) -> None:
        """Every check's answer, and what follows from them."""
        judged, decided = self.last(Judged), self.last(Decided)
        if judged:
            story.findings(*_findings(judged.diagnosis))
        if decided:
            decision = decided.decision
            story.facts(
                ("Decision", _verb(decision)),
                ("Reason", decision.reason),
                ("Because", decision.because),
                ("Policy", decided.policy),
            )

    def tell_the_change(self, story: Story) -> None:
        """What was changed, before and after."""
        change = next((r.entry.change for r in self._records if isinstance(r.entry, AboutTo)), None)
        if change:
            until = f", until {change.until:%H:%M:%S} UTC" if change.until else ""
            story.before_and_after(f"{str(change).capitalize()}{until}", *_sides(change))

    def tell_the_verification(self, story: Story) -> None:
        """What the check saw that was asked again."""
        outcomes = (r.entry.outcome for r in self._records if isinstance(r.entry, CameOf))
        verified = next((outcome for outcome in outcomes if isinstance(outcome, Verified)), None)
        if verified:
            story.says(f"The same check looked again: {verified.saw}.")


def _evidence(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    parts = {
        "Settings": _settings(evidence.settings),
        "Storage": _usage(evidence.usage),
        "Repository": _attributes(evidence.repository),
        "Tag": _attributes(evidence.tag),
        "Manifest": _attributes(evidence.manifest),
    }
    return tuple((name, text) for name, text in parts.items() if text)


def _settings(settings: RegistrySettings | Unreadable) -> str:
    if isinstance(settings, Unreadable):
        return f"could not be read: {settings.why}"
    access = "enabled" if settings.public_network_access else "disabled"
    action = "Deny" if settings.denies_by_default else "Allow"
    rules = ", ".join(settings.ip_rules) or "none"
    return f"{settings.sku}, public access {access}, default action {action}, network rules: {rules}"


def _usage(usage: Usage | Unreadable) -> str:
    if isinstance(usage, Unreadable):
        return f"could not be read: {usage.why}"
    share = usage.used * 100 // usage.ceiling
    return (
        f"{usage.used / _TIB:.2f} of {usage.ceiling / _TIB:.0f} TiB, {share} %; ceiling: {usage.ceiling_from}"
    )


def _attributes(looked: Looked) -> str:
    match looked:
        case Attributes():
            return ", ".join(f"{name} {value}" for name, value in _named(looked).items())
        case Absent():
            return "there is none"
        case Unreadable(why=why):
            return f"could not be read: {why}"
        case NotAsked():
            return ""


def _named(attributes: Attributes) -> dict[str, str]:
    values = {
        "writeEnabled": attributes.write,
        "deleteEnabled": attributes.delete,
        "readEnabled": attributes.read,
        "listEnabled": attributes.list,
    }
    return {name: str(value).lower() for name, value in values.items()}


def _findings(diagnosis: Diagnosis) -> tuple[tuple[str, str, str], ...]:
    """What was found comes first, then what could not be told, then what was ruled out."""
    rows = ((finding.check, *_answer(finding.answer)) for finding in diagnosis.findings)
    return tuple(sorted(rows, key=lambda row: ("yes", "unknown", "no").index(row[1])))


def _answer(answer: Answer) -> tuple[str, str]:
    match answer:
        case Cause(saw=saw):
            return "yes", saw
        case Cleared(saw=saw):
            return "no", saw
        case Unknown(why=why):
            return "unknown", why


def _verb(decision: Decision) -> str:
    if isinstance(decision, Remediate):
        return f"mend it: {decision.change}"
    if isinstance(decision, AskApproval):
        return f"ask a person: {decision.change}"
    return "nothing to do" if isinstance(decision, Suppress) else "for people"


def _sides(change: Change) -> tuple[tuple[str, str, str], ...]:
    match change:
        case LockChange():
            before, after = _named(change.before), _named(change.after)
            return tuple((name, before[name], after[name]) for name in before)
        case RuleChange():
            return (("Network rules", _listed(change.before), _listed(change.after)),)
        case _:
            assert_never(change)


def _listed(rules: tuple[str, ...]) -> str:
    return ", ".join(rules) or "none"
