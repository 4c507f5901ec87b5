"""A certificate for another name than the one that was called: found, cleared, and not to be told."""

from checks.acr.certificate_of_another_name import certificate_of_another_name
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind


def test_a_certificate_for_another_name_is_the_cause() -> None:
    assert certificate_of_another_name.ask(ASKED_OF, ILL["another name"]) == Cause(
        name=CauseName.TLS_ERROR,
        culprit=Place(kind="host", name="contoso.azurecr.io"),
        saw="contoso.azurecr.io was called, and what answered has a certificate for proxy.corp",
        advice="Find out where the name leads on this machine, and who answers there.",
    )


def test_a_certificate_for_this_name_is_cleared() -> None:
    assert certificate_of_another_name.ask(ASKED_OF, WELL) == Cleared(
        saw="the certificate is not for another name than contoso.azurecr.io"
    )


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert certificate_of_another_name.ask(ASKED_OF, blind("handshake")) == Unknown(
        why="the certificate of the login server could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
