"""Evidence in, a registry's health out: what each check found, what it means, and the next step."""

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from checks.diagnosis import AT_THE_CLIENT, ask_all
from checks.evidence import Challenge, Evidence, NotAsked
from checks.frame import Check, Subject
from checks.intake.advice import ADVICE
from checks.model import (
    Answer,
    Cause,
    Cleared,
    Culprit,
    DeniedAddress,
    Image,
    LockedObject,
    LockLevel,
    Registry,
    Symptom,
    Unknown,
    Value,
)
from checks.names import is_machine_id, is_repository, is_tag
from checks.remarks import remarks

_FORBIDDEN: Final = 403


class Mark(StrEnum):
    """How a finding counts."""

    FINE = "fine"
    NOTED = "noted"
    UNKNOWN = "unknown"
    WRONG = "wrong"


class Part(StrEnum):
    """Where the registry's trouble may be, in the order in which a push meets it."""

    WAY = "The way to the login server"
    LOGIN = "Login and permission"
    LAYERS = "Data endpoints"
    REGISTRY = "The registry"
    CLIENT = "From the client's place in Azure"


_PARTS: Final = {
    "resolution": Part.WAY,
    "contact": Part.WAY,
    "handshake": Part.WAY,
    "challenge": Part.WAY,
    "login": Part.LOGIN,
    "data_endpoints": Part.LAYERS,
    **dict.fromkeys(AT_THE_CLIENT, Part.CLIENT),
}


class Line(Value, frozen=True):
    """One finding for people: what was seen, what that means, and what to do next."""

    part: Part
    check: str
    mark: Mark
    saw: str
    code: str | None = None
    cause: str | None = None
    means: str = ""
    next: str = ""
    missing_right: str | None = None


class Health(Value, frozen=True):
    """Everything that was found out about a registry, from the network of the machine that looked."""

    registry: str
    login_server: str
    at: datetime
    lines: tuple[Line, ...]
    repository: str | None = None
    origin: str | None = None

    def marked(self, mark: Mark) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.mark is mark)

    @property
    def healthy(self) -> bool | None:
        """True or false, or None where it could not be told."""
        if self.marked(Mark.WRONG):
            return False
        return None if self.marked(Mark.UNKNOWN) else True


def asking(repository: str | None, origin: str | None) -> Subject:
    """What somebody asks about who has seen no failure yet.

    Raises ValueError for what is no repository, or no resource id of a machine.
    """
    name, colon, tag = (repository or "").partition(":")
    if repository is not None and not (is_repository(name) and (is_tag(tag) or not colon)):
        raise ValueError(f"{repository!r} is no name of a repository, with or without a tag")
    if origin is not None and not is_machine_id(origin):
        raise ValueError(
            f"{origin!r} is no resource id of a virtual machine, of an instance of a scale set "
            "(…/virtualMachineScaleSets/NAME/virtualMachines/0), or of the network interface of one"
        )
    image = Image(name, tag or None) if repository else None
    return Subject(symptom=Symptom.UNREACHABLE, image=image, origin=origin)


def health(registry: Registry, subject: Subject, evidence: Evidence, checks: Iterable[Check]) -> Health:
    """What every check that has something to judge by answers, in the order in which a push meets it."""
    denied = _denied(evidence)
    if denied:
        subject = replace(subject, address=denied.denied)
    asked = {check.name: check for check in checks if _is_asked(check, subject, evidence)}
    found = [
        _line(asked[finding.check], finding.answer, registry, subject)
        for finding in ask_all(subject, evidence, asked.values())
    ]
    found += [
        Line(
            part=Part.REGISTRY,
            check=remark.about,
            mark=Mark.NOTED,
            saw=remark.saw,
            next=_named(remark.advice, registry),
        )
        for remark in remarks(evidence)
        if remark.about != "quarantine" or "quarantined" not in asked
    ]
    order = list(_PARTS)
    return Health(
        registry=registry.name,
        login_server=registry.login_server,
        at=evidence.read_at,
        repository=str(subject.image) if subject.image else None,
        origin=subject.origin,
        lines=tuple(sorted(found, key=lambda line: _rank(line, asked, order))),
    )


def may_ask(check: Check) -> bool:
    """Whether there is a registry for whose health this check is asked; the others go by signals alone."""
    return _may_ask(check, _SEEN_HERE)


