"""The name of the login server, which leads to no address: found, cleared, and not to be told."""

from checks.acr.login_server_unresolved import login_server_unresolved
from checks.evidence import End
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind, but


def test_a_name_without_an_address_is_the_cause() -> None:
    assert login_server_unresolved.ask(ASKED_OF, ILL["no address"]) == Cause(
        name=CauseName.DNS_FAILURE,
        culprit=Place(kind="host name", name="contoso.azurecr.io"),
        saw="contoso.azurecr.io has no address: Name or service not known",
    )


def test_a_name_with_an_address_is_cleared() -> None:
    assert login_server_unresolved.ask(ASKED_OF, WELL) == Cleared(saw="contoso.azurecr.io is 20.50.200.1")


def test_a_name_that_only_the_proxy_can_resolve_is_cleared() -> None:
    behind = but("contact", ILL["no address"], proxy="proxy.corp:8080")
    assert login_server_unresolved.ask(ASKED_OF, behind) == Cleared(
        saw="this machine finds no address for contoso.azurecr.io, and its proxy proxy.corp:8080 does"
    )
    refused = but("contact", behind, end=End.PROXY)
    assert isinstance(login_server_unresolved.ask(ASKED_OF, refused), Cause)


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert login_server_unresolved.ask(ASKED_OF, blind("resolution")) == Unknown(
        why="the address of the login server could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
