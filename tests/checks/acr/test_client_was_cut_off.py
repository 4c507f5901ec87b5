"""A client whose connection was ended."""

from msgspec.structs import replace

from checks.acr.client_was_cut_off import client_was_cut_off
from checks.model import Cause, CauseName, Cleared, Unknown, WayThere
from tests.worlds import CUT_OFF, FORBIDDEN, HEALTHY, set_to, unreadable

SAID = replace(CUT_OFF, said=CauseName.CONNECTION_REFUSED_OR_RESET)


def test_what_the_client_said_is_the_cause_whatever_could_be_read() -> None:
    for world in (HEALTHY, unreadable("settings")):
        answer = client_was_cut_off.ask(SAID, world)
        assert isinstance(answer, Cause)
        assert (answer.name, answer.culprit) == (CauseName.CONNECTION_REFUSED_OR_RESET, WayThere())
        assert answer.saw == "the client was refused a connection, or lost it"
        assert answer.advice


def test_a_registry_without_a_public_door_is_said_to_have_none() -> None:
    answer = client_was_cut_off.ask(SAID, set_to(public_network_access=False))
    assert isinstance(answer, Cause)
    assert "takes no public traffic" in answer.saw


def test_a_client_that_said_something_else_is_cleared() -> None:
    other = replace(CUT_OFF, said=CauseName.UNKNOWN)
    assert client_was_cut_off.ask(other, HEALTHY) == Cleared(saw="the signals say unknown")
    assert client_was_cut_off.ask(CUT_OFF, HEALTHY) == Cleared(saw="no signal says so")


def test_without_a_word_and_without_settings_nothing_is_known() -> None:
    assert client_was_cut_off.ask(CUT_OFF, unreadable("settings")) == Unknown(
        why="no signal names a cause, and settings could not be read: Azure answered 403",
        missing_right=FORBIDDEN.missing_right,
    )
