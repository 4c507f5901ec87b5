"""Signals in, incidents out: each failure once, whatever the order and however often it is told."""

import threading
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.incident import Incident, State, opened
from checks.model import CauseName, Image, Proof, Signal, Source, Symptom
from remediations.model import Ended, Seen
from remediations.ports import Respond
from tests.memory import START, Crash
from tests.worlds import NEW, PIPELINE, Bot, address_denied, push_refused, storage_filling

MINUTE = timedelta(minutes=1)


def settled(state: State) -> tuple[Bot, Incident]:
    """A bot whose only incident came to that state a minute after it was opened."""
    bot = Bot()
    incident = bot.refused()
    bot.queue.take()
    bot.clock.advance(MINUTE)
    bot.medic.incidents.settle(incident.id, state, "a test")
    return bot, incident


def test_a_signal_opens_an_incident_and_puts_it_on_the_queue() -> None:
    bot = Bot()
    incident = bot.refused()
    assert incident == opened(push_refused(START), START)
    assert (incident.round, incident.state, incident.count) == (1, State.OPEN, 1)
    assert bot.queue.commands == (Respond(incident.id),)
    assert bot.story() == (Seen(push_refused(START)),)


def test_the_same_signal_twice_is_one_incident_one_command_and_one_record() -> None:
    bot = Bot()
    assert bot.refused() == bot.refused()
    assert (len(bot.incidents), len(bot.queue.commands), len(bot.story())) == (1, 1, 1)


def test_a_row_that_had_joined_a_report_and_is_found_again_after_the_end_begins_nothing() -> None:
    bot = Bot()
    row = push_refused(START, symptom=Symptom.UNAUTHORIZED, identity=PIPELINE)
    word = replace(row, id="report", source=Source.PUSH_REPORT, identity=None, proof=Proof.CLAIMED)
    for signal in (word, row):
        bot.report(signal)
    bot.clock.advance(MINUTE)
    bot.medic.incidents.settle(bot.incident.id, State.CLOSED, "a test")
    bot.clock.advance(60 * MINUTE)
    over = bot.incident
    assert bot.report(row) == over
    assert (bot.incident, len(bot.queue.commands)) == (over, 1)


@pytest.mark.parametrize("first", ["layer", "whole"])
def test_a_refused_layer_is_counted_once_whenever_the_image_of_its_push_becomes_known(first: str) -> None:
    bot = Bot()
    whole = push_refused(START, id="layer")
    layer = replace(whole, image=Image("team/app"))
    manifest = push_refused(START + MINUTE, id="manifest")
    for signals in ([layer], [whole, manifest]) if first == "layer" else ([whole, manifest], [layer]):
        bot.report(*signals)
    assert sorted(told for incident in bot.incidents for told in incident.signals) == ["layer", "manifest"]


def test_machines_that_are_cut_off_one_after_the_other_are_soon_one_failure() -> None:
    bot = Bot()
    machine = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm"
    cut_off = push_refused(
        START, symptom=Symptom.UNREACHABLE, said=CauseName.DNS_FAILURE, image=None, proof=Proof.CLAIMED
    )
    for number in range(20):
        bot.report(replace(cut_off, id=f"report-{number}", origin=f"{machine}{number}"))
    assert sorted(incident.count for incident in bot.incidents) == [1, 1, 1, 1, 1, 15]


def test_the_same_signal_from_two_threads_at_once_is_one_incident() -> None:
    for _ in range(20):
        bot = Bot()
        together = threading.Barrier(4)

        def tell(bot: Bot = bot, together: threading.Barrier = together) -> None:
            together.wait()
            bot.refused()

        run([threading.Thread(target=tell) for _ in range(4)])
        assert (bot.incident.count, len(bot.queue.commands), len(bot.story())) == (1, 1, 1)


def test_different_signals_of_one_failure_from_many_threads_are_all_counted() -> None:
    bot = Bot()
    together = threading.Barrier(8)

    def tell(number: int) -> None:
        together.wait()
        bot.refused(id=f"row-{number}")

    run([threading.Thread(target=tell, args=(number,)) for number in range(8)])
    assert bot.incident.count == 8
    assert set(bot.incident.signals) == {f"row-{number}" for number in range(8)}
    assert len(bot.queue.commands) == 1
    assert len(bot.story()) == 8


