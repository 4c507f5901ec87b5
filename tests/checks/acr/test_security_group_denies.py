"""Network security groups between the client and the registry: found, cleared, and not to be told."""

from msgspec.structs import replace

from checks.acr.security_group_denies import security_group_denies
from checks.evidence import Denial, Groups
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind
from tests.surroundings import CLIENT


def test_a_rule_that_denies_is_the_cause_and_its_group_and_place_are_named() -> None:
    assert security_group_denies.ask(ASKED_OF, ILL["security group"]) == Cause(
        name=CauseName.CONNECTIVITY_TIMEOUT,
        culprit=Place(
            kind="security group",
            name="/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg1/providers/Microsoft.Network/networkSecurityGroups/nsg-build",
        ),
        saw=(
            "the rule UserRule_DenyInternet of nsg-build, applied to subnet build, denies "
            "10.1.0.4 the way to 20.50.200.1:443"
        ),
        advice=(
            "Ask the owner of nsg-build for an outbound rule before UserRule_DenyInternet that "
            "allows TCP 443 to the service tag AzureContainerRegistry (and Storage, for layers) "
            "from 10.1.0.4."
        ),
    )


def test_two_groups_that_both_deny_are_both_named() -> None:
    (verdict,) = but_groups().verdicts
    both = replace(
        verdict, denials=(*verdict.denials, Denial("/x/nsg-nic", "DenyAll", "/x/networkInterfaces/n"))
    )
    answer = security_group_denies.ask(ASKED_OF, replace(WELL, groups=Groups(CLIENT, (both,))))
    assert isinstance(answer, Cause)
    assert answer.saw == (
        "the rule UserRule_DenyInternet of nsg-build, applied to subnet build, and the rule DenyAll of nsg-nic, "
        "applied to network interface n, deny 10.1.0.4 the way to 20.50.200.1:443"
    )
    assert "Ask the owner of nsg-build" in answer.advice
    assert "Ask the owner of nsg-nic" in answer.advice


def but_groups() -> Groups:
    groups = ILL["security group"].groups
    assert isinstance(groups, Groups)
    return groups


def test_without_a_rule_that_denies_it_is_cleared() -> None:
    assert security_group_denies.ask(ASKED_OF, WELL) == Cleared(
        saw="no security group denies 10.1.0.4 port 443 of the registry"
    )


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert security_group_denies.ask(ASKED_OF, blind("groups")) == Unknown(
        why="the security groups on the client's way could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
