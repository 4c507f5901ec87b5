"""What the clock brings. Nothing is done by the sweep itself, so that nothing is done twice."""

from datetime import UTC, datetime, timedelta

from checks.incident import State
from checks.model import LockLevel
from remediations.model import Kind, Notice, Stage
from remediations.ports import Deliver, Respond, Undo
from remediations.sweep import say_hello
from tests.worlds import Bot, permissive


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


def hello(bot: Bot) -> list[Notice]:
    """What the heartbeat says, if it does."""
    before = len(bot.people.notices)
    say_hello(bot.medic)
    bot.work()
    return list(bot.people.notices[before:])


def test_once_a_week_from_monday_morning_on_the_bot_says_that_it_is_at_work() -> None:
    bot = Bot()
    bot.clock.now = datetime(2026, 3, 2, 8, 59, tzinfo=UTC)
    assert hello(bot) == []
    bot.clock.advance(timedelta(minutes=1))
    [told] = hello(bot)
    assert (told.kind, told.incident, told.title) == (
        Kind.HEARTBEAT,
        "heartbeat-2026-W10",
        "Push Medic is at work",
    )
    for _ in range(6):
        bot.clock.advance(timedelta(days=1))
        assert hello(bot) == []
    bot.clock.advance(timedelta(days=1))
    assert [notice.incident for notice in hello(bot)] == ["heartbeat-2026-W11"]


def test_a_policy_may_do_without_the_sign_of_life() -> None:
    bot = Bot(permissive("notices: {heartbeat: false}\n"))
    assert hello(bot) == []


def test_the_sign_of_life_counts_what_there_was() -> None:
    bot = mended()
    [told] = hello(bot)
    assert dict(told.facts) == {
        "Registries watched": "1",
        "Incidents in seven days": "1",
        "With people now": "0",
        "Temporary changes": "1",
        "Acts": "yes, within policy",
    }
