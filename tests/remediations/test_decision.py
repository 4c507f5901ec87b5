"""Every reason not to act, and the one to: each alone, and which of two wins."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.catalog import checks
from checks.diagnosis import diagnose
from checks.evidence import Attributes, Evidence
from checks.incident import Incident, opened
from checks.model import Cause, LockLevel, Proof, Signal
from remediations.acr.unlock import unlock
from remediations.catalog import remediations
from remediations.decision import Attempt, History, decide
from remediations.model import (
    AskApproval,
    Decision,
    Escalate,
    LockChange,
    Reason,
    Remediate,
    RuleChange,
    Suppress,
)
from remediations.pauses import Paused
from remediations.policy import Policy
from remediations.policy_file import parse_policy
from tests.memory import START
from tests.worlds import (
    ADDRESS,
    COLLEAGUE,
    HEALTHY,
    OBJECTS,
    OLD,
    OPEN,
    address_denied,
    asking,
    locked,
    permissive,
    push_refused,
    set_to,
    storage_filling,
    unreadable,
    used,
)

TAG_LOCKED = locked(LockLevel.TAG)
DENYING = set_to(denies_by_default=True, ip_rules=(COLLEAGUE,))
NOW = START + timedelta(minutes=1)
HOUR = timedelta(hours=1)
REFUSED, DENIED, FILLING = push_refused(START), address_denied(START), storage_filling(START, 80)
PERMISSIVE = permissive()


def decided(
    signal: Signal = REFUSED,
    evidence: Evidence = TAG_LOCKED,
    policy: Policy = PERMISSIVE,
    history: History | None = None,
) -> Decision:
    incident = opened(signal, START)
    diagnosis = diagnose(incident.subject, evidence, checks())
    return decide(incident, evidence, diagnosis, policy, history or History(), remediations(), NOW)


def own(ago: timedelta, *, verified: bool = True) -> Attempt:
    """An earlier change for the very same failure."""
    return Attempt(fingerprint=opened(REFUSED, START).fingerprint, at=NOW - ago, verified=verified)


def others(count: int, ago: timedelta = timedelta(minutes=30)) -> tuple[Attempt, ...]:
    """Earlier changes for other failures in the same registry."""
    return tuple(Attempt(fingerprint=f"other-{n}", at=NOW - ago, verified=True) for n in range(count))


def reason(decision: Decision) -> Reason:
    assert isinstance(decision, Escalate)
    return decision.reason


@pytest.mark.parametrize("level", LockLevel)
def test_one_certain_cause_that_policy_covers_is_remediated(level: LockLevel) -> None:
    before = replace(OPEN, write=False, digest=None if level is LockLevel.REPOSITORY else OLD)
    change = LockChange("contoso", OBJECTS[level], before, write_enabled=True, until=NOW + 2 * HOUR)
    assert decided(evidence=locked(level)) == Remediate(
        change,
        Reason.PERMITTED,
        f"writeEnabled is false on {OBJECTS[level]}, and policy permits to unlock {OBJECTS[level]}",
    )


def test_an_address_that_policy_covers_is_let_in() -> None:
    change = RuleChange("contoso", before=(COLLEAGUE,), add=(ADDRESS,), until=NOW + 8 * HOUR)
    decision = decided(DENIED, DENYING)
    assert isinstance(decision, Remediate)
    assert (decision.change, decision.reason) == (change, Reason.PERMITTED)


def test_a_tag_that_was_pushed_to_since_needs_nothing() -> None:
    pushed = replace(TAG_LOCKED, tag=replace(OPEN, write=False, updated_at=START + timedelta(seconds=1)))
    assert decided(evidence=pushed) == Suppress(Reason.PUSHED_SINCE, "team/app:v1 was pushed at 12:00:01 UTC")


@pytest.mark.parametrize("at", [START, START - timedelta(days=1)])
def test_a_tag_that_was_pushed_to_before_the_failure_still_needs_mending(at: object) -> None:
    assert isinstance(TAG_LOCKED.tag, Attributes)
    before = replace(TAG_LOCKED, tag=replace(TAG_LOCKED.tag, updated_at=at))
    assert isinstance(decided(evidence=before), Remediate)


def test_what_nothing_explains_any_more_is_for_people() -> None:
    assert decided(evidence=HEALTHY) == Escalate(
        Reason.NO_CAUSE_FOUND,
        "nothing explains it any more; looked at: "
        "manifest_locked; quarantined; repository_locked; storage_limit; tag_locked",
    )


@pytest.mark.parametrize("level", [LockLevel.REPOSITORY, LockLevel.TAG])
def test_an_unlock_that_was_made_for_another_refusal_of_the_same_push_serves_this_one_too(
    level: LockLevel,
) -> None:
    decision = decided(evidence=HEALTHY, history=History(unlocked=(OBJECTS[level],)))
    assert decision == Suppress(Reason.MENDED_ALREADY, f"{OBJECTS[level]} is unlocked by the bot already")


@pytest.mark.parametrize(
    "evidence",
    [
        locked(LockLevel.TAG, locked(LockLevel.REPOSITORY)),
        locked(LockLevel.TAG, used(99)),
        locked(LockLevel.MANIFEST, locked(LockLevel.TAG)),
    ],
)
def test_two_causes_at_once_are_for_people_and_both_are_named(evidence: Evidence) -> None:
    decision = decided(evidence=evidence)
    assert reason(decision) is Reason.SEVERAL_CAUSES
    found = diagnose(opened(REFUSED, START).subject, evidence, checks()).causes
    assert [cause.saw in decision.because for cause in found] == [True, True]


@pytest.mark.parametrize("part", ["settings", "usage", "repository", "manifest"])
def test_with_a_lock_found_but_another_part_unread_it_is_for_people(part: str) -> None:
    decision = decided(evidence=unreadable(part, TAG_LOCKED))
    assert reason(decision) is Reason.EVIDENCE_UNREADABLE
    assert "Azure answered 403" in decision.because


def test_quarantine_may_be_what_refuses_so_a_lock_beside_it_stays() -> None:
    assert decided(evidence=set_to(TAG_LOCKED, quarantine=True)) == Escalate(
        Reason.EVIDENCE_UNREADABLE, "the quarantine policy is on, and may be what refuses"
    )


@pytest.mark.parametrize(
    ("signal", "evidence"),
    [(REFUSED, used(99)), (FILLING, used(85)), (DENIED, set_to(DENYING, public_network_access=False))],
)
def test_a_cause_without_a_remediation_is_for_people(signal: Signal, evidence: Evidence) -> None:
    assert reason(decided(signal, evidence)) is Reason.NO_REMEDIATION


def test_what_no_permit_covers_is_for_people() -> None:
    silent = Policy(version=1, rehearsal=False)
    assert decided(policy=silent) == Escalate(
        Reason.NOT_PERMITTED, "no permit covers unlocking the tag team/app:v1 for team/app:v1"
    )
    assert reason(decided(DENIED, DENYING, silent)) is Reason.NOT_PERMITTED


def test_what_is_protected_is_for_people_whatever_a_permit_says() -> None:
    protecting = permissive("protected:\n  - tags: [v1]\n")
    assert reason(decided(policy=protecting)) is Reason.PROTECTED


@pytest.mark.parametrize("address", ["10.0.0.1", "203.0.113.7", "2001:4860:4860::8888", "52.138.231.5:443"])
def test_an_address_that_is_not_public_is_for_people(address: str) -> None:
    assert reason(decided(replace(DENIED, address=address), DENYING)) is Reason.ADDRESS_NOT_PUBLIC


def test_an_address_that_is_only_claimed_is_for_people() -> None:
    assert reason(decided(replace(DENIED, proof=Proof.CLAIMED), DENYING)) is Reason.ADDRESS_UNPROVEN


@pytest.mark.parametrize("on", ["anonymous_pull", "admin_user"])
def test_a_registry_whose_only_guard_is_the_network_is_for_people(on: str) -> None:
    assert reason(decided(DENIED, set_to(DENYING, **{on: True}))) is Reason.ANONYMOUS_OR_ADMIN_ACCESS


def test_a_registry_without_network_rules_is_for_people() -> None:
    assert reason(decided(DENIED, set_to(DENYING, sku="Standard"))) is Reason.NOT_PREMIUM


def test_a_full_quota_is_for_people() -> None:
    full = set_to(DENYING, ip_rules=tuple(f"20.0.0.{number}" for number in range(200)))
    assert reason(decided(DENIED, full)) is Reason.RULE_QUOTA_FULL


def test_a_pause_in_the_policy_holds_every_change_and_says_who_and_why() -> None:
    paused = permissive("pause: {why: a release, by: ops@contoso.com}\n")
    assert decided(policy=paused) == Escalate(Reason.PAUSED, "paused by ops@contoso.com: a release")


def test_a_pause_that_people_set_holds_every_change_too() -> None:
    assert decided(history=History(paused=Paused(why="a drill", by="anna"))) == Escalate(
        Reason.PAUSED, "paused by anna: a drill"
    )


def test_after_a_change_that_could_not_be_verified_nothing_more_is_tried() -> None:
    failed = History(attempts=(own(timedelta(days=2), verified=False),))
    assert decided(history=failed) == Escalate(
        Reason.VERIFICATION_FAILED_BEFORE, "an earlier change for this failure could not be verified"
    )


def test_a_failed_verification_of_another_failure_stops_nothing() -> None:
    other = History(attempts=(Attempt("another", NOW - HOUR, verified=False),))
    assert isinstance(decided(history=other), Remediate)


@pytest.mark.parametrize(
    ("ago", "held"),
    [
        (timedelta(minutes=1), True),
        (timedelta(minutes=15) - timedelta(seconds=1), True),
        (timedelta(minutes=15), False),
    ],
)
def test_the_same_failure_soon_after_a_change_is_for_people(ago: timedelta, *, held: bool) -> None:
    decision = decided(history=History(attempts=(own(ago),)))
    assert isinstance(decision, Escalate) is held
    if held:
        assert decision == Escalate(Reason.COOLDOWN, "it was changed for this failure less than 15m ago")


@pytest.mark.parametrize(("count", "held"), [(4, False), (5, True), (9, True)])
def test_many_changes_to_one_registry_within_an_hour_are_a_storm(count: int, *, held: bool) -> None:
    decision = decided(history=History(attempts=others(count)))
    assert isinstance(decision, Escalate) is held
    if held:
        assert decision == Escalate(Reason.STORM, f"{count} changes to this registry within 1h")


def test_changes_of_yesterday_are_no_storm() -> None:
    assert isinstance(decided(history=History(attempts=others(50, timedelta(days=1)))), Remediate)


@pytest.mark.parametrize(("count", "held"), [(9, False), (10, True)])
def test_only_so_many_changes_may_be_open_at_once(count: int, *, held: bool) -> None:
    decision = decided(history=History(open_changes=count))
    assert isinstance(decision, Escalate) is held
    if held:
        assert decision == Escalate(
            Reason.TOO_MANY_OPEN_CHANGES, "10 temporary changes are open in this registry"
        )


BRAKES = {
    Reason.PAUSED: lambda h: replace(h, paused=Paused(why="a drill", by="anna")),
    Reason.VERIFICATION_FAILED_BEFORE: lambda h: replace(
        h, attempts=(*h.attempts, own(2 * HOUR, verified=False))
    ),
    Reason.COOLDOWN: lambda h: replace(h, attempts=(*h.attempts, own(timedelta(minutes=1)))),
    Reason.STORM: lambda h: replace(h, attempts=(*h.attempts, *others(6))),
    Reason.TOO_MANY_OPEN_CHANGES: lambda h: replace(h, open_changes=10),
}


@pytest.mark.parametrize("first", range(len(BRAKES)))
def test_of_several_brakes_the_strongest_is_named(first: int) -> None:
    brakes: list[tuple[Reason, Callable[[History], History]]] = list(BRAKES.items())[first:]
    history = History()
    for _, put_on in brakes:
        history = put_on(history)
    assert reason(decided(history=history)) is brakes[0][0]


def test_why_the_change_is_not_allowed_at_all_comes_before_every_brake() -> None:
    paused = History(paused=Paused(why="a drill", by="anna"))
    assert reason(decided(policy=Policy(version=1), history=paused)) is Reason.NOT_PERMITTED


def test_what_is_unclear_comes_before_what_is_not_permitted() -> None:
    assert reason(decided(evidence=HEALTHY, policy=Policy(version=1))) is Reason.NO_CAUSE_FOUND


def test_an_unread_part_comes_before_two_causes() -> None:
    both = locked(LockLevel.TAG, locked(LockLevel.REPOSITORY))
    assert reason(decided(evidence=unreadable("usage", both))) is Reason.EVIDENCE_UNREADABLE


def test_a_push_that_succeeded_comes_before_everything_else() -> None:
    pushed = replace(OPEN, write=False, updated_at=NOW)
    evidence = replace(unreadable("usage", locked(LockLevel.REPOSITORY)), tag=pushed)
    assert isinstance(decided(evidence=evidence, history=History(open_changes=99)), Suppress)


def test_the_reasons_that_only_a_change_itself_can_give_are_named_elsewhere() -> None:
    given_here = {
        Reason.PERMITTED,
        Reason.APPROVAL_NEEDED,
        Reason.PAUSED,
        Reason.PUSHED_SINCE,
        Reason.MENDED_ALREADY,
        Reason.NO_CAUSE_FOUND,
        Reason.SEVERAL_CAUSES,
        Reason.EVIDENCE_UNREADABLE,
        Reason.NO_REMEDIATION,
        Reason.NOT_PERMITTED,
        Reason.PROTECTED,
        Reason.ADDRESS_NOT_PUBLIC,
        Reason.ADDRESS_UNPROVEN,
        Reason.ANONYMOUS_OR_ADMIN_ACCESS,
        Reason.NOT_PREMIUM,
        Reason.RULE_QUOTA_FULL,
        Reason.COOLDOWN,
        Reason.STORM,
        Reason.TOO_MANY_OPEN_CHANGES,
        Reason.VERIFICATION_FAILED_BEFORE,
    }
    after_the_decision = {
        Reason.TARGET_MOVED,
        Reason.WRITE_FAILED,
        Reason.UNVERIFIED,
        Reason.COULD_NOT_BE_HANDLED,
        Reason.REJECTED,
        Reason.APPROVAL_EXPIRED,
    }
    by_approval = {Reason.APPROVAL_NEEDED, Reason.APPROVAL_EXPIRED, Reason.REJECTED}
    assert set(Reason) == given_here | after_the_decision | by_approval


@pytest.mark.parametrize(("signal", "evidence"), [(REFUSED, TAG_LOCKED), (DENIED, DENYING)])
def test_a_permit_that_asks_a_person_leads_to_the_question_and_not_to_the_change(
    signal: Signal, evidence: Evidence
) -> None:
    alone, asked = decided(signal, evidence), decided(signal, evidence, policy=asking())
    assert isinstance(alone, Remediate)
    assert asked == AskApproval(alone.change, Reason.APPROVAL_NEEDED, f"{alone.because} if a person agrees")


@pytest.mark.parametrize(
    ("history", "why"),
    [
        (History(paused=Paused(why="a release", by="ann")), Reason.PAUSED),
        (History(attempts=(own(timedelta(minutes=1)),)), Reason.COOLDOWN),
        (History(attempts=others(5)), Reason.STORM),
        (History(open_changes=10), Reason.TOO_MANY_OPEN_CHANGES),
        (History(attempts=(own(HOUR, verified=False),)), Reason.VERIFICATION_FAILED_BEFORE),
    ],
)
def test_nobody_is_asked_about_what_a_brake_holds(history: History, why: Reason) -> None:
    assert reason(decided(policy=asking(), history=history)) is why


def test_one_permit_may_act_alone_and_another_ask_about_what_is_proved_less() -> None:
    lines = """
