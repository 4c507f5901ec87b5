"""What the clock brings. Nothing is done by the sweep itself, so that nothing is done twice."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.incident import State
from checks.model import LockLevel, Source, Symptom
from remediations.model import Severity, Stage
from remediations.ports import Deliver, Respond, Undo
from remediations.sweep import watch_storage
from tests.worlds import FORBIDDEN, TEBIBYTE, Bot


def mended() -> Bot:
    bot = Bot()
    bot.registry.lock(LockLevel.TAG)
    bot.refused()
    bot.work()
    return bot


def filled(bot: Bot, percent: int) -> None:
    bot.registry.used = replace(bot.registry.used, used=percent * TEBIBYTE)
    assert watch_storage(bot.medic) == ()
    bot.work()


def states(bot: Bot) -> dict[int | None, State]:
    return {incident.band: incident.state for incident in bot.incidents}


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


@pytest.mark.parametrize(("percent", "band"), [(79, None), (80, 80), (89, 80), (90, 90), (95, 95), (100, 95)])
def test_a_registry_that_has_reached_a_band_is_reported_for_the_highest(
    percent: int, band: int | None
) -> None:
    bot = Bot()
    filled(bot, percent)
    assert [incident.band for incident in bot.incidents] == ([] if band is None else [band])


def test_each_band_is_told_once_however_often_it_is_looked_at() -> None:
    bot = Bot()
    for day in range(60):
        filled(bot, 80 + day // 6)
        bot.clock.advance(timedelta(hours=24))
    assert states(bot) == {80: State.WITH_PEOPLE}
    [notice] = bot.people.notices
    assert (notice.severity, notice.ticket_key) == (Severity.WARNING, "contoso-storage-80")


def test_one_ticket_for_each_band_and_the_last_is_urgent() -> None:
    bot = Bot()
    for percent in (81, 91, 96):
        filled(bot, percent)
    assert [(notice.ticket_key, notice.severity) for notice in bot.people.notices] == [
        ("contoso-storage-80", Severity.WARNING),
        ("contoso-storage-90", Severity.WARNING),
        ("contoso-storage-95", Severity.URGENT),
    ]


def test_a_band_that_is_left_ends_its_incident_and_reached_again_is_the_next_round() -> None:
    bot = Bot()
    filled(bot, 85)
    bot.clock.advance(timedelta(days=1))
    filled(bot, 70)
    assert states(bot) == {80: State.CLOSED}
    assert bot.incident.ended == "storage is down to 70 %"
    bot.clock.advance(timedelta(days=1))
    filled(bot, 85)
    assert (bot.incident.round, bot.incident.state) == (2, State.WITH_PEOPLE)


def test_a_registry_whose_usage_cannot_be_read_is_said_to_be_unread() -> None:
    bot = Bot()
    bot.registry.unreadable["usage"] = FORBIDDEN
    [unread] = watch_storage(bot.medic)
    assert (unread.source, unread.reason) == (Source.STORAGE_WATCH, "usage_unreadable")
    assert unread.detail == "contoso: Azure answered 403"
    assert bot.incidents == ()


def test_the_bands_are_those_of_the_policy() -> None:
    bot = Bot(replace(mended().medic.policy, storage=replace(mended().medic.policy.storage, bands=(50,))))
    filled(bot, 60)
    assert [(incident.symptom, incident.band) for incident in bot.incidents] == [
        (Symptom.STORAGE_FILLING, 50)
    ]
