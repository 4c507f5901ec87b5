"""A person is asked before a change: one plan, one answer, and nothing is changed without it."""

import threading
from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.incident import State
from checks.model import LockLevel, Proof
from remediations.approvals import Approval, Person, Via, digest_of
from remediations.approvals import State as Stands
from remediations.model import (
    AboutTo,
    Answered,
    Asked,
    Decided,
    Escalate,
    Notice,
    Reason,
    Severity,
    Verified,
)
from remediations.narration import sentence
from remediations.ports import Respond
from remediations.responder import give_up
from remediations.sweep import tidy
from tests.memory import START, Crash
from tests.worlds import ANN, APP, COLLEAGUE, NEW, SUBSCRIPTION, Bot, asking, in_pairs, permissive

HOUR = timedelta(hours=1)
BOB = Person(name="bob@contoso.com", oid=f"{'b' * 8}-0000-0000-0000-000000000002", tenant=SUBSCRIPTION)
UNLOCK = "unlock tag team/app:v1"


def asked(bot: Bot | None = None) -> Bot:
    """A bot that has asked whether it may lift a lock."""
    bot = bot or Bot(asking())
    bot.registry.lock(LockLevel.TAG)
    bot.refused()
    bot.work()
    assert bot.states == (State.WAITING,)
    return bot


def asked_about_address() -> Bot:
    bot = Bot(asking())
    bot.registry.deny(COLLEAGUE)
    bot.denied()
    bot.work()
    assert bot.states == (State.WAITING,)
    return bot


def question(bot: Bot) -> Approval:
    approval = bot.approvals.of(bot.incident.id)
    assert approval
    return approval


def last(bot: Bot) -> Notice:
    return bot.people.notices[-1]


def reasons(bot: Bot) -> list[Reason]:
    return [entry.decision.reason for entry in bot.story() if isinstance(entry, Decided)]


def test_people_are_told_the_whole_plan_and_how_to_answer_and_nothing_is_written() -> None:
    bot = asked()
    approval = question(bot)
    [notice] = bot.people.notices
    facts = dict(notice.facts)
    assert bot.registry.writes == []
    assert notice.title == f"A push was refused in contoso: may the bot {UNLOCK}?"
    assert notice.severity is Severity.URGENT
    assert {name: facts[name] for name in ("Change", "Before", "After", "Until", "Why", "Answer until")} == {
        "Change": UNLOCK,
        "Before": "writeEnabled false",
        "After": "writeEnabled true",
        "Until": "2 h from when it is made, or until the push has succeeded",
        "Why": "writeEnabled is false on tag team/app:v1, and policy permits to unlock tag team/app:v1 "
        "if a person agrees",
        "Answer until": "2026-03-02 12:00 UTC",
    }
    assert f"medic approve {approval.id}" in notice.paragraphs
    assert notice.page == ""
    assert [entry for entry in bot.story() if isinstance(entry, Asked)] == [
        Asked(approval.id, approval.digest, approval.change, START + 24 * HOUR)
    ]


def test_where_there_is_a_page_the_notice_leads_to_it() -> None:
    bot = Bot(asking())
    object.__setattr__(bot.medic, "approval_page", "https://bot.example/api/approvals")
    asked(bot)
    assert last(bot).page == f"https://bot.example/api/approvals/{question(bot).id}"


def test_what_a_person_agreed_to_is_done_and_who_when_and_why_are_on_record() -> None:
    bot = asked()
    bot.clock.advance(HOUR)
    approval = bot.answered(agrees=True, why="the team asked for it").approval
    bot.work()
    assert bot.states == (State.MENDED,)
    assert [str(change) for change in bot.registry.writes] == [UNLOCK]
    assert bot.registry.writes[0].until == START + 3 * HOUR
    assert question(bot).state is Stands.USED
    assert [commitment.approval for commitment in bot.commitments] == [approval.id]
    said = dict(last(bot).facts)["Approved"]
    assert said == f"by {ANN} at 2026-03-01 13:00 UTC, page: the team asked for it"
    [answered] = [entry for entry in bot.story() if isinstance(entry, Answered)]
    assert answered == Answered(
        approval=approval.id,
        plan=approval.digest,
        answer="approved",
        by=str(ANN),
        via="page",
        why="the team asked for it",
        at=START + HOUR,
    )
    assert sentence(answered) == (
        f"answered   approved by {ANN} at 2026-03-01 13:00:00 UTC, page: the team asked for it"
    )
    before = [type(entry) for entry in bot.story()]
    assert before.index(Asked) < before.index(Answered) < before.index(AboutTo)
    assert bot.journal.broken_at(bot.incident.id) is None


