"""The TLS handshake with the login server, broken off: found, cleared, and not to be told."""

from checks.acr.tls_handshake_broken import tls_handshake_broken
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind


def test_a_handshake_that_is_broken_off_is_the_cause() -> None:
    assert tls_handshake_broken.ask(ASKED_OF, ILL["handshake reset"]) == Cause(
        name=CauseName.TLS_ERROR,
        culprit=Place(kind="host", name="contoso.azurecr.io"),
        saw="the TLS handshake with contoso.azurecr.io was broken off (connection reset)",
        advice=(
            "Ask the owners of the firewall on the way to let HTTPS to contoso.azurecr.io pass by that name."
        ),
    )


def test_a_handshake_that_is_done_is_cleared() -> None:
    assert tls_handshake_broken.ask(ASKED_OF, WELL) == Cleared(saw="contoso.azurecr.io speaks TLS")


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert tls_handshake_broken.ask(ASKED_OF, blind("handshake")) == Unknown(
        why="TLS of the login server could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
