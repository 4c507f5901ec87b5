"""What a job is told of the incident that it reported."""

import pytest
from msgspec.structs import replace

from checks.evidence import Attributes
from checks.incident import Incident, State, opened
from checks.model import (
    Cause,
    CauseName,
    Diagnosis,
    Finding,
    Image,
    LockedObject,
    LockLevel,
    Proof,
    Signal,
    Source,
    Symptom,
)
from remediations.model import (
    AboutTo,
    CameOf,
    Decided,
    Entry,
    Escalate,
    Judged,
    LockChange,
    Reason,
    Rehearsed,
    Remediate,
    Verified,
)
from remediations.standing import standing
from tests.memory import START
from tests.worlds import CONTOSO

TARGET = LockedObject(level=LockLevel.TAG, repository="team/app", reference="v1")
CHANGE = LockChange(
    registry="contoso",
    target=TARGET,
    before=Attributes(delete=True, write=False, read=True, list=True),
    write_enabled=True,
)
FOUND = Judged(
    Diagnosis(
        symptom=Symptom.PUSH_DISALLOWED,
        findings=(
            Finding(
                check="tag_locked",
                answer=Cause(
                    name=CauseName.LOCKED,
                    culprit=TARGET,
                    saw="writeEnabled is false\non tag\x1b[31m team/app:v1",
                ),
            ),
        ),
    )
)


def incident(state: State, ended: str = "") -> Incident:
    signal = Signal(
        id="a",
        source=Source.PUSH_REPORT,
        at=START,
        registry="contoso",
        symptom=Symptom.PUSH_DISALLOWED,
        image=Image(repository="team/app", tag="v1"),
        proof=Proof.CLAIMED,
        excerpt="",
    )
    return replace(opened(signal, START), state=state, ended=ended)


PERMITTED = Decided(Remediate(CHANGE, Reason.PERMITTED, "policy permits it"), "1")
REFUSED = Decided(Escalate(Reason.NOT_PERMITTED, "no permit names it"), "1")


@pytest.mark.parametrize(
    ("state", "entries", "outcome", "settled", "again"),
    [
        (State.OPEN, (), "it is being looked into", False, False),
        (
            State.WAITING,
            (FOUND, PERMITTED),
            "a person is asked to agree to a change: policy permits it",
            False,
            False,
        ),
        (State.WITH_PEOPLE, (FOUND, REFUSED), "people were told: no permit names it", True, False),
        (
            State.WITH_PEOPLE,
            (FOUND, PERMITTED, CameOf("1", Rehearsed())),
            "people were told: only rehearsed, nothing was changed: policy permits it",
            True,
            False,
        ),
        (
            State.MENDED,
            (FOUND, PERMITTED, AboutTo("1", CHANGE), CameOf("1", Verified(saw="it is"))),
            "it was mended: unlock tag team/app:v1",
            True,
            True,
        ),
    ],
)
def test_each_state_says_what_came_of_it_and_whether_to_wait_or_push(
    state: State, entries: tuple[Entry, ...], outcome: str, *, settled: bool, again: bool
) -> None:
    stands = standing(incident(state), entries, CONTOSO)
    assert (stands.state, stands.outcome, stands.settled, stands.again) == (state, outcome, settled, again)
    assert stands.next_step


def test_what_is_over_says_why() -> None:
    stands = standing(incident(State.CLOSED, "the push has succeeded"), (), CONTOSO)
    assert stands.outcome == "it is over: the push has succeeded"
    assert stands.next_step == "Push again."


def test_every_text_is_one_harmless_line() -> None:
    stands = standing(incident(State.WITH_PEOPLE), (FOUND, REFUSED), CONTOSO)
    assert stands.diagnosis == "writeEnabled is false on tag[31m team/app:v1"