def test_the_last_notice_of_an_unlock_names_who_agreed_too() -> None:
    bot = asked()
    bot.answered(agrees=True)
    bot.work()
    bot.clock.advance(60)
    bot.pushed(bot.registry.push())
    bot.work()
    assert bot.states == (State.CLOSED,)
    assert not bot.registry.is_open(LockLevel.TAG)
    assert "Approved" in dict(last(bot).facts)


def test_an_address_is_let_in_once_a_person_agreed() -> None:
    bot = asked_about_address()
    assert dict(last(bot).facts)["Until"] == "8 h from when it is made"
    bot.answered(agrees=True)
    bot.work()
    assert bot.registry.shown.ip_rules == (COLLEAGUE, "52.138.231.5")
    assert bot.outcomes() == (Verified(saw=bot.outcomes()[0].saw),)  # type: ignore[union-attr]


def test_a_colleagues_rule_of_the_meantime_leaves_the_plan_as_it_was() -> None:
    bot = asked_about_address()
    bot.registry.rule("20.0.0.9")
    bot.answered(agrees=True)
    bot.work()
    assert bot.registry.shown.ip_rules == (COLLEAGUE, "20.0.0.9", "52.138.231.5")


def test_a_rule_that_a_colleague_adds_during_the_write_needs_no_second_answer() -> None:
    bot = asked_about_address()
    theirs = iter(["20.0.0.9"])

    def once() -> None:
        for rule in theirs:
            bot.registry.rule(rule)

    bot.registry.meanwhile = once
    bot.answered(agrees=True)
    bot.work()
    assert bot.states == (State.MENDED,)
    assert bot.registry.shown.ip_rules == (COLLEAGUE, "20.0.0.9", "52.138.231.5")
    assert len([entry for entry in bot.story() if isinstance(entry, Asked)]) == 1
    assert in_pairs(bot.story())


def test_a_plan_that_has_changed_since_is_not_carried_out_and_asked_about_anew() -> None:
    bot = asked()
    first = bot.answered(agrees=True).approval
    bot.registry.lock(LockLevel.TAG, write=True)
    bot.registry.lock(LockLevel.REPOSITORY)
    bot.clock.advance(60)
    bot.work()
    assert bot.registry.writes == []
    assert bot.states == (State.WAITING,)
    again = question(bot)
    assert (str(again.change), again.state) == ("unlock repository team/app", Stands.PENDING)
    assert again.id != first.id
    assert bot.approvals.find(first.id) == replace(first, state=Stands.EXPIRED)
    assert last(bot).title.endswith("may the bot unlock repository team/app?")
    bot.answered(agrees=True)
    bot.work()
    assert [str(change) for change in bot.registry.writes] == ["unlock repository team/app"]


def test_a_change_that_would_last_longer_than_was_agreed_is_asked_about_anew() -> None:
    bot = asked()
    bot.answered(agrees=True)
    policy = asking()
    bot.obey(replace(policy, permits=tuple(replace(permit, lasts="9h") for permit in policy.permits)))
    bot.clock.advance(60)
    bot.work()
    assert bot.registry.writes == []
    assert question(bot).lasts == 9 * HOUR


def test_points_in_time_are_no_part_of_a_plan() -> None:
    bot = asked()
    change = question(bot).change
    later = replace(change, until=START + 5 * HOUR)
    assert digest_of(later, START + 3 * HOUR) == question(bot).digest
    assert digest_of(replace(change, write_enabled=False), START) != question(bot).digest


def test_what_a_person_rejects_is_left_to_people_with_who_and_why() -> None:
    bot = asked()
    bot.answered(agrees=False, why="this one is a release")
    bot.work()
    assert bot.states == (State.WITH_PEOPLE,)
    assert bot.registry.writes == []
    assert reasons(bot) == [Reason.APPROVAL_NEEDED, Reason.REJECTED]
    assert last(bot).title == "A push was refused in contoso: a person rejected the repair"
    assert "this one is a release" in dict(last(bot).facts)["Not mended because"]
    assert "ann@contoso.com" in dict(last(bot).facts)["Not mended because"]
    assert last(bot).ticket_key