def run(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_rows_of_one_push_are_one_incident() -> None:
    bot = Bot()
    rows = [push_refused(START + timedelta(seconds=n), id=f"row-{n}") for n in range(6)]
    bot.report(*rows)
    assert (bot.incident.count, bot.incident.last_at) == (6, START + timedelta(seconds=5))
    assert len(bot.queue.commands) == 1


def test_a_report_and_a_row_of_the_same_failure_are_one_incident_with_the_better_proof() -> None:
    report = push_refused(START, id="report", source=Source.PUSH_REPORT, proof=Proof.CLAIMED)
    row = push_refused(START + MINUTE, id="row", image=Image("team/app", "v1", NEW))
    for order in ((report, row), (row, report)):
        bot = Bot()
        bot.report(*order)
        assert (bot.incident.count, bot.incident.proof) == (2, Proof.REGISTRY_LOG)


@given(st.permutations(range(5)))
def test_the_order_in_which_signals_come_makes_no_difference(order: list[int]) -> None:
    rows = [push_refused(START + timedelta(seconds=n), id=f"row-{n}") for n in range(5)]
    bot = Bot()
    bot.report(*(rows[n] for n in order))
    assert (bot.incident.count, bot.incident.last_at) == (5, START + timedelta(seconds=4))
    assert set(bot.incident.signals) == {row.id for row in rows}


def test_only_the_first_twenty_signals_go_into_the_journal_and_all_are_counted() -> None:
    bot = Bot()
    bot.report(*(push_refused(START + timedelta(seconds=n), id=f"row-{n}") for n in range(50)))
    assert bot.incident.count == 50
    assert len(bot.story()) == 20


def test_a_signal_of_a_time_before_the_end_opens_nothing() -> None:
    bot, _ = settled(State.CLOSED)
    late = bot.report(push_refused(START + timedelta(seconds=30), id="late"))
    assert (late.round, late.state) == (1, State.CLOSED)
    assert bot.queue.commands == ()


def test_a_signal_that_was_already_told_opens_nothing_after_the_end() -> None:
    bot, incident = settled(State.CLOSED)
    assert bot.report(push_refused(START)).id == incident.id
    assert bot.queue.commands == ()


def test_a_failure_that_comes_back_after_the_end_is_the_next_round_of_the_same_row() -> None:
    bot, incident = settled(State.CLOSED)
    again = bot.report(push_refused(START + 2 * MINUTE, id="again"))
    assert (again.round, again.state, again.count, again.attempts) == (2, State.OPEN, 1, 0)
    assert (again.fingerprint, again.id == incident.id) == (incident.fingerprint, False)
    assert bot.queue.commands == (Respond(again.id),)
    assert bot.medic.incidents.find(incident.id) is None
    assert bot.story(incident)[-1] == Ended("a test")


def test_a_push_that_fails_again_after_the_repair_is_looked_into_again() -> None:
    bot, incident = settled(State.MENDED)
    bot.report(push_refused(START + 2 * MINUTE, id="again"))
    assert (bot.incident.id, bot.incident.state) == (incident.id, State.OPEN)
    assert bot.queue.commands == (Respond(incident.id),)


def test_a_push_that_failed_before_the_repair_and_is_told_of_afterwards_is_only_counted() -> None:
    bot, _ = settled(State.MENDED)
    bot.report(push_refused(START + timedelta(seconds=59), id="late"))
    assert (bot.incident.state, bot.incident.count) == (State.MENDED, 2)
    assert bot.queue.commands == ()


@pytest.mark.parametrize(("after", "state"), [(4, State.MENDED), (6, State.OPEN)])
def test_an_address_is_given_the_minutes_that_a_rule_takes_to_come_into_force(
    after: int, state: State
) -> None:
    bot = Bot()
    incident = bot.denied()
    bot.medic.incidents.settle(incident.id, State.MENDED)
    bot.report(address_denied(START + after * MINUTE, id="again"))
    assert bot.incident.state is state


def test_people_who_have_it_are_left_in_peace() -> None:
    bot, _ = settled(State.WITH_PEOPLE)
    bot.report(push_refused(START + timedelta(hours=23), id="again"))
    assert (bot.incident.state, bot.incident.count) == (State.WITH_PEOPLE, 2)
    assert bot.queue.commands == ()


def test_after_a_day_with_people_the_same_failure_is_a_new_incident() -> None:
    bot, incident = settled(State.WITH_PEOPLE)
    again = bot.report(push_refused(START + timedelta(hours=25), id="again"))
    assert (again.round, again.state) == (2, State.OPEN)
    assert again.id != incident.id


def test_a_registry_that_goes_on_filling_stays_one_incident_for_each_band() -> None:
    bot = Bot()
    first = bot.report(storage_filling(START, 80))
    bot.medic.incidents.settle(first.id, State.WITH_PEOPLE)
    for day in range(1, 9):
        bot.report(storage_filling(START + timedelta(days=day), 80))
    assert (bot.incident.id, bot.incident.state, bot.incident.count) == (first.id, State.WITH_PEOPLE, 9)
    assert bot.report(storage_filling(START, 90)).id != first.id


def test_an_end_is_final_and_is_written_down_once() -> None:
    bot, incident = settled(State.CLOSED)
    bot.medic.incidents.settle(incident.id, State.MENDED)
    bot.medic.incidents.settle(incident.id, State.CLOSED, "another reason")
    assert (bot.incident.state, bot.incident.ended) == (State.CLOSED, "a test")
    assert bot.ends() == ("a test",)


def test_an_incident_is_settled_although_a_signal_comes_in_between() -> None:
    bot = Bot()
    incident = bot.refused()
    row = bot.medic.incidents.find(incident.id)
    assert row
    bot.refused(id="meanwhile")
    assert not bot.medic.incidents.move(row, State.MENDED)
    bot.medic.incidents.settle(incident.id, State.MENDED)
    assert (bot.incident.state, bot.incident.count) == (State.MENDED, 2)


def test_an_open_incident_that_nobody_touched_for_three_minutes_is_forgotten_work() -> None:
    bot = Bot()
    incident = bot.refused()
    assert tuple(bot.medic.incidents.forgotten("contoso")) == ()
    bot.clock.advance(3 * MINUTE + timedelta(seconds=1))
    assert tuple(bot.medic.incidents.forgotten("contoso")) == (incident,)
    bot.medic.incidents.settle(incident.id, State.WITH_PEOPLE)
    assert tuple(bot.medic.incidents.forgotten("contoso")) == ()


@pytest.mark.parametrize("text", ["", "contoso", "contoso-x-1", "nobody-knows-7"])
def test_an_id_of_no_incident_finds_none(text: str) -> None:
    bot = Bot()
    bot.refused()
    assert bot.medic.incidents.find(text) is None


def test_an_earlier_round_is_not_found_in_the_place_of_the_later_one() -> None:
    bot, incident = settled(State.CLOSED)
    bot.report(push_refused(START + 2 * MINUTE, id="again"))
    bot.medic.incidents.settle(incident.id, State.CLOSED, "too late")
    assert bot.incident.state is State.OPEN


def test_incidents_of_two_registries_stay_apart() -> None:
    bot = Bot()
    signals: list[Signal] = [push_refused(START), replace(push_refused(START), registry="fabrikam")]
    one, other = bot.medic.incidents.report(signals)
    assert one.fingerprint != other.fingerprint
    assert tuple(bot.medic.incidents.of("fabrikam")) == (other,)


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        (Proof.CLAIMED, Proof.VERIFIED_JOB, State.OPEN),
        (Proof.CLAIMED, Proof.REGISTRY_LOG, State.OPEN),
        (Proof.CLAIMED, Proof.CLAIMED, State.WITH_PEOPLE),
        (Proof.VERIFIED_JOB, Proof.CLAIMED, State.WITH_PEOPLE),
        (Proof.VERIFIED_JOB, Proof.VERIFIED_JOB, State.WITH_PEOPLE),
    ],
)
def test_better_proof_of_an_address_that_people_were_asked_about_is_looked_into(
    first: Proof, second: Proof, state: State
) -> None:
    bot = Bot()
    incident = bot.report(address_denied(START, proof=first))
    bot.medic.incidents.settle(incident.id, State.WITH_PEOPLE)
    bot.report(address_denied(START + MINUTE, proof=second))
    assert (bot.incident.id, bot.incident.state) == (incident.id, state)
    assert len(bot.queue.commands) == (2 if state is State.OPEN else 1)


