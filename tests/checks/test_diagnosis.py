"""Evidence in, diagnosis out."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as replace_in

from checks.catalog import checks
from checks.diagnosis import diagnose
from checks.evidence import Evidence, NotAsked
from checks.frame import Subject
from checks.model import Answer, Cause, CauseName, Cleared, Symptom, Unknown
from tests.examined import ILL, WELL
from tests.surroundings import MACHINE
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


TIMED_OUT = Subject(symptom=Symptom.UNREACHABLE, said=CauseName.CONNECTIVITY_TIMEOUT, origin=MACHINE)


def test_what_is_seen_at_the_client_comes_before_what_the_client_said() -> None:
    world = replace_in(ILL["security group"], connection=ILL["cannot connect"].connection)
    diagnosis = diagnose(TIMED_OUT, world, checks())
    assert [f.check for f in diagnosis.findings if f.answer in diagnosis.causes] == [
        "security_group_denies",
        "client_cannot_connect",
        "client_timed_out",
    ]


@pytest.mark.parametrize(
    ("world", "check"),
    [("untrusted", "tls_intercepted"), ("past the endpoint", "private_endpoint_bypassed")],
)
def test_what_only_the_bot_meets_on_its_own_way_explains_no_clients_failure(world: str, check: str) -> None:
    answer = diagnose(TIMED_OUT, ILL[world], checks()).by(check)
    assert isinstance(answer, Cleared)
    assert answer.saw.startswith("only from the bot's own network, ")


def test_what_the_bot_meets_as_well_as_the_client_is_a_cause() -> None:
    answer = diagnose(TIMED_OUT, ILL["timed out"], checks()).by("connection_timed_out")
    assert isinstance(answer, Cause)
    assert answer.saw.startswith("from the bot's own network, connecting to ")


def test_a_fault_of_the_registry_is_one_from_wherever_it_is_seen() -> None:
    assert isinstance(diagnose(TIMED_OUT, ILL["fault"], checks()).by("challenge_missing"), Cause)


@pytest.mark.parametrize(
    ("world", "ending"),
    [
        (WELL, "; from the bot's own network, DNS, TCP, TLS and /v2/ of the login server answer"),
        (replace_in(ILL["refused"], handshake=NotAsked()), "(port 443 refused: Connection refused)"),
        (ILL["a page"], "in vain for an answer"),
        (HEALTHY, "in vain for an answer"),
    ],
)
def test_what_the_client_said_is_told_beside_what_the_bot_sees(world: Evidence, ending: str) -> None:
    answer = diagnose(TIMED_OUT, world, checks()).by("client_timed_out")
    assert isinstance(answer, Cause)
    assert answer.saw.endswith(ending)
