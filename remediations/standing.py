"""An incident and its journal in; what the job that reported it is told of how it stands, out."""

from collections.abc import Iterable
from typing import Final

from checks.incident import Incident, State
from checks.model import Diagnosis, Registry, Value
from remediations.model import AboutTo, CameOf, Decided, Entry, Judged, Rehearsed, Verified
from remediations.next_steps import advice
from remediations.plain import cut, one_line

_LONGEST: Final = 1000


class Standing(Value, frozen=True, omit_defaults=False):
    """How it stands. Every text is on one line.

    `settled`: waiting on brings nothing new. `again`: the push is worth one more try.
    """

    state: str
    settled: bool
    again: bool
    outcome: str
    diagnosis: str
    next_step: str


def standing(incident: Incident, entries: Iterable[Entry], registry: Registry) -> Standing:
    """How the incident stands, by what was written down of it last."""
    judged: Diagnosis | None = None
    outcome, change = "", ""
    for entry in entries:
        match entry:
            case Judged(diagnosis=diagnosis):
                judged = diagnosis
            case Decided(decision=decision):
                outcome = decision.because
            case AboutTo(change=made):
                change = str(made)
            case CameOf(outcome=Verified()):
                outcome = f"it was mended: {change}"
            case CameOf(outcome=Rehearsed()):
                outcome = f"only rehearsed, nothing was changed: {outcome}"
            case _:
                pass
    over = incident.state in (State.MENDED, State.CLOSED)
    return Standing(
        state=incident.state.value,
        settled=incident.state not in (State.OPEN, State.WAITING),
        again=over,
        outcome=_line(_outcome(incident, outcome)),
        diagnosis=_line("; ".join(cause.saw for cause in judged.causes) if judged else ""),
        next_step=_line(_next_step(incident, judged, registry)),
    )


def _outcome(incident: Incident, told: str) -> str:
    match incident.state:
        case State.OPEN:
            return "it is being looked into"
        case State.WAITING:
            return f"a person is asked to agree to a change: {told}"
        case State.MENDED:
            return told
        case State.WITH_PEOPLE:
            return f"people were told: {told}"
        case State.CLOSED:
            return f"it is over: {incident.ended or told}"


def _next_step(incident: Incident, diagnosis: Diagnosis | None, registry: Registry) -> str:
    match incident.state:
        case State.OPEN:
            return "Wait for the diagnosis."
        case State.WAITING:
            return "Push again when they have agreed."
        case State.MENDED | State.CLOSED:
            return "Push again."
        case State.WITH_PEOPLE:
            return " ".join(advice(incident, diagnosis, registry))


def _line(text: str) -> str:
    return cut(one_line(text), _LONGEST)
