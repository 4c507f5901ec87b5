"""What every check and every cure owes: recipes in prose rot, and this does not."""

import ast
import importlib
from pathlib import Path

import pytest
from hypothesis import given

from checks import acr as causes
from checks.catalog import checks
from checks.diagnosis import diagnose
from checks.evidence import Evidence, RegistrySettings, Unreadable
from checks.frame import Check, Subject
from checks.model import Cause, CauseName, Cleared, Proof, Symptom, Unknown
from remediations import acr as cures
from remediations.catalog import remediations
from remediations.frame import Case, Remediation
from remediations.model import LockChange, Proposed, Refusal, RuleChange
from remediations.policy import Policy
from tests.examined import ASKED, ASKED_OF, ILL, WELL, blind
from tests.memory import START
from tests.promises.anything import CAUSES, EVIDENCE, PROOFS, SUBJECTS
from tests.worlds import (
    CUT_OFF,
    DENIAL,
    FAULTY,
    FILLING,
    FORBIDDEN,
    HEALTHY,
    ODD,
    PUSH,
    REFUSED,
    THROTTLED,
    TOLD,
    WORLDS,
    permissive,
    set_to,
    unreadable,
)

CHECKS = {check.name: check for check in checks()}
CURES = {cure.name: cure for cure in remediations()}
SUBJECT_OF = {
    subject.symptom: subject for subject in (PUSH, DENIAL, FILLING, REFUSED, THROTTLED, CUT_OFF, FAULTY, ODD)
}
SUBJECTS_THERE_ARE = (*SUBJECT_OF.values(), *TOLD, ASKED, ASKED_OF)
PERMISSIVE = permissive()
PARTS = ("settings", "usage", "repository", "tag", "manifest")
BLIND = Unreadable("Azure answered 403", "the.right/that/is/missing")
EVERY_WORLD = (
    *WORLDS.values(),
    WELL,
    *ILL.values(),
    *(blind(part) for part in WELL.__struct_fields__ if part != "read_at"),
)

# The others judge by what only `medic check` looks at, or by nothing but that they are asked: a 429 is a 429.
JUDGING = {
    name: check
    for name, check in CHECKS.items()
    if check.needs is None and Symptom.THROTTLED not in check.explains
}
every_judging_check = pytest.mark.parametrize("check", JUDGING.values(), ids=JUDGING)
every_check = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
every_cure = pytest.mark.parametrize("cure", CURES.values(), ids=CURES)
every_world = pytest.mark.parametrize("evidence", WORLDS.values(), ids=WORLDS)


def files(package: object) -> set[str]:
    folder = Path(str(getattr(package, "__file__", ""))).parent
    return {file.stem for file in folder.glob("*.py")} - {"__init__"}


def test_every_file_of_a_cause_is_a_check_and_every_file_of_a_cure_is_a_remediation() -> None:
    assert set(CHECKS) == files(causes)
    assert set(CURES) == files(cures)


@every_check
def test_a_check_is_named_like_its_file(check: Check) -> None:
    assert getattr(importlib.import_module(f"checks.acr.{check.name}"), check.name) is check


@every_cure
def test_a_cure_is_named_like_its_file(cure: Remediation) -> None:
    assert getattr(importlib.import_module(f"remediations.acr.{cure.name}"), cure.name) is cure


@every_check
def test_a_check_tells_operators_what_it_found_and_how_to_look_for_themselves(check: Check) -> None:
    first, *more = check.about.splitlines()
    assert first.endswith(".")
    assert len(more) >= 2
    assert "Look: `az " in check.about


@every_cure
def test_a_cure_tells_operators_what_it_does_and_when_it_does_not(cure: Remediation) -> None:
    first, *more = cure.about.splitlines()
    assert first.endswith(".")
    assert len(more) >= 2


@every_check
def test_a_check_has_its_own_tests(check: Check) -> None:
    assert (Path(__file__).parents[1] / "checks" / "acr" / f"test_{check.name}.py").exists()


@every_check
def test_a_check_has_an_example_of_each_answer_among_its_own_tests(check: Check) -> None:
    file = Path(__file__).parents[1] / "checks" / "acr" / f"test_{check.name}.py"
    named = {node.id for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Name)}
    assert {answer.__name__ for answer in _answers_of(check)} <= named


@every_check
def test_a_check_gives_each_answer_in_some_world(check: Check) -> None:
    answers = [check.ask(subject, world) for subject in SUBJECTS_THERE_ARE for world in EVERY_WORLD]
    assert {type(answer) for answer in answers} == _answers_of(check)
    rights = {answer.missing_right for answer in answers if isinstance(answer, Unknown)}
    assert rights & {FORBIDDEN.missing_right, BLIND.missing_right}


def _answers_of(check: Check) -> set[type]:
    """What it can answer. That there is a quarantine can be read, and that it is what refuses cannot."""
    return {Cleared, Unknown} if check.name == "quarantined" else {Cause, Cleared, Unknown}


@every_cure
def test_a_cure_has_its_own_tests(cure: Remediation) -> None:
    assert (Path(__file__).parents[1] / "remediations" / "acr" / f"test_{cure.name}.py").exists()