def test_a_question_that_nobody_answers_for_a_day_goes_to_people() -> None:
    bot = asked()
    bot.clock.advance(24 * HOUR - timedelta(minutes=1))
    bot.sweep()
    bot.work()
    assert bot.states == (State.WAITING,)
    bot.pass_time(2)
    assert bot.states == (State.WITH_PEOPLE,)
    assert reasons(bot)[-1] is Reason.APPROVAL_EXPIRED
    assert question(bot).state is Stands.EXPIRED
    answer = bot.answered(agrees=True)
    assert (answer.counted, answer.approval.state) == (False, Stands.EXPIRED)
    bot.work()
    assert bot.registry.writes == []


def test_an_answer_that_comes_too_late_does_not_count_even_before_the_sweep() -> None:
    bot = asked()
    bot.clock.advance(24 * HOUR)
    assert not bot.answered(agrees=True).counted


def test_an_agreement_that_no_worker_could_use_in_time_lapses() -> None:
    bot = asked()
    bot.answered(agrees=True)
    bot.clock.advance(HOUR)
    bot.work()
    assert bot.registry.writes == []
    assert bot.states == (State.WITH_PEOPLE,)
    [escalated] = [
        e.decision for e in bot.story() if isinstance(e, Decided) and isinstance(e.decision, Escalate)
    ]
    assert escalated.because.endswith("and that was too long ago")


@pytest.mark.parametrize("agrees", [True, False])
def test_whoever_answers_again_gets_the_first_answer(*, agrees: bool) -> None:
    bot = asked()
    first = bot.answered(agrees=agrees, why="first")
    again = bot.answered(agrees=not agrees, why="second", by=BOB)
    assert (first.counted, again.counted) == (True, False)
    assert again.approval == first.approval
    bot.work()
    once_more = bot.answered(agrees=True, by=BOB)
    assert (once_more.counted, once_more.approval.by) == (False, ANN)


