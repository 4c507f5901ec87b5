"""One writer at a time for each registry."""

import threading
from datetime import timedelta

import pytest

from remediations.lease import Busy, Holding, Leases
from tests.memory import Clock, MemoryTable

HELD_FOR = timedelta(seconds=90)


def leases() -> tuple[Leases, Clock]:
    clock = Clock()
    return Leases(MemoryTable(Holding), clock), clock


def test_a_registry_that_is_held_is_held_by_nobody_else() -> None:
    one, _ = leases()
    with one.hold("contoso"), pytest.raises(Busy), one.hold("contoso"):
        pass


def test_another_registry_is_free() -> None:
    one, _ = leases()
    with one.hold("contoso"), one.hold("fabrikam") as other:
        other.renew()


def test_a_registry_is_given_back_at_the_end_of_the_block_also_when_that_ends_badly() -> None:
    one, _ = leases()
    with pytest.raises(ZeroDivisionError), one.hold("contoso"):
        raise ZeroDivisionError
    with one.hold("contoso") as lease:
        lease.renew()


def test_what_a_dead_worker_held_is_free_after_ninety_seconds_and_not_before() -> None:
    one, clock = leases()
    dead = one.hold("contoso")
    dead.__enter__()
    clock.advance(HELD_FOR - timedelta(seconds=1))
    with pytest.raises(Busy), one.hold("contoso"):
        pass
    clock.advance(1)
    with one.hold("contoso") as lease:
        lease.renew()


def test_a_lease_that_is_renewed_is_held_for_a_full_time_from_then() -> None:
    one, clock = leases()
    with one.hold("contoso") as lease:
        clock.advance(timedelta(seconds=80))
        lease.renew()
        clock.advance(timedelta(seconds=80))
        with pytest.raises(Busy), one.hold("contoso"):
            pass


def test_a_lease_that_ran_out_and_that_nobody_took_can_be_renewed() -> None:
    one, clock = leases()
    with one.hold("contoso") as lease:
        clock.advance(HELD_FOR)
        lease.renew()


def test_a_lease_that_somebody_else_took_cannot_be_renewed_and_is_not_given_back() -> None:
    one, clock = leases()
    with one.hold("contoso") as slow:
        clock.advance(HELD_FOR)
        taken = one.hold("contoso")
        fast = taken.__enter__()
        with pytest.raises(Busy):
            slow.renew()
        fast.renew()
    fast.renew()
    with pytest.raises(Busy), one.hold("contoso"):
        pass


def test_of_many_who_come_at_once_one_holds_it() -> None:
    one, _ = leases()
    together, done = threading.Barrier(8), threading.Barrier(8)
    held: list[bool] = []

    def take() -> None:
        together.wait()
        try:
            with one.hold("contoso"):
                done.wait()
                held.append(True)
        except Busy:
            done.wait()
            held.append(False)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(held) == [False] * 7 + [True]
