"""Evidence in, diagnosis out."""

from dataclasses import replace

from checks.catalog import checks
from checks.diagnosis import diagnose
from checks.evidence import Evidence
from checks.frame import Subject
from checks.model import Answer, Cleared, Symptom, Unknown
from tests.worlds import DENIAL, FILLING, HEALTHY, PUSH, WORLDS

BY_NAME = {check.name: check for check in checks()}


def test_each_symptom_is_put_to_the_checks_that_can_explain_it_and_to_no_other() -> None:
    asked = {
        subject.symptom: {f.check for f in diagnose(subject, HEALTHY, checks()).findings}
        for subject in (PUSH, DENIAL, FILLING)
    }
    assert asked == {
        Symptom.PUSH_DISALLOWED: {
            "repository_locked",
            "tag_locked",
            "manifest_locked",
            "quarantined",
            "storage_limit",
        },
        Symptom.ADDRESS_DENIED: {"firewall_ip_denied", "public_access_disabled"},
        Symptom.STORAGE_FILLING: {"storage_limit"},
    }


def test_in_a_healthy_world_every_check_is_cleared() -> None:
    for subject in (PUSH, DENIAL, FILLING):
        diagnosis = diagnose(subject, HEALTHY, checks())
        assert all(isinstance(finding.answer, Cleared) for finding in diagnosis.findings)
        assert (diagnosis.causes, diagnosis.unknowns) == ((), ())


def test_one_refusal_can_have_two_causes_and_both_are_found() -> None:
    diagnosis = diagnose(PUSH, WORLDS["full and locked"], checks())
    assert [f.check for f in diagnosis.findings if f.answer in diagnosis.causes] == [
        "storage_limit",
        "tag_locked",
    ]


def test_a_check_that_breaks_answers_unknown_and_spoils_no_other() -> None:
    def breaks(_: Subject, __: Evidence) -> Answer:
        raise ZeroDivisionError("the secret is 42")

    broken = replace(BY_NAME["tag_locked"], ask=breaks)
    diagnosis = diagnose(PUSH, HEALTHY, (broken, BY_NAME["repository_locked"]))
    assert diagnosis.by("tag_locked") == Unknown(why="the check itself failed: ZeroDivisionError")
    assert isinstance(diagnosis.by("repository_locked"), Cleared)


def test_a_check_that_was_not_asked_has_no_answer() -> None:
    assert diagnose(DENIAL, HEALTHY, checks()).by("tag_locked") is None
