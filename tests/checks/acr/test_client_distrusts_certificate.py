"""A client that did not trust what answered."""

from msgspec.structs import replace

from checks.acr.client_distrusts_certificate import client_distrusts_certificate
from checks.model import Cause, CauseName, Cleared, Unknown, WayThere
from tests.worlds import CUT_OFF, FORBIDDEN, HEALTHY, set_to, unreadable

SAID = replace(CUT_OFF, said=CauseName.TLS_ERROR)


def test_what_the_client_said_is_the_cause_whatever_could_be_read() -> None:
    for world in (HEALTHY, unreadable("settings")):
        answer = client_distrusts_certificate.ask(SAID, world)
        assert isinstance(answer, Cause)
        assert (answer.name, answer.culprit) == (CauseName.TLS_ERROR, WayThere())
        assert answer.saw == "the client did not trust the certificate that it was shown"
        assert answer.advice


def test_a_registry_without_a_public_door_is_said_to_have_none() -> None:
    answer = client_distrusts_certificate.ask(SAID, set_to(public_network_access=False))
    assert isinstance(answer, Cause)
    assert "takes no public traffic" in answer.saw


def test_a_client_that_said_something_else_is_cleared() -> None:
    other = replace(CUT_OFF, said=CauseName.UNKNOWN)
    assert client_distrusts_certificate.ask(other, HEALTHY) == Cleared(saw="the signals say unknown")
    assert client_distrusts_certificate.ask(CUT_OFF, HEALTHY) == Cleared(saw="no signal says so")


def test_without_a_word_and_without_settings_nothing_is_known() -> None:
    assert client_distrusts_certificate.ask(CUT_OFF, unreadable("settings")) == Unknown(
        why="no signal names a cause, and settings could not be read: Azure answered 403",
        missing_right=FORBIDDEN.missing_right,
    )