def test_of_many_who_answer_at_once_one_counts() -> None:
    bot = asked()
    approval = question(bot)
    barrier = threading.Barrier(8)
    counted: list[str] = []

    def answer(number: int) -> None:
        barrier.wait()
        by = Person(name=f"person-{number}", oid=f"{number}")
        got = bot.approvals.answer(approval.id, by, Via.PAGE, "", agrees=number % 2 == 0)
        if got and got.counted:
            counted.append(by.name)

    threads = [threading.Thread(target=answer, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stands = question(bot)
    assert stands.by
    assert counted == [stands.by.name]
    assert bot.queue.commands == (Respond(bot.incident.id),)


def test_a_push_that_succeeds_while_people_think_ends_the_question_too() -> None:
    bot = asked()
    bot.registry.lock(LockLevel.TAG, write=True)
    bot.clock.advance(60)
    bot.pushed(bot.registry.push(APP, NEW))
    bot.work()
    assert bot.states == (State.CLOSED,)
    assert question(bot).state is Stands.EXPIRED
    assert not bot.answered(agrees=True).counted
    bot.work()
    assert bot.registry.writes == []


def test_a_push_between_the_answer_and_the_work_leaves_nothing_to_do() -> None:
    bot = asked()
    bot.answered(agrees=True)
    bot.registry.lock(LockLevel.TAG, write=True)
    bot.clock.advance(60)
    bot.registry.push()
    bot.work()
    assert bot.states == (State.CLOSED,)
    assert bot.registry.writes == []
    assert question(bot).state is Stands.EXPIRED


def test_a_pause_holds_what_a_person_agreed_to() -> None:
    bot = asked()
    bot.answered(agrees=True)
    bot.pauses.pause("all", "an audit", "ann")
    bot.work()
    assert bot.registry.writes == []
    assert reasons(bot)[-1] is Reason.PAUSED
    assert question(bot).state is Stands.EXPIRED


def test_a_rehearsal_asks_nobody() -> None:
    bot = Bot(asking())
    bot.obey(replace(asking(), rehearsal=True))
    bot.registry.lock(LockLevel.TAG)
    bot.refused()
    bot.work()
    assert bot.states == (State.WITH_PEOPLE,)
    assert bot.approvals.of(bot.incident.id) is None


def test_an_answer_whose_command_was_lost_is_found_by_the_sweep() -> None:
    bot = asked()
    bot.answered(agrees=True)
    bot.queue.take()
    bot.pass_time(5)
    assert bot.states == (State.MENDED,)


def test_a_permit_that_no_longer_asks_lets_what_was_agreed_to_be_done() -> None:
    bot = asked()
    bot.answered(agrees=True)
    bot.obey(permissive())
    bot.work()
    assert bot.states == (State.MENDED,)
    assert question(bot).state is Stands.USED


def test_more_refusals_of_the_same_push_ask_nothing_anew() -> None:
    bot = asked()
    for _ in range(3):
        bot.clock.advance(60)
        bot.refused()
        bot.work()
    assert (bot.states, len(bot.people.notices)) == ((State.WAITING,), 1)


CLAIMED = """
  - remediation: allow_address
    registries: [contoso]
    addresses: [52.138.231.0/24]
    lasts: 8h
    proof: [claimed]
    approval: true
"""


def test_who_claims_an_address_first_is_not_in_the_way_of_who_proves_it() -> None:
    bot = Bot(permissive(CLAIMED))
    bot.registry.deny(COLLEAGUE)
    bot.denied(proof=Proof.CLAIMED)
    bot.work()
    assert bot.states == (State.WAITING,)
    bot.clock.advance(60)
    bot.denied()
    bot.work()
    assert bot.states == (State.MENDED,)
    assert question(bot).state is Stands.EXPIRED
    assert "Approved" not in dict(last(bot).facts)


def test_a_better_proof_of_what_is_asked_about_anyhow_asks_nobody_twice() -> None:
    bot = Bot(asking(CLAIMED))
    bot.registry.deny(COLLEAGUE)
    bot.denied(proof=Proof.CLAIMED)
    bot.work()
    first = question(bot)
    bot.clock.advance(60)
    bot.denied()
    bot.work()
    assert (bot.states, len(bot.people.notices)) == ((State.WAITING,), 1)
    assert question(bot) == first
    bot.answered(agrees=True)
    bot.work()
    assert bot.states == (State.MENDED,)


def test_what_the_bot_gives_up_on_cannot_be_agreed_to_any_more() -> None:
    bot = asked()
    give_up(bot.medic, bot.incident.id, "it failed again and again")
    assert not bot.answered(agrees=True).counted


@pytest.mark.parametrize(
    "name", ["", "x", "contoso", "contoso-1-2-3", "../contoso-aaaaaaaaaaaa-1-00000000", "é"]
)
def test_what_is_no_name_of_a_question_is_looked_up_nowhere(name: str) -> None:
    bot = asked()
    assert bot.approvals.find(name) is None
    assert bot.approvals.answer(name, ANN, Via.PAGE, "", agrees=True) is None


def test_answers_are_forgotten_after_a_month() -> None:
    bot = asked()
    bot.answered(agrees=False, why="no")
    bot.work()
    incident = bot.incident.id
    bot.clock.advance(timedelta(days=29))
    tidy(bot.medic)
    assert bot.approvals.of(incident)
    bot.clock.advance(timedelta(days=2))
    tidy(bot.medic)
    assert bot.approvals.of(incident) is None


@pytest.mark.parametrize("agrees", [True, False])
def test_a_worker_that_dies_anywhere_leaves_one_question_one_answer_and_one_change(*, agrees: bool) -> None:
    step = 0
    failed = True
    while failed:
        step += 1
        bot = Bot(asking())
        bot.registry.lock(LockLevel.TAG)
        bot.refused()
        bot.fuse.fail(at=step)
        failed = False
        for act in (bot.work, lambda bot=bot: bot.answered(agrees=agrees, why="so"), bot.work):
            try:
                act()
            except Crash:
                failed = True
                bot.restart(delivered_after=1)
                act()
                bot.pass_time(5)
        bot.pass_time(5)
        at = f"it died at step {step}"
        assert [str(change) for change in bot.registry.writes] == ([UNLOCK] if agrees else []), at
        assert bot.states == (State.MENDED if agrees else State.WITH_PEOPLE,), at
        assert len([title for title in bot.titles() if "may the bot" in title]) == 1, at
        assert len(bot.titles()) == 2, at
        assert question(bot).state is (Stands.USED if agrees else Stands.REJECTED), at
        assert len([entry for entry in bot.story() if isinstance(entry, Answered)]) == 1, at
        assert in_pairs(bot.story()), at
        assert bot.journal.broken_at(bot.incident.id) is None, at
    assert step > 10
