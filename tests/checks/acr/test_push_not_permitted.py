"""What the access token permits, in a registry whose roles count for all of it: found, cleared, and not to be told."""

from checks.acr.push_not_permitted import push_not_permitted
from checks.model import Cause, CauseName, Cleared, RefusedIdentity, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind, but


def test_an_access_token_without_push_is_the_cause_and_the_least_role_is_named() -> None:
    assert push_not_permitted.ask(ASKED_OF, ILL["reader"]) == Cause(
        name=CauseName.PERMISSION_DENIED,
        culprit=RefusedIdentity("33333333-3333-3333-3333-000000000001"),
        saw="the access token of 33333333-3333-3333-3333-000000000001 lacks push",
        advice="The least role that would do: AcrPush, on the registry. Its owner gives it: `az role assignment create "
        '--assignee 33333333-3333-3333-3333-000000000001 --role "AcrPush" --scope REGISTRY_ID`.',
    )


def test_an_identity_that_no_command_line_should_hold_is_not_in_it() -> None:
    answer = push_not_permitted.ask(ASKED_OF, but("login", ILL["reader"], identity="x; rm -rf ~"))
    assert isinstance(answer, Cause)
    assert "--assignee ID --role" in answer.advice


def test_where_its_mode_could_not_be_read_the_role_of_either_mode_is_named() -> None:
    answer = push_not_permitted.ask(ASKED_OF, blind("profile", ILL["reader"]))
    assert isinstance(answer, Cause)
    assert answer.advice == (
        "The least role that would do: AcrPush, on the registry. In ABAC mode, which could not be read, it is "
        "Container Registry Repository Writer."
    )


def test_an_access_token_with_everything_is_cleared() -> None:
    assert push_not_permitted.ask(ASKED_OF, WELL) == Cleared(
        saw=("33333333-3333-3333-3333-000000000001 may pull, push, metadata_write, metadata_read, delete")
    )


def test_what_a_push_does_not_need_is_noted_and_the_role_that_gives_it() -> None:
    world = but("login", actions=("pull", "push"))
    answer = push_not_permitted.ask(ASKED_OF, world)
    assert isinstance(answer, Cleared)
    assert answer.saw.endswith("but not metadata_write, metadata_read, delete")
    assert "AcrDelete" in answer.advice


def test_without_a_repository_no_permission_is_asked_for() -> None:
    assert push_not_permitted.ask(ASKED_OF, but("login", actions=None)) == Cleared(
        saw="no repository was named, so no permission was asked for"
    )


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert push_not_permitted.ask(ASKED_OF, blind("login")) == Unknown(
        why="what the identity may do could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
