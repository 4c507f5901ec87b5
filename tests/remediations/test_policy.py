"""What an operator allows. Nothing named is nothing permitted."""

from datetime import timedelta
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Image, LockLevel
from remediations.policy import Policy, address_permit, is_protected, protects_within, span, unlock_permit
from remediations.policy_file import parse_policy
from tests.worlds import NEW, OBJECTS, OLD

NAMES = st.text("abcdefghij/-.", min_size=1, max_size=12)
SILENT = Policy(version=1)

PERMITS = f"""
version: 1
permits:
  - remediation: unlock
    registries: [contoso, "dev*"]
    repositories: ["team/*", base]
    tags: ["dev-*", "pr-??"]
    levels: [tag, manifest]
    lasts: 2h
  - remediation: unlock
    registries: [contoso]
    repositories: [sandbox]
    tags: ["*"]
    levels: [repository]
    lasts: 30m
  - remediation: allow_address
    registries: [contoso]
    addresses: [52.138.231.0/24, 20.50.1.1]
    lasts: 8h
protected:
  - repositories: ["*"]
    tags: ["v*", latest]
  - repositories: ["base/*"]
  - repositories: ["team/pinned"]
    digests: [{OLD}]
"""
NAMED = parse_policy(PERMITS, "policy.yaml")


@given(NAMES, NAMES, NAMES, st.sampled_from(LockLevel), st.ip_addresses(v=4))
def test_a_policy_that_names_nothing_permits_nothing(
    registry: str, repository: str, tag: str, level: LockLevel, address: IPv4Address
) -> None:
    assert unlock_permit(SILENT, registry, OBJECTS[level], Image(repository, tag)) is None
    assert address_permit(SILENT, registry, address) is None
    assert not is_protected(SILENT, repository, [tag], [])


def test_a_policy_that_says_nothing_rehearses_and_is_not_paused() -> None:
    assert (SILENT.rehearsal, SILENT.pause) == (True, None)


@pytest.mark.parametrize(
    ("registry", "level", "image", "lasts"),
    [
        ("contoso", LockLevel.TAG, Image("team/app", "dev-1"), "2h"),
        ("devbox", LockLevel.TAG, Image("team/deep/app", "pr-42"), "2h"),
        ("contoso", LockLevel.MANIFEST, Image("base", "dev-1"), "2h"),
        ("contoso", LockLevel.REPOSITORY, Image("sandbox", "anything"), "30m"),
        ("contoso", LockLevel.REPOSITORY, Image("sandbox", digest="sha256:1"), "30m"),
        ("contoso", LockLevel.REPOSITORY, Image("team/app", "dev-1"), None),
        ("contoso", LockLevel.TAG, Image("sandbox", "dev-1"), None),
        ("contoso", LockLevel.TAG, Image("team/app", "pr-421"), None),
        ("contoso", LockLevel.TAG, Image("team/app", "DEV-1"), None),
        ("contoso", LockLevel.TAG, Image("team", "dev-1"), None),
        ("contoso", LockLevel.TAG, Image("otherteam/app", "dev-1"), None),
        ("contoso", LockLevel.MANIFEST, Image("team/app", digest="sha256:1"), None),
        ("fabrikam", LockLevel.TAG, Image("team/app", "dev-1"), None),
    ],
)
def test_a_permit_covers_what_all_of_its_patterns_cover(
    registry: str, level: LockLevel, image: Image, lasts: str | None
) -> None:
    permit = unlock_permit(NAMED, registry, OBJECTS[level], image)
    assert (permit.lasts if permit else None) == lasts


@pytest.mark.parametrize(
    ("registry", "address", "covered"),
    [
        ("contoso", "52.138.231.0", True),
        ("contoso", "52.138.231.255", True),
        ("contoso", "20.50.1.1", True),
        ("contoso", "52.138.232.0", False),
        ("contoso", "20.50.1.2", False),
        ("fabrikam", "20.50.1.1", False),
    ],
)
def test_an_address_is_permitted_inside_an_approved_range_of_that_registry(
    registry: str, address: str, *, covered: bool
) -> None:
    assert (address_permit(NAMED, registry, IPv4Address(address)) is not None) is covered


@pytest.mark.parametrize(
    ("repository", "tags", "digests", "protected"),
    [
        ("team/app", ["v1.0"], [], True),
        ("team/app", ["dev-1", "v1.0"], [], True),
        ("anything/at/all", ["latest"], [], True),
        ("base/os", ["dev-1"], [], True),
        ("base/os", [], [OLD], True),
        ("team/app", ["dev-1"], [], False),
        ("team/app", [], [OLD], False),
        ("team/pinned", ["dev-1"], [OLD], True),
        ("team/pinned", ["dev-1"], [NEW], False),
    ],
)
def test_a_rule_protects_the_tags_and_manifests_that_it_names_in_its_repositories(
    repository: str, tags: list[str], digests: list[str], *, protected: bool
) -> None:
    assert is_protected(NAMED, repository, tags, digests) is protected


@pytest.mark.parametrize(("repository", "within"), [("base/os", True), ("team/app", True)])
def test_a_rule_for_every_repository_has_something_to_protect_in_each(
    repository: str, *, within: bool
) -> None:
    assert protects_within(NAMED, repository) is within
    assert not protects_within(SILENT, repository)


@pytest.mark.parametrize(
    ("duration", "seconds"), [("1s", 1), ("30m", 1800), ("8h", 28800), ("99999d", 99999 * 86400)]
)
def test_a_duration_is_a_number_and_a_unit(duration: str, seconds: int) -> None:
    assert span(duration) == timedelta(seconds=seconds)
