"""The registry's firewall, seen from one client address."""

import pytest
from msgspec.structs import replace

from checks.acr.firewall_ip_denied import firewall_ip_denied
from checks.model import Cause, CauseName, Cleared, DeniedAddress, Unknown
from tests.worlds import ADDRESS, DENIAL, FORBIDDEN, HEALTHY, set_to, unreadable

DENYING = set_to(denies_by_default=True, ip_rules=("20.50.1.1",))


def test_an_address_that_no_rule_covers_is_the_cause() -> None:
    assert firewall_ip_denied.ask(DENIAL, DENYING) == Cause(
        name=CauseName.FIREWALL_IP_DENIED,
        culprit=DeniedAddress(ADDRESS),
        saw=f"the default action is Deny and none of 1 rules covers {ADDRESS}",
    )


@pytest.mark.parametrize("rule", [ADDRESS, "52.138.231.0/24", "52.138.231.4/30", "52.0.0.0/8"])
def test_an_address_that_a_rule_covers_is_cleared_and_the_rule_is_named(rule: str) -> None:
    assert firewall_ip_denied.ask(DENIAL, set_to(DENYING, ip_rules=("20.50.1.1", rule))) == Cleared(
        saw=f"the rule {rule} lets {ADDRESS} in"
    )


@pytest.mark.parametrize("rule", ["52.138.231.6", "52.138.230.0/24", "::/0", "anything", ""])
def test_a_rule_that_is_for_others_or_for_nobody_covers_nothing(rule: str) -> None:
    assert isinstance(firewall_ip_denied.ask(DENIAL, set_to(DENYING, ip_rules=(rule,))), Cause)


@pytest.mark.parametrize(
    "address", ["52.138.231.5:443", "2001:4860:4860::8888", " 52.138.231.5", "052.138.231.5"]
)
def test_an_address_that_is_not_plain_ipv4_is_covered_by_no_rule(address: str) -> None:
    wide_open = set_to(DENYING, ip_rules=("0.0.0.0/0",))
    assert isinstance(firewall_ip_denied.ask(replace(DENIAL, address=address), wide_open), Cause)


def test_without_default_deny_no_address_is_refused() -> None:
    assert firewall_ip_denied.ask(DENIAL, HEALTHY) == Cleared(
        saw="the default action is Allow, so no address is refused"
    )


def test_without_public_access_no_rule_decides() -> None:
    assert firewall_ip_denied.ask(DENIAL, set_to(DENYING, public_network_access=False)) == Cleared(
        saw="public access is off, so no rule decides"
    )


def test_settings_that_could_not_be_read_are_unknown_and_the_right_is_named() -> None:
    assert firewall_ip_denied.ask(DENIAL, unreadable("settings")) == Unknown(
        why="settings could not be read: Azure answered 403", missing_right=FORBIDDEN.missing_right
    )


def test_a_refusal_that_names_no_address_is_unknown() -> None:
    assert firewall_ip_denied.ask(replace(DENIAL, address=None), DENYING) == Unknown(
        why="the refusal names no client address"
    )
