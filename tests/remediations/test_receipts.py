"""A receipt is good for one incident, for a day, for whoever holds it."""

from datetime import timedelta
from itertools import count

from remediations.receipts import Pace, Receipt, Receipts
from tests.memory import Clock, MemoryTable

INCIDENT = "contoso-0123456789ab-1"


class Desk:
    """Receipts, drawn one after the other."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.table = MemoryTable(Receipt)
        numbers = count()
        self.receipts = Receipts(self.table, lambda: f"{next(numbers):043}", self.clock)


def test_a_receipt_finds_its_incident() -> None:
    desk = Desk()
    first, second = desk.receipts.give(INCIDENT), desk.receipts.give("fabrikam-0123456789ab-1")
    assert first != second
    assert desk.receipts.find(first) == INCIDENT


def test_a_receipt_is_good_for_a_day() -> None:
    desk = Desk()
    receipt = desk.receipts.give(INCIDENT)
    desk.clock.advance(timedelta(hours=23))
    assert desk.receipts.find(receipt) == INCIDENT
    desk.clock.advance(timedelta(hours=1))
    assert desk.receipts.find(receipt) is None


def test_what_is_no_receipt_costs_no_look() -> None:
    desk = Desk()
    desk.receipts.give(INCIDENT)
    for text in ("", INCIDENT, "20260301-" + "0" * 42, "20260301-" + "0" * 42 + "/", "x" * 10_000):
        assert desk.receipts.find(text) is None
    assert desk.receipts.find("20260301-" + "9" * 43) is None


def test_whoever_reads_the_table_has_no_receipt() -> None:
    desk = Desk()
    receipt = desk.receipts.give(INCIDENT)
    assert receipt not in str(list(desk.table.rows("20260301")))


def test_receipts_are_forgotten_when_they_are_good_for_nothing() -> None:
    desk = Desk()
    desk.receipts.give(INCIDENT)
    desk.clock.advance(timedelta(days=2))
    desk.receipts.forget()
    assert list(desk.table.rows("20260301"))
    desk.clock.advance(timedelta(days=1))
    desk.receipts.forget()
    assert not list(desk.table.rows("20260301"))


def test_no_more_questions_than_so_many_in_so_much_time() -> None:
    clock = Clock()
    pace = Pace(2, timedelta(seconds=10), clock)
    assert [pace.allows() for _ in range(3)] == [True, True, False]
    clock.advance(10)
    assert [pace.allows() for _ in range(3)] == [True, True, False]