@every_judging_check
def test_a_check_explains_at_least_one_symptom_and_is_cleared_in_a_healthy_world(check: Check) -> None:
    answers = [check.ask(SUBJECT_OF[symptom], HEALTHY) for symptom in check.explains]
    assert answers
    assert all(isinstance(answer, Cleared) for answer in answers)


@every_judging_check
def test_a_check_has_a_world_in_which_it_is_not_cleared(check: Check) -> None:
    subjects = [subject for subject in SUBJECTS_THERE_ARE if subject.symptom in check.explains]
    assert any(
        isinstance(check.ask(subject, world), Cause)
        or (check.cause is CauseName.UNKNOWN and isinstance(check.ask(subject, world), Unknown))
        for subject in subjects
        for world in WORLDS.values()
    )


@every_judging_check
def test_a_check_cannot_tell_without_what_it_reads_and_never_says_that_this_is_fine(check: Check) -> None:
    denying = set_to(denies_by_default=True)
    needed = [part for part in PARTS if _unknown(check, unreadable(part))]
    assert needed
    for part in needed:
        for world in (HEALTHY, denying):
            for symptom in check.explains:
                answer = check.ask(SUBJECT_OF[symptom], unreadable(part, world))
                assert isinstance(answer, Unknown)
                assert answer.missing_right == FORBIDDEN.missing_right


def _unknown(check: Check, world: Evidence) -> bool:
    return any(isinstance(check.ask(SUBJECT_OF[symptom], world), Unknown) for symptom in check.explains)


@every_check
@every_world
def test_a_check_that_finds_a_cause_finds_the_one_that_it_is_for(check: Check, evidence: Evidence) -> None:
    for subject in SUBJECTS_THERE_ARE:
        answer = check.ask(subject, evidence)
        if isinstance(answer, Cause):
            assert answer.name is check.cause
            assert answer.saw


@given(SUBJECTS, EVIDENCE)
def test_no_check_raises_whatever_there_is_to_see_and_each_answers_the_same_twice(
    subject: Subject, evidence: Evidence
) -> None:
    for check in CHECKS.values():
        assert check.ask(subject, evidence) == check.ask(subject, evidence)


@given(SUBJECTS, EVIDENCE, CAUSES, PROOFS)
def test_no_cure_raises_whatever_it_is_given_and_each_plans_the_same_twice(
    subject: Subject, evidence: Evidence, cause: Cause, proof: Proof
) -> None:
    for cure in CURES.values():
        case = Case("contoso", subject, proof, cause, evidence, PERMISSIVE, START)
        assert cure.plan(case) == cure.plan(case)


@every_cure
@every_world
def test_a_cure_plans_nothing_in_a_world_where_its_cause_is_absent(
    cure: Remediation, evidence: Evidence
) -> None:
    for subject in SUBJECT_OF.values():
        found = diagnose(subject, evidence, CHECKS.values()).causes
        for cause in found:
            planned = cure.plan(_case(subject, evidence, cause, PERMISSIVE))
            if cause.name is not cure.cures:
                assert isinstance(planned, Refusal)
            elif isinstance(planned, LockChange):
                assert planned.target == cause.culprit
            elif isinstance(planned, RuleChange):
                assert (planned.add, planned.remove) == ((str(subject.address),), ())


@every_cure
@every_world
def test_a_cure_that_no_policy_permits_plans_nothing_in_any_world(
    cure: Remediation, evidence: Evidence
) -> None:
    silent = Policy(version=1)
    for subject in SUBJECT_OF.values():
        for cause in diagnose(subject, evidence, CHECKS.values()).causes:
            assert isinstance(cure.plan(_case(subject, evidence, cause, silent)), Refusal)


@every_cure
def test_a_cure_has_a_world_in_which_it_plans_a_change_that_ends(cure: Remediation) -> None:
    planned = [
        cure.plan(_case(subject, evidence, cause, PERMISSIVE))
        for subject in SUBJECT_OF.values()
        for evidence in WORLDS.values()
        for cause in diagnose(subject, evidence, CHECKS.values()).causes
        if cause.name is cure.cures
    ]
    changes = [plan for plan in planned if not isinstance(plan, Refusal | Proposed)]
    assert changes
    assert all(change.until and change.until > START for change in changes)


@given(EVIDENCE)
def test_what_a_rule_change_leaves_behind_is_what_was_there_and_the_one_address(evidence: Evidence) -> None:
    for cause in diagnose(DENIAL, evidence, CHECKS.values()).causes:
        planned = CURES["allow_address"].plan(_case(DENIAL, evidence, cause, PERMISSIVE))
        if isinstance(planned, RuleChange):
            assert isinstance(evidence.settings, RegistrySettings)
            assert planned.before == evidence.settings.ip_rules
            assert planned.after == (*planned.before, DENIAL.address)


def _case(subject: Subject, evidence: Evidence, cause: Cause, policy: Policy) -> Case:
    return Case("contoso", subject, Proof.REGISTRY_LOG, cause, evidence, policy, START)
