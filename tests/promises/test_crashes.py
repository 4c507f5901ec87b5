"""A worker may die at any step, and any service may fail it once: the next worker sees through what was begun, once."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

import pytest
from msgspec.structs import replace

from checks.incident import State
from checks.model import LockLevel
from remediations.model import Failed
from remediations.policy_file import parse_policy
from tests.memory import Crash
from tests.worlds import ADDRESS, COLLEAGUE, PERMISSIVE, Bot, Lost, address_denied, in_pairs, push_refused

# What happens, in order. Each step that a tale yields is delivered at least once; the world goes on between.
type Tale = Callable[[Bot], Iterator[Callable[[], object]]]


def locked_until_pushed(level: LockLevel) -> Tale:
    def tale(bot: Bot) -> Iterator[Callable[[], object]]:
        bot.registry.lock(level)
        signal = push_refused(bot.clock())
        yield lambda: bot.report(signal)
        yield bot.work
        bot.clock.advance(60)
        news = bot.registry.push()
        yield lambda: bot.pushed(news)
        yield bot.work

    return tale


def locked_until_time_is_up(bot: Bot) -> Iterator[Callable[[], object]]:
    bot.registry.lock(LockLevel.TAG)
    signal = push_refused(bot.clock())
    yield lambda: bot.report(signal)
    yield bot.work
    bot.clock.advance(timedelta(hours=2))
    yield bot.sweep
    yield bot.work


def denied_until_time_is_up(bot: Bot) -> Iterator[Callable[[], object]]:
    bot.registry.deny(COLLEAGUE)
    signal = address_denied(bot.clock())
    yield lambda: bot.report(signal)
    yield bot.work
    bot.clock.advance(timedelta(hours=8))
    yield bot.sweep
    yield bot.work


def changed_while_we_looked(bot: Bot) -> Iterator[Callable[[], object]]:
    """A colleague adds a rule between our reading and our writing, once."""
    bot.registry.deny()
    theirs = iter([COLLEAGUE])

    def once() -> None:
        for rule in theirs:
            bot.registry.rule(rule)

    bot.registry.meanwhile = once
    signal = address_denied(bot.clock())
    yield lambda: bot.report(signal)
    yield bot.work
    bot.clock.advance(timedelta(hours=8))
    yield bot.sweep
    yield bot.work


def refused_by_azure(bot: Bot) -> Iterator[Callable[[], object]]:
    bot.registry.lock(LockLevel.TAG)
    bot.registry.refusal = Failed("Azure answered 403", missing_right="some/right")
    signal = push_refused(bot.clock())
    yield lambda: bot.report(signal)
    yield bot.work


def left_to_people(bot: Bot) -> Iterator[Callable[[], object]]:
    signal = push_refused(bot.clock())
    yield lambda: bot.report(signal)
    yield bot.work


def denied_at_the_quota_while_rules_are_over(bot: Bot) -> Iterator[Callable[[], object]]:
    """Two rules are over, and nobody has come to them yet when a third is wanted that there is no room for."""
    bot.registry.deny()
    first = address_denied(bot.clock(), id="first", address="52.138.231.1")
    yield lambda: bot.report(first)
    yield bot.work
    second = address_denied(bot.clock(), id="second", address="52.138.231.2")
    yield lambda: bot.report(second)
    yield bot.work
    bot.registry.used = replace(bot.registry.used, ip_rule_limit=2)
    bot.clock.advance(timedelta(hours=8))
    third = address_denied(bot.clock())
    yield lambda: bot.report(third)
    yield bot.work
    bot.clock.advance(timedelta(hours=8))
    yield bot.sweep
    yield bot.work


def denied_and_told_of_again(bot: Bot) -> Iterator[Callable[[], object]]:
    """The rule is still needed when its time is up, and is not any more at the end of that."""
    bot.obey(parse_policy(PERMISSIVE.replace("lasts: 8h", "lasts: 8h\n    at_most: 1d"), "policy.yaml"))
    bot.registry.deny(COLLEAGUE)
    signal = address_denied(bot.clock())
    yield lambda: bot.report(signal)
    yield bot.work
    bot.clock.advance(timedelta(hours=4))
    again = address_denied(bot.clock(), id="again")
    yield lambda: bot.report(again)
    yield bot.work
    bot.clock.advance(timedelta(hours=4))
    yield bot.sweep
    yield bot.work
    bot.clock.advance(timedelta(hours=4))
    yield bot.sweep
    yield bot.work


ALLOWED = f"add network rule {ADDRESS}", f"remove network rule {ADDRESS}"
TALES = {
    "a locked repository": (
        locked_until_pushed(LockLevel.REPOSITORY),
        ("unlock repository team/app", "lock repository team/app"),
        State.CLOSED,
    ),
    "a locked tag": (
        locked_until_pushed(LockLevel.TAG),
        ("unlock tag team/app:v1", "lock tag team/app:v1"),
        State.CLOSED,
    ),
    "a locked tag that nobody pushes to": (
        locked_until_time_is_up,
        ("unlock tag team/app:v1", "lock tag team/app:v1"),
        State.CLOSED,
    ),
    "a denied address": (denied_until_time_is_up, ALLOWED, State.CLOSED),
    "a denied address that is told of again": (denied_and_told_of_again, ALLOWED, State.WITH_PEOPLE),
    "a colleague at the same rules": (changed_while_we_looked, ALLOWED, State.CLOSED),
    "a writer without the right": (refused_by_azure, (), State.WITH_PEOPLE),
    "a failure that nothing explains": (left_to_people, (), State.WITH_PEOPLE),
}
FAILURES = {
    "dies": (Crash, 0),
    "dies, and its message comes back late": (Crash, 12),
    "is failed by a service once": (Lost, 0),
}


def told(tale: Tale, bot: Bot, after: int) -> int:
    """Let the tale happen, with a new worker for one that fails; how often one did."""
    failures = 0
    for step in tale(bot):
        try:
            step()
        except (Crash, Lost):
            failures += 1
            bot.restart(delivered_after=after)
            step()
            bot.pass_time(5)
    bot.pass_time(5)
    return failures


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("name", TALES)
def test_whatever_fails_a_change_is_made_once_written_down_undone_and_told(name: str, failure: str) -> None:
    tale, writes, state = TALES[name]
    surprise, after = FAILURES[failure]
    calm = Bot()
    told(tale, calm, after)
    for step in count(1):
        bot = Bot()
        bot.fuse.fail(at=step, surprise=surprise)
        failed = told(tale, bot, after)
        at = f"it failed at step {step}"
        assert tuple(map(str, bot.registry.writes)) == writes, at
        assert bot.states == (state,), at
        assert [one for one in bot.commitments if one.open] == [], at
        assert in_pairs(bot.story()), at
        assert bot.journal.broken_at(bot.incident.id) is None, at
        assert bot.outcomes() == calm.outcomes(), at
        assert sorted(bot.titles()) == sorted(calm.titles()), at
        assert bot.medic.outbox.pending() == (), at
        assert len(bot.ends()) == len(calm.ends()), at
        if not failed:
            break


def test_whatever_fails_at_the_quota_what_is_over_goes_once_and_what_is_wanted_comes_once() -> None:
    for surprise, after in FAILURES.values():
        for step in count(1):
            bot = Bot()
            bot.fuse.fail(at=step, surprise=surprise)
            failed = told(denied_at_the_quota_while_rules_are_over, bot, after)
            at = f"it failed at step {step}"
            added = [rule for write in bot.registry.writes for rule in getattr(write, "add", ())]
            removed = [rule for write in bot.registry.writes for rule in getattr(write, "remove", ())]
            assert sorted(added) == sorted(removed) == ["52.138.231.1", "52.138.231.2", ADDRESS], at
            assert set(bot.states) == {State.CLOSED}, at
            assert [one for one in bot.commitments if one.open] == [], at
            for incident in bot.incidents:
                assert in_pairs(bot.story(incident)), at
                assert bot.journal.broken_at(incident.id) is None, at
            assert len(bot.titles()) == 6, at
            if not failed:
                break
