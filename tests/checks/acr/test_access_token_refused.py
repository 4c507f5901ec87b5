"""The access token, which every call to a repository needs: found, cleared, and not to be told."""

from checks.acr.access_token_refused import access_token_refused
from checks.model import Cause, CauseName, Cleared, RefusedIdentity, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind


def test_a_refused_access_token_is_the_cause() -> None:
    assert access_token_refused.ask(ASKED_OF, ILL["no access token"]) == Cause(
        name=CauseName.AUTHENTICATION_REQUIRED,
        culprit=RefusedIdentity("33333333-3333-3333-3333-000000000001"),
        saw="the access token was answered with 401 UNAUTHORIZED",
    )


def test_an_access_token_is_cleared() -> None:
    assert access_token_refused.ask(ASKED_OF, WELL) == Cleared(
        saw="33333333-3333-3333-3333-000000000001 is given an access token"
    )


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert access_token_refused.ask(ASKED_OF, blind("login")) == Unknown(
        why="what becomes of a login could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
