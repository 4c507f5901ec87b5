"""Evidence in, diagnosis out: ask every check that can explain the symptom."""

from collections.abc import Iterable
from typing import Final

from checks.evidence import Evidence
from checks.frame import Check, Subject
from checks.model import Answer, Cause, Cleared, Diagnosis, Finding, RegistryItself, Unknown

# What is seen from where the client is, the most exact first.
AT_THE_CLIENT: Final = ("groups", "hops", "routes", "connection")
# What is seen from where the bot is: the client's network is another one.
_FROM_HERE: Final = ("resolution", "contact", "handshake", "challenge", "login", "data_endpoints")


def diagnose(subject: Subject, evidence: Evidence, checks: Iterable[Check]) -> Diagnosis:
    """What each check that explains the subject's symptom answers, if anybody looked at what it judges by.

    What was seen at the client's own place comes first, for it says the most. What only the bot sees from its own
    network explains a client's failure where it is the one that the client told of, or the registry's own fault.
    """
    asked = sorted((check for check in checks if subject.symptom in check.explains), key=_nearness)
    found = ask_all(subject, evidence, asked)
    from_here = {check.name for check in asked if check.needs in _FROM_HERE}
    return Diagnosis(
        symptom=subject.symptom,
        findings=tuple(_from_here(one, subject) if one.check in from_here else one for one in found),
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


def _nearness(check: Check) -> int:
    return AT_THE_CLIENT.index(check.needs) if check.needs in AT_THE_CLIENT else len(AT_THE_CLIENT)


def _from_here(finding: Finding, subject: Subject) -> Finding:
    match finding.answer:
        case Cause(name=name, culprit=culprit, saw=saw, advice=advice):
            saw = f"from the bot's own network, {saw}"
            counts = name is subject.said or isinstance(culprit, RegistryItself)
            return Finding(
                finding.check, Cause(name, culprit, saw, advice) if counts else Cleared(f"only {saw}")
            )
        case _:
            return finding
