"""Routes in force on the client's interface: found, cleared, and not to be told."""

from msgspec.structs import replace

from checks.acr.effective_route_drops import effective_route_drops
from checks.evidence import Connection, Route, Routes
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind
from tests.surroundings import HOST, PRIVATE


def test_a_route_to_nowhere_is_the_cause_where_next_hop_could_not_be_asked() -> None:
    assert effective_route_drops.ask(ASKED_OF, ILL["route to nowhere"]) == Cause(
        name=CauseName.CONNECTIVITY_TIMEOUT,
        culprit=Place(kind="route", name="20.0.0.0/8"),
        saw="the effective route to 20.50.200.1 is that for 20.0.0.0/8, to None: it is dropped",
        advice="Ask the owner of the client's route table or gateway for a route for the service tag "
        "AzureContainerRegistry with next hop Internet, or through the appliance that may carry it.",
    )


def test_what_next_hop_says_already_is_not_said_twice() -> None:
    answer = effective_route_drops.ask(ASKED_OF, ILL["dropped"])
    assert answer == Cleared(saw="the effective route to 20.50.200.1 is that for 20.0.0.0/8, to None")


def test_a_route_that_leads_on_is_cleared_with_where_it_leads() -> None:
    assert effective_route_drops.ask(ASKED_OF, WELL) == Cleared(
        saw="the effective route to 20.50.200.1 is that for 0.0.0.0/0, to Internet"
    )
    appliance = replace(
        WELL, routes=Routes("nic", (Route(("0.0.0.0/0",), "VirtualAppliance", ("10.9.0.4",)),))
    )
    assert effective_route_drops.ask(ASKED_OF, appliance) == Cleared(
        saw="the effective route to 20.50.200.1 is that for 0.0.0.0/0, to VirtualAppliance at 10.9.0.4"
    )


def test_it_is_the_route_to_the_address_that_the_machine_itself_found() -> None:
    private = replace(
        ILL["route to nowhere"],
        connection=Connection(HOST, "Unreachable", address=PRIVATE),
        routes=Routes("nic", (Route(("0.0.0.0/0",), "Internet"), Route(("10.0.0.0/8",), "None"))),
    )
    answer = effective_route_drops.ask(ASKED_OF, private)
    assert isinstance(answer, Cause)
    assert answer.saw == f"the effective route to {PRIVATE} is that for 10.0.0.0/8, to None: it is dropped"


def test_routes_that_cannot_be_compared_with_an_address_are_only_counted() -> None:
    assert effective_route_drops.ask(ASKED_OF, ILL["no address"]) == Cleared(
        saw="none of 1 effective routes is known to be for the registry"
    )


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert effective_route_drops.ask(ASKED_OF, blind("routes")) == Unknown(
        why="the effective routes of the client's interface could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
