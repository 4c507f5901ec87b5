"""The changes that the bot answers for."""

from datetime import timedelta

import pytest

from checks.incident import State
from checks.model import LockLevel
from remediations.decision import Attempt
from remediations.model import Commitment, LockChange, Stage
from remediations.pauses import Paused
from tests.memory import START
from tests.worlds import OBJECTS, OPEN, Bot

CHANGE = LockChange(
    "contoso", OBJECTS[LockLevel.TAG], OPEN, write_enabled=True, until=START + timedelta(hours=2)
)
OPEN_STAGES = {
    Stage.INTENDED,
    Stage.MAKING,
    Stage.APPLIED,
    Stage.VERIFIED,
    Stage.UNVERIFIED,
    Stage.UNDOING,
}


def committed(stage: Stage = Stage.INTENDED) -> tuple[Bot, Commitment]:
    bot = Bot()
    commitment = bot.ledger.commit(bot.refused(), "tag_locked", CHANGE)
    return bot, bot.ledger.bring(commitment, stage)


def test_a_commitment_says_what_for_whom_and_until_when() -> None:
    bot, commitment = committed()
    assert commitment == Commitment(
        id=f"{bot.incident.id}-0",
        incident=bot.incident.id,
        fingerprint=bot.incident.fingerprint,
        check="tag_locked",
        change=CHANGE,
        stage=Stage.INTENDED,
        made_at=START,
        due_at=START + timedelta(hours=2),
    )
    assert bot.commitments == (commitment,)


def test_a_second_commitment_of_the_same_attempt_is_the_first() -> None:
    bot, commitment = committed()
    bot.clock.advance(60)
    assert bot.ledger.commit(bot.incident, "another_check", CHANGE) == commitment


def test_the_next_attempt_is_a_commitment_of_its_own() -> None:
    bot, commitment = committed()
    bot.medic.incidents.settle(bot.incident.id, State.OPEN)
    assert bot.ledger.of_this_attempt(bot.incident) is None
    assert bot.ledger.commit(bot.incident, "tag_locked", CHANGE).id != commitment.id


@pytest.mark.parametrize("stage", Stage)
def test_the_bot_answers_for_what_may_be_in_force(stage: Stage) -> None:
    bot, commitment = committed(stage)
    held = bot.ledger.held(bot.incident.id, "contoso")
    assert held == (commitment if stage in OPEN_STAGES else None)
    assert bot.ledger.history("contoso", None).open_changes == (stage in OPEN_STAGES)


@pytest.mark.parametrize("stage", Stage)
def test_a_change_whose_time_is_up_is_overdue_as_long_as_it_may_be_in_force(stage: Stage) -> None:
    bot, commitment = committed(stage)
    bot.clock.advance(timedelta(hours=2))
    assert tuple(bot.ledger.overdue("contoso")) == ((commitment,) if stage in OPEN_STAGES else ())


@pytest.mark.parametrize("stage", Stage)
def test_a_change_that_was_begun_and_left_is_overdue_after_three_minutes(stage: Stage) -> None:
    bot, commitment = committed(stage)
    bot.clock.advance(timedelta(minutes=3))
    assert tuple(bot.ledger.overdue("contoso")) == ()
    bot.clock.advance(1)
    begun = stage in {Stage.INTENDED, Stage.MAKING, Stage.APPLIED}
    assert tuple(bot.ledger.overdue("contoso")) == ((commitment,) if begun else ())


def test_the_sweep_is_told_when_to_come_back() -> None:
    bot, commitment = committed(Stage.VERIFIED)
    bot.clock.advance(timedelta(hours=2))
    later = bot.ledger.bring(commitment, Stage.UNDOING, again_in=timedelta(minutes=5))
    assert tuple(bot.ledger.overdue("contoso")) == ()
    bot.clock.advance(timedelta(minutes=5))
    assert tuple(bot.ledger.overdue("contoso")) == (later,)


@pytest.mark.parametrize("stage", Stage)
def test_the_brakes_see_every_change_that_may_have_been_made(stage: Stage) -> None:
    bot, commitment = committed(stage)
    attempt = Attempt(commitment.fingerprint, START, verified=stage is not Stage.UNVERIFIED)
    assert bot.ledger.history("contoso", None).attempts == (() if stage is Stage.NOT_MADE else (attempt,))


def test_the_brakes_see_who_has_stopped_the_bot() -> None:
    bot, _ = committed()
    paused = Paused(why="a drill", by="anna")
    assert bot.ledger.history("contoso", paused).paused == paused


@pytest.mark.parametrize("stage", Stage)
def test_what_is_over_is_forgotten_after_a_week_and_what_is_in_force_never(stage: Stage) -> None:
    bot, commitment = committed(stage)
    bot.clock.advance(timedelta(days=7))
    bot.ledger.prune("contoso")
    assert bot.commitments == (commitment,)
    bot.clock.advance(1)
    bot.ledger.prune("contoso")
    assert bot.commitments == ((commitment,) if stage in OPEN_STAGES else ())


def test_a_change_that_is_not_known_is_not_found() -> None:
    bot, _ = committed()
    assert bot.ledger.find("contoso", "nobody-knows-1-0") is None
    assert bot.ledger.find("fabrikam", bot.commitments[0].id) is None
