"""A login that was taken, and a push that was not."""

from msgspec.structs import replace

from checks.acr.push_refused_to_identity import push_refused_to_identity
from checks.frame import Caller
from checks.model import Cause, CauseName, Cleared, RefusedIdentity, Unknown
from tests.worlds import FORBIDDEN, HEALTHY, PIPELINE, REFUSED, set_to, unreadable

SAID = replace(REFUSED, said=CauseName.PERMISSION_DENIED)


def test_an_identity_that_may_not_push_is_the_cause_and_the_least_role_is_named() -> None:
    assert push_refused_to_identity.ask(SAID, HEALTHY) == Cause(
        name=CauseName.PERMISSION_DENIED,
        culprit=RefusedIdentity(identity=PIPELINE),
        saw=f"identity {PIPELINE} may not push to team/app",
        advice="The least role that would do: AcrPush, on the registry. The bot gives nobody a role.",
    )


def test_in_abac_mode_acrpush_counts_for_nothing_and_the_role_is_limited_to_the_repository() -> None:
    answer = push_refused_to_identity.ask(SAID, set_to(abac=True))
    assert isinstance(answer, Cause)
    assert answer.saw.endswith("the registry is in ABAC mode, in which AcrPush counts for nothing")
    assert answer.advice == (
        "The least role that would do: Container Registry Repository Writer, on the registry, with a condition on "
        "the repository team/app. The bot gives nobody a role."
    )


def test_without_settings_the_refusal_is_certain_and_both_roles_are_named() -> None:
    answer = push_refused_to_identity.ask(SAID, unreadable("settings"))
    assert isinstance(answer, Cause)
    assert "AcrPush" in answer.advice
    assert "Container Registry Repository Writer" in answer.advice


def test_of_many_identities_those_that_were_seen_most_are_named() -> None:
    crowd = replace(SAID, identity=None, image=None, callers=(Caller("one", 7), Caller("two", 2)))
    answer = push_refused_to_identity.ask(crowd, HEALTHY)
    assert isinstance(answer, Cause)
    assert answer.saw == "one (7), two (2) may not push"


def test_refused_credentials_clear_it() -> None:
    other = replace(REFUSED, said=CauseName.AUTHENTICATION_FAILED)
    assert push_refused_to_identity.ask(other, HEALTHY) == Cleared(
        saw="the signals say authentication failed"
    )


def test_without_a_word_and_without_settings_nothing_is_known() -> None:
    answer = push_refused_to_identity.ask(REFUSED, unreadable("settings"))
    assert isinstance(answer, Unknown)
    assert answer.missing_right == FORBIDDEN.missing_right
