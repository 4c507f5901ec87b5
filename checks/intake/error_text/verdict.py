"""From sentences to one answer: what failed, where, and why."""

import re
from dataclasses import dataclass
from typing import Final

from checks.addresses import client_in
from checks.intake.error_text.dialects import another_registry, speaks_acr
from checks.intake.error_text.operation import Operation, operation_at, operations_in
from checks.intake.error_text.places import Owner, Place, Role, completed, places_in
from checks.intake.error_text.reading import Reading, phrases, read, wrapped
from checks.intake.error_text.rules import RULES, Rule, Strength
from checks.model import CauseName, Value


class Explanation(Value, frozen=True):
    """What a text says of a failed push, and how sure that is."""

    cause: CauseName
    alternatives: tuple[CauseName, ...] = ()
    registry: str | None = None
    repository: str | None = None
    tag: str | None = None
    digest: str | None = None
    client_ip: str | None = None
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Sentence:
    """One place in the text where a rule spoke."""

    position: int
    line: int
    order: int
    rule: Rule


def explain(text: str) -> Explanation:
    """Why the push failed that this text is about, as far as the text tells."""
    reading = read(text)
    places = places_in(reading)
    decisive = _decisive(_sentences(reading))
    line = decisive.line if decisive is not None else len(reading.starts) - 1
    operation = operation_at(line, reading, operations_in(reading))
    place = _failing_place(line, reading, places, operation)
    cause, alternatives, confidence = _judged(reading, decisive, place, operation)
    named = completed(place, places, reading)
    return Explanation(
        cause=cause,
        alternatives=tuple(other for other in alternatives if other is not cause),
        registry=named.host,
        repository=named.repository,
        tag=named.tag,
        digest=named.digest,
        client_ip=_refused_address(reading),
        confidence=confidence,
    )


def deciding_rule(text: str) -> Rule | None:
    """The rule that decides about this text: why the answer is what it is."""
    decisive = _decisive(_sentences(read(text)))
    return decisive.rule if decisive is not None else None


_ADDRESS: Final = r"[0-9a-f:.\[\]\n]{2,60}(?![\w:*%])"
_REFUSED: Final = re.compile(
    rf"{wrapped('client with ip')}['\"\s]{{0,4}}(?P<said_by_acr>{_ADDRESS})['\"\s]{{0,4}}{wrapped('is not')}"
    rf"|ip\saddress[:\s]{{1,3}}['\"]?(?P<said_by_others>{_ADDRESS})['\"]?\sis\s(?:blocked|not)"
)


def _refused_address(reading: Reading) -> str | None:
    """The address that the service says it refused, put together again where a line was broken within it.

    Nothing when it is masked or not an address.
    """
    addresses = [
        client_in((found["said_by_acr"] or found["said_by_others"]).replace("\n", "").rstrip("."))
        for found in _REFUSED.finditer(reading.low)
    ]
    return next((address for address in reversed(addresses) if address), None)


def _sentences(reading: Reading) -> list[Sentence]:
    """Everything in the text that a rule knows to have failed, in order."""
    found = [
        Sentence(match.start(), line, order, rule)
        for order, rule in enumerate(RULES)
        for match in rule.pattern.finditer(reading.low)
        if not reading.went_well(line := reading.line_of(match.start()))
    ]
    return sorted(found, key=lambda sentence: (sentence.position, sentence.order))


def _decisive(sentences: list[Sentence]) -> Sentence | None:
    """The sentence that tells: of the strongest kind, on the last such line, the first rule of the table."""
    if not sentences:
        return None
    strongest = max(sentence.rule.strength for sentence in sentences)
    strong = [sentence for sentence in sentences if sentence.rule.strength is strongest]
    last = max(sentence.line for sentence in strong)
    return min(
        (sentence for sentence in strong if sentence.line == last), key=lambda sentence: sentence.order
    )


