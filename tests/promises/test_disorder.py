"""Everything may be delivered twice, late, and in another order: the story comes to the same."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from checks.incident import State
from checks.model import LockLevel
from remediations.ports import Command
from tests.promises.test_crashes import TALES
from tests.worlds import Bot, in_pairs, push_refused


class Disordered(Bot):
    """A bot whose queue gives every command twice, or the last one first."""

    twice = False
    backwards = False

    def work(self) -> None:
        while ready := self.queue.take():
            for command in self._as_delivered(ready):
                self.carry_out(command)

    def _as_delivered(self, ready: tuple[Command, ...]) -> Iterator[Command]:
        for command in reversed(ready) if self.backwards else ready:
            yield command
            if self.twice:
                yield command


def duplicated(bot: Disordered, steps: Iterator[Callable[[], object]]) -> None:
    bot.twice = True
    for step in steps:
        step()
        step()
    bot.pass_time(5)


def late(bot: Disordered, steps: Iterator[Callable[[], object]]) -> None:
    for step in steps:
        bot.clock.advance(timedelta(minutes=12))
        step()
    bot.pass_time(5)


def backwards(bot: Disordered, steps: Iterator[Callable[[], object]]) -> None:
    bot.backwards = True
    for step in steps:
        step()
    bot.pass_time(5)


def everything_at_once(bot: Disordered, steps: Iterator[Callable[[], object]]) -> None:
    bot.twice = bot.backwards = True
    for step in steps:
        bot.clock.advance(timedelta(minutes=7))
        step()
        step()
    bot.pass_time(5)


@pytest.mark.parametrize("delivered", [duplicated, late, backwards, everything_at_once])
@pytest.mark.parametrize("name", TALES)
def test_however_it_is_delivered_a_change_is_made_once_written_down_undone_and_told(
    name: str, delivered: Callable[[Disordered, Iterator[Callable[[], object]]], None]
) -> None:
    tale, writes, state = TALES[name]
    bot = Disordered()
    delivered(bot, tale(bot))
    assert tuple(map(str, bot.registry.writes)) == writes
    assert bot.states == (state,)
    assert [one for one in bot.commitments if one.open] == []
    assert in_pairs(bot.story())
    assert bot.journal.broken_at(bot.incident.id) is None
    assert len(set(bot.titles())) == len(bot.titles())
    assert bot.medic.outbox.pending() == ()


def test_news_of_the_push_that_comes_before_the_row_of_its_refusal_leaves_nothing_to_mend() -> None:
    bot = Bot()
    refused = push_refused(bot.clock())
    bot.clock.advance(60)
    news = bot.registry.push()
    bot.registry.lock(LockLevel.TAG)
    bot.pushed(news)
    bot.report(refused)
    bot.pass_time(5)
    assert bot.registry.writes == []
    assert bot.states == (State.CLOSED,)
    assert bot.titles() == ()


def test_news_of_the_push_that_comes_before_the_repair_was_looked_at_ends_it() -> None:
    bot = Bot()
    bot.registry.lock(LockLevel.TAG)
    bot.refused()
    [respond] = bot.queue.take()
    bot.carry_out(respond)
    bot.clock.advance(60)
    news = bot.registry.push()
    bot.pushed(news)
    bot.carry_out(respond)
    bot.pushed(news)
    bot.work()
    assert [str(change) for change in bot.registry.writes] == [
        "unlock tag team/app:v1",
        "lock tag team/app:v1",
    ]
    assert bot.states == (State.CLOSED,)
