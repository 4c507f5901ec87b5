"""A registry fills up: one ticket, whatever bands it reaches and whoever is refused, and nothing is deleted."""

from itertools import pairwise

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


def test_one_ticket_that_hears_of_each_band_once_however_often_it_is_looked_at(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    for share in (0.5, 0.81, 0.82, 0.92, 0.93, 0.97):
        contoso.fill_to(share)
        watch(bot, times=2)
        bot.days_pass("contoso")
    assert bands(bot) == dict.fromkeys((80, 90, 95), State.WITH_PEOPLE)
    [ticket] = azure.work_items
    assert len(ticket.comments) == 2
    assert azure.writes() == []


def test_the_days_before_the_bot_came_are_those_of_the_metric(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    contoso.fill_to(0.6)
    contoso.grew(days=60, bytes_per_day=800 * 1024**3)
    contoso.geo_locations = ["westeurope", "northeurope"]
    watch(bot)
    days = bot.app.storage_history.of("contoso")
    assert len(days) == 56
    assert all(later.used > earlier.used for earlier, later in pairwise(days))
    [ticket] = azure.work_items
    assert ticket.fields["System.Title"].startswith(
        "Storage is filling up in contoso: above 50 %, full about "
    )
    assert "Full about" in ticket.fields["System.Description"]
    assert "▁" in ticket.fields["System.Description"]


def test_the_ticket_says_what_takes_up_the_room_and_how_to_look(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    contoso.push("team/models", "v1", b"x" * 9000)
    contoso.push("team/models", "v1", b"y" * 9000)
    contoso.soft_delete_days = 14
    contoso.fill_to(0.97)
    watch(bot)
    told = azure.work_items[0].fields["System.Description"]
    for part in (
        "team/models",
        "all 2 repositories counted",
        "1 manifests",
        "acr purge --untagged-only --dry-run",
        "goes on counting for 14 days",
    ):
        assert part in told


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


def test_room_that_was_made_ends_the_incident_after_a_week(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    for share in (0.85, 0.85, *[0.5] * 6):
        contoso.fill_to(share)
        watch(bot)
        bot.days_pass("contoso")
    assert bands(bot) == {80: State.WITH_PEOPLE}
    watch(bot)
    assert bands(bot) == {80: State.CLOSED}
    [ticket] = azure.work_items
    assert "well below 80 % for a week, and is at 50 %" in ticket.comments[-1]
    assert ticket.fields["System.State"] == "Done"


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
