"""What is held back: too much at once, at night, or again; and how it comes out, all of it and once."""

from contextlib import suppress
from datetime import timedelta

import pytest
from msgspec.structs import replace

from remediations.message import Message, State
from remediations.model import Kind, Notice, Severity
from remediations.outbox import Tried
from remediations.policy import Notices, QuietHours
from remediations.ports import Dead
from remediations.restraint import Manners
from remediations.routing import Pace
from tests.memory import START, Crash, Fuse, MemoryTable
from tests.remediations.notices import MENDED, NEEDS_YOU, OVER
from tests.remediations.test_outbox import Post, World

SPARING = Manners(paces={"teams": Pace(per_minute=30, per_hour=60, sparing=True)})
MENDED_ONE = replace(MENDED, kind=Kind.MENDED)
OVER_ONE = replace(OVER, kind=Kind.OVER)


def world(manners: Manners = SPARING, table: MemoryTable[Message] | None = None) -> World:
    return World(Post("teams"), table=table, manners=manners)


def other(number: int, notice: Notice = MENDED_ONE) -> Notice:
    """The same of another incident."""
    return replace(notice, incident=f"contosoacr-{number:012x}-1")


def shown(there: World) -> list[str]:
    """What arrived in the channel, in order."""
    return [notice.title for _, notice in there.channels["teams"].got]


def an_hour(there: World) -> None:
    for _ in range(61):
        there.clock.advance(timedelta(minutes=1))
        there.outbox.fold()
        there.sweep()
        there.work()


def test_an_incident_has_a_beginning_and_an_end_in_a_channel_and_no_third_message() -> None:
    there = world()
    asked = replace(MENDED_ONE, step="asked", kind=Kind.ASKS, title="may the bot?")
    for notice in (asked, MENDED_ONE, OVER_ONE):
        there.outbox.post(notice)
    there.work()
    assert shown(there) == ["may the bot?", MENDED.title]
    an_hour(there)
    assert shown(there) == ["may the bot?", MENDED.title, OVER.title]


def test_the_same_said_again_leaves_room_for_the_end() -> None:
    there = world()
    for step in ("needs-you-1", "needs-you-2"):
        there.outbox.post(replace(NEEDS_YOU, step=step))
    there.outbox.post(replace(NEEDS_YOU, step="final", kind=Kind.OVER, title="over"))
    there.work()
    assert shown(there) == [NEEDS_YOU.title, "over"]


def test_a_notice_that_is_posted_twice_keeps_its_place() -> None:
    there = world()
    for _ in range(2):
        there.outbox.post(MENDED_ONE)
        there.outbox.post(OVER_ONE)
    there.work()
    assert shown(there) == [MENDED.title, OVER.title]


def test_above_the_rate_the_rest_comes_as_one_digest() -> None:
    there = world(Manners(Notices(per_hour=3), SPARING.paces))
    for number in range(8):
        there.outbox.post(other(number))
        there.work()
    assert len(shown(there)) == 3
    an_hour(there)
    assert shown(there)[3:] == ["5 messages in one"]
    [told] = [notice for _, notice in there.channels["teams"].got if notice.kind is Kind.DIGEST]
    assert len(told.facts) == 5
    assert {m.state for m in there.outbox.since(START) if m.notice.kind is Kind.MENDED} == {
        State.ACCEPTED,
        State.FOLDED,
    }
    assert there.outbox.pending() == ()


def test_what_is_urgent_is_not_held_back_by_the_rate() -> None:
    there = world(Manners(Notices(per_hour=1), SPARING.paces))
    for number in range(3):
        there.outbox.post(other(number, NEEDS_YOU))
        there.work()
    assert len(shown(there)) == 3


