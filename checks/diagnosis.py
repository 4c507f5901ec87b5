"""Evidence in, diagnosis out: ask every check that can explain the symptom."""

from collections.abc import Iterable

from checks.evidence import Evidence
from checks.frame import Check, Subject
from checks.model import Answer, Diagnosis, Finding, Unknown


def diagnose(subject: Subject, evidence: Evidence, checks: Iterable[Check]) -> Diagnosis:
    """What each check that explains the subject's symptom answers. A check that breaks answers Unknown."""
    asked = [check for check in checks if subject.symptom in check.explains]
    return Diagnosis(
        symptom=subject.symptom,
        findings=tuple(
            Finding(check=check.name, answer=_answer(check, subject, evidence)) for check in asked
        ),
    )


def _answer(check: Check, subject: Subject, evidence: Evidence) -> Answer:
    try:
        return check.ask(subject, evidence)
    except Exception as broken:  # noqa: BLE001 - one broken check must not spoil the others
        return Unknown(why=f"the check itself failed: {type(broken).__name__}")
