"""What is read of a registry before anybody judges."""

from msgspec.structs import replace

from checks.evidence import Absent, NotAsked
from checks.model import Image, LockLevel
from checks.observation import observe
from tests.memory import START, Clock
from tests.worlds import CONTOSO, DENIAL, FILLING, FORBIDDEN, HEALTHY, NEW, OPEN, PUSH, MemoryRegistry

NO_LOCKS = replace(HEALTHY, repository=NotAsked(), tag=NotAsked(), manifest=NotAsked())


def registry() -> MemoryRegistry:
    return MemoryRegistry(Clock())


def test_for_a_refused_push_all_three_levels_are_read_and_usage_and_settings_too() -> None:
    healthy = registry()
    assert observe(CONTOSO, PUSH, healthy, START) == HEALTHY
    assert healthy.reads == 5


def test_for_a_denied_address_or_a_filling_registry_no_lock_is_read() -> None:
    for subject in (DENIAL, FILLING):
        healthy = registry()
        assert observe(CONTOSO, subject, healthy, START) == NO_LOCKS
        assert healthy.reads == 2


def test_a_push_by_digest_asks_for_no_tag() -> None:
    by_digest = replace(PUSH, image=Image("team/app", digest=NEW))
    evidence = observe(CONTOSO, by_digest, registry(), START)
    assert (evidence.tag, evidence.manifest) == (NotAsked(), Absent())


def test_a_new_tag_leads_to_no_manifest() -> None:
    new = replace(PUSH, image=Image("team/app", "v2"))
    evidence = observe(CONTOSO, new, registry(), START)
    assert (evidence.repository, evidence.tag, evidence.manifest) == (OPEN, Absent(), NotAsked())


def test_a_tag_that_could_not_be_read_leads_to_no_manifest_but_the_rest_is_read() -> None:
    partly = registry()
    partly.unreadable["tag"] = FORBIDDEN
    expected = replace(HEALTHY, tag=FORBIDDEN, manifest=NotAsked())
    assert observe(CONTOSO, PUSH, partly, START) == expected


def test_what_is_unreadable_is_said_part_by_part() -> None:
    for part in ("settings", "usage", "repository", "manifest"):
        partly = registry()
        partly.unreadable[part] = FORBIDDEN
        assert observe(CONTOSO, PUSH, partly, START) == replace(HEALTHY, **{part: FORBIDDEN})


def test_a_lock_is_seen_where_it_is() -> None:
    for level in LockLevel:
        one = registry()
        one.lock(level)
        evidence = observe(CONTOSO, PUSH, one, START)
        seen = {"repository": evidence.repository, "tag": evidence.tag, "manifest": evidence.manifest}
        assert [name for name, looked in seen.items() if not getattr(looked, "write", True)] == [level.value]
