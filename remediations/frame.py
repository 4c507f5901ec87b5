"""What a remediation is: one pure function in one file that plans a change, or proposes one, or says why not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from checks.evidence import Evidence
from checks.frame import Subject
from checks.model import Cause, CauseName, Proof
from remediations.model import Change, Proposed, Refusal
from remediations.policy import Policy


@dataclass(frozen=True)
class Case:
    """Everything a plan may rest on: one certain cause, what was read, and what policy says."""

    registry: str
    subject: Subject
    proof: Proof
    cause: Cause
    evidence: Evidence
    policy: Policy
    now: datetime


type Plan = Callable[[Case], Change | Proposed | Refusal]


@dataclass(frozen=True)
class Remediation:
    """A remediation by name: the cause it cures, what people read of it, and how it plans."""

    name: str
    cures: CauseName
    about: str
    plan: Plan


def remediation(cures: CauseName) -> Callable[[Plan], Remediation]:
    """Turn a function into a remediation. Nothing is registered: the catalogue finds it by its file's name."""

    def made(plan: Plan) -> Remediation:
        return Remediation(name=plan.__name__, cures=cures, about=(plan.__doc__ or "").strip(), plan=plan)

    return made
