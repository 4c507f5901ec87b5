"""A challenge that would have a token sent elsewhere: found, cleared, and not to be told."""

from checks.acr.challenge_of_another_host import challenge_of_another_host
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind


def test_a_realm_at_another_host_is_the_cause() -> None:
    assert challenge_of_another_host.ask(ASKED_OF, ILL["realm elsewhere"]) == Cause(
        name=CauseName.AUTHENTICATION_REQUIRED,
        culprit=Place(kind="realm", name="https://evil.example/token"),
        saw=(
            "the challenge's bearer realm leads to https://evil.example/token, which is not the login server"
        ),
        advice="Find out what stands in front of the registry; no token was sent there.",
    )


def test_a_realm_at_the_login_server_is_cleared() -> None:
    assert challenge_of_another_host.ask(ASKED_OF, WELL) == Cleared(
        saw="tokens are to be had at contoso.azurecr.io"
    )


def test_a_challenge_without_a_realm_leads_nowhere() -> None:
    for world in ("no challenge", "no realm", "basic only"):
        assert challenge_of_another_host.ask(ASKED_OF, ILL[world]) == Cleared(
            saw="the challenge names no realm at all"
        )


def test_silence_is_no_challenge_and_no_refusal() -> None:
    assert challenge_of_another_host.ask(ASKED_OF, ILL["silence"]) == Cleared(saw="nobody answered GET /v2/")


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert challenge_of_another_host.ask(ASKED_OF, blind("challenge")) == Unknown(
        why="the challenge of the login server could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
