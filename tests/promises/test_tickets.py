"""The life of a ticket in the story: opened when people are needed, told of what is worse, resolved when it is over."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

import pytest
from msgspec.structs import replace

from checks.incident import State
from checks.model import LockLevel
from remediations.model import Failed
from remediations.ports import Unsure
from remediations.responder import give_up
from remediations.storage_watch import watch_storage
from tests.memory import Crash
from tests.promises.test_crashes import told
from tests.worlds import TEBIBYTE, Bot, Lost, push_refused

type Tale = Callable[[Bot], Iterator[Callable[[], object]]]


def filled(bot: Bot, *percents: int) -> None:
    """Each of these is a day, on which the storage watch looks."""
    for percent in percents:
        bot.registry.used = replace(bot.registry.used, used=percent * TEBIBYTE)
        watch_storage(bot.medic)
        bot.work()
        bot.clock.advance(timedelta(days=1))


def left_to_people(bot: Bot) -> None:
    """Nothing explains the refusal, so people have it."""
    bot.refused()
    bot.work()
    assert bot.states == (State.WITH_PEOPLE,)


def test_what_is_left_to_people_is_a_ticket_and_a_push_that_succeeds_resolves_it() -> None:
    bot = Bot(desk=True)
    left_to_people(bot)
    bot.clock.advance(60)
    bot.pushed(bot.registry.push())
    bot.work()
    (ticket,) = bot.desk.tickets
    assert ticket.titles[-1] == "It is over in contoso: the push has succeeded"
    assert (ticket.open, len(ticket.told), bot.states) == (False, 2, (State.CLOSED,))
    assert bot.titles()[-1] == ticket.titles[-1]


def test_what_was_mended_at_once_is_no_ticket() -> None:
    bot = Bot(desk=True)
    bot.registry.lock(LockLevel.TAG)
    bot.refused()
    bot.work()
    bot.clock.advance(60)
    bot.pushed(bot.registry.push())
    bot.work()
    assert bot.states == (State.CLOSED,)
    assert bot.desk.tickets == []


def test_a_push_that_comes_twice_and_is_told_of_twice_resolves_once() -> None:
    bot = Bot(desk=True)
    left_to_people(bot)
    bot.clock.advance(60)
    news = bot.registry.push()
    bot.pushed(news)
    bot.pushed(news)
    bot.work()
    bot.pushed(news)
    bot.work()
    assert [(ticket.resolved, len(ticket.told)) for ticket in bot.desk.tickets] == [(1, 2)]


def test_the_same_failure_a_day_later_is_told_on_the_same_ticket() -> None:
    bot = Bot(desk=True)
    left_to_people(bot)
    bot.clock.advance(timedelta(hours=25))
    bot.refused()
    bot.work()
    bot.clock.advance(60)
    assert bot.incident.round == 2
    assert [(ticket.open, len(ticket.told)) for ticket in bot.desk.tickets] == [(True, 2)]
    bot.pushed(bot.registry.push())
    bot.work()
    assert [ticket.open for ticket in bot.desk.tickets] == [False]


def test_a_failure_after_the_end_is_another_ticket() -> None:
    bot = Bot(desk=True)
    for _ in range(2):
        left_to_people(bot)
        bot.clock.advance(60)
        bot.pushed(bot.registry.push())
        bot.work()
        bot.clock.advance(60)
    assert [ticket.open for ticket in bot.desk.tickets] == [False, False]
    first, second = (ticket.key for ticket in bot.desk.tickets)
    assert second == f"{first}.2"


def test_a_registry_that_fills_up_is_one_ticket_until_there_is_room_again() -> None:
    bot = Bot(desk=True)
    for percents, notes, is_open in (((81, 81), 1, True), ((91, 91), 2, True), ((60,) * 16, 4, False)):
        filled(bot, *percents)
        assert [(len(ticket.told), ticket.open) for ticket in bot.desk.tickets] == [(notes, is_open)]
    filled(bot, 83, 83)
    assert [one.key for one in bot.desk.tickets] == ["contoso-storage", "contoso-storage.2"]


def test_a_push_that_the_ceiling_refused_and_that_succeeds_leaves_the_ticket_of_the_registry_open() -> None:
    bot = Bot(desk=True)
    filled(bot, 99)
    bot.refused()
    bot.work()
    bot.clock.advance(60)
    bot.pushed(bot.registry.push())
    bot.work()
    assert [(ticket.open, len(ticket.told)) for ticket in bot.desk.tickets] == [(True, 3)]
    filled(bot, *(60,) * 8)
    assert [ticket.open for ticket in bot.desk.tickets] == [False]


def test_a_push_that_the_ceiling_refuses_and_that_succeeds_ends_a_ticket_that_only_it_needed() -> None:
    bot = Bot(desk=True)
    bot.registry.used = replace(bot.registry.used, used=99 * TEBIBYTE)
    bot.refused()
    bot.work()
    assert [ticket.key for ticket in bot.desk.tickets] == ["contoso-storage"]
    bot.clock.advance(60)
    bot.pushed(bot.registry.push())
    bot.work()
    assert [ticket.open for ticket in bot.desk.tickets] == [False]


def test_a_change_that_cannot_be_undone_is_a_ticket_until_it_is() -> None:
    bot = Bot(desk=True)
    bot.registry.lock(LockLevel.TAG)
    bot.refused()
    bot.work()
    bot.registry.refusal = Failed("Azure answered 403", missing_right="some/right")
    bot.pass_time(121)
    assert [ticket.open for ticket in bot.desk.tickets] == [True]
    bot.registry.refusal = None
    bot.pass_time(120)
    assert bot.states == (State.CLOSED,)
    assert [ticket.open for ticket in bot.desk.tickets] == [False]


def test_what_people_have_stays_with_them_when_a_change_for_it_runs_out() -> None:
    bot = Bot(desk=True)
    bot.registry.lock(LockLevel.TAG)
    bot.registry.lock(LockLevel.REPOSITORY)
    bot.refused()
    bot.work()
    give_up(bot.medic, bot.incident.id, "a test")
    bot.pass_time(180)
    assert bot.states == (State.WITH_PEOPLE,)
    assert [ticket.open for ticket in bot.desk.tickets] == [True]
    bot.registry.lock(LockLevel.TAG, write=True)
    bot.registry.lock(LockLevel.REPOSITORY, write=True)
    bot.pushed(bot.registry.push())
    bot.work()
    assert [ticket.open for ticket in bot.desk.tickets] == [False]


def resolved_by_a_push(bot: Bot) -> Iterator[Callable[[], object]]:
    signal = push_refused(bot.clock())
    yield lambda: bot.report(signal)
    yield bot.work
    bot.clock.advance(60)
    news = bot.registry.push()
    yield lambda: bot.pushed(news)
    yield bot.work


def resolved_by_room(bot: Bot) -> Iterator[Callable[[], object]]:
    for percent in (81, 81, 91, 91, *(60,) * 16):
        yield lambda percent=percent: filled(bot, percent)  # type: ignore[misc]


def created_without_a_reply(bot: Bot) -> Iterator[Callable[[], object]]:
    bot.desk.lost = Unsure("the connection was lost before the answer came")
    yield from resolved_by_a_push(bot)
    yield lambda: bot.pass_time(10)


TALES = {
    "a push that succeeds": (resolved_by_a_push, 2),
    "a creation whose reply is lost": (created_without_a_reply, 2),
    "room that was made": (resolved_by_room, 4),
}


@pytest.mark.parametrize("surprise", [Crash, Lost])
@pytest.mark.parametrize("after", [0, 12])
@pytest.mark.parametrize("name", TALES)
def test_wherever_a_worker_fails_there_is_one_ticket_and_it_is_resolved_once(
    name: str, after: int, surprise: type[BaseException]
) -> None:
    tale, most = TALES[name]
    for step in count(1):
        bot = Bot(desk=True)
        bot.fuse.fail(at=step, surprise=surprise)
        failed = told(tale, bot, after)
        bot.pass_time(15)
        at = f"it failed at step {step}"
        assert len(bot.desk.tickets) <= 1, at
        assert [(ticket.open, ticket.resolved) for ticket in bot.desk.tickets] in ([], [(False, 1)]), at
        assert all(len(ticket.told) <= most for ticket in bot.desk.tickets), at
        assert all(state is State.CLOSED for state in bot.states), at
        assert "is over" in bot.titles()[-1], at
        if not failed:
            break
