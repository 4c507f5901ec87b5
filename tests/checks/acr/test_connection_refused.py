"""Port 443 of the login server, which refuses: found, cleared, and not to be told."""

from checks.acr.connection_refused import connection_refused
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind


def test_a_port_that_refuses_is_the_cause() -> None:
    assert connection_refused.ask(ASKED_OF, ILL["refused"]) == Cause(
        name=CauseName.CONNECTION_REFUSED_OR_RESET,
        culprit=Place(kind="host", name="contoso.azurecr.io"),
        saw="20.50.200.1:443 refused the connection (Connection refused)",
        advice="Find out who answers at 20.50.200.1:443: it is not the registry.",
    )


def test_a_port_that_does_not_refuse_is_cleared() -> None:
    assert connection_refused.ask(ASKED_OF, WELL) == Cleared(saw="20.50.200.1:443 did not refuse")


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert connection_refused.ask(ASKED_OF, blind("contact")) == Unknown(
        why="port 443 of the login server could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
