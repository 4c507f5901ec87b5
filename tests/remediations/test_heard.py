"""A source is written down when it is heard of, and seldom."""

from datetime import timedelta

from remediations.heard import SELDOM, Heard, Hearing
from tests.memory import START, Clock, MemoryTable


class Counting(MemoryTable[Heard]):
    """A table that counts who asks it."""

    def __init__(self) -> None:
        super().__init__(Heard)
        self.asked = 0

    def read(self, partition: str, key: str):  # type: ignore[no-untyped-def]  # noqa: ANN201 - as the base's
        self.asked += 1
        return super().read(partition, key)


def test_a_source_was_heard_of_when_it_was() -> None:
    hearing = Hearing(MemoryTable(Heard), Clock())
    assert hearing.last("rows") is None
    hearing.note("rows")
    assert hearing.last("rows") == START
    assert hearing.last("events") is None


def test_a_flood_costs_one_look_in_five_minutes() -> None:
    table, clock = Counting(), Clock()
    hearing = Hearing(table, clock)
    for _ in range(1000):
        hearing.note("rows")
        clock.advance(0.2)
    assert table.asked == 1
    clock.advance(SELDOM)
    hearing.note("rows")
    assert table.asked == 2
    assert hearing.last("rows") == START + timedelta(seconds=200) + SELDOM


def test_workers_that_hear_the_same_write_it_once() -> None:
    table, clock = MemoryTable(Heard), Clock()
    one, other = Hearing(table, clock), Hearing(table, clock)
    one.note("rows")
    clock.advance(60)
    other.note("rows")
    assert one.last("rows") == START
