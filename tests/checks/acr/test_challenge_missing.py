"""The login server, which does not ask for a login: found, cleared, and not to be told."""

from checks.acr.challenge_missing import challenge_missing
from checks.model import Cause, CauseName, Cleared, RegistryItself, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind, but


def test_a_fault_instead_of_a_challenge_is_the_cause() -> None:
    assert challenge_missing.ask(ASKED_OF, ILL["fault"]) == Cause(
        name=CauseName.SERVER_ERROR,
        culprit=RegistryItself(),
        saw="GET /v2/ was answered with 503 instead of 401",
    )


def test_a_401_that_asks_for_nothing_is_no_challenge() -> None:
    answer = challenge_missing.ask(ASKED_OF, ILL["no challenge"])
    assert isinstance(answer, Cause)
    assert answer.saw == "GET /v2/ was answered with 401, and without a challenge"


def test_silence_after_the_handshake_is_a_fault_too() -> None:
    answer = challenge_missing.ask(ASKED_OF, ILL["silence"])
    assert isinstance(answer, Cause)
    assert answer.saw == "TLS is spoken, and then there is no answer to GET /v2/ (no answer in time)"
    assert "Resource health" in answer.advice


def test_a_challenge_is_cleared() -> None:
    assert challenge_missing.ask(ASKED_OF, WELL) == Cleared(
        saw="GET /v2/ is answered with 401, as it should be"
    )


def test_a_refusal_is_no_fault() -> None:
    for status in (403, 429):
        assert isinstance(challenge_missing.ask(ASKED_OF, but("challenge", status=status)), Cleared)


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert challenge_missing.ask(ASKED_OF, blind("challenge")) == Unknown(
        why="the answer to GET /v2/ could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
