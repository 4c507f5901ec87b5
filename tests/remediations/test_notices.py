"""What people are told: what failed, what was done or why not, before and after, and the next step."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.catalog import checks
from checks.diagnosis import diagnose
from checks.evidence import Evidence
from checks.incident import Incident, opened
from checks.model import LockLevel, Signal
from remediations.model import (
    Commitment,
    Escalate,
    Failed,
    LockChange,
    Moved,
    Notice,
    Outcome,
    Reason,
    Rehearsed,
    Released,
    RuleChange,
    Severity,
    Stage,
    Undone,
    Unverified,
    Verified,
)
from remediations.notices import cannot_undo, change_ended, change_made, could_not_be_handled, needs_people
from tests.memory import START
from tests.worlds import (
    ADDRESS,
    COLLEAGUE,
    CONTOSO,
    FORBIDDEN,
    HEALTHY,
    OBJECTS,
    OPEN,
    address_denied,
    locked,
    push_refused,
    set_to,
    storage_filling,
    unreadable,
    used,
)

NOW = START + timedelta(minutes=7)
INCIDENT = opened(push_refused(START), START)
# The ticket is about the trouble, whichever round of it.
TICKET = INCIDENT.id.removesuffix("-1")
UNTIL = START + timedelta(hours=2)
UNLOCK = LockChange(
    "contoso", OBJECTS[LockLevel.TAG], replace(OPEN, write=False), write_enabled=True, until=UNTIL
)
ALLOW = RuleChange("contoso", before=(COLLEAGUE,), add=(ADDRESS,), until=UNTIL)


def left(
    signal: Signal, evidence: Evidence, reason: Reason = Reason.NOT_PERMITTED, why: str = "a test"
) -> Notice:
    incident = opened(signal, START)
    diagnosis = diagnose(incident.subject, evidence, checks())
    return needs_people(incident, diagnosis, Escalate(reason, why), CONTOSO, NOW)


def made(outcome: Outcome, change: LockChange | RuleChange = UNLOCK) -> Notice:
    return change_made(INCIDENT, change, outcome, CONTOSO, NOW)


def words(notice: Notice) -> str:
    """Everything that a reader could see."""
    facts = (f"{name}: {value}" for name, value in notice.facts)
    return "\n".join((notice.title, *facts, *notice.paragraphs, notice.quoted))


def test_what_is_left_to_people_says_why_what_was_seen_and_how_to_look() -> None:
    notice = left(push_refused(START), locked(LockLevel.TAG), why="no permit covers it")
    said = words(notice)
    assert ("Not mended because", "no permit covers it") in notice.facts
    for part in (
        "contoso.azurecr.io",
        "team/app:v1",
        INCIDENT.id,
        "writeEnabled is false on tag team/app:v1",
    ):
        assert part in said
    assert "az acr repository show --name contoso --image team/app:v1" in said
    assert (notice.severity, notice.ticket_key, notice.at) == (Severity.URGENT, TICKET, NOW)


def test_what_could_not_be_read_names_the_right_that_is_missing() -> None:
    said = words(left(push_refused(START), unreadable("tag"), Reason.EVIDENCE_UNREADABLE))
    assert str(FORBIDDEN.missing_right) in said


def test_a_denied_address_leads_to_the_rules_and_a_closed_door_to_the_private_endpoint() -> None:
    denied = left(address_denied(START), set_to(denies_by_default=True))
    closed = left(address_denied(START), set_to(public_network_access=False), Reason.NO_REMEDIATION)
    assert "az acr network-rule list --name contoso" in words(denied)
    assert ADDRESS in words(denied)
    assert "private endpoint" in words(closed)
    assert "network-rule" not in words(closed)


@pytest.mark.parametrize(
    ("band", "severity"), [(80, Severity.WARNING), (90, Severity.WARNING), (95, Severity.URGENT)]
)
def test_a_filling_registry_is_one_ticket_and_urgent_at_the_last_band(band: int, severity: Severity) -> None:
    notice = left(storage_filling(START, band), used(96), Reason.NO_REMEDIATION)
    assert (notice.severity, notice.ticket_key) == (severity, "contoso-storage")
    assert "purge" in words(notice)


def test_whoever_runs_into_the_ceiling_finds_the_ticket_that_the_watch_has_opened() -> None:
    assert left(push_refused(START), used(99), Reason.NO_REMEDIATION).ticket_key == "contoso-storage"


def test_a_repair_says_before_and_after_how_long_it_lasts_and_to_push_again() -> None:
    notice = made(Verified("writeEnabled is true on tag team/app:v1"))
    said = words(notice)
    assert (notice.severity, notice.ticket_key) == (Severity.GOOD, None)
    assert "Push again now" in said
    assert "writeEnabled is true on tag team/app:v1" in said
    assert "2026-03-01 14:00" in said


def test_a_rule_says_which_address_and_when_it_goes() -> None:
    said = words(made(Verified("the rule lets it in"), ALLOW))
    assert ADDRESS in said
    assert "2026-03-01 14:00" in said


@pytest.mark.parametrize(
    ("outcome", "part"),
    [
        (Unverified("the check tag_locked still says so"), "the check tag_locked still says so"),
        (Failed("Azure answered 403", missing_right="a/right"), "a/right"),
        (Failed("Azure took none of three tries", settled=False), "Azure took none of three tries"),
        (Moved("somebody has changed it"), "somebody has changed it"),
    ],
)
def test_what_did_not_work_is_urgent_has_a_ticket_and_says_what_happened(outcome: Outcome, part: str) -> None:
    notice = made(outcome)
    assert (notice.severity, notice.ticket_key) == (Severity.URGENT, TICKET)
    assert part in words(notice)
    assert "Push again now" not in words(notice)


def test_a_rehearsal_opens_no_ticket_and_says_that_nothing_was_written() -> None:
    notice = made(Rehearsed())
    assert notice.ticket_key is None
    assert "nothing was written" in words(notice)
    assert "would unlock tag team/app:v1" in notice.title


def test_the_end_of_a_change_says_why_and_whose_it_is_now() -> None:
    undone = change_ended(INCIDENT, UNLOCK, Undone(), "its time is up", CONTOSO, NOW)
    released = change_ended(
        INCIDENT, UNLOCK, Released("somebody has locked it again"), "its time is up", CONTOSO, NOW
    )
    assert (undone.severity, released.severity) == (Severity.INFO, Severity.WARNING)
    assert "its time is up" in words(undone)
    assert "somebody has locked it again" in words(released)


def test_what_could_not_be_undone_is_urgent_and_still_being_tried() -> None:
    commitment = Commitment("c-1", INCIDENT.id, "f", "tag_locked", UNLOCK, Stage.UNDOING, START)
    notice = cannot_undo(commitment, Failed("Azure answered 403", missing_right="a/right"), CONTOSO, NOW)
    assert (notice.severity, notice.ticket_key) == (Severity.URGENT, TICKET)
    assert "a/right" in words(notice)
    assert "goes on trying" in words(notice)


def test_what_the_bot_itself_failed_at_is_urgent() -> None:
    notice = could_not_be_handled(INCIDENT.id, "every try failed", NOW)
    assert (notice.severity, notice.ticket_key) == (Severity.URGENT, TICKET)
    assert "every try failed" in words(notice)


def test_the_steps_of_one_incident_have_different_names_so_that_each_is_told() -> None:
    again: Incident = replace(INCIDENT, attempts=1)
    escalated = Escalate(Reason.COOLDOWN, "a test")
    diagnosis = diagnose(INCIDENT.subject, HEALTHY, checks())
    told = [
        made(Verified("x")),
        change_made(again, UNLOCK, Verified("x"), CONTOSO, NOW),
        needs_people(INCIDENT, diagnosis, escalated, CONTOSO, NOW),
        needs_people(again, diagnosis, escalated, CONTOSO, NOW),
        change_ended(INCIDENT, UNLOCK, Undone(), "a test", CONTOSO, NOW),
        could_not_be_handled(INCIDENT.id, "a test", NOW),
    ]
    assert len({notice.step for notice in told}) == len(told)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_reads_as_a_title(reason: Reason) -> None:
    notice = left(push_refused(START), locked(LockLevel.TAG), reason)
    assert notice.title.startswith("A push was refused in contoso: ")
    assert "_" not in notice.title
    assert len(notice.title) <= 120
