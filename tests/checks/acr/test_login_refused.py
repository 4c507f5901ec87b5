"""The exchange of an Entra token for one of the registry: found, cleared, and not to be told."""

from checks.acr.login_refused import login_refused
from checks.model import Cause, CauseName, Cleared, RefusedIdentity, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind, but


def test_an_exchange_that_is_refused_is_the_cause() -> None:
    assert login_refused.ask(ASKED_OF, ILL["login refused"]) == Cause(
        name=CauseName.AUTHENTICATION_FAILED,
        culprit=RefusedIdentity("33333333-3333-3333-3333-000000000001"),
        saw=(
            "the exchange of 33333333-3333-3333-3333-000000000001's token was answered with 401 UNAUTHORIZED"
        ),
        advice=(
            "Log in again (`az login --tenant TENANT`) in the tenant of the registry; if that is "
            "so already, give the identity a role on the registry. The least with which it can push: AcrPush."
        ),
    )


def test_an_exchange_that_succeeds_is_cleared() -> None:
    assert login_refused.ask(ASKED_OF, WELL) == Cleared(
        saw="33333333-3333-3333-3333-000000000001 is given a refresh token"
    )


def test_a_token_of_a_kind_that_is_not_taken_is_refused_for_that_reason_alone() -> None:
    assert isinstance(login_refused.ask(ASKED_OF, ILL["arm tokens"]), Cleared)
    of_the_registry = but("login", ILL["arm tokens"], arm_token=False)
    assert isinstance(login_refused.ask(ASKED_OF, of_the_registry), Cause)


def test_the_least_role_is_that_of_the_registrys_mode_or_of_either_where_nobody_knows() -> None:
    refused = ILL["login refused"]
    for world, role in (
        (but("profile", refused, abac=True), "push: Container Registry Repository Writer."),
        (blind("profile", refused), "push: AcrPush, or in ABAC mode Container Registry Repository Writer."),
    ):
        answer = login_refused.ask(ASKED_OF, world)
        assert isinstance(answer, Cause)
        assert answer.advice.endswith(role)


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert login_refused.ask(ASKED_OF, blind("login")) == Unknown(
        why="what becomes of a login could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
