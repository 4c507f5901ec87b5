"""Tokens for Resource Manager, which the registry may be told not to take: found, cleared, and not to be told."""

from checks.acr.arm_tokens_refused import arm_tokens_refused
from checks.model import Cause, CauseName, Cleared, RefusedIdentity, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind, but


def test_a_refused_exchange_where_only_registry_tokens_are_taken_is_the_cause() -> None:
    assert arm_tokens_refused.ask(ASKED_OF, ILL["arm tokens"]) == Cause(
        name=CauseName.AUTHENTICATION_FAILED,
        culprit=RefusedIdentity("33333333-3333-3333-3333-000000000001"),
        saw="the exchange of a token for Resource Manager was refused, and such tokens are not taken",
        advice=(
            "Clients must ask for a token for https://containerregistry.azure.net; a current "
            "Azure CLI does (`az acr login`), an old one does not."
        ),
    )


def test_a_registry_that_takes_both_is_cleared() -> None:
    assert arm_tokens_refused.ask(ASKED_OF, WELL) == Cleared(saw="tokens for Resource Manager are taken")


def test_a_refused_token_of_the_registrys_own_kind_is_refused_for_another_reason() -> None:
    answer = arm_tokens_refused.ask(ASKED_OF, but("login", ILL["arm tokens"], arm_token=False))
    assert isinstance(answer, Cleared)
    assert "current Azure CLI" in answer.advice


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert arm_tokens_refused.ask(ASKED_OF, blind("profile")) == Unknown(
        why="the policy on tokens for Resource Manager could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