version: 1
rehearsal: false
permits:
  - remediation: allow_address
    registries: [contoso]
    addresses: [52.138.231.0/24]
    lasts: 8h
  - remediation: allow_address
    registries: [contoso]
    addresses: [52.138.231.0/24]
    lasts: 1h
    proof: [claimed]
    approval: true
"""
    policy = parse_policy(lines, "policy.yaml")
    assert isinstance(decided(DENIED, DENYING, policy), Remediate)
    assert isinstance(decided(replace(DENIED, proof=Proof.CLAIMED), DENYING, policy), AskApproval)
    in_between = replace(DENIED, proof=Proof.SAME_ADDRESS)
    assert reason(decided(in_between, DENYING, policy)) is Reason.ADDRESS_UNPROVEN


def test_without_any_cure_every_cause_is_for_people() -> None:
    incident: Incident = opened(REFUSED, START)
    diagnosis = diagnose(incident.subject, TAG_LOCKED, checks())
    decision = decide(incident, TAG_LOCKED, diagnosis, PERMISSIVE, History(), (), NOW)
    assert decision == Escalate(
        Reason.NO_REMEDIATION,
        "writeEnabled is false on tag team/app:v1; nothing is changed for this automatically",
    )
    [cause] = diagnosis.causes
    assert isinstance(cause, Cause)
    assert cause.name is unlock.cures
