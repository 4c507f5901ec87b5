"""Whoever keeps an audit of their own gets every record, in order and at least once, and holds nothing up."""

from collections.abc import Sequence
from datetime import timedelta

from checks.incident import Incident
from remediations.audit import Audit, Published, announce
from remediations.incidents import Incidents
from remediations.journal import Journal
from remediations.model import Ended, Record
from remediations.ports import Publish, Respond
from tests.memory import Clock, MemoryQueue, MemoryTable
from tests.worlds import push_refused

MINUTE = timedelta(minutes=1)


class Auditor:
    """Takes what is published, unless there is a reason not to."""

    def __init__(self) -> None:
        self.took: list[tuple[str, int]] = []
        self.refuses = ""

    def publish(self, incident: str, records: Sequence[Record]) -> str:
        if not self.refuses:
            self.took += [(incident, record.seq) for record in records]
        return self.refuses


class Desk:
    """A journal, and everything that brings it to the auditor."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.queue = MemoryQueue(self.clock)
        self.records = MemoryTable(Record)
        self.journal = Journal(self.records, self.clock, lambda incident: announce(self.queue, incident))
        self.auditor = Auditor()
        marks = MemoryTable(Published)
        self.audit = Audit(self.journal, marks, self.auditor, self.queue, self.clock)

    def write(self, *steps: str) -> None:
        for step in steps:
            self.journal.of("contoso-a-1").write(step, Ended(step))

    def carry_out(self) -> list[str]:
        commands = [command for command in self.queue.take() if isinstance(command, Publish)]
        return [self.audit.publish(command.incident) for command in commands]


def test_every_record_is_published_once_it_is_written_and_in_order() -> None:
    desk = Desk()
    desk.write("one", "two", "three")
    assert desk.carry_out() == []
    desk.clock.advance(MINUTE)
    assert desk.carry_out() == ["", "", ""]
    assert desk.auditor.took == [("contoso-a-1", 1), ("contoso-a-1", 2), ("contoso-a-1", 3)]
    desk.write("four")
    desk.clock.advance(MINUTE)
    desk.carry_out()
    assert desk.auditor.took[-1] == ("contoso-a-1", 4)
    assert len(desk.auditor.took) == 4


def test_a_record_is_announced_before_it_is_written_so_that_no_crash_forgets_it() -> None:
    desk = Desk()
    written: list[int] = []
    journal = Journal(desk.records, desk.clock, lambda one: written.append(len(desk.journal.read(one))))
    journal.of("contoso-a-1").write("one", Ended("one"))
    assert written == [0]


def test_a_step_that_is_written_again_is_not_announced_again() -> None:
    desk = Desk()
    desk.write("one", "one")
    assert desk.queue.commands == (Publish("contoso-a-1"),)


def test_what_the_topic_does_not_take_is_tried_again_until_it_does() -> None:
    desk = Desk()
    desk.auditor.refuses = "the topic answered 503"
    desk.write("one")
    desk.clock.advance(MINUTE)
    assert desk.carry_out() == ["the topic answered 503"]
    desk.auditor.refuses = ""
    desk.clock.advance(4 * MINUTE)
    assert desk.carry_out() == []
    desk.clock.advance(MINUTE)
    assert desk.carry_out() == [""]
    assert desk.auditor.took == [("contoso-a-1", 1)]


def test_a_long_story_goes_in_parts_and_goes_on_where_it_was_broken_off() -> None:
    desk = Desk()
    desk.write(*(f"step {number}" for number in range(45)))
    first = desk.auditor.publish

    def twice(incident: str, records: Sequence[Record]) -> str:
        return "too much" if len(desk.auditor.took) >= 40 else first(incident, records)

    desk.auditor.publish = twice  # type: ignore[method-assign]
    assert desk.audit.publish("contoso-a-1") == "too much"
    desk.auditor.publish = first  # type: ignore[method-assign]
    assert desk.audit.publish("contoso-a-1") == ""
    assert [seq for _, seq in desk.auditor.took] == list(range(1, 46))


def test_what_moved_lately_is_asked_for_once_more_and_nothing_older() -> None:
    desk = Desk()
    incidents = Incidents(MemoryTable(Incident), Journal(desk.records, desk.clock), desk.queue, desk.clock)
    [incident] = incidents.report([push_refused(desk.clock())])
    assert [command for command in desk.queue.take() if not isinstance(command, Respond)] == []
    desk.audit.catch_up(incidents, "contoso")
    assert desk.queue.take() == (Publish(incident.id),)
    desk.clock.advance(timedelta(days=3))
    desk.audit.catch_up(incidents, "contoso")
    assert desk.queue.take() == ()