def _failing_place(
    line: int, reading: Reading, places: tuple[Place, ...], operation: Operation | None
) -> Place | None:
    """The registry that the failing request went to: the one on the telling line, else what was pushed to."""
    start, end = reading.start_of(line), reading.end_of(line)
    named = [place for place in places if not _is_arm_name(place)]
    here = [place for place in named if start <= place.position < end]
    meant = Role.READ_FROM if operation is Operation.PULL else Role.PUSHED_TO
    for roles in ({Role.CALLED}, {meant}, {Role.NAMED}):
        if on_this_line := [place for place in here if place.role in roles]:
            return on_this_line[-1]
    before = [place for place in named if place.position < end]
    for mentions in (before, named):
        for roles in ({meant}, {Role.CALLED, Role.NAMED}):
            if fitting := [place for place in mentions if place.role in roles]:
                return fitting[-1]
    return next((place for place in reversed(places) if place.role is not Role.READ_FROM), None)


def _is_arm_name(place: Place) -> bool:
    """Whether it is a resource's name and not a login server: it tells which one only when nothing else does."""
    return place.owner is Owner.ACR and place.host is not None and "." not in place.host


def _judged(
    reading: Reading, decisive: Sentence | None, place: Place | None, operation: Operation | None
) -> tuple[CauseName, tuple[CauseName, ...], float]:
    """The cause, what else fits the words, and how sure that is.

    Not a push, and not this kind of registry, come before what went wrong underneath.
    """
    beneath, others, sure = CauseName.UNKNOWN, _NOTHING_ELSE, _SURE[Strength.HINT]
    if decisive is not None and not _ended_well(reading, decisive):
        beneath, others, sure = decisive.rule.cause, decisive.rule.alternatives, _SURE[decisive.rule.strength]
    if operation is Operation.PULL:
        return CauseName.NOT_A_PUSH, (beneath, *others), sure
    if _is_elsewhere(reading, place):
        return CauseName.OTHER_REGISTRY, (beneath, *others), sure
    if beneath is CauseName.LOCKED and not _may_be_a_lock(reading, decisive, place):
        return CauseName.UNKNOWN, (beneath, *others), _SURE[Strength.HINT]
    return beneath, others, sure


_WRITE: Final = phrases(
    r"/manifests/", r"/blobs/uploads", r"uploading manifest", r"failed commit on ref", r"failed to push"
)


def _may_be_a_lock(reading: Reading, decisive: Sentence | None, place: Place | None) -> bool:
    """Whether ACR said so, or a 405 whose text was lost answers a request that writes to it."""
    if decisive is None or decisive.rule.strength is Strength.SAID:
        return decisive is not None
    if place is None or place.owner not in {Owner.ACR, Owner.UNSURE}:
        return False
    line = reading.low[reading.start_of(decisive.line) : reading.end_of(decisive.line)]
    return _WRITE.search(line) is not None


_NOTHING_ELSE: Final[tuple[CauseName, ...]] = ()
_SURE: Final = {Strength.HINT: 0.3, Strength.STATUS: 0.6, Strength.SAID: 0.9}


def _is_elsewhere(reading: Reading, place: Place | None) -> bool:
    """Whether the failing request went to a registry that is not ACR."""
    if place is not None and place.owner is Owner.ACR:
        return False
    if place is not None and place.owner is Owner.OTHER:
        return not _ACR_BODY.search(reading.low)
    return another_registry(reading) is not None and not speaks_acr(reading)


_ACR_BODY: Final = phrases(r"aka\.ms/acr/", r"registry[_ ]disallowed[_ ]operation", r"client with ip '")
"""Words that only ACR's own answers hold: who says them is ACR, whatever the host is called."""

_SUCCESS: Final = phrases(r"successfully (?:signed|pushed|attached)", r"digest: sha256:[0-9a-f]{64} size: \d")


def _ended_well(reading: Reading, decisive: Sentence) -> bool:
    """Whether the text goes on to say that it was done after all."""
    return _SUCCESS.search(reading.low, decisive.position) is not None
