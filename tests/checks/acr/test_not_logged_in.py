"""A client that did not say who it is."""

from msgspec.structs import replace

from checks.acr.not_logged_in import not_logged_in
from checks.model import Cause, CauseName, Cleared, RefusedIdentity, Unknown
from tests.worlds import FORBIDDEN, HEALTHY, REFUSED, set_to, unreadable

SAID = replace(REFUSED, identity=None, said=CauseName.AUTHENTICATION_REQUIRED)


def test_a_push_without_a_login_is_the_cause() -> None:
    answer = not_logged_in.ask(SAID, HEALTHY)
    assert isinstance(answer, Cause)
    assert (answer.culprit, answer.saw) == (RefusedIdentity(), "the registry asked for a login")
    assert answer.advice.endswith("the identity lacks AcrPush.")


def test_anonymous_pull_lets_nobody_push() -> None:
    answer = not_logged_in.ask(SAID, set_to(anonymous_pull=True, abac=True))
    assert isinstance(answer, Cause)
    assert "it lets anybody pull, and nobody push, without" in answer.saw
    assert "Container Registry Repository Writer" in answer.advice


def test_where_the_mode_could_not_be_read_the_role_of_either_is_named() -> None:
    answer = not_logged_in.ask(SAID, unreadable("settings"))
    assert isinstance(answer, Cause)
    assert answer.advice.endswith("lacks AcrPush, or in ABAC mode Container Registry Repository Writer.")


def test_a_client_that_was_known_clears_it() -> None:
    other = replace(REFUSED, said=CauseName.PERMISSION_DENIED)
    assert not_logged_in.ask(other, HEALTHY) == Cleared(saw="the signals say permission denied")


def test_without_a_word_and_without_settings_nothing_is_known() -> None:
    answer = not_logged_in.ask(REFUSED, unreadable("settings"))
    assert isinstance(answer, Unknown)
    assert answer.missing_right == FORBIDDEN.missing_right
