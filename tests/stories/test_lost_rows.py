"""Rows that the stream lost, found again in the workspace; and early, where the metrics count failed pushes."""

import json
from datetime import UTC, datetime, timedelta

from checks.incident import Incident, State
from tests.installation import Installation
from tests.local_azure import LocalAzure, Registry


def refused(azure: LocalAzure, contoso: Registry, minutes_ago: float = 0) -> None:
    """A push is refused at a locked tag, and the registry's log says so."""
    azure.clock = lambda: datetime.now(UTC) - timedelta(minutes=minutes_ago)
    contoso.push("team/app", "v1")
    contoso.lock("team/app", tag="v1")
    assert azure.push(contoso, "team/app", "v1", b"new").status == 405
    azure.clock = lambda: datetime.now(UTC)


def only_incident(bot: Installation) -> Incident:
    [incident] = bot.app.incidents.of("contoso")
    return incident


def test_a_push_that_the_stream_lost_is_found_and_mended(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    refused(azure, contoso)
    azure.take_hub_bodies()
    bot.host.tick("catch_up")
    bot.work()
    assert contoso.attributes("team/app", "v1").write_enabled
    assert only_incident(bot).state is State.MENDED


def test_a_push_that_came_both_ways_is_handled_once(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    refused(azure, contoso)
    bot.stream()
    for _ in range(3):
        bot.host.tick("catch_up")
        bot.work()
    assert only_incident(bot).count == 1
    assert len(azure.writes()) == 1


def test_a_client_that_gets_in_later_is_no_failure_any_more_and_its_ticket_is_resolved(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    contoso.arm_tokens_accepted = False
    assert azure.push(contoso, "team/app", "v1", login=("pipeline", "old")).status == 401
    bot.stream()
    bot.work()
    assert only_incident(bot).state is State.WITH_PEOPLE
    contoso.arm_tokens_accepted = True
    assert azure.push(contoso, "team/app", "v1", login=contoso.login("pipeline")).succeeded
    azure.take_hub_bodies()
    bot.host.tick("catch_up")
    bot.work()
    assert (only_incident(bot).state, only_incident(bot).ended) == (
        State.CLOSED,
        "what was refused has succeeded since",
    )
    assert "It is over in contoso" in json.dumps(azure.teams_cards[-1])


def test_the_sweep_asks_the_workspace_early_where_the_metrics_count_a_failed_push(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    refused(azure, contoso, minutes_ago=3)
    bot.host.tick("sweep")
    assert only_incident(bot).state is State.OPEN


def test_the_sweep_asks_no_workspace_while_no_push_fails(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    azure.clock = lambda: datetime.now(UTC) - timedelta(minutes=3)
    assert azure.push(contoso, "team/app", "v1").succeeded
    azure.clock = lambda: datetime.now(UTC)
    bot.host.tick("sweep")
    asked = [call.path for call in azure.requests if call.identity and "query" in call.path]
    assert asked == []


def test_a_row_that_is_late_in_the_workspace_is_found_by_a_later_sweep(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    refused(azure, contoso, minutes_ago=3)
    azure.ingestion_delay = 600
    bot.host.tick("sweep")
    assert list(bot.app.incidents.of("contoso")) == []
    azure.ingestion_delay = 0
    bot.host.tick("sweep")
    assert only_incident(bot).state is State.OPEN


def test_a_workspace_that_does_not_answer_spoils_neither_the_sweep_nor_the_next_question(
    azure: LocalAzure, contoso: Registry, bot: Installation
) -> None:
    refused(azure, contoso, minutes_ago=3)
    azure.rights["11111111-1111-1111-1111-00000000000a"] = {"Microsoft.ContainerRegistry/*"}
    bot.host.tick("sweep")
    bot.host.tick("catch_up")
    assert {kept.rejection.reason for kept in bot.app.rejected.recent()} == {
        "metrics_unreadable",
        "query_failed",
    }
    del azure.rights["11111111-1111-1111-1111-00000000000a"]
    bot.host.tick("catch_up")
    assert only_incident(bot).state is State.OPEN