def test_a_lock_that_people_were_asked_about_is_not_looked_into_again_for_better_proof() -> None:
    bot = Bot()
    incident = bot.refused(proof=Proof.CLAIMED)
    bot.medic.incidents.settle(incident.id, State.WITH_PEOPLE)
    bot.report(push_refused(START + MINUTE, id="the log"))
    assert bot.incident.state is State.WITH_PEOPLE


def put_away(bot: Bot) -> None:
    bot.medic.incidents.put_away("contoso")


@pytest.mark.parametrize(
    ("state", "days", "gone"),
    [
        (State.CLOSED, 31, True),
        (State.WITH_PEOPLE, 31, True),
        (State.CLOSED, 29, False),
        (State.OPEN, 31, False),
        (State.WAITING, 31, False),
        (State.MENDED, 31, False),
    ],
)
def test_what_is_long_over_is_put_away_and_still_found(state: State, days: int, *, gone: bool) -> None:
    bot, incident = settled(state)
    bot.clock.advance(timedelta(days=days))
    put_away(bot)
    kept = bot.medic.incidents
    assert (not list(kept.of("contoso")), kept.find(incident.id) is None) == (gone, gone)
    assert [one.id for one in kept.ever("contoso")] == [incident.id]
    known = kept.known(incident.id)
    assert known
    assert known.state is state
    assert kept.known(f"{incident.id}1") is None


