"""Routes that lead nowhere: found, cleared, and not to be told."""

from msgspec.structs import replace

from checks.acr.route_drops import route_drops
from checks.evidence import Hop, Hops
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind
from tests.surroundings import CLIENT


def test_a_next_hop_of_none_is_the_cause_and_the_route_is_named() -> None:
    assert route_drops.ask(ASKED_OF, ILL["dropped"]) == Cause(
        name=CauseName.CONNECTIVITY_TIMEOUT,
        culprit=Place(
            kind="route table",
            name="/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg1/providers/Microsoft.Network/routeTables/rt-spoke",
        ),
        saw=(
            "packets from 10.1.0.4 to 20.50.200.1 are dropped (next hop None, route table "
            "rt-spoke, by the route for 20.0.0.0/8)"
        ),
        advice=(
            "Ask the owner of the route table rt-spoke for a route for the service tag "
            "AzureContainerRegistry with next hop Internet, or through the appliance that may "
            "carry it."
        ),
    )


def test_a_route_of_the_system_has_no_owner_and_means_that_no_network_is_joined() -> None:
    unjoined = replace(ILL["dropped"], hops=Hops(CLIENT, (Hop("10.9.0.4", "None", table="System Route"),)))
    answer = route_drops.ask(ASKED_OF, unjoined)
    assert isinstance(answer, Cause)
    assert answer.culprit == Place(kind="route table", name="unknown")
    assert "must be peered" in answer.advice


def test_a_next_hop_is_cleared() -> None:
    assert route_drops.ask(ASKED_OF, WELL) == Cleared(
        saw="packets from 10.1.0.4 are sent on: 20.50.200.1 by Internet"
    )


def test_an_address_that_no_route_can_be_compared_with_names_no_route() -> None:
    v6 = replace(ILL["dropped"], hops=Hops(CLIENT, (Hop("2001:db8::1", "None"),)))
    answer = route_drops.ask(ASKED_OF, v6)
    assert isinstance(answer, Cause)
    assert (
        answer.saw
        == f"packets from {CLIENT} to 2001:db8::1 are dropped (next hop None, no route table that was named)"
    )


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert route_drops.ask(ASKED_OF, blind("hops")) == Unknown(
        why="the next hop of the client's packets could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
