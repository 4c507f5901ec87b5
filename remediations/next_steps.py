"""A diagnosis in, what a person can do about it, out: with the very command where there is one."""

from typing import Final

from checks.incident import Incident
from checks.intake.advice import ADVICE
from checks.model import CauseName, Diagnosis, Place, Registry, Symptom
from remediations.purging import suggestions, traps
from remediations.storage_report import StorageReport


def advice(
    incident: Incident, diagnosis: Diagnosis | None, registry: Registry, storage: StorageReport | None = None
) -> tuple[str, ...]:
    """What a person can do about it, with the very command where there is one."""
    causes = {cause.name for cause in diagnosis.causes} if diagnosis else set()
    if storage:
        first = (
            f"{one.shows[:1].upper()}{one.shows[1:]}:\n{one.command}"
            for one in suggestions(storage)
            if one.first
        )
        more = f"The largest repositories and more commands:\nmedic storage {incident.registry}"
        return ("Decide what can go. These commands look, and delete nothing.", *first, more, *traps(storage))
    if CauseName.STORAGE_LIMIT in causes:
        return _general_advice(incident, diagnosis)
    if CauseName.PUBLIC_ACCESS_DISABLED in causes:
        return (f"{registry.login_server} takes no public traffic. {_PRIVATE_ADVICE}",)
    match incident.symptom:
        case Symptom.PUSH_DISALLOWED:
            image = f"--name {incident.registry} --image {incident.image}"
            return (_LOCK_ADVICE, f"Look at the locks: az acr repository show {image}")
        case Symptom.ADDRESS_DENIED:
            return (_RULE_ADVICE, f"Look at the rules: az acr network-rule list --name {incident.registry}")
        case (
            Symptom.STORAGE_FILLING
            | Symptom.UNAUTHORIZED
            | Symptom.THROTTLED
            | Symptom.UNREACHABLE
            | Symptom.SERVER_ERROR
            | Symptom.UNEXPLAINED
        ):
            return _general_advice(incident, diagnosis)


def _general_advice(incident: Incident, diagnosis: Diagnosis | None) -> tuple[str, ...]:
    """What the checks advise for exactly this, then what is always worth a look, unless the very place is known."""
    causes = diagnosis.causes if diagnosis else ()
    exact = tuple(cause.advice for cause in causes if cause.advice)
    if where(diagnosis):
        return exact
    names = tuple(cause.name for cause in causes) or (incident.said or CauseName.UNKNOWN,)
    return (*exact, *(ADVICE[name] for name in dict.fromkeys(names)))


_LOCK_ADVICE: Final = "Before you unlock, ask whose lock it is: it carries neither owner nor reason."

_RULE_ADVICE: Final = "If the address is one of yours, permit its range in the policy, or add it by hand."

_PRIVATE_ADVICE: Final = (
    "Push from a virtual network that has a private endpoint to it and its private DNS zone linked."
)


def where(diagnosis: Diagnosis | None) -> str:
    """At which part of the client's network it goes wrong, where that was found."""
    culprit = diagnosis.causes[0].culprit if diagnosis and diagnosis.causes else None
    if not isinstance(culprit, Place) or culprit.kind not in _PARTS_OF_A_NETWORK:
        return ""
    return f" at {culprit.kind} {culprit.name.rsplit('/', 1)[-1]}"


_PARTS_OF_A_NETWORK: Final = ("security group", "route table", "appliance")
