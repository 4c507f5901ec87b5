"""What the access token permits, in a registry whose roles count repository by repository."""

from checks.acr.push_not_permitted_by_abac import push_not_permitted_by_abac
from checks.model import Cause, CauseName, Cleared, RefusedIdentity, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind, but


def test_in_abac_mode_an_access_token_without_push_is_the_cause() -> None:
    assert push_not_permitted_by_abac.ask(ASKED_OF, ILL["abac"]) == Cause(
        name=CauseName.PERMISSION_DENIED,
        culprit=RefusedIdentity("33333333-3333-3333-3333-000000000001"),
        saw=("the access token of 33333333-3333-3333-3333-000000000001 lacks pull and push, in ABAC mode"),
        advice=(
            "The least role that would do: Container Registry Repository Writer; AcrPush counts "
            "for nothing here. Its owner gives it: `az role assignment create --assignee "
            '33333333-3333-3333-3333-000000000001 --role "Container Registry Repository Writer" '
            "--scope REGISTRY_ID`."
        ),
    )


def test_without_abac_mode_it_is_cleared() -> None:
    assert push_not_permitted_by_abac.ask(ASKED_OF, WELL) == Cleared(
        saw="roles count for the whole registry, AcrPush too"
    )


def test_in_abac_mode_the_roles_that_count_are_named_even_where_nothing_is_wrong() -> None:
    answer = push_not_permitted_by_abac.ask(ASKED_OF, but("profile", but("login", actions=None), abac=True))
    assert isinstance(answer, Cleared)
    assert "Container Registry Repository Writer; AcrPush counts for nothing here" in answer.advice


def test_in_abac_mode_what_a_push_does_not_need_is_noted() -> None:
    world = but("profile", but("login", actions=("pull", "push")), abac=True)
    answer = push_not_permitted_by_abac.ask(ASKED_OF, world)
    assert isinstance(answer, Cleared)
    assert answer.advice == "Who needs that: Container Registry Repository Contributor."


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert push_not_permitted_by_abac.ask(ASKED_OF, blind("profile")) == Unknown(
        why="the role assignment mode could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
