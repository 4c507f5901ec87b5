"""A connection that Azure tries from the client itself: found, cleared, and not to be told."""

from checks.acr.client_cannot_connect import client_cannot_connect
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind


def test_a_client_that_cannot_connect_is_the_cause_and_the_hop_is_named() -> None:
    assert client_cannot_connect.ask(ASKED_OF, ILL["cannot connect"]) == Cause(
        name=CauseName.CONNECTIVITY_TIMEOUT,
        culprit=Place(
            kind="machine",
            name="/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg1/providers/Microsoft.Compute/virtualMachines/build1",
        ),
        saw="from the client, contoso.azurecr.io:443 is Unreachable: DnsResolution at build1-nic",
        advice=("Mend DNS on the machine: its network must reach a DNS server that knows the login server."),
    )


def test_a_client_that_connects_is_cleared() -> None:
    assert client_cannot_connect.ask(ASKED_OF, WELL) == Cleared(
        saw="from the client, contoso.azurecr.io:443 is Reachable"
    )


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert client_cannot_connect.ask(ASKED_OF, blind("connection")) == Unknown(
        why="whether the client can connect could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
