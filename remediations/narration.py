"""A journal's entry in, a sentence that a person reads, out."""

from typing import Final

from checks.evidence import Evidence, Unreadable
from checks.model import Cause, Cleared, Diagnosis, Unknown
from remediations.model import (
    AboutTo,
    Answered,
    AskApproval,
    Asked,
    CameOf,
    Decided,
    Decision,
    Ended,
    Entry,
    Escalate,
    Extended,
    Failed,
    Judged,
    Looked,
    Moved,
    Outcome,
    Rehearsed,
    Released,
    Remediate,
    Seen,
    Suppress,
    Told,
    Undone,
    Unverified,
    Verified,
)
from remediations.plain import cut, one_line

_EXCERPT: Final = 200


def sentence(entry: Entry) -> str:
    """What the entry says, on one line but for the findings, which have one each."""
    match entry:
        case Seen(signal=signal):
            sender = f", sender: {cut(one_line(signal.sender), _EXCERPT)}" if signal.sender else ""
            said = cut(one_line(signal.excerpt), _EXCERPT)
            return f"signal     {said}  ({signal.source}, at {signal.at:%H:%M:%S}{sender})"
        case Looked(evidence=evidence):
            return f"evidence   {_read(evidence)}"
        case Judged(diagnosis=diagnosis):
            return "diagnosis  " + ("\n" + " " * 32).join(_findings(diagnosis))
        case Decided(decision=decision):
            return f"decision   {_decision(decision)}"
        case Asked() | Answered():
            return _consent(entry)
        case AboutTo(change=change):
            return f"about to   {change}"
        case CameOf(outcome=outcome):
            return f"outcome    {_outcome(outcome)}"
        case Extended() | Told() | Ended():
            return _news(entry)


def _read(evidence: Evidence) -> str:
    parts = {
        "settings": evidence.settings,
        "usage": evidence.usage,
        "repository": evidence.repository,
        "tag": evidence.tag,
        "manifest": evidence.manifest,
    }
    unread = [f"{name}: {part.why}" for name, part in parts.items() if isinstance(part, Unreadable)]
    return "could not read " + "; ".join(unread) if unread else "the registry was read"


def _findings(diagnosis: Diagnosis) -> list[str]:
    """The causes first, then what could not be told, then what was ruled out."""
    ranked = sorted(diagnosis.findings, key=lambda finding: _rank(finding.answer))
    return [f"{finding.check}: {_answer(finding.answer)}" for finding in ranked]


def _rank(answer: Cause | Cleared | Unknown) -> int:
    match answer:
        case Cause():
            return 0
        case Unknown():
            return 1
        case Cleared():
            return 2


def _answer(answer: Cause | Cleared | Unknown) -> str:
    match answer:
        case Cause(saw=saw):
            return f"YES, {saw}"
        case Cleared(saw=saw):
            return f"no, {saw}"
        case Unknown(why=why):
            return f"unknown, {why}"


def _decision(decision: Decision) -> str:
    match decision:
        case Suppress(reason=reason, because=because):
            return f"nothing to do ({reason}): {because}"
        case Escalate(reason=reason, because=because):
            return f"for people ({reason}): {because}"
        case AskApproval(reason=reason, because=because):
            return f"ask a person ({reason}): {because}"
        case Remediate(reason=reason, because=because):
            return f"mend it ({reason}): {because}"


def _consent(entry: Asked | Answered) -> str:
    if isinstance(entry, Asked):
        until = f"{entry.expires_at:%Y-%m-%d %H:%M} UTC"
        return f"asked      may the bot {entry.change}? ({entry.approval}, until {until})"
    by = f" by {cut(one_line(entry.by), _EXCERPT)}" if entry.by else ""
    at = f" at {entry.at:%Y-%m-%d %H:%M:%S} UTC" if entry.at else ""
    via = f", {entry.via}" if entry.via else ""
    why = f": {cut(one_line(entry.why), _EXCERPT)}" if entry.why else ""
    return f"answered   {entry.answer}{by}{at}{via}{why}"


def _news(entry: Extended | Told | Ended) -> str:
    match entry:
        case Extended(until=until):
            return f"extended   until {until:%Y-%m-%d %H:%M} UTC, for it goes on"
        case Ended(why=why):
            return f"ended      {why}"
        case Told(channel=channel, result=result):
            return f"told       {channel}: {result}"


def _outcome(outcome: Outcome) -> str:
    match outcome:
        case Verified(saw=saw):
            return f"verified: {saw}"
        case Unverified(verdict=verdict):
            return f"not verified: {verdict}"
        case Failed(why=why):
            return f"failed: {why}"
        case Moved(saw=saw):
            return f"not made: {saw}"
        case Rehearsed():
            return "rehearsed: nothing was written"
        case Undone():
            return "undone: it is as it was before"
        case Released(saw=saw):
            return f"released: {saw}"
