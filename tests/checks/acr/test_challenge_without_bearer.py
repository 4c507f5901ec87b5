"""A challenge that takes no token: found, cleared, and not to be told."""

from checks.acr.challenge_without_bearer import challenge_without_bearer
from checks.model import Cause, CauseName, Cleared, RegistryItself, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind


def test_a_challenge_that_takes_no_token_is_the_cause() -> None:
    assert challenge_without_bearer.ask(ASKED_OF, ILL["basic only"]) == Cause(
        name=CauseName.AUTHENTICATION_REQUIRED,
        culprit=RegistryItself(),
        saw="the challenge asks for basic, and names no bearer realm",
        advice="If nothing stands in front of the registry, log in with a password: `az acr credential show --name "
        "REGISTRY` has the admin user's, where that is switched on.",
    )


def test_a_bearer_challenge_without_a_realm_is_the_cause_too() -> None:
    answer = challenge_without_bearer.ask(ASKED_OF, ILL["no realm"])
    assert isinstance(answer, Cause)
    assert answer.saw == "the challenge asks for bearer, and names no bearer realm"
    assert answer.advice.startswith("Find out what stands in front")


def test_a_bearer_challenge_is_cleared() -> None:
    assert challenge_without_bearer.ask(ASKED_OF, WELL) == Cleared(
        saw="GET /v2/ is answered with 401 and bearer"
    )


def test_silence_is_no_challenge_and_no_refusal() -> None:
    assert challenge_without_bearer.ask(ASKED_OF, ILL["silence"]) == Cleared(saw="nobody answered GET /v2/")


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert challenge_without_bearer.ask(ASKED_OF, blind("challenge")) == Unknown(
        why="the challenge of the login server could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
