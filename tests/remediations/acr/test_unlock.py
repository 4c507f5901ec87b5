"""The cure for a lock."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.evidence import Attributes
from checks.model import Cause, CauseName, DeniedAddress, Image, LockLevel, Proof
from remediations.acr.unlock import unlock
from remediations.frame import Case
from remediations.model import LockChange, Reason, Refusal
from remediations.policy import Policy
from remediations.policy_file import parse_policy
from tests.memory import START
from tests.worlds import HEALTHY, NEW, OBJECTS, OLD, OPEN, PUSH, locked, permissive, unreadable

PERMIT = """
version: 1
permits:
  - remediation: unlock
    registries: [{registries}]
    repositories: [{repositories}]
    tags: [{tags}]
    levels: [{levels}]
    lasts: 2h
"""
PROTECTED = """
protected:
  - repositories: ["*"]
    tags: ["v*"]
"""


def case(level: LockLevel = LockLevel.TAG, policy: Policy | None = None) -> Case:
    cause = Cause(name=CauseName.LOCKED, culprit=OBJECTS[level], saw="writeEnabled is false")
    return Case("contoso", PUSH, Proof.REGISTRY_LOG, cause, locked(level), policy or permissive(), START)


def only(**names: str) -> Policy:
    filled = {"registries": "contoso", "repositories": "team/*", "tags": "v1", "levels": "tag"} | names
    return parse_policy(PERMIT.format(**filled), "policy.yaml")


def reason(one: Case) -> Reason:
    planned = unlock.plan(one)
    assert isinstance(planned, Refusal)
    return planned.reason


@pytest.mark.parametrize("level", LockLevel)
def test_only_the_level_that_is_locked_is_unlocked_for_as_long_as_the_permit_says(level: LockLevel) -> None:
    digest = None if level is LockLevel.REPOSITORY else OLD
    assert unlock.plan(case(level)) == LockChange(
        registry="contoso",
        target=OBJECTS[level],
        before=replace(OPEN, write=False, digest=digest),
        write_enabled=True,
        until=START + timedelta(hours=2),
    )


def test_nothing_but_write_enabled_is_changed() -> None:
    tight = Attributes(write=False, delete=False, read=True, list=False)
    planned = unlock.plan(replace_evidence(case(), tight))
    assert isinstance(planned, LockChange)
    assert planned.after == replace(tight, write=True)


def replace_evidence(one: Case, tag: Attributes) -> Case:
    evidence = replace(one.evidence, tag=tag)
    return Case(one.registry, one.subject, one.proof, one.cause, evidence, one.policy, one.now)


@pytest.mark.parametrize(
    "names",
    [
        {"registries": "fabrikam"},
        {"repositories": "other/*"},
        {"repositories": "team"},
        {"tags": "v2"},
        {"tags": "'V1'"},
        {"tags": ""},
        {"levels": "repository, manifest"},
    ],
)
def test_what_no_permit_names_stays_locked(names: dict[str, str]) -> None:
    assert reason(case(policy=only(**names))) is Reason.NOT_PERMITTED


def test_what_is_named_is_permitted() -> None:
    assert isinstance(unlock.plan(case(policy=only())), LockChange)


@pytest.mark.parametrize("level", LockLevel)
def test_what_is_protected_stays_locked_whatever_a_permit_says(level: LockLevel) -> None:
    assert reason(case(level, permissive(PROTECTED))) is Reason.PROTECTED


PINNING = f"""
protected:
  - digests: ["{OLD}"]
"""


@pytest.mark.parametrize("level", LockLevel)
def test_the_lock_that_guards_a_pinned_manifest_stays(level: LockLevel) -> None:
    assert reason(case(level, permissive(PINNING))) is Reason.PROTECTED


def test_the_lock_of_a_repository_stays_for_the_sake_of_what_is_protected_in_it() -> None:
    only_releases = permissive('protected:\n  - repositories: ["team/*"]\n    tags: ["release-*"]\n')
    assert reason(case(LockLevel.REPOSITORY, only_releases)) is Reason.PROTECTED
    assert isinstance(unlock.plan(case(LockLevel.TAG, only_releases)), LockChange)


def test_the_lock_of_a_manifest_stays_for_the_sake_of_a_protected_tag_that_is_on_it() -> None:
    only_releases = permissive('protected:\n  - tags: ["release-*"]\n')
    one = case(LockLevel.MANIFEST, only_releases)
    assert isinstance(one.evidence.manifest, Attributes)
    for tags, planned in ((("v1", "release-7"), Refusal), (("v1", "v2"), LockChange)):
        evidence = replace(one.evidence, manifest=replace(one.evidence.manifest, tags=tags))
        tagged = Case(one.registry, one.subject, one.proof, one.cause, evidence, one.policy, one.now)
        assert isinstance(unlock.plan(tagged), planned)


@pytest.mark.parametrize(("tags", "covered"), [("*", True), ("v*", False), ("?*", False)])
def test_a_push_by_digest_is_covered_only_by_the_pattern_for_everything(tags: str, *, covered: bool) -> None:
    subject = replace(PUSH, image=Image("team/app", digest=OLD))
    one = case(LockLevel.MANIFEST, only(tags=f"'{tags}'", levels="manifest"))
    by_digest = Case(one.registry, subject, one.proof, one.cause, one.evidence, one.policy, one.now)
    assert isinstance(unlock.plan(by_digest), LockChange) is covered


def test_a_lock_whose_attributes_were_not_read_stays() -> None:
    one = case()
    unread = Case(one.registry, one.subject, one.proof, one.cause, unreadable("tag"), one.policy, one.now)
    assert reason(unread) is Reason.EVIDENCE_UNREADABLE


def test_what_is_no_lock_is_not_unlocked() -> None:
    cause = Cause(name=CauseName.LOCKED, culprit=DeniedAddress("52.138.231.5"), saw="")
    odd = Case("contoso", PUSH, Proof.REGISTRY_LOG, cause, HEALTHY, permissive(), START)
    assert reason(odd) is Reason.NO_REMEDIATION


def test_a_signal_without_an_image_unlocks_nothing() -> None:
    one = case()
    nameless = replace(PUSH, image=None)
    assert (
        reason(Case(one.registry, nameless, one.proof, one.cause, one.evidence, one.policy, one.now))
        is Reason.NO_REMEDIATION
    )


def test_a_digest_in_the_push_does_not_make_a_protected_tag_less_protected() -> None:
    one = case(policy=permissive(PROTECTED))
    with_digest = replace(PUSH, image=Image("team/app", "v1", NEW))
    assert (
        reason(Case(one.registry, with_digest, one.proof, one.cause, one.evidence, one.policy, one.now))
        is Reason.PROTECTED
    )
