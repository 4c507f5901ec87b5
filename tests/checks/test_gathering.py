"""Which signals are one failure: of many requests, of many clients, told by the text and by the row."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.frame import Caller
from checks.incident import Incident, State, fingerprint, gathered, grown, knows, opened
from checks.model import CauseName, Image, Proof, Signal, Source, Symptom
from tests.memory import START
from tests.surroundings import GROUP, MACHINE
from tests.worlds import APP, PIPELINE, address_denied, push_refused

MINUTE = timedelta(minutes=1)
SCALE_SET = f"{GROUP}/Microsoft.Compute/virtualMachineScaleSets/agents"


def refused(number: int = 0, **changes: object) -> Signal:
    """The registry's row of an identity that may not push."""
    told: dict[str, object] = {
        "id": f"401-{number}",
        "symptom": Symptom.UNAUTHORIZED,
        "said": CauseName.PERMISSION_DENIED,
        "identity": PIPELINE,
        "address": None,
    }
    return replace(push_refused(START), **(told | changes))


def strangers(count: int, first: int = 0) -> list[Signal]:
    return [refused(number, identity=f"id-{number}") for number in range(first, first + count)]


def known(*incidents: Incident) -> dict[str, Incident]:
    return {incident.fingerprint: incident for incident in incidents}


def texts_word(**changes: object) -> Signal:
    """What a pipeline reports of the same refusal: it knows the repository, and not who it is to the registry."""
    told: dict[str, object] = {
        "id": "report",
        "source": Source.PUSH_REPORT,
        "identity": None,
        "said": CauseName.AUTHENTICATION_REQUIRED,
        "proof": Proof.CLAIMED,
    }
    return replace(refused(), **(told | changes))


@pytest.mark.parametrize("symptom", [Symptom.THROTTLED, Symptom.SERVER_ERROR])
def test_what_the_registry_does_to_all_is_one_failure(symptom: Symptom) -> None:
    one = push_refused(START, symptom=symptom)
    other = replace(one, image=Image("team/other", "v2"), identity="somebody", address="20.0.0.1")
    assert fingerprint(one) == fingerprint(other)


def test_each_way_not_to_reach_the_registry_is_a_failure_of_its_own() -> None:
    one = push_refused(START, symptom=Symptom.UNREACHABLE, said=CauseName.DNS_FAILURE)
    assert fingerprint(one) == fingerprint(replace(one, image=None))
    assert fingerprint(one) != fingerprint(replace(one, said=CauseName.TLS_ERROR))


def cut_off(number: int = 0, **changes: object) -> Signal:
    """A report of a machine in Azure that cannot reach the registry."""
    told: dict[str, object] = {
        "id": f"report-{number}",
        "symptom": Symptom.UNREACHABLE,
        "said": CauseName.CONNECTIVITY_TIMEOUT,
        "origin": f"{MACHINE}{number}",
        "address": None,
    }
    return replace(push_refused(START), **(told | changes))


def test_machines_in_two_places_are_two_failures_and_those_of_one_scale_set_one() -> None:
    assert fingerprint(cut_off(1)) != fingerprint(cut_off(2))
    assert fingerprint(cut_off(1)) != fingerprint(cut_off(1, origin=None))
    assert fingerprint(cut_off(1)) == fingerprint(cut_off(1, origin=f"{MACHINE}1".upper()))
    one, other = (cut_off(origin=f"{SCALE_SET}/virtualMachines/{number}") for number in (0, 7))
    assert fingerprint(one) == fingerprint(other)


def test_of_a_failure_the_machine_is_kept_that_was_named_first() -> None:
    incident = opened(cut_off(1, origin=None), START)
    assert grown(grown(incident, cut_off(1)), cut_off(2)).subject.origin == f"{MACHINE}1"


def test_six_machines_that_cannot_connect_are_one_failure_for_each_way_in_which_they_cannot() -> None:
    five = [cut_off(number) for number in range(5)]
    nameless = [cut_off(number, said=CauseName.DNS_FAILURE) for number in range(5)]
    assert len(gathered([*five, *nameless, *strangers(5)], {})) == 15
    (key, crowd), *others = gathered([*five, cut_off(6), *nameless], {}).items()
    assert (len(crowd), len(others)) == (6, 5)
    assert key == fingerprint(cut_off(origin=None))
    assert opened(crowd[0], START).origin == f"{MACHINE}0"


def test_an_identity_is_refused_repository_by_repository_whatever_the_tag() -> None:
    one = refused()
    assert fingerprint(one) == fingerprint(replace(one, image=Image("team/app", "v2")))
    assert fingerprint(one) != fingerprint(replace(one, image=Image("team/other", "v1")))
    assert fingerprint(one) != fingerprint(replace(one, identity="somebody"))


def test_a_storm_of_one_identity_is_one_failure() -> None:
    storm = [refused(number, at=START + number * MINUTE / 100) for number in range(1000)]
    assert [len(group) for group in gathered(storm, {}).values()] == [1000]


def test_five_refused_identities_are_five_failures_and_six_are_one() -> None:
    assert len(gathered(strangers(5), {})) == 5
    [crowd] = gathered(strangers(6), {}).values()
    assert all(signal.many for signal in crowd)


def test_a_crowd_may_gather_over_time() -> None:
    there = [opened(signal, START) for signal in strangers(5)]
    [(key, crowd)] = gathered(strangers(1, first=5), known(*there)).items()
    assert key not in known(*there)
    assert crowd[0].many


def test_whoever_is_known_stays_apart_from_the_crowd() -> None:
    there = [opened(signal, START) for signal in strangers(5)]
    again = replace(strangers(1)[0], id="again")
    assert gathered([again], known(*there)) == {there[0].fingerprint: [again]}


