"""A registry without a public door."""

from checks.acr.public_access_disabled import public_access_disabled
from checks.model import Cause, CauseName, Cleared, ClosedToPublic, Unknown
from tests.worlds import ADDRESS, DENIAL, FORBIDDEN, HEALTHY, set_to, unreadable


def test_public_access_that_is_off_is_the_cause_whatever_the_rules_say() -> None:
    let_in = set_to(public_network_access=False, denies_by_default=True, ip_rules=(ADDRESS,))
    assert public_access_disabled.ask(DENIAL, let_in) == Cause(
        name=CauseName.PUBLIC_ACCESS_DISABLED,
        culprit=ClosedToPublic(),
        saw="publicNetworkAccess is Disabled, which overrides every network rule",
    )


def test_public_access_that_is_on_is_cleared() -> None:
    assert public_access_disabled.ask(DENIAL, HEALTHY) == Cleared(saw="public network access is enabled")


def test_settings_that_could_not_be_read_are_unknown_and_the_right_is_named() -> None:
    assert public_access_disabled.ask(DENIAL, unreadable("settings")) == Unknown(
        why="settings could not be read: Azure answered 403", missing_right=FORBIDDEN.missing_right
    )
