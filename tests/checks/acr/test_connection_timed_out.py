"""Port 443 of the login server, which does not answer: found, cleared, and not to be told."""

from checks.acr.connection_timed_out import connection_timed_out
from checks.evidence import End
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind, but


def test_a_port_that_does_not_answer_is_the_cause() -> None:
    assert connection_timed_out.ask(ASKED_OF, ILL["timed out"]) == Cause(
        name=CauseName.CONNECTIVITY_TIMEOUT,
        culprit=Place(kind="host", name="contoso.azurecr.io"),
        saw="connecting to 20.50.200.1:443 ended: timed out (no answer in time)",
        advice=(
            "If the machine that pushes is in Azure, `medic check REGISTRY --from "
            "ITS_RESOURCE_ID` names the security rule or the route. Otherwise ask the owners of "
            "its firewall to let port 443 to the login server pass."
        ),
    )


def test_a_port_that_answers_is_cleared() -> None:
    assert connection_timed_out.ask(ASKED_OF, WELL) == Cleared(saw="20.50.200.1:443 takes connections")


def test_a_network_without_a_route_is_the_same_cause() -> None:
    world = but("contact", end=End.NO_ROUTE, detail="Network is unreachable")
    answer = connection_timed_out.ask(ASKED_OF, world)
    assert isinstance(answer, Cause)
    assert "no route (Network is unreachable)" in answer.saw


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert connection_timed_out.ask(ASKED_OF, blind("contact")) == Unknown(
        why="port 443 of the login server could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
