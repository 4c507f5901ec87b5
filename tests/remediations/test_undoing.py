"""Only what the bot itself changed is taken back, and only if it is still as the bot left it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.evidence import Absent, NotAsked, RegistrySettings
from checks.model import LockLevel
from remediations.model import LockChange, Released, RuleChange, Undone
from remediations.undoing import undoing
from tests.memory import START
from tests.worlds import ADDRESS, COLLEAGUE, FORBIDDEN, OBJECTS, OPEN, SETTINGS

LOCKED = replace(OPEN, write=False)
UNLOCK = LockChange("contoso", OBJECTS[LockLevel.TAG], LOCKED, write_enabled=True)
ALLOW = RuleChange("contoso", before=(COLLEAGUE,), add=(ADDRESS,))
RULES = st.lists(st.sampled_from([ADDRESS, COLLEAGUE, "20.0.0.1", "20.0.0.2"]), unique=True, max_size=4).map(
    tuple
)


def settings(*rules: str) -> RegistrySettings:
    return replace(SETTINGS, denies_by_default=True, ip_rules=rules)


@pytest.mark.parametrize("begun", [False, True])
def test_what_the_bot_unlocked_and_nobody_touched_is_locked_again(*, begun: bool) -> None:
    pushed = replace(OPEN, updated_at=START, digest="another")
    assert undoing(UNLOCK, pushed, begun=begun) == LockChange(
        "contoso", OBJECTS[LockLevel.TAG], before=pushed, write_enabled=False
    )


def test_what_a_person_locked_again_is_theirs() -> None:
    assert undoing(UNLOCK, LOCKED, begun=False) == Released("somebody has locked it again")


def test_what_the_bot_had_begun_to_lock_again_and_is_locked_was_the_bot() -> None:
    assert undoing(UNLOCK, LOCKED, begun=True) == Undone()


@pytest.mark.parametrize("begun", [False, True])
def test_what_a_person_changed_otherwise_is_theirs(*, begun: bool) -> None:
    for theirs in (replace(OPEN, delete=False), replace(LOCKED, delete=False), replace(OPEN, list=False)):
        assert undoing(UNLOCK, theirs, begun=begun) == Released("somebody has changed its attributes")


@pytest.mark.parametrize("change", [UNLOCK, ALLOW])
@pytest.mark.parametrize("gone", [Absent(), NotAsked()])
def test_what_is_gone_needs_no_undoing(change: LockChange | RuleChange, gone: Absent | NotAsked) -> None:
    assert undoing(change, gone, begun=False) == Released("it is gone")


@pytest.mark.parametrize("change", [UNLOCK, ALLOW])
@pytest.mark.parametrize("begun", [False, True])
def test_what_could_not_be_read_is_not_touched(change: LockChange | RuleChange, *, begun: bool) -> None:
    assert undoing(change, FORBIDDEN, begun=begun) == FORBIDDEN


@pytest.mark.parametrize("begun", [False, True])
def test_the_rule_that_the_bot_added_goes_and_every_other_stays(*, begun: bool) -> None:
    now = settings("20.0.0.1", ADDRESS, "20.0.0.2")
    planned = undoing(ALLOW, now, begun=begun)
    assert planned == RuleChange("contoso", before=now.ip_rules, remove=(ADDRESS,))
    assert planned.after == ("20.0.0.1", "20.0.0.2")


def test_a_rule_that_a_person_took_out_is_theirs() -> None:
    assert undoing(ALLOW, settings(COLLEAGUE), begun=False) == Released("somebody has removed the rule")


def test_a_rule_that_the_bot_had_begun_to_take_out_and_is_out_was_the_bot() -> None:
    assert undoing(ALLOW, settings(COLLEAGUE), begun=True) == Undone()


@given(RULES, st.booleans())
def test_no_rule_but_the_bots_own_is_ever_taken_out(rules: tuple[str, ...], begun: bool) -> None:  # noqa: FBT001
    planned = undoing(ALLOW, settings(*rules), begun=begun)
    if isinstance(planned, RuleChange):
        assert planned.after == tuple(rule for rule in rules if rule != ADDRESS)
    else:
        assert ADDRESS not in rules


@given(RULES)
def test_a_change_and_its_undoing_leave_what_was_there(rules: tuple[str, ...]) -> None:
    others = tuple(rule for rule in rules if rule != ADDRESS)
    change = RuleChange("contoso", before=others, add=(ADDRESS,))
    planned = undoing(change, settings(*change.after), begun=False)
    assert isinstance(planned, RuleChange)
    assert planned.after == others
