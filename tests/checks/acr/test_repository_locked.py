"""The lock on a repository, found, cleared and not readable."""

from msgspec.structs import replace

from checks.acr.repository_locked import repository_locked
from checks.evidence import Absent, Unreadable
from checks.model import Cause, CauseName, Cleared, LockLevel, Unknown
from tests.worlds import FORBIDDEN, HEALTHY, OBJECTS, PUSH, locked, unreadable


def test_a_repository_without_write_is_the_cause() -> None:
    assert repository_locked.ask(PUSH, locked(LockLevel.REPOSITORY)) == Cause(
        name=CauseName.LOCKED,
        culprit=OBJECTS[LockLevel.REPOSITORY],
        saw="writeEnabled is false on repository team/app",
    )


def test_a_repository_with_write_is_cleared() -> None:
    assert repository_locked.ask(PUSH, HEALTHY) == Cleared(saw="writeEnabled is true on repository team/app")


def test_a_repository_that_may_not_be_deleted_may_still_be_pushed_to() -> None:
    kept = replace(HEALTHY, repository=replace(HEALTHY.repository, delete=False))
    assert isinstance(repository_locked.ask(PUSH, kept), Cleared)


def test_a_repository_that_is_not_there_yet_holds_no_lock() -> None:
    empty = replace(HEALTHY, repository=Absent())
    assert repository_locked.ask(PUSH, empty) == Cleared(
        saw="there is no repository team/app yet, so it holds no lock"
    )


def test_a_repository_that_could_not_be_read_is_unknown_and_says_which_right_is_missing() -> None:
    assert repository_locked.ask(PUSH, unreadable("repository")) == Unknown(
        why="the attributes of repository team/app could not be read: Azure answered 403",
        missing_right=FORBIDDEN.missing_right,
    )


def test_an_answer_that_was_lost_is_unknown_and_no_right_is_missing() -> None:
    lost = replace(HEALTHY, repository=Unreadable("no answer from Azure (ServiceRequestError)"))
    answer = repository_locked.ask(PUSH, lost)
    assert isinstance(answer, Unknown)
    assert answer.missing_right is None


def test_a_signal_without_an_image_has_no_repository_to_be_locked() -> None:
    assert repository_locked.ask(replace(PUSH, image=None), locked(LockLevel.REPOSITORY)) == Cleared(
        saw="the signal names no repository"
    )
