"""Who stopped the bot: for one registry, for all, or by a setting of the app."""

from remediations.pauses import EVERY_REGISTRY, Paused, Pauses
from tests.memory import START, Clock, MemoryTable


def pauses(switch: str = "") -> Pauses:
    return Pauses(MemoryTable(Paused), Clock(), switch)


def test_nobody_has_stopped_it_unless_somebody_did() -> None:
    assert pauses().of("contoso") is None


def test_a_registry_is_stopped_with_who_why_and_since_when_and_no_other_is() -> None:
    one = pauses()
    assert one.pause("contoso", "a release", "anna") == Paused("a release", "anna", START)
    assert one.of("contoso") == Paused("a release", "anna", START)
    assert one.of("fabrikam") is None


def test_all_registries_are_stopped_at_once() -> None:
    one = pauses()
    one.pause(EVERY_REGISTRY, "a drill", "anna")
    assert one.of("contoso") == one.of("fabrikam") == Paused("a drill", "anna", START)


def test_who_stopped_it_first_stays_on_record() -> None:
    one = pauses()
    first = one.pause("contoso", "a release", "anna")
    assert one.pause("contoso", "me too", "ben") == first
    assert one.of("contoso") == first


def test_it_goes_on_when_it_is_let_and_says_whether_it_was_stopped() -> None:
    one = pauses()
    one.pause("contoso", "a release", "anna")
    assert one.resume("contoso")
    assert one.of("contoso") is None
    assert not one.resume("contoso")


def test_one_registry_that_goes_on_does_not_free_what_all_are_stopped_for() -> None:
    one = pauses()
    one.pause(EVERY_REGISTRY, "a drill", "anna")
    one.pause("contoso", "a release", "ben")
    one.resume("contoso")
    assert one.of("contoso") == Paused("a drill", "anna", START)


def test_the_setting_stops_everything_and_nobody_lets_it_go_on_from_elsewhere() -> None:
    one = pauses("a breach is looked into")
    assert one.of("contoso") == Paused("a breach is looked into", "the app setting PUSH_MEDIC_PAUSED")
    one.resume("contoso")
    one.resume(EVERY_REGISTRY)
    assert one.of("contoso")
