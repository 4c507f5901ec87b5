"""An appliance through which the client's packets must go: found, cleared, and not to be told."""

from msgspec.structs import replace

from checks.acr.appliance_on_the_way import appliance_on_the_way
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind


def test_an_appliance_on_a_way_that_ends_is_the_cause_and_its_address_is_named() -> None:
    assert appliance_on_the_way.ask(ASKED_OF, ILL["appliance"]) == Cause(
        name=CauseName.CONNECTIVITY_TIMEOUT,
        culprit=Place(kind="appliance", name="10.9.0.4"),
        saw=(
            "packets from 10.1.0.4 to 20.50.200.1 go through 10.9.0.4 (VirtualAppliance), and a "
            "connection by that way is Unreachable"
        ),
        advice=(
            "Check the firewall at 10.9.0.4: it must let TCP 443 from 10.1.0.4 pass, to the login"
            " server and to the data endpoints."
        ),
    )


def test_without_an_appliance_it_is_cleared() -> None:
    assert appliance_on_the_way.ask(ASKED_OF, WELL) == Cleared(
        saw="no appliance stands between 10.1.0.4 and the registry"
    )


def test_an_appliance_that_lets_the_connection_pass_is_noted() -> None:
    world = replace(ILL["appliance"], connection=WELL.connection)
    answer = appliance_on_the_way.ask(ASKED_OF, world)
    assert isinstance(answer, Cleared)
    assert "Check the firewall at 10.9.0.4" in answer.advice


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert appliance_on_the_way.ask(ASKED_OF, blind("hops")) == Unknown(
        why="the next hop of the client's packets could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
