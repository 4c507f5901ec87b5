"""The name of a data endpoint, which leads past the private endpoint: found, cleared, and not to be told."""

from checks.acr.data_endpoint_bypassed import data_endpoint_bypassed
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind, but
from tests.surroundings import DATA_HOST


def test_a_data_endpoint_without_its_private_record_is_the_cause() -> None:
    assert data_endpoint_bypassed.ask(ASKED_OF, ILL["layers past the endpoint"]) == Cause(
        name=CauseName.DNS_FAILURE,
        culprit=Place(kind="host name", name=DATA_HOST),
        saw=f"the login server leads to a private address, and {DATA_HOST} to a public one, where the registry takes "
        "nobody",
        advice=f"Add the private endpoint's address for {DATA_HOST} to the zone privatelink.azurecr.io: "
        "`az network private-endpoint show` names its interface, and that has one address for each name.",
    )


def test_where_the_public_side_is_open_as_well_it_is_only_worth_knowing() -> None:
    answer = data_endpoint_bypassed.ask(
        ASKED_OF, but("profile", ILL["layers past the endpoint"], public_network_access=True)
    )
    assert isinstance(answer, Cleared)
    assert answer.advice.startswith("Add the private endpoint's address")


def test_names_that_lead_to_the_same_side_are_cleared() -> None:
    assert data_endpoint_bypassed.ask(ASKED_OF, WELL) == Cleared(
        saw="the data endpoints are reached on the same side as the login server"
    )


def test_where_nobody_could_see_whether_the_public_side_is_open_it_cannot_be_told() -> None:
    assert isinstance(
        data_endpoint_bypassed.ask(ASKED_OF, blind("profile", ILL["layers past the endpoint"])), Unknown
    )


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert data_endpoint_bypassed.ask(ASKED_OF, blind("data_endpoints")) == Unknown(
        why="the data endpoints could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
