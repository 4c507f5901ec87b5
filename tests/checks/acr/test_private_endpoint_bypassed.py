"""The name of the login server, which leads past the private endpoint, or to one that is not there."""

from checks.acr.private_endpoint_bypassed import private_endpoint_bypassed
from checks.evidence import PrivateLink
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, LINK, WELL, blind, but


def test_a_name_that_leads_past_the_private_endpoint_is_the_cause() -> None:
    assert private_endpoint_bypassed.ask(ASKED_OF, ILL["past the endpoint"]) == Cause(
        name=CauseName.DNS_FAILURE,
        culprit=Place(kind="host name", name="contoso.azurecr.io"),
        saw=(
            "contoso.azurecr.io leads to 20.50.200.1, a public address, where the registry takes "
            "nobody; its approved private endpoints: 1"
        ),
        advice=(
            "Link the private zone privatelink.azurecr.io to the network of this machine, and let"
            " its DNS server ask 168.63.129.16; or push from a network where that is done."
        ),
    )


def test_a_name_that_leads_where_the_settings_ask_for_is_cleared() -> None:
    assert private_endpoint_bypassed.ask(ASKED_OF, WELL) == Cleared(
        saw="contoso.azurecr.io leads to 20.50.200.1, as the registry's network settings ask for"
    )


def test_a_record_of_an_endpoint_that_is_gone_is_the_cause() -> None:
    answer = private_endpoint_bypassed.ask(ASKED_OF, ILL["endpoint gone"])
    assert isinstance(answer, Cause)
    assert "10.1.0.9, a private address, and the registry has no approved private endpoint" in answer.saw


def test_the_public_way_of_a_registry_that_has_both_is_noted() -> None:
    answer = private_endpoint_bypassed.ask(ASKED_OF, but("profile", private_links=(LINK,)))
    assert isinstance(answer, Cleared)
    assert "does not use the registry's private endpoint" in answer.advice


def test_an_endpoint_that_nobody_approved_carries_nothing() -> None:
    pending = but("profile", public_network_access=False, private_links=(PrivateLink("pe", "Pending"),))
    answer = private_endpoint_bypassed.ask(ASKED_OF, pending)
    assert isinstance(answer, Cause)
    assert answer.saw.endswith("no endpoint is approved")


def test_a_private_address_with_an_approved_endpoint_is_as_it_should_be() -> None:
    world = but("profile", ILL["endpoint gone"], public_network_access=False, private_links=(LINK,))
    assert private_endpoint_bypassed.ask(ASKED_OF, world) == Cleared(
        saw="contoso.azurecr.io leads to 10.1.0.9, as the registry's network settings ask for"
    )


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert private_endpoint_bypassed.ask(ASKED_OF, blind("resolution")) == Unknown(
        why="the address of the login server could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
