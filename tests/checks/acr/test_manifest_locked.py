"""The lock on a manifest, found, cleared and not readable."""

from msgspec.structs import replace

from checks.acr.manifest_locked import manifest_locked
from checks.evidence import Absent, NotAsked, Unreadable
from checks.model import Cause, CauseName, Cleared, Image, LockedObject, LockLevel, Unknown
from tests.worlds import FORBIDDEN, HEALTHY, NEW, OBJECTS, OLD, PUSH, locked, unreadable


def test_a_manifest_without_write_is_the_cause() -> None:
    assert manifest_locked.ask(PUSH, locked(LockLevel.MANIFEST)) == Cause(
        name=CauseName.LOCKED,
        culprit=OBJECTS[LockLevel.MANIFEST],
        saw=f"writeEnabled is false on manifest team/app@{OLD}",
    )


def test_a_manifest_with_write_is_cleared() -> None:
    assert manifest_locked.ask(PUSH, HEALTHY) == Cleared(
        saw=f"writeEnabled is true on manifest team/app@{OLD}"
    )


def test_a_manifest_that_may_not_be_deleted_may_still_be_pushed_to() -> None:
    kept = replace(HEALTHY, manifest=replace(HEALTHY.manifest, delete=False))
    assert isinstance(manifest_locked.ask(PUSH, kept), Cleared)


def test_a_manifest_that_is_not_there_yet_holds_no_lock() -> None:
    empty = replace(HEALTHY, manifest=Absent())
    assert manifest_locked.ask(PUSH, empty) == Cleared(
        saw=f"there is no manifest team/app@{OLD} yet, so it holds no lock"
    )


def test_a_manifest_that_could_not_be_read_is_unknown_and_says_which_right_is_missing() -> None:
    assert manifest_locked.ask(PUSH, unreadable("manifest")) == Unknown(
        why=f"the attributes of manifest team/app@{OLD} could not be read: Azure answered 403",
        missing_right=FORBIDDEN.missing_right,
    )


def test_an_answer_that_was_lost_is_unknown_and_no_right_is_missing() -> None:
    lost = replace(HEALTHY, manifest=Unreadable("no answer from Azure (ServiceRequestError)"))
    answer = manifest_locked.ask(PUSH, lost)
    assert isinstance(answer, Unknown)
    assert answer.missing_right is None


def test_a_signal_without_an_image_has_no_manifest_to_be_locked() -> None:
    assert manifest_locked.ask(replace(PUSH, image=None), locked(LockLevel.MANIFEST)) == Cleared(
        saw="the signal names no image"
    )


def test_the_digest_that_the_push_named_comes_before_the_one_that_the_tag_is_on() -> None:
    named = replace(PUSH, image=Image("team/app", "v1", NEW))
    assert manifest_locked.ask(named, locked(LockLevel.MANIFEST)) == Cause(
        name=CauseName.LOCKED,
        culprit=LockedObject(LockLevel.MANIFEST, "team/app", NEW),
        saw=f"writeEnabled is false on manifest team/app@{NEW}",
    )


def test_a_new_tag_leads_to_no_manifest() -> None:
    new = replace(HEALTHY, tag=Absent(), manifest=NotAsked())
    assert manifest_locked.ask(PUSH, new) == Cleared(saw="neither the push nor the tag leads to a manifest")