def test_a_registry_that_has_been_filling_for_long_is_not_over() -> None:
    bot = Bot()
    incident = bot.report(storage_filling(START, 80))
    bot.medic.incidents.settle(incident.id, State.WITH_PEOPLE)
    bot.clock.advance(timedelta(days=90))
    put_away(bot)
    assert bot.incident.id == incident.id


@pytest.mark.parametrize("state", [State.CLOSED, State.WITH_PEOPLE])
def test_a_failure_that_comes_back_after_it_was_put_away_is_its_next_round(state: State) -> None:
    bot, first = settled(state)
    for number in (2, 3):
        bot.clock.advance(timedelta(days=31))
        put_away(bot)
        again = bot.refused(id=f"again {number}")
        assert (again.fingerprint, again.round, again.state) == (first.fingerprint, number, State.OPEN)
        assert [one.round for one in bot.medic.incidents.ever("contoso")] == [number]
        bot.medic.incidents.settle(again.id, state, "a test")
    assert bot.medic.incidents.known(first.id) is None


def test_a_signal_of_before_it_was_put_away_is_known_already() -> None:
    bot, first = settled(State.CLOSED)
    bot.clock.advance(timedelta(days=31))
    put_away(bot)
    assert bot.report(push_refused(START)).id == first.id
    assert list(bot.medic.incidents.of("contoso")) == []


@pytest.mark.parametrize("step", [1, 2])
def test_a_worker_that_dies_while_it_puts_away_loses_nothing(step: int) -> None:
    bot, incident = settled(State.CLOSED)
    bot.clock.advance(timedelta(days=31))
    bot.fuse.fail(at=step)
    with pytest.raises(Crash):
        put_away(bot)
    assert [one.id for one in bot.medic.incidents.ever("contoso")] == [incident.id]
    bot.fuse.start()
    put_away(bot)
    assert [one.id for one in bot.medic.incidents.ever("contoso")] == [incident.id]
    assert list(bot.medic.incidents.of("contoso")) == []