def test_a_crowd_goes_on_for_as_long_as_it_is_seen() -> None:
    [(key, signals)] = gathered(strangers(6), {}).items()
    crowd = opened(signals[0], START)
    late, too_late = (replace(strangers(1, first=9)[0], at=START + minutes * MINUTE) for minutes in (59, 61))
    assert set(gathered([late], known(crowd))) == {key}
    assert set(gathered([too_late], known(crowd))) == {fingerprint(too_late)}


def test_an_hour_later_single_refusals_count_one_by_one_again() -> None:
    there = [opened(signal, START) for signal in strangers(5)]
    later = replace(strangers(1, first=5)[0], at=START + 61 * MINUTE)
    assert set(gathered([later], known(*there))) == {fingerprint(later)}


def test_a_crowd_has_no_image_and_no_identity_but_says_whom_it_saw() -> None:
    [signals] = gathered([*strangers(6), *strangers(1)], {}).values()
    crowd = opened(signals[0], START)
    for signal in signals[1:]:
        crowd = grown(crowd, replace(signal, id=f"{signal.id}-again"))
    assert (crowd.image, crowd.identity, crowd.several, crowd.count) == (None, None, True, 7)
    assert crowd.callers[0] == Caller("id-0", 2)
    assert len(crowd.callers) == 6


def test_a_report_and_the_row_of_the_same_refusal_are_one_failure_whichever_comes_first() -> None:
    for first, second in ((texts_word(), refused()), (refused(), texts_word())):
        incident = opened(first, START)
        assert gathered([second], known(incident)) == {incident.fingerprint: [second]}
        both = grown(incident, second)
        assert (both.identity, both.image, both.proof) == (PIPELINE, APP, Proof.REGISTRY_LOG)
        assert both.said is CauseName.PERMISSION_DENIED


@pytest.mark.parametrize(
    "other",
    [
        texts_word(image=Image("team/other", "v1")),
        texts_word(at=START + 31 * MINUTE),
        texts_word(image=None),
        refused(1, identity="somebody"),
    ],
)
def test_another_refusal_joins_nothing(other: Signal) -> None:
    incident = opened(refused(), START)
    assert gathered([other], known(incident)) == {fingerprint(other): [other]}


def test_what_has_ended_is_joined_by_nothing() -> None:
    over = replace(opened(refused(), START), state=State.CLOSED)
    word = texts_word(at=START + MINUTE)
    assert gathered([word], known(over)) == {fingerprint(word): [word]}


def test_the_other_word_of_a_refusal_that_comes_once_it_has_ended_is_of_that_one() -> None:
    over = replace(opened(texts_word(), START), state=State.CLOSED, moved_at=START + MINUTE)
    assert gathered([refused()], known(over)) == {over.fingerprint: [refused()]}


def test_what_had_joined_a_failure_does_not_join_another_that_it_fits() -> None:
    login = refused(3, image=None)
    first = grown(opened(refused(1, image=Image("team/one", "v1")), START), login)
    other = opened(refused(2, image=Image("team/two", "v1")), START)
    for incidents in ((first, other), (other, first)):
        assert gathered([login], known(*incidents)) == {first.fingerprint: [login]}


def test_what_had_joined_a_failure_is_of_that_one_however_long_that_goes_on() -> None:
    first = grown(opened(texts_word(), START), refused())
    longer = grown(first, texts_word(id="another", at=START + 60 * MINUTE))
    for incident in (longer, replace(longer, state=State.CLOSED, moved_at=START + 90 * MINUTE)):
        assert gathered([refused()], known(incident)) == {incident.fingerprint: [refused()]}


def test_what_is_no_refused_identity_is_never_a_crowd() -> None:
    many = [address_denied(START, id=f"{n}", address=f"20.0.0.{n}") for n in range(20)]
    assert len(gathered(many, {})) == 20


def test_an_incident_of_all_keeps_an_image_only_while_it_is_the_only_one() -> None:
    throttled = push_refused(START, symptom=Symptom.THROTTLED)
    incident = opened(throttled, START)
    assert grown(incident, replace(throttled, id="2")).image == APP
    for other in (Image("team/other", "v1"), Image("team/app", "v2")):
        mixed = grown(incident, replace(throttled, id="2", image=other))
        assert mixed.several
        assert mixed.image == (None if other.repository == "team/other" else Image("team/app"))
        assert grown(mixed, replace(throttled, id="3")).image == mixed.image


def test_a_round_does_not_count_what_an_earlier_one_has_seen() -> None:
    first = replace(
        opened(refused(), START), state=State.CLOSED, moved_at=START + 5 * MINUTE, last_at=START + MINUTE
    )
    second = opened(refused(7, at=START + 9 * MINUTE), START + 9 * MINUTE, first)
    assert knows(second, refused(3, at=START + MINUTE))
    assert not knows(second, refused(8, at=START + 8 * MINUTE))


def test_more_signals_than_are_remembered_are_known_by_their_time() -> None:
    incident = opened(refused(), START)
    for number in range(1, 60):
        incident = grown(incident, refused(number, at=START + number * MINUTE))
    assert knows(incident, refused(3, at=START + 3 * MINUTE))
    assert not knows(incident, refused(60, at=START + 60 * MINUTE))


def test_a_failure_began_when_its_first_signal_says() -> None:
    incident = opened(refused(at=START), START + 10 * MINUTE)
    assert incident.began_at == START
    assert grown(incident, refused(2, at=START - MINUTE)).began_at == START - MINUTE
