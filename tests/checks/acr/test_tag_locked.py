"""The lock on a tag, found, cleared and not readable."""

from msgspec.structs import replace

from checks.acr.tag_locked import tag_locked
from checks.evidence import Absent, Unreadable
from checks.model import Cause, CauseName, Cleared, Image, LockLevel, Unknown
from tests.worlds import FORBIDDEN, HEALTHY, NEW, OBJECTS, PUSH, locked, unreadable


def test_a_tag_without_write_is_the_cause() -> None:
    assert tag_locked.ask(PUSH, locked(LockLevel.TAG)) == Cause(
        name=CauseName.LOCKED,
        culprit=OBJECTS[LockLevel.TAG],
        saw="writeEnabled is false on tag team/app:v1",
    )


def test_a_tag_with_write_is_cleared() -> None:
    assert tag_locked.ask(PUSH, HEALTHY) == Cleared(saw="writeEnabled is true on tag team/app:v1")


def test_a_tag_that_may_not_be_deleted_may_still_be_pushed_to() -> None:
    kept = replace(HEALTHY, tag=replace(HEALTHY.tag, delete=False))
    assert isinstance(tag_locked.ask(PUSH, kept), Cleared)


def test_a_tag_that_is_not_there_yet_holds_no_lock() -> None:
    empty = replace(HEALTHY, tag=Absent())
    assert tag_locked.ask(PUSH, empty) == Cleared(saw="there is no tag team/app:v1 yet, so it holds no lock")


def test_a_tag_that_could_not_be_read_is_unknown_and_says_which_right_is_missing() -> None:
    assert tag_locked.ask(PUSH, unreadable("tag")) == Unknown(
        why="the attributes of tag team/app:v1 could not be read: Azure answered 403",
        missing_right=FORBIDDEN.missing_right,
    )


def test_an_answer_that_was_lost_is_unknown_and_no_right_is_missing() -> None:
    lost = replace(HEALTHY, tag=Unreadable("no answer from Azure (ServiceRequestError)"))
    answer = tag_locked.ask(PUSH, lost)
    assert isinstance(answer, Unknown)
    assert answer.missing_right is None


def test_a_signal_without_an_image_has_no_tag_to_be_locked() -> None:
    assert tag_locked.ask(replace(PUSH, image=None), locked(LockLevel.TAG)) == Cleared(
        saw="the signal names no tag"
    )


def test_a_push_by_digest_has_no_tag_to_be_locked() -> None:
    by_digest = replace(PUSH, image=Image("team/app", digest=NEW))
    assert tag_locked.ask(by_digest, locked(LockLevel.TAG)) == Cleared(saw="the signal names no tag")
