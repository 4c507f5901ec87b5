"""Which signals are the same failure."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.incident import fingerprint, knows, opened, parts_of, remembered, stronger
from checks.model import Image, Proof, Signal
from tests.memory import START
from tests.worlds import NEW, address_denied, push_refused, storage_filling

SIGNAL = push_refused(START)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "another"},
        {"at": START + timedelta(hours=1)},
        {"identity": "somebody"},
        {"address": "20.0.0.1"},
        {"proof": Proof.CLAIMED},
        {"excerpt": "other words"},
    ],
)
def test_who_told_of_a_refused_push_and_when_makes_no_other_failure(change: dict[str, object]) -> None:
    assert fingerprint(replace(SIGNAL, **change)) == fingerprint(SIGNAL)


@pytest.mark.parametrize(
    "other",
    [
        replace(SIGNAL, registry="fabrikam"),
        replace(SIGNAL, image=Image("team/app", "v2")),
        replace(SIGNAL, image=Image("team/other", "v1")),
        replace(SIGNAL, image=Image("team/app", digest=NEW)),
        address_denied(START),
        address_denied(START, address="20.0.0.1"),
        storage_filling(START, 80),
        storage_filling(START, 90),
    ],
)
def test_another_registry_image_address_or_band_is_another_failure(other: Signal) -> None:
    assert fingerprint(other) != fingerprint(SIGNAL)


def test_the_same_tag_is_the_same_failure_whether_or_not_its_digest_is_known() -> None:
    assert fingerprint(replace(SIGNAL, image=Image("team/app", "v1", NEW))) == fingerprint(SIGNAL)


def test_an_incident_id_leads_back_to_its_row() -> None:
    incident = opened(SIGNAL, START)
    assert parts_of(incident.id) == ("contoso", incident.fingerprint, 1)


@pytest.mark.parametrize(
    "text", ["", "contoso", "a-b", "a-b-c", "a-b-1-2", "a-b-", "message-a-b-c-d-e", "a-b-²"]
)
def test_what_is_no_incident_id_leads_nowhere(text: str) -> None:
    assert parts_of(text) is None


def test_the_next_round_is_a_new_incident_of_the_same_failure() -> None:
    first = opened(SIGNAL, START)
    second = opened(SIGNAL, START, first)
    assert (second.fingerprint, second.round, second.id == first.id) == (first.fingerprint, 2, False)


def test_a_signal_is_known_by_its_id() -> None:
    incident = opened(SIGNAL, START)
    assert knows(incident, SIGNAL)
    assert not knows(incident, replace(SIGNAL, id="another"))


def test_only_the_latest_forty_signals_are_remembered() -> None:
    ids: tuple[str, ...] = ()
    for number in range(50):
        ids = remembered(ids, f"{number}")
    assert ids == tuple(f"{number}" for number in range(10, 50))


@pytest.mark.parametrize("one", Proof)
@pytest.mark.parametrize("other", Proof)
def test_of_two_proofs_the_better_one_stays(one: Proof, other: Proof) -> None:
    order = [Proof.CLAIMED, Proof.SAME_ADDRESS, Proof.REGISTRY_LOG, Proof.VERIFIED_JOB]
    assert stronger(one, other) == order[max(order.index(one), order.index(other))]
