"""What the stream lost is found again, and nothing is handled twice."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from checks.evidence import Unreadable
from checks.intake.diagnostic_logs import Batch
from checks.intake.overtaken import Overtaken
from checks.model import Source
from checks.ports import Some
from remediations.catch_up import CatchUp, Watermark
from remediations.rejected import Kept, Rejected
from remediations.responder import withdraw
from tests.checks.intake.test_diagnostic_logs import body
from tests.memory import START, MemoryTable
from tests.remediations.test_reception import GOOD, ROW, Desk

MINUTE = timedelta(minutes=1)


class Workspace:
    """Log Analytics with these rows, or unable to answer; it remembers for which times it was asked."""

    def __init__(self, *rows: bytes) -> None:
        self.rows: Sequence[bytes] | Some | Unreadable = rows
        self.asked: list[tuple[datetime, datetime]] = []

    def failures(self, since: datetime, until: datetime) -> Sequence[bytes] | Some | Unreadable:
        self.asked.append((since, until))
        return self.rows


class Rounds:
    """A catch-up, and everything around it."""

    def __init__(self, *rows: bytes, workspace: Workspace | None = None) -> None:
        self.desk = Desk()
        self.clock = self.desk.bot.clock
        self.workspace = workspace or Workspace(*rows)
        self.marks = MemoryTable(Watermark)
        self.rejected = Rejected(MemoryTable(Kept), self.clock)
        self.catch_up = CatchUp(
            self.workspace, self.marks, self.desk.reception, self.rejected, self.clock, self.withdraw
        )

    def withdraw(self, failures: Sequence[Overtaken]) -> None:
        withdraw(self.desk.bot.medic, failures)


def test_the_first_time_it_looks_back_an_hour_and_then_half_an_hour_behind_the_last() -> None:
    rounds = Rounds()
    for _ in range(3):
        rounds.catch_up.run()
        rounds.clock.advance(5 * MINUTE)
    at = [START + n * 5 * MINUTE for n in range(3)]
    assert rounds.workspace.asked == [
        (at[0] - 60 * MINUTE, at[0]),
        (at[0] - 30 * MINUTE, at[1]),
        (at[1] - 30 * MINUTE, at[2]),
    ]


def test_a_failure_that_the_stream_lost_is_found() -> None:
    rounds = Rounds(GOOD)
    batch = rounds.catch_up.run()
    assert isinstance(batch, Batch)
    assert [signal.source for signal in batch.signals] == [Source.LOG_ANALYTICS]
    assert rounds.desk.bot.incident.count == 1


def test_a_failure_that_the_stream_brought_too_is_not_handled_twice() -> None:
    rounds = Rounds(GOOD)
    rounds.desk.reception.rows([GOOD])
    for _ in range(3):
        rounds.catch_up.run()
        rounds.clock.advance(5 * MINUTE)
    assert rounds.desk.bot.incident.count == 1
    assert len(rounds.desk.bot.queue.commands) == 1


def test_a_question_that_failed_is_kept_and_asked_again_for_the_same_time() -> None:
    rounds = Rounds()
    rounds.catch_up.run()
    rounds.workspace.rows = Unreadable("Log Analytics did not answer (HttpResponseError)")
    for _ in range(3):
        rounds.clock.advance(5 * MINUTE)
        assert rounds.catch_up.run() == rounds.workspace.rows
    assert {since for since, _ in rounds.workspace.asked[1:]} == {START - 30 * MINUTE}
    [kept] = rounds.rejected.recent()
    assert (kept.rejection.source, kept.rejection.reason, kept.count) == (
        Source.LOG_ANALYTICS,
        "query_failed",
        3,
    )


def test_after_a_long_silence_it_looks_back_a_day_and_no_further() -> None:
    rounds = Rounds()
    rounds.catch_up.run()
    rounds.clock.advance(timedelta(days=9))
    rounds.catch_up.run()
    now = START + timedelta(days=9)
    assert rounds.workspace.asked[-1] == (now - timedelta(days=1), now)


def test_the_watermark_moves_only_once_the_rows_were_taken_in() -> None:
    rounds = Rounds(body(ROW))

    class Broken(Exception):
        """Storage is gone."""

    def broken() -> None:
        raise Broken

    rounds.desk.bot.fuse.fail(at=1, surprise=Broken)
    try:
        rounds.catch_up.run()
    except Broken:
        rounds.desk.bot.fuse.start()
    assert list(rounds.marks.rows("watermark")) == []
    rounds.catch_up.run()
    assert rounds.desk.bot.incident.count == 1


def test_a_part_of_the_rows_is_taken_in_and_the_same_time_is_asked_for_again() -> None:
    rounds = Rounds()
    rounds.workspace.rows = Some(rows=(GOOD,), why="Log Analytics answered with a part of the rows only")
    for _ in range(2):
        batch = rounds.catch_up.run()
        assert isinstance(batch, Batch)
        assert len(batch.signals) == 1
        rounds.clock.advance(5 * MINUTE)
    assert rounds.desk.bot.incident.count == 1
    assert list(rounds.marks.rows("watermark")) == []
    [kept] = rounds.rejected.recent()
    assert (kept.rejection.reason, kept.count) == ("part_of_the_rows", 2)


def test_rows_that_nobody_will_ask_for_any_more_are_said_to_be_given_up() -> None:
    rounds = Rounds()
    rounds.catch_up.run()
    rounds.clock.advance(timedelta(days=2))
    rounds.catch_up.run()
    rounds.catch_up.run()
    [kept] = rounds.rejected.recent()
    assert (kept.rejection.reason, kept.count) == ("given_up", 1)
    assert kept.rejection.detail == "nobody asked for the rows from 2026-03-01 11:30 to 12:00 UTC"


def test_once_an_hour_it_looks_for_what_came_hours_late_but_not_before_it_began() -> None:
    rounds = Rounds()
    for _ in range(9 * 4 + 1):
        rounds.catch_up.run()
        rounds.clock.advance(15 * MINUTE)
    looks = [(since, at) for since, at in rounds.workspace.asked[1:] if at - since > 60 * MINUTE]
    hours = [START + n * 60 * MINUTE for n in range(1, 10)]
    assert looks == [(max(at - 360 * MINUTE, START - 60 * MINUTE), at) for at in hours]


class Late(Workspace):
    """A workspace that one row reaches an hour after its time, and that answers no question about so long a time."""

    def __init__(self, at: datetime, longest: timedelta = timedelta.max) -> None:
        super().__init__()
        self._at = at
        self._longest = longest

    def failures(self, since: datetime, until: datetime) -> Sequence[bytes] | Some | Unreadable:
        super().failures(since, until)
        if until - since > self._longest:
            return Unreadable("Log Analytics did not answer (HttpResponseError 504)")
        arrived = until >= self._at + 60 * MINUTE
        return (body(ROW | {"time": self._at.isoformat()}),) if arrived and since <= self._at else ()


def test_a_row_that_is_later_than_any_question_is_found_once_an_hour_and_handled_once() -> None:
    rounds = Rounds(workspace=Late(START + 5 * MINUTE))
    found = []
    for _ in range(40):
        rounds.catch_up.run()
        found.append(len(rounds.desk.bot.incidents))
        rounds.clock.advance(5 * MINUTE)
    assert found == [0] * 24 + [1] * 16
    assert (rounds.desk.bot.incident.count, len(rounds.desk.bot.queue.commands)) == (1, 1)


def test_a_look_for_the_late_that_fails_costs_the_next_question_nothing() -> None:
    rounds = Rounds(workspace=Late(START, longest=61 * MINUTE))
    for _ in range(14):
        rounds.catch_up.run()
        rounds.clock.advance(5 * MINUTE)
    assert rounds.workspace.asked[-1] == (START + 30 * MINUTE, START + 65 * MINUTE)


def test_a_fast_clock_of_another_worker_leaves_no_time_that_nobody_asks_for() -> None:
    rounds = Rounds()
    rounds.marks.insert("watermark", "log-analytics", Watermark(START + 45 * MINUTE))
    rounds.catch_up.run()
    rounds.clock.advance(5 * MINUTE)
    rounds.catch_up.run()
    assert rounds.workspace.asked == [
        (START - 30 * MINUTE, START),
        (START - 30 * MINUTE, START + 5 * MINUTE),
    ]


def test_two_at_once_move_the_watermark_once_and_handle_nothing_twice() -> None:
    rounds = Rounds(GOOD)
    rounds.catch_up.run()
    mark = rounds.marks.read("watermark", "log-analytics")
    assert mark is not None
    rounds.clock.advance(5 * MINUTE)
    rounds.marks.replace("watermark", "log-analytics", Watermark(rounds.clock()), mark.version)
    rounds.catch_up.run()
    assert rounds.desk.bot.incident.count == 1
