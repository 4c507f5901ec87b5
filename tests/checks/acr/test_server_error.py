"""A fault of the registry's own."""

from msgspec.structs import replace

from checks.acr.server_error import server_error
from checks.model import Cause, CauseName, Cleared, RegistryItself, Unknown
from tests.worlds import FAULTY, FORBIDDEN, HEALTHY, unreadable


def test_an_answer_of_five_hundred_and_something_is_the_cause() -> None:
    for world in (HEALTHY, unreadable("settings")):
        answer = server_error.ask(replace(FAULTY, said=CauseName.SERVER_ERROR), world)
        assert isinstance(answer, Cause)
        assert (answer.name, answer.culprit) == (CauseName.SERVER_ERROR, RegistryItself())
        assert "support request" in answer.advice


def test_without_such_an_answer_it_is_cleared() -> None:
    assert server_error.ask(FAULTY, HEALTHY) == Cleared(saw="no signal says so")


def test_without_a_word_and_without_settings_nothing_is_known() -> None:
    assert server_error.ask(FAULTY, unreadable("settings")) == Unknown(
        why="no signal names a cause, and settings could not be read: Azure answered 403",
        missing_right=FORBIDDEN.missing_right,
    )
