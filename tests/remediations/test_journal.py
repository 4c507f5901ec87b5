"""What happened, in order and for good."""

import threading
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from remediations.journal import Journal
from remediations.model import Ended, Entry, Record, Seen, Told
from tests.memory import START, Clock, MemoryTable
from tests.worlds import push_refused

ENTRIES: tuple[Entry, ...] = (
    Seen(push_refused(START)),
    Told("a message", "teams", "accepted"),
    Ended("a test"),
)


def journal() -> tuple[Journal, MemoryTable[Record]]:
    table = MemoryTable(Record)
    return Journal(table, Clock()), table


def written() -> tuple[Journal, MemoryTable[Record]]:
    """A journal with three records of one incident."""
    book, table = journal()
    story = book.of("an-incident-1")
    for number, entry in enumerate(ENTRIES):
        story.write(f"step-{number}", entry)
    return book, table


def test_records_are_read_in_the_order_in_which_they_were_written() -> None:
    book, _ = written()
    records = book.read("an-incident-1")
    assert tuple(record.entry for record in records) == ENTRIES
    assert [record.seq for record in records] == [1, 2, 3]


def test_each_record_carries_the_digest_of_the_one_before() -> None:
    first, second, third = written()[0].read("an-incident-1")
    assert (first.prev, second.prev, third.prev) == ("0" * 64, first.digest, second.digest)


def test_a_past_that_is_as_written_is_not_broken() -> None:
    book, _ = written()
    assert book.broken_at("an-incident-1") is None
    assert book.broken_at("nobody-knows-1") is None


EDITS = {
    "another entry": {"entry": Ended("nothing happened")},
    "another time": {"at": START + timedelta(hours=1)},
    "another key": {"key": "another"},
    "another number": {"seq": 7},
    "another past": {"prev": "f" * 64},
    "another digest": {"digest": "f" * 64},
}


@pytest.mark.parametrize("resealed", [False, True])
@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_past_that_somebody_edited_shows(edit: dict[str, object], place: int, *, resealed: bool) -> None:
    book, table = written()
    row = table.read("an-incident-1", f"{place:06}")
    assert row
    forged = replace(row.value, **edit)
    forged = forged.sealed() if resealed else forged
    assert table.replace("an-incident-1", f"{place:06}", forged, row.version)
    untouched = forged == row.value
    assert (book.broken_at("an-incident-1") in (place, place + 1)) is not untouched


def test_a_record_that_somebody_took_out_shows() -> None:
    book, table = written()
    table.remove("an-incident-1", "000002")
    assert book.broken_at("an-incident-1") == 2


def test_a_step_that_was_written_is_not_written_again() -> None:
    book, _ = written()
    again = book.of("an-incident-1").write("step-0", ENTRIES[0])
    assert again == book.read("an-incident-1")[0]
    assert len(book.read("an-incident-1")) == 3


def test_a_step_that_went_differently_the_second_time_is_written_beside_the_first() -> None:
    book, _ = written()
    story = book.of("an-incident-1")
    for _ in range(2):
        story.write("step-0", Ended("otherwise"))
        story.write("step-0", Ended("otherwise again"))
    assert [record.key for record in book.read("an-incident-1")] == [
        "step-0",
        "step-1",
        "step-2",
        "step-0~2",
        "step-0~3",
    ]


def test_what_was_written_of_a_step_first_is_what_is_found() -> None:
    book, _ = written()
    story = book.of("an-incident-1")
    story.write("step-0", Ended("otherwise"))
    assert story.find("step-0") == ENTRIES[0]
    assert story.find("never") is None


def test_two_who_write_at_once_lose_nothing_and_break_nothing() -> None:
    book, _ = journal()
    together = threading.Barrier(4)

    def write(writer: int) -> None:
        story = book.of("an-incident-1")
        together.wait()
        for number in range(10):
            story.write(f"{writer}-{number}", Ended(f"{writer} {number}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = book.read("an-incident-1")
    assert len(records) == 40
    assert book.broken_at("an-incident-1") is None
    for writer in range(4):
        mine = [record.key for record in records if record.key.startswith(f"{writer}-")]
        assert mine == [f"{writer}-{number}" for number in range(10)]


def test_two_who_write_the_same_step_at_once_write_one_record() -> None:
    book, _ = journal()
    one, other = book.of("an-incident-1"), book.of("an-incident-1")
    assert one.find("step") is other.find("step") is None
    one.write("step", Ended("a test"))
    other.write("step", Ended("a test"))
    assert len(book.read("an-incident-1")) == 1


def test_the_stories_of_two_incidents_stay_apart() -> None:
    book, _ = written()
    book.of("another-incident-1").write("step", Ended("a test"))
    assert len(book.read("an-incident-1")) == 3
    assert [record.seq for record in book.read("another-incident-1")] == [1]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=12))
def test_whatever_is_written_the_past_is_whole_and_nothing_is_there_twice(
    steps: list[tuple[str, str]],
) -> None:
    book, _ = journal()
    for key, why in steps:
        book.of("an-incident-1").write(key, Ended(why))
    records = book.read("an-incident-1")
    assert book.broken_at("an-incident-1") is None
    assert {(record.key.partition("~")[0], record.entry) for record in records} == {
        (key, Ended(why)) for key, why in steps
    }
    assert len(records) == len(set(steps))


def test_a_record_reads_back_as_it_was_written() -> None:
    [first, *_] = written()[0].read("an-incident-1")
    assert msgspec.json.decode(msgspec.json.encode(first), type=Record) == first
