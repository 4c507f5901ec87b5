"""The one path on which the bot writes: written down before, looked at after, never without the lease."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.model import LockLevel
from remediations.lease import Busy
from remediations.model import (
    AboutTo,
    CameOf,
    Change,
    Commitment,
    Failed,
    LockChange,
    Moved,
    Stage,
    Undone,
    Unverified,
    Verified,
)
from tests.memory import START
from tests.worlds import CONTOSO, OBJECTS, OLD, OPEN, Bot, Lost

LOCKED = replace(OPEN, write=False, digest=OLD)
UNLOCK = LockChange(
    "contoso", OBJECTS[LockLevel.TAG], LOCKED, write_enabled=True, until=START + timedelta(hours=2)
)
LOCK = LockChange("contoso", OBJECTS[LockLevel.TAG], UNLOCK.after, write_enabled=False)
GOOD = Verified("it is open")


def committed(stage: Stage = Stage.INTENDED) -> tuple[Bot, Commitment]:
    """A bot that has committed itself to lift a lock, and came as far as that."""
    bot = Bot()
    bot.registry.lock(LockLevel.TAG)
    commitment = bot.ledger.commit(bot.refused(), "tag_locked", UNLOCK)
    return bot, bot.ledger.bring(commitment, stage)


def make(
    bot: Bot, commitment: Commitment, verify: Callable[[str], Verified | Unverified] = lambda _: GOOD
) -> Verified | Unverified | Moved | Failed:
    with bot.medic.leases.hold("contoso") as lease:
        story = bot.journal.of(commitment.incident)
        return bot.medic.execution.make(CONTOSO, commitment, story, lease, verify)


def take_back(bot: Bot, commitment: Commitment, change: Change = LOCK) -> Undone | Moved | Failed:
    with bot.medic.leases.hold("contoso") as lease:
        story = bot.journal.of(commitment.incident)
        return bot.medic.execution.take_back(CONTOSO, [(commitment, story)], change, lease)


def stage(bot: Bot) -> Stage:
    [commitment] = bot.commitments
    return commitment.stage


def changes(bot: Bot) -> list[object]:
    return [entry for entry in bot.story() if isinstance(entry, AboutTo | CameOf)]


def test_a_change_is_announced_made_verified_and_said_to_be_so() -> None:
    bot, commitment = committed()
    asked: list[str] = []

    def verify(check: str) -> Verified:
        asked.append(check)
        assert bot.registry.is_open(LockLevel.TAG)
        assert stage(bot) is Stage.APPLIED
        return GOOD

    assert make(bot, commitment, verify) == GOOD
    assert (asked, stage(bot), bot.registry.writes) == (["tag_locked"], Stage.VERIFIED, [UNLOCK])
    assert changes(bot) == [AboutTo(commitment.id, UNLOCK), CameOf(commitment.id, GOOD)]


def test_the_announcement_is_written_before_the_registry_is_touched() -> None:
    bot, commitment = committed()

    def seen() -> None:
        assert changes(bot) == [AboutTo(commitment.id, UNLOCK)]
        assert stage(bot) is Stage.MAKING

    bot.registry.meanwhile = seen
    make(bot, commitment)
    assert bot.registry.writes == [UNLOCK]


@pytest.mark.parametrize(
    ("outcome", "after"),
    [(GOOD, Stage.VERIFIED), (Unverified("it is still locked"), Stage.UNVERIFIED)],
)
def test_a_change_that_was_made_is_answered_for_whether_or_not_it_helped(
    outcome: Verified | Unverified, after: Stage
) -> None:
    bot, commitment = committed()
    assert make(bot, commitment, lambda _: outcome) == outcome
    assert stage(bot) is after
    assert bot.commitments[0].open


def test_a_target_that_moved_is_not_answered_for() -> None:
    bot, commitment = committed()
    bot.registry.lock(LockLevel.TAG, write=True)
    assert make(bot, commitment) == Moved("somebody has made this very change")
    assert (stage(bot), bot.registry.writes) == (Stage.NOT_MADE, [])


@pytest.mark.parametrize(("settled", "after"), [(True, Stage.NOT_MADE), (False, Stage.UNVERIFIED)])
def test_a_write_that_may_have_been_carried_out_is_answered_for(after: Stage, *, settled: bool) -> None:
    bot, commitment = committed()
    bot.registry.refusal = Failed("a test", settled=settled)
    assert make(bot, commitment) == bot.registry.refusal
    assert stage(bot) is after


def test_what_came_of_it_is_not_asked_twice() -> None:
    bot, commitment = committed()
    make(bot, commitment)

    def never(_: str) -> Verified:
        raise AssertionError

    assert make(bot, bot.commitments[0], never) == GOOD
    assert bot.registry.writes == [UNLOCK]


@pytest.mark.parametrize("left", [Stage.MAKING, Stage.APPLIED, Stage.VERIFIED])
def test_what_a_dead_worker_may_have_made_is_seen_through_and_not_made_again(left: Stage) -> None:
    bot, commitment = committed(left)
    bot.registry.lock(LockLevel.TAG, write=True)
    assert make(bot, commitment) == GOOD
    assert (stage(bot), bot.registry.writes) == (Stage.VERIFIED, [])


def test_what_a_dead_worker_had_only_begun_is_made() -> None:
    for left in (Stage.INTENDED, Stage.MAKING):
        bot, commitment = committed(left)
        assert make(bot, commitment) == GOOD
        assert bot.registry.writes == [UNLOCK]


def test_without_the_lease_nothing_is_written_and_the_work_is_left_as_it_is() -> None:
    bot, commitment = committed()
    with bot.medic.leases.hold("contoso") as lost:
        bot.clock.advance(timedelta(seconds=90))
        taken = bot.medic.leases.hold("contoso")
        taken.__enter__()
        with pytest.raises(Busy):
            bot.medic.execution.make(
                CONTOSO, commitment, bot.journal.of(commitment.incident), lost, lambda _: GOOD
            )
    assert bot.registry.writes == []
    assert bot.commitments[0].begun


def test_an_undoing_is_announced_and_made() -> None:
    bot, commitment = committed()
    make(bot, commitment)
    assert take_back(bot, bot.commitments[0]) == Undone()
    assert not bot.registry.is_open(LockLevel.TAG)
    assert stage(bot) is Stage.UNDOING
    assert changes(bot)[-1] == AboutTo(f"{commitment.id}/undo", LOCK)


def test_an_undoing_that_was_refused_is_still_answered_for_and_tried_again_in_five_minutes() -> None:
    bot, commitment = committed()
    make(bot, commitment)
    bot.registry.refusal = Failed("Azure answered 403")
    assert take_back(bot, bot.commitments[0]) == bot.registry.refusal
    [undoing] = bot.commitments
    assert (undoing.stage, undoing.due_at) == (Stage.UNDOING, START + timedelta(minutes=5))


def test_an_undoing_that_a_dead_worker_made_is_not_made_again() -> None:
    bot, commitment = committed()
    make(bot, commitment)
    bot.registry.lock(LockLevel.TAG)
    assert take_back(bot, bot.commitments[0]) == Undone()
    assert bot.registry.writes == [UNLOCK]


def test_an_undoing_is_written_down_as_over_by_whoever_closes_it() -> None:
    bot, commitment = committed()
    make(bot, commitment)
    take_back(bot, bot.commitments[0])
    bot.medic.execution.close(commitment, Undone(), bot.journal.of(commitment.incident))
    assert changes(bot)[-1] == CameOf(f"{commitment.id}/undo", Undone())


def test_a_surprise_leaves_a_record_that_it_was_about_to_happen() -> None:
    bot, commitment = committed()

    def surprise() -> None:
        raise Lost

    bot.registry.meanwhile = surprise
    with pytest.raises(Lost):
        make(bot, commitment)
    assert changes(bot) == [AboutTo(commitment.id, UNLOCK)]
    assert bot.commitments[0].begun
