"""A certificate that no public authority vouches for: found, cleared, and not to be told."""

from msgspec.structs import replace

from checks.acr.tls_intercepted import tls_intercepted
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind, but
from tests.surroundings import CERTIFICATE


def test_an_issuer_whom_nobody_trusts_is_the_cause() -> None:
    assert tls_intercepted.ask(ASKED_OF, ILL["untrusted"]) == Cause(
        name=CauseName.TLS_ERROR,
        culprit=Place(kind="certificate by", name="Contoso Proxy CA"),
        saw=(
            "contoso.azurecr.io shows a certificate by Contoso Proxy CA, whom this machine does "
            "not trust (self-signed certificate in certificate chain)"
        ),
        advice=(
            "Exempt the login server and its data endpoints from TLS inspection; or give every "
            "client that pushes the authority's certificate, the Docker daemon too."
        ),
    )


def test_a_public_issuer_is_cleared() -> None:
    assert tls_intercepted.ask(ASKED_OF, WELL) == Cleared(
        saw=(
            "contoso.azurecr.io shows a certificate by Microsoft Corporation Microsoft Azure RSA "
            "TLS Issuing CA 04"
        )
    )


def test_an_issuer_of_ones_own_whom_this_machine_trusts_is_noted() -> None:
    world = but("handshake", certificate=replace(CERTIFICATE, issuer="Contoso Proxy CA", public=False))
    answer = tls_intercepted.ask(ASKED_OF, world)
    assert isinstance(answer, Cleared)
    assert "by Contoso Proxy CA, whom this machine trusts" in answer.saw
    assert answer.advice.startswith("That is no public authority")


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert tls_intercepted.ask(ASKED_OF, blind("handshake")) == Unknown(
        why="the certificate of the login server could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
