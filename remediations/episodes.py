"""An incident's journal in; what the incident came to, in a few words, out. Pure."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from msgspec.structs import replace

from checks.model import Diagnosis, Value
from remediations.model import (
    AboutTo,
    Answered,
    AskApproval,
    CameOf,
    Change,
    Decided,
    Decision,
    Ended,
    Escalate,
    Extended,
    Failed,
    Judged,
    Moved,
    Outcome,
    Record,
    Rehearsed,
    Released,
    Remediate,
    Seen,
    Suppress,
    Undone,
    Unverified,
    Verified,
)


class Ending(StrEnum):
    """How an incident went, as far as its journal has come."""

    UNDER_WAY = "under way"
    ALONE = "mended without people"
    AGREED = "mended once a person agreed"
    PEOPLE = "left to people"
    BY_ITSELF = "over without a change"


class Mark(StrEnum):
    """What something wants of its reader, so that no text says it by colour alone."""

    GOOD = "good"
    QUIET = "quiet"
    WARNING = "warning"
    BAD = "bad"


class Action(Value, frozen=True):
    """A change that was made, tried or rehearsed, and what came of it."""

    id: str
    incident: str
    at: datetime
    what: str
    outcome: str
    mark: Mark
    until: datetime | None = None
    agreed: str = ""
    undo: str = ""


class Episode(Value, frozen=True):
    """What one incident came to. `mended_at` is when a change was verified, if that was the end of it."""

    incident: str
    began_at: datetime
    cause: str
    ending: Ending = Ending.UNDER_WAY
    mended_at: datetime | None = None
    agreed: str = ""
    diagnosis: Diagnosis | None = None
    left: Escalate | None = None
    planned: Change | None = None
    actions: tuple[Action, ...] = ()


def episode(incident: str, records: Iterable[Record]) -> Episode | None:
    """What the incident came to; None without a record."""
    told: Episode | None = None
    for record in records:
        told = _after(told or Episode(incident, record.at, _NO_CAUSE), record)
    return told


_NO_CAUSE = "unknown"


def _after(told: Episode, record: Record) -> Episode:
    """What it comes to with one more record."""
    match record.entry:
        case Seen(signal=signal):
            said = signal.said.value.replace("_", " ") if signal.said else told.cause
            cause = said if told.cause == _NO_CAUSE else told.cause
            return replace(told, began_at=min(told.began_at, signal.at), cause=cause)
        case Judged(diagnosis=diagnosis):
            return replace(told, diagnosis=diagnosis, cause=_cause(diagnosis) or told.cause)
        case Decided(decision=decision):
            return _decided(told, decision)
        case Answered(answer="approved", by=by):
            # The name; the ids behind it are in the journal.
            return replace(told, agreed=by.partition(" (")[0])
        case _:
            return _acted(told, record)


def _acted(told: Episode, record: Record) -> Episode:
    """What it comes to once the bot has done something."""
    match record.entry:
        case AboutTo(change_id=change, change=what) if not change.endswith(_UNDO):
            begun = Action(
                id=change,
                incident=told.incident,
                at=record.at,
                what=str(what),
                outcome="being made",
                mark=Mark.WARNING,
                until=what.until,
                agreed=told.agreed,
            )
            return _with(told, begun)
        case CameOf(change_id=change, outcome=outcome):
            return _come(told, record.at, change, outcome)
        case Extended(change_id=change, until=until):
            actions = (replace(a, until=until) if a.id == change else a for a in told.actions)
            return replace(told, actions=tuple(actions))
        case Ended() if told.ending is Ending.UNDER_WAY:
            return replace(told, ending=Ending.BY_ITSELF)
        case _:
            return told


def _decided(told: Episode, decision: Decision) -> Episode:
    match decision:
        case Escalate():
            return replace(told, ending=Ending.PEOPLE, mended_at=None, left=decision)
        case AskApproval(change=change) | Remediate(change=change):
            return replace(told, planned=change, left=None)
        case Suppress():
            by_itself = told.ending is Ending.UNDER_WAY
            return replace(told, ending=Ending.BY_ITSELF) if by_itself else told
        case _:
            assert_never(decision)


_UNDO = "/undo"


def _cause(diagnosis: Diagnosis) -> str:
    names = {cause.name.value.replace("_", " ") for cause in diagnosis.causes}
    return "several causes" if len(names) > 1 else "".join(names)


def _come(told: Episode, at: datetime, change: str, outcome: Outcome) -> Episode:
    """What it comes to once it is known what came of a change."""
    key = change.removesuffix(_UNDO)
    before = next((action for action in told.actions if action.id == key), None)
    if before is None and isinstance(outcome, Rehearsed):
        before = Action(key, told.incident, at, str(told.planned), "", Mark.QUIET)
    if before is not None:
        told = _with(told, replace(before, outcome=said(outcome), mark=mark(outcome)))
    match outcome:
        case Verified():
            ending = Ending.AGREED if told.agreed else Ending.ALONE
            return replace(told, ending=ending, mended_at=told.mended_at or at)
        case Unverified() | Failed() | Moved() | Rehearsed():
            return replace(told, ending=Ending.PEOPLE, mended_at=None)
        case Undone() | Released():
            return told
        case _:
            assert_never(outcome)


def _with(told: Episode, action: Action) -> Episode:
    others = tuple(one for one in told.actions if one.id != action.id)
    return replace(told, actions=(*others, action))


def said(outcome: Outcome) -> str:
    """The outcome in a few words."""
    match outcome:
        case Verified():
            return "mended and verified"
        case Unverified(verdict=verdict):
            return f"made, but it did not help: {verdict}"
        case Failed(why=why, settled=settled):
            return f"refused: {why}" if settled else f"nobody can tell whether it was made: {why}"
        case Moved(saw=saw):
            return f"not made: {saw}"
        case Rehearsed():
            return "rehearsed, nothing was written"
        case Undone():
            return "undone, as it was before"
        case Released(saw=saw):
            return f"let go: {saw}"
        case _:
            assert_never(outcome)


def mark(outcome: Outcome) -> Mark:
    """What the outcome wants of its reader."""
    match outcome:
        case Verified():
            return Mark.GOOD
        case Rehearsed() | Undone():
            return Mark.QUIET
        case Moved() | Released():
            return Mark.WARNING
        case Unverified() | Failed():
            return Mark.BAD
        case _:
            assert_never(outcome)
