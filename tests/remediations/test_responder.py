"""The bot's whole story in memory: from an incident to what people are told, and back to how it was."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.incident import State
from checks.intake.event_grid import Pushed
from checks.model import Image, LockLevel
from remediations.lease import Holding
from remediations.model import (
    AboutTo,
    CameOf,
    Decided,
    Ended,
    Escalate,
    Failed,
    Judged,
    LockChange,
    Looked,
    Moved,
    Reason,
    Rehearsed,
    Released,
    Remediate,
    Seen,
    Severity,
    Stage,
    Suppress,
    Told,
    Undone,
    Unverified,
    Verified,
)
from remediations.policy import Policy
from remediations.ports import Respond, Row, Undo
from remediations.responder import give_up
from remediations.sweep import tidy
from tests.memory import START, MemoryTable
from tests.worlds import (
    ADDRESS,
    APP,
    COLLEAGUE,
    FORBIDDEN,
    NEW,
    OBJECTS,
    OLD,
    OPEN,
    Bot,
    Lost,
    in_pairs,
    permissive,
    push_refused,
)

MINUTE = timedelta(minutes=1)
UNLOCK, LOCK = "unlock tag team/app:v1", "lock tag team/app:v1"


def locked(level: LockLevel = LockLevel.TAG, policy: Policy | None = None) -> Bot:
    """A bot, and a lock at which a push was just refused."""
    bot = Bot(policy)
    bot.registry.lock(level)
    bot.refused()
    return bot


def denied(policy: Policy | None = None) -> Bot:
    """A bot, and a client that the firewall just refused."""
    bot = Bot(policy)
    bot.registry.deny(COLLEAGUE)
    bot.denied()
    return bot


def mended(bot: Bot) -> Bot:
    """The bot after it has worked, a minute later."""
    bot.work()
    assert bot.states == (State.MENDED,)
    bot.clock.advance(MINUTE)
    return bot


def writes(bot: Bot) -> list[str]:
    return [str(change) for change in bot.registry.writes]


def reasons(bot: Bot) -> list[Reason]:
    return [entry.decision.reason for entry in bot.story() if isinstance(entry, Decided)]


@pytest.mark.parametrize("level", LockLevel)
def test_a_lock_is_lifted_where_it_is_and_nowhere_else(level: LockLevel) -> None:
    bot = mended(locked(level))
    digest = None if level is LockLevel.REPOSITORY else OLD
    assert bot.registry.writes == [
        LockChange(
            "contoso",
            OBJECTS[level],
            replace(OPEN, write=False, digest=digest),
            write_enabled=True,
            until=START + timedelta(hours=2),
        )
    ]
    assert all(bot.registry.is_open(each) for each in LockLevel)
    assert bot.outcomes() == (Verified(saw=f"writeEnabled is true on {OBJECTS[level]}"),)


def test_the_journal_tells_the_whole_story_in_order() -> None:
    bot = mended(locked())
    bot.pushed(bot.registry.push())
    bot.work()
    assert [type(entry) for entry in bot.story()] == [
        Seen,
        Looked,
        Judged,
        Decided,
        AboutTo,
        CameOf,
        Told,
        AboutTo,
        CameOf,
        Ended,
        Told,
    ]
    assert in_pairs(bot.story())
    assert bot.journal.broken_at(bot.incident.id) is None


def test_people_are_told_what_was_done_and_when_it_is_over() -> None:
    bot = mended(locked())
    bot.pushed(bot.registry.push())
    bot.work()
    assert [(notice.severity, notice.step) for notice in bot.people.notices] == [
        (Severity.GOOD, "outcome-0"),
        (Severity.INFO, "final"),
    ]


@pytest.mark.parametrize("level", [LockLevel.REPOSITORY, LockLevel.TAG])
def test_a_push_that_succeeds_puts_the_lock_back_and_ends_the_incident(level: LockLevel) -> None:
    bot = mended(locked(level))
    bot.pushed(bot.registry.push())
    bot.work()
    assert not bot.registry.is_open(level)
    assert (bot.incident.state, bot.incident.ended) == (State.CLOSED, "the push has succeeded")
    assert [one.stage for one in bot.commitments] == [Stage.UNDONE]


def test_a_push_that_moves_the_tag_leaves_the_old_manifest_to_be_locked_again() -> None:
    bot = mended(locked(LockLevel.MANIFEST))
    bot.pushed(bot.registry.push(digest=NEW))
    bot.work()
    assert not bot.registry.is_open(LockLevel.MANIFEST)
    assert bot.states == (State.CLOSED,)


def test_without_a_push_the_lock_is_put_back_when_its_time_is_up_and_not_before() -> None:
    bot = mended(locked())
    bot.pass_time(118)
    assert bot.registry.is_open(LockLevel.TAG)
    bot.pass_time(1)
    assert not bot.registry.is_open(LockLevel.TAG)
    assert (bot.incident.state, bot.incident.ended) == (State.CLOSED, "its time is up")


@pytest.mark.parametrize(
    "news",
    [
        Pushed("contoso", Image("team/app", "v2", NEW), START + MINUTE),
        Pushed("contoso", Image("team/other", "v1", NEW), START + MINUTE),
        Pushed("contoso", APP, START - MINUTE),
        Pushed("contoso", Image("team/app", digest=NEW), START + MINUTE),
    ],
)
def test_a_push_of_something_else_or_of_before_ends_nothing(news: Pushed) -> None:
    bot = mended(locked())
    bot.pushed(news)
    bot.work()
    assert bot.states == (State.MENDED,)
    assert bot.registry.is_open(LockLevel.TAG)


def test_news_of_the_same_push_twice_locks_once() -> None:
    bot = mended(locked())
    news = bot.registry.push()
    for _ in range(2):
        bot.pushed(news)
    bot.work()
    bot.pushed(news)
    bot.work()
    assert writes(bot) == [UNLOCK, LOCK]


def test_a_push_that_succeeded_before_we_came_to_it_closes_the_incident_and_changes_nothing() -> None:
    bot = Bot()
    bot.refused()
    bot.clock.advance(1)
    bot.registry.push()
    bot.registry.lock(LockLevel.TAG)
    bot.work()
    assert bot.registry.writes == []
    assert bot.states == (State.CLOSED,)
    assert reasons(bot) == [Reason.PUSHED_SINCE]
    assert bot.people.notices == ()


def test_news_of_a_push_closes_an_incident_that_nobody_has_looked_into_yet() -> None:
    bot = Bot()
    bot.refused()
    bot.clock.advance(1)
    bot.pushed(bot.registry.push())
    bot.work()
    assert bot.states == (State.CLOSED,)
    assert bot.registry.reads == 0


def test_news_of_a_push_takes_it_off_the_hands_of_people() -> None:
    bot = Bot()
    bot.refused()
    bot.work()
    assert bot.states == (State.WITH_PEOPLE,)
    bot.pushed(bot.registry.push())
    assert (bot.incident.state, bot.incident.ended) == (State.CLOSED, "the push has succeeded")


def test_an_address_is_let_in_beside_those_that_are_there_and_taken_out_when_its_time_is_up() -> None:
    bot = mended(denied())
    assert list(bot.registry.shown.ip_rules) == [COLLEAGUE, ADDRESS]
    assert bot.outcomes() == (Verified(saw=f"the rule {ADDRESS} lets {ADDRESS} in"),)
    bot.pass_time(8 * 60)
    assert list(bot.registry.shown.ip_rules) == [COLLEAGUE]
    assert (bot.incident.state, bot.incident.ended) == (State.CLOSED, "its time is up")


def test_a_push_takes_no_address_out_because_the_next_one_needs_it_too() -> None:
    bot = mended(denied())
    bot.pushed(bot.registry.push())
    bot.work()
    assert bot.registry.shown.ip_rules == (COLLEAGUE, ADDRESS)


def test_a_colleagues_rule_that_came_between_reading_and_writing_is_not_lost() -> None:
    bot = denied()

    def once() -> None:
        bot.registry.meanwhile = lambda: None
        bot.registry.rule("20.0.0.1")

    bot.registry.meanwhile = once
    bot.work()
    assert bot.registry.shown.ip_rules == (COLLEAGUE, "20.0.0.1", ADDRESS)
    assert [type(outcome) for outcome in bot.outcomes()] == [Moved, Verified]


def test_a_colleagues_rule_that_came_while_ours_was_in_force_is_not_lost_when_ours_goes() -> None:
    bot = mended(denied())
    bot.registry.rule("20.0.0.1")
    bot.pass_time(8 * 60)
    assert bot.registry.shown.ip_rules == (COLLEAGUE, "20.0.0.1")


def test_a_target_that_moves_every_time_goes_to_people_after_four_tries() -> None:
    bot = denied()
    bot.registry.meanwhile = lambda: bot.registry.rule(f"20.0.0.{len(bot.registry.shown.ip_rules)}")
    bot.work()
    assert bot.registry.writes == []
    assert bot.outcomes() == (Moved("somebody has changed it"),) * 4
    assert bot.states == (State.WITH_PEOPLE,)
    assert [one.stage for one in bot.commitments] == [Stage.NOT_MADE] * 4


def test_a_person_who_unlocked_it_before_us_keeps_it() -> None:
    bot = locked()
    bot.registry.meanwhile = lambda: bot.registry.lock(LockLevel.TAG, write=True)
    bot.work()
    assert bot.registry.writes == []
    assert bot.outcomes() == (Moved("somebody has made this very change"),)
    assert reasons(bot) == [Reason.PERMITTED, Reason.NO_CAUSE_FOUND]
    bot.pass_time(3 * 60)
    assert bot.registry.is_open(LockLevel.TAG)


def test_a_write_that_azure_refuses_goes_to_people_with_the_right_that_is_missing() -> None:
    bot = locked()
    bot.registry.refusal = Failed("Azure answered 403", missing_right="registries/metadata/write")
    bot.work()
    assert bot.states == (State.WITH_PEOPLE,)
    assert bot.outcomes() == (bot.registry.refusal,)
    assert [one.stage for one in bot.commitments] == [Stage.NOT_MADE]
    [notice] = bot.people.notices
    assert "registries/metadata/write" in " ".join(notice.paragraphs)
    assert notice.severity is Severity.URGENT


def test_a_write_whose_answers_were_lost_counts_as_made_and_is_undone_at_its_time() -> None:
    bot = locked()
    bot.registry.answers_lost = True
    bot.work()
    assert bot.states == (State.WITH_PEOPLE,)
    assert [one.stage for one in bot.commitments] == [Stage.UNVERIFIED]
    bot.registry.answers_lost = False
    bot.pass_time(121)
    assert not bot.registry.is_open(LockLevel.TAG)
    assert writes(bot) == [UNLOCK, LOCK]


def test_a_change_that_did_not_help_is_for_people_and_is_undone_at_its_time() -> None:
    bot = locked()
    bot.registry.afterwards = lambda: bot.registry.lock(LockLevel.TAG)
    bot.work()
    [outcome] = bot.outcomes()
    assert isinstance(outcome, Unverified)
    assert outcome.verdict.startswith("the check tag_locked still says: ")
    assert bot.states == (State.WITH_PEOPLE,)
    assert bot.people.notices[0].severity is Severity.URGENT


def test_a_change_that_could_not_be_looked_at_afterwards_is_not_called_verified() -> None:
    bot = locked()
    bot.registry.afterwards = lambda: bot.registry.unreadable.update(tag=FORBIDDEN)
    bot.work()
    [outcome] = bot.outcomes()
    assert isinstance(outcome, Unverified)
    assert bot.states == (State.WITH_PEOPLE,)
    bot.registry.unreadable.clear()
    bot.pass_time(121)
    assert not bot.registry.is_open(LockLevel.TAG)


def test_a_rehearsal_says_what_it_would_do_and_writes_nothing() -> None:
    bot = locked(policy=replace(permissive(), rehearsal=True))
    bot.work()
    assert bot.registry.writes == []
    assert bot.commitments == ()
    assert bot.outcomes() == (Rehearsed(),)
    assert bot.states == (State.WITH_PEOPLE,)
    [notice] = bot.people.notices
    assert f"would {UNLOCK}" in notice.title


def test_looking_into_the_same_incident_twice_changes_it_once() -> None:
    bot = locked()
    respond = Respond(bot.incident.id)
    bot.work()
    told, story = bot.people.notices, bot.story()
    for _ in range(3):
        bot.carry_out(respond)
        bot.work()
    assert (writes(bot), bot.people.notices, bot.story()) == ([UNLOCK], told, story)


def test_two_workers_given_the_same_work_at_the_same_time_make_one_change() -> None:
    for _ in range(20):
        bot = locked()
        respond = Respond(bot.incident.id)
        together = threading.Barrier(4)

        def work(bot: Bot = bot, respond: Respond = respond, together: threading.Barrier = together) -> None:
            together.wait()
            bot.carry_out(respond)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        bot.pass_time(1)
        assert writes(bot) == [UNLOCK]
        assert bot.states == (State.MENDED,)
        assert len(bot.people.notices) == 1
        assert in_pairs(bot.story())


class SlowTable(MemoryTable[Holding]):
    """Leases that are read so slowly that something else happens before, once."""

    def __init__(self, first: Callable[[], None]) -> None:
        super().__init__(Holding)
        self._first = [first]

    def read(self, partition: str, key: str) -> Row[Holding] | None:
        while self._first:
            self._first.pop()()
        return super().read(partition, key)


def test_a_worker_that_comes_second_does_not_look_into_what_the_first_has_settled() -> None:
    bot = Bot()
    respond = Respond(bot.refused().id)
    bot.leases = SlowTable(lambda: bot.carry_out(respond))
    bot.obey(permissive())
    bot.carry_out(respond)
    assert [type(entry) for entry in bot.story()].count(Judged) == 1
    assert bot.incident.attempts == 1


def test_work_on_a_registry_that_somebody_holds_waits_for_it() -> None:
    bot = locked()
    with bot.medic.leases.hold("contoso"):
        bot.carry_out(Respond(bot.incident.id))
        assert bot.registry.reads == 0
    bot.pass_time(1)
    assert writes(bot) == [UNLOCK]


def test_a_person_who_locks_it_again_before_us_is_left_alone() -> None:
    bot = mended(locked())
    bot.registry.lock(LockLevel.TAG)
    bot.pass_time(120)
    assert writes(bot) == [UNLOCK]
    assert bot.outcomes()[-1] == Released("somebody has locked it again")
    assert bot.states == (State.CLOSED,)
    assert bot.people.notices[-1].severity is Severity.WARNING


def test_a_person_who_takes_our_rule_out_before_us_is_left_alone() -> None:
    bot = mended(denied())
    bot.registry.deny("20.0.0.1")
    bot.pass_time(8 * 60)
    assert bot.registry.shown.ip_rules == ("20.0.0.1",)
    assert bot.outcomes()[-1] == Released("somebody has removed the rule")


def test_a_tag_that_is_gone_needs_no_lock() -> None:
    bot = mended(locked())
    bot.registry.objects[LockLevel.TAG].clear()
    bot.pass_time(120)
    assert bot.outcomes()[-1] == Released("it is gone")
    assert bot.states == (State.CLOSED,)


def test_an_undoing_that_azure_refuses_is_told_and_tried_again_until_it_works() -> None:
    bot = mended(locked())
    bot.registry.refusal = Failed("Azure answered 403", missing_right="a/right")
    bot.pass_time(120)
    assert bot.registry.is_open(LockLevel.TAG)
    assert [one.stage for one in bot.commitments] == [Stage.UNDOING]
    assert [notice.step for notice in bot.people.notices] == [
        "outcome-0",
        f"cannot-undo-{bot.commitments[0].id}",
    ]
    bot.registry.refusal = None
    bot.pass_time(6)
    assert not bot.registry.is_open(LockLevel.TAG)
    assert bot.outcomes()[-1] == Undone()
    assert bot.states == (State.CLOSED,)


def test_an_undoing_whose_target_cannot_be_read_waits_and_tells_nobody() -> None:
    bot = mended(locked())
    bot.registry.unreadable["tag"] = FORBIDDEN
    bot.pass_time(125)
    assert writes(bot) == [UNLOCK]
    assert len(bot.people.notices) == 1
    bot.registry.unreadable.clear()
    bot.pass_time(6)
    assert writes(bot) == [UNLOCK, LOCK]


def test_a_pause_holds_the_repair_but_not_the_diagnosis_and_not_the_undoing() -> None:
    bot = mended(locked())
    bot.pauses.pause("contoso", "a release", "anna")
    bot.denied()
    bot.registry.deny(COLLEAGUE)
    bot.pass_time(121)
    assert writes(bot) == [UNLOCK, LOCK]
    assert bot.registry.shown.ip_rules == (COLLEAGUE,)
    paused = next(notice for notice in bot.people.notices if notice.severity is Severity.URGENT)
    assert ("Not mended because", "paused by anna: a release") in paused.facts


PAUSED = ("The bot is paused", "by anna: a release")


def test_as_long_as_the_bot_is_paused_every_notice_says_so_and_then_none_does() -> None:
    bot = mended(locked())
    bot.pauses.pause("contoso", "a release", "anna")
    bot.refused(id="another", image=Image("team/other", "v1"))
    bot.pass_time(121)
    before, *during = bot.people.notices
    assert PAUSED not in before.facts
    assert len(during) == 2
    assert all(PAUSED in notice.facts for notice in during)
    bot.pauses.resume("contoso")
    bot.clock.advance(MINUTE)
    bot.refused(id="a third", image=Image("team/third", "v1"))
    bot.work()
    assert PAUSED not in bot.people.notices[-1].facts


def test_what_is_said_of_no_incident_says_it_while_all_registries_are_paused() -> None:
    bot = Bot()
    bot.pauses.pause("all", "a release", "anna")
    give_up(bot.medic, "unreadable-command", "a test")
    bot.work()
    assert PAUSED in bot.people.notices[-1].facts


def test_a_pause_in_the_policy_is_on_every_notice_too() -> None:
    bot = locked(policy=permissive("pause: {why: a release, by: anna}\n"))
    bot.work()
    assert PAUSED in bot.people.notices[-1].facts


def test_a_pause_of_another_registry_holds_nothing() -> None:
    bot = locked()
    bot.pauses.pause("fabrikam", "a release", "anna")
    bot.work()
    assert writes(bot) == [UNLOCK]


def test_the_same_failure_soon_after_the_repair_goes_to_people() -> None:
    bot = mended(locked())
    bot.registry.lock(LockLevel.TAG)
    bot.refused()
    bot.work()
    assert writes(bot) == [UNLOCK]
    assert reasons(bot) == [Reason.PERMITTED, Reason.COOLDOWN]
    assert bot.states == (State.WITH_PEOPLE,)


def test_the_same_failure_long_after_the_repair_is_mended_again() -> None:
    bot = mended(locked())
    bot.pass_time(16)
    bot.registry.lock(LockLevel.TAG)
    bot.refused()
    bot.work()
    assert writes(bot) == [UNLOCK, UNLOCK]
    assert bot.states == (State.MENDED,)


def test_after_five_changes_within_the_hour_the_rest_of_the_storm_goes_to_people() -> None:
    bot = Bot()
    bot.registry.deny(COLLEAGUE)
    for number in range(8):
        bot.denied(id=f"row-{number}", address=f"52.138.231.{number}")
        bot.work()
    assert len(bot.registry.writes) == 5
    assert sorted(bot.states) == [State.MENDED] * 5 + [State.WITH_PEOPLE] * 3
    why = ("Not mended because", "5 changes to this registry within 1h")
    assert sum(why in notice.facts for notice in bot.people.notices) == 3


def test_only_so_many_changes_are_open_at_once() -> None:
    bot = Bot(permissive("brakes:\n  open_changes: 2\n"))
    bot.registry.deny(COLLEAGUE)
    for number in range(3):
        bot.denied(id=f"row-{number}", address=f"52.138.231.{number}")
        bot.work()
    assert len(bot.registry.writes) == 2
    assert sum(one.open for one in bot.commitments) == 2


def test_after_a_failed_verification_the_same_failure_goes_to_people() -> None:
    bot = locked()
    bot.registry.afterwards = lambda: bot.registry.lock(LockLevel.TAG)
    bot.work()
    bot.registry.afterwards = lambda: None
    bot.medic.incidents.settle(bot.incident.id, State.CLOSED, "a person closed it")
    bot.clock.advance(timedelta(minutes=30))
    bot.refused()
    bot.work()
    assert reasons(bot) == [Reason.VERIFICATION_FAILED_BEFORE]
    assert writes(bot) == [UNLOCK]


def test_a_policy_that_permits_less_after_the_change_still_undoes_it() -> None:
    bot = mended(locked())
    bot.obey(Policy(version=1))
    bot.pass_time(121)
    assert writes(bot) == [UNLOCK, LOCK]


def test_what_was_decided_names_the_policy_it_was_decided_under() -> None:
    bot = mended(locked())
    [decided] = [entry for entry in bot.story() if isinstance(entry, Decided)]
    assert decided.policy == "a-version"
    assert isinstance(decided.decision, Remediate)


def test_what_nothing_explains_goes_to_people_once() -> None:
    bot = Bot()
    bot.refused()
    bot.pass_time(10)
    assert bot.states == (State.WITH_PEOPLE,)
    assert reasons(bot) == [Reason.NO_CAUSE_FOUND]
    assert len(bot.people.notices) == 1


def test_work_that_failed_again_and_again_goes_to_people_with_its_reason() -> None:
    bot = locked()
    give_up(bot.medic, bot.incident.id, "every try to look into it failed")
    bot.queue.take()
    assert bot.states == (State.WITH_PEOPLE,)
    decision = Escalate(Reason.COULD_NOT_BE_HANDLED, "every try to look into it failed")
    assert bot.story()[-1] == Decided(decision, "a-version")
    bot.pass_time(2)
    assert [notice.severity for notice in bot.people.notices] == [Severity.URGENT]


def test_a_change_that_was_half_made_when_the_work_was_given_up_is_still_undone() -> None:
    bot = locked()
    respond = Respond(bot.incident.id)
    unlocked = bot.registry

    def lost() -> None:
        raise Lost

    unlocked.afterwards = lost
    for _ in range(5):
        with pytest.raises(Lost):
            bot.carry_out(respond)
    give_up(bot.medic, bot.incident.id, "every try to look into it failed")
    assert unlocked.is_open(LockLevel.TAG)
    unlocked.afterwards = lambda: None
    bot.queue.take()
    bot.pass_time(121)
    assert not unlocked.is_open(LockLevel.TAG)
    assert not any(one.open for one in bot.commitments)


def test_a_lease_that_was_lost_before_the_write_writes_nothing_and_the_work_waits() -> None:
    bot = locked()
    taken = bot.medic.leases

    def slow() -> None:
        bot.registry.meanwhile = lambda: None
        bot.clock.advance(timedelta(seconds=90))
        taken.hold("contoso").__enter__()

    bot.registry.meanwhile = slow
    bot.carry_out(Respond(bot.incident.id))
    assert bot.registry.writes == []
    bot.pass_time(3)
    assert writes(bot) == [UNLOCK]
    assert bot.states == (State.MENDED,)


def test_an_undo_of_what_is_not_known_or_is_over_does_nothing() -> None:
    bot = mended(locked())
    bot.pushed(bot.registry.push())
    bot.work()
    bot.carry_out(Undo("contoso", bot.commitments[0].id, "once more"))
    bot.carry_out(Undo("contoso", "nobody-knows-1-0", "a test"))
    assert writes(bot) == [UNLOCK, LOCK]


def test_a_change_that_is_being_made_is_not_undone_under_its_makers_hands() -> None:
    bot = locked()
    commitment = bot.ledger.commit(
        bot.incident,
        "tag_locked",
        LockChange("contoso", OBJECTS[LockLevel.TAG], replace(OPEN, write=False), write_enabled=True),
    )
    bot.ledger.bring(commitment, Stage.MAKING)
    bot.queue.take()
    bot.carry_out(Undo("contoso", commitment.id, "too early"))
    assert bot.registry.writes == []
    assert bot.queue.commands == (Undo("contoso", commitment.id, "too early"),)


def test_what_is_long_over_is_forgotten_and_the_journal_keeps_it() -> None:
    bot = mended(locked())
    bot.pushed(bot.registry.push())
    bot.work()
    story = bot.story()
    bot.clock.advance(timedelta(days=8))
    tidy(bot.medic)
    assert bot.commitments == ()
    assert bot.story() == story


def test_a_late_row_of_the_old_failure_does_not_disturb_the_repair() -> None:
    bot = mended(locked())
    bot.report(push_refused(START + timedelta(seconds=0), id="late"))
    bot.work()
    assert bot.states == (State.MENDED,)
    assert writes(bot) == [UNLOCK]


def test_a_suppressed_incident_says_why_it_ended() -> None:
    bot = Bot()
    bot.refused()
    bot.clock.advance(1)
    bot.registry.push()
    bot.work()
    [decided] = [entry for entry in bot.story() if isinstance(entry, Decided)]
    assert isinstance(decided.decision, Suppress)
    assert bot.ends() == ("pushed_since",)
