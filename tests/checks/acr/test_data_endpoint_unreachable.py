"""The hosts from which the registry has layers fetched: found, cleared, and not to be told."""

from checks.acr.data_endpoint_unreachable import data_endpoint_unreachable
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind


def test_a_data_endpoint_that_is_not_reached_is_the_cause() -> None:
    assert data_endpoint_unreachable.ask(ASKED_OF, ILL["data endpoint"]) == Cause(
        name=CauseName.CONNECTIVITY_TIMEOUT,
        culprit=Place(kind="host", name="contoso.westeurope.data.azurecr.io"),
        saw=("contoso.westeurope.data.azurecr.io is not reached (port 443 timed out: no answer in time)"),
        advice="Let port 443 to contoso.westeurope.data.azurecr.io pass, as to the login server.",
    )


def test_data_endpoints_that_are_reached_are_cleared() -> None:
    assert data_endpoint_unreachable.ask(ASKED_OF, WELL) == Cleared(saw="reached: contoso.azurecr.io")


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert data_endpoint_unreachable.ask(ASKED_OF, blind("data_endpoints")) == Unknown(
        why="the data endpoints could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