def _may_ask(check: Check, seen: set[Symptom]) -> bool:
    return check.needs is not None or not check.explains or not seen.isdisjoint(check.explains)


_SEEN_HERE: Final = {
    Symptom.THROTTLED,
    Symptom.STORAGE_FILLING,
    Symptom.PUSH_DISALLOWED,
    Symptom.ADDRESS_DENIED,
}


def _is_asked(check: Check, subject: Subject, evidence: Evidence) -> bool:
    """Every check that judges by what was looked at, but those of a lock or a refusal that is not in question.

    What only signals can tell is not asked, because there are none.
    """
    seen = {Symptom.THROTTLED, Symptom.STORAGE_FILLING}
    if subject.image and not isinstance(getattr(evidence, _LOCKS.get(check.name, "settings")), NotAsked):
        seen.add(Symptom.PUSH_DISALLOWED)
    if _denied(evidence):
        seen.add(Symptom.ADDRESS_DENIED)
    return _may_ask(check, seen)


_LOCKS: Final = {"repository_locked": "repository", "tag_locked": "tag", "manifest_locked": "manifest"}


def _denied(evidence: Evidence) -> Challenge | None:
    """The refusal by the registry's own firewall, if that was the answer."""
    challenge = evidence.challenge
    refused = isinstance(challenge, Challenge) and challenge.status == _FORBIDDEN and challenge.by_registry
    return challenge if refused and isinstance(challenge, Challenge) else None


def _line(check: Check, answer: Answer, registry: Registry, subject: Subject) -> Line:
    part = _PARTS.get(check.needs or "", Part.REGISTRY)
    match answer:
        case Cleared(saw=saw, advice=advice):
            mark = Mark.NOTED if advice else Mark.FINE
            return Line(part=part, check=check.name, mark=mark, saw=saw, next=advice)
        case Unknown(why=why, missing_right=right, advice=advice):
            step = (
                f"Give the identity that looks the right {right}."
                if right
                else advice or f"Look: {check.look}"
            )
            return Line(
                part=part,
                check=check.name,
                mark=Mark.UNKNOWN,
                saw=why,
                means=check.title,
                next=_asked_for(subject, _named(step, registry)),
                missing_right=right,
            )
        case Cause(name=name, culprit=culprit, saw=saw, advice=advice):
            return Line(
                part=part,
                check=check.name,
                mark=Mark.WRONG,
                saw=saw,
                code=check.code,
                cause=name.value,
                means=f"{check.title} {check.meaning}",
                next=_about(culprit, _named(advice or ADVICE[name], registry)),
            )


def _named(step: str, registry: Registry) -> str:
    """The step with the registry's own id and name in it, so that its commands can be run as they stand."""
    step = step.replace("REGISTRY_ID", registry.resource_id).replace("REGISTRY", registry.name)
    return re.sub(r"\bHOST\b", registry.login_server.partition(":")[0], step)


def _asked_for(subject: Subject, step: str) -> str:
    """The step with the image and the machine in it that were asked about."""
    if subject.origin and "/networkinterfaces/" not in subject.origin.lower():
        step = re.sub(r"\bVM\b", subject.origin, step)
    if subject.image is None:
        return step
    named = str(subject.image) if subject.image.tag else f"{subject.image.repository}:TAG"
    return step.replace("REPOSITORY:TAG", named).replace("REPOSITORY", subject.image.repository)


def _about(culprit: Culprit, step: str) -> str:
    """The step with the very address or object in it that is the matter."""
    match culprit:
        case DeniedAddress(address=address):
            return step.replace("ADDRESS", address)
        case LockedObject(repository=repository, reference=str(reference), level=level):
            mark = "@" if level is LockLevel.MANIFEST else ":"
            return step.replace("REPOSITORY:TAG", f"{repository}{mark}{reference}").replace(
                "REPOSITORY", repository
            )
        case LockedObject(repository=repository):
            return step.replace("REPOSITORY", repository)
        case _:
            return step


def _rank(line: Line, asked: dict[str, Check], order: list[str]) -> tuple[int, int]:
    check = asked.get(line.check)
    needs = check.needs if check else None
    return list(Part).index(line.part), order.index(needs) if needs in order else len(order)
