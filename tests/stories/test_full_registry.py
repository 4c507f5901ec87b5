"""A registry fills up: one ticket for each band, whoever runs into the ceiling, and nothing is deleted."""

import pytest

from checks.incident import State
from tests.installation import Installation
from tests.local_azure import LocalAzure, Registry


@pytest.fixture
def contoso(azure: LocalAzure) -> Registry:
    """A registry with an image, and with plenty of room."""
    registry = azure.add_registry("contoso", maximum_storage_capacity=100 * 1024**4)
    registry.push("team/app", "v1")
    return registry


def watch(bot: Installation, times: int = 1) -> None:
    for _ in range(times):
        bot.host.tick("storage_watch")
        bot.work()


def bands(bot: Installation) -> dict[int | None, State]:
    return {incident.band: incident.state for incident in bot.app.incidents.of("contoso")}


def test_one_ticket_for_each_band_however_often_it_is_looked_at(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    for share in (0.5, 0.81, 0.92, 0.97):
        contoso.fill_to(share)
        watch(bot, times=2)
    assert bands(bot) == dict.fromkeys((80, 90, 95), State.WITH_PEOPLE)
    assert len(azure.work_items) == 3
    assert [item.comments for item in azure.work_items] == [[], [], []]
    assert azure.writes() == []


def test_a_push_that_the_ceiling_refuses_finds_the_ticket_that_there_is(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    contoso.fill_to(1.0)
    watch(bot)
    assert azure.push(contoso, "team/app", "v2", b"new").status == 405
    bot.stream()
    bot.work()
    assert len(azure.work_items) == 1
    assert azure.writes() == []
    assert "Storage" in str(azure.work_items[0].fields["System.Title"]) or azure.work_items[0].comments


def test_a_full_registry_with_a_lock_beside_it_is_left_to_people(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    contoso.fill_to(1.0)
    contoso.lock("team/app", tag="v1")
    azure.push(contoso, "team/app", "v1", b"new")
    bot.stream()
    bot.work()
    assert azure.writes() == []
    assert not contoso.attributes("team/app", "v1").write_enabled


def test_room_that_was_made_ends_the_incident(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    contoso.fill_to(0.85)
    watch(bot)
    contoso.fill_to(0.5)
    watch(bot)
    assert bands(bot) == {80: State.CLOSED}
    assert len(azure.work_items) == 1


def test_usage_that_cannot_be_read_is_kept_where_operators_look(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    from tests.installation import READER

    contoso.fill_to(0.97)
    azure.rights[READER] = set()
    watch(bot)
    assert bands(bot) == {}
    [kept] = bot.app.rejected.recent()
    assert (kept.rejection.reason, kept.rejection.detail) == (
        "usage_unreadable",
        "contoso: Azure answered 403",
    )
