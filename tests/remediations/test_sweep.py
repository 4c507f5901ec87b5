"""What the clock brings. Nothing is done by the sweep itself, so that nothing is done twice."""

from datetime import timedelta

from checks.incident import State
from checks.model import LockLevel
from remediations.model import Stage
from remediations.ports import Deliver, Respond, Undo
from tests.worlds import Bot


def mended() -> Bot:
    bot = Bot()
    bot.registry.lock(LockLevel.TAG)
    bot.refused()
    bot.work()
    return bot


def test_where_nothing_is_due_nothing_is_put_on_the_queue() -> None:
    bot = mended()
    bot.sweep()
    assert bot.queue.commands == ()


def test_a_change_whose_time_is_up_is_put_on_the_queue_and_not_undone_here() -> None:
    bot = mended()
    bot.clock.advance(timedelta(hours=2))
    bot.sweep()
    assert bot.queue.commands == (Undo("contoso", bot.commitments[0].id, "its time is up"),)
    assert bot.registry.is_open(LockLevel.TAG)


def test_an_incident_that_a_dead_worker_left_is_put_back_on_the_queue() -> None:
    bot = Bot()
    incident = bot.refused()
    bot.queue.take()
    bot.clock.advance(timedelta(minutes=4))
    bot.sweep()
    assert bot.queue.commands == (Respond(incident.id),)


def test_a_change_that_a_dead_worker_left_half_made_is_put_back_on_the_queue() -> None:
    bot = mended()
    bot.ledger.bring(bot.commitments[0], Stage.MAKING)
    bot.medic.incidents.settle(bot.incident.id, State.OPEN)
    bot.clock.advance(timedelta(minutes=4))
    bot.sweep()
    assert set(bot.queue.commands) == {Respond(bot.incident.id)}


def test_a_change_left_half_made_for_an_incident_that_has_ended_is_undone() -> None:
    bot = mended()
    bot.ledger.bring(bot.commitments[0], Stage.MAKING)
    bot.clock.advance(timedelta(minutes=4))
    bot.sweep()
    assert [type(command) for command in bot.queue.commands] == [Undo]
    bot.work()
    assert not bot.registry.is_open(LockLevel.TAG)


def test_a_message_whose_command_was_lost_is_put_back_on_the_queue() -> None:
    bot = Bot()
    bot.refused()
    [respond] = bot.queue.take()
    bot.carry_out(respond)
    [deliver] = bot.queue.take()
    bot.clock.advance(timedelta(minutes=2))
    bot.sweep()
    assert isinstance(deliver, Deliver)
    assert bot.queue.commands == (deliver,)
