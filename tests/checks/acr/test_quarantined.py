"""Quarantine, which refuses with the same status as a lock. Nothing tells for which image, so it is never a cause."""

from checks.acr.quarantined import quarantined
from checks.model import Cleared, Unknown
from tests.worlds import FORBIDDEN, HEALTHY, PUSH, set_to, unreadable


def test_a_quarantine_policy_that_is_on_may_be_what_refuses() -> None:
    assert quarantined.ask(PUSH, set_to(quarantine=True)) == Unknown(
        why="the quarantine policy is on, and may be what refuses"
    )


def test_a_quarantine_policy_that_is_off_is_cleared() -> None:
    assert quarantined.ask(PUSH, HEALTHY) == Cleared(saw="the quarantine policy is off")


def test_settings_that_could_not_be_read_are_unknown_and_the_right_is_named() -> None:
    assert quarantined.ask(PUSH, unreadable("settings")) == Unknown(
        why="settings could not be read: Azure answered 403", missing_right=FORBIDDEN.missing_right
    )
