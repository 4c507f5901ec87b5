"""A certificate that is over, or a clock that is wrong: found, cleared, and not to be told."""

from checks.acr.certificate_out_of_date import certificate_out_of_date
from checks.model import Cause, CauseName, Cleared, Place, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind


def test_a_certificate_that_is_over_is_the_cause() -> None:
    assert certificate_out_of_date.ask(ASKED_OF, ILL["out of date"]) == Cause(
        name=CauseName.TLS_ERROR,
        culprit=Place(kind="certificate of", name="contoso.azurecr.io"),
        saw=(
            "the certificate of contoso.azurecr.io is valid 2026-01-01 to 2026-12-01, and here it"
            " is 2026-03-01 (certificate has expired)"
        ),
        advice=(
            "Compare the clock of this machine with the time; if it is right, ask who opens TLS on the way."
        ),
    )


def test_a_certificate_that_is_valid_is_cleared() -> None:
    assert certificate_out_of_date.ask(ASKED_OF, WELL) == Cleared(
        saw="the certificate of contoso.azurecr.io is valid now, until 2026-12-01"
    )


def test_without_looking_it_cannot_be_told_and_the_missing_right_is_named() -> None:
    assert certificate_out_of_date.ask(ASKED_OF, blind("handshake")) == Unknown(
        why="the certificate of the login server could not be read: Azure answered 403",
        missing_right="the.right/that/is/missing",
    )
