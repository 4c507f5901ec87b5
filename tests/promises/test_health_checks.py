"""What every check owes that judges by what only `medic check` looks at."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.catalog import checks
from checks.evidence import Absent, Evidence, NotAsked, Unreadable
from checks.frame import Check
from checks.model import Cause, Cleared, Unknown
from tests.examined import ASKED_OF, ILL, WELL, blind

CHECKS = {check.name: check for check in checks() if check.needs is not None}
CODES = {
    "CONNECTIVITY_DNS_ERROR",
    "CONNECTIVITY_SSL_ERROR",
    "CONNECTIVITY_CHALLENGE_ERROR",
    "CONNECTIVITY_FORBIDDEN_ERROR",
    "CONNECTIVITY_AAD_LOGIN_ERROR",
    "CONNECTIVITY_WWW_AUTHENTICATE_ERROR",
    "CONNECTIVITY_REFRESH_TOKEN_ERROR",
    "CONNECTIVITY_ACCESS_TOKEN_ERROR",
    "CONNECTIVITY_TOOMANYREQUESTS_ERROR",
    "LOGIN_SERVER_ERROR",
    "CMK_ERROR",
}
LOOKED_AT = tuple(
    name
    for name in WELL.__struct_fields__
    if name not in {"read_at", "settings", "usage", "repository", "tag", "manifest"}
)
every_check = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)


def test_every_code_of_az_acr_check_health_that_needs_no_docker_has_its_check_and_no_other_is_invented() -> (
    None
):
    assert {check.code for check in checks() if check.code} == CODES


@every_check
def test_it_is_cleared_in_a_registry_in_good_health(check: Check) -> None:
    assert isinstance(check.ask(ASKED_OF, WELL), Cleared)


@every_check
def test_it_finds_its_cause_in_some_registry_that_is_ill_and_no_other_cause_in_any(check: Check) -> None:
    answers = [check.ask(ASKED_OF, world) for world in ILL.values()]
    found = [answer for answer in answers if isinstance(answer, Cause)]
    assert found
    assert {cause.name for cause in found} == {check.cause}
    assert all(cause.saw and str(cause.culprit) for cause in found)


@every_check
def test_without_what_it_judges_by_it_cannot_tell_and_says_which_right_is_missing(check: Check) -> None:
    assert check.needs is not None
    assert check.needs in LOOKED_AT
    answer = check.ask(ASKED_OF, blind(check.needs))
    assert isinstance(answer, Unknown)
    assert answer.missing_right == "the.right/that/is/missing"
    assert "could not be read: Azure answered 403" in answer.why


@every_check
def test_it_is_not_asked_where_nobody_looked(check: Check) -> None:
    assert check.needs is not None
    unseen = {name: NotAsked() for name in LOOKED_AT}
    assert not check.has_grounds(_with(WELL, unseen))
    assert isinstance(check.ask(ASKED_OF, _with(WELL, {check.needs: NotAsked()})), Unknown)


@every_check
def test_it_says_who_says_so_and_how_to_look(check: Check) -> None:
    assert check.source.startswith("https://")
    assert check.look
    assert check.meaning


@given(st.fixed_dictionaries({name: st.sampled_from([WELL, *ILL.values(), None]) for name in LOOKED_AT}))
def test_none_raises_whatever_was_seen_and_whatever_was_not(parts: dict[str, Evidence | None]) -> None:
    seen = {
        name: Unreadable("no") if world is None else getattr(world, name) for name, world in parts.items()
    }
    evidence = _with(WELL, seen)
    for check in CHECKS.values():
        assert check.ask(ASKED_OF, evidence) == check.ask(ASKED_OF, evidence)
        assert str(check.ask(ASKED_OF, _with(evidence, {"profile": Absent()})))


def _with(evidence: Evidence, parts: Mapping[str, object]) -> Evidence:
    return replace(evidence, **parts)