def test_at_night_what_is_not_urgent_waits_for_the_morning() -> None:
    quiet = QuietHours(begin="11:00", end="14:00")
    there = world(Manners(Notices(quiet_hours=quiet), SPARING.paces))
    for notice in (MENDED_ONE, other(1), other(2, NEEDS_YOU)):
        there.outbox.post(notice)
    there.work()
    assert shown(there) == [NEEDS_YOU.title]
    an_hour(there)
    assert shown(there) == [NEEDS_YOU.title]
    an_hour(there)
    assert shown(there) == [NEEDS_YOU.title, "2 messages in one"]
    assert there.outbox.unsent() == 0


def test_a_digest_is_as_grave_as_the_gravest_in_it_and_says_what_it_left_out() -> None:
    there = world(Manners(Notices(quiet_hours=QuietHours(begin="11:00", end="13:00")), {}))
    for number in range(30):
        severity = Severity.WARNING if number == 7 else Severity.INFO
        there.outbox.post(replace(other(number), severity=severity, title=f"number {number}"))
    an_hour(there)
    [(_, told)] = there.channels["teams"].got
    assert (told.severity, len(told.facts), told.facts[0][1]) == (
        Severity.WARNING,
        20,
        "number 7 · contosoacr-000000000007-1",
    )
    assert "And 10 more" in told.paragraphs[1]


def test_a_channel_that_has_had_enough_for_a_minute_makes_messages_wait_and_counts_no_attempt() -> None:
    there = world(Manners(paces={"teams": Pace(per_minute=2, per_hour=60)}))
    for number in range(5):
        there.outbox.post(other(number, NEEDS_YOU))
    there.work()
    assert len(shown(there)) == 2
    assert {message.attempts for message in there.outbox.pending()} == {0}
    for _ in range(3):
        there.clock.advance(timedelta(seconds=62))
        there.work()
    assert len(shown(there)) == 5


@pytest.mark.parametrize("step", range(1, 16))
def test_a_worker_that_dies_while_it_folds_loses_nothing_and_tells_nothing_twice(step: int) -> None:
    table = MemoryTable(Message)
    there = world(Manners(Notices(quiet_hours=QuietHours(begin="11:00", end="13:00")), {}), table)
    for number in range(3):
        there.outbox.post(replace(other(number), title=f"number {number}"))
    there.clock.advance(timedelta(hours=1))
    table.fuse = Fuse(before=step)
    with suppress(Crash):
        there.outbox.fold()
    table.fuse = Fuse()
    an_hour(there)
    facts = [fact for _, notice in there.channels["teams"].got for _, fact in notice.facts]
    alone = [notice.title for _, notice in there.channels["teams"].got if notice.kind is not Kind.DIGEST]
    told = sorted(text.split(" · ")[0] for text in facts if text.startswith("number ")) + alone
    assert sorted(told) == ["number 0", "number 1", "number 2"]
    assert there.outbox.pending() == ()


def test_what_was_folded_is_written_into_the_journal_of_its_incident() -> None:
    there = world(Manners(Notices(quiet_hours=QuietHours(begin="11:00", end="13:00")), {}))
    there.outbox.post(other(1))
    there.outbox.post(other(2))
    there.clock.advance(timedelta(hours=1))
    folded = there.outbox.fold()
    assert all(isinstance(tried, Tried) for tried in folded)
    assert sorted(tried.incident for tried in folded) == [other(1).incident, other(2).incident]
    assert all(tried.told.result.startswith("folded: in the digest ") for tried in folded)


def test_a_dead_channels_digest_is_told_by_another() -> None:
    teams, email = Post("teams", [Dead("it is gone")]), Post("email")
    quiet = Manners(Notices(quiet_hours=QuietHours(begin="11:00", end="13:00")))
    there = World(teams, email, manners=quiet)
    for number in range(2):
        there.outbox.post(other(number), ("teams",))
    an_hour(there)
    assert [notice.title for _, notice in email.got] == ["2 messages in one"]
    assert email.got[0][1].paragraphs[0].startswith("“teams” did not take this message")
