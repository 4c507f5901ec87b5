"""Credentials that the registry did not take."""

from msgspec.structs import replace

from checks.acr.credentials_refused import credentials_refused
from checks.model import Cause, CauseName, Cleared, RefusedIdentity, Unknown
from tests.worlds import FORBIDDEN, HEALTHY, PIPELINE, REFUSED, set_to, unreadable

SAID = replace(REFUSED, said=CauseName.AUTHENTICATION_FAILED)


def test_credentials_that_were_refused_are_the_cause() -> None:
    answer = credentials_refused.ask(SAID, set_to(admin_user=True))
    assert isinstance(answer, Cause)
    assert (answer.name, answer.culprit) == (CauseName.AUTHENTICATION_FAILED, RefusedIdentity(PIPELINE))
    assert answer.saw == f"the credentials of identity {PIPELINE} were refused"


def test_what_the_registry_does_not_take_is_said() -> None:
    answer = credentials_refused.ask(SAID, set_to(arm_tokens=False))
    assert isinstance(answer, Cause)
    assert "tokens for Resource Manager are not taken here" in answer.saw
    assert "the admin user is switched off" in answer.saw


def test_a_missing_right_clears_it() -> None:
    other = replace(REFUSED, said=CauseName.PERMISSION_DENIED)
    assert credentials_refused.ask(other, HEALTHY) == Cleared(saw="the signals say permission denied")


def test_without_a_word_and_without_settings_nothing_is_known() -> None:
    answer = credentials_refused.ask(REFUSED, unreadable("settings"))
    assert isinstance(answer, Unknown)
    assert answer.missing_right == FORBIDDEN.missing_right
