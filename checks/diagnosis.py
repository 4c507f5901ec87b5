"""Evidence in, diagnosis out: ask every check that can explain the symptom."""

from collections.abc import Iterable

from checks.evidence import Evidence
from checks.frame import Check, Subject
from checks.model import Answer, Diagnosis, Finding, Unknown


def diagnose(subject: Subject, evidence: Evidence, checks: Iterable[Check]) -> Diagnosis:
    """What each check that explains the subject's symptom answers, if anybody looked at what it judges by."""
    return Diagnosis(
        symptom=subject.symptom,
        findings=ask_all(subject, evidence, (check for check in checks if subject.symptom in check.explains)),
    )


def ask_all(subject: Subject, evidence: Evidence, checks: Iterable[Check]) -> tuple[Finding, ...]:
    """What each check with grounds to judge answers. A check that breaks answers Unknown."""
    return tuple(
        Finding(check=check.name, answer=_answer(check, subject, evidence))
        for check in checks
        if check.has_grounds(evidence)
    )


def _answer(check: Check, subject: Subject, evidence: Evidence) -> Answer:
    try:
        return check.ask(subject, evidence)
    except Exception as broken:  # noqa: BLE001 - one broken check must not spoil the others
        return Unknown(why=f"the check itself failed: {type(broken).__name__}")
